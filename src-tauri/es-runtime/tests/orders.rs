//! Orders and transfers of the bank under the real engine: timers that fire while it runs, and timers that were due while it did not.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;
use std::sync::Arc;

use bank::account::AccountState;
use bank::order::{OrderState, OrderStatus};
use bank::transfer::{TransferState, TransferStatus};
use chrono::{DateTime, Utc};
use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::*;
use es_runtime::*;
use es_testkit::ManualClock;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

struct Bank {
    engine: Engine,
    events: Arc<MemoryEventStore>,
    clock: Arc<ManualClock>,
    domain: Arc<Domain>,
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().expect("a time")
}

fn eur(minor: i64) -> Value {
    json!({"minor": minor.to_string(), "currency": "EUR"})
}

fn engine(events: &Arc<MemoryEventStore>, clock: &Arc<ManualClock>, domain: &Arc<Domain>) -> Engine {
    let mut parts = EngineParts::new(events.clone(), Arc::new(MemoryReadModels::new()), domain.clone());
    parts.clock = clock.clone();
    Engine::new(parts)
}

impl Bank {
    /// Accounts 1 (with 100,000.00 EUR), 2 (EUR) and 3 (USD) of one customer.
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::new(at("2031-05-05T09:00:00Z")));
        let events = Arc::new(MemoryEventStore::new(clock.clone()));
        let domain = Arc::new(bank::domain().expect("the domain is sound"));
        let bank = Self { engine: engine(&events, &clock, &domain), events, clock, domain };
        let id = "C-1";
        let register = json!({"customerId": id, "givenName": "Ada", "familyName": "B", "birthDate": "1990-12-10"});
        bank.does("RegisterCustomer", register).await;
        let passport =
            json!({"customerId": id, "document": "passport", "documentNumber": "P1", "validUntil": "2036-06-30"});
        bank.does("SubmitIdentification", passport).await;
        bank.does("RecordScreening", json!({"customerId": id, "outcome": "clear", "note": "lists searched"})).await;
        bank.does("AssessRisk", json!({"customerId": id, "rating": "low", "rationale": "salaried"})).await;
        bank.by("checker", "ApproveOnboarding", json!({"customerId": id})).await;
        for (account, currency) in [("1", "EUR"), ("2", "EUR"), ("3", "USD")] {
            let open = json!({"accountId": account, "customerId": id, "currency": currency, "product": "current"});
            bank.does("OpenAccount", open).await;
        }
        bank.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)})).await;
        bank
    }

    async fn does(&self, command_type: &str, payload: Value) {
        self.by("maker", command_type, payload).await;
    }

    async fn by(&self, actor: &str, command_type: &str, payload: Value) {
        let command = CommandEnvelope::new(command_type, payload.to_string()).by(actor, "test");
        let outcome = self.engine.execute(&command).await.expect("the stores work");
        assert!(matches!(outcome, Outcome::Executed { .. }), "{command_type}: {outcome:?}");
    }

    async fn drive(&self) {
        let report = self.engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work");
        assert_eq!((report.stuck, report.problem), (Vec::new(), None), "no instance is stuck");
    }

    async fn until(&self, time: &str) {
        self.clock.set(at(time));
        self.drive().await;
    }

    async fn state<S: Clone + Default + 'static>(&self, stream: &str) -> S {
        let stream = StreamName::new(stream).expect("a stream name");
        let aggregate = self.domain.aggregate(stream.category()).expect("an aggregate");
        let mut state = aggregate.initial();
        let read =
            ReadStream { stream, from: StreamVersion::ZERO, direction: Direction::Forward, limit: limits::PAGE_EVENTS };
        for event in self.events.read_stream(read).await.expect("readable").events {
            let payload = event.payload.as_json().expect("JSON");
            aggregate.evolve(&mut state, &event.event_type, payload).expect("an event folds");
        }
        state.downcast_ref::<S>().cloned().unwrap_or_default()
    }

    async fn settled(&self, account: &str) -> i64 {
        let state: AccountState = self.state(&format!("account-{account}")).await;
        state.account().map_or(0, |account| account.settled.minor())
    }
}

