//! Statements on checkpoints and on the state of projections, inside a transaction of the caller unless a single statement.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    Checkpoint, Position, ProjectionTables, QuarantineChange, QuarantinedStream, StoreError, StreamName, Table, limits,
};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::cells::original;
use super::{sql, text};
use crate::error::Fault;

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn position(number: i64) -> Position {
    Position(u64::try_from(number).unwrap_or(0))
}

fn version_of(number: i64) -> Result<u32, Fault> {
    u32::try_from(number).map_err(|_| Fault::Damaged(format!("{number} is not a version")))
}

fn misfit(name: &str, reason: String) -> Fault {
    StoreError::Misfit { table: name.to_owned(), reason }.into()
}

fn never_prepared(name: &str, version: u32) -> Fault {
    misfit(name, format!("version {version} was never prepared"))
}

fn read_checkpoint(row: &PgRow, name: &str, version: u32) -> Result<Checkpoint, Fault> {
    Ok(Checkpoint {
        name: name.to_owned(),
        version,
        position: position(row.try_get("position")?),
        owner_epoch: position(row.try_get("owner_epoch")?).get(),
    })
}

/// The stored checkpoint of a version.
pub(super) async fn checkpoint(
    connection: &mut PgConnection,
    name: &str,
    version: u32,
) -> Result<Option<Checkpoint>, Fault> {
    let sql = "SELECT position, owner_epoch FROM es_checkpoint WHERE projection = $1 AND version = $2";
    let found = sqlx::query(sql).bind(name).bind(i64::from(version)).fetch_optional(connection).await?;
    found.map(|row| read_checkpoint(&row, name, version)).transpose()
}

/// The stored checkpoint of a version that must have been prepared.
pub(super) async fn prepared(connection: &mut PgConnection, name: &str, version: u32) -> Result<Checkpoint, Fault> {
    checkpoint(connection, name, version).await?.ok_or_else(|| never_prepared(name, version))
}

/// Makes sure that there is a checkpoint.
pub(super) async fn create_checkpoint(connection: &mut PgConnection, name: &str, version: u32) -> Result<(), Fault> {
    let sql = "INSERT INTO es_checkpoint (projection, version) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    sqlx::query(sql).bind(name).bind(i64::from(version)).execute(connection).await?;
    Ok(())
}

/// Holds the caller's checkpoint until the end of the transaction, if it is still the stored one, and checks that the version has
/// the caller's tables. Returns the revision of the rows.
pub(super) async fn hold_checkpoint(
    connection: &mut PgConnection,
    from: &Checkpoint,
    tables: &[&Table],
) -> Result<Option<Uuid>, Fault> {
    let sql = "SELECT position, owner_epoch, revision, ARRAY(SELECT table_name FROM es_projection_table AS declared
                 WHERE declared.projection = $1 AND declared.version = $2) AS tables
               FROM es_checkpoint WHERE projection = $1 AND version = $2 FOR UPDATE";
    let version = i64::from(from.version);
    let found = sqlx::query(sql).bind(&from.name).bind(version).fetch_optional(connection).await?;
    let row = found.ok_or_else(|| never_prepared(&from.name, from.version))?;
    let stored = read_checkpoint(&row, &from.name, from.version)?;
    if stored != *from {
        return Err(fenced(from, &stored));
    }
    let declared: Vec<String> = row.try_get("tables")?;
    match tables.iter().find(|table| !declared.iter().any(|name| name == table.name)) {
        Some(table) => Err(table.misfit("the table was not declared").into()),
        None => Ok(row.try_get("revision")?),
    }
}

fn fenced(ours: &Checkpoint, stored: &Checkpoint) -> Fault {
    let (found, epoch) = (stored.owner_epoch, ours.owner_epoch);
    StoreError::Fenced { what: ours.name.clone(), found, ours: epoch }.into()
}

