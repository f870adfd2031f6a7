//! Copying a store into another one, of whatever kind: plan, copy, resume, compare.
//!
//! The source's log is walked in order; one pure function ([`translate`]) says what each event becomes in the target, and the
//! plan, the copy and the comparison all use it. The target itself knows how far a copy has come: it holds a beginning of what
//! the function gives, and the copy goes on behind it. See docs/adr/0034.

mod carry;
mod compare;
mod differ;
mod examine;
mod keys;
mod report;
mod translate;
mod walk;
mod write;

use std::sync::Arc;
use std::time::Instant;

use es_core::{EventReader, EventStore, SubjectKeys};
use tokio_util::sync::CancellationToken;

use self::examine::note_streams;
use self::keys::KeySides;
use self::translate::Translator;
use crate::progress::{Meter, ProgressSink};

pub use carry::{COPIED_BINARY_KEY, COPIED_FROM_KEY};
pub(crate) use walk::{Entry, Walk};

pub use report::{
    CopiedKeys, CopyComparison, CopyConflict, CopyDifference, CopyDifferenceKind, CopyError, CopyNote, CopyNoteExample,
    CopyNoteKind, CopyNotes, CopyReport, CopySide,
};

/// A copy of one store into another. Nobody else should write to the target meanwhile; the source may be written to, and what
/// comes after the copy began is for the next run.
pub struct StoreCopy {
    source: Arc<dyn EventReader>,
    target: Arc<dyn EventStore>,
    /// The source's keys, if they are to be copied: nothing inside if it keeps none.
    keys: Option<Option<Arc<dyn SubjectKeys>>>,
    leave_out: bool,
}

impl StoreCopy {
    /// From one store into another. Without keys of sealed personal data, and only if every event can be copied.
    #[must_use]
    pub fn new(source: Arc<dyn EventReader>, target: Arc<dyn EventStore>) -> Self {
        Self { source, target, keys: None, leave_out: false }
    }

    /// Also copies the keys of sealed personal data. Whoever has the copy can then read what is erased in the source later.
    #[must_use]
    pub fn with_keys(mut self, source: Option<Arc<dyn SubjectKeys>>) -> Self {
        self.keys = Some(source);
        self
    }

    /// Agrees to leave out what cannot be copied; the report counts and names it.
    #[must_use]
    pub fn leaving_out(mut self) -> Self {
        self.leave_out = true;
        self
    }

    /// What would be copied and what the target could not keep. Writes nothing.
    ///
    /// # Errors
    /// [`CopyError::Conflict`] if the target holds something else, [`CopyError::Keys`], or one of the stores fails.
    pub async fn plan(&self, progress: &dyn ProgressSink, cancel: &CancellationToken) -> Result<CopyReport, CopyError> {
        let mut work = Work::begin(progress);
        let ended = self.planned(&mut work, cancel).await;
        work.end(ended)
    }

    /// Copies what the target does not have yet, then compares both sides. A target that holds a beginning of the source is gone
    /// on with; killed or cancelled at any point, the next run does the same.
    ///
    /// # Errors
    /// As [`StoreCopy::plan`]; [`CopyError::WouldLeaveOut`] unless that is agreed to; the target refuses an event, or
    /// somebody else writes to it.
    pub async fn run(&self, progress: &dyn ProgressSink, cancel: &CancellationToken) -> Result<CopyReport, CopyError> {
        let mut work = Work::begin(progress);
        let ended = self.copied(&mut work, cancel).await;
        work.end(ended)
    }

    /// Compares a target with what a copy of the source would be. Writes nothing.
    ///
    /// # Errors
    /// [`CopyError::Keys`], or one of the stores fails; whatever differs is in the report.
    pub async fn verify(
        &self,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<CopyReport, CopyError> {
        let mut work = Work::begin(progress);
        let ended = self.verified(&mut work, cancel).await;
        work.end(ended)
    }

    async fn planned(&self, work: &mut Work<'_>, cancel: &CancellationToken) -> Result<(), CopyError> {
        self.key_sides()?;
        let examined = self.examine(&mut work.meter, cancel).await?;
        work.report = CopyReport::of(examined.until, examined.already, &examined.whole);
        Ok(())
    }

    async fn copied(&self, work: &mut Work<'_>, cancel: &CancellationToken) -> Result<(), CopyError> {
        let keys = self.key_sides()?;
        let examined = self.examine(&mut work.meter, cancel).await?;
        work.report = CopyReport::of(examined.until, examined.already, &examined.whole);
        if work.report.notes.losses() > 0 && !self.leave_out {
            return Err(CopyError::WouldLeaveOut(Box::new(work.report.clone())));
        }
        if let Some(keys) = &keys {
            keys.check(examined.whole.subjects()).await?;
        }
        self.write(&examined, &mut work.report, &mut work.meter, cancel).await?;
        if let Some(keys) = &keys {
            let copied = self.copy_keys(keys, examined.whole.subjects(), &mut work.meter, cancel).await?;
            work.report.keys = Some(copied);
        }
        let total = Some(work.report.events);
        let (mut comparison, whole) = self.compare(examined.until, total, &mut work.meter, cancel).await?;
        if let Some(keys) = &keys {
            self.compare_keys(keys, whole.subjects(), &mut comparison).await?;
        }
        work.report.comparison = Some(comparison);
        Ok(())
    }

    async fn verified(&self, work: &mut Work<'_>, cancel: &CancellationToken) -> Result<(), CopyError> {
        let keys = self.key_sides()?;
        let until = self.source.head().await.map_err(CopyError::source)?;
        let total = self.source.capabilities().dense_positions.then_some(until.get());
        let (mut comparison, mut whole) = self.compare(until, total, &mut work.meter, cancel).await?;
        if let Some(keys) = &keys {
            self.compare_keys(keys, whole.subjects(), &mut comparison).await?;
        }
        note_streams(&*self.source, whole.notes_mut()).await.map_err(CopyError::source)?;
        work.report = CopyReport::of(until, comparison.events, &whole);
        work.report.comparison = Some(comparison);
        Ok(())
    }

    fn key_sides(&self) -> Result<Option<KeySides>, CopyError> {
        self.keys.clone().map(|source| KeySides::of(source, &*self.target)).transpose()
    }

    fn translator(&self) -> Translator {
        Translator::new(self.target.capabilities(), self.keys.is_some())
    }
}

/// A run so far.
struct Work<'a> {
    report: CopyReport,
    meter: Meter<'a>,
    started: Instant,
}

impl<'a> Work<'a> {
    fn begin(progress: &'a dyn ProgressSink) -> Self {
        Self { report: CopyReport::default(), meter: Meter::new(progress), started: Instant::now() }
    }

    /// The report; one that was cancelled has not failed.
    fn end(mut self, ended: Result<(), CopyError>) -> Result<CopyReport, CopyError> {
        self.report.elapsed = self.started.elapsed();
        match ended {
            Err(error) if error.is_cancelled() => self.report.cancelled = true,
            ended => ended?,
        }
        self.meter.finish();
        Ok(self.report)
    }
}
