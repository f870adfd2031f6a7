//! A file of events as a log that can be read: what the copy between stores copies from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{
    AllPage, Capabilities, CategoryCount, Direction, EventFilter, EventReader, Position, PositionPage, ReadAll,
    ReadStream, RecordedEvent, StoreError, StreamInfo, StreamListPage, StreamName, StreamPage, StreamQuery,
    StreamVersion, limits,
};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::export::Tracks;
use super::{FileFormat, Mark, Records};
use crate::progress::{Meter, ProgressSink};

/// Events between two places that reading can begin at.
const MARK_EVERY: u64 = 4096;

/// Why a file is none of events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{operation} the file failed: {reason}")]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// What the system said.
        reason: String,
    },
    /// A line is no event, or not the one that was exported.
    #[error("line {line} is no exported event: {reason}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl FileError {
    pub(super) fn io(operation: &'static str, error: &io::Error) -> Self {
        Self::Io { operation, reason: error.to_string() }
    }
}

/// A position, and the reader that stands behind it.
type Standing = (Position, Records<BufReader<File>>);

/// A file that was read once from begin to end, so that everything in it is known to be an event.
pub struct EventFile {
    path: PathBuf,
    format: FileFormat,
    contents: Contents,
    /// Where the last page ended, and the reader that stands there.
    reading: Arc<Mutex<Option<Standing>>>,
}

/// What is in a file.
struct Contents {
    events: u64,
    head: Position,
    /// Whether its positions are 1, 2, 3 …
    dense: bool,
    /// Whether each event has its chain's hash.
    chained: bool,
    streams: BTreeMap<StreamName, StreamInfo>,
    tracks: Tracks,
    /// Positions with the place behind each.
    marks: Vec<(Position, Mark)>,
}

fn open_at(path: &Path, mark: Mark) -> Result<BufReader<File>, FileError> {
    let mut file = File::open(path).map_err(|error| FileError::io("opening", &error))?;
    file.seek(SeekFrom::Start(mark.offset)).map_err(|error| FileError::io("reading", &error))?;
    Ok(BufReader::with_capacity(256 * 1024, file))
}

fn begin(path: &Path) -> Result<(FileFormat, Records<BufReader<File>>), FileError> {
    let mut beginning = Vec::new();
    let mut input = open_at(path, Mark::default())?;
    input.by_ref().take(1).read_to_end(&mut beginning).map_err(|error| FileError::io("reading", &error))?;
    let format = FileFormat::of_beginning(&beginning);
    Ok((format, Records::begin(format, open_at(path, Mark::default())?)?))
}

impl Contents {
    fn read(
        path: &Path,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<(FileFormat, Self), FileError> {
        let (format, mut records) = begin(path)?;
        let mut contents = Self {
            events: 0,
            head: Position::ZERO,
            dense: true,
            chained: true,
            streams: BTreeMap::new(),
            tracks: Tracks::default(),
            marks: vec![(Position::ZERO, records.mark())],
        };
        let mut meter = Meter::new(progress);
        meter.phase("read", 0, None);
        loop {
            let line = records.mark().lines + 1;
            let Some(event) = records.next()? else { break };
            contents.take(&event).map_err(|reason| FileError::Line { line, reason })?;
            if contents.events.is_multiple_of(MARK_EVERY) {
                contents.marks.push((event.position, records.mark()));
                if cancel.is_cancelled() {
                    return Err(FileError::Cancelled);
                }
            }
            meter.tell(contents.events, None);
        }
        Ok((format, contents))
    }

    fn take(&mut self, event: &RecordedEvent) -> Result<(), String> {
        if event.position <= self.head {
            return Err(format!("position {} comes behind position {}", event.position, self.head));
        }
        let known = self.streams.get(&event.stream);
        if let Some(last) = known.filter(|known| known.version >= event.version) {
            return Err(format!("version {} of {} comes behind version {}", event.version, event.stream, last.version));
        }
        (self.events, self.head) = (self.events + 1, event.position);
        self.dense &= event.position.get() == self.events;
        self.chained &= event.chain_hash.is_some();
        self.tracks.take(event);
        let info = StreamInfo {
            stream: event.stream.clone(),
            version: event.version,
            truncated_before: StreamVersion::ZERO,
            closed_at: None,
            last_position: event.position,
            last_recorded_at: event.recorded_at,
            last_event_type: event.event_type.clone(),
        };
        self.streams.insert(event.stream.clone(), info);
        Ok(())
    }
}

/// A file that changed while it was read is damaged; everything else has been looked at before.
fn failed(path: &Path, error: &FileError) -> StoreError {
    match error {
        FileError::Cancelled => StoreError::Cancelled,
        error => StoreError::Damaged { path: path.display().to_string(), reason: error.to_string() },
    }
}

impl EventFile {
    /// Reads a file and checks every event in it.
    ///
    /// # Errors
    /// It cannot be read, a line is no event or was changed, or it was cancelled.
    pub async fn open(
        path: PathBuf,
        progress: Arc<dyn ProgressSink>,
        cancel: CancellationToken,
    ) -> Result<Self, FileError> {
        let read = tokio::task::spawn_blocking(move || {
            let (format, contents) = Contents::read(&path, &*progress, &cancel)?;
            Ok(Self { path, format, contents, reading: Arc::default() })
        });
        read.await.unwrap_or_else(|error| Err(FileError::io("reading", &io::Error::other(error))))
    }

