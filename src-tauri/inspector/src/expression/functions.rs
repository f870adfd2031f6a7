//! Functions of the language that are offered: texts, sizes, times, and exact conversions.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use super::value::{Term, exact, span_text, time_text};
use super::{EvaluationError, Number};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Whole,
    Decimal,
    Text,
    Time,
    Duration,
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// Name, function, whether it is called on a value (`x.f()`), and in the other way, too.
const FUNCTIONS: [(&str, Function, bool, bool); 20] = [
    ("size", Function::Size, true, true),
    ("contains", Function::Contains, true, false),
    ("startsWith", Function::StartsWith, true, false),
    ("endsWith", Function::EndsWith, true, false),
    ("int", Function::Whole, false, true),
    ("uint", Function::Whole, false, true),
    ("double", Function::Decimal, false, true),
    ("string", Function::Text, false, true),
    ("timestamp", Function::Time, false, true),
    ("duration", Function::Duration, false, true),
    ("getFullYear", Function::FullYear, true, false),
    ("getMonth", Function::Month, true, false),
    ("getDate", Function::Date, true, false),
    ("getDayOfMonth", Function::DayOfMonth, true, false),
    ("getDayOfWeek", Function::DayOfWeek, true, false),
    ("getDayOfYear", Function::DayOfYear, true, false),
    ("getHours", Function::Hours, true, false),
    ("getMinutes", Function::Minutes, true, false),
    ("getSeconds", Function::Seconds, true, false),
    ("getMilliseconds", Function::Milliseconds, true, false),
];

impl Function {
    pub(super) fn named(name: &str, member: bool) -> Option<Self> {
        let found = FUNCTIONS
            .iter()
            .find(|(known, _, on_value, alone)| *known == name && if member { *on_value } else { *alone });
        found.map(|(_, function, _, _)| *function)
    }

    /// All of them, for a message; those that are macros or part of the syntax first.
    pub(super) fn names() -> String {
        let names: Vec<_> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
        format!("has, all, exists, exists_one, map, filter, matches, {}", names.join(", "))
    }

    pub(super) fn operands(self) -> usize {
        if matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith) { 2 } else { 1 }
    }

    pub(super) fn call<'s>(self, arguments: &[Term<'s>]) -> Result<Term<'s>, EvaluationError> {
        match (self, arguments) {
            (Self::Size, [Term::Text(text)]) => Ok(count(text.chars().count())),
            (Self::Size, [list]) if list.len().is_some() => Ok(count(list.len().unwrap_or_default())),
            (Self::Contains, [Term::Text(text), Term::Text(part)]) => Ok(Term::Boolean(text.contains(&**part))),
            (Self::StartsWith, [Term::Text(text), Term::Text(part)]) => Ok(Term::Boolean(text.starts_with(&**part))),
            (Self::EndsWith, [Term::Text(text), Term::Text(part)]) => Ok(Term::Boolean(text.ends_with(&**part))),
            (Self::Whole, [value]) => whole(value),
            (Self::Decimal, [value]) => number(value).map(Term::Number),
            (Self::Text, [value]) => text(value),
            (Self::Time, [value]) => time(value),
            (Self::Duration, [Term::Span(span)]) => Ok(Term::Span(*span)),
            (Self::Duration, [Term::Text(text)]) => duration(text).map(Term::Span),
            (part, [Term::Time(time)]) => part.of_time(*time),
            (part, [Term::Span(span)]) => part.of_span(*span),
            (_, others) => Err(self.unfit(others)),
        }
    }

    fn unfit(self, arguments: &[Term<'_>]) -> EvaluationError {
        let name = FUNCTIONS.iter().find(|(_, function, _, _)| *function == self).map_or("", |(name, ..)| name);
        let kinds: Vec<_> = arguments.iter().map(Term::kind).collect();
        EvaluationError::WrongKind { what: format!("{name} cannot be applied to {}", kinds.join(" and ")) }
    }

    /// Parts of a time in UTC. Months and days of the year count from 0, as the language has it; `getDate` from 1.
    fn of_time(self, time: DateTime<Utc>) -> Result<Term<'static>, EvaluationError> {
        let part = match self {
            Self::FullYear => i128::from(time.year()),
            Self::Month => i128::from(time.month0()),
            Self::Date => i128::from(time.day()),
            Self::DayOfMonth => i128::from(time.day0()),
            Self::DayOfWeek => i128::from(time.weekday().num_days_from_sunday()),
            Self::DayOfYear => i128::from(time.ordinal0()),
            Self::Hours => i128::from(time.hour()),
            Self::Minutes => i128::from(time.minute()),
            Self::Seconds => i128::from(time.second()),
            Self::Milliseconds => i128::from(time.timestamp_subsec_millis()),
            _ => return Err(self.unfit(&[Term::Time(time)])),
        };
        Ok(Term::Number(Number::from(part)))
    }

    /// A duration as a whole in some unit, as the language has it.
    fn of_span(self, span: TimeDelta) -> Result<Term<'static>, EvaluationError> {
        let part = match self {
            Self::Hours => span.num_hours(),
            Self::Minutes => span.num_minutes(),
            Self::Seconds => span.num_seconds(),
            Self::Milliseconds => span.num_milliseconds(),
            _ => return Err(self.unfit(&[Term::Span(span)])),
        };
        Ok(Term::Number(Number::from(i128::from(part))))
    }
}

