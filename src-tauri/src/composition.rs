//! Where the parts are put together: the only place that knows store, engine and domain by name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{Domain, EventReader, EventStore, HostedStore, HostedViews, ReadModelStore, SnapshotStore, StoreError};
use es_runtime::EngineParts;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use inspector::View;
use serde::Deserialize;

use crate::connections::{Backend, Chosen, Target};
use crate::wire::AppError;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking: nothing is written, not even to bring an older schema up to date.
    Read,
    /// Commands. The store must exist.
    Write,
    /// Commands. The store is created if it is missing.
    Create,
}

/// The domain that this program hosts.
///
/// # Errors
/// Its registry contradicts itself: a fault in the program, found at every start.
pub fn domain() -> Result<Arc<Domain>, AppError> {
    bank::domain().map(Arc::new).map_err(|error| {
        let message = format!("The bank's event types contradict each other: {error}.");
        AppError::new("bad_registry", message, "This is a fault in the program; report it.")
    })
}

impl Access {
    /// No more than what the owner of a store lets happen to it.
    fn within(self, chosen: &Chosen) -> Self {
        if chosen.marks.read_only { Self::Read } else { self }
    }

    fn of_a_file(self) -> OpenOptions {
        OpenOptions { create: self == Self::Create, read_only: self == Self::Read, ..OpenOptions::default() }
    }
}

/// The events of a store, and beside them everything derived from them.
pub struct Store {
    /// What was opened.
    pub chosen: Chosen,
    /// Why nothing can be written, or nothing if the store can be written.
    pub read_only: Option<String>,
    /// The events.
    pub events: Arc<dyn HostedStore>,
    /// Read models, checkpoints, timers, snapshots.
    pub views: Arc<dyn HostedViews>,
}

impl Store {
    /// Opens a store with its views. Views that cannot be used, or were derived from another log, are made anew: they hold
    /// derived data only.
    ///
    /// # Errors
    /// The events are missing, something else, newer, locked, out of reach, or cannot be written; or the views cannot be made.
    pub async fn open(chosen: Chosen, access: Access) -> Result<Self, StoreError> {
        let events = open_events(&chosen, access).await?;
        let read_only = read_only_reason(&chosen, &*events);
        let views = open_views(&chosen, read_only.is_some()).await?;
        let log: Arc<dyn EventReader> = events.clone();
        // Views of a log that stood here before would answer with another bank's numbers.
        views.bind(&*log).await?;
        Ok(Self { chosen, read_only, events, views })
    }

    /// What an engine needs to work on this store. On a read-only one no process runs: it could only fail.
    #[must_use]
    pub fn engine_parts(&self, domain: Arc<Domain>) -> EngineParts {
        let events: Arc<dyn EventStore> = self.events.clone();
        let views: Arc<dyn ReadModelStore> = self.views.clone();
        let snapshots: Arc<dyn SnapshotStore> = self.views.clone();
        let mut parts = EngineParts::new(events, views, domain);
        parts.snapshots = Some(snapshots);
        parts.config.run_processes = self.read_only.is_none();
        parts
    }

    /// Refuses what would write to a store that cannot be written.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] with the reason.
    pub fn writable(&self) -> Result<(), StoreError> {
        writable(&self.chosen, self.read_only.clone())
    }
}

/// Refuses what would write to a store that cannot be written.
///
/// # Errors
/// [`StoreError::ReadOnly`] with the reason, if there is one.
pub fn writable(chosen: &Chosen, read_only: Option<String>) -> Result<(), StoreError> {
    match read_only {
        None => Ok(()),
        Some(reason) => Err(StoreError::ReadOnly { path: chosen.target.to_string(), reason }),
    }
}

/// Why nothing can be written: its owner says so, or the store does.
#[must_use]
pub fn read_only_reason(chosen: &Chosen, events: &dyn HostedStore) -> Option<String> {
    chosen.read_only_reason().or_else(|| events.read_only_reason())
}

