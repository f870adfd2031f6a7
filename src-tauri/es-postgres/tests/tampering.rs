//! What somebody changes past the guards is found, with its position; and the guards hold without being told.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::*;
use es_core::retention::BatchLimits;
use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::{
    EventReader, EventStore, FindingKind, HostedStore, RetentionChange, RetentionStore, ScavengeRequest, StreamCut,
    StreamVersion, VerifyReport,
};
use es_postgres::{PostgresConfig, PostgresEventStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const EVENTS: u64 = 40;

/// A store with [`EVENTS`] events in three streams, and somebody who knows SQL.
async fn sound() -> (PostgresEventStore, PgConnection) {
    let clock = clock_at(1_000_000);
    let config = PostgresConfig { clock: clock.clone(), ..place() };
    let store = open(&config).await;
    for command in 0..EVENTS / 2 {
        clock.advance(chrono::Duration::microseconds(command as i64 % 3));
        let name = format!("account-{}", command % 3);
        store.append(append_to(&name, command.into(), 2)).await.expect("appended");
    }
    let mut raw = PgConnection::connect(&es_testkit::postgres::server()).await.expect("connects");
    let path = format!("SET search_path = {}", config.quoted_schema());
    sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut raw).await.expect("set");
    (store, raw)
}

async fn verify(store: &PostgresEventStore) -> VerifyReport {
    store.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("a report")
}

/// What verification finds after somebody has switched the triggers off, changed something, and switched them on again.
async fn edited(change: &str) -> VerifyReport {
    let (store, mut raw) = sound().await;
    let guarded = ["es_event", "es_stub", "es_archive"];
    let switch = |what: &str| guarded.map(|table| format!("ALTER TABLE {table} {what} TRIGGER ALL;")).concat();
    let script = format!("{}{change};{}", switch("DISABLE"), switch("ENABLE"));
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut raw).await.expect(change);
    verify(&store).await
}

fn places(report: &VerifyReport) -> Vec<u64> {
    let mut places: Vec<u64> = report.findings.iter().map(|finding| finding.position.get()).collect();
    places.dedup();
    places
}

#[tokio::test]
async fn a_sound_store_is_intact() {
    let (store, _) = sound().await;
    let report = verify(&store).await;
    assert!(report.intact(), "{:?}", report.findings);
    assert_eq!((report.events, report.streams, report.head.position.get()), (EVENTS, 3, EVENTS));
}

#[tokio::test]
async fn a_change_in_any_column_is_found_where_it_was_made() {
    for change in [
        "event_type = 'Other'",
        "schema_version = 2",
        "payload = (payload::text || ' ')::json",
        "payload = NULL, payload_bytes = 'x'",
        "metadata = (metadata::text || ' ')::json",
        "event_id = '00000000-0000-0000-0000-00000000abcd'",
        "correlation_id = NULL",
        "causation_id = '00000000-0000-0000-0000-00000000abcd'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "content_hash = decode(repeat('ab', 32), 'hex')",
        "content_hash = 'short'",
        "chain_hash = decode(repeat('ab', 32), 'hex')",
        "chain_hash = ''",
        "stream_version = 100",
        "stream_name = 'account-1000'",
        "stream_name = ' '",
    ] {
        let report = edited(&format!("UPDATE es_event SET {change} WHERE position = 20")).await;
        assert!(!report.intact(), "{change} is found");
        assert!(places(&report).contains(&20), "{change} is found where it was made: {:?}", report.findings);
    }
}

#[tokio::test]
async fn what_is_missing_or_too_much_is_found() {
    for (change, place) in [
        ("DELETE FROM es_event WHERE position = 20", 21),
        ("DELETE FROM es_event WHERE position = 40", 39),
        ("UPDATE es_event SET position = 41 WHERE position = 20", 21),
        ("UPDATE es_stream SET version = version + 1 WHERE stream_name = 'account-0'", 38),
        ("UPDATE es_stream SET category = 'other' WHERE stream_name = 'account-0'", 38),
        ("DELETE FROM es_stream WHERE stream_name = 'account-0'", 38),
        ("UPDATE es_log_head SET position = 39", 40),
        ("UPDATE es_log_head SET chain_hash = decode(repeat('ab', 32), 'hex')", 40),
        ("DELETE FROM es_log_head", 0),
        (
            "INSERT INTO es_stub SELECT position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash \
          FROM es_event WHERE position = 20",
            20,
        ),
    ] {
        let report = edited(change).await;
        assert!(places(&report).contains(&place), "{change}: {:?}", report.findings);
    }
}

#[tokio::test]
async fn guards_that_are_missing_or_off_are_found() {
    for change in [
        "ALTER TABLE es_event DISABLE TRIGGER es_event_refuses_update",
        "DROP TRIGGER es_event_leaves ON es_event",
        "DROP INDEX es_event_by_id",
    ] {
        let (store, mut raw) = sound().await;
        sqlx::raw_sql(change).execute(&mut raw).await.expect(change);
        let report = verify(&store).await;
        let kinds: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [FindingKind::Structure], "{change}: {:?}", report.findings);
    }
}

