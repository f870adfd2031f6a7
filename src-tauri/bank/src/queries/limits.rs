//! Limits and how much of them is used.

use chrono::{Datelike, Months, NaiveDate};
use es_core::{Comparison, RowQuery, RowSource, StoreError};

use super::{Page, one, read_model, typed};
use crate::projections::{LIMIT_USE, LIMITS, LimitUseLine, LimitsLine};

/// What an account's customer may spend and has spent, in minor units of the account's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsUse {
    /// The account.
    pub account_id: String,
    /// The day that it is told for.
    pub business_date: NaiveDate,
    /// For one withdrawal, hold or transfer; any amount if nothing.
    pub per_transaction: Option<i64>,
    /// The day.
    pub day: PeriodUse,
    /// The day's month of the calendar.
    pub month: PeriodUse,
}

/// The use of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodUse {
    /// The limit; any amount if nothing.
    pub limit: Option<i64>,
    /// What is used.
    pub used: i128,
}

impl PeriodUse {
    /// What may still be spent, never below zero; nothing if there is no limit.
    #[must_use]
    pub fn left(&self) -> Option<i128> {
        self.limit.map(|limit| (i128::from(limit) - self.used).max(0))
    }
}

/// Limits and use of an account on a day of the bank. An account without limits, and one that does not exist, has none and
/// may have used something.
///
/// # Errors
/// The read model cannot be read.
pub async fn limits_used(
    source: &dyn RowSource,
    account_id: &str,
    business_date: NaiveDate,
) -> Result<LimitsUse, StoreError> {
    let limits: Option<LimitsLine> = one(source, read_model::LIMITS, &LIMITS, "account_id", account_id).await?;
    let first = business_date.with_day(1).unwrap_or(business_date);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
    let query = RowQuery::all(&LIMIT_USE)
        .when("account_id", Comparison::Eq, account_id)
        .when("day", Comparison::Ge, first.to_string())
        .when("day", Comparison::Lt, next.to_string());
    // A month has at most 31 rows: one page.
    let days: Page<LimitUseLine> = typed(&source.query(read_model::LIMITS, query).await?)?;
    let today = business_date.to_string();
    let used = |of: &dyn Fn(&LimitUseLine) -> bool| {
        days.rows.iter().filter(|line| of(line)).map(|line| i128::from(line.used)).sum()
    };
    Ok(LimitsUse {
        account_id: account_id.to_owned(),
        business_date,
        per_transaction: limits.as_ref().and_then(|limits| limits.per_transaction),
        day: PeriodUse { limit: limits.as_ref().and_then(|l| l.per_day), used: used(&|line| line.day == today) },
        month: PeriodUse { limit: limits.as_ref().and_then(|l| l.per_month), used: used(&|_| true) },
    })
}

/// Accounts whose limits were ever set, by id.
///
/// # Errors
/// The read model cannot be read.
pub async fn limits(source: &dyn RowSource, offset: u64, limit: usize) -> Result<Page<LimitsLine>, StoreError> {
    typed(&source.query(read_model::LIMITS, RowQuery::all(&LIMITS).page(offset, limit)).await?)
}
