//! Customers' rules: each refuses somewhere, and what the newer commands record where they do not.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use std::collections::BTreeSet;

use bank::account::{AccountDecider, AccountEvent, AccountState};
use bank::customer::limits::{MAX_ACCOUNTS, MAX_FREEZE_CASES};
use bank::customer::{CustomerDecider, CustomerEvent, CustomerRejection, CustomerStatus};
use chrono::Duration;
use desk::Desk;
use desk::accounts::{active_customer, field, open_payload};
use es_core::{Decider, DomainEvent, Rejection};
use serde_json::{Value, json};

type Customers = Desk<CustomerDecider>;

const YEAR: i64 = 365;

fn id() -> Value {
    json!({"customerId": "C-1001"})
}

fn because() -> Value {
    json!({"customerId": "C-1001", "reason": "As agreed"})
}

fn of_account(account: &str) -> Value {
    json!({"customerId": "C-1001", "accountId": account})
}

fn death(died_on: &str) -> Value {
    json!({"customerId": "C-1001", "diedOn": died_on, "evidence": "Register of deaths 2031/114"})
}

fn findings() -> Value {
    json!({"customerId": "C-1001", "findings": "Everything is as known"})
}

fn due(due_on: &str) -> Value {
    json!({"customerId": "C-1001", "dueOn": due_on})
}

fn rating(rating: &str) -> Value {
    json!({"customerId": "C-1001", "rating": rating, "rationale": "Turnover"})
}

fn screening(outcome: &str) -> Value {
    json!({"customerId": "C-1001", "outcome": outcome, "note": "EU and UN lists"})
}

fn document(valid_until: &str) -> Value {
    json!({"customerId": "C-1001", "document": "passport", "documentNumber": "P1", "validUntil": valid_until})
}

fn register(birth_date: &str) -> Value {
    json!({"customerId": "C-1001", "givenName": "Ada", "familyName": "Byron", "birthDate": birth_date})
}

fn status(desk: &Customers) -> CustomerStatus {
    desk.state.customer().expect("a registered customer").status
}

fn prospect() -> Customers {
    let mut desk = Desk::new();
    desk.accepts("RegisterCustomer", register("1990-12-10"));
    desk
}

/// A prospect after some checks.
fn checked(checks: &[(&str, Value)]) -> Customers {
    let mut desk = prospect();
    for (command, payload) in checks {
        desk.accepts(command, payload.clone());
    }
    desk.by("checker");
    desk
}

fn active() -> Customers {
    let mut desk = Desk::new();
    desk.state = active_customer();
    desk.refer("account-100234", account("100234", "C-1001"));
    desk
}

fn after(mut desk: Customers, commands: &[(&str, Value)]) -> Customers {
    for (command, payload) in commands {
        desk.accepts(command, payload.clone());
    }
    desk
}

/// An account as the customer's case sees it.
fn account(id: &str, customer: &str) -> AccountState {
    let mut desk = Desk::<AccountDecider>::new();
    desk.refer(&format!("customer-{customer}"), active_customer());
    let mut payload = open_payload();
    (payload["accountId"], payload["customerId"]) = (id.into(), customer.into());
    desk.accepts("OpenAccount", payload);
    desk.state
}

fn with_many_accounts() -> Customers {
    let mut desk = active();
    for number in 0..=MAX_ACCOUNTS {
        desk.refer(&format!("account-{number}"), account(&number.to_string(), "C-1001"));
    }
    for number in 0..MAX_ACCOUNTS {
        desk.accepts("LinkAccount", of_account(&number.to_string()));
    }
    desk
}

fn with_unsettled_freezes() -> Customers {
    let mut desk = after(active(), &[("LinkAccount", of_account("100234"))]);
    for _ in 1..MAX_FREEZE_CASES {
        desk.accepts("SuspendCustomer", because());
        desk.accepts("ReinstateCustomer", because());
    }
    desk.accepts("SuspendCustomer", because());
    desk
}

/// Whose review became due after five years.
fn with_a_due_review() -> Customers {
    let mut desk = active();
    desk.at(Duration::days(5 * YEAR + 2)).accepts("DeclareKycReviewDue", due("2036-05-04"));
    desk
}

fn restricted_for_review() -> Customers {
    let mut desk = with_a_due_review();
    desk.at(Duration::days(5 * YEAR + 40)).accepts("RestrictForOverdueReview", due("2036-05-04"));
    desk
}

