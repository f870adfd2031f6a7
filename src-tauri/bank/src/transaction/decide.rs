//! What a journal entry does about a command.

use chrono::{Days, NaiveDate};
use es_core::{CommandContext, Decider, References};

use super::commands::{ApproveEntry, DraftEntry, ExpireEntry, PostEntry, ReverseEntry, TransactionCommand};
use super::events::{
    EntryApproved, EntryDrafted, EntryExpired, EntryPosted, EntryRejected, EntryReversed, EntrySubmitted,
    TransactionEvent,
};
use super::rejection::TransactionRejection;
use super::state::{self, EntryStatus, JournalEntry, TransactionState};
use crate::ids::{EntryId, TransactionId};
use crate::ledger::{GeneralLedger, LedgerState};
use crate::posting::{GlAccount, MAX_LEGS, MIN_LEGS, PostingAccount, Postings, PostingsError};

/// How many days a value date may be before or after the booking.
pub const VALUE_DATE_DAYS: u64 = 31;

/// The journal entry aggregate.
pub struct TransactionDecider;

type Decision = Result<Vec<TransactionEvent>, TransactionRejection>;

impl Decider for TransactionDecider {
    const CATEGORY: &'static str = "transaction";
    const STATE_VERSION: u32 = 2;
    type State = TransactionState;
    type Command = TransactionCommand;
    type Event = TransactionEvent;
    type Rejection = TransactionRejection;

    fn evolve(state: &mut TransactionState, event: &TransactionEvent) {
        state::evolve(state, event);
    }

    fn decide(
        state: &TransactionState,
        command: &TransactionCommand,
        context: &CommandContext,
        references: &References,
    ) -> Decision {
        use EntryStatus as S;
        use TransactionCommand as C;
        match command {
            C::DraftEntry(draft) => draft_entry(state, draft, context),
            C::SubmitEntry(submit) => {
                let entry = with_status(state, &submit.transaction_id, &[S::Draft], "a draft")?;
                in_time(entry, context)?;
                let (transaction_id, content_hash) = (submit.transaction_id.clone(), entry.content_hash.clone());
                one(EntrySubmitted { transaction_id, content_hash, submitted_by: context.actor.clone() })
            }
            C::ApproveEntry(approve) => approve_entry(state, approve, context),
            C::PostEntry(post) => post_entry(state, post, context, references),
            C::RejectEntry(reject) => {
                let allowed = &[S::Draft, S::Submitted, S::Approved];
                with_status(state, &reject.transaction_id, allowed, "not posted")?;
                let (transaction_id, reason) = (reject.transaction_id.clone(), reject.reason.clone());
                one(EntryRejected { transaction_id, reason, rejected_by: context.actor.clone() })
            }
            C::ExpireEntry(expire) => expire_entry(state, expire, context),
            C::ReverseEntry(reverse) => reverse_entry(state, reverse, context),
        }
    }
}

fn one(event: impl Into<TransactionEvent>) -> Decision {
    Ok(vec![event.into()])
}

fn with_status<'a>(
    state: &'a TransactionState,
    transaction_id: &TransactionId,
    allowed: &[EntryStatus],
    needed: &'static str,
) -> Result<&'a JournalEntry, TransactionRejection> {
    let transaction_id = transaction_id.clone();
    match state.entry() {
        None => Err(TransactionRejection::EntryNotFound { transaction_id }),
        Some(entry) if allowed.contains(&entry.status) => Ok(entry),
        Some(entry) => Err(TransactionRejection::WrongStatus { transaction_id, status: entry.status, needed }),
    }
}

fn another_person(
    entry: &JournalEntry,
    context: &CommandContext,
    earlier: &'static str,
    who: Option<&String>,
) -> Result<(), TransactionRejection> {
    if who != Some(&context.actor) {
        return Ok(());
    }
    let (actor, transaction_id) = (context.actor.clone(), entry.transaction_id.clone());
    Err(TransactionRejection::SamePerson { actor, earlier, transaction_id })
}

/// Whether an entry may still go on its way to the ledger.
fn in_time(entry: &JournalEntry, context: &CommandContext) -> Result<(), TransactionRejection> {
    match entry.expired_by(context.business_date) {
        None => Ok(()),
        Some(expired_on) => {
            Err(TransactionRejection::EntryExpired { transaction_id: entry.transaction_id.clone(), expired_on })
        }
    }
}

fn expire_entry(state: &TransactionState, expire: &ExpireEntry, context: &CommandContext) -> Decision {
    let transaction_id = expire.transaction_id.clone();
    let waiting = &[EntryStatus::Draft, EntryStatus::Submitted, EntryStatus::Approved];
    let entry = with_status(state, &transaction_id, waiting, "not posted")?;
    match (entry.expired_by(context.business_date), entry.expires_on) {
        (Some(expired_on), _) => one(EntryExpired { transaction_id, expired_on }),
        (None, Some(expires_on)) => Err(TransactionRejection::EntryNotDue { transaction_id, expires_on }),
        (None, None) => Err(TransactionRejection::NoExpiry { transaction_id }),
    }
}

