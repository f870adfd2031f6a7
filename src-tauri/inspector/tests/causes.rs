//! The drawing of causes: every event in one node, edges as the causation ids say, no cycles, and nothing lost by folding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta};
use es_core::Position;
use inspector::{CauseGraph, CauseKind, CauseView, Caused, cause_graph, effects_of};
use proptest::prelude::*;
use uuid::Uuid;

fn id(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

fn nobody() -> Uuid {
    Uuid::from_u128(u128::MAX)
}

/// An event a second after the one before it.
fn caused(index: usize, causation_id: Option<Uuid>) -> Caused {
    let recorded_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::try_from(index).unwrap_or_default());
    Caused { position: Position(index as u64 * 3 + 1), event_id: id(index), causation_id, recorded_at }
}

/// What an event names as its cause: any event, also a later one and itself, something outside, or nothing.
fn history() -> impl Strategy<Value = Vec<Caused>> {
    let cause = prop_oneof![
        3 => any::<prop::sample::Index>().prop_map(|at| (0, at)),
        5 => any::<prop::sample::Index>().prop_map(|at| (1, at)),
        1 => any::<prop::sample::Index>().prop_map(|at| (2, at)),
        1 => any::<prop::sample::Index>().prop_map(|at| (3, at)),
    ];
    prop::collection::vec(cause, 1..120).prop_map(|causes| {
        let count = causes.len();
        let event = |(index, (kind, at)): (usize, &(u8, prop::sample::Index))| {
            let causation_id = match kind {
                0 => Some(id(at.index(count))),
                // Mostly the one before, so that there are stretches to fold.
                1 => Some(id(index.saturating_sub(1))),
                2 => Some(Uuid::from_u128(u128::MAX - at.index(3) as u128)),
                _ => None,
            };
            caused(index, causation_id)
        };
        causes.iter().enumerate().map(event).collect()
    })
}

fn graph(events: &[Caused], focus: Option<usize>, unfolded: &BTreeSet<Position>, most_nodes: usize) -> CauseGraph {
    let focus = focus.map(|focus| events[focus].position);
    cause_graph(events, CauseView { focus, unfolded, most_nodes })
}

/// For each event the event before it in the log that it names as its cause.
fn true_causes(events: &[Caused]) -> Vec<Option<usize>> {
    let index: HashMap<Uuid, usize> = events.iter().enumerate().map(|(at, event)| (event.event_id, at)).collect();
    let cause = |(at, event): (usize, &Caused)| {
        event.causation_id.and_then(|id| index.get(&id).copied()).filter(|cause| *cause < at)
    };
    events.iter().enumerate().map(cause).collect()
}

fn node_of(graph: &CauseGraph) -> BTreeMap<usize, usize> {
    let mut node_of = BTreeMap::new();
    for (node, drawn) in graph.nodes.iter().enumerate() {
        for event in &drawn.events {
            assert_eq!(node_of.insert(*event, node), None, "event {event} is in one node");
        }
    }
    node_of
}

