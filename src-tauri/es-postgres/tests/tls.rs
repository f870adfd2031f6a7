//! Encryption, with a certificate authority of our own, one that nobody trusts, and without.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

use common::*;
use es_core::{EventStore, HostedStore, ProbeOutcome, ProbeStage, StoreError};
use es_postgres::{PostgresConfig, PostgresEventStore, TlsMode, probe};
use es_testkit::postgres::{Cluster, ClusterOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

/// A server for `localhost`, with the files of the authority that vouches for it.
struct Secured {
    cluster: Cluster,
    authority: PathBuf,
    folder: TempDir,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

fn secured(change: impl FnOnce(&mut CertificateParams)) -> Secured {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = authority();
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    change(&mut params);
    let certificate = params.signed_by(&key, &issuer).expect("signed");
    let shown = (
        written(folder.path(), "server.pem", &certificate.pem()),
        written(folder.path(), "server.key", &key.serialize_pem()),
    );
    let authority = written(folder.path(), "authority.pem", &issuer.pem());
    let cluster = Cluster::start(ClusterOptions { tls: Some(shown), ..ClusterOptions::default() });
    Secured { cluster, authority, folder }
}

impl Secured {
    fn reached(&self, host: &str, tls: TlsMode, ca_file: Option<&Path>) -> PostgresConfig {
        let config = on(&self.cluster.url());
        PostgresConfig { host: host.to_owned(), tls, ca_file: ca_file.map(Path::to_owned), ..config }
    }
}

async fn works(config: PostgresConfig, encrypted: bool) {
    let steps = probe(&config).await;
    let tls = steps.iter().find(|step| step.stage == ProbeStage::Tls).expect("the step");
    assert_eq!(matches!(tls.outcome, ProbeOutcome::Passed(_)), encrypted, "{tls:?}");
    assert!(steps.iter().all(|step| !matches!(step.outcome, ProbeOutcome::Failed(_))), "{steps:?}");
    let store = PostgresEventStore::open(config).await.expect("opens");
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    store.close().await;
}

async fn is_not_trusted(config: PostgresConfig, told: &str) {
    let error = PostgresEventStore::open(config.clone()).await.expect_err("refused");
    assert!(matches!(&error, StoreError::UntrustedCertificate { reason, .. } if reason.contains(told)), "{error:?}");
    let steps = probe(&config).await;
    let last = steps.last().expect("a step");
    assert_eq!((last.stage, &last.outcome), (ProbeStage::Tls, &ProbeOutcome::Failed(error)), "the test says the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_of_encryption_asks_for_what_it_says() {
    let server = secured(|_| {});
    let ca = Some(server.authority.as_path());
    works(server.reached("localhost", TlsMode::VerifyFull, ca), true).await;
    works(server.reached("127.0.0.1", TlsMode::VerifyCa, ca), true).await;
    works(server.reached("127.0.0.1", TlsMode::Require, None), true).await;
    works(server.reached("127.0.0.1", TlsMode::Prefer, None), true).await;
    works(server.reached("127.0.0.1", TlsMode::Disable, None), false).await;
    is_not_trusted(server.reached("127.0.0.1", TlsMode::VerifyFull, ca), "another host").await;
    is_not_trusted(server.reached("localhost", TlsMode::VerifyFull, None), "nobody who is trusted").await;
    let other = written(server.folder.path(), "other.pem", &authority().pem());
    is_not_trusted(server.reached("localhost", TlsMode::VerifyCa, Some(&other)), "nobody who is trusted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_expired_is_not_trusted() {
    let server = secured(|params| params.not_after = date_time_ymd(2001, 1, 1));
    let ca = Some(server.authority.as_path());
    is_not_trusted(server.reached("localhost", TlsMode::VerifyFull, ca), "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_authorities_that_cannot_be_read_is_named() {
    let server = secured(|_| {});
    let missing = server.folder.path().join("missing.pem");
    let empty = written(server.folder.path(), "empty.pem", "nothing");
    for file in [missing, empty] {
        let config = server.reached("localhost", TlsMode::VerifyFull, Some(&file));
        let error = PostgresEventStore::open(config).await.expect_err("refused");
        assert_eq!(error.code(), "io", "{error}");
        assert!(error.to_string().contains(&*file.to_string_lossy()), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_used_only_where_that_is_allowed() {
    let plain = place();
    works(PostgresConfig { tls: TlsMode::Prefer, ..plain.clone() }, false).await;
    for tls in [TlsMode::Require, TlsMode::VerifyCa, TlsMode::VerifyFull] {
        let config = PostgresConfig { tls, ..plain.clone() };
        let error = PostgresEventStore::open(config.clone()).await.expect_err("refused");
        assert!(matches!(error, StoreError::Unreachable { step: "TLS", .. }), "{error:?}");
        let last = probe(&config).await.pop().expect("a step");
        assert_eq!((last.stage, last.outcome), (ProbeStage::Tls, ProbeOutcome::Failed(error)));
    }
}
