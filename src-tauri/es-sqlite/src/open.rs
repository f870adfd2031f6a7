//! Opening: recognising the file before touching it, creating it, and the settings of each connection.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{Clock, MasterKey, StoreError, SystemClock, limits};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Fault, of_file, shown};
use crate::rows::column;
use crate::schema::{APPLICATION_ID, Identity, MIGRATIONS, SCHEMA_VERSION, identity, migrate};

/// How a store is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// Create the store if the file is missing or has no bytes.
    pub create: bool,
    /// Never write, not even to bring an older schema up to date.
    pub read_only: bool,
    /// Tells the time that appended events carry.
    pub clock: Arc<dyn Clock>,
    /// Whether appends of this process wake its own followers at once. Without it they find new events by polling, as they
    /// find those of other processes; tests turn it off to show that nothing depends on it.
    pub wake_ups: bool,
    /// Largest size of the file in bytes; a store that would grow beyond it answers as on a full disk.
    pub max_bytes: Option<u64>,
    /// How long a write waits for another process that holds the write lock.
    pub lock_timeout: Duration,
    /// Wraps the keys of sealed personal data that are made from now on, and opens those that were wrapped.
    pub master_key: Option<MasterKey>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            create: false,
            read_only: false,
            clock: Arc::new(SystemClock),
            wake_ups: true,
            max_bytes: None,
            lock_timeout: limits::WRITE_LOCK_TIMEOUT,
            master_key: None,
        }
    }
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions")
            .field("create", &self.create)
            .field("read_only", &self.read_only)
            .field("wake_ups", &self.wake_ups)
            .field("max_bytes", &self.max_bytes)
            .field("lock_timeout", &self.lock_timeout)
            .finish_non_exhaustive()
    }
}

/// Size of a database page, fixed when the file is created.
const PAGE_BYTES: u64 = 4096;
/// Page cache of the writer: random event ids touch the whole id index, so its upper part should stay in memory.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
/// Page cache of each reader.
const READER_CACHE_KIB: i64 = 8 * 1024;
/// Prepared statements kept per connection: all that the store uses, and room for filter combinations.
const CACHED_STATEMENTS: usize = 64;
/// The write-ahead log is cut back to this size after a checkpoint.
const KEPT_WAL_BYTES: i64 = 64 * 1024 * 1024;
/// Backstop if the lane's own checkpoints fall behind, in pages.
const AUTO_CHECKPOINT_PAGES: i64 = 16 * 1024;

/// How a connection reaches the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The append lane's.
    Write,
    /// A reader's.
    Read,
    /// A reader's, of a file that nobody can write (its folder allows no lock files).
    Immutable,
}

/// A file that has been recognised and made ready.
pub(crate) struct Opened {
    /// How readers connect.
    pub reading: Access,
    /// The lane's connection, or why there is none.
    pub writer: Result<Connection, String>,
}

/// Recognises, creates and migrates; see [`crate::SqliteEventStore::open`].
pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, StoreError> {
    let started = Instant::now();
    let mapped = |fault: Fault| fault.into_store_error(path, "opening the store", started.elapsed());
    let may_create = options.create && !options.read_only;
    let refusal = match inspect(path, may_create)? {
        Found::Nothing => None,
        Found::Ours { permits_writing } => {
            check(path, options).map_err(mapped)?;
            (!permits_writing).then_some("the file is write-protected")
        }
    };
    if let Some(reason) = options.read_only.then_some("it was opened for reading only").or(refusal) {
        let reading = reading(path, options).map_err(mapped)?;
        return Ok(Opened { reading, writer: Err(reason.to_owned()) });
    }
    let writer = open_writer(path, options, may_create).map_err(mapped)?;
    Ok(Opened { reading: Access::Read, writer: Ok(writer) })
}

enum Found {
    /// No file, or one without bytes, and it may be created.
    Nothing,
    /// A file with our mark and a version that is not newer than ours.
    Ours { permits_writing: bool },
}