proptest! {
    #[test]
    fn every_event_is_in_one_node_and_edges_agree_with_causation_ids(
        events in history(), focus in any::<prop::sample::Index>(), most in 16_usize..60, unfold in any::<bool>(),
    ) {
        let focus = focus.index(events.len());
        let unfolded: BTreeSet<_> = events.iter().filter(|_| unfold).map(|event| event.position).collect();
        let graph = graph(&events, Some(focus), &unfolded, most);
        prop_assert!(graph.nodes.len() <= most, "{} nodes of {most}", graph.nodes.len());
        let node_of = node_of(&graph);
        prop_assert_eq!(node_of.len(), events.len(), "no event is lost");
        let causes = true_causes(&events);
        let mut places = BTreeSet::new();
        for (node, drawn) in graph.nodes.iter().enumerate() {
            prop_assert!(drawn.events.is_sorted(), "in the log's order");
            prop_assert!(drawn.parent.is_none_or(|parent| parent < node), "no cycle: causes come first");
            prop_assert!(places.insert((drawn.layer, drawn.row)), "two nodes at one place");
            prop_assert!(drawn.layer < graph.layers && drawn.row < graph.rows);
            prop_assert_eq!(drawn.layer, drawn.parent.map_or(0, |parent| graph.nodes[parent].layer + 1));
            match drawn.kind {
                CauseKind::Outside(named) => {
                    prop_assert!(drawn.events.is_empty() && drawn.parent.is_none());
                    let effects = graph.nodes.iter().filter(|effect| effect.parent == Some(node));
                    for effect in effects.filter(|effect| effect.kind == CauseKind::Events) {
                        prop_assert_eq!(events[effect.events[0]].causation_id, Some(named));
                    }
                }
                CauseKind::Events => {
                    let first = drawn.events[0];
                    let expected = causes[first].map(|cause| node_of[&cause]);
                    let is_event = |parent: &usize| !matches!(graph.nodes[*parent].kind, CauseKind::Outside(_));
                    let by_event = drawn.parent.filter(is_event);
                    prop_assert_eq!(by_event, expected, "the edge to event {}", first);
                    let stretch = drawn.events.windows(2).all(|pair| causes[pair[1]] == Some(pair[0]));
                    prop_assert!(stretch, "each event of a stretch led to the next one");
                    let latency = causes[first].map(|cause| events[first].recorded_at - events[cause].recorded_at);
                    prop_assert_eq!(drawn.latency, latency);
                }
                CauseKind::Hidden => {
                    prop_assert!(!drawn.events.is_empty(), "it hides something");
                    for event in &drawn.events {
                        let cause = causes[*event].map(|cause| node_of[&cause]);
                        prop_assert!(cause.is_none() || cause == Some(node) || cause == drawn.parent);
                    }
                }
            }
        }
        prop_assert_eq!(graph.nodes[node_of[&focus]].kind, CauseKind::Events, "the focus is drawn");
        let focused = &graph.nodes[node_of[&focus]];
        prop_assert!(focused.events.len() == 1, "and not folded");
    }

    #[test]
    fn folding_loses_nothing(events in history()) {
        let nothing = BTreeSet::new();
        let folded = graph(&events, None, &nothing, 10_000);
        let all: BTreeSet<_> = events.iter().map(|event| event.position).collect();
        let whole = graph(&events, None, &all, 10_000);
        prop_assert!(whole.nodes.iter().all(|node| node.events.len() <= 1), "every stretch is unfolded");
        prop_assert!(folded.nodes.len() <= whole.nodes.len());
        let (short, long) = (node_of(&folded), node_of(&whole));
        for (node, drawn) in whole.nodes.iter().enumerate() {
            let (Some(event), Some(parent)) = (drawn.events.first(), drawn.parent) else { continue };
            let Some(cause) = whole.nodes[parent].events.first() else { continue };
            prop_assert_eq!(long[event], node);
            let (from, to) = (short[cause], short[event]);
            prop_assert!(from == to || folded.nodes[to].parent == Some(from), "the edge is there or inside a fold");
        }
    }

    #[test]
    fn every_event_can_be_reached_by_going_where_something_is_hidden(events in history(), most in 16_usize..30) {
        let nothing = BTreeSet::new();
        let (mut shown, mut waiting) = (BTreeSet::new(), vec![0_usize]);
        let mut asked = BTreeSet::new();
        while let Some(focus) = waiting.pop() {
            if !asked.insert(focus) {
                continue;
            }
            for node in graph(&events, Some(focus), &nothing, most).nodes {
                match node.kind {
                    CauseKind::Hidden => waiting.push(node.events[0]),
                    _ => shown.extend(node.events),
                }
            }
        }
        prop_assert_eq!(shown.len(), events.len());
    }

    #[test]
    fn an_event_led_to_what_is_below_it_in_the_drawing(events in history(), focus in any::<prop::sample::Index>(), most in 16_usize..60) {
        let focus = focus.index(events.len());
        let graph = graph(&events, Some(focus), &BTreeSet::new(), most);
        let own = node_of(&graph)[&focus];
        let mut below = vec![false; graph.nodes.len()];
        let mut drawn: BTreeSet<usize> = BTreeSet::new();
        for (node, one) in graph.nodes.iter().enumerate() {
            below[node] = one.parent.is_some_and(|parent| parent == own || below[parent]);
            drawn.extend(one.events.iter().filter(|_| below[node]));
        }
        let effects = effects_of(&events, events[focus].position);
        prop_assert_eq!(&effects.events, &drawn.into_iter().collect::<Vec<_>>());
        let causes = true_causes(&events);
        let steps = |event: &usize| std::iter::successors(Some(*event), |at| causes[*at]).position(|at| at == focus);
        prop_assert_eq!(effects.steps, effects.events.iter().filter_map(steps).max().unwrap_or(0));
        prop_assert_eq!(effects.direct, causes.iter().filter(|cause| **cause == Some(focus)).count());
    }
}

