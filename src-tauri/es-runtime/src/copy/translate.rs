//! What an event of the source becomes in the target: one pure function over the source's log in order, for the plan, the copy
//! and the comparison alike.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use es_core::seal::holds_sealed;
use es_core::{
    AppendRequest, Capabilities, EventStub, ExpectedVersion, NewEvent, Payload, Position, RecordedEvent, StreamName,
    StreamVersion, limits,
};

use super::carry::{Carried, as_json, bytes_of, carried, carry, is_json, is_wrapped};
use super::report::{CopyNoteExample, CopyNoteKind, CopyNotes};
use super::walk::{Entry, is_servers_own};
use crate::projections::DECISIONS_CATEGORY;

/// An event as it goes into the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    /// Where it stands in the source.
    pub(super) source: Position,
    /// Where it comes to stand in the target, where that is known beforehand.
    pub(super) position: Option<Position>,
    /// Its stream.
    pub(super) stream: StreamName,
    /// Its version in the target.
    pub(super) version: StreamVersion,
    /// What is appended.
    pub(super) event: NewEvent,
    /// Its time; nothing where the target tells its own.
    pub(super) recorded_at: Option<DateTime<Utc>>,
}

impl Outgoing {
    pub(super) fn bytes(&self) -> usize {
        self.event.payload.as_bytes().len() + self.event.metadata.len()
    }

    pub(super) fn expected(&self) -> ExpectedVersion {
        ExpectedVersion::Exact(self.version.previous())
    }

    pub(super) fn request(self) -> AppendRequest {
        let expected = self.expected();
        AppendRequest::to_stream(self.stream, expected, vec![self.event])
    }
}

/// What becomes of an event's metadata and time.
struct Placed {
    metadata: Box<str>,
    recorded_at: Option<DateTime<Utc>>,
    /// Time and position in the store that it was first copied from.
    origin: Carried,
    /// What is to be said of it.
    kind: Option<CopyNoteKind>,
}

/// A stream so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Track {
    /// Version of the last event in the source.
    read: StreamVersion,
    /// Version of the last event in the target; 0 if all were left out.
    pub(super) copied: StreamVersion,
}

/// Takes the source's log in order. Holds a few words for each stream, and nothing for an event.
#[derive(Debug, Clone)]
pub(super) struct Translator {
    target: Capabilities,
    /// Whether keys are copied, so that sealed data stay readable.
    with_keys: bool,
    streams: HashMap<StreamName, Track>,
    /// Streams with sealed personal data.
    subjects: BTreeSet<StreamName>,
    /// Events translated.
    events: u64,
    bytes: u64,
    /// Whether any position is another one in the target.
    moved: bool,
    /// Time of the last event in the target, where it keeps the source's.
    last_time: DateTime<Utc>,
    notes: CopyNotes,
}

impl Translator {
    pub(super) fn new(target: Capabilities, with_keys: bool) -> Self {
        Self {
            target,
            with_keys,
            streams: HashMap::new(),
            subjects: BTreeSet::new(),
            events: 0,
            bytes: 0,
            moved: !target.dense_positions,
            last_time: DateTime::<Utc>::MIN_UTC,
            notes: CopyNotes::default(),
        }
    }

    /// Events translated so far.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// Their payload and metadata, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Streams so far, also those of which everything was left out.
    pub(super) fn streams(&self) -> &HashMap<StreamName, Track> {
        &self.streams
    }

    /// Streams with sealed personal data so far.
    pub(super) fn subjects(&self) -> &BTreeSet<StreamName> {
        &self.subjects
    }

    /// Everything noted so far.
    pub(super) fn notes(&self) -> &CopyNotes {
        &self.notes
    }

    /// For what is noted of the source as a whole.
    pub(super) fn notes_mut(&mut self) -> &mut CopyNotes {
        &mut self.notes
    }

    /// Takes the next entry; nothing if it is left out.
    pub(super) fn take(&mut self, entry: Entry) -> Option<Outgoing> {
        match entry {
            Entry::Stub(stub) => {
                self.left_out_stub(&stub);
                None
            }
            Entry::Event(event) => self.event(event),
            Entry::Archived(event) => {
                self.note(&event, CopyNoteKind::FromArchive, String::new);
                self.event(event)
            }
        }
    }

