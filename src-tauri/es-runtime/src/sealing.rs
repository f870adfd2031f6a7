//! Sealing at the edge: the personal fields of decided events are sealed before they are appended, opened again only for whom a
//! recorded event allows it, and unreadable for good once an event says so.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use es_core::seal::{SealedPlace, is_keyed_hash, keyed_command_hash, personal_fields, seal, unseal};
use es_core::{
    AppendError, AppendRequest, Appended, Direction, Domain, EncodedEvent, EventFilter, EventMetadata, EventStore,
    ParsedCommand, Position, ReadStream, SealError, StoreError, StreamAppend, StreamName, StreamVersion, SubjectKeys,
    UpcastError, event_id_of, limits,
};
use uuid::Uuid;

use crate::batch::follow;
use crate::engine::Inner;
use crate::outcome::ExecuteError;
use crate::receipts::short_hash;

const NO_KEYS: StoreError = StoreError::Unsupported { what: "keys for personal data" };

/// What is personal in a domain, and where its keys are.
pub(crate) struct Seals {
    keys: Option<Arc<dyn SubjectKeys>>,
    /// Personal fields of the current version of each event type that has some.
    fields: HashMap<&'static str, Vec<String>>,
    /// Event types after which a subject's key is destroyed.
    erasing: HashSet<&'static str>,
}

/// Decided events as they may be stored.
pub(crate) struct Sealed {
    pub(crate) events: Vec<EncodedEvent>,
    /// What their metadata keeps of the command's content.
    pub(crate) command_hash: String,
}

impl Seals {
    pub(crate) fn of(domain: &Domain, events: &dyn EventStore) -> Self {
        let personal = domain.event_types.iter().map(|kind| (kind.event_type, personal_fields(&kind.schema)));
        Self {
            keys: events.subject_keys(),
            fields: personal.filter(|(_, fields)| !fields.is_empty()).collect(),
            erasing: domain.aggregates.iter().flat_map(|aggregate| aggregate.erased_by()).copied().collect(),
        }
    }

    fn keys(&self) -> Result<&Arc<dyn SubjectKeys>, StoreError> {
        self.keys.as_ref().ok_or(NO_KEYS)
    }

    /// Seals what is personal. The subject's key is made at its first use; without a place for keys nothing is let through.
    pub(crate) async fn seal(
        &self,
        parsed: &ParsedCommand,
        command_id: Uuid,
        mut events: Vec<EncodedEvent>,
    ) -> Result<Sealed, ExecuteError> {
        if !events.iter().any(|event| self.fields.contains_key(event.event_type)) {
            return Ok(Sealed { events, command_hash: short_hash(parsed) });
        }
        let stream = &parsed.stream;
        let key = self.keys()?.get_or_create(stream).await?;
        for (index, event) in events.iter_mut().enumerate() {
            if let Some(fields) = self.fields.get(event.event_type) {
                let place = SealedPlace { stream, event_id: event_id_of(command_id, index) };
                event.payload = seal(&key, place, event.event_type, fields, &event.payload)?;
            }
        }
        Ok(Sealed { events, command_hash: keyed_command_hash(&key, parsed.content_hash) })
    }

    /// Whether a stored command hash is that of the command. Once the subject's key is destroyed nobody can tell, and the record
    /// is taken at its word.
    pub(crate) async fn is_of_command(&self, parsed: &ParsedCommand, stored: &str) -> Result<bool, StoreError> {
        if !is_keyed_hash(stored) {
            return Ok(stored == short_hash(parsed));
        }
        let key = self.keys()?.get(&parsed.stream).await?;
        Ok(key.is_none_or(|key| stored == keyed_command_hash(&key, parsed.content_hash)))
    }
}

