//! Folds of everything that has a state: a stream, a slice of one, several streams, a process, a read model.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use es_core::memory::MemoryRows;
use es_core::{
    Aggregate, Cell, Direction, Domain, EventFilter, EventReader, FailurePolicy, Position, Process, ProjectedEvent,
    Projection, ProjectionError, ReadAll, ReadStream, RecordedEvent, Row, Rows, StoreError, StreamName, StreamVersion,
    Table,
};
use tokio_util::sync::CancellationToken;

use crate::fold::{FoldStep, Folded, InspectError, aggregate_of, guarded};
use crate::limits;
use crate::merge::Merge;
use crate::overrides::{Overrides, Taken};

/// What is folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A stream, from its beginning.
    Stream(StreamName),
    /// What follows a version of a stream; the state before it is folded, too, and not told.
    Slice {
        /// The stream.
        stream: StreamName,
        /// The version before the first step.
        after: StreamVersion,
    },
    /// Several streams in the order of the log, each with its own state.
    Streams(Vec<StreamName>),
    /// An instance of a process: its state, and what it still has to do.
    Process {
        /// Name of the process.
        process: String,
        /// The instance's stream.
        stream: StreamName,
    },
    /// A read model over the whole log. Before and after are the rows that the event touches, by table and key.
    Projection(String),
}

/// Up to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// As far as it goes.
    End,
    /// Each stream up to this version; a read model to its end.
    Version(StreamVersion),
    /// Up to this place in the log.
    Position(Position),
}

/// Folds a source, telling each step; the visitor may stop it. Returns the number of steps. Without overrides the states are
/// those of the engine.
///
/// # Errors
/// The store fails, there is no such stream, aggregate, process or read model, too many streams, or the token is cancelled.
pub async fn fold(
    reader: &dyn EventReader,
    domain: &Domain,
    source: &Source,
    until: Until,
    overrides: &Overrides,
    cancel: &CancellationToken,
    mut visit: impl FnMut(&FoldStep<'_>) -> ControlFlow<()> + Send,
) -> Result<u64, InspectError> {
    let (mut feed, mut states, quiet_until) = opened(reader, domain, source, until).await?;
    let mut steps = 0;
    let mut met: HashMap<StreamName, ()> = HashMap::new();
    while let Some(event) = feed.next(reader, cancel).await? {
        if matches!(until, Until::Position(last) if event.position > last) {
            break;
        }
        let is_first = !overrides.is_none() && met.insert(event.stream.clone(), ()).is_none();
        for (event, taken) in overrides.applied(event, is_first) {
            if cancel.is_cancelled() {
                return Err(StoreError::Cancelled.into());
            }
            let quiet = event.version <= quiet_until;
            let step = states.take(domain, &event, taken, quiet)?;
            if quiet {
                continue;
            }
            steps += 1;
            if visit(&step).is_break() {
                return Ok(steps);
            }
        }
    }
    Ok(steps)
}

async fn opened<'d>(
    reader: &dyn EventReader,
    domain: &'d Domain,
    source: &Source,
    until: Until,
) -> Result<(Feed, States<'d>, StreamVersion), InspectError> {
    let streams = match source {
        Source::Projection(name) => {
            let found = domain.projection(name).ok_or_else(|| InspectError::UnknownReadModel { name: name.clone() });
            let projection = &**found?;
            let feed = Feed::Log(Box::new(Log { filter: projection.filter(), ..Log::default() }));
            let rows = MemoryRows::new(projection.tables());
            return Ok((
                feed,
                States::Rows(ReadModel { projection, rows, failed: Failed::default() }),
                StreamVersion::ZERO,
            ));
        }
        Source::Stream(stream) | Source::Slice { stream, .. } | Source::Process { stream, .. } => vec![stream],
        Source::Streams(streams) => streams.iter().collect(),
    };
    if streams.len() > limits::LANES {
        let what = format!("{} streams are asked for", streams.len());
        return Err(InspectError::TooMany { what, most: limits::LANES });
    }
    let process = match source {
        Source::Process { process, stream } => {
            let named = |found: &&Arc<dyn Process>| found.name() == process && found.category() == stream.category();
            let unknown = || InspectError::NoAggregate { category: format!("{process} {}", stream.category()) };
            Some(&**domain.processes.iter().find(named).ok_or_else(unknown)?)
        }
        _ => None,
    };
    let mut ranges = Vec::new();
    let mut states = HashMap::new();
    for stream in streams {
        let last = last_version(reader, stream).await?;
        let last = if let Until::Version(version) = until { last.min(version) } else { last };
        ranges.push((stream.clone(), StreamVersion::ZERO, last));
        states.insert(stream.clone(), StreamState::start(aggregate_of(domain, stream)?, process));
    }
    let quiet_until = if let Source::Slice { after, .. } = source { *after } else { StreamVersion::ZERO };
    let ahead = es_core::limits::FOLDED_PAGE_EVENTS / ranges.len().max(1);
    Ok((Feed::Streams(Merge::new(ranges, ahead.max(64))), States::Streams(states), quiet_until))
}

