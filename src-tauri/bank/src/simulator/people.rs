//! Customers and their accounts: onboarding, everyday payments, and what goes wrong now and then.

use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use es_core::{AnyState, References};
use uuid::Uuid;

use super::Simulator;
use super::agenda::{AccountIndex, Action, Manner, Onboarding, PersonIndex, Purpose};
use super::desk::{Cause, Done, Slot};
use super::flights::Payment;
use super::history;
use super::names;
use crate::account::{
    Account, AccountCommand, AccountDecider, AccountEvent, AccountState, CaptureHold, ChangeHold, ChargeFee,
    CloseAccount, Deposit, ExpireHold, FreezeAccount, OpenAccount, PlaceHold, Product, ReleaseHold, ReversePosting,
    SetOverdraft, UnfreezeAccount, Withdraw,
};
use crate::customer::{
    ApproveOnboarding, AssessRisk, ChangeContactDetails, CustomerCommand, CustomerDecider, CustomerState, DocumentKind,
    RecordScreening, RegisterCustomer, RejectOnboarding, RiskRating, ScreeningOutcome, SubmitIdentification,
};
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId};
use crate::money::{Amount, Currency, Limit};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
/// Milliseconds between the steps of a transfer that is going to be withdrawn: slow enough to change one's mind.
const REGRETTED_PACE: i64 = 1500;

/// A customer of the simulation.
pub(super) struct Person {
    pub slot: Slot<CustomerState>,
    pub id: CustomerId,
    given: &'static str,
    family: &'static str,
}

/// An account of the simulation and the habits of its owner.
pub(super) struct Holding {
    pub slot: Slot<AccountState>,
    pub account_id: AccountId,
    pub person: PersonIndex,
    pub currency: Currency,
    pub purpose: Purpose,
    pub closed: bool,
    /// Correlation id of the opening, which is that of the processes of the account.
    pub correlation_id: Uuid,
    /// Whether it is dormant.
    pub resting: bool,
    /// Monthly pay in minor units.
    salary: i64,
    employer: usize,
    /// Monthly rent in minor units.
    rent: i64,
    /// Who gets it.
    landlord: Option<AccountIndex>,
}

impl Holding {
    /// What can be spent, in minor units.
    pub fn available(&self) -> i64 {
        self.slot.state.open().map_or(0, |account| account.available.minor())
    }
}

/// Hundredths of a usual amount as minor units of a currency: yen have no decimals, and a euro is about 160 of them.
pub(super) fn minor_units(currency: Currency, hundredths: i64) -> i64 {
    if currency == Currency::JPY { (hundredths / 100 * 160).max(100) } else { hundredths.max(1) }
}

impl Simulator {
    pub(super) fn customer_actor(&self, account: AccountIndex) -> String {
        let person = self.accounts.get(account).and_then(|account| self.people.get(account.person));
        person.map_or_else(|| "customer".to_owned(), |person| format!("customer:{}", person.id))
    }

    pub(super) fn tell_customer(&mut self, person: PersonIndex, command: CustomerCommand, cause: Cause) -> bool {
        let Some(person) = self.people.get_mut(person) else { return false };
        let references = References::default();
        let command_type = command.command_type();
        self.desk.execute::<CustomerDecider>(&mut person.slot, command_type, &command, &references, cause).is_ok()
    }

    pub(super) fn tell_account(
        &mut self,
        account: AccountIndex,
        command: impl Into<AccountCommand>,
        cause: Cause,
    ) -> Option<Done<AccountEvent>> {
        let account = self.accounts.get_mut(account)?;
        let (command, references) = (command.into(), References::default());
        let command_type = command.command_type();
        let done = self.desk.execute::<AccountDecider>(&mut account.slot, command_type, &command, &references, cause);
        done.ok()
    }

    /// Somebody new comes in.
    pub(super) fn new_person(&mut self) -> Option<PersonIndex> {
        let id = CustomerId::new(format!("C-{}", 1001 + self.people.len())).ok()?;
        let (given, family) = names::person(&mut self.desk.dice);
        self.people.push(Person { slot: Slot::new(id.stream()), id, given, family });
        Some(self.people.len() - 1)
    }

