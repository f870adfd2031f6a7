//! Currencies of ISO 4217 and how many decimals each has.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(u8);

/// A text that is not the code of a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ISO 4217 currency code")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// Euro.
    pub const EUR: Self = Self::known("EUR");
    /// US dollar.
    pub const USD: Self = Self::known("USD");
    /// Pound sterling.
    pub const GBP: Self = Self::known("GBP");
    /// Swiss franc.
    pub const CHF: Self = Self::known("CHF");
    /// Yen, which has no minor unit.
    pub const JPY: Self = Self::known("JPY");
    /// Bahraini dinar, which has three decimals.
    pub const BHD: Self = Self::known("BHD");
    /// Chilean unidad de fomento, which has four decimals.
    pub const CLF: Self = Self::known("CLF");

    /// Finds a code that is known to be in the table; checked at compile time.
    const fn known(code: &str) -> Self {
        let wanted = code.as_bytes();
        let mut index = 0;
        while index < TABLE.len() {
            let candidate = TABLE[index].0.as_bytes();
            if candidate[0] == wanted[0] && candidate[1] == wanted[1] && candidate[2] == wanted[2] {
                return Self(index as u8);
            }
            index += 1;
        }
        panic!("not in the table")
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        TABLE[usize::from(self.0)].0
    }

    /// How many decimals an amount has: the minor unit is 10^-exponent of the currency.
    #[must_use]
    pub fn exponent(self) -> u32 {
        TABLE[usize::from(self.0)].1
    }

    /// How many minor units make one whole unit: 1, 100, 1,000 or 10,000.
    #[must_use]
    pub fn minor_per_unit(self) -> i64 {
        10_i64.pow(self.exponent())
    }

    /// Every currency, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).filter_map(|index| u8::try_from(index).ok()).map(Self)
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        place_of(code.as_bytes())
            .and_then(|place| PLACES[place])
            .map(|index| Self(index.get() - 1))
            .ok_or_else(|| UnknownCurrency(code.to_owned()))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer, str::parse)
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "currency",
            "pattern": "^[A-Z]{3}$",
            "title": "Currency",
            "description": "Three-letter code of ISO 4217.",
            "examples": ["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "PLN", "BHD", "CLF"],
        })
    }
}

/// Letters of the alphabet that codes are made of.
const LETTERS: usize = 26;

