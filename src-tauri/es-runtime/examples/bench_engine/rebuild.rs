//! Building read models of a simulated bank beside a scan, a minimal fold and a write.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bank::projections::Accounts;
use es_core::{Domain, EventStore, RowQuery, RowSource, Table};
use es_runtime::{CancellationToken, Engine, EngineParts, NoProgress};
use es_sqlite::{SqliteEventStore, SqliteReadModels};
use rusqlite::{Connection, params};

use crate::balance::{self, AccountBalance, BALANCES, Balances, simulate};
use crate::{Bench, Line, rate, raw};

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
        found = balance::of_rows(&page.rows);
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
        let change = balance::change_of(account, (text(2), row.get(3).expect("a version")), text(4));
        balance::take_in(&mut balances, account, change, row.get(1).expect("a version"));
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
