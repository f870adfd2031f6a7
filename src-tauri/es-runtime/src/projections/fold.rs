//! Folding the log in memory: the bulk of a rebuild, and read models as they were at a position.

use std::num::NonZeroUsize;
use std::sync::Arc;

use es_core::memory::{MemoryRows, SharedKey};
use es_core::{Domain, EventReader, Position, Projection, ReplayOrder, StoreError, limits};
use tokio_util::sync::CancellationToken;

use super::decisions;
use super::page::{Done, Page, split};
use super::rebuild::RebuildError;
use super::trace::TracedRow;
use crate::batch::{Exceptions, Followed, Poison, follow, follow_with_archived};
use crate::progress::{Meter, ProgressSink};
use crate::retention::first_versions;

/// Workers of a replay, unless the engine's settings say otherwise: one per core, within reason.
pub(crate) fn default_workers() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    cores.min(NonZeroUsize::new(limits::REPLAY_WORKERS).unwrap_or(NonZeroUsize::MIN))
}

/// The rows of a projection as they were at a position, folded in memory; stored tables are not touched. Events that were
/// skipped are left out, as in the tables, and so are truncated ones, as in tables that are built now.
///
/// # Errors
/// The store fails, an event cannot be applied ([`RebuildError::Poison`]), or it was cancelled.
pub async fn fold_at(
    reader: &dyn EventReader,
    domain: &Arc<Domain>,
    projection: &str,
    position: Position,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<MemoryRows, RebuildError> {
    let unknown = || RebuildError::UnknownProjection { name: projection.to_owned() };
    let projection = domain.projection(projection).ok_or_else(unknown)?.clone();
    let until = position.min(reader.head().await?);
    let mut meter = Meter::new(progress);
    meter.phase("folding", 0, Some(until.get()));
    let name = projection.name();
    let skipped = decisions::skipped_positions(reader, name).await?;
    let exceptions = Exceptions::new(skipped, first_versions(reader).await?, Vec::new());
    let mut folding = Folding::start(reader, domain.clone(), projection, exceptions);
    folding.workers(default_workers());
    folding.until = until;
    while folding.step().await? {
        if cancel.is_cancelled() {
            return Err(StoreError::Cancelled.into());
        }
        meter.tell(folding.position.get(), Some(until.get()));
    }
    meter.finish();
    if let Some(poison) = folding.poison {
        return Err(RebuildError::Poison { name: name.to_owned(), poison });
    }
    folding.join().map_err(|shared| RebuildError::shared_row(name, shared))?;
    Ok(folding.parts.swap_remove(0))
}

/// The log being folded, page by page.
pub(super) struct Folding<'a> {
    reader: &'a dyn EventReader,
    domain: Arc<Domain>,
    projection: Arc<dyn Projection>,
    /// Where to stop. May be moved on once that is reached.
    pub(super) until: Position,
    /// Most events read at a time.
    pub(super) page_events: usize,
    /// Events that are left out. Grows with the streams that have to be set aside.
    pub(super) exceptions: Arc<Exceptions>,
    /// Rows, by worker. All are of no use once there is a poison: they may hold a part of it.
    pub(super) parts: Vec<MemoryRows>,
    /// Everything up to here is in the rows.
    pub(super) position: Position,
    /// Events applied.
    pub(super) events: u64,
    /// The event that could not be applied.
    pub(super) poison: Option<Poison>,
    /// Rows whose history is of interest.
    traced: Vec<TracedRow>,
    /// The page after the folded ones, read while they were folded.
    ahead: Option<Followed>,
    /// Whether scavenged events are folded too.
    archived: bool,
}

impl<'a> Folding<'a> {
    /// Nothing folded yet, with one worker, up to nowhere.
    pub(super) fn start(
        reader: &'a dyn EventReader,
        domain: Arc<Domain>,
        projection: Arc<dyn Projection>,
        exceptions: Exceptions,
    ) -> Self {
        let parts = vec![MemoryRows::new(projection.tables())];
        Self {
            reader,
            domain,
            projection,
            until: Position::ZERO,
            page_events: limits::FOLDED_PAGE_EVENTS,
            exceptions: Arc::new(exceptions),
            parts,
            position: Position::ZERO,
            events: 0,
            poison: None,
            traced: Vec::new(),
            ahead: None,
            archived: false,
        }
    }

