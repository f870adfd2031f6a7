//! Holds, daily activity, limits, open transfers, audit trail, overviews and pinned statements over a simulated history.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod followed;
mod simulated;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bank::account::{Account, AccountState, HoldStatus};
use bank::order::{OrderState, OrderStatus};
use bank::projections::{
    AUDIT, ActivityLine, AuditLine, HoldRecord, LimitUseLine, OpenTransferLine, OrderLine, STATEMENT, StatementLine,
    TableRow,
};
use bank::queries::{self, PeriodUse, StatementError, StatementPin, Stuck};
use chrono::{NaiveDate, TimeDelta};
use es_core::memory::{MemoryReadModels, MemoryRows};
use es_core::{AnyState, Domain, FailurePolicy, Position, ProjectionError, StreamName};
use followed::{Shaped, apply, folded, live, shaped, typed};
use serde_json::Value;

const EVENTS: u64 = 3_000;

fn domain() -> Domain {
    bank::domain().expect("the domain is sound")
}

fn history(domain: &Domain) -> Vec<Shaped> {
    shaped(domain, &simulated::history(7, EVENTS))
}

fn states(domain: &Domain, events: &[Shaped], category: &str) -> BTreeMap<String, AnyState> {
    let mut states: BTreeMap<String, AnyState> = BTreeMap::new();
    let aggregate = domain.aggregate(category).expect("an aggregate");
    for event in events.iter().filter(|event| event.record.stream.category() == category) {
        let state = states.entry(event.record.stream.id().to_owned()).or_insert_with(|| aggregate.initial());
        for part in &event.parts {
            aggregate.evolve(state, &part.event_type, &part.payload).expect("an event folds");
        }
    }
    states
}

