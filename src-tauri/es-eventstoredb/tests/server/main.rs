//! What this store does with its server, beyond the promises of every store: trouble, foreign events, hidden and deleted
//! streams, the local index, and what the inspector is shown.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests: a panic is a failed test")]
#![allow(missing_docs, reason = "each function is a statement and is named so")]

mod access;
mod events;
mod faults;
mod hidden;
mod index;
mod inspection;
mod verification;

use std::sync::Arc;
use std::time::Duration;

use es_core::{
    AppendError, AppendRequest, Appended, Direction, EventReader as _, EventStore as _, ExpectedVersion, NewEvent,
    Position, ReadAll, ReadStream, RecordedEvent, StreamName, StreamPage, StreamVersion,
};
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_testkit::eventstoredb::{Options, TestServer};
use eventstore::{AppendToStreamOptions, Client, EventData};

/// How long an operation may take in tests of trouble.
const TIMEOUT: Duration = Duration::from_secs(2);

pub fn config(server: &TestServer) -> EventStoreDbConfig {
    EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string")
}

pub async fn open(server: &TestServer) -> EventStoreDbStore {
    open_with(server, EventStoreDbOptions::default()).await
}

pub async fn open_with(server: &TestServer, options: EventStoreDbOptions) -> EventStoreDbStore {
    EventStoreDbStore::open(config(server), options).await.expect("the store opens")
}

/// A server and a store on it that gives up soon.
pub async fn impatient(options: Options) -> (TestServer, EventStoreDbStore) {
    let server = TestServer::start(options);
    let config = EventStoreDbConfig { timeout: TIMEOUT, ..config(&server) };
    let store = EventStoreDbStore::open(config, EventStoreDbOptions::default()).await.expect("the store opens");
    (server, store)
}

/// Another program that uses the server.
pub fn another_program(server: &TestServer) -> Client {
    let settings = format!("{}&discoveryInterval=1", server.connection_string()).parse().expect("a connection string");
    Client::new(settings).expect("a client")
}

/// Appends as another program does.
pub async fn write_as_another(client: &Client, stream: &str, events: Vec<EventData>) {
    client.append_to_stream(stream, &AppendToStreamOptions::default(), events).await.expect("an append");
}

/// Sets the metadata of a stream as another program does.
pub async fn set_metadata(client: &Client, stream: &str, metadata: serde_json::Value) {
    let event = EventData::json("$metadata", &metadata).expect("JSON");
    write_as_another(client, &format!("$${stream}"), vec![event]).await;
}

pub async fn append(
    store: &EventStoreDbStore,
    stream: &StreamName,
    expected: ExpectedVersion,
    events: Vec<NewEvent>,
) -> Result<Appended, AppendError> {
    store.append(AppendRequest::to_stream(stream.clone(), expected, events)).await
}

pub async fn write(store: &EventStoreDbStore, stream: &StreamName, events: Vec<NewEvent>) -> Appended {
    append(store, stream, ExpectedVersion::Any, events).await.expect("an append that expects nothing succeeds")
}

/// The whole log.
pub async fn all(store: &EventStoreDbStore) -> Vec<RecordedEvent> {
    let page = store.read_all(ReadAll::forward(Position::ZERO, 4096)).await.expect("the log");
    assert!(page.end, "the log of a test fits a page");
    page.events
}

pub async fn read(store: &EventStoreDbStore, stream: &StreamName) -> StreamPage {
    let (from, direction) = (StreamVersion::ZERO, Direction::Forward);
    store.read_stream(ReadStream { stream: stream.clone(), from, direction, limit: 1000 }).await.expect("the stream")
}

pub fn versions(page: &StreamPage) -> Vec<u64> {
    page.events.iter().map(|event| event.version.get()).collect()
}

/// Runs work on a store from many tasks at once.
pub fn shared(store: EventStoreDbStore) -> Arc<EventStoreDbStore> {
    Arc::new(store)
}
