//! Truncating, closing and scavenging: what the append lane does for it, and what is read.
//!
//! The archive is a table beside the others: see docs/adr/0023.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use es_core::hash::expected_content_hash;
use es_core::plan::TimedRequest;
use es_core::retention::record::RetentionEvent;
use es_core::retention::{StageObserver, check_cut, check_stream, stream};
use es_core::{
    AppendError, AppendRequest, Appended, EventOutline, EventStub, ExpectedVersion, NewEvent, Position, RecordedEvent,
    RetainError, RetentionChange, ScavengeRequest, ScavengeStage, ScavengedSpan, StorageFigures, StreamName,
    StreamVersion, StubPage, limits,
};
use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::batch::{Together, snapshot, write};
use crate::error::Fault;
use crate::rows::{BadValue, STUB_LAST_THREE, column, counter, event_columns, events_of, stub_columns, stub_of_row};

/// Name of the table with scavenged events.
pub(crate) const ARCHIVE: &str = "es_archive";

/// What came of a change: the answer, and the log's head if something was written.
pub(crate) type Changed = Result<(Appended, Position), RetainError>;

/// What the lane changes beside appending, each alone in a commit.
pub(crate) enum Change {
    /// Truncate or close, and record it.
    Retain(RetentionChange),
    /// Remove archived events, and record it.
    Remove(Removal),
}

/// Events that are in the archive, to be removed from the store.
pub(crate) struct Removal {
    pub positions: Vec<Position>,
    /// What is recorded of it.
    pub record: NewEvent,
    /// Version of the record's stream that this was decided on.
    pub decided_on: StreamVersion,
    pub observer: Option<StageObserver>,
}

impl Change {
    /// What is being done, for errors.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Retain(_) => "changing what is kept",
            Self::Remove(_) => "removing archived events",
        }
    }

    /// Carries it out under the write lock, in a transaction that the caller commits if something was written.
    pub async fn carry_out(
        &self,
        connection: &mut PgConnection,
        now: DateTime<Utc>,
        channel: &str,
    ) -> Result<Changed, Fault> {
        match self {
            Self::Retain(change) => retain(connection, change, now, channel).await,
            Self::Remove(removal) => remove(connection, removal, now, channel).await,
        }
    }

    /// Is called when the transaction is durable.
    pub fn committed(&self) {
        if let Self::Remove(removal) = self {
            tell(removal.observer.as_ref(), ScavengeStage::Committed);
        }
    }
}

