//! Where a store is and how it is reached: everything but passwords.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// PostgreSQL's usual port.
pub const POSTGRES_PORT: u16 = 5432;
/// EventStoreDB's and KurrentDB's usual port.
pub const EVENTSTOREDB_PORT: u16 = 2113;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Target {
    /// A file.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A schema of a PostgreSQL database.
    Postgres(PostgresTarget),
    /// An EventStoreDB or KurrentDB node or cluster.
    EventStoreDb(EventStoreDbTarget),
}

/// Which kind of store a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded store.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// EventStoreDB or KurrentDB.
    EventStoreDb,
}

/// A schema of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostgresTarget {
    /// Name or address of the host, or the folder of its socket (beginning with `/`).
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// User.
    pub user: String,
    /// Schema that holds the store's tables; nothing means the program's own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// How the connection is encrypted, and whether the server has to prove who it is.
    pub tls: PostgresTls,
    /// File with the certificate authority to trust (PEM); nothing means those that the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// How a connection to PostgreSQL is encrypted: libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostgresTls {
    /// Not at all.
    Disable,
    /// If the server offers it; nothing is verified.
    #[default]
    Prefer,
    /// Always; nothing is verified.
    Require,
    /// Always, with a certificate of a trusted authority.
    VerifyCa,
    /// Always, with a certificate of a trusted authority for this host.
    VerifyFull,
}

/// An EventStoreDB or KurrentDB node or cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventStoreDbTarget {
    /// The node, or several to ask for their cluster.
    pub nodes: Vec<Node>,
    /// Whether the only node is a DNS name that stands for the cluster's members.
    #[serde(default)]
    pub discover: bool,
    /// User; nothing for servers that are open to everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How the connection is encrypted.
    pub tls: EventStoreDbTls,
    /// File with the certificate authority to trust (PEM); nothing means those that the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Which node of a cluster is asked.
    #[serde(default)]
    pub preference: NodePreference,
    /// Where views, checkpoints, snapshots and the keys of sealed data are kept: the server has no place for them.
    #[serde(default)]
    pub side: Side,
}

/// Host and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// How a connection to EventStoreDB is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventStoreDbTls {
    /// Not at all.
    Disable,
    /// Yes, and the certificate is not looked at.
    Unverified,
    /// Yes, with a certificate of a trusted authority for this host.
    #[default]
    Verify,
}

/// Which node of a cluster is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodePreference {
    /// The one that takes writes.
    #[default]
    Leader,
    /// One that copies it: reads may lag, writes fail.
    Follower,
    /// A read-only replica.
    ReadOnlyReplica,
    /// Any.
    Random,
}

/// Where everything is kept that an EventStoreDB server has no place for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Side {
    /// In a file.
    Sqlite {
        /// The file; nothing means one in the program's data folder that is named after the connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<PathBuf>,
    },
    /// In a PostgreSQL database, for several people who work on the same server.
    Postgres(PostgresTarget),
}

impl Default for Side {
    fn default() -> Self {
        Self::Sqlite { path: None }
    }
}

impl Target {
    /// A file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite { path: path.into() }
    }

    /// Which kind.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self {
            Self::Sqlite { .. } => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
            Self::EventStoreDb(_) => Backend::EventStoreDb,
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite { path } => Some(path),
            Self::Postgres(_) | Self::EventStoreDb(_) => None,
        }
    }

    /// Who logs in with a password, if anybody does.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Sqlite { .. } => None,
            // Who is let in through a socket is known to the system.
            Self::Postgres(target) => Some(&target.user),
            Self::EventStoreDb(target) => target.user.as_deref(),
        }
    }

    /// Who logs in to the database of an EventStoreDB connection's side data.
    #[must_use]
    pub fn side_user(&self) -> Option<&str> {
        match self {
            Self::EventStoreDb(EventStoreDbTarget { side: Side::Postgres(target), .. }) => Some(&target.user),
            _ => None,
        }
    }

    /// What is not as safe as it could be, for people; nothing if all is well.
    #[must_use]
    pub fn insecurity(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres(target) => target.insecurity(),
            Self::EventStoreDb(target) => match target.tls {
                _ if target.nodes.iter().all(|node| is_this_machine(&node.host)) => None,
                EventStoreDbTls::Disable => Some("The connection is not encrypted."),
                EventStoreDbTls::Unverified => Some("The server does not have to prove who it is."),
                EventStoreDbTls::Verify => None,
            },
        }
    }
}

impl PostgresTarget {
    fn insecurity(&self) -> Option<&'static str> {
        match self.tls {
            _ if is_this_machine(&self.host) => None,
            PostgresTls::Disable => Some("The connection is not encrypted."),
            PostgresTls::Prefer => Some(
                "The connection is encrypted only if the server offers it, which does not have to prove who it is.",
            ),
            PostgresTls::Require => Some("The server does not have to prove who it is."),
            PostgresTls::VerifyCa => Some("Any server with a certificate of this authority is accepted."),
            PostgresTls::VerifyFull => None,
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host.starts_with('/') || matches!(host, "localhost" | "127.0.0.1" | "::1")
}

impl Backend {
    /// For programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::EventStoreDb => "eventstoredb",
        }
    }

    /// For people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite file",
            Self::Postgres => "PostgreSQL",
            Self::EventStoreDb => "EventStoreDB",
        }
    }
}

impl fmt::Display for Target {
    /// Where it is, for people; nothing secret is known here.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } => write!(out, "{}", path.display()),
            Self::Postgres(target) => write!(out, "postgres://{target}"),
            Self::EventStoreDb(target) => write!(out, "{target}"),
        }
    }
}

impl fmt::Display for PostgresTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, database, user, schema, .. } = self;
        write!(out, "{user}@{}:{port}/{database}", bracketed(host))?;
        schema.as_ref().map_or(Ok(()), |schema| write!(out, " schema {schema}"))
    }
}

impl fmt::Display for EventStoreDbTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.discover { "esdb+discover://" } else { "esdb://" })?;
        self.user.as_ref().map_or(Ok(()), |user| write!(out, "{user}@"))?;
        for (at, node) in self.nodes.iter().enumerate() {
            write!(out, "{}{node}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", bracketed(&self.host), self.port)
    }
}

/// An IPv6 address as it stands before a port.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
