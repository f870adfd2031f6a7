//! Process managers of the bank.

mod transfer;

use std::sync::Arc;

use es_core::Process;

pub use transfer::{PlannedStep, Step, TransferProcess, next_step, outcome_id, outcome_of, timeout_of};

/// All process managers of the bank.
#[must_use]
pub fn all() -> Vec<Arc<dyn Process>> {
    vec![Arc::new(TransferProcess)]
}
