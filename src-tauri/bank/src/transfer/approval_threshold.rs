//! Above which amount a transfer needs a second person.

use crate::money::{AMOUNT_CAP, Currency, Limit};

/// In whole units, where nothing else is said: for currencies of about the worth of a euro.
const USUAL_UNITS: i64 = 50_000;

/// Currencies whose unit is worth far more or far less, with a round number of about the same worth.
const OTHER_UNITS: &[(&str, i64)] = &[
    ("BHD", 20_000),
    ("CLF", 1_200),
    ("CLP", 50_000_000),
    ("CZK", 1_200_000),
    ("HUF", 20_000_000),
    ("IDR", 800_000_000),
    ("INR", 4_500_000),
    ("ISK", 7_500_000),
    ("JPY", 8_000_000),
    ("KRW", 75_000_000),
    ("KWD", 15_000),
    ("VND", 1_300_000_000),
];

/// Amounts above this need a second person: one person's mistake or fraud should not cost more. Part of the bank's rules and not
/// of the command, so that nobody can bring their own. Raising one later changes nothing about approvals asked for before.
#[must_use]
pub fn approval_threshold(currency: Currency) -> Limit {
    let other = OTHER_UNITS.iter().find(|(code, _)| *code == currency.code());
    let units = other.map_or(USUAL_UNITS, |(_, units)| *units);
    let minor = units.saturating_mul(currency.minor_per_unit()).min(AMOUNT_CAP);
    Limit::new(minor, currency).unwrap_or(Limit::zero(currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_whole_units_of_known_currencies() {
        for (code, units) in OTHER_UNITS {
            let currency: Currency = code.parse().expect("a currency");
            assert_eq!(approval_threshold(currency).money().minor(), units * currency.minor_per_unit(), "{code}");
        }
        assert_eq!(approval_threshold(Currency::EUR).to_string(), "50,000.00 EUR");
        assert_eq!(approval_threshold(Currency::JPY).to_string(), "8,000,000 JPY");
        assert!(Currency::all().all(|currency| approval_threshold(currency).money().minor() > 0));
    }
}
