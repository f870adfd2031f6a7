//! One batch of appends: what the plan depends on, read in one statement; what it decided, written in one.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use es_core::plan::{KnownEvent, LogHead, Plan, PlanInput, StreamHead, TimedRequest, plan_batch};
use es_core::{Position, StreamName, StreamVersion};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use crate::error::Fault;
use crate::rows::{column, counter, hash};

/// Whether requests of a batch stand alone or together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Together {
    /// A refused request loses alone.
    Each,
    /// One refused request refuses all.
    AllOrNothing,
}

/// The log as one moment shows it: its end, and what is stored of a batch's streams and ids.
pub(crate) struct Snapshot {
    /// The end.
    pub head: LogHead,
    streams: HashMap<StreamName, StreamHead>,
    known: HashMap<Uuid, KnownEvent>,
}

const HEAD: i32 = 0;
const STREAM: i32 = 1;

/// One statement, so that all of it is of the same moment. As every change of the log moves its head, whoever finds the same
/// head again under the write lock knows that nothing of it has changed.
const SNAPSHOT: &str = "SELECT 0, NULL::text, position, NULL::bigint, chain_hash, NULL::uuid, NULL::boolean, recorded_at \
     FROM es_log_head WHERE one = 1 \
     UNION ALL SELECT 1, stream_name, last_position, version, NULL, NULL, closed_at IS NOT NULL, NULL \
     FROM es_stream WHERE stream_name = ANY($1) \
     UNION ALL SELECT 2, stream_name, position, stream_version, content_hash, event_id, NULL, NULL \
     FROM es_event WHERE event_id = ANY($2) \
     UNION ALL SELECT 3, stream_name, position, stream_version, content_hash, event_id, NULL, NULL \
     FROM es_stub WHERE event_id = ANY($2)";

