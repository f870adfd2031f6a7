//! A transfer's steps. Each is done once per transfer: asked again with the same amount, it has nothing left to do, even if
//! the account was frozen or closed meanwhile, so a process may repeat a step after a crash.

use es_core::CommandContext;

use super::{Booking, Decision, care, holds, in_use, may_credit, same_currency};
use crate::account::commands::{CreditFromTransfer, DebitForTransfer, ReturnTransferDebit};
use crate::account::events::{TransferCredited, TransferDebitReturned, TransferDebited};
use crate::account::rejection::AccountRejection;
use crate::account::state::{AccountState, TransferLeg};
use crate::ids::{AccountId, TransferId};
use crate::money::{Amount, MoneyError};
use crate::posting::{GlAccount, Postings, Side};

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

fn same_fee(
    account_id: &AccountId,
    transfer_id: &TransferId,
    known: Option<Amount>,
    requested: Option<Amount>,
) -> Result<(), AccountRejection> {
    if known == requested {
        return Ok(());
    }
    let told = |fee: Option<Amount>| fee.map_or_else(|| "none".to_owned(), |fee| fee.to_string());
    let (account_id, transfer_id) = (account_id.clone(), transfer_id.clone());
    Err(AccountRejection::TransferFeeMismatch {
        account_id,
        transfer_id,
        known: told(known),
        requested: told(requested),
    })
}

/// The account's leg against transit and, for the fee, fee income.
fn with_fee(
    account_id: &AccountId,
    transfer_id: &TransferId,
    side: Side,
    amount: Amount,
    fee: Option<Amount>,
) -> Result<(Postings, Amount), AccountRejection> {
    let unsummable = |error: MoneyError| AccountRejection::FeeNotChargeable {
        account_id: account_id.clone(),
        transfer_id: transfer_id.clone(),
        amount,
        fee: fee.unwrap_or(amount),
        reason: error.to_string(),
    };
    let whole = fee.map_or(Ok(amount), |fee| amount.checked_add(fee)).map_err(unsummable)?;
    let of_fee = fee.map(|fee| (GlAccount::FeeIncome, fee));
    let postings = Postings::split(account_id.clone(), side, (GlAccount::TransfersInTransit, amount), of_fee);
    Ok((postings.map_err(unsummable)?, whole))
}

pub(super) fn debit(state: &AccountState, debit: &DebitForTransfer, context: &CommandContext) -> Decision {
    if let Some(known) = leg(state, &debit.transfer_id).and_then(|leg| leg.debited) {
        same_amount(&debit.account_id, &debit.transfer_id, known, debit.amount)?;
        let fee = leg(state, &debit.transfer_id).and_then(|leg| leg.fee);
        same_fee(&debit.account_id, &debit.transfer_id, fee, debit.fee)?;
        return Ok(Vec::new());
    }
    let account = in_use(state, &debit.account_id)?;
    let hold = holds::usable(account, &debit.hold_id, context)?;
    same_currency(&account.account_id, account.currency, debit.amount.currency())?;
    let (postings, whole) = with_fee(&debit.account_id, &debit.transfer_id, Side::Debit, debit.amount, debit.fee)?;
    holds::within(&debit.hold_id, hold, whole)?;
    care::may_use(account, whole, hold, context)?;
    let booking = Booking::today(context);
    Ok(vec![
        TransferDebited {
            account_id: debit.account_id.clone(),
            transfer_id: debit.transfer_id.clone(),
            amount: debit.amount,
            fee: debit.fee,
            hold_id: debit.hold_id.clone(),
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings,
            text: match debit.fee {
                None => format!("Transfer {} sent", debit.transfer_id),
                Some(fee) => format!("Transfer {} sent, with a fee of {fee}", debit.transfer_id),
            },
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
    let from_transit = credit.from_transit.unwrap_or(credit.amount);
    if from_transit.currency() == credit.amount.currency() && from_transit != credit.amount {
        // Within one currency nothing is gained or lost on the way.
        let (account_id, transfer_id) = (credit.account_id.clone(), credit.transfer_id.clone());
        let (known, requested) = (from_transit, credit.amount);
        return Err(AccountRejection::TransferMismatch { account_id, transfer_id, known, requested });
    }
    let (transit, own) = (GlAccount::TransfersInTransit, credit.account_id.clone());
    let (postings, text) = if from_transit == credit.amount {
        (Postings::simple(transit, own, credit.amount), format!("Transfer {} received", credit.transfer_id))
    } else {
        let text = format!("Transfer {} received, converted from {from_transit}", credit.transfer_id);
        (Postings::converted(transit, from_transit, own, credit.amount), text)
    };
    let booking = Booking::today(context);
    Ok(vec![
        TransferCredited {
            account_id: credit.account_id.clone(),
            transfer_id: credit.transfer_id.clone(),
            amount: credit.amount,
            from_transit,
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings,
            text,
        }
        .into(),
    ])
}

pub(super) fn give_back(state: &AccountState, back: &ReturnTransferDebit, context: &CommandContext) -> Decision {
    let leg = leg(state, &back.transfer_id);
    if let Some((debited, returned)) = leg.and_then(|leg| leg.debited.map(|debited| (debited, leg.returned))) {
        same_amount(&back.account_id, &back.transfer_id, debited, back.amount)?;
        same_fee(&back.account_id, &back.transfer_id, leg.and_then(|leg| leg.fee), back.fee)?;
        if returned.is_some() {
            return Ok(Vec::new());
        }
    }
    let account = in_use(state, &back.account_id)?;
    if leg.is_none_or(|leg| leg.debited.is_none()) {
        let (account_id, transfer_id) = (back.account_id.clone(), back.transfer_id.clone());
        return Err(AccountRejection::TransferNotDebited { account_id, transfer_id });
    }
    let (postings, whole) = with_fee(&back.account_id, &back.transfer_id, Side::Credit, back.amount, back.fee)?;
    may_credit(account, whole)?;
    let booking = Booking::today(context);
    Ok(vec![
        TransferDebitReturned {
            account_id: back.account_id.clone(),
            transfer_id: back.transfer_id.clone(),
            amount: back.amount,
            fee: back.fee,
            reason: back.reason.clone(),
            entry_id: booking.entry_id,
            booking_date: booking.booking_date,
            value_date: booking.value_date,
            postings,
            text: match back.fee {
                None => format!("Transfer {} returned", back.transfer_id),
                Some(fee) => format!("Transfer {} returned, with its fee of {fee}", back.transfer_id),
            },
        }
        .into(),
    ])
}
