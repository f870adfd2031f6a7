//! Holds: money set aside, then captured, released or expired; exactly one of them, once.

use es_core::CommandContext;

use super::{Booking, Decision, care, same_currency};
use crate::account::commands::{CaptureHold, ChangeHold, ExpireHold, PlaceHold, ReleaseHold};
use crate::account::events::{HoldCaptured, HoldChanged, HoldExpired, HoldPlaced, HoldReleased};
use crate::account::rejection::AccountRejection;
use crate::account::state::{Account, Hold, HoldStatus, MAX_HOLDS};
use crate::ids::HoldId;
use crate::money::Amount;
use crate::posting::{GlAccount, Postings};

/// The hold, if it is neither captured, released nor recorded as expired.
fn unresolved<'a>(account: &'a Account, hold_id: &HoldId) -> Result<&'a Hold, AccountRejection> {
    let Some(hold) = account.holds.get(hold_id) else {
        let account_id = account.account_id.clone();
        return Err(AccountRejection::HoldNotFound { account_id, hold_id: hold_id.clone() });
    };
    let (hold_id, amount) = (hold_id.clone(), hold.amount);
    match hold.status {
        HoldStatus::Open => Ok(hold),
        HoldStatus::Captured => Err(AccountRejection::AlreadyCaptured { hold_id, amount }),
        HoldStatus::Released => Err(AccountRejection::AlreadyReleased { hold_id, amount }),
        HoldStatus::Expired => Err(AccountRejection::HoldExpired { hold_id, amount, expires_at: hold.expires_at }),
    }
}

/// The hold, if it is open and its time has not come either.
pub(super) fn usable<'a>(
    account: &'a Account,
    hold_id: &HoldId,
    context: &CommandContext,
) -> Result<&'a Hold, AccountRejection> {
    let hold = unresolved(account, hold_id)?;
    if hold.expires_at <= context.now {
        let (hold_id, amount) = (hold_id.clone(), hold.amount);
        return Err(AccountRejection::HoldExpired { hold_id, amount, expires_at: hold.expires_at });
    }
    Ok(hold)
}

/// Whether an amount can be taken from a hold.
pub(super) fn within(hold_id: &HoldId, hold: &Hold, requested: Amount) -> Result<(), AccountRejection> {
    if requested.minor() > hold.amount.minor() {
        return Err(AccountRejection::ExceedsHold { hold_id: hold_id.clone(), held: hold.amount, requested });
    }
    Ok(())
}

pub(super) fn place(account: &Account, place: &PlaceHold, context: &CommandContext) -> Decision {
    if let Some(hold) = account.holds.get(&place.hold_id) {
        let same = hold.amount == place.amount && hold.expires_at == place.expires_at && hold.purpose == place.purpose;
        if same && hold.status == HoldStatus::Open {
            return Ok(Vec::new());
        }
        let (hold_id, hold_status) = (place.hold_id.clone(), hold.status);
        return Err(AccountRejection::HoldExists { hold_id, hold_status, amount: hold.amount });
    }
    if place.expires_at <= context.now {
        return Err(AccountRejection::ExpiryInThePast { expires_at: place.expires_at, now: context.now });
    }
    care::may_spend(account, place.amount, context)?;
    let open = account.open_holds().count();
    if open >= MAX_HOLDS {
        return Err(AccountRejection::TooManyHolds { account_id: account.account_id.clone(), open, most: MAX_HOLDS });
    }
    Ok(vec![
        HoldPlaced {
            account_id: place.account_id.clone(),
            hold_id: place.hold_id.clone(),
            amount: place.amount,
            expires_at: place.expires_at,
            purpose: place.purpose.clone(),
            placed_on: Some(context.business_date),
        }
        .into(),
    ])
}

pub(super) fn change(account: &Account, change: &ChangeHold, context: &CommandContext) -> Decision {
    let hold = usable(account, &change.hold_id, context)?;
    if hold.amount == change.amount && hold.expires_at == change.expires_at {
        return Ok(Vec::new());
    }
    if change.expires_at <= context.now {
        return Err(AccountRejection::ExpiryInThePast { expires_at: change.expires_at, now: context.now });
    }
    same_currency(&account.account_id, account.currency, change.amount.currency())?;
    if change.amount.minor() > hold.amount.minor() {
        care::may_grow(account, change.amount, hold)?;
    }
    Ok(vec![
        HoldChanged {
            account_id: change.account_id.clone(),
            hold_id: change.hold_id.clone(),
            amount: change.amount,
            expires_at: change.expires_at,
        }
        .into(),
    ])
}

pub(super) fn capture(account: &Account, capture: &CaptureHold, context: &CommandContext) -> Decision {
    let hold = usable(account, &capture.hold_id, context)?;
    same_currency(&account.account_id, account.currency, capture.amount.currency())?;
    within(&capture.hold_id, hold, capture.amount)?;
    care::may_use(account, capture.amount, hold, context)?;
    let booking = Booking::today(context);
    Ok(vec![
        HoldCaptured {
            account_id: capture.account_id.clone(),
            hold_id: capture.hold_id.clone(),
            amount: capture.amount,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(capture.account_id.clone(), GlAccount::Nostro, capture.amount),
            text: capture.text.clone().unwrap_or_else(|| hold.purpose.clone()),
        }
        .into(),
    ])
}

pub(super) fn release(account: &Account, release: &ReleaseHold) -> Decision {
    unresolved(account, &release.hold_id)?;
    let (account_id, hold_id) = (release.account_id.clone(), release.hold_id.clone());
    Ok(vec![HoldReleased { account_id, hold_id, reason: release.reason.clone() }.into()])
}

pub(super) fn expire(account: &Account, expire: &ExpireHold, context: &CommandContext) -> Decision {
    let hold = unresolved(account, &expire.hold_id)?;
    let (account_id, hold_id) = (expire.account_id.clone(), expire.hold_id.clone());
    if hold.expires_at > context.now {
        return Err(AccountRejection::HoldNotDue { hold_id, expires_at: hold.expires_at });
    }
    Ok(vec![HoldExpired { account_id, hold_id }.into()])
}
