//! Copying one store into another: both are opened for it, whatever else is open, and closed again.

use std::sync::Arc;

use es_core::{EventReader, EventStore, Hash, HostedStore, StoreError};
use es_runtime::{
    CopiedKeys, CopyComparison, CopyDifference, CopyError, CopyNote, CopyNoteExample, CopyNoteKind, CopyReport,
    ProgressSink, StoreCopy,
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::composition::{self, Access};
use crate::connections::{Chosen, Target};
use crate::demo;
use crate::wire::{
    AppError, CopiedKeysView, CopyComparisonView, CopyDifferenceRow, CopyExample, CopyNoteRow, CopyResult,
};

/// What a copy is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Only to know what would be copied and what the target could not keep.
    Plan,
    /// To copy, or to go on with a copy.
    Copy,
    /// Only to compare both sides.
    Compare,
}

/// How a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// What for.
    pub purpose: Purpose,
    /// Whether the keys of sealed personal data go along.
    pub with_keys: bool,
    /// Whether the rest is copied if some events cannot be.
    pub leave_out: bool,
}

/// Why the two ends of a copy cannot be used.
#[derive(Debug)]
pub enum EndsError {
    /// Both are the same store.
    SameStore {
        /// What people call it.
        name: String,
    },
    /// One of them cannot be opened.
    Store(StoreError),
    /// The target may not be written.
    ReadOnly(AppError),
}

impl From<StoreError> for EndsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<EndsError> for AppError {
    fn from(error: EndsError) -> Self {
        match error {
            EndsError::SameStore { name } => Self::new(
                "same_store",
                format_args!("{name} would be copied into itself."),
                "Name two different stores.",
            ),
            EndsError::Store(error) => error.into(),
            EndsError::ReadOnly(error) => error,
        }
    }
}

/// The two ends of a copy, open.
pub struct Ends {
    from: Chosen,
    to: Chosen,
    source: Arc<dyn HostedStore>,
    target: Arc<dyn HostedStore>,
    /// A store that stands in for one that is not there yet.
    stand_in: Option<Chosen>,
}

impl Ends {
    /// Opens both. A target that is missing is created if it is to be written; a plan makes do with an empty one in its place.
    ///
    /// # Errors
    /// Both are the same store, one cannot be opened, or the target may not be written.
    pub async fn open(from: Chosen, to: Chosen, purpose: Purpose) -> Result<Self, EndsError> {
        if composition::is_same_place(&from.target, &to.target) {
            return Err(EndsError::SameStore { name: from.name() });
        }
        let writes = purpose == Purpose::Copy;
        if writes {
            composition::writable(&to, to.read_only_reason().as_deref()).map_err(EndsError::ReadOnly)?;
        }
        let source = composition::open_events(&from, Access::Read).await?;
        let access = if writes { Access::Create } else { Access::Read };
        let (target, stand_in) = match open_target(&to, access, purpose).await {
            Ok(opened) => opened,
            Err(error) => {
                source.close().await;
                return Err(error.into());
            }
        };
        let ends = Self { from, to, source, target, stand_in };
        if writes {
            let reason = composition::read_only_reason(&ends.to, &*ends.target);
            if let Err(error) = composition::writable(&ends.to, reason.as_deref()) {
                ends.close().await;
                return Err(EndsError::ReadOnly(error));
            }
        }
        Ok(ends)
    }

    /// Carries it out. A copy that would leave something out is told as such, and has written nothing.
    ///
    /// # Errors
    /// As [`StoreCopy::run`].
    pub async fn carry_out(
        &self,
        wanted: Wanted,
        told: &dyn ProgressSink,
        stop: &CancellationToken,
    ) -> Result<CopyEnd, CopyError> {
        let (source, target): (Arc<dyn EventReader>, Arc<dyn EventStore>) = (self.source.clone(), self.target.clone());
        let mut copy = StoreCopy::new(source, target);
        if wanted.with_keys {
            copy = copy.with_keys(self.source.subject_keys());
        }
        if wanted.leave_out {
            copy = copy.leaving_out();
        }
        let ended = match wanted.purpose {
            Purpose::Plan => copy.plan(told, stop).await,
            Purpose::Compare => copy.verify(told, stop).await,
            Purpose::Copy => copy.run(told, stop).await,
        };
        let (outcome, report) = match ended {
            Err(CopyError::WouldLeaveOut(report)) => ("would_leave_out", *report),
            Err(error) => return Err(error),
            Ok(report) if report.cancelled => ("cancelled", report),
            Ok(report) => match wanted.purpose {
                Purpose::Plan => ("planned", report),
                Purpose::Compare => ("compared", report),
                Purpose::Copy => ("copied", report),
            },
        };
        Ok(CopyEnd { outcome, from: self.from.name(), to: self.to.name(), report })
    }

