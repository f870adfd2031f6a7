//! What a copy says of itself: what was copied, what the target could not keep, and whether both sides are equal.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use es_core::{AppendError, Hash, Position, StoreError, StreamName, StreamVersion, limits};
use serde::Serialize;
use uuid::Uuid;

/// What is not in the target as it is in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyNoteKind {
    /// Left out: of a scavenged event only the stub is left; its archive is not there.
    Scavenged,
    /// Left out: the payload is larger than stores take.
    PayloadTooLarge,
    /// Left out: the metadata are larger than stores take.
    MetadataTooLarge,
    /// Left out: the event's type is empty or too long, or its schema version is 0.
    UnusableType,
    /// Left out: a stream that the source's server keeps for itself.
    ServersOwn,
    /// Left out: a decision about a read model names a position, and that is another event's in the target.
    DecisionElsewhere,
    /// The source does not have these events any more, and says nothing of them.
    NotInSource,
    /// The version is another one, because earlier events of the stream are not in the target.
    VersionMoved,
    /// The position is another one.
    PositionMoved,
    /// The target tells its own time; time and position in the source are kept in the metadata ([`super::COPIED_FROM_KEY`]).
    TimeCarried,
    /// The time was raised to that of the event before, which is later; the original one is kept in the metadata.
    TimeRaised,
    /// The target tells its own time, and there is no room in the metadata for the original one.
    TimeLost,
    /// Bytes that are not JSON, kept as JSON ([`super::COPIED_BINARY_KEY`]).
    BinaryAsJson,
    /// Metadata that are not JSON, or no object that has room for an original time, kept as text in JSON ([`super::COPIED_FROM_KEY`]).
    MetadataWrapped,
    /// What an earlier copy kept elsewhere in the event is in its place again.
    Restored,
    /// A scavenged event, copied from the archive; the target has it as any other.
    FromArchive,
    /// A truncated stream: the target shows its hidden events, too.
    StreamWhole,
    /// A closed stream: the target takes further events for it.
    StreamOpen,
    /// A stream that was deleted for good: the target has what the source's log still shows of it.
    StreamDeleted,
    /// Sealed personal data whose keys are not copied: they are as unreadable in the target as after an erasure.
    SealedWithoutKey,
}

impl CopyNoteKind {
    /// Whether events of the source's clients are missing in the target, so that somebody has to agree to it.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Scavenged | Self::PayloadTooLarge | Self::MetadataTooLarge | Self::UnusableType)
    }

    /// The same in words, for people.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Scavenged => "left out: scavenged, and the archive is not there",
            Self::PayloadTooLarge => "left out: the payload is too large",
            Self::MetadataTooLarge => "left out: the metadata are too large",
            Self::UnusableType => "left out: the type or schema version is unusable",
            Self::ServersOwn => "left out: kept by the source's server for itself",
            Self::DecisionElsewhere => {
                "left out: decisions about read models name positions that are others' in the target"
            }
            Self::NotInSource => "not in the source any more",
            Self::VersionMoved => "another version in the stream",
            Self::PositionMoved => "another position in the log",
            Self::TimeCarried => "own time of the target; the original time and position are in the metadata",
            Self::TimeRaised => "time raised to that of the event before; the original one is in the metadata",
            Self::TimeLost => "own time of the target; no room in the metadata for the original one",
            Self::BinaryAsJson => "bytes kept as JSON",
            Self::MetadataWrapped => "metadata kept as text in JSON",
            Self::Restored => "put back as they were before an earlier copy",
            Self::FromArchive => "copied from the archive",
            Self::StreamWhole => "truncated streams, whole in the target",
            Self::StreamOpen => "closed streams, open in the target",
            Self::StreamDeleted => "deleted streams of which the log still shows events",
            Self::SealedWithoutKey => "sealed personal data whose keys are not copied",
        }
    }
}

/// One of those that a note counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyNoteExample {
    /// Position in the source; nothing for a stream or for what is not there.
    pub position: Option<Position>,
    /// The stream.
    pub stream: StreamName,
    /// Version in the source.
    pub version: StreamVersion,
    /// The numbers, for people.
    pub detail: String,
}

