//! What an account does about a command.

mod care;
mod cash;
mod holds;
mod interest;
mod link;
mod overdraft;
mod period;
mod transfers;

use chrono::{Days, NaiveDate};
use es_core::{CommandContext, Decider, References};

use super::commands::{AccountCommand, CloseAccount, FreezeAccount, OpenAccount, UnfreezeAccount};
use super::events::{AccountClosed, AccountEvent, AccountFrozen, AccountOpened, AccountUnfrozen, Product};
use super::rejection::AccountRejection;
use super::state::{self, Account, AccountState, MAX_CASES};
use crate::customer::CustomerState;
use crate::customer::limits::MAX_ACCOUNTS;
use crate::ids::{AccountId, EntryId};
use crate::ledger::{GeneralLedger, LedgerState};
use crate::money::{AMOUNT_CAP, Amount, BALANCE_CAP, Currency, Limit, Money};

/// Overdraft limits above this many whole units of the currency need a second person.
pub const APPROVAL_THRESHOLD_UNITS: i64 = 50_000;
/// How many days a value date may be ahead of the booking.
pub const VALUE_DATE_DAYS_AHEAD: u64 = 31;

/// The account aggregate.
pub struct AccountDecider;

type Decision = Result<Vec<AccountEvent>, AccountRejection>;

impl Decider for AccountDecider {
    const CATEGORY: &'static str = "account";
    const STATE_VERSION: u32 = 6;
    const RESTARTED_BY: &'static [&'static str] = &["PeriodOpened"];
    type State = AccountState;
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Rejection = AccountRejection;

    fn evolve(state: &mut AccountState, event: &AccountEvent) {
        state::evolve(state, event);
    }

    fn decide(
        state: &AccountState,
        command: &AccountCommand,
        context: &CommandContext,
        references: &References,
    ) -> Decision {
        let already_booked = |account: &Account| account.entries.contains_key(&EntryId::of_command(context.command_id));
        if state.account().is_some_and(already_booked) {
            return Ok(Vec::new());
        }
        let events = decide(state, command, context, references)?;
        let Some(accruals) = interest::accruals_before(state, &events, context) else { return Ok(events) };
        let mut accrued = state.clone();
        accruals.iter().for_each(|accrual| state::evolve(&mut accrued, accrual));
        Ok([accruals, decide(&accrued, command, context, references)?].concat())
    }
}

fn decide(
    state: &AccountState,
    command: &AccountCommand,
    context: &CommandContext,
    references: &References,
) -> Decision {
    use AccountCommand as C;
    match command {
        C::OpenAccount(open) => open_account(state, open, context, references),
        C::DebitForTransfer(debit) => transfers::debit(state, debit, context),
        C::CreditFromTransfer(credit) => transfers::credit(state, credit, context),
        C::ReturnTransferDebit(back) => transfers::give_back(state, back, context),
        C::Deposit(deposit) => cash::deposit(in_use(state, &deposit.account_id)?, deposit, context, references),
        C::Withdraw(withdraw) => cash::withdraw(in_use(state, &withdraw.account_id)?, withdraw, context, references),
        C::ChargeFee(fee) => cash::charge_fee(in_use(state, &fee.account_id)?, fee, context),
        C::ReversePosting(reverse) => cash::reverse(in_use(state, &reverse.account_id)?, reverse, context),
        C::PlaceHold(place) => holds::place(in_use(state, &place.account_id)?, place, context),
        C::ChangeHold(change) => holds::change(in_use(state, &change.account_id)?, change, context),
        C::CaptureHold(capture) => holds::capture(in_use(state, &capture.account_id)?, capture, context),
        C::ReleaseHold(release) => holds::release(in_use(state, &release.account_id)?, release),
        C::ExpireHold(expire) => holds::expire(in_use(state, &expire.account_id)?, expire, context),
        C::FreezeAccount(freeze) => freeze_account(in_use(state, &freeze.account_id)?, freeze),
        C::UnfreezeAccount(unfreeze) => unfreeze_account(in_use(state, &unfreeze.account_id)?, unfreeze),
        C::SetOverdraft(set) => overdraft::set(in_use(state, &set.account_id)?, set, context),
        C::ApproveOverdraft(approve) => overdraft::approve(in_use(state, &approve.account_id)?, approve, context),
        C::DeclineOverdraft(decline) => overdraft::decline(in_use(state, &decline.account_id)?, decline, context),
        C::WaiveFee(waive) => cash::waive_fee(in_use(state, &waive.account_id)?, waive, context),
        C::SetLimits(set) => care::set_limits(in_use(state, &set.account_id)?, set),
        C::MarkDormant(mark) => care::mark_dormant(in_use(state, &mark.account_id)?, mark),
        C::Reactivate(reactivate) => care::reactivate(in_use(state, &reactivate.account_id)?, reactivate),
        C::SetInterestRate(set) => interest::set_rate(in_use(state, &set.account_id)?, set, context),
        C::AccrueInterest(accrue) => interest::accrue(in_use(state, &accrue.account_id)?, accrue, context),
        C::PostInterest(post) => interest::post(in_use(state, &post.account_id)?, context, references),
        C::SettleInterest(settle) => interest::settle(in_use(state, &settle.account_id)?, settle, context, references),
        C::OpenPeriod(open) => period::open(in_use(state, &open.account_id)?, open, context),
        C::RecordLinkToCustomer(c) => link::record(known(state, &c.account_id)?),
        C::RecordLinkToCustomerRefusal(c) => link::record_refusal(state, known(state, &c.account_id)?, c),
        C::RecordUnlinkFromCustomer(c) => link::record_unlink(known(state, &c.account_id)?),
        C::CloseAccount(close) => close_account(in_use(state, &close.account_id)?, close, context),
    }
}

