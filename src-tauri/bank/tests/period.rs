//! Periods of accounts' books: what is archived before them is not missed, neither by the accounts nor by the read models.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod desk;
mod simulated;

use std::collections::{BTreeMap, BTreeSet};

use bank::account::{AccountDecider, AccountEvent, AccountState};
use bank::projections::{
    ActivityLine, AuditLine, FlightLine, HoldRecord, LedgerLine, LimitUseLine, LimitsLine, STATEMENT, StatementHead,
    StatementLine, TableRow,
};
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

/// Read models whose rows tell how things stand; the others also tell how they came about, as far as their events are there.
const OF_STATE: [&str; 6] = ["accounts", "transfers", "trial_balance", "customers", "open_transfers", "orders"];

fn archives(domain: &Domain) -> Vec<Archive> {
    let archives = [(1_999, 0), (700, 1), (251, 2)].map(|(every, spared)| Archive::new(domain, 2_000, every, spared));
    for archive in &archives {
        assert!(archive.rest.len() + 300 < archive.whole.len(), "much is archived: {}", archive.rest.len());
    }
    archives.into()
}

#[test]
fn every_read_model_of_state_rebuilt_from_the_rest_equals_the_live_one() {
    let domain = bank::domain().expect("the domain is sound");
    let histories = ["statement", "holds", "limits", "daily_activity", "audit"];
    let known: BTreeSet<_> = domain.projections.iter().map(|projection| projection.name()).collect();
    assert_eq!(known, OF_STATE.into_iter().chain(histories).collect(), "each is tested here, in one way or the other");
    for (number, archive) in archives(&domain).iter().enumerate() {
        for name in OF_STATE {
            let (live, rebuilt) = (folded(&domain, name, &archive.whole), folded(&domain, name, &archive.rest));
            for (live, rebuilt) in rows_of(&domain, name, &live).into_iter().zip(rows_of(&domain, name, &rebuilt)) {
                assert_eq!(rebuilt, live, "{name}, archive {number}");
            }
        }
    }
}

/// Since when a hold is there is not known of those that a period has carried; all else is.
#[test]
fn open_holds_rebuilt_from_the_rest_are_the_live_ones() {
    let domain = bank::domain().expect("the domain is sound");
    let mut carried = 0;
    for archive in archives(&domain) {
        let (live, rebuilt) = (folded(&domain, "holds", &archive.whole), folded(&domain, "holds", &archive.rest));
        let (live, rebuilt): (Vec<HoldRecord>, Vec<HoldRecord>) = (typed(&live), typed(&rebuilt));
        let known: BTreeMap<_, _> = live.iter().map(|hold| ((&hold.account_id, &hold.hold_id), hold)).collect();
        for hold in &rebuilt {
            let live = known[&(&hold.account_id, &hold.hold_id)];
            let timeless = HoldRecord {
                placed_at: live.placed_at.clone(),
                placed_position: live.placed_position,
                changed_at: live.changed_at.clone(),
                position: live.position,
                ..hold.clone()
            };
            assert_eq!(&timeless, live);
            assert!(hold.placed_position >= live.placed_position, "from the period on at the latest");
            carried += usize::from(hold.placed_position > live.placed_position);
        }
        let open = |holds: &[HoldRecord]| holds.iter().filter(|hold| hold.status == "open").count();
        assert_eq!(open(&rebuilt), open(&live), "no open hold is missing");
        assert!(rebuilt.len() < live.len(), "resolved ones are gone");
    }
    assert!(carried > 0, "some holds are there only because a period carries them");
}

/// Of days that the account itself has forgotten nothing is known; all later ones are as they were.
#[test]
fn limits_rebuilt_from_the_rest_are_the_live_ones() {
    let domain = bank::domain().expect("the domain is sound");
    for archive in archives(&domain) {
        let (live, rebuilt) = (folded(&domain, "limits", &archive.whole), folded(&domain, "limits", &archive.rest));
        let set = |rows: &MemoryRows| -> Vec<_> {
            let lines: Vec<LimitsLine> = typed(rows);
            lines
                .into_iter()
                .map(|line| (line.account_id, line.per_transaction, line.per_day, line.per_month))
                .collect()
        };
        assert!(!set(&live).is_empty(), "some have limits");
        assert_eq!(set(&rebuilt), set(&live));
        let used = |rows: &MemoryRows| -> BTreeMap<(String, String), i64> {
            typed::<LimitUseLine>(rows).into_iter().map(|line| ((line.account_id, line.day), line.used)).collect()
        };
        let (live, rebuilt) = (used(&live), used(&rebuilt));
        let mut states = BTreeMap::new();
        for record in archive.whole.iter().filter(|record| record.stream.category() == "account") {
            evolved(&domain, &mut states, record);
        }
        for account in states.values().filter_map(AccountState::account) {
            for (day, money) in &account.spending.used {
                let key = (account.account_id.to_string(), day.to_string());
                assert_eq!(rebuilt.get(&key), Some(&money.minor()), "{key:?} as the account counts it");
            }
        }
        for (key, used) in &rebuilt {
            assert_eq!(live.get(key), Some(used), "{key:?} as the live one counts it");
        }
    }
}

/// What only tells what happened tells it of what is there.
#[test]
fn activity_and_audit_rebuilt_from_the_rest_tell_of_the_rest_and_of_nothing_twice() {
    let domain = bank::domain().expect("the domain is sound");
    for archive in archives(&domain) {
        let rest: BTreeSet<_> = archive.rest.iter().map(|record| record.position).collect();
        let (live, rebuilt) = (folded(&domain, "audit", &archive.whole), folded(&domain, "audit", &archive.rest));
        let live: Vec<AuditLine> =
            typed::<AuditLine>(&live).into_iter().filter(|line| rest.contains(&line.position)).collect();
        assert_eq!(typed::<AuditLine>(&rebuilt), live, "the trail of what is there");
        let activity = |events| typed::<ActivityLine>(&folded(&domain, "daily_activity", events));
        let (live, rebuilt) = (activity(&archive.whole), activity(&archive.rest));
        let key = |line: &ActivityLine| (line.business_date.clone(), line.currency.clone(), line.kind.clone());
        let live: BTreeMap<_, _> = live.iter().map(|line| (key(line), line)).collect();
        for line in &rebuilt {
            let all = live[&key(line)];
            assert!(line.entries <= all.entries && line.turnover <= all.turnover, "{line:?} is part of {all:?}");
            assert_ne!(line.kind, "PeriodOpened", "nothing is booked by opening a period");
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
