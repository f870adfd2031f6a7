//! The store as the engine sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::plan::Examined;
use es_core::retention::GoOn;
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, EventFilter, EventOutline, EventReader,
    EventStore, EventStub, ImportedAppend, Position, PositionPage, ReadAll, ReadStream, RecordedEvent, RetainError,
    RetentionChange, RetentionStore, ScavengeRequest, ScavengedBatch, StorageFigures, StoreError, StoreFact,
    StreamListPage, StreamName, StreamPage, StreamQuery, StreamVersion, StubPage, SubjectKeys, VerifyProgress,
    VerifyReport, limits,
};
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::archive::is_out_of_reach;
use crate::error::{Fault, of_file, shown};
use crate::keys::Keys;
use crate::lane::{Job, Lane, LaneCounts, raise};
use crate::open::{self, Access, OpenOptions};
use crate::queries::Found;
use crate::readers::Readers;
use crate::retention::Removal;
use crate::{facts, queries, read, retention, verify, verify_archive, write};

/// Longest request, payloads and metadata together, that is examined on the caller's thread: some tens of microseconds.
const EXAMINED_BYTES: usize = 16 * 1024;
/// A cancelled verification is interrupted this often until it ends.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

/// An event store in one SQLite file. Cloning gives another handle to the same store; the file is closed when the last handle
/// goes, or at [`SqliteEventStore::close`].
#[derive(Clone)]
pub struct SqliteEventStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: Arc<PathBuf>,
    options: OpenOptions,
    reading: Access,
    readers: Readers,
    lane: Mutex<Option<mpsc::Sender<Job>>>,
    lane_thread: Mutex<Option<JoinHandle<()>>>,
    /// Why nothing can be written, if so.
    refusal: Option<String>,
    /// Highest head that this process has heard of.
    head: watch::Sender<Position>,
    counts: Arc<LaneCounts>,
}

impl std::fmt::Debug for SqliteEventStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteEventStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// What the append lane of this process has done since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneStatistics {
    /// Append requests answered.
    pub requests: u64,
    /// Transactions that carried them.
    pub commits: u64,
}

