//! What a query selects: what the store is asked for, and what is decided here. The same for grids, exports and the command line.

use std::sync::Arc;

use es_core::{Domain, EventFilter, EventReader, Position, StreamName};
use es_runtime::Sieve;
use tokio_util::sync::CancellationToken;

use crate::about::streams_about;
use crate::composition::relations;
use crate::session::condition::{self, Condition};
use crate::wire::AppError;

/// What is selected.
pub struct Selected {
    /// What the store is asked for.
    pub filter: EventFilter,
    /// What else has to hold.
    pub sieve: Option<Arc<dyn Sieve>>,
}

/// The parts of a query that no store knows.
#[derive(Debug, Clone, Default)]
pub struct Beyond {
    /// Everything about the subject of this stream.
    pub about: Option<StreamName>,
    /// A condition; empty text is none.
    pub condition: Option<String>,
}

/// Puts together what a query selects.
///
/// # Errors
/// The condition is none, the subject's stream is not there, or the store does not answer.
pub async fn select(
    reader: &Arc<dyn EventReader>,
    domain: &Arc<Domain>,
    mut filter: EventFilter,
    beyond: Beyond,
    stop: &CancellationToken,
) -> Result<Selected, AppError> {
    let text = beyond.condition.as_deref().filter(|text| !text.trim().is_empty());
    let expression = text.map(condition::parse).transpose()?;
    if let Some(subject) = beyond.about {
        let mut about = streams_about(&**reader, (domain, relations()), subject, stop).await?;
        if !filter.streams.is_empty() {
            about.retain(|stream| filter.streams.contains(stream));
        }
        if about.is_empty() {
            // No list of streams would mean any stream: there is nothing up to the begin of the log.
            filter.through = Some(Position::ZERO);
        }
        filter.streams = about;
    }
    let sieve = expression.map(|expression| {
        let condition = Condition::new(expression, Arc::clone(domain), Arc::clone(reader));
        Arc::new(condition) as Arc<dyn Sieve>
    });
    Ok(Selected { filter, sieve })
}
