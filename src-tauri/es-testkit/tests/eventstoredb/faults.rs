//! What goes wrong on purpose, and that it goes right again.

use std::io::Read;
use std::time::{Duration, Instant};

use es_testkit::eventstoredb::wire::streams::batch_append_req::options::ExpectedStreamPosition;
use es_testkit::eventstoredb::{Lost, Options, TestServer};
use es_testkit::run;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;

use super::append;
use super::client::*;

const MOMENT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_refuses_connections_keeps_those_it_has_and_comes_back_on_its_port() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        server.refuse_connections();
        client.appended("s", events(1)).await;
        let refused = TcpStream::connect(server.address()).await.expect_err("nobody listens");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        server.accept_connections();
        assert_eq!(connect(&server).await.revisions("s").await, [0]);
    });
}

#[test]
fn a_port_is_closed_when_a_server_has_stopped_to_listen_and_can_be_opened_at_once() {
    run(async {
        let server = TestServer::start(Options::default());
        for time in 0..300 {
            server.refuse_connections();
            let refused = std::net::TcpStream::connect(server.address());
            assert!(refused.is_err(), "nobody listens, the {time}th time");
            server.accept_connections();
        }
    });
}

#[test]
fn a_connection_made_just_before_the_port_is_closed_is_kept() {
    run(async {
        let server = TestServer::start(Options::default());
        for time in 0..100 {
            // The kernel says yes to a client before the server has taken the connection.
            let client = connect(&server).await;
            server.refuse_connections();
            assert_eq!(client.revisions("none").await, [0_u64; 0], "the {time}th connection");
            server.accept_connections();
        }
    });
}

#[test]
fn a_killed_server_comes_back_on_its_port_with_its_log() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let once = events(2);
        client.appended("s", once.clone()).await;
        let mut subscription = client.read(of_all(all_end(), false, None)).await.unwrap();
        subscription.message().await.unwrap().expect("the confirmation");
        subscription.message().await.unwrap().expect("that it has caught up");
        server.kill();
        let broken = timeout(LONG, subscription.message()).await.expect("subscriptions break at once");
        assert!(broken.is_err(), "{broken:?}");
        assert!(client.append("s", any(), events(1)).await.is_err(), "the connection is gone");
        assert!(try_connect(&server).await.is_err(), "nobody listens");
        server.restart();
        let client = connect(&server).await;
        assert_eq!(client.revisions("s").await, [0, 1]);
        assert_eq!(client.appended("s", once).await, 3, "ids are remembered by a process, not by its log");
    });
}

#[test]
fn a_frozen_server_accepts_and_never_answers_until_it_thaws() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        client.appended("s", events(1)).await;
        server.freeze();
        let waiting = tokio::spawn({
            let client = client.clone();
            async move { client.append("s", any(), events(1)).await }
        });
        tokio::time::sleep(MOMENT).await;
        assert!(!waiting.is_finished(), "no answer on an old connection");
        TcpStream::connect(server.address()).await.expect("a new connection is accepted");
        assert_eq!(server.event_count(), 1, "nothing was heard");
        server.thaw();
        succeeded(timeout(LONG, waiting).await.expect("an answer after all").unwrap());
    });
}

#[test]
fn a_lost_answer_leaves_the_append_in_the_log() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        server.lose_answers(1, Lost::ConnectionCut);
        let once = events(1);
        let lost = timeout(LONG, client.append("s", no_stream(), once.clone())).await.expect("an error at once");
        assert!(lost.is_err(), "{lost:?}");
        assert_eq!(server.event_count(), 1);
        let client = connect(&server).await;
        server.lose_answers(1, Lost::ConnectionCut);
        assert_eq!(refused(client.append("s", exactly(7), events(1)).await), Some(0), "a refusal gets through");
        let again = timeout(LONG, client.append("s", no_stream(), once.clone())).await.expect("an error at once");
        assert!(again.is_err(), "the answer to the retry is lost too: {again:?}");
        let client = connect(&server).await;
        assert_eq!(revision(&succeeded(client.append("s", no_stream(), once).await)), Some(0), "the answer at last");

        server.lose_answers(1, Lost::NeverAnswered);
        let waiting = timeout(MOMENT, client.append("s", any(), events(1))).await;
        assert!(waiting.is_err(), "no answer comes");
        assert_eq!(client.revisions("s").await, [0, 1], "the connection is fine");
    });
}

