//! Savings and their interest, limits, fees given back, accounts nobody uses, and what a printer once wrote.

use chrono::{Datelike, Days, NaiveDate};

use super::Simulator;
use super::agenda::{AccountIndex, Action, PersonIndex, Purpose};
use super::desk::Cause;
use super::history;
use super::people::{HOUR, MINUTE, minor_units};
use crate::account::{
    AccountDecider, AccountEvent, AccrueInterest, ExpireHold, MarkDormant, PostInterest, Reactivate, SetInterestRate,
    SetLimits, WaiveFee, Withdraw,
};
use crate::customer::{LiftRestriction, RestrictCustomer};
use crate::ids::EntryId;
use crate::interest::{DayCount, PartsPerMillion};
use crate::money::{Amount, Currency, Limit};
use crate::upcasters::older;

/// What savings earn in a year.
const SAVINGS_RATE: PartsPerMillion = match PartsPerMillion::new(21_500) {
    Some(rate) => rate,
    None => PartsPerMillion::ZERO,
};
/// One account in so many has limits.
const ONE_IN_HAS_LIMITS: usize = 3;
/// One fee in so many is given back.
const ONE_FEE_IN_IS_WAIVED: u64 = 23;
/// Limits in hundredths of a usual unit: for one transaction, for a day, for a month.
const USUAL_LIMITS: [i64; 3] = [300_000, 450_000, 2_000_000];
/// What a customer allows for one transaction on holiday, in hundredths.
const HOLIDAY_LIMIT: i64 = 20_000;
/// What the same customer then asks for.
const ASKED_ON_HOLIDAY: i64 = 25_000;

impl Simulator {
    /// What happens to one account beside everyday payments.
    pub(super) fn take_care(&mut self, account: AccountIndex, action: &Action) {
        match action {
            Action::AgreeRate(_) => self.agree_rate(account),
            Action::Save(_) => self.save(account),
            Action::Earn(_) => self.earn(account),
            Action::Limit(_) => self.limit(account, USUAL_LIMITS),
            Action::Overspend(_) => self.overspend(account),
            Action::Waive(_, entry_id) => self.waive(account, *entry_id),
            Action::Rest(_) => self.rest(account),
            Action::Wake(_) => self.wake(account),
            Action::Print(_) => self.print(account),
            _ => {}
        }
    }

    /// Opens an account; one for savings gets a rate and a first payment, some others get limits.
    pub(super) fn open_for(&mut self, person: PersonIndex, currency: Currency, purpose: Purpose) {
        let Some(account) = self.open(person, currency, purpose) else { return };
        match purpose {
            Purpose::Savings => {
                self.agenda.after(self.desk.now, 10 * MINUTE, Action::AgreeRate(account));
                self.agenda.after(self.desk.now, HOUR, Action::Save(account));
            }
            Purpose::Daily if account % ONE_IN_HAS_LIMITS == 0 => {
                self.agenda.after(self.desk.now, 50 * MINUTE, Action::Limit(account));
            }
            Purpose::Daily | Purpose::Business => {}
        }
    }

    /// The days of a savings account: a payment on the 27th, interest on the first business day.
    pub(super) fn savings_day(&mut self, day: NaiveDate, account: AccountIndex, first_business_day: bool) {
        if self.accounts[account].resting {
            return;
        }
        if day.day() == 27 {
            let time = self.between_hours(day, 4, 6);
            self.agenda.at(time, Action::Save(account));
        }
        let earns = |account: &crate::account::Account| !account.interest.terms.is_empty();
        if first_business_day && self.accounts[account].slot.state.open().is_some_and(earns) {
            let time = self.between_hours(day, 1, 2);
            self.agenda.at(time, Action::Earn(account));
        }
    }

