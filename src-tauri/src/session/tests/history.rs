//! Histories as the window sees them: exact texts, progress, refusals.

use super::*;
use crate::wire::{BisectSearch, ExpressionAbout, LaneOrder, ValueKind};

/// A bank with three deposits on one account; the last ones at versions 4 and 5.
async fn deposited(session: &Session) {
    small_bank(session).await;
    for minor in [2345, 5] {
        done(session, "Deposit", json!({ "accountId": "1001", "amount": euros(minor) })).await;
    }
}

const STREAM: &str = "account-1001";

#[tokio::test]
async fn a_balance_is_blamed_watched_and_found_with_its_exact_texts() {
    let (bench, session) = Bench::with_store().await;
    deposited(&session).await;
    let (task, seen) = bench.task();
    let blame = session.blame(STREAM, "5", task).await.expect("blamed");
    let version =
        |path: &str| blame.paths.iter().find(|blamed| blamed.path == path).map(|blamed| blamed.version.as_str());
    assert_eq!((version("/settled/minor"), version("/accountId")), (Some("5"), Some("1")));
    let event = blame.events.iter().find(|event| event.version == "5").expect("the blamed event is told");
    assert_eq!((event.event_type.as_str(), event.actor.as_deref()), ("MoneyDeposited", Some("ada")));
    assert!(seen.lock().last().is_some_and(|progress| progress.finished), "the task ends");

    let history = session.field_history(STREAM, "/settled", "5", bench.task().0).await.expect("a history");
    let last = history.changes.last().expect("changes");
    let display = |value: &Option<crate::wire::FieldValue>| value.as_ref().and_then(|value| value.display.clone());
    assert_eq!(display(&last.before).as_deref(), Some("123.45 EUR"));
    assert_eq!(display(&last.after).as_deref(), Some("123.50 EUR"));

    let watched = session.watch(STREAM, "settled", None, bench.task().0).await.expect("watched");
    let highest = watched.highest.expect("amounts have an order");
    assert_eq!((highest.kind, highest.value.as_str(), highest.version.as_str()), (ValueKind::Money, "12350 EUR", "5"));
    assert_eq!((highest.display.as_deref(), highest.number.as_deref()), (Some("123.50 EUR"), Some("12350")));
    for search in [BisectSearch::EveryVersion, BisectSearch::Halving] {
        let found = session.bisect(STREAM, "settled > 10000", search, None, bench.task().0);
        let found = found.await.expect("searched");
        assert_eq!(found.first.map(|event| event.version).as_deref(), Some("4"), "{search:?}");
    }
    let until = session.bisect(STREAM, "settled > 10000", BisectSearch::EveryVersion, Some("3"), bench.task().0).await;
    assert!(until.expect("searched").first.is_none(), "nothing behind the version is looked at");
}

#[tokio::test]
async fn lanes_are_paged_in_both_orders() {
    let (bench, session) = Bench::with_store().await;
    deposited(&session).await;
    let streams = [STREAM.to_owned(), "account-1002".to_owned(), "customer-C1".to_owned()];
    for order in [LaneOrder::Recorded, LaneOrder::ValueDate] {
        let whole = session.lanes(&streams, order, None, None, 1000, bench.task().0).await.expect("lanes");
        assert!(whole.next.is_none() && whole.lanes.len() == 3, "all of them on one page");
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = session.lanes(&streams, order, after, None, 2, bench.task().0).await.expect("lanes");
            paged.extend(page.entries.into_iter().map(|entry| entry.event.position));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let positions: Vec<_> = whole.entries.iter().map(|entry| entry.event.position.clone()).collect();
        assert_eq!(paged, positions, "{order:?}");
        let dated = whole.entries.iter().filter(|entry| entry.value_date.is_some());
        assert_eq!(dated.count(), 3, "deposits have a value date of their own");
        let mut recorded = positions;
        recorded.sort_by_key(|position| position.parse::<u64>().expect("a number"));
        let at = recorded[recorded.len() / 2].clone();
        let then = session.lanes(&streams, order, None, Some(&at), 1000, bench.task().0).await.expect("lanes");
        let number = |text: &str| text.parse::<u64>().expect("a number");
        assert!(then.entries.iter().all(|entry| number(&entry.event.position) <= number(&at)), "nothing is of later");
        assert_eq!(then.entries.len(), recorded.len() / 2 + 1, "and everything up to there");
        let ends: u64 = then.lanes.iter().map(|lane| number(&lane.version)).sum();
        assert_eq!(ends, then.entries.len() as u64, "each lane ends where it ended then");
    }
}

#[tokio::test]
async fn an_expression_is_checked_with_the_place_of_its_fault() {
    let (bench, session) = Bench::with_store().await;
    let check = |text, about| session.check_expression(text, about);
    let sound = check("available < 0", ExpressionAbout::State);
    assert!(sound.problem.is_none() && sound.needs_state, "a field of the state");
    let unknown = check("event.version > 1 &&\n available < 0", ExpressionAbout::Events).problem.expect("no such name");
    assert_eq!((unknown.line, unknown.column), (2, 2), "{}", unknown.message);
    let refused = session.watch("account-1", "available <", None, bench.task().0).await.expect_err("no expression");
    assert_eq!(refused.code, "bad_expression");
    assert!(!refused.hint.is_empty(), "it says what to do");
}

#[tokio::test]
async fn a_stopped_look_ends_as_cancelled() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let (task, _) = bench.task();
    task.token().cancel();
    let stopped = session.watch(STREAM, "settled", None, task).await.expect_err("stopped");
    assert_eq!(stopped.code, "cancelled");
}
