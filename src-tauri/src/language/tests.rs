//! Every failure and hint that could be shown has German words, and no German is left of a text that is gone.

use std::collections::BTreeSet;
use std::path::Path;

use bank::language::Phrase;

use super::{BOOK, WORDS, german, german_failure, german_part, phase, shell, system, told};
use crate::wire::{AppError, CommandResult, Detail};
use es_core::{Language, StoreError};

mod faults;
mod hostile;
mod texts;
mod walk;

/// The sources whose texts may reach the window.
const SOURCES: &[&str] = &[
    "es-core/src",
    "es-runtime/src",
    "es-sqlite/src",
    "es-postgres/src",
    "es-eventstoredb/src",
    "inspector/src",
    "bank/src",
    "src",
];

/// The string literals of a source and where they begin; text that goes on in the next line is joined.
fn literals_of(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut letters = source.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '/' if letters.peek().is_some_and(|(_, next)| *next == '/') => {
                while letters.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            '\'' => {
                // A character, which may be a quote or escaped; lifetimes end nothing.
                let mut ahead = letters.clone();
                let first = ahead.next().map(|(_, next)| next);
                if first == Some('\\') {
                    ahead.next();
                }
                if ahead.next().is_some_and(|(_, next)| next == '\'') {
                    letters = ahead;
                }
            }
            'r' if source[at..].starts_with("r#\"")
                && !source[..at].ends_with(|before: char| before.is_alphanumeric()) =>
            {
                let text = source[at + 3..].split("\"#").next().unwrap_or_default();
                found.push((at, text.to_owned()));
                let end = at + 3 + text.len() + 2;
                while letters.next_if(|(next, _)| *next < end).is_some() {}
            }
            '"' => found.push((at, rest_of_literal(&mut letters))),
            _ => {}
        }
    }
    found
}

fn rest_of_literal(letters: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> String {
    let mut text = String::new();
    while let Some((_, inner)) = letters.next() {
        match inner {
            '"' => break,
            '\\' => match letters.next().map(|(_, escaped)| escaped) {
                Some('\n') => while letters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => break,
            },
            other => text.push(other),
        }
    }
    text
}

/// As texts alone, with `{…}` as `{}`.
fn literals(source: &str, found: &mut BTreeSet<String>) {
    found.extend(literals_of(source).into_iter().map(|(_, text)| skeleton(&text)));
}

/// Whether a text has German words, alone or within another one.
fn known(text: &str) -> bool {
    let sample = sample(text);
    let told = || german_part(sample.as_str().into());
    let schema = || bank::language::schema::text(text, Language::German);
    german(sample.as_str()).is_some()
        || told() != sample
        || phase(&sample, Language::German) != sample
        || schema() != text
}

/// A text without the names of its values.
fn skeleton(text: &str) -> String {
    let mut skeleton = String::new();
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '{' => {
                depth += 1;
                skeleton.push('{');
            }
            '}' => {
                depth -= 1;
                skeleton.push('}');
            }
            other if depth == 0 => skeleton.push(other),
            _ => {}
        }
    }
    skeleton
}

