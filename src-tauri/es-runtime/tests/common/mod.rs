//! A small domain to test engines with: wallets, payments between them, a read model of balances.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::enum_variant_names, reason = "a test that cannot go on ends")]

pub mod counting;
pub mod faults;
pub mod memory;
pub mod plans;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
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

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Wallet {
    pub open: bool,
    pub balance: i64,
    pub payments: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum WalletCommand {
    Open {
        wallet: String,
    },
    Deposit {
        wallet: String,
        amount: i64,
    },
    DepositTwice {
        wallet: String,
        amount: i64,
    },
    /// Pays 5 in, and 5 more if the wallet is empty.
    Fill {
        wallet: String,
    },
    Withdraw {
        wallet: String,
        amount: i64,
    },
    Touch {
        wallet: String,
    },
    DebitFor {
        wallet: String,
        payment: String,
        amount: i64,
    },
    CreditFor {
        wallet: String,
        payment: String,
        amount: i64,
    },
}

#[derive(Serialize, Deserialize)]
pub enum WalletEvent {
    Opened {},
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
    Debited { payment: String, amount: i64 },
    Credited { payment: String, amount: i64 },
}

impl DomainCommand for WalletCommand {
    fn parse(command_type: &str, payload: &str) -> Result<Self, CommandError> {
        parse(command_type, payload)
    }
    fn aggregate_id(&self) -> String {
        match self {
            Self::Open { wallet }
            | Self::Deposit { wallet, .. }
            | Self::DepositTwice { wallet, .. }
            | Self::Fill { wallet }
            | Self::Withdraw { wallet, .. }
            | Self::Touch { wallet }
            | Self::DebitFor { wallet, .. }
            | Self::CreditFor { wallet, .. } => wallet.clone(),
        }
    }
    fn references(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

impl DomainEvent for WalletEvent {
    fn event_type(&self) -> (&'static str, u32) {
        match self {
            Self::Opened {} => ("Opened", 1),
            Self::Deposited { .. } => ("Deposited", 2),
            Self::Withdrawn { .. } => ("Withdrawn", 1),
            Self::Debited { .. } => ("Debited", 1),
            Self::Credited { .. } => ("Credited", 1),
        }
    }
    fn encode(&self) -> Result<String, serde_json::Error> {
        encode(self)
    }
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError> {
        decode(event_type, payload)
    }
}

pub struct Wallets;

impl Decider for Wallets {
    const CATEGORY: &'static str = "wallet";
    const STATE_VERSION: u32 = 1;
    type State = Wallet;
    type Command = WalletCommand;
    type Event = WalletEvent;
    type Rejection = Refused;

    fn evolve(state: &mut Wallet, event: &WalletEvent) {
        match event {
            WalletEvent::Opened {} => state.open = true,
            WalletEvent::Deposited { amount } => state.balance += amount,
            WalletEvent::Withdrawn { amount } => state.balance -= amount,
            WalletEvent::Debited { payment, amount } => {
                state.balance -= amount;
                state.payments.push(payment.clone());
            }
            WalletEvent::Credited { payment, amount } => {
                state.balance += amount;
                state.payments.push(payment.clone());
            }
        }
    }

    fn decide(
        state: &Wallet,
        command: &WalletCommand,
        _: &CommandContext,
        _: &References,
    ) -> Result<Vec<WalletEvent>, Refused> {
        if !state.open && !matches!(command, WalletCommand::Open { .. }) {
            return Err(Refused("no_wallet", "there is no such wallet".to_owned()));
        }
        let covered = |amount: i64| {
            let message = format!("{amount} is asked for, {} is there", state.balance);
            if amount <= state.balance { Ok(()) } else { Err(Refused("insufficient_funds", message)) }
        };
        Ok(match command {
            WalletCommand::Open { .. } if state.open => vec![],
            WalletCommand::Open { .. } => vec![WalletEvent::Opened {}],
            WalletCommand::Deposit { amount, .. } => vec![WalletEvent::Deposited { amount: *amount }],
            WalletCommand::DepositTwice { amount, .. } => {
                vec![WalletEvent::Deposited { amount: *amount }, WalletEvent::Deposited { amount: *amount }]
            }
            WalletCommand::Fill { .. } => {
                let times = if state.balance == 0 { 2 } else { 1 };
                (0..times).map(|_| WalletEvent::Deposited { amount: 5 }).collect()
            }
            WalletCommand::Withdraw { amount, .. } => {
                covered(*amount)?;
                vec![WalletEvent::Withdrawn { amount: *amount }]
            }
            WalletCommand::Touch { .. } => vec![],
            WalletCommand::DebitFor { payment, amount, .. } => {
                covered(*amount)?;
                vec![WalletEvent::Debited { payment: payment.clone(), amount: *amount }]
            }
            WalletCommand::CreditFor { payment, amount, .. } => {
                vec![WalletEvent::Credited { payment: payment.clone(), amount: *amount }]
            }
        })
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Payment {
    pub phase: String,
    pub source: String,
    pub target: String,
    pub amount: i64,
    pub requested_at: DateTime<Utc>,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum PaymentCommand {
    RequestPayment {
        payment: String,
        source: String,
        target: String,
        amount: i64,
        held: bool,
    },
    ReleasePayment {
        payment: String,
    },
    /// A person decides that it is over.
    WriteOffPayment {
        payment: String,
    },
    /// What `to` says happened; `stubborn` payments refuse to note that they were debited.
    NotePayment {
        payment: String,
        to: String,
    },
}

#[derive(Serialize, Deserialize)]
pub enum PaymentEvent {
    PaymentRequested { source: String, target: String, amount: i64, held: bool, at: DateTime<Utc> },
    PaymentReleased {},
    PaymentNoted { to: String },
}

impl DomainCommand for PaymentCommand {
    fn parse(command_type: &str, payload: &str) -> Result<Self, CommandError> {
        parse(command_type, payload)
    }
    fn aggregate_id(&self) -> String {
        match self {
            Self::RequestPayment { payment, .. }
            | Self::ReleasePayment { payment }
            | Self::WriteOffPayment { payment }
            | Self::NotePayment { payment, .. } => payment.clone(),
        }
    }
    fn references(&self) -> Vec<StreamName> {
        match self {
            Self::RequestPayment { source, .. } => vec![StreamName::of("wallet", source).expect("plain")],
            _ => Vec::new(),
        }
    }
}

impl DomainEvent for PaymentEvent {
    fn event_type(&self) -> (&'static str, u32) {
        match self {
            Self::PaymentRequested { .. } => ("PaymentRequested", 1),
            Self::PaymentReleased {} => ("PaymentReleased", 1),
            Self::PaymentNoted { .. } => ("PaymentNoted", 1),
        }
    }
    fn encode(&self) -> Result<String, serde_json::Error> {
        encode(self)
    }
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError> {
        decode(event_type, payload)
    }
}

pub struct Payments;

impl Decider for Payments {
    const CATEGORY: &'static str = "payment";
    const STATE_VERSION: u32 = 1;
    type State = Payment;
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Rejection = Refused;

    fn evolve(state: &mut Payment, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentRequested { source, target, amount, held, at } => {
                state.phase = if *held { "held" } else { "requested" }.to_owned();
                (state.source, state.target) = (source.clone(), target.clone());
                (state.amount, state.requested_at) = (*amount, *at);
            }
            PaymentEvent::PaymentReleased {} => state.phase = "requested".to_owned(),
            PaymentEvent::PaymentNoted { to } => state.phase.clone_from(to),
        }
    }

    fn decide(
        state: &Payment,
        command: &PaymentCommand,
        context: &CommandContext,
        references: &References,
    ) -> Result<Vec<PaymentEvent>, Refused> {
        match command {
            PaymentCommand::RequestPayment { source, target, amount, held, .. } => {
                let stream = StreamName::of("wallet", source).expect("plain");
                if references.get::<Wallet>(&stream).is_none() {
                    return Err(Refused("unknown_source", format!("{source} is unknown")));
                }
                let (source, target, held) = (source.clone(), target.clone(), *held);
                let (amount, at) = (*amount, context.now);
                Ok(vec![PaymentEvent::PaymentRequested { source, target, amount, held, at }])
            }
            PaymentCommand::ReleasePayment { .. } if state.phase == "held" => {
                Ok(vec![PaymentEvent::PaymentReleased {}])
            }
            PaymentCommand::ReleasePayment { .. } => Err(Refused("not_held", "it is not held".to_owned())),
            PaymentCommand::WriteOffPayment { .. } => {
                Ok(vec![PaymentEvent::PaymentNoted { to: "written off".to_owned() }])
            }
            PaymentCommand::NotePayment { payment, .. } if payment.starts_with("stubborn") => {
                Err(Refused("stubborn", "it does not want to know".to_owned()))
            }
            PaymentCommand::NotePayment { to, .. } => Ok(vec![PaymentEvent::PaymentNoted { to: to.clone() }]),
        }
    }
}

pub struct PaymentProcess;

pub const HELD_FOR: TimeDelta = TimeDelta::seconds(60);

impl Process for PaymentProcess {
    fn name(&self) -> &'static str {
        "payment"
    }
    fn category(&self) -> &'static str {
        "payment"
    }
    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let state = state.downcast_ref::<Payment>().expect("a payment");
        let move_money = |command_type: &str, wallet: &str| CommandDraft {
            command_id: step_command_id(stream, &format!("{command_type} in {}", state.phase)),
            command_type: command_type.to_owned(),
            payload: json!({ "wallet": wallet, "payment": stream.id(), "amount": state.amount }).to_string(),
        };
        let mut turn = Turn { pending: vec![], timers: vec![], finished: false };
        match state.phase.as_str() {
            "requested" => turn.pending.push(move_money("DebitFor", &state.source)),
            "debited" => turn.pending.push(move_money("CreditFor", &state.target)),
            "returning" => turn.pending.push(move_money("CreditFor", &state.source)),
            "held" => turn.timers.push(TimerDraft {
                name: "release".into(),
                due_at: state.requested_at + HELD_FOR,
                command: CommandDraft {
                    command_id: step_command_id(stream, "release"),
                    command_type: "ReleasePayment".to_owned(),
                    payload: json!({ "payment": stream.id() }).to_string(),
                },
            }),
            _ => turn.finished = true,
        }
        turn
    }
    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        let state = state.downcast_ref::<Payment>().expect("a payment");
        let to = match (state.phase.as_str(), how) {
            ("requested", Settlement::Done) => "debited",
            ("requested", Settlement::Rejected(_)) => "refused",
            ("debited", Settlement::Done) => "completed",
            ("debited", Settlement::Rejected(_)) => "returning",
            _ => "returned",
        };
        CommandDraft {
            command_id: step_command_id(stream, &format!("note {}", planned.command_id)),
            command_type: "NotePayment".to_owned(),
            payload: json!({ "payment": stream.id(), "to": to }).to_string(),
        }
    }
}

const TEXT: ColumnKind = ColumnKind::Text;
const INT: ColumnKind = ColumnKind::Int;
pub static BALANCES: Table = Table {
    name: "balances",
    columns: &[
        Column { name: "wallet", kind: TEXT },
        Column { name: "balance", kind: INT },
        Column { name: "events", kind: INT },
    ],
    key_columns: 1,
    indexes: &[],
};
pub static MOVEMENTS: Table = Table {
    name: "movements",
    columns: &[
        Column { name: "position", kind: INT },
        Column { name: "wallet", kind: TEXT },
        Column { name: "amount", kind: INT },
    ],
    key_columns: 1,
    indexes: &[],
};

static TABLES: &[&Table] = &[&BALANCES, &MOVEMENTS];

/// An amount that the projection refuses while [`Balances::strict`] is on.
pub const POISON: i64 = 666;
/// An amount at which it panics meanwhile.
pub const PANIC: i64 = 667;

pub struct Balances {
    pub version: u32,
    pub order: ReplayOrder,
    pub policy: FailurePolicy,
    pub strict: AtomicBool,
    /// While this is on, movements are lost, and the invariant does not hold.
    pub lossy: AtomicBool,
    /// While this is on, every wallet also counts in one row for all: then the order is not [`ReplayOrder::PerStream`].
    pub sums_up: AtomicBool,
}

impl Balances {
    pub fn new(version: u32) -> Self {
        let (order, policy) = (ReplayOrder::PerStream, FailurePolicy::Halt);
        let off = || AtomicBool::new(false);
        Self { version, order, policy, strict: off(), lossy: off(), sums_up: off() }
    }
}

fn breach(code: &'static str, message: String) -> Breach {
    Breach { code, message, details: BTreeMap::new() }
}

/// Balances add up to the movements.
#[derive(Default)]
struct BalancesAreMovements {
    balances: i64,
    movements: i64,
}

impl Invariant for BalancesAreMovements {
    fn name(&self) -> &'static str {
        "balances add up to the movements"
    }
    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
        let number = |index: usize| row[index].as_int().ok_or_else(|| breach("no_number", format!("cell {index}")));
        match table.name {
            "balances" => self.balances += number(1)?,
            _ => self.movements += number(2)?,
        }
        Ok(())
    }
    fn end(&mut self) -> Vec<Breach> {
        let Self { balances, movements } = self;
        let told = format!("balances are {balances}, movements {movements}");
        if balances == movements { vec![] } else { vec![breach("different", told)] }
    }
}

