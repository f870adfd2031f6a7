//! The store as the engine sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::plan::Examined;
use es_core::retention::GoOn;
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, EventFilter, EventOutline, EventReader,
    EventStore, EventStub, HostedStore, ImportedAppend, Position, PositionPage, ReadAll, ReadStream, RecordedEvent,
    RetainError, RetentionChange, RetentionStore, ScavengeRequest, ScavengeStage, ScavengedBatch, StorageFigures,
    StoreError, StoreFact, StreamListPage, StreamName, StreamPage, StreamQuery, StreamVersion, StubPage, SubjectKeys,
    VerifyReport, VerifyTold, limits,
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::PostgresConfig;
use crate::connections::{Connections, reading, writing};
use crate::facts::facts;
use crate::keys::Keys;
use crate::lane::{Job, Lane, LaneCounts, Waiting, raise};
use crate::listener::{Hearing, channel_of, listen};
use crate::queries::Found;
use crate::retention::{ARCHIVE, Change, Removal, tell};
use crate::rights::why_read_only;
use crate::schema::{EVENTS, prepare};
use crate::{queries, read, retention, verify};

/// Longest request, payloads and metadata together, that is examined on the caller's thread: some tens of microseconds.
const EXAMINED_BYTES: usize = 16 * 1024;
/// Followers that are told of new events look by themselves only this often: being told may fail without anybody noticing.
const HEARING_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// An event store in a schema of a PostgreSQL database. Cloning gives another handle to the same store; it is closed when the
/// last handle goes, or at [`HostedStore::close`].
#[derive(Clone)]
pub struct PostgresEventStore {
    inner: Arc<Inner>,
}

struct Inner {
    connections: Connections,
    lane: Mutex<Option<mpsc::Sender<Job>>>,
    lane_task: Mutex<Option<JoinHandle<()>>>,
    /// Why nothing can be written, if so.
    refusal: Option<String>,
    /// Highest head that this process has heard of.
    head: watch::Sender<Position>,
    hearing: Hearing,
    end_listening: CancellationToken,
    counts: Arc<LaneCounts>,
}

impl std::fmt::Debug for PostgresEventStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresEventStore").field("connections", &self.inner.connections).finish_non_exhaustive()
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

impl PostgresEventStore {
    /// Opens a store, or creates it if the configuration says so. To be called within a Tokio runtime, which the store's tasks
    /// run on.
    ///
    /// A server or user that cannot write opens for reading; see [`HostedStore::read_only_reason`].
    ///
    /// # Errors
    /// The way to the server fails (the error names the step), the tables are missing, or of another version.
    pub async fn open(config: PostgresConfig) -> Result<Self, StoreError> {
        Self::over(Connections::open(config).await?).await
    }

    /// The same with connections that others use, too.
    ///
    /// # Errors
    /// As [`PostgresEventStore::open`].
    pub async fn over(connections: Connections) -> Result<Self, StoreError> {
        prepare(&connections, &EVENTS).await?;
        let config = connections.config().clone();
        let refusal = match config.read_only {
            true => Some("it was opened for reading only".to_owned()),
            false => reading!(&connections, "looking at the rights", |c| why_read_only(c, &config.user))?,
        };
        let counts = Arc::new(LaneCounts::default());
        let head = watch::Sender::new(Position::ZERO);
        let (hearing, end_listening) = (Hearing::default(), CancellationToken::new());
        if config.wake_ups {
            tokio::spawn(listen(config.clone(), head.clone(), hearing.clone(), end_listening.clone()));
        }
        let (mut lane, mut lane_task) = (None, None);
        if refusal.is_none() {
            let (sender, queue) = mpsc::channel(limits::LANE_QUEUE_REQUESTS);
            let wake = config.wake_ups.then(|| head.clone());
            let task = Lane::new(&config, channel_of(&config.schema), wake, Arc::clone(&counts));
            lane_task = Some(tokio::spawn(task.run(queue)));
            lane = Some(sender);
        }
        let inner = Inner {
            connections,
            lane: Mutex::new(lane),
            lane_task: Mutex::new(lane_task),
            refusal,
            head,
            hearing,
            end_listening,
            counts,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The connections, for what else is kept in the same schema.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.inner.connections
    }

    /// Counts of the append lane.
    #[must_use]
    pub fn lane_statistics(&self) -> LaneStatistics {
        LaneStatistics {
            requests: self.inner.counts.requests.load(Ordering::Relaxed),
            commits: self.inner.counts.commits.load(Ordering::Relaxed),
        }
    }

    fn check_writable(&self) -> Result<(), StoreError> {
        match &self.inner.refusal {
            None => Ok(()),
            Some(reason) => {
                let path = self.inner.connections.config().location();
                Err(StoreError::ReadOnly { path, reason: reason.clone() })
            }
        }
    }

    async fn enqueue<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Job,
    ) -> Result<T, E> {
        self.check_writable()?;
        let lane = self.inner.lane.lock().clone().ok_or(StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let config = self.inner.connections.config();
        let waits = lane.send_timeout(job(reply), config.acquire_timeout + config.recovery_timeout);
        waits.await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Closed(_) => StoreError::Closed,
            mpsc::error::SendTimeoutError::Timeout(_) => StoreError::Locked {
                path: config.location(),
                waited_ms: crate::error::millis(config.acquire_timeout + config.recovery_timeout),
            },
        })?;
        drop(lane);
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.inner.connections.config().recovery_timeout
    }

    fn archive_name(&self) -> String {
        format!("{}, table {ARCHIVE}", self.inner.connections.config().location())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The lane ends by itself when its sender goes.
        self.end_listening.cancel();
    }
}

