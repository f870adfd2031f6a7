//! Truncating, closing and scavenging: what the append lane does for it, and what is read.

use std::path::Path;
use std::time::{Duration, Instant};

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
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use crate::archive::{Archive, archive_path};
use crate::error::{Fault, shown};
use crate::open::OpenOptions;
use crate::rows::{Decoder, column, counter, event_columns, hash, id, text, time};
use crate::write::{Together, append_in, begin};

/// What came of a change: the answer, and the log's head if something was written.
pub(crate) type Changed = Result<(Appended, Position), RetainError>;

/// Events that are in the archive, to be removed from the store.
pub(crate) struct Removal {
    pub positions: Vec<Position>,
    /// What is recorded of it.
    pub record: NewEvent,
    /// Version of the record's stream that this was decided on.
    pub decided_on: StreamVersion,
    pub observer: Option<StageObserver>,
}

/// See [`es_core::RetentionStore::retain`].
pub(crate) fn retain(
    connection: &Connection,
    change: &RetentionChange,
    now: DateTime<Utc>,
    patience: Duration,
) -> Result<Changed, Fault> {
    let transaction = begin(connection, patience)?;
    let mut cuts = Vec::new();
    for cut in &change.truncate {
        match check_cut(cut, head_of(&transaction, &cut.stream)?) {
            Ok(before) => cuts.extend(before.map(|before| (&cut.stream, before))),
            Err(refused) => return Ok(Err(refused)),
        }
    }
    for name in &change.close {
        if let Err(refused) = check_stream(name, head_of(&transaction, name)?) {
            return Ok(Err(refused));
        }
    }
    let events = change.record.iter().enumerate().map(|(index, event)| change.by.record(index, event)).collect();
    let recorded = match record(&transaction, events, change.decided_on, now)? {
        Ok(recorded) if recorded.0.replayed => return Ok(Ok(recorded)),
        Ok(recorded) => recorded,
        Err(refused) => return Ok(Err(refused.into())),
    };
    for (name, before) in cuts {
        let values = params![name.as_str(), column(before.get())];
        changes_one(&transaction, "UPDATE es_stream SET truncated_before = ?2 WHERE stream_name = ?1", values)?;
    }
    for name in &change.close {
        let values = params![name.as_str(), now.timestamp_micros()];
        let sql = "UPDATE es_stream SET closed_at = coalesce(closed_at, ?2) WHERE stream_name = ?1";
        changes_one(&transaction, sql, values)?;
    }
    transaction.commit()?;
    Ok(Ok(recorded))
}

fn changes_one(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), Fault> {
    match connection.prepare_cached(sql)?.execute(values)? {
        1 => Ok(()),
        other => Err(Fault::Damaged(format!("{other} heads of a stream instead of one"))),
    }
}

/// Appends what is recorded, without committing it.
fn record(
    transaction: &Transaction<'_>,
    events: Vec<NewEvent>,
    decided_on: StreamVersion,
    now: DateTime<Utc>,
) -> Result<Result<(Appended, Position), AppendError>, Fault> {
    let request = AppendRequest::to_stream(stream(), ExpectedVersion::Exact(decided_on), events);
    let timed = TimedRequest { request: &request, recorded_at: None, examined: None };
    let mut written = append_in(transaction, &[timed], now, Together::AllOrNothing)?;
    let head = written.head;
    let outcome = written.outcomes.pop().unwrap_or(Err(AppendError::Store(es_core::StoreError::Closed)));
    Ok(outcome.map(|appended| (appended, head)))
}

