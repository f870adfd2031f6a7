//! Which accounts a customer has, and what became of their freezes. Facts from elsewhere: recorded once, never argued with.

use es_core::References;

use super::{Decision, one};
use crate::account::{Account, AccountState};
use crate::customer::accounts::FreezeStage;
use crate::customer::commands::{
    LinkAccount, RecordAccountFreeze, RecordAccountFreezeGone, RecordAccountFreezeLift, RecordAccountFreezeRefusal,
    UnlinkAccount,
};
use crate::customer::events::{
    AccountFreezeGone, AccountFreezeLifted, AccountFreezeRecorded, AccountFreezeRefused, AccountLinked, AccountUnlinked,
};
use crate::customer::limits::MAX_ACCOUNTS;
use crate::customer::rejection::CustomerRejection;
use crate::customer::state::Customer;
use crate::ids::{AccountId, CaseId};

/// Also of a customer who may not have new accounts by now: this one was opened while they could.
pub(super) fn link(customer: &Customer, c: &LinkAccount, references: &References) -> Decision {
    let (customer_id, account_id) = (c.customer_id.clone(), c.account_id.clone());
    let account = account_of(references, &account_id)?;
    if account.customer_id != customer_id {
        return Err(CustomerRejection::NotTheHolder { account_id, holder: account.customer_id.clone(), customer_id });
    }
    if customer.accounts.open.contains_key(&account_id) || account.link.is_settled() {
        return Ok(Vec::new());
    }
    if customer.accounts.open.len() >= MAX_ACCOUNTS {
        return Err(CustomerRejection::TooManyAccounts { customer_id, most: MAX_ACCOUNTS });
    }
    one(AccountLinked { customer_id, account_id })
}

pub(super) fn unlink(customer: &Customer, c: &UnlinkAccount, references: &References) -> Decision {
    let (customer_id, account_id) = (c.customer_id.clone(), c.account_id.clone());
    if !customer.accounts.open.contains_key(&account_id) {
        return Ok(Vec::new());
    }
    if account_of(references, &account_id)?.closed_on.is_none() {
        return Err(CustomerRejection::AccountStillOpen { account_id });
    }
    one(AccountUnlinked { customer_id, account_id })
}

fn account_of<'a>(references: &'a References, account_id: &AccountId) -> Result<&'a Account, CustomerRejection> {
    let state = references.get::<AccountState>(&account_id.stream());
    let missing = || CustomerRejection::AccountNotFound { account_id: account_id.clone() };
    state.and_then(AccountState::account).ok_or_else(missing)
}

/// Whether something is still to be recorded about the case: otherwise it was recorded before, or the account is closed by now.
fn stands(customer: &Customer, account: &AccountId, case: &CaseId, stage: FreezeStage) -> bool {
    customer.accounts.open.get(account).and_then(|cases| cases.get(case)) == Some(&stage)
}

pub(super) fn record_freeze(customer: &Customer, c: &RecordAccountFreeze) -> Decision {
    if !stands(customer, &c.account_id, &c.case_id, FreezeStage::Asked) {
        return Ok(Vec::new());
    }
    let (customer_id, account_id, case_id) = (c.customer_id.clone(), c.account_id.clone(), c.case_id.clone());
    one(AccountFreezeRecorded { customer_id, account_id, case_id })
}

pub(super) fn record_refusal(customer: &Customer, c: &RecordAccountFreezeRefusal) -> Decision {
    if !stands(customer, &c.account_id, &c.case_id, FreezeStage::Asked) {
        return Ok(Vec::new());
    }
    let (customer_id, account_id, case_id) = (c.customer_id.clone(), c.account_id.clone(), c.case_id.clone());
    let (code, message) = (c.code.clone(), c.message.clone());
    one(AccountFreezeRefused { customer_id, account_id, case_id, code, message })
}

pub(super) fn record_lift(customer: &Customer, c: &RecordAccountFreezeLift) -> Decision {
    if !stands(customer, &c.account_id, &c.case_id, FreezeStage::Frozen) {
        return Ok(Vec::new());
    }
    let (customer_id, account_id, case_id) = (c.customer_id.clone(), c.account_id.clone(), c.case_id.clone());
    one(AccountFreezeLifted { customer_id, account_id, case_id })
}

pub(super) fn record_gone(customer: &Customer, c: &RecordAccountFreezeGone) -> Decision {
    if !stands(customer, &c.account_id, &c.case_id, FreezeStage::Frozen) {
        return Ok(Vec::new());
    }
    let (customer_id, account_id, case_id) = (c.customer_id.clone(), c.account_id.clone(), c.case_id.clone());
    let (code, message) = (c.code.clone(), c.message.clone());
    one(AccountFreezeGone { customer_id, account_id, case_id, code, message })
}
