use std::sync::Arc;

use chrono::TimeDelta;
use es_core::{Checkpoint, Position, ProjectionError, ReadModelCommit, StoreError, limits};

use super::{ACCOUNTS, NAME, ReadModelFixture, TABLES, account, is_fenced};
use crate::generate::time;

fn after_the_lease() -> chrono::DateTime<chrono::Utc> {
    time(0) + TimeDelta::from_std(limits::LEASE_TTL).expect("a duration")
}

pub async fn a_commit_moves_rows_and_checkpoint_together(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    assert_eq!(checkpoint.position, Position::ZERO, "a fresh checkpoint stands before the first event");
    let work = |rows: &mut dyn es_core::Rows| Ok(rows.put(&ACCOUNTS, account("1", "x", 1))?);
    let commit = ReadModelCommit {
        projection: NAME,
        tables: TABLES,
        from: checkpoint.clone(),
        to: Position(40),
        quarantine: vec![],
        work: Box::new(work),
    };
    let moved = fixture.store.commit(commit).await.expect("a commit");
    assert_eq!(moved, Checkpoint { position: Position(40), ..checkpoint }, "the new checkpoint is returned");
    assert_eq!(fixture.store.checkpoint(NAME, 1).await.expect("a look-up"), Some(moved), "and is the stored one");
    assert_eq!(fixture.rows(&ACCOUNTS).await.len(), 1, "with its rows");
}

pub async fn a_commit_from_another_position_is_fenced(fixture: &ReadModelFixture) {
    let first = fixture.begin().await;
    let second = fixture.put(&first, &ACCOUNTS, vec![account("1", "x", 1)]).await;
    for wrong in [first, Checkpoint { position: Position(99), ..second.clone() }] {
        let work = |rows: &mut dyn es_core::Rows| Ok(rows.put(&ACCOUNTS, account("2", "y", 2))?);
        assert!(is_fenced(fixture.commit(&wrong, work).await), "the stored checkpoint is not at {}", wrong.position);
    }
    assert_eq!(fixture.rows(&ACCOUNTS).await.len(), 1, "a fenced commit writes no rows");
    assert_eq!(fixture.position(1).await, Some(second.position), "and moves no checkpoint");
    let nobody = Checkpoint { version: 7, ..second };
    assert!(fixture.commit(&nobody, |_| Ok(())).await.is_err(), "a version that was never prepared has no checkpoint");
}

pub async fn a_lease_of_another_owner_is_respected_until_it_expires(fixture: &ReadModelFixture) {
    let ours = fixture.begin().await;
    let just_before = after_the_lease() - TimeDelta::microseconds(1);
    for now in [time(0), just_before] {
        match fixture.store.acquire(NAME, 1, "other", now).await {
            Err(StoreError::Fenced { found, .. }) => assert_eq!(found, ours.owner_epoch, "the holder's epoch"),
            other => panic!("the lease is held until it expires, but: {other:?}"),
        }
    }
    let theirs = fixture.store.acquire(NAME, 1, "other", after_the_lease()).await.expect("the lease has expired");
    assert!(theirs.owner_epoch > ours.owner_epoch, "a take-over raises the epoch");
}

pub async fn a_take_over_fences_the_former_owner(fixture: &ReadModelFixture) {
    let ours = fixture.begin().await;
    let ours = fixture.put(&ours, &ACCOUNTS, vec![account("1", "x", 1)]).await;
    let theirs = fixture.store.acquire(NAME, 1, "other", after_the_lease()).await.expect("the lease has expired");
    assert_eq!(theirs.position, ours.position, "the new owner goes on where the former one was");
    let work = |rows: &mut dyn es_core::Rows| Ok(rows.put(&ACCOUNTS, account("1", "late", 9))?);
    let outcome = fixture.commit(&ours, work).await;
    let (found, ours_epoch) = (theirs.owner_epoch, ours.owner_epoch);
    let fenced = StoreError::Fenced { what: NAME.to_owned(), found, ours: ours_epoch };
    assert_eq!(outcome, Err(ProjectionError::Store(fenced)), "the former owner is told the epochs");
    assert_eq!(fixture.rows(&ACCOUNTS).await, [account("1", "x", 1)], "and its late work is not there");
    fixture.put(&theirs, &ACCOUNTS, vec![account("1", "y", 2)]).await;
    fixture.store.release(&ours, "tester").await.expect("giving back what is lost already is harmless");
    let again = fixture.store.acquire(NAME, 1, "tester", after_the_lease()).await;
    assert!(again.is_err(), "the late release did not free the new owner's lease");
}

