use std::collections::BTreeSet;
use std::sync::Arc;

use es_core::seal::{Adopted, SealError, SealedPlace, seal, unseal};
use es_core::{StreamName, SubjectKey, SubjectKeys, limits};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::Fixture;
use crate::generate::{numbered, stream};

async fn make(keys: &Arc<dyn SubjectKeys>, subject: &StreamName) -> SubjectKey {
    keys.get_or_create(subject).await.expect("a key is made")
}

pub async fn a_subject_has_no_key_before_its_first_use(fixture: &Fixture) {
    let keys = fixture.keys();
    assert_eq!(keys.get(&stream("customer-1")).await, Ok(None), "nobody has asked for one");
    make(&keys, &stream("customer-1")).await;
    for name in ["customer-2", "customer", "customer-10", "Customer-1"] {
        assert_eq!(keys.get(&stream(name)).await, Ok(None), "looking makes none for {name}");
    }
}

pub async fn a_key_is_made_once_and_each_subject_has_its_own(fixture: &Fixture) {
    let (keys, mut seen) = (fixture.keys(), BTreeSet::new());
    for number in 0..40 {
        let subject = stream(&format!("customer-{number}"));
        let key = make(&keys, &subject).await;
        assert!(seen.insert(*key.bytes()), "no two subjects share a key");
        assert_eq!(keys.get(&subject).await, Ok(Some(key.clone())), "it is kept");
        assert_eq!(keys.get_or_create(&subject).await, Ok(key.clone()), "and made once");
        assert_eq!(fixture.keys().get(&subject).await, Ok(Some(key)), "whoever asks for the keys gets the same ones");
    }
}

pub async fn of_many_who_make_a_key_at_once_all_get_the_same(fixture: &Fixture) {
    for round in 0..5 {
        let subject = stream(&format!("customer-{round}"));
        let mut asked = JoinSet::new();
        for _ in 0..16 {
            let (keys, subject) = (fixture.keys(), subject.clone());
            asked.spawn(async move { make(&keys, &subject).await });
        }
        let made = asked.join_all().await;
        assert!(made.iter().all(|key| *key == made[0]), "one key for {subject}");
        assert_eq!(fixture.keys().get(&subject).await, Ok(Some(made[0].clone())), "which is the one that is kept");
    }
}

pub async fn a_destroyed_key_is_gone_and_never_comes_back(fixture: &Fixture) {
    let (keys, subject) = (fixture.keys(), stream("customer-1"));
    assert_eq!(keys.destroy(&subject).await, Ok(false), "there was none");
    let (key, other) = (make(&keys, &subject).await, make(&keys, &stream("customer-2")).await);
    assert_eq!(keys.destroy(&subject).await, Ok(true), "there was one");
    assert_eq!(keys.get(&subject).await, Ok(None), "it is gone");
    assert_eq!(keys.destroy(&subject).await, Ok(false), "once");
    assert_eq!(keys.get(&stream("customer-2")).await, Ok(Some(other)), "others keep theirs");
    for _ in 0..3 {
        let new = make(&keys, &subject).await;
        assert_ne!(new, key, "a later key is another one");
        assert_eq!(keys.destroy(&subject).await, Ok(true));
    }
}

pub async fn of_many_who_destroy_a_key_at_once_exactly_one_has_done_it(fixture: &Fixture) {
    for round in 0..5 {
        let subject = stream(&format!("customer-{round}"));
        make(&fixture.keys(), &subject).await;
        let mut asked = JoinSet::new();
        for _ in 0..8 {
            let (keys, subject) = (fixture.keys(), subject.clone());
            asked.spawn(async move { keys.destroy(&subject).await.expect("an answer") });
        }
        let destroyed = asked.join_all().await.into_iter().filter(|destroyed| *destroyed).count();
        assert_eq!(destroyed, 1, "the key of {subject} was destroyed once");
        assert_eq!(fixture.keys().get(&subject).await, Ok(None), "and is gone");
    }
}

