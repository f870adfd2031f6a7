//! The way to a server, step by step, so that a failure says which step failed: the client library loses that.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use es_core::StoreError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::config::{EventStoreDbConfig, Node};
use crate::limits;

/// What a TLS handshake found.
pub(crate) struct Secured {
    /// For example `TLSv1_3`.
    pub version: String,
}

fn unreachable(node: &Node, step: &'static str, reason: impl ToString) -> StoreError {
    StoreError::Unreachable { server: node.to_string(), step, reason: reason.to_string() }
}

/// A time-out in words.
fn no_answer(within: Duration) -> String {
    format!("no answer within {} ms", within.as_millis())
}

/// The addresses behind a node's name.
pub(crate) async fn look_up(node: &Node, within: Duration) -> Result<Vec<SocketAddr>, StoreError> {
    const STEP: &str = "name lookup";
    let host = node.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, node.port).into()]);
    }
    let found = tokio::time::timeout(within, tokio::net::lookup_host((host, node.port))).await;
    let found = found.map_err(|_| unreachable(node, STEP, no_answer(within)))?;
    let addresses: Vec<_> = found.map_err(|error| unreachable(node, STEP, error))?.collect();
    if addresses.is_empty() { Err(unreachable(node, STEP, "the name has no address")) } else { Ok(addresses) }
}

/// Connects to the first address that answers.
pub(crate) async fn connect(
    node: &Node,
    addresses: &[SocketAddr],
    within: Duration,
) -> Result<tokio::net::TcpStream, StoreError> {
    const STEP: &str = "connecting";
    let mut reason = String::new();
    for address in addresses {
        match tokio::time::timeout(within, tokio::net::TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => reason = format!("{address}: {error}"),
            Err(_) => reason = format!("{address}: {}", no_answer(within)),
        }
    }
    Err(unreachable(node, STEP, reason))
}

/// Shakes hands over a connection, judging the certificate as the client library will.
pub(crate) async fn secure(
    config: &EventStoreDbConfig,
    node: &Node,
    stream: tokio::net::TcpStream,
    within: Duration,
) -> Result<Secured, StoreError> {
    const STEP: &str = "TLS";
    let tls = client_config(config, node)?;
    let stream = stream.into_std().and_then(|stream| stream.set_nonblocking(false).map(|()| stream));
    let stream = stream.map_err(|error| unreachable(node, STEP, error))?;
    let host = node.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| unreachable(node, STEP, error))?;
    let shaken = tokio::task::spawn_blocking(move || shake_hands(tls, name, stream, within)).await;
    match shaken.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(secured) => Ok(secured),
        Err(error) => Err(tls_error(node, &error, within)),
    }
}

fn tls_error(node: &Node, error: &io::Error, within: Duration) -> StoreError {
    if let Some(rustls::Error::InvalidCertificate(reason)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return StoreError::UntrustedCertificate { server: node.to_string(), reason: reason.to_string() };
    }
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => unreachable(node, "TLS", no_answer(within)),
        io::ErrorKind::InvalidData => unreachable(node, "TLS", format!("{error} (is TLS off on this server?)")),
        _ => unreachable(node, "TLS", error),
    }
}

fn shake_hands(
    tls: Arc<ClientConfig>,
    name: ServerName<'static>,
    mut stream: TcpStream,
    within: Duration,
) -> io::Result<Secured> {
    stream.set_read_timeout(Some(within))?;
    stream.set_write_timeout(Some(within))?;
    let mut connection = ClientConnection::new(tls, name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    let version = connection.protocol_version().map_or_else(|| "TLS".to_owned(), |version| format!("{version:?}"));
    Ok(Secured { version })
}

/// Reads the PEM files of a connection as the client library would, which panics over some that are damaged.
pub(crate) fn check_files(config: &EventStoreDbConfig) -> Result<(), StoreError> {
    match config.nodes.first() {
        Some(node) if config.tls => client_config(config, node).map(|_| ()),
        _ => Ok(()),
    }
}

fn client_config(config: &EventStoreDbConfig, node: &Node) -> Result<Arc<ClientConfig>, StoreError> {
    let refused = |reason: String| StoreError::UntrustedCertificate { server: node.to_string(), reason };
    let mut roots = RootCertStore::empty();
    match &config.ca_file {
        Some(file) => {
            let unusable = |reason: String| refused(format!("{} is no certificate file: {reason}", file.display()));
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
                roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unusable("there is no certificate in it".to_owned()));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| unreachable(node, "TLS", error))?.with_root_certificates(roots);
    let mut tls = match &config.user_certificate {
        Some((certificate, key)) => {
            let unusable =
                |reason: String| unreachable(node, "TLS", format!("the user certificate cannot be used: {reason}"));
            let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let chain = chain.map_err(|error| unusable(error.to_string()))?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(error.to_string()))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| unusable(error.to_string()))?
        }
        None => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![b"h2".to_vec()];
    if !config.verify_certificate {
        tls.dangerous().set_certificate_verifier(Arc::new(AnyCertificate));
    }
    Ok(Arc::new(tls))
}

/// Goes the way to one node as far as it leads: name, connection, TLS.
async fn go_to(config: &EventStoreDbConfig, node: &Node) -> Result<(), StoreError> {
    let within = limits::STEP_TIMEOUT.min(config.timeout);
    let addresses = look_up(node, within).await?;
    let stream = connect(node, &addresses, within).await?;
    if config.tls {
        secure(config, node, stream, within).await?;
    }
    Ok(())
}

/// Finds out whether any of the nodes can be reached, and else why the first one cannot. Nodes that are found by discovery are
/// not known beforehand; the name that leads to them is tried.
pub(crate) async fn any_node(config: &EventStoreDbConfig) -> Result<(), StoreError> {
    check_files(config)?;
    let mut first = None;
    for node in &config.nodes {
        match go_to(config, node).await {
            Ok(()) => return Ok(()),
            Err(error) => first = first.or(Some(error)),
        }
    }
    first.map_or(Ok(()), Err)
}

/// Accepts every certificate, since the connection says so.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
