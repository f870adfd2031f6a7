//! Typed identifiers. One spelling rule for all of them, so that an id can stand in a stream name and in a URL as it is.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use es_core::StreamName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::spelled::{Spell, Spelled};

/// Longest id, in characters.
pub const ID_CHARACTERS: usize = 40;
/// The spelling rule of every id, as a regular expression.
pub const ID_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$";

/// A text that cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: 1 to {ID_CHARACTERS} letters, digits, `_`, `.` or `-`, beginning with a letter or digit")]
pub struct BadId(pub String);

/// Whether a text follows [`ID_PATTERN`].
#[must_use]
pub fn is_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    text.len() <= ID_CHARACTERS && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric()) && bytes.all(inner)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $format:literal, $title:literal, $example:literal $(, stream $category:literal)?) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes a text.
            ///
            /// # Errors
            /// The text does not follow [`ID_PATTERN`].
            pub fn new(text: impl AsRef<str>) -> Result<Self, BadId> {
                let text = text.as_ref();
                if is_id(text) { Ok(Self(text.into())) } else { Err(BadId(text.chars().take(64).collect())) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            $(
                /// The stream of the aggregate with this id.
                #[must_use]
                pub fn stream(&self) -> StreamName {
                    let Ok(stream) = StreamName::of($category, self) else {
                        unreachable!("an id is short and holds no character that a stream name refuses")
                    };
                    stream
                }
            )?
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parsed(deserializer, |text| Self::new(text))
            }
        }

        impl Spell for $name {
            fn spell(from: &mut Spelled<'_>) -> Option<Self> {
                Self::new(from.text()?).ok()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "format": $format,
                    "pattern": ID_PATTERN,
                    "title": $title,
                    "examples": [$example],
                })
            }
        }
    };
}

id!(
    /// Identifies a customer.
    CustomerId, "customer-id", "Customer", "C-1001", stream "customer"
);
id!(
    /// Identifies a customer's account.
    AccountId, "account-id", "Account", "100234", stream "account"
);
id!(
    /// Identifies a transfer between two accounts.
    TransferId, "transfer-id", "Transfer", "T-5001", stream "transfer"
);
id!(
    /// Identifies a quoted exchange rate.
    QuoteId, "quote-id", "Quote", "Q-4001", stream "quote"
);
id!(
    /// Identifies a scheduled or standing order.
    OrderId, "order-id", "Order", "SO-7001", stream "order"
);
id!(
    /// Identifies a journal entry of the general ledger that people draft, approve and post.
    TransactionId, "transaction-id", "Journal entry", "J-2001", stream "transaction"
);
id!(
    /// Identifies a hold within its account.
    HoldId, "hold-id", "Hold", "H-3001"
);
id!(
    /// Identifies a case (of fraud, of a court order) that an account is frozen for.
    CaseId, "case-id", "Case", "CASE-77"
);

/// Identifies a journal entry: one balanced set of postings, made by one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub Uuid);

impl EntryId {
    /// The entry that a command makes: the same command always makes the same entry.
    #[must_use]
    pub fn of_command(command_id: Uuid) -> Self {
        Self(Uuid::new_v5(&command_id, b"entry"))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Spell for EntryId {
    fn spell(from: &mut Spelled<'_>) -> Option<Self> {
        Uuid::try_parse(from.text()?).ok().map(Self)
    }
}

impl JsonSchema for EntryId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EntryId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "uuid",
            "title": "Entry",
            "description": "Id of a journal entry, as in the event's entryId.",
            "examples": ["6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_one_rule() {
        for good in ["1", "A", "100234", "DE-89_x.y", &"a".repeat(40)] {
            assert!(AccountId::new(good).is_ok(), "{good:?} is an id");
        }
        for bad in ["", "-1", ".a", "_a", "a b", "a/b", "ä", "a:b", &"a".repeat(41)] {
            assert!(AccountId::new(bad).is_err(), "{bad:?} is no id");
        }
        let id = AccountId::new("DE-89").expect("valid");
        assert_eq!(id.stream().as_str(), "account-DE-89");
        assert_eq!((id.stream().category(), id.stream().id()), ("account", "DE-89"));
    }

    #[test]
    fn a_command_always_makes_the_same_entry() {
        let command = Uuid::from_u128(7);
        assert_eq!(EntryId::of_command(command), EntryId::of_command(command));
        assert_ne!(EntryId::of_command(command), EntryId::of_command(Uuid::from_u128(8)));
    }
}
