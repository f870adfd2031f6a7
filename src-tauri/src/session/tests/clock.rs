//! The clock as the window sees it, on a demo bank.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::wire::{InstanceFilter, StreamOrder, StreamsRequest};

/// Longest time that anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

async fn demo(events: u32) -> (Bench, Arc<Session>) {
    let bench = Bench::new();
    bench.bench.open(None).await.expect("created");
    let (task, _) = bench.task();
    bench.bench.create_demo(7, events, task).await.expect("filled");
    let session = bench.bench.session().expect("open");
    caught_up(&session).await;
    (bench, session)
}

/// Read models have seen everything, and processes have nothing left to add to it.
async fn caught_up(session: &Session) {
    // Between two steps of a process a busy machine may take a moment.
    const AT_REST: u32 = 10;
    let begun = Instant::now();
    let (mut end, mut rested) = (head(session).await, 0);
    while rested < AT_REST {
        assert!(session.wait_until(&end.to_string()).await.expect("answered"), "read models catch up");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = head(session).await;
        rested = if now == end { rested + 1 } else { 0 };
        end = now;
        assert!(begun.elapsed() < PATIENCE, "the log comes to rest");
    }
}

/// What is asked of the bank, in words: every list that the window shows.
async fn everything(session: &Session, at: Option<&str>) -> BTreeMap<&'static str, Value> {
    let mut all = BTreeMap::new();
    let mut told = |name, answer: Value| drop(all.insert(name, answer));
    let json = |answer: &dyn erased::Told| answer.json();
    told("accounts", json(&session.accounts(None, 0, 100, at).await.expect("answered")));
    told("searched", json(&session.accounts(Some("EUR"), 5, 10, at).await.expect("answered")));
    let account = session.accounts(None, 0, 1, at).await.expect("answered").accounts[0].account_id.clone();
    let mut statement = json(&session.statement(&account, 0, 50, at).await.expect("answered"));
    statement.as_object_mut().expect("a statement").remove("position");
    told("statement", statement);
    told("transfers", json(&session.transfers(None, None, 0, 100, at).await.expect("answered")));
    told("transfersOfOne", json(&session.transfers(None, Some(&account), 0, 100, at).await.expect("answered")));
    let mut balance = json(&session.trial_balance(at).await.expect("answered"));
    balance.as_object_mut().expect("a balance").remove("position");
    told("balance", balance);
    told("flights", json(&session.transfers_in_flight(100, at).await.expect("answered")));
    let customers = session.customers(None, 0, 100, at).await.expect("answered");
    told("customer", json(&session.customer(&customers.customers[0].customer_id, at).await.expect("answered")));
    told("customers", json(&customers));
    told("holds", json(&session.holds(None, None, 0, 100, at).await.expect("answered")));
    told("orders", json(&session.orders(0, 100, at).await.expect("answered")));
    told("activity", json(&session.activity((None, None), None, 0, 100, at).await.expect("answered")));
    told("limits", json(&session.limits(None, 0, 100, at).await.expect("answered")));
    told("actors", json(&session.actors(0, 100, at).await.expect("answered")));
    told("audit", json(&session.audit("ada", 0, 100, at).await.expect("answered")));
    let at = at.map(str::to_owned);
    for (name, order) in [("byName", StreamOrder::Name), ("byChange", StreamOrder::LastChange)] {
        let request = StreamsRequest { category: None, search: None, order, offset: 0, limit: 500, at: at.clone() };
        told(name, json(&session.streams(request).await.expect("answered")));
    }
    told("categories", json(&session.categories(at.as_deref()).await.expect("answered")));
    all
}

/// Answers of different kinds behind one name.
mod erased {
    pub trait Told {
        fn json(&self) -> serde_json::Value;
    }
    impl<T: serde::Serialize> Told for T {
        fn json(&self) -> serde_json::Value {
            serde_json::to_value(self).expect("what crosses to the window is JSON")
        }
    }
}

/// Every row of every table of the stored read models.
fn stored_rows(views: &Path) -> BTreeMap<String, Vec<String>> {
    let views = rusqlite::Connection::open(views).expect("the views");
    views.busy_timeout(PATIENCE).expect("set");
    let mut tables = views.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("asked");
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).expect("asked").flatten().collect();
    let rows = |table: &String| {
        let mut all = views.prepare(&format!("SELECT * FROM \"{table}\"")).expect("asked");
        let columns = all.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cells: Result<Vec<_>, _> = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect();
            Ok(format!("{:?}", cells?))
        };
        let mut rows: Vec<String> = all.query_map([], row).expect("asked").flatten().collect();
        rows.sort();
        (table.clone(), rows)
    };
    // Leases are renewed while one looks.
    tables.iter().filter(|table| table.contains("__v")).map(rows).collect()
}

