//! Customers and where they stand.

use es_core::{EventFilter, Position, ProjectedEvent, Projection, ProjectionError, Rows, Table};

use super::lines::CustomerLine;
use super::row::TableRow;
use super::tables::CUSTOMERS;
use super::{categories, contradiction, decode, time_text};
use crate::customer::CustomerEvent;

static OWN: [&Table; 1] = [&CUSTOMERS];

/// Read model `customers`: name and status of every customer.
pub struct Customers;

impl Projection for Customers {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Name and status of every customer."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["customer"])
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let customer_event: CustomerEvent = decode(event)?;
        let at = time_text(event.recorded.recorded_at);
        let mut line = match &customer_event {
            CustomerEvent::CustomerRegistered(registered) => CustomerLine {
                customer_id: registered.customer_id.to_string(),
                name: full_name(&registered.given_name, &registered.family_name),
                status: String::new(),
                restricted: false,
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
    let status = match event {
        CustomerEvent::CustomerRegistered(_) => "prospect",
        CustomerEvent::IdentificationSubmitted(_) => "pendingVerification",
        CustomerEvent::OnboardingApproved(_) => "active",
        CustomerEvent::OnboardingRejected(_) => "rejected",
        CustomerEvent::CustomerRestricted(_) => {
            line.restricted = true;
            "restricted"
        }
        CustomerEvent::CustomerRestrictionLifted(_) => {
            line.restricted = false;
            "active"
        }
        CustomerEvent::CustomerSuspended(_) => "suspended",
        CustomerEvent::CustomerReinstated(_) => {
            if line.restricted {
                "restricted"
            } else {
                "active"
            }
        }
        CustomerEvent::CustomerClosed(_) => "closed",
        CustomerEvent::ScreeningRecorded(_)
        | CustomerEvent::RiskAssessed(_)
        | CustomerEvent::ContactDetailsChanged(_) => return,
    };
    status.clone_into(&mut line.status);
}

pub(super) fn full_name(given: &str, family: &str) -> String {
    if given.is_empty() { family.to_owned() } else { format!("{given} {family}") }
}
