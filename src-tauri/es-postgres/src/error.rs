//! The one place where errors of sqlx and codes of PostgreSQL become errors of the store.

use std::error::Error as _;
use std::time::Duration;

use es_core::StoreError;

use crate::config::PostgresConfig;

/// What went wrong inside a database step, before it is worded for people.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server or the way to it said no.
    Sql(sqlx::Error),
    /// The server did not answer in time; nobody knows what it did.
    Overdue,
    /// The stored data contradicts itself or the schema.
    Damaged(String),
    /// Already an error of the store.
    Store(StoreError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What stands in messages about a server.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Host and port.
    pub server: String,
    /// Server, database and schema.
    pub location: String,
    /// Database.
    pub database: String,
    /// The user's name.
    pub user: String,
}

impl Place {
    pub fn of(config: &PostgresConfig) -> Self {
        Self {
            server: config.server(),
            location: config.location(),
            database: config.database.clone(),
            user: config.user.clone(),
        }
    }
}

impl Fault {
    /// Whether the connection can be used for something else: the server answered, and in order.
    pub fn leaves_connection_sound(&self) -> bool {
        match self {
            Self::Overdue => false,
            Self::Sql(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code_means(&code) != Means::ConnectionLost)
            }
            Self::Sql(error) => is_decoding(error),
            Self::Damaged(_) | Self::Store(_) => true,
        }
    }

    /// Whether the connection broke before the answer came.
    pub fn lost_connection(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => true,
            Self::Sql(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code_means(&code) == Means::ConnectionLost)
            }
            _ => false,
        }
    }

    /// The error as callers see it. `operation` completes the sentence "… failed".
    pub fn into_store_error(self, place: &Place, operation: &str, waited: Duration) -> StoreError {
        let waited_ms = millis(waited);
        match self {
            Self::Store(error) => error,
            Self::Overdue => StoreError::Timeout { operation: operation.to_owned(), waited_ms },
            Self::Damaged(reason) => StoreError::Damaged { path: place.location.clone(), reason },
            Self::Sql(sqlx::Error::Database(error)) => of_database(place, operation, waited_ms, &*error),
            Self::Sql(error) if is_decoding(&error) => {
                StoreError::Damaged { path: place.location.clone(), reason: error.to_string() }
            }
            Self::Sql(sqlx::Error::Io(error)) => StoreError::ConnectionLost {
                server: place.server.clone(),
                operation: operation.to_owned(),
                reason: error.to_string(),
            },
            Self::Sql(sqlx::Error::Protocol(reason)) => {
                StoreError::ConnectionLost { server: place.server.clone(), operation: operation.to_owned(), reason }
            }
            Self::Sql(error) => StoreError::Io { operation: operation.to_owned(), reason: error.to_string() },
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn is_decoding(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    matches!(
        error,
        E::RowNotFound
            | E::ColumnDecode { .. }
            | E::ColumnNotFound(_)
            | E::ColumnIndexOutOfBounds { .. }
            | E::Decode(_)
            | E::TypeNotFound { .. }
    )
}

/// What a code of PostgreSQL (SQLSTATE) means to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    LoginRefused,
    NotAllowed,
    NoDatabase,
    MissingSchema,
    TooManyConnections,
    NotReady,
    Locked,
    Timeout,
    DiskFull,
    ConnectionLost,
    ReadOnly,
    Damaged,
    Taken,
    Other,
}

/// Codes are listed in appendix A of PostgreSQL's manual; the first two characters are the class.
fn code_means(code: &str) -> Means {
    match code {
        "28000" | "28P01" => Means::LoginRefused,
        "42501" => Means::NotAllowed,
        "3D000" => Means::NoDatabase,
        // No such schema, table, column or function.
        "3F000" | "42P01" | "42703" | "42883" => Means::MissingSchema,
        "53300" => Means::TooManyConnections,
        // Starting up, shutting down or recovering.
        "57P03" => Means::NotReady,
        // A lock that was not had in time, a deadlock, a serialisation failure: the same again can succeed.
        "55P03" | "40P01" | "40001" => Means::Locked,
        "57014" => Means::Timeout,
        "53100" => Means::DiskFull,
        // Shut down, crashed, or ended by the server because it was idle.
        "57P01" | "57P02" | "57P04" | "57P05" | "25P03" => Means::ConnectionLost,
        // A standby, or a session that is set to read only.
        "25006" => Means::ReadOnly,
        "XX001" | "XX002" => Means::Damaged,
        // Tables or functions of our names that were there before us.
        "42P07" | "42723" => Means::Taken,
        _ => match code.get(..2) {
            Some("08") => Means::ConnectionLost,
            Some("23") => Means::Damaged,
            _ => Means::Other,
        },
    }
}

fn of_database(
    place: &Place,
    operation: &str,
    waited_ms: u64,
    error: &(dyn sqlx::error::DatabaseError + 'static),
) -> StoreError {
    // The primary message only: details of an error quote stored values.
    let reason = error.message().to_owned();
    let (server, location, operation) = (place.server.clone(), place.location.clone(), operation.to_owned());
    match error.code().map_or(Means::Other, |code| code_means(&code)) {
        Means::LoginRefused => StoreError::LoginRefused { server, user: place.user.clone(), reason },
        Means::NotAllowed => {
            StoreError::NotAllowed { server: location, user: place.user.clone(), action: operation, reason }
        }
        Means::NoDatabase => StoreError::MissingSchema { location: server, missing: reason_of_database(place) },
        Means::MissingSchema => StoreError::MissingSchema { location, missing: reason },
        Means::TooManyConnections => StoreError::TooManyConnections { server, reason },
        Means::NotReady => StoreError::Unreachable { server, step: "handshake", reason },
        Means::Locked => StoreError::Locked { path: location, waited_ms },
        Means::Timeout => StoreError::Timeout { operation, waited_ms },
        Means::DiskFull => StoreError::DiskFull { path: location },
        Means::ConnectionLost => StoreError::ConnectionLost { server, operation, reason },
        Means::ReadOnly => StoreError::ReadOnly { path: location, reason },
        Means::Damaged => StoreError::Damaged { path: location, reason },
        Means::Taken => StoreError::NotAStore {
            path: location,
            reason: format!("the schema holds tables of another program: {reason}"),
        },
        Means::Other => StoreError::Io { operation, reason },
    }
}

fn reason_of_database(place: &Place) -> String {
    format!("the database {}", place.database)
}

/// Maps what went wrong while a connection was made.
pub(crate) fn of_connecting(place: &Place, error: sqlx::Error) -> StoreError {
    let server = place.server.clone();
    match error {
        sqlx::Error::Io(error) => match untrusted(&error) {
            Some(reason) => StoreError::UntrustedCertificate { server, reason },
            None => StoreError::Unreachable { server, step: step_of(&error), reason: error.to_string() },
        },
        sqlx::Error::Tls(error) => StoreError::Unreachable { server, step: "TLS", reason: error.to_string() },
        sqlx::Error::Configuration(error) => StoreError::Unreachable { server, step: "TLS", reason: error.to_string() },
        sqlx::Error::Protocol(reason) => StoreError::Unreachable { server, step: "handshake", reason },
        other => Fault::Sql(other).into_store_error(place, "connecting", Duration::ZERO),
    }
}

/// Which step of the way an error of the system is about. Only a refused or unanswered connection comes before the first byte.
fn step_of(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as K;
    match error.kind() {
        _ if rustls_error(error).is_some() => "TLS",
        K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => "handshake",
        _ => "connecting",
    }
}

fn rustls_error(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Why a certificate is not trusted, if that is what went wrong.
fn untrusted(error: &std::io::Error) -> Option<String> {
    match rustls_error(error)? {
        rustls::Error::InvalidCertificate(reason) => Some(certificate_fault(reason)),
        rustls::Error::NoCertificatesPresented => Some("the server shows none".to_owned()),
        _ => None,
    }
}

fn certificate_fault(reason: &rustls::CertificateError) -> String {
    use rustls::CertificateError as E;
    match reason {
        // The latter: by somebody of the same name.
        E::UnknownIssuer | E::BadSignature => "it was issued by nobody who is trusted here".to_owned(),
        E::NotValidForName | E::NotValidForNameContext { .. } => "it is for another host name".to_owned(),
        E::Expired | E::ExpiredContext { .. } => "it has expired".to_owned(),
        E::NotValidYet | E::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        E::Revoked => "it was revoked".to_owned(),
        E::Other(other) => other.source().map_or_else(|| other.to_string(), ToString::to_string),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the server would send it.
    #[derive(Debug)]
    struct FromServer(&'static str);

    impl std::fmt::Display for FromServer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("said the server")
        }
    }
    impl std::error::Error for FromServer {}
    impl sqlx::error::DatabaseError for FromServer {
        fn message(&self) -> &str {
            "said the server"
        }
        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.into())
        }
        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    fn place() -> Place {
        Place::of(&PostgresConfig::default())
    }

    #[test]
    fn every_kind_of_refusal_has_its_own_error() {
        for (code, expected) in [
            ("28P01", "login_refused"),
            ("28000", "login_refused"),
            ("42501", "not_allowed"),
            ("3D000", "missing_schema"),
            ("42P01", "missing_schema"),
            ("53300", "too_many_connections"),
            ("57P03", "server_unreachable"),
            ("55P03", "store_locked"),
            ("40P01", "store_locked"),
            ("57014", "timeout"),
            ("53100", "disk_full"),
            ("57P01", "connection_lost"),
            ("25P03", "connection_lost"),
            ("08006", "connection_lost"),
            ("25006", "read_only"),
            ("XX001", "store_damaged"),
            ("42P07", "not_a_store"),
            ("23505", "store_damaged"),
            ("22P02", "io"),
        ] {
            let fault = Fault::Sql(sqlx::Error::Database(Box::new(FromServer(code))));
            let error = fault.into_store_error(&place(), "a test", Duration::from_millis(7));
            assert_eq!(error.code(), expected, "SQLSTATE {code}: {error}");
        }
    }

    #[test]
    fn a_connection_is_kept_only_if_the_server_answered_in_order() {
        let database = |code| Fault::Sql(sqlx::Error::Database(Box::new(FromServer(code))));
        assert!(database("55P03").leaves_connection_sound(), "a lock that was not had");
        assert!(!database("57P01").leaves_connection_sound(), "a server that shut down");
        assert!(!Fault::Overdue.leaves_connection_sound(), "an answer that may still come");
        let broken = Fault::Sql(sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into()));
        assert!(!broken.leaves_connection_sound() && broken.lost_connection());
    }

    #[test]
    fn the_way_to_the_server_fails_step_by_step() {
        let code = |error: std::io::Error| of_connecting(&place(), sqlx::Error::Io(error));
        let wrapped = |error: rustls::Error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
        let refused = code(std::io::ErrorKind::ConnectionRefused.into());
        assert!(matches!(refused, StoreError::Unreachable { step: "connecting", .. }), "{refused:?}");
        let cut = code(std::io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(cut, StoreError::Unreachable { step: "handshake", .. }), "{cut:?}");
        let unknown = wrapped(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer));
        assert_eq!(code(unknown).code(), "untrusted_certificate");
        let other = code(wrapped(rustls::Error::DecryptError));
        assert!(matches!(other, StoreError::Unreachable { step: "TLS", .. }), "{other:?}");
    }
}