    fn note(&mut self, event: &RecordedEvent, kind: CopyNoteKind, detail: impl FnOnce() -> String) {
        let RecordedEvent { position, stream, version, .. } = event;
        let example = || CopyNoteExample {
            position: Some(*position),
            stream: stream.clone(),
            version: *version,
            detail: detail(),
        };
        self.notes.add(kind, 1, example);
    }

    /// The source's next version of a stream; versions that were passed over are not there any more.
    fn read(&mut self, stream: &StreamName, version: StreamVersion) {
        let track = match self.streams.get_mut(stream) {
            Some(track) => track,
            None => self.streams.entry(stream.clone()).or_default(),
        };
        let missing = version.get().saturating_sub(track.read.get() + 1);
        let first = track.read.next();
        track.read = version;
        if missing > 0 {
            let detail = format!("versions {first} to {}", version.previous());
            let example = || CopyNoteExample { position: None, stream: stream.clone(), version: first, detail };
            self.notes.add(CopyNoteKind::NotInSource, missing, example);
        }
    }

    fn left_out_stub(&mut self, stub: &EventStub) {
        self.read(&stub.stream, stub.version);
        let (position, version) = (Some(stub.position), stub.version);
        let detail = format!("event {}", stub.event_id);
        self.notes.add(CopyNoteKind::Scavenged, 1, || CopyNoteExample {
            position,
            stream: stub.stream.clone(),
            version,
            detail,
        });
    }

    fn event(&mut self, event: RecordedEvent) -> Option<Outgoing> {
        if is_servers_own(&event.stream) {
            self.note(&event, CopyNoteKind::ServersOwn, || event.event_type.to_string());
            return None;
        }
        if event.version == StreamVersion::MAX {
            // Stands behind everything that the stream may ever have: the mark of its deletion, not an event of a client.
            self.note(&event, CopyNoteKind::StreamDeleted, || event.event_type.to_string());
            return None;
        }
        self.read(&event.stream, event.version);
        let position = self.target.dense_positions.then(|| Position(self.events + 1));
        if event.stream.category() == DECISIONS_CATEGORY && (self.moved || position != Some(event.position)) {
            self.note(&event, CopyNoteKind::DecisionElsewhere, || event.event_type.to_string());
            return None;
        }
        let type_bytes = event.event_type.len();
        if type_bytes == 0 || type_bytes > limits::TYPE_NAME_BYTES || event.schema_version == 0 {
            let detail = || format!("{type_bytes} bytes, schema version {}", event.schema_version);
            self.note(&event, CopyNoteKind::UnusableType, detail);
            return None;
        }
        let payload = self.payload(&event)?;
        let placed = self.metadata(&event)?;
        Some(self.go_out(event, position, payload, placed))
    }

    /// The payload as the target takes it; nothing if it is too large.
    fn payload(&mut self, event: &RecordedEvent) -> Option<Payload> {
        let bytes = event.payload.as_bytes();
        let payload = match &event.payload {
            Payload::Json(text) if self.target.binary_payloads => match bytes_of(text) {
                Some(bytes) => {
                    self.note(event, CopyNoteKind::Restored, || format!("{} bytes of the payload", bytes.len()));
                    Payload::Binary(bytes.into())
                }
                None if is_json(text) => event.payload.clone(),
                None => Payload::Binary(bytes.into()),
            },
            Payload::Json(text) if is_json(text) => event.payload.clone(),
            Payload::Binary(_) if self.target.binary_payloads => event.payload.clone(),
            _ => Payload::json(as_json(bytes)),
        };
        let size = payload.as_bytes().len();
        if size > limits::PAYLOAD_BYTES {
            self.note(event, CopyNoteKind::PayloadTooLarge, || {
                format!("{size} bytes, at most {}", limits::PAYLOAD_BYTES)
            });
            return None;
        }
        if payload.as_json().is_some() && payload.as_bytes() != bytes {
            self.note(event, CopyNoteKind::BinaryAsJson, || format!("{} bytes", bytes.len()));
        }
        Some(payload)
    }

