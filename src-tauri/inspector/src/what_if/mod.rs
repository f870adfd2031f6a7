//! What-if: what would have happened, in memory, with the real engine.
//!
//! A scenario names a place in the log. What was recorded up to there in its streams is copied into a store in memory; what was
//! recorded afterwards follows by its edits; then its steps are done by the engine itself, processes and timers included, on a
//! clock of their own. Beside it stands what happened. Nothing leads back: the store is known as a reader in here, and only
//! `Past` holds it.

mod arrange;
mod error;
mod fork;
mod lanes;
mod past;
mod scenario;
mod steps;
mod test;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use es_core::{Position, RecordedEvent, StreamName, StreamVersion};
use uuid::Uuid;

use arrange::{Arranged, arranged, times};
use fork::Forked;
use lanes::Folds;
use past::Standing;

pub use arrange::{EventTimes, Provenance, TimeBounds, Times};
pub use error::{EditProblem, WhatIfError};
pub use lanes::{LaneOfSteps, LaneRow, LaneStep, StreamEnd};
pub use past::Past;
pub use scenario::{
    ClockStep, CommandStep, Edit, EventRef, Fork, Insertion, JsonText, SCENARIO_EXTENSION, Scenario, ScenarioError,
    Step, Through,
};
pub use steps::{Ran, StepOutcome, StepReport};
pub use test::{MadeTest, TestError, TestOptions};

use crate::fold::InspectError;
use crate::inspector::Inspector;
use crate::limits;
use crate::merge::Merge;
use crate::pace::Pace;

/// Why a stream takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TakenBecause {
    /// The scenario names it.
    Named,
    /// It has events of the same correlation as a named one.
    Correlated,
    /// A step or an edit needs it.
    Needed,
}

/// What a what-if has come to.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// Up to here both lanes are the same.
    pub fork: Position,
    /// Up to here recorded events are taken along.
    pub through: Position,
    /// Up to here the lane of what happened reaches.
    pub end: Position,
    /// The streams that take part.
    pub streams: Vec<(StreamName, TakenBecause)>,
    /// Whether there are more correlations around the fork than were looked at.
    pub correlations_left_out: bool,
    /// Time at which the steps begin.
    pub begins_at: DateTime<Utc>,
    /// Time before which they cannot begin: that of the last event before them.
    pub begins_at_earliest: DateTime<Utc>,
    /// What happened after the fork.
    pub original: LaneOfSteps,
    /// What would have happened.
    pub what_if: LaneOfSteps,
    /// When something may have been recorded on that lane.
    pub times: Times,
    /// Both side by side.
    pub rows: Vec<LaneRow>,
    /// What came of each step.
    pub steps: Vec<StepReport>,
    /// How the streams end.
    pub ends: Vec<StreamEnd>,
}

/// The id of something that a scenario makes: the same scenario makes the same.
fn id_of(what: &str, number: usize) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ledgerscope:what-if");
    Uuid::new_v5(&namespace, format!("{what}\n{number}").as_bytes())
}

/// Places in the log that a what-if is about.
#[derive(Debug, Clone, Copy)]
struct Range {
    fork: Position,
    through: Position,
    end: Position,
}

/// The streams that take part so far.
#[derive(Default)]
struct Taken {
    standings: BTreeMap<StreamName, Standing>,
    because: BTreeMap<StreamName, TakenBecause>,
    /// Streams that were looked for and had no event by then.
    absent: BTreeSet<StreamName>,
    correlations_left_out: bool,
}

/// A scenario that was carried out.
struct Played {
    /// What was before the fork, in the order of the log.
    before: Vec<RecordedEvent>,
    arranged: Vec<Arranged>,
    /// The kept ones of `arranged` as the fork has them, and behind them what each step has led to.
    after: Vec<(RecordedEvent, Provenance)>,
    /// Between which times the arranged ones may have been recorded.
    times: Times,
    begins_at: DateTime<Utc>,
    begins_at_earliest: DateTime<Utc>,
    steps: Vec<StepReport>,
    /// Streams that the engine has read.
    asked: BTreeSet<StreamName>,
}

