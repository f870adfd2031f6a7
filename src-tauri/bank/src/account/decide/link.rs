//! Whether the owner's own record names the account. Facts from elsewhere: recorded once, never argued with.

use super::{Decision, MAX_CASES};
use crate::account::commands::RecordLinkToCustomerRefusal;
use crate::account::events::{AccountFrozen, LinkToCustomerRefused, LinkedToCustomer, UnlinkedFromCustomer};
use crate::account::state::{Account, AccountState, LinkStage};
use crate::ids::CaseId;

/// Case that an account is frozen for if its owner's record could not name it.
pub const UNLINKED_CASE: &str = "OWNER-RECORD";

pub(super) fn record(account: &Account) -> Decision {
    if account.link != LinkStage::Asked {
        return Ok(Vec::new());
    }
    let (account_id, customer_id) = (account.account_id.clone(), account.customer_id.clone());
    Ok(vec![LinkedToCustomer { account_id, customer_id }.into()])
}

/// An account that nobody answers for is not to be used: it is frozen until people have looked at it.
pub(super) fn record_refusal(state: &AccountState, account: &Account, c: &RecordLinkToCustomerRefusal) -> Decision {
    if account.link != LinkStage::Asked {
        return Ok(Vec::new());
    }
    let (account_id, customer_id) = (account.account_id.clone(), account.customer_id.clone());
    let (code, message) = (c.code.clone(), c.message.clone());
    let reason = message.clone();
    let mut events = vec![LinkToCustomerRefused { account_id: account_id.clone(), customer_id, code, message }.into()];
    if let Ok(case_id) = CaseId::new(UNLINKED_CASE)
        && state.open().is_some()
        && account.frozen_by.len() < MAX_CASES
        && !account.frozen_by.contains_key(&case_id)
    {
        events.push(AccountFrozen { account_id, case_id, reason }.into());
    }
    Ok(events)
}

pub(super) fn record_unlink(account: &Account) -> Decision {
    if account.link != LinkStage::Linked || account.closed_on.is_none() {
        return Ok(Vec::new());
    }
    let (account_id, customer_id) = (account.account_id.clone(), account.customer_id.clone());
    Ok(vec![UnlinkedFromCustomer { account_id, customer_id }.into()])
}
