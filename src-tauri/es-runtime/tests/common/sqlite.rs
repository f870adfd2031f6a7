//! Stores in SQLite files.

use std::sync::Arc;

use es_core::*;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};

pub type Events = SqliteEventStore;
pub type ReadModels = SqliteReadModels;

/// The folder that the file is in.
pub struct Ground(tempfile::TempDir);

pub fn ground() -> Ground {
    Ground(tempfile::tempdir().expect("a folder"))
}

pub fn events(ground: &Ground, clock: Arc<dyn Clock>, wake_ups: bool) -> Arc<Events> {
    let options = OpenOptions { create: true, clock, wake_ups, ..OpenOptions::default() };
    Arc::new(SqliteEventStore::open(ground.0.path().join("events"), options).expect("the store opens"))
}

pub fn read_models() -> Arc<ReadModels> {
    Arc::new(SqliteReadModels::open_temporary().expect("the views open"))
}
