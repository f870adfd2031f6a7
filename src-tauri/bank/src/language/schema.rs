//! Schemas of commands in other languages: forms are made of them.

use serde_json::{Map, Value};

use super::{Language, catalogue};

/// Names a schema's choices for people: an object from value to label, beside `enum`. Validators pass it over.
pub const LABELS: &str = "enumLabels";

/// A schema as people read it in a language: titles, descriptions and the labels of choices. What a payload must be like stays
/// as it is, and so do values and examples.
#[must_use]
pub fn told(schema: &Value, language: Language) -> Value {
    let mut schema = schema.clone();
    if language == Language::German {
        tell(&mut schema, true);
    }
    schema
}

/// A title or a description of a command in a language.
#[must_use]
pub fn text(english: &str, language: Language) -> String {
    match language {
        Language::English => None,
        Language::German => catalogue::of_command(english),
    }
    .unwrap_or(english)
    .to_owned()
}

/// Keywords whose values are payloads, not schemas.
const VALUES: &[&str] = &["enum", "const", "examples", "default", LABELS];

/// What stands in `properties` is named by the command, so a field called `title` is no title.
fn tell(node: &mut Value, is_schema: bool) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| tell(item, true)),
        Value::Object(object) => {
            if is_schema {
                tell_here(object);
            }
            for (key, value) in object.iter_mut() {
                let is_value = is_schema && VALUES.contains(&key.as_str());
                if !is_value {
                    tell(value, !is_schema || key != "properties");
                }
            }
        }
        _ => {}
    }
}

