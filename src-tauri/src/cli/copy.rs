//! `ledgerscope copy`.

use std::sync::Arc;

use es_core::{AppendError, EventReader, EventStore, HostedStore, StoreError};
use es_runtime::{CopiedKeys, CopyComparison, CopyError, CopyNote, CopyNoteKind, CopyReport, Progress, StoreCopy};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::args::Copy;
use super::choose::Counter;
use super::failure::{Exit, Failure, exit_of};
use super::output::{Align, Output, Table, printable};
use super::progress::{Meter, grouped};
use crate::composition::{self, Access};
use crate::connections::{Chosen, Target};
use crate::demo;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CopyJson {
    /// `copied`, `planned`, `compared`, `would_leave_out` (nothing was written) or `cancelled`.
    outcome: &'static str,
    from: String,
    to: String,
    /// The source's last position when it began.
    until: String,
    /// Events of a full copy.
    events: String,
    bytes: String,
    streams: String,
    /// Of these events, those that the target had before.
    already: String,
    /// Those that were written now.
    copied: String,
    seconds: f64,
    /// What is not in the target as it is in the source.
    notes: Vec<NoteJson>,
    keys: Option<KeysJson>,
    /// Both sides, event by event; nothing if they were not compared.
    comparison: Option<ComparisonJson>,
}

#[derive(Serialize)]
struct NoteJson {
    kind: CopyNoteKind,
    told: &'static str,
    /// Whether events of clients are missing.
    loss: bool,
    count: String,
    /// The first ones.
    examples: Vec<ExampleJson>,
}

#[derive(Serialize)]
struct ExampleJson {
    /// Position in the source; nothing for a stream.
    position: Option<String>,
    stream: String,
    version: String,
    detail: String,
}

