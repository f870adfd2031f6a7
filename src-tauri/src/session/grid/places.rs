//! Jumping: the row at a position or at a time.

use chrono::{DateTime, Utc};
use es_core::{Position, StoreError};

use super::range::last_before;
use super::{BLOCK_ROWS, Grid, Source};

/// A row that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The first row at or after the place; nothing if there is none.
    pub row: Option<u64>,
    /// Its position.
    pub position: Option<Position>,
    /// Whether it is exactly there.
    pub exact: bool,
    /// Whether no row nearer by will be found.
    pub settled: bool,
    /// Rows looked at one by one because times go back there.
    pub looked_at: u64,
}

impl Grid {
    /// The row at a position, or the first one behind it.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn row_of_position(&self, position: Position) -> Result<Place, StoreError> {
        let (row, total, settled) = self.row_before(position).await?;
        let found =
            if row < total { self.block(row, 1).await?.events.first().map(|event| event.position) } else { None };
        Ok(Place { row: found.map(|_| row), position: found, exact: found == Some(position), settled, looked_at: 0 })
    }

    /// The first row recorded at or after a time. Found by halving; where the store's times go back, rows behind that which are
    /// older are passed one by one, so that it is the first one in any case.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn row_at_time(&self, time: DateTime<Utc>) -> Result<Place, StoreError> {
        let begin = Position(last_before(&*self.reader, time).await?.get().saturating_add(1));
        let (mut row, _, settled) = self.row_before(begin).await?;
        let mut looked_at = 0;
        loop {
            // Nearly always the first row is the one.
            let count = if looked_at == 0 { 1 } else { BLOCK_ROWS };
            let block = self.block(row, count).await?;
            for event in &block.events {
                if event.recorded_at >= time {
                    let (exact, position) = (event.recorded_at == time, Some(event.position));
                    return Ok(Place { row: Some(row), position, exact, settled, looked_at });
                }
                (row, looked_at) = (row + 1, looked_at + 1);
            }
            if block.events.is_empty() {
                return Ok(Place { row: None, position: None, exact: false, settled, looked_at });
            }
        }
    }

    /// How many rows stand before a position, how many there are, and whether that is settled.
    async fn row_before(&self, position: Position) -> Result<(u64, u64, bool), StoreError> {
        match &self.rows {
            Source::Range(range) => {
                let bounds = range.bounds(&*self.reader).await?;
                Ok((bounds.before(position), bounds.rows(), true))
            }
            Source::Search(search) => {
                search.follow().await?;
                let (before, settled) = search.before(&[position]);
                let row = before.first().copied().unwrap_or_default();
                Ok((row, settled.rows, settled.complete || row < settled.rows || position <= settled.through))
            }
        }
    }
}
