//! A new period of the account's books.

use es_core::CommandContext;

use super::Decision;
use crate::account::commands::OpenPeriod;
use crate::account::period::PeriodOpened;
use crate::account::rejection::AccountRejection;
use crate::account::state::Account;

pub(super) fn open(account: &Account, open: &OpenPeriod, context: &CommandContext) -> Decision {
    let (period_from, earliest) = (open.period_from, account.period_from.unwrap_or(account.opened_on));
    if account.period_from == Some(period_from) {
        return Ok(Vec::new());
    }
    if !(earliest..=context.business_date).contains(&period_from) {
        let latest = context.business_date;
        return Err(AccountRejection::PeriodOutOfRange { period_from, earliest, latest });
    }
    Ok(vec![PeriodOpened::of(account, period_from).into()])
}
