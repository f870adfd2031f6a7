//! Freezes the accounts of a customer whose relation rests, each for the case of that suspension, and lifts those freezes when
//! the relation goes on. Freezes for other cases stay as they are.
//!
//! What is to be done was recorded by the suspension itself; see [`crate::customer::accounts`].

use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, Turn};

use super::drafts::{draft, not_a_step};
use crate::account::{AccountCommand, FreezeAccount, UnfreezeAccount};
use crate::customer::{
    Customer, CustomerCommand, CustomerState, FreezeStep, RecordAccountFreeze, RecordAccountFreezeGone,
    RecordAccountFreezeLift, RecordAccountFreezeRefusal,
};
use crate::ids::{AccountId, CaseId};

/// The process that lets accounts rest with the relation.
pub struct CustomerAccounts;

/// The command that is planned and not settled in this state.
#[must_use]
pub fn next_freeze(customer: &Customer) -> Option<AccountCommand> {
    let (step, account, case) = customer.accounts.next_step()?;
    let (account_id, case_id) = (account.clone(), case.clone());
    Some(match step {
        // The reason must be the same whenever the step is sent, also when another suspension has begun.
        FreezeStep::Freeze => {
            let reason = format!("The relation with customer {} rests", customer.customer_id);
            FreezeAccount { account_id, case_id, reason }.into()
        }
        FreezeStep::Lift => UnfreezeAccount { account_id, case_id }.into(),
    })
}

/// Name of the step that a command to an account is.
fn step_of(command: &AccountCommand) -> Option<(FreezeStep, &AccountId, &CaseId)> {
    match command {
        AccountCommand::FreezeAccount(c) => Some((FreezeStep::Freeze, &c.account_id, &c.case_id)),
        AccountCommand::UnfreezeAccount(c) => Some((FreezeStep::Lift, &c.account_id, &c.case_id)),
        _ => None,
    }
}

fn step_name(step: FreezeStep, account: &AccountId, case: &CaseId) -> String {
    let step = match step {
        FreezeStep::Freeze => "freeze",
        FreezeStep::Lift => "lift",
    };
    format!("{step}:{account}:{case}")
}

/// The command that records how a step ended. A refusal is an input: the account may be closed, or people were faster.
#[must_use]
pub fn freeze_outcome(customer: &Customer, sent: &AccountCommand, how: &Settlement) -> Option<CustomerCommand> {
    let (step, account, case) = step_of(sent)?;
    let (customer_id, account_id, case_id) = (customer.customer_id.clone(), account.clone(), case.clone());
    Some(match (step, how) {
        (FreezeStep::Freeze, Settlement::Done) => RecordAccountFreeze { customer_id, account_id, case_id }.into(),
        (FreezeStep::Lift, Settlement::Done) => RecordAccountFreezeLift { customer_id, account_id, case_id }.into(),
        (FreezeStep::Freeze, Settlement::Rejected(rejection)) => {
            let (code, message) = (rejection.code.clone(), rejection.message.clone());
            RecordAccountFreezeRefusal { customer_id, account_id, case_id, code, message }.into()
        }
        (FreezeStep::Lift, Settlement::Rejected(rejection)) => {
            let (code, message) = (rejection.code.clone(), rejection.message.clone());
            RecordAccountFreezeGone { customer_id, account_id, case_id, code, message }.into()
        }
    })
}

fn customer_of(state: &AnyState) -> Option<&Customer> {
    state.downcast_ref::<CustomerState>().and_then(CustomerState::customer)
}

impl Process for CustomerAccounts {
    fn name(&self) -> &'static str {
        "customer_accounts"
    }

    fn category(&self) -> &'static str {
        "customer"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[
            "CustomerSuspended",
            "CustomerReinstated",
            "CustomerDeceased",
            "AccountLinked",
            "AccountUnlinked",
            "AccountFreezeRecorded",
            "AccountFreezeRefused",
            "AccountFreezeLifted",
            "AccountFreezeGone",
        ]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let next = customer_of(state).and_then(next_freeze);
        let pending = next.and_then(|command| {
            let (step, account, case) = step_of(&command)?;
            Some(draft(stream, &step_name(step, account, case), command.command_type(), command.encode()))
        });
        Turn { finished: pending.is_none(), pending: pending.into_iter().collect(), timers: Vec::new() }
    }

    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        let sent = match planned.command_type.as_str() {
            "FreezeAccount" => serde_json::from_str(&planned.payload).map(AccountCommand::FreezeAccount),
            "UnfreezeAccount" => serde_json::from_str(&planned.payload).map(AccountCommand::UnfreezeAccount),
            _ => return not_a_step(stream, planned),
        };
        let outcome = sent.ok().and_then(|sent| {
            let (step, account, case) = step_of(&sent)?;
            Some((step_name(step, account, case), freeze_outcome(customer_of(state)?, &sent, how)?))
        });
        let Some((step, command)) = outcome else { return not_a_step(stream, planned) };
        let name = command.command_type();
        draft(stream, &format!("{step}:{name}"), name, command.encode())
    }
}
