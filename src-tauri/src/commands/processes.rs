//! Processes, their instances and timers.

use tauri::State;

use crate::wire::{
    AppError, CommandResult, InstanceFilter, InstancesPage, OperatorDecision, OperatorOffer, ProcessRow, TimerRow,
};
use crate::workbench::Workbench;

/// How every process fares.
#[tauri::command]
#[specta::specta]
pub async fn processes(bench: State<'_, Workbench>) -> Result<Vec<ProcessRow>, AppError> {
    bench.session()?.processes().await.map(|answer| bench.told(answer))
}

/// Instances of a process by their last change, newest first.
#[tauri::command]
#[specta::specta]
pub async fn process_instances(
    bench: State<'_, Workbench>,
    process: String,
    filter: InstanceFilter,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<InstancesPage, AppError> {
    bench
        .session()?
        .process_instances(&process, filter, offset, limit, at.as_deref())
        .await
        .map(|answer| bench.told(answer))
}

/// Timers that are set, of one process or all, earliest first.
#[tauri::command]
#[specta::specta]
pub async fn process_timers(
    bench: State<'_, Workbench>,
    process: Option<String>,
    limit: u32,
    at: Option<String>,
) -> Result<Vec<TimerRow>, AppError> {
    bench.session()?.process_timers(process.as_deref(), limit, at.as_deref()).await
}

/// What an operator could decide about an instance now.
#[tauri::command]
#[specta::specta]
pub async fn process_offers(bench: State<'_, Workbench>, stream: String) -> Result<Vec<OperatorOffer>, AppError> {
    bench.session()?.process_offers(&stream).await.map(|answer| bench.told(answer))
}

/// Carries out what an operator has decided about an instance; it is recorded with actor and reason.
#[tauri::command]
#[specta::specta]
pub async fn decide_instance(
    bench: State<'_, Workbench>,
    decision: OperatorDecision,
) -> Result<CommandResult, AppError> {
    bench.writing("decideInstance")?.decide_instance(decision).await.map(|answer| bench.told(answer))
}

/// Lets processes look at all stuck instances again; answers with how many.
#[tauri::command]
#[specta::specta]
pub async fn retry_stuck(bench: State<'_, Workbench>, actor: String, reason: String) -> Result<u32, AppError> {
    bench.writing("retryStuck")?.retry_stuck(&actor, &reason).await
}
