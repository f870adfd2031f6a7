//! Evaluates a tree over a scope, within a number of steps.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use es_core::RecordedEvent;

use super::compile::{Loop, Node, Operator};
use super::value::{Term, same_currency};
use super::{EvaluationError, Number, Root, Scope, Value};
use crate::limits;

/// What an event can be asked for.
pub(super) const EVENT_FIELDS: [&str; 12] = [
    "type",
    "stream",
    "category",
    "version",
    "position",
    "id",
    "recordedAt",
    "schemaVersion",
    "actor",
    "correlationId",
    "causationId",
    "problem",
];

type Outcome<'s> = Result<Term<'s>, EvaluationError>;

pub(super) fn evaluate<'s>(node: &'s Node, scope: &'s Scope<'_>) -> Result<Value, EvaluationError> {
    let mut run = Run { scope, locals: Vec::new(), left: limits::EVALUATION_STEPS };
    let term = run.node(node)?;
    run.spend(term.weight())?;
    Ok(term.settled())
}

struct Run<'n, 's> {
    scope: &'s Scope<'n>,
    /// Variables of the comprehensions around; what one gathers may itself have come to nothing so far.
    locals: Vec<Outcome<'s>>,
    left: u64,
}

impl<'n, 's> Run<'n, 's> {
    fn spend(&mut self, steps: u64) -> Result<(), EvaluationError> {
        self.left = self.left.checked_sub(steps).ok_or(EvaluationError::TooCostly)?;
        Ok(())
    }

    fn node(&mut self, node: &'s Node) -> Outcome<'s> {
        self.spend(1)?;
        match node {
            Node::Null => Ok(Term::Null),
            Node::Boolean(yes) => Ok(Term::Boolean(*yes)),
            Node::Number(number) => Ok(Term::Number(*number)),
            Node::Text(text) => Ok(Term::Text(Cow::Borrowed(text))),
            Node::Root(Root::Event) => Ok(Term::Event),
            Node::Root(root) => Term::of(self.scope.document(*root)?, 0),
            Node::Local(at) => self.locals[*at].clone(),
            Node::Select { of, field, test } => self.select(of, field, *test),
            Node::Index { of, at } => self.index(of, at),
            Node::List(elements) => {
                let elements: Result<Vec<_>, _> = elements.iter().map(|element| self.node(element)).collect();
                Ok(Term::List(Rc::new(elements?)))
            }
            Node::Not(of) => Ok(Term::Boolean(!self.condition(of)?)),
            Node::Negate(of) => {
                let value = self.node(of)?;
                negated(&value)
            }
            Node::And(left, right) => self.junction(left, right, false),
            Node::Or(left, right) => self.junction(left, right, true),
            Node::Either { condition, yes, no } => {
                if self.condition(condition)? {
                    self.node(yes)
                } else {
                    self.node(no)
                }
            }
            Node::NotStrictlyFalse(of) => match self.node(of) {
                Err(EvaluationError::TooCostly) => Err(EvaluationError::TooCostly),
                outcome => Ok(Term::Boolean(!matches!(outcome, Ok(Term::Boolean(false))))),
            },
            Node::Binary(operator, left, right) => self.binary(*operator, left, right),
            Node::Gather { list, element } => self.gather(*list, element),
            Node::Matches { text, pattern } => match self.node(text)? {
                Term::Text(text) => {
                    self.spend(text.len() as u64)?;
                    Ok(Term::Boolean(pattern.is_match(&text)))
                }
                other => Err(wrong(format!("a pattern cannot be matched with {}", other.kind()))),
            },
            Node::Call { function, arguments } => {
                let arguments: Vec<_> = arguments.iter().map(|node| self.node(node)).collect::<Result<_, _>>()?;
                self.spend(arguments.iter().map(Term::weight).sum())?;
                function.call(&arguments)
            }
            Node::Loop(comprehension) => self.comprehension(comprehension),
        }
    }

    fn condition(&mut self, node: &'s Node) -> Result<bool, EvaluationError> {
        match self.node(node)? {
            Term::Boolean(yes) => Ok(yes),
            other => Err(wrong(format!("{} stands where yes or no is needed", other.kind()))),
        }
    }

    /// `&&` and `||`: one side that decides the matter is enough, whatever the other side comes to.
    fn junction(&mut self, left: &'s Node, right: &'s Node, deciding: bool) -> Outcome<'s> {
        let left = match self.condition(left) {
            Ok(yes) if yes == deciding => return Ok(Term::Boolean(deciding)),
            Err(EvaluationError::TooCostly) => return Err(EvaluationError::TooCostly),
            other => other,
        };
        match self.condition(right) {
            Ok(yes) if yes == deciding => Ok(Term::Boolean(deciding)),
            Err(EvaluationError::TooCostly) => Err(EvaluationError::TooCostly),
            right => left.and(right).map(Term::Boolean),
        }
    }

