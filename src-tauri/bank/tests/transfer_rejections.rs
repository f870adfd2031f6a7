//! Every rule of transfers and quotes refuses, with its numbers. A rule that no case here breaks fails the last test.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use std::collections::BTreeSet;

use bank::exchange::QuoteRejection;
use bank::transfer::TransferRejection;
use es_core::Rejection;
use floor::{Floor, eur, merged};
use serde_json::{Value, json};

/// A rule's code, what its sentence must say, and how it is broken.
type Case = (&'static str, &'static [&'static str], fn() -> Rejection);

fn refused(floor: &mut Floor, command_type: &str, payload: Value) -> Rejection {
    let events = floor.log.len();
    let rejection = floor.command(command_type, &payload, "maker").expect_err("a rule refuses");
    assert_eq!(floor.log.len(), events, "{command_type}: a refused command writes nothing");
    rejection
}

/// The reason that the validation records, as a rejection.
fn found_by_validation(mut floor: Floor) -> Rejection {
    floor.step();
    assert_eq!(floor.steps(), ["TransferRejected"], "refused before anything was held");
    let problem = floor.transfer().problem.expect("a reason");
    Rejection { code: problem.code, message: problem.message, details: std::collections::BTreeMap::new() }
}

fn id() -> Value {
    json!({"transferId": "T-1"})
}

fn request(more: Value) -> Rejection {
    let mut floor = Floor::with_more_accounts();
    floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
    floor.request_with("2", 4_000, more).expect_err("a rule refuses")
}

fn awaiting() -> Floor {
    let mut floor = Floor::with_more_accounts();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    floor.request("2", 5_000_001);
    floor.step();
    floor
}

fn approve(mut floor: Floor, hash: Option<&str>, actor: &str) -> Rejection {
    let known = floor.transfer().approval.map(|approval| approval.content_hash).unwrap_or("0".repeat(64));
    let payload = json!({"transferId": "T-1", "contentHash": hash.unwrap_or(&known)});
    floor.command("ApproveTransfer", &payload, actor).expect_err("a rule refuses")
}

fn parked() -> Floor {
    let mut floor = Floor::with_more_accounts();
    floor.request("2", 10_000);
    (0..3).for_each(|_| floor.step());
    for account in ["1", "2"] {
        floor.does("CloseAccount", json!({"accountId": account, "reason": "moved away"}));
    }
    floor.run();
    floor
}

fn resolve(more: Value) -> Rejection {
    let payload = json!({"transferId": "T-1", "belongsTo": "source", "reason": "called"});
    refused(&mut parked(), "ResolveParkedTransfer", merged(payload, more))
}

const TRANSFERS: &[Case] = &[
    ("transfer_exists", &["T-1", "requested"], || {
        refused(&mut Floor::with_transfer_to("2"), "RequestTransfer", request_payload("2", 1))
    }),
    ("transfer_not_found", &["T-1"], || refused(&mut Floor::with_more_accounts(), "CompleteTransfer", id())),
    ("same_account", &["1"], || refused(&mut Floor::with_more_accounts(), "RequestTransfer", request_payload("1", 1))),
    ("not_cancellable", &["sourceDebited"], || {
        let mut floor = Floor::with_transfer_to("2");
        (0..3).for_each(|_| floor.step());
        refused(&mut floor, "CancelTransfer", merged(id(), json!({"reason": "oops"})))
    }),
    ("deadline_not_reached", &["2031-05-05 09:01:00", "2031-05-05 09:00:00"], || {
        refused(&mut Floor::with_transfer_to("2"), "TimeOutTransfer", id())
    }),
    ("out_of_turn", &["ParkInSuspense", "requested"], || {
        let reasoned = merged(id(), json!({"code": "x", "message": "y"}));
        refused(&mut Floor::with_transfer_to("2"), "ParkInSuspense", reasoned)
    }),
    ("other_accounts", &["account 1", "account 2", "no quote"], || {
        let other = json!({"transferId": "T-1", "source": "2", "target": "1"});
        refused(&mut Floor::with_transfer_to("2"), "ValidateTransfer", other)
    }),
    ("tariff_currency", &["EUR", "USD"], || request(json!({"tariff": {"flat": {"minor": "150", "currency": "USD"}}}))),
    ("tariff_bounds", &["3.00 EUR", "2.00 EUR"], || {
        request(json!({"tariff": {"minimum": eur(300), "maximum": eur(200)}}))
    }),
    ("whole_beyond_cap", &["40.00 EUR", "cap"], || request(json!({"tariff": {"flat": eur(1_000_000_000_000_000)}}))),
    ("quote_not_found", &["Q-9"], || request(json!({"quoteId": "Q-9"}))),
    ("quote_withdrawn", &["Q-1"], || {
        let mut floor = Floor::with_exchange();
        floor.does("WithdrawQuote", json!({"quoteId": "Q-1", "reason": "the market has moved"}));
        found_by_validation(floor)
    }),
    ("quote_expired", &["2031-05-05 10:00:00", "2031-05-05 10:00:01"], || {
        let mut floor = Floor::with_more_accounts();
        floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
        floor.pass(3_601);
        floor.request_with("3", 4_000, json!({"quoteId": "Q-1"})).expect_err("a stale quote")
    }),
    ("quote_mismatch", &["EUR to USD", "from EUR to JPY"], || {
        let mut floor = Floor::with_more_accounts();
        floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
        floor.request_with("4", 4_000, json!({"quoteId": "Q-1"})).expect("the target is looked at later");
        found_by_validation(floor)
    }),
    ("quote_needed", &["account 3", "USD", "EUR"], || found_by_validation(Floor::with_transfer_to("3"))),
    ("not_convertible", &["0.01 EUR", "more than zero"], || {
        let mut floor = Floor::with_more_accounts();
        floor.quote("Q-1", ("EUR", "USD"), (1, 3));
        floor.request_with("3", 1, json!({"quoteId": "Q-1"})).expect("converted at validation");
        found_by_validation(floor)
    }),
    ("not_awaiting_approval", &["requested"], || approve(Floor::with_transfer_to("2"), None, "checker")),
    ("content_changed", &["1111"], || approve(awaiting(), Some(&"1".repeat(64)), "checker")),
    ("same_person", &["maker"], || approve(awaiting(), None, "maker")),
    ("approval_expired", &["2031-05-06 09:00:00"], || {
        let mut floor = awaiting();
        floor.pass(86_400);
        approve(floor, None, "checker")
    }),
    ("approval_not_due", &["2031-05-06 09:00:00"], || refused(&mut awaiting(), "ExpireTransferApproval", id())),
    ("not_overdue", &["2031-05-05 09:16:00"], || {
        let mut floor = Floor::with_transfer_to("2");
        (0..3).for_each(|_| floor.step());
        refused(&mut floor, "RecordTransferOverdue", id())
    }),
    ("not_compensable", &["requested"], || {
        refused(&mut Floor::with_transfer_to("2"), "CompensateTransfer", merged(id(), json!({"reason": "x"})))
    }),
    ("not_parkable", &["requested"], || {
        refused(&mut Floor::with_transfer_to("2"), "ParkTransfer", merged(id(), json!({"reason": "x"})))
    }),
    ("step_not_replaced", &["credit"], || {
        let mut floor = Floor::with_transfer_to("2");
        (0..3).for_each(|_| floor.step());
        refused(&mut floor, "CompensateTransfer", merged(id(), json!({"reason": "x"})))
    }),
    ("not_parked", &["requested"], || {
        let payload = json!({"transferId": "T-1", "belongsTo": "source", "reason": "called"});
        refused(&mut Floor::with_transfer_to("2"), "ResolveParkedTransfer", payload)
    }),
    ("beneficiary_unusable", &["account 3", "100.00 EUR", "USD"], || resolve(json!({"beneficiary": "3"}))),
];

fn request_payload(target: &str, minor: i64) -> Value {
    json!({"transferId": "T-1", "source": "1", "target": target, "amount": eur(minor), "reference": "test"})
}

fn quote(more: Value) -> Value {
    let payload = json!({
        "quoteId": "Q-1", "sourceCurrency": "EUR", "targetCurrency": "USD",
        "rate": {"numerator": "10834", "denominator": "10000"}, "provenance": "desk",
        "validUntil": "2031-05-05T18:00:00Z",
    });
    merged(payload, more)
}

const QUOTES: &[Case] = &[
    ("quote_exists", &["Q-1"], || {
        let mut floor = Floor::with_more_accounts();
        floor.does("QuoteRate", quote(json!({})));
        refused(&mut floor, "QuoteRate", quote(json!({})))
    }),
    ("quote_not_found", &["Q-1"], || {
        refused(&mut Floor::with_more_accounts(), "WithdrawQuote", json!({"quoteId": "Q-1", "reason": "x"}))
    }),
    ("same_currency", &["EUR"], || {
        refused(&mut Floor::with_more_accounts(), "QuoteRate", quote(json!({"targetCurrency": "EUR"})))
    }),
    ("validity_out_of_range", &["2031-05-06 09:00:00", "2031-05-06 09:00:01"], || {
        refused(&mut Floor::with_more_accounts(), "QuoteRate", quote(json!({"validUntil": "2031-05-06T09:00:01Z"})))
    }),
    ("already_withdrawn", &["Q-1"], || {
        let mut floor = Floor::with_more_accounts();
        floor.does("QuoteRate", quote(json!({})));
        let withdraw = json!({"quoteId": "Q-1", "reason": "x"});
        floor.does("WithdrawQuote", withdraw.clone());
        refused(&mut floor, "WithdrawQuote", withdraw)
    }),
];

fn all_refuse(cases: &[Case], codes: &[&str]) {
    for (code, parts, broken) in cases {
        let rejection = broken();
        assert_eq!(rejection.code, *code, "{}", rejection.message);
        for part in *parts {
            let told = rejection.message.to_lowercase();
            assert!(told.contains(&part.to_lowercase()), "{code} tells {part}: {}", rejection.message);
        }
    }
    let tried: BTreeSet<&str> = cases.iter().map(|(code, ..)| *code).collect();
    let known: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(tried, known, "every rule has a case that breaks it");
    assert_eq!(known.len(), codes.len(), "every rule has a code of its own");
}

#[test]
fn every_rule_of_transfers_refuses_with_its_numbers() {
    all_refuse(TRANSFERS, TransferRejection::CODES);
}

#[test]
fn every_rule_of_quotes_refuses_with_its_numbers() {
    all_refuse(QUOTES, QuoteRejection::CODES);
}

#[test]
fn a_quote_that_has_ended_already_is_refused_too() {
    let past = quote(json!({"validUntil": "2031-05-05T09:00:00Z"}));
    assert_eq!(refused(&mut Floor::with_more_accounts(), "QuoteRate", past).code, "validity_out_of_range");
}
