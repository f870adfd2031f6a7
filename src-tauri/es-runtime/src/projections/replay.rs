//! A read model at any position: a replay that stops where it is told to, is kept there, and goes on.
//!
//! It is the fold of rebuilds and live read models with rows whose copies share what is alike, so that a replay is kept at many
//! positions for little more than its rows take once.

use std::ops::ControlFlow;
use std::sync::Arc;

use es_core::memory::SharedRows;
use es_core::{
    Domain, EventReader, FailurePolicy, Position, Projection, QuarantinedStream, ReadAll, RecordedEvent, StoreError,
    limits,
};
use tokio_util::sync::CancellationToken;

use super::decisions;
use crate::batch::{Batch, Exceptions, Followed, Poison, follow};
use crate::retention::first_versions;

/// Events that are decoded, applied and dropped together.
const EVENTS_TOGETHER: usize = 64;
/// Pages between two copies that a replay goes back to when an event fails: each costs a copy of what changes after it.
const PAGES_BETWEEN_COPIES: usize = 16;

/// What is replayed, and how.
struct Script {
    projection: Arc<dyn Projection>,
    /// Whose events are brought to their current shape; nothing where they are taken as they are stored.
    domain: Option<Arc<Domain>>,
}

/// A read model's rows at a position, and how to go on from there. A copy costs little.
#[derive(Clone)]
pub struct Replay {
    script: Arc<Script>,
    left_out: Arc<Exceptions>,
    aside: Arc<Vec<QuarantinedStream>>,
    rows: SharedRows,
    position: Position,
    halted: Option<Poison>,
}

/// How folding some events ended.
enum Ended {
    Folded,
    /// Whoever looked has seen enough.
    Enough,
    Failed(Poison),
}

impl Replay {
    /// A replay before the first event. It leaves out what persons have decided to skip by now and what was truncated, as
    /// tables do that are built now.
    ///
    /// # Errors
    /// The store fails.
    pub async fn begin(
        reader: &dyn EventReader,
        domain: Arc<Domain>,
        projection: Arc<dyn Projection>,
    ) -> Result<Self, StoreError> {
        let skipped = decisions::skipped_positions(reader, projection.name()).await?;
        let left_out = Exceptions::new(skipped, first_versions(reader).await?, Vec::new());
        Ok(Self::new(projection, Some(domain), left_out))
    }

    /// A replay of all events as they are stored, those of the engine's own streams too, without a look at their payloads: the
    /// projection is given empty ones. For what is told of events whatever is in them.
    #[must_use]
    pub fn of_stored(projection: Arc<dyn Projection>) -> Self {
        Self::new(projection, None, Exceptions::default())
    }

    fn new(projection: Arc<dyn Projection>, domain: Option<Arc<Domain>>, left_out: Exceptions) -> Self {
        Self {
            rows: SharedRows::new(projection.tables()),
            script: Arc::new(Script { projection, domain }),
            left_out: Arc::new(left_out),
            aside: Arc::default(),
            position: Position::ZERO,
            halted: None,
        }
    }

    /// Whether another replay of the same read model leaves out the same events; only then are their rows comparable.
    #[must_use]
    pub fn leaves_out_what(&self, other: &Self) -> bool {
        self.left_out == other.left_out
    }

