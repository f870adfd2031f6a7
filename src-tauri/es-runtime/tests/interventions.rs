//! An operator's decision and the step whose place it takes: whichever is appended first keeps the other one out, with the bank's
//! transfers and a real engine.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

#[path = "../../../tests/shared/stuck_transfer.rs"]
mod stuck_transfer;

use std::sync::Arc;

use bank::account::AccountState;
use bank::processes::TransferProcess;
use bank::transfer::{TransferState, TransferStatus};
use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::*;
use es_runtime::*;
use stuck_transfer::{break_account, debit};

const HISTORY: [(&str, &str, &str); 9] = [
    ("RegisterCustomer", r#"{"customerId":"C-1","givenName":"A","familyName":"B","birthDate":"1990-12-10"}"#, "maker"),
    (
        "SubmitIdentification",
        r#"{"customerId":"C-1","document":"passport","documentNumber":"P1","validUntil":"2060-06-30"}"#,
        "maker",
    ),
    ("RecordScreening", r#"{"customerId":"C-1","outcome":"clear","note":"lists searched"}"#, "maker"),
    ("AssessRisk", r#"{"customerId":"C-1","rating":"low","rationale":"salaried"}"#, "maker"),
    ("ApproveOnboarding", r#"{"customerId":"C-1"}"#, "checker"),
    ("OpenAccount", r#"{"accountId":"1","customerId":"C-1","currency":"EUR","product":"current"}"#, "maker"),
    ("OpenAccount", r#"{"accountId":"2","customerId":"C-1","currency":"EUR","product":"current"}"#, "maker"),
    ("Deposit", r#"{"accountId":"1","amount":{"minor":"10000","currency":"EUR"}}"#, "maker"),
    (
        "RequestTransfer",
        r#"{"transferId":"T-1","source":"1","target":"2","amount":{"minor":"4000","currency":"EUR"},"reference":"x"}"#,
        "maker",
    ),
];

struct Bank {
    engine: Engine,
    events: Arc<MemoryEventStore>,
}

fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a name")
}

fn olga() -> Operator {
    Operator { actor: "olga".to_owned(), channel: "desktop".to_owned(), reason: "the target is gone".to_owned() }
}

impl Bank {
    /// A transfer of 40.00 EUR whose money is in transit, as if its program had been killed there.
    async fn with_money_in_transit() -> Self {
        let clock = Arc::new(SystemClock);
        let events = Arc::new(MemoryEventStore::new(clock));
        let domain = Arc::new(bank::domain().expect("a sound domain"));
        let mut parts = EngineParts::new(events.clone(), Arc::new(MemoryReadModels::new()), domain);
        parts.config.atomic_turns = false;
        let engine = Engine::new(parts);
        for (command, payload, actor) in HISTORY {
            let outcome = engine.execute(&CommandEnvelope::new(command, payload).by(actor, "test")).await;
            assert!(matches!(outcome, Ok(Outcome::Executed { .. })), "{command}: {outcome:?}");
        }
        debit(&engine, "T-1").await;
        Self { engine, events }
    }

    async fn state<S: Clone + 'static>(&self, name: &str) -> S {
        let aggregate = self.engine.domain().aggregate(stream(name).category()).expect("an aggregate");
        let mut state = aggregate.initial();
        let (from, direction, limit) = (StreamVersion::ZERO, Direction::Forward, limits::PAGE_EVENTS);
        let read = ReadStream { stream: stream(name), from, direction, limit };
        for event in self.events.read_stream(read).await.expect("readable").events {
            let payload = event.payload.as_json().expect("JSON");
            aggregate.evolve(&mut state, &event.event_type, payload).expect("it folds");
        }
        state.downcast_ref::<S>().expect("its state").clone()
    }

    async fn settled(&self, account: &str) -> i64 {
        let state: AccountState = self.state(account).await;
        state.account().map_or(0, |account| account.settled.minor())
    }

    /// The credit, as the transfer's process would send it now.
    async fn credit(&self) -> CommandEnvelope {
        let state: TransferState = self.state("transfer-T-1").await;
        let pending = TransferProcess.turn(&stream("transfer-T-1"), &AnyState::new(state)).pending.remove(0);
        CommandEnvelope::new(pending.command_type, pending.payload).with_id(pending.command_id)
    }

    async fn drive(&self) -> DriveReport {
        self.engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work")
    }
}

#[tokio::test]
async fn a_decision_keeps_a_late_step_out_for_ever() {
    let bank = Bank::with_money_in_transit().await;
    let late = bank.credit().await;
    let done = bank.engine.intervene(&stream("transfer-T-1"), Intervention::Compensate, &olga()).await;
    assert!(matches!(done, Ok(Outcome::Executed { .. })), "{done:?}");
    let error = bank.engine.execute(&late).await.expect_err("its id is used up");
    assert_eq!(error.code(), "command_id_reused");
    let report = bank.drive().await;
    assert!(report.stuck.is_empty(), "{report:?}");
    assert_eq!((bank.settled("account-1").await, bank.settled("account-2").await), (10_000, 0), "it is all back");
    let transfer: TransferState = bank.state("transfer-T-1").await;
    assert_eq!(transfer.status, TransferStatus::Compensated);
}

#[tokio::test]
async fn a_step_that_was_carried_out_keeps_a_decision_out() {
    for intervention in [Intervention::Compensate, Intervention::Park] {
        let bank = Bank::with_money_in_transit().await;
        let credit = bank.credit().await;
        bank.engine.execute(&credit).await.expect("credited, and killed before it was recorded");
        let head = bank.events.head().await;
        let error = bank.engine.intervene(&stream("transfer-T-1"), intervention, &olga()).await.expect_err("too late");
        assert_eq!(error.code(), "step_carried_out", "{error}");
        assert_eq!(bank.events.head().await, head, "nothing was written");
        bank.engine.retry_instance(&stream("transfer-T-1"), &olga()).await.expect("recorded");
        bank.drive().await;
        assert_eq!((bank.settled("account-1").await, bank.settled("account-2").await), (6_000, 4_000));
        let transfer: TransferState = bank.state("transfer-T-1").await;
        assert_eq!(transfer.status, TransferStatus::Completed, "the record is made up for");
    }
}

#[tokio::test]
async fn a_decision_belongs_to_the_instances_story_and_tells_who_and_why() {
    let bank = Bank::with_money_in_transit().await;
    break_account(&*bank.events, "2").await;
    let stuck = bank.drive().await.stuck;
    assert!(stuck.iter().any(|found| found.stream == stream("transfer-T-1")), "its target cannot be read: {stuck:?}");
    let offers = bank.engine.offers(&stream("transfer-T-1")).await.expect("looked at");
    let allowed: Vec<_> = offers.iter().filter(|offer| offer.refusal.is_none()).map(|o| o.intervention).collect();
    assert_eq!(allowed, [Intervention::Compensate, Intervention::Park]);
    let done = bank.engine.intervene(&stream("transfer-T-1"), Intervention::Park, &olga()).await.expect("decided");
    let position = done.position().expect("written");
    let parked = bank.events.read_positions(&[position]).await.expect("readable").remove(0);
    let read = ReadStream {
        stream: stream("transfer-T-1"),
        from: StreamVersion::ZERO,
        direction: Direction::Forward,
        limit: limits::PAGE_EVENTS,
    };
    let all = bank.events.read_stream(read).await.expect("readable").events;
    let parked_at = all.iter().position(|event| event.event_id == parked.event_id).expect("in its own stream");
    assert_eq!(parked.correlation_id, all[0].correlation_id, "the story is one");
    assert_eq!(parked.causation_id, Some(all[parked_at - 1].event_id), "it came after the last step");
    let metadata: EventMetadata = serde_json::from_str(&parked.metadata).expect("the engine's metadata");
    assert_eq!((metadata.actor.as_str(), metadata.reason.as_deref()), ("olga", Some("the target is gone")));
    let again = bank.engine.intervene(&stream("transfer-T-1"), Intervention::Compensate, &olga()).await;
    assert!(matches!(again, Ok(Outcome::Executed { .. })), "out of suspense it can still go back: {again:?}");
    bank.drive().await;
    assert_eq!(bank.settled("account-1").await, 10_000);
}
