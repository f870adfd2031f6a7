//! The search behind a filtered grid: goes on by itself, page by page, while rows are shown; can be stopped and gone on with.
//!
//! The lock is held for the moments in which a page's positions are added or rows are looked up, never while the store works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{AllPage, EventFilter, EventReader, Position, PositionPage, ReadAll, StoreError};
use es_runtime::{Sieve, Sifted};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::PATIENCE;
use super::rows::Rows;
use crate::wire::AppError;

/// Most memory that the rows of one grid take. Some hundred million rows, depending on how far they lie apart.
const ROW_BYTES: usize = 256 * 1024 * 1024;

/// Events that a condition is evaluated on at once: rows are there, and a stop is heeded, after so many.
const SIFTED: usize = 2048;

/// What becomes of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It goes on.
    Scanning,
    /// Everything up to the head was examined.
    Complete,
    /// Somebody stopped it.
    Stopped,
    /// It cannot go on by itself.
    Failed,
}

/// How far a search is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What becomes of it.
    pub phase: Phase,
    /// Rows so far.
    pub total: u64,
    /// Events examined, where that can be told.
    pub scanned: Option<u64>,
    /// Events to examine, where that can be told.
    pub of: Option<u64>,
    /// Everything up to here has been examined.
    pub examined: Position,
    /// Position of the last event, as last seen.
    pub head: Position,
    /// How long it has searched.
    pub elapsed: Duration,
    /// Events that the condition could not be evaluated on.
    pub undecided: u64,
    /// The first of them, and why.
    pub first_undecided: Option<(Position, String)>,
    /// Why it failed.
    pub error: Option<AppError>,
}

impl Progress {
    /// Of a grid that needs no search.
    pub fn whole(total: u64, head: Position) -> Self {
        let (scanned, of) = (Some(head.get()), Some(head.get()));
        Self {
            phase: Phase::Complete,
            total,
            scanned,
            of,
            examined: head,
            head,
            elapsed: Duration::ZERO,
            undecided: 0,
            first_undecided: None,
            error: None,
        }
    }

    /// The part of the log that has been examined.
    #[expect(clippy::cast_precision_loss, reason = "a part for people")]
    pub fn share(&self) -> f64 {
        if self.examined >= self.head { 1.0 } else { self.examined.get() as f64 / self.head.get() as f64 }
    }
}

/// See the module.
pub struct Search {
    reader: Arc<dyn EventReader>,
    filter: EventFilter,
    sieve: Option<Arc<dyn Sieve>>,
    state: Mutex<State>,
    /// Told whenever the state has changed.
    changed: watch::Sender<()>,
    /// Cancelled when the grid goes away.
    end: CancellationToken,
}

struct State {
    rows: Rows,
    /// Everything up to here has been examined.
    examined: Position,
    head: Position,
    /// How it ended, if it is not going on.
    phase: Phase,
    /// Whether it has reached the end of the log before: what it examines now are new events.
    complete: bool,
    error: Option<AppError>,
    undecided: u64,
    first_undecided: Option<(Position, String)>,
    /// How long it has searched before it went on, and when it went on.
    elapsed: Duration,
    begun: Instant,
    /// Stops what is going on.
    stop: CancellationToken,
}

impl Search {
    /// Begins to search.
    pub async fn begin(
        reader: Arc<dyn EventReader>,
        filter: EventFilter,
        sieve: Option<Arc<dyn Sieve>>,
        end: CancellationToken,
    ) -> Result<Arc<Self>, StoreError> {
        let state = State {
            rows: Rows::default(),
            examined: Position::ZERO,
            head: reader.head().await?,
            phase: Phase::Stopped,
            complete: false,
            error: None,
            undecided: 0,
            first_undecided: None,
            elapsed: Duration::ZERO,
            begun: Instant::now(),
            stop: end.child_token(),
        };
        let search =
            Arc::new(Self { reader, filter, sieve, state: Mutex::new(state), changed: watch::Sender::new(()), end });
        search.go_on();
        Ok(search)
    }

    /// Goes on, unless it is going on or there is nothing further.
    pub fn go_on(self: &Arc<Self>) {
        let stop = {
            let mut state = self.state.lock();
            if matches!(state.phase, Phase::Scanning | Phase::Complete) || self.end.is_cancelled() {
                return;
            }
            state.go_on(&self.end)
        };
        tokio::spawn(Arc::clone(self).search(stop));
    }

    /// Stops; what was found stays.
    pub fn stop(&self) {
        let state = self.state.lock();
        // New events behind a complete search are few, and nobody sees that they are examined.
        if state.phase == Phase::Scanning && !state.complete {
            state.stop.cancel();
        }
    }

    /// Looks for what has been appended since the search was complete. Waits a little for it, not for long.
    pub async fn follow(self: &Arc<Self>) -> Result<(), StoreError> {
        let (phase, examined) = {
            let state = self.state.lock();
            (state.phase, state.examined)
        };
        if phase != Phase::Complete || self.filter.through.is_some_and(|through| through <= examined) {
            return Ok(());
        }
        if self.reader.head().await? <= examined {
            return Ok(());
        }
        let stop = {
            let mut state = self.state.lock();
            // Another one may have begun to look for them.
            (state.phase == Phase::Complete).then(|| state.go_on(&self.end))
        };
        if let Some(stop) = stop {
            tokio::spawn(Arc::clone(self).search(stop));
        }
        self.wait(PATIENCE).await;
        Ok(())
    }

