//! The processes around customers: which accounts they have, what a suspension does to them, reviews and erasure.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use std::collections::BTreeSet;

use bank::customer::limits::{MAX_ACCOUNTS, MAX_FREEZE_CASES};
use bank::customer::{CustomerStatus, FreezeStage};
use es_core::Settlement;
use floor::{Floor, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

const CUSTOMER: &str = "customer-C-1";
const CASE: &str = "SUSPENSION-1-C-1";

fn settled() -> Floor {
    let mut floor = Floor::new();
    floor.settle_customers();
    floor
}

fn suspended() -> Floor {
    let mut floor = settled();
    floor.about_customer("SuspendCustomer");
    floor.settle_customers();
    floor
}

fn freeze(account: &str, case: &str) -> Value {
    json!({"accountId": account, "caseId": case, "reason": "court order"})
}

#[test]
fn a_customer_has_the_accounts_that_are_open() {
    let mut floor = settled();
    let open: Vec<_> = floor.customer("C-1").accounts.open.keys().map(ToString::to_string).collect();
    assert_eq!(open, ["1", "2", "3"], "each opened account is in the customer's record");
    floor.refuses("CloseCustomer", json!({"customerId": "C-1", "reason": "x"}), "accounts_open");
    for account in ["2", "3"] {
        floor.does("CloseAccount", json!({"accountId": account, "reason": "moved away"}));
    }
    floor.settle_customers();
    assert_eq!(floor.customer("C-1").accounts.open.len(), 1, "closed accounts are taken out");
    floor.does("Withdraw", json!({"accountId": "1", "amount": floor::eur(10_000)}));
    floor.does("CloseAccount", json!({"accountId": "1", "reason": "moved away"}));
    floor.settle_customers();
    floor.about_customer("CloseCustomer");
    assert_eq!(floor.customer("C-1").status, CustomerStatus::Closed, "without accounts the relation can end");
}

#[test]
fn an_account_that_its_owner_refuses_is_frozen_until_people_look() {
    let mut floor = Floor::new();
    floor.about_customer("CloseCustomer");
    floor.settle_customers();
    assert_eq!(floor.cases("1"), ["OWNER-RECORD"], "opened while the relation ended");
    let before = floor.log.len();
    floor.does("UnfreezeAccount", json!({"accountId": "2", "caseId": "OWNER-RECORD"}));
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "opened by mistake"}));
    floor.settle_customers();
    assert_eq!(floor.log.len(), before + 2, "an account that was never in the record need not be taken out");
}

#[test]
fn an_account_that_is_closed_at_once_is_named_and_taken_out() {
    let mut floor = settled();
    let before = floor.log.len();
    floor.open_account("9");
    floor.does("CloseAccount", json!({"accountId": "9", "reason": "typed in twice"}));
    floor.settle_customers();
    let seen = floor.events_since(before, "account-9");
    assert_eq!(seen, ["AccountOpened", "AccountClosed", "LinkedToCustomer", "UnlinkedFromCustomer"]);
    assert_eq!(floor.events_since(before, CUSTOMER), ["AccountLinked", "AccountUnlinked"]);
}

#[test]
fn a_customer_has_no_more_accounts_than_one_turn_can_freeze() {
    let mut floor = settled();
    for number in 3..MAX_ACCOUNTS {
        floor.open_account(&format!("1{number}"));
    }
    floor.open_account("late");
    floor.settle_customers();
    assert_eq!(floor.customer("C-1").accounts.open.len(), MAX_ACCOUNTS);
    let refused = floor
        .instances("account_links")
        .iter()
        .filter(|name| floor.events_since(0, name).contains(&"LinkToCustomerRefused"))
        .count();
    assert_eq!(refused, 1, "the one that was opened too late, before the record was complete, is frozen");
    let open = json!({"accountId": "more", "customerId": "C-1", "currency": "EUR", "product": "current"});
    floor.refuses("OpenAccount", open, "too_many_accounts");
}

