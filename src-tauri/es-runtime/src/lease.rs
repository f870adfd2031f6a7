//! Leases: the right to move a checkpoint.

use std::time::{Duration, Instant};

use es_core::{Checkpoint, StoreError, limits};

use crate::engine::Inner;

/// A held lease and the checkpoint that it lets move.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) checkpoint: Checkpoint,
    renewed: Instant,
}

/// Renewed well before it could be taken over.
const RENEW_AFTER: Duration = Duration::from_millis(limits::LEASE_TTL.as_millis() as u64 / 3);

impl Lease {
    /// Takes a lease. Nothing if another owner holds it.
    pub(crate) async fn take(inner: &Inner, name: &str, version: u32) -> Result<Option<Self>, StoreError> {
        match inner.read_models.acquire(name, version, &inner.owner, inner.clock.now()).await {
            Ok(checkpoint) => Ok(Some(Self { checkpoint, renewed: Instant::now() })),
            Err(StoreError::Fenced { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Renews it if it is time. False if somebody else has it now.
    pub(crate) async fn keep(&mut self, inner: &Inner) -> Result<bool, StoreError> {
        if self.renewed.elapsed() < RENEW_AFTER {
            return Ok(true);
        }
        let taken = Self::take(inner, &self.checkpoint.name, self.checkpoint.version).await?;
        let kept = taken.filter(|taken| taken.checkpoint == self.checkpoint);
        if let Some(kept) = &kept {
            self.renewed = kept.renewed;
        }
        Ok(kept.is_some())
    }

    pub(crate) async fn release(self, inner: &Inner) {
        if let Err(error) = inner.read_models.release(&self.checkpoint, &inner.owner).await {
            tracing::debug!(name = self.checkpoint.name, %error, "lease not released; it will expire");
        }
    }
}
