//! The transaction: a journal entry of the general ledger that people draft, approve and post.

pub mod commands;
pub mod decide;
pub mod events;
pub mod rejection;
pub mod state;

pub use commands::*;
pub use decide::TransactionDecider;
pub use events::*;
pub use rejection::TransactionRejection;
pub use state::{EntryStatus, JournalEntry, TransactionState};

/// The commands of journal entries, for forms and lists.
#[must_use]
pub fn command_descriptors() -> Vec<es_core::CommandDescriptor> {
    TransactionCommand::descriptors()
}

/// The event types of journal entries.
#[must_use]
pub fn event_type_descriptors() -> Vec<es_core::EventTypeDescriptor> {
    TransactionEvent::descriptors()
}
