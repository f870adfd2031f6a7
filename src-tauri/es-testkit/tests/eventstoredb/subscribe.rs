//! Subscriptions: catching up, going on, checkpoints, endings.

use std::time::Duration;

use es_testkit::eventstoredb::wire::streams::read_req::options::stream_options::RevisionOption;
use es_testkit::eventstoredb::wire::streams::read_resp::Content;
use es_testkit::eventstoredb::wire::streams::{ReadResp, TombstoneReq, tombstone_req};
use es_testkit::eventstoredb::{Ending, Options, TestServer};
use es_testkit::run;
use tonic::{Code, Status, Streaming};

use super::client::*;

async fn next(answers: &mut Streaming<ReadResp>) -> Result<Option<Content>, Status> {
    let answer = tokio::time::timeout(Duration::from_secs(20), answers.message()).await.expect("an answer in time")?;
    Ok(answer.map(|answer| answer.content.expect("an answer says something")))
}

/// The revision of the next answer, which must be an event.
async fn next_revision(answers: &mut Streaming<ReadResp>) -> u64 {
    match next(answers).await.unwrap() {
        Some(Content::Event(read)) => recorded(&read).0,
        other => panic!("an event was wanted: {other:?}"),
    }
}

async fn confirmed(answers: &mut Streaming<ReadResp>) {
    assert!(matches!(next(answers).await.unwrap(), Some(Content::Confirmation(_))));
}

#[test]
fn a_subscription_goes_on_behind_its_revision_says_when_it_has_caught_up_and_follows() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(40)).await;
        let mut answers = client.read(of_stream("s", RevisionOption::Revision(2), false, None)).await.unwrap();
        confirmed(&mut answers).await;
        for revision in 3..40 {
            assert_eq!(next_revision(&mut answers).await, revision);
        }
        let Some(Content::CaughtUp(caught_up)) = next(&mut answers).await.unwrap() else { panic!("it has caught up") };
        assert_eq!((caught_up.stream_revision, caught_up.position), (Some(39), None));
        client.appended("other", events(1)).await;
        client.appended("s", events(2)).await;
        assert_eq!(next_revision(&mut answers).await, 40);
        assert_eq!(next_revision(&mut answers).await, 41);
    });
}

#[test]
fn a_subscription_behind_the_end_of_its_stream_waits_for_what_comes_after_its_revision() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(3)).await;
        let mut answers = client.read(of_stream("s", RevisionOption::Revision(5), false, None)).await.unwrap();
        confirmed(&mut answers).await;
        assert!(matches!(next(&mut answers).await.unwrap(), Some(Content::CaughtUp(_))));
        client.appended("s", events(3)).await;
        client.appended("s", events(1)).await;
        assert_eq!(next_revision(&mut answers).await, 6);
    });
}

#[test]
fn a_subscription_to_a_stream_that_is_not_there_waits_for_it() {
    run(async {
        let server = TestServer::start(Options { caught_up: false, ..Options::default() });
        let client = connect(&server).await;
        let mut answers = client.read(of_stream("s", start(), false, None)).await.unwrap();
        confirmed(&mut answers).await;
        client.appended("s", events(1)).await;
        assert_eq!(next_revision(&mut answers).await, 0, "and nothing of having caught up, as from older servers");
    });
}

#[test]
fn a_subscription_from_the_end_sees_only_what_comes() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(3)).await;
        let mut stream = client.read(of_stream("s", end(), false, None)).await.unwrap();
        let mut log = client.read(of_all(all_end(), false, None)).await.unwrap();
        for answers in [&mut stream, &mut log] {
            confirmed(answers).await;
            assert!(matches!(next(answers).await.unwrap(), Some(Content::CaughtUp(_))));
        }
        client.appended("s", events(1)).await;
        assert_eq!(next_revision(&mut stream).await, 3);
        assert_eq!(next_revision(&mut log).await, 3);
    });
}

#[test]
fn a_subscription_to_the_log_goes_on_behind_its_position() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(3)).await;
        let read = client.events(of_all(all_start(), false, Some(3))).await;
        let (_, commit, prepare) = recorded(&read[1]);
        let mut answers = client.read(of_all(all_at(commit, prepare), false, None)).await.unwrap();
        confirmed(&mut answers).await;
        assert_eq!(next_revision(&mut answers).await, 2);
        let Some(Content::CaughtUp(caught_up)) = next(&mut answers).await.unwrap() else { panic!("it has caught up") };
        assert_eq!(caught_up.position.map(|at| at.commit_position), Some(recorded(&read[2]).1));
        let made_up = client.read(of_all(all_at(commit + 1, prepare), false, None)).await.expect_err("an error");
        assert_eq!(made_up.code(), Code::InvalidArgument);
    });
}

#[test]
fn a_filtered_subscription_tells_how_far_it_has_looked() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("noise", events(10)).await;
        let mut answers = client.read(filtered(of_all(all_start(), false, None), true, "", &["signal"])).await.unwrap();
        confirmed(&mut answers).await;
        let all = client.events(of_all(all_start(), false, Some(100))).await;
        for looked_at in [3, 7] {
            let Some(Content::Checkpoint(checkpoint)) = next(&mut answers).await.unwrap() else {
                panic!("a checkpoint")
            };
            let (_, commit, prepare) = recorded(&all[looked_at]);
            assert_eq!((checkpoint.commit_position, checkpoint.prepare_position), (commit, prepare));
        }
        assert!(matches!(next(&mut answers).await.unwrap(), Some(Content::CaughtUp(_))));
        client.appended("noise", events(1)).await;
        client.appended("signal", events(1)).await;
        assert_eq!(next_revision(&mut answers).await, 0);
        assert!(matches!(next(&mut answers).await.unwrap(), Some(Content::Checkpoint(_))), "four more were looked at");
    });
}

#[test]
fn subscriptions_end_on_demand_with_an_error_or_with_ok() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        for how in [Ending::Ok, Ending::Error] {
            let mut answers = client.read(of_all(all_end(), false, None)).await.unwrap();
            confirmed(&mut answers).await;
            assert!(matches!(next(&mut answers).await.unwrap(), Some(Content::CaughtUp(_))));
            server.end_subscriptions(how);
            match (how, next(&mut answers).await) {
                (Ending::Ok, Ok(None)) => {}
                (Ending::Error, Err(status)) => assert_eq!(status.code(), Code::Unavailable),
                (_, other) => panic!("{how:?}: {other:?}"),
            }
        }
    });
}

#[test]
fn a_tombstone_ends_the_subscriptions_to_its_stream() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(1)).await;
        let mut answers = client.read(of_stream("s", end(), false, None)).await.unwrap();
        confirmed(&mut answers).await;
        assert!(matches!(next(&mut answers).await.unwrap(), Some(Content::CaughtUp(_))));
        let expected = tombstone_req::options::ExpectedStreamRevision::Revision(0);
        let options =
            tombstone_req::Options { stream_identifier: identifier("s"), expected_stream_revision: Some(expected) };
        client.streams().tombstone(client.request(TombstoneReq { options: Some(options) })).await.unwrap();
        assert_error(next(&mut answers).await, Code::FailedPrecondition, "stream-deleted");
    });
}
