//! A parity run: one scenario on several backends side by side, and where their answers differ.
//!
//! Every step is carried out on each backend before the next one begins, and the answers are compared in a form without what
//! is a backend's own: positions, recorded times, sealed texts. See docs/adr/0035.

mod answer;
mod normal;
mod report;
mod scenario;

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use es_core::{Domain, EventStore, ManualClock, Position, ReadModelStore, SnapshotStore, StoreError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::copy::Walk;
use crate::engine::{Engine, EngineParts};
use crate::progress::{Meter, ProgressSink};

pub use report::{ActionTiming, BackendTimings, ParityReport, ParityStepReport, ParityVerdict};
pub use scenario::{ParityAction, ParityScenario, ParityStep};

/// A store with its read models, as a parity run uses it. It must be empty.
pub struct ParityBackend {
    /// What people call it.
    pub name: String,
    /// Where events are.
    pub events: Arc<dyn EventStore>,
    /// Where read models, checkpoints and timers are.
    pub read_models: Arc<dyn ReadModelStore>,
    /// Where snapshots are, if they are kept.
    pub snapshots: Option<Arc<dyn SnapshotStore>>,
}

/// Why there was no parity run. What a backend answers within a run is never an error but a part of the report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParityError {
    /// A backend holds events already, so that its answers would be others.
    #[error("{backend} holds events already; the first is at position {first}")]
    NotEmpty {
        /// Its name.
        backend: String,
        /// Position of its first event.
        first: Position,
    },
    /// A backend fails before the first step.
    #[error("{backend}: {error}")]
    Store {
        /// Its name.
        backend: String,
        /// How.
        error: StoreError,
    },
}

impl ParityError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotEmpty { .. } => "store_not_empty",
            Self::Store { error, .. } => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotEmpty { .. } => {
                "Name empty stores: the run writes a bank of its own into each. Nothing was written."
            }
            Self::Store { error, .. } => error.hint(),
        }
    }
}

/// A backend at work.
struct Bench<'a> {
    backend: &'a ParityBackend,
    engine: Engine,
    clock: Arc<ManualClock>,
    /// What the clock said at the beginning.
    start: DateTime<Utc>,
}

/// Carries a scenario out on each backend, step by step, and compares the answers with those of the first one.
///
/// # Errors
/// A backend is not empty, or cannot be looked at.
pub async fn run_parity(
    scenario: &ParityScenario,
    backends: &[ParityBackend],
    domain: &Arc<Domain>,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<ParityReport, ParityError> {
    for backend in backends {
        check_empty(backend, cancel).await?;
    }
    let benches: Vec<Bench<'_>> = backends.iter().map(|backend| Bench::new(backend, domain, scenario)).collect();
    let names = backends.iter().map(|backend| backend.name.clone()).collect();
    let mut report = ParityReport::new(scenario.name.clone(), names);
    let mut meter = Meter::new(progress);
    let total = scenario.steps.len() as u64;
    meter.phase("steps", 0, Some(total));
    for (done, step) in scenario.steps.iter().enumerate() {
        if cancel.is_cancelled() {
            report.cancelled = true;
            break;
        }
        meter.tell(done as u64, Some(total));
        report.steps.push(carried_out(step, &benches, cancel).await);
    }
    for bench in &benches {
        bench.engine.shutdown().await;
    }
    meter.finish();
    Ok(report)
}

async fn check_empty(backend: &ParityBackend, cancel: &CancellationToken) -> Result<(), ParityError> {
    let failed = |error| ParityError::Store { backend: backend.name.clone(), error };
    let head = backend.events.head().await.map_err(failed)?;
    let mut walk = Walk::start(backend.events.clone(), Position::ZERO, head, cancel);
    match walk.next_of_clients().await.map_err(failed)? {
        None => Ok(()),
        Some(entry) => Err(ParityError::NotEmpty { backend: backend.name.clone(), first: entry.position() }),
    }
}

impl<'a> Bench<'a> {
    fn new(backend: &'a ParityBackend, domain: &Arc<Domain>, scenario: &ParityScenario) -> Self {
        let clock = Arc::new(ManualClock::new(scenario.start));
        let mut parts = EngineParts::new(backend.events.clone(), backend.read_models.clone(), domain.clone());
        parts.snapshots.clone_from(&backend.snapshots);
        parts.clock = clock.clone();
        // One after the other, so that the order of what processes do is the same everywhere.
        parts.config.process_concurrency = 1;
        Self { backend, engine: Engine::new(parts), clock, start: scenario.start }
    }
}

/// A step that one of the backends does not offer is done on none of them: what comes later would differ for that reason alone.
async fn carried_out(step: &ParityStep, benches: &[Bench<'_>], cancel: &CancellationToken) -> ParityStepReport {
    let lacking = benches.iter().map(|bench| step.action.lacks(bench.backend.events.capabilities()));
    let lacking: Vec<Option<&'static str>> = lacking.collect();
    let (mut answers, mut times, mut verdict) = (Vec::new(), Vec::new(), ParityVerdict::NotOffered);
    if lacking.iter().any(Option::is_some) {
        answers = lacking.iter().map(|lacks| json!({ "notOffered": lacks })).collect();
        times = vec![None; benches.len()];
    } else {
        for bench in benches {
            let started = Instant::now();
            answers.push(answer::of(&step.action, bench, cancel).await);
            times.push(Some(started.elapsed()));
        }
        let same = answers.windows(2).all(|pair| pair[0] == pair[1]);
        verdict = if same { ParityVerdict::Same } else { ParityVerdict::Different };
    }
    ParityStepReport { label: step.label.clone(), kind: step.action.kind(), verdict, answers, times }
}
