//! Upkeep of a store: snapshots and retention.

use serde::{Deserialize, Serialize};
use specta::Type;

/// Snapshots: when they are taken, and the first of them.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotsPage {
    /// When they are taken, for people.
    pub policy: String,
    /// A part of them, by stream.
    pub snapshots: Vec<SnapshotRow>,
    /// How many there are.
    pub total: String,
    /// Where the next part begins; nothing if this was the last one.
    pub next: Option<SnapshotPlace>,
}

/// A place in the list of snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotPlace {
    /// The stream.
    pub stream: String,
    /// The code that took it.
    pub fingerprint: String,
}

/// A cached state.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotRow {
    /// The stream.
    pub stream: String,
    /// Version of the last event in it.
    pub version: String,
    /// Events that a load need not replay because of it.
    pub saves_events: String,
    /// Events that a load replays after it; nothing if the stream is not there.
    pub behind: Option<String>,
    /// Size of the state in bytes.
    pub bytes: String,
    /// When it was taken.
    pub taken_at: String,
    /// Whether the present code uses it; one of other code is never used.
    pub usable: bool,
}

/// What an audit of snapshots found.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotAudit {
    /// Snapshots kept.
    pub kept: String,
    /// Snapshots compared with a replay.
    pub checked: String,
    /// Snapshots of other code, which are never used.
    pub of_other_code: String,
    /// Those that must not be as they are.
    pub differing: Vec<SnapshotFault>,
    /// Whether it was stopped.
    pub cancelled: bool,
}

/// A snapshot that is not what a replay comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotFault {
    /// The stream.
    pub stream: String,
    /// Version that it claims to hold.
    pub version: String,
    /// What is wrong with it.
    pub message: String,
}

/// What streams something is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum RetentionScope {
    /// One stream.
    Stream(String),
    /// All streams of a category.
    Category(String),
    /// All streams whose names begin so. For legal holds.
    Prefix(String),
}

/// What may go of a stream. Parts that are there each allow something to go; the furthest counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRule {
    /// Events older than this may go, in seconds.
    pub max_age_seconds: Option<String>,
    /// All but the last so many events may go.
    pub max_count: Option<String>,
    /// Events before this version may go.
    pub before_version: Option<String>,
    /// Events younger than this stay, whatever else is said, in seconds.
    pub min_age_seconds: Option<String>,
}

/// A rule in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRuleRow {
    /// Stream or category.
    pub scope: RetentionScope,
    /// The rule.
    pub rule: RetentionRule,
}

/// A legal hold in force: nothing that it covers may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LegalHoldRow {
    /// Its name, for example a case number.
    pub hold: String,
    /// What it covers.
    pub scope: RetentionScope,
    /// When it was placed.
    pub placed_at: String,
    /// Who placed it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// What is kept, and the room that it takes.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionOverview {
    /// Whether the store can truncate and scavenge at all.
    pub supported: bool,
    /// Rules in force.
    pub rules: Vec<RetentionRuleRow>,
    /// Legal holds in force.
    pub holds: Vec<LegalHoldRow>,
    /// The store itself, in bytes.
    pub bytes: String,
    /// Of these, given back by a scavenge and filled again by the next events.
    pub free_bytes: String,
    /// Stubs kept in place of archived events.
    pub stubs: String,
    /// The archive, in bytes; nothing if there is none.
    pub archive_bytes: Option<String>,
    /// The archive's file.
    pub archive: Option<String>,
}

/// What is to be done with events that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RetentionPurpose {
    /// Hide them: the stream's reads begin later.
    Truncate,
    /// Move hidden events to the archive.
    Scavenge,
}

/// What would go, and what stays and why.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPreview {
    /// What it is a preview of.
    pub purpose: RetentionPurpose,
    /// Events that go.
    pub events: String,
    /// Their payload and metadata, in bytes.
    pub bytes: String,
    /// Streams of which something goes.
    pub cuts: String,
    /// Refusals in all streams.
    pub refused: String,
    /// Time of the oldest event that goes.
    pub oldest: Option<String>,
    /// Time of the newest event that goes.
    pub newest: Option<String>,
    /// The first streams of which something was to go.
    pub streams: Vec<RetentionStreamRow>,
    /// How many such streams there are.
    pub total_streams: String,
}

/// What goes of one stream, and what stays.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionStreamRow {
    /// The stream.
    pub stream: String,
    /// Events before this version go; nothing if none goes.
    pub before: Option<String>,
    /// How many go.
    pub events: String,
    /// Their bytes.
    pub bytes: String,
    /// What stays, and why.
    pub refusals: Vec<RetentionRefusal>,
}

/// Events that were to go and stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRefusal {
    /// Stable code, for example `legal_hold`.
    pub code: String,
    /// Why, with the numbers.
    pub message: String,
    /// How many of the wanted events stay for this reason alone.
    pub events: String,
}

/// Who changes what is kept, and why.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionBy {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// What a truncation or scavenge came to.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionDone {
    /// What was done.
    pub purpose: RetentionPurpose,
    /// Events hidden or moved.
    pub events: String,
    /// Their bytes.
    pub bytes: String,
    /// Whether it was stopped before its end; what was done until then stays.
    pub cancelled: bool,
}

/// How a verification of the archive ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveReport {
    /// Whether everything is as it was written.
    pub intact: bool,
    /// Events examined.
    pub events: String,
    /// What was found.
    pub findings: Vec<super::verify::Finding>,
    /// Whether it was stopped.
    pub cancelled: bool,
}
