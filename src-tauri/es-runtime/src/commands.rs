//! Executing a command: receipt → state → decision → append, retried on conflicts with fresh state.

use chrono::NaiveDate;
use es_core::event::to_micros;
use es_core::{
    Aggregate, AppendError, AppendRequest, Appended, CommandContext, CommandError, EncodedEvent, EventMetadata,
    ExpectedVersion, NewEvent, ParsedCommand, Payload, Position, Rejection, StoreError, StreamName, StreamVersion,
    event_id_of,
};
use std::sync::Arc;
use uuid::Uuid;

use crate::config::SnapshotPolicy;
use crate::decide::{decide, evolve_own};
use crate::engine::Inner;
use crate::load::{LoadError, Loaded, Loader, snapshot_of};
use crate::receipts;

/// A command with everything that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandEnvelope {
    /// Identity. Sending the same command again under the same id changes nothing and gives the original answer.
    pub command_id: Uuid,
    /// Name of the command.
    pub command_type: String,
    /// Payload as JSON text.
    pub payload: String,
    /// Who asks.
    pub actor: String,
    /// Where it comes from: `desktop`, `cli`, `process`, `simulator`.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Shared by everything that one outside cause leads to; the command's own id if nothing is given.
    pub correlation_id: Option<Uuid>,
    /// The event or command that led to this one; the command's own id if nothing is given.
    pub causation_id: Option<Uuid>,
    /// The business day, if it is not the clock's.
    pub business_date: Option<NaiveDate>,
    /// The version that the issuer has seen: if the stream stands anywhere else, the command ends in a conflict and is not
    /// tried again. Nothing: decide on whatever is there. Dry runs do not look at it.
    pub expected_version: Option<StreamVersion>,
}

impl CommandEnvelope {
    /// A command with a new id, from nobody in particular.
    #[must_use]
    pub fn new(command_type: impl Into<String>, payload: impl Into<String>) -> Self {
        Self {
            command_id: Uuid::new_v4(),
            command_type: command_type.into(),
            payload: payload.into(),
            actor: "anonymous".to_owned(),
            channel: "program".to_owned(),
            reason: None,
            correlation_id: None,
            causation_id: None,
            business_date: None,
            expected_version: None,
        }
    }

    /// The same command under a given id.
    #[must_use]
    pub fn with_id(mut self, command_id: Uuid) -> Self {
        self.command_id = command_id;
        self
    }

    /// The same command from somebody, through some channel.
    #[must_use]
    pub fn by(mut self, actor: impl Into<String>, channel: impl Into<String>) -> Self {
        self.actor = actor.into();
        self.channel = channel.into();
        self
    }

    pub(crate) fn context(&self, now: chrono::DateTime<chrono::Utc>) -> CommandContext {
        let now = to_micros(now);
        CommandContext {
            command_id: self.command_id,
            now,
            business_date: self.business_date.unwrap_or_else(|| now.date_naive()),
            actor: self.actor.clone(),
            channel: self.channel.clone(),
            reason: self.reason.clone(),
            correlation_id: self.correlation_id.unwrap_or(self.command_id),
            causation_id: self.causation_id.unwrap_or(self.command_id),
        }
    }
}

/// How a command ended. Everything here is an answer, not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its events are stored; none if there was nothing left to do.
    Executed {
        /// The stream that it was decided on.
        stream: StreamName,
        /// Where its events stand.
        appended: Appended,
    },
    /// It had been carried out before.
    AlreadyDone {
        /// The stream that it was decided on.
        stream: StreamName,
        /// Where its original events stand.
        appended: Appended,
    },
    /// A rule refused it; nothing was written.
    Rejected(Rejection),
    /// Other writers kept winning; nothing was written.
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What was expected at last.
        expected: StreamVersion,
        /// What was there.
        actual: StreamVersion,
        /// How often it was tried.
        attempts: u32,
    },
    /// It is not a command of this domain; nothing was written.
    Invalid(CommandError),
}

