//! Stores in schemas of a throwaway PostgreSQL.

use std::sync::{Arc, LazyLock};

use es_core::*;
use es_postgres::{PostgresConfig, PostgresEventStore, PostgresReadModels};
use es_testkit::postgres;
use tokio::runtime::Runtime;

pub type Events = PostgresEventStore;
pub type ReadModels = PostgresReadModels;

/// Opens stores for tests that cannot wait; outlives them, since what it has connected ends with it.
static OPENING: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The schema of the events.
pub struct Ground(String);

pub fn ground() -> Ground {
    Ground(postgres::fresh_schema())
}

fn config(schema: String) -> PostgresConfig {
    let config = PostgresConfig::from_url(&postgres::server()).expect("a connection string");
    PostgresConfig { schema, create: true, ..config }
}

fn opened<T: Send>(opening: impl Future<Output = Result<T, StoreError>> + Send) -> Arc<T> {
    let opened = std::thread::scope(|scope| scope.spawn(|| OPENING.block_on(opening)).join());
    Arc::new(opened.expect("no panic").expect("it opens"))
}

pub fn events(ground: &Ground, clock: Arc<dyn Clock>, wake_ups: bool) -> Arc<Events> {
    opened(PostgresEventStore::open(PostgresConfig { clock, wake_ups, ..config(ground.0.clone()) }))
}

pub fn read_models() -> Arc<ReadModels> {
    opened(PostgresReadModels::open(config(postgres::fresh_schema())))
}
