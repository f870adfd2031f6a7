//! What persons do to a read model beside rebuilding it: roll it back, reset it, release what it has set aside.

use std::sync::Arc;

use es_core::{
    AppendError, EventFilter, Position, QuarantineChange, QuarantinedStream, ReplayOrder, StoreError, StreamName,
    limits,
};
use tokio_util::sync::CancellationToken;

use super::rebuild::{BuildReason, RebuildError, RebuildOptions, RebuildReport, build_anew, only_builder};
use super::{Follower, TablesVersion, apply};
use crate::batch::{Batch, Exceptions, Poison, follow};
use crate::engine::Inner;
use crate::progress::ProgressSink;

/// Why a person's wish about a read model was not granted. The tables are as before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpkeepError {
    /// Unknown name, being rebuilt, held by another program, or a build that failed.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Only the event that a projection is halted at can be skipped.
    #[error("{name} is not halted at position {position}{}; only the event that it is halted at can be skipped", tell_halt(*halted_at))]
    NotHaltedAt {
        /// The projection.
        name: String,
        /// The event that should be skipped.
        position: Position,
        /// Where it is halted, if it is.
        halted_at: Option<Position>,
    },
    /// A decision needs a reason that others can read later.
    #[error("a skip needs a reason of 1 to {most} characters, this one has {characters}")]
    BadReason {
        /// Characters of the given reason.
        characters: usize,
        /// Most characters.
        most: usize,
    },
    /// There is no former version.
    #[error("{name} has no former tables to go back to")]
    NoFormerTables {
        /// The projection.
        name: String,
    },
    /// The former version was filled by other code, which cannot keep it up to date here.
    #[error(
        "the former tables of {name} are {former}, filled by other code than version {code}, which cannot go on with them"
    )]
    OtherCode {
        /// The projection.
        name: String,
        /// The former tables.
        former: TablesVersion,
        /// Version of the code here.
        code: u32,
    },
    /// The stream is not set aside.
    #[error("{name} has not set {stream} aside")]
    NotQuarantined {
        /// The projection.
        name: String,
        /// The stream.
        stream: StreamName,
    },
    /// Rows of this projection may depend on several streams, so one stream cannot be caught up alone.
    #[error(
        "rows of {name} may depend on several streams, so {stream} cannot be caught up alone; a rebuild releases it"
    )]
    NeedsRebuild {
        /// The projection.
        name: String,
        /// The stream.
        stream: StreamName,
    },
    /// An event of the stream cannot be applied yet. What comes before it is applied now.
    #[error("{name} still cannot apply the event at position {}: {}", poison.position, poison.reason)]
    StillFails {
        /// The projection.
        name: String,
        /// The event.
        poison: Poison,
    },
    /// The decision could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
}

fn tell_halt(halted_at: Option<Position>) -> String {
    halted_at.map(|at| format!(", but at {at}")).unwrap_or_default()
}

impl From<StoreError> for UpkeepError {
    fn from(error: StoreError) -> Self {
        Self::Rebuild(error.into())
    }
}

/// Which tables a projection went back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolledBack {
    /// The projection.
    pub projection: &'static str,
    /// The tables that were live; they are kept, so that the way back is open.
    pub from: TablesVersion,
    /// The tables that are live now.
    pub to: TablesVersion,
    /// Everything up to here is in them; they catch up from there.
    pub position: Position,
}

/// Makes the kept former tables the live ones again, in one transaction.
pub(crate) async fn roll_back(inner: &Inner, follower: &Follower) -> Result<RolledBack, UpkeepError> {
    let (name, code) = (follower.name(), follower.projection.version());
    let none = || UpkeepError::NoFormerTables { name: name.to_owned() };
    let _only = only_builder(follower).await?;
    let mut lane = follower.lane.lock().await;
    let tables = inner.read_models.projection(name).await?;
    let from = TablesVersion::of(tables.active_version.ok_or_else(none)?);
    let to = TablesVersion::of(tables.previous_version.ok_or_else(none)?);
    if to.code != code {
        return Err(UpkeepError::OtherCode { name: name.to_owned(), former: to, code });
    }
    let stored = inner.read_models.checkpoint(name, to.number()).await?.ok_or_else(none)?;
    lane.let_go(inner).await;
    inner.read_models.activate(name, to.number()).await?;
    lane.look_anew();
    drop(lane);
    tracing::warn!(projection = name, %from, %to, "rolled back");
    follower.seen.lock().position = stored.position;
    follower.nudge.notify_one();
    inner.tell();
    Ok(RolledBack { projection: name, from, to, position: stored.position })
}

