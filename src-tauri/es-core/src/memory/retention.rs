//! Truncating, closing and scavenging in memory. The archive is memory, too, and is gone with the store.

use std::collections::HashSet;
use std::time::Instant;

use async_trait::async_trait;
use uuid::Uuid;

use super::events::{Log, MemoryEventStore, Slot};
use crate::append::{AppendError, AppendRequest, Appended, ExpectedVersion};
use crate::event::RecordedEvent;
use crate::hash::expected_content_hash;
use crate::limits;
use crate::name::{Position, StreamName, StreamVersion};
use crate::plan::{LogHead, TimedRequest};
use crate::retention::record::RetentionEvent;
use crate::retention::{
    EventOutline, EventStub, GoOn, RetainError, RetentionChange, RetentionStore, ScavengeRequest, ScavengeStage,
    ScavengedBatch, ScavengedSpan, StorageFigures, StubPage, check_cut, check_stream, stream,
};
use crate::store::StoreError;
use crate::verify::{Finding, FindingKind, VerifyProgress, VerifyReport};

/// Where scavenged events are, for people.
const ARCHIVE: &str = "memory";

impl Log {
    fn head_of(&self, stream: &StreamName) -> Option<(StreamVersion, StreamVersion)> {
        self.streams.get(stream).map(|track| (track.version(), track.truncated_before))
    }

    /// Events of the request's streams that are hidden and not scavenged, up to its limits.
    fn hidden(&self, request: &ScavengeRequest) -> (Vec<RecordedEvent>, bool) {
        let started = Instant::now();
        let (mut found, mut bytes): (Vec<RecordedEvent>, u64) = (Vec::new(), 0);
        for cut in &request.cuts {
            let Some(track) = self.streams.get(&cut.stream) else { continue };
            let before = cut.before.min(track.truncated_before);
            let hidden = track.positions.iter().filter_map(|position| self.at(*position));
            for event in hidden.take_while(|event| event.version < before) {
                let next = bytes + bytes_of(event);
                let full = found.len() >= request.limits.events
                    || (!found.is_empty() && (next > request.limits.bytes || started.elapsed() > request.limits.time));
                if full {
                    return (found, true);
                }
                bytes = next;
                found.push(event.clone());
            }
        }
        (found, false)
    }
}

fn bytes_of(event: &RecordedEvent) -> u64 {
    (event.payload.as_bytes().len() + event.metadata.len()) as u64
}

impl MemoryEventStore {
    /// Writes the record of a change; the caller holds the log and does the change itself if this succeeds.
    fn record(
        &self,
        log: &mut Log,
        decided_on: StreamVersion,
        events: Vec<crate::event::NewEvent>,
    ) -> Result<Appended, AppendError> {
        let request = AppendRequest::to_stream(stream(), ExpectedVersion::Exact(decided_on), events);
        let timed = TimedRequest { request: &request, recorded_at: None, examined: None };
        self.write_with(log, &[timed], false).pop().unwrap_or(Err(AppendError::Store(StoreError::Closed)))
    }
}

#[async_trait]
impl RetentionStore for MemoryEventStore {
    async fn retain(&self, change: RetentionChange) -> Result<Appended, RetainError> {
        let mut log = self.log.write();
        let mut cuts = Vec::new();
        for cut in &change.truncate {
            cuts.extend(check_cut(cut, log.head_of(&cut.stream))?.map(|before| (cut.stream.clone(), before)));
        }
        for name in &change.close {
            check_stream(name, log.head_of(name))?;
        }
        let events = change.record.iter().enumerate().map(|(index, event)| change.by.record(index, event)).collect();
        let appended = self.record(&mut log, change.decided_on, events)?;
        if appended.replayed {
            return Ok(appended);
        }
        for (name, before) in cuts {
            log.streams.entry(name).and_modify(|track| track.truncated_before = before);
        }
        let now = log.head.recorded_at;
        for name in change.close {
            log.streams.entry(name).and_modify(|track| track.closed_at = track.closed_at.or(Some(now)));
        }
        Ok(appended)
    }

    async fn outline(&self, stream: &StreamName, after: StreamVersion) -> Result<Vec<EventOutline>, StoreError> {
        let log = self.log.read();
        let Some(track) = log.streams.get(stream) else { return Ok(Vec::new()) };
        let from = usize::try_from(after.get()).unwrap_or(usize::MAX).min(track.positions.len());
        let stored = track.positions[from..].iter().filter_map(|position| log.at(*position));
        let outline = |event: &RecordedEvent| EventOutline {
            version: event.version,
            position: event.position,
            recorded_at: event.recorded_at,
            event_type: event.event_type.clone(),
            bytes: bytes_of(event),
        };
        Ok(stored.take(limits::PAGE_EVENTS).map(outline).collect())
    }

