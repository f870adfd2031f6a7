use std::collections::BTreeMap;
use std::sync::Arc;

use es_core::{
    AppendRequest, CategoryCount, ExpectedVersion, StreamInfo, StreamName, StreamOrder, StreamQuery, limits,
};
use tokio::task::JoinSet;

use super::{Fixture, SYSTEM_STREAM};
use crate::generate::{Dice, new_event, numbered, stream};

const NAMES: [&str; 10] = [
    "account-1",
    "account-2",
    "account-10",
    "Account-3",
    "transfer-100%",
    "transfer-a_b",
    "journal",
    "größe-Ä",
    SYSTEM_STREAM,
    "transfer-it's",
];

fn query() -> StreamQuery {
    StreamQuery { category: None, contains: None, system: false, order: StreamOrder::Name, offset: 0, limit: 1000 }
}

/// Writes to all streams, the n-th getting at least n + 1 events.
async fn written(fixture: &Fixture) {
    let mut dice = Dice::new(3);
    let mut rest: Vec<(&str, usize)> = NAMES.iter().enumerate().map(|(index, name)| (*name, index + 1)).collect();
    while !rest.is_empty() {
        let index = usize::try_from(dice.below(rest.len() as u64)).expect("small");
        fixture.write(&stream(rest[index].0), vec![numbered(1)]).await;
        rest[index].1 -= 1;
        rest.retain(|(_, left)| *left > 0);
    }
}

async fn categories(fixture: &Fixture) -> Vec<CategoryCount> {
    let found = fixture.store.categories().await.expect("categories");
    found.into_iter().filter(|count| fixture.is_own(&count.category)).collect()
}

fn names(streams: &[StreamInfo]) -> Vec<&str> {
    streams.iter().map(|info| info.stream.as_str()).collect()
}

pub async fn streams_are_listed_in_each_order(fixture: &Fixture) {
    assert!(fixture.list(&query()).await.is_empty(), "an empty store has no streams");
    written(fixture).await;
    let by_name = fixture.list(&query()).await;
    let mut expected: Vec<&str> = NAMES.into_iter().filter(|name| !name.starts_with('$')).collect();
    expected.sort_unstable();
    assert_eq!(names(&by_name), expected, "by name, byte for byte, without the store's own streams");
    let with_system = fixture.list(&StreamQuery { system: true, ..query() }).await;
    assert_eq!(with_system.len(), NAMES.len(), "the store's own streams are listed when asked for");
    let by_length = fixture.list(&StreamQuery { order: StreamOrder::Length, ..query() }).await;
    assert!(by_length.windows(2).all(|pair| pair[0].version >= pair[1].version), "longest first");
    let by_change = fixture.list(&StreamQuery { order: StreamOrder::LastChange, ..query() }).await;
    assert!(by_change.windows(2).all(|pair| pair[0].last_position > pair[1].last_position), "latest change first");
    for listed in [by_length, by_change] {
        let mut found = listed;
        found.sort_by(|a, b| a.stream.cmp(&b.stream));
        assert_eq!(found, by_name, "the order changes nothing else");
    }
}

pub async fn streams_are_searched_by_text_and_category(fixture: &Fixture) {
    written(fixture).await;
    for text in ["account", "ACCOUNT-1", "-1", "%", "_", "'", "Ä", "ä", "größe", "missing", "", "suite", "\0", "\\"]
    {
        for category in
            [None, Some("transfer"), Some("account"), Some("Account"), Some("journal"), Some("missing"), Some("acc\0")]
        {
            for system in [false, true] {
                let asked = StreamQuery {
                    category: category.map(str::to_owned),
                    contains: Some(text.to_owned()),
                    system,
                    ..query()
                };
                let mut expected: Vec<StreamName> = NAMES.into_iter().map(stream).collect();
                expected.retain(|name| {
                    let found = name.as_str().to_ascii_lowercase().contains(&text.to_ascii_lowercase());
                    found && (system || !name.is_system()) && category.is_none_or(|wanted| wanted == name.category())
                });
                expected.sort();
                let found: Vec<StreamName> = fixture.list(&asked).await.into_iter().map(|info| info.stream).collect();
                assert_eq!(found, expected, "{asked:?}");
            }
        }
    }
}

