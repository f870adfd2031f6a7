//! Events of the server as the engine reads them, and the other way round.

use chrono::{DateTime, Utc};
use es_core::event::metadata_ids;
use es_core::hash::content_hash_of;
use es_core::{NewEvent, Payload, Position, RecordedEvent, StreamName, StreamVersion, limits};
use eventstore::{EventData, RecordedEvent as Stored};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::metadata;
use crate::percent;
use crate::place::Place;

/// The type of an event that stands for another: its data are `revision@stream`.
pub(crate) const LINK: &str = "$>";
/// The type of a tombstone.
pub(crate) const STREAM_DELETED: &str = "$streamDeleted";
/// Begins the name of a stream that holds another stream's metadata.
pub(crate) const METADATA_PREFIX: &str = "$$";
/// The type of the events of metadata streams.
pub(crate) const METADATA_TYPE: &str = "$metadata";
/// Streams in which the server keeps its own books: what its projections derive, statistics, users, subscriptions.
const BOOKS: [&str; 11] = [
    "$ce-",
    "$et-",
    "$bc-",
    "$category-",
    "$projections-",
    "$stats-",
    "$persistentsubscription-",
    "$scavenges-",
    "$user-",
    "$mem-",
    "$by-",
];
/// The same, as whole names.
const BOOK_NAMES: [&str; 6] = ["$streams", "$et", "$users", "$scavenges", "$epoch-information", "$all"];
/// Bytes of a name that is shown in another form because it is no stream name here.
const SHOWN_BYTES: usize = 200;

/// Whether a stream is one in which the server keeps its own books about other streams and itself.
pub(crate) fn is_of_the_server(stream: &str) -> bool {
    stream.starts_with(METADATA_PREFIX)
        || (stream.starts_with('$')
            && (BOOK_NAMES.contains(&stream) || BOOKS.iter().any(|prefix| stream.starts_with(prefix))))
}

/// The place of an event in the log.
pub(crate) fn place_of(event: &Stored) -> Place {
    event.position.into()
}

/// Our version of a revision. A tombstone stands behind everything.
pub(crate) fn version_of(revision: u64) -> StreamVersion {
    StreamVersion(revision.saturating_add(1).min(StreamVersion::MAX.get()))
}

/// The server's revision of a version above zero.
pub(crate) fn revision_of(version: StreamVersion) -> Option<u64> {
    version.get().checked_sub(1)
}

/// When the server wrote an event, cut to microseconds. The client library cuts its own field to seconds.
pub(crate) fn recorded_at(event: &Stored) -> DateTime<Utc> {
    let ticks = event.metadata.get("created").and_then(|ticks| ticks.parse::<i64>().ok());
    ticks.and_then(|ticks| DateTime::from_timestamp_micros(ticks.div_euclid(10))).unwrap_or(event.created)
}

/// The name of a stream, or how it is shown if the server knows a name that cannot be one here: control characters and outer
/// white space percent-encoded, too long ones cut and told apart by a hash. Such a stream is seen in the log only.
pub(crate) fn stream_name(stored: &str) -> StreamName {
    if let Ok(name) = StreamName::new(stored) {
        return name;
    }
    let mut shown: String = stored
        .chars()
        .map(|letter| {
            if letter.is_control() || letter.is_whitespace() {
                percent::encode(&letter.to_string())
            } else {
                letter.into()
            }
        })
        .collect();
    if shown.len() > limits::STREAM_NAME_BYTES || shown.is_empty() {
        let mut end = SHOWN_BYTES.min(shown.len());
        while !shown.is_char_boundary(end) {
            end -= 1;
        }
        let hash = content_hash_of(stored, "", 0, &[], "").to_hex();
        shown = format!("{}~{}", &shown[..end], &hash[..16]);
    }
    // No control character, no white space, not empty and not too long.
    StreamName::new(shown).unwrap_or_else(|_| unreachable!("an encoded name is a stream name"))
}

