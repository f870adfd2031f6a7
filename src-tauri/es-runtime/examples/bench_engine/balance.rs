//! A read model of balances, and a bank whose balances it keeps.

use std::collections::HashMap;

use bank::simulator::{Simulator, SimulatorConfig};
use es_core::{
    Column, ColumnKind, EventFilter, EventStore, ProjectedEvent, Projection, ProjectionError, Row, Rows, Table,
};
use serde::Deserialize;

/// Events per commit while the simulated bank is written.
const BATCH_EVENTS: usize = 4000;

pub static BALANCES: Table = Table {
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
pub struct AccountBalance;

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

/// Balance and version by account.
pub type Balances = HashMap<String, (i64, i64)>;

/// The balances in rows.
pub fn of_rows(rows: &[Row]) -> Balances {
    let read = |row: &Row| {
        let int = |index: usize| row[index].as_int().expect("a number");
        (row[0].as_text().expect("an id").to_owned(), (int(1), int(2)))
    };
    rows.iter().map(read).collect()
}

/// What a stored event does to the balance of its own account.
pub fn change_of(account: &str, (event_type, schema_version): (&str, i64), payload: &str) -> i64 {
    if event_type == "MoneyDeposited" && schema_version == 1 {
        let old: OldDeposit<'_> = serde_json::from_str(payload).expect("a deposit");
        return old.amount.replace('.', "").parse().expect("an amount");
    }
    own_change(account, payload).expect("postings")
}

/// Takes an event of an account into the balances.
pub fn take_in(balances: &mut Balances, account: &str, change: i64, version: i64) {
    match balances.get_mut(account) {
        Some((balance, last)) => (*balance, *last) = (*balance + change, version),
        None => drop(balances.insert(account.to_owned(), (change, version))),
    }
}

/// Writes the simulated bank.
pub async fn simulate(store: &dyn EventStore, events: u64) -> u64 {
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
