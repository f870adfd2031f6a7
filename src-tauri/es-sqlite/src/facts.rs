//! What a store's file is, for people who look after it.

use std::path::Path;

use es_core::StoreFact;
use rusqlite::Connection;

use crate::error::Fault;
use crate::retention::storage;
use crate::schema::{SCHEMA_VERSION, identity};

/// Reads them; the connection is one that reads.
pub(crate) fn facts(connection: &Connection, path: &Path) -> Result<Vec<StoreFact>, Fault> {
    let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    let figures = storage(connection, path)?;
    let archive = figures.archive_bytes.map_or_else(|| "there is none".to_owned(), |bytes| format!("{bytes} bytes"));
    let version = identity(connection)?.version;
    Ok(vec![
        StoreFact::new("File", path.display()),
        StoreFact::new("Size", format!("{} bytes, of which {} are free", figures.bytes, figures.free_bytes)),
        StoreFact::new("Schema version", format!("{version}; this program writes {SCHEMA_VERSION}")),
        StoreFact::new("Journal", text("PRAGMA journal_mode")?),
        StoreFact::new("SQLite", rusqlite::version()),
        StoreFact::new("Archive", archive),
    ])
}
