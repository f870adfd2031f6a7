//! The embedded event store and read-model store on SQLite.

mod error;
mod read_models;

pub use read_models::SqliteReadModels;
