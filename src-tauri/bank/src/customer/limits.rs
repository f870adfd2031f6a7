//! Bounds and legal terms of customers, each with its reason.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};

use super::events::RiskRating;

/// Most open accounts of one customer. All of them are frozen in one turn of a process, which may send
/// [`es_core::limits::PROCESS_STEPS_PER_TURN`] commands.
pub const MAX_ACCOUNTS: usize = 50;
const _: () = assert!(MAX_ACCOUNTS < es_core::limits::PROCESS_STEPS_PER_TURN);
/// Most cases of suspensions that one account may have unsettled at once: only a bank whose process stands still has more than
/// two.
pub const MAX_FREEZE_CASES: usize = 4;
/// Days between a review becoming due and the automatic restriction. The bank's own rule.
pub const REVIEW_GRACE_DAYS: u64 = 30;
/// Years between reviews of customers of high risk: Regulation (EU) 2024/1624, Article 26(2)(a).
pub const HIGH_RISK_REVIEW_YEARS: u32 = 1;
/// Years between reviews of customers of medium risk. The bank's own rule, within the five years of Article 26(2)(b).
pub const MEDIUM_RISK_REVIEW_YEARS: u32 = 3;
/// Years between reviews of customers of low risk: Regulation (EU) 2024/1624, Article 26(2)(b).
pub const LOW_RISK_REVIEW_YEARS: u32 = 5;
/// Years that the records of a customer are kept, counted from the end of the calendar year in which the relation ended:
/// § 147 AO and § 257 HGB, the longest of the duties that apply to a bank's books.
pub const CUSTOMER_RETENTION_YEARS: i32 = 10;
/// Years that the records of a person who was not accepted are kept, counted from the refusal: Regulation (EU) 2024/1624,
/// Article 77(3).
pub const PROSPECT_RETENTION_YEARS: u32 = 5;

/// The day on which a review becomes due.
#[must_use]
pub fn next_review(reviewed_on: NaiveDate, rating: RiskRating) -> NaiveDate {
    let years = match rating {
        RiskRating::Low => LOW_RISK_REVIEW_YEARS,
        RiskRating::Medium => MEDIUM_RISK_REVIEW_YEARS,
        RiskRating::High => HIGH_RISK_REVIEW_YEARS,
    };
    years_after(reviewed_on, years)
}

/// The last day on which the records of an ended relation must be kept.
#[must_use]
pub fn customer_retained_until(closed_on: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(closed_on.year().saturating_add(CUSTOMER_RETENTION_YEARS), 12, 31).unwrap_or(NaiveDate::MAX)
}

/// The last day on which the records of a person who was not accepted must be kept.
#[must_use]
pub fn prospect_retained_until(rejected_on: NaiveDate) -> NaiveDate {
    years_after(rejected_on, PROSPECT_RETENTION_YEARS)
}

/// When a day begins, for timers and their commands: midnight UTC.
#[must_use]
pub fn beginning_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The 29th of February becomes the 28th where the later year has none.
fn years_after(day: NaiveDate, years: u32) -> NaiveDate {
    day.checked_add_months(Months::new(12 * years)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn the_riskier_a_customer_the_sooner_the_review() {
        let reviewed = day("2028-02-29");
        assert_eq!(next_review(reviewed, RiskRating::High), day("2029-02-28"));
        assert_eq!(next_review(reviewed, RiskRating::Medium), day("2031-02-28"));
        assert_eq!(next_review(reviewed, RiskRating::Low), day("2033-02-28"));
    }

    #[test]
    fn retention_counts_from_the_end_of_the_year_for_customers_and_from_the_day_for_prospects() {
        assert_eq!(customer_retained_until(day("2031-01-01")), day("2041-12-31"));
        assert_eq!(customer_retained_until(day("2031-12-31")), day("2041-12-31"));
        assert_eq!(prospect_retained_until(day("2031-05-04")), day("2036-05-04"));
        assert_eq!(customer_retained_until(NaiveDate::MAX), NaiveDate::MAX, "the end of time is no fault");
    }
}