fn erased() -> Customers {
    let mut desk = after(prospect(), &[("RejectOnboarding", because()), ("RequestErasure", because())]);
    desk.at(Duration::days(5 * YEAR + 3)).accepts("ErasePersonalData", id());
    desk
}

#[test]
fn each_rule_refuses_somewhere() {
    let passport = || ("SubmitIdentification", document("2033-06-30"));
    let clear = || ("RecordScreening", screening("clear"));
    let all = || [passport(), clear(), ("AssessRisk", rating("low"))];
    let many_preparers = || {
        let mut desk = prospect();
        for number in 1..32 {
            desk.by(&format!("clerk {number}")).accepts("RecordScreening", screening("clear"));
        }
        desk.by("clerk 32");
        desk
    };
    let others = || {
        let mut desk = active();
        desk.refer("account-7", account("7", "C-7"));
        desk
    };
    let linked = || after(active(), &[("LinkAccount", of_account("100234"))]);
    let high = || after(active(), &[("AssessRisk", rating("high")), ("RecordKycReview", findings())]);
    let closing = || after(active(), &[("CloseCustomer", because())]);
    let asked = || after(closing(), &[("RequestErasure", because())]);
    let cases: Vec<(Customers, &str, Value, &str)> = vec![
        (Desk::new(), "RecordDeath", death("2031-05-01"), "customer_not_found"),
        (prospect(), "RegisterCustomer", register("1990-12-10"), "customer_exists"),
        (prospect(), "RecordDeath", death("2031-05-01"), "wrong_status"),
        (closing(), "LinkAccount", of_account("100234"), "customer_closed"),
        (after(prospect(), &[("RejectOnboarding", because())]), "RecordKycReview", findings(), "customer_rejected"),
        (Desk::new(), "RegisterCustomer", register("2031-05-05"), "birth_date_in_the_future"),
        (prospect(), "SubmitIdentification", document("2031-05-03"), "document_expired"),
        (checked(&[passport()]), "ApproveOnboarding", id(), "screening_missing"),
        (
            checked(&[passport(), ("RecordScreening", screening("possibleMatch"))]),
            "ApproveOnboarding",
            id(),
            "screening_not_clear",
        ),
        (checked(&[passport(), clear()]), "ApproveOnboarding", id(), "risk_not_assessed"),
        (after(checked(&all()), &[("RecordScreening", screening("clear"))]), "ApproveOnboarding", id(), "same_person"),
        (many_preparers(), "AssessRisk", rating("low"), "too_many_preparers"),
        (restricted_for_review(), "LiftRestriction", because(), "restricted_for_review"),
        (active(), "RecordDeath", death("2031-05-05"), "death_in_the_future"),
        (with_unsettled_freezes(), "ReinstateCustomer", because(), "freezes_not_settled"),
        (linked(), "CloseCustomer", because(), "accounts_open"),
        (active(), "LinkAccount", of_account("8"), "account_not_found"),
        (others(), "LinkAccount", of_account("7"), "not_the_holder"),
        (linked(), "UnlinkAccount", of_account("100234"), "account_still_open"),
        (with_many_accounts(), "LinkAccount", of_account(&MAX_ACCOUNTS.to_string()), "too_many_accounts"),
        (active(), "DeclareKycReviewDue", due("2036-05-04"), "review_not_due"),
        (with_a_due_review(), "RestrictForOverdueReview", due("2036-05-04"), "review_not_overdue"),
        (active(), "RestrictForOverdueReview", due("2036-05-04"), "no_review_due"),
        (active(), "ApproveKycReview", id(), "no_review_submitted"),
        (high(), "ApproveKycReview", id(), "reviewed_by_same_person"),
        (active(), "RequestErasure", because(), "relation_not_ended"),
        (asked(), "RequestErasure", because(), "erasure_requested_before"),
        (closing(), "WithdrawErasureRequest", because(), "no_erasure_requested"),
        (asked(), "ErasePersonalData", id(), "retention_not_over"),
        (erased(), "RequestErasure", because(), "data_erased"),
    ];
    let mut seen = BTreeSet::from(["identification_missing"]);
    for (mut desk, command, payload, code) in cases {
        let rejection: Rejection = desk.refuses(command, payload, code);
        assert!(!rejection.message.contains('{'), "{code}: the numbers are in the sentence: {}", rejection.message);
        assert!(!rejection.details.is_empty(), "{code} gives its numbers");
        seen.insert(code);
    }
    // Only who was accepted under older rules can have a rating and no document.
    let mut old = prospect();
    old.accepts("RecordScreening", screening("clear"));
    let event = json!({"customerId": "C-1001", "approvedBy": "x", "approvedOn": "2020-01-01"});
    let event = CustomerEvent::decode("OnboardingApproved", &event.to_string()).expect("decodes");
    CustomerDecider::evolve(&mut old.state, &event);
    old.refuses("RecordKycReview", findings(), "identification_missing");
    let all: BTreeSet<_> = CustomerRejection::CODES.iter().copied().collect();
    assert_eq!(seen, all, "every rule is shown to refuse");
}

