//! Read models and their upkeep, and the verification of the whole store.

use es_runtime::{Progress, RebuildError, RebuildOutcome};

use super::Session;
use crate::tasks::Task;
use crate::wire::{AppError, Finding, ProjectionState, ProjectionStatus, RebuildReport, VerifyReport};

impl Session {
    /// Health of every read model.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn projections(&self) -> Result<Vec<ProjectionStatus>, AppError> {
        Ok(self.engine.projections().await?.into_iter().map(Into::into).collect())
    }

    /// Builds a read model anew beside the present one and swaps it in at the end.
    ///
    /// # Errors
    /// Unknown name, being rebuilt already, an event that cannot be applied, or a store does not answer. The present one is
    /// as before then.
    pub async fn rebuild_projection(&self, name: &str, task: Task) -> Result<RebuildReport, AppError> {
        let sink = |progress: &Progress| task.report(progress.phase, progress.done, progress.total);
        let report = self.engine.rebuild(name, &sink, task.token()).await?;
        if let RebuildOutcome::Refused { differing_rows, violations, .. } = report.outcome {
            return Err(refused(name, differing_rows, violations));
        }
        let cancelled = report.is_cancelled();
        Ok(RebuildReport {
            name: report.projection.to_owned(),
            events: report.events.to_string(),
            rows: report.rows.to_string(),
            differing_rows: report.compared.map(|compared| compared.differing_rows.to_string()),
            position: report.position.to_string(),
            seconds: report.elapsed.as_secs_f64(),
            cancelled,
        })
    }

    /// Stops a read model where it is.
    ///
    /// # Errors
    /// Unknown name, or the store does not answer.
    pub async fn pause_projection(&self, name: &str) -> Result<(), AppError> {
        Ok(self.engine.pause(name).await?)
    }

    /// Lets a paused read model go on, and a halted one try again.
    ///
    /// # Errors
    /// Unknown name, or the store does not answer.
    pub async fn resume_projection(&self, name: &str) -> Result<(), AppError> {
        self.engine.retry(name).await?;
        Ok(self.engine.resume(name).await?)
    }

    /// Recomputes every hash of the store.
    ///
    /// # Errors
    /// The store does not answer. What contradicts itself is a finding, not an error.
    pub async fn verify(&self, task: Task) -> Result<VerifyReport, AppError> {
        let token = task.token().clone();
        let progress = move |progress: es_core::VerifyProgress| {
            task.report("Verifying events", progress.done, Some(progress.total));
        };
        let report = self.events.verify(token, progress).await?;
        let findings = report.findings.iter().map(|finding| Finding {
            position: finding.position.to_string(),
            message: crate::errors::sentence(&finding.message),
        });
        Ok(VerifyReport {
            intact: report.intact(),
            events: report.events.to_string(),
            chain_hash: report.head.chain_hash.to_hex(),
            findings: findings.collect(),
            cancelled: report.cancelled,
        })
    }
}

/// A rebuilt version that did not pass verification.
fn refused(name: &str, differing_rows: u64, violations: u64) -> AppError {
    let message = format!(
        "The rebuilt {name} is not used: {differing_rows} rows differ from those in use, {violations} invariants do not hold."
    );
    let hint = format!("`ledgerscope projections rebuild {name}` shows them; with --accept-differences it swaps.");
    AppError::new("rebuild_refused", message, hint)
}

impl From<es_runtime::ProjectionStatus> for ProjectionStatus {
    fn from(status: es_runtime::ProjectionStatus) -> Self {
        use es_runtime::ProjectionState as Engine;
        Self {
            name: status.name.to_owned(),
            description: status.description.to_owned(),
            version: status.code_version,
            active_version: status.active.map(|tables| tables.code),
            state: match status.state {
                Engine::Running => ProjectionState::Running,
                // It was started with the session and takes its first step at once.
                Engine::CatchingUp | Engine::Idle => ProjectionState::CatchingUp,
                Engine::Rebuilding => ProjectionState::Rebuilding,
                Engine::Paused => ProjectionState::Paused,
                Engine::Halted => ProjectionState::Halted,
                Engine::HeldElsewhere => ProjectionState::HeldElsewhere,
                Engine::Retrying => ProjectionState::Retrying,
            },
            position: status.position.to_string(),
            head: status.head.to_string(),
            lag_events: status.lag_events.to_string(),
            lag_seconds: status.lag.as_secs_f64(),
            rate: status.rate,
            problem: match (status.problem, status.halted_at) {
                (Some(problem), Some(position)) => Some(format!("Position {position}: {problem}")),
                (problem, _) => problem,
            },
            rows: status.rows.to_string(),
        }
    }
}

impl From<RebuildError> for AppError {
    fn from(error: RebuildError) -> Self {
        let (code, hint) = match &error {
            RebuildError::Store(store) => return store.clone().into(),
            RebuildError::UnknownProjection { .. } => ("unknown_projection", "Choose one of the listed read models."),
            RebuildError::AlreadyRunning { .. } => ("rebuild_running", "Wait for it, or cancel it."),
            RebuildError::HeldElsewhere { .. } => ("held_elsewhere", "Wait until the other window has finished."),
            RebuildError::Poison { .. } => {
                ("poison_event", "Open the event that is named; the read model is as it was before.")
            }
            RebuildError::SharedRow { .. } => ("shared_row", "Report this: the read model's code is wrong."),
        };
        tracing::warn!(code, ?error, "a read model cannot be changed");
        Self::new(code, crate::errors::sentence(&error.to_string()), hint)
    }
}
