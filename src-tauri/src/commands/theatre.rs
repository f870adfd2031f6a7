//! The concurrency theatre.

use tauri::State;

use crate::wire::{AppError, TheatreActor, TheatreMove, TheatreRequest, TheatreStage, TheatreTurn};
use crate::workbench::Workbench;

/// Lets two actors load the same version and decide. Writes nothing.
#[tauri::command]
#[specta::specta]
pub async fn theatre_open(bench: State<'_, Workbench>, request: TheatreRequest) -> Result<TheatreStage, AppError> {
    bench.session()?.theatre_open(request).await.map(|answer| bench.told(answer))
}

/// Forgets a stage.
#[tauri::command]
#[specta::specta]
pub async fn theatre_close(bench: State<'_, Workbench>, id: String) -> Result<(), AppError> {
    bench.session()?.theatre_close(&id).await;
    Ok(())
}

/// An actor's move in a rehearsal. Writes nothing to the store.
#[tauri::command]
#[specta::specta]
pub async fn theatre_rehearse(
    bench: State<'_, Workbench>,
    id: String,
    actor: TheatreActor,
    what: TheatreMove,
) -> Result<TheatreTurn, AppError> {
    bench.session()?.theatre_rehearse(&id, actor, what).await.map(|answer| bench.told(answer))
}

/// An actor's move on the store.
#[tauri::command]
#[specta::specta]
pub async fn theatre_write(
    bench: State<'_, Workbench>,
    id: String,
    actor: TheatreActor,
    what: TheatreMove,
) -> Result<TheatreTurn, AppError> {
    let session = bench.writing("theatreWrite")?;
    bench.theatre_write(&session, &id, actor, what).await.map(|answer| bench.told(answer))
}
