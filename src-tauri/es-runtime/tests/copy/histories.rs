//! Logs to copy.

use std::collections::BTreeMap;

use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::*;
use es_testkit::{Dice, metadata, new_event, stream, time};
use uuid::Uuid;

/// What a random history may hold.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub requests: u64,
    /// Whether payloads that are not JSON are among them.
    pub binary: bool,
}

/// Some requests with times that never go back, the same ones for the same dice. Streams are many and few, names odd, some
/// requests go to several streams.
pub fn random(dice: &mut Dice, range: Range) -> Vec<ImportedAppend> {
    let names = ["account-1", "account-2", "größe-É", "a", "-", "$retention-like", "customer-7", "order-日本"];
    let names: Vec<StreamName> = names.iter().filter(|name| !name.starts_with('$')).map(|name| stream(name)).collect();
    let mut versions: BTreeMap<StreamName, u64> = BTreeMap::new();
    let mut now = 0;
    let mut id = u128::from(dice.below(u64::MAX)) << 64;
    let mut requests = Vec::new();
    for _ in 0..range.requests {
        now += i64::try_from(dice.below(3)).expect("small");
        let mut parts = Vec::new();
        for _ in 0..1 + dice.below(3) / 2 {
            let to = dice.pick(&names);
            let events: Vec<NewEvent> = (0..1 + dice.below(4))
                .map(|_| {
                    id += 1;
                    NewEvent { event_id: Uuid::from_u128(id), ..random_event(dice, range.binary) }
                })
                .collect();
            let version = versions.entry(to.clone()).or_default();
            let expected = ExpectedVersion::Exact(StreamVersion(*version));
            *version += events.len() as u64;
            parts.push(StreamAppend { stream: to, expected, events });
        }
        requests.push(ImportedAppend { request: AppendRequest { parts }, recorded_at: time(now) });
    }
    requests
}

fn random_event(dice: &mut Dice, binary: bool) -> NewEvent {
    let payloads = [r#"{"a":1}"#, "{ \"b\" : [1, 2.50] }", "null", "[]", "\"text\"", "12345678901234567890123", "{}"];
    let texts = ["{}", " {\n}", r#"{"x":{"y":"}"}}"#, "[1,2]", "null", r#"{"copiedFrom":"me"}"#, r#""text""#];
    let mut event = new_event(dice.pick(&["Opened", "Moved", "größer"]), dice.pick(&payloads));
    event.schema_version = 1 + u32::try_from(dice.below(3)).expect("small");
    event.metadata = dice.pick(&texts).into();
    if dice.below(3) == 0 {
        event.metadata = metadata(Uuid::from_u128(dice.below(9).into()), Uuid::from_u128(7));
    }
    if binary && dice.below(5) == 0 {
        let bytes: Vec<u8> = (0..dice.below(20)).map(|_| u8::try_from(dice.below(256)).expect("a byte")).collect();
        event.payload = Payload::Binary(bytes.into());
    }
    event
}

/// Writes a history, with its times where the store takes them.
pub async fn write(store: &dyn EventStore, history: &[ImportedAppend]) {
    if store.capabilities().import {
        store.import(history.to_vec()).await.expect("imported");
        return;
    }
    for part in history.iter().flat_map(|append| &append.request.parts) {
        let request = AppendRequest { parts: vec![part.clone()] };
        store.append(request).await.expect("appended");
    }
}

/// Events of one stream, one append each.
pub async fn numbered(store: &dyn EventStore, name: &str, count: u64) {
    for _ in 0..count {
        let request = AppendRequest::to_stream(stream(name), ExpectedVersion::Any, vec![new_event("Counted", "{}")]);
        store.append(request).await.expect("appended");
    }
}

pub fn by(change: u128) -> Authorship {
    Authorship {
        change_id: Uuid::from_u128(change),
        actor: "auditor".to_owned(),
        channel: "test".to_owned(),
        reason: "the books are closed".to_owned(),
    }
}

/// Hides the events of a stream before a version, and moves them to the archive if that is wanted.
pub async fn hide(store: &dyn EventStore, name: &str, before: u64, archived: bool) {
    let retention = store.retention().expect("offered");
    let cut = StreamCut { stream: stream(name), before: StreamVersion(before) };
    let record =
        RetentionEvent::StreamTruncated { stream: stream(name), before: cut.before, events: before - 1, bytes: 1 };
    let change = RetentionChange {
        truncate: vec![cut.clone()],
        close: Vec::new(),
        record: vec![record],
        by: by(1),
        decided_on: StreamVersion::ZERO,
    };
    retention.retain(change).await.expect("truncated");
    if archived {
        let request = ScavengeRequest {
            cuts: vec![cut],
            limits: retention::BatchLimits::default(),
            by: by(2),
            decided_on: StreamVersion(1),
            observer: None,
        };
        assert!(retention.scavenge(request).await.expect("moved").events > 0, "something is archived");
    }
}
