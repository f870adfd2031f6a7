//! Playing: a step is done with the real engine on the scene's clock.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use es_core::{Clock, ManualClock, Position, ReadAll, Rejection, StoreError, StreamName};
use es_runtime::{CommandEnvelope, Engine, Outcome, ProcessError};
use tokio_util::sync::CancellationToken;

use super::error::SceneError;
use super::file::{CommandStep, Scene, Step, StepKind, place_before};
use crate::limits;
use crate::what_if::{ClockStep, Ran};

/// Where commands of a scene come from, as the events' metadata tells it.
const CHANNEL: &str = "stage";

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// There was nothing to be done: a note, or a place to be shown.
    Nothing,
    /// Time has passed.
    Passed(Ran),
    /// The command was carried out.
    Executed {
        /// The stream that it was decided on.
        stream: StreamName,
        /// The types of all events that it has led to, in the log's order.
        events: Vec<String>,
        /// Instances of processes that cannot go on by themselves, with the reason.
        stuck: Vec<(StreamName, String)>,
    },
    /// A rule refused the command; nothing was written.
    Rejected(Rejection),
    /// It is no command of this domain, or has another shape.
    Invalid {
        /// Stable code.
        code: String,
        /// What is wrong, with the place.
        message: String,
    },
    /// It could not be done.
    Failed {
        /// Stable code.
        code: String,
        /// What is wrong.
        message: String,
    },
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// How it ended.
    pub outcome: StepOutcome,
    /// What the scene's clock showed afterwards.
    pub clock: DateTime<Utc>,
    /// The log's last position before it and after it: what lies between is what it has led to.
    pub positions: (Position, Position),
    /// Whether the scene's promise was kept; nothing if it makes none.
    pub kept: Option<bool>,
}

/// What has come of something, once processes have done what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The types of the events, in the log's order.
    pub events: Vec<String>,
    /// Instances of processes that cannot go on by themselves, with the reason.
    pub stuck: Vec<(StreamName, String)>,
}

/// The engine on the scene's own store, with the scene's own clock.
#[derive(Clone)]
pub struct Player {
    engine: Engine,
    clock: Arc<ManualClock>,
}

impl Player {
    /// Plays with an engine whose clock this is.
    #[must_use]
    pub fn new(engine: Engine, clock: Arc<ManualClock>) -> Self {
        Self { engine, clock }
    }

    /// What the scene's clock shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the clock on by what one command takes: no two commands happen at the same moment.
    pub fn tick(&self) {
        self.clock.advance(limits::SCENE_COMMAND_TAKES);
    }

    /// Does everything before the checkpoint.
    ///
    /// # Errors
    /// A command is not carried out, it was cancelled, or the store does not answer.
    pub async fn set_up(&self, scene: &Scene, cancel: &CancellationToken) -> Result<(), SceneError> {
        self.drive(cancel).await?;
        for (index, command) in scene.base.set_up.iter().enumerate() {
            let id = command.command_id.unwrap_or_else(|| Scene::set_up_id(index));
            let reason = match self.send(id, command, cancel).await? {
                StepOutcome::Executed { .. } => continue,
                StepOutcome::Rejected(rejection) => format!("{} ({})", rejection.message, rejection.code),
                StepOutcome::Invalid { code, message } | StepOutcome::Failed { code, message } => {
                    format!("{message} ({code})")
                }
                StepOutcome::Nothing | StepOutcome::Passed(_) => "it did nothing".to_owned(),
            };
            return Err(SceneError::SetUpRefused { place: place_before(index), reason });
        }
        Ok(())
    }

    /// Does a step. What comes of it is an outcome, also if it fails.
    ///
    /// # Errors
    /// It was cancelled, or the store does not answer.
    pub async fn perform(
        &self,
        (index, step): (usize, &Step),
        cancel: &CancellationToken,
    ) -> Result<StepReport, SceneError> {
        let before = self.engine.events().head().await?;
        let mut promise = None;
        let outcome = match &step.does {
            StepKind::Note | StepKind::Show(_) => StepOutcome::Nothing,
            StepKind::Clock(clock) => self.pass(*clock, cancel).await?,
            StepKind::Command(command) => {
                promise = command.expect.as_ref();
                self.send(command.command_id.unwrap_or_else(|| Scene::command_id(index)), command, cancel).await?
            }
        };
        let after = self.engine.events().head().await?;
        let kept = promise.map(|promise| promise.is_kept_by(&outcome));
        Ok(StepReport { outcome, clock: self.now(), positions: (before, after), kept })
    }

