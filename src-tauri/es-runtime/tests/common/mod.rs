//! A small domain to test engines with: wallets, payments between them, a read model of balances.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::enum_variant_names, reason = "a test that cannot go on ends")]

pub mod balances;
pub mod counting;
pub mod faults;
pub mod memory;
pub mod payments;
pub mod plans;
pub mod wallets;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use balances::*;
pub use payments::*;
pub use wallets::*;

use chrono::{DateTime, TimeDelta};
use es_core::*;
use es_runtime::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::stores;

/// A rule that refuses.
pub struct Refused(&'static str, String);

impl Reject for Refused {
    fn to_rejection(&self) -> Rejection {
        Rejection { code: self.0.to_owned(), message: self.1.clone(), details: BTreeMap::new() }
    }
}

pub fn decode<T: for<'de> Deserialize<'de>>(event_type: &str, payload: &str) -> Result<T, DecodeError> {
    let tagged = format!(r#"{{"{event_type}":{payload}}}"#);
    serde_json::from_str(&tagged)
        .map_err(|error| DecodeError { event_type: event_type.to_owned(), reason: error.to_string() })
}

pub fn encode<T: Serialize>(event: &T) -> Result<String, serde_json::Error> {
    let value = serde_json::to_value(event)?;
    Ok(value.as_object().and_then(|map| map.values().next()).map(ToString::to_string).unwrap_or_default())
}

pub fn parse<T: for<'de> Deserialize<'de>>(command_type: &str, payload: &str) -> Result<T, CommandError> {
    let malformed = |error: serde_json::Error| CommandError::MalformedJson { reason: error.to_string() };
    let payload: serde_json::Value = serde_json::from_str(payload).map_err(malformed)?;
    serde_json::from_value(json!({ command_type: payload })).map_err(|error| CommandError::BadShape {
        command_type: command_type.to_owned(),
        violations: vec![ShapeViolation { path: String::new(), message: error.to_string() }],
    })
}

pub fn described(command_type: &'static str, category: &'static str) -> CommandDescriptor {
    CommandDescriptor {
        command_type,
        category,
        title: command_type,
        description: "",
        schema: json!({}),
        example: json!({}),
        for_people: true,
    }
}

/// The first version of `Deposited` called its amount a sum.
pub fn deposits_of_the_first_version() -> Upcaster {
    Upcaster {
        event_type: "Deposited",
        schema_version: 1,
        description: "sum is called amount",
        targets: &[("Deposited", 2)],
        apply: |payload| {
            let sum = payload.get("sum").ok_or("sum is missing")?.clone();
            Ok(Upcasted::To(vec![("Deposited", 2, json!({ "amount": sum }))]))
        },
    }
}

/// The domain with a projection of this version.
pub fn domain_with(projection: Arc<Balances>) -> Arc<Domain> {
    let current = [
        ("Opened", 1),
        ("Deposited", 2),
        ("Withdrawn", 1),
        ("Debited", 1),
        ("Credited", 1),
        ("PaymentRequested", 1),
        ("PaymentReleased", 1),
        ("PaymentNoted", 1),
    ];
    let upcaster = deposits_of_the_first_version();
    let wallet = ["Open", "Deposit", "DepositTwice", "Fill", "Withdraw", "Touch", "DebitFor", "CreditFor"];
    let payment = ["RequestPayment", "ReleasePayment", "WriteOffPayment", "NotePayment"];
    let commands = wallet.map(|name| described(name, "wallet")).into_iter();
    Arc::new(Domain {
        name: "wallets",
        aggregates: vec![
            Arc::new(Erased::<Wallets>::new()),
            Arc::new(Erased::<Payments>::new()),
            Arc::new(Erased::<plans::Plans>::new()),
        ],
        upcasters: UpcasterRegistry::new(&[&current[..], &plans::EVENTS[..]].concat(), &[upcaster])
            .expect("a sound registry"),
        commands: commands
            .chain(payment.map(|name| described(name, "payment")))
            .chain(plans::COMMANDS.map(|name| described(name, "plan")))
            .collect(),
        event_types: vec![],
        projections: vec![projection],
        processes: vec![
            Arc::new(PaymentProcess),
            Arc::new(plans::Payouts { together: true }),
            Arc::new(plans::Reminders),
        ],
        sentence: |event, _| event.current.event_type.to_string(),
        translation: |_, _| None,
        value_date: |_| None,
    })
}

/// Stores, clock and domain that outlive engines.
#[derive(Clone)]
pub struct World {
    pub clock: Arc<ManualClock>,
    pub events: Arc<stores::Events>,
    pub read_models: Arc<stores::ReadModels>,
    ground: Arc<stores::Ground>,
    pub projection: Arc<Balances>,
    pub domain: Arc<Domain>,
    /// Whether turns of processes are written in one append. Off, so that every step is one for the dispatcher, unless a test
    /// wants it.
    pub atomic_turns: bool,
}

impl World {
    pub fn new() -> Self {
        Self::with_wake_ups(true)
    }

    /// Followers are not told of new events and have to look by themselves.
    pub fn without_wake_ups() -> Self {
        Self::with_wake_ups(false)
    }

    fn with_wake_ups(wake_ups: bool) -> Self {
        let ground = stores::ground();
        let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(1_750_000_000, 0).expect("valid")));
        let projection = Arc::new(Balances::new(1));
        Self {
            events: stores::events(&ground, clock.clone(), wake_ups),
            read_models: stores::read_models(),
            ground: Arc::new(ground),
            domain: domain_with(projection.clone()),
            projection,
            clock,
            atomic_turns: false,
        }
    }

    /// Turns of processes are written in one append with what they follow from.
    pub fn at_once(mut self) -> Self {
        self.atomic_turns = true;
        self
    }

    /// Read models, checkpoints and timers are gone, as if their file had been deleted.
    pub fn forget_everything_derived(&mut self) {
        self.read_models = stores::read_models();
    }

    /// The same stores under another version of the projection's code.
    pub fn with_code_version(&self, version: u32) -> Self {
        self.with_projection(Balances::new(version))
    }

    /// The same stores under another projection's code.
    pub fn with_projection(&self, projection: Balances) -> Self {
        let projection = Arc::new(projection);
        Self { domain: domain_with(projection.clone()), projection, ..self.clone() }
    }

    pub fn parts(&self) -> EngineParts {
        self.parts_over(self.events.clone())
    }

    pub fn parts_over(&self, events: Arc<dyn EventStore>) -> EngineParts {
        let mut parts = EngineParts::new(events, self.read_models.clone(), self.domain.clone());
        parts.clock = self.clock.clone();
        parts.config.poll_interval = Duration::from_millis(5);
        parts.config.first_pause = Duration::from_millis(2);
        parts.config.process_concurrency = 1;
        parts.config.atomic_turns = self.atomic_turns;
        parts
    }

    pub fn engine(&self) -> Engine {
        Engine::new(self.parts())
    }

    /// Lets every lease expire, as if its owner had died long ago.
    pub fn let_leases_expire(&self) {
        self.clock.advance(TimeDelta::seconds(16));
    }

    pub async fn balance(&self, wallet: &str) -> Option<i64> {
        let query = RowQuery::all(&BALANCES).when("wallet", Comparison::Eq, wallet);
        let page = self.read_models.query("balances", query).await.expect("built");
        page.rows.first().and_then(|row| row[1].as_int())
    }

    pub async fn rows(&self) -> (Vec<Row>, Vec<Row>) {
        let balances = self.read_models.query("balances", RowQuery::all(&BALANCES)).await.expect("built");
        let movements = self.read_models.query("balances", RowQuery::all(&MOVEMENTS)).await.expect("built");
        (balances.rows, movements.rows)
    }
}

