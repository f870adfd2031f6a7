//! Tables and their versions: what is there, what is missing, and how it is brought up to date.
//!
//! Events and read models have versions of their own in one table, so that each is migrated by whoever opens it.

use es_core::StoreError;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::config::PostgresConfig;
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
    /// The schema is there, and the user may not look into it.
    NoUsage,
    /// The schema is there, the part is not.
    Nothing,
    /// The part, with its version.
    Version(u32),
}

/// The oldest server that has all that is used here.
const OLDEST_SERVER: i32 = 14;

/// Checks that the server and the database can hold a store; says what they are, for people.
pub(crate) async fn check_server(connection: &mut PgConnection, config: &PostgresConfig) -> Result<String, Fault> {
    let (number, version, encoding, fsync): (i32, String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::integer, current_setting('server_version'), \
         current_setting('server_encoding'), current_setting('fsync')",
    )
    .fetch_one(connection)
    .await?;
    let unfit = |reason| Err(StoreError::NotAStore { path: config.location(), reason }.into());
    if number / 10_000 < OLDEST_SERVER {
        return unfit(format!("the server is PostgreSQL {version}; {OLDEST_SERVER} or later is needed"));
    }
    if encoding != "UTF8" {
        return unfit(format!("the database has the encoding {encoding}, which does not keep every text; UTF8 does"));
    }
    let warning = match fsync.as_str() {
        "on" => "",
        _ => ", with fsync off: what it acknowledges may be lost when the power fails",
    };
    Ok(format!("PostgreSQL {version}{warning}"))
}

/// Looks without changing anything.
pub(crate) async fn look(connection: &mut PgConnection, config: &PostgresConfig, part: &Part) -> Result<Found, Fault> {
    let (has_schema, has_usage, has_versions): (bool, Option<bool>, bool) = sqlx::query_as(
        // The catalogue's tables, not its functions (to_regclass): those may answer from what this session saw before it waited.
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1), \
         (SELECT has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = $1), \
         EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'es_schema_version')",
    )
    .bind(&config.schema)
    .fetch_one(&mut *connection)
    .await?;
    if !has_schema {
        return Ok(Found::NoSchema);
    }
    if has_usage != Some(true) {
        return Ok(Found::NoUsage);
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
    let found = reading!(connections, "looking for the store", |c| async {
        check_server(c, config).await?;
        look(c, config, part).await
    })?;
    match found {
        Found::Version(version) if version == part.version() => Ok(()),
        Found::Version(version) if version < part.version() && config.migrates() => migrate(connections, part).await,
        Found::NoSchema | Found::Nothing if config.create && !config.read_only => migrate(connections, part).await,
        other => Err(unfit(config, part, other)),
    }
}

