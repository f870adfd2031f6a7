//! Interest on accounts: examples calculated by hand, each refusal, and the promise that no fraction is ever lost.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod cases;
mod desk;

use bank::account::{AccountCommand, AccountDecider, AccountEvent};
use bank::interest::MinorFraction;
use chrono::{Duration, NaiveDate};
use desk::accounts::{account, cents, field, open_payload, opened, unopened};
use desk::{Desk, eur};
use es_core::{Decider, DomainCommand};
use proptest::prelude::*;
use serde_json::{Value, json};

type Accounts = Desk<AccountDecider>;

const D: i128 = MinorFraction::DENOMINATOR;

fn rate(ppm: u32, overdraft: u32, day_count: &str, from: &str) -> Value {
    json!({
        "accountId": "100234", "ratePartsPerMillion": ppm.to_string(),
        "overdraftRatePartsPerMillion": overdraft.to_string(), "dayCount": day_count, "validFrom": from
    })
}

fn through(day: &str) -> Value {
    json!({"accountId": "100234", "through": day})
}

fn own() -> Value {
    json!({"accountId": "100234"})
}

fn amount(cents: i64) -> Value {
    json!({"accountId": "100234", "amount": eur(cents)})
}

/// Moves the clock to nine o'clock of a day.
fn on<'a>(desk: &'a mut Accounts, day: &str) -> &'a mut Accounts {
    desk.now = format!("{day}T09:00:00Z").parse().expect("a day");
    desk
}

/// An account opened on a day with a deposit of so many cents, and a rate from that day on.
fn earning(day: &str, cents: i64, ppm: u32, overdraft: u32, day_count: &str) -> Accounts {
    let mut desk = unopened();
    let mut payload = open_payload();
    payload["overdraftLimit"] = eur(1_000_000);
    on(&mut desk, day).accepts("OpenAccount", payload);
    if cents > 0 {
        desk.accepts("Deposit", amount(cents));
    }
    desk.records("SetInterestRate", rate(ppm, overdraft, day_count, day), "InterestRateSet");
    desk
}

/// What is accrued is exactly this fraction of a cent.
#[track_caller]
fn assert_accrued(desk: &Accounts, numerator: i128, denominator: i128) {
    let accrued = account(desk).interest.accrued.numerator();
    assert_eq!(accrued * denominator, numerator * D, "{accrued}/{D} is {numerator}/{denominator} cents");
}

#[test]
fn a_common_year_at_actual_365_earns_the_rate_to_the_cent() {
    let mut desk = earning("2030-01-01", 1_000_000, 35_000, 0, "ACT/365F");
    let event = on(&mut desk, "2031-01-01").records("AccrueInterest", through("2030-12-31"), "InterestAccrued");
    assert_eq!((field(&event, "from"), field(&event, "through")), (json!("2030-01-01"), json!("2030-12-31")));
    assert_eq!(field(&event, "periods").as_array().map(Vec::len), Some(1), "one balance, one rate, one period");
    assert_eq!(field(&event, "periods")[0]["balance"], eur(1_000_000));
    assert_accrued(&desk, 35_000, 1);
    assert_eq!(cents(&desk).0, 1_000_000, "accruing posts nothing");
    let event = desk.records("PostInterest", own(), "InterestPosted");
    let expected = json!([
        {"account": "gl:interest-expense", "side": "debit", "amount": eur(35_000)},
        {"account": "account:100234", "side": "credit", "amount": eur(35_000)},
    ]);
    assert_eq!(field(&event, "postings"), expected);
    assert_eq!((field(&event, "bookingDate"), field(&event, "valueDate")), (json!("2031-01-01"), json!("2030-12-31")));
    assert_eq!(field(&event, "carried")["numerator"], "0");
    assert_eq!(cents(&desk).0, 1_035_000);
    desk.changes_nothing("PostInterest", own());
}

