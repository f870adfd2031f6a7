//! Reads of streams and of `$all`: directions, limits, filters and links.

use es_testkit::eventstoredb::wire::streams::read_req::options::stream_options::RevisionOption;
use es_testkit::eventstoredb::wire::streams::read_resp::Content;
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::run;
use tonic::Code;

use super::client::*;

async fn filled(server: &TestServer) -> Client {
    let client = connect(server).await;
    client.appended("account-1", events(40)).await;
    client.appended("account-2", vec![event("Opened", "{}"), event("$private", "{}")]).await;
    client.appended("transfer-1", vec![event("Requested", "{}"), event("Opened", "{}")]).await;
    client
}

#[test]
fn a_stream_reads_forward_and_backward_from_any_revision_within_limits() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = filled(&server).await;
        let revisions = |reads: Vec<_>| reads.iter().map(|read| recorded(read).0).collect::<Vec<u64>>();
        assert_eq!(client.revisions("account-1").await, (0..40).collect::<Vec<_>>(), "over several pages");
        let from = RevisionOption::Revision(7);
        assert_eq!(revisions(client.events(of_stream("account-1", from, false, Some(3))).await), [7, 8, 9]);
        assert_eq!(revisions(client.events(of_stream("account-1", from, true, Some(3))).await), [7, 6, 5]);
        assert_eq!(revisions(client.events(of_stream("account-1", end(), true, Some(2))).await), [39, 38]);
        let backward = revisions(client.events(of_stream("account-1", end(), true, Some(u64::MAX))).await);
        assert_eq!(backward, (0..40).rev().collect::<Vec<_>>(), "over several pages");
        let beyond =
            client.answers(of_stream("account-1", RevisionOption::Revision(50), false, Some(3))).await.unwrap();
        assert_eq!(
            beyond,
            [Content::FirstStreamPosition(40), Content::LastStreamPosition(39)],
            "as the servers say it"
        );
    });
}

#[test]
fn a_stream_that_is_not_there_is_told_in_a_message() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        for backward in [false, true] {
            let answers = client.answers(of_stream("nothing-1", start(), backward, Some(3))).await.unwrap();
            assert!(matches!(answers.as_slice(), [Content::StreamNotFound(_)]), "{answers:?}");
        }
    });
}

#[test]
fn the_log_reads_forward_with_and_backward_without_the_position_named() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = filled(&server).await;
        let all = client.events(of_all(all_start(), false, Some(u64::MAX))).await;
        assert_eq!(all.len(), 44);
        let (_, commit, prepare) = recorded(&all[40]);
        let forward = client.events(of_all(all_at(commit, prepare), false, Some(2))).await;
        assert_eq!(forward, all[40..42], "inclusive");
        let backward = client.events(of_all(all_at(commit, prepare), true, Some(2))).await;
        assert_eq!(backward, [all[39].clone(), all[38].clone()], "exclusive");
        let mut reversed = client.events(of_all(all_end(), true, Some(u64::MAX))).await;
        reversed.reverse();
        assert_eq!(reversed, all);
    });
}

#[test]
fn a_position_that_nobody_was_given_is_refused() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = filled(&server).await;
        let made_up = client.read(of_all(all_at(12, 12), false, Some(2))).await;
        let error = made_up.expect_err("an error");
        assert_eq!(
            (error.code(), error.message()),
            (Code::InvalidArgument, "Trying to read from an invalid position.")
        );
    });
}

#[test]
fn filters_take_prefixes_and_expressions_of_streams_and_types() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = filled(&server).await;
        let all = || of_all(all_start(), false, Some(u64::MAX));
        assert_eq!(client.events(filtered(all(), true, "", &["transfer-", "other-"])).await.len(), 2);
        assert_eq!(client.events(filtered(all(), true, "^account-2$", &[])).await.len(), 2);
        assert_eq!(client.events(filtered(all(), false, "", &["Open"])).await.len(), 2);
        assert_eq!(client.events(filtered(all(), false, "", &["pened"])).await.len(), 0, "not anywhere in a type");
        assert_eq!(client.events(filtered(all(), false, "^(?!Happened|\\$).*$", &[])).await.len(), 3, "look-ahead");
        let backward = of_all(all_end(), true, Some(1));
        let last = client.events(filtered(backward, false, "^Happened$", &[])).await;
        assert_eq!(recorded(&last[0]).0, 39, "found far from where the read began");
        let malformed = client.read(filtered(all(), false, "(", &[])).await.expect_err("an error");
        assert_eq!(malformed.code(), Code::InvalidArgument);
    });
}

