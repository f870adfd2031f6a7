//! The overdraft limit: set by one person, or, where it is high, proposed by one and approved by another.

use es_core::CommandContext;
use es_core::hash::content_hash_of;

use super::{Decision, approval_threshold, may_have_overdraft, same_currency};
use crate::account::commands::{ApproveOverdraft, DeclineOverdraft, SetOverdraft};
use crate::account::events::{OverdraftDeclined, OverdraftProposed, OverdraftSet};
use crate::account::rejection::AccountRejection;
use crate::account::state::{Account, OverdraftProposal};
use crate::ids::AccountId;
use crate::money::{Limit, Money};

pub(super) fn set(account: &Account, set: &SetOverdraft, context: &CommandContext) -> Decision {
    let (account_id, overdraft_limit) = (set.account_id.clone(), set.overdraft_limit);
    same_currency(&account_id, account.currency, overdraft_limit.money().currency())?;
    may_have_overdraft(account.product, overdraft_limit)?;
    if overdraft_limit == account.overdraft_limit {
        return Ok(Vec::new());
    }
    enough_for_what_is_in_use(account, overdraft_limit)?;
    let threshold = approval_threshold(account.currency);
    if overdraft_limit.money().minor() <= threshold.money().minor() {
        return Ok(vec![OverdraftSet { account_id, overdraft_limit, approved_by: None }.into()]);
    }
    let content_hash = content_hash(&account_id, account.overdraft_limit, overdraft_limit, &context.actor);
    if account.overdraft_proposal.as_ref().is_some_and(|pending| pending.content_hash == content_hash) {
        return Ok(Vec::new());
    }
    let proposed_by = context.actor.clone();
    Ok(vec![OverdraftProposed { account_id, overdraft_limit, content_hash, proposed_by }.into()])
}

pub(super) fn approve(account: &Account, approve: &ApproveOverdraft, context: &CommandContext) -> Decision {
    let proposal = pending(account, &approve.content_hash)?;
    if proposal.proposed_by == context.actor {
        return Err(AccountRejection::SamePerson { actor: context.actor.clone() });
    }
    let (overdraft_limit, approved_by) = (proposal.overdraft_limit, Some(context.actor.clone()));
    enough_for_what_is_in_use(account, overdraft_limit)?;
    Ok(vec![OverdraftSet { account_id: approve.account_id.clone(), overdraft_limit, approved_by }.into()])
}

/// Also by who proposed it: that withdraws it.
pub(super) fn decline(account: &Account, decline: &DeclineOverdraft, context: &CommandContext) -> Decision {
    pending(account, &decline.content_hash)?;
    let (account_id, content_hash) = (decline.account_id.clone(), decline.content_hash.clone());
    let (reason, declined_by) = (decline.reason.clone(), context.actor.clone());
    Ok(vec![OverdraftDeclined { account_id, content_hash, reason, declined_by }.into()])
}

/// The proposal that waits, if it is the one with this hash.
fn pending<'a>(account: &'a Account, content_hash: &str) -> Result<&'a OverdraftProposal, AccountRejection> {
    let account_id = account.account_id.clone();
    let Some(proposal) = &account.overdraft_proposal else {
        return Err(AccountRejection::NoOverdraftProposal { account_id });
    };
    if proposal.content_hash != content_hash {
        let (approved, current) = (content_hash.to_owned(), proposal.content_hash.clone());
        return Err(AccountRejection::OverdraftProposalChanged { account_id, approved, current });
    }
    Ok(proposal)
}

/// What is in use is settled less held, as far as it is below zero.
fn enough_for_what_is_in_use(account: &Account, requested: Limit) -> Result<(), AccountRejection> {
    let needed = Money::zero(account.currency).minus_recorded(account.settled).plus_recorded(account.held);
    if needed.minor() > requested.money().minor() {
        return Err(AccountRejection::OverdraftInUse { account_id: account.account_id.clone(), needed, requested });
    }
    Ok(())
}

/// SHA-256 (hexadecimal) over account, present and proposed limit and who proposed, so that an approval cannot be moved to
/// another account, another limit or another person's proposal.
fn content_hash(account_id: &AccountId, present: Limit, proposed: Limit, proposed_by: &str) -> String {
    let change = format!("from {present} to {proposed}");
    content_hash_of(account_id.as_str(), "OverdraftProposal", 1, change.as_bytes(), proposed_by).to_hex()
}
