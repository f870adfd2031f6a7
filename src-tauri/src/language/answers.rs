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
        if let Some(told) = german(self.as_str()) {
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
    EventDetail { row, data, metadata, upcast, state }
    crate::wire::UpcastStepView { description, dropped }
    StateView { event, nodes, problem }
    crate::wire::EventBlock { events }
    crate::wire::EventCauses { cause, effects, siblings }
    crate::wire::CauseNode { first, command }
    crate::wire::LanePage { entries }
    crate::wire::LaneEntry { event }
    EventsOpened { progress }
    EventsProgress { first_undecided }
    crate::wire::UndecidedEvent { problem }
    Violation { message }
    crate::wire::RefusedLater { message }
    crate::wire::ExpressionProblem { message }
    ExpressionCheck { problem }
    Blame { events, problem }
    FieldHistory { changes, problem }
    crate::wire::FieldChange { event }
    crate::wire::ClockView { event, following }
    crate::wire::TheatreBetween { events, state }
    WatchTally { first_not_evaluable }
    crate::wire::NotEvaluable { message }
    Watched { tally, problem }
    Bisected { first, tally, problem }
    TheatreStage { first, second }
    TheatreTurn { decision, result, between }
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
    crate::wire::WhatIfLaneStep { row, changes, error }
    crate::wire::WhatIfEnd { nodes, problem }
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
    StoreStatus { backend, read_only_reason }
    ConnectionList { no_keyring, connections }
    crate::wire::ConnectionRow { backend, insecurity }
    ConnectionSaved { notes }
    crate::wire::StageView { steps }
    crate::wire::StageStep { report }
    crate::wire::StageReport { events, outcome }
    crate::wire::StageEntered { store, stage }
    crate::wire::NotebookRow { problem }
    crate::wire::NotebookView { cells }
    crate::wire::PinView { seen }
    crate::wire::PinText { nodes }
    crate::wire::PinStep { message }
    crate::wire::PinEnd { problem }
    crate::wire::ReportOpened { notebook }
    crate::wire::CauseGraph { nodes }
    crate::wire::ModelAt { halted }
    crate::wire::ModelHalt { reason }
    crate::wire::SavedQueries { queries }
    crate::wire::SavedQuery { problem }
    crate::wire::SubscriptionRow { begins }
    crate::wire::CopyResult { notes, comparison }
    crate::wire::CopyRun { title, result, progress }
    crate::wire::CopyNoteRow { told, examples }
    crate::wire::CopyExample { detail }
    crate::wire::CopyComparisonView { differences }
    crate::wire::CopyDifferenceRow { message }
    crate::wire::ParityRun { title, result, progress }
    crate::wire::ServerOverview { backend, why_none, facts, capabilities }
    crate::wire::CapabilityRow { told }
    crate::wire::ServerStreams { streams }
    crate::wire::ServerStreamReport { told, rights, entries }
    crate::wire::ServerEntryRow { link }
    crate::wire::LinkRow { unresolved }
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
    crate::wire::OrderRow { last_failure }
}

/// The bank gives reasons for what its processes do; everybody else's are their own words.
impl InGerman for crate::wire::AuditRow {
    fn to_german(&mut self) {
        if self.actor.starts_with(PROCESS) {
            self.reason = self.reason.take().map(|reason| stored(&reason));
        }
    }
}

/// How the actor of a process begins.
const PROCESS: &str = "process:";

impl InGerman for crate::wire::NotebookCell {
    fn to_german(&mut self) {
        if let Self::Pin(pin) = self {
            pin.to_german();
        }
    }
}

impl InGerman for crate::wire::CauseCommand {
    fn to_german(&mut self) {
        if self.actor.starts_with(PROCESS) {
            self.reason = self.reason.take().map(|reason| stored(&reason));
        }
    }
}

/// Values are data; what stands for those that are not shown, and what is wrong with a text, is prose.
impl InGerman for crate::wire::JsonNode {
    fn to_german(&mut self) {
        self.display.to_german();
        let is_rest = self.path.is_empty() && self.key == "…";
        if let Some(text) = self.text.as_mut().filter(|text| is_rest || text.len() > inspector::limits::COLLAPSED_BYTES)
        {
            match text.rsplit_once("… (").filter(|_| !is_rest) {
                Some((begin, rest)) => *text = format!("{begin}… ({}", super::german_part(rest.into())),
                None => text.to_german(),
            }
        }
    }
}

