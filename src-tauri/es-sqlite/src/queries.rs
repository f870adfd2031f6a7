//! Reads that answer in one step: a stream, single events, lists of streams, categories, times.

use chrono::{DateTime, Utc};
use es_core::{
    CategoryCount, Direction, EventStub, Position, ReadStream, RecordedEvent, StreamInfo, StreamListPage, StreamName,
    StreamOrder, StreamPage, StreamQuery, StreamVersion, limits,
};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params, params_from_iter};
use uuid::Uuid;

use crate::error::Fault;
use crate::read::last_before_time;
use crate::retention::stub_by_id;
use crate::rows::{Decoder, column, counter, event_columns, text, time};
use crate::write::read_head;

/// A stream's head with time and type of its last event.
macro_rules! stream_columns {
    () => {
        "s.stream_name, s.version, s.truncated_before, s.closed_at, s.last_position, e.recorded_at, e.event_type"
    };
}
/// The head of one stream.
const STREAM_INFO: &str = concat!(
    "SELECT ",
    stream_columns!(),
    " FROM es_stream s LEFT JOIN es_event e ON e.position = s.last_position WHERE s.stream_name = ?1"
);

/// See [`es_core::EventReader::read_stream`].
pub(crate) fn read_stream(connection: &Connection, read: &ReadStream) -> Result<StreamPage, Fault> {
    let (page, whole) = read_page(connection, read)?;
    if whole {
        return Ok(page);
    }
    // Events were scavenged between the two statements: once more in one view of the file.
    let transaction = connection.unchecked_transaction()?;
    Ok(read_page(&transaction, read)?.0)
}

/// The page, and whether it has as many events as the stream's head promises.
fn read_page(connection: &Connection, read: &ReadStream) -> Result<(StreamPage, bool), Fault> {
    let Some(info) = stream_info(connection, &read.stream)? else {
        return Ok((StreamPage { events: Vec::new(), stream: None, end: true }, true));
    };
    let first = info.truncated_before.get().max(1);
    let (low, high) = match read.direction {
        Direction::Forward => (read.from.get().max(first - 1), info.version.get()),
        Direction::Backward => (first - 1, info.version.get().min(read.from.get().saturating_sub(1))),
    };
    let limit = read.limit.min(limits::PAGE_EVENTS);
    let mut statement = connection.prepare_cached(page_sql(read.direction))?;
    let values = params![read.stream.as_str(), column(low), column(high), column(limit as u64)];
    let expected = usize::try_from(high.saturating_sub(low)).map_or(limit, |rest| rest.min(limit));
    let events = decode_all(statement.query(values)?, expected)?;
    let end = match (events.last(), read.direction) {
        (Some(last), Direction::Forward) => last.version >= info.version,
        (Some(last), Direction::Backward) => last.version.get() <= first,
        (None, _) => low >= high || limit > 0,
    };
    let whole = events.len() >= expected;
    Ok((StreamPage { events, stream: Some(info), end }, whole))
}

const fn page_sql(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => concat!(
            "SELECT ",
            event_columns!(),
            " FROM es_event INDEXED BY es_event_by_stream WHERE stream_name = ?1 AND stream_version > ?2 \
             AND stream_version <= ?3 ORDER BY stream_version ASC LIMIT ?4"
        ),
        Direction::Backward => concat!(
            "SELECT ",
            event_columns!(),
            " FROM es_event INDEXED BY es_event_by_stream WHERE stream_name = ?1 AND stream_version > ?2 \
             AND stream_version <= ?3 ORDER BY stream_version DESC LIMIT ?4"
        ),
    }
}

fn decode_all(mut rows: rusqlite::Rows<'_>, expected: usize) -> Result<Vec<RecordedEvent>, Fault> {
    let mut events = Vec::with_capacity(expected);
    let mut decoder = Decoder::default();
    while let Some(row) = rows.next()? {
        events.push(decoder.event(row)??);
    }
    Ok(events)
}

fn stream_info(connection: &Connection, stream: &StreamName) -> Result<Option<StreamInfo>, Fault> {
    let mut statement = connection.prepare_cached(STREAM_INFO)?;
    let mut rows = statement.query([stream.as_str()])?;
    rows.next()?.map(stream_of_row).transpose()
}

