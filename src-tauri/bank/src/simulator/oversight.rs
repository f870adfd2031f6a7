//! What needs a second person or looks back: large transfers, high overdrafts, reviews, suspensions, parked money, closed books.

use chrono::{Datelike, Days, Months, NaiveDate};
use es_core::{References, Settlement, step_command_id};

use super::Simulator;
use super::agenda::{AccountIndex, Action, Answer, FlightNumber, PersonIndex};
use super::desk::{Cause, Slot};
use super::history;
use super::people::HOUR;
use crate::account::{
    AccountDecider, ApproveOverdraft, CloseAccount, DeclineOverdraft, OpenPeriod, SetOverdraft, Withdraw,
};
use crate::customer::{
    ApproveKycReview, AssessRisk, CloseCustomer, CustomerDecider, RecordDeath, RecordKycReview, ReinstateCustomer,
    RequestErasure, RiskRating, SuspendCustomer, WithdrawErasureRequest,
};
use crate::ledger::{
    ApprovePeriodChange, ClosePeriod, DeclinePeriodChange, GeneralLedger, LedgerCommand, LedgerDecider, ReopenPeriod,
};
use crate::money::{Amount, Limit};
use crate::processes::{freeze_outcome, next_freeze};
use crate::transfer::{Belonging, ResolveParkedTransfer, approval_threshold};

const FREEZING: &str = "process:customer_accounts";
/// Most accounts of somebody whose relation is suspended here: each is two events, and all come at once.
const FEW_ACCOUNTS: usize = 2;

impl Simulator {
    /// Money comes in for a purchase above what one person may send, and is sent on.
    pub(super) fn pay_a_lot(&mut self, account: AccountIndex, answer: Answer) {
        let Some(currency) = self.accounts.get(account).map(|account| account.currency) else { return };
        let threshold = approval_threshold(currency).money().minor();
        let Ok(amount) = Amount::new(threshold / 100 * self.desk.dice.between(105, 160), currency) else { return };
        let Some(target) = self.anybody(currency, Some(account)).filter(|target| *target != account) else { return };
        if !self.fund(account, amount) {
            return;
        }
        let pace = self.desk.dice.between(30, 180);
        if let Some(number) = self.transfer_to(account, target, amount, "Notary escrow account".to_owned(), pace) {
            self.answers.insert(number, answer);
        }
    }

    /// A limit above what one person may grant is proposed; another approves it, or does not.
    pub(super) fn propose_overdraft(&mut self, account: AccountIndex, granted: bool) {
        let Some((account_id, currency)) = self.accounts.get(account).map(|a| (a.account_id.clone(), a.currency))
        else {
            return;
        };
        let threshold = crate::account::decide::APPROVAL_THRESHOLD_UNITS.saturating_mul(currency.minor_per_unit());
        let Ok(overdraft_limit) = Limit::new(threshold / 10 * 15, currency) else { return };
        self.tell_account(
            account,
            SetOverdraft { account_id: account_id.clone(), overdraft_limit },
            Cause::of("branch:marta"),
        );
        let proposal = self.accounts[account].slot.state.open().and_then(|open| open.overdraft_proposal.as_ref());
        let Some(content_hash) = proposal.map(|proposal| proposal.content_hash.clone()) else { return };
        self.desk.now += chrono::TimeDelta::minutes(self.desk.dice.between(20, 90));
        let cause = Cause::of("credit:nora");
        if granted {
            self.tell_account(account, ApproveOverdraft { account_id, content_hash }, cause);
        } else {
            let reason = "Income does not bear it".to_owned();
            self.tell_account(account, DeclineOverdraft { account_id, content_hash, reason }, cause);
        }
    }

