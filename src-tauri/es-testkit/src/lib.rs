//! Contract suites, Given-When-Then, manual clock, fault points and generators. For tests only.
//!
//! A store crate writes one function that makes a fresh store and calls [`event_store_contract!`], [`subject_keys_contract!`]
//! or [`read_model_contract!`] with it; every promise of the store then becomes a test of that crate.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this crate is test code: a panic is a failed test")]

pub mod decider;
pub mod events;
#[cfg(feature = "eventstoredb")]
pub mod eventstoredb;
pub mod fault;
pub mod generate;
mod macros;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod read_models;
pub mod subject_keys;
pub mod tally;

use std::future::Future;
use std::time::Duration;

pub use es_core::{ManualClock, SystemClock};

pub use events::Fixture;
pub use generate::{Dice, metadata, new_event, numbered, stream, time};
pub use read_models::ReadModelFixture;
pub use tally::Verdict;

/// Longest time a test of a suite may take: a store that never answers is a failure, not a hanging build.
const TEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Runs an asynchronous test on its own runtime with several threads.
///
/// # Panics
/// The test fails, or is not finished in time.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime for the test");
    runtime
        .block_on(async { tokio::time::timeout(TEST_TIMEOUT, test).await.expect("the test was not finished in time") })
}
