//! Transfers between two customers' accounts: an aggregate whose stream is the memory of the transfer process.

mod command;
mod decide;
mod event;
mod rejection;
mod state;
mod validate;

use chrono::TimeDelta;
use es_core::{CommandContext, Decider, References};

pub use command::{
    CancelTransfer, CompleteTransfer, FailTransfer, ParkInSuspense, RecordCompensated, RecordReleaseRefused,
    RecordSourceDebited, RecordSourceReleased, RecordSourceReserved, RejectTransfer, RequestTransfer,
    StartCompensation, TimeOutTransfer, TransferCommand, ValidateTransfer,
};
pub use event::{
    CompensationStarted, SourceDebited, SourceReleaseRefused, SourceReleased, SourceReserved, TransferCancelled,
    TransferCompensated, TransferCompleted, TransferEvent, TransferFailed, TransferParked, TransferRejected,
    TransferRequested, TransferValidated,
};
pub use rejection::TransferRejection;
pub use state::{DebitStage, HoldStage, TransferOrder, TransferProblem, TransferState, TransferStatus};

/// Category of transfer streams.
pub const CATEGORY: &str = "transfer";
/// A transfer that has not debited its source after this time fails: nobody should wait longer for an answer.
pub const DEADLINE: TimeDelta = TimeDelta::seconds(60);
/// How much longer than the deadline the hold lasts, so that it cannot lapse under a transfer that may still use it.
pub const HOLD_OUTLIVES_DEADLINE: TimeDelta = TimeDelta::minutes(15);

/// The transfer aggregate.
pub struct TransferDecider;

impl Decider for TransferDecider {
    const CATEGORY: &'static str = CATEGORY;
    const STATE_VERSION: u32 = 1;
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
