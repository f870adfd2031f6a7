//! Paths to values of events, for lists that show one as a column: the value's exact text, or nothing where it is not there.

use std::fmt;

use es_core::{RecordedEvent, UpcasterRegistry};

use crate::expression::{Root, Scope};
use crate::fold::guarded;
use crate::json::{Document, Kind, compact};
use crate::limits;

/// A path into the payload of an event, or into its metadata: `amount.minor`, `$.owner.name`, `lines[0].text`,
/// `$["odd name"]`, `metadata.actor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPath {
    root: Root,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

/// A text that is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {}", .at + 1)]
pub struct BadPath {
    /// What is wrong.
    pub problem: &'static str,
    /// Where, in characters from 0.
    pub at: usize,
}

impl ColumnPath {
    /// Reads a path. The payload is meant unless it begins with `metadata.`; `$` stands for the whole payload, so that
    /// `$.metadata` is a field of it.
    ///
    /// # Errors
    /// The text is none, or too long.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let text = text.trim();
        if text.len() > limits::COLUMN_PATH_BYTES {
            return Err(BadPath { problem: "the path is too long", at: limits::COLUMN_PATH_BYTES });
        }
        let mut letters = Letters { all: text.chars().collect(), at: 0 };
        let dollar = letters.take('$');
        let mut steps = Vec::new();
        while let Some(step) = letters.step(steps.is_empty() && !dollar)? {
            steps.push(step);
        }
        let root = match steps.first() {
            Some(Step::Member(name)) if !dollar && name == "metadata" => Root::Metadata,
            Some(Step::Member(name)) if !dollar && name == "payload" && steps.len() > 1 => Root::Payload,
            Some(_) => return Ok(Self { root: Root::Payload, steps }),
            None if dollar => return Ok(Self { root: Root::Payload, steps }),
            None => return Err(BadPath { problem: "a field is missing", at: 0 }),
        };
        steps.remove(0);
        Ok(Self { root, steps })
    }

    /// The value's text: a text without its quotes, a number with the digits it was written with, an object or array in one
    /// line. Nothing where it is not there, or what would hold it is not JSON.
    #[must_use]
    pub fn text(&self, event: &RecordedEvent, upcasters: &UpcasterRegistry) -> Option<String> {
        // Upcasters are the domain's: one that panics leaves the cell empty.
        guarded(|| {
            let scope = Scope::current(event, upcasters);
            Ok(scope.document(self.root).ok().and_then(|document| self.within(document)))
        })
        .ok()
        .flatten()
    }

    fn within(&self, document: &Document) -> Option<String> {
        let mut at = 0;
        for step in &self.steps {
            at = match step {
                Step::Member(name) => document.member(at, name)?,
                Step::Element(_) if document.node(at).kind != Kind::Array => return None,
                Step::Element(index) => *document.children(at).get(*index)?,
            };
        }
        let text = if document.node(at).kind.is_container() {
            compact(document.raw(at)).ok()?
        } else {
            document.scalar(at).into_owned()
        };
        Some(if text.chars().nth(limits::COLUMN_TEXT).is_some() {
            text.chars().take(limits::COLUMN_TEXT - 1).chain(['…']).collect()
        } else {
            text
        })
    }
}

impl fmt::Display for ColumnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.root == Root::Metadata { "metadata" } else { "$" })?;
        for step in &self.steps {
            match step {
                Step::Member(name) if is_plain(name) => write!(f, ".{name}")?,
                Step::Member(name) => write!(f, "[{}]", serde_json::Value::from(name.as_str()))?,
                Step::Element(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_letter)
}

/// Letters of a field that needs no quotes.
fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$' | '@')
}

struct Letters {
    all: Vec<char>,
    at: usize,
}

