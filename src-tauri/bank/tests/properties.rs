//! Whatever is asked of an account, in whatever order: the promises that must hold all the same.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod cases;
mod desk;

use std::collections::BTreeMap;

use bank::account::{AccountDecider, AccountEvent, AccountState};
use bank::posting::{PostingAccount, Side};
use chrono::{Datelike, Duration, NaiveDate};
use desk::accounts::{account, open_payload, unopened};
use desk::{Desk, eur};
use es_core::DomainEvent;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Something that may be asked, at some time.
#[derive(Debug, Clone)]
struct Ask {
    command: &'static str,
    payload: Value,
    minutes: i64,
}

const EXPIRIES: [&str; 3] = ["2031-05-04T10:00:00Z", "2031-05-05T00:00:00Z", "2031-06-01T00:00:00Z"];

/// Commands with how often they are asked: what stops everything else (freezing, closing) is rare.
const KINDS: [(u32, &str); 26] = [
    (6, "Deposit"),
    (5, "Withdraw"),
    (12, "PlaceHold"),
    (4, "ChangeHold"),
    (4, "CaptureHold"),
    (3, "ReleaseHold"),
    (10, "ExpireHold"),
    (10, "DebitForTransfer"),
    (3, "CreditFromTransfer"),
    (9, "ReturnTransferDebit"),
    (3, "ChargeFee"),
    (8, "SetOverdraft"),
    (2, "ApproveOverdraft"),
    (1, "DeclineOverdraft"),
    (1, "FreezeAccount"),
    (4, "UnfreezeAccount"),
    (2, "SetLimits"),
    (1, "MarkDormant"),
    (4, "Reactivate"),
    (3, "SetInterestRate"),
    (6, "AccrueInterest"),
    (6, "PostInterest"),
    (2, "SettleInterest"),
    (5, "OpenPeriod"),
    (3, "RecordLinkToCustomer"),
    (1, "CloseAccount"),
];

/// Few amounts and few ids, so that commands meet each other.
fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let kinds = prop::sample::select(
        KINDS.iter().flat_map(|(often, kind)| std::iter::repeat_n(*kind, *often as usize)).collect::<Vec<_>>(),
    );
    let cents = prop::sample::select(vec![1_i64, 100, 100, 100, 250, 400]);
    // Now and then half a day passes, so that days are over and can earn.
    let minutes = prop_oneof![14 => 0_i64..40, 1 => Just(721)];
    let ask = (kinds, cents, 0_usize..5, 0_usize..3, minutes).prop_map(|(command, cents, id, expiry, minutes)| Ask {
        command,
        payload: payload(command, cents, id, expiry),
        minutes,
    });
    prop::collection::vec(ask, 1..80)
}

