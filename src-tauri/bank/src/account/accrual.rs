//! What an account remembers for interest: the terms, the balances of the days that have not earned yet, and what has been
//! earned and not posted.
//!
//! A day's interest is on its end-of-day balance by value date. Only days after the last accrued one are remembered; an
//! entry whose value date lies in accrued days counts from the first day after them, because an accrual is never redone. As
//! long as no rate is agreed, days are over as soon as something is booked on a later one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::events::{AccruedPeriod, InterestAccrued, InterestPosted, InterestRateSet};
use crate::interest::{DayCount, MinorFraction, PartsPerMillion, interest_on};
use crate::money::Money;

/// Most rates agreed and not superseded.
pub const MAX_RATES: usize = 16;
/// Most days with movements that wait for an accrual. A movement on one day more first lets all days that are over earn. In
/// histories from before that rule, the oldest day's movements count from the next such day.
pub const MAX_OPEN_DAYS: usize = 512;

/// At what rate an account earns and pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InterestTerms {
    /// On a balance above zero.
    pub rate: PartsPerMillion,
    /// On a balance below zero.
    pub overdraft_rate: PartsPerMillion,
    /// How days are counted.
    pub day_count: DayCount,
}

impl InterestTerms {
    /// The rate that applies to a balance.
    #[must_use]
    pub const fn rate_on(&self, balance: Money) -> PartsPerMillion {
        if balance.is_negative() { self.overdraft_rate } else { self.rate }
    }
}

/// The interest side of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InterestBook {
    /// Rates by their first day: the one in force and those to come.
    pub terms: BTreeMap<NaiveDate, InterestTerms>,
    /// Earned and not posted, exactly. Negative where the customer owes.
    pub accrued: MinorFraction,
    /// The last day that has earned.
    pub accrued_through: Option<NaiveDate>,
    /// The last day whose balance cannot change any more.
    pub closed_through: NaiveDate,
    /// The balance at the end of that day.
    pub closed_balance: Money,
    /// Changes by value date after it.
    pub movements: BTreeMap<NaiveDate, Money>,
}

impl InterestBook {
    pub(super) fn opened(opened_on: NaiveDate, nothing: Money) -> Self {
        Self {
            terms: BTreeMap::new(),
            accrued: MinorFraction::ZERO,
            accrued_through: None,
            closed_through: opened_on.pred_opt().unwrap_or(opened_on),
            closed_balance: nothing,
            movements: BTreeMap::new(),
        }
    }

    /// The first day whose balance can still change.
    #[must_use]
    pub fn first_open_day(&self) -> NaiveDate {
        self.closed_through.succ_opt().unwrap_or(self.closed_through)
    }

    /// The first day that has not earned; nothing if no rate is agreed.
    #[must_use]
    pub fn next_day(&self) -> Option<NaiveDate> {
        self.terms.keys().next().map(|first| self.first_open_day().max(*first))
    }

    /// What the days up to and including one earn, with one period for each balance and rate.
    #[must_use]
    pub fn accrue(&self, from: NaiveDate, through: NaiveDate) -> Vec<AccruedPeriod> {
        let mut periods: Vec<AccruedPeriod> = Vec::new();
        let mut balance = self.closed_balance;
        let mut movements = self.movements.iter().peekable();
        for day in from.iter_days().take_while(|day| *day <= through) {
            while let Some((_, change)) = movements.next_if(|(date, _)| **date <= day) {
                balance = balance.plus_recorded(*change);
            }
            let Some((_, terms)) = self.terms.range(..=day).next_back() else { continue };
            let (rate, day_count) = (terms.rate_on(balance), terms.day_count);
            let parts = |period_from: NaiveDate| day_count.parts(period_from, day.succ_opt().unwrap_or(day));
            match periods.last_mut() {
                Some(last)
                    if (last.balance, last.rate_parts_per_million, last.day_count) == (balance, rate, day_count) =>
                {
                    last.through = day;
                    last.interest = interest_on(balance, rate, parts(last.from));
                }
                _ => {
                    let interest = interest_on(balance, rate, parts(day));
                    let (from, through, rate_parts_per_million) = (day, day, rate);
                    periods.push(AccruedPeriod { from, through, balance, rate_parts_per_million, day_count, interest });
                }
            }
        }
        periods
    }

    /// Takes in a change of the settled balance.
    pub(super) fn moved(&mut self, change: Money, booking_date: NaiveDate, value_date: NaiveDate) {
        if self.terms.is_empty()
            && let Some(yesterday) = booking_date.pred_opt()
        {
            self.close_through(yesterday);
        }
        let day = value_date.max(self.first_open_day());
        let sum = self.movements.entry(day).or_insert(Money::zero(change.currency()));
        *sum = sum.plus_recorded(change);
        if self.movements.len() > MAX_OPEN_DAYS
            && let Some((_, oldest)) = self.movements.pop_first()
            && let Some(mut next) = self.movements.first_entry()
        {
            let sum = next.get().plus_recorded(oldest);
            next.insert(sum);
        }
    }

    pub(super) fn rate_set(&mut self, event: &InterestRateSet) {
        let (rate, overdraft_rate) = (event.rate_parts_per_million, event.overdraft_rate_parts_per_million);
        let terms = InterestTerms { rate, overdraft_rate, day_count: event.day_count };
        self.terms.insert(event.valid_from, terms);
        while self.terms.len() > MAX_RATES {
            self.terms.pop_first();
        }
    }

    pub(super) fn accrued(&mut self, event: &InterestAccrued) {
        self.accrued = self.accrued.plus(event.interest);
        self.accrued_through = self.accrued_through.max(Some(event.through));
        self.close_through(event.through);
        if let Some(in_force) = self.terms.range(..=event.through).next_back().map(|(day, _)| *day) {
            self.terms = self.terms.split_off(&in_force);
        }
    }

    pub(super) fn posted(&mut self, event: &InterestPosted) {
        self.accrued = event.carried;
    }

    fn close_through(&mut self, day: NaiveDate) {
        if day <= self.closed_through {
            return;
        }
        while let Some(movement) = self.movements.first_entry().filter(|movement| *movement.key() <= day) {
            self.closed_balance = self.closed_balance.plus_recorded(movement.remove());
        }
        self.closed_through = day;
    }
}
