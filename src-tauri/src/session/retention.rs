//! Retention: rules, legal holds, previews, truncation, scavenge, and the archive.

use es_core::retention::plan::{Purpose, Refusal, RefusalReason, RetentionPlan, StreamPlan};
use es_core::retention::record::{Authorship, LegalHold, Scope};
use es_core::{Position, StoreError, StreamVersion, VerifyProgress};
use es_runtime::{Progress, RetentionError, Wanted};
use uuid::Uuid;

use super::commanding::CHANNEL;
use super::present::time;
use super::{Session, arguments, projections, upkeep};
use crate::tasks::Task;
use crate::wire::{
    AppError, ArchiveReport, LegalHoldRow, RetentionBy, RetentionDone, RetentionOverview, RetentionPreview,
    RetentionPurpose, RetentionRefusal, RetentionRule, RetentionRuleRow, RetentionScope, RetentionStreamRow,
};

/// Most streams that a preview lists; further ones are counted.
const PREVIEW_STREAMS: usize = 200;

impl Session {
    /// Rules and legal holds in force, and the room taken.
    ///
    /// # Errors
    /// The store does not answer, or its record cannot be read.
    pub async fn retention(&self) -> Result<RetentionOverview, AppError> {
        let Some(kept) = self.events.retention() else { return Ok(nothing_kept_out()) };
        let status = self.engine.retention()?.status().await?;
        let archive = kept.stubs(Position::ZERO, 1).await?.archive;
        let rule = |(scope, rule): (Scope, _)| RetentionRuleRow { scope: told_scope(scope), rule: told_rule(rule) };
        Ok(RetentionOverview {
            supported: true,
            rules: status.ledger.rules.into_iter().map(rule).collect(),
            holds: status.ledger.holds.into_values().map(Into::into).collect(),
            bytes: status.storage.bytes.to_string(),
            free_bytes: status.storage.free_bytes.to_string(),
            stubs: status.storage.stubs.to_string(),
            archive_bytes: status.storage.archive_bytes.map(|bytes| bytes.to_string()),
            archive: Some(archive),
        })
    }

    /// Sets a rule in place of the former one; without a rule, removes it. Hides nothing by itself.
    ///
    /// # Errors
    /// A rule that cannot be, no rule to remove, no actor or reason, or the store cannot be written.
    pub async fn set_retention_rule(
        &self,
        scope: RetentionScope,
        rule: Option<RetentionRule>,
        by: RetentionBy,
    ) -> Result<(), AppError> {
        self.writable()?;
        let (scope, by) = (scope_of(scope)?, authorship(by)?);
        let retention = self.engine.retention()?;
        match rule {
            Some(rule) => retention.set_rule(scope, rule_of(&rule)?, &by).await?,
            None => retention.remove_rule(&scope, &by).await?,
        }
        Ok(())
    }

    /// Places a legal hold: nothing that it covers goes until it is lifted.
    ///
    /// # Errors
    /// The name is taken, no actor or reason, or the store cannot be written.
    pub async fn place_legal_hold(&self, hold: String, scope: RetentionScope, by: RetentionBy) -> Result<(), AppError> {
        self.writable()?;
        let (scope, by) = (scope_of(scope)?, authorship(by)?);
        Ok(self.engine.retention()?.place_hold(&hold, scope, &by).await?)
    }

    /// Lifts a legal hold.
    ///
    /// # Errors
    /// There is none, no actor or reason, or the store cannot be written.
    pub async fn lift_legal_hold(&self, hold: String, by: RetentionBy) -> Result<(), AppError> {
        self.writable()?;
        Ok(self.engine.retention()?.lift_hold(&hold, &authorship(by)?).await?)
    }

    /// What would go now, and what stays and why.
    ///
    /// # Errors
    /// Cancelled, or the store does not answer.
    pub async fn preview_retention(&self, purpose: RetentionPurpose, task: Task) -> Result<RetentionPreview, AppError> {
        let sink = reporting(&task);
        let retention = self.engine.retention()?;
        let plan = retention.preview(purpose.into(), &Wanted::default(), &sink, task.token()).await?;
        Ok(told_plan(purpose, plan))
    }

    /// Hides what may go, or moves what is hidden to the archive.
    ///
    /// # Errors
    /// Another number of events would go than expected, all of it is refused, no actor or reason, or the store cannot be
    /// written. What was done before stays done.
    pub async fn apply_retention(
        &self,
        purpose: RetentionPurpose,
        expected_events: &str,
        by: RetentionBy,
        task: Task,
    ) -> Result<RetentionDone, AppError> {
        self.writable()?;
        let expect_events = Some(arguments::number("Number of events", expected_events)?);
        let wanted = Wanted { expect_events, ..Wanted::default() };
        let (by, sink) = (authorship(by)?, reporting(&task));
        let retention = self.engine.retention()?;
        let (events, bytes, cancelled) = match purpose {
            RetentionPurpose::Truncate => {
                let report = retention.truncate(&wanted, &by, &sink, task.token()).await?;
                (report.events, report.bytes, report.cancelled)
            }
            RetentionPurpose::Scavenge => {
                let report = retention.scavenge(&wanted, &by, &sink, task.token()).await?;
                (report.events, report.bytes, report.cancelled)
            }
        };
        Ok(RetentionDone { purpose, events: events.to_string(), bytes: bytes.to_string(), cancelled })
    }

