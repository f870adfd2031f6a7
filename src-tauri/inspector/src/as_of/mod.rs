//! Read models as they were at a position, folded in memory; the stored ones are never touched.
//!
//! Every read model is folded when it is asked for, and only then, by the engine's own replay. What was folded is kept at many
//! positions, which share what is alike (docs/adr/0045), so that the clock moves quickly in both directions.

mod instances;
mod kept;
mod moment;
mod source;
mod streams;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use es_core::memory::SharedRows;
use es_core::{Domain, EventReader, Position, Projection, StoreError};
use es_runtime::{Poison, Replay};
use tokio::sync::Mutex as AsyncMutex;
use tokio_util::sync::CancellationToken;

use crate::limits;
use kept::Kept;

pub use instances::InstancesAt;
pub use moment::Moment;
pub use source::RowsAsOf;
pub use streams::STREAMS;

/// Takes how many positions were folded, of how many. Must not block.
pub type Tell<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Read models of one store at any position. All methods may run at once; what two ask for is folded once.
pub struct AsOf {
    reader: Arc<dyn EventReader>,
    domain: Arc<Domain>,
    models: Vec<Model>,
    model_bytes: u64,
    kept_bytes: u64,
    uses: AtomicU64,
}

struct Model {
    projection: Arc<dyn Projection>,
    /// Whether it is told of events whatever is in them.
    of_stored: bool,
    kept: Mutex<Kept>,
    /// Held by whoever folds: others wait for what comes of it.
    folding: AsyncMutex<()>,
}

/// A read model at a position.
#[derive(Clone)]
pub struct RowsAt {
    position: Position,
    replay: Arc<Replay>,
}

impl RowsAt {
    /// The rows; those before the event that it is halted at, if it is.
    #[must_use]
    pub fn rows(&self) -> &SharedRows {
        self.replay.rows()
    }

    /// The position that they are of.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The event that cannot be applied, if there is one up to the position. Nothing from there on is in the rows.
    #[must_use]
    pub fn halted(&self) -> Option<&Poison> {
        self.replay.halted().filter(|poison| poison.position <= self.position)
    }

    /// How many streams are set aside, because one of their events cannot be applied.
    #[must_use]
    pub fn streams_aside(&self) -> usize {
        self.replay.aside().len()
    }

    /// How many streams have events that were truncated since. They show what is left of them.
    #[must_use]
    pub fn truncated_streams(&self) -> usize {
        self.replay.truncated_streams()
    }
}

impl AsOf {
    /// Read models of a store, none of them folded yet.
    #[must_use]
    pub fn new(reader: Arc<dyn EventReader>, domain: Arc<Domain>) -> Self {
        let model = |projection: Arc<dyn Projection>, of_stored| Model {
            projection,
            of_stored,
            kept: Mutex::default(),
            folding: AsyncMutex::default(),
        };
        let streams: Arc<dyn Projection> = Arc::new(streams::Streams);
        let models = domain.projections.iter().map(|projection| model(Arc::clone(projection), false));
        Self {
            models: models.chain([model(streams, true)]).collect(),
            reader,
            domain,
            model_bytes: limits::AS_OF_MODEL_BYTES,
            kept_bytes: limits::AS_OF_KEPT_BYTES,
            uses: AtomicU64::new(0),
        }
    }

    /// The same with other limits: bytes of one read model's rows, and of all that is kept.
    #[must_use]
    pub fn within(mut self, model_bytes: u64, kept_bytes: u64) -> Self {
        (self.model_bytes, self.kept_bytes) = (model_bytes, kept_bytes);
        self
    }

    /// Names of the read models that can be asked for.
    pub fn models(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.models.iter().map(|model| model.projection.name())
    }

    /// A read model at a position; at the head, if the log does not reach so far.
    ///
    /// # Errors
    /// Unknown name, a store fails, it needs too much memory, or it was cancelled.
    pub async fn rows(
        &self,
        model: &str,
        position: Position,
        tell: Tell<'_>,
        cancel: &CancellationToken,
    ) -> Result<RowsAt, StoreError> {
        let found = self.models.iter().find(|found| found.projection.name() == model);
        let model = found.ok_or_else(|| StoreError::Misfit {
            table: model.to_owned(),
            reason: "there is no read model of this name".to_owned(),
        })?;
        let head = self.reader.head().await?;
        let position = position.min(head);
        if let Some(kept) = self.known(model, position, head)? {
            return Ok(kept);
        }
        let _one_at_a_time = tokio::select! {
            turn = model.folding.lock() => turn,
            () = cancel.cancelled() => return Err(StoreError::Cancelled),
        };
        let fresh = self.verify(model, head).await?;
        // Somebody else may have folded it meanwhile.
        if let Some(kept) = self.known(model, position, head)? {
            return Ok(kept);
        }
        let nearest = model.kept().nearest(position);
        let start = match (nearest, fresh) {
            (Some(nearest), _) => Replay::clone(&nearest),
            (None, Some(fresh)) => fresh,
            (None, None) => self.begin(model).await?,
        };
        let replay = Arc::new(self.fold(model, start, position, tell, cancel).await?);
        model.kept().keep(Arc::clone(&replay));
        self.shrink(model);
        Ok(RowsAt { position, replay })
    }

