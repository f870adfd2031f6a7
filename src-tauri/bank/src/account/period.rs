//! Periods of an account's books. A long stream is read from its last [`PeriodOpened`], which carries all that the account is
//! at that point by itself: what came before may be archived, and nothing that is decided or summed later changes.
//!
//! The payload has a shape of its own, so that the state can change without a new version of the event. Its larger parts are
//! boxed, so that the set of events does not grow by this rare one.

use chrono::{DateTime, NaiveDate, Utc};

use super::accrual::{InterestBook, InterestTerms};
use super::events::Product;
use super::spending::Spending;
use super::state::{Account, BookedEntry, EntryKind, Hold, HoldStatus, LinkStage, OverdraftProposal, TransferLeg};
use super::turnover::{Turnover, Turnovers, Whole};
use crate::declare::payloads;
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId, TransferId};
use crate::interest::{DayCount, MinorFraction, PartsPerMillion};
use crate::money::{Amount, Currency, Limit, Money};
use crate::posting::{PostingAccount, Postings};

payloads! {
    /// A new period of the account's books was opened. Carries the whole account as it is after this event.
    PeriodOpened {
        /// The account.
        account_id: AccountId,
        /// First day of the new period.
        period_from: NaiveDate,
        /// Its owner.
        customer_id: CustomerId,
        /// Whether the owner's own record names the account.
        link: LinkStage,
        /// Its only currency.
        currency: Currency,
        /// What kind of account.
        product: Product,
        /// The bank's day of the opening of the account.
        opened_on: NaiveDate,
        /// Sum of all its postings so far: what the new period begins with.
        settled: Money,
        /// How far below zero it may go.
        overdraft_limit: Limit,
        /// A higher limit that waits for a second person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overdraft_proposal: Option<Box<CarriedProposal>>,
        /// Cases that it is frozen for.
        frozen_by: Vec<CarriedCase>,
        /// Why it is dormant, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dormant: Option<String>,
        /// What its customer may spend, and has spent.
        spending: Box<CarriedSpending>,
        /// Holds, open and recently resolved.
        holds: Vec<CarriedHold>,
        /// Recent transfers.
        transfers: Vec<CarriedTransfer>,
        /// Recent entries.
        entries: Vec<CarriedEntry>,
        /// Rates, balances by day and interest not posted.
        interest: Box<CarriedInterest>,
        /// Per account of the ledger, what the account's entries have moved so far. Debits equal credits in each currency.
        carried_forward: Vec<PostingTotal>,
        /// Number of the account's events so far, this one included.
        changes: Whole,
    }

    /// Sums of the postings to one account in one currency.
    PostingTotal {
        /// The account of the ledger, or the customer's own.
        account: PostingAccount,
        /// The currency.
        currency: Currency,
        /// Minor units debited.
        debits: Whole,
        /// Minor units credited.
        credits: Whole,
        /// Number of postings.
        postings: Whole,
    }

    /// An overdraft limit that waits for a second person.
    CarriedProposal {
        /// The limit.
        overdraft_limit: Limit,
        /// What an approval is bound to.
        content_hash: String,
        /// Who asked.
        proposed_by: String,
    }

    /// A case that the account is frozen for.
    CarriedCase {
        /// The case.
        case_id: CaseId,
        /// Why.
        reason: String,
    }

    /// Limits and their use.
    CarriedSpending {
        /// For one withdrawal, hold or transfer; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_transaction: Option<Limit>,
        /// For a day; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_day: Option<Limit>,
        /// For a month; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_month: Option<Limit>,
        /// What was spent on each of the last days.
        used: Vec<CarriedDay>,
    }

    /// Money on a day.
    CarriedDay {
        /// The day.
        day: NaiveDate,
        /// The money.
        money: Money,
    }

    /// A hold.
    CarriedHold {
        /// The hold.
        hold_id: HoldId,
        /// How much.
        amount: Amount,
        /// From when on it can no longer be captured.
        expires_at: DateTime<Utc>,
        /// What for.
        purpose: String,
        /// Whether it is still open.
        hold_status: HoldStatus,
        /// The day on which it counts towards the limits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted_on: Option<NaiveDate>,
        /// Its age.
        change: Whole,
    }

    /// What one transfer has done to the account.
    CarriedTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Taken out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        debited: Option<Amount>,
        /// The fee that was charged with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// How much of that has come back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        returned: Option<Amount>,
        /// Brought in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credited: Option<Amount>,
        /// The day on which what was taken out counts towards the limits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted_on: Option<NaiveDate>,
        /// Its age.
        change: Whole,
    }

    /// An entry that moved the account.
    CarriedEntry {
        /// The entry.
        entry_id: EntryId,
        /// What made it.
        kind: EntryKind,
        /// How much it moved.
        amount: Amount,
        /// Its legs, as long as it can be reversed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        postings: Option<Postings>,
        /// The entry that undid it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reversed_by: Option<EntryId>,
        /// The day on which it counts towards the limits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted_on: Option<NaiveDate>,
        /// Its age.
        change: Whole,
    }

    /// The interest side of the account.
    CarriedInterest {
        /// Rates by their first day.
        terms: Vec<CarriedTerms>,
        /// Earned and not posted, exactly.
        accrued: MinorFraction,
        /// The last day that has earned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accrued_through: Option<NaiveDate>,
        /// The last day whose balance cannot change any more.
        closed_through: NaiveDate,
        /// The balance at the end of that day.
        closed_balance: Money,
        /// Changes by value date after it.
        movements: Vec<CarriedDay>,
    }

    /// A rate.
    CarriedTerms {
        /// The first day that earns at it.
        valid_from: NaiveDate,
        /// Yearly rate on a balance above zero.
        rate_parts_per_million: PartsPerMillion,
        /// Yearly rate on a balance below zero.
        overdraft_rate_parts_per_million: PartsPerMillion,
        /// How days are counted.
        day_count: DayCount,
    }
}

