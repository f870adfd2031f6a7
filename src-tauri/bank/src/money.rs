//! Exact money: whole minor units of a currency. No floats, no operators that could overflow or mix currencies silently.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::currency::{Currency, UnknownCurrency};
use crate::spelled::{Spell, Spelled};

/// Largest single amount, in minor units. Far above any real payment, far below what could overflow a sum.
pub const AMOUNT_CAP: i64 = 1_000_000_000_000_000;
/// Largest absolute balance, in minor units. Still a hundred amounts at their cap, and 90 times below 2^63.
pub const BALANCE_CAP: i64 = 100_000_000_000_000_000;

/// Why money cannot be made, added or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies in one calculation.
    #[error("{left} and {right} cannot be calculated with each other")]
    CurrencyMismatch {
        /// Currency of the first operand.
        left: Currency,
        /// Currency of the second.
        right: Currency,
    },
    /// Zero or less where more than nothing is needed.
    #[error("an amount must be more than zero, this one is {0}")]
    NotPositive(Money),
    /// Less than zero where at least nothing is needed.
    #[error("a limit cannot be negative, this one is {0}")]
    Negative(Money),
    /// Beyond a cap.
    #[error("{minor} minor units of {currency} are beyond the cap of {cap}")]
    BeyondCap {
        /// What it would be.
        minor: i128,
        /// Its currency.
        currency: Currency,
        /// The cap.
        cap: i64,
    },
    /// A text that is not a plain decimal number.
    #[error("{0:?} is not a decimal number")]
    NotDecimal(String),
    /// More decimals than the currency has.
    #[error("{text:?} has more decimals than {currency} has: at most {exponent}")]
    TooManyDecimals {
        /// The text.
        text: String,
        /// The currency.
        currency: Currency,
        /// Its decimals.
        exponent: u32,
    },
    /// A text that is not a canonical whole number of minor units.
    #[error("{0:?} is not a whole number of minor units")]
    NotMinor(String),
}

/// A signed quantity of money, such as a balance. At most [`BALANCE_CAP`] either way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// Takes minor units.
    ///
    /// # Errors
    /// Beyond [`BALANCE_CAP`].
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::from_wide(i128::from(minor), currency)
    }

    /// Takes the result of a wide calculation.
    ///
    /// # Errors
    /// Beyond [`BALANCE_CAP`].
    pub fn from_wide(minor: i128, currency: Currency) -> Result<Self, MoneyError> {
        match i64::try_from(minor) {
            Ok(fits) if (-BALANCE_CAP..=BALANCE_CAP).contains(&fits) => Ok(Self { minor: fits, currency }),
            _ => Err(MoneyError::BeyondCap { minor, currency, cap: BALANCE_CAP }),
        }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// Different currencies, or beyond [`BALANCE_CAP`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::from_wide(i128::from(self.minor) + i128::from(other.minor), self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    /// Different currencies, or beyond [`BALANCE_CAP`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::from_wide(i128::from(self.minor) - i128::from(other.minor), self.currency)
    }

    /// The sum as history tells it: never refuses. A foreign currency changes nothing and the caps hold the result; neither
    /// can come from a decision, only from a store that something else wrote.
    #[must_use]
    pub fn plus_recorded(self, other: Self) -> Self {
        self.moved(i128::from(other.minor), other.currency)
    }

    /// The difference as history tells it; see [`Money::plus_recorded`].
    #[must_use]
    pub fn minus_recorded(self, other: Self) -> Self {
        self.moved(-i128::from(other.minor), other.currency)
    }

    fn moved(self, by: i128, currency: Currency) -> Self {
        if currency != self.currency {
            return self;
        }
        let cap = i128::from(BALANCE_CAP);
        let minor = (i128::from(self.minor) + by).clamp(-cap, cap);
        Self { minor: i64::try_from(minor).unwrap_or(self.minor), currency }
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    /// The number without the currency, grouped: `1,234.50`.
    #[must_use]
    pub fn grouped(self) -> String {
        let digits = self.minor.unsigned_abs().to_string();
        let exponent = self.currency.exponent() as usize;
        let digits = format!("{digits:0>width$}", width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 2);
        if self.minor < 0 {
            text.push('-');
        }
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(fraction);
        }
        text
    }

    /// Reads a plain decimal text such as `100.50`: digits, perhaps a sign before them, perhaps a point with digits after it.
    ///
    /// # Errors
    /// Anything else, more decimals than the currency has, or beyond [`BALANCE_CAP`].
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let not_decimal = || MoneyError::NotDecimal(text.chars().take(64).collect());
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(not_decimal()),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(not_decimal());
        }
        let exponent = currency.exponent();
        if fraction.len() > exponent as usize {
            return Err(MoneyError::TooManyDecimals { text: text.chars().take(64).collect(), currency, exponent });
        }
        let minor: i128 =
            format!("{whole}{fraction:0<width$}", width = exponent as usize).parse().map_err(|_| not_decimal())?;
        Self::from_wide(if negative { -minor } else { minor }, currency)
    }
}

