//! An event that could stand in a stream: what somebody begins with who inserts one into a what-if.

use es_core::{EventFilter, Position, ReadAll, RecordedEvent, StreamName};
use serde_json::{Map, Value};

use super::{Session, arguments};
use crate::wire::{AppError, EventExample};

/// Deepest that a schema is followed: one that refers to itself ends somewhere.
const DEPTH: usize = 16;

impl Session {
    /// The newest version of an event type, and a payload of it for a stream: that of the last one recorded there, or in another
    /// stream with this one's id in it, or one that its schema makes. Nothing for a type that nobody knows.
    ///
    /// # Errors
    /// The name is none of a stream, or the store does not answer.
    pub async fn event_example(&self, event_type: &str, stream: &str) -> Result<Option<EventExample>, AppError> {
        let stream = arguments::stream(stream)?;
        let known = self.domain.event_types.iter().find(|known| known.event_type == event_type);
        let here = EventFilter { stream: Some(stream.clone()), ..of_type(event_type) };
        for filter in [here, of_type(event_type)] {
            if let Some(event) = self.last(filter).await?
                && let Some((schema_version, payload)) = self.current(&event)
            {
                return Ok(Some(EventExample { schema_version, payload: at_home(&payload, &event.stream, &stream) }));
            }
        }
        Ok(known.map(|known| {
            let made = made(&known.schema, &known.schema, &stream, DEPTH).to_string();
            let payload = inspector::pretty(&made).unwrap_or(made);
            EventExample { schema_version: known.schema_version, payload }
        }))
    }

    async fn last(&self, filter: EventFilter) -> Result<Option<RecordedEvent>, AppError> {
        let read = ReadAll { filter, ..ReadAll::backward(Position::MAX, 1) };
        Ok(self.engine.queries().events().read_all(read).await?.events.into_iter().next())
    }

    /// Version and payload of an event as it is read today; nothing if it has become another type, or cannot be read.
    fn current(&self, event: &RecordedEvent) -> Option<(u32, String)> {
        let parts = self.domain.upcasters.upcast(event).ok()?;
        let same = parts.into_iter().find(|part| *part.event_type == *event.event_type)?;
        Some((same.schema_version, same.payload.into_owned()))
    }
}

fn of_type(event_type: &str) -> EventFilter {
    EventFilter { event_types: vec![event_type.to_owned()], ..EventFilter::default() }
}

/// The payload with the id of one stream in the place of another's, laid out to be read. Numbers stay as they are written.
fn at_home(payload: &str, from: &StreamName, to: &StreamName) -> String {
    // A whole text, or what stands behind a colon, such as `account:100234`.
    let parts = |id: &str| [Value::from(id).to_string(), format!(":{}", &Value::from(id).to_string()[1..])];
    let pairs = parts(from.id()).into_iter().zip(parts(to.id()));
    let moved =
        pairs.fold(payload.to_owned(), |text, (old, new)| if from == to { text } else { text.replace(&old, &new) });
    inspector::pretty(&moved).unwrap_or(moved)
}

/// The smallest value that a schema describes, as far as one can know.
fn made(root: &Value, schema: &Value, stream: &StreamName, depth: usize) -> Value {
    let follow = |schema: &Value| made(root, schema, stream, depth - 1);
    if depth == 0 {
        return Value::Null;
    }
    if let Some(found) =
        schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?))
    {
        return follow(found);
    }
    // The stream's own id before any example of one.
    if own_id(schema, stream) {
        return stream.id().into();
    }
    for told in ["const", "default"] {
        if let Some(value) = schema.get(told) {
            return value.clone();
        }
    }
    if let Some(first) = ["enum", "examples"].iter().find_map(|list| schema.get(list)?.as_array()?.first()) {
        return with_own_id(first.clone(), schema, stream);
    }
    if let Some(one) = ["anyOf", "oneOf", "allOf"].iter().find_map(|list| schema.get(list)?.as_array()?.first()) {
        return follow(one);
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.as_array()?.first()?.as_str()));
    match kind {
        Some("object") => Value::Object(fields(schema, &follow)),
        Some("array") => Value::Array(Vec::new()),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
        Some("boolean") => false.into(),
        Some("string") => text(schema).into(),
        _ => Value::Null,
    }
}

/// What an object cannot be without.
fn fields(schema: &Value, follow: &dyn Fn(&Value) -> Value) -> Map<String, Value> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let field = |name: &str| Some((name.to_owned(), follow(schema.get("properties")?.get(name)?)));
    required.filter_map(field).collect()
}

/// An example of a whole object, about the stream.
fn with_own_id(mut example: Value, schema: &Value, stream: &StreamName) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, _) in properties.into_iter().flatten().filter(|(_, of)| own_id(of, stream)) {
        if let Some(value) = example.get_mut(name) {
            *value = stream.id().into();
        }
    }
    example
}

/// Whether it is the id of what the stream is about: `account-id` in a stream of accounts.
fn own_id(schema: &Value, stream: &StreamName) -> bool {
    let format = schema.get("format").and_then(Value::as_str);
    format.and_then(|format| format.strip_suffix("-id")) == Some(stream.category())
}

fn text(schema: &Value) -> String {
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-01".to_owned(),
        Some("date-time") => "2026-01-01T00:00:00Z".to_owned(),
        Some("uuid") => uuid::Uuid::nil().to_string(),
        _ => String::new(),
    }
}
