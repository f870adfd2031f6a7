//! `ledgerscope state`.

use inspector::{Change, EventSummary, Kind, StateView, TreeNode};
use serde::Serialize;
use serde_json::value::RawValue;

use super::args::State;
use super::desk::Desk;
use super::failure::Failure;
use super::moment::{stream_name, version};
use super::output::{Output, embedded, exact_time, printable, short_time};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateJson {
    stream: String,
    version: String,
    compared_with: String,
    last_version: String,
    /// The state, exact.
    state: Box<RawValue>,
    /// Every value that differs, by JSON pointer; of what was added or removed the topmost.
    changes: Vec<ChangeJson>,
    /// The event of this version; nothing for version 0.
    event: Option<EventOfState>,
    /// Set if an event at or before this version could not be folded; the state is then that before it.
    problem: Option<ProblemJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeJson {
    path: String,
    change: Change,
    /// Former value of what was changed or removed.
    before: Option<String>,
    /// Present value of what was changed or added.
    after: Option<String>,
}

#[derive(Serialize)]
struct ProblemJson {
    version: String,
    position: String,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventOfState {
    position: String,
    event_type: String,
    recorded_at: String,
    actor: Option<String>,
    sentence: Option<String>,
}

pub(super) async fn run(desk: &Desk, asked: State, out: &mut Output) -> Result<(), Failure> {
    let stream = stream_name(&asked.stream)?;
    let info = desk.stream_exists(&stream).await?;
    let at = match asked.at.as_deref() {
        Some(text) => version(desk, &stream, "--at", text).await?,
        None => info.version,
    };
    let compared = match asked.diff.as_deref() {
        Some(text) => Some(version(desk, &stream, "--diff", text).await?),
        None => None,
    };
    let view = desk.inspector.state_at(&stream, at, compared, &desk.stop).await?;
    if out.json { out.object(&json(&view)) } else { for_people(&view, asked.changes, out) }
}

fn json(view: &StateView) -> StateJson {
    StateJson {
        stream: view.stream.to_string(),
        version: view.version.to_string(),
        compared_with: view.compared_with.to_string(),
        last_version: view.last_version.to_string(),
        state: embedded(&view.state),
        changes: changes(&view.nodes, &view.changed_paths),
        event: view.event.as_ref().map(event),
        problem: view.problem.as_ref().map(|problem| ProblemJson {
            version: problem.version.to_string(),
            position: problem.position.to_string(),
            message: problem.message.clone(),
        }),
    }
}

/// The nodes that differ, each subtree that came or went once.
pub(super) fn changes(nodes: &[TreeNode], changed_paths: &[String]) -> Vec<ChangeJson> {
    let paths: std::collections::HashSet<_> = changed_paths.iter().collect();
    let changed = |node: &&TreeNode| paths.contains(&node.path) && !is_quiet(node.change);
    let change = |node: &TreeNode| ChangeJson {
        path: node.path.clone(),
        change: node.change,
        before: node.before.clone(),
        after: if node.change == Change::Removed { None } else { node.text.clone() },
    };
    nodes.iter().filter(changed).map(change).collect()
}

fn is_quiet(change: Change) -> bool {
    matches!(change, Change::Same | Change::Within)
}

fn event(event: &EventSummary) -> EventOfState {
    EventOfState {
        position: event.position.to_string(),
        event_type: event.event_type.clone(),
        recorded_at: exact_time(event.recorded_at),
        actor: event.actor.clone(),
        sentence: event.sentence.clone(),
    }
}

fn for_people(view: &StateView, changes: bool, out: &mut Output) -> Result<(), Failure> {
    out.line(&format!(
        "{}, version {} of {}, compared with version {}",
        printable(view.stream.as_str()),
        view.version,
        view.last_version,
        view.compared_with
    ))?;
    if let Some(event) = &view.event {
        let told = event.sentence.as_deref().or(event.problem.as_deref()).unwrap_or_default();
        let line = format!("{} UTC  {}  {told}", short_time(event.recorded_at), event.event_type);
        out.line(&printable(&line))?;
    }
    if let Some(problem) = &view.problem {
        out.line(&printable(&format!("NOT FOLDED FURTHER: {problem}; this is the state before it.")))?;
    }
    out.line("")?;
    if !changes {
        return lines(&view.nodes, out);
    }
    if view.changed_paths.is_empty() {
        return out.line("Nothing differs.");
    }
    let nodes: Vec<_> = view.nodes.iter().filter(|node| node.change != Change::Same).cloned().collect();
    lines(&nodes, out)
}

/// A tree for people: `+` added, `-` removed, `~` changed. Amounts stand on one line; `--json` has their minor units.
pub(super) fn lines(nodes: &[TreeNode], out: &mut Output) -> Result<(), Failure> {
    let mut rest = nodes.iter().filter(|node| node.depth > 0 || node.children == 0).peekable();
    while let Some(node) = rest.next() {
        let mut change = node.change;
        let (mut value, before) = (value_of(node), node.before.clone());
        if let Some(display) = &node.display {
            while rest.next_if(|next| next.depth > node.depth).is_some() {}
            value.clone_from(display);
            if change == Change::Within {
                change = Change::Changed;
            }
        }
        let mark = match change {
            Change::Same | Change::Within => ' ',
            Change::Added => '+',
            Change::Removed => '-',
            Change::Changed => '~',
        };
        let indent = "  ".repeat(node.depth.saturating_sub(1) as usize);
        let key = if node.key.is_empty() { String::new() } else { format!("{}: ", node.key) };
        let was =
            before.filter(|_| change == Change::Changed).map(|text| format!("  (was {text})")).unwrap_or_default();
        out.line(&printable(&format!("{mark} {indent}{key}{value}{was}")))?;
    }
    Ok(())
}

fn value_of(node: &TreeNode) -> String {
    match (&node.text, node.kind, node.children) {
        (Some(text), Kind::String, _) => format!("{text:?}"),
        (Some(text), ..) => text.clone(),
        (None, Kind::Object, 0) => "{}".to_owned(),
        (None, Kind::Array, 0) => "[]".to_owned(),
        (None, ..) => String::new(),
    }
}
