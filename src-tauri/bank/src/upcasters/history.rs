//! Payloads as they were written by earlier versions. Never used for new decisions: only to read old events, and to write
//! demo data as it would have been written at the time.

use chrono::NaiveDate;

use crate::declare::payloads;
use crate::ids::{AccountId, CustomerId};
use crate::money::Currency;

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
}