/// By hand: 1,234.56 EUR at 2.5 % from 31 January through 29 February 2028, a leap year, is 30 days in the calendar.
/// 123456 × 0.025 = 3086.4 cents a year; × 30/365, × 30/360. 30E/360 counts 30 January (the 31st is the 30th) until
/// 1 March: 31 days. ACT/ACT divides by 366.
#[test]
fn a_leap_february_by_every_convention() {
    let by_hand = [
        ("ACT/365F", 30_864 * 30, 10 * 365, 254),
        ("ACT/360", 30_864 * 30, 10 * 360, 257),
        ("30E/360", 30_864 * 31, 10 * 360, 266),
        ("ACT/ACT ISDA", 30_864 * 30, 10 * 366, 253),
    ];
    for (day_count, numerator, denominator, posted) in by_hand {
        let mut desk = earning("2028-01-31", 123_456, 25_000, 0, day_count);
        on(&mut desk, "2028-03-01").accepts("AccrueInterest", through("2028-02-29"));
        assert_accrued(&desk, numerator, denominator);
        desk.accepts("PostInterest", own());
        assert_eq!(cents(&desk).0, 123_456 + posted, "{day_count} posts {posted} cents");
    }
}

#[test]
fn a_31st_earns_nothing_at_30e_360_and_the_end_of_february_three_days() {
    let mut desk = earning("2030-01-01", 3_600_000, 10_000, 0, "30E/360");
    let mut before = MinorFraction::ZERO;
    // 36,000 EUR at 1 % earn 100 cents a day.
    let mut day = |desk: &mut Accounts, next: &str, last: &str, expected: i128| {
        on(desk, next).accepts("AccrueInterest", through(last));
        let earned = account(desk).interest.accrued.minus(before);
        assert_eq!(earned, MinorFraction::of_units(expected * 100 * D), "{last} earns {expected} days");
        before = account(desk).interest.accrued;
    };
    day(&mut desk, "2030-01-30", "2030-01-29", 29);
    day(&mut desk, "2030-01-31", "2030-01-30", 0);
    day(&mut desk, "2030-02-01", "2030-01-31", 1);
    day(&mut desk, "2030-02-28", "2030-02-27", 27);
    day(&mut desk, "2030-03-01", "2030-02-28", 3);
    day(&mut desk, "2031-01-01", "2030-12-31", 300);
}

#[test]
fn actual_actual_divides_each_day_by_its_own_year() {
    let mut desk = earning("2027-12-30", 36_600_000, 10_000, 0, "ACT/ACT ISDA");
    on(&mut desk, "2028-01-04").accepts("AccrueInterest", through("2028-01-03"));
    // 366,000 EUR at 1 % are 366,000 cents a year: two days of 2027, three of the leap year 2028.
    assert_accrued(&desk, 366_000 * 2 * 366 + 366_000 * 3 * 365, 365 * 366);
}

#[test]
fn interest_is_on_the_balance_at_the_end_of_each_day_by_value_date() {
    let mut desk = earning("2030-06-03", 3_650_000, 10_000, 0, "ACT/365F");
    // 36,500 EUR at 1 % earn 100 cents a day. In and out within a day counts for nothing.
    on(&mut desk, "2030-06-04").accepts("Deposit", amount(3_650_000));
    desk.accepts("Withdraw", amount(3_650_000));
    let mut later = amount(3_650_000);
    later["valueDate"] = "2030-06-07".into();
    desk.accepts("Deposit", later);
    let event = on(&mut desk, "2030-06-10").records("AccrueInterest", through("2030-06-08"), "InterestAccrued");
    let periods = field(&event, "periods");
    let days = |index: usize| (periods[index]["from"].clone(), periods[index]["through"].clone());
    assert_eq!(days(0), (json!("2030-06-03"), json!("2030-06-06")));
    assert_eq!(days(1), (json!("2030-06-07"), json!("2030-06-08")), "the deposit counts from its value date");
    assert_accrued(&desk, 4 * 100 + 2 * 200, 1);
    // Days that have earned are not opened again: a value date in them counts from the first day after.
    let mut earlier = amount(3_650_000);
    earlier["valueDate"] = "2030-06-03".into();
    desk.accepts("Deposit", earlier);
    let event = desk.records("AccrueInterest", through("2030-06-09"), "InterestAccrued");
    assert_eq!(field(&event, "from"), "2030-06-09", "without a gap");
    assert_eq!(field(&event, "periods")[0]["balance"], eur(3 * 3_650_000));
    assert_accrued(&desk, 800 + 300, 1);
}

