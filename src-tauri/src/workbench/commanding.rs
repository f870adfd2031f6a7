//! Commands and the history of them: what is sent to the open store is kept here, whatever comes of it.

use std::sync::Arc;

use super::Workbench;
use crate::command_history::{Ended, Issued, Recording};
use crate::session::{Session, arguments};
use crate::wire::{
    AppError, CommandHistoryPage, CommandHistoryQuery, CommandOrigin, CommandOutcome, CommandRequest, CommandResult,
    TheatreActor, TheatreMove, TheatreTurn,
};

impl Workbench {
    /// Carries a command out on a store that may be written, and keeps what came of it.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn execute(&self, session: &Session, request: CommandRequest) -> Result<CommandResult, AppError> {
        session.writable()?;
        let recording = self.record(session, &request).await;
        let result = self.execute_here(session, request).await;
        recorded(recording, &result).await;
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
        recorded(recording, &turn.as_ref().map(|turn| turn.result.clone()).map_err(Clone::clone)).await;
        turn
    }

    /// The commands that were issued to the open store with this installation.
    ///
    /// # Errors
    /// No store is open, or the history cannot be read.
    pub async fn command_history(&self, query: CommandHistoryQuery) -> Result<CommandHistoryPage, AppError> {
        let (store, history) = (self.session()?.chosen().kept_under(), Arc::clone(&self.commands));
        let page = tokio::task::spawn_blocking(move || history.page(&store, &query)).await;
        page.map_err(|_| AppError::no_store())?
    }

    /// Forgets the commands of the open store up to one of them; answers with how many. What is in the log stays there.
    ///
    /// # Errors
    /// No store is open, the command is not kept any more, or the history cannot be written.
    pub async fn clear_command_history(&self, through: &str) -> Result<u32, AppError> {
        let through = arguments::id("Attempt", through)?;
        let (store, history) = (self.session()?.chosen().kept_under(), Arc::clone(&self.commands));
        let cleared = tokio::task::spawn_blocking(move || history.clear(&store, through)).await;
        cleared.map_err(|_| AppError::no_store())?
    }

    async fn record(&self, session: &Session, request: &CommandRequest) -> Recording {
        let issued = Issued {
            command_id: request.command_id.clone(),
            command_type: request.command_type.clone(),
            payload: request.payload.clone(),
            actor: request.actor.clone(),
            reason: request.reason.clone(),
            expected_version: request.expected_version.clone(),
            origin: CommandOrigin::Window,
        };
        let (history, store) = (Arc::clone(&self.commands), session.chosen().kept_under());
        let (recording, written) = Recording::begin(history, store, session.domain(), issued).await;
        if let Err(error) = written {
            tracing::warn!(%error, "the history of commands is not kept");
        }
        recording
    }
}

async fn recorded(recording: Recording, result: &Result<CommandResult, AppError>) {
    if let Err(error) = recording.end(ended(result)).await {
        tracing::warn!(%error, "what came of a command is not kept");
    }
}

/// What is kept of an answer.
fn ended(result: &Result<CommandResult, AppError>) -> Ended {
    match result {
        Ok(CommandResult::Executed { stream, events, refused, .. }) => Ended {
            stream: Some(stream.clone()),
            events: u32::try_from(events.len()).ok(),
            position: events.first().map(|event| event.position.clone()),
            code: refused.as_ref().map(|refused| refused.code.clone()),
            message: refused.as_ref().map(|refused| refused.message.clone()),
            ..Ended::of(CommandOutcome::Executed)
        },
        Ok(CommandResult::AlreadyDone { stream, events, .. }) => Ended {
            stream: Some(stream.clone()),
            events: u32::try_from(events.len()).ok(),
            position: events.first().map(|event| event.position.clone()),
            ..Ended::of(CommandOutcome::AlreadyDone)
        },
        Ok(CommandResult::Rejected { code, message, details }) => Ended {
            details: details.iter().map(|detail| (detail.name.clone(), detail.value.clone())).collect(),
            ..Ended::refused(CommandOutcome::Rejected, code, message)
        },
        Ok(CommandResult::Conflict { stream, expected, actual, attempts }) => Ended {
            stream: Some(stream.clone()),
            details: vec![
                ("expected".to_owned(), expected.clone()),
                ("actual".to_owned(), actual.clone()),
                ("attempts".to_owned(), attempts.to_string()),
            ],
            ..Ended::of(CommandOutcome::Conflict)
        },
        Ok(CommandResult::Unavailable { code, message, .. }) => {
            Ended::refused(CommandOutcome::Unavailable, code, message)
        }
        // Only where it does not fit: what was typed there may be somebody's name.
        Ok(CommandResult::Invalid { code, violations, .. }) => Ended {
            code: Some(code.clone()),
            details: violations.iter().map(|violation| ("field".to_owned(), violation.path.clone())).collect(),
            ..Ended::of(CommandOutcome::Invalid)
        },
        Err(error) => Ended::refused(CommandOutcome::Failed, &error.code, &error.message),
    }
}
