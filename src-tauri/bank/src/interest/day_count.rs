//! Day-count conventions: which part of a year lies between two days.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parts that a year is divided into: the least common multiple of 360, 365 and 366, so that a day is a whole number of parts
/// in every convention.
pub const PARTS_PER_YEAR: i64 = 1_603_080;

const PARTS_OF_360: i64 = PARTS_PER_YEAR / 360;
const PARTS_OF_365: i64 = PARTS_PER_YEAR / 365;
const PARTS_OF_366: i64 = PARTS_PER_YEAR / 366;

/// How days are counted and what they are divided by. In each of them the parts of two adjoining periods add up to those of
/// both together, so interest may be accrued day by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum DayCount {
    /// Days of the calendar over 365, also in leap years.
    #[serde(rename = "ACT/365F")]
    Act365Fixed,
    /// Days of the calendar over 360.
    #[serde(rename = "ACT/360")]
    Act360,
    /// The European 30/360 (ISDA 2006, 4.16(g); "Eurobond basis"): every month has 30 days, a 31st counts as the 30th.
    /// The last of February is not moved, other than in the German 30E/360 ISDA and the American 30/360.
    #[serde(rename = "30E/360")]
    ThirtyE360,
    /// ISDA 2006, 4.16(b): days in leap years over 366, the others over 365.
    #[serde(rename = "ACT/ACT ISDA")]
    ActActIsda,
}

impl DayCount {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Act365Fixed => "ACT/365F",
            Self::Act360 => "ACT/360",
            Self::ThirtyE360 => "30E/360",
            Self::ActActIsda => "ACT/ACT ISDA",
        }
    }

    /// Parts of a year ([`PARTS_PER_YEAR`]) from one day to another, the first included and the last not. Negative if the
    /// days are the other way round.
    #[must_use]
    pub fn parts(self, from: NaiveDate, until: NaiveDate) -> i64 {
        self.coordinate(until) - self.coordinate(from)
    }

    /// Where a day lies on the convention's own line of time. Differences of it are parts of a year, which is why they add up.
    fn coordinate(self, day: NaiveDate) -> i64 {
        let days = i64::from(day.num_days_from_ce());
        let year = i64::from(day.year());
        match self {
            Self::Act365Fixed => days * PARTS_OF_365,
            Self::Act360 => days * PARTS_OF_360,
            Self::ThirtyE360 => {
                let day_of_month = i64::from(day.day().min(30));
                (360 * year + 30 * i64::from(day.month()) + day_of_month) * PARTS_OF_360
            }
            Self::ActActIsda => {
                let per_day = if day.leap_year() { PARTS_OF_366 } else { PARTS_OF_365 };
                year * PARTS_PER_YEAR + i64::from(day.ordinal0()) * per_day
            }
        }
    }
}