/// Version and first visible version of a stream.
fn head_of(connection: &Connection, stream: &StreamName) -> Result<Option<(StreamVersion, StreamVersion)>, Fault> {
    let sql = "SELECT version, truncated_before FROM es_stream WHERE stream_name = ?1";
    let found: Option<(i64, i64)> = connection
        .prepare_cached(sql)?
        .query_row([stream.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let version = |number: i64| StreamVersion(number.unsigned_abs());
    Ok(found.map(|(last, truncated_before)| (version(last), version(truncated_before))))
}

/// The first, slow half of a batch: collects hidden events and puts them into the archive, synced. Changes nothing in the
/// store. Returns the events with whether there may be more.
pub(crate) fn archive_batch(
    connection: &Connection,
    store: &Path,
    options: &OpenOptions,
    request: &ScavengeRequest,
) -> Result<(Vec<RecordedEvent>, bool), Fault> {
    let (events, more) = hidden(connection, request)?;
    if events.is_empty() {
        return Ok((events, more));
    }
    for event in &events {
        if expected_content_hash(event) != event.content_hash {
            let (position, stream) = (event.position, &event.stream);
            return Err(Fault::Damaged(format!(
                "event {} of {stream} (position {position}) is not as it was written; it is not archived, nothing was removed",
                event.version
            )));
        }
    }
    let archive = Archive::open_for_writing(store, options)?;
    archive.check_belongs_to(connection)?;
    archive.keep(&events, || tell(request.observer.as_ref(), ScavengeStage::Copied))?;
    tell(request.observer.as_ref(), ScavengeStage::Archived);
    Ok((events, more))
}

fn tell(observer: Option<&StageObserver>, stage: ScavengeStage) {
    if let Some(observer) = observer {
        observer(stage);
    }
}

/// Payload and metadata, in bytes.
pub(crate) fn bytes_of(event: &RecordedEvent) -> u64 {
    (event.payload.as_bytes().len() + event.metadata.len()) as u64
}

/// Truncated events of the request's streams, up to its limits.
fn hidden(connection: &Connection, request: &ScavengeRequest) -> Result<(Vec<RecordedEvent>, bool), Fault> {
    let started = Instant::now();
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        event_columns!(),
        " FROM es_event INDEXED BY es_event_by_stream WHERE stream_name = ?1 AND stream_version < ?2 \
         ORDER BY stream_version"
    ))?;
    let (mut events, mut bytes, mut decoder) = (Vec::new(), 0, Decoder::default());
    for cut in &request.cuts {
        let Some((version, truncated_before)) = head_of(connection, &cut.stream)? else { continue };
        let before = cut.before.min(truncated_before).min(version);
        let mut rows = statement.query(params![cut.stream.as_str(), column(before.get())])?;
        while let Some(row) = rows.next()? {
            let event = decoder.event(row)??;
            bytes += bytes_of(&event);
            let limits = &request.limits;
            let enough = bytes > limits.bytes || started.elapsed() > limits.time;
            if events.len() >= limits.events.max(1) || (enough && !events.is_empty()) {
                return Ok((events, true));
            }
            events.push(event);
        }
    }
    Ok((events, false))
}

/// The second, short half: stubs in, events out, record written, all in one transaction.
pub(crate) fn remove(
    connection: &Connection,
    removal: &Removal,
    now: DateTime<Utc>,
    patience: Duration,
) -> Result<Changed, Fault> {
    let transaction = begin(connection, patience)?;
    let present = head_of(&transaction, &stream())?.map_or(StreamVersion::ZERO, |(version, _)| version);
    if present != removal.decided_on {
        // Somebody placed a hold, or was faster. Found out before the work, and again by the append.
        let (expected, actual) = (ExpectedVersion::Exact(removal.decided_on), present);
        return Ok(Err(AppendError::WrongExpectedVersion { stream: stream(), expected, actual }.into()));
    }
    let observer = removal.observer.as_ref();
    transaction.execute("INSERT INTO es_scavenge (one) VALUES (1)", [])?;
    each_position(
        &transaction,
        "INSERT INTO es_stub (position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash) \
         SELECT position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash FROM es_event \
         WHERE position = ?1",
        &removal.positions,
    )?;
    tell(observer, ScavengeStage::Stubbed);
    each_position(&transaction, "DELETE FROM es_event WHERE position = ?1", &removal.positions)?;
    transaction.execute("DELETE FROM es_scavenge", [])?;
    tell(observer, ScavengeStage::Removed);
    let recorded = match record(&transaction, vec![removal.record.clone()], removal.decided_on, now)? {
        Ok(recorded) => recorded,
        Err(refused) => return Ok(Err(refused.into())),
    };
    transaction.commit()?;
    tell(observer, ScavengeStage::Committed);
    Ok(Ok(recorded))
}

