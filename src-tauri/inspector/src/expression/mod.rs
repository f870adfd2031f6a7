//! Conditions that people write: filters, watches, bisections. The language is CEL (the Common Expression Language), which
//! always ends; the `cel` crate parses it.
//!
//! It is evaluated here and not by that crate, whose numbers are 64-bit integers or floats and whose evaluation cannot be
//! stopped: here every number is an exact decimal, money is a value of its own, a field that is missing is told apart from
//! one that does not match, and an evaluation has a bounded number of steps.
//!
//! Names: `event` (`type`, `stream`, `category`, `version`, `position`, `id`, `recordedAt`, `schemaVersion`, `actor`,
//! `correlationId`, `causationId`, and `problem` of an event that does not decode), `payload`, `metadata`, `state`; where a stream's state is watched, the fields of the state
//! as bare names, too. Amounts (`{"minor":"950","currency":"EUR"}`) compare with each other in the same currency, and with bare
//! numbers by their minor units.

mod compile;
mod evaluate;
mod functions;
mod number;
mod scope;
mod value;

#[cfg(test)]
mod tests;

use es_core::Position;
use serde::Serialize;

pub use number::Number;
pub use scope::Scope;
pub use value::Value;
pub(crate) use value::time_text;

use compile::Node;

/// Where in a text something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Character of that line, from 1.
    pub column: u32,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, character {}: {message}", place.line, place.column)]
pub struct ExpressionError {
    /// What is wrong, for people.
    pub message: String,
    /// Where it is.
    pub place: Place,
}

/// Why an expression came to nothing for one event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A field is named that is not there.
    #[error("there is no {path}")]
    Missing {
        /// The field, as the expression names it.
        path: String,
    },
    /// Something as a whole is named that the scope does not have.
    #[error("the event has no {what} that could be read")]
    NotThere {
        /// `payload`, `metadata` or `state`.
        what: &'static str,
    },
    /// Something that is named is not JSON.
    #[error("the {what} is not valid JSON: {reason}")]
    NotJson {
        /// `payload`, `metadata` or `state`.
        what: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// An operation on values that it is not for.
    #[error("{what}")]
    WrongKind {
        /// What was tried.
        what: String,
    },
    /// Two currencies in one comparison or calculation.
    #[error("{left} and {right} cannot be compared or calculated with each other")]
    CurrencyMismatch {
        /// Currency on the left.
        left: String,
        /// Currency on the right.
        right: String,
    },
    /// A number that cannot be held exactly.
    #[error("the number {text} has more than 38 digits and cannot be held exactly")]
    Inexact {
        /// The number as written.
        text: String,
    },
    /// A result that cannot be held exactly.
    #[error("{operation} comes to more than 38 digits, or to no finite number of them")]
    Overflow {
        /// What was calculated.
        operation: String,
    },
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// An index beyond a list's end.
    #[error("there is no element {index} in a list of {len}")]
    NoSuchElement {
        /// The index.
        index: Number,
        /// Elements in the list.
        len: usize,
    },
    /// Too many steps.
    #[error("the evaluation takes more than {} steps", crate::limits::EVALUATION_STEPS)]
    TooCostly,
    /// A condition came to something else than yes or no.
    #[error("a condition is yes or no, this one is {kind}")]
    NotBoolean {
        /// What it came to.
        kind: &'static str,
    },
}

/// What an expression names, and its evaluation therefore reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Whether the payload is named.
    pub payload: bool,
    /// Whether the metadata are named (`event.actor` stands in them).
    pub metadata: bool,
    /// Whether the state is named, or a field of it.
    pub state: bool,
}

/// What stands first in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Event,
    Payload,
    Metadata,
    State,
}

/// Which names there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Event,
    EventAndState,
}

/// A parsed expression. Evaluating it changes nothing; it can be shared.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    node: Node,
    needs: Needs,
}

impl Expression {
    /// Parses an expression about an event.
    ///
    /// # Errors
    /// No expression of the language, an unknown name or function, too long or nested too deeply.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        compile::parse(text, Names::Event)
    }

    /// Parses an expression about the state of a stream, whose fields are names of their own: `available < 0`.
    /// A field that is called as one of the four names is `state.` and its name.
    ///
    /// # Errors
    /// As [`Expression::parse`], but for unknown names: they are fields of the state.
    pub fn parse_on_state(text: &str) -> Result<Self, ExpressionError> {
        compile::parse(text, Names::EventAndState)
    }

    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What its evaluation reads.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// What it comes to.
    ///
    /// # Errors
    /// A missing field, values that do not go together, no exact result, or too many steps.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        evaluate::evaluate(&self.node, scope)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], or it comes to something else than yes or no.
    pub fn matches(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        match self.evaluate(scope)? {
            Value::Boolean(yes) => Ok(yes),
            other => Err(EvaluationError::NotBoolean { kind: other.kind() }),
        }
    }
}

/// How a condition fared over many events. An event on which it came to nothing does not match, and is told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events on which it was evaluated.
    pub evaluated: u64,
    /// Those on which it holds.
    pub matched: u64,
    /// Those on which it came to nothing.
    pub not_evaluable: u64,
    /// The first of them, and why.
    pub first_not_evaluable: Option<(Position, EvaluationError)>,
}

impl Tally {
    /// Counts one event. Returns whether it matches.
    pub fn take(&mut self, position: Position, outcome: Result<bool, EvaluationError>) -> bool {
        self.evaluated += 1;
        match outcome {
            Ok(matches) => {
                self.matched += u64::from(matches);
                matches
            }
            Err(error) => {
                self.not_evaluable += 1;
                self.first_not_evaluable.get_or_insert((position, error));
                false
            }
        }
    }

    /// Puts the tally of later events behind this one.
    pub fn join(&mut self, later: Self) {
        self.evaluated += later.evaluated;
        self.matched += later.matched;
        self.not_evaluable += later.not_evaluable;
        if self.first_not_evaluable.is_none() {
            self.first_not_evaluable = later.first_not_evaluable;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "holds on {} of {} events", self.matched, self.evaluated)?;
        match &self.first_not_evaluable {
            Some((position, error)) => {
                write!(f, "; could not be evaluated on {}, first at position {position}: {error}", self.not_evaluable)
            }
            None => Ok(()),
        }
    }
}
