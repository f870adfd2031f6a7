//! The promises of every event store, kept by this one on the test server of its protocol, and on a real server where one is
//! named.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests: a panic is a failed test")]

use std::sync::Arc;

use es_core::EventStore as _;
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{Fixture, event_store_contract};

/// The limit of newer servers, above those of the engine. A lower one counts type and stored metadata too, so that the suite
/// cannot tell what just fits; see `the_servers_limit_of_an_append_is_told`.
const APPEND_LIMIT: usize = 16 * 1024 * 1024;

/// A fresh test server and a store on it.
async fn fixture(server: Options, options: EventStoreDbOptions) -> Fixture {
    let server = TestServer::start(Options { append_limit: APPEND_LIMIT, ..server });
    let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
    let store = EventStoreDbStore::open(config, options).await.expect("the store opens");
    Fixture::new(Arc::new(store)).keeping(server)
}

async fn woken() -> Fixture {
    fixture(Options::default(), EventStoreDbOptions::default()).await
}

async fn not_woken() -> Fixture {
    let options = EventStoreDbOptions { without_wake_ups: true, ..EventStoreDbOptions::default() };
    fixture(Options::default(), options).await.without_wake_ups()
}

/// A log as old servers wrote it, whose positions do not tell where the server keeps an event.
async fn with_commit_records() -> Fixture {
    let server = Options { separate_commits: true, ..Options::default() };
    fixture(server, EventStoreDbOptions::default()).await
}

event_store_contract!(test_server, woken());
event_store_contract!(test_server_without_wake_ups, not_woken());
event_store_contract!(test_server_with_commit_records, with_commit_records());

/// A part of the log of a server that others use too: the one that `LEDGERSCOPE_TEST_EVENTSTOREDB_URL` names (whose user must be
/// an administrator), or a test server with some events, whose projections write links all the time.
async fn shared_server() -> Fixture {
    let (config, server) = match std::env::var("LEDGERSCOPE_TEST_EVENTSTOREDB_URL") {
        Ok(url) if !url.is_empty() => (EventStoreDbConfig::parse(&url).expect("a connection string"), None),
        _ => {
            let options = Options { append_limit: APPEND_LIMIT, system_projections: true, ..Options::default() };
            let server = TestServer::start(options);
            let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
            let store = EventStoreDbStore::open(config.clone(), EventStoreDbOptions::default()).await.expect("a store");
            for number in 0..20 {
                let (target, expected) = (es_testkit::stream("account-1"), es_core::ExpectedVersion::Any);
                let request = es_core::AppendRequest::to_stream(target, expected, vec![es_testkit::numbered(number)]);
                store.append(request).await.expect("an event of somebody else");
            }
            (config, Some(server))
        }
    };
    let store = EventStoreDbStore::open(config, EventStoreDbOptions::default()).await.expect("the store opens");
    let place = if server.is_none() { "on_a_given_server" } else { "on_a_test_server" };
    Fixture::sharing(Arc::new(store)).await.in_place(Some(place)).keeping(server)
}

event_store_contract!(shared, shared_server());
