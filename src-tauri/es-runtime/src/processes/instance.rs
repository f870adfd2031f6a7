//! One instance of a process: take its turn, send what is pending, record how it ended, until nothing is pending.

use std::sync::Arc;

use es_core::{
    Aggregate, AppendError, CommandDraft, Direction, Position, Process, ReadStream, Rejection, Settlement, StoreError,
    StreamName, StreamVersion, Timer, TimerDraft, limits,
};
use uuid::Uuid;

use crate::commands::CommandEnvelope;
use crate::engine::Inner;
use crate::execute::execute;
use crate::load::{LoadError, Loaded};
use crate::outcome::{ExecuteError, Outcome};
use crate::overlay::{Overlay, Trust};

/// What driving an instance came to.
pub(super) struct Driven {
    pub(super) stream: StreamName,
    pub(super) end: End,
    /// Version up to which it was worked on.
    pub(super) version: StreamVersion,
    /// Timers that its last turn wanted; nothing if no turn could be taken.
    pub(super) timers: Option<Vec<TimerDraft>>,
    /// Commands sent.
    pub(super) commands: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing is pending.
    Idle,
    /// It cannot go on by itself.
    Stuck(Obstacle),
    /// It is to be tried again later.
    Later(String),
}

/// Why an instance cannot go on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub(super) reason: String,
    /// The event that cannot be read, if that is why.
    pub(super) event: Option<Position>,
}

impl End {
    pub(super) fn stuck(reason: String) -> Self {
        Self::Stuck(Obstacle { reason, event: None })
    }
}

impl From<LoadError> for End {
    fn from(error: LoadError) -> Self {
        let reason = error.to_string();
        match error {
            LoadError::Store(store) => of_store(&store),
            LoadError::Undecodable { position, .. } => Self::Stuck(Obstacle { reason, event: Some(position) }),
        }
    }
}

impl From<ExecuteError> for End {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Load(error) => error.into(),
            other => other.store_error().map_or_else(|| Self::stuck(other.to_string()), of_store),
        }
    }
}

/// Errors about certain data hold up one instance; all others concern the store, so everything waits for it.
fn of_store(error: &StoreError) -> End {
    match error {
        StoreError::Damaged { .. }
        | StoreError::KeyLocked { .. }
        | StoreError::Misfit { .. }
        | StoreError::Unsupported { .. } => End::stuck(error.to_string()),
        _ => End::Later(error.to_string()),
    }
}

/// How a command of the process ended.
enum Sent {
    Done,
    Rejected(Rejection),
    /// An operator's decision in the process's own stream has taken its place.
    Replaced,
}

/// A planned command as it is sent.
pub(crate) fn step_envelope(
    process: &dyn Process,
    draft: &CommandDraft,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
) -> CommandEnvelope {
    CommandEnvelope {
        command_id: draft.command_id,
        command_type: draft.command_type.clone(),
        payload: draft.payload.clone(),
        actor: format!("process:{}", process.name()),
        channel: "process".to_owned(),
        reason: None,
        correlation_id,
        causation_id,
        business_date: None,
        expected_version: None,
    }
}

pub(super) struct Instance {
    inner: Arc<Inner>,
    process: Arc<dyn Process>,
    stream: StreamName,
    correlation: Option<Uuid>,
    /// Commands sent so far.
    pub(super) commands: u64,
}

impl Instance {
    pub(super) fn new(inner: Arc<Inner>, process: Arc<dyn Process>, stream: StreamName) -> Self {
        Self { inner, process, stream, correlation: None, commands: 0 }
    }

    /// Works until nothing is pending.
    pub(super) async fn drive(mut self) -> Driven {
        let mut version = StreamVersion::ZERO;
        let mut timers = None;
        let end = self.work(&mut version, &mut timers).await.unwrap_or_else(|end| end);
        Driven { stream: self.stream, end, version, timers, commands: self.commands }
    }

