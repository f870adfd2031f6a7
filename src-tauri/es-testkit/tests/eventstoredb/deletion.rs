//! Soft deletion, tombstones, and what stays to be seen.

use es_testkit::eventstoredb::wire::common::Empty;
use es_testkit::eventstoredb::wire::streams::read_resp::Content;
use es_testkit::eventstoredb::wire::streams::{DeleteReq, TombstoneReq, delete_req, tombstone_req};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::run;
use tonic::{Code, Status};

use super::client::*;

async fn delete(client: &Client, stream: &str, revision: Option<u64>) -> Result<(), Status> {
    use delete_req::options::ExpectedStreamRevision;
    let expected = revision.map_or(ExpectedStreamRevision::Any(Empty {}), ExpectedStreamRevision::Revision);
    let options =
        delete_req::Options { stream_identifier: identifier(stream), expected_stream_revision: Some(expected) };
    client.streams().delete(client.request(DeleteReq { options: Some(options) })).await.map(|_| ())
}

async fn tombstone(client: &Client, stream: &str) -> Result<(), Status> {
    use tombstone_req::options::ExpectedStreamRevision;
    let expected = Some(ExpectedStreamRevision::Any(Empty {}));
    let options = tombstone_req::Options { stream_identifier: identifier(stream), expected_stream_revision: expected };
    client.streams().tombstone(client.request(TombstoneReq { options: Some(options) })).await.map(|_| ())
}

async fn in_all(client: &Client, stream: &str) -> Vec<u64> {
    let read = client.events(of_all(all_start(), false, Some(u64::MAX))).await;
    let of_stream = read.iter().filter(|read| read.event.as_ref().unwrap().stream_identifier == identifier(stream));
    of_stream.map(|read| recorded(read).0).collect()
}

#[test]
fn a_softly_deleted_stream_is_not_found_and_goes_on_with_the_next_revision() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(3)).await;
        delete(&client, "s", Some(2)).await.expect("the last revision was named");
        let answers = client.answers(of_stream("s", start(), false, Some(9))).await.unwrap();
        assert!(matches!(answers.as_slice(), [Content::StreamNotFound(_)]), "{answers:?}");
        assert_eq!(in_all(&client, "s").await, [0, 1, 2], "the log shows what the stream hides");
        let metadata = client.events(of_stream("$$s", end(), true, Some(1))).await;
        assert_eq!(data(&metadata[0]), "{\"$tb\":9223372036854775807}");

        assert_error(client.append("s", exists(), events(1)).await, Code::FailedPrecondition, "stream-deleted");
        assert_eq!(refused(client.append("s", exactly(1), events(1)).await), Some(2));
        assert_eq!(revision(&succeeded(client.append("s", no_stream(), events(1)).await)), Some(3));
        assert_eq!(client.revisions("s").await, [3], "what was deleted stays hidden");
        let metadata = client.events(of_stream("$$s", end(), true, Some(1))).await;
        assert_eq!(data(&metadata[0]), "{\"$tb\":3}");
    });
}

#[test]
fn new_metadata_bring_a_deleted_stream_back_without_its_events() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(3)).await;
        delete(&client, "s", None).await.unwrap();
        client.appended("$$s", vec![event("$metadata", r#"{"own":1}"#)]).await;
        let metadata = client.events(of_stream("$$s", end(), true, Some(1))).await;
        assert_eq!(data(&metadata[0]), r#"{"own":1,"$tb":3}"#);
        assert_eq!(client.revisions("s").await, [] as [u64; 0]);
        let answers = client.answers(of_stream("s", start(), false, Some(9))).await.unwrap();
        assert!(!matches!(answers.as_slice(), [Content::StreamNotFound(_)]), "an empty stream: {answers:?}");
    });
}

#[test]
fn a_stream_with_a_tombstone_is_deleted_for_good() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(2)).await;
        tombstone(&client, "s").await.unwrap();
        for stream in ["s", "$$s"] {
            let answers = client.answers(of_stream(stream, start(), false, Some(9))).await;
            assert_error(answers, Code::FailedPrecondition, "stream-deleted");
        }
        let status =
            assert_error(client.append("s", any(), events(1)).await, Code::FailedPrecondition, "stream-deleted");
        assert_eq!(status.metadata().get("stream-name").unwrap(), "s");
        assert_error(tombstone(&client, "s").await, Code::FailedPrecondition, "stream-deleted");
        assert_error(delete(&client, "s", None).await, Code::FailedPrecondition, "stream-deleted");
        assert_eq!(in_all(&client, "s").await, [0, 1, i64::MAX as u64], "the tombstone is an event");
    });
}

#[test]
fn a_deletion_that_expects_another_revision_is_an_error_with_both_numbers() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(3)).await;
        let status =
            assert_error(delete(&client, "s", Some(1)).await, Code::FailedPrecondition, "wrong-expected-version");
        assert_eq!(status.metadata().get("expected-version").unwrap(), "1");
        assert_eq!(status.metadata().get("actual-version").unwrap(), "2");
        let nothing = delete(&client, "nothing", None).await;
        assert_error(nothing, Code::FailedPrecondition, "wrong-expected-version");
        tombstone(&client, "nothing").await.expect("a stream that never was can be buried");
    });
}

#[test]
fn a_scavenge_takes_what_is_hidden_out_of_the_log() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("short", events(5)).await;
        client.appended("$$short", vec![event("$metadata", r#"{"$maxCount":2}"#)]).await;
        client.appended("deleted", events(2)).await;
        delete(&client, "deleted", None).await.unwrap();
        client.appended("buried", events(2)).await;
        tombstone(&client, "buried").await.unwrap();
        let middle = client.events(of_all(all_start(), false, Some(2))).await;
        assert_eq!(in_all(&client, "short").await, [0, 1, 2, 3, 4]);

        server.scavenge();
        assert_eq!(in_all(&client, "short").await, [3, 4]);
        assert_eq!(in_all(&client, "deleted").await, [1], "the last event keeps the stream's revision");
        assert_eq!(in_all(&client, "buried").await, [i64::MAX as u64]);
        assert_eq!(client.revisions("short").await, [3, 4]);
        let (_, commit, prepare) = recorded(&middle[1]);
        let rest = client.events(of_all(all_at(commit, prepare), false, Some(1))).await;
        assert_eq!(recorded(&rest[0]).0, 3, "a position that was scavenged still says where to go on");
        assert_eq!(client.appended("deleted", events(1)).await, 2);
    });
}
