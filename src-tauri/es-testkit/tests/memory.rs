//! The contract suites on the memory stores, whole and reduced to what the least able backend offers.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod sparse;

use std::sync::Arc;
use std::time::Duration;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::{AppendRequest, EventStore, ExpectedVersion};
use es_testkit::{
    Fixture, ManualClock, ReadModelFixture, event_store_contract, numbered, read_model_contract, stream,
    subject_keys_contract, time,
};

async fn events(wake_ups: bool) -> Fixture {
    let clock = Arc::new(ManualClock::new(time(0)));
    let store = MemoryEventStore::new(clock.clone());
    store.set_wake_ups(wake_ups);
    let fixture = Fixture::new(Arc::new(store)).with_clock(clock);
    if wake_ups { fixture } else { fixture.without_wake_ups() }
}

/// A share of a log that has events before, and into which others write the same names all the time.
async fn shared() -> Fixture {
    let log: Arc<dyn EventStore> = Arc::new(sparse::SparseStore::new(MemoryEventStore::default(), true));
    let neighbours = Fixture::sharing(log.clone()).await.store;
    let write = async move || {
        let request =
            AppendRequest::to_stream(stream("account-1"), ExpectedVersion::Any, vec![numbered(1), numbered(2)]);
        neighbours.append(request).await.expect("the neighbours write");
    };
    for _ in 0..50 {
        write().await;
    }
    let fixture = Fixture::sharing(log).await.with_append_bytes(sparse::APPEND_BYTES);
    let writing = tokio::spawn(async move {
        loop {
            write().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    fixture.keeping(writing)
}

async fn read_models() -> ReadModelFixture {
    ReadModelFixture::new(Arc::new(MemoryReadModels::new()))
}

event_store_contract!(memory_events, events(true));
event_store_contract!(memory_events_without_wake_ups, events(false));
event_store_contract!(sparse_events, async { sparse::fixture(false) });
event_store_contract!(sparse_events_beside_system_events, async { sparse::fixture(true) });
event_store_contract!(shared_sparse_events, shared());
subject_keys_contract!(memory_subject_keys, events(true));
subject_keys_contract!(sparse_subject_keys, async { sparse::fixture(false) });
read_model_contract!(memory_read_models, read_models());
