//! What the bank says in other languages than English.
//!
//! Events are told by [`crate::sentence`], with a function for each language. Everything else (why rules refuse, the words of
//! processes, titles and descriptions) is English where it is made, because it is stored and compared there; it is looked up
//! here when somebody reads it in another language. A text with values in it is a [`Phrase`]: the values are read out of the
//! English text and written as the other language does.

mod catalogue;
mod phrase;
mod phrases;
mod refused;
pub mod schema;
mod values;
mod words;

pub use es_core::Language;

pub use phrase::{Phrase, SAID, Said, Seamed, told_by, weighed};
pub use refused::german_detail;
pub(crate) use refused::{Field, RefusalText};
pub use values::{german_day, german_moment, german_money, german_value};
pub(crate) use words::german_word;

/// What an English text of the bank says in a language; nothing if the bank does not know the text, or the language is English.
#[must_use]
pub fn translation<'t>(english: impl Into<Said<'t>>, language: Language) -> Option<String> {
    let english = english.into();
    match language {
        Language::English => None,
        Language::German => german(english).or_else(|| catalogue::german(english.text).map(str::to_owned)),
    }
}

/// A text of the log in a language: what the bank itself has put there (why a rule refused, what an entry is), is told; what
/// people wrote stays as it is.
#[must_use]
pub fn stored(english: &str, language: Language) -> String {
    match language {
        Language::English => None,
        Language::German => german_stored(english.into()),
    }
    .unwrap_or_else(|| english.to_owned())
}

/// Everything that is told by a phrase, for tests that look for texts without German.
pub fn phrases() -> impl Iterator<Item = &'static Phrase> {
    [phrases::STORED, phrases::FAULTS, phrases::PARTS].into_iter().flatten()
}

fn german(english: Said<'_>) -> Option<String> {
    german_stored(english).or_else(|| told_by(phrases::FAULTS, english, &german_part))
}

fn german_stored(english: Said<'_>) -> Option<String> {
    refused::german(english).or_else(|| told_by(phrases::STORED, english, &german_part))
}

/// A value within a text: a number, a word, or again a text of the bank.
fn german_part(english: Said<'_>) -> String {
    let known = german_value(english.text).or_else(|| told_by(phrases::PARTS, english, &german_part));
    known.or_else(|| german(english)).unwrap_or_else(|| english.text.to_owned())
}
