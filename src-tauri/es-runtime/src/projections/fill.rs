//! Filling new tables: the log is folded in memory and flushed now and then, so that what was folded outlives the process.

use es_core::memory::{MemoryRows, RowChange};
use es_core::{
    Checkpoint, EventFilter, Position, ProjectionError, QuarantineChange, ReadModelCommit, StoreError, Table, limits,
};

use super::compare::Scan;
use super::fold::Folding;
use super::rebuild::{Construction, RebuildError};
use crate::batch::Poison;
use crate::progress::Meter;

impl Construction<'_> {
    /// Folds the log in memory from where the tables stand, up to a position or the head, and flushes the rows. Returns the event
    /// that could not be applied, if one could not. With more rows than memory should hold it ends early.
    pub(super) async fn fill(
        &mut self,
        until: Option<Position>,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Poison>, RebuildError> {
        let head = self.inner.events.head().await?;
        let until = until.unwrap_or(head).min(head);
        let (inner, follower) = (self.inner.clone(), self.follower);
        let start = self.exceptions.clone();
        let mut folding = Folding::start(&*inner.events, inner.domain.clone(), follower.projection.clone(), start);
        let stands = self.lease.checkpoint.position;
        if stands > Position::ZERO {
            let Some(rows) = self.load(meter).await? else { return Ok(None) };
            folding.go_on_from(rows, stands);
        } else {
            folding.workers(inner.config.replay_workers);
        }
        folding.until = until;
        let segment = inner.config.rebuild_segment_events;
        folding.page_events = usize::try_from(segment).unwrap_or(usize::MAX).clamp(1, limits::FOLDED_PAGE_EVENTS);
        let pace = self.pace(stands, until, meter).await?;
        let (already, mut flushed) = (self.events, 0);
        while folding.step().await? {
            self.events = already + folding.events;
            pace.tell(&folding, meter);
            self.check_cancelled()?;
            self.keep_lease().await?;
            if folding.row_count() > inner.config.rebuild_rows_in_memory {
                break;
            }
            if folding.events - flushed >= segment {
                flushed = folding.events;
                self.flush(&mut folding, meter).await?;
                pace.begin(&folding, meter);
            }
        }
        self.events = already + folding.events;
        if folding.poison.is_some() {
            return Ok(folding.poison);
        }
        self.flush(&mut folding, meter).await?;
        Ok(None)
    }

    /// Rows of the tables as they stand. Nothing if they are more than memory should hold.
    async fn load(&self, meter: &mut Meter<'_>) -> Result<Option<MemoryRows>, RebuildError> {
        let tables = self.follower.projection.tables();
        let mut rows = MemoryRows::new(tables);
        meter.phase("loading", 0, None);
        for table in tables {
            let mut stored = Scan::new(self.inner, table, Some(self.version));
            while stored.peek().await?.is_some() {
                self.check_cancelled()?;
                while let Some(row) = stored.next() {
                    es_core::Rows::put(&mut rows, table, row)?;
                }
                meter.tell(rows.len() as u64, None);
                if rows.len() > self.inner.config.rebuild_rows_in_memory {
                    return Ok(None);
                }
            }
        }
        rows.mark_flushed();
        Ok(Some(rows))
    }

    /// How progress is counted: in events if the whole log is folded, since positions may be few or many of them; in positions if
    /// the fold goes on from somewhere.
    async fn pace(&self, from: Position, until: Position, meter: &mut Meter<'_>) -> Result<Pace, RebuildError> {
        let pace = if from > Position::ZERO {
            Pace::Positions { until }
        } else {
            meter.phase("counting", 0, Some(until.get()));
            Pace::Events { total: self.count(until, meter).await? }
        };
        match pace {
            Pace::Positions { .. } => meter.phase("folding", from.get(), Some(until.get())),
            Pace::Events { total } => meter.phase("folding", 0, Some(total)),
        }
        Ok(pace)
    }

    /// Events that match, up to a position; a few more where writers go on. For progress only.
    async fn count(&self, until: Position, meter: &mut Meter<'_>) -> Result<u64, RebuildError> {
        let filter = self.follower.projection.filter();
        let reader = &self.inner.events;
        if filter == EventFilter::default() && reader.capabilities().dense_positions {
            return Ok(until.get());
        }
        if filter == (EventFilter { categories: filter.categories.clone(), ..EventFilter::default() }) {
            // The store keeps the length of every stream: no need to read the log twice.
            let counts = reader.categories().await?;
            let matching = counts.iter().filter(|count| filter.categories.contains(&count.category));
            return Ok(matching.map(|count| count.events).sum::<u64>().min(until.get()));
        }
        let (mut after, mut count) = (Position::ZERO, 0);
        loop {
            self.check_cancelled()?;
            let page = reader.scan_positions(after, &filter).await?;
            count += page.positions.iter().filter(|position| **position <= until).count() as u64;
            meter.tell(page.next.get().min(until.get()), Some(until.get()));
            if page.end || page.next >= until || page.next <= after {
                return Ok(count);
            }
            after = page.next;
        }
    }

    /// Writes what has changed since the last flush in bounded commits. The first of several takes the checkpoint back to zero and
    /// the last one moves it to where the fold stands: in between the tables are recognisably of no use, because rows of two
    /// positions stand in them. So a build that is to be gone on with is not cancelled in between.
    async fn flush(&mut self, folding: &mut Folding<'_>, meter: &mut Meter<'_>) -> Result<(), RebuildError> {
        let total = folding.parts.iter().map(MemoryRows::change_count).sum::<usize>() as u64;
        meter.phase("writing", 0, Some(total));
        let (keep, flush_rows) = (self.options.keep, self.inner.config.rebuild_flush_rows.max(1));
        let parts = &folding.parts;
        let changes = parts.iter().enumerate().flat_map(|(at, part)| part.changes().map(move |change| (at, change)));
        // Boxed, so that the future that holds it across its steps is known to be one that may move between threads.
        let changes: Box<dyn Iterator<Item = (usize, (&'static Table, RowChange))> + Send + '_> = Box::new(changes);
        let mut changes = changes.peekable();
        let mut done = 0;
        loop {
            if !keep {
                self.check_cancelled()?;
            }
            self.keep_lease().await?;
            let chunk: Vec<_> = changes.by_ref().take(flush_rows).collect();
            for (at, (table, change)) in &chunk {
                check_alone(parts, *at, table, change).map_err(|shared| self.shared(shared))?;
            }
            done += chunk.len() as u64;
            let last = changes.peek().is_none();
            let to = if last { folding.position } else { Position::ZERO };
            let aside = folding.exceptions.aside.values().filter(|_| last).cloned();
            let quarantine = aside.map(QuarantineChange::SetAside).collect();
            let chunk = chunk.into_iter().map(|(_, change)| change).collect();
            self.lease.checkpoint = self.write(chunk, quarantine, to).await?;
            meter.tell(done, Some(total));
            if last {
                break;
            }
        }
        drop(changes);
        folding.parts.iter_mut().for_each(MemoryRows::mark_flushed);
        self.exceptions = (*folding.exceptions).clone();
        Ok(())
    }

    fn shared(&self, shared: es_core::memory::SharedKey) -> RebuildError {
        RebuildError::shared_row(self.follower.name(), shared)
    }

    async fn write(
        &self,
        chunk: Vec<(&'static Table, RowChange)>,
        quarantine: Vec<QuarantineChange>,
        to: Position,
    ) -> Result<Checkpoint, RebuildError> {
        let commit = ReadModelCommit {
            projection: self.follower.name(),
            tables: self.follower.projection.tables(),
            from: self.lease.checkpoint.clone(),
            to,
            quarantine,
            work: Box::new(move |rows| {
                let mut write = |(table, change): (&'static Table, RowChange)| match change {
                    RowChange::Put(row) => rows.put(table, row),
                    RowChange::Delete(key) => rows.delete(table, &key),
                };
                chunk.into_iter().try_for_each(&mut write).map_err(ProjectionError::Store)
            }),
        };
        self.inner.read_models.commit(commit).await.map_err(|error| match error {
            ProjectionError::Store(error) => error.into(),
            other => {
                RebuildError::Store(StoreError::Io { operation: "writing rows".into(), reason: other.to_string() })
            }
        })
    }
}

/// Checks that no other worker has a row that one has changed.
fn check_alone(
    parts: &[MemoryRows],
    own: usize,
    table: &Table,
    change: &RowChange,
) -> Result<(), es_core::memory::SharedKey> {
    let key = match change {
        RowChange::Put(row) => &row[..table.key_columns],
        RowChange::Delete(key) => key,
    };
    let mut others = parts.iter().enumerate().filter(|(at, _)| *at != own);
    if others.any(|(_, part)| part.contains(table, key)) {
        return Err(es_core::memory::SharedKey { table: table.name, key: key.to_vec() });
    }
    Ok(())
}

/// How the progress of a fold is counted.
enum Pace {
    Events { total: u64 },
    Positions { until: Position },
}

impl Pace {
    fn tell(&self, folding: &Folding<'_>, meter: &mut Meter<'_>) {
        match self {
            Self::Events { total } => meter.tell(folding.events.min(*total), Some(*total)),
            Self::Positions { until } => meter.tell(folding.position.get(), Some(until.get())),
        }
    }

    fn begin(&self, folding: &Folding<'_>, meter: &mut Meter<'_>) {
        match self {
            Self::Events { total } => meter.phase("folding", folding.events.min(*total), Some(*total)),
            Self::Positions { until } => meter.phase("folding", folding.position.get(), Some(until.get())),
        }
    }
}
