//! What a journal entry is.

use std::fmt;

use chrono::{Days, NaiveDate};
use es_core::hash::content_hash_of;
use serde::{Deserialize, Serialize};

use super::events::{EntryDrafted, TransactionEvent};
use crate::ids::{EntryId, TransactionId};
use crate::posting::Postings;

/// How many days after its draft an entry can be submitted, approved and posted: what waits longer was decided on facts of
/// another month.
pub const ENTRY_LIFETIME_DAYS: u64 = 30;

/// A journal entry through its life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "drafted", rename_all = "camelCase")]
pub enum TransactionState {
    /// Nothing has happened.
    #[default]
    No,
    /// There is a draft or more.
    Yes(Box<JournalEntry>),
}

impl TransactionState {
    /// The entry, if there is one.
    #[must_use]
    pub fn entry(&self) -> Option<&JournalEntry> {
        match self {
            Self::No => None,
            Self::Yes(entry) => Some(entry),
        }
    }
}

/// A drafted entry and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// Number.
    pub transaction_id: TransactionId,
    /// Where it stands.
    pub status: EntryStatus,
    /// What it is for.
    pub description: String,
    /// The legs.
    pub postings: Postings,
    /// SHA-256 over number, description and legs; what an approval is bound to.
    pub content_hash: String,
    /// Who drafted.
    pub drafted_by: String,
    /// From which day on it can no longer be posted, if known.
    pub expires_on: Option<NaiveDate>,
    /// Who submitted.
    pub submitted_by: Option<String>,
    /// Who approved.
    pub approved_by: Option<String>,
    /// Who posted.
    pub posted_by: Option<String>,
    /// Id of the posted entry.
    pub entry_id: Option<EntryId>,
    /// The bank's day of the posting.
    pub booking_date: Option<NaiveDate>,
    /// The entry that undid it.
    pub reversed_by: Option<EntryId>,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryStatus {
    /// Can still change.
    Draft,
    /// Waits for approval.
    Submitted,
    /// May be posted.
    Approved,
    /// In the ledger.
    Posted,
    /// In the ledger, and undone.
    Reversed,
    /// Refused.
    Rejected,
    /// Not posted in time.
    Expired,
}

impl EntryStatus {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Posted => "posted",
            Self::Reversed => "reversed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for EntryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// SHA-256 (hexadecimal) over an entry's number, description and legs. The number is in it, so that an approval cannot be
/// moved to another entry with the same content.
#[must_use]
pub fn content_hash(transaction_id: &TransactionId, description: &str, postings: &Postings) -> String {
    // The legs' JSON has one spelling: fields in declared order, minor units canonical. Writing it cannot fail.
    let legs = serde_json::to_string(postings).unwrap_or_default();
    content_hash_of(transaction_id.as_str(), "EntryContent", 1, legs.as_bytes(), description).to_hex()
}

impl JournalEntry {
    /// The day on which it expired, if that is not after today.
    #[must_use]
    pub fn expired_by(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.expires_on.filter(|day| *day <= today)
    }

    fn drafted(event: &EntryDrafted) -> Self {
        Self {
            transaction_id: event.transaction_id.clone(),
            status: EntryStatus::Draft,
            description: event.description.clone(),
            postings: event.postings.clone(),
            content_hash: content_hash(&event.transaction_id, &event.description, &event.postings),
            drafted_by: event.drafted_by.clone(),
            expires_on: event.drafted_on.and_then(|day| day.checked_add_days(Days::new(ENTRY_LIFETIME_DAYS))),
            submitted_by: None,
            approved_by: None,
            posted_by: None,
            entry_id: None,
            booking_date: None,
            reversed_by: None,
        }
    }
}

/// Takes an event in. Total: what does not fit (an event before the draft) changes nothing.
pub(super) fn evolve(state: &mut TransactionState, event: &TransactionEvent) {
    use TransactionEvent as E;
    if let E::EntryDrafted(draft) = event {
        if state.entry().is_none_or(|entry| entry.status == EntryStatus::Draft) {
            *state = TransactionState::Yes(Box::new(JournalEntry::drafted(draft)));
        }
        return;
    }
    let TransactionState::Yes(entry) = state else { return };
    match event {
        E::EntryDrafted(_) => {}
        E::EntrySubmitted(e) => {
            entry.status = EntryStatus::Submitted;
            entry.submitted_by = Some(e.submitted_by.clone());
        }
        E::EntryApproved(e) => {
            entry.status = EntryStatus::Approved;
            entry.approved_by = Some(e.approved_by.clone());
        }
        E::EntryPosted(e) => {
            entry.status = EntryStatus::Posted;
            entry.posted_by = Some(e.posted_by.clone());
            entry.entry_id = Some(e.entry_id);
            entry.booking_date = Some(e.booking_date);
        }
        E::EntryExpired(_) => entry.status = EntryStatus::Expired,
        E::EntryRejected(_) => entry.status = EntryStatus::Rejected,
        E::EntryReversed(e) => {
            entry.status = EntryStatus::Reversed;
            entry.reversed_by = Some(e.entry_id);
        }
    }
}
