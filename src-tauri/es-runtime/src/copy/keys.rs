//! The keys of sealed personal data: copied only if asked for, and never to where they would lie more open than before.

use std::collections::BTreeSet;
use std::sync::Arc;

use es_core::{Adopted, EventStore, StreamName, SubjectKeys};
use tokio_util::sync::CancellationToken;

use super::StoreCopy;
use super::report::{CopiedKeys, CopyComparison, CopyDifference, CopyDifferenceKind, CopyError};
use crate::progress::Meter;

/// Where keys are on both sides.
pub(super) struct KeySides {
    source: Arc<dyn SubjectKeys>,
    target: Arc<dyn SubjectKeys>,
}

impl KeySides {
    /// # Errors
    /// One of the two keeps no keys, or the target would keep them without a master key while the source has one.
    pub(super) fn of(source: Option<Arc<dyn SubjectKeys>>, target: &dyn EventStore) -> Result<Self, CopyError> {
        let refused = |reason| CopyError::Keys { reason };
        let source = source.ok_or_else(|| refused("the source keeps none"))?;
        let target = target.subject_keys().ok_or_else(|| refused("the target keeps none"))?;
        if source.wraps() && !target.wraps() {
            return Err(refused("the source's open with a master key only, and the target has none"));
        }
        Ok(Self { source, target })
    }

    /// Finds out whether the source's keys can be read at all, before anything is written.
    pub(super) async fn check(&self, subjects: &BTreeSet<StreamName>) -> Result<(), CopyError> {
        match subjects.first() {
            Some(subject) => self.source.get(subject).await.map(drop).map_err(CopyError::source),
            None => Ok(()),
        }
    }
}

impl StoreCopy {
    pub(super) async fn copy_keys(
        &self,
        sides: &KeySides,
        subjects: &BTreeSet<StreamName>,
        meter: &mut Meter<'_>,
        cancel: &CancellationToken,
    ) -> Result<CopiedKeys, CopyError> {
        let total = subjects.len() as u64;
        let mut keys = CopiedKeys { subjects: total, ..CopiedKeys::default() };
        meter.phase("keys copied", 0, Some(total));
        for (done, subject) in subjects.iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(CopyError::target(es_core::StoreError::Cancelled));
            }
            meter.tell(done as u64, Some(total));
            let Some(key) = sides.source.get(subject).await.map_err(CopyError::source)? else {
                keys.erased += 1;
                continue;
            };
            match sides.target.adopt(subject, &key).await.map_err(CopyError::target)? {
                Adopted::Taken => keys.copied += 1,
                Adopted::Same => keys.already += 1,
                Adopted::Other => keys.other += 1,
            }
        }
        Ok(keys)
    }

    /// Whether each subject has the same key on both sides, or none.
    pub(super) async fn compare_keys(
        &self,
        sides: &KeySides,
        subjects: &BTreeSet<StreamName>,
        comparison: &mut CopyComparison,
    ) -> Result<(), CopyError> {
        for subject in subjects {
            let wanted = sides.source.get(subject).await.map_err(CopyError::source)?;
            let found = sides.target.get(subject).await.map_err(CopyError::target)?;
            comparison.keys += 1;
            let message = match (&wanted, &found) {
                (wanted, found) if wanted == found => continue,
                (Some(_), None) => "the target has no key of",
                (None, _) => "the target has a key, and the source has none any more, of",
                (Some(_), Some(_)) => "the target has another key of",
            };
            comparison.add(CopyDifference {
                kind: CopyDifferenceKind::Key,
                stream: subject.clone(),
                event_id: None,
                source: None,
                target: None,
                message: format!("{message} {subject}"),
            });
        }
        Ok(())
    }
}
