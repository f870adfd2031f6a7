//! Every text of the sources that may be shown has German words.

use std::path::Path;

use super::{BOOK, WORDS, known, literals_of, skeleton, sources};
use crate::language::shell;

/// Sources whose texts are not told by looking them up.
const OTHERS: &[(&str, &str)] = &[
    ("src/cli", "printed by the command line, which speaks English"),
    ("src/window.rs", "has both languages beside each other, and what is printed before there is a window"),
    ("src/bindings.rs", "writes TypeScript"),
    ("src/logging.rs", "writes the log"),
    ("src/stage/shipped.rs", "reads scenes, which have titles in both languages"),
    ("inspector/src/notebook/words.rs", "has both languages beside each other"),
    ("inspector/src/notebook/report.rs", "has both languages beside each other"),
    ("inspector/src/notebook/read.rs", "reads HTML"),
    ("inspector/src/what_if/test", "writes Rust"),
    ("src/demo/stuck.rs", "contradictions of the simulated bank, for whoever builds it"),
    ("bank/src/simulator", "what simulated people say and are called"),
    ("bank/src/sentence", "has a function for each language"),
    ("bank/src/schema/examples.rs", "what somebody may type"),
    ("bank/src/declare.rs", "macros"),
    ("bank/src/ids.rs", "describes events and commands; a test beside the schemas looks after those of commands"),
    ("bank/src/money.rs", "as above"),
    ("bank/src/personal.rs", "as above"),
    ("bank/src/posting.rs", "as above"),
    ("bank/src/interest", "as above"),
    ("bank/src/exchange", "as above"),
    ("bank/src/account", "as above; rules have both of their sentences beside each other"),
    ("bank/src/customer", "as above"),
    ("bank/src/ledger", "as above"),
    ("bank/src/order", "as above"),
    ("bank/src/transaction", "as above"),
    ("bank/src/transfer", "as above"),
    ("es-eventstoredb/src/prompt.rs", "sets options of sockets"),
];

/// Texts that nobody reads in the window, or only as a part of a text that is told.
const NOT_SHOWN: &[&str] = &[
    // The program contradicts itself: seen by whoever builds it.
    "a state or command is only ever handed back to the aggregate that made it",
    "two upcasters for {} v{}",
    "{} has two current versions, {} and {}",
    "the upcast chain from {} v{} ends at {} v{}, which is not a current version",
    "the upcast chain from {} v{} has a cycle",
    "there is an upcaster for {} v{}, which is the current version",
    "no upcaster for {} v{}",
    // Parts of sentences that are told as a whole.
    "{} is at {} ({})",
    ", but at {}",
    "{} differs at byte {}: {} bytes, not {}",
    "the payload is {}, not {}",
    "{} {}, not {}",
    "es_log_head: position {}",
    "stream_name {}",
    "category of {} {}",
    "version of {} {}",
    "last_position of {} {}",
    "truncated_before of {} {}",
    "it lacks USAGE on the schema {}",
    "this node is not the leader, which is {}:{}",
    "{}… ({} bytes in all)",
    "{} the local index",
    "{} the file failed: {}",
    "{} {} is not {}.",
    "There is no {} {}.",
    "the expression is wrong at {}",
    "The store is a file: there is no server that would keep {}.",
    "The server keeps tables, and nothing else of this store: no {}. Rights are those of its roles.",
    "The server keeps no {}.",
    "It is there, with versions up to {}.{}{}",
    "{} are hidden: {}.",
    "The password of {} is needed for the connection {}.{}",
    "A connection's name has {}.",
    "{} is not {}",
    "{} does not fit ({})",
    "Card payment, ",
    // Said by programs, and looked for in what they say.
    "transport error",
    "client error",
    "h2 protocol error",
    "connection error",
    "broken pipe",
    "Maximum Append Size of ",
    "nvalid position",
    "invalid argument to has() macro",
    "argument must be a simple name",
    // Names of programs, forms of text and code.
    "SQLite format 30",
    "position, metadata",
    "skip by {}",
    "correlation_id = ",
    ", least(h.position, ",
    " ORDER BY stream_version ",
    "read committed",
    "has, all, exists, exists_one, map, filter, matches, {}",
    "parity-größe 😀",
    // Told in the language of the window where they are made, or in a column of their own.
    "Not used any more: {}",
    "Nicht mehr verwendet: {}",
    "holds on {} of {} events",
    "; could not be evaluated on {}, first at position {}: {}",
    "read metadata",
    "write metadata",
    "that is being recorded",
    "positions ascend",
];

