//! The transfer process: from the request to an end in which no money is in transit, whatever the accounts answer and
//! whenever a step is repeated or a customer changes their mind.
//!
//! An outcome that was not recorded is never guessed. A transfer that is given up while a debit may be under way first asks
//! the source account to release the hold: that settles the question, because the debit needs the hold. If the account will
//! not release it, the debit itself is sent again (same id): it answers "done" if it ever happened.

use chrono::{DateTime, Utc};
use es_core::{AnyState, CommandDraft, Process, Rejection, Settlement, StreamName, TimerDraft, Turn, step_command_id};
use uuid::Uuid;

use crate::account::{
    AccountCommand, CreditFromTransfer, DebitForTransfer, PlaceHold, ReleaseHold, ReturnTransferDebit,
};
use crate::transfer::{
    CATEGORY, CompleteTransfer, DebitStage, FailTransfer, HoldStage, ParkInSuspense, RecordCompensated,
    RecordReleaseRefused, RecordSourceDebited, RecordSourceReleased, RecordSourceReserved, RejectTransfer,
    StartCompensation, TimeOutTransfer, TransferCommand, TransferOrder, TransferState, TransferStatus,
    ValidateTransfer,
};

/// Longest reason that is passed on to an account.
const REASON_CHARACTERS: usize = 400;

/// The transfer process.
pub struct TransferProcess;

/// One of the process's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Check the accounts.
    Validate,
    /// Hold the amount on the source account.
    Reserve,
    /// Take it out, into transit.
    Debit,
    /// Bring it in, out of transit.
    Credit,
    /// Give the hold up.
    Release,
    /// Bring the amount back to the source account.
    Return,
}

impl Step {
    const ALL: [Self; 6] = [Self::Validate, Self::Reserve, Self::Debit, Self::Credit, Self::Release, Self::Return];

    /// Name; part of the step's command id.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Reserve => "reserve",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Release => "release",
            Self::Return => "return",
        }
    }

    /// The step that a planned command belongs to.
    fn of_command(command_type: &str) -> Option<Self> {
        let command = |step: &Self| match step {
            Self::Validate => "ValidateTransfer",
            Self::Reserve => "PlaceHold",
            Self::Debit => "DebitForTransfer",
            Self::Credit => "CreditFromTransfer",
            Self::Release => "ReleaseHold",
            Self::Return => "ReturnTransferDebit",
        };
        Self::ALL.into_iter().find(|step| command(step) == command_type)
    }
}

/// A command that the process wants sent, with its types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedStep {
    /// To the transfer itself.
    Transfer(Step, TransferCommand),
    /// To one of the accounts.
    Account(Step, AccountCommand),
}

impl PlannedStep {
    /// Which step it is.
    #[must_use]
    pub fn step(&self) -> Step {
        match self {
            Self::Transfer(step, _) | Self::Account(step, _) => *step,
        }
    }

    fn draft(&self, stream: &StreamName) -> CommandDraft {
        let (command_type, payload) = match self {
            Self::Transfer(_, command) => (command.command_type(), command.encode()),
            Self::Account(_, command) => (command.command_type(), command.encode()),
        };
        draft(stream, self.step().name(), command_type, payload)
    }
}

fn draft(
    stream: &StreamName,
    step: &str,
    command_type: &'static str,
    payload: Result<String, serde_json::Error>,
) -> CommandDraft {
    CommandDraft {
        command_id: step_command_id(stream, step),
        command_type: command_type.to_owned(),
        // These commands hold ids, amounts and texts only, which always can be written; if one could not, the empty payload
        // would be refused by its shape and the instance shown as stuck.
        payload: payload.unwrap_or_default(),
    }
}

/// The step that is planned and not settled in this state; nothing if the transfer is at an end.
#[must_use]
pub fn next_step(state: &TransferState) -> Option<PlannedStep> {
    let order = state.order.as_ref()?;
    let step = match (state.status, state.hold, state.debit) {
        (TransferStatus::None, ..) => return None,
        (TransferStatus::Requested, ..) => Step::Validate,
        (TransferStatus::Validated, ..) => Step::Reserve,
        (TransferStatus::SourceReserved, ..) => Step::Debit,
        (TransferStatus::SourceDebited, ..) => Step::Credit,
        (TransferStatus::Compensating, ..) => Step::Return,
        (TransferStatus::Failed | TransferStatus::Cancelled, HoldStage::Asked | HoldStage::Held, _) => Step::Release,
        (TransferStatus::Failed | TransferStatus::Cancelled, HoldStage::ReleaseRefused, DebitStage::Asked) => {
            Step::Debit
        }
        _ => return None,
    };
    Some(plan(step, state, order))
}

