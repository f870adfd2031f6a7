//! How much a customer may spend, and how much of it is used.
//!
//! Spending is what customers take out themselves: withdrawals when they happen, holds and transfers when the money is set
//! aside. What is captured less, released, returned or undone is given back to the day that it was counted on. Fees, interest
//! and corrections are not spending.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::events::LimitsSet;
use crate::money::{Amount, Limit, Money};

/// How many days of use are kept: two of the longest months.
pub const MAX_USED_DAYS: u64 = 62;

/// What a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// One withdrawal, hold or transfer.
    Transaction,
    /// A day of the bank.
    Day,
    /// A month of the calendar.
    Month,
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transaction => "transaction",
            Self::Day => "day",
            Self::Month => "month",
        })
    }
}

/// A limit that a debit would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// What the limit is for.
    pub period: Period,
    /// The limit.
    pub limit: Limit,
    /// How much of it is used.
    pub used: Money,
}

/// Limits, and their use by the bank's day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spending {
    /// For one withdrawal, hold or transfer; any amount if nothing.
    pub per_transaction: Option<Limit>,
    /// For a day; any amount if nothing.
    pub per_day: Option<Limit>,
    /// For a month; any amount if nothing.
    pub per_month: Option<Limit>,
    /// What was spent on each of the last [`MAX_USED_DAYS`] days.
    pub used: BTreeMap<NaiveDate, Money>,
}

impl Spending {
    /// Spent on a day.
    #[must_use]
    pub fn used_on(&self, day: NaiveDate, nothing: Money) -> Money {
        self.used.get(&day).copied().unwrap_or(nothing)
    }

    /// Spent in the month of a day.
    #[must_use]
    pub fn used_in_month(&self, day: NaiveDate, nothing: Money) -> Money {
        let same_month = |other: &NaiveDate| (other.year(), other.month()) == (day.year(), day.month());
        self.used.iter().filter(|(date, _)| same_month(date)).fold(nothing, |sum, (_, used)| sum.plus_recorded(*used))
    }

    /// The first limit that a debit would break: `whole` is the debit, `more` what it adds to the use of the day.
    #[must_use]
    pub fn exceeded(&self, whole: Amount, more: Money, day: NaiveDate) -> Option<Exceeded> {
        let nothing = Money::zero(whole.currency());
        let checks = [
            (Period::Transaction, self.per_transaction, nothing, whole.money()),
            (Period::Day, self.per_day, self.used_on(day, nothing), more),
            (Period::Month, self.per_month, self.used_in_month(day, nothing), more),
        ];
        checks.into_iter().find_map(|(period, limit, used, adds)| {
            let limit = limit.filter(|limit| used.plus_recorded(adds).minor() > limit.money().minor())?;
            Some(Exceeded { period, limit, used })
        })
    }

    pub(super) fn set(&mut self, event: &LimitsSet) {
        (self.per_transaction, self.per_day, self.per_month) = (event.per_transaction, event.per_day, event.per_month);
    }

    /// Counts money on a day. Days that are too old by then are forgotten.
    pub(super) fn count(&mut self, day: NaiveDate, spent: Money) {
        let sum = self.used.entry(day).or_insert(Money::zero(spent.currency()));
        *sum = sum.plus_recorded(spent);
        let newest = self.used.last_key_value().map(|(day, _)| *day);
        if let Some(oldest) = newest.and_then(|day| day.checked_sub_days(Days::new(MAX_USED_DAYS - 1))) {
            while self.used.first_key_value().is_some_and(|(day, _)| *day < oldest) {
                self.used.pop_first();
            }
        }
    }

    /// What counted on a day is another sum now.
    pub(super) fn recount(&mut self, day: NaiveDate, before: Money, now: Money) {
        if self.used.contains_key(&day) {
            self.count(day, now);
            self.give_back(day, before);
        }
    }

    /// Gives money back to the day that it was counted on, if that is still known.
    pub(super) fn give_back(&mut self, day: NaiveDate, money: Money) {
        if let Some(sum) = self.used.get_mut(&day) {
            *sum = sum.minus_recorded(money);
            if sum.minor() <= 0 {
                self.used.remove(&day);
            }
        }
    }
}