    /// What the bank knows of a customer is looked through; for one of high risk a second person agrees.
    pub(super) fn review(&mut self, person: PersonIndex, high: bool) {
        let Some(customer_id) = self.people.get(person).map(|person| person.id.clone()) else { return };
        if high {
            let rationale = "Holds a public office since the last election".to_owned();
            let command = AssessRisk { customer_id: customer_id.clone(), rating: RiskRating::High, rationale };
            self.tell_customer(person, command.into(), Cause::of("compliance:olek"));
        }
        let findings = "Documents, address and turnover are as known".to_owned();
        let command = RecordKycReview { customer_id: customer_id.clone(), findings };
        if self.tell_customer(person, command.into(), Cause::of("compliance:olek")) && high {
            self.desk.now += chrono::TimeDelta::minutes(50);
            self.tell_customer(person, ApproveKycReview { customer_id }.into(), Cause::of("branch:marta"));
        }
    }

    /// Somebody with few accounts, whose relation can rest.
    pub(super) fn of_few_accounts(&self, not_before: PersonIndex) -> Option<PersonIndex> {
        let fits = |person: &PersonIndex| {
            let customer = self.people[*person].slot.state.customer();
            let accounts = customer.filter(|customer| customer.status.is_active()).map(|c| c.accounts.open.len());
            accounts.is_some_and(|count| (1..=FEW_ACCOUNTS).contains(&count))
        };
        (not_before..self.people.len()).chain(0..not_before.min(self.people.len())).find(fits)
    }

    /// The relation rests, and with it the accounts, until questions are answered some days later.
    pub(super) fn suspend(&mut self, person: PersonIndex) {
        let Some(person) = self.of_few_accounts(person) else { return };
        let customer_id = self.people[person].id.clone();
        let reason = "Questions about the origin of funds are not answered".to_owned();
        if self.tell_customer(person, SuspendCustomer { customer_id, reason }.into(), Cause::of("compliance:olek")) {
            self.freeze_with_relation(person);
            let later = self.desk.dice.between(3 * 24 * HOUR, 6 * 24 * HOUR);
            self.agenda.after(self.desk.now, later, Action::Reinstate(person));
        }
    }

    pub(super) fn reinstate(&mut self, person: PersonIndex) {
        let customer_id = self.people[person].id.clone();
        let reason = "The questions are answered".to_owned();
        if self.tell_customer(person, ReinstateCustomer { customer_id, reason }.into(), Cause::of("compliance:olek")) {
            self.freeze_with_relation(person);
        }
    }

    /// A customer has died: the accounts are frozen until the heirs are known, which takes longer than this history.
    pub(super) fn die(&mut self, person: PersonIndex) {
        let Some(person) = self.of_few_accounts(person) else { return };
        let customer_id = self.people[person].id.clone();
        let died_on = history::bank_day(self.desk.now) - Days::new(9);
        let command = RecordDeath { customer_id, died_on, evidence: "Certificate 2025/1184".to_owned() };
        if self.tell_customer(person, command.into(), Cause::of("desk:ines")) {
            self.freeze_with_relation(person);
        }
    }

    /// The process that lets accounts rest with the relation.
    fn freeze_with_relation(&mut self, person: PersonIndex) {
        while let Some(customer) = self.people[person].slot.state.customer()
            && let Some(command) = next_freeze(customer)
            && let Some((_, account, case)) = customer.accounts.next_step()
            && let Some(index) = self.accounts.iter().position(|holding| holding.account_id == *account)
        {
            let stream = self.people[person].slot.stream.clone();
            let name = if command.command_type() == "FreezeAccount" { "freeze" } else { "lift" };
            let step = format!("{name}:{account}:{case}");
            let cause = |step: &str| Cause {
                actor: FREEZING.to_owned(),
                reason: None,
                command_id: Some(step_command_id(&stream, step)),
                chain: None,
            };
            self.desk.now += chrono::TimeDelta::milliseconds(3);
            let (none, slot) = (References::default(), &mut self.accounts[index].slot);
            let done = self.desk.execute::<AccountDecider>(slot, command.command_type(), &command, &none, cause(&step));
            let how = done.map_or_else(Settlement::Rejected, |_| Settlement::Done);
            let outcome = self.people[person].slot.state.customer().and_then(|c| freeze_outcome(c, &command, &how));
            let Some(outcome) = outcome else { return };
            self.desk.now += chrono::TimeDelta::milliseconds(3);
            let (kind, slot) = (outcome.command_type(), &mut self.people[person].slot);
            let recorded = cause(&format!("{step}:{kind}"));
            if self.desk.execute::<CustomerDecider>(slot, kind, &outcome, &none, recorded).is_err() {
                return;
            }
        }
    }

