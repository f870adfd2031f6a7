//! A scene as it is kept: exact JSON that refuses what it does not know.

use chrono::{DateTime, Utc};
use es_core::Domain;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::SceneError;
use crate::limits;
use crate::what_if::{ClockStep, JsonText};

/// Says what a file is.
pub(super) const FORMAT: &str = "ledgerscope-scene";
/// The newest version of the format.
pub(super) const VERSION: u32 = 1;
/// How names of scene files end.
pub const SCENE_EXTENSION: &str = "scene.json";

/// A scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scene {
    format: Format,
    version: u32,
    /// What it is called.
    pub title: Words,
    /// What it shows, in a sentence or two.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub description: Words,
    /// The bank that it begins with: the checkpoint.
    pub base: Base,
    /// What is done then, one after the other.
    pub steps: Vec<Step>,
}

/// A text for people, in each language that it is there in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// In English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// In German.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub de: Option<String>,
}

/// The bank that a scene begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Base {
    /// A simulated history; nothing: an empty store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<Bank>,
    /// What the scene's clock shows when it begins: not before the last event of the history. It stands still but for its steps.
    pub clock: DateTime<Utc>,
    /// What is done before the checkpoint; all of it has to be carried out.
    #[serde(default)]
    pub set_up: Vec<CommandStep>,
}

/// A simulated history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bank {
    /// Decides everything that is left to chance.
    pub seed: u32,
    /// How many events it has.
    pub events: u32,
}

/// One step of a scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What it does, in one sentence.
    pub title: Words,
    /// What the presenter says.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub notes: Words,
    /// How long it stays on the screen when the scene plays by itself; the usual time if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<u32>,
    /// What it does.
    pub does: StepKind,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum StepKind {
    /// Nothing: it is there for its notes.
    Note,
    /// Shows a place of the window, by its address (`#/…`).
    Show(String),
    /// Time passes. Processes work, and timers fire when they are due.
    Clock(ClockStep),
    /// A command is sent, and processes do what follows from it.
    Command(CommandStep),
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
    /// Its id, if later steps depend on it; one that follows from its place if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_id: Option<Uuid>,
    /// What the scene promises of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// What a scene promises of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Expect {
    /// It is carried out.
    Executed {
        /// The types of all events that it leads to, those of processes included, in the log's order; anything if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        events: Option<Vec<String>>,
    },
    /// A rule refuses it.
    Rejected {
        /// The rule's code.
        code: String,
    },
}

/// The only value of the field that says what a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "ledgerscope-scene")]
    Scene,
}

impl Words {
    /// A text in one language.
    #[must_use]
    pub fn english(text: impl Into<String>) -> Self {
        Self { en: Some(text.into()), de: None }
    }

    /// Whether it is there in no language.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.each().all(|text| text.trim().is_empty())
    }

    /// In English if it is there, else in German; for programs and terminals.
    #[must_use]
    pub fn plain(&self) -> &str {
        self.each().find(|text| !text.trim().is_empty()).unwrap_or_default()
    }

    fn each(&self) -> impl Iterator<Item = &str> {
        [self.en.as_deref(), self.de.as_deref()].into_iter().flatten()
    }
}

impl Scene {
    /// A scene without steps.
    #[must_use]
    pub fn new(title: Words, base: Base) -> Self {
        Self { format: Format::Scene, version: VERSION, title, description: Words::default(), base, steps: Vec::new() }
    }

    /// The same scene under another title.
    #[must_use]
    pub fn titled(self, title: Words) -> Self {
        Self { title, ..self }
    }

    /// Reads a scene from the text of its file.
    ///
    /// # Errors
    /// Something else, a newer format, or something in it that does not fit.
    pub fn parse(text: &str) -> Result<Self, SceneError> {
        #[derive(Deserialize)]
        struct Header {
            format: Option<String>,
            version: Option<u64>,
        }
        let header: Header =
            serde_json::from_str(text).map_err(|error| SceneError::NotAScene { reason: error.to_string() })?;
        if header.format.as_deref() != Some(FORMAT) {
            return Err(SceneError::another_format());
        }
        if let Some(found) = header.version.filter(|found| *found > u64::from(VERSION)) {
            return Err(SceneError::Newer { found });
        }
        let read: Result<Self, _> = serde_json::from_str(text);
        let scene = read.map_err(|error| SceneError::Misfit { reason: error.to_string() })?;
        scene.check()?;
        Ok(scene)
    }

    /// Whether it can be played, as far as that shows without its bank: what a file says and what a program puts together.
    ///
    /// # Errors
    /// No title, too much of something, an address that is none, or a clock that goes back.
    pub fn check(&self) -> Result<(), SceneError> {
        let within = |what, actual, most| match actual > most {
            true => Err(SceneError::TooMany { what, actual, most }),
            false => Ok(()),
        };
        within("steps", self.steps.len(), limits::SCENE_STEPS)?;
        within("commands before its checkpoint", self.base.set_up.len(), limits::SCENE_SET_UP)?;
        let events = self.base.bank.map_or(0, |bank| usize::try_from(bank.events).unwrap_or(usize::MAX));
        within("simulated events", events, limits::SCENE_BANK_EVENTS)?;
        has_title("the scene", &self.title)?;
        short("the scene's title", &self.title, limits::SCENE_TITLE_BYTES)?;
        short("the scene's description", &self.description, limits::SCENE_NOTE_BYTES)?;
        self.steps.iter().enumerate().try_for_each(|(index, step)| step.check(&place_of(index)))?;
        self.check_clock()
    }

