//! What a what-if is about: where it forks, what is changed of what followed, and what is asked then. Kept as a file, so that it
//! can be run again, by somebody else and from the command line.

use chrono::{DateTime, NaiveDate, Utc};
use es_core::{Position, StreamName, StreamVersion};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::limits;

/// Says what a file is.
const FORMAT: &str = "ledgerscope-what-if";
/// The newest version of the format.
const VERSION: u32 = 1;
/// How names of scenario files end.
pub const SCENARIO_EXTENSION: &str = "whatif.json";

/// A what-if, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    format: Format,
    version: u32,
    /// What it is about, for people.
    pub title: String,
    /// The streams that it is about. What their processes and commands need of others is found when it runs.
    pub streams: Vec<StreamName>,
    /// Whether streams take part that have events of the same correlation as those around the fork.
    #[serde(default)]
    pub correlated: bool,
    /// Everything up to here is the same on both lanes.
    pub fork: Fork,
    /// Up to where events that were recorded after the fork are facts of the what-if too, but for the edits.
    pub through: Through,
    /// The time at which the steps begin; nothing: that of the last event before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<DateTime<Utc>>,
    /// What is different about the recorded events after the fork, in the order in which it is done.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// What is done then.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Where a what-if forks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Fork {
    /// After this place in the log.
    #[serde(with = "in_words")]
    Position(Position),
    /// After this version of a stream; 0 is before its first event.
    Stream {
        /// The stream.
        name: StreamName,
        /// The version.
        #[serde(with = "in_words")]
        version: StreamVersion,
    },
}

/// Up to where recorded events are taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Through {
    /// None of them.
    Fork,
    /// All that there are when it runs.
    Head,
    /// Those up to this place in the log.
    #[serde(with = "in_words")]
    Position(Position),
}

/// An event that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum EventRef {
    /// By its place in the log.
    #[serde(with = "in_words")]
    Position(Position),
    /// By its id, which it has on every store that it was copied to.
    Id(Uuid),
}

/// A difference to what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Edit {
    /// It has not happened.
    Skip {
        /// The event.
        event: EventRef,
    },
    /// It has happened with another content or at another time. Type and schema version stay.
    Replace {
        /// The event.
        event: EventRef,
        /// Another payload.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<JsonText>,
        /// Another time, not before that of the event in front of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recorded_at: Option<DateTime<Utc>>,
    },
    /// Something else has happened.
    Insert {
        /// Behind which event; nothing: right after the fork. What is inserted at one place stays in order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<EventRef>,
        /// The event.
        inserted: Insertion,
    },
    /// It has happened at another place. It is recorded at the time of that place.
    Move {
        /// The event.
        event: EventRef,
        /// Behind which event; nothing: right after the fork.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<EventRef>,
    },
}

/// An event that nobody has recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Insertion {
    /// Its stream.
    pub stream: StreamName,
    /// Its type.
    pub event_type: String,
    /// Version of its payload's schema.
    pub schema_version: u32,
    /// Its payload.
    pub payload: JsonText,
    /// Its metadata; nothing: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<JsonText>,
    /// Its time; nothing: that of the event in front of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<DateTime<Utc>>,
}

/// Something that is done after the fork.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// A command is sent.
    Command(CommandStep),
    /// Time passes. Processes work, and timers fire when they are due.
    Clock(ClockStep),
    /// Processes work until nothing is left to do at this time.
    Processes,
}

/// A command that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandStep {
    /// Its name.
    pub command_type: String,
    /// Its payload.
    pub payload: JsonText,
    /// Who asks.
    pub actor: String,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The business day, if it is not the clock's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_date: Option<NaiveDate>,
}

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ClockStep {
    /// Until this moment.
    To(DateTime<Utc>),
    /// By so many seconds.
    BySeconds(u32),
}

/// JSON in one line: numbers, texts and the order of keys stay as they are written. However a person, a file or the window has laid
/// it out, the same JSON is the same value, and what is made of it has the same hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(String);

/// The only value of the field that says what a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "ledgerscope-what-if")]
    WhatIf,
}

