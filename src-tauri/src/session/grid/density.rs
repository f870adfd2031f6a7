//! How many rows were recorded when: counts per part of a range of time.
//!
//! Times ascend along positions, so each bound of a part is a position that the store finds by halving, and a count is the
//! difference of two row numbers. That costs a few look-ups per part, however many rows there are, and no index of times. Where a
//! server's clock was set back, an event counts with the latest time before it.
//!
//! A log that grows moves the end of its range, and with it every bound. So the range is given some room beyond the last event, and
//! its bounds stay: where they stand is looked up once, and what comes later moves only the last of them.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{Position, StoreError};
use tokio::task::JoinSet;

use super::categories::ByCategory;
use super::range::last_before;
use super::{Grid, Source};

/// Most parts of one range.
pub const BINS: u32 = 2000;
/// Bounds that are looked for at the same time.
const SIDE_BY_SIDE: usize = 8;

/// A range whose end is open gets this part of its length as room for events to come, once it has grown.
const ROOM: i32 = 32;

/// What was found out about times and stays right while the log grows.
#[derive(Default)]
pub struct Bounds {
    /// The end that an open range was given: from when, in how many parts, until when.
    open: Option<(DateTime<Utc>, u32, DateTime<Utc>)>,
    /// The first position that was not recorded before a time. An event stands there, so none that comes later will.
    settled: HashMap<DateTime<Utc>, Position>,
}

impl Bounds {
    /// The end of an open range whose last event is before `end`.
    fn end_of_open(&mut self, from: DateTime<Utc>, bins: u32, end: DateTime<Utc>) -> DateTime<Utc> {
        let former = self.open.filter(|(began, parts, _)| (*began, *parts) == (from, bins)).map(|(.., until)| until);
        let until = match former {
            Some(until) if until >= end => until,
            // Who looks at a log that grows goes on looking.
            Some(_) => end.checked_add_signed((end - from) / ROOM).unwrap_or(end),
            None => end,
        };
        self.open = Some((from, bins, until));
        until
    }
}

/// Counts of consecutive parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Density {
    /// Begins of the parts, and the end of the last one; nothing if there is no row.
    pub edges: Vec<DateTime<Utc>>,
    /// Rows of each part.
    pub counts: Vec<u64>,
    /// Whether everything was examined; until then only what has been found is counted.
    pub complete: bool,
    /// The same by category.
    pub by_category: ByCategory,
}

impl Density {
    /// Of no rows.
    fn empty(complete: bool) -> Self {
        Self { edges: Vec::new(), counts: Vec::new(), complete, by_category: ByCategory::Counted(Vec::new()) }
    }
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
            return Ok(Density::empty(self.is_complete()));
        };
        let from = match from {
            Some(from) => Some(from),
            None => self.block(0, 1).await?.events.first().map(|event| event.recorded_at),
        };
        let bins = bins.clamp(1, BINS);
        let until = match until {
            Some(until) => Some(until),
            None => {
                let last = self.block(last, 1).await?.events.first().map(|event| event.recorded_at);
                let end = last.and_then(|last| last.checked_add_signed(TimeDelta::microseconds(1)));
                from.zip(end).map(|(from, end)| self.bounds.lock().end_of_open(from, bins, end))
            }
        };
        let edges = match (from, until) {
            (Some(from), Some(until)) if from < until => edges(from, until, bins),
            _ => return Ok(Density::empty(self.is_complete())),
        };
        let bounds = self.positions_before(&edges).await?;
        let before = self.rows_before(&bounds).await?;
        let counts: Vec<u64> = before.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        let complete = self.is_complete();
        let by_category =
            if complete { self.by_category(&bounds, &counts, total).await? } else { ByCategory::Counting };
        Ok(Density { edges, counts, complete, by_category })
    }

    fn is_complete(&self) -> bool {
        match &self.rows {
            Source::Range(_) => true,
            Source::Search(search) => search.before(&[]).1.complete,
        }
    }

    /// The first position that was not recorded before each of these times.
    async fn positions_before(&self, times: &[DateTime<Utc>]) -> Result<Vec<Position>, StoreError> {
        let known: Vec<_> = {
            let bounds = self.bounds.lock();
            times.iter().map(|time| bounds.settled.get(time).copied()).collect()
        };
        let unknown: Vec<_> =
            times.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(time, _)| *time).collect();
        let head = self.reader.head().await?;
        let mut found = self.look_up(&unknown).await?.into_iter();
        let positions: Vec<Position> = known.into_iter().filter_map(|known| known.or_else(|| found.next())).collect();
        // Only the bounds that are shown are kept.
        let settled = times.iter().zip(&positions).filter(|(_, position)| **position <= head);
        self.bounds.lock().settled = settled.map(|(time, position)| (*time, *position)).collect();
        Ok(positions)
    }

    async fn look_up(&self, times: &[DateTime<Utc>]) -> Result<Vec<Position>, StoreError> {
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

    /// How many rows stand before each of these positions.
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
