//! What is pinned, read from the store itself: what a window shows may be older.

use std::collections::VecDeque;
use std::sync::Arc;

use es_core::{
    EventFilter, EventReader, Hash, Payload, Position, RecordedEvent, StoreError, StreamName, StreamVersion,
};
use es_runtime::Sieve;
use sha2::{Digest, Sha256};

use super::model::{
    ChangeKind, Excerpt, SeenChange, SeenDiff, SeenEnd, SeenEvent, SeenLaneStep, SeenQuery, SeenRow, SeenState,
    SeenStep, SeenWhatIf, StoreIdentity,
};
use super::text::{sha256, sha256_of};
use crate::fold::InspectError;
use crate::inspector::Inspector;
use crate::limits;
use crate::pace::Pace;
use crate::tree::{Change, TreeNode};
use crate::views::StateView;
use crate::what_if::{
    ClockStep, JsonText, LaneStep, Provenance, Scenario, Step, StepOutcome, StepReport, StreamEnd, Through, WhatIf,
    WhatIfError,
};

/// Matches that a condition is evaluated on at once.
const SIFTED: usize = 2048;

/// Why something cannot be pinned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CaptureError {
    /// It is not there, or the store does not answer.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The scenario cannot be carried out.
    #[error(transparent)]
    WhatIf(#[from] WhatIfError),
}

impl From<StoreError> for CaptureError {
    fn from(error: StoreError) -> Self {
        Self::Inspect(error.into())
    }
}

/// What a query asks of a store.
pub struct Selection {
    /// What the store is asked for.
    pub filter: EventFilter,
    /// What else has to hold.
    pub sieve: Option<Arc<dyn Sieve>>,
}

/// What a query finds up to a position.
pub(super) struct Matched {
    pub(super) count: u64,
    pub(super) undecided: u64,
    pub(super) hash: Hash,
    /// The first or the last positions, ascending.
    kept: Vec<Position>,
}

/// The log up to a position, or up to its head: that position, and the hash that stands for everything up to it. Of a scavenged event
/// the stub vouches; there is no hash if the event is gone otherwise.
///
/// # Errors
/// The store does not answer.
pub async fn anchor(reader: &dyn EventReader, at: Option<Position>) -> Result<(Position, Option<Hash>), StoreError> {
    let head = reader.head().await?;
    let at = at.map_or(head, |at| at.min(head));
    if let Some(event) = reader.read_positions(&[at]).await?.into_iter().next() {
        return Ok((at, Some(event.chain_hash.unwrap_or(event.content_hash))));
    }
    let Some(retention) = reader.retention() else { return Ok((at, None)) };
    Ok((at, retention.read_stubs(&[at]).await?.first().map(|stub| stub.chain_hash)))
}

/// Whether two names that links have for a store mean the same place: they have the place or the connection in common.
#[must_use]
pub fn same_log(one: &StoreIdentity, other: &StoreIdentity) -> bool {
    let parts = |link: &str| {
        let (place, connection) = link.split_once('.').unwrap_or((link, ""));
        (place.to_owned(), connection.to_owned())
    };
    let ((place, connection), (other_place, other_connection)) = (parts(&one.link), parts(&other.link));
    place == other_place || (!connection.is_empty() && connection == other_connection)
}

