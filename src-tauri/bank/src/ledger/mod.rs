//! The general ledger's periods: which days are closed, so that nothing is posted with a date in them.
//!
//! Closing is proposed by one person and approved by another. Days that are proposed for closing refuse postings from then on,
//! so that nothing decided a moment before the approval can slip into what has just been closed.

pub mod commands;
pub mod decide;
pub mod events;
pub mod rejection;
pub mod state;

pub use commands::*;
pub use decide::LedgerDecider;
pub use events::*;
pub use rejection::LedgerRejection;
pub use state::{LedgerState, PeriodProposal};

use es_core::StreamName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which ledger. The bank has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum GeneralLedger {
    /// The general ledger.
    General,
}

impl GeneralLedger {
    /// Its stream.
    #[must_use]
    pub fn stream(self) -> StreamName {
        let Ok(stream) = StreamName::of("ledger", self) else {
            unreachable!("the name is short and holds no character that a stream name refuses")
        };
        stream
    }
}

impl std::fmt::Display for GeneralLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("general")
    }
}

/// The commands of the ledger, for forms and lists.
#[must_use]
pub fn command_descriptors() -> Vec<es_core::CommandDescriptor> {
    LedgerCommand::descriptors()
}

/// The event types of the ledger.
#[must_use]
pub fn event_type_descriptors() -> Vec<es_core::EventTypeDescriptor> {
    LedgerEvent::descriptors()
}
