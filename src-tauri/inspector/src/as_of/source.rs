//! Queries of read models at a position.

use std::sync::Arc;

use async_trait::async_trait;
use es_core::{Position, RowPage, RowQuery, RowSource, StoreError};
use tokio_util::sync::CancellationToken;

use super::AsOf;

/// Read models at one position, for the queries that also ask the stored ones.
pub struct RowsAsOf {
    as_of: Arc<AsOf>,
    position: Position,
    cancel: CancellationToken,
}

impl RowsAsOf {
    /// Read models at a position, which is folded as far as it is asked for.
    #[must_use]
    pub fn new(as_of: Arc<AsOf>, position: Position, cancel: CancellationToken) -> Self {
        Self { as_of, position, cancel }
    }
}

#[async_trait]
impl RowSource for RowsAsOf {
    async fn query(&self, projection: &'static str, query: RowQuery) -> Result<RowPage, StoreError> {
        let at = self.as_of.rows(projection, self.position, &|_, _| {}, &self.cancel).await?;
        // Large tables take a while to search.
        let answer = tokio::task::spawn_blocking(move || at.rows().query(&query));
        answer
            .await
            .map_err(|error| StoreError::Io { operation: format!("asking {projection}"), reason: error.to_string() })?
    }
}
