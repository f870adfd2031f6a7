//! The engine's own fold, one event at a time: upcast, decode, evolve. A failure is an outcome, not a crash.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{
    Aggregate, AnyState, Direction, Domain, EventReader, ReadStream, RecordedEvent, StoreError, StreamName,
    StreamVersion,
};
use tokio_util::sync::CancellationToken;

use crate::overrides::Taken;

/// Why something cannot be inspected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such stream.
    #[error("there is no stream {stream}")]
    UnknownStream {
        /// The name asked for.
        stream: StreamName,
    },
    /// The stream does not reach so far.
    #[error("stream {stream} has no version {version}; its last one is {last}")]
    NoSuchVersion {
        /// The stream.
        stream: StreamName,
        /// The version asked for.
        version: StreamVersion,
        /// Its last version.
        last: StreamVersion,
    },
    /// Nobody folds streams of this category.
    #[error("streams of category {category:?} have no state: the domain has no aggregate for them")]
    NoAggregate {
        /// The category.
        category: String,
    },
    /// The domain has no such read model.
    #[error("there is no read model {name}")]
    UnknownReadModel {
        /// The name asked for.
        name: String,
    },
    /// There is no event at this position.
    #[error("there is no event at position {0}")]
    NoSuchEvent(es_core::Position),
    /// The state at this version has nothing at this path.
    #[error("the state of stream {stream} at version {version} has nothing at {path:?}")]
    NoSuchPath {
        /// The stream.
        stream: StreamName,
        /// The version.
        version: StreamVersion,
        /// The JSON pointer.
        path: String,
    },
    /// A state is no JSON, which a sound aggregate never writes.
    #[error("a state of stream {stream} cannot be read: {reason}")]
    NotJson {
        /// The stream.
        stream: StreamName,
        /// What the parser said.
        reason: String,
    },
    /// What was asked for is too much at once.
    #[error("{what}: at most {most} at once")]
    TooMany {
        /// What there are too many of.
        what: String,
        /// How many may be.
        most: usize,
    },
}

impl InspectError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::UnknownStream { .. } => "unknown_stream",
            Self::NoSuchVersion { .. } => "no_such_version",
            Self::NoAggregate { .. } => "no_aggregate",
            Self::UnknownReadModel { .. } => "unknown_read_model",
            Self::NoSuchEvent(_) => "no_such_event",
            Self::NoSuchPath { .. } => "no_such_path",
            Self::NotJson { .. } => "state_not_json",
            Self::TooMany { .. } => "too_many",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::UnknownStream { .. } => "Search the list of streams; names are compared byte by byte.",
            Self::NoSuchVersion { .. } => "Choose a version between 0 and the last one.",
            Self::NoAggregate { .. } => "Its events can be read; only streams of an aggregate can be folded.",
            Self::UnknownReadModel { .. } => "Choose one of the domain's read models.",
            Self::NoSuchEvent(_) => "Positions begin at 1 and end at the head of the log.",
            Self::NoSuchPath { .. } => {
                "A path is a JSON pointer into the state at that version, such as /balance/minor."
            }
            Self::NotJson { .. } => "The aggregate wrote something else than JSON: report it.",
            Self::TooMany { .. } => "Choose fewer.",
        }
    }

    /// Whether trying the same again can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.retryable())
    }
}

/// An event that could not be folded. What stands before it is sound; nothing after it is folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldProblem {
    /// The event's version.
    pub version: StreamVersion,
    /// The event's place in the log; 0 if nobody has recorded it.
    pub position: es_core::Position,
    /// What is wrong with it.
    pub message: String,
}

impl std::fmt::Display for FoldProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.position == es_core::Position::ZERO {
            // Nobody has recorded it: it has no place in the log.
            return write!(f, "version {} cannot be folded: {}", self.version, self.message);
        }
        write!(f, "version {} (position {}) cannot be folded: {}", self.version, self.position, self.message)
    }
}

/// A state on its way through a stream.
#[derive(Clone)]
pub struct Folded {
    /// Everything up to here is in the state; stays at the last sound version once the fold has failed.
    pub version: StreamVersion,
    /// The state.
    pub state: AnyState,
    /// Set once an event could not be folded.
    pub problem: Option<FoldProblem>,
}

impl Folded {
    /// The state before the first event.
    #[must_use]
    pub fn start(aggregate: &dyn Aggregate) -> Self {
        Self { version: StreamVersion::ZERO, state: aggregate.initial(), problem: None }
    }

