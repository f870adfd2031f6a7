//! The audit of snapshots: each is compared with a replay from the first event.

use es_core::{Aggregate, Direction, Hash, ReadStream, Snapshot, StoreError, StreamName, StreamVersion};
use tokio_util::sync::CancellationToken;

use crate::engine::Inner;
use crate::load::{LoadError, Loader, state_hash};
use crate::progress::{Meter, ProgressSink};

/// Snapshots read at once: each carries a whole state.
const PAGE: usize = 64;

/// What an audit of snapshots found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotAudit {
    /// Snapshots kept.
    pub kept: u64,
    /// Snapshots compared with a replay.
    pub checked: u64,
    /// Snapshots of other code among those looked at: they are never used, and nothing here can replay them.
    pub of_other_code: u64,
    /// Snapshots from before what is left of their truncated streams: they are never used either.
    pub truncated: u64,
    /// Those that must not be as they are, by stream.
    pub differing: Vec<DifferingSnapshot>,
    /// Whether it was stopped before its end.
    pub cancelled: bool,
}

/// A snapshot that is not what a replay comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingSnapshot {
    /// The stream.
    pub stream: StreamName,
    /// Version of the last event that the snapshot claims to hold.
    pub version: StreamVersion,
    /// What is wrong with it.
    pub fault: SnapshotFault,
}

/// What is wrong with a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotFault {
    /// Its text has changed since it was taken. Such a snapshot is not used.
    #[error("its state does not have the hash that was kept with it")]
    Damaged,
    /// It is intact, and another state than the replay's.
    #[error("a replay to the same version comes to another state (hash {replayed:?}, kept {kept:?})")]
    Differs {
        /// Hash of the replayed state.
        replayed: Hash,
        /// Hash of the kept one.
        kept: Hash,
    },
    /// The stream does not reach so far: it belongs to another log. Such a snapshot is not used.
    #[error("the stream ends at version {last}")]
    AheadOfStream {
        /// The stream's last version.
        last: StreamVersion,
    },
    /// The stream cannot be replayed.
    #[error("{0}")]
    Unreadable(LoadError),
}

/// Audits at most `sample` snapshots spread evenly over all, or all of them.
pub(crate) async fn audit(
    inner: &Inner,
    sample: Option<u64>,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<SnapshotAudit, StoreError> {
    let mut audit = SnapshotAudit::default();
    let Some(snapshots) = &inner.snapshots else { return Ok(audit) };
    audit.kept = snapshots.count_snapshots().await?;
    let wanted = sample.unwrap_or(audit.kept).min(audit.kept);
    let mut meter = Meter::new(progress);
    meter.phase("Comparing snapshots with replays", 0, Some(wanted));
    let (mut after, mut place, mut looked_at) = (None, 0_u64, 0_u64);
    while !audit.cancelled {
        let page = snapshots.snapshots_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.stream.clone(), last.fingerprint.clone()));
        for snapshot in page {
            audit.cancelled = cancel.is_cancelled();
            if audit.cancelled {
                break;
            }
            // The n-th of those wanted stands at n * kept / wanted.
            if sample.is_none() || (looked_at < wanted && looked_at * audit.kept / wanted <= place) {
                looked_at += 1;
                examine(inner, &snapshot, &mut audit).await?;
                meter.tell(looked_at, Some(wanted));
            }
            place += 1;
        }
    }
    meter.finish();
    Ok(audit)
}

async fn examine(inner: &Inner, snapshot: &Snapshot, audit: &mut SnapshotAudit) -> Result<(), StoreError> {
    let aggregate = inner.domain.aggregate(snapshot.stream.category());
    let Some(aggregate) = aggregate.filter(|found| inner.domain.fingerprint(&***found) == snapshot.fingerprint) else {
        audit.of_other_code += 1;
        return Ok(());
    };
    if is_truncated(inner, snapshot).await? {
        audit.truncated += 1;
        return Ok(());
    }
    audit.checked += 1;
    if let Some(fault) = fault_of(inner, &**aggregate, snapshot).await? {
        let (stream, version) = (snapshot.stream.clone(), snapshot.version);
        audit.differing.push(DifferingSnapshot { stream, version, fault });
    }
    Ok(())
}

/// Whether the events up to the snapshot are gone from the stream, which itself reaches at least as far.
async fn is_truncated(inner: &Inner, snapshot: &Snapshot) -> Result<bool, StoreError> {
    let (stream, from, direction) = (snapshot.stream.clone(), StreamVersion::ZERO, Direction::Forward);
    let page = inner.events.read_stream(ReadStream { stream, from, direction, limit: 1 }).await?;
    Ok(page.events.first().is_some_and(|first| first.version > snapshot.version))
}

async fn fault_of(
    inner: &Inner,
    aggregate: &dyn Aggregate,
    snapshot: &Snapshot,
) -> Result<Option<SnapshotFault>, StoreError> {
    let kept = state_hash(&snapshot.state);
    if kept != snapshot.state_hash {
        return Ok(Some(SnapshotFault::Damaged));
    }
    let loader = Loader { reader: &*inner.events, domain: &inner.domain, snapshots: None };
    let replayed = match loader.load_until(aggregate, &snapshot.stream, snapshot.version).await {
        Ok(replayed) => replayed,
        Err(LoadError::Store(error)) => return Err(error),
        Err(error) => return Ok(Some(SnapshotFault::Unreadable(error))),
    };
    if replayed.version < snapshot.version {
        return Ok(Some(SnapshotFault::AheadOfStream { last: replayed.version }));
    }
    let replayed = state_hash(&aggregate.state_json(&replayed.state));
    Ok((replayed != kept).then_some(SnapshotFault::Differs { replayed, kept }))
}
