//! What must hold of files that a process left when it died, once a fresh one has gone on.

use std::collections::{BTreeMap, BTreeSet};

use bank::account::AccountState;
use bank::customer::CustomerState;
use bank::transfer::{TransferState, TransferStatus};
use es_core::memory::MemoryRows;
use es_core::*;
use es_runtime::*;
use serde_json::Value;

use super::bench::{Asked, Bench, Written, written};

/// Read models that tell of single events: built anew, they can only tell of those that are left.
const OF_WHAT_IS_LEFT: [&str; 5] = ["statement", "daily_activity", "audit", "holds", "limits"];

/// How many transfers came to which end.
pub type Ends = BTreeMap<&'static str, usize>;

/// Drives everything to its end and checks all that was promised.
pub async fn check_all(bench: &Bench, asked: &[Asked], case: &str) -> Ends {
    let engine = &bench.engine;
    let report = engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work");
    assert!(report.stuck.is_empty() && report.problem.is_none() && !report.held_elsewhere, "{case}: {report:?}");
    let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
    assert_eq!(behind, [], "{case}: every read model gets to the end");
    let log = bench.log().await;
    money_is_conserved_under_crash(bench, &log, case);
    everything_acknowledged_is_there(&log, asked, case);
    let ends = every_transfer_is_at_its_end(bench, &log, case).await;
    every_process_has_nothing_left_to_do(bench, &log, case).await;
    the_customer_has_the_accounts_that_are_open(bench, &log, case).await;
    accounts_agree_with_their_postings(bench, &log, case).await;
    read_models_equal_a_fresh_replay(bench, case).await;
    read_models_tell_of_everything(bench, &log, case).await;
    let verified = bench.events.inner.verify(CancellationToken::new(), |_| {}).await.expect("verified");
    assert!(verified.intact(), "{case}: {:?}", verified.findings);
    assert_eq!(verified.events, log.len() as u64, "{case}: all of it was verified");
    let archive = bench.events.verify_archive(Box::new(|_| true)).await.expect("verified");
    assert!(archive.intact(), "{case}: {:?}", archive.findings);
    assert_eq!(archive.events, verified.stubs, "{case}: what is gone is in the archive");
    ends
}

/// Whether events of some stream are hidden or archived.
async fn is_truncated(bench: &Bench) -> bool {
    !bench.engine.retention().expect("offered").status().await.expect("a status").streams.is_empty()
}

/// One leg: account, currency, and minor units as seen by the account's owner (credits count up).
struct Leg {
    account: String,
    currency: String,
    minor: i128,
}

fn minor(amount: &Value) -> i128 {
    amount["minor"].as_str().expect("a text").parse().expect("a number")
}

/// Read from the stored JSON, not through the bank's own types: the same fault would not be seen by both.
fn legs(payload: &Value) -> Vec<Leg> {
    let legs = payload.get("postings").and_then(Value::as_array).cloned().unwrap_or_default();
    let leg = |leg: &Value| {
        let sign = match leg["side"].as_str() {
            Some("debit") => -1,
            Some("credit") => 1,
            other => panic!("neither debit nor credit: {other:?}"),
        };
        Leg {
            account: leg["account"].as_str().expect("a text").to_owned(),
            currency: leg["amount"]["currency"].as_str().expect("a text").to_owned(),
            minor: sign * minor(&leg["amount"]),
        }
    };
    legs.iter().map(leg).collect()
}

fn payloads(bench: &Bench, event: &RecordedEvent) -> Vec<(String, Value)> {
    if event.stream.is_system() {
        // What the store records of itself moves no money.
        return Vec::new();
    }
    let parts = bench.domain.upcasters.upcast(event).expect("upcasts");
    let read = |part: &CurrentEvent<'_>| {
        (part.event_type.to_string(), serde_json::from_str(&part.payload).expect("a payload is JSON"))
    };
    parts.iter().map(read).collect()
}

const TRANSIT: &str = "gl:transfers-in-transit";
const SUSPENSE: &str = "gl:suspense";

