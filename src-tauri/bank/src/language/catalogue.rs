//! Titles and descriptions, by their English text.

pub(super) fn german(_english: &str) -> Option<&'static str> {
    None
}
