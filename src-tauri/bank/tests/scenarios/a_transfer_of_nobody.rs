//! a_transfer_of_nobody
//!
//! Made of a what-if.

use crate::given::{command, event, given};

#[test]
#[rustfmt::skip]
fn a_transfer_of_nobody() {
    given(&[
        event("account-900001", "AccountOpened", 1, r#"{"accountId":"900001","customerId":"C-9003","currency":"EUR","product":"current","overdraftLimit":{"minor":"0","currency":"EUR"},"openedOn":"2001-01-01"}"#).at("2001-01-01T09:42:00.000000Z"),
        event("account-900001", "LinkedToCustomer", 1, r#"{"accountId":"900001","customerId":"C-9003"}"#).at("2001-01-01T09:42:00.000000Z"),
        event("account-900002", "AccountOpened", 1, r#"{"accountId":"900002","customerId":"C-9003","currency":"EUR","product":"current","overdraftLimit":{"minor":"0","currency":"EUR"},"openedOn":"2001-01-01"}"#).at("2001-01-01T09:49:00.000000Z"),
        event("account-900002", "LinkedToCustomer", 1, r#"{"accountId":"900002","customerId":"C-9003"}"#).at("2001-01-01T09:49:00.000000Z"),
        event("account-900001", "MoneyDeposited", 2, r#"{"accountId":"900001","amount":{"minor":"310000","currency":"EUR"},"entryId":"42ed994b-cf68-53d9-8db8-51e6f3a01cec","bookingDate":"2001-01-01","valueDate":"2001-01-01","postings":[{"account":"gl:vault-cash","side":"debit","amount":{"minor":"310000","currency":"EUR"}},{"account":"account:900001","side":"credit","amount":{"minor":"310000","currency":"EUR"}}],"text":"text 1"}"#).at("2001-01-01T09:56:00.000000Z"),
    ])
    .on_the_clock("2001-01-01T09:56:00.000000Z")
    .when(command("Withdraw", r#"{"accountId":"900001","amount":{"minor":"310031","currency":"EUR"}}"#).by("person:1"))
    .then_refused("insufficient_funds", &[
        ("accountId", "900001"),
        ("available", "3,100.00 EUR"),
        ("held", "0.00 EUR"),
        ("overdraftLimit", "0.00 EUR"),
        ("requested", "3,100.31 EUR"),
        ("settled", "3,100.00 EUR"),
    ])
    .when(command("RequestTransfer", r#"{"transferId":"T-9004","source":"900001","target":"900002","amount":{"minor":"217000","currency":"EUR"},"reference":"text 2"}"#).by("customer:C-9003"))
    .then(&[
        event("transfer-T-9004", "TransferRequested", 2, r#"{"transferId":"T-9004","source":"900001","target":"900002","amount":{"minor":"217000","currency":"EUR"},"reference":"text 2","requestedBy":"customer:C-9003","requestedOn":"2001-01-01","deadline":"2001-01-01T09:57:00Z"}"#),
        event("transfer-T-9004", "TransferValidated", 2, r#"{"transferId":"T-9004"}"#),
        event("account-900001", "HoldPlaced", 1, r#"{"accountId":"900001","holdId":"T-9004","amount":{"minor":"217000","currency":"EUR"},"expiresAt":"2001-01-01T10:12:00Z","purpose":"Transfer T-9004 to account 900002","placedOn":"2001-01-01"}"#),
        event("transfer-T-9004", "SourceReserved", 1, r#"{"transferId":"T-9004","holdId":"T-9004"}"#),
        event("account-900001", "TransferDebited", 2, r#"{"accountId":"900001","transferId":"T-9004","amount":{"minor":"217000","currency":"EUR"},"holdId":"T-9004","entryId":"bb76bc0e-313c-5855-b97b-2b0ee22d8892","bookingDate":"2001-01-01","valueDate":"2001-01-01","postings":[{"account":"account:900001","side":"debit","amount":{"minor":"217000","currency":"EUR"}},{"account":"gl:transfers-in-transit","side":"credit","amount":{"minor":"217000","currency":"EUR"}}],"text":"Transfer T-9004 sent"}"#),
        event("transfer-T-9004", "SourceDebited", 1, r#"{"transferId":"T-9004"}"#),
        event("account-900002", "TransferCredited", 2, r#"{"accountId":"900002","transferId":"T-9004","amount":{"minor":"217000","currency":"EUR"},"fromTransit":{"minor":"217000","currency":"EUR"},"entryId":"0551f7eb-df12-5a0f-8e3c-8223fe9d0f82","bookingDate":"2001-01-01","valueDate":"2001-01-01","postings":[{"account":"gl:transfers-in-transit","side":"debit","amount":{"minor":"217000","currency":"EUR"}},{"account":"account:900002","side":"credit","amount":{"minor":"217000","currency":"EUR"}}],"text":"Transfer T-9004 received"}"#),
        event("transfer-T-9004", "TransferCompleted", 1, r#"{"transferId":"T-9004"}"#),
    ])
    .when_processes_run()
    .then(&[
    ])
    .ends();
}
