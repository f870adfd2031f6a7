//! Keeping the index up with the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use es_core::{Direction, Position, RecordedEvent, StoreError};
use eventstore::RecordedEvent as Stored;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;
use crate::event::{self, METADATA_PREFIX, METADATA_TYPE, STREAM_DELETED};
use crate::index::{Cursor, Entry, Index, Observed, anchors, irregular_positions};
use crate::limits::{FIRST_INDEX_WAIT, INDEX_PAGE_EVENTS, INDEX_WAIT, SUBSCRIPTION_PAUSE};
use crate::log::{self, Begin, LogRead, is_refused_position};
use crate::place::Place;
use crate::stream_settings::Hiding;

/// How far the index has come when somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caught {
    /// Whether it holds everything that was in the log when it was asked.
    pub up: bool,
    /// How far it has come.
    pub cursor: Cursor,
}

/// Follows the log with an index.
pub(crate) struct Follower {
    pub connection: Arc<Connection>,
    pub index: Arc<Index>,
    /// Whether events that the server writes about others are part of the log.
    server_events: bool,
    /// Held by whoever reads on.
    turn: Mutex<Turn>,
    /// Number of the last round that was begun.
    begun: AtomicU64,
    /// Whether the index has come to the end before.
    was_up: AtomicBool,
    /// Position of the index's last event, for those who wait.
    head: watch::Sender<Position>,
}

#[derive(Default)]
struct Turn {
    /// Number of the last round that reached the log's end, and how far that was.
    finished: u64,
    cursor: Cursor,
    /// The client for which the log was last compared with the index.
    compared: u64,
}

impl Follower {
    pub fn new(connection: Arc<Connection>, index: Arc<Index>, server_events: bool) -> Self {
        Self {
            connection,
            index,
            server_events,
            turn: Mutex::default(),
            begun: AtomicU64::new(0),
            was_up: AtomicBool::new(false),
            head: watch::Sender::new(Position::ZERO),
        }
    }

