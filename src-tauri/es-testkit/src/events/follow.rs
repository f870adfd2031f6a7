use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{AppendRequest, EventFilter, EventStore, ExpectedVersion, Position, ReadAll, RecordedEvent};

use super::{Fixture, positions};
use crate::generate::{Dice, new_event, numbered, stream};

/// The category of all streams that the writers write to.
const CATEGORY: &str = "account";
const WRITERS: u64 = 16;
const APPENDS: u64 = 25;

/// Follows the log until it has seen `count` matching events of the test's streams: read to the head, wait, read on.
async fn follow(store: Arc<dyn EventStore>, filter: EventFilter, count: usize) -> Vec<RecordedEvent> {
    let mut seen: Vec<RecordedEvent> = Vec::new();
    let mut checkpoint = Position::ZERO;
    let started = Instant::now();
    while seen.len() < count && started.elapsed() < Duration::from_secs(60) {
        let read = ReadAll::forward(checkpoint, 33).filtered(filter.clone());
        let page = store.read_all(read).await.expect("a page");
        assert!(page.next >= checkpoint, "a checkpoint never moves back");
        checkpoint = page.next;
        seen.extend(page.events.into_iter().filter(|event| event.stream.category() == CATEGORY));
        if page.end {
            store.wait_for_events(checkpoint, Duration::from_millis(20)).await.expect("a head");
        }
    }
    seen
}

/// Writes with many writers at once; returns the acknowledged positions.
async fn write(store: &Arc<dyn EventStore>) -> BTreeSet<Position> {
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut dice = Dice::new(writer);
                let mut acknowledged = Vec::new();
                for number in 0..APPENDS {
                    let count = 1 + dice.below(3);
                    let target = stream(&format!("{CATEGORY}-{}", dice.below(6)));
                    let event_type = if number % 5 == 0 { "Rare" } else { "Common" };
                    let events = (0..count).map(|_| new_event(event_type, format!(r#"{{"writer":{writer}}}"#)));
                    let request = AppendRequest::to_stream(target, ExpectedVersion::Any, events.collect());
                    let appended = store.append(request).await.expect("an append");
                    acknowledged.extend(appended.events.into_iter().map(|event| event.position));
                    if dice.below(4) == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        for position in writer.await.expect("the writer ends") {
            assert!(acknowledged.insert(position), "position {position} was given to two events");
        }
    }
    acknowledged
}

/// How many events [`write`] writes in all, and how many of them are rare: its dice are known.
fn counts() -> (usize, usize) {
    let (mut all, mut rare) = (0, 0);
    for writer in 0..WRITERS {
        let mut dice = Dice::new(writer);
        for number in 0..APPENDS {
            let count = usize::try_from(1 + dice.below(3)).expect("small");
            let _ = (dice.below(6), dice.below(4));
            all += count;
            rare += if number % 5 == 0 { count } else { 0 };
        }
    }
    (all, rare)
}

pub async fn a_tailing_reader_that_started_first_sees_all_that_concurrent_writers_wrote(fixture: &Fixture) {
    let (all, _) = counts();
    let followers: Vec<_> =
        (0..2).map(|_| tokio::spawn(follow(Arc::clone(&fixture.store), EventFilter::default(), all))).collect();
    tokio::task::yield_now().await;
    let acknowledged = write(&fixture.store).await;
    let full = fixture.all().await;
    assert_eq!(positions(&full).into_iter().collect::<BTreeSet<_>>(), acknowledged, "what was acknowledged is there");
    if fixture.store.capabilities().dense_positions {
        let dense: Vec<_> = (1..=all as u64).map(Position).collect();
        assert_eq!(positions(&full), dense, "positions are dense under concurrent writers");
    }
    for name in (0..6).map(|number| stream(&format!("{CATEGORY}-{number}"))) {
        let versions: Vec<_> = full.iter().filter(|event| event.stream == name).map(|e| e.version.get()).collect();
        assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>(), "versions of {name} are dense");
    }
    for follower in followers {
        assert_eq!(follower.await.expect("the follower ends"), full, "a follower sees exactly the full read");
    }
}

pub async fn a_filtered_follower_misses_nothing(fixture: &Fixture) {
    let (_, rare) = counts();
    let filter = EventFilter { event_types: vec!["Rare".to_owned()], ..EventFilter::default() };
    let follower = tokio::spawn(follow(Arc::clone(&fixture.store), filter.clone(), rare));
    write(&fixture.store).await;
    let expected: Vec<_> = fixture.all().await.into_iter().filter(|event| filter.matches(event)).collect();
    assert_eq!(follower.await.expect("the follower ends"), expected, "a filtered follower sees what matches");
}

pub async fn waiting_ends_at_once_when_there_are_events(fixture: &Fixture) {
    let head = fixture.write(&stream("account-1"), vec![numbered(1), numbered(2)]).await.last_position();
    let started = Instant::now();
    let found = fixture.store.wait_for_events(Position::ZERO, Duration::from_secs(30)).await.expect("a head");
    fixture.assert_head(found, head, "the head is returned");
    assert!(started.elapsed() < Duration::from_secs(10), "there was nothing to wait for");
}

pub async fn waiting_ends_with_the_time_given(fixture: &Fixture) {
    let head = fixture.write(&stream("account-1"), vec![numbered(1)]).await.last_position();
    let started = Instant::now();
    let found = fixture.store.wait_for_events(head, Duration::from_millis(60)).await.expect("a head");
    fixture.assert_head(found, head, "nothing came");
    assert!(found > head || started.elapsed() >= Duration::from_millis(50), "it waited");
    assert!(started.elapsed() < Duration::from_secs(20), "and stopped waiting");
}

pub async fn waiting_ends_soon_after_an_append(fixture: &Fixture) {
    for round in 0..5 {
        let before = fixture.store.head().await.expect("a head");
        // Not only the first of those who wait.
        let waiting = [before, before].map(|from| {
            let store = Arc::clone(&fixture.store);
            tokio::spawn(async move {
                let started = Instant::now();
                (store.wait_for_events(from, Duration::from_secs(60)).await.expect("a head"), started.elapsed())
            })
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        let head = fixture.write(&stream("account-1"), vec![numbered(round)]).await.last_position();
        for waiting in waiting {
            let (found, waited) = waiting.await.expect("the waiting task ends");
            assert!(found > before && found <= fixture.store.head().await.expect("a head"), "woken by an event");
            assert!(!fixture.is_alone() || found == head, "by the append: {found}, not {head}");
            assert!(waited < Duration::from_secs(30), "and long before its time was over");
        }
    }
}
