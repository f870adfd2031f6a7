//! States kept between looks at the same streams. Events never change, so a kept state never becomes wrong.

use std::collections::{BTreeMap, HashMap, VecDeque};

use es_core::{StreamName, StreamVersion};

use crate::fold::Folded;
use crate::limits;

#[derive(Default)]
struct KeptStream {
    checkpoints: BTreeMap<StreamVersion, (Folded, usize)>,
    recent: VecDeque<(Folded, usize)>,
    /// Versions between two checkpoints; doubled whenever there are too many of them.
    spacing: u64,
    used_at: u64,
}

impl KeptStream {
    fn bytes(&self) -> usize {
        let kept = self.checkpoints.values().map(|(_, bytes)| bytes);
        kept.chain(self.recent.iter().map(|(_, bytes)| bytes)).sum()
    }

    fn thin(&mut self) {
        self.spacing *= 2;
        let spacing = self.spacing;
        self.checkpoints.retain(|version, _| version.get() % spacing == 0);
    }
}

/// Least-recently-used states of streams, within a number of bytes.
#[derive(Default)]
pub(crate) struct Cache {
    streams: HashMap<StreamName, KeptStream>,
    clock: u64,
}

impl Cache {
    /// The nearest kept state at or before a version. A failed fold is the answer for every later version.
    pub(crate) fn nearest(&mut self, stream: &StreamName, version: StreamVersion) -> Option<Folded> {
        self.clock += 1;
        let kept = self.streams.get_mut(stream)?;
        kept.used_at = self.clock;
        let checkpoint = kept.checkpoints.range(..=version).next_back().map(|(_, (folded, _))| folded);
        let usable = |folded: &&Folded| {
            folded.version <= version && folded.problem.as_ref().is_none_or(|problem| problem.version <= version)
        };
        let recent = kept.recent.iter().map(|(folded, _)| folded).filter(usable);
        recent.chain(checkpoint).max_by_key(|folded| (folded.version, folded.problem.is_some())).cloned()
    }

    /// Whether a state at this version should be kept for good.
    pub(crate) fn wants(&self, stream: &StreamName, version: StreamVersion) -> bool {
        let spacing = self.streams.get(stream).map_or(limits::CHECKPOINT_EVENTS, |kept| kept.spacing);
        version > StreamVersion::ZERO && version.get().is_multiple_of(spacing)
    }

    pub(crate) fn keep_checkpoint(&mut self, stream: &StreamName, folded: Folded, bytes: usize) {
        let kept = self.entry(stream);
        kept.checkpoints.insert(folded.version, (folded, bytes));
        if kept.checkpoints.len() > limits::CHECKPOINTS_PER_STREAM {
            kept.thin();
        }
        self.shrink(stream);
    }

    pub(crate) fn keep_recent(&mut self, stream: &StreamName, folded: Folded, bytes: usize) {
        let kept = self.entry(stream);
        kept.recent.retain(|(other, _)| {
            other.version != folded.version || other.problem.is_some() != folded.problem.is_some()
        });
        kept.recent.push_back((folded, bytes));
        if kept.recent.len() > limits::RECENT_STATES {
            kept.recent.pop_front();
        }
        self.shrink(stream);
    }

    fn entry(&mut self, stream: &StreamName) -> &mut KeptStream {
        self.clock += 1;
        let used_at = self.clock;
        let fresh = || KeptStream { spacing: limits::CHECKPOINT_EVENTS, ..KeptStream::default() };
        let kept = self.streams.entry(stream.clone()).or_insert_with(fresh);
        kept.used_at = used_at;
        kept
    }

    fn shrink(&mut self, current: &StreamName) {
        while self.streams.len() > limits::CACHED_STREAMS || self.bytes() > limits::CACHED_BYTES {
            let oldest = self.streams.iter().filter(|(name, _)| *name != current).min_by_key(|(_, kept)| kept.used_at);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { break };
            self.streams.remove(&name);
        }
        // One stream alone may still be too much: huge states are kept more sparsely, down to one.
        while let Some(kept) = self.streams.get_mut(current).filter(|kept| kept.bytes() > limits::CACHED_BYTES) {
            if kept.checkpoints.len() > 1 {
                kept.thin();
            } else if kept.recent.pop_front().is_none() {
                break;
            }
        }
    }

    fn bytes(&self) -> usize {
        self.streams.values().map(KeptStream::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use es_core::AnyState;

    fn folded(version: u64) -> Folded {
        Folded { version: StreamVersion(version), state: AnyState::new(version), problem: None }
    }

    #[test]
    fn checkpoints_are_thinned_and_the_nearest_one_is_found() {
        let (mut cache, stream) = (Cache::default(), StreamName::new("a-1").expect("valid"));
        for version in 1..=400_000 {
            if cache.wants(&stream, StreamVersion(version)) {
                cache.keep_checkpoint(&stream, folded(version), 10);
            }
        }
        let kept = &cache.streams[&stream];
        assert!(kept.checkpoints.len() <= limits::CHECKPOINTS_PER_STREAM, "{} kept", kept.checkpoints.len());
        let spacing = kept.spacing;
        for wanted in [1, 5_000, 123_456, 400_000] {
            let found = cache.nearest(&stream, StreamVersion(wanted)).map_or(0, |folded| folded.version.get());
            assert!(found <= wanted && wanted - found < spacing, "{found} is near {wanted}");
        }
    }

    #[test]
    fn the_stream_unused_for_longest_goes_first_and_bytes_are_bounded() {
        let mut cache = Cache::default();
        let name = |n: usize| StreamName::of("a", n).expect("valid");
        for n in 0..limits::CACHED_STREAMS {
            cache.keep_recent(&name(n), folded(1), 1);
        }
        assert!(cache.nearest(&name(0), StreamVersion(1)).is_some(), "used again");
        cache.keep_recent(&name(1000), folded(1), 1);
        assert!(cache.nearest(&name(0), StreamVersion(1)).is_some(), "still there");
        assert!(cache.nearest(&name(1), StreamVersion(1)).is_none(), "the one unused for longest is gone");
        for version in 1..=20 {
            cache.keep_recent(&name(1000), folded(version), limits::CACHED_BYTES / 4);
            cache.keep_checkpoint(&name(1000), folded(version * 256), limits::CACHED_BYTES / 4);
        }
        assert!(cache.bytes() <= limits::CACHED_BYTES, "{} bytes", cache.bytes());
    }
}
