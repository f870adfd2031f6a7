//! What is there and what is not, and how each is said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use common::*;
use es_core::{EventReader, EventStore, HostedStore, Position, StoreError};
use es_postgres::{PostgresConfig, PostgresEventStore};
use sqlx::{Connection, PgConnection};

async fn sql(config: &PostgresConfig, statements: &str) {
    let mut connection = PgConnection::connect(&es_testkit::postgres::server()).await.expect("connects");
    let statements = statements.replace("SCHEMA_NAME", &config.quoted_schema());
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.expect("done");
}

async fn refused(config: PostgresConfig) -> StoreError {
    PostgresEventStore::open(config).await.expect_err("refused")
}

#[tokio::test]
async fn a_missing_store_is_created_only_if_asked_for() {
    let config = place();
    let missing = refused(opening(&config)).await;
    assert!(
        matches!(&missing, StoreError::MissingSchema { missing, .. } if missing.contains(&config.schema)),
        "{missing}"
    );
    let reading = refused(PostgresConfig { read_only: true, ..config.clone() }).await;
    assert_eq!(reading.code(), "missing_schema", "{reading}");
    sql(&config, "CREATE SCHEMA SCHEMA_NAME").await;
    let empty = refused(opening(&config)).await;
    assert!(matches!(&empty, StoreError::MissingSchema { missing, .. } if missing.contains("tables")), "{empty}");
    open(&config).await.close().await;
    open(&opening(&config)).await.close().await;
}

#[tokio::test]
async fn tables_of_another_program_are_left_alone() {
    let config = place();
    sql(&config, "CREATE SCHEMA SCHEMA_NAME; CREATE TABLE SCHEMA_NAME.es_event (mine text)").await;
    let error = refused(config.clone()).await;
    assert_eq!(error.code(), "not_a_store", "{error}");
    sql(&config, "INSERT INTO SCHEMA_NAME.es_event VALUES ('still there')").await;
}

#[tokio::test]
async fn a_database_that_does_not_keep_every_text_is_refused() {
    let mut connection = PgConnection::connect(&es_testkit::postgres::server()).await.expect("connects");
    let name = format!("latin_{}", es_testkit::postgres::fresh_schema());
    let create = format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut connection).await.expect("created");
    let error = refused(PostgresConfig { database: name, ..place() }).await;
    assert_eq!(error.code(), "not_a_store", "{error}");
    assert!(error.to_string().contains("LATIN1"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_with_the_way_is_named() {
    let cases = [
        (PostgresConfig { database: "no_such".to_owned(), ..place() }, "missing_schema", "no_such"),
        (PostgresConfig { user: "nobody_here".to_owned(), ..place() }, "login_refused", "nobody_here"),
        (PostgresConfig { host: "no-such-host.invalid".to_owned(), ..place() }, "server_unreachable", "name lookup"),
        (PostgresConfig { port: 1, ..place() }, "server_unreachable", "connecting"),
        (PostgresConfig { tls: es_postgres::TlsMode::Require, ..place() }, "server_unreachable", "TLS"),
        (PostgresConfig { schema: "pg_mine".to_owned(), ..place() }, "io", "pg_"),
    ];
    for (config, code, told) in cases {
        let secret = config.password.clone().expect("a password");
        let error = refused(config).await;
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!format!("{error} {error:?}").contains(secret.expose()), "no secret is told: {error}");
    }
}

async fn stored() -> PostgresConfig {
    let config = place();
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 3)).await.expect("appended");
    store.close().await;
    config
}

#[tokio::test]
async fn a_store_opened_for_reading_refuses_to_write() {
    let config = PostgresConfig { read_only: true, ..stored().await };
    let store = open(&config).await;
    assert!(store.read_only_reason().is_some_and(|reason| reason.contains("for reading only")));
    assert_eq!(read_everything(&store).await.len(), 3, "it can be read");
    let error = store.append(append_to("account-1", 2, 1)).await.expect_err("refused");
    assert_eq!(error.code(), "read_only", "{error}");
    let error = store.import(Vec::new()).await.expect_err("refused");
    assert_eq!(error.code(), "read_only", "{error}");
    assert_eq!(store.head().await, Ok(Position(3)), "nothing was written");
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let store = open(&place()).await;
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    store.close().await;
    store.close().await;
    assert_eq!(store.head().await, Err(StoreError::Closed));
    let error = store.append(append_to("account-1", 2, 1)).await.expect_err("closed");
    assert_eq!(error, StoreError::Closed.into());
}

#[tokio::test]
async fn stores_in_one_database_know_nothing_of_each_other() {
    let (one, other) = (open(&place()).await, open(&place()).await);
    one.append(append_to("account-1", 1, 3)).await.expect("appended");
    let told = other.wait_for_events(Position::ZERO, Duration::from_millis(100)).await;
    assert_eq!(told, Ok(Position::ZERO), "a head of another schema wakes nobody");
    other.append(append_to("account-1", 1, 2)).await.expect("the same ids are free here");
    assert_eq!((one.head().await, other.head().await), (Ok(Position(3)), Ok(Position(2))));
}

#[tokio::test]
async fn a_reader_in_another_process_is_woken_by_an_append() {
    let config = place();
    let writer = open(&config).await;
    let reader = open(&PostgresConfig { read_only: true, ..config }).await;
    // Listening begins behind the opening; from then on followers look by themselves only every other second.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for command in 1..=3_u64 {
        let waiting = reader.wait_for_events(Position(command * 2 - 2), Duration::from_secs(10));
        let appending = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            writer.append(append_to("account-1", command.into(), 2)).await.expect("appended");
            std::time::Instant::now()
        };
        let (head, appended) = tokio::join!(waiting, appending);
        assert_eq!(head, Ok(Position(command * 2)));
        assert!(appended.elapsed() < Duration::from_millis(500), "it was told, not found: {:?}", appended.elapsed());
    }
}
