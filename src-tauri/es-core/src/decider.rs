//! Deciders: the pure heart of an aggregate, and its type-erased form that engines and inspectors work with.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::event::Hash;
use crate::hash::command_hash;
use crate::name::StreamName;

/// What a decision may depend on besides state and command. Everything that is not pure comes in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandContext {
    /// Identity of the command; a retried command has the same.
    pub command_id: Uuid,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// The bank's day, which is not always the calendar's.
    pub business_date: NaiveDate,
    /// Who asks.
    pub actor: String,
    /// Where the command came from.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Shared by everything that one outside cause leads to.
    pub correlation_id: Uuid,
    /// The event or command that directly led to this one.
    pub causation_id: Uuid,
}

/// A rule that refuses a command. A value, not a fault: nothing was written, and the numbers say why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Rejection {
    /// Stable code, for example `insufficient_funds`.
    pub code: String,
    /// One sentence for people, with the numbers in it.
    pub message: String,
    /// The numbers and names by key, for example `available` → `12.50 EUR`. Exact, as text.
    pub details: BTreeMap<String, String>,
}

/// A typed rejection of a domain, which can tell itself to people and programs.
pub trait Reject {
    /// Code, sentence and numbers.
    fn to_rejection(&self) -> Rejection;
}

/// A typed event of a domain. Tagged by the type column, never inside the payload.
pub trait DomainEvent: Sized {
    /// Name and current schema version.
    fn event_type(&self) -> (&'static str, u32);
    /// The payload as JSON text.
    ///
    /// # Errors
    /// Only if a value cannot be written as JSON, which a sound domain type never causes.
    fn encode(&self) -> Result<String, serde_json::Error>;
    /// Reads a payload of the current version.
    ///
    /// # Errors
    /// Unknown type or a payload of another shape.
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError>;
}

/// A typed command of a domain.
pub trait DomainCommand: Sized + Clone + Send + Sync + 'static {
    /// Reads and checks a command's shape.
    ///
    /// # Errors
    /// Unknown type, malformed JSON, missing or bad fields; each with its path.
    fn parse(command_type: &str, payload: &str) -> Result<Self, CommandError>;
    /// Id part of the aggregate's stream.
    fn aggregate_id(&self) -> String;
    /// Streams of other aggregates whose present state the decision wants to see. Read without a lock: use them only for
    /// facts that cannot be undone, or that a later step checks again.
    fn references(&self) -> Vec<StreamName>;
}

/// States of the aggregates that a command refers to, by stream. An aggregate without events is not in it.
#[derive(Default)]
pub struct References(HashMap<StreamName, AnyState>);

impl References {
    /// Adds a state.
    pub fn insert(&mut self, stream: StreamName, state: AnyState) {
        self.0.insert(stream, state);
    }

    /// The state of a stream, if it exists and has this type.
    #[must_use]
    pub fn get<S: 'static>(&self, stream: &StreamName) -> Option<&S> {
        self.0.get(stream).and_then(AnyState::downcast_ref)
    }
}

/// A pure aggregate: what it is, what may happen to it, what it becomes.
pub trait Decider: Send + Sync + 'static {
    /// Category of its streams, for example `account`.
    const CATEGORY: &'static str;
    /// Raised whenever the shape or meaning of the state changes; older snapshots are then ignored.
    const STATE_VERSION: u32;
    /// Event types that carry the whole state by themselves: folding from such an event on gives the same state as folding
    /// from the beginning. A stream may be truncated before one of them, and nowhere else.
    const RESTARTED_BY: &'static [&'static str] = &[];
    /// Event types after which the stream's personal data are to be unreadable: its key is destroyed.
    const ERASED_BY: &'static [&'static str] = &[];
    /// Event types that allow whoever they were recorded for to read the stream's personal data.
    const REVEALED_BY: &'static [&'static str] = &[];
    /// Everything that decisions need, and nothing else.
    type State: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What can be asked.
    type Command: DomainCommand;
    /// What can happen.
    type Event: DomainEvent;
    /// Why something is refused.
    type Rejection: Reject;

    /// Takes an event into the state. Total: history cannot be refused.
    fn evolve(state: &mut Self::State, event: &Self::Event);
    /// Decides. Pure: same arguments, same answer. No events means that the command has nothing left to do.
    ///
    /// # Errors
    /// The rule that refuses, with its numbers.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &CommandContext,
        references: &References,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;
}

