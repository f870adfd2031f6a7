//! From rows to events and back.

use chrono::{DateTime, Utc};
use es_core::{EventStub, Hash, Payload, Position, RecordedEvent, StreamName, StreamNameError, StreamVersion};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::Fault;

/// The columns of an event in the order that [`Decoder`] expects.
macro_rules! event_columns {
    () => {
        "position, stream_name, stream_version, event_id, event_type, schema_version, payload, payload_bytes, metadata, \
         correlation_id, causation_id, recorded_at, content_hash, chain_hash"
    };
}
pub(crate) use event_columns;

/// The columns of a stub in the order that [`stub_of_row`] expects.
macro_rules! stub_columns {
    () => {
        "position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash"
    };
}
pub(crate) use stub_columns;
/// Where the last three of [`stub_columns`] stand.
pub(crate) const STUB_LAST_THREE: usize = 4;

/// What is wrong with a stored value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadValue {
    #[error("is negative: {0}")]
    Negative(i64),
    #[error("is too large: {0}")]
    TooLarge(u64),
    #[error("does not have 32 bytes, but {0}")]
    HashLength(usize),
    #[error("is unusable: {0}")]
    Name(#[from] StreamNameError),
    #[error("stands beside a binary one")]
    TwoPayloads,
    #[error("is missing")]
    NoPayload,
}

impl BadValue {
    pub fn of(self, column: &'static str) -> BadColumn {
        BadColumn { column, value: self }
    }
}

/// A column whose value cannot be what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{column} {value}")]
pub(crate) struct BadColumn {
    /// Which.
    pub column: &'static str,
    /// What is wrong with it.
    pub value: BadValue,
}

/// Why a stored row is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event at position {position}: {reason}")]
pub(crate) struct Undecodable {
    /// The row.
    pub position: i64,
    /// Which column, and what is wrong with it.
    pub reason: BadColumn,
}

impl From<Undecodable> for Fault {
    fn from(bad: Undecodable) -> Self {
        Self::Damaged(bad.to_string())
    }
}

/// Decodes rows; remembers the last stream name, since neighbours often share it.
#[derive(Default)]
pub(crate) struct Decoder {
    stream: Option<StreamName>,
}

impl Decoder {
    /// Decodes a row of [`event_columns`] that begins at a column, or says what is wrong with it; fails only if the columns
    /// are not those of an event.
    pub fn event(&mut self, row: &PgRow, first: usize) -> Result<Result<RecordedEvent, Undecodable>, sqlx::Error> {
        let position: i64 = row.try_get_unchecked(first)?;
        Ok(self.fields(row, first, position)?.map_err(|reason| Undecodable { position, reason }))
    }

    fn fields(
        &mut self,
        row: &PgRow,
        first: usize,
        position: i64,
    ) -> Result<Result<RecordedEvent, BadColumn>, sqlx::Error> {
        macro_rules! checked {
            ($column:literal, $value:expr) => {
                match $value {
                    Ok(value) => value,
                    Err(bad) => return Ok(Err(BadValue::from(bad).of($column))),
                }
            };
        }
        let stream: &str = row.try_get_unchecked(first + 1)?;
        let stream = match &self.stream {
            Some(last) if last.as_str() == stream => last.clone(),
            _ => self.stream.insert(checked!("stream_name", StreamName::new(stream))).clone(),
        };
        // The wire format of json is its text; sqlx would only take it for a text if the server wrote it as one.
        let json: Option<&str> = row.try_get_unchecked(first + 6)?;
        let bytes: Option<&[u8]> = row.try_get_unchecked(first + 7)?;
        let payload = match (json, bytes) {
            (Some(json), None) => Ok(Payload::Json(json.into())),
            (None, Some(bytes)) => Ok(Payload::Binary(bytes.into())),
            (Some(_), Some(_)) => Err(BadValue::TwoPayloads),
            (None, None) => Err(BadValue::NoPayload),
        };
        Ok(Ok(RecordedEvent {
            position: Position(checked!("position", counter(position))),
            stream,
            version: StreamVersion(checked!("stream_version", counter(row.try_get_unchecked(first + 2)?))),
            event_id: row.try_get_unchecked(first + 3)?,
            event_type: row.try_get_unchecked::<&str, _>(first + 4)?.into(),
            schema_version: checked!("schema_version", small_counter(row.try_get_unchecked(first + 5)?)),
            payload: checked!("payload", payload),
            metadata: row.try_get_unchecked::<&str, _>(first + 8)?.into(),
            correlation_id: row.try_get_unchecked::<Option<Uuid>, _>(first + 9)?,
            causation_id: row.try_get_unchecked::<Option<Uuid>, _>(first + 10)?,
            recorded_at: row.try_get_unchecked::<DateTime<Utc>, _>(first + 11)?,
            content_hash: checked!("content_hash", hash(row.try_get_unchecked(first + 12)?)),
            chain_hash: Some(checked!("chain_hash", hash(row.try_get_unchecked(first + 13)?))),
        }))
    }
}

/// Decodes rows of [`event_columns`].
pub(crate) fn events_of(rows: &[PgRow]) -> Result<Vec<RecordedEvent>, Fault> {
    let mut decoder = Decoder::default();
    rows.iter().map(|row| Ok(decoder.event(row, 0)??)).collect()
}

/// Decodes a row that begins like [`stub_columns`] and has the last three of them from a column on; what is wrong if it is not a
/// stub.
pub(crate) fn stub_of_row(row: &PgRow, last_three: usize) -> Result<Result<EventStub, BadColumn>, sqlx::Error> {
    let (position, name): (i64, &str) = (row.try_get_unchecked(0)?, row.try_get_unchecked(1)?);
    let (version, event_id): (i64, Uuid) = (row.try_get_unchecked(2)?, row.try_get_unchecked(3)?);
    let recorded_at: DateTime<Utc> = row.try_get_unchecked(last_three)?;
    let (content, chain): (&[u8], &[u8]) =
        (row.try_get_unchecked(last_three + 1)?, row.try_get_unchecked(last_three + 2)?);
    let read = || -> Result<EventStub, BadColumn> {
        let bad = |column: &'static str| move |value: BadValue| value.of(column);
        Ok(EventStub {
            position: Position(counter(position).map_err(bad("position"))?),
            stream: StreamName::new(name).map_err(|error| bad("stream_name")(error.into()))?,
            version: StreamVersion(counter(version).map_err(bad("stream_version"))?),
            event_id,
            recorded_at,
            content_hash: hash(content).map_err(bad("content_hash"))?,
            chain_hash: hash(chain).map_err(bad("chain_hash"))?,
        })
    };
    Ok(read())
}

pub(crate) fn counter(value: i64) -> Result<u64, BadValue> {
    u64::try_from(value).map_err(|_| BadValue::Negative(value))
}

fn small_counter(value: i64) -> Result<u32, BadValue> {
    counter(value).and_then(|value| u32::try_from(value).map_err(|_| BadValue::TooLarge(value)))
}

pub(crate) fn hash(bytes: &[u8]) -> Result<Hash, BadValue> {
    Hash::from_slice(bytes).ok_or(BadValue::HashLength(bytes.len()))
}

/// A counter as a column value. Positions and versions never pass 2^63.
pub(crate) fn column(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}
