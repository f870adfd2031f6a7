//! Reading one stream.

use std::sync::Arc;

use chrono::Utc;
use es_core::{
    Direction, ReadStream, RecordedEvent, StoreError, StreamInfo, StreamName, StreamPage, StreamVersion, limits,
};

use crate::event::{self, METADATA_PREFIX};
use crate::follow::Follower;
use crate::index::stream;
use crate::log::{StreamRead, read_stream_events};
use crate::stream_settings::Hiding;

impl Follower {
    /// See [`es_core::EventReader::read_stream`].
    pub async fn read_stream(self: &Arc<Self>, read: ReadStream) -> Result<StreamPage, StoreError> {
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let (page, caught) = tokio::join!(self.stream_page(&read, limit), self.catch_up_soon());
        let (events, end) = page?;
        let info = if caught?.up {
            let name = read.stream.clone();
            self.index.read(move |index| stream(index, &name, Utc::now())).await?.map(|row| row.info)
        } else {
            self.info_by_reading(&read.stream).await?
        };
        let info = match (info, newest(&events)) {
            // The page was read after the stream's end was looked at.
            (Some(info), Some(last)) if last.version > info.version => Some(info_of(last, info.truncated_before)),
            (None, Some(last)) => Some(info_of(last, StreamVersion::ZERO)),
            (info, _) => info,
        };
        Ok(StreamPage { events, stream: info, end })
    }

    async fn stream_page(&self, read: &ReadStream, limit: usize) -> Result<(Vec<RecordedEvent>, bool), StoreError> {
        let from = match (read.direction, read.from) {
            (Direction::Forward, from) if from >= StreamVersion::MAX => return Ok((Vec::new(), true)),
            // Behind version n, which is revision n − 1, comes revision n.
            (Direction::Forward, from) => Some(from.get()),
            (Direction::Backward, from) if from >= StreamVersion::MAX => None,
            (Direction::Backward, from) => match from.get().checked_sub(2) {
                Some(revision) => Some(revision),
                None => return Ok((Vec::new(), true)),
            },
        };
        // One more than wanted tells whether there is more.
        let range = (from, read.direction, limit.saturating_add(1));
        let found = match read_stream_events(&self.connection, read.stream.as_str(), range).await {
            Ok(found) => found,
            Err(failure) => {
                return Err(self.connection.explain(&format!("reading stream {}", read.stream), failure).await);
            }
        };
        let StreamRead::Page(page) = found else { return Ok((Vec::new(), true)) };
        let mut stored = page.events;
        let end = page.end && stored.len() <= limit;
        stored.truncate(limit);
        let events = self.with_all_positions(stored).await?;
        Ok((events, end))
    }

    /// What is known of a stream without the index: its last event and its metadata.
    async fn info_by_reading(&self, name: &StreamName) -> Result<Option<StreamInfo>, StoreError> {
        let (last, hiding) = tokio::join!(self.last_event(name.as_str()), self.hiding_of(name));
        let (last, hiding) = (last?, hiding?);
        Ok(last.map(|last| {
            let truncated_before = hiding.truncated_before(last.version);
            info_of(&last, truncated_before)
        }))
    }

    /// The last event of a stream that can be read.
    pub async fn last_event(&self, name: &str) -> Result<Option<RecordedEvent>, StoreError> {
        let range = (None, Direction::Backward, 1);
        match read_stream_events(&self.connection, name, range).await {
            Ok(StreamRead::Page(page)) => Ok(self.with_all_positions(page.events).await?.pop()),
            Ok(StreamRead::Missing | StreamRead::Tombstoned) => Ok(None),
            Err(failure) => Err(self.connection.explain(&format!("reading stream {name}"), failure).await),
        }
    }

    async fn hiding_of(&self, name: &StreamName) -> Result<Hiding, StoreError> {
        let metadata = format!("{METADATA_PREFIX}{name}");
        let last = self.last_event(&metadata).await?;
        Ok(last.map_or_else(Hiding::default, |event| Hiding::parse(event.payload.as_bytes())))
    }
}

fn newest(events: &[RecordedEvent]) -> Option<&RecordedEvent> {
    events.iter().max_by_key(|event| event.version)
}

fn info_of(last: &RecordedEvent, truncated_before: StreamVersion) -> StreamInfo {
    StreamInfo {
        stream: last.stream.clone(),
        version: last.version,
        truncated_before,
        closed_at: (&*last.event_type == event::STREAM_DELETED).then_some(last.recorded_at),
        last_position: last.position,
        last_recorded_at: last.recorded_at,
        last_event_type: last.event_type.clone(),
    }
}
