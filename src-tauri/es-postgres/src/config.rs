//! How a server is reached and a store on it is opened.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use es_core::{Clock, MasterKey, Secret, SystemClock, limits};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The schema that a store has if none is named.
pub const DEFAULT_SCHEMA: &str = "ledgerscope";
const DEFAULT_PORT: u16 = 5432;
/// Longest time for the work of one batch: some thousand events take tens of milliseconds.
const LANE_WORK: Duration = Duration::from_secs(10);
/// Names of PostgreSQL are cut to this many bytes; a longer one would silently be another.
const NAME_BYTES: usize = 63;

/// Whether the connection is encrypted, and how much the server must prove. The names are libpq's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server offers it; anybody could answer.
    #[default]
    Prefer,
    /// Always encrypted; anybody could answer.
    Require,
    /// Always encrypted, with a certificate of a trusted authority.
    VerifyCa,
    /// Always encrypted, with a certificate of a trusted authority for this very host.
    VerifyFull,
}

impl TlsMode {
    /// libpq's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Whether the server must show a certificate that is trusted.
    #[must_use]
    pub fn verifies(self) -> bool {
        matches!(self, Self::VerifyCa | Self::VerifyFull)
    }
}

impl FromStr for TlsMode {
    type Err = InvalidConnection;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Disable, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];
        all.into_iter().find(|mode| mode.name() == name).ok_or_else(|| InvalidConnection::Value {
            option: "sslmode".to_owned(),
            reason: "it is one of disable, prefer, require, verify-ca, verify-full".to_owned(),
        })
    }
}

/// Where a store is, and how it is opened.
#[derive(Clone)]
pub struct PostgresConfig {
    /// Host name, address, or the folder of a Unix socket.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// User name.
    pub user: String,
    /// Password; nothing where the server asks for none. Then `PGPASSWORD` counts, if it is set.
    pub password: Option<Secret>,
    /// Schema that holds the store's tables. A database may hold several stores.
    pub schema: String,
    /// Encryption.
    pub tls: TlsMode,
    /// A file with certificates (PEM) of authorities that are trusted, beside those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// Most connections of this program for reading and occasional writing; the append lane and the listener have one each
    /// beside them.
    pub max_connections: u32,
    /// Longest time until a new connection stands.
    pub connect_timeout: Duration,
    /// Longest time until a connection of the pool is free.
    pub acquire_timeout: Duration,
    /// Longest time that one statement may take.
    pub statement_timeout: Duration,
    /// How long a write waits for a lock that another session holds.
    pub lock_timeout: Duration,
    /// How long an append goes on to look for a server that has gone, and for what became of it, before it fails.
    pub recovery_timeout: Duration,
    /// Name of this program in the server's lists.
    pub application_name: String,
    /// Create schema and tables if they are missing.
    pub create: bool,
    /// Never write, not even to bring an older schema up to date.
    pub read_only: bool,
    /// Bring an older schema up to date when it is opened for writing. Without it such an opening is refused: programs of the
    /// older version that work on the same store could not open it again.
    pub migrate: bool,
    /// Whether appends (of this and other processes) wake followers at once. Without it they find new events by polling;
    /// tests turn it off to show that nothing depends on it.
    pub wake_ups: bool,
    /// Tells the time that appended events carry.
    pub clock: Arc<dyn Clock>,
    /// Wraps the keys of sealed personal data that are made from now on, and opens those that were wrapped.
    pub master_key: Option<MasterKey>,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: DEFAULT_PORT,
            database: "postgres".to_owned(),
            user: "postgres".to_owned(),
            password: None,
            schema: DEFAULT_SCHEMA.to_owned(),
            tls: TlsMode::default(),
            ca_file: None,
            max_connections: 8,
            connect_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: limits::WRITE_LOCK_TIMEOUT,
            recovery_timeout: Duration::from_secs(15),
            application_name: "ledgerscope".to_owned(),
            create: false,
            read_only: false,
            migrate: true,
            wake_ups: true,
            clock: Arc::new(SystemClock),
            master_key: None,
        }
    }
}