/// Looks at the file's first bytes without SQLite, because SQLite would already recover, lock or create side files.
fn inspect(path: &Path, may_create: bool) -> Result<Found, StoreError> {
    let not_a_store = |reason: String| StoreError::NotAStore { path: shown(path), reason };
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_create => return Ok(Found::Nothing),
        Err(error) => return Err(of_file(path, "looking at", &error)),
    };
    if !meta.is_file() {
        return Err(not_a_store("it is a folder or a device, not a file".to_owned()));
    }
    if meta.len() == 0 && !side_file(path, "-wal").exists() {
        return if may_create { Ok(Found::Nothing) } else { Err(not_a_store("the file is empty".to_owned())) };
    }
    let mut header = [0_u8; 100];
    let read = fs::File::open(path).and_then(|mut file| read_up_to(&mut file, &mut header));
    let read = read.map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => not_a_store("the file may not be read".to_owned()),
        _ => of_file(path, "reading", &error),
    })?;
    if may_create && header == [0; 100] && side_file(path, "-journal").exists() {
        // Another process is creating the store this moment and has not written the first page yet.
        return Ok(Found::Nothing);
    }
    if read < header.len() || !header.starts_with(b"SQLite format 3\0") {
        return Err(not_a_store("it is not an SQLite database".to_owned()));
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (version, application_id) = (number(60), number(68));
    if application_id != APPLICATION_ID {
        let whose = format!("it is a database of another program (application id {application_id:#010x})");
        return Err(not_a_store(whose));
    }
    refuse_newer(path, version)?;
    Ok(Found::Ours { permits_writing: !meta.permissions().readonly() && can_open_for_writing(path) })
}

fn read_up_to(file: &mut fs::File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn can_open_for_writing(path: &Path) -> bool {
    fs::OpenOptions::new().append(true).open(path).is_ok()
}

fn refuse_newer(path: &Path, version: u32) -> Result<(), StoreError> {
    if version > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { path: shown(path), found: version, supported: SCHEMA_VERSION });
    }
    Ok(())
}

/// The file that SQLite keeps beside the database.
pub(crate) fn side_file(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

/// Checks a file that exists, without changing it or leaving anything beside it.
fn check(path: &Path, options: &OpenOptions) -> Result<(), Fault> {
    if side_file(path, "-journal").exists() {
        // A program died while it created or upgraded the store; only a writer can undo that, and does so first.
        return Ok(());
    }
    // With a write-ahead log its newer pages count, too. Without one the file is complete and nobody is writing it, and a
    // plain look needs no lock file.
    let access = if side_file(path, "-wal").exists() { Access::Read } else { Access::Immutable };
    let connection = connect(path, access, options)?;
    let found = identity(&connection)?;
    recognised(path, found)?;
    check_tables(&connection, found.version)?;
    if found.version == SCHEMA_VERSION {
        return Ok(());
    }
    if options.read_only {
        let reason = format!("its schema version {} must first be brought to {SCHEMA_VERSION}", found.version);
        return Err(StoreError::ReadOnly { path: shown(path), reason }.into());
    }
    Ok(())
}

fn open_writer(path: &Path, options: &OpenOptions, may_create: bool) -> Result<Connection, Fault> {
    let connection = connect(path, Access::Write, options)?;
    let found = identity(&connection)?;
    if found.empty && found.version == 0 {
        if !may_create {
            return Err(StoreError::NotAStore { path: shown(path), reason: "the file is empty".to_owned() }.into());
        }
        connection.pragma_update(None, "page_size", column(PAGE_BYTES))?;
    } else {
        recognised(path, found)?;
    }
    if found.version < SCHEMA_VERSION {
        // Needs the write lock; a store that is up to date opens also while another process writes.
        migrate(&connection, MIGRATIONS)?;
        check_tables(&connection, SCHEMA_VERSION)?;
    }
    use_write_ahead_log(&connection, options.lock_timeout)?;
    Ok(connection)
}

/// How readers of a file that this process does not write can connect.
fn reading(path: &Path, options: &OpenOptions) -> Result<Access, Fault> {
    let attempt = |access: Access| identity(&connect(path, access, options)?);
    match attempt(Access::Read) {
        Ok(_) => Ok(Access::Read),
        // A folder without write permission has no room for the lock file that a shared reader needs.
        Err(Fault::Sql(error))
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
                && !side_file(path, "-wal").exists() =>
        {
            attempt(Access::Immutable).map(|_| Access::Immutable)
        }
        Err(fault) => Err(fault),
    }
}

fn recognised(path: &Path, found: Identity) -> Result<(), Fault> {
    if found.application_id != APPLICATION_ID {
        let reason = format!("it is a database of another program (application id {:#010x})", found.application_id);
        return Err(StoreError::NotAStore { path: shown(path), reason }.into());
    }
    refuse_newer(path, found.version)?;
    Ok(())
}

/// A statement for every table, with the schema version from which it is there.
const TABLES: [(u32, &str); 6] = [
    (1, "SELECT position, chain_hash, recorded_at FROM es_log_head"),
    (1, "SELECT stream_name, category, version, truncated_before, closed_at, last_position FROM es_stream"),
    (
        1,
        concat!(
            "SELECT position, stream_name, stream_version, event_id, event_type, schema_version, payload, metadata, ",
            "correlation_id, causation_id, recorded_at, content_hash, chain_hash FROM es_event"
        ),
    ),
    (2, "SELECT position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash FROM es_stub"),
    (2, "SELECT one FROM es_scavenge"),
    (3, "SELECT subject, key, wrapped FROM es_subject_key"),
];

/// Compiles a statement against every table of a version, so that a file with our mark and other tables is refused at once.
fn check_tables(connection: &Connection, version: u32) -> Result<(), Fault> {
    for (_, sql) in TABLES.iter().filter(|(since, _)| *since <= version) {
        if let Err(error) = connection.prepare(sql) {
            return match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::Unknown) => Err(Fault::Damaged(format!("its tables are not ours: {error}"))),
                _ => Err(error.into()),
            };
        }
    }
    Ok(())
}

