//! What operators decide about instances of processes. Each decision is an event with its actor and reason: an intervention is
//! decided by the instance's own aggregate and is an event of its stream; that an instance is to be looked at again changes
//! nothing in it, so that is an event of `$process-<category>`, one of the engine's own streams.

use std::collections::BTreeMap;
use std::sync::Arc;

use es_core::{
    AnyState, AppendError, AppendRequest, Appended, CommandDraft, Direction, EventMetadata, ExpectedVersion,
    Intervention, NewEvent, Payload, Process, ReadStream, RecordedEvent, Rejection, StoreError, StreamName,
    StreamVersion, event_id_of, limits,
};
use serde_json::json;
use uuid::Uuid;

use super::instances::{ProcessError, retry_stuck};
use crate::commands::CommandEnvelope;
use crate::engine::Inner;
use crate::execute::execute;
use crate::load::LoadError;
use crate::outcome::{ExecuteError, Outcome};

/// Category of the streams that hold decisions about instances.
const CATEGORY: &str = "$process";
/// Type of the event that records that an instance is to be looked at again.
const RETRIED: &str = "InstanceRetried";
/// Its schema version.
const RETRIED_VERSION: u32 = 1;

/// Who decides about an instance, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub actor: String,
    /// Where the decision comes from: `desktop`, `cli`.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: String,
}

/// An intervention, and the rule that does not allow it now, if so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What could be decided.
    pub intervention: Intervention,
    /// Why not.
    pub refusal: Option<Rejection>,
}

/// An instance as it stands.
struct Found {
    state: Arc<AnyState>,
    version: StreamVersion,
    processes: Vec<Arc<dyn Process>>,
}

async fn found(inner: &Inner, stream: &StreamName) -> Result<Found, ProcessError> {
    let processes = inner.domain.processes.iter().filter(|process| process.category() == stream.category());
    let processes: Vec<_> = processes.cloned().collect();
    let none = || ProcessError::NoInstance { stream: stream.clone() };
    let aggregate = inner.domain.aggregate(stream.category()).filter(|_| !processes.is_empty()).ok_or_else(none)?;
    let loaded = inner.loader().load(&**aggregate, stream).await.map_err(undecided)?;
    if loaded.version == StreamVersion::ZERO {
        return Err(none());
    }
    Ok(Found { state: loaded.state, version: loaded.version, processes })
}

fn undecided(error: LoadError) -> ProcessError {
    ExecuteError::from(error).into()
}

/// The draft of an intervention by the first process of the category that knows it.
fn drafted(
    found: &Found,
    stream: &StreamName,
    intervention: Intervention,
    reason: &str,
) -> Result<CommandDraft, Rejection> {
    let answers = found.processes.iter().map(|process| process.intervene(stream, &found.state, intervention, reason));
    let known = answers.reduce(|first, next| first.or_else(|refusal| next.map_err(|_| refusal)));
    known.unwrap_or_else(|| Err(unknown(stream, intervention)))
}

fn unknown(stream: &StreamName, intervention: Intervention) -> Rejection {
    let message = format!("No process knows a way to {} {stream}.", intervention.as_str());
    Rejection { code: "no_such_intervention".to_owned(), message, details: BTreeMap::new() }
}

/// What could be decided about an instance now.
pub(crate) async fn offers(inner: &Inner, stream: &StreamName) -> Result<Vec<Offer>, ProcessError> {
    let found = found(inner, stream).await?;
    let offer = |intervention| {
        let refusal = drafted(&found, stream, intervention, "-").err();
        Offer { intervention, refusal }
    };
    Ok(Intervention::ALL.into_iter().map(offer).collect())
}

