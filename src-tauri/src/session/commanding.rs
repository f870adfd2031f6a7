//! Commands: what there is, what they would do, what came of them.

use std::sync::Arc;
use std::time::Duration;

use es_core::{
    Appended, CommandError, EncodedEvent, EventReader, RecordedEvent, Rejection, StreamName, StreamVersion,
    WrittenEvent, limits,
};
use es_runtime::{CommandEnvelope, Decided, Decision, Engine, Outcome, WaitError};
use inspector::{Inspector, pretty_event};

use super::{Session, arguments};
use crate::composition;
use crate::wire::{
    AppError, CommandInfo, CommandRequest, CommandResult, Detail, DryRun, EventRow, ReadModelReach, ReadModelsReach,
    RefusedLater, StateView, UpcastEventView, Violation,
};

/// Where commands of the window come from, as the events' metadata tells it.
pub(super) const CHANNEL: &str = "desktop";

impl Session {
    /// Commands that people issue.
    #[must_use]
    pub fn commands(&self) -> Vec<CommandInfo> {
        let for_people = self.domain.commands.iter().filter(|command| command.for_people);
        for_people
            .map(|command| CommandInfo {
                command_type: command.command_type.to_owned(),
                category: command.category.to_owned(),
                title: command.title.to_owned(),
                description: command.description.to_owned(),
                schema: command.schema.to_string(),
                example: command.example.to_string(),
            })
            .collect()
    }

    /// Where a payload does not fit its command; nowhere, if rules could decide on it. Looks at nothing but the schema.
    #[must_use]
    pub fn check_command(&self, command_type: &str, payload: &str) -> Vec<Violation> {
        match self.domain.parse_command(command_type, payload) {
            Ok(_) => Vec::new(),
            Err(error) => match invalid(&error) {
                (_, message, violations) if violations.is_empty() => vec![Violation { path: String::new(), message }],
                (_, _, violations) => violations,
            },
        }
    }

    /// What a command would do now, and what processes would make of it at once; writes nothing. A transfer is accepted
    /// here and refused there, so the one says little without the other.
    ///
    /// # Errors
    /// A bad id or actor, a history that does not decode, or the store does not answer.
    pub async fn dry_run(&self, request: CommandRequest) -> Result<DryRun, AppError> {
        let envelope = envelope(&request)?;
        let decision = self.engine.decide(&envelope).await?;
        if let Some((stream, expected, actual)) = decision.conflict(&envelope) {
            let (expected, actual) = (expected.to_string(), actual.to_string());
            return Ok(DryRun::Conflict { stream: stream.to_string(), expected, actual });
        }
        let mut told = self.told_decision(&decision);
        if let (DryRun::Accepted { events, state, follows, refused, .. }, Decision::Accepted(decided)) =
            (&mut told, &decision)
            && !events.is_empty()
            && let Some(rehearsed) = self.rehearse_what_follows(envelope, decided.version()).await
        {
            *follows = Some(rehearsed.follows);
            *refused = rehearsed.refused;
            if let Some(after) = rehearsed.state {
                **state = after;
            }
        }
        Ok(told)
    }

    /// The steps of processes that would be written with a command, rehearsed in memory above a log that is only read.
    async fn rehearse_what_follows(&self, envelope: CommandEnvelope, before: StreamVersion) -> Option<Rehearsed> {
        let rehearsed = async {
            let engine = self.rehearsing().await?;
            let outcome = engine.execute(&CommandEnvelope { expected_version: None, ..envelope }).await?;
            let Outcome::Executed { stream, consequences, .. } = outcome else { return Ok(None) };
            let events = stored(&engine, &consequences).await?;
            let last = events.iter().filter(|event| event.stream == stream).map(|event| event.version).max();
            let state = match last {
                Some(last) => Some(self.rehearsed_state(&engine, &stream, (before, last)).await?),
                None => None,
            };
            let follows = events.iter().map(|event| self.inspector.summary(event).into()).collect();
            Ok::<_, AppError>(Some(Rehearsed { follows, refused: self.refused_later(&events), state }))
        };
        // The decision stands without it.
        rehearsed.await.inspect_err(|error| tracing::warn!(%error, "what follows is not rehearsed")).ok().flatten()
    }