/// Moves a checkpoint that is held, to rows of a new revision.
pub(super) async fn move_held(
    connection: &mut PgConnection,
    from: &Checkpoint,
    to: Position,
    revision: Uuid,
) -> Result<Checkpoint, Fault> {
    let sql = "UPDATE es_checkpoint SET position = $5, revision = $6
               WHERE projection = $1 AND version = $2 AND position = $3 AND owner_epoch = $4";
    let moved = sqlx::query(sql)
        .bind(&from.name)
        .bind(i64::from(from.version))
        .bind(signed(from.position.get()))
        .bind(signed(from.owner_epoch))
        .bind(signed(to.get()))
        .bind(revision)
        .execute(connection)
        .await?;
    if moved.rows_affected() == 1 {
        return Ok(Checkpoint { position: to, ..from.clone() });
    }
    Err(Fault::Damaged(format!("the checkpoint of {} moved while it was held", from.name)))
}

/// Moves a checkpoint that owns no rows, if it is still the stored one; by itself one transaction.
pub(super) async fn move_checkpoint(
    connection: &mut PgConnection,
    from: &Checkpoint,
    to: Position,
) -> Result<Checkpoint, Fault> {
    let sql = "UPDATE es_checkpoint SET position = $5
               WHERE projection = $1 AND version = $2 AND position = $3 AND owner_epoch = $4";
    let moved = sqlx::query(sql)
        .bind(&from.name)
        .bind(i64::from(from.version))
        .bind(signed(from.position.get()))
        .bind(signed(from.owner_epoch))
        .bind(signed(to.get()))
        .execute(&mut *connection)
        .await?;
    if moved.rows_affected() == 1 {
        return Ok(Checkpoint { position: to, ..from.clone() });
    }
    let stored = prepared(connection, &from.name, from.version).await?;
    Err(fenced(from, &stored))
}

/// Takes or renews the lease of a checkpoint, which is created if it is not there.
pub(super) async fn acquire(
    connection: &mut PgConnection,
    (name, version): (&str, u32),
    owner: &str,
    now: DateTime<Utc>,
) -> Result<Checkpoint, Fault> {
    let expires_at = TimeDelta::from_std(limits::LEASE_TTL).ok().and_then(|ttl| now.checked_add_signed(ttl));
    let sql = "INSERT INTO es_checkpoint AS stored (projection, version, owner, owner_epoch, lease_expires_at)
               VALUES ($1, $2, $3, 1, $5)
               ON CONFLICT (projection, version) DO UPDATE
               SET owner_epoch = stored.owner_epoch + (stored.owner IS DISTINCT FROM $3)::int, owner = $3,
                 lease_expires_at = $5
               WHERE stored.owner = $3 OR stored.owner IS NULL OR stored.lease_expires_at <= $4
               RETURNING position, owner_epoch";
    let taken = sqlx::query(sql)
        .bind(name)
        .bind(i64::from(version))
        .bind(owner)
        .bind(now)
        .bind(expires_at.unwrap_or(DateTime::<Utc>::MAX_UTC))
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = taken {
        return read_checkpoint(&row, name, version);
    }
    let stored = prepared(connection, name, version).await?;
    Err(StoreError::Fenced { what: name.to_owned(), found: stored.owner_epoch, ours: 0 }.into())
}

/// Gives the lease back if it is still the owner's.
pub(super) async fn release(connection: &mut PgConnection, checkpoint: &Checkpoint, owner: &str) -> Result<(), Fault> {
    let sql = "UPDATE es_checkpoint SET owner = NULL, lease_expires_at = NULL
               WHERE projection = $1 AND version = $2 AND owner = $3 AND owner_epoch = $4";
    let statement = sqlx::query(sql).bind(&checkpoint.name).bind(i64::from(checkpoint.version)).bind(owner);
    statement.bind(signed(checkpoint.owner_epoch)).execute(connection).await?;
    Ok(())
}

const PROJECTION: &str = "SELECT active_version, building_version, previous_version, paused, halted_at, halted_reason
                          FROM es_projection WHERE name = $1";

