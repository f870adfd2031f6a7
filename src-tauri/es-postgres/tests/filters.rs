//! Filters mean the same as in memory also where a page ends before the log does, and what is rare is found at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use es_core::{
    AppendRequest, Direction, EventFilter, EventReader, EventStore, ExpectedVersion, HostedStore, ImportedAppend,
    Position, ReadAll, RecordedEvent, limits,
};
use es_postgres::{PostgresConfig, PostgresEventStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

/// More events than one page examines, all of one kind but a few at the beginning, in the middle and at the end.
async fn long() -> (PostgresEventStore, Vec<RecordedEvent>) {
    let store = open(&place()).await;
    let common = limits::SCAN_EVENTS_PER_PAGE as u128 + 8_000;
    let mut command = 1_000_000_u128;
    rare(&store, 1).await;
    for part in 0..2 {
        let mut appends = Vec::new();
        for _ in 0..common / 2 / 4000 {
            command += 1;
            let request = append_to(&format!("common-{}", command % 7), command, 4000);
            appends.push(ImportedAppend { request, recorded_at: chrono::Utc::now() });
        }
        store.import(appends).await.expect("imported");
        rare(&store, part + 2).await;
    }
    let all = read_everything(&store).await;
    (store, all)
}

async fn rare(store: &PostgresEventStore, command: u128) {
    let events = vec![event(command, 0, "Rare"), event(command, 1, "Common")];
    let request = AppendRequest::to_stream(stream("rare-1"), ExpectedVersion::Any, events);
    store.append(request).await.expect("appended");
}

/// All pages of a filtered read, in order of position, and how many there were.
async fn walked(store: &PostgresEventStore, filter: &EventFilter, direction: Direction) -> (Vec<Position>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    let from = if direction == Direction::Forward { Position::ZERO } else { Position::MAX };
    let mut read = ReadAll { from, direction, filter: filter.clone(), limit: 1000 };
    loop {
        let page = store.read_all(read.clone()).await.expect("a page");
        pages += 1;
        found.extend(page.events.iter().map(|event| event.position));
        if page.end {
            break;
        }
        assert!(page.next != read.from, "a page moves on");
        read.from = page.next;
    }
    if direction == Direction::Backward {
        found.reverse();
    }
    (found, pages)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_mean_the_same_on_a_log_longer_than_one_page_examines() {
    let (store, all) = long().await;
    assert!(all.len() as u64 > limits::SCAN_EVENTS_PER_PAGE, "{} events", all.len());
    let of = |change: &dyn Fn(&mut EventFilter)| {
        let mut filter = EventFilter::default();
        change(&mut filter);
        filter
    };
    let half = all[all.len() / 2].recorded_at;
    // (filter, whether all of it is found in one page)
    let cases = [
        (of(&|f| f.categories = vec!["rare".to_owned()]), true),
        (of(&|f| f.categories = vec!["rare".to_owned(), "none".to_owned()]), true),
        (of(&|f| f.stream_prefix = Some("rare-".to_owned())), true),
        (of(&|f| f.event_types = vec!["Rare".to_owned(), "None".to_owned(), "Rare".to_owned()]), true),
        (of(&|f| f.stream = Some(stream("rare-1"))), true),
        (of(&|f| f.correlation_id = Some(Uuid::from_u128(2))), true),
        (of(&|f| (f.categories, f.event_types) = (vec!["rare".to_owned()], vec!["Rare".to_owned()])), true),
        (of(&|f| f.categories = vec!["none".to_owned()]), true),
        (of(&|f| f.contains = Some(format!("Größe {}", Uuid::from_u128(2)))), false),
        (of(&|f| (f.recorded_from, f.categories) = (Some(half), vec!["rare".to_owned()])), true),
        (of(&|f| (f.recorded_until, f.event_types) = (Some(half), vec!["Rare".to_owned()])), true),
        (of(&|f| f.contains = Some("a\0b".to_owned())), false),
        (of(&|f| f.event_types = vec!["a\0b".to_owned()]), true),
        (of(&|f| f.categories = vec!["a\0b".to_owned()]), true),
    ];
    for (filter, at_once) in &cases {
        let expected: Vec<Position> =
            all.iter().filter(|event| filter.matches(event)).map(|event| event.position).collect();
        for direction in [Direction::Forward, Direction::Backward] {
            let (found, pages) = walked(&store, filter, direction).await;
            assert_eq!(found, expected, "{filter:?} {direction:?}");
            assert!(!at_once || pages == 1, "{filter:?} {direction:?} took {pages} pages");
        }
        let (mut scanned, mut after) = (Vec::new(), Position::ZERO);
        loop {
            let page = store.scan_positions(after, filter).await.expect("a page");
            scanned.extend(page.positions);
            after = page.next;
            if page.end {
                break;
            }
        }
        assert_eq!(scanned, expected, "positions of {filter:?}");
    }
}

/// Index entries of events that connections have read, once those that ended have told it.
async fn entries_read(config: &PostgresConfig) -> i64 {
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let mut raw = PgConnection::connect(&es_testkit::postgres::server()).await.expect("connects");
    let read = "SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes WHERE schemaname = $1 AND relname = 'es_event'";
    sqlx::query_scalar(read).bind(&config.schema).fetch_one(&mut raw).await.expect("a sum")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_category_is_read_along_the_log_also_where_the_server_has_no_statistics_yet() {
    let place = place();
    let store = open(&place).await;
    let mut raw = PgConnection::connect(&es_testkit::postgres::server()).await.expect("connects");
    let never = format!("ALTER TABLE \"{}\".es_event SET (autovacuum_enabled = false)", place.schema);
    sqlx::raw_sql(AssertSqlSafe(never)).execute(&mut raw).await.expect("set");
    for number in 0..10 {
        store.append(append_to(&format!("common-{}", number % 7), number, 1000)).await.expect("appended");
        store.append(append_to(&format!("other-{number}"), 100 + number, 100)).await.expect("appended");
    }
    store.close().await;
    let before = entries_read(&place).await;
    let store = open(&opening(&place)).await;
    let filter = EventFilter { categories: vec!["common".to_owned()], ..EventFilter::default() };
    let (found, pages) = walked(&store, &filter, Direction::Forward).await;
    assert!(found.len() == 10_000 && pages >= 10, "{} events on {pages} pages", found.len());
    store.close().await;
    let read = entries_read(&place).await - before;
    assert!(
        (10_000..30_000).contains(&read),
        "every page looked at the whole category: {read} entries for 11000 events"
    );
}
