//! The transfer process: from the request to an end in which no money is in transit, whatever the accounts answer and
//! whenever a step is repeated or a customer changes their mind.
//!
//! An outcome that was not recorded is never guessed. A transfer that is given up while a debit may be under way first asks
//! the source account to release the hold: that settles the question, because the debit needs the hold. If the account will
//! not release it, the debit itself is sent again (same id): it answers "done" if it ever happened.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use es_core::{
    AnyState, CommandDraft, Intervention, Process, Reject, Rejection, Settlement, StreamName, TimerDraft, Turn,
    step_command_id,
};
use uuid::Uuid;

use super::drafts::{draft, not_a_step};
use crate::account::{
    AccountCommand, CreditFromTransfer, DebitForTransfer, PlaceHold, ReleaseHold, ReturnTransferDebit,
};
use crate::ids::{AccountId, TransferId};
use crate::money::Amount;
use crate::order::{ConfirmOrderExecution, FailOrderExecution, OrderCommand};
use crate::transfer::{
    Belonging, CATEGORY, CancelTransfer, CompensateTransfer, CompleteTransfer, DebitStage, ExpireTransferApproval,
    FailTransfer, HoldStage, OrderOccurrence, ParkInSuspense, ParkTransfer, RecordCompensated, RecordOrderInformed,
    RecordParkedTransferResolved, RecordReleaseRefused, RecordSourceDebited, RecordSourceReleased,
    RecordSourceReserved, RecordTransferOverdue, RejectTransfer, ResolveParkedTransfer, StartCompensation,
    TimeOutTransfer, TransferCommand, TransferOrder, TransferRejection, TransferState, TransferStatus,
    ValidateTransfer, cancellable, compensable, parkable, step_in_flight,
};

/// Longest reason that is passed on to an account.
const REASON_CHARACTERS: usize = 400;

/// The transfer process.
pub struct TransferProcess;

/// One of the process's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Check the accounts, and pin the rate between two currencies.
    Validate,
    /// Hold amount and fee on the source account.
    Reserve,
    /// Take them out: the amount into transit.
    Debit,
    /// Bring it in, out of transit.
    Credit,
    /// Give the hold up.
    Release,
    /// Bring amount and fee back to the source account.
    Return,
    /// Bring an amount that was parked to the account that a person has named.
    Resolve,
    /// Tell the order how its execution ended.
    Report,
}

impl Step {
    /// Name of a step that is there once in a transfer; part of its command id.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Reserve => "reserve",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Release => "release",
            Self::Return => "return",
            Self::Resolve => "resolve",
            Self::Report => "report",
        }
    }

    /// Name in a state: a parked amount can be sent on more than once, each time with a command of its own.
    #[must_use]
    pub fn name_in(self, state: &TransferState) -> Cow<'static, str> {
        match (self, &state.resolution) {
            (Self::Resolve, Some(resolution)) => format!("{}:{}", self.name(), resolution.number).into(),
            _ => self.name().into(),
        }
    }

    /// The step that a planned command belongs to.
    fn of_command(command_type: &str, state: &TransferState) -> Option<Self> {
        Some(match command_type {
            "ValidateTransfer" => Self::Validate,
            "PlaceHold" => Self::Reserve,
            "DebitForTransfer" => Self::Debit,
            // Once a person had to decide, the process does not credit by itself any more.
            "CreditFromTransfer" if state.resolution.is_some() => Self::Resolve,
            "CreditFromTransfer" => Self::Credit,
            "ReleaseHold" => Self::Release,
            "ReturnTransferDebit" => Self::Return,
            "ConfirmOrderExecution" | "FailOrderExecution" => Self::Report,
            _ => return None,
        })
    }
}

/// A command that the process wants sent, with its types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedStep {
    /// To the transfer itself.
    Transfer(Step, TransferCommand),
    /// To one of the accounts.
    Account(Step, AccountCommand),
    /// To the order that the transfer is an execution of.
    Order(Step, OrderCommand),
}

impl PlannedStep {
    /// Which step it is.
    #[must_use]
    pub fn step(&self) -> Step {
        match self {
            Self::Transfer(step, _) | Self::Account(step, _) | Self::Order(step, _) => *step,
        }
    }

    fn draft(&self, stream: &StreamName, state: &TransferState) -> CommandDraft {
        let (command_type, payload) = match self {
            Self::Transfer(_, command) => (command.command_type(), command.encode()),
            Self::Account(_, command) => (command.command_type(), command.encode()),
            Self::Order(_, command) => (command.command_type(), command.encode()),
        };
        draft(stream, &self.step().name_in(state), command_type, payload)
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
        (TransferStatus::Resolving, ..) => Step::Resolve,
        (TransferStatus::Failed | TransferStatus::Cancelled, HoldStage::Asked | HoldStage::Held, _) => Step::Release,
        (TransferStatus::Failed | TransferStatus::Cancelled, HoldStage::ReleaseRefused, DebitStage::Asked) => {
            Step::Debit
        }
        _ if state.is_over() && order.origin.is_some() && !state.order_informed => Step::Report,
        _ => return None,
    };
    plan(step, state, order)
}

