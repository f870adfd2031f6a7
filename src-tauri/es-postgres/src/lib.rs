//! The event store and read-model store on PostgreSQL.

mod config;
mod connections;
mod error;
mod schema;

pub use config::{DEFAULT_SCHEMA, InvalidConnection, PostgresConfig, TlsMode};
pub use connections::Connections;
