//! Examining a read model: its stored rows against a fresh replay to the same position, and the events where they part.
//!
//! The replay runs beside the live projection; only while the stored rows are read does the projection stand still, if this
//! process keeps it. If another process moves it meanwhile, the replay goes on to the new position and the rows are read again.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::memory::MemoryRows;
use es_core::{Cell, InvariantCheck, Position, Row, Rows, StoreError, Table, Violations, limits};
use tokio_util::sync::CancellationToken;

use super::compare::Scan;
use super::fold::Folding;
use super::rebuild::RebuildError;
use super::trace::{PartingEvent, TracedRow};
use super::{Follower, TablesVersion};
use crate::batch::Exceptions;
use crate::engine::Inner;
use crate::progress::{Meter, ProgressSink};

/// A stored row that is not what the events make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Name of the table.
    pub table: &'static str,
    /// Cells of the row's key.
    pub key: Vec<Cell>,
    /// The row as it is stored; nothing if it is missing.
    pub stored: Option<Row>,
    /// The row as the replay makes it; nothing if there should be none.
    pub expected: Option<Row>,
    /// Where they part, as near as the events can tell. Nothing if no event up to the position ever wrote such a row, or if
    /// the examination was cancelled before it was found.
    pub parting: Option<PartingEvent>,
}

/// What the examination of a read model found.
#[derive(Debug, Clone, PartialEq)]
pub struct DoctorReport {
    /// The projection.
    pub projection: &'static str,
    /// The tables that were examined: the active ones.
    pub tables: TablesVersion,
    /// Stored rows and replay both stand here.
    pub position: Position,
    /// Events that the replay applied.
    pub events: u64,
    /// Keys compared: stored rows, and expected ones that are missing.
    pub rows_checked: u64,
    /// Keys whose rows differ, are missing or should not be there.
    pub differing_rows: u64,
    /// Stored rows that are what the events made of them before some were hidden; tables built now would not have them.
    pub outlived_rows: u64,
    /// The first differing ones, at most [`limits::DOCTOR_ROWS`].
    pub faults: Vec<RowFault>,
    /// Invariants that do not hold of the stored rows.
    pub violations: Violations,
    /// Streams that are set aside: neither the stored rows nor the replay have their later events.
    pub quarantined: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was cancelled; then it holds what was found until then.
    pub cancelled: bool,
}

impl DoctorReport {
    /// Whether every row was compared, none differs, and every invariant holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.cancelled && self.differing_rows == 0 && self.violations.is_empty()
    }
}

/// Why a read model could not be examined. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoctorError {
    /// The replay failed: an unknown projection, an event that cannot be applied, or a store.
    #[error(transparent)]
    Replay(#[from] RebuildError),
    /// There are no tables yet.
    #[error("{name} has not been built yet, there is nothing to examine; let it catch up first")]
    NotBuilt {
        /// The projection.
        name: String,
    },
    /// The tables were filled by another version of the code, which would make other rows.
    #[error("the tables of {name} are {active}, filled by other code than version {code}; rebuild it first")]
    OtherCode {
        /// The projection.
        name: String,
        /// The active tables.
        active: TablesVersion,
        /// Version of the code here.
        code: u32,
    },
    /// The replay would need more memory than it may have.
    #[error("{name} has more than {most} rows, too many to replay in memory; rebuild it: that compares stored tables")]
    TooManyRows {
        /// The projection.
        name: String,
        /// Most rows that a replay may hold.
        most: usize,
    },
    /// The tables have seen more than the log holds, so they belong to another log.
    #[error("{name} stands at position {position}, but the log ends at {head}; rebuild it from this log")]
    PastTheLog {
        /// The projection.
        name: String,
        /// Where its tables stand.
        position: Position,
        /// The log's last position.
        head: Position,
    },
    /// Another process moved the projection each time while its rows were read.
    #[error("{name} was moved by another window or program while it was examined, {attempts} times; try again")]
    KeptMoving {
        /// The projection.
        name: String,
        /// How often it was tried.
        attempts: u32,
    },
}