async fn last_version(reader: &dyn EventReader, stream: &StreamName) -> Result<StreamVersion, InspectError> {
    let from = StreamVersion::MAX;
    let read = ReadStream { stream: stream.clone(), from, direction: Direction::Backward, limit: 1 };
    let info = reader.read_stream(read).await?.stream;
    info.map(|info| info.version).ok_or_else(|| InspectError::UnknownStream { stream: stream.clone() })
}

/// Where the events come from.
enum Feed {
    Streams(Merge),
    Log(Box<Log>),
}

#[derive(Default)]
struct Log {
    after: Position,
    filter: EventFilter,
    ahead: VecDeque<RecordedEvent>,
    ended: bool,
}

impl Feed {
    async fn next(
        &mut self,
        reader: &dyn EventReader,
        cancel: &CancellationToken,
    ) -> Result<Option<RecordedEvent>, InspectError> {
        let log = match self {
            Self::Streams(merge) => return Ok(merge.next(reader, cancel).await?.map(|(_, event)| event)),
            Self::Log(log) => log,
        };
        while log.ahead.is_empty() && !log.ended {
            if cancel.is_cancelled() {
                return Err(StoreError::Cancelled.into());
            }
            let read = ReadAll::forward(log.after, es_core::limits::FOLDED_PAGE_EVENTS).filtered(log.filter.clone());
            let page = reader.read_all(read).await?;
            log.after = page.next;
            log.ended = page.end;
            log.ahead.extend(page.events);
        }
        Ok(log.ahead.pop_front())
    }
}

/// Everything that is folded at once.
enum States<'d> {
    Streams(HashMap<StreamName, StreamState<'d>>),
    Rows(ReadModel<'d>),
}

impl States<'_> {
    fn take<'e>(
        &mut self,
        domain: &Domain,
        event: &'e RecordedEvent,
        taken: Taken,
        quiet: bool,
    ) -> Result<FoldStep<'e>, InspectError> {
        match self {
            Self::Rows(model) => Ok(model.take(domain, event, taken)),
            Self::Streams(states) => {
                let unknown = || InspectError::UnknownStream { stream: event.stream.clone() };
                Ok(states.get_mut(&event.stream).ok_or_else(unknown)?.take(domain, event, taken, quiet))
            }
        }
    }
}

struct StreamState<'d> {
    aggregate: &'d dyn Aggregate,
    process: Option<&'d dyn Process>,
    folded: Folded,
    /// The state as text, unless quiet steps have passed since.
    text: Option<Arc<str>>,
}

impl<'d> StreamState<'d> {
    fn start(aggregate: &'d dyn Aggregate, process: Option<&'d dyn Process>) -> Self {
        Self { aggregate, process, folded: Folded::start(aggregate), text: None }
    }

