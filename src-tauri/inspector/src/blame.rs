//! Blame: for every value of a state the event that last set it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use es_core::{RecordedEvent, StreamName, StreamVersion};

use crate::fold::{FoldProblem, Folded, InspectError, aggregate_of};
use crate::inspector::Inspector;
use crate::json::{Document, Kind};
use crate::limits;
use crate::pace::Pace;
use crate::tree::{identity_partners, pointer_of};
use crate::views::EventSummary;

/// Which event last set each value of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// The stream.
    pub stream: StreamName,
    /// Version of the state.
    pub version: StreamVersion,
    /// The stream's last version.
    pub last_version: StreamVersion,
    /// Events before this version are gone; a value blamed on this one may be older. 0 or 1 if none are.
    pub begins_at: StreamVersion,
    /// Every value, depth first, as in the state's tree.
    pub paths: Vec<PathBlame>,
    /// Values that are left out, because there are too many.
    pub left_out: usize,
    /// The events that are blamed, by version.
    pub events: Vec<EventSummary>,
    /// Set if the fold failed at or before this version: the blame is that of the state before the failing event.
    pub problem: Option<FoldProblem>,
}

/// Which event last set one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathBlame {
    /// JSON pointer.
    pub path: String,
    /// Version of the event that last changed it; of a container, that last changed anything in it. 0: it was never set, it is
    /// what the state begins with.
    pub version: StreamVersion,
}

/// A state with the blame of each of its values, on its way through a stream.
#[derive(Clone)]
struct Track {
    text: String,
    document: Document,
    /// By node of the document.
    versions: Vec<StreamVersion>,
    /// Events that are or were blamed.
    events: HashMap<StreamVersion, RecordedEvent>,
}

impl Track {
    fn start(state: String) -> Result<Self, String> {
        let document = Document::parse(&state).map_err(|error| error.to_string())?;
        let versions = vec![StreamVersion::ZERO; document.len()];
        Ok(Self { text: state, document, versions, events: HashMap::new() })
    }

    fn take(&mut self, event: &RecordedEvent, state: String) -> Result<(), String> {
        if self.text == state {
            return Ok(());
        }
        let document = Document::parse(&state).map_err(|error| error.to_string())?;
        self.versions = carried(&self.document, &self.versions, &document, event.version);
        self.document = document;
        self.text = state;
        self.events.insert(event.version, event.clone());
        // Events whose every trace was overwritten are let go now and then, so that a long history takes no room.
        if self.events.len() > 2 * self.versions.len() + 1024 {
            let blamed: std::collections::HashSet<_> = self.versions.iter().copied().collect();
            self.events.retain(|version, _| blamed.contains(version));
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let events = self.events.values().map(|event| event.payload.as_bytes().len() + event.metadata.len() + 256);
        self.text.len() * 2 + self.versions.len() * 40 + events.sum::<usize>()
    }
}

/// The blame of the next state: what did not change keeps its own.
fn carried(before: &Document, blame: &[StreamVersion], after: &Document, version: StreamVersion) -> Vec<StreamVersion> {
    let mut carried = vec![version; after.len()];
    let mut open = vec![(0, 0)];
    while let Some((old, new)) = open.pop() {
        if before.raw(old) == after.raw(new) {
            let size = after.size(new);
            carried[new..new + size].copy_from_slice(&blame[old..old + size]);
            continue;
        }
        let (old_kind, new_kind) = (before.node(old).kind, after.node(new).kind);
        if old_kind != new_kind {
            continue;
        }
        if !new_kind.is_container() {
            // The same text, written differently.
            if before.scalar(old) == after.scalar(new) {
                carried[new] = blame[old];
            }
            continue;
        }
        let (old_children, new_children) = (before.children(old), after.children(new));
        let partners = if new_kind == Kind::Object {
            crate::tree::match_keys(before, &old_children, after, &new_children)
        } else {
            identity_partners(before, &old_children, after, &new_children)
                .unwrap_or_else(|| (0..new_children.len()).map(|at| (at < old_children.len()).then_some(at)).collect())
        };
        for (child, partner) in new_children.iter().zip(partners) {
            open.extend(partner.map(|partner| (old_children[partner], *child)));
        }
    }
    carried
}

/// Tracks with their sizes.
type KeptTracks = BTreeMap<StreamVersion, (Arc<Track>, usize)>;

/// Tracks of the streams that were last asked about.
#[derive(Default)]
pub(crate) struct BlameCache(VecDeque<(StreamName, KeptTracks)>);

impl BlameCache {
    fn nearest(&self, stream: &StreamName, version: StreamVersion) -> Option<(StreamVersion, Arc<Track>)> {
        let (_, tracks) = self.0.iter().find(|(name, _)| name == stream)?;
        tracks.range(..=version).next_back().map(|(version, (track, _))| (*version, Arc::clone(track)))
    }

