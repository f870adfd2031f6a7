//! Reading the log with filters: bounded steps, in either direction, by position.
//!
//! No index serves categories, prefixes or texts: each would be paid for on every append. Such a read examines the next
//! [`limits::SCAN_EVENTS_PER_PAGE`] positions and returns what it has found. What an index serves alone (types, a
//! correlation, a stream) is looked for in the whole rest of the log, however rare it is; so are streams whose names turn out
//! to be rare.

use chrono::{DateTime, Utc};
use es_core::{
    AllPage, Direction, EventFilter, Position, PositionPage, ReadAll, RecordedEvent, ScavengedSpan, StreamName, limits,
};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::Fault;
use crate::filter::{Served, Statement, Value, add_conditions, add_name_conditions, has_conditions, names_streams};
use crate::rows::{Decoder, column, event_columns};

/// Most rows examined by one page read.
const SCAN_ROWS: i64 = limits::SCAN_EVENTS_PER_PAGE as i64;
/// Most streams whose events are looked for one stream after the other.
const RARE_STREAMS: i64 = 256;
/// More than any log has, and far enough from the largest number to be added to one.
const EVERYTHING: i64 = i64::MAX / 4;

/// What one read collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Events,
    Positions,
    /// Positions with the metadata: of the actor, SQL tells only what certainly does not match.
    PositionsOfActor,
}

impl Wanted {
    fn columns(self) -> &'static str {
        match self {
            Self::Events => event_columns!(),
            Self::Positions => "position",
            Self::PositionsOfActor => "position, metadata",
        }
    }
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

    /// The part that is not behind the log's end.
    fn up_to(self, head: i64) -> Self {
        Self { high: self.high.min(head), ..self }
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

    /// Nothing of it.
    fn done(self) -> Self {
        Self { low: self.high, ..self }
    }

    fn order(self) -> &'static str {
        if self.direction == Direction::Forward { "ASC" } else { "DESC" }
    }
}

/// Rows that were found, with the column where they begin, what remains to be examined, and the log's end.
struct Found {
    rows: Vec<PgRow>,
    first_column: usize,
    rest: Range,
    head: i64,
}

/// See [`es_core::EventReader::read_all`].
pub(crate) async fn read_all(connection: &mut PgConnection, read: &ReadAll) -> Result<AllPage, Fault> {
    let from = column(read.from.get());
    let range = match read.direction {
        Direction::Forward => Range { low: from, high: EVERYTHING, direction: read.direction },
        Direction::Backward => {
            Range { low: 0, high: from.saturating_sub(1).min(EVERYTHING), direction: read.direction }
        }
    };
    let limit = column(read.limit.min(limits::PAGE_EVENTS) as u64);
    let found = Search { filter: &read.filter, limit, wanted: Wanted::Events }.run(&mut *connection, range).await?;
    let head = Position(found.head.unsigned_abs());
    let (rest, whole) = (found.rest, range.up_to(found.head));
    let (next, end) = match read.direction {
        Direction::Forward if rest.is_empty() => (read.from.max(head), true),
        Direction::Forward => (Position(rest.low.unsigned_abs()), false),
        Direction::Backward if rest.is_empty() => (Position::ZERO, true),
        Direction::Backward => (Position((rest.high + 1).unsigned_abs()), false),
    };
    let examined = match read.direction {
        Direction::Forward => (whole.low, column(next.get())),
        Direction::Backward => (column(next.get()) - 1, whole.high),
    };
    let mut decoder = Decoder::default();
    let events = found.rows.iter().map(|row| Ok(decoder.event(row, found.first_column)??));
    let mut events: Vec<RecordedEvent> = events.collect::<Result<_, Fault>>()?;
    events.retain(|event| read.filter.actor_matches(&event.metadata));
    let scavenged = scavenged_among(connection, examined, events.len()).await?;
    Ok(AllPage { events, next, end, head, scavenged })
}

