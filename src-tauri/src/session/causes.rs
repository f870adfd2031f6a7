//! What led to an event, and what it led to.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use chrono::TimeDelta;
use es_core::{AllPage, EventFilter, EventMetadata, EventReader, Position, ReadAll, RecordedEvent, StoreError, limits};
use inspector::{CauseKind, CauseView, Caused};
use uuid::Uuid;

use super::{Session, arguments};
use crate::wire::{
    AppError, CauseCommand, CauseEffects, CauseGraph, CauseNode, CauseNodeKind, CauseType, CausesRequest, EventCauses,
};

/// Most events of the same correlation that are looked at on each side of an event. A transfer has a dozen; what is longer
/// is a batch, which is read in the grid.
const LOOKED_AT: usize = 1000;

/// Events of a story that are read at once.
const PAGE: usize = limits::PAGE_EVENTS;

/// Most types of one node that are told.
const TYPES: usize = 8;

/// Most events of each kind that are listed.
const LISTED: usize = 100;

impl Session {
    /// What led to the event at a position, and what it led to. Stores do not find events by their cause: those of the same
    /// correlation are looked through, nearest first.
    ///
    /// # Errors
    /// There is no such event, or the store does not answer.
    pub async fn event_causes(&self, position: &str) -> Result<EventCauses, AppError> {
        let position = arguments::position(position)?;
        let events = self.engine.queries().events();
        let found = events.read_positions(&[position]).await?.into_iter().next();
        let event = found.ok_or(inspector::InspectError::NoSuchEvent(position))?;
        let cause = match event.causation_id {
            Some(id) => by_id(&**events, id).await?,
            None => None,
        };
        let related = related(&**events, &event).await?;
        let row = |event: &RecordedEvent| self.inspector.summary(event).into();
        let listed = |of: &[RecordedEvent]| of.iter().take(LISTED).map(row).collect();
        Ok(EventCauses {
            cause: cause.as_ref().map(row),
            effects: listed(&related.effects),
            siblings: listed(&related.siblings),
            complete: related.complete && related.effects.len() <= LISTED && related.siblings.len() <= LISTED,
        })
    }

    /// The causes of a story as a drawing: that of the event at a position, or of what a command wrote.
    ///
    /// # Errors
    /// There is no such event or command, something is not what it has to be, or the store does not answer.
    pub async fn cause_graph(&self, request: CausesRequest) -> Result<CauseGraph, AppError> {
        let at = request.at.as_deref().map(arguments::position).transpose()?;
        let focus = self.focus_of(&request, at).await?;
        let unfolded = request.unfolded.iter().map(|text| arguments::position(text));
        let unfolded = unfolded.collect::<Result<BTreeSet<_>, AppError>>()?;
        let (events, complete) = self.story_of(&focus, at).await?;
        let caused: Vec<Caused> = events.iter().map(Into::into).collect();
        let view =
            CauseView { focus: Some(focus.position), unfolded: &unfolded, most_nodes: inspector::limits::CAUSE_NODES };
        let graph = inspector::cause_graph(&caused, view);
        let own = events.partition_point(|event| event.position < focus.position);
        let node = graph.nodes.iter().position(|node| node.events.contains(&own));
        Ok(CauseGraph {
            nodes: graph.nodes.iter().enumerate().map(|(at, _)| self.cause_node(&graph, at, &events)).collect(),
            layers: graph.layers,
            rows: graph.rows,
            focus: node.map(number),
            position: focus.position.to_string(),
            effects: effects(&events, &inspector::effects_of(&caused, focus.position), &focus),
            correlation_id: focus.correlation_id.map(|id| id.to_string()),
            events: events.len().to_string(),
            complete,
            out_of_order: number(graph.out_of_order),
        })
    }

