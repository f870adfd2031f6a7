//! Keys of sealed personal data beside the events.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::*;
use es_core::{EventStore, MasterKey, StoreError, SubjectKeys};
use es_postgres::{PostgresConfig, PostgresEventStore};

fn keys(store: &PostgresEventStore) -> Arc<dyn SubjectKeys> {
    store.subject_keys().expect("it keeps keys")
}

#[tokio::test]
async fn a_key_is_made_once_and_stays_until_it_is_destroyed() {
    let config = place();
    let (store, subject) = (open(&config).await, stream("customer-1"));
    assert_eq!(keys(&store).get(&subject).await, Ok(None));
    let key = keys(&store).get_or_create(&subject).await.expect("made");
    assert_eq!(keys(&store).get_or_create(&subject).await, Ok(key.clone()), "the same");
    assert_eq!(keys(&open(&config).await).get(&subject).await, Ok(Some(key)), "for everybody");
    assert_eq!(keys(&store).destroy(&subject).await, Ok(true));
    assert_eq!(keys(&store).destroy(&subject).await, Ok(false), "there is nothing left");
    assert_eq!(keys(&store).get(&subject).await, Ok(None));
}

#[tokio::test]
async fn of_many_who_make_a_key_at_once_all_use_the_same() {
    let (store, subject) = (open(&place()).await, stream("customer-1"));
    let making: Vec<_> = (0..16)
        .map(|_| {
            let (keys, subject) = (keys(&store), subject.clone());
            tokio::spawn(async move { keys.get_or_create(&subject).await.expect("made") })
        })
        .collect();
    let mut made = Vec::new();
    for key in making {
        made.push(key.await.expect("no panic"));
    }
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "one key");
}

#[tokio::test]
async fn a_wrapped_key_opens_with_its_master_key_only() {
    let config = place();
    let with = |bytes| PostgresConfig { master_key: Some(MasterKey::new([bytes; 32])), ..config.clone() };
    let subject = stream("customer-1");
    let key = keys(&open(&with(7)).await).get_or_create(&subject).await.expect("made");
    for other in [with(8), config.clone()] {
        let refused = keys(&open(&other).await).get(&subject).await;
        assert!(matches!(refused, Err(StoreError::KeyLocked { .. })), "{refused:?}");
        let made = keys(&open(&other).await).get_or_create(&subject).await;
        assert!(made.is_err(), "no second key takes its place");
    }
    assert_eq!(keys(&open(&with(7)).await).get(&subject).await, Ok(Some(key)));
}

#[tokio::test]
async fn a_store_that_is_only_read_gives_keys_and_makes_none() {
    let config = place();
    let subject = stream("customer-1");
    let key = keys(&open(&config).await).get_or_create(&subject).await.expect("made");
    let reader = open(&PostgresConfig { read_only: true, ..config }).await;
    assert_eq!(keys(&reader).get(&subject).await, Ok(Some(key)));
    let made = keys(&reader).get_or_create(&stream("customer-2")).await;
    assert!(matches!(made, Err(StoreError::ReadOnly { .. })), "{made:?}");
    let destroyed = keys(&reader).destroy(&subject).await;
    assert!(matches!(destroyed, Err(StoreError::ReadOnly { .. })), "{destroyed:?}");
}
