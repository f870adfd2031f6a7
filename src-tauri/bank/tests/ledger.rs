//! Double entry holds at every position of simulated histories, from the raw payloads alone.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod simulated;

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Default, Debug, PartialEq, Eq)]
struct Sums {
    debits: i128,
    credits: i128,
    transit: i128,
    in_flight: i128,
}

fn minor(amount: &Value) -> i128 {
    amount["minor"].as_str().expect("minor units are text").parse().expect("a whole number")
}

#[test]
fn ledger_is_balanced_at_every_position() {
    let domain = bank::domain().expect("the domain is sound");
    for (seed, events) in [(1, 1_000), (7, 6_000), (99, 3_000)] {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        let mut most_in_flight = 0;
        for record in simulated::history(seed, events) {
            for event in simulated::current(&domain, &record) {
                take(&mut sums, &event.event_type, &event.payload);
            }
            for (currency, sum) in &sums {
                let position = record.position;
                assert_eq!(sum.debits, sum.credits, "seed {seed}: {currency} is balanced at {position}");
                assert_eq!(sum.transit, sum.in_flight, "seed {seed}: transit in {currency} is explained at {position}");
                most_in_flight = most_in_flight.max(sum.in_flight);
            }
        }
        assert!(most_in_flight > 0, "seed {seed}: money was in flight at some position");
        assert_eq!(sums.values().map(|sum| sum.in_flight).sum::<i128>(), 0, "seed {seed}: and at last it has landed");
        assert!(sums.len() >= 3, "seed {seed}: the bank has several currencies");
    }
}

fn take(sums: &mut BTreeMap<String, Sums>, event_type: &str, payload: &str) {
    let payload: Value = serde_json::from_str(payload).expect("a payload is JSON");
    // A draft is not in the ledger before it is posted.
    let drafted = event_type == "EntryDrafted";
    for leg in payload["postings"].as_array().into_iter().flatten().filter(|_| !drafted) {
        let currency = leg["amount"]["currency"].as_str().expect("a currency").to_owned();
        let sum = sums.entry(currency).or_default();
        let amount = minor(&leg["amount"]);
        let transit = if leg["account"] == "gl:transfers-in-transit" { amount } else { 0 };
        if leg["side"] == "debit" {
            sum.debits += amount;
            sum.transit -= transit;
        } else {
            sum.credits += amount;
            sum.transit += transit;
        }
    }
    let (way, key) = match event_type {
        "TransferDebited" | "TransferUnparked" => (1, "amount"),
        "TransferDebitReturned" | "TransferParked" => (-1, "amount"),
        "TransferCredited" => (-1, "fromTransit"),
        _ => return,
    };
    let currency = payload[key]["currency"].as_str().expect("a currency").to_owned();
    sums.entry(currency).or_default().in_flight += way * minor(&payload[key]);
}
