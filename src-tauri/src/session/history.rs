//! Questions about the history of streams: blame, one field, watch, bisect, lanes.

use chrono::NaiveDate;
use inspector::{Expression, Pace, Value};

use super::present::{money, time};
use super::{Session, arguments};
use crate::tasks::Task;
use crate::wire::{self, AppError};

/// Told while states are computed.
const FOLDING: &str = "Folding";
/// Told while events of lanes are read.
const READING: &str = "Reading events";

impl Session {
    /// Whether a text is an expression, and what is wrong with it where.
    #[must_use]
    pub fn check_expression(&self, text: &str, about: wire::ExpressionAbout) -> wire::ExpressionCheck {
        let parsed = match about {
            wire::ExpressionAbout::Events => Expression::parse(text),
            wire::ExpressionAbout::State => Expression::parse_on_state(text),
        };
        match parsed {
            Ok(expression) => wire::ExpressionCheck { problem: None, needs_state: expression.needs().state },
            Err(error) => wire::ExpressionCheck { problem: Some(error.into()), needs_state: false },
        }
    }

    /// Which event last set each value of a state.
    ///
    /// # Errors
    /// There is no such stream or version, it has no state, cancelled, or the store does not answer.
    pub async fn blame(&self, stream: &str, version: &str, task: Task) -> Result<wire::Blame, AppError> {
        let (stream, version) = (arguments::stream(stream)?, arguments::version(version)?);
        let tell = |done, total| task.report(FOLDING, done, Some(total));
        Ok(self.inspector.blame(&stream, version, pace(&task, &tell)).await?.into())
    }

    /// Every change of the field that has this path in the state at a version.
    ///
    /// # Errors
    /// As [`Session::blame`], or the state has nothing at this path.
    pub async fn field_history(
        &self,
        stream: &str,
        path: &str,
        version: &str,
        task: Task,
    ) -> Result<wire::FieldHistory, AppError> {
        let (stream, version) = (arguments::stream(stream)?, arguments::version(version)?);
        let tell = |done, total| task.report(FOLDING, done, Some(total));
        Ok(self.inspector.field_history(&stream, path, version, pace(&task, &tell)).await?.into())
    }

    /// An expression over every version of a stream up to one (or its last one).
    ///
    /// # Errors
    /// As [`Session::blame`], or the text is no expression.
    pub async fn watch(
        &self,
        stream: &str,
        expression: &str,
        until: Option<&str>,
        task: Task,
    ) -> Result<wire::Watched, AppError> {
        let (stream, until) = (arguments::stream(stream)?, until.map(arguments::version).transpose()?);
        let expression = Expression::parse_on_state(expression)?;
        let tell = |done, total| task.report(FOLDING, done, Some(total));
        Ok(self.inspector.watch(&stream, &expression, until, pace(&task, &tell)).await?.into())
    }

    /// The first version of a stream on which a condition holds.
    ///
    /// # Errors
    /// As [`Session::watch`].
    pub async fn bisect(
        &self,
        stream: &str,
        condition: &str,
        search: wire::BisectSearch,
        until: Option<&str>,
        task: Task,
    ) -> Result<wire::Bisected, AppError> {
        let (stream, until) = (arguments::stream(stream)?, until.map(arguments::version).transpose()?);
        let condition = Expression::parse_on_state(condition)?;
        let tell = |done, total| task.report(FOLDING, done, Some(total));
        Ok(self.inspector.bisect(&stream, &condition, search.into(), until, pace(&task, &tell)).await?.into())
    }

    /// Events of several streams in one order, after a place and up to a position.
    ///
    /// # Errors
    /// An unknown stream, too many of them, a place that is none, cancelled, or the store does not answer.
    pub async fn lanes(
        &self,
        streams: &[String],
        order: wire::LaneOrder,
        after: Option<wire::LanePlace>,
        at: Option<&str>,
        limit: u32,
        task: Task,
    ) -> Result<wire::LanePage, AppError> {
        let streams = streams.iter().map(|name| arguments::stream(name)).collect::<Result<Vec<_>, _>>()?;
        let (after, at) = (after.map(lane_place).transpose()?, at.map(arguments::position).transpose()?);
        let tell = |done, total| task.report(READING, done, Some(total));
        let page =
            self.inspector.lanes(&streams, order.into(), (after, at), limit as usize, pace(&task, &tell)).await?;
        Ok(page.into())
    }
}

fn pace<'a>(task: &'a Task, tell: &'a (dyn Fn(u64, u64) + Send + Sync)) -> Pace<'a> {
    Pace { cancel: task.token(), tell }
}

fn lane_place(place: wire::LanePlace) -> Result<inspector::LanePlace, AppError> {
    let wrong = |day: &str| AppError::bad_argument("Day", day, "a day such as 2026-03-01");
    let day = place.day.map(|day| day.parse::<NaiveDate>().map_err(|_| wrong(&day))).transpose()?;
    Ok(inspector::LanePlace { day, position: arguments::position(&place.position)? })
}

impl From<inspector::ExpressionError> for wire::ExpressionProblem {
    fn from(error: inspector::ExpressionError) -> Self {
        Self { message: error.message, line: error.place.line, column: error.place.column }
    }
}

impl From<inspector::Blame> for wire::Blame {
    fn from(blame: inspector::Blame) -> Self {
        let path = |path: inspector::PathBlame| wire::PathBlame { path: path.path, version: path.version.to_string() };
        Self {
            stream: blame.stream.to_string(),
            version: blame.version.to_string(),
            last_version: blame.last_version.to_string(),
            begins_at: blame.begins_at.to_string(),
            paths: blame.paths.into_iter().map(path).collect(),
            left_out: u32::try_from(blame.left_out).unwrap_or(u32::MAX),
            events: blame.events.into_iter().map(Into::into).collect(),
            problem: blame.problem.map(|problem| problem.to_string()),
        }
    }
}

