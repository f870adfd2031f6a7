//! The typed form of the tables' rows.

use es_core::{Cell, Position, Row, Table};

use super::row::{Cells, TableRow, UnusableRow, count_cell, flag_cell};
use super::tables::{
    ACCOUNT_HOLDERS, ACCOUNT_HOLDS, ACCOUNTS, CUSTOMERS, LEDGER, LEDGER_ACCOUNTS, STATEMENT, STATEMENT_HEADS,
    TRANSFERS, TRANSFERS_BY_ACCOUNT, TRANSFERS_DEPARTED, TRANSFERS_IN_FLIGHT,
};

/// A row of [`ACCOUNTS`]. Amounts are minor units of the account's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// Id.
    pub account_id: String,
    /// ISO-4217 code.
    pub currency: String,
    /// Product.
    pub product: String,
    /// The holder.
    pub customer_id: String,
    /// The holder's name, if known.
    pub customer_name: Option<String>,
    /// `open`, `frozen` or `closed`.
    pub status: String,
    /// Settled balance.
    pub balance: i64,
    /// Sum of open holds.
    pub held: i64,
    /// Agreed overdraft.
    pub overdraft: i64,
    /// Open freezing cases.
    pub frozen_cases: i64,
    /// Day of opening.
    pub opened_on: String,
    /// Version of the stream.
    pub version: u64,
    /// Time of the last change.
    pub changed_at: String,
    /// Position of the last change.
    pub position: Position,
}

impl AccountLine {
    /// Balance less holds plus overdraft. The caps on each keep the sum far below 2^63; a foreign value saturates.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.balance.saturating_sub(self.held).saturating_add(self.overdraft)
    }
}

impl TableRow for AccountLine {
    const TABLE: &'static Table = &ACCOUNTS;

    fn to_row(&self) -> Row {
        let name = self.customer_name.as_deref().unwrap_or_default();
        let search = format!("{} {} {name} {} {}", self.account_id, self.customer_id, self.product, self.currency);
        vec![
            self.account_id.as_str().into(),
            self.currency.as_str().into(),
            self.product.as_str().into(),
            self.customer_id.as_str().into(),
            self.customer_name.as_deref().into(),
            self.status.as_str().into(),
            self.balance.into(),
            self.held.into(),
            self.overdraft.into(),
            self.available().into(),
            self.frozen_cases.into(),
            self.opened_on.as_str().into(),
            count_cell(self.version),
            self.changed_at.as_str().into(),
            count_cell(self.position.get()),
            search.into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        let (account_id, currency, product) = (cells.text()?, cells.text()?, cells.text()?);
        let (customer_id, customer_name, status) = (cells.text()?, cells.optional_text()?, cells.text()?);
        let (balance, held, overdraft, _available) = (cells.int()?, cells.int()?, cells.int()?, cells.int()?);
        let (frozen_cases, opened_on, version) = (cells.int()?, cells.text()?, cells.count()?);
        let (changed_at, position) = (cells.text()?, cells.position()?);
        Ok(Self {
            account_id,
            currency,
            product,
            customer_id,
            customer_name,
            status,
            balance,
            held,
            overdraft,
            frozen_cases,
            opened_on,
            version,
            changed_at,
            position,
        })
    }
}

/// A row of [`ACCOUNT_HOLDS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldLine {
    /// The account.
    pub account_id: String,
    /// The hold.
    pub hold_id: String,
    /// Minor units.
    pub amount: i64,
    /// When it lapses.
    pub expires_at: String,
    /// What for.
    pub purpose: String,
}

impl TableRow for HoldLine {
    const TABLE: &'static Table = &ACCOUNT_HOLDS;

    fn to_row(&self) -> Row {
        vec![
            self.account_id.as_str().into(),
            self.hold_id.as_str().into(),
            self.amount.into(),
            self.expires_at.as_str().into(),
            self.purpose.as_str().into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            account_id: cells.text()?,
            hold_id: cells.text()?,
            amount: cells.int()?,
            expires_at: cells.text()?,
            purpose: cells.text()?,
        })
    }
}

