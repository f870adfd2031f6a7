//! Reads that answer in one step: a stream, single events, lists of streams, categories, times.

use chrono::{DateTime, Utc};
use es_core::{
    CategoryCount, Direction, EventStub, Position, ReadStream, RecordedEvent, StreamInfo, StreamListPage, StreamName,
    StreamOrder, StreamPage, StreamQuery, StreamVersion, limits,
};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use crate::error::Fault;
use crate::filter::{Statement, Value};
use crate::read::{last_before_time, read_head};
use crate::retention::stub_by_id;
use crate::rows::{Decoder, column, counter, event_columns, events_of};

/// A stream's head with time and type of its last event, in the order that [`stream_of_row`] expects.
macro_rules! stream_columns {
    () => {
        "s.stream_name, s.version, s.truncated_before, s.closed_at, s.last_position, l.recorded_at, l.event_type"
    };
}
/// How many they are.
const STREAM_COLUMNS: usize = 7;

macro_rules! stream_page {
    ($order:literal) => {
        concat!(
            "SELECT ",
            stream_columns!(),
            ", e.* FROM es_stream s LEFT JOIN es_event l ON l.position = s.last_position LEFT JOIN LATERAL (SELECT ",
            event_columns!(),
            " FROM es_event WHERE stream_name = $1 AND stream_version > greatest($2, s.truncated_before - 1) \
             AND stream_version <= least($3, s.version) ORDER BY stream_version ",
            $order,
            " LIMIT $4) e ON true WHERE s.stream_name = $1"
        )
    };
}

/// See [`es_core::EventReader::read_stream`]. One statement, so that head and events are of the same moment.
pub(crate) async fn read_stream(connection: &mut PgConnection, read: &ReadStream) -> Result<StreamPage, Fault> {
    let (sql, low, high) = match read.direction {
        Direction::Forward => (stream_page!("ASC"), column(read.from.get()), i64::MAX),
        Direction::Backward => (stream_page!("DESC"), 0, column(read.from.get().saturating_sub(1))),
    };
    let limit = read.limit.min(limits::PAGE_EVENTS);
    let query = sqlx::query(sql).bind(read.stream.as_str()).bind(low).bind(high).bind(column(limit as u64));
    let rows = query.fetch_all(connection).await?;
    let Some(first) = rows.first() else {
        return Ok(StreamPage { events: Vec::new(), stream: None, end: true });
    };
    let info = stream_of_row(first, 0)?;
    let mut events = Vec::with_capacity(rows.len());
    if first.try_get_unchecked::<Option<i64>, _>(STREAM_COLUMNS)?.is_some() {
        let mut decoder = Decoder::default();
        for row in &rows {
            events.push(decoder.event(row, STREAM_COLUMNS)??);
        }
    }
    let first_shown = info.truncated_before.get().max(1);
    let end = match (events.last(), read.direction) {
        (Some(last), Direction::Forward) => last.version >= info.version,
        (Some(last), Direction::Backward) => last.version.get() <= first_shown,
        (None, Direction::Forward) => limit > 0 || read.from >= info.version,
        (None, Direction::Backward) => limit > 0 || read.from.get() <= first_shown,
    };
    Ok(StreamPage { events, stream: Some(info), end })
}

/// Decodes stream columns that begin at a column.
fn stream_of_row(row: &PgRow, first: usize) -> Result<StreamInfo, Fault> {
    let name: &str = row.try_get_unchecked(first)?;
    let bad =
        |what: &str, reason: &dyn std::fmt::Display| Fault::Damaged(format!("head of stream {name}: {what} {reason}"));
    let number =
        |index: usize, what: &str| counter(row.try_get_unchecked(first + index)?).map_err(|reason| bad(what, &reason));
    let last_recorded_at: Option<DateTime<Utc>> = row.try_get_unchecked(first + 5)?;
    let last_event_type: Option<&str> = row.try_get_unchecked(first + 6)?;
    Ok(StreamInfo {
        stream: StreamName::new(name).map_err(|error| bad("stream_name", &error))?,
        version: StreamVersion(number(1, "version")?),
        truncated_before: StreamVersion(number(2, "truncated_before")?),
        closed_at: row.try_get_unchecked(first + 3)?,
        last_position: Position(number(4, "last_position")?),
        last_recorded_at: last_recorded_at.ok_or_else(|| bad("last_position", &"names no event"))?,
        last_event_type: last_event_type.ok_or_else(|| bad("last_position", &"names no event"))?.into(),
    })
}

/// See [`es_core::EventReader::read_positions`].
pub(crate) async fn read_positions(
    connection: &mut PgConnection,
    positions: &[Position],
) -> Result<Vec<RecordedEvent>, Fault> {
    let sql = concat!(
        "SELECT ",
        event_columns!(),
        " FROM unnest($1) WITH ORDINALITY AS wanted (place, nth) JOIN es_event e ON e.position = wanted.place \
         ORDER BY wanted.nth"
    );
    let positions: Vec<i64> = positions.iter().map(|position| column(position.get())).collect();
    events_of(&sqlx::query(sql).bind(positions).fetch_all(connection).await?)
}

