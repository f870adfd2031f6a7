//! Why a customer's case refuses.

use chrono::{DateTime, NaiveDate, Utc};

use super::events::ScreeningOutcome;
use super::state::CustomerStatus;
use crate::declare::rejections;
use crate::ids::{AccountId, CustomerId};

rejections! {
    /// A rule of customers that refuses.
    pub enum CustomerRejection {
        CustomerNotFound "customer_not_found" "There is no customer {customer_id}." { customer_id: CustomerId }
        CustomerExists "customer_exists"
            "Customer {customer_id} exists already; choose another number." { customer_id: CustomerId }
        WrongStatus "wrong_status"
            "Customer {customer_id} is {status}; this needs a customer who is {needed}."
            { customer_id: CustomerId, status: CustomerStatus, needed: &'static str }
        CustomerClosed "customer_closed"
            "The relation with customer {customer_id} has ended." { customer_id: CustomerId }
        CustomerRejected "customer_rejected"
            "Customer {customer_id} was not accepted." { customer_id: CustomerId }
        BirthDateInTheFuture "birth_date_in_the_future"
            "The birth date {birth_date} is after today, {today}." { birth_date: NaiveDate, today: NaiveDate }
        DocumentExpired "document_expired"
            "The document was valid until {valid_until}; today is {today}."
            { valid_until: NaiveDate, today: NaiveDate }
        IdentificationMissing "identification_missing"
            "Customer {customer_id} has submitted no document." { customer_id: CustomerId }
        ScreeningMissing "screening_missing"
            "Customer {customer_id} has not been screened." { customer_id: CustomerId }
        ScreeningNotClear "screening_not_clear"
            "The newest screening of customer {customer_id} is: {outcome}."
            { customer_id: CustomerId, outcome: ScreeningOutcome }
        RiskNotAssessed "risk_not_assessed"
            "The risk of customer {customer_id} has not been rated." { customer_id: CustomerId }
        SamePerson "same_person"
            "{actor} prepared the case of customer {customer_id} and cannot approve it; a second person must."
            { actor: String, customer_id: CustomerId }
        TooManyPreparers "too_many_preparers"
            "{most} people have prepared the case of customer {customer_id}; reject it and begin anew."
            { most: usize, customer_id: CustomerId }
        RestrictedForReview "restricted_for_review"
            "Customer {customer_id} is restricted because the review due on {due_on} was not done; only a review ends that."
            { customer_id: CustomerId, due_on: NaiveDate }
        DeathInTheFuture "death_in_the_future"
            "The day of death {died_on} is after today, {today}." { died_on: NaiveDate, today: NaiveDate }
        FreezesNotSettled "freezes_not_settled"
            "Account {account_id} of customer {customer_id} still has {count} freezes of earlier suspensions to be settled; the process customer_accounts must catch up first."
            { account_id: AccountId, customer_id: CustomerId, count: usize }
        AccountsOpen "accounts_open"
            "Customer {customer_id} has {count} open accounts, for example {account_id}; close them first."
            { customer_id: CustomerId, count: usize, account_id: AccountId }
        AccountNotFound "account_not_found" "There is no account {account_id}." { account_id: AccountId }
        NotTheHolder "not_the_holder"
            "Account {account_id} belongs to customer {holder}, not to {customer_id}."
            { account_id: AccountId, holder: CustomerId, customer_id: CustomerId }
        AccountStillOpen "account_still_open" "Account {account_id} is not closed." { account_id: AccountId }
        TooManyAccounts "too_many_accounts"
            "Customer {customer_id} has {most} open accounts, which is the most possible."
            { customer_id: CustomerId, most: usize }
        ReviewNotDue "review_not_due"
            "The next review of customer {customer_id} is due on {due_on}; it is {now}."
            { customer_id: CustomerId, due_on: NaiveDate, now: DateTime<Utc> }
        ReviewNotOverdue "review_not_overdue"
            "Customer {customer_id} has until {grace_until} for the due review; it is {now}."
            { customer_id: CustomerId, grace_until: NaiveDate, now: DateTime<Utc> }
        NoReviewDue "no_review_due" "No review of customer {customer_id} is due." { customer_id: CustomerId }
        NoReviewSubmitted "no_review_submitted"
            "No review of customer {customer_id} waits for an approval." { customer_id: CustomerId }
        ReviewedBySamePerson "reviewed_by_same_person"
            "{actor} reviewed customer {customer_id} and cannot approve that; a second person must."
            { actor: String, customer_id: CustomerId }
        RelationNotEnded "relation_not_ended"
            "Customer {customer_id} is {status}; personal data can be erased only after the end of the relation."
            { customer_id: CustomerId, status: CustomerStatus }
        ErasureRequestedBefore "erasure_requested_before"
            "The erasure for customer {customer_id} was requested on {requested_on}; the law keeps the data until {retained_until}."
            { customer_id: CustomerId, requested_on: NaiveDate, retained_until: NaiveDate }
        NoErasureRequested "no_erasure_requested"
            "Nobody has requested an erasure for customer {customer_id}." { customer_id: CustomerId }
        RetentionNotOver "retention_not_over"
            "The law keeps the data of customer {customer_id} until {retained_until}; it is {now}."
            { customer_id: CustomerId, retained_until: NaiveDate, now: DateTime<Utc> }
        DataErased "data_erased"
            "The personal data of customer {customer_id} were erased on {erased_on}."
            { customer_id: CustomerId, erased_on: NaiveDate }
    }
}