impl Outcome {
    /// The position to wait for in read models, if the command is carried out.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Executed { appended, .. } | Self::AlreadyDone { appended, .. } => Some(appended.last_position()),
            _ => None,
        }
    }
}

/// Why a command could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// A state could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The append was refused for another reason than a conflict, or the store failed in it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The command id was used before for something else.
    #[error(
        "command id {command_id} was already used for another {stored_type} on stream {stored_stream} (position {position})"
    )]
    CommandIdReused {
        /// The id.
        command_id: Uuid,
        /// What it was used for; `an event of another program` if that is not known.
        stored_type: String,
        /// The stream of the stored event.
        stored_stream: StreamName,
        /// Its position.
        position: Position,
    },
    /// A decision made an event that its own aggregate cannot read. Nothing was written.
    #[error("{command_type} decided on an event that stream {stream} could not read back: {reason}")]
    UnreadableDecision {
        /// The command.
        command_type: String,
        /// The stream.
        stream: StreamName,
        /// What is wrong with the event.
        reason: String,
    },
}

impl From<StoreError> for ExecuteError {
    fn from(error: StoreError) -> Self {
        Self::Load(LoadError::Store(error))
    }
}

impl ExecuteError {
    /// The store's error, if the store failed.
    #[must_use]
    pub fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Load(LoadError::Store(error)) | Self::Append(AppendError::Store(error)) => Some(error),
            _ => None,
        }
    }

    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Load(LoadError::Store(error)) => error.code(),
            Self::Load(LoadError::Undecodable { .. }) => "undecodable_event",
            Self::Append(error) => error.code(),
            Self::CommandIdReused { .. } => "command_id_reused",
            Self::UnreadableDecision { .. } => "unreadable_decision",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Load(LoadError::Store(error)) | Self::Append(AppendError::Store(error)) => error.hint(),
            Self::Load(LoadError::Undecodable { .. }) => {
                "Open the event in the inspector; a newer version of the program may know its type."
            }
            Self::Append(AppendError::StreamClosed { .. }) => "The stream takes no further events.",
            Self::Append(_) => "Nothing was written. Check the command's size and content.",
            Self::CommandIdReused { .. } => "Use a new id for a new command. Nothing was written.",
            Self::UnreadableDecision { .. } => "This is a fault in the program; report it with the log.",
        }
    }

    /// Whether trying the same again can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.store_error().is_some_and(StoreError::retryable)
    }
}

/// What one attempt led to.
enum Attempt {
    Done(Outcome),
    Conflict { expected: StreamVersion, actual: StreamVersion },
}

/// A command on its way.
struct Execution<'a> {
    inner: &'a Arc<Inner>,
    aggregate: &'a Arc<dyn Aggregate>,
    parsed: ParsedCommand,
    context: CommandContext,
    expected: Option<StreamVersion>,
}

pub(crate) async fn execute(inner: &Arc<Inner>, envelope: &CommandEnvelope) -> Result<Outcome, ExecuteError> {
    let (aggregate, parsed) = match inner.domain.parse_command(&envelope.command_type, &envelope.payload) {
        Ok(found) => found,
        Err(error) => return Ok(Outcome::Invalid(error)),
    };
    let context = envelope.context(inner.clock.now());
    let execution = Execution { inner, aggregate, parsed, context, expected: envelope.expected_version };
    let _turn = inner.stream_locks.lock(&execution.parsed.stream).await;
    execution.run().await
}