#[test]
fn a_negative_balance_costs_interest() {
    let mut desk = earning("2030-06-03", 0, 10_000, 100_000, "ACT/365F");
    desk.accepts("Withdraw", amount(365_000));
    on(&mut desk, "2030-06-08").accepts("AccrueInterest", through("2030-06-07"));
    assert_accrued(&desk, -500, 1);
    let event = desk.records("PostInterest", own(), "InterestPosted");
    let expected = json!([
        {"account": "account:100234", "side": "debit", "amount": eur(500)},
        {"account": "gl:interest-income", "side": "credit", "amount": eur(500)},
    ]);
    assert_eq!(field(&event, "postings"), expected);
    assert_eq!(cents(&desk).0, -365_500);
    let entry = field(&event, "entryId");
    let reverse = json!({"accountId": "100234", "entryId": entry, "reason": "By hand"});
    desk.refuses("ReversePosting", reverse, "entry_not_reversible");
}

#[test]
fn overdraft_interest_that_is_not_covered_stays_accrued() {
    let mut desk = earning("2030-06-03", 0, 0, 100_000, "ACT/365F");
    desk.accepts("Withdraw", amount(1_000_000));
    on(&mut desk, "2030-07-01").accepts("AccrueInterest", through("2030-06-30"));
    let accrued = account(&desk).interest.accrued;
    desk.refuses("PostInterest", own(), "insufficient_funds");
    assert_eq!(account(&desk).interest.accrued, accrued);
    desk.accepts("Deposit", amount(100_000));
    desk.accepts("PostInterest", own());
}

#[test]
fn a_new_rate_begins_on_its_day_and_the_old_ends_there() {
    let mut desk = earning("2030-06-03", 3_650_000, 10_000, 0, "ACT/365F");
    desk.records("SetInterestRate", rate(20_000, 0, "ACT/365F", "2030-06-06"), "InterestRateSet");
    on(&mut desk, "2030-06-10").accepts("SetInterestRate", rate(0, 0, "ACT/365F", "2030-06-08"));
    let event = desk.records("AccrueInterest", through("2030-06-09"), "InterestAccrued");
    assert_eq!(field(&event, "periods").as_array().map(Vec::len), Some(3));
    assert_accrued(&desk, 3 * 100 + 2 * 200, 1);
    assert_eq!(account(&desk).interest.terms.len(), 1, "only the rate in force is kept");
    desk.changes_nothing("SetInterestRate", rate(0, 0, "ACT/365F", "2030-06-20"));
}

#[test]
fn a_rate_is_agreed_for_days_that_have_not_earned() {
    let mut desk = opened(100_000);
    desk.at(Duration::days(30));
    let refusal = desk.refuses("SetInterestRate", rate(1, 0, "ACT/360", "2031-06-02"), "rate_date_out_of_range");
    assert_eq!(refusal.details["earliest"], "2031-06-03", "without a rate, days past are over");
    desk.refuses("SetInterestRate", rate(1, 0, "ACT/360", "2032-06-04"), "rate_date_out_of_range");
    desk.accepts("SetInterestRate", rate(10_000, 0, "ACT/360", "2031-06-03"));
    desk.at(Duration::days(40)).accepts("AccrueInterest", through("2031-06-09"));
    let refusal = desk.refuses("SetInterestRate", rate(1, 0, "ACT/360", "2031-06-09"), "rate_date_out_of_range");
    assert_eq!(refusal.details["earliest"], "2031-06-10", "with a rate, all days that have not earned are open");
    desk.accepts("SetInterestRate", rate(1, 0, "ACT/360", "2031-06-10"));
}

#[test]
fn rates_are_bounded() {
    let mut desk = opened(0);
    let on_day = |day: u32| rate(day, 0, "ACT/360", &format!("2031-06-{day:02}"));
    (1..=16).for_each(|day| desk.accepts("SetInterestRate", on_day(day)).clear());
    assert_eq!(desk.refuses("SetInterestRate", on_day(17), "too_many_rates").details["most"], "16");
    desk.accepts("SetInterestRate", rate(99, 0, "ACT/360", "2031-06-16"));
}

#[test]
fn days_earn_once_after_they_are_over_and_without_a_gap() {
    let mut desk = opened(100_000);
    desk.refuses("AccrueInterest", through("2031-05-03"), "interest_rate_not_set");
    desk.refuses("PostInterest", own(), "interest_rate_not_set");
    desk.accepts("SetInterestRate", rate(10_000, 0, "ACT/365F", "2031-05-10"));
    desk.changes_nothing("PostInterest", own());
    let refusal = desk.refuses("AccrueInterest", through("2031-05-04"), "day_not_over");
    assert_eq!((&*refusal.details["through"], &*refusal.details["today"]), ("2031-05-04", "2031-05-04"));
    desk.at(Duration::days(5)).changes_nothing("AccrueInterest", through("2031-05-08"));
    desk.at(Duration::days(400));
    let refusal = desk.refuses("AccrueInterest", through("2032-05-10"), "too_many_days");
    assert_eq!((&*refusal.details["from"], &*refusal.details["most"]), ("2031-05-10", "366"));
    desk.accepts("AccrueInterest", through("2032-05-09"));
    desk.changes_nothing("AccrueInterest", through("2032-05-09"));
    let event = desk.records("AccrueInterest", through("2032-05-10"), "InterestAccrued");
    assert_eq!(field(&event, "from"), "2032-05-10");
}

