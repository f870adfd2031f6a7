//! What can be asked of an order.

use chrono::NaiveDate;
use es_core::StreamName;

use super::calendar::BusinessDayConvention;
use super::plan::Interval;
use crate::declare::{command_set, payloads};
use crate::ids::{AccountId, OrderId, TransferId};
use crate::money::Amount;
use crate::transfer::Tariff;

payloads! {
    /// Orders one transfer for a later day.
    CreateScheduledTransfer {
        /// Id of the new order.
        #[schemars(extend("x-new-id" = true))]
        order_id: OrderId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much; both accounts have its currency, because no rate can be quoted for a later day.
        amount: Amount,
        /// Shown to both sides.
        #[schemars(length(max = 140))]
        reference: String,
        /// The terms of the fee; free if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// The day, today at the earliest.
        due_on: NaiveDate,
        /// What happens if it is no business day; the following one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        convention: Option<BusinessDayConvention>,
    }

    /// Orders transfers at an interval.
    CreateStandingOrder {
        /// Id of the new order.
        #[schemars(extend("x-new-id" = true))]
        order_id: OrderId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much each time; both accounts have its currency, because no rate can be quoted for a later day.
        amount: Amount,
        /// Shown to both sides.
        #[schemars(length(max = 140))]
        reference: String,
        /// The terms of the fee; free if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// The first day, today at the earliest; its day of the month stays, or the last of a shorter month.
        first_on: NaiveDate,
        /// How often.
        interval: Interval,
        /// What happens to a day that is no business day; the following one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        convention: Option<BusinessDayConvention>,
        /// No day after this one; not together with a count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_on: Option<NaiveDate>,
        /// No more days than this; not together with a last day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 1200))]
        count: Option<u32>,
    }

    /// Gives a standing order other terms, from the next execution on.
    ChangeStandingOrder {
        /// The order.
        order_id: OrderId,
        /// Account that receives.
        target: AccountId,
        /// How much each time.
        amount: Amount,
        /// Shown to both sides.
        #[schemars(length(max = 140))]
        reference: String,
        /// The terms of the fee; free if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// No day after this one; not together with a count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_on: Option<NaiveDate>,
        /// No more days than this, counted from the first; not together with a last day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 1200))]
        count: Option<u32>,
    }

    /// Lets an order rest.
    SuspendOrder {
        /// The order.
        order_id: OrderId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Lets an order go on.
    ResumeOrder {
        /// The order.
        order_id: OrderId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Ends an order.
    CancelOrder {
        /// The order.
        order_id: OrderId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Begins the execution of a day.
    StartOrderExecution {
        /// The order.
        order_id: OrderId,
        /// The day, as planned.
        due_on: NaiveDate,
    }

    /// Records that the transfer of an execution was requested.
    RecordOrderTransferRequested {
        /// The order.
        order_id: OrderId,
        /// The execution.
        due_on: NaiveDate,
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the transfer of an execution has completed.
    ConfirmOrderExecution {
        /// The order.
        order_id: OrderId,
        /// The execution.
        due_on: NaiveDate,
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that an execution came to nothing.
    FailOrderExecution {
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

command_set! {
    /// A command to an order.
    pub enum OrderCommand in "order", id order_id, references references {
        CreateScheduledTransfer by people "Schedule a transfer"
            "Orders one transfer for a later day; it is requested in the morning of that day."
            example {
                "orderId": "SO-7001", "source": "100234", "target": "100235",
                "amount": { "minor": "25000", "currency": "EUR" }, "reference": "Holiday deposit", "dueOn": "2031-06-16",
            }
        CreateStandingOrder by people "Create a standing order"
            "Orders transfers at an interval, each requested in the morning of its business day. A day that fails is recorded and not tried again."
            example {
                "orderId": "SO-7002", "source": "100234", "target": "100235",
                "amount": { "minor": "85000", "currency": "EUR" }, "reference": "Rent", "firstOn": "2031-06-30",
                "interval": "monthly", "convention": "preceding", "count": 24,
            }
        ChangeStandingOrder by people "Change a standing order"
            "Gives a standing order other terms, from the next execution on."
            example {
                "orderId": "SO-7002", "target": "100235", "amount": { "minor": "87000", "currency": "EUR" },
                "reference": "Rent, raised", "lastOn": "2033-12-31",
            }
        SuspendOrder by people "Suspend an order"
            "Lets an order rest. Days that come meanwhile are not made up for."
            example { "orderId": "SO-7002", "reason": "Unpaid leave" }
        ResumeOrder by people "Resume an order"
            "Lets an order go on with the first day that is not over."
            example { "orderId": "SO-7002", "reason": "Back at work" }
        CancelOrder by people "Cancel an order"
            "Ends an order for good. An execution that has begun is finished."
            example { "orderId": "SO-7002", "reason": "Moved out" }
        StartOrderExecution by process "Start an execution"
            "Begins the execution of a day whose time has come."
            example { "orderId": "SO-7002", "dueOn": "2031-06-30" }
        RecordOrderTransferRequested by process "Record a requested transfer"
            "Records that the transfer of an execution was requested."
            example { "orderId": "SO-7002", "dueOn": "2031-06-30", "transferId": "2e0d1f3c5a6b4c7d8e9f0a1b2c3d4e5f" }
        ConfirmOrderExecution by process "Confirm an execution"
            "Records that the transfer of an execution has completed."
            example { "orderId": "SO-7002", "dueOn": "2031-06-30", "transferId": "2e0d1f3c5a6b4c7d8e9f0a1b2c3d4e5f" }
        FailOrderExecution by process "Fail an execution"
            "Records that an execution came to nothing."
            example {
                "orderId": "SO-7002", "dueOn": "2031-06-30", "transferId": "2e0d1f3c5a6b4c7d8e9f0a1b2c3d4e5f",
                "code": "insufficient_funds", "message": "850.00 EUR were asked for, 12.50 EUR are available",
            }
    }
}

/// A new order looks at its accounts, so that a mistyped one is found today and not on the day that it is due. The transfer
/// checks them again.
fn references(command: &OrderCommand) -> Vec<StreamName> {
    match command {
        OrderCommand::CreateScheduledTransfer(create) => vec![create.source.stream(), create.target.stream()],
        OrderCommand::CreateStandingOrder(create) => vec![create.source.stream(), create.target.stream()],
        OrderCommand::ChangeStandingOrder(change) => vec![change.target.stream()],
        _ => Vec::new(),
    }
}
