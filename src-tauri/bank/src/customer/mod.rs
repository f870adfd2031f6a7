//! The customer: who somebody is, and whether the bank does business with them.

pub mod accounts;
pub mod commands;
pub mod decide;
pub mod events;
pub mod limits;
pub mod rejection;
pub mod review;
pub mod state;

pub use accounts::{FreezeStage, FreezeStep, LinkedAccounts, suspension_case};
pub use commands::*;
pub use decide::CustomerDecider;
pub use events::*;
pub use rejection::CustomerRejection;
pub use review::{DueReview, Review, SubmittedReview};
pub use state::{Customer, CustomerState, CustomerStatus, ErasureRequest, Identification};

/// The commands about customers, for forms and lists.
#[must_use]
pub fn command_descriptors() -> Vec<es_core::CommandDescriptor> {
    CustomerCommand::descriptors()
}

/// The event types of customers.
#[must_use]
pub fn event_type_descriptors() -> Vec<es_core::EventTypeDescriptor> {
    CustomerEvent::descriptors()
}