#[test]
fn the_answer_to_a_batch_can_get_lost_too() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        server.lose_answers(1, Lost::ConnectionCut);
        let batches = tokio_stream::iter([append::batch("s", ExpectedStreamPosition::Any(()), 1, true)]);
        let call = client.streams().batch_append(client.request(batches)).await;
        let lost = match call {
            Ok(answers) => timeout(LONG, answers.into_inner().message()).await.expect("an error at once").map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(lost.is_err(), "{lost:?}");
        assert_eq!(server.event_count(), 1);
    });
}

#[test]
fn a_follower_names_the_leader_to_who_wants_one() {
    run(async {
        let server = TestServer::start(Options::default());
        let anywhere = connect(&server).await;
        let strict = Client { requires_leader: true, ..anywhere.clone() };
        strict.appended("s", events(1)).await;
        server.follow("leader.example", 2114);
        let status = assert_error(strict.append("s", any(), events(1)).await, Code::NotFound, "not-leader");
        assert_eq!(status.metadata().get("leader-endpoint-host").unwrap(), "leader.example");
        assert_eq!(status.metadata().get("leader-endpoint-port").unwrap(), "2114");
        assert_error(strict.answers(of_stream("s", start(), false, Some(1))).await, Code::NotFound, "not-leader");
        assert_eq!(anywhere.revisions("s").await, [0], "reads do not need one");
        server.lead();
        strict.appended("s", events(1)).await;
    });
}

#[test]
fn a_slow_server_takes_its_time_and_a_busy_one_turns_calls_away() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        server.set_delay(MOMENT);
        let begun = Instant::now();
        client.appended("s", events(1)).await;
        assert!(begun.elapsed() >= MOMENT);
        server.set_delay(Duration::ZERO);
        server.be_busy(1);
        let status = assert_error(client.append("s", any(), events(1)).await, Code::Unavailable, "");
        assert_eq!(status.message(), "Server Is Too Busy");
        assert_eq!(client.revisions("s").await, [0], "nothing was written");
    });
}

#[test]
fn a_connection_with_tls_is_trusted_through_the_servers_own_authority_only() {
    run(async {
        let names = vec!["localhost".to_owned()];
        let server = TestServer::start(Options { tls: Some(names.clone()), ..Options::default() });
        let client = connect(&server).await;
        client.appended("s", events(1)).await;
        assert_eq!(server.connection_string(), format!("esdb://localhost:{}?tls=true", server.address().port()));

        server.lose_answers(1, Lost::ConnectionCut);
        let lost = timeout(LONG, client.append("s", any(), events(1))).await.expect("an error at once");
        assert!(lost.is_err(), "also an encrypted connection can be cut: {lost:?}");

        let stranger = TestServer::start(Options { tls: Some(names), ..Options::default() });
        let tls = tonic::transport::ClientTlsConfig::new()
            .ca_certificate(tonic::transport::Certificate::from_pem(stranger.authority().unwrap()));
        let address = format!("https://localhost:{}", server.address().port());
        let endpoint = tonic::transport::Endpoint::try_from(address).unwrap().tls_config(tls).unwrap();
        assert!(endpoint.connect().await.is_err(), "signed by another authority");
    });
}

#[test]
fn servers_start_and_end_where_there_is_no_runtime() {
    let server = TestServer::start(Options::default());
    let mut connection = std::net::TcpStream::connect(server.address()).expect("the server listens");
    connection.set_read_timeout(Some(LONG)).unwrap();
    drop(server);
    let mut said = Vec::new();
    // What the server says at the beginning may still come; then it ends, or breaks.
    let ended = connection.read_to_end(&mut said);
    let timed_out = matches!(&ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!timed_out, "connections end with their server");
}