/// See [`es_core::EventReader::scan_positions`].
pub(crate) async fn scan_positions(
    connection: &mut PgConnection,
    after: Position,
    filter: &EventFilter,
) -> Result<PositionPage, Fault> {
    let range = Range { low: column(after.get()), high: EVERYTHING, direction: Direction::Forward };
    let wanted = if filter.actor.is_some() { Wanted::PositionsOfActor } else { Wanted::Positions };
    let search = Search { filter, limit: SCAN_ROWS, wanted };
    let found = search.run(&mut *connection, range).await?;
    let head = Position(found.head.unsigned_abs());
    let end = found.rest.is_empty();
    let next = if end { after.max(head) } else { Position(found.rest.low.unsigned_abs()) };
    let mut positions = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        let of_actor = match wanted {
            Wanted::PositionsOfActor => filter.actor_matches(row.try_get_unchecked(found.first_column + 1)?),
            _ => true,
        };
        let position: i64 = row.try_get_unchecked(found.first_column)?;
        positions.extend(of_actor.then_some(Position(position.unsigned_abs())));
    }
    let examined = (column(after.get()), column(next.get()));
    let scavenged = scavenged_among(connection, examined, positions.len()).await?;
    Ok(PositionPage { positions, next, end, head, scavenged })
}

/// Stubs after the first up to the second position. Where every position has a row there can be none.
async fn scavenged_among(
    connection: &mut PgConnection,
    (low, high): (i64, i64),
    rows: usize,
) -> Result<Option<ScavengedSpan>, Fault> {
    let low = low.max(0);
    if column(rows as u64) >= high.saturating_sub(low) {
        return Ok(None);
    }
    let edges: (Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT min(position), max(position) FROM es_stub WHERE position > $1 AND position <= $2")
            .bind(low)
            .bind(high)
            .fetch_one(connection)
            .await?;
    let position = |edge: i64| Position(edge.unsigned_abs());
    Ok(edges.0.zip(edges.1).map(|(first, last)| ScavengedSpan { first: position(first), last: position(last) }))
}

struct Search<'a> {
    filter: &'a EventFilter,
    /// Most rows to collect.
    limit: i64,
    wanted: Wanted,
}

