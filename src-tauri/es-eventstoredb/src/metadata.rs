//! How an event's metadata and schema version share the one field that the server has for them.
//!
//! The stored text is the author's own, byte for byte, wherever reading it gives back the same text and schema version. The
//! server's projections then find `$correlationId` and `$causationId` where authors write them. Otherwise the schema version is
//! added in a place where it is found and removed again: as the first key of an object, or around text that is no object. See
//! docs/adr/0027.

/// The key that holds the version of the payload's schema. Not with `$`: such names are the server's.
const KEY: &str = "schemaVersion";
/// Begins an object to which the key was added.
const SPLICED: &str = "{\"schemaVersion\":";
/// Begins an object that was made around text that is none.
const WRAPPED: &str = "{\"metadata\":";
const WRAPPED_VERSION: &str = ",\"schemaVersion\":";

/// What is stored for a metadata text and a schema version.
pub(crate) fn encode(metadata: &str, schema_version: u32) -> String {
    if decode(metadata) == (schema_version, metadata.to_owned()) {
        return metadata.to_owned();
    }
    let start = metadata.len() - metadata.trim_start().len();
    match metadata[start..].strip_prefix('{') {
        Some(inside) => {
            let comma = if inside.trim_start().starts_with('}') { "" } else { "," };
            format!("{}{SPLICED}{schema_version}{comma}{inside}", &metadata[..start])
        }
        None => format!("{WRAPPED}{metadata}{WRAPPED_VERSION}{schema_version}}}"),
    }
}

/// The schema version and the metadata text of what is stored. Of other programs' events the version is the value of a key
/// `schemaVersion`, or 1.
pub(crate) fn decode(stored: &str) -> (u32, String) {
    spliced(stored).or_else(|| wrapped(stored)).unwrap_or_else(|| (known_key(stored).unwrap_or(1), stored.to_owned()))
}

fn spliced(stored: &str) -> Option<(u32, String)> {
    let start = stored.len() - stored.trim_start().len();
    let (version, rest) = version_at(stored[start..].strip_prefix(SPLICED)?)?;
    let inside = match rest.strip_prefix(',') {
        Some(inside) => inside,
        None if rest.trim() == "}" => rest,
        None => return None,
    };
    Some((version, format!("{}{{{inside}", &stored[..start])))
}

fn wrapped(stored: &str) -> Option<(u32, String)> {
    let inside = stored.strip_prefix(WRAPPED)?;
    let (text, version) = inside.rsplit_once(WRAPPED_VERSION)?;
    let (version, rest) = version_at(version)?;
    let is_object = text.trim_start().starts_with('{');
    let sound = rest == "}" && !is_object && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    sound.then(|| (version, text.to_owned()))
}

/// A version as it is written here (no sign, no leading zero), and what follows.
fn version_at(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, rest) = text.split_at(end);
    let version: u32 = digits.parse().ok()?;
    (version > 0 && version.to_string() == digits).then_some((version, rest))
}

fn known_key(stored: &str) -> Option<u32> {
    // Most metadata have no such key: that is seen without reading them as JSON.
    if !stored.contains(KEY) {
        return None;
    }
    #[derive(serde::Deserialize)]
    struct Known {
        #[serde(rename = "schemaVersion")]
        version: serde_json::Value,
    }
    let known: Known = serde_json::from_str(stored).ok()?;
    known.version.as_u64().and_then(|version| u32::try_from(version).ok()).filter(|version| *version > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_version_leaves_the_authors_text_alone() {
        for text in ["{}", "null", "[1,2]", " { \"a\" : 1 } ", r#"{"$correlationId":"x"}"#, "\"é\"", ""] {
            assert_eq!(encode(text, 1), text, "nothing is added");
        }
    }

    #[test]
    fn a_later_version_stands_in_front_where_the_servers_projections_see_both() {
        let stored = encode(r#"{"$correlationId":"c"}"#, 3);
        assert_eq!(stored, r#"{"schemaVersion":3,"$correlationId":"c"}"#);
        let read: serde_json::Value = serde_json::from_str(&stored).expect("still JSON");
        assert_eq!((&read["schemaVersion"], &read["$correlationId"]), (&3.into(), &"c".into()));
        assert_eq!(encode("{ }", 2), r#"{"schemaVersion":2 }"#);
        assert_eq!(encode("[1]", 2), r#"{"metadata":[1],"schemaVersion":2}"#);
    }

    #[test]
    fn a_version_of_another_program_is_found_where_it_stands() {
        assert_eq!(decode(r#"{"user":"x","schemaVersion":4}"#).0, 4);
        for odd in ["", "{", "[]", r#"{"schemaVersion":"4"}"#, r#"{"schemaVersion":0}"#, r#"{"a":{"schemaVersion":9}}"#]
        {
            assert_eq!(decode(odd), (1, odd.to_owned()), "{odd:?} names no version");
        }
    }

    /// Texts that look like what is added here, and any other JSON.
    fn texts() -> impl Strategy<Value = String> {
        let parts = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "1",
            "2",
            "02",
            "\"a\"",
            "\"metadata\"",
            "\"schemaVersion\"",
            " ",
            "\n",
            SPLICED,
            WRAPPED,
            WRAPPED_VERSION,
            "null",
            "{}",
            "4294967296",
        ]);
        let made = prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat());
        let value = prop_oneof![
            any::<String>().prop_map(serde_json::Value::from),
            prop::collection::vec(("[a-c]|metadata|schemaVersion", 0_u64..5), 0..4).prop_map(|pairs| {
                pairs.into_iter().map(|(key, value)| (key, serde_json::Value::from(value))).collect()
            }),
        ];
        prop_oneof![made, value.prop_map(|value| value.to_string())]
    }

    proptest! {
        #[test]
        fn what_was_appended_is_read_byte_for_byte(text in texts(), version in 1_u32..5, nested in 0..3) {
            // Texts that were themselves encoded before are the ones most easily mistaken.
            let mut text = text;
            for _ in 0..nested {
                text = encode(&text, version);
            }
            prop_assume!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
            for version in [version, 1, u32::MAX] {
                let stored = encode(&text, version);
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&stored).is_ok(), "{} is JSON", stored);
                prop_assert_eq!(decode(&stored), (version, text.clone()), "stored as {}", stored);
            }
        }
    }
}