/// State of a projection; the default if nothing is stored.
pub(super) async fn projection(connection: &mut PgConnection, name: &str) -> Result<ProjectionTables, Fault> {
    let found = sqlx::query(PROJECTION).bind(name).fetch_optional(connection).await?;
    found.map_or_else(|| Ok(ProjectionTables::default()), |row| read_projection(&row))
}

fn read_projection(row: &PgRow) -> Result<ProjectionTables, Fault> {
    let version = |column| row.try_get::<Option<i64>, _>(column)?.map(version_of).transpose();
    let halted_at: Option<i64> = row.try_get("halted_at")?;
    let halted_reason: Option<String> = row.try_get("halted_reason")?;
    let halted_reason = halted_reason.map(original).transpose()?;
    Ok(ProjectionTables {
        active_version: version("active_version")?,
        building_version: version("building_version")?,
        previous_version: version("previous_version")?,
        paused: row.try_get("paused")?,
        halted: halted_at.map(|at| (position(at), halted_reason.unwrap_or_default())),
    })
}

/// Reads, changes and stores the state of a projection, which nobody else changes meanwhile.
pub(super) async fn change_projection<T>(
    connection: &mut PgConnection,
    name: &str,
    change: impl FnOnce(&mut ProjectionTables) -> Result<T, StoreError>,
) -> Result<T, Fault> {
    // Two statements, since a read must not be older than the lock that protects it.
    let touch = "INSERT INTO es_projection (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name";
    sqlx::query(touch).bind(name).execute(&mut *connection).await?;
    let mut tables = projection(connection, name).await?;
    let answer = change(&mut tables)?;
    let sql = "UPDATE es_projection SET active_version = $2, building_version = $3, previous_version = $4, paused = $5,
                 halted_at = $6, halted_reason = $7 WHERE name = $1";
    sqlx::query(sql)
        .bind(name)
        .bind(tables.active_version.map(i64::from))
        .bind(tables.building_version.map(i64::from))
        .bind(tables.previous_version.map(i64::from))
        .bind(tables.paused)
        .bind(tables.halted.as_ref().map(|(at, _)| signed(at.get())))
        .bind(tables.halted.as_ref().map(|(_, reason)| text::stored(reason)))
        .execute(connection)
        .await?;
    Ok(answer)
}

/// Holds the list of tables until the end of the transaction: whoever creates or drops some waits. Comes before every other lock,
/// so that two such transactions never wait for each other.
pub(super) async fn hold_tables(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("LOCK TABLE es_projection_table IN SHARE ROW EXCLUSIVE MODE").execute(connection).await?;
    Ok(())
}

