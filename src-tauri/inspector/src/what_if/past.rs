//! The store, as far as a what-if may know it: what was recorded, and nothing that could change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::{
    Direction, EventFilter, EventReader, Position, ReadAll, ReadStream, RecordedEvent, StoreError, StreamInfo,
    StreamName, StreamVersion,
};
use tokio_util::sync::CancellationToken;

use super::scenario::Fork;
use crate::fold::InspectError;
use crate::limits;
use crate::merge::Merge;

/// Reads what was recorded. The reader stays in here, since a reader also leads to retention, which can hide events: a what-if
/// gets copies of events and nothing else.
///
/// ```
/// # fn it_is_something_that_others_can_name(past: inspector::what_if::Past) {
/// drop(past);
/// # }
/// ```
///
/// ```compile_fail
/// # async fn nothing_is_appended(past: inspector::what_if::Past, request: es_core::AppendRequest) {
/// past.append(request).await;
/// # }
/// ```
///
/// ```compile_fail
/// # fn nothing_is_hidden(past: &inspector::what_if::Past) {
/// past.retention();
/// # }
/// ```
pub struct Past {
    reader: Arc<dyn EventReader>,
}

/// A stream as it was at a place in the log.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) stream: StreamName,
    /// The last version up to the fork; 0 if it begins later.
    pub(super) at_fork: StreamVersion,
    /// The last version up to the last place that is looked at.
    pub(super) at_end: StreamVersion,
    /// Versions before this one are gone.
    pub(super) begins_at: StreamVersion,
    pub(super) closed_at: Option<DateTime<Utc>>,
}

impl Past {
    pub(super) fn new(reader: Arc<dyn EventReader>) -> Self {
        Self { reader }
    }

    /// The next event of several streams, in the order of the log.
    pub(super) async fn next(
        &self,
        merge: &mut Merge,
        cancel: &CancellationToken,
    ) -> Result<Option<RecordedEvent>, InspectError> {
        Ok(merge.next(&*self.reader, cancel).await?.map(|(_, event)| event))
    }

    pub(super) async fn head(&self) -> Result<Position, StoreError> {
        self.reader.head().await
    }

    /// The place in the log at which a what-if forks.
    pub(super) async fn fork(&self, fork: &Fork) -> Result<Position, InspectError> {
        let (stream, version) = match fork {
            Fork::Position(position) => return Ok(*position),
            Fork::Stream { name, version } => (name, *version),
        };
        let first = version.max(StreamVersion(1));
        let info = self.info(stream).await?.ok_or_else(|| InspectError::UnknownStream { stream: stream.clone() })?;
        let (stream_name, last) = (stream.clone(), info.version);
        let event = self.event(stream, first.max(info.truncated_before)).await?;
        let event = event.ok_or(InspectError::NoSuchVersion { stream: stream_name, version, last })?;
        if version < info.truncated_before && version > StreamVersion::ZERO {
            return Err(InspectError::NoSuchVersion { stream: stream.clone(), version, last });
        }
        Ok(if version == StreamVersion::ZERO { event.position.previous() } else { event.position })
    }

    /// The time of the log at a place: that of the last event up to there.
    pub(super) async fn time_at(&self, position: Position) -> Result<Option<DateTime<Utc>>, StoreError> {
        let page = self.reader.read_all(ReadAll::backward(position.next(), 1)).await?;
        Ok(page.events.first().map(|event| event.recorded_at))
    }

    async fn info(&self, stream: &StreamName) -> Result<Option<StreamInfo>, StoreError> {
        let (from, direction) = (StreamVersion::MAX, Direction::Backward);
        Ok(self.reader.read_stream(ReadStream { stream: stream.clone(), from, direction, limit: 1 }).await?.stream)
    }

    async fn event(&self, stream: &StreamName, version: StreamVersion) -> Result<Option<RecordedEvent>, StoreError> {
        let (from, direction) = (version.previous(), Direction::Forward);
        let page = self.reader.read_stream(ReadStream { stream: stream.clone(), from, direction, limit: 1 }).await?;
        Ok(page.events.into_iter().find(|event| event.version == version))
    }

    /// How a stream stood at the fork and at the end; nothing if it had no event by then.
    pub(super) async fn standing(
        &self,
        stream: &StreamName,
        fork: Position,
        end: Position,
    ) -> Result<Option<Standing>, StoreError> {
        let Some(info) = self.info(stream).await? else { return Ok(None) };
        let at_end = if info.last_position <= end { info.version } else { self.version_at(&info, end).await? };
        if at_end < info.truncated_before.max(StreamVersion(1)) {
            return Ok(None);
        }
        let at_fork = if info.last_position <= fork { info.version } else { self.version_at(&info, fork).await? };
        let (begins_at, closed_at) = (info.truncated_before.max(StreamVersion(1)), info.closed_at);
        Ok(Some(Standing { stream: info.stream, at_fork, at_end, begins_at, closed_at }))
    }

    /// The last version at or before a position; of a stream that was truncated since, at least the one before what is left.
    async fn version_at(&self, info: &StreamInfo, position: Position) -> Result<StreamVersion, StoreError> {
        let (mut low, mut high) = (info.truncated_before.previous().get(), info.version.get());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let event = self.event(&info.stream, StreamVersion(middle)).await?;
            if event.is_none_or(|event| event.position <= position) { low = middle } else { high = middle - 1 }
        }
        Ok(StreamVersion(low))
    }

    /// The streams that have events of the same correlations as a stream has after the fork, and right before it. The flag says
    /// that there are more correlations than are looked at.
    pub(super) async fn correlated(
        &self,
        standing: &Standing,
        cancel: &CancellationToken,
    ) -> Result<(BTreeSet<StreamName>, bool), StoreError> {
        let (mut ids, mut streams) = (Vec::new(), BTreeSet::new());
        let look_back = standing.at_fork.get().saturating_sub(limits::WHAT_IF_LOOK_BACK);
        let mut from = StreamVersion(look_back);
        'stream: while from < standing.at_end {
            let read = ReadStream {
                stream: standing.stream.clone(),
                from,
                direction: Direction::Forward,
                limit: es_core::limits::FOLDED_PAGE_EVENTS,
            };
            let page = self.reader.read_stream(read).await?;
            let Some(last) = page.events.last().map(|event| event.version) else { break };
            for event in page.events.iter().filter(|event| event.version <= standing.at_end) {
                let Some(id) = event.correlation_id.filter(|id| !ids.contains(id)) else { continue };
                if ids.len() >= limits::WHAT_IF_CORRELATIONS {
                    break 'stream;
                }
                ids.push(id);
            }
            from = last;
        }
        let left_out = from < standing.at_end && ids.len() >= limits::WHAT_IF_CORRELATIONS;
        for id in ids {
            let filter = EventFilter { correlation_id: Some(id), ..EventFilter::default() };
            let mut after = Position::ZERO;
            loop {
                if cancel.is_cancelled() {
                    return Err(StoreError::Cancelled);
                }
                let read = ReadAll::forward(after, es_core::limits::PAGE_EVENTS).filtered(filter.clone());
                let page = self.reader.read_all(read).await?;
                streams.extend(page.events.into_iter().map(|event| event.stream).filter(|name| !name.is_system()));
                after = page.next;
                if page.end {
                    break;
                }
            }
        }
        Ok((streams, left_out))
    }
}
