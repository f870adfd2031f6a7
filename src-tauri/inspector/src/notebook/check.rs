//! Whether what was pinned still holds in the store that is open.

use std::sync::Arc;

use async_trait::async_trait;
use es_core::{EventReader, Hash, Position, StoreError, StreamName, StreamVersion};

use super::capture::{CaptureError, Selection, anchor, changes, same_log};
use super::model::{Pin, Seen, SeenDiff, SeenEvent, SeenQuery, SeenRow, SeenState, SeenWhatIf, StoreIdentity};
use crate::fold::InspectError;
use crate::inspector::Inspector;
use crate::limits;
use crate::pace::Pace;
use crate::tree::View;
use crate::what_if::{JsonText, WhatIfError};

/// What has become of a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is as it was pinned.
    Matches,
    /// A query finds the same as far as the log reached then; by now it finds more.
    Grown {
        /// Matches when it was pinned.
        then: u64,
        /// Matches now.
        now: u64,
        /// How far the log reaches now.
        head: Position,
    },
    /// Neither the place nor the log is that of the pin: nothing can be said about it.
    OtherStore {
        /// Where it was pinned.
        pinned: String,
        /// What is open.
        open: String,
    },
    /// No store is open.
    NoStore,
    /// What it is about is not there any more.
    Gone(Gone),
    /// Something else is there now.
    Differs {
        /// The first differences.
        differences: Vec<Difference>,
        /// All of them.
        total: u64,
    },
    /// It could not be looked at.
    NotChecked {
        /// Stable code.
        code: String,
        /// What was said.
        reason: String,
    },
}

/// Why something is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// The log ends before it: it was cut, or restored from an older backup.
    BeyondHead {
        /// Where it was.
        position: Position,
        /// How far the log reaches.
        head: Position,
    },
    /// It was moved to the archive; its stub vouches for it.
    Archived {
        /// Where it was.
        position: Position,
        /// Whether the stub has the hash that was pinned.
        same: bool,
    },
    /// There is no event where it was, and nothing says why.
    Removed {
        /// Where it was.
        position: Position,
    },
    /// The stream is not there.
    NoStream {
        /// Its name.
        stream: StreamName,
    },
    /// Retention has hidden the version.
    Hidden {
        /// The stream.
        stream: StreamName,
        /// The version.
        version: StreamVersion,
        /// The first one that is still read.
        begins_at: StreamVersion,
    },
    /// The stream does not reach so far.
    Shorter {
        /// The stream.
        stream: StreamName,
        /// The version.
        version: StreamVersion,
        /// Its last one.
        last: StreamVersion,
    },
}

/// Something that is not as it was pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub aspect: Aspect,
    /// As it was pinned.
    pub then: Option<String>,
    /// As it is now.
    pub now: Option<String>,
}

/// What of a pin can differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aspect {
    /// The hash of an event's content.
    Content,
    /// The hash of everything up to an event.
    Chain,
    /// The hash of everything up to where the log reached when it was pinned.
    Log(Position),
    /// An event's id.
    EventId,
    /// An event's stream.
    Stream,
    /// An event's version.
    Version,
    /// When an event was recorded.
    RecordedAt,
    /// The hash of the state at a version.
    State(StreamVersion),
    /// A value of a state, by its JSON pointer.
    Value(String),
    /// How many events a query finds.
    Matches,
    /// The hash over the positions that a query finds.
    Positions,
    /// An event that a query finds, by its position.
    Row(Position),
    /// What came of a step of a what-if, by its number from 1.
    Step(usize),
    /// How many events a what-if has.
    Events,
    /// The hash of a what-if.
    WhatIf,
}

/// In one word what has become of a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// It cannot be told.
    Unknown,
}

