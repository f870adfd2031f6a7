//! Notebooks: pins with notes, what has become of them, and the reports that are made of them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::command::Detail;
use super::grid::EventQuery;
use super::state::JsonNode;
use super::what_if::WhatIfScenario;

/// A notebook in a list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NotebookRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// How many pins it has.
    pub pins: u32,
    /// When it was changed.
    pub changed_at: Option<String>,
    /// Why it cannot be read, if so.
    pub problem: Option<String>,
}

/// A notebook.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NotebookView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it was changed.
    pub changed_at: String,
    /// Pins and texts, in order.
    pub cells: Vec<NotebookCell>,
    /// How many removals can be undone.
    pub undoable: u32,
}

/// A part of a notebook.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum NotebookCell {
    /// A text of its own.
    Text {
        /// Its id.
        id: String,
        /// Plain text.
        text: String,
    },
    /// Something that was seen.
    Pin(Box<PinView>),
}

/// Something that was seen in a store.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What the person has to say about it.
    pub note: String,
    /// When it was pinned.
    pub taken_at: String,
    /// Where it is in the window, beginning with `#/`.
    pub address: String,
    /// What people call the store.
    pub store_name: String,
    /// Where the store is.
    pub store_location: String,
    /// What links call the store.
    pub store_link: String,
    /// The log's last position that was taken into account.
    pub head: String,
    /// Hash of everything up to there.
    pub head_hash: Option<String>,
    /// Hash of what was seen.
    pub hash: String,
    /// What was seen.
    pub seen: PinSeen,
}

/// What was seen.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "what")]
pub enum PinSeen {
    /// An event.
    Event {
        /// Place in the log.
        position: String,
        /// Its stream.
        stream: String,
        /// Place in the stream.
        version: String,
        /// Its type.
        event_type: String,
        /// Version of its payload's schema.
        schema_version: u32,
        /// When it was recorded.
        recorded_at: String,
        /// Who caused it.
        actor: Option<String>,
        /// One sentence for people.
        sentence: Option<String>,
        /// What is wrong with it.
        problem: Option<String>,
        /// Hash of everything up to it.
        chain_hash: Option<String>,
        /// Its payload.
        payload: Box<PinText>,
    },
    /// A state.
    State {
        /// The stream.
        stream: String,
        /// Its version.
        version: String,
        /// What the event of that version says.
        sentence: Option<String>,
        /// Why the fold had failed, if so.
        problem: Option<String>,
        /// The state.
        state: PinText,
    },
    /// What differs between two versions.
    Diff {
        /// The stream.
        stream: String,
        /// The version that is compared with.
        from: String,
        /// The version that is shown.
        to: String,
        /// Why a fold had failed, if so.
        problem: Option<String>,
        /// The first changes.
        changes: Vec<PinChange>,
        /// All of them.
        total: String,
    },
    /// What a query finds.
    Query {
        /// What is asked for, by name.
        asked: Vec<Detail>,
        /// How many events match.
        matches: String,
        /// Events that its condition could not be evaluated on.
        undecided: String,
        /// Whether the newest come first.
        newest_first: bool,
        /// The first rows in that order.
        rows: Vec<PinRow>,
    },
    /// What would have happened.
    WhatIf {
        /// Where it forks.
        fork: String,
        /// What came of each step.
        steps: Vec<PinStep>,
        /// Events behind the fork.
        events: String,
        /// The streams that end otherwise.
        ends: Vec<PinEnd>,
    },
}

/// A text that may be too long to be kept whole, as a tree.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinText {
    /// The first values.
    pub nodes: Vec<JsonNode>,
    /// How many further values there are in what was kept.
    pub left_out: u32,
    /// Bytes that were kept.
    pub kept: String,
    /// Bytes of the whole.
    pub bytes: String,
}

/// A value that differs.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinChange {
    /// JSON pointer.
    pub path: String,
    /// What it was; nothing if it was added.
    pub before: Option<String>,
    /// What it is; nothing if it was removed.
    pub after: Option<String>,
}

/// An event of a query.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinRow {
    /// Place in the log.
    pub position: String,
    /// Its stream.
    pub stream: String,
    /// Its type.
    pub event_type: String,
    /// When it was recorded.
    pub recorded_at: String,
    /// One sentence for people.
    pub sentence: Option<String>,
}

