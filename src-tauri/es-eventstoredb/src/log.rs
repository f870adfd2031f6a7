//! Pages of the server's log and of its streams, as the client library gives them.

use std::time::{Duration, Instant};

use es_core::Direction;
use eventstore::{
    Client, Credentials, Error, ReadAllOptions, ReadEvent, ReadStream, ReadStreamOptions, RecordedEvent as Stored,
    ResolvedEvent, StreamPosition, SubscriptionFilter,
};

use crate::connection::{Connection, Failure};
use crate::limits;
use crate::place::Place;

/// Where a read of the log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// At the first event.
    Start,
    /// At the last event.
    End,
    /// At a place: forward with the event there, backward with the one before it.
    At(Place),
}

/// A read of the log.
#[derive(Debug, Clone)]
pub(crate) struct LogRead {
    pub begin: Begin,
    pub direction: Direction,
    pub count: usize,
    /// What the server leaves out.
    pub filter: Option<SubscriptionFilter>,
}

/// Events in reading order.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub events: Vec<T>,
    /// Whether the server had nothing more in this direction.
    pub end: bool,
}

/// What reading a stream finds.
#[derive(Debug)]
pub(crate) enum StreamRead<T> {
    /// Never written to, or deleted softly.
    Missing,
    /// Deleted for good.
    Tombstoned,
    /// A page of it.
    Page(Page<T>),
}

/// Whether a failure says that a position is no place in this log.
pub(crate) fn is_refused_position(failure: &Failure) -> bool {
    match failure {
        Failure::Client(Error::Grpc { code, .. }) => {
            matches!(format!("{code:?}").as_str(), "InvalidArgument" | "OutOfRange")
        }
        Failure::Client(Error::ServerError(text)) => text.contains("nvalid position"),
        _ => false,
    }
}

/// Reads a page of the log. Links are not resolved: each event is what stands in its own place.
pub(crate) async fn read_log(connection: &Connection, read: &LogRead) -> Result<Page<Stored>, Failure> {
    connection
        .repeat(|client| read_log_once(client, connection.credentials(), read.clone(), pause_of(connection)))
        .await
}

/// A page ends early after half of the time that an operation has.
fn pause_of(connection: &Connection) -> Duration {
    connection.config().timeout / 2
}

async fn read_log_once(
    client: Client,
    credentials: Option<Credentials>,
    read: LogRead,
    at_most: Duration,
) -> Result<Page<Stored>, Failure> {
    let position = match read.begin {
        Begin::Start => StreamPosition::Start,
        Begin::End => StreamPosition::End,
        Begin::At(place) => StreamPosition::Position(place.into()),
    };
    let mut options = ReadAllOptions::default().position(position).max_count(read.count.max(1));
    options = match read.direction {
        Direction::Forward => options.forwards(),
        Direction::Backward => options.backwards(),
    };
    if let Some(filter) = read.filter {
        options = options.filter(filter);
    }
    if let Some(credentials) = credentials {
        options = options.authenticated(credentials);
    }
    collect(client.read_all(&options).await?, read.count.max(1), at_most, original).await
}

/// What stands in the place that was read.
fn original(event: ResolvedEvent) -> Option<Stored> {
    event.link.or(event.event)
}

/// Takes what comes until there are enough events, enough bytes, or enough time has passed.
async fn collect<T>(
    mut stream: ReadStream,
    count: usize,
    at_most: Duration,
    take: impl Fn(ResolvedEvent) -> Option<T>,
) -> Result<Page<T>, Failure> {
    let started = Instant::now();
    let (mut events, mut bytes) = (Vec::new(), 0);
    loop {
        let event = match stream.next_read_event().await? {
            None => return Ok(Page { end: events.len() < count, events }),
            Some(ReadEvent::Event(event)) => event,
            Some(_) => continue,
        };
        let stored = [&event.event, &event.link];
        bytes +=
            stored.into_iter().flatten().map(|event| event.data.len() + event.custom_metadata.len()).sum::<usize>();
        events.extend(take(event));
        if bytes > limits::PAGE_BYTES || started.elapsed() > at_most {
            return Ok(Page { events, end: false });
        }
    }
}

/// Reads a page of a stream from a revision on (forward and backward with the event there; nothing: from the end).
pub(crate) async fn read_stream<T>(
    connection: &Connection,
    stream: &str,
    (from, direction, count): (Option<u64>, Direction, usize),
    resolve_links: bool,
    take: impl Fn(ResolvedEvent) -> Option<T> + Copy,
) -> Result<StreamRead<T>, Failure> {
    let position = match (from, direction) {
        (Some(revision), _) => StreamPosition::Position(revision),
        (None, Direction::Forward) => StreamPosition::Start,
        (None, Direction::Backward) => StreamPosition::End,
    };
    let mut options = ReadStreamOptions::default().position(position).max_count(count.max(1));
    options = match direction {
        Direction::Forward => options.forwards(),
        Direction::Backward => options.backwards(),
    };
    if resolve_links {
        options = options.resolve_link_tos();
    }
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let at_most = pause_of(connection);
    let read = connection.repeat(|client| {
        let options = options.clone();
        async move { collect(client.read_stream(stream, &options).await?, count.max(1), at_most, take).await }
    });
    match read.await {
        Ok(page) => Ok(StreamRead::Page(page)),
        Err(Failure::Client(Error::ResourceNotFound)) => Ok(StreamRead::Missing),
        Err(Failure::Client(Error::ResourceDeleted)) => Ok(StreamRead::Tombstoned),
        Err(failure) => Err(failure),
    }
}

/// Reads a page of a stream as it stands, links unresolved.
pub(crate) async fn read_stream_events(
    connection: &Connection,
    stream: &str,
    range: (Option<u64>, Direction, usize),
) -> Result<StreamRead<Stored>, Failure> {
    read_stream(connection, stream, range, false, original).await
}