    /// Whether its commands are commands of a domain.
    ///
    /// # Errors
    /// The first one that is none, or has another shape.
    pub fn check_commands(&self, domain: &Domain) -> Result<(), SceneError> {
        let set_up = self.base.set_up.iter().enumerate().map(|(index, command)| (place_before(index), command));
        let steps = self.steps.iter().enumerate().filter_map(|(index, step)| match &step.does {
            StepKind::Command(command) => Some((place_of(index), command)),
            StepKind::Note | StepKind::Show(_) | StepKind::Clock(_) => None,
        });
        for (place, command) in set_up.chain(steps) {
            if let Err(error) = domain.parse_command(&command.command_type, command.payload.as_str()) {
                return Err(SceneError::NoSuchCommand { place, reason: error.to_string() });
            }
        }
        Ok(())
    }

    /// The id under which the command of a step is sent, by its place: the same scene, the same ids, so that what is derived
    /// from them (entries, steps of processes) is the same too.
    #[must_use]
    pub fn command_id(index: usize) -> Uuid {
        id_of("step", index)
    }

    /// Likewise, of a command before the checkpoint.
    #[must_use]
    pub fn set_up_id(index: usize) -> Uuid {
        id_of("set-up", index)
    }

    /// The text of its file: the same scene, the same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Texts, numbers and checked JSON only: writing it cannot fail.
        let text = serde_json::to_string(self).unwrap_or_default();
        crate::json::pretty(&text).unwrap_or(text) + "\n"
    }

    fn check_clock(&self) -> Result<(), SceneError> {
        let mut now = self.base.clock_at_checkpoint();
        for (index, step) in self.steps.iter().enumerate() {
            let to = match step.does {
                StepKind::Note | StepKind::Show(_) => continue,
                StepKind::Command(_) => now + limits::SCENE_COMMAND_TAKES,
                StepKind::Clock(ClockStep::To(time)) => time,
                StepKind::Clock(ClockStep::BySeconds(seconds)) => now + chrono::Duration::seconds(i64::from(seconds)),
            };
            if to < now {
                return Err(SceneError::ClockGoesBack { place: place_of(index), from: now, to });
            }
            if to > now + limits::SCENE_CLOCK_STEP {
                let reason =
                    format!("{} lets more than {} days pass", place_of(index), limits::SCENE_CLOCK_STEP.num_days());
                return Err(SceneError::Misfit { reason });
            }
            now = to;
        }
        Ok(())
    }
}

impl Base {
    /// What the scene's clock shows at its checkpoint: each command before it has taken its time.
    #[must_use]
    pub fn clock_at_checkpoint(&self) -> DateTime<Utc> {
        let commands = i32::try_from(self.set_up.len()).unwrap_or(i32::MAX);
        self.clock + limits::SCENE_COMMAND_TAKES * commands
    }

    /// What tells it from every other base: the same text, the same bank.
    #[must_use]
    pub fn to_text(&self) -> String {
        // As above.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Step {
    fn check(&self, place: &str) -> Result<(), SceneError> {
        has_title(place, &self.title)?;
        short(&format!("the title of {place}"), &self.title, limits::SCENE_TITLE_BYTES)?;
        short(&format!("the notes of {place}"), &self.notes, limits::SCENE_NOTE_BYTES)?;
        if let Some(pause) = self.pause_seconds.filter(|pause| *pause > limits::SCENE_PAUSE_SECONDS) {
            let reason = format!(
                "{place} pauses for {pause} seconds; at most {} can be waited for",
                limits::SCENE_PAUSE_SECONDS
            );
            return Err(SceneError::Misfit { reason });
        }
        let StepKind::Show(address) = &self.does else { return Ok(()) };
        if !address.starts_with("#/")
            || address.len() > limits::SCENE_ADDRESS_BYTES
            || address.contains(char::is_control)
        {
            let reason = format!("{place} shows something that is no address of the window (#/…)");
            return Err(SceneError::Misfit { reason });
        }
        Ok(())
    }
}

pub(super) fn place_of(index: usize) -> String {
    format!("step {}", index + 1)
}

pub(super) fn place_before(index: usize) -> String {
    format!("command {} before the checkpoint", index + 1)
}

fn has_title(place: &str, title: &Words) -> Result<(), SceneError> {
    match title.is_empty() {
        true => Err(SceneError::Misfit { reason: format!("{place} has no title in any language") }),
        false => Ok(()),
    }
}

fn short(place: &str, words: &Words, most: usize) -> Result<(), SceneError> {
    match words.each().map(str::len).find(|actual| *actual > most) {
        Some(actual) => Err(SceneError::TooLong { place: place.to_owned(), actual, most }),
        None => Ok(()),
    }
}

fn id_of(what: &str, number: usize) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ledgerscope:scene");
    Uuid::new_v5(&namespace, format!("{what}\n{number}").as_bytes())
}
