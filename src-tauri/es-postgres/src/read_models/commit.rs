//! Rows and checkpoint in one transaction.

use es_core::projection::RowsWork;
use es_core::{Checkpoint, ProjectionError, ReadModelCommit, StoreError, Table, limits, run_work};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::rows::{KeptRows, ReadFailure, WorkRows};
use super::{PostgresReadModels, catalog};
use crate::connections::{Connections, Lease, end, within};
use crate::error::Fault;

const OPERATION: &str = "writing read-model rows";

impl PostgresReadModels {
    pub(super) async fn commit_rows(&self, commit: ReadModelCommit) -> Result<Checkpoint, ProjectionError> {
        let ReadModelCommit { tables, from, to, quarantine, work, .. } = commit;
        let connections = &self.inner.connections;
        let limit = connections.answer_limit();
        let mut lease = connections.tested_lease(OPERATION).await?;
        let revision = match within(limit, begin(&mut lease, &from, tables)).await {
            Ok(revision) => revision,
            Err(fault) => return Err(give_up(connections, lease, fault).await.into()),
        };
        let kept = self.take_kept(&from, revision, tables);
        let worked = run(connections.clone(), lease, kept, work).await?;
        let (mut lease, mut kept) = worked;
        let revision = Uuid::new_v4();
        let written = within(limit, async {
            let written = async {
                kept.write(&mut lease).await?;
                catalog::change_quarantine(&mut lease, &from, &quarantine).await?;
                catalog::move_held(&mut lease, &from, to, revision).await
            };
            let written = written.await;
            end(&mut lease, written).await
        });
        let written = written.await;
        let moved = lease.settle(written)?;
        kept.mark_written();
        if kept.may_stay() {
            self.inner.kept.lock().insert((from.name, from.version), (revision, kept));
        }
        Ok(moved)
    }

    /// The rows that are known of a version in this revision. They are taken: only a commit that succeeds gives them back.
    fn take_kept(&self, of: &Checkpoint, revision: Option<Uuid>, tables: &[&'static Table]) -> KeptRows {
        let kept = self.inner.kept.lock().remove(&(of.name.clone(), of.version));
        let current = kept.filter(|(kept, rows)| Some(*kept) == revision && rows.are_of(tables));
        current.map_or_else(|| KeptRows::unknown(tables, of.version), |(_, rows)| rows)
    }
}

/// Begins the transaction and holds the checkpoint. A program that is stopped in the middle must not keep others from taking the
/// lease over, so the server ends the transaction by then. It does not wait for the disk: after a crash of the server the last
/// commits may be gone, rows and checkpoint together, and are made again.
async fn begin(
    connection: &mut PgConnection,
    from: &Checkpoint,
    tables: &[&'static Table],
) -> Result<Option<Uuid>, Fault> {
    let stopped = limits::LEASE_TTL.as_millis();
    let sql =
        format!("BEGIN; SET LOCAL idle_in_transaction_session_timeout = {stopped}; SET LOCAL synchronous_commit = off");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    catalog::hold_checkpoint(connection, from, tables).await
}

/// Rolls back after a fault, and words it.
async fn give_up(connections: &Connections, mut lease: Lease, fault: Fault) -> StoreError {
    let ended = within(connections.answer_limit(), end::<()>(&mut lease, Err(fault))).await;
    match lease.settle(ended) {
        Err(error) => error,
        Ok(()) => StoreError::Io { operation: OPERATION.to_owned(), reason: "it was rolled back".to_owned() },
    }
}

/// Runs the work on a thread that may block. If it fails, everything is rolled back.
async fn run(
    connections: Connections,
    lease: Lease,
    kept: KeptRows,
    work: RowsWork,
) -> Result<(Lease, KeptRows), ProjectionError> {
    let runtime = Handle::current();
    let working = tokio::task::spawn_blocking(move || {
        let (mut lease, mut kept) = (lease, kept);
        let mut rows = WorkRows {
            kept: &mut kept,
            connection: &mut lease,
            runtime: &runtime,
            place: connections.place(),
            answer_limit: connections.answer_limit(),
            failure: None,
        };
        let worked = run_work(work, &mut rows);
        let failure = rows.failure.take();
        (connections, lease, kept, worked, failure)
    });
    let (connections, mut lease, kept, worked, failure) =
        working.await.map_err(|error| match error.is_cancelled() {
            true => StoreError::Closed,
            false => StoreError::Io { operation: OPERATION.to_owned(), reason: "its thread panicked".to_owned() },
        })?;
    let (error, sound) = match (worked, failure) {
        (Ok(()), None) => return Ok((lease, kept)),
        (_, Some(ReadFailure { error, sound })) => (error.into(), sound),
        (Err(error), None) => (error, true),
    };
    if sound {
        let rolled_back = async { Ok(sqlx::raw_sql("ROLLBACK").execute(&mut *lease).await.map(drop)?) };
        let rolled_back = within(connections.answer_limit(), rolled_back).await;
        // What the work says is what went wrong; a connection that cannot even roll back is closed.
        let _ = lease.settle(rolled_back);
    }
    Err(error)
}