/// Switching the journal needs the file for itself for a moment, and SQLite does not wait for it by itself.
fn use_write_ahead_log(connection: &Connection, patience: Duration) -> Result<(), Fault> {
    let started = Instant::now();
    loop {
        let switched = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match switched {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(mode) => {
                return Err(Fault::Damaged(format!("the file system allows no write-ahead log (journal mode {mode})")));
            }
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && started.elapsed() < patience =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Opens a connection with its settings. Reads and writes nothing by itself.
pub(crate) fn connect(path: &Path, access: Access, options: &OpenOptions) -> Result<Connection, Fault> {
    let connection = match access {
        Access::Write => {
            let create = if options.create { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
            Connection::open_with_flags(
                path,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create,
            )?
        }
        Access::Read => {
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?
        }
        Access::Immutable => Connection::open_with_flags(
            immutable_uri(path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
        )?,
    };
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.busy_timeout(options.lock_timeout)?;
    harden(&connection)?;
    let set = |name: &str, value: i64| connection.pragma_update(None, name, value);
    match access {
        Access::Write => {
            // FULL: an acknowledged append has been synced. The two others matter on macOS only, where fsync is not enough.
            set("synchronous", 2)?;
            set("fullfsync", 1)?;
            set("checkpoint_fullfsync", 1)?;
            set("cache_size", -WRITER_CACHE_KIB)?;
            set("wal_autocheckpoint", AUTO_CHECKPOINT_PAGES)?;
            set("journal_size_limit", KEPT_WAL_BYTES)?;
            if let Some(max) = options.max_bytes {
                set("max_page_count", i64::try_from((max / PAGE_BYTES).max(1)).unwrap_or(i64::MAX))?;
            }
        }
        Access::Read | Access::Immutable => {
            set("query_only", 1)?;
            set("cache_size", -READER_CACHE_KIB)?;
        }
    }
    Ok(connection)
}

/// The file may come from anywhere: nothing stored in it may run more than plain SQL or touch SQLite's own tables.
pub(crate) fn harden(connection: &Connection) -> Result<(), Fault> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Plans depend on the statements alone. Otherwise SQLite prepares a statement anew whenever other values are bound to it,
    // which costs as much as reading a hundred events.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "temp_store", 2)?;
    connection.pragma_update(None, "cell_size_check", 1)?;
    Ok(())
}

fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}