    fn select(&mut self, of: &'s Node, field: &'s str, test: bool) -> Outcome<'s> {
        let value = self.node(of)?;
        let found = match &value {
            Term::Event => event_field(self.scope, field)?,
            Term::Money { minor, currency } => match field {
                "minor" => Some(Term::Number(Number::from(*minor))),
                "currency" => Some(Term::Text(currency.clone())),
                _ => None,
            },
            other => match other.as_object() {
                Some((document, index)) => {
                    self.spend(u64::from(document.node(index).children))?;
                    match document.member(index, field) {
                        Some(_) if test => return Ok(Term::Boolean(true)),
                        Some(member) => Some(Term::of(document, member)?),
                        None => None,
                    }
                }
                None if test => return Ok(Term::Boolean(false)),
                None => return Err(wrong(format!("{} is {} and has no fields", path_of(of), other.kind()))),
            },
        };
        match found {
            _ if test => Ok(Term::Boolean(found.is_some())),
            Some(value) => Ok(value),
            None => Err(EvaluationError::Missing { path: member_path(of, field) }),
        }
    }

    fn index(&mut self, of: &'s Node, at: &'s Node) -> Outcome<'s> {
        let (value, at) = (self.node(of)?, self.node(at)?);
        match (&value, &at) {
            (_, Term::Text(key)) => {
                let Some((document, index)) = value.as_object() else {
                    return Err(wrong(format!("{} has no fields", value.kind())));
                };
                self.spend(u64::from(document.node(index).children))?;
                let member = document.member(index, key);
                let missing = || EvaluationError::Missing { path: member_path(of, key) };
                Term::of(document, member.ok_or_else(missing)?)
            }
            (Term::Container(..) | Term::List(_), Term::Number(number)) if value.as_object().is_none() => {
                let len = value.len().unwrap_or_default();
                self.spend(len as u64)?;
                let position = number.whole().and_then(|whole| usize::try_from(whole).ok());
                let element = match (&value, position.filter(|position| *position < len)) {
                    (Term::List(elements), Some(position)) => elements.get(position).cloned(),
                    (Term::Container(document, index), Some(position)) => {
                        let child = document.children(*index).get(position).copied();
                        child.map(|child| Term::of(document, child)).transpose()?
                    }
                    _ => None,
                };
                element.ok_or(EvaluationError::NoSuchElement { index: *number, len })
            }
            _ => Err(wrong(format!("{} cannot be indexed by {}", value.kind(), at.kind()))),
        }
    }

    fn binary(&mut self, operator: Operator, left: &'s Node, right: &'s Node) -> Outcome<'s> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        self.spend(left.weight() + right.weight())?;
        let ordered = |holds: fn(Ordering) -> bool| left.order(&right).map(|order| Term::Boolean(holds(order)));
        match operator {
            Operator::Equal => Ok(Term::Boolean(left.equals(&right)?)),
            Operator::NotEqual => Ok(Term::Boolean(!left.equals(&right)?)),
            Operator::Less => ordered(Ordering::is_lt),
            Operator::LessOrEqual => ordered(Ordering::is_le),
            Operator::Greater => ordered(Ordering::is_gt),
            Operator::GreaterOrEqual => ordered(Ordering::is_ge),
            Operator::In => self.contains(&left, &right),
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
                calculated(operator, &left, &right)
            }
        }
    }

    fn contains(&mut self, element: &Term<'s>, list: &Term<'s>) -> Outcome<'s> {
        let elements = list.elements()?;
        self.spend(elements.len() as u64)?;
        for candidate in &elements {
            if candidate.equals(element)? {
                return Ok(Term::Boolean(true));
            }
        }
        Ok(Term::Boolean(false))
    }

    fn gather(&mut self, list: usize, element: &'s Node) -> Outcome<'s> {
        let element = self.node(element)?;
        // Taken out so that it has one owner: it then grows in place. The step's outcome is put back by the comprehension.
        let gathered = std::mem::replace(&mut self.locals[list], Ok(Term::Null))?;
        match gathered {
            Term::List(mut elements) => {
                Rc::make_mut(&mut elements).push(element);
                Ok(Term::List(elements))
            }
            other => calculated(Operator::Add, &other, &Term::List(Rc::new(vec![element]))),
        }
    }

    fn comprehension(&mut self, parts: &'s Loop) -> Outcome<'s> {
        let over = self.node(&parts.over)?;
        self.spend(over.weight())?;
        let elements = over.elements()?;
        let start = self.node(&parts.start);
        self.locals.truncate(parts.first);
        self.locals.push(start);
        self.locals.push(Ok(Term::Null));
        for element in elements {
            self.locals[parts.first + 1] = Ok(element);
            if !self.condition(&parts.go_on)? {
                break;
            }
            // A step that comes to nothing may still be outweighed by a later one: that is how `exists` is defined.
            let step = self.node(&parts.step);
            if let Err(EvaluationError::TooCostly) = step {
                return Err(EvaluationError::TooCostly);
            }
            self.locals.truncate(parts.first + 2);
            self.locals[parts.first] = step;
        }
        let result = self.node(&parts.result);
        self.locals.truncate(parts.first);
        result
    }
}

fn wrong(what: String) -> EvaluationError {
    EvaluationError::WrongKind { what }
}

fn event_field<'s>(scope: &'s Scope<'_>, field: &str) -> Result<Option<Term<'s>>, EvaluationError> {
    let event: &RecordedEvent = scope.event();
    let borrowed = |text: &'s str| Some(Term::Text(Cow::Borrowed(text)));
    Ok(match field {
        "type" => borrowed(&event.event_type),
        "stream" => borrowed(event.stream.as_str()),
        "category" => borrowed(event.stream.category()),
        "version" => Some(Term::Number(Number::from(event.version.get()))),
        "position" => Some(Term::Number(Number::from(event.position.get()))),
        "id" => Some(Term::text(event.event_id.to_string())),
        "recordedAt" => Some(Term::Time(event.recorded_at)),
        "schemaVersion" => Some(Term::Number(Number::from(u64::from(event.schema_version)))),
        "correlationId" => event.correlation_id.map(|id| Term::text(id.to_string())),
        "causationId" => event.causation_id.map(|id| Term::text(id.to_string())),
        "problem" => scope.problem().map(Term::text),
        "actor" => {
            let metadata = scope.document(Root::Metadata)?;
            metadata.member(0, "actor").map(|member| Term::of(metadata, member)).transpose()?
        }
        _ => None,
    })
}

fn negated<'s>(value: &Term<'s>) -> Outcome<'s> {
    match value {
        Term::Number(number) => Ok(Term::Number(number.negated())),
        Term::Money { minor, currency } => Ok(Term::Money { minor: -minor, currency: currency.clone() }),
        Term::Span(span) => Ok(Term::Span(-*span)),
        other => Err(wrong(format!("{} has no negative", other.kind()))),
    }
}