    /// The event that a drawing is about: the one at a position, or the first that a command wrote.
    async fn focus_of(&self, request: &CausesRequest, at: Option<Position>) -> Result<RecordedEvent, AppError> {
        let events = self.engine.queries().events();
        let found = match (&request.position, &request.command_id) {
            (Some(position), _) => {
                let position = arguments::position(position)?;
                let found = events.read_positions(&[position]).await?.into_iter().next();
                found.ok_or(inspector::InspectError::NoSuchEvent(position))?
            }
            (None, Some(command_id)) => {
                let command = arguments::id("Command id", command_id)?;
                let hint = "A command that was refused, or had nothing left to do, led to nothing.";
                let none = || AppError::not_found("event of command", command_id, hint);
                events.event_by_id(es_core::event_id_of(command, 0)).await?.ok_or_else(none)?
            }
            (None, None) => return Err(AppError::bad_argument("Event", "", "a position or the id of a command")),
        };
        if at.is_some_and(|at| found.position > at) {
            let hint = "It came later than the moment that is shown. Set the clock back to now.";
            return Err(AppError::not_found("event", &format!("at position {}", found.position), hint));
        }
        Ok(found)
    }

    /// The events of an event's correlation up to a moment, in the log's order, with what led to them from elsewhere; and
    /// whether these are all.
    async fn story_of(
        &self,
        focus: &RecordedEvent,
        at: Option<Position>,
    ) -> Result<(Vec<RecordedEvent>, bool), AppError> {
        let events = &**self.engine.queries().events();
        let mut story = BTreeMap::from([(focus.position, focus.clone())]);
        let mut complete = true;
        if let Some(correlation_id) = focus.correlation_id {
            let half = inspector::limits::CAUSE_EVENTS / 2;
            let filter = EventFilter { correlation_id: Some(correlation_id), through: at, ..EventFilter::default() };
            for read in [ReadAll::backward(focus.position, PAGE), ReadAll::forward(focus.position, PAGE)] {
                let (found, all) = gathered(events, read.filtered(filter.clone()), half).await?;
                complete &= all;
                story.extend(found.into_iter().map(|event| (event.position, event)));
            }
        }
        let ids: HashSet<Uuid> = story.values().map(|event| event.event_id).collect();
        let outside = story.values().filter_map(|event| event.causation_id).filter(|id| !ids.contains(id));
        let mut wanted: VecDeque<Uuid> = outside.collect::<BTreeSet<_>>().into_iter().collect();
        for _ in 0..inspector::limits::CAUSES_OUTSIDE {
            let Some(id) = wanted.pop_front() else { break };
            if let Some(cause) = by_id(events, id).await? {
                wanted.extend(cause.causation_id);
                story.insert(cause.position, cause);
            }
        }
        Ok((story.into_values().collect(), complete))
    }

    fn cause_node(&self, graph: &inspector::CauseGraph, at: usize, events: &[RecordedEvent]) -> CauseNode {
        let node = &graph.nodes[at];
        let first = node.events.first().map(|first| &events[*first]);
        let last = node.events.last().map(|last| &events[*last]);
        let effect =
            graph.nodes.iter().find(|effect| effect.parent == Some(at)).and_then(|effect| effect.events.first());
        let of_command = first.or_else(|| effect.map(|effect| &events[*effect]));
        CauseNode {
            kind: match node.kind {
                CauseKind::Outside(_) => CauseNodeKind::Outside,
                CauseKind::Events if node.events.len() > 1 => CauseNodeKind::Folded,
                CauseKind::Events => CauseNodeKind::Event,
                CauseKind::Hidden => CauseNodeKind::Hidden,
            },
            parent: node.parent.map(number),
            layer: node.layer,
            row: node.row,
            count: number(node.events.len()),
            first: first.map(|event| self.inspector.summary(event).into()),
            last: last.map(|event| event.position.to_string()),
            latency_micros: node.latency.map(micros),
            span_micros: first.zip(last).map(|(first, last)| micros(last.recorded_at - first.recorded_at)),
            command: of_command.and_then(|event| command_of(event, node.kind)),
            types: types_of(events, &node.events).0,
        }
    }

