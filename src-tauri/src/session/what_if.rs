//! What-ifs of the open store, and scenarios between the window's texts and the engine's values.

use bank::transfer::RefusedLater;
use chrono::NaiveDate;
use inspector::what_if::{
    ClockStep, CommandStep, Edit, EventRef, EventTimes, Fork, Insertion, JsonText, LaneOfSteps, LaneStep, Provenance,
    Scenario, Step, StepOutcome, StepReport, StreamEnd, TakenBecause, TestOptions, Through, TimeBounds, WhatIf,
};
use inspector::{Change, Pace, View};

use super::present::time;
use super::{Session, arguments};
use crate::tasks::Task;
use crate::wire::{self, AppError};

/// Told while steps are done.
const RUNNING: &str = "Running the what-if";
/// Most changes told of one event; the others are counted.
const CHANGES: usize = 40;

impl Session {
    /// Carries a scenario out in memory. The inspector has a reader of the store only: nothing can be written.
    ///
    /// # Errors
    /// Something in the scenario is none of what it should be or does not fit the store, cancelled, or the store does not answer.
    pub async fn what_if(&self, scenario: wire::WhatIfScenario, task: Task) -> Result<wire::WhatIf, AppError> {
        let scenario = from_wire(scenario)?;
        let tell = |done, total| task.report(RUNNING, done, Some(total));
        let answer = self.inspector.what_if(&scenario, Pace { cancel: task.token(), tell: &tell }).await?;
        Ok(told(answer, self.inspector.view()))
    }

    /// Makes a Given-When-Then test of a scenario.
    ///
    /// # Errors
    /// As [`Session::what_if`], nothing is done in it, it is too long, or it would not say the same.
    pub async fn what_if_test(
        &self,
        scenario: wire::WhatIfScenario,
        name: Option<String>,
        anonymous: bool,
        task: Task,
    ) -> Result<wire::WhatIfTest, AppError> {
        let scenario = from_wire(scenario)?;
        let options = TestOptions { name: name.filter(|name| !name.trim().is_empty()), anonymous };
        let tell = |done, total| task.report(RUNNING, done, Some(total));
        let pace = Pace { cancel: task.token(), tell: &tell };
        let made = self.inspector.what_if_test(&scenario, &options, pace).await?;
        Ok(wire::WhatIfTest { name: made.name, source: made.source, notes: made.notes })
    }
}

/// A scenario from the window's texts.
pub(crate) fn from_wire(scenario: wire::WhatIfScenario) -> Result<Scenario, AppError> {
    let streams = scenario.streams.iter().map(|name| arguments::stream(name)).collect::<Result<_, _>>()?;
    let fork = match scenario.fork {
        wire::WhatIfFork::Position { position } => Fork::Position(arguments::position(&position)?),
        wire::WhatIfFork::Stream { name, version } => {
            Fork::Stream { name: arguments::stream(&name)?, version: arguments::version(&version)? }
        }
    };
    let mut read = Scenario::new(scenario.title, fork, streams);
    read.correlated = scenario.correlated;
    read.through = match scenario.through {
        wire::WhatIfThrough::Fork => Through::Fork,
        wire::WhatIfThrough::Head => Through::Head,
        wire::WhatIfThrough::Position { position } => Through::Position(arguments::position(&position)?),
    };
    read.clock = scenario.clock.as_deref().map(arguments::time).transpose()?;
    read.edits = scenario.edits.into_iter().map(edit_from).collect::<Result<_, _>>()?;
    read.steps = scenario.steps.into_iter().map(step_from).collect::<Result<_, _>>()?;
    Ok(read)
}

fn json(what: &str, text: String) -> Result<JsonText, AppError> {
    JsonText::new(text).map_err(|reason| {
        let message = format!("{what} is not valid JSON: {reason}.");
        AppError::new("malformed_json", message, "Correct the JSON at the place that is named.")
    })
}

fn event_from(event: wire::WhatIfEventRef) -> Result<EventRef, AppError> {
    Ok(match event {
        wire::WhatIfEventRef::Position { position } => EventRef::Position(arguments::position(&position)?),
        wire::WhatIfEventRef::Id { id } => EventRef::Id(arguments::id("Event id", &id)?),
    })
}

