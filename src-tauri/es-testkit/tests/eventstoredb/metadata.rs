//! What a stream's metadata hide.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use es_core::Clock;
use es_testkit::eventstoredb::wire::streams::read_req::options::stream_options::RevisionOption;
use es_testkit::eventstoredb::wire::streams::read_resp::Content;
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{ManualClock, run};

use super::client::*;

async fn set(client: &Client, stream: &str, metadata: &str) {
    client.appended(&format!("$${stream}"), vec![event("$metadata", metadata)]).await;
}

#[test]
fn count_and_truncation_hide_the_beginning_of_a_stream_but_not_of_the_log() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(10)).await;
        set(&client, "s", r#"{"$maxCount":3}"#).await;
        assert_eq!(client.revisions("s").await, [7, 8, 9]);
        set(&client, "s", r#"{"$tb":4,"own":"kept"}"#).await;
        assert_eq!(client.revisions("s").await, (4..10).collect::<Vec<_>>());
        let backward = client.events(of_stream("s", end(), true, Some(100))).await;
        assert_eq!(recorded(backward.last().unwrap()).0, 4);
        let all = client.events(of_all(all_start(), false, Some(100))).await;
        assert_eq!(all.len(), 10 + 2, "the log shows everything, metadata too");
        set(&client, "s", "{ not json").await;
        assert_eq!(client.revisions("s").await.len(), 10, "metadata that cannot be read hide nothing");
        assert_eq!(client.revisions("$$s").await, [2], "of metadata, only the last are seen");
    });
}

#[test]
fn a_page_that_is_hidden_as_a_whole_names_the_first_revision() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(100)).await;
        set(&client, "s", r#"{"$tb":90}"#).await;
        let answers = client.answers(of_stream("s", start(), false, Some(3))).await.unwrap();
        assert_eq!(answers[0], Content::FirstStreamPosition(90));
        assert_eq!(answers[4], Content::LastStreamPosition(99), "{answers:?}");
        let mut old_client = of_stream("s", RevisionOption::Revision(0), false, Some(3));
        old_client.control_option = None;
        let answers = client.answers(old_client).await.unwrap();
        assert!(answers.iter().all(|answer| matches!(answer, Content::Event(_))), "told only to who understands it");
    });
}

#[test]
fn events_grow_too_old_by_the_servers_clock_in_seconds() {
    run(async {
        let start_time = DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap();
        let clock = Arc::new(ManualClock::new(start_time));
        let server = TestServer::start(Options { clock: clock.clone(), ..Options::default() });
        let client = connect(&server).await;
        client.appended("s", events(1)).await;
        set(&client, "s", r#"{"$maxAge":60}"#).await;
        let read = client.events(of_stream("s", start(), false, Some(1))).await;
        assert_eq!(read[0].event.as_ref().unwrap().metadata["created"], "17000000001234560", "in units of 100 ns");
        clock.advance(Duration::seconds(50));
        client.appended("s", events(1)).await;
        assert_eq!(client.revisions("s").await, [0, 1]);
        clock.advance(Duration::seconds(20));
        assert_eq!(client.revisions("s").await, [1]);
        clock.advance(Duration::seconds(60));
        assert_eq!(client.revisions("s").await, [] as [u64; 0], "an empty stream, which is still there");
        assert_eq!(client.appended("s", events(1)).await, 2);
    });
}

#[test]
fn what_a_link_stands_for_can_be_hidden_too() {
    run(async {
        let server = TestServer::start(Options { system_projections: true, ..Options::default() });
        let client = connect(&server).await;
        client.appended("cat-1", events(3)).await;
        set(&client, "cat-1", r#"{"$tb":2}"#).await;
        let mut options = of_stream("$ce-cat", start(), false, Some(10));
        options.resolve_links = true;
        let found: Vec<_> = client.events(options).await.iter().map(|read| read.event.is_some()).collect();
        assert_eq!(found, [false, false, true]);
    });
}

/// A clock that counts, and whose answers may overtake each other on their way.
#[derive(Debug, Default)]
struct Dawdling(AtomicI64);

impl Clock for Dawdling {
    fn now(&self) -> DateTime<Utc> {
        let second = self.0.fetch_add(1, Ordering::SeqCst);
        if second % 3 == 0 {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }
}

#[test]
fn appends_side_by_side_are_recorded_at_times_in_the_order_of_the_log() {
    run(async {
        let server = TestServer::start(Options { clock: Arc::new(Dawdling::default()), ..Options::default() });
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..8 {
            let client = connect(&server).await;
            writers.spawn(async move {
                for _ in 0..20 {
                    client.appended(&format!("s-{number}"), events(1)).await;
                }
            });
        }
        writers.join_all().await;
        let log = connect(&server).await.events(of_all(all_start(), false, Some(1000))).await;
        let times: Vec<u64> =
            log.iter().map(|read| read.event.as_ref().unwrap().metadata["created"].parse().unwrap()).collect();
        assert_eq!(times.len(), 160, "everything was written");
        assert!(times.is_sorted(), "no event is older than the one before it: {times:?}");
    });
}
