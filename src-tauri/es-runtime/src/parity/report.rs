//! What a parity run came to: step by step, and how long each backend took.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// What is to be said of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParityVerdict {
    /// All backends answered the same.
    Same,
    /// At least one answered something else than the first.
    Different,
    /// It was done on none, because at least one says beforehand that it does not offer it.
    NotOffered,
}

/// A step on all backends.
#[derive(Debug, Clone, PartialEq)]
pub struct ParityStepReport {
    /// Its name.
    pub label: String,
    /// What its times are counted under.
    pub kind: &'static str,
    /// How the answers compare.
    pub verdict: ParityVerdict,
    /// What each backend answered, in the order of the backends.
    pub answers: Vec<Value>,
    /// How long each took; nothing where it was not done.
    pub times: Vec<Option<Duration>>,
}

impl ParityStepReport {
    /// Where the first backend that answered otherwise parts from the first one: its index, the place, both values. Nothing if
    /// all are the same.
    #[must_use]
    pub fn first_difference(&self) -> Option<(usize, String, Value, Value)> {
        if self.verdict != ParityVerdict::Different {
            return None;
        }
        let (first, others) = self.answers.split_first()?;
        others.iter().enumerate().find_map(|(index, other)| {
            let (place, one, other) = parting(first, other, String::new())?;
            Some((index + 1, place, one, other))
        })
    }
}

/// Where two values part: the place as a path, and what stands there.
fn parting(one: &Value, other: &Value, place: String) -> Option<(String, Value, Value)> {
    if one == other {
        return None;
    }
    let below = |key: &dyn std::fmt::Display| format!("{place}/{key}");
    let missing = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            let mut parted = keys.filter(|key| one.get(*key) != other.get(*key));
            let key = parted.next()?;
            let (one, other) = (missing(one.get(key)), missing(other.get(key)));
            parting(&one, &other, below(key)).or(Some((below(key), one, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            let index = (0..one.len().max(other.len())).find(|index| one.get(*index) != other.get(*index))?;
            let (one, other) = (missing(one.get(index)), missing(other.get(index)));
            parting(&one, &other, below(&index)).or(Some((below(&index), one, other)))
        }
        _ => Some((place, one.clone(), other.clone())),
    }
}

/// How long one kind of action took on one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionTiming {
    /// The kind.
    pub kind: &'static str,
    /// How often it was done.
    pub count: usize,
    /// Half of them were as fast or faster.
    pub median: Duration,
    /// 99 of 100 were as fast or faster.
    pub p99: Duration,
}

/// How long one backend took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendTimings {
    /// Its name.
    pub backend: String,
    /// By kind of action.
    pub actions: Vec<ActionTiming>,
    /// All together.
    pub total: Duration,
}

/// What a parity run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ParityReport {
    /// The scenario's name.
    pub scenario: String,
    /// The backends' names. The first one is what the others are compared with.
    pub backends: Vec<String>,
    /// Every step that was done.
    pub steps: Vec<ParityStepReport>,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

impl ParityReport {
    pub(super) fn new(scenario: String, backends: Vec<String>) -> Self {
        Self { scenario, backends, steps: Vec::new(), cancelled: false }
    }

    /// Steps with a verdict.
    #[must_use]
    pub fn count(&self, verdict: ParityVerdict) -> usize {
        self.steps.iter().filter(|step| step.verdict == verdict).count()
    }

    /// Whether no step ended otherwise on one backend than on another.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.count(ParityVerdict::Different) == 0
    }

    /// Median and 99th percentile of every kind of action, by backend.
    #[must_use]
    pub fn timings(&self) -> Vec<BackendTimings> {
        let of = |(index, backend): (usize, &String)| {
            let mut by_kind: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
            for step in &self.steps {
                by_kind.entry(step.kind).or_default().extend(step.times[index]);
            }
            let total = by_kind.values().flatten().sum();
            let timed = by_kind.into_iter().filter(|(_, times)| !times.is_empty());
            let actions = timed.map(|(kind, times)| timing(kind, times)).collect();
            BackendTimings { backend: backend.clone(), actions, total }
        };
        self.backends.iter().enumerate().map(of).collect()
    }
}

/// By nearest rank. There is at least one time.
fn timing(kind: &'static str, mut times: Vec<Duration>) -> ActionTiming {
    times.sort_unstable();
    let rank = |percent: usize| times[(times.len() * percent).div_ceil(100).clamp(1, times.len()) - 1];
    ActionTiming { kind, count: times.len(), median: rank(50), p99: rank(99) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_place_where_answers_part_is_named() {
        let step = |answers: Vec<Value>| ParityStepReport {
            label: "step".to_owned(),
            kind: "command",
            verdict: ParityVerdict::Different,
            times: vec![Some(Duration::ZERO); answers.len()],
            answers,
        };
        let one = json!({ "a": 1, "list": [1, { "b": 2 }] });
        let parted = |other| step(vec![one.clone(), one.clone(), other]).first_difference();
        assert_eq!(parted(one.clone()), None);
        let expected = |place: &str, one, other| Some((2, place.to_owned(), one, other));
        assert_eq!(parted(json!({ "a": 1, "list": [1, { "b": 3 }] })), expected("/list/1/b", json!(2), json!(3)));
        assert_eq!(parted(json!({ "a": 1, "list": [1] })), expected("/list/1", json!({ "b": 2 }), Value::Null));
        assert_eq!(parted(json!({ "a": 1, "list": one["list"], "c": 0 })), expected("/c", Value::Null, json!(0)));
        assert_eq!(parted(json!(7)), expected("", one.clone(), json!(7)));
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let millis = |count: u64| (1..=count).map(Duration::from_millis).collect::<Vec<_>>();
        let found = |count| {
            let timing = timing("command", millis(count));
            (timing.count, timing.median.as_millis(), timing.p99.as_millis())
        };
        assert_eq!(found(1), (1, 1, 1));
        assert_eq!(found(4), (4, 2, 4));
        assert_eq!(found(200), (200, 100, 198));
    }
}