    pub(super) fn onboard(&mut self, person: PersonIndex, step: Onboarding) {
        let Some((customer_id, given, family)) = self.people.get(person).map(|p| (p.id.clone(), p.given, p.family))
        else {
            return;
        };
        let today = self.desk.now.date_naive();
        let rejected = self.rejected_person == Some(person);
        let (command, actor, next, hours): (CustomerCommand, _, _, i64) = match step {
            Onboarding::Register => {
                let birth_date = self.birth_date();
                let given_name = given.to_owned();
                let email = Some(email_of(given, family));
                let command =
                    RegisterCustomer { customer_id, given_name, family_name: family.to_owned(), birth_date, email };
                (command.into(), "desk:ines", Some(Onboarding::Identify), 1)
            }
            Onboarding::Identify => {
                let dice = &mut self.desk.dice;
                let document =
                    *dice.pick(&[DocumentKind::Passport, DocumentKind::IdentityCard, DocumentKind::IdentityCard]);
                let document_number = format!("L{:08}", dice.below(100_000_000));
                let valid_until = today + Days::new(400 + dice.below(3000));
                let command = SubmitIdentification { customer_id, document, document_number, valid_until };
                (command.into(), "desk:ines", Some(Onboarding::Screen), 2)
            }
            Onboarding::Screen => {
                let (outcome, note) = if rejected {
                    (ScreeningOutcome::ConfirmedMatch, "EU consolidated list, entry confirmed by two analysts")
                } else {
                    (ScreeningOutcome::Clear, "EU, UN and OFAC lists searched: nothing found")
                };
                let next = if rejected { Onboarding::Refuse } else { Onboarding::Assess };
                let command = RecordScreening { customer_id, outcome, note: note.to_owned() };
                (command.into(), "compliance:olek", Some(next), 3)
            }
            Onboarding::Assess => {
                let rating = if self.desk.dice.chance(1, 9) { RiskRating::Medium } else { RiskRating::Low };
                let rationale = "Salaried, resident, expected turnover plausible".to_owned();
                let command = AssessRisk { customer_id, rating, rationale };
                (command.into(), "compliance:olek", Some(Onboarding::Approve), 2)
            }
            Onboarding::Approve => (ApproveOnboarding { customer_id }.into(), "branch:marta", None, 0),
            Onboarding::Refuse => {
                let reason = "Confirmed match in a sanctions list".to_owned();
                (RejectOnboarding { customer_id, reason }.into(), "branch:marta", None, 0)
            }
        };
        if self.tell_customer(person, command, Cause::of(actor))
            && let Some(next) = next
        {
            let millis = hours * HOUR / 4 + self.desk.dice.between(0, 20 * MINUTE);
            self.agenda.after(self.desk.now, millis, Action::Onboard(person, next));
        } else if step == Onboarding::Approve {
            let (currency, purpose) = self.plan_of(person);
            self.agenda.after(self.desk.now, 20 * MINUTE, Action::Open(person, currency, purpose));
        }
    }

    fn birth_date(&mut self) -> NaiveDate {
        let day = u32::try_from(self.desk.dice.between(1, 28)).unwrap_or(1);
        let month = u32::try_from(self.desk.dice.between(1, 12)).unwrap_or(1);
        let year = i32::try_from(self.desk.dice.between(1948, 2005)).unwrap_or(1980);
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
    }

    /// Currency and purpose of a customer's first account: by number, so that every bank has some of each.
    fn plan_of(&mut self, person: PersonIndex) -> (Currency, Purpose) {
        let currency = match person % 20 {
            5 | 7 | 15 => Currency::USD,
            9 | 11 => Currency::JPY,
            _ => Currency::EUR,
        };
        let purpose = if person % 6 == 1 { Purpose::Business } else { Purpose::Daily };
        (currency, purpose)
    }

