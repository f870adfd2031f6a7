//! The program, the open store, failures and progress.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ConnectionMarks, StoreCapabilities};

/// A failure, told to a person and to a program.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppError {
    /// Stable code, for example `wrong_expected_version`.
    pub code: String,
    /// What happened, to what.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// Whether trying the same again can succeed.
    pub retryable: bool,
    /// The same in German: a failure is made where nobody knows who will read it.
    #[specta(optional)]
    pub german: Option<Box<FailureWords>>,
}

/// What a failure says in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FailureWords {
    /// What happened, to what.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// A language that the window speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
pub enum SpokenLanguage {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

/// The program and the open store.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppInfo {
    /// Version of the program.
    pub version: String,
    /// The open store, if any.
    pub store: Option<StoreStatus>,
    /// Why the store could not be opened at start, if so.
    pub open_error: Option<AppError>,
    /// The store that is being opened at start, if it takes a while.
    pub opening: Option<String>,
    /// The connection that is being opened at start, or could not be.
    pub opening_connection: Option<String>,
}

/// The open store.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// `sqlite`, `postgres`, `eventstoredb`.
    pub kind: String,
    /// `SQLite file`, `PostgreSQL`, `EventStoreDB`.
    pub backend: String,
    /// File path, or server.
    pub location: String,
    /// What links to places call it.
    pub link: String,
    /// The connection that was opened, if the store is of the list.
    pub connection: Option<OpenConnection>,
    /// What is to be known of it.
    pub marks: ConnectionMarks,
    /// Whether writes are impossible.
    pub read_only: bool,
    /// Why, if so.
    pub read_only_reason: Option<String>,
    /// What the store can do.
    pub capabilities: StoreCapabilities,
    /// Position of the last event.
    pub head: String,
    /// Time of the last event.
    pub last_recorded_at: Option<String>,
}

/// The connection that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OpenConnection {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Progress of a long task. Sent at most 20 times a second; the last one has `finished`.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is being done now.
    pub phase: String,
    /// Done so far.
    pub done: String,
    /// Of how many, if known.
    pub total: Option<String>,
    /// Events a second, if known.
    pub rate: Option<f64>,
    /// Seconds that are left, if known.
    pub eta_seconds: Option<f64>,
    /// Whether this is the last message.
    pub finished: bool,
}

/// The log has grown. Sent to the window at most 20 times a second, whatever the rate of appends.
#[derive(Debug, Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
#[serde(rename_all = "camelCase")]
pub struct HeadMoved {
    /// Position of the last event.
    pub head: String,
}

/// The open store is another one now, or was reopened: everything that is shown belongs to the former one.
#[derive(Debug, Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
#[serde(rename_all = "camelCase")]
pub struct StoreChanged {
    /// Where the store is that is open now.
    pub location: String,
}

/// What a command shows and what it alters: the UI's query keys derive from these, so that a change refreshes exactly what
/// it can have touched.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandTags {
    /// Name of the command as the UI calls it.
    pub command: &'static str,
    /// Whether it only reads.
    pub reads: &'static [&'static str],
    /// What it may alter.
    pub changes: &'static [&'static str],
}
