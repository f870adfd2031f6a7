//! A believable bank from a seed: same seed, same bytes, ids and times included. It drives the real deciders and the real
//! transfer process on its own clock, so nothing in it could not have happened.
//!
//! Memory grows with the number of accounts, not of events. Events come in appends that [`es_core::EventStore::import`] takes
//! into an empty store, in order.

mod agenda;
mod care;
mod days;
mod desk;
mod dice;
mod flights;
mod history;
mod journal;
mod links;
mod names;
mod orders;
mod oversight;
mod people;
mod vanishing;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use es_core::{ImportedAppend, RegistryError};

use crate::money::Currency;
use agenda::{AccountIndex, Action, Agenda, Answer, Entry, FlightNumber, OrderIndex, PersonIndex};
use desk::Desk;
use flights::Flight;
use journal::Paper;
use orders::Errand;
use people::{Holding, Person};

/// Fewest events that are simulated exactly: with fewer, the bank would not even have its capital and first customers.
pub const FEWEST_EVENTS: u64 = 100;
/// Most accounts, whatever the number of events: their states are held in memory.
const MOST_ACCOUNTS: u64 = 5000;

/// Most events of a transfer: of an order, above the threshold, with its money coming back.
const EVENTS_OF_A_TRANSFER: u64 = 13;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatorConfig {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many events; exact from [`FEWEST_EVENTS`] on.
    pub events: u64,
}

/// How big the bank is and how long its history.
#[derive(Debug, Clone, Copy)]
struct Plan {
    events: u64,
    accounts: u64,
    days: i64,
}

impl Plan {
    /// A thousand events fill two months of a dozen accounts, twenty thousand most of a year of half a hundred; beyond that
    /// the bank grows, and at last its accounts get busier.
    fn of(events: u64) -> Self {
        let days = 55 + i64::try_from(events.min(20_000)).unwrap_or(0) * 275 / 20_000;
        Self { events, accounts: (events / 380).clamp(12, MOST_ACCOUNTS), days }
    }
}

/// The simulation: an iterator of appends with their times.
pub struct Simulator {
    plan: Plan,
    desk: Desk,
    agenda: Agenda,
    people: Vec<Person>,
    accounts: Vec<Holding>,
    /// Accounts that take part in payments.
    by_currency: BTreeMap<Currency, Vec<AccountIndex>>,
    flights: BTreeMap<FlightNumber, Flight>,
    papers: BTreeMap<Entry, Paper>,
    orders: Vec<Errand>,
    /// Orders whose executions are under way.
    flights_of_orders: BTreeMap<FlightNumber, OrderIndex>,
    /// Transfers above the threshold whose answer is not simply yes.
    answers: BTreeMap<FlightNumber, Answer>,
    /// Transfers whose money waits in suspense.
    parked: BTreeMap<FlightNumber, Flight>,
    /// Rates quoted so far.
    quotes: u64,
    /// The customer who will not pass the screening.
    rejected_person: Option<PersonIndex>,
    /// How much of the story has been told.
    told: usize,
    next_account: u64,
    next_transfer: FlightNumber,
    next_hold: u64,
    next_case: u64,
    next_entry: u64,
    /// Fees charged so far.
    fees: u64,
    day: NaiveDate,
    /// Set when only transfers under way are still finished.
    ending: bool,
    filled: usize,
}

/// The bank's first day.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 2).unwrap_or_default()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

impl Simulator {
    /// A bank before its first day.
    ///
    /// # Errors
    /// The upcasters contradict each other; see [`crate::domain()`].
    pub fn new(config: SimulatorConfig) -> Result<Self, RegistryError> {
        let start = first_day();
        let desk = Desk::new(config.seed, midnight(start), crate::domain::upcaster_registry()?);
        let mut simulator = Self {
            plan: Plan::of(config.events),
            desk,
            agenda: Agenda::default(),
            people: Vec::new(),
            accounts: Vec::new(),
            by_currency: BTreeMap::new(),
            flights: BTreeMap::new(),
            papers: BTreeMap::new(),
            orders: Vec::new(),
            flights_of_orders: BTreeMap::new(),
            answers: BTreeMap::new(),
            parked: BTreeMap::new(),
            quotes: 0,
            rejected_person: None,
            told: 0,
            next_account: 100_234,
            next_transfer: 5001,
            next_hold: 3001,
            next_case: 7,
            next_entry: 2001,
            fees: 0,
            day: start,
            ending: false,
            filled: 0,
        };
        simulator.plan_day(start);
        Ok(simulator)
    }