/// A row of [`ACCOUNT_HOLDERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderLine {
    /// The customer.
    pub customer_id: String,
    /// The name.
    pub name: String,
}

impl TableRow for HolderLine {
    const TABLE: &'static Table = &ACCOUNT_HOLDERS;

    fn to_row(&self) -> Row {
        vec![self.customer_id.as_str().into(), self.name.as_str().into()]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self { customer_id: cells.text()?, name: cells.text()? })
    }
}

/// A row of [`STATEMENT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The account.
    pub account_id: String,
    /// Number of the line, from 1.
    pub line: u64,
    /// Position of the event.
    pub position: Position,
    /// Version of the event in its stream.
    pub version: u64,
    /// Type of the event.
    pub event_type: String,
    /// Booking date.
    pub booking_date: String,
    /// Value date.
    pub value_date: String,
    /// What it was, for people.
    pub text: String,
    /// Signed change in minor units.
    pub amount: i64,
    /// Balance after it.
    pub balance: i64,
    /// ISO-4217 code.
    pub currency: String,
    /// The journal entry.
    pub entry_id: String,
}

impl TableRow for StatementLine {
    const TABLE: &'static Table = &STATEMENT;

    fn to_row(&self) -> Row {
        vec![
            self.account_id.as_str().into(),
            count_cell(self.line),
            count_cell(self.position.get()),
            count_cell(self.version),
            self.event_type.as_str().into(),
            self.booking_date.as_str().into(),
            self.value_date.as_str().into(),
            self.text.as_str().into(),
            self.amount.into(),
            self.balance.into(),
            self.currency.as_str().into(),
            self.entry_id.as_str().into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            account_id: cells.text()?,
            line: cells.count()?,
            position: cells.position()?,
            version: cells.count()?,
            event_type: cells.text()?,
            booking_date: cells.text()?,
            value_date: cells.text()?,
            text: cells.text()?,
            amount: cells.int()?,
            balance: cells.int()?,
            currency: cells.text()?,
            entry_id: cells.text()?,
        })
    }
}

/// A row of [`STATEMENT_HEADS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementHead {
    /// The account.
    pub account_id: String,
    /// ISO-4217 code.
    pub currency: String,
    /// Balance after the last line.
    pub balance: i64,
    /// Number of lines.
    pub lines: u64,
}

impl TableRow for StatementHead {
    const TABLE: &'static Table = &STATEMENT_HEADS;

    fn to_row(&self) -> Row {
        let (account_id, currency) = (self.account_id.as_str(), self.currency.as_str());
        vec![account_id.into(), currency.into(), self.balance.into(), count_cell(self.lines)]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        let (account_id, currency) = (cells.text()?, cells.text()?);
        Ok(Self { account_id, currency, balance: cells.int()?, lines: cells.count()? })
    }
}

/// A row of [`TRANSFERS`], and twice of [`TRANSFERS_BY_ACCOUNT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLine {
    /// Id.
    pub transfer_id: String,
    /// Source account's id.
    pub source: String,
    /// Target account's id.
    pub target: String,
    /// Minor units.
    pub amount: i64,
    /// ISO-4217 code.
    pub currency: String,
    /// State, for example `completed`.
    pub status: String,
    /// Whether nothing more will happen.
    pub finished: bool,
    /// Code of the reason why it did not complete.
    pub code: Option<String>,
    /// The reason in a sentence.
    pub reason: Option<String>,
    /// The customer's own words.
    pub reference: String,
    /// Time of the request.
    pub requested_at: String,
    /// Time of the last change.
    pub changed_at: String,
    /// Position of the request.
    pub requested_position: Position,
    /// Position of the last change.
    pub position: Position,
    /// The fee in minor units of the same currency; 0 if it is free.
    pub fee: i64,
    /// What arrives, in minor units; nothing as long as that is not validated.
    pub arriving: Option<i64>,
    /// ISO-4217 code of what arrives.
    pub arriving_currency: Option<String>,
    /// The pinned rate between two currencies: minor units of the target for minor units of the source, such as `8/5`.
    pub rate: Option<String>,
    /// The quote that the rate comes from.
    pub quote_id: Option<String>,
    /// Who asked.
    pub requested_by: String,
    /// The second person who approved.
    pub approved_by: Option<String>,
    /// What an approval is bound to, from when one is needed.
    pub content_hash: Option<String>,
    /// When its present state should have ended; nothing if it is at an end or waits for a person without a time.
    pub due_at: Option<String>,
    /// Whether its process has noted that money is in flight for too long.
    pub overdue: bool,
    /// The order that it is an execution of.
    pub order_id: Option<String>,
}