/// The account, open or closed.
fn known<'a>(state: &'a AccountState, account_id: &AccountId) -> Result<&'a Account, AccountRejection> {
    state.account().ok_or_else(|| AccountRejection::AccountNotFound { account_id: account_id.clone() })
}

/// The account, if it exists and is not closed.
fn in_use<'a>(state: &'a AccountState, account_id: &AccountId) -> Result<&'a Account, AccountRejection> {
    match state {
        AccountState::NotOpened => Err(AccountRejection::AccountNotFound { account_id: account_id.clone() }),
        AccountState::Closed(account) => Err(AccountRejection::AccountClosed {
            account_id: account_id.clone(),
            closed_on: account.closed_on.unwrap_or(account.opened_on),
        }),
        AccountState::Open(account) => Ok(account),
    }
}

fn open_account(
    state: &AccountState,
    open: &OpenAccount,
    context: &CommandContext,
    references: &References,
) -> Decision {
    if state.account().is_some() {
        return Err(AccountRejection::AccountExists { account_id: open.account_id.clone() });
    }
    let customer_id = open.customer_id.clone();
    match references.get::<CustomerState>(&customer_id.stream()).and_then(CustomerState::customer) {
        None => return Err(AccountRejection::CustomerNotFound { customer_id }),
        Some(customer) if !customer.status.is_active() => {
            return Err(AccountRejection::CustomerNotActive { customer_id, status: customer.status.as_str() });
        }
        Some(customer) if customer.accounts.open.len() >= MAX_ACCOUNTS => {
            return Err(AccountRejection::TooManyAccounts { customer_id, most: MAX_ACCOUNTS });
        }
        Some(_) => {}
    }
    let overdraft_limit = open.overdraft_limit.unwrap_or(Limit::zero(open.currency));
    same_currency(&open.account_id, open.currency, overdraft_limit.money().currency())?;
    may_have_overdraft(open.product, overdraft_limit)?;
    let threshold = approval_threshold(open.currency);
    if overdraft_limit.money().minor() > threshold.money().minor() {
        return Err(AccountRejection::ApprovalNeeded { requested: overdraft_limit, threshold });
    }
    Ok(vec![
        AccountOpened {
            account_id: open.account_id.clone(),
            customer_id,
            currency: open.currency,
            product: open.product,
            overdraft_limit,
            opened_on: context.business_date,
        }
        .into(),
    ])
}

fn freeze_account(account: &Account, freeze: &FreezeAccount) -> Decision {
    let (account_id, case_id) = (freeze.account_id.clone(), freeze.case_id.clone());
    if account.frozen_by.contains_key(&case_id) {
        return Err(AccountRejection::AlreadyFrozen { account_id, case_id });
    }
    if account.frozen_by.len() >= MAX_CASES {
        return Err(AccountRejection::TooManyCases { account_id, most: MAX_CASES });
    }
    Ok(vec![AccountFrozen { account_id, case_id, reason: freeze.reason.clone() }.into()])
}

fn unfreeze_account(account: &Account, unfreeze: &UnfreezeAccount) -> Decision {
    let (account_id, case_id) = (unfreeze.account_id.clone(), unfreeze.case_id.clone());
    if !account.frozen_by.contains_key(&case_id) {
        return Err(AccountRejection::NotFrozen { account_id, case_id });
    }
    Ok(vec![AccountUnfrozen { account_id, case_id }.into()])
}

