//! The engine over the bank: commands, rebuilds, and read models that follow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bank::projections::Accounts;
use es_core::memory::MemoryReadModels;
use es_core::{
    AppendRequest, Domain, EventReader, EventStore, ExpectedVersion, NewEvent, Position, Projection, ReadAll,
    ReadModelStore, RowQuery, RowSource, limits,
};
use es_postgres::{PostgresEventStore, PostgresReadModels};
use es_runtime::{CancellationToken, CommandEnvelope, Engine, EngineParts, NoProgress, Outcome};
use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::balance::{self, AccountBalance, BALANCES, Balances};
use crate::line::{Line, rate};
use crate::raw::{self, Next};
use crate::store::{dealt, told};
use crate::{Bench, IN_FLIGHT, accounts};

const ACCOUNTS: usize = 1000;
/// Events that each account has before the first command.
const HISTORY: usize = 15;

impl Bench {
    /// Deposits, many at once. By hand the rows that the engine wrote are inserted again, as many with each statement as are in
    /// flight: no receipt, no load, no decision, no hashing.
    pub async fn commands(&self) -> Vec<Line> {
        let cached = self.deposits(limits::CACHED_AGGREGATES, "", Some(0.5)).await;
        vec![cached, self.deposits(0, ", each loads its account", None).await]
    }

    async fn deposits(&self, cached: usize, loaded: &str, target: Option<f64>) -> Line {
        let what = format!("Deposit, {IN_FLIGHT} in flight{loaded} (commands/s)");
        let (mut line, count) = (Line::new(&*what, target), self.sizes.concurrent);
        let ((store, _), by_hand) = (self.fresh_store().await, self.place());
        for number in 0..ACCOUNTS {
            accounts::open(&store, number, HISTORY).await;
        }
        raw::make_tables(&by_hand).await;
        let (mut connection, mut next) = (raw::connect(&by_hand).await, Next::default());
        let engine = engine_over(&store, Arc::new(MemoryReadModels::new()), vec![], cached);
        let mut took = Vec::new();
        for _ in 0..self.sizes.rounds {
            let head = store.head().await.expect("a head");
            let commands: Vec<_> = (0..count).map(|n| deposit(n % ACCOUNTS)).collect();
            let started = Instant::now();
            let clients: Vec<_> =
                dealt(commands).into_iter().map(|share| tokio::spawn(client(engine.clone(), share))).collect();
            for client in clients {
                took.extend(client.await.expect("a client"));
            }
            line.ours.push(rate(count, started.elapsed()));
            let same = written_after(&store, head).await;
            assert_eq!(same.len(), count, "each command wrote its event");
            let started = Instant::now();
            for rows in same.chunks(IN_FLIGHT) {
                raw::insert_many(&mut connection, &mut next, rows).await;
            }
            line.baseline.push(rate(count, started.elapsed()));
        }
        println!("  {what}: {}", told(&mut took));
        engine.shutdown().await;
        line
    }

    /// Read models built into an empty schema, beside a scan, a minimal fold and a write.
    pub async fn rebuilds(&self) -> Vec<Line> {
        let (store, place) = self.fresh_store().await;
        let events = balance::simulate(&store, self.sizes.events).await;
        println!("  the simulated bank: {events} events");
        let mut least = Line::new("rebuild a read model of balances (events/s)", Some(0.7));
        let mut whole = Line::new("... the bank's read model of accounts (events/s)", None);
        let mut connection = raw::connect(&place).await;
        for _ in 0..self.sizes.rounds {
            let started = Instant::now();
            let (count, balances) = build_by_hand(&mut connection).await;
            let by_hand = rate(count, started.elapsed());
            least.baseline.push(by_hand);
            whole.baseline.push(by_hand);
            for (projection, line) in [(&AccountBalance as &dyn Projection, &mut least), (&Accounts, &mut whole)] {
                let views = Arc::new(PostgresReadModels::open(self.place()).await.expect("opens"));
                let read_models: Vec<Arc<dyn Projection>> = vec![Arc::new(AccountBalance), Arc::new(Accounts)];
                let engine = engine_over(&store, views.clone(), read_models, 0);
                let rebuilt = engine.rebuild(projection.name(), &NoProgress, &CancellationToken::new()).await;
                let report = rebuilt.expect("built");
                line.ours.push(rate(report.events as usize, report.elapsed));
                if projection.name() == AccountBalance.name() {
                    assert_eq!(report.events as usize, count, "both folded the same events");
                    let page = views.query(AccountBalance.name(), RowQuery::all(&BALANCES)).await.expect("built");
                    assert_eq!(balance::of_rows(&page.rows), balances, "to the same balances");
                }
                engine.shutdown().await;
                views.close().await;
            }
        }
        vec![least, whole]
    }

