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
    weighed_translation(english.into(), language).map(|(_, told)| told)
}

/// As [`translation`], with the length of what no words of the bank cover: the less, the more certain.
#[must_use]
pub fn weighed_translation(english: Said<'_>, language: Language) -> Option<(usize, String)> {
    match language {
        Language::English => None,
        Language::German => {
            let whole = catalogue::german(english.text).map(|told| (0, told.to_owned()));
            let found = [whole, german_stored(english), weighed(phrases::FAULTS, english, &german_part)];
            found.into_iter().flatten().min_by_key(|(uncovered, _)| *uncovered)
        }
    }
}

/// A text of the log in a language: what the bank itself has put there (why a rule refused, what an entry is), is told; what
/// people wrote stays as it is.
#[must_use]
pub fn stored(english: &str, language: Language) -> String {
    match language {
        Language::English => None,
        Language::German => german_stored(english.into()).map(|(_, told)| told),
    }
    .unwrap_or_else(|| english.to_owned())
}

/// Everything that is told by a phrase, for tests that look for texts without German.
pub fn phrases() -> impl Iterator<Item = &'static Phrase> {
    [phrases::STORED, phrases::FAULTS, phrases::PARTS].into_iter().flatten()
}

fn german(english: Said<'_>) -> Option<String> {
    let told = german_stored(english).or_else(|| weighed(phrases::FAULTS, english, &german_part));
    told.map(|(_, told)| told)
}

fn german_stored(english: Said<'_>) -> Option<(usize, String)> {
    refused::german(english).or_else(|| weighed(phrases::STORED, english, &german_part))
}

/// A value within a text: a number, a word, or again a text of the bank.
fn german_part(english: Said<'_>) -> String {
    let known = german_value(english.text).or_else(|| told_by(phrases::PARTS, english, &german_part));
    known.or_else(|| german(english)).unwrap_or_else(|| english.text.to_owned())
}
