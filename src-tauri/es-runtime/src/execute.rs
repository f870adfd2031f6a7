//! Executing a command: state → decision → append, retried on conflicts with fresh state. Whether it was carried out before is
//! found out by the append, which knows the ids of its events, or by its receipt where nothing would be appended.

use std::sync::Arc;

use es_core::{
    Aggregate, AppendError, Appended, CommandContext, EncodedEvent, ParsedCommand, Rejection, StreamName,
    StreamVersion, WrittenEvent, event_id_of, limits,
};
use uuid::Uuid;

use crate::commands::CommandEnvelope;
use crate::decide::{Decided, decide};
use crate::engine::Inner;
use crate::load::{LoadError, Loaded};
use crate::outcome::{ExecuteError, Outcome};
use crate::overlay::{Overlay, Trust};
use crate::receipts;
use crate::sealing;

/// What one attempt led to.
enum Attempt {
    Done(Outcome),
    Conflict {
        expected: StreamVersion,
        actual: StreamVersion,
    },
    /// What the steps that follow rest on has changed; nothing was written, and the command itself is not at fault.
    StepsConflict {
        streams: Vec<StreamName>,
        trust: Trust,
    },
}

/// How the next attempt is made.
#[derive(Clone, Copy)]
struct Manner {
    /// Look for the receipt and read the state anew: something has changed, or somebody named a version.
    careful: bool,
    /// What the steps that follow are planned on.
    trust: Trust,
    /// Whether steps of processes may be written with the command.
    with_steps: bool,
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
    execution.run().await.or_else(ExecuteError::or_unavailable)
}

/// Writes a command that was decided before, if its stream still has the version that it was decided on.
pub(crate) async fn append(inner: &Arc<Inner>, decided: Decided) -> Result<Outcome, ExecuteError> {
    let Decided { aggregate, parsed, context, loaded, events, .. } = decided;
    let execution = Execution { inner, aggregate: &aggregate, parsed, context, expected: None };
    execution.append_decided(loaded, events).await.or_else(ExecuteError::or_unavailable)
}

