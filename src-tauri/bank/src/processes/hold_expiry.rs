//! Holds run out by themselves: one timer for each open hold, which asks the account to record the expiry. What the hold is by
//! then decides: one that was changed, captured or released meanwhile has other timers or none.

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, TimerDraft, Turn, step_command_id};
use uuid::Uuid;

use super::drafts::{draft, not_a_step, waiting_for};
use crate::account::{Account, AccountCommand, AccountState, ExpireHold};
use crate::ids::HoldId;

/// The process that lets holds expire.
pub struct HoldExpiryProcess;

/// Open holds of an account with the moment from which on they can no longer be captured.
pub fn expiries(account: &Account) -> impl Iterator<Item = (&HoldId, DateTime<Utc>)> {
    account.open_holds().map(|(hold_id, hold)| (hold_id, hold.expires_at))
}

/// Name of the step that lets a hold expire. With the moment: a hold that was given another expiry expires by another command.
fn step(hold_id: &HoldId, due_at: DateTime<Utc>) -> String {
    format!("expire-hold:{hold_id}:{}", due_at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// Id of the command that lets a hold expire at a moment.
#[must_use]
pub fn expiry_id(stream: &StreamName, hold_id: &HoldId, due_at: DateTime<Utc>) -> Uuid {
    step_command_id(stream, &step(hold_id, due_at))
}

fn expiry(stream: &StreamName, account: &Account, hold_id: &HoldId, due_at: DateTime<Utc>) -> TimerDraft {
    let command: AccountCommand =
        ExpireHold { account_id: account.account_id.clone(), hold_id: hold_id.clone() }.into();
    let command = draft(stream, &step(hold_id, due_at), command.command_type(), command.encode());
    TimerDraft { name: format!("hold-{hold_id}").into(), due_at, command }
}

impl Process for HoldExpiryProcess {
    fn name(&self) -> &'static str {
        "hold_expiry"
    }

    fn category(&self) -> &'static str {
        "account"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[
            "HoldPlaced",
            // What holds of cards were once called.
            "FundsReserved",
            "HoldChanged",
            "HoldCaptured",
            "HoldReleased",
            "HoldExpired",
            "TransferDebited",
            "PeriodOpened",
            "AccountClosed",
        ]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let account = state.downcast_ref::<AccountState>().and_then(AccountState::open);
        let Some(account) = account else { return waiting_for(Vec::new()) };
        let timers = expiries(account).map(|(hold_id, due_at)| expiry(stream, account, hold_id, due_at));
        waiting_for(timers.collect())
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        not_a_step(stream, planned)
    }
}
