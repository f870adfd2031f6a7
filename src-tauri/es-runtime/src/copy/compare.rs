//! Afterwards, or alone: compares both logs event by event, and each stream's length. One event that is missing, too many or
//! elsewhere is one difference, not all that follow.

use std::collections::HashSet;

use es_core::{
    Direction, EventReader, Hash, Position, ReadStream, RecordedEvent, StoreError, StreamName, StreamVersion, limits,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::StoreCopy;
use super::differ::differences;
use super::examine::Streams;
use super::report::{CopyComparison, CopyDifference, CopyDifferenceKind, CopyError};
use super::translate::{Outgoing, Translator};
use super::walk::{Entry, Walk};
use crate::progress::Meter;

impl CopyComparison {
    pub(super) fn add(&mut self, difference: CopyDifference) {
        self.total += 1;
        if self.differences.len() < limits::VERIFY_FINDINGS {
            self.differences.push(difference);
        }
    }

    fn is_full(&self) -> bool {
        self.total >= limits::VERIFY_FINDINGS as u64
    }

    fn extra(&mut self, found: &Entry) {
        let (stream, version) = (found.stream(), found.version());
        self.add(CopyDifference {
            kind: CopyDifferenceKind::Extra,
            stream: stream.clone(),
            event_id: Some(found.event_id()),
            source: None,
            target: Some(found.position()),
            message: format!("the source has no event {}, version {version} of {stream}", found.event_id()),
        });
    }

    fn of_event(&mut self, wanted: &Outgoing, target: Option<Position>, kind: CopyDifferenceKind, message: String) {
        self.add(CopyDifference {
            kind,
            stream: wanted.stream.clone(),
            event_id: Some(wanted.event.event_id),
            source: Some(wanted.source),
            target,
            message,
        });
    }

    fn event(&mut self, wanted: &Outgoing, found: &Entry) {
        self.events += 1;
        for (kind, message) in differences(wanted, found) {
            self.of_event(wanted, Some(found.position()), kind, message);
        }
    }
}

/// Both logs, one step each at a time.
struct Sides<'a> {
    copy: &'a StoreCopy,
    source: Walk,
    target: Walk,
    translator: Translator,
    until: Position,
    /// Chain hashes of the last events seen.
    chains: (Option<Hash>, Option<Hash>),
    /// Events of the target that were compared out of their turn.
    displaced: HashSet<Uuid>,
    /// Entries of the source seen.
    read: u64,
}

impl Sides<'_> {
    async fn wanted(&mut self) -> Result<Option<Outgoing>, CopyError> {
        while let Some(entry) = self.source.next().await.map_err(CopyError::source)? {
            self.read += 1;
            self.chains.0 = chain_hash(&entry);
            if let Some(outgoing) = self.translator.take(entry) {
                return Ok(Some(outgoing));
            }
        }
        Ok(None)
    }

    async fn found(&mut self) -> Result<Option<Entry>, CopyError> {
        loop {
            let Some(entry) = self.target.next_of_clients().await.map_err(CopyError::target)? else { return Ok(None) };
            self.chains.1 = chain_hash(&entry);
            if !self.displaced.remove(&entry.event_id()) {
                return Ok(Some(entry));
            }
        }
    }

    /// What the ids of both sides' next events tell if they are not the same.
    async fn apart(
        &mut self,
        wanted: &Outgoing,
        found: &Entry,
        comparison: &mut CopyComparison,
    ) -> Result<Step, CopyError> {
        let target = &*self.copy.target;
        let place = (wanted.event.event_id, &wanted.stream, wanted.version);
        let Some(elsewhere) = look_for(target, place).await.map_err(CopyError::target)? else {
            comparison.of_event(wanted, None, CopyDifferenceKind::Missing, missing(wanted));
            return Ok(Step::Source);
        };
        let source = &*self.copy.source;
        let place = (found.event_id(), found.stream(), found.version());
        let there = look_for(source, place).await.map_err(CopyError::source)?;
        if there.is_none_or(|event| event.position > self.until) {
            comparison.extra(found);
            return Ok(Step::Target);
        }
        let message = format!("position {} in the target is out of the source's order", elsewhere.position);
        comparison.of_event(wanted, Some(elsewhere.position), CopyDifferenceKind::Order, message);
        self.displaced.insert(wanted.event.event_id);
        comparison.event(wanted, &Entry::Event(elsewhere));
        Ok(Step::Source)
    }
}