/// Opens the events of a store, without anything derived from them.
///
/// # Errors
/// They are missing, something else, newer, locked, out of reach, or cannot be written.
pub async fn open_events(chosen: &Chosen, access: Access) -> Result<Arc<dyn HostedStore>, StoreError> {
    let access = access.within(chosen);
    match &chosen.target {
        Target::Sqlite { path } => {
            let path = path.clone();
            let open = move || {
                if access == Access::Create {
                    create_folder_of(&path)?;
                }
                SqliteEventStore::open(&path, access.of_a_file())
            };
            Ok(Arc::new(off_thread("opening the store", open).await?))
        }
        Target::Postgres(_) | Target::EventStoreDb(_) => Err(not_yet(chosen.target.backend())),
    }
}

/// Opens what is derived from the events of a store.
async fn open_views(chosen: &Chosen, read_only: bool) -> Result<Arc<dyn HostedViews>, StoreError> {
    match &chosen.target {
        _ if read_only => Ok(Arc::new(off_thread("opening the views", SqliteReadModels::open_temporary).await?)),
        Target::Sqlite { path } => {
            let path = views_path(path);
            Ok(Arc::new(off_thread("opening the views", move || open_views_file(&path)).await?))
        }
        Target::Postgres(_) | Target::EventStoreDb(_) => Err(not_yet(chosen.target.backend())),
    }
}

fn not_yet(backend: Backend) -> StoreError {
    let _ = backend;
    StoreError::Unsupported { what: "connections to this kind of server" }
}

/// Runs what may block for some milliseconds where that is allowed.
async fn off_thread<T: Send + 'static>(
    operation: &str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(StoreError::Io { operation: operation.to_owned(), reason: format!("it broke off: {error}") })
    })
}

fn open_views_file(path: &Path) -> Result<SqliteReadModels, StoreError> {
    match SqliteReadModels::open(path) {
        Err(error @ (StoreError::NewerSchema { .. } | StoreError::Damaged { .. })) => {
            tracing::warn!(path = %path.display(), %error, "the views cannot be used and are made anew");
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                // One that is not there needs no removing; one that stays makes the next line fail with its reason.
                let _ = std::fs::remove_file(PathBuf::from(name));
            }
            SqliteReadModels::open(path)
        }
        // Somebody else's file is left alone, and a folder without room for ours costs the views' memory only.
        Err(error @ (StoreError::NotAStore { .. } | StoreError::ReadOnly { .. } | StoreError::Io { .. })) => {
            tracing::warn!(path = %path.display(), %error, "the views are kept in a temporary file");
            SqliteReadModels::open_temporary()
        }
        opened => opened,
    }
}

fn create_folder_of(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| StoreError::Io {
        operation: format!("creating the folder {}", folder.display()),
        reason: error.to_string(),
    })
}

/// The file beside a store that holds everything derived from its events. It may be deleted at any time.
#[must_use]
pub fn views_path(store: &Path) -> PathBuf {
    let mut name = OsString::from(store.as_os_str());
    name.push(".views");
    name.into()
}

/// How trees show the bank's amounts.
#[must_use]
pub fn view() -> View {
    View { display: Some(money) }
}

/// `100.50 EUR` for `{"minor":"10050","currency":"EUR"}`; nothing for what only looks like it.
fn money(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        minor: &'a str,
        currency: &'a str,
    }
    let raw: Raw<'_> = serde_json::from_str(json).ok()?;
    let currency = raw.currency.parse::<bank::money::Currency>().ok()?;
    let money = bank::money::Money::new(raw.minor.parse().ok()?, currency).ok()?;
    Some(money.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_with_their_currencys_decimals() {
        let told = |minor: &str, currency: &str| money(&format!(r#"{{"minor":"{minor}","currency":"{currency}"}}"#));
        assert_eq!(told("123450", "EUR").as_deref(), Some("1,234.50 EUR"));
        assert_eq!(told("-5", "JPY").as_deref(), Some("-5 JPY"));
        assert_eq!(told("x", "EUR"), None, "no number");
        assert_eq!(told("1", "???"), None, "no currency");
        assert_eq!(money(r#"{"minor":5,"currency":"EUR"}"#), None, "minor units are a string");
    }

    #[test]
    fn read_models_lie_beside_the_store() {
        assert_eq!(views_path(Path::new("/a/b.ledgerscope")), Path::new("/a/b.ledgerscope.views"));
    }
}