fn rust_files(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, visit);
        } else if path.extension().is_some_and(|end| end == "rs") {
            visit(&path, &std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

fn sources(visit: &mut dyn FnMut(&Path, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri");
    for folder in SOURCES {
        rust_files(&root.join(folder), &mut |path, source| {
            let relative = path.strip_prefix(&root).unwrap_or(path);
            let own = ["src/language", "bank/src/language"].iter().any(|own| relative.starts_with(own));
            if !own {
                visit(relative, source);
            }
        });
    }
}

/// Each list, by itself.
fn lists() -> impl Iterator<Item = &'static [Phrase]> {
    BOOK.iter().chain(WORDS).copied().chain([shell::PHASES])
}

/// What stands in a source of ours as one text, or in several pieces.
fn all() -> impl Iterator<Item = &'static Phrase> {
    let of_others =
        |phrase: &&Phrase| shell::COMPOSED.iter().chain(system::SYSTEM).any(|one| one.english == phrase.english);
    lists().flatten().filter(move |phrase| !of_others(phrase))
}

#[test]
fn every_phrase_keeps_its_values_and_is_there_once() {
    for list in [BOOK.concat(), WORDS.concat(), shell::PHASES.to_vec()] {
        let mut seen = BTreeSet::new();
        for phrase in &list {
            assert!(phrase.is_sound(), "{phrase:?} loses a value");
            assert!(seen.insert(skeleton(phrase.english)), "{phrase:?} is there twice");
        }
    }
}

#[test]
fn what_a_reason_says_at_its_end_is_not_taken_for_the_whole() {
    let english = "Event 2 of stream account-100235 (position 15) cannot be read: MoneyDeposited v99 comes from the future: \
                   this program knows versions up to 2.";
    let told = "Ereignis 2 des Streams account-100235 (Position 15) ist nicht lesbar: MoneyDeposited v99 stammt aus der \
                Zukunft: Dieses Programm kennt Versionen bis 2.";
    assert_eq!(german(english).as_deref(), Some(told));
}

#[test]
fn no_german_is_left_of_a_text_that_is_gone() {
    let mut found = BTreeSet::new();
    sources(&mut |_, source| literals(source, &mut found));
    let is_part = |text: &str| found.iter().any(|literal| literal.contains(text));
    let gone: Vec<_> = all()
        .map(|phrase| skeleton(phrase.english))
        // Of what goes on in the source as another literal, the longest words are looked for.
        .filter(|text| {
            !found.contains(text) && !is_part(text.split("{}").max_by_key(|part| part.len()).unwrap_or(text))
        })
        .collect();
    let composed = shell::COMPOSED.iter().map(|phrase| skeleton(phrase.english));
    let pieces: BTreeSet<&str> =
        found.iter().flat_map(|literal| literal.split("{}")).filter(|piece| piece.len() >= 6).collect();
    let is_made_of = |text: &str| pieces.iter().any(|piece| text.contains(piece));
    let gone: Vec<_> = gone.into_iter().chain(composed.filter(|text| !is_made_of(text))).collect();
    assert!(gone.is_empty(), "nothing says these any more: {gone:#?}");
}

/// Each value as a number, which ids, names and counts can be.
fn sample(skeleton: &str) -> String {
    let mut parts = skeleton.split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        // Values that follow each other are one that may be absent.
        if index == 0 || !text.ends_with(|last: char| last.is_ascii_digit()) {
            text.push_str(&format!("7{index}"));
        }
        text.push_str(part);
    }
    text
}

#[test]
fn every_failure_of_the_engine_has_german_words() {
    let mut missing = Vec::new();
    sources(&mut |path, source| {
        if path.starts_with("bank") || path.starts_with("src/cli") {
            return;
        }
        for declared in source.split("#[error(").skip(1) {
            let declared = declared.trim_start();
            // Transparent ones have the words of another; those that are only what something else said have none.
            let mut texts = BTreeSet::new();
            let end = declared.find(")]").unwrap_or(declared.len());
            literals(&declared[..end], &mut texts);
            for text in texts.into_iter().filter(|text| text.contains(' ') && text.len() > 6) {
                let only_in_the_program = ["upcaster", "upcast chain", "current versions", "was not reached within"];
                if german(sample(&text).as_str()).is_none()
                    && !only_in_the_program.iter().any(|part| text.contains(part))
                {
                    missing.push(format!("{}: {text}", path.display()));
                }
            }
        }
    });
    // A store's `{operation} failed: {reason}` is told by its code: the operation is the engine's own business.
    missing.retain(|found| !found.ends_with("{} failed: {}") && !found.ends_with("{} the file failed: {}"));
    assert!(missing.is_empty(), "no German for: {missing:#?}");
}

