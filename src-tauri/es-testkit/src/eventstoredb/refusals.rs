//! The errors of the server: code, text and the trailers that clients look at.

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use uuid::Uuid;

use super::log::Expected;

/// An error whose trailers name the exception and its details.
fn refused(code: Code, message: String, exception: &'static str, details: &[(&'static str, String)]) -> Status {
    let mut trailers = MetadataMap::new();
    trailers.insert("exception", MetadataValue::from_static(exception));
    for (name, value) in details {
        // A name that is no header value (say, in another script) is left out, as servers must do too.
        if let Ok(value) = MetadataValue::try_from(value.as_str()) {
            trailers.insert(*name, value);
        }
    }
    Status::with_metadata(code, message, trailers)
}

pub(super) fn access_denied() -> Status {
    refused(Code::PermissionDenied, "Access Denied".into(), "access-denied", &[])
}

pub(super) fn not_leader(host: &str, port: u16) -> Status {
    let leader = [("leader-endpoint-host", host.to_owned()), ("leader-endpoint-port", port.to_string())];
    refused(Code::NotFound, "Leader info available".into(), "not-leader", &leader)
}

pub(super) fn stream_deleted(stream: &str) -> Status {
    let message = format!("Event stream '{stream}' is deleted.");
    refused(Code::FailedPrecondition, message, "stream-deleted", &[("stream-name", stream.to_owned())])
}

/// Of deletions; an append tells it in a message instead.
pub(super) fn wrong_version(stream: &str, expected: Expected, actual: Option<u64>) -> Status {
    let expected = match expected {
        Expected::Any => "-2".to_owned(),
        Expected::NoStream => "-1".to_owned(),
        Expected::Exists => "-4".to_owned(),
        Expected::Exact(revision) => revision.to_string(),
    };
    let actual = actual.map_or_else(|| "-1".to_owned(), |revision| revision.to_string());
    let message = format!(
        "Delete failed due to WrongExpectedVersion. Stream: {stream}, Expected version: {expected}, \
         Actual version: {actual}"
    );
    let details = [("stream-name", stream.to_owned()), ("expected-version", expected), ("actual-version", actual)];
    refused(Code::FailedPrecondition, message, "wrong-expected-version", &details)
}

pub(super) fn append_too_large(limit: usize) -> Status {
    let message = format!("Maximum Append Size of {limit} Exceeded.");
    let details = [("maximum-append-size", limit.to_string())];
    refused(Code::InvalidArgument, message, "maximum-append-size-exceeded", &details)
}

pub(super) fn event_too_large(id: Uuid, size: usize, limit: usize) -> Status {
    let message = format!("Event with Id: {id}, Size: {size}, exceeds Maximum Append Event Size of {limit}.");
    let details = [
        ("maximum-append-event-size", limit.to_string()),
        ("event-id", id.to_string()),
        ("proposed-append-event-size", size.to_string()),
    ];
    refused(Code::InvalidArgument, message, "maximum-append-event-size-exceeded", &details)
}

pub(super) fn metadata_missing(property: &str) -> Status {
    let message = format!("Required Metadata Property '{property}' is missing");
    let details = [("required-metadata-properties", "type,content-type".to_owned())];
    refused(Code::InvalidArgument, message, "missing-required-metadata-property", &details)
}

pub(super) fn invalid_position() -> Status {
    Status::invalid_argument("Trying to read from an invalid position.")
}

pub(super) fn group_does_not_exist(stream: &str, group: &str) -> Status {
    let message = format!("Subscription group {group} on stream {stream} does not exist.");
    let details = [("stream-name", stream.to_owned()), ("group-name", group.to_owned())];
    refused(Code::NotFound, message, "persistent-subscription-does-not-exist", &details)
}

pub(super) fn too_busy() -> Status {
    Status::unavailable("Server Is Too Busy")
}
