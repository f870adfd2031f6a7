//! Stores in memory.

use std::sync::Arc;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::*;

pub type Events = MemoryEventStore;
pub type ReadModels = MemoryReadModels;

/// What has to live as long as the stores: nothing.
pub struct Ground;

pub fn ground() -> Ground {
    Ground
}

pub fn events(_: &Ground, clock: Arc<dyn Clock>, wake_ups: bool) -> Arc<Events> {
    let events = MemoryEventStore::new(clock);
    events.set_wake_ups(wake_ups);
    Arc::new(events)
}

pub fn read_models() -> Arc<ReadModels> {
    Arc::new(MemoryReadModels::new())
}
