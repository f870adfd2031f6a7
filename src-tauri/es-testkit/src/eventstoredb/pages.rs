//! Pages of streams and of the log, as a server reads them: what is hidden, where the next page begins, and what links stand for.

use std::sync::Arc;

use super::filter::{Filter, PAGE};
use super::log::{Head, LINK, Log, Position, Record};

/// An event as it is read: itself, or a link with what it stands for.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// `None` if a link's event could not be found.
    pub event: Option<Arc<Record>>,
    pub link: Option<Arc<Record>>,
}

impl Resolved {
    /// What stands in the stream that was read.
    pub fn original(&self) -> Option<&Arc<Record>> {
        self.link.as_ref().or(self.event.as_ref())
    }
}

/// A page of a stream.
#[derive(Debug, Default)]
pub(super) struct StreamPage {
    pub events: Vec<Resolved>,
    /// Where the next page begins.
    pub next: u64,
    /// The stream's last revision.
    pub last: u64,
    /// Whether there is no next page.
    pub is_last: bool,
}

/// What reading a stream finds.
#[derive(Debug)]
pub(super) enum StreamRead {
    NotFound,
    Deleted,
    Page(StreamPage),
}

/// A page of the log.
#[derive(Debug)]
pub(super) struct LogPage {
    pub events: Vec<Resolved>,
    pub next: Position,
    pub is_last: bool,
    /// Events looked at.
    pub considered: u64,
    /// The last event looked at.
    pub last_considered: Option<Position>,
}

impl Log {
    /// The next events of a stream, `from` included.
    pub fn stream_forward(&self, stream: &str, from: u64, count: u64, resolve: bool, now: u64) -> StreamRead {
        let last = match self.readable(stream) {
            Ok(last) => last,
            Err(other) => return other,
        };
        let metadata = self.metadata(stream);
        let first = metadata.first_revision(last);
        let end = from.saturating_add(count.min(PAGE as u64));
        if end <= first {
            // A page that is hidden as a whole is empty, and says where to go on.
            return StreamRead::Page(StreamPage { next: first, last, ..StreamPage::default() });
        }
        let start = from.max(first);
        if start > last {
            return StreamRead::Page(StreamPage { next: last + 1, last, is_last: true, ..StreamPage::default() });
        }
        let end = end.min(last + 1);
        let visible = (start..end).filter_map(|revision| self.event(stream, revision));
        let visible = visible.filter(|record| !metadata.is_too_old(record.created, now));
        let events = visible.map(|record| self.resolved(record, resolve, now)).collect();
        StreamRead::Page(StreamPage { events, next: end, last, is_last: end > last })
    }

    /// The previous events of a stream, `from` included.
    pub fn stream_backward(&self, stream: &str, from: u64, count: u64, resolve: bool, now: u64) -> StreamRead {
        let last = match self.readable(stream) {
            Ok(last) => last,
            Err(other) => return other,
        };
        let metadata = self.metadata(stream);
        let first = metadata.first_revision(last);
        let end = from.min(last);
        let begin = (end + 1).saturating_sub(count.min(PAGE as u64)).max(first);
        if first > end {
            return StreamRead::Page(StreamPage { last, is_last: true, ..StreamPage::default() });
        }
        let visible = (begin..=end).rev().filter_map(|revision| self.event(stream, revision));
        let visible = visible.filter(|record| !metadata.is_too_old(record.created, now));
        let events = visible.map(|record| self.resolved(record, resolve, now)).collect();
        let is_last = begin == first;
        StreamRead::Page(StreamPage { events, next: begin.saturating_sub(1), last, is_last })
    }

    /// The last revision of a stream that can be read.
    fn readable(&self, stream: &str) -> Result<u64, StreamRead> {
        match self.head(stream) {
            Head::Tombstone => Err(StreamRead::Deleted),
            Head::NoEvents => Err(StreamRead::NotFound),
            Head::Last(_) if self.metadata(stream).is_deleted() => Err(StreamRead::NotFound),
            Head::Last(last) => Ok(last),
        }
    }

    /// The next events of the log, `from` included.
    pub fn all_forward(&self, from: Position, count: u64, filter: Option<&Filter>, resolve: bool, now: u64) -> LogPage {
        let begin = self.records().partition_point(|record| record.position < from);
        let candidates = self.records()[begin..].iter();
        let mut page = self.collect(candidates, count, filter, resolve, now);
        let next = self.records().get(begin + usize::try_from(page.considered).unwrap_or(usize::MAX));
        page.is_last = next.is_none();
        page.next = next.map_or_else(|| self.end(), |record| record.position);
        page
    }

    /// The previous events of the log, `from` not included.
    pub fn all_backward(
        &self,
        from: Position,
        count: u64,
        filter: Option<&Filter>,
        resolve: bool,
        now: u64,
    ) -> LogPage {
        let end = self.records().partition_point(|record| record.position < from);
        let candidates = self.records()[..end].iter().rev();
        let mut page = self.collect(candidates, count, filter, resolve, now);
        page.is_last = page.considered == end as u64;
        page.next = page.last_considered.unwrap_or(Position::START);
        page
    }

    fn collect<'a>(
        &self,
        candidates: impl Iterator<Item = &'a Arc<Record>>,
        count: u64,
        filter: Option<&Filter>,
        resolve: bool,
        now: u64,
    ) -> LogPage {
        let window = filter.map_or(PAGE, |filter| filter.window);
        let most = usize::try_from(count).unwrap_or(usize::MAX).min(PAGE);
        let mut page =
            LogPage { events: Vec::new(), next: Position::START, is_last: false, considered: 0, last_considered: None };
        for record in candidates.take(window) {
            if page.events.len() == most {
                break;
            }
            page.considered += 1;
            page.last_considered = Some(record.position);
            if filter.is_none_or(|filter| filter.wants(record)) {
                page.events.push(self.resolved(record, resolve, now));
            }
        }
        page
    }

    /// An event; if it is a link and links are to be resolved, with what it stands for.
    fn resolved(&self, record: &Arc<Record>, resolve: bool, now: u64) -> Resolved {
        if resolve && record.event_type == LINK {
            return Resolved { event: self.target(record, now), link: Some(record.clone()) };
        }
        Resolved { event: Some(record.clone()), link: None }
    }

    /// What a link stands for, if it can still be read.
    fn target(&self, link: &Record, now: u64) -> Option<Arc<Record>> {
        let (revision, stream) = std::str::from_utf8(&link.data).ok()?.split_once('@')?;
        let revision: u64 = revision.parse().ok()?;
        let last = self.readable(stream).ok()?;
        let metadata = self.metadata(stream);
        let target = self.event(stream, revision)?;
        let visible = revision >= metadata.first_revision(last) && !metadata.is_too_old(target.created, now);
        visible.then(|| target.clone())
    }
}
