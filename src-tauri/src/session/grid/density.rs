//! How many rows were recorded when: counts per part of a range of time.
//!
//! Times ascend along positions, so each bound of a part is a position that the store finds by halving, and a count is the
//! difference of two row numbers. That costs a few look-ups per part, however many rows there are, and no index of times. Where a
//! server's clock was set back, an event counts with the latest time before it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{Position, StoreError};
use tokio::task::JoinSet;

use super::range::last_before;
use super::{Grid, Source};

/// Most parts of one range.
pub const BINS: u32 = 2000;
/// Bounds that are looked for at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Counts of consecutive parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Density {
    /// Begins of the parts, and the end of the last one; nothing if there is no row.
    pub edges: Vec<DateTime<Utc>>,
    /// Rows of each part.
    pub counts: Vec<u64>,
    /// Whether everything was examined; until then only what has been found is counted.
    pub complete: bool,
}

/// The bounds of `bins` parts of nearly the same length, in whole microseconds; fewer where there are not as many of them.
fn edges(from: DateTime<Utc>, until: DateTime<Utc>, bins: u32) -> Vec<DateTime<Utc>> {
    let (from, until) = (i128::from(from.timestamp_micros()), i128::from(until.timestamp_micros()));
    let bins = i128::from(bins).min(until - from).max(1);
    let edge =
        |at: i128| i64::try_from(from + (until - from) * at / bins).ok().and_then(DateTime::from_timestamp_micros);
    (0..=bins).filter_map(edge).collect()
}

impl Grid {
    /// Counts rows by time, from the first row's time to the last one's where no range is given.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn density(
        &self,
        from: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        bins: u32,
    ) -> Result<Density, StoreError> {
        let total = self.block(0, 0).await?.total;
        let Some(last) = total.checked_sub(1) else {
            return Ok(Density { complete: self.is_complete(), ..Density::default() });
        };
        let from = match from {
            Some(from) => Some(from),
            None => self.block(0, 1).await?.events.first().map(|event| event.recorded_at),
        };
        let until = match until {
            Some(until) => Some(until),
            None => {
                let last = self.block(last, 1).await?.events.first().map(|event| event.recorded_at);
                last.and_then(|last| last.checked_add_signed(TimeDelta::microseconds(1)))
            }
        };
        let edges = match (from, until) {
            (Some(from), Some(until)) if from < until => edges(from, until, bins.clamp(1, BINS)),
            _ => return Ok(Density { complete: self.is_complete(), ..Density::default() }),
        };
        let bounds = self.positions_before(&edges).await?;
        let before = self.rows_before(&bounds).await?;
        let counts = before.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        Ok(Density { edges, counts, complete: self.is_complete() })
    }

    fn is_complete(&self) -> bool {
        match &self.rows {
            Source::Range(_) => true,
            Source::Search(search) => search.before(&[]).1.complete,
        }
    }

    /// The first position that was not recorded before each of these times.
    async fn positions_before(&self, times: &[DateTime<Utc>]) -> Result<Vec<Position>, StoreError> {
        let mut looking = JoinSet::new();
        let part = times.len().div_ceil(SIDE_BY_SIDE).max(1);
        for (number, times) in times.chunks(part).enumerate() {
            let (reader, times) = (Arc::clone(&self.reader), times.to_vec());
            looking.spawn(async move {
                let mut found = Vec::with_capacity(times.len());
                for time in times {
                    found.push(Position(last_before(&*reader, time).await?.get().saturating_add(1)));
                }
                Ok::<_, StoreError>((number, found))
            });
        }
        let mut parts = Vec::new();
        while let Some(done) = looking.join_next().await {
            parts.push(done.map_err(|_| StoreError::Closed)??);
        }
        parts.sort();
        Ok(parts.into_iter().flat_map(|(_, found)| found).collect())
    }

    async fn rows_before(&self, positions: &[Position]) -> Result<Vec<u64>, StoreError> {
        match &self.rows {
            Source::Range(range) => {
                let bounds = range.bounds(&*self.reader).await?;
                Ok(positions.iter().map(|position| bounds.before(*position)).collect())
            }
            Source::Search(search) => Ok(search.before(positions).0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_side_by_side_and_cover_the_range() {
        let at = |micros| DateTime::from_timestamp_micros(micros).expect("a time");
        let found = edges(at(10), at(110), 7);
        assert_eq!((found.first(), found.last(), found.len()), (Some(&at(10)), Some(&at(110)), 8));
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each part has a length: {found:?}");
        assert_eq!(edges(at(5), at(7), 100), [at(5), at(6), at(7)], "no part is shorter than a microsecond");
        let far = edges(DateTime::UNIX_EPOCH, DateTime::from_timestamp(200_000_000_000, 0).expect("a time"), 2000);
        assert_eq!(far.len(), 2001, "thousands of years are no matter");
    }
}
