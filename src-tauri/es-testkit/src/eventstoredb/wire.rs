//! The generated messages, and what is converted from and to them.

use tonic::Status;
use uuid::Uuid;

use super::log::Position;

#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/eventstoredb.rs"));
}

pub use generated::event_store::client::{
    self as common, gossip, persistent_subscriptions, projections, server_features, streams, users,
};
pub use generated::google::rpc;

/// An id as a message; as text where the caller asked for text.
pub(super) fn uuid_message(id: Uuid, as_text: bool) -> common::Uuid {
    use common::uuid::{Structured, Value};
    let value = if as_text {
        Value::String(id.to_string())
    } else {
        let (most, least) = id.as_u64_pair();
        Value::Structured(Structured {
            most_significant_bits: most.cast_signed(),
            least_significant_bits: least.cast_signed(),
        })
    };
    common::Uuid { value: Some(value) }
}

/// The id that a message means.
pub(super) fn uuid_of(message: Option<&common::Uuid>) -> Result<Uuid, Status> {
    use common::uuid::Value;
    match message.and_then(|uuid| uuid.value.as_ref()) {
        None => Err(Status::invalid_argument("an id is missing")),
        Some(Value::Structured(bits)) => Ok(Uuid::from_u64_pair(
            bits.most_significant_bits.cast_unsigned(),
            bits.least_significant_bits.cast_unsigned(),
        )),
        Some(Value::String(text)) => {
            Uuid::parse_str(text).map_err(|_| Status::invalid_argument(format!("'{text}' is not a valid id")))
        }
    }
}

/// A stream's name as a message.
pub(super) fn identifier(stream: &str) -> common::StreamIdentifier {
    common::StreamIdentifier { stream_name: stream.to_owned().into() }
}

/// The stream that a message names.
pub(super) fn stream_of(message: Option<&common::StreamIdentifier>) -> Result<String, Status> {
    let name = message.map(|identifier| identifier.stream_name.as_ref()).unwrap_or_default();
    match std::str::from_utf8(name) {
        Ok("") => Err(Status::invalid_argument("the name of a stream is missing")),
        Ok(name) => Ok(name.to_owned()),
        Err(_) => Err(Status::invalid_argument("the name of a stream is not UTF-8")),
    }
}

/// A position as the message of batches.
pub(super) fn all_position(position: Position) -> common::AllStreamPosition {
    common::AllStreamPosition { commit_position: position.commit, prepare_position: position.prepare }
}