/// A current-version payload that does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event_type} does not decode: {reason}")]
pub struct DecodeError {
    /// The event's type.
    pub event_type: String,
    /// What is wrong.
    pub reason: String,
}

/// A command that cannot even be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Nobody knows this command.
    #[error("unknown command {command_type}")]
    UnknownCommand {
        /// The name.
        command_type: String,
    },
    /// The text is not JSON.
    #[error("the command's payload is not valid JSON: {reason}")]
    MalformedJson {
        /// What the parser said, with line and column.
        reason: String,
    },
    /// The JSON has another shape than the command's schema.
    #[error("{command_type} does not fit its schema: {}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    BadShape {
        /// The command.
        command_type: String,
        /// Each violation with its place.
        violations: Vec<ShapeViolation>,
    },
}

impl CommandError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCommand { .. } => "unknown_command",
            Self::MalformedJson { .. } => "malformed_json",
            Self::BadShape { .. } => "bad_shape",
        }
    }
}

/// One place where a command does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShapeViolation {
    /// JSON pointer to the place, empty for the whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

impl std::fmt::Display for ShapeViolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

/// An event in its current shape, not yet stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEvent {
    /// Type.
    pub event_type: &'static str,
    /// Current schema version.
    pub schema_version: u32,
    /// Payload as JSON text.
    pub payload: String,
}

/// What a command is, for lists and generated forms.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandDescriptor {
    /// Name, for example `Deposit`.
    pub command_type: &'static str,
    /// Category of the aggregate that decides it.
    pub category: &'static str,
    /// Short title for people.
    pub title: &'static str,
    /// One or two sentences.
    pub description: &'static str,
    /// JSON Schema 2020-12 of the payload.
    pub schema: serde_json::Value,
    /// A payload that fits the schema.
    pub example: serde_json::Value,
    /// Whether people issue it; false for steps that only a process sends.
    pub for_people: bool,
}

/// What an event type is, for catalogues.
#[derive(Debug, Clone, PartialEq)]
pub struct EventTypeDescriptor {
    /// Name.
    pub event_type: &'static str,
    /// Current schema version.
    pub schema_version: u32,
    /// Category of the streams that it occurs in.
    pub category: &'static str,
    /// Short title for people.
    pub title: &'static str,
    /// One or two sentences.
    pub description: &'static str,
    /// JSON Schema 2020-12 of the payload.
    pub schema: serde_json::Value,
}

trait StateObject: Any + Send + Sync {
    fn clone_box(&self) -> Box<dyn StateObject>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<S: Clone + Send + Sync + 'static> StateObject for S {
    fn clone_box(&self) -> Box<dyn StateObject> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// A state whose type only its aggregate knows.
pub struct AnyState(Box<dyn StateObject>);

impl AnyState {
    /// Wraps a state.
    pub fn new<S: Clone + Send + Sync + 'static>(state: S) -> Self {
        Self(Box::new(state))
    }

    /// The state, if it has this type.
    #[must_use]
    pub fn downcast_ref<S: 'static>(&self) -> Option<&S> {
        (*self.0).as_any().downcast_ref()
    }

    fn downcast_mut<S: 'static>(&mut self) -> Option<&mut S> {
        (*self.0).as_any_mut().downcast_mut()
    }
}

impl Clone for AnyState {
    fn clone(&self) -> Self {
        Self((*self.0).clone_box())
    }
}

/// A parsed command whose type only its aggregate knows.
pub struct ParsedCommand {
    /// Name.
    pub command_type: String,
    /// Stream that it is decided on.
    pub stream: StreamName,
    /// Streams whose states the decision wants to see.
    pub references: Vec<StreamName>,
    /// See [`crate::hash::command_hash`].
    pub content_hash: Hash,
    command: Box<dyn Any + Send + Sync>,
}

