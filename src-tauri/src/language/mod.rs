//! What the program says in the language that the window has chosen.
//!
//! Everything is composed in English, near to what it is about, and stored so. Events are told by the bank in either language;
//! every other text is translated here, at the edge: answers by [`InGerman`], failures as they are made.

/// `"English" => "German"` lines.
macro_rules! phrases {
    ($($english:literal => $german:literal,)+) => {
        &[$(bank::language::Phrase { english: $english, german: $german }),+]
    };
}

use phrases;

mod answers;
mod conditions;
mod copies;
mod engine;
mod failures;
mod findings;
mod hints;
mod operations;
mod shell;
mod stores;
mod system;
#[cfg(test)]
mod tests;

use bank::language::{Phrase, Said, told_by, weighed, weighed_translation};
use es_core::Language;

use crate::wire::FailureWords;

pub(crate) use answers::InGerman;

const BOOK: &[&[Phrase]] = &[
    shell::SHELL,
    shell::COMPOSED,
    hints::HINTS,
    engine::ENGINE,
    conditions::CONDITIONS,
    copies::COPIES,
    findings::FINDINGS,
    stores::STORES,
    system::SYSTEM,
];

/// Words that stand as values in texts; alone they could be anybody's.
const WORDS: &[&[Phrase]] = &[shell::NOUNS, conditions::KINDS, operations::OPERATIONS, stores::PARTS];

/// What a clause is in German, and how much of it no words of ours cover.
type Weighed = Option<(usize, String)>;

/// The German of an English text; nothing if nobody knows it, such as what a server said.
#[must_use]
pub(crate) fn german<'t>(english: impl Into<Said<'t>>) -> Option<String> {
    as_sentence(english.into(), &german_clause).map(|(_, told)| told)
}

/// The German of a text that the bank itself has put into the log, perhaps told as a sentence; nothing for people's words.
#[must_use]
pub(crate) fn german_stored(english: &str) -> Option<String> {
    as_sentence(english.into(), &|clause| {
        let told = bank::language::stored(clause.text, Language::German);
        (told != clause.text).then_some((0, told))
    })
    .map(|(_, told)| told)
}

/// Errors are clauses, which people are told as sentences: their first letter is large and a full stop stands at their end. Which
/// of both a text is, its words decide: as what more of it is known.
fn as_sentence(english: Said<'_>, clause_in_german: &dyn Fn(Said<'_>) -> Weighed) -> Weighed {
    let text = english.text;
    let whole = clause_in_german(english);
    if english.is_seamed() && whole.is_some() {
        return whole;
    }
    let clause = text.strip_suffix('.').unwrap_or(text);
    let mut letters = clause.chars();
    let begin: String = letters.next()?.to_lowercase().collect();
    let lower = format!("{begin}{}", letters.as_str());
    let as_written = Some(clause).filter(|clause| *clause != text).and_then(|clause| clause_in_german(clause.into()));
    let of_clause = match (clause_in_german(lower.as_str().into()), as_written) {
        // A name stays as it is, also at the beginning: what was made small for nothing is large again.
        (Some((uncovered, told)), Some(written)) if uncovered >= written.0 && begins_alike(&told, &lower) => {
            Some(written)
        }
        (Some(told), _) => Some(told),
        (None, written) => written,
    };
    match (whole, of_clause) {
        (Some((uncovered, told)), Some((less, other))) if uncovered < less || begins_alike(&other, &lower) => {
            Some((uncovered, told))
        }
        (_, Some((uncovered, told))) => {
            Some((uncovered, if text.ends_with('.') { crate::errors::sentence(&told) } else { told }))
        }
        (whole, None) => whole,
    }
}

/// Whether the first word is the same, so that it is a name.
fn begins_alike(german: &str, english: &str) -> bool {
    german.split(' ').next() == english.split(' ').next()
}

fn german_clause(english: Said<'_>) -> Weighed {
    let of_the_bank = weighed_translation(english, Language::German);
    let ours = weighed(BOOK.iter().copied().flatten(), english, &german_part);
    of_the_bank.into_iter().chain(ours).min_by_key(|(uncovered, _)| *uncovered)
}

/// A value within a text: a number, a day, what the text is about, or again a text.
pub(crate) fn german_part(english: Said<'_>) -> String {
    let value = bank::language::german_value(english.text);
    let told = || {
        let word = weighed(WORDS.iter().copied().flatten(), english, &german_part);
        let text = as_sentence(english, &german_clause);
        let both = word.into_iter().chain(text);
        both.min_by_key(|(uncovered, _)| *uncovered).map(|(_, told)| told)
    };
    value.or_else(|| each(english.text)).or_else(told).unwrap_or_else(|| english.text.to_owned())
}

/// Several texts in one, if each of them is known.
fn each(texts: &str) -> Option<String> {
    let told = texts.contains(BETWEEN).then(|| texts.split(BETWEEN).map(german).collect::<Option<Vec<_>>>());
    told.flatten().map(|told| told.join(BETWEEN))
}

/// What stands between several texts in one.
const BETWEEN: &str = "; ";

/// What a long task is doing, in a language.
#[must_use]
pub(crate) fn phase(english: &str, language: Language) -> String {
    let told = match language {
        Language::English => None,
        Language::German => told_by(shell::PHASES, english.into(), &german_part)
            .or_else(|| german_phase(english))
            .or_else(|| told_by(shell::NOUNS, english.into(), &german_part)),
    };
    told.unwrap_or_else(|| english.to_owned())
}

/// The window begins phases with a capital letter.
fn german_phase(english: &str) -> Option<String> {
    let mut letters = english.chars();
    let begin: String = letters.next()?.to_lowercase().collect();
    let told = told_by(shell::PHASES, format!("{begin}{}", letters.as_str()).as_str().into(), &german_part)?;
    let mut letters = told.chars();
    let begin: String = letters.next()?.to_uppercase().collect();
    Some(format!("{begin}{}", letters.as_str()))
}

/// What a failure says in German. Its own words if they are known; else what its code means, with the English words as the
/// technical details.
#[must_use]
pub(crate) fn german_failure(code: &str, message: Said<'_>, finish: fn(&str) -> String, hint: &str) -> FailureWords {
    let message = german(message).map(|told| finish(&told)).unwrap_or_else(|| {
        let meaning = failures::german_meaning(code).unwrap_or("Das ist fehlgeschlagen.");
        format!("{meaning} Technische Einzelheiten: {}", finish(message.text))
    });
    FailureWords { message, hint: german(hint).unwrap_or_else(|| hint.to_owned()) }
}

/// An answer in a language.
#[must_use]
pub(crate) fn told<T: InGerman>(mut answer: T, language: Language) -> T {
    if language == Language::German {
        answer.to_german();
    }
    answer
}