    /// Opens an account and pays something in.
    pub(super) fn open(&mut self, person: PersonIndex, currency: Currency, purpose: Purpose) -> Option<AccountIndex> {
        let owner = self.people.get(person)?;
        let account_id = AccountId::new(self.next_account.to_string()).ok()?;
        self.next_account += 1 + self.desk.dice.below(8);
        let mut references = References::default();
        references.insert(owner.slot.stream.clone(), AnyState::new(owner.slot.state.clone()));
        let product = match purpose {
            Purpose::Daily => Product::Current,
            Purpose::Savings => Product::Savings,
            Purpose::Business => Product::Business,
        };
        let room = minor_units(currency, [0, 50_000, 100_000, 200_000][self.desk.dice.index(4)]);
        let overdraft_limit = (purpose != Purpose::Savings && room > 100).then(|| Limit::new(room, currency).ok());
        let command = OpenAccount {
            account_id: account_id.clone(),
            customer_id: owner.id.clone(),
            currency,
            product,
            overdraft_limit: overdraft_limit.flatten(),
        };
        let mut slot = Slot::new(account_id.stream());
        let cause = Cause::of("branch:marta");
        let opened = self.desk.execute::<AccountDecider>(&mut slot, "OpenAccount", &command.into(), &references, cause);
        let opened = opened.ok()?;
        let salary = minor_units(currency, self.desk.dice.between(190_000, 640_000) / 1000 * 1000);
        let rent = salary * self.desk.dice.between(22, 36) / 100;
        let landlord = self.anybody(currency, None);
        let employer = self.desk.dice.index(16);
        let (closed, resting) = (false, false);
        self.accounts.push(Holding {
            slot,
            account_id,
            person,
            currency,
            purpose,
            closed,
            correlation_id: opened.correlation_id,
            resting,
            salary,
            employer,
            rent,
            landlord,
        });
        let index = self.accounts.len() - 1;
        opened.last_event_id.into_iter().for_each(|opened| self.settle_links(index, opened));
        if purpose != Purpose::Savings {
            self.by_currency.entry(currency).or_default().push(index);
            self.agenda.after(self.desk.now, 15 * MINUTE, Action::CashIn(index));
        }
        Some(index)
    }

    /// Some open account in a currency, other than one's own.
    pub(super) fn anybody(&mut self, currency: Currency, not: Option<AccountIndex>) -> Option<AccountIndex> {
        let accounts = self.by_currency.get(&currency).filter(|accounts| !accounts.is_empty())?;
        (0..4).map(|_| *self.desk.dice.pick(accounts)).find(|index| Some(*index) != not)
    }