fn edit_from(edit: wire::WhatIfEdit) -> Result<Edit, AppError> {
    let time = |text: Option<String>| text.as_deref().map(arguments::time).transpose();
    Ok(match edit {
        wire::WhatIfEdit::Skip { event } => Edit::Skip { event: event_from(event)? },
        wire::WhatIfEdit::Replace { event, payload, recorded_at } => Edit::Replace {
            event: event_from(event)?,
            payload: payload.map(|text| json("The payload", text)).transpose()?,
            recorded_at: time(recorded_at)?,
        },
        wire::WhatIfEdit::Insert { after, stream, event_type, schema_version, payload, metadata, recorded_at } => {
            let inserted = Insertion {
                stream: arguments::stream(&stream)?,
                event_type,
                schema_version,
                payload: json("The payload", payload)?,
                metadata: metadata.map(|text| json("The metadata", text)).transpose()?,
                recorded_at: time(recorded_at)?,
            };
            Edit::Insert { after: after.map(event_from).transpose()?, inserted }
        }
        wire::WhatIfEdit::Move { event, after } => {
            Edit::Move { event: event_from(event)?, after: after.map(event_from).transpose()? }
        }
    })
}

fn step_from(step: wire::WhatIfStep) -> Result<Step, AppError> {
    Ok(match step {
        wire::WhatIfStep::Command { command_type, payload, actor, reason, business_date } => {
            let wrong = |day: &str| AppError::bad_argument("Business day", day, "a day such as 2026-03-01");
            let day = business_date.map(|day| day.parse::<NaiveDate>().map_err(|_| wrong(&day))).transpose()?;
            Step::Command(CommandStep {
                command_type,
                payload: json("The command's payload", payload)?,
                actor: arguments::actor(&actor)?.to_owned(),
                reason,
                business_date: day,
            })
        }
        wire::WhatIfStep::ClockTo { time } => Step::Clock(ClockStep::To(arguments::time(&time)?)),
        wire::WhatIfStep::ClockBy { seconds } => Step::Clock(ClockStep::BySeconds(seconds)),
        wire::WhatIfStep::Processes => Step::Processes,
    })
}

/// A scenario as the window edits it.
pub(crate) fn to_wire(scenario: &Scenario) -> wire::WhatIfScenario {
    wire::WhatIfScenario {
        title: scenario.title.clone(),
        streams: scenario.streams.iter().map(ToString::to_string).collect(),
        correlated: scenario.correlated,
        fork: match &scenario.fork {
            Fork::Position(position) => wire::WhatIfFork::Position { position: position.to_string() },
            Fork::Stream { name, version } => {
                wire::WhatIfFork::Stream { name: name.to_string(), version: version.to_string() }
            }
        },
        through: match scenario.through {
            Through::Fork => wire::WhatIfThrough::Fork,
            Through::Head => wire::WhatIfThrough::Head,
            Through::Position(position) => wire::WhatIfThrough::Position { position: position.to_string() },
        },
        clock: scenario.clock.map(time),
        edits: scenario.edits.iter().map(edit_to).collect(),
        steps: scenario.steps.iter().map(step_to).collect(),
    }
}

fn event_to(event: &EventRef) -> wire::WhatIfEventRef {
    match event {
        EventRef::Position(position) => wire::WhatIfEventRef::Position { position: position.to_string() },
        EventRef::Id(id) => wire::WhatIfEventRef::Id { id: id.to_string() },
    }
}

fn pretty(text: &JsonText) -> String {
    inspector::pretty(text.as_str()).unwrap_or_else(|_| text.as_str().to_owned())
}

fn edit_to(edit: &Edit) -> wire::WhatIfEdit {
    match edit {
        Edit::Skip { event } => wire::WhatIfEdit::Skip { event: event_to(event) },
        Edit::Replace { event, payload, recorded_at } => wire::WhatIfEdit::Replace {
            event: event_to(event),
            payload: payload.as_ref().map(pretty),
            recorded_at: recorded_at.map(time),
        },
        Edit::Insert { after, inserted } => wire::WhatIfEdit::Insert {
            after: after.as_ref().map(event_to),
            stream: inserted.stream.to_string(),
            event_type: inserted.event_type.clone(),
            schema_version: inserted.schema_version,
            payload: pretty(&inserted.payload),
            metadata: inserted.metadata.as_ref().map(pretty),
            recorded_at: inserted.recorded_at.map(time),
        },
        Edit::Move { event, after } => {
            wire::WhatIfEdit::Move { event: event_to(event), after: after.as_ref().map(event_to) }
        }
    }
}