impl Execution<'_> {
    /// One attempt, on the state that the decision was made on.
    async fn append_decided(&self, loaded: Loaded, events: Vec<EncodedEvent>) -> Result<Outcome, ExecuteError> {
        let (stream, expected) = (&self.parsed.stream, loaded.version);
        let conflict = |actual| Outcome::Conflict { stream: stream.clone(), expected, actual, attempts: 1 };
        let _turn = self.inner.stream_locks.lock(stream).await;
        if events.is_empty() {
            // Nothing would be appended, so no expected version would find out that others have written since.
            let actual = self.inner.present(self.aggregate, stream).await?.version;
            if let Some(done) = self.receipt().await? {
                return Ok(done);
            }
            let nothing = || self.executed(Appended { events: Vec::new(), replayed: false }, Vec::new());
            return Ok(if actual == expected { nothing() } else { conflict(actual) });
        }
        // What processes make of it follows by itself: the decision was about this stream alone.
        let manner = Manner { careful: true, trust: Trust::Nothing, with_steps: false };
        match self.append(loaded, events, manner).await {
            Ok(Attempt::Done(outcome)) => Ok(outcome),
            Ok(Attempt::Conflict { actual, .. }) => Ok(conflict(actual)),
            // Without steps there is no other stream that could have moved.
            Ok(Attempt::StepsConflict { .. }) => Ok(conflict(expected)),
            Err(error) => self.carried_out_before(error).await,
        }
    }

    async fn run(&self) -> Result<Outcome, ExecuteError> {
        let stream = &self.parsed.stream;
        // An issuer who names a version wants it compared with what is there, not with what was there lately.
        let (careful, with_steps) = (self.expected.is_some(), self.inner.turns_at_once());
        let mut manner = Manner { careful, trust: Trust::StatesAndIds, with_steps };
        let (mut attempts, mut lost_turns) = (1, 0);
        let mut turn = vec![self.inner.stream_locks.lock(stream).await];
        loop {
            if manner.careful
                && let Some(done) = self.receipt().await?
            {
                return Ok(done);
            }
            let attempt = match self.attempt(self.inner.cache.get(stream), manner).await {
                Ok(attempt) => attempt,
                Err(error) => return self.carried_out_before(error).await,
            };
            manner.careful = true;
            match attempt {
                Attempt::Done(outcome) => return Ok(outcome),
                Attempt::StepsConflict { streams, trust } => {
                    lost_turns += 1;
                    manner.trust = trust;
                    manner.with_steps &= lost_turns <= limits::TURN_CONFLICT_RETRIES;
                    tracing::debug!(%stream, lost_turns, "conflict in a step that follows, trying again");
                    // Commands of this process that are on one of the streams shall not win again.
                    turn.clear();
                    turn = self.inner.stream_locks.lock_all(&streams).await;
                }
                Attempt::Conflict { expected, actual }
                    if attempts > self.inner.config.conflict_retries || self.expected.is_some() =>
                {
                    return Ok(Outcome::Conflict { stream: stream.clone(), expected, actual, attempts });
                }
                Attempt::Conflict { expected, actual } => {
                    tracing::debug!(%stream, %expected, %actual, attempts, "conflict, trying again");
                    attempts += 1;
                }
            }
        }
    }

    async fn attempt(&self, known: Option<Loaded>, manner: Manner) -> Result<Attempt, ExecuteError> {
        let stream = &self.parsed.stream;
        // The known state probably is the present one, and the append finds out if not.
        let (cached, mut loaded) = match known {
            Some(known) if !manner.careful => (true, known),
            _ => (false, self.inner.present(self.aggregate, stream).await?),
        };
        if let Some(expected) = self.expected.filter(|expected| *expected != loaded.version) {
            return Ok(Attempt::Conflict { expected, actual: loaded.version });
        }
        let mut decision = self.decide(&loaded).await?;
        if cached && decision.as_ref().map_or(true, Vec::is_empty) {
            // Nothing would be appended, so no expected version would find out that the cached state is behind.
            loaded = self.inner.present(self.aggregate, stream).await?;
            decision = self.decide(&loaded).await?;
        }
        match decision {
            Ok(events) if !events.is_empty() => self.append(loaded, events, manner).await,
            // The command itself may have been carried out before.
            answer => Ok(Attempt::Done(match (self.receipt().await?, answer) {
                (Some(done), _) => done,
                (None, Err(rejection)) => Outcome::Rejected(rejection),
                (None, Ok(_)) => self.executed(Appended { events: Vec::new(), replayed: false }, Vec::new()),
            })),
        }
    }

    async fn decide(&self, loaded: &Loaded) -> Result<Result<Vec<EncodedEvent>, Rejection>, LoadError> {
        let references = self.inner.references(&self.parsed).await?;
        Ok(decide(self.aggregate, &self.parsed, &self.context, loaded, &references))
    }

    async fn append(&self, loaded: Loaded, events: Vec<EncodedEvent>, manner: Manner) -> Result<Attempt, ExecuteError> {
        let stream = &self.parsed.stream;
        let (expected, own) = (loaded.version, events.len());
        let mut overlay = Overlay::new(self.inner, manner.trust);
        overlay.write(self.aggregate, &self.parsed, &self.context, &loaded, events).await?;
        if manner.with_steps {
            overlay.carry_on().await;
        }
        let request = overlay.request();
        let later: Vec<_> = request.parts.iter().flat_map(|part| &part.events).skip(own).map(|e| e.event_id).collect();
        match sealing::append(self.inner, request).await {
            Ok(appended) if appended.replayed => {
                overlay.forget();
                self.done_before(&appended).await
            }
            Ok(mut appended) => {
                let consequences = appended.events.split_off(own);
                overlay.remember();
                Ok(Attempt::Done(self.executed(appended, consequences)))
            }
            Err(AppendError::WrongExpectedVersion { stream: moved, actual, .. }) if moved == *stream => {
                Ok(Attempt::Conflict { expected, actual })
            }
            Err(error) => {
                overlay.forget();
                let conflict = Attempt::StepsConflict { streams: overlay.streams(), trust: manner.trust.after(&error) };
                self.after_failure(error, &later, conflict).await
            }
        }
    }

    /// The original events, all of them: on the present state the command might decide on fewer.
    async fn done_before(&self, replayed: &Appended) -> Result<Attempt, ExecuteError> {
        let first = event_id_of(self.context.command_id, 0);
        let own = replayed.events.iter().find(|event| event.event_id == first);
        let position: Vec<_> = own.into_iter().map(|event| event.position).collect();
        let stored = self.inner.events.read_positions(&position).await?;
        let appended = match stored.first() {
            Some(first) => {
                receipts::of_event(&*self.inner.events, &self.inner.seals, &self.parsed, &self.context, first).await?
            }
            None => replayed.clone(),
        };
        Ok(Attempt::Done(Outcome::AlreadyDone { stream: self.parsed.stream.clone(), appended }))
    }

    /// An append that failed may have been carried out: ask by id before saying that it failed. `later` are the ids of the
    /// steps that were to be written with the command, and `conflict` what it means if one of them is at fault.
    async fn after_failure(
        &self,
        error: AppendError,
        later: &[Uuid],
        conflict: Attempt,
    ) -> Result<Attempt, ExecuteError> {
        let of_steps = !later.is_empty();
        match &error {
            AppendError::IdempotencyMismatch { position, .. } => {
                let stored = self.inner.events.read_positions(&[*position]).await?;
                let first = event_id_of(self.context.command_id, 0);
                if let Some(first) = stored.first().filter(|event| event.event_id == first) {
                    let appended =
                        receipts::of_event(&*self.inner.events, &self.inner.seals, &self.parsed, &self.context, first)
                            .await?;
                    let stream = self.parsed.stream.clone();
                    return Ok(Attempt::Done(Outcome::AlreadyDone { stream, appended }));
                }
                if of_steps {
                    return Ok(self.receipt().await?.map_or(conflict, Attempt::Done));
                }
            }
            AppendError::Store(store) if store.outcome_unknown() => {
                if let Ok(Some(appended)) = self.find_receipt().await {
                    // All of one append is there, or nothing.
                    let consequences = receipts::of_ids(&*self.inner.events, later).await?;
                    return Ok(Attempt::Done(self.executed(appended, consequences)));
                }
            }
            AppendError::Store(_) => {}
            _ if of_steps => return Ok(conflict),
            _ => {}
        }
        Err(error.into())
    }

    /// A command that was carried out before keeps its answer, even if its stream cannot be read any more.
    async fn carried_out_before(&self, error: ExecuteError) -> Result<Outcome, ExecuteError> {
        self.inner.cache.evict(&self.parsed.stream);
        if error.store_error().is_none()
            && !matches!(error, ExecuteError::CommandIdReused { .. })
            && let Some(done) = self.receipt().await?
        {
            return Ok(done);
        }
        Err(error)
    }

    fn executed(&self, appended: Appended, consequences: Vec<WrittenEvent>) -> Outcome {
        Outcome::Executed { stream: self.parsed.stream.clone(), appended, consequences }
    }

    async fn receipt(&self) -> Result<Option<Outcome>, ExecuteError> {
        let found = self.find_receipt().await?;
        Ok(found.map(|appended| Outcome::AlreadyDone { stream: self.parsed.stream.clone(), appended }))
    }

    async fn find_receipt(&self) -> Result<Option<Appended>, ExecuteError> {
        receipts::find(&*self.inner.events, &self.inner.seals, &self.parsed, &self.context).await
    }
}
