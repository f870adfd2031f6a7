//! Verification: the log beside what the index saw of it at first sight.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::hash::expected_content_hash;
use es_core::plan::LogHead;
use es_core::{
    Direction, EventFilter, Finding, FindingKind, Hash, Position, RecordedEvent, StoreError, VerifyProgress,
    VerifyReport, VerifyTold, limits,
};
use tokio_util::sync::CancellationToken;

use crate::follow::Follower;
use crate::index::{Indexed, after, count_streams, not_hidden};

/// Events compared at a time.
const STEP_EVENTS: usize = 1000;

/// What a verification has seen.
struct Comparison {
    events: u64,
    /// Streams of the index.
    streams: u64,
    last: Option<(Position, DateTime<Utc>)>,
    findings: Vec<Finding>,
    total: u64,
}

impl Follower {
    /// See [`es_core::HostedStore::verify`].
    pub async fn verify(
        self: &Arc<Self>,
        cancel: CancellationToken,
        mut told: VerifyTold,
    ) -> Result<VerifyReport, StoreError> {
        let until = self.index.cursor().await?;
        let streams = self.index.read(count_streams).await?;
        let mut comparison = Comparison { events: 0, streams, last: None, findings: Vec::new(), total: 0 };
        let mut position = Position::ZERO;
        while position < until.head {
            if cancel.is_cancelled() {
                return Ok(comparison.report(true));
            }
            let from = position;
            let known = self.index.read(move |index| after(index, from, STEP_EVENTS)).await?;
            let Some(last) = known.last().map(|event| event.position) else { break };
            let stored = self.between(from, last).await?;
            let missing: Vec<Indexed> = known.iter().filter(|event| !has(&stored, event.position)).cloned().collect();
            let unexplained = self.not_scavenged(missing).await?;
            comparison.compare(&known, &stored, &unexplained);
            position = last;
            told(VerifyProgress { done: comparison.events, total: until.events });
        }
        Ok(comparison.report(false))
    }

    /// All events of the log after one position, up to another.
    async fn between(self: &Arc<Self>, from: Position, to: Position) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        let mut next = from;
        loop {
            let everything = EventFilter::default();
            let page = self.examine((next, Direction::Forward), &everything, STEP_EVENTS, true).await?;
            next = page.next.max(next);
            let passed = page.events.last().is_some_and(|event| event.position >= to);
            let empty = page.events.is_empty();
            events.extend(page.events.into_iter().filter(|event| event.position <= to));
            if passed || page.end || empty {
                return Ok(events);
            }
        }
    }

    /// Those of some missing events that no scavenge may have removed: their stream shows them, or has them as its last one.
    async fn not_scavenged(&self, missing: Vec<Indexed>) -> Result<Vec<Position>, StoreError> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        self.index.read(move |index| not_hidden(index, &missing, Utc::now())).await
    }
}

fn has(events: &[RecordedEvent], position: Position) -> bool {
    events.binary_search_by_key(&position, |event| event.position).is_ok()
}

impl Comparison {
    fn compare(&mut self, known: &[Indexed], stored: &[RecordedEvent], unexplained: &[Position]) {
        for event in stored {
            self.events += 1;
            if let Some((_, before)) = self.last.filter(|(_, before)| event.recorded_at < *before) {
                let message = format!("recorded at {}, before the event before it at {before}", event.recorded_at);
                self.find(event.position, FindingKind::Time, message);
            }
            self.last = Some((event.position, event.recorded_at));
            match known.binary_search_by_key(&event.position, |known| known.position) {
                Ok(index) => self.compare_one(&known[index], event),
                Err(_) => {
                    let message =
                        format!("{} of {} was not there when the log was first seen", event.event_type, event.stream);
                    self.find(event.position, FindingKind::Position, message);
                }
            }
        }
        for position in unexplained {
            let gone = known.iter().find(|event| event.position == *position);
            let what = gone.map(|event| format!("event {} of {}", event.version, event.stream)).unwrap_or_default();
            self.find(*position, FindingKind::Position, format!("{what} is gone, though its stream does not hide it"));
        }
    }

    fn compare_one(&mut self, known: &Indexed, event: &RecordedEvent) {
        let what = || format!("{} of {}", event.event_type, event.stream);
        let at = event.position;
        if expected_content_hash(event) != known.content_hash {
            self.find(at, FindingKind::ContentHash, format!("{}: the content is not what was first seen", what()));
        }
        if event.event_id != known.event_id {
            let message = format!("{}: the event id was {} when it was first seen", what(), known.event_id);
            self.find(at, FindingKind::EventId, message);
        }
        if (&event.stream, event.version) != (&known.stream, known.version) {
            let message =
                format!("{}: was version {} of {} when it was first seen", what(), known.version, known.stream);
            self.find(at, FindingKind::Version, message);
        }
        if event.recorded_at != known.recorded_at {
            let message = format!("{}: was recorded at {} when it was first seen", what(), known.recorded_at);
            self.find(at, FindingKind::Time, message);
        }
    }

    fn find(&mut self, position: Position, kind: FindingKind, message: String) {
        self.total += 1;
        if self.findings.len() < limits::VERIFY_FINDINGS {
            self.findings.push(Finding { position, kind, message });
        }
    }

    fn report(self, cancelled: bool) -> VerifyReport {
        let head = match self.last {
            Some((position, recorded_at)) if !cancelled => LogHead { position, chain_hash: Hash::ZERO, recorded_at },
            _ => LogHead::EMPTY,
        };
        VerifyReport {
            events: self.events,
            stubs: 0,
            streams: self.streams,
            head,
            findings: self.findings,
            total_findings: self.total,
            cancelled,
        }
    }
}