fn step_to(step: &Step) -> wire::WhatIfStep {
    match step {
        Step::Command(command) => wire::WhatIfStep::Command {
            command_type: command.command_type.clone(),
            payload: pretty(&command.payload),
            actor: command.actor.clone(),
            reason: command.reason.clone(),
            business_date: command.business_date.map(|day| day.to_string()),
        },
        Step::Clock(ClockStep::To(moment)) => wire::WhatIfStep::ClockTo { time: time(*moment) },
        Step::Clock(ClockStep::BySeconds(seconds)) => wire::WhatIfStep::ClockBy { seconds: *seconds },
        Step::Processes => wire::WhatIfStep::Processes,
    }
}

fn told(answer: WhatIf, view: &View) -> wire::WhatIf {
    let rows = answer.rows.iter().map(|row| {
        let pair = row.original.zip(row.what_if);
        let pair = pair.map(|(left, right)| (&answer.original.steps[left], &answer.what_if.steps[right]));
        wire::WhatIfRow {
            original: row.original.map(index),
            what_if: row.what_if.map(index),
            same: pair.is_some_and(|(left, right)| is_same(left, right)),
        }
    });
    let streams = answer.streams.iter();
    wire::WhatIf {
        fork: answer.fork.to_string(),
        through: answer.through.to_string(),
        end: answer.end.to_string(),
        begins_at: time(answer.begins_at),
        begins_at_earliest: time(answer.begins_at_earliest),
        times_after_fork: bounds(answer.times.after_fork),
        streams: streams
            .map(|(stream, why)| wire::WhatIfStream { stream: stream.to_string(), because: because(*why) })
            .collect(),
        correlations_left_out: answer.correlations_left_out,
        rows: rows.collect(),
        original: lane(&answer.original, &[], view),
        what_if: lane(&answer.what_if, &answer.times.events, view),
        steps: answer.steps.iter().enumerate().map(|(at, step)| report(step, refused_later(&answer, at))).collect(),
        ends: answer.ends.into_iter().map(end).collect(),
    }
}

/// Lengths of lists are bounded far below.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn is_same(left: &LaneStep, right: &LaneStep) -> bool {
    left.event_id == right.event_id
        && right.provenance == Provenance::Recorded
        && left.payload == right.payload
        && left.after == right.after
}

fn because(why: TakenBecause) -> wire::WhatIfBecause {
    match why {
        TakenBecause::Named => wire::WhatIfBecause::Named,
        TakenBecause::Correlated => wire::WhatIfBecause::Correlated,
        TakenBecause::Needed => wire::WhatIfBecause::Needed,
    }
}

fn lane(lane: &LaneOfSteps, times: &[EventTimes], view: &View) -> wire::WhatIfLane {
    let times = times.iter().copied().map(Some).chain(std::iter::repeat(None));
    let steps = lane.steps.iter().zip(times).map(|(step, times)| lane_step(step, times, view)).collect();
    wire::WhatIfLane { steps, total: lane.total.to_string() }
}

fn bounds(bounds: TimeBounds) -> wire::WhatIfTimes {
    wire::WhatIfTimes { earliest: time(bounds.earliest), latest: bounds.latest.map(time) }
}

