//! Reads and subscriptions.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tonic::Status;
use tonic::codegen::BoxStream;
use uuid::Uuid;

use super::access::{ALL, Caller, Right};
use super::faults::{Ending, Endings};
use super::filter::Filter;
use super::log::{Head, Position, Record};
use super::pages::{LogPage, Resolved, StreamRead};
use super::refusals;
use super::server::Shared;
use super::wire::common::Empty;
use super::wire::streams::read_req::Options;
use super::wire::streams::read_req::options::all_options::AllOption;
use super::wire::streams::read_req::options::stream_options::RevisionOption;
use super::wire::streams::read_req::options::{CountOption, FilterOption, ReadDirection, StreamOption, uuid_option};
use super::wire::streams::read_resp::read_event::{Position as CommitPosition, RecordedEvent};
use super::wire::streams::read_resp::{self, Content, ReadEvent};
use super::wire::streams::{ReadReq, ReadResp};
use super::wire::{identifier, stream_of, uuid_message};

type Answers = BoxStream<ReadResp>;

/// Where a read or a subscription begins.
#[derive(Debug, Clone, Copy)]
enum From<T> {
    Start,
    End,
    At(T),
}

/// What every read of one request needs.
struct Reading {
    shared: Arc<Shared>,
    resolve: bool,
    ids_as_text: bool,
    /// Whether the caller understands where a stream begins and ends.
    tells_ends: bool,
}

/// Begins a read or a subscription.
///
/// # Errors
/// The request makes no sense, or the caller may not read this.
pub(super) fn read(shared: Arc<Shared>, caller: &Caller, request: ReadReq) -> Result<Answers, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("options are missing"))?;
    let Options { stream_option, count_option, filter_option, uuid_option, control_option, .. } = options;
    let uuid_option = uuid_option
        .ok_or_else(|| Status::invalid_argument("'uuidOption' is a required argument of type UUIDOption"))?;
    let filter = match &filter_option {
        Some(FilterOption::Filter(filter)) => Some(Filter::from_message(filter)?),
        Some(FilterOption::NoFilter(_)) => None,
        None => return Err(Status::invalid_argument("a filter, or none, is missing")),
    };
    let reading = Reading {
        shared,
        resolve: options.resolve_links,
        ids_as_text: matches!(uuid_option.content, Some(uuid_option::Content::String(_))),
        tells_ends: control_option.is_some_and(|option| option.compatibility >= 1),
    };
    let backward = options.read_direction == ReadDirection::Backwards as i32;
    match (stream_option, count_option) {
        (Some(StreamOption::Stream(stream)), Some(count)) if filter.is_none() => {
            let from = match stream.revision_option {
                Some(RevisionOption::Revision(revision)) => From::At(revision),
                Some(RevisionOption::End(_)) => From::End,
                Some(RevisionOption::Start(_)) | None => From::Start,
            };
            let stream = stream_of(stream.stream_identifier.as_ref())?;
            reading.shared.with_log(|log| caller.check(log, &stream, Right::Read))?;
            match count {
                CountOption::Count(count) if backward => Ok(reading.stream_backward(stream, from, count)),
                CountOption::Count(count) => Ok(reading.stream_forward(stream, from, count)),
                CountOption::Subscription(_) if backward => Err(senseless()),
                CountOption::Subscription(_) => Ok(reading.subscribe_to_stream(stream, from)),
            }
        }
        (Some(StreamOption::All(all)), Some(count)) => {
            let from = match all.all_option {
                Some(AllOption::Position(at)) => {
                    From::At(Position { commit: at.commit_position, prepare: at.prepare_position })
                }
                Some(AllOption::End(_)) => From::End,
                Some(AllOption::Start(_)) | None => From::Start,
            };
            reading.shared.with_log(|log| match from {
                From::At(position) if !log.knows(position) => Err(refusals::invalid_position()),
                _ => caller.check(log, ALL, Right::Read),
            })?;
            match count {
                CountOption::Count(count) => Ok(reading.all(from, count, filter, backward)),
                CountOption::Subscription(_) if backward => Err(senseless()),
                CountOption::Subscription(_) => Ok(reading.subscribe_to_all(from, filter)),
            }
        }
        _ => Err(senseless()),
    }
}

fn senseless() -> Status {
    Status::invalid_argument("The combination of options is invalid.")
}

