//! Payments between wallets, and the process that carries them out.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Refused, Wallet, decode, encode, parse};

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