pub fn command(command_type: &str, payload: serde_json::Value) -> CommandEnvelope {
    CommandEnvelope::new(command_type, payload.to_string()).by("tester", "test")
}

pub fn open(wallet: &str) -> CommandEnvelope {
    command("Open", json!({ "wallet": wallet }))
}

pub fn deposit(wallet: &str, amount: i64) -> CommandEnvelope {
    command("Deposit", json!({ "wallet": wallet, "amount": amount }))
}

pub fn withdraw(wallet: &str, amount: i64) -> CommandEnvelope {
    command("Withdraw", json!({ "wallet": wallet, "amount": amount }))
}

pub fn payment(id: &str, source: &str, target: &str, amount: i64, held: bool) -> CommandEnvelope {
    let payload = json!({ "payment": id, "source": source, "target": target, "amount": amount, "held": held });
    command("RequestPayment", payload)
}

/// Executes and expects it to be carried out.
pub async fn done(engine: &Engine, envelope: &CommandEnvelope) -> Appended {
    match engine.execute(envelope).await.expect("the store works") {
        Outcome::Executed { appended, .. } | Outcome::AlreadyDone { appended, .. } => appended,
        other => panic!("{} should be carried out, got {other:?}", envelope.command_type),
    }
}

/// An event as another program would append it.
pub fn foreign(event_type: &str, schema_version: u32, payload: &str) -> NewEvent {
    NewEvent {
        event_id: Uuid::new_v4(),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(payload),
        metadata: "{}".into(),
    }
}

pub fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a valid name")
}
