//! The append decision: one pure function, shared by every store that keeps its own order.
//!
//! No SQL, no clock. The store reads what [`PlanInput`] needs inside its write transaction, calls [`plan_batch`], writes
//! exactly the planned rows, and answers each request with its outcome. A stale request loses alone; its neighbours commit.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::append::{AppendError, AppendRequest, Appended, InvalidAppend, WrittenEvent};
use crate::event::{Hash, NewEvent, Payload, metadata_ids, to_micros};
use crate::hash::{ChainLink, chain_hash, content_hash};
use crate::limits;
use crate::name::{Position, StreamName, StreamVersion};

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Position of the last event; 0 for an empty log.
    pub position: Position,
    /// Chain hash of the last event; [`Hash::ZERO`] for an empty log.
    pub chain_hash: Hash,
    /// Time of the last event; 1970 for an empty log.
    pub recorded_at: DateTime<Utc>,
}

impl LogHead {
    /// The head of an empty log.
    pub const EMPTY: Self =
        Self { position: Position::ZERO, chain_hash: Hash::ZERO, recorded_at: DateTime::<Utc>::UNIX_EPOCH };
}

/// Where a stream stands. Absent from the map: no stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// Version of its last event.
    pub version: StreamVersion,
    /// Whether it is closed for further events.
    pub closed: bool,
}

/// A stored event that has an id of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// Its stream.
    pub stream: StreamName,
    /// Its version.
    pub version: StreamVersion,
    /// Its position.
    pub position: Position,
    /// Its content hash.
    pub content_hash: Hash,
}

/// A request with the time its events carry.
#[derive(Debug, Clone, Copy)]
pub struct TimedRequest<'a> {
    /// The request.
    pub request: &'a AppendRequest,
    /// Nothing: the lane's time, never before the head. Some: an import's own time, refused if before the head.
    pub recorded_at: Option<DateTime<Utc>>,
    /// What was found out about the request beforehand, if anything was. Never of another request.
    pub examined: Option<&'a Examined>,
}

/// What a plan needs to know of a request and that depends on nothing else. A store may find it out before it takes the write
/// lock, where others need not wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Of each event, in the request's order.
    events: Vec<ExaminedEvent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ExaminedEvent {
    content_hash: Hash,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
}

impl Examined {
    /// Checks a request's shape and looks at its events.
    ///
    /// # Errors
    /// The request could not be appended to any store, or its binary payloads not to this one.
    pub fn of(request: &AppendRequest, binary_payloads: bool) -> Result<Self, InvalidAppend> {
        check_shape(request, binary_payloads)?;
        let events = request.parts.iter().flat_map(|part| part.events.iter().map(|event| (&part.stream, event)));
        let events = events.map(|(stream, event)| {
            let (correlation_id, causation_id) = metadata_ids(&event.metadata);
            ExaminedEvent { content_hash: content_hash(stream, event), correlation_id, causation_id }
        });
        Ok(Self { events: events.collect() })
    }
}

/// Everything the decision depends on.
#[derive(Debug)]
pub struct PlanInput<'a> {
    /// The log's head as read under the write lock.
    pub head: LogHead,
    /// Heads of all streams that the batch names, as read under the write lock.
    pub streams: HashMap<StreamName, StreamHead>,
    /// Stored events that carry an id of the batch, as read under the write lock.
    pub known: HashMap<Uuid, KnownEvent>,
    /// The requests, in order of arrival.
    pub requests: &'a [TimedRequest<'a>],
    /// The lane's time.
    pub now: DateTime<Utc>,
    /// Whether binary payloads are kept.
    pub binary_payloads: bool,
}

/// A row to insert. Borrows the request's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRow<'a> {
    /// Place in the log.
    pub position: Position,
    /// Stream.
    pub stream: &'a StreamName,
    /// Place in the stream.
    pub version: StreamVersion,
    /// The event itself.
    pub event: &'a NewEvent,
    /// Taken from the metadata.
    pub correlation_id: Option<Uuid>,
    /// Taken from the metadata.
    pub causation_id: Option<Uuid>,
    /// Time, in whole microseconds.
    pub recorded_at: DateTime<Utc>,
    /// Hash of the content.
    pub content_hash: Hash,
    /// Hash of the chain up to and including this row.
    pub chain_hash: Hash,
}

/// What to write and what to answer.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Rows in position order; empty if nothing is to be written.
    pub rows: Vec<PlannedRow<'a>>,
    /// New heads of the streams that change.
    pub streams: BTreeMap<StreamName, StreamHead>,
    /// The log's head after the rows.
    pub head: LogHead,
    /// One outcome per request, in order.
    pub outcomes: Vec<Result<Appended, AppendError>>,
}

