//! A what-if as a Given-When-Then test: Rust text for the domain's own crate, where it compiles and passes.
//!
//! The test has only what its steps need: the streams that the engine has read, each from the last event on that carries its
//! whole state. What it expects is what the engine answered on exactly that, so a test that is handed out has passed once.

mod anonymous;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use es_core::{Domain, Payload, Position, RecordedEvent, StreamName};
use serde_json::Value;

use super::fork::Forked;
use super::scenario::{Scenario, Step};
use super::steps::StepOutcome;
use super::{Past, Played, WhatIfError, id_of};
use crate::inspector::Inspector;
use crate::limits;
use crate::pace::Pace;

/// How a test is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestOptions {
    /// Its name; nothing: made of the scenario's title.
    pub name: Option<String>,
    /// Whether ids, personal data, people, texts and amounts are replaced by others.
    pub anonymous: bool,
}

/// A test that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeTest {
    /// Its name, as a Rust function and a file without its ending.
    pub name: String,
    /// The text of its file.
    pub source: String,
    /// What a person should know about it.
    pub notes: Vec<String>,
}

/// Why no test can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestError {
    /// The scenario cannot be carried out.
    #[error(transparent)]
    WhatIf(#[from] WhatIfError),
    /// Nothing is done in it.
    #[error("the what-if has no step: a test needs something that is done")]
    NothingIsDone,
    /// It would begin with more than a person reads.
    #[error(
        "the test would begin with {events} events, {most} are allowed; most of them, {of_longest}, are of {longest}"
    )]
    TooManyEvents {
        /// How many.
        events: usize,
        /// The stream with the most.
        longest: StreamName,
        /// How many of that one.
        of_longest: usize,
        /// How many may be.
        most: usize,
    },
    /// On what the test would begin with, a step ends differently.
    #[error("step {number} would end differently in the test: {here} instead of {there}")]
    NotTheSame {
        /// Which step, from 1.
        number: usize,
        /// How it ends in the test.
        here: String,
        /// How it ended in the what-if.
        there: String,
    },
}

impl TestError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WhatIf(error) => error.code(),
            Self::NothingIsDone => "nothing_to_test",
            Self::TooManyEvents { .. } => "test_too_long",
            Self::NotTheSame { .. } => "test_not_the_same",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::WhatIf(error) => error.hint(),
            Self::NothingIsDone => "Add a command to the what-if.",
            Self::TooManyEvents { .. } => {
                "Choose a shorter history, or let no processes run: they look at every stream that takes part."
            }
            Self::NotTheSame { .. } => "Try it without replacing names and numbers; report it if that does not help.",
        }
    }
}

/// What a test begins with and does.
#[derive(Clone)]
struct Plot {
    given: Vec<RecordedEvent>,
    steps: Vec<Step>,
    begins_at: DateTime<Utc>,
}

/// What came of one of its steps.
struct Then {
    outcome: StepOutcome,
    clock: DateTime<Utc>,
    events: Vec<RecordedEvent>,
}

impl Inspector {
    /// Makes a test of a scenario. The store is only read.
    ///
    /// # Errors
    /// The scenario cannot be carried out, nothing is done in it, it is too long, or the test would not say the same.
    pub async fn what_if_test(
        &self,
        scenario: &Scenario,
        options: &TestOptions,
        pace: Pace<'_>,
    ) -> Result<MadeTest, TestError> {
        if scenario.steps.is_empty() {
            return Err(TestError::NothingIsDone);
        }
        let past = Past::new(self.reader.clone());
        let (_, _, played) = self.play(&past, scenario, pace).await?;
        let plot =
            Plot { given: given(&self.domain, &played), steps: scenario.steps.clone(), begins_at: played.begins_at };
        within_limits(&plot.given)?;
        let mut notes = Vec::new();
        let (plot, thens) = if options.anonymous {
            self.anonymous(&plot, &played, &mut notes, pace).await?
        } else {
            let thens = self.acted(&plot, pace).await?;
            same(&played, &thens)?;
            (plot, thens)
        };
        notes.extend(thens.iter().enumerate().filter_map(stuck_note));
        let title = if options.anonymous { "What if" } else { scenario.title.as_str() };
        let name = source::name_of(options.name.as_deref().unwrap_or(title));
        let told = options.name.as_deref().unwrap_or(title);
        let source = source::source(&self.domain, &name, told, &plot, &thens);
        Ok(MadeTest { name, source, notes })
    }

    /// The plot with everything replaced that could be somebody's, as far as the steps end the same way.
    async fn anonymous(
        &self,
        plot: &Plot,
        played: &Played,
        notes: &mut Vec<String>,
        pace: Pace<'_>,
    ) -> Result<(Plot, Vec<Then>), TestError> {
        let mut last = TestError::NothingIsDone;
        for disguise in anonymous::disguises(plot) {
            let other = anonymous::plot(&self.domain, plot, disguise);
            // With other times something may not even be storable; then they stay.
            let thens = match self.acted(&other, pace).await {
                Ok(thens) => thens,
                Err(error) if pace.cancel.is_cancelled() => return Err(error.into()),
                Err(error) => {
                    last = error.into();
                    continue;
                }
            };
            if let Err(error) = same(played, &thens) {
                last = error;
                continue;
            }
            if disguise.factor == 1 {
                notes.push(
                    "Amounts are those of the what-if: with others a rule would have answered differently.".to_owned(),
                );
            }
            if disguise.shift.is_none() {
                notes.push(
                    "Days and times are those of the what-if: with others a rule would have answered differently."
                        .to_owned(),
                );
            }
            return Ok((other, thens));
        }
        Err(last)
    }

