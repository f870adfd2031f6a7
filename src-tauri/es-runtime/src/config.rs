//! What an engine can be told about how to work.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use es_core::limits;

/// When the state of an aggregate is kept as a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotPolicy {
    /// Never; loads replay the whole stream unless the aggregate is cached.
    Never,
    /// Once the newest snapshot is this many events old, after an append or a load.
    EveryEvents(NonZeroU64),
    /// After a load that replayed more than this many events.
    LoadReplayed(u64),
    /// After a load that took longer than this.
    LoadTook(Duration),
}

/// Settings of an engine. The defaults fit a desktop.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// When snapshots are taken.
    pub snapshots: SnapshotPolicy,
    /// Most aggregates kept in memory.
    pub cached_aggregates: usize,
    /// Automatic retries of a command after a version conflict.
    pub conflict_retries: u32,
    /// Followers look for new events at least this often.
    pub poll_interval: Duration,
    /// Whether processes run in the background. Off for stores that are only read.
    pub run_processes: bool,
    /// Whether the steps of a process are written in one append with what they follow from, where the store can do that
    /// and the process lets it ([`es_core::Process::steps_together`]). The events are the same either way.
    pub atomic_turns: bool,
    /// Process instances that are worked on at the same time.
    pub process_concurrency: usize,
    /// Instances, latest changed first, that a process looks at again when it starts.
    pub reexamined_instances: usize,
    /// A rebuild keeps at most this many rows in memory; beyond, it goes on in the stored tables.
    pub rebuild_rows_in_memory: usize,
    /// A rebuild stores what it has folded after so many events, so that one that is killed can be resumed.
    pub rebuild_segment_events: u64,
    /// Rows that it stores in one commit: large enough to be fast, small enough to keep the writer's lock short.
    pub rebuild_flush_rows: usize,
    /// Most streams that a replay folds at the same time, for projections that allow it.
    pub replay_workers: NonZeroUsize,
    /// First pause after a transient failure; doubled up to [`EngineConfig::longest_pause`].
    pub first_pause: Duration,
    /// Longest pause after repeated transient failures.
    pub longest_pause: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            snapshots: NonZeroU64::new(200).map_or(SnapshotPolicy::Never, SnapshotPolicy::EveryEvents),
            cached_aggregates: limits::CACHED_AGGREGATES,
            conflict_retries: limits::COMMAND_CONFLICT_RETRIES,
            poll_interval: limits::POLL_INTERVAL,
            run_processes: true,
            atomic_turns: true,
            process_concurrency: 16,
            reexamined_instances: 2000,
            rebuild_rows_in_memory: 2_000_000,
            rebuild_segment_events: limits::REBUILD_SEGMENT_EVENTS,
            rebuild_flush_rows: 5000,
            replay_workers: crate::projections::default_workers(),
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// Doubling pauses between attempts.
#[derive(Debug)]
pub(crate) struct Pause {
    next: Duration,
    first: Duration,
    longest: Duration,
}

impl Pause {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self { next: config.first_pause, first: config.first_pause, longest: config.longest_pause }
    }

    /// The pause to make now; the following one is twice as long.
    pub(crate) fn take(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(self.longest);
        now
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}
