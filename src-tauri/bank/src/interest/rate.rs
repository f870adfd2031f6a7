//! Yearly rates in parts per million: 35000 is 3.5 %.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Highest rate, in parts per million: 100 % a year.
pub const PARTS_PER_MILLION_CAP: u32 = 1_000_000;

/// A yearly rate: nothing or more, at most [`PARTS_PER_MILLION_CAP`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PartsPerMillion(u32);

impl PartsPerMillion {
    /// No interest.
    pub const ZERO: Self = Self(0);

    /// Takes a number; nothing beyond the cap.
    #[must_use]
    pub const fn new(parts: u32) -> Option<Self> {
        if parts <= PARTS_PER_MILLION_CAP { Some(Self(parts)) } else { None }
    }

    /// Reads the one canonical spelling: no sign, no leading zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.parse::<u32>().ok().filter(|parts| parts.to_string() == text)?;
        Self::new(parts)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for PartsPerMillion {
    /// `3.5 %`: a part per million is 0.0001 %.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:04}", self.0 % 10_000);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{} %", self.0 / 10_000),
            decimals => write!(f, "{}.{decimals} %", self.0 / 10_000),
        }
    }
}

impl fmt::Debug for PartsPerMillion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for PartsPerMillion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PartsPerMillion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let shown: String = text.chars().take(64).collect();
            serde::de::Error::custom(format!("{shown:?} is not a whole number of parts per million from 0 to 1000000"))
        })
    }
}

impl JsonSchema for PartsPerMillion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PartsPerMillion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "parts-per-million",
            "pattern": "^(0|[1-9][0-9]{0,6})$",
            "title": "Yearly rate",
            "description": "Parts per million a year, as text: 35000 is 3.5 %.",
            "examples": ["35000"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_one_spelling_and_a_cap() {
        for (text, shown) in [("0", "0 %"), ("35000", "3.5 %"), ("1", "0.0001 %"), ("1000000", "100 %")] {
            let rate = PartsPerMillion::parse(text).expect("a rate");
            assert_eq!(rate.to_string(), shown);
            assert_eq!(serde_json::to_string(&rate).expect("encodes"), format!("\"{text}\""));
        }
        for bad in ["", "-1", "+1", "01", "1.5", "1000001", "99999999999"] {
            assert!(serde_json::from_str::<PartsPerMillion>(&format!("\"{bad}\"")).is_err(), "{bad:?} is no rate");
        }
        assert!(serde_json::from_str::<PartsPerMillion>("35000").is_err(), "a number is not text");
    }
}
