//! Content and chain hashes: what makes a changed byte visible.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::event::{Hash, NewEvent, RecordedEvent};
use crate::name::{Position, StreamName, StreamVersion};

/// SHA-256 over stream, type, schema version, payload bytes and metadata bytes, each text preceded by its length (u64, big
/// endian) so that no two different events share an input. Position and time are not part of it: a retried append has the
/// same content.
#[must_use]
pub fn content_hash(stream: &StreamName, event: &NewEvent) -> Hash {
    content_hash_of(stream.as_str(), &event.event_type, event.schema_version, event.payload.as_bytes(), &event.metadata)
}

/// [`content_hash`] from single fields, for readers that verify.
#[must_use]
pub fn content_hash_of(stream: &str, event_type: &str, schema_version: u32, payload: &[u8], metadata: &str) -> Hash {
    let mut hasher = Sha256::new();
    for part in [stream.as_bytes(), event_type.as_bytes(), &schema_version.to_be_bytes(), payload, metadata.as_bytes()]
    {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// Tells one command's content from another's: SHA-256 over the command's name and its payload with sorted keys and without
/// white space, so that only a different meaning makes a different hash. Text that is not JSON is hashed as it is.
#[must_use]
pub fn command_hash(command_type: &str, payload: &str) -> Hash {
    let canonical = serde_json::from_str::<serde_json::Value>(payload).map(|mut value| {
        value.sort_all_objects();
        value.to_string()
    });
    let mut hasher = Sha256::new();
    for part in [command_type, canonical.as_deref().unwrap_or(payload)] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// What the chain covers beside the content: everything the store itself decided about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLink {
    /// The event's content hash.
    pub content_hash: Hash,
    /// Place in the log.
    pub position: Position,
    /// When it was recorded; hashed as microseconds since 1970.
    pub recorded_at: DateTime<Utc>,
    /// Identity.
    pub event_id: Uuid,
    /// Place in its stream.
    pub version: StreamVersion,
}

/// `SHA-256(previous ‖ content ‖ position ‖ recorded_at ‖ event_id ‖ version)`, numbers as 8 bytes big endian.
///
/// Event id and version are in it (docs/adr/0001) so that a changed byte in either is found, also behind a stub.
#[must_use]
pub fn chain_hash(previous: Hash, link: &ChainLink) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous.0);
    hasher.update(link.content_hash.0);
    hasher.update(link.position.get().to_be_bytes());
    hasher.update(link.recorded_at.timestamp_micros().to_be_bytes());
    hasher.update(link.event_id.as_bytes());
    hasher.update(link.version.get().to_be_bytes());
    Hash(hasher.finalize().into())
}

/// The content hash that a recorded event should have, from its own bytes.
#[must_use]
pub fn expected_content_hash(event: &RecordedEvent) -> Hash {
    content_hash_of(
        event.stream.as_str(),
        &event.event_type,
        event.schema_version,
        event.payload.as_bytes(),
        &event.metadata,
    )
}

/// The link of a recorded event, from its own fields and the content hash computed from its own bytes.
#[must_use]
pub fn link_of(event: &RecordedEvent) -> ChainLink {
    ChainLink {
        content_hash: expected_content_hash(event),
        position: event.position,
        recorded_at: event.recorded_at,
        event_id: event.event_id,
        version: event.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_known_by_what_it_says_not_by_how_it_is_written() {
        let one = command_hash("Deposit", r#"{"accountId":"A","amount":{"minor":"1","currency":"EUR"}}"#);
        let same = command_hash("Deposit", r#"{ "amount": {"currency":"EUR", "minor":"1"}, "accountId": "A" }"#);
        assert_eq!(one, same, "order of keys and white space mean nothing");
        assert_ne!(one, command_hash("Withdraw", r#"{"accountId":"A","amount":{"minor":"1","currency":"EUR"}}"#));
        assert_ne!(one, command_hash("Deposit", r#"{"accountId":"A","amount":{"minor":"2","currency":"EUR"}}"#));
    }
}
