//! The stores as the program opens them.

use async_trait::async_trait;
use es_core::{EventReader, HostedStore, HostedViews, StoreError, StoreFact, VerifyReport, VerifyTold};
use tokio_util::sync::CancellationToken;

use crate::{SqliteEventStore, SqliteReadModels};

#[async_trait]
impl HostedStore for SqliteEventStore {
    fn read_only_reason(&self) -> Option<String> {
        Self::read_only_reason(self).map(str::to_owned)
    }

    async fn verify(&self, cancel: CancellationToken, told: VerifyTold) -> Result<VerifyReport, StoreError> {
        Self::verify(self, cancel, told).await
    }

    async fn facts(&self) -> Result<Vec<StoreFact>, StoreError> {
        Self::facts(self).await
    }

    async fn close(&self) {
        let store = self.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || Self::close(&store)).await {
            tracing::error!(%error, "the store could not be closed in order");
        }
    }
}

#[async_trait]
impl HostedViews for SqliteReadModels {
    async fn bind(&self, log: &dyn EventReader) -> Result<bool, StoreError> {
        Self::bind(self, log).await
    }
}
