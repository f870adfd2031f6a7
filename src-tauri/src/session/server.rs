//! What the open store stands on, and what its server keeps.

use super::{Session, arguments};
use crate::server::{self, StreamsWanted};
use crate::wire::{
    AppError, IndexView, ServerOverview, ServerProjections, ServerStreamReport, ServerStreams, SubscriptionRow,
};

/// Streams of applications that the window lists at once; the rest is found by name.
const STREAMS: usize = 200;
/// Entries of a stream that the window shows at once.
const ENTRIES: usize = 100;

impl Session {
    /// What the store stands on.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn server_overview(&self) -> Result<ServerOverview, AppError> {
        Ok(server::overview(&*self.events, &self.chosen).await?)
    }

    /// How far the index has come that the store follows its log with; nothing where there is none.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn index_progress(&self) -> Result<Option<IndexView>, AppError> {
        Ok(server::index(&*self.events).await?)
    }

    /// Streams as the server has them.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn server_streams(&self, search: Option<String>, system: bool) -> Result<ServerStreams, AppError> {
        let contains = search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(server::streams(&*self.events, &StreamsWanted { contains, system, limit: STREAMS }).await?)
    }

    /// Everything about one stream beside its events, also about one that is not there.
    ///
    /// # Errors
    /// What is no name of a stream; the store does not answer.
    pub async fn server_stream(&self, stream: &str) -> Result<ServerStreamReport, AppError> {
        Ok(server::stream(&*self.events, &arguments::stream(stream)?, ENTRIES).await?)
    }

    /// The server's persistent subscriptions.
    ///
    /// # Errors
    /// `unsupported` where no server keeps any; the server does not answer, or the user may not see them.
    pub async fn server_subscriptions(&self) -> Result<Vec<SubscriptionRow>, AppError> {
        Ok(server::subscriptions(&*self.events).await?)
    }

    /// The projections that run on the server.
    ///
    /// # Errors
    /// `unsupported` where no server runs any; the server does not answer.
    pub async fn server_projections(&self) -> Result<ServerProjections, AppError> {
        Ok(server::projections(&*self.events).await?)
    }
}