impl Letters {
    fn take(&mut self, wanted: char) -> bool {
        let found = self.all.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    fn wrong<T>(&self, problem: &'static str) -> Result<T, BadPath> {
        Err(BadPath { problem, at: self.at })
    }

    /// The next step; nothing at the end. The first one may stand without its dot.
    fn step(&mut self, bare: bool) -> Result<Option<Step>, BadPath> {
        if self.at == self.all.len() {
            return Ok(None);
        }
        if self.take('[') {
            return self.bracketed().map(Some);
        }
        if !self.take('.') && !bare {
            return self.wrong("a dot or a bracket is missing");
        }
        let begun = self.at;
        while self.all.get(self.at).is_some_and(|letter| is_letter(*letter)) {
            self.at += 1;
        }
        if begun == self.at {
            return self.wrong("a field is missing");
        }
        Ok(Some(Step::Member(self.all[begun..self.at].iter().collect())))
    }

    fn bracketed(&mut self) -> Result<Step, BadPath> {
        let quote = self.all.get(self.at).copied().filter(|letter| matches!(letter, '"' | '\''));
        self.at += usize::from(quote.is_some());
        let mut inner = String::new();
        loop {
            let Some(letter) = self.all.get(self.at).copied() else { return self.wrong("a bracket is not closed") };
            self.at += 1;
            match quote {
                Some(quote) if letter == quote => break,
                Some(_) if letter == '\\' => {
                    let Some(escaped) = self.all.get(self.at) else { return self.wrong("a bracket is not closed") };
                    inner.push(*escaped);
                    self.at += 1;
                }
                None if letter == ']' => {
                    let index = inner
                        .parse()
                        .map_err(|_| BadPath { problem: "a number or a quoted field is missing", at: self.at - 1 });
                    return index.map(Step::Element);
                }
                _ => inner.push(letter),
            }
        }
        if self.take(']') { Ok(Step::Member(inner)) } else { self.wrong("a bracket is not closed") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, json: &str) -> Option<String> {
        let path = ColumnPath::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        path.within(&Document::parse(json).expect("JSON"))
    }

    #[test]
    fn a_value_is_told_exactly_as_it_was_written() {
        let json = r#"{"amount":{"minor":18446744073709551617.50,"currency":"EUR"},"lines":[{"text":"a\u0062"},7],
            "odd name":1,"gone":null,"":2,"metadata":"own"}"#;
        for (path, wanted) in [
            ("amount.minor", Some("18446744073709551617.50")),
            ("$.amount.currency", Some("EUR")),
            ("payload.amount.currency", Some("EUR")),
            ("amount", Some(r#"{"minor":18446744073709551617.50,"currency":"EUR"}"#)),
            ("lines[0].text", Some("ab")),
            ("$['lines'][1]", Some("7")),
            (r#"["odd name"]"#, Some("1")),
            (r#"$[""]"#, Some("2")),
            ("gone", Some("null")),
            ("$.metadata", Some("own")),
            ("lines[2]", None),
            ("amount[0]", None),
            ("lines.text", None),
            ("amount.minor.more", None),
            ("nothing", None),
        ] {
            assert_eq!(at(path, json).as_deref(), wanted, "{path}");
        }
        assert_eq!(at("metadata.actor", r#"{"actor":"ada"}"#).as_deref(), Some("ada"), "a field of the metadata");
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for (text, at) in [("", 0), ("a..b", 2), ("a[", 2), ("a[x]", 3), ("a b", 1), ("a[\"b\"", 5), ("a.", 2)] {
            assert_eq!(ColumnPath::parse(text).expect_err(text).at, at, "{text:?}");
        }
        assert!(ColumnPath::parse(&"a".repeat(5000)).is_err(), "too long for a heading");
    }

    #[test]
    fn a_path_is_read_as_it_is_told() {
        for text in ["$.amount.minor", "metadata.actor", r#"$["odd name"][3]"#, "metadata", "$.metadata"] {
            let path = ColumnPath::parse(text).expect("a path");
            assert_eq!(path.to_string(), text);
            assert_eq!(ColumnPath::parse(&path.to_string()).as_ref(), Ok(&path));
        }
    }
}