impl PeriodOpened {
    /// A new period from a day on, with all that an account is.
    pub(super) fn of(account: &Account, period_from: NaiveDate) -> Self {
        let case =
            |(case_id, reason): (&CaseId, &String)| CarriedCase { case_id: case_id.clone(), reason: reason.clone() };
        Self {
            account_id: account.account_id.clone(),
            period_from,
            customer_id: account.customer_id.clone(),
            link: account.link,
            currency: account.currency,
            product: account.product,
            opened_on: account.opened_on,
            settled: account.settled,
            overdraft_limit: account.overdraft_limit,
            overdraft_proposal: account
                .overdraft_proposal
                .as_ref()
                .map(|proposal| Box::new(CarriedProposal::of(proposal))),
            frozen_by: account.frozen_by.iter().map(case).collect(),
            dormant: account.dormant.clone(),
            spending: Box::new(CarriedSpending::of(&account.spending)),
            holds: account.holds.iter().map(CarriedHold::of).collect(),
            transfers: account.transfers.iter().map(CarriedTransfer::of).collect(),
            entries: account.entries.iter().map(CarriedEntry::of).collect(),
            interest: Box::new(CarriedInterest::of(&account.interest)),
            carried_forward: account.turnovers.iter().map(PostingTotal::of).collect(),
            changes: Whole::from(account.changes + 1),
        }
    }

    /// The turnover of one account of the ledger in a currency, if there was any.
    #[must_use]
    pub fn total(&self, account: &PostingAccount, currency: Currency) -> Option<&PostingTotal> {
        self.carried_forward.iter().find(|total| total.account == *account && total.currency == currency)
    }
}

impl Account {
    /// The account that a period begins with.
    pub(super) fn carried_forward(event: &PeriodOpened) -> Self {
        let holds: super::AgedMap<HoldId, Hold> = event.holds.iter().map(CarriedHold::hold).collect();
        let open = holds.values().filter(|hold| hold.status == HoldStatus::Open);
        let held = open.fold(Money::zero(event.currency), |sum, hold| sum.plus_recorded(hold.amount.money()));
        let mut account = Self {
            account_id: event.account_id.clone(),
            customer_id: event.customer_id.clone(),
            link: event.link,
            currency: event.currency,
            product: event.product,
            opened_on: event.opened_on,
            closed_on: None,
            settled: event.settled,
            held,
            overdraft_limit: event.overdraft_limit,
            available: event.settled,
            overdraft_proposal: event.overdraft_proposal.as_deref().map(CarriedProposal::proposal),
            frozen_by: event.frozen_by.iter().map(|case| (case.case_id.clone(), case.reason.clone())).collect(),
            dormant: event.dormant.clone(),
            spending: event.spending.spending(),
            holds,
            transfers: event.transfers.iter().map(CarriedTransfer::leg).collect(),
            entries: event.entries.iter().map(CarriedEntry::entry).collect(),
            interest: event.interest.book(),
            turnovers: turnovers(&event.carried_forward),
            period_from: Some(event.period_from),
            period_change: event.changes.count(),
            outgrown_on: None,
            changes: event.changes.count(),
        };
        account.refresh();
        account
    }
}

fn turnovers(totals: &[PostingTotal]) -> Turnovers {
    let mut turnovers = Turnovers::default();
    for total in totals {
        let (debits, credits, postings) = (total.debits, total.credits, total.postings.count());
        let of_currency = turnovers.0.entry(total.currency).or_default();
        of_currency.insert(total.account.clone(), Turnover { debits, credits, postings });
    }
    turnovers
}

impl PostingTotal {
    fn of((currency, account, turnover): (Currency, &PostingAccount, &Turnover)) -> Self {
        let (debits, credits, postings) = (turnover.debits, turnover.credits, Whole::from(turnover.postings));
        Self { account: account.clone(), currency, debits, credits, postings }
    }
}

