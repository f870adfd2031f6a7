//! Read models and their upkeep, and the verification of the whole store.

use bank::language::Seamed;
use es_core::{Position, StreamName};
use es_runtime::{DoctorError, Progress, RebuildError, UpkeepError};

use super::upkeep::Job;
use super::{Session, arguments, told};
use crate::tasks::Task;
use crate::wire::{
    AppError, DoctorReport, Finding, ProjectionStatus, ProjectionTaskKind, RebuildOptions, RebuildReport, SkipRequest,
    SkippedEvent, VerifyReport,
};

impl Session {
    /// Health of every read model.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn projections(&self) -> Result<Vec<ProjectionStatus>, AppError> {
        let mut all = Vec::new();
        for status in self.engine.projections().await? {
            let skipped = self.engine.skipped(status.name).await?;
            let mut told = told::status(&self.domain, status);
            told.skipped = skipped.into_iter().map(Into::into).collect();
            (told.task, told.last_rebuild) = self.upkeep.of(&told.name);
            all.push(told);
        }
        Ok(all)
    }

    /// Builds a read model anew beside the present one, verifies it, and swaps it in at the end, unless it differs and that
    /// was not accepted.
    ///
    /// # Errors
    /// Unknown name, being rebuilt already, an event that cannot be applied, or a store does not answer. The present one is
    /// as before then.
    pub async fn rebuild_projection(
        &self,
        name: &str,
        options: RebuildOptions,
        task: Task,
    ) -> Result<RebuildReport, AppError> {
        let RebuildOptions { accept_differences, resume, keep } = options;
        let job = self.begin(name, ProjectionTaskKind::Rebuild, keep, task)?;
        let options = es_runtime::RebuildOptions { accept_differences, resume, keep };
        let sink = |progress: &Progress| job.report(progress);
        let ended = self.engine.rebuild_with(name, options, &sink, job.token()).await;
        job.end(ended.map(|report| told::rebuild(&self.domain, report)).map_err(Into::into))
    }

    /// Throws a read model's tables away and builds them from the first event.
    ///
    /// # Errors
    /// As [`Session::rebuild_projection`]; then there may be no tables at all.
    pub async fn reset_projection(&self, name: &str, task: Task) -> Result<RebuildReport, AppError> {
        let job = self.begin(name, ProjectionTaskKind::Reset, false, task)?;
        let sink = |progress: &Progress| job.report(progress);
        let ended = self.engine.reset(name, &sink, job.token()).await;
        job.end(ended.map(|report| told::rebuild(&self.domain, report)).map_err(Into::into))
    }

    /// Forgets how the last rebuild ended.
    pub fn dismiss_rebuild(&self, name: &str) {
        self.upkeep.dismiss(name);
    }

    /// Makes the tables that the last swap has kept the ones in use again; answers with their version.
    ///
    /// # Errors
    /// Unknown name, being rebuilt, nothing to go back to, or the store does not answer.
    pub async fn roll_back_projection(&self, name: &str) -> Result<String, AppError> {
        Ok(self.engine.rollback(name).await?.to.to_string())
    }

    /// Compares a read model's rows with a fresh replay, and traces those that differ.
    ///
    /// # Errors
    /// Unknown name, no tables yet, tables of other code, too many rows, an event that cannot be applied, or a store does not
    /// answer.
    pub async fn examine_projection(&self, name: &str, task: Task) -> Result<DoctorReport, AppError> {
        let job = self.begin(name, ProjectionTaskKind::Doctor, false, task)?;
        let sink = |progress: &Progress| job.report(progress);
        let report = self.engine.doctor(name, &sink, job.token()).await?;
        Ok(told::doctor(&self.domain, report))
    }

    /// Stops a read model where it is.
    ///
    /// # Errors
    /// Unknown name, or the store does not answer.
    pub async fn pause_projection(&self, name: &str) -> Result<(), AppError> {
        Ok(self.engine.pause(name).await?)
    }

    /// Lets a paused read model go on.
    ///
    /// # Errors
    /// Unknown name, or the store does not answer.
    pub async fn resume_projection(&self, name: &str) -> Result<(), AppError> {
        Ok(self.engine.resume(name).await?)
    }

    /// Lets a halted read model try its event again.
    ///
    /// # Errors
    /// Unknown name, or the store does not answer.
    pub async fn retry_projection(&self, name: &str) -> Result<(), AppError> {
        Ok(self.engine.retry(name).await?)
    }

    /// Records that a read model leaves out the event that it is halted at, and lets it go on.
    ///
    /// # Errors
    /// Unknown name, not halted at that event, no actor or reason, or the store cannot be written.
    pub async fn skip_event(&self, request: SkipRequest) -> Result<SkippedEvent, AppError> {
        let position: Position = arguments::position(&request.position)?;
        let actor = arguments::actor(&request.actor)?;
        self.writable()?;
        Ok(self.engine.skip(&request.name, position, actor, &request.reason).await?.into())
    }

    /// Applies a stream that was set aside again; answers with the number of events that were caught up.
    ///
    /// # Errors
    /// Unknown name, a stream that is not set aside, an event that still cannot be applied, or the store does not answer.
    pub async fn release_stream(&self, name: &str, stream: &str) -> Result<String, AppError> {
        let stream: StreamName = arguments::stream(stream)?;
        Ok(self.engine.release(name, &stream).await?.events.to_string())
    }

    fn begin(&self, name: &str, kind: ProjectionTaskKind, keeps: bool, task: Task) -> Result<Job, AppError> {
        if self.domain.projection(name).is_none() {
            return Err(RebuildError::UnknownProjection { name: name.to_owned() }.into());
        }
        Ok(self.upkeep.begin(name, kind, keeps, task))
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
        let report = self.events.verify(token, Box::new(progress)).await?;
        Ok(VerifyReport {
            intact: report.intact(),
            events: report.events.to_string(),
            chain_hash: report.head.chain_hash.to_hex(),
            findings: findings(&report),
            cancelled: report.cancelled,
        })
    }
}