impl From<StoreError> for DoctorError {
    fn from(error: StoreError) -> Self {
        Self::Replay(error.into())
    }
}

/// Where the active tables stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    tables: TablesVersion,
    position: Position,
    /// Events that the tables leave out.
    exceptions: Exceptions,
}

struct Examination<'a> {
    inner: &'a Arc<Inner>,
    follower: &'a Follower,
    cancel: &'a CancellationToken,
    replay: Folding<'a>,
    /// The same with the events that were hidden since the tables saw them; only if something was, and rows differ.
    whole: Option<Folding<'a>>,
    /// What the replay was told to leave out.
    exceptions: Exceptions,
    report: DoctorReport,
}

pub(crate) async fn examine(
    inner: &Arc<Inner>,
    follower: &Follower,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<DoctorReport, DoctorError> {
    let start = Instant::now();
    let standing = standing(inner, follower).await?;
    let report = DoctorReport {
        projection: follower.name(),
        tables: standing.tables,
        position: standing.position,
        events: 0,
        rows_checked: 0,
        differing_rows: 0,
        outlived_rows: 0,
        faults: Vec::new(),
        violations: Violations::default(),
        quarantined: 0,
        elapsed: Duration::ZERO,
        cancelled: false,
    };
    let (replay, exceptions) = (fresh(inner, follower, standing.exceptions.clone()), standing.exceptions);
    let mut examination = Examination { inner, follower, cancel, replay, whole: None, exceptions, report };
    let mut meter = Meter::new(progress);
    let done = examination.run(&mut meter).await;
    meter.finish();
    let mut report = examination.report;
    report.elapsed = start.elapsed();
    match done {
        Ok(()) => Ok(report),
        Err(DoctorError::Replay(RebuildError::Store(StoreError::Cancelled))) => {
            Ok(DoctorReport { cancelled: true, ..report })
        }
        Err(error) => Err(error),
    }
}

/// A replay that has not begun.
fn fresh<'a>(inner: &'a Inner, follower: &Follower, except: Exceptions) -> Folding<'a> {
    let mut replay = Folding::start(&*inner.events, inner.domain.clone(), follower.projection.clone(), except);
    replay.workers(inner.config.replay_workers);
    replay
}

/// A replay of everything that there ever was, which has not begun.
fn whole<'a>(inner: &'a Inner, follower: &Follower, except: Exceptions) -> Folding<'a> {
    let mut replay = fresh(inner, follower, except);
    replay.with_archived();
    replay
}

async fn standing(inner: &Inner, follower: &Follower) -> Result<Standing, DoctorError> {
    let (name, code) = (follower.name(), follower.projection.version());
    let not_built = || DoctorError::NotBuilt { name: name.to_owned() };
    let active = inner.read_models.projection(name).await?.active_version.ok_or_else(not_built)?;
    let tables = TablesVersion::of(active);
    if tables.code != code {
        return Err(DoctorError::OtherCode { name: name.to_owned(), active: tables, code });
    }
    let stored = inner.read_models.checkpoint(name, active).await?.ok_or_else(not_built)?;
    let exceptions = inner.exceptions_of(follower, active).await?;
    Ok(Standing { tables, position: stored.position, exceptions })
}

