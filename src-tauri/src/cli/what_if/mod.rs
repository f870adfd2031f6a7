//! `ledgerscope what-if`.

pub(super) mod args;
mod told;

use std::io::Read;
use std::path::Path;

use inspector::what_if::{
    Fork, LaneRow, LaneStep, Provenance, Scenario, StepOutcome, TestOptions, Through, WhatIf as Answer,
};
use inspector::{Change, Pace};

use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::moment::{stream_name, time, version};
use super::output::{Align, Output, Table, printable, short_time};
use super::progress::Meter;
use super::state;
use args::{Along, WhatIf};
use told::AnswerJson;

use crate::connections::Chosen;
use crate::journal::Journal;
use crate::session::what_if::refused_later;
use crate::workbench::what_if::Outgoing;

pub(super) async fn run(
    desk: &Desk,
    (chosen, journal): (&Chosen, Journal),
    asked: WhatIf,
    meter: &Meter,
    out: &mut Output,
) -> Result<Exit, Failure> {
    if let Some(file) = &asked.new {
        return new(desk, &asked, file, out).await.map(|()| Exit::Done);
    }
    let mut scenario = read(asked.scenario.as_deref().unwrap_or(Path::new("-")))?;
    scenario.clock = clock(&asked)?.or(scenario.clock);
    let tell = |done, total| meter.report("steps done", done, Some(total));
    let pace = Pace { cancel: &desk.stop, tell: &tell };
    if let Some(file) = &asked.test {
        let options = TestOptions { name: asked.name.clone(), anonymous: asked.anonymous };
        let made = desk.inspector.what_if_test(&scenario, &options, pace).await?;
        meter.finish();
        refuse_to_replace(file, asked.replace)?;
        let events = made.source.matches("        event(").count();
        let outgoing = Outgoing { what: "test", events, text: made.source };
        outgoing
            .write(chosen.target.to_string(), file, &journal)
            .map_err(|error| Failure::new(Exit::Unavailable, error))?;
        return wrote(file, &made.name, &made.notes, out).map(|()| Exit::Done);
    }
    let answer = desk.inspector.what_if(&scenario, pace).await?;
    meter.finish();
    if out.json {
        out.object(&AnswerJson::of(&scenario, &answer))?;
    } else {
        for_people(&scenario, &answer, out)?;
    }
    // A refusal is an answer. A process that cannot go on has left what was asked for half done.
    let is_stuck = answer.steps.iter().any(|report| !report.outcome.stuck().is_empty());
    Ok(if is_stuck { Exit::Rejected } else { Exit::Done })
}

/// Where the clock of the steps is to begin, if that was said.
fn clock(asked: &WhatIf) -> Result<Option<chrono::DateTime<chrono::Utc>>, Failure> {
    asked.clock.as_deref().map(|text| time("--clock", text)).transpose()
}

