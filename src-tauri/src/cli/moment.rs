//! Texts that name a stream or a moment.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use es_core::{Position, StreamName, StreamVersion};

use super::desk::Desk;
use super::failure::Failure;

pub(super) fn stream_name(text: &str) -> Result<StreamName, Failure> {
    StreamName::new(text).map_err(|error| {
        let message = crate::errors::sentence(&error.to_string());
        Failure::bad_input("bad_argument", message, "`ledgerscope streams` lists the streams.")
    })
}

/// RFC 3339, or a date alone, which means its first moment in UTC.
pub(super) fn time(what: &str, text: &str) -> Result<DateTime<Utc>, Failure> {
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let exact = DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc));
    exact.or_else(date).ok_or_else(|| {
        let message = format!("{what} {text:?} is not a time.");
        Failure::bad_input("bad_argument", message, "Write it as 2026-03-01T12:00:00Z, or as 2026-03-01.")
    })
}

/// A version of a stream: a number, `@position`, or a time.
pub(super) async fn version(
    desk: &Desk,
    stream: &StreamName,
    what: &str,
    text: &str,
) -> Result<StreamVersion, Failure> {
    let number = |digits: &str| digits.parse::<u64>().ok().filter(|number| *number <= Position::MAX.get());
    if let Some(version) = number(text) {
        return Ok(StreamVersion(version));
    }
    if let Some(position) = text.strip_prefix('@').and_then(number) {
        return Ok(desk.inspector.version_at_position(stream, Position(position)).await?);
    }
    let moment = time(what, text).map_err(|_| {
        let message = format!("{what} {text:?} is neither a version, nor a time, nor a position.");
        let hint = "Write a version as 7, a time as 2026-03-01T12:00:00Z, a position of the log as @1234.";
        Failure::bad_input("bad_argument", message, hint)
    })?;
    Ok(desk.inspector.version_at(stream, moment).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_or_whole_days() {
        let exact = |text| time("--from", text).map(|time| time.to_rfc3339()).ok();
        assert_eq!(exact("2026-03-01").as_deref(), Some("2026-03-01T00:00:00+00:00"));
        assert_eq!(exact("2026-03-01T13:00:00+01:00").as_deref(), Some("2026-03-01T12:00:00+00:00"));
        for bad in ["yesterday", "2026-13-01", "", "12:00"] {
            assert_eq!(exact(bad), None, "{bad:?} is refused");
        }
    }
}