    fn agree_rate(&mut self, account: AccountIndex) {
        let command = SetInterestRate {
            account_id: self.accounts[account].account_id.clone(),
            rate_parts_per_million: SAVINGS_RATE,
            overdraft_rate_parts_per_million: None,
            day_count: DayCount::Act365Fixed,
            valid_from: history::bank_day(self.desk.now),
        };
        self.tell_account(account, command, Cause::of("branch:marta"));
    }

    /// The owner puts some of what is on another account aside.
    fn save(&mut self, account: AccountIndex) {
        let (person, currency) = (self.accounts[account].person, self.accounts[account].currency);
        let payers = self.by_currency.get(&currency).into_iter().flatten().copied();
        let own = payers.filter(|index| self.accounts[*index].person == person && !self.accounts[*index].closed);
        let Some((source, available)) = own.map(|index| (index, self.accounts[index].available())).next() else {
            return;
        };
        let part = (available / 100 * self.desk.dice.between(4, 15)).min(minor_units(currency, 80_000));
        let Ok(amount) = Amount::new(part, currency) else { return };
        let pace = self.desk.dice.between(30, 180);
        self.transfer_to(source, account, amount, "Savings plan".to_owned(), pace);
    }

    /// The days of the month that is over earn, and what they earned is posted.
    fn earn(&mut self, account: AccountIndex) {
        let first = history::bank_day(self.desk.now).with_day(1);
        let Some(through) = first.and_then(|first| first.checked_sub_days(Days::new(1))) else { return };
        let account_id = self.accounts[account].account_id.clone();
        let accrue = AccrueInterest { account_id: account_id.clone(), through };
        if self.tell_account(account, accrue, Cause::of("batch:interest")).is_some() {
            self.tell_account(account, PostInterest { account_id }, Cause::of("batch:interest"));
        }
    }

    fn limit(&mut self, account: AccountIndex, hundredths: [i64; 3]) {
        let (account_id, currency) = (self.accounts[account].account_id.clone(), self.accounts[account].currency);
        let [per_transaction, per_day, per_month] =
            hundredths.map(|limit| Limit::new(minor_units(currency, limit), currency).ok());
        let actor = self.customer_actor(account);
        let command = SetLimits { account_id, per_transaction, per_day, per_month };
        self.tell_account(account, command, Cause::of(actor));
    }

    /// A customer has set a low limit and forgotten it: the cash machine and a transfer are refused, then the limit is raised.
    fn overspend(&mut self, account: AccountIndex) {
        let currency = self.accounts[account].currency;
        let enough = minor_units(currency, ASKED_ON_HOLIDAY * 2);
        let usable =
            |index: &AccountIndex| !self.accounts[*index].closed && self.accounts[*index].available() >= enough;
        let others = self.by_currency.get(&currency).into_iter().flatten().copied();
        let Some(account) = std::iter::once(account).chain(others).find(usable) else { return };
        self.limit(account, [HOLIDAY_LIMIT, USUAL_LIMITS[1], USUAL_LIMITS[2]]);
        let Ok(amount) = Amount::new(minor_units(currency, ASKED_ON_HOLIDAY), currency) else { return };
        let account_id = self.accounts[account].account_id.clone();
        let (text, actor) = (Some("Cash machine 17".to_owned()), self.customer_actor(account));
        self.tell_account(account, Withdraw { account_id, amount, text, value_date: None }, Cause::of(actor));
        if let Some(target) = self.anybody(currency, Some(account)) {
            let pace = self.desk.dice.between(30, 180);
            self.transfer_to(account, target, amount, "Deposit for the holiday flat".to_owned(), pace);
        }
        self.agenda.after(self.desk.now, HOUR, Action::Limit(account));
    }

    /// Now and then a fee is given back, a day later.
    pub(super) fn fee_charged(&mut self, account: AccountIndex, events: &[AccountEvent]) {
        self.fees += 1;
        let fee = events.iter().find_map(AccountEvent::entry).map(|entry| entry.entry_id);
        if let (Some(entry_id), true) = (fee, self.fees % ONE_FEE_IN_IS_WAIVED == 7) {
            self.agenda.after(self.desk.now, 26 * HOUR, Action::Waive(account, entry_id));
        }
    }

