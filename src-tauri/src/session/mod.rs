//! One open store with everything that works on it: engine, inspector, grids. What the window's commands call.

mod arguments;
mod bank;
mod bank_lists;
mod commanding;
mod grid;
mod present;
mod processes;
mod projections;
mod reading;
mod retention;
mod snapshots;
mod told;
mod upkeep;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use es_core::{Domain, EventReader, Position, SnapshotStore, StoreError};
use es_runtime::{Engine, SnapshotPolicy};
use es_sqlite::SqliteEventStore;
use inspector::Inspector;
use tokio_util::sync::CancellationToken;

use crate::composition::{self, Access, Store};
use crate::wire::{AppError, HeadMoved, StoreStatus};
use crate::workbench::{Notice, Tell};

pub use present::time;

/// Least time between two messages about a grown log: at most 20 a second.
const HEAD_INTERVAL: Duration = Duration::from_millis(50);
/// How long one wait for events takes before the loop looks whether it should end.
const HEAD_WAIT: Duration = Duration::from_secs(1);

/// One open store with everything that works on it.
pub struct Session {
    location: PathBuf,
    read_only: Option<String>,
    events: SqliteEventStore,
    engine: Engine,
    snapshots: Arc<dyn SnapshotStore>,
    snapshot_policy: SnapshotPolicy,
    domain: Arc<Domain>,
    inspector: Inspector,
    grids: grid::Grids,
    upkeep: upkeep::Upkeep,
    /// Cancelled when the session ends.
    end: CancellationToken,
}

impl Session {
    /// Opens a store and starts everything that works on it.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn open(path: &Path, create: bool, tell: Tell) -> Result<Self, AppError> {
        let access = if create { Access::Create } else { Access::Write };
        let location = path.to_path_buf();
        let domain = composition::domain()?;
        let store = blocking(move || Store::open(&location, access.options())).await??;
        // Views of a log that stood here before would answer with another bank's numbers.
        store.views.bind(&store.events).await?;
        let parts = store.engine_parts(Arc::clone(&domain));
        let snapshot_policy = parts.config.snapshots;
        let engine = Engine::new(parts);
        let reader: Arc<dyn EventReader> = Arc::new(store.events.clone());
        let session = Self {
            location: store.location,
            read_only: store.read_only,
            inspector: Inspector::new(reader, Arc::clone(&domain), composition::view()),
            events: store.events,
            engine,
            snapshots: Arc::new(store.views),
            snapshot_policy,
            domain,
            grids: grid::Grids::default(),
            upkeep: upkeep::Upkeep::default(),
            end: CancellationToken::new(),
        };
        session.engine.start_background();
        session.watch_head(tell);
        Ok(session)
    }

    /// The store's file.
    #[must_use]
    pub fn location(&self) -> &Path {
        &self.location
    }

    /// Ends everything that works on the store and closes the file.
    pub async fn close(&self) {
        self.end.cancel();
        self.engine.shutdown().await;
        let events = self.events.clone();
        if let Err(error) = blocking(move || events.close()).await {
            tracing::error!(%error, "the store could not be closed in order");
        }
    }

    /// Where the store stands.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn status(&self) -> Result<StoreStatus, AppError> {
        let page = self.events.read_all(es_core::ReadAll::backward(Position::MAX, 1)).await?;
        Ok(StoreStatus {
            kind: "sqlite".to_owned(),
            location: self.location.display().to_string(),
            read_only: self.read_only.is_some(),
            head: page.head.to_string(),
            last_recorded_at: page.events.first().map(|event| time(event.recorded_at)),
        })
    }

    /// Refuses to fill a store that holds events or cannot be written.
    pub(crate) async fn refuse_unless_empty(&self) -> Result<(), AppError> {
        let path = self.location.display().to_string();
        if let Some(reason) = self.read_only.clone() {
            return Err(StoreError::ReadOnly { path, reason }.into());
        }
        match self.events.head().await? {
            Position::ZERO => Ok(()),
            head => Err(AppError::new(
                "store_not_empty",
                format!("The store {path} already holds {head} events."),
                "Open a new, empty store for the demo bank. Nothing was written.",
            )),
        }
    }

    /// Tells the window that the log has grown, however fast it grows, at most 20 times a second.
    fn watch_head(&self, tell: Tell) {
        let (events, end) = (self.events.clone(), self.end.clone());
        tauri::async_runtime::spawn(async move {
            let mut told = events.head().await.unwrap_or(Position::ZERO);
            while !end.is_cancelled() {
                let head = tokio::select! {
                    () = end.cancelled() => return,
                    head = events.wait_for_events(told, HEAD_WAIT) => head,
                };
                match head {
                    Ok(head) if head > told => {
                        told = head;
                        tell(Notice::HeadMoved(HeadMoved { head: head.to_string() }));
                        tokio::time::sleep(HEAD_INTERVAL).await;
                    }
                    Ok(_) => {}
                    Err(StoreError::Closed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the head of the log cannot be watched");
                        tokio::time::sleep(HEAD_WAIT).await;
                    }
                }
            }
        });
    }
}

/// Runs what may block for some milliseconds where that is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tauri::async_runtime::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(?error, "a blocking task broke off");
        AppError::new("internal", "Something broke off in the middle of its work.", "See the log, then try again.")
    })
}

#[cfg(test)]
mod tests;
