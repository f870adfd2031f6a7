//! Dormancy and limits: what a customer may do with the account.

use chrono::NaiveDate;
use es_core::CommandContext;

use super::{Decision, covered, not_frozen, same_currency};
use crate::account::commands::{MarkDormant, Reactivate, SetLimits};
use crate::account::events::{AccountMarkedDormant, AccountReactivated, LimitsSet};
use crate::account::rejection::AccountRejection;
use crate::account::state::{Account, Hold};
use crate::money::{Amount, Money};

pub(super) fn mark_dormant(account: &Account, mark: &MarkDormant) -> Decision {
    let (account_id, reason) = (mark.account_id.clone(), mark.reason.clone());
    if account.dormant.is_some() {
        return Err(AccountRejection::AlreadyDormant { account_id });
    }
    Ok(vec![AccountMarkedDormant { account_id, reason }.into()])
}

pub(super) fn reactivate(account: &Account, reactivate: &Reactivate) -> Decision {
    let (account_id, reason) = (reactivate.account_id.clone(), reactivate.reason.clone());
    if account.dormant.is_none() {
        return Err(AccountRejection::NotDormant { account_id });
    }
    Ok(vec![AccountReactivated { account_id, reason }.into()])
}

pub(super) fn set_limits(account: &Account, set: &SetLimits) -> Decision {
    let (per_transaction, per_day, per_month) = (set.per_transaction, set.per_day, set.per_month);
    for limit in [per_transaction, per_day, per_month].into_iter().flatten() {
        same_currency(&account.account_id, account.currency, limit.money().currency())?;
    }
    let known = &account.spending;
    if (known.per_transaction, known.per_day, known.per_month) == (per_transaction, per_day, per_month) {
        return Ok(Vec::new());
    }
    Ok(vec![LimitsSet { account_id: set.account_id.clone(), per_transaction, per_day, per_month }.into()])
}

/// Whether the customer may take an amount out now: what any debit needs, and a dormant account refuses, and the limits.
pub(super) fn may_spend(account: &Account, amount: Amount, context: &CommandContext) -> Result<(), AccountRejection> {
    may_take(account, amount, None)?;
    within_limits(account, amount, amount, context.business_date)
}

/// Whether the customer may use up a hold. Its amount was counted when it was placed; one from before that was recorded counts
/// now.
pub(super) fn may_use(
    account: &Account,
    amount: Amount,
    hold: &Hold,
    context: &CommandContext,
) -> Result<(), AccountRejection> {
    may_take(account, amount, Some(hold.amount))?;
    match hold.counted_on {
        Some(_) => Ok(()),
        None => within_limits(account, amount, amount, context.business_date),
    }
}

/// Whether the customer may let a hold grow. What it grows by counts on the hold's own day.
pub(super) fn may_grow(account: &Account, amount: Amount, hold: &Hold) -> Result<(), AccountRejection> {
    may_take(account, amount, Some(hold.amount))?;
    match (hold.counted_on, Amount::try_from(amount.money().minus_recorded(hold.amount.money()))) {
        (Some(day), Ok(more)) => within_limits(account, amount, more, day),
        _ => Ok(()),
    }
}

fn may_take(account: &Account, amount: Amount, freed: Option<Amount>) -> Result<(), AccountRejection> {
    same_currency(&account.account_id, account.currency, amount.currency())?;
    not_frozen(account)?;
    if account.dormant.is_some() {
        return Err(AccountRejection::AccountDormant { account_id: account.account_id.clone() });
    }
    covered(account, amount, freed)
}

fn within_limits(account: &Account, whole: Amount, more: Amount, day: NaiveDate) -> Result<(), AccountRejection> {
    match account.spending.exceeded(whole, more.money(), day) {
        None => Ok(()),
        Some(exceeded) => Err(AccountRejection::LimitExceeded {
            account_id: account.account_id.clone(),
            period: exceeded.period,
            limit: exceeded.limit,
            used: exceeded.used,
            left: left(exceeded.limit.money(), exceeded.used),
            requested: if exceeded.period == crate::account::spending::Period::Transaction { whole } else { more },
        }),
    }
}

fn left(limit: Money, used: Money) -> Money {
    let left = limit.minus_recorded(used);
    if left.is_negative() { Money::zero(limit.currency()) } else { left }
}
