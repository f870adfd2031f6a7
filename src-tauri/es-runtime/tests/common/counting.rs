//! An event store that counts what it is asked, lets somebody else write first, or cannot answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::*;
use parking_lot::Mutex;
use uuid::Uuid;

/// What somebody else appends right before a request; nothing if they keep still.
type Rival = Box<dyn FnMut(&AppendRequest) -> Option<AppendRequest> + Send>;

/// How often a store was asked what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    pub appends: usize,
    pub stream_reads: usize,
    pub id_lookups: usize,
}

pub struct CountingStore {
    inner: Arc<dyn EventStore>,
    appends: AtomicUsize,
    stream_reads: AtomicUsize,
    id_lookups: AtomicUsize,
    rival: Mutex<Option<Rival>>,
    multi_stream_append: bool,
    reads_fail: Mutex<Option<StoreError>>,
    appends_fail: Mutex<Option<StoreError>>,
}

impl CountingStore {
    pub fn new(inner: Arc<dyn EventStore>) -> Self {
        Self {
            multi_stream_append: inner.capabilities().multi_stream_append,
            inner,
            appends: AtomicUsize::new(0),
            stream_reads: AtomicUsize::new(0),
            id_lookups: AtomicUsize::new(0),
            rival: Mutex::new(None),
            reads_fail: Mutex::new(None),
            appends_fail: Mutex::new(None),
        }
    }

    /// From now on reads of streams and look-ups by id end so, or work again.
    pub fn reads_fail(&self, with: Option<StoreError>) {
        *self.reads_fail.lock() = with;
    }

    /// From now on appends end so, without writing, or work again.
    pub fn appends_fail(&self, with: Option<StoreError>) {
        *self.appends_fail.lock() = with;
    }

    fn can_read(&self) -> Result<(), StoreError> {
        self.reads_fail.lock().clone().map_or(Ok(()), Err)
    }

    /// The store as if it could append to one stream at a time only.
    pub fn one_stream_at_a_time(mut self) -> Self {
        self.multi_stream_append = false;
        self
    }

    pub fn with_rival(self, rival: impl FnMut(&AppendRequest) -> Option<AppendRequest> + Send + 'static) -> Self {
        *self.rival.lock() = Some(Box::new(rival));
        self
    }

    /// What it was asked since the last time.
    pub fn asked(&self) -> Asked {
        let taken = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        Asked {
            appends: taken(&self.appends),
            stream_reads: taken(&self.stream_reads),
            id_lookups: taken(&self.id_lookups),
        }
    }
}

#[async_trait]
impl EventReader for CountingStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities { multi_stream_append: self.multi_stream_append, ..self.inner.capabilities() }
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.inner.read_all(read).await
    }
    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.inner.scan_positions(after, filter).await
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_positions(positions).await
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.stream_reads.fetch_add(1, Ordering::SeqCst);
        self.can_read()?;
        self.inner.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.id_lookups.fetch_add(1, Ordering::SeqCst);
        self.can_read()?;
        self.inner.event_by_id(event_id).await
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await
    }
    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.inner.position_at(time).await
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.inner.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.categories().await
    }
    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.inner.wait_for_events(position, at_most).await
    }
}

#[async_trait]
impl EventStore for CountingStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        if let Some(error) = self.appends_fail.lock().clone() {
            return Err(error.into());
        }
        let first = self.rival.lock().as_mut().and_then(|rival| rival(&request));
        if let Some(first) = first {
            self.inner.append(first).await.expect("the rival writes");
        }
        self.inner.append(request).await
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.inner.import(appends).await
    }
}
