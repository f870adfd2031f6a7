//! What-ifs as JSON for programs.

use std::collections::BTreeMap;

use bank::transfer::RefusedLater;
use inspector::what_if::{LaneStep, Provenance, Scenario, Step, StepOutcome, StreamEnd, TakenBecause, WhatIf};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::output::{embedded, exact_time};
use crate::cli::state::{ChangeJson, changes};
use crate::session::what_if::refused_later;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerJson {
    title: String,
    fork: String,
    /// Up to here recorded events are taken along.
    through: String,
    /// Up to here the lane of what happened reaches.
    end: String,
    clock: String,
    streams: Vec<StreamJson>,
    correlations_left_out: bool,
    original: LaneJson,
    what_if: LaneJson,
    /// Which events stand beside each other: indexes into both lanes.
    rows: Vec<RowJson>,
    steps: Vec<StepJson>,
    /// How streams end that end differently.
    differences: Vec<EndJson>,
}

#[derive(Serialize)]
struct StreamJson {
    stream: String,
    because: &'static str,
}

#[derive(Serialize)]
struct LaneJson {
    events: Vec<LaneEventJson>,
    /// How many there are; the first of them are told.
    total: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LaneEventJson {
    /// Nothing for an event that nobody has recorded.
    position: Option<String>,
    stream: String,
    version: String,
    event_type: String,
    schema_version: u32,
    event_id: String,
    recorded_at: String,
    actor: Option<String>,
    sentence: Option<String>,
    provenance: &'static str,
    /// Index of the step that has led to it.
    step: Option<usize>,
    payload: Option<Box<RawValue>>,
    before: Option<Box<RawValue>>,
    after: Option<Box<RawValue>>,
    changed_paths: Vec<String>,
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowJson {
    original: Option<usize>,
    what_if: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepJson {
    step: String,
    clock: String,
    /// Events that it has led to, those of processes included.
    events: usize,
    #[serde(flatten)]
    outcome: OutcomeJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
enum OutcomeJson {
    #[serde(rename_all = "camelCase")]
    Executed {
        stream: String,
        own_events: usize,
        consequences: usize,
        /// The rule that refuses after all what was asked for, if so.
        refused: Option<RefusedJson>,
        stuck: BTreeMap<String, String>,
    },
    Rejected {
        code: String,
        message: String,
        details: BTreeMap<String, String>,
    },
    Invalid {
        code: String,
        message: String,
    },
    Ran {
        commands: String,
        timers: String,
        stuck: BTreeMap<String, String>,
        problem: Option<String>,
    },
    Failed {
        code: String,
        message: String,
    },
}

#[derive(Serialize)]
struct RefusedJson {
    code: String,
    message: String,
    /// Whether something had been held for it before.
    begun: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndJson {
    stream: String,
    original_version: String,
    what_if_version: String,
    changes: Vec<ChangeJson>,
    problem: Option<String>,
}

impl AnswerJson {
    pub(super) fn of(scenario: &Scenario, answer: &WhatIf) -> Self {
        let lane = |lane: &inspector::what_if::LaneOfSteps| LaneJson {
            events: lane.steps.iter().map(LaneEventJson::of).collect(),
            total: lane.total.to_string(),
        };
        let streams = answer.streams.iter();
        let steps = scenario.steps.iter().zip(&answer.steps).enumerate();
        Self {
            title: scenario.title.clone(),
            fork: answer.fork.to_string(),
            through: answer.through.to_string(),
            end: answer.end.to_string(),
            clock: exact_time(answer.begins_at),
            streams: streams
                .map(|(stream, why)| StreamJson { stream: stream.to_string(), because: because(*why) })
                .collect(),
            correlations_left_out: answer.correlations_left_out,
            original: lane(&answer.original),
            what_if: lane(&answer.what_if),
            rows: answer.rows.iter().map(|row| RowJson { original: row.original, what_if: row.what_if }).collect(),
            steps: steps
                .map(|(at, (step, report))| StepJson {
                    step: name_of(step),
                    clock: exact_time(report.clock),
                    events: report.events,
                    outcome: OutcomeJson::of(&report.outcome, refused_later(answer, at)),
                })
                .collect(),
            differences: answer.ends.iter().filter(|end| end.is_told()).map(EndJson::of).collect(),
        }
    }
}

fn because(why: TakenBecause) -> &'static str {
    match why {
        TakenBecause::Named => "named",
        TakenBecause::Correlated => "correlated",
        TakenBecause::Needed => "needed",
    }
}

/// A step in a few words.
pub(super) fn name_of(step: &Step) -> String {
    use inspector::what_if::ClockStep;
    match step {
        Step::Command(command) => command.command_type.clone(),
        Step::Clock(ClockStep::To(time)) => format!("clock to {}", exact_time(*time)),
        Step::Clock(ClockStep::BySeconds(seconds)) => format!("clock by {seconds} seconds"),
        Step::Processes => "processes".to_owned(),
    }
}

impl LaneEventJson {
    fn of(step: &LaneStep) -> Self {
        let event = &step.event;
        let (provenance, from_step) = match step.provenance {
            Provenance::Recorded => ("recorded", None),
            Provenance::Replaced => ("replaced", None),
            Provenance::Moved => ("moved", None),
            Provenance::Skipped => ("skipped", None),
            Provenance::Inserted => ("inserted", None),
            Provenance::FromStep(index) => ("fromStep", Some(index)),
        };
        Self {
            position: (event.position > es_core::Position::ZERO).then(|| event.position.to_string()),
            stream: event.stream.to_string(),
            version: event.version.to_string(),
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            event_id: step.event_id.to_string(),
            recorded_at: exact_time(event.recorded_at),
            actor: event.actor.clone(),
            sentence: event.sentence.clone(),
            provenance,
            step: from_step,
            payload: step.payload.as_deref().map(embedded),
            before: step.before.as_deref().map(embedded),
            after: step.after.as_deref().map(embedded),
            changed_paths: step.changed_paths.clone(),
            error: step.error.clone(),
        }
    }
}

impl OutcomeJson {
    fn of(outcome: &StepOutcome, refused: Option<RefusedLater>) -> Self {
        match outcome.clone() {
            StepOutcome::Executed { stream, events, consequences, stuck } => Self::Executed {
                stream: stream.to_string(),
                own_events: events,
                consequences,
                refused: refused.map(|RefusedLater { code, message, begun }| RefusedJson { code, message, begun }),
                stuck: named(stuck),
            },
            StepOutcome::Rejected(rejection) => {
                Self::Rejected { code: rejection.code, message: rejection.message, details: rejection.details }
            }
            StepOutcome::Invalid { code, message } => Self::Invalid { code, message },
            StepOutcome::Ran(ran) => Self::Ran {
                commands: ran.commands.to_string(),
                timers: ran.timers.to_string(),
                stuck: named(ran.stuck),
                problem: ran.problem,
            },
            StepOutcome::Failed { code, message } => Self::Failed { code, message },
        }
    }
}

fn named(stuck: Vec<(es_core::StreamName, String)>) -> BTreeMap<String, String> {
    stuck.into_iter().map(|(stream, why)| (stream.to_string(), why)).collect()
}

impl EndJson {
    fn of(end: &StreamEnd) -> Self {
        Self {
            stream: end.stream.to_string(),
            original_version: end.original_version.to_string(),
            what_if_version: end.what_if_version.to_string(),
            changes: changes(&end.nodes, &end.changed_paths),
            problem: end.problem().map(ToString::to_string),
        }
    }
}
