//! The log and its streams, in memory: what an append decides, and what stands where.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tonic::codegen::Bytes;
use uuid::Uuid;

use super::metadata::{DELETED, DefaultAcls, Metadata};

/// The type of an event that stands for another: its data are `revision@stream`.
pub(super) const LINK: &str = "$>";
/// The type of events of metadata streams.
pub(super) const METADATA: &str = "$metadata";
/// The type of a tombstone.
pub(super) const STREAM_DELETED: &str = "$streamDeleted";
/// Where the first event stands: a log begins with records that are no events.
pub(super) const FIRST_OFFSET: u64 = 1_047;
/// What a record takes beside its name, type, data and metadata.
const RECORD_OVERHEAD: usize = 95;

/// A place in the log. Greater is later; nothing else may be concluded from the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Offset of the record that made the event visible.
    pub commit: u64,
    /// Offset of the event's own record.
    pub prepare: u64,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { commit: 0, prepare: 0 };
    /// Behind the last event.
    pub const END: Self = Self { commit: u64::MAX, prepare: u64::MAX };
}

/// An event as it stands in the log.
#[derive(Debug)]
pub(super) struct Record {
    pub position: Position,
    pub stream: Arc<str>,
    pub revision: u64,
    pub id: Uuid,
    pub event_type: String,
    pub json: bool,
    /// 100 ns since 1970.
    pub created: u64,
    pub data: Bytes,
    pub custom_metadata: Bytes,
}

/// An event that somebody wants to append.
#[derive(Debug, Clone)]
pub(super) struct Proposed {
    pub id: Uuid,
    pub event_type: String,
    pub json: bool,
    pub data: Bytes,
    pub custom_metadata: Bytes,
}

impl Proposed {
    /// The bytes that count towards the limit of an append: a type is stored in UTF-16.
    pub fn size(&self) -> usize {
        2 * self.event_type.encode_utf16().count() + self.data.len() + self.custom_metadata.len()
    }
}

/// What an append expects of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Any,
    NoStream,
    Exists,
    Exact(u64),
}

/// Why an append, a deletion or a tombstone was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The stream's last revision is another one; `None` if it has no events.
    WrongVersion(Option<u64>),
    /// The stream has a tombstone (or was deleted, and should exist).
    Deleted,
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub last: Option<u64>,
    pub position: Option<Position>,
}

enum Decision {
    Write,
    AlreadyWritten { last: u64 },
}

#[derive(Default)]
struct Stream {
    /// By revision; `None` where a scavenge removed the event.
    events: Vec<Option<Arc<Record>>>,
    tombstone: bool,
}

/// The log.
pub(super) struct Log {
    records: Vec<Arc<Record>>,
    streams: HashMap<Arc<str>, Stream>,
    /// Where an id was appended last. A server remembers a limited number; see [`forget_ids`](Self::forget_ids).
    ids: HashMap<Uuid, (Arc<str>, u64)>,
    positions: HashSet<Position>,
    end: u64,
    separate_commits: bool,
}

/// The last event of a stream, as far as there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    NoEvents,
    Last(u64),
    Tombstone,
}

impl Log {
    /// An empty log. With `separate_commits` the events of one append share the offset of a commit record that follows them, as
    /// in databases written by old versions. The first event stands at `first_offset`.
    pub fn new(separate_commits: bool, first_offset: u64) -> Self {
        Self {
            records: Vec::new(),
            streams: HashMap::new(),
            ids: HashMap::new(),
            positions: HashSet::new(),
            end: first_offset,
            separate_commits,
        }
    }

    /// Every event, in the order of the log.
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// Behind the last event: where the next one will stand.
    pub fn end(&self) -> Position {
        Position { commit: self.end, prepare: self.end }
    }

    /// Whether a client can have got this position from this log.
    pub fn knows(&self, position: Position) -> bool {
        position == Position::START
            || position == Position::END
            || position == self.end()
            || self.positions.contains(&position)
    }

    /// The event of a stream at a revision, unless it was scavenged.
    pub fn event(&self, stream: &str, revision: u64) -> Option<&Arc<Record>> {
        self.streams.get(stream)?.events.get(usize::try_from(revision).ok()?)?.as_ref()
    }

    /// Names of all streams that ever had an event.
    pub fn stream_names(&self) -> Vec<Arc<str>> {
        self.streams.keys().cloned().collect()
    }