/// SQL, and other texts for programs.
fn is_code(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "SELECT",
        "FROM",
        "WHERE",
        "INSERT",
        "UPDATE",
        "DELETE",
        "PRAGMA",
        "ORDER BY",
        "AND",
        "JOIN",
        "LIMIT",
        "ALTER",
        "CREATE",
        "LOCK",
        "VALUES",
        "SET",
        "GRANT",
        "BEGIN",
        "ON CONFLICT",
        "ASC",
        "DESC",
        "ANY",
        "COLLATE",
        "INDEXED",
        "OR",
        "IN",
        "BLOB",
    ];
    let has_word = |word: &&str| text.split(|letter: char| !letter.is_ascii_uppercase()).any(|part| part == *word);
    let names = |part: &str| {
        part.trim_matches(['+', '(', ',', '?', ' '])
            .chars()
            .all(|c| c.is_ascii_lowercase() || "_.$1234567890=?:,()[]{}<>-".contains(c))
    };
    WORDS.iter().any(has_word)
        || text.contains("= ?")
        || text.contains("= $")
        || (text.contains('_') && text.contains(", ") && text.split(", ").all(names))
        || text.contains("::text")
        || text.contains("instr(")
        || text.contains("strpos(")
        || text.contains("starts_with(")
        || text.contains("stored.")
        || text.contains("$et-<")
        || text.contains("$bc-<")
        || text.contains("//!")
        || (text.contains("stream_name") && text.contains('='))
}

/// Whether a text stands where only the log, a compiler or a panic says it.
fn is_inside(before: &str) -> bool {
    let before = before.trim_end();
    let ends = [
        "reason =",
        "expect(",
        "expect_err(",
        "unreachable!(",
        "panic!(",
        "assert!(",
        "debug_assert!(",
        "concat!(",
        "include_str!(",
    ];
    let called = before.rfind("tracing::").is_some_and(|at| !before[at..].contains(';'));
    ends.iter().any(|end| before.ends_with(end)) || called || before.ends_with("expected =")
}

#[test]
fn every_text_that_may_be_shown_has_german_words() {
    let parts: Vec<String> = BOOK
        .iter()
        .chain(WORDS)
        .copied()
        .chain([shell::PHASES])
        .flatten()
        .chain(bank::language::phrases())
        .map(|phrase| skeleton(phrase.english))
        .collect();
    let is_part = |text: &str| text.trim().len() >= 6 && parts.iter().any(|whole| whole.contains(text.trim()));
    let mut missing = Vec::new();
    sources(&mut |path: &Path, source| {
        if OTHERS.iter().any(|(other, _)| path.starts_with(other))
            || path.ends_with("tests.rs")
            || path.components().any(|part| part.as_os_str() == "tests")
        {
            return;
        }
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (at, text) in literals_of(source) {
            let text = skeleton(&text);
            let words = text
                .split(|letter: char| !letter.is_alphabetic())
                .filter(|word| word.len() >= 2 && word.chars().any(char::is_lowercase));
            let begin = source[..at].char_indices().rev().nth(600).map_or(0, |(begin, _)| begin);
            if words.count() < 2
                || !text.trim().contains(' ')
                || is_code(&text)
                || is_inside(&source[begin..at])
                || NOT_SHOWN.contains(&text.as_str())
            {
                continue;
            }
            if !known(&text) && !is_part(&text) {
                missing.push(format!("{}: {text}", path.display()));
            }
        }
    });
    assert!(missing.is_empty(), "no German for: {missing:#?}");
}

#[test]
fn nothing_is_excused_that_is_gone_or_told() {
    let mut there = std::collections::BTreeSet::new();
    let mut files = std::collections::BTreeSet::new();
    sources(&mut |path, source| {
        files.insert(path.to_path_buf());
        there.extend(literals_of(source).into_iter().map(|(_, text)| skeleton(&text)));
    });
    for text in NOT_SHOWN {
        assert!(there.contains(*text), "no source says {text:?}");
    }
    for (other, _) in OTHERS {
        assert!(files.iter().any(|file| file.starts_with(other)), "there is no source {other}");
    }
}
