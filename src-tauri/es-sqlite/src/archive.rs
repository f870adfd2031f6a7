//! The archive: an SQLite file beside the store with the scavenged events, byte for byte. It is written before anything is
//! removed from the store, and synced; otherwise it is only looked at.

use std::path::{Path, PathBuf};

use es_core::hash::expected_content_hash;
use es_core::{EventStub, Position, RecordedEvent, StoreError};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::{Fault, shown};
use crate::open::{OpenOptions, harden, side_file};
use crate::rows::{Decoder, column, event_columns};
use crate::schema::{Identity, identity};

/// Marks an SQLite file as an archive of this program (`LEDA`).
const APPLICATION_ID: u32 = 0x4C45_4441;
const SCHEMA: &str = include_str!("../migrations/archive/0001_archive.sql");
const SCHEMA_VERSION: u32 = 1;
/// Size of a database page: as the store's, since the rows are the same.
const PAGE_BYTES: i64 = 4096;

/// The archive of a store.
pub(crate) fn archive_path(store: &Path) -> PathBuf {
    side_file(store, ".archive")
}

/// An open archive.
pub(crate) struct Archive {
    path: PathBuf,
    connection: Connection,
}

impl Archive {
    /// Opens for writing; creates the file if it is missing.
    pub fn open_for_writing(store: &Path, options: &OpenOptions) -> Result<Self, Fault> {
        let archive = Self::connect(store, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, options)?;
        let set = |name: &str, value: i64| archive.connection.pragma_update(None, name, value);
        // EXTRA: a rollback journal's removal is synced, too, so that a commit outlives a power cut.
        set("synchronous", 3)?;
        set("fullfsync", 1)?;
        let found = identity(&archive.connection)?;
        if found.empty && found.version == 0 && found.application_id == 0 {
            set("page_size", PAGE_BYTES)?;
            let transaction = archive.begin()?;
            // Another process may have been faster.
            if identity(&transaction)?.empty {
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            transaction.commit()?;
        }
        archive.recognise(identity(&archive.connection)?)?;
        Ok(archive)
    }

    /// Opens for looking. Nothing if there is no archive.
    pub fn open_for_reading(store: &Path, options: &OpenOptions) -> Result<Option<Self>, Fault> {
        let path = archive_path(store);
        if !path.exists() {
            return Ok(None);
        }
        // What a process left that died while it wrote is undone by the next one that may write.
        let unfinished = !options.read_only && side_file(&path, "-journal").exists();
        let access = if unfinished { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let archive = Self::connect(store, access, options)?;
        let found = identity(&archive.connection)?;
        if found.empty && found.application_id == 0 {
            // Its creation was interrupted; the next scavenge goes on with it.
            return Ok(None);
        }
        archive.recognise(found)?;
        archive.connection.pragma_update(None, "query_only", 1)?;
        Ok(Some(archive))
    }

    fn connect(store: &Path, access: OpenFlags, options: &OpenOptions) -> Result<Self, Fault> {
        let path = archive_path(store);
        let connection = Connection::open_with_flags(&path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(options.lock_timeout)?;
        harden(&connection)?;
        Ok(Self { path, connection })
    }

    fn recognise(&self, found: Identity) -> Result<(), Fault> {
        let path = shown(&self.path);
        if found.application_id != APPLICATION_ID {
            let reason = "it should be the archive of the store beside it, and is something else".to_owned();
            return Err(StoreError::NotAStore { path, reason }.into());
        }
        if found.version > SCHEMA_VERSION {
            let (found, supported) = (found.version, SCHEMA_VERSION);
            return Err(StoreError::NewerSchema { path, found, supported }.into());
        }
        Ok(())
    }

    fn begin(&self) -> Result<Transaction<'_>, Fault> {
        Ok(Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?)
    }

    /// For people.
    pub fn name(&self) -> String {
        shown(&self.path)
    }

    /// Its rows, for walking over them.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Fails unless the archive's newest event is one of the store's: a store that was replaced must not be mixed with the
    /// archive of another one.
    pub fn check_belongs_to(&self, store: &Connection) -> Result<(), Fault> {
        let newest: Option<(i64, Vec<u8>)> = self
            .connection
            .query_row("SELECT position, chain_hash FROM es_event ORDER BY position DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((position, hash)) = newest else { return Ok(()) };
        let known: Option<Vec<u8>> = store
            .query_row(
                "SELECT chain_hash FROM es_event WHERE position = ?1 \
                 UNION ALL SELECT chain_hash FROM es_stub WHERE position = ?1",
                [position],
                |row| row.get(0),
            )
            .optional()?;
        if known.as_ref() == Some(&hash) {
            return Ok(());
        }
        let reason =
            format!("its event at position {position} is not the store's; it seems to be the archive of another store");
        Err(StoreError::NotAStore { path: self.name(), reason }.into())
    }

    /// Writes events; one that is there already, from a run that was interrupted, must be the same. `copied` is told before
    /// the commit. Durable when this returns.
    pub fn keep(&self, events: &[RecordedEvent], copied: impl FnOnce()) -> Result<(), Fault> {
        let transaction = self.begin()?;
        {
            let mut insert = transaction.prepare_cached(concat!(
                "INSERT OR IGNORE INTO es_event (",
                event_columns!(),
                ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"
            ))?;
            for event in events {
                if insert_event(&mut insert, event)? == 0 && self.event(event.position)?.as_ref() != Some(event) {
                    let position = event.position;
                    return Err(Fault::Damaged(format!(
                        "the archive {} holds another event at position {position}, or this one elsewhere; \
                         nothing was removed",
                        self.name()
                    )));
                }
            }
        }
        copied();
        transaction.commit()?;
        Ok(())
    }

    /// The event at a position.
    pub fn event(&self, position: Position) -> Result<Option<RecordedEvent>, Fault> {
        let mut statement = self.connection.prepare_cached(concat!(
            "SELECT ",
            event_columns!(),
            " FROM es_event WHERE position = ?1"
        ))?;
        let mut rows = statement.query([column(position.get())])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Decoder::default().event(row)??))
    }

    /// The event of a stub, if the archive has it.
    pub fn event_of(&self, stub: &EventStub) -> Result<Option<RecordedEvent>, Fault> {
        let Some(event) = self.event(stub.position)? else { return Ok(None) };
        match difference(&event, stub) {
            None => Ok(Some(event)),
            Some(what) => Err(Fault::Damaged(format!(
                "{what} of the archived event at position {} is not what its stub says; verify the archive {}",
                stub.position,
                self.name()
            ))),
        }
    }
}

/// What of an archived event differs from its stub, or from its own hash.
pub(crate) fn difference(event: &RecordedEvent, stub: &EventStub) -> Option<&'static str> {
    if expected_content_hash(event) != stub.content_hash {
        return Some("the content");
    }
    match EventStub::of(event) {
        Some(own) if own == *stub => None,
        _ => Some("the stream, version, id, time or a hash"),
    }
}

fn insert_event(statement: &mut rusqlite::CachedStatement<'_>, event: &RecordedEvent) -> rusqlite::Result<usize> {
    statement.execute(params![
        column(event.position.get()),
        event.stream.as_str(),
        column(event.version.get()),
        event.event_id.as_bytes(),
        event.event_type,
        event.schema_version,
        ToSqlOutput::Borrowed(ValueRef::Text(event.payload.as_bytes())),
        event.metadata,
        event.correlation_id.as_ref().map(|id| id.as_bytes().as_slice()),
        event.causation_id.as_ref().map(|id| id.as_bytes().as_slice()),
        event.recorded_at.timestamp_micros(),
        event.content_hash.0.as_slice(),
        event.chain_hash.as_ref().map(|hash| hash.0.as_slice()),
    ])
}

/// Whether an archive cannot be looked at for a reason that passes, or that is not the store's concern (it may lie on another
/// disk): then a lookup by id answers as if it were not there.
pub(crate) fn is_out_of_reach(fault: &Fault) -> bool {
    let Fault::Sql(error) = fault else { return false };
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::DatabaseBusy | ErrorCode::ReadOnly))
}
