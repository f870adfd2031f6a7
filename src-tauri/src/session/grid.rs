//! What stands behind the event grid: row numbers of a log that may hold millions of events and grows while one looks.
//!
//! Without a filter, a dense log needs no index: row n is position n + 1. With a filter, the store scans once for the
//! positions that match; from then on every block, and every new event, costs only itself.

use std::collections::VecDeque;
use std::sync::Arc;

use es_core::{EventFilter, EventReader, Position, ReadAll, RecordedEvent, StoreError};
use parking_lot::Mutex as SyncMutex;
use tokio::sync::Mutex;

use crate::tasks::Task;
use crate::wire::AppError;

/// Grids that may be open at once; the one that was not used for longest is closed for a further one.
pub const OPEN_GRIDS: usize = 16;
/// Most rows of one block.
pub const BLOCK_ROWS: usize = 1000;
/// Most rows of a filtered grid: its index takes eight bytes a row.
pub const INDEXED_ROWS: usize = 20_000_000;

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

/// What an opened grid holds.
pub struct Opened {
    /// Its handle.
    pub query_id: String,
    /// Rows.
    pub total: u64,
    /// Events examined to find them.
    pub scanned: u64,
    /// Position of the last event.
    pub head: Position,
}

/// Some rows.
pub struct Block {
    /// The events, ascending.
    pub events: Vec<RecordedEvent>,
    /// Rows in all.
    pub total: u64,
}

enum Grid {
    /// Row n is position n + 1.
    Dense,
    /// Row n is the n-th matching position.
    Matching(Box<Matching>),
}

struct Matching {
    filter: EventFilter,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    positions: Vec<Position>,
    /// Everything up to here has been examined.
    examined: Position,
}

impl Grids {
    /// Opens a grid; a filtered one is indexed first, which the task may stop.
    pub async fn open(&self, reader: &dyn EventReader, filter: EventFilter, task: &Task) -> Result<Opened, AppError> {
        let head = reader.head().await?;
        if filter.is_unrestricted() && reader.capabilities().dense_positions && is_whole(reader).await? {
            return Ok(Opened { query_id: self.keep(Grid::Dense), total: head.get(), scanned: 0, head });
        }
        let mut index = Index::default();
        let head = index.extend(reader, &filter, Some(task)).await?;
        let (total, scanned) = (index.positions.len() as u64, index.examined.get());
        let query_id = self.keep(Grid::Matching(Box::new(Matching { filter, index: Mutex::new(index) })));
        Ok(Opened { query_id, total, scanned, head })
    }

    /// Some rows of an open grid, with what has been appended by now counted in.
    pub async fn block(
        &self,
        reader: &dyn EventReader,
        query_id: &str,
        first_row: u64,
        count: usize,
    ) -> Result<Block, AppError> {
        let grid = self.find(query_id)?;
        let count = count.min(BLOCK_ROWS);
        match &*grid {
            Grid::Dense => {
                if count == 0 {
                    return Ok(Block { events: Vec::new(), total: reader.head().await?.get() });
                }
                let page = reader.read_all(ReadAll::forward(Position(first_row), count)).await?;
                let mut events = page.events;
                // Where events were scavenged since the grid was opened, the page goes on behind its rows.
                events.retain(|event| event.position.get() <= first_row.saturating_add(count as u64));
                Ok(Block { events, total: page.head.get() })
            }
            Grid::Matching(matching) => {
                let mut index = matching.index.lock().await;
                index.extend(reader, &matching.filter, None).await?;
                let total = index.positions.len();
                let first = usize::try_from(first_row).unwrap_or(usize::MAX).min(total);
                let wanted = index.positions[first..total.min(first + count)].to_vec();
                drop(index);
                let events = if wanted.is_empty() { Vec::new() } else { reader.read_positions(&wanted).await? };
                Ok(Block { events, total: total as u64 })
            }
        }
    }

    /// Forgets a grid; one that is not there is forgotten already.
    pub fn close(&self, query_id: &str) {
        self.open.lock().grids.retain(|(id, _)| id != query_id);
    }

    fn keep(&self, grid: Grid) -> String {
        let mut open = self.open.lock();
        open.opened += 1;
        let query_id = open.opened.to_string();
        open.grids.push_back((query_id.clone(), Arc::new(grid)));
        if open.grids.len() > OPEN_GRIDS {
            open.grids.pop_front();
        }
        query_id
    }

    fn find(&self, query_id: &str) -> Result<Arc<Grid>, AppError> {
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

/// Whether every position has its event: only then is a row's number its position.
async fn is_whole(reader: &dyn EventReader) -> Result<bool, AppError> {
    match reader.retention() {
        Some(retention) => Ok(retention.stubs(Position::ZERO, 1).await?.stubs.is_empty()),
        None => Ok(true),
    }
}

impl Index {
    /// Examines what has not been examined, up to the head, which is returned.
    async fn extend(
        &mut self,
        reader: &dyn EventReader,
        filter: &EventFilter,
        task: Option<&Task>,
    ) -> Result<Position, AppError> {
        loop {
            if task.is_some_and(|task| task.token().is_cancelled()) {
                return Err(StoreError::Cancelled.into());
            }
            let page = reader.scan_positions(self.examined, filter).await?;
            self.positions.extend_from_slice(&page.positions);
            self.examined = page.next;
            if self.positions.len() > INDEXED_ROWS {
                return Err(AppError::new(
                    "too_many_rows",
                    format!("More than {INDEXED_ROWS} events match."),
                    "Narrow the filter, or remove it: without a filter a log of any length can be shown.",
                ));
            }
            if let Some(task) = task {
                task.report("Searching events", page.next.get().min(page.head.get()), Some(page.head.get()));
            }
            if page.end {
                return Ok(page.head);
            }
        }
    }
}