/// Decides a whole batch. Pure: the same input gives the same plan.
#[must_use]
pub fn plan_batch<'a>(input: PlanInput<'a>) -> Plan<'a> {
    let mut planner = Planner {
        head: input.head,
        streams: input.streams,
        known: input.known,
        now: to_micros(input.now),
        binary_payloads: input.binary_payloads,
        rows: Vec::new(),
        touched: BTreeMap::new(),
    };
    let outcomes = input.requests.iter().map(|timed| planner.decide(timed)).collect();
    Plan { rows: planner.rows, streams: planner.touched, head: planner.head, outcomes }
}

struct Planner<'a> {
    head: LogHead,
    streams: HashMap<StreamName, StreamHead>,
    known: HashMap<Uuid, KnownEvent>,
    now: DateTime<Utc>,
    binary_payloads: bool,
    rows: Vec<PlannedRow<'a>>,
    touched: BTreeMap<StreamName, StreamHead>,
}

impl<'a> Planner<'a> {
    fn decide(&mut self, timed: &TimedRequest<'a>) -> Result<Appended, AppendError> {
        let request = timed.request;
        let examined = match timed.examined {
            Some(examined) => Cow::Borrowed(examined),
            None => Cow::Owned(Examined::of(request, self.binary_payloads).map_err(AppendError::Invalid)?),
        };
        let events = &examined.events;
        if let Some(replay) = self.replay_of(request, events)? {
            return Ok(replay);
        }
        self.check_expectations(request)?;
        let recorded_at = self.time_of(timed).map_err(AppendError::Invalid)?;
        Ok(self.plan_rows(request, events, recorded_at))
    }

    /// All ids known with equal content in the same stream and in sequence: a replay. None known: new. Else: a mismatch.
    fn replay_of(&self, request: &AppendRequest, examined: &[ExaminedEvent]) -> Result<Option<Appended>, AppendError> {
        let mut ids = HashSet::with_capacity(examined.len());
        let mut written = Vec::new();
        let mut first_known: Option<(Uuid, &KnownEvent)> = None;
        let mut equal = true;
        let mut index = 0;
        let mut versions = Versions::default();
        for part in &request.parts {
            let mut previous = versions.of(&part.stream);
            for event in &part.events {
                if !ids.insert(event.event_id) {
                    return Err(AppendError::DuplicateIdInRequest { event_id: event.event_id });
                }
                match self.known.get(&event.event_id) {
                    Some(known) => {
                        let in_sequence = previous.is_none_or(|version| version.next() == known.version);
                        let same_content = known.content_hash == examined[index].content_hash;
                        let same = known.stream == part.stream && same_content && in_sequence;
                        if first_known.is_none() || (equal && !same) {
                            first_known = Some((event.event_id, known));
                        }
                        equal &= same;
                        previous = Some(known.version);
                        written.push(WrittenEvent {
                            event_id: event.event_id,
                            stream: known.stream.clone(),
                            version: known.version,
                            position: known.position,
                        });
                    }
                    None => equal = false,
                }
                index += 1;
            }
            if let Some(previous) = previous {
                versions.set(&part.stream, previous);
            }
        }
        match first_known {
            None => Ok(None),
            Some(_) if equal => Ok(Some(Appended { events: written, replayed: true })),
            Some((event_id, known)) => Err(AppendError::IdempotencyMismatch {
                event_id,
                stream: known.stream.clone(),
                position: known.position,
            }),
        }
    }

    fn check_expectations(&self, request: &AppendRequest) -> Result<(), AppendError> {
        let mut versions = Versions::default();
        for part in &request.parts {
            let head = self.streams.get(&part.stream);
            let stored = head.map_or(StreamVersion::ZERO, |head| head.version);
            let actual = versions.of(&part.stream).unwrap_or(stored);
            if !part.expected.accepts(actual) {
                return Err(AppendError::WrongExpectedVersion {
                    stream: part.stream.clone(),
                    expected: part.expected,
                    actual,
                });
            }
            if head.is_some_and(|head| head.closed) {
                return Err(AppendError::StreamClosed { stream: part.stream.clone() });
            }
            versions.set(&part.stream, StreamVersion(actual.get() + part.events.len() as u64));
        }
        Ok(())
    }

    fn time_of(&self, timed: &TimedRequest<'_>) -> Result<DateTime<Utc>, InvalidAppend> {
        let head = self.head.recorded_at;
        match timed.recorded_at.map(to_micros) {
            None => Ok(self.now.max(head)),
            Some(recorded_at) if recorded_at < head => Err(InvalidAppend::TimeGoesBack { recorded_at, head }),
            Some(recorded_at) => Ok(recorded_at),
        }
    }

