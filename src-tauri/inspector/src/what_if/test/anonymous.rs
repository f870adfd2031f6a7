//! A plot that is nobody's: ids, people, personal data, texts and amounts are replaced by others, the same by the same.
//!
//! What a value is comes from the schemas of events and commands. Dates, times, rates and names of states stay: rules depend on
//! them.

use std::collections::{BTreeMap, BTreeSet};

use es_core::{Domain, Payload, RecordedEvent, StreamName};
use serde_json::{Map, Value};

use super::{Plot, given_event, personal_fields_of};
use crate::what_if::scenario::{JsonText, Step};

/// What amounts are multiplied by, in the order in which it is tried: whole numbers, so that sums stay sums. The last one
/// leaves them as they are.
pub(super) const FACTORS: [i64; 3] = [3, 2, 1];
/// A day on which nobody in particular was born.
const SOME_DAY: &str = "1990-01-01";

/// What a text is, by its schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Id,
    /// Written by people.
    Free,
    /// Of a fixed shape, such as a date, a rate, or a word of the domain.
    Fixed,
}

#[derive(Default)]
struct Names {
    ids: BTreeMap<String, String>,
    actors: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
    /// Words in front of a person that say what kind of thing acts, and not who: categories of the domain.
    roles: BTreeSet<String>,
    factor: i64,
}

/// The plot with other names, and amounts that are multiplied.
pub(super) fn plot(domain: &Domain, plot: &Plot, factor: i64) -> Plot {
    let given = current(domain, &plot.given);
    let roles = domain.aggregates.iter().map(|aggregate| aggregate.category().to_owned()).collect();
    let mut names = Names { factor, roles, ..Names::default() };
    let mut ids = BTreeSet::new();
    let mut actors = BTreeSet::new();
    for event in &given {
        ids.extend(Some(event.stream.id().to_owned()));
        if let (Some(schema), Some(text)) = (event_schema(domain, &event.event_type), event.payload.as_json()) {
            collect(schema, text, &mut ids);
        }
    }
    for step in &plot.steps {
        let Step::Command(command) = step else { continue };
        actors.insert(command.actor.clone());
        if let Some(kind) = domain.command(&command.command_type) {
            collect(&kind.schema, command.payload.as_str(), &mut ids);
        }
    }
    ids.remove("");
    names.name(ids, actors);
    let given = given.iter().map(|event| names.event(domain, event)).enumerate();
    let given = given.map(|(number, event)| given_event(number, &event)).collect();
    let steps = plot.steps.iter().map(|step| names.step(domain, step)).collect();
    Plot { given, steps, begins_at: plot.begins_at }
}

/// The events in their current shapes: only those have schemas.
fn current(domain: &Domain, events: &[RecordedEvent]) -> Vec<RecordedEvent> {
    let mut all = Vec::new();
    for event in events {
        match domain.upcasters.upcast(event) {
            Ok(parts) => all.extend(parts.into_iter().map(|part| RecordedEvent {
                event_type: part.event_type.as_ref().into(),
                schema_version: part.schema_version,
                payload: Payload::json(part.payload.as_ref()),
                ..event.clone()
            })),
            // What does not decode is what the test is about; it has no shape by which it could be told what is whose.
            Err(_) => all.push(RecordedEvent { payload: Payload::json("{}"), ..event.clone() }),
        }
    }
    all
}

fn event_schema<'d>(domain: &'d Domain, event_type: &str) -> Option<&'d Value> {
    domain.event_types.iter().find(|kind| kind.event_type == event_type).map(|kind| &kind.schema)
}

fn collect(schema: &Value, text: &str, ids: &mut BTreeSet<String>) {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return };
    walk(schema, Some(schema), &mut value, &mut |kind, text| {
        if kind == Kind::Id {
            ids.insert(text.clone());
        }
    });
}