fn stream_of_row(row: &Row<'_>) -> Result<StreamInfo, Fault> {
    let name = text(row.get_ref(0)?).map_err(|reason| Fault::Damaged(format!("a stream's name {reason}")))?;
    let bad = |what: &str, reason: &str| Fault::Damaged(format!("head of stream {name}: {what} {reason}"));
    let closed_at = match row.get_ref(3)? {
        ValueRef::Null => None,
        value => Some(time(value).map_err(|reason| bad("closed_at", reason))?),
    };
    Ok(StreamInfo {
        stream: StreamName::new(name).map_err(|error| bad("stream_name", &error.to_string()))?,
        version: StreamVersion(counter(row.get_ref(1)?).map_err(|reason| bad("version", reason))?),
        truncated_before: StreamVersion(counter(row.get_ref(2)?).map_err(|reason| bad("truncated_before", reason))?),
        closed_at,
        last_position: Position(counter(row.get_ref(4)?).map_err(|reason| bad("last_position", reason))?),
        last_recorded_at: time(row.get_ref(5)?).map_err(|_| bad("last_position", "names no event"))?,
        last_event_type: text(row.get_ref(6)?).map_err(|_| bad("last_position", "names no event"))?.into(),
    })
}

/// See [`es_core::EventReader::read_positions`]. Runs of neighbours are read as ranges.
pub(crate) fn read_positions(connection: &Connection, positions: &[Position]) -> Result<Vec<RecordedEvent>, Fault> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        event_columns!(),
        " FROM es_event WHERE position >= ?1 AND position <= ?2 ORDER BY position"
    ))?;
    let mut events = Vec::with_capacity(positions.len());
    let mut decoder = Decoder::default();
    let mut rest = positions;
    while let Some(first) = rest.first() {
        let neighbours = rest.windows(2).take_while(|pair| pair[0].get().checked_add(1) == Some(pair[1].get())).count();
        let (run, others) = rest.split_at(neighbours + 1);
        let last = run[run.len() - 1];
        rest = others;
        if first.get() > Position::MAX.get() {
            continue;
        }
        let mut rows = statement.query([column(first.get()), column(last.get())])?;
        while let Some(row) = rows.next()? {
            events.push(decoder.event(row)??);
        }
    }
    Ok(events)
}

/// What is known of an event id.
pub(crate) enum Found {
    Nothing,
    Stored(Box<RecordedEvent>),
    /// The event is in the archive.
    Scavenged(EventStub),
}

/// See [`es_core::EventReader::event_by_id`].
pub(crate) fn event_by_id(connection: &Connection, event_id: Uuid) -> Result<Found, Fault> {
    let sql = concat!("SELECT ", event_columns!(), " FROM es_event WHERE event_id = ?1");
    let mut statement = connection.prepare_cached(sql)?;
    let mut events = decode_all(statement.query([event_id.as_bytes()])?, 1)?;
    // The event first: one that is scavenged in between then has its stub.
    Ok(match events.pop() {
        Some(event) => Found::Stored(Box::new(event)),
        None => stub_by_id(connection, event_id)?.map_or(Found::Nothing, Found::Scavenged),
    })
}

/// See [`es_core::EventReader::position_at`].
pub(crate) fn position_at(connection: &Connection, at: DateTime<Utc>) -> Result<Position, Fault> {
    let head = read_head(connection)?.position;
    // At or before a time is before the next microsecond.
    let micros = at.timestamp_micros();
    let Some(next) = micros.checked_add(1).and_then(DateTime::from_timestamp_micros) else { return Ok(head) };
    Ok(Position(last_before_time(connection, next, column(head.get()))?.unsigned_abs()))
}

