//! Read models, checkpoints, timers and snapshots in their own SQLite file, beside the events.
//!
//! Everything in the file is derived: deleting it costs a rebuild and nothing else. Several processes may use it at once;
//! the compare-and-set of checkpoints decides whose work counts.

mod catalog;
mod origin;
mod rows;
mod schema;
mod side;
mod sql;
mod store;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{StoreError, limits};
use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Fault, of_file, of_sqlite};

/// Connections for queries that are kept open between queries.
const IDLE_READERS: usize = 4;

/// The read-model store of an SQLite event store.
#[derive(Clone)]
pub struct SqliteReadModels {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// Dropped after the connections, since fields are dropped in order.
    _folder: Option<tempfile::TempDir>,
}

impl SqliteReadModels {
    /// Opens a views file, creating it if it is missing. Blocks for as long as opening takes.
    ///
    /// # Errors
    /// The file is something else ([`StoreError::NotAStore`]), damaged, from a newer version, or cannot be written. Since it
    /// holds derived data only, the caller may delete it and open again.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_in(path.as_ref(), None)
    }

    /// Opens an empty views file that is deleted with the last handle; for stores that must not be written beside.
    ///
    /// # Errors
    /// The system's folder for temporary files cannot be written.
    pub fn open_temporary() -> Result<Self, StoreError> {
        let folder = tempfile::Builder::new().prefix("ledgerscope-views-").tempdir();
        let folder = folder.map_err(|error| of_file(&std::env::temp_dir(), "creating a folder in", &error))?;
        let path = folder.path().join("views");
        Self::open_in(&path, Some(folder))
    }

    fn open_in(path: &Path, folder: Option<tempfile::TempDir>) -> Result<Self, StoreError> {
        let opened = schema::open_writer(path);
        let writer =
            opened.map_err(|fault| fault.into_store_error(path, "opening the views", limits::WRITE_LOCK_TIMEOUT))?;
        let inner = Inner {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            _folder: folder,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where the views stand.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs a writing transaction on a thread that may block.
    async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        off_thread(operation, move || {
            let done = inner.transact::<_, Fault>(operation, work);
            done.map_err(|fault| fault.into_store_error(&inner.path, operation, limits::WRITE_LOCK_TIMEOUT))
        })
        .await?
    }

    /// Runs reads that all see the same moment, on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        off_thread(operation, move || {
            let done = inner.look(work);
            done.map_err(|fault| fault.into_store_error(&inner.path, operation, limits::WRITE_LOCK_TIMEOUT))
        })
        .await?
    }
}

impl Inner {
    fn transact<T, E: From<StoreError>>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let failed =
            |error: rusqlite::Error| E::from(of_sqlite(&self.path, operation, limits::WRITE_LOCK_TIMEOUT, &error));
        let writer = self.writer.lock();
        let transaction = Transaction::new_unchecked(&writer, TransactionBehavior::Immediate).map_err(failed)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }

    fn look<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = self.readers.lock().pop();
        let reader = idle.map_or_else(|| schema::open_reader(&self.path), Ok)?;
        let transaction = Transaction::new_unchecked(&reader, TransactionBehavior::Deferred)?;
        let done = work(&transaction)?;
        drop(transaction);
        let mut readers = self.readers.lock();
        if readers.len() < IDLE_READERS {
            readers.push(reader);
        }
        Ok(done)
    }
}

async fn off_thread<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| {
        if error.is_cancelled() {
            return StoreError::Closed;
        }
        StoreError::Io { operation: operation.to_owned(), reason: "its thread panicked".to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_write_through_a_connection_that_answers_queries_fails() {
        let views = SqliteReadModels::open_temporary().expect("the views open");
        views
            .write("writing", |connection| Ok(connection.execute_batch("CREATE TABLE t (a)")?))
            .await
            .expect("written");
        for sql in ["CREATE TABLE u (a)", "INSERT INTO t VALUES (1)", "DELETE FROM es_timer", "DROP TABLE t"] {
            let written = views.read("reading", move |connection| Ok(connection.execute_batch(sql)?)).await;
            let error = written.expect_err("a query connection cannot write");
            assert!(matches!(error, StoreError::ReadOnly { .. }), "{sql}: {error:?}");
            // Not even if somebody takes the first bolt away: the file itself is open for reading only.
            let sql = format!("PRAGMA query_only = 0; {sql}");
            let written = views.read("reading", move |connection| Ok(connection.execute_batch(&sql)?)).await;
            assert!(matches!(written, Err(StoreError::ReadOnly { .. })), "{written:?}");
        }
        let rows = views.read("reading", |connection| {
            Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0))?)
        });
        assert_eq!(rows.await, Ok(0), "the table is there, without rows");
    }
}
