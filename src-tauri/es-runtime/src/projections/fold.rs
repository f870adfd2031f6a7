//! Folding the log in memory: the bulk of a rebuild, and read models as they were at a position.

use std::sync::Arc;

use es_core::memory::MemoryRows;
use es_core::{Domain, EventReader, Position, Projection, StoreError, limits};
use tokio_util::sync::CancellationToken;

use super::rebuild::{Construction, RebuildError};
use super::trace::{TracedRow, Tracing};
use crate::batch::{Batch, Followed, Poison, follow};
use crate::progress::{Meter, ProgressSink};

/// Rows folded from the beginning of the log.
pub(super) struct Folded {
    pub(super) rows: MemoryRows,
    /// Everything up to here is in the rows.
    pub(super) position: Position,
    pub(super) events: u64,
    /// The event that could not be applied. The rows may then hold a part of it and are of no use.
    pub(super) poison: Option<Poison>,
}

/// Folds up to a position, or until the rows are as many as memory should hold.
pub(super) async fn fold(
    construction: &mut Construction<'_>,
    until: Position,
    meter: &mut Meter<'_>,
    total: u64,
) -> Result<Folded, RebuildError> {
    let (inner, projection) = (construction.inner.clone(), construction.follower.projection.clone());
    let most_rows = inner.config.rebuild_rows_in_memory;
    let mut folding = Folding::start(&*inner.events, inner.domain.clone(), projection, until);
    while folding.step().await? {
        construction.check_cancelled()?;
        construction.keep_lease().await?;
        meter.tell(folding.folded.events, Some(total));
        if folding.folded.rows.len() > most_rows {
            break;
        }
    }
    Ok(folding.folded)
}

/// The rows of a projection as they were at a position, folded in memory; stored tables are not touched.
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
    let mut folding = Folding::start(reader, domain.clone(), projection, until);
    while folding.step().await? {
        if cancel.is_cancelled() {
            return Err(StoreError::Cancelled.into());
        }
        meter.tell(folding.folded.position.get(), Some(until.get()));
    }
    meter.finish();
    match folding.folded.poison {
        Some(poison) => Err(RebuildError::Poison { name: name.to_owned(), poison }),
        None => Ok(folding.folded.rows),
    }
}

/// The log being folded, page by page.
pub(super) struct Folding<'a> {
    reader: &'a dyn EventReader,
    domain: Arc<Domain>,
    projection: Arc<dyn Projection>,
    /// Where to stop. May be moved on once that is reached.
    pub(super) until: Position,
    pub(super) folded: Folded,
    /// Rows whose history is of interest.
    pub(super) traced: Vec<TracedRow>,
    /// The page after the folded ones, read while they were folded.
    ahead: Option<Followed>,
}

impl<'a> Folding<'a> {
    pub(super) fn start(
        reader: &'a dyn EventReader,
        domain: Arc<Domain>,
        projection: Arc<dyn Projection>,
        until: Position,
    ) -> Self {
        let rows = MemoryRows::new(projection.tables());
        let folded = Folded { rows, position: Position::ZERO, events: 0, poison: None };
        Self { reader, domain, projection, until, folded, traced: Vec::new(), ahead: None }
    }

    /// Folds a page on a thread of its own while the next one is read. False if there is nothing more to fold.
    pub(super) async fn step(&mut self) -> Result<bool, StoreError> {
        let page = match self.ahead.take() {
            Some(page) => page,
            None => self.read(self.folded.position).await?,
        };
        let Followed { events, next, end } = page;
        let mut rows = std::mem::take(&mut self.folded.rows);
        let traced = std::mem::take(&mut self.traced);
        let (domain, projection) = (self.domain.clone(), self.projection.clone());
        let apply = tokio::task::spawn_blocking(move || {
            let batch = Batch::decode(&domain.upcasters, events);
            if traced.is_empty() {
                let result = batch.apply(&*projection, batch.len(), &mut rows);
                return (batch, rows, traced, result);
            }
            let mut tracing = Tracing::new(rows, traced);
            let result = batch.apply_each(&*projection, &mut tracing, |event, rows| rows.note(event));
            let (rows, traced) = tracing.into_parts();
            (batch, rows, traced, result)
        });
        let (applied, ahead) = if end {
            (apply.await, None)
        } else {
            let (applied, ahead) = tokio::join!(apply, self.read(next));
            (applied, Some(ahead?))
        };
        let (batch, rows, traced, result) = applied.map_err(|error| StoreError::Io {
            operation: format!("folding {}", self.projection.name()),
            reason: error.to_string(),
        })?;
        (self.folded.rows, self.traced) = (rows, traced);
        self.folded.poison = match result {
            Ok(()) => batch.poison.clone(),
            Err((index, error)) => Some(batch.poison_of(index, &error).ok_or_else(|| StoreError::Io {
                operation: format!("folding {}", self.projection.name()),
                reason: error.to_string(),
            })?),
        };
        self.folded.events += batch.len() as u64;
        self.folded.position = next;
        self.ahead = ahead;
        Ok(!end && self.folded.poison.is_none())
    }

    async fn read(&self, after: Position) -> Result<Followed, StoreError> {
        if after >= self.until {
            return Ok(Followed { events: Vec::new(), next: after, end: true });
        }
        let (until, filter) = (Some(self.until), self.projection.filter());
        follow(self.reader, after, until, &filter, limits::PAGE_EVENTS).await
    }
}