fn payload(command: &str, cents: i64, id: usize, expiry: usize) -> Value {
    let mut payload = json!({"accountId": "100234"});
    let mut with = |key: &str, value: Value| payload[key] = value;
    match command {
        // Every third is so high that it needs a second person.
        "SetOverdraft" => with("overdraftLimit", eur(if expiry == 0 { 5_000_000 + cents } else { cents - 1 })),
        // The proposal's own hash is put in when it is known.
        "ApproveOverdraft" => with("contentHash", json!("0".repeat(64))),
        "DeclineOverdraft" => {
            with("contentHash", json!("0".repeat(64)));
            with("reason", json!("No need"));
        }
        "OpenPeriod" => with("periodFrom", json!(["2031-05-04", "2031-05-05", "2031-05-06"][expiry])),
        "CloseAccount" | "MarkDormant" | "Reactivate" => with("reason", json!("Gone")),
        "SetLimits" => {
            with("perTransaction", eur([249, 250, 1_000][expiry]));
            with("perDay", eur([400, 700, 2_000][expiry]));
            with("perMonth", eur([600, 1_400, 5_000][expiry]));
        }
        "SetInterestRate" => {
            with("ratePartsPerMillion", json!("1000000"));
            with("dayCount", json!("ACT/360"));
            with("validFrom", json!(["2031-05-04", "2031-05-05", "2031-05-06"][expiry]));
        }
        "AccrueInterest" | "SettleInterest" => {
            with("through", json!(["2031-05-04", "2031-05-05", "2031-05-06"][expiry]))
        }
        "PostInterest" | "RecordLinkToCustomer" => {}
        "FreezeAccount" | "UnfreezeAccount" => with("caseId", json!(format!("CASE-{id}"))),
        "ReleaseHold" | "ExpireHold" => with("holdId", json!(format!("H-{id}"))),
        _ => with("amount", eur(cents)),
    }
    match command {
        "PlaceHold" | "ChangeHold" => {
            with("holdId", json!(format!("H-{id}")));
            with("expiresAt", json!(EXPIRIES[expiry]));
        }
        "CaptureHold" => with("holdId", json!(format!("H-{id}"))),
        "DebitForTransfer" => {
            with("transferId", json!(format!("T-{id}")));
            with("holdId", json!(format!("H-{id}")));
        }
        "CreditFromTransfer" | "ReturnTransferDebit" => with("transferId", json!(format!("T-{id}"))),
        "ChargeFee" => with("text", json!("Fee")),
        _ => {}
    }
    match command {
        "PlaceHold" => with("purpose", json!("Card payment")),
        "ReleaseHold" | "ReturnTransferDebit" | "FreezeAccount" => with("reason", json!("As agreed")),
        _ => {}
    }
    // What comes back of a transfer has to be what was taken, so the fee goes by the transfer. Its hold has room for it.
    match command {
        "DebitForTransfer" | "ReturnTransferDebit" if id > 0 => with("fee", eur(10)),
        "PlaceHold" if id > 0 => with("amount", eur(cents + 10)),
        _ => {}
    }
    payload
}

/// Hands in what is asked. Proposals are approved and declined by somebody else, as they are.
fn hand_in(desk: &mut Desk<AccountDecider>, ask: &Ask) -> Result<Vec<AccountEvent>, es_core::Rejection> {
    let mut payload = ask.payload.clone();
    let second = matches!(ask.command, "ApproveOverdraft" | "DeclineOverdraft");
    let proposal = desk.state.account().and_then(|account| account.overdraft_proposal.as_ref());
    if let (true, Some(proposal)) = (second, proposal) {
        payload["contentHash"] = json!(proposal.content_hash);
    }
    desk.by(if second { "checker" } else { "maker" }).hand_in(ask.command, &payload)
}

/// Runs what is asked; after each accepted command the check sees the account and the new events.
fn run(asks: &[Ask], mut check: impl FnMut(&mut Desk<AccountDecider>, &[AccountEvent])) -> Vec<AccountEvent> {
    let mut desk = unopened();
    desk.accepts("OpenAccount", open_payload());
    let mut all = Vec::new();
    for ask in asks {
        let passed = desk.now - desk::start() + Duration::minutes(ask.minutes);
        desk.at(passed);
        if let Ok(events) = hand_in(&mut desk, ask) {
            check(&mut desk, &events);
            all.extend(events);
        }
        // What was booked last, or a little before, may be undone.
        let back = usize::try_from(ask.minutes / 10).expect("time passes forward");
        let reversible = all.iter().rev().filter_map(AccountEvent::entry).nth(back).map(|entry| entry.entry_id);
        if let (Some(entry), true) = (reversible, ask.minutes % 5 == 0) {
            let undo = json!({"accountId": "100234", "entryId": entry, "reason": "Mistake"});
            let command = if ask.minutes % 10 == 0 { "WaiveFee" } else { "ReversePosting" };
            if let Ok(events) = desk.hand_in(command, &undo) {
                check(&mut desk, &events);
                all.extend(events);
            }
        }
    }
    all
}

fn resolved_hold(event: &AccountEvent) -> Option<&str> {
    match event {
        AccountEvent::HoldCaptured(e) => Some(e.hold_id.as_str()),
        AccountEvent::HoldReleased(e) => Some(e.hold_id.as_str()),
        AccountEvent::HoldExpired(e) => Some(e.hold_id.as_str()),
        AccountEvent::TransferDebited(e) => Some(e.hold_id.as_str()),
        _ => None,
    }
}