#[test]
fn a_death_is_recorded_and_the_relation_can_still_end() {
    let mut desk = active();
    let event = desk.records("RecordDeath", death("2031-05-04"), "CustomerDeceased");
    assert_eq!((field(&event, "diedOn"), field(&event, "recordedBy")), ("2031-05-04".into(), "maker".into()));
    assert_eq!(status(&desk), CustomerStatus::Deceased);
    for command in ["SuspendCustomer", "ReinstateCustomer", "RestrictCustomer", "LiftRestriction"] {
        desk.refuses(command, because(), "wrong_status");
    }
    desk.refuses("RecordDeath", death("2031-05-04"), "wrong_status");
    desk.refuses("RecordKycReview", findings(), "wrong_status");
    desk.records("CloseCustomer", because(), "CustomerClosed");
    assert_eq!(status(&desk), CustomerStatus::Closed);
}

#[test]
fn a_link_is_recorded_once_and_also_of_a_customer_who_gets_no_new_account() {
    let mut desk = after(active(), &[("SuspendCustomer", because())]);
    desk.records("LinkAccount", of_account("100234"), "AccountLinked");
    desk.changes_nothing("LinkAccount", of_account("100234"));
    let mut closed = account("100234", "C-1001");
    let event = json!({"accountId": "100234", "reason": "x", "closedOn": "2031-05-04"});
    let event = AccountEvent::decode("AccountClosed", &event.to_string()).expect("decodes");
    AccountDecider::evolve(&mut closed, &event);
    desk.refer("account-100234", closed);
    desk.records("UnlinkAccount", of_account("100234"), "AccountUnlinked");
    desk.changes_nothing("UnlinkAccount", of_account("100234"));
}

#[test]
fn what_became_of_a_freeze_is_recorded_once() {
    let case = json!({"customerId": "C-1001", "accountId": "100234", "caseId": "SUSPENSION-1-C-1001"});
    let mut told = case.clone();
    (told["code"], told["message"]) = ("account_closed".into(), "It is closed.".into());
    let suspended = || after(active(), &[("LinkAccount", of_account("100234")), ("SuspendCustomer", because())]);
    let mut desk = suspended();
    desk.changes_nothing("RecordAccountFreezeLift", case.clone());
    desk.changes_nothing("RecordAccountFreezeGone", told.clone());
    desk.records("RecordAccountFreeze", case.clone(), "AccountFreezeRecorded");
    desk.changes_nothing("RecordAccountFreeze", case.clone());
    desk.changes_nothing("RecordAccountFreezeRefusal", told.clone());
    desk.accepts("ReinstateCustomer", because());
    let mut gone = Desk::<CustomerDecider>::new();
    gone.state = desk.state.clone();
    desk.records("RecordAccountFreezeLift", case.clone(), "AccountFreezeLifted");
    desk.changes_nothing("RecordAccountFreezeLift", case.clone());
    gone.records("RecordAccountFreezeGone", told.clone(), "AccountFreezeGone");
    gone.changes_nothing("RecordAccountFreezeGone", told.clone());
    let mut refused = suspended();
    let event = refused.records("RecordAccountFreezeRefusal", told, "AccountFreezeRefused");
    assert_eq!(field(&event, "code"), "account_closed");
    refused.changes_nothing("RecordAccountFreeze", case);
}

