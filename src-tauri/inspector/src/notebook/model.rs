//! What a notebook is, and the file that it is kept in.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use es_core::{Hash, Position, StreamName, StreamVersion};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text::{in_hex, in_hex_or_none, in_words};
use crate::json::Kind;
use crate::limits;
use crate::tree::View;
use crate::what_if::{JsonText, Scenario};

/// Says what a file is.
const FORMAT: &str = "ledgerscope-notebook";
/// The newest version of the format.
const VERSION: u32 = 1;
/// How names of notebook files end.
pub const NOTEBOOK_EXTENSION: &str = "json";

/// A notebook, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notebook {
    format: Format,
    version: u32,
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub title: String,
    /// When somebody last changed it.
    pub changed_at: DateTime<Utc>,
    /// Pins and texts, in the order in which they are read.
    pub cells: Vec<Cell>,
}

/// A part of a notebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Cell {
    /// A text of its own.
    Text(TextCell),
    /// Something that was seen in a store.
    Pin(Box<Pin>),
}

/// A text between pins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextCell {
    /// Its id.
    pub id: Uuid,
    /// Plain text of any number of lines.
    pub text: String,
}

/// Something that was seen in a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pin {
    /// Its id.
    pub id: Uuid,
    /// When it was pinned.
    pub taken_at: DateTime<Utc>,
    /// What it is called.
    pub title: String,
    /// What the person has to say about it: plain text of any number of lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Where it is in the window, beginning with `#/`.
    pub address: String,
    /// In which store it was seen.
    pub store: StoreIdentity,
    /// The log's last position that was taken into account.
    #[serde(with = "in_words")]
    pub head: Position,
    /// Hash of everything up to there: the chain hash, or the content hash of the last event where there is no chain.
    #[serde(with = "in_hex_or_none", default, skip_serializing_if = "Option::is_none")]
    pub head_hash: Option<Hash>,
    /// What was seen.
    pub seen: Seen,
}

/// A store, for people and for telling it apart. Nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreIdentity {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub location: String,
    /// What kind of store it is.
    pub backend: String,
    /// What links call it: a fingerprint of where it is, and its connection behind a dot if it is of the list.
    pub link: String,
}

/// What was seen. Everything stands here by itself: the store is not needed to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Seen {
    /// An event.
    Event(Box<SeenEvent>),
    /// The state of a stream at a version.
    State(Box<SeenState>),
    /// What differs between two versions of a stream.
    Diff(SeenDiff),
    /// What a query finds.
    Query(SeenQuery),
    /// What would have happened.
    WhatIf(Box<SeenWhatIf>),
}

/// A text that may be too long to be kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Excerpt {
    /// Its beginning, letter for letter.
    pub text: String,
    /// Bytes of the whole.
    #[serde(with = "in_words")]
    pub bytes: u64,
}

