//! Schema evolution on read: stored bytes never change, upcasters bring old payloads to the current shape.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::RecordedEvent;
use crate::limits;

/// An event in its current shape. A stored event yields one, several (split) or none (dropped with a reason).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentEvent<'a> {
    /// Type after upcasting.
    pub event_type: Cow<'a, str>,
    /// Schema version after upcasting.
    pub schema_version: u32,
    /// Payload after upcasting.
    pub payload: Cow<'a, str>,
    /// Index among the parts of the stored event; 0 unless it was split.
    pub part: usize,
}

/// What an upcaster finds wrong with a payload, told to people: which field, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPayload(pub String);

impl From<&str> for BadPayload {
    fn from(what: &str) -> Self {
        Self(what.to_owned())
    }
}

/// What one upcaster makes of a payload.
#[allow(unpredictable_function_pointer_comparisons, reason = "two results are compared in tests only")]
#[derive(Debug, Clone, PartialEq)]
pub enum Upcasted {
    /// One or several events (type, schema version, payload).
    To(UpcastParts),
    /// One or several events whose new shape needs what only the record knows (its id, its time), for fields that the old
    /// payload did not have. The function is given the payload again, and the record. Still pure: a record never changes.
    WithRecord(Value, fn(Value, &RecordedEvent) -> Result<UpcastParts, BadPayload>),
    /// The event has no meaning any more, and why.
    Dropped(&'static str),
}

/// Events that an upcaster makes: type, schema version, payload.
pub type UpcastParts = Vec<(&'static str, u32, Value)>;

/// One step of schema evolution, keyed by exact type and version. Pure.
#[derive(Clone, Copy)]
pub struct Upcaster {
    /// Stored type.
    pub event_type: &'static str,
    /// Stored schema version.
    pub schema_version: u32,
    /// What it does, in a few words for people.
    pub description: &'static str,
    /// Types and versions it can produce; empty only if it always drops. Checked at start.
    pub targets: &'static [(&'static str, u32)],
    /// The transformation.
    pub apply: fn(Value) -> Result<Upcasted, BadPayload>,
}

/// Why an event cannot be brought to its current shape. It is never dropped silently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpcastError {
    /// Nobody knows this type.
    #[error("unknown event type {event_type} v{schema_version}")]
    UnknownType {
        /// The type.
        event_type: String,
        /// Its version.
        schema_version: u32,
    },
    /// A newer program wrote it.
    #[error("{event_type} v{schema_version} comes from the future: this program knows versions up to {known}")]
    FromTheFuture {
        /// The type.
        event_type: String,
        /// Its version.
        schema_version: u32,
        /// The newest known version.
        known: u32,
    },
    /// The payload is not what its type and version promise.
    #[error("{event_type} v{schema_version} does not decode: {reason}")]
    Malformed {
        /// The type.
        event_type: String,
        /// Its version.
        schema_version: u32,
        /// What is wrong.
        reason: String,
    },
}

