//! What every command works with: the open store, the inspector, and a way to be stopped.

use std::sync::Arc;

use es_core::{
    ChosenLanguage, Direction, Domain, EventReader, HostedStore, Language, ReadStream, StoreError, StreamInfo,
    StreamName, StreamVersion,
};
use es_runtime::Engine;
use inspector::{InspectError, Inspector};
use tokio_util::sync::CancellationToken;

use super::failure::{Exit, Failure};
use crate::composition::{self, Access, Store};
use crate::connections::Chosen;

/// An open store.
pub(super) struct Desk {
    pub(super) events: Arc<dyn HostedStore>,
    pub(super) inspector: Inspector,
    /// Cancelled by Ctrl-C.
    pub(super) stop: CancellationToken,
}

/// The domain that the program hosts.
pub(super) fn domain() -> Result<Arc<Domain>, Failure> {
    composition::domain().map_err(|error| Failure::new(Exit::Unavailable, error))
}

impl Desk {
    /// Opens the events for looking; nothing is written, not even beside them.
    pub(super) async fn look(chosen: &Chosen, stop: CancellationToken) -> Result<Self, Failure> {
        let events = composition::open_events(chosen, Access::Read).await?;
        Ok(Self::on(events, domain()?, stop))
    }

    /// Opens the store with its views and an engine without background tasks.
    pub(super) async fn work(chosen: Chosen, stop: CancellationToken) -> Result<(Self, Store, Engine), Failure> {
        let domain = domain()?;
        let store = Store::open(chosen, Access::Write).await?;
        let engine = Engine::new(store.engine_parts(domain.clone()));
        Ok((Self::on(store.events.clone(), domain, stop), store, engine))
    }

    fn on(events: Arc<dyn HostedStore>, domain: Arc<Domain>, stop: CancellationToken) -> Self {
        let reader: Arc<dyn EventReader> = events.clone();
        let inspector = Inspector::new(reader, domain, composition::view());
        Self { events, inspector, stop }
    }

    /// The same, telling events in a language.
    pub(super) fn speaking(mut self, language: Language) -> Self {
        self.inspector = self.inspector.speaking(ChosenLanguage::new(language));
        self
    }

    /// Work of the store that ends when Ctrl-C is pressed.
    pub(super) async fn stoppable<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done?),
            () = self.stop.cancelled() => Err(StoreError::Cancelled.into()),
        }
    }

    pub(super) async fn stream_exists(&self, stream: &StreamName) -> Result<StreamInfo, Failure> {
        let from = StreamVersion::MAX;
        let read = ReadStream { stream: stream.clone(), from, direction: Direction::Backward, limit: 1 };
        let page = self.stoppable(self.events.read_stream(read)).await?;
        page.stream.ok_or_else(|| InspectError::UnknownStream { stream: stream.clone() }.into())
    }
}
