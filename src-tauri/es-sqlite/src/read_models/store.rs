//! The read-model store's interface on SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{
    Cell, Checkpoint, Position, ProjectionError, ProjectionTables, QuarantinedStream, ReadModelCommit, ReadModelStore,
    Row, RowPage, RowQuery, RowSource, StoreError, Table, Timer, limits, run_work,
};
use rusqlite::params_from_iter;

use super::rows::{SqliteRows, bound, select};
use super::{SqliteReadModels, catalog, off_thread, side, sql};

#[async_trait]
impl RowSource for SqliteReadModels {
    async fn query(&self, projection: &'static str, query: RowQuery) -> Result<RowPage, StoreError> {
        self.read("querying a read model", move |connection| {
            let Some(version) = catalog::projection(connection, projection)?.active_version else {
                let what = "queries of a read model that has not been built yet";
                return Err(StoreError::Unsupported { what }.into());
            };
            catalog::check_table(connection, Some(projection), version, query.table)?;
            let sql = sql::QuerySql::of(&query, version)?;
            let mut count = connection.prepare_cached(&sql.count)?;
            let total: i64 = count.query_row(params_from_iter(bound(&sql.values)), |row| row.get(0))?;
            let limit = i64::try_from(query.limit.min(limits::QUERY_ROWS)).unwrap_or(i64::MAX);
            let page = [limit, catalog::signed(query.offset)];
            let rows = select(connection, &sql.page, &sql.values, &page, query.table.columns.len())?;
            Ok(RowPage { rows, total: u64::try_from(total).unwrap_or(0) })
        })
        .await
    }
}

