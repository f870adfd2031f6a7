//! Stream names, positions and versions.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::limits;

/// Name of a stream: `category-id`, for example `account-100234`.
///
/// The category is everything before the first `-`; a name without `-` is its own category. Names are compared byte by
/// byte. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct StreamName(Arc<str>);

/// Why a text cannot be a stream name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamNameError {
    /// The name has no characters.
    #[error("a stream name cannot be empty")]
    Empty,
    /// The name is longer than [`limits::STREAM_NAME_BYTES`].
    #[error("a stream name has at most {max} bytes, this one has {actual}")]
    TooLong {
        /// Bytes in the rejected name.
        actual: usize,
        /// The limit.
        max: usize,
    },
    /// The name holds a control character or has white space at an end.
    #[error("a stream name cannot contain control characters or begin or end with a space: {0:?}")]
    BadCharacter(String),
}

impl StreamName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// Empty, longer than [`limits::STREAM_NAME_BYTES`], with control characters, or with outer white space.
    pub fn new(name: impl AsRef<str>) -> Result<Self, StreamNameError> {
        let name = name.as_ref();
        if name.is_empty() {
            return Err(StreamNameError::Empty);
        }
        if name.len() > limits::STREAM_NAME_BYTES {
            return Err(StreamNameError::TooLong { actual: name.len(), max: limits::STREAM_NAME_BYTES });
        }
        if name.chars().any(char::is_control) || name.trim() != name {
            return Err(StreamNameError::BadCharacter(name.chars().take(64).collect()));
        }
        Ok(Self(name.into()))
    }

    /// Joins a category and an id.
    ///
    /// # Errors
    /// As [`StreamName::new`].
    pub fn of(category: &str, id: impl fmt::Display) -> Result<Self, StreamNameError> {
        Self::new(format!("{category}-{id}"))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first `-`, or the whole name.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(category, _)| category)
    }

    /// The part after the first `-`, or nothing.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }

    /// Whether the name belongs to the store itself (`$…`).
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.starts_with('$')
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamName({})", self.0)
    }
}

impl<'de> Deserialize<'de> for StreamName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Before the first one.
            pub const ZERO: Self = Self(0);
            /// After every possible one (fits a signed 64-bit column).
            pub const MAX: Self = Self(i64::MAX as u64);

            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// The one before this, or zero.
            #[must_use]
            pub const fn previous(self) -> Self {
                Self(self.0.saturating_sub(1))
            }

            /// The plain number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<u64> for $name {
            fn from(value: u64) -> Self {
                Self(value)
            }
        }
    };
}

counter! {
    /// Place of an event in the whole log. Totally ordered; 0 is before the first event. Dense (1, 2, 3 …) only where the
    /// store's [`Capabilities`](crate::store::Capabilities) say so; otherwise opaque.
    Position
}
counter! {
    /// Place of an event in its stream: 1, 2, 3 …; 0 means that the stream has no event.
    StreamVersion
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn category_ends_at_the_first_hyphen() {
        let name = StreamName::new("account-DE-100").expect("valid");
        assert_eq!((name.category(), name.id()), ("account", "DE-100"));
        let bare = StreamName::new("journal").expect("valid");
        assert_eq!((bare.category(), bare.id()), ("journal", ""), "a name without a hyphen is its own category");
    }

    #[test]
    fn odd_names_are_refused_and_unicode_is_kept() {
        for bad in ["", " a", "a ", "a\nb", "a\0b", &"x".repeat(limits::STREAM_NAME_BYTES + 1)] {
            assert!(StreamName::new(bad).is_err(), "{bad:?} must be refused");
        }
        for good in ["Konto-Größe", "account-日本", "$settings", "a'b\"c%_"] {
            assert_eq!(StreamName::new(good).expect("valid").as_str(), good);
        }
    }
}