    async fn work(&mut self, version: &mut StreamVersion, timers: &mut Option<Vec<TimerDraft>>) -> Result<End, End> {
        let mut sent: Option<CommandDraft> = None;
        for _ in 0..=limits::PROCESS_STEPS_PER_TURN {
            if self.inner.stop.is_cancelled() {
                return Err(End::Later("the engine is stopping".to_owned()));
            }
            let loaded = self.load().await?;
            let turn = self.process.turn(&self.stream, &loaded.state);
            *timers = Some(turn.timers);
            let Some(planned) = turn.pending.into_iter().next() else {
                *version = loaded.version;
                return Ok(End::Idle);
            };
            if let Some(sent) = sent.take().filter(|_| loaded.version == *version) {
                *version = loaded.version;
                let what = &sent.command_type;
                return Err(End::stuck(format!("{what} was carried out, but nothing in the process recorded that")));
            }
            *version = loaded.version;
            if self.at_once().await {
                continue;
            }
            self.step(&loaded, &planned).await?;
            sent = Some(planned);
        }
        Err(End::stuck(format!("more than {} steps in one turn", limits::PROCESS_STEPS_PER_TURN)))
    }

    /// Writes as many steps as can be planned in one append. False if that is not to be, or nothing came of it: then the next
    /// step is sent alone.
    async fn at_once(&mut self) -> bool {
        if !self.inner.turns_at_once() || !self.process.steps_together() {
            return false;
        }
        let (mut trust, mut streams) = (Trust::StatesAndIds, vec![self.stream.clone()]);
        for _ in 0..=limits::TURN_CONFLICT_RETRIES {
            let _turn = self.inner.stream_locks.lock_all(&streams).await;
            let Ok(loaded) = self.load().await else { return false };
            let mut overlay = Overlay::new(&self.inner, trust);
            overlay.begin_with(&self.stream, loaded, self.correlation);
            overlay.carry_on().await;
            let steps = overlay.steps() as u64;
            if steps == 0 {
                return false;
            }
            streams = overlay.streams();
            match overlay.append().await {
                Ok(appended) => {
                    let events = appended.events.len();
                    tracing::debug!(stream = %self.stream, steps, events, "steps written at once");
                    self.commands += steps;
                    return true;
                }
                Err(error @ (AppendError::WrongExpectedVersion { .. } | AppendError::IdempotencyMismatch { .. })) => {
                    trust = trust.after(&error)
                }
                Err(error) => {
                    tracing::debug!(stream = %self.stream, %error, "steps are sent one at a time");
                    return false;
                }
            }
        }
        false
    }

    /// Sends a planned command and, if it is not for the process's own stream, records how it ended.
    async fn step(&mut self, loaded: &Loaded, planned: &CommandDraft) -> Result<(), End> {
        let own = self.is_own(planned)?;
        match self.send(loaded, planned).await? {
            // The turn is taken anew, after the decision.
            Sent::Replaced => Ok(()),
            Sent::Done if own => Ok(()),
            Sent::Rejected(rejection) if own => self.refused(loaded, planned, &rejection).await,
            Sent::Done => self.settle(loaded, planned, &Settlement::Done).await,
            Sent::Rejected(rejection) => self.settle(loaded, planned, &Settlement::Rejected(rejection)).await,
        }
    }

    async fn settle(&mut self, loaded: &Loaded, planned: &CommandDraft, how: &Settlement) -> Result<(), End> {
        let settlement = self.process.settle(&self.stream, &loaded.state, planned, how);
        if !self.is_own(&settlement)? {
            let what = &settlement.command_type;
            return Err(End::stuck(format!("{what} should record an outcome, but is not for {}", self.stream)));
        }
        match self.send(loaded, &settlement).await? {
            Sent::Done | Sent::Replaced => Ok(()),
            Sent::Rejected(rejection) => self.refused(loaded, &settlement, &rejection).await,
        }
    }

    /// A refusal by the process's own stream is a fault, unless somebody changed the stream since the turn was taken.
    async fn refused(&mut self, loaded: &Loaded, draft: &CommandDraft, rejection: &Rejection) -> Result<(), End> {
        if self.load().await?.version > loaded.version {
            return Ok(());
        }
        let reason =
            format!("its own stream refused {}: {} ({})", draft.command_type, rejection.message, rejection.code);
        Err(End::stuck(reason))
    }

