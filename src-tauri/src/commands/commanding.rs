//! Issuing commands.

use tauri::State;

use crate::wire::{
    AppError, CommandHistoryPage, CommandHistoryQuery, CommandInfo, CommandRequest, CommandResult, DryRun,
    ReadModelsReach, Violation,
};
use crate::workbench::Workbench;

/// Commands that people issue.
#[tauri::command]
#[specta::specta]
pub async fn commands(bench: State<'_, Workbench>) -> Result<Vec<CommandInfo>, AppError> {
    Ok(bench.told(bench.session()?.commands()))
}

/// What a command would do now; writes nothing.
#[tauri::command]
#[specta::specta]
pub async fn dry_run(bench: State<'_, Workbench>, request: CommandRequest) -> Result<DryRun, AppError> {
    bench.session()?.dry_run(request).await.map(|answer| bench.told(answer))
}

/// Where a payload does not fit its command.
#[tauri::command]
#[specta::specta]
pub async fn check_command(
    bench: State<'_, Workbench>,
    command_type: String,
    payload: String,
) -> Result<Vec<Violation>, AppError> {
    Ok(bench.told(bench.session()?.check_command(&command_type, &payload)))
}

/// Carries a command out. The same command id is never carried out twice.
#[tauri::command]
#[specta::specta]
pub async fn execute(bench: State<'_, Workbench>, request: CommandRequest) -> Result<CommandResult, AppError> {
    let session = bench.writing("execute")?;
    bench.execute(&session, request).await.map(|answer| bench.told(answer))
}

/// Waits until every running projection has seen a position; false if that took too long.
#[tauri::command]
#[specta::specta]
pub async fn wait_until(bench: State<'_, Workbench>, position: String) -> Result<bool, AppError> {
    bench.session()?.wait_until(&position).await
}

/// How far each read model is on its way to a position.
#[tauri::command]
#[specta::specta]
pub async fn read_models_reach(bench: State<'_, Workbench>, position: String) -> Result<ReadModelsReach, AppError> {
    bench.session()?.read_models_reach(&position).await
}

/// The commands that were issued to the open store with this installation.
#[tauri::command]
#[specta::specta]
pub async fn command_history(
    bench: State<'_, Workbench>,
    query: CommandHistoryQuery,
) -> Result<CommandHistoryPage, AppError> {
    bench.command_history(query).await.map(|answer| bench.told(answer))
}

/// Forgets the commands of the open store up to an attempt; answers with how many. Nothing in the store changes.
#[tauri::command]
#[specta::specta]
pub async fn clear_command_history(bench: State<'_, Workbench>, through: String) -> Result<u32, AppError> {
    bench.clear_command_history(&through).await
}
