//! What an order answers to a command. Steps of the process are answered with nothing where they come too late: the process looks
//! at the state again and goes on from there.

use chrono::{Days, NaiveDate};
use es_core::{CommandContext, References, Reject};

use super::command::{
    ChangeStandingOrder, CreateScheduledTransfer, CreateStandingOrder, OrderCommand, StartOrderExecution,
};
use super::event::{
    OrderCancelled, OrderEvent, OrderExecuted, OrderExecutionFailed, OrderExecutionStarted, OrderExecutionsMissed,
    OrderResumed, OrderSuspended, OrderTransferRequested, ScheduledTransferCreated, StandingOrderChanged,
    StandingOrderCreated,
};
use super::plan::Plan;
use super::rejection::OrderRejection;
use super::state::{Order, OrderState, OrderStatus, transfer_of};
use super::{BEGIN_DAYS_AHEAD, MAX_CATCH_UP};
use crate::ids::{AccountId, OrderId, TransferId};
use crate::money::Amount;
use crate::transfer::{Tariff, usable_account};

type Decision = Result<Vec<OrderEvent>, OrderRejection>;

pub(super) fn decide(
    state: &OrderState,
    command: &OrderCommand,
    context: &CommandContext,
    references: &References,
) -> Decision {
    use OrderCommand as C;
    match command {
        C::CreateScheduledTransfer(create) => {
            is_new(state, &create.order_id)?;
            create_scheduled(create, context, references)
        }
        C::CreateStandingOrder(create) => {
            is_new(state, &create.order_id)?;
            create_standing(create, context, references)
        }
        C::ChangeStandingOrder(change) => {
            change_standing(going_on(state, &change.order_id)?, change, context, references)
        }
        C::SuspendOrder(suspend) => {
            let (order_id, reason) = (suspend.order_id.clone(), suspend.reason.clone());
            going_on(state, &order_id)?;
            if state.status == OrderStatus::Suspended {
                return Err(OrderRejection::AlreadySuspended { order_id });
            }
            one(OrderSuspended { order_id, reason })
        }
        C::ResumeOrder(resume) => {
            let (order_id, reason) = (resume.order_id.clone(), resume.reason.clone());
            let order = going_on(state, &order_id)?;
            if state.status != OrderStatus::Suspended {
                return Err(OrderRejection::NotSuspended { order_id });
            }
            let left_out = order.plan.due_by(order.next, context.now);
            one(OrderResumed { order_id, reason, left_out })
        }
        C::CancelOrder(cancel) => {
            let (order_id, reason) = (cancel.order_id.clone(), cancel.reason.clone());
            going_on(state, &order_id)?;
            one(OrderCancelled { order_id, reason })
        }
        C::StartOrderExecution(start) => start_execution(state, start, context),
        C::RecordOrderTransferRequested(_) | C::ConfirmOrderExecution(_) | C::FailOrderExecution(_) => {
            record(state, command)
        }
    }
}

fn one(event: impl Into<OrderEvent>) -> Decision {
    Ok(vec![event.into()])
}

fn is_new(state: &OrderState, order_id: &OrderId) -> Result<(), OrderRejection> {
    match state.order {
        None => Ok(()),
        Some(_) => Err(OrderRejection::OrderExists { order_id: order_id.clone(), status: state.status }),
    }
}

fn known<'a>(state: &'a OrderState, order_id: &OrderId) -> Result<&'a Order, OrderRejection> {
    state.order.as_deref().ok_or_else(|| OrderRejection::OrderNotFound { order_id: order_id.clone() })
}

/// The order, if it is not over.
fn going_on<'a>(state: &'a OrderState, order_id: &OrderId) -> Result<&'a Order, OrderRejection> {
    let order = known(state, order_id)?;
    if state.status.is_over() {
        return Err(OrderRejection::OrderOver { order_id: order_id.clone(), status: state.status });
    }
    Ok(order)
}

fn usable(account_id: &AccountId, amount: Amount, references: &References) -> Result<(), OrderRejection> {
    usable_account(account_id, amount, references).map_err(|problem| OrderRejection::AccountUnusable {
        account_id: account_id.clone(),
        cause: problem.code,
        reason: problem.message,
    })
}

