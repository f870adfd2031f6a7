//! Servers that die, hang, refuse and lock: each wait has an end, each error names its cause, nothing that was acknowledged is
//! lost, and the store goes on by itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod faults {
    pub mod proxy;
}

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::*;
use es_core::{AppendError, EventReader, EventStore, HostedStore, Position, ReadAll, RecordedEvent, StoreError};
use es_postgres::{PostgresConfig, PostgresEventStore};
use es_testkit::postgres::{Cluster, ClusterOptions};
use faults::proxy::{Cut, Proxy};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn cluster() -> Cluster {
    Cluster::start(ClusterOptions::default())
}

/// Patience that is short enough for a test and long enough for a busy machine.
fn impatient(config: PostgresConfig) -> PostgresConfig {
    PostgresConfig {
        connect_timeout: Duration::from_secs(2),
        acquire_timeout: Duration::from_secs(2),
        statement_timeout: Duration::from_secs(2),
        lock_timeout: Duration::from_millis(500),
        recovery_timeout: Duration::from_secs(2),
        ..config
    }
}

async fn raw(config: &PostgresConfig) -> PgConnection {
    let password = config.password.as_ref().expect("a password").expose();
    let url = format!("postgres://{}:{password}@127.0.0.1:{}/{}", config.user, config.port, config.database);
    let mut raw = PgConnection::connect(&url).await.expect("connects");
    let path = format!("SET search_path = {}", config.quoted_schema());
    sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut raw).await.expect("set");
    raw
}

fn code_of(error: &AppendError) -> &'static str {
    error.code()
}

/// Writers that go on until they are told to stop; each event's id with the position that was acknowledged.
async fn write_until(store: PostgresEventStore, writer: u128, stop: Arc<AtomicBool>) -> Vec<(Uuid, Position)> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let request = append_to(&format!("account-{writer}"), writer << 64 | number, 2);
        let appended = store.append(request).await.expect("the store goes on by itself");
        assert!(!appended.replayed, "each request was sent once");
        acknowledged.extend(appended.events.iter().map(|event| (event.event_id, event.position)));
    }
    acknowledged
}

/// Everything acknowledged is there, where it was said to be, and nothing else.
fn holds_exactly(all: &[RecordedEvent], acknowledged: &[(Uuid, Position)]) {
    assert_dense(all);
    let stored: HashMap<_, _> = all.iter().map(|event| (event.event_id, event.position)).collect();
    for (id, position) in acknowledged {
        assert_eq!(stored.get(id), Some(position), "what was acknowledged is there");
    }
    assert_eq!(all.len(), acknowledged.len(), "and nothing twice or besides");
}

