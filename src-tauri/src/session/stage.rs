//! What a scene does on its store: steps of the scene, and commands of the window in between.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::{ManualClock, Position, Rejection, StreamName};
use inspector::scene::{Player, Step, StepOutcome, StepReport};
use tokio_util::sync::CancellationToken;

use super::{Session, time};
use crate::wire::{AppError, CommandRequest, CommandResult, Detail, EventRow, StageOutcome, StageReport};

/// Events of a step that are shown; more are counted.
const EVENTS_SHOWN: usize = 100;
/// How long a step waits for the read models, so that what is shown next is about it. They go on without it.
const CATCH_UP: std::time::Duration = std::time::Duration::from_secs(2);

/// Acts on a scene's store.
pub(crate) struct Actor {
    session: Arc<Session>,
    player: Player,
}

impl Actor {
    /// Acts on a store that was opened for it, by its clock.
    pub(crate) fn new(session: Arc<Session>, clock: Arc<ManualClock>) -> Self {
        let player = Player::new(session.engine.clone(), clock);
        Self { session, player }
    }

    /// Whether a session is the one that is acted on.
    pub(crate) fn is_on(&self, session: &Session) -> bool {
        std::ptr::eq(&raw const *self.session, session)
    }

    /// What the scene's clock shows.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.player.now()
    }

    /// Does a step.
    pub(crate) async fn perform(
        &self,
        step: (usize, &Step),
        stop: &CancellationToken,
    ) -> Result<StageReport, AppError> {
        let report = self.player.perform(step, stop).await?;
        self.told(report).await
    }

    /// Carries a command of the window out, and lets processes do what follows. With what came of it: how it is told, and the
    /// types of all events.
    pub(crate) async fn execute(
        &self,
        request: CommandRequest,
    ) -> Result<(CommandResult, (StageReport, Vec<String>)), AppError> {
        self.player.tick();
        let before = self.session.events.head().await?;
        let result = self.session.execute_alone(request).await?.0;
        let followed = self.player.follow(before, &self.session.stop()).await?;
        let positions = (before, self.session.events.head().await?);
        let types = followed.events.clone();
        let outcome = match command_outcome(&result, followed.events) {
            Some(StepOutcome::Executed { stream, events, .. }) => {
                StepOutcome::Executed { stream, events, stuck: followed.stuck }
            }
            Some(outcome) => outcome,
            None => StepOutcome::Nothing,
        };
        let report = StepReport { outcome, clock: self.now(), positions, kept: None };
        Ok((result, (self.told(report).await?, types)))
    }

    /// What comes of a step that does nothing.
    pub(crate) fn nothing(&self) -> StageReport {
        StageReport {
            clock: time(self.now()),
            events: Vec::new(),
            event_count: "0".to_owned(),
            outcome: StageOutcome::Nothing,
            kept: None,
        }
    }

    async fn told(&self, report: StepReport) -> Result<StageReport, AppError> {
        let (before, after) = report.positions;
        if after > before {
            // Also one that is paused or halted is no reason to stop the scene.
            let _ = self.session.engine.wait_until(after, CATCH_UP).await;
        }
        Ok(StageReport {
            clock: time(report.clock),
            events: self.events(before, after).await?,
            event_count: after.get().saturating_sub(before.get()).to_string(),
            outcome: outcome(report.outcome),
            kept: report.kept,
        })
    }

    async fn events(&self, before: Position, after: Position) -> Result<Vec<EventRow>, AppError> {
        let positions: Vec<_> = (before.get() + 1..=after.get()).take(EVENTS_SHOWN).map(Position).collect();
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        let events = self.session.events.read_positions(&positions).await?;
        Ok(events.iter().map(|event| self.session.inspector.summary(event).into()).collect())
    }
}

/// How a command of the window ended, as a step would tell it; nothing of what is no matter of the scene.
pub(crate) fn command_outcome(result: &CommandResult, events: Vec<String>) -> Option<StepOutcome> {
    match result {
        CommandResult::Executed { stream, .. } => {
            let stream = StreamName::new(stream).ok()?;
            Some(StepOutcome::Executed { stream, events, stuck: Vec::new() })
        }
        CommandResult::Rejected { code, message, details } => {
            let details = details.iter().map(|detail| (detail.name.clone(), detail.value.clone())).collect();
            Some(StepOutcome::Rejected(Rejection { code: code.clone(), message: message.clone(), details }))
        }
        CommandResult::AlreadyDone { .. }
        | CommandResult::Conflict { .. }
        | CommandResult::Unavailable { .. }
        | CommandResult::Invalid { .. } => None,
    }
}

fn outcome(outcome: StepOutcome) -> StageOutcome {
    match outcome {
        StepOutcome::Nothing => StageOutcome::Nothing,
        StepOutcome::Passed(ran) => StageOutcome::Passed {
            commands: ran.commands.to_string(),
            timers: ran.timers.to_string(),
            stuck: stuck(ran.stuck),
        },
        StepOutcome::Executed { stream, stuck: waiting, .. } => {
            StageOutcome::Executed { stream: stream.to_string(), stuck: stuck(waiting) }
        }
        StepOutcome::Rejected(Rejection { code, message, details }) => StageOutcome::Rejected {
            code,
            message,
            details: details.into_iter().map(|(name, value)| Detail { name, value }).collect(),
        },
        StepOutcome::Invalid { code, message } | StepOutcome::Failed { code, message } => {
            StageOutcome::Failed { code, message: crate::errors::sentence(&message) }
        }
    }
}

fn stuck(stuck: Vec<(StreamName, String)>) -> Vec<Detail> {
    stuck.into_iter().map(|(stream, why)| Detail { name: stream.to_string(), value: why }).collect()
}
