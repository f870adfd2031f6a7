//! The end of the year: the books of an account whose stream has become long are closed, so that what came before can be
//! archived. Short streams never get a period by themselves: it would weigh more than what it carries.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, TimerDraft, Turn};

use super::drafts::{draft, not_a_step, waiting_for};
use crate::account::{Account, AccountCommand, AccountState, OpenPeriod};

/// The process that closes the books at the end of the year.
pub struct YearEnd;

/// The first day of the period that is to be opened, and the moment when it begins; nothing as long as the present one is short.
/// If that comes late, the period still begins with the year.
#[must_use]
pub fn next_period(account: &Account) -> Option<(NaiveDate, DateTime<Utc>)> {
    // A period that people have opened with a later day is not closed before that day's year is over.
    let outgrown_on = account.outgrown_on?.max(account.period_from.unwrap_or(NaiveDate::MIN));
    let from = NaiveDate::from_ymd_opt(outgrown_on.year().checked_add(1)?, 1, 1)?;
    Some((from, from.and_time(NaiveTime::MIN).and_utc()))
}

impl Process for YearEnd {
    fn name(&self) -> &'static str {
        "year_end"
    }

    fn category(&self) -> &'static str {
        "account"
    }

    /// Entries, because it is an entry's day that says in which year the stream has become long.
    fn wakes_on(&self) -> &'static [&'static str] {
        &[
            "MoneyDeposited",
            "MoneyWithdrawn",
            "FeeCharged",
            "FeeWaived",
            "HoldCaptured",
            "TransferDebited",
            "TransferCredited",
            "TransferDebitReturned",
            "PostingReversed",
            "InterestPosted",
            "PeriodOpened",
            "AccountClosed",
        ]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let account = state.downcast_ref::<AccountState>().and_then(AccountState::open);
        let period = account.and_then(|account| Some((account, next_period(account)?)));
        let timers = period.map(|(account, (period_from, due_at))| {
            let command: AccountCommand = OpenPeriod { account_id: account.account_id.clone(), period_from }.into();
            let step = format!("open-period:{period_from}");
            let command = draft(stream, &step, command.command_type(), command.encode());
            TimerDraft { name: "year-end".into(), due_at, command }
        });
        waiting_for(timers.into_iter().collect())
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        not_a_step(stream, planned)
    }
}