impl std::fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("user", &self.user)
            .field("password", &self.password)
            .field("schema", &self.schema)
            .field("tls", &self.tls)
            .field("create", &self.create)
            .field("read_only", &self.read_only)
            .field("migrate", &self.migrate)
            .field("wake_ups", &self.wake_ups)
            .finish_non_exhaustive()
    }
}

/// Why a connection string or a configuration cannot be used. Never repeats what stands in it, since that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConnection {
    /// It does not begin with `postgres://` or `postgresql://`.
    #[error("a connection to PostgreSQL is written postgres://user@host:port/database")]
    Scheme,
    /// A part cannot be read.
    #[error("the {part} of the connection cannot be read: {reason}")]
    Part {
        /// Which.
        part: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// An option that this program does not know: it would otherwise be ignored without a word.
    #[error("the connection has an option that is not known: {0}")]
    UnknownOption(String),
    /// An option's value cannot be used.
    #[error("the connection's option {option} cannot be used: {reason}")]
    Value {
        /// Which.
        option: String,
        /// What is wrong.
        reason: String,
    },
}

impl PostgresConfig {
    /// Reads a connection string: `postgres://user:password@host:port/database?option=value`, with everything but the scheme
    /// optional. Options are libpq's `host`, `port`, `user`, `password`, `dbname`, `sslmode`, `sslrootcert`, `connect_timeout`
    /// (seconds), `application_name`, and ours: `schema`, `max_connections`, `statement_timeout`, `lock_timeout`,
    /// `acquire_timeout` (milliseconds).
    ///
    /// # Errors
    /// It has another form, or an option that is not known or cannot be used.
    pub fn from_url(url: &str) -> Result<Self, InvalidConnection> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or(InvalidConnection::Scheme)?;
        let mut config = Self::default();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, server) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
        if !user.is_empty() {
            config.user = decoded("user", user)?;
        }
        if let Some(password) = password {
            config.password = Some(Secret::new(decoded("password", password)?));
        }
        config.set_server(server)?;
        // PostgreSQL's own rule: who names no database means the one that is called like the user.
        config.database = if database.is_empty() { config.user.clone() } else { decoded("database", database)? };
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            config.set_option(&decoded("option", name)?, decoded("option", value)?)?;
        }
        config.check()?;
        Ok(config)
    }

    fn set_server(&mut self, server: &str) -> Result<(), InvalidConnection> {
        let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, rest)) => (address, rest.strip_prefix(':')),
            None => server.rsplit_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
        };
        if host.contains(':') && !server.starts_with('[') {
            return Err(InvalidConnection::Part { part: "host", reason: "an IPv6 address stands in brackets" });
        }
        if !host.is_empty() {
            self.host = decoded("host", host)?;
        }
        if let Some(port) = port.filter(|port| !port.is_empty()) {
            self.port = port.parse().map_err(|_| InvalidConnection::Part { part: "port", reason: "it is a number" })?;
        }
        Ok(())
    }

    fn set_option(&mut self, name: &str, value: String) -> Result<(), InvalidConnection> {
        let number = |value: &str| {
            let parsed = value.parse::<u32>().ok().filter(|number| *number > 0);
            parsed.ok_or_else(|| InvalidConnection::Value {
                option: name.to_owned(),
                reason: "it is a whole number above zero".to_owned(),
            })
        };
        let milliseconds = |value: &str| number(value).map(|number| Duration::from_millis(number.into()));
        match name {
            "host" => self.host = value,
            "port" => {
                let bad = InvalidConnection::Part { part: "port", reason: "it is a number" };
                self.port = value.parse().map_err(|_| bad)?;
            }
            "user" => self.user = value,
            "password" => self.password = Some(Secret::new(value)),
            "dbname" => self.database = value,
            "sslmode" => self.tls = value.parse()?,
            "sslrootcert" => self.ca_file = Some(PathBuf::from(value)),
            "application_name" => self.application_name = value,
            "connect_timeout" => self.connect_timeout = Duration::from_secs(number(&value)?.into()),
            "schema" => self.schema = value,
            "max_connections" => self.max_connections = number(&value)?,
            "statement_timeout" => self.statement_timeout = milliseconds(&value)?,
            "lock_timeout" => self.lock_timeout = milliseconds(&value)?,
            "acquire_timeout" => self.acquire_timeout = milliseconds(&value)?,
            other => return Err(InvalidConnection::UnknownOption(other.chars().take(NAME_BYTES).collect())),
        }
        Ok(())
    }

    /// Checks what the server would misunderstand or refuse without saying why.
    ///
    /// # Errors
    /// An empty name, one that is too long, or a name that PostgreSQL keeps for itself.
    pub fn check(&self) -> Result<(), InvalidConnection> {
        let names = [("host", &self.host), ("dbname", &self.database), ("user", &self.user), ("schema", &self.schema)];
        for (option, name) in names {
            let bad = |reason: String| Err(InvalidConnection::Value { option: option.to_owned(), reason });
            if name.is_empty() {
                return bad("it is empty".to_owned());
            }
            if name.contains('\0') {
                return bad("it holds a zero byte".to_owned());
            }
            if option != "host" && name.len() > NAME_BYTES {
                return bad(format!("a name of PostgreSQL has at most {NAME_BYTES} bytes"));
            }
        }
        if self.schema.starts_with("pg_") || self.schema == "information_schema" {
            let reason = "names that begin with pg_ and information_schema belong to PostgreSQL".to_owned();
            return Err(InvalidConnection::Value { option: "schema".to_owned(), reason });
        }
        Ok(())
    }

    /// Whether tables of an older version are brought up to date.
    pub(crate) fn migrates(&self) -> bool {
        self.migrate && !self.read_only
    }

    /// Host and port: what may be shown of the server.
    #[must_use]
    pub fn server(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Server, database and schema: what names the store for people.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}/{} (schema {})", self.server(), self.database, self.schema)
    }

    /// The schema's name as it stands in SQL.
    #[must_use]
    pub fn quoted_schema(&self) -> String {
        quoted(&self.schema)
    }

    /// Longest time that one batch of the append lane may take, with the wait for its lock.
    pub(crate) fn lane_limit(&self) -> Duration {
        self.lock_timeout + LANE_WORK.min(self.statement_timeout)
    }

    /// What sqlx connects with. `purpose` says which time-outs hold.
    pub(crate) fn options(&self, purpose: Purpose) -> PgConnectOptions {
        let millis = |duration: Duration| duration.as_millis().max(1).to_string();
        // A process that is stopped in the middle of a transaction must not keep what it has locked from the others.
        let (statement, between) = match purpose {
            Purpose::Pool => (self.statement_timeout, self.statement_timeout),
            Purpose::Lane => (self.lane_limit(), self.lock_timeout),
        };
        let mut settings = vec![
            // What is meant stands first, and a temporary table of the same name cannot take its place.
            ("search_path", format!("{},pg_temp", self.quoted_schema())),
            ("lock_timeout", millis(self.lock_timeout)),
            ("statement_timeout", millis(statement)),
            ("idle_in_transaction_session_timeout", millis(between)),
            // What a statement sees under a lock depends on it.
            ("default_transaction_isolation", "read committed".to_owned()),
            ("client_min_messages", "warning".to_owned()),
            // Compiling a plan costs more than all that these statements do.
            ("jit", "off".to_owned()),
            // An acknowledged append has been synced, whatever the server's setting is.
            ("synchronous_commit", "on".to_owned()),
        ];
        if purpose == Purpose::Pool {
            // Pages are read along an index, in its order. Until a new store is analysed the server takes a category for a few
            // rows, and would collect all of its entries into a bitmap and sort them, for every page.
            settings.push(("enable_bitmapscan", "off".to_owned()));
        }
        if self.read_only {
            settings.push(("default_transaction_read_only", "on".to_owned()));
        }
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .application_name(&self.application_name)
            .ssl_mode(match self.tls {
                TlsMode::Disable => PgSslMode::Disable,
                TlsMode::Prefer => PgSslMode::Prefer,
                TlsMode::Require => PgSslMode::Require,
                TlsMode::VerifyCa => PgSslMode::VerifyCa,
                TlsMode::VerifyFull => PgSslMode::VerifyFull,
            })
            .options(settings)
            .disable_statement_logging();
        if let Some(password) = &self.password {
            options = options.password(password.expose());
        }
        if let Some(file) = &self.ca_file {
            options = options.ssl_root_cert(file);
        }
        options
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reading, and writes outside the lane.
    Pool,
    /// The append lane.
    Lane,
}