    /// Recomputes the hash of every archived event and compares the archive with the stubs.
    ///
    /// # Errors
    /// The store does not answer. What contradicts itself is a finding, not an error.
    pub async fn verify_archive(&self, task: Task) -> Result<ArchiveReport, AppError> {
        let token = task.token().clone();
        let go_on = Box::new(move |progress: VerifyProgress| {
            task.report("Verifying archived events", progress.done, Some(progress.total));
            !token.is_cancelled()
        });
        let kept = self.events.retention().ok_or(StoreError::Unsupported { what: "retention" })?;
        let report = kept.verify_archive(go_on).await?;
        Ok(ArchiveReport {
            intact: report.intact(),
            events: report.events.to_string(),
            findings: projections::findings(&report),
            cancelled: report.cancelled,
        })
    }
}

fn nothing_kept_out() -> RetentionOverview {
    let zero = || "0".to_owned();
    RetentionOverview {
        supported: false,
        rules: Vec::new(),
        holds: Vec::new(),
        bytes: zero(),
        free_bytes: zero(),
        stubs: zero(),
        archive_bytes: None,
        archive: None,
    }
}

fn reporting(task: &Task) -> impl Fn(&Progress) + Send + Sync + '_ {
    |progress| task.report(&upkeep::phase(progress.phase), progress.done, progress.total)
}

fn authorship(by: RetentionBy) -> Result<Authorship, AppError> {
    let actor = arguments::actor(&by.actor)?.to_owned();
    Ok(Authorship { change_id: Uuid::new_v4(), actor, channel: CHANNEL.to_owned(), reason: by.reason })
}

fn scope_of(scope: RetentionScope) -> Result<Scope, AppError> {
    Ok(match scope {
        RetentionScope::Stream(stream) => Scope::Stream(arguments::stream(&stream)?),
        RetentionScope::Category(category) => Scope::Category(category),
        RetentionScope::Prefix(prefix) => Scope::Prefix(prefix),
    })
}

fn told_scope(scope: Scope) -> RetentionScope {
    match scope {
        Scope::Stream(stream) => RetentionScope::Stream(stream.to_string()),
        Scope::Category(category) => RetentionScope::Category(category),
        Scope::Prefix(prefix) => RetentionScope::Prefix(prefix),
    }
}

fn rule_of(rule: &RetentionRule) -> Result<es_core::retention::record::RetentionRule, AppError> {
    let number =
        |what: &str, text: &Option<String>| text.as_deref().map(|text| arguments::number(what, text)).transpose();
    Ok(es_core::retention::record::RetentionRule {
        max_age_seconds: number("Age", &rule.max_age_seconds)?,
        max_count: number("Number of events", &rule.max_count)?,
        before_version: number("Version", &rule.before_version)?.map(StreamVersion),
        min_age_seconds: number("Age", &rule.min_age_seconds)?,
    })
}

fn told_rule(rule: es_core::retention::record::RetentionRule) -> RetentionRule {
    RetentionRule {
        max_age_seconds: rule.max_age_seconds.map(|seconds| seconds.to_string()),
        max_count: rule.max_count.map(|count| count.to_string()),
        before_version: rule.before_version.map(|version| version.to_string()),
        min_age_seconds: rule.min_age_seconds.map(|seconds| seconds.to_string()),
    }
}

/// Streams of which something goes come first.
fn told_plan(purpose: RetentionPurpose, mut plan: RetentionPlan) -> RetentionPreview {
    let total_streams = plan.streams.len();
    plan.streams.sort_by_key(|stream| stream.goes.events == 0);
    let streams = plan.streams.into_iter().take(PREVIEW_STREAMS).map(Into::into).collect();
    RetentionPreview {
        purpose,
        events: plan.goes.events.to_string(),
        bytes: plan.goes.bytes.to_string(),
        cuts: plan.cuts.to_string(),
        refused: plan.refused.to_string(),
        oldest: plan.goes.times.map(|(oldest, _)| time(oldest)),
        newest: plan.goes.times.map(|(_, newest)| time(newest)),
        streams,
        total_streams: total_streams.to_string(),
    }
}

impl From<RetentionPurpose> for Purpose {
    fn from(purpose: RetentionPurpose) -> Self {
        match purpose {
            RetentionPurpose::Truncate => Self::Truncate,
            RetentionPurpose::Scavenge => Self::Scavenge,
        }
    }
}

impl From<StreamPlan> for RetentionStreamRow {
    fn from(plan: StreamPlan) -> Self {
        Self {
            stream: plan.stream.to_string(),
            before: plan.before.map(|version| version.to_string()),
            events: plan.goes.events.to_string(),
            bytes: plan.goes.bytes.to_string(),
            refusals: plan.refusals.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Refusal> for RetentionRefusal {
    fn from(refusal: &Refusal) -> Self {
        let code = match refusal.reason {
            RefusalReason::LegalHold { .. } => "legal_hold",
            RefusalReason::ProjectionBehind { .. } => "projection_behind",
            RefusalReason::ProcessBehind { .. } => "process_behind",
            RefusalReason::ProcessPending { .. } => "process_pending",
            RefusalReason::NotRestarted { .. } => "not_restarted",
            RefusalReason::TooYoung { .. } => "too_young",
            RefusalReason::LastEvent => "last_event",
            RefusalReason::SystemStream => "system_stream",
        };
        let message = crate::errors::sentence(&refusal.reason.to_string());
        Self { code: code.to_owned(), message, events: refusal.events.to_string() }
    }
}

impl From<LegalHold> for LegalHoldRow {
    fn from(hold: LegalHold) -> Self {
        Self {
            hold: hold.hold,
            scope: told_scope(hold.scope),
            placed_at: time(hold.placed_at),
            actor: hold.actor,
            reason: hold.reason,
        }
    }
}

impl From<RetentionError> for AppError {
    fn from(error: RetentionError) -> Self {
        let (code, hint) = (error.code(), error.hint());
        tracing::warn!(code, %error, "what is kept was not changed");
        Self::of(code, &error, hint)
    }
}
