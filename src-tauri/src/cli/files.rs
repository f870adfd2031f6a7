//! `ledgerscope export` and `ledgerscope import`.

use std::sync::Arc;

use es_core::{EventReader, EventStore};
use es_runtime::{CancellationToken, FileFormat, Progress};
use serde::Serialize;

use super::args::{Export, Format, Import};
use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::output::{Output, printable};
use super::progress::{Meter, grouped};
use crate::composition::{self, Access};
use crate::connections::Chosen;
use crate::files::{self, Imported, Outgoing};
use crate::journal::Journal;
use crate::wire::AppError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportJson {
    file: String,
    events: String,
    bytes: String,
    sha256: String,
    /// The log's last position when it began.
    through: String,
    /// Streams of which earlier events are not in the file.
    partial_streams: String,
    /// Scavenged events whose archive is not there.
    scavenged: String,
    /// Events on which the condition could not be evaluated.
    undecided: String,
    first_undecided: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportJson {
    /// `imported` or `cancelled`.
    outcome: &'static str,
    file: String,
    events: String,
    /// Those that the store had before.
    already: String,
    imported: String,
    /// Whether the store holds the file's events and no others.
    equal: bool,
    /// Whether positions, times and hashes are the same, too.
    identical: bool,
    /// What the store keeps otherwise than the file has it.
    notes: Vec<String>,
    /// The first differences.
    differences: Vec<String>,
}

fn failure(error: AppError) -> Failure {
    let exit = match error.code.as_str() {
        "cancelled" => Exit::Stopped,
        "file_exists" | "file_unreadable" | "bad_export_file" | "partial_streams" => Exit::BadInput,
        "copy_conflict" | "copy_interleaved" => Exit::Conflict,
        "copy_refused" => Exit::Rejected,
        "store_damaged" => Exit::Integrity,
        _ => Exit::Unavailable,
    };
    Failure::new(exit, error)
}

fn words(phase: &str) -> &str {
    match phase {
        "read" => "read from the file",
        "examined" => "compared with the store",
        "copied" => "imported",
        "compared" => "verified",
        other => other,
    }
}

pub(super) async fn export(
    (chosen, journal): (&Chosen, Journal),
    asked: Export,
    stop: CancellationToken,
    meter: &Meter,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let desk = Desk::look(chosen, stop.clone()).await?;
    let selected = asked.filters.selected(&desk).await?;
    let reader: Arc<dyn EventReader> = desk.events.clone();
    let outgoing = Outgoing {
        reader,
        store: chosen.target.to_string(),
        query: asked.filters.query(),
        filter: selected.filter,
        sieve: selected.sieve,
        format: match asked.format {
            Format::Ndjson => FileFormat::Ndjson,
            Format::Csv => FileFormat::Csv,
        },
        path: asked.into.clone(),
        replace: asked.replace,
    };
    let told = |progress: &Progress| meter.report(words(progress.phase), progress.done, progress.total);
    let ended = files::export(outgoing, &journal, &told, &stop).await;
    meter.finish();
    let report = ended.map_err(failure)?;
    let undecided = report.first_undecided.map(|(position, problem)| format!("position {position}: {problem}"));
    if out.json {
        out.object(&ExportJson {
            file: asked.into.display().to_string(),
            events: report.events.to_string(),
            bytes: report.bytes.to_string(),
            sha256: report.sha256.to_hex(),
            through: report.through.to_string(),
            partial_streams: report.partial_streams.to_string(),
            scavenged: report.scavenged.to_string(),
            undecided: report.undecided.to_string(),
            first_undecided: undecided,
        })?;
        return Ok(Exit::Done);
    }
    let (events, bytes) = (grouped(report.events), grouped(report.bytes));
    out.line(&format!("Exported {events} events ({bytes} bytes) up to position {}.", report.through))?;
    out.line(&format!("SHA-256 {}", report.sha256.to_hex()))?;
    if report.partial_streams > 0 {
        let streams = grouped(report.partial_streams);
        out.line(&format!("Of {streams} streams earlier events are not in the file: an import has to renumber them."))?;
    }
    if report.scavenged > 0 {
        let scavenged = grouped(report.scavenged);
        out.line(&format!("{scavenged} scavenged events are not in the file: their archive is not there."))?;
    }
    if let Some(first) = undecided {
        let undecided = grouped(report.undecided);
        let told = format!("On {undecided} events the condition could not be evaluated, first at {first}");
        out.line(&printable(&told))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn import(
    (chosen, journal): (&Chosen, Journal),
    asked: Import,
    stop: &CancellationToken,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let events = composition::open_events(chosen, Access::Create).await?;
    let refused = composition::read_only_reason(chosen, &*events);
    composition::writable(chosen, refused.as_deref()).map_err(Failure::unavailable)?;
    let target: Arc<dyn EventStore> = events.clone();
    let teller = Arc::clone(meter);
    let told = move |progress: &Progress| teller.report(words(progress.phase), progress.done, progress.total);
    let file = (asked.file.clone(), asked.renumber);
    let ended = files::import(file, (target, chosen.target.to_string()), &journal, Arc::new(told), stop).await;
    meter.finish();
    events.close().await;
    let Imported { events, report } = ended.map_err(failure)?;
    let comparison = report.comparison.clone().unwrap_or_default();
    let equal = report.comparison.as_ref().is_some_and(es_runtime::CopyComparison::equal);
    let notes: Vec<String> =
        report.notes.iter().map(|(kind, note)| format!("{}: {}", grouped(note.count), kind.told())).collect();
    let differences: Vec<String> = comparison.differences.iter().map(|found| found.message.clone()).collect();
    if out.json {
        out.object(&ImportJson {
            outcome: if report.cancelled { "cancelled" } else { "imported" },
            file: asked.file.display().to_string(),
            events: events.to_string(),
            already: report.already.to_string(),
            imported: report.copied.to_string(),
            equal,
            identical: equal && comparison.identical(),
            notes,
            differences,
        })?;
    } else {
        let (imported, already) = (grouped(report.copied), grouped(report.already));
        if report.cancelled {
            out.line(&format!(
                "Stopped: {imported} events are imported, {already} were there. Run it again to go on."
            ))?;
        } else {
            out.line(&format!("Imported {imported} events; {already} were there. The file has {}.", grouped(events)))?;
        }
        notes.iter().try_for_each(|note| out.line(note))?;
        if equal {
            let identical = if comparison.identical() { " Positions, times and hashes are the same, too." } else { "" };
            out.line(&format!("Equal: the store holds the file's events.{identical}"))?;
        } else if !report.cancelled {
            out.line("NOT EQUAL:")?;
        }
        differences.iter().try_for_each(|difference| out.line(&printable(difference)))?;
    }
    Ok(match (report.cancelled, equal) {
        (true, _) => Exit::Stopped,
        (false, true) => Exit::Done,
        (false, false) => Exit::Integrity,
    })
}
