//! A report read back: the pins that it holds, and whether it is as it was written.

use super::html::unembedded;
use super::model::{Notebook, NotebookError};
use super::text::sha256;

/// Stands in front of the pins, followed by the hash of everything before it.
pub(super) const PINS_BEGIN: &str = "<template data-ledgerscope-notebook=\"1\" data-text-sha256=\"";
const PINS_HASH: &str = "\" data-pins-sha256=\"";
/// Stands behind them.
pub(super) const PINS_END: &str = "</template>\n</body>\n</html>\n";
const PINS_CLOSE: &str = "</template>";
/// Digits of a SHA-256.
const DIGITS: usize = 64;

/// What a report held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReport {
    /// The notebook.
    pub notebook: Notebook,
    /// Whether the text that people read is as it was written. The pins are in any case: others are refused.
    pub text_intact: bool,
}

/// Why a file is no report that can be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It holds no pins.
    #[error("this is no report of a notebook: no pins are in it")]
    NoPins,
    /// The end is missing, or what should be hashes are none.
    #[error("the pins in this report are incomplete")]
    Incomplete,
    /// The pins are not as they were written.
    #[error("the pins in this report were changed: their SHA-256 is {found}, and {written} was written")]
    Altered {
        /// The hash that was written.
        written: String,
        /// That of what is there.
        found: String,
    },
    /// The pins are no notebook.
    #[error(transparent)]
    Notebook(#[from] NotebookError),
}

impl ReportError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPins => "not_a_report",
            Self::Incomplete => "report_incomplete",
            Self::Altered { .. } => "report_altered",
            Self::Notebook(error) => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoPins => "Choose an HTML file that was exported from a notebook.",
            Self::Incomplete => {
                "The file was cut or edited; ask for it again. A browser that saves a page anew changes it."
            }
            Self::Altered { .. } => {
                "Ask for the report again, and compare its SHA-256 with the journal of whoever exported it."
            }
            Self::Notebook(error) => error.hint(),
        }
    }
}

/// Reads a report back. Line ends may have been changed on the way.
///
/// # Errors
/// It is none, incomplete, or its pins were changed.
pub fn read_report(text: &str) -> Result<ReadReport, ReportError> {
    let text = if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() };
    // The last one: whatever stands in the text before is somebody's words.
    let at = text.rfind(PINS_BEGIN).ok_or(ReportError::NoPins)?;
    let (shown, rest) = text.split_at(at);
    let rest = &rest[PINS_BEGIN.len()..];
    let (text_hash, rest) = split_hash(rest)?;
    let (pins_hash, rest) = split_hash(rest.strip_prefix(PINS_HASH).ok_or(ReportError::Incomplete)?)?;
    let rest = rest.strip_prefix("\">").ok_or(ReportError::Incomplete)?;
    let (pins, _) = rest.split_once(PINS_CLOSE).ok_or(ReportError::Incomplete)?;
    let found = sha256(pins).to_hex();
    if found != pins_hash {
        return Err(ReportError::Altered { written: pins_hash.to_owned(), found });
    }
    let json = unembedded(pins).ok_or(ReportError::Incomplete)?;
    let notebook = Notebook::parse(&json)?;
    Ok(ReadReport { notebook, text_intact: sha256(shown).to_hex() == text_hash })
}

fn split_hash(text: &str) -> Result<(&str, &str), ReportError> {
    let is_hash = |hash: &&str| hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let hash = text.get(..DIGITS).filter(is_hash).ok_or(ReportError::Incomplete)?;
    Ok((hash, &text[DIGITS..]))
}