/// Carries an intervention out: a command to the instance's own stream, decided like every other.
pub(crate) async fn intervene(
    inner: &Arc<Inner>,
    stream: &StreamName,
    intervention: Intervention,
    by: &Operator,
) -> Result<Outcome, ProcessError> {
    let reason = checked(&by.reason)?;
    let found = found(inner, stream).await?;
    let draft = match drafted(&found, stream, intervention, reason) {
        Ok(draft) => draft,
        Err(rejection) => return Ok(Outcome::Rejected(rejection)),
    };
    // The decision belongs to the instance's story: it came after the last event, in the correlation of the first.
    let first = read_one(inner, stream, StreamVersion::ZERO, Direction::Forward).await?;
    let last = read_one(inner, stream, found.version.next(), Direction::Backward).await?;
    let mut envelope = CommandEnvelope::new(draft.command_type, draft.payload).with_id(draft.command_id);
    envelope = envelope.by(by.actor.clone(), by.channel.clone());
    envelope.reason = Some(reason.to_owned());
    envelope.correlation_id = first.and_then(|event| event.correlation_id);
    envelope.causation_id = last.map(|event| event.event_id);
    let answer = execute(inner, &envelope).await;
    tracing::warn!(%stream, intervention = intervention.as_str(), actor = by.actor, reason, ?answer, "an operator intervenes");
    match answer {
        Err(ExecuteError::CommandIdReused { stored_type, position, .. }) => {
            Err(ProcessError::CarriedOut { command_type: stored_type, position })
        }
        answer => Ok(answer?),
    }
}

/// Records that an instance is to be looked at again, and lets every process of its category do so.
pub(crate) async fn retry(inner: &Arc<Inner>, stream: &StreamName, by: &Operator) -> Result<Appended, ProcessError> {
    let reason = checked(&by.reason)?;
    let last = read_one(inner, stream, StreamVersion::MAX, Direction::Backward).await?;
    let stuck = inner.dispatchers.iter().find_map(|dispatcher| dispatcher.stuck_reason(stream));
    // First of all: whether it is an instance, and driven here.
    retry_stuck(inner, stream).await?;
    let own = StreamName::of(CATEGORY, stream.category()).map_err(|error| unusable(stream, &error))?;
    let command_id = Uuid::new_v4();
    let metadata = EventMetadata {
        correlation_id: last.as_ref().and_then(|event| event.correlation_id).unwrap_or(command_id),
        causation_id: last.as_ref().map_or(command_id, |event| event.event_id),
        command_id,
        command_type: "RetryInstance".to_owned(),
        command_hash: None,
        actor: by.actor.clone(),
        channel: by.channel.clone(),
        reason: Some(reason.to_owned()),
    };
    let version = last.map(|event| event.version.to_string());
    let payload = json!({ "stream": stream, "version": version, "stuck": stuck, "actor": by.actor, "reason": reason });
    let decision = NewEvent {
        event_id: event_id_of(command_id, 0),
        event_type: RETRIED.into(),
        schema_version: RETRIED_VERSION,
        payload: Payload::json(payload.to_string()),
        metadata: serde_json::to_string(&metadata).map_err(|error| unusable(stream, &error))?.into(),
    };
    let request = AppendRequest::to_stream(own, ExpectedVersion::Any, vec![decision]);
    let appended = inner.events.append(request).await.map_err(|error| match error {
        AppendError::Store(error) => ProcessError::Store(error),
        error => ExecuteError::from(error).into(),
    })?;
    tracing::warn!(%stream, actor = by.actor, reason, "an instance is to be looked at again");
    Ok(appended)
}

fn checked(reason: &str) -> Result<&str, ProcessError> {
    let reason = reason.trim();
    let (characters, most) = (reason.chars().count(), limits::REASON_CHARACTERS);
    if reason.is_empty() || characters > most {
        return Err(ProcessError::BadReason { characters, most });
    }
    Ok(reason)
}

fn unusable(stream: &StreamName, reason: &dyn std::fmt::Display) -> ProcessError {
    StoreError::Damaged { path: stream.to_string(), reason: reason.to_string() }.into()
}

async fn read_one(
    inner: &Inner,
    stream: &StreamName,
    from: StreamVersion,
    direction: Direction,
) -> Result<Option<RecordedEvent>, StoreError> {
    let read = ReadStream { stream: stream.clone(), from, direction, limit: 1 };
    Ok(inner.events.read_stream(read).await?.events.into_iter().next())
}
