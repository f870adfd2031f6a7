//! A log from its first event on, page by page, read ahead while the caller works on what it has.

use std::sync::Arc;
use std::vec::IntoIter;

use es_core::{
    EventFilter, EventReader, EventStub, Position, ReadAll, RecordedEvent, RetentionStore, StoreError, StreamName,
    StreamVersion, retention,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::projections::DECISIONS_CATEGORY;

/// Payload and metadata bytes that one page should have: what is held in memory, a few times over.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Events of a page, by the size of those before it. The first page may be of large events.
const FIRST_PAGE: usize = 128;
const SMALLEST_PAGE: usize = 16;
const LARGEST_PAGE: usize = 1024;
/// Scavenged events that are fetched at once.
const STUBS_AT_ONCE: usize = 64;
/// Pages that wait for the caller while the next one is read.
const PAGES_AHEAD: usize = 1;

/// What stands at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An event.
    Event(RecordedEvent),
    /// An event that was scavenged, from the archive.
    Archived(RecordedEvent),
    /// What is left of a scavenged event whose archive is not there.
    Stub(EventStub),
}

impl Entry {
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Event(event) | Self::Archived(event) => event.position,
            Self::Stub(stub) => stub.position,
        }
    }

    pub(super) fn stream(&self) -> &StreamName {
        match self {
            Self::Event(event) | Self::Archived(event) => &event.stream,
            Self::Stub(stub) => &stub.stream,
        }
    }

    pub(super) fn version(&self) -> StreamVersion {
        match self {
            Self::Event(event) | Self::Archived(event) => event.version,
            Self::Stub(stub) => stub.version,
        }
    }

    pub(super) fn event_id(&self) -> Uuid {
        match self {
            Self::Event(event) | Self::Archived(event) => event.event_id,
            Self::Stub(stub) => stub.event_id,
        }
    }
}

/// Whether a stream belongs to the server that keeps it: of the system streams, only those that the engine writes mean
/// something elsewhere.
pub(super) fn is_servers_own(stream: &StreamName) -> bool {
    stream.is_system() && stream.as_str() != retention::STREAM && stream.category() != DECISIONS_CATEGORY
}

/// A log in order.
pub(crate) struct Walk {
    pages: mpsc::Receiver<Result<Vec<Entry>, StoreError>>,
    page: IntoIter<Entry>,
    ended: bool,
    cancel: CancellationToken,
    _reading: AbortOnDropHandle<()>,
}

impl Walk {
    /// Everything after a position, up to and including another one.
    pub(crate) fn start(
        reader: Arc<dyn EventReader>,
        after: Position,
        until: Position,
        cancel: &CancellationToken,
    ) -> Self {
        Self::filtered(reader, EventFilter::default(), (after, until), cancel)
    }

    /// What matches of everything after a position, up to and including another one. Of a stub nobody can tell whether it would
    /// match: with a filter, stubs are left out.
    pub(crate) fn filtered(
        reader: Arc<dyn EventReader>,
        filter: EventFilter,
        span: (Position, Position),
        cancel: &CancellationToken,
    ) -> Self {
        let (ready, pages) = mpsc::channel(PAGES_AHEAD);
        let reading = AbortOnDropHandle::new(tokio::spawn(async move {
            let last = read(&*reader, &filter, span, &ready).await.map(|()| Vec::new());
            // Nobody waits for it any more if the walk was given up.
            let _ = ready.send(last).await;
        }));
        Self { pages, page: Vec::new().into_iter(), ended: false, cancel: cancel.clone(), _reading: reading }
    }

    /// What comes next, or nothing at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        loop {
            if let Some(entry) = self.page.next() {
                return Ok(Some(entry));
            }
            if self.ended {
                return Ok(None);
            }
            let page = tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(StoreError::Cancelled),
                page = self.pages.recv() => page,
            };
            // The end is told, so that a reader that fell over is not taken for it.
            let page = page.ok_or(StoreError::Closed)??;
            self.ended = page.is_empty();
            self.page = page.into_iter();
        }
    }

    /// What comes next of all streams but the server's own.
    pub(crate) async fn next_of_clients(&mut self) -> Result<Option<Entry>, StoreError> {
        loop {
            match self.next().await? {
                Some(entry) if is_servers_own(entry.stream()) => {}
                other => return Ok(other),
            }
        }
    }
}

type Ready = mpsc::Sender<Result<Vec<Entry>, StoreError>>;

async fn read(
    reader: &dyn EventReader,
    filter: &EventFilter,
    span: (Position, Position),
    ready: &Ready,
) -> Result<(), StoreError> {
    let (mut after, until) = span;
    let mut limit = FIRST_PAGE;
    while after < until {
        let page = reader.read_all(ReadAll::forward(after, limit).filtered(filter.clone())).await?;
        limit = next_limit(limit, &page.events);
        let (next, ended) = (page.next.min(until), page.end || page.next >= until);
        let mut events = page.events;
        events.retain(|event| event.position <= until);
        let events = match (page.scavenged, reader.retention()) {
            (Some(span), Some(retention)) => {
                let span = (span.first.previous().max(after), span.last.min(next));
                with_scavenged((retention, filter), span, events, ready).await?
            }
            _ => events,
        };
        let entries: Vec<Entry> = events.into_iter().map(Entry::Event).collect();
        if (!entries.is_empty() && ready.send(Ok(entries)).await.is_err()) || ended {
            break;
        }
        after = next;
    }
    Ok(())
}

/// The next page is to have about [`PAGE_BYTES`].
fn next_limit(limit: usize, events: &[RecordedEvent]) -> usize {
    let bytes: usize = events.iter().map(|event| event.payload.as_bytes().len() + event.metadata.len()).sum();
    let fitting = if bytes > PAGE_BYTES {
        limit / 2
    } else if bytes < PAGE_BYTES / 4 {
        limit * 2
    } else {
        limit
    };
    fitting.clamp(SMALLEST_PAGE, LARGEST_PAGE)
}

/// Sends the scavenged events of a page (those after the first position of a span, up to the last one) and the events before
/// them, in order; gives back the events behind.
async fn with_scavenged(
    (retention, filter): (&dyn RetentionStore, &EventFilter),
    (mut after, last): (Position, Position),
    events: Vec<RecordedEvent>,
    ready: &Ready,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut events = events.into_iter().peekable();
    while after < last {
        let page = retention.stubs(after, STUBS_AT_ONCE).await?;
        let stubs: Vec<EventStub> = page.stubs.into_iter().filter(|stub| stub.position <= last).collect();
        let Some(to) = stubs.last().map(|stub| stub.position) else { break };
        let positions: Vec<Position> = stubs.iter().map(|stub| stub.position).collect();
        let mut archived = retention.read_archived(&positions).await?.into_iter().peekable();
        let mut entries = Vec::new();
        for stub in stubs {
            while let Some(event) = events.next_if(|event| event.position < stub.position) {
                entries.push(Entry::Event(event));
            }
            match archived.next_if(|event| event.position == stub.position) {
                Some(event) => entries.extend(filter.matches(&event).then_some(Entry::Archived(event))),
                None => entries.extend(filter.is_unrestricted().then_some(Entry::Stub(stub))),
            }
        }
        after = to;
        if entries.is_empty() {
            continue;
        }
        if ready.send(Ok(entries)).await.is_err() {
            break;
        }
    }
    Ok(events.collect())
}