async fn retain(
    connection: &mut PgConnection,
    change: &RetentionChange,
    now: DateTime<Utc>,
    channel: &str,
) -> Result<Changed, Fault> {
    let named = change.truncate.iter().map(|cut| &cut.stream).chain(&change.close);
    let heads = heads_of(&mut *connection, named).await?;
    let mut cuts = Vec::new();
    for cut in &change.truncate {
        match check_cut(cut, heads.get(cut.stream.as_str()).copied()) {
            Ok(before) => cuts.extend(before.map(|before| (cut.stream.as_str(), column(before.get())))),
            Err(refused) => return Ok(Err(refused)),
        }
    }
    for name in &change.close {
        if let Err(refused) = check_stream(name, heads.get(name.as_str()).copied()) {
            return Ok(Err(refused));
        }
    }
    let events = change.record.iter().enumerate().map(|(index, event)| change.by.record(index, event)).collect();
    let recorded = match record(&mut *connection, events, change.decided_on, now, channel).await? {
        Ok(recorded) if recorded.0.replayed => return Ok(Ok(recorded)),
        Ok(recorded) => recorded,
        Err(refused) => return Ok(Err(refused.into())),
    };
    // A stream that is named twice takes the later cut.
    let mut latest: HashMap<&str, i64> = HashMap::new();
    for (name, before) in cuts {
        let cut = latest.entry(name).or_insert(before);
        *cut = before.max(*cut);
    }
    let (names, befores): (Vec<&str>, Vec<i64>) = latest.into_iter().unzip();
    let truncated = sqlx::query(
        "UPDATE es_stream s SET truncated_before = c.before FROM unnest($1::text[], $2::bigint[]) AS c (name, before) \
         WHERE s.stream_name = c.name",
    );
    let wanted = names.len();
    changes_all(wanted, truncated.bind(names).bind(befores).execute(&mut *connection).await?.rows_affected())?;
    let mut names: Vec<&str> = change.close.iter().map(StreamName::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let wanted = names.len();
    let closed = sqlx::query("UPDATE es_stream SET closed_at = coalesce(closed_at, $2) WHERE stream_name = ANY($1)");
    changes_all(wanted, closed.bind(names).bind(now).execute(connection).await?.rows_affected())?;
    Ok(Ok(recorded))
}

fn changes_all(wanted: usize, changed: u64) -> Result<(), Fault> {
    if changed == wanted as u64 {
        return Ok(());
    }
    Err(Fault::Damaged(format!("{changed} of {wanted} heads of streams were changed")))
}

/// Appends what is recorded, without committing it.
async fn record(
    connection: &mut PgConnection,
    events: Vec<NewEvent>,
    decided_on: StreamVersion,
    now: DateTime<Utc>,
    channel: &str,
) -> Result<Result<(Appended, Position), AppendError>, Fault> {
    let request = AppendRequest::to_stream(stream(), ExpectedVersion::Exact(decided_on), events);
    let requests = [TimedRequest { request: &request, recorded_at: None, examined: None }];
    let snapshot = snapshot(&mut *connection, &requests).await?;
    let planned_on = snapshot.head.position;
    let mut plan = snapshot.plan(&requests, now, Together::AllOrNothing);
    if !plan.rows.is_empty() && !write(connection, planned_on, &plan, None, channel).await? {
        return Err(Fault::Damaged("the log's head moved while it was locked".to_owned()));
    }
    let head = plan.head.position;
    let outcome = plan.outcomes.pop().unwrap_or(Err(AppendError::Store(es_core::StoreError::Closed)));
    Ok(outcome.map(|appended| (appended, head)))
}

/// Version and first visible version of streams; a stream that is missing is missing here.
async fn heads_of(
    connection: &mut PgConnection,
    streams: impl Iterator<Item = &StreamName>,
) -> Result<HashMap<String, (StreamVersion, StreamVersion)>, Fault> {
    let names: Vec<&str> = streams.map(StreamName::as_str).collect();
    let sql = "SELECT stream_name, version, truncated_before FROM es_stream WHERE stream_name = ANY($1)";
    let found: Vec<(String, i64, i64)> = sqlx::query_as(sql).bind(names).fetch_all(connection).await?;
    let version = |number: i64| StreamVersion(number.unsigned_abs());
    Ok(found.into_iter().map(|(name, last, before)| (name, (version(last), version(before)))).collect())
}

/// Hidden events that are in the archive now.
pub(crate) struct Archived {
    pub positions: Vec<Position>,
    /// Their payload and metadata, in bytes.
    pub bytes: u64,
    /// Whether there may be more.
    pub more: bool,
}

impl Archived {
    /// Lowest and highest position; nothing if there are none.
    pub fn span(&self) -> Option<ScavengedSpan> {
        let (first, last) = (self.positions.iter().min()?, self.positions.iter().max()?);
        Some(ScavengedSpan { first: *first, last: *last })
    }

    /// What a batch records.
    pub fn record(&self, span: ScavengedSpan) -> RetentionEvent {
        RetentionEvent::EventsScavenged {
            events: self.positions.len() as u64,
            bytes: self.bytes,
            first: span.first,
            last: span.last,
            archive: ARCHIVE.to_owned(),
        }
    }
}

/// The first, slow half of a batch: copies hidden events into the archive, in the caller's transaction. Removes nothing.
pub(crate) async fn archive_batch(connection: &mut PgConnection, request: &ScavengeRequest) -> Result<Archived, Fault> {
    let hidden = hidden(&mut *connection, request).await?;
    if hidden.positions.is_empty() {
        return Ok(hidden);
    }
    let positions: Vec<i64> = hidden.positions.iter().map(|position| column(position.get())).collect();
    check_contents(&mut *connection, &positions).await?;
    // One that is there already, from a run that was interrupted, must be the same.
    let copy = concat!(
        "INSERT INTO es_archive (",
        event_columns!(),
        ") SELECT ",
        event_columns!(),
        " FROM es_event WHERE position = ANY($1) ON CONFLICT DO NOTHING"
    );
    sqlx::query(copy).bind(&positions).execute(&mut *connection).await?;
    let same: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM es_archive a JOIN es_event e ON e.position = a.position WHERE a.position = ANY($1) \
         AND (a.stream_name, a.stream_version, a.event_id, a.event_type, a.schema_version, a.recorded_at, a.content_hash, \
           a.chain_hash, a.metadata::text) \
         = (e.stream_name, e.stream_version, e.event_id, e.event_type, e.schema_version, e.recorded_at, e.content_hash, \
           e.chain_hash, e.metadata::text) \
         AND a.payload::text IS NOT DISTINCT FROM e.payload::text AND a.payload_bytes IS NOT DISTINCT FROM e.payload_bytes \
         AND a.correlation_id IS NOT DISTINCT FROM e.correlation_id AND a.causation_id IS NOT DISTINCT FROM e.causation_id",
    )
    .bind(&positions)
    .fetch_one(connection)
    .await?;
    if same.unsigned_abs() != positions.len() as u64 {
        return Err(Fault::Damaged(format!(
            "the archive holds other events than the store at {} of {} positions; nothing was removed",
            positions.len() as u64 - same.unsigned_abs(),
            positions.len()
        )));
    }
    tell(request.observer.as_ref(), ScavengeStage::Copied);
    Ok(hidden)
}

