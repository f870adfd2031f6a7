//! What `$retention` records, and what follows from it: rules and legal holds.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::{EventMetadata, NewEvent, Payload, RecordedEvent, event_id_of};
use crate::name::{Position, StreamName, StreamVersion};

/// 64-bit numbers are text in JSON, as everywhere in this program.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<T: Copy + Into<Number>, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&(*number).into().0)
    }

    pub fn deserialize<'de, T: From<u64>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse::<u64>().map(T::from).map_err(D::Error::custom)
    }

    pub struct Number(u64);

    impl From<u64> for Number {
        fn from(number: u64) -> Self {
            Self(number)
        }
    }
    impl From<crate::name::Position> for Number {
        fn from(position: crate::name::Position) -> Self {
            Self(position.get())
        }
    }
    impl From<crate::name::StreamVersion> for Number {
        fn from(version: crate::name::StreamVersion) -> Self {
            Self(version.get())
        }
    }

    /// The same for numbers that may be missing.
    pub mod optional {
        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        pub fn serialize<T: Copy + Into<super::Number>, S: Serializer>(
            number: &Option<T>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match number {
                Some(number) => serializer.collect_str(&(*number).into().0),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, T: From<u64>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
            let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.map(|text| text.parse::<u64>().map(T::from).map_err(D::Error::custom)).transpose()
        }
    }
}

/// Streams that a rule or a legal hold covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// One stream.
    Stream(StreamName),
    /// All streams of a category.
    Category(String),
    /// All streams whose names begin so.
    Prefix(String),
}

impl Scope {
    /// Whether it covers a stream. Never the store's own ones.
    #[must_use]
    pub fn covers(&self, stream: &StreamName) -> bool {
        !stream.is_system()
            && match self {
                Self::Stream(name) => name == stream,
                Self::Category(category) => category == stream.category(),
                Self::Prefix(prefix) => stream.as_str().starts_with(prefix),
            }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(name) => write!(f, "stream {name}"),
            Self::Category(category) => write!(f, "category {category}"),
            Self::Prefix(prefix) => write!(f, "streams that begin with {prefix}"),
        }
    }
}

/// What may go of a stream. The parts that are there each allow something to go; the furthest of them counts, as far as
/// `min_age_seconds` permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetentionRule {
    /// Events older than this may go.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u64>,
    /// All but the last so many events may go.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub max_count: Option<u64>,
    /// Events before this version may go.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub before_version: Option<StreamVersion>,
    /// Events younger than this stay, whatever else is said. Of a stream's own rule and its category's the longer counts.
    #[serde(with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub min_age_seconds: Option<u64>,
}

impl RetentionRule {
    /// Whether it lets anything go at all.
    #[must_use]
    pub fn lets_go(&self) -> bool {
        self.max_age_seconds.is_some() || self.max_count.is_some() || self.before_version.is_some()
    }
}

