//! Reading the log with filters: bounded steps, in either direction, by position.
//!
//! No index serves categories, prefixes or texts: each would be paid for on every append. Instead a read looks at the next
//! rows in order (fast where matches are dense) and, where they turn out to be rare, asks the index that knows them: the type
//! index, or the stream index, whose entries hold names and positions and nothing else.

use chrono::{DateTime, Utc};
use es_core::{
    AllPage, Direction, EventFilter, Position, PositionPage, ReadAll, RecordedEvent, ScavengedSpan, StreamName, limits,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Rows, params, params_from_iter};

use crate::error::Fault;
use crate::filter::{Conditions, Served, name_ranges};
use crate::retention;
use crate::rows::{Decoder, column, counter, event_columns};

/// Rows that a filtered read of events looks at, per event asked for, before it asks an index.
const PROBE_ROWS_PER_EVENT: i64 = 4;
/// Fewest rows of such a first look.
const PROBE_ROWS: i64 = 1024;
/// A scan for positions looks at this many rows first.
const PROBE_SCAN_ROWS: i64 = 16 * 1024;
/// If more than one row in this many matches, reading on in order beats the index.
const DENSE_ONE_IN: i64 = 8;
/// Most rows examined by one page read.
const SCAN_ROWS: i64 = limits::SCAN_EVENTS_PER_PAGE as i64;

/// The head's position. As long as its row stands, SQLite stays in the view of the file in which it was read, so that a read locks
/// the file and looks at the write-ahead log once, not once for each statement.
const HEAD: &str = "SELECT position FROM es_log_head WHERE one = 1";

fn head_in(view: &mut Rows<'_>) -> Result<Position, Fault> {
    let Some(row) = view.next()? else { return Err(Fault::Damaged("es_log_head has no row".to_owned())) };
    let position = counter(row.get_ref(0)?);
    position.map(Position).map_err(|reason| Fault::Damaged(format!("es_log_head: position {reason}")))
}

/// What one read collects.
trait Sink {
    /// Columns to select, `position` first.
    const COLUMNS: &'static str;
    /// Takes a row.
    fn take(&mut self, row: &Row<'_>) -> Result<(), Fault>;
    /// Rows taken so far.
    fn taken(&self) -> i64;
    /// Takes bare positions, if that is all it wants.
    fn take_positions(&mut self, _positions: &[i64]) -> bool {
        false
    }
}

/// Events whose actor is the wanted one: of a row's metadata, SQL has told only what certainly does not match.
struct Events<'a> {
    filter: &'a EventFilter,
    events: Vec<RecordedEvent>,
    decoder: Decoder,
}

impl Sink for Events<'_> {
    const COLUMNS: &'static str = event_columns!();
    fn take(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let event = self.decoder.event(row)??;
        self.events.extend(self.filter.actor_matches(&event.metadata).then_some(event));
        Ok(())
    }
    fn taken(&self) -> i64 {
        len(&self.events)
    }
}

#[derive(Default)]
struct Positions(Vec<Position>);

impl Sink for Positions {
    const COLUMNS: &'static str = "position";
    fn take(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        self.0.push(Position(row.get::<_, i64>(0)?.unsigned_abs()));
        Ok(())
    }
    fn taken(&self) -> i64 {
        len(&self.0)
    }
    fn take_positions(&mut self, positions: &[i64]) -> bool {
        self.0.extend(positions.iter().map(|position| Position(position.unsigned_abs())));
        true
    }
}

/// Positions of events of one actor.
struct PositionsOfActor<'a> {
    filter: &'a EventFilter,
    positions: Positions,
}

impl Sink for PositionsOfActor<'_> {
    const COLUMNS: &'static str = "position, metadata";
    fn take(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        if self.filter.actor_matches(row.get_ref(1)?.as_str().unwrap_or_default()) {
            self.positions.take(row)?;
        }
        Ok(())
    }
    fn taken(&self) -> i64 {
        self.positions.taken()
    }
}

fn len<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// Positions still to be examined: after `low` up to and including `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    low: i64,
    high: i64,
    direction: Direction,
}

impl Range {
    fn is_empty(self) -> bool {
        self.low >= self.high
    }

