//! A command with everything that goes with it, and the events that it becomes.

use chrono::NaiveDate;
use es_core::event::to_micros;
use es_core::{
    CommandContext, EncodedEvent, EventMetadata, NewEvent, ParsedCommand, Payload, StreamVersion, event_id_of,
};
use uuid::Uuid;

use crate::sealing::Sealed;

/// A command with everything that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandEnvelope {
    /// Identity. Sending the same command again under the same id changes nothing and gives the original answer.
    pub command_id: Uuid,
    /// Name of the command.
    pub command_type: String,
    /// Payload as JSON text.
    pub payload: String,
    /// Who asks.
    pub actor: String,
    /// Where it comes from: `desktop`, `cli`, `process`, `simulator`.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Shared by everything that one outside cause leads to; the command's own id if nothing is given.
    pub correlation_id: Option<Uuid>,
    /// The event or command that led to this one; the command's own id if nothing is given.
    pub causation_id: Option<Uuid>,
    /// The business day, if it is not the clock's.
    pub business_date: Option<NaiveDate>,
    /// The version that the issuer has seen: if the stream stands anywhere else, the command ends in a conflict and is not
    /// tried again. Nothing: decide on whatever is there. Dry runs do not look at it.
    pub expected_version: Option<StreamVersion>,
}

impl CommandEnvelope {
    /// A command with a new id, from nobody in particular.
    #[must_use]
    pub fn new(command_type: impl Into<String>, payload: impl Into<String>) -> Self {
        Self {
            command_id: Uuid::new_v4(),
            command_type: command_type.into(),
            payload: payload.into(),
            actor: "anonymous".to_owned(),
            channel: "program".to_owned(),
            reason: None,
            correlation_id: None,
            causation_id: None,
            business_date: None,
            expected_version: None,
        }
    }

    /// The same command under a given id.
    #[must_use]
    pub fn with_id(mut self, command_id: Uuid) -> Self {
        self.command_id = command_id;
        self
    }

    /// The same command from somebody, through some channel.
    #[must_use]
    pub fn by(mut self, actor: impl Into<String>, channel: impl Into<String>) -> Self {
        self.actor = actor.into();
        self.channel = channel.into();
        self
    }

    pub(crate) fn context(&self, now: chrono::DateTime<chrono::Utc>) -> CommandContext {
        let now = to_micros(now);
        CommandContext {
            command_id: self.command_id,
            now,
            business_date: self.business_date.unwrap_or_else(|| now.date_naive()),
            actor: self.actor.clone(),
            channel: self.channel.clone(),
            reason: self.reason.clone(),
            correlation_id: self.correlation_id.unwrap_or(self.command_id),
            causation_id: self.causation_id.unwrap_or(self.command_id),
        }
    }
}

/// The events of a decision as they are appended: ids and metadata follow from the command, so a repeated append is equal.
pub(crate) fn new_events(context: &CommandContext, parsed: &ParsedCommand, sealed: Sealed) -> Vec<NewEvent> {
    let metadata = EventMetadata {
        correlation_id: context.correlation_id,
        causation_id: context.causation_id,
        command_id: context.command_id,
        command_type: parsed.command_type.clone(),
        command_hash: Some(sealed.command_hash),
        actor: context.actor.clone(),
        channel: context.channel.clone(),
        reason: context.reason.clone(),
    };
    // Strings and ids only: writing it as JSON cannot fail; an append with empty metadata would be refused as not JSON.
    let metadata: Box<str> = serde_json::to_string(&metadata).unwrap_or_default().into();
    let event = |(index, event): (usize, EncodedEvent)| NewEvent {
        event_id: event_id_of(context.command_id, index),
        event_type: event.event_type.into(),
        schema_version: event.schema_version,
        payload: Payload::json(event.payload),
        metadata: metadata.clone(),
    };
    sealed.events.into_iter().enumerate().map(event).collect()
}
