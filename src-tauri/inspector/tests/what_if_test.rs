//! Tests made of what-ifs: those that lie in the bank's own tests are what is made of these scenarios, letter for letter, so
//! they compile and pass with the bank.
//!
//! `LEDGERSCOPE_WRITE_SCENARIOS=1` writes them anew.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod past;

use std::path::PathBuf;
use std::sync::Arc;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::{Domain, EventReader, ManualClock, Position, StreamName};
use es_runtime::{CommandEnvelope, Engine, EngineParts, Outcome};
use inspector::what_if::{
    ClockStep, CommandStep, Fork, JsonText, MadeTest, Scenario, Step, TestError, TestOptions, Through,
};
use inspector::{Inspector, Pace, View};
use past::{domain, waits};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A customer with two accounts, 100.00 EUR on the first one, and a name that must not get out.
async fn bank(domain: Arc<Domain>) -> Arc<MemoryEventStore> {
    let clock = Arc::new(ManualClock::new("2031-05-05T09:00:00Z".parse().expect("a time")));
    let store = Arc::new(MemoryEventStore::new(clock.clone()));
    let mut parts = EngineParts::new(store.clone(), Arc::new(MemoryReadModels::new()), domain);
    parts.clock = clock.clone();
    let engine = Engine::new(parts);
    let account = |id: &str| json!({"accountId": id, "customerId": "C-1001", "currency": "EUR", "product": "current"});
    let commands = [
        (
            "RegisterCustomer",
            json!({"customerId": "C-1001", "givenName": "Adelheid", "familyName": "Byronova", "birthDate": "1985-12-10"}),
            "clerk:lovelace",
        ),
        (
            "SubmitIdentification",
            json!({"customerId": "C-1001", "document": "passport", "documentNumber": "P1234567", "validUntil": "2099-06-30"}),
            "clerk:lovelace",
        ),
        (
            "RecordScreening",
            json!({"customerId": "C-1001", "outcome": "clear", "note": "Miss Byronova is on no list"}),
            "clerk:lovelace",
        ),
        ("AssessRisk", json!({"customerId": "C-1001", "rating": "low", "rationale": "salaried"}), "clerk:lovelace"),
        ("ApproveOnboarding", json!({"customerId": "C-1001"}), "officer:babbage"),
        ("OpenAccount", account("100234"), "clerk:lovelace"),
        ("OpenAccount", account("100242"), "clerk:lovelace"),
        (
            "Deposit",
            json!({"accountId": "100234", "amount": {"minor": "10000", "currency": "EUR"}, "text": "Cash of Byronova"}),
            "clerk:lovelace",
        ),
    ];
    for (number, (command_type, payload, actor)) in commands.into_iter().enumerate() {
        clock.advance(chrono::Duration::minutes(7));
        let envelope = CommandEnvelope::new(command_type, payload.to_string()).by(actor, "test");
        let envelope = envelope.with_id(Uuid::from_u128(number as u128 + 1));
        let outcome = engine.execute(&envelope).await.expect("an answer");
        assert!(matches!(outcome, Outcome::Executed { .. }), "{command_type}: {outcome:?}");
    }
    store
}

fn command(command_type: &str, payload: &Value, actor: &str) -> Step {
    let payload = JsonText::new(payload.to_string()).expect("JSON");
    let (reason, business_date) = (None, None);
    Step::Command(CommandStep {
        command_type: command_type.to_owned(),
        payload,
        actor: actor.to_owned(),
        reason,
        business_date,
    })
}

fn transfer(minor: &str) -> Step {
    let amount = json!({"minor": minor, "currency": "EUR"});
    command(
        "RequestTransfer",
        &json!({"transferId": "T-5001", "source": "100234", "target": "100242", "amount": amount, "reference": "For Byronova"}),
        "customer:C-1001",
    )
}

fn withdrawal(minor: &str) -> Step {
    command(
        "Withdraw",
        &json!({"accountId": "100234", "amount": {"minor": minor, "currency": "EUR"}}),
        "clerk:lovelace",
    )
}

