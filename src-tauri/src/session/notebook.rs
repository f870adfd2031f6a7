//! Pins of the open store, and notebooks as the window shows them.

use std::sync::Arc;

use es_core::Language;
use inspector::notebook::{
    Cell, Checked, Excerpt, Notebook, Pin, Seen, SeenChange, SeenRow, SeenStep, Standing, Verdict, advice, sentence,
};
use tokio_util::sync::CancellationToken;

use super::Session;
use super::present::time;
use crate::notebooks::Listed;
use crate::pinning::{Pinboard, identity};
use crate::wire;

/// Most values of one pin that the window shows; the report has all that was kept.
const VALUES: usize = 400;
/// Most rows of one pin that the window shows.
const ROWS: usize = 20;

impl Session {
    /// The open store as something to pin from and to check pins against.
    #[must_use]
    pub fn pinboard(&self, stop: CancellationToken) -> Pinboard<'_> {
        Pinboard {
            inspector: &self.inspector,
            reader: Arc::clone(self.engine.queries().events()),
            domain: Arc::clone(&self.domain),
            identity: identity(&self.chosen),
            stop,
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A notebook in a list.
pub(crate) fn row_view(listed: Listed) -> wire::NotebookRow {
    wire::NotebookRow {
        id: listed.id.to_string(),
        title: listed.title,
        pins: count(listed.pins),
        changed_at: listed.changed_at.map(time),
        problem: listed.problem.map(|problem| crate::errors::sentence(&problem.to_string())),
    }
}

/// A notebook for the window.
pub(crate) fn notebook_view(notebook: &Notebook, undoable: usize) -> wire::NotebookView {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => wire::NotebookCell::Text { id: text.id.to_string(), text: text.text.clone() },
        Cell::Pin(pin) => wire::NotebookCell::Pin(Box::new(pin_view(pin))),
    };
    wire::NotebookView {
        id: notebook.id.to_string(),
        title: notebook.title.clone(),
        changed_at: time(notebook.changed_at),
        cells: notebook.cells.iter().map(cell).collect(),
        undoable: count(undoable),
    }
}

fn pin_view(pin: &Pin) -> wire::PinView {
    wire::PinView {
        id: pin.id.to_string(),
        title: pin.title.clone(),
        note: pin.note.clone(),
        taken_at: time(pin.taken_at),
        address: pin.address.clone(),
        store_name: pin.store.name.clone(),
        store_location: pin.store.location.clone(),
        store_link: pin.store.link.clone(),
        head: pin.head.to_string(),
        head_hash: pin.head_hash.map(es_core::Hash::to_hex),
        hash: pin.hash().to_hex(),
        seen: seen_view(&pin.seen),
    }
}

fn seen_view(seen: &Seen) -> wire::PinSeen {
    match seen {
        Seen::Event(event) => wire::PinSeen::Event {
            position: event.position.to_string(),
            stream: event.stream.to_string(),
            version: event.version.to_string(),
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            recorded_at: time(event.recorded_at),
            actor: event.actor.clone(),
            sentence: event.sentence.clone(),
            problem: event.problem.clone(),
            chain_hash: event.chain_hash.map(es_core::Hash::to_hex),
            payload: Box::new(text_view(&event.payload)),
        },
        Seen::State(state) => wire::PinSeen::State {
            stream: state.stream.to_string(),
            version: state.version.to_string(),
            sentence: state.event.as_ref().and_then(|event| event.sentence.clone()),
            problem: state.problem.clone(),
            state: text_view(&state.state),
        },
        Seen::Diff(diff) => wire::PinSeen::Diff {
            stream: diff.stream.to_string(),
            from: diff.from.to_string(),
            to: diff.to.to_string(),
            problem: diff.problem.clone(),
            changes: changes_view(&diff.changes),
            total: diff.total.to_string(),
        },
        Seen::Query(query) => wire::PinSeen::Query {
            asked: query.conditions().into_iter().map(|(name, value)| wire::Detail { name, value }).collect(),
            matches: query.matches.to_string(),
            undecided: query.undecided.to_string(),
            newest_first: query.newest_first,
            rows: query.rows.iter().take(ROWS).map(event_view).collect(),
        },
        Seen::WhatIf(what_if) => wire::PinSeen::WhatIf {
            fork: what_if.fork.to_string(),
            events: what_if.events.to_string(),
            steps: what_if
                .steps
                .iter()
                .map(|step| wire::PinStep {
                    what: step.what.clone(),
                    outcome: step.outcome.clone(),
                    code: step.code.clone(),
                    message: step.message.clone(),
                    stuck: stuck(step),
                    events: step.events.to_string(),
                })
                .collect(),
            ends: what_if
                .ends
                .iter()
                .map(|end| wire::PinEnd {
                    stream: end.stream.to_string(),
                    original_version: end.original_version.to_string(),
                    what_if_version: end.what_if_version.to_string(),
                    changes: changes_view(&end.changes),
                    total: end.total.to_string(),
                    problem: end.problem.clone(),
                })
                .collect(),
        },
    }
}

/// Instances of processes that could not go on after a step. What else is told of a step that was carried out are counts.
fn stuck(step: &SeenStep) -> Vec<wire::Detail> {
    let counts = match step.outcome.as_str() {
        "executed" => 0,
        "ran" => 2,
        _ => step.details.len(),
    };
    let told = step.details.iter().skip(counts);
    told.map(|(name, value)| wire::Detail { name: name.clone(), value: value.clone() }).collect()
}

fn text_view(excerpt: &Excerpt) -> wire::PinText {
    let mut nodes = if excerpt.is_whole() { crate::composition::view().tree(&excerpt.text) } else { Vec::new() };
    let left_out = nodes.len().saturating_sub(VALUES);
    nodes.truncate(VALUES);
    wire::PinText {
        nodes: nodes.into_iter().map(Into::into).collect(),
        left_out: count(left_out),
        kept: excerpt.text.len().to_string(),
        bytes: excerpt.bytes.to_string(),
    }
}

fn changes_view(changes: &[SeenChange]) -> Vec<wire::PinChange> {
    let change = |change: &SeenChange| wire::PinChange {
        path: change.path.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
    };
    changes.iter().map(change).collect()
}

fn event_view(row: &SeenRow) -> wire::PinRow {
    wire::PinRow {
        position: row.position.to_string(),
        stream: row.stream.to_string(),
        event_type: row.event_type.clone(),
        recorded_at: time(row.recorded_at),
        sentence: row.sentence.clone(),
    }
}

/// What has become of a pin, in a language.
pub(crate) fn check_view(checked: &Checked, language: Language) -> wire::PinCheck {
    let standing = &checked.standing;
    let (differences, total) = match standing {
        Standing::Differs { differences, total } => (differences.as_slice(), *total),
        _ => (&[][..], 0),
    };
    wire::PinCheck {
        pin: checked.pin.to_string(),
        verdict: match standing.verdict() {
            Verdict::Holds => wire::PinVerdict::Holds,
            Verdict::Broken => wire::PinVerdict::Broken,
            Verdict::Unknown => wire::PinVerdict::Unknown,
        },
        code: standing.code().to_owned(),
        told: sentence(standing, language),
        advice: advice(standing, language).to_owned(),
        differences: differences
            .iter()
            .map(|one| wire::PinDifference {
                what: one.aspect.told(language),
                pinned: one.then.clone(),
                found: one.now.clone(),
            })
            .collect(),
        total: total.to_string(),
    }
}
