//! What an account's own entries have moved, by the account of the ledger that they moved.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::Currency;
use crate::posting::{Posting, PostingAccount, Side};

/// A whole number that stands in JSON as text, because webviews lose those above 2^53.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole(pub i128);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u64> for Whole {
    fn from(number: u64) -> Self {
        Self(i128::from(number))
    }
}

impl Whole {
    /// As a count. What is none, and can only come from a foreign store, is the nearest one.
    #[must_use]
    pub fn count(self) -> u64 {
        u64::try_from(self.0.max(0)).unwrap_or(u64::MAX)
    }
}

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer, |text| match text.parse::<i128>() {
            Ok(number) if number.to_string() == text => Ok(Self(number)),
            _ => Err(format!("{text:?} is not a whole number")),
        })
    }
}

impl JsonSchema for Whole {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "Whole number", "pattern": "^(0|-?[1-9][0-9]{0,38})$" })
    }
}

/// Sums over all postings to one account in one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turnover {
    /// Minor units debited.
    pub debits: Whole,
    /// Minor units credited.
    pub credits: Whole,
    /// Number of postings.
    pub postings: u64,
}

/// Turnover by currency and account: as many as the chart of accounts has that the account ever moved, and the account itself.
/// Debits equal credits in each currency, because each entry balances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Turnovers(pub(super) BTreeMap<Currency, BTreeMap<PostingAccount, Turnover>>);

impl Turnovers {
    /// Adds a posting. Sums of 64-bit amounts do not reach the end of 128 bits.
    pub(super) fn add(&mut self, leg: &Posting) {
        let of_currency = self.0.entry(leg.amount.currency()).or_default();
        let turnover = match of_currency.get_mut(&leg.account) {
            Some(known) => known,
            None => of_currency.entry(leg.account.clone()).or_default(),
        };
        let sum = if leg.side == Side::Debit { &mut turnover.debits } else { &mut turnover.credits };
        sum.0 = sum.0.saturating_add(i128::from(leg.amount.minor()));
        turnover.postings += 1;
    }

    /// Each account's turnover with its currency.
    pub fn iter(&self) -> impl Iterator<Item = (Currency, &PostingAccount, &Turnover)> {
        let of_currency = |(currency, accounts): (&Currency, _)| (*currency, accounts);
        let all = self.0.iter().map(of_currency);
        all.flat_map(|(currency, accounts): (Currency, &BTreeMap<_, _>)| {
            accounts.iter().map(move |(account, turnover)| (currency, account, turnover))
        })
    }
}
