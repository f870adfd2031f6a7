//! Journal entries of the bank itself, each by two or three people.

use es_core::{AnyState, DomainCommand, Process, References};

use super::Simulator;
use super::agenda::{Action, Entry, JournalStep};
use super::desk::{Cause, Slot};
use crate::ids::TransactionId;
use crate::money::{Amount, Currency};
use crate::posting::{GlAccount, Posting, Side};
use crate::processes::EntryExpiryProcess;
use crate::transaction::{
    ApproveEntry, DraftEntry, PostEntry, RejectEntry, ReverseEntry, SubmitEntry, TransactionCommand,
    TransactionDecider, TransactionState,
};

const MINUTE: i64 = 60_000;

/// A journal entry under way.
pub(super) struct Paper {
    slot: Slot<TransactionState>,
    transaction_id: TransactionId,
}

impl Simulator {
    pub(super) fn journal(&mut self, entry: Entry, step: JournalStep) {
        let Some(mut paper) = self.papers.remove(&entry).or_else(|| self.new_paper(step)) else { return };
        let transaction_id = paper.transaction_id.clone();
        let (command, actor, next): (TransactionCommand, _, _) = match step {
            JournalStep::Draft => {
                let (description, postings) = self.content(entry);
                let command = DraftEntry { transaction_id, description, postings };
                (command.into(), "treasury:maria", Some((JournalStep::Submit, 5)))
            }
            JournalStep::Submit => {
                let next = if matches!(entry, Entry::Refused(_)) { JournalStep::Reject } else { JournalStep::Approve };
                let next = (!matches!(entry, Entry::Forgotten(_))).then_some((next, 40));
                (SubmitEntry { transaction_id }.into(), "treasury:maria", next)
            }
            JournalStep::Approve => {
                let content_hash = paper.slot.state.entry().map_or_else(String::new, |e| e.content_hash.clone());
                let command = ApproveEntry { transaction_id, content_hash };
                (command.into(), "controlling:jens", Some((JournalStep::Post, 3)))
            }
            JournalStep::Post => {
                let next = matches!(entry, Entry::Mistaken(_)).then_some((JournalStep::Reverse, 26 * 60));
                (PostEntry { transaction_id, value_date: None }.into(), "accounting:amira", next)
            }
            JournalStep::Reject => {
                let reason = "No receipt attached".to_owned();
                (RejectEntry { transaction_id, reason }.into(), "controlling:jens", None)
            }
            JournalStep::Reverse => {
                let reason = "Booked to the wrong account".to_owned();
                (ReverseEntry { transaction_id, reason }.into(), "controlling:jens", None)
            }
        };
        let (references, cause) = (References::default(), Cause::of(actor));
        let command_type = command.command_type();
        let done = self.desk.execute::<TransactionDecider>(&mut paper.slot, command_type, &command, &references, cause);
        if done.is_ok() && next.is_none() && matches!(entry, Entry::Forgotten(_)) {
            if let Some(expires_on) = paper.slot.state.entry().and_then(|entry| entry.expires_on) {
                self.papers.insert(entry, paper);
                self.agenda.at(super::midnight(expires_on), Action::EntryOver(entry));
            }
        } else if done.is_ok()
            && let Some((next, minutes)) = next
        {
            self.papers.insert(entry, paper);
            self.agenda.after(self.desk.now, minutes * MINUTE, Action::Journal(entry, next));
        }
    }

    /// The process that lets entries expire, on the day that nobody has posted one by.
    pub(super) fn expire_entry(&mut self, entry: Entry) {
        let Some(mut paper) = self.papers.remove(&entry) else { return };
        let state = AnyState::new(paper.slot.state.clone());
        let due = EntryExpiryProcess.turn(&paper.slot.stream, &state).timers.into_iter().next();
        let Some(draft) = due.map(|timer| timer.command) else { return };
        let Ok(command) = TransactionCommand::parse(&draft.command_type, &draft.payload) else { return };
        let actor = "process:entry_expiry".to_owned();
        let cause = Cause { actor, reason: None, command_id: Some(draft.command_id), chain: None };
        let (none, name) = (References::default(), command.command_type());
        // Due and not posted, so it is not refused.
        let _ = self.desk.execute::<TransactionDecider>(&mut paper.slot, name, &command, &none, cause);
    }

    fn new_paper(&mut self, step: JournalStep) -> Option<Paper> {
        let transaction_id = TransactionId::new(format!("J-{}", self.next_entry)).ok()?;
        if step != JournalStep::Draft {
            return None;
        }
        self.next_entry += 1;
        Some(Paper { slot: Slot::new(transaction_id.stream()), transaction_id })
    }

    fn content(&mut self, entry: Entry) -> (String, Vec<Posting>) {
        let units = |units: i64, currency: Currency| units.saturating_mul(currency.minor_per_unit());
        let euros = |dice: &mut super::dice::Dice, low, high| dice.between(low, high) * 100;
        match entry {
            Entry::Capital(currency) => {
                let minor = units(if currency == Currency::JPY { 800_000_000 } else { 25_000_000 }, currency);
                let text = format!("Owners pay in capital in {currency}");
                (text, legs(GlAccount::Nostro, GlAccount::Equity, minor, currency))
            }
            Entry::CashDelivery(currency, _) => {
                let minor = units(if currency == Currency::JPY { 40_000_000 } else { 400_000 }, currency);
                let text = format!("Cash delivery to the vault in {currency}");
                (text, legs(GlAccount::VaultCash, GlAccount::Nostro, minor, currency))
            }
            Entry::Interest(month) => {
                let minor = euros(&mut self.desk.dice, 800, 4000);
                let text = format!("Interest owed to customers, {}", super::names::month(month));
                (text, legs(GlAccount::InterestExpense, GlAccount::InterestPayable, minor, Currency::EUR))
            }
            Entry::CashDifference(_) => {
                let minor = self.desk.dice.between(5, 180) * 10;
                let text = "Cash difference at the counter".to_owned();
                (text, legs(GlAccount::OperationalLosses, GlAccount::VaultCash, minor, Currency::EUR))
            }
            Entry::Mistaken(_) => {
                let minor = euros(&mut self.desk.dice, 50, 900);
                let text = "Correspondent bank's charges".to_owned();
                (text, legs(GlAccount::FeeIncome, GlAccount::Nostro, minor, Currency::EUR))
            }
            Entry::Refused(_) | Entry::Forgotten(_) => {
                let minor = euros(&mut self.desk.dice, 50, 900);
                let text = "Team event".to_owned();
                (text, legs(GlAccount::OperationalLosses, GlAccount::Nostro, minor, Currency::EUR))
            }
        }
    }
}

fn legs(debit: GlAccount, credit: GlAccount, minor: i64, currency: Currency) -> Vec<Posting> {
    let leg = |account: GlAccount, side, amount| Posting { account: account.into(), side, amount };
    Amount::new(minor, currency)
        .map_or_else(|_| Vec::new(), |amount| vec![leg(debit, Side::Debit, amount), leg(credit, Side::Credit, amount)])
}