#[async_trait]
impl EventReader for PostgresEventStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: true,
            multi_stream_append: true,
            binary_payloads: true,
            lookup_by_event_id: true,
            hash_chain: true,
            import: true,
            retention: true,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        reading!(&self.inner.connections, "reading the log", |c| read::read_all(c, &read))
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        reading!(&self.inner.connections, "scanning the log", |c| read::scan_positions(c, after, filter))
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        reading!(&self.inner.connections, "reading events", |c| queries::read_positions(c, positions))
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        reading!(&self.inner.connections, "reading a stream", |c| queries::read_stream(c, &read))
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        let found = reading!(&self.inner.connections, "looking for an event", |c| queries::event_by_id(c, event_id))?;
        match found {
            Found::Stored(event) => Ok(Some(*event)),
            Found::Nothing => Ok(None),
            Found::Scavenged(stub) => Ok(self.read_archived(&[stub.position]).await?.pop()),
        }
    }

    async fn head(&self) -> Result<Position, StoreError> {
        let head = reading!(&self.inner.connections, "reading the head", |c| read::read_head(c))?;
        Ok(Position(head.unsigned_abs()))
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        reading!(&self.inner.connections, "looking for a time", |c| queries::position_at(c, time))
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        reading!(&self.inner.connections, "listing streams", |c| queries::streams(c, query))
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        reading!(&self.inner.connections, "listing categories", |c| queries::categories(c))
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        let deadline = tokio::time::Instant::now() + at_most;
        let wakes = self.inner.connections.config().wake_ups;
        let mut heard = self.inner.head.subscribe();
        loop {
            // Asking the server, too, not only the channel: what nobody told is found so.
            let head = self.head().await?;
            let now = tokio::time::Instant::now();
            if head > position || now >= deadline {
                return Ok(head);
            }
            if wakes {
                raise(&self.inner.head, head);
            }
            let interval = if self.inner.hearing.is_on() { HEARING_POLL_INTERVAL } else { limits::POLL_INTERVAL };
            let next_look = deadline.min(now + interval);
            // Whichever ends the wait, the next round looks; a closed channel cannot happen while we hold its sender.
            let _ = tokio::time::timeout_at(next_look, heard.wait_for(|head| *head > position)).await;
        }
    }

    fn retention(&self) -> Option<&dyn RetentionStore> {
        Some(self)
    }
}

#[async_trait]
impl RetentionStore for PostgresEventStore {
    async fn retain(&self, change: RetentionChange) -> Result<Appended, RetainError> {
        self.enqueue(|reply| Job::Change { change: Change::Retain(change), reply }).await
    }

    async fn outline(&self, stream: &StreamName, after: StreamVersion) -> Result<Vec<EventOutline>, StoreError> {
        reading!(&self.inner.connections, "outlining a stream", |c| retention::outline(c, stream, after))
    }