/// What was changed since it was written is not archived as if it were the event.
async fn check_contents(connection: &mut PgConnection, positions: &[i64]) -> Result<(), Fault> {
    let sql = concat!("SELECT ", event_columns!(), " FROM es_event WHERE position = ANY($1)");
    for event in events_of(&sqlx::query(sql).bind(positions).fetch_all(connection).await?)? {
        if expected_content_hash(&event) != event.content_hash {
            return Err(Fault::Damaged(format!(
                "event {} of {} (position {}) is not as it was written; it is not archived, nothing was removed",
                event.version, event.stream, event.position
            )));
        }
    }
    Ok(())
}

pub(crate) fn tell(observer: Option<&StageObserver>, stage: ScavengeStage) {
    if let Some(observer) = observer {
        observer(stage);
    }
}

/// Truncated events of the request's streams, up to its limits.
async fn hidden(connection: &mut PgConnection, request: &ScavengeRequest) -> Result<Archived, Fault> {
    let started = Instant::now();
    let limits = &request.limits;
    let most = limits.events.max(1);
    let mut found = Archived { positions: Vec::new(), bytes: 0, more: false };
    let heads = heads_of(&mut *connection, request.cuts.iter().map(|cut| &cut.stream)).await?;
    for cut in &request.cuts {
        let Some((version, truncated_before)) = heads.get(cut.stream.as_str()).copied() else { continue };
        let before = cut.before.min(truncated_before).min(version);
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT position, (octet_length(coalesce(payload::text, '')) + octet_length(coalesce(payload_bytes, '')) \
             + octet_length(metadata::text))::bigint FROM es_event WHERE stream_name = $1 AND stream_version < $2 \
             ORDER BY stream_version LIMIT $3",
        )
        .bind(cut.stream.as_str())
        .bind(column(before.get()))
        .bind(column((most - found.positions.len().min(most)) as u64 + 1))
        .fetch_all(&mut *connection)
        .await?;
        for (position, bytes) in rows {
            let bytes = found.bytes + bytes.unsigned_abs();
            let enough = bytes > limits.bytes || started.elapsed() > limits.time;
            if found.positions.len() >= most || (enough && !found.positions.is_empty()) {
                found.more = true;
                return Ok(found);
            }
            found.bytes = bytes;
            found.positions.push(Position(position.unsigned_abs()));
        }
    }
    Ok(found)
}