/// How often something was noted, and the first examples.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyNote {
    /// Events (of `StreamWhole`, `StreamOpen` and `StreamDeleted`: streams).
    pub count: u64,
    /// The first ones, at most [`limits::COPY_EXAMPLES`].
    pub examples: Vec<CopyNoteExample>,
}

/// Everything that was noted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyNotes(BTreeMap<CopyNoteKind, CopyNote>);

impl CopyNotes {
    pub(super) fn add(&mut self, kind: CopyNoteKind, count: u64, example: impl FnOnce() -> CopyNoteExample) {
        let note = self.0.entry(kind).or_default();
        note.count += count;
        if note.examples.len() < limits::COPY_EXAMPLES {
            note.examples.push(example());
        }
    }

    /// By kind, what weighs most first.
    pub fn iter(&self) -> impl Iterator<Item = (CopyNoteKind, &CopyNote)> {
        self.0.iter().map(|(kind, note)| (*kind, note))
    }

    /// How often something was noted.
    #[must_use]
    pub fn count(&self, kind: CopyNoteKind) -> u64 {
        self.0.get(&kind).map_or(0, |note| note.count)
    }

    /// Events of clients that are not copied.
    #[must_use]
    pub fn losses(&self) -> u64 {
        self.iter().filter(|(kind, _)| kind.is_loss()).map(|(_, note)| note.count).sum()
    }
}

/// How the two sides differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyDifferenceKind {
    /// The target lacks an event.
    Missing,
    /// The target has an event that the source has not.
    Extra,
    /// The event stands elsewhere in the target's order.
    Order,
    /// The id at the same place.
    EventId,
    /// The stream.
    Stream,
    /// The place in the stream.
    Version,
    /// The event's type.
    EventType,
    /// The version of the payload's schema.
    SchemaVersion,
    /// The payload's bytes.
    Payload,
    /// The metadata's bytes.
    Metadata,
    /// The time.
    Time,
    /// What the target keeps of a stream: its length.
    StreamLength,
    /// The key of sealed personal data.
    Key,
}

/// A place where the target is not what a copy of the source would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyDifference {
    /// What differs.
    pub kind: CopyDifferenceKind,
    /// The stream.
    pub stream: StreamName,
    /// The event; nothing for a stream.
    pub event_id: Option<Uuid>,
    /// Its position in the source, if it is there.
    pub source: Option<Position>,
    /// Its position in the target, if it is there.
    pub target: Option<Position>,
    /// Both values, for people.
    pub message: String,
}

/// How the comparison of both sides ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyComparison {
    /// Events that stand on both sides and were compared.
    pub events: u64,
    /// Streams whose lengths were compared.
    pub streams: u64,
    /// Keys that were compared; 0 unless keys were copied.
    pub keys: u64,
    /// Differences, the first ones.
    pub differences: Vec<CopyDifference>,
    /// All differences, also those that are not listed.
    pub total: u64,
    /// Whether it ended early because there were too many.
    pub ended_early: bool,
    /// Chain hash at the end of both logs, if both keep one.
    pub chains: Option<(Hash, Hash)>,
}

impl CopyComparison {
    /// Whether the target is what a copy of the source is.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.total == 0
    }

    /// Whether it is the same log: positions, times and hashes too.
    #[must_use]
    pub fn identical(&self) -> bool {
        self.equal() && self.chains.is_some_and(|(source, target)| source == target)
    }
}

/// What became of the keys of sealed personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopiedKeys {
    /// Subjects with sealed data.
    pub subjects: u64,
    /// Keys that the target has now.
    pub copied: u64,
    /// Keys that it had already.
    pub already: u64,
    /// Subjects that have no key in the source: their data were erased.
    pub erased: u64,
    /// Subjects that have another key in the target, which stays.
    pub other: u64,
}