fn calculated<'s>(operator: Operator, left: &Term<'s>, right: &Term<'s>) -> Outcome<'s> {
    use Operator::{Add, Multiply, Subtract};
    let overflow = || EvaluationError::Overflow { operation: name_of(operator).to_owned() };
    match (operator, left, right) {
        (_, Term::Number(left), Term::Number(right)) => numbers(operator, *left, *right).map(Term::Number),
        (Add | Subtract, Term::Money { minor, currency }, Term::Money { minor: other, currency: another }) => {
            same_currency(currency, another)?;
            amount(numbers(operator, Number::from(*minor), Number::from(*other))?, currency)
        }
        (Add | Subtract | Multiply, Term::Money { minor, currency }, Term::Number(number)) => {
            amount(numbers(operator, Number::from(*minor), *number)?, currency)
        }
        (Add | Subtract | Multiply, Term::Number(number), Term::Money { minor, currency }) => {
            amount(numbers(operator, *number, Number::from(*minor))?, currency)
        }
        (Add, Term::Text(left), Term::Text(right)) => Ok(Term::text(format!("{left}{right}"))),
        (Add, Term::Time(time), Term::Span(span)) | (Add, Term::Span(span), Term::Time(time)) => {
            time.checked_add_signed(*span).map(Term::Time).ok_or_else(overflow)
        }
        (Subtract, Term::Time(time), Term::Span(span)) => {
            time.checked_sub_signed(*span).map(Term::Time).ok_or_else(overflow)
        }
        (Subtract, Term::Time(left), Term::Time(right)) => Ok(Term::Span(*left - *right)),
        (Add, Term::Span(left), Term::Span(right)) => left.checked_add(right).map(Term::Span).ok_or_else(overflow),
        (Subtract, Term::Span(left), Term::Span(right)) => left.checked_sub(right).map(Term::Span).ok_or_else(overflow),
        (Add, left, right) if is_list(left) && is_list(right) => {
            let mut elements = left.elements()?;
            elements.extend(right.elements()?);
            Ok(Term::List(Rc::new(elements)))
        }
        _ => Err(wrong(format!("{} of {} and {} has no meaning", name_of(operator), left.kind(), right.kind()))),
    }
}

