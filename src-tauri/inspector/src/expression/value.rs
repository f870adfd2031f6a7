//! Values while a condition is evaluated, and the one it comes to.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::{EvaluationError, Number};
use crate::json::{Document, Kind};
use crate::limits;

/// What an expression comes to, exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A moment.
    Time(DateTime<Utc>),
    /// A length of time.
    Duration(TimeDelta),
    /// An amount of money.
    Money {
        /// Minor units.
        minor: i128,
        /// Its currency.
        currency: String,
    },
    /// A list or an object, as JSON text.
    Json(String),
}

impl Value {
    /// Exact text for people and programs: numbers as plain decimals, money as `-1250 EUR` in minor units, times in RFC 3339.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(yes) => yes.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) | Self::Json(text) => text.clone(),
            Self::Time(time) => time_text(*time),
            Self::Duration(span) => span_text(*span),
            Self::Money { minor, currency } => format!("{minor} {currency}"),
        }
    }

    /// What a chart can draw: the number, or the amount in minor units; 1 and 0 for yes and no.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Boolean(yes) => Some(Number::from(u64::from(*yes))),
            Self::Number(number) => Some(*number),
            Self::Money { minor, .. } => Some(Number::from(*minor)),
            Self::Null | Self::Text(_) | Self::Time(_) | Self::Duration(_) | Self::Json(_) => None,
        }
    }

    /// What it is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "yes or no",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Time(_) => "a time",
            Self::Duration(_) => "a duration",
            Self::Money { .. } => "money",
            Self::Json(_) => "a list or an object",
        }
    }
}

pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// As CEL writes durations: seconds, with what is behind the point only where there is something.
pub(super) fn span_text(span: TimeDelta) -> String {
    let nanos = i128::from(span.num_seconds()) * 1_000_000_000 + i128::from(span.subsec_nanos());
    Number::new(nanos, 9).map_or_else(|| format!("{nanos}ns"), |seconds| format!("{seconds}s"))
}

