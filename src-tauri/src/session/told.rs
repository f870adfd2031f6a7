//! What rebuilds and examinations of read models found, told to the window.

use es_core::{Cell, Domain, Row, Table, Violations};
use es_runtime::{PartingKind, TableChecksum};

use super::present::time;
use crate::wire::{
    CellDifference, DoctorReport, FailurePolicy, InvariantViolation, PartingEvent, ProjectionState, ProjectionStatus,
    QuarantinedStream, RebuildOutcome, RebuildReport, ReplayOrder, RowDifference, RowDifferenceKind, RowFault,
    SkippedEvent, TableCheck,
};

/// A read model's health, without what the window itself has under way.
pub(super) fn status(domain: &Domain, status: es_runtime::ProjectionStatus) -> ProjectionStatus {
    let projection = domain.projection(status.name);
    let order = projection.map_or(es_core::ReplayOrder::Global, |found| found.order());
    let policy = projection.map_or(es_core::FailurePolicy::Halt, |found| found.failure_policy());
    ProjectionStatus {
        name: status.name.to_owned(),
        description: status.description.to_owned(),
        version: status.code_version,
        active_version: status.active.map(|tables| tables.code),
        active_tables: status.active.map(|tables| tables.to_string()),
        state: status.state.into(),
        order: match order {
            es_core::ReplayOrder::Global => ReplayOrder::Global,
            es_core::ReplayOrder::PerStream => ReplayOrder::PerStream,
        },
        failure_policy: match policy {
            es_core::FailurePolicy::Halt => FailurePolicy::Halt,
            es_core::FailurePolicy::QuarantineStream => FailurePolicy::QuarantineStream,
        },
        position: status.position.to_string(),
        head: status.head.to_string(),
        lag_events: status.lag_events.to_string(),
        lag_seconds: status.lag.as_secs_f64(),
        rate: status.rate,
        problem: status.problem.map(|problem| crate::errors::sentence(&problem)),
        halted_at: status.halted_at.map(|position| position.to_string()),
        quarantined: status.quarantined.into_iter().map(Into::into).collect(),
        skipped: Vec::new(),
        previous_tables: status.previous.map(|tables| tables.to_string()),
        half_built_tables: status.building.map(|tables| tables.to_string()),
        task: None,
        last_rebuild: None,
        rows: status.rows.to_string(),
    }
}

/// What a rebuild came to.
pub(super) fn rebuild(domain: &Domain, report: es_runtime::RebuildReport) -> RebuildReport {
    use es_runtime::RebuildOutcome as Engine;
    let (outcome, kept) = match report.outcome {
        Engine::Swapped => (RebuildOutcome::Swapped, false),
        Engine::Cancelled { kept } => (RebuildOutcome::Cancelled, kept),
        Engine::Refused { kept, .. } => (RebuildOutcome::Refused, kept),
    };
    let rows = Rows { domain, projection: report.projection };
    let before = report.compared.as_ref().map(|compared| &compared.before[..]);
    let sample = report.compared.iter().flat_map(|compared| &compared.sample);
    RebuildReport {
        name: report.projection.to_owned(),
        outcome,
        kept,
        from: report.from.map(|tables| tables.to_string()),
        to: report.to.to_string(),
        resumed_at: report.resumed_at.map(|position| position.to_string()),
        events: report.events.to_string(),
        rows: report.rows.to_string(),
        position: report.position.to_string(),
        seconds: report.elapsed.as_secs_f64(),
        tables: report.tables.iter().map(|table| table_check(table, before)).collect(),
        violation_count: report.violations.total.to_string(),
        violations: violations(&report.violations),
        differences: sample.map(|row| rows.difference(row.table, row.before.as_ref(), row.after.as_ref())).collect(),
        differing_rows: report.compared.as_ref().map(|compared| compared.differing_rows.to_string()),
    }
}

fn table_check(after: &TableChecksum, before: Option<&[TableChecksum]>) -> TableCheck {
    let before = before.and_then(|all| all.iter().find(|one| one.table == after.table));
    TableCheck {
        table: after.table.to_owned(),
        rows_before: before.map(|table| table.rows.to_string()),
        rows_after: after.rows.to_string(),
        checksum_before: before.map(|table| table.checksum.to_hex()),
        checksum_after: after.checksum.to_hex(),
    }
}

