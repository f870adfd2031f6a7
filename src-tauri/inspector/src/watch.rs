//! Watch and bisect: an expression over every version of a stream, and the first version on which a condition holds.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use es_core::{Position, RecordedEvent, StreamName, StreamVersion};

use crate::expression::{EvaluationError, Expression, Number, Scope, Tally, Value};
use crate::fold::{FoldProblem, Folded, InspectError, aggregate_of};
use crate::inspector::Inspector;
use crate::limits;
use crate::pace::Pace;
use crate::sparkline::Sparkline;
use crate::views::EventSummary;

/// What an expression came to at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchPoint {
    /// The version.
    pub version: StreamVersion,
    /// Its event's place in the log.
    pub position: Position,
    /// Its event's time.
    pub recorded_at: DateTime<Utc>,
    /// Exact text.
    pub value: Value,
}

/// A stretch of versions, one after the other, on which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its first version.
    pub from: WatchPoint,
    /// Its last version.
    pub until: StreamVersion,
}

/// An expression over every version of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The stream.
    pub stream: StreamName,
    /// The last version that was looked at.
    pub until: StreamVersion,
    /// Values along the versions: all of them where there are few, else for each stretch its first, last, lowest and highest
    /// one, so that no extreme is lost. Consecutive equal texts stand once.
    pub points: Vec<WatchPoint>,
    /// Whether points were left out between those.
    pub thinned: bool,
    /// The lowest value of all, if they have an order as numbers.
    pub lowest: Option<WatchPoint>,
    /// The highest value of all.
    pub highest: Option<WatchPoint>,
    /// Where a condition holds.
    pub hits: Vec<Run>,
    /// Stretches beyond those.
    pub hits_left_out: u64,
    /// How many versions were evaluated, how many of them hold, and how many came to nothing and why.
    pub tally: Tally,
    /// Set if the fold failed: nothing was evaluated from there on.
    pub problem: Option<FoldProblem>,
}

/// How the first version on which a condition holds is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Every version in turn, until the first that holds. Right for any condition.
    EveryVersion,
    /// By halving. Right only if the condition, once it holds, holds at every later version. Few evaluations, and the states
    /// come from what is kept of them.
    Halving,
}

/// The first version on which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bisected {
    /// The stream.
    pub stream: StreamName,
    /// How it was searched.
    pub search: Search,
    /// The version and its event; nothing if the condition holds on none of the versions that were evaluated.
    pub first: Option<EventSummary>,
    /// The last version that was looked at, or would have been.
    pub until: StreamVersion,
    /// How many versions were evaluated, and how many came to nothing and why.
    pub tally: Tally,
    /// Set if the fold failed: nothing was evaluated from there on.
    pub problem: Option<FoldProblem>,
}

/// Is shown each event with what the expression came to after it; may stop.
type Visit<'a> = dyn FnMut(&RecordedEvent, Result<Value, EvaluationError>) -> ControlFlow<()> + Send + 'a;

/// What a watch gathers on its way.
struct Gathered {
    line: Sparkline,
    hits: Vec<Run>,
    hits_left_out: u64,
    in_run: bool,
    tally: Tally,
}

impl Gathered {
    fn take(&mut self, event: &RecordedEvent, outcome: Result<Value, EvaluationError>) {
        let point = |value: Value| WatchPoint {
            version: event.version,
            position: event.position,
            recorded_at: event.recorded_at,
            value,
        };
        let holds = outcome.as_ref().map(|value| *value == Value::Boolean(true));
        let hit = self.tally.take(event.position, holds.map_err(Clone::clone));
        if hit && self.in_run && self.hits_left_out == 0 {
            self.hits.last_mut().into_iter().for_each(|run| run.until = event.version);
        } else if hit && !self.in_run && self.hits.len() < limits::WATCH_RUNS {
            self.hits.push(Run { from: point(Value::Boolean(true)), until: event.version });
        } else if hit && !self.in_run {
            self.hits_left_out += 1;
        }
        self.in_run = hit;
        match outcome {
            Ok(value) => self.line.take(point(value)),
            Err(_) => self.line.interrupt(),
        }
    }
}

impl Inspector {
    /// An expression over every version of a stream up to one (or its last one).
    ///
    /// # Errors
    /// As [`Inspector::state_at`]. An evaluation that comes to nothing is counted, not an error.
    pub async fn watch(
        &self,
        stream: &StreamName,
        expression: &Expression,
        until: Option<StreamVersion>,
        pace: Pace<'_>,
    ) -> Result<Watched, InspectError> {
        let until = self.until(stream, until).await?;
        let mut gathered = Gathered {
            line: Sparkline::new(until.get()),
            hits: Vec::new(),
            hits_left_out: 0,
            in_run: false,
            tally: Tally::default(),
        };
        let folded = self
            .evaluate_each(stream, expression, until, pace, &mut |event, outcome| {
                gathered.take(event, outcome);
                ControlFlow::Continue(())
            })
            .await?;
        let line = gathered.line.finish();
        Ok(Watched {
            stream: stream.clone(),
            until,
            points: line.points,
            thinned: line.thinned,
            lowest: line.lowest,
            highest: line.highest,
            hits: gathered.hits,
            hits_left_out: gathered.hits_left_out,
            tally: gathered.tally,
            problem: folded.problem,
        })
    }

