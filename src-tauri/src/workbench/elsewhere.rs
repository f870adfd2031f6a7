//! Stores beside the open one: chosen for a copy or a parity run, and confirmed where they are marked as production.

use bank::language::Seamed;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Workbench;
use crate::composition::is_same_place;
use crate::connections::{Chosen, Passwords, present};
use crate::wire::{AppError, StoreChoice};

/// How long a confirmation holds: from the typed name to the call that it was typed for.
const HOLDS: Duration = Duration::from_secs(30);

/// What a person has confirmed of stores that are not the open one, and what was refused for want of it.
#[derive(Default)]
pub(super) struct Confirmations(Mutex<Confirmed>);

#[derive(Default)]
struct Confirmed {
    /// The command that was refused last, and the store's name that it wants typed.
    wanted: Option<(String, String)>,
    given: Vec<(String, String, Instant)>,
}

impl Confirmations {
    /// Takes a typed name; nothing if this command did not ask for one.
    pub(super) fn confirm(&self, command: &str, typed: &str) -> Option<Result<(), AppError>> {
        let mut confirmed = self.0.lock();
        let name = confirmed.wanted.as_ref().filter(|(wanted, _)| wanted == command).map(|(_, name)| name.clone())?;
        if typed.trim() != name {
            return Some(Err(unconfirmed(&name)));
        }
        confirmed.wanted = None;
        confirmed.given.push((command.to_owned(), name, Instant::now()));
        Some(Ok(()))
    }

    /// Takes one confirmation for each of these stores that is marked as production, or none at all.
    fn take(&self, command: &str, written: &[&Chosen]) -> Result<(), AppError> {
        let mut confirmed = self.0.lock();
        confirmed.given.retain(|(_, _, when)| when.elapsed() < HOLDS);
        let production = written.iter().filter(|chosen| chosen.marks.production);
        for name in production.map(|chosen| chosen.name()) {
            if !confirmed.given.iter().any(|(what, given, _)| what == command && *given == name) {
                confirmed.wanted = Some((command.to_owned(), name.clone()));
                return Err(unconfirmed(&name));
            }
        }
        confirmed.given.retain(|(what, ..)| what != command);
        Ok(())
    }
}

fn unconfirmed(name: &str) -> AppError {
    let message = Seamed::of(&format_args!("{name} is marked as production. Nothing was written."));
    AppError::new("production_not_confirmed", message, "Type the connection's name to confirm this one write.")
}

impl Workbench {
    /// A store that takes part in work between stores: the open one, or a connection. The open one's passwords are known.
    ///
    /// # Errors
    /// `no_store`, `no_such_connection` or `password_needed`.
    pub async fn choice(&self, choice: StoreChoice) -> Result<Chosen, AppError> {
        let StoreChoice { connection, passwords } = choice;
        let Some(id) = connection else { return Ok(self.session()?.chosen().clone()) };
        let (id, typed) = (present::id(&id)?, Passwords::from(passwords));
        if let Ok(session) = self.session()
            && session.chosen().of.as_ref().is_some_and(|listed| listed.id == id)
        {
            return Ok(session.chosen().clone());
        }
        self.with_book(move |book| {
            let connection = book.catalogue().by_id(id)?;
            book.choose(&connection, typed)
        })
        .await
    }

    /// Lets a window command write to stores other than the open one.
    ///
    /// # Errors
    /// `production_not_confirmed`: one of them is marked as production, and the person has not typed its name for this call;
    /// `store_is_open`: the open store's processes would write in between; `read_only`.
    pub fn writing_to(&self, command: &str, written: &[&Chosen]) -> Result<(), AppError> {
        for chosen in written {
            if let Ok(session) = self.session()
                && is_same_place(&session.chosen().target, &chosen.target)
            {
                let message = Seamed::of(&format_args!(
                    "{} is open here, and its processes would write in between.",
                    chosen.name()
                ));
                let hint = "Open another store, then try again. Nothing was written.";
                return Err(AppError::new("store_is_open", message, hint));
            }
            crate::composition::writable(chosen, chosen.read_only_reason().as_deref())?;
        }
        self.elsewhere.take(command, written)
    }
}
