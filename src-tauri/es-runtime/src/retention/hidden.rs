//! What truncated streams begin with: no read model is built from what is hidden.

use std::collections::BTreeMap;

use es_core::retention::record::RetentionEvent;
use es_core::retention::stream as record_stream;
use es_core::{Direction, EventReader, ReadStream, StoreError, StreamName, StreamVersion, limits};

/// The first version of each truncated stream that is still read. Truncated events are left out by folds whether they were
/// archived already or not: a stream of which a scavenge has moved only the first events could not be folded.
pub(crate) async fn first_versions(
    reader: &dyn EventReader,
) -> Result<BTreeMap<StreamName, StreamVersion>, StoreError> {
    let mut first = BTreeMap::new();
    if reader.retention().is_none() {
        return Ok(first);
    }
    let (stream, mut from) = (record_stream(), StreamVersion::ZERO);
    loop {
        let (direction, limit) = (Direction::Forward, limits::PAGE_EVENTS);
        let page = reader.read_stream(ReadStream { stream: stream.clone(), from, direction, limit }).await?;
        for event in page.events.iter().filter(|event| &*event.event_type == "StreamTruncated") {
            let unreadable = |error: &dyn std::fmt::Display| StoreError::Misfit {
                table: stream.to_string(),
                reason: error.to_string(),
            };
            match RetentionEvent::decode(event).map_err(|error| unreadable(&error))? {
                RetentionEvent::StreamTruncated { stream, before, .. } => drop(first.insert(stream, before)),
                other => return Err(unreadable(&format!("{} is no truncation", other.event_type()))),
            }
        }
        match page.events.last() {
            Some(last) if !page.end => from = last.version,
            _ => return Ok(first),
        }
    }
}
