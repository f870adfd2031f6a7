//! Given-When-Then on pure deciders.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use es_core::{CommandContext, Decider, References, Reject};
use uuid::Uuid;

/// History, and the state that it leads to.
pub struct Given<D: Decider> {
    state: D::State,
    references: References,
}

/// What a decider answered.
pub struct When<D: Decider> {
    state: D::State,
    decided: Result<Vec<D::Event>, D::Rejection>,
}

/// A context for tests: fixed ids, and the given time.
#[must_use]
pub fn context(now: DateTime<Utc>) -> CommandContext {
    CommandContext {
        command_id: Uuid::from_u128(1),
        now,
        business_date: now.date_naive(),
        actor: "tester".to_owned(),
        channel: "test".to_owned(),
        reason: None,
        correlation_id: Uuid::from_u128(2),
        causation_id: Uuid::from_u128(3),
    }
}

/// Starts from a history.
#[must_use]
pub fn given<D: Decider>(history: &[D::Event]) -> Given<D> {
    let mut state = D::State::default();
    history.iter().for_each(|event| D::evolve(&mut state, event));
    Given { state, references: References::default() }
}

impl<D: Decider> Given<D> {
    /// Adds states of other aggregates that the decision may look at.
    #[must_use]
    pub fn with_references(mut self, references: References) -> Self {
        self.references = references;
        self
    }

    /// Decides a command.
    pub fn when(self, command: &D::Command, context: &CommandContext) -> When<D> {
        let decided = D::decide(&self.state, command, context, &self.references);
        When { state: self.state, decided }
    }
}

impl<D: Decider> When<D>
where
    D::Event: Debug,
    D::Rejection: Debug,
{
    /// The events, which must be these.
    ///
    /// # Panics
    /// The command was refused, or led to other events.
    #[track_caller]
    pub fn then(&self, expected: &[D::Event])
    where
        D::Event: PartialEq,
    {
        assert_eq!(self.decided.as_deref().expect("the command is accepted"), expected, "other events than expected");
    }

    /// The state after the events.
    ///
    /// # Panics
    /// The command was refused.
    #[track_caller]
    pub fn then_state(mut self) -> D::State {
        let events = self.decided.expect("the command is accepted");
        events.iter().for_each(|event| D::evolve(&mut self.state, event));
        self.state
    }

    /// The rejection, which must have this code.
    ///
    /// # Panics
    /// The command was accepted, or refused for another reason.
    #[track_caller]
    pub fn then_rejected(&self, code: &str) -> es_core::Rejection {
        let rejection = self.decided.as_ref().expect_err("the command is refused").to_rejection();
        assert_eq!(rejection.code, code, "refused for another reason: {}", rejection.message);
        rejection
    }
}