fn plan(step: Step, state: &TransferState, order: &TransferOrder) -> Option<PlannedStep> {
    let (transfer_id, amount, fee) = (order.transfer_id.clone(), order.amount, order.fee);
    let (source, target, hold_id) = (order.source.clone(), order.target.clone(), order.hold_id());
    let command = match step {
        Step::Validate => {
            let command = ValidateTransfer { transfer_id, source, target, quote_id: order.quote_id.clone() };
            return Some(PlannedStep::Transfer(step, command.into()));
        }
        Step::Report => return report(state, order).map(|command| PlannedStep::Order(step, command)),
        Step::Reserve => {
            let purpose = format!("Transfer {transfer_id} to account {target}");
            let (amount, expires_at) = (order.whole(), order.hold_expires_at());
            PlaceHold { account_id: source, hold_id, amount, expires_at, purpose }.into()
        }
        Step::Debit => DebitForTransfer { account_id: source, transfer_id, amount, hold_id, fee }.into(),
        Step::Credit => credit(target, transfer_id, amount, order.arriving()).into(),
        Step::Resolve => {
            let resolution = state.resolution.as_ref()?;
            credit(resolution.beneficiary.clone(), transfer_id, resolution.amount, resolution.arriving).into()
        }
        Step::Release => {
            let reason = format!("Transfer {transfer_id} {}", state.status.as_str());
            ReleaseHold { account_id: source, hold_id, reason }.into()
        }
        Step::Return => {
            let reason = state.problem.as_ref().map_or("", |problem| problem.message.as_str());
            let reason = if reason.is_empty() { "The transfer could not be completed" } else { reason };
            let reason = reason.chars().take(REASON_CHARACTERS).collect();
            ReturnTransferDebit { account_id: source, transfer_id, amount, fee, reason }.into()
        }
    };
    Some(PlannedStep::Account(step, command))
}

fn credit(
    account_id: AccountId,
    transfer_id: TransferId,
    from_transit: Amount,
    arriving: Amount,
) -> CreditFromTransfer {
    let from_transit = (from_transit != arriving).then_some(from_transit);
    CreditFromTransfer { account_id, transfer_id, amount: arriving, from_transit }
}

/// What the order is told: its execution has completed, or why not.
fn report(state: &TransferState, order: &TransferOrder) -> Option<OrderCommand> {
    let OrderOccurrence { order_id, due_on } = order.origin.clone()?;
    let transfer_id = order.transfer_id.clone();
    if state.status == TransferStatus::Completed {
        return Some(ConfirmOrderExecution { order_id, due_on, transfer_id }.into());
    }
    let problem = state.problem.as_ref();
    let code = problem.map_or_else(|| state.status.as_str().to_owned(), |problem| problem.code.clone());
    let message = problem.map_or_else(String::new, |problem| problem.message.clone());
    Some(FailOrderExecution { order_id, due_on, transfer_id, code, message }.into())
}

/// When the transfer times out, as long as it can.
#[must_use]
pub fn timeout_of(state: &TransferState) -> Option<(DateTime<Utc>, TransferCommand)> {
    let waits = state.status.is_before_the_debit() && state.status != TransferStatus::AwaitingApproval;
    let order = state.order.as_ref().filter(|_| waits)?;
    Some((order.deadline, TimeOutTransfer { transfer_id: order.transfer_id.clone() }.into()))
}

/// A timer of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTimer {
    /// Name, unique within the transfer.
    pub name: &'static str,
    /// Part of the command's id; other than the name where the same timer can be set again.
    pub step: String,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// What is sent then.
    pub command: TransferCommand,
}

/// The timer of the present state: a transfer has one for its approval, one until its debit, and one while money is in flight,
/// which only makes a note.
#[must_use]
pub fn timer_of(state: &TransferState) -> Option<PlannedTimer> {
    let order = state.order.as_ref()?;
    let transfer_id = order.transfer_id.clone();
    if let Some((due_at, command)) = timeout_of(state) {
        // An approval gives another deadline, with a command of its own.
        let approved = state.approval.is_some();
        let step = if approved { "time-out:approved" } else { "time-out" }.to_owned();
        return Some(PlannedTimer { name: "deadline", step, due_at, command });
    }
    if let (TransferStatus::AwaitingApproval, Some(approval)) = (state.status, &state.approval) {
        let command = ExpireTransferApproval { transfer_id }.into();
        let step = "approval-expiry".to_owned();
        return Some(PlannedTimer { name: "approval", step, due_at: approval.expires_at, command });
    }
    if state.is_in_flight() && !state.overdue {
        let command = RecordTransferOverdue { transfer_id }.into();
        let number = state.resolution.as_ref().map_or(0, |resolution| resolution.number);
        let step = format!("overdue:{number}");
        return Some(PlannedTimer { name: "overdue", step, due_at: order.overdue_at(), command });
    }
    None
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
        (Step::Resolve, Settlement::Done) => RecordParkedTransferResolved { transfer_id }.into(),
        // Told or not: an order that does not exist cannot be told, and a transfer that names one it is no execution of (people
        // can write that) must not wait for ever.
        (Step::Report, _) => RecordOrderInformed { transfer_id }.into(),
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
        (Step::Return | Step::Resolve, Settlement::Rejected(Rejection { code, message, .. })) => {
            ParkInSuspense { transfer_id, code: code.clone(), message: message.clone() }.into()
        }
    })
}

