//! Answers about histories as JSON for programs.

use inspector::{EventSummary, FieldValue, FoldProblem, Kind, Tally, Value, WatchPoint};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::output::{embedded, exact_time};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventJson {
    pub(super) position: String,
    pub(super) stream: String,
    pub(super) version: String,
    pub(super) event_type: String,
    pub(super) recorded_at: String,
    pub(super) actor: Option<String>,
    pub(super) sentence: Option<String>,
}

impl From<&EventSummary> for EventJson {
    fn from(event: &EventSummary) -> Self {
        Self {
            position: event.position.to_string(),
            stream: event.stream.to_string(),
            version: event.version.to_string(),
            event_type: event.event_type.clone(),
            recorded_at: exact_time(event.recorded_at),
            actor: event.actor.clone(),
            sentence: event.sentence.clone(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ProblemJson {
    version: String,
    position: String,
    message: String,
}

impl From<&FoldProblem> for ProblemJson {
    fn from(problem: &FoldProblem) -> Self {
        Self {
            version: problem.version.to_string(),
            position: problem.position.to_string(),
            message: problem.message.clone(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlameJson {
    pub(super) stream: String,
    pub(super) version: String,
    pub(super) last_version: String,
    /// Events before this version are gone.
    pub(super) begins_at: String,
    /// Every value, depth first.
    pub(super) values: Vec<BlamedJson>,
    /// Values that are left out, because there are too many.
    pub(super) left_out: usize,
    pub(super) problem: Option<ProblemJson>,
}

#[derive(Serialize)]
pub(super) struct BlamedJson {
    pub(super) path: String,
    /// The event that last set it; nothing if the state begins with it.
    pub(super) event: Option<EventJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldJson {
    pub(super) stream: String,
    pub(super) version: String,
    pub(super) path: String,
    /// What was followed: elements of arrays by their identity.
    pub(super) followed: String,
    /// Oldest first.
    pub(super) changes: Vec<FieldChangeJson>,
    /// Earlier changes that are left out.
    pub(super) left_out: String,
    pub(super) problem: Option<ProblemJson>,
}

#[derive(Serialize)]
pub(super) struct FieldChangeJson {
    pub(super) event: EventJson,
    /// Nothing if the field was not there.
    pub(super) before: Option<Box<RawValue>>,
    /// Nothing if the field went.
    pub(super) after: Option<Box<RawValue>>,
}

/// The value as JSON, with every digit.
pub(super) fn field_json(value: &FieldValue) -> Box<RawValue> {
    match value.kind {
        Kind::String => embedded(&serde_json::Value::String(value.text.clone()).to_string()),
        _ => embedded(&value.text),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WatchJson {
    pub(super) stream: String,
    pub(super) expression: String,
    pub(super) until: String,
    pub(super) points: Vec<PointJson>,
    /// Whether values between them were left out; no extreme is.
    pub(super) thinned: bool,
    pub(super) lowest: Option<PointJson>,
    pub(super) highest: Option<PointJson>,
    /// Stretches of versions on which a condition holds.
    pub(super) hits: Vec<RunJson>,
    pub(super) hits_left_out: String,
    #[serde(flatten)]
    pub(super) tally: TallyJson,
    pub(super) problem: Option<ProblemJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PointJson {
    version: String,
    position: String,
    recorded_at: String,
    /// Exact text.
    value: String,
    kind: &'static str,
}

impl From<&WatchPoint> for PointJson {
    fn from(point: &WatchPoint) -> Self {
        Self {
            version: point.version.to_string(),
            position: point.position.to_string(),
            recorded_at: exact_time(point.recorded_at),
            value: point.value.text(),
            kind: match &point.value {
                Value::Null => "null",
                Value::Boolean(_) => "boolean",
                Value::Number(_) => "number",
                Value::Text(_) => "text",
                Value::Time(_) => "time",
                Value::Duration(_) => "duration",
                Value::Money { .. } => "money",
                Value::Json(_) => "json",
            },
        }
    }
}

#[derive(Serialize)]
pub(super) struct RunJson {
    pub(super) from: String,
    pub(super) until: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TallyJson {
    evaluated: String,
    matched: String,
    /// Versions on which the expression came to nothing.
    not_evaluable: String,
    first_not_evaluable: Option<NotEvaluableJson>,
}

#[derive(Serialize)]
struct NotEvaluableJson {
    position: String,
    message: String,
}

impl From<&Tally> for TallyJson {
    fn from(tally: &Tally) -> Self {
        let first = tally.first_not_evaluable.as_ref().map(|(position, error)| NotEvaluableJson {
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BisectJson {
    pub(super) stream: String,
    pub(super) condition: String,
    /// `everyVersion` or `halving`; the latter is right only if the condition, once it holds, goes on to hold.
    pub(super) search: &'static str,
    /// The event of the first version on which it holds.
    pub(super) first: Option<EventJson>,
    pub(super) until: String,
    #[serde(flatten)]
    pub(super) tally: TallyJson,
    pub(super) problem: Option<ProblemJson>,
}

#[derive(Serialize)]
pub(super) struct LanesJson {
    pub(super) lanes: Vec<String>,
    pub(super) entries: Vec<LaneEntryJson>,
    /// What `--after` takes for the next page.
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LaneEntryJson {
    /// Index of the lane.
    pub(super) lane: usize,
    #[serde(flatten)]
    pub(super) event: EventJson,
    /// The day from which the event counts, if it has one of its own.
    pub(super) value_date: Option<String>,
}