    /// A customer with one account and nothing open takes the money and leaves; a year later, says the letter, all is to be
    /// forgotten.
    pub(super) fn leave(&mut self) {
        let may_go = |index: &AccountIndex| {
            let owner = self.people[self.accounts[*index].person].slot.state.customer();
            let only = owner.is_some_and(|c| c.status.is_active() && c.accounts.open.len() == 1);
            let state = self.accounts[*index].slot.state.open();
            let idle = |a: &crate::account::Account| {
                let limits = &a.spending;
                let limited =
                    limits.per_transaction.is_some() || limits.per_day.is_some() || limits.per_month.is_some();
                let busy = a.open_holds().count() > 0 || a.is_frozen() || !a.interest.terms.is_empty();
                a.settled.minor() > 0 && !limited && !busy
            };
            only && state.is_some_and(idle) && !self.flights.values().any(|flight| flight.touches(*index))
        };
        let Some(account) = (0..self.accounts.len()).find(may_go) else {
            // Everybody has something open today.
            self.agenda.after(self.desk.now, 24 * HOUR, Action::Leave);
            return;
        };
        let (person, account_id) = (self.accounts[account].person, self.accounts[account].account_id.clone());
        let settled = self.accounts[account].slot.state.open().map(|open| open.settled);
        let Some(Ok(amount)) = settled.map(Amount::try_from) else { return };
        let text = Some("Balance paid out".to_owned());
        let paid = Withdraw { account_id: account_id.clone(), amount, text, value_date: None };
        let closed = CloseAccount { account_id, reason: "Customer moves abroad".to_owned() };
        let actor = "branch:marta";
        if self.tell_account(account, paid, Cause::of(actor)).is_some()
            && let Some(done) = self.tell_account(account, closed, Cause::of(actor))
        {
            self.accounts[account].closed = true;
            done.last_event_id.into_iter().for_each(|closed| self.settle_links(account, closed));
            let (customer_id, reason) = (self.people[person].id.clone(), "Customer moves abroad".to_owned());
            self.tell_customer(person, CloseCustomer { customer_id, reason }.into(), Cause::of(actor));
            self.agenda.after(self.desk.now, 30 * HOUR, Action::Forget(person, true));
        }
    }

    /// A former customer wants the personal data erased, and then does not; the law would keep them longer than this history.
    pub(super) fn forget(&mut self, person: PersonIndex, asked: bool) {
        let customer_id = self.people[person].id.clone();
        let reason = "Letter of the former customer".to_owned();
        if asked {
            let command = RequestErasure { customer_id, reason };
            if self.tell_customer(person, command.into(), Cause::of("desk:ines")) {
                self.agenda.after(self.desk.now, 40 * HOUR, Action::Forget(person, false));
            }
        } else {
            self.tell_customer(person, WithdrawErasureRequest { customer_id, reason }.into(), Cause::of("desk:ines"));
        }
    }

