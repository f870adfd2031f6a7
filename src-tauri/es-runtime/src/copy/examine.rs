//! Before anything is written: walks the source, finds out what the target cannot keep, and that what the target holds is a
//! beginning of the source.

use es_core::{EventReader, Position, StoreError, StreamInfo, StreamOrder, StreamQuery, limits};
use tokio_util::sync::CancellationToken;

use super::StoreCopy;
use super::differ::differences;
use super::report::{CopyConflict, CopyError, CopyNoteExample, CopyNoteKind, CopyNotes, CopyReport};
use super::translate::{Outgoing, Translator};
use super::walk::{Entry, Walk, is_servers_own};
use crate::progress::Meter;

/// What an examination found out.
pub(super) struct Examined {
    /// The source's last position that is copied.
    pub(super) until: Position,
    /// Events of the source that the target has.
    pub(super) already: u64,
    /// Everything of the source up to here is in the target, or left out.
    pub(super) resume: (Position, Translator),
    /// What it comes to in the end.
    pub(super) whole: Translator,
}

impl CopyReport {
    /// What a copy of everything translated comes to.
    pub(super) fn of(until: Position, already: u64, whole: &Translator) -> Self {
        Self {
            until,
            events: whole.events(),
            bytes: whole.bytes(),
            streams: whole.streams().values().filter(|track| track.copied.get() > 0).count() as u64,
            already,
            notes: whole.notes().clone(),
            ..Self::default()
        }
    }
}

impl StoreCopy {
    /// Walks both logs side by side up to the end of the target's, and the source's alone from there.
    pub(super) async fn examine(
        &self,
        meter: &mut Meter<'_>,
        cancel: &CancellationToken,
    ) -> Result<Examined, CopyError> {
        let until = self.source.head().await.map_err(CopyError::source)?;
        let end = self.target.head().await.map_err(CopyError::target)?;
        let mut source = Walk::start(self.source.clone(), Position::ZERO, until, cancel);
        let mut target = Walk::start(self.target.clone(), Position::ZERO, end, cancel);
        let mut translator = self.translator();
        let (mut at, mut read, mut already, mut resume) = (Position::ZERO, 0, 0, None);
        let total = self.source.capabilities().dense_positions.then_some(until.get());
        meter.phase("examined", 0, total);
        let mut found = target.next_of_clients().await.map_err(CopyError::target)?;
        while let Some(entry) = source.next().await.map_err(CopyError::source)? {
            if found.is_none() && resume.is_none() {
                resume = Some((at, translator.clone()));
            }
            (at, read) = (entry.position(), read + 1);
            meter.tell(read, total);
            let Some(outgoing) = translator.take(entry) else { continue };
            if let Some(there) = &found {
                check(&outgoing, there)?;
                already += 1;
                found = target.next_of_clients().await.map_err(CopyError::target)?;
            }
        }
        if let Some(extra) = found {
            return Err(conflict(None, &extra, "the source ends before it".to_owned()));
        }
        let resume = resume.unwrap_or_else(|| (until, translator.clone()));
        note_streams(&*self.source, translator.notes_mut()).await.map_err(CopyError::source)?;
        Ok(Examined { until, already, resume, whole: translator })
    }
}

fn check(wanted: &Outgoing, found: &Entry) -> Result<(), CopyError> {
    let differences = differences(wanted, found);
    if differences.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = differences.into_iter().map(|(_, message)| message).collect();
    let Outgoing { source, stream, version, event, .. } = wanted;
    let reason = format!(
        "the source has event {} of {stream}, version {version} there, from position {source}: {}",
        event.event_id,
        told.join("; ")
    );
    Err(conflict(Some(wanted), found, reason))
}

fn conflict(wanted: Option<&Outgoing>, found: &Entry, reason: String) -> CopyError {
    CopyError::Conflict(Box::new(CopyConflict {
        stream: found.stream().clone(),
        version: found.version(),
        event_id: found.event_id(),
        position: found.position(),
        wanted: wanted.map(|wanted| wanted.event.event_id),
        reason,
    }))
}

/// Streams that a copy shows otherwise: what is truncated or closed is so by a store's own decision, which is not copied.
pub(super) async fn note_streams(source: &dyn EventReader, notes: &mut CopyNotes) -> Result<(), StoreError> {
    let mut streams = Streams::of(source);
    while let Some(page) = streams.next().await? {
        for info in page {
            let (begins, version) = (info.truncated_before, info.version);
            let example = |detail| CopyNoteExample { position: None, stream: info.stream.clone(), version, detail };
            if begins.get() > 1 {
                notes
                    .add(CopyNoteKind::StreamWhole, 1, || example(format!("begins at version {begins} in the source")));
            }
            if let Some(closed_at) = info.closed_at {
                notes.add(CopyNoteKind::StreamOpen, 1, || example(format!("closed at {closed_at} in the source")));
            }
        }
    }
    Ok(())
}

/// All streams of clients, page by page.
pub(super) struct Streams<'a> {
    reader: &'a dyn EventReader,
    offset: u64,
}

impl<'a> Streams<'a> {
    pub(super) fn of(reader: &'a dyn EventReader) -> Self {
        Self { reader, offset: 0 }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<StreamInfo>>, StoreError> {
        let query = StreamQuery {
            category: None,
            contains: None,
            system: true,
            order: StreamOrder::Name,
            offset: self.offset,
            limit: limits::PAGE_EVENTS,
        };
        let mut streams = self.reader.streams(&query).await?.streams;
        self.offset += streams.len() as u64;
        if streams.is_empty() {
            return Ok(None);
        }
        streams.retain(|info| !is_servers_own(&info.stream));
        Ok(Some(streams))
    }
}
