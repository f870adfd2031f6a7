//! Accounts with their balances.

use es_core::{Cell, EventFilter, Invariant, ProjectedEvent, Projection, ProjectionError, Rows, Table};

use super::invariants::{AvailableFollows, HeldIsTheSumOfHolds};
use super::lines::{AccountLine, HoldLine, HolderLine};
use super::row::{TableRow, UnusableRow, checked_sum, count_cell};
use super::tables::{ACCOUNT_HOLDERS, ACCOUNT_HOLDS, ACCOUNTS};
use super::{categories, contradiction, decode, signed, time_text};
use crate::account::{AccountEvent, AccountOpened, CarriedHold, HoldStatus, PeriodOpened};
use crate::customer::CustomerEvent;
use crate::entry::EntryView;
use crate::posting::PostingAccount;

static OWN: [&Table; 3] = [&ACCOUNTS, &ACCOUNT_HOLDS, &ACCOUNT_HOLDERS];

/// Read model `accounts`: balance, holds, available, status and holder of every account.
pub struct Accounts;

impl Projection for Accounts {
    fn name(&self) -> &'static str {
        "accounts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Balance, holds, available amount, status and holder of every account."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["account", "customer"])
    }

    // The order is that of the whole log: an account's row has the name of its holder, from another stream.

    fn invariants(&self) -> Vec<Box<dyn Invariant>> {
        vec![Box::new(AvailableFollows), Box::new(HeldIsTheSumOfHolds::default())]
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        if event.recorded.stream.category() == "customer" {
            return remember_holder(event, rows);
        }
        let account_event: AccountEvent = decode(event)?;
        if let Some(entry) = account_event.entry()
            && only_posts(&account_event)
        {
            return post(entry, event, rows);
        }
        let mut account = match &account_event {
            AccountEvent::AccountOpened(opened) => opened_account(opened, rows)?,
            other => match (AccountLine::load(rows, &[event.recorded.stream.id().into()])?, other) {
                (Some(account), _) => account,
                (None, AccountEvent::PeriodOpened(opened)) => carried_account(opened, rows)?,
                (None, _) => return Err(contradiction(event, "the account was never opened")),
            },
        };
        change(&mut account, &account_event, event, rows)?;
        account.version = event.recorded.version.get();
        account.changed_at = time_text(event.recorded.recorded_at);
        account.position = event.recorded.position;
        account.store(rows)
    }
}

/// Cells that a posting changes or needs; see [`ACCOUNTS`].
const CURRENCY: usize = 1;
const BALANCE: usize = 6;
const HELD: usize = 7;
const OVERDRAFT: usize = 8;
const AVAILABLE: usize = 9;
const VERSION: usize = 12;
const CHANGED_AT: usize = 13;
const POSITION: usize = 14;

/// Whether an event does nothing to an account but post to it. Most events are like that.
fn only_posts(event: &AccountEvent) -> bool {
    matches!(
        event,
        AccountEvent::MoneyDeposited(_)
            | AccountEvent::MoneyWithdrawn(_)
            | AccountEvent::TransferCredited(_)
            | AccountEvent::TransferDebitReturned(_)
            | AccountEvent::FeeCharged(_)
            | AccountEvent::FeeWaived(_)
            | AccountEvent::InterestPosted(_)
            | AccountEvent::PostingReversed(_)
    )
}

/// Posts to an account in place: its row has many cells, and these are the ones that change.
fn post(entry: EntryView<'_>, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    let account = event.recorded.stream.id();
    let found = rows.update(&ACCOUNTS, &[account.into()], &mut |row| {
        let number = |index: usize| row.get(index).and_then(Cell::as_int).ok_or(unusable(index));
        let currency = row.get(CURRENCY).and_then(Cell::as_text).ok_or(unusable(CURRENCY))?;
        let change = own_change((account, currency), entry, event)?;
        let balance = checked_sum(number(BALANCE)?, change, "balance")?;
        let available = balance.saturating_sub(number(HELD)?).saturating_add(number(OVERDRAFT)?);
        for (index, cell) in [
            (BALANCE, balance.into()),
            (AVAILABLE, available.into()),
            (VERSION, count_cell(event.recorded.version.get())),
            (CHANGED_AT, time_text(event.recorded.recorded_at).into()),
            (POSITION, count_cell(event.recorded.position.get())),
        ] {
            *row.get_mut(index).ok_or(unusable(index))? = cell;
        }
        Ok(())
    })?;
    if found { Ok(()) } else { Err(contradiction(event, "the account was never opened")) }
}

