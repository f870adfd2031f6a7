//! Read models over a simulated history: they agree with the aggregates, with each other and with a rebuild.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod followed;
mod simulated;

use std::collections::BTreeMap;

use bank::account::AccountState;
use bank::projections::{
    ACCOUNTS, AccountLine, CUSTOMERS, CustomerLine, STATEMENT, StatementLine, TRANSFERS, TransferLine,
};
use bank::queries;
use bank::transfer::TransferState;
use es_core::memory::MemoryRows;
use es_core::{AnyState, CurrentEvent, Domain, Language, ProjectedEvent, ProjectionError};
use followed::{Shaped, apply, folded, live, shaped, typed};
use std::sync::Arc;

const EVENTS: u64 = 4_000;

fn states(domain: &Domain, events: &[Shaped]) -> BTreeMap<String, AnyState> {
    let mut states: BTreeMap<String, AnyState> = BTreeMap::new();
    for event in events {
        let aggregate = domain.aggregate(event.record.stream.category()).expect("an aggregate");
        let state = states.entry(event.record.stream.to_string()).or_insert_with(|| aggregate.initial());
        for part in &event.parts {
            aggregate.evolve(state, &part.event_type, &part.payload).expect("an event folds");
        }
    }
    states
}

#[test]
fn accounts_and_statements_agree_with_the_aggregates() {
    let domain = bank::domain().expect("the domain is sound");
    let events = shaped(&domain, &simulated::history(7, EVENTS));
    let (rows, states) = (folded(&domain, &events), states(&domain, &events));
    let lines: Vec<StatementLine> = typed(&rows["statement"]);
    let accounts: Vec<AccountLine> = typed(&rows["accounts"]);
    assert!(accounts.len() > 10, "there are accounts");
    for line in &accounts {
        let state = &states[&format!("account-{}", line.account_id)];
        let state: &AccountState = state.downcast_ref().expect("an account");
        let account = state.account().expect("an opened account");
        let read = (line.balance, line.held, line.overdraft, line.available());
        let folded = (
            account.settled.minor(),
            account.held.minor(),
            account.overdraft_limit.money().minor(),
            account.available.minor(),
        );
        assert_eq!(read, folded, "account {} reads as it is", line.account_id);
        let status = match state {
            AccountState::Closed(_) => "closed",
            _ if account.is_frozen() => "frozen",
            _ => "open",
        };
        assert_eq!(line.status, status, "account {}", line.account_id);
        let stored = rows["accounts"].rows_of(&ACCOUNTS).find(|row| row[0] == line.account_id.as_str().into());
        assert_eq!(stored.map(|row| row[9].clone()), Some(line.available().into()), "available is stored too");
        let mut balance = 0;
        let own = lines.iter().filter(|entry| entry.account_id == line.account_id);
        for (index, entry) in own.enumerate() {
            balance += entry.amount;
            assert_eq!(entry.balance, balance, "line {} of {}", entry.line, line.account_id);
            assert_eq!(entry.line, index as u64 + 1, "lines are numbered without a gap");
        }
        assert_eq!(balance, line.balance, "the statement of {} ends with the balance", line.account_id);
    }
    assert!(accounts.iter().all(|account| account.customer_name.is_some()), "every holder has a name");
}

#[test]
fn transfers_and_customers_read_as_their_aggregates_are() {
    let domain = bank::domain().expect("the domain is sound");
    let events = shaped(&domain, &simulated::history(7, EVENTS));
    let (rows, states) = (folded(&domain, &events), states(&domain, &events));
    let transfers: Vec<TransferLine> = typed(&rows["transfers"]);
    assert!(transfers.len() > 100, "there are transfers");
    for line in &transfers {
        let state = &states[&format!("transfer-{}", line.transfer_id)];
        let state: &TransferState = state.downcast_ref().expect("a transfer");
        assert_eq!(line.status, state.status.as_str(), "transfer {}", line.transfer_id);
        assert!(line.finished, "transfer {} is at an end", line.transfer_id);
        assert_eq!(line.code, state.problem.as_ref().map(|problem| problem.code.clone()), "{}", line.transfer_id);
    }
    let customers: Vec<CustomerLine> = typed(&rows["customers"]);
    assert!(customers.iter().any(|line| line.status == "rejected"), "somebody was not accepted");
    let active = customers.iter().filter(|line| line.status == "active").count();
    assert!(active * 2 > customers.len(), "most are customers: {active} of {}", customers.len());
    assert_eq!(rows["customers"].row_count(&CUSTOMERS), customers.len());
}