/// The second, short half: stubs in, events out, record written.
async fn remove(
    connection: &mut PgConnection,
    removal: &Removal,
    now: DateTime<Utc>,
    channel: &str,
) -> Result<Changed, Fault> {
    let own = stream();
    let heads = heads_of(&mut *connection, std::iter::once(&own)).await?;
    let present = heads.get(own.as_str()).map_or(StreamVersion::ZERO, |(version, _)| *version);
    if present != removal.decided_on {
        // Somebody placed a hold, or was faster. Found out before the work, and again by the append.
        let (expected, actual) = (ExpectedVersion::Exact(removal.decided_on), present);
        return Ok(Err(AppendError::WrongExpectedVersion { stream: own, expected, actual }.into()));
    }
    let positions: Vec<i64> = removal.positions.iter().map(|position| column(position.get())).collect();
    let stub = concat!(
        "INSERT INTO es_stub (",
        stub_columns!(),
        ") SELECT ",
        stub_columns!(),
        " FROM es_event WHERE position = ANY($1)"
    );
    moves_all(&positions, sqlx::query(stub).bind(&positions).execute(&mut *connection).await?.rows_affected())?;
    tell(removal.observer.as_ref(), ScavengeStage::Stubbed);
    let delete = sqlx::query("DELETE FROM es_event WHERE position = ANY($1)").bind(&positions);
    moves_all(&positions, delete.execute(&mut *connection).await?.rows_affected())?;
    tell(removal.observer.as_ref(), ScavengeStage::Removed);
    let recorded = record(connection, vec![removal.record.clone()], removal.decided_on, now, channel).await?;
    Ok(recorded.map_err(Into::into))
}

fn moves_all(positions: &[i64], moved: u64) -> Result<(), Fault> {
    if moved == positions.len() as u64 {
        return Ok(());
    }
    let all = positions.len();
    Err(Fault::Damaged(format!("{moved} of {all} events were there to be scavenged; nothing was removed")))
}

/// Stubs that a condition selects, with its one value.
macro_rules! select_stubs {
    ($condition:literal) => {
        concat!("SELECT ", stub_columns!(), " FROM es_stub WHERE ", $condition)
    };
}

fn stubs_of(rows: &[sqlx::postgres::PgRow]) -> Result<Vec<EventStub>, Fault> {
    rows.iter()
        .map(|row| stub_of_row(row, STUB_LAST_THREE)?.map_err(|bad| Fault::Damaged(format!("a stub: {bad}"))))
        .collect()
}

/// Stubs after a position.
pub(crate) async fn stubs_after(
    connection: &mut PgConnection,
    after: Position,
    limit: usize,
) -> Result<Vec<EventStub>, Fault> {
    let query = sqlx::query(select_stubs!("position > $1 ORDER BY position LIMIT $2"));
    stubs_of(&query.bind(column(after.get())).bind(column(limit as u64)).fetch_all(connection).await?)
}

/// See [`es_core::RetentionStore::stubs`].
pub(crate) async fn stubs(
    connection: &mut PgConnection,
    after: Position,
    limit: usize,
    archive: String,
) -> Result<StubPage, Fault> {
    let limit = limit.min(limits::PAGE_EVENTS);
    let mut stubs = stubs_after(connection, after, limit + 1).await?;
    let end = stubs.len() <= limit;
    stubs.truncate(limit);
    Ok(StubPage { stubs, end, archive })
}

/// See [`es_core::RetentionStore::read_stubs`].
pub(crate) async fn read_stubs(connection: &mut PgConnection, positions: &[Position]) -> Result<Vec<EventStub>, Fault> {
    let sql = concat!(
        "SELECT ",
        stub_columns!(),
        " FROM unnest($1) WITH ORDINALITY AS wanted (place, nth) JOIN es_stub s ON s.position = wanted.place \
         ORDER BY wanted.nth"
    );
    let positions: Vec<i64> = positions.iter().map(|position| column(position.get())).collect();
    stubs_of(&sqlx::query(sql).bind(positions).fetch_all(connection).await?)
}

/// See [`es_core::RetentionStore::stub_by_id`].
pub(crate) async fn stub_by_id(connection: &mut PgConnection, event_id: Uuid) -> Result<Option<EventStub>, Fault> {
    let query = sqlx::query(select_stubs!("event_id = $1"));
    Ok(stubs_of(&query.bind(event_id).fetch_all(connection).await?)?.pop())
}

