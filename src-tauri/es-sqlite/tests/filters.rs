//! Filtered reads give exactly what `EventFilter::matches` means, in both directions, in pages of any size.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::OnceLock;

use common::*;
use es_core::{
    AppendRequest, Direction, EventFilter, EventReader, EventStore, ExpectedVersion, ImportedAppend, Position, ReadAll,
    RecordedEvent, limits,
};
use es_sqlite::SqliteEventStore;
use proptest::prelude::*;
use uuid::Uuid;

/// Long enough that rare matches are looked up in the indexes and frequent ones found by walking.
const EVENTS: usize = 24_000;

struct Log {
    _place: Place,
    store: SqliteEventStore,
    events: Vec<RecordedEvent>,
    runtime: tokio::runtime::Runtime,
}

/// One log for all cases: streams, types and correlations from frequent to unique, several events per microsecond.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let place = place();
        let store = open(&place.path);
        let appends = (0..EVENTS).map(|number| {
            let name = match number % 997 {
                0 => "audit".to_owned(),
                1 => format!("audit-{}", number % 7),
                rest if rest % 3 == 0 => format!("transfer-{}", number % 50),
                rest => format!("account-{}", rest % 40),
            };
            let event_type = match number {
                12_345 => "Unique",
                _ if number % 1500 == 7 => "Rare",
                _ if number % 5 == 0 => "Frequent",
                _ => "Usual",
            };
            let mut event = event((number / 3) as u128, number % 3, event_type);
            if number % 4000 == 13 {
                event.metadata = r#"{"note":"needle % _ in metadata"}"#.into();
            }
            let request = AppendRequest::to_stream(stream(&name), ExpectedVersion::Any, vec![event]);
            ImportedAppend { request, recorded_at: at((number / 4) as i64) }
        });
        let appends: Vec<_> = appends.collect();
        runtime.block_on(store.import(appends)).expect("imported");
        let events = runtime.block_on(read_everything(&store));
        assert_eq!(events.len(), EVENTS);
        Log { _place: place, store, events, runtime }
    })
}

fn filters() -> impl Strategy<Value = EventFilter> {
    let some = |values: Vec<&'static str>| proptest::option::weighted(0.3, proptest::sample::select(values));
    let lists = |values: Vec<&'static str>| {
        let chosen = proptest::sample::subsequence(values, 1..=2);
        prop_oneof![2 => Just(Vec::new()), 1 => chosen.prop_map(|list| list.into_iter().map(str::to_owned).collect())]
    };
    (
        some(vec!["account-7", "audit", "transfer-3", "nobody-1"]),
        some(vec!["a", "audit", "account-1", "transfer-", "", "zzz"]),
        lists(vec!["account", "transfer", "audit", "nobody", "account-1"]),
        lists(vec!["Frequent", "Usual", "Rare", "Unique", "Never"]),
        proptest::option::weighted(0.2, 0_u128..8100),
        proptest::option::weighted(0.3, -10_i64..6100),
        proptest::option::weighted(0.3, -10_i64..6100),
        some(vec!["needle", "% _", "Größe", "\"minor\":\"2\"", "", "absent"]),
        lists(vec!["account-7", "audit", "transfer-3", "nobody-1"]),
        some(vec!["tester", "nobody"]),
        proptest::option::weighted(0.2, 0_u64..9000),
        proptest::option::weighted(0.2, 0_u64..9000),
    )
        .prop_map(
            |(
                one,
                prefix,
                categories,
                event_types,
                correlation,
                from,
                until,
                contains,
                streams,
                actor,
                after,
                through,
            )| EventFilter {
                stream: one.map(stream),
                streams: streams.iter().map(|name| stream(name)).collect(),
                actor: actor.map(str::to_owned),
                after: after.map(Position),
                through: through.map(Position),
                stream_prefix: prefix.map(str::to_owned),
                categories,
                event_types,
                correlation_id: correlation.map(Uuid::from_u128),
                recorded_from: from.map(at),
                recorded_until: until.map(at),
                contains: contains.map(str::to_owned),
            },
        )
}

async fn read_in_pages(store: &SqliteEventStore, filter: &EventFilter, direction: Direction, limit: usize) -> Vec<u64> {
    let start = if direction == Direction::Forward { Position::ZERO } else { Position::MAX };
    let mut read = ReadAll { from: start, direction, filter: filter.clone(), limit };
    let mut found = Vec::new();
    for _ in 0..100_000 {
        let page = store.read_all(read.clone()).await.expect("a page");
        assert!(page.events.len() <= limit, "a page keeps its limit");
        assert!(page.end || page.next != read.from, "every page gets on");
        found.extend(page.events.iter().map(|event| event.position.get()));
        if page.end {
            return found;
        }
        read.from = page.next;
    }
    panic!("the read never ends");
}

