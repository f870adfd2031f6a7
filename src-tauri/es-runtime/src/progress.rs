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

/// Takes progress; called at the begin of each phase, at most 20 times a second within it, and once at the end. Must not block.
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

/// Shortest time after which a rate says anything.
const SHORTEST_RATED: Duration = Duration::from_millis(20);

/// Counts a task and tells a sink about it, not too often.
pub(crate) struct Meter<'a> {
    sink: &'a dyn ProgressSink,
    pace: Pace,
    told: Option<Instant>,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(sink: &'a dyn ProgressSink) -> Self {
        Self { sink, pace: Pace::begin("starting", 0, None, Instant::now()), told: None }
    }

    /// Begins a phase that has `done` behind it already.
    pub(crate) fn phase(&mut self, phase: &'static str, done: u64, total: Option<u64>) {
        self.phase_at(phase, done, total, Instant::now());
    }

    pub(crate) fn tell(&mut self, done: u64, total: Option<u64>) {
        self.tell_at(done, total, Instant::now());
    }

    pub(crate) fn finish(&mut self) {
        self.sink.progress(&self.pace.message(Instant::now(), true));
    }

    fn phase_at(&mut self, phase: &'static str, done: u64, total: Option<u64>, now: Instant) {
        self.pace = Pace::begin(phase, done, total, now);
        self.told = None;
        self.tell_at(done, total, now);
    }

    fn tell_at(&mut self, done: u64, total: Option<u64>, now: Instant) {
        (self.pace.done, self.pace.total) = (done, total);
        if self.told.is_none_or(|told| now.saturating_duration_since(told) >= SHORTEST_GAP) {
            self.told = Some(now);
            self.sink.progress(&self.pace.message(now, false));
        }
    }
}

/// What is known of a phase. Takes the time as an argument.
struct Pace {
    phase: &'static str,
    start: Instant,
    /// Done before the phase began.
    base: u64,
    done: u64,
    total: Option<u64>,
}

impl Pace {
    fn begin(phase: &'static str, done: u64, total: Option<u64>, now: Instant) -> Self {
        Self { phase, start: now, base: done, done, total }
    }

    fn message(&self, now: Instant, finished: bool) -> Progress {
        let elapsed = now.saturating_duration_since(self.start);
        let since = self.done.saturating_sub(self.base);
        let known = elapsed >= SHORTEST_RATED && since > 0;
        let rate = known.then(|| since as f64 / elapsed.as_secs_f64());
        let left = self.total.map(|total| total.saturating_sub(self.done)).filter(|_| known);
        let eta = left.map(|left| {
            // What is left takes as long as what was done, in proportion; in whole nanoseconds, without a detour over a rate.
            let nanos = elapsed.as_nanos().saturating_mul(left.into()) / u128::from(since.max(1));
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        });
        Progress { phase: self.phase, done: self.done, total: self.total, rate, eta, finished }
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

    #[test]
    fn rate_and_time_left_are_those_of_the_phase() {
        let seen = Mutex::new(Vec::new());
        let sink = |progress: &Progress| seen.lock().push((progress.rate, progress.eta));
        let (mut meter, start) = (Meter::new(&sink), Instant::now());
        let at = |millis: u64| start + Duration::from_millis(millis);
        // Resumed at 1 000 of 10 000: what was done before does not count.
        meter.phase_at("folding", 1000, Some(10_000), at(0));
        meter.tell_at(4000, Some(10_000), at(1500));
        meter.tell_at(10_000, Some(10_000), at(4500));
        meter.phase_at("writing", 0, None, at(5000));
        meter.tell_at(30, None, at(5060));
        // A total that moves: writers go on.
        meter.phase_at("catching up", 0, Some(3), at(6000));
        meter.tell_at(1, Some(3_000_000_001), at(9000));
        let expected = [
            (None, None),
            (Some(2000.0), Some(Duration::from_secs(3))),
            (Some(2000.0), Some(Duration::ZERO)),
            (None, None),
            (Some(500.0), None),
            (None, None),
            (Some(1.0 / 3.0), Some(Duration::from_secs(9_000_000_000))),
        ];
        assert_eq!(seen.into_inner(), expected);
    }

    #[test]
    fn nothing_is_rated_too_early_and_every_phase_is_told() {
        let seen = Mutex::new(Vec::new());
        let sink = |progress: &Progress| seen.lock().push((progress.phase, progress.done, progress.rate));
        let (mut meter, start) = (Meter::new(&sink), Instant::now());
        meter.phase_at("counting", 0, Some(9), start);
        meter.phase_at("folding", 0, Some(9), start);
        meter.tell_at(3, Some(9), start + Duration::from_millis(19));
        meter.tell_at(4, Some(9), start + Duration::from_millis(49));
        meter.tell_at(5, Some(9), start + Duration::from_millis(50));
        let expected = [("counting", 0, None), ("folding", 0, None), ("folding", 5, Some(100.0))];
        assert_eq!(seen.into_inner(), expected);
    }
}
