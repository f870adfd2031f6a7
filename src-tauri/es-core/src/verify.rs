//! Verification of a stored log: recomputes from the stored bytes everything that can be recomputed.
//!
//! Backend-neutral. A store feeds its events in order of position, then its heads, and asks for the report.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::event::{Hash, RecordedEvent, metadata_ids};
use crate::hash::{ChainLink, chain_hash, expected_content_hash};
use crate::limits;
use crate::name::{Position, StreamName, StreamVersion};
use crate::plan::LogHead;
use crate::retention::EventStub;
use crate::store::Capabilities;

/// What contradicts what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The stored row is not an event: text that is not UTF-8, an id of another length, a name that cannot be.
    Unreadable,
    /// The content is not what was hashed.
    ContentHash,
    /// The chain does not go through this event as it stands.
    ChainHash,
    /// A position is missing or out of order.
    Position,
    /// A version of the stream is missing, repeated or out of order.
    Version,
    /// The time is before that of the event before.
    Time,
    /// The event id is empty or stands twice.
    EventId,
    /// Correlation or causation id differ from the metadata.
    MetadataIds,
    /// What is recorded of a stream differs from its events.
    StreamHead,
    /// What is recorded of the log's end differs from the events.
    LogHead,
    /// The file itself is damaged.
    Structure,
    /// A stub stands where there should be an event, or beside one.
    Stub,
    /// The archive lacks a scavenged event, or holds another one than its stub says.
    Archive,
}

/// A place where the store contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where; 0 if it belongs to no single event.
    pub position: Position,
    /// What.
    pub kind: FindingKind,
    /// The same in words, with the numbers.
    pub message: String,
}

/// How a verification ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Events examined.
    pub events: u64,
    /// Stubs of scavenged events among them.
    pub stubs: u64,
    /// Streams they belong to.
    pub streams: u64,
    /// The end of the log as recomputed; not of a cancelled verification.
    #[serde(skip)]
    pub head: LogHead,
    /// The first [`limits::VERIFY_FINDINGS`] findings, in order of discovery.
    pub findings: Vec<Finding>,
    /// All findings, also those that are not listed.
    pub total_findings: u64,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

impl VerifyReport {
    /// Whether everything was examined and is as it was written.
    #[must_use]
    pub fn intact(&self) -> bool {
        self.total_findings == 0 && !self.cancelled
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Events examined.
    pub done: u64,
    /// Events that there were at the start.
    pub total: u64,
}

/// A stored row that is not an event, with what can still be read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableEvent<'a> {
    /// Where.
    pub position: Position,
    /// Its stream, if legible.
    pub stream: Option<&'a StreamName>,
    /// Its stored chain hash, if legible: the next event continues from there.
    pub chain_hash: Option<Hash>,
    /// What is wrong.
    pub reason: &'a str,
}

#[derive(Debug, Clone, Copy)]
struct StreamTrack {
    version: u64,
    /// Set after a wrong version: the stored one, which the next event may continue.
    alternative: Option<u64>,
    last_position: Position,
    /// Version and position of its last scavenged event.
    last_stub: Option<(StreamVersion, Position)>,
    head_seen: bool,
}

/// Folds over a log and collects what contradicts itself. After a finding it takes the stored value as given where that
/// explains the following event, so that one changed byte gives one place, not a list of all events after it.
#[derive(Debug)]
pub struct Verifier {
    dense_positions: bool,
    hash_chain: bool,
    ids: Option<HashMap<Uuid, Position>>,
    events: u64,
    stubs: u64,
    last: Option<(Position, DateTime<Utc>)>,
    /// What the previous event's chain hash may have been; empty if nobody knows.
    chain: Vec<Hash>,
    streams: HashMap<StreamName, StreamTrack>,
    /// Unreadable events whose stream nobody knows: each explains one missing version.
    unplaced: u64,
    findings: Vec<Finding>,
    total_findings: u64,
}

impl Verifier {
    /// Starts before the first event. `compare_ids` keeps every event id in memory to find one that stands twice; a store
    /// that can ask a unique index need not.
    #[must_use]
    pub fn new(capabilities: Capabilities, compare_ids: bool) -> Self {
        Self {
            dense_positions: capabilities.dense_positions,
            hash_chain: capabilities.hash_chain,
            ids: compare_ids.then(HashMap::new),
            events: 0,
            stubs: 0,
            last: None,
            chain: vec![Hash::ZERO],
            streams: HashMap::new(),
            unplaced: 0,
            findings: Vec::new(),
            total_findings: 0,
        }
    }

    /// Events examined so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Position of the last event examined.
    #[must_use]
    pub fn position(&self) -> Position {
        self.last.map_or(Position::ZERO, |(position, _)| position)
    }

    /// Adds a finding of the store's own.
    pub fn find(&mut self, position: Position, kind: FindingKind, message: String) {
        self.total_findings += 1;
        if self.findings.len() < limits::VERIFY_FINDINGS {
            self.findings.push(Finding { position, kind, message });
        }
    }

