//! From the window's texts to the engine's values.

use chrono::{DateTime, Utc};
use es_core::{EventFilter, Position, StreamName, StreamVersion, limits};
use inspector::ColumnPath;
use uuid::Uuid;

use crate::selection::Beyond;
use crate::wire::{AppError, EventQuery};

/// Longest name of an actor: it stands in the metadata of every event.
const ACTOR_BYTES: usize = 100;

/// A whole number.
pub(super) fn number(what: &str, text: &str) -> Result<u64, AppError> {
    let number = text.parse::<u64>().ok().filter(|number| *number <= Position::MAX.get());
    number.ok_or_else(|| AppError::bad_argument(what, text, "a whole number from 0 on"))
}

pub(crate) fn position(text: &str) -> Result<Position, AppError> {
    number("Position", text).map(Position)
}

pub(crate) fn version(text: &str) -> Result<StreamVersion, AppError> {
    number("Version", text).map(StreamVersion)
}

pub(crate) fn stream(text: &str) -> Result<StreamName, AppError> {
    StreamName::new(text).map_err(|error| AppError::of("bad_argument", &error, "Search the list of streams."))
}

pub(super) fn time(text: &str) -> Result<DateTime<Utc>, AppError> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
    parsed.map_err(|_| AppError::bad_argument("Time", text, "an RFC 3339 time such as 2026-03-01T12:00:00Z"))
}

pub(crate) fn id(what: &str, text: &str) -> Result<Uuid, AppError> {
    Uuid::try_parse(text).map_err(|_| AppError::bad_argument(what, text, "a UUID"))
}

/// A person who does something.
pub(super) fn actor(text: &str) -> Result<&str, AppError> {
    let actor = text.trim();
    if actor.is_empty() || actor.len() > ACTOR_BYTES || actor.chars().any(char::is_control) {
        return Err(AppError::bad_argument("Actor", actor, "a name of 1 to 100 characters"));
    }
    // The actors of processes are the engine's own: nobody else may speak in their name.
    if actor.starts_with("process:") {
        return Err(AppError::bad_argument("Actor", actor, "a person; `process:` is kept for the engine"));
    }
    Ok(actor)
}

/// Why somebody does something, if they say so: kept with the command's events for ever.
pub(crate) fn reason(text: Option<&str>) -> Result<Option<String>, AppError> {
    let Some(reason) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let (characters, most) = (reason.chars().count(), limits::REASON_CHARACTERS);
    if characters > most {
        let message = format!("A reason has at most {most} characters; this one has {characters}.");
        return Err(AppError::new("bad_reason", message, "Shorten it and try again."));
    }
    Ok(Some(reason.to_owned()))
}

/// Most columns that a list shows beside its own: more find no room in any window.
const COLUMNS: usize = 12;

/// Paths whose values a list shows.
pub(super) fn columns(texts: &[String]) -> Result<Vec<ColumnPath>, AppError> {
    if texts.len() > COLUMNS {
        let message = format!("{} columns are too many.", texts.len());
        return Err(AppError::new("bad_argument", message, format!("Choose at most {COLUMNS}.")));
    }
    let column = |text: &String| {
        ColumnPath::parse(text).map_err(|error| {
            let wanted = format!("a path such as amount.minor: {error}");
            AppError::bad_argument("Column", text, &wanted)
        })
    };
    texts.iter().map(column).collect()
}

/// What is asked for, or nothing where a field was left empty.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// What a query asks beyond what a store knows.
pub(crate) fn beyond(query: &EventQuery) -> Result<Beyond, AppError> {
    let about = given(query.about.clone()).map(|text| stream(&text)).transpose()?;
    let condition = query.condition.clone().filter(|text| !text.trim().is_empty());
    Ok(Beyond { about, condition })
}

/// What a query asks of the store; its subject and its condition are not part of that.
pub(crate) fn filter(query: EventQuery) -> Result<EventFilter, AppError> {
    Ok(EventFilter {
        stream: given(query.stream).map(|text| stream(&text)).transpose()?,
        streams: query.streams.iter().map(|text| stream(text)).collect::<Result<_, _>>()?,
        stream_prefix: given(query.stream_prefix),
        categories: query.categories,
        event_types: query.event_types,
        correlation_id: given(query.correlation_id).map(|text| id("Correlation id", &text)).transpose()?,
        actor: given(query.actor),
        after: given(query.after).map(|text| position(&text)).transpose()?,
        through: given(query.through).map(|text| position(&text)).transpose()?,
        recorded_from: given(query.recorded_from).map(|text| time(&text)).transpose()?,
        recorded_until: given(query.recorded_until).map(|text| time(&text)).transpose()?,
        contains: given(query.contains),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_position_can_be_are_refused_with_the_text_given() {
        for bad in ["", "-1", "1.5", "x", "9223372036854775808", "99999999999999999999"] {
            let error = position(bad).expect_err("must be refused");
            assert_eq!(error.code, "bad_argument", "{bad:?}");
            assert!(error.message.contains(bad), "the message names {bad:?}: {}", error.message);
        }
        assert_eq!(position("9223372036854775807").expect("the highest one"), Position::MAX);
    }

    #[test]
    fn an_empty_query_restricts_nothing_and_empty_fields_count_as_absent() {
        assert!(filter(EventQuery::default()).expect("valid").is_unrestricted(), "no field is given");
        let empty = EventQuery { stream: Some(String::new()), contains: Some(String::new()), ..EventQuery::default() };
        assert!(filter(empty).expect("valid").is_unrestricted(), "empty text is no condition");
    }

    #[test]
    fn a_bad_time_or_id_is_refused() {
        let bad_time = EventQuery { recorded_from: Some("yesterday".to_owned()), ..EventQuery::default() };
        assert_eq!(filter(bad_time).expect_err("not a time").code, "bad_argument");
        let bad_id = EventQuery { correlation_id: Some("7".to_owned()), ..EventQuery::default() };
        assert_eq!(filter(bad_id).expect_err("not an id").code, "bad_argument");
    }
}