impl Examination<'_> {
    async fn run(&mut self, meter: &mut Meter<'_>) -> Result<(), DoctorError> {
        self.settle(meter).await?;
        if self.report.differing_rows > 0
            && let Some(with_hidden) = self.exceptions.with_hidden()
        {
            self.whole = Some(whole(self.inner, self.follower, with_hidden));
            self.settle(meter).await?;
        }
        if !self.report.faults.is_empty() {
            self.trace(meter).await?;
        }
        Ok(())
    }

    /// Replays and compares until the stored rows did not move while they were read.
    async fn settle(&mut self, meter: &mut Meter<'_>) -> Result<(), DoctorError> {
        for _ in 0..limits::DOCTOR_ATTEMPTS {
            let seen = standing(self.inner, self.follower).await?;
            self.leave_out(seen.exceptions);
            self.replay_to(seen.position, meter).await?;
            // From here on the tables stand still, if they are kept in this process; what is left to replay is short.
            let _still = self.follower.lane.lock().await;
            let before = standing(self.inner, self.follower).await?;
            if before.position < self.replay.position || before.exceptions != self.exceptions {
                continue;
            }
            self.replay_to(before.position, meter).await?;
            let name = self.follower.name();
            for replay in [Some(&mut self.replay), self.whole.as_mut()].into_iter().flatten() {
                replay.join().map_err(|shared| RebuildError::shared_row(name, shared))?;
            }
            let compared = self.compare(&before, meter).await;
            if standing(self.inner, self.follower).await? == before {
                return compared;
            }
            // Tables that another process has just replaced may be gone; only being cancelled is final.
            self.check_cancelled()?;
        }
        let name = self.follower.name().to_owned();
        Err(DoctorError::KeptMoving { name, attempts: limits::DOCTOR_ATTEMPTS })
    }

    /// Begins the replay anew if the tables do not leave out what it leaves out.
    fn leave_out(&mut self, exceptions: Exceptions) {
        if exceptions != self.exceptions {
            self.replay = fresh(self.inner, self.follower, exceptions.clone());
            let with_hidden = self.whole.take().and_then(|_| exceptions.with_hidden());
            self.whole = with_hidden.map(|with_hidden| whole(self.inner, self.follower, with_hidden));
            self.exceptions = exceptions;
        }
    }

    /// Replays up to a position; from the beginning if it is behind what has been replayed.
    async fn replay_to(&mut self, position: Position, meter: &mut Meter<'_>) -> Result<(), DoctorError> {
        if position < self.replay.position {
            self.replay = fresh(self.inner, self.follower, self.exceptions.clone());
        }
        let head = self.inner.events.head().await?;
        if position > head {
            return Err(DoctorError::PastTheLog { name: self.follower.name().to_owned(), position, head });
        }
        let Self { inner, follower, cancel, replay, whole: with_hidden, exceptions, report } = self;
        advance(inner, follower, replay, position, meter, cancel).await?;
        report.events = replay.events;
        if let Some(replay) = with_hidden {
            if position < replay.position
                && let Some(with_hidden) = exceptions.with_hidden()
            {
                *replay = whole(inner, follower, with_hidden);
            }
            advance(inner, follower, replay, position, meter, cancel).await?;
        }
        Ok(())
    }

    async fn compare(&mut self, standing: &Standing, meter: &mut Meter<'_>) -> Result<(), DoctorError> {
        let report = &mut self.report;
        (report.tables, report.position) = (standing.tables, standing.position);
        (report.rows_checked, report.differing_rows, report.outlived_rows) = (0, 0, 0);
        report.quarantined = standing.exceptions.aside.len() as u64;
        report.faults.clear();
        let mut invariants = InvariantCheck::of(&*self.follower.projection);
        let none = MemoryRows::default();
        let expected = self.replay.parts.first().unwrap_or(&none);
        let mut with_hidden = self.whole.as_mut().and_then(|replay| replay.parts.first_mut());
        let total = expected.len() as u64;
        meter.phase("comparing", 0, Some(total));
        let mut expected_done = 0;
        for table in self.follower.projection.tables() {
            let mut stored = Scan::new(self.inner, table, Some(standing.tables));
            let mut expected = expected.rows_of(table).peekable();
            loop {
                if stored.is_drained() && self.cancel.is_cancelled() {
                    return Err(StoreError::Cancelled.into());
                }
                let order = match (stored.peek().await?, expected.peek()) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(stored), Some(expected)) => stored[..table.key_columns].cmp(&expected[..table.key_columns]),
                };
                let stored_row = if order.is_le() { stored.next() } else { None };
                let expected_row = if order.is_ge() { expected.next() } else { None };
                expected_done += u64::from(expected_row.is_some());
                stored_row.iter().for_each(|row| invariants.row(table, row));
                report.note(table, stored_row, expected_row, with_hidden.as_deref_mut())?;
                meter.tell(expected_done, Some(total));
            }
        }
        report.violations = invariants.finish();
        Ok(())
    }

    /// Replays once more and watches the differing rows: which rows differ is known only at the end of the first replay, and
    /// keeping every row's history would need as much memory as the log.
    async fn trace(&mut self, meter: &mut Meter<'_>) -> Result<(), DoctorError> {
        self.replay.parts.clear();
        // Whatever the first replay had to set aside is left out from the start, so that nothing fails now.
        let except = (*self.replay.exceptions).clone();
        let projection = self.follower.projection.clone();
        let mut replay = Folding::start(&*self.inner.events, self.inner.domain.clone(), projection, except);
        let until = self.report.position;
        replay.until = until;
        replay.trace(self.report.faults.iter().filter_map(|fault| self.traced(fault)).collect());
        meter.phase("tracing", 0, Some(until.get()));
        loop {
            self.check_cancelled()?;
            let more = replay.step().await?;
            meter.tell(replay.position.get(), Some(until.get()));
            if !more {
                break;
            }
        }
        for (fault, traced) in self.report.faults.iter_mut().zip(replay.into_traced()) {
            fault.parting = traced.into_parting();
        }
        Ok(())
    }

    fn traced(&self, fault: &RowFault) -> Option<TracedRow> {
        let table = self.follower.projection.tables().iter().find(|table| table.name == fault.table)?;
        Some(TracedRow::new(table, fault.key.clone(), fault.stored.clone()))
    }

    fn check_cancelled(&self) -> Result<(), StoreError> {
        if self.cancel.is_cancelled() { Err(StoreError::Cancelled) } else { Ok(()) }
    }
}