#[test]
fn an_account_closes_only_when_its_interest_is_posted() {
    let mut desk = earning("2030-06-03", 3_650_000, 10_000, 0, "ACT/365F");
    on(&mut desk, "2030-06-04").accepts("AccrueInterest", through("2030-06-03"));
    desk.accepts("Withdraw", amount(3_650_000));
    let close = json!({"accountId": "100234", "reason": "Customer moves away"});
    let refusal = desk.refuses("CloseAccount", close.clone(), "interest_outstanding");
    assert_eq!(refusal.details["outstanding"], "1.00000000 EUR");
    desk.accepts("PostInterest", own());
    // A day that has earned and was not accrued is not lost either.
    on(&mut desk, "2030-06-05").accepts("Deposit", amount(3_650_000));
    on(&mut desk, "2030-06-06").accepts("Withdraw", amount(3_650_100));
    let refusal = desk.refuses("CloseAccount", close.clone(), "interest_outstanding");
    assert!(refusal.details["outstanding"].starts_with("1.00"), "{refusal:?}");
    desk.accepts("AccrueInterest", through("2030-06-05"));
    desk.accepts("PostInterest", own());
    desk.accepts("Withdraw", amount(100));
    desk.accepts("CloseAccount", close);
    desk.refuses("AccrueInterest", through("2030-06-03"), "account_closed");
    desk.refuses("PostInterest", own(), "account_closed");
    desk.refuses("SetInterestRate", rate(1, 0, "ACT/360", "2030-06-04"), "account_closed");
    for (command, payload) in [("AccrueInterest", through("2030-06-03")), ("PostInterest", own())] {
        unopened().refuses(command, payload, "account_not_found");
    }
}

#[test]
fn a_period_ends_with_its_interest_posted_on_its_last_day() {
    let mut desk = earning("2030-06-03", 3_650_000, 10_000, 0, "ACT/365F");
    on(&mut desk, "2030-07-04");
    let events = desk.accepts("SettleInterest", through("2030-06-30"));
    let [AccountEvent::InterestAccrued(accrued), AccountEvent::InterestPosted(posted)] = events.as_slice() else {
        panic!("days earn, and the interest is posted: {events:?}")
    };
    assert_eq!((accrued.from.to_string(), accrued.through.to_string()), ("2030-06-03".into(), "2030-06-30".into()));
    assert_eq!((posted.amount.minor(), posted.value_date.to_string()), (2_800, "2030-06-30".to_owned()));
    assert_eq!(posted.booking_date.to_string(), "2030-07-04", "late, but of June");
    desk.changes_nothing("SettleInterest", through("2030-06-30"));
    let mut late =
        account(&desk).interest.accrue("2030-07-01".parse().expect("a day"), "2030-07-01".parse().expect("a day"));
    assert_eq!(late.remove(0).balance.minor(), 3_652_800, "interest earns from the first day of the next period");
    desk.refuses("SettleInterest", through("2030-07-04"), "day_not_over");
    opened(0).refuses("SettleInterest", through("2030-07-04"), "interest_rate_not_set");
}

#[test]
fn what_an_account_cannot_bear_is_posted_with_the_next_period() {
    let mut desk = earning("2030-06-01", 0, 0, 100_000, "ACT/365F");
    desk.accepts("Withdraw", amount(1_000_000));
    let events = on(&mut desk, "2030-07-01").accepts("SettleInterest", through("2030-06-30"));
    assert_eq!(events.len(), 1, "no money for overdraft interest: {events:?}");
    assert!(matches!(events[0], AccountEvent::InterestAccrued(_)));
    desk.accepts("Deposit", amount(500_000));
    let events = on(&mut desk, "2030-08-01").accepts("SettleInterest", through("2030-07-31"));
    let Some(AccountEvent::InterestPosted(posted)) = events.last() else { panic!("posted: {events:?}") };
    // 10,000.00 EUR at 10 % for 30 days, 5,000.00 EUR for 31.
    assert_eq!(posted.amount.minor(), (1_000_000 * 30 + 500_000 * 31 + 1_825) / 3_650, "both months");
}

