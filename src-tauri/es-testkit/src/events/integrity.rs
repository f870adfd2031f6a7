use es_core::hash::{chain_hash, expected_content_hash, link_of};
use es_core::{AppendRequest, ExpectedVersion, Hash, NewEvent, Payload, StreamAppend};
use uuid::Uuid;

use super::Fixture;
use crate::generate::{metadata, numbered, stream, time};

async fn written(fixture: &Fixture) {
    for number in 0..20 {
        if let Some(clock) = &fixture.clock {
            clock.set(time(i64::try_from(number).expect("small") * 7 % 13));
        }
        let mut event = numbered(number);
        event.metadata = metadata(Uuid::from_u128(u128::from(number)), Uuid::nil());
        fixture.write(&stream(&format!("größe-{}", number % 4)), vec![event, numbered(number)]).await;
    }
    if fixture.store.capabilities().binary_payloads {
        let event = NewEvent { payload: Payload::Binary([0, 255, 7].into()), ..numbered(1) };
        fixture.write(&stream("binary-1"), vec![event]).await;
    }
    if fixture.store.capabilities().multi_stream_append {
        let part = |name| StreamAppend {
            stream: stream(name),
            expected: ExpectedVersion::NoStream,
            events: vec![numbered(1), numbered(2)],
        };
        let parts = vec![part("right-1"), part("left-1")];
        fixture.store.append(AppendRequest { parts }).await.expect("an append");
    }
}

pub async fn content_hashes_are_those_of_the_bytes(fixture: &Fixture) {
    written(fixture).await;
    for event in fixture.all().await {
        assert_eq!(event.content_hash, expected_content_hash(&event), "content hash at {}", event.position);
    }
}

pub async fn the_chain_links_every_event(fixture: &Fixture) {
    written(fixture).await;
    let mut previous = Hash::ZERO;
    for event in fixture.all().await {
        let expected = chain_hash(previous, &link_of(&event));
        assert_eq!(event.chain_hash, Some(expected), "chain hash at {}", event.position);
        previous = expected;
    }
}

pub async fn a_replay_leaves_log_and_chain_alone(fixture: &Fixture) {
    let request =
        AppendRequest::to_stream(stream("account-1"), ExpectedVersion::NoStream, vec![numbered(1), numbered(2)]);
    fixture.store.append(request.clone()).await.expect("an append");
    let before = fixture.all().await;
    fixture.store.append(request).await.expect("a replay");
    let stale = fixture.append(&stream("account-1"), ExpectedVersion::NoStream, vec![numbered(3)]).await;
    assert!(stale.is_err(), "the stream exists");
    assert_eq!(fixture.all().await, before, "replays and conflicts leave the log as it was");
    fixture.write(&stream("account-2"), vec![numbered(4)]).await;
    let after = fixture.all().await;
    if fixture.store.capabilities().hash_chain {
        let last = after.last().expect("an event");
        let expected = before[1].chain_hash.map(|previous| chain_hash(previous, &link_of(last)));
        assert_eq!(last.chain_hash, expected, "the next event is linked to the last one written");
    }
}
