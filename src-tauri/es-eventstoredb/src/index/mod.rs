//! What is known of the server's log: an SQLite file that can be made again at any time.
//!
//! The server finds events by position and by stream. Everything else (ids, times, types, correlation, lists, counts) is asked
//! of this index, which follows `$all` and holds a row per event without its content. See docs/adr/0028.

mod query;
mod schema;
mod search;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use es_core::{Position, StoreError};
use parking_lot::Mutex;
use rusqlite::Connection;

use crate::limits;
use crate::place::Place;

pub(crate) use query::{
    Indexed, Run, StreamRow, after, anchors, at_or_after, at_or_before, by_ids, categories, irregular_positions,
    not_hidden, position_at, runs, stream, streams,
};
pub(crate) use search::{Found, Search, can_search, search};
pub(crate) use write::{Entry, Observed, Outcome};

/// How far an index has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    /// The last place that was looked at, also of an event that is not in the index; nothing before the first.
    pub place: Option<Place>,
    /// Position of the last event in the index.
    pub head: Position,
    /// Events in the index.
    pub events: u64,
}

/// See the module.
pub(crate) struct Index {
    path: PathBuf,
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
    closed: AtomicBool,
    /// Whether there is any irregular place; most logs have none, and need not be asked.
    irregular: AtomicBool,
    /// Keeps the folder of an index that nobody gave a place.
    _folder: Option<tempfile::TempDir>,
}

/// A failure of the index in words; the index never holds anything that could be lost.
fn fault(operation: &str, error: &rusqlite::Error) -> StoreError {
    StoreError::Io { operation: format!("{operation} the local index"), reason: error.to_string() }
}

impl Index {
    /// Opens an index, or makes a new one where there is none, an older one, or something else.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn open(path: Option<&Path>, server_events: bool) -> Result<Self, StoreError> {
        let (path, folder) = match path {
            Some(path) => (path.to_owned(), None),
            None => {
                let folder = tempfile::tempdir().map_err(|error| StoreError::Io {
                    operation: "making a folder for the local index".to_owned(),
                    reason: error.to_string(),
                })?;
                (folder.path().join("index.sqlite"), Some(folder))
            }
        };
        let writer = schema::open(&path, server_events).map_err(|error| fault("opening", &error))?;
        let irregular = query::has_irregular(&writer).map_err(|error| fault("opening", &error))?;
        Ok(Self {
            path,
            writer: Mutex::new(Some(writer)),
            readers: Mutex::default(),
            closed: AtomicBool::new(false),
            irregular: AtomicBool::new(irregular),
            _folder: folder,
        })
    }

    /// Whether positions of this log may not tell their places.
    pub fn has_irregular(&self) -> bool {
        self.irregular.load(Ordering::SeqCst)
    }

    /// Lets go of the file.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        *self.writer.lock() = None;
        self.readers.lock().clear();
    }

    /// Works on the index for reading, on a thread that may wait for the disk.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let index = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            if index.closed.load(Ordering::SeqCst) {
                return Err(StoreError::Closed);
            }
            let waiting = index.readers.lock().pop();
            let reader = match waiting {
                Some(reader) => reader,
                None => schema::reader(&index.path).map_err(|error| fault("reading", &error))?,
            };
            let answer = work(&reader).map_err(|error| fault("reading", &error));
            let mut readers = index.readers.lock();
            if readers.len() < limits::INDEX_READERS && !index.closed.load(Ordering::SeqCst) {
                readers.push(reader);
            }
            answer
        });
        done.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Works on the index for writing.
    async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let index = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || match index.writer.lock().as_mut() {
            Some(writer) => work(writer).map_err(|error| fault("writing", &error)),
            None => Err(StoreError::Closed),
        });
        done.await.unwrap_or(Err(StoreError::Closed))
    }

    /// How far it has come.
    pub async fn cursor(self: &Arc<Self>) -> Result<Cursor, StoreError> {
        self.read(query::cursor).await
    }

    /// Takes what was seen behind `from`, unless another process has taken it meanwhile. Returns how far it has come then.
    pub async fn apply(self: &Arc<Self>, from: Cursor, seen: Vec<Observed>) -> Result<Outcome, StoreError> {
        let outcome = self.write(move |writer| write::apply(writer, from, &seen)).await?;
        if outcome.irregular {
            self.irregular.store(true, Ordering::SeqCst);
        }
        Ok(outcome)
    }

    /// Forgets everything: the log is another one.
    pub async fn clear(self: &Arc<Self>) -> Result<(), StoreError> {
        self.write(schema::clear).await?;
        self.irregular.store(false, Ordering::SeqCst);
        Ok(())
    }
}
