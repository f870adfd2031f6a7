//! Filters of reads of `$all`: by stream or by type, by prefixes or by a regular expression.

use fancy_regex::Regex;
use tonic::Status;

use super::log::Record;
use super::wire::streams::read_req::options::FilterOptions;
use super::wire::streams::read_req::options::filter_options::{Expression, Filter as Subject, Window};

/// How many events a page of a read holds at most, and how many a filtered page looks at unless the caller says otherwise.
pub(super) const PAGE: usize = 32;

/// Which events of `$all` are wanted, and how many are looked at between two checkpoints.
#[derive(Debug)]
pub(super) struct Filter {
    by_stream: bool,
    rule: Rule,
    /// Events looked at in one page.
    pub window: usize,
    /// Events looked at between two checkpoints.
    pub checkpoint_interval: u64,
}

#[derive(Debug)]
enum Rule {
    Prefixes(Vec<String>),
    /// Unanchored. Look-ahead is needed: clients exclude types that way.
    Expression(Box<Regex>),
}

impl Filter {
    /// Reads a filter from a request.
    ///
    /// # Errors
    /// `InvalidArgument` if something is missing or the expression is malformed.
    pub fn from_message(message: &FilterOptions) -> Result<Self, Status> {
        let (by_stream, expression) = match &message.filter {
            None => return Err(Status::invalid_argument("a filter without an expression")),
            Some(Subject::StreamIdentifier(expression)) => (true, expression),
            Some(Subject::EventType(expression)) => (false, expression),
        };
        let window = match message.window {
            None => return Err(Status::invalid_argument("a filter without a window")),
            Some(Window::Count(_)) => PAGE,
            Some(Window::Max(window)) => window.max(1) as usize,
        };
        let multiplier = u64::from(message.checkpoint_interval_multiplier.max(1));
        Ok(Self { by_stream, rule: rule(expression)?, window, checkpoint_interval: multiplier * window as u64 })
    }

    /// Whether the event is wanted. A link is judged by itself, not by what it stands for.
    pub fn wants(&self, record: &Record) -> bool {
        let subject: &str = if self.by_stream { &record.stream } else { &record.event_type };
        match &self.rule {
            Rule::Prefixes(prefixes) => prefixes.iter().any(|prefix| subject.starts_with(prefix)),
            Rule::Expression(expression) => expression.is_match(subject).unwrap_or(false),
        }
    }
}

fn rule(expression: &Expression) -> Result<Rule, Status> {
    if expression.regex.is_empty() {
        return Ok(Rule::Prefixes(expression.prefix.clone()));
    }
    let regex = Regex::new(&expression.regex);
    let regex =
        regex.map_err(|error| Status::invalid_argument(format!("Invalid pattern '{}': {error}", expression.regex)))?;
    Ok(Rule::Expression(Box::new(regex)))
}