    /// Events handed out or about to be.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.desk.written
    }

    /// How often each rule has refused so far, by its code. Nothing is written of a refused command.
    #[must_use]
    pub fn refusals(&self) -> &BTreeMap<String, u64> {
        &self.desk.refusals
    }

    /// One thing that happens, or a new day; false when nothing is left to happen.
    fn go_on(&mut self) -> bool {
        if !self.ending && self.left() <= self.needed_to_end() {
            self.ending = true;
            self.agenda.keep_transfers();
        }
        if self.ending {
            return self.end();
        }
        let tomorrow = midnight(self.day.checked_add_days(Days::new(1)).unwrap_or(self.day));
        match self.agenda.take_before(tomorrow) {
            Some((time, action)) => {
                self.desk.now = self.desk.now.max(time);
                self.carry_out(&action);
            }
            None => {
                self.day = tomorrow.date_naive();
                self.desk.now = self.desk.now.max(tomorrow);
                self.forget_closed();
                self.plan_day(self.day);
            }
        }
        true
    }

    fn left(&self) -> u64 {
        self.plan.events.saturating_sub(self.desk.written)
    }

    /// Events that the transfers under way may still lead to, and the next action beside them: at most two accounts that are
    /// opened, three events each, money paid in, and a transfer requested.
    fn needed_to_end(&self) -> u64 {
        if self.plan.events < FEWEST_EVENTS {
            0
        } else {
            self.flights.len() as u64 * EVENTS_OF_A_TRANSFER + 8 + EVENTS_OF_A_TRANSFER
        }
    }

    /// Finishes transfers under way, then fills up with plain deposits.
    fn end(&mut self) -> bool {
        if let Some((time, action)) = self.agenda.take_before(DateTime::<Utc>::MAX_UTC) {
            self.desk.now = self.desk.now.max(time);
            self.carry_out(&action);
            return true;
        }
        let accounts = self.accounts.len();
        if self.left() == 0 || self.filled > accounts + 1000 {
            return false;
        }
        // Some minutes apart, from account to account; closed ones refuse and are passed over.
        self.desk.now += chrono::TimeDelta::seconds(173);
        self.filled += 1;
        if accounts > 0 {
            self.fill(self.filled % accounts);
        }
        true
    }

    fn carry_out(&mut self, action: &Action) {
        match action {
            Action::Onboard(person, step) => self.onboard(*person, *step),
            Action::Open(person, currency, purpose) => self.open_for(*person, *currency, *purpose),
            Action::Move(person) => self.move_house(*person),
            Action::VanishingTarget(person, source_too) => self.vanishing_target(*person, *source_too),
            Action::Journal(entry, step) => self.journal(*entry, *step),
            Action::Advance(number) => self.advance(*number),
            Action::Record(number) => self.record(*number),
            Action::TimeOut(number) => self.time_out(*number),
            Action::Cancel(number) => self.cancel(*number),
            Action::OrderAhead(account, ahead) => self.order_ahead(*account, *ahead),
            Action::Due(order) => self.execute_order(*order),
            Action::Amend(order, step) => self.amend(*order, *step),
            Action::PayAbroad(account) => self.pay_abroad(*account),
            Action::Misquote => self.misquote(),
            Action::PayALot(account, answer) => self.pay_a_lot(*account, *answer),
            Action::ProposeOverdraft(account, granted) => self.propose_overdraft(*account, *granted),
            Action::Review(person, high) => self.review(*person, *high),
            Action::Suspend(person) => self.suspend(*person),
            Action::Reinstate(person) => self.reinstate(*person),
            Action::Die(person) => self.die(*person),
            Action::Leave => self.leave(),
            Action::Forget(person, asked) => self.forget(*person, *asked),
            Action::ResolveParked(number) => self.resolve_parked(*number),
            Action::OpenPeriod => self.open_period(),
            Action::CloseMonth => self.close_month(),
            Action::EntryOver(entry) => self.expire_entry(*entry),
            Action::Salary(account)
            | Action::Rent(account)
            | Action::Pay(account, _)
            | Action::Card(account)
            | Action::Capture(account, ..)
            | Action::Release(account, _)
            | Action::Expire(account, _)
            | Action::Change(account, ..)
            | Action::CashIn(account)
            | Action::CashOut(account)
            | Action::Fee(account)
            | Action::Mistake(account)
            | Action::Undo(account, _)
            | Action::Overdraft(account)
            | Action::Freeze(account)
            | Action::Unfreeze(account)
            | Action::Close(account) => self.happen(*account, action),
            Action::Waive(account, _)
            | Action::AgreeRate(account)
            | Action::Save(account)
            | Action::Earn(account)
            | Action::Limit(account)
            | Action::Overspend(account)
            | Action::Rest(account)
            | Action::Wake(account)
            | Action::Print(account) => self.take_care(*account, action),
        }
    }

    /// Closed accounts take no part in payments any more.
    fn forget_closed(&mut self) {
        let accounts = &self.accounts;
        for list in self.by_currency.values_mut() {
            list.retain(|index| !accounts[*index].closed);
        }
    }
}

impl Iterator for Simulator {
    type Item = ImportedAppend;

    fn next(&mut self) -> Option<ImportedAppend> {
        loop {
            if let Some(append) = self.desk.out.pop_front() {
                return Some(append);
            }
            if !self.go_on() {
                return None;
            }
        }
    }
}