    /// Lets so many workers fold streams side by side, if the projection allows it. Only before anything is folded: rows do
    /// not tell which stream they are from.
    pub(super) fn workers(&mut self, workers: NonZeroUsize) {
        if self.projection.order() == ReplayOrder::PerStream && self.position == Position::ZERO {
            self.parts = vec![MemoryRows::new(self.projection.tables()); workers.get()];
        }
    }

    /// Folds the events that were scavenged too, from the archive.
    pub(super) fn with_archived(&mut self) {
        self.archived = true;
    }

    /// Goes on from rows that hold everything up to a position.
    pub(super) fn go_on_from(&mut self, rows: MemoryRows, position: Position) {
        self.parts = vec![rows];
        self.position = position;
    }

    /// Watches the history of rows, with one worker.
    pub(super) fn trace(&mut self, traced: Vec<TracedRow>) {
        self.traced = traced;
    }

    pub(super) fn into_traced(self) -> Vec<TracedRow> {
        self.traced
    }

    /// Rows in memory.
    pub(super) fn row_count(&self) -> usize {
        self.parts.iter().map(MemoryRows::len).sum()
    }

    /// Puts the rows of all workers together; from here on one goes on alone.
    ///
    /// # Errors
    /// Two workers have a row with the same key, which the declared order rules out.
    pub(super) fn join(&mut self) -> Result<(), SharedKey> {
        let mut parts = std::mem::take(&mut self.parts).into_iter();
        let mut joined = parts.next().unwrap_or_default();
        let ended = parts.try_for_each(|part| joined.join(part));
        self.parts = vec![joined];
        ended
    }

    /// Folds a page on threads of its own while the next one is read. False if there is nothing more to fold.
    pub(super) async fn step(&mut self) -> Result<bool, StoreError> {
        let page = match self.ahead.take() {
            Some(page) => page,
            None => self.read(self.position).await?,
        };
        let Followed { events, next, end } = page;
        let rows = std::mem::take(&mut self.parts);
        let mut traced = std::mem::take(&mut self.traced);
        let pages = split(events, rows.len()).into_iter().zip(rows).map(|(events, rows)| Page {
            events,
            rows,
            traced: std::mem::take(&mut traced),
            domain: self.domain.clone(),
            projection: self.projection.clone(),
            except: self.exceptions.clone(),
        });
        let workers: Vec<_> = pages.map(|page| tokio::task::spawn_blocking(move || page.fold())).collect();
        let all = async {
            let mut all = Vec::with_capacity(workers.len());
            for worker in workers {
                all.push(worker.await);
            }
            all
        };
        let (all, ahead) = if end {
            (all.await, None)
        } else {
            let (all, ahead) = tokio::join!(all, self.read(next));
            (all, Some(ahead?))
        };
        for done in all {
            self.take(done.map_err(|error| self.failed(&error))?)?;
        }
        self.position = next;
        self.ahead = ahead;
        Ok(!end && self.poison.is_none())
    }

    /// Takes what a worker made of its share of a page.
    fn take(&mut self, done: Done) -> Result<(), StoreError> {
        if let Some(error) = done.failed {
            return Err(self.failed(&error));
        }
        self.parts.push(done.rows);
        self.traced.extend(done.traced);
        self.events += done.events;
        let mut poisons: Vec<Poison> = done.poison.into_iter().chain(self.poison.take()).collect();
        if !done.aside.is_empty() {
            let exceptions = Arc::make_mut(&mut self.exceptions);
            for poison in done.aside {
                if exceptions.aside.len() < limits::QUARANTINED_STREAMS {
                    exceptions.set_aside([poison.into_quarantine()]);
                } else {
                    poisons.push(poison);
                }
            }
        }
        // Streams that were folded side by side fail independently; the log has one first event that cannot be applied.
        self.poison = poisons.into_iter().min_by_key(|poison| poison.position);
        Ok(())
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> StoreError {
        StoreError::Io { operation: format!("folding {}", self.projection.name()), reason: error.to_string() }
    }

    async fn read(&self, after: Position) -> Result<Followed, StoreError> {
        if after >= self.until {
            return Ok(Followed { events: Vec::new(), next: after, end: true });
        }
        let (until, filter) = (Some(self.until), self.projection.filter());
        if self.archived {
            return follow_with_archived(self.reader, after, until, &filter, self.page_events).await;
        }
        follow(self.reader, after, until, &filter, self.page_events).await
    }
}