    /// Takes the next event.
    pub fn event(&mut self, event: &RecordedEvent) {
        self.check_position(event.position);
        self.check_time(event.position, event.recorded_at);
        self.check_id(event.position, event.event_id);
        self.check_version(&event.stream, Some(event.version), event.position);
        let content = expected_content_hash(event);
        if content != event.content_hash {
            let message = format!("{} of {}: the content differs from its hash", event.event_type, event.stream);
            self.find(event.position, FindingKind::ContentHash, message);
        }
        if self.hash_chain {
            let link = ChainLink {
                content_hash: event.content_hash,
                position: event.position,
                recorded_at: event.recorded_at,
                event_id: event.event_id,
                version: event.version,
            };
            let what = || format!("{} of {}", event.event_type, event.stream);
            self.check_chain(&link, event.chain_hash, content, what);
        }
        if (event.correlation_id, event.causation_id) != metadata_ids(&event.metadata) {
            let message = format!(
                "{} of {}: the correlation or causation id is not the metadata's",
                event.event_type, event.stream
            );
            self.find(event.position, FindingKind::MetadataIds, message);
        }
        self.events += 1;
        self.last = Some((event.position, event.recorded_at));
    }

    /// Takes the stub of a scavenged event, in its place. Its content is not there to be hashed; the chain says whether it is
    /// the stub that was written.
    pub fn stub(&mut self, stub: &EventStub) {
        self.check_position(stub.position);
        self.check_time(stub.position, stub.recorded_at);
        self.check_id(stub.position, stub.event_id);
        self.check_version(&stub.stream, Some(stub.version), stub.position);
        if let Some(track) = self.streams.get_mut(&stub.stream) {
            track.last_stub = Some((stub.version, stub.position));
        }
        if self.hash_chain {
            let what = || format!("the stub of event {} of {}", stub.version, stub.stream);
            self.check_chain(&stub.link(), Some(stub.chain_hash), stub.content_hash, what);
        }
        self.events += 1;
        self.stubs += 1;
        self.last = Some((stub.position, stub.recorded_at));
    }

    /// Takes the first version of a stream that is still read, as the store keeps it: no stub may stand there or later.
    pub fn stream_begins(&mut self, stream: &StreamName, truncated_before: StreamVersion) {
        let last_stub = self.streams.get(stream).and_then(|track| track.last_stub);
        if let Some((version, position)) = last_stub.filter(|(version, _)| *version >= truncated_before) {
            let message = format!(
                "event {version} of stream {stream} was scavenged, but the stream is truncated before {truncated_before} only"
            );
            self.find(position, FindingKind::Stub, message);
        }
    }

    /// Takes the next event where the stored row is not one.
    pub fn unreadable(&mut self, event: &UnreadableEvent<'_>) {
        self.check_position(event.position);
        self.find(event.position, FindingKind::Unreadable, format!("not an event: {}", event.reason));
        match event.stream {
            Some(stream) => self.check_version(stream, None, event.position),
            None => self.unplaced += 1,
        }
        self.chain = event.chain_hash.into_iter().collect();
        self.events += 1;
        let time = self.last.map_or(DateTime::<Utc>::MIN_UTC, |(_, time)| time);
        self.last = Some((event.position, time));
    }

    fn check_position(&mut self, position: Position) {
        let previous = self.position();
        let expected = if self.dense_positions { position == previous.next() } else { position > previous };
        if !expected {
            let message = format!("position {position} follows {previous}; events are missing or out of order");
            self.find(position, FindingKind::Position, message);
        }
    }

    fn check_time(&mut self, position: Position, recorded_at: DateTime<Utc>) {
        if let Some((_, before)) = self.last.filter(|(_, before)| recorded_at < *before) {
            let message = format!("recorded at {recorded_at}, before the event before it at {before}");
            self.find(position, FindingKind::Time, message);
        }
    }