async fn new(desk: &Desk, asked: &WhatIf, file: &Path, out: &mut Output) -> Result<(), Failure> {
    let streams = asked.stream.iter().map(|text| stream_name(text)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = streams.first().cloned() else {
        return Err(Failure::bad_input("bad_argument", "No stream is named.", "Name one with --stream."));
    };
    let last = desk.stream_exists(&first).await?.version;
    let at = match asked.at.as_deref() {
        Some(text) => version(desk, &first, "--at", text).await?,
        None => last,
    };
    let title = asked.title.clone().unwrap_or_else(|| format!("What if, from version {at} of {first}"));
    let mut scenario = Scenario::new(title, Fork::Stream { name: first, version: at }, streams);
    scenario.correlated = asked.correlated;
    scenario.clock = clock(asked)?;
    scenario.through = match asked.along {
        Along::Fork => Through::Fork,
        Along::Head => Through::Head,
    };
    // So that what cannot be carried out is told now and not when the file is opened.
    desk.inspector.what_if(&scenario, Pace::quiet(&desk.stop)).await?;
    refuse_to_replace(file, asked.replace)?;
    std::fs::write(file, scenario.to_text()).map_err(|error| {
        let message = format!("{} cannot be written: {error}.", file.display());
        Failure::bad_input("file_unwritable", message, "Choose another place, or free some space.")
    })?;
    if out.json {
        return out.object(&serde_json::json!({ "file": file.display().to_string() }));
    }
    out.line(&printable(&format!("{} forks {} at version {at}.", file.display(), scenario.streams[0])))?;
    out.line("Add \"edits\" and \"steps\" to it, or open it in the window; then run it with --scenario.")
}

fn wrote(file: &Path, name: &str, notes: &[String], out: &mut Output) -> Result<(), Failure> {
    if out.json {
        let file = file.display().to_string();
        return out.object(&serde_json::json!({ "file": file, "test": name, "notes": notes }));
    }
    out.line(&printable(&format!("{} has the test {name}.", file.display())))?;
    notes.iter().try_for_each(|note| out.line(note))
}

fn refuse_to_replace(file: &Path, replace: bool) -> Result<(), Failure> {
    if replace || !file.exists() {
        return Ok(());
    }
    let message = format!("There is a file {} already.", file.display());
    Err(Failure::bad_input("file_exists", message, "Choose another name, or say --replace."))
}

fn read(file: &Path) -> Result<Scenario, Failure> {
    let unreadable = |error: std::io::Error| {
        let message = format!("The scenario cannot be read from {}: {error}.", file.display());
        Failure::bad_input("scenario_unreadable", message, "Check the name; a scenario is UTF-8 text.")
    };
    let mut text = String::new();
    let bounded = |reader: &mut dyn Read, text: &mut String| {
        reader.take(inspector::limits::SCENARIO_BYTES).read_to_string(text).map_err(unreadable)
    };
    if file == Path::new("-") {
        bounded(&mut std::io::stdin(), &mut text)?;
    } else {
        bounded(&mut std::fs::File::open(file).map_err(unreadable)?, &mut text)?;
    }
    Ok(Scenario::parse(&text)?)
}

fn for_people(scenario: &Scenario, answer: &Answer, out: &mut Output) -> Result<(), Failure> {
    out.line(&printable(&scenario.title))?;
    let streams: Vec<_> = answer.streams.iter().map(|(stream, _)| stream.as_str()).collect();
    out.line(&printable(&format!("Forks after position {}; takes part: {}", answer.fork, streams.join(", "))))?;
    if answer.correlations_left_out {
        out.line("There are more correlations around the fork than were looked at.")?;
    }
    out.line("")?;
    lanes(answer, out)?;
    steps(scenario, answer, out)?;
    ends(answer, out)
}

/// Both lanes, one event beside the other.
fn lanes(answer: &Answer, out: &mut Output) -> Result<(), Failure> {
    let mut table =
        Table::new(&[("", Align::Left), ("WHAT HAPPENED", Align::Left), ("WHAT WOULD HAVE HAPPENED", Align::Left)]);
    for row in &answer.rows {
        let original = row.original.map(|at| &answer.original.steps[at]);
        let what_if = row.what_if.map(|at| &answer.what_if.steps[at]);
        table.row(vec![
            mark(answer, *row).to_owned(),
            original.map(cell).unwrap_or_default(),
            what_if.map(cell).unwrap_or_default(),
        ]);
    }
    if table.is_empty() {
        out.line("Nothing happened after the fork, and nothing would have.")?;
    } else {
        out.table(&table)?;
    }
    for (lane, shown, total) in [
        ("what happened", answer.original.steps.len(), answer.original.total),
        ("what would have happened", answer.what_if.steps.len(), answer.what_if.total),
    ] {
        if total > shown as u64 {
            out.line(&format!("… and {} more of {lane}.", total - shown as u64))?;
        }
    }
    out.line("")
}

/// `-` what has not happened, `+` what happens only there, `~` what differs in content, time or place.
fn mark(answer: &Answer, row: LaneRow) -> &'static str {
    match (row.original, row.what_if.map(|at| &answer.what_if.steps[at])) {
        (_, Some(LaneStep { error: Some(_), .. })) => "!",
        (_, Some(LaneStep { provenance: Provenance::Skipped, .. })) | (Some(_), None) => "-",
        (None, _) => "+",
        (Some(at), Some(what_if)) => {
            let original = &answer.original.steps[at];
            let same = original.event_id == what_if.event_id
                && original.payload == what_if.payload
                && original.after == what_if.after;
            if same { " " } else { "~" }
        }
    }
}

