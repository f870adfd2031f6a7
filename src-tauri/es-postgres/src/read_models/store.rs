//! The read-model store's interface on PostgreSQL.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{
    Cell, Checkpoint, Position, ProjectionError, ProjectionTables, QuarantinedStream, ReadModelCommit, ReadModelStore,
    Row, RowPage, RowQuery, RowSource, StoreError, Table, Timer, limits,
};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::cells::{bound, select};
use super::{PostgresReadModels, catalog, looking, side, sql, stating, text};
use crate::connections::{reading, writing};
use crate::error::Fault;

/// How often a query is asked anew because the version that it was about was dropped meanwhile.
const QUERY_ATTEMPTS: u32 = 4;

#[async_trait]
impl RowSource for PostgresReadModels {
    async fn query(&self, projection: &'static str, query: RowQuery) -> Result<RowPage, StoreError> {
        let mut attempts = 1;
        loop {
            let answer = looking!(self, "querying a read model", |connection| answer(connection, projection, &query));
            match answer {
                // What is dropped is gone at once, even for those who read as of an earlier moment.
                Err(StoreError::MissingSchema { .. }) if attempts < QUERY_ATTEMPTS => attempts += 1,
                answer => return answer,
            }
        }
    }
}

async fn answer(connection: &mut PgConnection, projection: &str, query: &RowQuery) -> Result<RowPage, Fault> {
    let Some(version) = catalog::projection(connection, projection).await?.active_version else {
        let what = "queries of a read model that has not been built yet";
        return Err(StoreError::Unsupported { what }.into());
    };
    catalog::check_table(connection, Some(projection), version, query.table).await?;
    let sql = sql::QuerySql::of(query, version)?;
    let limit = query.limit.min(limits::QUERY_ROWS);
    let page = [catalog::signed(limit as u64), catalog::signed(query.offset)];
    let rows = select(connection, sql.page, query.table, (&sql.values, &page)).await?;
    if rows.len() < limit && (query.offset == 0 || !rows.is_empty()) {
        // The last page tells how many there are.
        let total = query.offset + rows.len() as u64;
        return Ok(RowPage { rows, total });
    }
    let count = bound(sqlx::query(AssertSqlSafe(sql.count)), &sql.values).fetch_one(connection).await?;
    let total: i64 = sqlx::Row::try_get(&count, 0)?;
    Ok(RowPage { rows, total: total.unsigned_abs() })
}

