//! Simulated histories as a store would hold them.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::BTreeMap;

use bank::simulator::{Simulator, SimulatorConfig};
use es_core::event::metadata_ids;
use es_core::{CurrentEvent, Domain, ExpectedVersion, Hash, ImportedAppend, Position, RecordedEvent, StreamVersion};

pub fn appends(seed: u64, events: u64) -> Vec<ImportedAppend> {
    Simulator::new(SimulatorConfig { seed, events }).expect("the domain is sound").collect()
}

/// The events with the positions and versions that a store gives them; expected versions are checked on the way.
pub fn history(seed: u64, events: u64) -> Vec<RecordedEvent> {
    let mut versions = BTreeMap::new();
    let mut records = Vec::new();
    for append in appends(seed, events) {
        for part in append.request.parts {
            let version = versions.entry(part.stream.clone()).or_insert(0_u64);
            let expected = match part.expected {
                ExpectedVersion::NoStream => 0,
                ExpectedVersion::Exact(version) => version.get(),
                other => panic!("the simulator always says which version it expects, not {other}"),
            };
            assert_eq!(expected, *version, "the expected version of {} is right", part.stream);
            for event in part.events {
                *version += 1;
                let (correlation_id, causation_id) = metadata_ids(&event.metadata);
                records.push(RecordedEvent {
                    position: Position(records.len() as u64 + 1),
                    stream: part.stream.clone(),
                    version: StreamVersion(*version),
                    event_id: event.event_id,
                    event_type: event.event_type,
                    schema_version: event.schema_version,
                    payload: event.payload,
                    metadata: event.metadata,
                    correlation_id,
                    causation_id,
                    recorded_at: append.recorded_at,
                    content_hash: Hash::ZERO,
                    chain_hash: None,
                });
            }
        }
    }
    records
}

pub fn current<'a>(domain: &Domain, record: &'a RecordedEvent) -> Vec<CurrentEvent<'a>> {
    domain.upcasters.upcast(record).unwrap_or_else(|error| panic!("event {} upcasts: {error}", record.position))
}
