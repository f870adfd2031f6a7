//! What an account is.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accrual::InterestBook;
use super::aged::{Aged, AgedMap};
use super::events::{AccountEvent, AccountOpened, HoldChanged, HoldPlaced, OverdraftProposed, Product};
use super::spending::Spending;
use super::turnover::Turnovers;
use crate::entry::EntryView;
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId, TransferId};
use crate::money::{Amount, Currency, Limit, Money};
use crate::posting::{PostingAccount, Postings, Side};

/// Most holds kept, open and resolved. A new hold pushes out the oldest resolved one.
pub const MAX_HOLDS: usize = 256;
/// Most transfers kept, so that a repeated step is recognised. Older ones are recognised by their event ids in the store.
pub const MAX_TRANSFERS: usize = 128;
/// Most entries kept; only these can be reversed.
pub const MAX_ENTRIES: usize = 128;
/// Most cases that an account can be frozen for at once.
pub const MAX_CASES: usize = 32;
/// Events since its last period after which an account's books are closed at the end of the year. A period carries the whole
/// account, some tens of kilobytes with the holds, transfers and entries above: as much as some hundred events. Ten times as
/// many must be worth archiving before that is worth its space.
pub const EVENTS_WORTH_A_PERIOD: u64 = 2_000;

/// An account through its life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum AccountState {
    /// Nothing has happened.
    #[default]
    NotOpened,
    /// In use.
    Open(Account),
    /// Closed for good.
    Closed(Account),
}

impl AccountState {
    /// The account, open or closed.
    #[must_use]
    pub const fn account(&self) -> Option<&Account> {
        match self {
            Self::NotOpened => None,
            Self::Open(account) | Self::Closed(account) => Some(account),
        }
    }

    /// The account, if it is open.
    #[must_use]
    pub const fn open(&self) -> Option<&Account> {
        if let Self::Open(account) = self { Some(account) } else { None }
    }
}

/// An opened account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its number.
    pub account_id: AccountId,
    /// Its owner.
    pub customer_id: CustomerId,
    /// Its only currency.
    pub currency: Currency,
    /// Whether the owner's own record names the account.
    pub link: LinkStage,
    /// What kind of account.
    pub product: Product,
    /// The bank's day of the opening.
    pub opened_on: NaiveDate,
    /// The bank's day of the closing.
    pub closed_on: Option<NaiveDate>,
    /// Sum of all its postings.
    pub settled: Money,
    /// Sum of the open holds.
    pub held: Money,
    /// How far below zero it may go.
    pub overdraft_limit: Limit,
    /// Settled, less held, plus overdraft limit: what a debit may take.
    pub available: Money,
    /// A higher limit that waits for a second person.
    pub overdraft_proposal: Option<OverdraftProposal>,
    /// Cases that it is frozen for, with the reason.
    pub frozen_by: BTreeMap<CaseId, String>,
    /// Why it is dormant, if it is.
    pub dormant: Option<String>,
    /// What its customer may spend, and has spent.
    pub spending: Spending,
    /// Holds, open and resolved.
    pub holds: AgedMap<HoldId, Hold>,
    /// Recent transfers.
    pub transfers: AgedMap<TransferId, TransferLeg>,
    /// Recent entries.
    pub entries: AgedMap<EntryId, BookedEntry>,
    /// Rates, balances by day and interest not posted.
    pub interest: InterestBook,
    /// What its entries have moved so far, its own side and the other.
    pub turnovers: Turnovers,
    /// First day of the period that was opened last, if one was.
    pub period_from: Option<NaiveDate>,
    /// How many changes there were up to the event that opened it; 0 before the first one.
    pub period_change: u64,
    /// The booking date of the entry with which the period had become longer than [`EVENTS_WORTH_A_PERIOD`].
    pub outgrown_on: Option<NaiveDate>,
    /// How many events it has taken in; orders holds, transfers and entries by age.
    pub changes: u64,
}