/// What must not be asked of a hold that is gone: to end in any way, or to be placed again.
fn once_more(hold: &str) -> [(&'static str, Value); 5] {
    let of = |more: Value| {
        let mut payload = json!({"accountId": "100234", "holdId": hold});
        payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        payload
    };
    [
        ("CaptureHold", of(json!({"amount": eur(1)}))),
        ("ReleaseHold", of(json!({"reason": "Once more"}))),
        ("ExpireHold", of(json!({}))),
        ("DebitForTransfer", of(json!({"transferId": "T-AGAIN", "amount": eur(1)}))),
        ("PlaceHold", of(json!({"amount": eur(1), "expiresAt": "2031-06-01T00:00:00Z", "purpose": "Once more"}))),
    ]
}

/// What a customer has spent, by day, from the events alone.
#[derive(Default)]
struct Spent {
    days: BTreeMap<NaiveDate, i64>,
    holds: BTreeMap<String, (NaiveDate, i64)>,
    entries: BTreeMap<String, (NaiveDate, i64)>,
}

impl Spent {
    fn take(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::MoneyWithdrawn(e) => self.debit(e.entry_id.to_string(), e.booking_date, e.amount.minor()),
            AccountEvent::HoldPlaced(e) => {
                let day = e.placed_on.expect("a hold says when it was placed");
                self.holds.insert(e.hold_id.to_string(), (day, e.amount.minor()));
                *self.days.entry(day).or_default() += e.amount.minor();
            }
            AccountEvent::HoldChanged(e) => {
                let (day, held) = self.holds[e.hold_id.as_str()];
                self.holds.insert(e.hold_id.to_string(), (day, e.amount.minor()));
                *self.days.entry(day).or_default() += e.amount.minor() - held;
            }
            AccountEvent::HoldReleased(e) => drop(self.end(e.hold_id.as_str())),
            AccountEvent::HoldExpired(e) => drop(self.end(e.hold_id.as_str())),
            AccountEvent::HoldCaptured(e) => {
                let day = self.end(e.hold_id.as_str());
                self.debit(e.entry_id.to_string(), day, e.amount.minor());
            }
            AccountEvent::TransferDebited(e) => {
                let day = self.end(e.hold_id.as_str());
                self.debit(e.transfer_id.to_string(), day, e.amount.minor());
            }
            AccountEvent::TransferDebitReturned(e) => self.undo(e.transfer_id.as_str()),
            AccountEvent::PostingReversed(e) => self.undo(&e.original_entry_id.to_string()),
            _ => {}
        }
    }

    fn debit(&mut self, id: String, day: NaiveDate, cents: i64) {
        self.entries.insert(id, (day, cents));
        *self.days.entry(day).or_default() += cents;
    }

    fn end(&mut self, hold: &str) -> NaiveDate {
        let (day, held) = self.holds.remove(hold).expect("the hold was placed");
        *self.days.entry(day).or_default() -= held;
        day
    }

    fn undo(&mut self, id: &str) {
        if let Some((day, cents)) = self.entries.remove(id) {
            *self.days.entry(day).or_default() -= cents;
        }
    }
}

/// A property over commands that are all refused would hold and say nothing.
#[test]
fn what_is_asked_reaches_every_kind_of_event() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..300 {
        let asks = asks().new_tree(&mut runner).expect("a sequence").current();
        for event in run(&asks, |_, _| {}) {
            *seen.entry(event.event_type().0).or_default() += 1;
        }
    }
    // The opening comes before everything, and what a process records of the owner moves nothing.
    let others = ["AccountOpened", "LinkToCustomerRefused", "UnlinkedFromCustomer"];
    for (event_type, _) in AccountEvent::CURRENT.iter().filter(|(event_type, _)| !others.contains(event_type)) {
        assert!(seen.contains_key(event_type), "{event_type} never happened: {seen:?}");
    }
}

