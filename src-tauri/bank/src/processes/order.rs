//! The order process: on each day of an order, in the morning of its business day, it requests a transfer. How that transfer ends
//! is told to the order by the transfer process.
//!
//! A day that was not noticed in time is made up for: its timer is due at once, and so is the next one's after it, so that missed
//! days are executed in order, each once. How many at most, and what becomes of older ones, is decided by the order.

use chrono::NaiveDate;
use es_core::{AnyState, CommandDraft, Process, Rejection, Settlement, StreamName, TimerDraft, Turn};

use super::drafts::{draft, not_a_step};
use crate::order::{
    CATEGORY, Execution, FailOrderExecution, Order, OrderCommand, OrderState, OrderStatus,
    RecordOrderTransferRequested, StartOrderExecution,
};
use crate::transfer::{OrderOccurrence, RequestTransfer, TransferCommand};

/// The order process.
pub struct OrderProcess;

/// The execution whose transfer is not known to have been requested; the oldest first.
fn unrequested(order: &Order) -> Option<(NaiveDate, &Execution)> {
    order.open.iter().find(|(_, execution)| !execution.requested).map(|(due_on, execution)| (*due_on, execution))
}

fn request(stream: &StreamName, order: &Order, due_on: NaiveDate, execution: &Execution) -> CommandDraft {
    let terms = &execution.terms;
    let command: TransferCommand = RequestTransfer {
        transfer_id: execution.transfer_id.clone(),
        source: terms.source.clone(),
        target: terms.target.clone(),
        amount: terms.amount,
        reference: terms.reference.clone(),
        quote_id: None,
        tariff: terms.tariff.clone(),
        order: Some(OrderOccurrence { order_id: order.order_id.clone(), due_on }),
    }
    .into();
    draft(stream, &format!("request:{due_on}"), command.command_type(), command.encode())
}

fn timer(stream: &StreamName, order: &Order) -> Option<TimerDraft> {
    let due_on = order.next_date()?;
    let command: OrderCommand = StartOrderExecution { order_id: order.order_id.clone(), due_on }.into();
    let command = draft(stream, &format!("start:{due_on}"), command.command_type(), command.encode());
    Some(TimerDraft { name: "due".into(), due_at: order.plan.due_at(due_on), command })
}

/// The command that records how the request of a transfer ended, from the request itself: the order may have been changed since.
fn outcome(planned: &CommandDraft, how: &Settlement) -> Option<(NaiveDate, OrderCommand)> {
    let request: RequestTransfer = serde_json::from_str(&planned.payload).ok()?;
    let (transfer_id, OrderOccurrence { order_id, due_on }) = (request.transfer_id, request.order?);
    let command = match how {
        Settlement::Done => RecordOrderTransferRequested { order_id, due_on, transfer_id }.into(),
        Settlement::Rejected(Rejection { code, message, .. }) => {
            let (code, message) = (code.clone(), message.clone());
            FailOrderExecution { order_id, due_on, transfer_id, code, message }.into()
        }
    };
    Some((due_on, command))
}

impl Process for OrderProcess {
    fn name(&self) -> &'static str {
        "order"
    }

    fn category(&self) -> &'static str {
        CATEGORY
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let state = state.downcast_ref::<OrderState>();
        let Some((status, order)) = state.and_then(|state| Some((state.status, state.order.as_deref()?))) else {
            return Turn { pending: Vec::new(), timers: Vec::new(), finished: false };
        };
        let pending: Vec<_> = unrequested(order)
            .map(|(due_on, execution)| request(stream, order, due_on, execution))
            .into_iter()
            .collect();
        let timers: Vec<_> = timer(stream, order).filter(|_| status == OrderStatus::Active).into_iter().collect();
        let finished = pending.is_empty() && timers.is_empty();
        Turn { pending, timers, finished }
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        match outcome(planned, how) {
            Some((due_on, command)) => {
                let step = format!("request:{due_on}:{}", command.command_type());
                draft(stream, &step, command.command_type(), command.encode())
            }
            None => not_a_step(stream, planned),
        }
    }
}