fn standing() -> Value {
    json!({
        "orderId": "SO-1", "source": "1", "target": "2", "amount": eur(85_000), "reference": "Rent",
        "firstOn": "2031-05-31", "interval": "monthly", "convention": "preceding", "count": 4,
    })
}

#[test]
fn a_standing_order_is_carried_out_by_the_engine_on_its_days() {
    es_testkit::run(async {
        let bank = Bank::open().await;
        bank.does("CreateStandingOrder", standing()).await;
        bank.until("2031-05-30T04:59:00Z").await;
        assert_eq!(bank.settled("2").await, 0, "not before the morning");
        // The 31st is a Saturday.
        bank.until("2031-05-30T05:00:00Z").await;
        assert_eq!(bank.settled("2").await, 85_000);
        bank.until("2031-06-30T05:00:00Z").await;
        assert_eq!(bank.settled("2").await, 170_000, "and on the last of June");
        let state: OrderState = bank.state("order-SO-1").await;
        assert_eq!(state.order.map(|order| (order.executed, order.open.len())), Some((2, 0)), "the order knows");
    });
}

#[test]
fn days_while_the_engine_was_down_are_made_up_for_after_a_restart_without_its_timers() {
    es_testkit::run(async {
        let mut bank = Bank::open().await;
        bank.does("CreateStandingOrder", standing()).await;
        bank.drive().await;
        bank.engine.shutdown().await;
        bank.clock.set(at("2031-12-01T12:00:00Z"));
        // All that could be computed is lost, the timers too.
        bank.engine = engine(&bank.events, &bank.clock, &bank.domain);
        bank.drive().await;
        assert_eq!(bank.settled("2").await, 4 * 85_000, "each day once");
        let state: OrderState = bank.state("order-SO-1").await;
        assert_eq!((state.status, state.order.map(|order| order.executed)), (OrderStatus::Finished, Some(4)));
        bank.drive().await;
        assert_eq!(bank.settled("2").await, 4 * 85_000, "and never again");
    });
}

#[test]
fn the_engine_lets_an_approval_expire_and_carries_an_approved_transfer_out() {
    es_testkit::run(async {
        let bank = Bank::open().await;
        let valid_until = at("2031-05-05T18:00:00Z");
        let rate = json!({"numerator": "10834", "denominator": "10000"});
        let quote = json!({
            "quoteId": "Q-1", "sourceCurrency": "EUR", "targetCurrency": "USD", "rate": rate, "provenance": "desk",
            "validUntil": valid_until,
        });
        bank.does("QuoteRate", quote).await;
        for id in ["T-1", "T-2"] {
            let request = json!({
                "transferId": id, "source": "1", "target": "3", "amount": eur(5_000_001), "reference": "machine",
                "quoteId": "Q-1", "tariff": {"flat": eur(1_500)},
            });
            bank.does("RequestTransfer", request).await;
        }
        bank.drive().await;
        let waiting: TransferState = bank.state("transfer-T-1").await;
        let content_hash = waiting.approval.expect("an approval is needed").content_hash;
        bank.by("checker", "ApproveTransfer", json!({"transferId": "T-1", "contentHash": content_hash})).await;
        bank.drive().await;
        bank.until("2031-05-05T18:00:00Z").await;
        let mut statuses = BTreeMap::new();
        for id in ["T-1", "T-2"] {
            statuses.insert(id, bank.state::<TransferState>(&format!("transfer-{id}")).await.status);
        }
        let expected = [("T-1", TransferStatus::Completed), ("T-2", TransferStatus::Rejected)];
        assert_eq!(statuses, BTreeMap::from(expected), "the quote's end is the end of the time for approval");
        assert_eq!((bank.settled("1").await, bank.settled("3").await), (4_998_499, 5_417_001));
    });
}