proptest! {
    #![proptest_config(cases::cases())]

    #[test]
    fn available_never_below_limit(asks in asks()) {
        run(&asks, |desk, events| {
            let account = account(desk);
            assert!(!account.available.is_negative(), "{} is available after {events:?}", account.available);
            let held: i64 = account.open_holds().map(|(_, hold)| hold.amount.minor()).sum();
            assert_eq!(account.held.minor(), held, "held is the sum of the open holds");
            let limit = account.overdraft_limit.money().minor();
            assert_eq!(account.available.minor(), account.settled.minor() - held + limit);
        });
    }

    #[test]
    fn no_hold_resolved_twice(asks in asks()) {
        let mut open: BTreeMap<String, bool> = BTreeMap::new();
        run(&asks, |desk, events| {
            for event in events {
                if let AccountEvent::HoldPlaced(placed) = event {
                    assert_eq!(open.insert(placed.hold_id.to_string(), true), None, "an id is used once: {event:?}");
                }
                if let Some(hold) = resolved_hold(event) {
                    assert_eq!(open.insert(hold.to_owned(), false), Some(true), "resolved while open, once: {event:?}");
                    for (command, payload) in once_more(hold) {
                        assert!(desk.hand_in(command, &payload).is_err(), "{command} comes after {event:?}");
                    }
                }
            }
        });
    }

    #[test]
    fn every_money_event_balances_and_the_balance_is_the_sum_of_its_postings(asks in asks()) {
        let mut settled = 0_i64;
        run(&asks, |desk, events| {
            for event in events {
                let text = event.encode().expect("encodes");
                let payload: Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(event.entry().is_some(), payload.get("postings").is_some(), "{text}");
                let Some(entry) = event.entry() else { continue };
                let signed = |side: Side, minor: i64| if side == Side::Debit { -minor } else { minor };
                let sum: i64 = entry.postings.iter().map(|leg| signed(leg.side, leg.amount.minor())).sum();
                assert_eq!(sum, 0, "debits equal credits in {text}");
                let own = |leg: &&bank::posting::Posting| matches!(leg.account, PostingAccount::Customer(_));
                settled += entry.postings.iter().filter(own).map(|leg| signed(leg.side, leg.amount.minor())).sum::<i64>();
            }
            assert_eq!(account(desk).settled.minor(), settled);
        });
    }

    /// Recalculated from the events alone; and what is let through fits the limits of that moment.
    #[test]
    fn what_is_spent_is_counted_exactly_and_fits_the_limits(asks in asks()) {
        let mut spent = Spent::default();
        run(&asks, |desk, events| {
            let account = account(desk);
            for event in events {
                spent.take(event);
                let spends = match event {
                    AccountEvent::MoneyWithdrawn(e) => Some((e.amount.minor(), e.booking_date)),
                    AccountEvent::HoldPlaced(e) => Some((e.amount.minor(), e.placed_on.expect("a day"))),
                    _ => None,
                };
                let Some((cents, day)) = spends else { continue };
                let month: i64 = spent.days.iter().filter(|(other, _)| other.month() == day.month()).map(|(_, c)| c).sum();
                let limits = &account.spending;
                let uses = [(limits.per_transaction, cents), (limits.per_day, spent.days[&day]), (limits.per_month, month)];
                for (limit, used) in uses {
                    assert!(limit.is_none_or(|limit| used <= limit.money().minor()), "{used} beyond {limit:?}: {event:?}");
                }
            }
            let counted: BTreeMap<_, _> = account.spending.used.iter().map(|(day, used)| (*day, used.minor())).collect();
            let expected: BTreeMap<_, _> = spent.days.iter().filter(|(_, c)| **c != 0).map(|(day, c)| (*day, *c)).collect();
            assert_eq!(counted, expected, "after {events:?}");
        });
    }

    #[test]
    fn no_entry_is_undone_twice(asks in asks()) {
        let events = run(&asks, |_, _| {});
        let mut undone = std::collections::BTreeSet::new();
        for event in &events {
            let original = match event {
                AccountEvent::PostingReversed(reversal) => reversal.original_entry_id,
                AccountEvent::FeeWaived(waiver) => waiver.original_entry_id,
                _ => continue,
            };
            assert!(undone.insert(original), "{original} undone twice");
        }
    }

    /// An entry is made once for each command, a hold placed once, and a transfer's step done once: at once and whatever has
    /// happened since.
    #[test]
    fn retry_changes_nothing(asks in asks()) {
        let steps = ["DebitForTransfer", "CreditFromTransfer", "ReturnTransferDebit"];
        let mut desk = unopened();
        desk.accepts("OpenAccount", open_payload());
        desk.accepts("Deposit", json!({"accountId": "100234", "amount": eur(2_000)}));
        let mut done: Vec<&Ask> = Vec::new();
        for (at, ask) in asks.iter().enumerate() {
            let passed = desk.now - desk::start() + Duration::minutes(ask.minutes);
            desk.at(passed);
            if let Ok(events) = hand_in(&mut desk, ask) {
                if events.iter().any(|event| event.entry().is_some()) {
                    desk.command_number -= 1;
                    desk.changes_nothing(ask.command, ask.payload.clone());
                }
                if steps.contains(&ask.command) || ask.command == "PlaceHold" {
                    desk.changes_nothing(ask.command, ask.payload.clone());
                }
                done.extend(steps.contains(&ask.command).then_some(ask));
            }
            if !done.is_empty() {
                let again = done[at % done.len()];
                desk.changes_nothing(again.command, again.payload.clone());
            }
        }
    }

    /// History cannot be refused: events in any order and from any account neither panic nor break the sums.
    #[test]
    fn evolve_is_total(asks in asks(), order in any::<prop::sample::Index>()) {
        let mut events = run(&asks, |_, _| {});
        prop_assume!(!events.is_empty());
        let turn = order.index(events.len());
        events.rotate_left(turn);
        let mut desk = unopened();
        for event in &events {
            <AccountDecider as es_core::Decider>::evolve(&mut desk.state, event);
        }
        drop(desk.hand_in("OpenAccount", &open_payload()));
        for event in events.iter().rev() {
            <AccountDecider as es_core::Decider>::evolve(&mut desk.state, event);
        }
        if let Some(account) = desk.state.account() {
            let held: i64 = account.open_holds().map(|(_, hold)| hold.amount.minor()).sum();
            prop_assert_eq!(account.held.minor(), held, "held is the sum of the open holds, whatever happened");
        }
        let json = serde_json::to_string(&desk.state).expect("a state can be written");
        prop_assert!(json.len() < 200_000, "a state stays bounded");
    }

    /// However an account's books were carried forward: what is folded from the last period alone is all that it is.
    #[test]
    fn folding_from_a_period_equals_folding_everything(asks in asks()) {
        let events = whole_history(&asks);
        let everything = fold(&events);
        for (index, _) in events.iter().enumerate().filter(|(_, event)| matches!(event, AccountEvent::PeriodOpened(_))) {
            prop_assert_eq!(json_of(&fold(&events[index..])), json_of(&everything), "from event {} on", index);
            // The event itself adds nothing but its number and its day: it carries what was there, to the last fraction.
            let (mut before, mut after) = (json_of(&fold(&events[..index])), json_of(&fold(&events[..=index])));
            prop_assert_eq!(after["changes"].as_u64(), before["changes"].as_u64().map(|changes| changes + 1));
            for state in [&mut before, &mut after] {
                OF_THE_PERIOD.iter().chain(&["changes"]).for_each(|key| drop(state[*key].take()));
            }
            prop_assert_eq!(after, before, "event {} carries everything", index);
        }
    }

    #[test]
    fn carried_totals_balance_and_end_at_the_settled_balance(asks in asks()) {
        for event in whole_history(&asks) {
            let AccountEvent::PeriodOpened(opened) = &event else { continue };
            let sum = |of: fn(&bank::account::PostingTotal) -> i128| -> i128 { opened.carried_forward.iter().map(of).sum() };
            prop_assert_eq!(sum(|total| total.debits.0), sum(|total| total.credits.0), "{:?}", opened.carried_forward);
            let own = opened.total(&PostingAccount::Customer(opened.account_id.clone()), opened.currency);
            let own = own.map_or(0, |total| total.credits.0 - total.debits.0);
            prop_assert_eq!(own, i128::from(opened.settled.minor()));
        }
    }

    /// A snapshot anywhere, then the rest: the same as everything from the beginning.
    #[test]
    fn snapshot_equals_replay(asks in asks(), at in any::<prop::sample::Index>()) {
        let events = whole_history(&asks);
        let cut = at.index(events.len() + 1);
        let mut restored: AccountState = serde_json::from_value(json_of(&fold(&events[..cut]))).expect("a snapshot");
        events[cut..].iter().for_each(|event| <AccountDecider as es_core::Decider>::evolve(&mut restored, event));
        prop_assert_eq!(&restored, &fold(&events), "snapshot after {} of {} events", cut, events.len());
        prop_assert_eq!(json_of(&restored), json_of(&fold(&events)));
    }

    /// As it was at any version, found from the newest snapshot or period before it: the same as replaying up to there what has
    /// happened, and nothing that was carried forward.
    #[test]
    fn as_of_equals_prefix_replay(asks in asks(), at in any::<prop::sample::Index>(), back in 0_usize..20) {
        let events = whole_history(&asks);
        // Right after each period, and anywhere.
        let opened = events.iter().zip(1..).filter(|(event, _)| matches!(event, AccountEvent::PeriodOpened(_)));
        for version in opened.map(|(_, version)| version).chain([at.index(events.len() + 1)]) {
            let replayed = apart_from_periods(&fold(&never_carried_forward(&events[..version])));
            let snapshot = version.saturating_sub(back);
            let mut found: AccountState = serde_json::from_value(json_of(&fold(&events[..snapshot]))).expect("a snapshot");
            events[snapshot..version].iter().for_each(|e| <AccountDecider as es_core::Decider>::evolve(&mut found, e));
            prop_assert_eq!(apart_from_periods(&found), replayed.clone(), "version {} from a snapshot at {}", version, snapshot);
            let period = events[..version].iter().rposition(|event| matches!(event, AccountEvent::PeriodOpened(_)));
            if let Some(period) = period {
                let found = apart_from_periods(&fold(&events[period..version]));
                prop_assert_eq!(found, replayed, "version {} from its period", version);
            }
        }
    }
}

