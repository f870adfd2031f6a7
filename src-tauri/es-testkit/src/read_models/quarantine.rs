use es_core::{
    Checkpoint, Position, ProjectionError, ProjectionTables, QuarantineChange, QuarantinedStream, ReadModelCommit,
};

use super::{ACCOUNTS, NAME, ReadModelFixture, TABLES, account, is_fenced};
use crate::generate::{stream, time};

fn aside(name: &str, position: u64) -> QuarantinedStream {
    QuarantinedStream {
        stream: stream(name),
        position: Position(position),
        event_type: "Größe".to_owned(),
        reason: format!("{name} cannot be applied"),
    }
}

/// Commits a row and changes of the quarantine.
async fn change(
    fixture: &ReadModelFixture,
    from: &Checkpoint,
    quarantine: Vec<QuarantineChange>,
) -> Result<Checkpoint, ProjectionError> {
    let (from, to) = (from.clone(), from.position.next());
    let work = move |rows: &mut dyn es_core::Rows| Ok(rows.put(&ACCOUNTS, account("1", "x", 1))?);
    let commit = ReadModelCommit { projection: NAME, tables: TABLES, from, to, quarantine, work: Box::new(work) };
    fixture.store.commit(commit).await
}

async fn quarantined(fixture: &ReadModelFixture, version: u32) -> Vec<QuarantinedStream> {
    fixture.store.quarantined(NAME, version).await.expect("a list")
}

pub async fn a_stream_is_set_aside_and_released_with_the_rows(fixture: &ReadModelFixture) {
    use QuarantineChange::{Release, SetAside};
    let checkpoint = fixture.begin().await;
    assert_eq!(quarantined(fixture, 1).await, [], "nothing is set aside at first");
    let both = vec![SetAside(aside("account-b", 7)), SetAside(aside("account-a", 9))];
    let moved = change(fixture, &checkpoint, both.clone()).await.expect("a commit");
    assert_eq!(quarantined(fixture, 1).await, [aside("account-a", 9), aside("account-b", 7)], "by name");
    assert_eq!(quarantined(fixture, 2).await, [], "of this version only");
    let replaced = vec![SetAside(aside("account-a", 12)), Release(stream("account-b"))];
    let moved = change(fixture, &moved, replaced).await.expect("a commit");
    assert_eq!(quarantined(fixture, 1).await, [aside("account-a", 12)], "replaced and released");
    change(fixture, &moved, vec![Release(stream("account-z"))]).await.expect("nothing to release is no harm");
}

pub async fn a_commit_that_fails_sets_nothing_aside(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let moved = change(fixture, &checkpoint, vec![]).await.expect("a commit");
    let set_aside = vec![QuarantineChange::SetAside(aside("account-a", 1))];
    assert!(is_fenced(change(fixture, &checkpoint, set_aside.clone()).await), "the checkpoint has moved");
    let (from, to) = (moved.clone(), moved.position.next());
    let work = |_: &mut dyn es_core::Rows| Err(ProjectionError::Contradiction("no".to_owned()));
    let failing =
        ReadModelCommit { projection: NAME, tables: TABLES, from, to, quarantine: set_aside, work: Box::new(work) };
    assert!(fixture.store.commit(failing).await.is_err(), "the work fails");
    assert_eq!(quarantined(fixture, 1).await, [], "nothing was set aside");
}

pub async fn a_discarded_version_takes_its_quarantine_along(fixture: &ReadModelFixture) {
    fixture.begin().await;
    fixture.store.prepare(NAME, 2, TABLES).await.expect("prepared");
    let checkpoint = fixture.store.acquire(NAME, 2, "builder", time(0)).await.expect("free");
    let set_aside = vec![QuarantineChange::SetAside(aside("account-a", 1))];
    change(fixture, &checkpoint, set_aside).await.expect("a commit");
    fixture.store.discard(NAME, 2, TABLES).await.expect("a discard");
    assert_eq!(quarantined(fixture, 2).await, [], "it is gone");
}

pub async fn a_reset_forgets_all_but_the_pause(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let set_aside = vec![QuarantineChange::SetAside(aside("account-a", 1))];
    let late = change(fixture, &checkpoint, set_aside).await.expect("a commit");
    fixture.store.prepare(NAME, 2, TABLES).await.expect("prepared");
    fixture.store.activate(NAME, 2).await.expect("an activation");
    fixture.store.set_halted(NAME, Some((Position(3), "why".to_owned()))).await.expect("a halt");
    fixture.store.set_paused(NAME, true).await.expect("a pause");
    fixture.store.prepare("another", 1, &[]).await.expect("prepared");
    fixture.store.reset(NAME).await.expect("a reset");
    let expected = ProjectionTables { paused: true, ..ProjectionTables::default() };
    assert_eq!(fixture.store.projection(NAME).await, Ok(expected), "no version, no halt");
    for version in [1, 2] {
        assert_eq!(fixture.position(version).await, None, "checkpoint {version} is gone");
        assert!(fixture.store.scan(&ACCOUNTS, version, None, 9).await.is_err(), "rows {version} are gone");
    }
    assert_eq!(quarantined(fixture, 1).await, [], "the quarantine is gone");
    assert!(fixture.commit(&late, |_| Ok(())).await.is_err(), "an owner that is late does not bring it back");
    let other = fixture.store.checkpoint("another", 1).await.expect("a look-up");
    assert!(other.is_some(), "others are left alone");
    fixture.store.reset("nobody").await.expect("nothing to reset is no harm");
}

pub async fn another_version_is_not_halted_by_what_halted_the_former(fixture: &ReadModelFixture) {
    fixture.begin().await;
    fixture.store.set_halted(NAME, Some((Position(3), "why".to_owned()))).await.expect("a halt");
    fixture.store.activate(NAME, 1).await.expect("the active version again");
    let halted = fixture.store.projection(NAME).await.expect("a state").halted;
    assert!(halted.is_some(), "activating the active version changes nothing");
    fixture.store.prepare(NAME, 2, TABLES).await.expect("prepared");
    fixture.store.activate(NAME, 2).await.expect("an activation");
    assert_eq!(fixture.store.projection(NAME).await.expect("a state").halted, None, "cleared with the switch");
}
