//! Everything about one subject: the streams that belong to it, as the domain tells it by their events.

use bank::language::Seamed;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use es_core::{
    Direction, Domain, EventReader, Position, ProjectedEvent, ReadAll, ReadStream, RecordedEvent, StoreError,
    StreamName, StreamVersion, limits,
};
use tokio_util::sync::CancellationToken;

use crate::composition::Relations;
use crate::wire::AppError;

/// Most streams of one subject: a list of names that a store can still be asked with.
const STREAMS: usize = 50_000;

/// The streams of a subject, its own first.
///
/// # Errors
/// There is no such stream, too many belong to it, the store does not answer, or it was cancelled.
pub async fn streams_about(
    reader: &dyn EventReader,
    (domain, relations): (&Arc<Domain>, Relations),
    subject: StreamName,
    stop: &CancellationToken,
) -> Result<Vec<StreamName>, AppError> {
    let mut found = vec![subject.clone()];
    let mut known = BTreeSet::from([subject.clone()]);
    let mut waiting = VecDeque::from([subject]);
    while let Some(stream) = waiting.pop_front() {
        let named = tokio::select! {
            named = related(reader, (domain, relations), &stream) => named?,
            () = stop.cancelled() => return Err(StoreError::Cancelled.into()),
        };
        for name in named.into_iter().filter(|name| known.insert(name.clone())).collect::<Vec<_>>() {
            found.push(name.clone());
            waiting.push_back(name);
        }
        if found.len() > STREAMS {
            let message = Seamed::of(&format_args!("More than {STREAMS} streams are about {}.", found[0]));
            return Err(AppError::new("too_many_streams", message, "Ask for one of them, or filter by other things."));
        }
    }
    Ok(found)
}

/// Streams that belong to one: those that its events name, and those that say so themselves.
async fn related(
    reader: &dyn EventReader,
    (domain, relations): (&Arc<Domain>, Relations),
    stream: &StreamName,
) -> Result<BTreeSet<StreamName>, AppError> {
    let mut named = BTreeSet::new();
    let (mut from, mut begin) = (StreamVersion::ZERO, None);
    loop {
        let read = ReadStream {
            stream: stream.clone(),
            from,
            direction: Direction::Forward,
            limit: limits::FOLDED_PAGE_EVENTS,
        };
        let page = reader.read_stream(read).await?;
        if page.stream.is_none() {
            return Err(AppError::not_found("stream", stream.as_str(), "Search the list of streams."));
        }
        let Some(last) = page.events.last() else { break };
        from = last.version;
        begin = begin.or_else(|| page.events.first().map(|event| event.position));
        named.extend(told(domain, page.events, move |event| (relations.named_by)(event)).await?);
        if page.end {
            break;
        }
    }
    let Some(filter) = (relations.naming)(stream, &domain.upcasters) else { return Ok(named) };
    // Nothing can belong to a stream before it has begun.
    let mut after = begin.map_or(Position::ZERO, Position::previous);
    loop {
        let page =
            reader.read_all(ReadAll::forward(after, limits::FOLDED_PAGE_EVENTS).filtered(filter.clone())).await?;
        after = page.next;
        let owner = stream.clone();
        let of_owner = move |event: &ProjectedEvent<'_>| {
            let owned = (relations.owners_of)(event).contains(&owner);
            if owned { BTreeSet::from([event.recorded.stream.clone()]) } else { BTreeSet::new() }
        };
        named.extend(told(domain, page.events, of_owner).await?);
        if page.end {
            return Ok(named);
        }
    }
}

/// What the domain tells of some events, in their current shape; off the async threads.
async fn told(
    domain: &Arc<Domain>,
    events: Vec<RecordedEvent>,
    tell: impl Fn(&ProjectedEvent<'_>) -> BTreeSet<StreamName> + Send + 'static,
) -> Result<BTreeSet<StreamName>, StoreError> {
    let domain = Arc::clone(domain);
    let work = tokio::task::spawn_blocking(move || {
        let mut named = BTreeSet::new();
        for recorded in &events {
            // An event that does not decode names nothing that could be followed.
            for current in domain.upcasters.upcast(recorded).unwrap_or_default() {
                named.append(&mut tell(&ProjectedEvent { recorded, current: &current }));
            }
        }
        named
    });
    work.await.map_err(|_| StoreError::Closed)
}
