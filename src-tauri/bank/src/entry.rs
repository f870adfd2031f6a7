//! The part that all money events have in common: a journal entry.

use chrono::NaiveDate;

use crate::ids::EntryId;
use crate::posting::Postings;

/// The journal entry inside an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryView<'a> {
    /// Its id.
    pub entry_id: EntryId,
    /// The bank's day on which it was booked.
    pub booking_date: NaiveDate,
    /// The day from which it counts for interest.
    pub value_date: NaiveDate,
    /// The balanced legs.
    pub postings: &'a Postings,
    /// What it was, in words for a statement.
    pub text: &'a str,
}