    /// Events in it.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.contents.events
    }

    /// How it is written.
    #[must_use]
    pub fn format(&self) -> FileFormat {
        self.format
    }

    /// Streams of which earlier events are not in it: how many, and the first by name.
    #[must_use]
    pub fn partial_streams(&self) -> Option<(u64, &StreamName)> {
        self.contents.tracks.first_partial().map(|first| (self.contents.tracks.partial(), first))
    }

    /// Whether an event with this id stands in it at this place, and whatever follows: read from there.
    async fn read(&self, after: Position, most: usize) -> Result<(Vec<RecordedEvent>, bool), StoreError> {
        let (path, format, reading) = (self.path.clone(), self.format, Arc::clone(&self.reading));
        let nearest = self.contents.marks.partition_point(|(position, _)| *position <= after);
        let mark = nearest.checked_sub(1).and_then(|index| self.contents.marks.get(index)).copied();
        let head = self.contents.head;
        let read = tokio::task::spawn_blocking(move || {
            let mut reading = reading.lock();
            let mut records = match reading.take().filter(|(position, _)| *position == after) {
                Some((_, records)) => records,
                None => {
                    let mark = mark.map(|(_, mark)| mark).unwrap_or_default();
                    Records::resume(format, open_at(&path, mark)?, mark)
                }
            };
            let mut events = Vec::with_capacity(most.min(limits::PAGE_EVENTS));
            let mut at = after;
            while events.len() < most && at < head {
                let Some(event) = records.next()? else { break };
                if event.position > after {
                    at = event.position;
                    events.push(event);
                }
            }
            *reading = Some((at, records));
            Ok::<_, FileError>((events, at >= head))
        });
        let read = read.await.map_err(|_| StoreError::Closed)?;
        read.map_err(|error| failed(&self.path, &error))
    }
}

fn unsupported<T>(what: &'static str) -> Result<T, StoreError> {
    Err(StoreError::Unsupported { what })
}

#[async_trait]
impl EventReader for EventFile {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: self.contents.dense,
            multi_stream_append: false,
            binary_payloads: true,
            lookup_by_event_id: false,
            hash_chain: self.contents.chained,
            import: false,
            retention: false,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        if read.direction == Direction::Backward {
            return unsupported("reading a file backwards");
        }
        let (mut events, end) = self.read(read.from, read.limit.min(limits::PAGE_EVENTS)).await?;
        let next = events.last().map_or(read.from, |event| event.position);
        events.retain(|event| read.filter.matches(event));
        Ok(AllPage { events, next, end, head: self.contents.head, scavenged: None })
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let page = self.read_all(ReadAll::forward(after, limits::PAGE_EVENTS).filtered(filter.clone())).await?;
        let positions = page.events.iter().map(|event| event.position).collect();
        Ok(PositionPage { positions, next: page.next, end: page.end, head: page.head, scavenged: None })
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut found = Vec::new();
        for position in positions {
            let (events, _) = self.read(position.previous(), 1).await?;
            found.extend(events.into_iter().filter(|event| event.position == *position));
        }
        Ok(found)
    }

    /// Looks through the file: for single events that stand elsewhere in a target.
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        if read.direction == Direction::Backward {
            return unsupported("reading a file backwards");
        }
        let Some(info) = self.contents.streams.get(&read.stream).cloned() else {
            return Ok(StreamPage { events: Vec::new(), stream: None, end: true });
        };
        let (mut events, mut after) = (Vec::new(), Position::ZERO);
        while events.len() < read.limit && after < info.last_position {
            let (page, _) = self.read(after, limits::PAGE_EVENTS).await?;
            let Some(last) = page.last() else { break };
            after = last.position;
            let wanted = page.into_iter().filter(|event| event.stream == read.stream && event.version > read.from);
            events.extend(wanted.take(read.limit - events.len()));
        }
        let end = events.last().is_none_or(|event| event.version >= info.version);
        Ok(StreamPage { events, stream: Some(info), end })
    }

    async fn event_by_id(&self, _: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        unsupported("looking for an event by its id")
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.contents.head)
    }

    async fn position_at(&self, _: DateTime<Utc>) -> Result<Position, StoreError> {
        unsupported("looking for a time in a file")
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let streams = self.contents.streams.values().skip(offset).take(query.limit).cloned().collect();
        Ok(StreamListPage { streams, total: self.contents.streams.len() as u64 })
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        unsupported("counting categories of a file")
    }

    async fn wait_for_events(&self, _: Position, _: Duration) -> Result<Position, StoreError> {
        Ok(self.contents.head)
    }
}
