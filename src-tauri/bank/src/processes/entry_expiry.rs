//! Journal entries that nobody posts in time are over: a timer at the day of expiry asks the entry to record it.

use chrono::NaiveTime;
use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, TimerDraft, Turn};

use super::drafts::{draft, not_a_step, waiting_for};
use crate::transaction::{EntryStatus, ExpireEntry, TransactionCommand, TransactionState};

/// The process that lets journal entries expire.
pub struct EntryExpiryProcess;

impl Process for EntryExpiryProcess {
    fn name(&self) -> &'static str {
        "entry_expiry"
    }

    fn category(&self) -> &'static str {
        "transaction"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &["EntryDrafted", "EntryPosted", "EntryRejected", "EntryExpired"]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let waiting = [EntryStatus::Draft, EntryStatus::Submitted, EntryStatus::Approved];
        let entry = state.downcast_ref::<TransactionState>().and_then(TransactionState::entry);
        let waiting = entry.filter(|entry| waiting.contains(&entry.status));
        let timers = waiting.and_then(|entry| {
            let expires_on = entry.expires_on?;
            let command: TransactionCommand = ExpireEntry { transaction_id: entry.transaction_id.clone() }.into();
            // With the day: a draft that was replaced expires by another command.
            let step = format!("expire-entry:{expires_on}");
            let due_at = expires_on.and_time(NaiveTime::MIN).and_utc();
            let command = draft(stream, &step, command.command_type(), command.encode());
            Some(TimerDraft { name: "expiry".into(), due_at, command })
        });
        waiting_for(timers.into_iter().collect())
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        not_a_step(stream, planned)
    }
}