/// How a copy ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyReport {
    /// The source's last position when it began. What came later is for the next time.
    pub until: Position,
    /// Events of a full copy: in the source, and not left out.
    pub events: u64,
    /// Their payload and metadata, in bytes.
    pub bytes: u64,
    /// Streams that they belong to.
    pub streams: u64,
    /// Of these events, those that the target had before.
    pub already: u64,
    /// Those that were written now.
    pub copied: u64,
    /// What is not in the target as it is in the source.
    pub notes: CopyNotes,
    /// The keys of sealed personal data, if they were to be copied.
    pub keys: Option<CopiedKeys>,
    /// The comparison of both sides, if it was made.
    pub comparison: Option<CopyComparison>,
    /// Whether it was stopped before the end. Running it again goes on.
    pub cancelled: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// The target's place that holds something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyConflict {
    /// Stream of the event in the target.
    pub stream: StreamName,
    /// Its version there.
    pub version: StreamVersion,
    /// Its id.
    pub event_id: Uuid,
    /// Its position there.
    pub position: Position,
    /// Id of the event that the source would have there; nothing if the source ends before.
    pub wanted: Option<Uuid>,
    /// Stream, version and position of that one in the source, or what else differs; for people.
    pub reason: String,
}

impl fmt::Display for CopyConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, version, event_id, position, reason, .. } = self;
        write!(
            f,
            "at position {position} of the target stands event {event_id}, version {version} of {stream}: {reason}"
        )
    }
}

/// Which of the two stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopySide {
    /// What is copied.
    Source,
    /// Where it goes.
    Target,
}

impl fmt::Display for CopySide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "the source",
            Self::Target => "the target",
        })
    }
}

/// Why a copy did not come to its end. What was copied before stays; running it again goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The target holds something else than a beginning of the source. Nothing was written.
    #[error("the target holds something else: {0}")]
    Conflict(Box<CopyConflict>),
    /// Events of the source cannot be copied, and nobody agreed to leave them out. Nothing was written.
    #[error("{} events of the source cannot be copied", .0.notes.losses())]
    WouldLeaveOut(Box<CopyReport>),
    /// The keys of sealed personal data cannot be copied. Nothing was written.
    #[error("the keys of personal data cannot be copied: {reason}")]
    Keys {
        /// Why.
        reason: &'static str,
    },
    /// The target refuses an event.
    #[error("the target refuses the event at position {position} of the source, of stream {stream}: {error}")]
    Refused {
        /// Position in the source.
        position: Position,
        /// The event's stream.
        stream: StreamName,
        /// What the target said.
        error: AppendError,
    },
    /// Somebody else writes to the target.
    #[error(
        "somebody else writes to the target: position {found} came where {expected} was expected, in stream {stream}"
    )]
    Interleaved {
        /// Stream of the copied event.
        stream: StreamName,
        /// Where it belongs.
        expected: Position,
        /// Where it came.
        found: Position,
    },
    /// One of the two stores fails.
    #[error("{side}: {error}")]
    Store {
        /// Which one.
        side: CopySide,
        /// How.
        error: StoreError,
    },
}

impl CopyError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "copy_conflict",
            Self::WouldLeaveOut(_) => "would_leave_out",
            Self::Keys { .. } => "keys_not_copied",
            Self::Refused { .. } => "copy_refused",
            Self::Interleaved { .. } => "copy_interleaved",
            Self::Store { error, .. } => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Conflict(_) => {
                "Copy into an empty store, or into one that holds a beginning of this source. Nothing was written."
            }
            Self::WouldLeaveOut(_) => {
                "See the plan for which they are; put the archive beside the source, or agree to leave them out. Nothing was written."
            }
            Self::Keys { .. } => "Give both stores their master keys, or copy without keys. Nothing was written.",
            Self::Refused { .. } => "What was copied before stays. Look at the event in the source.",
            Self::Interleaved { .. } => "Copy into an empty store that nobody else writes to.",
            Self::Store { error, .. } => error.hint(),
        }
    }

    /// Whether trying the same again can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Store { error, .. } if error.retryable())
    }

    pub(super) fn source(error: StoreError) -> Self {
        Self::Store { side: CopySide::Source, error }
    }

    pub(super) fn target(error: StoreError) -> Self {
        Self::Store { side: CopySide::Target, error }
    }

    /// Whether it ended because somebody asked for it.
    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Store { error: StoreError::Cancelled, .. })
    }
}
