//! Small generators.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{NewEvent, Payload, StreamName};
use uuid::Uuid;

/// A stream name that is known to be valid.
///
/// # Panics
/// The name is not valid.
#[must_use]
pub fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a valid stream name")
}

/// An event with a fresh id, schema version 1 and empty metadata.
pub fn new_event(event_type: &str, payload: impl Into<Box<str>>) -> NewEvent {
    NewEvent {
        event_id: Uuid::new_v4(),
        event_type: event_type.into(),
        schema_version: 1,
        payload: Payload::json(payload),
        metadata: "{}".into(),
    }
}

/// An event of type `Numbered` that carries a number.
#[must_use]
pub fn numbered(number: u64) -> NewEvent {
    new_event("Numbered", format!(r#"{{"number":{number}}}"#))
}

/// Metadata with the two ids that the engine reads.
#[must_use]
pub fn metadata(correlation_id: Uuid, causation_id: Uuid) -> Box<str> {
    format!(r#"{{"$correlationId":"{correlation_id}","$causationId":"{causation_id}","actor":"tester"}}"#).into()
}

/// A fixed moment plus seconds.
///
/// # Panics
/// The seconds lead out of the calendar.
#[must_use]
pub fn time(seconds: i64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_750_000_000, 0).expect("a time in the calendar");
    start + TimeDelta::seconds(seconds)
}

/// A reproducible source of choices: the same seed gives the same sequence on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice for a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    ///
    /// # Panics
    /// The bound is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64: good enough for choices, and three lines.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// One of the choices.
    ///
    /// # Panics
    /// There is none.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = usize::try_from(self.below(choices.len() as u64)).expect("an index fits");
        choices[index].clone()
    }
}
