//! The keys of sealed personal data in the events' file: made once, kept, wrapped, and gone when they are destroyed.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::{append_to, creating, open, place, stream};
use es_core::{Adopted, EventReader, EventStore, MasterKey, Position, StoreError, SubjectKey, SubjectKeys};
use es_sqlite::{OpenOptions, SqliteEventStore};

fn keys(store: &SqliteEventStore) -> Arc<dyn SubjectKeys> {
    store.subject_keys().expect("the store keeps keys")
}

fn with_master(path: &Path, master: MasterKey) -> SqliteEventStore {
    let options = OpenOptions { master_key: Some(master), ..creating() };
    SqliteEventStore::open(path, options).expect("the store opens")
}

/// Whether the key's bytes are anywhere in the store's files. Another process reads them: closing a file gives up all locks that
/// this process has on it, and SQLite would take itself for the last user.
fn lies_open(path: &Path, key: &SubjectKey) -> bool {
    let folder = path.parent().expect("a folder").read_dir().expect("listed");
    folder.flatten().any(|file| {
        let bytes = Command::new("cat").arg(file.path()).output().expect("read").stdout;
        bytes.windows(16).any(|window| window == &key.bytes()[..16])
    })
}

#[tokio::test]
async fn a_key_is_made_once_and_survives_a_restart() {
    let place = place();
    let (store, subject) = (open(&place.path), stream("customer-1"));
    assert_eq!(keys(&store).get(&subject).await, Ok(None), "none before its first use");
    let key = keys(&store).get_or_create(&subject).await.expect("made");
    assert_ne!(keys(&store).get_or_create(&stream("customer-2")).await, Ok(key.clone()), "each subject has its own");
    store.close();
    let again = open(&place.path);
    assert_eq!(keys(&again).get(&subject).await, Ok(Some(key.clone())));
    assert_eq!(keys(&again).get_or_create(&subject).await, Ok(key));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_make_a_key_at_once_all_get_the_same() {
    let place = place();
    let stores = [open(&place.path), open(&place.path)];
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..16 {
        let keys = keys(&stores[number % 2]);
        asked.spawn(async move { keys.get_or_create(&stream("customer-1")).await.expect("made") });
    }
    let made = asked.join_all().await;
    assert!(made.iter().all(|key| *key == made[0]), "one key");
}

#[tokio::test]
async fn a_destroyed_key_is_nowhere_in_the_files() {
    let place = place();
    let store = open(&place.path);
    // From now on the store itself uses the file, so that the write-ahead log outlives the connections for keys.
    store.append(append_to("account-1", 1, 3)).await.expect("appended");
    assert_eq!(store.head().await, Ok(Position(3)));
    let mut made = Vec::new();
    for number in 0..80 {
        let subject = stream(&format!("customer-{number}"));
        let key = keys(&store).get_or_create(&subject).await.expect("made");
        made.push((subject, key));
    }
    assert!(lies_open(&place.path, &made[0].1), "without a master key it is in the files");
    for (subject, _) in made.iter().step_by(2) {
        assert_eq!(keys(&store).destroy(subject).await, Ok(true));
        assert_eq!(keys(&store).destroy(subject).await, Ok(false), "it is gone");
    }
    for (number, (subject, key)) in made.iter().enumerate() {
        let destroyed = number % 2 == 0;
        assert_eq!(lies_open(&place.path, key), !destroyed, "{subject}: no page and no log keeps a copy");
        assert_eq!(keys(&store).get(subject).await.expect("read").is_none(), destroyed, "{subject}");
    }
    let again = keys(&store).get_or_create(&made[0].0).await.expect("made");
    assert_ne!(again, made[0].1, "it does not come back");
}

#[tokio::test]
async fn a_wrapped_key_opens_with_its_master_key_alone() {
    let place = place();
    let subject = stream("customer-1");
    let store = with_master(&place.path, MasterKey::new([7; 32]));
    let key = keys(&store).get_or_create(&subject).await.expect("made");
    store.close();
    assert!(!lies_open(&place.path, &key), "a copy of the file alone opens nothing");
    for store in [open(&place.path), with_master(&place.path, MasterKey::new([8; 32]))] {
        let refused = keys(&store).get(&subject).await.expect_err("locked");
        assert!(matches!(&refused, StoreError::KeyLocked { reason, .. } if reason.contains("customer-1")), "{refused}");
        assert!(!refused.hint().is_empty() && !refused.retryable(), "{refused}");
        assert!(keys(&store).get_or_create(&subject).await.is_err(), "no second key takes its place");
        store.close();
    }
    let store = with_master(&place.path, MasterKey::new([7; 32]));
    assert_eq!(keys(&store).get(&subject).await, Ok(Some(key)));
    assert_eq!(keys(&store).destroy(&subject).await, Ok(true));
}

#[tokio::test]
async fn a_key_from_another_store_is_kept_as_this_one_keeps_its_keys() {
    let (from, place) = (place(), place());
    let (source, store) = (open(&from.path), with_master(&place.path, MasterKey::new([7; 32])));
    let [subject, other] = ["customer-1", "customer-2"].map(stream);
    let key = keys(&source).get_or_create(&subject).await.expect("made");
    assert!(keys(&store).wraps() && !keys(&source).wraps(), "only one of them has a master key");
    let own = keys(&store).get_or_create(&other).await.expect("made");
    assert_eq!(keys(&store).adopt(&subject, &key).await, Ok(Adopted::Taken));
    assert_eq!(keys(&store).adopt(&subject, &key).await, Ok(Adopted::Same), "again");
    assert_eq!(keys(&store).adopt(&other, &key).await, Ok(Adopted::Other), "no key takes another one's place");
    assert_eq!(keys(&store).get(&subject).await, Ok(Some(key.clone())));
    assert_eq!(keys(&store).get(&other).await, Ok(Some(own)));
    assert!(!lies_open(&place.path, &key), "it is wrapped there");
}

#[tokio::test]
async fn a_store_that_is_only_read_gives_keys_and_makes_none() {
    let place = place();
    let (writer, subject) = (open(&place.path), stream("customer-1"));
    let key = keys(&writer).get_or_create(&subject).await.expect("made");
    writer.close();
    let options = OpenOptions { read_only: true, ..OpenOptions::default() };
    let reader = SqliteEventStore::open(&place.path, options).expect("opens");
    assert_eq!(keys(&reader).get(&subject).await, Ok(Some(key)));
    let made = keys(&reader).get_or_create(&stream("customer-2")).await;
    assert!(matches!(made, Err(StoreError::ReadOnly { .. })), "{made:?}");
    let destroyed = keys(&reader).destroy(&subject).await;
    assert!(matches!(destroyed, Err(StoreError::ReadOnly { .. })), "{destroyed:?}");
}
