//! Progress on standard error: one line that renews itself on a terminal, plain lines elsewhere if asked for.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tells how far a long command has come.
pub(super) struct Meter {
    shown: bool,
    terminal: bool,
    told: Mutex<Told>,
}

/// What was told so far.
struct Told {
    phase: String,
    /// When the phase began, and with how much behind it.
    began: (Instant, u64),
    last: Option<Instant>,
}

impl Meter {
    pub(super) fn new(wanted: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let told = Told { phase: String::new(), began: (Instant::now(), 0), last: None };
        Self { shown: wanted || terminal, terminal, told: Mutex::new(told) }
    }

    /// Told as often as one likes; written ten times a second on a terminal, once a second elsewhere.
    pub(super) fn report(&self, phase: &str, done: u64, total: Option<u64>) {
        let interval = Duration::from_millis(if self.terminal { 100 } else { 1000 });
        let Ok(mut told) = self.told.lock() else { return };
        if told.phase != phase {
            // What was done before, or in another phase, says nothing about how fast this one is.
            phase.clone_into(&mut told.phase);
            told.began = (Instant::now(), done);
        }
        if !self.shown || told.last.is_some_and(|last| last.elapsed() < interval) {
            return;
        }
        told.last = Some(Instant::now());
        let line = told.line(done, total);
        // Progress is a courtesy: if nobody can read it, the work goes on.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    /// Removes the line, so that the result stands alone.
    pub(super) fn finish(&self) {
        let told = self.told.lock().is_ok_and(|mut told| told.last.take().is_some());
        if told && self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

impl Told {
    #[expect(clippy::cast_precision_loss, reason = "a rate and an estimate for people")]
    fn line(&self, done: u64, total: Option<u64>) -> String {
        let (began, base) = self.began;
        let seconds = began.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { done.saturating_sub(base) as f64 / seconds } else { 0.0 };
        let mut line = format!("{}: {}", self.phase, grouped(done));
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