/// A decider without its types: the form that command handling, time travel and what-if share.
pub trait Aggregate: Send + Sync {
    /// Category of its streams.
    fn category(&self) -> &'static str;
    /// Shape number of its state.
    fn state_version(&self) -> u32;
    /// See [`Decider::RESTARTED_BY`].
    fn restarted_by(&self) -> &'static [&'static str];
    /// See [`Decider::ERASED_BY`].
    fn erased_by(&self) -> &'static [&'static str];
    /// See [`Decider::REVEALED_BY`].
    fn revealed_by(&self) -> &'static [&'static str];
    /// The state before the first event.
    fn initial(&self) -> AnyState;
    /// Takes an event of the current version into a state.
    ///
    /// # Errors
    /// The payload does not decode; the state is unchanged.
    fn evolve(&self, state: &mut AnyState, event_type: &str, payload: &str) -> Result<(), DecodeError>;
    /// Reads a command.
    ///
    /// # Errors
    /// Unknown, malformed, or for an impossible stream name.
    fn parse(&self, command_type: &str, payload: &str) -> Result<ParsedCommand, CommandError>;
    /// Decides a parsed command.
    ///
    /// # Errors
    /// The rule that refuses.
    fn decide(
        &self,
        state: &AnyState,
        command: &ParsedCommand,
        context: &CommandContext,
        references: &References,
    ) -> Result<Vec<EncodedEvent>, Rejection>;
    /// The state as JSON text.
    fn state_json(&self, state: &AnyState) -> String;
    /// A state from its JSON text; nothing if it does not fit.
    fn restore(&self, json: &str) -> Option<AnyState>;
}

/// Makes an [`Aggregate`] of a [`Decider`].
pub struct Erased<D>(PhantomData<fn() -> D>);

impl<D> Erased<D> {
    /// The only value.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<D> Default for Erased<D> {
    fn default() -> Self {
        Self::new()
    }
}

const WRONG_TYPE: &str = "a state or command is only ever handed back to the aggregate that made it";

impl<D: Decider> Aggregate for Erased<D> {
    fn category(&self) -> &'static str {
        D::CATEGORY
    }

    fn state_version(&self) -> u32 {
        D::STATE_VERSION
    }

    fn restarted_by(&self) -> &'static [&'static str] {
        D::RESTARTED_BY
    }

    fn erased_by(&self) -> &'static [&'static str] {
        D::ERASED_BY
    }

    fn revealed_by(&self) -> &'static [&'static str] {
        D::REVEALED_BY
    }

    fn initial(&self) -> AnyState {
        AnyState::new(D::State::default())
    }

    fn evolve(&self, state: &mut AnyState, event_type: &str, payload: &str) -> Result<(), DecodeError> {
        let event = D::Event::decode(event_type, payload)?;
        let Some(state) = state.downcast_mut::<D::State>() else { unreachable!("{WRONG_TYPE}") };
        D::evolve(state, &event);
        Ok(())
    }

    fn parse(&self, command_type: &str, payload: &str) -> Result<ParsedCommand, CommandError> {
        let command = D::Command::parse(command_type, payload)?;
        let stream = StreamName::of(D::CATEGORY, command.aggregate_id()).map_err(|error| CommandError::BadShape {
            command_type: command_type.to_owned(),
            violations: vec![ShapeViolation { path: String::new(), message: error.to_string() }],
        })?;
        let references = command.references();
        Ok(ParsedCommand {
            command_type: command_type.to_owned(),
            stream,
            references,
            content_hash: command_hash(command_type, payload),
            command: Box::new(command),
        })
    }

    fn decide(
        &self,
        state: &AnyState,
        command: &ParsedCommand,
        context: &CommandContext,
        references: &References,
    ) -> Result<Vec<EncodedEvent>, Rejection> {
        let (Some(state), Some(typed)) = (state.downcast_ref::<D::State>(), command.command.downcast_ref()) else {
            unreachable!("{WRONG_TYPE}")
        };
        let events = D::decide(state, typed, context, references).map_err(|rejection| rejection.to_rejection())?;
        let encode = |event: &D::Event| {
            let (event_type, schema_version) = event.event_type();
            let payload = event.encode().map_err(|error| Rejection {
                code: "not_encodable".to_owned(),
                message: format!("{event_type} cannot be written as JSON: {error}"),
                details: BTreeMap::new(),
            })?;
            Ok(EncodedEvent { event_type, schema_version, payload })
        };
        events.iter().map(encode).collect()
    }

    fn state_json(&self, state: &AnyState) -> String {
        let Some(state) = state.downcast_ref::<D::State>() else { unreachable!("{WRONG_TYPE}") };
        serde_json::to_string(state).unwrap_or_else(|error| format!("{{\"unwritable\":{:?}}}", error.to_string()))
    }

    fn restore(&self, json: &str) -> Option<AnyState> {
        serde_json::from_str::<D::State>(json).ok().map(AnyState::new)
    }
}
