//! Timers and snapshots.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{CommandDraft, Hash, Snapshot, SnapshotStore, StoreError, StreamName, StreamVersion, Timer};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::catalog::{position, signed};
use super::cells::original;
use super::{PostgresReadModels, stating, text};
use crate::connections::reading;
use crate::error::Fault;

/// Removes and then inserts timers.
pub(super) async fn change_timers(connection: &mut PgConnection, set: &[Timer], clear: &[String]) -> Result<(), Fault> {
    if !clear.is_empty() {
        let clear: Vec<_> = clear.iter().map(|id| text::stored(id)).collect();
        let sql = "DELETE FROM es_timer WHERE timer_id = ANY($1)";
        sqlx::query(sql).bind(clear).execute(&mut *connection).await?;
    }
    // One statement cannot write a row twice: of two timers with one id the last one counts.
    let set: BTreeMap<&str, &Timer> = set.iter().map(|timer| (timer.timer_id.as_str(), timer)).collect();
    if set.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO es_timer (timer_id, process, stream_name, due_at, command_id, command_type, payload)
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[])
               ON CONFLICT (timer_id) DO UPDATE SET process = excluded.process, stream_name = excluded.stream_name,
                 due_at = excluded.due_at, command_id = excluded.command_id, command_type = excluded.command_type,
                 payload = excluded.payload";
    let texts = |of: fn(&Timer) -> &str| set.values().map(|timer| text::stored(of(timer))).collect::<Vec<_>>();
    sqlx::query(sql)
        .bind(texts(|timer| &timer.timer_id))
        .bind(texts(|timer| &timer.process))
        .bind(texts(|timer| &timer.stream))
        .bind(set.values().map(|timer| timer.due_at).collect::<Vec<_>>())
        .bind(set.values().map(|timer| timer.command.command_id).collect::<Vec<_>>())
        .bind(texts(|timer| &timer.command.command_type))
        .bind(texts(|timer| &timer.command.payload))
        .execute(connection)
        .await?;
    Ok(())
}

/// Timers due at or before a time, earliest first; of one process, if one is named.
pub(super) async fn timers(
    connection: &mut PgConnection,
    process: Option<&str>,
    until: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<Timer>, Fault> {
    let of = if process.is_some() { "AND process = $3" } else { "" };
    let sql = format!(
        "SELECT timer_id, process, stream_name, due_at, command_id, command_type, payload
         FROM es_timer WHERE due_at <= $1 {of} ORDER BY due_at, timer_id LIMIT $2"
    );
    let mut statement = sqlx::query(AssertSqlSafe(sql)).bind(until).bind(signed(limit as u64));
    if let Some(process) = process {
        statement = statement.bind(text::stored(process));
    }
    statement.fetch_all(connection).await?.iter().map(read_timer).collect()
}

fn read_timer(row: &PgRow) -> Result<Timer, Fault> {
    let text = |column: &str| original(row.try_get(column)?);
    let command_id: Uuid = row.try_get("command_id")?;
    Ok(Timer {
        timer_id: text("timer_id")?,
        process: text("process")?,
        stream: text("stream_name")?,
        due_at: row.try_get("due_at")?,
        command: CommandDraft { command_id, command_type: text("command_type")?, payload: text("payload")? },
    })
}

const SNAPSHOT: &str = "SELECT stream_name, fingerprint, version, state, state_hash, taken_at FROM es_snapshot";

fn read_snapshot(row: &PgRow) -> Result<Snapshot, Fault> {
    let stream: String = row.try_get("stream_name")?;
    Ok(Snapshot {
        stream: StreamName::new(stream).map_err(|error| Fault::Damaged(error.to_string()))?,
        fingerprint: original(row.try_get("fingerprint")?)?,
        version: StreamVersion(position(row.try_get("version")?).get()),
        state: original(row.try_get("state")?)?.into(),
        state_hash: Hash::from_slice(row.try_get("state_hash")?)
            .ok_or_else(|| Fault::Damaged("a snapshot's hash has not 32 bytes".to_owned()))?,
        taken_at: row.try_get("taken_at")?,
    })
}

#[async_trait]
impl SnapshotStore for PostgresReadModels {
    async fn load_snapshot(&self, stream: &StreamName, fingerprint: &str) -> Result<Option<Snapshot>, StoreError> {
        let sql = format!("{SNAPSHOT} WHERE stream_name = $1 AND fingerprint = $2");
        reading!(&self.inner.connections, "reading a snapshot", |connection| async {
            let statement = sqlx::query(AssertSqlSafe(sql.as_str())).bind(stream.as_str());
            let found = statement.bind(text::stored(fingerprint)).fetch_optional(connection).await?;
            found.as_ref().map(read_snapshot).transpose()
        })
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let sql = "INSERT INTO es_snapshot AS stored (stream_name, fingerprint, version, state, state_hash, taken_at)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (stream_name, fingerprint) DO UPDATE SET version = excluded.version,
                     state = excluded.state, state_hash = excluded.state_hash, taken_at = excluded.taken_at
                   WHERE excluded.version >= stored.version";
        stating!(self, "saving a snapshot", |connection| async {
            let statement = sqlx::query(sql).bind(snapshot.stream.as_str()).bind(text::stored(&snapshot.fingerprint));
            let statement = statement.bind(signed(snapshot.version.get())).bind(text::stored(&snapshot.state));
            statement.bind(snapshot.state_hash.0.as_slice()).bind(snapshot.taken_at).execute(connection).await?;
            Ok(())
        })
    }

    async fn snapshots_after(
        &self,
        after: Option<(StreamName, String)>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        let filter = if after.is_some() { " WHERE (stream_name, fingerprint) > ($2, $3)" } else { "" };
        let sql = format!("{SNAPSHOT}{filter} ORDER BY stream_name, fingerprint LIMIT $1");
        reading!(&self.inner.connections, "reading snapshots", |connection| async {
            let mut statement = sqlx::query(AssertSqlSafe(sql.as_str())).bind(signed(limit as u64));
            if let Some((stream, fingerprint)) = &after {
                statement = statement.bind(stream.as_str()).bind(text::stored(fingerprint));
            }
            statement.fetch_all(connection).await?.iter().map(read_snapshot).collect()
        })
    }

    async fn count_snapshots(&self) -> Result<u64, StoreError> {
        reading!(&self.inner.connections, "counting snapshots", |connection| async {
            let count: i64 = sqlx::query_scalar("SELECT count(*) FROM es_snapshot").fetch_one(connection).await?;
            Ok(count.unsigned_abs())
        })
    }

    async fn delete_snapshots_of(&self, stream: &StreamName) -> Result<u64, StoreError> {
        stating!(self, "deleting snapshots", |connection| async {
            let sql = "DELETE FROM es_snapshot WHERE stream_name = $1";
            Ok(sqlx::query(sql).bind(stream.as_str()).execute(connection).await?.rows_affected())
        })
    }

    async fn delete_snapshots(&self) -> Result<u64, StoreError> {
        stating!(self, "deleting snapshots", |connection| async {
            Ok(sqlx::query("DELETE FROM es_snapshot").execute(connection).await?.rows_affected())
        })
    }
}
