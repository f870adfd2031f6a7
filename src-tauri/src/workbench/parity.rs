//! Parity runs as the window works with them.

use bank::language::Seamed;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use es_runtime::{BackendTimings, ParityReport, ParityStepReport, ParityVerdict};
use uuid::Uuid;

use super::Workbench;
use super::lasting::{Lasting, Shown};
use crate::composition::{self, Access, Store};
use crate::connections::Chosen;
use crate::parity;
use crate::tasks::Task;
use crate::wire::{
    AppError, ParityAnswer, ParityBackendRow, ParityRequest, ParityResult, ParityRun, ParityStepRow, ParityTiming,
    ParityVerdictView,
};

pub(super) type Parities = Lasting<Arc<ParityReport>>;

/// Longest answer that the window shows of a store, in characters: some hold the whole log.
const ANSWER_CHARACTERS: usize = 20_000;
/// Longest value that is shown of the place where answers part.
const PLACE_CHARACTERS: usize = 400;

/// A folder for a file that takes part, and for what is derived from it; thrown away with everything in it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("ledgerscope-parity-{}", Uuid::new_v4())))
    }

    fn file(&self) -> Chosen {
        Chosen::file(self.0.join("bank.ledgerscope"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // One that was never made needs no removing; one that stays is the system's to clear.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Workbench {
    /// The stores of a parity run, with their passwords.
    ///
    /// # Errors
    /// One of them cannot be chosen, or one is named twice.
    pub async fn parity_stores(&self, request: &ParityRequest) -> Result<Vec<Chosen>, AppError> {
        let mut stores: Vec<Chosen> = Vec::new();
        for choice in &request.stores {
            let chosen = self.choice(choice.clone()).await?;
            if stores.iter().any(|other| composition::is_same_place(&other.target, &chosen.target)) {
                let message =
                    Seamed::of(&format_args!("{} is the same store as another one of the run.", chosen.name()));
                return Err(AppError::new("same_store", message, "Choose each store once. Nothing was written."));
            }
            stores.push(chosen);
        }
        if stores.is_empty() && !request.scratch_file {
            let hint = "Choose a connection to an empty store, or the temporary file.";
            return Err(AppError::new("bad_argument", "No store takes part.", hint));
        }
        Ok(stores)
    }

    /// Runs the same bank on each of the stores and on one in memory.
    ///
    /// # Errors
    /// `busy`, `store_not_empty`, or a store cannot be opened or written.
    pub async fn parity(&self, stores: Vec<Chosen>, scratch: bool, task: Task) -> Result<ParityResult, AppError> {
        let names: Vec<_> = stores.iter().map(Chosen::name).collect();
        let scratch_name = scratch.then(|| "a temporary file".to_owned());
        let title = format!(
            "The parity run on {}",
            names.iter().chain(&scratch_name).map(String::as_str).collect::<Vec<_>>().join(", ")
        );
        let running = self.parities.begin(title, stores.clone(), task)?;
        let ended = async {
            let domain = composition::domain()?;
            let scratch = scratch.then(Scratch::new);
            let opened = open_all(stores.into_iter().chain(scratch.as_ref().map(Scratch::file))).await?;
            let told = |progress: &es_runtime::Progress| running.report(progress);
            let mut report = parity::run(&opened, &domain, &told, running.token()).await?;
            if let (Some(last), true) = (report.backends.last_mut(), scratch.is_some()) {
                parity::SCRATCH.clone_into(last);
            }
            Ok(Arc::new(report))
        };
        let ended = ended.await;
        running.end(ended).map(|report| result(&report))
    }

    /// The run that is under way, or how the last one ended.
    #[must_use]
    pub fn last_parity(&self) -> Option<ParityRun> {
        let Shown { task_id, title, progress, ended } = self.parities.shown()?;
        let (result, error) = match ended {
            None => (None, None),
            Some(Ok(report)) => (Some(result(&report)), None),
            Some(Err(error)) => (None, Some(error)),
        };
        Some(ParityRun { task_id, title, progress, result, error })
    }

    /// What each store answered to a step of the last run.
    ///
    /// # Errors
    /// There is no such step.
    pub fn parity_answers(&self, step: u32) -> Result<Vec<ParityAnswer>, AppError> {
        let report = self.parities.shown().and_then(|shown| shown.ended).and_then(Result::ok);
        let found = report.as_ref().and_then(|report| Some((report, report.steps.get(step as usize)?)));
        let Some((report, step)) = found else {
            return Err(AppError::not_found("step", &step.to_string(), "Look at the steps of the last run."));
        };
        Ok(answers(report, step))
    }
}

async fn open_all(chosen: impl Iterator<Item = Chosen>) -> Result<Vec<Store>, AppError> {
    let mut stores: Vec<Store> = Vec::new();
    for chosen in chosen {
        let opened = Store::open(chosen, Access::Create).await.map_err(AppError::from);
        match opened.and_then(|store| store.writable().map(|()| store)) {
            Ok(store) => stores.push(store),
            Err(error) => {
                for store in &stores {
                    store.events.close().await;
                }
                return Err(error);
            }
        }
    }
    Ok(stores)
}

fn answers(report: &ParityReport, step: &ParityStepReport) -> Vec<ParityAnswer> {
    let parts = step.first_difference();
    let answer = |(at, (backend, answer)): (usize, (&String, &serde_json::Value))| {
        let whole = serde_json::to_string_pretty(answer).unwrap_or_default();
        let json: String = whole.chars().take(ANSWER_CHARACTERS).collect();
        let at_place = parts.as_ref().and_then(|(index, _, first, other)| match at {
            0 => Some(first),
            at if at == *index => Some(other),
            _ => None,
        });
        ParityAnswer {
            backend: backend.clone(),
            cut: json.len() < whole.len(),
            json,
            at_place: at_place.map(|value| value.to_string().chars().take(PLACE_CHARACTERS).collect()),
        }
    };
    report.backends.iter().zip(&step.answers).enumerate().map(answer).collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn result(report: &ParityReport) -> ParityResult {
    let count = |verdict| report.count(verdict).to_string();
    let timings = report.timings();
    ParityResult {
        agrees: report.agrees(),
        cancelled: report.cancelled,
        scenario: report.scenario.clone(),
        same: count(ParityVerdict::Same),
        different: count(ParityVerdict::Different),
        not_offered: count(ParityVerdict::NotOffered),
        backends: report.backends.iter().zip(&timings).map(backend_row).collect(),
        steps: report.steps.iter().map(|step| step_row(report, step)).collect(),
    }
}

fn backend_row((name, timings): (&String, &BackendTimings)) -> ParityBackendRow {
    let timing = |timing: &es_runtime::ActionTiming| ParityTiming {
        action: timing.kind.to_owned(),
        count: timing.count.to_string(),
        median_milliseconds: milliseconds(timing.median),
        p99_milliseconds: milliseconds(timing.p99),
    };
    // Letting time go by is done with the clock alone.
    let done = timings.actions.iter().filter(|action| action.kind != "clock");
    ParityBackendRow {
        name: name.clone(),
        total_milliseconds: milliseconds(timings.total),
        timings: done.map(timing).collect(),
    }
}

fn step_row(report: &ParityReport, step: &ParityStepReport) -> ParityStepRow {
    ParityStepRow {
        label: step.label.clone(),
        action: step.kind.to_owned(),
        verdict: match step.verdict {
            ParityVerdict::Same => ParityVerdictView::Same,
            ParityVerdict::Different => ParityVerdictView::Different,
            ParityVerdict::NotOffered => ParityVerdictView::NotOffered,
        },
        place: step.first_difference().map(|(_, place, ..)| place),
        lacking: parity::lacking(report, step),
        milliseconds: step.times.iter().map(|time| time.map(milliseconds)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_temporary_file_goes_with_everything_beside_it() {
        let scratch = Scratch::new();
        let folder = scratch.0.clone();
        let store = Store::open(scratch.file(), Access::Create).await.expect("created");
        store.events.close().await;
        assert!(std::fs::read_dir(&folder).expect("a folder").count() > 1, "a file, and views beside it");
        drop((store, scratch));
        assert!(!folder.exists(), "nothing stays");
    }
}
