//! A plot that is nobody's: ids, people, personal data, texts and amounts are replaced by others, the same by the same.
//!
//! What a value is comes from the schemas of events and commands. Days and times move by whole weeks, all by the same, and times lose
//! their seconds. Rates and names of states stay: rules depend on them, and so do the proportions of amounts and the days between
//! two days.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, DurationRound, NaiveDate, SecondsFormat, Utc};
use es_core::{Domain, Payload, RecordedEvent, StreamName};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Plot, given_event, personal_fields_of};
use crate::what_if::id_of;
use crate::what_if::scenario::{ClockStep, JsonText, Step};

/// What amounts may be multiplied by: numbers that nobody has in mind, of which the plot itself chooses. Rules with fixed thresholds
/// bear small ones only.
const LARGE: [i64; 16] = [17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79];
const SMALL: [i64; 4] = [5, 7, 11, 13];
/// The Monday of the week in which an anonymous plot begins.
const SOME_MONDAY: (i32, u32, u32) = (2001, 1, 1);
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

/// What is done to numbers and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disguise {
    /// What amounts are multiplied by: a whole number, so that sums stay sums. 1 leaves them as they are.
    pub(super) factor: i64,
    /// By how much days and times move; none leaves them as they are, with their seconds.
    pub(super) shift: Option<Duration>,
}

/// The disguises of a plot in the order in which they are tried. The last one leaves numbers and times as they are.
pub(super) fn disguises(plot: &Plot) -> Vec<Disguise> {
    let mut hasher = Sha256::new();
    for event in &plot.given {
        hasher.update(event.payload.as_json().unwrap_or_default());
    }
    for step in &plot.steps {
        if let Step::Command(command) = step {
            hasher.update(command.payload.as_str());
        }
    }
    let drawn = hasher.finalize();
    let of = |list: &[i64], byte: u8| list[usize::from(byte) % list.len()];
    let mut factors = vec![of(&LARGE, drawn[0]), of(&SMALL, drawn[1]), 3, 2, 1];
    factors.dedup();
    let first = plot.given.first().map_or(plot.begins_at, |event| event.recorded_at);
    let shifts = [Some(to_some_week(first.date_naive())), None];
    shifts.into_iter().flat_map(|shift| factors.iter().map(move |factor| Disguise { factor: *factor, shift })).collect()
}

/// From the week of a day to some week, so that a Tuesday stays a Tuesday.
fn to_some_week(day: NaiveDate) -> Duration {
    let monday = day - Duration::days(i64::from(day.weekday().num_days_from_monday()));
    let (year, month, of_month) = SOME_MONDAY;
    NaiveDate::from_ymd_opt(year, month, of_month).map_or_else(Duration::zero, |some| some - monday)
}

#[derive(Default)]
struct Names {
    ids: BTreeMap<String, String>,
    actors: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
    /// Words in front of a person that say what kind of thing acts, and not who: categories of the domain.
    roles: BTreeSet<String>,
    /// Ids that programs have drawn, such as those of entries.
    uuids: BTreeMap<Uuid, Uuid>,
    factor: i64,
    shift: Option<Duration>,
}