#[tokio::test]
async fn stored_events_refuse_update_and_delete_whoever_asks() {
    let (store, mut raw) = sound().await;
    hide(&store, 5).await;
    for forbidden in [
        "UPDATE es_event SET payload = '[]' WHERE position = 1",
        "UPDATE es_event SET payload = '[]' WHERE false",
        "DELETE FROM es_event WHERE position = 1",
        "DELETE FROM es_event",
        "TRUNCATE es_event",
        "INSERT INTO es_stub SELECT 1000, stream_name, 1000, gen_random_uuid(), recorded_at, content_hash, chain_hash \
         FROM es_event LIMIT 1",
    ] {
        let error = sqlx::raw_sql(forbidden).execute(&mut raw).await.expect_err(forbidden);
        let told = error.to_string();
        assert!(told.contains("append-only") || told.contains("what a scavenge left"), "{forbidden}: {told}");
    }
    assert!(verify(&store).await.intact(), "nothing was changed");
}

fn by(number: u128) -> Authorship {
    Authorship {
        change_id: Uuid::from_u128(number),
        actor: "ada".to_owned(),
        channel: "test".to_owned(),
        reason: "because".to_owned(),
    }
}

fn cut(before: u64) -> StreamCut {
    StreamCut { stream: stream("account-0"), before: StreamVersion(before) }
}

async fn hide(store: &PostgresEventStore, before: u64) {
    let record = RetentionEvent::StreamTruncated {
        stream: stream("account-0"),
        before: StreamVersion(before),
        events: 4,
        bytes: 1,
    };
    let change = RetentionChange {
        truncate: vec![cut(before)],
        close: Vec::new(),
        record: vec![record],
        by: by(1001),
        decided_on: StreamVersion::ZERO,
    };
    store.retain(change).await.expect("hidden");
}

async fn scavenge(store: &PostgresEventStore) -> Result<u64, es_core::RetainError> {
    let request = ScavengeRequest {
        cuts: vec![cut(5)],
        limits: BatchLimits::default(),
        by: by(1002),
        decided_on: StreamVersion(1),
        observer: None,
    };
    Ok(store.scavenge(request).await?.events)
}

#[tokio::test]
async fn stubs_and_archived_events_stay_as_they_are() {
    let (store, mut raw) = sound().await;
    hide(&store, 5).await;
    assert_eq!(scavenge(&store).await.expect("scavenged"), 4);
    for table in ["es_stub", "es_archive"] {
        for forbidden in ["UPDATE TABLE SET position = 1000", "DELETE FROM TABLE", "TRUNCATE TABLE"] {
            let forbidden = forbidden.replace("TABLE", table);
            let refused = sqlx::raw_sql(AssertSqlSafe(forbidden.clone())).execute(&mut raw).await;
            assert!(refused.expect_err(&forbidden).to_string().contains("append-only"), "{forbidden}");
        }
    }
    assert!(verify(&store).await.intact());
}

#[tokio::test]
async fn a_changed_event_is_not_archived_as_if_it_were_the_event() {
    let (store, mut raw) = sound().await;
    hide(&store, 5).await;
    sqlx::raw_sql(
        "ALTER TABLE es_event DISABLE TRIGGER ALL; UPDATE es_event SET payload = '[]' WHERE position = 1; \
         ALTER TABLE es_event ENABLE TRIGGER ALL",
    )
    .execute(&mut raw)
    .await
    .expect("changed");
    let refused = scavenge(&store).await.expect_err("refused");
    assert_eq!(refused.code(), "store_damaged", "{refused}");
    assert!(refused.to_string().contains("position 1"), "{refused}");
    assert_eq!(store.storage().await.expect("figures").stubs, 0, "nothing was removed");
}

#[tokio::test]
async fn an_archived_event_that_was_changed_or_is_gone_is_found() {
    for (change, told) in [
        ("UPDATE es_archive SET payload = '[]' WHERE position = 1", "the content"),
        ("DELETE FROM es_archive WHERE position = 1", "not in the archive"),
        ("UPDATE es_archive SET position = 3 WHERE position = 1", "does not belong"),
    ] {
        let (store, mut raw) = sound().await;
        hide(&store, 5).await;
        scavenge(&store).await.expect("scavenged");
        let script =
            format!("ALTER TABLE es_archive DISABLE TRIGGER ALL; {change}; ALTER TABLE es_archive ENABLE TRIGGER ALL");
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut raw).await.expect(change);
        let report = store.verify_archive(Box::new(|_| true)).await.expect("a report");
        assert!(
            report.findings.iter().any(|finding| finding.message.contains(told)),
            "{change}: {:?}",
            report.findings
        );
        assert!(verify(&store).await.intact(), "the store itself is as it was");
    }
}

#[tokio::test]
async fn a_verification_can_be_cancelled_and_goes_on_beside_appends() {
    let (store, _) = sound().await;
    let store = Arc::new(store);
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let report = store.verify(cancelled, Box::new(|_| {})).await.expect("a report");
    assert!(report.cancelled && !report.intact(), "{report:?}");
    let appending = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for command in 2000..2100 {
                store.append(append_to("account-0", command, 2)).await.expect("appended");
            }
        })
    };
    while !appending.is_finished() {
        let report = verify(&store).await;
        assert!(report.intact(), "{:?}", report.findings);
    }
    appending.await.expect("no panic");
    assert_eq!(store.head().await.expect("a head").get(), verify(&store).await.head.position.get());
}
