//! What a bank does until it dies: seeded transfers that complete, are refused, fail, are withdrawn, come back or are parked,
//! with catching up and rebuilds in between.

use std::time::Duration;

use chrono::TimeDelta;
use es_core::*;
use es_runtime::*;
use es_testkit::Dice;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bench::{Bench, Journal, Order, Place, Turns};
use super::faults::Point;

/// Steps after which a process that should have died gives up.
pub const LONGEST_RUN: u32 = 400;
const CUSTOMER: &str = "C-1";
const EUROS: [&str; 4] = ["E1", "E2", "E3", "E4"];
const DOLLARS: [&str; 2] = ["D1", "D2"];
const LOOKS: u32 = 2000;

pub fn in_background(seed: u64) -> bool {
    seed % 2 == 1
}

/// Somebody who gives orders.
pub struct Script {
    pub bench: Bench,
    journal: Journal,
    dice: Dice,
    tag: String,
    round: u32,
    number: u32,
    requested: Vec<String>,
}

fn money(minor: u64, currency: &str) -> Value {
    json!({ "minor": minor.to_string(), "currency": currency })
}

fn currency_of(account: &str) -> &'static str {
    if account.starts_with('D') { "USD" } else { "EUR" }
}

impl Script {
    /// Some seeds work in the background of the orders; others when they are told to.
    pub fn new(bench: Bench, place: &Place, seed: u64, round: u32) -> Self {
        // In later rounds the interesting part comes first: what was interrupted is taken up again.
        if round > 1 || bench.switch.point().is_some_and(Point::counts_from_the_start) {
            bench.switch.arm();
        }
        if in_background(seed) {
            bench.engine.start_background();
        }
        Self {
            bench,
            journal: Journal::open(&place.journal()),
            dice: Dice::new(seed * 100 + u64::from(round)),
            tag: format!("{seed}-{round}"),
            round,
            number: 0,
            requested: Vec::new(),
        }
    }

    /// Opens what there is not yet, then gives orders.
    pub async fn run(&mut self, steps: u32) {
        self.found_the_bank().await;
        if self.round == 1 && !self.bench.switch.point().is_some_and(Point::counts_from_the_start) {
            self.catch_up().await;
            self.bench.switch.arm();
        }
        for _ in 0..steps {
            self.step().await;
        }
    }

    async fn step(&mut self) {
        match self.dice.below(20) {
            0..=5 => self.transfer().await,
            // There is no moment in a turn at which something could come in between.
            8..=11 if self.bench.turns == Turns::AtOnce => self.transfer().await,
            6 => self.cash().await,
            7 => self.cancel().await,
            8 => self.comes_back(false).await,
            9 => self.comes_back(true).await,
            10 | 11 => self.is_held_up().await,
            12 | 13 => self.catch_up().await,
            14 | 15 if self.archives() => self.close_the_books().await,
            14 | 15 => self.rebuild().await,
            16 => self.hold_runs_out().await,
            17 => self.standing_by().await,
            _ => self.drive().await,
        }
    }

    async fn send(&mut self, id: Uuid, command_type: &str, payload: Value, actor: &str) -> Outcome {
        let (command_type, payload, actor) = (command_type.to_owned(), payload.to_string(), actor.to_owned());
        let order = Order { id, command_type, payload, actor };
        self.journal.sent(&order);
        let outcome = self.bench.engine.execute(&order.envelope()).await.expect("the stores work");
        self.journal.answered(id, &outcome);
        outcome
    }

    async fn order(&mut self, command_type: &str, payload: Value) -> Outcome {
        let number = self.next();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{number}", self.tag).as_bytes());
        self.send(id, command_type, payload, "clerk").await
    }

    async fn done(&mut self, command_type: &str, payload: Value) {
        let outcome = self.order(command_type, payload).await;
        assert!(outcome.position().is_some(), "{command_type} should be carried out, got {outcome:?}");
    }

    fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    /// The same commands in every round: a bank that was interrupted in its founding goes on with it.
    async fn found_the_bank(&mut self) {
        let id = |name: String| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("founding/{name}").as_bytes());
        for (command_type, payload, actor) in [
            (
                "RegisterCustomer",
                json!({ "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10", "email": "a@example.org" }),
                "clerk",
            ),
            (
                "SubmitIdentification",
                json!({ "document": "passport", "documentNumber": "P1234567", "validUntil": "2060-06-30" }),
                "clerk",
            ),
            ("RecordScreening", json!({ "outcome": "clear", "note": "all lists" }), "clerk"),
            ("AssessRisk", json!({ "rating": "low", "rationale": "salaried" }), "clerk"),
            ("ApproveOnboarding", json!({}), "officer"),
        ] {
            let mut payload = payload;
            payload["customerId"] = json!(CUSTOMER);
            let outcome = self.send(id(command_type.to_owned()), command_type, payload, actor).await;
            assert!(outcome.position().is_some(), "{command_type}: {outcome:?}");
        }
        for account in EUROS.iter().chain(&DOLLARS) {
            let currency = currency_of(account);
            let open =
                json!({ "accountId": account, "customerId": CUSTOMER, "currency": currency, "product": "current" });
            let opened = self.send(id(format!("open {account}")), "OpenAccount", open, "clerk").await;
            let pay = json!({ "accountId": account, "amount": money(100_000, currency) });
            let paid = self.send(id(format!("pay {account}")), "Deposit", pay, "clerk").await;
            assert!(opened.position().is_some() && paid.position().is_some(), "{account}: {opened:?} {paid:?}");
        }
    }

    async fn request(&mut self, source: &str, target: &str, amount: u64) -> String {
        let number = self.next();
        let transfer = format!("T-{}-{number}", self.tag);
        let amount = money(amount, currency_of(source));
        let payload = json!({
            "transferId": transfer, "source": source, "target": target, "amount": amount, "reference": "thanks",
        });
        self.done("RequestTransfer", payload).await;
        self.requested.push(transfer.clone());
        transfer
    }

    /// Mostly possible; some ask for too much, for another currency's account or for one that nobody opened.
    async fn transfer(&mut self) {
        let source = self.dice.pick(&[&EUROS[..], &DOLLARS[..]].concat());
        let same = if currency_of(source) == "EUR" { &EUROS[..] } else { &DOLLARS[..] };
        let target = match self.dice.below(10) {
            0 => "nowhere",
            1 => self.dice.pick(&["D2", "E4"]),
            _ => self.dice.pick(same),
        };
        if target == source {
            return;
        }
        let amount = if self.dice.below(8) == 0 { 900_000 } else { 1 + self.dice.below(20_000) };
        self.request(source, target, amount).await;
    }

    async fn cash(&mut self) {
        let account = self.dice.pick(&EUROS);
        let command_type = self.dice.pick(&["Deposit", "Withdraw"]);
        let amount = money(1 + self.dice.below(60_000), "EUR");
        self.order(command_type, json!({ "accountId": account, "amount": amount })).await;
    }

    async fn cancel(&mut self) {
        let Some(transfer) = self.requested.last().cloned() else { return };
        self.order("CancelTransfer", json!({ "transferId": transfer, "reason": "not today" })).await;
    }

    /// An account of its own, so that closing it or holding it up troubles nobody else.
    async fn open_account(&mut self, minor: u64) -> String {
        let number = self.next();
        let account = format!("X-{}-{number}", self.tag);
        let open = json!({ "accountId": account, "customerId": CUSTOMER, "currency": "EUR", "product": "current" });
        self.done("OpenAccount", open).await;
        if minor > 0 {
            self.done("Deposit", json!({ "accountId": account, "amount": money(minor, "EUR") })).await;
        }
        account
    }

    /// The target is closed while the money is on its way; if it cannot come back either, it is parked.
    async fn comes_back(&mut self, also_close_source: bool) {
        let amount = 1 + self.dice.below(5000);
        let (source, target) = (self.open_account(amount).await, self.open_account(0).await);
        let obstacle = ("TransferCredited", format!("account-{target}"));
        self.bench.events.obstacles.lock().insert(obstacle.clone());
        let transfer = self.request(&source, &target, amount).await;
        self.drive_until(&transfer, "SourceDebited").await;
        // The source first: as soon as the target is closed, the money is on its way back.
        if also_close_source {
            self.done("CloseAccount", json!({ "accountId": source, "reason": "moves away" })).await;
        }
        self.done("CloseAccount", json!({ "accountId": target, "reason": "moves away" })).await;
        self.bench.events.obstacles.lock().remove(&obstacle);
        let end = if also_close_source { "TransferParked" } else { "TransferCompensated" };
        self.drive_until(&transfer, end).await;
    }

    /// The source account does not answer in time, or the customer loses patience.
    async fn is_held_up(&mut self) {
        let (source, amount) = (self.open_account(5000).await, 1 + self.dice.below(5000));
        let at = self.dice.pick(&[("HoldPlaced", "TransferValidated"), ("TransferDebited", "SourceReserved")]);
        let obstacle = (at.0, format!("account-{source}"));
        self.bench.events.obstacles.lock().insert(obstacle.clone());
        let transfer = self.request(&source, "E1", amount).await;
        self.drive_until(&transfer, at.1).await;
        if self.dice.below(2) == 0 {
            self.drive_until_timer(&transfer).await;
            self.bench.clock.advance(TimeDelta::seconds(61));
        } else {
            self.done("CancelTransfer", json!({ "transferId": transfer, "reason": "too slow" })).await;
        }
        self.drive_until(&transfer, "SourceReleased").await;
        self.bench.events.obstacles.lock().remove(&obstacle);
    }

    fn archives(&self) -> bool {
        self.bench.switch.point().is_some_and(Point::is_of_scavenge)
    }

    /// A new period for an account; what came before it is archived. On the same day there is no second one, so that in the end
    /// there is a new account to be closed.
    async fn close_the_books(&mut self) {
        let account = match self.dice.below(3) {
            0 => self.dice.pick(&[&EUROS[..], &DOLLARS[..]].concat()).to_owned(),
            _ => self.open_account(5_000).await,
        };
        let number = self.next();
        let hold = self.place_hold(&account, number).await;
        let today = self.bench.clock.now().date_naive();
        self.order("OpenPeriod", json!({ "accountId": account, "periodFrom": today })).await;
        self.drive().await;
        self.catch_up().await;
        self.bench.archive(Some(&account)).await;
        if hold {
            self.wait_for_expiry(&account).await;
        }
    }

    /// A hold whose time comes soon. False if the account has not the money.
    async fn place_hold(&mut self, account: &str, number: u32) -> bool {
        let expires_at = self.bench.clock.now() + TimeDelta::seconds(30);
        let amount = money(1 + self.dice.below(2_000), currency_of(account));
        let hold = format!("H-{}-{number}", self.tag);
        let payload = json!({
            "accountId": account, "holdId": hold, "amount": amount, "expiresAt": expires_at, "purpose": "Hotel",
        });
        self.order("PlaceHold", payload).await.position().is_some()
    }

    /// Nobody asks for it: the account's own process does, when the time has come.
    async fn wait_for_expiry(&self, account: &str) {
        let stream = StreamName::of("account", account).expect("a name");
        let expired = |events: &[RecordedEvent]| events.iter().filter(|e| &*e.event_type == "HoldExpired").count();
        let former = expired(&self.bench.stream(&stream).await);
        self.drive().await;
        self.bench.clock.advance(TimeDelta::seconds(61));
        for _ in 0..LOOKS {
            self.bench.engine.drive_processes_once().await.expect("the stores work");
            if expired(&self.bench.stream(&stream).await) > former {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("no hold on {account} runs out");
    }

    async fn hold_runs_out(&mut self) {
        let (account, number) = (self.open_account(5_000).await, self.next());
        assert!(self.place_hold(&account, number).await, "there is money enough");
        self.wait_for_expiry(&account).await;
    }

    /// A transfer that an order asks for, at once or by the order's timer.
    async fn standing_by(&mut self) {
        let (source, target) = (self.dice.pick(&EUROS), self.dice.pick(&EUROS));
        if source == target {
            return;
        }
        let (number, today) = (self.next(), self.bench.clock.now().date_naive());
        let payload = json!({
            "orderId": format!("O-{}-{number}", self.tag), "source": source, "target": target,
            "amount": money(1 + self.dice.below(20_000), "EUR"), "reference": "rent", "dueOn": today,
            "convention": "preceding",
        });
        self.done("CreateScheduledTransfer", payload).await;
    }

    async fn drive_until(&self, transfer: &str, event_type: &str) {
        let stream = StreamName::of("transfer", transfer).expect("a name");
        for _ in 0..LOOKS {
            self.bench.engine.drive_processes_once().await.expect("the stores work");
            if self.bench.stream(&stream).await.last().is_some_and(|event| &*event.event_type == event_type) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let events = self.bench.stream(&stream).await;
        let types: Vec<&str> = events.iter().map(|event| &*event.event_type).collect();
        panic!("{transfer} does not come to {event_type}: {types:?}");
    }

    async fn drive_until_timer(&self, transfer: &str) {
        for _ in 0..LOOKS {
            let timers = self.bench.views.timers(1000).await.expect("readable");
            if timers.iter().any(|timer| timer.stream == format!("transfer-{transfer}")) {
                return;
            }
            self.bench.engine.drive_processes_once().await.expect("the stores work");
        }
        panic!("{transfer} sets no timer");
    }

    async fn drive(&self) {
        let driven = self.bench.engine.drive_processes_until_idle(&CancellationToken::new()).await;
        let report = driven.expect("the stores work");
        assert!(report.stuck.is_empty(), "{report:?}");
    }

    async fn catch_up(&self) {
        let caught_up = self.bench.engine.catch_up(None, &NoProgress, &CancellationToken::new()).await;
        assert_eq!(caught_up.expect("the stores work"), [], "nobody is behind");
    }

    async fn rebuild(&mut self) {
        let names: Vec<&str> = self.bench.domain.projections.iter().map(|projection| projection.name()).collect();
        let name = self.dice.pick(&names);
        let options = self.bench.rebuild;
        match self.bench.engine.rebuild_with(name, options, &NoProgress, &CancellationToken::new()).await {
            Ok(report) => {
                let differing = report.compared.as_ref().map_or(0, |compared| compared.differing_rows);
                assert_eq!(differing, 0, "{report:?}");
            }
            // A follower in the background may be building it for the first time.
            Err(RebuildError::AlreadyRunning { .. } | RebuildError::HeldElsewhere { .. }) => {}
            Err(error) => panic!("{name} is not rebuilt: {error}"),
        }
    }
}