impl Inspector {
    /// The event at a position, as it is stored.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn seen_event(&self, position: Position) -> Result<SeenEvent, InspectError> {
        let found = self.reader.read_positions(&[position]).await?;
        let event = found.into_iter().next().ok_or(InspectError::NoSuchEvent(position))?;
        let summary = self.summary(&event);
        let content_hash = es_core::hash::expected_content_hash(&event);
        let altered = (content_hash != event.content_hash).then(|| {
            format!("its stored content hash is {}, which is not that of its bytes", event.content_hash.to_hex())
        });
        let (payload, binary) = match &event.payload {
            Payload::Json(text) => (Excerpt::of(text), false),
            Payload::Binary(bytes) => {
                let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                (Excerpt::of(&hexadecimal), true)
            }
        };
        Ok(SeenEvent {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            event_id: event.event_id,
            event_type: event.event_type.to_string(),
            schema_version: event.schema_version,
            recorded_at: event.recorded_at,
            actor: summary.actor,
            sentence: summary.sentence,
            problem: altered.or(summary.problem),
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            content_hash,
            chain_hash: event.chain_hash,
            binary,
            payload,
            metadata: Excerpt::of(&event.metadata),
        })
    }

    /// The state of a stream at a version.
    ///
    /// # Errors
    /// As [`Inspector::state_at`].
    pub async fn seen_state(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        pace: Pace<'_>,
    ) -> Result<SeenState, InspectError> {
        let view = self.state_at(stream, version, Some(version), pace.cancel).await?;
        let event = self.event_at(stream, version).await?.map(|event| self.row(&event));
        Ok(SeenState {
            stream: stream.clone(),
            version,
            event,
            problem: view.problem.as_ref().map(ToString::to_string),
            hash: sha256(&view.state),
            state: Excerpt::of(&view.state),
        })
    }

    /// What differs between two versions of a stream.
    ///
    /// # Errors
    /// As [`Inspector::state_at`].
    pub async fn seen_diff(
        &self,
        stream: &StreamName,
        (from, to): (StreamVersion, StreamVersion),
        pace: Pace<'_>,
    ) -> Result<SeenDiff, InspectError> {
        let StateView { state, nodes, problem, .. } = self.state_at(stream, to, Some(from), pace.cancel).await?;
        let before = self.state_text(stream, from, pace.cancel).await?;
        let (changes, total) = changes(nodes);
        Ok(SeenDiff {
            stream: stream.clone(),
            from,
            to,
            from_hash: sha256(&before),
            to_hash: sha256(&state),
            problem: problem.map(|problem| problem.to_string()),
            changes,
            total,
        })
    }

    /// What a query finds up to a position.
    ///
    /// # Errors
    /// The store does not answer, or it is cancelled.
    pub async fn seen_query(
        &self,
        query: JsonText,
        selection: &Selection,
        (through, newest_first): (Position, bool),
        pace: Pace<'_>,
    ) -> Result<SeenQuery, InspectError> {
        let found = self.matched(selection, (Position::ZERO, through), newest_first, pace).await?;
        let mut rows: Vec<SeenRow> =
            self.reader.read_positions(&found.kept).await?.iter().map(|event| self.row(event)).collect();
        if newest_first {
            rows.reverse();
        }
        Ok(SeenQuery { query, matches: found.count, undecided: found.undecided, hash: found.hash, newest_first, rows })
    }

    /// Looks for everything that matches after a position, up to and including another.
    pub(super) async fn matched(
        &self,
        selection: &Selection,
        (after, through): (Position, Position),
        newest: bool,
        pace: Pace<'_>,
    ) -> Result<Matched, InspectError> {
        let mut filter = selection.filter.clone();
        filter.through = Some(filter.through.map_or(through, |asked| asked.min(through)));
        let mut found = Matching { newest, ..Matching::default() };
        let mut after = after;
        loop {
            if pace.cancel.is_cancelled() {
                return Err(StoreError::Cancelled.into());
            }
            let page = self.reader.scan_positions(after, &filter).await?;
            match &selection.sieve {
                None => page.positions.iter().for_each(|position| found.take(*position)),
                Some(sieve) => {
                    for part in page.positions.chunks(SIFTED) {
                        if pace.cancel.is_cancelled() {
                            return Err(StoreError::Cancelled.into());
                        }
                        let sifted = sieve.sift(self.reader.read_positions(part).await?).await?;
                        found.undecided += sifted.undecided;
                        sifted.events.iter().for_each(|event| found.take(event.position));
                    }
                }
            }
            after = page.next;
            (pace.tell)(after.min(through).get(), through.get());
            if page.end || after >= through {
                return Ok(found.ended());
            }
        }
    }

    /// What would have happened. What the scenario takes along up to the head is taken along up to what is the head now, so that the
    /// same can be done again.
    ///
    /// # Errors
    /// As [`Inspector::what_if`].
    pub async fn seen_what_if(&self, mut scenario: Scenario, pace: Pace<'_>) -> Result<SeenWhatIf, WhatIfError> {
        let answer = self.what_if(&scenario, pace).await?;
        if scenario.through == Through::Head {
            scenario.through = Through::Position(answer.through);
        }
        Ok(seen_what_if(scenario, answer))
    }

    fn row(&self, event: &RecordedEvent) -> SeenRow {
        let summary = self.summary(event);
        SeenRow {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            event_type: summary.event_type,
            recorded_at: event.recorded_at,
            sentence: summary.sentence.or(summary.problem),
            content_hash: es_core::hash::expected_content_hash(event),
        }
    }
}

#[derive(Default)]
struct Matching {
    count: u64,
    undecided: u64,
    hasher: Sha256,
    newest: bool,
    kept: VecDeque<Position>,
}

impl Matching {
    fn take(&mut self, position: Position) {
        self.count += 1;
        self.hasher.update(position.get().to_be_bytes());
        if self.kept.len() == limits::PIN_ROWS {
            if !self.newest {
                return;
            }
            self.kept.pop_front();
        }
        self.kept.push_back(position);
    }

    fn ended(self) -> Matched {
        let hash = Hash(self.hasher.finalize().into());
        Matched { count: self.count, undecided: self.undecided, hash, kept: self.kept.into() }
    }
}

