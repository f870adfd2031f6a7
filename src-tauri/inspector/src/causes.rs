//! Causes: events as a forest of what led to what, drawn with a bounded number of nodes.
//!
//! Each event names at most one cause, so causes make trees. A cause stands before its effect in the log; one that does not is
//! no cause, whatever the data say, so there are no cycles. Stretches without a branch are folded, and what does not fit is
//! gathered in nodes that tell how much they hold: every event is in exactly one node.

use std::collections::{BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{Position, RecordedEvent};
use uuid::Uuid;

/// An event as far as its causes are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caused {
    /// Its place in the log.
    pub position: Position,
    /// Its id.
    pub event_id: Uuid,
    /// Id of the event or command that led to it.
    pub causation_id: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl From<&RecordedEvent> for Caused {
    fn from(event: &RecordedEvent) -> Self {
        let RecordedEvent { position, event_id, causation_id, recorded_at, .. } = event;
        Self { position: *position, event_id: *event_id, causation_id: *causation_id, recorded_at: *recorded_at }
    }
}

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// What the events name as their cause and is none of them: a command from outside, or an event that is not at hand.
    Outside(Uuid),
    /// One event, or a stretch of several that each led to the next one and to nothing else.
    Events,
    /// Events that there is no room for: some neighbours in the forest with all that they led to.
    Hidden,
}

/// A node of the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseNode {
    /// What it stands for.
    pub kind: CauseKind,
    /// Its events as indices of those that were given, in the log's order.
    pub events: Vec<usize>,
    /// Index of the node that led to it; nothing at a root. Always less than its own.
    pub parent: Option<usize>,
    /// Time from the event that led to it to its first one; nothing where no event did, and of what is hidden.
    pub latency: Option<TimeDelta>,
    /// How many nodes led to it: its column.
    pub layer: u32,
    /// Its row: the first effect stands beside its cause, each further one below all that went before.
    pub row: u32,
}

/// A drawing of causes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CauseGraph {
    /// Causes before their effects, as one reads down the tree.
    pub nodes: Vec<CauseNode>,
    /// Number of columns.
    pub layers: u32,
    /// Number of rows.
    pub rows: u32,
    /// Events whose cause does not stand before them in the log; drawn as if nothing had led to them.
    pub out_of_order: usize,
}

/// What is drawn with how much room.
#[derive(Debug, Clone, Copy)]
pub struct CauseView<'a> {
    /// The event that it is about: what led to it and what it led to comes first when there is too little room.
    pub focus: Option<Position>,
    /// First events of stretches that are not to be folded.
    pub unfolded: &'a BTreeSet<Position>,
    /// Most nodes; at least [`LEAST_NODES`].
    pub most_nodes: usize,
}

/// Room for the focus, what led to it nearest, and what is hidden around them.
pub const LEAST_NODES: usize = 16;

/// A part of the forest that is one node if there is room for it.
struct Unit {
    kind: CauseKind,
    events: Vec<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

struct Forest {
    /// What led to each event.
    causes: Vec<Cause>,
    units: Vec<Unit>,
    roots: Vec<usize>,
    /// Where the drawing begins if the way from a root to the focus is too long; all the rest is one hidden node above it.
    top: Option<usize>,
    focus: Option<usize>,
    out_of_order: usize,
}

/// Draws the causes of events, which are in the log's order and each there once.
#[must_use]
pub fn cause_graph(events: &[Caused], view: CauseView<'_>) -> CauseGraph {
    let most = view.most_nodes.max(LEAST_NODES);
    let mut forest = Forest::of(events, view);
    forest.top = forest.too_far_down(most / 4);
    let visible = forest.as_many_as_fit(most);
    forest.drawn(events, &visible)
}

/// What an event led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Events that it led to, directly or not, as indices of those that were given, in the log's order.
    pub events: Vec<usize>,
    /// How many of them name it as their cause.
    pub direct: usize,
    /// How many causes the farthest of them is away.
    pub steps: usize,
}

