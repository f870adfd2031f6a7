//! The bank's transfers at once and step by step: the same log, the same read models.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;
use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::{Domain, EventReader, ManualClock, Position, ReadAll, ReadModelStore, Row};
use es_runtime::{CancellationToken, CommandEnvelope, Engine, EngineParts, NoProgress};
use es_testkit::Dice;
use serde_json::{Value, json};
use uuid::Uuid;

const ACCOUNTS: [&str; 4] = ["E1", "E2", "E3", "D1"];

fn currency(account: &str) -> &'static str {
    if account.starts_with('D') { "USD" } else { "EUR" }
}

fn money(minor: u64, currency: &str) -> Value {
    json!({ "minor": minor.to_string(), "currency": currency })
}

/// A customer, four accounts with money, and then whatever the dice say.
fn history(seed: u64) -> Vec<(&'static str, Value, &'static str)> {
    let customer = |mut payload: Value| {
        payload["customerId"] = json!("C-1");
        payload
    };
    let name = json!({ "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10" });
    let document = json!({ "document": "passport", "documentNumber": "P1234567", "validUntil": "2060-06-30" });
    let mut commands = vec![
        ("RegisterCustomer", customer(name), "clerk"),
        ("SubmitIdentification", customer(document), "clerk"),
        ("RecordScreening", customer(json!({ "outcome": "clear", "note": "all lists" })), "clerk"),
        ("AssessRisk", customer(json!({ "rating": "low", "rationale": "salaried" })), "clerk"),
        ("ApproveOnboarding", customer(json!({})), "officer"),
    ];
    for account in ACCOUNTS {
        let open = json!({ "accountId": account, "currency": currency(account), "product": "current" });
        commands.push(("OpenAccount", customer(open), "clerk"));
        commands.push((
            "Deposit",
            json!({ "accountId": account, "amount": money(50_000, currency(account)) }),
            "clerk",
        ));
    }
    let mut dice = Dice::new(seed);
    for number in 0..40 {
        let (source, target) = (dice.pick(&ACCOUNTS), dice.pick(&["E1", "E2", "E3", "D1", "nowhere"]));
        commands.push(match dice.below(12) {
            0 => ("Withdraw", json!({ "accountId": source, "amount": money(20_000, currency(source)) }), "clerk"),
            1 if number > 25 => {
                ("FreezeAccount", json!({ "accountId": target, "case": "K-1", "reason": "a court asks" }), "clerk")
            }
            2 => ("CancelTransfer", json!({ "transferId": format!("T-{number}"), "reason": "not today" }), "clerk"),
            3 if number > 25 => ("CloseAccount", json!({ "accountId": target, "reason": "moves away" }), "clerk"),
            _ => {
                let amount = money(1 + dice.below(30_000), currency(source));
                let transfer = format!("T-{number}");
                let payload = json!({
                    "transferId": transfer, "source": source, "target": target, "amount": amount, "reference": "thanks",
                });
                ("RequestTransfer", payload, "clerk")
            }
        });
    }
    commands
}

struct Lived {
    log: Vec<String>,
    rows: BTreeMap<&'static str, Vec<Row>>,
    carried_out: usize,
    last_of_transfers: BTreeMap<String, String>,
}

async fn lived(seed: u64, atomic_turns: bool) -> Lived {
    let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(1_800_000_000, 0).expect("a time")));
    let events = Arc::new(MemoryEventStore::new(clock.clone()));
    let (views, domain) = (Arc::new(MemoryReadModels::new()), Arc::new(bank::domain().expect("a sound domain")));
    let mut parts = EngineParts::new(events.clone(), views.clone(), domain.clone());
    parts.clock = clock.clone();
    parts.config.atomic_turns = atomic_turns;
    parts.config.process_concurrency = 1;
    let engine = Engine::new(parts);
    let mut carried_out = 0;
    for (number, (command_type, payload, actor)) in history(seed).into_iter().enumerate() {
        let id = Uuid::from_u128(u128::from(seed) * 1000 + number as u128 + 1);
        let command = CommandEnvelope::new(command_type, payload.to_string()).with_id(id).by(actor, "test");
        let outcome = engine.execute(&command).await.expect("an answer");
        carried_out += usize::from(outcome.position().is_some());
        let driven = engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("driven");
        assert!(driven.stuck.is_empty() && driven.problem.is_none(), "seed {seed}: {driven:?}");
        assert!(!atomic_turns || driven.commands == 0, "seed {seed}: {command_type} left something: {driven:?}");
        clock.advance(chrono::TimeDelta::seconds(7));
    }
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    let page = events.read_all(ReadAll::forward(Position::ZERO, 4000)).await.expect("readable");
    let last = |event: &es_core::RecordedEvent| (event.stream.to_string(), event.event_type.to_string());
    Lived {
        log: page.events.iter().map(|event| format!("{event:?}")).collect(),
        rows: rows(&views, &domain).await,
        carried_out,
        last_of_transfers: page.events.iter().filter(|e| e.stream.category() == "transfer").map(last).collect(),
    }
}

async fn rows(views: &MemoryReadModels, domain: &Domain) -> BTreeMap<&'static str, Vec<Row>> {
    let mut all = BTreeMap::new();
    for projection in &domain.projections {
        let active = views.projection(projection.name()).await.expect("readable").active_version.expect("built");
        for table in projection.tables() {
            all.insert(table.name, views.scan(table, active, None, 10_000).await.expect("readable"));
        }
    }
    all
}

#[tokio::test]
async fn transfers_of_random_histories_are_the_same_at_once_and_step_by_step() {
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..4 {
        let (at_once, step_by_step) = (lived(seed, true).await, lived(seed, false).await);
        assert!(at_once.carried_out > 20, "seed {seed}: {} commands were carried out", at_once.carried_out);
        assert_eq!(at_once.log.len(), step_by_step.log.len(), "seed {seed}: as many events");
        for (one, other) in at_once.log.iter().zip(&step_by_step.log) {
            assert_eq!(one, other, "seed {seed}: the same event at the same place, with the same hashes");
        }
        assert_eq!(at_once.rows, step_by_step.rows, "seed {seed}: the same read models");
        at_once.last_of_transfers.into_values().for_each(|last| *ends.entry(last).or_default() += 1);
    }
    for end in ["TransferCompleted", "TransferRejected"] {
        assert!(ends.contains_key(end), "nothing comes in between, so these are the ends: {ends:?}");
    }
}