/// What a verification found, for people.
pub(super) fn findings(report: &es_core::VerifyReport) -> Vec<Finding> {
    let finding = |finding: &es_core::Finding| Finding {
        position: finding.position.to_string(),
        message: crate::errors::sentence(&finding.message),
    };
    report.findings.iter().map(finding).collect()
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
        Self::of(code, &error, hint)
    }
}

impl From<UpkeepError> for AppError {
    fn from(error: UpkeepError) -> Self {
        let message = Seamed::of(&error);
        let (code, hint) = match error {
            UpkeepError::Rebuild(error) => return error.into(),
            UpkeepError::Append(error) => return error.into(),
            UpkeepError::BadReason { .. } => ("bad_reason", "Give a reason that others can read later."),
            UpkeepError::NotHaltedAt { .. } => ("not_halted", "Look where it is halted; nothing was recorded."),
            UpkeepError::NoFormerTables { .. } => ("no_former_tables", "Rebuild it instead."),
            UpkeepError::OtherCode { .. } => {
                ("other_code", "Rebuild it, or use the version of the program that filled them.")
            }
            UpkeepError::NotQuarantined { .. } => {
                ("not_quarantined", "It may have been released meanwhile; look again.")
            }
            UpkeepError::NeedsRebuild { .. } => ("needs_rebuild", "Rebuild the read model: that releases the stream."),
            UpkeepError::StillFails { .. } => {
                ("still_fails", "Open the event that is named. The stream stays set aside from there.")
            }
        };
        tracing::warn!(code, %message, "a read model cannot be changed");
        Self::of(code, &message, hint)
    }
}

impl From<DoctorError> for AppError {
    fn from(error: DoctorError) -> Self {
        let message = Seamed::of(&error);
        let (code, hint) = match error {
            DoctorError::Replay(error) => return error.into(),
            DoctorError::KeptMoving { .. } => {
                let hint = "Close the other window or program, or try again.";
                return Self::of("kept_moving", &message, hint).retryable();
            }
            DoctorError::NotBuilt { .. } => ("not_built", "Wait until it has caught up."),
            DoctorError::OtherCode { .. } => ("other_code", "Rebuild it first."),
            DoctorError::TooManyRows { .. } => ("too_many_rows", "Rebuild it: that compares stored tables."),
            DoctorError::PastTheLog { .. } => ("past_the_log", "Rebuild it from this log."),
        };
        tracing::warn!(code, %message, "a read model cannot be examined");
        Self::of(code, &message, hint)
    }
}