/// Whether the owner's own record names the account. It only ever moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum LinkStage {
    /// It is to be named; whether it is, is not known.
    Asked,
    /// It is named.
    Linked,
    /// It could not be named.
    Refused,
    /// The account is closed and not named any more.
    Unlinked,
}

impl LinkStage {
    /// Whether it is known what became of the naming.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Asked)
    }
}

/// An overdraft limit that one person has asked for and another has to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OverdraftProposal {
    /// The limit.
    pub overdraft_limit: Limit,
    /// SHA-256 over account, present and proposed limit and who proposed; what an approval is bound to.
    pub content_hash: String,
    /// Who asked.
    pub proposed_by: String,
}

/// Money set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// How much.
    pub amount: Amount,
    /// From when on it can no longer be captured.
    pub expires_at: DateTime<Utc>,
    /// What for.
    pub purpose: String,
    /// Whether it is still open.
    pub status: HoldStatus,
    /// The day on which it counts towards the limits, as long as it is open.
    pub counted_on: Option<NaiveDate>,
    /// Age: see [`Account::changes`].
    pub change: u64,
}

impl Aged for Hold {
    fn age(&self) -> u64 {
        self.change
    }

    fn may_go(&self) -> bool {
        self.status != HoldStatus::Open
    }
}

/// Where a hold stands. Only an open one is ever resolved, so each is resolved at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum HoldStatus {
    /// Money is set aside.
    Open,
    /// The money was taken.
    Captured,
    /// It was given up.
    Released,
    /// It ran out.
    Expired,
}

impl HoldStatus {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for HoldStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one transfer has done to the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferLeg {
    /// Taken out, into transit.
    pub debited: Option<Amount>,
    /// The fee that was charged with it.
    pub fee: Option<Amount>,
    /// How much of that has come back.
    pub returned: Option<Amount>,
    /// Brought in.
    pub credited: Option<Amount>,
    /// The day on which what was taken out counts towards the limits.
    pub counted_on: Option<NaiveDate>,
    /// Age: see [`Account::changes`].
    pub change: u64,
}

impl Aged for TransferLeg {
    fn age(&self) -> u64 {
        self.change
    }
}

/// An entry that moved the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookedEntry {
    /// What made it.
    pub kind: EntryKind,
    /// How much it moved.
    pub amount: Amount,
    /// Its legs, as long as it can be reversed.
    pub postings: Option<Postings>,
    /// The entry that undid it.
    pub reversed_by: Option<EntryId>,
    /// The day on which it counts towards the limits, if it does.
    pub counted_on: Option<NaiveDate>,
    /// Age: see [`Account::changes`].
    pub change: u64,
}

impl Aged for BookedEntry {
    fn age(&self) -> u64 {
        self.change
    }
}

/// What made an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum EntryKind {
    /// Cash in.
    Deposit,
    /// Cash out.
    Withdrawal,
    /// A captured hold.
    Capture,
    /// A fee.
    Fee,
    /// A fee given back.
    Waiver,
    /// Posted interest.
    Interest,
    /// A transfer's step; undone only by the transfer's own compensation.
    Transfer,
    /// The mirror image of another entry.
    Reversal,
}

