//! Scheduled transfers and standing orders.

use chrono::{DateTime, Utc};
use es_core::{Comparison, RowQuery, RowSource, StoreError};

use super::{Page, one, read_model, typed};
use crate::order::OrderStatus;
use crate::projections::{ORDERS, OrderLine, time_text};

/// Orders, newest first; all, or those in a state, or those that an account pays.
///
/// # Errors
/// The read model cannot be read.
pub async fn orders(
    source: &dyn RowSource,
    status: Option<OrderStatus>,
    account_id: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<OrderLine>, StoreError> {
    let mut query = RowQuery::all(&ORDERS).order_by("created_position", true).page(offset, limit);
    if let Some(account_id) = account_id {
        query = query.when("source", Comparison::Eq, account_id);
    }
    if let Some(status) = status {
        query = query.when("status", Comparison::Eq, status.as_str());
    }
    typed(&source.query(read_model::ORDERS, query).await?)
}

/// Active orders that are due by a moment, the earliest first.
///
/// # Errors
/// The read model cannot be read.
pub async fn orders_due_by(
    source: &dyn RowSource,
    moment: DateTime<Utc>,
    offset: u64,
    limit: usize,
) -> Result<Page<OrderLine>, StoreError> {
    let query = RowQuery::all(&ORDERS)
        .when("status", Comparison::Eq, OrderStatus::Active.as_str())
        .when("next_due_at", Comparison::Le, time_text(moment).as_str())
        .order_by("next_due_at", false);
    typed(&source.query(read_model::ORDERS, query.page(offset, limit)).await?)
}

/// One order.
///
/// # Errors
/// The read model cannot be read.
pub async fn order(source: &dyn RowSource, order_id: &str) -> Result<Option<OrderLine>, StoreError> {
    one(source, read_model::ORDERS, &ORDERS, "order_id", order_id).await
}