fn plan(step: Step, state: &TransferState, order: &TransferOrder) -> PlannedStep {
    let (transfer_id, amount) = (order.transfer_id.clone(), order.amount);
    let (source, target, hold_id) = (order.source.clone(), order.target.clone(), order.hold_id());
    let command = match step {
        Step::Validate => {
            let command = ValidateTransfer { transfer_id, source, target };
            return PlannedStep::Transfer(step, command.into());
        }
        Step::Reserve => {
            let purpose = format!("Transfer {transfer_id} to account {target}");
            PlaceHold { account_id: source, hold_id, amount, expires_at: order.hold_expires_at(), purpose }.into()
        }
        Step::Debit => DebitForTransfer { account_id: source, transfer_id, amount, hold_id }.into(),
        Step::Credit => CreditFromTransfer { account_id: target, transfer_id, amount }.into(),
        Step::Release => {
            let reason = format!("Transfer {transfer_id} {}", state.status.as_str());
            ReleaseHold { account_id: source, hold_id, reason }.into()
        }
        Step::Return => {
            let reason = state.problem.as_ref().map_or("", |problem| problem.message.as_str());
            let reason = if reason.is_empty() { "The transfer could not be completed" } else { reason };
            let reason = reason.chars().take(REASON_CHARACTERS).collect();
            ReturnTransferDebit { account_id: source, transfer_id, amount, reason }.into()
        }
    };
    PlannedStep::Account(step, command)
}

/// When the transfer times out, as long as it can.
#[must_use]
pub fn timeout_of(state: &TransferState) -> Option<(DateTime<Utc>, TransferCommand)> {
    let order = state.order.as_ref().filter(|_| state.status.is_before_the_debit())?;
    Some((order.deadline, TimeOutTransfer { transfer_id: order.transfer_id.clone() }.into()))
}

/// The command that records how a step ended; nothing for a step of the transfer itself, whose event is the record.
#[must_use]
pub fn outcome_of(state: &TransferState, step: Step, how: &Settlement) -> Option<TransferCommand> {
    let transfer_id = state.order.as_ref()?.transfer_id.clone();
    Some(match (step, how) {
        (Step::Validate, _) => return None,
        (Step::Reserve, Settlement::Done) => RecordSourceReserved { transfer_id }.into(),
        (Step::Debit, Settlement::Done) => RecordSourceDebited { transfer_id }.into(),
        (Step::Credit, Settlement::Done) => CompleteTransfer { transfer_id }.into(),
        (Step::Release, Settlement::Done) => RecordSourceReleased { transfer_id }.into(),
        (Step::Return, Settlement::Done) => RecordCompensated { transfer_id }.into(),
        (Step::Reserve, Settlement::Rejected(Rejection { code, message, .. })) => match state.status {
            // Given up meanwhile: the planned release finds that there is nothing to release.
            TransferStatus::Failed | TransferStatus::Cancelled => RecordSourceReleased { transfer_id }.into(),
            _ => RejectTransfer { transfer_id, code: code.clone(), message: message.clone() }.into(),
        },
        (Step::Debit, Settlement::Rejected(Rejection { code, message, .. })) => match state.hold {
            HoldStage::ReleaseRefused => RecordSourceReleased { transfer_id }.into(),
            _ => FailTransfer { transfer_id, code: code.clone(), message: message.clone() }.into(),
        },
        (Step::Credit, Settlement::Rejected(Rejection { code, message, .. })) => {
            StartCompensation { transfer_id, code: code.clone(), message: message.clone() }.into()
        }
        (Step::Release, Settlement::Rejected(Rejection { code, message, .. })) => match state.debit {
            DebitStage::Asked => {
                RecordReleaseRefused { transfer_id, code: code.clone(), message: message.clone() }.into()
            }
            _ => RecordSourceReleased { transfer_id }.into(),
        },
        (Step::Return, Settlement::Rejected(Rejection { code, message, .. })) => {
            ParkInSuspense { transfer_id, code: code.clone(), message: message.clone() }.into()
        }
    })
}

/// Id of the command that records an outcome. The outcome is part of it: a step that was refused once may be carried out when
/// it is sent again.
#[must_use]
pub fn outcome_id(stream: &StreamName, step: Step, outcome: &TransferCommand) -> Uuid {
    step_command_id(stream, &format!("{}:{}", step.name(), outcome.command_type()))
}

impl Process for TransferProcess {
    fn name(&self) -> &'static str {
        "transfer"
    }

    fn category(&self) -> &'static str {
        CATEGORY
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let Some(state) = state.downcast_ref::<TransferState>() else {
            return Turn { pending: Vec::new(), timers: Vec::new(), finished: false };
        };
        let pending: Vec<_> = next_step(state).iter().map(|planned| planned.draft(stream)).collect();
        let timers = timeout_of(state).map(|(due_at, command)| {
            let command = draft(stream, "time-out", command.command_type(), command.encode());
            TimerDraft { name: "deadline".into(), due_at, command }
        });
        let finished = pending.is_empty() && state.status != TransferStatus::None;
        Turn { pending, timers: timers.into_iter().collect(), finished }
    }

    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        let command = state.downcast_ref::<TransferState>().and_then(|state| {
            let step = Step::of_command(&planned.command_type)?;
            outcome_of(state, step, how).map(|command| (step, command))
        });
        let Some((step, command)) = command else {
            // Not a step of this process: named in the draft, so that the runtime reports it as unknown and stops here.
            let command_type = format!("Settle{}", planned.command_type);
            let command_id = step_command_id(stream, &command_type);
            return CommandDraft { command_id, command_type, payload: "{}".to_owned() };
        };
        let (command_id, command_type) = (outcome_id(stream, step, &command), command.command_type().to_owned());
        CommandDraft { command_id, command_type, payload: command.encode().unwrap_or_default() }
    }
}
