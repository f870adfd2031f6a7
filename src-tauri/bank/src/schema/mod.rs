//! Shapes: JSON Schemas of commands and events from their types, and the check of a command's payload against them.
//!
//! Everything is inlined and optional fields are simply absent, so that a form can be generated from a schema without
//! resolving anything.

mod examples;

use es_core::{CommandError, ShapeViolation};
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{JsonType, Validator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::exchange::RateTerm;
use crate::ids::{ID_PATTERN, is_id};
use crate::interest::PartsPerMillion;
use crate::money::{Currency, Money, minor_units_fit, minor_units_within};
use crate::posting::PostingAccount;

/// Formats of ids, all with the same spelling rule.
const ID_FORMATS: &[&str] =
    &["customer-id", "account-id", "transfer-id", "transaction-id", "hold-id", "case-id", "quote-id", "order-id"];
/// Formats of minor units, each with its own bounds.
const MINOR_FORMATS: &[&str] = &["minor-units", "positive-minor-units", "limit-minor-units"];

/// JSON Schema (2020-12) of a type, without references and without `null`, with an example of every field and of the whole.
#[must_use]
pub fn schema_of<T: JsonSchema>(title: &str, description: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.insert("title".to_owned(), title.into());
        root.insert("description".to_owned(), description.into());
    }
    examples::complete(&mut schema);
    schema
}

/// Optional means absent, never `null`; every property has a title made of its name.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(object) => {
            drop_null(object);
            flatten_choice(object);
            let composed = object.get("format").and_then(Value::as_str) == Some("money");
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                for (name, property) in properties.iter_mut() {
                    tidy(property);
                    if let (Value::Object(property), false) = (property, composed) {
                        property.insert("title".to_owned(), title_of(name).into());
                    }
                }
            }
            let others =
                object.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "properties" | "examples" | "enum"));
            others.for_each(|(_, value)| tidy(value));
        }
        _ => {}
    }
}

fn drop_null(object: &mut Map<String, Value>) {
    if object.get("default") == Some(&Value::Null) {
        object.shift_remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [single] = types.as_slice() {
            let single = single.clone();
            object.insert("type".to_owned(), single);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let is_null = |branch: &Value| branch.get("type").and_then(Value::as_str) == Some("null");
    let Some(Value::Array(branches)) = object.get_mut("anyOf") else { return };
    branches.retain(|branch| !is_null(branch));
    if let [Value::Object(only)] = branches.as_slice() {
        let only = only.clone();
        object.shift_remove("anyOf");
        for (key, value) in only {
            // What stands beside the choice (the field's own description) is more specific than the type's.
            object.entry(key).or_insert(value);
        }
    }
}

/// A choice between single texts is a plain list of them.
fn flatten_choice(object: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = object.get("oneOf") else { return };
    let texts: Option<Vec<Value>> =
        branches.iter().map(|b| b.get("const").filter(|c| c.is_string()).cloned()).collect();
    if let Some(texts) = texts {
        object.shift_remove("oneOf");
        object.insert("type".to_owned(), "string".into());
        object.insert("enum".to_owned(), texts.into());
    }
}

/// `overdraftLimit` → `Overdraft limit`; `accountId` → `Account`.
fn title_of(name: &str) -> String {
    let name = name.strip_suffix("Id").filter(|rest| !rest.is_empty()).unwrap_or(name);
    let mut title = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        match (index, letter.is_ascii_uppercase()) {
            (0, _) => title.push(letter.to_ascii_uppercase()),
            (_, true) => title.extend([' ', letter.to_ascii_lowercase()]),
            _ => title.push(letter),
        }
    }
    title
}

/// A compiled schema, kept for the life of the program.
pub struct Shape {
    validator: Result<Validator, String>,
}

impl Shape {
    /// Compiles the schema of a type.
    #[must_use]
    pub fn of<T: JsonSchema>() -> Self {
        let mut options = jsonschema::draft202012::options().should_validate_formats(true);
        for format in ID_FORMATS {
            options = options.with_format(*format, is_id);
        }
        for format in MINOR_FORMATS {
            options = options.with_format(*format, move |text| minor_units_fit(format, text));
        }
        options = options
            .with_format("currency", |text| text.parse::<Currency>().is_ok())
            .with_format("rate-term", |text| RateTerm::parse(text).is_some())
            .with_format("parts-per-million", |text| PartsPerMillion::parse(text).is_some())
            .with_format("posting-account", |text| text.parse::<PostingAccount>().is_ok());
        let schema = schema_of::<T>("", "");
        Self { validator: options.build(&schema).map_err(|error| error.to_string()) }
    }

    /// Reads a payload: JSON first, then the schema, then the type.
    ///
    /// # Errors
    /// [`CommandError::MalformedJson`] with line and column, or [`CommandError::BadShape`] with every violation.
    pub fn read<T: DeserializeOwned>(&self, command_type: &str, payload: &str) -> Result<T, CommandError> {
        let value: Value =
            serde_json::from_str(payload).map_err(|error| CommandError::MalformedJson { reason: error.to_string() })?;
        let bad = |violations| CommandError::BadShape { command_type: command_type.to_owned(), violations };
        let whole = |message| vec![ShapeViolation { path: String::new(), message }];
        let validator = self.validator.as_ref().map_err(|error| bad(whole(error.clone())))?;
        // Looking for the first violation costs a small part of collecting all of them, and nearly every command has none.
        if !validator.is_valid(&value) {
            return Err(bad(violations(validator, &value)));
        }
        // From the text again: a repeated key is only seen there.
        serde_json::from_str(payload).map_err(|error| bad(whole(error.to_string())))
    }

    /// Why the schema itself does not compile, if so.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.validator.as_ref().err().map(String::as_str)
    }
}

