use std::time::{Duration, Instant};

use es_core::{
    AppendError, EventReader as _, ExpectedVersion, InvalidAppend, Position, ReadAll, StoreError, StreamVersion,
};
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_testkit::eventstoredb::{Ending, Lost, Options, TestServer};
use es_testkit::{new_event, numbered, run, stream};

use super::{TIMEOUT, all, append, config, impatient, open, shared, write};

#[test]
fn a_server_that_was_killed_and_returns_is_used_again() {
    run(async {
        let (server, store) = impatient(Options::default()).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        server.kill();
        let error = store.head().await.expect_err("nobody is there");
        assert!(
            matches!(error, StoreError::Unreachable { step: "connecting", .. }),
            "the failing step is told: {error}"
        );
        let error = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![numbered(2)]).await;
        assert_eq!(error.expect_err("nobody is there").code(), "server_unreachable");
        server.restart();
        let written = write(&store, &stream("account-1"), vec![numbered(3)]).await;
        assert_eq!(written.events[0].version, StreamVersion(2), "the same store goes on");
        assert_eq!(all(&store).await.len(), 2, "nothing of the failed append was written");
    });
}

#[test]
fn a_frozen_server_costs_no_more_than_the_time_of_an_operation() {
    run(async {
        let (server, store) = impatient(Options::default()).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        server.freeze();
        let started = Instant::now();
        let error = store.read_all(ReadAll::forward(Position::ZERO, 10)).await.expect_err("no answer");
        assert!(
            matches!(error, StoreError::Timeout { .. }),
            "it accepts connections, so that it is just silent: {error}"
        );
        assert!(started.elapsed() < TIMEOUT * 4, "it took {:?}", started.elapsed());
        let error = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![numbered(2)]).await;
        assert!(matches!(error, Err(AppendError::Store(ref error)) if error.retryable()), "{error:?}");
        server.thaw();
        write(&store, &stream("account-1"), vec![numbered(3)]).await;
        assert!(all(&store).await.len() >= 2, "it goes on");
    });
}

#[test]
fn an_append_whose_answer_got_lost_is_found_by_its_ids() {
    run(async {
        for (number, how) in [Lost::ConnectionCut, Lost::NeverAnswered].into_iter().enumerate() {
            for expected in [ExpectedVersion::Any, ExpectedVersion::Exact(1.into())] {
                let (server, store) = impatient(Options::default()).await;
                let target = stream(&format!("account-{number}"));
                write(&store, &target, vec![numbered(1)]).await;
                server.lose_answers(1, how);
                let written = append(&store, &target, expected, vec![numbered(2), numbered(3)]).await;
                let written = written.unwrap_or_else(|error| panic!("{how:?}: {error}"));
                assert!(!written.replayed, "{how:?}: it was this very append that wrote them");
                let versions: Vec<_> = written.events.iter().map(|event| event.version.get()).collect();
                assert_eq!(versions, [2, 3], "{how:?}: the answer tells where they stand");
                assert_eq!(all(&store).await.len(), 3, "{how:?}: they were written once");
            }
        }
    });
}

#[test]
fn an_append_cut_off_by_a_restart_is_written_once_though_the_server_forgot_its_ids() {
    run(async {
        let (server, store) = impatient(Options::default()).await;
        let (store, server) = (shared(store), shared_server(server));
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        server.lose_answers(1, Lost::NeverAnswered);
        let appending = tokio::spawn({
            let store = store.clone();
            async move { append(&store, &stream("account-1"), ExpectedVersion::Any, vec![numbered(2)]).await }
        });
        while server.event_count() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        server.restart();
        let written = appending.await.expect("the append ends").expect("its outcome is found out");
        assert_eq!(written.events[0].version, StreamVersion(2));
        assert_eq!(all(&store).await.len(), 2, "written once");
    });
}

fn shared_server(server: TestServer) -> std::sync::Arc<TestServer> {
    std::sync::Arc::new(server)
}

#[test]
fn a_busy_server_is_asked_again() {
    run(async {
        let (server, store) = impatient(Options::default()).await;
        for calls in [1, 3] {
            server.be_busy(calls);
            write(&store, &stream("account-1"), vec![numbered(1)]).await;
            server.be_busy(calls);
            store.head().await.expect("a head");
        }
        assert_eq!(all(&store).await.len(), 2, "each was written once");
    });
}