#[test]
fn a_review_at_low_risk_needs_one_person_and_at_high_risk_two() {
    let mut desk = active();
    let event = desk.records("RecordKycReview", findings(), "KycReviewCompleted");
    assert_eq!((field(&event, "rating"), field(&event, "approvedBy")), ("low".into(), Value::Null));
    desk.accepts("AssessRisk", rating("high"));
    desk.accepts("AssessRisk", rating("low"));
    desk.records("RecordKycReview", findings(), "KycReviewSubmitted");
    desk.refuses("ApproveKycReview", id(), "reviewed_by_same_person");
    desk.accepts("RecordScreening", screening("confirmedMatch"));
    desk.by("checker").refuses("ApproveKycReview", id(), "screening_not_clear");
    desk.accepts("RecordScreening", screening("clear"));
    let event = desk.records("ApproveKycReview", id(), "KycReviewCompleted");
    assert_eq!((field(&event, "reviewedBy"), field(&event, "approvedBy")), ("maker".into(), "checker".into()));
    desk.records("RecordKycReview", findings(), "KycReviewCompleted");
    desk.refuses("ApproveKycReview", id(), "no_review_submitted");
}

#[test]
fn a_review_lifts_its_own_restriction_and_no_other() {
    let mut desk = restricted_for_review();
    assert_eq!(status(&desk), CustomerStatus::Restricted);
    desk.changes_nothing("RestrictForOverdueReview", due("2036-05-04"));
    desk.records("RestrictCustomer", because(), "CustomerRestricted");
    desk.refuses("RestrictCustomer", because(), "wrong_status");
    desk.accepts("SubmitIdentification", document("2040-01-01"));
    desk.records("RecordKycReview", findings(), "KycReviewCompleted");
    assert_eq!(status(&desk), CustomerStatus::Restricted, "what people imposed stays");
    desk.accepts("LiftRestriction", because());
    assert_eq!(status(&desk), CustomerStatus::Active);

    let mut desk = after(restricted_for_review(), &[("RestrictCustomer", because()), ("LiftRestriction", because())]);
    assert_eq!(status(&desk), CustomerStatus::Restricted, "the review is still not done");
    desk.accepts("SuspendCustomer", because());
    desk.accepts("ReinstateCustomer", because());
    assert_eq!(status(&desk), CustomerStatus::Restricted, "also after a suspension");
}

#[test]
fn a_review_is_declared_due_once_and_not_for_a_day_that_has_passed_on() {
    let mut desk = with_a_due_review();
    desk.changes_nothing("DeclareKycReviewDue", due("2036-05-04"));
    desk.refuses("RestrictForOverdueReview", due("2035-05-04"), "no_review_due");
    let mut desk = active();
    desk.at(Duration::days(YEAR)).accepts("RecordKycReview", findings());
    let stale =
        desk.at(Duration::days(5 * YEAR + 2)).refuses("DeclareKycReviewDue", due("2036-05-04"), "review_not_due");
    assert_eq!(stale.details["dueOn"], "2037-05-03", "the review in between moved it");
}

#[test]
fn seeing_personal_data_is_recorded_and_ends_with_their_erasure() {
    let ask = json!({"customerId": "C-1001", "fields": ["phone", "givenName", "phone"], "reason": "Complaint"});
    let mut desk = active();
    let event = desk.by("grace").records("RevealPersonalData", ask.clone(), "PersonalDataRevealed");
    assert_eq!(field(&event, "fields"), json!(["givenName", "phone"]), "each once, in a fixed order");
    assert_eq!((field(&event, "revealedTo"), field(&event, "reason")), ("grace".into(), "Complaint".into()));
    erased().refuses("RevealPersonalData", ask, "data_erased");
}

#[test]
fn an_erasure_waits_for_the_law_and_can_be_withdrawn() {
    let mut desk = after(active(), &[("CloseCustomer", because())]);
    let event = desk.records("RequestErasure", because(), "ErasureRequested");
    assert_eq!(field(&event, "retainedUntil"), "2041-12-31", "ten years from the end of the year");
    desk.records("WithdrawErasureRequest", because(), "ErasureRequestWithdrawn");
    desk.refuses("ErasePersonalData", id(), "no_erasure_requested");
    desk.accepts("RequestErasure", because());
    desk.now = "2041-12-31T23:59:59Z".parse().expect("a time");
    let refused = desk.refuses("ErasePersonalData", id(), "retention_not_over");
    assert_eq!(refused.details["retainedUntil"], "2041-12-31");
    desk.now = "2042-01-01T00:00:00Z".parse().expect("a time");
    desk.records("ErasePersonalData", id(), "PersonalDataErased");
    desk.changes_nothing("ErasePersonalData", id());
    desk.refuses("WithdrawErasureRequest", because(), "data_erased");
}
