//! Exchange rates: exact ratios of whole numbers, never a float.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::{Amount, Currency, Money, MoneyError, divided_half_even};

/// Largest numerator and denominator. Twelve digits are more than any market quotes, and a product with an amount at its cap
/// stays far below 2^127.
pub const RATE_TERM_CAP: i64 = 1_000_000_000_000;

/// A numerator or denominator: from 1 to [`RATE_TERM_CAP`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RateTerm(i64);

impl RateTerm {
    /// Takes a number; nothing outside the bounds.
    #[must_use]
    pub const fn new(term: i64) -> Option<Self> {
        if term >= 1 && term <= RATE_TERM_CAP { Some(Self(term)) } else { None }
    }

    /// Reads the one canonical spelling: no sign, no leading zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::new(text.parse::<i64>().ok().filter(|term| term.to_string() == text)?)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for RateTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RateTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for RateTerm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RateTerm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let shown: String = text.chars().take(64).collect();
            serde::de::Error::custom(format!("{shown:?} is not a whole number from 1 to {RATE_TERM_CAP}"))
        })
    }
}

impl JsonSchema for RateTerm {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RateTerm".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "rate-term",
            "pattern": "^[1-9][0-9]{0,12}$",
            "description": "A whole number from 1 to 10^12, as text.",
            "examples": ["10834"],
        })
    }
}

/// How many minor units of the target currency one minor unit of the source currency is worth, as an exact ratio. Decimals of
/// the two currencies are therefore in it: 1 EUR for 160 JPY is 8/5 (160 yen for 100 cents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct ExchangeRate {
    /// Minor units of the target currency.
    pub numerator: RateTerm,
    /// For so many minor units of the source currency.
    pub denominator: RateTerm,
}

impl ExchangeRate {
    /// Takes both terms; nothing if one is out of bounds.
    #[must_use]
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        Some(Self { numerator: RateTerm::new(numerator)?, denominator: RateTerm::new(denominator)? })
    }

    /// What an amount is worth in the target currency: calculated exactly and rounded once, to the nearest minor unit, a half
    /// to the even one.
    ///
    /// # Errors
    /// It is worth less than half a minor unit, or more than an amount can be.
    pub fn convert(self, amount: Amount, target: Currency) -> Result<Amount, MoneyError> {
        let exact = i128::from(amount.minor()) * i128::from(self.numerator.get());
        let minor = divided_half_even(exact, i128::from(self.denominator.get()));
        Amount::try_from(Money::from_wide(minor, target)?)
    }

    /// What rounding gave to the target: the rounded amount less the exact one, as a numerator over the rate's denominator, in
    /// minor units of the target. It stays in the bank's position; at most half a minor unit either way.
    #[must_use]
    pub fn rounding(self, amount: Amount, converted: Amount) -> i128 {
        let exact = i128::from(amount.minor()) * i128::from(self.numerator.get());
        i128::from(converted.minor()) * i128::from(self.denominator.get()) - exact
    }

    /// For people, in whole units: `1 EUR = 1.0834 USD`, cut off after eight decimals.
    #[must_use]
    pub fn in_words(self, source: Currency, target: Currency) -> String {
        const DECIMALS: u32 = 8;
        let scale = 10_i128.pow(DECIMALS);
        let exact = i128::from(self.numerator.get()) * i128::from(source.minor_per_unit()) * scale;
        let scaled = exact / (i128::from(self.denominator.get()) * i128::from(target.minor_per_unit()));
        let decimals = format!("{:08}", scaled % scale);
        match decimals.trim_end_matches('0') {
            "" => format!("1 {source} = {} {target}", scaled / scale),
            decimals => format!("1 {source} = {}.{decimals} {target}", scaled / scale),
        }
    }
}

impl fmt::Display for ExchangeRate {
    /// `10834/10000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::AMOUNT_CAP;

    fn rate(numerator: i64, denominator: i64) -> ExchangeRate {
        ExchangeRate::new(numerator, denominator).expect("a rate")
    }

    fn converted(minor: i64, from: Currency, rate: ExchangeRate, to: Currency) -> Option<i64> {
        let amount = Amount::new(minor, from).expect("an amount");
        rate.convert(amount, to).ok().map(Amount::minor)
    }

