//! Building read models of a simulated bank beside a scan, a minimal fold and a write.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bank::projections::Accounts;
use bank::simulator::{Simulator, SimulatorConfig};
use es_core::{
    Column, ColumnKind, Domain, EventFilter, EventStore, ProjectedEvent, Projection, ProjectionError, RowQuery,
    RowSource, Rows, Table,
};
use es_runtime::{CancellationToken, Engine, EngineParts, NoProgress};
use es_sqlite::{SqliteEventStore, SqliteReadModels};
use rusqlite::{Connection, params};
use serde::Deserialize;

use crate::{Bench, Line, rate, raw};

/// Events per commit while the simulated bank is written.
const BATCH_EVENTS: usize = 4000;

static BALANCES: Table = Table {
    name: "account_balance",
    columns: &[
        Column { name: "account_id", kind: ColumnKind::Text },
        Column { name: "balance", kind: ColumnKind::Int },
        Column { name: "version", kind: ColumnKind::Int },
    ],
    key_columns: 1,
    indexes: &[],
};
static TABLES: [&Table; 1] = [&BALANCES];

/// The postings of any event; those without any move nothing.
#[derive(Deserialize)]
struct Moved<'a> {
    #[serde(borrow, default)]
    postings: Vec<Leg<'a>>,
}

#[derive(Deserialize)]
struct Leg<'a> {
    account: &'a str,
    side: &'a str,
    #[serde(borrow)]
    amount: Money<'a>,
}

#[derive(Deserialize)]
struct Money<'a> {
    minor: &'a str,
}

/// `MoneyDeposited` as it was before it had postings.
#[derive(Deserialize)]
struct OldDeposit<'a> {
    amount: &'a str,
}

/// What an event in its current shape does to the balance of its own account.
fn own_change(account: &str, payload: &str) -> Result<i64, String> {
    let moved: Moved<'_> = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    let mut change = 0;
    for leg in moved.postings {
        if leg.account.strip_prefix("account:") == Some(account) {
            let minor: i64 = leg.amount.minor.parse().map_err(|_| format!("{} is no amount", leg.amount.minor))?;
            change += if leg.side == "credit" { minor } else { -minor };
        }
    }
    Ok(change)
}

/// The least that a read model of balances can do: the engine's own share of the time shows best with it.
struct AccountBalance;

impl Projection for AccountBalance {
    fn name(&self) -> &'static str {
        "account_balance"
    }
    fn version(&self) -> u32 {
        1
    }
    fn description(&self) -> &'static str {
        "Balance of every account, nothing else."
    }
    fn tables(&self) -> &'static [&'static Table] {
        &TABLES
    }
    fn filter(&self) -> EventFilter {
        EventFilter { categories: vec!["account".to_owned()], ..EventFilter::default() }
    }
    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let account = event.recorded.stream.id();
        let change = own_change(account, &event.current.payload).map_err(ProjectionError::Contradiction)?;
        let version = event.recorded.version.get() as i64;
        let key = [account.into()];
        let known = rows.update(&BALANCES, &key, &mut |row| {
            let balance = row[1].as_int().unwrap_or(0) + change;
            (row[1], row[2]) = (balance.into(), version.into());
            Ok(())
        })?;
        if known {
            return Ok(());
        }
        Ok(rows.put(&BALANCES, vec![account.into(), change.into(), version.into()])?)
    }
}

impl Bench {
    pub(crate) async fn rebuilds(&mut self) -> Vec<Line> {
        let (store, path) = self.fresh_store();
        let events = simulate(&store, self.sizes.events).await;
        let mut least = Line::new("rebuild a read model of balances (events/s)", Some(0.7));
        let mut whole = Line::new("... the bank's read model of accounts (events/s)", None);
        for _ in 0..self.sizes.rounds {
            let raw_views = self.fresh_path();
            let started = Instant::now();
            let (count, balances) = build_by_hand(&path, &raw_views);
            let by_hand = rate(count, started.elapsed());
            least.baseline.push(by_hand);
            whole.baseline.push(by_hand);
            let (built, took, same) = rebuild(&store, "account_balance", Some(&BALANCES)).await;
            assert_eq!((built, same), (count, balances), "both folded the same events to the same balances");
            least.ours.push(rate(built, took));
            let (built, took, _) = rebuild(&store, "accounts", None).await;
            whole.ours.push(rate(built, took));
        }
        println!("  the simulated bank: {events} events");
        vec![least, whole]
    }
}