pub async fn a_renewed_lease_keeps_its_epoch(fixture: &ReadModelFixture) {
    let ours = fixture.begin().await;
    let renewed = fixture.store.acquire(NAME, 1, "tester", time(10)).await.expect("our own lease");
    assert_eq!(renewed, ours, "a renewal changes neither position nor epoch");
    let other = fixture.store.acquire(NAME, 1, "other", after_the_lease()).await;
    assert!(other.is_err(), "a renewed lease lasts longer");
    let expired = fixture.store.acquire(NAME, 1, "tester", time(1000)).await.expect("our own expired lease");
    assert_eq!(expired, ours, "nobody has taken it over, so it goes on");
}

pub async fn a_released_lease_is_free_at_once(fixture: &ReadModelFixture) {
    let ours = fixture.begin().await;
    fixture.store.release(&ours, "other").await.expect("not the other's to give back");
    assert!(fixture.store.acquire(NAME, 1, "other", time(1)).await.is_err(), "only the owner gives a lease back");
    fixture.store.release(&ours, "tester").await.expect("a release");
    let theirs = fixture.store.acquire(NAME, 1, "other", time(1)).await.expect("the lease is free");
    assert!(theirs.owner_epoch > ours.owner_epoch, "a new owner has a new epoch");
    assert!(is_fenced(fixture.commit(&ours, |_| Ok(())).await), "the former owner is fenced");
}

pub async fn concurrent_commits_from_one_checkpoint_succeed_once(fixture: &ReadModelFixture) {
    let mut checkpoint = fixture.begin().await;
    for _ in 0..5 {
        let tasks: Vec<_> = (0..8)
            .map(|number: i64| {
                let (store, from, to) = (Arc::clone(&fixture.store), checkpoint.clone(), checkpoint.position.next());
                let row = account(&format!("{}-{number}", to.get()), "x", number);
                let work = move |rows: &mut dyn es_core::Rows| Ok(rows.put(&ACCOUNTS, row)?);
                let commit = ReadModelCommit {
                    projection: NAME,
                    tables: TABLES,
                    from,
                    to,
                    quarantine: vec![],
                    work: Box::new(work),
                };
                tokio::spawn(async move { store.commit(commit).await })
            })
            .collect();
        let mut won = Vec::new();
        for task in tasks {
            match task.await.expect("the commit ends") {
                Ok(moved) => won.push(moved),
                other => assert!(is_fenced(other), "a loser is fenced"),
            }
        }
        assert_eq!(won.len(), 1, "one commit from a checkpoint succeeds");
        checkpoint = won.remove(0);
    }
    assert_eq!(fixture.rows(&ACCOUNTS).await.len(), 5, "only the winners' rows are there");
}

pub async fn a_checkpoint_without_rows_is_moved_under_the_same_rules(fixture: &ReadModelFixture) {
    let store = &fixture.store;
    let ours = store.acquire("process", 1, "tester", time(0)).await.expect("a process needs no tables");
    let moved = store.move_checkpoint(&ours, Position(5)).await.expect("the stored checkpoint");
    assert_eq!(moved, Checkpoint { position: Position(5), ..ours.clone() }, "the new checkpoint is returned");
    assert_eq!(store.checkpoint("process", 1).await.expect("a look-up"), Some(moved.clone()), "and is the stored one");
    let stale = store.move_checkpoint(&ours, Position(6)).await.expect_err("it has moved");
    assert_eq!(stale.code(), "fenced", "{stale}");
    store.acquire("process", 1, "other", after_the_lease()).await.expect("the lease has expired");
    let lost = store.move_checkpoint(&moved, Position(6)).await.expect_err("it was taken over");
    assert_eq!(lost.code(), "fenced", "{lost}");
    assert_eq!(store.checkpoint("missing", 1).await.expect("a look-up"), None, "unknown names have no checkpoint");
}
