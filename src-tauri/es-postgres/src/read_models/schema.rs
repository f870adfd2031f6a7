//! Identity and migrations of the views' schema.

use es_core::StoreError;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

use crate::config::PostgresConfig;
use crate::connections::{Connections, reading, writing};
use crate::error::Fault;

/// Forward-only migrations; the n-th leads to schema version n. Never edited once released, only added to.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/views/0001_views.sql")];

/// The newest schema version.
fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Tables of the first migration. A schema without a version has none of them, or is not ours.
const TABLES: [&str; 7] =
    ["es_projection", "es_checkpoint", "es_projection_table", "es_quarantine", "es_timer", "es_snapshot", "es_origin"];

/// What is found in a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    schema: bool,
    /// 0: no views.
    version: u32,
}

/// Looks whose schema it is before changing anything, then brings it to the newest version.
pub(super) async fn bring_up_to_date(connections: &Connections) -> Result<(), StoreError> {
    let config = connections.config();
    let found = reading!(connections, "opening the views", |connection| look(connection, config))?;
    if found.version == newest() {
        return Ok(());
    }
    let (location, needed) = (config.location(), newest());
    if found.version == 0 && (config.read_only || !config.create) {
        let missing = if found.schema { "the tables of views" } else { "the schema itself" };
        return Err(StoreError::MissingSchema { location, missing: missing.to_owned() });
    }
    if config.read_only {
        return Err(StoreError::OlderSchema { location, found: found.version, needed });
    }
    writing!(connections, "bringing the views up to date", |connection| migrate(connection, config))
}

async fn look(connection: &mut PgConnection, config: &PostgresConfig) -> Result<Found, Fault> {
    let sql =
        "SELECT current_setting('server_encoding') AS encoding, to_regnamespace(quote_ident($1)) IS NOT NULL AS schema,
                 EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'es_views') AS ours,
                 EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = ANY($2)) AS others";
    let found = sqlx::query(sql).bind(&config.schema).bind(&TABLES[..]).fetch_one(&mut *connection).await?;
    let (encoding, schema): (String, bool) = (found.try_get("encoding")?, found.try_get("schema")?);
    let not_a_store = |reason: String| StoreError::NotAStore { path: config.location(), reason };
    if encoding != "UTF8" {
        return Err(not_a_store(format!("the database's encoding is {encoding}, not UTF8")).into());
    }
    if !found.try_get::<bool, _>("ours")? {
        if found.try_get::<bool, _>("others")? {
            return Err(not_a_store("it has tables with the names of views that are something else".to_owned()).into());
        }
        return Ok(Found { schema, version: 0 });
    }
    let version: i32 = sqlx::query_scalar("SELECT version FROM es_views").fetch_one(connection).await?;
    let version = u32::try_from(version).map_err(|_| Fault::Damaged(format!("{version} is not a schema version")))?;
    if version > newest() {
        let (path, supported) = (config.location(), newest());
        return Err(StoreError::NewerSchema { path, found: version, supported }.into());
    }
    Ok(Found { schema, version })
}

async fn migrate(connection: &mut PgConnection, config: &PostgresConfig) -> Result<(), Fault> {
    // There is no table yet to lock: several programs may begin with the same empty database.
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('views of ' || $1, 0))";
    sqlx::query(lock).bind(&config.schema).execute(&mut *connection).await?;
    // Looked at again under the lock: another program may have done it meanwhile.
    let found = look(connection, config).await?;
    if !found.schema {
        let create = format!("CREATE SCHEMA {}", config.quoted_schema());
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *connection).await?;
    }
    if found.version == 0 {
        let create = "CREATE TABLE es_views (only_row int2 PRIMARY KEY CHECK (only_row = 1), version int4 NOT NULL);
                      INSERT INTO es_views VALUES (1, 0)";
        sqlx::raw_sql(create).execute(&mut *connection).await?;
    }
    for migration in &MIGRATIONS[found.version as usize..] {
        sqlx::raw_sql(*migration).execute(&mut *connection).await?;
    }
    let version = i32::try_from(newest()).unwrap_or(i32::MAX);
    sqlx::query("UPDATE es_views SET version = $1").bind(version).execute(connection).await?;
    Ok(())
}
