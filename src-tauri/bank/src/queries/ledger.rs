//! The trial balance and what explains the money in transit.

use std::collections::BTreeMap;

use es_core::{Position, RowQuery, RowSource, StoreError};

use super::read_model;
use crate::posting::{GlAccount, LedgerKind};
use crate::projections::{
    CUSTOMER_DEPOSITS, FlightLine, IN_FLIGHT, IN_TRANSIT, LEDGER, LedgerLine, TRANSFERS_IN_FLIGHT, TableRow,
};

/// The trial balance: every ledger account's debits and credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// One block per currency, by code.
    pub currencies: Vec<CurrencyBalance>,
    /// Whether debits equal credits in every currency.
    pub balanced: bool,
    /// Whether the money in transit equals the transfers in flight in every currency.
    pub transit_explained: bool,
    /// Position of the last posting in it.
    pub last_posting: Position,
}

/// The trial balance of one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyBalance {
    /// ISO-4217 code.
    pub currency: String,
    /// The lines, in the order of the chart of accounts.
    pub lines: Vec<LedgerBalance>,
    /// Sum of debits.
    pub debits: i128,
    /// Sum of credits.
    pub credits: i128,
    /// Money in transit.
    pub in_transit: i128,
    /// Sum of the transfers in flight past the debit.
    pub in_flight: i128,
}

/// A ledger account in the trial balance; customers' accounts are one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerBalance {
    /// Ledger account, for example `gl:vault-cash`.
    pub account: String,
    /// Name for people.
    pub name: String,
    /// `asset`, `liability`, `income`, `expense` or `equity`.
    pub kind: String,
    /// Sum of its debits.
    pub debits: i128,
    /// Sum of its credits.
    pub credits: i128,
    /// Debits less credits.
    pub balance: i128,
}

/// The trial balance. One read of one table, so that all its numbers belong to the same position.
///
/// # Errors
/// The read model cannot be read.
pub async fn trial_balance(source: &dyn RowSource) -> Result<TrialBalance, StoreError> {
    let page = source.query(read_model::TRIAL_BALANCE, RowQuery::all(&LEDGER)).await?;
    let lines: Vec<LedgerLine> = page.rows.iter().map(LedgerLine::from_row).collect::<Result<_, _>>()?;
    let mut by_currency: BTreeMap<String, Vec<LedgerLine>> = BTreeMap::new();
    let last_posting = lines.iter().map(|line| line.position).max().unwrap_or(Position::ZERO);
    for line in lines {
        by_currency.entry(line.currency.clone()).or_default().push(line);
    }
    let currencies: Vec<_> = by_currency.into_iter().map(|(currency, lines)| of_currency(currency, lines)).collect();
    Ok(TrialBalance {
        balanced: currencies.iter().all(|block| block.debits == block.credits),
        transit_explained: currencies.iter().all(|block| block.in_transit == block.in_flight),
        last_posting,
        currencies,
    })
}

fn of_currency(currency: String, lines: Vec<LedgerLine>) -> CurrencyBalance {
    let net = |line: &LedgerLine| i128::from(line.debits) - i128::from(line.credits);
    // Money in transit is owed to somebody, so its credits exceed its debits while transfers are under way.
    let in_transit = lines.iter().filter(|line| line.account == IN_TRANSIT).map(|line| -net(line)).sum();
    let in_flight = lines.iter().filter(|line| line.account == IN_FLIGHT).map(net).sum();
    let posted = lines.iter().filter(|line| line.account != IN_FLIGHT);
    let (debits, credits) = posted
        .clone()
        .fold((0, 0), |(debits, credits), line| (debits + i128::from(line.debits), credits + i128::from(line.credits)));
    let mut lines: Vec<_> = posted
        .map(|line| {
            let (name, kind) = described(&line.account);
            LedgerBalance {
                account: line.account.clone(),
                name,
                kind,
                debits: line.debits.into(),
                credits: line.credits.into(),
                balance: net(line),
            }
        })
        .collect();
    lines.sort_by_key(|line| (rank(&line.kind), line.account.clone()));
    CurrencyBalance { currency, lines, debits, credits, in_transit, in_flight }
}

/// What the line of all customers' accounts is called.
pub(crate) const CUSTOMER_DEPOSITS_TITLE: &str = "Customer deposits";

/// Name and kind of a line.
fn described(account: &str) -> (String, String) {
    if account == CUSTOMER_DEPOSITS {
        return (CUSTOMER_DEPOSITS_TITLE.to_owned(), LedgerKind::Liability.as_str().to_owned());
    }
    let known = GlAccount::ALL.iter().find(|known| known.code() == account);
    known.map_or_else(
        || (account.to_owned(), "unknown".to_owned()),
        |known| (known.title().to_owned(), known.kind().as_str().to_owned()),
    )
}

fn rank(kind: &str) -> usize {
    ["asset", "liability", "equity", "income", "expense"].iter().position(|known| *known == kind).unwrap_or(5)
}

/// Transfers whose money has left the source and not arrived, oldest first.
///
/// # Errors
/// The read model cannot be read.
pub async fn transfers_in_flight(source: &dyn RowSource, limit: usize) -> Result<Vec<FlightLine>, StoreError> {
    let query = RowQuery::all(&TRANSFERS_IN_FLIGHT).order_by("position", false).page(0, limit);
    let page = source.query(read_model::TRIAL_BALANCE, query).await?;
    Ok(page.rows.iter().map(FlightLine::from_row).collect::<Result<_, _>>()?)
}