#[async_trait]
impl ReadModelStore for SqliteReadModels {
    async fn prepare(
        &self,
        projection: &'static str,
        version: u32,
        tables: &'static [&'static Table],
    ) -> Result<(), StoreError> {
        tables.iter().try_for_each(|table| table.check())?;
        self.write("preparing a read model", move |connection| {
            for table in tables {
                catalog::create_table(connection, projection, version, table)?;
            }
            catalog::create_checkpoint(connection, projection, version)
        })
        .await
    }

    async fn acquire(
        &self,
        name: &str,
        version: u32,
        owner: &str,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint, StoreError> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write("taking a lease", move |connection| catalog::acquire(connection, (&name, version), &owner, now))
            .await
    }

    async fn release(&self, checkpoint: &Checkpoint, owner: &str) -> Result<(), StoreError> {
        let (checkpoint, owner) = (checkpoint.clone(), owner.to_owned());
        self.write("giving back a lease", move |connection| catalog::release(connection, &checkpoint, &owner)).await
    }

    async fn checkpoint(&self, name: &str, version: u32) -> Result<Option<Checkpoint>, StoreError> {
        let name = name.to_owned();
        self.read("reading a checkpoint", move |connection| catalog::checkpoint(connection, &name, version)).await
    }

    async fn commit(&self, commit: ReadModelCommit) -> Result<Checkpoint, ProjectionError> {
        const OPERATION: &str = "writing read-model rows";
        let inner = Arc::clone(&self.inner);
        off_thread(OPERATION, move || {
            inner.transact::<_, ProjectionError>(OPERATION, |connection| {
                let ReadModelCommit { tables, from, to, quarantine, work, .. } = commit;
                let failed = |fault: crate::error::Fault| {
                    fault.into_store_error(&inner.path, OPERATION, limits::WRITE_LOCK_TIMEOUT)
                };
                let moved = catalog::move_checkpoint(connection, &from, to).map_err(failed)?;
                for table in tables {
                    catalog::check_table(connection, Some(&from.name), from.version, table).map_err(failed)?;
                }
                run_work(work, &mut SqliteRows::new(connection, &inner.path, tables, from.version))?;
                catalog::change_quarantine(connection, &from, &quarantine).map_err(failed)?;
                Ok(moved)
            })
        })
        .await?
    }

    async fn move_checkpoint(&self, from: &Checkpoint, to: Position) -> Result<Checkpoint, StoreError> {
        let from = from.clone();
        self.write("moving a checkpoint", move |connection| catalog::move_checkpoint(connection, &from, to)).await
    }

    async fn projection(&self, name: &str) -> Result<ProjectionTables, StoreError> {
        let name = name.to_owned();
        self.read("reading a projection's state", move |connection| catalog::projection(connection, &name)).await
    }

    async fn set_building(&self, name: &str, version: Option<u32>) -> Result<(), StoreError> {
        let change = move |tables: &mut ProjectionTables| tables.building_version = version;
        self.change(name, change).await
    }

    async fn quarantined(&self, name: &str, version: u32) -> Result<Vec<QuarantinedStream>, StoreError> {
        let name = name.to_owned();
        self.read("reading a quarantine", move |connection| catalog::quarantined(connection, &name, version)).await
    }

    async fn activate(&self, name: &str, version: u32) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("activating a read model", move |connection| {
            catalog::prepared(connection, &name, version)?;
            let gone = catalog::change_projection(connection, &name, |tables| Ok(tables.switch_to(version)))?;
            gone.map_or(Ok(()), |gone| catalog::drop_version(connection, &name, gone))
        })
        .await
    }

    async fn discard(&self, name: &str, version: u32, _: &'static [&'static Table]) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("discarding a read model", move |connection| {
            catalog::change_projection(connection, &name, |tables| tables.forget(&name, version))?;
            catalog::drop_version(connection, &name, version)
        })
        .await
    }

    async fn reset(&self, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("resetting a read model", move |connection| {
            for version in catalog::versions(connection, &name)? {
                catalog::drop_version(connection, &name, version)?;
            }
            catalog::change_projection(connection, &name, |tables| {
                *tables = ProjectionTables { paused: tables.paused, ..ProjectionTables::default() };
                Ok(())
            })
        })
        .await
    }

    async fn set_halted(&self, name: &str, halted: Option<(Position, String)>) -> Result<(), StoreError> {
        self.change(name, move |tables| tables.halted = halted).await
    }

    async fn set_paused(&self, name: &str, paused: bool) -> Result<(), StoreError> {
        self.change(name, move |tables| tables.paused = paused).await
    }

    async fn scan(
        &self,
        table: &'static Table,
        version: u32,
        after: Option<Vec<Cell>>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if let Some(key) = &after {
            table.check_key(key)?;
        }
        self.read("scanning a read model", move |connection| {
            catalog::check_table(connection, None, version, table)?;
            let sql = sql::scan(table, version, after.is_some());
            let limit = i64::try_from(limit.min(limits::QUERY_ROWS)).unwrap_or(i64::MAX);
            select(connection, &sql, &after.unwrap_or_default(), &[limit], table.columns.len())
        })
        .await
    }

    async fn change_timers(&self, set: Vec<Timer>, clear: Vec<String>) -> Result<(), StoreError> {
        self.write("changing timers", move |connection| side::change_timers(connection, &set, &clear)).await
    }

    async fn due_timers(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        self.read("reading due timers", move |connection| side::timers(connection, None, now.timestamp_micros(), limit))
            .await
    }

    async fn due_timers_of(&self, process: &str, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let (process, now) = (process.to_owned(), now.timestamp_micros());
        self.read("reading due timers", move |connection| side::timers(connection, Some(&process), now, limit)).await
    }

    async fn timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError> {
        self.read("reading timers", move |connection| side::timers(connection, None, i64::MAX, limit)).await
    }
}

impl SqliteReadModels {
    async fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut ProjectionTables) + Send + 'static,
    ) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("changing a projection's state", move |connection| {
            catalog::change_projection(connection, &name, |tables| {
                change(tables);
                Ok(())
            })
        })
        .await
    }
}