/// Without the desk's look at a snapshot after each command: there are many.
fn quickly(desk: &mut Accounts, command: &str, payload: Value) -> Vec<AccountEvent> {
    desk.command_number += 1;
    let command = AccountCommand::parse(command, &payload.to_string()).expect("a command");
    let events = AccountDecider::decide(&desk.state, &command, &desk.context(), &desk.references).expect("accepted");
    events.iter().for_each(|event| AccountDecider::evolve(&mut desk.state, event));
    events
}

/// Movements on more days than the book keeps: the days that are over earn first, so nothing is ever merged.
#[test]
fn what_waits_for_an_accrual_is_bounded_and_exact() {
    let most = bank::account::accrual::MAX_OPEN_DAYS;
    let (mut waiting, mut daily) =
        (earning("2030-01-01", 100, 10_000, 0, "ACT/365F"), earning("2030-01-01", 100, 10_000, 0, "ACT/365F"));
    let mut forced = 0;
    for day in 0..1_050 {
        for desk in [&mut waiting, &mut daily] {
            desk.now += Duration::days(1);
        }
        let yesterday = daily.now.date_naive().pred_opt().expect("a day").to_string();
        quickly(&mut daily, "AccrueInterest", through(&yesterday));
        quickly(&mut daily, "Deposit", amount(1 + day % 3));
        let events = quickly(&mut waiting, "Deposit", amount(1 + day % 3));
        forced += events.iter().filter(|event| matches!(event, AccountEvent::InterestAccrued(_))).count();
        assert!(account(&waiting).interest.movements.len() <= most, "never more than {most} open days");
    }
    assert!(forced >= 4, "a full book makes days earn, {forced} times");
    for desk in [&mut waiting, &mut daily] {
        let yesterday = desk.now.date_naive().pred_opt().expect("a day").to_string();
        desk.accepts("AccrueInterest", through(&yesterday));
    }
    let (late, exact) = (&account(&waiting).interest, &account(&daily).interest);
    assert_eq!(late.accrued, exact.accrued, "as if every day had been accrued by itself");
    assert_eq!(late.closed_balance, exact.closed_balance);
    let mut desk = opened(0);
    for _ in 0..600 {
        desk.now += Duration::days(1);
        desk.accepts("Deposit", amount(1));
    }
    assert_eq!(account(&desk).interest.movements.len(), 1, "without a rate, days past are folded together");
}

