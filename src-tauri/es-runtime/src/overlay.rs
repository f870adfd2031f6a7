//! States as they will be once what is planned here is written: a command's events, and the steps of processes that follow
//! from them, planned in memory for one atomic append.
//!
//! A step is planned exactly as it would be sent: the same command ids, decided on the same states, with the same metadata.
//! So the events are the same as if every step had been written before the next one was decided; only the moments in between
//! are missing, at which a crash would leave the rest to a restart. What cannot be planned is left out and sent later, one
//! step at a time.

use std::collections::HashMap;
use std::sync::Arc;

use es_core::{
    Aggregate, AppendError, AppendRequest, Appended, CommandContext, CommandDraft, Direction, EncodedEvent,
    ExpectedVersion, Hash, ParsedCommand, Process, ReadStream, RecordedEvent, References, Rejection, Settlement,
    StoreError, StreamAppend, StreamName, StreamVersion, event_id_of, limits,
};
use uuid::Uuid;

use crate::commands::{CommandEnvelope, new_events};
use crate::decide::{decide, evolve_own};
use crate::engine::Inner;
use crate::load::{LoadError, Loaded};
use crate::outcome::ExecuteError;
use crate::processes::step_envelope;
use crate::receipts;
use crate::sealing;

/// What an overlay takes on trust, because the append finds out if it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// That cached states are the present ones, and that steps which would append events were not sent before.
    StatesAndIds,
    /// Only the latter: after a conflict, states are read anew.
    Ids,
    /// Nothing: after a mismatch of ids, receipts are looked for too.
    Nothing,
}

impl Trust {
    /// What is still to be trusted after an append that failed so.
    pub(crate) fn after(self, error: &AppendError) -> Self {
        match error {
            AppendError::WrongExpectedVersion { .. } if self != Self::Nothing => Self::Ids,
            _ => Self::Nothing,
        }
    }
}

pub(crate) struct Overlay<'a> {
    inner: &'a Inner,
    trust: Trust,
    seen: HashMap<StreamName, Seen>,
    /// What a step replaced in `seen`, so that it can be taken back.
    undo: Vec<(StreamName, Option<Seen>)>,
    parts: Vec<StreamAppend>,
    /// Commands that the parts carry out, with their contents.
    commands: Vec<(Uuid, Hash)>,
    /// Streams with planned events, in their order; those before `next` have been looked at.
    touched: Vec<StreamName>,
    next: usize,
    steps: usize,
    /// Correlation ids of process instances' first events.
    correlations: HashMap<StreamName, Option<Uuid>>,
}

#[derive(Clone)]
struct Seen {
    loaded: Loaded,
    /// Whether planned events are in it; then the append finds out if it rests on too old a state.
    planned: bool,
    /// Whether it was read from the store for this overlay.
    fresh: bool,
}

/// How a planned command ended in the overlay.
enum Sent {
    Done,
    Rejected(Rejection),
}

/// Why no further step is planned. Not a failure: the dispatcher goes on from what is written, and tells.
struct Stop(String);

impl From<LoadError> for Stop {
    fn from(error: LoadError) -> Self {
        Self(error.to_string())
    }
}