    /// The next `rows` positions in reading order.
    fn first(self, rows: i64) -> Self {
        match self.direction {
            Direction::Forward => Self { high: self.high.min(self.low.saturating_add(rows)), ..self },
            Direction::Backward => Self { low: self.low.max(self.high.saturating_sub(rows)), ..self },
        }
    }

    /// What remains once everything up to `position` (inclusive, in reading order) has been examined.
    fn after(self, position: i64) -> Self {
        match self.direction {
            Direction::Forward => Self { low: self.low.max(position), ..self },
            Direction::Backward => Self { high: self.high.min(position - 1), ..self },
        }
    }

    /// What remains once `done` has been examined.
    fn without(self, done: Self) -> Self {
        match self.direction {
            Direction::Forward => self.after(done.high),
            Direction::Backward => self.after(done.low + 1),
        }
    }

    fn order(self) -> &'static str {
        if self.direction == Direction::Forward { "ASC" } else { "DESC" }
    }
}

/// See [`es_core::EventReader::read_all`].
pub(crate) fn read_all(connection: &Connection, read: &ReadAll) -> Result<AllPage, Fault> {
    let mut statement = connection.prepare_cached(HEAD)?;
    let mut view = statement.query([])?;
    let head = head_in(&mut view)?;
    let from = column(read.from.get());
    let (low, high) = match read.direction {
        Direction::Forward => (from, column(head.get())),
        Direction::Backward => (0, column(head.get()).min(from.saturating_sub(1))),
    };
    let range = Range { low, high, direction: read.direction };
    let limit = column(read.limit.min(limits::PAGE_EVENTS) as u64);
    let mut sink = Events { filter: &read.filter, events: Vec::new(), decoder: Decoder::default() };
    if read.filter.is_unrestricted() {
        sink.events.reserve_exact(usize::try_from(limit.min(high - low).max(0)).unwrap_or(0));
    }
    let rest = Search { connection, filter: &read.filter, limit }.fill(range, &mut sink)?;
    let (next, end) = match read.direction {
        Direction::Forward if rest.is_empty() => (read.from.max(head), true),
        Direction::Forward => (Position(rest.low.unsigned_abs()), rest.low >= column(head.get())),
        Direction::Backward if rest.is_empty() => (Position::ZERO, true),
        Direction::Backward => (Position((rest.high + 1).unsigned_abs()), rest.high <= 0),
    };
    let examined = match read.direction {
        Direction::Forward => (low, column(next.get())),
        Direction::Backward => (column(next.get()) - 1, high),
    };
    let scavenged = scavenged_among(connection, examined, len(&sink.events))?;
    Ok(AllPage { events: sink.events, next, end, head, scavenged })
}

/// See [`es_core::EventReader::scan_positions`].
pub(crate) fn scan_positions(
    connection: &Connection,
    after: Position,
    filter: &EventFilter,
) -> Result<PositionPage, Fault> {
    let mut statement = connection.prepare_cached(HEAD)?;
    let mut view = statement.query([])?;
    let head = head_in(&mut view)?;
    let range = Range { low: column(after.get()), high: column(head.get()), direction: Direction::Forward };
    let search = Search { connection, filter, limit: SCAN_ROWS };
    let (rest, Positions(positions)) = if filter.actor.is_some() {
        let mut sink = PositionsOfActor { filter, positions: Positions::default() };
        (search.fill(range, &mut sink)?, sink.positions)
    } else {
        let mut sink = Positions::default();
        (search.fill(range, &mut sink)?, sink)
    };
    let end = rest.is_empty();
    let next = if end { after.max(head) } else { Position(rest.low.unsigned_abs()) };
    let scavenged = scavenged_among(connection, (column(after.get()), column(next.get())), len(&positions))?;
    Ok(PositionPage { positions, next, end, head, scavenged })
}

/// Stubs after the first up to the second position. Where every position has a row there can be none.
fn scavenged_among(
    connection: &Connection,
    (low, high): (i64, i64),
    rows: i64,
) -> Result<Option<ScavengedSpan>, Fault> {
    let low = low.max(0);
    if rows >= high.saturating_sub(low) { Ok(None) } else { retention::span(connection, low, high) }
}