impl SqliteEventStore {
    /// Opens a store, or creates it if the options say so. Blocks for some milliseconds (longer if another process holds the
    /// file), so call it where blocking is allowed. A file that is not ours is not changed.
    ///
    /// A file that may not be written opens for reading; see [`SqliteEventStore::read_only_reason`].
    ///
    /// # Errors
    /// Missing file, another kind of file, a newer schema, a damaged file, or a file locked for too long.
    pub fn open(path: impl AsRef<Path>, options: OpenOptions) -> Result<Self, StoreError> {
        let path = Arc::new(path.as_ref().to_path_buf());
        let opened = open::open(&path, &options)?;
        let no_thread = |error: std::io::Error| of_file(&path, "starting the threads of", &error);
        let counts = Arc::new(LaneCounts::default());
        let head = watch::Sender::new(Position::ZERO);
        let readers = Readers::start(&path, opened.reading, &options).map_err(no_thread)?;
        let (mut lane, mut lane_thread, mut refusal) = (None, None, None);
        match opened.writer {
            Err(reason) => refusal = Some(reason),
            Ok(connection) => {
                let (sender, queue) = mpsc::channel(limits::LANE_QUEUE_REQUESTS);
                let thread = Lane {
                    connection,
                    patience: options.lock_timeout,
                    path: path.as_ref().clone(),
                    clock: Arc::clone(&options.clock),
                    wake: options.wake_ups.then(|| head.clone()),
                    counts: Arc::clone(&counts),
                };
                let started = std::thread::Builder::new().name("append-lane".to_owned()).spawn(|| thread.run(queue));
                lane_thread = Some(started.map_err(no_thread)?);
                lane = Some(sender);
            }
        }
        let inner = Inner {
            path,
            reading: opened.reading,
            readers,
            lane: Mutex::new(lane),
            lane_thread: Mutex::new(lane_thread),
            refusal,
            head,
            counts,
            options,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Why nothing can be written, or nothing if the store can be written.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<&str> {
        self.inner.refusal.as_deref()
    }

    /// Counts of the append lane.
    #[must_use]
    pub fn lane_statistics(&self) -> LaneStatistics {
        LaneStatistics {
            requests: self.inner.counts.requests.load(Ordering::Relaxed),
            commits: self.inner.counts.commits.load(Ordering::Relaxed),
        }
    }

    /// What the file is, for people who look after it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn facts(&self) -> Result<Vec<StoreFact>, StoreError> {
        let path = Arc::clone(&self.inner.path);
        self.inner.readers.run("looking at the file", move |c| facts::facts(c, &path)).await
    }

    /// Finishes what was begun and closes the file; every handle answers [`StoreError::Closed`] from then on. Blocks until
    /// the threads have ended. Closing twice does nothing.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Verifies the whole store on a thread of its own: recomputes every hash from the stored bytes, and compares what is
    /// recorded of streams and the log with the events. Appends go on meanwhile. When cancelled, the report says so and holds
    /// what was found until then.
    ///
    /// # Errors
    /// The file cannot be opened or read for a reason other than damage; damage is a finding.
    pub async fn verify(
        &self,
        cancel: CancellationToken,
        progress: impl FnMut(VerifyProgress) + Send + 'static,
    ) -> Result<VerifyReport, StoreError> {
        if self.inner.readers.is_closed() {
            return Err(StoreError::Closed);
        }
        let (interrupt, interrupting) = oneshot::channel();
        let (reply, mut answer) = oneshot::channel();
        let (store, token) = (self.clone(), cancel.clone());
        let mut progress = progress;
        let work = move || {
            let Inner { path, reading, options, .. } = &*store.inner;
            let capabilities = store.capabilities();
            let report = verify::verify(path, *reading, options, capabilities, interrupt, &token, &mut progress);
            let _ = reply.send(report.map_err(|f| f.into_store_error(path, "verifying", options.lock_timeout)));
        };
        let path = &self.inner.path;
        let started = std::thread::Builder::new().name("event-verifier".to_owned()).spawn(work);
        started.map_err(|error| of_file(path, "starting a thread for", &error))?;
        let interrupting = interrupting.await;
        tokio::select! {
            answered = &mut answer => return answered.map_err(|_| StoreError::Closed)?,
            () = cancel.cancelled() => {}
        }
        // A single long statement does not look at the token; interrupting ends it. Again and again, because an interrupt
        // between two statements is lost.
        loop {
            if let Ok(handle) = &interrupting {
                handle.interrupt();
            }
            match tokio::time::timeout(INTERRUPT_INTERVAL, &mut answer).await {
                Ok(answered) => return answered.map_err(|_| StoreError::Closed)?,
                Err(_still_working) => {}
            }
        }
    }

    async fn enqueue<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Job,
    ) -> Result<T, E> {
        if let Some(reason) = &self.inner.refusal {
            let error = StoreError::ReadOnly { path: shown(&self.inner.path), reason: reason.clone() };
            return Err(error.into());
        }
        let lane = self.inner.lane.lock().clone().ok_or(StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        lane.send(job(reply)).await.map_err(|_| StoreError::Closed)?;
        drop(lane);
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// An event in the archive; nothing if the archive is out of reach.
    async fn archived(&self, position: Position) -> Result<Option<RecordedEvent>, StoreError> {
        let (path, options) = (Arc::clone(&self.inner.path), self.inner.options.clone());
        let look = move |c: &Connection| match retention::read_archived(c, &path, &options, &[position]) {
            Ok(mut events) => Ok(events.pop()),
            Err(fault) if is_out_of_reach(&fault) => Ok(None),
            Err(fault) => Err(fault),
        };
        self.inner.readers.run("looking into the archive", look).await
    }
}

impl Inner {
    fn close(&self) {
        // Readers first: the writer, as the last connection, then moves the write-ahead log into the file and removes it.
        self.readers.close();
        drop(self.lane.lock().take());
        if let Some(thread) = self.lane_thread.lock().take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

#[async_trait]
impl EventReader for SqliteEventStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: true,
            multi_stream_append: true,
            binary_payloads: false,
            lookup_by_event_id: true,
            hash_chain: true,
            import: true,
            retention: true,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.inner.readers.run("reading the log", move |c| read::read_all(c, &read)).await
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let filter = filter.clone();
        self.inner.readers.run("scanning the log", move |c| read::scan_positions(c, after, &filter)).await
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let positions = positions.to_vec();
        self.inner.readers.run("reading events", move |c| queries::read_positions(c, &positions)).await
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.inner.readers.run("reading a stream", move |c| queries::read_stream(c, &read)).await
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        let found = self.inner.readers.run("looking for an event", move |c| queries::event_by_id(c, event_id)).await?;
        match found {
            Found::Stored(event) => Ok(Some(*event)),
            Found::Nothing => Ok(None),
            Found::Scavenged(stub) => self.archived(stub.position).await,
        }
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.readers.run("reading the head", |c| Ok(write::read_head(c)?.position)).await
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.inner.readers.run("looking for a time", move |c| queries::position_at(c, time)).await
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let query = query.clone();
        self.inner.readers.run("listing streams", move |c| queries::streams(c, &query)).await
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.readers.run("listing categories", queries::categories).await
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        let deadline = Instant::now() + at_most;
        let mut heard = self.inner.head.subscribe();
        loop {
            // Asking the file each time, not the channel: other processes write to it too, and their wake-ups never come.
            let head = self.head().await?;
            let now = Instant::now();
            if head > position || now >= deadline {
                return Ok(head);
            }
            if self.inner.options.wake_ups {
                raise(&self.inner.head, head);
            }
            let next_look = deadline.min(now + limits::POLL_INTERVAL);
            // Whichever ends the wait, the next round looks; a closed channel cannot happen while we hold its sender.
            let _ = tokio::time::timeout_at(next_look, heard.wait_for(|head| *head > position)).await;
        }
    }

    fn retention(&self) -> Option<&dyn RetentionStore> {
        Some(self)
    }
}

#[async_trait]
impl RetentionStore for SqliteEventStore {
    async fn retain(&self, change: RetentionChange) -> Result<Appended, RetainError> {
        self.enqueue(|reply| Job::Retain { change, reply }).await
    }

    async fn outline(&self, stream: &StreamName, after: StreamVersion) -> Result<Vec<EventOutline>, StoreError> {
        let stream = stream.clone();
        self.inner.readers.run("outlining a stream", move |c| retention::outline(c, &stream, after)).await
    }

    async fn scavenge(&self, request: ScavengeRequest) -> Result<ScavengedBatch, RetainError> {
        if let Some(reason) = &self.inner.refusal {
            return Err(StoreError::ReadOnly { path: shown(&self.inner.path), reason: reason.clone() }.into());
        }
        let (path, options) = (Arc::clone(&self.inner.path), self.inner.options.clone());
        let asked = request.clone();
        let work = move |c: &Connection| retention::archive_batch(c, &path, &options, &asked);
        let (events, more) = self.inner.readers.run("archiving events", work).await?;
        let decided_on = request.decided_on;
        let Some((record, span)) = retention::record_of(&events, &self.inner.path) else {
            return Ok(ScavengedBatch { events: 0, bytes: 0, span: None, decided_on, more: false });
        };
        // The batch's first position tells the records of one change apart, in whatever order it is carried out.
        let index = usize::try_from(span.first.get()).unwrap_or(usize::MAX);
        let removal = Removal {
            positions: events.iter().map(|event| event.position).collect(),
            record: request.by.record(index, &record),
            decided_on,
            observer: request.observer,
        };
        let appended = self.enqueue(|reply| Job::Remove { removal, reply }).await?;
        Ok(ScavengedBatch {
            events: events.len() as u64,
            bytes: events.iter().map(retention::bytes_of).sum(),
            span: Some(span),
            decided_on: appended.events.last().map_or(decided_on, |record| record.version),
            more,
        })
    }

    async fn stubs(&self, after: Position, limit: usize) -> Result<StubPage, StoreError> {
        let path = Arc::clone(&self.inner.path);
        self.inner.readers.run("listing stubs", move |c| retention::stubs(c, &path, after, limit)).await
    }

    async fn read_stubs(&self, positions: &[Position]) -> Result<Vec<EventStub>, StoreError> {
        let positions = positions.to_vec();
        self.inner.readers.run("reading stubs", move |c| retention::read_stubs(c, &positions)).await
    }

    async fn stub_by_id(&self, event_id: Uuid) -> Result<Option<EventStub>, StoreError> {
        self.inner.readers.run("looking for a stub", move |c| retention::stub_by_id(c, event_id)).await
    }

    async fn read_archived(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let (path, options) = (Arc::clone(&self.inner.path), self.inner.options.clone());
        let positions = positions.to_vec();
        let look = move |c: &Connection| retention::read_archived(c, &path, &options, &positions);
        self.inner.readers.run("reading the archive", look).await
    }

    async fn verify_archive(&self, mut go_on: GoOn) -> Result<VerifyReport, StoreError> {
        if self.inner.readers.is_closed() {
            return Err(StoreError::Closed);
        }
        let (reply, answer) = oneshot::channel();
        let store = self.clone();
        let work = move || {
            let Inner { path, reading, options, .. } = &*store.inner;
            let report = verify_archive::verify_archive(path, *reading, options, &mut *go_on);
            let error = |fault: Fault| fault.into_store_error(path, "verifying the archive", options.lock_timeout);
            let _ = reply.send(report.map_err(error));
        };
        let path = &self.inner.path;
        let started = std::thread::Builder::new().name("archive-verifier".to_owned()).spawn(work);
        started.map_err(|error| of_file(path, "starting a thread for", &error))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    async fn storage(&self) -> Result<StorageFigures, StoreError> {
        let path = Arc::clone(&self.inner.path);
        self.inner.readers.run("measuring the store", move |c| retention::storage(c, &path)).await
    }
}

#[async_trait]
impl EventStore for SqliteEventStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        // Hashing and checking are done here, by as many at once as there are callers. What is found wrong is told by the lane,
        // and what is long is left to it too: an async thread is not to be kept busy for milliseconds.
        let short = request.byte_count() <= EXAMINED_BYTES;
        let examined = short.then(|| Examined::of(&request, self.capabilities().binary_payloads).ok()).flatten();
        self.enqueue(|reply| Job::Append { request, examined, reply }).await
    }

    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.enqueue(|reply| Job::Import { appends, reply }).await
    }

    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        Some(Arc::new(Keys {
            path: Arc::clone(&self.inner.path),
            options: self.inner.options.clone(),
            reading: self.inner.reading,
            refusal: self.inner.refusal.clone(),
        }))
    }
}
