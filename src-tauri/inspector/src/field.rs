//! The history of one field: every event that changed it.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use es_core::{StreamName, StreamVersion};

use crate::fold::{FoldProblem, Folded, InspectError, aggregate_of};
use crate::inspector::Inspector;
use crate::json::{Document, Kind};
use crate::limits;
use crate::pace::Pace;
use crate::tree::{View, clip, identity_of};
use crate::views::EventSummary;

/// Every change of one field up to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldHistory {
    /// The stream.
    pub stream: StreamName,
    /// The version at which the path was meant.
    pub version: StreamVersion,
    /// The JSON pointer asked for.
    pub path: String,
    /// What was followed: elements of arrays by their identity where they have one, as in `/holds[holdId=7]/amount`.
    pub followed: String,
    /// The latest changes, oldest first.
    pub changes: Vec<FieldChange>,
    /// Earlier ones that are left out.
    pub left_out: u64,
    /// Set if the fold failed at or before this version.
    pub problem: Option<FoldProblem>,
}

/// One change of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The event.
    pub event: EventSummary,
    /// Value before it; nothing if the field was not there.
    pub before: Option<FieldValue>,
    /// Value after it; nothing if the field went.
    pub after: Option<FieldValue>,
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue {
    /// What it is.
    pub kind: Kind,
    /// Exact text: of a string without quotes, of a container its JSON (a long one is cut short).
    pub text: String,
    /// What it means to people, where the view's hook knows.
    pub display: Option<String>,
}

impl FieldValue {
    fn of(view: &View, document: &Document, index: usize) -> Self {
        let kind = document.node(index).kind;
        let text = if kind.is_container() {
            clip(document.raw(index)).into_owned()
        } else {
            document.scalar(index).into_owned()
        };
        Self { kind, text, display: view.amount(document, index) }
    }
}

/// One step of a followed path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
    Identity { key: &'static str, value: String },
}

/// A path through states of different versions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FollowedPath(Vec<Segment>);

impl FollowedPath {
    /// What a JSON pointer means in a state; nothing if the state has nothing there.
    fn resolve(document: &Document, pointer: &str) -> Option<Self> {
        let mut segments = Vec::new();
        let mut index = 0;
        if pointer.is_empty() {
            return Some(Self(segments));
        }
        for part in pointer.strip_prefix('/')?.split('/') {
            let part = part.replace("~1", "/").replace("~0", "~");
            if document.node(index).kind == Kind::Object {
                index = document.member(index, &part)?;
                segments.push(Segment::Key(part));
                continue;
            }
            let elements = document.children(index);
            let at: usize = part.parse().ok()?;
            index = *elements.get(at)?;
            segments.push(match identity_of(document, &elements, at) {
                Some((key, value)) => Segment::Identity { key, value },
                None => Segment::Index(at),
            });
        }
        Some(Self(segments))
    }

    /// Where it leads in another state.
    fn find(&self, document: &Document) -> Option<usize> {
        let mut index = 0;
        for segment in &self.0 {
            index = match segment {
                Segment::Key(key) => document.member(index, key)?,
                Segment::Index(at) if document.node(index).kind == Kind::Array => *document.children(index).get(*at)?,
                Segment::Index(_) => return None,
                Segment::Identity { key, value } => document.children(index).into_iter().find(|element| {
                    document.member(*element, key).is_some_and(|member| {
                        !document.node(member).kind.is_container() && document.scalar(member) == *value
                    })
                })?,
            };
        }
        Some(index)
    }
}

impl std::fmt::Display for FollowedPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Key(key) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?,
                Segment::Index(at) => write!(f, "/{at}")?,
                Segment::Identity { key, value } => write!(f, "[{key}={value}]")?,
            }
        }
        Ok(())
    }
}

/// Where a field stands on its way through a stream.
struct Followed {
    path: FollowedPath,
    document: Document,
    at: Option<usize>,
    changes: VecDeque<FieldChange>,
    left_out: u64,
}

impl Followed {
    /// Takes the next state in. The event is told only if it changed the field.
    fn take(
        &mut self,
        view: &View,
        state: &str,
        event: impl FnOnce() -> EventSummary,
    ) -> Result<(), crate::json::InvalidJson> {
        let document = Document::parse(state)?;
        let at = self.path.find(&document);
        let same = match (self.at, at) {
            (None, None) => true,
            (Some(old), Some(new)) => {
                let (before, after) = (self.document.node(old).kind, document.node(new).kind);
                self.document.raw(old) == document.raw(new)
                    || before == after && !after.is_container() && self.document.scalar(old) == document.scalar(new)
            }
            _ => false,
        };
        if !same {
            let value = |document: &Document, at: Option<usize>| at.map(|at| FieldValue::of(view, document, at));
            let (before, after) = (value(&self.document, self.at), value(&document, at));
            self.changes.push_back(FieldChange { event: event(), before, after });
            if self.changes.len() > limits::FIELD_CHANGES {
                self.changes.pop_front();
                self.left_out += 1;
            }
        }
        (self.document, self.at) = (document, at);
        Ok(())
    }
}

impl Inspector {
    /// Every event up to a version that changed the field that has this path in the state at that version.
    ///
    /// # Errors
    /// As [`Inspector::state_at`], or the state at that version has nothing at this path.
    pub async fn field_history(
        &self,
        stream: &StreamName,
        path: &str,
        version: StreamVersion,
        pace: Pace<'_>,
    ) -> Result<FieldHistory, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let shown = self.state_text(stream, version, pace.cancel).await?;
        let not_json =
            |error: crate::json::InvalidJson| InspectError::NotJson { stream: stream.clone(), reason: error.reason };
        let followed = FollowedPath::resolve(&Document::parse(&shown).map_err(not_json)?, path);
        let no_path = || InspectError::NoSuchPath { stream: stream.clone(), version, path: path.to_owned() };
        let path_followed = followed.ok_or_else(no_path)?;
        let mut text = aggregate.state_json(&aggregate.initial());
        let document = Document::parse(&text).map_err(not_json)?;
        let at = path_followed.find(&document);
        let mut field = Followed { path: path_followed, document, at, changes: VecDeque::new(), left_out: 0 };
        let mut failed = None;
        let start = Folded::start(aggregate);
        let folded = self
            .fold_on(aggregate, stream, start, version, pace, &mut |event, folded: &Folded| {
                let state = aggregate.state_json(&folded.state);
                if state == text {
                    return ControlFlow::Continue(());
                }
                let taken = field.take(&self.view, &state, || self.summary(event));
                text = state;
                match taken {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        failed = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .await?;
        if let Some(error) = failed {
            return Err(not_json(error));
        }
        Ok(FieldHistory {
            stream: stream.clone(),
            version,
            path: path.to_owned(),
            followed: field.path.to_string(),
            changes: field.changes.into(),
            left_out: field.left_out,
            problem: folded.problem,
        })
    }
}
