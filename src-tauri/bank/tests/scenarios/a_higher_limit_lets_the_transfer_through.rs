//! A higher limit lets the transfer through
//!
//! Made of a what-if.

use crate::given::{command, event, given};

#[test]
#[rustfmt::skip]
fn a_higher_limit_lets_the_transfer_through() {
    given(&[
        event("account-100234", "AccountOpened", 1, r#"{"accountId":"100234","customerId":"C-1001","currency":"EUR","product":"current","overdraftLimit":{"minor":"0","currency":"EUR"},"openedOn":"2031-05-05"}"#).at("2031-05-05T09:42:00.000000Z"),
        event("account-100234", "LinkedToCustomer", 1, r#"{"accountId":"100234","customerId":"C-1001"}"#).at("2031-05-05T09:42:00.000000Z"),
        event("account-100242", "AccountOpened", 1, r#"{"accountId":"100242","customerId":"C-1001","currency":"EUR","product":"current","overdraftLimit":{"minor":"0","currency":"EUR"},"openedOn":"2031-05-05"}"#).at("2031-05-05T09:49:00.000000Z"),
        event("account-100242", "LinkedToCustomer", 1, r#"{"accountId":"100242","customerId":"C-1001"}"#).at("2031-05-05T09:49:00.000000Z"),
        event("account-100234", "MoneyDeposited", 2, r#"{"accountId":"100234","amount":{"minor":"10000","currency":"EUR"},"entryId":"8e6c4961-31ba-57f3-a7f5-708b471cded2","bookingDate":"2031-05-05","valueDate":"2031-05-05","postings":[{"account":"gl:vault-cash","side":"debit","amount":{"minor":"10000","currency":"EUR"}},{"account":"account:100234","side":"credit","amount":{"minor":"10000","currency":"EUR"}}],"text":"Cash of Byronova"}"#).at("2031-05-05T09:56:00.000000Z"),
    ])
    .on_the_clock("2031-05-05T09:56:00.000000Z")
    .when(command("SetOverdraft", r#"{"accountId":"100234","overdraftLimit":{"minor":"400000","currency":"EUR"}}"#).by("officer:babbage"))
    .then(&[
        event("account-100234", "OverdraftSet", 1, r#"{"accountId":"100234","overdraftLimit":{"minor":"400000","currency":"EUR"}}"#),
    ])
    .when(command("RequestTransfer", r#"{"transferId":"T-5001","source":"100234","target":"100242","amount":{"minor":"400000","currency":"EUR"},"reference":"For Byronova"}"#).by("customer:C-1001"))
    .then(&[
        event("transfer-T-5001", "TransferRequested", 2, r#"{"transferId":"T-5001","source":"100234","target":"100242","amount":{"minor":"400000","currency":"EUR"},"reference":"For Byronova","requestedBy":"customer:C-1001","requestedOn":"2031-05-05","deadline":"2031-05-05T09:57:00Z"}"#),
        event("transfer-T-5001", "TransferValidated", 2, r#"{"transferId":"T-5001"}"#),
        event("account-100234", "HoldPlaced", 1, r#"{"accountId":"100234","holdId":"T-5001","amount":{"minor":"400000","currency":"EUR"},"expiresAt":"2031-05-05T10:12:00Z","purpose":"Transfer T-5001 to account 100242","placedOn":"2031-05-05"}"#),
        event("transfer-T-5001", "SourceReserved", 1, r#"{"transferId":"T-5001","holdId":"T-5001"}"#),
        event("account-100234", "TransferDebited", 2, r#"{"accountId":"100234","transferId":"T-5001","amount":{"minor":"400000","currency":"EUR"},"holdId":"T-5001","entryId":"bee2f785-0cc5-50f8-aaf4-374036216080","bookingDate":"2031-05-05","valueDate":"2031-05-05","postings":[{"account":"account:100234","side":"debit","amount":{"minor":"400000","currency":"EUR"}},{"account":"gl:transfers-in-transit","side":"credit","amount":{"minor":"400000","currency":"EUR"}}],"text":"Transfer T-5001 sent"}"#),
        event("transfer-T-5001", "SourceDebited", 1, r#"{"transferId":"T-5001"}"#),
        event("account-100242", "TransferCredited", 2, r#"{"accountId":"100242","transferId":"T-5001","amount":{"minor":"400000","currency":"EUR"},"fromTransit":{"minor":"400000","currency":"EUR"},"entryId":"6efc1c8f-19ad-5a3c-b296-0928d62d1659","bookingDate":"2031-05-05","valueDate":"2031-05-05","postings":[{"account":"gl:transfers-in-transit","side":"debit","amount":{"minor":"400000","currency":"EUR"}},{"account":"account:100242","side":"credit","amount":{"minor":"400000","currency":"EUR"}}],"text":"Transfer T-5001 received"}"#),
        event("transfer-T-5001", "TransferCompleted", 1, r#"{"transferId":"T-5001"}"#),
    ])
    .when_processes_run()
    .then(&[
    ])
    .ends();
}
