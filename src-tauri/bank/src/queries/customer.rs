//! A customer with all accounts.

use std::collections::BTreeMap;

use es_core::{Comparison, RowQuery, RowSource, StoreError};

use super::{Page, one, read_model, typed};
use crate::projections::{ACCOUNTS, AccountLine, CUSTOMERS, CustomerLine};

/// A customer, the accounts, and what they hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerOverview {
    /// The customer.
    pub customer: CustomerLine,
    /// The accounts, by id; closed ones too.
    pub accounts: Vec<AccountLine>,
    /// Sums, by currency code.
    pub totals: Vec<CustomerTotal>,
}

/// Sums over a customer's accounts in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerTotal {
    /// ISO-4217 code.
    pub currency: String,
    /// Accounts that are not closed.
    pub open_accounts: u64,
    /// Closed accounts.
    pub closed_accounts: u64,
    /// Sum of the settled balances.
    pub balance: i128,
    /// Sum of the open holds.
    pub held: i128,
    /// Sum of the agreed overdrafts.
    pub overdraft: i128,
    /// What can be spent of all of them.
    pub available: i128,
}

/// A customer's overview; nothing if there is no such customer. Name and accounts come from two read models, each as far as it
/// has come.
///
/// # Errors
/// A read model cannot be read.
pub async fn customer_overview(
    source: &dyn RowSource,
    customer_id: &str,
) -> Result<Option<CustomerOverview>, StoreError> {
    let customer = one(source, read_model::CUSTOMERS, &CUSTOMERS, "customer_id", customer_id).await?;
    let Some(customer) = customer else { return Ok(None) };
    let accounts = accounts_of(source, customer_id).await?;
    let totals = totals(&accounts);
    Ok(Some(CustomerOverview { customer, accounts, totals }))
}

/// All of them, page by page: a firm may have more than fit one.
async fn accounts_of(source: &dyn RowSource, customer_id: &str) -> Result<Vec<AccountLine>, StoreError> {
    let mut accounts: Vec<AccountLine> = Vec::new();
    loop {
        // From the last id on, not by offset: an account that is opened meanwhile shifts nothing.
        let mut query = RowQuery::all(&ACCOUNTS).when("customer_id", Comparison::Eq, customer_id);
        if let Some(last) = accounts.last() {
            query = query.when("account_id", Comparison::Gt, last.account_id.as_str());
        }
        let page: Page<AccountLine> = typed(&source.query(read_model::ACCOUNTS, query).await?)?;
        let (rows, more) = (page.rows.len() as u64, page.total);
        accounts.extend(page.rows);
        if rows == 0 || rows == more {
            return Ok(accounts);
        }
    }
}

fn totals(accounts: &[AccountLine]) -> Vec<CustomerTotal> {
    let mut totals: BTreeMap<&str, CustomerTotal> = BTreeMap::new();
    for account in accounts {
        let total = totals.entry(&account.currency).or_insert_with(|| CustomerTotal {
            currency: account.currency.clone(),
            open_accounts: 0,
            closed_accounts: 0,
            balance: 0,
            held: 0,
            overdraft: 0,
            available: 0,
        });
        if account.status == "closed" {
            total.closed_accounts += 1;
            continue;
        }
        total.open_accounts += 1;
        total.balance += i128::from(account.balance);
        total.held += i128::from(account.held);
        total.overdraft += i128::from(account.overdraft);
        total.available += i128::from(account.available());
    }
    totals.into_values().collect()
}