/// Throws all tables of a projection away and builds them as if there had never been any.
pub(crate) async fn reset(
    inner: &Arc<Inner>,
    follower: &Follower,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<RebuildReport, UpkeepError> {
    let name = follower.name();
    let only = only_builder(follower).await?;
    let mut lane = follower.lane.lock().await;
    let tables = inner.read_models.projection(name).await?;
    let held = || RebuildError::HeldElsewhere { name: name.to_owned() };
    for version in [tables.active_version, tables.building_version].into_iter().flatten() {
        if !lane.hold(inner, name, version).await? {
            return Err(held().into());
        }
    }
    inner.read_models.reset(name).await?;
    lane.forget();
    drop(lane);
    follower.seen.lock().position = Position::ZERO;
    inner.tell();
    tracing::warn!(projection = name, "reset");
    // An owner that was fenced long ago must not find a checkpoint that looks like its own: the numbers are not used again.
    let used = [tables.active_version, tables.previous_version, tables.building_version];
    let used = used.into_iter().flatten().collect();
    let options = RebuildOptions::default();
    Ok(build_anew(inner, follower, &only, (BuildReason::First, options), used, progress, cancel).await?)
}

/// A stream that was set aside and is applied again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasedStream {
    /// The projection.
    pub projection: &'static str,
    /// The stream.
    pub stream: StreamName,
    /// Events that were caught up.
    pub events: u64,
}

/// Streams that the live tables of a projection have set aside.
pub(crate) async fn quarantined(inner: &Inner, follower: &Follower) -> Result<Vec<QuarantinedStream>, StoreError> {
    match inner.read_models.projection(follower.name()).await?.active_version {
        Some(active) => inner.read_models.quarantined(follower.name(), active).await,
        None => Ok(Vec::new()),
    }
}

/// Applies the events of a stream that were left out, and lets it take part again.
pub(crate) async fn release(
    inner: &Inner,
    follower: &Follower,
    stream: &StreamName,
) -> Result<ReleasedStream, UpkeepError> {
    let name = follower.name();
    let not_there = || UpkeepError::NotQuarantined { name: name.to_owned(), stream: stream.clone() };
    let mut lane = follower.lane.lock().await;
    let tables = inner.read_models.projection(name).await?;
    let active = tables.active_version.ok_or_else(not_there)?;
    let code = follower.projection.version();
    if TablesVersion::of(active).code != code {
        let former = TablesVersion::of(active);
        return Err(UpkeepError::OtherCode { name: name.to_owned(), former, code });
    }
    let held = || RebuildError::HeldElsewhere { name: name.to_owned() };
    if !lane.hold(inner, name, active).await? {
        return Err(held().into());
    }
    let mut exceptions = inner.exceptions_of(follower, active).await?;
    let entry = exceptions.aside.remove(stream).ok_or_else(not_there)?;
    if follower.projection.order() != ReplayOrder::PerStream {
        return Err(UpkeepError::NeedsRebuild { name: name.to_owned(), stream: stream.clone() });
    }
    let checkpoint = lane.checkpoint().ok_or_else(held)?.clone();
    let done = catch_up_alone(inner, follower, &checkpoint, &exceptions, entry).await;
    lane.look_anew();
    drop(lane);
    follower.nudge.notify_one();
    inner.tell();
    Ok(ReleasedStream { projection: name, stream: stream.clone(), events: done? })
}

/// Applies a stream's events from the first that was left out up to the checkpoint, page by page: what is recorded of the stream
/// moves on with each page, so that nothing is applied twice however it ends. The checkpoint stays where it is.
async fn catch_up_alone(
    inner: &Inner,
    follower: &Follower,
    checkpoint: &es_core::Checkpoint,
    exceptions: &Exceptions,
    mut entry: QuarantinedStream,
) -> Result<u64, UpkeepError> {
    let projection = &follower.projection;
    let filter = EventFilter { stream: Some(entry.stream.clone()), ..projection.filter() };
    let mut events = 0;
    loop {
        let (after, until) = (entry.position.previous(), Some(checkpoint.position));
        let page = follow(&*inner.events, after, until, &filter, limits::PROJECTION_BATCH_EVENTS).await?;
        let batch = Arc::new(Batch::decode(&inner.domain.upcasters, exceptions, page.events));
        let change = if page.end {
            QuarantineChange::Release(entry.stream.clone())
        } else {
            entry.position = page.next.next();
            QuarantineChange::SetAside(entry.clone())
        };
        let whole = apply::commit_first(projection, checkpoint, &batch, (batch.len(), &[]), vec![change]);
        match whole.at(inner, checkpoint.position).await {
            Ok((_, applied)) => events += applied,
            Err((index, error)) => {
                let poison = batch.poison_of(index, &error).ok_or_else(|| apply::store_error(error))?;
                let change = vec![QuarantineChange::SetAside(poison.clone().into_quarantine())];
                let prefix = apply::commit_first(projection, checkpoint, &batch, (index, &[]), change);
                prefix.at(inner, checkpoint.position).await.map_err(|(_, error)| apply::store_error(error))?;
                return Err(UpkeepError::StillFails { name: follower.name().to_owned(), poison });
            }
        }
        if page.end {
            return Ok(events);
        }
    }
}