fn account(state: &AnyState) -> &Account {
    state.downcast_ref::<AccountState>().and_then(AccountState::account).expect("an opened account")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The payloads of all money events as they are read today.
fn entries(events: &[Shaped]) -> Vec<(&str, Value)> {
    let parts = events.iter().flat_map(|event| &event.parts).filter(|part| part.event_type != "EntryDrafted");
    let payloads = parts.map(|part| (&*part.event_type, serde_json::from_str::<Value>(&part.payload).expect("JSON")));
    payloads.filter(|(_, payload)| payload.get("postings").is_some()).collect()
}

#[test]
fn holds_read_as_the_accounts_know_them() {
    es_testkit::run(async {
        let domain = domain();
        let events = Arc::new(history(&domain));
        let rows = folded(&domain, &events);
        let holds: Vec<HoldRecord> = typed(&rows["holds"]);
        let mut known = 0;
        for (account_id, state) in states(&domain, &events, "account") {
            for (hold_id, hold) in account(&state).holds.iter() {
                known += 1;
                let found = holds
                    .iter()
                    .find(|line| (&line.account_id, line.hold_id.as_str()) == (&account_id, hold_id.as_str()));
                let line = found.unwrap_or_else(|| panic!("hold {hold_id} of {account_id} is listed"));
                assert_eq!(
                    (line.status.as_str(), line.amount),
                    (hold.status.as_str(), hold.amount.minor()),
                    "{hold_id}"
                );
                assert_eq!(line.purpose, hold.purpose);
                assert_eq!(line.captured.is_some(), hold.status == HoldStatus::Captured, "{line:?}");
                assert!(line.captured.is_none_or(|captured| captured <= line.amount), "{line:?}");
            }
        }
        assert_eq!(holds.len(), known, "and no others");
        assert!(holds.iter().any(|line| line.transfer_id.is_some()), "some were used by transfers");
        assert!(holds.iter().any(|line| line.status == "released" && line.reason.is_some()), "some were released");

        let store = live(&domain, &events, 400).await;
        let open = queries::holds(&store, None, Some("open"), 0, 1000).await.expect("holds");
        assert!(open.total > 0 && open.rows.iter().all(|line| line.status == "open"));
        let newest: Vec<_> = open.rows.iter().map(|line| line.placed_position).collect();
        assert!(newest.is_sorted_by(|a, b| a > b), "newest first");
        let account_id = open.rows[0].account_id.clone();
        let own = queries::holds(&store, Some(&account_id), None, 0, 1000).await.expect("holds");
        assert_eq!(own.total, holds.iter().filter(|line| line.account_id == account_id).count() as u64);
        let middle = open.rows[open.rows.len() / 2].expires_at.parse().expect("a time");
        let lapsed = queries::holds_lapsed_by(&store, middle, 0, 1000).await.expect("holds");
        let expected = open.rows.iter().filter(|line| line.expires_at <= open.rows[open.rows.len() / 2].expires_at);
        assert_eq!(lapsed.total, expected.count() as u64, "those that have lapsed at {middle}");
        assert!(lapsed.rows.is_sorted_by_key(|line| line.expires_at.clone()), "the first to lapse first");
    });
}

#[test]
fn a_days_activity_counts_and_sums_every_entry_once() {
    es_testkit::run(async {
        let domain = domain();
        let events = Arc::new(history(&domain));
        let mut expected: BTreeMap<(String, String, String), (u64, i64, i64)> = BTreeMap::new();
        for (kind, payload) in entries(&events) {
            let date = payload["bookingDate"].as_str().expect("a date").to_owned();
            let mut currencies = BTreeSet::new();
            for leg in payload["postings"].as_array().expect("legs") {
                let currency = leg["amount"]["currency"].as_str().expect("a code").to_owned();
                let minor: i64 = leg["amount"]["minor"].as_str().expect("text").parse().expect("a number");
                let line = expected.entry((date.clone(), currency.clone(), kind.to_owned())).or_default();
                let debit = leg["side"] == "debit";
                line.0 += u64::from(currencies.insert(currency));
                line.1 += if debit { minor } else { 0 };
                if leg["account"].as_str().expect("an account").starts_with("account:") {
                    line.2 += if debit { -minor } else { minor };
                }
            }
        }
        let lines: Vec<ActivityLine> = typed(&folded(&domain, &events)["daily_activity"]);
        let seen: BTreeMap<_, _> = lines
            .iter()
            .map(|line| {
                let key = (line.business_date.clone(), line.currency.clone(), line.kind.clone());
                (key, (line.entries, line.turnover, line.customers_change))
            })
            .collect();
        assert_eq!(seen, expected, "recounted from the payloads alone");

        let store = live(&domain, &events, 400).await;
        let range = (day("2025-02-01"), day("2025-02-28"));
        let february = queries::daily_activity(&store, range, Some("EUR"), 0, 1000).await.expect("activity");
        let inside = |line: &&ActivityLine| line.business_date.starts_with("2025-02") && line.currency == "EUR";
        assert_eq!(february.rows, lines.iter().filter(inside).cloned().collect::<Vec<_>>(), "both ends included");
        assert!(february.total > 20, "February was busy");
    });
}

#[test]
fn limits_and_their_use_read_as_the_accounts_count_them() {
    es_testkit::run(async {
        let domain = domain();
        let events = Arc::new(history(&domain));
        let store = live(&domain, &events, 400).await;
        let (mut limited, mut days) = (0, 0);
        for (account_id, state) in states(&domain, &events, "account") {
            let spending = &account(&state).spending;
            for (date, used) in &spending.used {
                days += 1;
                let read = queries::limits_used(&store, &account_id, *date).await.expect("an answer");
                let minor = |limit: Option<bank::money::Limit>| limit.map(|limit| limit.money().minor());
                assert_eq!(read.per_transaction, minor(spending.per_transaction), "account {account_id}");
                let expected = PeriodUse { limit: minor(spending.per_day), used: used.minor().into() };
                assert_eq!(read.day, expected, "account {account_id} on {date}");
                let nothing = bank::money::Money::zero(used.currency());
                let in_month = spending.used_in_month(*date, nothing);
                // The account forgets days beyond its window; a month that lies in it whole is told by both alike.
                let newest = spending.used.keys().next_back().expect("a day");
                if date.format("%Y-%m").to_string() == newest.format("%Y-%m").to_string() {
                    assert_eq!(read.month.used, i128::from(in_month.minor()), "account {account_id}, month of {date}");
                }
                assert_eq!(read.month.limit, minor(spending.per_month));
            }
            let idle = queries::limits_used(&store, &account_id, day("2024-06-01")).await.expect("an answer");
            assert_eq!((idle.day.used, idle.month.used), (0, 0), "nothing was spent before the bank opened");
            limited += usize::from(spending.per_day.is_some());
        }
        assert!(limited > 2 && days > 100, "{limited} accounts with limits, {days} days");
        assert_eq!(queries::limits(&store, 0, 100).await.expect("an answer").total, limited as u64);
        let none = PeriodUse { limit: None, used: 5 };
        assert_eq!(none.left(), None);
        assert_eq!(PeriodUse { limit: Some(7), ..none }.left(), Some(2));
        assert_eq!(PeriodUse { limit: Some(4), ..none }.left(), Some(0), "a limit that was lowered leaves nothing");
        let rows = folded(&domain, &events);
        let uses: Vec<LimitUseLine> = typed(&rows["limits"]);
        assert!(uses.iter().all(|line| line.used > 0), "days on which nothing is left are not kept");
    });
}

#[test]
fn open_transfers_are_those_whose_process_has_something_to_do() {
    es_testkit::run(async {
        let domain = domain();
        let events = shaped(&domain, &simulated::history(2, 1_500));
        let projection = domain.projection("open_transfers").expect("a read model");
        let mut rows = MemoryRows::new(projection.tables());
        let mut most = 0;
        for cut in 1..=events.len() {
            apply(&**projection, &events[cut - 1..cut], &mut rows).expect("applied");
            if cut % 7 != 0 && cut != events.len() {
                continue;
            }
            let open: Vec<OpenTransferLine> = typed(&rows);
            most = most.max(open.len());
            let states = states(&domain, &events[..cut], "transfer");
            let unfinished = states.iter().filter(|(id, state)| {
                let stream = StreamName::new(format!("transfer-{id}")).expect("a name");
                !domain.processes[0].turn(&stream, state).finished
            });
            let expected: Vec<_> = unfinished.map(|(id, _)| id.clone()).collect();
            let seen: Vec<_> = open.iter().map(|line| line.transfer_id.clone()).collect();
            assert_eq!(seen, expected, "open after event {cut}");
        }
        assert!(most >= 1, "some were open at some time");
        assert_eq!(rows.row_count(OpenTransferLine::TABLE), 0, "and at last none");

        let reserved = events.iter().position(|event| &*event.record.event_type == "SourceReserved").expect("one");
        let then = Arc::new(shaped(&domain, &simulated::history(2, 1_500)[..=reserved]));
        let store = live(&domain, &then, 100).await;
        let open = queries::open_transfers(&store, 0, 10).await.expect("an answer");
        assert_eq!(open.total, 1, "one is under way");
        let line = &open.rows[0];
        assert_eq!(line.status, "sourceReserved");
        let deadline = line.deadline.parse().expect("a time");
        let at = |stuck| queries::stuck_transfers(&store, stuck, 0, 10);
        assert_eq!(at(Stuck::PastDeadline(deadline)).await.expect("an answer").total, 0, "not at its deadline");
        let later = deadline + TimeDelta::microseconds(1);
        assert_eq!(
            at(Stuck::PastDeadline(later)).await.expect("an answer").rows,
            std::slice::from_ref(line),
            "but right after it"
        );
        let requested = line.requested_at.parse().expect("a time");
        assert_eq!(at(Stuck::RequestedBefore(requested)).await.expect("an answer").total, 0);
        let older = requested + TimeDelta::microseconds(1);
        assert_eq!(at(Stuck::RequestedBefore(older)).await.expect("an answer").total, 1);
    });
}

#[test]
fn orders_read_as_the_orders_themselves_plan() {
    es_testkit::run(async {
        let domain = domain();
        let events = shaped(&domain, &simulated::history(2, 2_000));
        let projection = domain.projection("orders").expect("a read model");
        let mut rows = MemoryRows::new(projection.tables());
        let mut seen = BTreeSet::new();
        for cut in 1..=events.len() {
            apply(&**projection, &events[cut - 1..cut], &mut rows).expect("applied");
            if events[cut - 1].record.stream.category() != "order" {
                continue;
            }
            let states = states(&domain, &events[..cut], "order");
            let lines: Vec<OrderLine> = typed(&rows);
            assert_eq!(lines.len(), states.len(), "one row for each order");
            for line in &lines {
                let state: &OrderState = states[&line.order_id].downcast_ref().expect("an order");
                let order = state.order.as_deref().expect("made");
                let active = state.status == OrderStatus::Active;
                let next = order.next_date().filter(|_| active).map(|day| day.to_string());
                assert_eq!((&*line.status, &line.next_due_on), (state.status.as_str(), &next), "{}", line.order_id);
                assert_eq!((line.amount, &*line.target), (order.terms.amount.minor(), order.terms.target.as_str()));
                let counts = (u64::from(order.executed), u64::from(order.failed), u64::from(order.left_out));
                assert_eq!((line.executed, line.failed, line.left_out), counts, "{}", line.order_id);
                let last = order.last_outcome.as_ref();
                assert_eq!(line.last_due_on, last.map(|last| last.due_on.to_string()), "{}", line.order_id);
                let code = last.and_then(|last| last.failure.as_ref()).map(|(code, _)| code.clone());
                assert_eq!(line.last_code, code, "{}", line.order_id);
                seen.insert((line.status.clone(), line.last_due_on.is_some(), line.last_code.is_some()));
            }
        }
        for wanted in
            [("active", true, false), ("suspended", true, false), ("finished", true, false), ("finished", true, true)]
        {
            let (status, ended, failed) = wanted;
            assert!(seen.contains(&(status.to_owned(), ended, failed)), "{wanted:?} is among {seen:?}");
        }

        let lines: Vec<OrderLine> = typed(&rows);
        let store = live(&domain, &Arc::new(events), 500).await;
        let all = queries::orders(&store, None, None, 0, 100).await.expect("an answer");
        assert_eq!(all.total, lines.len() as u64);
        assert!(all.rows.is_sorted_by_key(|line| std::cmp::Reverse(line.created_position)), "newest first");
        let one = &all.rows[0];
        assert_eq!(queries::order(&store, &one.order_id).await.expect("an answer").as_ref(), Some(one));
        assert_eq!(queries::order(&store, "SO-0").await.expect("an answer"), None);
        let of_source = queries::orders(&store, None, Some(&one.source), 0, 100).await.expect("an answer");
        let expected = lines.iter().filter(|line| line.source == one.source).count() as u64;
        assert_eq!(of_source.total, expected, "those that the account pays");
        let finished = queries::orders(&store, Some(OrderStatus::Finished), None, 0, 100).await.expect("an answer");
        assert!(finished.total > 0 && finished.rows.iter().all(|line| line.next_due_at.is_none()), "nothing is due");
        let due = lines.iter().filter_map(|line| line.next_due_at.clone()).min().expect("some order goes on");
        let due: chrono::DateTime<chrono::Utc> = due.parse().expect("a time");
        let by = |moment| queries::orders_due_by(&store, moment, 0, 100);
        assert_eq!(by(due - TimeDelta::microseconds(1)).await.expect("an answer").total, 0, "not a moment too early");
        let found = by(due).await.expect("an answer").rows;
        assert!(!found.is_empty() && found.iter().all(|line| line.status == "active"), "{found:?}");
    });
}

#[test]
fn the_audit_trail_names_every_event_once_and_its_pages_do_not_shift() {
    es_testkit::run(async {
        let domain = domain();
        let all = history(&domain);
        let rows = folded(&domain, &all);
        let lines: Vec<AuditLine> = typed(&rows["audit"]);
        let told: BTreeSet<_> = lines.iter().map(|line| line.position).collect();
        let stored: BTreeSet<_> =
            all.iter().filter(|e| !e.parts.is_empty()).map(|event| event.record.position).collect();
        assert_eq!(told, stored, "every event that has a meaning, also one that is read as two");
        assert_eq!(lines.len(), stored.len(), "once");
        for line in &lines {
            let record = &all[usize::try_from(line.position.get() - 1).expect("small")].record;
            let metadata: Value = serde_json::from_str(&record.metadata).expect("JSON");
            assert_eq!(line.actor, metadata["actor"].as_str().expect("an actor"));
            assert_eq!(line.command_type, metadata["commandType"].as_str().expect("a command"));
            assert_eq!(line.reason.as_deref(), metadata["reason"].as_str());
            assert_eq!((&*line.event_type, line.version), (&*record.event_type, record.version.get()), "as stored");
        }
        assert!(lines.iter().any(|line| line.reason.is_some()), "some say why");

        // A reader pages backwards while the bank goes on.
        let most = all.len() - 200;
        let before = Arc::new(all);
        let early = live(&domain, &Arc::new(shaped(&domain, &simulated::history(7, EVENTS)[..most])), 500).await;
        let late = live(&domain, &before, 500).await;
        let early_rows = followed::stored(&early, &AUDIT, 1).await.len() as u64;
        let actors = queries::actors(&early, 0, 1000).await.expect("actors");
        let counted: u64 = actors.rows.iter().map(|line| line.events).sum();
        assert_eq!(counted, early_rows, "each actor's events are counted once");
        let busiest = actors.rows.iter().max_by_key(|line| line.events).expect("actors");
        let mut seen: Vec<AuditLine> = Vec::new();
        loop {
            let source: &MemoryReadModels = if seen.is_empty() { &early } else { &late };
            let at = seen.last().map(|line| line.position);
            let page = queries::audit_trail(source, &busiest.actor, at, 37).await.expect("a page");
            if page.rows.is_empty() {
                break;
            }
            seen.extend(page.rows);
        }
        assert!(seen.is_sorted_by(|a, b| a.position > b.position), "newest first, none twice");
        assert_eq!(seen.len() as u64, busiest.events, "and none left out");
    });
}

#[test]
fn an_event_without_an_author_sets_its_stream_aside_in_the_audit_trail_only() {
    let domain = domain();
    for projection in &domain.projections {
        let quarantines = projection.failure_policy() == FailurePolicy::QuarantineStream;
        assert_eq!(quarantines, projection.name() == "audit", "{} has money in it", projection.name());
    }
    let mut events = shaped(&domain, &simulated::history(7, 200)[..3]);
    events[2].record.metadata = r#"{"import":"2019"}"#.into();
    let projection = domain.projection("audit").expect("a read model");
    let mut rows = MemoryRows::new(projection.tables());
    match apply(&**projection, &events, &mut rows) {
        Err(ProjectionError::Contradiction(what)) => assert!(what.contains("do not say who did it"), "{what}"),
        other => panic!("nobody did it, and that is {other:?}"),
    }
    assert_eq!(rows.row_count(&AUDIT), 2, "what came before is there");
}

#[test]
fn an_overview_sums_a_customers_accounts_by_currency() {
    es_testkit::run(async {
        let domain = domain();
        let events = Arc::new(history(&domain));
        let store = live(&domain, &events, 500).await;
        let accounts = queries::accounts(&store, None, 0, 1000).await.expect("accounts").rows;
        let (mut most, mut closed) = (0, 0);
        for customer in queries::customers(&store, None, 0, 1000).await.expect("customers").rows {
            let overview = queries::customer_overview(&store, &customer.customer_id).await.expect("an answer");
            let overview = overview.expect("the customer is there");
            assert_eq!(overview.customer, customer);
            let own: Vec<_> = accounts.iter().filter(|a| a.customer_id == customer.customer_id).cloned().collect();
            assert_eq!(overview.accounts, own, "all accounts of {}", customer.customer_id);
            for total in &overview.totals {
                let open = own.iter().filter(|a| a.currency == total.currency && a.status != "closed");
                let sum = |of: fn(&bank::projections::AccountLine) -> i64| {
                    open.clone().map(|a| i128::from(of(a))).sum::<i128>()
                };
                assert_eq!(total.open_accounts, open.clone().count() as u64);
                assert_eq!((total.balance, total.held), (sum(|a| a.balance), sum(|a| a.held)));
                assert_eq!(total.available, total.balance - total.held + total.overdraft);
                closed += total.closed_accounts;
            }
            let counted: u64 = overview.totals.iter().map(|t| t.open_accounts + t.closed_accounts).sum();
            assert_eq!(counted, own.len() as u64, "each account is in one total");
            most = most.max(own.len());
        }
        assert!(most >= 2 && closed >= 1, "somebody has {most} accounts, {closed} are closed");
        assert_eq!(queries::customer_overview(&store, "nobody").await.expect("an answer"), None);
    });
}

/// An account with many lines, and its lines.
async fn busiest(store: &MemoryReadModels, rows: &MemoryRows) -> (String, Vec<StatementLine>) {
    let mut counts: BTreeMap<String, Vec<StatementLine>> = BTreeMap::new();
    for line in typed::<StatementLine>(rows) {
        counts.entry(line.account_id.clone()).or_default().push(line);
    }
    let busiest = counts.into_iter().max_by_key(|(_, lines)| lines.len()).expect("lines");
    assert!(queries::account(store, &busiest.0).await.expect("an answer").is_some());
    busiest
}

#[test]
fn statements_of_consecutive_periods_have_each_line_once_and_follow_each_other() {
    es_testkit::run(async {
        let domain = domain();
        let events = Arc::new(history(&domain));
        let store = live(&domain, &events, 500).await;
        let (account_id, lines) = busiest(&store, &folded(&domain, &events)["statement"]).await;
        assert!(lines.len() > 60, "an account with something to tell");
        let (mut told, mut balance) = (Vec::new(), 0);
        let mut from = day("2024-12-20");
        while from < day("2025-12-31") {
            let through = from + TimeDelta::days(9);
            let mut page = Vec::new();
            let statement = loop {
                let part =
                    queries::account_statement(&store, &account_id, (from, through), None, (page.len() as u64, 4));
                let part = part.await.expect("a statement").expect("an account");
                page.extend(part.lines.iter().cloned());
                if page.len() as u64 == part.total {
                    break part;
                }
            };
            assert_eq!(statement.opening, balance, "{from} opens with what the period before closed with");
            let change: i64 = page.iter().map(|line| line.amount).sum();
            assert_eq!(statement.closing, statement.opening + change, "{from}: the lines explain the closing balance");
            assert!(page.iter().all(|line| line.booking_date <= through.to_string()), "nothing is booked later");
            balance = statement.closing;
            told.extend(page);
            from = through + TimeDelta::days(1);
        }
        assert_eq!(told, lines, "each line once, in order");
        let last = queries::account(&store, &account_id).await.expect("an answer").expect("an account");
        assert_eq!(balance, last.balance, "and at last the balance");
    });
}

#[test]
fn a_pinned_statement_is_the_same_whatever_was_booked_since() {
    es_testkit::run(async {
        let domain = domain();
        let events = history(&domain);
        let cut = events.len() * 2 / 3;
        let then_events = Arc::new(shaped(&domain, &simulated::history(7, EVENTS)[..cut]));
        let all = Arc::new(events);
        let (then, now) = (live(&domain, &then_events, 500).await, live(&domain, &all, 500).await);
        let (account_id, _) = busiest(&then, &folded(&domain, &then_events)["statement"]).await;
        let period = (day("2025-01-15"), day("2025-12-31"));
        let first = queries::account_statement(&then, &account_id, period, None, (0, 1000)).await;
        let first = first.expect("a statement").expect("an account");
        assert!(first.total > 20 && first.opening != 0, "{} lines from {}", first.total, first.opening);
        let again = queries::account_statement(&now, &account_id, period, Some(first.pin), (0, 1000)).await;
        let again = again.expect("a statement").expect("an account");
        let of = |statement: &queries::AccountStatement| {
            (statement.pin, statement.opening, statement.closing, statement.total, statement.lines.clone())
        };
        assert_eq!(of(&again), of(&first), "made again later");
        let unpinned = queries::account_statement(&now, &account_id, period, None, (0, 1000)).await;
        assert!(unpinned.expect("a statement").expect("an account").total > first.total, "the bank has gone on");

        let other = StatementPin { version: first.pin.version + 1, ..first.pin };
        match queries::account_statement(&now, &account_id, period, Some(other), (0, 10)).await {
            Err(StatementError::OtherVersion { pinned, current }) => assert_eq!(pinned, current + 1),
            other => panic!("another version is {other:?}"),
        }
        let backward = queries::account_statement(&now, &account_id, (period.1, period.0), None, (0, 10)).await;
        assert!(matches!(backward, Err(StatementError::BackwardPeriod { .. })), "{backward:?}");
        let nobody = queries::account_statement(&now, "nobody", period, None, (0, 10)).await;
        assert_eq!(nobody.expect("an answer"), None);
        let nothing = Some(StatementPin { position: Position::ZERO, ..first.pin });
        let empty = queries::account_statement(&now, &account_id, period, nothing, (0, 10)).await;
        let empty = empty.expect("a statement").expect("an account");
        assert_eq!((empty.total, empty.opening, empty.closing), (0, 0, 0), "before the first event");
    });
}

/// Booked on a day that has been told already: it is on the next statement, and the told one stays as it was.
#[test]
fn what_is_booked_late_is_on_the_next_statement() {
    es_testkit::run(async {
        let domain = domain();
        let line = |line: u64, booked: &str, amount: i64, balance: i64| StatementLine {
            account_id: "1".to_owned(),
            line,
            position: Position(line + 10),
            version: line,
            event_type: "MoneyDeposited".to_owned(),
            booking_date: booked.to_owned(),
            value_date: booked.to_owned(),
            text: "test".to_owned(),
            amount,
            balance,
            currency: "EUR".to_owned(),
            entry_id: format!("entry {line}"),
        };
        let lines = [
            line(1, "2025-01-31", 100, 100),
            line(2, "2025-02-03", 10, 110),
            line(3, "2025-01-31", 5, 115),
            line(4, "2025-02-28", 1, 116),
        ];
        let rows: Vec<_> = lines.iter().map(TableRow::to_row).collect();
        let account = bank::projections::AccountLine {
            account_id: "1".to_owned(),
            currency: "EUR".to_owned(),
            product: "current".to_owned(),
            customer_id: "C".to_owned(),
            customer_name: None,
            status: "open".to_owned(),
            balance: 116,
            held: 0,
            overdraft: 0,
            frozen_cases: 0,
            opened_on: "2025-01-01".to_owned(),
            version: 4,
            changed_at: String::new(),
            position: Position(14),
        };
        let store = holding(&domain, rows, account.to_row()).await;
        let of = async |from: &str, through: &str| {
            let made = queries::account_statement(&store, "1", (day(from), day(through)), None, (0, 10)).await;
            let made = made.expect("a statement").expect("an account");
            (made.opening, made.closing, made.lines.iter().map(|line| line.line).collect::<Vec<_>>())
        };
        assert_eq!(of("2025-01-01", "2025-01-31").await, (0, 100, vec![1]), "January as it was told");
        assert_eq!(of("2025-02-01", "2025-02-27").await, (100, 115, vec![2, 3]), "with what came late");
        assert_eq!(of("2025-02-28", "2025-03-31").await, (115, 116, vec![4]));
        assert_eq!(of("2025-03-01", "2025-03-31").await, (116, 116, vec![]), "nothing was booked");
        assert_eq!(of("2024-01-01", "2024-12-31").await, (0, 0, vec![]), "before the account");
    });
}

/// Read models `statement` and `accounts` that hold these rows.
async fn holding(domain: &Domain, lines: Vec<es_core::Row>, account: es_core::Row) -> MemoryReadModels {
    use es_core::{ReadModelCommit, ReadModelStore};
    let store = MemoryReadModels::new();
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    for (name, rows) in [("statement", lines), ("accounts", vec![account])] {
        let projection = domain.projection(name).expect("a read model");
        let (version, tables) = (projection.version(), projection.tables());
        store.prepare(projection.name(), version, tables).await.expect("tables are made");
        let from = store.acquire(name, version, "test", now).await.expect("the lease is free");
        let work = Box::new(move |to: &mut dyn es_core::Rows| -> Result<(), ProjectionError> {
            let table = if rows.len() > 1 { &STATEMENT } else { &bank::projections::ACCOUNTS };
            rows.into_iter().try_for_each(|row| Ok(to.put(table, row)?))
        });
        let commit =
            ReadModelCommit { projection: projection.name(), tables, from, to: Position(14), quarantine: vec![], work };
        store.commit(commit).await.expect("written");
        store.activate(name, version).await.expect("used");
    }
    store
}