impl Inspector {
    /// Carries a scenario out in memory, and tells what happened beside it. The store is only read.
    ///
    /// # Errors
    /// The scenario does not fit the store, it needs too much memory, the store fails, or it is cancelled. What comes of its
    /// steps is no error.
    pub async fn what_if(&self, scenario: &Scenario, pace: Pace<'_>) -> Result<WhatIf, WhatIfError> {
        let past = Past::new(self.reader.clone());
        let (range, taken, played) = self.play(&past, scenario, pace).await?;
        let mut original_folds = Folds::new(self);
        original_folds.take_history(&played.before);
        let mut what_if_folds = original_folds.clone();
        let what_if = what_if_lane(&played, &mut what_if_folds);
        let original = original_lane(&past, &taken, &mut original_folds, pace).await?;
        let streams: BTreeSet<StreamName> =
            taken.standings.keys().chain(played.after.iter().map(|(event, _)| &event.stream)).cloned().collect();
        Ok(WhatIf {
            fork: range.fork,
            through: range.through,
            end: range.end,
            correlations_left_out: taken.correlations_left_out,
            streams: taken.because.into_iter().collect(),
            begins_at: played.begins_at,
            begins_at_earliest: played.begins_at_earliest,
            times: played.times,
            rows: lanes::rows(&original.steps, &what_if.steps),
            ends: lanes::ends(&self.view, streams, &mut original_folds, &mut what_if_folds),
            original,
            what_if,
            steps: played.steps,
        })
    }

    /// Carries a scenario out, again and again until it has every stream that its steps read.
    async fn play(
        &self,
        past: &Past,
        scenario: &Scenario,
        pace: Pace<'_>,
    ) -> Result<(Range, Taken, Played), WhatIfError> {
        scenario.check()?;
        let range = range_of(past, scenario).await?;
        let mut taken = Taken::default();
        taken.named(past, scenario, range, pace).await?;
        let inserted = scenario.edits.iter().filter_map(|edit| match edit {
            Edit::Insert { inserted, .. } => Some(inserted.stream.clone()),
            _ => None,
        });
        taken.needed(past, inserted.collect(), range).await?;
        for _ in 0..limits::WHAT_IF_ROUNDS {
            let played = self.play_once(past, scenario, &taken, range, pace).await?;
            if taken.needed(past, played.asked.clone(), range).await?.is_none() {
                return Ok((range, taken, played));
            }
        }
        let last = taken.because.iter().rfind(|(_, because)| **because == TakenBecause::Needed);
        let stream = last.map_or_else(|| scenario.streams[0].clone(), |(stream, _)| stream.clone());
        Err(WhatIfError::NeedsMore { rounds: limits::WHAT_IF_ROUNDS, stream })
    }