impl Standing {
    /// In one word.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Matches | Self::Grown { .. } => Verdict::Holds,
            Self::Gone(_) | Self::Differs { .. } => Verdict::Broken,
            Self::OtherStore { .. } | Self::NoStore | Self::NotChecked { .. } => Verdict::Unknown,
        }
    }

    /// Stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Grown { .. } => "grown",
            Self::OtherStore { .. } => "other_store",
            Self::NoStore => "no_store",
            Self::Gone(Gone::BeyondHead { .. }) => "beyond_head",
            Self::Gone(Gone::Archived { .. }) => "archived",
            Self::Gone(Gone::Removed { .. }) => "removed",
            Self::Gone(Gone::NoStream { .. }) => "no_stream",
            Self::Gone(Gone::Hidden { .. }) => "hidden",
            Self::Gone(Gone::Shorter { .. }) => "shorter",
            Self::Differs { .. } => "differs",
            Self::NotChecked { .. } => "not_checked",
        }
    }

    fn of(differences: Vec<Difference>) -> Self {
        if differences.is_empty() {
            return Self::Matches;
        }
        let total = differences.len() as u64;
        Self::Differs { differences: differences.into_iter().take(limits::PIN_DIFFERENCES).collect(), total }
    }
}

/// Why a query cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSelected {
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

/// Knows what a query that was pinned asks of a store.
#[async_trait]
pub trait Queries: Send + Sync {
    /// What it asks.
    async fn select(&self, query: &JsonText) -> Result<Selection, NotSelected>;
}

/// Checks pins against one store. What it folds is folded anew: nothing that was kept is taken for an answer.
pub struct Checker<'a> {
    inspector: Inspector,
    queries: &'a dyn Queries,
    open: &'a StoreIdentity,
}

/// Why a check ends early.
enum Ended {
    Standing(Standing),
    Cancelled,
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cancelled => Self::Cancelled,
            other => Self::Standing(not_checked(other.code(), &other.to_string())),
        }
    }
}

impl From<InspectError> for Ended {
    fn from(error: InspectError) -> Self {
        match error {
            InspectError::Store(error) => error.into(),
            InspectError::UnknownStream { stream } => Self::Standing(Standing::Gone(Gone::NoStream { stream })),
            InspectError::NoSuchVersion { stream, version, last } => {
                Self::Standing(Standing::Gone(Gone::Shorter { stream, version, last }))
            }
            other => Self::Standing(not_checked(other.code(), &other.to_string())),
        }
    }
}

impl From<WhatIfError> for Ended {
    fn from(error: WhatIfError) -> Self {
        match error {
            WhatIfError::Inspect(error) => error.into(),
            other => Self::Standing(not_checked(other.code(), &other.to_string())),
        }
    }
}

fn not_checked(code: &str, reason: &str) -> Standing {
    Standing::NotChecked { code: code.to_owned(), reason: reason.to_owned() }
}

impl<'a> Checker<'a> {
    /// Checks pins against the store of an inspector.
    #[must_use]
    pub fn new(inspector: &Inspector, queries: &'a dyn Queries, open: &'a StoreIdentity) -> Self {
        let fresh = Inspector::new(Arc::clone(&inspector.reader), Arc::clone(&inspector.domain), *inspector.view());
        Self { inspector: fresh, queries, open }
    }

    /// What has become of a pin. A store that does not answer is an outcome, too.
    ///
    /// # Errors
    /// It was cancelled.
    pub async fn check(&self, pin: &Pin, pace: Pace<'_>) -> Result<Standing, CaptureError> {
        match self.checked(pin, pace).await {
            Ok(standing) | Err(Ended::Standing(standing)) => Ok(standing),
            Err(Ended::Cancelled) => Err(StoreError::Cancelled.into()),
        }
    }

    async fn checked(&self, pin: &Pin, pace: Pace<'_>) -> Result<Standing, Ended> {
        if pace.cancel.is_cancelled() {
            return Err(Ended::Cancelled);
        }
        let reader = &*self.inspector.reader;
        let log = log_now(reader, pin).await?;
        if !same_log(&pin.store, self.open) && (pin.head_hash.is_none() || log != pin.head_hash) {
            let (pinned, open) = (pin.store.location.clone(), self.open.location.clone());
            return Ok(Standing::OtherStore { pinned, open });
        }
        let standing = match &pin.seen {
            Seen::Event(seen) => self.event(seen).await?,
            Seen::State(seen) => self.state(seen, pace).await?,
            Seen::Diff(seen) => self.diff(seen, pace).await?,
            Seen::Query(seen) => self.query(seen, pin.head, pace).await?,
            Seen::WhatIf(seen) => self.what_if(seen, pace).await?,
        };
        Ok(with_log(standing, pin, log))
    }