/// The values that differ, an amount as one value: the first of them, and how many there are.
pub(super) fn changes(nodes: Vec<TreeNode>) -> (Vec<SeenChange>, u64) {
    let (mut changes, mut total, mut amount) = (Vec::new(), 0, None);
    for node in nodes {
        // The parts of an amount, or of what was added or removed as a whole, are not told by themselves.
        if amount.is_some_and(|depth| node.depth > depth) {
            continue;
        }
        amount = None;
        let is_container = node.children > 0 && node.display.is_none();
        let kind = match node.change {
            Change::Same => continue,
            Change::Within if node.display.is_some() => ChangeKind::Changed,
            Change::Within => continue,
            Change::Added => ChangeKind::Added,
            Change::Removed => ChangeKind::Removed,
            Change::Changed => ChangeKind::Changed,
        };
        if node.display.is_some() {
            amount = Some(node.depth);
        } else if is_container {
            // Its values follow.
            continue;
        }
        total += 1;
        if changes.len() < limits::PIN_CHANGES {
            changes.push(change(kind, node));
        }
    }
    (changes, total)
}

fn change(kind: ChangeKind, node: TreeNode) -> SeenChange {
    let value = |text: Option<String>| text.map(|text| shortened(&text, limits::PIN_VALUE_BYTES));
    let shown = value(node.display.or(node.text));
    let (before, after) = match kind {
        ChangeKind::Added => (None, shown),
        ChangeKind::Removed => (shown.or_else(|| value(node.before)), None),
        ChangeKind::Changed => (value(node.before), shown),
    };
    SeenChange { path: node.path, kind, before, after }
}

fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(most)])
}

fn seen_what_if(scenario: Scenario, answer: WhatIf) -> SeenWhatIf {
    let steps: Vec<SeenStep> =
        scenario.steps.iter().zip(&answer.steps).map(|(step, report)| seen_step(step, report)).collect();
    let hash = what_if_hash(&answer, &steps);
    let ends = answer.ends.into_iter().filter(StreamEnd::is_told);
    SeenWhatIf {
        scenario,
        fork: answer.fork,
        hash,
        steps,
        events: answer.what_if.total,
        lane: answer.what_if.steps.iter().take(limits::PIN_ROWS).map(seen_lane_step).collect(),
        ends: ends
            .map(|end| {
                let problem = end.problem().map(ToString::to_string);
                let (changes, total) = changes(end.nodes);
                SeenEnd {
                    stream: end.stream,
                    original_version: end.original_version,
                    what_if_version: end.what_if_version,
                    changes,
                    total,
                    problem,
                }
            })
            .collect(),
    }
}

/// Over what would have happened only: what happened after the fork may go on. Words are not in it: they are told in the reader's
/// language.
fn what_if_hash(answer: &WhatIf, steps: &[SeenStep]) -> Hash {
    let mut parts = vec![answer.fork.to_string(), answer.begins_at.to_rfc3339(), answer.what_if.total.to_string()];
    for step in steps {
        parts.extend([step.what.clone(), step.outcome.clone(), step.events.to_string()]);
        parts.push(step.code.clone().unwrap_or_default());
    }
    for step in &answer.what_if.steps {
        let event = &step.event;
        parts.extend([event.stream.to_string(), event.version.to_string(), event.event_type.clone()]);
        parts.push(provenance(step.provenance).to_owned());
        parts.push(step.payload.clone().unwrap_or_default());
        parts.push(step.after.as_deref().unwrap_or_default().to_owned());
    }
    sha256_of(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn seen_step(step: &Step, report: &StepReport) -> SeenStep {
    let what = match step {
        Step::Command(command) => command.command_type.clone(),
        Step::Clock(ClockStep::To(_) | ClockStep::BySeconds(_)) => "clock".to_owned(),
        Step::Processes => "processes".to_owned(),
    };
    let (outcome, code, message, details) = match report.outcome.clone() {
        StepOutcome::Executed { stuck, .. } => {
            let stuck = stuck.into_iter().map(|(stream, why)| (stream.to_string(), why));
            ("executed", None, None, stuck.collect())
        }
        StepOutcome::Rejected(rejection) => {
            ("rejected", Some(rejection.code), Some(rejection.message), rejection.details.into_iter().collect())
        }
        StepOutcome::Invalid { code, message } => ("invalid", Some(code), Some(message), Vec::new()),
        StepOutcome::Ran(ran) => {
            let counts = [("commands", ran.commands), ("timers", ran.timers)];
            let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count.to_string()));
            let stuck = ran.stuck.into_iter().map(|(stream, why)| (stream.to_string(), why));
            ("ran", None, ran.problem, counts.chain(stuck).collect())
        }
        StepOutcome::Failed { code, message } => ("failed", Some(code), Some(message), Vec::new()),
    };
    SeenStep { what, outcome: outcome.to_owned(), code, message, details, events: report.events as u64 }
}

fn seen_lane_step(step: &LaneStep) -> SeenLaneStep {
    SeenLaneStep {
        stream: step.event.stream.clone(),
        version: step.event.version,
        event_type: step.event.event_type.clone(),
        provenance: provenance(step.provenance).to_owned(),
        sentence: step.event.sentence.clone().or_else(|| step.event.problem.clone()),
    }
}

fn provenance(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::Recorded => "recorded",
        Provenance::Replaced => "replaced",
        Provenance::Moved => "moved",
        Provenance::Skipped => "skipped",
        Provenance::Inserted => "inserted",
        Provenance::FromStep(_) => "fromStep",
    }
}
