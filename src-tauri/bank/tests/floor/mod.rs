//! A bank in memory that works as the runtime does: commands are parsed, decided on folded states, answered from receipts when
//! they come again; the transfer process is dispatched step by step, and may be killed between any two.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod customers;

use std::collections::{BTreeMap, HashMap};

use bank::account::AccountState;
use bank::transfer::TransferState;
use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    AnyState, CommandContext, CommandDraft, Domain, EncodedEvent, References, Rejection, Settlement, StreamName,
    TimerDraft, Turn,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub struct Floor {
    pub domain: Domain,
    pub now: DateTime<Utc>,
    pub log: Vec<(StreamName, EncodedEvent)>,
    states: BTreeMap<StreamName, AnyState>,
    receipts: HashMap<Uuid, CommandDraft>,
    commands: u128,
}

pub fn eur(minor: i64) -> Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

pub fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a stream name")
}

impl Floor {
    /// Accounts 1 (with 100.00 EUR) and 2 (empty) of one customer.
    pub fn new() -> Self {
        let mut floor = Self {
            domain: bank::domain().expect("the domain is sound"),
            now: "2031-05-05T09:00:00Z".parse().expect("a time"),
            log: Vec::new(),
            states: BTreeMap::new(),
            receipts: HashMap::new(),
            commands: 0,
        };
        let id = "C-1";
        floor.does(
            "RegisterCustomer",
            json!({"customerId": id, "givenName": "Ada", "familyName": "B", "birthDate": "1990-12-10"}),
        );
        floor.does(
            "SubmitIdentification",
            json!({"customerId": id, "document": "passport", "documentNumber": "P1", "validUntil": "2033-06-30"}),
        );
        floor.does("RecordScreening", json!({"customerId": id, "outcome": "clear", "note": "lists searched"}));
        floor.does("AssessRisk", json!({"customerId": id, "rating": "low", "rationale": "salaried"}));
        floor.command("ApproveOnboarding", &json!({"customerId": id}), "checker").expect("approved");
        for (account, currency) in [("1", "EUR"), ("2", "EUR"), ("3", "USD")] {
            floor.does(
                "OpenAccount",
                json!({"accountId": account, "customerId": id, "currency": currency, "product": "current"}),
            );
        }
        floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000)}));
        floor
    }

    /// Requests a transfer over 40.00 EUR from account 1.
    pub fn with_transfer_to(target: &str) -> Self {
        let mut floor = Self::new();
        floor.request(target, 4_000);
        floor
    }

    pub fn request(&mut self, target: &str, minor: i64) {
        self.does(
            "RequestTransfer",
            json!({"transferId": "T-1", "source": "1", "target": target, "amount": eur(minor), "reference": "test"}),
        );
    }

    pub fn command(&mut self, command_type: &str, payload: &Value, actor: &str) -> Result<usize, Rejection> {
        self.commands += 1;
        let draft = CommandDraft {
            command_id: Uuid::from_u128(self.commands),
            command_type: command_type.to_owned(),
            payload: payload.to_string(),
        };
        self.send(&draft, actor)
    }

    #[track_caller]
    pub fn does(&mut self, command_type: &str, payload: Value) {
        if let Err(rejection) = self.command(command_type, &payload, "maker") {
            panic!("{command_type} was refused: {}", rejection.message);
        }
    }

    #[track_caller]
    pub fn refuses(&mut self, command_type: &str, payload: Value, code: &str) {
        let rejection = self.command(command_type, &payload, "maker").expect_err("a rule refuses");
        assert_eq!(rejection.code, code, "{}", rejection.message);
    }

    /// Executes as the runtime does: a command whose events are there already is done.
    pub fn send(&mut self, draft: &CommandDraft, actor: &str) -> Result<usize, Rejection> {
        if let Some(former) = self.receipts.get(&draft.command_id) {
            assert_eq!(former, draft, "a command id means one content");
            return Ok(0);
        }
        let (aggregate, parsed) =
            self.domain.parse_command(&draft.command_type, &draft.payload).expect("a command fits its schema");
        let mut references = References::default();
        for stream in &parsed.references {
            if let Some(state) = self.states.get(stream) {
                references.insert(stream.clone(), state.clone());
            }
        }
        let context = CommandContext {
            command_id: draft.command_id,
            now: self.now,
            business_date: self.now.date_naive(),
            actor: actor.to_owned(),
            channel: "test".to_owned(),
            reason: None,
            correlation_id: draft.command_id,
            causation_id: draft.command_id,
        };
        let state = self.states.entry(parsed.stream.clone()).or_insert_with(|| aggregate.initial());
        let events = aggregate.decide(state, &parsed, &context, &references)?;
        for event in &events {
            aggregate.evolve(state, event.event_type, &event.payload).expect("an event folds");
            self.log.push((parsed.stream.clone(), event.clone()));
        }
        if !events.is_empty() {
            self.receipts.insert(draft.command_id, draft.clone());
        }
        Ok(events.len())
    }

    pub fn turn(&self) -> Turn {
        let stream = stream("transfer-T-1");
        let nothing = AnyState::new(TransferState::default());
        self.domain.processes[0].turn(&stream, self.states.get(&stream).unwrap_or(&nothing))
    }

    /// Sends the planned command; its answer, if it has to be recorded.
    pub fn dispatch(&mut self) -> Option<(CommandDraft, Settlement)> {
        let draft = self.turn().pending.first()?.clone();
        let own = self.domain.command(&draft.command_type).is_some_and(|command| command.category == "transfer");
        let how = match self.send(&draft, "process:transfer") {
            Ok(_) => Settlement::Done,
            Err(rejection) if own => {
                panic!("the process's own {} was refused: {}", draft.command_type, rejection.message)
            }
            Err(rejection) => Settlement::Rejected(rejection),
        };
        (!own).then_some((draft, how))
    }

    /// Records the answer.
    pub fn settle(&mut self, planned: &CommandDraft, how: &Settlement) {
        let stream = stream("transfer-T-1");
        let outcome = self.domain.processes[0].settle(&stream, &self.states[&stream], planned, how);
        if let Err(rejection) = self.send(&outcome, "process:transfer") {
            panic!("the outcome {} was refused: {}", outcome.command_type, rejection.message);
        }
    }

    /// One whole step.
    pub fn step(&mut self) {
        if let Some((planned, how)) = self.dispatch() {
            self.settle(&planned, &how);
        }
    }

    pub fn run(&mut self) {
        for _ in 0..20 {
            if self.turn().pending.is_empty() {
                return;
            }
            self.step();
        }
        panic!("the process does not come to an end: {:?}", self.transfer());
    }

    /// Sends the timers that are due.
    pub fn fire_timers(&mut self) {
        for timer in self.turn().timers {
            if timer.due_at <= self.now {
                self.send(&timer.command, "process:transfer").expect("a due timer is not refused");
            }
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    pub fn transfer(&self) -> TransferState {
        let state = self.states.get(&stream("transfer-T-1")).and_then(AnyState::downcast_ref);
        state.cloned().unwrap_or_default()
    }

    pub fn account(&self, id: &str) -> AccountState {
        let state = self.states.get(&stream(&format!("account-{id}"))).and_then(AnyState::downcast_ref);
        state.cloned().unwrap_or_default()
    }

    pub fn settled(&self, id: &str) -> i64 {
        self.account(id).account().map_or(0, |account| account.settled.minor())
    }

    pub fn held(&self, id: &str) -> i64 {
        self.account(id).account().map_or(0, |account| account.held.minor())
    }

    /// Types of the transfer's own events after the request.
    pub fn steps(&self) -> Vec<&'static str> {
        let own = self.log.iter().filter(|(stream, _)| stream.category() == "transfer");
        own.map(|(_, event)| event.event_type).skip(1).collect()
    }

    /// Credits less debits of a ledger account, from the raw payloads.
    pub fn owed(&self, account: &str) -> i64 {
        let payloads = self.log.iter().map(|(_, event)| serde_json::from_str::<Value>(&event.payload).expect("JSON"));
        let legs = payloads.flat_map(|payload| payload["postings"].as_array().cloned().unwrap_or_default());
        let own = legs.filter(|leg| leg["account"] == account);
        own.map(|leg| {
            let minor: i64 = leg["amount"]["minor"].as_str().expect("text").parse().expect("a number");
            if leg["side"] == "credit" { minor } else { -minor }
        })
        .sum()
    }

    /// Amount of the transfer if it has left its source and not arrived anywhere, from the accounts' events.
    pub fn in_flight(&self) -> i64 {
        let mut flying = 0;
        for (_, event) in &self.log {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            let minor = || payload["amount"]["minor"].as_str().expect("text").parse::<i64>().expect("a number");
            match event.event_type {
                "TransferDebited" => flying += minor(),
                "TransferCredited" | "TransferDebitReturned" | "TransferParked" => flying -= minor(),
                _ => {}
            }
        }
        flying
    }

    /// Timers that the process with this name wants for a stream.
    pub fn timers_of(&self, process: &str, name: &str) -> Vec<TimerDraft> {
        let process = self.domain.processes.iter().find(|known| known.name() == process).expect("a process");
        let (stream, category) = (stream(name), process.category());
        let initial = || self.domain.aggregate(category).expect("an aggregate").initial();
        let turn = process.turn(&stream, &self.states.get(&stream).cloned().unwrap_or_else(initial));
        assert!(turn.pending.is_empty(), "{category} has a process that only waits");
        assert_eq!(turn.finished, turn.timers.is_empty(), "it is at an end when it waits for nothing");
        turn.timers
    }
}
