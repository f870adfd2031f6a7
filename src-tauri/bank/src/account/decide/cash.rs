//! Cash, fees and reversals.

use es_core::{CommandContext, References};

use super::{Booking, Decision, care, may_credit, may_debit};
use crate::account::commands::{ChargeFee, Deposit, ReversePosting, WaiveFee, Withdraw};
use crate::account::events::{FeeCharged, FeeWaived, MoneyDeposited, MoneyWithdrawn, PostingReversed};
use crate::account::rejection::AccountRejection;
use crate::account::state::{Account, BookedEntry, EntryKind, MAX_ENTRIES};
use crate::ids::EntryId;
use crate::posting::{GlAccount, PostingAccount, Postings, Side};

pub(super) fn deposit(
    account: &Account,
    deposit: &Deposit,
    context: &CommandContext,
    references: &References,
) -> Decision {
    may_credit(account, deposit.amount)?;
    let booking = Booking::valued(account, deposit.value_date, context, references)?;
    Ok(vec![
        MoneyDeposited {
            account_id: deposit.account_id.clone(),
            amount: deposit.amount,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(GlAccount::VaultCash, deposit.account_id.clone(), deposit.amount),
            text: deposit.text.clone().unwrap_or_else(|| "Cash deposit".to_owned()),
        }
        .into(),
    ])
}

pub(super) fn withdraw(
    account: &Account,
    withdraw: &Withdraw,
    context: &CommandContext,
    references: &References,
) -> Decision {
    care::may_spend(account, withdraw.amount, context)?;
    let booking = Booking::valued(account, withdraw.value_date, context, references)?;
    Ok(vec![
        MoneyWithdrawn {
            account_id: withdraw.account_id.clone(),
            amount: withdraw.amount,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(withdraw.account_id.clone(), GlAccount::VaultCash, withdraw.amount),
            text: withdraw.text.clone().unwrap_or_else(|| "Cash withdrawal".to_owned()),
        }
        .into(),
    ])
}

pub(super) fn charge_fee(account: &Account, fee: &ChargeFee, context: &CommandContext) -> Decision {
    may_debit(account, fee.amount)?;
    let booking = Booking::today(context);
    Ok(vec![
        FeeCharged {
            account_id: fee.account_id.clone(),
            amount: fee.amount,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(fee.account_id.clone(), GlAccount::FeeIncome, fee.amount),
            text: fee.text.clone(),
        }
        .into(),
    ])
}

/// The fee given back, by the mirror image of its entry.
pub(super) fn waive_fee(account: &Account, waive: &WaiveFee, context: &CommandContext) -> Decision {
    let entry_id = waive.entry_id;
    let original = standing(account, entry_id)?;
    let Some(postings) = original.postings.as_ref().filter(|_| original.kind == EntryKind::Fee) else {
        return Err(AccountRejection::NotAFee { entry_id, kind: original.kind });
    };
    may_credit(account, original.amount)?;
    let booking = Booking::today(context);
    Ok(vec![
        FeeWaived {
            account_id: waive.account_id.clone(),
            original_entry_id: entry_id,
            amount: original.amount,
            reason: waive.reason.clone(),
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: postings.mirrored(),
            text: format!("Fee waived: {}", waive.reason),
        }
        .into(),
    ])
}

/// An entry that is known and was not undone.
fn standing(account: &Account, entry_id: EntryId) -> Result<&BookedEntry, AccountRejection> {
    let Some(entry) = account.entries.get(&entry_id) else {
        let account_id = account.account_id.clone();
        return Err(AccountRejection::EntryNotFound { account_id, entry_id, most: MAX_ENTRIES });
    };
    match entry.reversed_by {
        None => Ok(entry),
        Some(by) if account.entries.get(&by).is_some_and(|entry| entry.kind == EntryKind::Waiver) => {
            Err(AccountRejection::AlreadyWaived { entry_id, waived_by: by })
        }
        Some(reversed_by) => Err(AccountRejection::AlreadyReversed { entry_id, reversed_by }),
    }
}

/// The mirror image of an entry: what it credited is debited, under the same rules as any debit.
pub(super) fn reverse(account: &Account, reverse: &ReversePosting, context: &CommandContext) -> Decision {
    let entry_id = reverse.entry_id;
    let original = standing(account, entry_id)?;
    let Some(postings) = original.postings.as_ref().filter(|_| original.kind.is_reversible()) else {
        return Err(AccountRejection::EntryNotReversible { entry_id, kind: original.kind });
    };
    let mirrored = postings.mirrored();
    let own = PostingAccount::Customer(account.account_id.clone());
    for leg in mirrored.iter().filter(|leg| leg.account == own) {
        match leg.side {
            Side::Debit => may_debit(account, leg.amount)?,
            Side::Credit => may_credit(account, leg.amount)?,
        }
    }
    let booking = Booking::today(context);
    Ok(vec![
        PostingReversed {
            account_id: reverse.account_id.clone(),
            original_entry_id: entry_id,
            amount: original.amount,
            reason: reverse.reason.clone(),
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: mirrored,
            text: format!("Reversal: {}", reverse.reason),
        }
        .into(),
    ])
}
