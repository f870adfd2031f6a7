//! Given, when, then: every command of journal entries and of the ledger's periods with what it records, and every rule that
//! refuses with how it comes about.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use std::collections::BTreeSet;
use std::fmt::Debug;

use bank::ledger::{self, LedgerDecider, LedgerRejection};
use bank::transaction::{self, TransactionDecider, TransactionEvent, TransactionRejection};
use chrono::Duration;
use desk::{Desk, eur};
use es_core::{CommandDescriptor, Decider, DomainEvent};
use serde_json::{Value, json};

type Entries = Desk<TransactionDecider>;
type Ledgers = Desk<LedgerDecider>;
/// A payload, made with what the aggregate is by then.
type When<D> = (&'static str, fn(&Desk<D>) -> Value);
/// Given, when, and the event type or code that follows.
type Case<D> = (fn() -> Desk<D>, When<D>, &'static str);

fn id() -> Value {
    json!({"transactionId": "J-2001"})
}

fn because() -> Value {
    json!({"transactionId": "J-2001", "reason": "Wrong period"})
}

fn legs(debit: &str, debits: i64, credit: &str, credits: i64) -> Value {
    json!({
        "transactionId": "J-2001", "description": "Capital",
        "postings": [
            {"account": debit, "side": "debit", "amount": eur(debits)},
            {"account": credit, "side": "credit", "amount": eur(credits)},
        ],
    })
}

fn draft() -> Value {
    legs("gl:nostro", 100, "gl:equity", 100)
}

fn approve(desk: &Entries) -> Value {
    json!({"transactionId": "J-2001", "contentHash": desk.state.entry().expect("a draft").content_hash})
}

fn valued(day: &str) -> Value {
    json!({"transactionId": "J-2001", "valueDate": day})
}

fn drafted() -> Entries {
    let mut desk = Entries::new();
    desk.accepts("DraftEntry", draft());
    desk
}

fn submitted() -> Entries {
    let mut desk = drafted();
    desk.accepts("SubmitEntry", id());
    desk.by("checker");
    desk
}

fn approved() -> Entries {
    let mut desk = submitted();
    let hash = approve(&desk);
    desk.accepts("ApproveEntry", hash);
    desk.by("poster");
    desk
}

fn posted() -> Entries {
    let mut desk = approved();
    desk.accepts("PostEntry", id());
    desk.by("checker");
    desk
}

fn late(mut desk: Entries) -> Entries {
    desk.at(Duration::days(30));
    desk
}

fn undone() -> Entries {
    let mut desk = posted();
    desk.accepts("ReverseEntry", because());
    desk
}

fn from_before_days_were_recorded() -> Entries {
    let mut desk = Entries::new();
    let mut old = draft();
    old["draftedBy"] = "maker".into();
    let old = TransactionEvent::decode("EntryDrafted", &old.to_string()).expect("history decodes");
    TransactionDecider::evolve(&mut desk.state, &old);
    desk
}

fn approved_while(ledger: Ledgers) -> Entries {
    let mut desk = approved();
    desk.refer("ledger-general", ledger.state);
    desk
}

const ENTRIES: &[Case<TransactionDecider>] = &[
    (Entries::new, ("DraftEntry", |_| draft()), "EntryDrafted"),
    (drafted, ("SubmitEntry", |_| id()), "EntrySubmitted"),
    (submitted, ("ApproveEntry", approve), "EntryApproved"),
    (approved, ("PostEntry", |_| id()), "EntryPosted"),
    (approved, ("RejectEntry", |_| because()), "EntryRejected"),
    (|| late(approved()), ("ExpireEntry", |_| id()), "EntryExpired"),
    (posted, ("ReverseEntry", |_| because()), "EntryReversed"),
];

const ENTRIES_REFUSE: &[Case<TransactionDecider>] = &[
    (Entries::new, ("SubmitEntry", |_| id()), "entry_not_found"),
    (drafted, ("PostEntry", |_| id()), "wrong_status"),
    (
        Entries::new,
        ("DraftEntry", |_| {
            let one = legs("gl:nostro", 1, "gl:equity", 1)["postings"][0].clone();
            let other = legs("gl:nostro", 1, "gl:equity", 1)["postings"][1].clone();
            let mut payload = draft();
            payload["postings"] = json!([one, other]);
            payload["postings"] = Value::Array((0..64).map(|leg| payload["postings"][leg % 2].clone()).collect());
            payload["postings"][63]["amount"] = eur(2);
            payload
        }),
        "unbalanced",
    ),
    (Entries::new, ("DraftEntry", |_| legs("gl:nostro", 1, "account:1", 1)), "customer_account"),
    (Entries::new, ("DraftEntry", |_| legs("gl:transfers-in-transit", 1, "gl:equity", 1)), "control_account"),
    (
        || {
            let mut desk = submitted();
            desk.by("maker");
            desk
        },
        ("ApproveEntry", approve),
        "same_person",
    ),
    (
        submitted,
        ("ApproveEntry", |_| json!({"transactionId": "J-2001", "contentHash": "0".repeat(64)})),
        "content_changed",
    ),
    (|| late(approved()), ("PostEntry", |_| id()), "entry_expired"),
    (approved, ("ExpireEntry", |_| id()), "entry_not_due"),
    (from_before_days_were_recorded, ("ExpireEntry", |_| id()), "no_expiry"),
    (approved, ("PostEntry", |_| valued("2031-04-02")), "value_date_out_of_range"),
    (|| approved_while(closed()), ("PostEntry", |_| valued("2031-04-30")), "period_closed"),
    (undone, ("ReverseEntry", |_| because()), "already_reversed"),
];

/// Two legs at least and 64 at most are the shape's business already; the rule stands behind it.
const BY_SHAPE: &[&str] = &["leg_count"];

fn close(day: &str) -> Value {
    json!({"ledger": "general", "through": day, "reason": "April is reconciled"})
}

fn reopen(day: &str) -> Value {
    json!({"ledger": "general", "from": day, "reason": "An invoice arrived late"})
}

fn hash(desk: &Ledgers) -> Value {
    let proposal = desk.state.proposal.as_ref();
    json!({"ledger": "general", "contentHash": proposal.map_or_else(|| "0".repeat(64), |p| p.content_hash.clone())})
}

fn decline(desk: &Ledgers) -> Value {
    let mut payload = hash(desk);
    payload["reason"] = "Suspense is not cleared".into();
    payload
}

fn closing() -> Ledgers {
    let mut desk = Ledgers::new();
    desk.accepts("ClosePeriod", close("2031-04-30"));
    desk
}

fn seen_by_a_second() -> Ledgers {
    let mut desk = closing();
    desk.by("checker");
    desk
}

fn closed() -> Ledgers {
    let mut desk = seen_by_a_second();
    let hash = hash(&desk);
    desk.accepts("ApprovePeriodChange", hash);
    desk.by("maker");
    desk
}

fn reopening() -> Ledgers {
    let mut desk = closed();
    desk.accepts("ReopenPeriod", reopen("2031-04-15"));
    desk.by("checker");
    desk
}

const PERIODS: &[Case<LedgerDecider>] = &[
    (Ledgers::new, ("ClosePeriod", |_| close("2031-05-03")), "PeriodChangeProposed"),
    (closed, ("ReopenPeriod", |_| reopen("2031-04-30")), "PeriodChangeProposed"),
    (seen_by_a_second, ("ApprovePeriodChange", hash), "PeriodClosed"),
    (reopening, ("ApprovePeriodChange", hash), "PeriodReopened"),
    (seen_by_a_second, ("DeclinePeriodChange", decline), "PeriodChangeDeclined"),
    (closing, ("DeclinePeriodChange", decline), "PeriodChangeDeclined"),
];

const PERIODS_REFUSE: &[Case<LedgerDecider>] = &[
    (Ledgers::new, ("ClosePeriod", |_| close("2031-05-04")), "period_not_over"),
    (closed, ("ClosePeriod", |_| close("2031-04-30")), "already_closed"),
    (closed, ("ReopenPeriod", |_| reopen("2031-05-01")), "not_closed"),
    (closing, ("ClosePeriod", |_| close("2031-05-03")), "proposal_pending"),
    (Ledgers::new, ("ApprovePeriodChange", hash), "no_proposal"),
    (
        seen_by_a_second,
        (
            "DeclinePeriodChange",
            |_| json!({"ledger": "general", "contentHash": "0".repeat(64), "reason": "Not what I have seen"}),
        ),
        "proposal_changed",
    ),
    (closing, ("ApprovePeriodChange", hash), "same_person"),
];

fn all_record<D: Decider>(cases: &[Case<D>], commands: &[CommandDescriptor])
where
    D::Event: Debug + Clone + PartialEq,
    D::State: Debug + PartialEq,
{
    let mut shown = BTreeSet::new();
    for (given, (command, payload), event_type) in cases {
        let mut desk = given();
        let payload = payload(&desk);
        desk.records(command, payload, event_type);
        shown.insert(*command);
    }
    let all: BTreeSet<&str> = commands.iter().map(|command| command.command_type).collect();
    assert_eq!(shown, all, "every command is shown to succeed");
}

fn all_refuse<D: Decider>(cases: &[Case<D>], codes: &[&'static str], by_shape: &[&'static str])
where
    D::Event: Debug + Clone + PartialEq,
    D::State: Debug + PartialEq,
{
    let mut produced: BTreeSet<&str> = by_shape.iter().copied().collect();
    for (given, (command, payload), code) in cases {
        let mut desk = given();
        let payload = payload(&desk);
        let rejection = desk.refuses(command, payload, code);
        assert!(rejection.message.ends_with(['.', ';']), "{rejection:?} is a sentence");
        assert!(produced.insert(code), "{code} is shown once");
    }
    let all: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(produced, all, "every rule is shown to refuse, and no other code exists");
    assert_eq!(codes.len(), all.len(), "each rule has a code of its own");
}

#[test]
fn every_command_to_an_entry_records_what_follows() {
    all_record(ENTRIES, &transaction::command_descriptors());
}

#[test]
fn every_rule_of_entries_refuses_and_changes_nothing() {
    all_refuse(ENTRIES_REFUSE, TransactionRejection::CODES, BY_SHAPE);
}

#[test]
fn every_command_to_the_ledger_records_what_follows() {
    all_record(PERIODS, &ledger::command_descriptors());
}

#[test]
fn every_rule_of_the_ledgers_periods_refuses_and_changes_nothing() {
    all_refuse(PERIODS_REFUSE, LedgerRejection::CODES, &[]);
}

/// The rule behind the shape, without the shape.
#[test]
fn an_entry_with_one_leg_is_refused_even_if_its_shape_was_not_looked_at() {
    let command = bank::transaction::DraftEntry {
        transaction_id: "J-2001".parse().expect("an id"),
        description: "Capital".to_owned(),
        postings: serde_json::from_value(json!([draft()["postings"][0]])).expect("a leg"),
    };
    let desk = Entries::new();
    let refused = TransactionDecider::decide(&desk.state, &command.into(), &desk.context(), &desk.references);
    assert_eq!(refused, Err(TransactionRejection::LegCount { count: 1, fewest: 2, most: 64 }));
}

#[test]
fn closed_days_take_no_posting_and_open_ones_do() {
    let mut desk = approved_while(closed());
    let rejection = desk.refuses("PostEntry", valued("2031-04-30"), "period_closed");
    let told = (&*rejection.details["valueDate"], &*rejection.details["closedThrough"]);
    assert_eq!(told, ("2031-04-30", "2031-04-30"));
    desk.records("PostEntry", valued("2031-05-01"), "EntryPosted");
    approved_while(closed()).records("PostEntry", id(), "EntryPosted");
    // What is about to be closed takes none either; what is about to be reopened stays closed until it is.
    approved_while(closing()).refuses("PostEntry", valued("2031-04-30"), "period_closed");
    approved_while(reopening()).refuses("PostEntry", valued("2031-04-15"), "period_closed");
    let mut reopened = reopening();
    let hash = hash(&reopened);
    reopened.accepts("ApprovePeriodChange", hash);
    let mut desk = approved_while(reopened);
    desk.refuses("PostEntry", valued("2031-04-14"), "period_closed");
    desk.records("PostEntry", valued("2031-04-15"), "EntryPosted");
    let mut declined = closing();
    let decline = decline(&declined);
    declined.accepts("DeclinePeriodChange", decline);
    approved_while(declined).records("PostEntry", valued("2031-04-30"), "EntryPosted");
}

#[test]
fn an_approval_is_bound_to_what_was_closed_when_it_was_proposed() {
    let first = hash(&closing());
    let mut other_person = Ledgers::new();
    other_person.by("assistant").accepts("ClosePeriod", close("2031-04-30"));
    assert_ne!(hash(&other_person), first, "who proposes is part of it");
    let mut later = closed();
    later.accepts("ClosePeriod", close("2031-05-03"));
    assert_ne!(hash(&later), first, "and the days are");
    later.changes_nothing("ClosePeriod", close("2031-05-03"));
    later.by("checker").refuses("ApprovePeriodChange", first, "proposal_changed");
}