    /// Takes an event in. The texts of a quiet step are not made.
    fn take<'e>(&mut self, domain: &Domain, event: &'e RecordedEvent, taken: Taken, quiet: bool) -> FoldStep<'e> {
        let before = if quiet { None } else { Some(self.text(&event.stream)) };
        let earlier = self.folded.problem.clone();
        let started = Instant::now();
        if taken == Taken::Skipped {
            self.folded.version = event.version;
        } else {
            self.folded.take(domain, self.aggregate, event);
        }
        let elapsed = started.elapsed();
        let mut error = match (&earlier, &self.folded.problem) {
            (Some(problem), _) => Some(format!("not folded, because {problem}")),
            (None, problem) => problem.as_ref().map(|problem| problem.message.clone()),
        };
        let changed = error.is_none() && taken != Taken::Skipped;
        if changed {
            self.text = None;
        }
        if changed && !quiet {
            match self.told(&event.stream) {
                Ok(text) => self.text = Some(text.into()),
                Err(message) => error = Some(message),
            }
        }
        let before = before.unwrap_or_default();
        let after = if quiet { Arc::default() } else { self.text.clone().unwrap_or_else(|| Arc::clone(&before)) };
        FoldStep { event, taken, before, after, elapsed, error }
    }

    /// The state as text; without what a process has to do if its code fails.
    fn text(&mut self, stream: &StreamName) -> Arc<str> {
        if let Some(text) = &self.text {
            return Arc::clone(text);
        }
        let text = self.told(stream).unwrap_or_else(|_| self.aggregate.state_json(&self.folded.state));
        Arc::clone(self.text.insert(text.into()))
    }

    /// The state as text; of a process with what it still has to do.
    fn told(&self, stream: &StreamName) -> Result<String, String> {
        let state = self.aggregate.state_json(&self.folded.state);
        let Some(process) = self.process else { return Ok(state) };
        let turn = guarded(|| Ok(process.turn(stream, &self.folded.state)))?;
        let quoted = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
        let pending = turn.pending.iter().map(|command| {
            let payload = crate::json::compact(&command.payload).unwrap_or_else(|_| quoted(&command.payload));
            let name = quoted(&command.command_type);
            format!(r#"{{"commandType":{name},"id":"{}","payload":{payload}}}"#, command.command_id)
        });
        let timers = turn.timers.iter().map(|timer| {
            let due = crate::expression::time_text(timer.due_at);
            format!(r#"{{"id":{},"dueAt":"{due}"}}"#, quoted(&timer.name))
        });
        Ok(format!(
            r#"{{"state":{state},"pending":[{}],"timers":[{}],"finished":{}}}"#,
            pending.collect::<Vec<_>>().join(","),
            timers.collect::<Vec<_>>().join(","),
            turn.finished
        ))
    }
}

#[derive(Default)]
struct Failed {
    /// Set once the whole read model stops.
    all: Option<String>,
    /// Streams that are set aside, each with the reason.
    streams: HashMap<StreamName, String>,
}

struct ReadModel<'d> {
    projection: &'d dyn Projection,
    rows: MemoryRows,
    failed: Failed,
}

impl ReadModel<'_> {
    fn take<'e>(&mut self, domain: &Domain, event: &'e RecordedEvent, taken: Taken) -> FoldStep<'e> {
        let started = Instant::now();
        let earlier = self.failed.all.as_ref().or_else(|| self.failed.streams.get(&event.stream));
        if let Some(reason) = earlier {
            let error = Some(format!("not applied, because {reason}"));
            return Self::unchanged(event, taken, error);
        }
        if taken == Taken::Skipped {
            return Self::unchanged(event, taken, None);
        }
        let mut touched = TouchedRows { rows: &mut self.rows, before: BTreeMap::new() };
        let applied = guarded(|| {
            let parts = domain.upcasters.upcast(event).map_err(|error| error.to_string())?;
            parts.iter().try_for_each(|current| {
                let projected = ProjectedEvent { recorded: event, current };
                self.projection.apply(&projected, &mut touched).map_err(|error| error.to_string())
            })
        });
        let elapsed = started.elapsed();
        match applied.and_then(|()| touched.told()) {
            Ok((before, after)) => {
                FoldStep { event, taken, before: before.into(), after: after.into(), elapsed, error: None }
            }
            Err(message) => {
                let undone = touched.roll_back();
                let message = undone.err().map_or(message, |error| error.to_string());
                let reason = format!("position {} cannot be applied: {message}", event.position);
                match self.projection.failure_policy() {
                    FailurePolicy::Halt => self.failed.all = Some(reason),
                    FailurePolicy::QuarantineStream => {
                        self.failed.streams.insert(event.stream.clone(), reason);
                    }
                }
                Self::unchanged(event, taken, Some(message))
            }
        }
    }

    fn unchanged(event: &RecordedEvent, taken: Taken, error: Option<String>) -> FoldStep<'_> {
        let nothing: Arc<str> = "{}".into();
        let (before, elapsed) = (Arc::clone(&nothing), std::time::Duration::ZERO);
        FoldStep { event, taken, before, after: nothing, elapsed, error }
    }
}