impl CarriedProposal {
    fn of(proposal: &OverdraftProposal) -> Self {
        let (content_hash, proposed_by) = (proposal.content_hash.clone(), proposal.proposed_by.clone());
        Self { overdraft_limit: proposal.overdraft_limit, content_hash, proposed_by }
    }

    fn proposal(&self) -> OverdraftProposal {
        let (content_hash, proposed_by) = (self.content_hash.clone(), self.proposed_by.clone());
        OverdraftProposal { overdraft_limit: self.overdraft_limit, content_hash, proposed_by }
    }
}

fn days<'a>(money: impl IntoIterator<Item = (&'a NaiveDate, &'a Money)>) -> Vec<CarriedDay> {
    money.into_iter().map(|(day, money)| CarriedDay { day: *day, money: *money }).collect()
}

impl CarriedSpending {
    fn of(spending: &Spending) -> Self {
        let (per_transaction, per_day, per_month) = (spending.per_transaction, spending.per_day, spending.per_month);
        Self { per_transaction, per_day, per_month, used: days(&spending.used) }
    }

    fn spending(&self) -> Spending {
        let (per_transaction, per_day, per_month) = (self.per_transaction, self.per_day, self.per_month);
        let used = self.used.iter().map(|used| (used.day, used.money)).collect();
        Spending { per_transaction, per_day, per_month, used }
    }
}

impl CarriedHold {
    fn of((hold_id, hold): (&HoldId, &Hold)) -> Self {
        Self {
            hold_id: hold_id.clone(),
            amount: hold.amount,
            expires_at: hold.expires_at,
            purpose: hold.purpose.clone(),
            hold_status: hold.status,
            counted_on: hold.counted_on,
            change: hold.change.into(),
        }
    }

    fn hold(&self) -> (HoldId, Hold) {
        let hold = Hold {
            amount: self.amount,
            expires_at: self.expires_at,
            purpose: self.purpose.clone(),
            status: self.hold_status,
            counted_on: self.counted_on,
            change: self.change.count(),
        };
        (self.hold_id.clone(), hold)
    }
}

impl CarriedTransfer {
    fn of((transfer_id, leg): (&TransferId, &TransferLeg)) -> Self {
        let TransferLeg { debited, fee, returned, credited, counted_on, change } = leg.clone();
        let transfer_id = transfer_id.clone();
        Self { transfer_id, debited, fee, returned, credited, counted_on, change: change.into() }
    }

    fn leg(&self) -> (TransferId, TransferLeg) {
        let leg = TransferLeg {
            debited: self.debited,
            fee: self.fee,
            returned: self.returned,
            credited: self.credited,
            counted_on: self.counted_on,
            change: self.change.count(),
        };
        (self.transfer_id.clone(), leg)
    }
}

impl CarriedEntry {
    fn of((entry_id, entry): (&EntryId, &BookedEntry)) -> Self {
        let BookedEntry { kind, amount, postings, reversed_by, counted_on, change } = entry.clone();
        Self { entry_id: *entry_id, kind, amount, postings, reversed_by, counted_on, change: change.into() }
    }

    fn entry(&self) -> (EntryId, BookedEntry) {
        let (kind, amount, postings) = (self.kind, self.amount, self.postings.clone());
        let (reversed_by, counted_on, change) = (self.reversed_by, self.counted_on, self.change.count());
        (self.entry_id, BookedEntry { kind, amount, postings, reversed_by, counted_on, change })
    }
}

impl CarriedInterest {
    fn of(book: &InterestBook) -> Self {
        let terms = |(valid_from, terms): (&NaiveDate, &InterestTerms)| CarriedTerms {
            valid_from: *valid_from,
            rate_parts_per_million: terms.rate,
            overdraft_rate_parts_per_million: terms.overdraft_rate,
            day_count: terms.day_count,
        };
        Self {
            terms: book.terms.iter().map(terms).collect(),
            accrued: book.accrued,
            accrued_through: book.accrued_through,
            closed_through: book.closed_through,
            closed_balance: book.closed_balance,
            movements: days(&book.movements),
        }
    }

    fn book(&self) -> InterestBook {
        let terms = |terms: &CarriedTerms| {
            let (rate, overdraft_rate) = (terms.rate_parts_per_million, terms.overdraft_rate_parts_per_million);
            (terms.valid_from, InterestTerms { rate, overdraft_rate, day_count: terms.day_count })
        };
        InterestBook {
            terms: self.terms.iter().map(terms).collect(),
            accrued: self.accrued,
            accrued_through: self.accrued_through,
            closed_through: self.closed_through,
            closed_balance: self.closed_balance,
            movements: self.movements.iter().map(|movement| (movement.day, movement.money)).collect(),
        }
    }
}