impl Projection for Balances {
    fn name(&self) -> &'static str {
        "balances"
    }
    fn version(&self) -> u32 {
        self.version
    }
    fn description(&self) -> &'static str {
        "Balance of every wallet."
    }
    fn tables(&self) -> &'static [&'static Table] {
        TABLES
    }
    fn filter(&self) -> EventFilter {
        EventFilter { categories: vec!["wallet".to_owned()], ..EventFilter::default() }
    }
    fn order(&self) -> ReplayOrder {
        self.order
    }
    fn failure_policy(&self) -> FailurePolicy {
        self.policy
    }
    fn invariants(&self) -> Vec<Box<dyn Invariant>> {
        vec![Box::new(BalancesAreMovements::default())]
    }
    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let wallet = event.recorded.stream.id();
        let amount = match WalletEvent::decode(&event.current.event_type, &event.current.payload)? {
            WalletEvent::Opened {} => 0,
            WalletEvent::Deposited { amount } | WalletEvent::Credited { amount, .. } => amount,
            WalletEvent::Withdrawn { amount } | WalletEvent::Debited { amount, .. } => -amount,
        };
        let former = rows.get(&BALANCES, &[wallet.into()])?;
        let number = |index: usize| former.as_ref().and_then(|row| row[index].as_int()).unwrap_or(0);
        let (balance, events) = (number(1) + amount, number(2) + 1);
        rows.put(&BALANCES, vec![wallet.into(), balance.into(), events.into()])?;
        match amount {
            POISON if self.strict.load(Ordering::SeqCst) => {
                return Err(ProjectionError::Contradiction("that number again".to_owned()));
            }
            PANIC if self.strict.load(Ordering::SeqCst) => panic!("that other number"),
            _ => {}
        }
        if self.sums_up.load(Ordering::SeqCst) {
            rows.put(&BALANCES, vec!["all".into(), 0.into(), 0.into()])?;
        }
        if self.lossy.load(Ordering::SeqCst) {
            return Ok(());
        }
        let position = i64::try_from(event.recorded.position.get()).expect("small");
        rows.put(&MOVEMENTS, vec![position.into(), wallet.into(), amount.into()])?;
        Ok(())
    }
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
        sentence: |event| event.current.event_type.to_string(),
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
