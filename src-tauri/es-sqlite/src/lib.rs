//! The embedded event store and read-model store on SQLite.

mod archive;
mod awake;
mod error;
mod facts;
mod filter;
mod host;
mod keys;
mod lane;
mod open;
mod queries;
mod read;
mod read_models;
mod readers;
mod retention;
mod rows;
mod schema;
mod store;
mod verify;
mod verify_archive;
mod write;

pub use open::OpenOptions;
pub use read_models::SqliteReadModels;
pub use store::{LaneStatistics, SqliteEventStore};
