//! Hot aggregates in memory, and the locks that keep commands on one stream from racing each other in this process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use es_core::StreamName;
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use crate::load::Loaded;

/// The most recently used aggregates.
///
/// A cached state may be behind the store when another program writes. An append with the exact version finds that out;
/// answers that append nothing (a rejection) are given on refreshed state only.
pub(crate) struct AggregateCache {
    capacity: usize,
    inner: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    entries: HashMap<StreamName, (u64, Loaded)>,
    by_use: BTreeMap<u64, StreamName>,
    tick: u64,
}

impl AggregateCache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::default() }
    }

    pub(crate) fn get(&self, stream: &StreamName) -> Option<Loaded> {
        let mut recent = self.inner.lock();
        let loaded = recent.entries.get(stream)?.1.clone();
        recent.touch(stream.clone(), loaded.clone());
        Some(loaded)
    }

    /// Keeps a state unless a newer one is there.
    pub(crate) fn put(&self, stream: &StreamName, loaded: &Loaded) {
        if self.capacity == 0 {
            return;
        }
        let mut recent = self.inner.lock();
        if recent.entries.get(stream).is_some_and(|(_, kept)| kept.version > loaded.version) {
            return;
        }
        recent.touch(stream.clone(), loaded.clone());
        while recent.entries.len() > self.capacity {
            let Some((_, oldest)) = recent.by_use.pop_first() else { break };
            recent.entries.remove(&oldest);
        }
    }

    pub(crate) fn evict(&self, stream: &StreamName) {
        let mut recent = self.inner.lock();
        if let Some((used, _)) = recent.entries.remove(stream) {
            recent.by_use.remove(&used);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.inner.lock().entries.len()
    }
}

impl Recent {
    fn touch(&mut self, stream: StreamName, loaded: Loaded) {
        self.tick += 1;
        if let Some((former, _)) = self.entries.insert(stream.clone(), (self.tick, loaded)) {
            self.by_use.remove(&former);
        }
        self.by_use.insert(self.tick, stream);
    }
}

/// Number of locks: two streams share one with a chance of a thousandth, which costs a little waiting and nothing else.
const STRIPES: usize = 1024;

/// One command at a time per stream within this process. Without it, commands on a hot stream would waste their work on
/// conflicts with each other; between processes the expected version decides.
pub(crate) struct StreamLocks {
    stripes: Vec<AsyncMutex<()>>,
    hasher: RandomState,
}

impl StreamLocks {
    pub(crate) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| AsyncMutex::new(())).collect(), hasher: RandomState::new() }
    }

    pub(crate) async fn lock(&self, stream: &StreamName) -> MutexGuard<'_, ()> {
        self.stripes[self.stripe(stream)].lock().await
    }

    /// Several streams, in the same order for everybody, so that no two wait for each other. To be called without a lock.
    pub(crate) async fn lock_all(&self, streams: &[StreamName]) -> Vec<MutexGuard<'_, ()>> {
        let stripes: BTreeSet<usize> = streams.iter().map(|stream| self.stripe(stream)).collect();
        let mut guards = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            guards.push(self.stripes[stripe].lock().await);
        }
        guards
    }

    fn stripe(&self, stream: &StreamName) -> usize {
        self.hasher.hash_one(stream) as usize % STRIPES
    }
}