fn unusable(index: usize) -> UnusableRow {
    UnusableRow { table: ACCOUNTS.name, index }
}

fn remember_holder(event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    let CustomerEvent::CustomerRegistered(registered) = decode(event)? else { return Ok(()) };
    let name = super::customers::initials(&registered.given_name, &registered.family_name);
    HolderLine { customer_id: registered.customer_id.to_string(), name }.store(rows)
}

/// An account whose earlier events are gone, as its period begins.
fn carried_account(opened: &PeriodOpened, rows: &mut dyn Rows) -> Result<AccountLine, ProjectionError> {
    let mut account = opened_account(
        &AccountOpened {
            account_id: opened.account_id.clone(),
            customer_id: opened.customer_id.clone(),
            currency: opened.currency,
            product: opened.product,
            overdraft_limit: opened.overdraft_limit,
            opened_on: opened.opened_on,
        },
        rows,
    )?;
    account.balance = opened.settled.minor();
    set_frozen_cases(&mut account, i64::try_from(opened.frozen_by.len()).unwrap_or(i64::MAX));
    for hold in opened.holds.iter().filter(|hold| hold.hold_status == HoldStatus::Open) {
        let hold = carried_hold(&account, hold);
        account.held = checked_sum(account.held, hold.amount, "held")?;
        hold.store(rows)?;
    }
    Ok(account)
}

fn carried_hold(account: &AccountLine, hold: &CarriedHold) -> HoldLine {
    HoldLine {
        account_id: account.account_id.clone(),
        hold_id: hold.hold_id.to_string(),
        amount: hold.amount.minor(),
        expires_at: time_text(hold.expires_at),
        purpose: hold.purpose.clone(),
    }
}

fn opened_account(opened: &AccountOpened, rows: &mut dyn Rows) -> Result<AccountLine, ProjectionError> {
    let customer_id = opened.customer_id.to_string();
    let holder = HolderLine::load(rows, &[customer_id.as_str().into()])?;
    Ok(AccountLine {
        account_id: opened.account_id.to_string(),
        currency: opened.currency.code().to_owned(),
        product: opened.product.as_str().to_owned(),
        customer_id,
        customer_name: holder.map(|holder| holder.name),
        status: "open".to_owned(),
        balance: 0,
        held: 0,
        overdraft: opened.overdraft_limit.money().minor(),
        frozen_cases: 0,
        opened_on: opened.opened_on.to_string(),
        version: 0,
        changed_at: String::new(),
        position: es_core::Position::ZERO,
    })
}

