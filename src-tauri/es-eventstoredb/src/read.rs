//! Reading the log by position: pages, single events, filters.

use std::sync::Arc;
use std::time::Instant;

use es_core::{AllPage, Direction, EventFilter, Position, PositionPage, ReadAll, RecordedEvent, StoreError, limits};
use eventstore::SubscriptionFilter;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::event;
use crate::follow::{Caught, Follower};
use crate::index::{Found, Run, Search, at_or_after, at_or_before, can_search, runs, search};
use crate::limits::{INDEX_WAIT, PARALLEL_READS, SEARCH_TIME};
use crate::log::{self, Begin, LogRead, Page, is_refused_position};
use crate::place::Place;

/// What an examination of the server's log came to.
pub(crate) struct Examined {
    pub events: Vec<RecordedEvent>,
    /// The last position that was looked at.
    pub next: Position,
    /// Whether the log ended there.
    pub end: bool,
}

/// A position to begin at and how the server knows it.
#[derive(Debug, Clone, Copy)]
struct Bound {
    begin: Begin,
    /// Where the index ends, if the position is behind that and the server may refuse it.
    instead: Option<Begin>,
}

impl Follower {
    /// Position of the log's last event.
    pub async fn head(&self) -> Result<Position, StoreError> {
        let caught = self.catch_up_soon().await?;
        self.head_of(caught).await
    }

    /// The log's last position: the index's, if it has come so far.
    async fn head_of(&self, caught: Caught) -> Result<Position, StoreError> {
        if caught.up {
            return Ok(caught.cursor.head);
        }
        let last = self.examine((Position::MAX, Direction::Backward), &EventFilter::default(), 1, false).await?;
        Ok(last.events.first().map_or(caught.cursor.head, |event| event.position))
    }

    /// See [`es_core::EventReader::read_all`].
    pub async fn read_all(self: &Arc<Self>, read: ReadAll) -> Result<AllPage, StoreError> {
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let caught = self.catch_up_soon().await?;
        // Before anything is examined: what is at or before it has been examined when the end is reached.
        let head = self.head_of(caught).await?;
        let by_index = caught.up && !read.filter.is_unrestricted() && can_search(&read.filter);
        let found = if by_index {
            self.search_events(&read, limit).await?
        } else {
            self.examine((read.from, read.direction), &read.filter, limit, caught.up).await?
        };
        let next = if found.end && read.direction == Direction::Forward { found.next.max(head) } else { found.next };
        let last = found.events.iter().map(|event| event.position).max().unwrap_or(Position::ZERO);
        Ok(AllPage { events: found.events, next, end: found.end, head: head.max(last), scavenged: None })
    }

    /// A filtered page by the index, content by the server.
    async fn search_events(self: &Arc<Self>, read: &ReadAll, limit: usize) -> Result<Examined, StoreError> {
        let started = Instant::now();
        let mut examined = Examined { events: Vec::new(), next: read.from, end: false };
        while !examined.end && examined.events.len() < limit {
            let room = limit - examined.events.len();
            let found = self.find(examined.next, read.direction, &read.filter, room).await?;
            let mut events = self.read_positions(&found.positions).await?;
            events.retain(|event| read.filter.matches(event));
            examined.events.extend(events);
            examined.next = found.next;
            examined.end = found.end;
            if started.elapsed() > SEARCH_TIME {
                break;
            }
        }
        Ok(examined)
    }

    async fn find(
        &self,
        from: Position,
        direction: Direction,
        filter: &EventFilter,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let wanted = Search { from, direction, filter: filter.clone(), limit };
        self.index.read(move |index| search(index, &wanted)).await
    }

