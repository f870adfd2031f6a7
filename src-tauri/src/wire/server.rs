//! What a store stands on, and what a server keeps beside the events. The command line prints the same.

use serde::Serialize;
use specta::Type;

/// What a store stands on.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerOverview {
    /// `SQLite file`, `PostgreSQL`, `EventStoreDB`.
    pub backend: String,
    /// Whether a server keeps streams, subscriptions and projections of its own.
    pub has_server: bool,
    /// Why there is nothing of that kind, if so.
    pub why_none: Option<String>,
    /// File or database, schema, user …
    pub facts: Vec<ServerFact>,
    /// What the store can do.
    pub capabilities: Vec<CapabilityRow>,
    /// How far the local index has come, where there is one.
    pub index: Option<IndexView>,
}

/// A fact about a store.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerFact {
    /// What it is about.
    pub name: String,
    /// What there is to say.
    pub value: String,
}

/// Something that stores can do.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityRow {
    /// For programs, for example `multi_stream_append`.
    pub name: String,
    /// Whether this one can.
    pub offered: bool,
    /// What that means, in words.
    pub told: String,
}

/// How far the index has come that a store follows its log with.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct IndexView {
    /// Whether it holds the whole log.
    pub complete: bool,
    /// Events that it holds.
    pub events: String,
    /// Position of the last of them.
    pub position: String,
    /// Position of the log's last event.
    pub head: String,
}

/// A stream as the server has it.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerStreamRow {
    /// Its name.
    pub stream: String,
    /// Version of its last event; nothing if the user may not read it.
    pub version: Option<String>,
    /// What it is for, or what is to be known of it; may be empty.
    pub told: String,
    /// Whether the store or its server keeps it for itself.
    pub system: bool,
}

/// Streams as the server has them.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerStreams {
    /// The server's own first, then those of applications by their last change.
    pub streams: Vec<ServerStreamRow>,
    /// Streams of applications that match in all.
    pub total: String,
}

/// Whether a stream can be read, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StandingCode {
    /// It is there.
    Present,
    /// There is none of this name.
    Missing,
    /// All of its events are hidden.
    Hidden,
    /// Somebody deleted it; an append brings it back.
    DeletedSoftly,
    /// It ended for good.
    Tombstoned,
    /// The user may not read it.
    NotAllowed,
}

/// Everything about one stream beside its events.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerStreamReport {
    /// Its name.
    pub stream: String,
    /// Whether it can be read.
    pub standing: StandingCode,
    /// The same in words, with the numbers, and what to do.
    pub told: String,
    /// Version of its last event, if that is known.
    pub version: Option<String>,
    /// Its metadata as they stand, if it has any and the user may read them.
    pub metadata: Option<String>,
    /// How often they were written.
    pub metadata_version: Option<String>,
    /// Who may do what; empty where a store knows no such rights.
    pub rights: Vec<StreamRightRow>,
    /// Streams of a similar name, where there is none of this one.
    pub similar: Vec<String>,
    /// Its last entries, newest first; empty if it cannot be read.
    pub entries: Vec<ServerEntryRow>,
    /// Whether there are no earlier ones.
    pub end: bool,
}

/// Who may do something with a stream.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StreamRightRow {
    /// `read`, `write`, `delete`, `read metadata`, `write metadata`.
    pub action: String,
    /// Users and groups.
    pub roles: Vec<String>,
    /// Where that is said, in words.
    pub source: String,
}

/// An entry of a stream: an event, or a link with what it stands for.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerEntryRow {
    /// Version in the stream that was read.
    pub version: String,
    /// Type of what stands there.
    pub event_type: String,
    /// When it was written.
    pub recorded_at: String,
    /// What it stands for, if it is a link.
    pub link: Option<LinkRow>,
}

/// What a link stands for.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LinkRow {
    /// Stream of the event, if the link can be read.
    pub stream: Option<String>,
    /// Its version there.
    pub version: Option<String>,
    /// Its type, if it can be read.
    pub event_type: Option<String>,
    /// Its position, if it can be read.
    pub position: Option<String>,
    /// Why it cannot, if so.
    pub unresolved: Option<String>,
}

/// A group of consumers whose place the server keeps.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRow {
    /// The stream, or `$all`.
    pub stream: String,
    /// The group's name.
    pub group: String,
    /// For example `Live`.
    pub status: String,
    /// Consumers that are connected.
    pub consumers: String,
    /// Events handed out and not yet answered.
    pub in_flight: String,
    /// Events set aside.
    pub parked: String,
    /// Events handed out in all.
    pub total: String,
    /// Events a second.
    pub rate: f64,
    /// Where it began, in words.
    pub begins: String,
}

/// Projections that run on the server.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerProjections {
    /// Those that every server brings along.
    pub system: Vec<SystemProjectionRow>,
    /// Those that are listed by the server.
    pub listed: Vec<ServerProjectionRow>,
    /// Why none are listed, if the server does not say or the user may not know.
    pub problem: Option<super::AppError>,
}

/// A projection that every server brings along.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SystemProjectionRow {
    /// Its name.
    pub name: String,
    /// The streams that it writes.
    pub writes: String,
    /// Whether it has written any: it runs, or did once.
    pub has_written: bool,
}

/// A projection of the server.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerProjectionRow {
    /// Its name.
    pub name: String,
    /// For example `Running`, `Stopped`, `Faulted`.
    pub status: String,
    /// Why, where the server says so.
    pub reason: String,
    /// For example `Continuous`.
    pub mode: String,
    /// How far it has come, in the server's words.
    pub position: String,
    /// In percent.
    pub progress: f32,
    /// Its last checkpoint, in the server's words.
    pub last_checkpoint: String,
    /// Events since the server was started.
    pub events: String,
}
