//! What stands behind the event grid: row numbers of a log that may hold millions of events and grows while one looks.
//!
//! Without a filter, or with one on positions and times alone, a dense log needs no index: rows are neighbouring positions. Else
//! the store is searched once, in the background, for the positions that match; rows are there as soon as they are found. From
//! then on every block, and every new event, costs only itself.

mod categories;
mod density;
mod places;
mod range;
mod rows;
mod search;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use es_core::{EventFilter, EventReader, Position, ReadAll, RecordedEvent, StoreError};
use es_runtime::Sieve;
use parking_lot::Mutex as SyncMutex;
use tokio_util::sync::CancellationToken;

use self::range::Range;
use self::search::Search;
use crate::wire::AppError;

pub use self::categories::{ByCategory, CategoryCounts};
pub use self::density::Density;
pub use self::places::Place;
pub use self::search::{Phase, Progress};

/// Grids that may be open at once; the one that was not used for longest is closed for a further one.
pub const OPEN_GRIDS: usize = 16;
/// Most rows of one block.
pub const BLOCK_ROWS: usize = 1000;
/// How long opening, or asking for a block, waits for a search that has begun: a short one is over by then.
const PATIENCE: Duration = Duration::from_millis(60);

/// The open grids.
#[derive(Default)]
pub struct Grids {
    open: SyncMutex<Open>,
}

#[derive(Default)]
struct Open {
    opened: u64,
    /// Most recently used last.
    grids: VecDeque<(String, Arc<Grid>)>,
}

/// Some rows.
pub struct Block {
    /// The events, ascending.
    pub events: Vec<RecordedEvent>,
    /// Rows in all.
    pub total: u64,
}

/// What a grid is narrowed to.
#[derive(Clone)]
struct Asked {
    filter: EventFilter,
    sieve: Option<Arc<dyn Sieve>>,
}

/// One open grid.
pub struct Grid {
    reader: Arc<dyn EventReader>,
    rows: Source,
    asked: Asked,
    /// What was found out about times.
    bounds: SyncMutex<density::Bounds>,
    /// The same rows by category, once somebody has asked for them.
    categories: SyncMutex<Option<Arc<categories::Categories>>>,
    /// Cancelled when the grid is closed or goes away: everything that is done for it ends.
    end: CancellationToken,
}

/// Where row numbers come from.
enum Source {
    /// Neighbouring positions.
    Range(Box<Range>),
    /// The positions that a search finds.
    Search(Arc<Search>),
}

impl Grids {
    /// Forgets a grid and ends what is done for it: its search, and reads that are under way. One that is not there is
    /// forgotten already.
    pub fn close(&self, query_id: &str) {
        let mut open = self.open.lock();
        let place = open.grids.iter().position(|(id, _)| id == query_id);
        if let Some((_, grid)) = place.and_then(|place| open.grids.remove(place)) {
            grid.end.cancel();
        }
    }

    /// Keeps an open grid and answers with its handle.
    pub fn keep(&self, grid: Arc<Grid>) -> String {
        let mut open = self.open.lock();
        open.opened += 1;
        let query_id = open.opened.to_string();
        open.grids.push_back((query_id.clone(), grid));
        if open.grids.len() > OPEN_GRIDS {
            open.grids.pop_front();
        }
        query_id
    }

    /// An open grid.
    ///
    /// # Errors
    /// It is not open any more.
    pub fn find(&self, query_id: &str) -> Result<Arc<Grid>, AppError> {
        let mut open = self.open.lock();
        let place = open.grids.iter().position(|(id, _)| id == query_id);
        let entry = place.and_then(|place| open.grids.remove(place)).ok_or_else(|| {
            AppError::new("unknown_query", "This list of events is not open any more.", "Open it again.").retryable()
        })?;
        let grid = Arc::clone(&entry.1);
        open.grids.push_back(entry);
        Ok(grid)
    }
}

/// Whether every position has its event: only then are rows neighbouring positions.
async fn is_whole(reader: &dyn EventReader) -> Result<bool, AppError> {
    match reader.retention() {
        Some(retention) => Ok(retention.stubs(Position::ZERO, 1).await?.stubs.is_empty()),
        None => Ok(true),
    }
}

impl Drop for Grid {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Grid {
    /// Opens a grid. One that needs a search begins it, and is there before the search has ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn open(
        reader: Arc<dyn EventReader>,
        filter: EventFilter,
        sieve: Option<Arc<dyn Sieve>>,
        end: &CancellationToken,
    ) -> Result<Arc<Self>, AppError> {
        let end = end.child_token();
        // Whoever does not wait for it to be open has no grid to close: what was begun ends with this.
        let given_up = end.clone().drop_guard();
        let asked = Asked { filter: filter.clone(), sieve: sieve.clone() };
        let of_neighbours = sieve.is_none() && Range::can_be(&filter) && reader.capabilities().dense_positions;
        let rows = if of_neighbours && is_whole(&*reader).await? {
            Source::Range(Box::new(Range::new(filter)))
        } else {
            let search = Search::begin(Arc::clone(&reader), filter, sieve, end.child_token()).await?;
            search.wait(PATIENCE).await;
            if let Some(error) = search.failed_at_once() {
                return Err(error);
            }
            Source::Search(search)
        };
        let (bounds, categories) = (SyncMutex::default(), SyncMutex::default());
        let grid = Self { reader, rows, asked, bounds, categories, end };
        given_up.disarm();
        Ok(Arc::new(grid))
    }

    /// Does something for the grid as long as it is open: once it is closed, nobody waits for the answer, and the work ends.
    ///
    /// # Errors
    /// What the work fails with; `cancelled` once the grid is closed.
    pub async fn while_open<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, AppError> {
        tokio::select! {
            biased;
            () = self.end.cancelled() => Err(AppError::cancelled()),
            done = work => Ok(done?),
        }
    }

    /// How far the search is.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn progress(&self) -> Result<Progress, StoreError> {
        match &self.rows {
            Source::Range(range) => {
                let bounds = range.bounds(&*self.reader).await?;
                Ok(Progress::whole(bounds.rows(), bounds.head))
            }
            Source::Search(search) => {
                search.follow().await?;
                Ok(search.progress())
            }
        }
    }

    /// Stops the search; what was found stays.
    pub fn stop(&self) {
        if let Source::Search(search) = &self.rows {
            search.stop();
        }
    }

    /// Goes on with a search that was stopped or has failed.
    pub fn go_on(&self) {
        if let Source::Search(search) = &self.rows {
            search.go_on();
        }
    }

    /// Some rows, with what has been appended by now counted in.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn block(&self, first_row: u64, count: usize) -> Result<Block, StoreError> {
        let count = count.min(BLOCK_ROWS);
        match &self.rows {
            Source::Range(range) => {
                let bounds = range.bounds(&*self.reader).await?;
                let (after, through) = bounds.span(first_row, count);
                let mut events = Vec::new();
                if after < through {
                    events = self.reader.read_all(ReadAll::forward(after, count)).await?.events;
                    // Where events were scavenged since the grid was opened, the page goes on behind its rows.
                    events.retain(|event| event.position <= through);
                }
                Ok(Block { events, total: bounds.rows() })
            }
            Source::Search(search) => {
                search.follow().await?;
                let (wanted, total) = search.rows(first_row, count);
                let events = if wanted.is_empty() { Vec::new() } else { self.reader.read_positions(&wanted).await? };
                Ok(Block { events, total })
            }
        }
    }
}