/// Which side goes on.
enum Step {
    Source,
    Target,
}

fn missing(wanted: &Outgoing) -> String {
    let Outgoing { stream, version, event, .. } = wanted;
    format!("the target lacks event {}, version {version} of {stream}", event.event_id)
}

fn chain_hash(entry: &Entry) -> Option<Hash> {
    match entry {
        Entry::Event(event) | Entry::Archived(event) => event.chain_hash,
        Entry::Stub(stub) => Some(stub.chain_hash),
    }
}

/// An event by its id, or where there is no such look-up, at its place in its stream.
async fn look_for(
    reader: &dyn EventReader,
    (event_id, stream, version): (Uuid, &StreamName, StreamVersion),
) -> Result<Option<RecordedEvent>, StoreError> {
    if reader.capabilities().lookup_by_event_id {
        return reader.event_by_id(event_id).await;
    }
    let (from, direction) = (version.previous(), Direction::Forward);
    let page = reader.read_stream(ReadStream { stream: stream.clone(), from, direction, limit: 1 }).await?;
    Ok(page.events.into_iter().find(|event| event.event_id == event_id))
}

impl StoreCopy {
    /// Compares everything of the source up to a position with everything of the target.
    pub(super) async fn compare(
        &self,
        until: Position,
        total: Option<u64>,
        meter: &mut Meter<'_>,
        cancel: &CancellationToken,
    ) -> Result<(CopyComparison, Translator), CopyError> {
        let end = self.target.head().await.map_err(CopyError::target)?;
        let mut sides = Sides {
            copy: self,
            source: Walk::start(self.source.clone(), Position::ZERO, until, cancel),
            target: Walk::start(self.target.clone(), Position::ZERO, end, cancel),
            translator: self.translator(),
            until,
            chains: (None, None),
            displaced: HashSet::new(),
            read: 0,
        };
        let mut comparison = CopyComparison::default();
        meter.phase("compared", 0, total);
        let (mut wanted, mut found) = (sides.wanted().await?, sides.found().await?);
        loop {
            if comparison.is_full() {
                return Ok((CopyComparison { ended_early: true, ..comparison }, sides.translator));
            }
            meter.tell(sides.read, total);
            let step = match (&wanted, &found) {
                (None, None) => break,
                (Some(wanted), None) => {
                    comparison.of_event(wanted, None, CopyDifferenceKind::Missing, missing(wanted));
                    Step::Source
                }
                (None, Some(found)) => {
                    comparison.extra(found);
                    Step::Target
                }
                (Some(one), Some(other)) if one.event.event_id == other.event_id() => {
                    comparison.event(one, other);
                    found = sides.found().await?;
                    Step::Source
                }
                (Some(one), Some(other)) => sides.apart(one, other, &mut comparison).await?,
            };
            match step {
                Step::Source => wanted = sides.wanted().await?,
                Step::Target => found = sides.found().await?,
            }
        }
        comparison.chains = sides.chains.0.zip(sides.chains.1);
        self.compare_lengths(&sides.translator, &mut comparison).await.map_err(CopyError::target)?;
        Ok((comparison, sides.translator))
    }

    /// What the target keeps of its streams.
    async fn compare_lengths(&self, wanted: &Translator, comparison: &mut CopyComparison) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        let mut streams = Streams::of(&*self.target);
        while let Some(page) = streams.next().await? {
            for info in page {
                comparison.streams += 1;
                let length = wanted.streams().get(&info.stream).map_or(StreamVersion::ZERO, |track| track.copied);
                if length != info.version {
                    comparison.add(of_length(&info.stream, length, info.version));
                }
                seen.insert(info.stream);
            }
        }
        for (stream, track) in wanted.streams() {
            if track.copied > StreamVersion::ZERO && !seen.contains(stream) {
                comparison.add(of_length(stream, track.copied, StreamVersion::ZERO));
            }
        }
        Ok(())
    }
}

fn of_length(stream: &StreamName, wanted: StreamVersion, found: StreamVersion) -> CopyDifference {
    CopyDifference {
        kind: CopyDifferenceKind::StreamLength,
        stream: stream.clone(),
        event_id: None,
        source: None,
        target: None,
        message: format!("the target says that {stream} has {found} events, not {wanted}"),
    }
}
