//! What a customer is.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::accounts::LinkedAccounts;
use super::events::{CustomerEvent, CustomerRegistered, DocumentKind, RiskRating, ScreeningOutcome};
use super::review::Review;
use crate::ids::CustomerId;
use crate::personal::Personal;

/// Most names kept of people who prepared a case.
pub const MAX_PREPARERS: usize = 32;

/// A customer through the relation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "registered", rename_all = "camelCase")]
pub enum CustomerState {
    /// Nothing has happened.
    #[default]
    No,
    /// Known to the bank.
    Yes(Box<Customer>),
}

impl CustomerState {
    /// The customer, if registered.
    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Self::No => None,
            Self::Yes(customer) => Some(customer),
        }
    }
}

/// A registered customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Number.
    pub customer_id: CustomerId,
    /// Where the relation stands.
    pub status: CustomerStatus,
    /// Given name.
    pub given_name: Personal,
    /// Family name.
    pub family_name: Personal,
    /// Birth date, if known.
    pub birth_date: Option<Personal>,
    /// E-mail address, if known.
    pub email: Option<Personal>,
    /// Telephone number, if known.
    pub phone: Option<Personal>,
    /// Postal address, if known.
    pub address: Option<Personal>,
    /// The newest document.
    pub identification: Option<Identification>,
    /// The newest screening.
    pub screening: Option<ScreeningOutcome>,
    /// The newest rating.
    pub risk: Option<RiskRating>,
    /// Who prepared the case, and so cannot approve it.
    pub prepared_by: BTreeSet<String>,
    /// Who approved.
    pub approved_by: Option<String>,
    /// Why restricted by people, as long as it is; kept through a suspension.
    pub restriction: Option<String>,
    /// The periodic review, and the restriction that it can lead to.
    pub review: Review,
    /// The open accounts, and what suspensions have done to them.
    pub accounts: LinkedAccounts,
    /// Day of the death.
    pub died_on: Option<NaiveDate>,
    /// The bank's day of the refusal.
    pub rejected_on: Option<NaiveDate>,
    /// The bank's day of the end.
    pub closed_on: Option<NaiveDate>,
    /// The request for erasure, as long as it stands.
    pub erasure: Option<ErasureRequest>,
    /// The bank's day on which the personal data were erased.
    pub erased_on: Option<NaiveDate>,
}

/// A request for erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureRequest {
    /// The bank's day of the request.
    pub requested_on: NaiveDate,
    /// The last day on which the data must be kept.
    pub retained_until: NaiveDate,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identification {
    /// Kind.
    pub document: DocumentKind,
    /// Number.
    pub document_number: Personal,
    /// Until when it is valid.
    pub valid_until: NaiveDate,
}

/// Where the relation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomerStatus {
    /// Registered; nothing proven.
    Prospect,
    /// A document is there; checks go on.
    PendingVerification,
    /// Accepted.
    Active,
    /// Accepted, but no new business.
    Restricted,
    /// The relation rests.
    Suspended,
    /// The customer has died; the relation rests until the estate is settled.
    Deceased,
    /// The relation ended.
    Closed,
    /// Never accepted.
    Rejected,
}

impl CustomerStatus {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prospect => "a prospect",
            Self::PendingVerification => "pending verification",
            Self::Active => "active",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
            Self::Deceased => "deceased",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
        }
    }

    /// Whether the customer may have new business.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Whether the customer was accepted and the relation goes on, however restricted.
    #[must_use]
    pub const fn is_in_relation(self) -> bool {
        matches!(self, Self::Active | Self::Restricted | Self::Suspended)
    }

    /// Whether the relation has ended or never began.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Rejected)
    }
}

impl fmt::Display for CustomerStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Customer {
    fn registered(event: &CustomerRegistered) -> Self {
        Self {
            customer_id: event.customer_id.clone(),
            status: CustomerStatus::Prospect,
            given_name: event.given_name.clone(),
            family_name: event.family_name.clone(),
            birth_date: event.birth_date.clone(),
            email: event.email.clone(),
            phone: None,
            address: None,
            identification: None,
            screening: None,
            risk: None,
            prepared_by: event.registered_by.iter().cloned().collect(),
            approved_by: None,
            restriction: None,
            review: Review::default(),
            accounts: LinkedAccounts::default(),
            died_on: None,
            rejected_on: None,
            closed_on: None,
            erasure: None,
            erased_on: None,
        }
    }

    /// The day on which the next review becomes due; nothing if there will be none.
    #[must_use]
    pub fn review_due_on(&self) -> Option<NaiveDate> {
        self.review.due_on(self.risk).filter(|_| self.status.is_in_relation())
    }

