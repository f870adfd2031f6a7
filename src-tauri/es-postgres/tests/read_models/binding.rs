//! Views beside a log that they were derived from, or were not.

use es_core::memory::MemoryEventStore;
use es_core::{AppendRequest, EventStore, ExpectedVersion, HostedViews, Position, ReadModelStore};
use es_postgres::PostgresReadModels;
use es_testkit::{numbered, run, stream, time};

use super::{begin, count, database, row, rows};

/// A log of `count` events that differ from those of any other log.
async fn log(count: u64) -> MemoryEventStore {
    let log = MemoryEventStore::default();
    grow(&log, count).await;
    log
}

async fn grow(log: &MemoryEventStore, count: u64) {
    for number in 0..count {
        let request = AppendRequest::to_stream(stream("account-1"), ExpectedVersion::Any, vec![numbered(number)]);
        log.append(request).await.expect("an append");
    }
}

async fn views() -> PostgresReadModels {
    database::views(&database::config().await).await
}

async fn work(views: &PostgresReadModels, commits: u64) {
    let mut checkpoint = begin(views, "one", time(0)).await;
    for _ in 0..commits {
        checkpoint = count(views, &checkpoint, "a").await.expect("a commit");
    }
}

#[test]
fn views_of_a_log_stay_with_it_while_it_grows() {
    run(async {
        let (views, log) = (views().await, log(5).await);
        assert_eq!(views.bind(&log).await, Ok(false), "empty views belong to any log");
        work(&views, 3).await;
        for _ in 0..3 {
            grow(&log, 4).await;
            assert_eq!(views.bind(&log).await, Ok(false), "the log went on, the views still belong to it");
        }
        assert_eq!(rows(&views).await, [row("a", 3)], "nothing was removed");
    });
}

#[test]
fn views_of_another_log_are_emptied() {
    run(async {
        let views = views().await;
        views.bind(&log(5).await).await.expect("a log");
        work(&views, 3).await;
        views.set_paused("sums", true).await.expect("a pause");
        views.set_halted("sums", Some((Position(2), "odd".to_owned()))).await.expect("a halt");
        let other = log(9).await;
        assert_eq!(views.bind(&other).await, Ok(true), "another log took the place of the first");
        assert_eq!(views.checkpoint("sums", 1).await, Ok(None), "the checkpoint is gone");
        let state = views.projection("sums").await.expect("a state");
        assert_eq!((state.active_version, state.halted, state.paused), (None, None, true), "a person's pause stays");
        assert_eq!(views.bind(&other).await, Ok(false), "now they belong to it");
        work(&views, 2).await;
        assert_eq!(rows(&views).await, [row("a", 2)], "and are built from nothing");
    });
}

#[test]
fn views_that_know_more_than_the_log_are_emptied() {
    run(async {
        let (views, log) = (views().await, log(2).await);
        views.bind(&log).await.expect("a log");
        work(&views, 3).await;
        assert_eq!(views.bind(&log).await, Ok(true), "the checkpoint stands behind the head: the log was cut");
    });
}

#[test]
fn views_that_were_never_tied_to_a_log_are_emptied_if_they_hold_anything() {
    run(async {
        let views = views().await;
        work(&views, 1).await;
        assert_eq!(views.bind(&log(5).await).await, Ok(true), "nobody knows what they were derived from");
    });
}
