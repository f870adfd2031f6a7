//! What holds of the read models' rows at every position of any history.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod simulated;

use bank::projections::{ACCOUNT_HOLDS, ACCOUNTS, LEDGER, LIMIT_USE, TRANSFERS_IN_FLIGHT};
use es_core::memory::MemoryRows;
use es_core::{Domain, InvariantCheck, ProjectedEvent, Row, Rows, Table, Violation, Violations};

fn check(domain: &Domain, name: &str, rows: &MemoryRows) -> Violations {
    let projection = domain.projection(name).expect("a projection");
    let mut check = InvariantCheck::of(&**projection);
    for table in projection.tables() {
        rows.rows_of(table).for_each(|row| check.row(table, row));
    }
    check.finish()
}

/// Folds a history and looks at the rows after every so many events. Returns the last of them with something in flight and
/// something held.
fn folded_and_checked(domain: &Domain, name: &str, every: usize) -> MemoryRows {
    let projection = domain.projection(name).expect("a projection");
    let (mut rows, mut interesting) = (MemoryRows::new(projection.tables()), None);
    for (index, event) in simulated::history(7, 3000).iter().enumerate() {
        if !projection.filter().matches(event) {
            continue;
        }
        for part in domain.upcasters.upcast(event).expect("upcasts") {
            let projected = ProjectedEvent { recorded: event, current: &part };
            projection.apply(&projected, &mut rows).expect("applies");
        }
        if index % every == 0 {
            let violations = check(domain, name, &rows);
            assert!(violations.is_empty(), "{name} after position {}: {violations:?}", event.position);
        }
        if rows.row_count(&ACCOUNT_HOLDS) + rows.row_count(&TRANSFERS_IN_FLIGHT) > 0 {
            interesting = Some(rows.clone());
        }
    }
    interesting.expect("something is in flight, or held, some time")
}

/// The invariant that does not hold, and why, in words.
fn told(found: &Violation) -> String {
    format!("{}: {}", found.invariant, found.breach.message)
}

/// A number of a violation.
fn number(found: &Violation, key: &str) -> i128 {
    let told = found.breach.details.get(key).unwrap_or_else(|| panic!("{key} in {found:?}"));
    told.parse().expect("a number")
}

/// The first violation after a change of the first row of a table.
fn spoilt(domain: &Domain, name: &str, rows: &MemoryRows, table: &Table, change: impl Fn(&mut Row)) -> Violation {
    let mut rows = rows.clone();
    let mut row = rows.rows_of(table).next().expect("a row").clone();
    rows.delete(table, &row[..table.key_columns]).expect("declared");
    change(&mut row);
    rows.put(table, row).expect("fits");
    let violations = check(domain, name, &rows);
    assert!(violations.total > 0, "a change of {} is noticed", table.name);
    violations.listed[0].clone()
}

#[test]
fn the_ledger_balances_at_every_position_and_a_changed_row_shows() {
    let domain = bank::domain().expect("a sound domain");
    let rows = folded_and_checked(&domain, "trial_balance", 7);
    let add = |index: usize| move |row: &mut Row| row[index] = (row[index].as_int().expect("a number") + 1).into();
    let found = spoilt(&domain, "trial_balance", &rows, &LEDGER, add(2));
    assert!(told(&found).starts_with("debits equal credits in every currency: "), "{found:?}");
    assert_eq!(found.breach.code, "debits_differ_from_credits");
    assert_eq!(number(&found, "debits"), number(&found, "credits") + 1, "with the numbers: {found:?}");
    let found = spoilt(&domain, "trial_balance", &rows, &TRANSFERS_IN_FLIGHT, add(2));
    assert!(told(&found).starts_with("money in transit is that of the transfers in flight: "), "{found:?}");
    assert_eq!(number(&found, "flights"), number(&found, "transit") + 1, "{found:?}");
}

/// The demo has payments between currencies, parked and resolved ones, fees and periods: after each event of it, debits equal
/// credits in every currency and what is in transit is what is in flight.
#[test]
fn the_demo_of_several_currencies_balances_after_every_single_event() {
    let domain = bank::domain().expect("a sound domain");
    let projection = domain.projection("trial_balance").expect("a projection");
    let (mut rows, mut flying) = (MemoryRows::new(projection.tables()), 0);
    for event in simulated::history(2, 2_000) {
        if !projection.filter().matches(&event) {
            continue;
        }
        for part in simulated::current(&domain, &event) {
            projection.apply(&ProjectedEvent { recorded: &event, current: &part }, &mut rows).expect("applies");
        }
        let violations = check(&domain, "trial_balance", &rows);
        assert!(violations.is_empty(), "after position {}: {violations:?}", event.position);
        flying += usize::from(rows.row_count(&TRANSFERS_IN_FLIGHT) > 0);
    }
    assert!(flying > 100, "often with money in flight");
    let lines = rows.rows_of(&LEDGER).map(|row| (row[0].as_text().expect("text"), row[1].as_text().expect("text")));
    let lines: Vec<_> = lines.collect();
    for line in [("gl:fx-position", "EUR"), ("gl:fx-position", "USD"), ("gl:suspense", "EUR"), ("gl:fee-income", "EUR")]
    {
        assert!(lines.contains(&line), "{line:?} is among {lines:?}");
    }
    assert_eq!(rows.row_count(&TRANSFERS_IN_FLIGHT), 0, "at the end nothing is left in flight");
}

#[test]
fn what_is_used_of_limits_is_positive_and_a_changed_row_shows() {
    let domain = bank::domain().expect("a sound domain");
    let projection = domain.projection("limits").expect("a projection");
    let mut rows = MemoryRows::new(projection.tables());
    for (index, event) in simulated::history(7, 3_000).iter().enumerate() {
        if !projection.filter().matches(event) {
            continue;
        }
        for part in simulated::current(&domain, event) {
            projection.apply(&ProjectedEvent { recorded: event, current: &part }, &mut rows).expect("applies");
        }
        if index % 7 == 0 {
            let violations = check(&domain, "limits", &rows);
            assert!(violations.is_empty(), "after position {}: {violations:?}", event.position);
        }
    }
    let found = spoilt(&domain, "limits", &rows, &LIMIT_USE, |row| row[2] = 0.into());
    assert!(told(&found).starts_with("what is used of a day is more than zero: account "), "{found:?}");
    assert_eq!((found.breach.code, number(&found, "used")), ("nothing_used", 0));
}

#[test]
fn accounts_add_up_at_every_position_and_a_changed_row_shows() {
    let domain = bank::domain().expect("a sound domain");
    let rows = folded_and_checked(&domain, "accounts", 7);
    let add = |index: usize| move |row: &mut Row| row[index] = (row[index].as_int().expect("a number") + 1).into();
    for column in [6, 8, 9] {
        let found = spoilt(&domain, "accounts", &rows, &ACCOUNTS, add(column));
        assert!(told(&found).starts_with("available is balance less holds plus overdraft: available is "), "{found:?}");
        let [available, balance, held, overdraft] =
            ["available", "balance", "held", "overdraft"].map(|key| number(&found, key));
        let too_much = if column == 9 { 1 } else { -1 };
        assert_eq!(available, balance - held + overdraft + too_much, "with the numbers: {found:?}");
    }
    let found = spoilt(&domain, "accounts", &rows, &ACCOUNT_HOLDS, add(2));
    assert!(told(&found).starts_with("what is held is the sum of the open holds: account "), "{found:?}");
    assert_eq!((found.breach.code, number(&found, "excess")), ("held_differs_from_holds", -1));
}