    /// How many streams have events that were truncated since and are left out.
    #[must_use]
    pub fn truncated_streams(&self) -> usize {
        self.left_out.truncated_streams()
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &SharedRows {
        &self.rows
    }

    /// Everything up to here is in the rows.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The event right after the position that cannot be applied, if that is known: the replay does not go on.
    #[must_use]
    pub fn halted(&self) -> Option<&Poison> {
        self.halted.as_ref()
    }

    /// Streams that were set aside, because one of their events could not be applied.
    #[must_use]
    pub fn aside(&self) -> &[QuarantinedStream] {
        &self.aside
    }

    /// Goes on to a position, or to the event before it that cannot be applied, and shows itself at each of these stops
    /// (ascending) and at the end of each page on its way. Ends early where `look` says so.
    ///
    /// # Errors
    /// The store fails, or it was cancelled. The replay is then where it had come to.
    pub async fn advance(
        &mut self,
        reader: &dyn EventReader,
        until: Position,
        stops: &[Position],
        cancel: &CancellationToken,
        look: &mut (dyn FnMut(&Self) -> ControlFlow<()> + Send),
    ) -> Result<(), StoreError> {
        let (script, mut until) = (Arc::clone(&self.script), until);
        let (mut safe, mut pages, mut failing) = (self.clone(), 0_usize, None::<Poison>);
        let mut ahead = None;
        while self.halted.is_none() && self.position < until {
            if cancel.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            let page = match ahead.take() {
                Some(page) => page,
                None => script.read(reader, self.position, until).await?,
            };
            let (next, end) = (page.next, page.end);
            let ended = if end {
                self.fold_page(page, stops, look).await?
            } else {
                let (ended, following) =
                    tokio::join!(self.fold_page(page, stops, look), script.read(reader, next, until));
                ahead = Some(following?);
                ended?
            };
            match ended {
                Ended::Folded if end => break,
                Ended::Folded => {
                    pages += 1;
                    if pages.is_multiple_of(script.pages_between_copies()) {
                        safe = self.clone();
                    }
                }
                Ended::Enough => return Ok(()),
                Ended::Failed(poison) => {
                    // The rows may hold a part of the event: the way up to it is gone again, without it or without its stream.
                    *self = safe.clone();
                    ahead = None;
                    if script.sets_aside() && self.aside.len() < limits::QUARANTINED_STREAMS {
                        Arc::make_mut(&mut self.aside).push(poison.into_quarantine());
                        safe = self.clone();
                    } else {
                        until = poison.position.previous();
                        failing = Some(poison);
                    }
                }
            }
        }
        if self.position >= until && failing.is_some() {
            self.halted = failing;
        }
        Ok(())
    }

    /// Folds a page on a thread of its own, with a look after each stop in it and at its end.
    async fn fold_page(
        &mut self,
        page: Followed,
        stops: &[Position],
        look: &mut (dyn FnMut(&Self) -> ControlFlow<()> + Send),
    ) -> Result<Ended, StoreError> {
        let mut events = page.events;
        let within = stops.iter().filter(|stop| **stop > self.position && **stop < page.next);
        let ends: Vec<Position> = within.copied().chain([page.next]).collect();
        for end in ends {
            let later = events.split_off(events.partition_point(|event| event.position <= end));
            let (script, left_out, aside) = (self.script.clone(), self.left_out.clone(), self.aside.clone());
            let mut rows = std::mem::take(&mut self.rows);
            let worker = tokio::task::spawn_blocking(move || {
                let folded = script.fold(events, &left_out, &aside, &mut rows);
                (rows, folded)
            });
            let (rows, folded) = worker.await.map_err(|error| self.script.failed(&error))?;
            self.rows = rows;
            if let Some(poison) = folded? {
                return Ok(Ended::Failed(poison));
            }
            (self.position, events) = (end, later);
            if look(self).is_break() {
                return Ok(Ended::Enough);
            }
        }
        Ok(Ended::Folded)
    }
}

impl Script {
    fn sets_aside(&self) -> bool {
        self.projection.failure_policy() == FailurePolicy::QuarantineStream
    }

    fn pages_between_copies(&self) -> usize {
        // Several streams may fail, each of which costs the way from the last copy.
        if self.sets_aside() { 1 } else { PAGES_BETWEEN_COPIES }
    }

    async fn read(&self, reader: &dyn EventReader, after: Position, until: Position) -> Result<Followed, StoreError> {
        if after >= until {
            return Ok(Followed { events: Vec::new(), next: after, end: true });
        }
        let filter = self.projection.filter();
        // Positions are whole numbers, so there are no more events than that.
        let between = usize::try_from(until.get() - after.get()).unwrap_or(usize::MAX);
        let limit = between.min(limits::FOLDED_PAGE_EVENTS);
        if self.domain.is_some() {
            return follow(reader, after, Some(until), &filter, limit).await;
        }
        let page = reader.read_all(ReadAll::forward(after, limit).filtered(filter)).await?;
        Ok(Followed { events: page.events, next: page.next, end: page.end }.cut(after, Some(until)))
    }

    /// Folds some events; the first one that cannot be applied ends it, with a part of it in the rows perhaps.
    fn fold(
        &self,
        events: Vec<RecordedEvent>,
        left_out: &Exceptions,
        aside: &[QuarantinedStream],
        rows: &mut SharedRows,
    ) -> Result<Option<Poison>, StoreError> {
        let mut events = events.into_iter();
        while events.len() > 0 {
            let few = events.by_ref().take(EVENTS_TOGETHER).collect();
            let batch = match &self.domain {
                Some(domain) => Batch::decode(&domain.upcasters, left_out, few),
                None => Batch::stored(few),
            };
            if let Err((index, error)) = batch.apply(&*self.projection, batch.len(), aside, rows) {
                let poison = batch.poison_of(index, &error);
                return poison.map_or_else(|| Err(self.failed(&error)), |poison| Ok(Some(poison)));
            }
        }
        Ok(None)
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> StoreError {
        StoreError::Io { operation: format!("folding {}", self.projection.name()), reason: error.to_string() }
    }
}