    /// Somebody finds out where parked money belongs: to another account of the sender, or of whoever else the sender names.
    pub(super) fn resolve_parked(&mut self, number: FlightNumber) {
        let Some(mut flight) = self.parked.remove(&number) else { return };
        let Some(order) = flight.order() else { return };
        let (transfer_id, currency) = (order.transfer_id.clone(), order.amount.currency());
        let owner = flight.source().map(|source| self.accounts[source].person);
        let open = self.by_currency.get(&currency).into_iter().flatten().copied();
        let mut open = open.filter(|index| !self.accounts[*index].closed).collect::<Vec<_>>();
        open.sort_by_key(|index| Some(self.accounts[*index].person) != owner);
        let Some(beneficiary) = open.first().copied() else { return };
        let named = Some(self.accounts[beneficiary].account_id.clone());
        let reason = "The sender has named another account".to_owned();
        let command = ResolveParkedTransfer { transfer_id, belongs_to: Belonging::Source, beneficiary: named, reason };
        let references = self.accounts_of([Some(beneficiary), None]);
        self.tell_transfer(&mut flight, &command.into(), &references, None, "backoffice:rosa");
        flight.goes_to(beneficiary);
        self.agenda.after(self.desk.now, flight.pace(), Action::Advance(number));
        self.flights.insert(number, flight);
    }

    /// The books of the busiest account are closed, so that what came before can be archived.
    pub(super) fn open_period(&mut self) {
        let changes = |index: &AccountIndex| self.accounts[*index].slot.state.open().map_or(0, |open| open.changes);
        let Some(account) = (0..self.accounts.len()).max_by_key(changes) else { return };
        let Some(opened_on) = self.accounts[account].slot.state.open().map(|open| open.opened_on) else { return };
        let today = history::bank_day(self.desk.now);
        let period_from = today.with_day(1).unwrap_or(today).max(opened_on);
        let account_id = self.accounts[account].account_id.clone();
        self.tell_account(account, OpenPeriod { account_id, period_from }, Cause::of("accounting:amira"));
    }

    /// The month before the last is closed, opened again for a correction that is then not made, and stays as it was. Nothing
    /// here is booked with a value date so old, so no command has to ask the ledger.
    pub(super) fn close_month(&mut self) {
        let ledger = GeneralLedger::General;
        let today = history::bank_day(self.desk.now);
        let Some(through) = last_day_of_the_month_before_the_last(today) else { return };
        let text = |text: &str| text.to_owned();
        let mut slot = Slot::new(ledger.stream());
        let close = ClosePeriod { ledger, through, reason: text("The month is reconciled") };
        let again = ReopenPeriod { ledger, from: through, reason: text("A receipt has turned up") };
        self.propose_and_answer(&mut slot, close.into(), None);
        self.propose_and_answer(&mut slot, again.clone().into(), Some("It belongs to another month"));
        self.propose_and_answer(&mut slot, again.into(), None);
    }

    fn propose_and_answer(
        &mut self,
        slot: &mut Slot<crate::ledger::LedgerState>,
        proposal: LedgerCommand,
        declined: Option<&str>,
    ) {
        let none = References::default();
        let (name, cause) = (proposal.command_type(), Cause::of("accounting:amira"));
        self.desk.now += chrono::TimeDelta::minutes(15);
        if self.desk.execute::<LedgerDecider>(slot, name, &proposal, &none, cause).is_err() {
            return;
        }
        let Some(content_hash) = slot.state.proposal.as_ref().map(|proposal| proposal.content_hash.clone()) else {
            return;
        };
        let ledger = GeneralLedger::General;
        let answer: LedgerCommand = match declined {
            None => ApprovePeriodChange { ledger, content_hash }.into(),
            Some(reason) => DeclinePeriodChange { ledger, content_hash, reason: reason.to_owned() }.into(),
        };
        self.desk.now += chrono::TimeDelta::minutes(15);
        let (name, cause) = (answer.command_type(), Cause::of("controlling:jens"));
        // Another person answers what was just proposed, so it is not refused.
        let _ = self.desk.execute::<LedgerDecider>(slot, name, &answer, &none, cause);
    }
}

fn last_day_of_the_month_before_the_last(today: NaiveDate) -> Option<NaiveDate> {
    today
        .with_day(1)?
        .checked_sub_months(Months::new(1))?
        .pred_opt()
        .filter(|day| day.year() >= super::first_day().year())
}
