//! The test server of EventStoreDB's protocol, through clients generated from the same files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]

mod access;
mod append;
mod client;
mod deletion;
mod faults;
mod listed;
mod metadata;
mod read;
mod subscribe;
