//! Customers: the way from prospect to active and on, and each refusal.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use bank::customer::{CustomerDecider, CustomerStatus};
use bank::personal::Personal;
use chrono::Duration;
use desk::Desk;
use desk::accounts::{active_customer, field};
use serde_json::{Value, json};

type Customers = Desk<CustomerDecider>;

fn id() -> Value {
    json!({"customerId": "C-1001"})
}

fn because() -> Value {
    json!({"customerId": "C-1001", "reason": "As agreed"})
}

fn register() -> Value {
    json!({"customerId": "C-1001", "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10"})
}

fn document(valid_until: &str) -> Value {
    json!({"customerId": "C-1001", "document": "passport", "documentNumber": "P1", "validUntil": valid_until})
}

fn screening(outcome: &str) -> Value {
    json!({"customerId": "C-1001", "outcome": outcome, "note": "EU and UN lists"})
}

fn risk() -> Value {
    json!({"customerId": "C-1001", "rating": "low", "rationale": "Salaried"})
}

fn status(desk: &Customers) -> CustomerStatus {
    desk.state.customer().expect("a registered customer").status
}

fn registered() -> Customers {
    let mut desk = Desk::new();
    desk.accepts("RegisterCustomer", register());
    desk
}

fn active() -> Customers {
    let mut desk = Desk::new();
    desk.state = active_customer();
    desk
}

#[test]
fn a_prospect_becomes_active_through_two_people() {
    let mut desk = registered();
    assert_eq!(status(&desk), CustomerStatus::Prospect);
    desk.refuses("ApproveOnboarding", id(), "wrong_status");
    desk.records("SubmitIdentification", document("2033-06-30"), "IdentificationSubmitted");
    assert_eq!(status(&desk), CustomerStatus::PendingVerification);
    desk.by("checker").refuses("ApproveOnboarding", id(), "screening_missing");
    desk.by("maker").records("RecordScreening", screening("possibleMatch"), "ScreeningRecorded");
    let match_found = desk.by("checker").refuses("ApproveOnboarding", id(), "screening_not_clear");
    assert_eq!(match_found.details["outcome"], "possible match");
    desk.by("maker").accepts("RecordScreening", screening("clear"));
    desk.by("checker").refuses("ApproveOnboarding", id(), "risk_not_assessed");
    desk.by("rater").records("AssessRisk", risk(), "RiskAssessed");
    for preparer in ["maker", "rater"] {
        let rejection = desk.by(preparer).refuses("ApproveOnboarding", id(), "same_person");
        assert_eq!(rejection.details["actor"], preparer, "whoever prepared the case cannot approve it");
    }
    let event = desk.by("checker").records("ApproveOnboarding", id(), "OnboardingApproved");
    assert_eq!(field(&event, "approvedBy"), "checker");
    assert_eq!(status(&desk), CustomerStatus::Active);
    desk.refuses("ApproveOnboarding", id(), "wrong_status");
    desk.refuses("RejectOnboarding", because(), "wrong_status");
}

#[test]
fn a_number_is_registered_once_and_nobody_is_born_tomorrow() {
    let mut desk = registered();
    desk.refuses("RegisterCustomer", register(), "customer_exists");
    let mut unborn = register();
    unborn["birthDate"] = "2031-05-05".into();
    Customers::new().refuses("RegisterCustomer", unborn, "birth_date_in_the_future");
}

#[test]
fn an_expired_document_proves_nothing() {
    let mut desk = registered();
    let rejection = desk.refuses("SubmitIdentification", document("2031-05-03"), "document_expired");
    assert_eq!((&*rejection.details["validUntil"], &*rejection.details["today"]), ("2031-05-03", "2031-05-04"));
    desk.accepts("SubmitIdentification", document("2031-05-04"));
    desk.accepts("RecordScreening", screening("clear"));
    desk.accepts("AssessRisk", risk());
    desk.at(Duration::days(1)).by("checker").refuses("ApproveOnboarding", id(), "document_expired");
}

#[test]
fn a_rejected_case_is_over() {
    let mut desk = registered();
    desk.records("RejectOnboarding", because(), "OnboardingRejected");
    assert_eq!(status(&desk), CustomerStatus::Rejected);
    desk.refuses("SubmitIdentification", document("2033-06-30"), "customer_rejected");
    desk.refuses("RejectOnboarding", because(), "customer_rejected");
    desk.refuses("RegisterCustomer", register(), "customer_exists");
}