    /// Something that happens to one account.
    pub(super) fn happen(&mut self, account: AccountIndex, action: &Action) {
        let Some((account_id, currency)) = self.accounts.get(account).map(|a| (a.account_id.clone(), a.currency))
        else {
            return;
        };
        match action {
            Action::Salary(_) => self.pay_salary(account),
            Action::Rent(_) => self.pay_rent(account),
            Action::Pay(_, manner) => self.pay(account, *manner),
            Action::Card(_) => self.pay_by_card(account),
            Action::Capture(_, hold, minor) => {
                let (Some(hold_id), Ok(amount)) = (hold_id(*hold), Amount::new(*minor, currency)) else { return };
                let command = CaptureHold { account_id, hold_id, amount, text: None };
                self.tell_account(account, command, Cause::of("card-network"));
            }
            Action::Release(_, hold) => {
                let Some(hold_id) = hold_id(*hold) else { return };
                let command = ReleaseHold { account_id, hold_id, reason: "Order cancelled by the shop".to_owned() };
                self.tell_account(account, command, Cause::of("card-network"));
            }
            Action::Change(_, hold, minor) => {
                let (Some(hold_id), Ok(amount)) = (hold_id(*hold), Amount::new(*minor, currency)) else { return };
                let expires_at = self.desk.now + TimeDelta::days(7);
                let command = ChangeHold { account_id, hold_id, amount, expires_at };
                self.tell_account(account, command, Cause::of("card-network"));
            }
            Action::Expire(_, hold) => {
                let Some(hold_id) = hold_id(*hold) else { return };
                self.expire_hold(account, ExpireHold { account_id, hold_id });
            }
            Action::CashIn(_) => {
                let hundredths = self.desk.dice.between(50, 900) * 1000;
                self.deposit(account, hundredths, "Cash deposit at the counter".to_owned(), "teller:ben");
            }
            Action::CashOut(_) => {
                let notes = self.desk.dice.between(1, 20) * 2000;
                let Ok(amount) = Amount::new(minor_units(currency, notes), currency) else { return };
                let text = Some(format!("Cash machine {}", 100 + self.desk.dice.below(40)));
                let actor = self.customer_actor(account);
                self.tell_account(account, Withdraw { account_id, amount, text, value_date: None }, Cause::of(actor));
            }
            Action::Fee(_) => {
                let Ok(amount) = Amount::new(minor_units(currency, 490), currency) else { return };
                let text = format!("Account fee {}", names::month(self.desk.now.month()));
                let charged =
                    self.tell_account(account, ChargeFee { account_id, amount, text }, Cause::of("batch:fees"));
                if let Some(done) = charged {
                    self.fee_charged(account, &done.events);
                }
            }
            Action::Mistake(_) => self.mistake(account),
            Action::Undo(_, entry_id) => {
                let reason = "Typed in twice".to_owned();
                let command = ReversePosting { account_id, entry_id: *entry_id, reason };
                self.tell_account(account, command, Cause::of("backoffice:rosa").because("Customer complaint"));
            }
            Action::Overdraft(_) => {
                let steps = self.desk.dice.between(0, 6) * 50_000;
                let minor = if steps == 0 { 0 } else { minor_units(currency, steps) };
                let Ok(overdraft_limit) = Limit::new(minor, currency) else { return };
                let command = SetOverdraft { account_id, overdraft_limit };
                self.tell_account(account, command, Cause::of("branch:marta"));
            }
            Action::Freeze(_) => self.freeze(account),
            Action::Unfreeze(_) => {
                let cases = self.accounts[account].slot.state.open().map(|account| account.frozen_by.keys());
                let Some(case_id) = cases.and_then(|mut cases| cases.next().cloned()) else { return };
                self.tell_account(account, UnfreezeAccount { account_id, case_id }, Cause::of("fraud:sam"));
                if !self.accounts[account].slot.state.open().is_some_and(Account::is_frozen) {
                    self.restrict(self.accounts[account].person, false);
                }
            }
            Action::Close(_) => {
                let command = CloseAccount { account_id, reason: "Closed at the customer's wish".to_owned() };
                if let Some(done) = self.tell_account(account, command, Cause::of("branch:marta")) {
                    self.accounts[account].closed = true;
                    done.last_event_id.into_iter().for_each(|closed| self.settle_links(account, closed));
                }
            }
            _ => {}
        }
    }

    fn deposit(&mut self, account: AccountIndex, hundredths: i64, text: String, actor: &str) -> Option<EntryId> {
        let holding = self.accounts.get(account)?;
        let (account_id, currency) = (holding.account_id.clone(), holding.currency);
        let amount = Amount::new(minor_units(currency, hundredths), currency).ok()?;
        let command = Deposit { account_id, amount, text: Some(text), value_date: None };
        let done = self.tell_account(account, command, Cause::of(actor))?;
        done.events.iter().find_map(AccountEvent::entry).map(|entry| entry.entry_id)
    }

    /// A plain deposit: one event, for filling up to an exact number.
    pub(super) fn fill(&mut self, account: AccountIndex) -> bool {
        let hundredths = self.desk.dice.between(10, 500) * 100;
        self.deposit(account, hundredths, "Coins from the savings box".to_owned(), "teller:ben").is_some()
    }

    /// Pays an exact amount in.
    pub(super) fn fund(&mut self, account: AccountIndex, amount: Amount) -> bool {
        let Some(account_id) = self.accounts.get(account).map(|account| account.account_id.clone()) else {
            return false;
        };
        let command = Deposit { account_id, amount, text: Some("Moved savings".to_owned()), value_date: None };
        self.tell_account(account, command, Cause::of("teller:ben")).is_some()
    }

    fn pay_salary(&mut self, account: AccountIndex) {
        let Some(holding) = self.accounts.get(account) else { return };
        let (employer, currency, salary) = (names::employer(holding.employer), holding.currency, holding.salary);
        let today = history::bank_day(self.desk.now);
        let text = format!("Salary {} {}, {employer}", names::month(today.month()), today.year());
        let account_id = holding.account_id.clone();
        let Ok(amount) = Amount::new(salary, currency) else { return };
        let command = Deposit { account_id, amount, text: Some(text), value_date: None };
        self.tell_account(account, command, Cause::of("batch:salaries"));
    }

