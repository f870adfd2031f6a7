//! What persons have decided about a read model, kept in the log: it must outlive the read models themselves.
//!
//! The decisions about projection `accounts` are the events of the stream `$projection-accounts`, one of the engine's own
//! streams. No projection sees those.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use es_core::{
    AppendError, AppendRequest, Direction, EventMetadata, EventReader, ExpectedVersion, NewEvent, Payload, Position,
    ReadAll, ReadStream, RecordedEvent, StoreError, StreamName, StreamNameError, StreamVersion, limits,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Follower, TablesVersion};
use crate::engine::Inner;
use crate::projections::upkeep::UpkeepError;

/// Category of the streams that hold decisions about projections.
pub(crate) const CATEGORY: &str = "$projection";
/// Type of the event that records a skip.
const EVENT_SKIPPED: &str = "EventSkipped";
/// Its schema version.
const SKIPPED_VERSION: u32 = 1;

/// The decision that a projection does not apply an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedEvent {
    /// The projection.
    pub projection: String,
    /// Position of the event that is skipped.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its type, as stored.
    pub event_type: String,
    /// Why it could not be applied when that was decided.
    pub problem: String,
    /// Who decided.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Position of the decision in the log.
    pub decision: Position,
}

fn stream_of(projection: &str) -> Result<StreamName, StreamNameError> {
    StreamName::of(CATEGORY, projection)
}

fn unusable(stream: &dyn std::fmt::Display, reason: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged { path: stream.to_string(), reason: reason.to_string() }
}

/// All skips of a projection in the order of the decisions, and the version of the stream that holds them.
pub(crate) async fn skipped(
    reader: &dyn EventReader,
    projection: &str,
) -> Result<(Vec<SkippedEvent>, StreamVersion), StoreError> {
    let stream = stream_of(projection).map_err(|error| unusable(&projection, &error))?;
    let (mut skipped, mut version) = (Vec::new(), StreamVersion::ZERO);
    loop {
        let (direction, limit) = (Direction::Forward, limits::PAGE_EVENTS);
        let read = ReadStream { stream: stream.clone(), from: version, direction, limit };
        let page = reader.read_stream(read).await?;
        for event in &page.events {
            version = event.version;
            // Decisions of other kinds are those of a newer program.
            if &*event.event_type == EVENT_SKIPPED {
                skipped.push(read_skip(projection, event)?);
            }
        }
        if page.end || page.events.is_empty() {
            return Ok((skipped, version));
        }
    }
}

/// Positions of the events that a projection skips.
pub(crate) async fn skipped_positions(
    reader: &dyn EventReader,
    projection: &str,
) -> Result<BTreeSet<Position>, StoreError> {
    let (skipped, _) = skipped(reader, projection).await?;
    Ok(skipped.into_iter().map(|skip| skip.position).collect())
}

fn read_skip(projection: &str, event: &RecordedEvent) -> Result<SkippedEvent, StoreError> {
    let at = || format!("event {} of {}", event.version, event.stream);
    let payload = event.payload.as_json().unwrap_or_default();
    let payload: Value = serde_json::from_str(payload).map_err(|error| unusable(&at(), &error))?;
    let text = |key: &str| {
        let found = payload.get(key).and_then(Value::as_str).map(str::to_owned);
        found.ok_or_else(|| unusable(&at(), &format!("{key} is missing")))
    };
    Ok(SkippedEvent {
        projection: projection.to_owned(),
        position: Position(text("position")?.parse().map_err(|error| unusable(&at(), &error))?),
        stream: StreamName::new(text("stream")?).map_err(|error| unusable(&at(), &error))?,
        event_type: text("eventType")?,
        problem: text("problem")?,
        actor: text("actor")?,
        reason: text("reason")?,
        decided_at: event.recorded_at,
        decision: event.position,
    })
}

