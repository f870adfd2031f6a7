//! `ledgerscope parity`.

use std::sync::Arc;
use std::time::Duration;

use es_runtime::{BackendTimings, ParityError, ParityReport, ParityStepReport, ParityVerdict, Progress};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::args::Parity;
use super::choose::Counter;
use super::desk::domain;
use super::failure::{Exit, Failure, exit_of};
use super::output::{Align, Output, Table, printable};
use super::progress::Meter;
use crate::composition::{Access, Store};
use crate::parity;

/// Longest value that people are told; programs get all of it.
const TOLD_CHARACTERS: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParityJson<'a> {
    agrees: bool,
    cancelled: bool,
    scenario: &'a str,
    same: usize,
    different: usize,
    not_offered: usize,
    backends: Vec<BackendJson<'a>>,
    steps: Vec<StepJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackendJson<'a> {
    name: &'a str,
    total_milliseconds: f64,
    timings: Vec<TimingJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimingJson {
    action: &'static str,
    count: usize,
    median_milliseconds: f64,
    p99_milliseconds: f64,
}

#[derive(Serialize)]
struct StepJson<'a> {
    label: &'a str,
    action: &'static str,
    verdict: ParityVerdict,
    /// Where the first backend that answered otherwise parts from the first one.
    place: Option<String>,
    /// Of each backend if they differ, else the one that all gave.
    answers: &'a [Value],
    milliseconds: Vec<Option<f64>>,
}

pub(super) async fn run(
    counter: &Counter,
    asked: &Parity,
    stop: &CancellationToken,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let stores = open(counter, asked).await?;
    let domain = domain()?;
    let telling = Arc::clone(meter);
    let told = move |progress: &Progress| telling.report(progress.phase, progress.done, progress.total);
    let ended = parity::run(&stores, &domain, &told, stop).await;
    meter.finish();
    let report = ended?;
    if out.json {
        out.object(&json(&report))?;
    } else {
        for_people(&report, out)?;
    }
    Ok(match report.agrees() {
        _ if report.cancelled => Exit::Stopped,
        true => Exit::Done,
        false => Exit::Integrity,
    })
}

async fn open(counter: &Counter, asked: &Parity) -> Result<Vec<Store>, Failure> {
    let mut stores = Vec::new();
    for named in &asked.stores {
        let chosen = counter.choose(Some(named)).await?;
        counter.confirm_writing(&chosen).await?;
        let store = Store::open(chosen, Access::Create).await?;
        store.writable().map_err(Failure::unavailable)?;
        stores.push(store);
    }
    Ok(stores)
}

impl From<ParityError> for Failure {
    fn from(error: ParityError) -> Self {
        let exit = match &error {
            ParityError::NotEmpty { .. } => Exit::BadInput,
            ParityError::Store { error, .. } => exit_of(error),
        };
        Self::new(exit, error.into())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn json(report: &ParityReport) -> ParityJson<'_> {
    let timings = report.timings();
    let backend = |(name, timings): (_, &BackendTimings)| BackendJson {
        name,
        total_milliseconds: milliseconds(timings.total),
        timings: timings.actions.iter().map(timing_json).collect(),
    };
    ParityJson {
        agrees: report.agrees(),
        cancelled: report.cancelled,
        scenario: &report.scenario,
        same: report.count(ParityVerdict::Same),
        different: report.count(ParityVerdict::Different),
        not_offered: report.count(ParityVerdict::NotOffered),
        backends: report.backends.iter().map(String::as_str).zip(&timings).map(backend).collect(),
        steps: report.steps.iter().map(step_json).collect(),
    }
}

fn timing_json(timing: &es_runtime::ActionTiming) -> TimingJson {
    TimingJson {
        action: timing.kind,
        count: timing.count,
        median_milliseconds: milliseconds(timing.median),
        p99_milliseconds: milliseconds(timing.p99),
    }
}

fn step_json(step: &ParityStepReport) -> StepJson<'_> {
    let told = if step.verdict == ParityVerdict::Same { 1 } else { step.answers.len() };
    StepJson {
        label: &step.label,
        action: step.kind,
        verdict: step.verdict,
        place: step.first_difference().map(|(_, place, ..)| place),
        answers: &step.answers[..told],
        milliseconds: step.times.iter().map(|time| time.map(milliseconds)).collect(),
    }
}

fn for_people(report: &ParityReport, out: &mut Output) -> Result<(), Failure> {
    let [same, different, not_offered] =
        [ParityVerdict::Same, ParityVerdict::Different, ParityVerdict::NotOffered].map(|verdict| report.count(verdict));
    let backends = report.backends.join(", ");
    let stopped = if report.cancelled { "Stopped. " } else { "" };
    out.line(&printable(&format!("{stopped}{} on {backends}.", report.scenario)))?;
    let of = format!("{same} steps are the same, {different} differ, {not_offered} are not offered by all.");
    out.line(&if report.agrees() { of } else { format!("NOT THE SAME: {of}") })?;
    for step in &report.steps {
        if let Some((index, place, one, other)) = step.first_difference() {
            out.line(&printable(&format!("{} ({}), at {place}:", step.label, step.kind)))?;
            for (backend, value) in [(&report.backends[0], one), (&report.backends[index], other)] {
                out.line(&printable(&format!("    {backend}: {}", shortened(&value.to_string()))))?;
            }
        } else if let Some(lacking) = parity::lacking(report, step) {
            out.line(&printable(&format!("{}: done on none, {lacking}", step.label)))?;
        }
    }
    out.table(&times(&report.timings()))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(TOLD_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn times(all: &[BackendTimings]) -> Table {
    let headings = [
        ("BACKEND", Align::Left),
        ("ACTION", Align::Left),
        ("TIMES", Align::Right),
        ("MEDIAN ms", Align::Right),
        ("P99 ms", Align::Right),
    ];
    let mut table = Table::new(&headings);
    for BackendTimings { backend, actions, .. } in all {
        for action in actions.iter().filter(|action| action.kind != "clock") {
            let [median, p99] = [action.median, action.p99].map(|time| format!("{:.2}", milliseconds(time)));
            table.row(vec![backend.clone(), action.kind.to_owned(), action.count.to_string(), median, p99]);
        }
    }
    table
}
