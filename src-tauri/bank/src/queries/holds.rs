//! Holds: of an account, and those that lapse soon.

use chrono::{DateTime, Utc};
use es_core::{Comparison, RowQuery, RowSource, StoreError};

use super::{Page, read_model, typed};
use crate::projections::{HOLDS, HoldRecord, time_text};

/// Holds, newest first; all, or those of an account, or those in a state (`open`, `captured`, `released`, `expired`).
///
/// # Errors
/// The read model cannot be read.
pub async fn holds(
    source: &dyn RowSource,
    account_id: Option<&str>,
    status: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<HoldRecord>, StoreError> {
    let mut query = RowQuery::all(&HOLDS).order_by("placed_position", true).page(offset, limit);
    if let Some(account_id) = account_id {
        query = query.when("account_id", Comparison::Eq, account_id);
    }
    if let Some(status) = status {
        query = query.when("status", Comparison::Eq, status);
    }
    typed(&source.query(read_model::HOLDS, query).await?)
}

/// Open holds that can no longer be captured at a time, the first to lapse first.
///
/// # Errors
/// The read model cannot be read.
pub async fn holds_lapsed_by(
    source: &dyn RowSource,
    time: DateTime<Utc>,
    offset: u64,
    limit: usize,
) -> Result<Page<HoldRecord>, StoreError> {
    let query = RowQuery::all(&HOLDS)
        .when("status", Comparison::Eq, "open")
        .when("expires_at", Comparison::Le, time_text(time))
        .order_by("expires_at", false);
    typed(&source.query(read_model::HOLDS, query.page(offset, limit)).await?)
}
