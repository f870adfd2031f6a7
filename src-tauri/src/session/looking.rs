//! Grids of events as the window asks for them.

use std::sync::Arc;

use es_core::{EventReader, RecordedEvent};
use tokio_util::sync::CancellationToken;

use super::condition;
use super::grid::{ByCategory, CategoryCounts, Density, Grid, Phase, Place, Progress};
use super::{Session, arguments, time};
use crate::selection::{Selected, select};
use crate::wire::{
    AppError, DensityBin, DensityCategories, DensityCategory, EventBlock, EventDensity, EventPlace, EventQuery,
    EventRow, EventsOpened, EventsPhase, EventsProgress, UndecidedEvent,
};

/// Why a query cannot be opened, if so.
#[must_use]
pub fn problem_of(query: &EventQuery) -> Option<AppError> {
    let beyond = || match arguments::beyond(query) {
        Ok(beyond) => beyond.condition.as_deref().map(condition::parse).transpose().err(),
        Err(error) => Some(error),
    };
    let no_columns = || arguments::columns(&query.columns).err();
    arguments::filter(query.clone()).err().or_else(beyond).or_else(no_columns)
}

/// Longest text of a row: what a list can show of it. The detail has the whole.
const ROW_TEXT: usize = 240;

impl Session {
    /// What a query selects.
    ///
    /// # Errors
    /// Something that is not what it has to be, or the store does not answer.
    pub async fn selected(&self, query: EventQuery) -> Result<(Arc<dyn EventReader>, Selected), AppError> {
        let reader = Arc::clone(self.engine.queries().events());
        let beyond = arguments::beyond(&query)?;
        let selected = select(&reader, &self.domain, arguments::filter(query)?, beyond, &self.end).await?;
        Ok((reader, selected))
    }

    /// Opens a grid of matching events. It is there at once; a search goes on by itself. Once `stop` is cancelled nothing is
    /// opened any more, and what was begun ends.
    ///
    /// # Errors
    /// Something that is not what it has to be, cancelled, or the store does not answer.
    pub async fn events_open(&self, query: EventQuery, stop: &CancellationToken) -> Result<EventsOpened, AppError> {
        let opening = async {
            let (reader, selected) = self.selected(query).await?;
            let grid = Grid::open(reader, selected.filter, selected.sieve, &self.end).await?;
            let progress = grid.progress().await?;
            Ok::<_, AppError>((grid, progress))
        };
        let (grid, progress) = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(AppError::cancelled()),
            opened = opening => opened?,
        };
        Ok(EventsOpened { query_id: self.grids.keep(grid), progress: progress.into() })
    }

    /// How far the search of an open grid is.
    ///
    /// # Errors
    /// The grid is not open, or the store does not answer.
    pub async fn events_progress(&self, query_id: &str) -> Result<EventsProgress, AppError> {
        let grid = self.grids.find(query_id)?;
        Ok(grid.while_open(grid.progress()).await?.into())
    }

    /// Stops the search of an open grid; what was found stays.
    ///
    /// # Errors
    /// The grid is not open.
    pub fn events_stop(&self, query_id: &str) -> Result<(), AppError> {
        self.grids.find(query_id)?.stop();
        Ok(())
    }

    /// Goes on with a search that was stopped or has failed.
    ///
    /// # Errors
    /// The grid is not open.
    pub fn events_continue(&self, query_id: &str) -> Result<(), AppError> {
        self.grids.find(query_id)?.go_on();
        Ok(())
    }

    /// A block of an open grid, with the values at some paths.
    ///
    /// # Errors
    /// A path is none, the grid is not open, or the store does not answer.
    pub async fn events_block(
        &self,
        query_id: &str,
        first_row: &str,
        count: u32,
        columns: &[String],
    ) -> Result<EventBlock, AppError> {
        let columns = arguments::columns(columns)?;
        let upcasters = &self.domain.upcasters;
        let values = |event: &RecordedEvent| columns.iter().map(|column| column.text(event, upcasters)).collect();
        let first = arguments::number("Row", first_row)?;
        let grid = self.grids.find(query_id)?;
        let block = grid.while_open(grid.block(first, count as usize)).await?;
        Ok(EventBlock {
            first_row: first.to_string(),
            events: block.events.iter().map(|event| short(self.inspector.summary(event).into())).collect(),
            values: if columns.is_empty() { Vec::new() } else { block.events.iter().map(values).collect() },
            total: block.total.to_string(),
        })
    }

    /// Forgets a grid.
    pub fn events_close(&self, query_id: &str) {
        self.grids.close(query_id);
    }

    /// The row at a position, or the first one behind it.
    ///
    /// # Errors
    /// The grid is not open, or the store does not answer.
    pub async fn row_of_position(&self, query_id: &str, position: &str) -> Result<EventPlace, AppError> {
        let position = arguments::position(position)?;
        let grid = self.grids.find(query_id)?;
        Ok(grid.while_open(grid.row_of_position(position)).await?.into())
    }

    /// The first row recorded at or after a time.
    ///
    /// # Errors
    /// The grid is not open, the time is not one, or the store does not answer.
    pub async fn row_at_time(&self, query_id: &str, time: &str) -> Result<EventPlace, AppError> {
        let time = arguments::time(time)?;
        let grid = self.grids.find(query_id)?;
        Ok(grid.while_open(grid.row_at_time(time)).await?.into())
    }

    /// How many rows were recorded when.
    ///
    /// # Errors
    /// The grid is not open, a time is not one, or the store does not answer.
    pub async fn events_density(
        &self,
        query_id: &str,
        from: Option<&str>,
        until: Option<&str>,
        bins: u32,
    ) -> Result<EventDensity, AppError> {
        let from = from.map(arguments::time).transpose()?;
        let until = until.map(arguments::time).transpose()?;
        let grid = self.grids.find(query_id)?;
        Ok(grid.while_open(grid.density(from, until, bins)).await?.into())
    }
}

