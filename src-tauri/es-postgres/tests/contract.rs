//! The contract suite on PostgreSQL: on the server that tests share, and on one that is given.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod common;

use std::sync::Arc;

use common::{on, place};
use es_postgres::{PostgresConfig, PostgresEventStore};
use es_testkit::postgres::given_server;
use es_testkit::{Fixture, ManualClock, event_store_contract, subject_keys_contract, time};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The schema of a test on somebody's own server, which is left as it was.
struct Guest(PostgresConfig);

impl Drop for Guest {
    fn drop(&mut self) {
        let drop_schema = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.0.quoted_schema());
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let url = given_server().expect("it was given");
                let mut connection = PgConnection::connect(&url).await.expect("connects");
                sqlx::raw_sql(AssertSqlSafe(drop_schema)).execute(&mut connection).await.expect("dropped");
            });
        });
        gone.join().expect("no panic");
    }
}

async fn events(wake_ups: bool) -> Fixture {
    let clock = Arc::new(ManualClock::new(time(0)));
    // The server that tests share stays in the tally: there nobody is woken.
    let given = given_server().filter(|_| wake_ups);
    let config = given.as_deref().map_or_else(place, on);
    let config = PostgresConfig { clock: clock.clone(), wake_ups, ..config };
    let store = PostgresEventStore::open(config.clone()).await.expect("a store");
    let place = given.as_ref().map(|_| "on_a_given_server");
    let guest = given.map(|_| Guest(config));
    let fixture = Fixture::new(Arc::new(store)).with_clock(clock).in_place(place).keeping(guest);
    if wake_ups { fixture } else { fixture.without_wake_ups() }
}

event_store_contract!(postgres_events, events(true));
event_store_contract!(postgres_events_without_wake_ups, events(false));
subject_keys_contract!(postgres_subject_keys, events(true));
