//! What can be asked about a customer.

use chrono::NaiveDate;
use es_core::StreamName;

use super::events::{DocumentKind, PersonalField, RiskRating, ScreeningOutcome};
use crate::declare::{command_set, payloads};
use crate::ids::{AccountId, CaseId, CustomerId};

payloads! {
    /// Registers a person who wants to become a customer.
    RegisterCustomer {
        /// Number of the new customer.
        #[schemars(extend("x-new-id" = true))]
        customer_id: CustomerId,
        /// Given name or names.
        #[schemars(length(min = 1, max = 100), extend("personal" = true))]
        given_name: String,
        /// Family name.
        #[schemars(length(min = 1, max = 100), extend("personal" = true))]
        family_name: String,
        /// Birth date.
        #[schemars(extend("personal" = true))]
        birth_date: NaiveDate,
        /// E-mail address, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 254), email, extend("personal" = true))]
        email: Option<String>,
    }

    /// Submits a document that proves who the customer is.
    SubmitIdentification {
        /// The customer.
        customer_id: CustomerId,
        /// What kind of document.
        document: DocumentKind,
        /// Its number.
        #[schemars(length(min = 1, max = 40), extend("personal" = true))]
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
        #[schemars(length(max = 254), email, extend("personal" = true))]
        email: Option<String>,
        /// Telephone number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 3, max = 40), extend("personal" = true))]
        phone: Option<String>,
        /// Postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 3, max = 200), extend("personal" = true))]
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

    /// Records that the customer has died.
    RecordDeath {
        /// The customer.
        customer_id: CustomerId,
        /// Day of the death.
        died_on: NaiveDate,
        /// What proves it, for example the register's number of the certificate.
        #[schemars(length(min = 1, max = 200))]
        evidence: String,
    }

    /// Records a review of what the bank knows of the customer.
    RecordKycReview {
        /// The customer.
        customer_id: CustomerId,
        /// What was looked at, and what was found.
        #[schemars(length(min = 1, max = 500))]
        findings: String,
    }

    /// Approves a review of a customer of high risk, by somebody who did not review.
    ApproveKycReview {
        /// The customer.
        customer_id: CustomerId,
    }

    /// Records that the actor sees personal data, so that they may.
    RevealPersonalData {
        /// The customer.
        customer_id: CustomerId,
        /// Which.
        #[schemars(length(min = 1, max = 7))]
        fields: Vec<PersonalField>,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Asks for the personal data to be erased as soon as the law allows it.
    RequestErasure {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Takes a request for erasure back.
    WithdrawErasureRequest {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Records that an account was opened for the customer.
    LinkAccount {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
    }

    /// Records that one of the customer's accounts was closed.
    UnlinkAccount {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
    }

    /// Records that an account was frozen because the relation rests.
    RecordAccountFreeze {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
    }

    /// Records that an account refused to be frozen.
    RecordAccountFreezeRefusal {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
        /// Which rule refused.
        code: String,
        /// What it said.
        message: String,
    }

    /// Records that the freeze of an account was lifted.
    RecordAccountFreezeLift {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
    }

    /// Records that there was no freeze to lift.
    RecordAccountFreezeGone {
        /// The customer.
        customer_id: CustomerId,
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
        /// Which rule refused.
        code: String,
        /// What it said.
        message: String,
    }

    /// Records that the periodic review has become due.
    DeclareKycReviewDue {
        /// The customer.
        customer_id: CustomerId,
        /// The day from which it is due.
        due_on: NaiveDate,
    }

    /// Restricts a customer whose due review was not done in time.
    RestrictForOverdueReview {
        /// The customer.
        customer_id: CustomerId,
        /// The day from which it was due.
        due_on: NaiveDate,
    }

    /// Erases the personal data at the end of the legal retention.
    ErasePersonalData {
        /// The customer.
        customer_id: CustomerId,
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
        RecordDeath by people "Record death"
            "The customer has died: the relation rests and the accounts are frozen until the estate is settled." example {
                "customerId": "C-1001", "diedOn": "2031-04-28", "evidence": "Register of deaths 2031/114"
            }
        RecordKycReview by people "Record KYC review"
            "Records a review of what the bank knows of the customer; the next one is counted from here. For a customer of high risk a second person must approve it." example {
                "customerId": "C-1001", "findings": "Documents, address and turnover are as known"
            }
        ApproveKycReview by people "Approve KYC review"
            "Approves a review of a customer of high risk. The actor must not have reviewed." example {
                "customerId": "C-1001"
            }
        RevealPersonalData by people "Reveal personal data"
            "Records that the actor sees these personal data, and why; only then they may." example {
                "customerId": "C-1001", "fields": ["givenName", "familyName", "phone"], "reason": "Call back about a complaint"
            }
        RequestErasure by people "Request erasure"
            "Asks for the personal data of an ended relation to be erased. That happens by itself when the legal retention ends." example {
                "customerId": "C-1001", "reason": "Letter of the customer"
            }
        WithdrawErasureRequest by people "Withdraw erasure request"
            "The personal data shall be kept after all." example {
                "customerId": "C-1001", "reason": "The customer wants to come back"
            }
        LinkAccount by process "Link account"
            "Records that an account was opened for the customer." example {
                "customerId": "C-1001", "accountId": "100234"
            }
        UnlinkAccount by process "Unlink account"
            "Records that one of the customer's accounts was closed." example {
                "customerId": "C-1001", "accountId": "100234"
            }
        RecordAccountFreeze by process "Record account freeze"
            "Records that an account was frozen because the relation rests." example {
                "customerId": "C-1001", "accountId": "100234", "caseId": "SUSPENSION-1-C-1001"
            }
        RecordAccountFreezeRefusal by process "Record account freeze refusal"
            "Records that an account refused to be frozen." example {
                "customerId": "C-1001", "accountId": "100234", "caseId": "SUSPENSION-1-C-1001",
                "code": "account_closed", "message": "Account 100234 was closed on 2031-05-04."
            }
        RecordAccountFreezeLift by process "Record account freeze lift"
            "Records that the freeze of an account was lifted." example {
                "customerId": "C-1001", "accountId": "100234", "caseId": "SUSPENSION-1-C-1001"
            }
        RecordAccountFreezeGone by process "Record account freeze gone"
            "Records that there was no freeze to lift." example {
                "customerId": "C-1001", "accountId": "100234", "caseId": "SUSPENSION-1-C-1001",
                "code": "not_frozen", "message": "Account 100234 is not frozen for case SUSPENSION-1-C-1001."
            }
        DeclareKycReviewDue by process "Declare KYC review due"
            "Records that the periodic review has become due." example {
                "customerId": "C-1001", "dueOn": "2031-05-04"
            }
        RestrictForOverdueReview by process "Restrict for overdue review"
            "Restricts a customer whose due review was not done in time." example {
                "customerId": "C-1001", "dueOn": "2031-05-04"
            }
        ErasePersonalData by process "Erase personal data"
            "Erases the personal data at the end of the legal retention." example { "customerId": "C-1001" }
        CloseCustomer by people "Close customer"
            "Ends the relation, for good. All accounts must be closed." example {
                "customerId": "C-1001", "reason": "All accounts are closed"
            }
    }
}

/// Whose an account is and that it is closed cannot be undone, so that both can be looked up without a lock.
fn references(command: &CustomerCommand) -> Vec<StreamName> {
    match command {
        CustomerCommand::LinkAccount(link) => vec![link.account_id.stream()],
        CustomerCommand::UnlinkAccount(unlink) => vec![unlink.account_id.stream()],
        _ => Vec::new(),
    }
}
