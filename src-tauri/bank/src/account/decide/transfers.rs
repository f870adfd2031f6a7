//! A transfer's steps. Each is done once per transfer: asked again with the same amount, it has nothing left to do, even if
//! the account was frozen or closed meanwhile, so a process may repeat a step after a crash.

use es_core::CommandContext;

use super::{Booking, Decision, care, holds, in_use, may_credit, same_currency};
use crate::account::commands::{CreditFromTransfer, DebitForTransfer, ReturnTransferDebit};
use crate::account::events::{TransferCredited, TransferDebitReturned, TransferDebited};
use crate::account::rejection::AccountRejection;
use crate::account::state::{AccountState, TransferLeg};
use crate::ids::{AccountId, TransferId};
use crate::money::Amount;
use crate::posting::{GlAccount, Postings};

fn leg<'a>(state: &'a AccountState, transfer_id: &TransferId) -> Option<&'a TransferLeg> {
    state.account()?.transfers.get(transfer_id)
}

fn same_amount(
    account_id: &AccountId,
    transfer_id: &TransferId,
    known: Amount,
    requested: Amount,
) -> Result<(), AccountRejection> {
    if known == requested {
        return Ok(());
    }
    let (account_id, transfer_id) = (account_id.clone(), transfer_id.clone());
    Err(AccountRejection::TransferMismatch { account_id, transfer_id, known, requested })
}

pub(super) fn debit(state: &AccountState, debit: &DebitForTransfer, context: &CommandContext) -> Decision {
    if let Some(known) = leg(state, &debit.transfer_id).and_then(|leg| leg.debited) {
        same_amount(&debit.account_id, &debit.transfer_id, known, debit.amount)?;
        return Ok(Vec::new());
    }
    let account = in_use(state, &debit.account_id)?;
    let hold = holds::usable(account, &debit.hold_id, context)?;
    same_currency(&account.account_id, account.currency, debit.amount.currency())?;
    holds::within(&debit.hold_id, hold, debit.amount)?;
    care::may_use(account, debit.amount, hold, context)?;
    let booking = Booking::today(context);
    Ok(vec![
        TransferDebited {
            account_id: debit.account_id.clone(),
            transfer_id: debit.transfer_id.clone(),
            amount: debit.amount,
            hold_id: debit.hold_id.clone(),
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(debit.account_id.clone(), GlAccount::TransfersInTransit, debit.amount),
            text: format!("Transfer {} sent", debit.transfer_id),
        }
        .into(),
    ])
}

pub(super) fn credit(state: &AccountState, credit: &CreditFromTransfer, context: &CommandContext) -> Decision {
    if let Some(known) = leg(state, &credit.transfer_id).and_then(|leg| leg.credited) {
        same_amount(&credit.account_id, &credit.transfer_id, known, credit.amount)?;
        return Ok(Vec::new());
    }
    let account = in_use(state, &credit.account_id)?;
    may_credit(account, credit.amount)?;
    let booking = Booking::today(context);
    Ok(vec![
        TransferCredited {
            account_id: credit.account_id.clone(),
            transfer_id: credit.transfer_id.clone(),
            amount: credit.amount,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(GlAccount::TransfersInTransit, credit.account_id.clone(), credit.amount),
            text: format!("Transfer {} received", credit.transfer_id),
        }
        .into(),
    ])
}

pub(super) fn give_back(state: &AccountState, back: &ReturnTransferDebit, context: &CommandContext) -> Decision {
    let leg = leg(state, &back.transfer_id);
    if let Some((debited, returned)) = leg.and_then(|leg| leg.debited.map(|debited| (debited, leg.returned))) {
        same_amount(&back.account_id, &back.transfer_id, debited, back.amount)?;
        if returned.is_some() {
            return Ok(Vec::new());
        }
    }
    let account = in_use(state, &back.account_id)?;
    if leg.is_none_or(|leg| leg.debited.is_none()) {
        let (account_id, transfer_id) = (back.account_id.clone(), back.transfer_id.clone());
        return Err(AccountRejection::TransferNotDebited { account_id, transfer_id });
    }
    may_credit(account, back.amount)?;
    let booking = Booking::today(context);
    Ok(vec![
        TransferDebitReturned {
            account_id: back.account_id.clone(),
            transfer_id: back.transfer_id.clone(),
            amount: back.amount,
            reason: back.reason.clone(),
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings: Postings::simple(GlAccount::TransfersInTransit, back.account_id.clone(), back.amount),
            text: format!("Transfer {} returned", back.transfer_id),
        }
        .into(),
    ])
}
