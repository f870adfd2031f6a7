//! What led to an event, and what it led to.

use es_core::{AllPage, EventFilter, EventReader, ReadAll, RecordedEvent, StoreError};

use super::{Session, arguments};
use crate::wire::{AppError, EventCauses};

/// Most events of the same correlation that are looked at on each side of an event. A transfer has a dozen; what is longer
/// is a batch, which is read in the grid.
const LOOKED_AT: usize = 1000;

/// Most events of each kind that are listed.
const LISTED: usize = 100;

impl Session {
    /// What led to the event at a position, and what it led to. Stores do not find events by their cause: those of the same
    /// correlation are looked through, nearest first.
    ///
    /// # Errors
    /// There is no such event, or the store does not answer.
    pub async fn event_causes(&self, position: &str) -> Result<EventCauses, AppError> {
        let position = arguments::position(position)?;
        let events = self.engine.queries().events();
        let found = events.read_positions(&[position]).await?.into_iter().next();
        let event = found.ok_or(inspector::InspectError::NoSuchEvent(position))?;
        let cause = match event.causation_id {
            Some(id) => by_id(&**events, id).await?,
            None => None,
        };
        let related = related(&**events, &event).await?;
        let row = |event: &RecordedEvent| self.inspector.summary(event).into();
        let listed = |of: &[RecordedEvent]| of.iter().take(LISTED).map(row).collect();
        Ok(EventCauses {
            cause: cause.as_ref().map(row),
            effects: listed(&related.effects),
            siblings: listed(&related.siblings),
            complete: related.complete && related.effects.len() <= LISTED && related.siblings.len() <= LISTED,
        })
    }

    /// Position of the event with an id; nothing if there is none.
    ///
    /// # Errors
    /// It is no id, the store does not find events by their id, or it does not answer.
    pub async fn event_position(&self, event_id: &str) -> Result<Option<String>, AppError> {
        let id = arguments::id("Event id", event_id)?;
        let found = self.engine.queries().events().event_by_id(id).await?;
        Ok(found.map(|event| event.position.to_string()))
    }
}

#[derive(Default)]
struct Related {
    effects: Vec<RecordedEvent>,
    siblings: Vec<RecordedEvent>,
    complete: bool,
}

/// Effects come after an event; those with the same cause may stand on both of its sides.
async fn related(events: &dyn EventReader, event: &RecordedEvent) -> Result<Related, StoreError> {
    let Some(correlation_id) = event.correlation_id else {
        return Ok(Related { complete: true, ..Related::default() });
    };
    let filter = EventFilter { correlation_id: Some(correlation_id), ..EventFilter::default() };
    let of = |read: ReadAll| async { gathered(events, read.filtered(filter.clone())).await };
    let (before, all_before) = of(ReadAll::backward(event.position, LOOKED_AT)).await?;
    let (after, all_after) = of(ReadAll::forward(event.position, LOOKED_AT)).await?;
    let mut related = Related { complete: all_before && all_after, ..Related::default() };
    for other in before.into_iter().rev().chain(after) {
        if other.causation_id == Some(event.event_id) {
            related.effects.push(other);
        } else if event.causation_id.is_some() && other.causation_id == event.causation_id {
            related.siblings.push(other);
        }
    }
    Ok(related)
}

/// Events in reading order, at most as many as are looked at, and whether these are all.
async fn gathered(events: &dyn EventReader, mut read: ReadAll) -> Result<(Vec<RecordedEvent>, bool), StoreError> {
    let mut found = Vec::new();
    loop {
        let AllPage { events: page, next, end, .. } = events.read_all(read.clone()).await?;
        found.extend(page);
        if end || found.len() >= LOOKED_AT {
            return Ok((found, end));
        }
        read.from = next;
    }
}

async fn by_id(events: &dyn EventReader, id: uuid::Uuid) -> Result<Option<RecordedEvent>, StoreError> {
    match events.event_by_id(id).await {
        Err(StoreError::Unsupported { .. }) => Ok(None),
        found => found,
    }
}
