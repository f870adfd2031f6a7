//! Periods of accounts' books: what is archived before them is not missed, neither by the accounts nor by the read models.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod desk;
mod simulated;

use std::collections::{BTreeMap, BTreeSet};

use bank::account::{AccountDecider, AccountEvent, AccountState};
use bank::projections::{FlightLine, LedgerLine, STATEMENT, StatementHead, StatementLine, TableRow};
use chrono::Duration;
use desk::accounts::{account, cents, field, opened, place};
use desk::{Desk, eur};
use es_core::memory::MemoryRows;
use es_core::{
    Decider, Domain, DomainEvent, Payload, Position, ProjectedEvent, RecordedEvent, Row, StreamName, StreamVersion,
};
use serde_json::{Value, json};

fn period(from: &str) -> Value {
    json!({"accountId": "100234", "periodFrom": from})
}

#[test]
fn a_period_carries_the_account_forward_and_nothing_changes() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("H-1", 4_000));
    let before = cents(&desk);
    let event = desk.at(Duration::days(1)).records("OpenPeriod", period("2031-05-05"), "PeriodOpened");
    assert_eq!((cents(&desk), field(&event, "settled")), (before, eur(10_000)));
    let expected = json!([
        {"account": "account:100234", "currency": "EUR", "debits": "0", "credits": "10000", "postings": "1"},
        {"account": "gl:vault-cash", "currency": "EUR", "debits": "10000", "credits": "0", "postings": "1"},
    ]);
    assert_eq!(field(&event, "carriedForward"), expected);
    desk.changes_nothing("OpenPeriod", period("2031-05-05"));
    let refusal = desk.refuses("OpenPeriod", period("2031-05-04"), "period_out_of_range");
    assert_eq!((&*refusal.details["earliest"], &*refusal.details["latest"]), ("2031-05-05", "2031-05-05"));
    desk.refuses("OpenPeriod", period("2031-05-06"), "period_out_of_range");
    desk.accepts("CaptureHold", json!({"accountId": "100234", "holdId": "H-1", "amount": eur(4_000)}));
    desk.refuses("CaptureHold", json!({"accountId": "100234", "holdId": "H-1", "amount": eur(1)}), "already_captured");
}

#[test]
fn what_was_booked_before_a_period_is_neither_booked_again_nor_out_of_reach() {
    let mut desk = opened(0);
    let deposit = json!({"accountId": "100234", "amount": eur(100)});
    let entry = field(&desk.records("Deposit", deposit.clone(), "MoneyDeposited"), "entryId");
    let number = desk.command_number;
    desk.accepts("OpenPeriod", period("2031-05-04"));
    let mut archived = Desk::<AccountDecider>::new();
    let event = desk.at(Duration::days(1)).records("OpenPeriod", period("2031-05-05"), "PeriodOpened");
    AccountDecider::evolve(&mut archived.state, &event);
    assert_eq!(archived.state, desk.state, "from the period alone");
    archived.command_number = number - 1;
    archived.changes_nothing("Deposit", deposit);
    archived.command_number = 99;
    archived.accepts("ReversePosting", json!({"accountId": "100234", "entryId": entry, "reason": "Counted twice"}));
    assert_eq!(cents(&archived).0, 0);
    assert!(account(&archived).turnovers.iter().all(|(_, _, turnover)| turnover.debits == turnover.credits));
}

#[test]
fn a_closed_account_opens_no_period_and_stays_closed() {
    let mut desk = opened(0);
    let event = desk.records("OpenPeriod", period("2031-05-04"), "PeriodOpened");
    desk.accepts("CloseAccount", json!({"accountId": "100234", "reason": "Customer moves away"}));
    desk.refuses("OpenPeriod", period("2031-05-04"), "account_closed");
    AccountDecider::evolve(&mut desk.state, &event);
    assert!(matches!(desk.state, AccountState::Closed(_)), "closed for good, whatever a foreign history says");
}

/// A history with periods, and what is left of it when all before each account's last period is archived.
struct Archive {
    whole: Vec<RecordedEvent>,
    rest: Vec<RecordedEvent>,
}

fn evolved(domain: &Domain, states: &mut BTreeMap<StreamName, AccountState>, record: &RecordedEvent) {
    let state = states.entry(record.stream.clone()).or_default();
    for event in simulated::current(domain, record) {
        AccountDecider::evolve(state, &AccountEvent::decode(&event.event_type, &event.payload).expect("an event"));
    }
}