/// Creates a table of a version unless it is there.
pub(super) async fn create_table(
    connection: &mut PgConnection,
    projection: &str,
    version: u32,
    table: &Table,
) -> Result<(), Fault> {
    let declaration = sql::declaration(table, version);
    match owner(connection, table, version).await? {
        None => {
            sqlx::raw_sql(AssertSqlSafe(declaration.as_str())).execute(&mut *connection).await?;
            let sql = "INSERT INTO es_projection_table (table_name, version, projection, declaration)
                       VALUES ($1, $2, $3, $4)";
            let statement = sqlx::query(sql).bind(table.name).bind(i64::from(version)).bind(projection);
            statement.bind(declaration).execute(connection).await?;
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
async fn owner(connection: &mut PgConnection, table: &Table, version: u32) -> Result<Option<(String, String)>, Fault> {
    let sql = "SELECT projection, declaration FROM es_projection_table WHERE table_name = $1 AND version = $2";
    let found = sqlx::query_as(sql).bind(table.name).bind(i64::from(version)).fetch_optional(connection);
    Ok(found.await?)
}

/// Checks that a version's table exists, and belongs to `projection` if that is given.
pub(super) async fn check_table(
    connection: &mut PgConnection,
    projection: Option<&str>,
    version: u32,
    table: &Table,
) -> Result<(), Fault> {
    match owner(connection, table, version).await? {
        Some((found, _)) if projection.is_none_or(|wanted| wanted == found) => Ok(()),
        _ => Err(table.misfit("the table was not declared").into()),
    }
}

/// Drops tables, checkpoint and quarantine of a version. The list of tables is held by the caller.
pub(super) async fn drop_version(connection: &mut PgConnection, projection: &str, version: u32) -> Result<(), Fault> {
    // The checkpoint first, as a commit does: it holds the checkpoint when it comes to the tables.
    for table in ["es_checkpoint", "es_quarantine"] {
        let sql = format!("DELETE FROM {table} WHERE projection = $1 AND version = $2");
        let statement = sqlx::query(AssertSqlSafe(sql)).bind(projection).bind(i64::from(version));
        statement.execute(&mut *connection).await?;
    }
    let sql = "DELETE FROM es_projection_table WHERE projection = $1 AND version = $2 RETURNING table_name";
    let statement = sqlx::query_scalar(sql).bind(projection).bind(i64::from(version));
    let names: Vec<String> = statement.fetch_all(&mut *connection).await?;
    for name in names {
        let sql = format!("DROP TABLE IF EXISTS {}", sql::physical(&name, version));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// All versions that have a checkpoint or tables; of one projection, if one is named.
pub(super) async fn versions(
    connection: &mut PgConnection,
    projection: Option<&str>,
) -> Result<Vec<(String, u32)>, Fault> {
    let sql = "SELECT projection, version FROM es_checkpoint WHERE $1::text IS NULL OR projection = $1
               UNION SELECT projection, version FROM es_projection_table WHERE $1::text IS NULL OR projection = $1";
    let found: Vec<(String, i64)> = sqlx::query_as(sql).bind(projection).fetch_all(connection).await?;
    found.into_iter().map(|(name, version)| Ok((name, version_of(version)?))).collect()
}

/// Streams that a version has set aside, by name.
pub(super) async fn quarantined(
    connection: &mut PgConnection,
    projection: &str,
    version: u32,
) -> Result<Vec<QuarantinedStream>, Fault> {
    let sql = "SELECT stream_name, position, event_type, reason FROM es_quarantine
               WHERE projection = $1 AND version = $2 ORDER BY stream_name";
    let statement = sqlx::query_as(sql).bind(projection).bind(i64::from(version));
    let found: Vec<(String, i64, String, String)> = statement.fetch_all(connection).await?;
    let read = |(stream, at, event_type, reason): (String, i64, String, String)| {
        let stream = StreamName::new(stream).map_err(|error| Fault::Damaged(error.to_string()))?;
        let (event_type, reason) = (original(event_type)?, original(reason)?);
        Ok(QuarantinedStream { stream, position: position(at), event_type, reason })
    };
    found.into_iter().map(read).collect()
}

/// Sets streams of a version aside and releases others.
pub(super) async fn change_quarantine(
    connection: &mut PgConnection,
    of: &Checkpoint,
    changes: &[QuarantineChange],
) -> Result<(), Fault> {
    let put = "INSERT INTO es_quarantine (projection, version, stream_name, position, event_type, reason)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (projection, version, stream_name) DO UPDATE
               SET position = excluded.position, event_type = excluded.event_type, reason = excluded.reason";
    let delete = "DELETE FROM es_quarantine WHERE projection = $1 AND version = $2 AND stream_name = $3";
    for change in changes {
        let statement = match change {
            QuarantineChange::SetAside(QuarantinedStream { stream, position, event_type, reason }) => {
                let statement = sqlx::query(put).bind(&of.name).bind(i64::from(of.version)).bind(stream.as_str());
                let statement = statement.bind(signed(position.get()));
                statement.bind(text::stored(event_type)).bind(text::stored(reason))
            }
            QuarantineChange::Release(stream) => {
                sqlx::query(delete).bind(&of.name).bind(i64::from(of.version)).bind(stream.as_str())
            }
        };
        statement.execute(&mut *connection).await?;
    }
    Ok(())
}