fn count<'s>(count: usize) -> Term<'s> {
    Term::Number(Number::from(count as u64))
}

fn number(value: &Term<'_>) -> Result<Number, EvaluationError> {
    match value {
        Term::Number(number) => Ok(*number),
        Term::Money { minor, .. } => Ok(Number::from(*minor)),
        Term::Text(text) => Number::parse(text).ok_or_else(|| EvaluationError::WrongKind {
            what: format!("{:?} is no number of at most 38 digits", shortened(text)),
        }),
        other => Err(EvaluationError::WrongKind { what: format!("{} is no number", other.kind()) }),
    }
}

fn whole<'s>(value: &Term<'_>) -> Result<Term<'s>, EvaluationError> {
    match value {
        Term::Time(time) => Ok(Term::Number(Number::from(i128::from(time.timestamp())))),
        other => Ok(Term::Number(number(other)?.truncated())),
    }
}

fn text<'s>(value: &Term<'s>) -> Result<Term<'s>, EvaluationError> {
    match value {
        Term::Text(_) => Ok(value.clone()),
        Term::Boolean(_) | Term::Number(_) | Term::Money { .. } | Term::Time(_) | Term::Span(_) => {
            Ok(Term::text(value.settled().text()))
        }
        other => Err(EvaluationError::WrongKind { what: format!("{} cannot be made a text", other.kind()) }),
    }
}

fn time<'s>(value: &Term<'s>) -> Result<Term<'s>, EvaluationError> {
    let wrong = |what: String| EvaluationError::WrongKind { what };
    match value {
        Term::Time(_) => Ok(value.clone()),
        Term::Text(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Ok(Term::Time(time.with_timezone(&Utc))),
            Err(_) => {
                let example = time_text(DateTime::UNIX_EPOCH);
                Err(wrong(format!("{:?} is no time; write it like {example}", shortened(text))))
            }
        },
        Term::Number(seconds) => {
            let whole = seconds.whole().and_then(|whole| i64::try_from(whole).ok());
            let time = whole.and_then(|whole| DateTime::from_timestamp(whole, 0));
            time.map(Term::Time).ok_or_else(|| wrong(format!("{seconds} is no time in whole seconds since 1970")))
        }
        other => Err(wrong(format!("{} is no time", other.kind()))),
    }
}

/// As CEL writes them: numbers with units, `1h30m`, `-1.5s`, `10ms`.
fn duration(text: &str) -> Result<TimeDelta, EvaluationError> {
    let wrong = || EvaluationError::WrongKind {
        what: format!(
            "{:?} is no duration; write it like {} or 1h30m",
            shortened(text),
            span_text(TimeDelta::seconds(90))
        ),
    };
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut nanos = Number::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let unit = match &rest[digits..unit_end] {
            "h" => 3_600_000_000_000_u64,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" => 1_000,
            "ns" => 1,
            _ => return Err(wrong()),
        };
        let part = exact(&rest[..digits]).map_err(|_| wrong())?.times(Number::from(unit));
        nanos = part.and_then(|part| nanos.plus(part)).ok_or_else(wrong)?;
        rest = &rest[unit_end..];
    }
    let nanos = nanos.whole().and_then(|nanos| i64::try_from(nanos).ok()).ok_or_else(wrong)?;
    Ok(TimeDelta::nanoseconds(if negative { -nanos } else { nanos }))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