/// The period that an account would open now, as a store would hold it.
fn period_of(state: &AccountState, after: &RecordedEvent, number: usize) -> Option<RecordedEvent> {
    let account = state.open()?;
    let mut desk = Desk::<AccountDecider>::new();
    desk.state = state.clone();
    desk.now = after.recorded_at;
    desk.command_number = 1_000_000 + number as u128;
    let from = desk.now.date_naive().to_string();
    let event =
        desk.hand_in("OpenPeriod", &json!({"accountId": account.account_id, "periodFrom": from})).ok()?.pop()?;
    let (event_type, schema_version) = event.event_type();
    Some(RecordedEvent {
        stream: account.account_id.stream(),
        event_id: uuid::Uuid::from_u128(number as u128 + 1),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(event.encode().expect("encodes")),
        ..after.clone()
    })
}

impl Archive {
    /// Two thirds of the accounts open a period after every so many events.
    fn new(domain: &Domain, events: u64, every: usize, spared: usize) -> Self {
        Self::opening(domain, events, spared, |index, _| (index + 1).is_multiple_of(every))
    }

    /// Two thirds of the accounts open a period after these events.
    fn opening(domain: &Domain, events: u64, spared: usize, when: impl Fn(usize, &RecordedEvent) -> bool) -> Self {
        let (mut states, mut whole) = (BTreeMap::new(), Vec::new());
        for (index, record) in simulated::history(7, events).into_iter().enumerate() {
            if record.stream.category() == "account" {
                evolved(domain, &mut states, &record);
            }
            whole.push(record.clone());
            if when(index, &record) {
                let chosen: Vec<_> = states.keys().enumerate().filter(|(n, _)| n % 3 != spared).collect();
                let opened: Vec<_> = chosen
                    .into_iter()
                    .filter_map(|(number, stream)| period_of(&states[stream], &record, index * 1_000 + number))
                    .collect();
                for period in opened {
                    evolved(domain, &mut states, &period);
                    whole.push(period);
                }
            }
        }
        let mut versions: BTreeMap<StreamName, u64> = BTreeMap::new();
        for (index, record) in whole.iter_mut().enumerate() {
            let version = versions.entry(record.stream.clone()).or_default();
            *version += 1;
            (record.position, record.version) = (Position(index as u64 + 1), StreamVersion(*version));
        }
        Self { rest: rest_of(&whole), whole }
    }
}

fn rest_of(whole: &[RecordedEvent]) -> Vec<RecordedEvent> {
    let mut periods = BTreeMap::new();
    for record in whole.iter().filter(|record| &*record.event_type == "PeriodOpened") {
        periods.insert(record.stream.clone(), record.version);
    }
    let stays = |record: &&RecordedEvent| periods.get(&record.stream).is_none_or(|from| record.version >= *from);
    whole.iter().filter(stays).cloned().collect()
}

fn folded(domain: &Domain, name: &str, events: &[RecordedEvent]) -> MemoryRows {
    let projection = domain.projection(name).expect("a read model");
    let mut rows = MemoryRows::new(projection.tables());
    let filter = projection.filter();
    for record in events.iter().filter(|record| filter.matches(record)) {
        for part in simulated::current(domain, record) {
            let done = projection.apply(&ProjectedEvent { recorded: record, current: &part }, &mut rows);
            assert_eq!(done, Ok(()), "{name} takes event {}", record.position);
        }
    }
    rows
}

fn rows_of(domain: &Domain, name: &str, rows: &MemoryRows) -> Vec<(&'static str, Vec<Row>)> {
    let tables = domain.projection(name).expect("a read model").tables();
    tables.iter().map(|table| (table.name, rows.rows_of(table).cloned().collect())).collect()
}

fn typed<T: TableRow>(rows: &MemoryRows) -> Vec<T> {
    rows.rows_of(T::TABLE).map(|row| T::from_row(row).expect("a row of the table")).collect()
}

#[test]
fn every_read_model_rebuilt_from_the_rest_equals_the_live_one() {
    let domain = bank::domain().expect("the domain is sound");
    for (every, spared) in [(1_999, 0), (700, 1), (251, 2)] {
        let archive = Archive::new(&domain, 2_000, every, spared);
        assert!(archive.rest.len() + 300 < archive.whole.len(), "much is archived: {}", archive.rest.len());
        for projection in domain.projections.iter().filter(|projection| projection.name() != "statement") {
            let name = projection.name();
            let (live, rebuilt) = (folded(&domain, name, &archive.whole), folded(&domain, name, &archive.rest));
            for (live, rebuilt) in rows_of(&domain, name, &live).into_iter().zip(rows_of(&domain, name, &rebuilt)) {
                assert_eq!(rebuilt, live, "{name}, a period every {every} events");
            }
        }
    }
}

