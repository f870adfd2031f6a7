//! The demo bank's read models.

use tauri::State;

use crate::wire::{AccountsPage, AppError, Statement, TransfersPage, TrialBalance};
use crate::workbench::Workbench;

/// A page of accounts.
#[tauri::command]
#[specta::specta]
pub async fn accounts(
    bench: State<'_, Workbench>,
    search: Option<String>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<AccountsPage, AppError> {
    bench.session()?.accounts(search.as_deref(), offset, limit, at.as_deref()).await
}

/// A page of an account's statement, oldest entries first.
#[tauri::command]
#[specta::specta]
pub async fn statement(
    bench: State<'_, Workbench>,
    account_id: String,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<Statement, AppError> {
    bench.session()?.statement(&account_id, offset, limit, at.as_deref()).await.map(|answer| bench.told(answer))
}

/// A page of transfers, newest first.
#[tauri::command]
#[specta::specta]
pub async fn transfers(
    bench: State<'_, Workbench>,
    status: Option<String>,
    account_id: Option<String>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<TransfersPage, AppError> {
    bench
        .session()?
        .transfers(status.as_deref(), account_id.as_deref(), offset, limit, at.as_deref())
        .await
        .map(|answer| bench.told(answer))
}

/// Every ledger account's debits and credits.
#[tauri::command]
#[specta::specta]
pub async fn trial_balance(bench: State<'_, Workbench>, at: Option<String>) -> Result<TrialBalance, AppError> {
    bench.session()?.trial_balance(at.as_deref()).await.map(|answer| bench.told(answer))
}