/// Folds on up to a position.
async fn advance(
    inner: &Inner,
    follower: &Follower,
    replay: &mut Folding<'_>,
    position: Position,
    meter: &mut Meter<'_>,
    cancel: &CancellationToken,
) -> Result<(), DoctorError> {
    let name = || follower.name().to_owned();
    meter.phase("replaying", replay.position.get(), Some(position.get()));
    replay.until = position;
    let most = inner.config.rebuild_rows_in_memory;
    while replay.position < position {
        if cancel.is_cancelled() {
            return Err(StoreError::Cancelled.into());
        }
        let more = replay.step().await?;
        if let Some(poison) = &replay.poison {
            return Err(RebuildError::Poison { name: name(), poison: poison.clone() }.into());
        }
        meter.tell(replay.position.get(), Some(position.get()));
        if replay.row_count() > most {
            return Err(DoctorError::TooManyRows { name: name(), most });
        }
        if !more {
            break;
        }
    }
    Ok(())
}

impl DoctorReport {
    fn note(
        &mut self,
        table: &'static Table,
        stored: Option<Row>,
        expected: Option<&Row>,
        with_hidden: Option<&mut MemoryRows>,
    ) -> Result<(), StoreError> {
        self.rows_checked += 1;
        let Some(row) = stored.as_ref().or(expected).filter(|_| stored.as_ref() != expected) else { return Ok(()) };
        let key = row[..table.key_columns].to_vec();
        if let Some(rows) = with_hidden {
            let mut same = false;
            let found = rows.read(table, &key, &mut |row| same = stored.as_ref() == Some(row));
            if same || (stored.is_none() && !found.map_err(|error| table.misfit(error.to_string()))?) {
                self.outlived_rows += 1;
                return Ok(());
            }
        }
        self.differing_rows += 1;
        if self.faults.len() < limits::DOCTOR_ROWS {
            self.faults.push(RowFault { table: table.name, key, stored, expected: expected.cloned(), parting: None });
        }
        Ok(())
    }
}
