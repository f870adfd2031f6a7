//! What the tests of this crate share.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::{
    AppendRequest, EventReader, ExpectedVersion, ManualClock, NewEvent, Payload, Position, ReadAll, RecordedEvent,
    StreamName, event_id_of,
};
use es_postgres::{PostgresConfig, PostgresEventStore};
use uuid::Uuid;

/// A store that does not exist yet, on the server that tests share.
pub fn place() -> PostgresConfig {
    on(&es_testkit::postgres::server())
}

/// A store that does not exist yet, on a server.
pub fn on(url: &str) -> PostgresConfig {
    let config = PostgresConfig::from_url(url).expect("a connection string");
    PostgresConfig { schema: es_testkit::postgres::fresh_schema(), create: true, ..config }
}

pub async fn open(config: &PostgresConfig) -> PostgresEventStore {
    PostgresEventStore::open(config.clone()).await.expect("the store opens")
}

/// The same store for somebody who creates nothing.
pub fn opening(config: &PostgresConfig) -> PostgresConfig {
    PostgresConfig { create: false, ..config.clone() }
}

pub fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_700_000_000_000_000 + micros).expect("a time")
}

pub fn clock_at(micros: i64) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(at(micros)))
}

pub fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a stream name")
}

/// An event whose content follows from its id.
pub fn event(command: u128, index: usize, event_type: &str) -> NewEvent {
    let command = Uuid::from_u128(command);
    NewEvent {
        event_id: event_id_of(command, index),
        event_type: event_type.into(),
        schema_version: 1,
        payload: Payload::json(format!(
            r#"{{"amount":{{"minor":"{index}","currency":"EUR"}},"text":"Größe {command}"}}"#
        )),
        metadata: format!(r#"{{"$correlationId":"{command}","$causationId":"{command}","actor":"test"}}"#).into(),
    }
}

pub fn events(command: u128, count: usize) -> Vec<NewEvent> {
    (0..count).map(|index| event(command, index, "Tested")).collect()
}

pub fn append_to(name: &str, command: u128, count: usize) -> AppendRequest {
    AppendRequest::to_stream(stream(name), ExpectedVersion::Any, events(command, count))
}

/// The whole log.
pub async fn read_everything(store: &dyn EventReader) -> Vec<RecordedEvent> {
    let mut all = Vec::new();
    let mut from = Position::ZERO;
    loop {
        let page = store.read_all(ReadAll::forward(from, 1000)).await.expect("a page");
        all.extend(page.events);
        if page.end {
            return all;
        }
        from = page.next;
    }
}

/// Positions are 1, 2, 3 … and versions are 1, 2, 3 … in each stream.
pub fn assert_dense(events: &[RecordedEvent]) {
    let mut versions: std::collections::HashMap<&StreamName, u64> = std::collections::HashMap::new();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.position.get(), index as u64 + 1, "positions are dense");
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        assert_eq!(event.version.get(), *version, "versions of {} are dense", event.stream);
    }
}