    /// Sends the command of a due timer. Nothing if it changed the instance, else why it did not.
    pub(super) async fn fire(&mut self, timer: &Timer) -> Result<Option<String>, End> {
        let loaded = self.load().await?;
        let name = &timer.command.command_type;
        let own = self.is_own(&timer.command)?;
        match (own, self.send(&loaded, &timer.command).await?) {
            (true, Sent::Rejected(rejection)) => {
                return Ok(Some(format!("{name} was refused: {}", rejection.message)));
            }
            (true, Sent::Done) | (_, Sent::Replaced) => {}
            (false, sent) => {
                let how = match sent {
                    Sent::Done | Sent::Replaced => Settlement::Done,
                    Sent::Rejected(rejection) => Settlement::Rejected(rejection),
                };
                self.settle(&loaded, &timer.command, &how).await?;
            }
        }
        let moved = self.load().await?.version > loaded.version;
        Ok((!moved).then(|| format!("{name} changed nothing")))
    }

    async fn send(&mut self, loaded: &Loaded, draft: &CommandDraft) -> Result<Sent, End> {
        self.commands += 1;
        let correlation_id = self.correlation().await?;
        let causation_id = self.latest_event(loaded).await?;
        let envelope = step_envelope(&*self.process, draft, correlation_id, causation_id);
        let outcome = match execute(&self.inner, &envelope).await {
            Err(ExecuteError::CommandIdReused { stored_stream, .. }) if stored_stream == self.stream => {
                return Ok(Sent::Replaced);
            }
            answer => answer?,
        };
        tracing::debug!(stream = %self.stream, command = draft.command_type, ?outcome, "process sent a command");
        match outcome {
            Outcome::Executed { .. } | Outcome::AlreadyDone { .. } => Ok(Sent::Done),
            Outcome::Rejected(rejection) => Ok(Sent::Rejected(rejection)),
            Outcome::Conflict { stream, attempts, .. } => {
                Err(End::Later(format!("{stream} was changed by others {attempts} times in a row")))
            }
            Outcome::Unavailable(unavailable) => Err(End::Later(unavailable.message())),
            Outcome::Invalid(error) => Err(End::stuck(format!("{} is not a command: {error}", draft.command_type))),
        }
    }

    fn is_own(&self, draft: &CommandDraft) -> Result<bool, End> {
        match self.inner.domain.parse_command(&draft.command_type, &draft.payload) {
            Ok((_, parsed)) => Ok(parsed.stream == self.stream),
            Err(error) => Err(End::stuck(format!("{} is not a command: {error}", draft.command_type))),
        }
    }

    /// The present state; only what is new is read.
    async fn load(&self) -> Result<Loaded, End> {
        Ok(self.inner.present(self.aggregate()?, &self.stream).await?)
    }

    fn aggregate(&self) -> Result<&Arc<dyn Aggregate>, End> {
        let category = self.process.category();
        let missing = || End::stuck(format!("the domain has no aggregate of category {category}"));
        self.inner.domain.aggregate(category).ok_or_else(missing)
    }

    /// Correlation of the stream's first event that is read: of what the instance began with or, where its stream was truncated,
    /// of the event that it began anew with (docs/adr/0019).
    async fn correlation(&mut self) -> Result<Option<Uuid>, End> {
        if self.correlation.is_none() {
            let first = self.read_one(StreamVersion::ZERO, Direction::Forward).await?;
            self.correlation = first.and_then(|event| event.correlation_id);
        }
        Ok(self.correlation)
    }

    async fn latest_event(&self, loaded: &Loaded) -> Result<Option<Uuid>, End> {
        if loaded.last_event.is_some() {
            return Ok(loaded.last_event);
        }
        let latest = self.read_one(loaded.version.next(), Direction::Backward).await?;
        Ok(latest.map(|event| event.event_id))
    }

    async fn read_one(&self, from: StreamVersion, direction: Direction) -> Result<Option<es_core::RecordedEvent>, End> {
        let read = ReadStream { stream: self.stream.clone(), from, direction, limit: 1 };
        let page = self.inner.events.read_stream(read).await.map_err(|error| of_store(&error))?;
        Ok(page.events.into_iter().next())
    }
}