#[test]
fn a_suspension_freezes_all_accounts_and_its_end_lifts_only_that() {
    let mut floor = settled();
    floor.does("FreezeAccount", freeze("1", "CASE-9"));
    floor.about_customer("SuspendCustomer");
    floor.settle_customers();
    assert_eq!(floor.cases("1"), ["CASE-9", CASE]);
    assert_eq!((floor.cases("2"), floor.cases("3")), (vec![CASE.to_owned()], vec![CASE.to_owned()]));
    let stages: Vec<_> =
        floor.customer("C-1").accounts.open.into_values().flat_map(|cases| cases.into_values()).collect();
    assert_eq!(stages, [FreezeStage::Frozen; 3], "the customer's record says so");
    floor.about_customer("ReinstateCustomer");
    floor.settle_customers();
    assert_eq!(floor.cases("1"), ["CASE-9"], "other cases stay");
    assert_eq!((floor.cases("2").len(), floor.cases("3").len()), (0, 0));
    floor.about_customer("SuspendCustomer");
    floor.settle_customers();
    assert_eq!(floor.cases("2"), ["SUSPENSION-2-C-1"], "the next suspension is another case");
}

#[test]
fn an_account_that_is_opened_before_and_named_during_a_suspension_is_frozen_too() {
    let mut floor = settled();
    floor.open_account("9");
    floor.about_customer("SuspendCustomer");
    floor.settle_customers();
    assert_eq!(floor.cases("9"), [CASE]);
}

#[test]
fn refusals_of_accounts_are_recorded_and_hold_nothing_up() {
    let mut floor = settled();
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "moved away"}));
    for number in 0..32 {
        floor.does("FreezeAccount", freeze("3", &format!("CASE-{number}")));
    }
    floor.does("FreezeAccount", freeze("1", CASE));
    floor.about_customer("SuspendCustomer");
    while !floor.turn_of("customer_accounts", CUSTOMER).pending.is_empty() {
        floor.step_of("customer_accounts", CUSTOMER);
    }
    let codes: Vec<_> = floor
        .log
        .iter()
        .filter(|(_, event)| event.event_type == "AccountFreezeRefused")
        .map(|(_, event)| {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            payload["code"].as_str().expect("a code").to_owned()
        })
        .collect();
    assert_eq!(codes, ["already_frozen", "account_closed", "too_many_cases"], "each in the customer's own stream");
    floor.about_customer("ReinstateCustomer");
    floor.settle_customers();
    assert_eq!(floor.cases("1"), [CASE], "what people froze, people lift");
}

#[test]
fn a_freeze_that_people_lifted_is_gone_and_stays_gone() {
    let mut floor = suspended();
    floor.does("UnfreezeAccount", json!({"accountId": "1", "caseId": CASE}));
    floor.settle_customers();
    assert!(floor.cases("1").is_empty(), "nobody argues with people");
    floor.about_customer("ReinstateCustomer");
    floor.settle_customers();
    assert!(floor.events_since(0, CUSTOMER).contains(&"AccountFreezeGone"), "it says that there was nothing to lift");
}

#[test]
fn death_keeps_the_freezes_of_a_suspension_and_makes_those_that_are_missing() {
    let death = || json!({"customerId": "C-1", "diedOn": "2031-05-01", "evidence": "certificate"});
    let mut floor = suspended();
    let before = floor.log.len();
    floor.does("RecordDeath", death());
    floor.settle_customers();
    assert_eq!(floor.log.len(), before + 1, "the accounts are frozen already");
    let mut floor = settled();
    floor.does("RecordDeath", death());
    floor.settle_customers();
    assert_eq!(floor.cases("3"), [CASE]);
    assert_eq!(floor.customer("C-1").status, CustomerStatus::Deceased);
}

