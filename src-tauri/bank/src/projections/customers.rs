//! Customers and where they stand.

use es_core::{EventFilter, Position, ProjectedEvent, Projection, ProjectionError, ReplayOrder, Rows, Table};

use super::lines::CustomerLine;
use super::row::TableRow;
use super::tables::CUSTOMERS;
use super::{categories, contradiction, decode, time_text};
use crate::customer::CustomerEvent;
use crate::personal::Personal;

static OWN: [&Table; 1] = [&CUSTOMERS];

/// What is shown instead of an erased name.
const ERASED: &str = "(erased)";

/// Read model `customers`: initials and status of every customer.
pub struct Customers;

impl Projection for Customers {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn version(&self) -> u32 {
        2
    }

    fn description(&self) -> &'static str {
        "Initials and status of every customer."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["customer"])
    }

    fn order(&self) -> ReplayOrder {
        ReplayOrder::PerStream
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let customer_event: CustomerEvent = decode(event)?;
        let at = time_text(event.recorded.recorded_at);
        let mut line = match &customer_event {
            CustomerEvent::CustomerRegistered(registered) => CustomerLine {
                customer_id: registered.customer_id.to_string(),
                name: initials(&registered.given_name, &registered.family_name),
                status: String::new(),
                restricted: false,
                review_overdue: false,
                suspended: false,
                open_accounts: 0,
                registered_at: at.clone(),
                changed_at: String::new(),
                position: Position::ZERO,
            },
            _ => CustomerLine::load(rows, &[event.recorded.stream.id().into()])?
                .ok_or_else(|| contradiction(event, "the customer was never registered"))?,
        };
        change(&mut line, &customer_event);
        line.changed_at = at;
        line.position = event.recorded.position;
        line.store(rows)
    }
}

fn change(line: &mut CustomerLine, event: &CustomerEvent) {
    match event {
        CustomerEvent::CustomerRegistered(_) => "prospect".clone_into(&mut line.status),
        CustomerEvent::IdentificationSubmitted(_) if line.status == "prospect" => {
            "pendingVerification".clone_into(&mut line.status);
        }
        CustomerEvent::OnboardingApproved(_) => "active".clone_into(&mut line.status),
        CustomerEvent::OnboardingRejected(_) => "rejected".clone_into(&mut line.status),
        CustomerEvent::CustomerDeceased(_) => "deceased".clone_into(&mut line.status),
        CustomerEvent::CustomerClosed(_) => "closed".clone_into(&mut line.status),
        CustomerEvent::CustomerRestricted(_) => line.restricted = true,
        CustomerEvent::CustomerRestrictionLifted(_) => line.restricted = false,
        CustomerEvent::CustomerRestrictedForReview(_) => line.review_overdue = true,
        CustomerEvent::KycReviewCompleted(_) => line.review_overdue = false,
        CustomerEvent::CustomerSuspended(_) => line.suspended = true,
        CustomerEvent::CustomerReinstated(_) => line.suspended = false,
        CustomerEvent::AccountLinked(_) => line.open_accounts += 1,
        CustomerEvent::AccountUnlinked(_) => line.open_accounts = (line.open_accounts - 1).max(0),
        CustomerEvent::PersonalDataErased(_) => ERASED.clone_into(&mut line.name),
        CustomerEvent::IdentificationSubmitted(_)
        | CustomerEvent::ScreeningRecorded(_)
        | CustomerEvent::RiskAssessed(_)
        | CustomerEvent::ContactDetailsChanged(_)
        | CustomerEvent::AccountFreezeRecorded(_)
        | CustomerEvent::AccountFreezeRefused(_)
        | CustomerEvent::AccountFreezeLifted(_)
        | CustomerEvent::AccountFreezeGone(_)
        | CustomerEvent::KycReviewDue(_)
        | CustomerEvent::KycReviewSubmitted(_)
        | CustomerEvent::PersonalDataRevealed(_)
        | CustomerEvent::ErasureRequested(_)
        | CustomerEvent::ErasureRequestWithdrawn(_) => {}
    }
    if matches!(&*line.status, "active" | "restricted" | "suspended") {
        let status = match (line.suspended, line.restricted || line.review_overdue) {
            (true, _) => "suspended",
            (false, true) => "restricted",
            (false, false) => "active",
        };
        status.clone_into(&mut line.status);
    }
}

/// The masks of both names: all that read models know of them.
pub(super) fn initials(given: &Personal, family: &Personal) -> String {
    format!("{given} {family}").trim().to_owned()
}
