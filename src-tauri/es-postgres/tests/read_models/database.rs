//! Where tests keep views: a schema of their own, in a database that orders texts as people of a country do.
#![allow(dead_code, reason = "each test file uses its part")]

use es_postgres::{PostgresConfig, PostgresReadModels};
use es_testkit::postgres;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions};

const DATABASE: &str = "views_in_french_order";

/// A schema that does not exist yet. The database's order of texts, of ICU, is neither bytewise nor does it tell case from
/// accents as bytes do: what relies on it is noticed.
pub async fn config() -> PostgresConfig {
    let mut config = PostgresConfig::from_url(&postgres::server()).expect("a connection string");
    let mut connection = connect(&config).await;
    let create =
        format!("CREATE DATABASE {DATABASE} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'fr' LOCALE 'C'");
    // Other tests, in other processes too, create it at the same moment.
    for _ in 0..50 {
        match sqlx::raw_sql(AssertSqlSafe(create.as_str())).execute(&mut connection).await {
            Ok(_) => break,
            Err(error) if error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("42P04")) => break,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
    config.database = DATABASE.to_owned();
    config.schema = postgres::fresh_schema();
    config.create = true;
    config
}

/// A session of somebody else, with the schema's names in reach.
pub async fn session(config: &PostgresConfig) -> PgConnection {
    let mut connection = connect(config).await;
    let path = format!("SET search_path TO {}", config.quoted_schema());
    sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut connection).await.expect("the path is set");
    connection
}

async fn connect(config: &PostgresConfig) -> PgConnection {
    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .host(&config.host)
        .port(config.port)
        .username(&config.user)
        .password(config.password.as_ref().expect("a password").expose())
        .database(&config.database);
    options.connect().await.expect("a connection")
}

/// Executes one or several statements.
pub async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect(sql);
}

/// The views of a schema.
pub async fn views(config: &PostgresConfig) -> PostgresReadModels {
    PostgresReadModels::open(config.clone()).await.expect("the views open")
}
