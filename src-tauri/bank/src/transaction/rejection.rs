//! Why a journal entry refuses.

use chrono::NaiveDate;

use super::state::EntryStatus;
use crate::declare::rejections;
use crate::ids::{EntryId, TransactionId};
use crate::money::Money;
use crate::posting::PostingAccount;

rejections! {
    /// A rule of journal entries that refuses.
    pub enum TransactionRejection {
        EntryNotFound "entry_not_found" "There is no entry {transaction_id}." { transaction_id: TransactionId }
        WrongStatus "wrong_status"
            "Entry {transaction_id} is {status}; this needs an entry that is {needed}."
            { transaction_id: TransactionId, status: EntryStatus, needed: &'static str }
        LegCount "leg_count"
            "An entry has {fewest} to {most} postings, this one has {count}."
            { count: usize, fewest: usize, most: usize }
        Unbalanced "unbalanced"
            "The postings do not balance: debits are {debits}, credits are {credits}."
            { debits: Money, credits: Money }
        CustomerAccount "customer_account"
            "{account} is a customer's account, which changes only by its own commands." { account: PostingAccount }
        ControlAccount "control_account"
            "{account} is moved by transfers only: its balance is the money in flight." { account: PostingAccount }
        SamePerson "same_person"
            "{actor} has {earlier} entry {transaction_id}; a second person must go on."
            { actor: String, earlier: &'static str, transaction_id: TransactionId }
        ContentChanged "content_changed"
            "Entry {transaction_id} has the content hash {current}, not {approved}: look at it again."
            { transaction_id: TransactionId, approved: String, current: String }
        EntryExpired "entry_expired"
            "Entry {transaction_id} could be posted until before {expired_on}; draft it anew."
            { transaction_id: TransactionId, expired_on: NaiveDate }
        EntryNotDue "entry_not_due"
            "Entry {transaction_id} expires on {expires_on}, not before."
            { transaction_id: TransactionId, expires_on: NaiveDate }
        NoExpiry "no_expiry"
            "Entry {transaction_id} was drafted before days of drafts were recorded and does not expire; reject it instead."
            { transaction_id: TransactionId }
        ValueDateOutOfRange "value_date_out_of_range"
            "The value date {value_date} is not between {earliest} and {latest}."
            { value_date: NaiveDate, earliest: NaiveDate, latest: NaiveDate }
        PeriodClosed "period_closed"
            "Entry {transaction_id} cannot be posted with the value date {value_date}: the ledger takes no posting through {closed_through}."
            { transaction_id: TransactionId, value_date: NaiveDate, closed_through: NaiveDate }
        AlreadyReversed "already_reversed"
            "Entry {transaction_id} was reversed before, by entry {reversed_by}."
            { transaction_id: TransactionId, reversed_by: EntryId }
    }
}