fn scenario(title: &str, steps: Vec<Step>) -> Scenario {
    let account = StreamName::new("account-100234").expect("a name");
    let mut scenario = Scenario::new(title, Fork::Position(Position(0)), vec![account]);
    scenario.through = Through::Head;
    scenario.steps = steps;
    scenario
}

fn made(scenario: &Scenario, options: &TestOptions) -> Result<MadeTest, TestError> {
    waits(async {
        let reader: Arc<dyn EventReader> = bank(domain()).await;
        let inspector = Inspector::new(reader, domain(), View::default());
        let cancel = CancellationToken::new();
        inspector.what_if_test(scenario, options, Pace::quiet(&cancel)).await
    })
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../bank/tests/scenarios").join(format!("{name}.rs"))
}

fn is_as_in_the_bank(test: &MadeTest) {
    let file = file(&test.name);
    if std::env::var_os("LEDGERSCOPE_WRITE_SCENARIOS").is_some() {
        std::fs::write(&file, &test.source).expect("the file is written");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == test.source, "{} is not what is made of its scenario now:\n{}", file.display(), test.source);
}

#[test]
fn the_bank_has_the_tests_that_are_made_of_these_scenarios() {
    let refused = scenario(
        "A transfer over the limit is refused",
        vec![withdrawal("10001"), transfer("400000"), Step::Clock(ClockStep::BySeconds(3600))],
    );
    is_as_in_the_bank(&made(&refused, &TestOptions::default()).expect("a test"));
    let overdraft = json!({"accountId": "100234", "overdraftLimit": {"minor": "400000", "currency": "EUR"}});
    let allowed = scenario(
        "A higher limit lets the transfer through",
        vec![command("SetOverdraft", &overdraft, "officer:babbage"), transfer("400000"), Step::Processes],
    );
    is_as_in_the_bank(&made(&allowed, &TestOptions::default()).expect("a test"));
}

#[test]
fn nobody_is_recognised_in_an_anonymous_test() {
    let refused = scenario("Byronova sends 4000", vec![withdrawal("10001"), transfer("7000"), Step::Processes]);
    let options = TestOptions { name: Some("a_transfer_of_nobody".to_owned()), anonymous: true };
    let test = made(&refused, &options).expect("a test");
    assert_eq!(test.notes, Vec::<String>::new(), "the amounts could be replaced, too");
    let told = test.source.to_lowercase();
    for secret in
        ["byron", "adelheid", "lovelace", "babbage", "100234", "100242", "c-1001", "t-5001", "p1234567", "1985-12-10"]
    {
        assert!(!told.contains(secret), "{secret} is told:\n{}", test.source);
    }
    for amount in ["\"10001\"", "\"7000\"", "\"10000\""] {
        assert!(!told.contains(amount), "{amount} is told:\n{}", test.source);
    }
    // The year, and the id that the deposit's entry has in the store.
    for traced in ["2031", "8e6c4961-31ba-57f3-a7f5-708b471cded2"] {
        assert!(!told.contains(traced), "{traced} is told:\n{}", test.source);
    }
    assert!(
        told.contains(":00.000000z") && told.contains("2001-01-01"),
        "times have lost their seconds:\n{}",
        test.source
    );
    assert!(told.contains("then_refused(\"insufficient_funds\""), "and the rule is the same:\n{}", test.source);
    is_as_in_the_bank(&test);
}

#[test]
fn amounts_stay_where_others_would_meet_another_rule() {
    let overdraft = json!({"accountId": "100234", "overdraftLimit": {"minor": "5000000", "currency": "EUR"}});
    let steps = vec![command("SetOverdraft", &overdraft, "officer:babbage")];
    let options = TestOptions { name: None, anonymous: true };
    let test = made(&scenario("At the threshold", steps), &options).expect("a test");
    assert!(test.notes.iter().any(|note| note.contains("Amounts")), "it is told: {:?}", test.notes);
    assert!(test.source.contains("\"5000000\""), "{}", test.source);
}

#[test]
fn a_what_if_in_which_nothing_is_done_makes_no_test() {
    let error = made(&scenario("Nothing", Vec::new()), &TestOptions::default()).expect_err("no test");
    assert_eq!(error.code(), "nothing_to_test");
}
