//! What a target cannot keep by itself is carried in the event under documented keys, so that nothing is lost and a copy back
//! finds it again.

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::Position;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// Key in the metadata: `{"recordedAt", "position"}` of the event in the store that it was first copied from, and `metadata` as
/// text if that was no JSON object or has the key already. It stands first; the rest of the metadata follows byte for byte.
pub const COPIED_FROM_KEY: &str = "copiedFrom";
/// The only key of a payload that is not JSON, on a store that keeps JSON only: its bytes, hexadecimal.
pub const COPIED_BINARY_KEY: &str = "copiedBinary";

/// What the metadata carry of an event's former place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Carried {
    /// When it was recorded there.
    pub(super) recorded_at: DateTime<Utc>,
    /// Where it stood there.
    pub(super) position: Position,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stored {
    recorded_at: DateTime<Utc>,
    position: String,
    metadata: Option<String>,
}

/// Whether a text is JSON.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// What stands before and behind the first brace of a JSON object that has room for our key.
fn object(metadata: &str) -> Option<(&str, &str)> {
    let (before, rest) = metadata.split_once('{')?;
    let is_object = before.trim().is_empty() && is_json(metadata);
    // Nearly all metadata are told by this look alone; the key may also stand further down, or in a text.
    let taken =
        || serde_json::from_str(metadata).is_ok_and(|keys: Map<String, Value>| keys.contains_key(COPIED_FROM_KEY));
    (is_object && !(metadata.contains(COPIED_FROM_KEY) && taken())).then_some((before, rest))
}

/// Whether metadata can carry a former place only as text inside of others.
pub(super) fn is_wrapped(metadata: &str) -> bool {
    object(metadata).is_none()
}

/// Metadata that carry a former place besides what they hold.
pub(super) fn carry(metadata: &str, carried: Carried) -> String {
    let recorded_at = carried.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let place = format!(r#""recordedAt":"{recorded_at}","position":"{}""#, carried.position);
    match object(metadata) {
        Some((before, rest)) => {
            let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
            format!(r#"{before}{{"{COPIED_FROM_KEY}":{{{place}}}{comma}{rest}"#)
        }
        None => {
            let metadata = Value::from(metadata);
            format!(r#"{{"{COPIED_FROM_KEY}":{{{place},"metadata":{metadata}}}}}"#)
        }
    }
}

/// What [`carry`] put into metadata, and the metadata as they were; nothing if they carry nothing.
pub(super) fn carried(metadata: &str) -> Option<(Carried, String)> {
    let (before, rest) = metadata.split_once('{')?;
    let value = rest.strip_prefix('"')?.strip_prefix(COPIED_FROM_KEY)?.strip_prefix("\":")?;
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<Stored>();
    let stored = values.next()?.ok()?;
    let rest = &value[values.byte_offset()..];
    let found = Carried { recorded_at: stored.recorded_at, position: Position(stored.position.parse().ok()?) };
    let original = match stored.metadata {
        Some(text) => text,
        None => format!("{before}{{{}", rest.strip_prefix(',').unwrap_or(rest)),
    };
    // Only what comes out as it stands was put there by a copy.
    (carry(&original, found) == metadata).then_some((found, original))
}

/// A JSON payload that holds bytes.
pub(super) fn as_json(bytes: &[u8]) -> String {
    format!(r#"{{"{COPIED_BINARY_KEY}":"{}"}}"#, hex::encode(bytes))
}

/// The bytes that [`as_json`] put into a payload.
pub(super) fn bytes_of(payload: &str) -> Option<Vec<u8>> {
    let digits =
        payload.strip_prefix("{\"")?.strip_prefix(COPIED_BINARY_KEY)?.strip_prefix("\":\"")?.strip_suffix("\"}")?;
    let bytes = hex::decode(digits).ok()?;
    (as_json(&bytes) == payload).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Carried {
        let recorded_at = DateTime::from_timestamp_micros(1_750_000_000_123_456).expect("a time");
        Carried { recorded_at, position: Position(42) }
    }

    #[test]
    fn any_metadata_come_back_byte_for_byte() {
        let of_object = [
            "{}",
            "{ }",
            " {\n}\t",
            r#"{"a":1}"#,
            r#" { "a" : {"b":[1, 2]}, "a":"}" } "#,
            r#"{"{":"{"}"#,
            r#"{"a":"copiedFrom"}"#,
        ];
        let of_others = [
            "",
            "null",
            "[]",
            " [1]",
            "\"text\"",
            "not JSON",
            "{",
            "{\"a\":}",
            "\u{1F600}\u{0}\"\\",
            "7",
            r#"{"copiedFrom":1}"#,
        ];
        for metadata in of_object.into_iter().chain(of_others) {
            let with = carry(metadata, place());
            assert!(is_json(&with), "{metadata:?} became {with:?}");
            assert_eq!(carried(&with), Some((place(), metadata.to_owned())), "{with:?}");
            assert_eq!(is_wrapped(metadata), of_others.contains(&metadata), "{metadata:?}");
        }
        let expected = r#"{"copiedFrom":{"recordedAt":"2025-06-15T15:06:40.123456Z","position":"42"},"a":1}"#;
        assert_eq!(carry(r#"{"a":1}"#, place()), expected, "the documented form");
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        let own = r#"{"copiedFrom":"paper"}"#;
        let spaced = r#"{"copiedFrom": {"recordedAt":"2025-06-15T15:06:40.123456Z","position":"42"},"a":1}"#;
        let more = r#"{"copiedFrom":{"recordedAt":"2025-06-15T15:06:40.123456Z","position":"42","by":"me"}}"#;
        let other_time = r#"{"copiedFrom":{"recordedAt":"2025-06-15T15:06:40Z","position":"42"}}"#;
        let behind = r#"{"a":1,"copiedFrom":{"recordedAt":"2025-06-15T15:06:40.123456Z","position":"42"}}"#;
        for metadata in [own, spaced, more, other_time, behind, "{}", ""] {
            assert_eq!(carried(metadata), None, "{metadata}");
        }
        let twice = carry(own, place());
        assert_eq!(carried(&twice), Some((place(), own.to_owned())), "a key of the same name stays");
    }

    #[test]
    fn bytes_come_back_from_json_and_other_json_is_left_alone() {
        for bytes in [&b""[..], &[0, 255, 7]] {
            let json = as_json(bytes);
            assert!(is_json(&json), "{json}");
            assert_eq!(bytes_of(&json).as_deref(), Some(bytes));
        }
        for other in ["{}", r#"{"copiedBinary":"0"}"#, r#"{"copiedBinary":"FF"}"#, r#"{"copiedBinary":"ff","a":1}"#] {
            assert_eq!(bytes_of(other), None, "{other}");
        }
    }
}
