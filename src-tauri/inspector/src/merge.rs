//! Several streams as one, in the order of the log.

use std::collections::VecDeque;

use es_core::{EventReader, RecordedEvent, StreamName, StreamVersion};
use tokio_util::sync::CancellationToken;

use crate::fold::{InspectError, read_some};

/// One of the streams: what was read of it and is not taken yet.
struct Head {
    stream: StreamName,
    /// Version of the last event that was read.
    from: StreamVersion,
    until: StreamVersion,
    ahead: VecDeque<RecordedEvent>,
}

/// Streams whose events are taken in the order of the log.
pub(crate) struct Merge {
    heads: Vec<Head>,
    /// Events of one stream that are read ahead.
    ahead: usize,
}

impl Merge {
    /// Streams, each after a version and up to another one.
    pub(crate) fn new(
        streams: impl IntoIterator<Item = (StreamName, StreamVersion, StreamVersion)>,
        ahead: usize,
    ) -> Self {
        let head = |(stream, from, until)| Head { stream, from, until, ahead: VecDeque::new() };
        Self { heads: streams.into_iter().map(head).collect(), ahead }
    }

    /// The next event, and the index of its stream.
    pub(crate) async fn next(
        &mut self,
        reader: &dyn EventReader,
        cancel: &CancellationToken,
    ) -> Result<Option<(usize, RecordedEvent)>, InspectError> {
        for head in &mut self.heads {
            if head.ahead.is_empty() && head.from < head.until {
                let page = read_some(reader, &head.stream, head.from, head.until, self.ahead, cancel).await?;
                head.from = page.events.last().map_or(head.until, |event| event.version);
                head.ahead.extend(page.events);
            }
        }
        let first = self.heads.iter().enumerate().filter_map(|(at, head)| Some((head.ahead.front()?.position, at)));
        let Some((_, at)) = first.min() else { return Ok(None) };
        Ok(self.heads[at].ahead.pop_front().map(|event| (at, event)))
    }
}
