//! Read models: pure functions of events over keyed rows. Each event changes a bounded number of rows.

mod accounts;
mod activity;
mod audit;
mod customers;
mod holds;
mod invariants;
mod ledger;
mod limits;
mod lines;
mod open_transfers;
mod orders;
pub mod row;
mod statement;
mod tables;
mod transfers;

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::{DomainEvent, EventFilter, ProjectedEvent, Projection, ProjectionError};

use crate::posting::{GlAccount, Side};

pub use accounts::Accounts;
pub use activity::{ActivityLine, DAILY_ACTIVITY, DailyActivity};
pub use audit::{AUDIT, AUDIT_ACTORS, ActorLine, AuditLine, AuditTrail};
pub use customers::Customers;
pub use holds::{HOLDS, HoldRecord, Holds};
pub use ledger::TrialBalance;
pub use limits::{LIMIT_COUNTED, LIMIT_USE, LIMITS, LimitUseLine, LimitsLine, LimitsUsed};
pub use lines::*;
pub use open_transfers::{OPEN_TRANSFERS, OpenTransferLine, OpenTransfers};
pub use orders::{ORDERS, OrderLine, Orders};
pub use row::{TableRow, UnusableRow, count_cell};
pub use statement::Statements;
pub use tables::*;
pub use transfers::Transfers;

/// Line of the ledger that sums all customers' accounts.
pub const CUSTOMER_DEPOSITS: &str = "account:*";
/// Line of the ledger's table that no posting moves: debits are amounts that transfers have taken from their source,
/// credits those that have arrived, came back or were parked. It explains the money in transit and is kept in the same table,
/// so that both are always read at the same position.
pub const IN_FLIGHT: &str = "transfers:in-flight";
/// Ledger account of the money in transit.
pub const IN_TRANSIT: &str = GlAccount::TransfersInTransit.code();

/// All read models of the bank.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection>> {
    vec![
        Arc::new(Accounts),
        Arc::new(Statements),
        Arc::new(Transfers),
        Arc::new(TrialBalance),
        Arc::new(Customers),
        Arc::new(Holds),
        Arc::new(DailyActivity),
        Arc::new(LimitsUsed),
        Arc::new(OpenTransfers),
        Arc::new(AuditTrail),
        Arc::new(Orders),
    ]
}

fn categories(names: &[&str]) -> EventFilter {
    EventFilter { categories: names.iter().map(|name| (*name).to_owned()).collect(), ..EventFilter::default() }
}

fn decode<E: DomainEvent>(event: &ProjectedEvent<'_>) -> Result<E, ProjectionError> {
    Ok(E::decode(&event.current.event_type, &event.current.payload)?)
}

/// A time as it stands in rows: all alike, so that texts compare as times.
#[must_use]
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn contradiction(event: &ProjectedEvent<'_>, what: &str) -> ProjectionError {
    let recorded = event.recorded;
    let (position, event_type, stream) = (recorded.position, &recorded.event_type, &recorded.stream);
    ProjectionError::Contradiction(format!("event {position} ({event_type} of {stream}): {what}"))
}

/// What a posting does to the balance of a customer's account: the bank owes more with a credit.
fn signed(side: Side, minor: i64) -> i64 {
    if side == Side::Credit { minor } else { -minor }
}