/// Reads what a plan of these requests depends on.
pub(crate) async fn snapshot(connection: &mut PgConnection, requests: &[TimedRequest<'_>]) -> Result<Snapshot, Fault> {
    let parts = || requests.iter().flat_map(|timed| &timed.request.parts);
    let names: HashSet<&str> = parts().map(|part| part.stream.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let ids: Vec<Uuid> = parts().flat_map(|part| &part.events).map(|event| event.event_id).collect();
    let rows = sqlx::query(SNAPSHOT).bind(names).bind(ids).fetch_all(connection).await?;
    let mut found = Snapshot { head: LogHead::EMPTY, streams: HashMap::new(), known: HashMap::new() };
    let mut has_head = false;
    for row in &rows {
        match row.try_get_unchecked::<i32, _>(0)? {
            HEAD => {
                found.head = head_of_row(row)?;
                has_head = true;
            }
            STREAM => {
                let version = StreamVersion(number(row, 3, "version")?);
                let head = StreamHead { version, closed: row.try_get_unchecked(6)? };
                found.streams.insert(name_of(row)?, head);
            }
            _ => {
                let event = KnownEvent {
                    stream: name_of(row)?,
                    version: StreamVersion(number(row, 3, "version")?),
                    position: Position(number(row, 2, "position")?),
                    content_hash: hash(row.try_get_unchecked(4)?).map_err(|reason| damaged("content_hash", &reason))?,
                };
                found.known.insert(row.try_get_unchecked(5)?, event);
            }
        }
    }
    if has_head { Ok(found) } else { Err(Fault::Damaged("es_log_head has no row".to_owned())) }
}

fn head_of_row(row: &PgRow) -> Result<LogHead, Fault> {
    Ok(LogHead {
        position: Position(number(row, 2, "position of es_log_head")?),
        chain_hash: hash(row.try_get_unchecked(4)?).map_err(|reason| damaged("chain_hash of es_log_head", &reason))?,
        recorded_at: row.try_get_unchecked(7)?,
    })
}

fn name_of(row: &PgRow) -> Result<StreamName, Fault> {
    StreamName::new(row.try_get_unchecked::<&str, _>(1)?).map_err(|error| damaged("a stream's name", &error))
}

fn number(row: &PgRow, index: usize, what: &str) -> Result<u64, Fault> {
    counter(row.try_get_unchecked(index)?).map_err(|reason| damaged(what, &reason))
}

fn damaged(what: &str, reason: &dyn std::fmt::Display) -> Fault {
    Fault::Damaged(format!("{what} {reason}"))
}

impl Snapshot {
    /// What a moment is supposed to show, without any of the batch's ids.
    pub fn supposed(head: LogHead, streams: HashMap<StreamName, StreamHead>) -> Self {
        Self { head, streams, known: HashMap::new() }
    }

    /// Decides the batch on this moment. Nothing is to be written if the plan has no rows.
    pub fn plan<'a>(self, requests: &'a [TimedRequest<'a>], now: DateTime<Utc>, together: Together) -> Plan<'a> {
        let head = self.head;
        let (streams, known) = (self.streams, self.known);
        let mut plan = plan_batch(PlanInput { head, streams, known, requests, now, binary_payloads: true });
        if together == Together::AllOrNothing && plan.outcomes.iter().any(Result::is_err) {
            plan.rows.clear();
            plan.head = head;
        }
        plan
    }
}

/// See `es_append` in the migrations.
macro_rules! append {
    () => {
        "es_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"
    };
}
const APPEND: &str = concat!("SELECT ", append!());
/// The same, if none of the ids is stored and the streams are open and stand where they are supposed to. What the conditions see
/// is not older than the head that was planned on, since the same session has committed that; and if the log still ends there
/// when `es_append` takes it, nothing has changed since.
const APPEND_IF_SO: &str = concat!(
    "SELECT CASE WHEN EXISTS (SELECT FROM es_event WHERE event_id = ANY($7)) \
       OR EXISTS (SELECT FROM es_stub WHERE event_id = ANY($7)) \
       OR EXISTS (SELECT FROM unnest($23::text[], $24::int8[]) AS supposed (name, version) \
         LEFT JOIN es_stream s ON s.stream_name = supposed.name \
         WHERE coalesce(s.version, 0) <> supposed.version OR s.closed_at IS NOT NULL) \
     THEN false ELSE ",
    append!(),
    " END"
);

/// Writes exactly the planned rows. False if the log's head is not the one that was planned on, or if the log is not as it was
/// supposed to be: then nothing is written. Outside a transaction this commits.
pub(crate) async fn write(
    connection: &mut PgConnection,
    planned_on: Position,
    plan: &Plan<'_>,
    supposed: Option<&[(StreamName, StreamVersion)]>,
    channel: &str,
) -> Result<bool, Fault> {
    macro_rules! all {
        (|$row:ident| $field:expr) => {
            plan.rows.iter().map(|$row| $field).collect::<Vec<_>>()
        };
    }
    let mut last_positions: HashMap<&StreamName, i64> = HashMap::with_capacity(plan.streams.len());
    for row in &plan.rows {
        last_positions.insert(row.stream, column(row.position.get()));
    }
    let lasts: Vec<i64> = plan.streams.keys().map(|name| last_positions.get(name).copied().unwrap_or(0)).collect();
    let statement = sqlx::query_scalar::<_, bool>(if supposed.is_some() { APPEND_IF_SO } else { APPEND })
        .bind(column(planned_on.get()))
        .bind(column(plan.head.position.get()))
        .bind(plan.head.chain_hash.0.as_slice())
        .bind(plan.head.recorded_at)
        .bind(all!(|row| row.stream.as_str()))
        .bind(all!(|row| column(row.version.get())))
        .bind(all!(|row| row.event.event_id))
        .bind(all!(|row| &*row.event.event_type))
        .bind(all!(|row| i64::from(row.event.schema_version)))
        .bind(all!(|row| row.event.payload.as_json()))
        .bind(all!(|row| row.event.payload.as_json().is_none().then(|| row.event.payload.as_bytes())))
        .bind(all!(|row| &*row.event.metadata))
        .bind(all!(|row| row.correlation_id))
        .bind(all!(|row| row.causation_id))
        .bind(all!(|row| row.recorded_at))
        .bind(all!(|row| row.content_hash.0.as_slice()))
        .bind(all!(|row| row.chain_hash.0.as_slice()))
        .bind(plan.streams.keys().map(StreamName::as_str).collect::<Vec<_>>())
        .bind(plan.streams.keys().map(StreamName::category).collect::<Vec<_>>())
        .bind(plan.streams.values().map(|head| column(head.version.get())).collect::<Vec<_>>())
        .bind(lasts)
        .bind(channel);
    let statement = match supposed {
        Some(streams) => statement
            .bind(streams.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>())
            .bind(streams.iter().map(|(_, version)| column(version.get())).collect::<Vec<_>>()),
        None => statement,
    };
    Ok(statement.fetch_one(connection).await?)
}

/// Begins a transaction and waits for the write lock, in one message. What is read next is read in a statement of its own:
/// a lock and the read that it protects must not share one, because a statement sees the log as it was when it began.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("BEGIN; SELECT one FROM es_log_head WHERE one = 1 FOR UPDATE").execute(connection).await?;
    Ok(())
}