impl Search<'_> {
    /// Collects matching rows until the limit, the end of the range or the bound of examined rows.
    async fn run(&self, connection: &mut PgConnection, whole: Range) -> Result<Found, Fault> {
        let range = narrowed(connection, self.filter, whole).await?;
        let found = if let Some(stream) = &self.filter.stream {
            self.in_stream(connection, stream, range).await?
        } else if let Some(id) = self.filter.correlation_id {
            self.by_correlation(connection, id, range).await?
        } else if !self.filter.event_types.is_empty() && !has_conditions(self.filter, Served::Types) {
            self.by_types(connection, range).await?
        } else {
            self.in_order(connection, range).await?
        };
        // Outside the filter's positions and times nothing matches: once the inner range is done, so is the whole one.
        let rest = if found.rest.is_empty() { whole.done() } else { found.rest };
        Ok(Found { rest, ..found })
    }

    /// Walks rows in order, in one statement that also tells where the log ends.
    async fn in_order(&self, connection: &mut PgConnection, range: Range) -> Result<Found, Fault> {
        let restricted = has_conditions(self.filter, Served::Nothing);
        // Without conditions the limit alone bounds the work: where events were scavenged there are fewer than positions.
        let window = if restricted { SCAN_ROWS } else { EVERYTHING };
        let mut statement = Statement::default();
        statement
            .add("SELECT h.position, e.* FROM es_log_head h LEFT JOIN LATERAL (SELECT ")
            .add(self.wanted.columns());
        statement.add(" FROM es_event WHERE position > ");
        match range.direction {
            Direction::Forward => {
                statement.number(range.low).add(" AND position <= least(h.position, ");
                statement.number(range.first(window).high).add(")");
            }
            Direction::Backward => {
                statement.add("greatest(").number(range.low).add(", least(h.position, ").number(range.high);
                statement.add(") - ").number(window).add(") AND position <= least(h.position, ").number(range.high);
                statement.add(")");
            }
        }
        add_conditions(&mut statement, self.filter, Served::Nothing);
        statement.add(" ORDER BY position ").add(range.order()).add(" LIMIT ").number(self.limit);
        statement.add(") e ON true WHERE h.one = 1");
        let mut rows = statement.fetch_all(connection).await?;
        let Some(first) = rows.first() else { return Err(Fault::Damaged("es_log_head has no row".to_owned())) };
        let head: i64 = first.try_get_unchecked(0)?;
        if first.try_get_unchecked::<Option<i64>, _>(1)?.is_none() {
            rows.clear();
        }
        let range = range.up_to(head);
        let rest = self.rest(&rows, 1, range, range.first(window))?;
        let mut found = Found { rows, first_column: 1, rest, head };
        if names_streams(self.filter) && !rest.is_empty() && column(found.rows.len() as u64) < self.limit {
            self.go_on_by_names(connection, &mut found).await?;
        }
        Ok(found)
    }

    /// If the names that the filter allows have few events altogether, all of them in the rest are found by their streams.
    async fn go_on_by_names(&self, connection: &mut PgConnection, found: &mut Found) -> Result<(), Fault> {
        let rest = found.rest;
        let mut statement = Statement::default();
        statement.add("SELECT stream_name, version FROM es_stream WHERE last_position > ").number(rest.low);
        add_name_conditions(&mut statement, self.filter);
        statement.add(" LIMIT ").number(RARE_STREAMS + 1);
        let (mut names, mut events) = (Vec::new(), 0_i64);
        for row in statement.fetch_all(&mut *connection).await? {
            names.push(row.try_get_unchecked::<String, _>(0)?);
            events = events.saturating_add(row.try_get_unchecked(1)?);
        }
        if column(names.len() as u64) > RARE_STREAMS || events > SCAN_ROWS {
            return Ok(());
        }
        let wanted = self.limit - column(found.rows.len() as u64);
        let mut statement = Statement::default();
        statement.add("SELECT NULL, e.* FROM unnest(").value(Value::Texts(names)).add("::text[]) AS named (name) ");
        statement.add("CROSS JOIN LATERAL (SELECT ").add(self.wanted.columns());
        statement.add(" FROM es_event WHERE stream_name = named.name AND position > ").number(rest.low);
        statement.add(" AND position <= ").number(rest.high);
        add_conditions(&mut statement, self.filter, Served::Names);
        statement.add(") e ORDER BY e.position ").add(rest.order()).add(" LIMIT ").number(wanted);
        let rows = statement.fetch_all(connection).await?;
        found.rest = match rows.last() {
            Some(last) if column(rows.len() as u64) == wanted => rest.after(last.try_get_unchecked(1)?),
            _ => rest.done(),
        };
        found.rows.extend(rows);
        Ok(())
    }

    /// What remains of a range once `window`, its first part, has given these rows.
    fn rest(&self, rows: &[PgRow], first_column: usize, range: Range, window: Range) -> Result<Range, Fault> {
        let full = column(rows.len() as u64) == self.limit;
        Ok(match rows.last() {
            Some(last) if full => range.after(last.try_get_unchecked(first_column)?),
            None if full => range,
            _ => range.without(window),
        })
    }

    /// Walks one stream: within it, versions and positions have the same order.
    async fn in_stream(
        &self,
        connection: &mut PgConnection,
        stream: &StreamName,
        range: Range,
    ) -> Result<Found, Fault> {
        let head = read_head(connection).await?;
        let range = range.up_to(head);
        let mut versions = Range {
            low: last_version_up_to(connection, stream, range.low).await?,
            high: last_version_up_to(connection, stream, range.high).await?,
            ..range
        };
        let mut beyond = range.done();
        if has_conditions(self.filter, Served::Nothing) && versions.high - versions.low > SCAN_ROWS {
            let examined = versions.first(SCAN_ROWS);
            let edge = if range.direction == Direction::Forward { examined.high } else { examined.low + 1 };
            if let Some(position) = position_of_version(connection, stream, edge).await? {
                beyond = range.after(position);
                versions = examined;
            }
        }
        let mut statement = Statement::default();
        statement.add("SELECT ").add(self.wanted.columns()).add(" FROM es_event WHERE stream_name = ");
        statement.value(Value::Text(stream.to_string())).add(" AND stream_version > ").number(versions.low);
        statement.add(" AND stream_version <= ").number(versions.high);
        add_conditions(&mut statement, self.filter, Served::Nothing);
        statement.add(" ORDER BY stream_version ").add(range.order()).add(" LIMIT ").number(self.limit);
        let rows = statement.fetch_all(connection).await?;
        let full = column(rows.len() as u64) == self.limit;
        let rest = match rows.last() {
            Some(last) if full => range.after(last.try_get_unchecked(0)?),
            None if full => range,
            _ => beyond,
        };
        Ok(Found { rows, first_column: 0, rest, head })
    }

    /// Walks the entries of one correlation, which are ordered by position.
    async fn by_correlation(
        &self,
        connection: &mut PgConnection,
        id: uuid::Uuid,
        range: Range,
    ) -> Result<Found, Fault> {
        let head = read_head(connection).await?;
        let range = range.up_to(head);
        let mut window = range;
        let key = |statement: &mut Statement, range: Range| {
            statement.add(" FROM es_event WHERE correlation_id = ").value(Value::Id(id)).add(" AND position > ");
            statement.number(range.low).add(" AND position <= ").number(range.high);
        };
        if has_conditions(self.filter, Served::Correlation) {
            let mut edge = Statement::default();
            edge.add("SELECT position");
            key(&mut edge, range);
            edge.add(" ORDER BY position ").add(range.order()).add(" LIMIT 1 OFFSET ").number(SCAN_ROWS - 1);
            if let Some(row) = edge.fetch_all(connection).await?.first() {
                let edge: i64 = row.try_get_unchecked(0)?;
                window = match range.direction {
                    Direction::Forward => Range { high: edge, ..range },
                    Direction::Backward => Range { low: edge - 1, ..range },
                };
            }
        }
        let mut statement = Statement::default();
        statement.add("SELECT ").add(self.wanted.columns());
        key(&mut statement, window);
        add_conditions(&mut statement, self.filter, Served::Correlation);
        statement.add(" ORDER BY position ").add(range.order()).add(" LIMIT ").number(self.limit);
        let rows = statement.fetch_all(connection).await?;
        let rest = self.rest(&rows, 0, range, window)?;
        Ok(Found { rows, first_column: 0, rest, head })
    }

    /// Merges the first entries of each type. One look into the index per type: with all types in one condition PostgreSQL may
    /// rather walk the whole log.
    async fn by_types(&self, connection: &mut PgConnection, range: Range) -> Result<Found, Fault> {
        let head = read_head(connection).await?;
        let range = range.up_to(head);
        let mut types: Vec<String> = self.filter.event_types.iter().filter(|t| !t.contains('\0')).cloned().collect();
        types.sort();
        types.dedup();
        let mut statement = Statement::default();
        statement.add("SELECT e.* FROM unnest(").value(Value::Texts(types)).add("::text[]) AS wanted (event_type) ");
        statement.add("CROSS JOIN LATERAL (SELECT ").add(self.wanted.columns());
        statement.add(" FROM es_event WHERE es_event.event_type = wanted.event_type AND position > ");
        statement.number(range.low).add(" AND position <= ").number(range.high);
        statement.add(" ORDER BY position ").add(range.order()).add(" LIMIT ").number(self.limit);
        statement.add(") e ORDER BY e.position ").add(range.order()).add(" LIMIT ").number(self.limit);
        let rows = statement.fetch_all(connection).await?;
        let rest = self.rest(&rows, 0, range, range)?;
        Ok(Found { rows, first_column: 0, rest, head })
    }
}

