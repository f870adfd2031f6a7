//! `ledgerscope projections skip`, `skips`, `quarantine` and `rollback`.

use es_core::{Position, QuarantinedStream, StreamName};
use es_runtime::{Engine, SkippedEvent, UpkeepError};
use serde::Serialize;

use super::failure::{Exit, Failure};
use super::output::{Align, Output, Table, exact_time, printable, short_time};
use super::progress::grouped;
use super::projections::failed;
use crate::wire::AppError;

#[derive(Serialize)]
struct SkipsJson {
    skips: Vec<SkipJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SkipJson {
    name: String,
    position: String,
    stream: String,
    event_type: String,
    /// Why it could not be applied when it was decided.
    problem: String,
    actor: String,
    reason: String,
    decided_at: String,
    /// Position of the decision in the log.
    decision: String,
}

impl From<SkippedEvent> for SkipJson {
    fn from(skip: SkippedEvent) -> Self {
        Self {
            name: skip.projection,
            position: skip.position.to_string(),
            stream: skip.stream.to_string(),
            event_type: skip.event_type,
            problem: skip.problem,
            actor: skip.actor,
            reason: skip.reason,
            decided_at: exact_time(skip.decided_at),
            decision: skip.decision.to_string(),
        }
    }
}

#[derive(Serialize)]
struct QuarantineJson {
    streams: Vec<QuarantinedJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QuarantinedJson {
    stream: String,
    /// Its first event that is not applied.
    position: String,
    event_type: String,
    reason: String,
}

impl From<QuarantinedStream> for QuarantinedJson {
    fn from(aside: QuarantinedStream) -> Self {
        let QuarantinedStream { stream, position, event_type, reason } = aside;
        Self { stream: stream.to_string(), position: position.to_string(), event_type, reason }
    }
}

#[derive(Serialize)]
struct ReleasedJson {
    name: &'static str,
    stream: String,
    /// Events that were caught up.
    events: String,
}

#[derive(Serialize)]
struct RolledBackJson {
    name: &'static str,
    from: String,
    to: String,
    position: String,
}

pub(super) async fn skip(
    engine: &Engine,
    name: &str,
    position: u64,
    (actor, reason): (&str, &str),
    out: &mut Output,
) -> Result<(), Failure> {
    let skip = engine.skip(name, Position(position), actor, reason).await.map_err(refused)?;
    if out.json {
        return out.object(&SkipJson::from(skip));
    }
    let (event_type, stream, actor) = (&skip.event_type, &skip.stream, &skip.actor);
    let told = format!("{name} leaves out #{position} {event_type} of {stream}. Decided by {actor}: {}", skip.reason);
    out.line(&printable(&told))?;
    out.line(&format!("`ledgerscope projections catch-up` lets {name} go on."))
}

pub(super) async fn skips(engine: &Engine, name: &str, out: &mut Output) -> Result<(), Failure> {
    let skips = engine.skipped(name).await.map_err(refused)?;
    if out.json {
        return out.object(&SkipsJson { skips: skips.into_iter().map(Into::into).collect() });
    }
    if skips.is_empty() {
        return out.line(&format!("{name} leaves nothing out."));
    }
    let mut table = Table::new(&[
        ("POSITION", Align::Right),
        ("EVENT", Align::Left),
        ("STREAM", Align::Left),
        ("WHEN", Align::Left),
        ("WHO", Align::Left),
        ("WHY", Align::Left),
    ]);
    for skip in skips {
        let (position, stream) = (grouped(skip.position.get()), skip.stream.to_string());
        table.row(vec![position, skip.event_type, stream, short_time(skip.decided_at), skip.actor, skip.reason]);
    }
    out.table(&table)
}

pub(super) async fn quarantine(engine: &Engine, name: &str, out: &mut Output) -> Result<(), Failure> {
    let streams = engine.quarantined(name).await.map_err(refused)?;
    if out.json {
        return out.object(&QuarantineJson { streams: streams.into_iter().map(Into::into).collect() });
    }
    if streams.is_empty() {
        return out.line(&format!("{name} has set no stream aside."));
    }
    let mut table = Table::new(&[("STREAM", Align::Left), ("FROM", Align::Right), ("WHY", Align::Left)]);
    for aside in streams {
        table.row(vec![aside.stream.to_string(), grouped(aside.position.get()), aside.reason]);
    }
    out.table(&table)
}

pub(super) async fn release(engine: &Engine, name: &str, stream: &str, out: &mut Output) -> Result<(), Failure> {
    let stream = StreamName::new(stream).map_err(|error| {
        Failure::bad_input("bad_argument", crate::errors::sentence(&error.to_string()), "Name the stream as listed.")
    })?;
    let released = engine.release(name, &stream).await.map_err(refused)?;
    if out.json {
        let (name, events) = (released.projection, released.events.to_string());
        return out.object(&ReleasedJson { name, stream: stream.to_string(), events });
    }
    out.line(&printable(&format!("{stream} takes part again; {} events were caught up.", grouped(released.events))))
}

pub(super) async fn roll_back(engine: &Engine, name: &str, out: &mut Output) -> Result<(), Failure> {
    let back = engine.rollback(name).await.map_err(refused)?;
    let (from, to, position) = (back.from.to_string(), back.to.to_string(), back.position.to_string());
    if out.json {
        return out.object(&RolledBackJson { name: back.projection, from, to, position });
    }
    out.line(&format!("{name} uses the tables {to} again, up to position {position}; {from} are kept."))
}

pub(super) fn refused(error: UpkeepError) -> Failure {
    let message = crate::errors::sentence(&error.to_string());
    let (code, hint) = match error {
        UpkeepError::Rebuild(error) => return failed(error),
        UpkeepError::Append(error) => return error.into(),
        UpkeepError::BadReason { .. } => {
            return Failure::bad_input("bad_argument", message, "Say in some words why the event is left out.");
        }
        UpkeepError::NotHaltedAt { .. } => ("not_halted", "`ledgerscope projections status` tells where it is halted."),
        UpkeepError::NoFormerTables { .. } => ("no_former_tables", "Build it anew: `ledgerscope projections rebuild`."),
        UpkeepError::OtherCode { .. } => ("other_code", "Let it catch up, or use the program that filled them."),
        UpkeepError::NotQuarantined { .. } => {
            ("not_quarantined", "`ledgerscope projections quarantine` lists what is set aside.")
        }
        UpkeepError::NeedsRebuild { .. } => {
            ("needs_rebuild", "`ledgerscope projections rebuild --accept-differences`.")
        }
        UpkeepError::StillFails { .. } => {
            ("poison_event", "Mend what the event is about; it stays set aside until then.")
        }
    };
    Failure::new(Exit::Rejected, AppError::new(code, message, hint))
}