    async fn play_once(
        &self,
        past: &Past,
        scenario: &Scenario,
        taken: &Taken,
        range: Range,
        pace: Pace<'_>,
    ) -> Result<Played, WhatIfError> {
        taken.within_limits(scenario.through)?;
        let mut before = taken.read(past, scenario.through, pace).await?;
        let recorded = before.split_off(before.partition_point(|event| event.position <= range.fork));
        let first_time = before.last().or(recorded.first()).map(|event| event.recorded_at);
        let first_time = first_time.unwrap_or(DateTime::UNIX_EPOCH);
        let arranged = arranged(recorded, &scenario.edits, range.fork, first_time)?;
        let times = times(&arranged, first_time, scenario.clock);
        let kept = arranged.iter().rev().find(|arranged| arranged.is_kept()).map(|arranged| &arranged.event);
        let last = kept.or(before.last()).map_or(DateTime::UNIX_EPOCH, |event| event.recorded_at);
        let begins_at = begins_at(past, scenario, range, last).await?;
        let forked = Forked::new(self.domain.clone(), &before, &arranged, &taken.standings, begins_at).await?;
        let mut after = Vec::new();
        let mut of_fork = forked.events_after(Position(before.len() as u64)).await?.into_iter();
        for kept in arranged.iter().filter(|arranged| arranged.is_kept()) {
            let stored =
                of_fork.next().ok_or_else(|| WhatIfError::NotTaken { reason: "an event is missing".into() })?;
            after.push((taken.told(stored, kept.event.position), kept.provenance));
        }
        let mut steps = Vec::with_capacity(scenario.steps.len());
        for (index, step) in scenario.steps.iter().enumerate() {
            if pace.cancel.is_cancelled() {
                return Err(es_core::StoreError::Cancelled.into());
            }
            (pace.tell)(index as u64, scenario.steps.len() as u64);
            let head = forked.head().await?;
            let outcome = forked.step(index, step, pace.cancel).await?;
            let led_to = forked.events_after(head).await?;
            steps.push(StepReport { clock: forked.now(), outcome, events: led_to.len() });
            after.extend(
                led_to.into_iter().map(|event| (taken.told(event, Position::ZERO), Provenance::FromStep(index))),
            );
        }
        let asked = forked.take_asked();
        Ok(Played { before, arranged, after, times, begins_at, begins_at_earliest: last, steps, asked })
    }
}

async fn range_of(past: &Past, scenario: &Scenario) -> Result<Range, WhatIfError> {
    let (fork, head) = (past.fork(&scenario.fork).await?, past.head().await?);
    if fork > head {
        return Err(InspectError::NoSuchEvent(fork).into());
    }
    let (through, end) = match scenario.through {
        Through::Fork => (fork, head),
        Through::Head => (head, head),
        Through::Position(through) if through < fork => return Err(WhatIfError::ThroughBeforeFork { through, fork }),
        Through::Position(through) => (through.min(head), through.min(head)),
    };
    Ok(Range { fork, through, end })
}

/// The time at which the steps begin: the scenario's own, or that of the log at the place up to which it is taken along. Not before
/// the `last` event in front of them.
async fn begins_at(
    past: &Past,
    scenario: &Scenario,
    range: Range,
    last: DateTime<Utc>,
) -> Result<DateTime<Utc>, WhatIfError> {
    match scenario.clock {
        Some(clock) if clock < last => Err(WhatIfError::ClockBeforeHistory { clock, last }),
        Some(clock) => Ok(clock),
        None => Ok(past.time_at(range.through).await?.map_or(last, |time| time.max(last))),
    }
}

fn what_if_lane(played: &Played, folds: &mut Folds<'_>) -> LaneOfSteps {
    let mut lane = LaneOfSteps::default();
    let mut after = played.after.iter();
    for arranged in &played.arranged {
        let edit = arranged.edit.map(|number| number - 1);
        // What is left out is not in the fork.
        let kept = if arranged.is_kept() { after.next() } else { None };
        let event = kept.map_or(&arranged.event, |(event, _)| event);
        lane.take(folds, event, (arranged.provenance, edit));
    }
    for (event, provenance) in after {
        lane.take(folds, event, (*provenance, None));
    }
    lane
}

async fn original_lane(
    past: &Past,
    taken: &Taken,
    folds: &mut Folds<'_>,
    pace: Pace<'_>,
) -> Result<LaneOfSteps, WhatIfError> {
    let after_fork = |standing: &Standing| {
        (standing.stream.clone(), standing.at_fork.max(standing.begins_at.previous()), standing.at_end)
    };
    let mut merge = taken.merge(after_fork);
    let mut lane = LaneOfSteps::default();
    while let Some(event) = past.next(&mut merge, pace.cancel).await? {
        lane.take(folds, &event, (Provenance::Recorded, None));
    }
    Ok(lane)
}

