//! What people ask of the read models. Reads declared tables through [`RowSource`] only, so the same answers come from the
//! stored read models and from rows folded in memory to an earlier position.

mod activity;
mod audit;
mod customer;
mod holds;
mod ledger;
mod limits;
mod open_transfers;
mod orders;
mod statement;

use chrono::{DateTime, Utc};
use es_core::{Comparison, RowPage, RowQuery, RowSource, StoreError, Table};

use crate::money::Money;
use crate::projections::{
    ACCOUNTS, AccountLine, CUSTOMERS, CustomerLine, STATEMENT, STATEMENT_HEADS, StatementHead, StatementLine,
    TRANSFERS, TRANSFERS_BY_ACCOUNT, TableRow, TransferLine, time_text,
};

pub use activity::daily_activity;
pub use audit::{actors, audit_trail};
pub use customer::{CustomerOverview, CustomerTotal, customer_overview};
pub use holds::{holds, holds_lapsed_by};
#[cfg(test)]
pub(crate) use ledger::CUSTOMER_DEPOSITS_TITLE;
pub use ledger::{CurrencyBalance, LedgerBalance, TrialBalance, transfers_in_flight, trial_balance};
pub use limits::{LimitsUse, PeriodUse, limits, limits_used};
pub use open_transfers::{Stuck, open_transfers, stuck_transfers};
pub use orders::{order, orders, orders_due_by};
pub use statement::{AccountStatement, StatementError, StatementPin, account_statement};

/// Names of the read models, as [`RowSource::query`] wants them.
pub mod read_model {
    /// Account list.
    pub const ACCOUNTS: &str = "accounts";
    /// Statements.
    pub const STATEMENT: &str = "statement";
    /// Transfers.
    pub const TRANSFERS: &str = "transfers";
    /// Trial balance.
    pub const TRIAL_BALANCE: &str = "trial_balance";
    /// Customers.
    pub const CUSTOMERS: &str = "customers";
    /// Holds.
    pub const HOLDS: &str = "holds";
    /// Entries by day.
    pub const DAILY_ACTIVITY: &str = "daily_activity";
    /// Limits of use.
    pub const LIMITS: &str = "limits";
    /// Transfers that are not at an end.
    pub const OPEN_TRANSFERS: &str = "open_transfers";
    /// Who did what.
    pub const AUDIT: &str = "audit";
    /// Scheduled transfers and standing orders.
    pub const ORDERS: &str = "orders";
}

/// A page of typed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many match in all.
    pub total: u64,
}

/// A page of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: AccountLine,
    /// Balance before the first listed line, in minor units.
    pub opening: i64,
    /// Balance after the last listed line, in minor units.
    pub closing: i64,
    /// The lines, oldest first.
    pub lines: Vec<StatementLine>,
    /// Lines in all.
    pub total: u64,
}

fn typed<T: TableRow>(page: &RowPage) -> Result<Page<T>, StoreError> {
    let rows = page.rows.iter().map(T::from_row).collect::<Result<_, _>>()?;
    Ok(Page { rows, total: page.total })
}

async fn one<T: TableRow>(
    source: &dyn RowSource,
    read_model: &'static str,
    table: &'static Table,
    key: &'static str,
    value: &str,
) -> Result<Option<T>, StoreError> {
    let query = RowQuery::all(table).when(key, Comparison::Eq, value).page(0, 1);
    let page = source.query(read_model, query).await?;
    Ok(page.rows.first().map(T::from_row).transpose()?)
}

/// Minor units as money for people: `1,234.50`. Sums beyond what [`Money`](crate::money::Money) takes, and codes that are no
/// currency, are shown as plain minor units.
#[must_use]
pub fn money_text(minor: i128, currency: &str) -> String {
    let money = currency.parse().ok().and_then(|currency| Money::from_wide(minor, currency).ok());
    money.map_or_else(|| minor.to_string(), Money::grouped)
}

