//! The contract suites on PostgreSQL.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod common;

use std::sync::Arc;

use common::place;
use es_postgres::{PostgresConfig, PostgresEventStore};
use es_testkit::{Fixture, ManualClock, event_store_contract, time};

async fn events(wake_ups: bool) -> Fixture {
    let clock = Arc::new(ManualClock::new(time(0)));
    let config = PostgresConfig { clock: clock.clone(), wake_ups, ..place() };
    let store = PostgresEventStore::open(config).await.expect("a store");
    let fixture = Fixture::new(Arc::new(store)).with_clock(clock);
    if wake_ups { fixture } else { fixture.without_wake_ups() }
}

event_store_contract!(postgres_events, events(true));
event_store_contract!(postgres_events_without_wake_ups, events(false));
