//! What every command works with: the open store, the inspector, and a way to be stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{Direction, Domain, EventReader, ReadStream, StoreError, StreamInfo, StreamName, StreamVersion};
use es_runtime::Engine;
use es_sqlite::SqliteEventStore;
use inspector::{InspectError, Inspector};
use tokio_util::sync::CancellationToken;

use super::failure::{Exit, Failure};
use crate::composition::{self, Access, Store};
use crate::settings::DataFolder;

/// An open store.
pub(super) struct Desk {
    pub(super) events: SqliteEventStore,
    pub(super) inspector: Inspector,
    /// Cancelled by Ctrl-C.
    pub(super) stop: CancellationToken,
}

/// The store's file: the named one, else the one that the window opens at first.
pub(super) fn store_path(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    match named {
        Some(path) => Ok(path),
        None => match DataFolder::find() {
            Ok(folder) => Ok(folder.default_store()),
            Err(error) => Err(Failure::new(Exit::Unavailable, error)),
        },
    }
}

/// The domain that the program hosts.
pub(super) fn domain() -> Result<Arc<Domain>, Failure> {
    composition::domain().map_err(|error| Failure::new(Exit::Unavailable, error))
}

impl Desk {
    /// Opens the events for looking; nothing is written, not even beside them.
    pub(super) fn look(path: &Path, stop: CancellationToken) -> Result<Self, Failure> {
        let events = SqliteEventStore::open(path, Access::Read.options())?;
        Ok(Self::on(events, domain()?, stop))
    }

    /// Opens the store with its views and an engine without background tasks.
    pub(super) fn work(path: &Path, stop: CancellationToken) -> Result<(Self, Store, Engine), Failure> {
        let domain = domain()?;
        let store = Store::open(path, Access::Write.options())?;
        let engine = Engine::new(store.engine_parts(domain.clone()));
        Ok((Self::on(store.events.clone(), domain, stop), store, engine))
    }

    fn on(events: SqliteEventStore, domain: Arc<Domain>, stop: CancellationToken) -> Self {
        let inspector = Inspector::new(Arc::new(events.clone()), domain, composition::view());
        Self { events, inspector, stop }
    }

    /// Work of the store that ends when Ctrl-C is pressed.
    pub(super) async fn stoppable<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done?),
            () = self.stop.cancelled() => Err(StoreError::Cancelled.into()),
        }
    }

    pub(super) async fn stream_exists(&self, stream: &StreamName) -> Result<StreamInfo, Failure> {
        let from = StreamVersion::MAX;
        let read = ReadStream { stream: stream.clone(), from, direction: Direction::Backward, limit: 1 };
        let page = self.stoppable(self.events.read_stream(read)).await?;
        page.stream.ok_or_else(|| InspectError::UnknownStream { stream: stream.clone() }.into())
    }
}
