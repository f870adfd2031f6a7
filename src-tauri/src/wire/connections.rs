//! Connections: the list, the form, the test.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::AppError;

/// A password on its way between form and program. Not printed; kept in the keyring or nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct Typed(pub String);

impl fmt::Debug for Typed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Typed(…)")
    }
}

/// All connections.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionList {
    /// By name.
    pub connections: Vec<ConnectionRow>,
    /// Why the list cannot be read, if so; it is then shown as empty and cannot be changed.
    pub problem: Option<AppError>,
    /// Why passwords have to be typed each time, if so.
    pub no_keyring: Option<String>,
}

/// A connection of the list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionRow {
    /// Stays the same when it is renamed.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `SQLite file`, `PostgreSQL`, `EventStoreDB`.
    pub backend: String,
    /// Where it is, for people.
    pub location: String,
    /// What is to be known of it.
    pub marks: ConnectionMarks,
    /// Where its password comes from.
    pub password: ConnectionPassword,
    /// Who logs in, if anybody does.
    pub user: Option<String>,
    /// Who logs in to the database beside it, if there is one.
    pub side_user: Option<String>,
    /// What is not as safe as it could be.
    pub insecurity: Option<String>,
    /// Whether it is the open store.
    pub open: bool,
    /// Where it is, for the form.
    pub target: ConnectionTarget,
}

/// What is to be known of a store before it is touched.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionMarks {
    /// What its environment is called; may be empty.
    pub environment: String,
    /// Colour of the environment's band.
    pub colour: ConnectionColour,
    /// Whether each write has to be confirmed with the connection's name.
    pub production: bool,
    /// Whether nothing is ever written.
    pub read_only: bool,
}

/// Colours that environments are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionColour {
    /// No band.
    None,
    /// Grey.
    Grey,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Amber.
    Amber,
    /// Red.
    Red,
    /// Violet.
    Violet,
}

/// Where a password comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionPassword {
    /// There is none.
    None,
    /// The system's keyring has it.
    Keyring,
    /// It is typed each time.
    AskEachTime,
}

/// Where a store is.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ConnectionTarget {
    /// A file.
    Sqlite(FileFields),
    /// A schema of a PostgreSQL database.
    Postgres(PostgresFields),
    /// An EventStoreDB or KurrentDB node or cluster.
    EventStoreDb(EventStoreDbFields),
}

/// Where a file is.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FileFields {
    /// Path.
    pub path: String,
}

/// Where an EventStoreDB or KurrentDB node or cluster is.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventStoreDbFields {
    /// `host:port`, or several, separated by commas.
    pub nodes: String,
    /// Whether the only node is a DNS name that stands for the cluster's members.
    pub discover: bool,
    /// User; empty for servers that are open to everybody.
    pub user: String,
    /// How it is encrypted.
    pub tls: EventStoreDbEncryption,
    /// File with the certificate authority to trust; empty for those that the system trusts.
    pub ca_file: String,
    /// Which node of a cluster is asked.
    pub preference: ClusterNode,
    /// Database for what the server has no place for; nothing means a file.
    pub side: Option<PostgresFields>,
    /// That file; empty for one in the program's data folder.
    pub side_file: String,
}

/// Where a PostgreSQL database is.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PostgresFields {
    /// Name or address of the host, or the folder of its socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// User.
    pub user: String,
    /// Schema; empty for the program's own default.
    pub schema: String,
    /// How it is encrypted.
    pub tls: PostgresEncryption,
    /// File with the certificate authority to trust; empty for those that the system trusts.
    pub ca_file: String,
}

/// How a connection to PostgreSQL is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PostgresEncryption {
    /// Not at all.
    Disable,
    /// If the server offers it.
    Prefer,
    /// Always; nothing is verified.
    Require,
    /// Always, with a certificate of a trusted authority.
    VerifyCa,
    /// Always, with a certificate of a trusted authority for this host.
    VerifyFull,
}

/// How a connection to EventStoreDB is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum EventStoreDbEncryption {
    /// Not at all.
    Disable,
    /// Yes, and the certificate is not looked at.
    Unverified,
    /// Yes, with a certificate of a trusted authority for this host.
    Verify,
}

/// Which node of a cluster is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ClusterNode {
    /// The one that takes writes.
    Leader,
    /// One that copies it.
    Follower,
    /// A read-only replica.
    ReadOnlyReplica,
    /// Any.
    Random,
}

/// A connection that is to be added or changed.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDraft {
    /// The one to change; nothing for a new one.
    pub id: Option<String>,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub target: ConnectionTarget,
    /// What is to be known of it.
    pub marks: ConnectionMarks,
    /// What becomes of its password.
    pub password: PasswordEntry,
}

/// What becomes of a connection's password.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum PasswordEntry {
    /// It stays as it is; for a new connection: there is none.
    Leave,
    /// It is kept in the keyring if there is one, else asked for each time.
    Keep(TypedPasswords),
    /// It is asked for each time.
    AskEachTime,
    /// The server asks for none.
    None,
}

/// Passwords that were typed.
#[derive(Debug, Clone, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct TypedPasswords {
    /// Of the user who logs in to the store.
    pub login: Option<Typed>,
    /// Of the user who logs in to the database beside it.
    pub side: Option<Typed>,
}

/// A connection that was added, changed or removed.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionSaved {
    /// Its id.
    pub id: String,
    /// What else people have to know, in sentences.
    pub notes: Vec<String>,
}

/// What a pasted connection string says.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParsedConnection {
    /// Where the store is.
    pub target: ConnectionTarget,
    /// The password that stood in it.
    pub password: Option<Typed>,
    /// Options that change nothing here.
    pub ignored: Vec<String>,
}

/// A step of a connection's test, told when it has been made.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionTestStep {
    /// What it is called.
    pub title: String,
    /// How it went.
    pub outcome: ConnectionTestOutcome,
    /// What was found, or what failed.
    pub message: String,
    /// What to do next, if it failed.
    pub hint: Option<String>,
    /// How long it took.
    pub milliseconds: String,
}

/// How a step of a connection's test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionTestOutcome {
    /// It works.
    Passed,
    /// There is nothing to do.
    Skipped,
    /// It fails; later steps were not tried.
    Failed,
}

/// What a store can do; what it cannot is said where it is missed.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoreCapabilities {
    /// Positions are 1, 2, 3 … without gaps.
    pub dense_positions: bool,
    /// One command may write to several streams at once.
    pub multi_stream_append: bool,
    /// The store keeps a hash chain.
    pub hash_chain: bool,
    /// A simulated history can be written into it.
    pub import: bool,
    /// Old events can be hidden and archived.
    pub retention: bool,
}
