//! What every event store promises, as functions over a fresh store.
//!
//! The suite knows no store. What a test expects follows from the store's [`es_core::Capabilities`] and from what the
//! [`Fixture`] says; a test that needs something which is declared absent is replaced by the check of [`capabilities`] that it
//! is really refused.

#![allow(missing_docs, reason = "each function is a statement and is named so")]

pub mod append;
pub mod capabilities;
mod fixture;
pub mod follow;
pub mod idempotency;
pub mod integrity;
pub mod model;
pub mod payload;
pub mod read;
pub mod retention;
pub mod scavenge;
mod share;
pub mod streams;
pub mod time;

pub use fixture::{Fixture, SYSTEM_STREAM};

pub(crate) use fixture::positions;
