//! The two lanes: what happened, and what would have happened, folded the same way, step by step.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use es_core::{Domain, RecordedEvent, StreamName, StreamVersion};
use uuid::Uuid;

use super::arrange::Provenance;
use crate::fold::{FoldProblem, Folded, aggregate_of};
use crate::inspector::Inspector;
use crate::limits;
use crate::tree::{TreeNode, View};
use crate::views::EventSummary;

/// An event of a lane, with the state of its stream around it.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneStep {
    /// The event. Of one that nobody has recorded, the position is 0.
    pub event: EventSummary,
    /// Its id.
    pub event_id: Uuid,
    /// Its payload, as it is (or would be) stored; nothing if that is not JSON.
    pub payload: Option<String>,
    /// How it has come into the lane.
    pub provenance: Provenance,
    /// Index of the last edit that has changed it.
    pub edit: Option<usize>,
    /// State before it, as JSON text; nothing where streams of the category have no state.
    pub before: Option<Arc<str>>,
    /// State after it; equal to the one before if the fold has failed.
    pub after: Option<Arc<str>>,
    /// JSON pointers that it changed.
    pub changed_paths: Vec<String>,
    /// Why it could not be folded, or that an earlier one could not.
    pub error: Option<String>,
}

/// One of the two lanes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LaneOfSteps {
    /// What follows the fork, at most [`limits::STEPS`].
    pub steps: Vec<LaneStep>,
    /// How many there are in all.
    pub total: u64,
}

/// Events of the two lanes that stand side by side: indexes into their steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneRow {
    /// What happened.
    pub original: Option<usize>,
    /// What would have happened.
    pub what_if: Option<usize>,
}

/// How a stream ends on both lanes.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEnd {
    /// The stream.
    pub stream: StreamName,
    /// Its last version; 0 if it has no event.
    pub original_version: StreamVersion,
    /// Its last version in the what-if.
    pub what_if_version: StreamVersion,
    /// The state in the what-if as a tree, with what differs from the original marked; empty if nothing does.
    pub nodes: Vec<TreeNode>,
    /// JSON pointers that differ.
    pub changed_paths: Vec<String>,
    /// Set if the fold of what happened has failed.
    pub original_problem: Option<FoldProblem>,
    /// Set if the fold of what would have happened has failed.
    pub what_if_problem: Option<FoldProblem>,
}

impl StreamEnd {
    /// Whether there is something to say about it: it ends otherwise, or cannot be folded to its end.
    #[must_use]
    pub fn is_told(&self) -> bool {
        !self.changed_paths.is_empty() || self.problem().is_some()
    }

    /// Why it cannot be folded to its end in the what-if or, if it can be there, as it happened.
    #[must_use]
    pub fn problem(&self) -> Option<&FoldProblem> {
        self.what_if_problem.as_ref().or(self.original_problem.as_ref())
    }
}

/// A fold of several streams at once.
#[derive(Clone)]
pub(super) struct Folds<'a> {
    inspector: &'a Inspector,
    streams: HashMap<StreamName, StreamFold>,
}

#[derive(Clone)]
struct StreamFold {
    /// The last version, also of a stream without states or behind a failure.
    version: StreamVersion,
    /// Nothing where streams of the category have no state.
    folded: Option<Folded>,
    text: Option<Arc<str>>,
}

impl<'a> Folds<'a> {
    pub(super) fn new(inspector: &'a Inspector) -> Self {
        Self { inspector, streams: HashMap::new() }
    }

    fn domain(&self) -> &'a Domain {
        &self.inspector.domain
    }

    fn stream(&mut self, stream: &StreamName) -> &mut StreamFold {
        let domain = &self.inspector.domain;
        self.streams.entry(stream.clone()).or_insert_with(|| StreamFold {
            version: StreamVersion::ZERO,
            folded: aggregate_of(domain, stream).ok().map(Folded::start),
            text: None,
        })
    }

    /// Takes an event in without telling it.
    pub(super) fn take_quietly(&mut self, event: &RecordedEvent) {
        let domain = self.domain();
        let stream = self.stream(&event.stream);
        stream.version = event.version;
        stream.text = None;
        if let (Some(folded), Ok(aggregate)) = (&mut stream.folded, aggregate_of(domain, &event.stream)) {
            folded.take(domain, aggregate, event);
        }
    }

    /// Takes many events of several streams in, in their order, without telling them. A failure costs one copy, not one each.
    pub(super) fn take_history(&mut self, events: &[RecordedEvent]) {
        let mut by_stream: BTreeMap<&StreamName, Vec<RecordedEvent>> = BTreeMap::new();
        for event in events {
            by_stream.entry(&event.stream).or_default().push(event.clone());
        }
        let domain = self.domain();
        for (name, events) in by_stream {
            let stream = self.stream(name);
            stream.version = events.last().map_or(stream.version, |event| event.version);
            stream.text = None;
            if let (Some(folded), Ok(aggregate)) = (&mut stream.folded, aggregate_of(domain, name)) {
                let go_on = &mut |_: &RecordedEvent, _: &Folded| std::ops::ControlFlow::Continue(());
                let _ = folded.take_all(domain, aggregate, &events, go_on);
            }
        }
    }

    /// The last version of a stream.
    pub(super) fn version(&self, stream: &StreamName) -> StreamVersion {
        self.streams.get(stream).map_or(StreamVersion::ZERO, |fold| fold.version)
    }

    /// Takes an event in, unless it is left out, and tells what came of it.
    pub(super) fn take(&mut self, event: &RecordedEvent, provenance: Provenance) -> LaneStep {
        let before = self.text(&event.stream);
        let earlier = self.problem(&event.stream);
        let skipped = provenance == Provenance::Skipped;
        if !skipped {
            self.take_quietly(event);
        }
        let after = if skipped { before.clone() } else { self.text(&event.stream) };
        let error = match (&earlier, self.problem(&event.stream)) {
            _ if skipped => None,
            (Some(problem), _) => Some(format!("not folded, because {problem}")),
            (None, problem) => problem.map(|problem| problem.message),
        };
        let changed_paths = match (&before, &after) {
            (Some(before), Some(after)) if before != after => self.inspector.view.diff(before, after).changed_paths,
            _ => Vec::new(),
        };
        LaneStep {
            event: self.inspector.summary(event),
            event_id: event.event_id,
            payload: event.payload.as_json().map(str::to_owned),
            provenance,
            edit: None,
            before,
            after,
            changed_paths,
            error,
        }
    }

    fn problem(&self, stream: &StreamName) -> Option<FoldProblem> {
        self.streams.get(stream)?.folded.as_ref()?.problem.clone()
    }

    /// The state as text; nothing where streams of the category have none.
    fn text(&mut self, name: &StreamName) -> Option<Arc<str>> {
        let domain = self.domain();
        let stream = self.stream(name);
        if stream.text.is_none() {
            let aggregate = aggregate_of(domain, name).ok()?;
            stream.text = stream.folded.as_ref().map(|folded| aggregate.state_json(&folded.state).into());
        }
        stream.text.clone()
    }
}

