//! Why rules refuse, in German. Each rule has both texts where it is declared; this reads the values out of the English one,
//! which is what is stored and passed on, and tells the German one with them.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::phrase::{filled, uncovered, values_in};
use super::{Said, german_part};
use crate::account::{AccountRejection, EntryKind, HoldStatus, Period, Product};
use crate::customer::{CustomerRejection, CustomerStatus, ScreeningOutcome};
use crate::exchange::QuoteRejection;
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId, OrderId, QuoteId, TransactionId, TransferId};
use crate::ledger::{LedgerRejection, PeriodChange};
use crate::money::{Amount, Currency, Limit, Money};
use crate::order::{OrderRejection, OrderStatus};
use crate::posting::PostingAccount;
use crate::transaction::{EntryStatus, TransactionRejection};
use crate::transfer::{TransferRejection, TransferStatus};

/// How a value of a rejection is told in another language.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FieldKind {
    /// As it is: ids, counts, codes.
    Same,
    /// Money, a day, a moment, a word, or again a text of the bank.
    Told,
}

/// A type of values in rejections.
pub(crate) trait Field {
    /// How they are told.
    const KIND: FieldKind;
}

macro_rules! fields {
    ($kind:expr; $($type:ty),+ $(,)?) => {
        $(impl Field for $type {
            const KIND: FieldKind = $kind;
        })+
    };
}

fields!(FieldKind::Same; AccountId, CustomerId, TransferId, TransactionId, HoldId, CaseId, QuoteId, OrderId, EntryId, Uuid);
fields!(FieldKind::Same; usize, u32, i64, Currency, PostingAccount);
fields!(FieldKind::Told; Amount, Money, Limit, NaiveDate, DateTime<Utc>, &'static str, String);
fields!(FieldKind::Told; Product, HoldStatus, EntryKind, Period, CustomerStatus, ScreeningOutcome, EntryStatus, TransferStatus);
fields!(FieldKind::Told; PeriodChange);
fields!(FieldKind::Told; OrderStatus);

/// A rule's texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusalText {
    /// Its code.
    pub(crate) code: &'static str,
    /// What it says, with its values as `{name}`.
    pub(crate) english: &'static str,
    /// The same in German.
    pub(crate) german: &'static str,
    /// Its values.
    pub(crate) fields: &'static [(&'static str, FieldKind)],
}

const ALL: &[&[RefusalText]] = &[
    AccountRejection::TEXTS,
    TransferRejection::TEXTS,
    CustomerRejection::TEXTS,
    TransactionRejection::TEXTS,
    QuoteRejection::TEXTS,
    OrderRejection::TEXTS,
    LedgerRejection::TEXTS,
];

/// Fields with the names of people.
const PEOPLE: &[&str] = &["actor", "proposed_by"];

impl RefusalText {
    fn kind(&self, field: &str) -> FieldKind {
        if PEOPLE.contains(&field) {
            return FieldKind::Same;
        }
        self.fields.iter().find(|(name, _)| *name == field).map_or(FieldKind::Same, |(_, kind)| *kind)
    }

    fn german_of(&self, english: Said<'_>) -> Option<(usize, String)> {
        // An id or a count holds no white space: what does is the text of another rule.
        let fits = |name: &str, value: &str| {
            PEOPLE.contains(&name)
                || !matches!(self.kind(name), FieldKind::Same)
                || !value.contains(char::is_whitespace)
        };
        let values = values_in(self.english, english, &fits)?;
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("".into(), |(_, value)| *value);
        Some((uncovered(&values), filled(self.german, |name| told(self.kind(name), value(name)))))
    }
}

fn told(kind: FieldKind, value: Said<'_>) -> String {
    match kind {
        FieldKind::Same => value.text.to_owned(),
        FieldKind::Told => german_part(value),
    }
}

