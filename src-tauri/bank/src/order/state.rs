//! What an order is, and what it becomes with each event.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{OrderEvent, OrderExecutionStarted, ScheduledTransferCreated, StandingOrderCreated};
use super::plan::Plan;
use crate::ids::{AccountId, OrderId, TransferId};
use crate::money::Amount;
use crate::transfer::Tariff;

/// Most executions kept whose transfers have not ended. A transfer ends within a day or two, so only a fault has more; the oldest
/// are then forgotten, and their outcome is in the transfers alone.
pub const MAX_OPEN_EXECUTIONS: usize = 64;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// There is no such order.
    #[default]
    None,
    /// Waits for its next day.
    Active,
    /// Rests.
    Suspended,
    /// Has no day left.
    Finished,
    /// Ended by a person.
    Cancelled,
}

impl OrderStatus {
    /// As people see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether no further execution will begin.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What each transfer of an order is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// Account that pays.
    pub source: AccountId,
    /// Account that receives.
    pub target: AccountId,
    /// How much.
    pub amount: Amount,
    /// The customer's words.
    pub reference: String,
    /// The terms of the fee.
    pub tariff: Option<Tariff>,
}

/// An order through its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Id.
    pub order_id: OrderId,
    /// What the next transfer is like.
    pub terms: Terms,
    /// When it is due.
    pub plan: Plan,
    /// Who ordered.
    pub created_by: String,
    /// Number of the next date of the plan, counted from 0.
    pub next: u32,
    /// Executions whose transfers have not ended, by their planned day.
    pub open: BTreeMap<NaiveDate, Execution>,
    /// How many have completed.
    pub executed: u32,
    /// How many have come to nothing.
    pub failed: u32,
    /// How many days were left out, because the order rested or nobody noticed them in time.
    pub left_out: u32,
    /// How the last one ended.
    pub last_outcome: Option<ExecutionOutcome>,
}

/// An execution whose transfer has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The transfer.
    pub transfer_id: TransferId,
    /// What it is like: the terms when the execution began. A change in between must not change a request that may have been
    /// sent already.
    pub terms: Terms,
    /// Whether the transfer is known to have been requested.
    pub requested: bool,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionOutcome {
    /// The planned day.
    pub due_on: NaiveDate,
    /// The transfer.
    pub transfer_id: TransferId,
    /// Code and sentence of the reason, if it came to nothing.
    pub failure: Option<(String, String)>,
}

/// State of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderState {
    /// Where it stands.
    pub status: OrderStatus,
    /// The order; nothing before it was made.
    pub order: Option<Box<Order>>,
}

/// The transfer of an execution. Derived from the order and the planned day, so that a repeated execution asks for the same one;
/// a hash, so that nobody takes it by chance.
#[must_use]
pub fn transfer_of(order_id: &OrderId, due_on: NaiveDate) -> TransferId {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ledgerscope:order-execution");
    let id = Uuid::new_v5(&namespace, format!("{order_id}\n{due_on}").as_bytes());
    match TransferId::new(id.simple().to_string()) {
        Ok(transfer_id) => transfer_id,
        Err(_) => unreachable!("32 hexadecimal digits are an id"),
    }
}

impl Order {
    fn scheduled(event: &ScheduledTransferCreated) -> Self {
        let plan = Plan {
            first_on: event.due_on,
            interval: None,
            convention: event.convention,
            last_on: None,
            count: Some(1),
        };
        let terms = Terms {
            source: event.source.clone(),
            target: event.target.clone(),
            amount: event.amount,
            reference: event.reference.clone(),
            tariff: event.tariff.clone(),
        };
        Self::new(&event.order_id, terms, plan, &event.created_by)
    }

    fn standing(event: &StandingOrderCreated) -> Self {
        let plan = Plan {
            first_on: event.first_on,
            interval: Some(event.interval),
            convention: event.convention,
            last_on: event.last_on,
            count: event.count,
        };
        let terms = Terms {
            source: event.source.clone(),
            target: event.target.clone(),
            amount: event.amount,
            reference: event.reference.clone(),
            tariff: event.tariff.clone(),
        };
        Self::new(&event.order_id, terms, plan, &event.created_by)
    }