/// A time so many seconds before another; the beginning of time if it would be before that.
pub(super) fn before(now: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    let delta = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
    delta.and_then(|delta| now.checked_sub_signed(delta)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// An event of `$retention`. The type's name is the event's type; who and why stand in its metadata, when is its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum RetentionEvent {
    /// A rule for a stream or a category, in place of its former one.
    RetentionRuleSet {
        /// Stream or category.
        scope: Scope,
        /// The rule.
        rule: RetentionRule,
    },
    /// There is no rule any more.
    RetentionRuleRemoved {
        /// Stream or category.
        scope: Scope,
    },
    /// Nothing of these streams may go until the hold is lifted.
    LegalHoldPlaced {
        /// Name of the hold, for example a case number.
        hold: String,
        /// What it covers.
        scope: Scope,
    },
    /// A hold is over.
    LegalHoldLifted {
        /// Its name.
        hold: String,
    },
    /// A stream's reads begin later.
    StreamTruncated {
        /// The stream.
        stream: StreamName,
        /// Its first event that is still read.
        #[serde(with = "text")]
        before: StreamVersion,
        /// Events hidden by this.
        #[serde(with = "text")]
        events: u64,
        /// Their payload and metadata, in bytes.
        #[serde(with = "text")]
        bytes: u64,
    },
    /// A stream takes no further events.
    StreamClosed {
        /// The stream.
        stream: StreamName,
    },
    /// Truncated events were moved to the archive.
    EventsScavenged {
        /// How many.
        #[serde(with = "text")]
        events: u64,
        /// Their payload and metadata, in bytes.
        #[serde(with = "text")]
        bytes: u64,
        /// The lowest position among them.
        #[serde(with = "text")]
        first: Position,
        /// The highest position among them.
        #[serde(with = "text")]
        last: Position,
        /// Where they are now.
        archive: String,
    },
}

/// Schema version of every [`RetentionEvent`].
const SCHEMA_VERSION: u32 = 1;

impl RetentionEvent {
    /// The event's type, as stored.
    #[must_use]
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::RetentionRuleSet { .. } => "RetentionRuleSet",
            Self::RetentionRuleRemoved { .. } => "RetentionRuleRemoved",
            Self::LegalHoldPlaced { .. } => "LegalHoldPlaced",
            Self::LegalHoldLifted { .. } => "LegalHoldLifted",
            Self::StreamTruncated { .. } => "StreamTruncated",
            Self::StreamClosed { .. } => "StreamClosed",
            Self::EventsScavenged { .. } => "EventsScavenged",
        }
    }

    fn payload(&self) -> String {
        // Texts and numbers only: this cannot fail, and an empty payload would be refused as not JSON. The tag is cut off as
        // text, so that the fields stay in the order of their declaration.
        let tagged = serde_json::to_string(self).unwrap_or_default();
        let inner = tagged.split_once(':').and_then(|(_, rest)| rest.strip_suffix('}'));
        inner.unwrap_or_default().to_owned()
    }

    /// Reads a stored event.
    ///
    /// # Errors
    /// An unknown type, a newer version, or a payload of another shape. Never skip one: it may be a legal hold.
    pub fn decode(stored: &RecordedEvent) -> Result<Self, UnreadableRecord> {
        let unreadable = |reason: String| UnreadableRecord {
            position: stored.position,
            event_type: stored.event_type.to_string(),
            reason,
        };
        if stored.schema_version > SCHEMA_VERSION {
            return Err(unreadable(format!("version {} is newer than this program", stored.schema_version)));
        }
        let Some(payload) = stored.payload.as_json() else { return Err(unreadable("it is not JSON".to_owned())) };
        let tagged = format!("{{{}:{payload}}}", serde_json::Value::from(&*stored.event_type));
        serde_json::from_str(&tagged).map_err(|error| unreadable(error.to_string()))
    }
}

/// An event of `$retention` that this program does not understand. Nothing is decided on a record with holes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the retention record at position {position} ({event_type}) cannot be read: {reason}")]
pub struct UnreadableRecord {
    /// Where it stands.
    pub position: Position,
    /// Its type.
    pub event_type: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Who changes what is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorship {
    /// Identity of the change; the same one again changes nothing.
    pub change_id: Uuid,
    /// Who.
    pub actor: String,
    /// Where it was asked: `desktop`, `cli`.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: String,
}

impl Authorship {
    /// The event to append; `index` tells the events of one change apart.
    #[must_use]
    pub fn record(&self, index: usize, event: &RetentionEvent) -> NewEvent {
        let metadata = EventMetadata {
            correlation_id: self.change_id,
            causation_id: self.change_id,
            command_id: self.change_id,
            command_type: event.event_type().to_owned(),
            command_hash: None,
            actor: self.actor.clone(),
            channel: self.channel.clone(),
            reason: Some(self.reason.clone()),
        };
        NewEvent {
            event_id: event_id_of(self.change_id, index),
            event_type: event.event_type().into(),
            schema_version: SCHEMA_VERSION,
            payload: Payload::json(event.payload()),
            metadata: serde_json::to_string(&metadata).unwrap_or_default().into(),
        }
    }
}

/// A legal hold in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LegalHold {
    /// Its name.
    pub hold: String,
    /// What it covers.
    pub scope: Scope,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// Who placed it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// Rules and holds in force: the fold of `$retention`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetentionLedger {
    /// Version of the last event folded.
    pub version: StreamVersion,
    /// Rules by stream or category.
    pub rules: BTreeMap<Scope, RetentionRule>,
    /// Holds by name.
    pub holds: BTreeMap<String, LegalHold>,
}

