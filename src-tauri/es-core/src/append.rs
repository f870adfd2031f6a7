//! What can be asked of an append, and what can come of it.

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::NewEvent;
use crate::name::{Position, StreamName, StreamVersion};
use crate::store::StoreError;

/// What the writer believes about the stream. Each variant is really checked on every store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExpectedVersion {
    /// Nothing: append wherever the stream stands.
    Any,
    /// The stream has never had an event.
    NoStream,
    /// The stream has at least one event.
    Exists,
    /// The last event of the stream has exactly this version. `Exact(0)` is the same as `NoStream`.
    Exact(StreamVersion),
}

impl ExpectedVersion {
    /// Whether a stream whose last version is `actual` (0: no stream) satisfies the expectation.
    #[must_use]
    pub fn accepts(self, actual: StreamVersion) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == StreamVersion::ZERO,
            Self::Exists => actual > StreamVersion::ZERO,
            Self::Exact(expected) => actual == expected,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no stream"),
            Self::Exists => f.write_str("an existing stream"),
            Self::Exact(version) => write!(f, "version {version}"),
        }
    }
}

/// Events for one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamAppend {
    /// Where they go.
    pub stream: StreamName,
    /// What must hold of that stream.
    pub expected: ExpectedVersion,
    /// The events, in order; at least one.
    pub events: Vec<NewEvent>,
}

/// An atomic append: all parts are written, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendRequest {
    /// The parts, in the order in which they stand in the log. A stream may be named several times: each further part's
    /// expectation is about the stream as the earlier parts leave it. More than one stream needs
    /// [`Capabilities::multi_stream_append`](crate::store::Capabilities).
    pub parts: Vec<StreamAppend>,
}

impl AppendRequest {
    /// An append to a single stream.
    #[must_use]
    pub fn to_stream(stream: StreamName, expected: ExpectedVersion, events: Vec<NewEvent>) -> Self {
        Self { parts: vec![StreamAppend { stream, expected, events }] }
    }

    /// Number of different streams.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.parts.iter().map(|part| &part.stream).collect::<HashSet<_>>().len()
    }

    /// Number of events in all parts.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.parts.iter().map(|part| part.events.len()).sum()
    }

    /// Payload and metadata bytes in all parts.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        let events = self.parts.iter().flat_map(|part| &part.events);
        events.map(|event| event.payload.as_bytes().len() + event.metadata.len()).sum()
    }
}

/// Where one event of a request stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenEvent {
    /// Its id.
    pub event_id: Uuid,
    /// Its stream.
    pub stream: StreamName,
    /// Its version in that stream.
    pub version: StreamVersion,
    /// Its place in the log.
    pub position: Position,
}

/// A durable append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// One entry per event of the request, in the request's order.
    pub events: Vec<WrittenEvent>,
    /// True if nothing was written now because all events were already there with equal content.
    pub replayed: bool,
}

impl Appended {
    /// The highest position among the events.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.events.iter().map(|event| event.position).max().unwrap_or(Position::ZERO)
    }
}

/// Why nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote first, or the writer was wrong about the stream.
    #[error("stream {stream} is at version {actual}, but {expected} was expected")]
    WrongExpectedVersion {
        /// The stream.
        stream: StreamName,
        /// What the writer believed.
        expected: ExpectedVersion,
        /// The stream's last version, earlier parts of the same request included; 0 if it does not exist.
        actual: StreamVersion,
    },
    /// An event with this id is already stored, but not as the same event of the same request.
    #[error("event id {event_id} is already at position {position} of stream {stream} with other content or order")]
    IdempotencyMismatch {
        /// The id used twice.
        event_id: Uuid,
        /// Stream of the stored event.
        stream: StreamName,
        /// Position of the stored event.
        position: Position,
    },
    /// The same event id stands twice in one request.
    #[error("event id {event_id} stands twice in one append")]
    DuplicateIdInRequest {
        /// The id used twice.
        event_id: Uuid,
    },
    /// The stream was closed for further events.
    #[error("stream {stream} is closed")]
    StreamClosed {
        /// The stream.
        stream: StreamName,
    },
    /// The request is malformed: nothing to write, a limit passed, a payload that is not JSON, a time before the head.
    #[error("{0}")]
    Invalid(InvalidAppend),
    /// The store could not do it; whether it was written is unknown if [`StoreError::outcome_unknown`] says so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with a request itself; sending it again cannot help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAppend {
    /// No part, or a part without events.
    #[error("an append needs at least one event in each part")]
    Empty,
    /// A limit of [`crate::limits`] is passed.
    #[error("{what} is {actual}, the limit is {max}")]
    OverLimit {
        /// Which number.
        what: &'static str,
        /// What was asked.
        actual: usize,
        /// What is allowed.
        max: usize,
    },
    /// A JSON payload or the metadata does not parse.
    #[error("{what} of event {event_id} ({event_type}) is not valid JSON: {reason}")]
    NotJson {
        /// `payload` or `metadata`.
        what: &'static str,
        /// The event.
        event_id: Uuid,
        /// Its type.
        event_type: Box<str>,
        /// What the parser said, with line and column.
        reason: String,
    },
    /// The store keeps JSON only.
    #[error("this store keeps JSON payloads only; event {event_id} is binary")]
    BinaryPayload {
        /// The event.
        event_id: Uuid,
    },
    /// The event type is empty, too long or holds control characters, or its schema version is 0.
    #[error("event {event_id} has an unusable type or schema version: {event_type:?} v{schema_version}")]
    BadType {
        /// The event.
        event_id: Uuid,
        /// Its type.
        event_type: Box<str>,
        /// Its schema version.
        schema_version: u32,
    },
    /// An import would go back in time.
    #[error("an imported event is recorded at {recorded_at}, before the last one at {head}")]
    TimeGoesBack {
        /// The event's time.
        recorded_at: DateTime<Utc>,
        /// The log's last time.
        head: DateTime<Utc>,
    },
    /// Parts for several streams on a store that appends to one stream at a time.
    #[error("this store appends to one stream at a time; {0} were asked for")]
    SeveralStreams(usize),
}

impl AppendError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongExpectedVersion { .. } => "wrong_expected_version",
            Self::IdempotencyMismatch { .. } => "idempotency_mismatch",
            Self::DuplicateIdInRequest { .. } => "duplicate_event_id",
            Self::StreamClosed { .. } => "stream_closed",
            Self::Invalid(_) => "invalid_append",
            Self::Store(error) => error.code(),
        }
    }
}
