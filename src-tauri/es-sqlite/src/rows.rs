//! From rows to events and back.

use chrono::{DateTime, Utc};
use es_core::{Hash, Payload, Position, RecordedEvent, StreamName, StreamVersion};
use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::error::Fault;

/// The columns of an event in the order that [`Decoder`] expects.
macro_rules! event_columns {
    () => {
        "position, stream_name, stream_version, event_id, event_type, schema_version, payload, metadata, \
         correlation_id, causation_id, recorded_at, content_hash, chain_hash"
    };
}
pub(crate) use event_columns;

/// Why a stored row is not an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecodable {
    /// The row.
    pub position: i64,
    /// Which column, and what is wrong with it.
    pub reason: String,
}

impl From<Undecodable> for Fault {
    fn from(bad: Undecodable) -> Self {
        Self::Damaged(format!("event at position {}: {}", bad.position, bad.reason))
    }
}

/// Decodes rows; remembers the last stream name, since neighbours often share it.
#[derive(Default)]
pub(crate) struct Decoder {
    stream: Option<StreamName>,
}

impl Decoder {
    /// Decodes a row of [`event_columns`], or says what is wrong with it; fails only if SQLite does.
    pub fn event(&mut self, row: &Row<'_>) -> Result<Result<RecordedEvent, Undecodable>, rusqlite::Error> {
        let position = match row.get_ref(0)? {
            ValueRef::Integer(value) => value,
            _ => 0,
        };
        Ok(self.fields(row, position)?.map_err(|reason| Undecodable { position, reason }))
    }

    fn fields(&mut self, row: &Row<'_>, position: i64) -> Result<Result<RecordedEvent, String>, rusqlite::Error> {
        macro_rules! field {
            ($index:expr, $name:literal, $read:path) => {
                match $read(row.get_ref($index)?) {
                    Ok(value) => value,
                    Err(reason) => return Ok(Err(format!(concat!($name, " {}"), reason))),
                }
            };
        }
        let stream = field!(1, "stream_name", text);
        let stream = match &self.stream {
            Some(last) if last.as_str() == stream => last.clone(),
            _ => match StreamName::new(stream) {
                Ok(name) => self.stream.insert(name).clone(),
                Err(error) => return Ok(Err(format!("stream_name is unusable: {error}"))),
            },
        };
        let Ok(place) = u64::try_from(position) else { return Ok(Err("position is negative".to_owned())) };
        Ok(Ok(RecordedEvent {
            position: Position(place),
            stream,
            version: StreamVersion(field!(2, "stream_version", counter)),
            event_id: field!(3, "event_id", id),
            event_type: field!(4, "event_type", text).into(),
            schema_version: field!(5, "schema_version", small_counter),
            payload: Payload::Json(field!(6, "payload", text).into()),
            metadata: field!(7, "metadata", text).into(),
            correlation_id: field!(8, "correlation_id", optional_id),
            causation_id: field!(9, "causation_id", optional_id),
            recorded_at: field!(10, "recorded_at", time),
            content_hash: field!(11, "content_hash", hash),
            chain_hash: Some(field!(12, "chain_hash", hash)),
        }))
    }
}

pub(crate) fn text(value: ValueRef<'_>) -> Result<&str, &'static str> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| "is not valid UTF-8"),
        _ => Err("is not text"),
    }
}

pub(crate) fn counter(value: ValueRef<'_>) -> Result<u64, &'static str> {
    match value {
        ValueRef::Integer(value) => u64::try_from(value).map_err(|_| "is negative"),
        _ => Err("is not a whole number"),
    }
}

fn small_counter(value: ValueRef<'_>) -> Result<u32, &'static str> {
    counter(value).and_then(|value| u32::try_from(value).map_err(|_| "is too large"))
}

pub(crate) fn id(value: ValueRef<'_>) -> Result<Uuid, &'static str> {
    match value {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map_err(|_| "does not have 16 bytes"),
        _ => Err("does not have 16 bytes"),
    }
}

fn optional_id(value: ValueRef<'_>) -> Result<Option<Uuid>, &'static str> {
    if let ValueRef::Null = value { Ok(None) } else { id(value).map(Some) }
}

pub(crate) fn time(value: ValueRef<'_>) -> Result<DateTime<Utc>, &'static str> {
    match value {
        ValueRef::Integer(micros) => DateTime::from_timestamp_micros(micros).ok_or("is outside the calendar"),
        _ => Err("is not a whole number"),
    }
}

pub(crate) fn hash(value: ValueRef<'_>) -> Result<Hash, &'static str> {
    match value {
        ValueRef::Blob(bytes) => Hash::from_slice(bytes).ok_or("does not have 32 bytes"),
        _ => Err("does not have 32 bytes"),
    }
}

/// A counter as a column value. Positions and versions never pass 2^63.
pub(crate) fn column(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}
