//! Whatever happens to several transfers and an order in three currencies at once, with kills, closings and people who change
//! their minds: the ledger balances at every position, the money in transit is that of the transfers in flight, nothing is made or
//! lost, and everything comes to an end.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod cases;
mod floor;

use std::collections::BTreeMap;

use bank::projections::{IN_FLIGHT, IN_TRANSIT, LEDGER, LedgerLine, TableRow, TrialBalance};
use bank::transfer::{TransferState, TransferStatus};
use cases::cases;
use es_core::memory::MemoryRows;
use es_core::{Intervention, Projection};
use floor::{Floor, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

const CURRENCIES: [&str; 3] = ["EUR", "USD", "JPY"];
/// Accounts with their currencies.
const ACCOUNTS: [(&str, &str); 5] = [("1", "EUR"), ("2", "EUR"), ("3", "USD"), ("4", "JPY"), ("5", "EUR")];
/// Id, pair and rate.
type Quote = (&'static str, (&'static str, &'static str), (i64, i64));

/// Quotes. Between currencies with other decimals, and ones that never come out even.
const QUOTES: [Quote; 3] =
    [("Q-1", ("EUR", "USD"), (10_834, 10_000)), ("Q-2", ("EUR", "JPY"), (8, 5)), ("Q-3", ("USD", "EUR"), (9, 10))];
const TRANSFERS: usize = 4;

/// Something that happens.
#[derive(Debug, Clone)]
enum Act {
    Request {
        transfer: usize,
        source: usize,
        target: usize,
        minor: i64,
        fee: Option<i64>,
    },
    Steps(usize, usize),
    Kill(usize),
    Cancel(usize),
    Approve(usize),
    Refuse(usize),
    Resolve {
        transfer: usize,
        belongs_to: &'static str,
        beneficiary: Option<usize>,
    },
    /// An operator decides; but for a cancellation, once the money is in flight.
    Intervene(usize, Intervention),
    WithdrawQuote(usize),
    /// A transfer goes on until its money is in flight, if it can; then its target is emptied and closed, and with `source_too` its
    /// source.
    Vanish {
        transfer: usize,
        source_too: bool,
    },
    Freeze(usize),
    Unfreeze(usize),
    Order {
        minor: i64,
        target: usize,
    },
    SuspendOrder,
    ResumeOrder,
    Pass(i64),
    Everybody,
}

fn act() -> impl Strategy<Value = Act> {
    let transfer = 0..TRANSFERS;
    let account = 0..ACCOUNTS.len();
    let minor = prop_oneof![8 => 1_i64..4_000, 3 => Just(5_000_001), 1 => Just(30_000_000)];
    let fee = prop_oneof![2 => Just(None), 3 => (1_i64..300).prop_map(Some)];
    // Those who have money pay, and mostly to somebody else.
    let request = (transfer.clone(), 0_usize..3, account.clone(), minor, fee)
        .prop_map(|(transfer, source, target, minor, fee)| Act::Request { transfer, source, target, minor, fee });
    let belongs_to = prop::sample::select(vec!["source", "target"]);
    let resolve = (transfer.clone(), belongs_to, prop::option::of(account.clone()))
        .prop_map(|(transfer, belongs_to, beneficiary)| Act::Resolve { transfer, belongs_to, beneficiary });
    prop_oneof![
        12 => request,
        20 => (transfer.clone(), 1_usize..4).prop_map(|(transfer, steps)| Act::Steps(transfer, steps)),
        4 => transfer.clone().prop_map(Act::Kill),
        2 => transfer.clone().prop_map(Act::Cancel),
        3 => transfer.clone().prop_map(Act::Approve),
        2 => transfer.clone().prop_map(Act::Refuse),
        8 => resolve,
        3 => (transfer.clone(), prop::sample::select(Intervention::ALL.to_vec()))
            .prop_map(|(transfer, intervention)| Act::Intervene(transfer, intervention)),
        1 => (0..QUOTES.len()).prop_map(Act::WithdrawQuote),
        4 => (transfer, any::<bool>()).prop_map(|(transfer, source_too)| Act::Vanish { transfer, source_too }),
        1 => account.clone().prop_map(Act::Freeze),
        1 => account.clone().prop_map(Act::Unfreeze),
        1 => (1_i64..500, account).prop_map(|(minor, target)| Act::Order { minor, target }),
        1 => Just(Act::SuspendOrder),
        1 => Just(Act::ResumeOrder),
        2 => prop_oneof![1_i64..90, 800..2_000_i64, 86_400..1_000_000_i64].prop_map(Act::Pass),
        2 => Just(Act::Everybody),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 1..60)
}

fn transfer_id(transfer: usize) -> String {
    format!("T-{}", transfer + 1)
}

fn money(minor: i64, currency: &str) -> Value {
    json!({"minor": minor.to_string(), "currency": currency})
}

fn opened() -> Floor {
    let mut floor = Floor::with_more_accounts();
    for (account, currency, minor) in [("1", "EUR", 20_000_000), ("2", "EUR", 4_000), ("3", "USD", 9_000)] {
        floor.does("Deposit", json!({"accountId": account, "amount": money(minor, currency)}));
    }
    for (quote_id, pair, rate) in QUOTES {
        floor.quote(quote_id, pair, rate);
    }
    floor
}

fn happen(floor: &mut Floor, act: &Act) {
    // People may be refused; the processes may not.
    let people = |floor: &mut Floor, command_type: &str, payload: Value, actor: &str| {
        drop(floor.command(command_type, &payload, actor));
    };
    let of = |transfer: &usize| stream(&format!("transfer-{}", transfer_id(*transfer)));
    match act {
        Act::Request { transfer, source, target, minor, fee } => {
            let ((source, from), (target, to)) = (ACCOUNTS[*source], ACCOUNTS[*target]);
            let mut payload = json!({
                "transferId": transfer_id(*transfer), "source": source, "target": target,
                "amount": money(*minor, from), "reference": "test",
            });
            if let Some((quote_id, ..)) = QUOTES.iter().find(|(_, pair, _)| *pair == (from, to)) {
                payload["quoteId"] = json!(quote_id);
            }
            if let Some(fee) = fee {
                payload["tariff"] = json!({"flat": money(*fee, from)});
            }
            people(floor, "RequestTransfer", payload, "maker");
        }
        Act::Steps(transfer, steps) => (0..*steps).for_each(|_| floor.step_at(&of(transfer))),
        Act::Kill(transfer) => drop(floor.dispatch_at(&of(transfer))),
        Act::Cancel(transfer) => {
            people(floor, "CancelTransfer", json!({"transferId": transfer_id(*transfer), "reason": "no"}), "maker");
        }
        Act::Approve(transfer) => {
            let known: TransferState = floor.state(&of(transfer));
            let content_hash = known.approval.map_or_else(|| "0".repeat(64), |approval| approval.content_hash);
            let payload = json!({"transferId": transfer_id(*transfer), "contentHash": content_hash});
            people(floor, "ApproveTransfer", payload, "checker");
        }
        Act::Refuse(transfer) => {
            people(floor, "RefuseTransfer", json!({"transferId": transfer_id(*transfer), "reason": "no"}), "checker");
        }
        Act::Resolve { transfer, belongs_to, beneficiary } => {
            let mut payload =
                json!({"transferId": transfer_id(*transfer), "belongsTo": belongs_to, "reason": "called"});
            if let Some(beneficiary) = beneficiary {
                payload["beneficiary"] = json!(ACCOUNTS[*beneficiary].0);
            }
            people(floor, "ResolveParkedTransfer", payload, "operator");
        }
        Act::Intervene(transfer, intervention) => {
            let stream = of(transfer);
            for _ in 0..3 {
                let is_before = floor.state::<TransferState>(&stream).status.is_before_the_debit();
                if is_before && *intervention != Intervention::Cancel {
                    floor.step_at(&stream);
                }
            }
            drop(floor.intervene_at(&stream, *intervention));
        }
        Act::WithdrawQuote(quote) => {
            people(floor, "WithdrawQuote", json!({"quoteId": QUOTES[*quote].0, "reason": "moved"}), "treasury");
        }
        Act::Vanish { transfer, source_too } => {
            let stream = of(transfer);
            let state = |floor: &Floor| floor.state::<TransferState>(&stream);
            for _ in 0..3 {
                if state(floor).status.is_before_the_debit() {
                    floor.step_at(&stream);
                }
            }
            let Some(order) = state(floor).order else { return };
            empty_and_close(floor, order.target.as_str());
            if *source_too {
                empty_and_close(floor, order.source.as_str());
            }
        }
        Act::Freeze(account) => {
            let payload = json!({"accountId": ACCOUNTS[*account].0, "caseId": "C", "reason": "fraud"});
            people(floor, "FreezeAccount", payload, "somebody");
        }
        Act::Unfreeze(account) => {
            people(floor, "UnfreezeAccount", json!({"accountId": ACCOUNTS[*account].0, "caseId": "C"}), "somebody");
        }
        Act::Order { minor, target } => {
            let payload = json!({
                "orderId": "SO-1", "source": "1", "target": ACCOUNTS[*target].0, "amount": money(*minor, "EUR"),
                "reference": "rent", "firstOn": floor.now.date_naive(), "interval": "weekly", "count": 20,
                "tariff": {"flat": money(7, "EUR")},
            });
            people(floor, "CreateStandingOrder", payload, "maker");
        }
        Act::SuspendOrder => people(floor, "SuspendOrder", json!({"orderId": "SO-1", "reason": "x"}), "maker"),
        Act::ResumeOrder => people(floor, "ResumeOrder", json!({"orderId": "SO-1", "reason": "x"}), "maker"),
        Act::Pass(seconds) => {
            floor.pass(*seconds);
            floor.payments().iter().for_each(|stream| floor.fire_timers_at(stream));
        }
        Act::Everybody => floor.run_all(),
    }
}

fn empty_and_close(floor: &mut Floor, account_id: &str) {
    let rest = floor.account(account_id).open().map(|account| account.available).filter(|rest| rest.minor() > 0);
    if let Some(rest) = rest {
        let payload = json!({"accountId": account_id, "amount": money(rest.minor(), rest.currency().code())});
        drop(floor.command("Withdraw", &payload, "somebody"));
    }
    drop(floor.command("CloseAccount", &json!({"accountId": account_id, "reason": "moved away"}), "somebody"));
}

/// Lets everything come to its end: approvals and deadlines pass, and accounts that are frozen are released.
fn finish(floor: &mut Floor) {
    for _ in 0..3 {
        floor.run_all();
        floor.pass(2 * 86_400);
    }
    floor.run_all();
}

/// What the events say happened, without looking at their postings.
#[derive(Default, Debug)]
struct Facts {
    paid_in: BTreeMap<String, i64>,
    in_flight: BTreeMap<String, i64>,
    in_suspense: BTreeMap<String, i64>,
    fees: BTreeMap<String, i64>,
    position: BTreeMap<String, i64>,
    parked: BTreeMap<String, i64>,
}

fn minor(amount: &Value) -> i64 {
    amount["minor"].as_str().map_or(0, |minor| minor.parse().expect("a whole number"))
}

fn currency(amount: &Value) -> String {
    amount["currency"].as_str().expect("a currency").to_owned()
}

impl Facts {
    fn take(&mut self, event_type: &str, event: &Value) {
        let add =
            |sums: &mut BTreeMap<String, i64>, currency: String, by: i64| *sums.entry(currency).or_default() += by;
        let amount = &event["amount"];
        let (sum, fee) = (minor(amount), minor(&event["fee"]));
        match event_type {
            "MoneyDeposited" => add(&mut self.paid_in, currency(amount), sum),
            "MoneyWithdrawn" => add(&mut self.paid_in, currency(amount), -sum),
            "TransferDebited" => {
                add(&mut self.in_flight, currency(amount), sum);
                add(&mut self.fees, currency(amount), fee);
            }
            "TransferDebitReturned" => {
                add(&mut self.in_flight, currency(amount), -sum);
                add(&mut self.fees, currency(amount), -fee);
            }
            "TransferCredited" => {
                let from = &event["fromTransit"];
                add(&mut self.in_flight, currency(from), -minor(from));
                if currency(from) != currency(amount) {
                    add(&mut self.position, currency(from), minor(from));
                    add(&mut self.position, currency(amount), -sum);
                }
            }
            "TransferParked" => {
                add(&mut self.in_flight, currency(amount), -sum);
                add(&mut self.fees, currency(amount), -fee);
                add(&mut self.in_suspense, currency(amount), sum + fee);
                self.parked.insert(event["transferId"].to_string(), sum + fee);
            }
            "TransferUnparked" => {
                let whole = self.parked[&event["transferId"].to_string()];
                add(&mut self.in_suspense, currency(amount), -whole);
                add(&mut self.in_flight, currency(amount), sum);
                add(&mut self.fees, currency(amount), whole - sum);
            }
            _ => {}
        }
    }
}

/// The read model's view of the ledger, event by event.
fn trial_balance_explains_transit(floor: &Floor) -> Result<(), TestCaseError> {
    let mut rows = MemoryRows::new(TrialBalance.tables());
    for record in floor.records() {
        let parts = floor.domain.upcasters.upcast(&record).expect("current");
        for current in &parts {
            if TrialBalance.filter().matches(&record) {
                let event = es_core::ProjectedEvent { recorded: &record, current };
                let taken = TrialBalance.apply(&event, &mut rows);
                prop_assert_eq!(taken, Ok(()), "event {} is taken", record.position);
            }
        }
        let lines: Vec<LedgerLine> =
            rows.rows_of(&LEDGER).map(|row| LedgerLine::from_row(row).expect("a row")).collect();
        for currency in CURRENCIES {
            let of = |account: &str| {
                let own = lines.iter().filter(|line| line.account == account && line.currency == currency);
                own.map(|line| line.debits - line.credits).sum::<i64>()
            };
            prop_assert_eq!(-of(IN_TRANSIT), of(IN_FLIGHT), "{} at position {}", currency, record.position);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn ledger_is_balanced_at_every_position(acts in acts()) {
        let mut floor = opened();
        for act in &acts {
            happen(&mut floor, act);
        }
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut facts = Facts::default();
        for (_, event) in &floor.log {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            facts.take(event.event_type, &payload);
            for leg in payload["postings"].as_array().into_iter().flatten() {
                let way = if leg["side"] == "credit" { 1 } else { -1 };
                let account = leg["account"].as_str().expect("an account").to_owned();
                *sums.entry((currency(&leg["amount"]), account)).or_default() += way * minor(&leg["amount"]);
            }
            for name in CURRENCIES {
                let whole: i64 = sums.iter().filter(|((currency, _), _)| currency == name).map(|(_, sum)| sum).sum();
                prop_assert_eq!(whole, 0, "{} is balanced after {}", name, event.event_type);
                let of = |account: &str| sums.get(&(name.to_owned(), account.to_owned())).copied().unwrap_or(0);
                let fact = |facts: &BTreeMap<String, i64>| facts.get(name).copied().unwrap_or(0);
                prop_assert_eq!(of(IN_TRANSIT), fact(&facts.in_flight), "transit in {}", name);
                prop_assert_eq!(of("gl:suspense"), fact(&facts.in_suspense), "suspense in {}", name);
                prop_assert_eq!(of("gl:fee-income"), fact(&facts.fees), "fees in {}", name);
                prop_assert_eq!(of("gl:fx-position"), fact(&facts.position), "position in {}", name);
            }
        }
        trial_balance_explains_transit(&floor)?;
    }

    #[test]
    fn money_is_conserved_whatever_happens(acts in acts()) {
        let mut floor = opened();
        let (mut facts, mut seen) = (Facts::default(), 0);
        for act in &acts {
            happen(&mut floor, act);
            for (_, event) in &floor.log[seen..] {
                facts.take(event.event_type, &serde_json::from_str(&event.payload).expect("JSON"));
            }
            seen = floor.log.len();
            for name in CURRENCIES {
                let fact = |facts: &BTreeMap<String, i64>| facts.get(name).copied().unwrap_or(0);
                let own = ACCOUNTS.iter().filter(|(_, currency)| *currency == name);
                let on_accounts: i64 = own.map(|(account, _)| floor.settled(account)).sum();
                let elsewhere =
                    fact(&facts.in_flight) + fact(&facts.in_suspense) + fact(&facts.fees) + fact(&facts.position);
                prop_assert_eq!(on_accounts + elsewhere, fact(&facts.paid_in), "{} after {:?}", name, act);
                prop_assert!(fact(&facts.in_flight) >= 0 && fact(&facts.in_suspense) >= 0 && fact(&facts.fees) >= 0);
            }
        }
    }

    #[test]
    fn transfer_reaches_a_terminal_state(acts in acts()) {
        let mut floor = opened();
        for act in &acts {
            happen(&mut floor, act);
        }
        finish(&mut floor);
        for instance in floor.payments().iter().filter(|instance| instance.category() == "transfer") {
            let state: TransferState = floor.state(instance);
            let turn = floor.turn_at(instance);
            prop_assert!(turn.finished && turn.timers.is_empty(), "{} is at an end: {:?}", instance, state);
            let parked = state.status == TransferStatus::ParkedInSuspense;
            prop_assert!(state.is_over() || parked, "{} is over or waits for a person: {:?}", instance, state);
            let order = state.order.as_ref().expect("an order");
            let hold = floor.account(order.source.as_str());
            let open = hold.account().is_some_and(|account| account.open_holds().any(|(id, _)| *id == order.hold_id()));
            prop_assert!(!open, "{} leaves nothing held: {:?}", instance, state);
        }
        for name in CURRENCIES {
            prop_assert_eq!(floor.in_flight_in(name), 0, "nothing is left in flight in {}", name);
        }
    }
}

/// Properties over histories in which nothing happens would hold and say nothing.
#[test]
fn the_random_histories_reach_every_kind_of_event() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..400 {
        let mut floor = opened();
        for act in acts().new_tree(&mut runner).expect("a sequence").current() {
            happen(&mut floor, &act);
        }
        finish(&mut floor);
        for (_, event) in &floor.log {
            *seen.entry(event.event_type).or_default() += 1;
        }
    }
    let transfers = bank::transfer::TransferEvent::CURRENT.iter().map(|(name, _)| *name);
    let orders = ["OrderExecuted", "OrderExecutionFailed", "OrderTransferRequested", "OrderResumed"];
    for wanted in transfers.chain(orders).chain(["TransferCredited", "TransferDebitReturned"]) {
        assert!(seen.contains_key(wanted), "{wanted} never happened: {seen:?}");
    }
}
