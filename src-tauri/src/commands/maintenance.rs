//! Upkeep of a store: snapshots and retention.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, ArchiveReport, Progress, RetentionBy, RetentionDone, RetentionOverview, RetentionPreview,
    RetentionPurpose, RetentionRule, RetentionScope, SnapshotAudit, SnapshotPlace, SnapshotsPage,
};
use crate::workbench::Workbench;

/// A part of the snapshots, by stream.
#[tauri::command]
#[specta::specta]
pub async fn snapshots(
    bench: State<'_, Workbench>,
    after: Option<SnapshotPlace>,
    limit: u32,
) -> Result<SnapshotsPage, AppError> {
    bench.session()?.snapshots(after, limit).await.map(|answer| bench.told(answer))
}

/// Compares every snapshot with a replay.
#[tauri::command]
#[specta::specta]
pub async fn verify_snapshots(
    bench: State<'_, Workbench>,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<SnapshotAudit, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.verify_snapshots(task).await.map(|answer| bench.told(answer))
}

/// Deletes the snapshots of a stream, or all; answers with their number.
#[tauri::command]
#[specta::specta]
pub async fn delete_snapshots(bench: State<'_, Workbench>, stream: Option<String>) -> Result<String, AppError> {
    bench.writing("deleteSnapshots")?.delete_snapshots(stream.as_deref()).await
}

/// Rules and legal holds in force, and the room taken.
#[tauri::command]
#[specta::specta]
pub async fn retention(bench: State<'_, Workbench>) -> Result<RetentionOverview, AppError> {
    bench.session()?.retention().await
}

/// Sets a rule in place of the former one; without a rule, removes it.
#[tauri::command]
#[specta::specta]
pub async fn set_retention_rule(
    bench: State<'_, Workbench>,
    scope: RetentionScope,
    rule: Option<RetentionRule>,
    by: RetentionBy,
) -> Result<(), AppError> {
    bench.writing("setRetentionRule")?.set_retention_rule(scope, rule, by).await
}

/// Places a legal hold: nothing that it covers may go until it is lifted.
#[tauri::command]
#[specta::specta]
pub async fn place_legal_hold(
    bench: State<'_, Workbench>,
    hold: String,
    scope: RetentionScope,
    by: RetentionBy,
) -> Result<(), AppError> {
    bench.writing("placeLegalHold")?.place_legal_hold(hold, scope, by).await
}

/// Lifts a legal hold.
#[tauri::command]
#[specta::specta]
pub async fn lift_legal_hold(bench: State<'_, Workbench>, hold: String, by: RetentionBy) -> Result<(), AppError> {
    bench.writing("liftLegalHold")?.lift_legal_hold(hold, by).await
}

/// What would go now, and what stays and why; changes nothing.
#[tauri::command]
#[specta::specta]
pub async fn preview_retention(
    bench: State<'_, Workbench>,
    purpose: RetentionPurpose,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<RetentionPreview, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.preview_retention(purpose, task).await.map(|answer| bench.told(answer))
}

/// Hides what may go, or moves what is hidden to the archive. Refused if other than the expected number of events would go.
#[tauri::command]
#[specta::specta]
pub async fn apply_retention(
    bench: State<'_, Workbench>,
    purpose: RetentionPurpose,
    expected_events: String,
    by: RetentionBy,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<RetentionDone, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.writing("applyRetention")?.apply_retention(purpose, &expected_events, by, task).await
}

/// Recomputes the hash of every archived event and compares the archive with the stubs.
#[tauri::command]
#[specta::specta]
pub async fn verify_archive(
    bench: State<'_, Workbench>,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<ArchiveReport, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.verify_archive(task).await.map(|answer| bench.told(answer))
}