/// A step on an account that earns.
#[derive(Debug, Clone)]
enum Step {
    /// Cents in or out, with a value date so many days ahead.
    Move(i64, u64),
    /// Days pass.
    Wait(i64),
    Accrue,
    Post,
    Rate(u32, u32, &'static str),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let conventions = prop::sample::select(vec!["ACT/365F", "ACT/360", "30E/360", "ACT/ACT ISDA"]);
    let step = prop_oneof![
        4 => (-400_000_i64..600_000, 0_u64..3).prop_map(|(cents, ahead)| Step::Move(cents, ahead)),
        4 => (1_i64..40).prop_map(Step::Wait),
        4 => Just(Step::Accrue),
        2 => Just(Step::Post),
        1 => (0_u32..200_000, 0_u32..200_000, conventions).prop_map(|(rate, below, count)| Step::Rate(rate, below, count)),
    ];
    prop::collection::vec(step, 1..60)
}

fn take(desk: &mut Accounts, step: &Step) -> Vec<AccountEvent> {
    let today = desk.now.date_naive();
    let (command, payload) = match step {
        Step::Wait(days) => {
            desk.now += Duration::days(*days);
            return Vec::new();
        }
        Step::Move(0, _) => return Vec::new(),
        Step::Move(cents, ahead) => {
            let command = if *cents > 0 { "Deposit" } else { "Withdraw" };
            let mut payload = amount(cents.abs());
            payload["valueDate"] = (today + chrono::Days::new(*ahead)).to_string().into();
            (command, payload)
        }
        Step::Accrue => ("AccrueInterest", through(&today.pred_opt().expect("a day").to_string())),
        Step::Post => ("PostInterest", own()),
        Step::Rate(ppm, below, count) => ("SetInterestRate", rate(*ppm, *below, count, &today.to_string())),
    };
    desk.hand_in(command, &payload).unwrap_or_default()
}

/// What the desk should have accrued, from the events alone and one day at a time.
#[derive(Default)]
struct Ledger {
    balance: std::collections::BTreeMap<NaiveDate, i64>,
    rates: std::collections::BTreeMap<NaiveDate, (u32, u32, bank::interest::DayCount)>,
    accrued_through: Option<NaiveDate>,
    accrued: i128,
    posted: i128,
}

impl Ledger {
    fn take(&mut self, event: &AccountEvent) {
        if let Some(entry) = event.entry() {
            let own = entry.postings.iter().filter(|leg| leg.account.to_string() == "account:100234");
            let cents: i64 = own
                .map(|leg| if format!("{:?}", leg.side) == "Credit" { leg.amount.minor() } else { -leg.amount.minor() })
                .sum();
            let open = self.accrued_through.map_or(entry.value_date, |day| day.succ_opt().expect("a day"));
            *self.balance.entry(entry.value_date.max(open)).or_default() += cents;
        }
        match event {
            AccountEvent::InterestRateSet(set) => {
                let terms =
                    (set.rate_parts_per_million.get(), set.overdraft_rate_parts_per_million.get(), set.day_count);
                self.rates.insert(set.valid_from, terms);
            }
            AccountEvent::InterestAccrued(accrued) => {
                if let Some(last) = self.accrued_through {
                    assert_eq!(Some(accrued.from), last.succ_opt(), "accruals follow each other without a gap");
                }
                for day in accrued.from.iter_days().take_while(|day| *day <= accrued.through) {
                    let balance: i64 = self.balance.range(..=day).map(|(_, cents)| cents).sum();
                    let (_, (rate, below, count)) = self.rates.range(..=day).next_back().expect("a rate");
                    let rate = i128::from(if balance < 0 { *below } else { *rate });
                    let parts = count.parts(day, day.succ_opt().expect("a day"));
                    self.accrued += i128::from(balance) * rate * i128::from(parts);
                }
                self.accrued_through = Some(accrued.through);
            }
            AccountEvent::InterestPosted(posted) => {
                let sign = if posted.accrued.numerator() < 0 { -1 } else { 1 };
                self.posted += sign * i128::from(posted.amount.minor());
                assert!(posted.carried.numerator().abs() * 2 <= D, "at most half a cent is carried");
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(cases::cases())]

    /// Σ posted + what is carried = what every day earned, exactly, recalculated one day at a time from the events.
    #[test]
    fn no_fraction_of_interest_is_ever_lost(steps in steps()) {
        let mut desk = earning("2027-12-01", 500_000, 10_000, 100_000, "ACT/365F");
        let mut ledger = Ledger::default();
        let start: NaiveDate = "2027-12-01".parse().expect("a day");
        ledger.balance.insert(start, 500_000);
        ledger.rates.insert(start, (10_000, 100_000, bank::interest::DayCount::Act365Fixed));
        for step in &steps {
            for event in take(&mut desk, step) {
                ledger.take(&event);
            }
            let account = account(&desk);
            prop_assert_eq!(ledger.posted * D + account.interest.accrued.numerator(), ledger.accrued);
            let waiting: i64 = account.interest.movements.values().map(|change| change.minor()).sum();
            prop_assert_eq!(account.interest.closed_balance.minor() + waiting, account.settled.minor());
        }
    }

    /// Day by day, or all days at once: the same interest.
    #[test]
    fn accruals_of_any_length_add_up(cents in 1_i64..10_000_000, ppm in 0_u32..300_000, days in 2_i64..60, cut in 1_i64..59) {
        for count in ["ACT/365F", "ACT/360", "30E/360", "ACT/ACT ISDA"] {
            let accrue_on = |stops: &[i64]| {
                let mut desk = earning("2027-12-20", cents, ppm, 0, count);
                let start = desk.now;
                for stop in stops {
                    desk.now = start + Duration::days(*stop);
                    let last = desk.now.date_naive().pred_opt().expect("a day");
                    desk.accepts("AccrueInterest", through(&last.to_string()));
                }
                account(&desk).interest.accrued
            };
            let each: Vec<i64> = (1..=days).collect();
            let at_once = accrue_on(&[days]);
            prop_assert_eq!(at_once, accrue_on(&each), "{}", count);
            prop_assert_eq!(at_once, accrue_on(&[cut.min(days), days]), "{}", count);
        }
    }
}