/// At every position, in every currency: each entry balances, what the bank owes (accounts, transit, suspense) is what was
/// paid in less what was paid out, nothing leaves transit that did not enter it, and no transfer moves twice.
fn money_is_conserved_under_crash(bench: &Bench, log: &[RecordedEvent], case: &str) {
    let mut balances: BTreeMap<(String, String), i128> = BTreeMap::new();
    let mut paid_in: BTreeMap<String, i128> = BTreeMap::new();
    let mut in_flight: BTreeMap<String, i128> = BTreeMap::new();
    let (mut moves, mut entries) = (BTreeSet::new(), BTreeSet::new());
    for event in log {
        let at = format!("{case}: position {}, {} of {}", event.position, event.event_type, event.stream);
        for (event_type, payload) in payloads(bench, event) {
            let legs = legs(&payload);
            let Some(first) = legs.first() else { continue };
            let currency = first.currency.clone();
            assert!(legs.iter().all(|leg| leg.currency == currency), "{at}: one currency");
            assert_eq!(legs.iter().map(|leg| leg.minor).sum::<i128>(), 0, "{at}: debits equal credits");
            assert!(entries.insert(payload["entryId"].to_string()), "{at}: an entry stands once");
            for leg in &legs {
                *balances.entry((leg.account.clone(), currency.clone())).or_default() += leg.minor;
            }
            match event_type.as_str() {
                "MoneyDeposited" => *paid_in.entry(currency.clone()).or_default() += minor(&payload["amount"]),
                "MoneyWithdrawn" => *paid_in.entry(currency.clone()).or_default() -= minor(&payload["amount"]),
                _ => {
                    let transfer = payload["transferId"].as_str().expect("a transfer moved it").to_owned();
                    assert!(moves.insert((transfer.clone(), event_type)), "{at}: a transfer moves so once");
                    let moved: i128 = legs.iter().filter(|leg| leg.account == TRANSIT).map(|leg| leg.minor).sum();
                    *in_flight.entry(transfer).or_default() += moved;
                }
            }
            let of = |account: &str| balances.get(&(account.to_owned(), currency.clone())).copied().unwrap_or(0);
            let accounts = balances
                .iter()
                .filter(|((account, in_currency), _)| account.starts_with("account:") && *in_currency == currency);
            let mut owed = of(TRANSIT) + of(SUSPENSE);
            for ((account, _), balance) in accounts {
                assert!(*balance >= 0, "{at}: {account} is overdrawn by {balance}");
                owed += balance;
            }
            assert_eq!(Some(&owed), paid_in.get(&currency), "{at}: money was made or lost in {currency}");
            assert!(of(TRANSIT) >= 0, "{at}: something left transit that had not entered it");
            assert!(in_flight.values().all(|in_flight| *in_flight >= 0), "{at}: a transfer paid out twice");
        }
    }
    let left = balances.iter().filter(|((account, _), balance)| account == TRANSIT && **balance != 0);
    assert_eq!(left.collect::<Vec<_>>(), [], "{case}: no money is left in transit");
    assert!(in_flight.values().all(|in_flight| *in_flight == 0), "{case}: every transfer's money arrived somewhere");
}

fn everything_acknowledged_is_there(log: &[RecordedEvent], asked: &[Asked], case: &str) {
    for Asked { order, acknowledged, .. } in asked {
        for (index, promised) in acknowledged.iter().flatten().enumerate() {
            let at = usize::try_from(promised.position).expect("small") - 1;
            let stored = log.get(at).unwrap_or_else(|| panic!("{case}: {promised:?} of {order:?} is lost"));
            let found = Written {
                event_id: stored.event_id,
                stream: stored.stream.as_str().to_owned(),
                version: stored.version.get(),
                position: stored.position.get(),
            };
            assert_eq!(found, *promised, "{case}: what was acknowledged of {order:?}");
            assert_eq!(found.event_id, event_id_of(order.id, index), "{case}: {order:?}");
        }
    }
}