impl Reading {
    fn stream_forward(self, stream: String, from: From<u64>, count: u64) -> Answers {
        Box::pin(async_stream::try_stream! {
            let begin = match from {
                From::Start => 0,
                From::End => u64::MAX,
                From::At(revision) => revision,
            };
            let (mut at, mut left, mut is_first) = (begin, count, true);
            loop {
                let page = match self.page_forward(&stream, at, left) {
                    StreamRead::Page(page) => page,
                    StreamRead::NotFound => {
                        yield stream_not_found(&stream);
                        return;
                    }
                    StreamRead::Deleted => Err(refusals::stream_deleted(&stream))?,
                };
                if is_first && self.tells_ends && page.events.is_empty() && page.next != begin {
                    yield answer(Content::FirstStreamPosition(page.next));
                }
                is_first = false;
                left = left.saturating_sub(page.events.len() as u64);
                at = page.next;
                for event in &page.events {
                    yield self.event(event);
                }
                if page.is_last || left == 0 {
                    if self.tells_ends {
                        yield answer(Content::LastStreamPosition(page.last));
                    }
                    return;
                }
            }
        })
    }

    fn stream_backward(self, stream: String, from: From<u64>, count: u64) -> Answers {
        Box::pin(async_stream::try_stream! {
            let mut at = match from {
                From::Start => 0,
                From::End => u64::MAX,
                From::At(revision) => revision,
            };
            let mut left = count;
            loop {
                let now = self.shared.ticks();
                let page = self.shared.with_log(|log| log.stream_backward(&stream, at, left, self.resolve, now));
                let page = match page {
                    StreamRead::Page(page) => page,
                    StreamRead::NotFound => {
                        yield stream_not_found(&stream);
                        return;
                    }
                    StreamRead::Deleted => Err(refusals::stream_deleted(&stream))?,
                };
                left = left.saturating_sub(page.events.len() as u64);
                at = page.next;
                for event in &page.events {
                    yield self.event(event);
                }
                if page.is_last || left == 0 {
                    if self.tells_ends {
                        yield answer(Content::LastStreamPosition(page.last));
                    }
                    return;
                }
            }
        })
    }

    fn all(self, from: From<Position>, count: u64, filter: Option<Filter>, backward: bool) -> Answers {
        Box::pin(async_stream::try_stream! {
            let mut at = match from {
                From::Start => Position::START,
                From::End => Position::END,
                From::At(position) => position,
            };
            let mut left = count;
            loop {
                let page = self.log_page(at, left, filter.as_ref(), backward);
                left = left.saturating_sub(page.events.len() as u64);
                at = page.next;
                for event in &page.events {
                    yield self.event(event);
                }
                if page.is_last || left == 0 {
                    return;
                }
            }
        })
    }

    fn subscribe_to_stream(self, stream: String, from: From<u64>) -> Answers {
        let (mut changes, mut endings) = (self.shared.changes(), self.shared.faults.endings());
        // A subscription goes on behind the revision that it names.
        let mut at = match from {
            From::Start => 0,
            From::At(revision) => revision.saturating_add(1),
            From::End => self.shared.with_log(|log| match log.head(&stream) {
                Head::Last(last) => last + 1,
                Head::NoEvents | Head::Tombstone => 0,
            }),
        };
        Box::pin(async_stream::try_stream! {
            yield confirmation();
            let mut caught_up = false;
            loop {
                let mut is_last = true;
                match self.page_forward(&stream, at, u64::MAX) {
                    StreamRead::Page(page) => {
                        for event in &page.events {
                            yield self.event(event);
                        }
                        // A stream may be shorter than where the subscription wants to go on.
                        at = at.max(page.next);
                        is_last = page.is_last;
                    }
                    StreamRead::NotFound => {}
                    StreamRead::Deleted => Err(refusals::stream_deleted(&stream))?,
                }
                if is_last && !caught_up && self.shared.options.caught_up {
                    caught_up = true;
                    yield self.caught_up(at.checked_sub(1), None);
                }
                if self.ended(is_last, &mut changes, &mut endings).await? {
                    return;
                }
            }
        })
    }

    fn subscribe_to_all(self, from: From<Position>, filter: Option<Filter>) -> Answers {
        let (mut changes, mut endings) = (self.shared.changes(), self.shared.faults.endings());
        let mut at = match from {
            From::Start => Position::START,
            From::End => self.shared.with_log(|log| log.end()),
            // A subscription goes on behind the position that it names.
            From::At(position) => Position { prepare: position.prepare.saturating_add(1), ..position },
        };
        Box::pin(async_stream::try_stream! {
            yield confirmation();
            let mut caught_up = false;
            let mut considered = 0;
            let mut seen = None;
            loop {
                let page = self.log_page(at, u64::MAX, filter.as_ref(), false);
                for event in &page.events {
                    yield self.event(event);
                }
                at = page.next;
                seen = page.last_considered.or(seen);
                considered += page.considered;
                if let (Some(filter), Some(position)) = (&filter, page.last_considered)
                    && considered >= filter.checkpoint_interval
                {
                    considered %= filter.checkpoint_interval;
                    yield self.checkpoint(position);
                }
                if page.is_last && !caught_up && self.shared.options.caught_up {
                    caught_up = true;
                    yield self.caught_up(None, seen);
                }
                if self.ended(page.is_last, &mut changes, &mut endings).await? {
                    return;
                }
            }
        })
    }

