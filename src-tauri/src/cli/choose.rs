//! Which store a command works on, what it asks on a terminal before it does, and what it may not do unasked.

use std::io::IsTerminal;
use std::process::{Command, Stdio};
use std::sync::Arc;

use es_core::{Secret, StoreError};
use tokio_util::sync::CancellationToken;

use super::args::Common;
use super::failure::{Exit, Failure};
use crate::connections::{Book, Chosen, Connection, Keyring, Named, Passwords, Target, parse};
use crate::journal::Journal;
use crate::settings::DataFolder;
use crate::wire::AppError;

/// The password of the store's user, for programs and for systems without a keyring.
const PASSWORD: &str = "LEDGERSCOPE_PASSWORD";
/// The password of the user of the database beside it.
const SIDE_PASSWORD: &str = "LEDGERSCOPE_SIDE_PASSWORD";

/// Where stores are chosen: the list of connections, and the person at the terminal if there is one.
pub(super) struct Counter {
    /// Nothing where there is no folder for data; stores can still be named directly.
    book: Result<(Book, DataFolder), AppError>,
    stop: CancellationToken,
    yes_production: bool,
}

impl Counter {
    pub(super) fn open(common: &Common, stop: &CancellationToken) -> Self {
        let book = DataFolder::find().map(|folder| (Book::new(&folder, Arc::new(Keyring)), folder));
        Self { book, stop: stop.clone(), yes_production: common.yes_production }
    }

    pub(super) fn book(&self) -> Result<&Book, Failure> {
        match &self.book {
            Ok((book, _)) => Ok(book),
            Err(error) => Err(unchosen(error.clone())),
        }
    }

    /// The user's data folder.
    pub(super) fn folder(&self) -> Result<DataFolder, Failure> {
        match &self.book {
            Ok((_, folder)) => Ok(folder.clone()),
            Err(error) => Err(unchosen(error.clone())),
        }
    }

    /// The same for what can do without it.
    pub(super) fn data_folder(&self) -> Result<&DataFolder, AppError> {
        self.book.as_ref().map(|(_, folder)| folder).map_err(Clone::clone)
    }

    /// The journal of exports and imports.
    pub(super) fn journal(&self) -> Result<Journal, Failure> {
        match &self.book {
            Ok((_, folder)) => Ok(Journal::new(folder)),
            Err(error) => Err(unchosen(error.clone())),
        }
    }

    /// The store that was named, else the one that the window opens at first.
    pub(super) async fn choose(&self, named: Option<&str>) -> Result<Chosen, Failure> {
        let (book, folder) = match (&self.book, named) {
            (Ok((book, folder)), _) => (book, folder),
            (Err(error), None) => return Err(unchosen(error.clone())),
            (Err(_), Some(text)) => {
                let parsed = parse(text).map_err(|error| unchosen(error.into()))?;
                let passwords = self.passwords_for(&parsed.target, parsed.passwords).await?;
                return Ok(Chosen { passwords, ..Chosen::directly(parsed.target) });
            }
        };
        let Some(text) = named else {
            return Ok(book.choose_directly(Target::file(folder.default_store()), Passwords::default()));
        };
        match book.find(text).map_err(unchosen)? {
            Named::Listed(connection) => self.choose_listed(&connection).await,
            Named::Direct(parsed) => {
                let passwords = self.passwords_for(&parsed.target, parsed.passwords).await?;
                Ok(book.choose_directly(parsed.target, passwords))
            }
        }
    }

    /// A connection of the list, with its passwords.
    pub(super) async fn choose_listed(&self, connection: &Connection) -> Result<Chosen, Failure> {
        let book = self.book()?;
        let error = match book.choose(connection, from_environment(Passwords::default())) {
            Ok(chosen) => return Ok(chosen),
            Err(error) => error,
        };
        if error.code != "password_needed" || !a_person_is_there() {
            let hint = format!("Set {PASSWORD}, or run the command on a terminal and type it.");
            let hint = if error.code == "password_needed" { hint } else { error.hint.clone() };
            return Err(unchosen(AppError { hint, ..error }));
        }
        eprintln!("{}", error.message);
        let typed = self.passwords_for(&connection.target, Passwords::default()).await?;
        book.choose(connection, typed).map_err(unchosen)
    }

    /// Passwords from the connection string, from the environment, or from the person at the terminal.
    pub(super) async fn passwords_for(&self, target: &Target, given: Passwords) -> Result<Passwords, Failure> {
        let mut passwords = from_environment(given);
        if !a_person_is_there() {
            return Ok(passwords);
        }
        if let Some(user) = target.user().filter(|_| passwords.login.is_none()) {
            passwords.login = self.ask_for_password(user).await?;
        }
        if let Some(user) = target.side_user().filter(|_| passwords.side.is_none()) {
            passwords.side = self.ask_for_password(user).await?;
        }
        Ok(passwords)
    }

    /// Asks without showing what is typed; nothing typed means that there is none.
    async fn ask_for_password(&self, user: &str) -> Result<Option<Secret>, Failure> {
        let prompt = format!("Password of {user} (empty for none): ");
        let asked = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt));
        tokio::select! {
            typed = asked => match typed {
                Ok(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty()).map(Secret::new)),
                _ => Err(Failure::bad_input("password_needed", "No password was typed.", format!("Set {PASSWORD}."))),
            },
            () = self.stop.cancelled() => {
                show_what_is_typed();
                Err(StoreError::Cancelled.into())
            }
        }
    }

    /// Asks for the connection's name before anything is written to a store that is marked as production.
    pub(super) async fn confirm_writing(&self, chosen: &Chosen) -> Result<(), Failure> {
        if !chosen.marks.production || self.yes_production {
            return Ok(());
        }
        let name = chosen.name();
        let told = format!("{name} is marked as production, and this command writes to it.");
        let unconfirmed = || {
            let hint =
                "Type the connection's name when asked on a terminal, or add --yes-production. Nothing was written.";
            Failure::bad_input("production_not_confirmed", told.clone(), hint)
        };
        if !a_person_is_there() {
            return Err(unconfirmed());
        }
        eprint!("{told}\nType its name to go on: ");
        let asked = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let typed = tokio::select! {
            typed = asked => typed,
            () = self.stop.cancelled() => return Err(StoreError::Cancelled.into()),
        };
        match typed {
            Ok(Ok(line)) if line.trim() == name => Ok(()),
            _ => Err(unconfirmed()),
        }
    }
}

/// A store or connection that cannot be chosen: the list is not there or cannot be read, or what was typed is nothing.
pub(super) fn unchosen(error: AppError) -> Failure {
    let exit = match error.code.as_str() {
        "connections_damaged" | "connections_newer" | "io" | "no_data_folder" | "password_needed" => Exit::Unavailable,
        _ => Exit::BadInput,
    };
    Failure::new(exit, error)
}

fn from_environment(given: Passwords) -> Passwords {
    let set = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty()).map(Secret::new);
    Passwords { login: given.login.or_else(|| set(PASSWORD)), side: given.side.or_else(|| set(SIDE_PASSWORD)) }
}

/// Whether somebody can be asked: both what is asked and what is typed go to a terminal.
fn a_person_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A prompt that is left in the middle would leave the terminal mute.
fn show_what_is_typed() {
    // Where there is no `stty` there is no such terminal.
    let _none = Command::new("stty").arg("echo").stderr(Stdio::null()).status();
}
