//! Parity runs: the bank's scenario on a store in memory and on others.

mod scenario;

use std::sync::Arc;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::{Domain, EventStore, ReadModelStore, SnapshotStore};
use es_runtime::{ParityBackend, ParityError, ParityReport, ParityStepReport, ParityVerdict, ProgressSink, run_parity};
use scenario::scenario;
use tokio_util::sync::CancellationToken;

use crate::composition::Store;

/// The backend that the others are compared with: the same engine without a disk or a network.
pub(crate) const REFERENCE: &str = "memory";
/// What the store is called that is thrown away afterwards.
pub(crate) const SCRATCH: &str = "temporary file";

/// Transfers between accounts, besides the ones with a story, that give times enough for a percentile.
pub const TRANSFERS: u64 = 40;

/// Runs the bank on a store in memory and on these, which must be empty, and closes them.
///
/// # Errors
/// One of them is not empty, or cannot be looked at.
pub async fn run(
    stores: &[Store],
    domain: &Arc<Domain>,
    told: &dyn ProgressSink,
    stop: &CancellationToken,
) -> Result<ParityReport, ParityError> {
    let mut backends = vec![reference()];
    backends.extend(stores.iter().map(backend));
    let ended = run_parity(&scenario(domain, TRANSFERS), &backends, domain, told, stop).await;
    for store in stores {
        store.events.close().await;
    }
    ended
}

fn reference() -> ParityBackend {
    let (events, read_models) = (Arc::new(MemoryEventStore::default()), Arc::new(MemoryReadModels::new()));
    ParityBackend { name: REFERENCE.to_owned(), events, read_models, snapshots: None }
}

fn backend(store: &Store) -> ParityBackend {
    let events: Arc<dyn EventStore> = store.events.clone();
    let read_models: Arc<dyn ReadModelStore> = store.views.clone();
    let snapshots: Arc<dyn SnapshotStore> = store.views.clone();
    ParityBackend { name: store.chosen.name(), events, read_models, snapshots: Some(snapshots) }
}

/// Which backends do not offer what a step needs, in words; nothing if it was done.
#[must_use]
pub fn lacking(report: &ParityReport, step: &ParityStepReport) -> Option<String> {
    if step.verdict != ParityVerdict::NotOffered {
        return None;
    }
    let told = report.backends.iter().zip(&step.answers).filter_map(|(backend, answer)| {
        answer["notOffered"].as_str().map(|what| format!("{backend} does not offer {what}"))
    });
    Some(told.collect::<Vec<_>>().join(", "))
}
