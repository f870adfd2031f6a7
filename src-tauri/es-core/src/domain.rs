//! A domain as one value: what engines and inspectors are given instead of a dependency on a certain domain crate.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::decider::{Aggregate, CommandDescriptor, CommandError, EventTypeDescriptor, ParsedCommand};
use crate::language::Language;
use crate::process::Process;
use crate::projection::{ProjectedEvent, Projection};
use crate::upcast::UpcasterRegistry;

/// Tells an event in one sentence for people.
pub type Sentence = fn(&ProjectedEvent<'_>, Language) -> String;

/// What an English text of the domain says in a language: reasons, descriptions, messages of rules. Nothing if the text is none
/// of the domain's, such as the words of a person, or if the language is English.
pub type Translation = fn(&str, Language) -> Option<String>;

/// The day from which an event counts, if it has one of its own that may differ from the day on which it was recorded.
pub type ValueDate = fn(&ProjectedEvent<'_>) -> Option<NaiveDate>;

/// Everything a domain brings.
pub struct Domain {
    /// Name for people.
    pub name: &'static str,
    /// Its aggregates.
    pub aggregates: Vec<Arc<dyn Aggregate>>,
    /// Its schema evolution.
    pub upcasters: UpcasterRegistry,
    /// Its commands.
    pub commands: Vec<CommandDescriptor>,
    /// Its current event types.
    pub event_types: Vec<EventTypeDescriptor>,
    /// Its read models.
    pub projections: Vec<Arc<dyn Projection>>,
    /// Its process managers.
    pub processes: Vec<Arc<dyn Process>>,
    /// Tells an event in one sentence.
    pub sentence: Sentence,
    /// Tells in another language what the domain's texts say in English.
    pub translation: Translation,
    /// Tells the day from which an event counts.
    pub value_date: ValueDate,
}

impl Domain {
    /// The aggregate of a category.
    #[must_use]
    pub fn aggregate(&self, category: &str) -> Option<&Arc<dyn Aggregate>> {
        self.aggregates.iter().find(|aggregate| aggregate.category() == category)
    }

    /// The read model with this name.
    #[must_use]
    pub fn projection(&self, name: &str) -> Option<&Arc<dyn Projection>> {
        self.projections.iter().find(|projection| projection.name() == name)
    }

    /// Describes a command.
    #[must_use]
    pub fn command(&self, command_type: &str) -> Option<&CommandDescriptor> {
        self.commands.iter().find(|command| command.command_type == command_type)
    }

    /// Reads a command and finds who decides it.
    ///
    /// # Errors
    /// Unknown command, malformed JSON, or another shape than the schema's.
    pub fn parse_command(
        &self,
        command_type: &str,
        payload: &str,
    ) -> Result<(&Arc<dyn Aggregate>, ParsedCommand), CommandError> {
        let unknown = || CommandError::UnknownCommand { command_type: command_type.to_owned() };
        let descriptor = self.command(command_type).ok_or_else(unknown)?;
        let aggregate = self.aggregate(descriptor.category).ok_or_else(unknown)?;
        aggregate.parse(command_type, payload).map(|parsed| (aggregate, parsed))
    }

    /// Identifies states of this code: snapshots and caches with another fingerprint are not used.
    #[must_use]
    pub fn fingerprint(&self, aggregate: &dyn Aggregate) -> String {
        format!("{}/{}/{}", aggregate.category(), aggregate.state_version(), self.upcasters.digest())
    }
}