#[test]
fn a_link_is_resolved_on_demand_and_stands_alone_when_its_event_cannot_be_read() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = filled(&server).await;
        let link = |target: &str| {
            let mut link = event("$>", target);
            link.metadata.insert("content-type".to_owned(), "application/octet-stream".to_owned());
            link
        };
        client.appended("links", vec![link("1@transfer-1"), link("7@nowhere-1"), link("nonsense")]).await;
        let unresolved = client.events(of_stream("links", start(), false, Some(10))).await;
        assert_eq!(data(&unresolved[0]), "1@transfer-1");
        assert!(unresolved.iter().all(|read| read.link.is_none()));

        let mut options = of_stream("links", start(), false, Some(10));
        options.resolve_links = true;
        let resolved = client.events(options).await;
        let target = resolved[0].event.as_ref().expect("the event that the link stands for");
        assert_eq!((target.stream_identifier.clone(), target.stream_revision), (identifier("transfer-1"), 1));
        assert_eq!(recorded(&resolved[0]).0, 0, "the link's own revision");
        assert!(resolved[1].event.is_none() && resolved[1].link.is_some(), "no such stream");
        assert!(resolved[2].event.is_none() && resolved[2].link.is_some(), "no such link");
    });
}

/// What the links of a stream lead to.
async fn links(client: &Client, stream: &str) -> Vec<String> {
    client.events(of_stream(stream, start(), false, Some(u64::MAX))).await.iter().map(data).collect()
}

/// As [`links`], without those to system streams.
async fn user_links(client: &Client, stream: &str) -> Vec<String> {
    links(client, stream).await.into_iter().filter(|target| !target.contains("@$")).collect()
}

#[test]
fn system_projections_link_by_stream_category_type_and_correlation() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = filled(&server).await;
        assert_eq!(client.revisions("$ce-account").await, [] as [u64; 0], "not running on a new database");
        server.run_system_projections(true);
        assert_eq!(user_links(&client, "$streams").await, ["0@account-1", "0@account-2", "0@transfer-1"]);
        assert!(links(&client, "$streams").await.contains(&"0@$ce-account".to_owned()), "system streams are streams");
        assert_eq!(links(&client, "$ce-account").await.len(), 42);
        assert_eq!(links(&client, "$et-Opened").await, ["0@account-2", "1@transfer-1"]);
        let mut correlated = event("Opened", "{}");
        correlated.custom_metadata = br#"{"$correlationId":"c-7"}"#.to_vec().into();
        client.appended("account-3", vec![correlated]).await;
        let mut options = of_stream("$bc-c-7", start(), false, Some(10));
        options.resolve_links = true;
        let found = client.events(options).await;
        assert_eq!(found.len(), 1, "new events are linked too");
        assert_eq!(found[0].event.as_ref().unwrap().stream_identifier, identifier("account-3"));
        server.run_system_projections(false);
        client.appended("account-4", events(1)).await;
        assert_eq!(user_links(&client, "$streams").await.len(), 4, "stopped");
        server.run_system_projections(true);
        assert_eq!(user_links(&client, "$streams").await.len(), 5, "they go on where they stopped");
    });
}

#[test]
fn a_category_hears_of_a_deleted_stream_by_its_metadata() {
    run(async {
        let server = TestServer::start(Options { system_projections: true, ..Options::default() });
        let client = connect(&server).await;
        client.appended("cat-1", events(1)).await;
        client.appended("$$cat-1", vec![event("$metadata", r#"{"$tb":9223372036854775807}"#)]).await;
        assert_eq!(links(&client, "$ce-cat").await, ["0@cat-1", "0@$$cat-1"]);
        assert_eq!(links(&client, "$et-$deleted").await, ["0@cat-1"]);
        assert_eq!(links(&client, "$et-$metadata").await, [] as [&str; 0]);
    });
}
