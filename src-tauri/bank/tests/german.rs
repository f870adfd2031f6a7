//! What the bank says in German: the same as in English, with numbers and days as Germans write them.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod followed;
mod simulated;

use std::collections::BTreeSet;

use bank::language::{german_money, stored};
use bank::money::{Amount, Currency, Money};
use es_core::{CurrentEvent, Language, ProjectedEvent};
use followed::shaped;
use serde_json::Value;

const EVENTS: u64 = 4_000;

/// Amounts in a payload.
fn amounts(value: &Value, found: &mut Vec<Money>) {
    match value {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (Some(minor), Some(currency)) = (text("minor"), text("currency")) {
                let currency: Currency = currency.parse().expect("a currency");
                found.push(Money::new(minor.parse().expect("minor units"), currency).expect("money"));
            }
            fields.values().for_each(|field| amounts(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| amounts(item, found)),
        _ => {}
    }
}

#[test]
fn every_event_is_told_in_german_with_the_same_amounts() {
    let domain = bank::domain().expect("the domain is sound");
    let history = simulated::history(7, EVENTS);
    let mut types = BTreeSet::new();
    for event in shaped(&domain, &history) {
        for part in &event.parts {
            let tell =
                |language| (domain.sentence)(&ProjectedEvent { recorded: &event.record, current: part }, language);
            let (english, german) = (tell(Language::English), tell(Language::German));
            assert_ne!(english, german, "{} says the same in both languages", part.event_type);
            assert!(!german.contains('\n') && german.len() > 8, "{}: {german}", part.event_type);
            let mut moved = Vec::new();
            amounts(&serde_json::from_str(&part.payload).expect("JSON"), &mut moved);
            for money in moved.into_iter().filter(|money| english.contains(&money.to_string())) {
                assert!(german.contains(&german_money(money)), "{english:?} tells {money}, {german:?} does not");
            }
            types.insert(part.event_type.to_string());
        }
    }
    assert!(types.len() > 40, "the history has many types of events: {types:?}");
}

#[test]
fn why_the_bank_itself_refused_is_told_in_german_and_peoples_words_are_theirs() {
    let domain = bank::domain().expect("the domain is sound");
    let history = simulated::history(7, EVENTS);
    let mut seen = 0;
    for event in shaped(&domain, &history) {
        for part in &event.parts {
            let payload: Value = serde_json::from_str(&part.payload).expect("JSON");
            let (Some(code), Some(message)) = (payload["code"].as_str(), payload["message"].as_str()) else { continue };
            if code == "operator_decision" {
                continue;
            }
            let german = stored(message, Language::German);
            assert_ne!(german, message, "{}: {code} is told", part.event_type);
            let sentence =
                (domain.sentence)(&ProjectedEvent { recorded: &event.record, current: part }, Language::German);
            let begins: String = german.chars().take(60).collect();
            assert!(sentence.contains(&begins), "{sentence:?} tells {german:?}");
            seen += 1;
        }
    }
    assert!(seen > 5, "the history has refusals: {seen}");
}

fn german(event_type: &'static str, payload: &str) -> String {
    let domain = bank::domain().expect("the domain is sound");
    let record = simulated::history(7, 1).remove(0);
    let current =
        CurrentEvent { event_type: event_type.into(), schema_version: 1, payload: payload.to_owned().into(), part: 0 };
    (domain.sentence)(&ProjectedEvent { recorded: &record, current: &current }, Language::German)
}

#[test]
fn sentences_are_as_a_german_bank_writes_them() {
    let expires = r#"{"accountId":"A-1","holdId":"H-1","amount":{"minor":"1234567","currency":"EUR"},"expiresAt":"2026-11-26T09:30:00Z"}"#;
    assert_eq!(german("HoldChanged", expires), "Vormerkung H-1 geändert auf 12.345,67 EUR, bis 26.11.2026, 09:30 UTC");
    let rejected = r#"{"transferId":"T-1","code":"account_frozen","message":"Account A-1 is frozen for case C-9; only credits are possible."}"#;
    assert_eq!(
        german("TransferRejected", rejected),
        "Überweisung T-1 abgelehnt: Konto A-1 ist zu Fall C-9 gesperrt; nur Gutschriften sind möglich."
    );
    let frozen = r#"{"accountId":"A-1","caseId":"C-9","reason":"Court order"}"#;
    assert_eq!(german("AccountFrozen", frozen), "Konto zu Fall C-9 gesperrt: Court order", "people's words are theirs");
    let fee = r#"{"accountId":"A-1","amount":{"minor":"5","currency":"EUR"},"text":"Fee","entryId":"6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11","bookingDate":"2026-02-28","valueDate":"2026-03-01","postings":[{"account":"account:A-1","side":"debit","amount":{"minor":"5","currency":"EUR"}},{"account":"gl:fee-income","side":"credit","amount":{"minor":"5","currency":"EUR"}}]}"#;
    assert_eq!(
        german("FeeCharged", &fee.replace("\"text\":\"Fee\",", "").replace("}]}", "}],\"text\":\"Fee\"}")),
        "Gebühr von 0,05 EUR: Fee",
        "also if they are a title"
    );
    assert_eq!(german("Strange", "5"), "Strange, das diese Bank nicht kennt");
    assert_eq!(german("AccountFrozen", "5"), "AccountFrozen, dessen Nutzdaten nicht die übliche Form haben");
    let amount = Amount::new(100_000, Currency::JPY).expect("an amount");
    assert_eq!(german_money(amount), "100.000 JPY");
}
