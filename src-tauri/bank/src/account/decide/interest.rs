//! Interest: agreed, earned day by day without a gap, and posted in whole minor units with the rest carried on.

use chrono::{Days, NaiveDate};
use es_core::{CommandContext, References};

use super::{Booking, Decision, closed_through, may_credit, may_debit};
use crate::account::accrual::{InterestBook, InterestTerms, MAX_OPEN_DAYS, MAX_RATES};
use crate::account::commands::{AccrueInterest, SetInterestRate, SettleInterest};
use crate::account::events::{AccountEvent, InterestAccrued, InterestPosted, InterestRateSet};
use crate::account::rejection::AccountRejection;
use crate::account::state::{Account, AccountState};
use crate::ids::AccountId;
use crate::interest::{MinorFraction, PartsPerMillion};
use crate::money::{AMOUNT_CAP, Amount};
use crate::posting::{GlAccount, Postings};

/// Most days that one accrual covers: a leap year. Each may be a period of its own in the event.
pub const MAX_ACCRUAL_DAYS: i64 = 366;
/// How many days ahead a rate may be agreed.
pub const RATE_DAYS_AHEAD: u64 = 366;

pub(super) fn set_rate(account: &Account, set: &SetInterestRate, context: &CommandContext) -> Decision {
    let (book, valid_from) = (&account.interest, set.valid_from);
    let rate = set.rate_parts_per_million;
    let overdraft_rate = set.overdraft_rate_parts_per_million.unwrap_or(PartsPerMillion::ZERO);
    // Without a rate the balances of past days are not kept; with one, all days that have not earned are.
    let earliest = match book.terms.is_empty() {
        true => book.first_open_day().max(context.business_date),
        false => book.first_open_day(),
    };
    let latest = context.business_date.checked_add_days(Days::new(RATE_DAYS_AHEAD)).unwrap_or(NaiveDate::MAX);
    if !(earliest..=latest).contains(&valid_from) {
        return Err(AccountRejection::RateDateOutOfRange { valid_from, earliest, latest });
    }
    let terms = InterestTerms { rate, overdraft_rate, day_count: set.day_count };
    if book.terms.range(..=valid_from).next_back().is_some_and(|(_, known)| *known == terms) {
        return Ok(Vec::new());
    }
    if book.terms.len() >= MAX_RATES && !book.terms.contains_key(&valid_from) {
        return Err(AccountRejection::TooManyRates { account_id: account.account_id.clone(), most: MAX_RATES });
    }
    Ok(vec![
        InterestRateSet {
            account_id: set.account_id.clone(),
            rate_parts_per_million: rate,
            overdraft_rate_parts_per_million: overdraft_rate,
            day_count: set.day_count,
            valid_from,
        }
        .into(),
    ])
}

pub(super) fn accrue(account: &Account, accrue: &AccrueInterest, context: &CommandContext) -> Decision {
    Ok(accrued_through(account, accrue.through, context)?.map(AccountEvent::from).into_iter().collect())
}

/// What the days that have not earned yet earn, up to and including one; nothing if they have all earned.
fn accrued_through(
    account: &Account,
    through: NaiveDate,
    context: &CommandContext,
) -> Result<Option<InterestAccrued>, AccountRejection> {
    let Some(from) = account.interest.next_day() else {
        return Err(AccountRejection::InterestRateNotSet { account_id: account.account_id.clone() });
    };
    if through >= context.business_date {
        return Err(AccountRejection::DayNotOver { through, today: context.business_date });
    }
    if through < from {
        return Ok(None);
    }
    if through.signed_duration_since(from).num_days() >= MAX_ACCRUAL_DAYS {
        return Err(AccountRejection::TooManyDays { from, through, most: MAX_ACCRUAL_DAYS });
    }
    Ok(Some(earned(account.account_id.clone(), &account.interest, from, through)))
}

fn earned(account_id: AccountId, book: &InterestBook, from: NaiveDate, through: NaiveDate) -> InterestAccrued {
    let periods = book.accrue(from, through);
    let interest = periods.iter().fold(MinorFraction::ZERO, |sum, period| sum.plus(period.interest));
    let accrued = book.accrued.plus(interest);
    InterestAccrued { account_id, from, through, interest, accrued, periods }
}

