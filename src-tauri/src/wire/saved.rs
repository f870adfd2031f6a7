//! Saved queries, and files of events.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::EventQuery;

/// The saved queries of the open store: folders within folders, queries within them.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedQueries {
    /// By name, parents before what they hold.
    pub folders: Vec<SavedFolder>,
    /// By name.
    pub queries: Vec<SavedQuery>,
}

/// A folder of saved queries.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedFolder {
    /// Its id.
    pub id: String,
    /// Its name, of which a folder holds one.
    pub name: String,
    /// The folder that holds it; nothing at the top.
    pub parent: Option<String>,
}

/// A saved query.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedQuery {
    /// Its id.
    pub id: String,
    /// Its name, of which a folder holds one.
    pub name: String,
    /// The folder that holds it; nothing at the top.
    pub folder: Option<String>,
    /// What is looked for.
    pub query: EventQuery,
    /// Why it cannot be opened as it is, if so.
    pub problem: Option<String>,
}

/// A query to save: a new one, or one that is there already with another name, place or content.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedQueryDraft {
    /// Which one; nothing for a new one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// The folder that holds it; nothing at the top.
    pub folder: Option<String>,
    /// What is looked for.
    pub query: EventQuery,
}

/// A folder to save: a new one, or one that is there already with another name or place.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedFolderDraft {
    /// Which one; nothing for a new one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// The folder that holds it; nothing at the top.
    pub parent: Option<String>,
}

/// How exported events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a line of headings.
    Csv,
}

/// What to export.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// Which events: the whole match.
    pub query: EventQuery,
    /// How.
    pub format: ExportFormat,
    /// Where, a file that is not there yet; nothing to be asked for it.
    pub path: Option<String>,
}

/// What was exported.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// The file.
    pub path: String,
    /// Events in it.
    pub events: String,
    /// Its size in bytes.
    pub bytes: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The log's last position when it began: later events are not in it.
    pub through: String,
    /// Streams of which earlier events are not in the file: an import has to renumber them.
    pub partial_streams: String,
    /// Events on which the condition could not be evaluated; they are not in the file.
    pub undecided: String,
}

/// What to import into the open store.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    /// From where; nothing to be asked for it.
    pub path: Option<String>,
    /// Whether streams of which the file lacks earlier events may begin with what is there, under other versions.
    pub renumber: bool,
}

/// What was imported.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The file.
    pub path: String,
    /// Events in it.
    pub events: String,
    /// Those that the store had before.
    pub already: String,
    /// Those that were written now.
    pub imported: String,
    /// Whether the store now holds the file's events and no others.
    pub equal: bool,
    /// Whether positions, times and hashes are the same, too.
    pub identical: bool,
    /// What the store keeps otherwise than the file has it.
    pub notes: Vec<String>,
    /// The first differences, in words.
    pub differences: Vec<String>,
    /// Whether it was stopped; doing the same again goes on.
    pub cancelled: bool,
}
