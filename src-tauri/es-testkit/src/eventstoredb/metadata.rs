//! What a stream's metadata stream (`$$stream`) says: what is hidden, and who may do what.

use serde_json::Value;

/// `$tb` of a stream that was deleted softly.
pub(super) const DELETED: u64 = i64::MAX.unsigned_abs();

/// The settings of a stream. A server takes metadata it cannot read as none at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// `$maxAge`, in seconds.
    pub max_age: Option<u64>,
    /// `$maxCount`.
    pub max_count: Option<u64>,
    /// `$tb`: the first revision that is not hidden.
    pub truncate_before: Option<u64>,
    /// `$acl`.
    pub acl: Acl,
}

impl Metadata {
    /// The settings of every metadata stream: only its last event counts.
    pub fn of_metadata_stream() -> Self {
        Self { max_count: Some(1), ..Self::default() }
    }

    /// Reads the settings.
    pub fn parse(json: &[u8]) -> Self {
        serde_json::from_slice(json).ok().and_then(|value| Self::from_value(&value)).unwrap_or_default()
    }

    fn from_value(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let number = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => value.as_u64().map(Some),
        };
        Some(Self {
            max_age: number("$maxAge")?,
            max_count: number("$maxCount")?,
            truncate_before: number("$tb")?,
            acl: object.get("$acl").map_or(Some(Acl::default()), Acl::from_value)?,
        })
    }

    /// Whether the stream was deleted softly.
    pub fn is_deleted(&self) -> bool {
        self.truncate_before == Some(DELETED)
    }

    /// The first revision that is not hidden by count or truncation, in a stream whose last revision is `last`.
    pub fn first_revision(&self, last: u64) -> u64 {
        let by_count = self.max_count.map_or(0, |count| (last + 1).saturating_sub(count));
        by_count.max(self.truncate_before.unwrap_or(0))
    }

    /// Whether an event of this time (ticks) is hidden by its age.
    pub fn is_too_old(&self, created: u64, now: u64) -> bool {
        self.max_age
            .is_some_and(|seconds| created < now.saturating_sub(seconds.saturating_mul(super::TICKS_PER_SECOND)))
    }
}

/// Who may do something: nobody but administrators if empty; `None` where the defaults hold.
pub(super) type Roles = Option<Vec<String>>;

/// Roles by right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Acl {
    pub read: Roles,
    pub write: Roles,
    pub delete: Roles,
    pub metadata_read: Roles,
    pub metadata_write: Roles,
}

impl Acl {
    /// Reads the rights: each a role or a list of roles.
    pub fn from_value(value: &Value) -> Option<Self> {
        let object = match value {
            Value::Null => return Some(Self::default()),
            value => value.as_object()?,
        };
        let roles = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(role)) => Some(Some(vec![role.clone()])),
            Some(Value::Array(roles)) => {
                roles.iter().map(|role| role.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>().map(Some)
            }
            Some(_) => None,
        };
        Some(Self {
            read: roles("$r")?,
            write: roles("$w")?,
            delete: roles("$d")?,
            metadata_read: roles("$mr")?,
            metadata_write: roles("$mw")?,
        })
    }
}

/// What the stream `$settings` says of streams that have no rights of their own.
#[derive(Debug, Clone, Default)]
pub(super) struct DefaultAcls {
    /// `$userStreamAcl`.
    pub user_streams: Acl,
    /// `$systemStreamAcl`.
    pub system_streams: Acl,
}

impl DefaultAcls {
    /// Reads the defaults.
    pub fn parse(json: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(json).unwrap_or_default();
        let acl = |name: &str| value.get(name).and_then(Acl::from_value).unwrap_or_default();
        Self { user_streams: acl("$userStreamAcl"), system_streams: acl("$systemStreamAcl") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_a_string_or_a_list_and_an_empty_list_is_nobody() {
        let metadata = Metadata::parse(br#"{"$acl":{"$r":"alice","$w":["bob","$ops"],"$d":[]}}"#);
        assert_eq!(metadata.acl.read, Some(vec!["alice".to_owned()]));
        assert_eq!(metadata.acl.write, Some(vec!["bob".to_owned(), "$ops".to_owned()]));
        assert_eq!(metadata.acl.delete, Some(vec![]));
        assert_eq!(metadata.acl.metadata_read, None);
    }

    #[test]
    fn metadata_that_cannot_be_read_hides_nothing() {
        assert_eq!(Metadata::parse(b"{ not json"), Metadata::default());
        assert_eq!(Metadata::parse(br#"{"$maxCount":"three","$tb":7}"#), Metadata::default());
    }

    #[test]
    fn the_narrower_of_count_and_truncation_decides() {
        let metadata = Metadata::parse(br#"{"$maxCount":3,"$tb":5}"#);
        assert_eq!(metadata.first_revision(9), 7, "the last three of ten");
        assert_eq!(metadata.first_revision(5), 5, "truncated before 5");
    }
}