impl Excerpt {
    /// The beginning of a text, at most [`limits::PIN_TEXT_BYTES`].
    #[must_use]
    pub fn of(text: &str) -> Self {
        let end = text.floor_char_boundary(limits::PIN_TEXT_BYTES);
        Self { text: text[..end].to_owned(), bytes: text.len() as u64 }
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.text.len() as u64 == self.bytes
    }
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenEvent {
    /// Place in the log.
    #[serde(with = "in_words")]
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Place in the stream.
    #[serde(with = "in_words")]
    pub version: StreamVersion,
    /// Its id.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: String,
    /// Version of its payload's schema.
    pub schema_version: u32,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its correlation id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<Uuid>,
    /// What led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// Hash of its content, computed from the bytes that were there.
    #[serde(with = "in_hex")]
    pub content_hash: Hash,
    /// Hash of everything up to it, as stored; nothing where the store keeps no chain.
    #[serde(with = "in_hex_or_none", default, skip_serializing_if = "Option::is_none")]
    pub chain_hash: Option<Hash>,
    /// Whether the payload is not JSON; then it is hexadecimal here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub binary: bool,
    /// Its payload, as stored.
    pub payload: Excerpt,
    /// Its metadata, as stored.
    pub metadata: Excerpt,
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenRow {
    /// Place in the log.
    #[serde(with = "in_words")]
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Place in the stream.
    #[serde(with = "in_words")]
    pub version: StreamVersion,
    /// Its type.
    pub event_type: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// One sentence for people, or why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// Hash of its content, computed from the bytes that were there.
    #[serde(with = "in_hex")]
    pub content_hash: Hash,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenState {
    /// The stream.
    pub stream: StreamName,
    /// Its version.
    #[serde(with = "in_words")]
    pub version: StreamVersion,
    /// The event of that version; nothing for version 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<SeenRow>,
    /// Set if the fold had failed by then: the state is that before the failing event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// SHA-256 of the whole state's text.
    #[serde(with = "in_hex")]
    pub hash: Hash,
    /// The state as the fold gives it.
    pub state: Excerpt,
}

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenDiff {
    /// The stream.
    pub stream: StreamName,
    /// The version that is compared with.
    #[serde(with = "in_words")]
    pub from: StreamVersion,
    /// The version that is shown.
    #[serde(with = "in_words")]
    pub to: StreamVersion,
    /// SHA-256 of the state at `from`.
    #[serde(with = "in_hex")]
    pub from_hash: Hash,
    /// SHA-256 of the state at `to`.
    #[serde(with = "in_hex")]
    pub to_hash: Hash,
    /// Set if a fold had failed by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The first changes.
    pub changes: Vec<SeenChange>,
    /// All of them.
    #[serde(with = "in_words")]
    pub total: u64,
}

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenChange {
    /// JSON pointer.
    pub path: String,
    /// How it differs.
    pub kind: ChangeKind,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// How a value differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

/// What a query finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenQuery {
    /// The query, as the program keeps queries.
    pub query: JsonText,
    /// How many events match up to the pin's head.
    #[serde(with = "in_words")]
    pub matches: u64,
    /// Events that its condition could not be evaluated on.
    #[serde(with = "in_words")]
    pub undecided: u64,
    /// SHA-256 over the positions that match, ascending, 8 bytes each, big endian.
    #[serde(with = "in_hex")]
    pub hash: Hash,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// The first rows in that order.
    pub rows: Vec<SeenRow>,
}

impl SeenQuery {
    /// What it asks for: its fields that are not empty, each with a value as it is written.
    #[must_use]
    pub fn conditions(&self) -> Vec<(String, String)> {
        let nodes = View::default().tree(self.query.as_str());
        let scalars = nodes.into_iter().filter(|node| node.kind != Kind::Null);
        let told = scalars.filter_map(|node| {
            let value = node.text.filter(|text| !text.is_empty())?;
            Some((node.path.split('/').nth(1).unwrap_or_default().to_owned(), value))
        });
        told.collect()
    }
}

/// What would have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenWhatIf {
    /// The scenario. What was taken along up to the head is taken along up to the position that was the head then.
    pub scenario: Scenario,
    /// Where it forks.
    #[serde(with = "in_words")]
    pub fork: Position,
    /// SHA-256 of everything that would have happened, and of the states that it leads to.
    #[serde(with = "in_hex")]
    pub hash: Hash,
    /// What came of each step.
    pub steps: Vec<SeenStep>,
    /// Events behind the fork in the what-if.
    #[serde(with = "in_words")]
    pub events: u64,
    /// The first of them.
    pub lane: Vec<SeenLaneStep>,
    /// The streams that end otherwise.
    pub ends: Vec<SeenEnd>,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenStep {
    /// What was done: the command's name, `clock`, or `processes`.
    pub what: String,
    /// How it ended, in one word: `executed`, `rejected`, `invalid`, `ran` or `failed`.
    pub outcome: String,
    /// Code of a refusal or a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its numbers, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<(String, String)>,
    /// Events that it has led to.
    #[serde(with = "in_words")]
    pub events: u64,
}

/// An event of a what-if.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenLaneStep {
    /// Its stream.
    pub stream: StreamName,
    /// Place in the stream.
    #[serde(with = "in_words")]
    pub version: StreamVersion,
    /// Its type.
    pub event_type: String,
    /// How it came into the what-if, in one word: `recorded`, `replaced`, `moved`, `skipped`, `inserted` or `fromStep`.
    pub provenance: String,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// A stream that ends otherwise in a what-if.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenEnd {
    /// The stream.
    pub stream: StreamName,
    /// Its last version as it happened.
    #[serde(with = "in_words")]
    pub original_version: StreamVersion,
    /// Its last version in the what-if.
    #[serde(with = "in_words")]
    pub what_if_version: StreamVersion,
    /// The first changes.
    pub changes: Vec<SeenChange>,
    /// All of them.
    #[serde(with = "in_words")]
    pub total: u64,
    /// Set if it could not be folded to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The only value of the field that says what a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "ledgerscope-notebook")]
    Notebook,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Why a text is no notebook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotebookError {
    /// It is something else.
    #[error("this is no notebook: {reason}")]
    NotANotebook {
        /// What was found.
        reason: String,
    },
    /// A newer version of the program wrote it.
    #[error("this notebook has version {found} of its format; this program knows versions up to {VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
    /// Something in it does not fit the format.
    #[error("this notebook does not fit its format: {reason}")]
    Misfit {
        /// What and where.
        reason: String,
    },
    /// It has too much of something.
    #[error("this notebook has {actual} {what}; at most {most} are kept")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        actual: usize,
        /// How many may be.
        most: usize,
    },
}

impl NotebookError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotANotebook { .. } => "not_a_notebook",
            Self::Newer { .. } => "newer_notebook",
            Self::Misfit { .. } => "notebook_misfit",
            Self::TooMany { .. } => "notebook_too_large",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotANotebook { .. } => "Choose a report that was exported from a notebook, or a notebook's own file.",
            Self::Newer { .. } => "Open it with a newer version of the program.",
            Self::Misfit { .. } => "Correct the file at the place that is named, or export the notebook again.",
            Self::TooMany { .. } => "Divide it into several notebooks.",
        }
    }
}

