//! Interest: agreed, earned day by day without a gap, and posted in whole minor units with the rest carried on.

use chrono::{Days, NaiveDate};
use es_core::CommandContext;

use super::{Booking, Decision, may_credit, may_debit};
use crate::account::accrual::{InterestTerms, MAX_RATES};
use crate::account::commands::{AccrueInterest, PostInterest, SetInterestRate};
use crate::account::events::{InterestAccrued, InterestPosted, InterestRateSet};
use crate::account::rejection::AccountRejection;
use crate::account::state::Account;
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
    let (account_id, through) = (account.account_id.clone(), accrue.through);
    let Some(from) = account.interest.next_day() else {
        return Err(AccountRejection::InterestRateNotSet { account_id });
    };
    if through >= context.business_date {
        return Err(AccountRejection::DayNotOver { through, today: context.business_date });
    }
    if through < from {
        return Ok(Vec::new());
    }
    if through.signed_duration_since(from).num_days() >= MAX_ACCRUAL_DAYS {
        return Err(AccountRejection::TooManyDays { from, through, most: MAX_ACCRUAL_DAYS });
    }
    let periods = account.interest.accrue(from, through);
    let interest = periods.iter().fold(MinorFraction::ZERO, |sum, period| sum.plus(period.interest));
    let accrued = account.interest.accrued.plus(interest);
    Ok(vec![InterestAccrued { account_id, from, through, interest, accrued, periods }.into()])
}

/// Posts what has been earned, rounded half to even. What that leaves out or adds is carried, so nothing is ever lost; what is
/// beyond the cap of an amount stays accrued as well.
pub(super) fn post(account: &Account, post: &PostInterest, context: &CommandContext) -> Decision {
    let book = &account.interest;
    let Some(through) = book.accrued_through else {
        return match book.terms.is_empty() {
            true => Err(AccountRejection::InterestRateNotSet { account_id: post.account_id.clone() }),
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
    Ok(vec![
        InterestPosted {
            account_id: post.account_id.clone(),
            amount,
            through,
            accrued: book.accrued,
            carried,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            // Interest earns interest from the first day that has not earned itself.
            value_date: book.first_open_day(),
            postings,
            text,
        }
        .into(),
    ])
}