    /// Lets processes do what is left to do, and tells all that has come since a position: the types of the events in the log's
    /// order, and instances of processes that cannot go on by themselves.
    ///
    /// # Errors
    /// It was cancelled, or the store does not answer.
    pub async fn follow(&self, since: Position, cancel: &CancellationToken) -> Result<Followed, StoreError> {
        let ran = self.drive(cancel).await?;
        let (mut from, mut events) = (since, Vec::new());
        loop {
            let page = self.engine.events().read_all(ReadAll::forward(from, es_core::limits::PAGE_EVENTS)).await?;
            from = page.next;
            events.extend(page.events.iter().map(|event| event.event_type.to_string()));
            if page.end {
                return Ok(Followed { events, stuck: ran.stuck });
            }
        }
    }

    async fn send(
        &self,
        id: uuid::Uuid,
        command: &CommandStep,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, SceneError> {
        self.tick();
        let before = self.engine.events().head().await?;
        let mut envelope = CommandEnvelope::new(command.command_type.as_str(), command.payload.as_str())
            .with_id(id)
            .by(command.actor.as_str(), CHANNEL);
        envelope.reason.clone_from(&command.reason);
        match self.engine.execute(&envelope).await {
            Ok(outcome) => self.followed(outcome, before, cancel).await,
            Err(error) => Ok(StepOutcome::Failed { code: error.code().to_owned(), message: error.to_string() }),
        }
    }

    /// Lets processes do what follows, and tells all that has come of it.
    async fn followed(
        &self,
        outcome: Outcome,
        before: Position,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, SceneError> {
        let stream = match outcome {
            Outcome::Executed { stream, .. } => stream,
            Outcome::AlreadyDone { .. } => {
                let message = "This command was carried out before the step: its id is taken.".to_owned();
                return Ok(StepOutcome::Failed { code: "already_done".to_owned(), message });
            }
            Outcome::Rejected(rejection) => return Ok(StepOutcome::Rejected(rejection)),
            Outcome::Invalid(error) => {
                return Ok(StepOutcome::Invalid { code: error.code().to_owned(), message: error.to_string() });
            }
            Outcome::Conflict { stream, .. } => {
                let message = format!("The stream {stream} was changed at the same time.");
                return Ok(StepOutcome::Failed { code: "conflict".to_owned(), message });
            }
            Outcome::Unavailable(unavailable) => {
                let (code, message) = (unavailable.code().to_owned(), unavailable.message());
                return Ok(StepOutcome::Failed { code, message });
            }
        };
        let Followed { events, stuck } = self.follow(before, cancel).await?;
        Ok(StepOutcome::Executed { stream, events, stuck })
    }

    /// Lets time pass up to a moment: each timer fires at the time that it is due, as it would have.
    async fn pass(&self, step: ClockStep, cancel: &CancellationToken) -> Result<StepOutcome, SceneError> {
        let until = match step {
            ClockStep::To(time) => time,
            ClockStep::BySeconds(seconds) => self.now() + Duration::seconds(i64::from(seconds)),
        };
        if until < self.now() {
            let message = format!("The clock stands at {} and does not go back to {until}.", self.now());
            return Ok(StepOutcome::Failed { code: "clock_goes_back".to_owned(), message });
        }
        let mut ran = self.drive(cancel).await?;
        while ran.problem.is_none()
            && let Some((due, timers)) = self.next_due().await?.filter(|(due, _)| *due <= until)
        {
            if ran.timers >= limits::SCENE_TIMERS {
                let message = format!("More than {} timers came due in one step.", limits::SCENE_TIMERS);
                return Ok(StepOutcome::Failed { code: "too_many_timers".to_owned(), message });
            }
            self.clock.set(due.max(self.now()));
            ran.timers += timers;
            let further = self.drive(cancel).await?;
            ran = Ran { commands: ran.commands + further.commands, timers: ran.timers, ..further };
        }
        self.clock.set(until);
        let last = self.drive(cancel).await?;
        Ok(StepOutcome::Passed(Ran { commands: ran.commands + last.commands, timers: ran.timers, ..last }))
    }

    /// When the next timers are due, and how many are due then.
    async fn next_due(&self) -> Result<Option<(DateTime<Utc>, u64)>, SceneError> {
        let timers = self.engine.timers(None, limits::SCENE_TIMERS_LOOKED_AT).await.map_err(|error| match error {
            ProcessError::Store(error) => error,
            other => StoreError::Io { operation: "looking for timers".to_owned(), reason: other.to_string() },
        })?;
        let Some(due) = timers.iter().map(|timer| timer.due_at).min() else { return Ok(None) };
        Ok(Some((due, timers.iter().filter(|timer| timer.due_at == due).count() as u64)))
    }

    async fn drive(&self, cancel: &CancellationToken) -> Result<Ran, StoreError> {
        let report = self.engine.drive_processes_until_idle(cancel).await?;
        let stuck = report.stuck.into_iter().map(|stuck| (stuck.stream, stuck.reason)).collect();
        Ok(Ran { commands: report.commands, timers: 0, stuck, problem: report.problem })
    }
}
