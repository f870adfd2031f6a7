//! Blame, one field's history, watch, bisect and lanes agree with a recomputation that knows no shortcut.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{Fixture, domain, event, fixture, put};
use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Position, StreamName, StreamVersion};
use inspector::{Expression, InspectError, Inspector, LaneOrder, LanePlace, Pace, Scope, Search, Value, View};
use proptest::prelude::*;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

fn inspector(fixture: &Fixture) -> Inspector {
    Inspector::new(fixture.store.clone(), Arc::new(domain()), View { display: None })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn token() -> CancellationToken {
    CancellationToken::new()
}

/// Kind of event, box, weight. Boxes may come twice, so that some arrays have elements that cannot be told apart.
fn random_event() -> impl Strategy<Value = (u8, u64, u64)> {
    (0_u8..5, 0_u64..6, (1_u64 << 53)..(1 << 54))
}

fn history(choices: &[(u8, u64, u64)]) -> Vec<NewEvent> {
    let one = |(at, (kind, id, weight)): (usize, &(u8, u64, u64))| {
        let number = at as u64 + 1;
        match kind {
            0..=2 => put(number, *id, *weight),
            3 => event(number, "Taken", 1, &format!("\"b{id}\"")),
            _ => event(number, "Dusted", 1, "{}"),
        }
    };
    choices.iter().enumerate().map(one).collect()
}

/// The states after 0, 1, 2, … events.
async fn states(inspector: &Inspector, fixture: &Fixture, last: u64) -> Vec<Json> {
    let mut states = Vec::new();
    for version in 0..=last {
        let text = inspector.state_text(&fixture.stream, StreamVersion(version), &token()).await.expect("folded");
        states.push(serde_json::from_str(&text).expect("json"));
    }
    states
}

/// Path and version of every value, by comparing whole neighbours.
fn naive_blame(states: &[Json]) -> BTreeMap<String, u64> {
    let mut blame = BTreeMap::new();
    all_at(&states[0], "", 0, &mut blame);
    for (version, pair) in (1..).zip(states.windows(2)) {
        let mut next = BTreeMap::new();
        blamed(&pair[0], &pair[1], "", "", version, &blame, &mut next);
        blame = next;
    }
    blame
}

fn all_at(value: &Json, path: &str, version: u64, out: &mut BTreeMap<String, u64>) {
    out.insert(path.to_owned(), version);
    for (key, child) in children(value) {
        all_at(child, &format!("{path}/{key}"), version, out);
    }
}

fn children(value: &Json) -> Vec<(String, &Json)> {
    match value {
        Json::Object(members) => members.iter().map(|(key, child)| (key.clone(), child)).collect(),
        Json::Array(elements) => elements.iter().enumerate().map(|(at, child)| (at.to_string(), child)).collect(),
        _ => Vec::new(),
    }
}

fn ids(value: &Json) -> Option<Vec<&str>> {
    let elements = value.as_array().filter(|elements| !elements.is_empty())?;
    let ids = elements.iter().map(|element| element.get("id")?.as_str()).collect::<Option<Vec<_>>>()?;
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    (distinct.len() == ids.len()).then_some(ids)
}

fn blamed(
    old: &Json,
    new: &Json,
    old_path: &str,
    path: &str,
    version: u64,
    former: &BTreeMap<String, u64>,
    out: &mut BTreeMap<String, u64>,
) {
    let changed = old != new;
    out.insert(path.to_owned(), if changed { version } else { former[old_path] });
    for (key, child) in children(new) {
        let partner = match (ids(old), ids(new)) {
            (Some(old_ids), Some(new_ids)) => {
                let at = key.parse::<usize>().expect("an index");
                old_ids.iter().position(|id| *id == new_ids[at]).map(|found| found.to_string())
            }
            _ => Some(key.clone()),
        };
        let found = partner.and_then(|key| {
            let same_shape = old.is_object() == new.is_object() && old.is_array() == new.is_array();
            children(old).into_iter().find(|(other, _)| same_shape && *other == key)
        });
        match found {
            Some((old_key, old_child)) => blamed(
                old_child,
                child,
                &format!("{old_path}/{old_key}"),
                &format!("{path}/{key}"),
                version,
                former,
                out,
            ),
            None => all_at(child, &format!("{path}/{key}"), version, out),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blame_is_what_comparing_all_neighbours_comes_to(
        choices in prop::collection::vec(random_event(), 1..40), asked in prop::collection::vec(0_usize..40, 1..4),
    ) {
        block_on(async {
            let fixture = fixture(history(&choices)).await;
            let inspector = inspector(&fixture);
            let states = states(&inspector, &fixture, choices.len() as u64).await;
            let cancel = token();
            // In any order: what is kept of one answer must not spoil another.
            for version in asked {
                let version = version.min(choices.len());
                let blame = inspector
                    .blame(&fixture.stream, StreamVersion(version as u64), Pace::quiet(&cancel))
                    .await
                    .expect("blamed");
                let told: BTreeMap<_, _> = blame.paths.iter().map(|path| (path.path.clone(), path.version.get())).collect();
                assert_eq!(told, naive_blame(&states[..=version]), "at version {version}");
                for path in &blame.paths {
                    let known = blame.events.iter().any(|event| event.version == path.version);
                    assert!(known || path.version == StreamVersion::ZERO, "the event of {path:?} is told");
                }
            }
        });
    }

    #[test]
    fn a_fields_history_is_every_neighbour_that_differs(
        choices in prop::collection::vec(random_event(), 1..40),
    ) {
        block_on(async {
            let fixture = fixture(history(&choices)).await;
            let inspector = inspector(&fixture);
            let last = choices.len() as u64;
            let states = states(&inspector, &fixture, last).await;
            let cancel = token();
            let told_apart = |state: &Json| state["boxes"].as_array().is_none_or(Vec::is_empty) || ids(&state["boxes"]).is_some();
            let blame = inspector
                .blame(&fixture.stream, StreamVersion(last), Pace::quiet(&cancel))
                .await
                .expect("blamed");
            let mut paths = BTreeMap::new();
            all_at(&states[choices.len()], "", 0, &mut paths);
            for path in paths.keys() {
                let history = inspector
                    .field_history(&fixture.stream, path, StreamVersion(last), Pace::quiet(&cancel))
                    .await
                    .expect("a path of the state");
                let at = |state: &Json| find(state, path, &states[choices.len()]).cloned();
                let differing: Vec<u64> = (1..=last).filter(|version| {
                    let version = usize::try_from(*version).expect("small");
                    at(&states[version - 1]) != at(&states[version])
                }).collect();
                let told: Vec<u64> = history.changes.iter().map(|change| change.event.version.get()).collect();
                assert_eq!(told, differing, "{path}, followed as {}", history.followed);
                if states.iter().all(told_apart) {
                    let blamed = blame.paths.iter().find(|blamed| blamed.path == *path).map(|blamed| blamed.version.get());
                    assert_eq!(blamed, Some(told.last().copied().unwrap_or(0)), "{path}: the last change is what blame names");
                }
                for change in &history.changes {
                    let version = usize::try_from(change.event.version.get()).expect("small");
                    let text = |state: &Json| at(state).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
                    let told = (change.before.clone().map(|v| v.text), change.after.clone().map(|v| v.text));
                    assert_eq!(told, (text(&states[version - 1]), text(&states[version])), "{path} at version {version}");
                }
            }
        });
    }

    #[test]
    fn watch_and_bisect_are_evaluations_of_every_state(
        choices in prop::collection::vec(random_event(), 1..60),
        bound in (1_u64 << 53)..(1 << 57), which in 0_usize..5,
    ) {
        let text = [
            format!("weight > {bound}"),
            "boxes.exists(b, b.id == 'b1')".to_owned(),
            "payload.weight % 2 == 1".to_owned(),
            format!("boxes[0].weight < {bound} || event.version > 20"),
            "boxes.size() * 2 - 1".to_owned(),
        ][which].clone();
        block_on(async {
            let fixture = fixture(history(&choices)).await;
            let inspector = inspector(&fixture);
            let expression = Expression::parse_on_state(&text).expect("sound");
            let (cancel, domain) = (token(), domain());
            let expected = evaluated(&inspector, &fixture, &domain, &expression, choices.len() as u64).await;
            let watched =
                inspector.watch(&fixture.stream, &expression, None, Pace::quiet(&cancel)).await.expect("watched");
            let told: Vec<_> = watched.points.iter().map(|point| (point.version.get(), point.value.clone())).collect();
            let sound: Vec<_> =
                expected.iter().filter_map(|(version, value)| Some((*version, value.clone()?))).collect();
            assert_eq!(told, sound, "{text}");
            assert!(!watched.thinned, "so few points are all shown");
            let hits: Vec<u64> =
                watched.hits.iter().flat_map(|run| run.from.version.get()..=run.until.get()).collect();
            let holds = |(version, value): &(u64, Option<Value>)| (*value == Some(Value::Boolean(true))).then_some(*version);
            let holding: Vec<u64> = expected.iter().filter_map(holds).collect();
            assert_eq!(hits, holding, "{text}");
            assert_eq!(watched.tally.evaluated, expected.len() as u64, "all were evaluated");
            let not_evaluable = expected.iter().filter(|(_, value)| value.is_none()).count() as u64;
            assert_eq!(watched.tally.not_evaluable, not_evaluable, "{text}");
            let numbers = sound.iter().filter_map(|(_, value)| value.number());
            assert_eq!(watched.highest.and_then(|point| point.number()), numbers.clone().max(), "highest");
            assert_eq!(watched.lowest.and_then(|point| point.number()), numbers.min(), "lowest");

            let found = inspector
                .bisect(&fixture.stream, &expression, Search::EveryVersion, None, Pace::quiet(&cancel))
                .await
                .expect("bisected");
            assert_eq!(found.first.map(|event| event.version.get()), holding.first().copied(), "{text}");
            let looked = holding.first().copied().unwrap_or(expected.len() as u64);
            assert_eq!(found.tally.evaluated, looked, "none behind the first is looked at");
        });
    }

    #[test]
    fn halving_finds_the_first_hit_of_a_condition_that_stays(
        choices in prop::collection::vec(random_event(), 1..60), from in 1_u64..80,
    ) {
        block_on(async {
            let fixture = fixture(history(&choices)).await;
            let inspector = inspector(&fixture);
            let cancel = token();
            let expression = Expression::parse(&format!("event.version >= {from}")).expect("sound");
            let found = inspector
                .bisect(&fixture.stream, &expression, Search::Halving, None, Pace::quiet(&cancel))
                .await
                .expect("bisected");
            let expected = (from <= choices.len() as u64).then_some(from);
            assert_eq!(found.first.map(|event| event.version.get()), expected);
            assert!(found.tally.evaluated <= 8, "{} evaluations of 60 versions", found.tally.evaluated);
        });
    }

    #[test]
    fn lanes_are_all_events_in_one_order_however_they_are_paged(
        sizes in prop::collection::vec(0_usize..30, 1..5),
        weights in prop::collection::vec(1_u64..3000, 120), limit in 1_usize..20, by_value in any::<bool>(),
    ) {
        block_on(async {
            let (fixture, streams) = several(&sizes, &weights).await;
            let inspector = inspector(&fixture);
            let cancel = token();
            let order = if by_value { LaneOrder::ValueDate } else { LaneOrder::Recorded };
            let (mut after, mut told) = (None::<LanePlace>, Vec::<(Option<String>, u64, usize)>::new());
            loop {
                let page = inspector.lanes(&streams, order, (after, None), limit, Pace::quiet(&cancel)).await.expect("a page");
                assert!(page.entries.len() <= limit, "a page is no longer than asked for");
                for entry in &page.entries {
                    let day = entry.value_date.unwrap_or_else(|| entry.event.recorded_at.date_naive()).to_string();
                    assert_eq!(page.lanes[entry.lane].stream, entry.event.stream, "the lane is the event's stream");
                    told.push((by_value.then_some(day), entry.event.position.get(), entry.lane));
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let mut sorted = told.clone();
            sorted.sort();
            assert_eq!(told, sorted, "in order across pages");
            sorted.dedup();
            assert_eq!((told.len(), sorted.len()), (total(&sizes), total(&sizes)), "each event once");
        });
    }
}

fn total(sizes: &[usize]) -> usize {
    sizes.iter().map(|size| size + 1).sum()
}

/// Streams with one event and as many more as asked for, one after the other in the log.
async fn several(sizes: &[usize], weights: &[u64]) -> (Fixture, Vec<StreamName>) {
    let fixture = fixture(Vec::new()).await;
    let streams: Vec<_> = (0..sizes.len()).map(|n| StreamName::of("shelf", n).expect("valid")).collect();
    let mut weights = weights.iter().cycle();
    let mut number = 0;
    for round in 0..=sizes.iter().copied().max().unwrap_or(0) {
        for (stream, size) in streams.iter().zip(sizes) {
            if round > *size {
                continue;
            }
            number += 1;
            fixture.clock.advance(chrono::Duration::hours(7));
            let event = put(number, number, weights.next().copied().unwrap_or(1));
            let request = AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, vec![event]);
            fixture.store.append(request).await.expect("appended");
        }
    }
    (fixture, streams)
}

/// The value at a path of the last state, found in another one: boxes by their id where the last state tells them apart.
fn find<'a>(state: &'a Json, path: &str, last: &Json) -> Option<&'a Json> {
    let (mut value, mut shown) = (state, last);
    for part in path.split('/').skip(1) {
        if let Some(ids) = ids(shown) {
            let at = part.parse::<usize>().expect("an index");
            value =
                value.as_array()?.iter().find(|element| element.get("id").and_then(Json::as_str) == Some(ids[at]))?;
            shown = shown.get(at).expect("a path of it");
        } else if shown.is_array() {
            let at = part.parse::<usize>().expect("an index");
            (value, shown) = (value.get(at)?, shown.get(at).expect("a path of it"));
        } else {
            (value, shown) = (value.get(part)?, shown.get(part).expect("a path of it"));
        }
    }
    Some(value)
}

async fn evaluated(
    inspector: &Inspector,
    fixture: &Fixture,
    domain: &es_core::Domain,
    expression: &Expression,
    last: u64,
) -> Vec<(u64, Option<Value>)> {
    let mut values = Vec::new();
    for version in 1..=last {
        let state = inspector.state_text(&fixture.stream, StreamVersion(version), &token()).await.expect("folded");
        let events = es_core::EventReader::read_positions(&*fixture.store, &[Position(version)]).await.expect("read");
        let value = expression.evaluate(&Scope::current(&events[0], &domain.upcasters).with_state(&state)).ok();
        values.push((version, value));
    }
    values
}

#[tokio::test]
async fn a_fold_that_fails_ends_every_answer_with_its_reason() {
    let history = vec![put(1, 1, 5), event(2, "Exploded", 1, "{}"), put(3, 2, 5)];
    let fixture = fixture(history).await;
    let (inspector, cancel) = (inspector(&fixture), token());
    let pace = Pace::quiet(&cancel);
    let blame = inspector.blame(&fixture.stream, StreamVersion(3), pace).await.expect("an answer");
    assert_eq!(blame.problem.map(|problem| problem.version), Some(StreamVersion(2)));
    assert!(
        blame.paths.iter().all(|path| path.version <= StreamVersion(1)),
        "of the state before it: {:?}",
        blame.paths
    );
    let expression = Expression::parse_on_state("weight").expect("sound");
    let watched = inspector.watch(&fixture.stream, &expression, None, pace).await.expect("an answer");
    assert_eq!(watched.points.len(), 1, "nothing is evaluated from there on");
    assert_eq!(watched.problem.map(|problem| problem.version), Some(StreamVersion(2)));
    let history = inspector.field_history(&fixture.stream, "/weight", StreamVersion(3), pace).await.expect("an answer");
    assert_eq!((history.changes.len(), history.problem.is_some()), (1, true));
    let hit = Expression::parse_on_state("weight > 5").expect("sound");
    for search in [Search::EveryVersion, Search::Halving] {
        let found = inspector.bisect(&fixture.stream, &hit, search, None, pace).await.expect("an answer");
        assert!(found.first.is_none() && found.problem.is_some(), "{search:?}: not found, and why");
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_its_reason() {
    let fixture = fixture(vec![put(1, 1, 5)]).await;
    let (inspector, cancel) = (inspector(&fixture), token());
    let pace = Pace::quiet(&cancel);
    let path = inspector.field_history(&fixture.stream, "/boxes/7", StreamVersion(1), pace).await;
    assert_eq!(path.map_err(|error| error.code()), Err("no_such_path"));
    let version = inspector.blame(&fixture.stream, StreamVersion(2), pace).await;
    assert_eq!(version.map_err(|error| error.code()), Err("no_such_version"));
    let many: Vec<_> = (0..40).map(|n| StreamName::of("shelf", n).expect("valid")).collect();
    let refused = inspector.lanes(&many, LaneOrder::Recorded, (None, None), 10, pace).await;
    assert!(matches!(refused, Err(InspectError::TooMany { .. })), "too many lanes");
    let stopped = token();
    stopped.cancel();
    let always = Expression::parse("true").expect("sound");
    let watched = inspector.watch(&fixture.stream, &always, None, Pace::quiet(&stopped)).await;
    assert_eq!(watched.map_err(|error| error.code()), Err("cancelled"));
}

#[tokio::test]
async fn a_long_line_is_thinned_without_losing_an_extreme() {
    let count = 20_000_u64;
    let spike = 7_777;
    let weight = |number: u64| if number == spike { 1_000_000_007 } else { number % 97 + 100 };
    let events: Vec<_> = (1..=count).map(|number| put(number, number, weight(number))).collect();
    let fixture = common::fixture_at_once(events).await;
    let (inspector, cancel) = (inspector(&fixture), token());
    let expression = Expression::parse("payload.weight").expect("sound");
    let watched = inspector.watch(&fixture.stream, &expression, None, Pace::quiet(&cancel)).await.expect("watched");
    assert!(watched.thinned && watched.points.len() <= inspector::limits::WATCH_POINTS + 4, "{}", watched.points.len());
    assert!(watched.points.is_sorted_by(|one, next| one.version < next.version), "in order, each once");
    let highest = watched.highest.expect("there are numbers");
    assert_eq!((highest.version.get(), highest.value.text()), (spike, "1000000007".to_owned()));
    assert!(watched.points.contains(&highest), "the spike is among the points");
    let ends =
        (watched.points.first().expect("some").version.get(), watched.points.last().expect("some").version.get());
    assert_eq!(ends, (1, count), "the line begins and ends where the stream does");
}