impl fmt::Display for DayCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [DayCount; 4] = [DayCount::Act365Fixed, DayCount::Act360, DayCount::ThirtyE360, DayCount::ActActIsda];

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// Whether the parts are exactly `numerator / denominator` years.
    fn assert_years(count: DayCount, from: &str, until: &str, numerator: i64, denominator: i64) {
        let parts = count.parts(day(from), day(until));
        assert_eq!(
            parts * denominator,
            numerator * PARTS_PER_YEAR,
            "{count} from {from} until {until} is {numerator}/{denominator} of a year"
        );
    }

    #[test]
    fn parts_of_a_year_divide_every_basis() {
        for basis in [360, 365, 366] {
            assert_eq!(PARTS_PER_YEAR % basis, 0, "{basis} divides the parts of a year");
        }
    }

    #[test]
    fn actual_conventions_count_the_calendar() {
        assert_years(DayCount::Act365Fixed, "2024-01-01", "2025-01-01", 366, 365);
        assert_years(DayCount::Act365Fixed, "2024-02-28", "2024-03-01", 2, 365);
        assert_years(DayCount::Act365Fixed, "2023-02-28", "2023-03-01", 1, 365);
        assert_years(DayCount::Act360, "2023-01-01", "2024-01-01", 365, 360);
        assert_years(DayCount::Act360, "2024-01-31", "2024-02-29", 29, 360);
    }

    #[test]
    fn thirty_e_gives_every_month_thirty_days() {
        assert_years(DayCount::ThirtyE360, "2024-01-01", "2025-01-01", 1, 1);
        assert_years(DayCount::ThirtyE360, "2024-01-30", "2024-01-31", 0, 360);
        assert_years(DayCount::ThirtyE360, "2024-01-31", "2024-02-01", 1, 360);
        assert_years(DayCount::ThirtyE360, "2024-01-31", "2024-03-31", 60, 360);
        assert_years(DayCount::ThirtyE360, "2023-02-28", "2023-03-01", 3, 360);
        assert_years(DayCount::ThirtyE360, "2024-02-28", "2024-03-01", 3, 360);
        assert_years(DayCount::ThirtyE360, "2024-02-29", "2024-03-01", 2, 360);
        // From the last of February only 28 of its 30 days have passed: where the other 30/360 conventions differ.
        assert_years(DayCount::ThirtyE360, "2023-02-28", "2023-08-31", 182, 360);
        assert_years(DayCount::ThirtyE360, "2007-08-31", "2008-02-29", 179, 360);
    }

    /// The example of ISDA's memorandum on actual/actual (1998): from 1 November 2003 until 1 May 2004, 61 days of 2003 and 121
    /// of the leap year 2004.
    #[test]
    fn actual_actual_splits_at_the_turn_of_the_year() {
        assert_years(DayCount::ActActIsda, "2003-11-01", "2004-05-01", 61 * 366 + 121 * 365, 365 * 366);
        assert_years(DayCount::ActActIsda, "1999-02-01", "1999-07-01", 150, 365);
        assert_years(DayCount::ActActIsda, "2024-01-01", "2025-01-01", 1, 1);
        assert_years(DayCount::ActActIsda, "2023-12-31", "2024-01-02", 366 + 365, 365 * 366);
        assert_years(DayCount::ActActIsda, "1900-02-28", "1900-03-01", 1, 365);
    }

    proptest! {
        #[test]
        fn adjoining_periods_add_up(start in 0_i32..80_000, first in 0_i32..2_000, second in 0_i32..2_000) {
            let day = |after: i32| NaiveDate::from_num_days_from_ce_opt(690_000 + start + after).expect("a date");
            let (from, middle, until) = (day(0), day(first), day(first + second));
            for count in ALL {
                let parts = count.parts(from, middle) + count.parts(middle, until);
                prop_assert_eq!(parts, count.parts(from, until), "{}", count);
                prop_assert!(count.parts(from, until) >= 0, "{} never counts backwards", count);
            }
        }

        #[test]
        fn a_period_agrees_with_the_textbook(start in 0_i32..80_000, length in 0_i32..4_000) {
            let day = |after: i32| NaiveDate::from_num_days_from_ce_opt(690_000 + start + after).expect("a date");
            let (from, until) = (day(0), day(length));
            prop_assert_eq!(DayCount::Act365Fixed.parts(from, until) * 365, i64::from(length) * PARTS_PER_YEAR);
            prop_assert_eq!(DayCount::Act360.parts(from, until) * 360, i64::from(length) * PARTS_PER_YEAR);
            let day_of = |date: NaiveDate| i64::from(if date.day() == 31 { 30 } else { date.day() });
            let thirty = 360 * i64::from(until.year() - from.year())
                + 30 * (i64::from(until.month()) - i64::from(from.month()))
                + day_of(until) - day_of(from);
            prop_assert_eq!(DayCount::ThirtyE360.parts(from, until) * 360, thirty * PARTS_PER_YEAR);
            let mut leap = 0_i64;
            let mut plain = 0_i64;
            for offset in 0..length {
                if day(offset).leap_year() { leap += 1 } else { plain += 1 }
            }
            let exact = leap * 365 + plain * 366;
            prop_assert_eq!(DayCount::ActActIsda.parts(from, until) * 365 * 366, exact * PARTS_PER_YEAR);
        }
    }
}
