//! Checkpoints of one long stream in a temporary file without a name: it goes when it is closed, however the program ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use es_core::StreamVersion;

use crate::limits;

struct Place {
    offset: u64,
    bytes: usize,
}

/// States by version, as the text that their aggregate reads back.
pub(crate) struct Spill {
    file: File,
    places: BTreeMap<StreamVersion, Place>,
    end: u64,
    /// Versions between two checkpoints; doubled whenever they take too much room.
    spacing: u64,
}

impl Spill {
    pub(crate) fn new(spacing: u64) -> std::io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, places: BTreeMap::new(), end: 0, spacing })
    }

    pub(crate) fn wants(&self, version: StreamVersion) -> bool {
        version.get().is_multiple_of(self.spacing) && !self.places.contains_key(&version)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.end
    }

    pub(crate) fn put(&mut self, version: StreamVersion, state: &str) -> std::io::Result<()> {
        if !self.wants(version) {
            return Ok(());
        }
        if self.end + state.len() as u64 > limits::SPILLED_BYTES_PER_STREAM && self.places.len() > 1 {
            self.thin()?;
            return self.put(version, state);
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(state.as_bytes())?;
        self.places.insert(version, Place { offset: self.end, bytes: state.len() });
        self.end += state.len() as u64;
        Ok(())
    }

    /// The nearest state at or before a version, with its version.
    pub(crate) fn nearest(&mut self, version: StreamVersion) -> std::io::Result<Option<(StreamVersion, String)>> {
        let Some((found, place)) = self.places.range(..=version).next_back() else { return Ok(None) };
        let text = read(&mut self.file, place)?;
        Ok(Some((*found, text)))
    }

    pub(crate) fn nearest_version(&self, version: StreamVersion) -> Option<StreamVersion> {
        self.places.range(..=version).next_back().map(|(found, _)| *found)
    }

    /// Copies every second checkpoint to a new file.
    fn thin(&mut self) -> std::io::Result<()> {
        let mut thinner = Self::new(self.spacing * 2)?;
        for (version, place) in &self.places {
            if thinner.wants(*version) {
                let text = read(&mut self.file, place)?;
                thinner.put(*version, &text)?;
            }
        }
        *self = thinner;
        Ok(())
    }
}

fn read(file: &mut File, place: &Place) -> std::io::Result<String> {
    let mut bytes = vec![0; place.bytes];
    file.seek(SeekFrom::Start(place.offset))?;
    file.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_checkpoint_comes_back_as_it_was_written() {
        let mut spill = Spill::new(10).expect("a temporary file");
        for version in 1..=1000 {
            spill.put(StreamVersion(version), &format!("{{\"é\":{version}}}")).expect("written");
        }
        for (wanted, found) in [(10, 10), (19, 10), (995, 990), (5000, 1000)] {
            let nearest = spill.nearest(StreamVersion(wanted)).expect("read");
            assert_eq!(nearest, Some((StreamVersion(found), format!("{{\"é\":{found}}}"))), "near {wanted}");
        }
        assert_eq!(spill.nearest(StreamVersion(9)).expect("read"), None, "nothing lies before the first");
    }

    #[test]
    fn large_states_are_kept_more_sparsely_within_the_room() {
        let mut spill = Spill::new(1).expect("a temporary file");
        let large = usize::try_from(limits::SPILLED_BYTES_PER_STREAM / 8).expect("fits");
        let text = "x".repeat(large);
        for version in 1..=20 {
            spill.put(StreamVersion(version), &text).expect("written");
        }
        assert!(spill.bytes() <= limits::SPILLED_BYTES_PER_STREAM, "{} bytes", spill.bytes());
        let nearest = spill.nearest_version(StreamVersion(20)).expect("some are left");
        assert!(nearest >= StreamVersion(16), "the latest are near: {nearest}");
    }
}