async fn scan(store: &SqliteEventStore, filter: &EventFilter) -> Vec<u64> {
    let (mut found, mut after) = (Vec::new(), Position::ZERO);
    loop {
        let page = store.scan_positions(after, filter).await.expect("a page");
        found.extend(page.positions.iter().map(|position| position.get()));
        if page.end {
            assert_eq!(page.next, page.head, "a finished scan has moved past everything");
            return found;
        }
        after = page.next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_filtered_read_is_the_matching_part_of_the_log(filter in filters(), limit in prop_oneof![Just(1_usize), 2_usize..50, Just(4096)]) {
        let log = log();
        let expected: Vec<u64> =
            log.events.iter().filter(|event| filter.matches(event)).map(|event| event.position.get()).collect();
        // Reading thousands of events one by one shows nothing more than some hundred do.
        let limit = if expected.len() > 500 { limit.max(200) } else { limit };
        log.runtime.block_on(async {
            prop_assert_eq!(&read_in_pages(&log.store, &filter, Direction::Forward, limit).await, &expected);
            prop_assert_eq!(&scan(&log.store, &filter).await, &expected);
            let mut backward = read_in_pages(&log.store, &filter, Direction::Backward, limit).await;
            backward.reverse();
            prop_assert_eq!(&backward, &expected);
            Ok(())
        })?;
    }
}

#[test]
fn a_follower_moves_past_what_does_not_match() {
    let log = log();
    let filter = EventFilter { event_types: vec!["Unique".to_owned()], ..EventFilter::default() };
    let page =
        log.runtime.block_on(log.store.read_all(ReadAll::forward(Position(0), 10).filtered(filter))).expect("ok");
    assert_eq!(page.events.len(), 1);
    assert!(page.end);
    assert_eq!((page.next, page.head), (Position(EVENTS as u64), Position(EVENTS as u64)));
}

#[test]
fn a_reader_ahead_of_the_log_waits_where_it_is() {
    let log = log();
    let page = log.runtime.block_on(log.store.read_all(ReadAll::forward(Position(99_000_000), 10))).expect("ok");
    assert_eq!((page.events.len(), page.end, page.next), (0, true, Position(99_000_000)));
}

#[test]
fn a_page_of_nothing_moves_nothing() {
    let log = log();
    for filter in
        [EventFilter::default(), EventFilter { contains: Some("needle".to_owned()), ..EventFilter::default() }]
    {
        let read = ReadAll::forward(Position(5), 0).filtered(filter);
        let page = log.runtime.block_on(log.store.read_all(read)).expect("ok");
        assert_eq!((page.events.len(), page.end, page.next), (0, false, Position(5)));
    }
}

#[test]
fn a_search_for_what_is_not_there_returns_within_the_bound_and_gets_to_the_end() {
    let place = place();
    let store = open(&place.path);
    store.close();
    let rows = 2 * limits::SCAN_EVENTS_PER_PAGE + 50_000;
    let raw = rusqlite::Connection::open(&place.path).expect("plain SQL");
    raw.execute_batch(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         INSERT INTO es_event SELECT i, 'bulk-' || (i % 100), (i - 1) / 100 + 1, randomblob(16), 'T' || (i % 2), 1, '{{}}',
           '{{}}', NULL, NULL, i, zeroblob(32), zeroblob(32) FROM n;
         INSERT INTO es_stream SELECT stream_name, 'bulk', max(stream_version), 0, NULL, max(position) FROM es_event
           GROUP BY stream_name;
         UPDATE es_log_head SET position = {rows};"
    ))
    .expect("filled");
    drop(raw);
    let store = open(&place.path);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for filter in [
        EventFilter { contains: Some("absent".to_owned()), ..EventFilter::default() },
        EventFilter {
            categories: vec!["bulk".to_owned()],
            contains: Some("absent".to_owned()),
            ..EventFilter::default()
        },
        EventFilter {
            event_types: vec!["T1".to_owned()],
            contains: Some("absent".to_owned()),
            ..EventFilter::default()
        },
        EventFilter {
            stream_prefix: Some("bulk-".to_owned()),
            contains: Some("absent".to_owned()),
            ..Default::default()
        },
    ] {
        for direction in [Direction::Forward, Direction::Backward] {
            let from = if direction == Direction::Forward { Position::ZERO } else { Position::MAX };
            let read = ReadAll { from, direction, filter: filter.clone(), limit: 10 };
            let page = runtime.block_on(store.read_all(read)).expect("a page");
            assert!(!page.end, "one page does not examine {rows} events: {filter:?}");
            assert!(runtime.block_on(read_in_pages(&store, &filter, direction, 10)).is_empty());
        }
        let page = runtime.block_on(store.scan_positions(Position(0), &filter)).expect("a page");
        assert!(!page.end && page.positions.is_empty());
        assert!(runtime.block_on(scan(&store, &filter)).is_empty());
    }
}