    /// Waits for more, if everything was said; tells whether the subscription ends.
    async fn ended(
        &self,
        everything_said: bool,
        changes: &mut watch::Receiver<u64>,
        endings: &mut watch::Receiver<Endings>,
    ) -> Result<bool, Status> {
        let ending = endings.has_changed().unwrap_or(true);
        if !ending && everything_said {
            tokio::select! {
                changed = changes.changed() => return if changed.is_err() { Ok(true) } else { Ok(false) },
                _ = endings.changed() => {}
            }
        } else if !ending {
            return Ok(false);
        }
        let (_, how) = *endings.borrow();
        match how {
            Ending::Ok => Ok(true),
            Ending::Error => Err(Status::unavailable("the subscription was dropped")),
        }
    }

    fn page_forward(&self, stream: &str, at: u64, count: u64) -> StreamRead {
        let now = self.shared.ticks();
        self.shared.with_log(|log| log.stream_forward(stream, at, count, self.resolve, now))
    }

    fn log_page(&self, at: Position, count: u64, filter: Option<&Filter>, backward: bool) -> LogPage {
        let now = self.shared.ticks();
        self.shared.with_log(|log| {
            if backward {
                log.all_backward(at, count, filter, self.resolve, now)
            } else {
                log.all_forward(at, count, filter, self.resolve, now)
            }
        })
    }

    fn event(&self, resolved: &Resolved) -> ReadResp {
        let position = resolved.original().map(|record| record.position.commit);
        answer(Content::Event(ReadEvent {
            event: resolved.event.as_ref().map(|record| self.recorded(record)),
            link: resolved.link.as_ref().map(|record| self.recorded(record)),
            position: Some(position.map_or(CommitPosition::NoPosition(Empty {}), CommitPosition::CommitPosition)),
        }))
    }

    fn recorded(&self, record: &Record) -> RecordedEvent {
        let content_type = if record.json { "application/json" } else { "application/octet-stream" };
        let metadata = HashMap::from([
            ("type".to_owned(), record.event_type.clone()),
            ("created".to_owned(), record.created.to_string()),
            ("content-type".to_owned(), content_type.to_owned()),
        ]);
        RecordedEvent {
            id: Some(uuid_message(record.id, self.ids_as_text)),
            stream_identifier: Some(identifier(&record.stream)),
            stream_revision: record.revision,
            prepare_position: record.position.prepare,
            commit_position: record.position.commit,
            metadata,
            custom_metadata: record.custom_metadata.clone(),
            data: record.data.clone(),
        }
    }

    fn timestamp(&self) -> Option<prost_types::Timestamp> {
        let now = self.shared.now();
        let nanos = i32::try_from(now.timestamp_subsec_nanos()).unwrap_or(0);
        Some(prost_types::Timestamp { seconds: now.timestamp(), nanos })
    }

    fn checkpoint(&self, position: Position) -> ReadResp {
        answer(Content::Checkpoint(read_resp::Checkpoint {
            commit_position: position.commit,
            prepare_position: position.prepare,
            timestamp: self.timestamp(),
        }))
    }

    fn caught_up(&self, revision: Option<u64>, position: Option<Position>) -> ReadResp {
        answer(Content::CaughtUp(read_resp::CaughtUp {
            timestamp: self.timestamp(),
            stream_revision: revision.and_then(|revision| i64::try_from(revision).ok()),
            position: position.map(|position| read_resp::Position {
                commit_position: position.commit,
                prepare_position: position.prepare,
            }),
        }))
    }
}

fn answer(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

fn confirmation() -> ReadResp {
    answer(Content::Confirmation(read_resp::SubscriptionConfirmation { subscription_id: Uuid::new_v4().to_string() }))
}

fn stream_not_found(stream: &str) -> ReadResp {
    answer(Content::StreamNotFound(read_resp::StreamNotFound { stream_identifier: Some(identifier(stream)) }))
}
