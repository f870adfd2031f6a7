//! Statements on checkpoints and on the state of projections, inside a transaction of the caller.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    Checkpoint, Position, ProjectionTables, QuarantineChange, QuarantinedStream, StoreError, StreamName, Table, limits,
    physical_name,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::sql;
use crate::error::Fault;

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn position(number: i64) -> Position {
    Position(u64::try_from(number).unwrap_or(0))
}

fn misfit(name: &str, reason: String) -> Fault {
    StoreError::Misfit { table: name.to_owned(), reason }.into()
}

/// The stored checkpoint of a version.
pub(super) fn checkpoint(connection: &Connection, name: &str, version: u32) -> Result<Option<Checkpoint>, Fault> {
    let sql = "SELECT position, owner_epoch FROM es_checkpoint WHERE projection = ? AND version = ?";
    let found = connection.prepare_cached(sql)?.query_row(params![name, version], |row| {
        Ok(Checkpoint {
            name: name.to_owned(),
            version,
            position: position(row.get(0)?),
            owner_epoch: position(row.get(1)?).get(),
        })
    });
    Ok(found.optional()?)
}

/// The stored checkpoint of a version that must have been prepared.
pub(super) fn prepared(connection: &Connection, name: &str, version: u32) -> Result<Checkpoint, Fault> {
    let found = checkpoint(connection, name, version)?;
    found.ok_or_else(|| misfit(name, format!("version {version} was never prepared")))
}

/// Makes sure that there is a checkpoint.
pub(super) fn create_checkpoint(connection: &Connection, name: &str, version: u32) -> Result<(), Fault> {
    let sql = "INSERT INTO es_checkpoint (projection, version) VALUES (?, ?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![name, version])?;
    Ok(())
}

/// Moves a checkpoint if it is still the stored one.
pub(super) fn move_checkpoint(connection: &Connection, from: &Checkpoint, to: Position) -> Result<Checkpoint, Fault> {
    let sql = "UPDATE es_checkpoint SET position = ?5
               WHERE projection = ?1 AND version = ?2 AND position = ?3 AND owner_epoch = ?4";
    let (at, epoch) = (signed(from.position.get()), signed(from.owner_epoch));
    let moved =
        connection.prepare_cached(sql)?.execute(params![from.name, from.version, at, epoch, signed(to.get())])?;
    if moved == 1 {
        return Ok(Checkpoint { position: to, ..from.clone() });
    }
    let found = prepared(connection, &from.name, from.version)?.owner_epoch;
    Err(StoreError::Fenced { what: from.name.clone(), found, ours: from.owner_epoch }.into())
}

/// Takes or renews the lease of a checkpoint.
pub(super) fn acquire(
    connection: &Connection,
    (name, version): (&str, u32),
    owner: &str,
    now: DateTime<Utc>,
) -> Result<Checkpoint, Fault> {
    create_checkpoint(connection, name, version)?;
    let expires_at = now + TimeDelta::from_std(limits::LEASE_TTL).unwrap_or(TimeDelta::MAX);
    let sql = "UPDATE es_checkpoint
               SET owner_epoch = owner_epoch + (owner IS NOT ?3), owner = ?3, lease_expires_at = ?5
               WHERE projection = ?1 AND version = ?2 AND (owner IS ?3 OR owner IS NULL OR lease_expires_at <= ?4)";
    let times = (now.timestamp_micros(), expires_at.timestamp_micros());
    let taken = connection.prepare_cached(sql)?.execute(params![name, version, owner, times.0, times.1])?;
    let stored = prepared(connection, name, version)?;
    if taken == 1 {
        return Ok(stored);
    }
    Err(StoreError::Fenced { what: name.to_owned(), found: stored.owner_epoch, ours: 0 }.into())
}

/// Gives the lease back if it is still the owner's.
pub(super) fn release(connection: &Connection, checkpoint: &Checkpoint, owner: &str) -> Result<(), Fault> {
    let sql = "UPDATE es_checkpoint SET owner = NULL, lease_expires_at = NULL
               WHERE projection = ? AND version = ? AND owner = ? AND owner_epoch = ?";
    let epoch = signed(checkpoint.owner_epoch);
    connection.prepare_cached(sql)?.execute(params![checkpoint.name, checkpoint.version, owner, epoch])?;
    Ok(())
}