fn change(
    account: &mut AccountLine,
    change: &AccountEvent,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    if let Some(entry) = change.entry() {
        let own = (&*account.account_id, &*account.currency);
        account.balance = checked_sum(account.balance, own_change(own, entry, event)?, "balance")?;
    }
    match change {
        AccountEvent::HoldPlaced(placed) => {
            let hold = HoldLine {
                account_id: account.account_id.clone(),
                hold_id: placed.hold_id.to_string(),
                amount: placed.amount.minor(),
                expires_at: time_text(placed.expires_at),
                purpose: placed.purpose.clone(),
            };
            account.held = checked_sum(account.held, hold.amount, "held")?;
            hold.store(rows)?;
        }
        AccountEvent::HoldChanged(changed) => {
            let mut hold = HoldLine::load(rows, &hold_key(account, changed.hold_id.as_str()))?
                .ok_or_else(|| contradiction(event, "the hold is not open"))?;
            account.held = checked_sum(account.held, changed.amount.minor() - hold.amount, "held")?;
            hold.amount = changed.amount.minor();
            hold.expires_at = time_text(changed.expires_at);
            hold.store(rows)?;
        }
        AccountEvent::HoldCaptured(captured) => end_hold(account, captured.hold_id.as_str(), event, rows)?,
        AccountEvent::HoldReleased(released) => end_hold(account, released.hold_id.as_str(), event, rows)?,
        AccountEvent::HoldExpired(expired) => end_hold(account, expired.hold_id.as_str(), event, rows)?,
        AccountEvent::TransferDebited(debited) => end_hold(account, debited.hold_id.as_str(), event, rows)?,
        AccountEvent::AccountFrozen(_) => set_frozen_cases(account, account.frozen_cases + 1),
        AccountEvent::AccountUnfrozen(_) => set_frozen_cases(account, account.frozen_cases - 1),
        AccountEvent::OverdraftSet(set) => account.overdraft = set.overdraft_limit.money().minor(),
        AccountEvent::AccountClosed(_) => "closed".clone_into(&mut account.status),
        AccountEvent::AccountOpened(_)
        | AccountEvent::MoneyDeposited(_)
        | AccountEvent::MoneyWithdrawn(_)
        | AccountEvent::TransferCredited(_)
        | AccountEvent::TransferDebitReturned(_)
        | AccountEvent::FeeCharged(_)
        | AccountEvent::FeeWaived(_)
        | AccountEvent::OverdraftProposed(_)
        | AccountEvent::OverdraftDeclined(_)
        | AccountEvent::PeriodOpened(_)
        | AccountEvent::LimitsSet(_)
        | AccountEvent::AccountMarkedDormant(_)
        | AccountEvent::AccountReactivated(_)
        | AccountEvent::LinkedToCustomer(_)
        | AccountEvent::LinkToCustomerRefused(_)
        | AccountEvent::UnlinkedFromCustomer(_)
        | AccountEvent::InterestRateSet(_)
        | AccountEvent::InterestAccrued(_)
        | AccountEvent::InterestPosted(_)
        | AccountEvent::PostingReversed(_) => {}
    }
    Ok(())
}

/// What an entry does to this account. Its currency must be the account's: a sum over two currencies means nothing.
fn own_change(
    (account, currency): (&str, &str),
    entry: EntryView<'_>,
    event: &ProjectedEvent<'_>,
) -> Result<i64, ProjectionError> {
    let mut sum = 0;
    for leg in entry.postings {
        match &leg.account {
            PostingAccount::Customer(id) if id.as_str() == account => {
                if leg.amount.currency().code() != currency {
                    return Err(contradiction(event, "a posting has another currency than the account"));
                }
                sum = checked_sum(sum, signed(leg.side, leg.amount.minor()), "entry")?;
            }
            _ => {}
        }
    }
    Ok(sum)
}

fn hold_key(account: &AccountLine, hold_id: &str) -> [Cell; 2] {
    [account.account_id.as_str().into(), hold_id.into()]
}

fn end_hold(
    account: &mut AccountLine,
    hold_id: &str,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    let key = hold_key(account, hold_id);
    let hold = HoldLine::load(rows, &key)?.ok_or_else(|| contradiction(event, "the hold is not open"))?;
    account.held = checked_sum(account.held, -hold.amount, "held")?;
    Ok(rows.delete(&ACCOUNT_HOLDS, &key)?)
}

fn set_frozen_cases(account: &mut AccountLine, cases: i64) {
    account.frozen_cases = cases.max(0);
    if account.status != "closed" {
        let status = if account.frozen_cases > 0 { "frozen" } else { "open" };
        status.clone_into(&mut account.status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_that_a_posting_changes_are_where_the_table_has_them() {
        let columns = [
            ("currency", CURRENCY),
            ("balance", BALANCE),
            ("held", HELD),
            ("overdraft", OVERDRAFT),
            ("available", AVAILABLE),
            ("version", VERSION),
            ("changed_at", CHANGED_AT),
            ("position", POSITION),
        ];
        for (name, index) in columns {
            assert_eq!(ACCOUNTS.column(name), Some(index), "{name}");
        }
    }
}
