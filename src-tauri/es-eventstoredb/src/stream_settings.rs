//! What the metadata of a stream say: which of its events are hidden, who may do what. Read and changed as raw JSON, since the
//! client library's types write durations in another unit than the server reads, and lists of roles that it does not understand.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::StreamVersion;
use serde_json::{Map, Value};

/// `$tb` of a stream that was deleted softly.
const DELETED: u64 = i64::MAX as u64;

/// Which events of a stream are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Hiding {
    /// Events with a lower revision are hidden.
    pub before: Option<u64>,
    /// All but so many are hidden.
    pub max_count: Option<u64>,
    /// Events older than so many seconds are hidden.
    pub max_age: Option<u64>,
}

impl Hiding {
    /// Reads metadata; what is not understood hides nothing.
    pub fn parse(metadata: &[u8]) -> Self {
        let Ok(Value::Object(metadata)) = serde_json::from_slice(metadata) else { return Self::default() };
        let number = |key: &str| metadata.get(key).and_then(Value::as_u64);
        Self {
            before: number("$tb"),
            max_count: number("$maxCount").filter(|count| *count > 0),
            max_age: number("$maxAge"),
        }
    }

    /// Whether the stream was deleted softly.
    pub fn is_deleted(&self) -> bool {
        self.before == Some(DELETED)
    }

    /// The first version that is read, age apart, of a stream with this last version; zero if nothing is hidden.
    pub fn truncated_before(&self, version: StreamVersion) -> StreamVersion {
        let by_revision = self.before.map_or(0, |before| before.saturating_add(1).min(version.get() + 1));
        let by_count = self.max_count.map_or(0, |count| (version.get() + 1).saturating_sub(count));
        let first = by_revision.max(by_count);
        StreamVersion(if first > 1 { first } else { 0 })
    }

    /// The time before which events are hidden.
    pub fn hidden_before(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let age = i64::try_from(self.max_age?).ok()?;
        now.checked_sub_signed(TimeDelta::try_seconds(age)?)
    }
}

/// Who may do what with a stream, as its metadata (or the defaults in `$settings`) say; nothing where they say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessRules {
    /// May read.
    pub read: Option<Vec<String>>,
    /// May append.
    pub write: Option<Vec<String>>,
    /// May delete.
    pub delete: Option<Vec<String>>,
    /// May read the metadata.
    pub read_metadata: Option<Vec<String>>,
    /// May change the metadata.
    pub write_metadata: Option<Vec<String>>,
}

impl AccessRules {
    /// Reads an access control list: each right names one role as text, or several as a list.
    #[must_use]
    pub fn parse(acl: &Value) -> Self {
        let roles = |key: &str| match acl.get(key)? {
            Value::String(role) => Some(vec![role.clone()]),
            Value::Array(roles) => Some(roles.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => None,
        };
        Self {
            read: roles("$r"),
            write: roles("$w"),
            delete: roles("$d"),
            read_metadata: roles("$mr"),
            write_metadata: roles("$mw"),
        }
    }
}

/// Metadata with some keys changed: a null removes its key, all other keys stay as they are. Nothing if the text is no object.
pub(crate) fn changed(metadata: Option<&str>, changes: &Map<String, Value>) -> Option<String> {
    let mut object: Map<String, Value> = match metadata {
        Some(text) => serde_json::from_str(text).ok()?,
        None => Map::new(),
    };
    for (key, value) in changes {
        if value.is_null() {
            object.shift_remove(key);
        } else {
            object.insert(key.clone(), value.clone());
        }
    }
    Some(Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(metadata: &str, version: u64) -> u64 {
        Hiding::parse(metadata.as_bytes()).truncated_before(StreamVersion(version)).get()
    }

    #[test]
    fn the_first_version_that_is_read_follows_from_the_metadata() {
        assert_eq!(first("{}", 10), 0);
        assert_eq!(first(r#"{"$tb":3}"#, 10), 4, "revision 3 is version 4");
        assert_eq!(first(r#"{"$maxCount":4}"#, 10), 7, "the last four");
        assert_eq!(first(r#"{"$tb":8,"$maxCount":4}"#, 10), 9, "whichever hides more");
        assert_eq!(first(r#"{"$tb":0}"#, 10), 0);
        assert_eq!(first(r#"{"$maxCount":40}"#, 10), 0);
        assert_eq!(first(r#"{"$tb":9223372036854775807}"#, 10), 11, "deleted softly: all ten");
        for odd in ["", "[]", "{", r#"{"$tb":"3","$maxCount":0,"$maxAge":-1}"#] {
            assert_eq!(Hiding::parse(odd.as_bytes()), Hiding::default(), "{odd}");
        }
    }

    #[test]
    fn ages_are_seconds() {
        let now = DateTime::from_timestamp(1_000_000, 0).expect("a time");
        let hiding = Hiding::parse(br#"{"$maxAge":60}"#);
        assert_eq!(hiding.hidden_before(now), DateTime::from_timestamp(999_940, 0));
    }

    #[test]
    fn roles_are_one_or_several() {
        let rules = AccessRules::parse(&json!({"$r": "$all", "$w": ["a", "b"], "$d": []}));
        assert_eq!(rules.read, Some(vec!["$all".to_owned()]));
        assert_eq!(rules.write, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!((rules.delete, rules.read_metadata), (Some(vec![]), None));
    }

    #[test]
    fn unknown_keys_stay_as_they_are() {
        let changes = json!({"$maxAge": 60, "$tb": null, "mine": {"a": [1]}});
        let changes = changes.as_object().expect("an object");
        let text = changed(Some(r#"{"other":1.50,"$tb":3,"$acl":{"$r":["x"]}}"#), changes).expect("an object");
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read, json!({"other": 1.5, "$acl": {"$r": ["x"]}, "$maxAge": 60, "mine": {"a": [1]}}));
        assert_eq!(
            changed(None, changes).map(|text| text.contains("$maxAge")),
            Some(true),
            "there need not be any yet"
        );
        assert_eq!(changed(Some("[]"), changes), None, "what is no object is not overwritten");
    }
}
