//! Carries an action out on one backend, and tells the answer in a form that can be compared.

use es_core::{
    AppendError, Appended, Cell, Direction, EventReader, Position, ReadStream, StoreError, StreamInfo, StreamName,
    StreamOrder, StreamQuery, StreamVersion, WrittenEvent, limits,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::scenario::ParityAction;
use super::{Bench, normal};
use crate::commands::CommandEnvelope;
use crate::outcome::Outcome;
use crate::progress::NoProgress;
use crate::projections::{RebuildError, RebuildOutcome, RebuildReport, fold_at};

/// What a backend answers. Failures are answers, too.
pub(super) async fn of(action: &ParityAction, bench: &Bench<'_>, cancel: &CancellationToken) -> Value {
    match action {
        ParityAction::Execute(command) => execute(command, bench).await,
        ParityAction::Append(request) => appended(bench.backend.events.append(request.clone()).await),
        ParityAction::Drive => drive(bench, cancel).await,
        ParityAction::CatchUp => {
            let behind = bench.engine.catch_up(None, &NoProgress, cancel).await;
            told(
                behind.map_err(rebuild_failed),
                |behind| json!({ "behind": behind.iter().map(|one| one.projection).collect::<Vec<_>>() }),
            )
        }
        ParityAction::Rebuild(projection) => {
            let rebuilt = bench.engine.rebuild(projection, &NoProgress, cancel).await;
            told(rebuilt.map_err(rebuild_failed), |report| self::rebuilt(&report))
        }
        ParityAction::Doctor(projection) => {
            let report = bench.engine.doctor(projection, &NoProgress, cancel).await;
            let told_of = |report: crate::DoctorReport| {
                let [events, rows, differing, violations] =
                    [report.events, report.rows_checked, report.differing_rows, report.violations.total].map(text);
                json!({ "events": events, "rows": rows, "differing": differing, "violations": violations })
            };
            told(report.map_err(|error| failed("doctor", &error.to_string())), told_of)
        }
        ParityAction::Rows(projection) => rows(projection, bench, cancel).await,
        ParityAction::ReadStream { stream, from, direction, limit } => {
            let read = ReadStream { stream: stream.clone(), from: *from, direction: *direction, limit: *limit };
            read_stream(read, bench).await
        }
        ParityAction::StateAt { stream, version } => {
            told(state(stream, *version, bench).await, |state| json!({ "state": state }))
        }
        ParityAction::Streams => streams(bench).await,
        ParityAction::Log => log(bench, cancel).await,
        ParityAction::Advance(by) => {
            bench.clock.advance(*by);
            Value::Null
        }
    }
}

fn failed(code: &str, message: &str) -> Value {
    json!({ "error": code, "message": message })
}

fn store_failed(error: &StoreError) -> Value {
    json!({ "error": error.code() })
}

/// 64-bit numbers are text in JSON, as everywhere in this program.
fn text(number: u64) -> String {
    number.to_string()
}

fn told<T>(result: Result<T, Value>, tell: impl FnOnce(T) -> Value) -> Value {
    result.map_or_else(|failed| failed, tell)
}

fn written(events: &[WrittenEvent]) -> Vec<Value> {
    let one = |event: &WrittenEvent| json!([event.event_id, event.stream, text(event.version.get())]);
    events.iter().map(one).collect()
}

async fn execute(command: &CommandEnvelope, bench: &Bench<'_>) -> Value {
    let outcome = match bench.engine.execute(command).await {
        Ok(outcome) => outcome,
        Err(error) => return json!({ "error": error.code() }),
    };
    match outcome {
        Outcome::Executed { stream, appended, .. } => {
            json!({ "outcome": "executed", "stream": stream, "events": written(&appended.events) })
        }
        Outcome::AlreadyDone { stream, appended } => {
            json!({ "outcome": "already_done", "stream": stream, "events": written(&appended.events) })
        }
        Outcome::Rejected(rejection) => {
            let (code, message, details) = (rejection.code, rejection.message, rejection.details);
            json!({ "outcome": "rejected", "code": code, "message": message, "details": details })
        }
        Outcome::Conflict { stream, expected, actual, attempts } => {
            let [expected, actual] = [expected, actual].map(|version| text(version.get()));
            json!({ "outcome": "conflict", "stream": stream, "expected": expected, "actual": actual, "attempts": attempts })
        }
        Outcome::Unavailable(unavailable) => json!({ "outcome": "unavailable", "code": unavailable.code() }),
        Outcome::Invalid(error) => json!({ "outcome": "invalid", "message": error.to_string() }),
    }
}

/// A mismatch names a position, which is the backend's own.
fn appended(result: Result<Appended, AppendError>) -> Value {
    match result {
        Ok(appended) => json!({ "replayed": appended.replayed, "events": written(&appended.events) }),
        Err(AppendError::Store(error)) => store_failed(&error),
        Err(error @ AppendError::IdempotencyMismatch { .. }) => {
            let AppendError::IdempotencyMismatch { event_id, stream, .. } = &error else { return Value::Null };
            json!({ "error": error.code(), "eventId": event_id, "stream": stream })
        }
        Err(error) => failed(error.code(), &error.to_string()),
    }
}

/// How many commands were sent is not told: where turns are one append, there is nothing left to send.
async fn drive(bench: &Bench<'_>, cancel: &CancellationToken) -> Value {
    let driven = bench.engine.drive_processes_until_idle(cancel).await;
    told(driven.map_err(|error| failed("drive", &error.to_string())), |report| {
        let stuck: Vec<_> = report.stuck.iter().map(|stuck| &stuck.stream).collect();
        json!({ "stuck": stuck, "problem": report.problem.is_some(), "heldElsewhere": report.held_elsewhere })
    })
}

fn rebuild_failed(error: RebuildError) -> Value {
    failed("rebuild", &error.to_string())
}

fn rebuilt(report: &RebuildReport) -> Value {
    let outcome = match report.outcome {
        RebuildOutcome::Swapped => "swapped",
        RebuildOutcome::Cancelled { .. } => "cancelled",
        RebuildOutcome::Refused { .. } => "refused",
    };
    let differing = report.compared.as_ref().map(|compared| text(compared.differing_rows));
    json!({
        "outcome": outcome,
        "events": text(report.events),
        "rows": text(report.rows),
        "differing": differing,
        "violations": text(report.violations.total),
    })
}

async fn rows(projection: &'static str, bench: &Bench<'_>, cancel: &CancellationToken) -> Value {
    let folded = async {
        let log = normal::log(bench.backend.events.clone(), bench.start, cancel).await;
        let log = log.map_err(|error| store_failed(&error))?;
        let folded = fold_at(&log, bench.engine.domain(), projection, Position::MAX, &NoProgress, cancel).await;
        folded.map_err(rebuild_failed)
    };
    told(folded.await, |rows| {
        let cell = |cell: &Cell| match cell {
            Cell::Null => Value::Null,
            Cell::Int(number) => number.to_string().into(),
            Cell::Text(text) => text.as_str().into(),
        };
        let table = |table| {
            let all = rows.rows_of(table).map(|row| row.iter().map(cell).collect::<Value>());
            (table.name.to_owned(), all.collect::<Value>())
        };
        rows.tables().map(table).collect::<serde_json::Map<_, _>>().into()
    })
}

async fn read_stream(read: ReadStream, bench: &Bench<'_>) -> Value {
    let page = bench.backend.events.read_stream(read).await;
    told(page.map_err(|error| store_failed(&error)), |page| {
        let events: Vec<_> = page.events.iter().map(normal::event).collect();
        json!({ "events": events, "version": page.stream.map(|info| text(info.version.get())), "end": page.end })
    })
}

/// Folds a stream with its aggregate, from what the backend gives.
async fn state(stream: &StreamName, version: StreamVersion, bench: &Bench<'_>) -> Result<String, Value> {
    let domain = bench.engine.domain();
    let aggregate = domain.aggregate(stream.category()).ok_or_else(|| failed("state", "no such aggregate"))?;
    let (mut state, mut at) = (aggregate.initial(), StreamVersion::ZERO);
    while at < version {
        let limit = usize::try_from(version.get() - at.get()).unwrap_or(usize::MAX).min(limits::PAGE_EVENTS);
        let read = ReadStream { stream: stream.clone(), from: at, direction: Direction::Forward, limit };
        let page = bench.backend.events.read_stream(read).await.map_err(|error| store_failed(&error))?;
        for event in &page.events {
            at = event.version;
            let parts = domain.upcasters.upcast(event).map_err(|error| failed("state", &error.to_string()))?;
            for part in parts {
                let evolved = aggregate.evolve(&mut state, &part.event_type, &part.payload);
                evolved.map_err(|error| failed("state", &error.to_string()))?;
            }
        }
        if page.end || page.events.is_empty() {
            break;
        }
    }
    Ok(format!("{at}: {}", normal::text_of(&aggregate.state_json(&state))))
}

async fn streams(bench: &Bench<'_>) -> Value {
    let mut all = Vec::new();
    loop {
        let query = StreamQuery {
            category: None,
            contains: None,
            system: false,
            order: StreamOrder::Name,
            offset: all.len() as u64,
            limit: limits::PAGE_EVENTS,
        };
        match bench.backend.events.streams(&query).await {
            Err(error) => return store_failed(&error),
            Ok(page) if page.streams.is_empty() => break,
            Ok(page) => {
                all.extend(page.streams.iter().map(|StreamInfo { stream, version, last_event_type, .. }| {
                    json!([stream, text(version.get()), &**last_event_type])
                }));
            }
        }
    }
    all.into()
}

async fn log(bench: &Bench<'_>, cancel: &CancellationToken) -> Value {
    let read = async {
        let log = normal::log(bench.backend.events.clone(), bench.start, cancel).await?;
        let mut from = Position::ZERO;
        let mut events = Vec::new();
        loop {
            let page = log.read_all(es_core::ReadAll::forward(from, limits::PAGE_EVENTS)).await?;
            events.extend(page.events.iter().map(normal::event));
            from = page.next;
            if page.end {
                return Ok(events);
            }
        }
    };
    told(read.await.map_err(|error: StoreError| store_failed(&error)), Value::from)
}