#[test]
fn a_step_that_is_sent_again_changes_nothing() {
    let mut floor = Floor::new();
    let mut steps = 0;
    let mut ids = BTreeSet::new();
    for act in ["", "SuspendCustomer", "ReinstateCustomer"] {
        if !act.is_empty() {
            floor.about_customer(act);
        }
        for process in floor::customers::CUSTOMER_PROCESSES {
            for instance in floor.instances(process) {
                while let Some((planned, how)) = floor.dispatch_of(process, &instance) {
                    assert!(ids.insert(planned.command_id), "{} has an id of its own", planned.command_type);
                    let events = floor.log.len();
                    assert_eq!(floor.send(&planned, process), Ok(0), "{} is done already", planned.command_type);
                    let again = floor.dispatch_of(process, &instance).expect("it is not recorded yet");
                    assert_eq!(again, (planned.clone(), how.clone()), "after a kill the same step comes again");
                    floor.settle_of(process, &instance, &planned, &how);
                    floor.settle_of(process, &instance, &planned, &how);
                    assert_eq!(floor.log.len(), events + 1, "the outcome is recorded once");
                    steps += 1;
                }
            }
        }
    }
    assert_eq!(steps, 9, "three accounts are named, frozen and freed");
}

#[test]
fn a_freeze_whose_outcome_is_unknown_is_carried_out_before_it_is_lifted() {
    for killed in [true, false] {
        let mut floor = settled();
        floor.about_customer("SuspendCustomer");
        if killed {
            assert_eq!(floor.dispatch_of("customer_accounts", CUSTOMER).expect("a freeze").1, Settlement::Done);
        }
        floor.about_customer("ReinstateCustomer");
        let before = floor.log.len();
        floor.settle_customers();
        assert!(floor.cases("1").is_empty(), "killed: {killed}");
        let seen = floor.events_since(before, "account-1");
        let expected: &[&str] = if killed { &["AccountUnfrozen"] } else { &["AccountFrozen", "AccountUnfrozen"] };
        assert_eq!(seen, expected, "killed: {killed}");
    }
}

#[test]
fn suspensions_pile_up_only_so_far_while_the_process_stands_still() {
    let mut floor = settled();
    for _ in 1..MAX_FREEZE_CASES {
        floor.about_customer("SuspendCustomer");
        floor.about_customer("ReinstateCustomer");
    }
    floor.about_customer("SuspendCustomer");
    floor.refuses("ReinstateCustomer", json!({"customerId": "C-1", "reason": "x"}), "freezes_not_settled");
    floor.settle_customers();
    assert_eq!(floor.cases("1"), ["SUSPENSION-4-C-1"]);
    floor.about_customer("ReinstateCustomer");
    floor.settle_customers();
    assert!(floor.cases("1").is_empty(), "all is settled");
}

#[test]
fn a_review_becomes_due_and_overdue_and_is_made_up_for() {
    let mut floor = settled();
    let timers = floor.turn_of("kyc_review", CUSTOMER).timers;
    assert_eq!((&*timers[0].name, timers[0].due_at), ("kyc-review-due", at("2036-05-05")), "five years at low risk");
    floor.now = at("2036-05-04");
    floor.fire_customer_timers();
    assert_eq!(floor.customer("C-1").review.due, None, "not before the day");
    floor.now = at("2036-05-05");
    floor.fire_customer_timers();
    let timers = floor.turn_of("kyc_review", CUSTOMER).timers;
    assert_eq!((&*timers[0].name, timers[0].due_at), ("kyc-review-overdue", at("2036-06-04")), "thirty days of grace");
    floor.now = at("2036-06-04");
    floor.fire_customer_timers();
    assert_eq!(floor.customer("C-1").status, CustomerStatus::Restricted);
    assert!(floor.turn_of("kyc_review", CUSTOMER).finished, "now people must act");
    floor.refuses("LiftRestriction", json!({"customerId": "C-1", "reason": "x"}), "restricted_for_review");
    let document =
        json!({"customerId": "C-1", "document": "passport", "documentNumber": "P2", "validUntil": "2040-01-01"});
    floor.does("SubmitIdentification", document);
    floor.does("RecordKycReview", json!({"customerId": "C-1", "findings": "as known"}));
    assert_eq!(floor.customer("C-1").status, CustomerStatus::Active);
    assert_eq!(floor.turn_of("kyc_review", CUSTOMER).timers[0].due_at, at("2041-06-04"), "counted from the review");
}