    /// The first version of a stream on which a condition holds.
    ///
    /// # Errors
    /// As [`Inspector::state_at`]. An evaluation that comes to nothing counts as one that does not hold, and is told.
    pub async fn bisect(
        &self,
        stream: &StreamName,
        condition: &Expression,
        search: Search,
        until: Option<StreamVersion>,
        pace: Pace<'_>,
    ) -> Result<Bisected, InspectError> {
        let until = self.until(stream, until).await?;
        let mut tally = Tally::default();
        let (first, problem) = match search {
            Search::EveryVersion => {
                let mut first = None;
                let folded = self
                    .evaluate_each(stream, condition, until, pace, &mut |event, outcome| {
                        if tally.take(event.position, outcome.and_then(yes_or_no)) {
                            first = Some(self.summary(event));
                            return ControlFlow::Break(());
                        }
                        ControlFlow::Continue(())
                    })
                    .await?;
                (first, folded.problem)
            }
            Search::Halving => self.halved(stream, condition, until, pace, &mut tally).await?,
        };
        Ok(Bisected { stream: stream.clone(), search, first, until, tally, problem })
    }

    async fn until(&self, stream: &StreamName, until: Option<StreamVersion>) -> Result<StreamVersion, InspectError> {
        let (info, _) = self.stream_at(stream, StreamVersion::ZERO).await?;
        match until {
            Some(version) if version > info.version => {
                Err(InspectError::NoSuchVersion { stream: stream.clone(), version, last: info.version })
            }
            Some(version) => Ok(version),
            None => Ok(info.version),
        }
    }

    /// Evaluates an expression after every event, with the state after it.
    async fn evaluate_each(
        &self,
        stream: &StreamName,
        expression: &Expression,
        until: StreamVersion,
        pace: Pace<'_>,
        visit: &mut Visit<'_>,
    ) -> Result<Folded, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let needs_state = expression.needs().state;
        let start = Folded::start(aggregate);
        self.fold_on(aggregate, stream, start, until, pace, &mut |event, folded: &Folded| {
            if folded.problem.is_some() {
                return ControlFlow::Break(());
            }
            let scope = Scope::current(event, &self.domain.upcasters);
            if !needs_state {
                return visit(event, expression.evaluate(&scope));
            }
            let state = aggregate.state_json(&folded.state);
            visit(event, expression.evaluate(&scope.with_state(&state)))
        })
        .await
    }

    async fn halved(
        &self,
        stream: &StreamName,
        condition: &Expression,
        until: StreamVersion,
        pace: Pace<'_>,
        tally: &mut Tally,
    ) -> Result<(Option<EventSummary>, Option<FoldProblem>), InspectError> {
        let steps = u64::from(until.get().max(1).ilog2()) + 2;
        let (last_holds, last, problem) = self.evaluate_at(stream, condition, until, pace, tally).await?;
        if !last_holds {
            return Ok((None, problem));
        }
        // Invariant: does not hold at `low` (or low is 0), holds at `high`.
        let (mut low, mut high, mut first) = (0, until.get(), last);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let (holds, event, _) = self.evaluate_at(stream, condition, StreamVersion(middle), pace, tally).await?;
            if holds {
                (high, first) = (middle, event);
            } else {
                low = middle;
            }
            (pace.tell)(tally.evaluated.min(steps), steps);
        }
        Ok((first, problem))
    }

    /// Whether a condition holds at a version, the version's event, and why its state could not be folded. A version whose
    /// event was truncated does not hold: nothing is known of it.
    async fn evaluate_at(
        &self,
        stream: &StreamName,
        condition: &Expression,
        version: StreamVersion,
        pace: Pace<'_>,
        tally: &mut Tally,
    ) -> Result<(bool, Option<EventSummary>, Option<FoldProblem>), InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let Some(event) = self.event_at(stream, version).await? else { return Ok((false, None, None)) };
        let folded = self.folded(aggregate, stream, version, pace.cancel).await?;
        if folded.problem.is_some() {
            return Ok((false, None, folded.problem));
        }
        let state = aggregate.state_json(&folded.state);
        let holds = {
            let scope = Scope::current(&event, &self.domain.upcasters).with_state(&state);
            tally.take(event.position, condition.matches(&scope))
        };
        Ok((holds, Some(self.summary(&event)), None))
    }
}

fn yes_or_no(value: Value) -> Result<bool, EvaluationError> {
    match value {
        Value::Boolean(yes) => Ok(yes),
        other => Err(EvaluationError::NotBoolean { kind: other.kind() }),
    }
}

impl WatchPoint {
    /// What a chart can draw of it.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        self.value.number()
    }
}
