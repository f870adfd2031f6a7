//! Snapshots: when they are taken, what they save, whether each is what a replay comes to.

use es_core::{Direction, ReadStream, Snapshot, StoreError, StreamVersion};
use es_runtime::{Progress, SnapshotPolicy};

use super::present::time;
use super::{Session, arguments, upkeep};
use crate::tasks::Task;
use crate::wire::{AppError, SnapshotAudit, SnapshotFault, SnapshotPlace, SnapshotRow, SnapshotsPage};

/// Most snapshots of one page: each carries a whole state.
const PAGE_SNAPSHOTS: u32 = 200;

impl Session {
    /// A part of the snapshots, by stream, after a place in that order.
    ///
    /// # Errors
    /// The place is none, or a store does not answer.
    pub async fn snapshots(&self, after: Option<SnapshotPlace>, limit: u32) -> Result<SnapshotsPage, AppError> {
        let after = after.map(|place| Ok::<_, AppError>((arguments::stream(&place.stream)?, place.fingerprint)));
        let limit = limit.clamp(1, PAGE_SNAPSHOTS) as usize;
        let part = self.snapshots.snapshots_after(after.transpose()?, limit).await?;
        let next = part
            .last()
            .filter(|_| part.len() == limit)
            .map(|last| SnapshotPlace { stream: last.stream.to_string(), fingerprint: last.fingerprint.clone() });
        let mut snapshots = Vec::with_capacity(part.len());
        for snapshot in &part {
            snapshots.push(self.snapshot_row(snapshot).await?);
        }
        let total = self.snapshots.count_snapshots().await?.to_string();
        Ok(SnapshotsPage { policy: told(self.snapshot_policy), snapshots, total, next })
    }

    /// Compares every snapshot with a replay from the first event.
    ///
    /// # Errors
    /// A store does not answer. A snapshot that differs is a finding, not an error.
    pub async fn verify_snapshots(&self, task: Task) -> Result<SnapshotAudit, AppError> {
        let sink = |progress: &Progress| task.report(&upkeep::phase(progress.phase), progress.done, progress.total);
        let audit = self.engine.verify_snapshots(None, &sink, task.token()).await?;
        let fault = |one: es_runtime::DifferingSnapshot| SnapshotFault {
            stream: one.stream.to_string(),
            version: one.version.to_string(),
            message: crate::errors::sentence(&one.fault.to_string()),
        };
        Ok(SnapshotAudit {
            kept: audit.kept.to_string(),
            checked: audit.checked.to_string(),
            of_other_code: audit.of_other_code.to_string(),
            differing: audit.differing.into_iter().map(fault).collect(),
            cancelled: audit.cancelled,
        })
    }

    /// Deletes the snapshots of a stream, or all; answers with their number. The next loads take longer, nothing else changes.
    ///
    /// # Errors
    /// The name is none, or the store does not answer.
    pub async fn delete_snapshots(&self, stream: Option<&str>) -> Result<String, AppError> {
        let stream = stream.map(arguments::stream).transpose()?;
        Ok(self.engine.delete_snapshots(stream.as_ref()).await?.to_string())
    }

    async fn snapshot_row(&self, snapshot: &Snapshot) -> Result<SnapshotRow, StoreError> {
        let (stream, direction) = (snapshot.stream.clone(), Direction::Backward);
        let last = ReadStream { stream, from: StreamVersion::MAX, direction, limit: 1 };
        let last = self.events.read_stream(last).await?.stream.map(|info| info.version);
        let aggregate = self.domain.aggregate(snapshot.stream.category());
        let used = aggregate.is_some_and(|found| self.domain.fingerprint(&**found) == snapshot.fingerprint);
        Ok(SnapshotRow {
            stream: snapshot.stream.to_string(),
            version: snapshot.version.to_string(),
            saves_events: snapshot.version.to_string(),
            behind: last.map(|last| last.get().saturating_sub(snapshot.version.get()).to_string()),
            bytes: snapshot.state.len().to_string(),
            taken_at: time(snapshot.taken_at),
            usable: used && last.is_some_and(|last| snapshot.version <= last),
        })
    }
}

/// When snapshots are taken, for people.
fn told(policy: SnapshotPolicy) -> String {
    match policy {
        SnapshotPolicy::Never => "None is taken.".to_owned(),
        SnapshotPolicy::EveryEvents(every) => {
            format!("Taken after an append, once the newest one is {every} events old.")
        }
        SnapshotPolicy::LoadReplayed(most) => format!("Taken after a load that replayed more than {most} events."),
        SnapshotPolicy::LoadTook(longest) => {
            format!("Taken after a load that took more than {} ms.", longest.as_millis())
        }
    }
}
