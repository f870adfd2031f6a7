//! Reading: the half of an engine that views are made of. Nothing in here can write: it is handed an [`EventReader`] and a
//! [`RowSource`], which have no way to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{EventReader, Position, ReadModelStore, RowSource, StoreError};
use tokio::sync::watch;

use crate::projections::{Follower, ProjectionState, TablesVersion};

/// Reads events and read models. Cloning is cheap.
///
/// ```compile_fail,E0599
/// # async fn example(queries: es_runtime::Queries, request: es_core::AppendRequest) {
/// queries.events().append(request).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Queries {
    events: Arc<dyn EventReader>,
    rows: Arc<dyn RowSource>,
    reached: Reached,
}

/// What readers may know of how far projections are.
#[derive(Clone)]
struct Reached {
    read_models: Arc<dyn ReadModelStore>,
    followers: Arc<[Arc<Follower>]>,
    changes: watch::Receiver<u64>,
    poll_interval: Duration,
}

/// A projection that has not reached a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The projection.
    pub projection: &'static str,
    /// Where it is.
    pub position: Position,
    /// What it does.
    pub state: ProjectionState,
}

/// Which tables of a read model are read, and up to where they have seen the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenUpTo {
    /// Version of the tables.
    pub tables: TablesVersion,
    /// Everything up to here is in them.
    pub position: Position,
}

/// Why waiting for read models ended without success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// Not all of them got there.
    #[error("position {position} was not reached within {} ms: {}", waited.as_millis(), tell_behind(behind))]
    Behind {
        /// The position.
        position: Position,
        /// How long was waited. Shorter than allowed if a projection is paused or halted: it will not get there by itself.
        waited: Duration,
        /// Who is behind, and where.
        behind: Vec<Behind>,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn tell_behind(behind: &[Behind]) -> String {
    let each = behind.iter().map(|b| format!("{} is at {} ({:?})", b.projection, b.position, b.state));
    each.collect::<Vec<_>>().join(", ")
}

impl Queries {
    pub(crate) fn new(
        events: Arc<dyn EventReader>,
        read_models: Arc<dyn ReadModelStore>,
        followers: &[Arc<Follower>],
        changes: watch::Receiver<u64>,
        poll_interval: Duration,
    ) -> Self {
        let rows: Arc<dyn RowSource> = read_models.clone();
        Self { events, rows, reached: Reached { read_models, followers: followers.into(), changes, poll_interval } }
    }

    /// The log.
    #[must_use]
    pub fn events(&self) -> &Arc<dyn EventReader> {
        &self.events
    }

    /// The rows of all read models, in their active tables.
    #[must_use]
    pub fn rows(&self) -> &Arc<dyn RowSource> {
        &self.rows
    }

    /// Everything up to here is in every read model; zero while one has not been built.
    ///
    /// # Errors
    /// The store fails.
    pub async fn position(&self) -> Result<Position, StoreError> {
        let mut least: Option<Position> = None;
        for follower in self.reached.followers.iter() {
            let position = self.reached.position_of(follower).await?;
            least = Some(least.map_or(position, |least| least.min(position)));
        }
        match least {
            Some(least) => Ok(least),
            // Without read models nothing can be behind.
            None => self.events.head().await,
        }
    }

    /// Which tables of a read model are read, and up to where they have seen the log; nothing before they are built.
    ///
    /// # Errors
    /// The store fails.
    pub async fn seen_by(&self, projection: &str) -> Result<Option<SeenUpTo>, StoreError> {
        let read_models = &self.reached.read_models;
        let Some(version) = read_models.projection(projection).await?.active_version else { return Ok(None) };
        let checkpoint = read_models.checkpoint(projection, version).await?;
        let position = checkpoint.map_or(Position::ZERO, |checkpoint| checkpoint.position);
        Ok(Some(SeenUpTo { tables: TablesVersion::of(version), position }))
    }

    /// Waits until every projection has seen everything up to `position`: read your own writes.
    ///
    /// # Errors
    /// [`WaitError::Behind`] when the time is over, or at once if a projection is paused or halted before the position.
    pub async fn wait_until(&self, position: Position, at_most: Duration) -> Result<(), WaitError> {
        let start = Instant::now();
        let mut changes = self.reached.changes.clone();
        loop {
            changes.mark_unchanged();
            let behind = self.reached.behind(position).await?;
            if behind.is_empty() {
                return Ok(());
            }
            let hopeless = |b: &Behind| matches!(b.state, ProjectionState::Paused | ProjectionState::Halted);
            let left = at_most.saturating_sub(start.elapsed());
            if left.is_zero() || behind.iter().any(hopeless) {
                return Err(WaitError::Behind { position, waited: start.elapsed(), behind });
            }
            // Another process may be the one that moves them, so do not rely on being told.
            let nap = left.min(self.reached.poll_interval);
            let _ = tokio::time::timeout(nap, changes.changed()).await;
        }
    }
}

impl Reached {
    async fn position_of(&self, follower: &Follower) -> Result<Position, StoreError> {
        position_of(&*self.read_models, follower).await
    }

    async fn behind(&self, position: Position) -> Result<Vec<Behind>, StoreError> {
        let mut behind = Vec::new();
        for follower in self.followers.iter() {
            let at = self.position_of(follower).await?;
            if at < position {
                let tables = self.read_models.projection(follower.name()).await?;
                let state = follower.seen.lock().state.given(&tables);
                behind.push(Behind { projection: follower.name(), position: at, state });
            }
        }
        Ok(behind)
    }
}

/// Position of a projection's active tables.
pub(crate) async fn position_of(read_models: &dyn ReadModelStore, follower: &Follower) -> Result<Position, StoreError> {
    let tables = read_models.projection(follower.name()).await?;
    let Some(version) = tables.active_version else { return Ok(Position::ZERO) };
    let stored = read_models.checkpoint(follower.name(), version).await?;
    Ok(stored.map_or(Position::ZERO, |checkpoint| checkpoint.position))
}
