//! Stores in schemas of a throwaway PostgreSQL.

use std::sync::{Arc, LazyLock};

use es_core::memory::MemoryEventStore;
use es_core::*;
use es_postgres::{PostgresConfig, PostgresReadModels};
use es_testkit::postgres;
use tokio::runtime::Runtime;

pub type Events = MemoryEventStore;
pub type ReadModels = PostgresReadModels;

/// Opens stores for tests that cannot wait; outlives them, since what it has connected ends with it.
static OPENING: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// What has to live as long as the stores: the cluster does.
pub struct Ground;

pub fn ground() -> Ground {
    Ground
}

fn config() -> PostgresConfig {
    let config = PostgresConfig::from_url(&postgres::server()).expect("a connection string");
    PostgresConfig { schema: postgres::fresh_schema(), create: true, ..config }
}

fn opened<T: Send>(opening: impl Future<Output = Result<T, StoreError>> + Send) -> Arc<T> {
    let opened = std::thread::scope(|scope| scope.spawn(|| OPENING.block_on(opening)).join());
    Arc::new(opened.expect("no panic").expect("it opens"))
}

pub fn events(_: &Ground, clock: Arc<dyn Clock>, wake_ups: bool) -> Arc<Events> {
    let events = MemoryEventStore::new(clock);
    events.set_wake_ups(wake_ups);
    Arc::new(events)
}

pub fn read_models() -> Arc<ReadModels> {
    opened(PostgresReadModels::open(config()))
}