    /// The state after everything that is rehearsed, compared with the one before it.
    async fn rehearsed_state(
        &self,
        engine: &Engine,
        stream: &StreamName,
        (before, last): (StreamVersion, StreamVersion),
    ) -> Result<StateView, AppError> {
        let log: Arc<dyn EventReader> = Arc::clone(engine.queries().events());
        let inspector = Inspector::new(log, Arc::clone(&self.domain), composition::view());
        let after = inspector.state_at(stream, last, Some(before), &self.stop()).await?;
        Ok(StateView { event: None, last_version: before.to_string(), ..after.into() })
    }

    /// The rule that refuses what was asked for, if an event among those that follow records one.
    fn refused_later(&self, events: &[RecordedEvent]) -> Option<RefusedLater> {
        let refusals = events.iter().filter_map(|event| {
            let parts = self.domain.upcasters.upcast(event).ok()?;
            parts.iter().find_map(|part| bank::transfer::RefusedLater::of(&part.event_type, &part.payload))
        });
        refusals.map(RefusedLater::from).next()
    }

    /// Carries a command out; the same id is never carried out twice.
    ///
    /// # Errors
    /// A bad id or actor, an id used for something else, a history that does not decode, or the store cannot be written or does
    /// not answer.
    pub async fn execute(&self, request: CommandRequest) -> Result<CommandResult, AppError> {
        let (result, goes_on) = self.execute_alone(request).await?;
        if goes_on {
            self.carry_on();
        }
        Ok(result)
    }

    /// The same; where processes do not run by themselves, the caller lets them. With it, whether there may be something for
    /// them to do.
    pub(super) async fn execute_alone(&self, request: CommandRequest) -> Result<(CommandResult, bool), AppError> {
        let envelope = envelope(&request)?;
        self.writable()?;
        let outcome = self.engine.execute(&envelope).await?;
        let goes_on = matches!(outcome, Outcome::Executed { .. } | Outcome::AlreadyDone { .. });
        Ok((self.told_outcome(&self.engine, outcome).await?, goes_on))
    }

    /// What was decided, with the state that it leads to.
    pub(super) fn told_decision(&self, decision: &Decision) -> DryRun {
        match decision {
            Decision::Accepted(decided) => DryRun::Accepted {
                stream: decided.stream().to_string(),
                version: decided.version().to_string(),
                events: decided.events().iter().map(encoded).collect(),
                state: Box::new(self.state_after(decided)),
                follows: None,
                refused: None,
            },
            Decision::Rejected { rejection: Rejection { code, message, details }, .. } => {
                DryRun::Rejected { code: code.clone(), message: message.clone(), details: named(details.clone()) }
            }
            Decision::Invalid(error) => {
                let (code, message, violations) = invalid(error);
                DryRun::Invalid { code, message, violations }
            }
        }
    }

    /// How a command ended on an engine's log, with the events that it wrote there.
    pub(super) async fn told_outcome(&self, engine: &Engine, outcome: Outcome) -> Result<CommandResult, AppError> {
        let position = outcome.position().unwrap_or_default().to_string();
        Ok(match outcome {
            Outcome::Executed { stream, appended, consequences } => {
                let events = self.written(engine, &appended).await?;
                let refused = self.refused_later(&stored(engine, &consequences).await?);
                CommandResult::Executed { stream: stream.to_string(), events, position, refused }
            }
            Outcome::AlreadyDone { stream, appended } => {
                let events = self.written(engine, &appended).await?;
                CommandResult::AlreadyDone { stream: stream.to_string(), events, position }
            }
            Outcome::Unavailable(unavailable) => {
                tracing::warn!(code = unavailable.code(), error = ?unavailable.error, "the store does not answer a command");
                CommandResult::Unavailable {
                    code: unavailable.code().to_owned(),
                    message: crate::errors::sentence(&unavailable.message()),
                    hint: unavailable.hint().to_owned(),
                    outcome_unknown: unavailable.outcome_unknown,
                    retryable: unavailable.retryable(),
                }
            }
            Outcome::Rejected(Rejection { code, message, details }) => {
                CommandResult::Rejected { code, message, details: named(details) }
            }
            Outcome::Conflict { stream, expected, actual, attempts } => CommandResult::Conflict {
                stream: stream.to_string(),
                expected: expected.to_string(),
                actual: actual.to_string(),
                attempts,
            },
            Outcome::Invalid(error) => {
                let (code, message, violations) = invalid(&error);
                CommandResult::Invalid { code, message, violations }
            }
        })
    }