/// What came of a step of a what-if.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinStep {
    /// What was done.
    pub what: String,
    /// How it ended, in one word.
    pub outcome: String,
    /// Code of a refusal or a failure.
    pub code: Option<String>,
    /// What was said.
    pub message: Option<String>,
    /// Instances of processes that could not go on after it, with the reason.
    pub stuck: Vec<super::Detail>,
    /// Events that it has led to.
    pub events: String,
}

/// A stream that ends otherwise in a what-if.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinEnd {
    /// The stream.
    pub stream: String,
    /// Its last version as it happened.
    pub original_version: String,
    /// Its last version in the what-if.
    pub what_if_version: String,
    /// The first changes.
    pub changes: Vec<PinChange>,
    /// All of them.
    pub total: String,
    /// Why it could not be folded to its end.
    pub problem: Option<String>,
}

/// What is to be pinned.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum PinWhat {
    /// An event.
    Event {
        /// Its position.
        position: String,
    },
    /// The state of a stream.
    State {
        /// The stream.
        stream: String,
        /// The version.
        version: String,
    },
    /// What differs between two versions of a stream.
    Diff {
        /// The stream.
        stream: String,
        /// The version that is compared with.
        from: String,
        /// The version that is shown.
        to: String,
    },
    /// What a query finds.
    Query {
        /// The query.
        query: EventQuery,
        /// Whether the newest come first.
        newest_first: bool,
    },
    /// What would have happened.
    WhatIf {
        /// The scenario.
        scenario: WhatIfScenario,
    },
}

/// Something to pin, and what it is called.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinRequest {
    /// The notebook; nothing: a new one, called `notebook_title`.
    pub notebook: Option<String>,
    /// What a new notebook is called.
    pub notebook_title: String,
    /// What is pinned.
    pub what: PinWhat,
    /// What it is called.
    pub title: String,
    /// Where it is in the window, beginning with `#/`.
    pub address: String,
    /// The position that the clock shows; nothing: now.
    pub at: Option<String>,
}

/// Something that was pinned.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Pinned {
    /// The notebook.
    pub notebook: String,
    /// What it is called.
    pub title: String,
    /// The pin.
    pub pin: String,
}

/// A change of a notebook.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum NotebookEdit {
    /// Another title.
    Rename {
        /// The title.
        title: String,
    },
    /// A further text.
    AddText {
        /// The cell that it comes behind; nothing: the beginning.
        after: Option<String>,
        /// The text.
        text: String,
    },
    /// Another text, or another note of a pin.
    Write {
        /// The cell.
        cell: String,
        /// The text.
        text: String,
    },
    /// Another title of a pin.
    Retitle {
        /// The pin.
        cell: String,
        /// The title.
        title: String,
    },
    /// Another place.
    Move {
        /// The cell.
        cell: String,
        /// Index that it has then.
        to: u32,
    },
    /// A cell goes.
    Remove {
        /// The cell.
        cell: String,
    },
    /// What was removed last comes back.
    Undo,
}

/// In one word what has become of a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PinVerdict {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// It cannot be told.
    Unknown,
}

/// What has become of a pin.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinCheck {
    /// The pin.
    pub pin: String,
    /// In one word.
    pub verdict: PinVerdict,
    /// Stable name for programs.
    pub code: String,
    /// In one sentence, with its numbers.
    pub told: String,
    /// What to do about it; empty if there is nothing.
    pub advice: String,
    /// The first differences.
    pub differences: Vec<PinDifference>,
    /// All of them.
    pub total: String,
}

/// Something that is not as it was pinned.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinDifference {
    /// What.
    pub what: String,
    /// As it was pinned.
    pub pinned: Option<String>,
    /// As it is now.
    pub found: Option<String>,
}

/// A report to write.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReportRequest {
    /// The notebook.
    pub notebook: String,
    /// The file; nothing: one that the user chooses.
    pub path: Option<String>,
    /// The language of its fixed words: `en` or `de`.
    pub language: String,
}

/// A report that was written.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReportWritten {
    /// The file.
    pub path: String,
    /// Its size.
    pub bytes: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Pins that hold.
    pub holds: u32,
    /// Pins that do not.
    pub broken: u32,
    /// Pins that could not be checked.
    pub unknown: u32,
}

/// A report that was read back into a new notebook.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReportOpened {
    /// The notebook.
    pub notebook: NotebookView,
    /// Whether the text that people read is as it was written.
    pub text_intact: bool,
}
