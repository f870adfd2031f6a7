//! The event store on EventStoreDB and KurrentDB.
