//! The whole bank on every kind of store: its simulated history, commands, transfers and their process, read models, rebuilds and
//! time travel. Whatever keeps events and rows, it ends with the same trial balance; and where history keeps its times and positions
//! are counted alike, with the same events, states and rows.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bank::queries;
use bank::simulator::{Simulator, SimulatorConfig};
use chrono::DateTime;
use es_core::memory::{MemoryEventStore, MemoryReadModels, MemoryRows};
use es_core::*;
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_postgres::{PostgresConfig, PostgresEventStore, PostgresReadModels};
use es_runtime::{CancellationToken, CommandEnvelope, Engine, EngineParts, NoProgress, Outcome, fold_at};
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use es_testkit::{eventstoredb, postgres, run};
use inspector::{Inspector, View};
use serde_json::{Value, json};
use uuid::Uuid;

/// Events of the simulated history.
const HISTORY: u64 = 700;

/// A store that the bank is to live on, empty.
struct Ground {
    events: Arc<dyn EventStore>,
    views: Arc<dyn ReadModelStore>,
    snapshots: Arc<dyn SnapshotStore>,
    /// The events again, where they can be verified.
    verified: Option<Arc<dyn HostedStore>>,
    clock: Arc<ManualClock>,
    _kept: Box<dyn Any + Send>,
}

impl Ground {
    fn of<V: ReadModelStore + SnapshotStore + 'static>(
        clock: Arc<ManualClock>,
        events: Arc<dyn EventStore>,
        views: V,
        kept: impl Any + Send,
    ) -> Self {
        let views = Arc::new(views);
        Self { events, snapshots: views.clone(), views, verified: None, clock, _kept: Box::new(kept) }
    }

    fn verified(self, events: Arc<dyn HostedStore>) -> Self {
        Self { verified: Some(events), ..self }
    }
}

/// A time after the simulated year.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(DateTime::from_timestamp(1_800_000_000, 0).expect("a time")))
}

async fn memory() -> Ground {
    let clock = clock();
    Ground::of(clock.clone(), Arc::new(MemoryEventStore::new(clock)), MemoryReadModels::new(), ())
}

fn sqlite_events(clock: &Arc<ManualClock>) -> (Arc<SqliteEventStore>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
    (Arc::new(SqliteEventStore::open(folder.path().join("events"), options).expect("the store opens")), folder)
}

async fn sqlite() -> Ground {
    let clock = clock();
    let (events, folder) = sqlite_events(&clock);
    let views = SqliteReadModels::open(folder.path().join("views")).expect("the views open");
    Ground::of(clock, events.clone(), views, folder).verified(events)
}

fn postgres_config(clock: &Arc<ManualClock>) -> PostgresConfig {
    let config = PostgresConfig::from_url(&postgres::server()).expect("a connection string");
    PostgresConfig { schema: postgres::fresh_schema(), create: true, clock: clock.clone(), ..config }
}

/// Events and views in one schema, over the same connections.
async fn postgres() -> Ground {
    let clock = clock();
    let events = Arc::new(PostgresEventStore::open(postgres_config(&clock)).await.expect("the store opens"));
    let views = PostgresReadModels::over(events.connections().clone()).await.expect("the views open");
    Ground::of(clock, events.clone(), views, ()).verified(events)
}

async fn events_in_sqlite_and_views_on_postgresql() -> Ground {
    let clock = clock();
    let (events, folder) = sqlite_events(&clock);
    let views = PostgresReadModels::open(postgres_config(&clock)).await.expect("the views open");
    Ground::of(clock, events.clone(), views, folder).verified(events)
}

/// Events on a server of EventStoreDB's protocol, views in a file.
async fn eventstoredb() -> Ground {
    let server = eventstoredb::TestServer::start(eventstoredb::Options::default());
    let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
    let events = EventStoreDbStore::open(config, EventStoreDbOptions::default()).await.expect("the store opens");
    let (events, views) = (Arc::new(events), SqliteReadModels::open_temporary().expect("the views open"));
    Ground::of(clock(), events.clone(), views, server).verified(events)
}