/// Shows every text with what it is.
fn walk(root: &Value, schema: Option<&Value>, value: &mut Value, visit: &mut dyn FnMut(Kind, &mut String)) {
    let schema = schema.and_then(|schema| resolved(root, schema));
    match value {
        Value::String(text) => visit(kind_of(schema, text), text),
        Value::Array(items) => {
            let of_items = schema.and_then(|schema| schema.get("items"));
            items.iter_mut().for_each(|item| walk(root, of_items, item, visit));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let named = schema.and_then(|schema| schema.get("properties")?.get(name));
                let of_field = named.or_else(|| schema.and_then(|schema| schema.get("additionalProperties")));
                walk(root, of_field, field, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A schema behind its reference, and of several the one that is not about nothing.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    let mut schema = schema;
    for _ in 0..16 {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            schema = root.pointer(name.strip_prefix('#')?)?;
        } else if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
            schema = any.iter().find(|one| one.get("type").is_none_or(|kind| kind != "null"))?;
        } else {
            return Some(schema);
        }
    }
    None
}

fn kind_of(schema: Option<&Value>, text: &str) -> Kind {
    let format = schema.and_then(|schema| schema.get("format")?.as_str());
    if format.is_some_and(|format| format.ends_with("-id")) {
        return Kind::Id;
    }
    let fixed =
        |schema: &Value| ["format", "pattern", "enum", "const", "oneOf"].iter().any(|key| schema.get(key).is_some());
    match schema {
        Some(schema) if fixed(schema) => Kind::Fixed,
        Some(schema) if schema.get("type").is_some_and(|kind| kind == "string" || kind.is_array()) => Kind::Free,
        // Without a schema, words are somebody's and single ones are the domain's.
        _ if text.contains(char::is_whitespace) => Kind::Free,
        _ => Kind::Fixed,
    }
}

impl Names {
    /// Gives everything another name, in the order of the old ones.
    fn name(&mut self, ids: BTreeSet<String>, actors: BTreeSet<String>) {
        let mut taken = BTreeSet::new();
        for id in ids {
            let mut number = self.ids.len() + 1;
            let other = loop {
                let other = like(&id, number);
                if taken.insert(other.clone()) {
                    break other;
                }
                number += 1;
            };
            self.ids.insert(id, other);
        }
        for actor in actors {
            let other = self.actor(&actor);
            self.actors.insert(actor, other);
        }
    }

    /// `customer:C-1001` as the customer's other id, `teller:maria` as a person with a number: what stands in front may be a name.
    fn actor(&self, actor: &str) -> String {
        let (role, person) = actor.split_once(':').unwrap_or(("", actor));
        match self.ids.get(person) {
            Some(other) if self.roles.contains(role) => format!("{role}:{other}"),
            _ => format!("person:{}", self.actors.len() + 1),
        }
    }

    fn event(&mut self, domain: &Domain, event: &RecordedEvent) -> RecordedEvent {
        let Some(Ok(mut value)) = event.payload.as_json().map(serde_json::from_str::<Value>) else {
            return event.clone();
        };
        for field in personal_fields_of(domain, &event.event_type) {
            if let Some(value) = value.get_mut(&field).filter(|value| value.is_object()) {
                *value = Value::Object(Map::from_iter([("mask".to_owned(), Value::from("…"))]));
            }
        }
        if let Some(schema) = event_schema(domain, &event.event_type) {
            self.payload(schema, &mut value);
        }
        let payload = Payload::json(value.to_string());
        RecordedEvent { stream: self.stream(&event.stream), payload, ..event.clone() }
    }

    fn step(&mut self, domain: &Domain, step: &Step) -> Step {
        let Step::Command(command) = step else { return step.clone() };
        let mut other = command.clone();
        other.actor = self.actors.get(&command.actor).cloned().unwrap_or_default();
        other.reason = command.reason.as_deref().map(|reason| self.text(reason));
        let found = domain.command(&command.command_type);
        let (Some(kind), Ok(mut value)) = (found, serde_json::from_str::<Value>(command.payload.as_str())) else {
            return Step::Command(other);
        };
        let personal: BTreeSet<String> =
            domain.event_types.iter().flat_map(|kind| es_core::seal::personal_fields(&kind.schema)).collect();
        for (_, value) in value.as_object_mut().into_iter().flatten().filter(|(name, _)| personal.contains(*name)) {
            if value.as_str().is_some_and(|text| text.parse::<chrono::NaiveDate>().is_ok()) {
                *value = SOME_DAY.into();
            }
        }
        self.payload(&kind.schema, &mut value);
        if let Ok(payload) = JsonText::new(value.to_string()) {
            other.payload = payload;
        }
        Step::Command(other)
    }

    fn payload(&mut self, schema: &Value, value: &mut Value) {
        walk(schema, Some(schema), value, &mut |kind, text| *text = self.other(kind, text));
        self.amounts_and_keys(value);
    }

    fn other(&mut self, kind: Kind, text: &str) -> String {
        if let Some(other) = self.actors.get(text) {
            return other.clone();
        }
        match kind {
            Kind::Id => self.ids.get(text).cloned().unwrap_or_else(|| text.to_owned()),
            // Processes act by their own names, which are the domain's.
            Kind::Free if text.starts_with("process:") => text.to_owned(),
            Kind::Free
                if text
                    .split_once(':')
                    .is_some_and(|(role, id)| self.roles.contains(role) && self.ids.contains_key(id)) =>
            {
                self.within(text)
            }
            Kind::Free => self.text(text),
            Kind::Fixed => self.within(text),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if text.is_empty() || text == "…" {
            return text.to_owned();
        }
        let number = self.texts.len() + 1;
        self.texts.entry(text.to_owned()).or_insert_with(|| format!("text {number}")).clone()
    }

    fn stream(&self, stream: &StreamName) -> StreamName {
        let other = self.ids.get(stream.id()).map(|id| StreamName::of(stream.category(), id));
        other.and_then(Result::ok).unwrap_or_else(|| stream.clone())
    }

    /// A text with the ids in it replaced, such as `account:100234`. Dates and times are left alone: they look like ids.
    fn within(&self, text: &str) -> String {
        let is_time = text.len() >= 10 && text.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok());
        if is_time || uuid::Uuid::try_parse(text).is_ok() {
            return text.to_owned();
        }
        match text.split_once(':') {
            Some((kind, id)) => match self.ids.get(id) {
                Some(other) => format!("{kind}:{other}"),
                None => text.to_owned(),
            },
            None => text.to_owned(),
        }
    }

    /// Multiplies what is an amount, and replaces ids that are names of fields.
    fn amounts_and_keys(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.amounts_and_keys(item)),
            Value::Object(fields) => {
                let is_amount = fields.len() == 2 && fields.contains_key("currency");
                let minor = fields.get("minor").and_then(Value::as_str).and_then(|minor| minor.parse::<i64>().ok());
                if let (true, Some(minor)) = (is_amount, minor) {
                    let other = minor.checked_mul(self.factor).unwrap_or(minor);
                    fields.insert("minor".to_owned(), other.to_string().into());
                    return;
                }
                let old = std::mem::take(fields);
                for (name, mut field) in old {
                    self.amounts_and_keys(&mut field);
                    fields.insert(self.ids.get(&name).cloned().unwrap_or_else(|| self.within(&name)), field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// An id of the same shape: the letters in front stay, since they say what kind of thing it is, and the rest is a number.
fn like(id: &str, number: usize) -> String {
    let kind: String = id.chars().take_while(|letter| !letter.is_ascii_digit()).collect();
    // A name is not a kind of thing.
    let kind = if kind.len() <= 5 { kind } else { "X-".to_owned() };
    let digits = id.chars().filter(char::is_ascii_digit).count();
    format!("{kind}{:0<1$}", 9, digits.saturating_sub(number.to_string().len()).max(1)) + &number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_shape_and_nothing_else() {
        assert_eq!(like("100234", 7), "900007");
        assert_eq!(like("T-5016", 12), "T-9012");
        assert_eq!(like("CASE-7", 1), "CASE-91");
        assert_eq!(like("Ada-Lovelace-account", 3), "X-93", "a name does not stay");
    }

    #[test]
    fn what_a_text_is_comes_from_its_schema() {
        let schema = serde_json::json!({
            "properties": {
                "id": {"type": "string", "format": "account-id", "pattern": "^.*$"},
                "day": {"type": "string", "format": "date"},
                "note": {"anyOf": [{"$ref": "#/$defs/Note"}, {"type": "null"}]},
            },
            "$defs": {"Note": {"type": "string", "maxLength": 80}},
        });
        let mut value = serde_json::json!({"id": "100234", "day": "2026-01-01", "note": "Rent", "state": "open", "odd": "two words"});
        let mut seen = Vec::new();
        walk(&schema, Some(&schema), &mut value, &mut |kind, text| {
            seen.push((text.clone(), kind == Kind::Id, kind == Kind::Free));
        });
        let seen: Vec<_> = seen.iter().map(|(text, id, free)| (text.as_str(), *id, *free)).collect();
        assert_eq!(
            seen,
            [
                ("100234", true, false),
                ("2026-01-01", false, false),
                ("Rent", false, true),
                ("open", false, false),
                ("two words", false, true),
            ]
        );
    }
}