    async fn event(&self, seen: &SeenEvent) -> Result<Standing, Ended> {
        match self.inspector.seen_event(seen.position).await {
            Ok(now) => Ok(Standing::of(event_differences(seen, &now))),
            Err(InspectError::NoSuchEvent(position)) => {
                Ok(Standing::Gone(self.gone(position, seen.content_hash).await?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Why there is no event at a position.
    async fn gone(&self, position: Position, content: Hash) -> Result<Gone, StoreError> {
        let reader = &self.inspector.reader;
        if let Some(retention) = reader.retention()
            && let Some(stub) = retention.read_stubs(&[position]).await?.first()
        {
            return Ok(Gone::Archived { position, same: stub.content_hash == content });
        }
        let head = reader.head().await?;
        Ok(if head < position { Gone::BeyondHead { position, head } } else { Gone::Removed { position } })
    }

    async fn state(&self, seen: &SeenState, pace: Pace<'_>) -> Result<Standing, Ended> {
        self.readable(&seen.stream, seen.version).await?;
        let view = self.inspector.state_at(&seen.stream, seen.version, Some(seen.version), pace.cancel).await?;
        let before = seen.state.is_whole().then_some(seen.state.text.as_str());
        Ok(Standing::of(state_differences(&self.inspector.view, (seen.version, seen.hash, before), &view.state)))
    }

    async fn diff(&self, seen: &SeenDiff, pace: Pace<'_>) -> Result<Standing, Ended> {
        for version in [seen.from, seen.to] {
            self.readable(&seen.stream, version).await?;
        }
        let now = self.inspector.seen_diff(&seen.stream, (seen.from, seen.to), pace).await?;
        Ok(Standing::of(diff_differences(seen, &now)))
    }

    /// Ends with why a version cannot be folded any more, if retention has hidden what it is folded from.
    async fn readable(&self, stream: &StreamName, version: StreamVersion) -> Result<(), Ended> {
        let (info, _) = self.inspector.stream_at(stream, StreamVersion::ZERO).await?;
        if version > StreamVersion::ZERO && version < info.truncated_before {
            let (stream, begins_at) = (stream.clone(), info.truncated_before);
            return Err(Ended::Standing(Standing::Gone(Gone::Hidden { stream, version, begins_at })));
        }
        Ok(())
    }

    async fn query(&self, seen: &SeenQuery, through: Position, pace: Pace<'_>) -> Result<Standing, Ended> {
        let selection = match self.queries.select(&seen.query).await {
            Ok(selection) => selection,
            Err(NotSelected { code, reason }) => return Ok(not_checked(&code, &reason)),
        };
        let asked = (through, seen.newest_first);
        let now = self.inspector.seen_query(seen.query.clone(), &selection, asked, pace).await?;
        let differences = query_differences(seen, &now);
        let head = self.inspector.reader.head().await?;
        if !differences.is_empty() || head <= through {
            return Ok(Standing::of(differences));
        }
        let since = self.inspector.matched(&selection, (through, head), seen.newest_first, pace).await?.count;
        if since == 0 {
            return Ok(Standing::Matches);
        }
        Ok(Standing::Grown { then: seen.matches, now: seen.matches + since, head })
    }

    async fn what_if(&self, seen: &SeenWhatIf, pace: Pace<'_>) -> Result<Standing, Ended> {
        let now = self.inspector.seen_what_if(seen.scenario.clone(), pace).await?;
        Ok(Standing::of(what_if_differences(seen, &now)))
    }
}

/// The hash of everything up to where the log reached when it was pinned; nothing if the log does not reach so far any more.
async fn log_now(reader: &dyn EventReader, pin: &Pin) -> Result<Option<Hash>, StoreError> {
    let (at, hash) = anchor(reader, Some(pin.head)).await?;
    Ok(hash.filter(|_| at == pin.head))
}

/// What was pinned may be there, and the log around it be another one.
fn with_log(standing: Standing, pin: &Pin, log: Option<Hash>) -> Standing {
    let (Some(then), Some(now)) = (pin.head_hash, log) else { return standing };
    if then == now {
        return standing;
    }
    let another = difference(Aspect::Log(pin.head), &then.to_hex(), &now.to_hex());
    match standing {
        Standing::Matches | Standing::Grown { .. } => Standing::of(vec![another]),
        Standing::Differs { mut differences, total } => {
            differences.truncate(limits::PIN_DIFFERENCES - 1);
            differences.push(another);
            Standing::Differs { differences, total: total + 1 }
        }
        other => other,
    }
}

fn difference(aspect: Aspect, then: &str, now: &str) -> Difference {
    Difference { aspect, then: Some(then.to_owned()), now: Some(now.to_owned()) }
}

/// Adds a difference if there is one.
fn compare<T: PartialEq>(found: &mut Vec<Difference>, aspect: Aspect, pair: (&T, &T), told: impl Fn(&T) -> String) {
    if pair.0 != pair.1 {
        found.push(difference(aspect, &told(pair.0), &told(pair.1)));
    }
}

fn event_differences(then: &SeenEvent, now: &SeenEvent) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut found, Aspect::Content, (&then.content_hash, &now.content_hash), |hash| hash.to_hex());
    // A copy on a store of another kind has another chain, or none.
    if let (Some(then), Some(now)) = (then.chain_hash, now.chain_hash) {
        compare(&mut found, Aspect::Chain, (&then, &now), |hash| hash.to_hex());
    }
    compare(&mut found, Aspect::EventId, (&then.event_id, &now.event_id), ToString::to_string);
    compare(&mut found, Aspect::Stream, (&then.stream, &now.stream), ToString::to_string);
    compare(&mut found, Aspect::Version, (&then.version, &now.version), ToString::to_string);
    compare(&mut found, Aspect::RecordedAt, (&then.recorded_at, &now.recorded_at), |time| time.to_rfc3339());
    found
}

fn state_differences(
    view: &View,
    (version, hash, before): (StreamVersion, Hash, Option<&str>),
    now: &str,
) -> Vec<Difference> {
    let found = super::text::sha256(now);
    if found == hash {
        return Vec::new();
    }
    let mut differences = vec![difference(Aspect::State(version), &hash.to_hex(), &found.to_hex())];
    if let Some(before) = before {
        let (changes, _) = changes(view.diff(before, now).nodes);
        differences.extend(changes.into_iter().map(|change| Difference {
            aspect: Aspect::Value(change.path),
            then: change.before,
            now: change.after,
        }));
    }
    differences
}

fn diff_differences(then: &SeenDiff, now: &SeenDiff) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut found, Aspect::State(then.from), (&then.from_hash, &now.from_hash), |hash| hash.to_hex());
    compare(&mut found, Aspect::State(then.to), (&then.to_hash, &now.to_hash), |hash| hash.to_hex());
    if found.is_empty() {
        return found;
    }
    for before in &then.changes {
        let after = now.changes.iter().find(|after| after.path == before.path);
        let value = after.and_then(|after| after.after.clone());
        if value != before.after {
            found.push(Difference {
                aspect: Aspect::Value(before.path.clone()),
                then: before.after.clone(),
                now: value,
            });
        }
    }
    found
}

fn query_differences(then: &SeenQuery, now: &SeenQuery) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut found, Aspect::Matches, (&then.matches, &now.matches), ToString::to_string);
    compare(&mut found, Aspect::Positions, (&then.hash, &now.hash), |hash| hash.to_hex());
    for row in &then.rows {
        let same = |other: &&SeenRow| other.position == row.position;
        match now.rows.iter().find(same) {
            Some(other) => {
                let pair = (&row.content_hash, &other.content_hash);
                compare(&mut found, Aspect::Row(row.position), pair, |hash| hash.to_hex());
            }
            None => found.push(Difference {
                aspect: Aspect::Row(row.position),
                then: Some(row.content_hash.to_hex()),
                now: None,
            }),
        }
    }
    found
}

fn what_if_differences(then: &SeenWhatIf, now: &SeenWhatIf) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut found, Aspect::WhatIf, (&then.hash, &now.hash), |hash| hash.to_hex());
    compare(&mut found, Aspect::Events, (&then.events, &now.events), ToString::to_string);
    for (index, (before, after)) in then.steps.iter().zip(&now.steps).enumerate() {
        let told = |step: &super::model::SeenStep| {
            let code = step.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
            format!("{}{code}, {}", step.outcome, step.events)
        };
        compare(&mut found, Aspect::Step(index + 1), (&told(before), &told(after)), Clone::clone);
    }
    found
}