    fn pay_rent(&mut self, account: AccountIndex) {
        let Some(holding) = self.accounts.get(account) else { return };
        let (currency, rent, landlord) = (holding.currency, holding.rent, holding.landlord);
        let open = landlord.filter(|index| *index != account && self.accounts.get(*index).is_some_and(|a| !a.closed));
        let target = open.or_else(|| self.anybody(currency, Some(account)));
        let (Some(target), Ok(amount)) = (target, Amount::new(rent, currency)) else { return };
        self.accounts[account].landlord = Some(target);
        let reference = format!("Rent {}", names::month(self.desk.now.month()));
        let pace = self.desk.dice.between(30, 180);
        self.transfer_to(account, target, amount, reference, pace);
    }

    pub(super) fn transfer_to(
        &mut self,
        source: AccountIndex,
        target: AccountIndex,
        amount: Amount,
        reference: String,
        pace: i64,
    ) -> Option<u64> {
        let target_id = self.accounts.get(target)?.account_id.clone();
        let actor = self.customer_actor(source);
        self.request(Payment { source, target: Some(target), target_id, amount, reference, actor, pace })
    }

    fn pay(&mut self, account: AccountIndex, manner: Manner) {
        let Some(holding) = self.accounts.get(account) else { return };
        let (currency, available) = (holding.currency, holding.available());
        let part = available / 100 * self.desk.dice.between(1, 12);
        let usual = minor_units(currency, self.desk.dice.between(5, 400) * 50);
        let minor = match manner {
            Manner::TooMuch => available.max(0) + minor_units(currency, self.desk.dice.between(10, 900) * 100),
            _ if part > 0 => part.min(usual),
            _ => usual,
        };
        let Ok(amount) = Amount::new(minor, currency) else { return };
        let reference = names::reference(&mut self.desk.dice);
        let pace = match manner {
            Manner::Regretted => REGRETTED_PACE,
            // Stands still in the middle of the deadline's minute: once after, once before the hold is placed.
            Manner::Stalled if history::checks_at_once(self.desk.now) => *self.desk.dice.pick(&[35_000, 65_000]),
            Manner::Stalled => *self.desk.dice.pick(&[25_000, 35_000]),
            _ => self.desk.dice.between(30, 250),
        };
        if manner == Manner::UnknownTarget {
            let Ok(target_id) = AccountId::new((self.next_account + 500_000).to_string()) else { return };
            let actor = self.customer_actor(account);
            self.request(Payment { source: account, target: None, target_id, amount, reference, actor, pace });
            return;
        }
        let wanted = match (manner, currency) {
            (Manner::OtherCurrency, Currency::EUR) => Currency::USD,
            (Manner::OtherCurrency, _) => Currency::EUR,
            _ => currency,
        };
        let Some(target) = self.anybody(wanted, Some(account)) else { return };
        let Some(number) = self.transfer_to(account, target, amount, reference, pace) else { return };
        match manner {
            Manner::Regretted => {
                let debited = REGRETTED_PACE * history::steps_to_debit(self.desk.now);
                let too_late = self.desk.dice.chance(1, 8);
                let millis = if too_late { debited + 500 } else { self.desk.dice.between(1000, debited - 200) };
                self.agenda.after(self.desk.now, millis, Action::Cancel(number));
            }
            Manner::Stalled => self.expect_time_out(number),
            _ => {}
        }
    }