impl TransferLine {
    /// The row of [`TRANSFERS_BY_ACCOUNT`] for one of its accounts.
    #[must_use]
    pub fn by_account(&self, account_id: &str) -> Row {
        let mut row: Row = vec![account_id.into(), count_cell(self.requested_position.get())];
        let cells = self.to_row().into_iter().enumerate();
        row.extend(cells.filter(|(index, _)| *index != REQUESTED_POSITION).map(|(_, cell)| cell));
        row
    }

    /// Reads a row of [`TRANSFERS_BY_ACCOUNT`].
    ///
    /// # Errors
    /// A cell is missing or of the wrong kind.
    pub fn from_account_row(row: &Row) -> Result<Self, UnusableRow> {
        let unusable = |index| UnusableRow { table: TRANSFERS_BY_ACCOUNT.name, index };
        let requested = row.get(1).cloned().ok_or(unusable(1))?;
        let mut cells: Vec<Cell> = row.get(2..).ok_or(unusable(2))?.to_vec();
        if cells.len() < REQUESTED_POSITION {
            return Err(unusable(row.len()));
        }
        cells.insert(REQUESTED_POSITION, requested);
        Self::from_row(&cells)
    }
}

/// Index of `requested_position` in [`TRANSFERS`].
const REQUESTED_POSITION: usize = 12;

impl TableRow for TransferLine {
    const TABLE: &'static Table = &TRANSFERS;

    fn to_row(&self) -> Row {
        vec![
            self.transfer_id.as_str().into(),
            self.source.as_str().into(),
            self.target.as_str().into(),
            self.amount.into(),
            self.currency.as_str().into(),
            self.status.as_str().into(),
            flag_cell(self.finished),
            self.code.as_deref().into(),
            self.reason.as_deref().into(),
            self.reference.as_str().into(),
            self.requested_at.as_str().into(),
            self.changed_at.as_str().into(),
            count_cell(self.requested_position.get()),
            count_cell(self.position.get()),
            self.fee.into(),
            self.arriving.map_or(Cell::Null, Cell::Int),
            self.arriving_currency.as_deref().into(),
            self.rate.as_deref().into(),
            self.quote_id.as_deref().into(),
            self.requested_by.as_str().into(),
            self.approved_by.as_deref().into(),
            self.content_hash.as_deref().into(),
            self.due_at.as_deref().into(),
            flag_cell(self.overdue),
            self.order_id.as_deref().into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            transfer_id: cells.text()?,
            source: cells.text()?,
            target: cells.text()?,
            amount: cells.int()?,
            currency: cells.text()?,
            status: cells.text()?,
            finished: cells.flag()?,
            code: cells.optional_text()?,
            reason: cells.optional_text()?,
            reference: cells.text()?,
            requested_at: cells.text()?,
            changed_at: cells.text()?,
            requested_position: cells.position()?,
            position: cells.position()?,
            fee: cells.int()?,
            arriving: cells.optional_int()?,
            arriving_currency: cells.optional_text()?,
            rate: cells.optional_text()?,
            quote_id: cells.optional_text()?,
            requested_by: cells.text()?,
            approved_by: cells.optional_text()?,
            content_hash: cells.optional_text()?,
            due_at: cells.optional_text()?,
            overdue: cells.flag()?,
            order_id: cells.optional_text()?,
        })
    }
}