struct Search<'a> {
    connection: &'a Connection,
    filter: &'a EventFilter,
    /// Most rows to collect.
    limit: i64,
}

impl Search<'_> {
    /// Collects matching rows until the limit, the end of the range or the bound of examined rows; returns what remains.
    fn fill<S: Sink>(&self, range: Range, sink: &mut S) -> Result<Range, Fault> {
        let whole = range;
        let range = narrowed(self.connection, self.filter, range)?;
        let rest = if range.is_empty() {
            range
        } else if let Some(stream) = &self.filter.stream {
            self.in_stream(stream, range, sink)?
        } else if let Some(id) = self.filter.correlation_id {
            let key = Value::Blob(id.as_bytes().to_vec());
            self.by_key("es_event_by_correlation", "correlation_id", &key, Served::Correlation, range, sink)?
        } else {
            self.in_order(range, sink)?
        };
        // Outside the filter's positions and times nothing matches: once the inner range is done, so is the whole one.
        Ok(if rest.is_empty() { Range { low: whole.low, high: whole.low, ..whole } } else { rest })
    }

    fn in_order<S: Sink>(&self, range: Range, sink: &mut S) -> Result<Range, Fault> {
        let conditions = Conditions::of(self.filter, Served::Nothing);
        if conditions.pass_all() {
            // The whole range, not as many positions as rows are wanted: where events were scavenged there are fewer.
            return self.rows_in(range, range, &conditions, sink);
        }
        let range = self.begun_at_a_row(range)?;
        let scan = self.limit >= SCAN_ROWS;
        let probe = if scan { PROBE_SCAN_ROWS } else { PROBE_ROWS.max(self.limit * PROBE_ROWS_PER_EVENT) };
        let rest = self.rows_in(range.first(probe), range, &conditions, sink)?;
        if rest.is_empty() || sink.taken() >= self.limit {
            return Ok(rest);
        }
        let dense = scan && sink.taken() * DENSE_ONE_IN > probe;
        if !dense {
            if !self.filter.event_types.is_empty() {
                return self.by_types(probe, rest, sink);
            }
            if let Some(positions) = self.of_rare_names(SCAN_ROWS - probe, rest)? {
                let others = Conditions::of(self.filter, Served::Names);
                return self.rows_at(&positions, true, rest, &others, sink);
            }
        }
        self.rows_in(rest.first(SCAN_ROWS - probe), rest, &conditions, sink)
    }

    /// The range from its first row on: a part of the log that was scavenged costs one look, however long it is.
    fn begun_at_a_row(&self, range: Range) -> Result<Range, Fault> {
        let sql = format!(
            "SELECT position FROM es_event WHERE position > ?1 AND position <= ?2 ORDER BY position {} LIMIT 1",
            range.order()
        );
        let first: Option<i64> =
            self.connection.prepare_cached(&sql)?.query_row([range.low, range.high], |row| row.get(0)).optional()?;
        Ok(match (first, range.direction) {
            (None, _) => Range { low: range.high, ..range },
            (Some(first), Direction::Forward) => Range { low: first - 1, ..range },
            (Some(first), Direction::Backward) => Range { high: first, ..range },
        })
    }

    /// Collects from `window`, the first part of `range`, by walking rows; returns what remains of `range`.
    fn rows_in<S: Sink>(
        &self,
        window: Range,
        range: Range,
        conditions: &Conditions,
        sink: &mut S,
    ) -> Result<Range, Fault> {
        let sql = format!(
            "SELECT {} FROM es_event NOT INDEXED WHERE position > ? AND position <= ?{} ORDER BY position {} LIMIT ?",
            S::COLUMNS,
            conditions.sql,
            range.order(),
        );
        let wanted = self.limit - sink.taken();
        let mut parameters = vec![Value::Integer(window.low), Value::Integer(window.high)];
        parameters.extend(conditions.parameters.iter().cloned());
        parameters.push(Value::Integer(wanted));
        let (found, last) = self.collect(&sql, parameters, sink)?;
        Ok(if found == wanted { last.map_or(range, |last| range.after(last)) } else { range.without(window) })
    }

    /// Runs a query into the sink; returns how many rows came, and the last one's position.
    fn collect<S: Sink>(&self, sql: &str, parameters: Vec<Value>, sink: &mut S) -> Result<(i64, Option<i64>), Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        let (mut found, mut last) = (0, None);
        while let Some(row) = rows.next()? {
            last = Some(row.get(0)?);
            found += 1;
            sink.take(row)?;
        }
        Ok((found, last))
    }

    /// Walks one stream: within it, versions and positions have the same order.
    fn in_stream<S: Sink>(&self, stream: &StreamName, range: Range, sink: &mut S) -> Result<Range, Fault> {
        let conditions = Conditions::of(self.filter, Served::Nothing);
        let mut versions = Range {
            low: last_version_before(self.connection, stream, range.low)?,
            high: last_version_before(self.connection, stream, range.high)?,
            ..range
        };
        let mut beyond = None;
        if !conditions.pass_all() && versions.high - versions.low > SCAN_ROWS {
            let examined = versions.first(SCAN_ROWS);
            let edge = if range.direction == Direction::Forward { examined.high } else { examined.low + 1 };
            beyond = position_of_version(self.connection, stream, edge)?.map(|position| range.after(position));
            versions = examined;
        }
        let sql = format!(
            "SELECT {} FROM es_event INDEXED BY es_event_by_stream WHERE stream_name = ? AND stream_version > ? \
             AND stream_version <= ?{} ORDER BY stream_version {} LIMIT ?",
            S::COLUMNS,
            conditions.sql,
            range.order(),
        );
        let name = Value::Text(stream.as_str().to_owned());
        let mut parameters = vec![name, Value::Integer(versions.low), Value::Integer(versions.high)];
        parameters.extend(conditions.parameters);
        parameters.push(Value::Integer(self.limit));
        let (found, last) = self.collect(&sql, parameters, sink)?;
        Ok(match last {
            Some(last) if found == self.limit => range.after(last),
            _ if found == self.limit => range,
            _ => beyond.unwrap_or(Range { low: range.high, ..range }),
        })
    }

    /// Walks the entries of one index key, which are ordered by position.
    fn by_key<S: Sink>(
        &self,
        index: &str,
        key: &str,
        value: &Value,
        served: Served,
        range: Range,
        sink: &mut S,
    ) -> Result<Range, Fault> {
        let conditions = Conditions::of(self.filter, served);
        let positions = format!(
            "SELECT position FROM es_event INDEXED BY {index} WHERE {key} = ? AND position > ? AND position <= ? \
             ORDER BY position {} LIMIT 1 OFFSET ?",
            range.order(),
        );
        let mut window = range;
        if !conditions.pass_all() {
            let edge: Option<i64> = self
                .connection
                .prepare_cached(&positions)?
                .query_row(params![value, range.low, range.high, SCAN_ROWS - 1], |row| row.get(0))
                .optional()?;
            if let Some(edge) = edge {
                window = match range.direction {
                    Direction::Forward => Range { high: edge, ..range },
                    Direction::Backward => Range { low: edge - 1, ..range },
                };
            }
        }
        let sql = format!(
            "SELECT {} FROM es_event INDEXED BY {index} WHERE {key} = ? AND position > ? AND position <= ?{} \
             ORDER BY position {} LIMIT ?",
            S::COLUMNS,
            conditions.sql,
            range.order(),
        );
        let mut parameters = vec![value.clone(), Value::Integer(window.low), Value::Integer(window.high)];
        parameters.extend(conditions.parameters);
        parameters.push(Value::Integer(self.limit));
        let (found, last) = self.collect(&sql, parameters, sink)?;
        Ok(match last {
            Some(last) if found == self.limit => range.after(last),
            _ if found == self.limit => range,
            _ => range.without(window),
        })
    }

    /// Merges the type index's entries of all wanted types, a bounded number at a time.
    fn by_types<S: Sink>(&self, examined: i64, range: Range, sink: &mut S) -> Result<Range, Fault> {
        let conditions = Conditions::of(self.filter, Served::Types);
        let sql = format!(
            "SELECT position FROM es_event INDEXED BY es_event_by_type WHERE event_type = ? AND position > ? \
             AND position <= ? ORDER BY position {} LIMIT ?",
            range.order(),
        );
        let mut types = self.filter.event_types.clone();
        types.sort();
        types.dedup();
        let (mut rest, mut examined) = (range, examined);
        while examined < SCAN_ROWS && sink.taken() < self.limit && !rest.is_empty() {
            let wanted = if conditions.pass_all() { self.limit - sink.taken() } else { PROBE_ROWS.max(self.limit) };
            let wanted = wanted.min(SCAN_ROWS - examined);
            let mut positions: Vec<i64> = Vec::new();
            let mut statement = self.connection.prepare_cached(&sql)?;
            for event_type in &types {
                let mut rows = statement.query(params![event_type, rest.low, rest.high, wanted])?;
                while let Some(row) = rows.next()? {
                    positions.push(row.get(0)?);
                }
            }
            in_reading_order(&mut positions, rest.direction);
            let complete = len(&positions) < wanted;
            positions.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
            examined += len(&positions).max(1);
            rest = self.rows_at(&positions, complete, rest, &conditions, sink)?;
        }
        Ok(rest)
    }

    /// Positions of the streams that categories or prefix allow, in reading order, if these streams have at most `most`
    /// events. Each stream's head says how many it has, so this is known before any event is read.
    fn of_rare_names(&self, most: i64, range: Range) -> Result<Option<Vec<i64>>, Fault> {
        let Some(ranges) = name_ranges(self.filter) else { return Ok(None) };
        let unbounded = || "\u{10FFFF}".repeat(limits::STREAM_NAME_BYTES);
        let mut events = 0_i64;
        for (from, before) in &ranges {
            let mut statement = self
                .connection
                .prepare_cached("SELECT version FROM es_stream WHERE stream_name >= ?1 AND stream_name < ?2")?;
            let before = before.clone().unwrap_or_else(unbounded);
            let mut rows = statement.query(params![from, before])?;
            while let Some(row) = rows.next()? {
                events = events.saturating_add(row.get::<_, i64>(0)?);
                if events > most {
                    return Ok(None);
                }
            }
        }
        let mut positions: Vec<i64> = Vec::new();
        for (from, before) in &ranges {
            let mut statement = self.connection.prepare_cached(
                "SELECT position FROM es_event INDEXED BY es_event_by_stream WHERE stream_name >= ?1 \
                 AND stream_name < ?2 AND position > ?3 AND position <= ?4",
            )?;
            let before = before.clone().unwrap_or_else(unbounded);
            let mut rows = statement.query(params![from, before, range.low, range.high])?;
            while let Some(row) = rows.next()? {
                positions.push(row.get(0)?);
            }
        }
        in_reading_order(&mut positions, range.direction);
        Ok(Some(positions))
    }

    /// Collects those of the given candidates that pass. `complete` says that the range holds no further candidates.
    fn rows_at<S: Sink>(
        &self,
        positions: &[i64],
        complete: bool,
        range: Range,
        conditions: &Conditions,
        sink: &mut S,
    ) -> Result<Range, Fault> {
        let wanted = usize::try_from(self.limit - sink.taken()).unwrap_or(0);
        let taken = &positions[..wanted.min(positions.len())];
        if conditions.pass_all() && sink.take_positions(taken) {
            return Ok(after_candidates(range, taken, complete && taken.len() == positions.len()));
        }
        let sql = format!("SELECT {} FROM es_event NOT INDEXED WHERE position = ?{}", S::COLUMNS, conditions.sql);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut parameters = vec![Value::Null];
        parameters.extend(conditions.parameters.iter().cloned());
        for position in positions {
            if sink.taken() >= self.limit {
                return Ok(range.after(*position).widened_to_include(*position));
            }
            parameters[0] = Value::Integer(*position);
            let mut rows = statement.query(params_from_iter(&parameters))?;
            while let Some(row) = rows.next()? {
                sink.take(row)?;
            }
        }
        Ok(after_candidates(range, positions, complete))
    }
}