    /// Lets go of both.
    pub async fn close(&self) {
        self.source.close().await;
        self.target.close().await;
        if let Some(Target::Sqlite { path }) = self.stand_in.as_ref().map(|chosen| &chosen.target) {
            demo::remove(path);
        }
    }
}

async fn open_target(
    to: &Chosen,
    access: Access,
    purpose: Purpose,
) -> Result<(Arc<dyn HostedStore>, Option<Chosen>), StoreError> {
    match composition::open_events(to, access).await {
        Err(StoreError::NotFound { .. } | StoreError::MissingSchema { .. }) if purpose == Purpose::Plan => {
            let empty = Chosen::file(std::env::temp_dir().join(format!("ledgerscope-plan-{}", Uuid::new_v4())));
            let opened = composition::open_events(&empty, Access::Create).await?;
            Ok((opened, Some(empty)))
        }
        opened => Ok((opened?, None)),
    }
}

/// How a copy ended.
pub struct CopyEnd {
    /// `copied`, `planned`, `compared`, `would_leave_out` or `cancelled`.
    pub outcome: &'static str,
    /// What was copied.
    pub from: String,
    /// Where it went.
    pub to: String,
    /// In numbers.
    pub report: CopyReport,
}

impl From<&CopyEnd> for CopyResult {
    fn from(end: &CopyEnd) -> Self {
        let CopyEnd { outcome, from, to, report } = end;
        Self {
            outcome: (*outcome).to_owned(),
            from: from.clone(),
            to: to.clone(),
            until: report.until.to_string(),
            events: report.events.to_string(),
            bytes: report.bytes.to_string(),
            streams: report.streams.to_string(),
            already: report.already.to_string(),
            copied: report.copied.to_string(),
            seconds: report.elapsed.as_secs_f64(),
            notes: report.notes.iter().map(|(kind, note)| note_row(kind, note)).collect(),
            keys: report.keys.as_ref().map(keys_view),
            comparison: report.comparison.as_ref().map(comparison_view),
        }
    }
}

/// The stable code of a kind, as it is serialized.
fn code(kind: impl Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn note_row(kind: CopyNoteKind, note: &CopyNote) -> CopyNoteRow {
    let example = |example: &CopyNoteExample| CopyExample {
        position: example.position.map(|position| position.to_string()),
        stream: example.stream.to_string(),
        version: example.version.to_string(),
        detail: example.detail.clone(),
    };
    CopyNoteRow {
        kind: code(kind),
        told: kind.told().to_owned(),
        loss: kind.is_loss(),
        count: note.count.to_string(),
        examples: note.examples.iter().map(example).collect(),
    }
}

fn keys_view(keys: &CopiedKeys) -> CopiedKeysView {
    let CopiedKeys { subjects, copied, already, erased, other } = keys;
    let [subjects, copied, already, erased, other] = [subjects, copied, already, erased, other].map(u64::to_string);
    CopiedKeysView { subjects, copied, already, erased, other }
}

fn comparison_view(comparison: &CopyComparison) -> CopyComparisonView {
    let row = |difference: &CopyDifference| CopyDifferenceRow {
        kind: code(difference.kind),
        stream: difference.stream.to_string(),
        event_id: difference.event_id.map(|id| id.to_string()),
        source_position: difference.source.map(|position| position.to_string()),
        target_position: difference.target.map(|position| position.to_string()),
        message: difference.message.clone(),
    };
    let (source, target) = comparison.chains.unzip();
    CopyComparisonView {
        equal: comparison.equal(),
        identical: comparison.identical(),
        events: comparison.events.to_string(),
        streams: comparison.streams.to_string(),
        keys: comparison.keys.to_string(),
        differences: comparison.differences.iter().map(row).collect(),
        total_differences: comparison.total.to_string(),
        ended_early: comparison.ended_early,
        source_chain_hash: source.map(Hash::to_hex),
        target_chain_hash: target.map(Hash::to_hex),
    }
}
