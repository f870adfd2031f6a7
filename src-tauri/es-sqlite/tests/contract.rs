//! The contract suites on the SQLite stores.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::sync::Arc;

use es_core::MasterKey;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use es_testkit::{
    Fixture, ManualClock, ReadModelFixture, event_store_contract, read_model_contract, subject_keys_contract, time,
};

async fn events(wake_ups: bool) -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::new(time(0)));
    let options = OpenOptions { create: true, clock: clock.clone(), wake_ups, ..OpenOptions::default() };
    let store = SqliteEventStore::open(folder.path().join("events.ledger"), options).expect("a store");
    let fixture = Fixture::new(Arc::new(store)).with_clock(clock).keeping(folder);
    if wake_ups { fixture } else { fixture.without_wake_ups() }
}

/// A store whose keys open with a master key only.
async fn wrapped_keys() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let options = OpenOptions { create: true, master_key: Some(MasterKey::new([7; 32])), ..OpenOptions::default() };
    let store = SqliteEventStore::open(folder.path().join("events.ledger"), options).expect("a store");
    Fixture::new(Arc::new(store)).keeping(folder)
}

async fn read_models() -> ReadModelFixture {
    ReadModelFixture::new(Arc::new(SqliteReadModels::open_temporary().expect("a store")))
}

event_store_contract!(sqlite_events, events(true));
event_store_contract!(sqlite_events_without_wake_ups, events(false));
subject_keys_contract!(sqlite_subject_keys, events(true));
subject_keys_contract!(sqlite_wrapped_subject_keys, wrapped_keys());
read_model_contract!(sqlite_read_models, read_models());
