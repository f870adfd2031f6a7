//! Which promise was shown on which backend: every case of a suite leaves a line, so that none is left out in silence.

use std::fs::OpenOptions;
use std::io::Write;

/// Names the file to which every case that has passed adds a line: suite, case and [`Verdict`], separated by tabs.
pub const TALLY_FILE: &str = "LEDGERSCOPE_CONTRACT_TALLY";

/// How a case of a suite has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The promise holds.
    Held,
    /// The backend declares that it does not offer what the promise is about, and refuses it as it should.
    RefusalChecked(&'static str),
}

impl Verdict {
    fn told(self) -> String {
        match self {
            Self::Held => "held".to_owned(),
            Self::RefusalChecked(what) => format!("refusal of {what} checked"),
        }
    }
}

/// Notes a case that has passed. What a suite has shown in another place than usual is another backend's. Cases run in many threads and processes at once: one short write to the end of the file is
/// never torn.
///
/// # Panics
/// There is a file to write to, and it cannot be written.
pub fn note(suite: &str, place: Option<&str>, case: &str, verdict: Verdict) {
    let told = verdict.told();
    let suite = place.map_or_else(|| suite.to_owned(), |place| format!("{suite}_{place}"));
    println!("contract case {suite}::{case}: {told}");
    let Some(path) = std::env::var_os(TALLY_FILE) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("the tally is opened");
    file.write_all(format!("{suite}\t{case}\t{told}\n").as_bytes()).expect("the tally is written");
}
