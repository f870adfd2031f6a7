//! One changed byte anywhere in a stored event is found, with its position.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use common::*;
use es_core::{EventStore, FindingKind, StoreError, VerifyReport};
use es_sqlite::{OpenOptions, SqliteEventStore};
use proptest::prelude::*;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;

const EVENTS: u64 = 40;

/// Bytes of a sound, closed store.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let place = place();
        let clock = clock_at(1_000_000);
        let store =
            SqliteEventStore::open(&place.path, OpenOptions { clock: clock.clone(), ..creating() }).expect("opens");
        for command in 0..EVENTS / 2 {
            clock.advance(chrono::Duration::microseconds(command as i64 % 3));
            let name = format!("account-{}", command % 3);
            runtime().block_on(store.append(append_to(&name, command.into(), 2))).expect("appended");
        }
        store.close();
        std::fs::read(&place.path).expect("bytes")
    })
}

/// Bytes of a store without events: the pages that hold the schema and the roots of its tables.
fn schema_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| {
        let place = place();
        open(&place.path).close();
        std::fs::read(&place.path).expect("bytes").len()
    })
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime"))
}

fn verify(path: &Path) -> Result<VerifyReport, StoreError> {
    let store = SqliteEventStore::open(path, OpenOptions { read_only: true, ..OpenOptions::default() })?;
    runtime().block_on(store.verify(CancellationToken::new(), |_| {}))
}

fn copy() -> Place {
    let place = place();
    std::fs::write(&place.path, sound()).expect("copied");
    place
}

/// A copy changed with plain SQL by somebody who knows about the triggers.
fn edited(edit: impl FnOnce(&Connection)) -> VerifyReport {
    let place = copy();
    let raw = Connection::open(&place.path).expect("plain SQL");
    raw.execute_batch("DROP TRIGGER es_event_refuses_update; DROP TRIGGER es_event_refuses_delete;").expect("dropped");
    edit(&raw);
    drop(raw);
    verify(&place.path).expect("a report")
}

fn places(report: &VerifyReport) -> Vec<u64> {
    report.findings.iter().map(|finding| finding.position.get()).collect()
}

#[test]
fn a_sound_store_is_intact() {
    let place = copy();
    let report = verify(&place.path).expect("a report");
    assert!(report.intact(), "{:?}", report.findings);
    assert_eq!((report.events, report.streams, report.head.position.get()), (EVENTS, 3, EVENTS));
}

const COLUMNS: [&str; 12] = [
    "stream_name",
    "stream_version",
    "event_id",
    "event_type",
    "schema_version",
    "payload",
    "metadata",
    "correlation_id",
    "causation_id",
    "recorded_at",
    "content_hash",
    "chain_hash",
];

