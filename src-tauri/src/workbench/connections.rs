//! Connections as the window works with them.

use std::path::Path;
use std::sync::Arc;

use es_core::ProbeStep;

use super::Workbench;
use crate::composition;
use crate::connections::{Book, Chosen, Connection, Named, Passwords, parse, present};
use crate::session::Session;
use crate::tasks::Task;
use crate::wire::{
    AppError, ConnectionDraft, ConnectionList, ConnectionSaved, ConnectionTestStep, ParsedConnection, StoreStatus,
    TypedPasswords,
};

/// Is told a step of a connection's test; must not block.
pub type StepReceiver = Box<dyn FnMut(ConnectionTestStep) + Send>;

impl Workbench {
    /// All connections. A list that cannot be read is told beside them: the window goes on without it.
    ///
    /// # Errors
    /// The program is ending.
    pub async fn connections(&self) -> Result<ConnectionList, AppError> {
        let open = self.session().ok().and_then(|session| session.chosen().of.as_ref().map(|listed| listed.id));
        self.with_book(move |book| {
            let no_keyring = book.keyring().err().map(|error| crate::errors::sentence(&error.to_string()));
            let (list, problem) = match book.catalogue().list() {
                Ok(list) => (list, None),
                Err(problem) => (Vec::new(), Some(problem)),
            };
            let row = |connection: &Connection| present::row(connection, open == Some(connection.id));
            Ok(ConnectionList { connections: list.iter().map(row).collect(), problem, no_keyring })
        })
        .await
    }

    /// What a pasted connection string says.
    ///
    /// # Errors
    /// It cannot be understood.
    pub fn parse_connection(&self, text: &str) -> Result<ParsedConnection, AppError> {
        Ok(parse(text)?.into())
    }

    /// Adds or changes a connection. If it is the open one, it is opened anew, so that what was changed holds at once.
    ///
    /// # Errors
    /// It cannot be saved. That it cannot be opened any more is told by the window's next question.
    pub async fn save_connection(&self, draft: ConnectionDraft) -> Result<ConnectionSaved, AppError> {
        let draft = present::draft(draft)?;
        let saved = self.with_book(move |book| book.save(draft)).await?;
        self.follow_change(&saved.connection).await;
        Ok(saved.into())
    }

    /// Removes a connection with its passwords. The store stays, and stays open if it is.
    ///
    /// # Errors
    /// It is not there, or the list cannot be written.
    pub async fn remove_connection(&self, id: &str) -> Result<ConnectionSaved, AppError> {
        let id = present::id(id)?;
        Ok(self.with_book(move |book| book.remove(id)).await?.into())
    }

    /// Opens a connection, and creates an empty store there if that is asked for; the former store stays open if this fails.
    ///
    /// # Errors
    /// `password_needed`, or the store cannot be opened.
    pub async fn open_connection(
        &self,
        id: &str,
        typed: TypedPasswords,
        create: bool,
    ) -> Result<StoreStatus, AppError> {
        let (id, typed) = (present::id(id)?, Passwords::from(typed));
        let chosen = self
            .with_book(move |book| {
                let connection = book.catalogue().by_id(id)?;
                book.choose(&connection, typed)
            })
            .await?;
        self.open_chosen(chosen, create).await
    }

    /// Opens what a command line names: a connection, a connection string, or a file relative to a folder.
    ///
    /// # Errors
    /// It names nothing, or the store cannot be opened.
    pub async fn open_named(&self, text: &str, folder: &Path) -> Result<StoreStatus, AppError> {
        let chosen = self.named(text, folder).await?;
        self.open_chosen(chosen, false).await
    }

    pub(super) async fn named(&self, text: &str, folder: &Path) -> Result<Chosen, AppError> {
        let (text, folder) = (text.to_owned(), folder.to_owned());
        self.with_book(move |book| match book.find(&text)? {
            Named::Listed(connection) => book.choose(&connection, Passwords::default()),
            Named::Direct(parsed) => {
                let mut target = parsed.target;
                if let crate::connections::Target::Sqlite { path } = &mut target {
                    *path = folder.join(&*path);
                }
                Ok(book.choose_directly(target, parsed.passwords))
            }
        })
        .await
    }

    /// Tries the way to a store step by step, before or after it was saved. Passwords that are not typed are taken from the
    /// keyring if the connection is of the list.
    ///
    /// # Errors
    /// A field that cannot be, `password_needed`, or cancelled. A step that fails is no error here.
    pub async fn test_connection(
        &self,
        draft: ConnectionDraft,
        task: Task,
        mut told: StepReceiver,
    ) -> Result<bool, AppError> {
        let draft = present::draft(draft)?;
        let chosen = self.with_book(move |book| book.choose_draft(draft)).await?;
        let (mut passed, language) = (true, self.language());
        let mut tell = |step: &ProbeStep| {
            passed &= !matches!(step.outcome, es_core::ProbeOutcome::Failed(_));
            task.report(composition::stage_title(step.stage), 0, None);
            told(present::step(step, language));
        };
        composition::probe(&chosen, task.token(), &mut tell).await;
        match task.token().is_cancelled() {
            true => Err(es_core::StoreError::Cancelled.into()),
            false => Ok(passed),
        }
    }

    /// Lets the next call of one writing command pass on a store that is marked as production.
    ///
    /// # Errors
    /// `production_not_confirmed`: the name is another one.
    pub fn confirm_production(&self, command: &str, name: &str) -> Result<(), AppError> {
        match self.elsewhere.confirm(command, name) {
            Some(confirmed) => confirmed,
            None => self.session()?.confirm_production(command, name),
        }
    }

    /// The open store's session, for a command that writes or throws something away.
    ///
    /// # Errors
    /// `production_not_confirmed`: the store is marked as production and the person has not typed its name for this call; or
    /// as [`Workbench::session`].
    pub fn writing(&self, command: &str) -> Result<Arc<Session>, AppError> {
        let session = self.session()?;
        session.take_confirmation(command)?;
        Ok(session)
    }

    /// What was changed of the open connection holds from now on, or it is closed: a store must not be written any more whose
    /// owner has just said so.
    async fn follow_change(&self, connection: &Connection) {
        let Ok(session) = self.session() else { return };
        let of_it = session.chosen().of.as_ref().is_some_and(|listed| listed.id == connection.id);
        let same = session.chosen().target == connection.target && session.chosen().marks == connection.marks;
        let renamed = session.chosen().name() != connection.name;
        if !of_it || (same && !renamed) {
            return;
        }
        // Who moved the connection elsewhere is asked again: a password goes to the server that it was typed for.
        let passwords = match session.chosen().target == connection.target {
            true => session.chosen().passwords.clone(),
            false => Passwords::default(),
        };
        let connection = connection.clone();
        let reopened = match self.with_book(move |book| book.choose(&connection, passwords)).await {
            Ok(chosen) => self.open_chosen(chosen, false).await.map(|_| ()),
            Err(error) => Err(error),
        };
        if let Err(error) = reopened {
            self.close_with(error).await;
        }
    }

    /// Work that may wait for the disk, and for a person who unlocks the keyring.
    pub(super) async fn with_book<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Book) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let book = self.book.clone();
        tokio::task::spawn_blocking(move || work(&book)).await.unwrap_or_else(|error| {
            tracing::error!(?error, "work on the list of connections broke off");
            Err(AppError::new(
                "internal",
                "Something broke off in the middle of its work.",
                "See the log, then try again.",
            ))
        })
    }
}