type RowKey = (&'static str, Vec<Cell>);

/// Rows that remember those that an event writes as they were before it.
struct TouchedRows<'a> {
    rows: &'a mut MemoryRows,
    before: BTreeMap<RowKey, (Table, Option<Row>)>,
}

impl TouchedRows<'_> {
    fn touch(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        let place = (table.name, key.to_vec());
        if !self.before.contains_key(&place) {
            let row = self.rows.get(table, key)?;
            self.before.insert(place, (*table, row));
        }
        Ok(())
    }

    /// The rows that changed, before and after, as `{"table":[{"column":…}]}`.
    fn told(&mut self) -> Result<(String, String), String> {
        let (mut old, mut new): (RowTexts, RowTexts) = (BTreeMap::new(), BTreeMap::new());
        for ((name, key), (table, before)) in &self.before {
            let after = self.rows.get(table, key).map_err(|error| error.to_string())?;
            if after != *before {
                old.entry(name).or_default().extend(before.as_ref().map(|row| row_json(table, row)));
                new.entry(name).or_default().extend(after.as_ref().map(|row| row_json(table, row)));
            }
        }
        Ok((tables_json(&old), tables_json(&new)))
    }

    fn roll_back(self) -> Result<(), StoreError> {
        for ((_, key), (table, before)) in self.before {
            match before {
                Some(row) => self.rows.put(&table, row)?,
                None => self.rows.delete(&table, &key)?,
            }
        }
        Ok(())
    }
}

/// Rows as JSON texts, by table.
type RowTexts = BTreeMap<&'static str, Vec<String>>;

fn tables_json(tables: &RowTexts) -> String {
    let tables = tables.iter().map(|(name, rows)| format!(r#""{name}":[{}]"#, rows.join(",")));
    format!("{{{}}}", tables.collect::<Vec<_>>().join(","))
}

fn row_json(table: &Table, row: &Row) -> String {
    let cell = |cell: &Cell| match cell {
        Cell::Null => "null".to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Text(text) => serde_json::Value::String(text.clone()).to_string(),
    };
    let cells = table.columns.iter().zip(row).map(|(column, value)| format!(r#""{}":{}"#, column.name, cell(value)));
    format!("{{{}}}", cells.collect::<Vec<_>>().join(","))
}

impl Rows for TouchedRows<'_> {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        self.rows.get(table, key)
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        table.check_row(&row)?;
        self.touch(table, &row[..table.key_columns])?;
        self.rows.put(table, row)
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        self.touch(table, key)?;
        self.rows.delete(table, key)
    }

    fn read(&mut self, table: &Table, key: &[Cell], look: &mut dyn FnMut(&Row)) -> Result<bool, StoreError> {
        self.rows.read(table, key, look)
    }

    fn update(
        &mut self,
        table: &Table,
        key: &[Cell],
        change: &mut dyn FnMut(&mut Row) -> Result<(), ProjectionError>,
    ) -> Result<bool, ProjectionError> {
        self.touch(table, key)?;
        self.rows.update(table, key, change)
    }
}