/// Accounts by id, those that contain the search text in id, holder, product or currency.
///
/// # Errors
/// The read model cannot be read.
pub async fn accounts(
    source: &dyn RowSource,
    search: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<AccountLine>, StoreError> {
    let mut query = RowQuery::all(&ACCOUNTS).page(offset, limit);
    if let Some(text) = search.map(str::trim).filter(|text| !text.is_empty()) {
        query = query.when("search", Comparison::Contains, text);
    }
    typed(&source.query(read_model::ACCOUNTS, query).await?)
}

/// One account.
///
/// # Errors
/// The read model cannot be read.
pub async fn account(source: &dyn RowSource, account_id: &str) -> Result<Option<AccountLine>, StoreError> {
    one(source, read_model::ACCOUNTS, &ACCOUNTS, "account_id", account_id).await
}

/// Customers by id, those that contain the search text in id or name.
///
/// # Errors
/// The read model cannot be read.
pub async fn customers(
    source: &dyn RowSource,
    search: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<CustomerLine>, StoreError> {
    let mut query = RowQuery::all(&CUSTOMERS).page(offset, limit);
    if let Some(text) = search.map(str::trim).filter(|text| !text.is_empty()) {
        query = query.when("search", Comparison::Contains, text);
    }
    typed(&source.query(read_model::CUSTOMERS, query).await?)
}

/// A page of an account's statement, oldest line first; nothing if there is no such account.
///
/// # Errors
/// A read model cannot be read.
pub async fn statement(
    source: &dyn RowSource,
    account_id: &str,
    offset: u64,
    limit: usize,
) -> Result<Option<Statement>, StoreError> {
    let Some(account) = account(source, account_id).await? else { return Ok(None) };
    let query = RowQuery::all(&STATEMENT).when("account_id", Comparison::Eq, account_id).order_by("line", false);
    let page: Page<StatementLine> = typed(&source.query(read_model::STATEMENT, query.page(offset, limit)).await?)?;
    let (opening, closing) = match (page.rows.first(), page.rows.last()) {
        (Some(first), Some(last)) => (first.balance.saturating_sub(first.amount), last.balance),
        _ => {
            // Behind the last line both are what the whole statement closes with.
            let head = statement_head(source, account_id).await?;
            let balance = if page.total == 0 { 0 } else { head.map_or(0, |head| head.balance) };
            (balance, balance)
        }
    };
    Ok(Some(Statement { account, opening, closing, lines: page.rows, total: page.total }))
}

/// Where an account's statement stands: number of lines and closing balance.
///
/// # Errors
/// The read model cannot be read.
pub async fn statement_head(source: &dyn RowSource, account_id: &str) -> Result<Option<StatementHead>, StoreError> {
    one(source, read_model::STATEMENT, &STATEMENT_HEADS, "account_id", account_id).await
}

/// Transfers, newest first; all, or those in a state, or those from or to an account.
///
/// # Errors
/// The read model cannot be read.
pub async fn transfers(
    source: &dyn RowSource,
    status: Option<&str>,
    account_id: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<TransferLine>, StoreError> {
    let table = if account_id.is_some() { &TRANSFERS_BY_ACCOUNT } else { &TRANSFERS };
    let mut query = RowQuery::all(table).order_by("requested_position", true).page(offset, limit);
    if let Some(account_id) = account_id {
        query = query.when("account_id", Comparison::Eq, account_id);
    }
    if let Some(status) = status.map(str::trim).filter(|status| !status.is_empty()) {
        query = query.when("status", Comparison::Eq, status);
    }
    let page = source.query(read_model::TRANSFERS, query).await?;
    if account_id.is_none() {
        return typed(&page);
    }
    let rows = page.rows.iter().map(TransferLine::from_account_row).collect::<Result<_, _>>()?;
    Ok(Page { rows, total: page.total })
}

/// Transfers that should have left their present state by a moment, the longest ago first: those that are stuck. What waits in
/// suspense has no time of its own and is found by its status.
///
/// # Errors
/// The read model cannot be read.
pub async fn transfers_past_due(
    source: &dyn RowSource,
    now: DateTime<Utc>,
    offset: u64,
    limit: usize,
) -> Result<Page<TransferLine>, StoreError> {
    let query = RowQuery::all(&TRANSFERS)
        .when("finished", Comparison::Eq, 0)
        .when("due_at", Comparison::Lt, time_text(now).as_str())
        .order_by("due_at", false)
        .page(offset, limit);
    typed(&source.query(read_model::TRANSFERS, query).await?)
}

/// One transfer.
///
/// # Errors
/// The read model cannot be read.
pub async fn transfer(source: &dyn RowSource, transfer_id: &str) -> Result<Option<TransferLine>, StoreError> {
    one(source, read_model::TRANSFERS, &TRANSFERS, "transfer_id", transfer_id).await
}
