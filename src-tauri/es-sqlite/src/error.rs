//! The one place where errors of SQLite and of the file system become errors of the store.

use std::path::Path;
use std::time::Duration;

use es_core::StoreError;
use rusqlite::ErrorCode;

/// What went wrong inside a database step, before it is worded for people.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// The stored data contradicts itself or the schema.
    Damaged(String),
    /// Already an error of the store.
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// The error as callers see it. `operation` completes the sentence "… failed".
    pub(crate) fn into_store_error(self, path: &Path, operation: &str, waited: Duration) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Damaged(reason) => StoreError::Damaged { path: shown(path), reason },
            Self::Sql(error) => of_sqlite(path, operation, waited, &error),
        }
    }
}

/// A path as text for people.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Maps an error of SQLite.
pub(crate) fn of_sqlite(path: &Path, operation: &str, waited: Duration, error: &rusqlite::Error) -> StoreError {
    let path = shown(path);
    let reason = error.to_string();
    let code = match error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.code,
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::QueryReturnedNoRows => return StoreError::Damaged { path, reason },
        _ => return StoreError::Io { operation: operation.to_owned(), reason },
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            StoreError::Locked { path, waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX) }
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly { path, reason },
        ErrorCode::DiskFull => StoreError::DiskFull { path },
        ErrorCode::DatabaseCorrupt | ErrorCode::ConstraintViolation | ErrorCode::SchemaChanged => {
            StoreError::Damaged { path, reason }
        }
        ErrorCode::NotADatabase => StoreError::NotAStore { path, reason },
        ErrorCode::OperationInterrupted => StoreError::Cancelled,
        _ => StoreError::Io { operation: operation.to_owned(), reason },
    }
}

/// Maps an error of the file system.
pub(crate) fn of_file(path: &Path, operation: &str, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::NotFound => StoreError::NotFound { path: shown(path) },
        std::io::ErrorKind::StorageFull => StoreError::DiskFull { path: shown(path) },
        _ => StoreError::Io { operation: format!("{operation} {}", shown(path)), reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_sqlite_failure_has_its_own_error() {
        let map = |code: i32| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            of_sqlite(Path::new("x.db"), "a test", Duration::from_millis(7), &error).code()
        };
        use rusqlite::ffi;
        for (code, expected) in [
            (ffi::SQLITE_BUSY, "store_locked"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "store_locked"),
            (ffi::SQLITE_LOCKED, "store_locked"),
            (ffi::SQLITE_READONLY, "read_only"),
            (ffi::SQLITE_READONLY_DBMOVED, "read_only"),
            (ffi::SQLITE_FULL, "disk_full"),
            (ffi::SQLITE_CORRUPT, "store_damaged"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, "store_damaged"),
            (ffi::SQLITE_NOTADB, "not_a_store"),
            (ffi::SQLITE_INTERRUPT, "cancelled"),
            (ffi::SQLITE_IOERR_FSYNC, "io"),
        ] {
            assert_eq!(map(code), expected, "SQLite result code {code}");
        }
    }
}
