//! Business days of the euro's payment system: Monday to Friday, without the closing days of TARGET. A pure table, so that every
//! replay finds the same days.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to a date that is no business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum BusinessDayConvention {
    /// The next business day.
    #[default]
    Following,
    /// The next business day, or the one before if the next is in another month.
    ModifiedFollowing,
    /// The business day before.
    Preceding,
    /// The date stays as it is.
    Unadjusted,
}

impl BusinessDayConvention {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::ModifiedFollowing => "modifiedFollowing",
            Self::Preceding => "preceding",
            Self::Unadjusted => "unadjusted",
        }
    }

    /// The day on which something due on a date is carried out.
    #[must_use]
    pub fn adjust(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Unadjusted => date,
            Self::Following => next(date),
            Self::Preceding => previous(date),
            Self::ModifiedFollowing => {
                let following = next(date);
                if following.month() == date.month() { following } else { previous(date) }
            }
        }
    }
}

fn next(date: NaiveDate) -> NaiveDate {
    walk(date, |day| day.checked_add_days(Days::new(1)))
}

fn previous(date: NaiveDate) -> NaiveDate {
    walk(date, |day| day.checked_sub_days(Days::new(1)))
}

/// The first business day on the way, the date itself included. The longest closing is four days (Easter), so this ends; at the
/// end of the calendar it stays where it is.
fn walk(date: NaiveDate, step: impl Fn(NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
    std::iter::successors(Some(date), |day| step(*day)).take(10).find(|day| is_business_day(*day)).unwrap_or(date)
}

/// Whether TARGET is open: no weekend, New Year, Good Friday, Easter Monday, 1 May, 25 or 26 December.
#[must_use]
pub fn is_business_day(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let fixed = matches!((day.month(), day.day()), (1, 1) | (5, 1) | (12, 25 | 26));
    let from_easter = easter(day.year()).map(|easter| day.signed_duration_since(easter).num_days());
    !weekend && !fixed && !matches!(from_easter, Some(-2 | 1))
}

/// Easter Sunday in the Gregorian calendar, by the anonymous algorithm of Meeus, Jones and Butcher.
fn easter(year: i32) -> Option<NaiveDate> {
    let a = year.rem_euclid(19);
    let (b, c) = (year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c.div_euclid(4), c.rem_euclid(4));
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l).div_euclid(451);
    let since_march = h + l - 7 * m + 114;
    let (month, day) = (since_march.div_euclid(31), since_march.rem_euclid(31) + 1);
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn easter_is_where_the_church_has_it() {
        for sunday in ["2024-03-31", "2025-04-20", "2026-04-05", "2030-04-21", "2038-04-25", "2285-03-22"] {
            assert_eq!(easter(day(sunday).year()), Some(day(sunday)), "{sunday}");
        }
    }

    #[test]
    fn a_date_moves_by_its_convention() {
        use BusinessDayConvention as C;
        let cases = [
            // A Saturday at the end of a month.
            ("2031-05-31", "2031-06-02", "2031-05-30", "2031-05-30"),
            // Good Friday: the longest closing.
            ("2031-04-11", "2031-04-15", "2031-04-15", "2031-04-10"),
            // Christmas.
            ("2030-12-25", "2030-12-27", "2030-12-27", "2030-12-24"),
            // A business day.
            ("2031-06-04", "2031-06-04", "2031-06-04", "2031-06-04"),
        ];
        for (date, following, modified, preceding) in cases {
            let date = day(date);
            assert_eq!(C::Following.adjust(date), day(following), "{date} following");
            assert_eq!(C::ModifiedFollowing.adjust(date), day(modified), "{date} modified following");
            assert_eq!(C::Preceding.adjust(date), day(preceding), "{date} preceding");
            assert_eq!(C::Unadjusted.adjust(date), date, "{date} unadjusted");
        }
    }
}