/// See [`es_core::RetentionStore::read_archived`].
pub(crate) async fn read_archived(
    connection: &mut PgConnection,
    positions: &[Position],
) -> Result<Vec<RecordedEvent>, Fault> {
    let stubs = read_stubs(&mut *connection, positions).await?;
    let archived = archived_at(connection, &stubs).await?;
    let mut events = Vec::new();
    for stub in &stubs {
        let Some(event) = archived.get(&stub.position) else { continue };
        if let Some(what) = difference(event, stub) {
            return Err(Fault::Damaged(format!(
                "{what} of the archived event at position {} is not what its stub says; verify the archive",
                stub.position
            )));
        }
        events.push(event.clone());
    }
    Ok(events)
}

/// Archived events of stubs, by position; those that are not there are left out.
pub(crate) async fn archived_at(
    connection: &mut PgConnection,
    stubs: &[EventStub],
) -> Result<HashMap<Position, RecordedEvent>, Fault> {
    let sql = concat!("SELECT ", event_columns!(), " FROM es_archive WHERE position = ANY($1)");
    let positions: Vec<i64> = stubs.iter().map(|stub| column(stub.position.get())).collect();
    let events = events_of(&sqlx::query(sql).bind(positions).fetch_all(connection).await?)?;
    Ok(events.into_iter().map(|event| (event.position, event)).collect())
}

/// What of an archived event differs from its stub, or from its own hash.
pub(crate) fn difference(event: &RecordedEvent, stub: &EventStub) -> Option<&'static str> {
    if expected_content_hash(event) != stub.content_hash {
        return Some("the content");
    }
    match EventStub::of(event) {
        Some(own) if own == *stub => None,
        _ => Some("the stream, version, id, time or a hash"),
    }
}

/// See [`es_core::RetentionStore::outline`].
pub(crate) async fn outline(
    connection: &mut PgConnection,
    stream: &StreamName,
    after: StreamVersion,
) -> Result<Vec<EventOutline>, Fault> {
    let rows = sqlx::query(
        "SELECT stream_version, position, recorded_at, event_type, (octet_length(coalesce(payload::text, '')) \
         + octet_length(coalesce(payload_bytes, '')) + octet_length(metadata::text))::bigint \
         FROM es_event WHERE stream_name = $1 AND stream_version > $2 ORDER BY stream_version LIMIT $3",
    )
    .bind(stream.as_str())
    .bind(column(after.get()))
    .bind(column(limits::PAGE_EVENTS as u64))
    .fetch_all(connection)
    .await?;
    let bad = |reason: BadValue| Fault::Damaged(format!("an event of stream {stream}: {reason}"));
    let outline = |row: &sqlx::postgres::PgRow| {
        Ok(EventOutline {
            version: StreamVersion(counter(row.try_get_unchecked(0)?).map_err(bad)?),
            position: Position(counter(row.try_get_unchecked(1)?).map_err(bad)?),
            recorded_at: row.try_get_unchecked(2)?,
            event_type: row.try_get_unchecked::<&str, _>(3)?.into(),
            bytes: counter(row.try_get_unchecked(4)?).map_err(bad)?,
        })
    };
    rows.iter().map(outline).collect()
}

/// See [`es_core::RetentionStore::storage`]. What removed rows leave is what the server has counted of them: it is free once the
/// server has cleaned up behind them.
pub(crate) async fn storage(connection: &mut PgConnection) -> Result<StorageFigures, Fault> {
    let (bytes, free, stubs, archive): (i64, i64, i64, Option<i64>) = sqlx::query_as(
        "SELECT (SELECT sum(pg_total_relation_size(name::regclass))::bigint \
           FROM unnest(ARRAY['es_event', 'es_stream', 'es_stub', 'es_log_head', 'es_subject_key']) AS t (name)), \
         coalesce((SELECT (pg_relation_size('es_event') * n_dead_tup / nullif(n_live_tup + n_dead_tup, 0))::bigint \
           FROM pg_stat_all_tables WHERE relid = 'es_event'::regclass), 0), \
         (SELECT count(*) FROM es_stub), \
         (SELECT pg_total_relation_size('es_archive') FROM es_archive LIMIT 1)",
    )
    .fetch_one(connection)
    .await?;
    Ok(StorageFigures {
        bytes: bytes.unsigned_abs(),
        free_bytes: free.unsigned_abs(),
        stubs: stubs.unsigned_abs(),
        archive_bytes: archive.map(i64::unsigned_abs),
    })
}
