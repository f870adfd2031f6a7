//! Everything that holds of an engine over stores in memory holds over PostgreSQL: the same tests on other stores.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]
#![allow(clippy::duplicate_mod, reason = "every test file brings its own copy of what they share")]

#[path = "common/postgres.rs"]
mod stores;

#[path = "commands.rs"]
mod commands;
#[path = "doctor.rs"]
mod doctor;
#[path = "instances.rs"]
mod instances;
#[path = "processes.rs"]
mod processes;
#[path = "projections.rs"]
mod projections;
#[path = "queries.rs"]
mod queries;
#[path = "rebuild.rs"]
mod rebuild;
#[path = "receipts.rs"]
mod receipts;
#[path = "replay.rs"]
mod replay;
#[path = "retention.rs"]
mod retention;
#[path = "snapshots.rs"]
mod snapshots;
#[path = "turns.rs"]
mod turns;
#[path = "upkeep.rs"]
mod upkeep;
