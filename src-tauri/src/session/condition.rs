//! Conditions that people write (CEL), evaluated on what a store's filter has left: off the async threads, on several cores, and
//! with the state that the engine's own fold comes to where the condition names it.

use bank::language::Seamed;
use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use es_core::{
    Aggregate, Direction, Domain, EventReader, ReadStream, RecordedEvent, StoreError, StreamName, StreamVersion, limits,
};
use es_runtime::{Sieve, Sifted};
use inspector::{Expression, Folded, Scope, Tally};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::wire::AppError;

/// Streams whose states are kept for their next event, in each of two generations. One that had to go is folded again from its
/// beginning.
const STATES: usize = 10_000;
/// Fewest events that are worth a thread of their own.
const PART: usize = 128;

/// A condition over a log. Events have to come in the log's order.
pub struct Condition(Arc<Inner>);

struct Inner {
    expression: Expression,
    domain: Arc<Domain>,
    reader: Arc<dyn EventReader>,
    states: Mutex<States>,
}

/// States by stream: those that were used since the last change of generations, and those of the generation before.
#[derive(Default)]
struct States {
    young: HashMap<StreamName, Folded>,
    old: HashMap<StreamName, Folded>,
}

impl States {
    fn take(&mut self, stream: &StreamName) -> Option<Folded> {
        self.young.remove(stream).or_else(|| self.old.remove(stream))
    }

    fn keep(&mut self, stream: StreamName, folded: Folded) {
        if self.young.len() >= STATES {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(stream, folded);
    }
}

/// Events of one stream, in order, with the state before the first of them that waits to be folded.
struct Group {
    stream: StreamName,
    /// Nothing where nobody folds such streams.
    folded: Option<Folded>,
    /// The events by their place in the batch, with the state after each where it is known.
    events: Vec<(usize, RecordedEvent, Option<String>)>,
    /// How many of them are folded.
    done: usize,
}

/// Which events passed, by their place in the batch, and what became of the rest.
type Judged = (Vec<(usize, RecordedEvent)>, Tally);

/// Parses a condition.
///
/// # Errors
/// It is none; the place is named.
pub fn parse(text: &str) -> Result<Expression, AppError> {
    Expression::parse(text).map_err(|error| {
        let message = Seamed::of(&format_args!("The condition cannot be read: {error}."));
        AppError::new("bad_condition", message, "Correct it there. One that can be read: event.version > 100")
    })
}

impl Condition {
    /// A condition over a log, which is asked for earlier events of streams if the condition names the state.
    #[must_use]
    pub fn new(expression: Expression, domain: Arc<Domain>, reader: Arc<dyn EventReader>) -> Self {
        Self(Arc::new(Inner { expression, domain, reader, states: Mutex::default() }))
    }

    /// Parts of a batch for several threads, with everything that has to be read for them.
    async fn prepared(&self, events: Vec<RecordedEvent>) -> Result<Vec<Vec<Group>>, StoreError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let part = events.len().div_ceil(cores).max(PART);
        let mut groups: Vec<Group> = Vec::new();
        if self.0.expression.needs().state {
            let mut places: HashMap<StreamName, usize> = HashMap::new();
            for (index, event) in events.into_iter().enumerate() {
                let place = *places.entry(event.stream.clone()).or_insert_with(|| {
                    groups.push(self.0.group(event.stream.clone(), event.version));
                    groups.len() - 1
                });
                self.0.add(&mut groups[place], index, event).await?;
            }
        } else {
            // Neighbours stay together; whose stream they are of does not matter.
            let mut events = events.into_iter().enumerate().peekable();
            while let Some((_, first)) = events.peek() {
                let stream = first.stream.clone();
                let events = events.by_ref().take(part).map(|(index, event)| (index, event, None)).collect();
                groups.push(Group { stream, folded: None, events, done: 0 });
            }
        }
        let mut parts: Vec<Vec<Group>> = vec![Vec::new()];
        let mut taken = 0;
        for group in groups {
            if taken >= part {
                parts.push(Vec::new());
                taken = 0;
            }
            taken += group.events.len();
            if let Some(last) = parts.last_mut() {
                last.push(group);
            }
        }
        Ok(parts)
    }
}

impl Inner {
    fn group(&self, stream: StreamName, first: StreamVersion) -> Group {
        // A state that is too far has come from a batch that was given up half-way.
        let kept = self.states.lock().take(&stream).filter(|folded| folded.version < first);
        let start = |aggregate: &Arc<dyn Aggregate>| Folded::start(&**aggregate);
        let folded = kept.or_else(|| self.domain.aggregate(stream.category()).map(start));
        Group { stream, folded, events: Vec::new(), done: 0 }
    }

