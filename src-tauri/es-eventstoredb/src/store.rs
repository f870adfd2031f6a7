//! The store: what ties connection, index, follower and lane together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, EventFilter, EventReader, EventStore,
    HostedStore, ImportedAppend, IndexProgress, Position, PositionPage, ReadAll, ReadStream, RecordedEvent,
    ServerInspection, StoreError, StoreFact, StreamListPage, StreamPage, StreamQuery, SubjectKeys, VerifyReport,
    VerifyTold, limits,
};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::awake::stay_awake;
use crate::config::EventStoreDbConfig;
use crate::connection::Connection;
use crate::follow::Follower;
use crate::index::{Index, by_ids, categories, position_at, streams};
use crate::lane::Lane;
use crate::limits::LIST_WAIT;
use crate::reach;

/// What is done with a connection.
#[derive(Clone, Default)]
pub struct EventStoreDbOptions {
    /// The file of the local index; without one it lives in a temporary folder and is made anew each time. Deleting it costs
    /// nothing but the time to read the log once more.
    pub index: Option<PathBuf>,
    /// Whether events that the server writes about others (links, metadata, statistics) are part of the log. Without them the
    /// log is what applications wrote; they are read through [`EventStoreDbStore::inspect`](crate::EventStoreDbStore::inspect)
    /// in any case.
    pub server_events: bool,
    /// Turns off the subscription that wakes those who wait.
    pub without_wake_ups: bool,
    /// Turns off appending, whatever the user may do.
    pub read_only: bool,
    /// Where keys of sealed personal data are kept; this server keeps none.
    pub subject_keys: Option<Arc<dyn SubjectKeys>>,
}

/// An event store on EventStoreDB or KurrentDB.
///
/// A provider of cryptography for `rustls` must have been installed before (`main` does it first thing), since libraries of this
/// process would choose differently.
pub struct EventStoreDbStore {
    pub(crate) follower: Arc<Follower>,
    lane: Lane,
    running: Mutex<Vec<JoinHandle<()>>>,
    woken: watch::Sender<u64>,
    cancel: CancellationToken,
    options: EventStoreDbOptions,
}

impl EventStoreDbStore {
    /// Connects and begins to index the log.
    ///
    /// # Errors
    /// The server cannot be reached, refuses the login, or does not let the user read its log; the index cannot be made.
    pub async fn open(config: EventStoreDbConfig, options: EventStoreDbOptions) -> Result<Self, StoreError> {
        reach::any_node(&config).await?;
        let connection = Arc::new(Connection::new(config));
        let path = options.index.clone();
        let server_events = options.server_events;
        let opened = tokio::task::spawn_blocking(move || Index::open(path.as_deref(), server_events)).await;
        let index = Arc::new(opened.unwrap_or(Err(StoreError::Closed))?);
        let follower = Arc::new(Follower::new(Arc::clone(&connection), index, server_events));
        // Whoever may not read the log is told so now.
        follower.catch_up(Duration::ZERO).await?;
        let cancel = CancellationToken::new();
        let (lane, running) = Lane::start(Arc::clone(&follower), cancel.clone());
        let mut running = vec![running];
        let (indexing, cancelled) = (Arc::clone(&follower), cancel.clone());
        running.push(tokio::spawn(async move { indexing.index_all(cancelled).await }));
        let woken = watch::Sender::new(0);
        if !options.without_wake_ups {
            running.push(tokio::spawn(stay_awake(connection, woken.clone(), cancel.clone())));
        }
        Ok(Self { follower, lane, running: Mutex::new(running), woken, cancel, options })
    }

    /// The same store with a place for the keys of sealed personal data.
    #[must_use]
    pub fn with_subject_keys(mut self, keys: Arc<dyn SubjectKeys>) -> Self {
        self.options.subject_keys = Some(keys);
        self
    }

    /// How far the local index has come, from which lists, filters and look-ups by id are answered.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn index_state(&self) -> Result<IndexState, StoreError> {
        let caught = self.follower.catch_up_soon().await?;
        Ok(IndexState { complete: caught.up, position: caught.cursor.head, events: caught.cursor.events })
    }

    /// Waits until the index has come to the end of the log, for what cannot do without.
    async fn indexed(&self) -> Result<(), StoreError> {
        let caught = self.follower.catch_up(LIST_WAIT).await?;
        if caught.up {
            return Ok(());
        }
        let operation = format!("indexing the log, of which {} events are known by now,", caught.cursor.events);
        Err(StoreError::Timeout { operation, waited_ms: u64::try_from(LIST_WAIT.as_millis()).unwrap_or(u64::MAX) })
    }
}