#[test]
fn the_trial_balance_is_balanced_and_explains_transit_at_every_position() {
    es_testkit::run(async {
        let domain = bank::domain().expect("the domain is sound");
        let events = Arc::new(shaped(&domain, &simulated::history(2, 1_500)));
        let whole = live(&domain, &events, 200).await;
        let balance = queries::trial_balance(&whole).await.expect("an answer");
        assert!(balance.balanced && balance.transit_explained, "at the end: {balance:?}");
        assert_eq!(balance.currencies.len(), 3, "three currencies");
        let euro = balance.currencies.iter().find(|block| block.currency == "EUR").expect("euros");
        let kinds: Vec<_> = euro.lines.iter().map(|line| line.kind.as_str()).collect();
        assert!(kinds.is_sorted_by_key(|kind| {
            ["asset", "liability", "equity", "income", "expense"].iter().position(|k| k == kind)
        }));
        let owed = euro.lines.iter().find(|line| line.account == "account:*").expect("customer deposits");
        let accounts = queries::accounts(&whole, None, 0, 1_000).await.expect("accounts").rows;
        let sum: i128 = accounts.iter().filter(|a| a.currency == "EUR").map(|a| i128::from(a.balance)).sum();
        assert_eq!(-owed.balance, sum, "customer deposits are what the accounts hold");

        let flying = events.iter().position(|event| &*event.record.event_type == "TransferDebited").expect("a debit");
        let cut = Arc::new(shaped(&domain, &simulated::history(2, 1_500)[..=flying]));
        let then = live(&domain, &cut, 200).await;
        let balance = queries::trial_balance(&then).await.expect("an answer");
        assert!(balance.balanced && balance.transit_explained, "in flight: {balance:?}");
        assert!(balance.currencies.iter().any(|block| block.in_flight > 0), "money is in flight");
        assert_eq!(queries::transfers_in_flight(&then, 10).await.expect("an answer").len(), 1, "and it is named");
    });
}

#[test]
fn statements_are_paged_with_opening_and_closing_balance() {
    es_testkit::run(async {
        let domain = bank::domain().expect("the domain is sound");
        let events = Arc::new(shaped(&domain, &simulated::history(7, 2_000)));
        let store = live(&domain, &events, 500).await;
        let accounts = queries::accounts(&store, None, 0, 100).await.expect("accounts").rows;
        let mut busiest = (0, String::new());
        for account in &accounts {
            let head = queries::statement_head(&store, &account.account_id).await.expect("an answer");
            busiest = busiest.max((head.map_or(0, |head| head.lines), account.account_id.clone()));
        }
        let (lines, account_id) = busiest;
        assert!(lines > 12, "an account with something to page");
        let mut closing = 0;
        for offset in (0..lines).step_by(5) {
            let page =
                queries::statement(&store, &account_id, offset, 5).await.expect("an answer").expect("an account");
            assert_eq!(page.total, lines);
            assert_eq!(page.opening, closing, "a page opens with what the last one closed with");
            let change: i64 = page.lines.iter().map(|line| line.amount).sum();
            assert_eq!(page.closing, page.opening + change, "a page explains its closing balance");
            closing = page.closing;
        }
        let account = queries::account(&store, &account_id).await.expect("an answer").expect("an account");
        assert_eq!(closing, account.balance, "the last page closes with the balance");
        let behind = queries::statement(&store, &account_id, lines, 5).await.expect("an answer").expect("an account");
        assert_eq!((behind.lines.len(), behind.opening, behind.closing), (0, account.balance, account.balance));
        let unknown = queries::statement(&store, "nobody", 0, 5).await.expect("an answer");
        assert_eq!(unknown, None, "there is no such account");
    });
}