/// One test per store: the bank on it must be the bank in memory.
macro_rules! the_bank_is_the_same_on {
    ($($test:ident: $ground:expr),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                run(async {
                    let (here, in_memory) = (Bank::live_on($ground.await).await, Bank::live_on(memory().await).await);
                    here.assert_same(&in_memory);
                });
            }
        )+
    };
}

the_bank_is_the_same_on! {
    the_bank_on_sqlite_is_the_bank_in_memory: sqlite(),
    the_bank_on_postgresql_is_the_bank_in_memory: postgres(),
    the_bank_on_eventstoredb_is_the_bank_in_memory: eventstoredb(),
    the_bank_with_its_views_elsewhere_is_the_bank_in_memory: events_in_sqlite_and_views_on_postgresql(),
}

/// What a bank has come to.
struct Bank {
    /// Whether events have the positions and times that they have in memory.
    as_in_memory: bool,
    /// The trial balance in the middle of the simulated history, after all of it, and at last.
    balances: [queries::TrialBalance; 3],
    /// States of an account at some of its versions.
    states: Vec<String>,
    /// Status of each transfer that was asked for.
    transfers: BTreeMap<String, String>,
    /// The log and all rows before transfers ran side by side.
    log: Vec<RecordedEvent>,
    rows: BTreeMap<&'static str, Vec<Row>>,
}

impl Bank {
    fn assert_same(&self, other: &Self) {
        for (ours, theirs) in self.balances.iter().zip(&other.balances) {
            assert_eq!(ours.currencies, theirs.currencies, "the same trial balance");
        }
        assert_eq!(self.transfers, other.transfers, "every transfer came to the same end");
        assert_eq!(self.log.len(), other.log.len(), "as many events");
        if self.as_in_memory && other.as_in_memory {
            assert_eq!(self.states, other.states, "the same past of an account");
            for (ours, theirs) in self.log.iter().zip(&other.log) {
                assert_eq!(ours, theirs, "the same event at the same place, with the same hashes");
            }
            assert_eq!(self.rows, other.rows, "the same rows in every table");
        }
    }

    /// Lives through everything.
    async fn live_on(ground: Ground) -> Self {
        let domain = Arc::new(bank::domain().expect("a sound domain"));
        remember_the_past(&*ground.events).await;
        let mut parts = EngineParts::new(ground.events.clone(), ground.views.clone(), domain.clone());
        parts.snapshots = Some(ground.snapshots.clone());
        parts.clock = ground.clock.clone();
        let engine = Engine::new(parts.clone());
        catch_up(&engine).await;
        let of_history = balance(&**engine.queries().rows()).await;
        let accounts = euro_accounts(&engine).await;

        one_after_the_other(&engine, &ground, &accounts).await;
        catch_up(&engine).await;
        let log = log(&*ground.events).await;
        let rows = all_rows(&*ground.views, &domain).await;
        everything_is_rebuilt(&engine, &domain).await;
        everything_is_healthy(&engine, &domain).await;
        assert_eq!(all_rows(&*ground.views, &domain).await, rows, "a rebuild makes the same rows");
        engine.shutdown().await;

        let engine = Engine::start(parts);
        side_by_side(&engine, &accounts).await;
        everything_is_healthy(&engine, &domain).await;
        let at_last = balance(&**engine.queries().rows()).await;
        let transfers = statuses(&engine).await;
        let ended = |end: &str| transfers.values().filter(|status| *status == end).count();
        assert_eq!(
            (ended("completed"), ended("rejected")),
            (15, 1),
            "one goes nowhere, the others arrive: {transfers:?}"
        );
        engine.shutdown().await;

        if let Some(store) = &ground.verified {
            let report = store.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("verified");
            assert!(report.intact(), "{:?}", report.findings);
        }
        let middle = log[log.len() / 2].position;
        let balances = [balance_at(&ground, &domain, middle).await, of_history, at_last];
        let states = past_of_an_account(&ground, &domain, &accounts[0]).await;
        let Capabilities { dense_positions, import, .. } = ground.events.capabilities();
        Self { as_in_memory: dense_positions && import, balances, states, transfers, log, rows }
    }
}

