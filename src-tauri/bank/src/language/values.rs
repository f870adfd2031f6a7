//! Numbers, money, days and moments as each language writes them. Digit by digit: nothing is calculated, so nothing is lost.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::german_word;
use crate::money::{Currency, Money};

/// `1.234,50 EUR`.
#[must_use]
pub fn german_money(money: impl Into<Money>) -> String {
    let money = money.into();
    format!("{} {}", german_digits(&money.grouped()), money.currency())
}

/// `26.11.2026`.
#[must_use]
pub fn german_day(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

/// `26.11.2026, 09:30:00 UTC`.
#[must_use]
pub fn german_moment(moment: DateTime<Utc>) -> String {
    moment.format("%d.%m.%Y, %H:%M:%S UTC").to_string()
}

/// Points for commas and commas for points.
pub(crate) fn german_digits(english: &str) -> String {
    let sign = |letter| match letter {
        ',' => '.',
        '.' => ',',
        other => other,
    };
    english.chars().map(sign).collect()
}

/// The German of a value that was written in English: money, a rate, per cent, a day, a moment, or one of the bank's words.
/// Nothing if it is none of these, such as an id.
#[must_use]
pub fn german_value(english: &str) -> Option<String> {
    let known = german_word(english).map(str::to_owned);
    known
        .or_else(|| of_money(english))
        .or_else(|| of_day(english))
        .or_else(|| of_moment(english))
        .or_else(|| of_rate(english))
}

/// `1,234.50 EUR` and `3.5 %`.
fn of_money(english: &str) -> Option<String> {
    let (number, unit) = english.rsplit_once(' ')?;
    let is_unit = unit == "%" || unit.parse::<Currency>().is_ok();
    (is_unit && is_number(number)).then(|| format!("{} {unit}", german_digits(number)))
}

/// Whether a text is a number in English: digits, grouped or not, perhaps with decimals.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(',');
    let first = groups.next().is_some_and(digits);
    first && groups.all(|group| group.len() == 3 && digits(group)) && decimals.is_none_or(digits)
}

/// `2026-11-26`.
fn of_day(english: &str) -> Option<String> {
    if english.len() != "2026-11-26".len() {
        return None;
    }
    NaiveDate::parse_from_str(english, "%Y-%m-%d").ok().map(german_day)
}

/// `2026-11-26 09:30:00 UTC`, with a fraction of the second or without the seconds.
fn of_moment(english: &str) -> Option<String> {
    let (day, time) = english.split_once(' ')?;
    let parsed = |form| NaiveDateTime::parse_from_str(english, form).is_ok();
    let day = of_day(day).filter(|_| parsed("%Y-%m-%d %H:%M:%S%.f UTC") || parsed("%Y-%m-%d %H:%M UTC"))?;
    Some(format!("{day}, {}", german_fraction(time)))
}

/// The fraction of a second behind a comma.
fn german_fraction(time: &str) -> String {
    time.replace('.', ",")
}

/// `1 EUR = 1.0834 USD`.
fn of_rate(english: &str) -> Option<String> {
    let (one, other) = english.split_once(" = ")?;
    Some(format!("{} = {}", of_money(one)?, of_money(other)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: Currency) -> Money {
        Money::new(minor, currency).expect("money")
    }

    #[test]
    fn money_has_points_between_its_thousands_and_a_comma_before_its_decimals() {
        assert_eq!(german_money(money(123_456_789, Currency::EUR)), "1.234.567,89 EUR");
        assert_eq!(german_money(money(-5, Currency::EUR)), "-0,05 EUR");
        assert_eq!(german_money(money(1_234_567, Currency::JPY)), "1.234.567 JPY");
        assert_eq!(german_money(money(1_234_567, Currency::BHD)), "1.234,567 BHD");
    }

    #[test]
    fn what_money_is_in_english_is_the_same_money_in_german() {
        for minor in [0, 1, -1, 99, 100_000, 123_456_789, crate::money::BALANCE_CAP, -crate::money::BALANCE_CAP] {
            for currency in [Currency::EUR, Currency::JPY, Currency::BHD, Currency::CLF] {
                let money = money(minor, currency);
                assert_eq!(german_value(&money.to_string()), Some(german_money(money)), "{money}");
            }
        }
    }

    #[test]
    fn days_moments_rates_and_per_cent_are_known_by_their_form() {
        for (english, german) in [
            ("2026-11-06", "06.11.2026"),
            ("2026-11-06 09:30:00 UTC", "06.11.2026, 09:30:00 UTC"),
            ("2026-11-06 09:30:00.123456 UTC", "06.11.2026, 09:30:00,123456 UTC"),
            ("2026-11-06 09:30 UTC", "06.11.2026, 09:30 UTC"),
            ("1 EUR = 1.0834 USD", "1 EUR = 1,0834 USD"),
            ("3.5 %", "3,5 %"),
            ("12.34500000 EUR", "12,34500000 EUR"),
        ] {
            assert_eq!(german_value(english).as_deref(), Some(german), "{english}");
        }
    }

    #[test]
    fn ids_and_words_of_people_stay_as_they_are() {
        for text in
            ["A-1", "100.234", "2026-11-31", "2026-1-1", "12,34 EUR", "1.2.3 EUR", "5 eur", "EUR", "", "Anna Berg"]
        {
            assert_eq!(german_value(text), None, "{text}");
        }
    }
}