impl fmt::Display for Money {
    /// `1,234.50 EUR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.grouped(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Money that moves: more than nothing, at most [`AMOUNT_CAP`]. The side of a posting carries the direction.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount(Money);

impl Amount {
    /// Takes minor units.
    ///
    /// # Errors
    /// Not more than zero, or beyond [`AMOUNT_CAP`].
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::try_from(Money { minor, currency })
    }

    /// Reads a plain decimal text; see [`Money::from_decimal`].
    ///
    /// # Errors
    /// As [`Money::from_decimal`] and [`Amount::new`].
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::try_from(Money::from_decimal(text, currency)?)
    }

    /// The sum.
    ///
    /// # Errors
    /// Different currencies, or beyond [`AMOUNT_CAP`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        Self::try_from(self.0.checked_add(other.0)?)
    }

    /// As signed money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }

    /// Minor units, at least 1.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0.minor
    }

    /// Currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.0.currency
    }
}

impl TryFrom<Money> for Amount {
    type Error = MoneyError;

    fn try_from(money: Money) -> Result<Self, MoneyError> {
        match money.minor {
            ..=0 => Err(MoneyError::NotPositive(money)),
            1..=AMOUNT_CAP => Ok(Self(money)),
            minor => Err(MoneyError::BeyondCap { minor: i128::from(minor), currency: money.currency, cap: AMOUNT_CAP }),
        }
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        amount.money()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The whole number nearest to a fraction; of two that are as near, the even one. The denominator must be more than zero.
pub(crate) const fn divided_half_even(numerator: i128, denominator: i128) -> i128 {
    let whole = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    if twice > denominator || (twice == denominator && whole.rem_euclid(2) == 1) { whole + 1 } else { whole }
}

/// A limit, such as an overdraft: nothing or more, at most [`AMOUNT_CAP`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit(Money);

impl Limit {
    /// Takes minor units.
    ///
    /// # Errors
    /// Negative, or beyond [`AMOUNT_CAP`].
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::try_from(Money { minor, currency })
    }

    /// No room at all.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self(Money::zero(currency))
    }

    /// As signed money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }
}

impl TryFrom<Money> for Limit {
    type Error = MoneyError;

    fn try_from(money: Money) -> Result<Self, MoneyError> {
        match money.minor {
            ..=-1 => Err(MoneyError::Negative(money)),
            0..=AMOUNT_CAP => Ok(Self(money)),
            minor => Err(MoneyError::BeyondCap { minor: i128::from(minor), currency: money.currency, cap: AMOUNT_CAP }),
        }
    }
}

impl From<Limit> for Money {
    fn from(limit: Limit) -> Self {
        limit.money()
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What stands in JSON: minor units as text, because webviews lose whole numbers above 2^53.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    minor: std::borrow::Cow<'a, str>,
    currency: Currency,
}

/// Reads minor units in their one canonical spelling: no `+`, no leading zero, no `-0`.
fn parse_minor(text: &str) -> Result<i64, MoneyError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits != "0" && !digits.starts_with(['0', '+']) || text == "0";
    match text.parse::<i64>() {
        Ok(minor) if canonical => Ok(minor),
        _ => Err(MoneyError::NotMinor(text.chars().take(64).collect())),
    }
}

