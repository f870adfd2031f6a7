//! Views beside a log that they were not derived from: a store that was replaced, or restored from an older backup.

use es_core::{EventReader, Hash, Position, ReadAll, RecordedEvent, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteReadModels;
use super::catalog::{drop_version, position, signed};
use crate::error::Fault;

impl SqliteReadModels {
    /// Ties the views to the log beside them. If they were derived from another one, they are emptied, since their
    /// checkpoints mean nothing here; returns whether that was so. To be called when a store is opened, before anybody works
    /// on the views.
    ///
    /// The newest event of the log is remembered each time; what happened to both files since the last time is noticed
    /// unless the log was cut and went on from there to beyond every checkpoint.
    ///
    /// # Errors
    /// One of the two stores fails.
    pub async fn bind(&self, log: &dyn EventReader) -> Result<bool, StoreError> {
        let (origin, furthest) = self
            .read("reading whose views these are", |connection| {
                Ok((stored_origin(connection)?, furthest_checkpoint(connection)?))
            })
            .await?;
        let (head, newest, known) = match look(log, origin).await {
            // A damaged log is for verification to report; it says nothing about whose views these are.
            Err(StoreError::Damaged { .. }) => return Ok(false),
            looked => looked?,
        };
        let derived_here = match origin {
            Some((_, hash)) => known == Some(hash),
            None => furthest == Position::ZERO,
        };
        let foreign = !derived_here || furthest > head;
        self.write("tying the views to their log", move |connection| {
            if foreign {
                empty(connection)?;
            }
            match &newest {
                Some(event) => store_origin(connection, event),
                None => Ok(()),
            }
        })
        .await?;
        if foreign {
            tracing::warn!(path = %self.path().display(), "the views belonged to another log and are made anew");
        }
        Ok(foreign)
    }
}

/// Position of the log's last event, that event, and the hash of the one at the remembered position.
async fn look(
    log: &dyn EventReader,
    origin: Option<(Position, Hash)>,
) -> Result<(Position, Option<RecordedEvent>, Option<Hash>), StoreError> {
    let newest = log.read_all(ReadAll::backward(Position::MAX, 1)).await?.events.pop();
    let remembered: Vec<Position> = origin.iter().map(|(at, _)| *at).collect();
    let mut known = log.read_positions(&remembered).await?.first().map(hash_of);
    if let (None, Some(retention)) = (known, log.retention()) {
        // The remembered event was scavenged since: its stub keeps the hash.
        known = retention.read_stubs(&remembered).await?.first().map(|stub| stub.chain_hash);
    }
    Ok((log.head().await?, newest, known))
}

/// The chain covers everything before; where there is none, the content has to do.
fn hash_of(event: &RecordedEvent) -> Hash {
    event.chain_hash.unwrap_or(event.content_hash)
}

fn stored_origin(connection: &Connection) -> Result<Option<(Position, Hash)>, Fault> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
    let found = connection.query_row("SELECT position, event_hash FROM es_origin", [], read).optional()?;
    let Some((at, hash)) = found else { return Ok(None) };
    let hash = Hash::from_slice(&hash).ok_or_else(|| Fault::Damaged("an origin's hash has not 32 bytes".to_owned()))?;
    Ok(Some((position(at), hash)))
}

fn store_origin(connection: &Connection, event: &RecordedEvent) -> Result<(), Fault> {
    let sql = "INSERT OR REPLACE INTO es_origin (only_row, position, event_hash) VALUES (1, ?, ?)";
    connection.execute(sql, params![signed(event.position.get()), hash_of(event).0.as_slice()])?;
    Ok(())
}

fn furthest_checkpoint(connection: &Connection) -> Result<Position, Fault> {
    let furthest = "SELECT coalesce(max(position), 0) FROM es_checkpoint";
    Ok(position(connection.query_row(furthest, [], |row| row.get(0))?))
}

/// Removes all that is derived from events. Whether a projection is paused is a person's decision and stays.
fn empty(connection: &Connection) -> Result<(), Fault> {
    let mut statement = connection.prepare("SELECT projection, version FROM es_checkpoint")?;
    let versions = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
    let versions: Vec<(String, u32)> = versions.collect::<Result<_, _>>()?;
    for (projection, version) in versions {
        drop_version(connection, &projection, version)?;
    }
    connection.execute_batch(
        "UPDATE es_projection SET active_version = NULL, building_version = NULL, previous_version = NULL,
           halted_at = NULL, halted_reason = NULL;
         DELETE FROM es_timer; DELETE FROM es_snapshot; DELETE FROM es_origin;",
    )?;
    Ok(())
}