/// A fault in the registry itself, found at start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two upcasters for one source.
    #[error("two upcasters for {0} v{1}")]
    Duplicate(&'static str, u32),
    /// Two current versions of one type.
    #[error("{0} has two current versions, {1} and {2}")]
    CurrentTwice(&'static str, u32, u32),
    /// A chain does not end at a current version.
    #[error("the upcast chain from {0} v{1} ends at {2} v{3}, which is not a current version")]
    DeadEnd(&'static str, u32, &'static str, u32),
    /// A chain comes back to where it was.
    #[error("the upcast chain from {0} v{1} has a cycle")]
    Cycle(&'static str, u32),
    /// An upcaster for a version that is current.
    #[error("there is an upcaster for {0} v{1}, which is the current version")]
    UpcastsCurrent(&'static str, u32),
    /// A version below the current one has no upcaster.
    #[error("no upcaster for {0} v{1}")]
    Missing(&'static str, u32),
}

/// One step of a trace: what stood before or after an upcaster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcastStep {
    /// What was done; nothing for the stored event itself.
    pub upcaster: Option<&'static str>,
    /// The events after this step: type, version, payload text.
    pub events: Vec<(String, u32, String)>,
    /// Set if the step dropped the event.
    pub dropped: Option<&'static str>,
}

/// All upcasters and current versions of a domain. Checked when built.
pub struct UpcasterRegistry {
    current: BTreeMap<&'static str, u32>,
    upcasters: BTreeMap<(&'static str, u32), Upcaster>,
    digest: String,
}

type Loose = (String, u32, Value);

impl UpcasterRegistry {
    /// Builds and checks a registry from the current (type, version) pairs and the upcasters.
    ///
    /// # Errors
    /// Any [`RegistryError`]: no cycles, one upcaster per source, every chain ends at a current version, no gaps below a
    /// current version.
    pub fn new(current: &[(&'static str, u32)], upcasters: &[Upcaster]) -> Result<Self, RegistryError> {
        let current = by_type(current)?;
        let mut by_source = BTreeMap::new();
        for upcaster in upcasters {
            let source = (upcaster.event_type, upcaster.schema_version);
            if current.get(source.0) == Some(&source.1) {
                return Err(RegistryError::UpcastsCurrent(source.0, source.1));
            }
            if by_source.insert(source, *upcaster).is_some() {
                return Err(RegistryError::Duplicate(source.0, source.1));
            }
        }
        for (event_type, version) in &current {
            if let Some(missing) = (1..*version).find(|v| !by_source.contains_key(&(*event_type, *v))) {
                return Err(RegistryError::Missing(event_type, missing));
            }
        }
        for source in by_source.keys() {
            check_chain(*source, *source, &current, &by_source, &mut BTreeSet::new())?;
        }
        let digest = digest_of(&current, &by_source);
        Ok(Self { current, upcasters: by_source, digest })
    }

    /// Changes whenever the current versions or the set of upcasters change; part of a snapshot's fingerprint.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The current version of a type.
    #[must_use]
    pub fn current_version(&self, event_type: &str) -> Option<u32> {
        self.current.get(event_type).copied()
    }

    /// Whether an event is stored in its current shape.
    #[must_use]
    pub fn is_current(&self, event: &RecordedEvent) -> bool {
        self.current.get(&*event.event_type) == Some(&event.schema_version)
    }

    /// All upcasters, by source.
    pub fn upcasters(&self) -> impl Iterator<Item = &Upcaster> {
        self.upcasters.values()
    }

    /// Brings a stored event to its current shape. An event that is current already is borrowed, not parsed. An empty list
    /// means that it was dropped; [`UpcasterRegistry::trace`] says why.
    ///
    /// # Errors
    /// Unknown type, a version from the future, or a payload that an upcaster refuses.
    pub fn upcast<'a>(&self, event: &'a RecordedEvent) -> Result<Vec<CurrentEvent<'a>>, UpcastError> {
        if self.is_current(event) {
            let payload = event.payload.as_json().ok_or_else(|| binary(event))?;
            return Ok(vec![CurrentEvent {
                event_type: Cow::Borrowed(&event.event_type),
                schema_version: event.schema_version,
                payload: Cow::Borrowed(payload),
                part: 0,
            }]);
        }
        let mut events = vec![self.parse(event)?];
        while self.step(event, &mut events)?.is_some() {}
        let parts = events.into_iter().enumerate().map(|(part, (event_type, schema_version, payload))| CurrentEvent {
            event_type: Cow::Owned(event_type),
            schema_version,
            payload: Cow::Owned(payload.to_string()),
            part,
        });
        Ok(parts.collect())
    }

    /// Every intermediate shape of a stored event, for people who want to see what upcasting did.
    ///
    /// # Errors
    /// As [`UpcasterRegistry::upcast`].
    pub fn trace(&self, event: &RecordedEvent) -> Result<Vec<UpcastStep>, UpcastError> {
        let stored = event.payload.as_json().ok_or_else(|| binary(event))?;
        let first = (event.event_type.to_string(), event.schema_version, stored.to_owned());
        let mut steps = vec![UpcastStep { upcaster: None, events: vec![first], dropped: None }];
        let mut events = vec![self.parse(event)?];
        while let Some((upcaster, dropped)) = self.step(event, &mut events)? {
            let shown = events.iter().map(|(t, v, payload)| (t.clone(), *v, payload.to_string())).collect();
            steps.push(UpcastStep { upcaster: Some(upcaster.description), events: shown, dropped });
        }
        Ok(steps)
    }

    fn parse(&self, event: &RecordedEvent) -> Result<Loose, UpcastError> {
        self.known(&event.event_type, event.schema_version)?;
        let text = event.payload.as_json().ok_or_else(|| binary(event))?;
        let value = serde_json::from_str(text).map_err(|error| UpcastError::Malformed {
            event_type: event.event_type.to_string(),
            schema_version: event.schema_version,
            reason: error.to_string(),
        })?;
        Ok((event.event_type.to_string(), event.schema_version, value))
    }

    /// Whether the pair is current or has an upcaster.
    fn known(&self, event_type: &str, schema_version: u32) -> Result<(), UpcastError> {
        let current = self.current_version(event_type);
        if current == Some(schema_version) || self.upcaster(event_type, schema_version).is_some() {
            return Ok(());
        }
        let newest_source = self.upcasters.keys().filter(|(t, _)| *t == event_type).map(|(_, v)| *v).max();
        match current.max(newest_source) {
            Some(known) if schema_version > known => {
                Err(UpcastError::FromTheFuture { event_type: event_type.to_owned(), schema_version, known })
            }
            _ => Err(UpcastError::UnknownType { event_type: event_type.to_owned(), schema_version }),
        }
    }

    fn upcaster(&self, event_type: &str, schema_version: u32) -> Option<Upcaster> {
        // Shortens the keys' lifetime, so that a key can be looked up that does not live for ever.
        let upcasters: &BTreeMap<(&str, u32), Upcaster> = &self.upcasters;
        upcasters.get(&(event_type, schema_version)).copied()
    }

    /// Applies the first applicable upcaster to the list, and says which and whether it dropped the event. Nothing if all
    /// are current.
    fn step(
        &self,
        record: &RecordedEvent,
        events: &mut Vec<Loose>,
    ) -> Result<Option<(Upcaster, Option<&'static str>)>, UpcastError> {
        let applicable = events.iter().enumerate();
        let mut applicable = applicable.filter_map(|(index, (t, v, _))| Some((index, self.upcaster(t, *v)?)));
        let Some((index, upcaster)) = applicable.next() else { return Ok(None) };
        let (event_type, schema_version, value) = events.remove(index);
        let outputs = match (upcaster.apply)(value) {
            Ok(Upcasted::Dropped(reason)) => return Ok(Some((upcaster, Some(reason)))),
            Ok(Upcasted::To(outputs)) => Ok(outputs),
            Ok(Upcasted::WithRecord(value, complete)) => complete(value, record),
            Err(reason) => Err(reason),
        };
        let outputs = outputs.and_then(|outputs| check_outputs(&upcaster, events.len(), outputs));
        let outputs = outputs.map_err(|bad| UpcastError::Malformed { event_type, schema_version, reason: bad.0 })?;
        let outputs = outputs.into_iter().map(|(t, v, payload)| (t.to_owned(), v, payload));
        events.splice(index..index, outputs);
        Ok(Some((upcaster, None)))
    }
}

/// What the check at start relies on: an upcaster makes only what it declares. Otherwise a chain might never end, or end at
/// something that nobody can decode.
fn check_outputs(upcaster: &Upcaster, others: usize, outputs: UpcastParts) -> Result<UpcastParts, BadPayload> {
    if let Some((event_type, version, _)) = outputs.iter().find(|(t, v, _)| !upcaster.targets.contains(&(*t, *v))) {
        return Err(BadPayload(format!("its upcaster made {event_type} v{version}, which it does not declare")));
    }
    match others + outputs.len() {
        _ if outputs.is_empty() => {
            Err(BadPayload("its upcaster made nothing and did not say that it drops the event".to_owned()))
        }
        parts if parts > limits::UPCAST_PARTS => {
            Err(BadPayload(format!("it was split into {parts} parts, the limit is {}", limits::UPCAST_PARTS)))
        }
        _ => Ok(outputs),
    }
}

fn by_type(current: &[(&'static str, u32)]) -> Result<BTreeMap<&'static str, u32>, RegistryError> {
    let mut by_type = BTreeMap::new();
    for (event_type, version) in current {
        match by_type.insert(*event_type, *version) {
            Some(other) if other != *version => {
                return Err(RegistryError::CurrentTwice(event_type, other, *version));
            }
            _ => {}
        }
    }
    Ok(by_type)
}

fn binary(event: &RecordedEvent) -> UpcastError {
    UpcastError::Malformed {
        event_type: event.event_type.to_string(),
        schema_version: event.schema_version,
        reason: "the payload is binary, not JSON".to_owned(),
    }
}

fn check_chain(
    origin: (&'static str, u32),
    at: (&'static str, u32),
    current: &BTreeMap<&'static str, u32>,
    upcasters: &BTreeMap<(&'static str, u32), Upcaster>,
    path: &mut BTreeSet<(&'static str, u32)>,
) -> Result<(), RegistryError> {
    if !path.insert(at) || path.len() > limits::UPCAST_CHAIN_STEPS {
        return Err(RegistryError::Cycle(origin.0, origin.1));
    }
    if current.get(at.0) != Some(&at.1) {
        let upcaster = upcasters.get(&at).ok_or(RegistryError::DeadEnd(origin.0, origin.1, at.0, at.1))?;
        for target in upcaster.targets {
            check_chain(origin, *target, current, upcasters, path)?;
        }
    }
    path.remove(&at);
    Ok(())
}

fn digest_of(current: &BTreeMap<&'static str, u32>, upcasters: &BTreeMap<(&'static str, u32), Upcaster>) -> String {
    let mut hasher = Sha256::new();
    for (event_type, version) in current {
        hasher.update(format!("current {event_type} {version}\n"));
    }
    for ((event_type, version), upcaster) in upcasters {
        hasher.update(format!("upcast {event_type} {version} {} {:?}\n", upcaster.description, upcaster.targets));
    }
    hex::encode(&hasher.finalize()[..8])
}
