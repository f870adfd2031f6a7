//! Folds of every source: without overrides the engine's own states, with them what would have been.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use common::{Fixture, ShelfDecider, domain, event, fixture, put};
use es_core::{
    Aggregate, AnyState, AppendRequest, Cell, Column, ColumnKind, CommandDraft, Domain, Erased, EventFilter,
    EventStore, ExpectedVersion, FailurePolicy, Position, Process, ProjectedEvent, Projection, ProjectionError, Rows,
    Settlement, StreamName, StreamVersion, Table, Turn,
};
use inspector::{InsertedEvent, InspectError, Overrides, Source, Taken, Until, fold};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

/// A step, as far as it is the same at every run.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    position: u64,
    taken: Taken,
    before: String,
    after: String,
    error: Option<String>,
}

async fn told(
    fixture: &Fixture,
    domain: &Domain,
    source: &Source,
    until: Until,
    overrides: &Overrides,
) -> Result<Vec<Told>, InspectError> {
    let mut steps = Vec::new();
    let cancel = CancellationToken::new();
    let count = fold(&*fixture.store, domain, source, until, overrides, &cancel, |step| {
        steps.push(Told {
            position: step.event.position.get(),
            taken: step.taken,
            before: step.before.to_string(),
            after: step.after.to_string(),
            error: step.error.clone(),
        });
        ControlFlow::Continue(())
    })
    .await?;
    assert_eq!(count, steps.len() as u64, "the count is that of the steps");
    Ok(steps)
}

/// The states of a shelf after each of these events, with the engine's own aggregate.
fn shelf_states<'a>(payloads: impl IntoIterator<Item = &'a (&'a str, String)>) -> Vec<String> {
    let shelf = Erased::<ShelfDecider>::new();
    let mut state = shelf.initial();
    let mut states = vec![shelf.state_json(&state)];
    for (event_type, payload) in payloads {
        shelf.evolve(&mut state, event_type, payload).expect("sound");
        states.push(shelf.state_json(&state));
    }
    states
}

