//! The simulator's desk: carries out commands with the real deciders and turns their events into imports.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use es_core::{
    AppendRequest, CommandContext, Decider, DomainEvent, EventMetadata, ExpectedVersion, ImportedAppend, NewEvent,
    Payload, Position, References, Reject, Rejection, StreamName, StreamVersion, UpcasterRegistry, event_id_of,
};
use uuid::Uuid;

use super::dice::Dice;
use super::history;
use crate::upcasters::older::OlderForm;

/// An aggregate as the simulator keeps it.
pub(super) struct Slot<S> {
    /// Its stream.
    pub stream: StreamName,
    /// Its last version.
    pub version: u64,
    /// Its state.
    pub state: S,
}

impl<S: Default> Slot<S> {
    pub fn new(stream: StreamName) -> Self {
        Self { stream, version: 0, state: S::default() }
    }

    /// The version that an append now expects.
    fn expected(&self) -> ExpectedVersion {
        match self.version {
            0 => ExpectedVersion::NoStream,
            version => ExpectedVersion::Exact(StreamVersion(version)),
        }
    }
}

/// Who asks and what led to it.
pub(super) struct Cause {
    /// Who.
    pub actor: String,
    /// Why, in their words.
    pub reason: Option<&'static str>,
    /// Id of the command; a fresh one if nothing.
    pub command_id: Option<Uuid>,
    /// Correlation and causation id; the command's own if nothing.
    pub chain: Option<(Uuid, Uuid)>,
}

impl Cause {
    pub fn of(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), reason: None, command_id: None, chain: None }
    }

    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// What a command came to.
pub(super) struct Done<E> {
    /// Its events.
    pub events: Vec<E>,
    /// Id of the last one; nothing if there was nothing to do.
    pub last_event_id: Option<Uuid>,
    /// Correlation id of the chain.
    pub correlation_id: Uuid,
}

/// Clock, chance and the outgoing events.
pub(super) struct Desk {
    pub dice: Dice,
    pub now: DateTime<Utc>,
    pub out: VecDeque<ImportedAppend>,
    /// Events so far; also the last position, since positions are dense and the store begins empty.
    pub written: u64,
    /// How often each rule has refused, by code.
    pub refusals: BTreeMap<String, u64>,
    upcasters: UpcasterRegistry,
}

impl Desk {
    pub fn new(seed: u64, start: DateTime<Utc>, upcasters: UpcasterRegistry) -> Self {
        Self {
            dice: Dice::new(seed),
            now: start,
            out: VecDeque::new(),
            written: 0,
            refusals: BTreeMap::new(),
            upcasters,
        }
    }

    /// Decides a command as the engine would, and hands its events out with the simulated time.
    pub fn execute<D: Decider>(
        &mut self,
        slot: &mut Slot<D::State>,
        command_type: &str,
        command: &D::Command,
        references: &References,
        cause: Cause,
    ) -> Result<Done<D::Event>, Rejection> {
        let context = self.context(cause);
        let (command_id, correlation_id) = (context.command_id, context.correlation_id);
        let decided = D::decide(&slot.state, command, &context, references);
        let events = decided.map_err(|rejection| self.refuse(rejection.to_rejection()))?;
        let metadata = metadata(context, command_type)?;
        let last_event_id = events.len().checked_sub(1).map(|last| event_id_of(command_id, last));
        self.hand_out::<D>(slot, command_id, &events, &metadata)?;
        Ok(Done { events, last_event_id, correlation_id })
    }

    /// Who asks for what now.
    pub fn context(&mut self, cause: Cause) -> CommandContext {
        let command_id = cause.command_id.unwrap_or_else(|| self.dice.uuid());
        let (correlation_id, causation_id) = cause.chain.unwrap_or((command_id, command_id));
        CommandContext {
            command_id,
            now: self.now,
            business_date: history::bank_day(self.now),
            actor: cause.actor,
            channel: "simulator".to_owned(),
            reason: cause.reason.map(str::to_owned),
            correlation_id,
            causation_id,
        }
    }

    /// Counts a refusal. Nothing is written of it.
    pub fn refuse(&mut self, rejection: Rejection) -> Rejection {
        *self.refusals.entry(rejection.code.clone()).or_default() += 1;
        rejection
    }

    /// Hands out one event in an older form. The state takes in what a reader of it sees.
    pub fn hand_out_older<D: Decider>(
        &mut self,
        slot: &mut Slot<D::State>,
        form: OlderForm,
        context: CommandContext,
        command_type: &str,
    ) -> Result<Uuid, Rejection> {
        let (event_id, expected) = (event_id_of(context.command_id, 0), slot.expected());
        let event = NewEvent {
            event_id,
            event_type: form.event_type.into(),
            schema_version: form.schema_version,
            payload: Payload::json(form.payload),
            metadata: metadata(context, command_type)?.into(),
        };
        self.written += 1;
        slot.version += 1;
        self.evolve_from_old::<D>(slot, &event)?;
        self.append(slot.stream.clone(), expected, vec![event]);
        Ok(event_id)
    }

    fn append(&mut self, stream: StreamName, expected: ExpectedVersion, events: Vec<NewEvent>) {
        let request = AppendRequest::to_stream(stream, expected, events);
        self.out.push_back(ImportedAppend { request, recorded_at: self.now });
    }

    fn hand_out<D: Decider>(
        &mut self,
        slot: &mut Slot<D::State>,
        command_id: Uuid,
        events: &[D::Event],
        metadata: &str,
    ) -> Result<(), Rejection> {
        if events.is_empty() {
            return Ok(());
        }
        let expected = slot.expected();
        let mut appended = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            let (event_type, current_version) = event.event_type();
            let payload = event.encode().map_err(unwritable)?;
            let new = NewEvent {
                event_id: event_id_of(command_id, index),
                event_type: event_type.into(),
                schema_version: current_version,
                payload: Payload::json(payload),
                metadata: metadata.into(),
            };
            self.written += 1;
            slot.version += 1;
            match history::as_written_then(&new, self.now) {
                None => {
                    D::evolve(&mut slot.state, event);
                    appended.push(new);
                }
                Some(old) => {
                    // The state must be what a reader of the old event sees, not what was meant when it was written.
                    self.evolve_from_old::<D>(slot, &old)?;
                    appended.push(old);
                }
            }
        }
        self.append(slot.stream.clone(), expected, appended);
        Ok(())
    }

    fn evolve_from_old<D: Decider>(&self, slot: &mut Slot<D::State>, old: &NewEvent) -> Result<(), Rejection> {
        let record = history::record(old, &slot.stream, StreamVersion(slot.version), Position(self.written), self.now);
        for part in self.upcasters.upcast(&record).map_err(unwritable)? {
            let event = D::Event::decode(&part.event_type, &part.payload).map_err(unwritable)?;
            D::evolve(&mut slot.state, &event);
        }
        Ok(())
    }
}

fn metadata(context: CommandContext, command_type: &str) -> Result<String, Rejection> {
    let metadata = EventMetadata {
        correlation_id: context.correlation_id,
        causation_id: context.causation_id,
        command_id: context.command_id,
        command_type: command_type.to_owned(),
        // The simulated bank's programs are older than the hash.
        command_hash: None,
        actor: context.actor,
        channel: context.channel,
        reason: context.reason,
    };
    serde_json::to_string(&metadata).map_err(unwritable)
}

/// The bank's own events always can be written and read; should a change of the code break that, the simulation's tests fail
/// on the missing events.
fn unwritable(error: impl std::fmt::Display) -> Rejection {
    Rejection { code: "unwritable".to_owned(), message: error.to_string(), details: BTreeMap::new() }
}
