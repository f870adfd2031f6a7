//! What the days brought.

use chrono::NaiveDate;
use es_core::{Comparison, RowQuery, RowSource, StoreError};

use super::{Page, read_model, typed};
use crate::projections::{ActivityLine, DAILY_ACTIVITY};

/// Counts and sums of a range of days, both included, by day, currency and kind; of one currency or of all.
///
/// # Errors
/// The read model cannot be read.
pub async fn daily_activity(
    source: &dyn RowSource,
    (from, through): (NaiveDate, NaiveDate),
    currency: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<ActivityLine>, StoreError> {
    let mut query = RowQuery::all(&DAILY_ACTIVITY)
        .when("business_date", Comparison::Ge, from.to_string())
        .when("business_date", Comparison::Le, through.to_string())
        .page(offset, limit);
    if let Some(currency) = currency {
        query = query.when("currency", Comparison::Eq, currency);
    }
    typed(&source.query(read_model::DAILY_ACTIVITY, query).await?)
}
