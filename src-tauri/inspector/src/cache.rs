//! States kept between looks at the same streams. Events never change, so a kept state never becomes wrong.

use std::collections::{BTreeMap, HashMap, VecDeque};

use es_core::{Aggregate, StreamName, StreamVersion};

use crate::fold::Folded;
use crate::limits;
use crate::spill::Spill;

#[derive(Default)]
struct KeptStream {
    checkpoints: BTreeMap<StreamVersion, (Folded, usize)>,
    /// All checkpoints of a stream that has too many for memory, which then holds every second, fourth, … of them.
    spilled: Option<Spill>,
    /// Set once spilling has failed (no room, no right): memory alone must do.
    cannot_spill: bool,
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

    fn spilled_bytes(&self) -> u64 {
        self.spilled.as_ref().map_or(0, Spill::bytes)
    }

    /// Moves what is kept to a file, whose checkpoints stay as close as they are now. A failure costs time later, nothing else.
    fn spill(&mut self, aggregate: &dyn Aggregate) {
        if self.cannot_spill || self.spilled.is_some() {
            return;
        }
        let spilled = Spill::new(self.spacing).and_then(|mut spill| {
            for (version, (folded, _)) in &self.checkpoints {
                spill.put(*version, &aggregate.state_json(&folded.state))?;
            }
            Ok(spill)
        });
        self.cannot_spill = spilled.is_err();
        self.spilled = spilled.ok();
    }

    /// The nearest state in the file, if it is nearer than what memory has.
    fn unspilled(
        &mut self,
        aggregate: &dyn Aggregate,
        version: StreamVersion,
        in_memory: Option<StreamVersion>,
    ) -> Option<Folded> {
        let spill = self.spilled.as_mut()?;
        if spill.nearest_version(version) <= in_memory {
            return None;
        }
        let (version, state) = spill.nearest(version).ok()??;
        Some(Folded { version, state: aggregate.restore(&state)?, problem: None })
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
    pub(crate) fn nearest(
        &mut self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        version: StreamVersion,
    ) -> Option<Folded> {
        self.clock += 1;
        let kept = self.streams.get_mut(stream)?;
        kept.used_at = self.clock;
        let checkpoint = kept.checkpoints.range(..=version).next_back().map(|(_, (folded, _))| folded);
        let usable = |folded: &&Folded| {
            folded.version <= version && folded.problem.as_ref().is_none_or(|problem| problem.version <= version)
        };
        let recent = kept.recent.iter().map(|(folded, _)| folded).filter(usable);
        let nearest = recent.chain(checkpoint).max_by_key(|folded| (folded.version, folded.problem.is_some())).cloned();
        if nearest.as_ref().is_some_and(|folded| folded.problem.is_some()) {
            return nearest;
        }
        let in_memory = nearest.as_ref().map(|folded| folded.version);
        kept.unspilled(aggregate, version, in_memory).or(nearest)
    }

    /// Whether a state at this version should be kept for good.
    pub(crate) fn wants(&self, stream: &StreamName, version: StreamVersion) -> bool {
        let Some(kept) = self.streams.get(stream) else {
            return version > StreamVersion::ZERO && version.get().is_multiple_of(limits::CHECKPOINT_EVENTS);
        };
        let spilled = kept.spilled.as_ref().is_some_and(|spill| spill.wants(version));
        let kept_here = version.get().is_multiple_of(kept.spacing) && !kept.checkpoints.contains_key(&version);
        version > StreamVersion::ZERO && (spilled || kept_here)
    }

    /// Keeps a state for good, of which this is the text.
    pub(crate) fn keep_checkpoint(
        &mut self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        folded: &Folded,
        state: &str,
    ) {
        let kept = self.entry(stream);
        if let Some(spill) = &mut kept.spilled
            && spill.put(folded.version, state).is_err()
        {
            kept.spilled = None;
            kept.cannot_spill = true;
        }
        if folded.version.get().is_multiple_of(kept.spacing) {
            kept.checkpoints.insert(folded.version, (folded.clone(), state.len()));
        }
        if kept.checkpoints.len() > limits::CHECKPOINTS_PER_STREAM {
            kept.spill(aggregate);
            kept.thin();
        }
        self.shrink(aggregate, stream);
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
        self.shrink_others(stream);
        self.shrink_recent(stream);
    }

    fn entry(&mut self, stream: &StreamName) -> &mut KeptStream {
        self.clock += 1;
        let used_at = self.clock;
        let fresh = || KeptStream { spacing: limits::CHECKPOINT_EVENTS, ..KeptStream::default() };
        let kept = self.streams.entry(stream.clone()).or_insert_with(fresh);
        kept.used_at = used_at;
        kept
    }

    fn shrink(&mut self, aggregate: &dyn Aggregate, current: &StreamName) {
        self.shrink_others(current);
        // One stream alone may still be too much: huge states are kept more sparsely, down to one.
        while let Some(kept) = self.streams.get_mut(current).filter(|kept| kept.bytes() > limits::CACHED_BYTES) {
            if kept.checkpoints.len() <= 1 {
                break;
            }
            kept.spill(aggregate);
            kept.thin();
        }
        self.shrink_recent(current);
    }

    fn shrink_others(&mut self, current: &StreamName) {
        while self.streams.len() > limits::CACHED_STREAMS
            || self.bytes() > limits::CACHED_BYTES
            || self.streams.values().map(KeptStream::spilled_bytes).sum::<u64>() > limits::SPILLED_BYTES
        {
            let oldest = self.streams.iter().filter(|(name, _)| *name != current).min_by_key(|(_, kept)| kept.used_at);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { break };
            self.streams.remove(&name);
        }
    }

    fn shrink_recent(&mut self, current: &StreamName) {
        while let Some(kept) = self.streams.get_mut(current).filter(|kept| kept.bytes() > limits::CACHED_BYTES) {
            if kept.recent.pop_front().is_none() {
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
    use es_core::{
        AnyState, CommandContext, CommandError, DecodeError, EncodedEvent, ParsedCommand, References, Rejection,
    };

    /// States are numbers, written as such.
    struct Counter;

    impl Aggregate for Counter {
        fn category(&self) -> &'static str {
            "a"
        }
        fn state_version(&self) -> u32 {
            1
        }
        fn restarted_by(&self) -> &'static [&'static str] {
            &[]
        }
        fn erased_by(&self) -> &'static [&'static str] {
            &[]
        }
        fn revealed_by(&self) -> &'static [&'static str] {
            &[]
        }
        fn initial(&self) -> AnyState {
            AnyState::new(0_u64)
        }
        fn evolve(&self, _: &mut AnyState, _: &str, _: &str) -> Result<(), DecodeError> {
            Ok(())
        }
        fn parse(&self, command_type: &str, _: &str) -> Result<ParsedCommand, CommandError> {
            Err(CommandError::UnknownCommand { command_type: command_type.to_owned() })
        }
        fn decide(
            &self,
            _: &AnyState,
            _: &ParsedCommand,
            _: &CommandContext,
            _: &References,
        ) -> Result<Vec<EncodedEvent>, Rejection> {
            Ok(Vec::new())
        }
        fn state_json(&self, state: &AnyState) -> String {
            state.downcast_ref::<u64>().map_or_else(String::new, ToString::to_string)
        }
        fn restore(&self, json: &str) -> Option<AnyState> {
            json.parse::<u64>().ok().map(AnyState::new)
        }
    }

