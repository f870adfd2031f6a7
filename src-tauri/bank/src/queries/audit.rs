//! Who did what.

use es_core::{Comparison, Position, RowQuery, RowSource, StoreError};

use super::{Page, read_model, typed};
use crate::projections::{AUDIT, AUDIT_ACTORS, ActorLine, AuditLine, count_cell};

/// All actors, by name.
///
/// # Errors
/// The read model cannot be read.
pub async fn actors(source: &dyn RowSource, offset: u64, limit: usize) -> Result<Page<ActorLine>, StoreError> {
    typed(&source.query(read_model::AUDIT, RowQuery::all(&AUDIT_ACTORS).page(offset, limit)).await?)
}

/// What an actor did, newest first: the latest, or what came before a position, so that a page stays the same whatever is
/// appended meanwhile. `total` counts what came before the position too.
///
/// # Errors
/// The read model cannot be read.
pub async fn audit_trail(
    source: &dyn RowSource,
    actor: &str,
    before: Option<Position>,
    limit: usize,
) -> Result<Page<AuditLine>, StoreError> {
    let mut query = RowQuery::all(&AUDIT).when("actor", Comparison::Eq, actor).order_by("position", true);
    if let Some(before) = before {
        query = query.when("position", Comparison::Lt, count_cell(before.get()));
    }
    typed(&source.query(read_model::AUDIT, query.page(0, limit)).await?)
}
