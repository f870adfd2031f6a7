//! Names each account in its owner's own record, and takes it out again when it is closed: two streams, so a process.
//!
//! A link that the owner refuses (the relation ended while the account was being opened, or there are too many) freezes the
//! account until people have looked at it.

use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, Turn};

use super::drafts::{draft, not_a_step};
use crate::account::{
    AccountCommand, AccountState, LinkStage, RecordLinkToCustomer, RecordLinkToCustomerRefusal,
    RecordUnlinkFromCustomer,
};
use crate::customer::{CustomerCommand, LinkAccount, UnlinkAccount};

/// The process that keeps customers' lists of accounts.
pub struct AccountLinks;

/// The command that is planned and not settled in this state, and the name of its step.
#[must_use]
pub fn next_link(state: &AccountState) -> Option<(&'static str, CustomerCommand)> {
    let account = state.account()?;
    let (customer_id, account_id) = (account.customer_id.clone(), account.account_id.clone());
    match account.link {
        LinkStage::Asked => Some(("link", LinkAccount { customer_id, account_id }.into())),
        LinkStage::Linked if account.closed_on.is_some() => {
            Some(("unlink", UnlinkAccount { customer_id, account_id }.into()))
        }
        LinkStage::Linked | LinkStage::Refused | LinkStage::Unlinked => None,
    }
}

/// The command that records how a step ended, and the name of that step.
#[must_use]
pub fn link_outcome(state: &AccountState, step: &str, how: &Settlement) -> Option<(&'static str, AccountCommand)> {
    let account_id = state.account()?.account_id.clone();
    Some(match (step, how) {
        ("link", Settlement::Done) => ("link:done", RecordLinkToCustomer { account_id }.into()),
        ("link", Settlement::Rejected(rejection)) => {
            let (code, message) = (rejection.code.clone(), rejection.message.clone());
            ("link:refused", RecordLinkToCustomerRefusal { account_id, code, message }.into())
        }
        // Whatever the customer says, a closed account is not to be in the list, and the customer says no only where it is not.
        ("unlink", _) => ("unlink:done", RecordUnlinkFromCustomer { account_id }.into()),
        _ => return None,
    })
}

impl Process for AccountLinks {
    fn name(&self) -> &'static str {
        "account_links"
    }

    fn category(&self) -> &'static str {
        "account"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[
            "AccountOpened",
            "AccountClosed",
            "LinkedToCustomer",
            "LinkToCustomerRefused",
            "UnlinkedFromCustomer",
            // All that is left of an account whose opening is archived.
            "PeriodOpened",
        ]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let next = state.downcast_ref::<AccountState>().and_then(next_link);
        let pending = next.map(|(step, command)| draft(stream, step, command.command_type(), command.encode()));
        Turn { finished: pending.is_none(), pending: pending.into_iter().collect(), timers: Vec::new() }
    }

    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        let step = match planned.command_type.as_str() {
            "LinkAccount" => "link",
            "UnlinkAccount" => "unlink",
            _ => return not_a_step(stream, planned),
        };
        match state.downcast_ref::<AccountState>().and_then(|state| link_outcome(state, step, how)) {
            Some((step, command)) => draft(stream, step, command.command_type(), command.encode()),
            None => not_a_step(stream, planned),
        }
    }
}
