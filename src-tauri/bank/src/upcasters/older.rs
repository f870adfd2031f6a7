//! How earlier versions would have written what is written today: the way back, as far as there is one. For histories that
//! are written now and tell of then (the demo, tests); no decision ever uses it.

use chrono::{DateTime, NaiveDate, Utc};
use es_core::DomainEvent;
use serde::Serialize;

use super::acceptance::TIME_TO_DEBIT;
use super::history::{
    AccountBlockedV1, ContactDetailsChangedV1, CustomerRegisteredV1, CustomerRegisteredV2, FundsReservedV1,
    FundsReservedV2, FundsReservedV3, IdentificationSubmittedV1, MoneyDepositedV1, OnboardingApprovedV1,
    OnboardingRejectedV1, StatementPrintedV1, TransferAcceptedV1, TransferCreditedV1, TransferRequestedV1,
};
use super::reservations::CARD_PAYMENT;
use super::retired::ONLY_BLOCK;
use crate::account::{AccountEvent, AccountFrozen, HoldPlaced, MoneyDeposited, TransferCredited};
use crate::customer::{
    ContactDetailsChanged, CustomerEvent, CustomerRegistered, IdentificationSubmitted, OnboardingApproved,
    OnboardingRejected,
};
use crate::ids::{AccountId, CaseId};
use crate::money::{Amount, Money};
use crate::personal::Personal;
use crate::posting::{GlAccount, Postings};
use crate::transfer::{TransferEvent, TransferRequested, TransferValidated};

/// Days of validity that the card system knew.
const MOST_VALID_DAYS: i64 = 30;

/// A payload in an older form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OlderForm {
    /// Type of that time.
    pub event_type: &'static str,
    /// Version of that time.
    pub schema_version: u32,
    /// The payload as JSON text.
    pub payload: String,
}

impl OlderForm {
    fn of(event_type: &'static str, schema_version: u32, payload: &impl Serialize) -> Option<Self> {
        Some(Self { event_type, schema_version, payload: serde_json::to_string(payload).ok()? })
    }
}