/// What the event at a position led to, among events that are in the log's order and each there once.
#[must_use]
pub fn effects_of(events: &[Caused], position: Position) -> Effects {
    let (causes, _) = causes_of(events);
    let mut away: Vec<Option<usize>> = vec![None; events.len()];
    let mut effects = Effects::default();
    for (index, event) in events.iter().enumerate() {
        away[index] = match causes[index] {
            _ if event.position == position => Some(0),
            Cause::Event(cause) => away[cause].map(|steps| steps + 1),
            Cause::Nothing | Cause::Outside(_) => None,
        };
        if let Some(steps) = away[index].filter(|steps| *steps > 0) {
            effects.events.push(index);
            effects.direct += usize::from(steps == 1);
            effects.steps = effects.steps.max(steps);
        }
    }
    effects
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Nothing,
    Event(usize),
    Outside(Uuid),
}

/// What led to each event, and how many name a cause that stands after them.
fn causes_of(events: &[Caused]) -> (Vec<Cause>, usize) {
    let known: HashMap<Uuid, usize> = events.iter().enumerate().map(|(index, event)| (event.event_id, index)).collect();
    let mut out_of_order = 0;
    let causes = events.iter().enumerate().map(|(index, event)| match event.causation_id {
        None => Cause::Nothing,
        Some(id) => match known.get(&id) {
            None => Cause::Outside(id),
            Some(cause) if *cause < index => Cause::Event(*cause),
            Some(_) => {
                out_of_order += 1;
                Cause::Nothing
            }
        },
    });
    let causes = causes.collect();
    (causes, out_of_order)
}

/// For each event the first one of the stretch that it is folded into; itself, if it is not folded.
fn folds(events: &[Caused], causes: &[Cause], view: CauseView<'_>) -> Vec<usize> {
    let mut effects = vec![0_usize; events.len()];
    for cause in causes {
        if let Cause::Event(cause) = cause {
            effects[*cause] += 1;
        }
    }
    let inner = |index: usize| {
        let only_effect = matches!(causes[index], Cause::Event(cause) if effects[cause] == 1);
        only_effect && effects[index] == 1 && view.focus != Some(events[index].position)
    };
    let mut first: Vec<usize> = (0..events.len()).collect();
    let mut lengths = vec![0_usize; events.len()];
    for index in 0..events.len() {
        if let Cause::Event(cause) = causes[index]
            && inner(index)
        {
            first[index] = if inner(cause) { first[cause] } else { index };
            lengths[first[index]] += 1;
        }
    }
    let is_folded = |head: usize| lengths[head] > 1 && !view.unfolded.contains(&events[head].position);
    first.iter().enumerate().map(|(index, head)| if is_folded(*head) { *head } else { index }).collect()
}

impl Forest {
    fn of(events: &[Caused], view: CauseView<'_>) -> Self {
        let (causes, out_of_order) = causes_of(events);
        let first = folds(events, &causes, view);
        let (units, roots) = (Vec::new(), Vec::new());
        let mut forest = Self { causes, units, roots, top: None, focus: None, out_of_order };
        let mut outside: HashMap<Uuid, usize> = HashMap::new();
        let mut unit_of = vec![0; events.len()];
        for index in 0..events.len() {
            unit_of[index] = if first[index] == index {
                let parent = match forest.causes[index] {
                    Cause::Nothing => None,
                    Cause::Event(cause) => Some(unit_of[cause]),
                    Cause::Outside(id) => {
                        Some(*outside.entry(id).or_insert_with(|| forest.add(CauseKind::Outside(id), None)))
                    }
                };
                forest.add(CauseKind::Events, parent)
            } else {
                unit_of[first[index]]
            };
            forest.units[unit_of[index]].events.push(index);
            if view.focus == Some(events[index].position) {
                forest.focus = Some(unit_of[index]);
            }
        }
        forest
    }

    fn add(&mut self, kind: CauseKind, parent: Option<usize>) -> usize {
        let unit = self.units.len();
        self.units.push(Unit { kind, events: Vec::new(), parent, children: Vec::new() });
        self.siblings(parent).push(unit);
        unit
    }

    fn siblings(&mut self, parent: Option<usize>) -> &mut Vec<usize> {
        match parent {
            Some(parent) => &mut self.units[parent].children,
            None => &mut self.roots,
        }
    }

    /// Units that a unit led to; without one, those that the drawing begins with.
    fn children(&self, parent: Option<usize>) -> &[usize] {
        match parent {
            Some(parent) => &self.units[parent].children,
            None => self.top.as_ref().map_or(&self.roots, std::slice::from_ref),
        }
    }

