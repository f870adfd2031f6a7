//! Timers and snapshots.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{CommandDraft, Hash, Snapshot, SnapshotStore, StoreError, StreamName, StreamVersion, Timer};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::SqliteReadModels;
use super::catalog::{position, signed};
use crate::error::Fault;

fn time(micros: i64) -> Result<DateTime<Utc>, Fault> {
    let unusable = || Fault::Damaged(format!("{micros} is not a time"));
    DateTime::from_timestamp_micros(micros).ok_or_else(unusable)
}

/// Removes and then inserts timers.
pub(super) fn change_timers(connection: &Connection, set: &[Timer], clear: &[String]) -> Result<(), Fault> {
    let mut delete = connection.prepare_cached("DELETE FROM es_timer WHERE timer_id = ?")?;
    for timer_id in clear {
        delete.execute([timer_id])?;
    }
    let sql = "INSERT OR REPLACE INTO es_timer
               (timer_id, process, stream_name, due_at, command_id, command_type, payload) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let mut insert = connection.prepare_cached(sql)?;
    for timer in set {
        insert.execute(params![
            timer.timer_id,
            timer.process,
            timer.stream,
            timer.due_at.timestamp_micros(),
            timer.command.command_id.as_bytes().as_slice(),
            timer.command.command_type,
            timer.command.payload,
        ])?;
    }
    Ok(())
}

/// Timers due at or before a time, earliest first; of one process, if one is named.
pub(super) fn timers(
    connection: &Connection,
    process: Option<&str>,
    until: i64,
    limit: usize,
) -> Result<Vec<Timer>, Fault> {
    let sql = "SELECT timer_id, process, stream_name, due_at, command_id, command_type, payload
               FROM es_timer WHERE due_at <= ?1 AND (?2 IS NULL OR process = ?2) ORDER BY due_at, timer_id LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![until, process, signed(limit as u64)])?;
    let mut timers = Vec::new();
    while let Some(row) = rows.next()? {
        let command_id: Vec<u8> = row.get(4)?;
        let command_id = Uuid::from_slice(&command_id).map_err(|error| Fault::Damaged(error.to_string()))?;
        timers.push(Timer {
            timer_id: row.get(0)?,
            process: row.get(1)?,
            stream: row.get(2)?,
            due_at: time(row.get(3)?)?,
            command: CommandDraft { command_id, command_type: row.get(5)?, payload: row.get(6)? },
        });
    }
    Ok(timers)
}

const SNAPSHOT: &str = "SELECT stream_name, fingerprint, version, state, state_hash, taken_at FROM es_snapshot";

fn snapshot(row: &rusqlite::Row<'_>) -> Result<Snapshot, Fault> {
    let stream: String = row.get(0)?;
    let state: String = row.get(3)?;
    let state_hash: Vec<u8> = row.get(4)?;
    Ok(Snapshot {
        stream: StreamName::new(stream).map_err(|error| Fault::Damaged(error.to_string()))?,
        fingerprint: row.get(1)?,
        version: StreamVersion(position(row.get(2)?).get()),
        state: state.into(),
        state_hash: Hash::from_slice(&state_hash)
            .ok_or_else(|| Fault::Damaged("a snapshot's hash has not 32 bytes".to_owned()))?,
        taken_at: time(row.get(5)?)?,
    })
}

#[async_trait]
impl SnapshotStore for SqliteReadModels {
    async fn load_snapshot(&self, stream: &StreamName, fingerprint: &str) -> Result<Option<Snapshot>, StoreError> {
        let key = (stream.to_string(), fingerprint.to_owned());
        self.read("reading a snapshot", move |connection| {
            let sql = format!("{SNAPSHOT} WHERE stream_name = ? AND fingerprint = ?");
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_row([key.0, key.1], |row| Ok(snapshot(row)));
            found.optional()?.transpose()
        })
        .await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.write("saving a snapshot", move |connection| {
            let sql = "INSERT INTO es_snapshot (stream_name, fingerprint, version, state, state_hash, taken_at)
                       VALUES (?, ?, ?, ?, ?, ?)
                       ON CONFLICT (stream_name, fingerprint) DO UPDATE SET version = excluded.version,
                         state = excluded.state, state_hash = excluded.state_hash, taken_at = excluded.taken_at
                       WHERE excluded.version >= es_snapshot.version";
            connection.prepare_cached(sql)?.execute(params![
                snapshot.stream.as_str(),
                snapshot.fingerprint,
                signed(snapshot.version.get()),
                &*snapshot.state,
                snapshot.state_hash.0.as_slice(),
                snapshot.taken_at.timestamp_micros(),
            ])?;
            Ok(())
        })
        .await
    }

    async fn snapshots_after(
        &self,
        after: Option<(StreamName, String)>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        self.read("reading snapshots", move |connection| {
            let filter = if after.is_some() { " WHERE (stream_name, fingerprint) > (?2, ?3)" } else { "" };
            let sql = format!("{SNAPSHOT}{filter} ORDER BY stream_name, fingerprint LIMIT ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = signed(limit as u64);
            let mut rows = match &after {
                Some((stream, fingerprint)) => statement.query(params![limit, stream.as_str(), fingerprint])?,
                None => statement.query([limit])?,
            };
            let mut snapshots = Vec::new();
            while let Some(row) = rows.next()? {
                snapshots.push(snapshot(row)?);
            }
            Ok(snapshots)
        })
        .await
    }

    async fn count_snapshots(&self) -> Result<u64, StoreError> {
        self.read("counting snapshots", |connection| {
            let count: i64 = connection.query_row("SELECT count(*) FROM es_snapshot", [], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    async fn delete_snapshots_of(&self, stream: &StreamName) -> Result<u64, StoreError> {
        let stream = stream.clone();
        self.write("deleting snapshots", move |connection| {
            Ok(connection.execute("DELETE FROM es_snapshot WHERE stream_name = ?", [stream.as_str()])? as u64)
        })
        .await
    }

    async fn delete_snapshots(&self) -> Result<u64, StoreError> {
        self.write("deleting snapshots", |connection| Ok(connection.execute("DELETE FROM es_snapshot", [])? as u64))
            .await
    }
}
