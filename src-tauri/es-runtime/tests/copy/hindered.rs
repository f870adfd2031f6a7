//! A target that fails, is slow, or shares its log with somebody else, at a chosen write.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::*;
use es_testkit::fault::FaultPoint;
use uuid::Uuid;

/// What is done at a write.
pub type Act = Arc<dyn Fn() -> Option<StoreError> + Send + Sync>;

/// A store around another one. `before` and `after` are passed at every write; what they answer is what the writer hears.
pub struct Hindered {
    pub inner: Arc<dyn EventStore>,
    pub before: (FaultPoint, Act),
    pub after: (FaultPoint, Act),
}

impl Hindered {
    pub fn new(inner: Arc<dyn EventStore>) -> Self {
        let nothing: Act = Arc::new(|| None);
        Self { inner, before: (FaultPoint::new(), nothing.clone()), after: (FaultPoint::new(), nothing) }
    }

    pub fn before(mut self, write: u32, act: impl Fn() -> Option<StoreError> + Send + Sync + 'static) -> Self {
        self.before = (FaultPoint::new(), Arc::new(act));
        self.before.0.arm(write);
        self
    }

    pub fn after(mut self, write: u32, act: impl Fn() -> Option<StoreError> + Send + Sync + 'static) -> Self {
        self.after = (FaultPoint::new(), Arc::new(act));
        self.after.0.arm(write);
        self
    }

    fn pass((point, act): &(FaultPoint, Act)) -> Result<(), AppendError> {
        let error = if point.fails_now() { act() } else { None };
        error.map_or(Ok(()), |error| Err(error.into()))
    }
}

#[async_trait]
impl EventReader for Hindered {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
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
        self.inner.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
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
impl EventStore for Hindered {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        Self::pass(&self.before)?;
        let appended = self.inner.append(request).await?;
        Self::pass(&self.after).map(|()| appended)
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        Self::pass(&self.before)?;
        let appended = self.inner.import(appends).await?;
        Self::pass(&self.after).map(|()| appended)
    }
    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        self.inner.subject_keys()
    }
}