    /// Takes events in, one after the other, and shows each with what it led to; the visitor may stop it. Ends at the first
    /// event that cannot be folded. The state is not copied before each event, but once: from that copy a failed attempt is
    /// made good.
    pub(crate) fn take_all(
        &mut self,
        domain: &Domain,
        aggregate: &dyn Aggregate,
        events: &[RecordedEvent],
        visit: &mut dyn FnMut(&RecordedEvent, &Self) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.problem.is_some() {
            return ControlFlow::Break(());
        }
        let sound = self.clone();
        for (at, event) in events.iter().enumerate() {
            let attempt = guarded(|| {
                if self.is_gap(event) {
                    self.state = aggregate.initial();
                }
                apply(domain, aggregate, &mut self.state, event)
            });
            match attempt {
                Ok(()) => self.version = event.version,
                Err(message) => {
                    let mut again = sound.clone();
                    events[..at].iter().for_each(|event| again.take(domain, aggregate, event));
                    *self = again;
                    self.problem = Some(FoldProblem { version: event.version, position: event.position, message });
                }
            }
            visit(event, self)?;
            if self.problem.is_some() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Behind a gap the stream was truncated since: its first event that is left carries the whole state.
    fn is_gap(&self, event: &RecordedEvent) -> bool {
        self.version > StreamVersion::ZERO && event.version > self.version.next()
    }

    /// Takes one event in. After a failure nothing is taken in any more.
    pub fn take(&mut self, domain: &Domain, aggregate: &dyn Aggregate, event: &RecordedEvent) {
        if self.problem.is_some() {
            return;
        }
        // A split event or a panic may fail half way, so the attempt is made on a copy.
        let mut next = if self.is_gap(event) { aggregate.initial() } else { self.state.clone() };
        match guarded(|| apply(domain, aggregate, &mut next, event)) {
            Ok(()) => {
                self.state = next;
                self.version = event.version;
            }
            Err(message) => {
                self.problem = Some(FoldProblem { version: event.version, position: event.position, message });
            }
        }
    }
}

fn apply(
    domain: &Domain,
    aggregate: &dyn Aggregate,
    state: &mut AnyState,
    event: &RecordedEvent,
) -> Result<(), String> {
    let parts = domain.upcasters.upcast(event).map_err(|error| error.to_string())?;
    parts.iter().try_for_each(|part| {
        aggregate.evolve(state, &part.event_type, &part.payload).map_err(|error| error.to_string())
    })
}

/// Runs code of the domain; a panic in it becomes a message.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(format!("the domain's code panicked: {}", text.as_deref().unwrap_or("no message")))
    })
}

/// One event of a fold. Its changed paths are the difference of the two texts ([`crate::View::diff`]).
#[derive(Debug, Clone)]
pub struct FoldStep<'a> {
    /// The event.
    pub event: &'a RecordedEvent,
    /// How it came into the fold.
    pub taken: Taken,
    /// State before it, as JSON text.
    pub before: Arc<str>,
    /// State after it; equal to the one before if the fold has failed.
    pub after: Arc<str>,
    /// How long upcasting, decoding and evolving took.
    pub elapsed: Duration,
    /// Why this event could not be folded, or that an earlier one could not.
    pub error: Option<String>,
}

#[expect(clippy::too_many_arguments, reason = "the parts of a fold, each once")]
pub(crate) async fn fold_from(
    reader: &dyn EventReader,
    domain: &Domain,
    aggregate: &dyn Aggregate,
    stream: &StreamName,
    start: Folded,
    until: StreamVersion,
    cancel: &CancellationToken,
    mut visit: impl FnMut(&FoldStep<'_>) -> ControlFlow<()> + Send,
) -> Result<Folded, InspectError> {
    let mut folded = start;
    let mut at = folded.version;
    let mut state: Arc<str> = aggregate.state_json(&folded.state).into();
    while at < until {
        let page = read_page(reader, stream, at, until, cancel).await?;
        for event in &page.events {
            if cancel.is_cancelled() {
                return Err(StoreError::Cancelled.into());
            }
            let (before, earlier) = (state.clone(), folded.problem.clone());
            let started = Instant::now();
            folded.take(domain, aggregate, event);
            let elapsed = started.elapsed();
            let error = match (&earlier, &folded.problem) {
                (Some(problem), _) => Some(format!("not folded, because {problem}")),
                (None, problem) => problem.as_ref().map(|problem| problem.message.clone()),
            };
            if error.is_none() {
                state = aggregate.state_json(&folded.state).into();
            }
            at = event.version;
            let taken = Taken::AsStored;
            if visit(&FoldStep { event, taken, before, after: state.clone(), elapsed, error }).is_break() {
                return Ok(folded);
            }
        }
        if page.end {
            break;
        }
    }
    Ok(folded)
}

pub(crate) fn aggregate_of<'a>(domain: &'a Domain, stream: &StreamName) -> Result<&'a dyn Aggregate, InspectError> {
    let aggregate = domain.aggregate(stream.category());
    aggregate.map(AsRef::as_ref).ok_or_else(|| InspectError::NoAggregate { category: stream.category().to_owned() })
}

pub(crate) struct Page {
    pub(crate) events: Vec<RecordedEvent>,
    pub(crate) end: bool,
}

/// The events after a version, at most up to `until` and at most a page.
pub(crate) async fn read_page(
    reader: &dyn EventReader,
    stream: &StreamName,
    after: StreamVersion,
    until: StreamVersion,
    cancel: &CancellationToken,
) -> Result<Page, InspectError> {
    read_some(reader, stream, after, until, es_core::limits::FOLDED_PAGE_EVENTS, cancel).await
}

/// The same with another size of the page.
pub(crate) async fn read_some(
    reader: &dyn EventReader,
    stream: &StreamName,
    after: StreamVersion,
    until: StreamVersion,
    most: usize,
    cancel: &CancellationToken,
) -> Result<Page, InspectError> {
    if cancel.is_cancelled() {
        return Err(StoreError::Cancelled.into());
    }
    let wanted = usize::try_from(until.get().saturating_sub(after.get())).unwrap_or(usize::MAX);
    let limit = wanted.min(most);
    let read = ReadStream { stream: stream.clone(), from: after, direction: Direction::Forward, limit };
    let page = tokio::select! {
        page = reader.read_stream(read) => page?,
        () = cancel.cancelled() => return Err(StoreError::Cancelled.into()),
    };
    let mut events = page.events;
    events.retain(|event| event.version <= until);
    // A page without events cannot be followed by another: there is nothing to go on from.
    let end = page.end || events.is_empty();
    Ok(Page { events, end })
}
