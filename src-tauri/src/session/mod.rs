//! One open store with everything that works on it: engine, inspector, grids. What the window's commands call.

pub(crate) mod arguments;
mod bank;
mod bank_lists;
mod causes;
mod clock;
mod commanding;
pub mod condition;
mod event_example;
mod grid;
mod history;
mod looking;
pub(crate) mod notebook;
mod operators;
mod present;
mod processes;
mod production;
mod projections;
mod reading;
mod retention;
mod server;
mod snapshots;
pub(crate) mod stage;
mod story;
mod theatre;
mod told;
mod upkeep;
pub(crate) mod what_if;

use std::sync::Arc;
use std::time::Duration;

use es_core::{ChosenLanguage, Clock, Domain, EventReader, HostedStore, Position, SnapshotStore, StoreError};
use es_runtime::{Engine, SnapshotPolicy};
use inspector::{AsOf, Inspector};
use tokio_util::sync::CancellationToken;

use crate::composition::{self, Access, Store};
use crate::connections::Chosen;
use crate::link::StoreName;
use crate::wire::{AppError, HeadMoved, OpenConnection, StoreStatus};
use crate::workbench::{Notice, Tell};

pub use looking::problem_of;
pub use present::time;

/// Least time between two messages about a grown log: at most 20 a second.
const HEAD_INTERVAL: Duration = Duration::from_millis(50);
/// How long one wait for events takes before the loop looks whether it should end.
const HEAD_WAIT: Duration = Duration::from_secs(1);

/// One open store with everything that works on it.
pub struct Session {
    chosen: Chosen,
    read_only: Option<String>,
    events: Arc<dyn HostedStore>,
    engine: Engine,
    snapshots: Arc<dyn SnapshotStore>,
    snapshot_policy: SnapshotPolicy,
    domain: Arc<Domain>,
    inspector: Inspector,
    language: ChosenLanguage,
    /// Read models at earlier moments.
    as_of: Arc<AsOf>,
    grids: grid::Grids,
    upkeep: upkeep::Upkeep,
    production: production::Confirmations,
    theatre: theatre::Theatre,
    /// Tells the time to everything that works on the store.
    clock: Arc<dyn Clock>,
    /// Whether no process runs by itself: what a command has set going is carried on behind it.
    by_hand: bool,
    /// Cancelled when the session ends.
    end: CancellationToken,
}

impl Session {
    /// Opens a store and starts everything that works on it. Events are told in the language that is chosen there.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn open(chosen: Chosen, create: bool, tell: Tell, language: ChosenLanguage) -> Result<Self, AppError> {
        let access = if create { Access::Create } else { Access::Write };
        let store = Store::open(chosen, access).await?;
        // On production nothing is written that nobody has confirmed, not even when a timer is due.
        let by_hand = store.chosen.marks.production;
        Self::on(store, by_hand, tell, language)
    }

    /// Opens the store of a scene, by its clock. Processes wait until the scene lets them work, so that it is the same each time.
    pub(crate) async fn open_on_stage(
        chosen: Chosen,
        clock: Arc<dyn Clock>,
        tell: Tell,
        language: ChosenLanguage,
    ) -> Result<Self, AppError> {
        Self::on(Store::open_by(chosen, Access::Write, clock).await?, true, tell, language)
    }

    fn on(store: Store, by_hand: bool, tell: Tell, language: ChosenLanguage) -> Result<Self, AppError> {
        let domain = composition::domain()?;
        let mut parts = store.engine_parts(Arc::clone(&domain));
        parts.config.run_processes &= !by_hand;
        let snapshot_policy = parts.config.snapshots;
        let engine = Engine::new(parts);
        let reader: Arc<dyn EventReader> = store.events.clone();
        let session = Self {
            chosen: store.chosen,
            read_only: store.read_only,
            as_of: Arc::new(AsOf::new(Arc::clone(&reader), Arc::clone(&domain))),
            inspector: Inspector::new(reader, Arc::clone(&domain), composition::view()).speaking(language.clone()),
            language,
            events: store.events,
            engine,
            snapshots: store.views,
            snapshot_policy,
            domain,
            grids: grid::Grids::default(),
            upkeep: upkeep::Upkeep::default(),
            production: production::Confirmations::default(),
            theatre: theatre::Theatre::default(),
            clock: store.clock,
            by_hand,
            end: CancellationToken::new(),
        };
        session.engine.start_background();
        session.watch_head(tell);
        Ok(session)
    }

    /// What is open.
    #[must_use]
    pub fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// What the bank consists of.
    pub(crate) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Ends everything that works on the store and lets go of it.
    pub async fn close(&self) {
        self.end.cancel();
        self.engine.shutdown().await;
        self.events.close().await;
    }

    /// Where the store stands.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn status(&self) -> Result<StoreStatus, AppError> {
        let page = self.events.read_all(es_core::ReadAll::backward(Position::MAX, 1)).await?;
        Ok(StoreStatus {
            kind: self.chosen.target.backend().name().to_owned(),
            backend: self.chosen.target.backend().title().to_owned(),
            location: self.chosen.target.to_string(),
            link: StoreName::of(&self.chosen).to_string(),
            connection: self
                .chosen
                .of
                .as_ref()
                .map(|of| OpenConnection { id: of.id.to_string(), name: of.name.clone() }),
            marks: self.chosen.marks.clone().into(),
            read_only: self.read_only.is_some(),
            read_only_reason: self.read_only.as_deref().map(crate::errors::sentence),
            capabilities: self.events.capabilities().into(),
            head: page.head.to_string(),
            last_recorded_at: page.events.first().map(|event| time(event.recorded_at)),
        })
    }

    /// Refuses what would write events to a store that cannot be written.
    pub(crate) fn writable(&self) -> Result<(), AppError> {
        composition::writable(&self.chosen, self.read_only.as_deref())
    }

    /// Refuses to fill a store that holds events or cannot be written.
    pub(crate) async fn refuse_unless_empty(&self) -> Result<(), AppError> {
        crate::demo::refuse_unless_empty(&self.chosen, &*self.events).await
    }

    /// Tells the window that the log has grown, however fast it grows, at most 20 times a second.
    fn watch_head(&self, tell: Tell) {
        let (events, end) = (self.events.clone(), self.end.clone());
        tauri::async_runtime::spawn(async move {
            let mut told = events.head().await.unwrap_or(Position::ZERO);
            while !end.is_cancelled() {
                let head = tokio::select! {
                    () = end.cancelled() => return,
                    head = events.wait_for_events(told, HEAD_WAIT) => head,
                };
                match head {
                    Ok(head) if head > told => {
                        told = head;
                        tell(Notice::HeadMoved(HeadMoved { head: head.to_string() }));
                        tokio::time::sleep(HEAD_INTERVAL).await;
                    }
                    Ok(_) => {}
                    Err(StoreError::Closed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the head of the log cannot be watched");
                        tokio::time::sleep(HEAD_WAIT).await;
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests;