/// A name as it stands in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn decoded(part: &'static str, text: &str) -> Result<String, InvalidConnection> {
    let bad = |reason| InvalidConnection::Part { part, reason };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let Some((digits, after)) = rest.split_at_checked(2) else { return Err(bad("a % has no two digits")) };
        bytes.extend(hex::decode(digits).map_err(|_| bad("a % has no two hexadecimal digits"))?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_says_where_the_store_is() {
        let config = PostgresConfig::from_url(
            "postgresql://ada%40bank:p%3Ass%2Fword@db.example:6432/ledger?sslmode=verify-full&sslrootcert=/ca.pem\
             &schema=Bank%20One&connect_timeout=3&lock_timeout=250&max_connections=4&application_name=test",
        )
        .expect("understood");
        assert_eq!((config.host.as_str(), config.port), ("db.example", 6432));
        assert_eq!((config.user.as_str(), config.database.as_str()), ("ada@bank", "ledger"));
        assert_eq!(config.password.as_ref().map(Secret::expose), Some("p:ss/word"));
        assert_eq!((config.tls, config.ca_file.as_deref()), (TlsMode::VerifyFull, Some("/ca.pem".as_ref())));
        assert_eq!(config.quoted_schema(), "\"Bank One\"");
        assert_eq!(config.connect_timeout, Duration::from_secs(3));
        assert_eq!(config.lock_timeout, Duration::from_millis(250));
        assert_eq!(config.max_connections, 4);
        assert_eq!(config.location(), "db.example:6432/ledger (schema Bank One)");
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let config = PostgresConfig::from_url("postgres://").expect("understood");
        assert_eq!(config.location(), "localhost:5432/postgres (schema ledgerscope)");
        let config = PostgresConfig::from_url("postgres://ada@[::1]:5433").expect("understood");
        assert_eq!(config.location(), "[::1]:5433/ada (schema ledgerscope)", "the database is called like the user");
        let config = PostgresConfig::from_url("postgres:///ledger?host=/run/postgresql").expect("understood");
        assert_eq!(config.host, "/run/postgresql");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_secret_is_repeated() {
        for url in [
            "mysql://ada:hunter2@h/d",
            "postgres://ada:hunter2@h:port/d",
            "postgres://ada:hunter2%zz@h/d",
            "postgres://ada:hunter2@h/d?sslmode=hunter2",
            "postgres://ada:hunter2@h/d?sslmod=require",
            "postgres://ada:hunter2@h/d?schema=pg_catalog",
            "postgres://ada:hunter2@h/d?schema=",
            "postgres://ada:hunter2@h/d?lock_timeout=0",
            "postgres://ada:hunter2@::1/d",
        ] {
            let refused = PostgresConfig::from_url(url).expect_err(url);
            assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{url}: {refused}");
        }
    }

    #[test]
    fn a_configuration_is_shown_without_its_password() {
        let config = PostgresConfig::from_url("postgres://ada:hunter2@h/d").expect("understood");
        assert!(!format!("{config:?} {}", config.location()).contains("hunter2"), "{config:?}");
    }

    #[test]
    fn a_schema_cannot_end_its_own_quotes() {
        assert_eq!(quoted("a\"; DROP SCHEMA b; --"), "\"a\"\"; DROP SCHEMA b; --\"");
    }
}