/// Position of the log's last event.
pub(crate) async fn read_head(connection: &mut PgConnection) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar("SELECT position FROM es_log_head WHERE one = 1").fetch_one(connection).await?)
}

/// The range that the filter's positions and times leave of another. Along positions times never decrease.
async fn narrowed(connection: &mut PgConnection, filter: &EventFilter, range: Range) -> Result<Range, Fault> {
    let mut narrowed = range;
    if let Some(after) = filter.after {
        narrowed.low = narrowed.low.max(column(after.get()).min(EVERYTHING));
    }
    if let Some(through) = filter.through {
        narrowed.high = narrowed.high.min(column(through.get()));
    }
    if let Some(from) = filter.recorded_from {
        narrowed.low = narrowed.low.max(last_before_time(connection, from).await?);
    }
    if let Some(until) = filter.recorded_until {
        narrowed.high = narrowed.high.min(last_before_time(connection, until).await?);
    }
    Ok(narrowed)
}

/// Halves the log until the last position that was recorded before a time is found: positions are dense, whether an event or
/// its stub stands there.
const LAST_BEFORE_TIME: &str = "WITH RECURSIVE search (low, high) AS ( \
       SELECT 0::bigint, position FROM es_log_head WHERE one = 1 \
       UNION ALL \
       SELECT CASE WHEN probe.recorded_at < $1 THEN middle ELSE low END, \
         CASE WHEN probe.recorded_at < $1 THEN high ELSE middle - 1 END \
       FROM search CROSS JOIN LATERAL (SELECT low + (high - low + 1) / 2 AS middle) m CROSS JOIN LATERAL ( \
         SELECT recorded_at FROM es_event WHERE position = middle \
         UNION ALL SELECT recorded_at FROM es_stub WHERE position = middle LIMIT 1) probe \
       WHERE low < high) \
     SELECT low FROM search WHERE low = high";

