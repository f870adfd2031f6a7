//! What transfers with a fee or another currency do to an account.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use bank::account::AccountDecider;
use desk::accounts::{account, cents, field, opened, place};
use desk::{Desk, eur};
use serde_json::{Value, json};

fn debit(cents: i64, fee: i64) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": eur(cents), "holdId": "T-1", "fee": eur(fee)})
}

fn give_back(cents: i64, fee: i64) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": eur(cents), "fee": eur(fee), "reason": "closed"})
}

fn credit(amount: Value, from_transit: Value) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": amount, "fromTransit": from_transit})
}

/// 100.00 EUR, of which 41.50 are held for the transfer and its fee.
fn reserved() -> Desk<AccountDecider> {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("T-1", 4_150));
    desk
}

fn legs(event: &impl es_core::DomainEvent) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let leg = |leg: &Value| (text(&leg["account"]), text(&leg["side"]), text(&leg["amount"]["minor"]));
    field(event, "postings").as_array().expect("legs").iter().map(leg).collect()
}

fn expected(legs: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    legs.iter().map(|(a, s, m)| ((*a).to_owned(), (*s).to_owned(), (*m).to_owned())).collect()
}

#[test]
fn a_debit_takes_amount_and_fee_in_one_balanced_entry() {
    let mut desk = reserved();
    let event = desk.records("DebitForTransfer", debit(4_000, 150), "TransferDebited");
    let entry = [
        ("account:100234", "debit", "4150"),
        ("gl:transfers-in-transit", "credit", "4000"),
        ("gl:fee-income", "credit", "150"),
    ];
    assert_eq!(legs(&event), expected(&entry));
    assert_eq!(cents(&desk), (5_850, 0, 5_850), "the hold is used up");
    assert!(field(&event, "text").as_str().expect("text").contains("1.50 EUR"), "the statement tells the fee");
    desk.changes_nothing("DebitForTransfer", debit(4_000, 150));
}

#[test]
fn a_fee_is_not_spending() {
    let mut desk = reserved();
    desk.accepts("DebitForTransfer", debit(4_000, 150));
    let used: Vec<_> = account(&desk).spending.used.values().map(|used| used.minor()).collect();
    assert_eq!(used, [4_000], "only the amount counts towards the limits");
}

#[test]
fn amount_and_fee_must_be_held() {
    let mut desk = reserved();
    let rejection = desk.refuses("DebitForTransfer", debit(4_000, 151), "exceeds_hold");
    assert_eq!(rejection.details["requested"], "41.51 EUR", "together");
}

#[test]
fn a_return_brings_amount_and_fee_back_once() {
    let mut desk = reserved();
    desk.accepts("DebitForTransfer", debit(4_000, 150));
    let event = desk.records("ReturnTransferDebit", give_back(4_000, 150), "TransferDebitReturned");
    let entry = [
        ("gl:transfers-in-transit", "debit", "4000"),
        ("gl:fee-income", "debit", "150"),
        ("account:100234", "credit", "4150"),
    ];
    assert_eq!(legs(&event), expected(&entry));
    assert_eq!(cents(&desk), (10_000, 0, 10_000), "as it was");
    assert!(account(&desk).spending.used.is_empty(), "also for the limits");
    desk.changes_nothing("ReturnTransferDebit", give_back(4_000, 150));
}

#[test]
fn another_fee_than_the_one_that_was_charged_is_refused() {
    let mut desk = reserved();
    desk.accepts("DebitForTransfer", debit(4_000, 150));
    let rejection = desk.refuses("DebitForTransfer", debit(4_000, 149), "transfer_fee_mismatch");
    assert_eq!((&*rejection.details["known"], &*rejection.details["requested"]), ("1.50 EUR", "1.49 EUR"));
    let without = json!({"accountId": "100234", "transferId": "T-1", "amount": eur(4_000), "reason": "closed"});
    let rejection = desk.refuses("ReturnTransferDebit", without, "transfer_fee_mismatch");
    assert_eq!(rejection.details["requested"], "none", "a return without the fee keeps what is not earned");
}

#[test]
fn a_fee_in_another_currency_cannot_be_charged() {
    let mut desk = reserved();
    let mut foreign = debit(4_000, 150);
    foreign["fee"]["currency"] = json!("USD");
    let rejection = desk.refuses("DebitForTransfer", foreign, "fee_not_chargeable");
    assert!(rejection.message.contains("EUR") && rejection.message.contains("USD"), "{}", rejection.message);
}

#[test]
fn a_credit_from_another_currency_goes_through_the_position_in_both() {
    let mut desk = opened(0);
    let from = json!({"minor": "4334", "currency": "USD"});
    let event = desk.records("CreditFromTransfer", credit(eur(4_000), from.clone()), "TransferCredited");
    let entry = [
        ("gl:transfers-in-transit", "debit", "4334"),
        ("gl:fx-position", "credit", "4334"),
        ("gl:fx-position", "debit", "4000"),
        ("account:100234", "credit", "4000"),
    ];
    assert_eq!(legs(&event), expected(&entry));
    assert_eq!(field(&event, "fromTransit"), from);
    assert_eq!(cents(&desk), (4_000, 0, 4_000));
    desk.changes_nothing("CreditFromTransfer", credit(eur(4_000), from));
}

#[test]
fn within_one_currency_nothing_is_lost_on_the_way() {
    let mut desk = opened(0);
    desk.refuses("CreditFromTransfer", credit(eur(4_000), eur(4_001)), "transfer_mismatch");
    let event = desk.records("CreditFromTransfer", credit(eur(4_000), eur(4_000)), "TransferCredited");
    assert_eq!(legs(&event).len(), 2, "no exchange");
}
