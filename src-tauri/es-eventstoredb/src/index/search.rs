//! Searching the index by a filter.

use std::time::Instant;

use es_core::{Direction, EventFilter, Position};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::query;
use super::write::column;
use crate::limits::SEARCH_TIME;

/// Events that one step of a search looks at.
const STEP_EVENTS: i64 = 50_000;

/// A search. What the index does not hold (the content) is not part of it.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub from: Position,
    pub direction: Direction,
    pub filter: EventFilter,
    pub limit: usize,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// In reading order.
    pub positions: Vec<Position>,
    /// The last position that was looked at.
    pub next: Position,
    /// Whether there is nothing further.
    pub end: bool,
    /// The index's last position.
    pub head: Position,
}

/// Whether the index can tell a good part of what a filter leaves out.
pub(crate) fn can_search(filter: &EventFilter) -> bool {
    let without_text = EventFilter { contains: None, ..filter.clone() };
    !without_text.is_unrestricted() || filter.contains.is_none()
}

/// Conditions on `event e` (joined with `stream s` where that is needed) with their values.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn of(filter: &EventFilter) -> Self {
        let mut conditions = Self { sql: String::new(), values: Vec::new() };
        if let Some(stream) = &filter.stream {
            conditions.add("e.stream = (SELECT id FROM stream WHERE name = ?)", [stream.as_str()]);
        }
        if !filter.streams.is_empty() {
            let names = serde_json::json!(filter.streams).to_string();
            let sql = "e.stream IN (SELECT id FROM stream WHERE name IN (SELECT value FROM json_each(?)))";
            conditions.add(sql, [&names]);
        }
        if let Some(prefix) = filter.stream_prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
            // Byte for byte: text compares so, and the end of the prefix is cut by bytes.
            conditions
                .add("substr(CAST(s.name AS BLOB), 1, length(CAST(? AS BLOB))) = CAST(? AS BLOB)", [prefix, prefix]);
        }
        if !filter.categories.is_empty() {
            let categories = serde_json::json!(filter.categories).to_string();
            conditions.add("s.category IN (SELECT value FROM json_each(?))", [&categories]);
        }
        match filter.event_types.as_slice() {
            [] => {}
            [only] => conditions.add("e.type = (SELECT id FROM event_type WHERE name = ?)", [only]),
            several => {
                let several = serde_json::json!(several).to_string();
                let sql = "e.type IN (SELECT id FROM event_type WHERE name IN (SELECT value FROM json_each(?)))";
                conditions.add(sql, [&several]);
            }
        }
        if let Some(id) = filter.correlation_id {
            conditions.sql.push_str(" AND e.correlation_id = ?");
            conditions.values.push(Value::Blob(id.as_bytes().to_vec()));
        }
        if let Some(actor) = &filter.actor {
            conditions.add("e.actor = (SELECT id FROM actor WHERE name = ?)", [actor]);
        }
        if let Some(after) = filter.after {
            conditions.sql.push_str(" AND e.position > ?");
            conditions.values.push(column(after.get()).into());
        }
        if let Some(through) = filter.through {
            conditions.sql.push_str(" AND e.position <= ?");
            conditions.values.push(column(through.get()).into());
        }
        // Times are kept in whole microseconds; a bound between two of them means the later one.
        let micros = |time: chrono::DateTime<chrono::Utc>| {
            let cut = time.timestamp_micros();
            if time.timestamp_subsec_nanos().is_multiple_of(1000) { cut } else { cut + 1 }
        };
        if let Some(from) = filter.recorded_from {
            conditions.sql.push_str(" AND e.recorded_at >= ?");
            conditions.values.push(micros(from).into());
        }
        if let Some(until) = filter.recorded_until {
            conditions.sql.push_str(" AND e.recorded_at < ?");
            conditions.values.push(micros(until).into());
        }
        conditions
    }

    fn add<const N: usize>(&mut self, sql: &str, values: [&str; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values.map(|value| Value::Text(value.to_owned())));
    }
}

/// Which index a search walks: the one that leaves out most.
fn source(filter: &EventFilter) -> &'static str {
    if filter.stream.is_some() {
        "event e INDEXED BY event_by_stream"
    } else if filter.correlation_id.is_some() {
        "event e INDEXED BY event_by_correlation"
    } else if filter.event_types.len() == 1 {
        "event e INDEXED BY event_by_type"
    } else {
        "event e NOT INDEXED"
    }
}