/// Cuts the texts of a row, so that a block of any events is small.
fn short(mut row: EventRow) -> EventRow {
    for text in [&mut row.sentence, &mut row.problem, &mut row.actor].into_iter().flatten() {
        if text.chars().nth(ROW_TEXT).is_some() {
            *text = text.chars().take(ROW_TEXT - 1).chain(['…']).collect();
        }
    }
    row
}

impl From<Progress> for EventsProgress {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn from(progress: Progress) -> Self {
        let scanned = progress.scanned.filter(|scanned| *scanned > 0);
        Self {
            phase: match progress.phase {
                Phase::Scanning => EventsPhase::Scanning,
                Phase::Complete => EventsPhase::Complete,
                Phase::Stopped => EventsPhase::Stopped,
                Phase::Failed => EventsPhase::Failed,
            },
            total: progress.total.to_string(),
            scanned: progress.scanned.map(|scanned| scanned.to_string()),
            of: progress.of.map(|of| of.to_string()),
            scanned_through: progress.examined.to_string(),
            head: progress.head.to_string(),
            share: progress.share(),
            match_rate: scanned.map(|scanned| progress.total as f64 / scanned as f64),
            seconds: progress.elapsed.as_secs_f64(),
            undecided: progress.undecided.to_string(),
            first_undecided: progress
                .first_undecided
                .map(|(position, problem)| UndecidedEvent { position: position.to_string(), problem }),
            error: progress.error,
        }
    }
}

impl From<Place> for EventPlace {
    fn from(place: Place) -> Self {
        Self {
            row: place.row.map(|row| row.to_string()),
            position: place.position.map(|position| position.to_string()),
            exact: place.exact,
            settled: place.settled,
            looked_at: place.looked_at.to_string(),
        }
    }
}

impl From<Density> for EventDensity {
    fn from(density: Density) -> Self {
        let bins = density.edges.iter().zip(&density.counts);
        Self {
            from: density.edges.first().copied().map(time),
            until: density.edges.last().copied().map(time),
            bins: bins.map(|(from, events)| DensityBin { from: time(*from), events: events.to_string() }).collect(),
            total: density.counts.iter().sum::<u64>().to_string(),
            most: density.counts.iter().max().copied().unwrap_or_default().to_string(),
            complete: density.complete,
            by_category: density.by_category.into(),
        }
    }
}

impl From<ByCategory> for DensityCategories {
    fn from(by_category: ByCategory) -> Self {
        let category = |CategoryCounts { category, counts }: CategoryCounts| DensityCategory {
            category,
            total: counts.iter().sum::<u64>().to_string(),
            events: counts.iter().map(ToString::to_string).collect(),
        };
        match by_category {
            ByCategory::Counted(categories) => {
                Self::Counted { categories: categories.into_iter().map(category).collect() }
            }
            ByCategory::Counting => Self::Counting,
            ByCategory::TooMany { most } => Self::TooMany { most: most.to_string() },
        }
    }
}