/// An event that led to one on each day, which led to others.
fn bushy(days: usize, each: usize) -> Vec<Caused> {
    let mut events = vec![caused(0, Some(nobody()))];
    for _ in 0..days {
        let first = events.len();
        events.push(caused(first, Some(id(0))));
        for number in 0..each {
            let at = events.len();
            // Half of them are led to by the day's first event, and each of those led to one more.
            events.push(caused(at, Some(id(if number % 2 == 0 { first } else { at - 1 }))));
        }
    }
    events
}

#[test]
fn data_that_go_in_circles_are_drawn_without_one() {
    let events = [caused(0, Some(id(2))), caused(1, Some(id(0))), caused(2, Some(id(1))), caused(3, Some(id(3)))];
    let graph = graph(&events, None, &BTreeSet::new(), 100);
    assert_eq!(graph.out_of_order, 2, "an event cannot be led to by a later one, nor by itself");
    assert_eq!(graph.nodes.iter().map(|node| node.parent).collect::<Vec<_>>(), [None, Some(0), Some(1), None]);
}

#[test]
fn a_command_from_outside_is_the_root_of_all_that_it_led_to() {
    let events: Vec<_> = (0..3).map(|index| caused(index, Some(nobody()))).collect();
    let graph = graph(&events, Some(1), &BTreeSet::new(), 100);
    assert_eq!(graph.nodes[0].kind, CauseKind::Outside(nobody()));
    assert!(graph.nodes[1..].iter().all(|node| node.parent == Some(0) && node.latency.is_none()));
    assert_eq!(
        graph.nodes.iter().map(|node| (node.layer, node.row)).collect::<Vec<_>>(),
        [(0, 0), (1, 0), (1, 1), (1, 2)]
    );
}

#[test]
fn a_long_chain_is_folded_around_its_focus_and_opens_as_far_as_there_is_room() {
    let events: Vec<_> = (0..10_000).map(|index| caused(index, index.checked_sub(1).map(id))).collect();
    let nothing = BTreeSet::new();
    let folded = graph(&events, Some(5_000), &nothing, 500);
    let lengths: Vec<_> = folded.nodes.iter().map(|node| node.events.len()).collect();
    assert_eq!(lengths, [1, 4_999, 1, 4_998, 1], "first, folded, chosen, folded, last");
    let unfolded = BTreeSet::from([events[1].position]);
    let opened = graph(&events, Some(5_000), &unfolded, 500);
    assert_eq!(opened.nodes[0].kind, CauseKind::Hidden, "the way from the root is too long: the rest is above");
    let alone = opened.nodes.iter().filter(|node| node.events.len() == 1).count();
    assert!(alone > 100 && opened.nodes.len() <= 500, "{alone} of {} nodes are single events", opened.nodes.len());
    assert_eq!(opened.nodes.iter().map(|node| node.events.len()).sum::<usize>(), 10_000);
}

#[test]
fn what_is_a_step_away_is_drawn_before_all_of_what_came_of_the_first_of_it() {
    let events = bushy(90, 100);
    let graph = graph(&events, Some(0), &BTreeSet::new(), 500);
    let steps = |step: u32| graph.nodes.iter().filter(move |node| node.layer == step + 1);
    assert_eq!(steps(0).count(), 1, "the focus stands beside the command that led to it");
    assert!(steps(1).all(|node| node.kind == CauseKind::Events), "each day is drawn");
    assert_eq!(steps(1).count(), 90);
    assert!(
        steps(2).all(|node| node.kind == CauseKind::Hidden && node.events.len() == 100),
        "and what each has led to is one node"
    );
    assert_eq!(steps(2).count(), 90);
    let effects = effects_of(&events, events[0].position);
    assert_eq!((effects.events.len(), effects.direct, effects.steps), (90 * 101, 90, 3));
}

#[test]
fn more_than_there_is_room_for_next_to_the_focus_is_drawn_in_part() {
    let events: Vec<_> = (0..10_000).map(|index| caused(index, (index > 0).then(|| id(0)))).collect();
    let graph = graph(&events, Some(0), &BTreeSet::new(), 500);
    assert_eq!(graph.nodes.len(), 500);
    assert_eq!(graph.nodes.last().map(|node| (node.kind, node.events.len())), Some((CauseKind::Hidden, 9_501)));
}
