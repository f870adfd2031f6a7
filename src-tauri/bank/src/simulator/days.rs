//! What a day brings: how many of what, and when.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

use super::Simulator;
use super::agenda::{AccountIndex, Action, Answer, Entry, JournalStep, Manner, Onboarding, Purpose};
use super::history;
use super::orders::Ahead;
use crate::money::Currency;

/// Everyday things of one account, in ten-thousandths a day.
const HABITS: [(Habit, i64); 10] = [
    (Habit::Card, 2200),
    (Habit::Pay, 620),
    (Habit::CashOut, 450),
    (Habit::CashIn, 150),
    (Habit::Overdraft, 5),
    (Habit::Mistake, 5),
    (Habit::Move, 5),
    (Habit::Freeze, 2),
    (Habit::Vanish, 2),
    (Habit::Savings, 4),
];

/// Events that the scalable habits of one account lead to on a usual day, in thousandths; found by counting.
const EVENTS_PER_DAY: u64 = 1060;
/// Events that do not scale (salary, rent, fee), in thousandths.
const FIXED_EVENTS_PER_DAY: u64 = 320;

#[derive(Clone, Copy)]
enum Habit {
    Card,
    Pay,
    CashOut,
    CashIn,
    Overdraft,
    Mistake,
    Move,
    Freeze,
    Vanish,
    Savings,
}

impl Simulator {
    /// Plans all of a day.
    pub(super) fn plan_day(&mut self, day: NaiveDate) {
        let number = day.signed_duration_since(super::first_day()).num_days();
        if number == 0 {
            self.first_day_of_the_bank(day);
        }
        self.welcome(day, number);
        self.tell_story(day, number);
        let intensity = self.intensity(number);
        let first_business_day = is_first_business_day(day);
        for account in 0..self.accounts.len() {
            match self.accounts[account].purpose {
                _ if self.accounts[account].closed => {}
                Purpose::Savings => self.savings_day(day, account, first_business_day),
                Purpose::Daily | Purpose::Business => {
                    self.everyday(day, account, intensity);
                    self.monthly(day, account);
                }
            }
        }
        self.month_end_of_the_bank(day);
    }

    /// How much more (or less) than usual happens, in thousandths, so that the wanted number of events spreads over the
    /// planned time.
    fn intensity(&self, number: i64) -> u64 {
        let days_left = u64::try_from(self.plan.days - number).unwrap_or(0).max(1);
        let left = self.plan.events.saturating_sub(self.desk.written);
        let accounts = (self.accounts.iter().filter(|account| !account.closed).count() as u64).max(1);
        let wanted = left.saturating_mul(1_000_000) / days_left / accounts;
        (wanted.saturating_sub(FIXED_EVENTS_PER_DAY * 1000) / EVENTS_PER_DAY).clamp(100, 60_000)
    }

    fn everyday(&mut self, day: NaiveDate, account: AccountIndex, intensity: u64) {
        for (habit, rate) in HABITS {
            let rate = u64::try_from(rate).unwrap_or(0) * intensity / 1000;
            let times = rate / 10_000 + u64::from(self.desk.dice.below(10_000) < rate % 10_000);
            for _ in 0..times {
                let action = self.act(habit, account);
                let time = self.waking_hour(day);
                self.agenda.at(time, action);
            }
        }
    }

    fn act(&mut self, habit: Habit, account: AccountIndex) -> Action {
        let person = self.accounts[account].person;
        match habit {
            Habit::Card => Action::Card(account),
            Habit::CashOut => Action::CashOut(account),
            Habit::CashIn => Action::CashIn(account),
            Habit::Overdraft => Action::Overdraft(account),
            Habit::Mistake => Action::Mistake(account),
            Habit::Move => Action::Move(person),
            Habit::Freeze => Action::Freeze(account),
            Habit::Vanish => Action::VanishingTarget(person, self.desk.dice.chance(1, 6)),
            Habit::Savings => Action::Open(person, self.accounts[account].currency, Purpose::Savings),
            Habit::Pay => {
                let manner = match self.desk.dice.below(1000) {
                    0..=34 => Manner::TooMuch,
                    35..=49 => Manner::Regretted,
                    50..=54 => Manner::Stalled,
                    55..=60 => Manner::UnknownTarget,
                    61..=66 => Manner::OtherCurrency,
                    _ => Manner::Plain,
                };
                Action::Pay(account, manner)
            }
        }
    }

