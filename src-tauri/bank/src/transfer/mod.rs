//! Transfers between two customers' accounts: an aggregate whose stream is the memory of the transfer process.

mod approval_threshold;
mod command;
mod decide;
mod event;
mod operator;
mod refused;
mod rejection;
mod second_person;
mod state;
mod suspense;
mod tariff;
mod validate;

use chrono::TimeDelta;
use es_core::{CommandContext, Decider, References};

pub use approval_threshold::approval_threshold;
pub use command::{
    ApproveTransfer, CancelTransfer, CompensateTransfer, CompleteTransfer, ExpireTransferApproval, FailTransfer,
    ParkInSuspense, ParkTransfer, RecordCompensated, RecordOrderInformed, RecordParkedTransferResolved,
    RecordReleaseRefused, RecordSourceDebited, RecordSourceReleased, RecordSourceReserved, RecordTransferOverdue,
    RefuseTransfer, RejectTransfer, RequestTransfer, ResolveParkedTransfer, StartCompensation, TimeOutTransfer,
    TransferCommand, ValidateTransfer,
};
pub use event::{
    Belonging, CompensationStarted, OrderInformed, OrderOccurrence, ParkedTransferResolved, PinnedRate, SourceDebited,
    SourceReleaseRefused, SourceReleased, SourceReserved, TransferApprovalExpired, TransferApprovalRequested,
    TransferApproved, TransferCancelled, TransferCompensated, TransferCompleted, TransferEvent, TransferFailed,
    TransferOverdue, TransferParked, TransferRefused, TransferRejected, TransferRequested, TransferUnparked,
    TransferValidated,
};
pub use operator::{cancellable, compensable, parkable, step_in_flight};
pub use refused::RefusedLater;
pub use rejection::TransferRejection;
pub use state::{
    DebitStage, HoldStage, Resolution, TransferApproval, TransferOrder, TransferProblem, TransferState, TransferStatus,
};
pub use tariff::Tariff;
pub(crate) use validate::account as usable_account;

/// Category of transfer streams.
pub const CATEGORY: &str = "transfer";
/// A transfer that has not debited its source after this time fails: nobody should wait longer for an answer.
pub const DEADLINE: TimeDelta = TimeDelta::seconds(60);
/// How much longer than the deadline the hold lasts, so that it cannot lapse under a transfer that may still use it.
pub const HOLD_OUTLIVES_DEADLINE: TimeDelta = TimeDelta::minutes(15);

/// How long a second person has for an approval. A pinned rate ends it earlier: nobody approves a rate that is over.
pub const APPROVAL_WINDOW: TimeDelta = TimeDelta::hours(24);
/// Money that is in flight for so long after its deadline is noted as overdue: a step that is not settled by then waits for
/// something that people should look at.
pub const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(15);

/// The transfer aggregate.
pub struct TransferDecider;

impl Decider for TransferDecider {
    const CATEGORY: &'static str = CATEGORY;
    const STATE_VERSION: u32 = 2;
    type State = TransferState;
    type Command = TransferCommand;
    type Event = TransferEvent;
    type Rejection = TransferRejection;

    fn evolve(state: &mut TransferState, event: &TransferEvent) {
        state.evolve(event);
    }

    fn decide(
        state: &TransferState,
        command: &TransferCommand,
        context: &CommandContext,
        references: &References,
    ) -> Result<Vec<TransferEvent>, TransferRejection> {
        decide::decide(state, command, context, references)
    }
}
