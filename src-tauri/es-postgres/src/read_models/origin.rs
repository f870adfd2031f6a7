//! Views beside a log that they were not derived from: a store that was replaced, or restored from an older backup.

use async_trait::async_trait;
use es_core::{EventReader, Hash, HostedViews, Origin, Position, StoreError, Tie, tie_views};
use sqlx::postgres::PgConnection;

use super::PostgresReadModels;
use super::catalog::{drop_version, hold_tables, position, signed, versions};
use crate::connections::{reading, writing};
use crate::error::Fault;

#[async_trait]
impl HostedViews for PostgresReadModels {
    async fn bind(&self, log: &dyn EventReader) -> Result<bool, StoreError> {
        let connections = &self.inner.connections;
        let (remembered, furthest) =
            reading!(connections, "reading whose views these are", |connection| remembered(connection))?;
        let Some(Tie { foreign, origin }) = tie_views(log, remembered, furthest).await? else { return Ok(false) };
        writing!(connections, "tying the views to their log", |connection| async {
            if foreign {
                empty(connection).await?;
            }
            match origin {
                Some(origin) => store_origin(connection, origin).await,
                None => Ok(()),
            }
        })?;
        if foreign {
            self.inner.kept.lock().clear();
            tracing::warn!(location = self.location(), "the views belonged to another log and are made anew");
        }
        Ok(foreign)
    }
}

/// What is remembered of the log, and the furthest checkpoint.
async fn remembered(connection: &mut PgConnection) -> Result<(Option<Origin>, Position), Fault> {
    let sql = "SELECT position, event_hash, (SELECT coalesce(max(position), 0) FROM es_checkpoint)
               FROM (VALUES (1)) AS one LEFT JOIN es_origin ON true";
    let found: (Option<i64>, Option<Vec<u8>>, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    let (at, hash, furthest) = found;
    let origin = match (at, hash) {
        (Some(at), Some(hash)) => {
            let damaged = || Fault::Damaged("an origin's hash has not 32 bytes".to_owned());
            Some(Origin { position: position(at), hash: Hash::from_slice(&hash).ok_or_else(damaged)? })
        }
        _ => None,
    };
    Ok((origin, position(furthest)))
}

async fn store_origin(connection: &mut PgConnection, origin: Origin) -> Result<(), Fault> {
    let sql = "INSERT INTO es_origin (only_row, position, event_hash) VALUES (1, $1, $2)
               ON CONFLICT (only_row) DO UPDATE SET position = excluded.position, event_hash = excluded.event_hash";
    let statement = sqlx::query(sql).bind(signed(origin.position.get())).bind(origin.hash.0.as_slice());
    statement.execute(connection).await?;
    Ok(())
}

/// Removes all that is derived from events. Whether a projection is paused is a person's decision and stays.
async fn empty(connection: &mut PgConnection) -> Result<(), Fault> {
    hold_tables(connection).await?;
    for (projection, version) in versions(connection, None).await? {
        drop_version(connection, &projection, version).await?;
    }
    let sql = "UPDATE es_projection SET active_version = NULL, building_version = NULL, previous_version = NULL,
                 halted_at = NULL, halted_reason = NULL;
               DELETE FROM es_timer; DELETE FROM es_snapshot; DELETE FROM es_origin";
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}