    fn monthly(&mut self, day: NaiveDate, account: AccountIndex) {
        if is_payday(day) {
            let time = self.between_hours(day, 2, 4);
            self.agenda.at(time, Action::Salary(account));
        }
        // Rents on the first to third, by account, so that they do not all come at once.
        if u64::from(day.day()) == 1 + (account as u64 % 3) && self.accounts[account].purpose == Purpose::Daily {
            let time = self.between_hours(day, 5, 9);
            self.agenda.at(time, Action::Rent(account));
        }
        if is_last_business_day(day) {
            let time = self.between_hours(day, 22, 23);
            self.agenda.at(time, Action::Fee(account));
            if history::records_prints(super::midnight(day)) {
                let time = self.between_hours(day, 22, 23);
                self.agenda.at(time, Action::Print(account));
            }
        }
    }

    /// Customers who come in on a day: most in the first weeks, the others over the time that follows.
    fn welcome(&mut self, day: NaiveDate, number: i64) {
        if is_weekend(day) {
            return;
        }
        let ramp = (self.plan.days * 2 / 3).max(1);
        let early = self.plan.accounts * 7 / 10;
        let late = self.plan.accounts - early;
        let first_weeks = (self.plan.days / 12).clamp(3, 25);
        let so_far = |days: i64, of: u64, within: i64| {
            of * u64::try_from(days.clamp(0, within)).unwrap_or(0) / u64::try_from(within).unwrap_or(1)
        };
        let wanted = so_far(number + 1, early, first_weeks) + so_far(number + 1 - first_weeks, late, ramp);
        while (self.people.len() as u64) < wanted {
            let Some(person) = self.new_person() else { return };
            let time = self.between_hours(day, 8, 15);
            self.agenda.at(time, Action::Onboard(person, Onboarding::Register));
        }
    }

    fn first_day_of_the_bank(&mut self, day: NaiveDate) {
        for currency in [Currency::EUR, Currency::USD, Currency::JPY] {
            let time = self.between_hours(day, 6, 7);
            self.agenda.at(time, Action::Journal(Entry::Capital(currency), JournalStep::Draft));
            self.agenda.after(time, 3_600_000, Action::Journal(Entry::CashDelivery(currency, 0), JournalStep::Draft));
        }
    }

    fn month_end_of_the_bank(&mut self, day: NaiveDate) {
        if !is_last_business_day(day) {
            return;
        }
        let month = day.month();
        for entry in [Entry::CashDelivery(Currency::EUR, month), Entry::Interest(month), Entry::CashDifference(month)] {
            let time = self.between_hours(day, 14, 16);
            self.agenda.at(time, Action::Journal(entry, JournalStep::Draft));
        }
    }

    /// What every bank of this simulation sees at least once, however small it is.
    fn tell_story(&mut self, day: NaiveDate, number: i64) {
        let mut accounts: Vec<_> = self.by_currency.get(&Currency::EUR).cloned().unwrap_or_default();
        accounts.retain(|account| !self.accounts[*account].closed);
        if accounts.len() < 4 {
            return;
        }
        let percent = number * 100 / self.plan.days.max(1);
        while let Some((from, _)) = STORY.get(self.told).filter(|(from, _)| *from <= percent) {
            debug_assert!(*from <= 100, "a story within the planned time");
            let account = *self.desk.dice.pick(&accounts);
            let time = self.waking_hour(day);
            let person = self.accounts[account].person;
            let action = match STORY[self.told].1 {
                Tale::Pay(manner) => Action::Pay(account, manner),
                Tale::Refused => {
                    self.rejected_person = self.new_person();
                    let Some(person) = self.rejected_person else { return };
                    Action::Onboard(person, Onboarding::Register)
                }
                Tale::Freeze => Action::Freeze(account),
                Tale::Mistake => Action::Mistake(account),
                Tale::Vanish(source_too) => Action::VanishingTarget(person, source_too),
                Tale::Overdraft => Action::Overdraft(account),
                Tale::Move => Action::Move(person),
                Tale::WrongEntry => Action::Journal(Entry::Mistaken(0), JournalStep::Draft),
                Tale::RefusedEntry => Action::Journal(Entry::Refused(0), JournalStep::Draft),
                Tale::Savings => Action::Open(person, Currency::EUR, Purpose::Savings),
                Tale::Overspend => Action::Overspend(account),
                Tale::ForgottenEntry => Action::Journal(Entry::Forgotten(0), JournalStep::Draft),
                Tale::Ahead(ahead) => Action::OrderAhead(account, ahead),
                Tale::Abroad => Action::PayAbroad(account),
                Tale::Misquote => Action::Misquote,
                Tale::Lot(answer) => Action::PayALot(account, answer),
                Tale::HighOverdraft(granted) => Action::ProposeOverdraft(account, granted),
                Tale::Review(high) => Action::Review(person, high),
                Tale::Suspend => Action::Suspend(person),
                Tale::Period => Action::OpenPeriod,
                Tale::CloseMonth => Action::CloseMonth,
                Tale::Leave => Action::Leave,
                Tale::Die => Action::Die(person),
                Tale::Forgotten => self.forgotten_savings().map_or(Action::Move(person), Action::Rest),
            };
            self.agenda.at(time, action);
            self.told += 1;
        }
    }