    fn check_id(&mut self, position: Position, event_id: Uuid) {
        if event_id.is_nil() {
            self.find(position, FindingKind::EventId, "the event id is empty".to_owned());
        }
        let Some(ids) = &mut self.ids else { return };
        let first = match ids.entry(event_id) {
            Entry::Vacant(free) => {
                free.insert(position);
                return;
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        let message = format!("event id {event_id} stands at position {first} already");
        self.find(position, FindingKind::EventId, message);
    }

    /// `stored` is nothing if only the stream of an unreadable event is known.
    fn check_version(&mut self, stream: &StreamName, stored: Option<StreamVersion>, position: Position) {
        let track = match self.streams.get_mut(stream) {
            Some(track) => track,
            None => {
                let fresh = StreamTrack {
                    version: 0,
                    alternative: None,
                    last_position: Position::ZERO,
                    last_stub: None,
                    head_seen: false,
                };
                self.streams.entry(stream.clone()).or_insert(fresh)
            }
        };
        let expected = track.version + 1;
        let alternative = track.alternative.take().map(|version| version + 1);
        track.last_position = position;
        track.version = expected;
        let Some(stored) = stored.map(StreamVersion::get).filter(|stored| *stored != expected) else { return };
        let explained = stored.checked_sub(expected).is_some_and(|gap| gap <= self.unplaced);
        if explained || alternative == Some(stored) {
            self.unplaced -= if explained { stored - expected } else { 0 };
            track.version = stored;
            return;
        }
        // A wrong version is one event's own, a missing event shifts all that follow: the next event tells which.
        track.alternative = Some(stored);
        let message = format!("version {stored} of stream {stream} stands where {expected} belongs");
        self.find(position, FindingKind::Version, message);
    }

    /// `link` as stored; `content` as computed. `what` is for people.
    fn check_chain(&mut self, link: &ChainLink, stored: Option<Hash>, content: Hash, what: impl Fn() -> String) {
        let Some(stored) = stored else {
            self.find(link.position, FindingKind::ChainHash, format!("{} has no chain hash", what()));
            self.chain.clear();
            return;
        };
        // If the content differs from its hash, one of the two was changed; the chain went through the other.
        let contents = if content == link.content_hash { vec![content] } else { vec![link.content_hash, content] };
        let candidates = |content_hash| {
            let link = ChainLink { content_hash, ..*link };
            self.chain.iter().map(move |before| chain_hash(*before, &link))
        };
        let possible: Vec<Hash> = contents.into_iter().flat_map(candidates).collect();
        let known = !possible.is_empty();
        if !known || possible.contains(&stored) {
            self.chain = vec![stored];
            return;
        }
        let message = format!(
            "{}: the chain does not lead here; the time, the version, the id or a hash was changed, or an event before it",
            what()
        );
        self.find(link.position, FindingKind::ChainHash, message);
        self.chain = possible;
        self.chain.push(stored);
    }

    /// Takes what the store keeps of a stream: its version and the position of its last event.
    pub fn stream_head(&mut self, stream: &StreamName, version: StreamVersion, last_position: Position) {
        let Some(track) = self.streams.get_mut(stream) else {
            let message = format!("stream {stream} has a head at version {version} and no events");
            self.find(last_position, FindingKind::StreamHead, message);
            return;
        };
        track.head_seen = true;
        let track = *track;
        let version_fits = track.version == version.get() || track.alternative == Some(version.get());
        if !version_fits || track.last_position != last_position {
            let message = format!(
                "the head of stream {stream} says version {version} at position {last_position}; its last event is \
                 version {} at position {}",
                track.version, track.last_position
            );
            self.find(track.last_position, FindingKind::StreamHead, message);
        }
    }

    /// Ends: compares the log's head, if the store keeps one. `heads_given` says that every stream's head was given to
    /// [`Verifier::stream_head`], so that a missing one is found.
    #[must_use]
    pub fn finish(mut self, head: Option<LogHead>, heads_given: bool) -> VerifyReport {
        let (position, recorded_at) = self.last.unwrap_or((Position::ZERO, DateTime::<Utc>::UNIX_EPOCH));
        let chain_hash = self.chain.last().copied().unwrap_or(Hash::ZERO);
        let computed = LogHead { position, chain_hash, recorded_at };
        if let Some(stored) = head {
            self.check_log_head(stored, computed);
        }
        if heads_given {
            let headless = self.streams.iter().filter(|(_, track)| !track.head_seen);
            let mut headless: Vec<_> = headless.map(|(stream, track)| (track.last_position, stream.clone())).collect();
            headless.sort();
            for (position, stream) in headless {
                self.find(position, FindingKind::StreamHead, format!("stream {stream} has events and no head"));
            }
        }
        VerifyReport { head: computed, ..self.unfinished(false) }
    }

    /// Ends without having seen everything.
    #[must_use]
    pub fn cancel(self) -> VerifyReport {
        self.unfinished(true)
    }

    fn unfinished(self, cancelled: bool) -> VerifyReport {
        VerifyReport {
            events: self.events,
            stubs: self.stubs,
            streams: self.streams.len() as u64,
            head: LogHead::EMPTY,
            findings: self.findings,
            total_findings: self.total_findings,
            cancelled,
        }
    }

    fn check_log_head(&mut self, stored: LogHead, computed: LogHead) {
        if stored.position != computed.position {
            let message =
                format!("the log's head says position {}; the last event is at {}", stored.position, computed.position);
            self.find(computed.position, FindingKind::LogHead, message);
        }
        if stored.recorded_at != computed.recorded_at {
            let message =
                format!("the log's head says {}; the last event says {}", stored.recorded_at, computed.recorded_at);
            self.find(computed.position, FindingKind::LogHead, message);
        }
        if self.hash_chain && !self.chain.contains(&stored.chain_hash) {
            let message = "the chain hash of the log's head is not that of the last event".to_owned();
            self.find(computed.position, FindingKind::LogHead, message);
        }
    }
}

#[cfg(test)]
mod tests;
