//! Which parts of answers are prose. Money and times in fields of their own stay as they cross: the window writes them.

use bank::language::schema;
use es_core::Language;

use super::german;
use crate::wire::{
    ArchiveReport, AuditPage, Bisected, Blame, CommandHistoryPage, CommandInfo, CommandResult, ConnectionList,
    ConnectionSaved, ConnectionTestStep, Detail, DoctorReport, DryRun, EventDetail, EventRow, EventsOpened,
    EventsProgress, ExpressionCheck, FieldHistory, Finding, HoldsPage, InstancesPage, InvariantViolation,
    OperatorOffer, OrdersPage, ProcessRow, Progress, ProjectionStatus, RebuildReport, RetentionPreview, SkippedEvent,
    SnapshotAudit, SnapshotsPage, StateView, Statement, StoreStatus, TheatreStage, TheatreTurn, TransferStory,
    TransfersPage, TrialBalance, VerifyReport, Violation, WatchTally, Watched, WhatIf, WhatIfOutcome,
};

/// An answer that can be told in German.
pub(crate) trait InGerman {
    /// Puts German words in place of the English ones, as far as they are known.
    fn to_german(&mut self);
}

impl InGerman for String {
    fn to_german(&mut self) {
        if let Some(told) = german(self) {
            *self = told;
        }
    }
}

impl<T: InGerman> InGerman for Option<T> {
    fn to_german(&mut self) {
        if let Some(some) = self {
            some.to_german();
        }
    }
}

impl<T: InGerman> InGerman for Vec<T> {
    fn to_german(&mut self) {
        self.iter_mut().for_each(InGerman::to_german);
    }
}

/// The named fields are prose, or have some.
macro_rules! prose {
    ($($type:ty { $($field:ident),+ $(,)? })+) => {
        $(impl InGerman for $type {
            fn to_german(&mut self) {
                $(self.$field.to_german();)+
            }
        })+
    };
}

prose! {
    EventRow { problem }
    EventDetail { row, upcast, state }
    crate::wire::UpcastStepView { description, dropped }
    StateView { problem }
    crate::wire::EventBlock { events }
    crate::wire::EventCauses { cause, effects, siblings }
    crate::wire::CauseGraph { nodes }
    crate::wire::CauseNode { first }
    crate::wire::LanePage { entries }
    crate::wire::LaneEntry { event }
    EventsOpened { progress }
    EventsProgress { first_undecided }
    crate::wire::UndecidedEvent { problem }
    Violation { message }
    crate::wire::RefusedLater { message }
    crate::wire::ExpressionProblem { message }
    ExpressionCheck { problem }
    Blame { problem }
    FieldHistory { problem }
    WatchTally { first_not_evaluable }
    crate::wire::NotEvaluable { message }
    Watched { tally, problem }
    Bisected { tally, problem }
    TheatreStage { first, second }
    TheatreTurn { decision, result }
    ProjectionStatus { description, problem, quarantined, skipped, last_rebuild, task }
    crate::wire::ProjectionTask { progress }
    crate::wire::QuarantinedStream { reason }
    SkippedEvent { problem }
    crate::wire::RebuildEnd { report }
    RebuildReport { violations }
    DoctorReport { violations }
    InvariantViolation { invariant, message }
    ProcessRow { stuck, problem }
    crate::wire::StuckInstance { reason }
    InstancesPage { instances }
    crate::wire::InstanceRow { stuck }
    OperatorOffer { refusal }
    SnapshotsPage { policy }
    SnapshotAudit { differing }
    crate::wire::SnapshotFault { message }
    RetentionPreview { streams }
    crate::wire::RetentionStreamRow { refusals }
    crate::wire::RetentionRefusal { message }
    ArchiveReport { findings }
    VerifyReport { findings }
    Finding { message }
    crate::wire::StoryBalance { title }
    crate::wire::StoryWaits { stuck }
    WhatIf { original, what_if, steps, ends }
    crate::wire::WhatIfLane { steps }
    crate::wire::WhatIfLaneStep { error }
    crate::wire::WhatIfEnd { problem }
    crate::wire::WhatIfStepReport { outcome }
    crate::wire::WhatIfTest { notes }
    TransfersPage { transfers }
    HoldsPage { holds }
    OrdersPage { orders }
    Statement { entries }
    TrialBalance { currencies }
    crate::wire::TrialBalanceCurrency { lines }
    crate::wire::TrialBalanceLine { name }
    AuditPage { rows }
    crate::wire::AppInfo { store }
    StoreStatus { read_only_reason }
    ConnectionList { no_keyring, connections }
    crate::wire::ConnectionRow { insecurity }
    ConnectionSaved { notes }
    ConnectionTestStep { title, message, hint }
    crate::wire::StageView { steps }
    crate::wire::StageStep { report }
    crate::wire::StageReport { events, outcome }
    crate::wire::StageEntered { store, stage }
    crate::wire::NotebookRow { problem }
    crate::wire::CopyResult { notes }
    crate::wire::CopyRun { result, progress }
    crate::wire::CopyNoteRow { told }
    crate::wire::ServerOverview { why_none, facts, capabilities }
    crate::wire::ServerFact { name }
    crate::wire::CapabilityRow { told }
    crate::wire::ServerStreams { streams }
    crate::wire::ServerStreamRow { told }
    crate::wire::ServerStreamReport { told, rights }
    crate::wire::StreamRightRow { source }
}