/// Position of the last event that was recorded before a time; zero if none was.
pub(crate) async fn last_before_time(connection: &mut PgConnection, time: DateTime<Utc>) -> Result<i64, Fault> {
    // No event is older than 1970; PostgreSQL knows no times as far back as there are ones.
    if time <= DateTime::UNIX_EPOCH {
        return Ok(0);
    }
    // Times are kept in whole microseconds: what is before a part of one is before the next one.
    let begun = i64::from(!time.timestamp_subsec_nanos().is_multiple_of(1000));
    let micros = time.timestamp_micros().checked_add(begun);
    let Some(time) = micros.and_then(DateTime::from_timestamp_micros) else { return read_head(connection).await };
    let found: Option<i64> = sqlx::query_scalar(LAST_BEFORE_TIME).bind(time).fetch_optional(connection).await?;
    found.ok_or_else(|| Fault::Damaged("positions are missing".to_owned()))
}

/// The same for the last version of a stream up to a position: versions are dense, too.
const LAST_VERSION_UP_TO: &str = "WITH RECURSIVE search (low, high) AS ( \
       SELECT 0::bigint, CASE WHEN last_position <= $2 THEN 0 ELSE version END FROM es_stream WHERE stream_name = $1 \
       UNION ALL \
       SELECT CASE WHEN probe.position <= $2 THEN middle ELSE low END, \
         CASE WHEN probe.position <= $2 THEN high ELSE middle - 1 END \
       FROM search CROSS JOIN LATERAL (SELECT low + (high - low + 1) / 2 AS middle) m CROSS JOIN LATERAL ( \
         SELECT position FROM es_event WHERE stream_name = $1 AND stream_version = middle \
         UNION ALL SELECT position FROM es_stub WHERE stream_name = $1 AND stream_version = middle LIMIT 1) probe \
       WHERE low < high) \
     SELECT CASE WHEN s.last_position <= $2 THEN s.version ELSE low END FROM search, es_stream s \
     WHERE low = high AND s.stream_name = $1";

async fn last_version_up_to(connection: &mut PgConnection, stream: &StreamName, position: i64) -> Result<i64, Fault> {
    if position <= 0 {
        return Ok(0);
    }
    let found: Option<i64> =
        sqlx::query_scalar(LAST_VERSION_UP_TO).bind(stream.as_str()).bind(position).fetch_optional(connection).await?;
    Ok(found.unwrap_or(0))
}

async fn position_of_version(
    connection: &mut PgConnection,
    stream: &StreamName,
    version: i64,
) -> Result<Option<i64>, Fault> {
    let sql = "SELECT position FROM es_event WHERE stream_name = $1 AND stream_version = $2 \
         UNION ALL SELECT position FROM es_stub WHERE stream_name = $1 AND stream_version = $2 LIMIT 1";
    Ok(sqlx::query_scalar(sql).bind(stream.as_str()).bind(version).fetch_optional(connection).await?)
}
