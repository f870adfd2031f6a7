//! The account: a customer's money with the bank, its holds, freezes and limits.

pub mod accrual;
pub mod aged;
pub mod commands;
pub mod decide;
pub mod events;
pub mod period;
pub mod rejection;
pub mod spending;
pub mod state;
pub mod turnover;

pub use accrual::{InterestBook, InterestTerms};
pub use aged::{Aged, AgedMap};
pub use commands::*;
pub use decide::AccountDecider;
pub use events::*;
pub use period::*;
pub use rejection::AccountRejection;
pub use spending::{Period, Spending};
pub use state::{
    Account, AccountState, BookedEntry, EVENTS_WORTH_A_PERIOD, EntryKind, Hold, HoldStatus, LinkStage,
    OverdraftProposal, TransferLeg,
};
pub use turnover::{Turnover, Turnovers, Whole};

/// The commands of accounts, for forms and lists.
#[must_use]
pub fn command_descriptors() -> Vec<es_core::CommandDescriptor> {
    AccountCommand::descriptors()
}

/// The event types of accounts.
#[must_use]
pub fn event_type_descriptors() -> Vec<es_core::EventTypeDescriptor> {
    AccountEvent::descriptors()
}