/// Runs writers while something happens to the server; they must not notice.
async fn unnoticed(store: &PostgresEventStore, disturb: impl AsyncFnOnce()) {
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> =
        (0..8).map(|writer| tokio::spawn(write_until(store.clone(), writer, Arc::clone(&stop)))).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    disturb().await;
    let before = store.head().await.expect("it can be read again");
    let moved = store.wait_for_events(before, Duration::from_secs(20)).await.expect("a head");
    assert!(moved > before, "appends go on");
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.expect("no panic"));
    }
    holds_exactly(&read_everything(store).await, &acknowledged);
    let report = store.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("a report");
    assert!(report.intact(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_costs_time_and_nothing_else() {
    let cluster = cluster();
    let config = PostgresConfig { recovery_timeout: Duration::from_secs(60), ..on(&cluster.url()) };
    let store = open(&config).await;
    unnoticed(&store, async || {
        for _ in 0..2 {
            tokio::task::block_in_place(|| {
                cluster.kill();
                std::thread::sleep(Duration::from_millis(300));
                cluster.restart();
            });
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_the_server_ends_are_begun_again() {
    let config = PostgresConfig { recovery_timeout: Duration::from_secs(60), ..place() };
    let store = open(&config).await;
    let mut raw = raw(&config).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    let config = PostgresConfig { application_name: config.schema.clone(), ..config };
    store.close().await;
    let store = open(&config).await;
    unnoticed(&store, async || {
        for _ in 0..20 {
            sqlx::query(end).bind(&config.application_name).execute(&mut raw).await.expect("ended");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stays_away_is_named_and_the_same_append_succeeds_later() {
    let cluster = cluster();
    let store = open(&impatient(on(&cluster.url()))).await;
    store.append(append_to("account-1", 1, 2)).await.expect("appended");
    tokio::task::block_in_place(|| cluster.kill());
    let begun = Instant::now();
    let error = store.append(append_to("account-1", 2, 2)).await.expect_err("nobody is there");
    assert!(["server_unreachable", "connection_lost"].contains(&code_of(&error)), "{error}");
    let error = store.head().await.expect_err("nobody is there");
    assert!(matches!(error, StoreError::Unreachable { step: "connecting", .. }), "{error:?}");
    let error = store.append(append_to("account-1", 3, 1)).await.expect_err("nobody is there");
    assert!(matches!(error, AppendError::Store(StoreError::Unreachable { .. })), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "every wait has an end: {:?}", begun.elapsed());
    tokio::task::block_in_place(|| cluster.restart());
    for command in [2, 3] {
        store.append(append_to("account-1", command, 2)).await.expect("the same again succeeds");
    }
    assert_dense(&read_everything(&store).await);
    let waiting = store.wait_for_events(Position(6), Duration::from_secs(20));
    let (head, _) = tokio::join!(waiting, store.append(append_to("account-1", 4, 1)));
    assert_eq!(head, Ok(Position(7)), "followers are told again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_waited_for_but_not_for_ever() {
    let cluster = cluster();
    let config = PostgresConfig { lock_timeout: Duration::from_secs(1), ..impatient(on(&cluster.url())) };
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 2)).await.expect("appended");
    cluster.freeze();
    let begun = Instant::now();
    let appending: Vec<_> = (2..6_u128)
        .map(|command| {
            let store = store.clone();
            tokio::spawn(async move { store.append(append_to("account-1", command, 1)).await })
        })
        .collect();
    let error = store.head().await.expect_err("it hangs");
    assert!(["timeout", "server_unreachable"].contains(&error.code()), "{error}");
    for appended in appending {
        let error = appended.await.expect("no panic").expect_err("it hangs");
        assert!(["timeout", "server_unreachable", "connection_lost"].contains(&code_of(&error)), "{error}");
    }
    let error = PostgresEventStore::open(config.clone()).await.expect_err("it hangs");
    assert!(matches!(error, StoreError::Unreachable { step: "handshake", .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(40), "every wait has an end: {:?}", begun.elapsed());
    cluster.thaw();
    for command in 1..6 {
        store.append(append_to("account-1", command, if command == 1 { 2 } else { 1 })).await.expect("it goes on");
    }
    let all = read_everything(&store).await;
    assert_dense(&all);
    assert_eq!(all.len(), 6, "each request is there once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_comes_is_found_out_before_anybody_is_answered() {
    for cut in [Cut::BehindTheRequest, Cut::BeforeTheRequest] {
        let config = place();
        let proxy = Proxy::start(config.port).await;
        let config = PostgresConfig { port: proxy.port(), ..config };
        let store = open(&config).await;
        store.append(append_to("account-1", 1, 2)).await.expect("appended");
        proxy.arm(cut, "only this one");
        let mut request = append_to("account-1", 2, 2);
        request.parts[0].events[0].payload = es_core::Payload::json(r#""only this one""#);
        let appended = store.append(request.clone()).await.expect("found out");
        assert!(proxy.has_cut(), "the connection was cut");
        assert!(!appended.replayed, "it was asked for once: {cut:?}");
        assert_eq!(appended.last_position(), Position(4), "{cut:?}");
        assert!(store.append(request).await.expect("known").replayed, "now it is a repetition");
        let all = read_everything(&store).await;
        assert_dense(&all);
        assert_eq!(all.len(), 4, "it stands there once: {cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_cannot_be_found_out_is_said_to_be_unknown() {
    let config = place();
    let proxy = Proxy::start(config.port).await;
    let store = open(&impatient(PostgresConfig { port: proxy.port(), ..config })).await;
    store.append(append_to("account-1", 1, 2)).await.expect("appended");
    proxy.arm(Cut::BehindTheRequestForGood, "only this one");
    let mut request = append_to("account-1", 2, 2);
    request.parts[0].events[0].payload = es_core::Payload::json(r#""only this one""#);
    let begun = Instant::now();
    let AppendError::Store(error) = store.append(request.clone()).await.expect_err("nobody knows") else {
        panic!("an error of the store")
    };
    assert!(error.outcome_unknown() && error.retryable(), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "every wait has an end: {:?}", begun.elapsed());
    proxy.let_through();
    assert!(store.append(request).await.expect("asked by id").replayed, "it had been written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_somebody_else_is_waited_for_and_then_told() {
    let config = PostgresConfig { lock_timeout: Duration::from_millis(300), ..place() };
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    let mut foreign = raw(&config).await;
    sqlx::raw_sql("BEGIN; SELECT * FROM es_log_head FOR UPDATE").execute(&mut foreign).await.expect("locked");
    assert_eq!(store.head().await, Ok(Position(1)), "it can be read meanwhile");
    for _ in 0..2 {
        let error = store.append(append_to("account-1", 2, 1)).await.expect_err("locked");
        let AppendError::Store(StoreError::Locked { waited_ms, .. }) = error else { panic!("{error}") };
        assert!((250..5000).contains(&waited_ms), "waited {waited_ms} ms");
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut foreign).await.expect("released");
    let appended = store.append(append_to("account-1", 2, 1)).await.expect("the same again succeeds");
    assert!(!appended.replayed, "nothing had been written");
    sqlx::raw_sql("BEGIN; LOCK TABLE es_event IN ACCESS EXCLUSIVE MODE").execute(&mut foreign).await.expect("locked");
    let error = store.read_all(ReadAll::forward(Position::ZERO, 10)).await.expect_err("locked");
    assert_eq!(error.code(), "store_locked", "{error}");
    sqlx::raw_sql("ROLLBACK").execute(&mut foreign).await.expect("released");
    assert_eq!(read_everything(&store).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_all_busy_are_waited_for_and_then_told() {
    let config = PostgresConfig {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(200),
        lock_timeout: Duration::from_secs(2),
        ..place()
    };
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    let mut foreign = raw(&config).await;
    sqlx::raw_sql("BEGIN; LOCK TABLE es_event IN ACCESS EXCLUSIVE MODE").execute(&mut foreign).await.expect("locked");
    let busy = tokio::spawn({
        let store = store.clone();
        async move { store.read_all(ReadAll::forward(Position::ZERO, 10)).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let error = store.head().await.expect_err("the only connection is busy");
    assert!(
        matches!(&error, StoreError::TooManyConnections { reason, .. } if reason.contains("1 connections")),
        "{error}"
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut foreign).await.expect("released");
    assert_eq!(busy.await.expect("no panic").expect("a page").events.len(), 1);
    assert_eq!(store.head().await, Ok(Position(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_further_connections_is_named() {
    let settings = [("max_connections", "12"), ("superuser_reserved_connections", "0")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let cluster = Cluster::start(ClusterOptions { settings, ..ClusterOptions::default() });
    let config = impatient(on(&cluster.url()));
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    store.close().await;
    let mut others = Vec::new();
    let refused = loop {
        let url = cluster.url();
        match PgConnection::connect(&url).await {
            Ok(connection) => others.push(connection),
            Err(error) => break error,
        }
        assert!(others.len() < 100, "the limit is never reached");
    };
    assert!(refused.to_string().contains("too many"), "{refused}");
    let error = PostgresEventStore::open(config.clone()).await.expect_err("refused");
    assert_eq!(error.code(), "too_many_connections", "{error}");
    others.truncate(4);
    let deadline = Instant::now() + Duration::from_secs(10);
    let store = loop {
        match PostgresEventStore::open(config.clone()).await {
            Ok(store) => break store,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    store.append(append_to("account-1", 2, 1)).await.expect("with connections free again it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_transactions_only_read_is_told_so() {
    let config = place();
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    let role = format!("{}_user", config.schema);
    let mut raw = raw(&config).await;
    let script = format!(
        "CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'x'; ALTER ROLE {role} SET default_transaction_read_only = on"
    );
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut raw).await.expect("made");
    let reader = PostgresConfig { user: role, password: Some(es_core::Secret::new("x")), ..opening(&config) };
    let reader = open(&reader).await;
    assert!(reader.read_only_reason().is_some_and(|reason| reason.contains("only read")));
    assert_eq!(reader.head().await, Ok(Position(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_does_not_take_loses_alone() {
    let config = place();
    let store = open(&config).await;
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    // A rule of the database's own, as its administrators may have.
    let mut foreign = raw(&config).await;
    sqlx::raw_sql("ALTER TABLE es_event ADD CONSTRAINT none_of_them CHECK (event_type <> 'Unwanted')")
        .execute(&mut foreign)
        .await
        .expect("added");
    // While somebody holds the lock, all the others come together in one batch.
    sqlx::raw_sql("BEGIN; SELECT * FROM es_log_head FOR UPDATE").execute(&mut foreign).await.expect("locked");
    let appending: Vec<_> = (2..20_u128)
        .map(|command| {
            let (store, mut request) = (store.clone(), append_to("account-1", command, 1));
            if command == 10 {
                request.parts[0].events[0].event_type = "Unwanted".into();
            }
            tokio::spawn(async move { (command, store.append(request).await) })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut foreign).await.expect("released");
    for appended in appending {
        let (command, appended) = appended.await.expect("no panic");
        assert_eq!(appended.is_ok(), command != 10, "{command}: {appended:?}");
        assert!(
            appended.is_ok() || appended.is_err_and(|error| error.to_string().contains("none_of_them")),
            "it is told why"
        );
    }
    let all = read_everything(&store).await;
    assert_dense(&all);
    assert_eq!(all.len(), 18, "all but that one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_leaves_nothing_half_done() {
    let config = PostgresConfig { max_connections: 1, ..place() };
    let (store, other) = (open(&config).await, open(&config).await);
    store.append(append_to("account-1", 1, 3)).await.expect("appended");
    let (keys, others) = (store.subject_keys().expect("keys"), other.subject_keys().expect("keys"));
    for micros in (0..6000).step_by(100) {
        let reading = store.read_all(ReadAll::forward(Position::ZERO, 10));
        let _ = tokio::time::timeout(Duration::from_micros(micros), reading).await;
        assert_eq!(store.head().await, Ok(Position(3)), "after a read that was given up behind {micros} µs");
        let subject = stream(&format!("customer-{micros}"));
        let _ = tokio::time::timeout(Duration::from_micros(micros), keys.get_or_create(&subject)).await;
        // What had been sent already may be carried out a moment later, for everybody.
        let until = Instant::now() + Duration::from_secs(5);
        while keys.get(&subject).await != others.get(&subject).await {
            assert!(Instant::now() < until, "after a write that was given up behind {micros} µs all see the same");
        }
    }
}
