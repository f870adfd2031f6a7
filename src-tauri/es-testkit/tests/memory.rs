//! The contract suites on the memory stores, whole and reduced to what the least able backend offers.

mod sparse;

use std::sync::Arc;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_testkit::{
    Fixture, ManualClock, ReadModelFixture, event_store_contract, read_model_contract, subject_keys_contract, time,
};

async fn events(wake_ups: bool) -> Fixture {
    let clock = Arc::new(ManualClock::new(time(0)));
    let store = MemoryEventStore::new(clock.clone());
    store.set_wake_ups(wake_ups);
    let fixture = Fixture::new(Arc::new(store)).with_clock(clock);
    if wake_ups { fixture } else { fixture.without_wake_ups() }
}

async fn read_models() -> ReadModelFixture {
    ReadModelFixture::new(Arc::new(MemoryReadModels::new()))
}

event_store_contract!(memory_events, events(true));
event_store_contract!(memory_events_without_wake_ups, events(false));
event_store_contract!(sparse_events, async { sparse::fixture(false) });
event_store_contract!(sparse_events_beside_system_events, async { sparse::fixture(true) });
subject_keys_contract!(memory_subject_keys, events(true));
subject_keys_contract!(sparse_subject_keys, async { sparse::fixture(false) });
read_model_contract!(memory_read_models, read_models());
