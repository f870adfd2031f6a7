//! The inspector of one store: states at any version, differences, steps, and everything about one event.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use es_core::{
    Aggregate, ChosenLanguage, CurrentEvent, Direction, Domain, EncodedEvent, EventReader, Language, Payload, Position,
    ProjectedEvent, ReadStream, RecordedEvent, StoreError, StreamInfo, StreamName, StreamVersion,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::blame::BlameCache;
use crate::cache::Cache;
use crate::fold::{Folded, InspectError, aggregate_of, fold_from, guarded, read_page};
use crate::json::pretty;
use crate::limits;
use crate::pace::Pace;
use crate::tree::{TreeNode, View};
use crate::views::{EventDetail, EventSummary, PrettyEvent, StateView, Step, TimelineEntry, UpcastStepView};

/// Looks into one store with one domain. Cheap to share; all methods may run at once.
pub struct Inspector {
    pub(crate) reader: Arc<dyn EventReader>,
    pub(crate) domain: Arc<Domain>,
    pub(crate) view: View,
    language: ChosenLanguage,
    cache: Mutex<Cache>,
    pub(crate) blamed: Mutex<BlameCache>,
}

impl Inspector {
    /// An inspector of a store. Make a new one when another store is opened.
    #[must_use]
    pub fn new(reader: Arc<dyn EventReader>, domain: Arc<Domain>, view: View) -> Self {
        let language = ChosenLanguage::default();
        Self { reader, domain, view, language, cache: Mutex::default(), blamed: Mutex::default() }
    }

    /// The same, telling events in the language that is chosen there.
    #[must_use]
    pub fn speaking(mut self, language: ChosenLanguage) -> Self {
        self.language = language;
        self
    }