/// The named fields are texts of the log: those that the bank itself has put there are told, those of people stay.
macro_rules! stored {
    ($($type:ty { $($field:ident),+ $(,)? })+) => {
        $(impl InGerman for $type {
            fn to_german(&mut self) {
                $(self.$field = std::mem::take(&mut self.$field).map(|text| stored(&text));)+
            }
        })+
    };
}

fn stored(text: &str) -> String {
    super::german_stored(text).unwrap_or_else(|| text.to_owned())
}

impl InGerman for TransferStory {
    fn to_german(&mut self) {
        self.problem = self.problem.as_deref().map(stored);
        self.steps.to_german();
        self.waits.to_german();
    }
}

impl InGerman for crate::wire::StoryStep {
    fn to_german(&mut self) {
        self.event.to_german();
        self.reason = self.reason.as_deref().map(stored);
        self.balances.to_german();
    }
}

stored! {
    crate::wire::TransferRow { reason }
    crate::wire::OrderRow { last_failure }
    crate::wire::AuditRow { reason }
}

impl InGerman for crate::wire::HoldRow {
    fn to_german(&mut self) {
        self.purpose = stored(&self.purpose);
        self.reason = self.reason.as_deref().map(stored);
    }
}

impl InGerman for crate::wire::StatementEntry {
    fn to_german(&mut self) {
        self.text = stored(&self.text);
    }
}

impl InGerman for Progress {
    fn to_german(&mut self) {
        self.phase = super::phase(&self.phase, Language::German);
    }
}

impl InGerman for CommandInfo {
    fn to_german(&mut self) {
        self.title = schema::text(&self.title, Language::German);
        self.description = schema::text(&self.description, Language::German);
        // What a command was declared with is JSON.
        if let Ok(read) = serde_json::from_str(&self.schema) {
            self.schema = schema::told(&read, Language::German).to_string();
        }
    }
}

fn details_to_german(code: &str, details: &mut [Detail]) {
    for detail in details {
        detail.value = bank::language::german_detail(code, &detail.name, &detail.value);
    }
}

impl InGerman for CommandResult {
    fn to_german(&mut self) {
        match self {
            Self::Executed { events, refused, .. } => {
                events.to_german();
                refused.to_german();
            }
            Self::AlreadyDone { events, .. } => events.to_german(),
            Self::Rejected { code, message, details } => {
                message.to_german();
                details_to_german(code, details);
            }
            Self::Conflict { .. } => {}
            Self::Unavailable { code, message, hint, .. } => {
                let told = super::german_failure(code, message, hint);
                (*message, *hint) = (told.message, told.hint);
            }
            Self::Invalid { message, violations, .. } => {
                message.to_german();
                violations.to_german();
            }
        }
    }
}

impl InGerman for DryRun {
    fn to_german(&mut self) {
        match self {
            Self::Accepted { follows, refused, .. } => {
                follows.to_german();
                refused.to_german();
            }
            Self::Conflict { .. } => {}
            Self::Rejected { code, message, details } => {
                message.to_german();
                details_to_german(code, details);
            }
            Self::Invalid { message, violations, .. } => {
                message.to_german();
                violations.to_german();
            }
        }
    }
}

impl InGerman for CommandHistoryPage {
    fn to_german(&mut self) {
        for entry in &mut self.entries {
            entry.message.to_german();
            details_to_german(entry.code.as_deref().unwrap_or_default(), &mut entry.details);
        }
    }
}

impl InGerman for crate::wire::StageOutcome {
    fn to_german(&mut self) {
        match self {
            Self::Nothing => {}
            Self::Passed { stuck, .. } | Self::Executed { stuck, .. } => {
                stuck.iter_mut().for_each(|found| found.value.to_german());
            }
            Self::Rejected { code, message, details } => {
                message.to_german();
                details_to_german(code, details);
            }
            Self::Failed { message, .. } => message.to_german(),
        }
    }
}

impl InGerman for WhatIfOutcome {
    fn to_german(&mut self) {
        match self {
            Self::Rejected { code, message, details } => {
                message.to_german();
                details_to_german(code, details);
            }
            Self::Invalid { message, .. } | Self::Failed { message, .. } => message.to_german(),
            Self::Executed { stuck, .. } | Self::Ran { stuck, .. } => {
                stuck.iter_mut().for_each(|found| found.value.to_german())
            }
        }
    }
}
