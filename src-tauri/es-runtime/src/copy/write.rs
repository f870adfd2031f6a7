//! Writes what the target does not have yet: in order, a batch at a time, while the next one is read.

use std::time::Duration;

use es_core::{AppendError, AppendRequest, Appended, ImportedAppend, Position, StoreError, limits};
use tokio_util::sync::CancellationToken;

use super::StoreCopy;
use super::examine::Examined;
use super::report::{CopyError, CopyReport};
use super::translate::{Outgoing, Translator};
use super::walk::Walk;
use crate::progress::Meter;

/// First pause after a write that may be tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Events that are written together.
#[derive(Default)]
struct Batch {
    events: Vec<Outgoing>,
    bytes: usize,
    /// Whether the source's end was reached.
    last: bool,
}

/// How much a batch may hold.
#[derive(Clone, Copy)]
struct Most {
    events: usize,
    bytes: usize,
    /// Events of one stream only.
    one_stream: bool,
}

/// What is read next, as batches.
struct Batches {
    walk: Walk,
    translator: Translator,
    held: Option<Outgoing>,
    most: Most,
}

impl Batches {
    async fn next(&mut self) -> Result<Batch, StoreError> {
        let mut batch = Batch::default();
        loop {
            let outgoing = match self.held.take() {
                Some(held) => held,
                None => match self.walk.next().await? {
                    None => return Ok(Batch { last: true, ..batch }),
                    Some(entry) => match self.translator.take(entry) {
                        None => continue,
                        Some(outgoing) => outgoing,
                    },
                },
            };
            if !batch.has_room_for(&outgoing, self.most) {
                self.held = Some(outgoing);
                return Ok(batch);
            }
            batch.bytes += outgoing.bytes();
            batch.events.push(outgoing);
        }
    }
}

impl Batch {
    fn has_room_for(&self, outgoing: &Outgoing, most: Most) -> bool {
        let Some(last) = self.events.last() else { return true };
        self.events.len() < most.events
            && self.bytes + outgoing.bytes() <= most.bytes
            && (!most.one_stream || last.stream == outgoing.stream)
    }
}

impl StoreCopy {
    /// Copies everything after the examined beginning. What it has written stands in the report also if it ends with an error
    /// or is cancelled.
    pub(super) async fn write(
        &self,
        examined: &Examined,
        report: &mut CopyReport,
        meter: &mut Meter<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), CopyError> {
        let (after, translator) = examined.resume.clone();
        let most = if self.target.capabilities().import {
            Most { events: limits::LANE_BATCH_EVENTS, bytes: limits::LANE_BATCH_BYTES, one_stream: false }
        } else {
            Most { events: limits::COPY_RUN_EVENTS, bytes: limits::COPY_RUN_BYTES, one_stream: true }
        };
        let walk = Walk::start(self.source.clone(), after, examined.until, cancel);
        let mut batches = Batches { walk, translator, held: None, most };
        let total = Some(examined.whole.events());
        meter.phase("copied", examined.already, total);
        let mut batch = batches.next().await.map_err(CopyError::source)?;
        loop {
            let (last, events) = (batch.last, batch.events.len() as u64);
            let next =
                async { if last { Ok(Batch::default()) } else { batches.next().await.map_err(CopyError::source) } };
            // Also if reading fails or is cancelled, what is being written is waited for and counted.
            let (written, next) = tokio::join!(self.write_batch(batch.events), next);
            written?;
            report.copied += events;
            meter.tell(examined.already + report.copied, total);
            if last {
                return Ok(());
            }
            batch = next?;
        }
    }

    /// Writes a batch and sees that each event came where it belongs. A batch that may or may not have been written is sent
    /// again: the target knows events that it has.
    async fn write_batch(&self, events: Vec<Outgoing>) -> Result<(), CopyError> {
        let Some(first) = events.first() else { return Ok(()) };
        let place = (first.source, first.stream.clone());
        let positions: Vec<Option<Position>> = events.iter().map(|outgoing| outgoing.position).collect();
        let mut pause = FIRST_PAUSE;
        let mut attempts = 1;
        let appended = loop {
            let written = if self.target.capabilities().import {
                self.target.import(imports(&events)).await
            } else {
                self.target.append(run(&events)).await.map(|appended| vec![appended])
            };
            match written {
                Ok(appended) => break appended,
                Err(AppendError::Store(error)) if error.retryable() && attempts < limits::COPY_ATTEMPTS => {
                    tracing::warn!(%error, attempts, "a batch of a copy is written again");
                    attempts += 1;
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(error) => return Err(refused(error, &events, place)),
            }
        };
        check_positions(&appended, &positions)
    }
}

fn imports(events: &[Outgoing]) -> Vec<ImportedAppend> {
    let import = |outgoing: &Outgoing| ImportedAppend {
        recorded_at: outgoing.recorded_at.unwrap_or_default(),
        request: outgoing.clone().request(),
    };
    events.iter().map(import).collect()
}

/// Events of one stream as one append.
fn run(events: &[Outgoing]) -> AppendRequest {
    let mut parts = Vec::new();
    if let Some(first) = events.first() {
        let all = events.iter().map(|outgoing| outgoing.event.clone()).collect();
        parts = AppendRequest::to_stream(first.stream.clone(), first.expected(), all).parts;
    }
    AppendRequest { parts }
}

/// The event that an error is about, if it names one; else the batch's first.
fn refused(error: AppendError, events: &[Outgoing], first: (Position, es_core::StreamName)) -> CopyError {
    let named = match &error {
        AppendError::Store(error) => return CopyError::target(error.clone()),
        AppendError::IdempotencyMismatch { event_id, .. } | AppendError::DuplicateIdInRequest { event_id } => {
            events.iter().rev().find(|outgoing| outgoing.event.event_id == *event_id)
        }
        AppendError::WrongExpectedVersion { stream, .. } | AppendError::StreamClosed { stream } => {
            events.iter().find(|outgoing| outgoing.stream == *stream)
        }
        AppendError::Invalid(_) => None,
    };
    let (position, stream) = named.map_or(first, |outgoing| (outgoing.source, outgoing.stream.clone()));
    CopyError::Refused { position, stream, error }
}

fn check_positions(appended: &[Appended], positions: &[Option<Position>]) -> Result<(), CopyError> {
    let written = appended.iter().flat_map(|appended| &appended.events);
    for (event, expected) in written.zip(positions) {
        if let Some(expected) = expected.filter(|expected| *expected != event.position) {
            let (stream, found) = (event.stream.clone(), event.position);
            return Err(CopyError::Interleaved { stream, expected, found });
        }
    }
    Ok(())
}