    async fn scavenge(&self, request: ScavengeRequest) -> Result<ScavengedBatch, RetainError> {
        let tell = |stage| request.observer.iter().for_each(|observer| observer(stage));
        let mut log = self.log.write();
        let (events, more) = log.hidden(&request);
        let (Some(first), Some(last)) =
            (events.iter().map(|e| e.position).min(), events.iter().map(|e| e.position).max())
        else {
            let decided_on = request.decided_on;
            return Ok(ScavengedBatch { events: 0, bytes: 0, span: None, decided_on, more: false });
        };
        let (count, bytes) = (events.len() as u64, events.iter().map(bytes_of).sum());
        let archive = ARCHIVE.to_owned();
        let recorded = RetentionEvent::EventsScavenged { events: count, bytes, first, last, archive };
        let index = usize::try_from(first.get()).unwrap_or(usize::MAX);
        let appended = self.record(&mut log, request.decided_on, vec![request.by.record(index, &recorded)])?;
        for event in events {
            let Some(stub) = EventStub::of(&event) else { continue };
            let index = usize::try_from(event.position.get() - 1).unwrap_or(usize::MAX);
            log.archive.insert(event.position, event);
            log.slots[index] = Slot::Stub(stub);
        }
        use ScavengeStage::{Archived, Committed, Copied, Removed, Stubbed};
        [Copied, Archived, Stubbed, Removed, Committed].into_iter().for_each(tell);
        let decided_on = appended.events.last().map_or(request.decided_on, |record| record.version);
        Ok(ScavengedBatch { events: count, bytes, span: Some(ScavengedSpan { first, last }), decided_on, more })
    }

    async fn stubs(&self, after: Position, limit: usize) -> Result<StubPage, StoreError> {
        let log = self.log.read();
        let from = usize::try_from(after.get()).unwrap_or(usize::MAX).min(log.slots.len());
        let mut rest = log.slots[from..].iter().filter_map(Slot::stub).cloned();
        let stubs = rest.by_ref().take(limit.min(limits::PAGE_EVENTS)).collect();
        Ok(StubPage { stubs, end: rest.next().is_none(), archive: ARCHIVE.to_owned() })
    }

    async fn read_stubs(&self, positions: &[Position]) -> Result<Vec<EventStub>, StoreError> {
        let log = self.log.read();
        Ok(positions.iter().filter_map(|position| log.slot(*position)?.stub()).cloned().collect())
    }

    async fn stub_by_id(&self, event_id: Uuid) -> Result<Option<EventStub>, StoreError> {
        let log = self.log.read();
        Ok(log.ids.get(&event_id).and_then(|position| log.slot(*position)?.stub()).cloned())
    }

    async fn read_archived(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let log = self.log.read();
        Ok(positions.iter().filter_map(|position| log.archive.get(position)).cloned().collect())
    }

    async fn verify_archive(&self, mut go_on: GoOn) -> Result<VerifyReport, StoreError> {
        let log = self.log.read();
        let stubs = log.slots.iter().filter_map(Slot::stub);
        let mut report = VerifyReport {
            events: 0,
            stubs: 0,
            streams: 0,
            head: LogHead::EMPTY,
            findings: Vec::new(),
            total_findings: 0,
            cancelled: !go_on(VerifyProgress { done: 0, total: log.archive.len() as u64 }),
        };
        let mut streams = HashSet::new();
        for stub in stubs {
            report.stubs += 1;
            streams.insert(&stub.stream);
            let archived = log.archive.get(&stub.position);
            report.events += u64::from(archived.is_some());
            let same = archived.is_some_and(|event| {
                EventStub::of(event).as_ref() == Some(stub) && expected_content_hash(event) == event.content_hash
            });
            if !same {
                let message = format!("the archive does not hold event {} of {}", stub.version, stub.stream);
                report.findings.push(Finding { position: stub.position, kind: FindingKind::Archive, message });
            }
        }
        report.streams = streams.len() as u64;
        report.total_findings = report.findings.len() as u64;
        Ok(report)
    }

    async fn storage(&self) -> Result<StorageFigures, StoreError> {
        let log = self.log.read();
        let bytes = |events: &mut dyn Iterator<Item = &RecordedEvent>| events.map(bytes_of).sum::<u64>();
        let archived = bytes(&mut log.archive.values());
        Ok(StorageFigures {
            bytes: bytes(&mut log.slots.iter().filter_map(Slot::event)),
            free_bytes: 0,
            stubs: log.archive.len() as u64,
            archive_bytes: (!log.archive.is_empty()).then_some(archived),
        })
    }
}
