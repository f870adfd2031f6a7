//! Measuring how long something takes, as an argument: tests decide how time passes.

use std::time::{Duration, Instant};

/// Time that never goes back, counted from some moment that means nothing.
pub trait Stopwatch: Send + Sync {
    /// Time since that moment.
    fn elapsed(&self) -> Duration;
}

/// The machine's own monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemStopwatch(Instant);

impl SystemStopwatch {
    /// Counts from now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Stopwatch for SystemStopwatch {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