    /// What is kept for a position, if it is known to be right.
    fn known(&self, model: &Model, position: Position, head: Position) -> Result<Option<RowsAt>, StoreError> {
        let mut kept = model.kept();
        kept.used_at = self.uses.fetch_add(1, Ordering::Relaxed) + 1;
        if kept.verified.is_none_or(|verified| verified != head) {
            return Ok(None);
        }
        if kept.too_big.is_some_and(|too_big| too_big <= position) {
            return Err(self.too_big(model));
        }
        Ok(kept.exact(position).map(|replay| RowsAt { position, replay }))
    }

    /// Forgets what is kept if other events are left out by now. Answers with a new replay if one had to be begun.
    async fn verify(&self, model: &Model, head: Position) -> Result<Option<Replay>, StoreError> {
        if model.kept().verified == Some(head) {
            return Ok(None);
        }
        // What is left out is recorded in the log: with another head it may be something else.
        let fresh = self.begin(model).await?;
        let mut kept = model.kept();
        if kept.any().is_some_and(|any| !any.leaves_out_what(&fresh)) {
            kept.clear();
        }
        kept.verified = Some(head);
        Ok(Some(fresh))
    }

    async fn begin(&self, model: &Model) -> Result<Replay, StoreError> {
        let projection = Arc::clone(&model.projection);
        if model.of_stored {
            return Ok(Replay::of_stored(projection));
        }
        Replay::begin(&*self.reader, Arc::clone(&self.domain), projection).await
    }

    async fn fold(
        &self,
        model: &Model,
        mut replay: Replay,
        until: Position,
        tell: Tell<'_>,
        cancel: &CancellationToken,
    ) -> Result<Replay, StoreError> {
        let (from, stops) = (replay.position(), stops(replay.position(), until));
        let total = until.get().saturating_sub(from.get());
        let mut too_big = false;
        let mut look = |passed: &Replay| {
            tell(passed.position().get().saturating_sub(from.get()), total);
            let mut kept = model.kept();
            if passed.rows().bytes() > self.model_bytes {
                too_big = true;
                kept.too_big = Some(kept.too_big.map_or(passed.position(), |known| known.min(passed.position())));
                return ControlFlow::Break(());
            }
            kept.pass(passed);
            if stops.contains(&passed.position()) {
                kept.keep(Arc::new(passed.clone()));
            }
            ControlFlow::Continue(())
        };
        replay.advance(&*self.reader, until, &stops, cancel, &mut look).await?;
        if too_big { Err(self.too_big(model)) } else { Ok(replay) }
    }

    fn too_big(&self, model: &Model) -> StoreError {
        let what = format!("read model {} at this position", model.projection.name());
        StoreError::TooMuchMemory { what, limit: self.model_bytes }
    }

    /// Lets go of what was not used for longest, the read model at hand last.
    fn shrink(&self, current: &Model) {
        let bytes = || self.models.iter().map(|model| model.kept().bytes()).sum::<u64>();
        while bytes() > self.kept_bytes {
            let others = self.models.iter().filter(|model| !std::ptr::eq(*model, current));
            let others = others.filter(|model| model.kept().any().is_some());
            match others.min_by_key(|model| model.kept().used_at) {
                Some(oldest) => oldest.kept().clear(),
                None if current.kept().shrink() => {}
                None => break,
            }
        }
    }
}

impl Model {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in it can be half changed in a way that matters: at worst a replay is missing.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where to keep a replay on the way to a position: the nearer, the closer together, so that steps back from it fold little.
fn stops(from: Position, until: Position) -> Vec<Position> {
    let distances = std::iter::once(1).chain((1..=10).map(|power| 4_u64.pow(power)));
    let stops = distances.filter_map(|distance| until.get().checked_sub(distance)).map(Position);
    let mut stops: Vec<Position> = stops.filter(|stop| *stop > from).collect();
    stops.reverse();
    stops
}
