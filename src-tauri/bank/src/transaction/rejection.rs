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
        EntryNotFound "entry_not_found"
            "There is no entry {transaction_id}."
            => "Es gibt keine Buchung {transaction_id}."
            { transaction_id: TransactionId }
        WrongStatus "wrong_status"
            "Entry {transaction_id} is {status}; this needs an entry that is {needed}."
            => "Buchung {transaction_id} ist {status}; nötig ist eine Buchung mit diesem Stand: {needed}."
            { transaction_id: TransactionId, status: EntryStatus, needed: &'static str }
        LegCount "leg_count"
            "An entry has {fewest} to {most} postings, this one has {count}."
            => "Eine Buchung hat {fewest} bis {most} Posten, diese hat {count}."
            { count: usize, fewest: usize, most: usize }
        Unbalanced "unbalanced"
            "The postings do not balance: debits are {debits}, credits are {credits}."
            => "Die Posten gleichen sich nicht aus: Soll {debits}, Haben {credits}."
            { debits: Money, credits: Money }
        CustomerAccount "customer_account"
            "{account} is a customer's account, which changes only by its own commands."
            => "{account} ist ein Kundenkonto, das sich nur durch seine eigenen Befehle ändert."
            { account: PostingAccount }
        ControlAccount "control_account"
            "{account} is moved by transfers only: its balance is the money in flight."
            => "{account} wird nur von Überweisungen bewegt: Sein Saldo ist das Geld, das unterwegs ist."
            { account: PostingAccount }
        SamePerson "same_person"
            "{actor} has {earlier} entry {transaction_id}; a second person must go on."
            => "{actor} hat Buchung {transaction_id} bereits {earlier}; weitermachen muss eine zweite Person."
            { actor: String, earlier: &'static str, transaction_id: TransactionId }
        ContentChanged "content_changed"
            "Entry {transaction_id} has the content hash {current}, not {approved}: look at it again."
            => "Buchung {transaction_id} hat den Inhalts-Hash {current}, nicht {approved}: noch einmal ansehen."
            { transaction_id: TransactionId, approved: String, current: String }
        EntryExpired "entry_expired"
            "Entry {transaction_id} could be posted until before {expired_on}; draft it anew."
            => "Buchung {transaction_id} konnte nur vor dem {expired_on} gebucht werden; neu entwerfen."
            { transaction_id: TransactionId, expired_on: NaiveDate }
        EntryNotDue "entry_not_due"
            "Entry {transaction_id} expires on {expires_on}, not before."
            => "Buchung {transaction_id} verfällt am {expires_on}, nicht vorher."
            { transaction_id: TransactionId, expires_on: NaiveDate }
        NoExpiry "no_expiry"
            "Entry {transaction_id} was drafted before days of drafts were recorded and does not expire; reject it instead."
            => "Buchung {transaction_id} wurde entworfen, bevor Tage von Entwürfen verzeichnet wurden, und verfällt nicht; stattdessen ablehnen."
            { transaction_id: TransactionId }
        ValueDateOutOfRange "value_date_out_of_range"
            "The value date {value_date} is not between {earliest} and {latest}."
            => "Die Wertstellung {value_date} liegt nicht zwischen {earliest} und {latest}."
            { value_date: NaiveDate, earliest: NaiveDate, latest: NaiveDate }
        PeriodClosed "period_closed"
            "Entry {transaction_id} cannot be posted with the value date {value_date}: the ledger takes no posting through {closed_through}."
            => "Buchung {transaction_id} kann nicht mit der Wertstellung {value_date} gebucht werden: Das Hauptbuch nimmt bis einschließlich {closed_through} keine Buchung an."
            { transaction_id: TransactionId, value_date: NaiveDate, closed_through: NaiveDate }
        AlreadyReversed "already_reversed"
            "Entry {transaction_id} was reversed before, by entry {reversed_by}."
            => "Buchung {transaction_id} wurde bereits storniert, mit Buchung {reversed_by}."
            { transaction_id: TransactionId, reversed_by: EntryId }
    }
}