    async fn scavenge(&self, request: ScavengeRequest) -> Result<ScavengedBatch, RetainError> {
        self.check_writable()?;
        let decided_on = request.decided_on;
        let connections = &self.inner.connections;
        let archived = writing!(connections, "archiving events", |c| retention::archive_batch(c, &request))?;
        let Some(span) = archived.span() else {
            return Ok(ScavengedBatch { events: 0, bytes: 0, span: None, decided_on, more: false });
        };
        tell(request.observer.as_ref(), ScavengeStage::Archived);
        // The batch's first position tells the records of one change apart, in whatever order it is carried out.
        let index = usize::try_from(span.first.get()).unwrap_or(usize::MAX);
        let removal = Removal {
            record: request.by.record(index, &archived.record(span)),
            positions: archived.positions.clone(),
            decided_on,
            observer: request.observer,
        };
        let appended = self.enqueue(|reply| Job::Change { change: Change::Remove(removal), reply }).await?;
        Ok(ScavengedBatch {
            events: archived.positions.len() as u64,
            bytes: archived.bytes,
            span: Some(span),
            decided_on: appended.events.last().map_or(decided_on, |record| record.version),
            more: archived.more,
        })
    }

    async fn stubs(&self, after: Position, limit: usize) -> Result<StubPage, StoreError> {
        let connections = &self.inner.connections;
        reading!(connections, "listing stubs", |c| retention::stubs(c, after, limit, self.archive_name()))
    }

    async fn read_stubs(&self, positions: &[Position]) -> Result<Vec<EventStub>, StoreError> {
        reading!(&self.inner.connections, "reading stubs", |c| retention::read_stubs(c, positions))
    }

    async fn stub_by_id(&self, event_id: Uuid) -> Result<Option<EventStub>, StoreError> {
        reading!(&self.inner.connections, "looking for a stub", |c| retention::stub_by_id(c, event_id))
    }

    async fn read_archived(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        reading!(&self.inner.connections, "reading the archive", |c| retention::read_archived(c, positions))
    }

    async fn verify_archive(&self, go_on: GoOn) -> Result<VerifyReport, StoreError> {
        verify::verify_archive(&self.inner.connections, go_on).await
    }

    async fn storage(&self) -> Result<StorageFigures, StoreError> {
        reading!(&self.inner.connections, "measuring the store", |c| retention::storage(c))
    }
}

#[async_trait]
impl EventStore for PostgresEventStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let deadline = self.deadline();
        let (request, examined) = if request.byte_count() <= EXAMINED_BYTES {
            let examined = examined(&request);
            (request, examined)
        } else {
            // Hashing long ones takes milliseconds, which a thread of the runtime is not to be kept busy for.
            off_the_runtime(move || {
                let examined = examined(&request);
                (request, examined)
            })
            .await?
        };
        self.enqueue(|reply| Job::Append(Waiting { request, examined, deadline, reply })).await
    }

    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        let deadline = self.deadline();
        let appends = off_the_runtime(move || {
            let examine = |append: ImportedAppend| {
                let examined = examined(&append.request);
                (append, examined)
            };
            appends.into_iter().map(examine).collect()
        })
        .await?;
        self.enqueue(|reply| Job::Import { appends, deadline, reply }).await
    }

    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        Some(Arc::new(Keys { connections: self.inner.connections.clone(), refusal: self.inner.refusal.clone() }))
    }
}

/// What can be found out about a request by itself; what is wrong with it is told by the plan.
fn examined(request: &AppendRequest) -> Option<Examined> {
    Examined::of(request, true).ok()
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}

#[async_trait]
impl HostedStore for PostgresEventStore {
    fn read_only_reason(&self) -> Option<String> {
        self.inner.refusal.clone()
    }

    async fn verify(&self, cancel: CancellationToken, told: VerifyTold) -> Result<VerifyReport, StoreError> {
        verify::verify(&self.inner.connections, self.capabilities(), cancel, told).await
    }

    async fn facts(&self) -> Result<Vec<StoreFact>, StoreError> {
        facts(&self.inner.connections).await
    }

    async fn close(&self) {
        drop(self.inner.lane.lock().take());
        let task = self.inner.lane_task.lock().take();
        if let Some(task) = task {
            // What was begun is finished; every step of the lane has an end.
            let _ = task.await;
        }
        self.inner.end_listening.cancel();
        self.inner.connections.close().await;
    }
}