/// What an examination found.
pub(super) fn doctor(domain: &Domain, report: es_runtime::DoctorReport) -> DoctorReport {
    let rows = Rows { domain, projection: report.projection };
    let fault = |fault: &es_runtime::RowFault| RowFault {
        difference: rows.difference(fault.table, fault.stored.as_ref(), fault.expected.as_ref()),
        parting: fault.parting.as_ref().map(|parting| PartingEvent {
            position: parting.position.to_string(),
            stream: parting.stream.to_string(),
            event_type: parting.event_type.to_string(),
            missed: parting.kind == PartingKind::Missed,
        }),
    };
    DoctorReport {
        name: report.projection.to_owned(),
        clean: report.is_clean(),
        cancelled: report.cancelled,
        tables: report.tables.to_string(),
        position: report.position.to_string(),
        events: report.events.to_string(),
        rows_checked: report.rows_checked.to_string(),
        differing_rows: report.differing_rows.to_string(),
        outlived_rows: report.outlived_rows.to_string(),
        faults: report.faults.iter().map(fault).collect(),
        violation_count: report.violations.total.to_string(),
        violations: violations(&report.violations),
        quarantined: report.quarantined.to_string(),
        seconds: report.elapsed.as_secs_f64(),
    }
}

fn violations(violations: &Violations) -> Vec<InvariantViolation> {
    let told = violations.listed.iter().map(|violation| InvariantViolation {
        invariant: violation.invariant.to_owned(),
        row: violation.row.as_ref().map(|(table, key)| format!("{table} {}", joined(key))),
        message: violation.breach.message.clone(),
    });
    told.collect()
}

/// Rows of one projection, whose tables name their columns.
struct Rows<'a> {
    domain: &'a Domain,
    projection: &'a str,
}

impl Rows<'_> {
    fn difference(&self, table: &str, before: Option<&Row>, after: Option<&Row>) -> RowDifference {
        let kind = match (before, after) {
            (None, _) => RowDifferenceKind::Added,
            (_, None) => RowDifferenceKind::Removed,
            _ => RowDifferenceKind::Changed,
        };
        let some = before.or(after).map(Vec::as_slice).unwrap_or_default();
        let (key, cells) = match self.table(table) {
            Some(found) => (joined(&some[..found.key_columns.min(some.len())]), cells(found, before, after)),
            None => (joined(some), Vec::new()),
        };
        RowDifference { table: table.to_owned(), key, kind, cells }
    }

    fn table(&self, name: &str) -> Option<&'static Table> {
        self.domain.projection(self.projection)?.tables().iter().copied().find(|table| table.name == name)
    }
}

/// The cells beside the key that differ.
fn cells(table: &Table, before: Option<&Row>, after: Option<&Row>) -> Vec<CellDifference> {
    let at = |row: Option<&Row>, index: usize| row.and_then(|row| row.get(index)).and_then(text);
    let beside_the_key = table.columns.iter().enumerate().skip(table.key_columns);
    let told = beside_the_key.map(|(index, column)| CellDifference {
        column: column.name.to_owned(),
        before: at(before, index),
        after: at(after, index),
    });
    let both = before.is_some() && after.is_some();
    told.filter(|cell| !both || cell.before != cell.after).collect()
}

/// A cell as people see it; nothing if it is empty.
fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Int(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
    }
}

fn joined(key: &[Cell]) -> String {
    key.iter().map(|cell| text(cell).unwrap_or_default()).collect::<Vec<_>>().join(" / ")
}

impl From<es_core::QuarantinedStream> for QuarantinedStream {
    fn from(stream: es_core::QuarantinedStream) -> Self {
        Self {
            stream: stream.stream.to_string(),
            position: stream.position.to_string(),
            event_type: stream.event_type,
            reason: crate::errors::sentence(&stream.reason),
        }
    }
}

impl From<es_runtime::SkippedEvent> for SkippedEvent {
    fn from(skip: es_runtime::SkippedEvent) -> Self {
        Self {
            position: skip.position.to_string(),
            stream: skip.stream.to_string(),
            event_type: skip.event_type,
            problem: crate::errors::sentence(&skip.problem),
            actor: skip.actor,
            reason: skip.reason,
            decided_at: time(skip.decided_at),
            decision: skip.decision.to_string(),
        }
    }
}

impl From<es_runtime::ProjectionState> for ProjectionState {
    fn from(state: es_runtime::ProjectionState) -> Self {
        use es_runtime::ProjectionState as Engine;
        match state {
            Engine::Running => Self::Running,
            // It was started with the session and takes its first step at once.
            Engine::CatchingUp | Engine::Idle => Self::CatchingUp,
            Engine::Rebuilding => Self::Rebuilding,
            Engine::Paused => Self::Paused,
            Engine::Halted => Self::Halted,
            Engine::HeldElsewhere => Self::HeldElsewhere,
            Engine::Retrying => Self::Retrying,
        }
    }
}