/// Writes the simulated bank.
async fn simulate(store: &SqliteEventStore, events: u64) -> u64 {
    let simulator = Simulator::new(SimulatorConfig { seed: 7, events }).expect("the upcasters are sound");
    let (mut batch, mut count, mut written) = (Vec::new(), 0, 0);
    for append in simulator {
        count += append.request.event_count();
        batch.push(append);
        if count >= BATCH_EVENTS {
            written += count;
            count = 0;
            store.import(std::mem::take(&mut batch)).await.expect("imported");
        }
    }
    if !batch.is_empty() {
        store.import(batch).await.expect("imported");
    }
    (written + count) as u64
}

type Balances = HashMap<String, (i64, i64)>;

/// Builds a read model into an empty file through the engine: events applied, how long it took, and the balances.
async fn rebuild(
    store: &SqliteEventStore,
    name: &'static str,
    balances: Option<&'static Table>,
) -> (usize, std::time::Duration, Balances) {
    let views = Arc::new(SqliteReadModels::open_temporary().expect("opens"));
    let domain = Domain {
        projections: vec![Arc::new(AccountBalance), Arc::new(Accounts)],
        ..bank::domain().expect("the domain is sound")
    };
    let events: Arc<dyn EventStore> = Arc::new(store.clone());
    let engine = Engine::new(EngineParts::new(events, views.clone(), Arc::new(domain)));
    let report = engine.rebuild(name, &NoProgress, &CancellationToken::new()).await.expect("built");
    let mut found = Balances::new();
    if let Some(table) = balances {
        let page = views.query(name, RowQuery::all(table)).await.expect("built");
        assert!(page.total as usize == page.rows.len(), "all accounts are on one page");
        found.extend(page.rows.iter().map(|row| {
            let int = |index: usize| row[index].as_int().expect("a number");
            (row[0].as_text().expect("an id").to_owned(), (int(1), int(2)))
        }));
    }
    engine.shutdown().await;
    (report.events as usize, report.elapsed, found)
}

/// The hand-written minimum on one thread: scan, fold into a map, write in one transaction.
fn build_by_hand(events: &Path, views: &Path) -> (usize, Balances) {
    let reader = raw::open_reader(events);
    let sql = "SELECT stream_name, stream_version, event_type, schema_version, payload FROM es_event ORDER BY position";
    let mut statement = reader.prepare(sql).expect("sql");
    let mut rows = statement.query([]).expect("rows");
    let (mut balances, mut count) = (Balances::new(), 0);
    while let Some(row) = rows.next().expect("a row") {
        let text = |index: usize| row.get_ref(index).expect("a column").as_str().expect("text");
        let Some(account) = text(0).strip_prefix("account-") else { continue };
        let change = if text(2) == "MoneyDeposited" && row.get::<_, i64>(3).expect("a version") == 1 {
            let old: OldDeposit<'_> = serde_json::from_str(text(4)).expect("a deposit");
            old.amount.replace('.', "").parse().expect("an amount")
        } else {
            own_change(account, text(4)).expect("postings")
        };
        let version: i64 = row.get(1).expect("a version");
        match balances.get_mut(account) {
            Some((balance, last)) => (*balance, *last) = (*balance + change, version),
            None => drop(balances.insert(account.to_owned(), (change, version))),
        }
        count += 1;
    }
    let writer = Connection::open(views).expect("opens");
    writer.pragma_update(None, "journal_mode", "WAL").expect("set");
    writer.pragma_update(None, "synchronous", "NORMAL").expect("set");
    let create = "CREATE TABLE balance (account_id TEXT PRIMARY KEY, balance INTEGER, version INTEGER) \
                  STRICT, WITHOUT ROWID; BEGIN";
    writer.execute_batch(create).expect("created");
    let mut insert = writer.prepare("INSERT INTO balance VALUES (?1, ?2, ?3)").expect("sql");
    for (account, (balance, version)) in &balances {
        insert.execute(params![account, balance, version]).expect("written");
    }
    writer.execute_batch("COMMIT").expect("committed");
    (count, balances)
}
