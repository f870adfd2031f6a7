//! The text of a test.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::{Domain, RecordedEvent};

use super::{Plot, Then, without_sealed};
use crate::what_if::scenario::{ClockStep, Step};
use crate::what_if::steps::StepOutcome;

/// Longest name of a test.
const NAME_CHARACTERS: usize = 80;

/// A Rust name made of words in any language: letters and digits of ASCII, the rest between them as `_`.
pub(super) fn name_of(words: &str) -> String {
    let mut name = String::new();
    for letter in words.chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    name.truncate(NAME_CHARACTERS);
    let name = name.trim_end_matches('_');
    // Alone, a keyword is no name, and neither is a number.
    let is_name = name.contains('_') && name.starts_with(|first: char| first.is_ascii_lowercase());
    if is_name { name.to_owned() } else { format!("what_if_{name}").trim_end_matches('_').to_owned() }
}

pub(super) fn source(domain: &Domain, name: &str, title: &str, plot: &Plot, thens: &[Then]) -> String {
    let mut text = String::new();
    let title: String = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let _ = writeln!(text, "//! {}\n//!\n//! Made of a what-if.\n", title.trim());
    let _ = writeln!(text, "use crate::given::{{command, event, given}};\n");
    let _ = writeln!(text, "#[test]\n#[rustfmt::skip]\nfn {name}() {{");
    let _ = writeln!(text, "    given(&[");
    for event in &plot.given {
        let (stream, time) = (quoted(event.stream.as_str()), quoted(&exact(event.recorded_at)));
        let (kind, version) = (quoted(&event.event_type), event.schema_version);
        let payload = raw(event.payload.as_json().unwrap_or("null"));
        let _ = writeln!(text, "        event({stream}, {kind}, {version}, {payload}).at({time}),");
    }
    let _ = writeln!(text, "    ])");
    let _ = writeln!(text, "    .on_the_clock({})", quoted(&exact(plot.begins_at)));
    for (step, then) in plot.steps.iter().zip(thens) {
        when(&mut text, step, then);
        expected(&mut text, domain, then);
    }
    let _ = writeln!(text, "    .ends();\n}}");
    text
}

fn when(text: &mut String, step: &Step, then: &Then) {
    match step {
        Step::Command(command) => {
            let (kind, payload) = (quoted(&command.command_type), raw(command.payload.as_str()));
            let _ = write!(text, "    .when(command({kind}, {payload}).by({})", quoted(&command.actor));
            if let Some(day) = command.business_date {
                let _ = write!(text, ".on({})", quoted(&day.to_string()));
            }
            if let Some(reason) = &command.reason {
                let _ = write!(text, ".because({})", quoted(reason));
            }
            let _ = writeln!(text, ")");
        }
        Step::Clock(ClockStep::To(_) | ClockStep::BySeconds(_)) => {
            let _ = writeln!(text, "    .when_the_clock_is({})", quoted(&exact(then.clock)));
        }
        Step::Processes => {
            let _ = writeln!(text, "    .when_processes_run()");
        }
    }
}

fn expected(text: &mut String, domain: &Domain, then: &Then) {
    match &then.outcome {
        StepOutcome::Rejected(rejection) => {
            let _ = writeln!(text, "    .then_refused({}, &[", quoted(&rejection.code));
            for (name, value) in &rejection.details {
                let _ = writeln!(text, "        ({}, {}),", quoted(name), quoted(value));
            }
            let _ = writeln!(text, "    ])");
        }
        StepOutcome::Invalid { code, .. } | StepOutcome::Failed { code, .. } => {
            let _ = writeln!(text, "    .then_failed({})", quoted(code));
        }
        StepOutcome::Executed { .. } | StepOutcome::Ran(_) => {
            let _ = writeln!(text, "    .then(&[");
            for event in &then.events {
                let _ = writeln!(text, "        {},", expected_event(domain, event));
            }
            let _ = writeln!(text, "    ])");
        }
    }
}

fn expected_event(domain: &Domain, event: &RecordedEvent) -> String {
    let (stream, kind) = (quoted(event.stream.as_str()), quoted(&event.event_type));
    format!("event({stream}, {kind}, {}, {})", event.schema_version, raw(&without_sealed(domain, event)))
}

fn exact(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A text as a Rust literal.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// JSON as a raw Rust literal, on one line.
fn raw(json: &str) -> String {
    let json = crate::json::compact(json).unwrap_or_else(|_| json.to_owned());
    let mut hashes = "#".to_owned();
    while json.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    // What a reader of the text would not see, or a compiler not take, is written as JSON writes it.
    let shown: String = json
        .chars()
        .map(|letter| {
            let hidden = matches!(letter, '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
            if hidden { format!("\\u{:04x}", u32::from(letter)) } else { letter.to_string() }
        })
        .collect();
    format!("r{hashes}\"{shown}\"{hashes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_rust_name() {
        assert_eq!(name_of("A transfer over 4,000.00 EUR is refused"), "a_transfer_over_4_000_00_eur_is_refused");
        assert_eq!(name_of("fn"), "what_if_fn", "a keyword is no name");
        assert_eq!(name_of("3 deposits"), "what_if_3_deposits");
        assert_eq!(name_of("日本"), "what_if");
        assert!(name_of(&"word ".repeat(50)).len() <= NAME_CHARACTERS);
    }

    #[test]
    fn json_stands_in_a_literal_as_it_is() {
        assert_eq!(raw(r#"{"a": 1.10}"#), r###"r#"{"a":1.10}"#"###);
        assert_eq!(raw(r##"{"a":"#x"}"##), r####"r##"{"a":"#x"}"##"####, "a quote and a hash do not end it");
        assert_eq!(raw("\"a\u{202e}b\""), "r#\"\"a\\u202eb\"\"#", "nothing turns the reading direction");
    }
}