/// The plot with other names, amounts that are multiplied, and times that are moved.
pub(super) fn plot(domain: &Domain, plot: &Plot, Disguise { factor, shift }: Disguise) -> Plot {
    let given = current(domain, &plot.given);
    let roles = domain.aggregates.iter().map(|aggregate| aggregate.category().to_owned()).collect();
    let mut names = Names { factor, shift, roles, ..Names::default() };
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
    Plot { given, steps, begins_at: names.time(plot.begins_at) }
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
            return RecordedEvent { recorded_at: self.time(event.recorded_at), ..event.clone() };
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
        let (stream, recorded_at) = (self.stream(&event.stream), self.time(event.recorded_at));
        RecordedEvent { stream, payload, recorded_at, ..event.clone() }
    }

    fn step(&mut self, domain: &Domain, step: &Step) -> Step {
        let command = match step {
            Step::Command(command) => command,
            Step::Clock(ClockStep::To(time)) => return Step::Clock(ClockStep::To(self.time(*time))),
            Step::Clock(ClockStep::BySeconds(_)) | Step::Processes => return step.clone(),
        };
        let mut other = command.clone();
        other.business_date = command.business_date.map(|day| self.day(day));
        other.actor = self.actors.get(&command.actor).cloned().unwrap_or_default();
        other.reason = command.reason.as_deref().map(|reason| self.text(reason));
        let found = domain.command(&command.command_type);
        let (Some(kind), Ok(mut value)) = (found, serde_json::from_str::<Value>(command.payload.as_str())) else {
            return Step::Command(other);
        };
        let personal: BTreeSet<String> =
            domain.event_types.iter().flat_map(|kind| es_core::seal::personal_fields(&kind.schema)).collect();
        self.payload(&kind.schema, &mut value);
        for (_, value) in value.as_object_mut().into_iter().flatten().filter(|(name, _)| personal.contains(*name)) {
            if value.as_str().is_some_and(|text| text.parse::<NaiveDate>().is_ok()) {
                *value = SOME_DAY.into();
            }
        }
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
        if let Some(other) = self.drawn(text) {
            return other;
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

    /// A text with the ids in it replaced, such as `account:100234`. Days and times move, and a UUID is another one.
    fn within(&mut self, text: &str) -> String {
        if let Ok(day) = text.parse::<NaiveDate>() {
            return self.day(day).to_string();
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return match self.shift {
                Some(_) => self.time(time.to_utc()).to_rfc3339_opts(SecondsFormat::AutoSi, true),
                None => text.to_owned(),
            };
        }
        if let Some(other) = self.drawn(text) {
            return other;
        }
        let Some((kind, id)) = text.split_once(':') else { return text.to_owned() };
        match self.ids.get(id).cloned().or_else(|| self.drawn(id)) {
            Some(other) => format!("{kind}:{other}"),
            None => text.to_owned(),
        }
    }

    /// Another UUID, the same for the same, if a text is one.
    fn drawn(&mut self, text: &str) -> Option<String> {
        let old = Uuid::try_parse(text).ok().filter(|_| text.contains('-'))?;
        let number = self.uuids.len();
        Some(self.uuids.entry(old).or_insert_with(|| id_of("anonymous", number)).to_string())
    }

    fn day(&self, day: NaiveDate) -> NaiveDate {
        self.shift.and_then(|shift| day.checked_add_signed(shift)).unwrap_or(day)
    }

    /// Moved, and without its seconds: what was earlier is not later then.
    fn time(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        let moved = self.shift.and_then(|shift| time.checked_add_signed(shift));
        moved.map_or(time, |moved| moved.duration_trunc(Duration::minutes(1)).unwrap_or(moved))
    }

    /// Multiplies what is an amount, and replaces ids that are names of fields.
    fn amounts_and_keys(&mut self, value: &mut Value) {
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
                    let other = self.ids.get(&name).cloned().unwrap_or_else(|| self.within(&name));
                    fields.insert(other, field);
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
    fn a_day_moves_by_whole_weeks_and_what_was_earlier_is_not_later() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let shift = Some(to_some_week(day("2026-11-26")));
        let mut names = Names { shift, factor: 1, ..Names::default() };
        assert_eq!(names.day(day("2026-11-26")), day("2001-01-04"), "a Thursday stays one");
        assert_eq!(names.day(day("2026-12-31")) - names.day(day("2026-11-26")), Duration::days(35));
        assert_eq!(names.within("2026-11-26T04:50:21.908634Z"), "2001-01-04T04:50:00Z", "no seconds are left");
        let [one, other] = ["4d04e557-7b1d-55c1-8e6c-b10da48080ee", "91dd49e1-ce62-5fe1-8269-8a72ff68da9e"];
        assert_eq!(names.within(one), names.within(one), "the same by the same");
        assert_ne!(names.within(one), names.within(other), "others by others");
        assert!(![one, other].contains(&names.within(one).as_str()));
        assert_eq!(names.within(&format!("hold:{one}")), format!("hold:{}", names.within(one)));
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