    fn new(order_id: &OrderId, terms: Terms, plan: Plan, created_by: &str) -> Self {
        Self {
            order_id: order_id.clone(),
            terms,
            plan,
            created_by: created_by.to_owned(),
            next: 0,
            open: BTreeMap::new(),
            executed: 0,
            failed: 0,
            left_out: 0,
            last_outcome: None,
        }
    }

    /// The next planned day, if there is one.
    #[must_use]
    pub fn next_date(&self) -> Option<NaiveDate> {
        self.plan.date(self.next)
    }

    fn started(&mut self, event: &OrderExecutionStarted) {
        let dates = (self.next..).map_while(|number| Some((number, self.plan.date(number)?)));
        let this = dates.take_while(|(_, date)| *date <= event.due_on).last();
        if let Some((number, _)) = this.filter(|(_, date)| *date == event.due_on) {
            self.next = number.saturating_add(1);
        }
        let (transfer_id, terms) = (event.transfer_id.clone(), self.terms.clone());
        self.open.insert(event.due_on, Execution { transfer_id, terms, requested: false });
        while self.open.len() > MAX_OPEN_EXECUTIONS {
            self.open.pop_first();
        }
    }

    fn ended(&mut self, due_on: NaiveDate, transfer_id: &TransferId, failure: Option<(String, String)>) {
        self.open.remove(&due_on);
        let count = if failure.is_none() { &mut self.executed } else { &mut self.failed };
        *count = count.saturating_add(1);
        self.last_outcome = Some(ExecutionOutcome { due_on, transfer_id: transfer_id.clone(), failure });
    }
}

/// Takes an event in. Total: what does not fit (an event before the order was made) changes nothing.
pub(super) fn evolve(state: &mut OrderState, event: &OrderEvent) {
    use OrderEvent as E;
    match event {
        E::ScheduledTransferCreated(created) if state.order.is_none() => {
            state.status = OrderStatus::Active;
            state.order = Some(Box::new(Order::scheduled(created)));
        }
        E::StandingOrderCreated(created) if state.order.is_none() => {
            state.status = OrderStatus::Active;
            state.order = Some(Box::new(Order::standing(created)));
        }
        _ => {}
    }
    let Some(order) = &mut state.order else { return };
    match event {
        E::ScheduledTransferCreated(_) | E::StandingOrderCreated(_) => {}
        E::StandingOrderChanged(changed) => {
            order.terms.target = changed.target.clone();
            order.terms.amount = changed.amount;
            order.terms.reference.clone_from(&changed.reference);
            order.terms.tariff.clone_from(&changed.tariff);
            (order.plan.last_on, order.plan.count) = (changed.last_on, changed.count);
        }
        E::OrderSuspended(_) => state.status = OrderStatus::Suspended,
        E::OrderResumed(resumed) => {
            state.status = OrderStatus::Active;
            order.next = order.next.saturating_add(resumed.left_out);
            order.left_out = order.left_out.saturating_add(resumed.left_out);
        }
        E::OrderCancelled(_) => state.status = OrderStatus::Cancelled,
        E::OrderExecutionsMissed(missed) => {
            order.next = order.next.saturating_add(missed.count);
            order.left_out = order.left_out.saturating_add(missed.count);
        }
        E::OrderExecutionStarted(started) => order.started(started),
        E::OrderTransferRequested(requested) => {
            if let Some(execution) = order.open.get_mut(&requested.due_on) {
                execution.requested = true;
            }
        }
        E::OrderExecuted(executed) => order.ended(executed.due_on, &executed.transfer_id, None),
        E::OrderExecutionFailed(failed) => {
            order.ended(failed.due_on, &failed.transfer_id, Some((failed.code.clone(), failed.message.clone())));
        }
    }
    if state.status == OrderStatus::Active && order.next_date().is_none() {
        state.status = OrderStatus::Finished;
    }
}
