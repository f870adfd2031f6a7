//! A bank in memory that works as the runtime does: commands are parsed, decided on folded states, answered from receipts when
//! they come again; the transfer process is dispatched step by step, and may be killed between any two.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod customers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use bank::account::AccountState;
use bank::transfer::TransferState;
use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    AnyState, CommandContext, CommandDraft, Domain, EncodedEvent, Hash, Intervention, Payload, Position, Process,
    RecordedEvent, References, Rejection, Settlement, StreamName, StreamVersion, TimerDraft, Turn,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub struct Floor {
    pub domain: &'static Domain,
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

/// The bank, made once: its schemas take a while, and properties open thousands of floors.
fn domain() -> &'static Domain {
    static DOMAIN: OnceLock<Domain> = OnceLock::new();
    DOMAIN.get_or_init(|| bank::domain().expect("the domain is sound"))
}

impl Floor {
    /// Accounts 1 (with 100.00 EUR) and, empty, 2 (EUR) and 3 (USD) of one customer.
    pub fn new() -> Self {
        let mut floor = Self {
            domain: domain(),
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

    /// Beside those of [`Floor::new`] the empty accounts 4 (JPY) and 5 (EUR).
    pub fn with_more_accounts() -> Self {
        let mut floor = Self::new();
        for (account, currency) in [("4", "JPY"), ("5", "EUR")] {
            floor.does(
                "OpenAccount",
                json!({"accountId": account, "customerId": "C-1", "currency": currency, "product": "current"}),
            );
        }
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

    /// Requests a transfer on any terms: `more` is merged into the payload.
    pub fn request_with(&mut self, target: &str, minor: i64, more: Value) -> Result<usize, Rejection> {
        let payload =
            json!({"transferId": "T-1", "source": "1", "target": target, "amount": eur(minor), "reference": "test"});
        self.command("RequestTransfer", &merged(payload, more), "maker")
    }

    /// The bank quotes a rate for the next hour.
    pub fn quote(&mut self, quote_id: &str, pair: (&str, &str), rate: (i64, i64)) {
        let valid_until = self.now + TimeDelta::hours(1);
        self.does(
            "QuoteRate",
            json!({
                "quoteId": quote_id, "sourceCurrency": pair.0, "targetCurrency": pair.1,
                "rate": {"numerator": rate.0.to_string(), "denominator": rate.1.to_string()},
                "provenance": "treasury desk", "validUntil": valid_until,
            }),
        );
    }

    /// A transfer of 40.00 EUR to account 3, where it arrives as 43.34 USD, with a fee of 1.50 EUR.
    pub fn with_exchange() -> Self {
        let mut floor = Self::new();
        floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
        let more = json!({"quoteId": "Q-1", "tariff": {"flat": eur(150)}});
        floor.request_with("3", 4_000, more).expect("requested");
        floor
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

    /// An operator decides about the transfer; refused, as the store does, where the id was used for something else.
    pub fn intervene(&mut self, intervention: Intervention) -> Result<usize, Rejection> {
        self.intervene_at(&stream("transfer-T-1"), intervention)
    }

    pub fn intervene_at(&mut self, stream: &StreamName, intervention: Intervention) -> Result<usize, Rejection> {
        let nothing = self.domain.aggregate(stream.category()).expect("an aggregate").initial();
        let state = self.states.get(stream).unwrap_or(&nothing);
        let draft = self.process_at(stream).intervene(stream, state, intervention, "somebody has decided")?;
        if self.receipts.get(&draft.command_id).is_some_and(|former| *former != draft) {
            let (code, message) = ("carried_out".to_owned(), "the step was carried out".to_owned());
            return Err(Rejection { code, message, details: BTreeMap::new() });
        }
        self.send(&draft, "operator")
    }

    pub fn turn(&self) -> Turn {
        self.turn_at(&stream("transfer-T-1"))
    }

    /// The turn of any instance of a process.
    pub fn turn_at(&self, stream: &StreamName) -> Turn {
        let aggregate = self.domain.aggregate(stream.category()).expect("an aggregate");
        let nothing = aggregate.initial();
        self.process_at(stream).turn(stream, self.states.get(stream).unwrap_or(&nothing))
    }

    fn process_at(&self, stream: &StreamName) -> &dyn Process {
        let process = self.domain.processes.iter().find(|process| process.category() == stream.category());
        &**process.expect("a process of the category")
    }

    /// Sends the planned command; its answer, if it has to be recorded.
    pub fn dispatch(&mut self) -> Option<(CommandDraft, Settlement)> {
        self.dispatch_at(&stream("transfer-T-1"))
    }

    pub fn dispatch_at(&mut self, stream: &StreamName) -> Option<(CommandDraft, Settlement)> {
        let draft = self.turn_at(stream).pending.first()?.clone();
        let command = self.domain.command(&draft.command_type).expect("a command of the bank");
        let own = command.category == stream.category();
        let how = match self.send(&draft, &format!("process:{}", stream.category())) {
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
        self.settle_at(&stream("transfer-T-1"), planned, how);
    }

    pub fn settle_at(&mut self, stream: &StreamName, planned: &CommandDraft, how: &Settlement) {
        let outcome = self.process_at(stream).settle(stream, &self.states[stream], planned, how);
        if let Err(rejection) = self.send(&outcome, &format!("process:{}", stream.category())) {
            panic!("the outcome {} was refused: {}", outcome.command_type, rejection.message);
        }
    }

    pub fn step_at(&mut self, stream: &StreamName) {
        if let Some((planned, how)) = self.dispatch_at(stream) {
            self.settle_at(stream, &planned, &how);
        }
    }

    /// Transfers and orders, in the order of their names.
    pub fn payments(&self) -> Vec<StreamName> {
        let driven = self.log.iter().map(|(stream, _)| stream);
        let driven = driven.filter(|stream| matches!(stream.category(), "transfer" | "order"));
        driven.collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Lets the processes of transfers and orders work and their due timers fire until nothing is left to do at this time.
    pub fn run_all(&mut self) {
        for _ in 0..2_000 {
            let before = self.log.len();
            for stream in self.payments() {
                self.step_at(&stream);
                self.fire_timers_at(&stream);
            }
            if self.log.len() == before {
                return;
            }
        }
        panic!("the processes do not come to rest");
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
        self.fire_timers_at(&stream("transfer-T-1"));
    }

    pub fn fire_timers_at(&mut self, stream: &StreamName) {
        for timer in self.turn_at(stream).timers {
            if timer.due_at <= self.now {
                let done = self.send(&timer.command, &format!("process:{}", stream.category()));
                let done = done.unwrap_or_else(|rejection| panic!("a due timer was refused: {}", rejection.message));
                assert!(done > 0, "a due timer changes something: {}", timer.command.command_type);
            }
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    /// The state of any stream; the empty one if nothing has happened.
    pub fn state<S: Clone + Default + 'static>(&self, stream: &StreamName) -> S {
        self.states.get(stream).and_then(AnyState::downcast_ref).cloned().unwrap_or_default()
    }

    pub fn transfer(&self) -> TransferState {
        self.state(&stream("transfer-T-1"))
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

    /// The events as a store would hold them.
    pub fn records(&self) -> Vec<RecordedEvent> {
        let mut versions: BTreeMap<StreamName, u64> = BTreeMap::new();
        let record = |(index, (stream, event)): (usize, &(StreamName, EncodedEvent))| {
            let version = versions.entry(stream.clone()).or_default();
            *version += 1;
            RecordedEvent {
                position: Position(index as u64 + 1),
                stream: stream.clone(),
                version: StreamVersion(*version),
                event_id: Uuid::from_u128(index as u128 + 1),
                event_type: event.event_type.into(),
                schema_version: event.schema_version,
                payload: Payload::json(event.payload.clone()),
                metadata: "{}".into(),
                correlation_id: None,
                causation_id: None,
                recorded_at: self.now,
                content_hash: Hash::ZERO,
                chain_hash: None,
            }
        };
        self.log.iter().enumerate().map(record).collect()
    }

    /// Types of the transfer's own events after the request.
    pub fn steps(&self) -> Vec<&'static str> {
        let own = self.log.iter().filter(|(stream, _)| stream.category() == "transfer");
        own.map(|(_, event)| event.event_type).skip(1).collect()
    }

    /// Credits less debits of a ledger account in euro cents, from the raw payloads.
    pub fn owed(&self, account: &str) -> i64 {
        self.owed_in(account, "EUR")
    }

    /// Credits less debits of a ledger account in minor units of a currency, from the raw payloads.
    pub fn owed_in(&self, account: &str, currency: &str) -> i64 {
        self.owed_by(currency, |name| name == account)
    }

    /// Credits less debits of some ledger accounts, from the raw payloads.
    pub fn owed_by(&self, currency: &str, accounts: impl Fn(&str) -> bool) -> i64 {
        let payloads = self.log.iter().map(|(_, event)| serde_json::from_str::<Value>(&event.payload).expect("JSON"));
        let legs = payloads.flat_map(|payload| payload["postings"].as_array().cloned().unwrap_or_default());
        let named = legs.filter(|leg| accounts(leg["account"].as_str().expect("an account")));
        let own = named.filter(|leg| leg["amount"]["currency"] == currency);
        own.map(|leg| {
            let minor: i64 = leg["amount"]["minor"].as_str().expect("text").parse().expect("a number");
            if leg["side"] == "credit" { minor } else { -minor }
        })
        .sum()
    }

    /// Euro cents that have left their source and not arrived anywhere; see [`Floor::in_flight_in`].
    pub fn in_flight(&self) -> i64 {
        self.in_flight_in("EUR")
    }

    /// Amounts of transfers that have left their source (or suspense) and not arrived anywhere, in minor units of a currency, from
    /// the events alone and not from their postings.
    pub fn in_flight_in(&self, currency: &str) -> i64 {
        let mut flying = 0;
        for (_, event) in &self.log {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            let (way, key) = match event.event_type {
                "TransferDebited" | "TransferUnparked" => (1, "amount"),
                "TransferDebitReturned" | "TransferParked" => (-1, "amount"),
                "TransferCredited" => (-1, "fromTransit"),
                _ => continue,
            };
            if payload[key]["currency"] == currency {
                flying += way * payload[key]["minor"].as_str().expect("text").parse::<i64>().expect("a number");
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

/// An object with the fields of another put into it.
pub fn merged(mut payload: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (payload.as_object_mut(), more) {
        object.extend(more);
    }
    payload
}