/// The simulated history: with its own times where the store takes them.
async fn remember_the_past(events: &dyn EventStore) {
    let history = Simulator::new(SimulatorConfig { seed: 11, events: HISTORY }).expect("a sound domain");
    if events.capabilities().import {
        events.import(history.collect()).await.expect("imported");
        return;
    }
    for past in history {
        events.append(past.request).await.expect("appended");
    }
}

async fn catch_up(engine: &Engine) {
    let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
    assert_eq!(behind, [], "every read model gets to the end");
}

async fn balance(rows: &dyn RowSource) -> queries::TrialBalance {
    let balance = queries::trial_balance(rows).await.expect("readable");
    assert!(balance.balanced && balance.transit_explained, "{balance:?}");
    assert!(balance.currencies.iter().any(|block| block.debits > 0), "money has moved: {balance:?}");
    balance
}

/// Rows as of a position.
struct AsOf(MemoryRows);

#[async_trait]
impl RowSource for AsOf {
    async fn query(&self, _: &'static str, query: RowQuery) -> Result<RowPage, StoreError> {
        self.0.query(&query)
    }
}

async fn balance_at(ground: &Ground, domain: &Arc<Domain>, position: Position) -> queries::TrialBalance {
    let (reader, ledger) = (&*ground.events, queries::read_model::TRIAL_BALANCE);
    let rows = fold_at(reader, domain, ledger, position, &NoProgress, &CancellationToken::new()).await;
    balance(&AsOf(rows.expect("folded"))).await
}

async fn past_of_an_account(ground: &Ground, domain: &Arc<Domain>, account: &str) -> Vec<String> {
    let reader: Arc<dyn EventReader> = ground.events.clone();
    let inspector = Inspector::new(reader, domain.clone(), View::default());
    let stream = StreamName::of("account", account).expect("a name");
    let mut states = Vec::new();
    for version in [1, 2, 5] {
        let state = inspector.state_at(&stream, StreamVersion(version), None, &CancellationToken::new()).await;
        let state = state.expect("folded");
        assert_eq!(state.problem, None, "version {version} of {stream}");
        states.push(state.state);
    }
    states
}

/// The open accounts in euros that have the most money.
async fn euro_accounts(engine: &Engine) -> Vec<String> {
    let found = queries::accounts(&**engine.queries().rows(), Some("EUR"), 0, 1000).await.expect("readable").rows;
    let mut open: Vec<_> = found.into_iter().filter(|a| a.status == "open" && a.frozen_cases == 0).collect();
    open.sort_by_key(|account| (std::cmp::Reverse(account.available()), account.account_id.clone()));
    let ids: Vec<String> = open.into_iter().map(|account| account.account_id).take(4).collect();
    assert_eq!(ids.len(), 4, "a bank of this age has customers");
    ids
}

fn euros(minor: u64) -> Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

fn transfer(id: &str, source: &str, target: &str, minor: u64) -> (&'static str, Value) {
    let amount = euros(minor);
    let payload =
        json!({ "transferId": id, "source": source, "target": target, "amount": amount, "reference": "thanks" });
    ("RequestTransfer", payload)
}

async fn done(engine: &Engine, number: u128, (command_type, payload): (&str, Value)) {
    let command = CommandEnvelope::new(command_type, payload.to_string());
    let outcome = engine.execute(&command.with_id(Uuid::from_u128(number)).by("clerk", "test")).await;
    let outcome = outcome.expect("an answer");
    assert!(matches!(outcome, Outcome::Executed { .. }), "{command_type} {payload}: {outcome:?}");
}