/// Id of the command that records an outcome. The outcome is part of it: a step that was refused once may be carried out when
/// it is sent again.
#[must_use]
pub fn outcome_id(stream: &StreamName, state: &TransferState, step: Step, outcome: &TransferCommand) -> Uuid {
    step_command_id(stream, &outcome_name(state, step, outcome))
}

fn outcome_name(state: &TransferState, step: Step, outcome: &TransferCommand) -> String {
    format!("{}:{}", step.name_in(state), outcome.command_type())
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
        let pending: Vec<_> = next_step(state).iter().map(|planned| planned.draft(stream, state)).collect();
        let timers: Vec<_> = timer_of(state).map(|timer| timer_draft(stream, &timer)).into_iter().collect();
        let finished = pending.is_empty() && timers.is_empty() && state.status != TransferStatus::None;
        Turn { pending, timers, finished }
    }

    fn awaits_person(&self, state: &AnyState) -> bool {
        let waits = |state: &TransferState| {
            matches!(state.status, TransferStatus::AwaitingApproval | TransferStatus::ParkedInSuspense)
        };
        state.downcast_ref::<TransferState>().is_some_and(waits)
    }

    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        let outcome = state.downcast_ref::<TransferState>().and_then(|state| {
            let step = Step::of_command(&planned.command_type, state)?;
            outcome_of(state, step, how).map(|command| (outcome_name(state, step, &command), command))
        });
        match outcome {
            Some((name, command)) => draft(stream, &name, command.command_type(), command.encode()),
            None => not_a_step(stream, planned),
        }
    }

    fn intervene(
        &self,
        stream: &StreamName,
        state: &AnyState,
        intervention: Intervention,
        reason: &str,
    ) -> Result<CommandDraft, Rejection> {
        let found = state.downcast_ref::<TransferState>().and_then(|state| Some((state, state.order.as_ref()?)));
        let Some((state, order)) = found else { return Err(no_transfer(stream)) };
        let decided = decision(state, order, intervention, reason).map_err(|refused| refused.to_rejection());
        let (step, command) = decided?;
        Ok(draft(stream, &step, command.command_type(), command.encode()))
    }
}

fn no_transfer(stream: &StreamName) -> Rejection {
    let message = format!("There is no transfer {stream}.");
    Rejection { code: "transfer_not_found".to_owned(), message, details: BTreeMap::new() }
}

/// An operator's command, and the step whose id it has: that of the step in flight, whose place it takes, or one of its own.
fn decision(
    state: &TransferState,
    order: &TransferOrder,
    intervention: Intervention,
    reason: &str,
) -> Result<(Cow<'static, str>, TransferCommand), TransferRejection> {
    let (transfer_id, reason) = (order.transfer_id.clone(), reason.to_owned());
    let replaced = step_in_flight(state).unwrap_or_default();
    Ok(match (intervention, state.status) {
        (Intervention::Cancel, _) => {
            cancellable(state, order)?;
            ("cancel".into(), CancelTransfer { transfer_id, reason }.into())
        }
        // What is parked is not on its way: the command that people have for that sends it back.
        (Intervention::Compensate, TransferStatus::ParkedInSuspense) => {
            let number = state.resolution.as_ref().map_or(0, |resolution| resolution.number);
            let (belongs_to, beneficiary) = (Belonging::Source, None);
            let command = ResolveParkedTransfer { transfer_id, belongs_to, beneficiary, reason };
            (format!("send-back:{number}").into(), command.into())
        }
        (Intervention::Compensate, _) => {
            compensable(state, order)?;
            (replaced, CompensateTransfer { transfer_id, reason }.into())
        }
        (Intervention::Park, _) => {
            parkable(state, order)?;
            (replaced, ParkTransfer { transfer_id, reason }.into())
        }
    })
}

fn timer_draft(stream: &StreamName, timer: &PlannedTimer) -> TimerDraft {
    let command = draft(stream, &timer.step, timer.command.command_type(), timer.command.encode());
    TimerDraft { name: timer.name.into(), due_at: timer.due_at, command }
}