#[test]
fn a_slow_server_is_waited_for() {
    run(async {
        let (server, store) = impatient(Options::default()).await;
        server.set_delay(Duration::from_millis(80));
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        assert_eq!(all(&store).await.len(), 1);
    });
}

#[test]
fn cut_connections_are_not_noticed_by_readers() {
    run(async {
        let (server, store) = impatient(Options::default()).await;
        for number in 0..5 {
            write(&store, &stream("account-1"), vec![numbered(number)]).await;
            server.drop_connections();
            assert_eq!(all(&store).await.len() as u64, number + 1, "a new connection is made");
        }
    });
}

#[test]
fn a_follower_sends_to_its_leader() {
    run(async {
        let leader = TestServer::start(Options::default());
        let follower = TestServer::start(Options::default());
        let store = open(&follower).await;
        follower.follow("127.0.0.1", leader.address().port());
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        assert_eq!((leader.event_count(), follower.event_count()), (1, 0), "the leader has written it");
        assert_eq!(all(&store).await.len(), 1, "and is read from");
    });
}

#[test]
fn subscriptions_that_end_or_hang_change_nothing() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = shared(open(&server).await);
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        for how in [Ending::Ok, Ending::Error, Ending::Ok] {
            server.end_subscriptions(how);
            let head = store.head().await.expect("a head");
            let waiting = tokio::spawn({
                let store = store.clone();
                async move { store.wait_for_events(head, Duration::from_secs(60)).await }
            });
            tokio::time::sleep(Duration::from_millis(300)).await;
            let written = write(&store, &stream("account-1"), vec![numbered(2)]).await.last_position();
            let found = waiting.await.expect("it ends").expect("a head");
            assert_eq!(found, written, "{how:?}: woken, or looked again");
        }
    });
}

#[test]
fn where_the_way_ends_is_told() {
    run(async {
        let refused = |config: EventStoreDbConfig| async move {
            let config = EventStoreDbConfig { timeout: TIMEOUT, ..config };
            let opened = EventStoreDbStore::open(config, EventStoreDbOptions::default()).await;
            opened.err().expect("there is no way")
        };
        let server = TestServer::start(Options::default());
        server.refuse_connections();
        let error = refused(config(&server)).await;
        assert!(matches!(error, StoreError::Unreachable { step: "connecting", .. }), "{error}");
        let nowhere = EventStoreDbConfig::parse("esdb://no-such-host.invalid?tls=false").expect("a connection string");
        let error = refused(nowhere).await;
        assert!(matches!(error, StoreError::Unreachable { step: "name lookup", .. }), "{error}");
        server.accept_connections();
        let encrypted = EventStoreDbConfig { tls: true, ..config(&server) };
        let error = refused(encrypted).await;
        assert!(matches!(error, StoreError::Unreachable { step: "TLS", .. }), "{error}");
    });
}

#[test]
fn the_servers_limit_of_an_append_is_told() {
    run(async {
        let (_server, store) = impatient(Options { append_limit: 1000, ..Options::default() }).await;
        let big = new_event("Big", format!("\"{}\"", "x".repeat(600)));
        write(&store, &stream("account-1"), vec![big]).await;
        let big = || new_event("Big", format!("\"{}\"", "x".repeat(600)));
        let refused = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![big(), big()]).await;
        let Err(AppendError::Invalid(InvalidAppend::OverLimit { actual, max: 1000, .. })) = refused else {
            panic!("the server's own limit is told, not {refused:?}");
        };
        assert!(actual > 1000, "with the size that passed it: {actual}");
        assert_eq!(all(&store).await.len(), 1, "nothing of it was written");
    });
}

#[test]
fn a_closed_store_says_so() {
    run(async {
        use es_core::HostedStore as _;
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        store.close().await;
        store.close().await;
        assert_eq!(store.head().await, Err(StoreError::Closed));
        let outcome = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![numbered(2)]).await;
        assert_eq!(outcome, Err(AppendError::Store(StoreError::Closed)));
        assert_eq!(server.event_count(), 1);
    });
}