/// State of a projection; the default if nothing is stored.
pub(super) fn projection(connection: &Connection, name: &str) -> Result<ProjectionTables, Fault> {
    let sql = "SELECT active_version, building_version, previous_version, paused, halted_at, halted_reason
               FROM es_projection WHERE name = ?";
    let found = connection.prepare_cached(sql)?.query_row([name], |row| {
        let halted_at: Option<i64> = row.get(4)?;
        let halted_reason: Option<String> = row.get(5)?;
        Ok(ProjectionTables {
            active_version: row.get(0)?,
            building_version: row.get(1)?,
            previous_version: row.get(2)?,
            paused: row.get(3)?,
            halted: halted_at.map(|at| (position(at), halted_reason.unwrap_or_default())),
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Reads, changes and stores the state of a projection.
pub(super) fn change_projection<T>(
    connection: &Connection,
    name: &str,
    change: impl FnOnce(&mut ProjectionTables) -> Result<T, StoreError>,
) -> Result<T, Fault> {
    let mut tables = projection(connection, name)?;
    let answer = change(&mut tables)?;
    let sql = "INSERT OR REPLACE INTO es_projection
               (name, active_version, building_version, previous_version, paused, halted_at, halted_reason)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let (halted_at, halted_reason) = match &tables.halted {
        Some((at, reason)) => (Some(signed(at.get())), Some(reason)),
        None => (None, None),
    };
    connection.prepare_cached(sql)?.execute(params![
        name,
        tables.active_version,
        tables.building_version,
        tables.previous_version,
        tables.paused,
        halted_at,
        halted_reason
    ])?;
    Ok(answer)
}

/// Creates a table of a version unless it is there.
pub(super) fn create_table(
    connection: &Connection,
    projection: &str,
    version: u32,
    table: &Table,
) -> Result<(), Fault> {
    let declaration = sql::declaration(table, version);
    match owner(connection, table, version)? {
        None => {
            connection.execute_batch(&declaration)?;
            let sql = "INSERT INTO es_projection_table (table_name, version, projection, declaration)
                       VALUES (?, ?, ?, ?)";
            connection.execute(sql, params![table.name, version, projection, declaration])?;
            Ok(())
        }
        Some(found) if found == (projection.to_owned(), declaration) => Ok(()),
        Some((other, _)) if other != projection => {
            Err(misfit(table.name, format!("the table of version {version} belongs to {other}")))
        }
        Some(_) => Err(misfit(table.name, format!("version {version} was declared otherwise; raise the version"))),
    }
}

/// Projection and declaration of a physical table.
fn owner(connection: &Connection, table: &Table, version: u32) -> Result<Option<(String, String)>, Fault> {
    let sql = "SELECT projection, declaration FROM es_projection_table WHERE table_name = ? AND version = ?";
    let found =
        connection.prepare_cached(sql)?.query_row(params![table.name, version], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

/// Checks that a version's table exists, and belongs to `projection` if that is given.
pub(super) fn check_table(
    connection: &Connection,
    projection: Option<&str>,
    version: u32,
    table: &Table,
) -> Result<(), Fault> {
    match owner(connection, table, version)? {
        Some((found, _)) if projection.is_none_or(|wanted| wanted == found) => Ok(()),
        _ => Err(table.misfit("the table was not declared").into()),
    }
}

/// Drops tables, checkpoint and quarantine of a version.
pub(super) fn drop_version(connection: &Connection, projection: &str, version: u32) -> Result<(), Fault> {
    let sql = "SELECT table_name FROM es_projection_table WHERE projection = ? AND version = ?";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map(params![projection, version], |row| row.get::<_, String>(0))?;
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    for name in names {
        connection.execute_batch(&format!("DROP TABLE IF EXISTS \"{}\"", physical_name(&name, version)))?;
    }
    for table in ["es_projection_table", "es_checkpoint", "es_quarantine"] {
        let sql = format!("DELETE FROM {table} WHERE projection = ? AND version = ?");
        connection.execute(&sql, params![projection, version])?;
    }
    Ok(())
}

/// All versions that have a checkpoint or tables.
pub(super) fn versions(connection: &Connection, projection: &str) -> Result<Vec<u32>, Fault> {
    let sql = "SELECT version FROM es_checkpoint WHERE projection = ?1
               UNION SELECT version FROM es_projection_table WHERE projection = ?1";
    let mut statement = connection.prepare(sql)?;
    let versions = statement.query_map([projection], |row| row.get(0))?;
    Ok(versions.collect::<Result<_, _>>()?)
}

/// Streams that a version has set aside, by name.
pub(super) fn quarantined(
    connection: &Connection,
    projection: &str,
    version: u32,
) -> Result<Vec<QuarantinedStream>, Fault> {
    let sql = "SELECT stream_name, position, event_type, reason FROM es_quarantine
               WHERE projection = ? AND version = ? ORDER BY stream_name";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![projection, version])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let stream: String = row.get(0)?;
        let stream = StreamName::new(&stream).map_err(|error| Fault::Damaged(error.to_string()))?;
        let (event_type, reason) = (row.get(2)?, row.get(3)?);
        found.push(QuarantinedStream { stream, position: position(row.get(1)?), event_type, reason });
    }
    Ok(found)
}

/// Sets streams of a version aside and releases others.
pub(super) fn change_quarantine(
    connection: &Connection,
    of: &Checkpoint,
    changes: &[QuarantineChange],
) -> Result<(), Fault> {
    let put = "INSERT OR REPLACE INTO es_quarantine (projection, version, stream_name, position, event_type, reason)
               VALUES (?, ?, ?, ?, ?, ?)";
    let delete = "DELETE FROM es_quarantine WHERE projection = ? AND version = ? AND stream_name = ?";
    for change in changes {
        match change {
            QuarantineChange::SetAside(QuarantinedStream { stream, position, event_type, reason }) => {
                let (stream, position) = (stream.as_str(), signed(position.get()));
                let values = params![of.name, of.version, stream, position, event_type, reason];
                connection.prepare_cached(put)?.execute(values)?;
            }
            QuarantineChange::Release(stream) => {
                connection.prepare_cached(delete)?.execute(params![of.name, of.version, stream.as_str()])?;
            }
        }
    }
    Ok(())
}
