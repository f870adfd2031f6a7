//! The embedded event store and read-model store on SQLite.

mod error;
mod filter;
mod lane;
mod open;
mod queries;
mod read;
mod read_models;
mod readers;
mod rows;
mod schema;
mod store;
mod verify;
mod write;

pub use open::OpenOptions;
pub use read_models::SqliteReadModels;
pub use store::{LaneStatistics, SqliteEventStore};
