//! Scenes as JSON for programs, and what came of their steps in words.

use std::collections::BTreeMap;

use inspector::scene::{Scene, StepKind, StepOutcome, StepReport};
use serde::Serialize;

use crate::cli::output::exact_time;
use crate::wire::AppError;

#[derive(Serialize)]
pub(super) struct ListJson {
    pub(super) scenes: Vec<RowJson>,
    /// Why files among one's own are no scenes.
    pub(super) problems: Vec<AppError>,
}

#[derive(Serialize)]
pub(super) struct RowJson {
    pub(super) id: String,
    pub(super) shipped: bool,
    pub(super) title: String,
    pub(super) steps: usize,
    pub(super) commands: usize,
}

#[derive(Serialize)]
pub(super) struct PlayedJson {
    pub(super) title: String,
    /// Whether everything has come as the scene promises.
    pub(super) kept: bool,
    pub(super) steps: Vec<StepJson>,
}

#[derive(Serialize)]
pub(super) struct StepJson {
    pub(super) number: usize,
    pub(super) title: String,
    clock: String,
    #[serde(flatten)]
    outcome: OutcomeJson,
    /// Nothing if the scene promises nothing.
    pub(super) kept: Option<bool>,
    /// The log's last position afterwards.
    position: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
enum OutcomeJson {
    Nothing { show: Option<String> },
    Passed { commands: String, timers: String },
    Executed { stream: String, events: Vec<String>, stuck: BTreeMap<String, String> },
    Rejected { code: String, message: String, details: BTreeMap<String, String> },
    Failed { code: String, message: String },
}

impl RowJson {
    pub(super) fn of(id: &str, shipped: bool, scene: &Scene) -> Self {
        let commands = scene.steps.iter().filter(|step| matches!(step.does, StepKind::Command(_))).count();
        let title = scene.title.plain().to_owned();
        Self { id: id.to_owned(), shipped, title, steps: scene.steps.len(), commands }
    }
}

impl PlayedJson {
    pub(super) fn of(scene: &Scene, reports: &[StepReport]) -> Self {
        let steps = scene.steps.iter().zip(reports).enumerate().map(|(index, (step, report))| {
            let outcome = match &report.outcome {
                StepOutcome::Nothing => match &step.does {
                    StepKind::Show(address) => OutcomeJson::Nothing { show: Some(address.clone()) },
                    _ => OutcomeJson::Nothing { show: None },
                },
                StepOutcome::Passed(ran) => {
                    OutcomeJson::Passed { commands: ran.commands.to_string(), timers: ran.timers.to_string() }
                }
                StepOutcome::Executed { stream, events, stuck } => OutcomeJson::Executed {
                    stream: stream.to_string(),
                    events: events.clone(),
                    stuck: stuck.iter().map(|(stream, why)| (stream.to_string(), why.clone())).collect(),
                },
                StepOutcome::Rejected(rejection) => OutcomeJson::Rejected {
                    code: rejection.code.clone(),
                    message: rejection.message.clone(),
                    details: rejection.details.clone().into_iter().collect(),
                },
                StepOutcome::Invalid { code, message } | StepOutcome::Failed { code, message } => {
                    OutcomeJson::Failed { code: code.clone(), message: message.clone() }
                }
            };
            StepJson {
                number: index + 1,
                title: step.title.plain().to_owned(),
                clock: exact_time(report.clock),
                outcome,
                kept: report.kept,
                position: report.positions.1.to_string(),
            }
        });
        let steps: Vec<_> = steps.collect();
        let failed = |step: &StepJson| matches!(step.outcome, OutcomeJson::Failed { .. });
        let kept = steps.iter().all(|step| step.kept != Some(false) && !failed(step));
        Self { title: scene.title.plain().to_owned(), kept, steps }
    }
}

impl StepJson {
    pub(super) fn in_words(&self) -> String {
        match &self.outcome {
            OutcomeJson::Nothing { show: Some(address) } => format!("shows {address}"),
            OutcomeJson::Nothing { show: None } => "told".to_owned(),
            OutcomeJson::Passed { commands, timers } => {
                format!("{timers} timer(s), {commands} command(s) of processes")
            }
            OutcomeJson::Executed { events, stuck, .. } => {
                let stuck: Vec<_> = stuck.iter().map(|(stream, why)| format!("; STUCK {stream}: {why}")).collect();
                format!("{}{}", events.join(", "), stuck.concat())
            }
            OutcomeJson::Rejected { code, message, .. } => format!("REFUSED [{code}] {message}"),
            OutcomeJson::Failed { code, message } => format!("FAILED [{code}] {message}"),
        }
    }
}
