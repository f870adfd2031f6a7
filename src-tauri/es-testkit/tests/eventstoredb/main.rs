//! The test server of EventStoreDB's protocol, through clients generated from the same files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]
#![allow(clippy::result_large_err, reason = "errors are those of tonic")]

mod access;
mod append;
mod client;
mod deletion;
mod faults;
mod listed;
mod metadata;
mod read;
mod subscribe;
