//! `ledgerscope projections rebuild` and `reset`: how a build ended.

use std::collections::BTreeMap;

use es_core::{Domain, Violation};
use es_runtime::{RebuildOutcome, RebuildReport, RowDifference, TableChecksum};
use serde::Serialize;
use serde_json::Value;

use super::doctor::{by_column, cell, plain};
use super::failure::{Exit, Failure};
use super::output::{Output, printable};
use super::progress::grouped;
use crate::wire::AppError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RebuildJson {
    name: &'static str,
    /// `swapped`, or `refused`: the tables that were in use still are.
    outcome: &'static str,
    /// The tables that were in use before.
    from: Option<String>,
    to: String,
    /// Where it went on from, if it was resumed.
    resumed_at: Option<String>,
    events: String,
    rows: String,
    position: String,
    seconds: f64,
    /// Rows that differ from the former tables; nothing if there was nothing to compare with.
    differing_rows: Option<String>,
    /// The first of them.
    differences: Vec<DifferenceJson>,
    tables: Vec<TableJson>,
    /// Former tables at the same position; none if there was nothing to compare with.
    former_tables: Vec<TableJson>,
    violations: String,
    /// The first of them.
    violated: Vec<ViolationJson>,
    /// Whether a refused build can be gone on with.
    kept: bool,
}

#[derive(Serialize)]
struct DifferenceJson {
    table: &'static str,
    /// Cells by column; nothing if there was no such row.
    before: Option<Value>,
    /// Cells by column; nothing if there is no such row any more.
    after: Option<Value>,
}

#[derive(Serialize)]
struct TableJson {
    table: &'static str,
    rows: String,
    /// SHA-256 over the rows in the order of their keys.
    checksum: String,
}

#[derive(Serialize)]
pub(super) struct ViolationJson {
    invariant: &'static str,
    /// The table of the row that is wrong; nothing if it is the rows together.
    table: Option<&'static str>,
    key: Vec<Value>,
    code: &'static str,
    message: String,
    /// The numbers and names of the message.
    details: BTreeMap<&'static str, String>,
}

pub(super) fn violation(found: &Violation) -> ViolationJson {
    let (table, key) = match &found.row {
        Some((table, key)) => (Some(*table), key.iter().map(cell).collect()),
        None => (None, Vec::new()),
    };
    let es_core::Breach { code, message, details } = found.breach.clone();
    ViolationJson { invariant: found.invariant, table, key, code, message, details }
}

/// An invariant that does not hold, in one line.
pub(super) fn violation_line(found: &Violation) -> String {
    let row = found.row.as_ref().map(|(table, key)| {
        let key: Vec<_> = key.iter().map(plain).collect();
        format!(" ({table} {})", key.join(" / "))
    });
    printable(&format!("not true that {}: {}{}", found.invariant, found.breach.message, row.unwrap_or_default()))
}

pub(super) fn told(report: &RebuildReport, domain: &Domain, out: &mut Output) -> Result<Exit, Failure> {
    let (exit, kept) = match report.outcome {
        RebuildOutcome::Swapped => (Exit::Done, false),
        RebuildOutcome::Refused { kept, .. } => (Exit::Integrity, kept),
        RebuildOutcome::Cancelled { kept: false } => return Err(es_core::StoreError::Cancelled.into()),
        RebuildOutcome::Cancelled { kept: true } => {
            let message =
                format!("Stopped at position {}. What is built is kept, what is in use is as before.", report.position);
            let hint = format!("Go on with `ledgerscope projections rebuild {} --resume`.", report.projection);
            return Err(Failure::new(Exit::Stopped, AppError::new("cancelled", message, hint)));
        }
    };
    if out.json {
        out.object(&json(report, domain, kept))?;
    } else {
        for_people(report, domain, out)?;
    }
    Ok(exit)
}

fn json(report: &RebuildReport, domain: &Domain, kept: bool) -> RebuildJson {
    let row =
        |table, row: &Option<es_core::Row>| row.as_deref().map(|row| by_column(report.projection, table, row, domain));
    let difference = |found: &RowDifference| DifferenceJson {
        table: found.table,
        before: row(found.table, &found.before),
        after: row(found.table, &found.after),
    };
    let table = |found: &TableChecksum| TableJson {
        table: found.table,
        rows: found.rows.to_string(),
        checksum: found.checksum.to_hex(),
    };
    let compared = report.compared.as_ref();
    RebuildJson {
        name: report.projection,
        outcome: if report.is_swapped() { "swapped" } else { "refused" },
        from: report.from.map(|tables| tables.to_string()),
        to: report.to.to_string(),
        resumed_at: report.resumed_at.map(|position| position.to_string()),
        events: report.events.to_string(),
        rows: report.rows.to_string(),
        position: report.position.to_string(),
        seconds: report.elapsed.as_secs_f64(),
        differing_rows: compared.map(|compared| compared.differing_rows.to_string()),
        differences: compared.map(|compared| compared.sample.iter().map(difference).collect()).unwrap_or_default(),
        tables: report.tables.iter().map(table).collect(),
        former_tables: compared.map(|compared| compared.before.iter().map(table).collect()).unwrap_or_default(),
        violations: report.violations.total.to_string(),
        violated: report.violations.listed.iter().map(violation).collect(),
        kept,
    }
}

fn for_people(report: &RebuildReport, domain: &Domain, out: &mut Output) -> Result<(), Failure> {
    let (events, rows) = (grouped(report.events), grouped(report.rows));
    let (name, seconds) = (report.projection, report.elapsed.as_secs_f64());
    let resumed = report.resumed_at.map(|position| format!(", gone on from {position}")).unwrap_or_default();
    out.line(&format!("{name}: {events} events, {rows} rows, {seconds:.1} s, up to {}{resumed}", report.position))?;
    out.line(&match report.compared.as_ref().map(|compared| compared.differing_rows) {
        None => "There were no former tables to compare with.".to_owned(),
        Some(0) => "Every row is equal to the former tables.".to_owned(),
        Some(rows) => format!("{} rows differ from the former tables.", grouped(rows)),
    })?;
    let sample = report.compared.as_ref().map(|compared| &*compared.sample).unwrap_or_default();
    for difference in sample {
        out.line(&printable(&difference_line(name, difference, domain)))?;
    }
    for found in &report.violations.listed {
        out.line(&violation_line(found))?;
    }
    if report.is_swapped() {
        return Ok(());
    }
    out.line(&format!("The rebuilt {name} is NOT used; what was in use still is."))?;
    out.line(&format!(
        "If the tables in use are the wrong ones: ledgerscope projections rebuild {name} --accept-differences --resume"
    ))
}

fn difference_line(projection: &str, difference: &RowDifference, domain: &Domain) -> String {
    let told = |row: &es_core::Row| {
        let Value::Object(cells) = by_column(projection, difference.table, row, domain) else { return String::new() };
        let cells = cells.iter().map(|(name, cell)| format!("{name}={}", cell.as_str().unwrap_or("(empty)")));
        cells.collect::<Vec<_>>().join(" ")
    };
    let table = difference.table;
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("~ {table}: {}\n  was: {}", told(after), told(before)),
        (Some(before), None) => format!("- {table}: {}", told(before)),
        (None, Some(after)) => format!("+ {table}: {}", told(after)),
        (None, None) => String::new(),
    }
}
