//! `ledgerscope copy`.

use std::sync::Arc;

use es_core::AppendError;
use es_runtime::{CopiedKeys, CopyComparison, CopyError, CopyReport, Progress};
use tokio_util::sync::CancellationToken;

use super::args::Copy;
use super::choose::Counter;
use super::failure::{Exit, Failure, exit_of};
use super::output::{Align, Output, Table, printable};
use super::progress::{Meter, grouped};
use crate::copying::{CopyEnd, Ends, EndsError, Purpose, Wanted};
use crate::wire::CopyResult;

pub(super) async fn run(
    counter: &Counter,
    store: Option<&str>,
    asked: Copy,
    stop: CancellationToken,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let wanted = wanted(&asked);
    let ends = open(counter, store, &asked, wanted.purpose).await?;
    let telling = Arc::clone(meter);
    let told = move |progress: &Progress| telling.report(progress.phase, progress.done, progress.total);
    let ended = ends.carry_out(wanted, &told, &stop).await;
    meter.finish();
    ends.close().await;
    let end = ended?;
    if out.json {
        out.object(&CopyResult::from(&end))?;
    } else {
        for_people(end.outcome, &end.report, out)?;
    }
    let CopyEnd { outcome, report, .. } = end;
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

fn wanted(asked: &Copy) -> Wanted {
    let purpose = match (asked.plan, asked.verify_only) {
        (true, _) => Purpose::Plan,
        (_, true) => Purpose::Compare,
        _ => Purpose::Copy,
    };
    Wanted { purpose, with_keys: asked.with_keys, leave_out: asked.leave_out }
}

async fn open(counter: &Counter, store: Option<&str>, asked: &Copy, purpose: Purpose) -> Result<Ends, Failure> {
    let from = counter.choose(asked.from.as_deref().or(store)).await?;
    let to = counter.choose(Some(&asked.to)).await?;
    if purpose == Purpose::Copy {
        counter.confirm_writing(&to).await?;
    }
    Ok(Ends::open(from, to, purpose).await?)
}

impl From<EndsError> for Failure {
    fn from(error: EndsError) -> Self {
        match error {
            EndsError::Store(error) => error.into(),
            EndsError::ReadOnly(error) => Self::unavailable(error),
            same @ EndsError::SameStore { .. } => Self::new(Exit::BadInput, same.into()),
        }
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
