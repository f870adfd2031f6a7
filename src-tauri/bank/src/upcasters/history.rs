//! Payloads as they were written by earlier versions. Never used for new decisions: only to read old events, and to write
//! demo data as it would have been written at the time.

use chrono::{DateTime, NaiveDate, Utc};

use crate::customer::DocumentKind;
use crate::declare::payloads;
use crate::ids::{AccountId, CustomerId, EntryId, HoldId, TransferId};
use crate::money::{Amount, Currency};
use crate::posting::Postings;

payloads! {
    /// `MoneyDeposited` v1: a decimal text instead of minor units, no postings, no dates.
    MoneyDepositedV1 {
        /// The account.
        account: AccountId,
        /// How much, as decimal text such as `100.50`.
        amount: String,
        /// Its currency.
        currency: Currency,
        /// Words of the teller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    /// `CustomerRegistered` v1: one name.
    CustomerRegisteredV1 {
        /// The customer.
        customer_id: CustomerId,
        /// The whole name.
        name: String,
        /// Birth date, if it was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<NaiveDate>,
        /// E-mail address, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
    }

    /// `CustomerRegistered` v2: two names; nothing sealed.
    CustomerRegisteredV2 {
        /// The customer.
        customer_id: CustomerId,
        /// Given name or names; empty for people who have a single name.
        given_name: String,
        /// Family name, or the single name.
        family_name: String,
        /// Birth date, if it was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<NaiveDate>,
        /// E-mail address, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// Who entered it; older records do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registered_by: Option<String>,
    }

    /// `IdentificationSubmitted` v1: nothing sealed.
    IdentificationSubmittedV1 {
        /// The customer.
        customer_id: CustomerId,
        /// What kind of document.
        document: DocumentKind,
        /// Its number.
        document_number: String,
        /// Until when it is valid.
        valid_until: NaiveDate,
        /// Who entered it.
        submitted_by: String,
    }

    /// `ContactDetailsChanged` v1: nothing sealed. Fields that are absent did not change.
    ContactDetailsChangedV1 {
        /// The customer.
        customer_id: CustomerId,
        /// E-mail address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// Telephone number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<String>,
        /// Postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    }

    /// `OnboardingApproved` v1: no day.
    OnboardingApprovedV1 {
        /// The customer.
        customer_id: CustomerId,
        /// Who approved.
        approved_by: String,
    }

    /// `OnboardingRejected` v1: no day.
    OnboardingRejectedV1 {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
        /// Who decided.
        rejected_by: String,
    }

    /// `FundsReserved` v1, of the card system: a decimal text, and for how many days.
    FundsReservedV1 {
        /// The account.
        account: AccountId,
        /// The card system's number.
        reservation: HoldId,
        /// How much, as decimal text.
        amount: String,
        /// Its currency.
        currency: Currency,
        /// For how many days from the record on.
        valid_days: u32,
        /// Where the card was used.
        merchant: String,
    }

    /// `FundsReserved` v2: minor units.
    FundsReservedV2 {
        /// The account.
        account: AccountId,
        /// The card system's number.
        reservation: HoldId,
        /// How much.
        amount: Amount,
        /// For how many days from the record on.
        valid_days: u32,
        /// Where the card was used.
        merchant: String,
    }

    /// `FundsReserved` v3: a time of expiry. Later one type took over for cards and transfers: `HoldPlaced`.
    FundsReservedV3 {
        /// The account.
        account: AccountId,
        /// The card system's number.
        reservation: HoldId,
        /// How much.
        amount: Amount,
        /// From when on it can no longer be captured.
        expires_at: DateTime<Utc>,
        /// Where the card was used.
        merchant: String,
    }

    /// `TransferAccepted` v1: the order was checked while the customer waited, and refused ones left no trace. Two events
    /// took its place: one for the request, one for the check.
    TransferAcceptedV1 {
        /// The transfer.
        transfer_id: TransferId,
        /// Account that pays.
        from: AccountId,
        /// Account that receives.
        to: AccountId,
        /// How much.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// The bank's day.
        accepted_on: NaiveDate,
    }

    /// `AccountBlocked` v1: an account was blocked or it was not; cases came later.
    AccountBlockedV1 {
        /// The account.
        account: AccountId,
        /// Why.
        reason: String,
    }

    /// `StatementPrinted` v1: the printer's log, in the account's stream.
    StatementPrintedV1 {
        /// The account.
        account: AccountId,
        /// The month, for example `2025-01`.
        month: String,
        /// How many sheets.
        sheets: u32,
    }

    /// `TransferRequested` v1: who asked stood in the record alone; there were no fees, no rates and no orders.
    TransferRequestedV1 {
        /// The transfer.
        transfer_id: TransferId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// The bank's day of the request.
        requested_on: NaiveDate,
        /// The source must be debited by then, or the transfer fails.
        deadline: DateTime<Utc>,
    }

    /// `TransferCredited` v1: what arrived is what left transit.
    TransferCreditedV1 {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much.
        amount: Amount,
        /// Id of the journal entry.
        entry_id: EntryId,
        /// The bank's day on which it was booked.
        booking_date: NaiveDate,
        /// The day from which it counts for interest.
        value_date: NaiveDate,
        /// The balanced legs.
        postings: Postings,
        /// What it was, in words for a statement.
        text: String,
    }
}
