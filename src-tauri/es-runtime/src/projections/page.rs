//! A worker's share of one page of the log, folded into the worker's own rows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use es_core::memory::{MemoryRows, UndoableRows};
use es_core::{Domain, FailurePolicy, Projection, ProjectionError, RecordedEvent};

use super::trace::{TracedRow, Tracing};
use crate::batch::{Batch, Exceptions, Poison};

/// Events that are decoded, applied and dropped together.
const EVENTS_TOGETHER: usize = 64;

pub(super) struct Page {
    pub(super) events: Vec<RecordedEvent>,
    pub(super) rows: MemoryRows,
    pub(super) traced: Vec<TracedRow>,
    pub(super) domain: Arc<Domain>,
    pub(super) projection: Arc<dyn Projection>,
    pub(super) except: Arc<Exceptions>,
}

/// What became of a page.
pub(super) struct Done {
    pub(super) rows: MemoryRows,
    pub(super) traced: Vec<TracedRow>,
    /// Events applied.
    pub(super) events: u64,
    /// Streams to set aside, by their first event that could not be applied.
    pub(super) aside: Vec<Poison>,
    /// The event that ended it; the rows may then hold a part of it.
    pub(super) poison: Option<Poison>,
    /// A failure that is no event's fault.
    pub(super) failed: Option<ProjectionError>,
}

/// Deals events out to workers so that each stream's events go to the same one, in order.
pub(super) fn split(events: Vec<RecordedEvent>, workers: usize) -> Vec<Vec<RecordedEvent>> {
    if workers < 2 {
        return vec![events];
    }
    let mut shares = vec![Vec::with_capacity(events.len() / workers); workers];
    for event in events {
        let mut hasher = DefaultHasher::new();
        event.stream.hash(&mut hasher);
        let share = hasher.finish() % shares.len() as u64;
        shares[share as usize].push(event);
    }
    shares
}

impl Page {
    /// Folds a few events at a time: what is decoded of them, and they themselves, go before they have left the core's cache.
    pub(super) fn fold(self) -> Done {
        let Self { events, rows, traced, domain, projection, except } = self;
        let mut done = Done { rows, traced, events: 0, aside: Vec::new(), poison: None, failed: None };
        let mut events = events.into_iter();
        while events.len() > 0 && done.goes_on() {
            let few = events.by_ref().take(EVENTS_TOGETHER).collect();
            let batch = Batch::decode(&domain.upcasters, &except, few);
            if !done.traced.is_empty() {
                done.trace(&batch, &*projection);
            } else if projection.failure_policy() == FailurePolicy::QuarantineStream {
                done.set_aside(&batch, &*projection);
            } else {
                done.apply(&batch, &*projection);
            }
        }
        done
    }
}

impl Done {
    fn goes_on(&self) -> bool {
        self.poison.is_none() && self.failed.is_none()
    }

    fn apply(&mut self, batch: &Batch, projection: &dyn Projection) {
        match batch.apply(projection, batch.len(), &[], &mut self.rows) {
            Ok(events) => self.events += events,
            Err((index, error)) => self.end(batch, index, error),
        }
    }

    fn trace(&mut self, batch: &Batch, projection: &dyn Projection) {
        let mut tracing = Tracing::new(std::mem::take(&mut self.rows), std::mem::take(&mut self.traced));
        let result = batch.apply_each(projection, &mut tracing, |event, rows| rows.note(event));
        (self.rows, self.traced) = tracing.into_parts();
        match result {
            Ok(()) => self.events += batch.len() as u64,
            Err((index, error)) => self.end(batch, index, error),
        }
    }

    /// Applies each event as a whole or not at all, and goes on without the streams of those that fail.
    fn set_aside(&mut self, batch: &Batch, projection: &dyn Projection) {
        for index in 0..batch.len() {
            if self.aside.iter().any(|poison| Some(&poison.stream) == batch.stream(index)) {
                continue;
            }
            let mut rows = UndoableRows::new(&mut self.rows);
            let Err(error) = batch.apply_one(index, projection, &mut rows) else {
                self.events += 1;
                continue;
            };
            if let Err(error) = rows.roll_back() {
                return self.end(batch, index, error.into());
            }
            match batch.poison_of(index, &error) {
                Some(poison) => self.aside.push(poison),
                None => return self.end(batch, index, error),
            }
        }
    }

    fn end(&mut self, batch: &Batch, index: usize, error: ProjectionError) {
        self.poison = batch.poison_of(index, &error);
        self.failed = if self.poison.is_none() { Some(error) } else { None };
    }
}