/// What is earned and not posted, with the days before one that were not accrued yet.
pub(super) fn earned_before(account: &Account, day: NaiveDate) -> MinorFraction {
    let book = &account.interest;
    match (book.next_day(), day.pred_opt()) {
        (Some(from), Some(through)) if from <= through => {
            earned(account.account_id.clone(), book, from, through).accrued
        }
        _ => book.accrued,
    }
}

/// The accruals that have to come before events that would need one more open day than the book keeps: all days that are over.
/// So the book is exact however long nobody has accrued.
pub(super) fn accruals_before(
    state: &AccountState,
    events: &[AccountEvent],
    context: &CommandContext,
) -> Option<Vec<AccountEvent>> {
    let account = state.open()?;
    if account.interest.movements.len() < MAX_OPEN_DAYS {
        return None;
    }
    let entry = events.first()?.entry()?;
    let day = entry.value_date.max(account.interest.first_open_day());
    if account.interest.movements.contains_key(&day) {
        return None;
    }
    let yesterday = context.business_date.pred_opt()?;
    let mut book = account.interest.clone();
    let mut accruals = Vec::new();
    while let Some(from) = book.next_day().filter(|from| *from <= yesterday) {
        let last = from.checked_add_days(Days::new(MAX_ACCRUAL_DAYS.unsigned_abs() - 1));
        let accrual =
            earned(account.account_id.clone(), &book, from, last.map_or(yesterday, |last| last.min(yesterday)));
        book.accrued(&accrual);
        accruals.push(accrual.into());
    }
    (!accruals.is_empty()).then_some(accruals)
}

/// A period's end: what has not earned yet earns, and what is earned is posted. What the account cannot bear now stays accrued
/// and is posted with the next period's.
pub(super) fn settle(
    account: &Account,
    settle: &SettleInterest,
    context: &CommandContext,
    references: &References,
) -> Decision {
    let Some(accrual) = accrued_through(account, settle.through, context)? else { return Ok(Vec::new()) };
    let mut accrued = account.clone();
    accrued.interest.accrued(&accrual);
    let posted = post(&accrued, context, references).unwrap_or_default();
    Ok([vec![accrual.into()], posted].concat())
}

/// Posts what has been earned, rounded half to even. What that leaves out or adds is carried, so nothing is ever lost; what is
/// beyond the cap of an amount stays accrued as well.
pub(super) fn post(account: &Account, context: &CommandContext, references: &References) -> Decision {
    let book = &account.interest;
    let Some(through) = book.accrued_through else {
        return match book.terms.is_empty() {
            true => Err(AccountRejection::InterestRateNotSet { account_id: account.account_id.clone() }),
            false => Ok(Vec::new()),
        };
    };
    let cap = i128::from(AMOUNT_CAP);
    let minor = book.accrued.rounded_half_even().clamp(-cap, cap);
    let size = i64::try_from(minor.abs()).unwrap_or(AMOUNT_CAP);
    let Ok(amount) = Amount::new(size, account.currency) else { return Ok(Vec::new()) };
    let whole = MinorFraction::whole(amount.money());
    let own = account.account_id.clone();
    let (postings, carried, text) = if minor > 0 {
        may_credit(account, amount)?;
        let postings = Postings::simple(GlAccount::InterestExpense, own, amount);
        (postings, book.accrued.minus(whole), format!("Interest through {through}"))
    } else {
        may_debit(account, amount)?;
        let postings = Postings::simple(own, GlAccount::InterestIncome, amount);
        (postings, book.accrued.plus(whole), format!("Overdraft interest through {through}"))
    };
    let booking = Booking::today(context);
    // The end of what it pays for, unless the ledger is closed by then. It earns from the first day that has not earned.
    let first_open = closed_through(references).and_then(|closed| closed.succ_opt());
    Ok(vec![
        InterestPosted {
            account_id: account.account_id.clone(),
            amount,
            through,
            accrued: book.accrued,
            carried,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: first_open.map_or(through, |open| through.max(open)),
            postings,
            text,
        }
        .into(),
    ])
}
