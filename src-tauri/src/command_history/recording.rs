//! One command on its way, and what of it is kept: nothing that is personal.

use std::sync::Arc;

use chrono::Utc;
use es_core::Domain;
use es_core::seal::personal_inputs;
use uuid::Uuid;

use super::{CommandHistory, Ended, Sent};
use crate::session::time;
use crate::wire::{AppError, CommandOrigin, CommandOutcome};

/// A command as it is issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Its id.
    pub command_id: String,
    /// Its name.
    pub command_type: String,
    /// Its payload as typed.
    pub payload: String,
    /// Who issues it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// Version that the stream has to have.
    pub expected_version: Option<String>,
    /// Where.
    pub origin: CommandOrigin,
}

/// A command that was sent and whose answer is to be kept.
pub struct Recording {
    history: Arc<CommandHistory>,
    store: String,
    attempt: Uuid,
    /// Values that may stand nowhere outside the store.
    personal: Vec<String>,
}

impl Recording {
    /// Keeps that a command is on its way. Whether that could be written is told beside it: a history that cannot be written keeps
    /// nobody from working, for the log itself tells what was carried out.
    pub async fn begin(
        history: Arc<CommandHistory>,
        store: String,
        domain: &Domain,
        issued: Issued,
    ) -> (Self, Result<(), AppError>) {
        let Unpersonal { payload, withheld } = without_personal(domain, &issued.command_type, &issued.payload);
        let values = withheld.iter().map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let recording = Self { history, store, attempt: Uuid::now_v7(), personal: values.collect() };
        let sent = Sent {
            store: recording.store.clone(),
            at: time(Utc::now()),
            command_id: issued.command_id,
            command_type: issued.command_type,
            actor: issued.actor,
            origin: issued.origin,
            reason: issued.reason,
            expected_version: issued.expected_version,
            payload,
            withheld: withheld.into_iter().map(|(name, _)| name).collect(),
        };
        let (history, store, attempt) = (Arc::clone(&recording.history), recording.store.clone(), recording.attempt);
        let written = beside(move || history.sent(&store, attempt, sent)).await;
        (recording, written)
    }

    /// Keeps what came of it.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn end(self, ended: Ended) -> Result<(), AppError> {
        let Self { history, store, attempt, personal } = self;
        let ended = without(&personal, ended);
        beside(move || history.ended(&store, attempt, ended)).await
    }
}

async fn beside(write: impl FnOnce() -> Result<(), AppError> + Send + 'static) -> Result<(), AppError> {
    let gone = |error| AppError::new("io", format!("The history of commands is not kept: {error}."), "Try again.");
    tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| Err(gone(error)))
}

impl Ended {
    /// An answer of which nothing but the kind is known.
    #[must_use]
    pub fn of(outcome: CommandOutcome) -> Self {
        Self { outcome, stream: None, events: None, position: None, code: None, message: None, details: Vec::new() }
    }

    /// A refusal or a failure with what was said.
    #[must_use]
    pub fn refused(outcome: CommandOutcome, code: &str, message: &str) -> Self {
        Self { code: Some(code.to_owned()), message: Some(message.to_owned()), ..Self::of(outcome) }
    }
}

/// A payload that may be kept outside the store.
pub(crate) struct Unpersonal {
    /// What is left of it.
    pub(crate) payload: Option<String>,
    /// What was left out.
    pub(crate) withheld: Vec<(String, serde_json::Value)>,
}

/// A payload without its personal data, and the fields that were left out with their values. No payload, if it is not the JSON of
/// one.
pub(crate) fn without_personal(domain: &Domain, command_type: &str, payload: &str) -> Unpersonal {
    let none = Unpersonal { payload: None, withheld: Vec::new() };
    let Some(command) = domain.command(command_type) else { return none };
    let Ok(mut fields) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(payload) else {
        return none;
    };
    let personal = personal_inputs(&command.schema);
    let withheld: Vec<_> = personal.into_iter().filter_map(|name| fields.shift_remove_entry(&name)).collect();
    // A payload without any stays as it was typed: numbers, order, everything.
    let payload = if withheld.is_empty() { payload.to_owned() } else { serde_json::Value::Object(fields).to_string() };
    Unpersonal { payload: Some(payload), withheld }
}

/// The same without values that are personal, should a rule have named one.
fn without(personal: &[String], ended: Ended) -> Ended {
    let clean = |text: String| {
        let said =
            |text: String, value: &String| if value.is_empty() { text } else { text.replace(value.as_str(), "…") };
        personal.iter().fold(text, said)
    };
    Ended {
        message: ended.message.map(clean),
        details: ended.details.into_iter().map(|(name, value)| (name, clean(value))).collect(),
        ..ended
    }
}
