//! The tables of the index.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

/// Raised with every change of the tables; an index of another version is made anew.
const VERSION: i64 = 2;
/// Marks the file as an index of this kind.
const APPLICATION_ID: i64 = 0x4c53_4549;

const TABLES: &str = "
CREATE TABLE state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    commit_offset INTEGER,
    prepare_offset INTEGER,
    events INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    server_events INTEGER NOT NULL
) STRICT;
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL,
    system INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    last_position INTEGER NOT NULL DEFAULT 0,
    closed_at INTEGER,
    hidden_before INTEGER,
    max_count INTEGER,
    max_age INTEGER
) STRICT;
CREATE INDEX stream_by_category ON stream (category) WHERE events > 0;
CREATE INDEX stream_by_change ON stream (last_position) WHERE events > 0;
CREATE TABLE event_type (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE actor (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    version INTEGER NOT NULL,
    type INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    late INTEGER NOT NULL,
    correlation_id BLOB,
    actor INTEGER,
    content_hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_by_id ON event (event_id);
CREATE INDEX event_by_stream ON event (stream, position);
CREATE INDEX event_by_type ON event (type, position);
CREATE INDEX event_by_correlation ON event (correlation_id, position) WHERE correlation_id IS NOT NULL;
CREATE TABLE irregular (
    position INTEGER PRIMARY KEY,
    commit_offset INTEGER NOT NULL,
    prepare_offset INTEGER NOT NULL
) STRICT;
CREATE INDEX irregular_by_place ON irregular (commit_offset, prepare_offset);
";

/// Opens the file for writing; one that is no index of this version, or of another choice of events, is made anew.
pub(super) fn open(path: &Path, server_events: bool) -> rusqlite::Result<Connection> {
    match prepared(path, server_events) {
        Ok(connection) => Ok(connection),
        // Damaged, or not even a database: nothing in it is worth keeping.
        Err(_) if path.exists() => {
            remove(path);
            prepared(path, server_events)
        }
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        // What is not there need not be removed; what cannot be removed is found when the file is opened.
        let _ = std::fs::remove_file(name);
    }
}

fn prepared(path: &Path, server_events: bool) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    tune(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        fresh_state(&transaction, server_events)?;
    } else if (version, application) != (VERSION, APPLICATION_ID) {
        return Err(rusqlite::Error::InvalidQuery);
    }
    let chosen: Option<bool> =
        transaction.query_row("SELECT server_events FROM state", [], |row| row.get(0)).optional()?;
    if chosen != Some(server_events) {
        empty(&transaction)?;
        fresh_state(&transaction, server_events)?;
    }
    transaction.commit()?;
    Ok(connection)
}

fn tune(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    // What a power cut takes is read again from the server.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn fresh_state(connection: &Connection, server_events: bool) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO state (only, events, latest, server_events) VALUES (1, 0, ?1, ?2)";
    connection.execute(sql, params![i64::MIN, server_events]).map(|_| ())
}

fn empty(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM event; DELETE FROM stream; DELETE FROM event_type; DELETE FROM actor; DELETE FROM irregular;",
    )
}

/// Forgets everything.
pub(super) fn clear(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let server_events: bool = transaction.query_row("SELECT server_events FROM state", [], |row| row.get(0))?;
    empty(&transaction)?;
    fresh_state(&transaction, server_events)?;
    transaction.commit()
}

/// Opens the file for reading.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    tune(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
