//! A PostgreSQL server that shows a certificate of an authority of its own.

use std::path::{Path, PathBuf};

use es_testkit::postgres::{Cluster, ClusterOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// A server for `localhost`, and the file with its authority.
pub fn secured(folder: &Path) -> (Cluster, PathBuf) {
    let written = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("signed");
    let tls = (written("server.pem", &certificate.pem()), written("server.key", &key.serialize_pem()));
    let authority = written("authority.pem", &issuer.pem());
    (Cluster::start(ClusterOptions { tls: Some(tls), ..ClusterOptions::default() }), authority)
}