#[derive(Serialize)]
struct KeysJson {
    subjects: String,
    copied: String,
    already: String,
    erased: String,
    other: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparisonJson {
    equal: bool,
    /// Positions, times and hashes, too.
    identical: bool,
    events: String,
    streams: String,
    keys: String,
    /// The first ones.
    differences: Vec<DifferenceJson>,
    total_differences: String,
    ended_early: bool,
    source_chain_hash: Option<String>,
    target_chain_hash: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferenceJson {
    kind: es_runtime::CopyDifferenceKind,
    stream: String,
    event_id: Option<Uuid>,
    source_position: Option<String>,
    target_position: Option<String>,
    message: String,
}

/// The two ends of a copy.
struct Ends {
    from: Chosen,
    to: Chosen,
    source: Arc<dyn HostedStore>,
    target: Arc<dyn HostedStore>,
    /// A store that stands in for one that is not there yet.
    stand_in: Option<Chosen>,
}

pub(super) async fn run(
    counter: &Counter,
    store: Option<&str>,
    asked: Copy,
    stop: CancellationToken,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let ends = Ends::open(counter, store, &asked).await?;
    let ended = copy(&ends, &asked, &stop, meter).await;
    meter.finish();
    ends.close().await;
    let outcome = match &ended {
        Err(CopyError::WouldLeaveOut(_)) => "would_leave_out",
        Ok(report) if report.cancelled => "cancelled",
        _ if asked.plan => "planned",
        _ if asked.verify_only => "compared",
        _ => "copied",
    };
    let report = match ended {
        Err(CopyError::WouldLeaveOut(report)) => *report,
        ended => ended.map_err(Failure::from)?,
    };
    if out.json {
        out.object(&json(outcome, &ends, &report))?;
    } else {
        for_people(outcome, &report, out)?;
    }
    if outcome == "would_leave_out" && !out.json {
        return Err(CopyError::WouldLeaveOut(Box::new(report)).into());
    }
    Ok(match outcome {
        "would_leave_out" => Exit::Rejected,
        "cancelled" => Exit::Stopped,
        _ if report.comparison.as_ref().is_some_and(|comparison| !comparison.equal()) => Exit::Integrity,
        _ => Exit::Done,
    })
}

impl Ends {
    async fn open(counter: &Counter, store: Option<&str>, asked: &Copy) -> Result<Self, Failure> {
        let from = counter.choose(asked.from.as_deref().or(store)).await?;
        let to = counter.choose(Some(&asked.to)).await?;
        if from.target == to.target {
            let message = format!("{} would be copied into itself.", from.name());
            return Err(Failure::bad_input("same_store", message, "Name two different stores."));
        }
        let writes = !asked.plan && !asked.verify_only;
        if writes {
            counter.confirm_writing(&to).await?;
        }
        let source = composition::open_events(&from, Access::Read).await?;
        let access = if writes { Access::Create } else { Access::Read };
        let mut stand_in = None;
        let target = match composition::open_events(&to, access).await {
            Err(StoreError::NotFound { .. }) if asked.plan => {
                let file = std::env::temp_dir().join(format!("ledgerscope-plan-{}", Uuid::new_v4()));
                let empty = stand_in.insert(Chosen::file(file));
                composition::open_events(empty, Access::Create).await?
            }
            opened => opened?,
        };
        if writes {
            let reason = composition::read_only_reason(&to, &*target);
            composition::writable(&to, reason.as_deref()).map_err(Failure::unavailable)?;
        }
        Ok(Self { from, to, source, target, stand_in })
    }

    async fn close(&self) {
        self.source.close().await;
        self.target.close().await;
        if let Some(Target::Sqlite { path }) = self.stand_in.as_ref().map(|chosen| &chosen.target) {
            demo::remove(path);
        }
    }
}

async fn copy(
    ends: &Ends,
    asked: &Copy,
    stop: &CancellationToken,
    meter: &Arc<Meter>,
) -> Result<CopyReport, CopyError> {
    let (source, target): (Arc<dyn EventReader>, Arc<dyn EventStore>) = (ends.source.clone(), ends.target.clone());
    let mut copy = StoreCopy::new(source, target);
    if asked.with_keys {
        copy = copy.with_keys(ends.source.subject_keys());
    }
    if asked.leave_out {
        copy = copy.leaving_out();
    }
    let telling = Arc::clone(meter);
    let told = move |progress: &Progress| telling.report(progress.phase, progress.done, progress.total);
    if asked.plan {
        copy.plan(&told, stop).await
    } else if asked.verify_only {
        copy.verify(&told, stop).await
    } else {
        copy.run(&told, stop).await
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        let exit = match &error {
            CopyError::Store { error, .. } => exit_of(error),
            CopyError::Conflict(_) | CopyError::Interleaved { .. } => Exit::Conflict,
            CopyError::Refused { error: AppendError::StreamClosed { .. } | AppendError::Invalid(_), .. } => {
                Exit::Rejected
            }
            CopyError::Refused { .. } => Exit::Conflict,
            CopyError::WouldLeaveOut(_) | CopyError::Keys { .. } => Exit::Rejected,
        };
        Self::new(exit, error.into())
    }
}

fn json(outcome: &'static str, ends: &Ends, report: &CopyReport) -> CopyJson {
    CopyJson {
        outcome,
        from: ends.from.name(),
        to: ends.to.name(),
        until: report.until.to_string(),
        events: report.events.to_string(),
        bytes: report.bytes.to_string(),
        streams: report.streams.to_string(),
        already: report.already.to_string(),
        copied: report.copied.to_string(),
        seconds: report.elapsed.as_secs_f64(),
        notes: report.notes.iter().map(|(kind, note)| note_json(kind, note)).collect(),
        keys: report.keys.as_ref().map(keys_json),
        comparison: report.comparison.as_ref().map(comparison_json),
    }
}

fn note_json(kind: CopyNoteKind, note: &CopyNote) -> NoteJson {
    let example = |example: &es_runtime::CopyNoteExample| ExampleJson {
        position: example.position.map(|position| position.to_string()),
        stream: example.stream.to_string(),
        version: example.version.to_string(),
        detail: example.detail.clone(),
    };
    NoteJson {
        kind,
        told: kind.told(),
        loss: kind.is_loss(),
        count: note.count.to_string(),
        examples: note.examples.iter().map(example).collect(),
    }
}

fn keys_json(keys: &CopiedKeys) -> KeysJson {
    let CopiedKeys { subjects, copied, already, erased, other } = keys;
    let [subjects, copied, already, erased, other] = [subjects, copied, already, erased, other].map(u64::to_string);
    KeysJson { subjects, copied, already, erased, other }
}

fn comparison_json(comparison: &CopyComparison) -> ComparisonJson {
    let difference = |difference: &es_runtime::CopyDifference| DifferenceJson {
        kind: difference.kind,
        stream: difference.stream.to_string(),
        event_id: difference.event_id,
        source_position: difference.source.map(|position| position.to_string()),
        target_position: difference.target.map(|position| position.to_string()),
        message: difference.message.clone(),
    };
    let (source, target) = comparison.chains.unzip();
    ComparisonJson {
        equal: comparison.equal(),
        identical: comparison.identical(),
        events: comparison.events.to_string(),
        streams: comparison.streams.to_string(),
        keys: comparison.keys.to_string(),
        differences: comparison.differences.iter().map(difference).collect(),
        total_differences: comparison.total.to_string(),
        ended_early: comparison.ended_early,
        source_chain_hash: source.map(es_core::Hash::to_hex),
        target_chain_hash: target.map(es_core::Hash::to_hex),
    }
}

fn for_people(outcome: &str, report: &CopyReport, out: &mut Output) -> Result<(), Failure> {
    let [events, streams, already, copied, bytes] =
        [report.events, report.streams, report.already, report.copied, report.bytes].map(grouped);
    let seconds = report.elapsed.as_secs_f64();
    out.line(&match outcome {
        "copied" => {
            format!("Copied {copied} events in {seconds:.1} s; {already} were there. {events} in {streams} streams.")
        }
        "cancelled" => format!("Stopped: {copied} events are copied, {already} were there. Run it again to go on."),
        "compared" => format!("Compared {events} events of the source in {streams} streams, in {seconds:.1} s."),
        _ => format!("To copy: {events} events ({bytes} bytes) in {streams} streams; {already} are there already."),
    })?;
    let mut notes = Table::new(&[("COUNT", Align::Right), ("NOT AS IN THE SOURCE", Align::Left)]);
    for (kind, note) in report.notes.iter() {
        notes.row(vec![grouped(note.count), kind.told().to_owned()]);
        for example in &note.examples {
            let position = example.position.map(|position| format!("position {position}, ")).unwrap_or_default();
            let (stream, version, detail) = (&example.stream, example.version, &example.detail);
            notes.row(vec![String::new(), format!("  {position}{stream} {version}: {detail}")]);
        }
    }
    if !notes.is_empty() {
        out.table(&notes)?;
    }
    if let Some(CopiedKeys { subjects, copied, already, erased, other }) = report.keys {
        let [subjects, copied, already, erased, other] = [subjects, copied, already, erased, other].map(grouped);
        let told = format!("{copied} copied, {already} were there, {erased} erased, {other} are others in the target");
        out.line(&format!("Keys of {subjects} subjects: {told}."))?;
    }
    report.comparison.as_ref().map_or(Ok(()), |comparison| compared(comparison, out))
}

fn compared(comparison: &CopyComparison, out: &mut Output) -> Result<(), Failure> {
    if comparison.equal() {
        let identical = if comparison.identical() { " Positions, times and hashes are the same, too." } else { "" };
        return out.line(&format!("Equal: {} events on both sides.{identical}", grouped(comparison.events)));
    }
    let least = if comparison.ended_early { "at least " } else { "" };
    out.line(&format!("NOT EQUAL: {least}{} differences.", grouped(comparison.total)))?;
    for difference in &comparison.differences {
        let at = |side: &str, position: Option<es_core::Position>| position.map(|at| format!("{side} {at}"));
        let places: Vec<_> =
            [at("source", difference.source), at("target", difference.target)].into_iter().flatten().collect();
        let places = if places.is_empty() { difference.stream.to_string() } else { places.join(", ") };
        out.line(&printable(&format!("{places}: {}", difference.message)))?;
    }
    let left = comparison.total.saturating_sub(comparison.differences.len() as u64);
    if left > 0 {
        out.line(&format!("… and {} more", grouped(left)))?;
    }
    Ok(())
}
