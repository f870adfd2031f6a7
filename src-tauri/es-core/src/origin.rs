//! Views beside a log that they were not derived from: a store that was replaced, or restored from an older backup.

use crate::event::{Hash, RecordedEvent};
use crate::name::Position;
use crate::store::{EventReader, ReadAll, StoreError};

/// The newest event of a log when views were last tied to it. Tells the log apart from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The event's position.
    pub position: Position,
    /// Its chain hash, which covers everything before; its content hash where there is no chain.
    pub hash: Hash,
}

impl Origin {
    fn of(event: &RecordedEvent) -> Self {
        Self { position: event.position, hash: event.chain_hash.unwrap_or(event.content_hash) }
    }
}

/// What tying views to a log comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    /// Whether the views were derived from another log and must be emptied: their checkpoints mean nothing here.
    pub foreign: bool,
    /// What the views remember from now on; nothing if the log has no event.
    pub origin: Option<Origin>,
}

/// Finds out whether views belong to the log beside them, from what they remember of it and their furthest checkpoint. What
/// happened to both since the last time is noticed unless the log was cut and went on from there to beyond every checkpoint.
/// Nothing if the log is damaged: that is for verification to report, and says nothing about whose views these are.
///
/// # Errors
/// The log cannot be read.
pub async fn tie_views(
    log: &dyn EventReader,
    remembered: Option<Origin>,
    furthest: Position,
) -> Result<Option<Tie>, StoreError> {
    let looked = look(log, remembered).await;
    let (head, newest, known) = match looked {
        Err(StoreError::Damaged { .. }) => return Ok(None),
        looked => looked?,
    };
    let derived_here = match remembered {
        Some(origin) => known == Some(origin.hash),
        None => furthest == Position::ZERO,
    };
    Ok(Some(Tie { foreign: !derived_here || furthest > head, origin: newest }))
}

/// Position of the log's last event, what is to be remembered of that event, and the hash of the one at the remembered position.
async fn look(
    log: &dyn EventReader,
    remembered: Option<Origin>,
) -> Result<(Position, Option<Origin>, Option<Hash>), StoreError> {
    let newest = log.read_all(ReadAll::backward(Position::MAX, 1)).await?.events.pop();
    let remembered: Vec<Position> = remembered.iter().map(|origin| origin.position).collect();
    let mut known = log.read_positions(&remembered).await?.first().map(|event| Origin::of(event).hash);
    if let (None, Some(retention)) = (known, log.retention()) {
        // The remembered event was scavenged since: its stub keeps the hash.
        known = retention.read_stubs(&remembered).await?.first().map(|stub| stub.chain_hash);
    }
    Ok((log.head().await?, newest.as_ref().map(Origin::of), known))
}
