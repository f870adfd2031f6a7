//! Loading an aggregate: newest usable snapshot, then every event after it, each in its current shape.

use std::sync::Arc;

use es_core::{
    Aggregate, AnyState, CurrentEvent, Direction, Domain, EventReader, Hash, Position, ReadStream, RecordedEvent,
    Snapshot, SnapshotStore, StoreError, StreamName, StreamPage, StreamVersion, limits,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::engine::Inner;
use crate::snapshots::Occasion;

/// A state and the version it belongs to. Cloning is cheap.
#[derive(Clone)]
pub struct Loaded {
    /// The state.
    pub state: Arc<AnyState>,
    /// Version of the last event in it; 0 if the stream has none.
    pub version: StreamVersion,
    /// Id of that event, if it was read or written here (not known right after a snapshot).
    pub last_event: Option<Uuid>,
    /// Version of the newest snapshot known to be kept.
    pub(crate) snapshot: StreamVersion,
    /// Events folded when it was last read from the store.
    pub(crate) replayed: u64,
}

/// Why a state could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event of the stream cannot be understood; nothing is decided on a history with holes.
    #[error("event {version} of stream {stream} (position {position}) cannot be read: {reason}")]
    Undecodable {
        /// The stream.
        stream: StreamName,
        /// The event's version.
        version: StreamVersion,
        /// Its position.
        position: Position,
        /// What is wrong with it.
        reason: String,
    },
}

/// Loads states. Reads only.
#[derive(Clone, Copy)]
pub(crate) struct Loader<'a> {
    pub(crate) reader: &'a dyn EventReader,
    pub(crate) domain: &'a Domain,
    pub(crate) snapshots: Option<&'a dyn SnapshotStore>,
}

impl Loader<'_> {
    /// The present state of a stream.
    pub(crate) async fn load(&self, aggregate: &dyn Aggregate, stream: &StreamName) -> Result<Loaded, LoadError> {
        if let Some(start) = self.newest_snapshot(aggregate, stream).await
            && let Some(loaded) = self.replay(aggregate, stream, start, StreamVersion::MAX).await?
        {
            return Ok(loaded);
        }
        self.load_until(aggregate, stream, StreamVersion::MAX).await
    }

    /// The state of a stream as of a version (or its last one, if it does not reach so far), folded from the first event.
    pub(crate) async fn load_until(
        &self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        last: StreamVersion,
    ) -> Result<Loaded, LoadError> {
        let start = empty(aggregate);
        Ok(self.replay(aggregate, stream, start, last).await?.unwrap_or_else(|| empty(aggregate)))
    }

    /// Brings an earlier state of the same stream up to date, reading only the events after it.
    pub(crate) async fn refresh(
        &self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        earlier: Loaded,
    ) -> Result<Loaded, LoadError> {
        match self.replay(aggregate, stream, earlier, StreamVersion::MAX).await? {
            Some(loaded) => Ok(loaded),
            None => self.load(aggregate, stream).await,
        }
    }

    /// Folds what comes after `start`, up to `last`. Nothing if the store knows less of the stream than `start` does: then `start` belongs
    /// to another history and cannot be used.
    async fn replay(
        &self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        start: Loaded,
        last: StreamVersion,
    ) -> Result<Option<Loaded>, LoadError> {
        let mut loaded = Loaded { replayed: 0, ..start };
        let mut page = self.page(stream, loaded.version).await?;
        loop {
            let stored = page.stream.as_ref().map_or(StreamVersion::ZERO, |info| info.version);
            if stored < loaded.version {
                return Ok(None);
            }
            if let Some(first) = page.events.first().filter(|first| first.version > loaded.version.next()) {
                // The stream was truncated beyond what `loaded` knows: the state begins anew with its first event.
                if loaded.version > StreamVersion::ZERO {
                    return Ok(None);
                }
                self.check_restarts(aggregate, first)?;
            }
            page.events.retain(|event| event.version <= last);
            let read_to = page.events.last().map(|event| event.version);
            let Some(read_to) = read_to.filter(|read_to| !page.end && *read_to < last) else {
                self.fold_page(aggregate, &mut loaded, &page.events)?;
                return Ok(Some(loaded));
            };
            // The read is polled first, so the store works on the following page while this one is folded here.
            let folding = async { self.fold_page(aggregate, &mut loaded, &page.events) };
            let (next, folded) = tokio::join!(biased; self.page(stream, read_to), folding);
            folded?;
            page = next?;
        }
    }

    /// The first event of a truncated stream must carry the whole state; retention's guard sees to it.
    fn check_restarts(&self, aggregate: &dyn Aggregate, first: &RecordedEvent) -> Result<(), LoadError> {
        // A type that was renamed since counts under its present name.
        let parts = self.domain.upcasters.upcast(first);
        let restarts = |part: &CurrentEvent<'_>| aggregate.restarted_by().contains(&&*part.event_type);
        if parts.is_err() || parts.is_ok_and(|parts| parts.first().is_some_and(restarts)) {
            // What cannot be upcast at all is told with its own reason where it is folded.
            return Ok(());
        }
        let reason =
            format!("the stream is truncated before it, and {} does not carry the whole state", first.event_type);
        let (stream, version, position) = (first.stream.clone(), first.version, first.position);
        Err(LoadError::Undecodable { stream, version, position, reason })
    }

    async fn page(&self, stream: &StreamName, from: StreamVersion) -> Result<StreamPage, StoreError> {
        let (stream, direction) = (stream.clone(), Direction::Forward);
        self.reader.read_stream(ReadStream { stream, from, direction, limit: limits::FOLDED_PAGE_EVENTS }).await
    }

    fn fold_page(
        &self,
        aggregate: &dyn Aggregate,
        loaded: &mut Loaded,
        events: &[RecordedEvent],
    ) -> Result<(), LoadError> {
        let Some(last) = events.last() else { return Ok(()) };
        let state = Arc::make_mut(&mut loaded.state);
        events.iter().try_for_each(|event| self.fold(aggregate, state, event))?;
        (loaded.version, loaded.last_event) = (last.version, Some(last.event_id));
        loaded.replayed += events.len() as u64;
        Ok(())
    }

    fn fold(&self, aggregate: &dyn Aggregate, state: &mut AnyState, event: &RecordedEvent) -> Result<(), LoadError> {
        let undecodable = |reason: String| LoadError::Undecodable {
            stream: event.stream.clone(),
            version: event.version,
            position: event.position,
            reason,
        };
        // Nearly all are as they are decided today: no list of parts for them.
        if let (true, Some(payload)) = (self.domain.upcasters.is_current(event), event.payload.as_json()) {
            return aggregate.evolve(state, &event.event_type, payload).map_err(|error| undecodable(error.to_string()));
        }
        for part in self.domain.upcasters.upcast(event).map_err(|error| undecodable(error.to_string()))? {
            let evolved = aggregate.evolve(state, &part.event_type, &part.payload);
            evolved.map_err(|error| undecodable(error.to_string()))?;
        }
        Ok(())
    }

    /// A snapshot that belongs to this code and is intact. A snapshot store that fails costs time, not correctness.
    async fn newest_snapshot(&self, aggregate: &dyn Aggregate, stream: &StreamName) -> Option<Loaded> {
        let fingerprint = self.domain.fingerprint(aggregate);
        let found = self.snapshots?.load_snapshot(stream, &fingerprint).await;
        let snapshot = found.inspect_err(|error| tracing::warn!(%stream, %error, "snapshot not read")).ok()??;
        if snapshot.fingerprint != fingerprint || snapshot.state_hash != state_hash(&snapshot.state) {
            tracing::warn!(%stream, version = %snapshot.version, "snapshot not used: fingerprint or hash differ");
            return None;
        }
        let state = aggregate.restore(&snapshot.state)?;
        let version = snapshot.version;
        Some(Loaded { state: Arc::new(state), version, last_event: None, snapshot: version, replayed: 0 })
    }
}

