//! Connections: the list, the form, the test, and what is confirmed on production.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, ConnectionDraft, ConnectionList, ConnectionSaved, ConnectionTestStep, ParsedConnection, Progress,
    StoreStatus, TypedPasswords,
};
use crate::workbench::Workbench;

/// All connections.
#[tauri::command]
#[specta::specta]
pub async fn connections(bench: State<'_, Workbench>) -> Result<ConnectionList, AppError> {
    bench.connections().await.map(|answer| bench.told(answer))
}

/// What a pasted connection string says.
#[tauri::command]
#[specta::specta]
pub async fn parse_connection(bench: State<'_, Workbench>, text: String) -> Result<ParsedConnection, AppError> {
    bench.parse_connection(&text)
}

/// Adds or changes a connection.
#[tauri::command]
#[specta::specta]
pub async fn save_connection(bench: State<'_, Workbench>, draft: ConnectionDraft) -> Result<ConnectionSaved, AppError> {
    bench.save_connection(draft).await.map(|answer| bench.told(answer))
}

/// Removes a connection with its passwords; the store stays.
#[tauri::command]
#[specta::specta]
pub async fn remove_connection(bench: State<'_, Workbench>, id: String) -> Result<ConnectionSaved, AppError> {
    bench.remove_connection(&id).await.map(|answer| bench.told(answer))
}

/// Opens a connection, and creates an empty store there if that is asked for.
#[tauri::command]
#[specta::specta]
pub async fn open_connection(
    bench: State<'_, Workbench>,
    id: String,
    passwords: TypedPasswords,
    create: bool,
) -> Result<StoreStatus, AppError> {
    bench.open_connection(&id, passwords, create).await.map(|answer| bench.told(answer))
}

/// Tries the way to a store step by step; true if all of them work.
#[tauri::command]
#[specta::specta]
pub async fn test_connection(
    bench: State<'_, Workbench>,
    draft: ConnectionDraft,
    task_id: String,
    progress: Channel<Progress>,
    steps: Channel<ConnectionTestStep>,
) -> Result<bool, AppError> {
    let task = bench.tasks().start(task_id, progress);
    let language = bench.language();
    // Who has closed the form needs no steps any more.
    let told = move |step| drop(steps.send(crate::language::told(step, language)));
    bench.test_connection(draft, task, Box::new(told)).await
}

/// Lets the next call of one writing command pass on a store that is marked as production.
#[tauri::command]
#[specta::specta]
pub async fn confirm_production(bench: State<'_, Workbench>, command: String, name: String) -> Result<(), AppError> {
    bench.confirm_production(&command, &name)
}