/// Searches until enough is found, the time is over, or there is nothing further.
pub(crate) fn search(connection: &Connection, search: &Search) -> rusqlite::Result<Found> {
    let started = Instant::now();
    // One view of the index for all steps.
    let transaction = connection.unchecked_transaction()?;
    let head = query::cursor(&transaction)?.head;
    let mut found = Found { positions: Vec::new(), next: search.from, end: false, head };
    let conditions = Conditions::of(&search.filter);
    let forward = search.direction == Direction::Forward;
    // Outside of the filter's positions nothing can match.
    let (after, through) = (search.filter.after, search.filter.through);
    let behind = |position: Position| Position(position.get().saturating_add(1));
    let mut from = match search.direction {
        Direction::Forward => search.from.max(after.unwrap_or(Position::ZERO)),
        Direction::Backward => search.from.min(through.map_or(Position::MAX, behind)),
    };
    let is_done = |from: Position| match search.direction {
        Direction::Forward => through.is_some_and(|through| from >= through),
        Direction::Backward => after.is_some_and(|after| from <= behind(after)),
    };
    if forward && let Some(time) = search.filter.recorded_from {
        // All earlier events are older: nothing there can match.
        match query::first_latest_from(&transaction, time.timestamp_micros())? {
            Some(first) => from = from.max(first.previous()),
            None => from = from.max(head),
        }
    }
    while found.positions.len() < search.limit {
        let step_end = if is_done(from) { None } else { step_end(&transaction, from, forward)? };
        let Some(last) = step_end else {
            found.end = true;
            found.next = if forward { search.from.max(head) } else { search.from.min(Position(1)) };
            return Ok(found);
        };
        let room = search.limit - found.positions.len();
        let new = step(&transaction, search, &conditions, (from, last), room)?;
        let full = new.len() == room;
        from = if full { new.last().copied().unwrap_or(last) } else { last };
        found.positions.extend(new);
        found.next = from;
        if started.elapsed() > SEARCH_TIME {
            break;
        }
    }
    found.end = is_done(from) || step_end(&transaction, from, forward)?.is_none();
    Ok(found)
}

/// The last position of a step from a position on; nothing if there is no further event.
fn step_end(connection: &Connection, from: Position, forward: bool) -> rusqlite::Result<Option<Position>> {
    let (far, near) = if forward {
        (
            "SELECT position FROM event WHERE position > ?1 ORDER BY position LIMIT 1 OFFSET ?2",
            "SELECT max(position) FROM event WHERE position > ?1",
        )
    } else {
        (
            "SELECT position FROM event WHERE position < ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2",
            "SELECT min(position) FROM event WHERE position < ?1",
        )
    };
    let from = column(from.get());
    let found: Option<i64> =
        connection.prepare_cached(far)?.query_row(params![from, STEP_EVENTS - 1], |row| row.get(0)).optional()?;
    let found = match found {
        Some(found) => Some(found),
        None => connection.prepare_cached(near)?.query_row([from], |row| row.get(0))?,
    };
    Ok(found.and_then(|position| u64::try_from(position).ok()).map(Position))
}

fn step(
    connection: &Connection,
    search: &Search,
    conditions: &Conditions,
    (from, last): (Position, Position),
    limit: usize,
) -> rusqlite::Result<Vec<Position>> {
    let (range, order) = match search.direction {
        Direction::Forward => ("e.position > ? AND e.position <= ?", "ASC"),
        Direction::Backward => ("e.position < ? AND e.position >= ?", "DESC"),
    };
    let sql = format!(
        "SELECT e.position FROM {}{} WHERE {range}{} ORDER BY e.position {order} LIMIT ?",
        source(&search.filter),
        if conditions.sql.contains("s.") { " CROSS JOIN stream s ON s.id = e.stream" } else { "" },
        conditions.sql
    );
    let mut values: Vec<Value> = vec![column(from.get()).into(), column(last.get()).into()];
    values.extend(conditions.values.iter().cloned());
    values.push(column(limit as u64).into());
    let mut statement = connection.prepare_cached(&sql)?;
    let positions = statement.query_map(params_from_iter(values), |row| row.get::<_, i64>(0))?;
    positions.map(|position| position.map(|position| Position(u64::try_from(position).unwrap_or(0)))).collect()
}