impl EntryKind {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "a deposit",
            Self::Withdrawal => "a withdrawal",
            Self::Capture => "a capture",
            Self::Fee => "a fee",
            Self::Waiver => "a waived fee",
            Self::Interest => "interest",
            Self::Transfer => "a transfer's step",
            Self::Reversal => "itself a reversal",
        }
    }

    /// Whether an entry of this kind can be undone by hand.
    #[must_use]
    pub const fn is_reversible(self) -> bool {
        matches!(self, Self::Deposit | Self::Withdrawal | Self::Capture | Self::Fee)
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Account {
    fn opened(event: &AccountOpened) -> Self {
        let mut account = Self {
            account_id: event.account_id.clone(),
            customer_id: event.customer_id.clone(),
            currency: event.currency,
            link: LinkStage::Asked,
            product: event.product,
            opened_on: event.opened_on,
            closed_on: None,
            settled: Money::zero(event.currency),
            held: Money::zero(event.currency),
            overdraft_limit: event.overdraft_limit,
            available: Money::zero(event.currency),
            overdraft_proposal: None,
            frozen_by: BTreeMap::new(),
            dormant: None,
            spending: Spending::default(),
            holds: AgedMap::default(),
            transfers: AgedMap::default(),
            entries: AgedMap::default(),
            interest: InterestBook::opened(event.opened_on, Money::zero(event.currency)),
            turnovers: Turnovers::default(),
            period_from: None,
            period_change: 0,
            outgrown_on: None,
            changes: 1,
        };
        account.refresh();
        account
    }

    /// Open holds, by id.
    pub fn open_holds(&self) -> impl Iterator<Item = (&HoldId, &Hold)> {
        self.holds.iter().filter(|(_, hold)| hold.status == HoldStatus::Open)
    }

    /// Whether any case freezes it.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        !self.frozen_by.is_empty()
    }

    pub(super) fn refresh(&mut self) {
        self.available = self.settled.minus_recorded(self.held).plus_recorded(self.overdraft_limit.money());
    }

    fn apply(&mut self, event: &AccountEvent) {
        use AccountEvent as E;
        self.changes += 1;
        match event {
            E::AccountOpened(_) | E::PeriodOpened(_) => {}
            E::MoneyDeposited(e) => self.book(e.entry(), EntryKind::Deposit, e.amount, None),
            E::MoneyWithdrawn(e) => {
                self.spending.count(e.booking_date, e.amount.money());
                self.book(e.entry(), EntryKind::Withdrawal, e.amount, Some(e.booking_date));
            }
            E::FeeCharged(e) => self.book(e.entry(), EntryKind::Fee, e.amount, None),
            E::HoldPlaced(e) => self.hold_placed(e),
            E::HoldChanged(e) => self.hold_changed(e),
            E::HoldCaptured(e) => {
                let counted_on = self.hold_used(&e.hold_id, e.amount, e.booking_date);
                self.book(e.entry(), EntryKind::Capture, e.amount, Some(counted_on));
            }
            E::HoldReleased(e) => self.hold_given_up(&e.hold_id, HoldStatus::Released),
            E::HoldExpired(e) => self.hold_given_up(&e.hold_id, HoldStatus::Expired),
            E::TransferDebited(e) => {
                let counted_on = self.hold_used(&e.hold_id, e.amount, e.booking_date);
                self.book(e.entry(), EntryKind::Transfer, e.amount, None);
                self.transfer(&e.transfer_id, |leg| {
                    (leg.debited, leg.fee, leg.counted_on) = (Some(e.amount), e.fee, Some(counted_on));
                });
            }
            E::TransferCredited(e) => {
                self.book(e.entry(), EntryKind::Transfer, e.amount, None);
                self.transfer(&e.transfer_id, |leg| leg.credited = Some(e.amount));
            }
            E::TransferDebitReturned(e) => {
                self.book(e.entry(), EntryKind::Transfer, e.amount, None);
                let counted_on = self.transfers.get(&e.transfer_id).and_then(|leg| leg.counted_on);
                self.given_back(counted_on, e.amount);
                self.transfer(&e.transfer_id, |leg| (leg.returned, leg.counted_on) = (Some(e.amount), None));
            }
            E::AccountFrozen(e) => {
                self.frozen_by.insert(e.case_id.clone(), e.reason.clone());
            }
            E::AccountUnfrozen(e) => {
                self.frozen_by.remove(&e.case_id);
            }
            E::OverdraftProposed(e) => self.overdraft_proposal = Some(OverdraftProposal::of(e)),
            E::OverdraftDeclined(_) => self.overdraft_proposal = None,
            E::OverdraftSet(e) => {
                self.overdraft_limit = e.overdraft_limit;
                self.overdraft_proposal = None;
            }
            E::PostingReversed(e) => {
                self.book(e.entry(), EntryKind::Reversal, e.amount, None);
                self.undone(e.original_entry_id, e.entry_id);
            }
            E::FeeWaived(e) => {
                self.book(e.entry(), EntryKind::Waiver, e.amount, None);
                self.undone(e.original_entry_id, e.entry_id);
            }
            E::LimitsSet(e) => self.spending.set(e),
            E::AccountMarkedDormant(e) => self.dormant = Some(e.reason.clone()),
            E::AccountReactivated(_) => self.dormant = None,
            E::InterestRateSet(e) => self.interest.rate_set(e),
            E::InterestAccrued(e) => self.interest.accrued(e),
            E::InterestPosted(e) => {
                self.book(e.entry(), EntryKind::Interest, e.amount, None);
                self.interest.posted(e);
            }
            E::LinkedToCustomer(_) => self.link = LinkStage::Linked,
            E::LinkToCustomerRefused(_) => self.link = LinkStage::Refused,
            E::UnlinkedFromCustomer(_) => self.link = LinkStage::Unlinked,
            E::AccountClosed(e) => self.closed_on = Some(e.closed_on),
        }
        self.refresh();
    }

    /// Moves the settled balance by the entry's own legs, so that it is the sum of its postings and nothing else.
    fn book(&mut self, entry: EntryView<'_>, kind: EntryKind, amount: Amount, counted_on: Option<NaiveDate>) {
        let before = self.settled;
        for leg in entry.postings {
            self.turnovers.add(leg);
            let own = matches!(&leg.account, PostingAccount::Customer(id) if *id == self.account_id);
            match (own, leg.side) {
                (false, _) => {}
                (true, Side::Credit) => self.settled = self.settled.plus_recorded(leg.amount.money()),
                (true, Side::Debit) => self.settled = self.settled.minus_recorded(leg.amount.money()),
            }
        }
        self.interest.moved(self.settled.minus_recorded(before), entry.booking_date, entry.value_date);
        let postings = kind.is_reversible().then(|| entry.postings.clone());
        let booked = BookedEntry { kind, amount, postings, reversed_by: None, counted_on, change: self.changes };
        self.entries.insert(entry.entry_id, booked, MAX_ENTRIES);
        let outgrown = self.changes.saturating_sub(self.period_change) >= EVENTS_WORTH_A_PERIOD;
        if outgrown && self.outgrown_on.is_none() {
            self.outgrown_on = Some(entry.booking_date);
        }
    }

    fn undone(&mut self, original: EntryId, by: EntryId) {
        let undone = self.entries.change(&original, |original| {
            original.reversed_by = Some(by);
            original.postings = None;
            (original.counted_on.take(), original.amount)
        });
        if let Some((counted_on, amount)) = undone {
            self.given_back(counted_on, amount);
        }
    }

    fn given_back(&mut self, counted_on: Option<NaiveDate>, amount: Amount) {
        if let Some(day) = counted_on {
            self.spending.give_back(day, amount.money());
        }
    }

    fn hold_placed(&mut self, event: &HoldPlaced) {
        if let Some(day) = event.placed_on {
            self.spending.count(day, event.amount.money());
        }
        let hold = Hold {
            amount: event.amount,
            expires_at: event.expires_at,
            purpose: event.purpose.clone(),
            status: HoldStatus::Open,
            counted_on: event.placed_on,
            change: self.changes,
        };
        let former = self.holds.get(&event.hold_id).map_or(Money::zero(self.currency), Hold::set_aside);
        self.held = self.held.minus_recorded(former).plus_recorded(hold.set_aside());
        self.holds.insert(event.hold_id.clone(), hold, MAX_HOLDS);
    }

    fn hold_changed(&mut self, event: &HoldChanged) {
        let changed = self.holds.change(&event.hold_id, |hold| {
            let former = hold.set_aside();
            let before = std::mem::replace(&mut hold.amount, event.amount);
            hold.expires_at = event.expires_at;
            (former, hold.set_aside(), hold.counted_on, before)
        });
        let Some((former, now, counted_on, before)) = changed else { return };
        self.held = self.held.minus_recorded(former).plus_recorded(now);
        if let Some(day) = counted_on {
            self.spending.recount(day, before.money(), event.amount.money());
        }
    }

    /// Ends a hold. Returns the day on which it counted and how much it was, if it is known.
    fn hold_ended(&mut self, hold_id: &HoldId, status: HoldStatus) -> Option<(Option<NaiveDate>, Amount)> {
        let (freed, counted_on, amount) = self.holds.change(hold_id, |hold| {
            let freed = hold.set_aside();
            hold.status = status;
            (freed, hold.counted_on.take(), hold.amount)
        })?;
        self.held = self.held.minus_recorded(freed);
        Some((counted_on, amount))
    }

    /// The hold ends in a debit. Returns the day on which the debit counts: that of the hold, which counted all that was held,
    /// or else its own.
    fn hold_used(&mut self, hold_id: &HoldId, amount: Amount, booking_date: NaiveDate) -> NaiveDate {
        match self.hold_ended(hold_id, HoldStatus::Captured) {
            Some((Some(day), held)) => {
                self.spending.recount(day, held.money(), amount.money());
                day
            }
            _ => {
                self.spending.count(booking_date, amount.money());
                booking_date
            }
        }
    }

    fn hold_given_up(&mut self, hold_id: &HoldId, status: HoldStatus) {
        if let Some((counted_on, amount)) = self.hold_ended(hold_id, status) {
            self.given_back(counted_on, amount);
        }
    }

    fn transfer(&mut self, transfer_id: &TransferId, change: impl FnOnce(&mut TransferLeg)) {
        if self.transfers.contains_key(transfer_id) {
            self.transfers.change(transfer_id, change);
            return;
        }
        let mut leg = TransferLeg {
            debited: None,
            fee: None,
            returned: None,
            credited: None,
            counted_on: None,
            change: self.changes,
        };
        change(&mut leg);
        self.transfers.insert(transfer_id.clone(), leg, MAX_TRANSFERS);
    }
}

