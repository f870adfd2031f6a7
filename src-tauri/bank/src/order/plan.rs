//! The dates of an order: every date is counted from the first one, so that the 31st comes back after a shorter month.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calendar::BusinessDayConvention;

/// Hour of the day (UTC) at which executions begin: before the bank's day, so that funds of the day before count.
pub const EXECUTION_HOUR: i64 = 5;

/// How often a standing order is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Interval {
    /// Every seven days.
    Weekly,
    /// Every fourteen days.
    Fortnightly,
    /// On the same day of each month, or its last.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    HalfYearly,
    /// Every twelve months.
    Yearly,
}

impl Interval {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Fortnightly => "fortnightly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::HalfYearly => "half-yearly",
            Self::Yearly => "yearly",
        }
    }

    /// The date `number` intervals after the first. A month that is too short has its last day instead.
    fn after(self, first: NaiveDate, number: u32) -> Option<NaiveDate> {
        let days = |each: u64| first.checked_add_days(Days::new(each.checked_mul(u64::from(number))?));
        let months = |each: u32| first.checked_add_months(Months::new(each.checked_mul(number)?));
        match self {
            Self::Weekly => days(7),
            Self::Fortnightly => days(14),
            Self::Monthly => months(1),
            Self::Quarterly => months(3),
            Self::HalfYearly => months(6),
            Self::Yearly => months(12),
        }
    }
}

/// When an order is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The first date.
    pub first_on: NaiveDate,
    /// How often; once if nothing.
    pub interval: Option<Interval>,
    /// What happens to a date that is no business day.
    pub convention: BusinessDayConvention,
    /// No date after this one.
    pub last_on: Option<NaiveDate>,
    /// No more dates than this.
    pub count: Option<u32>,
}

impl Plan {
    /// The date with a number, counted from 0; nothing if the plan has ended by then.
    #[must_use]
    pub fn date(&self, number: u32) -> Option<NaiveDate> {
        if self.count.is_some_and(|count| number >= count) {
            return None;
        }
        let date = match self.interval {
            Some(interval) => interval.after(self.first_on, number)?,
            None if number == 0 => self.first_on,
            None => return None,
        };
        self.last_on.is_none_or(|last| date <= last).then_some(date)
    }

    /// The business day on which a date's execution happens.
    #[must_use]
    pub fn execute_on(&self, due_on: NaiveDate) -> NaiveDate {
        self.convention.adjust(due_on)
    }

    /// The moment from which a date's execution can begin.
    #[must_use]
    pub fn due_at(&self, due_on: NaiveDate) -> DateTime<Utc> {
        self.execute_on(due_on).and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(EXECUTION_HOUR)
    }

    /// The first date from a number on that is not due yet at a moment, with its number.
    #[must_use]
    pub fn next_after(&self, from: u32, now: DateTime<Utc>) -> Option<(u32, NaiveDate)> {
        (from..).map_while(|number| Some((number, self.date(number)?))).find(|(_, date)| self.due_at(*date) > now)
    }

    /// How many dates from a number on are due at a moment.
    #[must_use]
    pub fn due_by(&self, from: u32, now: DateTime<Utc>) -> u32 {
        let due = (from..).map_while(|number| self.date(number)).take_while(|date| self.due_at(*date) <= now);
        u32::try_from(due.count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn plan(first: &str, interval: Interval) -> Plan {
        let convention = BusinessDayConvention::Unadjusted;
        Plan { first_on: day(first), interval: Some(interval), convention, last_on: None, count: None }
    }

    fn dates(plan: &Plan, count: u32) -> Vec<String> {
        (0..count).map_while(|number| plan.date(number)).map(|date| date.to_string()).collect()
    }

    #[test]
    fn the_day_of_the_month_comes_back_after_a_shorter_month() {
        let monthly = plan("2031-01-31", Interval::Monthly);
        assert_eq!(dates(&monthly, 4), ["2031-01-31", "2031-02-28", "2031-03-31", "2031-04-30"]);
        let yearly = plan("2028-02-29", Interval::Yearly);
        assert_eq!(dates(&yearly, 5), ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]);
        assert_eq!(dates(&plan("2031-05-05", Interval::Fortnightly), 3), ["2031-05-05", "2031-05-19", "2031-06-02"]);
        assert_eq!(dates(&plan("2030-11-30", Interval::Quarterly), 3), ["2030-11-30", "2031-02-28", "2031-05-30"]);
        assert_eq!(dates(&plan("2030-08-31", Interval::HalfYearly), 3), ["2030-08-31", "2031-02-28", "2031-08-31"]);
    }

    #[test]
    fn a_plan_ends_with_its_last_date_or_count() {
        let weekly = plan("2031-05-05", Interval::Weekly);
        let counted = Plan { count: Some(2), ..weekly.clone() };
        assert_eq!(dates(&counted, 9), ["2031-05-05", "2031-05-12"]);
        let dated = Plan { last_on: Some(day("2031-05-18")), ..weekly.clone() };
        assert_eq!(dates(&dated, 9), ["2031-05-05", "2031-05-12"]);
        assert_eq!(dates(&Plan { interval: None, ..weekly }, 9), ["2031-05-05"], "once");
    }

    #[test]
    fn a_plan_knows_what_is_due_and_what_comes_next() {
        let weekly = plan("2031-05-05", Interval::Weekly);
        let at = |text: &str| text.parse().expect("a time");
        assert_eq!(weekly.due_by(0, at("2031-05-05T04:59:59Z")), 0, "not before the hour");
        assert_eq!(weekly.due_by(0, at("2031-05-05T05:00:00Z")), 1);
        assert_eq!(weekly.due_by(1, at("2031-05-26T12:00:00Z")), 3);
        assert_eq!(weekly.next_after(0, at("2031-05-26T12:00:00Z")), Some((4, day("2031-06-02"))));
        let ended = Plan { count: Some(3), ..weekly };
        assert_eq!(ended.next_after(0, at("2031-05-26T12:00:00Z")), None, "nothing comes after the end");
    }
}