#[test]
fn a_restriction_survives_a_suspension() {
    let mut desk = active();
    desk.refuses("LiftRestriction", because(), "wrong_status");
    desk.refuses("ReinstateCustomer", because(), "wrong_status");
    desk.records("RestrictCustomer", because(), "CustomerRestricted");
    let rejection = desk.refuses("RestrictCustomer", because(), "wrong_status");
    assert_eq!((&*rejection.details["status"], &*rejection.details["needed"]), ("restricted", "active"));
    desk.records("SuspendCustomer", because(), "CustomerSuspended");
    desk.refuses("SuspendCustomer", because(), "wrong_status");
    desk.records("ReinstateCustomer", because(), "CustomerReinstated");
    assert_eq!(status(&desk), CustomerStatus::Restricted);
    desk.records("LiftRestriction", because(), "CustomerRestrictionLifted");
    assert_eq!(status(&desk), CustomerStatus::Active);
    desk.accepts("SuspendCustomer", because());
    desk.accepts("ReinstateCustomer", because());
    assert_eq!(status(&desk), CustomerStatus::Active);
}

#[test]
fn contact_details_change_only_where_they_are_given() {
    let mut desk = active();
    let change = json!({"customerId": "C-1001", "phone": "+44 20 7946 0001", "address": "12 St James's Square"});
    desk.records("ChangeContactDetails", change, "ContactDetailsChanged");
    desk.changes_nothing("ChangeContactDetails", id());
    let event = desk.records(
        "ChangeContactDetails",
        json!({"customerId": "C-1001", "email": "ada@example.org"}),
        "ContactDetailsChanged",
    );
    assert_eq!(field(&event, "phone"), Value::Null, "what did not change is not in the event");
    let customer = desk.state.customer().expect("registered");
    let clear = |known: &Option<Personal>| known.as_ref().and_then(|known| known.clear().map(str::to_owned));
    assert_eq!(clear(&customer.phone).as_deref(), Some("+44 20 7946 0001"));
    assert_eq!(clear(&customer.email).as_deref(), Some("ada@example.org"));
    assert_eq!(customer.phone.as_ref().map(Personal::mask), Some("…01"), "a mask for everybody");
}

#[test]
fn a_closed_relation_is_over() {
    registered().refuses("CloseCustomer", because(), "wrong_status");
    let mut desk = active();
    let event = desk.records("CloseCustomer", because(), "CustomerClosed");
    assert_eq!(field(&event, "closedOn"), "2031-05-04");
    for command in ["CloseCustomer", "RestrictCustomer", "SuspendCustomer", "ReinstateCustomer", "LiftRestriction"] {
        desk.refuses(command, because(), "customer_closed");
    }
    desk.refuses("ChangeContactDetails", id(), "customer_closed");
}

#[test]
fn nothing_happens_to_a_customer_who_does_not_exist() {
    let cases = [
        ("SubmitIdentification", document("2033-06-30")),
        ("RecordScreening", screening("clear")),
        ("AssessRisk", risk()),
        ("ApproveOnboarding", id()),
        ("RejectOnboarding", because()),
        ("ChangeContactDetails", id()),
        ("RestrictCustomer", because()),
        ("LiftRestriction", because()),
        ("SuspendCustomer", because()),
        ("ReinstateCustomer", because()),
        ("CloseCustomer", because()),
    ];
    for (command, payload) in cases {
        let rejection = Customers::new().refuses(command, payload, "customer_not_found");
        assert_eq!(rejection.message, "There is no customer C-1001.", "{command}");
    }
}

#[test]
fn nobody_slips_out_of_the_list_of_preparers() {
    let mut desk = registered();
    for number in 1..32 {
        desk.by(&format!("clerk {number}")).accepts("RecordScreening", screening("clear"));
    }
    let rejection = desk.by("clerk 32").refuses("RecordScreening", screening("clear"), "too_many_preparers");
    assert_eq!(rejection.details["most"], "32");
    desk.by("clerk 1").accepts("RecordScreening", screening("clear"));
}