/// The error for what was found, if it is not what is needed and stays so.
pub(crate) fn unfit(config: &PostgresConfig, part: &Part, found: Found) -> StoreError {
    match found {
        Found::Version(version) if version > part.version() => {
            StoreError::NewerSchema { path: config.location(), found: version, supported: part.version() }
        }
        Found::Version(version) => {
            StoreError::OlderSchema { location: config.location(), found: version, needed: part.version() }
        }
        Found::NoUsage => StoreError::NotAllowed {
            server: config.location(),
            user: config.user.clone(),
            action: "looking into the schema".to_owned(),
            reason: format!("it lacks USAGE on the schema {}", config.schema),
        },
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
    let quoted = config.quoted_schema();
    writing!(connections, "bringing the tables up to date", |c| async {
        // One process at a time; those that waited find the work done.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('ledgerscope:' || $1, 0))")
            .bind(&config.schema)
            .execute(&mut *c)
            .await?;
        let found = look(c, config, part).await?;
        if found == Found::NoSchema {
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {quoted}"))).execute(&mut *c).await?;
        }
        let from = match found {
            Found::Version(version) if version > part.version() => return Err(unfit(config, part, found).into()),
            Found::Version(version) => version,
            Found::NoUsage => return Err(unfit(config, part, found).into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &str = "ALTER TABLE es_stream ADD COLUMN note text";

    fn config() -> PostgresConfig {
        let config = PostgresConfig::from_url(&es_testkit::postgres::server()).expect("a server");
        PostgresConfig { schema: es_testkit::postgres::fresh_schema(), create: true, ..config }
    }

    async fn connections(config: &PostgresConfig) -> Connections {
        Connections::open(config.clone()).await.expect("connects")
    }

    async fn version(connections: &Connections) -> Found {
        let looked = reading!(connections, "looking", |c| look(c, connections.config(), &EVENTS));
        looked.expect("looks")
    }

    async fn stream_rows(connections: &Connections) -> i64 {
        let counted = reading!(connections, "counting", |c| async {
            Ok(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM es_stream").fetch_one(c).await?)
        });
        counted.expect("counts")
    }

    async fn add_a_row(connections: &Connections) {
        let added = writing!(connections, "adding", |c| async {
            Ok(sqlx::raw_sql(
                "INSERT INTO es_stream (stream_name, category, version, last_position) VALUES ('a-1','a',1,1)",
            )
            .execute(c)
            .await?)
        });
        added.expect("adds");
    }

    fn part_with(last: &'static str) -> Part {
        Part { name: EVENTS.name, migrations: Box::leak([EVENTS.migrations, &[last]].concat().into_boxed_slice()) }
    }

    #[tokio::test]
    async fn a_fresh_schema_gets_the_newest_tables() {
        let connections = connections(&config()).await;
        prepare(&connections, &EVENTS).await.expect("creates");
        assert_eq!(version(&connections).await, Found::Version(EVENTS.version()));
        prepare(&connections, &EVENTS).await.expect("a second run changes nothing");
        assert_eq!(version(&connections).await, Found::Version(EVENTS.version()));
    }

    #[tokio::test]
    async fn every_released_version_migrates_forward_and_keeps_its_rows() {
        for released in 1..=EVENTS.migrations.len() {
            let connections = connections(&config()).await;
            let old = Part { name: EVENTS.name, migrations: &EVENTS.migrations[..released] };
            prepare(&connections, &old).await.expect("the old version");
            add_a_row(&connections).await;
            let future = part_with(NEXT);
            prepare(&connections, &future).await.expect("the new version");
            assert_eq!(version(&connections).await, Found::Version(future.version()));
            assert_eq!(stream_rows(&connections).await, 1, "rows of version {released} are kept");
        }
    }

    #[tokio::test]
    async fn a_failing_migration_leaves_the_former_version() {
        let connections = connections(&config()).await;
        prepare(&connections, &EVENTS).await.expect("creates");
        let failing = part_with("DROP TABLE es_stream; SELECT * FROM nowhere;");
        prepare(&connections, &failing).await.expect_err("the second statement fails");
        assert_eq!(version(&connections).await, Found::Version(EVENTS.version()));
        assert_eq!(stream_rows(&connections).await, 0, "the table is still there");
    }

    #[tokio::test]
    async fn who_only_reads_never_migrates() {
        let config = config();
        prepare(&connections(&config).await, &EVENTS).await.expect("creates");
        let reading = connections(&PostgresConfig { read_only: true, ..config.clone() }).await;
        let older = prepare(&reading, &part_with(NEXT)).await.expect_err("refused");
        assert!(matches!(older, StoreError::OlderSchema { found: 1, needed: 2, .. }), "{older:?}");
        assert_eq!(version(&reading).await, Found::Version(1));
    }

    #[tokio::test]
    async fn who_may_write_but_not_migrate_is_told_both_versions() {
        let config = config();
        prepare(&connections(&config).await, &EVENTS).await.expect("creates");
        let careful = connections(&PostgresConfig { migrate: false, ..config.clone() }).await;
        prepare(&careful, &EVENTS).await.expect("what is up to date needs no migration");
        let older = prepare(&careful, &part_with(NEXT)).await.expect_err("refused");
        assert!(matches!(older, StoreError::OlderSchema { found: 1, needed: 2, .. }), "{older:?}");
        assert_eq!(version(&careful).await, Found::Version(1), "nothing was changed");
        prepare(&connections(&config).await, &part_with(NEXT)).await.expect("who may does it");
        assert_eq!(version(&careful).await, Found::Version(2));
    }

    #[tokio::test]
    async fn a_store_of_a_newer_program_is_refused_and_left_alone() {
        let config = config();
        let connections = connections(&config).await;
        prepare(&connections, &part_with(NEXT)).await.expect("the future");
        for read_only in [false, true] {
            let config = PostgresConfig { read_only, ..config.clone() };
            let refused = prepare(&self::connections(&config).await, &EVENTS).await.expect_err("refused");
            assert!(matches!(refused, StoreError::NewerSchema { found: 2, supported: 1, .. }), "{refused:?}");
        }
        assert_eq!(version(&connections).await, Found::Version(2));
    }

    #[tokio::test]
    async fn many_programs_may_create_one_store_at_once() {
        let config = config();
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let config = config.clone();
                tokio::spawn(async move { prepare(&Connections::open(config).await?, &EVENTS).await })
            })
            .collect();
        for opened in opening {
            opened.await.expect("no panic").expect("created or found");
        }
    }
}