    /// Waits until the search is not going on, but not for long.
    pub async fn wait(&self, at_most: Duration) {
        // Whether it has ended or not, what is there can be looked at.
        let _ = tokio::time::timeout(at_most, self.ended()).await;
    }

    /// Waits until the search is not going on.
    pub async fn ended(&self) {
        let mut changed = self.changed.subscribe();
        while self.state.lock().phase == Phase::Scanning {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Why it has found out nothing at all, if so.
    pub fn failed_at_once(&self) -> Option<AppError> {
        let state = self.state.lock();
        state.error.clone().filter(|_| state.phase == Phase::Failed && state.examined == Position::ZERO)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let counted = self.reader.capabilities().dense_positions;
        let state = self.state.lock();
        let going = state.phase == Phase::Scanning;
        Progress {
            phase: if going && state.complete { Phase::Complete } else { state.phase },
            total: state.rows.len() as u64,
            scanned: counted.then_some(state.examined.get()),
            of: counted.then_some(state.head.get()),
            examined: state.examined,
            head: state.head,
            elapsed: state.elapsed + if going { state.begun.elapsed() } else { Duration::ZERO },
            undecided: state.undecided,
            first_undecided: state.first_undecided.clone(),
            error: state.error.clone(),
        }
    }

    /// Positions of some rows, and how many there are.
    pub fn rows(&self, first_row: u64, count: usize) -> (Vec<Position>, u64) {
        let state = self.state.lock();
        let rows = usize::try_from(first_row).map(|first| state.rows.slice(first, count)).unwrap_or_default();
        (rows, state.rows.len() as u64)
    }

    /// How many rows stand before each of these positions, and up to where that is settled.
    pub fn before(&self, positions: &[Position]) -> (Vec<u64>, Settled) {
        let state = self.state.lock();
        let before = positions.iter().map(|position| state.rows.before(*position) as u64).collect();
        (before, Settled { rows: state.rows.len() as u64, through: state.examined, complete: state.complete })
    }

    async fn page(&self, after: Position) -> Result<Found, StoreError> {
        let Some(sieve) = &self.sieve else {
            let PositionPage { positions, next, end, head, .. } =
                self.reader.scan_positions(after, &self.filter).await?;
            return Ok(Found { positions, next, end, head, undecided: 0, first_undecided: None });
        };
        let read = ReadAll::forward(after, SIFTED).filtered(self.filter.clone());
        let AllPage { events, next, end, head, .. } = self.reader.read_all(read).await?;
        let Sifted { events, undecided, first_undecided } = sieve.sift(events).await?;
        let positions = events.iter().map(|event| event.position).collect();
        Ok(Found { positions, next, end, head, undecided, first_undecided })
    }

    async fn search(self: Arc<Self>, stop: CancellationToken) {
        let (phase, error) = loop {
            let after = self.state.lock().examined;
            let page = tokio::select! {
                biased;
                () = stop.cancelled() => break (Phase::Stopped, None),
                page = self.page(after) => page,
            };
            match page {
                Ok(page) => {
                    let end = page.end;
                    let over = self.state.lock().take(page);
                    self.changed.send_replace(());
                    if over {
                        break (Phase::Failed, Some(too_many()));
                    }
                    if end {
                        break (Phase::Complete, None);
                    }
                }
                Err(error) => break (Phase::Failed, Some(error.into())),
            }
        };
        let mut state = self.state.lock();
        state.complete |= phase == Phase::Complete;
        let since = state.begun.elapsed();
        state.elapsed += since;
        (state.phase, state.error) = (phase, error);
        drop(state);
        self.changed.send_replace(());
    }
}

/// What a page of the log has come to.
struct Found {
    positions: Vec<Position>,
    next: Position,
    end: bool,
    head: Position,
    undecided: u64,
    first_undecided: Option<(Position, String)>,
}

/// What is known of a grid's rows.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// How many there are.
    pub rows: u64,
    /// No further row will be found up to here.
    pub through: Position,
    /// Whether everything was examined once.
    pub complete: bool,
}

impl State {
    /// Marks it as going on; the search itself is up to the caller.
    fn go_on(&mut self, end: &CancellationToken) -> CancellationToken {
        self.stop = end.child_token();
        (self.phase, self.error, self.begun) = (Phase::Scanning, None, Instant::now());
        self.stop.clone()
    }

    /// Adds what a page has found; true if that is too much.
    fn take(&mut self, page: Found) -> bool {
        self.rows.extend(&page.positions);
        (self.examined, self.head) = (page.next, page.head.max(self.head));
        self.undecided += page.undecided;
        self.first_undecided = self.first_undecided.take().or(page.first_undecided);
        self.rows.bytes() > ROW_BYTES
    }
}

fn too_many() -> AppError {
    let message = "More events match than a list can hold.";
    AppError::new(
        "too_many_rows",
        message,
        "Narrow the filter, or remove it: a log without gaps can be shown at any length.",
    )
}