    /// From the focus up to where the drawing begins.
    fn line(&self) -> impl Iterator<Item = usize> + '_ {
        let above = |unit: &usize| self.units[*unit].parent.filter(|_| self.top != Some(*unit));
        std::iter::successors(self.focus, above)
    }

    /// The unit so far above the focus that there is no room for the events that led to it, if there is one. What stands
    /// outside has nothing above it: for that one node there is room.
    fn too_far_down(&self, room: usize) -> Option<usize> {
        let above = self.line().nth(room)?;
        if self.units[above].kind == CauseKind::Events { self.line().nth(room - 1) } else { None }
    }

    /// Units in groups in the order in which they get room, causes before their effects: what led to the focus, what it led to
    /// step by step, what stands beside it, then all from the roots on, and at last more of what the focus led to directly.
    fn by_importance(&self, most: usize) -> Vec<Group> {
        let whole = |units| Group { units, whole: true, room: most };
        let part = |units| Group { units, whole: false, room: most };
        let mut groups = Vec::new();
        let mut last = None;
        if let Some(focus) = self.focus {
            let mut line: Vec<usize> = self.line().collect();
            line.reverse();
            // Beside and below each of the line something may be hidden.
            let half = (3 * line.len() + most / 2).min(most);
            groups.push(part(line));
            let effects = self.levels(&self.units[focus].children);
            groups.extend(effects.enumerate().map(|(steps, units)| Group { units, whole: steps > 0, room: half }));
            let parent = self.units[focus].parent.filter(|_| self.top != Some(focus));
            let siblings = self.children(parent);
            let own = siblings.partition_point(|sibling| *sibling < focus);
            groups.push(part(siblings[own..].iter().chain(siblings[..own].iter().rev()).copied().collect()));
            last = Some(part(self.units[focus].children.clone()));
        }
        let mut from_roots = self.levels(self.children(None));
        groups.extend(from_roots.next().map(part));
        groups.extend(from_roots.map(whole));
        groups.extend(last);
        groups
    }

    /// Units step by step: some, what these led to, and so on.
    fn levels<'a>(&'a self, first: &[usize]) -> impl Iterator<Item = Vec<usize>> + 'a {
        let next = |level: &Vec<usize>| level.iter().flat_map(|unit| &self.units[*unit].children).copied().collect();
        std::iter::successors(Some(first.to_vec()), move |level| Some(next(level)))
            .take_while(|level| !level.is_empty())
    }

    fn breadth_first(&self, from: &[usize], mut visit: impl FnMut(usize)) {
        let mut waiting: VecDeque<usize> = from.iter().copied().collect();
        while let Some(unit) = waiting.pop_front() {
            visit(unit);
            waiting.extend(&self.units[unit].children);
        }
    }

    /// Which units are drawn, so that they have room with the nodes for what is hidden. What is further away than there is room
    /// for is left out step by step, so that one sees what is a step away from the focus rather than all of what came of the
    /// first of it; only what is next to the focus or a root is drawn in part.
    fn as_many_as_fit(&self, most: usize) -> Vec<bool> {
        let most = most - usize::from(self.top.is_some());
        let mut visible = vec![false; self.units.len()];
        let mut all = 0;
        self.breadth_first(self.children(None), |_| all += 1);
        if all <= most {
            self.breadth_first(self.children(None), |unit| visible[unit] = true);
            return visible;
        }
        let mut further = true;
        for group in self.by_importance(most) {
            // Beyond a step that is left out nothing is drawn; the next group that may be drawn in part begins elsewhere.
            further |= !group.whole;
            if further {
                further = self.make_room(&mut visible, &group);
            }
        }
        visible
    }

    /// Draws as much of a group as fits, or nothing; whether all of it is drawn.
    fn make_room(&self, visible: &mut [bool], group: &Group) -> bool {
        let new: Vec<usize> = group.units.iter().copied().filter(|unit| !visible[*unit]).collect();
        let fits = |visible: &mut [bool], count: usize| {
            new[..count].iter().for_each(|unit| visible[*unit] = true);
            let nodes = visible.iter().filter(|visible| **visible).count() + self.gaps(visible);
            if nodes <= group.room {
                return true;
            }
            new[..count].iter().for_each(|unit| visible[*unit] = false);
            false
        };
        let most = new.len().min(group.room);
        if new.is_empty() || (most == new.len() && fits(visible, most)) {
            return true;
        }
        if group.whole {
            return false;
        }
        // One more unit never needs less room.
        let (mut least, mut too_many) = (0, most + 1);
        while too_many - least > 1 {
            let count = usize::midpoint(least, too_many);
            if fits(visible, count) {
                new[..count].iter().for_each(|unit| visible[*unit] = false);
                least = count;
            } else {
                too_many = count;
            }
        }
        new[..least].iter().for_each(|unit| visible[*unit] = true);
        false
    }

    /// Stretches of hidden neighbours whose cause is drawn, or that have none.
    fn gaps(&self, visible: &[bool]) -> usize {
        let drawn = (0..self.units.len()).filter(|unit| visible[*unit]).map(Some);
        let of = |parent: Option<usize>| {
            let children = self.children(parent);
            let begins = |at: usize| !visible[children[at]] && (at == 0 || visible[children[at - 1]]);
            (0..children.len()).filter(|at| begins(*at)).count()
        };
        std::iter::once(None).chain(drawn).map(of).sum()
    }

    fn drawn(&self, events: &[Caused], visible: &[bool]) -> CauseGraph {
        let mut graph = CauseGraph { out_of_order: self.out_of_order, ..CauseGraph::default() };
        // Nodes that are yet to be drawn, the next one last; what is hidden is a stretch of neighbours.
        let mut waiting: Vec<(Vec<usize>, Option<usize>, bool)> = Vec::new();
        let above = self.above_all();
        if !above.is_empty() {
            let (kind, parent, latency) = (CauseKind::Hidden, None, None);
            graph.nodes.push(CauseNode { kind, events: above, parent, latency, layer: 0, row: 0 });
            (graph.layers, graph.rows) = (1, 1);
        }
        self.push_children(None, graph.nodes.len().checked_sub(1), visible, &mut waiting);
        while let Some((units, parent, is_first)) = waiting.pop() {
            let cause = parent.map(|parent| &graph.nodes[parent]);
            let layer = cause.map_or(0, |cause| cause.layer + 1);
            let row = cause.filter(|_| is_first).map_or(graph.rows, |cause| cause.row);
            let hidden = !visible[units[0]];
            let mut own = if hidden { self.all_below(&units) } else { self.units[units[0]].events.clone() };
            own.sort_unstable();
            let latency = own.first().filter(|_| !hidden).and_then(|first| {
                let Cause::Event(cause) = self.causes[*first] else { return None };
                Some(events[*first].recorded_at - events[cause].recorded_at)
            });
            let kind = if hidden { CauseKind::Hidden } else { self.units[units[0]].kind };
            graph.layers = graph.layers.max(layer + 1);
            graph.rows = graph.rows.max(row + 1);
            graph.nodes.push(CauseNode { kind, events: own, parent, latency, layer, row });
            if !hidden {
                self.push_children(Some(units[0]), Some(graph.nodes.len() - 1), visible, &mut waiting);
            }
        }
        graph
    }

    fn push_children(
        &self,
        unit: Option<usize>,
        node: Option<usize>,
        visible: &[bool],
        waiting: &mut Vec<(Vec<usize>, Option<usize>, bool)>,
    ) {
        let stretches = self.children(unit).chunk_by(|one, next| !visible[*one] && !visible[*next]);
        let stretches: Vec<_> = stretches.map(<[usize]>::to_vec).collect();
        waiting.extend(stretches.into_iter().enumerate().map(|(at, units)| (units, node, at == 0)).rev());
    }

    /// Events outside of what the drawing begins with, if it begins below a root.
    fn above_all(&self) -> Vec<usize> {
        let Some(top) = self.top else { return Vec::new() };
        let below: BTreeSet<usize> = self.all_below(&[top]).into_iter().collect();
        let all = self.units.iter().flat_map(|unit| &unit.events).copied();
        let mut above: Vec<usize> = all.filter(|event| !below.contains(event)).collect();
        above.sort_unstable();
        above
    }

    /// Events of units and of all that they led to.
    fn all_below(&self, units: &[usize]) -> Vec<usize> {
        let mut events = Vec::new();
        self.breadth_first(units, |unit| events.extend(&self.units[unit].events));
        events
    }
}

/// Units that get room together.
struct Group {
    units: Vec<usize>,
    /// All of them or none; otherwise as many of the first ones as there is room for.
    whole: bool,
    /// Most nodes when they are drawn.
    room: usize,
}
