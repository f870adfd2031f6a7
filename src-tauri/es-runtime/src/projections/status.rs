//! How a projection fares, for people.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use es_core::{Position, ProjectionTables, QuarantinedStream, ReadAll, RowQuery, StoreError};

use super::{Follower, TablesVersion};
use crate::engine::Inner;

/// State of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectionState {
    /// Nobody keeps it in this process (the engine was not started).
    #[default]
    Idle,
    /// Keeps up with the log.
    Running,
    /// Works on what it has not seen.
    CatchingUp,
    /// New tables are being built beside the live ones.
    Rebuilding,
    /// A person has paused it.
    Paused,
    /// An event cannot be applied; a person has to decide.
    Halted,
    /// Another window or program keeps it.
    HeldElsewhere,
    /// The read-model store failed; it is tried again.
    Retrying,
}

impl ProjectionState {
    /// What to show: what is stored of pause and halt counts, also before the follower has looked at it.
    pub(crate) fn given(self, tables: &ProjectionTables) -> Self {
        match self {
            _ if tables.halted.is_some() => Self::Halted,
            Self::Rebuilding => Self::Rebuilding,
            _ if tables.paused => Self::Paused,
            Self::Halted | Self::Paused => Self::CatchingUp,
            other => other,
        }
    }
}

/// A projection's health at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectionStatus {
    /// Name.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Version of its code.
    pub code_version: u32,
    /// Tables that queries read; their code version differs from `code_version` while new tables are due.
    pub active: Option<TablesVersion>,
    /// Tables being built.
    pub building: Option<TablesVersion>,
    /// Tables kept for rollback.
    pub previous: Option<TablesVersion>,
    /// What it does.
    pub state: ProjectionState,
    /// Everything up to here is in the active tables.
    pub position: Position,
    /// Position of the log's last event.
    pub head: Position,
    /// Positions that it has not examined.
    pub lag_events: u64,
    /// Age of the oldest event that it has not examined.
    pub lag: Duration,
    /// Positions examined a second, over the last seconds.
    pub rate: f64,
    /// Streams that its active tables have set aside.
    pub quarantined: Vec<QuarantinedStream>,
    /// Position of the event that it is halted at, if it is an event's fault.
    pub halted_at: Option<Position>,
    /// Why it halted, or what the store said last.
    pub problem: Option<String>,
    /// Rows in its active tables.
    pub rows: u64,
}

/// What a follower has seen, kept in memory for status and for waiting.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) state: ProjectionState,
    pub(crate) position: Position,
    pub(crate) problem: Option<String>,
    moves: VecDeque<(Instant, u64)>,
    rows: Option<(Instant, Option<u32>, Position, u64)>,
}

const RATE_WINDOW: Duration = Duration::from_secs(5);
/// Counting rows costs a scan of the key, so a count is good for a while.
const ROWS_TRUSTED: Duration = Duration::from_secs(2);

impl Seen {
    pub(crate) fn moved(&mut self, from: Position, to: Position) {
        self.position = to;
        self.moves.push_back((Instant::now(), to.get().saturating_sub(from.get())));
        self.trim();
    }

    pub(crate) fn halted(&mut self, halted: Option<(Position, String)>) {
        if let Some((_, reason)) = halted {
            self.problem = Some(reason);
        }
    }

    pub(crate) fn set(&mut self, state: ProjectionState) {
        self.state = state;
        if !matches!(state, ProjectionState::Halted | ProjectionState::Retrying) {
            self.problem = None;
        }
    }

    fn trim(&mut self) {
        while self.moves.front().is_some_and(|(when, _)| when.elapsed() > RATE_WINDOW) {
            self.moves.pop_front();
        }
    }

    fn rate(&mut self) -> f64 {
        self.trim();
        let moved: u64 = self.moves.iter().map(|(_, count)| count).sum();
        let since = self.moves.front().map_or(0.0, |(when, _)| when.elapsed().as_secs_f64());
        moved as f64 / since.max(1.0)
    }
}

pub(crate) async fn status_of(inner: &Inner, follower: &Follower) -> Result<ProjectionStatus, StoreError> {
    let projection = &follower.projection;
    let tables = inner.read_models.projection(projection.name()).await?;
    let (stored, quarantined) = match tables.active_version {
        Some(version) => (
            inner.read_models.checkpoint(projection.name(), version).await?,
            inner.read_models.quarantined(projection.name(), version).await?,
        ),
        None => (None, Vec::new()),
    };
    let position = stored.map_or(Position::ZERO, |checkpoint| checkpoint.position);
    let head = inner.events.head().await?;
    let rows = row_count(inner, follower, tables.active_version, position).await?;
    let lag = if position < head { oldest_unseen(inner, position).await? } else { Duration::ZERO };
    let mut seen = follower.seen.lock();
    let state = seen.state.given(&tables);
    Ok(ProjectionStatus {
        name: projection.name(),
        description: projection.description(),
        code_version: projection.version(),
        active: tables.active_version.map(TablesVersion::of),
        building: tables.building_version.map(TablesVersion::of),
        previous: tables.previous_version.map(TablesVersion::of),
        state,
        position,
        head,
        lag_events: head.get().saturating_sub(position.get()),
        lag,
        rate: seen.rate(),
        quarantined,
        halted_at: tables.halted.as_ref().map(|(position, _)| *position).filter(|at| *at > Position::ZERO),
        problem: tables.halted.map(|(_, reason)| reason).or_else(|| seen.problem.clone()),
        rows,
    })
}

async fn oldest_unseen(inner: &Inner, after: Position) -> Result<Duration, StoreError> {
    let page = inner.events.read_all(ReadAll::forward(after, 1)).await?;
    let age = page.events.first().map(|event| inner.clock.now() - event.recorded_at);
    Ok(age.and_then(|age| age.to_std().ok()).unwrap_or_default())
}

async fn row_count(
    inner: &Inner,
    follower: &Follower,
    version: Option<u32>,
    position: Position,
) -> Result<u64, StoreError> {
    if version.is_none() {
        return Ok(0);
    }
    if let Some((when, counted, at, rows)) = follower.seen.lock().rows
        && counted == version
        && (at == position || when.elapsed() < ROWS_TRUSTED)
    {
        return Ok(rows);
    }
    let mut rows = 0;
    for table in follower.projection.tables() {
        rows += inner.read_models.query(follower.name(), RowQuery::all(table).page(0, 1)).await?.total;
    }
    follower.seen.lock().rows = Some((Instant::now(), version, position, rows));
    Ok(rows)
}
