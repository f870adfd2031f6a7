//! Read models, checkpoints, timers and snapshots in memory, with the rules that the stored ones keep.

use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use super::rows::{MemoryRows, undeclared};
use super::undo::UndoableRows;
use crate::limits;
use crate::name::{Position, StreamName};
use crate::projection::{
    Cell, Checkpoint, ProjectionError, ProjectionTables, QuarantineChange, QuarantinedStream, ReadModelCommit,
    ReadModelStore, Row, RowPage, RowQuery, RowSource, Table, Timer,
};
use crate::store::{Snapshot, SnapshotStore, StoreError};
use crate::tables::run_work;

/// Read models in memory.
#[derive(Default)]
pub struct MemoryReadModels {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Rows and checkpoint by name and version.
    versions: BTreeMap<(String, u32), Version>,
    projections: BTreeMap<String, ProjectionTables>,
    timers: BTreeMap<String, Timer>,
    snapshots: BTreeMap<(StreamName, String), Snapshot>,
}

#[derive(Default)]
struct Version {
    position: Position,
    epoch: u64,
    lease: Option<Lease>,
    rows: MemoryRows,
    quarantine: BTreeMap<StreamName, QuarantinedStream>,
}

struct Lease {
    owner: String,
    expires_at: DateTime<Utc>,
}

impl MemoryReadModels {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl State {
    fn projection(&mut self, name: &str) -> &mut ProjectionTables {
        self.projections.entry(name.to_owned()).or_default()
    }

    fn prepared(&mut self, name: &str, version: u32) -> Result<&mut Version, StoreError> {
        self.versions.get_mut(&(name.to_owned(), version)).ok_or_else(|| not_prepared(name, version))
    }

    /// The version that a checkpoint belongs to, if the checkpoint is still the stored one.
    fn unmoved(&mut self, from: &Checkpoint) -> Result<&mut Version, StoreError> {
        let version = self.prepared(&from.name, from.version)?;
        if (version.epoch, version.position) == (from.owner_epoch, from.position) {
            Ok(version)
        } else {
            let (found, ours) = (version.epoch, from.owner_epoch);
            Err(StoreError::Fenced { what: from.name.clone(), found, ours })
        }
    }
}

fn not_prepared(name: &str, version: u32) -> StoreError {
    StoreError::Misfit { table: name.to_owned(), reason: format!("version {version} was never prepared") }
}

#[async_trait]
impl RowSource for MemoryReadModels {
    async fn query(&self, projection: &'static str, query: RowQuery) -> Result<RowPage, StoreError> {
        let mut state = self.state.lock();
        let Some(version) = state.projection(projection).active_version else {
            return Err(StoreError::Unsupported { what: "queries of a read model that has not been built yet" });
        };
        state.prepared(projection, version)?.rows.query(&query)
    }
}

#[async_trait]
impl ReadModelStore for MemoryReadModels {
    async fn prepare(
        &self,
        projection: &'static str,
        version: u32,
        tables: &'static [&'static Table],
    ) -> Result<(), StoreError> {
        tables.iter().try_for_each(|table| table.check())?;
        let mut state = self.state.lock();
        let prepared = state.versions.entry((projection.to_owned(), version)).or_default();
        tables.iter().for_each(|table| prepared.rows.declare(table));
        Ok(())
    }

    async fn acquire(
        &self,
        name: &str,
        version: u32,
        owner: &str,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint, StoreError> {
        let mut state = self.state.lock();
        let held = state.versions.entry((name.to_owned(), version)).or_default();
        match &held.lease {
            Some(lease) if lease.owner == owner => {}
            Some(lease) if lease.expires_at > now => {
                return Err(StoreError::Fenced { what: name.to_owned(), found: held.epoch, ours: 0 });
            }
            _ => held.epoch += 1,
        }
        let expires_at = now + TimeDelta::from_std(limits::LEASE_TTL).unwrap_or(TimeDelta::MAX);
        held.lease = Some(Lease { owner: owner.to_owned(), expires_at });
        Ok(Checkpoint { name: name.to_owned(), version, position: held.position, owner_epoch: held.epoch })
    }

    async fn release(&self, checkpoint: &Checkpoint, owner: &str) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if let Some(held) = state.versions.get_mut(&(checkpoint.name.clone(), checkpoint.version)) {
            let ours = held.lease.as_ref().is_some_and(|lease| lease.owner == owner);
            if ours && held.epoch == checkpoint.owner_epoch {
                held.lease = None;
            }
        }
        Ok(())
    }

    async fn checkpoint(&self, name: &str, version: u32) -> Result<Option<Checkpoint>, StoreError> {
        let state = self.state.lock();
        let stored = state.versions.get(&(name.to_owned(), version));
        Ok(stored.map(|stored| Checkpoint {
            name: name.to_owned(),
            version,
            position: stored.position,
            owner_epoch: stored.epoch,
        }))
    }

    async fn commit(&self, commit: ReadModelCommit) -> Result<Checkpoint, ProjectionError> {
        let mut state = self.state.lock();
        let version = state.unmoved(&commit.from)?;
        let declared: Vec<_> = version.rows.tables().map(|table| table.name).collect();
        if let Some(missing) = commit.tables.iter().find(|table| !declared.contains(&table.name)) {
            return Err(undeclared(missing).into());
        }
        let mut rows = UndoableRows::new(&mut version.rows);
        if let Err(error) = run_work(commit.work, &mut rows) {
            rows.roll_back()?;
            return Err(error);
        }
        version.position = commit.to;
        for change in commit.quarantine {
            match change {
                QuarantineChange::SetAside(aside) => version.quarantine.insert(aside.stream.clone(), aside),
                QuarantineChange::Release(stream) => version.quarantine.remove(&stream),
            };
        }
        Ok(Checkpoint { position: commit.to, ..commit.from })
    }

