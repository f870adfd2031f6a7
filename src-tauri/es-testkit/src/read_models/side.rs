use chrono::{DateTime, Utc};
use es_core::{CommandDraft, Hash, Snapshot, StreamVersion, Timer};
use uuid::Uuid;

use super::ReadModelFixture;
use crate::generate::{stream, time};

fn timer(name: &str, due: i64) -> Timer {
    Timer {
        timer_id: format!("transfer-1/{name}"),
        process: "transfer".to_owned(),
        stream: "transfer-1".to_owned(),
        due_at: time(due),
        command: CommandDraft {
            command_id: Uuid::from_u128(due.unsigned_abs().into()),
            command_type: "TimeOutTransfer".to_owned(),
            payload: format!("{{\"größe\": {due} }}"),
        },
    }
}

fn ids(timers: &[Timer]) -> Vec<&str> {
    timers.iter().map(|timer| timer.timer_id.trim_start_matches("transfer-1/")).collect()
}

pub async fn timers_come_due_in_their_order(fixture: &ReadModelFixture) {
    let store = &fixture.store;
    let set = vec![timer("c", 30), timer("a", 10), timer("d", 40), timer("b", 20)];
    store.change_timers(set.clone(), vec![]).await.expect("timers are set");
    assert_eq!(ids(&store.timers(9).await.expect("timers")), ["a", "b", "c", "d"], "all timers, earliest first");
    assert_eq!(ids(&store.timers(2).await.expect("timers")), ["a", "b"], "no more than asked for");
    for (now, expected) in [(9, &[][..]), (10, &["a"]), (29, &["a", "b"]), (30, &["a", "b", "c"])] {
        let due = store.due_timers(time(now), 9).await.expect("timers");
        assert_eq!(ids(&due), expected, "due at {now}");
    }
    let due = store.due_timers(time(100), 3).await.expect("timers");
    assert_eq!(ids(&due), ["a", "b", "c"], "the earliest ones come first");
    let other = Timer { timer_id: "other/x".to_owned(), process: "other".to_owned(), ..timer("x", 5) };
    store.change_timers(vec![other.clone()], vec![]).await.expect("a timer of another process");
    let due = store.due_timers_of("transfer", time(100), 3).await.expect("timers");
    assert_eq!(ids(&due), ["a", "b", "c"], "another process's earlier timer takes no place of these");
    assert_eq!(store.due_timers_of("transfer", time(9), 3).await, Ok(vec![]), "none of its own is due");
    assert_eq!(store.due_timers_of("other", DateTime::<Utc>::MAX_UTC, 3).await, Ok(vec![other]), "each its own");
    let due = store.due_timers(time(100), 3).await.expect("timers");
    assert_eq!(due.iter().map(|timer| timer.process.as_str()).collect::<Vec<_>>(), ["other", "transfer", "transfer"]);
    assert_eq!(due[1], set[1], "a timer comes back whole");
}

pub async fn a_timer_is_replaced_and_cleared(fixture: &ReadModelFixture) {
    let store = &fixture.store;
    store.change_timers(vec![timer("a", 10), timer("b", 20)], vec![]).await.expect("timers are set");
    store.change_timers(vec![timer("a", 50)], vec!["missing".to_owned()]).await.expect("a timer is replaced");
    assert_eq!(store.timers(9).await.expect("timers"), [timer("b", 20), timer("a", 50)], "same id, one timer");
    let clear = vec!["transfer-1/b".to_owned(), "transfer-1/a".to_owned()];
    store.change_timers(vec![timer("a", 60)], clear).await.expect("timers are cleared and set");
    assert_eq!(store.timers(9).await.expect("timers"), [timer("a", 60)], "clearing comes before setting");
}

fn snapshot(name: &str, fingerprint: &str, version: u64) -> Snapshot {
    Snapshot {
        stream: stream(name),
        fingerprint: fingerprint.to_owned(),
        version: StreamVersion(version),
        state: format!("{{\"version\":{version}, \"name\":\"{name}\"}}").into(),
        state_hash: Hash([u8::try_from(version).expect("small"); 32]),
        taken_at: time(i64::try_from(version).expect("small")),
    }
}

pub async fn snapshots_move_forward_only(fixture: &ReadModelFixture) {
    let (store, name) = (&fixture.store, stream("account-1"));
    assert_eq!(store.load_snapshot(&name, "f").await.expect("a look-up"), None, "there is none yet");
    for (version, kept) in [(5, 5), (3, 5), (9, 9), (8, 9)] {
        store.save_snapshot(snapshot("account-1", "f", version)).await.expect("a save");
        let found = store.load_snapshot(&name, "f").await.expect("a look-up");
        assert_eq!(found, Some(snapshot("account-1", "f", kept)), "after saving version {version}");
    }
}

pub async fn snapshots_of_other_code_are_not_found(fixture: &ReadModelFixture) {
    let (store, name) = (&fixture.store, stream("account-1"));
    store.save_snapshot(snapshot("account-1", "old", 9)).await.expect("a save");
    assert_eq!(store.load_snapshot(&name, "new").await.expect("a look-up"), None, "another fingerprint");
    assert_eq!(store.load_snapshot(&stream("account-2"), "old").await.expect("a look-up"), None, "another stream");
    store.save_snapshot(snapshot("account-1", "new", 4)).await.expect("a save");
    let found = store.load_snapshot(&name, "new").await.expect("a look-up");
    assert_eq!(found, Some(snapshot("account-1", "new", 4)), "newer code starts over");
}

pub async fn snapshots_are_listed_and_deleted(fixture: &ReadModelFixture) {
    let store = &fixture.store;
    for (name, version) in [("b-1", 1), ("a-1", 2), ("c-1", 3)] {
        store.save_snapshot(snapshot(name, "f", version)).await.expect("a save");
    }
    let names = |found: Vec<Snapshot>| found.iter().map(|s| s.stream.to_string()).collect::<Vec<_>>();
    assert_eq!(names(store.snapshots(9).await.expect("a list")), ["a-1", "b-1", "c-1"], "by stream name");
    assert_eq!(names(store.snapshots(2).await.expect("a list")), ["a-1", "b-1"], "no more than asked for");
    store.save_snapshot(snapshot("b-1", "g", 7)).await.expect("a save");
    assert_eq!(store.count_snapshots().await, Ok(4), "of every code");
    let (mut places, mut after) = (Vec::new(), None);
    loop {
        let page = store.snapshots_after(after, 1).await.expect("a page");
        let Some(Snapshot { stream, fingerprint, .. }) = page.into_iter().next() else { break };
        places.push(format!("{stream} {fingerprint}"));
        after = Some((stream, fingerprint));
    }
    assert_eq!(places, ["a-1 f", "b-1 f", "b-1 g", "c-1 f"], "page after page, each once");
    assert_eq!(store.delete_snapshots_of(&stream("b-1")).await, Ok(2), "of one stream, whatever the code");
    assert_eq!(names(store.snapshots(9).await.expect("a list")), ["a-1", "c-1"], "the others stay");
    assert_eq!(store.delete_snapshots().await.expect("a deletion"), 2, "all are deleted");
    assert!(store.snapshots(9).await.expect("a list").is_empty(), "none is left");
    assert_eq!(store.delete_snapshots().await.expect("a deletion"), 0, "and none the second time");
}
