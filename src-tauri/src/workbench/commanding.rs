//! Commands and the history of them: what is sent to the open store is kept here, whatever comes of it.

use std::sync::Arc;

use chrono::Utc;
use uuid::Uuid;

use super::Workbench;
use super::queries::name_of;
use crate::command_history::{Ended, Sent};
use crate::session::{Session, Unpersonal, time};
use crate::wire::{
    AppError, CommandHistoryPage, CommandHistoryQuery, CommandOutcome, CommandRequest, CommandResult, TheatreActor,
    TheatreMove, TheatreTurn,
};

/// A command that was sent and whose answer is to be kept.
struct Recording {
    store: String,
    attempt: Uuid,
    /// Values that may stand nowhere outside the store.
    personal: Vec<String>,
}

impl Workbench {
    /// Carries a command out on a store that may be written, and keeps what came of it.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn execute(&self, session: &Session, request: CommandRequest) -> Result<CommandResult, AppError> {
        session.writable()?;
        let recording = self.record(session, &request).await;
        let result = self.execute_here(session, request).await;
        self.recorded(recording, &result).await;
        result
    }

    /// An actor's move in the theatre on the store itself, kept like every other command.
    ///
    /// # Errors
    /// As [`Session::theatre_write`].
    pub async fn theatre_write(
        &self,
        session: &Session,
        id: &str,
        actor: TheatreActor,
        what: TheatreMove,
    ) -> Result<TheatreTurn, AppError> {
        session.writable()?;
        let request = session.theatre_command(id, actor).await?;
        let recording = self.record(session, &request).await;
        let turn = session.theatre_write(id, actor, what).await;
        self.recorded(recording, &turn.as_ref().map(|turn| turn.result.clone()).map_err(Clone::clone)).await;
        turn
    }

    /// The commands that were issued to the open store with this installation.
    ///
    /// # Errors
    /// No store is open, or the history cannot be read.
    pub async fn command_history(&self, query: CommandHistoryQuery) -> Result<CommandHistoryPage, AppError> {
        let (store, history) = (name_of(self.session()?.chosen()), Arc::clone(&self.commands));
        let page = tokio::task::spawn_blocking(move || history.page(&store, &query)).await;
        page.map_err(|_| AppError::no_store())?
    }

    /// A history that cannot be written keeps nobody from working: the log itself tells what was carried out.
    async fn record(&self, session: &Session, request: &CommandRequest) -> Recording {
        let Unpersonal { payload, withheld } = session.without_personal(&request.command_type, &request.payload);
        let personal =
            withheld.iter().map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let recording =
            Recording { store: name_of(session.chosen()), attempt: Uuid::now_v7(), personal: personal.collect() };
        let sent = Sent {
            store: recording.store.clone(),
            at: time(Utc::now()),
            command_id: request.command_id.clone(),
            command_type: request.command_type.clone(),
            actor: request.actor.clone(),
            reason: request.reason.clone(),
            expected_version: request.expected_version.clone(),
            payload,
            withheld: withheld.into_iter().map(|(name, _)| name).collect(),
        };
        let (history, store, attempt) = (Arc::clone(&self.commands), recording.store.clone(), recording.attempt);
        let written = tokio::task::spawn_blocking(move || history.sent(&store, attempt, sent)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "the history of commands is not kept");
        }
        recording
    }

    async fn recorded(&self, recording: Recording, result: &Result<CommandResult, AppError>) {
        let Recording { store, attempt, personal } = recording;
        let ended = without(&personal, ended(result));
        let history = Arc::clone(&self.commands);
        let written = tokio::task::spawn_blocking(move || history.ended(&store, attempt, ended)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "what came of a command is not kept");
        }
    }
}

/// What is kept of an answer.
fn ended(result: &Result<CommandResult, AppError>) -> Ended {
    let of = |outcome| Ended {
        outcome,
        stream: None,
        events: None,
        position: None,
        code: None,
        message: None,
        details: Vec::new(),
    };
    let refused = |outcome, code: &str, message: &str| Ended {
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        ..of(outcome)
    };
    match result {
        Ok(CommandResult::Executed { stream, events, refused, .. }) => Ended {
            stream: Some(stream.clone()),
            events: u32::try_from(events.len()).ok(),
            position: events.first().map(|event| event.position.clone()),
            code: refused.as_ref().map(|refused| refused.code.clone()),
            message: refused.as_ref().map(|refused| refused.message.clone()),
            ..of(CommandOutcome::Executed)
        },
        Ok(CommandResult::AlreadyDone { stream, events, .. }) => Ended {
            stream: Some(stream.clone()),
            events: u32::try_from(events.len()).ok(),
            position: events.first().map(|event| event.position.clone()),
            ..of(CommandOutcome::AlreadyDone)
        },
        Ok(CommandResult::Rejected { code, message, details }) => Ended {
            details: details.iter().map(|detail| (detail.name.clone(), detail.value.clone())).collect(),
            ..refused(CommandOutcome::Rejected, code, message)
        },
        Ok(CommandResult::Conflict { stream, expected, actual, attempts }) => Ended {
            stream: Some(stream.clone()),
            details: vec![
                ("expected".to_owned(), expected.clone()),
                ("actual".to_owned(), actual.clone()),
                ("attempts".to_owned(), attempts.to_string()),
            ],
            ..of(CommandOutcome::Conflict)
        },
        Ok(CommandResult::Unavailable { code, message, .. }) => refused(CommandOutcome::Unavailable, code, message),
        // Only where it does not fit: what was typed there may be somebody's name.
        Ok(CommandResult::Invalid { code, violations, .. }) => Ended {
            code: Some(code.clone()),
            details: violations.iter().map(|violation| ("field".to_owned(), violation.path.clone())).collect(),
            ..of(CommandOutcome::Invalid)
        },
        Err(error) => refused(CommandOutcome::Failed, &error.code, &error.message),
    }
}

/// The same without values that are personal, should a rule have named one.
fn without(personal: &[String], ended: Ended) -> Ended {
    let clean = |text: String| {
        let said =
            |text: String, value: &String| if value.is_empty() { text } else { text.replace(value.as_str(), "…") };
        personal.iter().fold(text, said)
    };
    Ended {
        message: ended.message.map(clean),
        details: ended.details.into_iter().map(|(name, value)| (name, clean(value))).collect(),
        ..ended
    }
}
