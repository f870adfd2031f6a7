//! What every command works with: the open store, the domain, the inspector, and a way to be stopped.

use std::path::PathBuf;
use std::sync::Arc;

use es_core::{Direction, Domain, EventReader, ReadStream, StoreError, StreamInfo, StreamName, StreamVersion};
use es_sqlite::SqliteEventStore;
use inspector::{InspectError, Inspector};
use tokio_util::sync::CancellationToken;

use super::failure::{Exit, Failure};
use crate::composition::{self, Access};
use crate::settings::DataFolder;

/// An open store.
pub(super) struct Desk {
    pub(super) events: Arc<SqliteEventStore>,
    pub(super) domain: Arc<Domain>,
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
    pub(super) fn open(path: PathBuf, access: Access, stop: CancellationToken) -> Result<Self, Failure> {
        let domain = domain()?;
        let events = Arc::new(SqliteEventStore::open(&path, access.options())?);
        let inspector = Inspector::new(events.clone(), domain.clone(), composition::view());
        Ok(Self { events, domain, inspector, stop })
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
