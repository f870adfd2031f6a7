//! Rows and checkpoint in one transaction, exactly up to the first event that cannot be applied.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::{Checkpoint, Position, Projection, ProjectionError, ReadModelCommit, StoreError};

use crate::batch::{Batch, Poison};
use crate::engine::Inner;

pub(super) struct Applied {
    /// Events applied.
    pub(super) events: u64,
    /// The event after them, if it cannot be applied.
    pub(super) poison: Option<Poison>,
}

/// Commits a batch and moves the checkpoint to `to`; or, if an event fails, commits what stands before it.
pub(super) async fn commit(
    inner: &Inner,
    projection: &Arc<dyn Projection>,
    checkpoint: &mut Checkpoint,
    batch: &Arc<Batch>,
    to: Position,
) -> Result<Applied, StoreError> {
    match commit_first(inner, projection, checkpoint, batch, batch.len(), to).await {
        Ok(()) => Ok(Applied { events: batch.len() as u64, poison: batch.poison.clone() }),
        Err((index, error)) => {
            let Some(poison) = batch.poison_of(index, &error) else { return Err(store_error(error)) };
            let before = poison.position.previous();
            let prefix = commit_first(inner, projection, checkpoint, batch, index, before).await;
            prefix.map_err(|(_, error)| store_error(error))?;
            Ok(Applied { events: index as u64, poison: Some(poison) })
        }
    }
}

/// Commits the first `count` events. The error comes with the index of the event that failed.
async fn commit_first(
    inner: &Inner,
    projection: &Arc<dyn Projection>,
    checkpoint: &mut Checkpoint,
    batch: &Arc<Batch>,
    count: usize,
    to: Position,
) -> Result<(), (usize, ProjectionError)> {
    if to <= checkpoint.position {
        return Ok(());
    }
    let failed = Arc::new(AtomicUsize::new(usize::MAX));
    let (applying, batch, failed_in) = (projection.clone(), batch.clone(), failed.clone());
    let commit = ReadModelCommit {
        projection: projection.name(),
        tables: projection.tables(),
        from: checkpoint.clone(),
        to,
        work: Box::new(move |rows| {
            batch.apply(&*applying, count, rows).map_err(|(index, error)| {
                failed_in.store(index, Ordering::SeqCst);
                error
            })
        }),
    };
    match inner.read_models.commit(commit).await {
        Ok(moved) => {
            *checkpoint = moved;
            Ok(())
        }
        Err(error) => Err((failed.load(Ordering::SeqCst), error)),
    }
}

/// What is left when no event is at fault.
fn store_error(error: ProjectionError) -> StoreError {
    match error {
        ProjectionError::Store(error) => error,
        other => StoreError::Io { operation: "applying events".to_owned(), reason: other.to_string() },
    }
}