impl Taken {
    async fn named(
        &mut self,
        past: &Past,
        scenario: &Scenario,
        range: Range,
        pace: Pace<'_>,
    ) -> Result<(), WhatIfError> {
        let mut correlated = BTreeSet::new();
        for stream in &scenario.streams {
            let standing = past.standing(stream, range.fork, range.end).await?;
            let standing = standing.ok_or_else(|| InspectError::UnknownStream { stream: stream.clone() })?;
            if scenario.correlated {
                let (streams, left_out) = past.correlated(&standing, pace.cancel).await?;
                correlated.extend(streams);
                self.correlations_left_out |= left_out;
            }
            self.take(standing, TakenBecause::Named);
        }
        for stream in correlated.into_iter().filter(|stream| !scenario.streams.contains(stream)) {
            if let Some(standing) = past.standing(&stream, range.fork, range.end).await? {
                self.take(standing, TakenBecause::Correlated);
            }
        }
        Ok(())
    }

    /// Takes those of these streams that the store has and that are not taken yet; one of them, if there are any.
    async fn needed(
        &mut self,
        past: &Past,
        streams: BTreeSet<StreamName>,
        range: Range,
    ) -> Result<Option<StreamName>, WhatIfError> {
        let mut one = None;
        for stream in streams {
            if self.standings.contains_key(&stream) || self.absent.contains(&stream) {
                continue;
            }
            match past.standing(&stream, range.fork, range.end).await? {
                Some(standing) => {
                    self.take(standing, TakenBecause::Needed);
                    one = Some(stream);
                }
                None => drop(self.absent.insert(stream)),
            }
        }
        Ok(one)
    }

    fn take(&mut self, standing: Standing, because: TakenBecause) {
        self.because.insert(standing.stream.clone(), because);
        self.standings.insert(standing.stream.clone(), standing);
    }

    fn within_limits(&self, through: Through) -> Result<(), WhatIfError> {
        let held =
            |standing: &Standing| (held_until(standing, through).get() + 1).saturating_sub(standing.begins_at.get());
        let events: u64 = self.standings.values().map(held).sum();
        let longest = self.standings.values().max_by_key(|standing| held(standing));
        match longest {
            Some(longest) if events > limits::WHAT_IF_EVENTS => Err(WhatIfError::TooManyEvents {
                events,
                streams: self.standings.len(),
                longest: longest.stream.clone(),
                of_longest: held(longest),
                most: limits::WHAT_IF_EVENTS,
            }),
            _ => Ok(()),
        }
    }

    fn merge(&self, range: impl Fn(&Standing) -> (StreamName, StreamVersion, StreamVersion)) -> Merge {
        let ahead = es_core::limits::FOLDED_PAGE_EVENTS / self.standings.len().max(1);
        Merge::new(self.standings.values().map(range), ahead.max(64))
    }

    /// Everything that is held in memory, in the order of the log.
    async fn read(&self, past: &Past, through: Through, pace: Pace<'_>) -> Result<Vec<RecordedEvent>, WhatIfError> {
        let mut merge = self
            .merge(|standing| (standing.stream.clone(), standing.begins_at.previous(), held_until(standing, through)));
        let mut events = Vec::new();
        while let Some(event) = past.next(&mut merge, pace.cancel).await? {
            events.push(event);
        }
        Ok(events)
    }

    /// An event of the fork with its place in the recorded log, and with a version that goes on from those that are gone.
    fn told(&self, event: RecordedEvent, position: Position) -> RecordedEvent {
        let gone = self.standings.get(&event.stream).map_or(0, |standing| standing.begins_at.previous().get());
        RecordedEvent { position, version: StreamVersion(event.version.get() + gone), ..event }
    }
}

/// The last version of a stream that is held in memory.
fn held_until(standing: &Standing, through: Through) -> StreamVersion {
    if through == Through::Fork { standing.at_fork } else { standing.at_end }
}
