//! Identity and migrations of the views file.

use std::path::Path;
use std::time::{Duration, Instant};

use es_core::{StoreError, limits};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Fault, shown};
use crate::schema::identity;

/// Marks an SQLite file as the views of an event store (`LEDV`).
const APPLICATION_ID: u32 = 0x4C45_4456;

/// Forward-only migrations; the n-th leads to schema version n. Never edited once released, only added to.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/views/0001_views.sql"),
    include_str!("../../migrations/views/0002_origin.sql"),
    include_str!("../../migrations/views/0003_quarantine.sql"),
];

/// Statements kept prepared per connection: every table of every read model has a handful.
const CACHED_STATEMENTS: usize = 256;

const WRITING: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE).union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
const READING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Opens the writing connection: checks whose file it is before changing anything, then brings it to the newest schema.
pub(super) fn open_writer(path: &Path) -> Result<Connection, Fault> {
    let mut connection = connect(path, WRITING)?;
    check_identity(&connection, path)?;
    write_ahead(&connection)?;
    // Derived data: after a power cut the last commits may be gone, rows and checkpoint together, and are made again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens a connection that cannot write: neither the file, nor what it may hold beside it.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Fault> {
    let connection = connect(path, READING)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::WRITE_LOCK_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// The schema version found (0: a new file), or why the file cannot be used.
fn check_identity(connection: &Connection, path: &Path) -> Result<usize, Fault> {
    let found = identity(connection)?;
    if found.application_id == 0 && found.version == 0 && found.empty {
        return Ok(0);
    }
    if found.application_id != APPLICATION_ID {
        let reason = format!("its application id is {:#010x}, not that of a views file", found.application_id);
        return Err(StoreError::NotAStore { path: shown(path), reason }.into());
    }
    let supported = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found.version > supported {
        return Err(StoreError::NewerSchema { path: shown(path), found: found.version, supported }.into());
    }
    Ok(found.version as usize)
}

/// Switches to write-ahead logging. SQLite does not wait by itself for another process that does the same at this moment.
fn write_ahead(connection: &Connection) -> Result<(), Fault> {
    let started = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(_) => return Ok(()),
            Err(error) => {
                let busy =
                    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
                if !busy || started.elapsed() > limits::WRITE_LOCK_TIMEOUT {
                    return Err(error.into());
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    if check_identity(connection, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    // Looked at again under the lock: another process may have done it meanwhile.
    let done = check_identity(&transaction, path)?;
    for migration in &MIGRATIONS[done..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX))?;
    transaction.commit()?;
    Ok(())
}