/// Commands, each with all that follows from it, in an order that is the same everywhere.
async fn one_after_the_other(engine: &Engine, ground: &Ground, accounts: &[String]) {
    let [a, b, c, d] = accounts else { panic!("four accounts, not {accounts:?}") };
    let commands = [
        ("Deposit", json!({ "accountId": a, "amount": euros(50_000) })),
        transfer("T-900001", a, b, 1234),
        transfer("T-900002", b, c, 500),
        transfer("T-900003", a, "nowhere", 700),
        transfer("T-900004", c, d, 99),
        ("Withdraw", json!({ "accountId": a, "amount": euros(300) })),
    ];
    for (number, command) in (1..).zip(commands) {
        done(engine, number, command).await;
        let driven = engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work");
        assert!(driven.stuck.is_empty() && driven.problem.is_none(), "{driven:?}");
        ground.clock.advance(chrono::TimeDelta::seconds(7));
    }
}

/// Transfers that are under way at the same time, with everything in the background.
async fn side_by_side(engine: &Engine, accounts: &[String]) {
    let tasks: Vec<_> = (0..12_u64)
        .map(|number| {
            let (from, to) = (number as usize % 4, (number as usize + 1) % 4);
            let command = transfer(&format!("T-91{number:04}"), &accounts[from], &accounts[to], 100 + number);
            let engine = engine.clone();
            tokio::spawn(async move { done(&engine, 1000 + u128::from(number), command).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    let mut open = 1;
    for _ in 0..600 {
        let head = engine.events().head().await.expect("readable");
        engine.queries().wait_until(head, Duration::from_secs(20)).await.expect("the read models follow");
        let statuses = statuses(engine).await;
        open = statuses.values().filter(|status| !["completed", "rejected"].contains(&status.as_str())).count();
        if open == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{open} transfers are still under way");
}

/// Status of the transfers that these tests have asked for.
async fn statuses(engine: &Engine) -> BTreeMap<String, String> {
    let page = queries::transfers(&**engine.queries().rows(), None, None, 0, 1000).await.expect("readable");
    let ours = page.rows.into_iter().filter(|line| line.transfer_id.starts_with("T-9"));
    let ours: BTreeMap<_, _> = ours.map(|line| (line.transfer_id, line.status)).collect();
    assert!(ours.len() >= 4, "those that were asked for are there: {ours:?}");
    ours
}

async fn everything_is_rebuilt(engine: &Engine, domain: &Domain) {
    for projection in &domain.projections {
        let report = engine.rebuild(projection.name(), &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
        assert!(report.is_swapped(), "{report:?}");
    }
}

async fn everything_is_healthy(engine: &Engine, domain: &Domain) {
    for projection in &domain.projections {
        let report = engine.doctor(projection.name(), &NoProgress, &CancellationToken::new()).await.expect("examined");
        assert!(report.is_clean(), "{report:?}");
    }
}

async fn log(events: &dyn EventStore) -> Vec<RecordedEvent> {
    let (mut log, mut from) = (Vec::new(), Position::ZERO);
    loop {
        let page = events.read_all(ReadAll::forward(from, 1000)).await.expect("readable");
        log.extend(page.events.into_iter().filter(|event| !event.stream.is_system()));
        if page.end {
            return log;
        }
        from = page.next;
    }
}

async fn all_rows(views: &dyn ReadModelStore, domain: &Domain) -> BTreeMap<&'static str, Vec<Row>> {
    let mut all = BTreeMap::new();
    for projection in &domain.projections {
        let active = views.projection(projection.name()).await.expect("readable").active_version.expect("built");
        for table in projection.tables() {
            all.insert(table.name, views.scan(table, active, None, 10_000).await.expect("readable"));
        }
    }
    all
}