/// Records that a projection skips the event that it is halted at, and lets it go on. Asked again, it changes nothing.
pub(crate) async fn skip(
    inner: &Inner,
    follower: &Follower,
    position: Position,
    actor: &str,
    reason: &str,
) -> Result<SkippedEvent, UpkeepError> {
    let name = follower.name();
    let halted = inner.read_models.projection(name).await?.halted;
    let (skips, version) = skipped(&*inner.events, name).await?;
    let decided = skips.into_iter().find(|skip| skip.position == position);
    let problem = match (halted, &decided) {
        (Some((at, problem)), _) if at == position && at > Position::ZERO => problem,
        // Whoever decided it was stopped before the projection went on, or asks twice.
        (_, Some(decided)) => return Ok(decided.clone()),
        (halted, None) => {
            let halted_at = halted.map(|(at, _)| at).filter(|at| *at > Position::ZERO);
            return Err(UpkeepError::NotHaltedAt { name: name.to_owned(), position, halted_at });
        }
    };
    let skip = match decided {
        Some(decided) => decided,
        None => record(inner, follower, position, (actor, reason), problem, version).await?,
    };
    let mut lane = follower.lane.lock().await;
    inner.read_models.set_halted(name, None).await?;
    lane.look_anew();
    drop(lane);
    follower.nudge.notify_one();
    inner.tell();
    Ok(skip)
}

async fn record(
    inner: &Inner,
    follower: &Follower,
    position: Position,
    (actor, reason): (&str, &str),
    problem: String,
    version: StreamVersion,
) -> Result<SkippedEvent, UpkeepError> {
    let (name, reason) = (follower.name(), reason.trim());
    let (characters, most) = (reason.chars().count(), limits::REASON_CHARACTERS);
    if reason.is_empty() || characters > most {
        return Err(UpkeepError::BadReason { characters, most });
    }
    let page = inner.events.read_all(ReadAll::forward(position.previous(), 1)).await?;
    let event = page.events.into_iter().find(|event| event.position == position);
    let event = event.ok_or(UpkeepError::NotHaltedAt { name: name.to_owned(), position, halted_at: None })?;
    let active = inner.read_models.projection(name).await?.active_version.map(TablesVersion::of);
    let payload = json!({
        "position": position.to_string(),
        "stream": event.stream,
        "eventType": event.event_type,
        "eventId": event.event_id,
        "codeVersion": follower.projection.version(),
        "tables": active.map(|tables| tables.to_string()),
        "problem": problem,
        "actor": actor,
        "reason": reason,
    });
    let stream = stream_of(name).map_err(|error| unusable(&name, &error))?;
    // The same decision has the same id: whoever is not sure that it was recorded may record it again.
    let command_id = Uuid::new_v5(&event.event_id, format!("skip by {name}").as_bytes());
    let metadata = EventMetadata {
        correlation_id: command_id,
        causation_id: event.event_id,
        command_id,
        command_type: "SkipEvent".to_owned(),
        command_hash: None,
        actor: actor.to_owned(),
        channel: "upkeep".to_owned(),
        reason: Some(reason.to_owned()),
    };
    let decision = NewEvent {
        event_id: es_core::event_id_of(command_id, 0),
        event_type: EVENT_SKIPPED.into(),
        schema_version: SKIPPED_VERSION,
        payload: Payload::json(payload.to_string()),
        metadata: serde_json::to_string(&metadata).map_err(|error| unusable(&stream, &error))?.into(),
    };
    let request = AppendRequest::to_stream(stream, ExpectedVersion::Exact(version), vec![decision]);
    let appended = inner.events.append(request).await?;
    tracing::warn!(projection = name, %position, actor, reason, "an event is skipped");
    let (skips, _) = skipped(&*inner.events, name).await?;
    let recorded = skips.into_iter().find(|skip| skip.position == position);
    recorded.ok_or_else(|| {
        let reason = format!("the decision at {} is not there", appended.last_position());
        UpkeepError::Append(AppendError::Store(unusable(&name, &reason)))
    })
}