impl From<ExecuteError> for Stop {
    fn from(error: ExecuteError) -> Self {
        Self(error.to_string())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// Where to go back to if a step cannot be planned as a whole.
struct Mark {
    parts: usize,
    commands: usize,
    touched: usize,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(inner: &'a Inner, trust: Trust) -> Self {
        Self {
            inner,
            trust,
            seen: HashMap::new(),
            undo: Vec::new(),
            parts: Vec::new(),
            commands: Vec::new(),
            touched: Vec::new(),
            next: 0,
            steps: 0,
            correlations: HashMap::new(),
        }
    }

    /// Plans the events of a decided command, with what is personal in them sealed.
    ///
    /// # Errors
    /// Its own aggregate cannot read one of them, or it cannot be sealed.
    pub(crate) async fn write(
        &mut self,
        aggregate: &Arc<dyn Aggregate>,
        parsed: &ParsedCommand,
        context: &CommandContext,
        loaded: &Loaded,
        events: Vec<EncodedEvent>,
    ) -> Result<(), ExecuteError> {
        let sealed = self.inner.seals.seal(parsed, context.command_id, events).await?;
        let mut after = evolve_own(aggregate, parsed, loaded, &sealed.events)?;
        after.last_event = sealed.events.len().checked_sub(1).map(|last| event_id_of(context.command_id, last));
        let stream = parsed.stream.clone();
        if loaded.version == StreamVersion::ZERO {
            self.correlations.insert(stream.clone(), Some(context.correlation_id));
        }
        self.parts.push(StreamAppend {
            stream: stream.clone(),
            expected: ExpectedVersion::Exact(loaded.version),
            events: new_events(context, parsed, sealed),
        });
        self.commands.push((context.command_id, parsed.content_hash));
        self.touched.push(stream.clone());
        self.see(stream, Seen { loaded: after, planned: true, fresh: true });
        Ok(())
    }

    /// Begins with a process instance that has something to do, as it was just read from the store.
    pub(crate) fn begin_with(&mut self, stream: &StreamName, loaded: Loaded, correlation: Option<Uuid>) {
        if correlation.is_some() {
            self.correlations.insert(stream.clone(), correlation);
        }
        self.touched.push(stream.clone());
        self.see(stream.clone(), Seen { loaded, planned: false, fresh: true });
    }

    /// Plans steps of processes until nothing is pending, or as far as one append goes.
    pub(crate) async fn carry_on(&mut self) {
        while let Some(stream) = self.touched.get(self.next).cloned() {
            self.next += 1;
            let domain = &self.inner.domain;
            let processes = domain.processes.iter().filter(|process| process.category() == stream.category());
            for process in processes.filter(|process| process.steps_together()) {
                if !self.is_woken(&**process, &stream) {
                    continue;
                }
                if let Err(Stop(reason)) = self.drive(&**process, &stream).await {
                    tracing::debug!(process = process.name(), %stream, reason, "the next step is not planned ahead");
                    return;
                }
            }
        }
    }

    /// Whether a process looks at what is planned for a stream.
    fn is_woken(&self, process: &dyn Process, stream: &StreamName) -> bool {
        let wakes_on = process.wakes_on();
        let mut own = self.parts.iter().filter(|part| part.stream == *stream).peekable();
        wakes_on.is_empty()
            || own.peek().is_none()
            || own.flat_map(|part| &part.events).any(|event| wakes_on.contains(&&*event.event_type))
    }

    async fn drive(&mut self, process: &dyn Process, stream: &StreamName) -> Result<(), Stop> {
        loop {
            let loaded = self.state(stream).await?;
            let Some(planned) = process.turn(stream, &loaded.state).pending.into_iter().next() else { return Ok(()) };
            if self.steps >= limits::PROCESS_STEPS_PER_TURN {
                return Err(Stop("there are too many steps for one turn".to_owned()));
            }
            let mark = Mark { parts: self.parts.len(), commands: self.commands.len(), touched: self.touched.len() };
            self.undo.clear();
            let taken = self.step(process, stream, &loaded, &planned).await.and_then(|()| self.fits());
            if taken.is_err() {
                self.take_back(&mark);
            }
            taken?;
            self.steps += 1;
        }
    }

    /// Plans a command of a process and, if it is not for the process's own stream, the record of how it ends.
    async fn step(
        &mut self,
        process: &dyn Process,
        stream: &StreamName,
        loaded: &Loaded,
        planned: &CommandDraft,
    ) -> Result<(), Stop> {
        let (own, sent) = self.send(process, stream, loaded, planned).await?;
        let how = match (own, sent) {
            (true, Sent::Rejected(rejection)) => return Err(Stop(format!("refused: {}", rejection.message))),
            (true, Sent::Done) => return self.moved(stream, loaded),
            (false, Sent::Done) => Settlement::Done,
            (false, Sent::Rejected(rejection)) => Settlement::Rejected(rejection),
        };
        let settlement = process.settle(stream, &loaded.state, planned, &how);
        match self.send(process, stream, loaded, &settlement).await? {
            (true, Sent::Done) => self.moved(stream, loaded),
            (true, Sent::Rejected(rejection)) => Err(Stop(format!("refused: {}", rejection.message))),
            (false, _) => Err(Stop(format!("{} is not for its own stream", settlement.command_type))),
        }
    }

    fn moved(&self, stream: &StreamName, before: &Loaded) -> Result<(), Stop> {
        let after = self.seen.get(stream).map_or(StreamVersion::ZERO, |seen| seen.loaded.version);
        if after > before.version { Ok(()) } else { Err(Stop("the step changed nothing".to_owned())) }
    }

    /// Decides a command of a process and plans its events. Whether it is for the process's own stream, and how it ended.
    async fn send(
        &mut self,
        process: &dyn Process,
        stream: &StreamName,
        instance: &Loaded,
        draft: &CommandDraft,
    ) -> Result<(bool, Sent), Stop> {
        let correlation = self.correlation(stream).await?;
        let causation = match instance.last_event {
            Some(last) => Some(last),
            None => self.read_one(stream, instance.version.next(), Direction::Backward).await?.map(|e| e.event_id),
        };
        let envelope = step_envelope(process, draft, correlation, causation);
        let domain = &self.inner.domain;
        let parsed = domain.parse_command(&envelope.command_type, &envelope.payload);
        let (aggregate, parsed) = parsed.map_err(|error| Stop(error.to_string()))?;
        let own = parsed.stream == *stream;
        Ok((own, self.decide(aggregate, &parsed, &envelope).await?))
    }

    async fn decide(
        &mut self,
        aggregate: &Arc<dyn Aggregate>,
        parsed: &ParsedCommand,
        envelope: &CommandEnvelope,
    ) -> Result<Sent, Stop> {
        let context = envelope.context(self.inner.clock.now());
        let planned = self.commands.iter().find(|(id, _)| *id == context.command_id);
        if let Some((_, content)) = planned {
            let same = *content == parsed.content_hash;
            return if same { Ok(Sent::Done) } else { Err(Stop("one command id for two contents".to_owned())) };
        }
        if self.trust == Trust::Nothing && self.was_carried_out(parsed, &context).await? {
            return Ok(Sent::Done);
        }
        let mut loaded = self.state(&parsed.stream).await?;
        let mut decision = self.answer(aggregate, parsed, &context, &loaded).await?;
        let appends = |decision: &Result<Vec<EncodedEvent>, Rejection>| decision.as_ref().is_ok_and(|e| !e.is_empty());
        if !appends(&decision) && self.seen.get(&parsed.stream).is_some_and(|seen| !seen.fresh) {
            // Nothing would be appended, so no expected version would find out that the cached state is behind.
            loaded = self.read_anew(aggregate, &parsed.stream).await?;
            decision = self.answer(aggregate, parsed, &context, &loaded).await?;
        }
        if appends(&decision) {
            self.write(aggregate, parsed, &context, &loaded, decision.unwrap_or_default()).await?;
            return Ok(Sent::Done);
        }
        if self.trust != Trust::Nothing && self.was_carried_out(parsed, &context).await? {
            return Ok(Sent::Done);
        }
        Ok(decision.map_or_else(Sent::Rejected, |_| Sent::Done))
    }

    async fn answer(
        &self,
        aggregate: &Arc<dyn Aggregate>,
        parsed: &ParsedCommand,
        context: &CommandContext,
        loaded: &Loaded,
    ) -> Result<Result<Vec<EncodedEvent>, Rejection>, LoadError> {
        let mut references = References::default();
        for stream in &parsed.references {
            match self.seen.get(stream).filter(|seen| seen.fresh) {
                Some(seen) => crate::decide::refer(&mut references, stream, &seen.loaded),
                None => self.inner.reference(&mut references, stream).await?,
            }
        }
        Ok(decide(aggregate, parsed, context, loaded, &references))
    }

    async fn was_carried_out(&self, parsed: &ParsedCommand, context: &CommandContext) -> Result<bool, ExecuteError> {
        Ok(receipts::find(&*self.inner.events, &self.inner.seals, parsed, context).await?.is_some())
    }

    /// The state with everything planned in it.
    async fn state(&mut self, stream: &StreamName) -> Result<Loaded, Stop> {
        if let Some(seen) = self.seen.get(stream) {
            return Ok(seen.loaded.clone());
        }
        let category = stream.category();
        let missing = || Stop(format!("the domain has no aggregate of category {category}"));
        let aggregate = self.inner.domain.aggregate(category).ok_or_else(missing)?;
        match self.inner.cache.get(stream).filter(|_| self.trust == Trust::StatesAndIds) {
            Some(loaded) => {
                self.see(stream.clone(), Seen { loaded: loaded.clone(), planned: false, fresh: false });
                Ok(loaded)
            }
            None => Ok(self.read_anew(aggregate, stream).await?),
        }
    }

    async fn read_anew(&mut self, aggregate: &Arc<dyn Aggregate>, stream: &StreamName) -> Result<Loaded, LoadError> {
        let loaded = self.inner.present(aggregate, stream).await?;
        self.see(stream.clone(), Seen { loaded: loaded.clone(), planned: false, fresh: true });
        Ok(loaded)
    }

    fn see(&mut self, stream: StreamName, seen: Seen) {
        let former = self.seen.insert(stream.clone(), seen);
        self.undo.push((stream, former));
    }

    fn take_back(&mut self, mark: &Mark) {
        self.parts.truncate(mark.parts);
        self.commands.truncate(mark.commands);
        self.touched.truncate(mark.touched);
        while let Some((stream, former)) = self.undo.pop() {
            match former {
                Some(former) => drop(self.seen.insert(stream, former)),
                None => drop(self.seen.remove(&stream)),
            }
        }
    }

    /// Whether everything planned fits one append.
    fn fits(&self) -> Result<(), Stop> {
        let count = |of: fn(&StreamAppend) -> usize| self.parts.iter().map(of).sum::<usize>();
        let bytes = count(|part| part.events.iter().map(|e| e.payload.as_bytes().len() + e.metadata.len()).sum());
        let planned = self.seen.values().filter(|seen| seen.planned).count();
        if planned > limits::STREAMS_PER_APPEND
            || count(|part| part.events.len()) > limits::EVENTS_PER_APPEND
            || bytes > limits::LANE_BATCH_BYTES
        {
            return Err(Stop("it does not fit one append".to_owned()));
        }
        Ok(())
    }

    /// As for an instance that is driven step by step: of the stream's first event that is read.
    async fn correlation(&mut self, stream: &StreamName) -> Result<Option<Uuid>, Stop> {
        if let Some(known) = self.correlations.get(stream) {
            return Ok(*known);
        }
        let first = self.read_one(stream, StreamVersion::ZERO, Direction::Forward).await?;
        let correlation = first.and_then(|event| event.correlation_id);
        self.correlations.insert(stream.clone(), correlation);
        Ok(correlation)
    }

    async fn read_one(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        direction: Direction,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let read = ReadStream { stream: stream.clone(), from, direction, limit: 1 };
        Ok(self.inner.events.read_stream(read).await?.events.into_iter().next())
    }

    /// What is to be appended. Nothing is planned afterwards.
    pub(crate) fn request(&mut self) -> AppendRequest {
        AppendRequest { parts: std::mem::take(&mut self.parts) }
    }

    /// Streams that something is planned for.
    pub(crate) fn streams(&self) -> Vec<StreamName> {
        self.seen.iter().filter(|(_, seen)| seen.planned).map(|(stream, _)| stream.clone()).collect()
    }

    /// Steps planned so far.
    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    /// Appends what is planned, and keeps the states that it leads to.
    pub(crate) async fn append(mut self) -> Result<Appended, AppendError> {
        let request = self.request();
        let appended = sealing::append(self.inner, request).await;
        match &appended {
            Ok(appended) if !appended.replayed => self.remember(),
            _ => self.forget(),
        }
        appended
    }

    /// Keeps the states that the append has made true.
    pub(crate) fn remember(self) {
        for (stream, seen) in self.seen.into_iter().filter(|(_, seen)| seen.planned) {
            if let Some(aggregate) = self.inner.domain.aggregate(stream.category()) {
                self.inner.keep(aggregate, &stream, seen.loaded);
            }
        }
    }

    /// Nothing of it may have come true, or all of it.
    pub(crate) fn forget(&self) {
        self.seen.iter().filter(|(_, seen)| seen.planned).for_each(|(stream, _)| self.inner.cache.evict(stream));
    }
}
