//! What can happen to a customer.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::declare::{event_set, payloads};
use crate::ids::CustomerId;

/// A document that proves who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum DocumentKind {
    /// Passport.
    Passport,
    /// National identity card.
    IdentityCard,
    /// Residence permit.
    ResidencePermit,
}

/// What a search in sanctions and similar lists gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum ScreeningOutcome {
    /// Not found in any list.
    Clear,
    /// Somebody similar was found; a person must look.
    PossibleMatch,
    /// Found.
    ConfirmedMatch,
}

impl std::fmt::Display for ScreeningOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ScreeningOutcome {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::PossibleMatch => "possible match",
            Self::ConfirmedMatch => "confirmed match",
        }
    }
}

/// How risky a customer is, for money laundering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum RiskRating {
    /// Nothing unusual.
    Low,
    /// Some reason to look more often.
    Medium,
    /// Enhanced due diligence.
    High,
}

payloads! {
    /// A person asked to become a customer.
    CustomerRegistered {
        /// The customer.
        customer_id: CustomerId,
        /// Given name or names; empty for people who have a single name.
        given_name: String,
        /// Family name, or the single name.
        family_name: String,
        /// Birth date; older records do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<NaiveDate>,
        /// E-mail address, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// Who entered it; older records do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registered_by: Option<String>,
    }

    /// A document was submitted.
    IdentificationSubmitted {
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

    /// Lists of sanctions and politically exposed persons were searched.
    ScreeningRecorded {
        /// The customer.
        customer_id: CustomerId,
        /// What was found.
        outcome: ScreeningOutcome,
        /// Which lists, and what was decided about matches.
        note: String,
        /// Who recorded it.
        recorded_by: String,
    }

    /// The risk was rated.
    RiskAssessed {
        /// The customer.
        customer_id: CustomerId,
        /// The rating.
        rating: RiskRating,
        /// Why.
        rationale: String,
        /// Who rated.
        assessed_by: String,
    }

    /// The customer was accepted by a second person.
    OnboardingApproved {
        /// The customer.
        customer_id: CustomerId,
        /// Who approved.
        approved_by: String,
    }

    /// The customer was not accepted.
    OnboardingRejected {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
        /// Who decided.
        rejected_by: String,
    }

    /// How to reach the customer changed. Fields that are absent did not change.
    ContactDetailsChanged {
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

    /// No new business for now.
    CustomerRestricted {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
    }

    /// New business again.
    CustomerRestrictionLifted {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
    }

    /// The relation rests.
    CustomerSuspended {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
    }

    /// The relation goes on, as restricted as it was before.
    CustomerReinstated {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
    }

    /// The relation ended.
    CustomerClosed {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
        /// The bank's day.
        closed_on: NaiveDate,
    }
}

event_set! {
    /// An event of a customer.
    pub enum CustomerEvent in "customer" {
        CustomerRegistered 2 "Customer registered" "A person asked to become a customer.",
        IdentificationSubmitted 1 "Identification submitted" "A document that proves the identity was submitted.",
        ScreeningRecorded 1 "Screening recorded" "Lists of sanctions and exposed persons were searched.",
        RiskAssessed 1 "Risk assessed" "The money-laundering risk was rated.",
        OnboardingApproved 1 "Onboarding approved" "The customer was accepted by a second person.",
        OnboardingRejected 1 "Onboarding rejected" "The customer was not accepted.",
        ContactDetailsChanged 1 "Contact details changed" "How to reach the customer changed.",
        CustomerRestricted 1 "Customer restricted" "The customer gets no new business for now.",
        CustomerRestrictionLifted 1 "Restriction lifted" "The customer can have new business again.",
        CustomerSuspended 1 "Customer suspended" "The relation rests.",
        CustomerReinstated 1 "Customer reinstated" "The relation goes on.",
        CustomerClosed 1 "Customer closed" "The relation ended.",
    }
}