    async fn move_checkpoint(&self, from: &Checkpoint, to: Position) -> Result<Checkpoint, StoreError> {
        self.state.lock().unmoved(from)?.position = to;
        Ok(Checkpoint { position: to, ..from.clone() })
    }

    async fn projection(&self, name: &str) -> Result<ProjectionTables, StoreError> {
        Ok(self.state.lock().projections.get(name).cloned().unwrap_or_default())
    }

    async fn set_building(&self, name: &str, version: Option<u32>) -> Result<(), StoreError> {
        self.state.lock().projection(name).building_version = version;
        Ok(())
    }

    async fn quarantined(&self, name: &str, version: u32) -> Result<Vec<QuarantinedStream>, StoreError> {
        let state = self.state.lock();
        let stored = state.versions.get(&(name.to_owned(), version));
        Ok(stored.map(|stored| stored.quarantine.values().cloned().collect()).unwrap_or_default())
    }

    async fn activate(&self, name: &str, version: u32) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        state.prepared(name, version)?;
        let tables = state.projection(name);
        let dropped = tables.switch_to(version);
        if let Some(dropped) = dropped {
            state.versions.remove(&(name.to_owned(), dropped));
        }
        Ok(())
    }

    async fn discard(&self, name: &str, version: u32, _: &'static [&'static Table]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        state.projection(name).forget(name, version)?;
        state.versions.remove(&(name.to_owned(), version));
        Ok(())
    }

    async fn reset(&self, name: &str) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let paused = state.projection(name).paused;
        *state.projection(name) = ProjectionTables { paused, ..ProjectionTables::default() };
        state.versions.retain(|(found, _), _| found != name);
        Ok(())
    }

    async fn set_halted(&self, name: &str, halted: Option<(Position, String)>) -> Result<(), StoreError> {
        self.state.lock().projection(name).halted = halted;
        Ok(())
    }

    async fn set_paused(&self, name: &str, paused: bool) -> Result<(), StoreError> {
        self.state.lock().projection(name).paused = paused;
        Ok(())
    }

    async fn scan(
        &self,
        table: &'static Table,
        version: u32,
        after: Option<Vec<Cell>>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if let Some(key) = &after {
            table.check_key(key)?;
        }
        let state = self.state.lock();
        let mut candidates = state.versions.iter().filter(|((_, found), _)| *found == version);
        let owner = candidates.find(|(_, stored)| stored.rows.tables().any(|found| found.name == table.name));
        let (_, stored) = owner.ok_or_else(|| undeclared(table))?;
        let rows = stored.rows.rows_after(table, after.as_deref());
        Ok(rows.take(limit.min(limits::QUERY_ROWS)).cloned().collect())
    }

    async fn change_timers(&self, set: Vec<Timer>, clear: Vec<String>) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        for timer_id in clear {
            state.timers.remove(&timer_id);
        }
        state.timers.extend(set.into_iter().map(|timer| (timer.timer_id.clone(), timer)));
        Ok(())
    }

    async fn due_timers(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let mut timers = self.timers(usize::MAX).await?;
        timers.retain(|timer| timer.due_at <= now);
        timers.truncate(limit);
        Ok(timers)
    }

    async fn due_timers_of(&self, process: &str, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let mut timers = self.due_timers(now, usize::MAX).await?;
        timers.retain(|timer| timer.process == process);
        timers.truncate(limit);
        Ok(timers)
    }

    async fn timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let mut timers: Vec<Timer> = self.state.lock().timers.values().cloned().collect();
        timers.sort_by_key(|timer| timer.due_at);
        timers.truncate(limit);
        Ok(timers)
    }
}

#[async_trait]
impl SnapshotStore for MemoryReadModels {
    async fn load_snapshot(&self, stream: &StreamName, fingerprint: &str) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.state.lock().snapshots.get(&(stream.clone(), fingerprint.to_owned())).cloned())
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let key = (snapshot.stream.clone(), snapshot.fingerprint.clone());
        let mut state = self.state.lock();
        if state.snapshots.get(&key).is_none_or(|kept| kept.version <= snapshot.version) {
            state.snapshots.insert(key, snapshot);
        }
        Ok(())
    }

    async fn snapshots_after(
        &self,
        after: Option<(StreamName, String)>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.state.lock();
        Ok(state.snapshots.range((from, Bound::Unbounded)).take(limit).map(|(_, kept)| kept.clone()).collect())
    }

    async fn count_snapshots(&self) -> Result<u64, StoreError> {
        Ok(self.state.lock().snapshots.len() as u64)
    }

    async fn delete_snapshots_of(&self, stream: &StreamName) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        let before = state.snapshots.len();
        state.snapshots.retain(|(of, _), _| of != stream);
        Ok((before - state.snapshots.len()) as u64)
    }

    async fn delete_snapshots(&self) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        let count = state.snapshots.len() as u64;
        state.snapshots.clear();
        Ok(count)
    }
}
