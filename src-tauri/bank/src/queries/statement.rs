//! Account statements over a period, to be made again at any time with the same lines and balances.

use chrono::NaiveDate;
use es_core::{Comparison, Position, Projection, RowQuery, RowSource, StoreError};

use super::{Page, account, read_model, typed};
use crate::projections::{AccountLine, STATEMENT, StatementLine, Statements, count_cell};

/// What a statement was made from. The same pin gives the same statement, whatever was booked since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementPin {
    /// Events after this position are not in it.
    pub position: Position,
    /// Version of the read model `statement`.
    pub version: u32,
}

/// An account's statement over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatement {
    /// The account, as it is now.
    pub account: AccountLine,
    /// What it was made from.
    pub pin: StatementPin,
    /// Balance before the period's first line, in minor units.
    pub opening: i64,
    /// Balance after the period's last line, in minor units.
    pub closing: i64,
    /// Lines in the period.
    pub total: u64,
    /// The page of lines, oldest first, each with booking date, value date and the balance after it.
    pub lines: Vec<StatementLine>,
}

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The read model has changed its meaning since the pin.
    #[error(
        "this statement was made with version {pinned} of the read model, which is now at version {current}: make a new one"
    )]
    OtherVersion {
        /// Version of the pin.
        pinned: u32,
        /// Version now.
        current: u32,
    },
    /// The period ends before it begins.
    #[error("the period from {from} through {through} ends before it begins")]
    BackwardPeriod {
        /// First day.
        from: NaiveDate,
        /// Last day.
        through: NaiveDate,
    },
    /// A read model cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The statement of an account over the days `from` through `through`; nothing if there is no such account.
///
/// Lines are in the order in which they were booked, so that each follows from the one before. A period ends before the first
/// line with a later booking date, and the next one begins there: what is recorded late appears on the next statement, and
/// statements of consecutive periods have each line once and follow each other without a gap. Without a pin it is made from
/// all that the read model has now.
///
/// # Errors
/// The pin is of another version, the period is backward, or a read model cannot be read.
pub async fn account_statement(
    source: &dyn RowSource,
    account_id: &str,
    (from, through): (NaiveDate, NaiveDate),
    pin: Option<StatementPin>,
    (offset, limit): (u64, usize),
) -> Result<Option<AccountStatement>, StatementError> {
    let current = Statements.version();
    match pin {
        Some(pin) if pin.version != current => {
            return Err(StatementError::OtherVersion { pinned: pin.version, current });
        }
        _ if through < from => return Err(StatementError::BackwardPeriod { from, through }),
        _ => {}
    }
    let Some(account) = account(source, account_id).await? else { return Ok(None) };
    let lines = Lines { source, account_id };
    let last = lines.last(pin.map(|pin| pin.position)).await?;
    // All that is booked is in it, so the last line's position pins it as well as any later one.
    let position = pin.map_or_else(|| last.as_ref().map_or(Position::ZERO, |line| line.position), |pin| pin.position);
    let count = last.as_ref().map_or(0, |line| line.line);
    let before = from.pred_opt();
    let first = match before {
        Some(before) => lines.first_after(before, position).await?.map_or(count + 1, |line| line.line),
        None => 1,
    };
    let end = lines.first_after(through, position).await?.map_or(count + 1, |line| line.line).max(first);
    let page = lines.between(first, end, offset, limit).await?;
    Ok(Some(AccountStatement {
        opening: lines.balance_after(first - 1).await?,
        closing: lines.balance_after(end - 1).await?,
        total: end - first,
        lines: page.rows,
        pin: StatementPin { position, version: current },
        account,
    }))
}

/// The lines of one account.
struct Lines<'a> {
    source: &'a dyn RowSource,
    account_id: &'a str,
}

impl Lines<'_> {
    fn all(&self) -> RowQuery {
        RowQuery::all(&STATEMENT).when("account_id", Comparison::Eq, self.account_id)
    }

    async fn page(&self, query: RowQuery) -> Result<Page<StatementLine>, StoreError> {
        typed(&self.source.query(read_model::STATEMENT, query).await?)
    }

    async fn first_of(&self, query: RowQuery) -> Result<Option<StatementLine>, StoreError> {
        Ok(self.page(query.page(0, 1)).await?.rows.into_iter().next())
    }

    /// The last line, up to a position.
    async fn last(&self, position: Option<Position>) -> Result<Option<StatementLine>, StoreError> {
        let mut query = self.all().order_by("line", true);
        if let Some(position) = position {
            query = query.when("position", Comparison::Le, count_cell(position.get()));
        }
        self.first_of(query).await
    }

    /// The first line that is booked after a day, up to a position.
    async fn first_after(&self, day: NaiveDate, position: Position) -> Result<Option<StatementLine>, StoreError> {
        let query = self
            .all()
            .when("booking_date", Comparison::Gt, day.to_string())
            .when("position", Comparison::Le, count_cell(position.get()))
            .order_by("line", false);
        self.first_of(query).await
    }

    /// Lines from `first` up to but not including `end`.
    async fn between(
        &self,
        first: u64,
        end: u64,
        offset: u64,
        limit: usize,
    ) -> Result<Page<StatementLine>, StoreError> {
        let query = self
            .all()
            .when("line", Comparison::Ge, count_cell(first))
            .when("line", Comparison::Lt, count_cell(end))
            .order_by("line", false);
        self.page(query.page(offset, limit)).await
    }

    async fn balance_after(&self, line: u64) -> Result<i64, StoreError> {
        if line == 0 {
            return Ok(0);
        }
        let found = self.first_of(self.all().when("line", Comparison::Eq, count_cell(line))).await?;
        Ok(found.map_or(0, |line| line.balance))
    }
}