impl Execution<'_> {
    async fn run(&self) -> Result<Outcome, ExecuteError> {
        let stream = &self.parsed.stream;
        let mut known = self.inner.cache.get(stream);
        let mut attempts = 0;
        loop {
            if let Some(done) = self.receipt().await? {
                return Ok(done);
            }
            attempts += 1;
            // After a conflict the known state is behind for certain; before the first attempt it probably is not.
            // An issuer who names a version wants it compared with what is there, not with what was there lately.
            let stale = attempts > 1 || self.expected.is_some();
            let attempt = self.attempt(known.take(), stale).await;
            match attempt.inspect_err(|_| self.inner.cache.evict(stream))? {
                Attempt::Done(outcome) => return Ok(outcome),
                Attempt::Conflict { expected, actual }
                    if attempts > self.inner.config.conflict_retries || self.expected.is_some() =>
                {
                    return Ok(Outcome::Conflict { stream: stream.clone(), expected, actual, attempts });
                }
                Attempt::Conflict { expected, actual } => {
                    tracing::debug!(%stream, %expected, %actual, attempts, "conflict, trying again");
                    known = self.inner.cache.get(stream);
                }
            }
        }
    }

    async fn attempt(&self, known: Option<Loaded>, stale: bool) -> Result<Attempt, ExecuteError> {
        let stream = &self.parsed.stream;
        let cached = known.is_some() && !stale;
        let mut loaded = self.fresh_or_known(known, stale).await?;
        self.inner.cache.put(stream, &loaded);
        if let Some(expected) = self.expected.filter(|expected| *expected != loaded.version) {
            return Ok(Attempt::Conflict { expected, actual: loaded.version });
        }
        let loader = self.inner.loader();
        let mut decision = decide(&loader, self.aggregate, &self.parsed, &self.context, &loaded).await?;
        if cached && decision.as_ref().map_or(true, Vec::is_empty) {
            // Nothing would be appended, so no expected version would find out that the cached state is behind.
            loaded = loader.refresh(&**self.aggregate, stream, loaded).await?;
            self.inner.cache.put(stream, &loaded);
            decision = decide(&loader, self.aggregate, &self.parsed, &self.context, &loaded).await?;
        }
        match decision {
            Ok(events) if !events.is_empty() => self.append(loaded, events).await,
            // The command itself may have been carried out by another process since the receipt was looked for.
            answer => Ok(Attempt::Done(match (self.receipt().await?, answer) {
                (Some(done), _) => done,
                (None, Err(rejection)) => Outcome::Rejected(rejection),
                (None, Ok(_)) => self.executed(Appended { events: Vec::new(), replayed: false }),
            })),
        }
    }

    async fn fresh_or_known(&self, known: Option<Loaded>, stale: bool) -> Result<Loaded, LoadError> {
        let (loader, stream) = (self.inner.loader(), &self.parsed.stream);
        match known {
            Some(known) if !stale => Ok(known),
            Some(known) => loader.refresh(&**self.aggregate, stream, known).await,
            None => loader.load(&**self.aggregate, stream).await,
        }
    }

    async fn append(&self, loaded: Loaded, events: Vec<EncodedEvent>) -> Result<Attempt, ExecuteError> {
        let stream = &self.parsed.stream;
        let expected = loaded.version;
        let after = evolve_own(self.aggregate, &self.parsed, &loaded, &events)?;
        let request = AppendRequest::to_stream(
            stream.clone(),
            ExpectedVersion::Exact(expected),
            new_events(&self.context, &self.parsed, events),
        );
        match self.inner.events.append(request).await {
            Ok(appended) if appended.replayed => {
                self.inner.cache.evict(stream);
                Ok(Attempt::Done(Outcome::AlreadyDone { stream: stream.clone(), appended }))
            }
            Ok(appended) => {
                self.remember(after, &appended);
                Ok(Attempt::Done(self.executed(appended)))
            }
            Err(AppendError::WrongExpectedVersion { actual, .. }) => Ok(Attempt::Conflict { expected, actual }),
            Err(error) => self.after_failure(error).await.map(Attempt::Done),
        }
    }

    /// An append that failed may have been carried out: ask by id before saying that it failed.
    async fn after_failure(&self, error: AppendError) -> Result<Outcome, ExecuteError> {
        self.inner.cache.evict(&self.parsed.stream);
        match &error {
            AppendError::IdempotencyMismatch { position, .. } => {
                let stored = self.inner.events.read_positions(&[*position]).await?;
                let first = event_id_of(self.context.command_id, 0);
                if let Some(first) = stored.first().filter(|event| event.event_id == first) {
                    let appended = receipts::of_event(&*self.inner.events, &self.parsed, &self.context, first).await?;
                    return Ok(Outcome::AlreadyDone { stream: self.parsed.stream.clone(), appended });
                }
            }
            AppendError::Store(store) if store.outcome_unknown() => {
                if let Ok(Some(appended)) = self.find_receipt().await {
                    return Ok(self.executed(appended));
                }
            }
            _ => {}
        }
        Err(error.into())
    }

    /// Keeps the new state and takes a snapshot if it is time, off the command's path.
    fn remember(&self, mut after: Loaded, appended: &Appended) {
        let stream = &self.parsed.stream;
        if let Some(last) = appended.events.last() {
            after.version = last.version;
            after.last_event = Some(last.event_id);
        }
        if let (Some(snapshots), SnapshotPolicy::EveryEvents(every)) =
            (&self.inner.snapshots, self.inner.config.snapshots)
            && after.version.get() - after.snapshot.get() >= every.get()
        {
            after.snapshot = after.version;
            let (snapshots, inner) = (snapshots.clone(), self.inner.clone());
            let (aggregate, stream, loaded) = (self.aggregate.clone(), stream.clone(), after.clone());
            self.inner.tasks.spawn(async move {
                let snapshot = snapshot_of(&inner.domain, &*aggregate, &stream, &loaded, inner.clock.now());
                if let Err(error) = snapshots.save_snapshot(snapshot).await {
                    tracing::warn!(%stream, %error, "snapshot not saved");
                }
            });
        }
        self.inner.cache.put(stream, &after);
    }

    fn executed(&self, appended: Appended) -> Outcome {
        Outcome::Executed { stream: self.parsed.stream.clone(), appended }
    }

    async fn receipt(&self) -> Result<Option<Outcome>, ExecuteError> {
        let found = self.find_receipt().await?;
        Ok(found.map(|appended| Outcome::AlreadyDone { stream: self.parsed.stream.clone(), appended }))
    }

    async fn find_receipt(&self) -> Result<Option<Appended>, ExecuteError> {
        receipts::find(&*self.inner.events, &self.parsed, &self.context).await
    }
}