macro_rules! json_money {
    ($name:ident, $take:expr, $give:expr, $pattern:literal, $format:literal, $title:literal, $description:literal,
     $example:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let money: Money = $give(*self);
                Wire { minor: money.minor.to_string().into(), currency: money.currency }.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let wire = Wire::deserialize(deserializer)?;
                let minor = parse_minor(&wire.minor).map_err(serde::de::Error::custom)?;
                $take(minor, wire.currency).map_err(serde::de::Error::custom)
            }
        }

        impl Spell for $name {
            fn spell(from: &mut Spelled<'_>) -> Option<Self> {
                from.pass("{\"minor\":")?;
                let minor = parse_minor(from.text()?).ok()?;
                from.pass(",\"currency\":")?;
                let currency = from.text()?.parse().ok()?;
                from.pass("}")?;
                $take(minor, currency).ok()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "object",
                    "format": "money",
                    "title": $title,
                    "description": $description,
                    "properties": {
                        "minor": {
                            "type": "string",
                            "format": $format,
                            "pattern": $pattern,
                            "title": "Minor units",
                            "description": "Whole number of minor units (cents), as text.",
                            "examples": [$example],
                        },
                        "currency": generator.subschema_for::<Currency>(),
                    },
                    "required": ["minor", "currency"],
                    "additionalProperties": false,
                    "examples": [{ "minor": $example, "currency": "EUR" }],
                })
            }
        }
    };
}

json_money!(
    Money,
    Money::new,
    |money| money,
    "^(0|-?[1-9][0-9]{0,17})$",
    "minor-units",
    "Money",
    "A signed quantity of money.",
    "10050"
);
json_money!(
    Amount,
    Amount::new,
    Amount::money,
    "^[1-9][0-9]{0,15}$",
    "positive-minor-units",
    "Amount",
    "More than zero.",
    "10050"
);
json_money!(
    Limit,
    Limit::new,
    Limit::money,
    "^(0|[1-9][0-9]{0,15})$",
    "limit-minor-units",
    "Limit",
    "Zero or more.",
    "50000"
);

/// Whether a text is canonical minor units within the bounds of a schema format of this module.
#[must_use]
pub fn minor_units_fit(format: &str, text: &str) -> bool {
    parse_minor(text).is_ok_and(|minor| minor_units_within(format).contains(&minor))
}

