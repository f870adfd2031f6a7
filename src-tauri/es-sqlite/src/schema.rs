//! The schema of the event file: its identity, its version, and the migrations that lead to it.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::Fault;
use crate::rows::column;

/// Marks an SQLite file as an event store of this program (`LEDG`).
pub(crate) const APPLICATION_ID: u32 = 0x4C45_4447;

/// Forward-only migrations; the n-th leads to schema version n. Never edited once released, only added to.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_events.sql"),
    include_str!("../migrations/0002_retention.sql"),
    include_str!("../migrations/0003_subject_keys.sql"),
];

/// The schema version that this program writes.
#[allow(clippy::cast_possible_truncation)]
pub(crate) const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// What the database says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Whose file it is; 0 if nobody said.
    pub application_id: u32,
    /// Its schema version; 0 if nobody said.
    pub version: u32,
    /// Whether it has no tables at all.
    pub empty: bool,
}

/// Reads the identity, in one statement so that another process cannot create the tables in between. SQLite shows both
/// numbers as signed.
pub(crate) fn identity(connection: &Connection) -> Result<Identity, Fault> {
    let sql = "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), \
               (SELECT count(*) FROM sqlite_schema)";
    let (application_id, version, tables) = connection
        .query_row(sql, [], |row| Ok((row.get::<_, i32>(0)?, row.get::<_, i32>(1)?, row.get::<_, i64>(2)?)))?;
    Ok(Identity {
        application_id: application_id.cast_unsigned(),
        version: version.cast_unsigned(),
        empty: tables == 0,
    })
}

/// Brings the file to the newest version, in one transaction; nothing happens if it is there already. Several processes may
/// do this at once: the first does it, the others find it done.
pub(crate) fn migrate(connection: &Connection, migrations: &[&str]) -> Result<(), Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Exclusive)?;
    let found = identity(&transaction)?;
    let done = found.version as usize;
    if done < migrations.len() {
        if found.application_id != APPLICATION_ID && !found.empty {
            return Err(Fault::Damaged("another program wrote to the file while it was being created".to_owned()));
        }
        for migration in &migrations[done..] {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", column(migrations.len() as u64))?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &str = "ALTER TABLE es_stream ADD COLUMN colour TEXT; UPDATE es_stream SET colour = 'blue';";

    fn stream_rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM es_stream", [], |row| row.get(0)).expect("a count")
    }

    #[test]
    fn a_fresh_file_gets_the_newest_schema_and_our_mark() {
        let connection = Connection::open_in_memory().expect("memory");
        migrate(&connection, MIGRATIONS).expect("migrates");
        let found = identity(&connection).expect("readable");
        assert_eq!(found, Identity { application_id: APPLICATION_ID, version: SCHEMA_VERSION, empty: false });
        migrate(&connection, MIGRATIONS).expect("a second run changes nothing");
        assert_eq!(identity(&connection).expect("readable"), found);
    }

    #[test]
    fn every_released_version_migrates_forward_and_keeps_its_rows() {
        for released in 1..=MIGRATIONS.len() {
            let connection = Connection::open_in_memory().expect("memory");
            migrate(&connection, &MIGRATIONS[..released]).expect("the old version");
            connection
                .execute(
                    "INSERT INTO es_stream (stream_name, category, version, last_position) VALUES ('a-1','a',1,1)",
                    [],
                )
                .expect("a row");
            let mut future = MIGRATIONS.to_vec();
            future.push(NEXT);
            migrate(&connection, &future).expect("the new version");
            assert_eq!(identity(&connection).expect("readable").version as usize, future.len());
            assert_eq!(stream_rows(&connection), 1, "rows of version {released} are kept");
        }
    }

    #[test]
    fn a_failing_migration_leaves_the_former_version() {
        let connection = Connection::open_in_memory().expect("memory");
        migrate(&connection, MIGRATIONS).expect("migrates");
        let mut future = MIGRATIONS.to_vec();
        future.push("DROP TABLE es_stream; SELECT * FROM nowhere;");
        migrate(&connection, &future).expect_err("the second statement fails");
        assert_eq!(identity(&connection).expect("readable").version, SCHEMA_VERSION);
        assert_eq!(stream_rows(&connection), 0, "the table is still there");
    }

    #[test]
    fn stored_events_refuse_update_and_delete() {
        let connection = Connection::open_in_memory().expect("memory");
        migrate(&connection, MIGRATIONS).expect("migrates");
        let insert = "INSERT INTO es_event VALUES (1,'a-1',1,zeroblob(16),'T',1,'{}','{}',NULL,NULL,0,zeroblob(32),zeroblob(32))";
        connection.execute(insert, []).expect("an insert");
        for forbidden in ["UPDATE es_event SET payload = '[]'", "DELETE FROM es_event"] {
            let error = connection.execute(forbidden, []).expect_err("refused");
            assert!(error.to_string().contains("append-only"), "{forbidden}: {error}");
        }
    }
}
