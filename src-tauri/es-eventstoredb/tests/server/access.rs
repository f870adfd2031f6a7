use std::io::Write as _;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use es_core::{EventReader as _, ExpectedVersion, ProbeOutcome, ProbeStage, Secret, StoreError};
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore, probe};
use es_testkit::eventstoredb::{Access, Options, TestServer, User};
use es_testkit::{numbered, run, stream};
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketType, bind, socket};

use super::{all, append, config, write};

const PASSWORD: &str = "p@ss:w/örd%";

fn guarded() -> TestServer {
    let users = vec![
        User::new("admin", "changeit", &["$admins"]),
        User::new("jörg", PASSWORD, &["$admins"]),
        User::new("clerk", "changeit", &[]),
    ];
    TestServer::start(Options { access: Access::restricted_to(users), ..Options::default() })
}

fn logged_in(server: &TestServer, user: &str, password: &str) -> EventStoreDbConfig {
    EventStoreDbConfig { user: Some(user.to_owned()), password: Some(Secret::new(password)), ..config(server) }
}

async fn open(config: EventStoreDbConfig) -> Result<EventStoreDbStore, StoreError> {
    EventStoreDbStore::open(config, EventStoreDbOptions::default()).await
}

#[test]
fn a_wrong_password_is_told_from_a_missing_right() {
    run(async {
        let server = guarded();
        let wrong = open(logged_in(&server, "admin", "wrong")).await.err().expect("refused");
        assert!(matches!(wrong, StoreError::LoginRefused { ref user, .. } if user == "admin"), "{wrong}");
        assert!(!wrong.to_string().contains("wrong\""), "the password is not told: {wrong}");
        let unknown = open(logged_in(&server, "nobody", "changeit")).await.err().expect("refused");
        assert!(matches!(unknown, StoreError::LoginRefused { .. }), "{unknown}");
        let silent = open(config(&server)).await.err().expect("refused");
        assert!(matches!(silent, StoreError::LoginRefused { .. }), "who says nothing is not let in either: {silent}");
        let clerk = open(logged_in(&server, "clerk", "changeit")).await.err().expect("refused");
        assert!(
            matches!(clerk, StoreError::NotAllowed { ref user, .. } if user == "clerk"),
            "$all is not for everybody: {clerk}"
        );
    });
}

#[test]
fn a_password_of_any_characters_is_accepted_as_it_is() {
    run(async {
        let server = guarded();
        let text = format!("esdb://j%C3%B6rg:p%40ss%3Aw%2F%C3%B6rd%25@127.0.0.1:{}?tls=false", server.address().port());
        let store = open(EventStoreDbConfig::parse(&text).expect("a connection string")).await.expect("let in");
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        assert_eq!(all(&store).await.len(), 1);
    });
}

#[test]
fn a_right_that_is_missing_for_an_append_is_told() {
    run(async {
        let server = guarded();
        let admin = open(logged_in(&server, "admin", "changeit")).await.expect("let in");
        let rules = serde_json::json!({"$acl": {"$w": "$admins"}});
        let changes = rules.as_object().expect("an object");
        let inspection = admin.inspect();
        inspection.change_metadata(&stream("vault-1"), 0.into(), changes).await.expect("the rules are set");
        // Let the clerk read everything, as an operator might.
        let open_all = serde_json::json!({"$acl": {"$r": "$all"}});
        inspection
            .change_metadata(&stream("$all"), 0.into(), open_all.as_object().expect("an object"))
            .await
            .expect("set");
        let clerk = open(logged_in(&server, "clerk", "changeit")).await.expect("may read now");
        write(&clerk, &stream("account-1"), vec![numbered(1)]).await;
        let refused = append(&clerk, &stream("vault-1"), ExpectedVersion::Any, vec![numbered(1)]).await;
        assert_eq!(refused.expect_err("not allowed").code(), "not_allowed");
    });
}

/// A server with TLS, and the file of its authority.
fn encrypted() -> (TestServer, tempfile::NamedTempFile) {
    let server = TestServer::start(Options { tls: Some(vec!["localhost".to_owned()]), ..Options::default() });
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(server.authority().expect("an authority").as_bytes()).expect("written");
    (server, file)
}

