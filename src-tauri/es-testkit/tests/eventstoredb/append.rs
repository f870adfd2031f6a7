//! What an append expects, repeats, and may hold.

use es_testkit::eventstoredb::wire::streams::batch_append_req::options::{DeadlineOption, ExpectedStreamPosition};
use es_testkit::eventstoredb::wire::streams::batch_append_req::{self};
use es_testkit::eventstoredb::wire::streams::{BatchAppendReq, batch_append_resp};
use es_testkit::eventstoredb::wire::{common, rpc};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::run;
use prost::Message;
use tonic::Code;

use super::client::*;

#[test]
fn revisions_begin_at_0_and_positions_are_not_contiguous() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let first = succeeded(client.append("a-1", no_stream(), events(2)).await);
        let second = succeeded(client.append("a-1", exactly(1), events(1)).await);
        assert_eq!((revision(&first), revision(&second)), (Some(1), Some(2)));
        let positions: Vec<_> =
            client.events(of_all(all_start(), false, Some(100))).await.iter().map(|read| recorded(read).1).collect();
        assert_eq!(positions.len(), 3);
        assert_eq!(position(&second).map(|(commit, _)| commit), positions.last().copied());
        assert!(positions.windows(2).all(|pair| pair[1] > pair[0] + 1), "offsets of records: {positions:?}");
    });
}

#[test]
fn events_of_one_append_may_share_a_commit_position() {
    run(async {
        let server = TestServer::start(Options { separate_commits: true, ..Options::default() });
        let client = connect(&server).await;
        client.appended("a-1", events(3)).await;
        client.appended("a-1", events(1)).await;
        let read = client.events(of_all(all_start(), false, Some(100))).await;
        let positions: Vec<_> = read.iter().map(recorded).collect();
        assert_eq!(positions[0].1, positions[2].1, "one commit record for three events");
        assert!(positions[0].2 < positions[1].2, "a record of its own for each");
        let (_, commit, prepare) = positions[1];
        let rest = client.events(of_all(all_at(commit, prepare), false, Some(100))).await;
        assert_eq!(rest.iter().map(|read| recorded(read).0).collect::<Vec<_>>(), [1, 2, 3], "from the second on");
    });
}

#[test]
fn every_expectation_is_checked_and_a_refusal_is_a_message() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        assert_eq!(refused(client.append("s", exactly(0), events(1)).await), None);
        assert_eq!(refused(client.append("s", exists(), events(1)).await), None);
        succeeded(client.append("s", no_stream(), events(2)).await);
        succeeded(client.append("s", exists(), events(1)).await);
        assert_eq!(refused(client.append("s", no_stream(), events(1)).await), Some(2));
        assert_eq!(refused(client.append("s", exactly(1), events(1)).await), Some(2));
        assert_eq!(refused(client.append("s", exactly(3), events(1)).await), Some(2));
        assert_eq!(client.revisions("s").await, [0, 1, 2], "nothing was written by a refused append");
    });
}

#[test]
fn a_repeated_append_gives_the_first_answer_and_writes_nothing() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let (first, second) = (events(2), events(1));
        let answer = succeeded(client.append("s", no_stream(), first.clone()).await);
        succeeded(client.append("s", exactly(1), second.clone()).await);
        assert_eq!(succeeded(client.append("s", no_stream(), first.clone()).await), answer);
        assert_eq!(revision(&succeeded(client.append("s", exactly(1), second.clone()).await)), Some(2));
        assert_eq!(succeeded(client.append("s", any(), first.clone()).await), answer);
        assert_eq!(succeeded(client.append("s", exists(), first.clone()).await), answer);
        let mixed = vec![first[0].clone(), event("Other", "{}")];
        assert_eq!(refused(client.append("s", no_stream(), mixed.clone()).await), Some(2), "only partly the same");
        assert_eq!(refused(client.append("s", any(), mixed).await), Some(2), "only partly the same");
        assert_eq!(client.revisions("s").await, [0, 1, 2]);
    });
}

#[test]
fn without_a_revision_only_remembered_ids_are_recognised() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let once = events(1);
        succeeded(client.append("s", no_stream(), once.clone()).await);
        server.forget_event_ids();
        assert_eq!(
            revision(&succeeded(client.append("s", no_stream(), once.clone()).await)),
            Some(0),
            "found at its place"
        );
        assert_eq!(revision(&succeeded(client.append("s", any(), once.clone()).await)), Some(1), "written again");
        assert_eq!(client.appended("t", once.clone()).await, 0, "another stream");
        assert_eq!(client.appended("s", once).await, 2, "only the last place of an id is remembered");
    });
}

#[test]
fn an_append_above_the_limit_is_an_error_that_names_the_limit() {
    run(async {
        let server = TestServer::start(Options { append_limit: 1000, ..Options::default() });
        let client = connect(&server).await;
        let half = format!("\"{}\"", "x".repeat(500));
        let too_large = vec![event("Large", &half), event("Large", &half)];
        let status = assert_error(
            client.append("s", any(), too_large).await,
            Code::InvalidArgument,
            "maximum-append-size-exceeded",
        );
        assert_eq!(status.metadata().get("maximum-append-size").unwrap(), "1000");
        succeeded(client.append("s", any(), vec![event("Large", &half)]).await);
    });
}