fn is_list(term: &Term<'_>) -> bool {
    term.len().is_some() && term.as_object().is_none()
}

/// Whole minor units only: half a cent is no amount.
fn amount<'s>(minor: Number, currency: &Cow<'s, str>) -> Outcome<'s> {
    let whole = minor.whole();
    let whole = whole.ok_or_else(|| wrong(format!("{minor} {currency} is no whole number of minor units")))?;
    Ok(Term::Money { minor: whole, currency: currency.clone() })
}

/// Whole numbers divide as the language has it, towards zero; decimals do not divide, since most quotients end nowhere.
fn numbers(operator: Operator, left: Number, right: Number) -> Result<Number, EvaluationError> {
    let overflow = || EvaluationError::Overflow { operation: name_of(operator).to_owned() };
    match operator {
        Operator::Add => left.plus(right).ok_or_else(overflow),
        Operator::Subtract => left.minus(right).ok_or_else(overflow),
        Operator::Multiply => left.times(right).ok_or_else(overflow),
        _ if right == Number::ZERO => Err(EvaluationError::DivisionByZero),
        _ => {
            let (Some(left), Some(right)) = (left.whole(), right.whole()) else {
                return Err(wrong(
                    "only whole numbers can be divided exactly; multiply the other side instead".to_owned(),
                ));
            };
            Ok(Number::from(if operator == Operator::Divide { left / right } else { left % right }))
        }
    }
}

fn name_of(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "the sum",
        Operator::Subtract => "the difference",
        Operator::Multiply => "the product",
        Operator::Divide => "the quotient",
        Operator::Remainder => "the remainder",
        _ => "the comparison",
    }
}

/// A path as the expression names it, for messages.
fn path_of(node: &Node) -> String {
    match node {
        Node::Root(Root::Event) => "event".to_owned(),
        Node::Root(Root::Payload) => "payload".to_owned(),
        Node::Root(Root::Metadata) => "metadata".to_owned(),
        Node::Root(Root::State) => "state".to_owned(),
        Node::Select { of, field, .. } => member_path(of, field),
        Node::Index { of, .. } => format!("{}[…]", path_of(of)),
        _ => "value".to_owned(),
    }
}

fn member_path(of: &Node, field: &str) -> String {
    format!("{}.{field}", path_of(of))
}
