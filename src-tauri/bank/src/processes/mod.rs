//! Process managers of the bank.

mod account_links;
mod customer_accounts;
mod drafts;
mod entry_expiry;
mod erasure;
mod hold_expiry;
mod interest;
mod kyc_review;
mod order;
mod transfer;
mod year_end;

use std::sync::Arc;

use es_core::Process;

pub use account_links::{AccountLinks, link_outcome, next_link};
pub use customer_accounts::{CustomerAccounts, freeze_outcome, next_freeze};
pub use entry_expiry::EntryExpiryProcess;
pub use erasure::Erasure;
pub use hold_expiry::{HoldExpiryProcess, expiries, expiry_id};
pub use interest::{InterestProcess, next_settlement};
pub use kyc_review::KycReview;
pub use order::OrderProcess;
pub use transfer::{
    PlannedStep, PlannedTimer, Step, TransferProcess, next_step, outcome_id, outcome_of, timeout_of, timer_of,
};
pub use year_end::{YearEnd, next_period};

/// All process managers of the bank.
#[must_use]
pub fn all() -> Vec<Arc<dyn Process>> {
    vec![
        Arc::new(TransferProcess),
        Arc::new(AccountLinks),
        Arc::new(CustomerAccounts),
        Arc::new(KycReview),
        Arc::new(Erasure),
        Arc::new(OrderProcess),
        Arc::new(HoldExpiryProcess),
        Arc::new(InterestProcess),
        Arc::new(EntryExpiryProcess),
        Arc::new(YearEnd),
    ]
}
