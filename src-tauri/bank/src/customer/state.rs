//! What a customer is.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::events::{CustomerEvent, CustomerRegistered, DocumentKind, RiskRating, ScreeningOutcome};
use crate::ids::CustomerId;

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
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Birth date, if known.
    pub birth_date: Option<NaiveDate>,
    /// E-mail address, if known.
    pub email: Option<String>,
    /// Telephone number, if known.
    pub phone: Option<String>,
    /// Postal address, if known.
    pub address: Option<String>,
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
    /// Why restricted, as long as it is; kept through a suspension.
    pub restriction: Option<String>,
    /// The bank's day of the end.
    pub closed_on: Option<NaiveDate>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identification {
    /// Kind.
    pub document: DocumentKind,
    /// Number.
    pub document_number: String,
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
            Self::Closed => "closed",
            Self::Rejected => "rejected",
        }
    }

    /// Whether the customer may have new business.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Whether nothing can follow.
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
            birth_date: event.birth_date,
            email: event.email.clone(),
            phone: None,
            address: None,
            identification: None,
            screening: None,
            risk: None,
            prepared_by: event.registered_by.iter().cloned().collect(),
            approved_by: None,
            restriction: None,
            closed_on: None,
        }
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
                self.prepared(&e.assessed_by);
            }
            E::OnboardingApproved(e) => {
                self.approved_by = Some(e.approved_by.clone());
                self.status = CustomerStatus::Active;
            }
            E::OnboardingRejected(_) => self.status = CustomerStatus::Rejected,
            E::ContactDetailsChanged(e) => {
                let changes =
                    [(&mut self.email, &e.email), (&mut self.phone, &e.phone), (&mut self.address, &e.address)];
                for (known, new) in changes {
                    if new.is_some() {
                        known.clone_from(new);
                    }
                }
            }
            E::CustomerRestricted(e) => {
                self.restriction = Some(e.reason.clone());
                self.status = CustomerStatus::Restricted;
            }
            E::CustomerRestrictionLifted(_) => {
                self.restriction = None;
                self.status = CustomerStatus::Active;
            }
            E::CustomerSuspended(_) => self.status = CustomerStatus::Suspended,
            E::CustomerReinstated(_) => {
                let restricted = self.restriction.is_some();
                self.status = if restricted { CustomerStatus::Restricted } else { CustomerStatus::Active };
            }
            E::CustomerClosed(e) => {
                self.closed_on = Some(e.closed_on);
                self.status = CustomerStatus::Closed;
            }
        }
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