/// What is known of an event id.
pub(crate) enum Found {
    Nothing,
    Stored(Box<RecordedEvent>),
    /// The event is in the archive.
    Scavenged(EventStub),
}

/// See [`es_core::EventReader::event_by_id`].
pub(crate) async fn event_by_id(connection: &mut PgConnection, event_id: Uuid) -> Result<Found, Fault> {
    let sql = concat!("SELECT ", event_columns!(), " FROM es_event WHERE event_id = $1");
    let mut events = events_of(&sqlx::query(sql).bind(event_id).fetch_all(&mut *connection).await?)?;
    // The event first: one that is scavenged in between then has its stub.
    Ok(match events.pop() {
        Some(event) => Found::Stored(Box::new(event)),
        None => stub_by_id(connection, event_id).await?.map_or(Found::Nothing, Found::Scavenged),
    })
}

/// See [`es_core::EventReader::position_at`].
pub(crate) async fn position_at(connection: &mut PgConnection, at: DateTime<Utc>) -> Result<Position, Fault> {
    // At or before a time is before the next microsecond.
    let next = at.timestamp_micros().checked_add(1).and_then(DateTime::from_timestamp_micros);
    let found = match next {
        Some(next) => last_before_time(connection, next).await?,
        None => read_head(connection).await?,
    };
    Ok(Position(found.unsigned_abs()))
}

/// See [`es_core::EventReader::streams`]. One statement, so that rows and total belong together.
pub(crate) async fn streams(connection: &mut PgConnection, query: &StreamQuery) -> Result<StreamListPage, Fault> {
    let contains = query.contains.as_deref().filter(|part| !part.is_empty());
    if [query.category.as_deref(), contains].into_iter().flatten().any(|text| text.contains('\0')) {
        // No name holds a zero byte, and PostgreSQL takes none as a parameter.
        return Ok(StreamListPage { streams: Vec::new(), total: 0 });
    }
    let mut statement = Statement::default();
    statement.add("SELECT ");
    statement.add("(SELECT count(*) FROM es_stream WHERE true");
    add_stream_conditions(&mut statement, query, contains);
    let order = match query.order {
        StreamOrder::Name => "stream_name ASC",
        StreamOrder::LastChange => "last_position DESC, stream_name ASC",
        StreamOrder::Length => "version DESC, stream_name ASC",
    };
    statement.add("), ").add(stream_columns!()).add(" FROM (SELECT) one LEFT JOIN (SELECT * FROM es_stream WHERE true");
    add_stream_conditions(&mut statement, query, contains);
    statement.add(" ORDER BY ").add(order).add(" LIMIT ").number(column(query.limit.min(limits::PAGE_EVENTS) as u64));
    statement.add(" OFFSET ").number(column(query.offset));
    statement.add(") s ON true LEFT JOIN es_event l ON l.position = s.last_position ORDER BY ");
    let of_page = order.split(", ").map(|part| format!("s.{part}")).collect::<Vec<_>>().join(", ");
    statement.add(&of_page);
    let rows = statement.fetch_all(connection).await?;
    let total: i64 = rows.first().map_or(Ok(0), |row| row.try_get_unchecked(0))?;
    let listed = |row: &&PgRow| row.try_get_unchecked::<Option<&str>, _>(1).is_ok_and(|name| name.is_some());
    let streams = rows.iter().filter(listed).map(|row| stream_of_row(row, 1)).collect::<Result<_, _>>()?;
    Ok(StreamListPage { streams, total: total.unsigned_abs() })
}

fn add_stream_conditions(statement: &mut Statement, query: &StreamQuery, contains: Option<&str>) {
    if let Some(category) = &query.category {
        statement.add(" AND category = ").value(Value::Text(category.clone()));
    }
    if let Some(part) = contains {
        // With the collation "C" lower() changes ASCII letters only, as promised.
        statement.add(" AND strpos(lower(stream_name), ").value(Value::Text(part.to_ascii_lowercase())).add(") > 0");
    }
    if !query.system {
        statement.add(" AND NOT starts_with(stream_name, '$')");
    }
}

/// See [`es_core::EventReader::categories`].
pub(crate) async fn categories(connection: &mut PgConnection) -> Result<Vec<CategoryCount>, Fault> {
    let counted: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT category, count(*), sum(version)::bigint AS events FROM es_stream GROUP BY category \
         ORDER BY events DESC, category ASC",
    )
    .fetch_all(connection)
    .await?;
    let count = |(category, streams, events): (String, i64, i64)| CategoryCount {
        category,
        streams: streams.unsigned_abs(),
        events: events.unsigned_abs(),
    };
    Ok(counted.into_iter().map(count).collect())
}