#[test]
fn every_hint_has_german_words() {
    let mut missing = Vec::new();
    sources(&mut |path, source| {
        if path.starts_with("src/cli") {
            return;
        }
        for body in source.split("fn hint(&self)").skip(1) {
            let end = body.find("\n    }\n").unwrap_or(body.len());
            let mut texts = BTreeSet::new();
            literals(&body[..end], &mut texts);
            let unknown = texts.into_iter().filter(|text| !text.is_empty() && german(sample(text).as_str()).is_none());
            missing.extend(unknown.map(|text| format!("{}: {text}", path.display())));
        }
    });
    assert!(missing.is_empty(), "no German for: {missing:#?}");
}

#[test]
fn a_failure_is_told_in_both_languages() {
    let error = AppError::from(StoreError::NewerSchema { path: "/b".to_owned(), found: 9, supported: 1 });
    let german = error.german.expect("German words");
    assert_eq!(german.message, "Der Speicher /b hat Schemaversion 9; dieses Programm kennt Versionen bis 1.");
    assert!(german.hint.starts_with("Ledgerscope aktualisieren"), "{}", german.hint);
    assert_eq!(error.message, "The store /b has schema version 9; this program knows versions up to 1.");
}

#[test]
fn what_nobody_knows_stands_behind_what_its_code_means() {
    let told = german_failure("io", "Fsyncing /b went wrong: EIO.".into(), str::to_owned, "Kick it.");
    let expected = "Eine Datei oder der Speicher hat den Vorgang nicht ausgeführt. Technische Einzelheiten: Fsyncing /b went wrong: EIO.";
    assert_eq!((told.message.as_str(), told.hint.as_str()), (expected, "Kick it."));
    let told = german_failure("never_heard_of", "Odd.".into(), str::to_owned, "");
    assert_eq!(told.message, "Das ist fehlgeschlagen. Technische Einzelheiten: Odd.");
}

#[test]
fn an_answer_is_told_with_its_numbers_and_in_english_it_stays() {
    let refused = || CommandResult::Rejected {
        code: "balance_not_zero".to_owned(),
        message: "The balance of account A-1 is 1,234.50 EUR; an account is closed at zero.".to_owned(),
        details: vec![Detail { name: "settled".to_owned(), value: "1,234.50 EUR".to_owned() }],
    };
    let CommandResult::Rejected { message, details, .. } = told(refused(), Language::German) else { unreachable!() };
    assert_eq!(message, "Der Saldo von Konto A-1 beträgt 1.234,50 EUR; geschlossen wird ein Konto bei null.");
    assert_eq!(details[0].value, "1.234,50 EUR");
    let CommandResult::Rejected { message, .. } = told(refused(), Language::English) else { unreachable!() };
    assert!(message.starts_with("The balance"), "{message}");
}

#[test]
fn what_the_bank_has_stored_is_told_as_a_sentence_and_peoples_words_stay() {
    let stored = "The source account was not debited by 2026-11-06 09:30:00 UTC.";
    let told = "Das Auftraggeberkonto wurde bis 06.11.2026, 09:30:00 UTC nicht belastet.";
    assert_eq!(super::german_stored(stored).as_deref(), Some(told));
    for said in
        ["On Friday.", "Event", "Fee", "moved", "active", "It was stopped before it was done.", "Ann refused: no."]
    {
        assert_eq!(super::german_stored(said), None, "{said} was written by somebody");
    }
}

#[test]
fn what_a_long_task_does_is_told() {
    assert_eq!(phase("Catching up", Language::German), "Aufholen");
    assert_eq!(
        phase("Folding trial balance to position 7", Language::German),
        "trial balance wird bis Position 7 gefaltet"
    );
    assert_eq!(phase("Catching up", Language::English), "Catching up");
    assert_eq!(phase("Something else", Language::German), "Something else");
}