    fn waive(&mut self, account: AccountIndex, entry_id: EntryId) {
        let account_id = self.accounts[account].account_id.clone();
        let command = WaiveFee { account_id, entry_id, reason: "Goodwill after a complaint".to_owned() };
        self.tell_account(account, command, Cause::of("backoffice:rosa").because("Customer complaint"));
    }

    /// Nobody answers for a savings account any more; its owner comes in some days later.
    fn rest(&mut self, account: AccountIndex) {
        let account_id = self.accounts[account].account_id.clone();
        let reason = "Letters come back and the telephone is disconnected".to_owned();
        if self.tell_account(account, MarkDormant { account_id, reason }, Cause::of("batch:dormancy")).is_some() {
            self.accounts[account].resting = true;
            let later = self.desk.dice.between(5 * 24 * HOUR, 12 * 24 * HOUR);
            self.agenda.after(self.desk.now, later, Action::Wake(account));
        }
    }

    fn wake(&mut self, account: AccountIndex) {
        let account_id = self.accounts[account].account_id.clone();
        let reason = "Customer identified at the counter".to_owned();
        if self.tell_account(account, Reactivate { account_id, reason }, Cause::of("teller:ben")).is_some() {
            self.accounts[account].resting = false;
        }
    }

    /// The savings account that has been left alone for longest, if there is one.
    pub(super) fn forgotten_savings(&self) -> Option<AccountIndex> {
        let forgotten = |account: &super::people::Holding| {
            account.purpose == Purpose::Savings && !account.closed && !account.resting
        };
        self.accounts.iter().position(forgotten)
    }

    /// The process that lets holds expire, at the moment that the hold itself names; it may have been used or changed since.
    pub(super) fn expire_hold(&mut self, account: AccountIndex, expire: ExpireHold) {
        let slot = &self.accounts[account].slot;
        let Some(open) = slot.state.open() else { return };
        let timer = crate::processes::expiries(open).find(|(hold_id, _)| **hold_id == expire.hold_id);
        let Some((_, due_at)) = timer.filter(|(_, due_at)| *due_at <= self.desk.now) else { return };
        let actor = "process:hold_expiry".to_owned();
        let command_id = Some(crate::processes::expiry_id(&slot.stream, &expire.hold_id, due_at));
        self.tell_account(account, expire, Cause { actor, reason: None, command_id, chain: None });
    }

    /// As long as the printer kept its log in the accounts' streams.
    fn print(&mut self, account: AccountIndex) {
        let month = self.desk.now.format("%Y-%m").to_string();
        let Some(holding) = self.accounts.get_mut(account) else { return };
        let entries = holding.slot.state.open().map_or(0, |account| account.entries.len());
        let sheets = 1 + u32::try_from(entries / 25).unwrap_or(0);
        let Some(form) = older::statement_printed(&holding.account_id, &month, sheets) else { return };
        let context = self.desk.context(Cause::of("batch:printer"));
        // It says nothing about the account, so it cannot be refused.
        let _ = self.desk.hand_out_older::<AccountDecider>(&mut holding.slot, form, context, "PrintStatement");
    }

    /// While fraud is looked into, the customer gets no new business.
    pub(super) fn restrict(&mut self, person: PersonIndex, restricted: bool) {
        let Some(customer_id) = self.people.get(person).map(|person| person.id.clone()) else { return };
        let command = if restricted {
            RestrictCustomer { customer_id, reason: "An account is frozen: suspected fraud".to_owned() }.into()
        } else {
            LiftRestriction { customer_id, reason: "The suspicion is cleared".to_owned() }.into()
        };
        self.tell_customer(person, command, Cause::of("compliance:olek"));
    }
}