fn each_position(connection: &Connection, sql: &str, positions: &[Position]) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    for position in positions {
        if statement.execute([column(position.get())])? != 1 {
            return Err(Fault::Damaged(format!("the event at position {position} was not there to be scavenged")));
        }
    }
    Ok(())
}

/// What a batch records.
pub(crate) fn record_of(events: &[RecordedEvent], store: &Path) -> Option<(RetentionEvent, ScavengedSpan)> {
    let positions = || events.iter().map(|event| event.position);
    let span = ScavengedSpan { first: positions().min()?, last: positions().max()? };
    let archive = archive_path(store).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (events, bytes) = (events.len() as u64, events.iter().map(bytes_of).sum());
    Some((RetentionEvent::EventsScavenged { events, bytes, first: span.first, last: span.last, archive }, span))
}

const STUB_COLUMNS: &str = "position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash";

/// Decodes a row of [`STUB_COLUMNS`]; the reason if it is not a stub.
pub(crate) fn stub_of_row(row: &Row<'_>) -> Result<Result<EventStub, String>, rusqlite::Error> {
    let values = (
        row.get_ref(0)?,
        row.get_ref(1)?,
        row.get_ref(2)?,
        row.get_ref(3)?,
        row.get_ref(4)?,
        row.get_ref(5)?,
        row.get_ref(6)?,
    );
    let read = || -> Result<EventStub, String> {
        let (position, name, version, event_id, recorded_at, content, chain) = values;
        let bad = |column: &'static str| move |reason: &str| format!("{column} of the stub {reason}");
        let name = text(name).map_err(bad("stream_name"))?;
        Ok(EventStub {
            position: Position(counter(position).map_err(bad("position"))?),
            stream: StreamName::new(name).map_err(|error| bad("stream_name")(&format!("is unusable: {error}")))?,
            version: StreamVersion(counter(version).map_err(bad("stream_version"))?),
            event_id: id(event_id).map_err(bad("event_id"))?,
            recorded_at: time(recorded_at).map_err(bad("recorded_at"))?,
            content_hash: hash(content).map_err(bad("content_hash"))?,
            chain_hash: hash(chain).map_err(bad("chain_hash"))?,
        })
    };
    Ok(read())
}

