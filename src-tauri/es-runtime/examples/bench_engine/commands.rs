//! Commands through the engine beside a loop of inserts and commits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::memory::MemoryReadModels;
use es_core::{AppendRequest, EventReader, EventStore, ExpectedVersion};
use es_runtime::{CommandEnvelope, Engine, EngineParts, Outcome};
use es_sqlite::SqliteEventStore;

use crate::{Bench, Line, accounts, rate, raw};

const ACCOUNTS: usize = 1000;
/// Events that each account has before the first command.
const HISTORY: usize = 15;

impl Bench {
    /// Deposits, with 1, 8 and 64 of them under way at once. The baseline writes the rows that the engine wrote into the same
    /// tables of another file, as many to a commit as are in flight: no receipt, no load, no decision, no hashing.
    pub(crate) async fn commands(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (in_flight, count) in self.sizes.commands {
            let target = if in_flight == 1 { 0.9 } else { 0.8 };
            let cached = es_core::limits::CACHED_AGGREGATES;
            lines.push(self.deposits(in_flight, count, cached, Some(target)).await);
        }
        let (in_flight, count) = self.sizes.commands[2];
        lines.push(self.deposits(in_flight, count, 0, None).await);
        lines
    }

    async fn deposits(&mut self, in_flight: usize, count: usize, cached: usize, target: Option<f64>) -> Line {
        let loaded = if cached == 0 { ", each loads its account" } else { "" };
        let what = format!("Deposit, {in_flight} in flight{loaded} (commands/s)");
        let mut line = Line::new(&what, target);
        let (store, _) = self.fresh_store();
        for number in 0..ACCOUNTS {
            accounts::open(&store, number, HISTORY).await;
        }
        let raw_path = self.fresh_path();
        let raw = raw::open(&raw_path);
        let engine = engine_over(&store, cached);
        let mut took: Vec<Duration> = Vec::new();
        let before = store.lane_statistics();
        for _ in 0..self.sizes.rounds {
            let head = store.head().await.expect("a head").get();
            let mut shares: Vec<Vec<CommandEnvelope>> = (0..in_flight).map(|_| Vec::new()).collect();
            (0..count).for_each(|n| shares[n % in_flight].push(deposit(n % ACCOUNTS)));
            let started = Instant::now();
            let clients: Vec<_> = shares.into_iter().map(|share| tokio::spawn(client(engine.clone(), share))).collect();
            for client in clients {
                took.extend(client.await.expect("a client"));
            }
            line.ours.push(rate(count, started.elapsed()));

            let same_rows = written_after(&store, head).await;
            assert_eq!(same_rows.len(), count, "each command wrote its event");
            let started = Instant::now();
            for together in same_rows.chunks(in_flight) {
                raw::insert(&raw, together);
            }
            line.baseline.push(rate(count, started.elapsed()));
        }
        took.sort();
        let after = store.lane_statistics();
        println!(
            "  {what}: {:.1} requests per commit, median {:.1} ms, p99 {:.1} ms",
            (after.requests - before.requests) as f64 / (after.commits - before.commits) as f64,
            took[took.len() / 2].as_secs_f64() * 1e3,
            took[took.len() * 99 / 100].as_secs_f64() * 1e3,
        );
        engine.shutdown().await;
        line
    }
}

fn engine_over(store: &SqliteEventStore, cached_aggregates: usize) -> Engine {
    let domain = Arc::new(bank::domain().expect("the domain is sound"));
    let events: Arc<dyn EventStore> = Arc::new(store.clone());
    let mut parts = EngineParts::new(events, Arc::new(MemoryReadModels::new()), domain);
    parts.config.cached_aggregates = cached_aggregates;
    Engine::new(parts)
}

fn deposit(account: usize) -> CommandEnvelope {
    let payload =
        format!(r#"{{"accountId":"{}","amount":{{"minor":"1050","currency":"EUR"}}}}"#, accounts::id(account));
    CommandEnvelope::new("Deposit", payload).by("anna", "benchmark")
}

async fn client(engine: Engine, commands: Vec<CommandEnvelope>) -> Vec<Duration> {
    let mut took = Vec::with_capacity(commands.len());
    for command in commands {
        let started = Instant::now();
        let outcome = engine.execute(&command).await.expect("the store works");
        assert!(matches!(outcome, Outcome::Executed { .. }), "carried out: {outcome:?}");
        took.push(started.elapsed());
    }
    took
}

/// What was written after a position, as requests of one event each.
async fn written_after(store: &SqliteEventStore, after: u64) -> Vec<AppendRequest> {
    let (mut from, mut requests) = (es_core::Position(after), Vec::new());
    loop {
        let read = es_core::ReadAll::forward(from, es_core::limits::PAGE_EVENTS);
        let page = store.read_all(read).await.expect("a page");
        requests.extend(page.events.into_iter().map(|event| {
            let new = es_core::NewEvent {
                event_id: event.event_id,
                event_type: event.event_type,
                schema_version: event.schema_version,
                payload: event.payload,
                metadata: event.metadata,
            };
            AppendRequest::to_stream(event.stream, ExpectedVersion::Any, vec![new])
        }));
        if page.end {
            return requests;
        }
        from = page.next;
    }
}