#[test]
fn a_certificate_is_judged_by_the_given_authority() {
    run(async {
        let (server, authority) = encrypted();
        let untrusted = open(config(&server)).await.err().expect("refused");
        assert!(matches!(untrusted, StoreError::UntrustedCertificate { .. }), "{untrusted}");
        let trusted = EventStoreDbConfig { ca_file: Some(authority.path().to_owned()), ..config(&server) };
        let store = open(trusted.clone()).await.expect("trusted");
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        let mut by_address = trusted;
        by_address.nodes[0].host = "127.0.0.1".to_owned();
        let another = open(by_address).await.err().expect("refused");
        assert!(
            matches!(another, StoreError::UntrustedCertificate { .. }),
            "it is certified for another name: {another}"
        );
        let unchecked = EventStoreDbConfig { verify_certificate: false, ..config(&server) };
        assert_eq!(unchecked.insecurities().len(), 1, "it is visible that nothing is checked");
        assert_eq!(
            open(unchecked).await.expect("not checked").head().await.expect("a head"),
            all(&store).await[0].position
        );
    });
}

#[test]
fn a_damaged_certificate_file_is_told_and_nothing_panics() {
    run(async {
        let (server, _authority) = encrypted();
        for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), text).expect("written");
            let config = EventStoreDbConfig { ca_file: Some(file.path().to_owned()), ..config(&server) };
            let error = open(config).await.err().expect("refused");
            assert!(matches!(error, StoreError::UntrustedCertificate { .. }), "{text:?}: {error}");
        }
        let missing = EventStoreDbConfig { ca_file: Some("/no/such/file.pem".into()), ..config(&server) };
        assert!(open(missing).await.err().expect("refused").to_string().contains("/no/such/file.pem"));
    });
}

/// Holds a port once nobody listens on it any more, so that no other test's server gets it meanwhile.
async fn kept_from_others(address: SocketAddr) -> OwnedFd {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    set_socket_reuseaddr(&socket, true).expect("set");
    for _ in 0..500 {
        if bind(&socket, &address).is_ok() {
            return socket;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server is gone, and {address} is still in use");
}

#[test]
fn the_test_of_a_connection_goes_step_by_step() {
    run(async {
        let stages = |steps: &[es_core::ProbeStep]| steps.iter().map(|step| step.stage).collect::<Vec<_>>();
        let failed = |steps: &[es_core::ProbeStep]| match steps.last().map(|step| step.outcome.clone()) {
            Some(ProbeOutcome::Failed(error)) => error.code(),
            other => panic!("the last step fails, not {other:?}"),
        };
        let server = guarded();
        let steps = probe(&logged_in(&server, "admin", "changeit")).await;
        assert_eq!(stages(&steps), ProbeStage::ALL, "{steps:?}");
        assert!(
            matches!(&steps[2].outcome, ProbeOutcome::Skipped(why) if why.contains("TLS is off")),
            "{:?}",
            steps[2]
        );
        assert!(steps.iter().all(|step| !matches!(step.outcome, ProbeOutcome::Failed(_))), "{steps:?}");
        let steps = probe(&logged_in(&server, "admin", "wrong")).await;
        assert_eq!((stages(&steps).last(), failed(&steps)), (Some(&ProbeStage::Login), "login_refused"));
        let steps = probe(&logged_in(&server, "clerk", "changeit")).await;
        assert_eq!((stages(&steps).last(), failed(&steps)), (Some(&ProbeStage::Rights), "not_allowed"));
        server.kill();
        let _kept = kept_from_others(server.address()).await;
        let steps = probe(&logged_in(&server, "admin", "changeit")).await;
        assert_eq!((stages(&steps).last(), failed(&steps)), (Some(&ProbeStage::Connect), "server_unreachable"));
        let (server, authority) = encrypted();
        let steps = probe(&config(&server)).await;
        assert_eq!((stages(&steps).last(), failed(&steps)), (Some(&ProbeStage::Tls), "untrusted_certificate"));
        let steps = probe(&EventStoreDbConfig { ca_file: Some(authority.path().to_owned()), ..config(&server) }).await;
        assert!(matches!(&steps[2].outcome, ProbeOutcome::Passed(text) if text.contains("TLSv1_3")), "{:?}", steps[2]);
        assert_eq!(steps.len(), 6, "{steps:?}");
    });
}