fn streams_of(log: &[RecordedEvent], category: &str) -> BTreeSet<StreamName> {
    log.iter().filter(|event| event.stream.category() == category).map(|event| event.stream.clone()).collect()
}

async fn every_transfer_is_at_its_end(bench: &Bench, log: &[RecordedEvent], case: &str) -> Ends {
    let mut ends = Ends::new();
    for stream in streams_of(log, "transfer") {
        let state = bench.state(&stream).await;
        let turn = bench.domain.processes[0].turn(&stream, &state);
        assert!(turn.finished && turn.timers.is_empty(), "{case}: {stream} is not finished: {turn:?}");
        let status = state.downcast_ref::<TransferState>().expect("a transfer").status;
        let ended = matches!(
            status,
            TransferStatus::Completed
                | TransferStatus::Rejected
                | TransferStatus::Failed
                | TransferStatus::Cancelled
                | TransferStatus::Compensated
                | TransferStatus::ParkedInSuspense
        );
        assert!(ended, "{case}: {stream} is left as {status}");
        *ends.entry(status.as_str()).or_default() += 1;
    }
    ends
}

/// Nothing is pending, and the timers that are set are those that are wanted: one may be for the customer's next review, a year
/// from now; all others have come.
async fn every_process_has_nothing_left_to_do(bench: &Bench, log: &[RecordedEvent], case: &str) {
    let mut wanted = BTreeSet::new();
    for process in &bench.domain.processes {
        for stream in streams_of(log, process.category()) {
            let turn = process.turn(&stream, &bench.state(&stream).await);
            assert_eq!(turn.pending, [], "{case}: process {} at {stream}", process.name());
            let ends = process.category() == "order";
            assert!(turn.finished || !ends, "{case}: {stream} is carried out: {turn:?}");
            wanted.extend(turn.timers.iter().map(|timer| format!("{}/{stream}/{}", process.name(), timer.name)));
        }
    }
    let set = bench.views.timers(10).await.expect("readable");
    assert_eq!(set.into_iter().map(|timer| timer.timer_id).collect::<BTreeSet<_>>(), wanted, "{case}: timers");
    wanted.remove("kyc_review/customer-C-1/kyc-review-due");
    assert_eq!(wanted, BTreeSet::new(), "{case}: no timer of a transfer, an order or a hold is left");
}

async fn the_customer_has_the_accounts_that_are_open(bench: &Bench, log: &[RecordedEvent], case: &str) {
    let mut open = BTreeSet::new();
    for stream in streams_of(log, "account") {
        let state = bench.state(&stream).await;
        open.extend(state.downcast_ref::<AccountState>().and_then(AccountState::open).map(|a| a.account_id.clone()));
    }
    let customer = bench.state(&StreamName::new("customer-C-1").expect("a name")).await;
    // The bank may have died before there was one.
    let customer = customer.downcast_ref::<CustomerState>().and_then(CustomerState::customer);
    let known: BTreeSet<_> = customer.iter().flat_map(|customer| customer.accounts.open.keys().cloned()).collect();
    assert_eq!(known, open, "{case}: accounts of the customer");
}

async fn accounts_agree_with_their_postings(bench: &Bench, log: &[RecordedEvent], case: &str) {
    for stream in streams_of(log, "account") {
        let state = bench.state(&stream).await;
        let account = state.downcast_ref::<AccountState>().and_then(AccountState::account).expect("an account").clone();
        let name = format!("account:{}", stream.id());
        let own = log.iter().flat_map(|event| payloads(bench, event)).flat_map(|(_, payload)| legs(&payload));
        let posted: i128 = own.filter(|leg| leg.account == name).map(|leg| leg.minor).sum();
        assert_eq!(i128::from(account.settled.minor()), posted, "{case}: {name}");
        assert!(account.held.is_zero(), "{case}: a hold on {name} outlived its transfer: {:?}", account.held);
    }
}

