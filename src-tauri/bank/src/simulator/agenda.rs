//! What is going to happen and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, TimeDelta, Utc};

use super::orders::Ahead;
use crate::ids::EntryId;
use crate::money::Currency;

/// Index of an account in the simulation.
pub(super) type AccountIndex = usize;
/// Index of a customer in the simulation.
pub(super) type PersonIndex = usize;
/// Number of a transfer.
pub(super) type FlightNumber = u64;
/// Index of an order in the simulation.
pub(super) type OrderIndex = usize;

/// Something that is going to happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// A step of a customer's onboarding.
    Onboard(PersonIndex, Onboarding),
    /// An account for an accepted customer.
    Open(PersonIndex, Currency, Purpose),
    /// New contact details.
    Move(PersonIndex),
    /// The employer pays.
    Salary(AccountIndex),
    /// The rent goes to the landlord.
    Rent(AccountIndex),
    /// A payment to somebody.
    Pay(AccountIndex, Manner),
    /// A payment by card: a hold.
    Card(AccountIndex),
    /// What becomes of a card hold.
    Capture(AccountIndex, u64, i64),
    /// The shop gives the hold up.
    Release(AccountIndex, u64),
    /// Nobody has asked for the hold's money in time.
    Expire(AccountIndex, u64),
    /// Cash in.
    CashIn(AccountIndex),
    /// Cash out.
    CashOut(AccountIndex),
    /// A shop asks for more or less than it has held.
    Change(AccountIndex, u64, i64),
    /// The monthly fee.
    Fee(AccountIndex),
    /// A fee is given back.
    Waive(AccountIndex, EntryId),
    /// A rate for a savings account.
    AgreeRate(AccountIndex),
    /// The owner puts something aside.
    Save(AccountIndex),
    /// The month's interest.
    Earn(AccountIndex),
    /// The usual limits.
    Limit(AccountIndex),
    /// More is asked for than a limit allows.
    Overspend(AccountIndex),
    /// The owner cannot be found.
    Rest(AccountIndex),
    /// And has come back.
    Wake(AccountIndex),
    /// The monthly statement is printed.
    Print(AccountIndex),
    /// A deposit that is typed in twice.
    Mistake(AccountIndex),
    /// The second one is undone.
    Undo(AccountIndex, EntryId),
    /// Another overdraft limit.
    Overdraft(AccountIndex),
    /// Suspected fraud.
    Freeze(AccountIndex),
    /// The suspicion is cleared.
    Unfreeze(AccountIndex),
    /// An empty account is closed.
    Close(AccountIndex),
    /// The transfer process goes on with a transfer.
    Advance(FlightNumber),
    /// The transfer process records how a step ended.
    Record(FlightNumber),
    /// The transfer's deadline.
    TimeOut(FlightNumber),
    /// The customer changes their mind.
    Cancel(FlightNumber),
    /// A step of a journal entry of the bank itself.
    Journal(Entry, JournalStep),
    /// An account is opened and closed while a transfer to it is under way.
    VanishingTarget(PersonIndex, bool),
    /// A payment is ordered in advance.
    OrderAhead(AccountIndex, Ahead),
    /// The day of an order has come.
    Due(OrderIndex),
    /// A standing order is changed.
    Amend(OrderIndex, Advance),
    /// A payment to another currency, at a quoted rate.
    PayAbroad(AccountIndex),
    /// A rate that is taken back.
    Misquote,
    /// A payment above what one person may send.
    PayALot(AccountIndex, Answer),
    /// Whether a high overdraft is granted.
    ProposeOverdraft(AccountIndex, bool),
    /// A look at what is known of a customer; of high risk, or not.
    Review(PersonIndex, bool),
    /// The relation rests.
    Suspend(PersonIndex),
    /// And goes on.
    Reinstate(PersonIndex),
    /// A customer has died.
    Die(PersonIndex),
    /// Somebody leaves the bank.
    Leave,
    /// A former customer asks for erasure, or takes that back.
    Forget(PersonIndex, bool),
    /// Where a parked amount belongs is found out.
    ResolveParked(FlightNumber),
    /// A new period for the busiest account.
    OpenPeriod,
    /// A month of the ledger is closed.
    CloseMonth,
    /// An entry that nobody has posted is over.
    EntryOver(Entry),
}

/// What becomes of a standing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Advance {
    Change,
    Suspend,
    Resume,
    Cancel,
}

/// What the second person says to a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    Yes,
    No,
    /// Nothing, until it is too late.
    Silence,
}

/// Steps of an onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Onboarding {
    Register,
    Identify,
    Screen,
    Assess,
    Approve,
    Refuse,
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    Daily,
    Savings,
    Business,
}

/// How a payment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    /// As usual.
    Plain,
    /// More than there is.
    TooMuch,
    /// To an account that does not exist.
    UnknownTarget,
    /// To an account in another currency.
    OtherCurrency,
    /// Withdrawn at once.
    Regretted,
    /// The process stands still until the deadline.
    Stalled,
}

/// A journal entry of the bank itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    Capital(Currency),
    CashDelivery(Currency, u32),
    Interest(u32),
    CashDifference(u32),
    Mistaken(u32),
    Refused(u32),
    Forgotten(u32),
}

/// A step of a journal entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum JournalStep {
    Draft,
    Submit,
    Approve,
    Post,
    Reject,
    Reverse,
}

impl Action {
    /// Whether it belongs to a transfer that is under way.
    pub fn is_of_a_transfer(&self) -> bool {
        matches!(self, Self::Advance(_) | Self::Record(_) | Self::TimeOut(_))
    }
}

/// All that is going to happen, earliest first; of two at the same time, the one that was planned first.
#[derive(Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(i64, u64, Action)>>,
    planned: u64,
}

impl Agenda {
    pub fn at(&mut self, time: DateTime<Utc>, action: Action) {
        self.planned += 1;
        self.heap.push(Reverse((time.timestamp_micros(), self.planned, action)));
    }

    pub fn after(&mut self, now: DateTime<Utc>, milliseconds: i64, action: Action) {
        self.at(now + TimeDelta::milliseconds(milliseconds), action);
    }

    /// Takes the earliest, if it is due before `limit`.
    pub fn take_before(&mut self, limit: DateTime<Utc>) -> Option<(DateTime<Utc>, Action)> {
        if self.heap.peek()?.0.0 >= limit.timestamp_micros() {
            return None;
        }
        let Reverse((micros, _, action)) = self.heap.pop()?;
        Some((DateTime::from_timestamp_micros(micros)?, action))
    }

    /// Drops everything that does not belong to a transfer under way.
    pub fn keep_transfers(&mut self) {
        self.heap.retain(|Reverse((_, _, action))| action.is_of_a_transfer());
    }
}