/// The fee that each transfer will be charged can be charged.
fn chargeable(tariff: Option<&Tariff>, amount: Amount) -> Result<(), OrderRejection> {
    let Some(tariff) = tariff else { return Ok(()) };
    match tariff.fee(amount) {
        Ok(_) => Ok(()),
        Err(rejection) => {
            let rejection = rejection.to_rejection();
            Err(OrderRejection::TariffUnsound { cause: rejection.code, reason: rejection.message })
        }
    }
}

fn different(source: &AccountId, target: &AccountId) -> Result<(), OrderRejection> {
    if source == target { Err(OrderRejection::SameAccount { account_id: source.clone() }) } else { Ok(()) }
}

fn can_begin(first_on: NaiveDate, context: &CommandContext) -> Result<(), OrderRejection> {
    let today = context.business_date;
    let latest = today.checked_add_days(Days::new(BEGIN_DAYS_AHEAD)).unwrap_or(NaiveDate::MAX);
    match first_on {
        _ if first_on < today => Err(OrderRejection::DateInThePast { first_on, today }),
        _ if first_on > latest => Err(OrderRejection::TooFarAhead { first_on, latest }),
        _ => Ok(()),
    }
}

/// One end at most, and a day before it.
fn has_days(plan: &Plan, from: u32, next_on: NaiveDate) -> Result<(), OrderRejection> {
    let end = match (plan.count, plan.last_on) {
        (Some(count), Some(last_on)) => return Err(OrderRejection::TwoEnds { count, last_on }),
        (Some(count), None) => format!("after {count} days"),
        (None, Some(last_on)) => format!("on {last_on}"),
        (None, None) => return Ok(()),
    };
    if plan.date(from).is_none() {
        return Err(OrderRejection::NoDateLeft { next_on, end });
    }
    Ok(())
}

fn create_scheduled(create: &CreateScheduledTransfer, context: &CommandContext, references: &References) -> Decision {
    different(&create.source, &create.target)?;
    can_begin(create.due_on, context)?;
    chargeable(create.tariff.as_ref(), create.amount)?;
    usable(&create.source, create.amount, references)?;
    usable(&create.target, create.amount, references)?;
    one(ScheduledTransferCreated {
        order_id: create.order_id.clone(),
        source: create.source.clone(),
        target: create.target.clone(),
        amount: create.amount,
        reference: create.reference.clone(),
        tariff: create.tariff.clone(),
        due_on: create.due_on,
        convention: create.convention.unwrap_or_default(),
        created_by: context.actor.clone(),
        created_on: context.business_date,
    })
}

fn create_standing(create: &CreateStandingOrder, context: &CommandContext, references: &References) -> Decision {
    different(&create.source, &create.target)?;
    can_begin(create.first_on, context)?;
    let plan = Plan {
        first_on: create.first_on,
        interval: Some(create.interval),
        convention: create.convention.unwrap_or_default(),
        last_on: create.last_on,
        count: create.count,
    };
    has_days(&plan, 0, create.first_on)?;
    chargeable(create.tariff.as_ref(), create.amount)?;
    usable(&create.source, create.amount, references)?;
    usable(&create.target, create.amount, references)?;
    one(StandingOrderCreated {
        order_id: create.order_id.clone(),
        source: create.source.clone(),
        target: create.target.clone(),
        amount: create.amount,
        reference: create.reference.clone(),
        tariff: create.tariff.clone(),
        first_on: create.first_on,
        interval: create.interval,
        convention: plan.convention,
        last_on: create.last_on,
        count: create.count,
        created_by: context.actor.clone(),
        created_on: context.business_date,
    })
}

