//! A certificate authority of the server's own.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tonic::transport::{Identity, ServerTlsConfig};

/// The certificate of the authority, and what the server identifies itself with.
pub(super) struct Certificates {
    /// PEM of the authority that signed the server's certificate.
    pub authority: String,
    /// The server's own.
    pub server: ServerTlsConfig,
}

impl Certificates {
    /// Makes an authority and a certificate for these names.
    pub fn issue(names: &[String]) -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "Authority of a test server");
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

        let mut server = CertificateParams::new(names.to_vec())?;
        server.distinguished_name.push(DnType::CommonName, "eventstoredb-test-server");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let server = server.signed_by(&key, &authority)?;
        let identity = Identity::from_pem(server.pem(), key.serialize_pem());
        Ok(Self { authority: authority.pem(), server: ServerTlsConfig::new().identity(identity) })
    }
}
