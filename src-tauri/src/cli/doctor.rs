//! `ledgerscope projections doctor`.

use std::sync::Arc;

use es_core::{Cell, Domain};
use es_runtime::{DoctorError, DoctorReport, Engine, PartingKind, Progress, RowFault};
use serde::Serialize;
use serde_json::Value;

use super::desk::{self, Desk};
use super::failure::{Exit, Failure};
use super::output::{Output, printable};
use super::progress::{Meter, grouped};
use super::projections::failed;
use super::rebuild::{ViolationJson, violation, violation_line};
use crate::wire::AppError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportJson {
    name: &'static str,
    clean: bool,
    position: String,
    events: String,
    rows_checked: String,
    differing_rows: String,
    outlived_rows: String,
    /// The first of them.
    faults: Vec<FaultJson>,
    /// Invariants that do not hold of the stored rows.
    violations: String,
    /// The first of them.
    violated: Vec<ViolationJson>,
    /// Streams that are set aside, whose later events neither side has.
    quarantined: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FaultJson {
    table: &'static str,
    key: Vec<Value>,
    /// Cells by column; nothing if the row is missing.
    stored: Option<Value>,
    /// Cells by column; nothing if there should be no such row.
    expected: Option<Value>,
    /// The event where they part.
    event: Option<EventJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson {
    position: String,
    stream: String,
    event_type: String,
    /// `missed`: the stored row is right up to before this event. `lastWrite`: it never was; this event wrote the row last.
    kind: &'static str,
}

pub(super) async fn run(
    desk: &Desk,
    engine: &Engine,
    name: &str,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let domain = desk::domain()?;
    let telling = Arc::clone(meter);
    let sink = move |at: &Progress| telling.report(at.phase, at.done, at.total);
    let report = engine.doctor(name, &sink, &desk.stop).await.map_err(refused)?;
    meter.finish();
    if report.cancelled {
        return Err(es_core::StoreError::Cancelled.into());
    }
    if out.json {
        out.object(&json(&report, &domain))?;
    } else {
        for_people(&report, &domain, out)?;
    }
    Ok(if report.is_clean() { Exit::Done } else { Exit::Integrity })
}

fn json(report: &DoctorReport, domain: &Domain) -> ReportJson {
    let event = |fault: &RowFault| {
        fault.parting.as_ref().map(|parting| EventJson {
            position: parting.position.to_string(),
            stream: parting.stream.to_string(),
            event_type: parting.event_type.to_string(),
            kind: match parting.kind {
                PartingKind::Missed => "missed",
                PartingKind::LastWrite => "lastWrite",
            },
        })
    };
    let fault = |fault: &RowFault| FaultJson {
        table: fault.table,
        key: fault.key.iter().map(cell).collect(),
        stored: fault.stored.as_deref().map(|row| by_column(report.projection, fault.table, row, domain)),
        expected: fault.expected.as_deref().map(|row| by_column(report.projection, fault.table, row, domain)),
        event: event(fault),
    };
    ReportJson {
        name: report.projection,
        clean: report.is_clean(),
        position: report.position.to_string(),
        events: report.events.to_string(),
        rows_checked: report.rows_checked.to_string(),
        differing_rows: report.differing_rows.to_string(),
        outlived_rows: report.outlived_rows.to_string(),
        faults: report.faults.iter().map(fault).collect(),
        violations: report.violations.total.to_string(),
        violated: report.violations.listed.iter().map(violation).collect(),
        quarantined: report.quarantined.to_string(),
    }
}

/// Whole numbers as strings, like everywhere.
pub(super) fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => Value::String(number.to_string()),
        Cell::Text(text) => Value::String(text.clone()),
    }
}

fn columns(projection: &str, table: &str, domain: &Domain) -> Vec<&'static str> {
    let tables = domain.projection(projection).map(|found| found.tables()).unwrap_or_default();
    let table = tables.iter().find(|one| one.name == table);
    table.map(|found| found.columns.iter().map(|column| column.name).collect()).unwrap_or_default()
}

pub(super) fn by_column(projection: &str, table: &str, row: &[Cell], domain: &Domain) -> Value {
    let named = columns(projection, table, domain).into_iter().zip(row);
    Value::Object(named.map(|(name, value)| (name.to_owned(), cell(value))).collect())
}

fn for_people(report: &DoctorReport, domain: &Domain, out: &mut Output) -> Result<(), Failure> {
    let (rows, events) = (grouped(report.rows_checked), grouped(report.events));
    out.line(&format!(
        "{}: {rows} rows compared with a fresh replay of {events} events, up to position {}.",
        report.projection, report.position
    ))?;
    if report.quarantined > 0 {
        let set_aside = grouped(report.quarantined);
        out.line(&format!("Without the later events of {set_aside} streams, which are set aside."))?;
    }
    if report.outlived_rows > 0 {
        let outlived = grouped(report.outlived_rows);
        out.line(&format!("{outlived} rows are of events that were hidden since; a rebuild would leave them out."))?;
    }
    for found in &report.violations.listed {
        out.line(&violation_line(found))?;
    }
    if report.is_clean() {
        return out.line("Every row is what the events make of it.");
    }
    for fault in &report.faults {
        let key: Vec<_> = fault.key.iter().map(plain).collect();
        out.line(&printable(&format!("{} {}: {}", fault.table, key.join(" / "), difference(report, fault, domain))))?;
        if let Some(parting) = &fault.parting {
            let what = match parting.kind {
                PartingKind::Missed => "it missed event",
                PartingKind::LastWrite => "no event made it so; the last to write it was",
            };
            let (position, event_type, stream) = (parting.position, &parting.event_type, &parting.stream);
            out.line(&printable(&format!("    {what} #{position} {event_type} in {stream}")))?;
        }
    }
    let more = report.differing_rows.saturating_sub(report.faults.len() as u64);
    if more > 0 {
        out.line(&format!("and {} more", grouped(more)))?;
    }
    if report.differing_rows == 0 {
        return out.line("The rows are what the events make of them: a rebuild would make the same. Report this.");
    }
    out.line(&format!(
        "Build it anew: ledgerscope projections rebuild {} --accept-differences. The events are not at fault.",
        report.projection
    ))
}

fn difference(report: &DoctorReport, fault: &RowFault, domain: &Domain) -> String {
    match (&fault.stored, &fault.expected) {
        (None, _) => "the row is missing".to_owned(),
        (_, None) => "there should be no such row".to_owned(),
        (Some(stored), Some(expected)) => {
            let names = columns(report.projection, fault.table, domain);
            let cells = names.iter().zip(stored.iter().zip(expected)).filter(|(_, (is, should))| is != should);
            let told = cells.map(|(name, (is, should))| format!("{name} is {}, not {}", plain(is), plain(should)));
            told.collect::<Vec<_>>().join(", ")
        }
    }
}

pub(super) fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => "empty".to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
    }
}

fn refused(error: DoctorError) -> Failure {
    let message = crate::errors::sentence(&error.to_string());
    match error {
        DoctorError::Replay(error) => failed(error),
        DoctorError::KeptMoving { .. } => {
            let error = AppError::new("kept_moving", message, "Close the other window or program, or try again.");
            Failure::new(Exit::Conflict, error.retryable())
        }
        _ => {
            Failure::bad_input("nothing_to_examine", message, "`ledgerscope projections status` tells where it stands.")
        }
    }
}
