//! Loading long accounts beside a scan of the same rows.

use std::sync::Arc;
use std::time::Instant;

use es_core::memory::MemoryReadModels;
use es_core::{EventStore, SnapshotStore};
use es_runtime::{CommandEnvelope, Engine, EngineParts, Outcome};
use es_sqlite::SqliteEventStore;

use crate::{Bench, Line, accounts, rate, raw};

/// Loads a round from a snapshot: one alone is too short to measure.
const SNAPSHOT_LOADS: usize = 20;
/// Events after the snapshot.
const TAIL: usize = 50;

impl Bench {
    /// The engine loads, decides and refuses; nothing is cached or written. The baseline reads the rows into owned fields and
    /// parses no JSON.
    pub(crate) async fn loads(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for events in self.sizes.streams {
            let (store, path) = self.fresh_store();
            accounts::open(&store, 1, events).await;
            let raw = raw::open_reader(&path);
            let mut replayed = Line::new(format!("load an account of {events} events (events/s)"), Some(0.8));
            let mut restored = Line::new(format!("... from a snapshot and {TAIL} events (events passed/s)"), None);
            for _ in 0..self.sizes.rounds {
                let engine = engine_over(&store, None);
                let started = Instant::now();
                refuse(&engine).await;
                replayed.ours.push(rate(events, started.elapsed()));
                let started = Instant::now();
                assert_eq!(raw::read_stream(&raw, accounts::stream(1).as_str()), events, "the same rows");
                replayed.baseline.push(rate(events, started.elapsed()));
            }
            let snapshots: Arc<MemoryReadModels> = Arc::new(MemoryReadModels::new());
            take_snapshot(&store, &snapshots).await;
            accounts::append(&store, 1, (0..TAIL).map(|n| accounts::deposited(1, 100 + n)).collect()).await;
            let events = events + 1 + TAIL;
            for _ in 0..self.sizes.rounds {
                let engine = engine_over(&store, Some(snapshots.clone()));
                let started = Instant::now();
                for _ in 0..SNAPSHOT_LOADS {
                    refuse(&engine).await;
                }
                restored.ours.push(rate(events * SNAPSHOT_LOADS, started.elapsed()));
                let started = Instant::now();
                assert_eq!(raw::read_stream(&raw, accounts::stream(1).as_str()), events, "the same rows");
                restored.baseline.push(rate(events, started.elapsed()));
            }
            lines.extend([replayed, restored]);
        }
        lines
    }
}

fn engine_over(store: &SqliteEventStore, snapshots: Option<Arc<MemoryReadModels>>) -> Engine {
    let domain = Arc::new(bank::domain().expect("the domain is sound"));
    let events: Arc<dyn EventStore> = Arc::new(store.clone());
    let mut parts = EngineParts::new(events, Arc::new(MemoryReadModels::new()), domain);
    parts.config.cached_aggregates = 0;
    parts.snapshots = snapshots.map(|snapshots| snapshots as Arc<dyn SnapshotStore>);
    Engine::new(parts)
}

/// Asks for more than there can be: the account is loaded, the answer is no.
async fn refuse(engine: &Engine) {
    let payload =
        format!(r#"{{"accountId":"{}","amount":{{"minor":"99999999999","currency":"EUR"}}}}"#, accounts::id(1));
    let outcome = engine.execute(&CommandEnvelope::new("Withdraw", payload)).await.expect("the store works");
    assert!(matches!(outcome, Outcome::Rejected(_)), "refused: {outcome:?}");
}

async fn take_snapshot(store: &SqliteEventStore, snapshots: &Arc<MemoryReadModels>) {
    let engine = engine_over(store, Some(snapshots.clone()));
    let payload = format!(r#"{{"accountId":"{}","amount":{{"minor":"1","currency":"EUR"}}}}"#, accounts::id(1));
    let outcome = engine.execute(&CommandEnvelope::new("Deposit", payload)).await.expect("the store works");
    assert!(matches!(outcome, Outcome::Executed { .. }), "carried out: {outcome:?}");
    // Snapshots are saved off the command's path; shutting down waits for them.
    engine.shutdown().await;
    assert_eq!(snapshots.snapshots(2).await.expect("readable").len(), 1, "one snapshot was taken");
}
