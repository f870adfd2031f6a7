//! Deciding without writing: what executing and dry-running share.

use std::sync::Arc;

use es_core::{
    Aggregate, AnyState, CommandContext, CommandError, Domain, EncodedEvent, EventReader, ParsedCommand, References,
    Rejection, StreamName, StreamVersion,
};

use crate::commands::CommandEnvelope;
use crate::engine::Inner;
use crate::load::{LoadError, Loaded, Loader};
use crate::outcome::ExecuteError;

/// Decides on a state and on the states that the command refers to.
pub(crate) fn decide(
    aggregate: &Arc<dyn Aggregate>,
    parsed: &ParsedCommand,
    context: &CommandContext,
    loaded: &Loaded,
    references: &References,
) -> Result<Vec<EncodedEvent>, Rejection> {
    aggregate.decide(&loaded.state, parsed, context, references)
}

/// Adds a state that a command refers to, unless its stream has no events.
pub(crate) fn refer(references: &mut References, stream: &StreamName, loaded: &Loaded) {
    if loaded.version > StreamVersion::ZERO {
        references.insert(stream.clone(), (*loaded.state).clone());
    }
}

impl Inner {
    /// The present states that a command refers to.
    pub(crate) async fn references(&self, parsed: &ParsedCommand) -> Result<References, LoadError> {
        let mut references = References::default();
        for stream in &parsed.references {
            self.reference(&mut references, stream).await?;
        }
        Ok(references)
    }

    /// Adds the present state of a stream, if there is an aggregate for it.
    pub(crate) async fn reference(&self, references: &mut References, stream: &StreamName) -> Result<(), LoadError> {
        if let Some(aggregate) = self.domain.aggregate(stream.category()) {
            refer(references, stream, &self.present(aggregate, stream).await?);
        }
        Ok(())
    }
}

/// The state after the decided events. Checked before anything is written: an event that cannot be read back would make the
/// stream unreadable for ever.
pub(crate) fn evolve_own(
    aggregate: &Arc<dyn Aggregate>,
    parsed: &ParsedCommand,
    loaded: &Loaded,
    events: &[EncodedEvent],
) -> Result<Loaded, ExecuteError> {
    let mut after = loaded.clone();
    let state = Arc::make_mut(&mut after.state);
    for event in events {
        let evolved = aggregate.evolve(state, event.event_type, &event.payload);
        evolved.map_err(|error| ExecuteError::UnreadableDecision {
            command_type: parsed.command_type.clone(),
            stream: parsed.stream.clone(),
            reason: error.to_string(),
        })?;
        after.version = after.version.next();
    }
    Ok(after)
}

/// What a command would do now.
#[derive(Clone)]
pub enum DryRun {
    /// These events would be written.
    Accepted {
        /// The stream.
        stream: StreamName,
        /// Its present version.
        version: StreamVersion,
        /// The events; none if there is nothing to do.
        events: Vec<EncodedEvent>,
        /// The state now.
        before: AnyState,
        /// The state after the events.
        after: AnyState,
        /// The state now, as JSON text.
        before_json: String,
        /// The state after the events, as JSON text.
        after_json: String,
    },
    /// A rule would refuse it.
    Rejected(Rejection),
    /// Its stream has another version than the one that the command names.
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What is expected.
        expected: StreamVersion,
        /// What is there.
        actual: StreamVersion,
    },
    /// It is not a command of this domain.
    Invalid(CommandError),
}

/// What was decided on a command, with nothing written yet.
pub enum Decision {
    /// Events that are not written.
    Accepted(Box<Decided>),
    /// A rule refuses it.
    Rejected {
        /// The stream.
        stream: StreamName,
        /// The version that it was decided on.
        version: StreamVersion,
        /// The rule, with its numbers.
        rejection: Rejection,
    },
    /// It is not a command of this domain.
    Invalid(CommandError),
}