    /// A live read model that catches up with a log that went on: row by row through [`es_core::Rows`], in commits of
    /// [`limits::PROJECTION_BATCH_EVENTS`]. The same in memory shows what the server costs.
    pub async fn follow(&self) -> Line {
        let mut line = Line::new("follow the log, accounts, beside memory (events/s)", None);
        let (store, _) = self.fresh_store().await;
        for number in 0..ACCOUNTS {
            accounts::open(&store, number, HISTORY).await;
        }
        let views = Arc::new(PostgresReadModels::open(self.place()).await.expect("opens"));
        let read_models = || -> Vec<Arc<dyn Projection>> { vec![Arc::new(Accounts)] };
        let stored = engine_over(&store, views, read_models(), 0);
        let in_memory = engine_over(&store, Arc::new(MemoryReadModels::new()), read_models(), 0);
        for engine in [&stored, &in_memory] {
            catch_up(engine).await;
        }
        for _ in 0..self.sizes.rounds {
            for number in 0..ACCOUNTS {
                let events = (0..self.sizes.batches).map(|n| accounts::deposited(number, 100 + n)).collect();
                accounts::append(&store, number, events).await;
            }
            for (engine, rates) in [(&stored, &mut line.ours), (&in_memory, &mut line.baseline)] {
                rates.push(rate(ACCOUNTS * self.sizes.batches, catch_up(engine).await));
            }
        }
        stored.shutdown().await;
        in_memory.shutdown().await;
        line
    }
}

async fn catch_up(engine: &Engine) -> Duration {
    let started = Instant::now();
    let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
    assert_eq!(behind, [], "it gets to the end");
    started.elapsed()
}

fn engine_over(
    store: &PostgresEventStore,
    views: Arc<dyn ReadModelStore>,
    projections: Vec<Arc<dyn Projection>>,
    cached_aggregates: usize,
) -> Engine {
    let domain = Domain { projections, ..bank::domain().expect("the domain is sound") };
    let events: Arc<dyn EventStore> = Arc::new(store.clone());
    let mut parts = EngineParts::new(events, views, Arc::new(domain));
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
async fn written_after(store: &PostgresEventStore, after: Position) -> Vec<AppendRequest> {
    let (mut from, mut requests) = (after, Vec::new());
    loop {
        let page = store.read_all(ReadAll::forward(from, limits::PAGE_EVENTS)).await.expect("a page");
        requests.extend(page.events.into_iter().map(|event| {
            let new = NewEvent {
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

/// The hand-written minimum on one connection: scan, fold into a map, write in one transaction.
async fn build_by_hand(connection: &mut PgConnection) -> (usize, Balances) {
    let sql = "SELECT stream_name, stream_version, event_type, schema_version, payload FROM es_event ORDER BY position";
    let (mut balances, mut count) = (Balances::new(), 0);
    let mut rows = sqlx::query(sql).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await.expect("a row") {
        let stream: &str = row.get(0);
        let Some(account) = stream.strip_prefix("account-") else { continue };
        let payload: &str = row.try_get_unchecked(4).expect("text");
        let change = balance::change_of(account, (row.get(2), row.get(3)), payload);
        balance::take_in(&mut balances, account, change, row.get(1));
        count += 1;
    }
    drop(rows);
    let create = "DROP TABLE IF EXISTS by_hand; BEGIN;
                  CREATE TABLE by_hand (account_id text COLLATE \"C\" PRIMARY KEY, balance int8, version int8)";
    sqlx::raw_sql(create).execute(&mut *connection).await.expect("created");
    let insert = "INSERT INTO by_hand SELECT * FROM unnest($1::text[], $2::int8[], $3::int8[])";
    sqlx::query(insert)
        .bind(balances.keys().map(String::as_str).collect::<Vec<_>>())
        .bind(balances.values().map(|values| values.0).collect::<Vec<_>>())
        .bind(balances.values().map(|values| values.1).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .expect("written");
    sqlx::raw_sql("COMMIT").execute(connection).await.expect("committed");
    (count, balances)
}