impl RetentionLedger {
    /// Takes the next event of the stream.
    ///
    /// # Errors
    /// It cannot be read; the ledger is unchanged.
    pub fn take(&mut self, stored: &RecordedEvent) -> Result<(), UnreadableRecord> {
        match RetentionEvent::decode(stored)? {
            RetentionEvent::RetentionRuleSet { scope, rule } => drop(self.rules.insert(scope, rule)),
            RetentionEvent::RetentionRuleRemoved { scope } => drop(self.rules.remove(&scope)),
            RetentionEvent::LegalHoldPlaced { hold, scope } => {
                let by = serde_json::from_str::<EventMetadata>(&stored.metadata).ok();
                let (actor, reason) = by.map(|by| (by.actor, by.reason.unwrap_or_default())).unwrap_or_default();
                let placed = LegalHold { hold: hold.clone(), scope, placed_at: stored.recorded_at, actor, reason };
                self.holds.insert(hold, placed);
            }
            RetentionEvent::LegalHoldLifted { hold } => drop(self.holds.remove(&hold)),
            RetentionEvent::StreamTruncated { .. }
            | RetentionEvent::StreamClosed { .. }
            | RetentionEvent::EventsScavenged { .. } => {}
        }
        self.version = stored.version;
        Ok(())
    }

    /// What may go of a stream: its own rule, else its category's. Neither can undercut the other's minimum age.
    #[must_use]
    pub fn rule_for(&self, stream: &StreamName) -> RetentionRule {
        let own = self.rules.get(&Scope::Stream(stream.clone()));
        let general = self.rules.get(&Scope::Category(stream.category().to_owned()));
        let min_age = own.and_then(|rule| rule.min_age_seconds).max(general.and_then(|rule| rule.min_age_seconds));
        RetentionRule { min_age_seconds: min_age, ..own.or(general).copied().unwrap_or_default() }
    }