    /// Adds an event to its stream's. What the filter has left out before it is read and folded first.
    async fn add(self: &Arc<Self>, group: &mut Group, index: usize, event: RecordedEvent) -> Result<(), StoreError> {
        let before = event.version.previous();
        let waiting = group.events[group.done..].last().map(|(_, event, _)| event.version);
        let at = waiting.or_else(|| group.folded.as_ref().map(|folded| folded.version));
        if at.is_some_and(|at| at < before) {
            self.fold_up_to(group, before).await?;
        }
        group.events.push((index, event, None));
        Ok(())
    }

    /// Folds what waits, and then everything up to a version.
    async fn fold_up_to(self: &Arc<Self>, group: &mut Group, until: StreamVersion) -> Result<(), StoreError> {
        let mut earlier: Vec<RecordedEvent> = Vec::new();
        loop {
            let inner = Arc::clone(self);
            let placeholder = Group { stream: group.stream.clone(), folded: None, events: Vec::new(), done: 0 };
            let mut taken = std::mem::replace(group, placeholder);
            let work = tokio::task::spawn_blocking(move || {
                inner.fold(&mut taken);
                inner.fold_on(&mut taken, &earlier);
                taken
            });
            *group = work.await.map_err(|_| StoreError::Closed)?;
            let Some(folded) =
                group.folded.as_ref().filter(|folded| folded.problem.is_none() && folded.version < until)
            else {
                return Ok(());
            };
            let wanted = until.get() - folded.version.get();
            let read = ReadStream {
                stream: group.stream.clone(),
                from: folded.version,
                direction: Direction::Forward,
                limit: usize::try_from(wanted).unwrap_or(usize::MAX).min(limits::FOLDED_PAGE_EVENTS),
            };
            earlier = self.reader.read_stream(read).await?.events;
            earlier.retain(|event| event.version <= until);
            if earlier.is_empty() {
                // The stream was truncated: its first event that is left carries the whole state.
                return Ok(());
            }
        }
    }

    /// Folds events that are not shown.
    fn fold_on(&self, group: &mut Group, events: &[RecordedEvent]) {
        let Some((folded, aggregate)) = group.folded.as_mut().zip(self.domain.aggregate(group.stream.category()))
        else {
            return;
        };
        events.iter().for_each(|event| folded.take(&self.domain, &**aggregate, event));
    }

    /// Folds the events that wait, and notes the state after each.
    fn fold(&self, group: &mut Group) {
        let Some((folded, aggregate)) = group.folded.as_mut().zip(self.domain.aggregate(group.stream.category()))
        else {
            return;
        };
        for (_, event, state) in &mut group.events[group.done..] {
            folded.take(&self.domain, &**aggregate, event);
            *state = folded.problem.is_none().then(|| aggregate.state_json(&folded.state));
        }
        group.done = group.events.len();
    }

    /// Evaluates the condition on each event.
    fn judge(&self, groups: Vec<Group>) -> Judged {
        let (mut passed, mut tally) = (Vec::new(), Tally::default());
        for mut group in groups {
            self.fold(&mut group);
            for (index, event, state) in group.events {
                let mut scope = Scope::current(&event, &self.domain.upcasters);
                if let Some(state) = &state {
                    scope = scope.with_state(state);
                }
                let outcome = self.expression.matches(&scope);
                drop(scope);
                // Of all groups the first event counts, not that of the first group.
                let first = tally.first_not_evaluable.take();
                let passes = tally.take(event.position, outcome);
                let later = tally.first_not_evaluable.take();
                tally.first_not_evaluable = first.into_iter().chain(later).min_by_key(|(position, _)| *position);
                if passes {
                    passed.push((index, event));
                }
            }
            if let Some(folded) = group.folded {
                self.states.lock().keep(group.stream, folded);
            }
        }
        (passed, tally)
    }
}

#[async_trait]
impl Sieve for Condition {
    async fn sift(&self, events: Vec<RecordedEvent>) -> Result<Sifted, StoreError> {
        let mut working = JoinSet::new();
        for part in self.prepared(events).await? {
            let inner = Arc::clone(&self.0);
            working.spawn_blocking(move || inner.judge(part));
        }
        let (mut passed, mut sifted) = (Vec::new(), Sifted::default());
        while let Some(judged) = working.join_next().await {
            let (some, tally) = judged.map_err(|_| StoreError::Closed)?;
            passed.extend(some);
            sifted.undecided += tally.not_evaluable;
            let found = tally.first_not_evaluable.map(|(position, error)| (position, error.to_string()));
            let both = sifted.first_undecided.take().into_iter().chain(found);
            sifted.first_undecided = both.min_by_key(|(position, _)| *position);
        }
        passed.sort_unstable_by_key(|(index, _)| *index);
        sifted.events = passed.into_iter().map(|(_, event)| event).collect();
        Ok(sifted)
    }
}