#[test]
fn a_rating_as_high_risk_brings_the_review_forward() {
    let mut floor = settled();
    floor.now = at("2033-05-05");
    floor.does("AssessRisk", json!({"customerId": "C-1", "rating": "high", "rationale": "politically exposed"}));
    assert_eq!(floor.turn_of("kyc_review", CUSTOMER).timers[0].due_at, at("2032-05-05"), "a year after the approval");
    floor.fire_customer_timers();
    let due = floor.customer("C-1").review.due.expect("due at once");
    assert_eq!(due.grace_until.to_string(), "2033-06-04", "with the whole time of grace");
}

#[test]
fn personal_data_are_erased_when_the_law_allows_it() {
    let mut floor = Floor::new();
    floor.does(
        "RegisterCustomer",
        json!({"customerId": "C-2", "givenName": "Bo", "familyName": "Li", "birthDate": "1980-01-01", "email": "b@example.org"}),
    );
    floor.does("RejectOnboarding", json!({"customerId": "C-2", "reason": "no documents"}));
    floor.does("RequestErasure", json!({"customerId": "C-2", "reason": "letter"}));
    let timers = floor.turn_of("erasure", "customer-C-2").timers;
    assert_eq!((&*timers[0].name, timers[0].due_at), ("erasure", at("2036-05-06")), "five years after the refusal");
    floor.does("WithdrawErasureRequest", json!({"customerId": "C-2", "reason": "changed my mind"}));
    assert!(floor.turn_of("erasure", "customer-C-2").finished, "withdrawn");
    floor.does("RequestErasure", json!({"customerId": "C-2", "reason": "letter"}));
    floor.now = at("2036-05-06");
    floor.fire_customer_timers();
    let customer = floor.customer("C-2");
    assert_eq!(customer.erased_on.map(|day| day.to_string()).as_deref(), Some("2036-05-06"));
    let left = (customer.family_name.clear(), customer.family_name.mask(), customer.birth_date, customer.email);
    assert_eq!(left, (None, "", None, None), "nothing personal is left in the state");
    assert!(floor.turn_of("erasure", "customer-C-2").finished, "done");
}

fn at(day: &str) -> chrono::DateTime<chrono::Utc> {
    format!("{day}T00:00:00Z").parse().expect("a time")
}

/// What may happen between two steps.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Step,
    KilledBeforeRecording,
    Suspend,
    Reinstate,
    /// Somebody acts between a command and the record of its outcome.
    ActBeforeRecording(&'static str),
    Link,
    Open(u8),
    Close(u8),
    FreezeOtherwise(u8),
    UnfreezeOtherwise(u8),
    UnfreezeByHand(u8),
    Die,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let account = 2..6_u8;
    prop_oneof![
        8 => Just(Trouble::Step),
        3 => Just(Trouble::KilledBeforeRecording),
        4 => Just(Trouble::Suspend),
        4 => Just(Trouble::Reinstate),
        2 => Just(Trouble::ActBeforeRecording("SuspendCustomer")),
        2 => Just(Trouble::ActBeforeRecording("ReinstateCustomer")),
        3 => Just(Trouble::Link),
        2 => account.clone().prop_map(Trouble::Open),
        2 => account.clone().prop_map(Trouble::Close),
        1 => account.clone().prop_map(Trouble::FreezeOtherwise),
        1 => account.clone().prop_map(Trouble::UnfreezeOtherwise),
        1 => account.prop_map(Trouble::UnfreezeByHand),
        1 => prop_oneof![9 => Just(Trouble::Suspend), 1 => Just(Trouble::Die)],
    ]
}

