//! Scheduled transfers and standing orders: where each stands, when it is due next, and how its last execution ended.

use es_core::{
    Cell, Column, ColumnKind, Decider, EventFilter, Position, ProjectedEvent, Projection, ProjectionError, ReplayOrder,
    Row, Rows, Table,
};

use super::row::{Cells, TableRow, UnusableRow, count_cell};
use super::{categories, contradiction, decode, time_text};
use crate::order::{CATEGORY, Interval, Order, OrderDecider, OrderEvent, OrderState, OrderStatus};

/// One row per order. Its last column is the aggregate's own state, so that dates are those that the order itself plans with.
pub static ORDERS: Table = Table {
    name: "orders",
    columns: &[
        Column { name: "order_id", kind: ColumnKind::Text },
        Column { name: "interval", kind: ColumnKind::Text },
        Column { name: "status", kind: ColumnKind::Text },
        Column { name: "source", kind: ColumnKind::Text },
        Column { name: "target", kind: ColumnKind::Text },
        Column { name: "amount", kind: ColumnKind::Int },
        Column { name: "currency", kind: ColumnKind::Text },
        Column { name: "reference", kind: ColumnKind::Text },
        Column { name: "next_due_on", kind: ColumnKind::Text },
        Column { name: "next_due_at", kind: ColumnKind::Text },
        Column { name: "under_way", kind: ColumnKind::Int },
        Column { name: "executed", kind: ColumnKind::Int },
        Column { name: "failed", kind: ColumnKind::Int },
        Column { name: "left_out", kind: ColumnKind::Int },
        Column { name: "last_due_on", kind: ColumnKind::Text },
        Column { name: "last_transfer_id", kind: ColumnKind::Text },
        Column { name: "last_code", kind: ColumnKind::Text },
        Column { name: "last_message", kind: ColumnKind::Text },
        Column { name: "created_by", kind: ColumnKind::Text },
        Column { name: "created_position", kind: ColumnKind::Int },
        Column { name: "changed_at", kind: ColumnKind::Text },
        Column { name: "position", kind: ColumnKind::Int },
        Column { name: "state", kind: ColumnKind::Text },
    ],
    key_columns: 1,
    indexes: &[&["created_position"], &["source", "created_position"], &["status", "next_due_at"]],
};

/// A row of [`ORDERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The order.
    pub order_id: String,
    /// How often, for example `monthly`; none for a transfer scheduled once.
    pub interval: Option<String>,
    /// Where it stands, for example `active`.
    pub status: String,
    /// Account that pays.
    pub source: String,
    /// Account that receives.
    pub target: String,
    /// Minor units of the next transfer.
    pub amount: i64,
    /// ISO-4217 code.
    pub currency: String,
    /// The customer's words.
    pub reference: String,
    /// The next day as planned; none if the order rests or is over.
    pub next_due_on: Option<String>,
    /// The moment at which that day's execution begins, on its business day.
    pub next_due_at: Option<String>,
    /// Executions whose transfers have not ended.
    pub under_way: u64,
    /// Executions that have completed.
    pub executed: u64,
    /// Executions that came to nothing.
    pub failed: u64,
    /// Days that were left out.
    pub left_out: u64,
    /// The day of the last execution that has ended.
    pub last_due_on: Option<String>,
    /// Its transfer.
    pub last_transfer_id: Option<String>,
    /// Why it came to nothing, as a stable code; none if it completed.
    pub last_code: Option<String>,
    /// The same in a sentence.
    pub last_message: Option<String>,
    /// Who ordered.
    pub created_by: String,
    /// Position of the order.
    pub created_position: Position,
    /// Time of the last change.
    pub changed_at: String,
    /// Position of the last change.
    pub position: Position,
    /// The aggregate's state as JSON text.
    pub state: String,
}

impl TableRow for OrderLine {
    const TABLE: &'static Table = &ORDERS;

