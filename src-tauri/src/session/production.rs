//! What a person has confirmed on a store that is marked as production.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Session;
use crate::wire::AppError;

/// How long a confirmation holds: from the typed name to the call that it was typed for.
const HOLDS: Duration = Duration::from_secs(30);

/// The one writing command that was confirmed and not issued yet.
#[derive(Default)]
pub(super) struct Confirmations(Mutex<Option<(String, Instant)>>);

impl Session {
    /// Lets the next call of one writing command pass.
    ///
    /// # Errors
    /// `production_not_confirmed`: the name is not that of the connection.
    pub fn confirm_production(&self, command: &str, name: &str) -> Result<(), AppError> {
        if name.trim() != self.chosen.name() {
            return Err(self.unconfirmed());
        }
        *self.production.0.lock() = Some((command.to_owned(), Instant::now()));
        tracing::info!(command, "a write to production is confirmed");
        Ok(())
    }

    /// Takes the confirmation of one call; each call needs its own.
    ///
    /// # Errors
    /// `production_not_confirmed`, if the store is marked as production and there is none for this command.
    pub fn take_confirmation(&self, command: &str) -> Result<(), AppError> {
        if !self.chosen.marks.production {
            return Ok(());
        }
        let confirmed = self.production.0.lock().take();
        match confirmed.is_some_and(|(what, when)| what == command && when.elapsed() < HOLDS) {
            true => Ok(()),
            false => Err(self.unconfirmed()),
        }
    }

    /// On production and on a stage no process runs by itself; what a command has set going is carried on here.
    pub(super) fn carry_on(&self) {
        if !self.by_hand || self.read_only.is_some() {
            return;
        }
        let (engine, end) = (self.engine.clone(), self.end.clone());
        tauri::async_runtime::spawn(async move {
            if let Err(error) = engine.drive_processes_until_idle(&end).await {
                tracing::warn!(%error, "processes did not go on");
            }
        });
    }

    fn unconfirmed(&self) -> AppError {
        let message = format!("{} is marked as production. Nothing was written.", self.chosen.name());
        AppError::new("production_not_confirmed", message, "Type the connection's name to confirm this one write.")
    }
}