    fn folded(version: u64) -> Folded {
        Folded { version: StreamVersion(version), state: AnyState::new(version), problem: None }
    }

    fn keep(cache: &mut Cache, stream: &StreamName, version: u64, bytes: usize) {
        cache.keep_checkpoint(&Counter, stream, &folded(version), &format!("{}{version}", "0".repeat(bytes)));
    }

    #[test]
    fn every_checkpoint_of_a_long_stream_is_found_in_memory_or_in_its_file() {
        let (mut cache, stream) = (Cache::default(), StreamName::new("a-1").expect("valid"));
        for version in 1..=400_000 {
            if cache.wants(&stream, StreamVersion(version)) {
                keep(&mut cache, &stream, version, 10);
            }
        }
        let kept = &cache.streams[&stream];
        assert!(kept.checkpoints.len() <= limits::CHECKPOINTS_PER_STREAM, "{} in memory", kept.checkpoints.len());
        assert!(kept.spacing > limits::CHECKPOINT_EVENTS, "memory holds them more sparsely");
        for wanted in [1, 255, 256, 5_000, 123_456, 400_000] {
            let found = cache.nearest(&Counter, &stream, StreamVersion(wanted));
            let version = found.as_ref().map_or(0, |folded| folded.version.get());
            assert_eq!(version, wanted / limits::CHECKPOINT_EVENTS * limits::CHECKPOINT_EVENTS, "near {wanted}");
            let state = found.and_then(|folded| folded.state.downcast_ref::<u64>().copied()).unwrap_or_default();
            assert_eq!(state, version, "the state is that of its version");
        }
    }

    #[test]
    fn without_a_file_memory_still_has_near_ones() {
        let (mut cache, stream) = (Cache::default(), StreamName::new("a-1").expect("valid"));
        keep(&mut cache, &stream, 256, 10);
        cache.entry(&stream).cannot_spill = true;
        for version in 1..=400_000 {
            if cache.wants(&stream, StreamVersion(version)) {
                keep(&mut cache, &stream, version, 10);
            }
        }
        let spacing = cache.streams[&stream].spacing;
        for wanted in [5_000, 123_456, 400_000] {
            let found =
                cache.nearest(&Counter, &stream, StreamVersion(wanted)).map_or(0, |folded| folded.version.get());
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
        assert!(cache.nearest(&Counter, &name(0), StreamVersion(1)).is_some(), "used again");
        cache.keep_recent(&name(1000), folded(1), 1);
        assert!(cache.nearest(&Counter, &name(0), StreamVersion(1)).is_some(), "still there");
        assert!(cache.nearest(&Counter, &name(1), StreamVersion(1)).is_none(), "the one unused for longest is gone");
        for version in 1..=20 {
            cache.keep_recent(&name(1000), folded(version), limits::CACHED_BYTES / 4);
            keep(&mut cache, &name(1000), version * 256, limits::CACHED_BYTES / 4);
        }
        assert!(cache.bytes() <= limits::CACHED_BYTES, "{} bytes", cache.bytes());
    }
}