#[tokio::test]
async fn at_the_head_every_list_is_what_it_is_now_and_the_stored_read_models_are_not_touched() {
    let (_bench, session) = demo(1200).await;
    let views = crate::composition::views_path(session.chosen().target.path().expect("a file"));
    let before = stored_rows(&views);
    assert!(before.len() > 10, "there are read models: {:?}", before.keys());
    let end = head(&session).await;
    let (now, then) = (everything(&session, None).await, everything(&session, Some(&end.to_string())).await);
    for (name, answer) in &now {
        // What is late is late now, or was at the last event.
        let told = |answer: &Value| answer.to_string().replace(r#""overdue":true"#, r#""overdue":false"#);
        assert_eq!(told(&then[name]), told(answer), "{name} at the head");
    }
    for at in [end / 2, 300, end - 1, 301] {
        everything(&session, Some(&at.to_string())).await;
    }
    assert_eq!(stored_rows(&views), before, "the stored read models are as they were");
}

#[tokio::test]
async fn an_earlier_moment_does_not_change_while_the_log_grows() {
    let (_bench, session) = demo(800).await;
    let before = everything(&session, Some("500")).await;
    let now = session.accounts(None, 0, 100, None).await.expect("answered");
    let open = now.accounts.iter().find(|account| account.status == "open" && account.balance.currency == "EUR");
    let deposit = json!({ "accountId": open.expect("an account").account_id, "amount": euros(77) });
    done(&session, "Deposit", deposit).await;
    caught_up(&session).await;
    assert_eq!(everything(&session, Some("500")).await, before, "position 500 is what it was");
}

#[tokio::test]
async fn at_every_moment_the_books_balance_and_transfers_in_flight_explain_the_money_in_transit() {
    let (_bench, session) = demo(1500).await;
    let mut in_flight = 0;
    for at in (0..1500).step_by(50) {
        let at = at.to_string();
        let balance = session.trial_balance(Some(&at)).await.expect("answered");
        assert!(balance.balanced && balance.transit_explained, "at {at}: {balance:?}");
        assert!(
            balance.position.parse::<u64>().expect("a number") <= at.parse::<u64>().expect("a number"),
            "not later"
        );
        let flights = session.transfers_in_flight(200, Some(&at)).await.expect("answered");
        let mut by_currency = BTreeMap::<&str, i128>::new();
        for flight in &flights.flights {
            let minor: i128 = flight.amount.minor.parse().expect("a number");
            *by_currency.entry(flight.amount.currency.as_str()).or_default() += minor;
            assert!(flight.source.is_some() && flight.status.is_some(), "its transfer is known: {flight:?}");
        }
        for block in &balance.currencies {
            let sum = by_currency.get(block.currency.as_str()).copied().unwrap_or(0);
            assert_eq!(block.in_transit.minor, sum.to_string(), "{} at {at}", block.currency);
        }
        in_flight += flights.flights.len();
    }
    assert!(in_flight > 0, "money was on its way at some of these moments");
}

#[tokio::test]
async fn the_clock_resolves_times_and_positions_and_names_the_neighbours() {
    let (_bench, session) = demo(300).await;
    let end = head(&session).await;
    let now = session.clock(None, None).await.expect("answered");
    assert_eq!((now.position.clone(), now.next, now.head.clone()), (end.to_string(), None, end.to_string()));
    let hundred = session.clock(Some("100"), None).await.expect("answered");
    assert_eq!((hundred.previous.as_deref(), hundred.next.as_deref()), (Some("99"), Some("101")));
    let event = hundred.event.expect("there is an event");
    assert_eq!((event.position.as_str(), hundred.recorded_at.as_deref()), ("100", Some(event.recorded_at.as_str())));
    let by_time = session.clock(None, Some(&event.recorded_at)).await.expect("answered");
    let found: u64 = by_time.position.parse().expect("a number");
    assert!(found >= 100, "what was recorded at the time itself has happened: {found}");
    let following = by_time.following.expect("there are later events");
    assert!(following.recorded_at > event.recorded_at, "and what comes next was recorded later");
    let beyond = session.clock(Some("9223372036854775807"), None).await.expect("answered");
    assert_eq!(beyond.position, now.position, "what the log does not reach is its head");
    let start = session.clock(None, Some("1970-01-02T00:00:00Z")).await.expect("answered");
    assert_eq!((start.position.as_str(), start.previous, start.next.as_deref()), ("0", None, Some("1")));
    for (at, time) in [(Some("x"), None), (None, Some("noon")), (Some("1"), Some("2026-03-01T12:00:00Z"))] {
        let error = session.clock(at, time).await.expect_err("no moment");
        assert_eq!(error.code, "bad_argument", "{at:?} {time:?}");
    }
    let error = session.accounts(None, 0, 10, Some("-1")).await.expect_err("no position");
    assert_eq!(error.code, "bad_argument");
}

#[tokio::test]
async fn what_takes_long_is_prepared_with_progress_and_can_be_stopped() {
    let (bench, session) = demo(6000).await;
    let models = ["accounts".to_owned(), "streams".to_owned()];
    let (task, _) = bench.task();
    task.token().cancel();
    let stopped = session.as_of_prepare(&models, "5500", task).await.expect_err("it was stopped");
    assert_eq!(stopped.code, "cancelled");
    let (task, seen) = bench.task();
    let prepared = session.as_of_prepare(&models, "5500", task).await.expect("prepared");
    assert_eq!(prepared.iter().map(|model| model.position.as_str()).collect::<Vec<_>>(), ["5500", "5500"]);
    let accounts = session.accounts(None, 0, 1, Some("5500")).await.expect("answered");
    assert_eq!(prepared[0].tables[0].rows, accounts.total, "as many rows as are listed");
    let seen = seen.lock().clone();
    assert!(seen.iter().any(|progress| progress.phase.contains("accounts") && progress.total.is_some()), "{seen:?}");
    assert!(seen.last().is_some_and(|progress| progress.finished), "its progress ends");
    let (task, _) = bench.task();
    let unknown = session.as_of_prepare(&["nothing".to_owned()], "1", task).await.expect_err("no such read model");
    assert_eq!(unknown.code, "not_found");
}

#[tokio::test]
async fn a_read_model_that_cannot_go_on_says_so_at_the_moments_from_there_on() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    caught_up(&session).await;
    let good = head(&session).await.to_string();
    let bad = super::upkeep::append_unknown(&session, "account-1001").await;
    let (task, _) = bench.task();
    let then = session.as_of_prepare(&["accounts".to_owned()], &good, task).await.expect("prepared");
    assert!(then[0].halted.is_none(), "before it nothing is wrong: {then:?}");
    let (task, _) = bench.task();
    let halted = session.as_of_prepare(&["accounts".to_owned()], &bad, task).await.expect("prepared");
    let halt = halted[0].halted.as_ref().expect("it is halted");
    assert_eq!((halt.position.as_str(), halt.stream.as_str()), (bad.as_str(), "account-1001"));
    let accounts = session.accounts(None, 0, 10, Some(&bad)).await.expect("what was before it is shown");
    assert_eq!(accounts.total, "2");
}

#[tokio::test]
async fn processes_are_told_as_they_stood() {
    let (_bench, session) = demo(1500).await;
    let mut waiting = 0;
    for at in [400, 800, 1200] {
        let at = at.to_string();
        let page = session.process_instances("transfer", InstanceFilter::All, 0, 200, Some(&at)).await.expect("a page");
        let moment = session.clock(Some(&at), None).await.expect("answered").recorded_at.expect("an event");
        assert!(page.instances.iter().all(|instance| instance.changed_at <= moment), "nothing is later than {moment}");
        for instance in &page.instances {
            let version = session.version_at_position(&instance.stream, &at).await.expect("answered");
            assert_eq!(version, instance.version, "{} at {at}", instance.stream);
        }
        let timers = session.process_timers(None, 1000, Some(&at)).await.expect("timers");
        assert!(timers.is_sorted_by(|one, other| one.due_at <= other.due_at), "earliest first");
        waiting += timers.len();
    }
    assert!(waiting > 0, "something was waited for at one of these moments");
    let error = session.process_timers(Some("nobody"), 1, Some("5")).await.expect_err("none");
    assert_eq!(error.code, "unknown_process");
}
