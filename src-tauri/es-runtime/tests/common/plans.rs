//! Plans: one category that two processes share. One pays out to every wallet of a plan, the other reminds at given times.

use chrono::{DateTime, Utc};
use es_core::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Refused, decode, encode, parse};

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Plan {
    pub wallets: Vec<String>,
    pub amount: i64,
    pub settled: usize,
    pub reminders: Vec<DateTime<Utc>>,
    pub reminded: Vec<usize>,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum PlanCommand {
    MakePlan { plan: String, wallets: Vec<String>, amount: i64, reminders: Vec<DateTime<Utc>> },
    NotePayout { plan: String, to: String, paid: bool },
    Remind { plan: String, number: usize },
}

#[derive(Serialize, Deserialize)]
pub enum PlanEvent {
    PlanMade { wallets: Vec<String>, amount: i64, reminders: Vec<DateTime<Utc>> },
    PayoutNoted { to: String, paid: bool },
    Reminded { number: usize },
}

pub const EVENTS: [(&str, u32); 3] = [("PlanMade", 1), ("PayoutNoted", 1), ("Reminded", 1)];
pub const COMMANDS: [&str; 3] = ["MakePlan", "NotePayout", "Remind"];

impl DomainCommand for PlanCommand {
    fn parse(command_type: &str, payload: &str) -> Result<Self, CommandError> {
        parse(command_type, payload)
    }
    fn aggregate_id(&self) -> String {
        match self {
            Self::MakePlan { plan, .. } | Self::NotePayout { plan, .. } | Self::Remind { plan, .. } => plan.clone(),
        }
    }
    fn references(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

impl DomainEvent for PlanEvent {
    fn event_type(&self) -> (&'static str, u32) {
        match self {
            Self::PlanMade { .. } => EVENTS[0],
            Self::PayoutNoted { .. } => EVENTS[1],
            Self::Reminded { .. } => EVENTS[2],
        }
    }
    fn encode(&self) -> Result<String, serde_json::Error> {
        encode(self)
    }
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError> {
        decode(event_type, payload)
    }
}

pub struct Plans;

impl Decider for Plans {
    const CATEGORY: &'static str = "plan";
    const STATE_VERSION: u32 = 1;
    type State = Plan;
    type Command = PlanCommand;
    type Event = PlanEvent;
    type Rejection = Refused;

    fn evolve(state: &mut Plan, event: &PlanEvent) {
        match event {
            PlanEvent::PlanMade { wallets, amount, reminders } => {
                (state.wallets, state.amount, state.reminders) = (wallets.clone(), *amount, reminders.clone());
            }
            PlanEvent::PayoutNoted { .. } => state.settled += 1,
            PlanEvent::Reminded { number } => state.reminded.push(*number),
        }
    }

    fn decide(
        state: &Plan,
        command: &PlanCommand,
        _: &CommandContext,
        _: &References,
    ) -> Result<Vec<PlanEvent>, Refused> {
        Ok(match command {
            PlanCommand::MakePlan { wallets, amount, reminders, .. } => {
                let (wallets, amount, reminders) = (wallets.clone(), *amount, reminders.clone());
                vec![PlanEvent::PlanMade { wallets, amount, reminders }]
            }
            PlanCommand::NotePayout { to, paid, .. } => vec![PlanEvent::PayoutNoted { to: to.clone(), paid: *paid }],
            PlanCommand::Remind { number, .. } if state.reminded.contains(number) => vec![],
            PlanCommand::Remind { number, .. } => vec![PlanEvent::Reminded { number: *number }],
        })
    }
}

fn plan(state: &AnyState) -> &Plan {
    state.downcast_ref::<Plan>().expect("a plan")
}

pub struct Payouts {
    pub together: bool,
}

impl Process for Payouts {
    fn name(&self) -> &'static str {
        "payouts"
    }
    fn category(&self) -> &'static str {
        "plan"
    }
    fn wakes_on(&self) -> &'static [&'static str] {
        &["PlanMade", "PayoutNoted"]
    }
    fn steps_together(&self) -> bool {
        self.together
    }
    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let state = plan(state);
        let next = state.wallets.get(state.settled).map(|wallet| {
            let (payment, amount) = (stream.id(), state.amount);
            // `a>b` is a payment from a to b, which is a process of its own.
            let (command_type, payload) = match wallet.split_once('>') {
                Some((source, target)) => {
                    let payment = format!("{payment}.{}", state.settled);
                    let payload = json!({
                        "payment": payment, "source": source, "target": target, "amount": amount, "held": false,
                    });
                    ("RequestPayment", payload)
                }
                None => ("CreditFor", json!({ "wallet": wallet, "payment": payment, "amount": amount })),
            };
            CommandDraft {
                command_id: step_command_id(stream, &format!("pay {}", state.settled)),
                command_type: command_type.to_owned(),
                payload: payload.to_string(),
            }
        });
        Turn { finished: next.is_none(), pending: next.into_iter().collect(), timers: vec![] }
    }
    fn settle(&self, stream: &StreamName, state: &AnyState, _: &CommandDraft, how: &Settlement) -> CommandDraft {
        let state = plan(state);
        let to = &state.wallets[state.settled];
        CommandDraft {
            command_id: step_command_id(stream, &format!("note {}", state.settled)),
            command_type: "NotePayout".to_owned(),
            payload: json!({ "plan": stream.id(), "to": to, "paid": *how == Settlement::Done }).to_string(),
        }
    }
}

pub struct Reminders;

impl Process for Reminders {
    fn name(&self) -> &'static str {
        "reminders"
    }
    fn category(&self) -> &'static str {
        "plan"
    }
    fn wakes_on(&self) -> &'static [&'static str] {
        &["PlanMade", "Reminded"]
    }
    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let state = plan(state);
        let open = state.reminders.iter().enumerate().filter(|(number, _)| !state.reminded.contains(number));
        let timers: Vec<_> = open
            .map(|(number, due_at)| TimerDraft {
                name: format!("reminder-{number}").into(),
                due_at: *due_at,
                command: CommandDraft {
                    command_id: step_command_id(stream, &format!("remind {number}")),
                    command_type: "Remind".to_owned(),
                    payload: json!({ "plan": stream.id(), "number": number }).to_string(),
                },
            })
            .collect();
        Turn { pending: vec![], finished: timers.is_empty(), timers }
    }
    fn settle(&self, _: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        planned.clone()
    }
}