#[test]
fn lists_are_searched_filtered_and_newest_first() {
    es_testkit::run(async {
        let domain = bank::domain().expect("the domain is sound");
        let events = Arc::new(shaped(&domain, &simulated::history(7, 2_000)));
        let store = live(&domain, &events, 500).await;
        let all = queries::accounts(&store, None, 0, 100).await.expect("accounts");
        assert_eq!(all.total, all.rows.len() as u64);
        let one = &all.rows[3];
        let name = one.customer_name.clone().expect("a name");
        for search in [one.account_id.as_str(), &name, &name.to_ascii_uppercase()] {
            let found = queries::accounts(&store, Some(search), 0, 100).await.expect("accounts");
            assert!(found.rows.contains(one), "{search} finds account {}", one.account_id);
            assert!(found.total < all.total, "{search} does not find everything");
        }
        let customers = queries::customers(&store, Some(&name), 0, 100).await.expect("customers");
        assert!(customers.rows.iter().any(|line| line.name == name), "{name} is found");

        let newest = queries::transfers(&store, None, None, 0, 10).await.expect("transfers");
        assert!(newest.rows.is_sorted_by_key(|line| std::cmp::Reverse(line.requested_position)), "newest first");
        let next = queries::transfers(&store, None, None, 10, 10).await.expect("transfers");
        assert!(next.rows[0].requested_position < newest.rows[9].requested_position, "pages follow each other");
        let rejected = queries::transfers(&store, Some("rejected"), None, 0, 100).await.expect("transfers");
        assert!(
            !rejected.rows.is_empty()
                && rejected.rows.iter().all(|line| line.status == "rejected" && line.reason.is_some())
        );
        let source = newest.rows[0].source.clone();
        let own = queries::transfers(&store, None, Some(&source), 0, 1_000).await.expect("transfers");
        assert!(own.rows.iter().all(|line| line.source == source || line.target == source), "only its own");
        assert!(own.rows.contains(&newest.rows[0]), "as source");
        let target = newest.rows[0].target.clone();
        let received = queries::transfers(&store, Some(&newest.rows[0].status), Some(&target), 0, 1_000).await;
        assert!(received.expect("transfers").rows.contains(&newest.rows[0]), "as target");
        let single = queries::transfer(&store, &newest.rows[0].transfer_id).await.expect("an answer");
        assert_eq!(single.as_ref(), Some(&newest.rows[0]));
    });
}

#[test]
fn every_event_is_told_in_one_sentence() {
    let domain = bank::domain().expect("the domain is sound");
    let history = simulated::history(7, EVENTS);
    for event in shaped(&domain, &history) {
        for part in &event.parts {
            let sentence =
                (domain.sentence)(&ProjectedEvent { recorded: &event.record, current: part }, Language::English);
            assert!(!sentence.contains("payload"), "{}: {sentence}", part.event_type);
            assert!(!sentence.contains('\n') && sentence.len() > 8, "{}: {sentence}", part.event_type);
            let odd = CurrentEvent { payload: r#"{"odd":[null]}"#.into(), ..part.clone() };
            let sentence =
                (domain.sentence)(&ProjectedEvent { recorded: &event.record, current: &odd }, Language::English);
            assert!(sentence.contains("does not have its usual shape"), "{sentence}");
        }
    }
    let record = &history[0];
    let unknown = CurrentEvent { event_type: "Strange".into(), schema_version: 1, payload: "5".into(), part: 0 };
    let sentence = (domain.sentence)(&ProjectedEvent { recorded: record, current: &unknown }, Language::English);
    assert_eq!(sentence, "Strange, which this bank does not know");
}

#[test]
fn a_history_that_contradicts_itself_halts_the_read_model() {
    let domain = bank::domain().expect("the domain is sound");
    let events = shaped(&domain, &simulated::history(7, 1_500));
    let debit = events.iter().position(|event| &*event.record.event_type == "TransferDebited").expect("a debit");
    for name in ["accounts", "trial_balance"] {
        let projection = domain.projection(name).expect("a read model");
        let mut rows = MemoryRows::new(projection.tables());
        apply(&**projection, &events[..=debit], &mut rows).expect("the history is sound so far");
        let again = apply(&**projection, &events[debit..=debit], &mut rows);
        assert!(matches!(again, Err(ProjectionError::Contradiction(_))), "{name}: the same debit twice is refused");
    }
    let projection = domain.projection("transfers").expect("a read model");
    let later = events.iter().position(|event| &*event.record.event_type == "TransferCompleted").expect("one");
    let mut rows = MemoryRows::new(projection.tables());
    let orphan = apply(&**projection, &events[later..=later], &mut rows);
    assert!(matches!(orphan, Err(ProjectionError::Contradiction(_))), "a transfer that was never requested");
    assert_eq!(rows.row_count(&TRANSFERS) + rows.row_count(&STATEMENT), 0, "nothing was written");
}