    #[test]
    fn every_number_of_decimals_converts_exactly() {
        let (eur, jpy, bhd, clf) = (Currency::EUR, Currency::JPY, Currency::BHD, Currency::CLF);
        assert_eq!(converted(10_000, eur, rate(8, 5), jpy), Some(16_000), "100.00 EUR are 16,000 JPY");
        assert_eq!(converted(16_000, jpy, rate(5, 8), eur), Some(10_000), "and back");
        assert_eq!(converted(10_000, eur, rate(41, 10), bhd), Some(41_000), "100.00 EUR are 41.000 BHD");
        assert_eq!(converted(1, bhd, rate(7, 10), clf), Some(1), "0.001 BHD is 0.00007 CLF, nearest 0.0001");
        assert_eq!(converted(10_000, clf, rate(37_000, 10_000), jpy), Some(37_000), "1 CLF is 37,000 JPY");
    }

    #[test]
    fn a_half_goes_to_the_even_minor_unit() {
        for (minor, expected) in [(1, None), (3, Some(2)), (5, Some(2)), (7, Some(4)), (2, Some(1))] {
            assert_eq!(converted(minor, Currency::EUR, rate(1, 2), Currency::USD), expected, "{minor}/2");
        }
    }

    #[test]
    fn too_little_and_too_much_are_refused() {
        assert_eq!(converted(1, Currency::EUR, rate(1, 3), Currency::USD), None, "a third of a cent is nothing");
        assert_eq!(converted(AMOUNT_CAP, Currency::EUR, rate(2, 1), Currency::JPY), None, "twice the cap");
        let most = rate(RATE_TERM_CAP, 1);
        assert_eq!(converted(AMOUNT_CAP, Currency::EUR, most, Currency::JPY), None, "no overflow at the caps");
    }

    #[test]
    fn a_rate_has_one_spelling_and_bounds() {
        let json = serde_json::to_string(&rate(10_834, 10_000)).expect("encodes");
        assert_eq!(json, r#"{"numerator":"10834","denominator":"10000"}"#);
        assert_eq!(serde_json::from_str::<ExchangeRate>(&json).expect("decodes"), rate(10_834, 10_000));
        for bad in ["0", "-1", "01", "+1", "1.5", "1000000000001", ""] {
            let json = format!(r#"{{"numerator":"{bad}","denominator":"1"}}"#);
            assert!(serde_json::from_str::<ExchangeRate>(&json).is_err(), "{bad:?} is no term of a rate");
        }
        assert!(serde_json::from_str::<ExchangeRate>(r#"{"numerator":1,"denominator":"1"}"#).is_err(), "no number");
    }

    #[test]
    fn people_see_whole_units() {
        assert_eq!(rate(10_834, 10_000).in_words(Currency::EUR, Currency::USD), "1 EUR = 1.0834 USD");
        assert_eq!(rate(8, 5).in_words(Currency::EUR, Currency::JPY), "1 EUR = 160 JPY");
        assert_eq!(rate(5, 8).in_words(Currency::JPY, Currency::EUR), "1 JPY = 0.00625 EUR");
    }

    proptest! {
        #[test]
        fn rounding_moves_by_at_most_half_a_minor_unit(
            minor in 1..=AMOUNT_CAP, numerator in 1..=RATE_TERM_CAP, denominator in 1..=RATE_TERM_CAP,
        ) {
            let (rate, amount) = (rate(numerator, denominator), Amount::new(minor, Currency::EUR).expect("an amount"));
            if let Ok(converted) = rate.convert(amount, Currency::BHD) {
                let given = rate.rounding(amount, converted);
                prop_assert!(given.abs() * 2 <= i128::from(denominator), "{given}/{denominator} minor units were given");
            } else {
                let exact = i128::from(minor) * i128::from(numerator);
                let fits = exact * 2 > i128::from(denominator) && exact / i128::from(denominator) < i128::from(AMOUNT_CAP);
                prop_assert!(!fits, "{minor} at {rate} could be converted");
            }
        }
    }
}