/// A row of [`LEDGER`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// Ledger account.
    pub account: String,
    /// ISO-4217 code.
    pub currency: String,
    /// Sum of debits.
    pub debits: i64,
    /// Sum of credits.
    pub credits: i64,
    /// Number of postings.
    pub entries: u64,
    /// Position of the last posting.
    pub position: Position,
}

impl TableRow for LedgerLine {
    const TABLE: &'static Table = &LEDGER;

    fn to_row(&self) -> Row {
        vec![
            self.account.as_str().into(),
            self.currency.as_str().into(),
            self.debits.into(),
            self.credits.into(),
            count_cell(self.entries),
            count_cell(self.position.get()),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            account: cells.text()?,
            currency: cells.text()?,
            debits: cells.int()?,
            credits: cells.int()?,
            entries: cells.count()?,
            position: cells.position()?,
        })
    }
}

/// A row of [`TRANSFERS_IN_FLIGHT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlightLine {
    /// The transfer.
    pub transfer_id: String,
    /// ISO-4217 code.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
    /// Since when.
    pub debited_at: String,
    /// Position of the debit.
    pub position: Position,
}

impl TableRow for FlightLine {
    const TABLE: &'static Table = &TRANSFERS_IN_FLIGHT;

    fn to_row(&self) -> Row {
        vec![
            self.transfer_id.as_str().into(),
            self.currency.as_str().into(),
            self.amount.into(),
            self.debited_at.as_str().into(),
            count_cell(self.position.get()),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            transfer_id: cells.text()?,
            currency: cells.text()?,
            amount: cells.int()?,
            debited_at: cells.text()?,
            position: cells.position()?,
        })
    }
}

/// A row of [`TRANSFERS_DEPARTED`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartureLine {
    /// The transfer.
    pub transfer_id: String,
}

impl TableRow for DepartureLine {
    const TABLE: &'static Table = &TRANSFERS_DEPARTED;

    fn to_row(&self) -> Row {
        vec![self.transfer_id.as_str().into()]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self { transfer_id: cells.text()? })
    }
}

/// A row of [`LEDGER_ACCOUNTS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerAccountLine {
    /// The account.
    pub account_id: String,
}

impl TableRow for LedgerAccountLine {
    const TABLE: &'static Table = &LEDGER_ACCOUNTS;

    fn to_row(&self) -> Row {
        vec![self.account_id.as_str().into()]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self { account_id: cells.text()? })
    }
}

/// A row of [`CUSTOMERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerLine {
    /// Id.
    pub customer_id: String,
    /// Name.
    pub name: String,
    /// State, for example `active`.
    pub status: String,
    /// Whether people bar new business, also while the relation rests.
    pub restricted: bool,
    /// Whether an overdue review bars new business, also while the relation rests.
    pub review_overdue: bool,
    /// Whether people let the relation rest.
    pub suspended: bool,
    /// How many open accounts there are.
    pub open_accounts: i64,
    /// Time of registration.
    pub registered_at: String,
    /// Time of the last change.
    pub changed_at: String,
    /// Position of the last change.
    pub position: Position,
}

impl TableRow for CustomerLine {
    const TABLE: &'static Table = &CUSTOMERS;

    fn to_row(&self) -> Row {
        vec![
            self.customer_id.as_str().into(),
            self.name.as_str().into(),
            self.status.as_str().into(),
            flag_cell(self.restricted),
            flag_cell(self.review_overdue),
            flag_cell(self.suspended),
            self.open_accounts.into(),
            self.registered_at.as_str().into(),
            self.changed_at.as_str().into(),
            count_cell(self.position.get()),
            format!("{} {}", self.customer_id, self.name).into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            customer_id: cells.text()?,
            name: cells.text()?,
            status: cells.text()?,
            restricted: cells.flag()?,
            review_overdue: cells.flag()?,
            suspended: cells.flag()?,
            open_accounts: cells.int()?,
            registered_at: cells.text()?,
            changed_at: cells.text()?,
            position: cells.position()?,
        })
    }
}