    /// Position of the event with an id; nothing if there is none.
    ///
    /// # Errors
    /// It is no id, the store does not find events by their id, or it does not answer.
    pub async fn event_position(&self, event_id: &str) -> Result<Option<String>, AppError> {
        let id = arguments::id("Event id", event_id)?;
        let found = self.engine.queries().events().event_by_id(id).await?;
        Ok(found.map(|event| event.position.to_string()))
    }
}

/// The types of some events with their numbers, the most frequent first, and how many types are left out.
fn types_of(events: &[RecordedEvent], of: &[usize]) -> (Vec<CauseType>, u32) {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for event in of {
        *counts.entry(&events[*event].event_type).or_default() += 1;
    }
    let mut types: Vec<_> = counts.into_iter().collect();
    types.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let further = number(types.len().saturating_sub(TYPES));
    let told = |(event_type, count): (&str, u32)| CauseType { event_type: event_type.to_owned(), count };
    (types.into_iter().take(TYPES).map(told).collect(), further)
}

fn effects(events: &[RecordedEvent], effects: &inspector::Effects, of: &RecordedEvent) -> CauseEffects {
    let led_to = || effects.events.iter().map(|event| &events[*event]);
    let (types, further_types) = types_of(events, &effects.events);
    CauseEffects {
        events: number(effects.events.len()),
        direct: number(effects.direct),
        steps: number(effects.steps),
        streams: number(led_to().map(|event| &event.stream).collect::<HashSet<_>>().len()),
        span_micros: led_to().next_back().map(|last| micros(last.recorded_at - of.recorded_at)),
        types,
        further_types,
    }
}

fn micros(time: TimeDelta) -> String {
    time.num_microseconds().unwrap_or(i64::MAX).to_string()
}

#[derive(Default)]
struct Related {
    effects: Vec<RecordedEvent>,
    siblings: Vec<RecordedEvent>,
    complete: bool,
}

/// Effects come after an event; those with the same cause may stand on both of its sides.
async fn related(events: &dyn EventReader, event: &RecordedEvent) -> Result<Related, StoreError> {
    let Some(correlation_id) = event.correlation_id else {
        return Ok(Related { complete: true, ..Related::default() });
    };
    let filter = EventFilter { correlation_id: Some(correlation_id), ..EventFilter::default() };
    let of = |read: ReadAll| async { gathered(events, read.filtered(filter.clone()), LOOKED_AT).await };
    let (before, all_before) = of(ReadAll::backward(event.position, LOOKED_AT)).await?;
    let (after, all_after) = of(ReadAll::forward(event.position, LOOKED_AT)).await?;
    let mut related = Related { complete: all_before && all_after, ..Related::default() };
    for other in before.into_iter().rev().chain(after) {
        if other.causation_id == Some(event.event_id) {
            related.effects.push(other);
        } else if event.causation_id.is_some() && other.causation_id == event.causation_id {
            related.siblings.push(other);
        }
    }
    Ok(related)
}

/// Events in reading order, about as many as are looked at, and whether these are all.
async fn gathered(
    events: &dyn EventReader,
    mut read: ReadAll,
    most: usize,
) -> Result<(Vec<RecordedEvent>, bool), StoreError> {
    let mut found = Vec::new();
    loop {
        let AllPage { events: page, next, end, .. } = events.read_all(read.clone()).await?;
        found.extend(page);
        if end || found.len() >= most {
            return Ok((found, end));
        }
        read.from = next;
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The command that an event was written for. What stands for something outside is that command itself, if the event's metadata
/// say so; else nothing is known of it.
fn command_of(event: &RecordedEvent, kind: CauseKind) -> Option<CauseCommand> {
    let metadata: EventMetadata = serde_json::from_str(&event.metadata).ok()?;
    if matches!(kind, CauseKind::Outside(id) if id != metadata.command_id) {
        return None;
    }
    let EventMetadata { command_id, command_type, actor, channel, reason, .. } = metadata;
    Some(CauseCommand { command_type, command_id: command_id.to_string(), actor, channel, reason })
}

async fn by_id(events: &dyn EventReader, id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
    match events.event_by_id(id).await {
        Err(StoreError::Unsupported { .. }) => Ok(None),
        found => found,
    }
}