/// Everything that does not fit. A text that breaks both pattern and format is one mistake, and the format has the better words.
fn violations(validator: &Validator, value: &Value) -> Vec<ShapeViolation> {
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(value).collect();
    let is_of_format = |error: &&ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Format { .. });
    let formats: Vec<String> = errors.iter().filter(is_of_format).map(|e| e.instance_path().to_string()).collect();
    let says_less = |error: &ValidationError<'_>| {
        matches!(error.kind(), ValidationErrorKind::Pattern { .. })
            && formats.contains(&error.instance_path().to_string())
    };
    let mut violations: Vec<ShapeViolation> =
        errors.iter().filter(|error| !says_less(error)).flat_map(|error| explain(error, value)).collect();
    violations.dedup_by(|later, earlier| later.path == earlier.path);
    violations
}

/// A violation in words that name the place and say what would fit. Every kind that a schema can lead to has words of its own;
/// those of the validator speak of keywords and are in one language.
fn explain(error: &ValidationError<'_>, whole: &Value) -> Vec<ShapeViolation> {
    let path = error.instance_path().to_string();
    let at = |name: &str, message: &str| ShapeViolation { path: format!("{path}/{name}"), message: message.to_owned() };
    match error.kind() {
        ValidationErrorKind::Required { property } => vec![at(property.as_str().unwrap_or_default(), "is missing")],
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(|name| at(name, "is not a field of this command")).collect()
        }
        kind @ ValidationErrorKind::Format { format } => {
            let beyond = MINOR_FORMATS.contains(&format.as_str()).then(|| beyond_limit(format, &path, whole)).flatten();
            let message = beyond.unwrap_or_else(|| misfit(kind, &shorten(error.instance())));
            vec![ShapeViolation { path, message }]
        }
        ValidationErrorKind::MaxLength { limit } => {
            let length = error.instance().as_str().unwrap_or_default().chars().count();
            let message = format!("{} has {length} characters; at most {limit} fit", shorten(error.instance()));
            vec![ShapeViolation { path, message }]
        }
        kind => vec![ShapeViolation { path, message: misfit(kind, &shorten(error.instance())) }],
    }
}

/// An amount outside of its bounds, as money: people type no minor units. Nothing if it is no amount of a currency.
fn beyond_limit(format: &str, path: &str, whole: &Value) -> Option<String> {
    let minor = whole.pointer(path)?.as_str()?;
    let currency = whole.pointer(path.strip_suffix("/minor")?)?.get("currency")?.as_str()?;
    let currency: Currency = currency.parse().ok()?;
    let digits = minor.strip_prefix('-').unwrap_or(minor);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (least, most) = minor_units_within(format).into_inner();
    let [least, most] = [least, most].map(|minor| Money::new(minor, currency).ok());
    Some(format!("the amount must be from {} to {}", least?, most?))
}