impl Notebook {
    /// An empty notebook.
    #[must_use]
    pub fn new(id: Uuid, title: impl Into<String>, now: DateTime<Utc>) -> Self {
        Self { format: Format::Notebook, version: VERSION, id, title: title.into(), changed_at: now, cells: Vec::new() }
    }

    /// Reads a notebook from the text of its file.
    ///
    /// # Errors
    /// Something else, a newer format, or something in it that does not fit.
    pub fn parse(text: &str) -> Result<Self, NotebookError> {
        #[derive(Deserialize)]
        struct Header {
            format: Option<String>,
            version: Option<u64>,
        }
        let header: Header =
            serde_json::from_str(text).map_err(|error| NotebookError::NotANotebook { reason: error.to_string() })?;
        if header.format.as_deref() != Some(FORMAT) {
            let reason = format!("its \"format\" is not {FORMAT:?}");
            return Err(NotebookError::NotANotebook { reason });
        }
        if let Some(found) = header.version.filter(|found| *found > u64::from(VERSION)) {
            return Err(NotebookError::Newer { found });
        }
        let read: Result<Self, _> = serde_json::from_str(text);
        let notebook = read.map_err(|error| NotebookError::Misfit { reason: error.to_string() })?;
        notebook.check()?;
        Ok(notebook)
    }

    /// Whether it is within bounds, and its cells can be told apart.
    ///
    /// # Errors
    /// Too many cells, or two of one id.
    pub fn check(&self) -> Result<(), NotebookError> {
        if self.cells.len() > limits::NOTEBOOK_CELLS {
            return Err(NotebookError::TooMany {
                what: "cells",
                actual: self.cells.len(),
                most: limits::NOTEBOOK_CELLS,
            });
        }
        let mut ids = HashSet::new();
        match self.cells.iter().find(|cell| !ids.insert(cell.id())) {
            Some(twice) => Err(NotebookError::Misfit { reason: format!("two cells have the id {}", twice.id()) }),
            None => Ok(()),
        }
    }

    /// The text of its file: the same notebook, the same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        let text = self.to_line();
        crate::json::pretty(&text).unwrap_or(text) + "\n"
    }

    /// The same without white space.
    #[must_use]
    pub fn to_line(&self) -> String {
        // Texts, numbers and checked JSON only: writing it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The pins, in order.
    pub fn pins(&self) -> impl Iterator<Item = &Pin> {
        self.cells.iter().filter_map(|cell| match cell {
            Cell::Pin(pin) => Some(&**pin),
            Cell::Text(_) => None,
        })
    }
}

impl Cell {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Text(text) => text.id,
            Self::Pin(pin) => pin.id,
        }
    }
}

impl Pin {
    /// The hash that says whether what is found later is what was seen.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match &self.seen {
            Seen::Event(event) => event.content_hash,
            Seen::State(state) => state.hash,
            Seen::Diff(diff) => diff.to_hash,
            Seen::Query(query) => query.hash,
            Seen::WhatIf(what_if) => what_if.hash,
        }
    }
}
