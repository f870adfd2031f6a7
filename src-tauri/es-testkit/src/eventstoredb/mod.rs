//! A test server that speaks the gRPC protocol of EventStoreDB and KurrentDB.
//!
//! It is written from the published protocol and the published behaviour of the servers, not a part of one. It keeps its log in
//! memory, listens on a loopback port of its own, and can be made to fail on purpose. What holds against it must be shown again
//! against a real server before it is believed.
//!
//! # Where it deviates from a real server
//! - One node: a leader, or on demand a follower that names a leader. It forwards nothing; a write without `requires-leader`
//!   is carried out by the follower itself.
//! - The log is in memory. [`TestServer::kill`] and [`TestServer::restart`] keep it, as a disk would.
//! - Events stand at offsets as on disk, but a database of a server also has records of its own between them. A new log is
//!   empty, whereas a server soon writes `$users`, `$settings` and statistics.
//! - The four system projections that can be turned on append their links together with the event, not a moment later, and
//!   write no checkpoints. There are no other projections.
//! - All ids are remembered until [`TestServer::forget_event_ids`] or a restart; a server remembers a limited number.
//! - Rights are checked when a call begins, not again during a subscription, and not for what a link stands for.
//! - Persistent subscriptions and other projections are only listed, with content that the test sets. What is not implemented
//!   is answered with `Unimplemented`: creating and reading persistent subscriptions, managing projections, operations,
//!   monitoring, users, the second protocol with appends to several streams, and everything over HTTP/1.
//! - `FellBehind` is never sent (servers do not either), and a subscription is never dropped for being slow.
//! - Passwords are compared as they are; there are no tokens and no client certificates.
//! - A deadline holds for the beginning of an answer (and for a batched append), not for all that a read gives.
//! - In a batch, an event above [`Options::event_limit`] is refused as an append above the limit would be: the protocol of the
//!   client library has no message for it.

#![allow(clippy::result_large_err, reason = "errors are those of tonic, whose traits want them as they are")]

mod access;
mod emit;
mod faults;
mod filter;
mod log;
mod metadata;
mod network;
mod pages;
mod reading;
mod refusals;
mod server;
mod services;
mod streams;
mod tls;
pub mod wire;

pub use access::{Access, User};
pub use faults::{Ending, Lost};
pub use log::Position;
pub use server::{Options, TestServer};

/// Times on the wire are in units of 100 ns.
pub(crate) const TICKS_PER_SECOND: u64 = 10_000_000;