impl InGerman for crate::wire::PinSeen {
    fn to_german(&mut self) {
        match self {
            Self::Event { problem, payload, .. } => {
                problem.to_german();
                payload.to_german();
            }
            Self::State { problem, state, .. } => {
                problem.to_german();
                state.to_german();
            }
            Self::Diff { problem, .. } => problem.to_german(),
            Self::WhatIf { steps, ends, .. } => {
                steps.to_german();
                ends.to_german();
            }
            Self::Query { .. } => {}
        }
    }
}

impl InGerman for crate::wire::ParityResult {
    fn to_german(&mut self) {
        self.steps.to_german();
        self.backends.to_german();
    }
}

impl InGerman for crate::wire::ParityBackendRow {
    fn to_german(&mut self) {
        self.name = backend_told(&self.name);
        self.timings.to_german();
    }
}

impl InGerman for crate::wire::ParityAnswer {
    fn to_german(&mut self) {
        self.backend = backend_told(&self.backend);
    }
}

/// Two of a run's backends have no name that somebody gave them.
fn backend_told(name: &str) -> String {
    match name {
        crate::parity::REFERENCE => "Arbeitsspeicher",
        crate::parity::SCRATCH => "temporäre Datei",
        other => other,
    }
    .to_owned()
}

/// Kinds of steps, which their times are counted under.
impl InGerman for crate::wire::ParityTiming {
    fn to_german(&mut self) {
        self.action = super::german_part(self.action.as_str().into());
    }
}

impl InGerman for crate::wire::ParityStepRow {
    fn to_german(&mut self) {
        self.action = super::german_part(self.action.as_str().into());
        self.label = super::german_part(self.label.as_str().into());
        self.lacking = self.lacking.as_deref().map(|lacking| each_told(lacking, ", "));
    }
}

impl InGerman for crate::wire::StreamRightRow {
    fn to_german(&mut self) {
        self.action = super::german_part(self.action.as_str().into());
        self.source.to_german();
        // Roles are names of the server's, but for those who stand for everybody.
        for role in self.roles.iter_mut().filter(|role| ["everybody", "administrators"].contains(&role.as_str())) {
            *role = super::german_part(role.as_str().into());
        }
    }
}

/// Only some facts are told in words; the others are names that somebody chose.
impl InGerman for crate::wire::ServerFact {
    fn to_german(&mut self) {
        let is_name = ["Server", "Nodes", "Product", "Database", "Schema", "File", "Journal", "SQLite"];
        if !is_name.contains(&self.name.as_str()) {
            self.value = super::german_part(self.value.as_str().into());
        }
        self.name = super::german_part(self.name.as_str().into());
    }
}

impl InGerman for ConnectionTestStep {
    fn to_german(&mut self) {
        self.title = super::german_part(self.title.as_str().into());
        self.message = each_told(&self.message, "; ");
        self.hint.to_german();
    }
}

impl InGerman for crate::wire::ServerStreamRow {
    fn to_german(&mut self) {
        self.told = each_told(&self.told, "; ");
    }
}

/// Several texts in one.
fn each_told(texts: &str, between: &str) -> String {
    let whole = super::german(texts);
    whole.unwrap_or_else(|| {
        let told = texts.split(between).map(|text| super::german(text).unwrap_or_else(|| text.to_owned()));
        told.collect::<Vec<_>>().join(between)
    })
}

impl InGerman for crate::wire::ImportReport {
    fn to_german(&mut self) {
        for note in &mut self.notes {
            // How often stands in front.
            if let Some((count, told)) = note.split_once(": ") {
                *note = format!("{count}: {}", super::german(told).unwrap_or_else(|| told.to_owned()));
            }
        }
        self.differences.to_german();
    }
}

impl InGerman for crate::wire::TransferRow {
    fn to_german(&mut self) {
        self.reason = self.reason.as_deref().map(stored);
        self.rate = self.rate.as_deref().map(|rate| super::german_part(rate.into()));
    }
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
                let told = super::german_failure(code, message.as_str().into(), str::to_owned, hint);
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
            Self::Accepted { follows, state, refused, .. } => {
                follows.to_german();
                state.to_german();
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
            Self::Executed { refused, stuck, .. } => {
                refused.to_german();
                stuck.iter_mut().for_each(|found| found.value.to_german());
            }
            Self::Ran { stuck, .. } => stuck.iter_mut().for_each(|found| found.value.to_german()),
        }
    }
}