/// The bounds of a format of minor units, both of which fit.
#[must_use]
pub(crate) fn minor_units_within(format: &str) -> std::ops::RangeInclusive<i64> {
    match format {
        "positive-minor-units" => 1..=AMOUNT_CAP,
        "limit-minor-units" => 0..=AMOUNT_CAP,
        _ => -BALANCE_CAP..=BALANCE_CAP,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(minor: i64, currency: Currency) -> Money {
        Money::new(minor, currency).expect("within the caps")
    }

    #[test]
    fn display_groups_thousands_and_keeps_every_decimal() {
        let cases = [
            (123_450, Currency::EUR, "1,234.50 EUR"),
            (5, Currency::EUR, "0.05 EUR"),
            (0, Currency::EUR, "0.00 EUR"),
            (-100_000_000, Currency::EUR, "-1,000,000.00 EUR"),
            (1234, Currency::JPY, "1,234 JPY"),
            (0, Currency::JPY, "0 JPY"),
            (999, Currency::JPY, "999 JPY"),
            (1_234_567, Currency::BHD, "1,234.567 BHD"),
            (-1, Currency::CLF, "-0.0001 CLF"),
        ];
        for (minor, currency, expected) in cases {
            assert_eq!(money(minor, currency).to_string(), expected);
        }
    }

    #[test]
    fn decimal_text_is_read_exactly_or_refused() {
        let good = [
            ("100.50", Currency::EUR, 10_050),
            ("100", Currency::EUR, 10_000),
            ("0.5", Currency::EUR, 50),
            ("-0.01", Currency::EUR, -1),
            ("007", Currency::JPY, 7),
            ("1.234", Currency::BHD, 1_234),
            ("1.2345", Currency::CLF, 12_345),
        ];
        for (text, currency, minor) in good {
            assert_eq!(Money::from_decimal(text, currency), Ok(money(minor, currency)), "{text}");
        }
        for bad in ["", ".", "1.", ".5", "+1", "1,5", "1e3", " 1", "1 ", "--1", "0x1", "NaN", "١"] {
            let read = Money::from_decimal(bad, Currency::EUR);
            assert!(matches!(read, Err(MoneyError::NotDecimal(_))), "{bad:?} gave {read:?}");
        }
        for (text, currency) in [("1.001", Currency::EUR), ("1.0", Currency::JPY), ("100.500", Currency::EUR)] {
            let read = Money::from_decimal(text, currency);
            assert!(matches!(read, Err(MoneyError::TooManyDecimals { .. })), "{text} {currency} gave {read:?}");
        }
        let huge = "9".repeat(60);
        assert!(Money::from_decimal(&huge, Currency::EUR).is_err(), "a number without end is refused, not wrapped");
    }

    #[test]
    fn json_carries_minor_units_as_text_in_one_spelling() {
        let json = serde_json::to_string(&money(-10_050, Currency::EUR)).expect("encodes");
        assert_eq!(json, r#"{"minor":"-10050","currency":"EUR"}"#);
        for bad in [
            r#"{"minor":10050,"currency":"EUR"}"#,
            r#"{"minor":"0100","currency":"EUR"}"#,
            r#"{"minor":"+1","currency":"EUR"}"#,
            r#"{"minor":"-0","currency":"EUR"}"#,
            r#"{"minor":"1.5","currency":"EUR"}"#,
            r#"{"minor":"1","currency":"XXX"}"#,
            r#"{"minor":"1","currency":"EUR","note":""}"#,
            r#"{"minor":"100000000000000001","currency":"EUR"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad} must be refused");
        }
    }

    #[test]
    fn zero_negative_and_oversized_amounts_cannot_exist() {
        for minor in [0, -1, i64::MIN, AMOUNT_CAP + 1, i64::MAX] {
            assert!(Amount::new(minor, Currency::EUR).is_err(), "{minor} must be refused");
            let json = format!(r#"{{"minor":"{minor}","currency":"EUR"}}"#);
            assert!(serde_json::from_str::<Amount>(&json).is_err(), "{json} must be refused");
        }
        assert!(Amount::new(1, Currency::EUR).is_ok() && Amount::new(AMOUNT_CAP, Currency::EUR).is_ok());
        assert!(Limit::new(0, Currency::EUR).is_ok() && Limit::new(-1, Currency::EUR).is_err());
    }

    #[test]
    fn currencies_do_not_mix() {
        let mixed = money(1, Currency::EUR).checked_add(money(1, Currency::USD));
        assert_eq!(mixed, Err(MoneyError::CurrencyMismatch { left: Currency::EUR, right: Currency::USD }));
    }

    proptest! {
        #[test]
        fn sums_are_exact_or_refused(a in -BALANCE_CAP..=BALANCE_CAP, b in -BALANCE_CAP..=BALANCE_CAP) {
            let sum = money(a, Currency::EUR).checked_add(money(b, Currency::EUR));
            let exact = i128::from(a) + i128::from(b);
            if exact.abs() <= i128::from(BALANCE_CAP) {
                prop_assert_eq!(sum.map(|m| i128::from(m.minor())), Ok(exact));
            } else {
                prop_assert!(sum.is_err(), "{exact} is beyond the cap");
            }
        }

        #[test]
        fn what_is_displayed_reads_back(minor in -BALANCE_CAP..=BALANCE_CAP, pick in any::<prop::sample::Index>()) {
            let all: Vec<Currency> = Currency::all().collect();
            let shown = money(minor, all[pick.index(all.len())]);
            let plain = shown.grouped().replace(',', "");
            prop_assert_eq!(Money::from_decimal(&plain, shown.currency()), Ok(shown));
        }

        #[test]
        fn json_reads_back(minor in 1..=AMOUNT_CAP) {
            let amount = Amount::new(minor, Currency::BHD).expect("positive");
            let json = serde_json::to_string(&amount).expect("encodes");
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).expect("decodes"), amount);
        }
    }
}
