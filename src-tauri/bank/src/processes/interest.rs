//! Interest at the end of each month: as soon as the last day is over, the account is asked to let the days earn and to post
//! what they have earned. If that comes late, month follows month with the dates that each would have had.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, TimerDraft, Turn};

use super::drafts::{draft, not_a_step, waiting_for};
use crate::account::{Account, AccountCommand, AccountState, SettleInterest};

/// The process that settles interest.
pub struct InterestProcess;

/// The last day of the month that the first day without interest lies in, and the moment when it is over; nothing if no rate is
/// agreed, or dates end before.
#[must_use]
pub fn next_settlement(account: &Account) -> Option<(NaiveDate, DateTime<Utc>)> {
    let through = last_of_month(account.interest.next_day()?)?;
    Some((through, through.succ_opt()?.and_time(NaiveTime::MIN).and_utc()))
}

fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    let next = match day.month() {
        12 => NaiveDate::from_ymd_opt(day.year().checked_add(1)?, 1, 1),
        month => NaiveDate::from_ymd_opt(day.year(), month + 1, 1),
    };
    next?.pred_opt()
}

impl Process for InterestProcess {
    fn name(&self) -> &'static str {
        "interest"
    }

    fn category(&self) -> &'static str {
        "account"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &["InterestRateSet", "InterestAccrued", "PeriodOpened", "AccountClosed"]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let account = state.downcast_ref::<AccountState>().and_then(AccountState::open);
        let settlement = account.and_then(|account| Some((account, next_settlement(account)?)));
        let timers = settlement.map(|(account, (through, due_at))| {
            let command: AccountCommand = SettleInterest { account_id: account.account_id.clone(), through }.into();
            let step = format!("settle-interest:{through}");
            let command = draft(stream, &step, command.command_type(), command.encode());
            TimerDraft { name: "period-end".into(), due_at, command }
        });
        waiting_for(timers.into_iter().collect())
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        not_a_step(stream, planned)
    }
}
