//! A copy of a store: what is asked for, and what came of it. The command line prints the same.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AppError, Progress, TypedPasswords};

/// A store that takes part in a copy or a parity run.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoreChoice {
    /// A connection of the list; nothing for the open store.
    pub connection: Option<String>,
    /// Its passwords, where they are typed each time.
    pub passwords: TypedPasswords,
}

/// A copy that is asked for.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyRequest {
    /// What is copied.
    pub from: StoreChoice,
    /// Where it goes.
    pub to: StoreChoice,
    /// Whether the keys of sealed personal data go along.
    pub with_keys: bool,
    /// Whether the rest is copied if some events cannot be.
    pub leave_out: bool,
}

/// What came of a copy, of its plan or of a comparison.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyResult {
    /// `copied`, `planned`, `compared`, `would_leave_out` (nothing was written) or `cancelled`.
    pub outcome: String,
    /// What was copied.
    pub from: String,
    /// Where it went.
    pub to: String,
    /// The source's last position when it began.
    pub until: String,
    /// Events of a full copy.
    pub events: String,
    /// Their payload and metadata.
    pub bytes: String,
    /// Their streams.
    pub streams: String,
    /// Of these events, those that the target had before.
    pub already: String,
    /// Those that were written now.
    pub copied: String,
    /// How long it took.
    pub seconds: f64,
    /// What is not in the target as it is in the source.
    pub notes: Vec<CopyNoteRow>,
    /// What became of the keys of sealed personal data, if they were asked for.
    pub keys: Option<CopiedKeysView>,
    /// Both sides, event by event; nothing if they were not compared.
    pub comparison: Option<CopyComparisonView>,
}

/// Something that is not in the target as it is in the source.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyNoteRow {
    /// Its code, for example `time_carried`.
    pub kind: String,
    /// In words.
    pub told: String,
    /// Whether events of clients are missing.
    pub loss: bool,
    /// How often.
    pub count: String,
    /// The first ones.
    pub examples: Vec<CopyExample>,
}

/// One of those that a note counts.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyExample {
    /// Position in the source; nothing for a stream.
    pub position: Option<String>,
    /// The stream.
    pub stream: String,
    /// Version in the source.
    pub version: String,
    /// The numbers, in words.
    pub detail: String,
}

/// What became of the keys of sealed personal data.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopiedKeysView {
    /// Subjects with sealed data.
    pub subjects: String,
    /// Keys that the target has now.
    pub copied: String,
    /// Keys that it had already.
    pub already: String,
    /// Subjects without a key in the source: their data were erased.
    pub erased: String,
    /// Subjects that have another key in the target, which stays.
    pub other: String,
}

/// How the comparison of both sides ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyComparisonView {
    /// Whether the target is what a copy of the source is.
    pub equal: bool,
    /// Positions, times and hashes, too.
    pub identical: bool,
    /// Events that were compared.
    pub events: String,
    /// Streams whose lengths were compared.
    pub streams: String,
    /// Keys that were compared.
    pub keys: String,
    /// The first differences.
    pub differences: Vec<CopyDifferenceRow>,
    /// All of them.
    pub total_differences: String,
    /// Whether it ended early because there were too many.
    pub ended_early: bool,
    /// Chain hash at the end of the source, if both sides keep one.
    pub source_chain_hash: Option<String>,
    /// Chain hash at the end of the target.
    pub target_chain_hash: Option<String>,
}

/// A place where the target is not what a copy of the source would be.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyDifferenceRow {
    /// What differs, for example `payload`.
    pub kind: String,
    /// The stream.
    pub stream: String,
    /// The event; nothing for a stream.
    pub event_id: Option<String>,
    /// Its position in the source.
    pub source_position: Option<String>,
    /// Its position in the target.
    pub target_position: Option<String>,
    /// Both values, in words.
    pub message: String,
}

/// The copy that is under way, or how the last one ended, whatever the window shows meanwhile.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CopyRun {
    /// To stop it by.
    pub task_id: String,
    /// What is copied where, in words.
    pub title: String,
    /// How far it is.
    pub progress: Progress,
    /// How it ended; neither this nor the error while it is under way.
    pub result: Option<CopyResult>,
    /// Why it failed.
    pub error: Option<AppError>,
}
