//! Writing events into a file: the whole match, in order, page by page.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use async_trait::async_trait;
use es_core::{EventFilter, EventReader, Hash, Position, RecordedEvent, StoreError, StreamName, StreamVersion};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::FileFormat;
use crate::copy::{Entry, Walk};
use crate::progress::{Meter, ProgressSink};

/// Decides which of some events pass, where the store's filter cannot.
#[async_trait]
pub trait Sieve: Send + Sync {
    /// Keeps of some events those that pass, in order.
    async fn sift(&self, events: Vec<RecordedEvent>) -> Result<Sifted, StoreError>;
}

/// What passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sifted {
    /// The events, in order.
    pub events: Vec<RecordedEvent>,
    /// How many could not be decided.
    pub undecided: u64,
    /// The first of them, and why.
    pub first_undecided: Option<(Position, String)>,
}

/// What is exported.
pub struct Export {
    /// From where.
    pub reader: Arc<dyn EventReader>,
    /// Which events.
    pub filter: EventFilter,
    /// What else has to hold of them.
    pub sieve: Option<Arc<dyn Sieve>>,
    /// How they are written.
    pub format: FileFormat,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    /// Events written.
    pub events: u64,
    /// Bytes written.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: Hash,
    /// The log's last position when it began.
    pub through: Position,
    /// Streams of which earlier events were not written.
    pub partial_streams: u64,
    /// Scavenged events without their archive: of them only a stub is left. Only counted where every event is exported; a stub
    /// does not tell whether it would match.
    pub scavenged: u64,
    /// Events that the sieve could not decide on.
    pub undecided: u64,
    /// The first of them, and why.
    pub first_undecided: Option<(Position, String)>,
}

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store fails, or somebody asked to stop.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] io::Error),
}

/// What is written goes through here.
struct Target<W> {
    out: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Target<W> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let written = self.out.write(part)?;
        self.hasher.update(&part[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Works on the target where waiting for the disk is allowed.
async fn off_thread<W: Write + Send + 'static>(
    mut target: Target<W>,
    work: impl FnOnce(&mut Target<W>) -> io::Result<()> + Send + 'static,
) -> Result<Target<W>, ExportError> {
    let done = tokio::task::spawn_blocking(move || work(&mut target).map(|()| target));
    Ok(done.await.map_err(io::Error::other)??)
}

/// Events that are written at once.
const BATCH: usize = 512;

impl Export {
    /// Writes everything that matches up to the head at this moment, and gives the target back, flushed.
    ///
    /// # Errors
    /// The store or the file fails, or it was cancelled; what is in the target then is of no use.
    pub async fn run<W: Write + Send + 'static>(
        &self,
        out: W,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<(ExportReport, W), ExportError> {
        let through = self.reader.head().await?;
        let format = self.format;
        let mut target = Target { out, hasher: Sha256::new(), bytes: 0 };
        target = off_thread(target, move |target| format.begin(target)).await?;
        let mut report = ExportReport {
            events: 0,
            bytes: 0,
            sha256: Hash::ZERO,
            through,
            partial_streams: 0,
            scavenged: 0,
            undecided: 0,
            first_undecided: None,
        };
        let mut tracks = Tracks::default();
        let mut walk = Walk::filtered(self.reader.clone(), self.filter.clone(), (Position::ZERO, through), cancel);
        let mut meter = Meter::new(progress);
        let total =
            (self.filter.is_unrestricted() && self.reader.capabilities().dense_positions).then_some(through.get());
        meter.phase("exported", 0, total);
        loop {
            let (mut events, mut ended) = (Vec::with_capacity(BATCH), false);
            while events.len() < BATCH && !ended {
                match walk.next().await? {
                    Some(Entry::Event(event) | Entry::Archived(event)) => events.push(event),
                    Some(Entry::Stub(_)) => report.scavenged += 1,
                    None => ended = true,
                }
            }
            if let Some(sieve) = &self.sieve {
                let sifted = sieve.sift(events).await?;
                events = sifted.events;
                report.undecided += sifted.undecided;
                report.first_undecided = report.first_undecided.take().or(sifted.first_undecided);
            }
            report.events += events.len() as u64;
            events.iter().for_each(|event| tracks.take(event));
            target = off_thread(target, move |target| {
                events.iter().try_for_each(|event| format.write(event, target))?;
                if ended { target.flush() } else { Ok(()) }
            })
            .await?;
            meter.tell(report.events, total);
            if ended {
                break;
            }
        }
        meter.finish();
        report.partial_streams = tracks.partial();
        (report.bytes, report.sha256) = (target.bytes, Hash(target.hasher.finalize().into()));
        Ok((report, target.out))
    }
}

/// Streams so far: whether each is there from its first event on, without a gap.
#[derive(Default)]
pub(super) struct Tracks(HashMap<StreamName, Track>);

struct Track {
    last: StreamVersion,
    partial: bool,
}

impl Tracks {
    pub(super) fn take(&mut self, event: &RecordedEvent) {
        match self.0.get_mut(&event.stream) {
            Some(track) => {
                track.partial |= event.version != track.last.next();
                track.last = event.version;
            }
            None => {
                let partial = event.version != StreamVersion(1);
                self.0.insert(event.stream.clone(), Track { last: event.version, partial });
            }
        }
    }

    /// How many begin later or have a gap.
    pub(super) fn partial(&self) -> u64 {
        self.0.values().filter(|track| track.partial).count() as u64
    }

    /// The first of them by name.
    pub(super) fn first_partial(&self) -> Option<&StreamName> {
        self.0.iter().filter(|(_, track)| track.partial).map(|(stream, _)| stream).min()
    }
}
