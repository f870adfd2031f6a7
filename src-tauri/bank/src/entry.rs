//! The part that all money events have in common: a journal entry.

use chrono::NaiveDate;
use es_core::{DomainEvent, ProjectedEvent};

use crate::account::AccountEvent;
use crate::ids::EntryId;
use crate::posting::Postings;
use crate::transaction::TransactionEvent;

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

/// The value date of an event that moves money; nothing of any other.
#[must_use]
pub fn value_date(event: &ProjectedEvent<'_>) -> Option<NaiveDate> {
    let (event_type, payload) = (&*event.current.event_type, &*event.current.payload);
    if let Ok(event) = AccountEvent::decode(event_type, payload) {
        return event.entry().map(|entry| entry.value_date);
    }
    let event = TransactionEvent::decode(event_type, payload).ok()?;
    event.entry().map(|entry| entry.value_date)
}
