//! Commands: what there is, what they would do, what came of them.

use es_core::{Appended, CommandError, EncodedEvent, Rejection, StreamName, StreamVersion, limits};
use es_runtime::{CommandEnvelope, Outcome, WaitError};
use inspector::pretty_event;

use super::{Session, arguments};
use crate::wire::{
    AppError, CommandInfo, CommandRequest, CommandResult, Detail, DryRun, EventRow, StateView, UpcastEventView,
    Violation,
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

    /// What a command would do now; writes nothing.
    ///
    /// # Errors
    /// A bad id or actor, a history that does not decode, or the store does not answer.
    pub async fn dry_run(&self, request: CommandRequest) -> Result<DryRun, AppError> {
        Ok(match self.engine.dry_run(&envelope(request)?).await? {
            es_runtime::DryRun::Accepted { stream, version, events, before_json, after_json, .. } => {
                let state = self.state_after(&stream, version, &events, &before_json, &after_json);
                let (stream, version) = (stream.to_string(), version.to_string());
                let events = events.iter().map(encoded).collect();
                DryRun::Accepted { stream, version, events, state: Box::new(state) }
            }
            es_runtime::DryRun::Rejected(rejection) => {
                let Rejection { code, message, details } = rejection;
                DryRun::Rejected { code, message, details: named(details) }
            }
            es_runtime::DryRun::Invalid(error) => {
                let (code, message, violations) = invalid(&error);
                DryRun::Invalid { code, message, violations }
            }
        })
    }

    /// Carries a command out; the same id is never carried out twice.
    ///
    /// # Errors
    /// A bad id or actor, an id used for something else, a history that does not decode, or the store cannot be written or does
    /// not answer.
    pub async fn execute(&self, request: CommandRequest) -> Result<CommandResult, AppError> {
        let envelope = envelope(request)?;
        self.writable()?;
        let outcome = self.engine.execute(&envelope).await?;
        let position = outcome.position().unwrap_or_default().to_string();
        if matches!(outcome, Outcome::Executed { .. } | Outcome::AlreadyDone { .. }) {
            self.carry_on();
        }
        Ok(match outcome {
            Outcome::Executed { stream, appended, .. } => {
                let events = self.written(&appended).await?;
                CommandResult::Executed { stream: stream.to_string(), events, position }
            }
            Outcome::AlreadyDone { stream, appended } => {
                let events = self.written(&appended).await?;
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

    /// The events of an append as rows.
    async fn written(&self, appended: &Appended) -> Result<Vec<EventRow>, AppError> {
        let positions: Vec<_> = appended.events.iter().map(|event| event.position).collect();
        let events = self.engine.queries().events();
        let stored = if positions.is_empty() { Vec::new() } else { events.read_positions(&positions).await? };
        Ok(stored.iter().map(|event| self.inspector.summary(event).into()).collect())
    }

    /// The state after events that are not written, compared with now.
    fn state_after(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        events: &[EncodedEvent],
        before: &str,
        after: &str,
    ) -> StateView {
        let tree = self.inspector.view().diff(before, after);
        StateView {
            stream: stream.to_string(),
            version: (version.get() + events.len() as u64).to_string(),
            compared_with: version.to_string(),
            last_version: version.to_string(),
            nodes: tree.nodes.into_iter().map(Into::into).collect(),
            changed_paths: tree.changed_paths,
            event: None,
            problem: None,
        }
    }
}

fn envelope(request: CommandRequest) -> Result<CommandEnvelope, AppError> {
    let command_id = arguments::id("Command id", &request.command_id)?;
    let actor = arguments::actor(&request.actor)?;
    let mut envelope =
        CommandEnvelope::new(request.command_type, request.payload).with_id(command_id).by(actor, CHANNEL);
    envelope.expected_version = request.expected_version.map(|text| arguments::version(&text)).transpose()?;
    envelope.reason = request.reason.filter(|reason| !reason.trim().is_empty());
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