/// The place of a code among all that three letters make.
const fn place_of(code: &[u8]) -> Option<usize> {
    let [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z'] = code else { return None };
    let (first, second, third) = (code[0] - b'A', code[1] - b'A', code[2] - b'A');
    Some((first as usize * LETTERS + second as usize) * LETTERS + third as usize)
}

/// Of each place, one more than the index of its code. Every amount of every event has a currency, so that it is found
/// without a search counts.
static PLACES: [Option<NonZeroU8>; LETTERS * LETTERS * LETTERS] = {
    let mut places = [None; LETTERS * LETTERS * LETTERS];
    let mut index = 0;
    while index < TABLE.len() {
        if let Some(place) = place_of(TABLE[index].0.as_bytes()) {
            places[place] = NonZeroU8::new(index as u8 + 1);
        }
        index += 1;
    }
    places
};

/// Codes and exponents, sorted by code. Active codes of ISO 4217 that have a minor unit defined, without precious metals and
/// test codes.
const TABLE: &[(&str, u32)] = &[
    ("AED", 2),
    ("AFN", 2),
    ("ALL", 2),
    ("AMD", 2),
    ("AOA", 2),
    ("ARS", 2),
    ("AUD", 2),
    ("AWG", 2),
    ("AZN", 2),
    ("BAM", 2),
    ("BBD", 2),
    ("BDT", 2),
    ("BGN", 2),
    ("BHD", 3),
    ("BIF", 0),
    ("BMD", 2),
    ("BND", 2),
    ("BOB", 2),
    ("BOV", 2),
    ("BRL", 2),
    ("BSD", 2),
    ("BTN", 2),
    ("BWP", 2),
    ("BYN", 2),
    ("BZD", 2),
    ("CAD", 2),
    ("CDF", 2),
    ("CHE", 2),
    ("CHF", 2),
    ("CHW", 2),
    ("CLF", 4),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("COU", 2),
    ("CRC", 2),
    ("CUP", 2),
    ("CVE", 2),
    ("CZK", 2),
    ("DJF", 0),
    ("DKK", 2),
    ("DOP", 2),
    ("DZD", 2),
    ("EGP", 2),
    ("ERN", 2),
    ("ETB", 2),
    ("EUR", 2),
    ("FJD", 2),
    ("FKP", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("GHS", 2),
    ("GIP", 2),
    ("GMD", 2),
    ("GNF", 0),
    ("GTQ", 2),
    ("GYD", 2),
    ("HKD", 2),
    ("HNL", 2),
    ("HTG", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("IQD", 3),
    ("IRR", 2),
    ("ISK", 0),
    ("JMD", 2),
    ("JOD", 3),
    ("JPY", 0),
    ("KES", 2),
    ("KGS", 2),
    ("KHR", 2),
    ("KMF", 0),
    ("KPW", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KYD", 2),
    ("KZT", 2),
    ("LAK", 2),
    ("LBP", 2),
    ("LKR", 2),
    ("LRD", 2),
    ("LSL", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MDL", 2),
    ("MGA", 2),
    ("MKD", 2),
    ("MMK", 2),
    ("MNT", 2),
    ("MOP", 2),
    ("MRU", 2),
    ("MUR", 2),
    ("MVR", 2),
    ("MWK", 2),
    ("MXN", 2),
    ("MXV", 2),
    ("MYR", 2),
    ("MZN", 2),
    ("NAD", 2),
    ("NGN", 2),
    ("NIO", 2),
    ("NOK", 2),
    ("NPR", 2),
    ("NZD", 2),
    ("OMR", 3),
    ("PAB", 2),
    ("PEN", 2),
    ("PGK", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PYG", 0),
    ("QAR", 2),
    ("RON", 2),
    ("RSD", 2),
    ("RUB", 2),
    ("RWF", 0),
    ("SAR", 2),
    ("SBD", 2),
    ("SCR", 2),
    ("SDG", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("SHP", 2),
    ("SLE", 2),
    ("SOS", 2),
    ("SRD", 2),
    ("SSP", 2),
    ("STN", 2),
    ("SVC", 2),
    ("SYP", 2),
    ("SZL", 2),
    ("THB", 2),
    ("TJS", 2),
    ("TMT", 2),
    ("TND", 3),
    ("TOP", 2),
    ("TRY", 2),
    ("TTD", 2),
    ("TWD", 2),
    ("TZS", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("USN", 2),
    ("UYI", 0),
    ("UYU", 2),
    ("UYW", 4),
    ("UZS", 2),
    ("VED", 2),
    ("VES", 2),
    ("VND", 0),
    ("VUV", 0),
    ("WST", 2),
    ("XAF", 0),
    ("XCD", 2),
    ("XCG", 2),
    ("XOF", 0),
    ("XPF", 0),
    ("YER", 2),
    ("ZAR", 2),
    ("ZMW", 2),
    ("ZWG", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_code_reads_back() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0), "binary search needs a strictly sorted table");
        assert!(TABLE.len() <= usize::from(u8::MAX), "an index must fit a byte");
        for currency in Currency::all() {
            assert_eq!(currency.code().parse(), Ok(currency), "{currency} reads back");
            assert!([0, 2, 3, 4].contains(&currency.exponent()), "{currency} has an exponent that exists");
        }
    }

    #[test]
    fn exponents_are_those_of_the_standard() {
        let exponents =
            [("JPY", 0), ("EUR", 2), ("BHD", 3), ("KWD", 3), ("TND", 3), ("CLF", 4), ("ISK", 0), ("UYW", 4)];
        for (code, exponent) in exponents {
            assert_eq!(code.parse::<Currency>().map(Currency::exponent), Ok(exponent), "{code}");
        }
        for unknown in ["", "eur", "EURO", "XXX", "E R"] {
            assert!(unknown.parse::<Currency>().is_err(), "{unknown:?} is no currency");
        }
    }
}
