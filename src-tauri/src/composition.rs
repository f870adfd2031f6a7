//! Where the parts are put together: the only place that knows store, engine and domain by name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{Domain, EventStore, ReadModelStore, StoreError};
use es_runtime::EngineParts;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use inspector::View;
use serde::Deserialize;

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
    /// The store's own way to say it.
    #[must_use]
    pub fn options(self) -> OpenOptions {
        OpenOptions { create: self == Self::Create, read_only: self == Self::Read, ..OpenOptions::default() }
    }
}

/// The events of a store, and beside them everything derived from them.
pub struct Store {
    /// The events' file.
    pub location: PathBuf,
    /// Why nothing can be written, or nothing if the store can be written.
    pub read_only: Option<String>,
    /// The events.
    pub events: SqliteEventStore,
    /// Read models, checkpoints, timers.
    pub views: SqliteReadModels,
}

impl Store {
    /// Opens a store with its views; blocks for as long as that takes. Views that cannot be used are made anew: they hold
    /// derived data only.
    ///
    /// # Errors
    /// The events' file is missing, something else, newer, locked, or cannot be written; or the views cannot be made.
    pub fn open(path: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        if options.create {
            create_folder_of(path)?;
        }
        let events = SqliteEventStore::open(path, options)?;
        let read_only = events.read_only_reason().map(str::to_owned);
        let views = open_views(path, read_only.is_some())?;
        Ok(Self { location: path.to_owned(), read_only, events, views })
    }

    /// What an engine needs to work on this store. On a read-only one no process runs: it could only fail.
    #[must_use]
    pub fn engine_parts(&self, domain: Arc<Domain>) -> EngineParts {
        let events: Arc<dyn EventStore> = Arc::new(self.events.clone());
        let views: Arc<dyn ReadModelStore> = Arc::new(self.views.clone());
        let mut parts = EngineParts::new(events, views, domain);
        parts.snapshots = Some(Arc::new(self.views.clone()));
        parts.config.run_processes = self.read_only.is_none();
        parts
    }
}

fn open_views(store: &Path, read_only: bool) -> Result<SqliteReadModels, StoreError> {
    if read_only {
        return SqliteReadModels::open_temporary();
    }
    let path = views_path(store);
    match SqliteReadModels::open(&path) {
        Err(error @ (StoreError::NewerSchema { .. } | StoreError::Damaged { .. })) => {
            tracing::warn!(path = %path.display(), %error, "the views cannot be used and are made anew");
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                // One that is not there needs no removing; one that stays makes the next line fail with its reason.
                let _ = std::fs::remove_file(PathBuf::from(name));
            }
            SqliteReadModels::open(&path)
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
