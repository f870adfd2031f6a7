//! A run of events brought to their current shape, ready to be applied to rows.

use std::collections::{BTreeMap, BTreeSet};

use es_core::{
    CurrentEvent, EventFilter, Position, ProjectedEvent, Projection, ProjectionError, QuarantinedStream, ReadAll,
    RecordedEvent, Rows, StoreError, StreamName, StreamVersion, UpcastError, UpcasterRegistry, catching, limits,
};

/// An event that cannot be applied, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    /// Its position.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its type, as stored.
    pub event_type: Box<str>,
    /// Which event it is and what is wrong, for people.
    pub reason: String,
}

impl Poison {
    fn new(event: &RecordedEvent, error: &dyn std::fmt::Display) -> Self {
        let RecordedEvent { event_type, schema_version, version, stream, .. } = event;
        let reason = format!("{event_type} v{schema_version}, event {version} of {stream}: {error}");
        Self { position: event.position, stream: stream.clone(), event_type: event_type.clone(), reason }
    }

    /// What is recorded if the event's stream is set aside.
    pub(crate) fn into_quarantine(self) -> QuarantinedStream {
        let Self { position, stream, event_type, reason } = self;
        QuarantinedStream { stream, position, event_type: event_type.into_string(), reason }
    }
}

/// Events that a read model does not apply: those that a person decided to skip, truncated ones, and those of streams that were
/// set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Exceptions {
    pub(crate) skipped: BTreeSet<Position>,
    /// The first version of truncated streams that is read.
    first_versions: BTreeMap<StreamName, StreamVersion>,
    pub(crate) aside: BTreeMap<StreamName, QuarantinedStream>,
}

impl Exceptions {
    pub(crate) fn new(
        skipped: BTreeSet<Position>,
        first_versions: BTreeMap<StreamName, StreamVersion>,
        aside: Vec<QuarantinedStream>,
    ) -> Self {
        let mut exceptions = Self { skipped, first_versions, aside: BTreeMap::new() };
        exceptions.set_aside(aside);
        exceptions
    }

    /// The same without truncations: for tables that saw what was hidden since. Nothing if nothing is hidden.
    pub(crate) fn with_hidden(&self) -> Option<Self> {
        let hides = !self.first_versions.is_empty();
        hides.then(|| Self { first_versions: BTreeMap::new(), ..self.clone() })
    }

    pub(crate) fn set_aside(&mut self, streams: impl IntoIterator<Item = QuarantinedStream>) {
        self.aside.extend(streams.into_iter().map(|aside| (aside.stream.clone(), aside)));
    }

    /// How many streams were truncated.
    pub(crate) fn truncated_streams(&self) -> usize {
        self.first_versions.len()
    }

    fn cover(&self, event: &RecordedEvent) -> bool {
        let aside = || self.aside.get(&event.stream).is_some_and(|aside| aside.position <= event.position);
        let hidden = || self.first_versions.get(&event.stream).is_some_and(|first| event.version < *first);
        self.skipped.contains(&event.position)
            || (!self.aside.is_empty() && aside())
            || (!self.first_versions.is_empty() && hidden())
    }
}

struct Item {
    event: RecordedEvent,
    shape: Result<Shape, UpcastError>,
}

/// An event in its current shape.
enum Shape {
    /// As stored: the payload is borrowed, not copied.
    Stored,
    /// What the upcasters made of it.
    Upcast(Vec<CurrentEvent<'static>>),
}

/// Events ready to be applied, without those that are excepted.
pub(crate) struct Batch {
    items: Vec<Item>,
}

impl Batch {
    pub(crate) fn decode(upcasters: &UpcasterRegistry, except: &Exceptions, events: Vec<RecordedEvent>) -> Self {
        let wanted = events.into_iter().filter(|event| !except.cover(event));
        let items = wanted.map(|event| {
            if upcasters.is_current(&event) {
                return Item { event, shape: Ok(Shape::Stored) };
            }
            let shape = upcasters.upcast(&event).map(|parts| parts.into_iter().map(into_owned).collect());
            Item { shape: shape.map(Shape::Upcast), event }
        });
        Self { items: items.collect() }
    }