fn crate_of(id: u64, weight: u64) -> (&'static str, String) {
    ("Put", format!(r#"{{"id":"b{id}","weight":{weight}}}"#))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_slice_is_the_end_of_the_whole_and_until_its_beginning(
        weights in prop::collection::vec(1_u64..1 << 54, 1..30), after in 0_u64..30, until in 0_u64..30,
    ) {
        block_on(async {
            let fixture = fixture((1..).zip(&weights).map(|(n, weight)| put(n, n, *weight)).collect()).await;
            let stream = fixture.stream.clone();
            let whole =
                told(&fixture, &domain(), &Source::Stream(stream.clone()), Until::End, &Overrides::none()).await.expect("steps");
            let payloads: Vec<_> = (1..).zip(&weights).map(|(n, weight)| crate_of(n, *weight)).collect();
            let states = shelf_states(&payloads);
            let expected: Vec<_> = states.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
            let pairs: Vec<_> = whole.iter().map(|step| (step.before.clone(), step.after.clone())).collect();
            assert_eq!(pairs, expected, "the states of the engine's own aggregate");
            let slice = Source::Slice { stream, after: StreamVersion(after) };
            for end in [Until::Version(StreamVersion(until)), Until::Position(Position(until))] {
                let steps = told(&fixture, &domain(), &slice, end, &Overrides::none()).await.expect("steps");
                let part: Vec<_> = whole.iter().filter(|step| (after + 1..=until).contains(&step.position)).cloned().collect();
                assert_eq!(steps, part, "{end:?}");
            }
        });
    }

    #[test]
    fn overrides_are_the_same_as_another_history(
        weights in prop::collection::vec(1_u64..1 << 54, 1..20),
        choices in prop::collection::vec(0_u8..4, 20),
    ) {
        block_on(async {
            let fixture = fixture((1..).zip(&weights).map(|(n, weight)| put(n, n, *weight)).collect()).await;
            let stream = fixture.stream.clone();
            let (mut overrides, mut history) = (Overrides::none(), Vec::new());
            for ((n, weight), choice) in (1_u64..).zip(&weights).zip(&choices) {
                match choice {
                    0 => history.push(crate_of(n, *weight)),
                    1 => overrides = overrides.skip(stream.clone(), StreamVersion(n)),
                    2 => {
                        overrides = overrides.replace(stream.clone(), StreamVersion(n), crate_of(n, 7).1);
                        history.push(crate_of(n, 7));
                    }
                    _ => {
                        let payload = crate_of(n + 100, 9).1;
                        let inserted = InsertedEvent { event_type: "Put".to_owned(), schema_version: 2, payload };
                        overrides = overrides.insert_after(stream.clone(), StreamVersion(n), inserted);
                        history.extend([crate_of(n, *weight), crate_of(n + 100, 9)]);
                    }
                }
            }
            let steps = told(&fixture, &domain(), &Source::Stream(stream), Until::End, &overrides).await.expect("steps");
            let effective: Vec<_> = steps.iter().filter(|step| step.taken != Taken::Skipped).collect();
            let states = shelf_states(&history);
            assert_eq!(effective.len(), history.len(), "each of them once");
            for (at, step) in effective.iter().enumerate() {
                assert_eq!((&step.before, &step.after), (&states[at], &states[at + 1]), "step {at}");
            }
            for step in steps.iter().filter(|step| step.taken == Taken::Skipped) {
                assert_eq!(step.before, step.after, "what is left out changes nothing");
            }
        });
    }
}

#[tokio::test]
async fn what_is_inserted_before_the_first_event_comes_first() {
    let fixture = fixture(vec![put(1, 1, 5)]).await;
    let inserted = InsertedEvent { event_type: "Put".to_owned(), schema_version: 2, payload: crate_of(0, 3).1 };
    let overrides = Overrides::none().insert_after(fixture.stream.clone(), StreamVersion::ZERO, inserted);
    let steps = told(&fixture, &domain(), &Source::Stream(fixture.stream.clone()), Until::End, &overrides)
        .await
        .expect("steps");
    let states = shelf_states(&[crate_of(0, 3), crate_of(1, 5)]);
    assert_eq!(steps.iter().map(|step| step.after.clone()).collect::<Vec<_>>(), states[1..]);
    assert_eq!(steps.iter().map(|step| step.taken).collect::<Vec<_>>(), [Taken::Inserted, Taken::AsStored]);
}

#[tokio::test]
async fn several_streams_are_folded_in_the_order_of_the_log_each_with_its_own_state() {
    let fixture = fixture(vec![put(1, 1, 5)]).await;
    let other = StreamName::new("shelf-2").expect("valid");
    for number in 2..=5 {
        let stream = if number % 2 == 0 { other.clone() } else { fixture.stream.clone() };
        let request = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![put(number, number, number)]);
        fixture.store.append(request).await.expect("appended");
    }
    let source = Source::Streams(vec![other, fixture.stream.clone()]);
    let steps = told(&fixture, &domain(), &source, Until::End, &Overrides::none()).await.expect("steps");
    assert_eq!(steps.iter().map(|step| step.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let second = shelf_states(&[crate_of(2, 2), crate_of(4, 4)]);
    assert_eq!((&steps[3].before, &steps[3].after), (&second[1], &second[2]), "the second one's own state");
    let until =
        told(&fixture, &domain(), &source, Until::Position(Position(3)), &Overrides::none()).await.expect("steps");
    assert_eq!(until, steps[..3]);
}

static WEIGHTS: Table = Table {
    name: "weights",
    columns: &[Column { name: "shelf", kind: ColumnKind::Text }, Column { name: "weight", kind: ColumnKind::Int }],
    key_columns: 1,
    indexes: &[],
};

/// Weight by shelf; refuses what weighs nothing, half way.
struct Weights(FailurePolicy);

impl Projection for Weights {
    fn name(&self) -> &'static str {
        "weights"
    }
    fn version(&self) -> u32 {
        1
    }
    fn description(&self) -> &'static str {
        "Weight by shelf."
    }
    fn tables(&self) -> &'static [&'static Table] {
        static OWN: [&Table; 1] = [&WEIGHTS];
        &OWN
    }
    fn filter(&self) -> EventFilter {
        EventFilter { event_types: vec!["Put".to_owned()], ..EventFilter::default() }
    }
    fn failure_policy(&self) -> FailurePolicy {
        self.0
    }
    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let put: serde_json::Value = serde_json::from_str(&event.current.payload).expect("json");
        let weight = put["weight"].as_i64().expect("a weight");
        let key = [Cell::from(event.recorded.stream.as_str())];
        let former = rows.get(&WEIGHTS, &key)?.and_then(|row| row[1].as_int()).unwrap_or(0);
        rows.put(&WEIGHTS, vec![key[0].clone(), (former + weight).into()])?;
        if weight == 0 {
            return Err(ProjectionError::Contradiction("it weighs nothing".to_owned()));
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_read_models_steps_are_the_rows_that_each_event_changes() {
    let heavy = 9_007_199_254_740_993;
    let fixture = fixture(vec![put(1, 1, heavy), event(2, "Taken", 1, "\"b1\""), put(3, 3, 1)]).await;
    let weights = Domain { projections: vec![Arc::new(Weights(FailurePolicy::Halt))], ..domain() };
    let source = Source::Projection("weights".to_owned());
    let steps = told(&fixture, &weights, &source, Until::End, &Overrides::none()).await.expect("steps");
    let row = |weight: u64| format!(r#"{{"weights":[{{"shelf":"shelf-1","weight":{weight}}}]}}"#);
    let pairs: Vec<_> = steps.iter().map(|step| (step.position, step.before.clone(), step.after.clone())).collect();
    let nothing = r#"{"weights":[]}"#.to_owned();
    assert_eq!(pairs, [(1, nothing, row(heavy)), (3, row(heavy), row(heavy + 1))], "what it does not want is no step");
    let skipped = Overrides::none().skip(fixture.stream.clone(), StreamVersion(1));
    let steps = told(&fixture, &weights, &source, Until::End, &skipped).await.expect("steps");
    assert_eq!(steps[1].after, row(1), "without the first one");
}

#[tokio::test]
async fn a_read_model_that_cannot_apply_an_event_takes_nothing_of_it() {
    let fixture = fixture(vec![put(1, 1, 5), put(2, 2, 0), put(3, 3, 7)]).await;
    let other = StreamName::new("shelf-2").expect("valid");
    let request = AppendRequest::to_stream(other, ExpectedVersion::Any, vec![put(4, 4, 9)]);
    fixture.store.append(request).await.expect("appended");
    for (policy, last_failed) in [(FailurePolicy::Halt, true), (FailurePolicy::QuarantineStream, false)] {
        let weights = Domain { projections: vec![Arc::new(Weights(policy))], ..domain() };
        let source = Source::Projection("weights".to_owned());
        let steps = told(&fixture, &weights, &source, Until::End, &Overrides::none()).await.expect("steps");
        let failed: Vec<_> = steps.iter().map(|step| step.error.is_some()).collect();
        assert_eq!(failed, [false, true, true, last_failed], "{policy:?}");
        assert_eq!(steps[1].error.as_deref(), Some("it weighs nothing"));
        let retried = Overrides::none().skip(fixture.stream.clone(), StreamVersion(2));
        let steps = told(&fixture, &weights, &source, Until::End, &retried).await.expect("steps");
        assert!(steps[2].after.contains(":12"), "5 and 7, without what failed: {}", steps[2].after);
    }
}

/// Wants a shelf emptied once it has two boxes.
struct Emptying;

impl Process for Emptying {
    fn name(&self) -> &'static str {
        "emptying"
    }
    fn category(&self) -> &'static str {
        "shelf"
    }
    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let boxes = state.downcast_ref::<common::Shelf>().expect("a shelf").boxes.len();
        let id = es_core::process::step_command_id(stream, "empty");
        let command = CommandDraft { command_id: id, command_type: "Empty".to_owned(), payload: "{}".to_owned() };
        let pending = if boxes == 2 { vec![command] } else { Vec::new() };
        Turn { pending, timers: Vec::new(), finished: boxes > 2 }
    }
    fn settle(&self, _: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        planned.clone()
    }
}

