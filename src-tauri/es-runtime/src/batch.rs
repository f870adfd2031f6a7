//! A run of events brought to their current shape, ready to be applied to rows.

use es_core::{
    CurrentEvent, EventFilter, Position, ProjectedEvent, Projection, ProjectionError, ReadAll, RecordedEvent, Rows,
    StoreError, UpcasterRegistry,
};

/// An event that cannot be applied, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    /// Its position.
    pub position: Position,
    /// Which event it is and what is wrong, for people.
    pub reason: String,
}

impl Poison {
    fn new(event: &RecordedEvent, error: &dyn std::fmt::Display) -> Self {
        let RecordedEvent { event_type, schema_version, version, stream, .. } = event;
        let reason = format!("{event_type} v{schema_version}, event {version} of {stream}: {error}");
        Self { position: event.position, reason }
    }
}

struct Item {
    event: RecordedEvent,
    /// Nothing if the event is current as stored: then its payload is borrowed, not copied.
    parts: Option<Vec<CurrentEvent<'static>>>,
}

/// Events up to the first that does not upcast.
pub(crate) struct Batch {
    items: Vec<Item>,
    /// The event after the last item, if it does not upcast.
    pub(crate) poison: Option<Poison>,
}

impl Batch {
    pub(crate) fn decode(upcasters: &UpcasterRegistry, events: Vec<RecordedEvent>) -> Self {
        let mut batch = Self { items: Vec::with_capacity(events.len()), poison: None };
        for event in events {
            let parts = if upcasters.current_version(&event.event_type) == Some(event.schema_version) {
                None
            } else {
                match upcasters.upcast(&event) {
                    Ok(parts) => Some(parts.into_iter().map(into_owned).collect()),
                    Err(error) => {
                        batch.poison = Some(Poison::new(&event, &error));
                        break;
                    }
                }
            };
            batch.items.push(Item { event, parts });
        }
        batch
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Applies the first `count` events.
    ///
    /// # Errors
    /// The index of the event that failed, and the error.
    pub(crate) fn apply(
        &self,
        projection: &dyn Projection,
        count: usize,
        rows: &mut dyn Rows,
    ) -> Result<(), (usize, ProjectionError)> {
        for (index, item) in self.items.iter().take(count).enumerate() {
            apply_item(item, projection, rows).map_err(|error| (index, error))?;
        }
        Ok(())
    }

    /// Applies all events and shows each of them with the rows right after it.
    ///
    /// # Errors
    /// As [`Batch::apply`].
    pub(crate) fn apply_each<R: Rows>(
        &self,
        projection: &dyn Projection,
        rows: &mut R,
        mut after: impl FnMut(&RecordedEvent, &mut R) -> Result<(), StoreError>,
    ) -> Result<(), (usize, ProjectionError)> {
        for (index, item) in self.items.iter().enumerate() {
            let applied = apply_item(item, projection, rows);
            applied.and_then(|()| Ok(after(&item.event, rows)?)).map_err(|error| (index, error))?;
        }
        Ok(())
    }

    /// The poison that an error at an index means. Nothing if the row store failed, which is not the event's fault.
    pub(crate) fn poison_of(&self, index: usize, error: &ProjectionError) -> Option<Poison> {
        match error {
            // A row that does not fit its table is the projection's own fault, and trying again cannot help.
            ProjectionError::Store(StoreError::Misfit { .. }) => {}
            ProjectionError::Store(_) => return None,
            _ => {}
        }
        self.items.get(index).map(|item| Poison::new(&item.event, error))
    }
}

fn apply_item(item: &Item, projection: &dyn Projection, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    if let Some(parts) = &item.parts {
        let mut parts = parts.iter();
        return parts
            .try_for_each(|current| projection.apply(&ProjectedEvent { recorded: &item.event, current }, rows));
    }
    let Some(payload) = item.event.payload.as_json() else {
        return Err(ProjectionError::Contradiction("the payload is binary, not JSON".to_owned()));
    };
    let current = CurrentEvent {
        event_type: (&*item.event.event_type).into(),
        schema_version: item.event.schema_version,
        payload: payload.into(),
        part: 0,
    };
    projection.apply(&ProjectedEvent { recorded: &item.event, current: &current }, rows)
}

fn into_owned(event: CurrentEvent<'_>) -> CurrentEvent<'static> {
    CurrentEvent {
        event_type: event.event_type.into_owned().into(),
        schema_version: event.schema_version,
        payload: event.payload.into_owned().into(),
        part: event.part,
    }
}

/// A page of a filtered follow, cut at `until`.
pub(crate) struct Followed {
    pub(crate) events: Vec<RecordedEvent>,
    /// Everything up to here has been examined.
    pub(crate) next: Position,
    /// Whether there was nothing more to read.
    pub(crate) end: bool,
}

/// Reads what comes after a position, at most up to `until`.
pub(crate) async fn follow(
    reader: &dyn es_core::EventReader,
    after: Position,
    until: Option<Position>,
    filter: &EventFilter,
    limit: usize,
) -> Result<Followed, StoreError> {
    let page = reader.read_all(ReadAll::forward(after, limit).filtered(filter.clone())).await?;
    let (mut events, mut next, mut end) = (page.events, page.next, page.end);
    if let Some(until) = until
        && next >= until
    {
        events.retain(|event| event.position <= until);
        next = until.max(after);
        end = true;
    }
    Ok(Followed { events, next, end })
}