#[test]
fn statements_rebuilt_from_the_rest_open_with_the_sum_of_what_is_gone() {
    let domain = bank::domain().expect("the domain is sound");
    let archive = Archive::new(&domain, 2_000, 700, 1);
    let live = folded(&domain, "statement", &archive.whole);
    let rebuilt = folded(&domain, "statement", &archive.rest);
    let heads: Vec<StatementHead> = typed(&live);
    assert_eq!(typed::<StatementHead>(&rebuilt), heads, "every statement ends with the same line and balance");
    assert!(rebuilt.row_count(&STATEMENT) < live.row_count(&STATEMENT), "lines are gone");
    let (live, rebuilt): (Vec<StatementLine>, Vec<StatementLine>) = (typed(&live), typed(&rebuilt));
    for head in heads {
        let of = |lines: &[StatementLine]| -> Vec<StatementLine> {
            lines.iter().filter(|line| line.account_id == head.account_id).cloned().collect()
        };
        let (live, mut rebuilt) = (of(&live), of(&rebuilt));
        let gone = live.len() - rebuilt.len();
        if rebuilt[0].event_type == "PeriodOpened" {
            let opening = rebuilt.remove(0);
            assert_eq!((opening.amount, opening.balance), (live[gone].balance, live[gone].balance), "{opening:?}");
            assert_eq!(opening.line, live[gone].line, "it stands where the last of them stood");
            assert_eq!(rebuilt, live[gone + 1..], "and all others are as they were");
        } else {
            assert_eq!(rebuilt, live, "nothing of {} is gone", head.account_id);
        }
    }
}

/// At every position the ledger is that of the whole history. A transfer whose debit is gone is still named while it is in
/// flight, as soon as its own stream and its source have both told of it; since when it is in flight is not known any more.
#[test]
fn the_ledger_from_the_rest_is_balanced_and_right_wherever_it_ends() {
    let domain = bank::domain().expect("the domain is sound");
    // Right after some source was debited: while the money is in flight.
    let debited =
        |record: &RecordedEvent| &*record.event_type == "SourceDebited" && record.position.get().is_multiple_of(5);
    let archive = Archive::opening(&domain, 1_200, 0, |_, record| debited(record));
    let ends = archive.whole.iter().enumerate().filter(|(_, record)| {
        matches!(&*record.event_type, "TransferDebited" | "TransferCredited" | "PeriodOpened" | "TransferCompleted")
    });
    let ends: Vec<usize> = ends.map(|(index, _)| index + 1).step_by(2).collect();
    assert!(ends.len() > 40, "many places to end at: {}", ends.len());
    let mut gone_in_flight = 0;
    for end in ends {
        let whole = &archive.whole[..end];
        let rest = rest_of(whole);
        let (live, rebuilt) = (folded(&domain, "trial_balance", whole), folded(&domain, "trial_balance", &rest));
        let lines: Vec<LedgerLine> = typed(&rebuilt);
        assert_eq!(lines, typed::<LedgerLine>(&live), "at position {end}");
        let kept: BTreeSet<u64> = rest.iter().map(|record| record.position.get()).collect();
        let told =
            |kind: &str, id: &str| whole.iter().any(|record| &*record.event_type == kind && record.stream.id() == id);
        let named = |rows: &MemoryRows| -> BTreeMap<String, i64> {
            typed::<FlightLine>(rows).into_iter().map(|flight| (flight.transfer_id, flight.amount)).collect()
        };
        let expected: BTreeMap<String, i64> = typed::<FlightLine>(&live)
            .into_iter()
            .filter(|flight| kept.contains(&flight.position.get()) || told("SourceDebited", &flight.transfer_id))
            .map(|flight| (flight.transfer_id, flight.amount))
            .collect();
        gone_in_flight +=
            typed::<FlightLine>(&live).iter().filter(|flight| !kept.contains(&flight.position.get())).count();
        assert_eq!(named(&rebuilt), expected, "in flight at position {end}");
    }
    assert!(gone_in_flight > 0, "some transfer is in flight whose debit is gone");
}