    fn to_row(&self) -> Row {
        vec![
            self.order_id.as_str().into(),
            self.interval.as_deref().into(),
            self.status.as_str().into(),
            self.source.as_str().into(),
            self.target.as_str().into(),
            self.amount.into(),
            self.currency.as_str().into(),
            self.reference.as_str().into(),
            self.next_due_on.as_deref().into(),
            self.next_due_at.as_deref().into(),
            count_cell(self.under_way),
            count_cell(self.executed),
            count_cell(self.failed),
            count_cell(self.left_out),
            self.last_due_on.as_deref().into(),
            self.last_transfer_id.as_deref().into(),
            self.last_code.as_deref().into(),
            self.last_message.as_deref().into(),
            self.created_by.as_str().into(),
            count_cell(self.created_position.get()),
            self.changed_at.as_str().into(),
            count_cell(self.position.get()),
            self.state.as_str().into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            order_id: cells.text()?,
            interval: cells.optional_text()?,
            status: cells.text()?,
            source: cells.text()?,
            target: cells.text()?,
            amount: cells.int()?,
            currency: cells.text()?,
            reference: cells.text()?,
            next_due_on: cells.optional_text()?,
            next_due_at: cells.optional_text()?,
            under_way: cells.count()?,
            executed: cells.count()?,
            failed: cells.count()?,
            left_out: cells.count()?,
            last_due_on: cells.optional_text()?,
            last_transfer_id: cells.optional_text()?,
            last_code: cells.optional_text()?,
            last_message: cells.optional_text()?,
            created_by: cells.text()?,
            created_position: cells.position()?,
            changed_at: cells.text()?,
            position: cells.position()?,
            state: cells.text()?,
        })
    }
}

static OWN: [&Table; 1] = [&ORDERS];
/// Version of the table beside the state in it.
const TABLE_VERSION: u32 = 1;

/// Read model `orders`: scheduled transfers and standing orders.
pub struct Orders;

impl Projection for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    /// The rows keep the aggregate's state, so its new shape is a new version too.
    fn version(&self) -> u32 {
        TABLE_VERSION + OrderDecider::STATE_VERSION - 1
    }

    fn description(&self) -> &'static str {
        "Scheduled transfers and standing orders, when each is due next, and how its last execution ended."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&[CATEGORY])
    }

    fn order(&self) -> ReplayOrder {
        ReplayOrder::PerStream
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let order_event: OrderEvent = decode(event)?;
        let key: [Cell; 1] = [event.recorded.stream.id().into()];
        let known = OrderLine::load(rows, &key)?;
        let mut state = match &known {
            None => OrderState::default(),
            Some(line) => serde_json::from_str(&line.state)
                .map_err(|error| contradiction(event, &format!("the order's kept state does not read: {error}")))?,
        };
        OrderDecider::evolve(&mut state, &order_event);
        let order = state.order.as_deref().ok_or_else(|| contradiction(event, "the order was never made"))?;
        let created = known.map_or(event.recorded.position, |line| line.created_position);
        line(&state, order, created, event)?.store(rows)
    }
}

fn line(
    state: &OrderState,
    order: &Order,
    created_position: Position,
    event: &ProjectedEvent<'_>,
) -> Result<OrderLine, ProjectionError> {
    let (terms, last) = (&order.terms, order.last_outcome.as_ref());
    let next = order.next_date().filter(|_| state.status == OrderStatus::Active);
    let failure = last.and_then(|last| last.failure.clone());
    Ok(OrderLine {
        order_id: order.order_id.to_string(),
        interval: order.plan.interval.map(Interval::as_str).map(str::to_owned),
        status: state.status.as_str().to_owned(),
        source: terms.source.to_string(),
        target: terms.target.to_string(),
        amount: terms.amount.minor(),
        currency: terms.amount.currency().code().to_owned(),
        reference: terms.reference.clone(),
        next_due_on: next.map(|day| day.to_string()),
        next_due_at: next.map(|day| time_text(order.plan.due_at(day))),
        under_way: order.open.len() as u64,
        executed: order.executed.into(),
        failed: order.failed.into(),
        left_out: order.left_out.into(),
        last_due_on: last.map(|last| last.due_on.to_string()),
        last_transfer_id: last.map(|last| last.transfer_id.to_string()),
        last_code: failure.as_ref().map(|(code, _)| code.clone()),
        last_message: failure.map(|(_, message)| message),
        created_by: order.created_by.clone(),
        created_position,
        changed_at: time_text(event.recorded.recorded_at),
        position: event.recorded.position,
        state: serde_json::to_string(state).map_err(|error| contradiction(event, &error.to_string()))?,
    })
}