    /// The end of a stream. A metadata stream ends with the stream that it belongs to.
    pub fn head(&self, stream: &str) -> Head {
        let buried = |stream: &str| self.streams.get(stream).is_some_and(|stream| stream.tombstone);
        if buried(stream) || stream.strip_prefix("$$").is_some_and(buried) {
            return Head::Tombstone;
        }
        self.last(stream).map_or(Head::NoEvents, Head::Last)
    }

    fn last(&self, stream: &str) -> Option<u64> {
        let length = self.streams.get(stream)?.events.len();
        (length as u64).checked_sub(1)
    }

    /// The settings of a stream.
    pub fn metadata(&self, stream: &str) -> Metadata {
        if stream.starts_with("$$") {
            return Metadata::of_metadata_stream();
        }
        self.last_data(&format!("$${stream}")).map_or_else(Metadata::default, |data| Metadata::parse(data))
    }

    /// The rights of streams that have none of their own.
    pub fn default_acls(&self) -> DefaultAcls {
        self.last_data("$settings").map_or_else(DefaultAcls::default, |data| DefaultAcls::parse(data))
    }

    fn last_data(&self, stream: &str) -> Option<&Bytes> {
        self.event(stream, self.last(stream)?).map(|record| &record.data)
    }

    /// Appends, or finds that it was appended before.
    pub fn append(
        &mut self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
        now: u64,
    ) -> Result<Written, Refusal> {
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        if let Decision::AlreadyWritten { last } = self.decide(stream, expected, &ids)? {
            let position = self.event(stream, last).map(|record| record.position);
            return Ok(Written { last: Some(last), position });
        }
        let first = self.last(stream).map_or(0, |last| last + 1);
        let was_deleted = self.metadata(stream).is_deleted();
        let revived = stream.strip_prefix("$$").filter(|original| self.metadata(original).is_deleted());
        let position = self.write(stream, events, now);
        if was_deleted && position.is_some() {
            self.truncate(stream, first, now);
        }
        if let Some(original) = revived {
            // New metadata bring a deleted stream back; its old events stay hidden.
            let next = self.last(original).map_or(0, |last| last + 1);
            self.truncate(original, next, now);
        }
        Ok(Written { last: self.last(stream), position })
    }

    /// Decides as the server does: an append whose events are all there already is carried out, whatever it expects.
    fn decide(&self, stream: &str, expected: Expected, ids: &[Uuid]) -> Result<Decision, Refusal> {
        let current = match self.head(stream) {
            Head::Tombstone => return Err(Refusal::Deleted),
            Head::NoEvents => None,
            Head::Last(last) => Some(last),
        };
        let deleted = self.metadata(stream).is_deleted();
        if expected == Expected::Exists {
            if deleted {
                return Err(Refusal::Deleted);
            }
            if current.is_none() && self.last(&format!("$${stream}")).is_none() {
                return Err(Refusal::WrongVersion(None));
            }
        }
        let after = match expected {
            Expected::Any | Expected::Exists => return self.decide_by_ids(stream, ids, current),
            Expected::NoStream => 0,
            Expected::Exact(revision) => revision.saturating_add(1),
        };
        let next = current.map_or(0, |current| current + 1);
        if after >= next {
            return if after == next { Ok(Decision::Write) } else { Err(Refusal::WrongVersion(current)) };
        }
        let known = ids
            .iter()
            .zip(after..)
            .take_while(|(id, revision)| self.event(stream, *revision).is_some_and(|record| record.id == **id));
        match known.count() {
            0 if expected == Expected::NoStream && deleted => Ok(Decision::Write),
            found if found == ids.len() && found > 0 => Ok(Decision::AlreadyWritten { last: after + found as u64 - 1 }),
            _ => Err(Refusal::WrongVersion(current)),
        }
    }

    /// Where no revision is expected, the ids that are still remembered decide.
    fn decide_by_ids(&self, stream: &str, ids: &[Uuid], current: Option<u64>) -> Result<Decision, Refusal> {
        let known = |id: &Uuid| self.ids.get(id).filter(|(of, _)| of.as_ref() == stream).map(|(_, revision)| *revision);
        let found: Vec<_> = ids.iter().map_while(known).collect();
        match found.last() {
            None => Ok(Decision::Write),
            Some(last) if found.len() == ids.len() => Ok(Decision::AlreadyWritten { last: *last }),
            Some(_) => Err(Refusal::WrongVersion(current)),
        }
    }

