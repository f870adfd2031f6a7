//! The event store and read-model store on PostgreSQL.

mod assumed;
mod batch;
mod config;
mod connections;
mod error;
mod facts;
mod filter;
mod keys;
mod lane;
mod listener;
mod probe;
mod queries;
mod read;
mod read_models;
mod retention;
mod rights;
mod rows;
mod schema;
mod store;
mod verify;

pub use config::{DEFAULT_SCHEMA, InvalidConnection, PostgresConfig, TlsMode};
pub use connections::Connections;
pub use probe::{probe, probe_telling};
pub use read_models::PostgresReadModels;
pub use rights::role_script;
pub use store::{LaneStatistics, PostgresEventStore};