    fn waking_hour(&mut self, day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
        self.between_hours(day, 6, 22)
    }

    pub(super) fn between_hours(&mut self, day: NaiveDate, from: i64, until: i64) -> chrono::DateTime<chrono::Utc> {
        let micros = self.desk.dice.between(from * 3_600_000_000, until * 3_600_000_000 - 1);
        day.and_time(NaiveTime::MIN).and_utc() + chrono::TimeDelta::microseconds(micros)
    }
}

#[derive(Clone, Copy)]
enum Tale {
    Pay(Manner),
    Refused,
    Freeze,
    Mistake,
    Vanish(bool),
    Overdraft,
    Move,
    WrongEntry,
    RefusedEntry,
    Savings,
    Overspend,
    Forgotten,
    ForgottenEntry,
    Ahead(Ahead),
    Abroad,
    Misquote,
    Lot(Answer),
    HighOverdraft(bool),
    Review(bool),
    Suspend,
    Period,
    CloseMonth,
    Leave,
    Die,
}

/// When things happen for the first time, in hundredths of the planned time.
const STORY: [(i64, Tale); 43] = [
    (4, Tale::Freeze),
    (6, Tale::Savings),
    (7, Tale::Vanish(true)),
    (8, Tale::Pay(Manner::TooMuch)),
    (9, Tale::Vanish(false)),
    (10, Tale::Savings),
    (12, Tale::Refused),
    (15, Tale::Mistake),
    (20, Tale::Pay(Manner::Regretted)),
    (22, Tale::Pay(Manner::Regretted)),
    (25, Tale::Vanish(false)),
    (30, Tale::Freeze),
    (33, Tale::Refused),
    (35, Tale::Pay(Manner::Stalled)),
    (38, Tale::ForgottenEntry),
    (40, Tale::WrongEntry),
    (45, Tale::Pay(Manner::UnknownTarget)),
    (50, Tale::Pay(Manner::OtherCurrency)),
    (55, Tale::Overdraft),
    (58, Tale::Overspend),
    (60, Tale::Move),
    (65, Tale::Vanish(true)),
    (70, Tale::RefusedEntry),
    (74, Tale::Forgotten),
    (75, Tale::Leave),
    (76, Tale::Ahead(Ahead::Weekly)),
    (76, Tale::Ahead(Ahead::Once)),
    (77, Tale::Ahead(Ahead::TooMuch)),
    (77, Tale::Ahead(Ahead::Monthly)),
    (78, Tale::Abroad),
    (79, Tale::Abroad),
    (79, Tale::Misquote),
    (80, Tale::Lot(Answer::Yes)),
    (81, Tale::Lot(Answer::No)),
    (82, Tale::Lot(Answer::Silence)),
    (83, Tale::HighOverdraft(true)),
    (83, Tale::HighOverdraft(false)),
    (84, Tale::Review(false)),
    (84, Tale::Review(true)),
    (85, Tale::Suspend),
    (86, Tale::Period),
    (87, Tale::CloseMonth),
    (89, Tale::Die),
];

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The 25th, or the last business day before it.
fn is_payday(day: NaiveDate) -> bool {
    let Some(mut payday) = day.with_day(25) else { return false };
    while is_weekend(payday) {
        payday = payday.checked_sub_days(Days::new(1)).unwrap_or(payday);
    }
    day == payday
}

fn is_first_business_day(day: NaiveDate) -> bool {
    let monday_after_a_weekend = day.weekday() == Weekday::Mon && day.day() <= 3;
    !is_weekend(day) && (day.day() == 1 || monday_after_a_weekend)
}

fn is_last_business_day(day: NaiveDate) -> bool {
    let mut next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    while is_weekend(next) {
        next = next.checked_add_days(Days::new(1)).unwrap_or(next);
    }
    !is_weekend(day) && next.month() != day.month()
}
