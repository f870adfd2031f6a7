//! What left the program and what came into a store as a file: one line each in the user's data folder, written before the file is
//! in its place.

use bank::language::Seamed;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use crate::settings::DataFolder;
use crate::wire::{AppError, EventQuery};

const FILE: &str = "journal.ndjson";

/// One line.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// `export` or `import`; `whatIf` or `test` for a what-if or a test made of one, and
    /// `notebook` for a report, which carry events with them.
    pub what: &'static str,
    /// The store.
    pub store: String,
    /// Which events, of an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<EventQuery>,
    /// The file.
    pub file: PathBuf,
    /// Events in it.
    pub events: String,
    /// Of an import, those that were written to the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// SHA-256 of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// `done`, or why it ended otherwise.
    pub outcome: String,
}

/// The journal of exports and imports.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
}

/// Who is logged in, as the system tells it.
#[must_use]
pub fn user() -> String {
    let named = ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(|| "unknown".to_owned())
}

impl Journal {
    /// The journal in a data folder.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { path: folder.path().join(FILE) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line, with the time and who is logged in, and waits until it is on the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&self, entry: &Entry) -> Result<(), AppError> {
        #[derive(Serialize)]
        struct Line<'a> {
            at: String,
            by: String,
            #[serde(flatten)]
            entry: &'a Entry,
        }
        let at = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let write = || {
            let mut line = serde_json::to_vec(&Line { at, by: user(), entry })?;
            line.push(b'\n');
            // One write of a whole line: others may append to the file at the same time.
            let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            file.write_all(&line)?;
            file.sync_all()
        };
        write().map_err(|error: std::io::Error| {
            let message = Seamed::of(&format_args!("The journal {} cannot be written: {error}.", self.path.display()));
            AppError::new(
                "journal_unwritable",
                message,
                "Correct its permissions, then try again: nothing leaves unrecorded.",
            )
        })
    }
}