fn close_account(account: &Account, close: &CloseAccount, context: &CommandContext) -> Decision {
    let account_id = close.account_id.clone();
    not_frozen(account)?;
    let open_holds = account.open_holds().count();
    if open_holds > 0 {
        return Err(AccountRejection::OpenHolds { account_id, count: open_holds, held: account.held });
    }
    if !account.settled.is_zero() {
        return Err(AccountRejection::BalanceNotZero { account_id, settled: account.settled });
    }
    // Also what days have earned that were not accrued yet: it would be lost.
    let outstanding = interest::earned_before(account, context.business_date);
    if outstanding.rounded_half_even() != 0 {
        let outstanding = outstanding.in_words(account.currency);
        return Err(AccountRejection::InterestOutstanding { account_id, outstanding });
    }
    Ok(vec![AccountClosed { account_id, reason: close.reason.clone(), closed_on: context.business_date }.into()])
}

fn same_currency(account_id: &AccountId, expected: Currency, actual: Currency) -> Result<(), AccountRejection> {
    if expected == actual {
        Ok(())
    } else {
        Err(AccountRejection::CurrencyMismatch { account_id: account_id.clone(), expected, actual })
    }
}

fn may_have_overdraft(product: Product, requested: Limit) -> Result<(), AccountRejection> {
    if product == Product::Savings && !requested.money().is_zero() {
        return Err(AccountRejection::OverdraftNotOffered { product, requested });
    }
    Ok(())
}

fn approval_threshold(currency: Currency) -> Limit {
    let minor = APPROVAL_THRESHOLD_UNITS.saturating_mul(currency.minor_per_unit()).min(AMOUNT_CAP);
    Limit::new(minor, currency).unwrap_or(Limit::zero(currency))
}

fn not_frozen(account: &Account) -> Result<(), AccountRejection> {
    match account.frozen_by.keys().next() {
        None => Ok(()),
        Some(case_id) => {
            Err(AccountRejection::AccountFrozen { account_id: account.account_id.clone(), case_id: case_id.clone() })
        }
    }
}

/// Whether the bank may debit the account by an amount. What customers do is asked of [`care`].
fn may_debit(account: &Account, amount: Amount) -> Result<(), AccountRejection> {
    same_currency(&account.account_id, account.currency, amount.currency())?;
    not_frozen(account)?;
    covered(account, amount, None)
}

/// Whether an amount is available, when `freed` more is because the debit uses up a hold.
fn covered(account: &Account, amount: Amount, freed: Option<Amount>) -> Result<(), AccountRejection> {
    let available = freed.map_or(account.available, |freed| account.available.plus_recorded(freed.money()));
    if amount.minor() > available.minor() {
        return Err(AccountRejection::InsufficientFunds {
            account_id: account.account_id.clone(),
            requested: amount,
            available,
            settled: account.settled,
            held: account.held,
            overdraft_limit: account.overdraft_limit,
        });
    }
    Ok(())
}

/// Whether the account may be credited by an amount. Also possible while it is frozen.
fn may_credit(account: &Account, amount: Amount) -> Result<(), AccountRejection> {
    same_currency(&account.account_id, account.currency, amount.currency())?;
    // Room for the largest overdraft limit, so that what is available is never cut by the cap of a balance.
    let cap = BALANCE_CAP - AMOUNT_CAP;
    if account.settled.checked_add(amount.money()).is_ok_and(|sum| sum.minor() <= cap) {
        return Ok(());
    }
    Err(AccountRejection::BalanceCapExceeded {
        account_id: account.account_id.clone(),
        settled: account.settled,
        amount,
        cap: Money::new(cap, account.currency).unwrap_or(Money::zero(account.currency)),
    })
}

/// The last day that the general ledger takes no posting for.
fn closed_through(references: &References) -> Option<NaiveDate> {
    references.get::<LedgerState>(&GeneralLedger::General.stream())?.refuses_through()
}

/// Id and dates of the entry that a command makes.
struct Booking {
    entry_id: EntryId,
    booking_date: NaiveDate,
    value_date: NaiveDate,
}

impl Booking {
    fn today(context: &CommandContext) -> Self {
        Self {
            entry_id: EntryId::of_command(context.command_id),
            booking_date: context.business_date,
            value_date: context.business_date,
        }
    }

    /// With a value date of its own, which is neither before the account nor far ahead.
    fn valued(
        account: &Account,
        value_date: Option<NaiveDate>,
        context: &CommandContext,
        references: &References,
    ) -> Result<Self, AccountRejection> {
        let today = Self::today(context);
        let value_date = value_date.unwrap_or(today.value_date);
        let earliest = account.opened_on.min(today.booking_date);
        let latest = today.booking_date.checked_add_days(Days::new(VALUE_DATE_DAYS_AHEAD)).unwrap_or(NaiveDate::MAX);
        if !(earliest..=latest).contains(&value_date) {
            return Err(AccountRejection::ValueDateOutOfRange { value_date, earliest, latest });
        }
        if let Some(closed_through) = closed_through(references).filter(|closed| value_date <= *closed) {
            return Err(AccountRejection::PeriodClosed { value_date, closed_through });
        }
        Ok(Self { value_date, ..today })
    }
}
