//! What a bank's engine makes of events that this program does not know: nothing is guessed and nothing is passed over.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::sync::Arc;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::*;
use es_runtime::*;
use serde_json::json;
use uuid::Uuid;

/// An account's stream: opened, and then this.
async fn store_with(event_type: &str, schema_version: u32) -> Arc<MemoryEventStore> {
    let now = "2026-01-05T09:00:00Z".parse().expect("a time");
    let store = Arc::new(MemoryEventStore::new(Arc::new(ManualClock::new(now))));
    let metadata = EventMetadata {
        correlation_id: Uuid::from_u128(1),
        causation_id: Uuid::from_u128(1),
        command_id: Uuid::from_u128(1),
        command_type: "Test".to_owned(),
        command_hash: None,
        actor: "tester".to_owned(),
        channel: "test".to_owned(),
        reason: None,
    };
    let metadata = serde_json::to_string(&metadata).expect("metadata");
    let opened = json!({
        "accountId": "1", "customerId": "C-1", "currency": "EUR", "product": "current",
        "overdraftLimit": {"minor": "0", "currency": "EUR"}, "openedOn": "2026-01-05",
    });
    let event = |index: u128, event_type: &str, schema_version, payload: String| NewEvent {
        event_id: Uuid::from_u128(100 + index),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(payload),
        metadata: metadata.as_str().into(),
    };
    let events =
        vec![event(0, "AccountOpened", 1, opened.to_string()), event(1, event_type, schema_version, "{}".to_owned())];
    let stream = StreamName::new("account-1").expect("a name");
    store.append(AppendRequest::to_stream(stream, ExpectedVersion::NoStream, events)).await.expect("appended");
    store
}

const UNKNOWN: [(&str, u32, &str); 3] = [
    ("MoneyDeposited", 9, "comes from the future: this program knows versions up to 2"),
    ("FundsReserved", 4, "comes from the future: this program knows versions up to 3"),
    ("MoneyPrinted", 1, "unknown event type MoneyPrinted v1"),
];

#[tokio::test]
async fn a_command_on_a_stream_with_an_unknown_event_is_not_decided() {
    for (event_type, version, told) in UNKNOWN {
        let store = store_with(event_type, version).await;
        let domain = Arc::new(bank::domain().expect("the domain is sound"));
        let engine = Engine::new(EngineParts::new(store.clone(), Arc::new(MemoryReadModels::new()), domain));
        let payload = json!({"accountId": "1", "amount": {"minor": "100", "currency": "EUR"}}).to_string();
        let answer = engine.execute(&CommandEnvelope::new("Deposit", payload).by("tester", "test")).await;
        let error = answer.expect_err("a state that cannot be folded decides nothing");
        assert!(matches!(error, ExecuteError::Load(LoadError::Undecodable { .. })), "{error:?}");
        assert!(error.to_string().contains(told), "{error} says: {told}");
        assert_eq!(store.head().await.expect("a head").get(), 2, "nothing was written");
    }
}

#[tokio::test]
async fn a_read_model_with_money_in_it_halts_before_an_unknown_event() {
    for (event_type, version, told) in UNKNOWN {
        let store = store_with(event_type, version).await;
        let domain = Arc::new(bank::domain().expect("the domain is sound"));
        let engine = Engine::new(EngineParts::new(store, Arc::new(MemoryReadModels::new()), domain));
        engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
        for status in engine.projections().await.expect("readable") {
            if !["accounts", "statement", "holds", "limits", "daily_activity", "trial_balance"].contains(&status.name) {
                continue;
            }
            assert_eq!(status.state, ProjectionState::Halted, "{} at {event_type} v{version}", status.name);
            assert_eq!(status.position, Position(1), "{} has what came before", status.name);
            let problem = status.problem.expect("a problem");
            assert!(problem.contains(told), "{}: {problem} says: {told}", status.name);
        }
        engine.shutdown().await;
    }
}
