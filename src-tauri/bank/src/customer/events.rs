//! What can happen to a customer.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::declare::{event_set, payloads};
use crate::ids::{AccountId, CaseId, CustomerId};
use crate::personal::Personal;

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

/// A piece of personal data, named as in the events that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum PersonalField {
    /// Given name or names.
    GivenName,
    /// Family name.
    FamilyName,
    /// Birth date.
    BirthDate,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Postal address.
    Address,
    /// Number of the newest document.
    DocumentNumber,
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

impl RiskRating {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl std::fmt::Display for RiskRating {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

payloads! {
    /// A person asked to become a customer.
    CustomerRegistered {
        /// The customer.
        customer_id: CustomerId,
        /// Given name or names; empty for people who have a single name.
        given_name: Personal,
        /// Family name, or the single name.
        family_name: Personal,
        /// Birth date; older records do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<Personal>,
        /// E-mail address, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Personal>,
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
        document_number: Personal,
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
        /// The bank's day.
        approved_on: NaiveDate,
    }

    /// The customer was not accepted.
    OnboardingRejected {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
        /// Who decided.
        rejected_by: String,
        /// The bank's day.
        rejected_on: NaiveDate,
    }

    /// How to reach the customer changed. Fields that are absent did not change.
    ContactDetailsChanged {
        /// The customer.
        customer_id: CustomerId,
        /// E-mail address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Personal>,
        /// Telephone number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<Personal>,
        /// Postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Personal>,
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

    /// The customer has died. The relation rests until the estate is settled.
    CustomerDeceased {
        /// The customer.
        customer_id: CustomerId,
        /// Day of the death.
        died_on: NaiveDate,
        /// What proves it.
        evidence: String,
        /// Who recorded it.
        recorded_by: String,
    }

    /// An account was opened for the customer.
    AccountLinked {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
    }

    /// One of the customer's accounts was closed.
    AccountUnlinked {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
    }

    /// An account was frozen because the relation rests.
    AccountFreezeRecorded {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case that it is frozen for.
        case_id: CaseId,
    }

    /// An account could not be frozen although the relation rests.
    AccountFreezeRefused {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case that it was to be frozen for.
        case_id: CaseId,
        /// Which of the account's rules refused.
        code: String,
        /// What it said.
        message: String,
    }

    /// The freeze of an account was lifted because the relation goes on.
    AccountFreezeLifted {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case that it was frozen for.
        case_id: CaseId,
    }

    /// The freeze of an account was not there any more, or the account is closed: there was nothing to lift.
    AccountFreezeGone {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case that it was frozen for.
        case_id: CaseId,
        /// Which of the account's rules refused.
        code: String,
        /// What it said.
        message: String,
    }

    /// What the bank knows of the customer is to be reviewed.
    KycReviewDue {
        /// The customer.
        customer_id: CustomerId,
        /// The day from which the review is due.
        due_on: NaiveDate,
        /// The day from which the customer is restricted if the review is not done.
        grace_until: NaiveDate,
    }

    /// No new business, because a due review was not done in time. Only a review ends this.
    CustomerRestrictedForReview {
        /// The customer.
        customer_id: CustomerId,
        /// The day from which the review was due.
        due_on: NaiveDate,
        /// Why, in words.
        reason: String,
    }

    /// A review of a customer of high risk waits for a second person.
    KycReviewSubmitted {
        /// The customer.
        customer_id: CustomerId,
        /// What was looked at, and what was found.
        findings: String,
        /// Who reviewed.
        reviewed_by: String,
    }

    /// What the bank knows of the customer was reviewed. The next review is counted from here.
    KycReviewCompleted {
        /// The customer.
        customer_id: CustomerId,
        /// The rating that the review confirmed.
        rating: RiskRating,
        /// What was looked at, and what was found.
        findings: String,
        /// Who reviewed.
        reviewed_by: String,
        /// Who approved it, where that was needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved_by: Option<String>,
        /// The bank's day.
        reviewed_on: NaiveDate,
    }

    /// The customer wants the personal data erased. Law says how long the bank must keep them.
    ErasureRequested {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
        /// The bank's day.
        requested_on: NaiveDate,
        /// The last day on which the data must be kept.
        retained_until: NaiveDate,
    }

    /// The customer does not want the personal data erased any more.
    ErasureRequestWithdrawn {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
    }

    /// Somebody saw personal data of the customer.
    PersonalDataRevealed {
        /// The customer.
        customer_id: CustomerId,
        /// Which.
        fields: Vec<PersonalField>,
        /// Why.
        reason: String,
        /// Who.
        revealed_to: String,
    }

    /// The personal data are gone.
    PersonalDataErased {
        /// The customer.
        customer_id: CustomerId,
        /// The bank's day.
        erased_on: NaiveDate,
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
        CustomerRegistered 3 "Customer registered" "A person asked to become a customer.",
        IdentificationSubmitted 2 "Identification submitted" "A document that proves the identity was submitted.",
        ScreeningRecorded 1 "Screening recorded" "Lists of sanctions and exposed persons were searched.",
        RiskAssessed 1 "Risk assessed" "The money-laundering risk was rated.",
        OnboardingApproved 2 "Onboarding approved" "The customer was accepted by a second person.",
        OnboardingRejected 2 "Onboarding rejected" "The customer was not accepted.",
        ContactDetailsChanged 2 "Contact details changed" "How to reach the customer changed.",
        CustomerRestricted 1 "Customer restricted" "The customer gets no new business for now.",
        CustomerRestrictionLifted 1 "Restriction lifted" "The customer can have new business again.",
        CustomerSuspended 1 "Customer suspended" "The relation rests.",
        CustomerReinstated 1 "Customer reinstated" "The relation goes on.",
        CustomerDeceased 1 "Customer deceased" "The customer has died; the relation rests.",
        AccountLinked 1 "Account linked" "An account was opened for the customer.",
        AccountUnlinked 1 "Account unlinked" "One of the customer's accounts was closed.",
        AccountFreezeRecorded 1 "Account freeze recorded" "An account was frozen because the relation rests.",
        AccountFreezeRefused 1 "Account freeze refused" "An account could not be frozen although the relation rests.",
        AccountFreezeLifted 1 "Account freeze lifted" "An account's freeze was lifted because the relation goes on.",
        AccountFreezeGone 1 "Account freeze gone" "There was no freeze left to lift on an account.",
        KycReviewDue 1 "Review due" "What the bank knows of the customer is to be reviewed.",
        CustomerRestrictedForReview 1 "Restricted for review" "A due review was not done in time.",
        KycReviewSubmitted 1 "Review submitted" "A review waits for a second person.",
        KycReviewCompleted 1 "Review completed" "What the bank knows of the customer was reviewed.",
        ErasureRequested 1 "Erasure requested" "The customer wants the personal data erased.",
        ErasureRequestWithdrawn 1 "Erasure request withdrawn" "The personal data shall be kept after all.",
        PersonalDataRevealed 1 "Personal data revealed" "Somebody saw personal data of the customer.",
        PersonalDataErased 1 "Personal data erased" "The personal data are gone.",
        CustomerClosed 1 "Customer closed" "The relation ended.",
    }
}
