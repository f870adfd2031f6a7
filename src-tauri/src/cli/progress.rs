//! Progress on standard error: one line that renews itself on a terminal, plain lines elsewhere if asked for.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tells how far a long command has come.
pub(super) struct Meter {
    shown: bool,
    terminal: bool,
    started: Instant,
    last: Mutex<Option<Instant>>,
}

impl Meter {
    pub(super) fn new(wanted: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { shown: wanted || terminal, terminal, started: Instant::now(), last: Mutex::new(None) }
    }

    /// Told as often as one likes; written ten times a second on a terminal, once a second elsewhere.
    pub(super) fn report(&self, phase: &str, done: u64, total: Option<u64>) {
        let interval = Duration::from_millis(if self.terminal { 100 } else { 1000 });
        let Ok(mut last) = self.last.lock() else { return };
        if !self.shown || last.is_some_and(|last| last.elapsed() < interval) {
            return;
        }
        *last = Some(Instant::now());
        let line = self.line(phase, done, total);
        // Progress is a courtesy: if nobody can read it, the work goes on.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate and an estimate for people")]
    fn line(&self, phase: &str, done: u64, total: Option<u64>) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
        let mut line = format!("{phase}: {}", grouped(done));
        if let Some(total) = total.filter(|total| *total > 0) {
            line += &format!(" of {} ({:.0} %)", grouped(total), done as f64 * 100.0 / total as f64);
        }
        if seconds > 0.5 && rate >= 1.0 {
            line += &format!(", {rate:.0} a second");
            if let Some(left) = total.map(|total| total.saturating_sub(done)).filter(|left| *left > 0) {
                line += &format!(", {:.0} s left", left as f64 / rate);
            }
        }
        line
    }

    /// Removes the line, so that the result stands alone.
    pub(super) fn finish(&self) {
        let told = self.last.lock().is_ok_and(|mut last| last.take().is_some());
        if told && self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// A number with thousands separators.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
