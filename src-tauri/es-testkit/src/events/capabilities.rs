//! What a store declares is true in both directions: where something is absent, asking for it is refused by name and changes
//! nothing; where it is present, the tests that need it show it.

use es_core::{
    AppendError, AppendRequest, ExpectedVersion, ImportedAppend, InvalidAppend, NewEvent, Payload, StreamAppend,
};
use uuid::Uuid;

use super::{Fixture, positions};
use crate::generate::{numbered, stream, time};
use crate::tally::Verdict;

/// What a test needs of a store: nothing if it is there, otherwise the verdict of having checked the refusal.
pub type Absence = Option<Verdict>;

fn refused(what: &'static str) -> Absence {
    Some(Verdict::RefusalChecked(what))
}

/// One append may write to several streams.
pub async fn multi_stream_append(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().multi_stream_append {
        return None;
    }
    fixture.write(&stream("left-1"), vec![numbered(0)]).await;
    let part = |name: &str, expected| StreamAppend { stream: stream(name), expected, events: vec![numbered(1)] };
    for expected in [ExpectedVersion::Any, ExpectedVersion::Exact(1.into())] {
        let parts = vec![part("left-1", expected), part("right-1", ExpectedVersion::NoStream)];
        let outcome = fixture.store.append(AppendRequest { parts }).await;
        assert_eq!(outcome, Err(AppendError::Invalid(InvalidAppend::SeveralStreams(2))), "not declared, so refused");
    }
    fixture.assert_length(1, "nothing was written to either stream").await;
    refused("multi_stream_append")
}

/// Payloads that are not JSON are kept.
pub async fn binary_payloads(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().binary_payloads {
        return None;
    }
    for bytes in [&[][..], &[0, 159, 146, 150], b"{\"json\":1}"] {
        let event = NewEvent { payload: Payload::Binary(bytes.into()), ..numbered(1) };
        let event_id = event.event_id;
        let outcome = fixture.append(&stream("binary-1"), ExpectedVersion::Any, vec![numbered(0), event]).await;
        let refusal = InvalidAppend::BinaryPayload { event_id };
        assert_eq!(outcome, Err(AppendError::Invalid(refusal)), "not declared, so refused, whatever the bytes say");
    }
    fixture.assert_length(0, "neither it nor its neighbour was written").await;
    refused("binary_payloads")
}

/// Events are found by their ids, and an id is known in the whole log.
pub async fn lookup_by_event_id(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().lookup_by_event_id {
        return None;
    }
    let event = numbered(1);
    let first = fixture.write(&stream("account-1"), vec![event.clone()]).await;
    for event_id in [event.event_id, Uuid::new_v4()] {
        let found = fixture.store.event_by_id(event_id).await;
        assert_eq!(found.expect_err("not declared").code(), "unsupported", "not declared, so refused");
    }
    // Who cannot look an id up can tell a repetition within its stream only.
    let elsewhere = fixture.write(&stream("account-2"), vec![event]).await;
    assert!(!elsewhere.replayed, "another stream, another event");
    assert!(elsewhere.last_position() > first.last_position(), "with a place of its own");
    fixture.assert_length(2, "both are there").await;
    refused("lookup_by_event_id")
}

/// The store keeps a hash chain.
pub async fn hash_chain(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().hash_chain {
        return None;
    }
    fixture.write(&stream("account-1"), vec![numbered(1), numbered(2)]).await;
    for event in fixture.all().await.iter().chain(&fixture.read_stream(&stream("account-1")).await) {
        assert_eq!(event.chain_hash, None, "no chain is declared, so none is shown");
    }
    refused("hash_chain")
}

/// Positions have no gaps.
pub async fn dense_positions(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().dense_positions {
        return None;
    }
    for number in 0..10 {
        fixture.write(&stream(&format!("account-{}", number % 3)), vec![numbered(number), numbered(number)]).await;
    }
    let found = positions(&fixture.all().await);
    assert_eq!(found.len(), 20, "all are there");
    assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "positions ascend strictly: {found:?}");
    refused("dense_positions")
}

/// Events are taken with their original times.
pub async fn import(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().import {
        return None;
    }
    let request = AppendRequest::to_stream(stream("account-1"), ExpectedVersion::Any, vec![numbered(1)]);
    for appends in [vec![], vec![ImportedAppend { request, recorded_at: time(-100) }]] {
        let outcome = fixture.store.import(appends).await;
        assert_eq!(outcome.expect_err("not declared").code(), "unsupported", "not declared, so refused");
    }
    fixture.assert_length(0, "nothing was written").await;
    refused("import")
}

/// The store truncates, closes and scavenges.
pub async fn retention(fixture: &Fixture) -> Absence {
    if fixture.store.capabilities().retention {
        return None;
    }
    assert!(fixture.store.retention().is_none(), "not declared, so not offered");
    for number in 1..=3 {
        fixture.write(&stream("account-1"), vec![numbered(number)]).await;
    }
    let page = fixture.page(es_core::ReadAll::forward(es_core::Position::ZERO, 10)).await;
    assert_eq!(page.scavenged, None, "and nothing was scavenged");
    refused("retention")
}

/// A test may set the clock.
pub async fn settable_clock(fixture: &Fixture) -> Absence {
    if fixture.clock.is_some() {
        return None;
    }
    // A machine's clock: that of a server may differ, but not by so much that it counts in other units or another zone.
    let began = chrono::Utc::now();
    fixture.write(&stream("account-1"), vec![numbered(1)]).await;
    let recorded = fixture.all().await[0].recorded_at;
    let differs = (recorded - began).abs();
    assert!(differs < chrono::TimeDelta::minutes(50), "the store's time is {recorded}, ours {began}");
    refused("settable_clock")
}

/// An append wakes those who wait.
pub async fn wake_ups(fixture: &Fixture) -> Absence {
    if fixture.wakes {
        return None;
    }
    let (store, at_most) = (std::sync::Arc::clone(&fixture.store), std::time::Duration::from_millis(400));
    let head = fixture.store.head().await.expect("a head");
    let waiting = tokio::spawn(async move { store.wait_for_events(head, at_most).await.expect("a head") });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let written = fixture.write(&stream("account-1"), vec![numbered(1)]).await.last_position();
    fixture.assert_head(waiting.await.expect("the waiting task ends"), written, "found by looking");
    refused("wake_ups")
}
