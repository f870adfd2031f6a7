//! Rows and checkpoint in one transaction, exactly up to the first event that cannot be applied, or without its stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use es_core::{
    Checkpoint, FailurePolicy, Position, Projection, ProjectionError, QuarantineChange, QuarantinedStream,
    ReadModelCommit, StoreError, limits,
};

use crate::batch::{Batch, Exceptions, Poison};
use crate::engine::Inner;

pub(super) struct Applied {
    /// Events applied.
    pub(super) events: u64,
    /// The event after them, if it cannot be applied.
    pub(super) poison: Option<Poison>,
}

/// Commits a batch and moves the checkpoint to `to`. If an event fails, its stream is set aside in the same transaction, or what
/// stands before the event is committed, as the projection's policy says.
pub(super) async fn commit(
    inner: &Inner,
    projection: &Arc<dyn Projection>,
    checkpoint: &mut Checkpoint,
    exceptions: &mut Exceptions,
    batch: &Arc<Batch>,
    to: Position,
) -> Result<Applied, StoreError> {
    let mut aside: Vec<QuarantinedStream> = Vec::new();
    let set_aside = |aside: &[QuarantinedStream]| aside.iter().cloned().map(QuarantineChange::SetAside).collect();
    loop {
        let whole = commit_first(projection, checkpoint, batch, (batch.len(), &aside), set_aside(&aside));
        let (index, error) = match whole.at(inner, to).await {
            Ok((moved, events)) => {
                *checkpoint = moved;
                exceptions.set_aside(aside);
                return Ok(Applied { events, poison: None });
            }
            Err(failed) => failed,
        };
        let Some(poison) = batch.poison_of(index, &error) else { return Err(store_error(error)) };
        let few = exceptions.aside.len() + aside.len() < limits::QUARANTINED_STREAMS;
        if projection.failure_policy() == FailurePolicy::QuarantineStream && few {
            tracing::error!(projection = projection.name(), position = %poison.position, poison.reason, "stream set aside");
            aside.push(poison.into_quarantine());
            continue;
        }
        let before = poison.position.previous();
        let mut events = 0;
        if before > checkpoint.position {
            let prefix = commit_first(projection, checkpoint, batch, (index, &aside), set_aside(&aside));
            (*checkpoint, events) = prefix.at(inner, before).await.map_err(|(_, error)| store_error(error))?;
            exceptions.set_aside(aside);
        }
        return Ok(Applied { events, poison: Some(poison) });
    }
}

/// A commit of the first events of a batch, ready to be made.
pub(super) struct Prefix {
    commit: ReadModelCommit,
    failed: Arc<AtomicUsize>,
    applied: Arc<AtomicU64>,
}

/// The first `count` events, without those of streams that were set aside in the same batch.
pub(super) fn commit_first(
    projection: &Arc<dyn Projection>,
    from: &Checkpoint,
    batch: &Arc<Batch>,
    (count, aside): (usize, &[QuarantinedStream]),
    quarantine: Vec<QuarantineChange>,
) -> Prefix {
    let (failed, applied) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicU64::new(0)));
    let (applying, batch, aside) = (projection.clone(), batch.clone(), aside.to_vec());
    let (failed_in, applied_in) = (failed.clone(), applied.clone());
    let commit = ReadModelCommit {
        projection: projection.name(),
        tables: projection.tables(),
        from: from.clone(),
        to: from.position,
        quarantine,
        work: Box::new(move |rows| match batch.apply(&*applying, count, &aside, rows) {
            Ok(events) => {
                applied_in.store(events, Ordering::SeqCst);
                Ok(())
            }
            Err((index, error)) => {
                failed_in.store(index, Ordering::SeqCst);
                Err(error)
            }
        }),
    };
    Prefix { commit, failed, applied }
}

impl Prefix {
    /// Commits and moves the checkpoint to a position. Returns how many events were applied; an error comes with the index of
    /// the event that failed.
    pub(super) async fn at(
        mut self,
        inner: &Inner,
        to: Position,
    ) -> Result<(Checkpoint, u64), (usize, ProjectionError)> {
        self.commit.to = to;
        match inner.read_models.commit(self.commit).await {
            Ok(moved) => Ok((moved, self.applied.load(Ordering::SeqCst))),
            Err(error) => Err((self.failed.load(Ordering::SeqCst), error)),
        }
    }
}

/// What is left when no event is at fault.
pub(super) fn store_error(error: ProjectionError) -> StoreError {
    match error {
        ProjectionError::Store(error) => error,
        other => StoreError::Io { operation: "applying events".to_owned(), reason: other.to_string() },
    }
}