impl From<inspector::FieldHistory> for wire::FieldHistory {
    fn from(history: inspector::FieldHistory) -> Self {
        let change = |change: inspector::FieldChange| wire::FieldChange {
            event: change.event.into(),
            before: change.before.map(Into::into),
            after: change.after.map(Into::into),
        };
        Self {
            stream: history.stream.to_string(),
            version: history.version.to_string(),
            path: history.path,
            followed: history.followed,
            changes: history.changes.into_iter().map(change).collect(),
            left_out: history.left_out.to_string(),
            problem: history.problem.map(|problem| problem.to_string()),
        }
    }
}

impl From<inspector::FieldValue> for wire::FieldValue {
    fn from(value: inspector::FieldValue) -> Self {
        Self { kind: value.kind.into(), text: value.text, display: value.display }
    }
}

impl From<inspector::Watched> for wire::Watched {
    fn from(watched: inspector::Watched) -> Self {
        let run = |run: inspector::Run| wire::WatchRun { from: run.from.into(), until: run.until.to_string() };
        Self {
            stream: watched.stream.to_string(),
            until: watched.until.to_string(),
            points: watched.points.into_iter().map(Into::into).collect(),
            thinned: watched.thinned,
            lowest: watched.lowest.map(Into::into),
            highest: watched.highest.map(Into::into),
            hits: watched.hits.into_iter().map(run).collect(),
            hits_left_out: watched.hits_left_out.to_string(),
            tally: watched.tally.into(),
            problem: watched.problem.map(|problem| problem.to_string()),
        }
    }
}

impl From<inspector::WatchPoint> for wire::WatchPoint {
    fn from(point: inspector::WatchPoint) -> Self {
        let display = match &point.value {
            Value::Money { minor, currency } => {
                let amount = money(*minor, currency);
                Some(format!("{} {}", amount.text, amount.currency))
            }
            _ => None,
        };
        Self {
            version: point.version.to_string(),
            position: point.position.to_string(),
            recorded_at: time(point.recorded_at),
            kind: kind(&point.value),
            value: point.value.text(),
            display,
            number: point.number().map(|number| number.to_string()),
        }
    }
}

fn kind(value: &Value) -> wire::ValueKind {
    match value {
        Value::Null => wire::ValueKind::Null,
        Value::Boolean(_) => wire::ValueKind::Boolean,
        Value::Number(_) => wire::ValueKind::Number,
        Value::Text(_) => wire::ValueKind::Text,
        Value::Time(_) => wire::ValueKind::Time,
        Value::Duration(_) => wire::ValueKind::Duration,
        Value::Money { .. } => wire::ValueKind::Money,
        Value::Json(_) => wire::ValueKind::Json,
    }
}

impl From<inspector::Tally> for wire::WatchTally {
    fn from(tally: inspector::Tally) -> Self {
        let first = tally.first_not_evaluable.map(|(position, error)| wire::NotEvaluable {
            position: position.to_string(),
            message: crate::errors::sentence(&error.to_string()),
        });
        Self {
            evaluated: tally.evaluated.to_string(),
            matched: tally.matched.to_string(),
            not_evaluable: tally.not_evaluable.to_string(),
            first_not_evaluable: first,
        }
    }
}

impl From<wire::BisectSearch> for inspector::Search {
    fn from(search: wire::BisectSearch) -> Self {
        match search {
            wire::BisectSearch::EveryVersion => Self::EveryVersion,
            wire::BisectSearch::Halving => Self::Halving,
        }
    }
}

impl From<inspector::Bisected> for wire::Bisected {
    fn from(bisected: inspector::Bisected) -> Self {
        Self {
            stream: bisected.stream.to_string(),
            search: match bisected.search {
                inspector::Search::EveryVersion => wire::BisectSearch::EveryVersion,
                inspector::Search::Halving => wire::BisectSearch::Halving,
            },
            first: bisected.first.map(Into::into),
            until: bisected.until.to_string(),
            tally: bisected.tally.into(),
            problem: bisected.problem.map(|problem| problem.to_string()),
        }
    }
}

impl From<wire::LaneOrder> for inspector::LaneOrder {
    fn from(order: wire::LaneOrder) -> Self {
        match order {
            wire::LaneOrder::Recorded => Self::Recorded,
            wire::LaneOrder::ValueDate => Self::ValueDate,
        }
    }
}

impl From<inspector::LanePage> for wire::LanePage {
    fn from(page: inspector::LanePage) -> Self {
        let lane = |lane: inspector::Lane| wire::Lane {
            stream: lane.stream.to_string(),
            version: lane.version.to_string(),
            begins_at: lane.begins_at.to_string(),
        };
        let entry = |entry: inspector::LaneEntry| wire::LaneEntry {
            lane: u32::try_from(entry.lane).unwrap_or(u32::MAX),
            event: entry.event.into(),
            value_date: entry.value_date.map(|day| day.to_string()),
        };
        let place = |place: inspector::LanePlace| wire::LanePlace {
            day: place.day.map(|day| day.to_string()),
            position: place.position.to_string(),
        };
        Self {
            lanes: page.lanes.into_iter().map(lane).collect(),
            entries: page.entries.into_iter().map(entry).collect(),
            next: page.next.map(place),
        }
    }
}
