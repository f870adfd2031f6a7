//! The test of a connection: which step of the way to a store works, and which one fails why.

use std::time::Duration;

use serde::Serialize;

use crate::store::StoreError;

/// A step of the way to a store, in their order. A store on a disk has only the last two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeStage {
    /// The host's name becomes addresses.
    NameLookup,
    /// One of the addresses accepts a connection.
    Connect,
    /// The connection is encrypted, and the server is who it should be.
    Tls,
    /// User and password are accepted.
    Login,
    /// The user (or this process) may do what the store needs.
    Rights,
    /// The store's tables (or system streams) are there, and of a version that this program knows.
    Schema,
}

impl ProbeStage {
    /// All stages, in their order.
    pub const ALL: [Self; 6] = [Self::NameLookup, Self::Connect, Self::Tls, Self::Login, Self::Rights, Self::Schema];
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// It works; what was found, for people ("TLS 1.3, certificate of db.example", "PostgreSQL 15.6").
    Passed(String),
    /// There is nothing to do here ("TLS is off"), and whether that is wise, for people.
    Skipped(String),
    /// It fails. Later steps were not tried.
    Failed(StoreError),
}

/// A step with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// Which.
    pub stage: ProbeStage,
    /// How it went.
    pub outcome: ProbeOutcome,
    /// How long it took.
    pub took: Duration,
}
