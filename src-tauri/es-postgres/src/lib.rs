//! The event store and read-model store on PostgreSQL.

mod config;
mod connections;
mod error;
mod read_models;
mod schema;

pub use config::{DEFAULT_SCHEMA, InvalidConnection, PostgresConfig, TlsMode};
pub use connections::Connections;
pub use read_models::PostgresReadModels;