    /// Waits until every running projection has seen a position; false if that took too long.
    ///
    /// # Errors
    /// The position is not one, or the store does not answer.
    pub async fn wait_until(&self, position: &str) -> Result<bool, AppError> {
        let position = arguments::position(position)?;
        match self.engine.queries().wait_until(position, limits::WAIT_UNTIL_TIMEOUT).await {
            Ok(()) => Ok(true),
            Err(behind @ WaitError::Behind { .. }) => {
                tracing::info!(%behind, "read models are behind");
                Ok(false)
            }
            Err(WaitError::Store(error)) => Err(error.into()),
        }
    }

    /// How far each read model is on its way to a position. Does not wait.
    ///
    /// # Errors
    /// The position is not one, or the store does not answer.
    pub async fn read_models_reach(&self, position: &str) -> Result<ReadModelsReach, AppError> {
        let position = arguments::position(position)?;
        let queries = self.engine.queries();
        let behind = match queries.wait_until(position, Duration::ZERO).await {
            Ok(()) => Vec::new(),
            Err(WaitError::Behind { behind, .. }) => behind,
            Err(WaitError::Store(error)) => return Err(error.into()),
        };
        let mut models = Vec::with_capacity(self.domain.projections.len());
        for name in self.domain.projections.iter().map(|projection| projection.name()) {
            let late = behind.iter().find(|late| late.projection == name);
            models.push(ReadModelReach {
                name: name.to_owned(),
                position: queries.seen_by(name).await?.map(|seen| seen.position.to_string()),
                reached: late.is_none(),
                state: late.map(|late| late.state.into()),
            });
        }
        let limit_seconds = u32::try_from(limits::WAIT_UNTIL_TIMEOUT.as_secs()).unwrap_or(u32::MAX);
        Ok(ReadModelsReach { limit_seconds, models })
    }

    /// The events of an append as rows.
    async fn written(&self, engine: &Engine, appended: &Appended) -> Result<Vec<EventRow>, AppError> {
        let events = stored(engine, &appended.events).await?;
        Ok(events.iter().map(|event| self.inspector.summary(event).into()).collect())
    }

    /// The state after events that are not written, compared with the one that they were decided on.
    fn state_after(&self, decided: &Decided) -> StateView {
        let (version, count) = (decided.version(), decided.events().len() as u64);
        let tree = self.inspector.view().diff(&decided.before_json(), &decided.after_json());
        StateView {
            stream: decided.stream().to_string(),
            version: (version.get() + count).to_string(),
            compared_with: version.to_string(),
            last_version: version.to_string(),
            nodes: tree.nodes.into_iter().map(Into::into).collect(),
            changed_paths: tree.changed_paths,
            event: None,
            problem: None,
        }
    }
}

/// What processes make of a command at once.
struct Rehearsed {
    follows: Vec<EventRow>,
    refused: Option<RefusedLater>,
    /// State of the command's stream after that, if it goes on.
    state: Option<StateView>,
}

/// Events of an append as they stand in an engine's log.
async fn stored(engine: &Engine, written: &[WrittenEvent]) -> Result<Vec<RecordedEvent>, AppError> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let positions: Vec<_> = written.iter().map(|event| event.position).collect();
    Ok(engine.queries().events().read_positions(&positions).await?)
}

pub(super) fn envelope(request: &CommandRequest) -> Result<CommandEnvelope, AppError> {
    let command_id = arguments::id("Command id", &request.command_id)?;
    let actor = arguments::actor(&request.actor)?;
    let mut envelope =
        CommandEnvelope::new(&request.command_type, &request.payload).with_id(command_id).by(actor, CHANNEL);
    envelope.expected_version = request.expected_version.as_deref().map(arguments::version).transpose()?;
    envelope.reason = arguments::reason(request.reason.as_deref())?;
    Ok(envelope)
}

fn encoded(event: &EncodedEvent) -> UpcastEventView {
    pretty_event(event.event_type, event.schema_version, &event.payload).into()
}

fn named(details: std::collections::BTreeMap<String, String>) -> Vec<Detail> {
    details.into_iter().map(|(name, value)| Detail { name, value }).collect()
}

fn invalid(error: &CommandError) -> (String, String, Vec<Violation>) {
    let violations = match error {
        CommandError::BadShape { violations, .. } => violations
            .iter()
            .map(|violation| Violation { path: violation.path.clone(), message: violation.message.clone() })
            .collect(),
        CommandError::UnknownCommand { .. } | CommandError::MalformedJson { .. } => Vec::new(),
    };
    (error.code().to_owned(), crate::errors::sentence(&error.to_string()), violations)
}
