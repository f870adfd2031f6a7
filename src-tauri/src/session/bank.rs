//! The demo bank's read models, told to the window.

use bank::projections::{AccountLine, FlightLine, StatementLine, TRANSFERS_IN_FLIGHT, TableRow, TransferLine};
use bank::queries::{self, CurrencyBalance, LedgerBalance, read_model};
use es_core::{Position, RowQuery, StreamName};

use super::Session;
use super::clock::Source;
use super::present::{money, time};
use crate::wire::{
    AccountRow, AccountsPage, AppError, FlightRow, FlightsPage, Statement, StatementEntry, TransferRow, TransfersPage,
    TrialBalance, TrialBalanceCurrency, TrialBalanceLine,
};

/// Most rows of one page.
const PAGE_ROWS: u32 = 1000;
/// Most flights of one page: each asks for its transfer.
const PAGE_FLIGHTS: u32 = 200;
/// Stands for no state of a transfer, but for those that stay too long in theirs.
const STUCK: &str = "stuck";

impl Session {
    /// A page of accounts.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn accounts(
        &self,
        search: Option<&str>,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<AccountsPage, AppError> {
        let source = self.source(at)?;
        let page = queries::accounts(source.rows(), search, offset.into(), page_rows(limit)).await?;
        let accounts = page.rows.into_iter().map(account_row).collect();
        Ok(AccountsPage { accounts, total: page.total.to_string() })
    }

    /// A page of an account's statement.
    ///
    /// # Errors
    /// There is no such account, or the read model cannot be read.
    pub async fn statement(
        &self,
        account_id: &str,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<Statement, AppError> {
        let source = self.source(at)?;
        let (projection_version, position) = self.seen_by(read_model::STATEMENT, &source).await?;
        let found = queries::statement(source.rows(), account_id, offset.into(), page_rows(limit)).await?;
        let statement = found.ok_or_else(|| {
            let hint = source.hint("Search the list of accounts; a new account appears within a moment.");
            AppError::not_found("account", account_id, hint)
        })?;
        let currency = statement.account.currency.clone();
        Ok(Statement {
            opening: money(statement.opening.into(), &currency),
            closing: money(statement.closing.into(), &currency),
            account: account_row(statement.account),
            entries: statement.lines.into_iter().map(statement_entry).collect(),
            total: statement.total.to_string(),
            position: position.to_string(),
            projection_version,
        })
    }

    /// A page of transfers, newest first. The state `stuck` stands for those that should have left their present one by now,
    /// of all accounts, longest ago first.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn transfers(
        &self,
        status: Option<&str>,
        account_id: Option<&str>,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<TransfersPage, AppError> {
        let source = self.source(at)?;
        let account_id = account_id.filter(|id| !id.is_empty());
        let (offset, limit, now) = (u64::from(offset), page_rows(limit), self.time_at(source.position).await?);
        let page = match status {
            Some(STUCK) => queries::transfers_past_due(source.rows(), now, offset, limit).await?,
            _ => queries::transfers(source.rows(), status, account_id, offset, limit).await?,
        };
        let now = time(now);
        let transfers = page.rows.into_iter().map(|line| transfer_row(line, &now)).collect();
        Ok(TransfersPage { transfers, total: page.total.to_string() })
    }

    /// Every ledger account's debits and credits.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn trial_balance(&self, at: Option<&str>) -> Result<TrialBalance, AppError> {
        let source = self.source(at)?;
        let (_, position) = self.seen_by(read_model::TRIAL_BALANCE, &source).await?;
        let balance = queries::trial_balance(source.rows()).await?;
        Ok(TrialBalance {
            currencies: balance.currencies.into_iter().map(currency_block).collect(),
            balanced: balance.balanced,
            transit_explained: balance.transit_explained,
            // Read before the rows, so it is never ahead of them; the rows may be newer.
            position: position.max(balance.last_posting).to_string(),
        })
    }

    /// Transfers whose money has left the source and not arrived, longest under way first.
    ///
    /// # Errors
    /// A read model cannot be read.
    pub async fn transfers_in_flight(&self, limit: u32, at: Option<&str>) -> Result<FlightsPage, AppError> {
        let source = self.source(at)?;
        let all = RowQuery::all(&TRANSFERS_IN_FLIGHT).order_by("position", false);
        let page = all.page(0, limit.clamp(1, PAGE_FLIGHTS) as usize);
        let page = source.rows().query(read_model::TRIAL_BALANCE, page).await?;
        let mut flights = Vec::with_capacity(page.rows.len());
        for row in &page.rows {
            let flight = FlightLine::from_row(row).map_err(es_core::StoreError::from)?;
            let transfer = queries::transfer(source.rows(), &flight.transfer_id).await?;
            flights.push(flight_row(flight, transfer));
        }
        Ok(FlightsPage { flights, total: page.total.to_string() })
    }