/// What is wrong with a value, which stands in front where it helps to see it.
fn misfit(kind: &ValidationErrorKind, value: &str) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Format { format } => format!("{value} is not {}", format_in_words(format)),
        Kind::Pattern { pattern } if pattern == ID_PATTERN => {
            format!("{value} is not {}", format_in_words("customer-id"))
        }
        Kind::Pattern { pattern } => format!("{value} does not match the pattern {pattern}"),
        Kind::Type { kind } => {
            let kinds: Vec<_> = match kind {
                TypeKind::Single(kind) => vec![type_in_words(*kind)],
                TypeKind::Multiple(kinds) => kinds.iter().map(type_in_words).collect(),
            };
            format!("{value} is not {}", kinds.join(" or "))
        }
        Kind::Enum { options } => format!("{value} is none of the choices: {}", choices(options)),
        Kind::Constant { expected_value } => format!("{value} is not {}", shorten(expected_value)),
        Kind::Minimum { limit } => format!("{value} is less than {limit}"),
        Kind::Maximum { limit } => format!("{value} is more than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("{value} is not more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{value} is not less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("{value} is not a multiple of {multiple_of}"),
        Kind::MinLength { limit: 1 } => "is empty".to_owned(),
        Kind::MinLength { limit } => format!("{value} has fewer than {limit} characters"),
        Kind::MinItems { limit: 1 } => "has no entry".to_owned(),
        Kind::MinItems { limit } => format!("has fewer than {limit} entries"),
        Kind::MaxItems { limit } => format!("has more than {limit} entries"),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            "has more entries than may stand here".to_owned()
        }
        Kind::UniqueItems => "has an entry twice".to_owned(),
        Kind::Contains => "lacks an entry that has to be there".to_owned(),
        Kind::MinProperties { limit } => format!("has fewer than {limit} fields"),
        Kind::MaxProperties { limit } => format!("has more than {limit} fields"),
        Kind::PropertyNames { .. } => "has a field with a name that is not possible".to_owned(),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => format!("{value} fits none of the possible forms"),
        Kind::OneOfMultipleValid { .. } => format!("{value} fits several forms, of which only one may fit"),
        Kind::FalseSchema | Kind::Not { .. } => format!("{value} may not stand here"),
        // No schema of a command leads to these; a test says so.
        other => format!("{value} does not fit ({})", other.keyword()),
    }
}

fn type_in_words(kind: JsonType) -> &'static str {
    match kind {
        JsonType::String => "a text",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::Boolean => "true or false",
        JsonType::Object => "an object",
        JsonType::Array => "a list",
        JsonType::Null => "null",
    }
}

/// Choices that are told; the form has them all.
const CHOICES: usize = 12;

fn choices(options: &Value) -> String {
    let all: Vec<_> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
        .collect();
    let more = if all.len() > CHOICES { ", …" } else { "" };
    format!("{}{more}", all.iter().take(CHOICES).map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// Most characters of a value that is repeated in what is said of it.
const REPEATED_CHARACTERS: usize = 60;

/// A value as it is repeated to people: cut in the middle, so that both ends can be recognised.
fn shorten(value: &Value) -> String {
    let text = value.to_string();
    let characters = text.chars().count();
    if characters <= REPEATED_CHARACTERS {
        return text;
    }
    let end = REPEATED_CHARACTERS / 3;
    let begin = REPEATED_CHARACTERS - end - 1;
    let (first, last) = (text.chars().take(begin), text.chars().skip(characters - end));
    first.chain(['…']).chain(last).collect()
}

fn format_in_words(format: &str) -> String {
    match format {
        "currency" => "an ISO 4217 currency code".to_owned(),
        "positive-minor-units" => "a whole number of minor units from 1 to 10^15".to_owned(),
        "limit-minor-units" => "a whole number of minor units from 0 to 10^15".to_owned(),
        "minor-units" => "a whole number of minor units between -10^17 and 10^17".to_owned(),
        "rate-term" => "a whole number from 1 to 10^12".to_owned(),
        "parts-per-million" => "a whole number of parts per million from 0 to 1000000".to_owned(),
        "posting-account" => "`account:ID` or an account of the general ledger (`gl:…`)".to_owned(),
        "date" => "a date (YYYY-MM-DD)".to_owned(),
        "date-time" => "a time (RFC 3339, such as 2031-05-04T12:00:00Z)".to_owned(),
        id if ID_FORMATS.contains(&id) => {
            "an id: 1 to 40 letters, digits, `_`, `.` or `-`, beginning with a letter or digit".to_owned()
        }
        other => format!("of the format {other}"),
    }
}