pub async fn stream_pages_cover_the_list_and_tell_the_total(fixture: &Fixture) {
    written(fixture).await;
    for order in [StreamOrder::Name, StreamOrder::LastChange, StreamOrder::Length] {
        let whole = fixture.list(&StreamQuery { order, ..query() }).await;
        for limit in [1, 4, 9] {
            let mut found = Vec::new();
            for offset in (0..12).step_by(limit) {
                let asked = StreamQuery { order, offset, limit, ..query() };
                let page = fixture.store.streams(&asked).await.expect("a page");
                assert_eq!(page.total, whole.len() as u64, "the total does not depend on the page");
                assert!(page.streams.len() <= limit, "a page is no longer than asked for");
                found.extend(page.streams);
            }
            assert_eq!(names(&found), names(&whole), "{order:?} in pages of {limit}");
        }
        let beyond = StreamQuery { order, offset: 1000, ..query() };
        assert!(fixture.store.streams(&beyond).await.expect("a page").streams.is_empty(), "beyond the end");
    }
}

pub async fn a_list_of_streams_is_cut_to_the_limit(fixture: &Fixture) {
    let count = limits::PAGE_EVENTS + 1;
    let mut writing = JoinSet::new();
    for writer in 0..64 {
        let store = Arc::clone(&fixture.store);
        writing.spawn(async move {
            for number in (writer..count).step_by(64) {
                let name = stream(&format!("many-{number:05}"));
                let request = AppendRequest::to_stream(name, ExpectedVersion::NoStream, vec![numbered(1)]);
                store.append(request).await.expect("an append");
            }
        });
    }
    writing.join_all().await;
    let many = StreamQuery { category: Some("many".to_owned()), limit: usize::MAX, ..query() };
    let page = async |offset| {
        let asked = StreamQuery { offset, ..many.clone() };
        fixture.store.streams(&asked).await.expect("a page")
    };
    let first = page(0).await;
    assert_eq!((first.streams.len(), first.total), (limits::PAGE_EVENTS, count as u64), "cut to the limit");
    let rest = page(limits::PAGE_EVENTS as u64).await;
    assert_eq!(names(&rest.streams), [format!("many-{:05}", count - 1)], "the next page has the rest");
    let none = fixture.store.streams(&StreamQuery { limit: 0, ..many.clone() }).await.expect("a page");
    assert_eq!((none.streams.len(), none.total), (0, count as u64), "a page of none tells the total");
}

pub async fn a_stream_tells_its_last_event(fixture: &Fixture) {
    written(fixture).await;
    fixture.write(&stream("account-2"), vec![numbered(1), new_event("Last", "{}")]).await;
    for info in fixture.list(&StreamQuery { system: true, ..query() }).await {
        let events = fixture.read_stream(&info.stream).await;
        let last = events.last().expect("a listed stream has events");
        assert_eq!(info.version, last.version, "version of {}", info.stream);
        assert_eq!(info.last_position, last.position, "position of {}", info.stream);
        assert_eq!(info.last_recorded_at, last.recorded_at, "time of {}", info.stream);
        assert_eq!(info.last_event_type, last.event_type, "type of {}", info.stream);
        assert_eq!(info.closed_at, None, "{} is open", info.stream);
        assert!(info.truncated_before.get() <= 1, "{} is whole", info.stream);
    }
}

pub async fn categories_count_streams_and_events(fixture: &Fixture) {
    assert!(categories(fixture).await.is_empty(), "an empty store has none");
    written(fixture).await;
    let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (index, name) in NAMES.into_iter().enumerate() {
        let count = expected.entry(stream(name).category().to_owned()).or_default();
        count.0 += 1;
        count.1 += index as u64 + 1;
    }
    let found = categories(fixture).await;
    assert!(found.windows(2).all(|pair| pair[0].events >= pair[1].events), "most events first");
    let found: BTreeMap<_, _> = found.into_iter().map(|c| (c.category, (c.streams, c.events))).collect();
    assert_eq!(found, expected, "streams and events by category");
}
