//! Processes, their instances and timers.

use tauri::State;

use crate::wire::{AppError, InstanceFilter, InstancesPage, ProcessRow, TimerRow};
use crate::workbench::Workbench;

/// How every process fares.
#[tauri::command]
#[specta::specta]
pub async fn processes(bench: State<'_, Workbench>) -> Result<Vec<ProcessRow>, AppError> {
    bench.session()?.processes().await
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
    bench.session()?.process_instances(&process, filter, offset, limit, at.as_deref()).await
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

/// Lets processes look at one instance again.
#[tauri::command]
#[specta::specta]
pub async fn retry_instance(bench: State<'_, Workbench>, stream: String) -> Result<(), AppError> {
    bench.writing("retryInstance")?.retry_instance(&stream).await
}

/// Lets processes look at all stuck instances again.
#[tauri::command]
#[specta::specta]
pub async fn retry_stuck(bench: State<'_, Workbench>) -> Result<(), AppError> {
    bench.writing("retryStuck")?.retry_stuck().await;
    Ok(())
}
