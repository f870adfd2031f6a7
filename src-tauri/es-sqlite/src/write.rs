//! One write transaction: read what the plan depends on, plan, write exactly that.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use es_core::plan::{KnownEvent, LogHead, Plan, PlanInput, PlannedRow, StreamHead, TimedRequest, plan_batch};
use es_core::{AppendError, Appended, Position, StreamName, StreamVersion};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use crate::error::Fault;
use crate::rows::{column, counter, hash, text, time};

/// First and longest pause between two attempts to get the write lock.
const SHORTEST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// What came of a batch.
pub(crate) struct Written {
    /// One outcome per request.
    pub outcomes: Vec<Result<Appended, AppendError>>,
    /// The log's head after the batch.
    pub head: Position,
    /// Rows written.
    pub rows: usize,
}

/// Whether requests of a batch stand alone or together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Together {
    /// A refused request loses alone.
    Each,
    /// One refused request refuses all.
    AllOrNothing,
}

/// Writes a batch in one durable transaction. On an error nothing of it is stored, unless the error came from the commit
/// itself ([`es_core::StoreError::outcome_unknown`]).
pub(crate) fn write_batch(
    connection: &Connection,
    requests: &[TimedRequest<'_>],
    now: DateTime<Utc>,
    together: Together,
    patience: Duration,
) -> Result<Written, Fault> {
    let transaction = begin(connection, patience)?;
    let written = append_in(&transaction, requests, now, together)?;
    if written.rows == 0 {
        transaction.rollback()?;
    } else {
        transaction.commit()?;
    }
    Ok(written)
}

/// Plans and writes a batch inside a transaction that the caller commits.
pub(crate) fn append_in(
    transaction: &Transaction<'_>,
    requests: &[TimedRequest<'_>],
    now: DateTime<Utc>,
    together: Together,
) -> Result<Written, Fault> {
    let head = read_head(transaction)?;
    let input = PlanInput {
        head,
        streams: read_streams(transaction, requests)?,
        known: read_known(transaction, requests)?,
        requests,
        now,
        binary_payloads: false,
    };
    let plan = plan_batch(input);
    let refused = together == Together::AllOrNothing && plan.outcomes.iter().any(Result::is_err);
    if plan.rows.is_empty() || refused {
        return Ok(Written { outcomes: plan.outcomes, head: head.position, rows: 0 });
    }
    insert(transaction, &plan)?;
    Ok(Written { head: plan.head.position, rows: plan.rows.len(), outcomes: plan.outcomes })
}

/// Takes the write lock at once (IMMEDIATE), so that what is read next cannot become stale before the commit. SQLite's own
/// waiting sleeps up to 100 ms at a time, which starves a process beside a busy one; this looks more often.
pub(crate) fn begin(connection: &Connection, patience: Duration) -> Result<Transaction<'_>, Fault> {
    let started = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    loop {
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
            Ok(transaction) => return Ok(transaction),
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && started.elapsed() < patience =>
            {
                std::thread::sleep(pause);
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The log's head as stored.
pub(crate) fn read_head(connection: &Connection) -> Result<LogHead, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT position, chain_hash, recorded_at FROM es_log_head WHERE one = 1")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Err(Fault::Damaged("es_log_head has no row".to_owned())) };
    let bad = |name: &'static str| move |reason: &str| Fault::Damaged(format!("es_log_head: {name} {reason}"));
    Ok(LogHead {
        position: Position(counter(row.get_ref(0)?).map_err(bad("position"))?),
        chain_hash: hash(row.get_ref(1)?).map_err(bad("chain_hash"))?,
        recorded_at: time(row.get_ref(2)?).map_err(bad("recorded_at"))?,
    })
}

fn read_streams(
    connection: &Connection,
    requests: &[TimedRequest<'_>],
) -> Result<HashMap<StreamName, StreamHead>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT version, closed_at IS NOT NULL FROM es_stream WHERE stream_name = ?1")?;
    let mut heads: HashMap<StreamName, StreamHead> = HashMap::new();
    let mut absent: HashSet<&StreamName> = HashSet::new();
    for part in requests.iter().flat_map(|timed| &timed.request.parts) {
        if heads.contains_key(&part.stream) || absent.contains(&part.stream) {
            continue;
        }
        let found = statement
            .query_row([part.stream.as_str()], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, bool>(1)?)))
            .optional()?;
        match found {
            Some((version, closed)) => {
                heads.insert(part.stream.clone(), StreamHead { version: StreamVersion(version), closed });
            }
            None => {
                absent.insert(&part.stream);
            }
        }
    }
    Ok(heads)
}

fn read_known(connection: &Connection, requests: &[TimedRequest<'_>]) -> Result<HashMap<Uuid, KnownEvent>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT stream_name, stream_version, position, content_hash FROM es_event WHERE event_id = ?1",
    )?;
    let mut known = HashMap::new();
    let events = || requests.iter().flat_map(|timed| &timed.request.parts).flat_map(|part| &part.events);
    for event in events() {
        known.extend(read_one_known(&mut statement, event.event_id)?);
    }
    // Asked once, so that a store without stubs pays for one look only.
    if connection.prepare_cached("SELECT 1 FROM es_stub LIMIT 1")?.exists([])? {
        let mut statement = connection.prepare_cached(
            "SELECT stream_name, stream_version, position, content_hash FROM es_stub WHERE event_id = ?1",
        )?;
        for event in events() {
            known.extend(read_one_known(&mut statement, event.event_id)?);
        }
    }
    Ok(known)
}

fn read_one_known(
    statement: &mut rusqlite::CachedStatement<'_>,
    event_id: Uuid,
) -> Result<Option<(Uuid, KnownEvent)>, Fault> {
    let mut rows = statement.query([event_id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let bad = |reason: String| Fault::Damaged(format!("stored event {event_id}: {reason}"));
    let plain = |reason: &str| bad(reason.to_owned());
    let found = KnownEvent {
        stream: StreamName::new(text(row.get_ref(0)?).map_err(plain)?).map_err(|e| bad(e.to_string()))?,
        version: StreamVersion(counter(row.get_ref(1)?).map_err(plain)?),
        position: Position(counter(row.get_ref(2)?).map_err(plain)?),
        content_hash: hash(row.get_ref(3)?).map_err(plain)?,
    };
    Ok(Some((event_id, found)))
}

/// Writes the plan, and checks that each statement did what was planned: a lost row must never look like a success.
fn insert(connection: &Connection, plan: &Plan<'_>) -> Result<(), Fault> {
    let mut last_positions: HashMap<&StreamName, Position> = HashMap::with_capacity(plan.streams.len());
    let mut statement = connection.prepare_cached(concat!(
        "INSERT INTO es_event (position, stream_name, stream_version, event_id, event_type, schema_version, payload, ",
        "metadata, correlation_id, causation_id, recorded_at, content_hash, chain_hash) ",
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    ))?;
    for row in &plan.rows {
        last_positions.insert(row.stream, row.position);
        if insert_row(&mut statement, row)? != 1 {
            return Err(Fault::Damaged(format!("event {} was not inserted", row.event.event_id)));
        }
    }
    let mut upsert = connection.prepare_cached(concat!(
        "INSERT INTO es_stream (stream_name, category, version, last_position) VALUES (?1, ?2, ?3, ?4) ",
        "ON CONFLICT (stream_name) DO UPDATE SET version = excluded.version, last_position = excluded.last_position"
    ))?;
    for (stream, head) in &plan.streams {
        let last = last_positions.get(stream).copied().unwrap_or_default();
        let values = params![stream.as_str(), stream.category(), column(head.version.get()), column(last.get())];
        if upsert.execute(values)? != 1 {
            return Err(Fault::Damaged(format!("the head of stream {stream} was not written")));
        }
    }
    let mut head = connection
        .prepare_cached("UPDATE es_log_head SET position = ?1, chain_hash = ?2, recorded_at = ?3 WHERE one = 1")?;
    let values =
        params![column(plan.head.position.get()), plan.head.chain_hash.0, plan.head.recorded_at.timestamp_micros()];
    if head.execute(values)? != 1 {
        return Err(Fault::Damaged("es_log_head has no row".to_owned()));
    }
    Ok(())
}

fn insert_row(statement: &mut rusqlite::CachedStatement<'_>, row: &PlannedRow<'_>) -> rusqlite::Result<usize> {
    statement.execute(params![
        column(row.position.get()),
        row.stream.as_str(),
        column(row.version.get()),
        row.event.event_id.as_bytes(),
        row.event.event_type,
        row.event.schema_version,
        ToSqlOutput::Borrowed(ValueRef::Text(row.event.payload.as_bytes())),
        row.event.metadata,
        row.correlation_id.as_ref().map(|id| id.as_bytes().as_slice()),
        row.causation_id.as_ref().map(|id| id.as_bytes().as_slice()),
        row.recorded_at.timestamp_micros(),
        row.content_hash.0.as_slice(),
        row.chain_hash.0.as_slice(),
    ])
}