/// Compares the live tables row by row with a fold of the log.
async fn read_models_equal_a_fresh_replay(bench: &Bench, case: &str) {
    let head = bench.events.head().await.expect("readable");
    let truncated = is_truncated(bench).await;
    for projection in &bench.domain.projections {
        let (name, cancel) = (projection.name(), CancellationToken::new());
        if truncated && OF_WHAT_IS_LEFT.contains(&name) {
            continue;
        }
        let folded = fold_at(&*bench.events, &bench.domain, name, head, &NoProgress, &cancel).await.expect("folds");
        let tables = bench.views.projection(name).await.expect("readable");
        let active = tables.active_version.expect("built");
        for table in projection.tables() {
            let expected: Vec<Row> = folded.rows_of(table).cloned().collect();
            let stored = rows(bench, table, active).await;
            assert_eq!(stored.len(), expected.len(), "{case}: rows of {}", table.name);
            for (stored, expected) in stored.iter().zip(&expected) {
                assert_eq!(stored, expected, "{case}: a row of {}", table.name);
            }
        }
    }
}

/// Compares the live tables row by row with a fold of all that ever happened, archived or not.
async fn read_models_tell_of_everything(bench: &Bench, log: &[RecordedEvent], case: &str) {
    let made_anew = bench.binds && is_truncated(bench).await;
    for projection in &bench.domain.projections {
        if made_anew && OF_WHAT_IS_LEFT.contains(&projection.name()) {
            continue;
        }
        let mut folded = MemoryRows::new(projection.tables());
        let filter = projection.filter();
        for event in log.iter().filter(|event| filter.matches(event) && !event.stream.is_system()) {
            for part in bench.domain.upcasters.upcast(event).expect("upcasts") {
                let event = ProjectedEvent { recorded: event, current: &part };
                projection.apply(&event, &mut folded).expect("applies");
            }
        }
        let active = bench.views.projection(projection.name()).await.expect("readable").active_version.expect("built");
        for table in projection.tables() {
            let stored = rows(bench, table, active).await;
            assert!(stored.iter().eq(folded.rows_of(table)), "{case}: {} tells of everything", table.name);
        }
    }
}

/// Builds all tables anew, over whatever a crash left half-built.
pub async fn rebuilding_changes_nothing(bench: &Bench, case: &str) {
    let truncated = is_truncated(bench).await;
    for projection in &bench.domain.projections {
        let name = projection.name();
        if truncated && OF_WHAT_IS_LEFT.contains(&name) {
            continue;
        }
        let (never, options) = (CancellationToken::new(), bench.rebuild);
        let rebuilt = bench.engine.rebuild_with(name, options, &NoProgress, &never).await.expect("rebuilt");
        let compared = rebuilt.compared.expect("both builds stand at the end of the log");
        assert_eq!(compared.differing_rows, 0, "{case}: {name}: {:?}", compared.sample);
        let tables = bench.views.projection(name).await.expect("readable");
        assert_eq!(tables.building_version, None, "{case}: {name} leaves nothing half-built");
    }
}

async fn rows(bench: &Bench, table: &'static Table, version: u32) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    loop {
        let after = all.last().map(|row| row[..table.key_columns].to_vec());
        let page = bench.views.scan(table, version, after, 1000).await.expect("readable");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Clients that got no answer ask again, and so do some that did: nothing happens twice.
pub async fn ask_again(bench: &Bench, asked: &[Asked], case: &str) {
    for Asked { order, acknowledged, refused } in asked {
        let outcome = bench.engine.execute(&order.envelope()).await.expect("the stores work");
        match (acknowledged, &outcome) {
            (Some(promised), Outcome::AlreadyDone { appended, .. }) => {
                assert_eq!(written(appended), *promised, "{case}: the answer to {order:?} has changed");
            }
            (Some(promised), Outcome::Executed { appended, .. }) => {
                assert!(promised.is_empty() && appended.events.is_empty(), "{case}: {order:?} was carried out twice");
            }
            (None, Outcome::Executed { .. } | Outcome::AlreadyDone { .. } | Outcome::Rejected(_)) => {}
            other => panic!("{case}: {order:?} (refused before: {refused}) is answered with {other:?}"),
        }
    }
}