#[async_trait]
impl ReadModelStore for PostgresReadModels {
    async fn prepare(
        &self,
        projection: &'static str,
        version: u32,
        tables: &'static [&'static Table],
    ) -> Result<(), StoreError> {
        for table in tables {
            table.check()?;
            sql::check_names(table, version)?;
        }
        writing!(&self.inner.connections, "preparing a read model", |connection| async {
            catalog::hold_tables(connection).await?;
            for table in tables {
                catalog::create_table(connection, projection, version, table).await?;
            }
            catalog::create_checkpoint(connection, projection, version).await
        })
    }

    async fn acquire(
        &self,
        name: &str,
        version: u32,
        owner: &str,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint, StoreError> {
        stating!(self, "taking a lease", |connection| catalog::acquire(connection, (name, version), owner, now))
    }

    async fn release(&self, checkpoint: &Checkpoint, owner: &str) -> Result<(), StoreError> {
        stating!(self, "giving back a lease", |connection| catalog::release(connection, checkpoint, owner))
    }

    async fn checkpoint(&self, name: &str, version: u32) -> Result<Option<Checkpoint>, StoreError> {
        reading!(&self.inner.connections, "reading a checkpoint", |connection| catalog::checkpoint(
            connection, name, version
        ))
    }

    async fn commit(&self, commit: ReadModelCommit) -> Result<Checkpoint, ProjectionError> {
        self.commit_rows(commit).await
    }

    async fn move_checkpoint(&self, from: &Checkpoint, to: Position) -> Result<Checkpoint, StoreError> {
        stating!(self, "moving a checkpoint", |connection| catalog::move_checkpoint(connection, from, to))
    }

    async fn projection(&self, name: &str) -> Result<ProjectionTables, StoreError> {
        reading!(&self.inner.connections, "reading a projection's state", |connection| catalog::projection(
            connection, name
        ))
    }

    async fn set_building(&self, name: &str, version: Option<u32>) -> Result<(), StoreError> {
        let sql = "INSERT INTO es_projection (name, building_version) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET building_version = excluded.building_version";
        stating!(self, "changing a projection's state", |connection| async {
            sqlx::query(sql).bind(name).bind(version.map(i64::from)).execute(connection).await?;
            Ok(())
        })
    }

    async fn quarantined(&self, name: &str, version: u32) -> Result<Vec<QuarantinedStream>, StoreError> {
        reading!(&self.inner.connections, "reading a quarantine", |connection| catalog::quarantined(
            connection, name, version
        ))
    }

    async fn activate(&self, name: &str, version: u32) -> Result<(), StoreError> {
        self.forget_rows(name);
        writing!(&self.inner.connections, "activating a read model", |connection| async {
            catalog::hold_tables(connection).await?;
            catalog::prepared(connection, name, version).await?;
            let gone = catalog::change_projection(connection, name, |tables| Ok(tables.switch_to(version))).await?;
            match gone {
                Some(gone) => catalog::drop_version(connection, name, gone).await,
                None => Ok(()),
            }
        })
    }

    async fn discard(&self, name: &str, version: u32, _: &'static [&'static Table]) -> Result<(), StoreError> {
        self.forget_rows(name);
        writing!(&self.inner.connections, "discarding a read model", |connection| async {
            catalog::hold_tables(connection).await?;
            catalog::change_projection(connection, name, |tables| tables.forget(name, version)).await?;
            catalog::drop_version(connection, name, version).await
        })
    }

    async fn reset(&self, name: &str) -> Result<(), StoreError> {
        self.forget_rows(name);
        writing!(&self.inner.connections, "resetting a read model", |connection| async {
            catalog::hold_tables(connection).await?;
            for (_, version) in catalog::versions(connection, Some(name)).await? {
                catalog::drop_version(connection, name, version).await?;
            }
            catalog::change_projection(connection, name, |tables| {
                *tables = ProjectionTables { paused: tables.paused, ..ProjectionTables::default() };
                Ok(())
            })
            .await
        })
    }

    async fn set_halted(&self, name: &str, halted: Option<(Position, String)>) -> Result<(), StoreError> {
        let sql = "INSERT INTO es_projection (name, halted_at, halted_reason) VALUES ($1, $2, $3)
                   ON CONFLICT (name) DO UPDATE SET halted_at = excluded.halted_at, halted_reason = excluded.halted_reason";
        let (at, reason) = halted.map(|(at, reason)| (catalog::signed(at.get()), reason)).unzip();
        stating!(self, "changing a projection's state", |connection| async {
            let statement = sqlx::query(sql).bind(name).bind(at).bind(reason.as_deref().map(text::stored));
            statement.execute(connection).await?;
            Ok(())
        })
    }

    async fn set_paused(&self, name: &str, paused: bool) -> Result<(), StoreError> {
        let sql = "INSERT INTO es_projection (name, paused) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET paused = excluded.paused";
        stating!(self, "changing a projection's state", |connection| async {
            sqlx::query(sql).bind(name).bind(paused).execute(connection).await?;
            Ok(())
        })
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
        looking!(self, "scanning a read model", |connection| async {
            catalog::check_table(connection, None, version, table).await?;
            let sql = sql::scan(table, version, after.is_some());
            let limit = [catalog::signed(limit.min(limits::QUERY_ROWS) as u64)];
            select(connection, sql, table, (after.as_deref().unwrap_or_default(), &limit)).await
        })
    }

    async fn change_timers(&self, set: Vec<Timer>, clear: Vec<String>) -> Result<(), StoreError> {
        writing!(&self.inner.connections, "changing timers", |connection| side::change_timers(connection, &set, &clear))
    }

    async fn due_timers(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        reading!(&self.inner.connections, "reading due timers", |connection| side::timers(connection, None, now, limit))
    }

    async fn due_timers_of(&self, process: &str, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        reading!(&self.inner.connections, "reading due timers", |connection| side::timers(
            connection,
            Some(process),
            now,
            limit
        ))
    }

    async fn timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError> {
        reading!(&self.inner.connections, "reading timers", |connection| side::timers(
            connection,
            None,
            DateTime::<Utc>::MAX_UTC,
            limit
        ))
    }
}