    fn pay_by_card(&mut self, account: AccountIndex) {
        let Some(holding) = self.accounts.get(account) else { return };
        let (account_id, currency) = (holding.account_id.clone(), holding.currency);
        let minor = minor_units(currency, self.desk.dice.between(250, 12_000));
        let number = self.next_hold;
        let (Some(hold_id), Ok(amount)) = (hold_id(number), Amount::new(minor, currency)) else { return };
        let purpose = format!("Card payment, {}", names::shop(&mut self.desk.dice));
        let expires_at = self.desk.now + TimeDelta::days(7);
        let command = PlaceHold { account_id, hold_id, amount, expires_at, purpose };
        if self.tell_account(account, command, Cause::of("card-network")).is_none() {
            return;
        }
        self.next_hold += 1;
        let dice = &mut self.desk.dice;
        let (later, fate) = (dice.between(5 * HOUR, 75 * HOUR), dice.below(100));
        if fate > 95 {
            // A hotel holds a little more when the guest stays on.
            self.agenda.after(self.desk.now, later / 2, Action::Change(account, number, minor + minor / 10));
        }
        let action = match fate {
            0..=9 => Action::Release(account, number),
            10..=15 => Action::Expire(account, number),
            16..=30 => Action::Capture(account, number, (minor * dice.between(60, 98) / 100).max(1)),
            _ => Action::Capture(account, number, minor),
        };
        let later = if matches!(action, Action::Expire(..)) { 7 * 24 * HOUR + later / 100 } else { later };
        self.agenda.after(self.desk.now, later, action);
    }

    fn mistake(&mut self, account: AccountIndex) {
        let hundredths = self.desk.dice.between(20, 600) * 500;
        let text = "Cash deposit at the counter".to_owned();
        if self.deposit(account, hundredths, text.clone(), "teller:ben").is_none() {
            return;
        }
        let again = self.deposit_again(account, hundredths, text);
        if let Some(entry_id) = again {
            let later = self.desk.dice.between(HOUR, 30 * HOUR);
            self.agenda.after(self.desk.now, later, Action::Undo(account, entry_id));
        }
    }

    fn deposit_again(&mut self, account: AccountIndex, hundredths: i64, text: String) -> Option<EntryId> {
        let before = self.accounts.get(account)?.slot.state.open()?.entries.keys().copied().collect::<Vec<_>>();
        self.deposit(account, hundredths, text, "teller:ben")?;
        // From the state, not from the decided event: in the first weeks deposits were written without an entry of their own.
        let entries = &self.accounts.get(account)?.slot.state.open()?.entries;
        entries.keys().find(|entry| !before.contains(entry)).copied()
    }

    fn freeze(&mut self, account: AccountIndex) {
        let case = 70 + self.next_case;
        let account_id = self.accounts[account].account_id.clone();
        let numbered = CaseId::new(format!("CASE-{case}")).ok();
        let Some(case_id) = history::only_block(self.desk.now).or(numbered) else { return };
        let reason = "Suspected fraud: card used in two countries within an hour".to_owned();
        let command = FreezeAccount { account_id, case_id, reason };
        if self.tell_account(account, command, Cause::of("fraud:sam").because("Alert of the card network")).is_none() {
            return;
        }
        self.next_case += 1;
        self.restrict(self.accounts[account].person, true);
        // Somebody tries to get the money out, and the owner still gets the salary.
        self.agenda.after(self.desk.now, 7 * MINUTE, Action::Pay(account, Manner::Plain));
        self.agenda.after(self.desk.now, 9 * MINUTE, Action::CashIn(account));
        let later = self.desk.dice.between(20 * HOUR, 90 * HOUR);
        self.agenda.after(self.desk.now, later, Action::Unfreeze(account));
    }

    pub(super) fn move_house(&mut self, person: PersonIndex) {
        let Some(customer_id) = self.people.get(person).map(|person| person.id.clone()) else { return };
        let dice = &mut self.desk.dice;
        let streets = ["Lindenallee", "Hafenstraße", "Rue des Tanneurs", "Via Nuova", "Calle Mayor", "Markt"];
        let address =
            format!("{} {}, {} Musterstadt", dice.pick(&streets), dice.between(1, 140), dice.between(10_000, 99_000));
        let phone = format!("+49 151 {:07}", dice.below(10_000_000));
        let command = ChangeContactDetails { customer_id, email: None, phone: Some(phone), address: Some(address) };
        self.tell_customer(person, command.into(), Cause::of("desk:ines"));
    }
}

fn hold_id(number: u64) -> Option<HoldId> {
    HoldId::new(format!("H-{number}")).ok()
}

fn email_of(given: &str, family: &str) -> String {
    let plain = |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    format!("{}.{}@example.org", plain(given), plain(family))
}
