//! Journal entries: from draft to posted and undone, by different people, and each refusal.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use bank::transaction::{EntryStatus, TransactionDecider, TransactionEvent};
use chrono::Duration;
use desk::accounts::field;
use desk::{Desk, eur};
use es_core::{Decider, DomainEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

type Entries = Desk<TransactionDecider>;

fn id() -> Value {
    json!({"transactionId": "J-2001"})
}

fn because() -> Value {
    json!({"transactionId": "J-2001", "reason": "Wrong period"})
}

fn draft(description: &str, debits: i64, credits: i64) -> Value {
    between("gl:nostro", debits, "gl:equity", credits, description)
}

fn between(debit: &str, debits: i64, credit: &str, credits: i64, description: &str) -> Value {
    json!({
        "transactionId": "J-2001", "description": description,
        "postings": [
            {"account": debit, "side": "debit", "amount": eur(debits)},
            {"account": credit, "side": "credit", "amount": eur(credits)},
        ],
    })
}

fn approve(hash: &Value) -> Value {
    json!({"transactionId": "J-2001", "contentHash": hash})
}

fn status(desk: &Entries) -> EntryStatus {
    desk.state.entry().expect("a draft").status
}

fn submitted() -> (Entries, Value) {
    let mut desk = Entries::new();
    desk.accepts("DraftEntry", draft("Capital", 100, 100));
    let hash = field(&desk.records("SubmitEntry", id(), "EntrySubmitted"), "contentHash");
    (desk, hash)
}

fn posted() -> Entries {
    let (mut desk, hash) = submitted();
    desk.by("checker").accepts("ApproveEntry", approve(&hash));
    desk.by("poster").accepts("PostEntry", id());
    desk
}

#[test]
fn an_entry_is_drafted_by_one_and_posted_by_another() {
    let (mut desk, hash) = submitted();
    let rejection = desk.refuses("ApproveEntry", approve(&hash), "same_person");
    assert_eq!((&*rejection.details["actor"], &*rejection.details["earlier"]), ("maker", "drafted"));
    desk.refuses("PostEntry", id(), "wrong_status");
    let event = desk.by("checker").records("ApproveEntry", approve(&hash), "EntryApproved");
    assert_eq!(field(&event, "contentHash"), hash);
    desk.by("maker").refuses("PostEntry", id(), "same_person");
    let rejection = desk.by("checker").refuses("PostEntry", id(), "same_person");
    assert_eq!(rejection.details["earlier"], "approved", "whoever approved cannot post");
    let event = desk.by("poster").records("PostEntry", id(), "EntryPosted");
    assert_eq!(field(&event, "bookingDate"), "2031-05-04");
    assert_eq!(field(&event, "text"), "Capital");
    assert_eq!(status(&desk), EntryStatus::Posted);
    desk.refuses("PostEntry", id(), "wrong_status");
    desk.refuses("RejectEntry", because(), "wrong_status");
}

#[test]
fn whoever_submitted_cannot_approve() {
    let mut desk = Entries::new();
    desk.accepts("DraftEntry", draft("Capital", 100, 100));
    let event = desk.by("submitter").records("SubmitEntry", id(), "EntrySubmitted");
    let rejection = desk.refuses("ApproveEntry", approve(&field(&event, "contentHash")), "same_person");
    assert_eq!(rejection.details["earlier"], "submitted");
}

#[test]
fn a_draft_balances_or_is_refused_with_both_sums() {
    let mut desk = Entries::new();
    let rejection = desk.refuses("DraftEntry", draft("Capital", 100, 99), "unbalanced");
    assert_eq!((&*rejection.details["debits"], &*rejection.details["credits"]), ("1.00 EUR", "0.99 EUR"));
    desk.records("DraftEntry", draft("Capital", 100, 100), "EntryDrafted");
}

#[test]
fn entries_touch_neither_customers_nor_money_in_transit() {
    let mut desk = Entries::new();
    let customer = between("gl:vault-cash", 100, "account:100234", 100, "Gift");
    assert_eq!(desk.refuses("DraftEntry", customer, "customer_account").details["account"], "account:100234");
    let transit = between("gl:transfers-in-transit", 100, "gl:suspense", 100, "Tidy up");
    desk.refuses("DraftEntry", transit, "control_account");
}

#[test]
fn a_draft_can_be_replaced_until_it_is_submitted() {
    let mut desk = Entries::new();
    desk.accepts("DraftEntry", draft("Capital", 100, 100));
    let first = desk.state.entry().expect("a draft").content_hash.clone();
    desk.changes_nothing("DraftEntry", draft("Capital", 100, 100));
    desk.records("DraftEntry", draft("Capital", 200, 200), "EntryDrafted");
    let second = desk.state.entry().expect("a draft").content_hash.clone();
    assert_ne!(first, second, "other content has another hash");
    desk.accepts("SubmitEntry", id());
    desk.refuses("DraftEntry", draft("Capital", 300, 300), "wrong_status");
    desk.refuses("SubmitEntry", id(), "wrong_status");
    let rejection = desk.by("checker").refuses("ApproveEntry", approve(&json!(first)), "content_changed");
    assert_eq!((&rejection.details["approved"], &rejection.details["current"]), (&first, &second));
    desk.accepts("ApproveEntry", approve(&json!(second)));
}

#[test]
fn the_hash_covers_number_description_and_legs() {
    let hash = |payload: Value| {
        let mut desk = Entries::new();
        desk.accepts("DraftEntry", payload);
        desk.state.entry().expect("a draft").content_hash.clone()
    };
    let base = draft("Capital", 100, 100);
    let mut other_number = base.clone();
    other_number["transactionId"] = "J-2002".into();
    let mut other_side = base.clone();
    other_side["postings"][0]["side"] = "credit".into();
    other_side["postings"][1]["side"] = "debit".into();
    let all = [base.clone(), other_number, other_side, draft("Capital!", 100, 100), draft("Capital", 101, 101)];
    let hashes: std::collections::BTreeSet<String> = all.into_iter().map(hash).collect();
    assert_eq!(hashes.len(), 5, "each difference gives another hash");
    assert!(hashes.contains(&hash(base)), "the same content gives the same hash");
}

#[test]
fn a_posted_entry_is_undone_once() {
    let mut desk = posted();
    desk.by("maker").refuses("ReverseEntry", because(), "same_person");
    let original = desk.state.entry().expect("posted").clone();
    let event = desk.by("checker").records("ReverseEntry", because(), "EntryReversed");
    let TransactionEvent::EntryReversed(reversal) = &event else { panic!("a reversal") };
    assert_eq!(reversal.postings, original.postings.mirrored());
    assert_eq!(Some(reversal.original_entry_id), original.entry_id);
    assert_eq!(status(&desk), EntryStatus::Reversed);
    desk.refuses("ReverseEntry", because(), "already_reversed");
}

#[test]
fn a_rejected_entry_is_over() {
    let (mut desk, hash) = submitted();
    desk.refuses("ReverseEntry", because(), "wrong_status");
    desk.by("checker").records("RejectEntry", because(), "EntryRejected");
    desk.refuses("ApproveEntry", approve(&hash), "wrong_status");
    desk.refuses("PostEntry", id(), "wrong_status");
    desk.refuses("SubmitEntry", id(), "wrong_status");
    let rejection = desk.refuses("DraftEntry", draft("Capital", 1, 1), "wrong_status");
    assert_eq!(rejection.details["status"], "rejected");
}

#[test]
fn a_value_date_stays_near_the_booking() {
    let (mut desk, hash) = submitted();
    desk.by("checker").accepts("ApproveEntry", approve(&hash));
    for day in ["2031-04-02", "2031-06-05"] {
        let payload = json!({"transactionId": "J-2001", "valueDate": day});
        desk.by("poster").refuses("PostEntry", payload, "value_date_out_of_range");
    }
    let event = desk.records("PostEntry", json!({"transactionId": "J-2001", "valueDate": "2031-04-30"}), "EntryPosted");
    assert_eq!(field(&event, "valueDate"), "2031-04-30");
}

#[test]
fn nothing_happens_to_an_entry_that_does_not_exist() {
    let hash = json!("0".repeat(64));
    let cases = [
        ("SubmitEntry", id()),
        ("ApproveEntry", approve(&hash)),
        ("PostEntry", id()),
        ("RejectEntry", because()),
        ("ExpireEntry", id()),
        ("ReverseEntry", because()),
    ];
    for (command, payload) in cases {
        Entries::new().refuses(command, payload, "entry_not_found");
    }
}

#[test]
fn an_entry_that_is_not_posted_in_time_expires() {
    let (mut desk, hash) = submitted();
    let rejection = desk.at(Duration::days(29)).refuses("ExpireEntry", id(), "entry_not_due");
    assert_eq!(rejection.details["expiresOn"], "2031-06-03");
    desk.by("checker").accepts("ApproveEntry", approve(&hash));
    let rejection = desk.at(Duration::days(30)).by("poster").refuses("PostEntry", id(), "entry_expired");
    assert_eq!(rejection.details["expiredOn"], "2031-06-03", "also before the expiry is recorded");
    let event = desk.records("ExpireEntry", id(), "EntryExpired");
    assert_eq!(field(&event, "expiredOn"), "2031-06-03");
    for (command, payload) in [
        ("PostEntry", id()),
        ("ExpireEntry", id()),
        ("RejectEntry", because()),
        ("DraftEntry", draft("Capital", 100, 100)),
        ("ReverseEntry", because()),
    ] {
        let rejection = desk.refuses(command, payload, "wrong_status");
        assert_eq!(rejection.details["status"], "expired", "{command}");
    }
    posted().at(Duration::days(99)).refuses("ExpireEntry", id(), "wrong_status");
}

#[test]
fn what_has_run_out_is_neither_submitted_nor_approved_but_can_be_drafted_anew() {
    let mut desk = Entries::new();
    desk.accepts("DraftEntry", draft("Capital", 100, 100));
    desk.at(Duration::days(30)).refuses("SubmitEntry", id(), "entry_expired");
    desk.records("DraftEntry", draft("Capital", 100, 100), "EntryDrafted");
    let hash = field(&desk.records("SubmitEntry", id(), "EntrySubmitted"), "contentHash");
    desk.at(Duration::days(60)).by("checker").refuses("ApproveEntry", approve(&hash), "entry_expired");
    desk.accepts("RejectEntry", because());
}

#[test]
fn a_draft_from_before_days_were_recorded_does_not_expire() {
    let mut desk = Entries::new();
    let mut old = draft("Capital", 100, 100);
    old["draftedBy"] = "maker".into();
    let old = TransactionEvent::decode("EntryDrafted", &old.to_string()).expect("history decodes");
    TransactionDecider::evolve(&mut desk.state, &old);
    desk.at(Duration::days(9_999)).refuses("ExpireEntry", id(), "no_expiry");
    desk.accepts("SubmitEntry", id());
}

proptest! {
    /// Whoever asks for what, and whenever: an entry is posted once, in time, by somebody who neither drafted nor approved it.
    #[test]
    fn no_entry_is_posted_by_one_hand(
        asks in prop::collection::vec((0_usize..6, 0_usize..3, prop::sample::select(vec![0, 0, 0, 1, 20])), 1..40)
    ) {
        let mut desk = Entries::new();
        let (mut drafted_on, mut posted) = (desk.now, 0);
        for (command, actor, days) in asks {
            desk.by(["maker", "checker", "poster"][actor]);
            desk.now += Duration::days(days);
            let hash = desk.state.entry().map(|entry| json!(entry.content_hash)).unwrap_or(json!("0".repeat(64)));
            let (command, payload) = [
                ("DraftEntry", draft("Capital", 100, 100)),
                ("SubmitEntry", id()),
                ("ApproveEntry", approve(&hash)),
                ("PostEntry", id()),
                ("ExpireEntry", id()),
                ("ReverseEntry", because()),
            ][command].clone();
            for event in desk.hand_in(command, &payload).unwrap_or_default() {
                match &event {
                    TransactionEvent::EntryDrafted(_) => drafted_on = desk.now,
                    TransactionEvent::EntryPosted(event) => {
                        posted += 1;
                        let entry = desk.state.entry().expect("posted");
                        prop_assert_ne!(&event.posted_by, &entry.drafted_by);
                        prop_assert_ne!(Some(&event.posted_by), entry.approved_by.as_ref());
                        prop_assert_ne!(Some(&entry.drafted_by), entry.approved_by.as_ref());
                        prop_assert!(desk.now - drafted_on < Duration::days(30), "posted in time");
                    }
                    _ => {}
                }
            }
        }
        prop_assert!(posted <= 1, "posted {posted} times");
    }
}