/// What a rule says in German, given what it says in English, and the length of its values.
pub(super) fn german(english: Said<'_>) -> Option<(usize, String)> {
    ALL.iter().copied().flatten().find_map(|text| text.german_of(english))
}

/// A value of a rejection in German, given its name in the details.
#[must_use]
pub fn german_detail(code: &str, name: &str, value: &str) -> String {
    let texts = ALL.iter().copied().flatten().filter(|text| text.code == code);
    let field = texts.flat_map(|text| text.fields).find(|(field, _)| crate::refusal::camel_case(field) == name);
    told(field.map_or(FieldKind::Same, |(_, kind)| *kind), value.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::phrase::names;
    use super::super::{Language, translation};
    use super::*;

    /// A value that fits a kind, in English and in German.
    fn sample(kind: FieldKind, index: usize) -> (String, String) {
        match kind {
            FieldKind::Same => (format!("X-{index}"), format!("X-{index}")),
            FieldKind::Told if index.is_multiple_of(2) => {
                (format!("{index},234.50 EUR"), format!("{index}.234,50 EUR"))
            }
            FieldKind::Told => (format!("2026-11-0{}", index % 10), format!("0{}.11.2026", index % 10)),
        }
    }

    #[test]
    fn every_rule_says_the_same_with_the_same_numbers_in_german() {
        for text in ALL.iter().copied().flatten() {
            let of = |name: &str| {
                let at = text.fields.iter().position(|(field, _)| *field == name).expect("a field of the rule");
                sample(text.kind(name), at + 1)
            };
            let english = filled(text.english, |name| of(name).0);
            let german = translation(english.as_str(), Language::German);
            let german = german.unwrap_or_else(|| panic!("{}: {english:?} has no German", text.code));
            assert_ne!(german, english, "{} says the same in both languages", text.code);
            for name in names(text.english) {
                assert!(german.contains(&of(name).1), "{}: {german:?} lacks {name} ({})", text.code, of(name).1);
            }
            let (had, has): (BTreeSet<_>, BTreeSet<_>) =
                (names(text.english).into_iter().collect(), names(text.german).into_iter().collect());
            assert_eq!(had, has, "{} tells other values in German", text.code);
            assert!(!german.contains(['{', '}']), "{german:?} has a value that is not told");
        }
    }

    #[test]
    fn every_code_of_every_aggregate_is_told() {
        let told: BTreeSet<_> = ALL.iter().copied().flatten().map(|text| text.code).collect();
        let codes = [
            AccountRejection::CODES,
            TransferRejection::CODES,
            CustomerRejection::CODES,
            TransactionRejection::CODES,
            QuoteRejection::CODES,
            OrderRejection::CODES,
            LedgerRejection::CODES,
        ];
        assert_eq!(told, codes.concat().into_iter().collect(), "codes without German, or German without a rule");
    }

    #[test]
    fn a_refusal_within_a_refusal_is_told_as_well() {
        let english = "Account A-1 cannot take part (account_closed): Account A-1 was closed on 2026-11-06.";
        let german = "Konto A-1 kann nicht teilnehmen (account_closed): Konto A-1 wurde am 06.11.2026 geschlossen.";
        assert_eq!(translation(english, Language::German).as_deref(), Some(german));
        assert_eq!(translation(english, Language::English), None, "English is told as it is");
        assert_eq!(translation("Called the sender", Language::German), None, "people's words are theirs");
    }

    #[test]
    fn a_detail_is_told_by_its_name() {
        assert_eq!(german_detail("insufficient_funds", "overdraftLimit", "1,000.00 EUR"), "1.000,00 EUR");
        assert_eq!(german_detail("account_closed", "closedOn", "2026-11-06"), "06.11.2026");
        assert_eq!(german_detail("order_over", "status", "suspended"), "ausgesetzt");
        assert_eq!(german_detail("account_closed", "accountId", "active"), "active", "an id is no word");
        assert_eq!(german_detail("unknown", "amount", "1,000.00 EUR"), "1,000.00 EUR");
    }
}