impl LaneOfSteps {
    /// Takes an event in, and tells it unless there are too many.
    pub(super) fn take(
        &mut self,
        folds: &mut Folds<'_>,
        event: &RecordedEvent,
        (provenance, edit): (Provenance, Option<usize>),
    ) {
        self.total += 1;
        if self.steps.len() < limits::STEPS {
            self.steps.push(LaneStep { edit, ..folds.take(event, provenance) });
        } else if provenance != Provenance::Skipped {
            folds.take_quietly(event);
        }
    }
}

/// How streams end on both lanes; those that there is something to say about first, otherwise by name.
pub(super) fn ends(
    view: &View,
    streams: impl IntoIterator<Item = StreamName>,
    original: &mut Folds<'_>,
    what_if: &mut Folds<'_>,
) -> Vec<StreamEnd> {
    let end = |stream: StreamName| {
        let texts = (original.text(&stream), what_if.text(&stream));
        let tree = match &texts {
            (Some(before), Some(after)) if before != after => Some(view.diff(before, after)),
            _ => None,
        };
        let (nodes, changed_paths) = tree.map(|tree| (tree.nodes, tree.changed_paths)).unwrap_or_default();
        StreamEnd {
            original_version: original.version(&stream),
            what_if_version: what_if.version(&stream),
            original_problem: original.problem(&stream),
            what_if_problem: what_if.problem(&stream),
            nodes,
            changed_paths,
            stream,
        }
    };
    let mut ends: Vec<StreamEnd> = streams.into_iter().map(end).collect();
    ends.sort_by(|a, b| (!a.is_told(), &a.stream).cmp(&(!b.is_told(), &b.stream)));
    ends
}

/// Puts the steps of two lanes side by side: the most that can stand beside each other without one overtaking another. The
/// same event stands beside itself; an event that only one lane has may stand beside one of the same type and stream.
pub(super) fn rows(original: &[LaneStep], what_if: &[LaneStep]) -> Vec<LaneRow> {
    let ids = |lane: &[LaneStep]| lane.iter().map(|step| step.event_id).collect::<std::collections::HashSet<_>>();
    let (of_original, of_what_if) = (ids(original), ids(what_if));
    let weight = |left: &LaneStep, right: &LaneStep| -> u32 {
        if left.event_id == right.event_id {
            return 3;
        }
        let alone = !of_what_if.contains(&left.event_id) && !of_original.contains(&right.event_id);
        let alike = left.event.event_type == right.event.event_type && left.event.stream == right.event.stream;
        u32::from(alone && alike)
    };
    let width = what_if.len() + 1;
    // The best weight of what is left from a pair of places on.
    let mut best = vec![0_u32; (original.len() + 1) * width];
    for left in (0..original.len()).rev() {
        for right in (0..what_if.len()).rev() {
            let beside = match weight(&original[left], &what_if[right]) {
                0 => 0,
                weight => weight + best[(left + 1) * width + right + 1],
            };
            best[left * width + right] =
                beside.max(best[(left + 1) * width + right]).max(best[left * width + right + 1]);
        }
    }
    let (mut left, mut right, mut rows) = (0, 0, Vec::new());
    while left < original.len() || right < what_if.len() {
        let here = best[left * width + right];
        let beside = left < original.len() && right < what_if.len() && {
            let weight = weight(&original[left], &what_if[right]);
            weight > 0 && here == weight + best[(left + 1) * width + right + 1]
        };
        let skip_left = left < original.len() && here == best[(left + 1) * width + right];
        let skip_right = right < what_if.len() && here == best[left * width + right + 1];
        // Where either may come first, what was earlier does.
        let later = skip_left && skip_right && what_if[right].event.recorded_at < original[left].event.recorded_at;
        let skip_left = skip_left && !later;
        let (original, what_if) = match (beside, skip_left) {
            (true, _) => (Some(left), Some(right)),
            (false, true) => (Some(left), None),
            (false, false) => (None, Some(right)),
        };
        left += usize::from(original.is_some());
        right += usize::from(what_if.is_some());
        rows.push(LaneRow { original, what_if });
    }
    rows
}
