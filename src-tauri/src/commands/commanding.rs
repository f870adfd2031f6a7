//! Issuing commands.

use tauri::State;

use crate::wire::{AppError, CommandInfo, CommandRequest, CommandResult, DryRun};
use crate::workbench::Workbench;

/// Commands that people issue.
#[tauri::command]
#[specta::specta]
pub async fn commands(bench: State<'_, Workbench>) -> Result<Vec<CommandInfo>, AppError> {
    Ok(bench.session()?.commands())
}

/// What a command would do now; writes nothing.
#[tauri::command]
#[specta::specta]
pub async fn dry_run(bench: State<'_, Workbench>, request: CommandRequest) -> Result<DryRun, AppError> {
    bench.session()?.dry_run(request).await
}

/// Carries a command out. The same command id is never carried out twice.
#[tauri::command]
#[specta::specta]
pub async fn execute(bench: State<'_, Workbench>, request: CommandRequest) -> Result<CommandResult, AppError> {
    bench.writing("execute")?.execute(request).await
}

/// Waits until every running projection has seen a position; false if that took too long.
#[tauri::command]
#[specta::specta]
pub async fn wait_until(bench: State<'_, Workbench>, position: String) -> Result<bool, AppError> {
    bench.session()?.wait_until(&position).await
}