/// What remains of a range once its candidates have been examined.
fn after_candidates(range: Range, examined: &[i64], complete: bool) -> Range {
    match examined.last() {
        _ if complete => Range { low: range.high, ..range },
        Some(last) => range.after(*last),
        None => range,
    }
}

impl Range {
    /// The range with `position`, its neighbour in reading order, still to be examined.
    fn widened_to_include(self, position: i64) -> Self {
        match self.direction {
            Direction::Forward => Self { low: position - 1, ..self },
            Direction::Backward => Self { high: position, ..self },
        }
    }
}

fn in_reading_order(positions: &mut Vec<i64>, direction: Direction) {
    positions.sort_unstable();
    positions.dedup();
    if direction == Direction::Backward {
        positions.reverse();
    }
}

/// The filter's positions, and its times: they never decrease along positions, so they are a range of positions, too.
fn narrowed(connection: &Connection, filter: &EventFilter, range: Range) -> Result<Range, Fault> {
    let mut narrowed = range;
    if let Some(after) = filter.after {
        narrowed.low = narrowed.low.max(column(after.get()));
    }
    if let Some(through) = filter.through {
        narrowed.high = narrowed.high.min(column(through.get()));
    }
    if let Some(from) = filter.recorded_from {
        narrowed.low = narrowed.low.max(last_before_time(connection, from, range.high)?);
    }
    if let Some(until) = filter.recorded_until {
        narrowed.high = narrowed.high.min(last_before_time(connection, until, range.high)?);
    }
    Ok(narrowed)
}