/// Changes one byte of a column; `false` if the database itself refuses the changed value.
fn change_byte(raw: &Connection, column: &str, position: u64, byte: usize, mask: u8) -> bool {
    let select = format!("SELECT {column} FROM es_event WHERE position = ?1");
    let update = |value: &str| format!("UPDATE es_event SET {column} = {value} WHERE position = ?1");
    enum Stored {
        Number(i64),
        Text(Vec<u8>),
        Blob(Vec<u8>),
    }
    let stored = raw
        .query_row(&select, [position as i64], |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(number) => Stored::Number(number),
                ValueRef::Text(bytes) => Stored::Text(bytes.to_vec()),
                ValueRef::Blob(bytes) => Stored::Blob(bytes.to_vec()),
                other => panic!("{column} holds {other:?}"),
            })
        })
        .expect("a value");
    let flipped = |mut bytes: Vec<u8>| {
        let index = byte % bytes.len();
        bytes[index] ^= mask;
        bytes
    };
    let done = match stored {
        Stored::Number(number) => {
            let changed = number ^ (i64::from(mask) << (8 * (byte % 8)));
            raw.execute(&update("?2"), params![position as i64, changed])
        }
        Stored::Text(bytes) => raw.execute(&update("CAST(?2 AS TEXT)"), params![position as i64, flipped(bytes)]),
        Stored::Blob(bytes) => raw.execute(&update("?2"), params![position as i64, flipped(bytes)]),
    };
    match done {
        Ok(count) => count == 1,
        Err(error) => {
            assert!(error.to_string().contains("UNIQUE"), "{error}");
            false
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn one_changed_byte_of_any_column_is_found_at_its_position(
        column in proptest::sample::select(&COLUMNS[..]),
        position in 1..=EVENTS,
        byte in 0_usize..200,
        mask in 1_u8..=255,
    ) {
        let mut accepted = false;
        let report = edited(|raw| accepted = change_byte(raw, column, position, byte, mask));
        prop_assume!(accepted);
        prop_assert!(!report.intact());
        prop_assert!(places(&report).contains(&position), "{} of event {}: {:?}", column, position, report.findings);
        prop_assert_eq!(report.events, EVENTS, "verification goes on to the end");
    }
}

#[test]
fn every_column_is_covered_at_the_first_a_middle_and_the_last_event() {
    for column in COLUMNS {
        for position in [1, 17, EVENTS] {
            for mask in [1, 0x80] {
                // The lowest byte of a version would often give one that is taken, which the database refuses.
                let byte = usize::from(column == "stream_version");
                let report = edited(|raw| assert!(change_byte(raw, column, position, byte, mask), "{column} changed"));
                let found = places(&report);
                assert!(found.contains(&position), "{column} of event {position}: {:?}", report.findings);
                assert!(found.len() <= 4, "one byte is one place, not a list: {column}: {:?}", report.findings);
            }
        }
    }
}

#[test]
fn text_that_is_not_utf8_is_a_finding_and_the_rest_is_still_verified() {
    for column in ["stream_name", "event_type", "payload", "metadata"] {
        let report = edited(|raw| {
            assert!(change_byte(raw, column, 9, 0, 0xFF), "changed");
            assert!(change_byte(raw, "payload", 30, 12, 1), "changed");
        });
        let first = &report.findings[0];
        assert_eq!((first.position.get(), first.kind), (9, FindingKind::Unreadable), "{column}: {:?}", report.findings);
        assert!(places(&report).contains(&30), "{column}: {:?}", report.findings);
    }
}

#[test]
fn a_changed_head_names_the_event_it_belongs_to() {
    for (sql, position) in [
        ("UPDATE es_log_head SET position = 39", 40),
        ("UPDATE es_log_head SET chain_hash = zeroblob(32)", 40),
        ("UPDATE es_log_head SET recorded_at = recorded_at + 1", 40),
        ("UPDATE es_log_head SET chain_hash = zeroblob(31)", 40),
        ("DELETE FROM es_log_head", 40),
        ("UPDATE es_stream SET version = version - 1 WHERE stream_name = 'account-0'", 38),
        ("UPDATE es_stream SET last_position = 3 WHERE stream_name = 'account-0'", 38),
        ("UPDATE es_stream SET category = 'other' WHERE stream_name = 'account-0'", 38),
        ("DELETE FROM es_stream WHERE stream_name = 'account-0'", 38),
        ("INSERT INTO es_stream VALUES ('account-9', 'account', 1, 0, NULL, 12)", 12),
    ] {
        let report = edited(|raw| {
            raw.execute_batch(sql).expect("edited");
        });
        assert!(places(&report).contains(&position), "{sql}: {:?}", report.findings);
    }
}

#[test]
fn removed_and_added_events_are_found() {
    for (sql, position) in [
        ("DELETE FROM es_event WHERE position = 7", 8),
        ("DELETE FROM es_event WHERE position = 40", 39),
        ("UPDATE es_event SET position = 1000 WHERE position = 7", 8),
        ("UPDATE es_event SET position = -7 WHERE position = 7", 8),
    ] {
        let report = edited(|raw| {
            raw.execute_batch(sql).expect("edited");
        });
        assert!(places(&report).contains(&position), "{sql}: {:?}", report.findings);
    }
}

#[test]
fn a_byte_changed_in_the_file_itself_is_found() {
    let place = copy();
    let mut bytes = sound().to_vec();
    let text = format!("Größe {}", uuid::Uuid::from_u128(8));
    let at =
        bytes.windows(text.len()).position(|window| window == text.as_bytes()).expect("the payload is in the file");
    bytes[at] = b'g';
    std::fs::write(&place.path, bytes).expect("written");
    let report = verify(&place.path).expect("a report");
    assert!(places(&report).iter().any(|position| [17, 18].contains(position)), "{:?}", report.findings);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_the_file_makes_verification_fail_or_lie(at in 0_usize..1_000_000, mask in 1_u8..=255) {
        let place = copy();
        let mut bytes = sound().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= mask;
        std::fs::write(&place.path, &bytes).expect("written");
        let Ok(report) = verify(&place.path) else {
            // Told by opening already: then the file must really be beyond reading.
            prop_assert!(at < schema_bytes(), "byte {} of the file", at);
            return Ok(());
        };
        if report.intact() {
            let store = SqliteEventStore::open(&place.path, OpenOptions { read_only: true, ..OpenOptions::default() }).expect("opens");
            let now = runtime().block_on(read_everything(&store));
            let other = copy();
            let before = runtime().block_on(read_everything(&open(&other.path)));
            prop_assert!(now == before, "byte {} was changed, an event too, and nothing was found", at);
        }
    }
}

#[test]
fn a_cancelled_verification_says_so_and_tells_its_progress() {
    let place = copy();
    let store = open(&place.path);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = runtime().block_on(store.verify(cancel, |_| {})).expect("a report");
    assert!(report.cancelled && !report.intact());
    let highest = std::sync::Arc::new(AtomicU64::new(0));
    let told = highest.clone();
    let progress = move |progress: es_core::VerifyProgress| {
        assert_eq!(progress.total, EVENTS);
        told.fetch_max(progress.done, Ordering::Relaxed);
    };
    let report = runtime().block_on(store.verify(CancellationToken::new(), progress)).expect("a report");
    assert!(report.intact());
    assert_eq!(highest.load(Ordering::Relaxed), EVENTS);
    store.close();
    let closed = runtime().block_on(store.verify(CancellationToken::new(), |_| {})).expect_err("closed");
    assert_eq!(closed, StoreError::Closed);
}
