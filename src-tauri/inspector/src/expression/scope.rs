//! What a condition can name: an event, its payload and metadata, and the state after it. Read only if it is named.

use std::borrow::Cow;
use std::cell::OnceCell;

use es_core::{RecordedEvent, UpcasterRegistry};

use super::{EvaluationError, Root};
use crate::json::Document;

/// An event and what belongs to it. Texts are parsed at their first use.
pub struct Scope<'a> {
    event: &'a RecordedEvent,
    upcasters: Option<&'a UpcasterRegistry>,
    state: Option<&'a str>,
    payload: OnceCell<Result<Document, EvaluationError>>,
    metadata: OnceCell<Result<Document, EvaluationError>>,
    parsed_state: OnceCell<Result<Document, EvaluationError>>,
}

impl<'a> Scope<'a> {
    /// An event with its payload as stored.
    #[must_use]
    pub fn stored(event: &'a RecordedEvent) -> Self {
        Self {
            event,
            upcasters: None,
            state: None,
            payload: OnceCell::new(),
            metadata: OnceCell::new(),
            parsed_state: OnceCell::new(),
        }
    }

    /// An event with its payload in the current shape. A payload that has no single current shape (the event was split or
    /// dropped since, or cannot be upcast) is the stored one.
    #[must_use]
    pub fn current(event: &'a RecordedEvent, upcasters: &'a UpcasterRegistry) -> Self {
        Self { upcasters: Some(upcasters), ..Self::stored(event) }
    }

    /// With the state of the event's stream after it, as JSON text. Worth computing only if the expression needs it.
    #[must_use]
    pub fn with_state(mut self, state: &'a str) -> Self {
        self.state = Some(state);
        self
    }

    pub(super) fn event(&self) -> &RecordedEvent {
        self.event
    }

    pub(crate) fn document(&self, root: Root) -> Result<&Document, EvaluationError> {
        let parsed = match root {
            Root::Metadata => self.metadata.get_or_init(|| parse("metadata", Some(&self.event.metadata))),
            Root::State => self.parsed_state.get_or_init(|| parse("state", self.state)),
            Root::Event | Root::Payload => {
                self.payload.get_or_init(|| parse("payload", self.payload_text().as_deref()))
            }
        };
        parsed.as_ref().map_err(Clone::clone)
    }

    /// Why the event does not decode; nothing if it does, or where its payload is taken as stored.
    pub(super) fn problem(&self) -> Option<String> {
        self.upcasters?.upcast(self.event).err().map(|error| error.to_string())
    }

    fn payload_text(&self) -> Option<Cow<'_, str>> {
        let upcast = self.upcasters.and_then(|upcasters| upcasters.upcast(self.event).ok());
        match upcast.as_deref() {
            Some([only]) => Some(Cow::Owned(only.payload.to_string())),
            _ => self.event.payload.as_json().map(Cow::Borrowed),
        }
    }
}

fn parse(what: &'static str, text: Option<&str>) -> Result<Document, EvaluationError> {
    let text = text.ok_or(EvaluationError::NotThere { what })?;
    Document::parse(text).map_err(|error| EvaluationError::NotJson { what, reason: error.reason })
}
