use es_core::{EventFilter, EventReader as _, ExpectedVersion, HostedStore as _, Position, ReadAll, StreamVersion};
use es_eventstoredb::EventStoreDbOptions;
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{numbered, run, stream};

use super::{all, append, open_with, write};

fn kept_in(folder: &tempfile::TempDir) -> EventStoreDbOptions {
    EventStoreDbOptions { index: Some(folder.path().join("index.sqlite")), ..EventStoreDbOptions::default() }
}

#[test]
fn the_index_goes_on_where_it_stopped() {
    run(async {
        let (server, folder) = (TestServer::start(Options::default()), tempfile::tempdir().expect("a folder"));
        let store = open_with(&server, kept_in(&folder)).await;
        for number in 0..10 {
            write(&store, &stream("account-1"), vec![numbered(number)]).await;
        }
        store.close().await;
        let other = open_with(&server, EventStoreDbOptions::default()).await;
        write(&other, &stream("account-2"), vec![numbered(1)]).await;
        let store = open_with(&server, kept_in(&folder)).await;
        let state = store.index_state().await.expect("a state");
        assert_eq!((state.complete, state.events), (true, 11), "what came meanwhile is there too");
        assert_eq!(state.position, store.head().await.expect("a head"));
        let counted = store.categories().await.expect("categories");
        assert_eq!((counted[0].streams, counted[0].events), (2, 11), "nothing is counted twice");
    });
}

#[test]
fn an_index_of_another_log_is_made_anew() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, count) in [(1, 7), (2, 3), (3, 9)] {
            let server = TestServer::start(Options::default());
            let other = open_with(&server, EventStoreDbOptions::default()).await;
            for index in 0..count {
                write(&other, &stream(&format!("account-{number}")), vec![numbered(index)]).await;
            }
            let store = open_with(&server, kept_in(&folder)).await;
            let state = store.index_state().await.expect("a state");
            assert_eq!(state.events, count, "nothing of the former log is left");
            let first = all(&other).await[0].clone();
            assert_eq!(
                store.event_by_id(first.event_id).await.expect("a look-up"),
                Some(first),
                "the present one is there"
            );
            assert_eq!(store.categories().await.expect("categories")[0].streams, 1);
            store.close().await;
        }
    });
}

#[test]
fn a_file_that_is_no_index_is_made_anew() {
    run(async {
        let (server, folder) = (TestServer::start(Options::default()), tempfile::tempdir().expect("a folder"));
        let options = kept_in(&folder);
        std::fs::write(options.index.as_ref().expect("a path"), "this is no database").expect("written");
        let store = open_with(&server, options).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        assert_eq!(store.index_state().await.expect("a state").events, 1);
    });
}

#[test]
fn two_programs_may_share_an_index() {
    run(async {
        let (server, folder) = (TestServer::start(Options::default()), tempfile::tempdir().expect("a folder"));
        let (one, other) = (open_with(&server, kept_in(&folder)).await, open_with(&server, kept_in(&folder)).await);
        for number in 0..10 {
            let store = if number % 2 == 0 { &one } else { &other };
            let expected = ExpectedVersion::Exact(number.into());
            let written = append(store, &stream("account-1"), expected, vec![numbered(number)]).await;
            assert_eq!(written.expect("an append").events[0].version, StreamVersion(number + 1));
        }
        for store in [&one, &other] {
            assert_eq!(store.index_state().await.expect("a state").events, 10, "each event once");
            assert_eq!(all(store).await.len(), 10);
        }
    });
}

#[test]
fn a_log_that_was_scavenged_is_still_the_same_log() {
    run(async {
        let (server, folder) = (TestServer::start(Options::default()), tempfile::tempdir().expect("a folder"));
        let store = open_with(&server, kept_in(&folder)).await;
        for number in 0..20 {
            write(&store, &stream("account-1"), vec![numbered(number)]).await;
        }
        let first = all(&store).await[0].clone();
        let cut = serde_json::json!({"$maxCount": 1});
        let changes = cut.as_object().expect("an object");
        store.inspect().change_metadata(&stream("account-1"), StreamVersion::ZERO, changes).await.expect("changed");
        server.scavenge();
        store.close().await;
        let store = open_with(&server, kept_in(&folder)).await;
        assert_eq!(store.index_state().await.expect("a state").events, 20, "the index remembers what was there");
        assert_eq!(all(&store).await.len(), 1, "the log has what is left");
        let again = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![numbered(0)]).await;
        assert_eq!(again.expect("an append").events[0].version, StreamVersion(21));
        let mut known = numbered(0);
        known.event_id = first.event_id;
        let outcome = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![known]).await.expect("known");
        assert!(outcome.replayed, "an id is known though its event is gone");
    });
}

#[test]
fn what_the_server_writes_about_others_is_shown_on_demand() {
    run(async {
        let server = TestServer::start(Options { system_projections: true, ..Options::default() });
        let store = open_with(&server, EventStoreDbOptions::default()).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        let options = EventStoreDbOptions { server_events: true, ..EventStoreDbOptions::default() };
        let shown = open_with(&server, options).await;
        let (few, many) = (all(&store).await, all(&shown).await);
        assert_eq!(few.len(), 1, "the log is what applications wrote");
        assert!(many.len() > 3, "or all that there is: {}", many.len());
        assert!(many.contains(&few[0]), "the same events at the same positions");
        let links = EventFilter { categories: vec!["$ce".to_owned()], ..EventFilter::default() };
        let found = shown.read_all(ReadAll::forward(Position::ZERO, 10).filtered(links)).await.expect("a page");
        assert_eq!(found.events.len(), 1, "links are events like any other there");
    });
}