/// See [`es_core::EventReader::streams`]. One transaction, so that rows and total belong together.
pub(crate) fn streams(connection: &Connection, query: &StreamQuery) -> Result<StreamListPage, Fault> {
    let transaction = connection.unchecked_transaction()?;
    let mut conditions = String::from("1");
    let mut parameters: Vec<Value> = Vec::new();
    if let Some(category) = &query.category {
        conditions.push_str(" AND category = ?");
        parameters.push(Value::Text(category.clone()));
    }
    if let Some(part) = query.contains.as_deref().filter(|part| !part.is_empty()) {
        // lower() changes ASCII letters only, as promised.
        conditions.push_str(" AND instr(lower(stream_name), lower(?)) > 0");
        parameters.push(Value::Text(part.to_owned()));
    }
    if !query.system {
        conditions.push_str(" AND substr(stream_name, 1, 1) <> '$'");
    }
    let total: i64 = transaction
        .prepare_cached(&format!("SELECT count(*) FROM es_stream WHERE {conditions}"))?
        .query_row(params_from_iter(&parameters), |row| row.get(0))?;
    let order = match query.order {
        StreamOrder::Name => "s.stream_name ASC",
        StreamOrder::LastChange => "s.last_position DESC, s.stream_name ASC",
        StreamOrder::Length => "s.version DESC, s.stream_name ASC",
    };
    let sql = format!(
        "SELECT {} FROM (SELECT * FROM es_stream s WHERE {conditions} ORDER BY {order} LIMIT ? OFFSET ?) s \
         LEFT JOIN es_event e ON e.position = s.last_position ORDER BY {order}",
        stream_columns!(),
    );
    parameters.push(Value::Integer(column(query.limit.min(limits::PAGE_EVENTS) as u64)));
    parameters.push(Value::Integer(column(query.offset)));
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&parameters))?;
    let mut streams = Vec::new();
    while let Some(row) = rows.next()? {
        streams.push(stream_of_row(row)?);
    }
    Ok(StreamListPage { streams, total: total.unsigned_abs() })
}

/// See [`es_core::EventReader::categories`].
pub(crate) fn categories(connection: &Connection) -> Result<Vec<CategoryCount>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT category, count(*), sum(version) AS events FROM es_stream GROUP BY category \
         ORDER BY events DESC, category ASC",
    )?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        let number = |index: usize| row.get::<_, i64>(index).map(i64::unsigned_abs);
        counts.push(CategoryCount { category: row.get(0)?, streams: number(1)?, events: number(2)? });
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use es_core::plan::TimedRequest;
    use es_core::{AppendRequest, ExpectedVersion, NewEvent, Payload};
    use rusqlite::StatementStatus;

    use super::*;
    use crate::open::{Access, OpenOptions, connect};
    use crate::write::{Together, write_batch};

    fn one_event(stream: &StreamName, id: u128) -> AppendRequest {
        let event = NewEvent {
            event_id: Uuid::from_u128(id),
            event_type: "T".into(),
            schema_version: 1,
            payload: Payload::json("{}"),
            metadata: "{}".into(),
        };
        AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, vec![event])
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_it_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.ledger");
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        crate::SqliteEventStore::open(&path, options.clone()).expect("created").close();
        let connection = connect(&path, Access::Write, &options).expect("opens");
        let names = ["a-1", "a-2", "b-1"].map(|name| StreamName::new(name).expect("a name"));
        for (name, id) in names.iter().zip(1..) {
            let request = one_event(name, id);
            let timed = [TimedRequest { request: &request, recorded_at: None, examined: None }];
            let written = write_batch(&connection, &timed, Utc::now(), Together::Each, Duration::ZERO);
            assert_eq!(written.expect("written").rows, 1);
        }
        for name in &names {
            for direction in [Direction::Forward, Direction::Backward] {
                let from = if direction == Direction::Forward { StreamVersion::ZERO } else { StreamVersion::MAX };
                let read = ReadStream { stream: name.clone(), from, direction, limit: 10 };
                assert_eq!(read_stream(&connection, &read).expect("a page").events.len(), 1, "{name}");
            }
        }
        for sql in [STREAM_INFO, page_sql(Direction::Forward), page_sql(Direction::Backward)] {
            let statement = connection.prepare_cached(sql).expect("in the cache");
            assert!(statement.get_status(StatementStatus::Run) > 2, "it was used for every stream: {sql}");
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "prepared anew: {sql}");
        }
    }
}