/// The state before the first event.
pub(crate) fn empty(aggregate: &dyn Aggregate) -> Loaded {
    Loaded {
        state: Arc::new(aggregate.initial()),
        version: StreamVersion::ZERO,
        last_event: None,
        snapshot: StreamVersion::ZERO,
        replayed: 0,
    }
}

impl Inner {
    pub(crate) fn loader(&self) -> Loader<'_> {
        Loader { reader: &*self.events, domain: &self.domain, snapshots: self.snapshots.as_deref() }
    }

    /// The present state of a stream; only what is not in the cache is read.
    pub(crate) async fn present(
        &self,
        aggregate: &Arc<dyn Aggregate>,
        stream: &StreamName,
    ) -> Result<Loaded, LoadError> {
        let begun = self.stopwatch.elapsed();
        let mut loaded = match self.cache.get(stream) {
            Some(known) => self.loader().refresh(&**aggregate, stream, known).await?,
            None => self.loader().load(&**aggregate, stream).await?,
        };
        let took = self.stopwatch.elapsed().saturating_sub(begun);
        let occasion = Occasion::Loaded { replayed: loaded.replayed, took };
        self.take_snapshot_if_due(aggregate, stream, &mut loaded, occasion);
        self.cache.put(stream, &loaded);
        Ok(loaded)
    }

    /// Keeps a state whose last events were just appended.
    pub(crate) fn keep(&self, aggregate: &Arc<dyn Aggregate>, stream: &StreamName, mut loaded: Loaded) {
        self.take_snapshot_if_due(aggregate, stream, &mut loaded, Occasion::Appended);
        self.cache.put(stream, &loaded);
    }
}

/// The snapshot of a state.
pub(crate) fn snapshot_of(
    domain: &Domain,
    aggregate: &dyn Aggregate,
    stream: &StreamName,
    loaded: &Loaded,
    taken_at: chrono::DateTime<chrono::Utc>,
) -> Snapshot {
    let state = aggregate.state_json(&loaded.state);
    Snapshot {
        stream: stream.clone(),
        fingerprint: domain.fingerprint(aggregate),
        version: loaded.version,
        state_hash: state_hash(&state),
        state: state.into(),
        taken_at,
    }
}

/// The hash that is kept beside a state.
pub(crate) fn state_hash(state: &str) -> Hash {
    Hash(Sha256::digest(state.as_bytes()).into())
}