fn lane_step(step: &LaneStep, times: Option<EventTimes>, view: &View) -> wire::WhatIfLaneStep {
    let (provenance, of_step) = match step.provenance {
        Provenance::Recorded => (wire::WhatIfProvenance::Recorded, None),
        Provenance::Replaced => (wire::WhatIfProvenance::Replaced, None),
        Provenance::Moved => (wire::WhatIfProvenance::Moved, None),
        Provenance::Skipped => (wire::WhatIfProvenance::Skipped, None),
        Provenance::Inserted => (wire::WhatIfProvenance::Inserted, None),
        Provenance::FromStep(at) => (wire::WhatIfProvenance::FromStep, Some(index(at))),
    };
    wire::WhatIfLaneStep {
        row: step.event.clone().into(),
        event_id: step.event_id.to_string(),
        payload: step.payload.as_deref().map(|text| inspector::pretty(text).unwrap_or_else(|_| text.to_owned())),
        provenance,
        step: of_step,
        edit: step.edit.map(index),
        changes: changes(step, view),
        changed: index(step.changed_paths.len()),
        error: step.error.clone(),
        times: times.and_then(|times| times.own).map(bounds),
        times_behind: times.and_then(|times| times.behind).map(bounds),
    }
}

/// The values that an event changed, amounts as one value.
fn changes(step: &LaneStep, view: &View) -> Vec<wire::JsonNode> {
    let (Some(before), Some(after)) = (&step.before, &step.after) else { return Vec::new() };
    if step.changed_paths.is_empty() {
        return Vec::new();
    }
    let wanted: std::collections::HashSet<&str> = step.changed_paths.iter().map(String::as_str).collect();
    let (mut changes, mut rest) = (Vec::new(), view.diff(before, after).nodes.into_iter().peekable());
    while let Some(mut node) = rest.next() {
        // An amount is one value: its parts are not told by themselves.
        if node.display.is_some() && node.change != Change::Same {
            while rest.next_if(|next| next.depth > node.depth).is_some() {}
            if node.change == Change::Within {
                node.change = Change::Changed;
            }
        } else if !wanted.contains(node.path.as_str()) {
            continue;
        }
        if changes.len() == CHANGES {
            break;
        }
        changes.push(node.into());
    }
    changes
}

/// The rule that refuses after all what a step has asked for, if an event that it has led to records one.
pub(crate) fn refused_later(answer: &WhatIf, step: usize) -> Option<RefusedLater> {
    let mut led = answer.what_if.steps.iter().filter(|event| event.provenance == Provenance::FromStep(step));
    led.find_map(|led| RefusedLater::of(&led.event.event_type, led.payload.as_deref()?))
}

fn report(report: &StepReport, refused: Option<RefusedLater>) -> wire::WhatIfStepReport {
    let named = |pairs: Vec<(String, String)>| {
        pairs.into_iter().map(|(name, value)| wire::Detail { name, value }).collect::<Vec<_>>()
    };
    let waiting = |stuck: Vec<(es_core::StreamName, String)>| {
        named(stuck.into_iter().map(|(stream, why)| (stream.to_string(), crate::errors::sentence(&why))).collect())
    };
    let outcome = match report.outcome.clone() {
        StepOutcome::Executed { stream, events, consequences, stuck } => wire::WhatIfOutcome::Executed {
            stream: stream.to_string(),
            events: index(events),
            consequences: index(consequences),
            refused: refused.map(Into::into),
            stuck: waiting(stuck),
        },
        StepOutcome::Rejected(rejection) => wire::WhatIfOutcome::Rejected {
            code: rejection.code,
            message: rejection.message,
            details: named(rejection.details.into_iter().collect()),
        },
        StepOutcome::Invalid { code, message } => {
            wire::WhatIfOutcome::Invalid { code, message: crate::errors::sentence(&message) }
        }
        StepOutcome::Ran(ran) => wire::WhatIfOutcome::Ran {
            commands: ran.commands.to_string(),
            timers: ran.timers.to_string(),
            stuck: waiting(ran.stuck),
        },
        StepOutcome::Failed { code, message } => {
            wire::WhatIfOutcome::Failed { code, message: crate::errors::sentence(&message) }
        }
    };
    wire::WhatIfStepReport { clock: time(report.clock), events: index(report.events), outcome }
}

fn end(end: StreamEnd) -> wire::WhatIfEnd {
    let problem = end.problem().map(|problem| crate::errors::sentence(&problem.to_string()));
    wire::WhatIfEnd {
        stream: end.stream.to_string(),
        original_version: end.original_version.to_string(),
        what_if_version: end.what_if_version.to_string(),
        problem,
        nodes: end.nodes.into_iter().map(Into::into).collect(),
        changed_paths: end.changed_paths,
    }
}