    /// See [`es_core::EventReader::scan_positions`].
    pub async fn scan_positions(
        self: &Arc<Self>,
        after: Position,
        filter: &EventFilter,
    ) -> Result<PositionPage, StoreError> {
        let caught = self.catch_up_soon().await?;
        let most = usize::try_from(limits::SCAN_EVENTS_PER_PAGE).unwrap_or(usize::MAX);
        if filter.contains.is_none() {
            let head = self.head_of(caught).await?;
            let found = self.find(after, Direction::Forward, filter, most).await?;
            // An index that is behind does not reach the end.
            let end = found.end && caught.up;
            return Ok(PositionPage {
                positions: found.positions,
                next: found.next,
                end,
                head: head.max(found.head),
                scavenged: None,
            });
        }
        let read = ReadAll::forward(after, limits::PAGE_EVENTS).filtered(filter.clone());
        let page = self.read_all(read).await?;
        let positions = page.events.iter().map(|event| event.position).collect();
        Ok(PositionPage { positions, next: page.next, end: page.end, head: page.head, scavenged: None })
    }

    /// Reads the server's log until `limit` events match or enough were looked at. What the server's filter can tell exactly
    /// is left to it; the rest is told here.
    pub async fn examine(
        &self,
        (from, direction): (Position, Direction),
        filter: &EventFilter,
        limit: usize,
        index_is_up: bool,
    ) -> Result<Examined, StoreError> {
        let mut examined = Examined { events: Vec::new(), next: from, end: false };
        let Some(mut bound) = self.bound(from, direction, index_is_up).await? else {
            examined.end = true;
            return Ok(examined);
        };
        let beyond = |position: Position| match direction {
            Direction::Forward => position > from,
            Direction::Backward => position < from,
        };
        let by_server = server_filter(filter);
        let (started, mut looked_at) = (Instant::now(), 0);
        // One more than wanted tells whether there is more; the first may be where the read begins.
        let mut count = limit.saturating_add(2);
        while !examined.end && examined.events.len() < limit {
            let page = self.page(bound, direction, count, by_server.clone()).await?;
            looked_at += page.events.len() as u64;
            let last = page.events.last().map(event::place_of);
            let shown = self.with_positions(page.events).await?;
            let shown: Vec<RecordedEvent> = shown.into_iter().filter(|event| beyond(event.position)).collect();
            examined.end = page.end;
            for event in shown {
                if examined.events.len() == limit {
                    examined.end = false;
                    break;
                }
                examined.next = event.position;
                examined.events.extend(filter.matches(&event).then_some(event));
            }
            let over =
                looked_at >= limits::SCAN_EVENTS_PER_PAGE || started.elapsed() > self.connection.config().timeout / 2;
            match last {
                Some(last) if !over => bound = Bound { begin: Begin::At(last), instead: None },
                _ => break,
            }
            count = (count * 2).clamp(64, limits::PAGE_EVENTS);
        }
        Ok(examined)
    }

    async fn page(
        &self,
        bound: Bound,
        direction: Direction,
        count: usize,
        filter: Option<SubscriptionFilter>,
    ) -> Result<Page<eventstore::RecordedEvent>, StoreError> {
        let mut read = LogRead { begin: bound.begin, direction, count, filter };
        let outcome = match (log::read_log(&self.connection, &read).await, bound.instead) {
            (Err(failure), Some(instead)) if is_refused_position(&failure) => {
                read.begin = instead;
                log::read_log(&self.connection, &read).await
            }
            (outcome, _) => outcome,
        };
        match outcome {
            Ok(page) => Ok(page),
            Err(failure) => Err(self.connection.explain("reading the log", failure).await),
        }
    }

    /// Where the server begins a read from a position (exclusive); nothing if there is nothing to read. Servers may refuse a
    /// position that is no record's; the index knows one that is.
    async fn bound(
        &self,
        from: Position,
        direction: Direction,
        index_is_up: bool,
    ) -> Result<Option<Bound>, StoreError> {
        let known = |begin| Some(Bound { begin, instead: None });
        match direction {
            Direction::Forward if from == Position::ZERO => Ok(known(Begin::Start)),
            Direction::Backward if from == Position::ZERO => Ok(None),
            Direction::Forward => {
                let Some(before) = self.index.read(move |index| at_or_before(index, from)).await? else {
                    return Ok(known(Begin::Start));
                };
                let exact = index_is_up || before.position == from || self.index.cursor().await?.head > from;
                let begin = Begin::At(before.place);
                let guess = Place::regular(from).filter(|_| !exact && from < Position::MAX);
                Ok(Some(match guess {
                    Some(guess) => Bound { begin: Begin::At(guess), instead: Some(begin) },
                    None => Bound { begin, instead: None },
                }))
            }
            Direction::Backward => {
                let after = self.index.read(move |index| at_or_after(index, from)).await?;
                Ok(known(after.map_or(Begin::End, |after| Begin::At(after.place))))
            }
        }
    }