/// An event of the server at a position. Also those that other programs wrote: metadata may be anything, and a payload that
/// claims to be JSON and is not is shown as the bytes that it is.
pub(crate) fn recorded(event: Stored, position: Position) -> RecordedEvent {
    let stream = stream_name(event.stream_id());
    let recorded_at = recorded_at(&event);
    let (schema_version, metadata) = match std::str::from_utf8(&event.custom_metadata) {
        Ok(text) => metadata::decode(text),
        Err(_) => (1, format!("{{\"$binaryMetadata\":\"{}\"}}", hex::encode(&event.custom_metadata))),
    };
    let (correlation_id, causation_id) = metadata_ids(&metadata);
    let payload = payload(&event);
    let content_hash =
        content_hash_of(stream.as_str(), &event.event_type, schema_version, payload.as_bytes(), &metadata);
    RecordedEvent {
        position,
        stream,
        version: version_of(event.revision),
        event_id: event.id,
        event_type: event.event_type.into(),
        schema_version,
        payload,
        metadata: metadata.into(),
        correlation_id,
        causation_id,
        recorded_at,
        content_hash,
        chain_hash: None,
    }
}

fn payload(event: &Stored) -> Payload {
    let text = std::str::from_utf8(&event.data).ok().filter(|_| event.is_json);
    match text.filter(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()) {
        Some(text) => Payload::json(text),
        None => Payload::Binary(event.data.as_ref().into()),
    }
}

/// What is sent to the server. The client library's own constructor would write the payload anew.
pub(crate) fn to_append(event: &NewEvent) -> EventData {
    let metadata = metadata::encode(&event.metadata, event.schema_version);
    let data = match &event.payload {
        Payload::Json(text) => json_data(&event.event_type, text),
        Payload::Binary(bytes) => EventData::binary(&event.event_type, bytes.to_vec().into()),
    };
    data.id(event.event_id).metadata(metadata.into_bytes().into())
}

/// An event whose payload is exactly this JSON text.
pub(crate) fn json_data(event_type: &str, text: &str) -> EventData {
    // Writing a text cannot fail; if it did, the bytes would still be kept, only not called JSON.
    EventData::json(event_type, &Verbatim(text))
        .unwrap_or_else(|_| EventData::binary(event_type, text.to_owned().into_bytes().into()))
}

/// JSON text that is written as it stands. The client library takes JSON payloads only as values that it writes itself, and
/// `serde_json`'s own raw value loses the white space around it.
struct Verbatim<'a>(&'a str);

impl Serialize for Verbatim<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// What `serde_json` recognises its raw values by.
        const RAW: &str = "$serde_json::private::RawValue";
        let mut raw = serializer.serialize_struct(RAW, 1)?;
        raw.serialize_field(RAW, self.0)?;
        raw.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_is_sent_byte_for_byte() {
        for text in [" { \"b\" : 1 ,\n\t\"a\":2, \"b\": 3 }\r\n", "1.10", "[1e400,-0]", "\"\\u00e9\"", "null", " null "]
        {
            let written = serde_json::to_vec(&Verbatim(text)).expect("written");
            assert_eq!(written, text.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn names_that_are_none_here_are_shown_as_names() {
        assert_eq!(stream_name("account-1").as_str(), "account-1");
        assert_eq!(stream_name(" a\nb ").as_str(), "%20a%0Ab%20");
        let (one, other) = (stream_name(&"é".repeat(300)), stream_name(&"é".repeat(301)));
        assert!(one.as_str().starts_with("ééé") && one != other, "long names stay apart");
        assert!(!stream_name("").as_str().is_empty());
    }

    #[test]
    fn the_servers_books_are_told_from_streams() {
        for book in
            ["$$account-1", "$ce-account", "$et-Opened", "$streams", "$stats-127.0.0.1:2113", "$$$settings", "$users"]
        {
            assert!(is_of_the_server(book), "{book}");
        }
        for stream in ["account-1", "$settings", "$projection-accounts", "$retention", "ce-x", "x$ce-"] {
            assert!(!is_of_the_server(stream), "{stream}");
        }
    }

    #[test]
    fn a_tombstone_stands_behind_everything() {
        assert_eq!(version_of(0), StreamVersion(1));
        assert_eq!(version_of(i64::MAX as u64), StreamVersion::MAX, "and still fits a signed number");
        assert_eq!((revision_of(StreamVersion(1)), revision_of(StreamVersion::ZERO)), (Some(0), None));
    }
}