/// The events of a decision as they are appended: ids and metadata follow from the command, so a repeated append is equal.
fn new_events(context: &CommandContext, parsed: &ParsedCommand, events: Vec<EncodedEvent>) -> Vec<NewEvent> {
    let metadata = EventMetadata {
        correlation_id: context.correlation_id,
        causation_id: context.causation_id,
        command_id: context.command_id,
        command_type: parsed.command_type.clone(),
        command_hash: Some(receipts::short_hash(parsed)),
        actor: context.actor.clone(),
        channel: context.channel.clone(),
        reason: context.reason.clone(),
    };
    // Strings and ids only: writing it as JSON cannot fail; an append with empty metadata would be refused as not JSON.
    let metadata: Box<str> = serde_json::to_string(&metadata).unwrap_or_default().into();
    let event = |(index, event): (usize, EncodedEvent)| NewEvent {
        event_id: event_id_of(context.command_id, index),
        event_type: event.event_type.into(),
        schema_version: event.schema_version,
        payload: Payload::json(event.payload),
        metadata: metadata.clone(),
    };
    events.into_iter().enumerate().map(event).collect()
}

impl Inner {
    pub(crate) fn loader(&self) -> Loader<'_> {
        Loader { reader: &*self.events, domain: &self.domain, snapshots: self.snapshots.as_deref() }
    }
}
