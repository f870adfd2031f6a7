//! What is measured, beside what it is compared with.

use std::time::Duration;

/// Units a second.
pub fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// One pair of measurements.
pub struct Line {
    pub what: String,
    pub ours: Vec<f64>,
    pub baseline: Vec<f64>,
    /// Nothing where the two do not do the same work and the ratio only informs.
    pub target: Option<f64>,
}

impl Line {
    pub fn new(what: impl Into<String>, target: Option<f64>) -> Self {
        Self { what: what.into(), ours: Vec::new(), baseline: Vec::new(), target }
    }

    fn best(values: &[f64]) -> f64 {
        values.iter().copied().fold(0.0, f64::max)
    }

    pub fn print(&self) {
        let (ours, baseline) = (Self::best(&self.ours), Self::best(&self.baseline));
        let ratio = ours / baseline;
        let below = self.target.is_some_and(|target| ratio < target);
        let target = self.target.map_or("-".to_owned(), |target| format!("{target:.2}"));
        let verdict = if below { "  below target" } else { "" };
        println!("{:<60} {ours:>12.0} {baseline:>12.0} {ratio:>7.2} {target:>7}{verdict}", self.what);
    }
}
