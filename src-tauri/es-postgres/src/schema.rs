//! Tables and their versions: what is there, what is missing, and how it is brought up to date.
//!
//! Events and read models have versions of their own in one table, so that each is migrated by whoever opens it.

use es_core::StoreError;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::connections::{Connections, reading, writing};
use crate::error::Fault;

/// Tables that are versioned together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// Its name in the table of versions.
    pub name: &'static str,
    /// Its migrations; the first leads to version 1. Forward only, and none ever changes.
    pub migrations: &'static [&'static str],
}

impl Part {
    /// The version that this program works with.
    pub fn version(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }
}

/// The tables of the event store.
pub(crate) const EVENTS: Part = Part { name: "events", migrations: &[include_str!("../migrations/0001_events.sql")] };

/// What is there of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The schema itself is missing.
    NoSchema,
    /// The schema is there, the part is not.
    Nothing,
    /// The part, with its version.
    Version(u32),
}

/// Looks without changing anything.
pub(crate) async fn look(connection: &mut PgConnection, schema: &str, part: &Part) -> Result<Found, Fault> {
    let (encoding, has_schema, has_versions): (String, bool, bool) = sqlx::query_as(
        // The catalogue's tables, not its functions (to_regclass): those may answer from what this session saw before it waited.
        "SELECT current_setting('server_encoding'), \
         EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1), \
         EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'es_schema_version')",
    )
    .bind(schema)
    .fetch_one(&mut *connection)
    .await?;
    if encoding != "UTF8" {
        return Err(Fault::Damaged(format!(
            "the database has the encoding {encoding}, which does not keep every text; UTF8 does"
        )));
    }
    if !has_schema {
        return Ok(Found::NoSchema);
    }
    if !has_versions {
        return Ok(Found::Nothing);
    }
    let version: Option<i32> = sqlx::query_scalar("SELECT max(version) FROM es_schema_version WHERE part = $1")
        .bind(part.name)
        .fetch_one(&mut *connection)
        .await?;
    Ok(version.map_or(Found::Nothing, |version| Found::Version(version.unsigned_abs())))
}

/// Makes a part ready to be used: creates or migrates it if the configuration permits, or says what is wrong.
///
/// # Errors
/// The part is missing and may not be created, is of another version and may not be brought up to date, or the server refuses.
pub(crate) async fn prepare(connections: &Connections, part: &Part) -> Result<(), StoreError> {
    let config = connections.config();
    let found = reading!(connections, "looking for the store", |c| look(c, &config.schema, part))?;
    match found {
        Found::Version(version) if version == part.version() => Ok(()),
        Found::Version(version) if version < part.version() && !config.read_only => migrate(connections, part).await,
        Found::NoSchema | Found::Nothing if config.create && !config.read_only => migrate(connections, part).await,
        other => Err(unfit(connections, part, other)),
    }
}

/// The error for what was found, if it is not what is needed and stays so.
pub(crate) fn unfit(connections: &Connections, part: &Part, found: Found) -> StoreError {
    let config = connections.config();
    match found {
        Found::Version(version) if version > part.version() => {
            StoreError::NewerSchema { path: config.location(), found: version, supported: part.version() }
        }
        Found::Version(version) => {
            StoreError::OlderSchema { location: config.location(), found: version, needed: part.version() }
        }
        Found::NoSchema => StoreError::MissingSchema {
            location: format!("{}/{}", config.server(), config.database),
            missing: format!("the schema {}", config.schema),
        },
        Found::Nothing => {
            StoreError::MissingSchema { location: config.location(), missing: format!("the tables of {}", part.name) }
        }
    }
}

async fn migrate(connections: &Connections, part: &Part) -> Result<(), StoreError> {
    let config = connections.config();
    let (schema, quoted) = (config.schema.as_str(), config.quoted_schema());
    writing!(connections, "bringing the tables up to date", |c| async {
        // One process at a time; those that waited find the work done.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('ledgerscope:' || $1, 0))")
            .bind(schema)
            .execute(&mut *c)
            .await?;
        let found = look(c, schema, part).await?;
        if found == Found::NoSchema {
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {quoted}"))).execute(&mut *c).await?;
        }
        let from = match found {
            Found::Version(version) if version > part.version() => return Err(unfit(connections, part, found).into()),
            Found::Version(version) => version,
            Found::NoSchema | Found::Nothing => 0,
        };
        run(c, part, from).await
    })
}

/// Runs the migrations after a version, inside the caller's transaction.
async fn run(connection: &mut PgConnection, part: &Part, from: u32) -> Result<(), Fault> {
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS es_schema_version (part text COLLATE \"C\" NOT NULL, version integer NOT NULL, \
         applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, version))",
    )
    .execute(&mut *connection)
    .await?;
    for (version, migration) in (1_i32..).zip(part.migrations) {
        if version.unsigned_abs() <= from {
            continue;
        }
        sqlx::raw_sql(*migration).execute(&mut *connection).await?;
        sqlx::query("INSERT INTO es_schema_version (part, version) VALUES ($1, $2)")
            .bind(part.name)
            .bind(version)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
