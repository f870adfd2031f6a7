//! A counter at which commands are handed in as JSON, exactly as they come from outside: parsed, decided, encoded, decoded
//! and taken into the state.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod accounts;

use std::fmt::Debug;

use chrono::{DateTime, Duration, Utc};
use es_core::{
    AnyState, CommandContext, Decider, DomainCommand, DomainEvent, References, Reject, Rejection, StreamName,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// One aggregate under test.
pub struct Desk<D: Decider> {
    pub state: D::State,
    pub references: References,
    pub now: DateTime<Utc>,
    pub actor: String,
    pub command_number: u128,
}

pub fn start() -> DateTime<Utc> {
    "2031-05-04T09:00:00Z".parse().expect("a time")
}

pub fn eur(minor: i64) -> Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

impl<D: Decider> Desk<D>
where
    D::Event: Debug + Clone + PartialEq,
    D::State: Debug + PartialEq,
{
    pub fn new() -> Self {
        let state = D::State::default();
        Self { state, references: References::default(), now: start(), actor: "maker".to_owned(), command_number: 0 }
    }

    pub fn refer<S: Clone + Send + Sync + 'static>(&mut self, stream: &str, state: S) -> &mut Self {
        self.references.insert(StreamName::new(stream).expect("a stream name"), AnyState::new(state));
        self
    }

    pub fn at(&mut self, offset: Duration) -> &mut Self {
        self.now = start() + offset;
        self
    }

    pub fn by(&mut self, actor: &str) -> &mut Self {
        self.actor = actor.to_owned();
        self
    }

    pub fn context(&self) -> CommandContext {
        CommandContext {
            command_id: Uuid::from_u128(self.command_number),
            now: self.now,
            business_date: self.now.date_naive(),
            actor: self.actor.clone(),
            channel: "test".to_owned(),
            reason: None,
            correlation_id: Uuid::from_u128(2),
            causation_id: Uuid::from_u128(3),
        }
    }

    fn decide(&self, command_type: &str, payload: &Value) -> Result<Vec<D::Event>, Rejection> {
        let command = D::Command::parse(command_type, &payload.to_string()).expect("the command has the right shape");
        D::decide(&self.state, &command, &self.context(), &self.references)
            .map_err(|rejection| rejection.to_rejection())
    }

    /// Hands a command in and takes its events into the state.
    pub fn hand_in(&mut self, command_type: &str, payload: &Value) -> Result<Vec<D::Event>, Rejection> {
        self.command_number += 1;
        let events = self.decide(command_type, payload)?;
        for event in &events {
            let text = event.encode().expect("an event can be written");
            let read = D::Event::decode(event.event_type().0, &text).expect("what was written can be read");
            assert_eq!(&read, event, "an event reads back as it was written");
            D::evolve(&mut self.state, &read);
        }
        let json = serde_json::to_string(&self.state).expect("a state can be written");
        let restored: D::State = serde_json::from_str(&json).expect("a snapshot can be read");
        assert_eq!(restored, self.state, "a snapshot restores the state");
        Ok(events)
    }

    /// The command is accepted.
    #[track_caller]
    pub fn accepts(&mut self, command_type: &str, payload: Value) -> Vec<D::Event> {
        match self.hand_in(command_type, &payload) {
            Ok(events) => events,
            Err(rejection) => panic!("{command_type} was refused: {} ({})", rejection.message, rejection.code),
        }
    }

    /// The command is accepted and makes exactly one event of this type.
    #[track_caller]
    pub fn records(&mut self, command_type: &str, payload: Value, event_type: &str) -> D::Event {
        let mut events = self.accepts(command_type, payload);
        assert_eq!(events.len(), 1, "{command_type} makes one event, not {events:?}");
        assert_eq!(events[0].event_type().0, event_type, "{command_type} makes {event_type}");
        events.remove(0)
    }

    /// The command has nothing left to do.
    #[track_caller]
    pub fn changes_nothing(&mut self, command_type: &str, payload: Value) {
        let events = self.accepts(command_type, payload);
        assert_eq!(events, [], "{command_type} has nothing left to do");
    }

    /// The command is refused with this code; the state stays as it was.
    #[track_caller]
    pub fn refuses(&mut self, command_type: &str, payload: Value, code: &str) -> Rejection {
        let before = self.state.clone();
        match self.hand_in(command_type, &payload) {
            Ok(events) => panic!("{command_type} was accepted: {events:?}"),
            Err(rejection) => {
                assert_eq!(rejection.code, code, "refused for another reason: {}", rejection.message);
                assert_eq!(self.state, before, "a refused command changes nothing");
                rejection
            }
        }
    }
}