/// Stubs that a condition selects.
pub(crate) fn select_stubs(
    connection: &Connection,
    condition: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<EventStub>, Fault> {
    let mut statement = connection.prepare_cached(&format!("SELECT {STUB_COLUMNS} FROM es_stub WHERE {condition}"))?;
    let mut rows = statement.query(values)?;
    let mut stubs = Vec::new();
    while let Some(row) = rows.next()? {
        stubs.push(stub_of_row(row)?.map_err(Fault::Damaged)?);
    }
    Ok(stubs)
}

/// See [`es_core::RetentionStore::stubs`].
pub(crate) fn stubs(connection: &Connection, store: &Path, after: Position, limit: usize) -> Result<StubPage, Fault> {
    let limit = limit.min(limits::PAGE_EVENTS);
    let values = params![column(after.get()), column(limit as u64 + 1)];
    let mut stubs = select_stubs(connection, "position > ?1 ORDER BY position LIMIT ?2", values)?;
    let end = stubs.len() <= limit;
    stubs.truncate(limit);
    Ok(StubPage { stubs, end, archive: shown(&archive_path(store)) })
}

/// See [`es_core::RetentionStore::read_stubs`].
pub(crate) fn read_stubs(connection: &Connection, positions: &[Position]) -> Result<Vec<EventStub>, Fault> {
    let mut stubs = Vec::new();
    for position in positions {
        stubs.extend(select_stubs(connection, "position = ?1", [column(position.get())])?);
    }
    Ok(stubs)
}

/// See [`es_core::RetentionStore::stub_by_id`].
pub(crate) fn stub_by_id(connection: &Connection, event_id: Uuid) -> Result<Option<EventStub>, Fault> {
    Ok(select_stubs(connection, "event_id = ?1", [event_id.as_bytes()])?.pop())
}

/// See [`es_core::RetentionStore::read_archived`].
pub(crate) fn read_archived(
    connection: &Connection,
    store: &Path,
    options: &OpenOptions,
    positions: &[Position],
) -> Result<Vec<RecordedEvent>, Fault> {
    let Some(archive) = Archive::open_for_reading(store, options)? else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for stub in read_stubs(connection, positions)? {
        events.extend(archive.event_of(&stub)?);
    }
    Ok(events)
}

/// The lowest and the highest stub after `low` up to and including `high`.
pub(crate) fn span(connection: &Connection, low: i64, high: i64) -> Result<Option<ScavengedSpan>, Fault> {
    let edge = |order: &str| -> Result<Option<Position>, Fault> {
        let sql = format!(
            "SELECT position FROM es_stub WHERE position > ?1 AND position <= ?2 ORDER BY position {order} LIMIT 1"
        );
        let found: Option<i64> =
            connection.prepare_cached(&sql)?.query_row([low, high], |row| row.get(0)).optional()?;
        Ok(found.map(|position| Position(position.unsigned_abs())))
    };
    let Some(first) = edge("ASC")? else { return Ok(None) };
    Ok(edge("DESC")?.map(|last| ScavengedSpan { first, last }))
}

/// See [`es_core::RetentionStore::outline`].
pub(crate) fn outline(
    connection: &Connection,
    stream: &StreamName,
    after: StreamVersion,
) -> Result<Vec<EventOutline>, Fault> {
    // octet_length() reads the length of a text, not the text.
    let mut statement = connection.prepare_cached(
        "SELECT stream_version, position, recorded_at, event_type, octet_length(payload) + octet_length(metadata) \
         FROM es_event INDEXED BY es_event_by_stream WHERE stream_name = ?1 AND stream_version > ?2 \
         ORDER BY stream_version LIMIT ?3",
    )?;
    let mut rows =
        statement.query(params![stream.as_str(), column(after.get()), column(limits::PAGE_EVENTS as u64)])?;
    let mut outlines = Vec::new();
    let bad = |reason: &str| Fault::Damaged(format!("an event of stream {stream}: {reason}"));
    while let Some(row) = rows.next()? {
        outlines.push(EventOutline {
            version: StreamVersion(counter(row.get_ref(0)?).map_err(bad)?),
            position: Position(counter(row.get_ref(1)?).map_err(bad)?),
            recorded_at: time(row.get_ref(2)?).map_err(bad)?,
            event_type: text(row.get_ref(3)?).map_err(bad)?.into(),
            bytes: counter(row.get_ref(4)?).map_err(bad)?,
        });
    }
    Ok(outlines)
}

/// See [`es_core::RetentionStore::storage`].
pub(crate) fn storage(connection: &Connection, store: &Path) -> Result<StorageFigures, Fault> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
    let page = number("PRAGMA page_size")?;
    Ok(StorageFigures {
        bytes: number("PRAGMA page_count")? * page,
        free_bytes: number("PRAGMA freelist_count")? * page,
        stubs: number("SELECT count(*) FROM es_stub")?,
        archive_bytes: std::fs::metadata(archive_path(store)).ok().map(|found| found.len()),
    })
}