    /// Events as they are stored, with nothing for a payload.
    pub(crate) fn stored(events: Vec<RecordedEvent>) -> Self {
        let items = events.into_iter().map(|event| {
            let current = CurrentEvent {
                event_type: event.event_type.to_string().into(),
                schema_version: event.schema_version,
                payload: "".into(),
                part: 0,
            };
            Item { event, shape: Ok(Shape::Upcast(vec![current])) }
        });
        Self { items: items.collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// The stream of the event at an index.
    pub(crate) fn stream(&self, index: usize) -> Option<&StreamName> {
        self.items.get(index).map(|item| &item.event.stream)
    }

    /// Applies the first `count` events, without those of streams that were set aside meanwhile. Returns how many.
    ///
    /// # Errors
    /// The index of the event that failed, and the error.
    pub(crate) fn apply(
        &self,
        projection: &dyn Projection,
        count: usize,
        aside: &[QuarantinedStream],
        rows: &mut dyn Rows,
    ) -> Result<u64, (usize, ProjectionError)> {
        let mut applied = 0;
        for (index, item) in self.items.iter().take(count).enumerate() {
            if aside.iter().any(|aside| aside.stream == item.event.stream && aside.position <= item.event.position) {
                continue;
            }
            apply_item(item, projection, rows).map_err(|error| (index, error))?;
            applied += 1;
        }
        Ok(applied)
    }

    /// Applies one event.
    ///
    /// # Errors
    /// It cannot be applied.
    pub(crate) fn apply_one(
        &self,
        index: usize,
        projection: &dyn Projection,
        rows: &mut dyn Rows,
    ) -> Result<(), ProjectionError> {
        self.items.get(index).map_or(Ok(()), |item| apply_item(item, projection, rows))
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
    let recorded = &item.event;
    match item.shape.as_ref().map_err(Clone::clone)? {
        Shape::Upcast(parts) => catching(|| {
            parts.iter().try_for_each(|current| projection.apply(&ProjectedEvent { recorded, current }, rows))
        }),
        Shape::Stored => {
            let Some(payload) = recorded.payload.as_json() else {
                return Err(ProjectionError::Contradiction("the payload is binary, not JSON".to_owned()));
            };
            let current = CurrentEvent {
                event_type: (&*recorded.event_type).into(),
                schema_version: recorded.schema_version,
                payload: payload.into(),
                part: 0,
            };
            catching(|| projection.apply(&ProjectedEvent { recorded, current: &current }, rows))
        }
    }
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

/// Reads what comes after a position, at most up to `until`. Events in the engine's own streams concern no read model.
pub(crate) async fn follow(
    reader: &dyn es_core::EventReader,
    after: Position,
    until: Option<Position>,
    filter: &EventFilter,
    limit: usize,
) -> Result<Followed, StoreError> {
    let page = reader.read_all(ReadAll::forward(after, limit).filtered(filter.clone())).await?;
    Ok(followed(page.events, (page.next, page.end), after, until))
}

/// As [`follow`], with the events that were scavenged back in their places.
///
/// # Errors
/// The store fails, or an event is not in the archive.
pub(crate) async fn follow_with_archived(
    reader: &dyn es_core::EventReader,
    after: Position,
    until: Option<Position>,
    filter: &EventFilter,
    limit: usize,
) -> Result<Followed, StoreError> {
    let page = reader.read_all(ReadAll::forward(after, limit).filtered(filter.clone())).await?;
    let mut events = page.events;
    if let (Some(span), Some(retention)) = (page.scavenged, reader.retention()) {
        let mut from = after.max(Position(span.first.get().saturating_sub(1)));
        loop {
            let stubs = retention.stubs(from, limits::PAGE_EVENTS).await?;
            let positions: Vec<_> =
                stubs.stubs.iter().map(|stub| stub.position).filter(|at| *at <= page.next).collect();
            let archived = retention.read_archived(&positions).await?;
            if let Some(missing) = positions.iter().find(|at| !archived.iter().any(|event| event.position == **at)) {
                return Err(StoreError::Io {
                    operation: "reading the archive".to_owned(),
                    reason: format!("the event of position {missing} is not in it"),
                });
            }
            events.extend(archived.into_iter().filter(|event| filter.matches(event)));
            match stubs.stubs.last() {
                Some(last) if !stubs.end && last.position < page.next => from = last.position,
                _ => break,
            }
        }
        events.sort_by_key(|event| event.position);
    }
    Ok(followed(events, (page.next, page.end), after, until))
}

fn followed(
    mut events: Vec<RecordedEvent>,
    (next, end): (Position, bool),
    after: Position,
    until: Option<Position>,
) -> Followed {
    events.retain(|event| !event.stream.is_system());
    Followed { events, next, end }.cut(after, until)
}

impl Followed {
    /// The same page without what lies behind `until`.
    pub(crate) fn cut(mut self, after: Position, until: Option<Position>) -> Self {
        if let Some(until) = until
            && self.next >= until
        {
            self.events.retain(|event| event.position <= until);
            self.next = until.max(after);
            self.end = true;
        }
        self
    }
}