    /// The holds that cover a stream.
    pub fn holds_on(&self, stream: &StreamName) -> impl Iterator<Item = &LegalHold> {
        self.holds.values().filter(|hold| hold.scope.covers(stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Hash;

    fn stored(version: u64, event: &RetentionEvent) -> RecordedEvent {
        let by = Authorship {
            change_id: Uuid::from_u128(7),
            actor: "ada".to_owned(),
            channel: "test".to_owned(),
            reason: "because".to_owned(),
        };
        let new = by.record(0, event);
        RecordedEvent {
            position: Position(version),
            stream: crate::retention::stream(),
            version: StreamVersion(version),
            event_id: new.event_id,
            event_type: new.event_type,
            schema_version: new.schema_version,
            payload: new.payload,
            metadata: new.metadata,
            correlation_id: None,
            causation_id: None,
            recorded_at: DateTime::UNIX_EPOCH,
            content_hash: Hash::ZERO,
            chain_hash: None,
        }
    }

    fn name(text: &str) -> StreamName {
        StreamName::new(text).expect("a name")
    }

    #[test]
    fn every_record_reads_back_as_it_was_written_and_keeps_its_shape() {
        let rule = RetentionRule { max_count: Some(u64::MAX), min_age_seconds: Some(3), ..RetentionRule::default() };
        let (scope, hold) = (Scope::Category("account".to_owned()), "case 7".to_owned());
        let stream = name("account-1");
        let all = [
            (
                RetentionEvent::RetentionRuleSet { scope: scope.clone(), rule },
                r#"{"scope":{"category":"account"},"rule":{"maxCount":"18446744073709551615","minAgeSeconds":"3"}}"#,
            ),
            (RetentionEvent::RetentionRuleRemoved { scope }, r#"{"scope":{"category":"account"}}"#),
            (
                RetentionEvent::LegalHoldPlaced { hold: hold.clone(), scope: Scope::Prefix("account-1".to_owned()) },
                r#"{"hold":"case 7","scope":{"prefix":"account-1"}}"#,
            ),
            (RetentionEvent::LegalHoldLifted { hold }, r#"{"hold":"case 7"}"#),
            (
                RetentionEvent::StreamTruncated {
                    stream: stream.clone(),
                    before: StreamVersion(9),
                    events: 8,
                    bytes: 800,
                },
                r#"{"stream":"account-1","before":"9","events":"8","bytes":"800"}"#,
            ),
            (RetentionEvent::StreamClosed { stream }, r#"{"stream":"account-1"}"#),
            (
                RetentionEvent::EventsScavenged {
                    events: 8,
                    bytes: 800,
                    first: Position(1),
                    last: Position(20),
                    archive: "a".to_owned(),
                },
                r#"{"events":"8","bytes":"800","first":"1","last":"20","archive":"a"}"#,
            ),
        ];
        for (event, payload) in all {
            let stored = stored(1, &event);
            assert_eq!(
                stored.payload,
                Payload::json(payload),
                "the stored shape of {} never changes",
                stored.event_type
            );
            assert_eq!(RetentionEvent::decode(&stored), Ok(event));
        }
    }

    #[test]
    fn a_record_of_a_newer_program_is_refused_not_skipped() {
        let hold = RetentionEvent::LegalHoldPlaced { hold: "h".to_owned(), scope: Scope::Prefix(String::new()) };
        let mut newer = stored(1, &hold);
        newer.schema_version = 2;
        let mut unknown = stored(1, &hold);
        unknown.event_type = "LegalHoldWidened".into();
        let mut ledger = RetentionLedger::default();
        for event in [newer, unknown] {
            ledger.take(&event).expect_err("not understood");
        }
        assert_eq!(ledger, RetentionLedger::default(), "nothing was taken");
    }

    #[test]
    fn a_streams_own_rule_counts_but_cannot_undercut_the_minimum_age() {
        let (own, general) = (Scope::Stream(name("a-1")), Scope::Category("a".to_owned()));
        let rule = |max_count, min_age| RetentionRule {
            max_count: Some(max_count),
            min_age_seconds: min_age,
            ..RetentionRule::default()
        };
        let mut ledger = RetentionLedger::default();
        let set = |scope: &Scope, rule| RetentionEvent::RetentionRuleSet { scope: scope.clone(), rule };
        ledger.take(&stored(1, &set(&general, rule(10, Some(100))))).expect("taken");
        ledger.take(&stored(2, &set(&own, rule(3, Some(5))))).expect("taken");
        assert_eq!(ledger.rule_for(&name("a-1")), rule(3, Some(100)), "its own count, the category's minimum age");
        assert_eq!(ledger.rule_for(&name("a-2")), rule(10, Some(100)), "the category's");
        assert_eq!(ledger.rule_for(&name("b-1")), RetentionRule::default(), "no rule lets nothing go");
        ledger.take(&stored(3, &RetentionEvent::RetentionRuleRemoved { scope: general })).expect("taken");
        assert_eq!(ledger.rule_for(&name("a-1")), rule(3, Some(5)));
        assert_eq!(ledger.version, StreamVersion(3));
    }
}
