//! Accounts with a history, written past the engine.

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use serde_json::json;
use uuid::Uuid;

/// Events in one append while a history is written.
const BATCH: usize = 1000;

pub fn stream(number: usize) -> StreamName {
    StreamName::of("account", id(number)).expect("a name")
}

pub fn id(number: usize) -> String {
    (100_000 + number).to_string()
}

fn event(event_type: &str, schema_version: u32, payload: &serde_json::Value) -> NewEvent {
    let id = Uuid::new_v4();
    let metadata = json!({"$correlationId": id, "$causationId": id, "commandId": id, "actor": "anna"});
    NewEvent {
        event_id: id,
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(payload.to_string()),
        metadata: metadata.to_string().into(),
    }
}

fn eur(minor: usize) -> serde_json::Value {
    json!({"minor": minor.to_string(), "currency": "EUR"})
}

fn opened(number: usize) -> NewEvent {
    let payload = json!({
        "accountId": id(number), "customerId": "C-1", "currency": "EUR", "product": "current",
        "overdraftLimit": eur(0), "openedOn": "2026-01-05",
    });
    event("AccountOpened", 1, &payload)
}

pub fn deposited(number: usize, minor: usize) -> NewEvent {
    let account = id(number);
    let payload = json!({
        "accountId": account, "amount": eur(minor), "entryId": Uuid::new_v4(),
        "bookingDate": "2026-11-23", "valueDate": "2026-11-23",
        "postings": [
            {"account": "gl:vault-cash", "side": "debit", "amount": eur(minor)},
            {"account": format!("account:{account}"), "side": "credit", "amount": eur(minor)},
        ],
        "text": "Cash deposit",
    });
    event("MoneyDeposited", 2, &payload)
}

pub async fn append(store: &dyn EventStore, number: usize, events: Vec<NewEvent>) {
    let request = AppendRequest::to_stream(stream(number), ExpectedVersion::Any, events);
    store.append(request).await.expect("appended");
}

/// An account whose stream has `events` events.
pub async fn open(store: &dyn EventStore, number: usize, events: usize) {
    let mut batch = vec![opened(number)];
    for written in 1..events {
        batch.push(deposited(number, 100 + written % 1000));
        if batch.len() == BATCH {
            append(store, number, std::mem::take(&mut batch)).await;
        }
    }
    if !batch.is_empty() {
        append(store, number, batch).await;
    }
}