    /// See [`es_core::EventReader::read_positions`].
    pub async fn read_positions(self: &Arc<Self>, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut wanted = positions.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let Some(last) = wanted.last().copied() else { return Ok(Vec::new()) };
        if self.index.cursor().await?.head < last {
            self.catch_up(INDEX_WAIT).await?;
        }
        let parts = self.index.read(move |index| runs(index, &wanted)).await?;
        let permits = Arc::new(Semaphore::new(PARALLEL_READS));
        let mut reads = JoinSet::new();
        for run in parts {
            let (follower, permits) = (Arc::clone(self), Arc::clone(&permits));
            reads.spawn(async move {
                // The semaphore is never closed.
                let _permit = permits.acquire().await;
                follower.read_run(run).await
            });
        }
        let mut found = std::collections::HashMap::new();
        while let Some(read) = reads.join_next().await {
            let events = read.unwrap_or(Err(StoreError::Closed))?;
            found.extend(events.into_iter().map(|event| (event.position, event)));
        }
        Ok(positions.iter().filter_map(|position| found.get(position).cloned()).collect())
    }

    /// The wanted events of a run that are still there.
    async fn read_run(&self, run: Run) -> Result<Vec<RecordedEvent>, StoreError> {
        let (Some(first), Some(last)) = (run.wanted.first(), run.wanted.last().copied()) else { return Ok(Vec::new()) };
        let before = first.previous();
        let mut begin = Begin::At(run.place);
        let mut count = run.length;
        let mut events = Vec::new();
        loop {
            // A scavenged event's place may be refused; the one before it is a known one.
            let instead = self.bound(before, Direction::Forward, true).await?.map(|bound| bound.begin);
            let page = self.page(Bound { begin, instead }, Direction::Forward, count, None).await?;
            let next = page.events.last().map(event::place_of);
            let read = self.with_positions(page.events).await?;
            let passed = read.last().is_some_and(|event| event.position >= last);
            events.extend(read.into_iter().filter(|event| run.wanted.binary_search(&event.position).is_ok()));
            match next {
                Some(next) if !passed && !page.end => begin = Begin::At(next),
                _ => return Ok(events),
            }
            count = (count * 2).clamp(64, limits::PAGE_EVENTS);
        }
    }
}

/// The part of a filter that the server evaluates exactly: types, or else streams. Regular expressions, since prefixes are
/// compared there by the rules of a language, not byte for byte.
fn server_filter(filter: &EventFilter) -> Option<SubscriptionFilter> {
    let any_of = |names: Vec<String>| format!("^(?:{})\\z", names.join("|"));
    if !filter.event_types.is_empty() {
        let types = any_of(filter.event_types.iter().map(|name| literal(name)).collect());
        return Some(SubscriptionFilter::on_event_type().regex(types));
    }
    let streams = if let Some(stream) = &filter.stream {
        any_of(vec![literal(stream.as_str())])
    } else if let Some(prefix) = filter.stream_prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
        format!("^{}", literal(prefix))
    } else if !filter.categories.is_empty() {
        let categories: Vec<String> = filter.categories.iter().map(|name| literal(name)).collect();
        format!("^(?:{})(?:-|\\z)", categories.join("|"))
    } else {
        return None;
    };
    Some(SubscriptionFilter::on_stream_name().regex(streams))
}

/// A text as a regular expression that matches it alone.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            literal.push('\\');
        }
        literal.push(letter);
    }
    literal
}