/// Why a text is no scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// It is something else.
    #[error("this is no what-if: {reason}")]
    NotAScenario {
        /// What was found.
        reason: String,
    },
    /// A newer version of the program wrote it.
    #[error("this what-if has version {found} of its format; this program knows versions up to {VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
    /// Something in it does not fit the format.
    #[error("this what-if does not fit its format: {reason}")]
    Misfit {
        /// What and where.
        reason: String,
    },
    /// It has too much of something.
    #[error("this what-if has {actual} {what}; at most {most} can be run")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        actual: usize,
        /// How many may be.
        most: usize,
    },
}

impl ScenarioError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAScenario { .. } => "not_a_scenario",
            Self::Newer { .. } => "newer_scenario",
            Self::Misfit { .. } => "scenario_misfit",
            Self::TooMany { .. } => "scenario_too_large",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAScenario { .. } => "Choose a file whose name ends with .whatif.json.",
            Self::Newer { .. } => "Open it with a newer version of the program.",
            Self::Misfit { .. } => "Correct the file at the place that is named, or save it anew from the window.",
            Self::TooMany { .. } => "Divide it, or fork later.",
        }
    }
}

impl Scenario {
    /// A fork without any difference.
    #[must_use]
    pub fn new(title: impl Into<String>, fork: Fork, streams: Vec<StreamName>) -> Self {
        Self {
            format: Format::WhatIf,
            version: VERSION,
            title: title.into(),
            streams,
            correlated: false,
            fork,
            through: Through::Fork,
            clock: None,
            edits: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Reads a scenario from the text of its file.
    ///
    /// # Errors
    /// Something else, a newer format, or something in it that does not fit.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        #[derive(Deserialize)]
        struct Header {
            format: Option<String>,
            version: Option<u64>,
        }
        let header: Header =
            serde_json::from_str(text).map_err(|error| ScenarioError::NotAScenario { reason: error.to_string() })?;
        if header.format.as_deref() != Some(FORMAT) {
            let reason = format!("its \"format\" is not {FORMAT:?}");
            return Err(ScenarioError::NotAScenario { reason });
        }
        if let Some(found) = header.version.filter(|found| *found > u64::from(VERSION)) {
            return Err(ScenarioError::Newer { found });
        }
        let read: Result<Self, _> = serde_json::from_str(text);
        let scenario = read.map_err(|error| ScenarioError::Misfit { reason: error.to_string() })?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Whether it can be run: what a file says and what a program puts together.
    ///
    /// # Errors
    /// No stream, or too much of something.
    pub fn check(&self) -> Result<(), ScenarioError> {
        if self.streams.is_empty() {
            return Err(ScenarioError::Misfit { reason: "it names no stream".to_owned() });
        }
        let within = |what, actual, most| {
            if actual > most { Err(ScenarioError::TooMany { what, actual, most }) } else { Ok(()) }
        };
        within("streams", self.streams.len(), limits::WHAT_IF_STREAMS)?;
        within("edits", self.edits.len(), limits::WHAT_IF_EDITS)?;
        within("steps", self.steps.len(), limits::WHAT_IF_STEPS)
    }

    /// The id under which the command of a step is sent, by its index: the same scenario, the same ids, so that what processes
    /// derive from them is the same too.
    #[must_use]
    pub fn command_id(index: usize) -> Uuid {
        super::id_of("command", index)
    }

    /// The id of the event that an edit inserts, by the edit's index.
    #[must_use]
    pub fn inserted_id(index: usize) -> Uuid {
        super::id_of("inserted", index)
    }

    /// The text of its file: the same scenario, the same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Texts, numbers and checked JSON only: writing it cannot fail.
        let text = serde_json::to_string(self).unwrap_or_default();
        crate::json::pretty(&text).unwrap_or(text) + "\n"
    }
}

impl JsonText {
    /// Takes a text that is JSON.
    ///
    /// # Errors
    /// What the parser said, with line and column.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        crate::json::compact(&text.into()).map(Self).map_err(|error| error.reason)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::new(raw.get()).map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for EventRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Position(position) => write!(f, "the event at position {position}"),
            Self::Id(id) => write!(f, "event {id}"),
        }
    }
}

/// Positions and versions as texts: a file may pass through programs that round numbers.
mod in_words {
    use std::fmt::Display;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<T: Display, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, T: From<u64>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number: u64 = text.parse().map_err(|_| Error::custom(format!("{text:?} is no position or version")))?;
        if number > i64::MAX as u64 {
            return Err(Error::custom(format!("{text} is beyond every position and version")));
        }
        Ok(number.into())
    }
}
