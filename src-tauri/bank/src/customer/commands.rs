//! What can be asked about a customer.

use chrono::NaiveDate;
use es_core::StreamName;

use super::events::{DocumentKind, RiskRating, ScreeningOutcome};
use crate::declare::{command_set, payloads};
use crate::ids::CustomerId;

payloads! {
    /// Registers a person who wants to become a customer.
    RegisterCustomer {
        /// Number of the new customer.
        customer_id: CustomerId,
        /// Given name or names.
        #[schemars(length(min = 1, max = 100))]
        given_name: String,
        /// Family name.
        #[schemars(length(min = 1, max = 100))]
        family_name: String,
        /// Birth date.
        birth_date: NaiveDate,
        /// E-mail address, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 254), email)]
        email: Option<String>,
    }

    /// Submits a document that proves who the customer is.
    SubmitIdentification {
        /// The customer.
        customer_id: CustomerId,
        /// What kind of document.
        document: DocumentKind,
        /// Its number.
        #[schemars(length(min = 1, max = 40))]
        document_number: String,
        /// Until when it is valid.
        valid_until: NaiveDate,
    }

    /// Records a search in sanctions and similar lists.
    RecordScreening {
        /// The customer.
        customer_id: CustomerId,
        /// What was found.
        outcome: ScreeningOutcome,
        /// Which lists, and what was decided about matches.
        #[schemars(length(min = 1, max = 500))]
        note: String,
    }

    /// Rates the risk.
    AssessRisk {
        /// The customer.
        customer_id: CustomerId,
        /// The rating.
        rating: RiskRating,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        rationale: String,
    }

    /// Accepts the customer, by somebody who did not prepare the case.
    ApproveOnboarding {
        /// The customer.
        customer_id: CustomerId,
    }

    /// Refuses the customer.
    RejectOnboarding {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Changes how to reach the customer. Fields that are left out stay as they are.
    ChangeContactDetails {
        /// The customer.
        customer_id: CustomerId,
        /// E-mail address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 254), email)]
        email: Option<String>,
        /// Telephone number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 3, max = 40))]
        phone: Option<String>,
        /// Postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 3, max = 200))]
        address: Option<String>,
    }

    /// No new business for now.
    RestrictCustomer {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// New business again.
    LiftRestriction {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Lets the relation rest.
    SuspendCustomer {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Lets the relation go on.
    ReinstateCustomer {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Ends the relation.
    CloseCustomer {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }
}

command_set! {
    /// A command about a customer.
    pub enum CustomerCommand in "customer", id customer_id, references references {
        RegisterCustomer by people "Register customer"
            "Registers a person who wants to become a customer." example {
                "customerId": "C-1001", "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10",
                "email": "ada@example.org"
            }
        SubmitIdentification by people "Submit identification"
            "Submits a document that proves who the customer is." example {
                "customerId": "C-1001", "document": "passport", "documentNumber": "P1234567",
                "validUntil": "2033-06-30"
            }
        RecordScreening by people "Record screening"
            "Records a search in lists of sanctions and politically exposed persons." example {
                "customerId": "C-1001", "outcome": "clear", "note": "EU, UN and OFAC lists"
            }
        AssessRisk by people "Assess risk"
            "Rates the money-laundering risk." example {
                "customerId": "C-1001", "rating": "low", "rationale": "Salaried, resident, known employer"
            }
        ApproveOnboarding by people "Approve onboarding"
            "Accepts the customer. The actor must not have registered, identified, screened or rated them." example {
                "customerId": "C-1001"
            }
        RejectOnboarding by people "Reject onboarding"
            "Refuses the customer, for good." example {
                "customerId": "C-1001", "reason": "The document could not be verified"
            }
        ChangeContactDetails by people "Change contact details"
            "Changes how to reach the customer. Fields that are left out stay as they are." example {
                "customerId": "C-1001", "email": "ada@example.org", "phone": "+44 20 7946 0001"
            }
        RestrictCustomer by people "Restrict customer"
            "The customer gets no new business for now." example {
                "customerId": "C-1001", "reason": "Periodic review is overdue"
            }
        LiftRestriction by people "Lift restriction"
            "The customer can have new business again." example {
                "customerId": "C-1001", "reason": "Review done"
            }
        SuspendCustomer by people "Suspend customer"
            "Lets the relation rest." example {
                "customerId": "C-1001", "reason": "Mail comes back undelivered"
            }
        ReinstateCustomer by people "Reinstate customer"
            "Lets the relation go on, as restricted as it was before." example {
                "customerId": "C-1001", "reason": "New address confirmed"
            }
        CloseCustomer by people "Close customer"
            "Ends the relation, for good." example {
                "customerId": "C-1001", "reason": "All accounts are closed"
            }
    }
}

fn references(_: &CustomerCommand) -> Vec<StreamName> {
    Vec::new()
}