/// Lets something happen; returns the account and case if people lifted a freeze of a suspension.
fn happen(floor: &mut Floor, trouble: Trouble) -> Option<(String, String)> {
    // People may be refused; only the processes may not.
    let customer = json!({"customerId": "C-1", "reason": "x"});
    let mut people = |command_type: &str, payload: Value| drop(floor.command(command_type, &payload, "somebody"));
    match trouble {
        Trouble::Step => floor.step_of("customer_accounts", CUSTOMER),
        Trouble::KilledBeforeRecording => drop(floor.dispatch_of("customer_accounts", CUSTOMER)),
        Trouble::Suspend => people("SuspendCustomer", customer),
        Trouble::Reinstate => people("ReinstateCustomer", customer),
        Trouble::ActBeforeRecording(act) => {
            let answer = floor.dispatch_of("customer_accounts", CUSTOMER);
            drop(floor.command(act, &customer, "somebody"));
            answer
                .into_iter()
                .for_each(|(planned, how)| floor.settle_of("customer_accounts", CUSTOMER, &planned, &how));
        }
        Trouble::Link => floor.instances("account_links").iter().for_each(|name| floor.step_of("account_links", name)),
        Trouble::Open(account) => {
            let id = account.to_string();
            people(
                "OpenAccount",
                json!({"accountId": id, "customerId": "C-1", "currency": "EUR", "product": "current"}),
            );
        }
        Trouble::Close(account) => {
            people("CloseAccount", json!({"accountId": account.to_string(), "reason": "x"}));
        }
        Trouble::FreezeOtherwise(account) => people("FreezeAccount", freeze(&account.to_string(), "CASE-1")),
        Trouble::UnfreezeOtherwise(account) => {
            people("UnfreezeAccount", json!({"accountId": account.to_string(), "caseId": "CASE-1"}));
        }
        Trouble::UnfreezeByHand(account) => {
            let id = account.to_string();
            let case = floor.cases(&id).into_iter().find(|case| case.starts_with("SUSPENSION"))?;
            floor.does("UnfreezeAccount", json!({"accountId": id, "caseId": case}));
            return Some((id, case));
        }
        Trouble::Die => {
            people("RecordDeath", json!({"customerId": "C-1", "diedOn": "2031-05-01", "evidence": "x"}));
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn freezes_equal_the_status_in_the_end(troubles in prop::collection::vec(trouble(), 0..40)) {
        let mut floor = Floor::new();
        let lifted: BTreeSet<_> = troubles.iter().filter_map(|trouble| happen(&mut floor, *trouble)).collect();
        floor.settle_customers();
        let customer = floor.customer("C-1");
        let rests = matches!(customer.status, CustomerStatus::Suspended | CustomerStatus::Deceased);
        prop_assert_eq!(customer.accounts.suspension.is_some(), rests, "there is a case as long as the relation rests");
        for id in floor.instances("account_links") {
            let id = stream(&id).id().to_owned();
            let state = floor.account(&id);
            let listed = customer.accounts.open.keys().any(|account| account.as_str() == id);
            prop_assert_eq!(state.open().is_some(), listed, "account {} is in the record as long as it is open", id);
            let frozen: BTreeSet<_> = floor.cases(&id).into_iter().filter(|case| case.starts_with("SUSPENSION")).collect();
            let case = customer.accounts.suspension.iter().map(ToString::to_string);
            let wanted: BTreeSet<_> = case.filter(|case| listed && !lifted.contains(&(id.clone(), case.clone()))).collect();
            prop_assert_eq!(frozen, wanted, "account {} is frozen if and only if the relation rests", id);
        }
    }
}
