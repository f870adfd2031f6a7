//! Why a customer's case refuses.

use chrono::NaiveDate;

use super::events::ScreeningOutcome;
use super::state::CustomerStatus;
use crate::declare::rejections;
use crate::ids::CustomerId;

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
    }
}