/// Appends, and destroys the keys of the subjects whose erasure is part of it. An erasure that is recorded is a fact also if its
/// key is still there: then the next start destroys it.
pub(crate) async fn append(inner: &Inner, request: AppendRequest) -> Result<Appended, AppendError> {
    let erases = |part: &&StreamAppend| part.events.iter().any(|e| inner.seals.erasing.contains(&*e.event_type));
    let erased: Vec<StreamName> = request.parts.iter().filter(erases).map(|part| part.stream.clone()).collect();
    let appended = inner.events.append(request).await?;
    for stream in &erased {
        let destroyed = async { inner.seals.keys()?.destroy(stream).await };
        if let Err(error) = destroyed.await {
            tracing::error!(%stream, %error, "a key was not destroyed although its subject's data are erased");
        }
    }
    Ok(appended)
}

/// Why personal data were not revealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevealError {
    /// No event at the position allows it, or it was recorded for somebody else.
    #[error("nothing at position {position} allows {actor} to see personal data")]
    NotAllowed {
        /// The position.
        position: Position,
        /// Who asked.
        actor: String,
    },
    /// A stored event cannot be read.
    #[error(transparent)]
    Upcast(#[from] UpcastError),
    /// A field does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the fields that the event at a position names in `fields`, each with its newest value, for the person for whom it was
/// recorded.
pub(crate) async fn reveal(
    inner: &Inner,
    position: Position,
    actor: &str,
) -> Result<BTreeMap<String, String>, RevealError> {
    let not_allowed = || RevealError::NotAllowed { position, actor: actor.to_owned() };
    let found = inner.events.read_positions(&[position]).await?.pop().ok_or_else(not_allowed)?;
    let aggregate = inner.domain.aggregate(found.stream.category()).ok_or_else(not_allowed)?;
    let metadata = serde_json::from_str::<EventMetadata>(&found.metadata).map_err(|_| not_allowed())?;
    if !aggregate.revealed_by().contains(&&*found.event_type) || metadata.actor != actor {
        return Err(not_allowed());
    }
    let mut wanted = HashSet::new();
    for part in inner.domain.upcasters.upcast(&found)? {
        let payload: serde_json::Value = serde_json::from_str(&part.payload).map_err(|_| not_allowed())?;
        wanted.extend(payload["fields"].as_array().into_iter().flatten().filter_map(|f| f.as_str().map(str::to_owned)));
    }
    newest(inner, &found.stream, &wanted).await
}

async fn newest(
    inner: &Inner,
    stream: &StreamName,
    wanted: &HashSet<String>,
) -> Result<BTreeMap<String, String>, RevealError> {
    let key = inner.seals.keys()?.get(stream).await?;
    let (mut from, mut opened) = (StreamVersion::ZERO, BTreeMap::new());
    loop {
        let (direction, limit) = (Direction::Forward, limits::PAGE_EVENTS);
        let page = inner.events.read_stream(ReadStream { stream: stream.clone(), from, direction, limit }).await?;
        for event in &page.events {
            from = event.version;
            for part in inner.domain.upcasters.upcast(event)? {
                let Some(fields) = inner.seals.fields.get(&*part.event_type) else { continue };
                let fields: Vec<String> = fields.iter().filter(|field| wanted.contains(*field)).cloned().collect();
                let Ok(payload) = serde_json::from_str(&part.payload) else { continue };
                let place = SealedPlace { stream, event_id: event.event_id };
                opened.extend(unseal(key.as_ref(), place, &fields, &payload)?);
            }
        }
        if page.end || page.events.is_empty() {
            return Ok(opened);
        }
    }
}

/// Destroys the keys of all subjects whose erasure is recorded: a program may have died between the two.
pub(crate) async fn destroy_erased(inner: &Inner) -> Result<(), StoreError> {
    if inner.seals.erasing.is_empty() {
        return Ok(());
    }
    let event_types = inner.seals.erasing.iter().map(|event_type| (*event_type).to_owned()).collect();
    let filter = EventFilter { event_types, ..EventFilter::default() };
    let mut from = Position::ZERO;
    loop {
        let page = follow(&*inner.events, from, None, &filter, limits::PROJECTION_BATCH_EVENTS).await?;
        for event in &page.events {
            if inner.seals.keys()?.get(&event.stream).await?.is_some() {
                inner.seals.keys()?.destroy(&event.stream).await?;
            }
        }
        from = page.next;
        if page.end {
            return Ok(());
        }
    }
}