    fn apply(&mut self, event: &CustomerEvent) {
        use CustomerEvent as E;
        match event {
            E::CustomerRegistered(_) => {}
            E::IdentificationSubmitted(e) => {
                let (document, document_number) = (e.document, e.document_number.clone());
                self.identification = Some(Identification { document, document_number, valid_until: e.valid_until });
                if self.status == CustomerStatus::Prospect {
                    self.status = CustomerStatus::PendingVerification;
                }
                self.prepared(&e.submitted_by);
            }
            E::ScreeningRecorded(e) => {
                self.screening = Some(e.outcome);
                self.prepared(&e.recorded_by);
            }
            E::RiskAssessed(e) => {
                self.risk = Some(e.rating);
                self.review.rated(e.rating);
                self.prepared(&e.assessed_by);
            }
            E::OnboardingApproved(e) => {
                self.approved_by = Some(e.approved_by.clone());
                self.review.begin(e.approved_on);
                self.status = CustomerStatus::Active;
            }
            E::OnboardingRejected(e) => {
                self.rejected_on = Some(e.rejected_on);
                self.status = CustomerStatus::Rejected;
            }
            E::ContactDetailsChanged(e) => {
                let changes =
                    [(&mut self.email, &e.email), (&mut self.phone, &e.phone), (&mut self.address, &e.address)];
                for (known, new) in changes {
                    if new.is_some() {
                        known.clone_from(new);
                    }
                }
            }
            E::CustomerRestricted(e) => self.restriction = Some(e.reason.clone()),
            E::CustomerRestrictionLifted(_) => self.restriction = None,
            E::CustomerSuspended(_) => self.accounts.suspended(&self.customer_id),
            E::CustomerReinstated(_) => self.accounts.reinstated(),
            E::CustomerDeceased(e) => {
                self.died_on = Some(e.died_on);
                self.accounts.suspended(&self.customer_id);
            }
            E::AccountLinked(e) => self.accounts.linked(&e.account_id),
            E::AccountUnlinked(e) => self.accounts.unlinked(&e.account_id),
            E::AccountFreezeRecorded(e) => self.accounts.frozen(&e.account_id, &e.case_id),
            E::AccountFreezeRefused(e) => self.accounts.refused(&e.account_id, &e.case_id),
            E::AccountFreezeLifted(e) => self.accounts.lifted(&e.account_id, &e.case_id),
            E::AccountFreezeGone(e) => self.accounts.lifted(&e.account_id, &e.case_id),
            E::KycReviewDue(e) => self.review.became_due(e),
            E::CustomerRestrictedForReview(e) => self.review.restriction = Some(e.due_on),
            E::KycReviewSubmitted(e) => self.review.submitted(e),
            E::KycReviewCompleted(e) => self.review.completed(e),
            E::ErasureRequested(e) => {
                let (requested_on, retained_until) = (e.requested_on, e.retained_until);
                self.erasure = Some(ErasureRequest { requested_on, retained_until });
            }
            E::PersonalDataRevealed(_) => {}
            E::ErasureRequestWithdrawn(_) => self.erasure = None,
            E::PersonalDataErased(e) => self.erased(e.erased_on),
            E::CustomerClosed(e) => {
                self.closed_on = Some(e.closed_on);
                self.status = CustomerStatus::Closed;
            }
        }
        self.take_stand();
    }

    /// Where an accepted customer stands follows from what was recorded, the weightiest first.
    fn take_stand(&mut self) {
        if !self.status.is_in_relation() {
            return;
        }
        let restricted = self.restriction.is_some() || self.review.restriction.is_some();
        self.status = match (self.died_on, &self.accounts.suspension) {
            (Some(_), _) => CustomerStatus::Deceased,
            (None, Some(_)) => CustomerStatus::Suspended,
            (None, None) if restricted => CustomerStatus::Restricted,
            (None, None) => CustomerStatus::Active,
        };
    }

    fn erased(&mut self, erased_on: NaiveDate) {
        (self.given_name, self.family_name) = (Personal::default(), Personal::default());
        (self.birth_date, self.identification) = (None, None);
        (self.email, self.phone, self.address) = (None, None, None);
        (self.erasure, self.erased_on) = (None, Some(erased_on));
    }

    fn prepared(&mut self, by: &str) {
        if self.approved_by.is_none() && self.prepared_by.len() < MAX_PREPARERS {
            self.prepared_by.insert(by.to_owned());
        }
    }
}

/// Takes an event in. Total: what does not fit (an event before the registration) changes nothing.
pub(super) fn evolve(state: &mut CustomerState, event: &CustomerEvent) {
    match (&mut *state, event) {
        (CustomerState::No, CustomerEvent::CustomerRegistered(registered)) => {
            *state = CustomerState::Yes(Box::new(Customer::registered(registered)));
        }
        (CustomerState::No, _) => {}
        (CustomerState::Yes(customer), _) => customer.apply(event),
    }
}