fn tell_here(object: &mut Map<String, Value>) {
    for key in ["title", "description"] {
        if let Some(Value::String(text)) = object.get_mut(key)
            && let Some(german) = catalogue::of_command(text)
        {
            german.clone_into(text);
        }
    }
    let Some(Value::Array(choices)) = object.get("enum") else { return };
    let labels = choices.iter().filter_map(|choice| {
        let value = choice.as_str()?;
        Some((value.to_owned(), Value::from(catalogue::label(value)?)))
    });
    let labels: Map<String, Value> = labels.collect();
    if !labels.is_empty() {
        object.insert(LABELS.to_owned(), Value::Object(labels));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::posting::GlAccount;
    use crate::queries::CUSTOMER_DEPOSITS_TITLE;

    /// Every title, description and choice of a schema.
    fn texts(node: &Value, is_schema: bool, found: &mut (BTreeSet<String>, BTreeSet<String>)) {
        match node {
            Value::Array(items) => items.iter().for_each(|item| texts(item, true, found)),
            Value::Object(object) => {
                if is_schema {
                    let here = ["title", "description"].into_iter().filter_map(|key| object.get(key)?.as_str());
                    found.0.extend(here.map(str::to_owned));
                    let choices = object.get("enum").and_then(Value::as_array).into_iter().flatten();
                    found.1.extend(choices.filter_map(Value::as_str).map(str::to_owned));
                }
                let inner = object.iter().filter(|(key, _)| !(is_schema && VALUES.contains(&key.as_str())));
                inner.for_each(|(key, value)| texts(value, !is_schema || key != "properties", found));
            }
            _ => {}
        }
    }

    fn of_all_commands() -> (BTreeSet<String>, BTreeSet<String>) {
        let domain = crate::domain().expect("the domain is sound");
        let mut found = Default::default();
        for command in &domain.commands {
            texts(&command.schema, true, &mut found);
            found.0.extend([command.title.to_owned(), command.description.to_owned()]);
        }
        found
    }

    fn missing<'a>(wanted: &'a BTreeSet<String>, there: &[(&str, &str)]) -> Vec<&'a String> {
        wanted.iter().filter(|text| !there.iter().any(|(english, _)| english == text)).collect()
    }

    fn unused<'a>(there: &[(&'a str, &str)], wanted: &BTreeSet<String>) -> Vec<&'a str> {
        there.iter().map(|(english, _)| *english).filter(|english| !wanted.contains(*english)).collect()
    }

    #[test]
    fn every_title_description_and_choice_of_every_command_has_a_german_text_and_none_is_unused() {
        let (texts, choices) = of_all_commands();
        let told = [catalogue::FORMS, catalogue::STEPS].concat();
        assert_eq!(missing(&texts, &told), Vec::<&String>::new(), "texts without German");
        assert_eq!(unused(&told, &texts), Vec::<&str>::new(), "German of no text");
        assert_eq!(missing(&choices, catalogue::CHOICES), Vec::<&String>::new(), "choices without German");
        assert_eq!(unused(catalogue::CHOICES, &choices), Vec::<&str>::new(), "German of no choice");
    }

    #[test]
    fn what_the_ledger_read_models_and_upcasters_say_of_themselves_has_a_german_text_and_none_is_unused() {
        let domain = crate::domain().expect("the domain is sound");
        let models = domain.projections.iter().map(|model| model.description().to_owned()).collect();
        let invariants = domain.projections.iter().flat_map(|model| model.invariants());
        let invariants = invariants.map(|invariant| invariant.name().to_owned()).collect();
        let upcasters = crate::upcasters::upcasters().iter().map(|one| one.description.to_owned()).collect();
        let ledger = GlAccount::ALL.iter().map(|account| account.title()).chain([CUSTOMER_DEPOSITS_TITLE]);
        let ledger = ledger.map(str::to_owned).collect();
        for (told, wanted) in [
            (catalogue::LEDGER, ledger),
            (catalogue::READ_MODELS, models),
            (catalogue::INVARIANTS, invariants),
            (catalogue::UPCASTERS, upcasters),
        ] {
            let wanted: BTreeSet<String> = wanted;
            assert_eq!(missing(&wanted, told), Vec::<&String>::new(), "texts without German");
            assert_eq!(unused(told, &wanted), Vec::<&str>::new(), "German of no text");
        }
    }

    #[test]
    fn no_text_is_there_twice_and_each_ends_as_the_english_one() {
        let all =
            [catalogue::FORMS, catalogue::STEPS, catalogue::READ_MODELS, catalogue::INVARIANTS, catalogue::UPCASTERS];
        let mut seen = BTreeSet::new();
        for (english, german) in all.into_iter().flatten() {
            assert!(seen.insert(*english), "{english:?} is there twice");
            assert_eq!(english.ends_with('.'), german.ends_with('.'), "{english:?} and {german:?}");
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            assert_eq!(digits(english), digits(german), "{english:?} and {german:?} have other numbers");
        }
    }

    #[test]
    fn a_german_schema_takes_the_same_payloads() {
        let domain = crate::domain().expect("the domain is sound");
        for command in &domain.commands {
            let german = told(&command.schema, Language::German);
            assert_ne!(german, command.schema, "{} is told in German", command.command_type);
            assert_eq!(told(&command.schema, Language::English), command.schema, "English stays as it is");
            let validator = jsonschema::draft202012::options().build(&german);
            let fits = validator.expect("a schema").is_valid(&command.example);
            assert!(fits, "{} takes its example", command.command_type);
            assert_eq!(shape(&german), shape(&command.schema), "{} only has other words", command.command_type);
        }
    }

    /// A schema without its words.
    fn shape(schema: &Value) -> Value {
        fn strip(node: &mut Value, is_schema: bool) {
            match node {
                Value::Array(items) => items.iter_mut().for_each(|item| strip(item, true)),
                Value::Object(object) => {
                    if is_schema {
                        object.retain(|key, value| {
                            key != LABELS && !(matches!(key.as_str(), "title" | "description") && value.is_string())
                        });
                    }
                    for (key, value) in object.iter_mut() {
                        if !(is_schema && VALUES.contains(&key.as_str())) {
                            strip(value, !is_schema || key != "properties");
                        }
                    }
                }
                _ => {}
            }
        }
        let mut schema = schema.clone();
        strip(&mut schema, true);
        schema
    }
}
