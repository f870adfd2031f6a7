//! An event store that dies at a chosen append, before or after writing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::*;
use uuid::Uuid;

/// When the fault comes, seen from the append's write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Nothing works any more, as if the process had been killed.
    Dies,
    /// This one append reports a fault; the store works on.
    Fails,
}

pub struct FaultyStore {
    inner: Arc<dyn EventStore>,
    at: usize,
    when: When,
    how: How,
    appends: AtomicUsize,
    dead: AtomicBool,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn EventStore>, at: usize, when: When, how: How) -> Self {
        Self { inner, at, when, how, appends: AtomicUsize::new(0), dead: AtomicBool::new(false) }
    }

    pub fn has_struck(&self) -> bool {
        self.appends.load(Ordering::SeqCst) >= self.at
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.dead.load(Ordering::SeqCst) { Err(StoreError::Closed) } else { Ok(()) }
    }

    fn fault(&self) -> AppendError {
        match self.how {
            How::Dies => {
                self.dead.store(true, Ordering::SeqCst);
                AppendError::Store(StoreError::Closed)
            }
            How::Fails => {
                AppendError::Store(StoreError::Io { operation: "append".into(), reason: "the cable is out".into() })
            }
        }
    }
}

#[async_trait]
impl EventReader for FaultyStore {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.alive()?;
        self.inner.read_all(read).await
    }
    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.alive()?;
        self.inner.scan_positions(after, filter).await
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.alive()?;
        self.inner.read_positions(positions).await
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.alive()?;
        self.inner.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.alive()?;
        self.inner.event_by_id(event_id).await
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.alive()?;
        self.inner.head().await
    }
    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.alive()?;
        self.inner.position_at(time).await
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.alive()?;
        self.inner.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.alive()?;
        self.inner.categories().await
    }
    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.alive()?;
        self.inner.wait_for_events(position, at_most).await
    }
    fn retention(&self) -> Option<&dyn RetentionStore> {
        self.inner.retention()
    }
}

#[async_trait]
impl EventStore for FaultyStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        self.alive()?;
        let number = self.appends.fetch_add(1, Ordering::SeqCst) + 1;
        if number == self.at && self.when == When::Before {
            return Err(self.fault());
        }
        let appended = self.inner.append(request).await?;
        if number == self.at { Err(self.fault()) } else { Ok(appended) }
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.alive()?;
        self.inner.import(appends).await
    }
}