    /// Tells when the head moves.
    pub fn heads(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    /// Whether an event is part of the log as it is shown.
    pub fn is_shown(&self, event: &Stored) -> bool {
        self.server_events || !(event::is_of_the_server(event.stream_id()) || event.event_type == event::LINK)
    }

    /// Reads on until the index holds all that was in the log when this was called, or `at_most` has passed. Many callers at
    /// once share the work.
    pub async fn catch_up(&self, at_most: Duration) -> Result<Caught, StoreError> {
        let deadline = Instant::now() + at_most;
        let before = self.begun.load(Ordering::SeqCst);
        let Ok(mut turn) = tokio::time::timeout(at_most, self.turn.lock()).await else {
            return Ok(Caught { up: false, cursor: self.index.cursor().await? });
        };
        if turn.finished > before {
            // Somebody began after this call and has finished.
            return Ok(Caught { up: true, cursor: turn.cursor });
        }
        let round = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        loop {
            let (cursor, end) = self.read_on(&mut turn).await?;
            if end {
                self.was_up.store(true, Ordering::SeqCst);
                turn.finished = round;
                turn.cursor = cursor;
                return Ok(Caught { up: true, cursor });
            }
            if Instant::now() >= deadline {
                return Ok(Caught { up: false, cursor });
            }
        }
    }

    /// As [`Follower::catch_up`], for callers that can do without: they do not wait long while a log is indexed for the first time.
    pub async fn catch_up_soon(&self) -> Result<Caught, StoreError> {
        let was_up = self.was_up.load(Ordering::SeqCst);
        self.catch_up(if was_up { INDEX_WAIT } else { FIRST_INDEX_WAIT }).await
    }

    /// Takes one page into the index. Whether the log's end was reached.
    async fn read_on(&self, turn: &mut Turn) -> Result<(Cursor, bool), StoreError> {
        self.compare(turn).await?;
        let from = self.index.cursor().await?;
        // The last place is read again, since a read begins with the event that is there.
        let begin = from.place.map_or(Begin::Start, Begin::At);
        let count = INDEX_PAGE_EVENTS + usize::from(from.place.is_some());
        let read = LogRead { begin, direction: Direction::Forward, count, filter: None };
        let page = match log::read_log(&self.connection, &read).await {
            Ok(page) => page,
            Err(failure) if is_refused_position(&failure) && from.place.is_some() => {
                tracing::warn!("the server does not know the last indexed position; the index is made anew");
                self.index.clear().await?;
                return Ok((Cursor::default(), false));
            }
            Err(failure) => return Err(self.connection.explain("reading the log", failure).await),
        };
        let new = page.events.into_iter().filter(|event| from.place.is_none_or(|place| event::place_of(event) > place));
        let seen: Vec<Observed> = new.map(|event| self.observed(event)).collect();
        let (mut cursor, mut end) = (from, page.end);
        if !seen.is_empty() {
            let outcome = self.index.apply(from, seen).await?;
            cursor = outcome.cursor;
            // If another process was first, what it took may end before what was seen here.
            end &= outcome.taken;
        }
        self.head.send_if_modified(|head| {
            let moved = cursor.head != *head;
            *head = cursor.head;
            moved
        });
        Ok((cursor, end))
    }

    fn observed(&self, stored: Stored) -> Observed {
        let place = event::place_of(&stored);
        let settings = stored.stream_id().strip_prefix(METADATA_PREFIX).filter(|_| stored.event_type == METADATA_TYPE);
        let settings = settings.map(|stream| (stream.into(), Hiding::parse(&stored.data)));
        let entry = self.is_shown(&stored).then(|| {
            let tombstone = stored.event_type == STREAM_DELETED;
            // The position is found when the index takes it.
            Entry::of(&event::recorded(stored, Position::ZERO), tombstone)
        });
        Observed { place, entry, settings }
    }

    /// Once for each client: finds out whether the log is still the one that was indexed. It is if any of some events is where it
    /// was; others may have been scavenged.
    async fn compare(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let generation = self.connection.client().await?.number;
        if turn.compared == generation {
            return Ok(());
        }
        let known = self.index.read(anchors).await?;
        let mut same = known.is_empty();
        for anchor in known {
            if self.stands_at(anchor.place, |event| event.id == anchor.event_id).await? {
                same = true;
                break;
            }
        }
        if !same {
            tracing::warn!(server = %self.connection.config().server(), "the log is another one; it is indexed anew");
            self.index.clear().await?;
        }
        turn.compared = generation;
        Ok(())
    }

    /// Whether the event at a place is the one that is meant.
    async fn stands_at(&self, place: Place, is_meant: impl Fn(&Stored) -> bool) -> Result<bool, StoreError> {
        let read = LogRead { begin: Begin::At(place), direction: Direction::Forward, count: 1, filter: None };
        match log::read_log(&self.connection, &read).await {
            Ok(page) => Ok(page.events.first().is_some_and(|event| event::place_of(event) == place && is_meant(event))),
            Err(failure) if is_refused_position(&failure) => Ok(false),
            Err(failure) => Err(self.connection.explain("comparing the log with the local index", failure).await),
        }
    }

    /// Indexes in the background until the end has been reached once.
    pub async fn index_all(&self, cancel: CancellationToken) {
        loop {
            let round = tokio::select! {
                () = cancel.cancelled() => return,
                round = self.catch_up(INDEX_WAIT) => round,
            };
            match round {
                Ok(caught) if caught.up => return,
                Ok(caught) => tracing::debug!(events = caught.cursor.events, "indexing the log"),
                Err(error) if error.retryable() => {
                    tracing::warn!(%error, "indexing pauses");
                    tokio::time::sleep(SUBSCRIPTION_PAUSE).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "indexing ends");
                    return;
                }
            }
        }
    }

    /// The events of a page with their positions, without those that are not shown.
    ///
    /// Almost all positions follow from the places. Where one does not, the index tells it, after it has come so far.
    pub async fn with_positions(&self, events: Vec<Stored>) -> Result<Vec<RecordedEvent>, StoreError> {
        self.with_all_positions(events.into_iter().filter(|event| self.is_shown(event)).collect()).await
    }

    /// As [`Follower::with_positions`], of all events.
    pub async fn with_all_positions(&self, shown: Vec<Stored>) -> Result<Vec<RecordedEvent>, StoreError> {
        let is_split = |event: &Stored| event.position.commit != event.position.prepare;
        if shown.iter().any(is_split) && !self.catch_up(self.connection.config().timeout).await?.up {
            let waited_ms = u64::try_from(self.connection.config().timeout.as_millis()).unwrap_or(u64::MAX);
            let operation = "indexing explicit transactions, whose positions depend on what is before them,".to_owned();
            return Err(StoreError::Timeout { operation, waited_ms });
        }
        let irregular = if self.index.has_irregular() {
            let places: Vec<Place> = shown.iter().map(event::place_of).collect();
            self.index.read(move |index| irregular_positions(index, &places)).await?
        } else {
            HashMap::new()
        };
        let recorded = shown.into_iter().map(|event| {
            let place = event::place_of(&event);
            let position = irregular.get(&place).copied().unwrap_or_else(|| place.position_after(Position::ZERO));
            event::recorded(event, position)
        });
        Ok(recorded.collect())
    }
}
