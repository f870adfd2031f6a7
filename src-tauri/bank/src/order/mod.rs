//! Orders: one transfer for a later day, or transfers at an interval. An aggregate whose stream is the memory of the order
//! process, which requests the transfers.

pub mod calendar;
mod command;
mod decide;
mod event;
pub mod plan;
mod rejection;
mod state;

use es_core::{CommandContext, Decider, References};

pub use calendar::BusinessDayConvention;
pub use command::{
    CancelOrder, ChangeStandingOrder, ConfirmOrderExecution, CreateScheduledTransfer, CreateStandingOrder,
    FailOrderExecution, OrderCommand, RecordOrderTransferRequested, ResumeOrder, StartOrderExecution, SuspendOrder,
};
pub use event::{
    OrderCancelled, OrderEvent, OrderExecuted, OrderExecutionFailed, OrderExecutionStarted, OrderExecutionsMissed,
    OrderResumed, OrderSuspended, OrderTransferRequested, ScheduledTransferCreated, StandingOrderChanged,
    StandingOrderCreated,
};
pub use plan::{Interval, Plan};
pub use rejection::OrderRejection;
pub use state::{Execution, ExecutionOutcome, MAX_OPEN_EXECUTIONS, Order, OrderState, OrderStatus, Terms, transfer_of};

/// Category of order streams.
pub const CATEGORY: &str = "order";
/// How many days ahead an order can begin: about five years, so that a mistyped century is found.
pub const BEGIN_DAYS_AHEAD: u64 = 1_830;
/// Most days an order with a count can have: a hundred years of months.
pub const MAX_COUNT: u32 = 1_200;
/// After a time in which nobody looked, so many days are made up for, one execution each and in order; older ones are recorded
/// as missed. More would empty an account at once for a year that its owner has long settled otherwise.
pub const MAX_CATCH_UP: u32 = 12;

/// The order aggregate.
pub struct OrderDecider;

impl Decider for OrderDecider {
    const CATEGORY: &'static str = CATEGORY;
    const STATE_VERSION: u32 = 1;
    type State = OrderState;
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Rejection = OrderRejection;

    fn evolve(state: &mut OrderState, event: &OrderEvent) {
        state::evolve(state, event);
    }

    fn decide(
        state: &OrderState,
        command: &OrderCommand,
        context: &CommandContext,
        references: &References,
    ) -> Result<Vec<OrderEvent>, OrderRejection> {
        decide::decide(state, command, context, references)
    }
}
