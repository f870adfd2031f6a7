//! Snapshots: when they are taken, and what is kept. Deleting all of them changes latency and nothing else.

mod audit;

use std::sync::Arc;
use std::time::Duration;

use es_core::{Aggregate, StreamName};

pub(crate) use audit::audit;
pub use audit::{DifferingSnapshot, SnapshotAudit, SnapshotFault};

use crate::config::SnapshotPolicy;
use crate::engine::Inner;
use crate::load::{Loaded, snapshot_of};

/// What a state has just gone through.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion {
    /// Events were appended to it.
    Appended,
    /// It was loaded.
    Loaded { replayed: u64, took: Duration },
}

impl SnapshotPolicy {
    /// Whether a state whose newest snapshot is `age` events old is to be kept.
    pub(crate) fn is_due(self, age: u64, occasion: Occasion) -> bool {
        let on_load = |wanted: &dyn Fn(u64, Duration) -> bool| match occasion {
            Occasion::Appended => false,
            Occasion::Loaded { replayed, took } => wanted(replayed, took),
        };
        age > 0
            && match self {
                Self::Never => false,
                Self::EveryEvents(every) => age >= every.get(),
                Self::LoadReplayed(most) => on_load(&|replayed, _| replayed > most),
                Self::LoadTook(longest) => on_load(&|_, took| took > longest),
            }
    }
}

impl Inner {
    /// Takes a snapshot of a state if it is time, off the caller's path.
    pub(crate) fn take_snapshot_if_due(
        &self,
        aggregate: &Arc<dyn Aggregate>,
        stream: &StreamName,
        loaded: &mut Loaded,
        occasion: Occasion,
    ) {
        let Some(snapshots) = &self.snapshots else { return };
        let age = loaded.version.get().saturating_sub(loaded.snapshot.get());
        if !self.config.snapshots.is_due(age, occasion) {
            return;
        }
        loaded.snapshot = loaded.version;
        let (snapshots, domain, taken_at) = (snapshots.clone(), self.domain.clone(), self.clock.now());
        let (aggregate, stream, loaded) = (aggregate.clone(), stream.clone(), loaded.clone());
        self.tasks.spawn(async move {
            let snapshot = snapshot_of(&domain, &*aggregate, &stream, &loaded, taken_at);
            if let Err(error) = snapshots.save_snapshot(snapshot).await {
                tracing::warn!(%stream, %error, "snapshot not saved");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    #[test]
    fn each_policy_is_due_exactly_beyond_its_number() {
        let loaded = |replayed, millis| Occasion::Loaded { replayed, took: Duration::from_millis(millis) };
        let every = SnapshotPolicy::EveryEvents(NonZeroU64::new(5).expect("not zero"));
        for (policy, age, occasion, due) in [
            (SnapshotPolicy::Never, 1_000, Occasion::Appended, false),
            (SnapshotPolicy::Never, 1_000, loaded(1_000, 1_000), false),
            (every, 4, Occasion::Appended, false),
            (every, 5, Occasion::Appended, true),
            (every, 5, loaded(0, 0), true),
            (SnapshotPolicy::LoadReplayed(5), 9, loaded(5, 1_000), false),
            (SnapshotPolicy::LoadReplayed(5), 9, loaded(6, 0), true),
            (SnapshotPolicy::LoadReplayed(5), 9, Occasion::Appended, false),
            (SnapshotPolicy::LoadTook(Duration::from_millis(20)), 9, loaded(1_000, 20), false),
            (SnapshotPolicy::LoadTook(Duration::from_millis(20)), 9, loaded(1, 21), true),
            (SnapshotPolicy::LoadTook(Duration::from_millis(20)), 0, loaded(0, 21), false),
        ] {
            assert_eq!(policy.is_due(age, occasion), due, "{policy:?}, {age} events old, {occasion:?}");
        }
    }
}
