//! Transfers that do not come to an end.

use chrono::{DateTime, Utc};
use es_core::{Comparison, RowQuery, RowSource, StoreError};

use super::{Page, read_model, typed};
use crate::projections::{OPEN_TRANSFERS, OpenTransferLine, time_text};

/// Which open transfers are taken for stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    /// Those whose source should have been debited by this time. Past the debit a transfer has no deadline any more: it is
    /// counted all the same, because money in transit has to arrive somewhere.
    PastDeadline(DateTime<Utc>),
    /// Those requested before this time.
    RequestedBefore(DateTime<Utc>),
}

/// Transfers that are not at an end, oldest first.
///
/// # Errors
/// The read model cannot be read.
pub async fn open_transfers(
    source: &dyn RowSource,
    offset: u64,
    limit: usize,
) -> Result<Page<OpenTransferLine>, StoreError> {
    let query = RowQuery::all(&OPEN_TRANSFERS).order_by("requested_at", false).page(offset, limit);
    typed(&source.query(read_model::OPEN_TRANSFERS, query).await?)
}

/// Transfers that are not at an end and ought to be, the longest stuck first.
///
/// # Errors
/// The read model cannot be read.
pub async fn stuck_transfers(
    source: &dyn RowSource,
    stuck: Stuck,
    offset: u64,
    limit: usize,
) -> Result<Page<OpenTransferLine>, StoreError> {
    let (column, time) = match stuck {
        Stuck::PastDeadline(time) => ("deadline", time),
        Stuck::RequestedBefore(time) => ("requested_at", time),
    };
    let query = RowQuery::all(&OPEN_TRANSFERS).when(column, Comparison::Lt, time_text(time)).order_by(column, false);
    typed(&source.query(read_model::OPEN_TRANSFERS, query.page(offset, limit)).await?)
}