#[tokio::test]
async fn a_processs_steps_tell_what_it_still_has_to_do() {
    let fixture = fixture((1..=3).map(|n| put(n, n, n)).collect()).await;
    let emptying = Domain { processes: vec![Arc::new(Emptying)], ..domain() };
    let source = Source::Process { process: "emptying".to_owned(), stream: fixture.stream.clone() };
    let steps = told(&fixture, &emptying, &source, Until::End, &Overrides::none()).await.expect("steps");
    let after: Vec<serde_json::Value> =
        steps.iter().map(|step| serde_json::from_str(&step.after).expect("json")).collect();
    let pending: Vec<_> = after.iter().map(|state| state["pending"].as_array().expect("a list").len()).collect();
    assert_eq!(pending, [0, 1, 0]);
    assert_eq!(after[1]["pending"][0]["commandType"], "Empty");
    assert_eq!((&after[2]["finished"], &after[2]["state"]["weight"]), (&true.into(), &6.into()));
    let nobody = Source::Process { process: "filling".to_owned(), stream: fixture.stream.clone() };
    assert!(
        told(&fixture, &emptying, &nobody, Until::End, &Overrides::none()).await.is_err(),
        "there is no such process"
    );
}

#[tokio::test]
async fn a_source_that_is_not_there_is_refused() {
    let fixture = fixture(vec![put(1, 1, 5)]).await;
    let code = |source: Source| {
        let fixture = &fixture;
        async move {
            told(fixture, &domain(), &source, Until::End, &Overrides::none()).await.map_err(|error| error.code()).err()
        }
    };
    let name = |text: &str| StreamName::new(text).expect("valid");
    let refused: BTreeMap<_, _> = [
        ("stream", code(Source::Stream(name("shelf-9"))).await),
        ("aggregate", code(Source::Stream(name("ship-1"))).await),
        ("read model", code(Source::Projection("nothing".to_owned())).await),
        ("many", code(Source::Streams((0..40).map(|n| name(&format!("shelf-{n}"))).collect())).await),
    ]
    .into();
    assert_eq!(refused["stream"], Some("unknown_stream"));
    assert_eq!(refused["aggregate"], Some("unknown_stream"), "what is not there has no state to be missed");
    assert_eq!(refused["read model"], Some("unknown_read_model"));
    assert_eq!(refused["many"], Some("too_many"));
}