    /// Version of a read model that queries see, and the position up to which it has seen everything.
    async fn seen_by(&self, projection: &str, source: &Source) -> Result<(u32, Position), AppError> {
        if let Some(position) = source.position {
            return Ok((self.domain.projection(projection).map_or(0, |found| found.version()), position));
        }
        let seen = self.engine.queries().seen_by(projection).await?;
        Ok(seen.map_or((0, Position::ZERO), |seen| (seen.tables.code, seen.position)))
    }
}

pub(super) fn page_rows(limit: u32) -> usize {
    limit.clamp(1, PAGE_ROWS) as usize
}

pub(super) fn stream_of(category: &str, id: &str) -> String {
    StreamName::of(category, id).map_or_else(|_| format!("{category}-{id}"), |name| name.to_string())
}

pub(super) fn account_row(line: AccountLine) -> AccountRow {
    let amount = |minor: i128| money(minor, &line.currency);
    AccountRow {
        stream: stream_of("account", &line.account_id),
        balance: amount(line.balance.into()),
        held: amount(line.held.into()),
        available: amount(i128::from(line.balance) - i128::from(line.held) + i128::from(line.overdraft)),
        account_id: line.account_id,
        customer_id: line.customer_id,
        customer_name: line.customer_name,
        product: line.product,
        status: line.status,
    }
}

fn statement_entry(line: StatementLine) -> StatementEntry {
    StatementEntry {
        position: line.position.to_string(),
        version: line.version.to_string(),
        booking_date: line.booking_date,
        value_date: line.value_date,
        text: line.text,
        amount: money(line.amount.into(), &line.currency),
        balance: money(line.balance.into(), &line.currency),
    }
}

/// `now` is a time as rows have them.
fn transfer_row(line: TransferLine, now: &str) -> TransferRow {
    let exchanged = line.arriving_currency.filter(|currency| *currency != line.currency);
    let late = line.due_at.as_deref().is_some_and(|due| due < now);
    TransferRow {
        stream: stream_of("transfer", &line.transfer_id),
        amount: money(line.amount.into(), &line.currency),
        fee: (line.fee > 0).then(|| money(line.fee.into(), &line.currency)),
        arriving: exchanged.and_then(|currency| Some(money(line.arriving?.into(), &currency))),
        rate: line.rate,
        requested_by: line.requested_by,
        approved_by: line.approved_by,
        overdue: line.overdue || late,
        due_at: line.due_at,
        order_id: line.order_id,
        transfer_id: line.transfer_id,
        source: line.source,
        target: line.target,
        status: line.status,
        finished: line.finished,
        reason: line.reason.or(line.code),
        requested_at: line.requested_at,
        changed_at: line.changed_at,
    }
}

fn flight_row(flight: FlightLine, transfer: Option<TransferLine>) -> FlightRow {
    let (source, target, status) = match transfer {
        Some(transfer) => (Some(transfer.source), Some(transfer.target), Some(transfer.status)),
        None => (None, None, None),
    };
    FlightRow {
        stream: stream_of("transfer", &flight.transfer_id),
        amount: money(flight.amount.into(), &flight.currency),
        transfer_id: flight.transfer_id,
        debited_at: flight.debited_at,
        position: flight.position.to_string(),
        source,
        target,
        status,
    }
}

fn currency_block(block: CurrencyBalance) -> TrialBalanceCurrency {
    let amount = |minor: i128| money(minor, &block.currency);
    let line = |line: &LedgerBalance| TrialBalanceLine {
        account: line.account.clone(),
        name: line.name.clone(),
        kind: line.kind.clone(),
        debits: amount(line.debits),
        credits: amount(line.credits),
        balance: amount(line.balance),
    };
    TrialBalanceCurrency {
        lines: block.lines.iter().map(line).collect(),
        debits: amount(block.debits),
        credits: amount(block.credits),
        in_transit: amount(block.in_transit),
        in_flight: amount(block.in_flight),
        currency: block.currency,
    }
}