    fn plan_rows(
        &mut self,
        request: &'a AppendRequest,
        examined: &[ExaminedEvent],
        recorded_at: DateTime<Utc>,
    ) -> Appended {
        let mut written = Vec::with_capacity(examined.len());
        let mut examined = examined.iter().copied();
        for part in &request.parts {
            let mut version = self.streams.get(&part.stream).map_or(StreamVersion::ZERO, |head| head.version);
            for (event, examined) in part.events.iter().zip(examined.by_ref()) {
                let ExaminedEvent { content_hash, correlation_id, causation_id } = examined;
                version = version.next();
                let position = self.head.position.next();
                let link = ChainLink { content_hash, position, recorded_at, event_id: event.event_id, version };
                let chain_hash = chain_hash(self.head.chain_hash, &link);
                self.head = LogHead { position, chain_hash, recorded_at };
                self.known.insert(
                    event.event_id,
                    KnownEvent { stream: part.stream.clone(), version, position, content_hash },
                );
                self.rows.push(PlannedRow {
                    position,
                    stream: &part.stream,
                    version,
                    event,
                    correlation_id,
                    causation_id,
                    recorded_at,
                    content_hash,
                    chain_hash,
                });
                written.push(WrittenEvent { event_id: event.event_id, stream: part.stream.clone(), version, position });
            }
            let head = StreamHead { version, closed: false };
            self.streams.insert(part.stream.clone(), head);
            self.touched.insert(part.stream.clone(), head);
        }
        Appended { events: written, replayed: false }
    }
}

/// Versions that the parts of one request lead to. A request names few streams, so they are looked for one by one.
#[derive(Default)]
struct Versions<'a>(Vec<(&'a StreamName, StreamVersion)>);

impl<'a> Versions<'a> {
    fn of(&self, stream: &StreamName) -> Option<StreamVersion> {
        self.0.iter().find(|(named, _)| *named == stream).map(|(_, version)| *version)
    }

    fn set(&mut self, stream: &'a StreamName, version: StreamVersion) {
        match self.0.iter_mut().find(|(named, _)| *named == stream) {
            Some(known) => known.1 = version,
            None => self.0.push((stream, version)),
        }
    }
}

fn check_shape(request: &AppendRequest, binary_payloads: bool) -> Result<(), InvalidAppend> {
    if request.parts.is_empty() || request.parts.iter().any(|part| part.events.is_empty()) {
        return Err(InvalidAppend::Empty);
    }
    within("number of streams", request.stream_count(), limits::STREAMS_PER_APPEND)?;
    within("number of events", request.event_count(), limits::EVENTS_PER_APPEND)?;
    for part in &request.parts {
        for event in &part.events {
            check_event(event, binary_payloads)?;
        }
    }
    Ok(())
}

fn check_event(event: &NewEvent, binary_payloads: bool) -> Result<(), InvalidAppend> {
    let type_bytes = event.event_type.len();
    // A zero byte would be refused by some databases, together with all that others append in the same moment.
    let odd = event.event_type.chars().any(char::is_control);
    if type_bytes == 0 || type_bytes > limits::TYPE_NAME_BYTES || odd || event.schema_version == 0 {
        return Err(InvalidAppend::BadType {
            event_id: event.event_id,
            event_type: event.event_type.chars().take(64).collect::<String>().into(),
            schema_version: event.schema_version,
        });
    }
    within("payload in bytes", event.payload.as_bytes().len(), limits::PAYLOAD_BYTES)?;
    within("metadata in bytes", event.metadata.len(), limits::METADATA_BYTES)?;
    match &event.payload {
        Payload::Json(text) => check_json("payload", event, text)?,
        Payload::Binary(_) if binary_payloads => {}
        Payload::Binary(_) => return Err(InvalidAppend::BinaryPayload { event_id: event.event_id }),
    }
    check_json("metadata", event, &event.metadata)
}

fn check_json(what: &'static str, event: &NewEvent, text: &str) -> Result<(), InvalidAppend> {
    // Looking for the end of every value without keeping any needs no recursion, so that this knows no depth.
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => within("depth of nested JSON", depth(text), limits::JSON_DEPTH),
        Err(error) => Err(InvalidAppend::NotJson {
            what,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            reason: error.to_string(),
        }),
    }
}

/// How deep the lists and objects of a JSON text are nested.
fn depth(text: &str) -> usize {
    let opening = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if opening <= limits::JSON_DEPTH {
        // No deeper than there are brackets: true of almost every event, and counted in no time.
        return opening;
    }
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn within(what: &'static str, actual: usize, max: usize) -> Result<(), InvalidAppend> {
    if actual > max { Err(InvalidAppend::OverLimit { what, actual, max }) } else { Ok(()) }
}
