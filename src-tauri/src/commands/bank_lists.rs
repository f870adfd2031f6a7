//! Further lists of the demo bank's read models.

use tauri::State;

use crate::wire::{
    ActivityPage, ActorsPage, AppError, AuditPage, CustomerOverview, CustomersPage, HoldsPage, LimitsPage, OrdersPage,
};
use crate::workbench::Workbench;

/// A page of customers.
#[tauri::command]
#[specta::specta]
pub async fn customers(
    bench: State<'_, Workbench>,
    search: Option<String>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<CustomersPage, AppError> {
    bench.session()?.customers(search.as_deref(), offset, limit, at.as_deref()).await
}

/// A customer with all accounts.
#[tauri::command]
#[specta::specta]
pub async fn customer(
    bench: State<'_, Workbench>,
    customer_id: String,
    at: Option<String>,
) -> Result<CustomerOverview, AppError> {
    bench.session()?.customer(&customer_id, at.as_deref()).await
}

/// A page of holds, newest first.
#[tauri::command]
#[specta::specta]
pub async fn holds(
    bench: State<'_, Workbench>,
    account_id: Option<String>,
    status: Option<String>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<HoldsPage, AppError> {
    bench
        .session()?
        .holds(account_id.as_deref(), status.as_deref(), offset, limit, at.as_deref())
        .await
        .map(|answer| bench.told(answer))
}

/// A page of orders, newest first.
#[tauri::command]
#[specta::specta]
pub async fn orders(
    bench: State<'_, Workbench>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<OrdersPage, AppError> {
    bench.session()?.orders(offset, limit, at.as_deref()).await.map(|answer| bench.told(answer))
}

/// A page of what the days brought, newest day first; a missing day bounds nothing.
#[tauri::command]
#[specta::specta]
pub async fn activity(
    bench: State<'_, Workbench>,
    from: Option<String>,
    through: Option<String>,
    currency: Option<String>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<ActivityPage, AppError> {
    bench
        .session()?
        .activity((from.as_deref(), through.as_deref()), currency.as_deref(), offset, limit, at.as_deref())
        .await
}

/// A page of accounts with limits and what is used of them on a day; the bank's present day if none is named.
#[tauri::command]
#[specta::specta]
pub async fn limits(
    bench: State<'_, Workbench>,
    day: Option<String>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<LimitsPage, AppError> {
    bench.session()?.limits(day.as_deref(), offset, limit, at.as_deref()).await
}

/// A page of those who have caused events.
#[tauri::command]
#[specta::specta]
pub async fn actors(
    bench: State<'_, Workbench>,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<ActorsPage, AppError> {
    bench.session()?.actors(offset, limit, at.as_deref()).await
}

/// A page of what an actor did, newest first.
#[tauri::command]
#[specta::specta]
pub async fn audit(
    bench: State<'_, Workbench>,
    actor: String,
    offset: u32,
    limit: u32,
    at: Option<String>,
) -> Result<AuditPage, AppError> {
    bench.session()?.audit(&actor, offset, limit, at.as_deref()).await.map(|answer| bench.told(answer))
}
