//! Progress of long work: what is done, of how much, how fast, how long still.

use std::time::{Duration, Instant};

/// How far a long task has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What is being done now.
    pub phase: &'static str,
    /// Done so far in this phase.
    pub done: u64,
    /// Of how many, if known.
    pub total: Option<u64>,
    /// Units a second in this phase, once known.
    pub rate: Option<f64>,
    /// What is left of this phase, once known.
    pub eta: Option<Duration>,
    /// Whether this is the last message.
    pub finished: bool,
}

/// Takes progress; called at most 20 times a second and once at the end. Must not block.
pub trait ProgressSink: Send + Sync {
    /// Takes one message.
    fn progress(&self, progress: &Progress);
}

impl<F: Fn(&Progress) + Send + Sync> ProgressSink for F {
    fn progress(&self, progress: &Progress) {
        self(progress);
    }
}

/// Takes progress and forgets it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl ProgressSink for NoProgress {
    fn progress(&self, _: &Progress) {}
}

/// At most 20 messages a second: more than anybody can read, and each costs a hop to the window.
const SHORTEST_GAP: Duration = Duration::from_millis(50);

/// Counts a task and tells a sink about it, not too often.
pub(crate) struct Meter<'a> {
    sink: &'a dyn ProgressSink,
    phase: &'static str,
    phase_start: Instant,
    phase_base: u64,
    told: Option<Instant>,
    last: (u64, Option<u64>),
}

impl<'a> Meter<'a> {
    pub(crate) fn new(sink: &'a dyn ProgressSink) -> Self {
        let now = Instant::now();
        Self { sink, phase: "starting", phase_start: now, phase_base: 0, told: None, last: (0, None) }
    }

    /// Begins a phase that has `done` behind it already.
    pub(crate) fn phase(&mut self, phase: &'static str, done: u64, total: Option<u64>) {
        self.phase = phase;
        self.phase_start = Instant::now();
        self.phase_base = done;
        self.tell(done, total);
    }

    pub(crate) fn tell(&mut self, done: u64, total: Option<u64>) {
        self.last = (done, total);
        if self.told.is_none_or(|told| told.elapsed() >= SHORTEST_GAP) {
            self.told = Some(Instant::now());
            self.sink.progress(&self.message(false));
        }
    }

    pub(crate) fn finish(&mut self) {
        self.sink.progress(&self.message(true));
    }

    fn message(&self, finished: bool) -> Progress {
        let (done, total) = self.last;
        let seconds = self.phase_start.elapsed().as_secs_f64();
        let since = done.saturating_sub(self.phase_base);
        let rate = (seconds > 0.02 && since > 0).then(|| since as f64 / seconds);
        let left = total.map(|total| total.saturating_sub(done));
        let eta = rate.zip(left).map(|(rate, left)| Duration::from_secs_f64((left as f64 / rate).min(1e9)));
        Progress { phase: self.phase, done, total, rate, eta, finished }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[test]
    fn progress_comes_at_most_twenty_times_a_second_and_always_at_the_end() {
        let seen = Mutex::new(Vec::new());
        let sink = |progress: &Progress| seen.lock().push(progress.clone());
        let mut meter = Meter::new(&sink);
        meter.phase("counting", 0, Some(10_000));
        for done in 1..=10_000 {
            meter.tell(done, Some(10_000));
        }
        meter.finish();
        let seen = seen.into_inner();
        assert!(seen.len() < 10, "a fast loop tells little, got {}", seen.len());
        let last = seen.last().expect("at least the end");
        assert!(last.finished && last.done == 10_000, "the last message says so: {last:?}");
    }
}