/// See [`EventStoreDbStore::index_state`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexState {
    /// Whether it held everything that was in the log when it was asked.
    pub complete: bool,
    /// Position of its last event.
    pub position: Position,
    /// Its events.
    pub events: u64,
}

impl Drop for EventStoreDbStore {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[async_trait]
impl EventReader for EventStoreDbStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: false,
            multi_stream_append: false,
            binary_payloads: true,
            lookup_by_event_id: true,
            hash_chain: false,
            import: false,
            retention: false,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.follower.read_all(read).await
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.follower.scan_positions(after, filter).await
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.follower.read_positions(positions).await
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.follower.read_stream(read).await
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.indexed().await?;
        let found = self.follower.index.read(move |index| by_ids(index, &[event_id])).await?;
        let Some(known) = found.get(&event_id) else { return Ok(None) };
        Ok(self.follower.read_positions(&[known.position]).await?.pop())
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.follower.head().await
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.indexed().await?;
        self.follower.index.read(move |index| position_at(index, time)).await
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.indexed().await?;
        let query = query.clone();
        let (streams, total) = self.follower.index.read(move |index| streams(index, &query, Utc::now())).await?;
        Ok(StreamListPage { streams, total })
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.indexed().await?;
        self.follower.index.read(categories).await
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        let deadline = Instant::now() + at_most;
        let (mut woken, mut heads) = (self.woken.subscribe(), self.follower.heads());
        loop {
            woken.mark_unchanged();
            heads.mark_unchanged();
            let head = self.follower.head().await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if head > position || left.is_zero() {
                return Ok(head);
            }
            tokio::select! {
                () = self.cancel.cancelled() => return Err(StoreError::Closed),
                () = tokio::time::sleep(left.min(limits::POLL_INTERVAL)) => {}
                _ = woken.changed(), if !self.options.without_wake_ups => {}
                _ = heads.changed(), if !self.options.without_wake_ups => {}
            }
        }
    }
}

#[async_trait]
impl EventStore for EventStoreDbStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        if let Some(reason) = self.read_only_reason() {
            let path = self.follower.connection.config().server();
            return Err(AppendError::Store(StoreError::ReadOnly { path, reason }));
        }
        self.lane.append(request).await
    }

    async fn import(&self, _appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        Err(AppendError::Store(StoreError::Unsupported { what: "events with times of their own" }))
    }

    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        self.options.subject_keys.clone()
    }
}

#[async_trait]
impl HostedStore for EventStoreDbStore {
    fn read_only_reason(&self) -> Option<String> {
        self.options.read_only.then(|| "the connection is for reading only".to_owned())
    }

    /// Compares the log with what the local index saw of each event when it first saw it: content, id, stream, version and
    /// time. That shows what was changed since then, not before; an index that is made now vouches for nothing.
    async fn verify(&self, cancel: CancellationToken, told: VerifyTold) -> Result<VerifyReport, StoreError> {
        self.indexed().await?;
        self.follower.verify(cancel, told).await
    }

    async fn facts(&self) -> Result<Vec<StoreFact>, StoreError> {
        self.inspect().facts(&self.options).await
    }

    async fn index_progress(&self) -> Result<Option<IndexProgress>, StoreError> {
        let IndexState { complete, position, events } = self.index_state().await?;
        let head = if complete { position } else { self.follower.head().await? };
        Ok(Some(IndexProgress { complete, events, position, head }))
    }

    fn server(&self) -> Option<Arc<dyn ServerInspection>> {
        Some(Arc::new(self.inspect()))
    }

    async fn close(&self) {
        self.cancel.cancel();
        let running: Vec<_> = self.running.lock().drain(..).collect();
        for task in running {
            // A task that panicked has ended too.
            let _ = task.await;
        }
        self.follower.connection.close();
        self.follower.index.close();
    }
}