    /// How it makes trees.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The state at a version, compared with that at another (the previous one unless said otherwise).
    ///
    /// # Errors
    /// Unknown stream or version, no aggregate, a failing store, or cancelled.
    pub async fn state_at(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        compared_with: Option<StreamVersion>,
        cancel: &CancellationToken,
    ) -> Result<StateView, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let compared_with = compared_with.unwrap_or_else(|| version.previous());
        let (info, event) = self.stream_at(stream, version).await?;
        if let Some(beyond) = [version, compared_with].into_iter().find(|wanted| *wanted > info.version) {
            return Err(InspectError::NoSuchVersion { stream: stream.clone(), version: beyond, last: info.version });
        }
        // The lower one first: the higher one is then folded on from it.
        let (low, high) = (version.min(compared_with), version.max(compared_with));
        let low = self.folded(aggregate, stream, low, cancel).await?;
        let high = self.folded(aggregate, stream, high, cancel).await?;
        let (shown, other) = if version >= compared_with { (high, low) } else { (low, high) };
        let (before, state) = (aggregate.state_json(&other.state), aggregate.state_json(&shown.state));
        let tree = self.view.diff(&before, &state);
        Ok(StateView {
            stream: stream.clone(),
            version,
            compared_with,
            last_version: info.version,
            state,
            nodes: tree.nodes,
            changed_paths: tree.changed_paths,
            event: event.map(|event| self.summary(&event)),
            problem: shown.problem,
        })
    }

    /// The state at a version, as JSON text.
    ///
    /// # Errors
    /// As [`Inspector::state_at`].
    pub async fn state_text(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        cancel: &CancellationToken,
    ) -> Result<String, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let (info, _) = self.stream_at(stream, StreamVersion::ZERO).await?;
        if version > info.version {
            return Err(InspectError::NoSuchVersion { stream: stream.clone(), version, last: info.version });
        }
        let folded = self.folded(aggregate, stream, version, cancel).await?;
        Ok(aggregate.state_json(&folded.state))
    }

    /// What differs between two versions: the state at `to`, compared with that at `from`.
    ///
    /// # Errors
    /// As [`Inspector::state_at`].
    pub async fn diff(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        to: StreamVersion,
        cancel: &CancellationToken,
    ) -> Result<StateView, InspectError> {
        self.state_at(stream, to, Some(from), cancel).await
    }

    /// The steps after a version, oldest first, at most [`limits::STEPS`].
    ///
    /// # Errors
    /// As [`Inspector::state_at`].
    pub async fn steps(
        &self,
        stream: &StreamName,
        after: StreamVersion,
        count: usize,
        cancel: &CancellationToken,
    ) -> Result<Vec<Step>, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let (info, _) = self.stream_at(stream, StreamVersion::ZERO).await?;
        let count = count.min(limits::STEPS);
        let until = StreamVersion(after.get().saturating_add(count as u64).min(info.version.get()));
        let mut start = self.folded(aggregate, stream, after, cancel).await?;
        let mut steps = Vec::with_capacity(count);
        // After a failure (or a truncation) the state is an older one, but the steps asked for are those after `after`.
        start.version = start.version.max(after);
        fold_from(&*self.reader, &self.domain, aggregate, stream, start, until, cancel, |step| {
            steps.push(Step {
                event: self.summary(step.event),
                before: step.before.to_string(),
                after: step.after.to_string(),
                changed_paths: self.view.diff(&step.before, &step.after).changed_paths,
                elapsed: step.elapsed,
                error: step.error.clone(),
            });
            ControlFlow::Continue(())
        })
        .await?;
        Ok(steps)
    }

    /// What the state would become if these events were appended, compared with now. Nothing is written.
    ///
    /// # Errors
    /// No aggregate, a failing store, or cancelled. An unknown stream is one without events.
    pub async fn preview(
        &self,
        stream: &StreamName,
        events: &[EncodedEvent],
        cancel: &CancellationToken,
    ) -> Result<StateView, InspectError> {
        let aggregate = aggregate_of(&self.domain, stream)?;
        let last = match self.stream_at(stream, StreamVersion::ZERO).await {
            Ok((info, _)) => info.version,
            Err(InspectError::UnknownStream { .. }) => StreamVersion::ZERO,
            Err(error) => return Err(error),
        };
        let mut folded = self.folded(aggregate, stream, last, cancel).await?;
        let before = aggregate.state_json(&folded.state);
        for (at, event) in events.iter().enumerate() {
            let version = StreamVersion(last.get() + at as u64 + 1);
            folded.take(&self.domain, aggregate, &unwritten(stream, version, event));
        }
        let state = aggregate.state_json(&folded.state);
        let tree = self.view.diff(&before, &state);
        Ok(StateView {
            stream: stream.clone(),
            version: StreamVersion(last.get() + events.len() as u64),
            compared_with: last,
            last_version: last,
            state,
            nodes: tree.nodes,
            changed_paths: tree.changed_paths,
            event: None,
            problem: folded.problem,
        })
    }

    /// The highest version recorded at or before a time; 0 if the stream begins later.
    ///
    /// # Errors
    /// Unknown stream or a failing store.
    pub async fn version_at(&self, stream: &StreamName, time: DateTime<Utc>) -> Result<StreamVersion, InspectError> {
        self.version_where(stream, |event| event.recorded_at <= time).await
    }

    /// The highest version at or before a position of the whole log; 0 if the stream begins later.
    ///
    /// # Errors
    /// Unknown stream or a failing store.
    pub async fn version_at_position(
        &self,
        stream: &StreamName,
        position: Position,
    ) -> Result<StreamVersion, InspectError> {
        self.version_where(stream, |event| event.position <= position).await
    }

    /// The highest version whose event satisfies a condition that holds for a prefix of the stream.
    async fn version_where(
        &self,
        stream: &StreamName,
        holds: impl Fn(&RecordedEvent) -> bool + Send,
    ) -> Result<StreamVersion, InspectError> {
        let (info, _) = self.stream_at(stream, StreamVersion::ZERO).await?;
        let (mut low, mut high) = (0, info.version.get());
        // Invariant: holds at `low` (or low is 0), does not hold after `high`.
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            // A truncated version has no event; what is gone is older than anything that is left.
            let event = self.event_at(stream, StreamVersion(middle)).await?;
            if event.as_ref().is_none_or(&holds) { low = middle } else { high = middle - 1 }
        }
        Ok(StreamVersion(low))
    }

    /// Versions, types and times after a version, oldest first.
    ///
    /// # Errors
    /// Unknown stream or a failing store.
    pub async fn timeline(
        &self,
        stream: &StreamName,
        after: StreamVersion,
        limit: usize,
    ) -> Result<Vec<TimelineEntry>, InspectError> {
        let read = ReadStream { stream: stream.clone(), from: after, direction: Direction::Forward, limit };
        let page = self.reader.read_stream(read).await?;
        if page.stream.is_none() {
            return Err(InspectError::UnknownStream { stream: stream.clone() });
        }
        let entry = |event: RecordedEvent| TimelineEntry {
            version: event.version,
            position: event.position,
            event_type: event.event_type.into(),
            recorded_at: event.recorded_at,
        };
        Ok(page.events.into_iter().map(entry).collect())
    }

    /// Everything about the event at a position.
    ///
    /// # Errors
    /// No such event, a failing store, or cancelled.
    pub async fn event_detail(
        &self,
        position: Position,
        cancel: &CancellationToken,
    ) -> Result<EventDetail, InspectError> {
        let found = self.reader.read_positions(&[position]).await?;
        let event = found.into_iter().next().ok_or(InspectError::NoSuchEvent(position))?;
        let state = match self.state_at(&event.stream, event.version, None, cancel).await {
            Ok(state) => Some(state),
            Err(InspectError::NoAggregate { .. }) => None,
            Err(error) => return Err(error),
        };
        let (raw, binary) = match &event.payload {
            Payload::Json(text) => (text.to_string(), false),
            Payload::Binary(bytes) => (bytes.iter().map(|byte| format!("{byte:02x}")).collect(), true),
        };
        Ok(EventDetail {
            causation_position: self.position_of(event.causation_id).await?,
            summary: self.summary(&event),
            event_id: event.event_id,
            causation_id: event.causation_id,
            content_hash: event.content_hash,
            chain_hash: event.chain_hash,
            content_intact: es_core::hash::expected_content_hash(&event) == event.content_hash,
            data: self.data(&event, &raw),
            metadata: self.view.tree(&event.metadata),
            raw_bytes: event.payload.as_bytes().len() as u64,
            raw,
            binary,
            upcast: self.upcast_steps(&event),
            state,
        })
    }

    /// An event for a list: its sentence, or why it does not decode.
    #[must_use]
    pub fn summary(&self, event: &RecordedEvent) -> EventSummary {
        let (sentence, problem) = match guarded(|| self.sentence(event)) {
            Ok(sentence) => (Some(sentence), None),
            Err(problem) => (None, Some(problem)),
        };
        EventSummary {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            event_type: event.event_type.to_string(),
            schema_version: event.schema_version,
            recorded_at: event.recorded_at,
            actor: actor_of(&event.metadata),
            sentence,
            problem,
            correlation_id: event.correlation_id,
        }
    }

    fn sentence(&self, event: &RecordedEvent) -> Result<String, String> {
        let parts = self.domain.upcasters.upcast(event).map_err(|error| error.to_string())?;
        if parts.is_empty() {
            let trace = self.domain.upcasters.trace(event).map_err(|error| error.to_string())?;
            let reason = trace.iter().find_map(|step| step.dropped).unwrap_or("it has no meaning any more");
            return Ok(self.not_used(reason));
        }
        let language = self.language.get();
        let tell =
            |current: &CurrentEvent<'_>| (self.domain.sentence)(&ProjectedEvent { recorded: event, current }, language);
        Ok(parts.iter().map(tell).collect::<Vec<_>>().join(" · "))
    }

    fn not_used(&self, reason: &str) -> String {
        let language = self.language.get();
        let told = (self.domain.translation)(reason, language);
        let reason = told.as_deref().unwrap_or(reason);
        match language {
            Language::English => format!("Not used any more: {reason}"),
            Language::German => format!("Nicht mehr verwendet: {reason}"),
        }
    }

    /// The payload in its current shape. Parts of a split event are shown one below the other.
    fn data(&self, event: &RecordedEvent, raw: &str) -> Vec<TreeNode> {
        let parts = guarded(|| self.domain.upcasters.upcast(event).map_err(|error| error.to_string()));
        match parts.as_deref() {
            Ok([only]) => self.view.tree(&only.payload),
            Ok(several) if !several.is_empty() => {
                let part = |part: &CurrentEvent<'_>| {
                    let name = format!("{} {} v{}", part.part + 1, part.event_type, part.schema_version);
                    format!("{}:{}", serde_json::Value::String(name), part.payload)
                };
                self.view.tree(&format!("{{{}}}", several.iter().map(part).collect::<Vec<_>>().join(",")))
            }
            _ => self.view.tree(raw),
        }
    }

    fn upcast_steps(&self, event: &RecordedEvent) -> Vec<UpcastStepView> {
        let trace = guarded(|| self.domain.upcasters.trace(event).map_err(|error| error.to_string()));
        let view = |step: es_core::UpcastStep| UpcastStepView {
            description: step.upcaster.map(str::to_owned),
            dropped: step.dropped.map(str::to_owned),
            events: step.events.iter().map(|(name, version, text)| pretty_event(name, *version, text)).collect(),
        };
        trace.unwrap_or_default().into_iter().map(view).collect()
    }

    async fn position_of(&self, event_id: Option<Uuid>) -> Result<Option<Position>, InspectError> {
        let Some(event_id) = event_id else { return Ok(None) };
        match self.reader.event_by_id(event_id).await {
            Ok(event) => Ok(event.map(|event| event.position)),
            Err(StoreError::Unsupported { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn event_at(
        &self,
        stream: &StreamName,
        version: StreamVersion,
    ) -> Result<Option<RecordedEvent>, InspectError> {
        let from = version.previous();
        let read = ReadStream { stream: stream.clone(), from, direction: Direction::Forward, limit: 1 };
        let page = self.reader.read_stream(read).await?;
        Ok(page.events.into_iter().find(|event| event.version == version))
    }

    /// What is known of a stream, and its event at a version.
    pub(crate) async fn stream_at(
        &self,
        stream: &StreamName,
        version: StreamVersion,
    ) -> Result<(StreamInfo, Option<RecordedEvent>), InspectError> {
        let from = version.previous();
        let read = ReadStream { stream: stream.clone(), from, direction: Direction::Forward, limit: 1 };
        let page = self.reader.read_stream(read).await?;
        let info = page.stream.ok_or_else(|| InspectError::UnknownStream { stream: stream.clone() })?;
        Ok((info, page.events.into_iter().find(|event| event.version == version)))
    }

    /// The state at a version that the stream is known to have.
    ///
    /// # Errors
    /// No aggregate, a failing store, or cancelled.
    pub(crate) async fn folded_at(
        &self,
        stream: &StreamName,
        version: StreamVersion,
        cancel: &CancellationToken,
    ) -> Result<Folded, InspectError> {
        self.folded(aggregate_of(&self.domain, stream)?, stream, version, cancel).await
    }

    /// The state at a version: from the nearest kept one, keeping some on the way.
    pub(crate) async fn folded(
        &self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        version: StreamVersion,
        cancel: &CancellationToken,
    ) -> Result<Folded, InspectError> {
        let start = self.cache().nearest(aggregate, stream, version).unwrap_or_else(|| Folded::start(aggregate));
        let folded = self.fold_on(aggregate, stream, start, version, Pace::quiet(cancel), &mut go_on).await?;
        let bytes = aggregate.state_json(&folded.state).len();
        self.cache().keep_recent(stream, folded.clone(), bytes);
        Ok(folded)
    }

    /// Folds on from a state up to a version, keeps some states on the way, and shows each event with what it led to.
    pub(crate) async fn fold_on(
        &self,
        aggregate: &dyn Aggregate,
        stream: &StreamName,
        start: Folded,
        until: StreamVersion,
        pace: Pace<'_>,
        visit: &mut (dyn FnMut(&RecordedEvent, &Folded) -> ControlFlow<()> + Send),
    ) -> Result<Folded, InspectError> {
        let (begin, mut folded) = (start.version, start);
        while folded.version < until && folded.problem.is_none() {
            let page = read_page(&*self.reader, stream, folded.version, until, pace.cancel).await?;
            let tell = |version: StreamVersion| {
                let (done, total) = (version.get(), until.get());
                (pace.tell)(done.saturating_sub(begin.get()), total.saturating_sub(begin.get()));
            };
            let ended = folded.take_all(&self.domain, aggregate, &page.events, &mut |event, folded| {
                if event.version.get().is_multiple_of(limits::CHECKPOINT_EVENTS) {
                    tell(event.version);
                }
                if pace.cancel.is_cancelled() {
                    return ControlFlow::Break(());
                }
                if folded.problem.is_none() && self.cache().wants(stream, folded.version) {
                    let state = aggregate.state_json(&folded.state);
                    self.cache().keep_checkpoint(aggregate, stream, folded, &state);
                }
                visit(event, folded)
            });
            if pace.cancel.is_cancelled() {
                return Err(StoreError::Cancelled.into());
            }
            tell(folded.version);
            if page.end || ended.is_break() {
                break;
            }
        }
        Ok(folded)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // Nothing in the cache can be half changed in a way that matters: at worst a state is missing.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn go_on(_: &RecordedEvent, _: &Folded) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A payload for reading, exact.
#[must_use]
pub fn pretty_event(event_type: &str, schema_version: u32, payload: &str) -> PrettyEvent {
    let payload = pretty(payload).unwrap_or_else(|_| payload.to_owned());
    PrettyEvent { event_type: event_type.to_owned(), schema_version, payload }
}

pub(crate) fn actor_of(metadata: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Actor {
        actor: Option<String>,
    }
    serde_json::from_str::<Actor>(metadata).ok()?.actor
}

/// An event that nobody has stored, for folding it in a preview.
fn unwritten(stream: &StreamName, version: StreamVersion, event: &EncodedEvent) -> RecordedEvent {
    RecordedEvent {
        position: Position::ZERO,
        stream: stream.clone(),
        version,
        event_id: Uuid::nil(),
        event_type: event.event_type.into(),
        schema_version: event.schema_version,
        payload: Payload::json(event.payload.as_str()),
        metadata: "{}".into(),
        correlation_id: None,
        causation_id: None,
        recorded_at: DateTime::<Utc>::UNIX_EPOCH,
        content_hash: es_core::Hash::ZERO,
        chain_hash: None,
    }
}
