//! Events as they are proposed, stored and read.

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name::{Position, StreamName, StreamVersion};

/// Bytes of an event's body, exactly as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// JSON text. The store keeps the text byte for byte, since that text is what was hashed.
    Json(Box<str>),
    /// Anything else. Only stores whose capabilities say so accept it.
    Binary(Box<[u8]>),
}

impl Payload {
    /// Takes JSON text.
    pub fn json(text: impl Into<Box<str>>) -> Self {
        Self::Json(text.into())
    }

    /// The stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Json(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The JSON text, or nothing for a binary payload.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        match self {
            Self::Json(text) => Some(text),
            Self::Binary(_) => None,
        }
    }
}

/// An event that somebody wants to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Identity of the event; appending the same id with the same content again changes nothing.
    pub event_id: Uuid,
    /// Name of the event's type, for example `MoneyDeposited`.
    pub event_type: Box<str>,
    /// Version of the payload's schema, from 1.
    pub schema_version: u32,
    /// The body.
    pub payload: Payload,
    /// A JSON object as text; see [`EventMetadata`] for the keys that the engine knows.
    pub metadata: Box<str>,
}

/// An event as it stands in the store. Nothing in it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Place in the whole log.
    pub position: Position,
    /// Stream that it belongs to.
    pub stream: StreamName,
    /// Place in its stream, from 1.
    pub version: StreamVersion,
    /// Identity.
    pub event_id: Uuid,
    /// Name of its type.
    pub event_type: Box<str>,
    /// Version of the payload's schema, from 1.
    pub schema_version: u32,
    /// The body, byte for byte.
    pub payload: Payload,
    /// Metadata, byte for byte; normally a JSON object.
    pub metadata: Box<str>,
    /// `$correlationId` of the metadata, if it has one.
    pub correlation_id: Option<Uuid>,
    /// `$causationId` of the metadata, if it has one.
    pub causation_id: Option<Uuid>,
    /// When the store wrote it, in whole microseconds. Never decreases along positions.
    pub recorded_at: DateTime<Utc>,
    /// See [`crate::hash::content_hash`]. Computed on read where the store does not keep it.
    pub content_hash: Hash,
    /// See [`crate::hash::chain_hash`]; nothing where the store keeps no chain.
    pub chain_hash: Option<Hash>,
}

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The chain's value before the first event.
    pub const ZERO: Self = Self([0; 32]);

    /// Lower-case hexadecimal.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Takes stored bytes, or nothing if there are not 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// The metadata keys that the engine writes and reads. The first two are the names that EventStoreDB's own projections use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMetadata {
    /// Everything that one outside cause led to carries the same id.
    #[serde(rename = "$correlationId")]
    pub correlation_id: Uuid,
    /// The event or command that directly led to this one.
    #[serde(rename = "$causationId")]
    pub causation_id: Uuid,
    /// The command that was decided.
    #[serde(rename = "commandId")]
    pub command_id: Uuid,
    /// Its type.
    #[serde(rename = "commandType")]
    pub command_type: String,
    /// The first 16 bytes of [`crate::hash::command_hash`], hexadecimal: tells a repeated command from another one under the
    /// same id. Events of programs that do not write it are taken at their word.
    #[serde(rename = "commandHash", default, skip_serializing_if = "Option::is_none")]
    pub command_hash: Option<String>,
    /// Who issued it: a person, or `process:transfer`.
    pub actor: String,
    /// Where it came from: `desktop`, `cli`, `process`, `simulator`.
    pub channel: String,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Key of [`EventMetadata::actor`].
const ACTOR_KEY: &str = "actor";

/// The two ids of a metadata text, if it is a JSON object that has them. Foreign stores may hold anything.
#[must_use]
pub fn metadata_ids(metadata: &str) -> (Option<Uuid>, Option<Uuid>) {
    #[derive(Deserialize)]
    struct Ids<'a> {
        #[serde(rename = "$correlationId", borrow, default)]
        correlation: Option<std::borrow::Cow<'a, str>>,
        #[serde(rename = "$causationId", borrow, default)]
        causation: Option<std::borrow::Cow<'a, str>>,
    }
    let Ok(ids) = serde_json::from_str::<Ids<'_>>(metadata) else { return (None, None) };
    let parse = |id: Option<std::borrow::Cow<'_, str>>| id.and_then(|text| Uuid::try_parse(&text).ok());
    (parse(ids.correlation), parse(ids.causation))
}

/// The `actor` of a metadata text, if it is a JSON object in which that is a text; of several the last one. Foreign stores may
/// hold anything.
#[must_use]
pub fn metadata_actor(metadata: &str) -> Option<String> {
    /// Takes what a map's key stands for, whatever kind it is.
    struct Actor;
    impl<'de> serde::de::Visitor<'de> for Actor {
        type Value = Option<String>;
        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("a JSON object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut keys: A) -> Result<Self::Value, A::Error> {
            let mut actor = None;
            while let Some(key) = keys.next_key::<std::borrow::Cow<'de, str>>()? {
                if key == ACTOR_KEY {
                    let value: serde_json::Value = keys.next_value()?;
                    actor = value.as_str().map(str::to_owned);
                } else {
                    keys.next_value::<serde::de::IgnoredAny>()?;
                }
            }
            Ok(actor)
        }
    }
    let mut json = serde_json::Deserializer::from_str(metadata);
    let actor = serde::Deserializer::deserialize_map(&mut json, Actor).ok()?;
    json.end().ok().and(actor)
}

/// Cuts a time to whole microseconds, the resolution that every store keeps and the hashes cover.
#[must_use]
pub fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// The id of the `index`-th event of a command: the same command always yields the same ids, so a retried append is harmless.
#[must_use]
pub fn event_id_of(command_id: Uuid, index: usize) -> Uuid {
    Uuid::new_v5(&command_id, &(index as u64).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actor_is_found_however_it_is_written_and_nowhere_else() {
        let of = |metadata: &str| metadata_actor(metadata);
        assert_eq!(of(r#"{"actor":"ada","x":[1]}"#).as_deref(), Some("ada"));
        assert_eq!(
            of(r#"{ "a\u0063tor" : "a\u0064a\"" }"#).as_deref(),
            Some("ada\""),
            "escapes are only a way to write"
        );
        assert_eq!(of(r#"{"actor":"ada","actor":"grace"}"#).as_deref(), Some("grace"), "the last one counts");
        for none in ["", "[]", "{", "{}", r#"{"actor":7}"#, r#"{"x":{"actor":"ada"}}"#, r#"{"actor":"ada"} x"#] {
            assert_eq!(of(none), None, "{none:?} names no actor");
        }
        assert_eq!(of(r#"{"actor":"ada","actor":7}"#), None, "the last one is no text");
    }

    #[test]
    fn metadata_ids_survive_anything_that_is_not_ours() {
        let id = Uuid::from_u128(7);
        assert_eq!(metadata_ids(&format!(r#"{{"$correlationId":"{id}","x":[1]}}"#)), (Some(id), None));
        for odd in ["", "[]", "{", r#"{"$correlationId":5}"#, r#"{"$correlationId":"nope"}"#] {
            assert_eq!(metadata_ids(odd), (None, None), "{odd:?} has no ids");
        }
    }
}
