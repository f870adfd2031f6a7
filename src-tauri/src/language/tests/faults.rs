//! Faults that are made to happen, because their words come from libraries or are put together: each has German words.

use es_core::CommandError;
use inspector::Expression;
use serde_json::{Map, Value, json};

use super::german;
use crate::wire::AppError;

/// Everything that a payload may wrongly have in one place.
fn wrong_values() -> Vec<Value> {
    let long = "x".repeat(5_000);
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(9_999_999_999_999_i64),
        json!(""),
        json!("?"),
        json!(long),
        json!([]),
        json!([1, 1]),
        json!({}),
        json!({ "nobody": "knows" }),
        Value::Array(vec![json!({}); 200]),
    ]
}

/// The payload with each of its values replaced by each wrong one, with each field left out, and with one too many.
fn spoiled(value: &Value) -> Vec<Value> {
    let mut all = wrong_values();
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let with = |inner: Option<Value>| {
                    let mut changed: Map<String, Value> = object.clone();
                    match inner {
                        Some(inner) => drop(changed.insert(key.clone(), inner)),
                        None => drop(changed.remove(key)),
                    }
                    Value::Object(changed)
                };
                all.push(with(None));
                all.extend(spoiled(inner).into_iter().map(|inner| with(Some(inner))));
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                all.extend(spoiled(inner).into_iter().map(|inner| {
                    let mut changed = items.clone();
                    changed[index] = inner;
                    Value::Array(changed)
                }));
            }
            all.push(Value::Array([items.clone(), items.clone()].concat()));
        }
        _ => {}
    }
    all
}

#[test]
fn every_fault_in_the_payload_of_every_command_has_german_words() {
    let domain = bank::domain().expect("the domain is sound");
    let (mut missing, mut seen) = (std::collections::BTreeSet::new(), 0);
    for command in &domain.commands {
        let example: Value = serde_json::from_str(&command.example.to_string()).expect("an example");
        for payload in spoiled(&example) {
            let Err(CommandError::BadShape { violations, .. }) =
                domain.parse_command(command.command_type, &payload.to_string()).map(drop)
            else {
                continue;
            };
            for violation in violations {
                seen += 1;
                let is_of_the_validator = violation.message.contains("does not fit (");
                if is_of_the_validator || german(violation.message.as_str()).is_none() {
                    missing.insert(violation.message.chars().take(120).collect::<String>());
                }
            }
        }
    }
    assert!(seen > 5_000, "faults were made: {seen}");
    assert!(missing.is_empty(), "no German for: {missing:#?}");
}

#[test]
fn every_fault_in_json_has_german_words() {
    let texts = [
        "",
        "[",
        "{",
        "\"a",
        "{\"a\"",
        "{\"a\":",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "tru",
        "x",
        "[1,]",
        "{1:2}",
        "{\"a\" 1}",
        "01",
        "1e999",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\u12\"",
        "\"a\nb\"",
        "1 2",
        "-",
        "{\"a\":1,}",
        "nul",
    ];
    let deep = "[".repeat(200);
    for text in texts.into_iter().chain([deep.as_str()]) {
        let error = serde_json::from_str::<Value>(text).expect_err(text).to_string();
        let told = german(error.as_str()).unwrap_or_else(|| panic!("no German for {error}"));
        let has_english = ["while", "expected", "invalid", "line", "column", "trailing", "found"]
            .into_iter()
            .find(|word| told.contains(word));
        assert_eq!(has_english, None, "{error}: {told}");
    }
    let domain = bank::domain().expect("the domain is sound");
    let error = domain.parse_command("Deposit", "{\"accountId\": }").err().expect("no JSON");
    let german = AppError::from(error).german.expect("German words").message;
    assert_eq!(german, "Die Nutzdaten des Befehls sind kein gültiges JSON: ein Wert fehlt, Zeile 1, Spalte 15.");
}

#[test]
fn every_fault_in_a_condition_has_german_words() {
    let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    let long = format!("event.type == '{}'", "x".repeat(20_000));
    let texts = [
        "",
        "1 +",
        "payload.a ==",
        "payload.a )",
        "payload.a contains 'b'",
        "'open",
        "event.type == \"MoneyDep",
        "payload.a @ 1",
        "for",
        "{'a': 1}",
        "b'a'",
        "elsewhere > 1",
        "event.nothing == 1",
        "payload.a.frobnicate()",
        "payload.a.matches('(')",
        "payload.a.matches(')')",
        "payload.a.matches('[a')",
        "payload.a.matches('*')",
        "payload.a.matches('a{2,1}')",
        "payload.a.matches('(?=a)')",
        "payload.a.matches('(a)\\\\1')",
        "payload.a.matches('\\\\q')",
        "payload.a.matches('\\\\p{Nope}')",
        "payload.a.matches('(a{900}){900}')",
        "payload.a.matches(payload.b)",
        "payload.a.contains()",
        "size()",
        "has(1)",
        "payload.a.exists(1, true)",
        "1.00000000000000000001 > 0",
        "payload.a > 1e400",
        "a.b ? ",
        "true\n && )",
        &deep,
        &long,
    ];
    for text in texts {
        let error = Expression::parse(text).expect_err(text);
        let told = german(error.message.as_str()).unwrap_or_else(|| panic!("{text}: no German for {}", error.message));
        assert_ne!(told, error.message, "{text}");
        let whole = AppError::from(error.clone()).german.expect("German words").message;
        assert!(whole.starts_with("Der Ausdruck ist falsch in Zeile "), "{whole}");
        let condition = AppError::new("bad_condition", format_args!("The condition cannot be read: {error}."), "");
        let whole = condition.german.expect("German words").message;
        assert!(whole.starts_with("Die Bedingung ist nicht lesbar: Zeile "), "{whole}");
    }
}

#[test]
fn what_the_system_says_has_german_words() {
    for number in [1, 2, 5, 13, 16, 17, 20, 21, 24, 27, 28, 30, 32, 36, 39, 101, 104, 110, 111, 113, 122] {
        let error = std::io::Error::from_raw_os_error(number).to_string();
        let told = german(error.as_str()).unwrap_or_default();
        assert!(
            told.ends_with(&format!("(Systemfehler {number})")) && !told.contains(&error[..8]),
            "{error}: {told:?}"
        );
    }
    let found = std::net::ToSocketAddrs::to_socket_addrs("nobody.invalid:1").map(drop);
    let error = found.expect_err("a name that nobody has").to_string();
    assert!(german(error.as_str()).is_some_and(|told| told.starts_with("Adresse nicht gefunden: ")), "{error}");
}
