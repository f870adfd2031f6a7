//! A transfer over the limit is refused
//!
//! Made of a what-if.

use crate::given::{command, event, given};

#[test]
#[rustfmt::skip]
fn a_transfer_over_the_limit_is_refused() {
    given(&[
        event("account-100234", "AccountOpened", 1, r#"{"accountId":"100234","customerId":"C-1001","currency":"EUR","product":"current","overdraftLimit":{"minor":"0","currency":"EUR"},"openedOn":"2031-05-05"}"#).at("2031-05-05T09:42:00.000000Z"),
        event("account-100234", "LinkedToCustomer", 1, r#"{"accountId":"100234","customerId":"C-1001"}"#).at("2031-05-05T09:42:00.000000Z"),
        event("account-100242", "AccountOpened", 1, r#"{"accountId":"100242","customerId":"C-1001","currency":"EUR","product":"current","overdraftLimit":{"minor":"0","currency":"EUR"},"openedOn":"2031-05-05"}"#).at("2031-05-05T09:49:00.000000Z"),
        event("account-100242", "LinkedToCustomer", 1, r#"{"accountId":"100242","customerId":"C-1001"}"#).at("2031-05-05T09:49:00.000000Z"),
        event("account-100234", "MoneyDeposited", 2, r#"{"accountId":"100234","amount":{"minor":"10000","currency":"EUR"},"entryId":"8e6c4961-31ba-57f3-a7f5-708b471cded2","bookingDate":"2031-05-05","valueDate":"2031-05-05","postings":[{"account":"gl:vault-cash","side":"debit","amount":{"minor":"10000","currency":"EUR"}},{"account":"account:100234","side":"credit","amount":{"minor":"10000","currency":"EUR"}}],"text":"Cash of Byronova"}"#).at("2031-05-05T09:56:00.000000Z"),
    ])
    .on_the_clock("2031-05-05T09:56:00.000000Z")
    .when(command("Withdraw", r#"{"accountId":"100234","amount":{"minor":"10001","currency":"EUR"}}"#).by("clerk:lovelace"))
    .then_refused("insufficient_funds", &[
        ("accountId", "100234"),
        ("available", "100.00 EUR"),
        ("held", "0.00 EUR"),
        ("overdraftLimit", "0.00 EUR"),
        ("requested", "100.01 EUR"),
        ("settled", "100.00 EUR"),
    ])
    .when(command("RequestTransfer", r#"{"transferId":"T-5001","source":"100234","target":"100242","amount":{"minor":"400000","currency":"EUR"},"reference":"For Byronova"}"#).by("customer:C-1001"))
    .then(&[
        event("transfer-T-5001", "TransferRequested", 2, r#"{"transferId":"T-5001","source":"100234","target":"100242","amount":{"minor":"400000","currency":"EUR"},"reference":"For Byronova","requestedBy":"customer:C-1001","requestedOn":"2031-05-05","deadline":"2031-05-05T09:57:00Z"}"#),
        event("transfer-T-5001", "TransferValidated", 2, r#"{"transferId":"T-5001"}"#),
        event("transfer-T-5001", "TransferRejected", 1, r#"{"transferId":"T-5001","code":"insufficient_funds","message":"Account 100234 needs 4,000.00 EUR, available are 100.00 EUR (settled 100.00 EUR, held 0.00 EUR, overdraft limit 0.00 EUR)."}"#),
    ])
    .when_the_clock_is("2031-05-05T10:56:00.000000Z")
    .then(&[
    ])
    .ends();
}
