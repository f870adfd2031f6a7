//! Accounts to begin tests with.

use bank::account::{Account, AccountDecider};
use bank::customer::{CustomerDecider, CustomerState};
use chrono::Duration;
use es_core::DomainEvent;
use serde_json::{Value, json};

use super::{Desk, eur};

/// A customer whom the bank has accepted.
pub fn active_customer() -> CustomerState {
    let mut desk = Desk::<CustomerDecider>::new();
    let id = "C-1001";
    desk.accepts(
        "RegisterCustomer",
        json!({"customerId": id, "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10"}),
    );
    desk.accepts(
        "SubmitIdentification",
        json!({"customerId": id, "document": "passport", "documentNumber": "P1", "validUntil": "2033-06-30"}),
    );
    desk.accepts("RecordScreening", json!({"customerId": id, "outcome": "clear", "note": "EU and UN lists"}));
    desk.accepts("AssessRisk", json!({"customerId": id, "rating": "low", "rationale": "Salaried"}));
    desk.by("checker").accepts("ApproveOnboarding", json!({"customerId": id}));
    desk.state
}

/// A desk for account 100234, not opened.
pub fn unopened() -> Desk<AccountDecider> {
    let mut desk = Desk::new();
    desk.refer("customer-C-1001", active_customer());
    desk
}

pub fn open_payload() -> Value {
    json!({
        "accountId": "100234", "customerId": "C-1001", "currency": "EUR", "product": "current",
        "overdraftLimit": eur(0)
    })
}

/// A desk for account 100234 in euros, with a deposit of so many cents (none if 0).
pub fn opened(cents: i64) -> Desk<AccountDecider> {
    let mut desk = unopened();
    desk.accepts("OpenAccount", open_payload());
    if cents > 0 {
        desk.accepts("Deposit", json!({"accountId": "100234", "amount": eur(cents)}));
    }
    desk
}

pub fn place(hold: &str, cents: i64) -> Value {
    json!({
        "accountId": "100234", "holdId": hold, "amount": eur(cents), "expiresAt": "2031-05-11T12:00:00Z",
        "purpose": "Card payment"
    })
}

/// After the holds of [`place`] have run out.
pub fn after_expiry() -> Duration {
    Duration::days(8)
}

/// The account under test.
pub fn account(desk: &Desk<AccountDecider>) -> &Account {
    desk.state.account().expect("the account is opened")
}

/// Settled, held and available cents.
pub fn cents(desk: &Desk<AccountDecider>) -> (i64, i64, i64) {
    let account = account(desk);
    (account.settled.minor(), account.held.minor(), account.available.minor())
}

/// What an event says under a key.
pub fn field(event: &impl DomainEvent, key: &str) -> Value {
    let payload: Value = serde_json::from_str(&event.encode().expect("encodes")).expect("JSON");
    payload[key].clone()
}
