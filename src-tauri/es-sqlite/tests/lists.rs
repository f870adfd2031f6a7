//! Lists of streams and categories.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use es_core::{EventReader, EventStore, StreamOrder, StreamQuery};

fn query() -> StreamQuery {
    StreamQuery { category: None, contains: None, system: false, order: StreamOrder::Name, offset: 0, limit: 100 }
}

#[tokio::test]
async fn streams_are_searched_ordered_and_counted() {
    let place = place();
    let store = open(&place.path);
    for (command, (name, count)) in
        [("account-B", 3), ("account-a", 1), ("transfer-1", 2), ("$settings", 1), ("account-100%", 5), ("account-a", 1)]
            .into_iter()
            .enumerate()
    {
        store.append(append_to(name, command as u128 + 1, count)).await.expect("appended");
    }
    let names = async |query: StreamQuery| {
        let page = store.streams(&query).await.expect("a page");
        let names: Vec<_> = page.streams.iter().map(|info| info.stream.to_string()).collect();
        (names.join(" "), page.total)
    };
    assert_eq!(names(query()).await, ("account-100% account-B account-a transfer-1".to_owned(), 4));
    let all = StreamQuery { system: true, ..query() };
    assert_eq!(names(all).await, ("$settings account-100% account-B account-a transfer-1".to_owned(), 5));
    let newest = StreamQuery { order: StreamOrder::LastChange, limit: 2, ..query() };
    assert_eq!(names(newest.clone()).await, ("account-a account-100%".to_owned(), 4));
    assert_eq!(names(StreamQuery { offset: 2, ..newest }).await, ("transfer-1 account-B".to_owned(), 4));
    let longest = StreamQuery { order: StreamOrder::Length, category: Some("account".to_owned()), ..query() };
    assert_eq!(names(longest).await, ("account-100% account-B account-a".to_owned(), 3));
    let found = StreamQuery { contains: Some("NT-b".to_owned()), ..query() };
    assert_eq!(names(found).await, ("account-B".to_owned(), 1), "letters in either case");
    let literal = StreamQuery { contains: Some("%".to_owned()), ..query() };
    assert_eq!(names(literal).await, ("account-100%".to_owned(), 1), "no wildcards");

    let page = store.streams(&StreamQuery { contains: Some("account-a".to_owned()), ..query() }).await.expect("a page");
    let info = &page.streams[0];
    assert_eq!((info.version.get(), info.last_position.get(), &*info.last_event_type), (2, 13, "Tested"));

    let counts = store.categories().await.expect("categories");
    let counts: Vec<_> = counts.into_iter().map(|count| (count.category, count.streams, count.events)).collect();
    let expected = [("account", 3, 10), ("transfer", 1, 2), ("$settings", 1, 1)];
    assert_eq!(counts, expected.map(|(name, streams, events)| (name.to_owned(), streams, events)));
}