    fn write(&mut self, stream: &str, events: Vec<Proposed>, now: u64) -> Option<Position> {
        let mut prepares = Vec::with_capacity(events.len());
        for event in &events {
            prepares.push(self.end);
            self.end += (RECORD_OVERHEAD + stream.len() + event.size()) as u64;
        }
        let commit = (self.separate_commits && events.len() > 1).then_some(self.end);
        if commit.is_some() {
            self.end += RECORD_OVERHEAD as u64;
        }
        let name: Arc<str> = self.streams.get_key_value(stream).map_or_else(|| stream.into(), |(name, _)| name.clone());
        let mut last = None;
        for (event, prepare) in events.into_iter().zip(prepares) {
            let position = Position { commit: commit.unwrap_or(prepare), prepare };
            self.put(name.clone(), event, position, now);
            last = Some(position);
        }
        last
    }

    fn put(&mut self, name: Arc<str>, event: Proposed, position: Position, now: u64) {
        let stream = self.streams.entry(name.clone()).or_default();
        let tombstone = event.event_type == STREAM_DELETED;
        let revision = if tombstone { DELETED } else { stream.events.len() as u64 };
        let Proposed { id, event_type, json, data, custom_metadata } = event;
        let record = Record {
            position,
            stream: name.clone(),
            revision,
            id,
            event_type,
            json,
            created: now,
            data,
            custom_metadata,
        };
        let record = Arc::new(record);
        if tombstone {
            stream.tombstone = true;
        } else {
            stream.events.push(Some(record.clone()));
        }
        self.ids.insert(id, (name, revision));
        self.positions.insert(position);
        self.records.push(record);
    }

    /// Deletes a stream softly: what was appended is hidden, new appends go on with the next revision. All other metadata are
    /// lost, as in the server.
    pub fn delete(&mut self, stream: &str, expected: Expected, now: u64) -> Result<Position, Refusal> {
        let id = Uuid::new_v4();
        self.decide(stream, expected, &[id])?;
        let metadata = format!("$${stream}");
        if self.last(stream).is_none() && self.last(&metadata).is_none() {
            return Err(Refusal::WrongVersion(None));
        }
        Ok(self.write_metadata(&metadata, id, format!("{{\"$tb\":{DELETED}}}").into(), now))
    }

    /// Deletes a stream for good.
    pub fn tombstone(&mut self, stream: &str, expected: Expected, now: u64) -> Result<Position, Refusal> {
        let id = Uuid::new_v4();
        self.decide(stream, expected, &[id])?;
        let event = Proposed {
            id,
            event_type: STREAM_DELETED.into(),
            json: true,
            data: Bytes::from_static(b"{}"),
            custom_metadata: Bytes::new(),
        };
        Ok(self.write(stream, vec![event], now).unwrap_or(self.end()))
    }

    /// Brings a softly deleted stream back: it begins at `first` now.
    fn truncate(&mut self, stream: &str, first: u64, now: u64) {
        let metadata = format!("$${stream}");
        let data = self.last_data(&metadata).map(|data| data.to_vec()).unwrap_or_default();
        if let Ok(serde_json::Value::Object(mut object)) = serde_json::from_slice(&data) {
            object.insert("$tb".into(), first.into());
            let data = serde_json::Value::Object(object).to_string();
            self.write_metadata(&metadata, Uuid::new_v4(), data.into(), now);
        }
    }

    fn write_metadata(&mut self, stream: &str, id: Uuid, data: Bytes, now: u64) -> Position {
        let event = Proposed { id, event_type: METADATA.into(), json: true, data, custom_metadata: Bytes::new() };
        self.write(stream, vec![event], now).unwrap_or(self.end())
    }

    /// Forgets which ids were appended, as a server does after a restart (or enough other appends): an append without an
    /// expected revision is no longer recognised.
    pub fn forget_ids(&mut self) {
        self.ids.clear();
    }

    /// Removes what is hidden also from `$all`. The last event of a stream stays, and so does a tombstone.
    pub fn scavenge(&mut self, now: u64) {
        let mut gone = HashSet::new();
        for name in self.stream_names() {
            let metadata = self.metadata(&name);
            let buried = self.head(&name) == Head::Tombstone;
            let Some(last) = self.last(&name) else { continue };
            let first = if buried { u64::MAX } else { metadata.first_revision(last) };
            let Some(stream) = self.streams.get_mut(&name) else { continue };
            for event in &mut stream.events {
                let hidden = event.as_ref().is_some_and(|record| {
                    let hidden = record.revision < first || metadata.is_too_old(record.created, now);
                    hidden && (buried || record.revision < last)
                });
                if hidden && let Some(record) = event.take() {
                    gone.insert(record.position);
                }
            }
        }
        self.records.retain(|record| !gone.contains(&record.position));
    }
}