/// The events of what is asked, the opening of the account included, each written and read again.
fn whole_history(asks: &[Ask]) -> Vec<AccountEvent> {
    let mut events = unopened().accepts("OpenAccount", open_payload());
    events.extend(run(asks, |_, _| {}));
    let read = |event: &AccountEvent| {
        AccountEvent::decode(event.event_type().0, &event.encode().expect("encodes")).expect("decodes")
    };
    events.iter().map(read).collect()
}

fn fold(events: &[AccountEvent]) -> AccountState {
    let mut state = AccountState::default();
    events.iter().for_each(|event| <AccountDecider as es_core::Decider>::evolve(&mut state, event));
    state
}

/// What tells an account's periods apart, and nothing else about it.
const OF_THE_PERIOD: [&str; 3] = ["periodFrom", "periodChange", "outgrownOn"];

fn apart_from_periods(state: &AccountState) -> Value {
    let mut json = json_of(state);
    OF_THE_PERIOD.iter().for_each(|key| drop(json.get_mut(*key).map(Value::take)));
    json
}

/// In place of each period an event that changes nothing and counts, too: the end of a case that never was.
fn never_carried_forward(events: &[AccountEvent]) -> Vec<AccountEvent> {
    let ended = r#"{"accountId":"100234","caseId":"NEVER"}"#;
    let ended = AccountEvent::decode("AccountUnfrozen", ended).expect("decodes");
    let is_period = |event: &AccountEvent| matches!(event, AccountEvent::PeriodOpened(_));
    events.iter().map(|event| if is_period(event) { ended.clone() } else { event.clone() }).collect()
}

fn json_of(state: &AccountState) -> Value {
    serde_json::to_value(state).expect("a state can be written")
}