fn cell(step: &LaneStep) -> String {
    let event = &step.event;
    match (&step.error, step.provenance) {
        (_, Provenance::Skipped) => format!("(left out: {} {})", event.stream, event.event_type),
        (Some(error), _) => format!("{} v{} {}: {error}", event.stream, event.version, event.event_type),
        (None, _) => {
            let told = event.sentence.as_deref().or(event.problem.as_deref()).unwrap_or(&event.event_type);
            format!("{} v{} {told}", event.stream, event.version)
        }
    }
}

fn steps(scenario: &Scenario, answer: &Answer, out: &mut Output) -> Result<(), Failure> {
    for (index, (step, report)) in scenario.steps.iter().zip(&answer.steps).enumerate() {
        let what = told::name_of(step);
        let how = match &report.outcome {
            StepOutcome::Executed { events: 0, .. } => "had nothing left to do".to_owned(),
            StepOutcome::Executed { events, consequences: 0, .. } => format!("accepted, {events} event(s)"),
            StepOutcome::Executed { events, consequences, .. } => {
                format!("accepted, {events} event(s), and {consequences} of processes")
            }
            StepOutcome::Rejected(rejection) => format!("REFUSED [{}] {}", rejection.code, rejection.message),
            StepOutcome::Invalid { code, message } => format!("NOT UNDERSTOOD [{code}] {message}"),
            StepOutcome::Ran(ran) => {
                format!("{} command(s) of processes, {} timer(s)", ran.commands, ran.timers)
            }
            StepOutcome::Failed { code, message } => format!("FAILED [{code}] {message}"),
        };
        let clock = short_time(report.clock);
        out.line(&printable(&format!("{}. {clock} UTC  {what}: {how}", index + 1)))?;
        if let (StepOutcome::Executed { .. }, Some(refused)) = (&report.outcome, refused_later(answer, index)) {
            let how = if refused.begun { "FAILED" } else { "REJECTED" };
            out.line(&printable(&format!("     THE TRANSFER IS {how} [{}] {}", refused.code, refused.message)))?;
        }
        for (stream, why) in report.outcome.stuck() {
            out.line(&printable(&format!("     STUCK {stream}: {why}")))?;
        }
        if let StepOutcome::Rejected(rejection) = &report.outcome {
            for (name, value) in &rejection.details {
                out.line(&printable(&format!("     {name}: {value}")))?;
            }
        }
    }
    if scenario.steps.is_empty() { Ok(()) } else { out.line("") }
}

fn ends(answer: &Answer, out: &mut Output) -> Result<(), Failure> {
    let differing: Vec<_> = answer.ends.iter().filter(|end| end.is_told()).collect();
    if differing.is_empty() {
        return out.line("All streams end in the same state.");
    }
    for end in differing {
        let (what_if, original) = (end.what_if_version, end.original_version);
        let versions = if what_if == original {
            format!("version {what_if}, as it happened")
        } else {
            format!("version {what_if} instead of {original}")
        };
        out.line(&printable(&format!("{}: {versions}", end.stream)))?;
        if let Some(problem) = end.problem() {
            out.line(&printable(&format!("NOT FOLDED FURTHER: {problem}")))?;
        }
        let nodes: Vec<_> = end.nodes.iter().filter(|node| node.change != Change::Same).cloned().collect();
        state::lines(&nodes, out)?;
    }
    Ok(())
}