impl Decision {
    /// Where executing the command would end before any rule is asked: its stream, the version that it names, and the one
    /// that is there.
    #[must_use]
    pub fn conflict(&self, command: &CommandEnvelope) -> Option<(&StreamName, StreamVersion, StreamVersion)> {
        let (stream, actual) = match self {
            Self::Accepted(decided) => (decided.stream(), decided.version()),
            Self::Rejected { stream, version, .. } => (stream, *version),
            Self::Invalid(_) => return None,
        };
        let expected = command.expected_version.filter(|expected| *expected != actual)?;
        Some((stream, expected, actual))
    }
}

/// A command that is decided on the state of a version and not written. [`Engine::append`](crate::Engine::append) writes it if
/// its stream still has that version then.
pub struct Decided {
    pub(crate) aggregate: Arc<dyn Aggregate>,
    pub(crate) parsed: ParsedCommand,
    pub(crate) context: CommandContext,
    pub(crate) loaded: Loaded,
    pub(crate) events: Vec<EncodedEvent>,
    after: Loaded,
}

impl Decided {
    /// The stream.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.parsed.stream
    }

    /// The version that it was decided on.
    #[must_use]
    pub fn version(&self) -> StreamVersion {
        self.loaded.version
    }

    /// The events; none if there is nothing to do.
    #[must_use]
    pub fn events(&self) -> &[EncodedEvent] {
        &self.events
    }

    /// The state that it was decided on, as JSON text.
    #[must_use]
    pub fn before_json(&self) -> String {
        self.aggregate.state_json(&self.loaded.state)
    }

    /// The state after the events, as JSON text.
    #[must_use]
    pub fn after_json(&self) -> String {
        self.aggregate.state_json(&self.after.state)
    }
}

impl From<Decision> for DryRun {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Accepted(decided) => Self::Accepted {
                stream: decided.stream().clone(),
                version: decided.version(),
                before_json: decided.before_json(),
                after_json: decided.after_json(),
                before: (*decided.loaded.state).clone(),
                after: (*decided.after.state).clone(),
                events: decided.events,
            },
            Decision::Rejected { rejection, .. } => Self::Rejected(rejection),
            Decision::Invalid(error) => Self::Invalid(error),
        }
    }
}

/// Decides a command on present state, as executing it would: a version that it names is compared first. Takes a reader only:
/// it cannot write.
///
/// # Errors
/// The store fails, or a history that the decision needs cannot be read.
pub async fn dry_run(
    reader: &dyn EventReader,
    domain: &Domain,
    envelope: &CommandEnvelope,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<DryRun, ExecuteError> {
    let decision = decide_now(reader, domain, envelope, now).await?;
    if let Some((stream, expected, actual)) = decision.conflict(envelope) {
        return Ok(DryRun::Conflict { stream: stream.clone(), expected, actual });
    }
    Ok(decision.into())
}

/// Decides a command on present state, and keeps what an append of it needs.
pub(crate) async fn decide_now(
    reader: &dyn EventReader,
    domain: &Domain,
    envelope: &CommandEnvelope,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Decision, ExecuteError> {
    let (aggregate, parsed) = match domain.parse_command(&envelope.command_type, &envelope.payload) {
        Ok(found) => found,
        Err(error) => return Ok(Decision::Invalid(error)),
    };
    let loader = Loader { reader, domain, snapshots: None };
    let loaded = loader.load(&**aggregate, &parsed.stream).await?;
    let context = envelope.context(now);
    let mut references = References::default();
    for stream in &parsed.references {
        if let Some(other) = domain.aggregate(stream.category()) {
            refer(&mut references, stream, &loader.load(&**other, stream).await?);
        }
    }
    let events = match decide(aggregate, &parsed, &context, &loaded, &references) {
        Ok(events) => events,
        Err(rejection) => {
            return Ok(Decision::Rejected { stream: parsed.stream, version: loaded.version, rejection });
        }
    };
    let after = evolve_own(aggregate, &parsed, &loaded, &events)?;
    let aggregate = Arc::clone(aggregate);
    Ok(Decision::Accepted(Box::new(Decided { aggregate, parsed, context, loaded, events, after })))
}
