//! What can happen to an order.

use chrono::NaiveDate;

use super::calendar::BusinessDayConvention;
use super::plan::Interval;
use crate::declare::{event_set, payloads};
use crate::ids::{AccountId, OrderId, TransferId};
use crate::money::Amount;
use crate::transfer::Tariff;

payloads! {
    /// A customer ordered one transfer for a later day.
    ScheduledTransferCreated {
        /// The order.
        order_id: OrderId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// The terms of the fee; no fee if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// The day.
        due_on: NaiveDate,
        /// What happens if it is no business day.
        convention: BusinessDayConvention,
        /// Who ordered.
        created_by: String,
        /// The bank's day of the order.
        created_on: NaiveDate,
    }

    /// A customer ordered transfers at an interval.
    StandingOrderCreated {
        /// The order.
        order_id: OrderId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much each time.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// The terms of the fee; no fee if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// The first day.
        first_on: NaiveDate,
        /// How often.
        interval: Interval,
        /// What happens to a day that is no business day.
        convention: BusinessDayConvention,
        /// No day after this one; without end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_on: Option<NaiveDate>,
        /// No more days than this; without end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        /// Who ordered.
        created_by: String,
        /// The bank's day of the order.
        created_on: NaiveDate,
    }

    /// From the next execution on, a standing order has other terms.
    StandingOrderChanged {
        /// The order.
        order_id: OrderId,
        /// Account that receives.
        target: AccountId,
        /// How much each time.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// The terms of the fee; no fee if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// No day after this one; without end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_on: Option<NaiveDate>,
        /// No more days than this, counted from the first; without end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        /// Who changed it.
        changed_by: String,
    }

    /// The order rests: days that come meanwhile are not made up for.
    OrderSuspended {
        /// The order.
        order_id: OrderId,
        /// Why.
        reason: String,
    }

    /// The order goes on with the first day that is not over.
    OrderResumed {
        /// The order.
        order_id: OrderId,
        /// Why.
        reason: String,
        /// How many days have passed while it rested, and are left out.
        left_out: u32,
    }

    /// The order is over; what has begun is finished.
    OrderCancelled {
        /// The order.
        order_id: OrderId,
        /// Why.
        reason: String,
    }

    /// So many days had passed unnoticed that the oldest are not made up for.
    OrderExecutionsMissed {
        /// The order.
        order_id: OrderId,
        /// The first of them.
        first_on: NaiveDate,
        /// The last of them.
        last_on: NaiveDate,
        /// How many.
        count: u32,
    }

    /// An execution began: its transfer is going to be requested, on the terms of this moment.
    OrderExecutionStarted {
        /// The order.
        order_id: OrderId,
        /// The day that it is due, as planned.
        due_on: NaiveDate,
        /// The business day on which it is carried out.
        execute_on: NaiveDate,
        /// The transfer; derived from order and day.
        transfer_id: TransferId,
    }

    /// The transfer of an execution was requested.
    OrderTransferRequested {
        /// The order.
        order_id: OrderId,
        /// The execution.
        due_on: NaiveDate,
        /// The transfer.
        transfer_id: TransferId,
    }

    /// The transfer of an execution has completed.
    OrderExecuted {
        /// The order.
        order_id: OrderId,
        /// The execution.
        due_on: NaiveDate,
        /// The transfer.
        transfer_id: TransferId,
    }

    /// An execution came to nothing. It is not tried again; the next day comes all the same.
    OrderExecutionFailed {
        /// The order.
        order_id: OrderId,
        /// The execution.
        due_on: NaiveDate,
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }
}

event_set! {
    /// An event of an order.
    pub enum OrderEvent in "order" {
        ScheduledTransferCreated 1 "Scheduled transfer created" "A customer ordered one transfer for a later day.",
        StandingOrderCreated 1 "Standing order created" "A customer ordered transfers at an interval.",
        StandingOrderChanged 1 "Standing order changed" "From the next execution on, the order has other terms.",
        OrderSuspended 1 "Order suspended" "The order rests; days that come meanwhile are not made up for.",
        OrderResumed 1 "Order resumed" "The order goes on with the first day that is not over.",
        OrderCancelled 1 "Order cancelled" "The order is over; what has begun is finished.",
        OrderExecutionsMissed 1 "Executions missed" "Days passed unnoticed for so long that the oldest are not made up for.",
        OrderExecutionStarted 1 "Execution started" "An execution began on the terms of this moment.",
        OrderTransferRequested 1 "Transfer of the order requested" "The transfer of an execution was requested.",
        OrderExecuted 1 "Order executed" "The transfer of an execution has completed.",
        OrderExecutionFailed 1 "Execution failed" "An execution came to nothing; the next day comes all the same.",
    }
}