pub async fn what_was_sealed_opens_until_the_key_is_destroyed(fixture: &Fixture) {
    let (keys, subject) = (fixture.keys(), stream("customer-1"));
    let fields = ["name".to_owned()];
    let place = SealedPlace { stream: &subject, event_id: Uuid::from_u128(1) };
    let clear = r#"{"name":{"mask":"Z.","clear":"Zoë Größe 😀"}}"#;
    let sealed = seal(&make(&keys, &subject).await, place, "Registered", &fields, clear).expect("sealed");
    let payload = serde_json::from_str(&sealed).expect("JSON");
    let kept = keys.get(&subject).await.expect("an answer").expect("a key");
    let opened = unseal(Some(&kept), place, &fields, &payload).expect("opened");
    assert_eq!(opened.get("name").map(String::as_str), Some("Zoë Größe 😀"), "by the key that is kept");
    keys.destroy(&subject).await.expect("destroyed");
    let without = unseal(keys.get(&subject).await.expect("an answer").as_ref(), place, &fields, &payload);
    assert_eq!(without.map(|opened| opened.len()), Ok(0), "nothing is left to open it");
    let new = make(&keys, &subject).await;
    let refused = unseal(Some(&new), place, &fields, &payload);
    assert_eq!(refused, Err(SealError::DoesNotOpen { field: "name".to_owned() }), "nor does a later key");
}

pub async fn odd_subjects_are_told_apart(fixture: &Fixture) {
    let keys = fixture.keys();
    let longest = format!("customer-{}", "é".repeat((limits::STREAM_NAME_BYTES - 9) / 2));
    let names = [
        "customer-É",
        "customer-E\u{301}",
        "customer-é",
        "customer-%",
        "customer-_",
        "customer-'",
        "customer-\"\\",
        "customer-a",
        "customer-A",
        "$customer",
        "null",
        longest.as_str(),
    ];
    let mut made = Vec::new();
    for name in names {
        made.push(make(&keys, &stream(name)).await);
    }
    let distinct: BTreeSet<_> = made.iter().map(|key| *key.bytes()).collect();
    assert_eq!(distinct.len(), names.len(), "each name has its own key");
    for (index, name) in names.into_iter().enumerate() {
        assert_eq!(keys.get(&stream(name)).await, Ok(Some(made[index].clone())), "{name}");
    }
    assert_eq!(keys.destroy(&stream("customer-%")).await, Ok(true), "a name is a name, not a pattern");
    let mut left = 0;
    for name in names {
        left += usize::from(keys.get(&stream(name)).await.expect("an answer").is_some());
    }
    assert_eq!(left, names.len() - 1, "one key was destroyed");
}

pub async fn a_key_from_another_store_never_takes_the_place_of_one_that_is_there(fixture: &Fixture) {
    let (keys, subject) = (fixture.keys(), stream("customer-1"));
    let (brought, other) = (SubjectKey::new([7; 32]), SubjectKey::new([8; 32]));
    assert_eq!(keys.adopt(&subject, &brought).await, Ok(Adopted::Taken), "there was none");
    assert_eq!(keys.get(&subject).await, Ok(Some(brought.clone())), "it is kept");
    assert_eq!(keys.adopt(&subject, &brought).await, Ok(Adopted::Same), "once more");
    assert_eq!(keys.adopt(&subject, &other).await, Ok(Adopted::Other), "another one");
    assert_eq!(keys.get_or_create(&subject).await, Ok(brought), "the first one stays");
    let own = make(&keys, &stream("customer-2")).await;
    assert_eq!(keys.adopt(&stream("customer-2"), &other).await, Ok(Adopted::Other), "nor of one that was made here");
    assert_eq!(keys.get(&stream("customer-2")).await, Ok(Some(own)));
}

pub async fn keys_are_no_events(fixture: &Fixture) {
    let (keys, subject) = (fixture.keys(), stream("customer-1"));
    fixture.write(&subject, vec![numbered(1)]).await;
    let before = fixture.all().await;
    let key = make(&keys, &subject).await;
    assert_eq!(fixture.all().await, before, "making a key writes nothing to the log");
    fixture.write(&subject, vec![numbered(2)]).await;
    assert_eq!(keys.get(&subject).await, Ok(Some(key)), "and an append leaves the key");
    let before = fixture.all().await;
    keys.destroy(&subject).await.expect("destroyed");
    assert_eq!(fixture.all().await, before, "what was written stays when the key goes");
}
