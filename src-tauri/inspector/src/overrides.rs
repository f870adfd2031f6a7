//! What-if: how a fold may differ from what was recorded. Values only; nothing is written.

use std::collections::BTreeMap;

use es_core::{Hash, Payload, RecordedEvent, StreamName, StreamVersion};
use uuid::Uuid;

/// How an event came into a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// As it was recorded.
    AsStored,
    /// With another payload.
    Replaced,
    /// It is left out: the state stays as it is.
    Skipped,
    /// Nobody has recorded it.
    Inserted,
}

/// An event that nobody has recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsertedEvent {
    /// Type.
    pub event_type: String,
    /// Version of its payload's schema.
    pub schema_version: u32,
    /// Payload as JSON text.
    pub payload: String,
}

/// How a fold differs from what was recorded, by stream and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// A payload in place of the recorded one; none leaves the event out.
    changed: BTreeMap<(StreamName, StreamVersion), Option<String>>,
    inserted: BTreeMap<(StreamName, StreamVersion), Vec<InsertedEvent>>,
}

impl Overrides {
    /// No difference.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether there is no difference.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.changed.is_empty() && self.inserted.is_empty()
    }

    /// Leaves an event out.
    #[must_use]
    pub fn skip(mut self, stream: StreamName, version: StreamVersion) -> Self {
        self.changed.insert((stream, version), None);
        self
    }

    /// Gives an event another payload, of the same type and schema version.
    #[must_use]
    pub fn replace(mut self, stream: StreamName, version: StreamVersion, payload: impl Into<String>) -> Self {
        self.changed.insert((stream, version), Some(payload.into()));
        self
    }

    /// Puts an event behind one; with version 0, before the first one that the fold meets. Several stay in order.
    #[must_use]
    pub fn insert_after(mut self, stream: StreamName, version: StreamVersion, event: InsertedEvent) -> Self {
        self.inserted.entry((stream, version)).or_default().push(event);
        self
    }

    /// What a fold takes in place of a recorded event.
    pub(crate) fn applied(&self, event: RecordedEvent, is_first: bool) -> Vec<(RecordedEvent, Taken)> {
        if self.is_none() {
            return vec![(event, Taken::AsStored)];
        }
        let inserted = |version: StreamVersion| {
            let found = self.inserted.get(&(event.stream.clone(), version)).into_iter().flatten();
            found.map(|inserted| (inserted.beside(&event), Taken::Inserted)).collect::<Vec<_>>()
        };
        let mut taken = if is_first { inserted(StreamVersion::ZERO) } else { Vec::new() };
        let behind = inserted(event.version);
        taken.push(match self.changed.get(&(event.stream.clone(), event.version)) {
            None => (event, Taken::AsStored),
            Some(None) => (event, Taken::Skipped),
            Some(Some(payload)) => {
                (RecordedEvent { payload: Payload::json(payload.as_str()), ..event }, Taken::Replaced)
            }
        });
        taken.extend(behind);
        taken
    }
}

impl InsertedEvent {
    /// At the place of a recorded event, without an identity of its own.
    fn beside(&self, event: &RecordedEvent) -> RecordedEvent {
        RecordedEvent {
            event_id: Uuid::nil(),
            event_type: self.event_type.as_str().into(),
            schema_version: self.schema_version,
            payload: Payload::json(self.payload.as_str()),
            metadata: "{}".into(),
            correlation_id: None,
            causation_id: None,
            content_hash: Hash::ZERO,
            chain_hash: None,
            ..event.clone()
        }
    }
}