/// All older forms of an event that is recorded at a time, oldest first; none where the older software could not have said
/// the same. Ids that the old form did not have (a deposit's entry) are lost.
#[must_use]
pub fn older_forms(event_type: &str, payload: &str, recorded_at: DateTime<Utc>) -> Vec<OlderForm> {
    let forms = match event_type {
        "MoneyDeposited"
        | "HoldPlaced"
        | "AccountFrozen"
        | "TransferDebited"
        | "TransferCredited"
        | "TransferDebitReturned" => match AccountEvent::decode(event_type, payload) {
            Ok(AccountEvent::MoneyDeposited(deposit)) => vec![of_deposit(&deposit, recorded_at.date_naive())],
            Ok(AccountEvent::HoldPlaced(hold)) => of_hold(&hold, recorded_at),
            Ok(AccountEvent::AccountFrozen(frozen)) => vec![of_freeze(&frozen)],
            Ok(AccountEvent::TransferDebited(debit)) => vec![free_of_charge("TransferDebited", debit.fee, &debit)],
            Ok(AccountEvent::TransferDebitReturned(back)) => {
                vec![free_of_charge("TransferDebitReturned", back.fee, &back)]
            }
            Ok(AccountEvent::TransferCredited(credit)) => vec![of_credit(credit)],
            _ => Vec::new(),
        },
        "TransferRequested" | "TransferValidated" | "TransferParked" => {
            match TransferEvent::decode(event_type, payload) {
                Ok(TransferEvent::TransferRequested(requested)) => vec![of_request(requested)],
                Ok(TransferEvent::TransferValidated(validated)) => vec![of_check(&validated)],
                Ok(TransferEvent::TransferParked(parked)) => {
                    vec![free_of_charge("TransferParked", parked.fee, &parked)]
                }
                _ => Vec::new(),
            }
        }
        "CustomerRegistered"
        | "IdentificationSubmitted"
        | "ContactDetailsChanged"
        | "OnboardingApproved"
        | "OnboardingRejected" => match CustomerEvent::decode(event_type, payload) {
            Ok(CustomerEvent::CustomerRegistered(registered)) => of_registration(&registered),
            Ok(CustomerEvent::IdentificationSubmitted(submitted)) => vec![of_identification(&submitted)],
            Ok(CustomerEvent::ContactDetailsChanged(changed)) => vec![of_contact(&changed)],
            Ok(CustomerEvent::OnboardingApproved(approved)) => {
                vec![of_approval(approved, recorded_at.date_naive())]
            }
            Ok(CustomerEvent::OnboardingRejected(rejected)) => vec![of_refusal(rejected, recorded_at.date_naive())],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    forms.into_iter().flatten().collect()
}

/// Version 1 knew cash that counts on the day it is recorded, and nothing else.
fn of_deposit(deposit: &MoneyDeposited, day: NaiveDate) -> Option<OlderForm> {
    let cash = Postings::simple(GlAccount::VaultCash, deposit.account_id.clone(), deposit.amount);
    if (deposit.booking_date, deposit.value_date) != (day, day) || deposit.postings != cash || deposit.text.is_empty() {
        return None;
    }
    let old = MoneyDepositedV1 {
        account: deposit.account_id.clone(),
        amount: decimal(deposit.amount.money()),
        currency: deposit.amount.currency(),
        note: Some(deposit.text.clone()),
    };
    OlderForm::of("MoneyDeposited", 1, &old)
}

fn decimal(money: Money) -> String {
    money.grouped().replace(',', "")
}

fn of_hold(hold: &HoldPlaced, recorded_at: DateTime<Utc>) -> Vec<Option<OlderForm>> {
    let Some(merchant) = hold.purpose.strip_prefix(CARD_PAYMENT).map(str::to_owned) else { return Vec::new() };
    let (account, reservation, amount) = (hold.account_id.clone(), hold.hold_id.clone(), hold.amount);
    let third = FundsReservedV3 { account, reservation, amount, expires_at: hold.expires_at, merchant };
    let mut forms = vec![OlderForm::of("FundsReserved", 3, &third)];
    let days = (hold.expires_at - recorded_at).num_days();
    let whole = recorded_at + chrono::TimeDelta::days(days) == hold.expires_at && (1..=MOST_VALID_DAYS).contains(&days);
    if let (true, Ok(valid_days)) = (whole, u32::try_from(days)) {
        let FundsReservedV3 { account, reservation, amount, merchant, .. } = third;
        let second = FundsReservedV2 { account, reservation, amount, valid_days, merchant };
        forms.insert(0, OlderForm::of("FundsReserved", 2, &second));
        let FundsReservedV2 { account, reservation, merchant, .. } = second;
        let (currency, amount) = (amount.currency(), decimal(amount.money()));
        let first = FundsReservedV1 { account, reservation, amount, currency, valid_days, merchant };
        forms.insert(0, OlderForm::of("FundsReserved", 1, &first));
    }
    forms
}

fn of_freeze(frozen: &AccountFrozen) -> Option<OlderForm> {
    let old = AccountBlockedV1 { account: frozen.account_id.clone(), reason: frozen.reason.clone() };
    OlderForm::of("AccountBlocked", 1, &old).filter(|_| frozen.case_id.as_str() == ONLY_BLOCK)
}

/// What is sealed has no older form. A single name field does not tell given names from family names, so only what is told
/// apart on reading had that one; it did not say who registered.
fn of_registration(registered: &CustomerRegistered) -> Vec<Option<OlderForm>> {
    let Some((given_name, family_name)) = clear(&registered.given_name).zip(clear(&registered.family_name)) else {
        return Vec::new();
    };
    let (Ok(birth_date), Ok(email)) = (date(registered.birth_date.as_ref()), clear_if_any(registered.email.as_ref()))
    else {
        return Vec::new();
    };
    let (customer_id, registered_by) = (registered.customer_id.clone(), registered.registered_by.clone());
    let name = format!("{given_name} {family_name}").trim().to_owned();
    let told_apart = super::split_name(&name) == (given_name.clone(), family_name.clone());
    let first = CustomerRegisteredV1 { customer_id: customer_id.clone(), name, birth_date, email: email.clone() };
    let second = CustomerRegisteredV2 { customer_id, given_name, family_name, birth_date, email, registered_by };
    vec![
        OlderForm::of("CustomerRegistered", 1, &first).filter(|_| told_apart),
        OlderForm::of("CustomerRegistered", 2, &second),
    ]
}

fn of_identification(submitted: &IdentificationSubmitted) -> Option<OlderForm> {
    let old = IdentificationSubmittedV1 {
        customer_id: submitted.customer_id.clone(),
        document: submitted.document,
        document_number: clear(&submitted.document_number)?,
        valid_until: submitted.valid_until,
        submitted_by: submitted.submitted_by.clone(),
    };
    OlderForm::of("IdentificationSubmitted", 1, &old)
}

fn of_contact(changed: &ContactDetailsChanged) -> Option<OlderForm> {
    let old = ContactDetailsChangedV1 {
        customer_id: changed.customer_id.clone(),
        email: clear_if_any(changed.email.as_ref()).ok()?,
        phone: clear_if_any(changed.phone.as_ref()).ok()?,
        address: clear_if_any(changed.address.as_ref()).ok()?,
    };
    OlderForm::of("ContactDetailsChanged", 1, &old)
}

fn clear(personal: &Personal) -> Option<String> {
    personal.clear().map(str::to_owned)
}

/// Something sealed that an older form cannot say.
struct Unsayable;

fn clear_if_any(personal: Option<&Personal>) -> Result<Option<String>, Unsayable> {
    personal.map(|personal| clear(personal).ok_or(Unsayable)).transpose()
}

fn date(personal: Option<&Personal>) -> Result<Option<NaiveDate>, Unsayable> {
    let text = clear_if_any(personal)?;
    text.map(|text| text.parse().map_err(|_| Unsayable)).transpose()
}

/// Version 1 left the day to the record.
fn of_approval(approved: OnboardingApproved, day: NaiveDate) -> Option<OlderForm> {
    let OnboardingApproved { customer_id, approved_by, approved_on } = approved;
    let old = OnboardingApprovedV1 { customer_id, approved_by };
    OlderForm::of("OnboardingApproved", 1, &old).filter(|_| approved_on == day)
}

fn of_refusal(rejected: OnboardingRejected, day: NaiveDate) -> Option<OlderForm> {
    let OnboardingRejected { customer_id, reason, rejected_by, rejected_on } = rejected;
    let old = OnboardingRejectedV1 { customer_id, reason, rejected_by };
    OlderForm::of("OnboardingRejected", 1, &old).filter(|_| rejected_on == day)
}

/// Version 1 knew no fee; without one it has the shape of today.
fn free_of_charge(event_type: &'static str, fee: Option<Amount>, event: &impl Serialize) -> Option<OlderForm> {
    OlderForm::of(event_type, 1, event).filter(|_| fee.is_none())
}

/// Version 1 knew one currency.
fn of_credit(credit: TransferCredited) -> Option<OlderForm> {
    let one_currency = credit.from_transit == credit.amount;
    let old = TransferCreditedV1 {
        account_id: credit.account_id,
        transfer_id: credit.transfer_id,
        amount: credit.amount,
        entry_id: credit.entry_id,
        booking_date: credit.booking_date,
        value_date: credit.value_date,
        postings: credit.postings,
        text: credit.text,
    };
    OlderForm::of("TransferCredited", 1, &old).filter(|_| one_currency)
}

/// A plain transfer: it cost nothing, had one currency and was nobody's standing order.
fn is_plain(requested: &TransferRequested) -> bool {
    let TransferRequested { tariff, fee, quote_id, order, .. } = requested;
    tariff.is_none() && fee.is_none() && quote_id.is_none() && order.is_none()
}

/// Version 1 left it to the record who asked, so the record must say it.
fn of_request(requested: TransferRequested) -> Option<OlderForm> {
    let plain = is_plain(&requested);
    let TransferRequested { transfer_id, source, target, amount, reference, requested_on, deadline, .. } = requested;
    let old = TransferRequestedV1 { transfer_id, source, target, amount, reference, requested_on, deadline };
    OlderForm::of("TransferRequested", 1, &old).filter(|_| plain)
}

/// Version 1 knew one currency; for that it has the shape of today.
fn of_check(validated: &TransferValidated) -> Option<OlderForm> {
    OlderForm::of("TransferValidated", 1, validated).filter(|_| validated.exchange.is_none())
}

/// Request and check in one event, as long as both were recorded at this time.
#[must_use]
pub fn accepted(
    requested: &TransferRequested,
    validated: &TransferValidated,
    recorded_at: DateTime<Utc>,
) -> Option<OlderForm> {
    let old = TransferAcceptedV1 {
        transfer_id: requested.transfer_id.clone(),
        from: requested.source.clone(),
        to: requested.target.clone(),
        amount: requested.amount,
        reference: requested.reference.clone(),
        accepted_on: requested.requested_on,
    };
    let same = requested.transfer_id == validated.transfer_id && requested.deadline == recorded_at + TIME_TO_DEBIT;
    let plain = is_plain(requested) && validated.exchange.is_none();
    OlderForm::of("TransferAccepted", 1, &old).filter(|_| same && plain)
}

/// The case that a freeze of that time is read as.
#[must_use]
pub fn only_block() -> Option<CaseId> {
    CaseId::new(ONLY_BLOCK).ok()
}

/// What the printer wrote into the account's stream.
#[must_use]
pub fn statement_printed(account: &AccountId, month: &str, sheets: u32) -> Option<OlderForm> {
    let (account, month) = (account.clone(), month.to_owned());
    OlderForm::of("StatementPrinted", 1, &StatementPrintedV1 { account, month, sheets })
}
