//! Views beside a log that they were not derived from: a store that was replaced, or restored from an older backup.

use es_core::{EventReader, Hash, Origin, Position, StoreError, Tie, tie_views};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteReadModels;
use super::catalog::{drop_version, position, signed};
use crate::error::Fault;

impl SqliteReadModels {
    /// Ties the views to the log beside them, as [`es_core::HostedViews::bind`] says. The newest event of the log is remembered
    /// each time.
    ///
    /// # Errors
    /// One of the two stores fails.
    pub async fn bind(&self, log: &dyn EventReader) -> Result<bool, StoreError> {
        let (remembered, furthest) = self
            .read("reading whose views these are", |connection| {
                Ok((stored_origin(connection)?, furthest_checkpoint(connection)?))
            })
            .await?;
        let Some(Tie { foreign, origin }) = tie_views(log, remembered, furthest).await? else { return Ok(false) };
        self.write("tying the views to their log", move |connection| {
            if foreign {
                empty(connection)?;
            }
            origin.map_or(Ok(()), |origin| store_origin(connection, origin))
        })
        .await?;
        if foreign {
            tracing::warn!(path = %self.path().display(), "the views belonged to another log and are made anew");
        }
        Ok(foreign)
    }
}

fn stored_origin(connection: &Connection) -> Result<Option<Origin>, Fault> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
    let found = connection.query_row("SELECT position, event_hash FROM es_origin", [], read).optional()?;
    let Some((at, hash)) = found else { return Ok(None) };
    let hash = Hash::from_slice(&hash).ok_or_else(|| Fault::Damaged("an origin's hash has not 32 bytes".to_owned()))?;
    Ok(Some(Origin { position: position(at), hash }))
}

fn store_origin(connection: &Connection, origin: Origin) -> Result<(), Fault> {
    let sql = "INSERT OR REPLACE INTO es_origin (only_row, position, event_hash) VALUES (1, ?, ?)";
    connection.execute(sql, params![signed(origin.position.get()), origin.hash.0.as_slice()])?;
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