/// The last position up to `high` that was recorded before a time; 0 if none.
pub(crate) fn last_before_time(connection: &Connection, time: DateTime<Utc>, high: i64) -> Result<i64, Fault> {
    // Times are stored in whole microseconds; one within a microsecond counts as the next whole one.
    let micros = time.timestamp_micros();
    let whole = DateTime::from_timestamp_micros(micros) == Some(time);
    let before = if whole { micros } else { micros.saturating_add(1) };
    let mut statement = connection.prepare_cached(
        "SELECT recorded_at FROM (SELECT position, recorded_at FROM es_stub WHERE position = ?1 \
         UNION ALL SELECT * FROM (SELECT position, recorded_at FROM es_event WHERE position >= ?1 \
         ORDER BY position LIMIT 1)) ORDER BY position LIMIT 1",
    )?;
    partition(0, high, |position| {
        let found: Option<i64> = statement.query_row([position], |row| row.get(0)).optional()?;
        Ok(found.is_some_and(|recorded_at| recorded_at < before))
    })
}

fn last_version_before(connection: &Connection, stream: &StreamName, position: i64) -> Result<i64, Fault> {
    let version: Option<i64> = connection
        .prepare_cached("SELECT version FROM es_stream WHERE stream_name = ?1")?
        .query_row([stream.as_str()], |row| row.get(0))
        .optional()?;
    let Some(version) = version else { return Ok(0) };
    partition(0, version, |version| {
        Ok(position_of_version(connection, stream, version)?.is_some_and(|found| found <= position))
    })
}

fn position_of_version(connection: &Connection, stream: &StreamName, version: i64) -> Result<Option<i64>, Fault> {
    let sql = "SELECT position FROM es_event WHERE stream_name = ?1 AND stream_version = ?2 \
               UNION ALL SELECT position FROM es_stub WHERE stream_name = ?1 AND stream_version = ?2";
    Ok(connection.prepare_cached(sql)?.query_row(params![stream.as_str(), version], |row| row.get(0)).optional()?)
}

/// The last number in `low < n <= high` for which `holds`, which holds for a first part of them only; `low` if for none.
fn partition(low: i64, high: i64, mut holds: impl FnMut(i64) -> Result<bool, Fault>) -> Result<i64, Fault> {
    let (mut low, mut high) = (low, high.max(low));
    while low < high {
        let middle = high - (high - low) / 2;
        if holds(middle)? { low = middle } else { high = middle - 1 }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_finds_the_last_that_holds() {
        for bound in 0..20 {
            assert_eq!(partition(0, 19, |n| Ok(n <= bound)).expect("pure"), bound.min(19));
        }
        assert_eq!(partition(5, 3, |_| Ok(true)).expect("pure"), 5, "an empty range has only its lower end");
    }
}
