//! What a program that opens stores needs of them beyond reading and writing: whether they may be written, whether they are
//! whole, whose views are whose, and how they are closed.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::projection::ReadModelStore;
use crate::server::{IndexProgress, ServerInspection, StoreFact};
use crate::store::{EventReader, EventStore, SnapshotStore, StoreError};
use crate::verify::{VerifyProgress, VerifyReport};

/// Is told how far a verification has come; must not block.
pub type VerifyTold = Box<dyn FnMut(VerifyProgress) + Send>;

/// An event store as the program opens it.
#[async_trait]
pub trait HostedStore: EventStore {
    /// Why nothing can be written, for people; nothing if the store can be written.
    fn read_only_reason(&self) -> Option<String>;

    /// Recomputes from the stored bytes everything that can be recomputed, while appends go on. When cancelled, the report says
    /// so and holds what was found until then.
    ///
    /// # Errors
    /// The store cannot be read for a reason other than damage; damage is a finding.
    async fn verify(&self, cancel: CancellationToken, told: VerifyTold) -> Result<VerifyReport, StoreError>;

    /// What the store stands on, for people who look after it. Nothing secret is in it.
    ///
    /// # Errors
    /// The store cannot be asked.
    async fn facts(&self) -> Result<Vec<StoreFact>, StoreError>;

    /// How far the index has come that the store follows its log with; nothing where the log itself is asked.
    ///
    /// # Errors
    /// The index cannot be read.
    async fn index_progress(&self) -> Result<Option<IndexProgress>, StoreError> {
        Ok(None)
    }

    /// What the server keeps beside the events of its applications; nothing where no server keeps anything.
    fn server(&self) -> Option<Arc<dyn ServerInspection>> {
        None
    }

    /// Finishes what was begun and lets go of files, threads and connections; every handle answers [`StoreError::Closed`] from
    /// then on. Closing twice does nothing.
    async fn close(&self);
}

/// Read models, checkpoints, timers and snapshots as the program opens them.
#[async_trait]
pub trait HostedViews: ReadModelStore + SnapshotStore {
    /// Ties the views to the log beside them. If they were derived from another one, they are emptied, since their checkpoints
    /// mean nothing here; returns whether that was so. To be called when a store is opened, before anybody works on the views.
    ///
    /// # Errors
    /// One of the two stores fails.
    async fn bind(&self, log: &dyn EventReader) -> Result<bool, StoreError>;
}