impl Hold {
    /// What it sets aside: its amount as long as it is open.
    fn set_aside(&self) -> Money {
        if self.status == HoldStatus::Open { self.amount.money() } else { Money::zero(self.amount.currency()) }
    }
}

impl OverdraftProposal {
    fn of(event: &OverdraftProposed) -> Self {
        Self {
            overdraft_limit: event.overdraft_limit,
            content_hash: event.content_hash.clone(),
            proposed_by: event.proposed_by.clone(),
        }
    }
}

/// Takes an event in. Total: what does not fit (an event before the opening) changes nothing.
pub(super) fn evolve(state: &mut AccountState, event: &AccountEvent) {
    match (&mut *state, event) {
        (AccountState::NotOpened, AccountEvent::AccountOpened(opened)) => {
            *state = AccountState::Open(Account::opened(opened));
        }
        (AccountState::NotOpened | AccountState::Open(_), AccountEvent::PeriodOpened(opened)) => {
            *state = AccountState::Open(Account::carried_forward(opened));
        }
        (AccountState::NotOpened, _) => {}
        (AccountState::Open(account) | AccountState::Closed(account), _) => account.apply(event),
    }
    if let (AccountState::Open(_), AccountEvent::AccountClosed(_)) = (&*state, event)
        && let AccountState::Open(account) = std::mem::take(state)
    {
        *state = AccountState::Closed(account);
    }
}
