//! What is done in a parity run, as data.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{AppendRequest, Capabilities, Direction, Payload, StreamName, StreamVersion};

use crate::commands::CommandEnvelope;

/// Steps that are carried out on every backend in the same order. All ids in it are fixed, so that answers can be compared.
#[derive(Debug, Clone)]
pub struct ParityScenario {
    /// What people call it.
    pub name: String,
    /// What the engines' clocks say at the beginning.
    pub start: DateTime<Utc>,
    /// What is done.
    pub steps: Vec<ParityStep>,
}

/// A step with its name.
#[derive(Debug, Clone)]
pub struct ParityStep {
    /// What it shows, for people.
    pub label: String,
    /// What is done.
    pub action: ParityAction,
}

/// Something that a backend does and answers.
#[derive(Debug, Clone)]
pub enum ParityAction {
    /// A command. What processes write together with it is not part of the answer: a backend may do that later.
    Execute(Box<CommandEnvelope>),
    /// An append as it is, past all deciders.
    Append(AppendRequest),
    /// Everything that processes have to do now.
    Drive,
    /// Read models, up to the log's end.
    CatchUp,
    /// A read model, built anew beside the one in use.
    Rebuild(&'static str),
    /// A read model's stored rows against a replay of the backend's own log.
    Doctor(&'static str),
    /// Rows of a read model, folded from what the backend's log says.
    Rows(&'static str),
    /// A page of a stream.
    ReadStream {
        /// The stream.
        stream: StreamName,
        /// Exclusive start.
        from: StreamVersion,
        /// Oldest or newest first.
        direction: Direction,
        /// Most events.
        limit: usize,
    },
    /// The state of an aggregate at a version.
    StateAt {
        /// Its stream.
        stream: StreamName,
        /// The version.
        version: StreamVersion,
    },
    /// Which streams there are, and how long each is.
    Streams,
    /// Every event of the log in order.
    Log,
    /// The engines' clocks go on.
    Advance(TimeDelta),
}

impl ParityAction {
    /// What its times are counted under.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Execute(_) => "command",
            Self::Append(_) => "append",
            Self::Drive => "drive",
            Self::CatchUp => "catch up",
            Self::Rebuild(_) => "rebuild",
            Self::Doctor(_) => "doctor",
            Self::Rows(_) => "rows",
            Self::ReadStream { .. } => "read stream",
            Self::StateAt { .. } => "state",
            Self::Streams => "streams",
            Self::Log => "log",
            Self::Advance(_) => "clock",
        }
    }

    /// What a backend with these capabilities does not offer of it, and says so beforehand.
    pub(super) fn lacks(&self, capabilities: Capabilities) -> Option<&'static str> {
        let Self::Append(request) = self else { return None };
        let payloads = || request.parts.iter().flat_map(|part| &part.events).map(|event| &event.payload);
        if !capabilities.multi_stream_append && request.stream_count() > 1 {
            return Some("appends to several streams");
        }
        let binary = || payloads().any(|payload| matches!(payload, Payload::Binary(_)));
        (!capabilities.binary_payloads && binary()).then_some("payloads that are not JSON")
    }
}