    /// Does the steps on what the test begins with, as the test will.
    async fn acted(&self, plot: &Plot, pace: Pace<'_>) -> Result<Vec<Then>, WhatIfError> {
        let forked = Forked::new(self.domain.clone(), &plot.given, &[], &BTreeMap::new(), plot.begins_at).await?;
        let mut thens = Vec::with_capacity(plot.steps.len());
        for (index, step) in plot.steps.iter().enumerate() {
            let head = forked.head().await?;
            let outcome = forked.step(index, step, pace.cancel).await?;
            thens.push(Then { outcome, clock: forked.now(), events: forked.events_after(head).await? });
        }
        Ok(thens)
    }
}

/// The facts that the steps rest on: the events of the streams that were read, from the last one on that carries everything.
fn given(domain: &Domain, played: &Played) -> Vec<RecordedEvent> {
    let facts = played.after.iter().filter(|(_, provenance)| !matches!(provenance, super::Provenance::FromStep(_)));
    let all: Vec<&RecordedEvent> = played.before.iter().chain(facts.map(|(event, _)| event)).collect();
    let mut from: BTreeMap<&StreamName, usize> = BTreeMap::new();
    for (index, event) in all.iter().enumerate() {
        let restarts = domain
            .aggregate(event.stream.category())
            .is_some_and(|aggregate| aggregate.restarted_by().contains(&&*event.event_type));
        if restarts {
            from.insert(&event.stream, index);
        }
    }
    let wanted = |index: usize, event: &RecordedEvent| {
        played.asked.contains(&event.stream) && from.get(&event.stream).is_none_or(|from| index >= *from)
    };
    let kept = all.iter().enumerate().filter(|(index, event)| wanted(*index, event));
    kept.enumerate().map(|(number, (_, event))| given_event(number, event)).collect()
}

/// A fact as the test has it: its id follows from its place, and nothing is known of where it came from.
fn given_event(number: usize, event: &RecordedEvent) -> RecordedEvent {
    RecordedEvent {
        event_id: id_of("given", number),
        metadata: "{}".into(),
        correlation_id: None,
        causation_id: None,
        position: Position(number as u64 + 1),
        ..event.clone()
    }
}

fn within_limits(given: &[RecordedEvent]) -> Result<(), TestError> {
    if given.len() <= limits::WHAT_IF_GIVEN {
        return Ok(());
    }
    let mut counts: BTreeMap<&StreamName, usize> = BTreeMap::new();
    given.iter().for_each(|event| *counts.entry(&event.stream).or_default() += 1);
    let Some((longest, of_longest)) = counts.into_iter().max_by_key(|(_, count)| *count) else { return Ok(()) };
    let (events, most) = (given.len(), limits::WHAT_IF_GIVEN);
    Err(TestError::TooManyEvents { events, longest: longest.clone(), of_longest, most })
}

/// What a test does not say of a step after which a process is stuck.
fn stuck_note((index, then): (usize, &Then)) -> Option<String> {
    let (stream, why) = then.outcome.stuck().first()?;
    let others = match then.outcome.stuck().len() - 1 {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    Some(format!(
        "After step {}, {stream} is stuck{others}: {why}. The test says that these events come of the step and no others; it cannot promise that the process is done.",
        index + 1
    ))
}

/// Whether each step ends in the test as it did in the what-if: the same rule, or events of the same types.
fn same(played: &Played, thens: &[Then]) -> Result<(), TestError> {
    for (index, (report, then)) in played.steps.iter().zip(thens).enumerate() {
        let of_step = played.after.iter().filter(|(_, from)| *from == super::Provenance::FromStep(index));
        let there = shape(&report.outcome, of_step.map(|(event, _)| event));
        let here = shape(&then.outcome, then.events.iter());
        if here != there {
            return Err(TestError::NotTheSame { number: index + 1, here, there });
        }
    }
    Ok(())
}

fn shape<'a>(outcome: &StepOutcome, events: impl Iterator<Item = &'a RecordedEvent>) -> String {
    let how = match outcome {
        StepOutcome::Executed { .. } | StepOutcome::Ran(_) => "done".to_owned(),
        StepOutcome::Rejected(rejection) => format!("refused by {}", rejection.code),
        StepOutcome::Invalid { code, .. } | StepOutcome::Failed { code, .. } => format!("failed with {code}"),
    };
    // Instances may be worked on in another order, since names make that order.
    let mut types: Vec<_> = events.map(|event| event.event_type.to_string()).collect();
    types.sort();
    let how = if types.is_empty() { how } else { format!("{how} with {}", types.join(", ")) };
    match outcome.stuck().len() {
        0 => how,
        stuck => format!("{how}, {stuck} stuck"),
    }
}

/// A payload without what is never the same twice: sealed texts, since the key of a subject is drawn anew.
fn without_sealed(domain: &Domain, event: &RecordedEvent) -> String {
    let Payload::Json(text) = &event.payload else { return "null".to_owned() };
    let fields = personal_fields_of(domain, &event.event_type);
    if fields.is_empty() {
        return text.to_string();
    }
    let Ok(mut payload) = serde_json::from_str::<Value>(text) else { return text.to_string() };
    for field in fields {
        if let Some(value) = payload.get_mut(&field).and_then(Value::as_object_mut) {
            value.remove("sealed");
        }
    }
    payload.to_string()
}

fn personal_fields_of(domain: &Domain, event_type: &str) -> BTreeSet<String> {
    let found = domain.event_types.iter().find(|kind| kind.event_type == event_type);
    found.map(|kind| es_core::seal::personal_fields(&kind.schema)).unwrap_or_default().into_iter().collect()
}