    fn keep(&mut self, stream: &StreamName, version: StreamVersion, track: Track) {
        let mut tracks = match self.0.iter().position(|(name, _)| name == stream) {
            Some(at) => self.0.remove(at).map(|(_, tracks)| tracks).unwrap_or_default(),
            None => BTreeMap::new(),
        };
        let bytes = track.bytes();
        tracks.insert(version, (Arc::new(track), bytes));
        // Every version that was asked about is kept until there are too many; then every second one goes.
        if tracks.len() > limits::BLAMES_KEPT {
            let mut stays = false;
            tracks.retain(|kept, _| {
                stays = !stays;
                stays || *kept == version
            });
        }
        self.0.push_back((stream.clone(), tracks));
        if self.0.len() > limits::BLAMED_STREAMS {
            self.0.pop_front();
        }
        while self.bytes() > limits::CACHED_BYTES {
            let Some((_, tracks)) = self.0.front_mut() else { break };
            if tracks.len() > 1 {
                tracks.pop_first();
            } else {
                self.0.pop_front();
            }
        }
    }

    fn bytes(&self) -> usize {
        self.0.iter().flat_map(|(_, tracks)| tracks.values()).map(|(_, bytes)| bytes).sum()
    }
}

impl Inspector {
    /// Which event last set each value of the state at a version. Elements of an array are followed by their identity
    /// (`holdId`, `id`, …) where they have one, else by their index.
    ///
    /// # Errors
    /// As [`Inspector::state_at`].
    pub async fn blame(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        pace: Pace<'_>,
    ) -> Result<Blame, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let (info, _) = self.stream_at(stream, StreamVersion::ZERO).await?;
        if version > info.version {
            return Err(InspectError::NoSuchVersion { stream: stream.clone(), version, last: info.version });
        }
        let kept = self.blames().nearest(stream, version);
        let (from, mut track) = match kept {
            Some((from, track)) => (from, Ok(Track::clone(&track))),
            None => (StreamVersion::ZERO, Track::start(aggregate.state_json(&aggregate.initial()))),
        };
        let start = self.folded(aggregate, stream, from, pace.cancel).await?;
        let spacing = (info.version.get() / limits::BLAMES_PER_STREAM).max(limits::CHECKPOINT_EVENTS);
        let folded = self
            .fold_on(aggregate, stream, start, version, pace, &mut |event, folded: &Folded| {
                if folded.problem.is_none()
                    && let Ok(sound) = &mut track
                {
                    let taken = sound.take(event, aggregate.state_json(&folded.state));
                    if taken.is_ok() && event.version.get().is_multiple_of(spacing) {
                        self.blames().keep(stream, event.version, sound.clone());
                    }
                    if let Err(reason) = taken {
                        track = Err(reason);
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            })
            .await?;
        let track = track.map_err(|reason| InspectError::NotJson { stream: stream.clone(), reason })?;
        let blame = self.told(stream, version, &info, &track, folded.problem);
        if blame.problem.is_none() {
            self.blames().keep(stream, version, track);
        }
        Ok(blame)
    }

    fn told(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        info: &es_core::StreamInfo,
        track: &Track,
        problem: Option<FoldProblem>,
    ) -> Blame {
        let paths = paths(&track.document, &track.versions);
        let mut blamed: Vec<_> = paths.iter().map(|path| path.version).collect();
        blamed.sort_unstable();
        blamed.dedup();
        let events = blamed.iter().filter_map(|version| track.events.get(version));
        Blame {
            stream: stream.clone(),
            version,
            last_version: info.version,
            begins_at: info.truncated_before,
            left_out: track.document.len() - paths.len(),
            events: events.map(|event| self.summary(event)).collect(),
            paths,
            problem,
        }
    }

    fn blames(&self) -> std::sync::MutexGuard<'_, BlameCache> {
        self.blamed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The paths of a document, depth first, to the depth that trees are shown.
fn paths(document: &Document, versions: &[StreamVersion]) -> Vec<PathBlame> {
    let mut paths = Vec::new();
    let mut open = vec![(0, String::new(), 0_usize)];
    while let Some((index, path, depth)) = open.pop() {
        if paths.len() >= limits::NODES_SHOWN {
            break;
        }
        if depth < limits::DEPTH_SHOWN {
            let children: Vec<_> = document.children(index).into_iter().enumerate().collect();
            let child = |(at, child)| (child, pointer_of(&path, document, index, child, at), depth + 1);
            open.extend(children.into_iter().rev().map(child));
        }
        paths.push(PathBlame { path, version: versions[index] });
    }
    paths
}
