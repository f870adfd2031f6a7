//! A tally that is counted in periods: each begins with an event that carries the whole state.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::sync::Arc;

use es_core::*;
use es_runtime::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::common::*;

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Tally {
    pub total: i64,
    pub period: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum TallyCommand {
    Count { tally: String, amount: i64 },
    CountTwice { tally: String, amount: i64 },
    OpenPeriod { tally: String },
}

#[derive(Serialize, Deserialize)]
pub enum TallyEvent {
    Counted { amount: i64 },
    PeriodBegun { total: i64, period: u32 },
}

impl DomainCommand for TallyCommand {
    fn parse(command_type: &str, payload: &str) -> Result<Self, CommandError> {
        parse(command_type, payload)
    }
    fn aggregate_id(&self) -> String {
        match self {
            Self::Count { tally, .. } | Self::CountTwice { tally, .. } | Self::OpenPeriod { tally } => tally.clone(),
        }
    }
    fn references(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

impl DomainEvent for TallyEvent {
    fn event_type(&self) -> (&'static str, u32) {
        match self {
            Self::Counted { .. } => ("Counted", 1),
            Self::PeriodBegun { .. } => ("PeriodBegun", 1),
        }
    }
    fn encode(&self) -> Result<String, serde_json::Error> {
        encode(self)
    }
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError> {
        decode(event_type, payload)
    }
}

pub struct Tallies;

impl Decider for Tallies {
    const CATEGORY: &'static str = "tally";
    const STATE_VERSION: u32 = 1;
    const RESTARTED_BY: &'static [&'static str] = &["PeriodBegun"];
    type State = Tally;
    type Command = TallyCommand;
    type Event = TallyEvent;
    type Rejection = Refused;

    /// `PeriodBegun` adds to what is known, so that a state folded across a cut would show.
    fn evolve(state: &mut Tally, event: &TallyEvent) {
        match event {
            TallyEvent::Counted { amount } => state.total += amount,
            TallyEvent::PeriodBegun { total, period } => {
                state.total = if state.period + 1 == *period { *total } else { state.total + total };
                state.period = *period;
            }
        }
    }

    fn decide(
        state: &Tally,
        command: &TallyCommand,
        _: &CommandContext,
        _: &References,
    ) -> Result<Vec<TallyEvent>, Refused> {
        let amount = |amount: &i64| TallyEvent::Counted { amount: *amount };
        Ok(match command {
            TallyCommand::Count { amount: by, .. } => vec![amount(by)],
            TallyCommand::CountTwice { amount: by, .. } => vec![amount(by), amount(by)],
            TallyCommand::OpenPeriod { .. } => {
                vec![TallyEvent::PeriodBegun { total: state.total, period: state.period + 1 }]
            }
        })
    }
}

pub static TOTALS: Table = Table {
    name: "totals",
    columns: &[
        Column { name: "tally", kind: ColumnKind::Text },
        Column { name: "total", kind: ColumnKind::Int },
        Column { name: "period", kind: ColumnKind::Int },
    ],
    key_columns: 1,
    indexes: &[],
};

pub static TALLY_TABLES: &[&Table] = &[&TOTALS];

/// Total and period of each tally: all of it is in the event that begins a period.
pub struct Totals;

impl Projection for Totals {
    fn name(&self) -> &'static str {
        "totals"
    }
    fn version(&self) -> u32 {
        1
    }
    fn description(&self) -> &'static str {
        "Total of every tally."
    }
    fn tables(&self) -> &'static [&'static Table] {
        TALLY_TABLES
    }
    fn filter(&self) -> EventFilter {
        EventFilter { categories: vec!["tally".to_owned()], ..EventFilter::default() }
    }
    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let tally = event.recorded.stream.id();
        let former = rows.get(&TOTALS, &[tally.into()])?;
        let number = |index: usize| former.as_ref().and_then(|row| row[index].as_int()).unwrap_or(0);
        let (total, period) = match TallyEvent::decode(&event.current.event_type, &event.current.payload)? {
            TallyEvent::Counted { amount } => (number(1) + amount, number(2)),
            TallyEvent::PeriodBegun { total, period } => (total, i64::from(period)),
        };
        Ok(rows.put(&TOTALS, vec![tally.into(), total.into(), period.into()])?)
    }
}

/// The wallets' world with tallies in it.
pub fn world() -> World {
    let mut world = World::new();
    let balances = Arc::new(Balances::new(1));
    let current = [
        ("Opened", 1),
        ("Deposited", 2),
        ("Withdrawn", 1),
        ("Debited", 1),
        ("Credited", 1),
        ("PaymentRequested", 1),
        ("PaymentReleased", 1),
        ("PaymentNoted", 1),
        ("Counted", 1),
        ("PeriodBegun", 1),
    ];
    let mut domain = Arc::into_inner(domain_with(balances)).expect("nobody else has it");
    domain.upcasters = UpcasterRegistry::new(&current, &[deposits_of_the_first_version()]).expect("a sound registry");
    domain.aggregates.push(Arc::new(Erased::<Tallies>::new()));
    domain.commands.extend(["Count", "CountTwice", "OpenPeriod"].map(|name| described(name, "tally")));
    domain.projections.push(Arc::new(Totals));
    world.domain = Arc::new(domain);
    world
}

pub fn count(tally: &str, amount: i64) -> CommandEnvelope {
    command("Count", json!({ "tally": tally, "amount": amount }))
}

pub fn open_period(tally: &str) -> CommandEnvelope {
    command("OpenPeriod", json!({ "tally": tally }))
}

/// Seven events: versions 1 to 3 are the first period, 4 begins the second.
pub async fn two_periods(engine: &Engine, tally: &str) {
    for _ in 0..3 {
        done(engine, &count(tally, 1)).await;
    }
    done(engine, &open_period(tally)).await;
    for amount in [10, 10, 100] {
        done(engine, &count(tally, amount)).await;
    }
}

/// What all counts of [`two_periods`] come to.
pub const TOTAL: i64 = 123;

pub async fn caught_up(engine: &Engine) {
    let cancel = CancellationToken::new();
    assert_eq!(engine.catch_up(None, &NoProgress, &cancel).await.expect("the stores work"), [], "all get to the end");
    engine.drive_processes_until_idle(&cancel).await.expect("the stores work");
}

pub async fn totals(world: &World) -> Vec<Row> {
    world.read_models.query("totals", RowQuery::all(&TOTALS)).await.expect("built").rows
}