fn change_standing(
    order: &Order,
    change: &ChangeStandingOrder,
    context: &CommandContext,
    references: &References,
) -> Decision {
    let order_id = change.order_id.clone();
    if order.plan.interval.is_none() {
        return Err(OrderRejection::NotAStandingOrder { order_id });
    }
    let (expected, actual) = (order.terms.amount.currency(), change.amount.currency());
    if expected != actual {
        return Err(OrderRejection::OtherCurrency { order_id, expected, actual });
    }
    different(&order.terms.source, &change.target)?;
    let plan = Plan { last_on: change.last_on, count: change.count, ..order.plan.clone() };
    let endless = Plan { last_on: None, count: None, ..order.plan.clone() };
    has_days(&plan, order.next, endless.date(order.next).unwrap_or(order.plan.first_on))?;
    chargeable(change.tariff.as_ref(), change.amount)?;
    usable(&change.target, change.amount, references)?;
    one(StandingOrderChanged {
        order_id,
        target: change.target.clone(),
        amount: change.amount,
        reference: change.reference.clone(),
        tariff: change.tariff.clone(),
        last_on: change.last_on,
        count: change.count,
        changed_by: context.actor.clone(),
    })
}

/// The timer's command. Days that nobody noticed are made up for one after the other, each with an execution of its own: this one
/// begins the oldest that still is, and its timer for the next is due at once.
fn start_execution(state: &OrderState, start: &StartOrderExecution, context: &CommandContext) -> Decision {
    let order = known(state, &start.order_id)?;
    let next = order.next_date().filter(|next| *next == start.due_on && state.status == OrderStatus::Active);
    let Some(first_on) = next else { return Ok(Vec::new()) };
    let order_id = order.order_id.clone();
    let due_at = order.plan.due_at(first_on);
    if context.now < due_at {
        return Err(OrderRejection::NotDue { order_id, due_at, now: context.now });
    }
    let missed = order.plan.due_by(order.next, context.now).saturating_sub(MAX_CATCH_UP);
    let number = order.next.saturating_add(missed);
    let due_on = order.plan.date(number).unwrap_or(first_on);
    let mut events = Vec::new();
    if missed > 0 {
        let last_on = order.plan.date(number.saturating_sub(1)).unwrap_or(first_on);
        events.push(OrderExecutionsMissed { order_id: order_id.clone(), first_on, last_on, count: missed }.into());
    }
    let transfer_id = transfer_of(&order_id, due_on);
    let execute_on = order.plan.execute_on(due_on);
    events.push(OrderExecutionStarted { order_id, due_on, execute_on, transfer_id }.into());
    Ok(events)
}

/// The steps that only record what became of an execution. One that is not open has ended before.
fn record(state: &OrderState, command: &OrderCommand) -> Decision {
    let open = |order_id: &OrderId, due_on: NaiveDate, transfer_id: &TransferId| {
        let order = known(state, order_id)?;
        Ok(order.open.get(&due_on).filter(|execution| execution.transfer_id == *transfer_id))
    };
    Ok(match command {
        OrderCommand::RecordOrderTransferRequested(step) => {
            let execution = open(&step.order_id, step.due_on, &step.transfer_id)?;
            let news = execution.filter(|execution| !execution.requested).map(|_| {
                let (order_id, transfer_id) = (step.order_id.clone(), step.transfer_id.clone());
                OrderTransferRequested { order_id, due_on: step.due_on, transfer_id }.into()
            });
            news.into_iter().collect()
        }
        OrderCommand::ConfirmOrderExecution(step) => {
            let execution = open(&step.order_id, step.due_on, &step.transfer_id)?;
            let news = execution.map(|_| {
                let (order_id, transfer_id) = (step.order_id.clone(), step.transfer_id.clone());
                OrderExecuted { order_id, due_on: step.due_on, transfer_id }.into()
            });
            news.into_iter().collect()
        }
        OrderCommand::FailOrderExecution(step) => {
            let execution = open(&step.order_id, step.due_on, &step.transfer_id)?;
            let news = execution.map(|_| {
                OrderExecutionFailed {
                    order_id: step.order_id.clone(),
                    due_on: step.due_on,
                    transfer_id: step.transfer_id.clone(),
                    code: step.code.clone(),
                    message: step.message.clone(),
                }
                .into()
            });
            news.into_iter().collect()
        }
        _ => Vec::new(),
    })
}
