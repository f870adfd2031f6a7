//! The event store and read-model store on PostgreSQL.
