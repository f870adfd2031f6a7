//! Exact fractions of a minor unit.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::day_count::PARTS_PER_YEAR;
use super::rate::PARTS_PER_MILLION_CAP;
use crate::money::{Currency, Money};

/// Why a fraction cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FractionError {
    /// A text that is not a canonical whole number.
    #[error("{0:?} is not a whole number")]
    NotWhole(String),
    /// Another denominator than the one that all interest has.
    #[error("the denominator of interest is {expected}, not {found}", expected = MinorFraction::DENOMINATOR)]
    Denominator {
        /// What it is.
        found: String,
    },
}

/// An exact number of minor units, whole or not: a numerator over [`MinorFraction::DENOMINATOR`]. Negative where the
/// customer owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct MinorFraction(i128);

impl MinorFraction {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Units that a minor unit is divided into: parts of a year times parts per million.
    pub const DENOMINATOR: i128 = PARTS_PER_YEAR as i128 * PARTS_PER_MILLION_CAP as i128;

    /// Takes a numerator over [`MinorFraction::DENOMINATOR`].
    #[must_use]
    pub const fn of_units(numerator: i128) -> Self {
        Self(numerator)
    }

    /// Whole minor units.
    #[must_use]
    pub fn whole(money: Money) -> Self {
        Self(i128::from(money.minor()) * Self::DENOMINATOR)
    }

    /// The numerator.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.0
    }

    /// The sum. Saturates, which interest on balances within their cap cannot reach in the time that dates can express.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; see [`MinorFraction::plus`].
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The nearest whole number of minor units; of two that are as near, the even one.
    #[must_use]
    pub const fn rounded_half_even(self) -> i128 {
        let whole = self.0.div_euclid(Self::DENOMINATOR);
        let twice = self.0.rem_euclid(Self::DENOMINATOR) * 2;
        if twice > Self::DENOMINATOR || (twice == Self::DENOMINATOR && whole.rem_euclid(2) == 1) {
            whole.saturating_add(1)
        } else {
            whole
        }
    }

    /// For people: the money with six more decimals, cut off, such as `12.34567890 EUR`.
    #[must_use]
    pub fn in_words(self, currency: Currency) -> String {
        const MORE: u32 = 6;
        let scale = 10_u128.pow(MORE);
        let denominator = Self::DENOMINATOR.unsigned_abs();
        let size = self.0.unsigned_abs();
        let (whole, rest) = (size / denominator, size % denominator);
        let exponent = currency.exponent() as usize;
        let digits = format!("{whole:0>width$}", width = exponent + 1);
        let (units, minor) = digits.split_at(digits.len() - exponent);
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{units}.{minor}{:06} {currency}", rest * scale / denominator)
    }
}

/// What stands in JSON: both numbers as text, because they are far above 2^53.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    numerator: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    denominator: std::borrow::Cow<'a, str>,
}

fn read(wire: &Wire<'_>) -> Result<MinorFraction, FractionError> {
    let shown = |text: &str| text.chars().take(64).collect();
    if *wire.denominator != *MinorFraction::DENOMINATOR.to_string() {
        return Err(FractionError::Denominator { found: shown(&wire.denominator) });
    }
    match wire.numerator.parse::<i128>() {
        Ok(numerator) if *numerator.to_string() == *wire.numerator => Ok(MinorFraction(numerator)),
        _ => Err(FractionError::NotWhole(shown(&wire.numerator))),
    }
}

impl Serialize for MinorFraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (numerator, denominator) = (self.0.to_string().into(), Self::DENOMINATOR.to_string().into());
        Wire { numerator, denominator }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MinorFraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Wire::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for MinorFraction {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MinorFraction".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let denominator = Self::DENOMINATOR.to_string();
        json_schema!({
            "type": "object",
            "title": "Fraction of minor units",
            "description": "An exact number of minor units; negative where the customer owes.",
            "properties": {
                "numerator": { "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,38})$" },
                "denominator": { "type": "string", "const": denominator },
            },
            "required": ["numerator", "denominator"],
            "additionalProperties": false,
        })
    }
}

impl fmt::Display for MinorFraction {
    /// `7/1603080000000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, Self::DENOMINATOR)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const D: i128 = MinorFraction::DENOMINATOR;

    #[test]
    fn halves_go_to_the_even_side() {
        let halves = [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2), (0, 0), (2, 1), (-2, -1)];
        for (halves, rounded) in halves {
            assert_eq!(MinorFraction::of_units(halves * D / 2).rounded_half_even(), rounded, "{halves}/2");
        }
        assert_eq!(MinorFraction::of_units(D / 2 + 1).rounded_half_even(), 1, "just above a half");
        assert_eq!(MinorFraction::of_units(D / 2 - 1).rounded_half_even(), 0, "just below a half");
        assert_eq!(MinorFraction::of_units(-D / 2 - 1).rounded_half_even(), -1);
        assert_eq!(MinorFraction::of_units(-D / 2 + 1).rounded_half_even(), 0);
    }

    #[test]
    fn json_carries_both_numbers_as_text() {
        let json = serde_json::to_string(&MinorFraction::of_units(-7)).expect("encodes");
        assert_eq!(json, r#"{"numerator":"-7","denominator":"1603080000000"}"#);
        assert_eq!(serde_json::from_str::<MinorFraction>(&json).expect("decodes").numerator(), -7);
        for bad in [
            r#"{"numerator":"1","denominator":"365"}"#,
            r#"{"numerator":"01","denominator":"1603080000000"}"#,
            r#"{"numerator":1,"denominator":"1603080000000"}"#,
            r#"{"numerator":"1"}"#,
        ] {
            assert!(serde_json::from_str::<MinorFraction>(bad).is_err(), "{bad} must be refused");
        }
    }

    #[test]
    fn people_see_six_more_decimals() {
        let cents = |numerator: i128| MinorFraction::of_units(numerator);
        assert_eq!(cents(1234 * D + D / 2).in_words(Currency::EUR), "12.34500000 EUR");
        assert_eq!(cents(-D / 4).in_words(Currency::EUR), "-0.00250000 EUR");
        assert_eq!(cents(7 * D).in_words(Currency::JPY), "7.000000 JPY");
    }

    proptest! {
        #[test]
        fn rounding_moves_by_at_most_half(numerator in -1_000 * D..1_000 * D) {
            let rounded = MinorFraction::of_units(numerator).rounded_half_even();
            prop_assert!((rounded * D - numerator).abs() * 2 <= D, "{rounded} is nearest to {numerator}/{D}");
        }
    }
}