    /// What becomes of an event's metadata and time. What an earlier copy carried is put back where the target can keep it, and
    /// else stays as it is.
    fn placed(&self, event: &RecordedEvent) -> Placed {
        let here = Carried { recorded_at: event.recorded_at, position: event.position };
        let former = carried(&event.metadata);
        let origin = former.as_ref().map_or(here, |(former, _)| *former);
        let carrying = || match &former {
            Some(_) => event.metadata.clone(),
            None => carry(&event.metadata, here).into(),
        };
        if !self.target.import {
            let kind = Some(CopyNoteKind::TimeCarried);
            return Placed { metadata: carrying(), recorded_at: None, origin, kind };
        }
        if origin.recorded_at < self.last_time {
            let kind = Some(CopyNoteKind::TimeRaised);
            return Placed { metadata: carrying(), recorded_at: Some(self.last_time), origin, kind };
        }
        let (metadata, kind) = match &former {
            Some((_, original)) if is_json(original) => (original.as_str().into(), Some(CopyNoteKind::Restored)),
            None if is_json(&event.metadata) => (event.metadata.clone(), None),
            _ => (carrying(), None),
        };
        Placed { metadata, recorded_at: Some(origin.recorded_at), origin, kind }
    }

    /// As [`Translator::placed`], with what is to be said of it; nothing if the metadata are too large.
    fn metadata(&mut self, event: &RecordedEvent) -> Option<Placed> {
        let placed = self.placed(event);
        let origin = placed.origin;
        let detail = || format!("recorded at {}, position {}", origin.recorded_at, origin.position);
        if placed.metadata.len() > limits::METADATA_BYTES {
            let size = event.metadata.len();
            if size > limits::METADATA_BYTES || !is_json(&event.metadata) {
                let detail = || format!("{size} bytes, at most {}", limits::METADATA_BYTES);
                self.note(event, CopyNoteKind::MetadataTooLarge, detail);
                return None;
            }
            self.note(event, CopyNoteKind::TimeLost, detail);
            return Some(Placed { metadata: event.metadata.clone(), ..placed });
        }
        if let Some(kind) = placed.kind {
            self.note(event, kind, detail);
        }
        let carries = placed.kind != Some(CopyNoteKind::Restored) && placed.metadata != event.metadata;
        if carries && is_wrapped(&event.metadata) {
            self.note(event, CopyNoteKind::MetadataWrapped, || format!("{} bytes", event.metadata.len()));
        }
        Some(placed)
    }

    fn go_out(
        &mut self,
        event: RecordedEvent,
        position: Option<Position>,
        payload: Payload,
        placed: Placed,
    ) -> Outgoing {
        let Placed { metadata, recorded_at, origin, .. } = placed;
        self.events += 1;
        self.bytes += (payload.as_bytes().len() + metadata.len()) as u64;
        self.last_time = recorded_at.unwrap_or(self.last_time).max(self.last_time);
        let track = self.streams.entry(event.stream.clone()).or_default();
        track.copied = track.copied.next();
        let version = track.copied;
        if version != event.version {
            self.note(&event, CopyNoteKind::VersionMoved, || format!("version {version} in the target"));
        }
        if let Some(position) = position.filter(|position| *position != origin.position) {
            self.moved = true;
            self.note(&event, CopyNoteKind::PositionMoved, || format!("position {position} in the target"));
        }
        if payload.as_json().is_some_and(holds_sealed) {
            self.subjects.insert(event.stream.clone());
            if !self.with_keys {
                self.note(&event, CopyNoteKind::SealedWithoutKey, || event.event_type.to_string());
            }
        }
        let RecordedEvent { position: source, stream, event_id, event_type, schema_version, .. } = event;
        let event = NewEvent { event_id, event_type, schema_version, payload, metadata };
        Outgoing { source, position, stream, version, event, recorded_at }
    }
}