#[test]
fn one_event_may_be_limited_by_itself_and_the_error_names_it() {
    run(async {
        let server = TestServer::start(Options { event_limit: Some(300), ..Options::default() });
        let client = connect(&server).await;
        let large = event("Large", &"x".repeat(400));
        let id = match large.id.clone().unwrap().value.unwrap() {
            common::uuid::Value::String(id) => id,
            other => panic!("{other:?}"),
        };
        let appended = client.append("s", any(), vec![event("Small", "{}"), large]).await;
        let status = assert_error(appended, Code::InvalidArgument, "maximum-append-event-size-exceeded");
        let named = |name: &str| status.metadata().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(named("maximum-append-event-size"), "300");
        assert_eq!(named("proposed-append-event-size"), "410", "the type counts in UTF-16");
        assert_eq!(named("event-id"), id);
        assert_eq!(server.event_count(), 0);
    });
}

#[test]
fn what_is_called_json_need_not_be_json_and_stays_as_it_is() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let mut bytes = event("Bytes", "{ not json");
        bytes.custom_metadata = vec![0xff, 0x00].into();
        let mut octets = event("Octets", "plain");
        octets.metadata.insert("content-type".to_owned(), "application/octet-stream".to_owned());
        client.appended("s", vec![bytes, octets]).await;
        let read = client.events(of_stream("s", start(), false, Some(10))).await;
        assert_eq!(data(&read[0]), "{ not json");
        let (first, second) = (read[0].event.as_ref().unwrap(), read[1].event.as_ref().unwrap());
        assert_eq!(first.metadata["content-type"], "application/json");
        assert_eq!(first.custom_metadata.as_ref(), [0xff, 0x00]);
        assert_eq!(second.metadata["content-type"], "application/octet-stream");
    });
}

#[test]
fn an_event_without_a_type_is_an_error_that_names_what_is_missing() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let mut nameless = event("", "{}");
        nameless.metadata.remove("type");
        let appended = client.append("s", any(), vec![nameless]).await;
        assert_error(appended, Code::InvalidArgument, "missing-required-metadata-property");
    });
}

pub fn batch(stream: &str, expected: ExpectedStreamPosition, size: usize, is_final: bool) -> BatchAppendReq {
    let proposed_messages = events(size).into_iter().map(|event| batch_append_req::ProposedMessage {
        id: event.id,
        metadata: event.metadata,
        custom_metadata: event.custom_metadata,
        data: event.data,
    });
    BatchAppendReq {
        correlation_id: Some(common::Uuid {
            value: Some(common::uuid::Value::Structured(common::uuid::Structured {
                most_significant_bits: -1,
                least_significant_bits: stream.len() as i64,
            })),
        }),
        options: Some(batch_append_req::Options {
            stream_identifier: identifier(stream),
            expected_stream_position: Some(expected),
            deadline_option: Some(DeadlineOption::Deadline(prost_types::Duration { seconds: 5, nanos: 0 })),
        }),
        proposed_messages: proposed_messages.collect(),
        is_final,
    }
}

#[test]
fn batches_are_answered_one_by_one_and_a_refused_one_stops_nothing() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let (any, none) = (ExpectedStreamPosition::Any(()), ExpectedStreamPosition::NoStream(()));
        let mut rest = batch("bb", any, 1, true);
        rest.options = None;
        let requests = [batch("a", none, 2, true), batch("a", none, 1, true), batch("bb", any, 1, false), rest];
        let mut answers =
            client.streams().batch_append(client.request(tokio_stream::iter(requests))).await.unwrap().into_inner();

        let first = answers.message().await.unwrap().expect("an answer for each finished batch");
        assert!(matches!(first.result, Some(batch_append_resp::Result::Success(_))), "{first:?}");
        assert_eq!(first.stream_identifier, identifier("a"));

        let second = answers.message().await.unwrap().expect("an answer for each finished batch");
        let Some(batch_append_resp::Result::Error(error)) = second.result else { panic!("{second:?}") };
        assert_eq!(error.code, i32::from(rpc::Code::AlreadyExists));
        let details = error.details.expect("details");
        assert_eq!(details.type_url, "type.googleapis.com/event_store.client.WrongExpectedVersion");
        let details = common::WrongExpectedVersion::decode(details.value.as_slice()).unwrap();
        assert_eq!(
            details.current_stream_revision_option,
            Some(common::wrong_expected_version::CurrentStreamRevisionOption::CurrentStreamRevision(1)),
        );

        let third = answers.message().await.unwrap().expect("an answer for each finished batch");
        let Some(batch_append_resp::Result::Success(success)) = third.result else { panic!("{third:?}") };
        assert_eq!(
            success.current_revision_option,
            Some(batch_append_resp::success::CurrentRevisionOption::CurrentRevision(1))
        );
        assert!(answers.message().await.unwrap().is_none(), "the call ends with its requests");
    });
}