/// A value that may still lie in a document.
#[derive(Debug, Clone)]
pub(super) enum Term<'s> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'s, str>),
    Time(DateTime<Utc>),
    Span(TimeDelta),
    Money {
        minor: i128,
        currency: Cow<'s, str>,
    },
    /// An object or array of a document.
    Container(&'s Document, usize),
    List(Rc<Vec<Term<'s>>>),
    /// The event itself, whose fields are no JSON.
    Event,
}

impl<'s> Term<'s> {
    pub(super) fn of(document: &'s Document, index: usize) -> Result<Self, EvaluationError> {
        Ok(match document.node(index).kind {
            Kind::Null => Self::Null,
            Kind::Boolean => Self::Boolean(document.raw(index) == "true"),
            Kind::Number => Self::Number(exact(document.raw(index))?),
            Kind::String => Self::Text(document.scalar(index)),
            Kind::Object => match money(document, index) {
                Some((minor, currency)) => Self::Money { minor, currency },
                None => Self::Container(document, index),
            },
            Kind::Array => Self::Container(document, index),
        })
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "yes or no",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Time(_) => "a time",
            Self::Span(_) => "a duration",
            Self::Money { .. } => "money",
            Self::Container(document, index) if document.node(*index).kind == Kind::Object => "an object",
            Self::Container(..) | Self::List(_) => "a list",
            Self::Event => "the event",
        }
    }

    /// The elements of a list, the keys of an object.
    ///
    /// # Errors
    /// It has neither, or a number among them has no exact form.
    pub(super) fn elements(&self) -> Result<Vec<Term<'s>>, EvaluationError> {
        match self {
            Self::List(elements) => Ok(elements.to_vec()),
            Self::Container(document, index) => {
                let document: &'s Document = document;
                let keys = document.node(*index).kind == Kind::Object;
                let element =
                    |child| if keys { Ok(Self::Text(document.key(child))) } else { Self::of(document, child) };
                document.children(*index).into_iter().map(element).collect()
            }
            other => Err(EvaluationError::WrongKind { what: format!("{} has no elements", other.kind()) }),
        }
    }

    /// Number of elements, or of members.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Self::List(elements) => Some(elements.len()),
            Self::Container(document, index) => Some(document.node(*index).children as usize),
            _ => None,
        }
    }

    /// # Errors
    /// A number in it has no exact form, or the values are nested too deeply to be compared.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, EvaluationError> {
        self.equals_within(other, limits::COMPARED_DEPTH)
    }

    fn equals_within(&self, other: &Self, depth: usize) -> Result<bool, EvaluationError> {
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Time(left), Self::Time(right)) => left == right,
            (Self::Span(left), Self::Span(right)) => left == right,
            // Amounts of different currencies can be told apart, they only have no order.
            (Self::Money { minor, currency }, Self::Money { minor: other, currency: another }) => {
                minor == other && currency == another
            }
            (Self::Number(_) | Self::Money { .. }, Self::Number(_) | Self::Money { .. }) => {
                self.order(other)? == Ordering::Equal
            }
            (Self::Container(..) | Self::List(_), Self::Container(..) | Self::List(_)) => {
                self.same_parts(other, depth)?
            }
            _ => false,
        })
    }

    fn same_parts(&self, other: &Self, depth: usize) -> Result<bool, EvaluationError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(EvaluationError::WrongKind { what: "values nested this deeply cannot be compared".to_owned() });
        };
        if self.kind() != other.kind() || self.len() != other.len() {
            return Ok(false);
        }
        // Members are compared by key, whatever their order.
        if let (Some((left, at)), Some((right, other_at))) = (self.as_object(), other.as_object()) {
            for child in left.children(at) {
                let Some(partner) = right.member(other_at, &left.key(child)) else { return Ok(false) };
                if !Self::of(left, child)?.equals_within(&Term::of(right, partner)?, depth)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        for (one, another) in self.elements()?.iter().zip(&other.elements()?) {
            if !one.equals_within(another, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn as_object(&self) -> Option<(&'s Document, usize)> {
        match self {
            Self::Container(document, index) if document.node(*index).kind == Kind::Object => Some((*document, *index)),
            _ => None,
        }
    }

    /// What walking through it costs: its values, or its text's length in words.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64 / 16,
            Self::Container(document, index) => document.size(*index) as u64,
            Self::List(elements) => elements.iter().map(|element| 1 + element.weight()).sum(),
            _ => 0,
        }
    }

    /// # Errors
    /// The two have no order: different kinds, or different currencies.
    pub(super) fn order(&self, other: &Self) -> Result<Ordering, EvaluationError> {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => Ok(left.cmp(right)),
            (Self::Money { minor, currency }, Self::Money { minor: other, currency: another }) => {
                same_currency(currency, another)?;
                Ok(minor.cmp(other))
            }
            // A bare number beside an amount counts its minor units.
            (Self::Money { minor, .. }, Self::Number(number)) => Ok(Number::from(*minor).cmp(number)),
            (Self::Number(number), Self::Money { minor, .. }) => Ok(number.cmp(&Number::from(*minor))),
            (Self::Text(left), Self::Text(right)) => Ok(left.cmp(right)),
            (Self::Boolean(left), Self::Boolean(right)) => Ok(left.cmp(right)),
            (Self::Time(left), Self::Time(right)) => Ok(left.cmp(right)),
            (Self::Span(left), Self::Span(right)) => Ok(left.cmp(right)),
            _ => {
                Err(EvaluationError::WrongKind { what: format!("{} and {} have no order", self.kind(), other.kind()) })
            }
        }
    }

    pub(super) fn settled(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(yes) => Value::Boolean(*yes),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(text.clone().into_owned()),
            Self::Time(time) => Value::Time(*time),
            Self::Span(span) => Value::Duration(*span),
            Self::Money { minor, currency } => Value::Money { minor: *minor, currency: currency.clone().into_owned() },
            Self::Container(..) | Self::List(_) | Self::Event => Value::Json(self.json()),
        }
    }

    fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(yes) => yes.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::Time(time) => quoted(&time_text(*time)),
            Self::Span(span) => quoted(&span_text(*span)),
            Self::Money { minor, currency } => format!(r#"{{"minor":"{minor}","currency":{}}}"#, quoted(currency)),
            Self::Container(document, index) => document.raw(*index).to_owned(),
            Self::List(elements) => {
                format!("[{}]", elements.iter().map(Self::json).collect::<Vec<_>>().join(","))
            }
            Self::Event => quoted("event"),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

pub(super) fn same_currency(left: &str, right: &str) -> Result<(), EvaluationError> {
    if left == right {
        return Ok(());
    }
    Err(EvaluationError::CurrencyMismatch { left: left.to_owned(), right: right.to_owned() })
}

pub(super) fn exact(text: &str) -> Result<Number, EvaluationError> {
    Number::parse(text).ok_or_else(|| EvaluationError::Inexact { text: text.chars().take(60).collect() })
}

/// The minor units and currency of an object that has exactly these two: how every amount is written.
fn money(document: &Document, index: usize) -> Option<(i128, Cow<'_, str>)> {
    if document.node(index).children != 2 {
        return None;
    }
    let (minor, currency) = (document.member(index, "minor")?, document.member(index, "currency")?);
    let whole = matches!(document.node(minor).kind, Kind::String | Kind::Number);
    if !whole || document.node(currency).kind != Kind::String {
        return None;
    }
    let minor = Number::parse(&document.scalar(minor))?.whole()?;
    Some((minor, document.scalar(currency)))
}