fn draft_entry(state: &TransactionState, draft: &DraftEntry, context: &CommandContext) -> Decision {
    let transaction_id = draft.transaction_id.clone();
    let before = match state.entry() {
        None => None,
        Some(_) => Some(with_status(state, &transaction_id, &[EntryStatus::Draft], "a draft")?),
    };
    for leg in &draft.postings {
        let account = leg.account.clone();
        match &account {
            PostingAccount::Customer(_) => return Err(TransactionRejection::CustomerAccount { account }),
            PostingAccount::Ledger(GlAccount::TransfersInTransit) => {
                return Err(TransactionRejection::ControlAccount { account });
            }
            PostingAccount::Ledger(_) => {}
        }
    }
    let postings = Postings::new(draft.postings.clone()).map_err(|error| match error {
        PostingsError::LegCount(count) => TransactionRejection::LegCount { count, fewest: MIN_LEGS, most: MAX_LEGS },
        PostingsError::Unbalanced { debits, credits } => TransactionRejection::Unbalanced { debits, credits },
    })?;
    let same = |entry: &JournalEntry| {
        entry.description == draft.description && entry.postings == postings && entry.drafted_by == context.actor
    };
    // The same draft again is a new one if the old has run out.
    if before.is_some_and(|entry| same(entry) && in_time(entry, context).is_ok()) {
        return Ok(Vec::new());
    }
    let (description, drafted_by) = (draft.description.clone(), context.actor.clone());
    one(EntryDrafted { transaction_id, description, postings, drafted_by, drafted_on: Some(context.business_date) })
}

fn approve_entry(state: &TransactionState, approve: &ApproveEntry, context: &CommandContext) -> Decision {
    let entry = with_status(state, &approve.transaction_id, &[EntryStatus::Submitted], "submitted")?;
    in_time(entry, context)?;
    another_person(entry, context, "drafted", Some(&entry.drafted_by))?;
    another_person(entry, context, "submitted", entry.submitted_by.as_ref())?;
    let (transaction_id, approved) = (approve.transaction_id.clone(), approve.content_hash.clone());
    if approved != entry.content_hash {
        let current = entry.content_hash.clone();
        return Err(TransactionRejection::ContentChanged { transaction_id, approved, current });
    }
    one(EntryApproved { transaction_id, content_hash: approved, approved_by: context.actor.clone() })
}

fn post_entry(
    state: &TransactionState,
    post: &PostEntry,
    context: &CommandContext,
    references: &References,
) -> Decision {
    let entry = with_status(state, &post.transaction_id, &[EntryStatus::Approved], "approved")?;
    in_time(entry, context)?;
    another_person(entry, context, "drafted", Some(&entry.drafted_by))?;
    another_person(entry, context, "approved", entry.approved_by.as_ref())?;
    let booking_date = context.business_date;
    let value_date = post.value_date.unwrap_or(booking_date);
    let days = Days::new(VALUE_DATE_DAYS);
    let earliest = booking_date.checked_sub_days(days).unwrap_or(NaiveDate::MIN);
    let latest = booking_date.checked_add_days(days).unwrap_or(NaiveDate::MAX);
    if !(earliest..=latest).contains(&value_date) {
        return Err(TransactionRejection::ValueDateOutOfRange { value_date, earliest, latest });
    }
    let ledger = references.get::<LedgerState>(&GeneralLedger::General.stream());
    let closed = ledger.and_then(LedgerState::refuses_through).filter(|closed| value_date <= *closed);
    if let Some(closed_through) = closed {
        let transaction_id = post.transaction_id.clone();
        return Err(TransactionRejection::PeriodClosed { transaction_id, value_date, closed_through });
    }
    one(EntryPosted {
        transaction_id: post.transaction_id.clone(),
        posted_by: context.actor.clone(),
        entry_id: EntryId::of_command(context.command_id),
        booking_date,
        value_date,
        postings: entry.postings.clone(),
        text: entry.description.clone(),
    })
}

fn reverse_entry(state: &TransactionState, reverse: &ReverseEntry, context: &CommandContext) -> Decision {
    let transaction_id = reverse.transaction_id.clone();
    if let Some(reversed_by) = state.entry().and_then(|entry| entry.reversed_by) {
        return Err(TransactionRejection::AlreadyReversed { transaction_id, reversed_by });
    }
    let entry = with_status(state, &transaction_id, &[EntryStatus::Posted], "posted")?;
    another_person(entry, context, "drafted", Some(&entry.drafted_by))?;
    let Some(original_entry_id) = entry.entry_id else {
        return Err(TransactionRejection::EntryNotFound { transaction_id });
    };
    one(EntryReversed {
        transaction_id,
        original_entry_id,
        reason: reverse.reason.clone(),
        reversed_by: context.actor.clone(),
        entry_id: EntryId::of_command(context.command_id),
        booking_date: context.business_date,
        value_date: context.business_date,
        postings: entry.postings.mirrored(),
        text: format!("Reversal: {}", reverse.reason),
    })
}
