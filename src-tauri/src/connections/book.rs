//! Connections with their passwords: what window and command line add, change, remove and choose from.

use bank::language::Seamed;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::catalogue::Catalogue;
use super::model::{Chosen, Connection, Marks, PasswordRule, Passwords};
use super::parse::{Misread, Parsed, has_scheme, parse};
use super::secrets::{SecretStore, SecretsError, fetch_all, forget_all, keep_all};
use super::target::{EventStoreDbTarget, Side, Target};
use crate::settings::DataFolder;
use crate::wire::AppError;

/// Connections with their passwords. Its methods may wait for the disk, and for a person who unlocks the keyring.
#[derive(Clone)]
pub struct Book {
    catalogue: Catalogue,
    secrets: Arc<dyn SecretStore>,
    folder: PathBuf,
}

/// A connection that is to be added or changed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The one to change; nothing for a new one.
    pub id: Option<Uuid>,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// What is to be known of it.
    pub marks: Marks,
    /// What becomes of its password.
    pub password: PasswordChange,
}

/// What becomes of a connection's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordChange {
    /// It stays as it is; for a new connection: there is none.
    Leave,
    /// It is kept in the keyring if there is one, else asked for each time.
    Keep(Passwords),
    /// It is asked for each time.
    AskEachTime,
    /// The server asks for none.
    None,
}

/// A connection that was added, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// As it is now; of a removed one, as it was.
    pub connection: Connection,
    /// What else people have to know, in sentences.
    pub notes: Vec<String>,
}

/// What a text names.
#[derive(Debug, Clone)]
pub enum Named {
    /// A connection of the list.
    Listed(Connection),
    /// A store, directly.
    Direct(Parsed),
}

impl Book {
    /// The book of a data folder.
    #[must_use]
    pub fn new(folder: &DataFolder, secrets: Arc<dyn SecretStore>) -> Self {
        let folder = folder.path().to_owned();
        Self { catalogue: Catalogue::in_folder(&folder), secrets, folder }
    }

    /// The connections without their passwords.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Whether passwords can be kept; if not, why they are asked for each time.
    ///
    /// # Errors
    /// There is no keyring.
    pub fn keyring(&self) -> Result<(), SecretsError> {
        self.secrets.available()
    }

    /// Adds or changes a connection.
    ///
    /// # Errors
    /// A name that cannot be or is taken, one that is not there any more, or the list cannot be read or written. A keyring
    /// that refuses is no error: the password is then asked for each time, and the notes say so.
    pub fn save(&self, draft: Draft) -> Result<Saved, AppError> {
        let former = draft.id.map(|id| self.catalogue.by_id(id)).transpose()?;
        let (id, mut notes) = (draft.id.unwrap_or_else(Uuid::new_v4), Vec::new());
        let (password, kept) = match draft.password {
            PasswordChange::None => (PasswordRule::None, None),
            PasswordChange::AskEachTime => (PasswordRule::AskEachTime, None),
            // Until the keyring has it; a crash in between costs one question.
            PasswordChange::Keep(passwords) => (PasswordRule::AskEachTime, Some(passwords)),
            PasswordChange::Leave => match &former {
                None => (PasswordRule::None, None),
                Some(former) if same_login(&former.target, &draft.target) => (former.password, None),
                // What was meant for one server is not sent to another one.
                Some(former) if former.password == PasswordRule::Keyring => {
                    notes.push(
                        "Server or user have changed: the password is forgotten and has to be typed again.".into(),
                    );
                    (PasswordRule::AskEachTime, None)
                }
                Some(former) => (former.password, None),
            },
        };
        let connection = Connection { id, name: draft.name, target: draft.target, password, marks: draft.marks };
        let mut connection = self.catalogue.put(connection)?;
        match kept.map(|passwords| keep_all(&*self.secrets, id, &passwords)) {
            Some(Ok(())) => {
                connection = self.catalogue.put(Connection { password: PasswordRule::Keyring, ..connection })?
            }
            Some(Err(error)) => notes.push(not_kept(&error)),
            None if password != PasswordRule::Keyring => self.forget(former.as_ref(), &mut notes),
            None => {}
        }
        notes.extend(connection.target.insecurity().map(str::to_owned));
        Ok(Saved { connection, notes })
    }

    /// Removes a connection with its passwords. The store that it leads to stays.
    ///
    /// # Errors
    /// It is not there, or the list cannot be read or written.
    pub fn remove(&self, id: Uuid) -> Result<Saved, AppError> {
        let (connection, mut notes) = (self.catalogue.remove(id)?, Vec::new());
        self.forget(Some(&connection), &mut notes);
        let beside = self.chosen(&connection, Passwords::default()).side_file().filter(|file| file.exists());
        notes.extend(beside.map(|file| {
            format!("The file {} stays: it may hold keys of personal data that nobody else has.", file.display())
        }));
        Ok(Saved { connection, notes })
    }

    /// A connection, chosen to be opened, with the passwords that are kept where none was typed.
    ///
    /// # Errors
    /// `password_needed`: it has to be typed.
    pub fn choose(&self, connection: &Connection, typed: Passwords) -> Result<Chosen, AppError> {
        let kept = match connection.password {
            PasswordRule::Keyring if lacks(connection, &typed).is_some() => fetch_all(&*self.secrets, connection),
            _ => Ok(Passwords::default()),
        };
        let (kept, refusal) = kept.map_or_else(|error| (Passwords::default(), Some(error)), |kept| (kept, None));
        let passwords = Passwords { login: typed.login.or(kept.login), side: typed.side.or(kept.side) };
        match lacks(connection, &passwords) {
            Some(user) if connection.password != PasswordRule::None => {
                let refusal = refusal.or_else(|| self.secrets.available().err());
                Err(password_needed(user, &connection.name, refusal.as_ref()))
            }
            _ => Ok(self.chosen(connection, passwords)),
        }
    }

    /// A connection that is only being written down, chosen to be tried.
    ///
    /// # Errors
    /// `password_needed`: it is kept nowhere and was not typed.
    pub fn choose_draft(&self, draft: Draft) -> Result<Chosen, AppError> {
        let former = draft.id.map(|id| self.catalogue.by_id(id)).transpose()?;
        let typed = match &draft.password {
            PasswordChange::Keep(passwords) => passwords.clone(),
            PasswordChange::Leave | PasswordChange::AskEachTime | PasswordChange::None => Passwords::default(),
        };
        match former.filter(|former| same_login(&former.target, &draft.target)) {
            Some(former) if draft.password == PasswordChange::Leave => {
                self.choose(&Connection { name: draft.name, target: draft.target, marks: draft.marks, ..former }, typed)
            }
            _ => Ok(Chosen { marks: draft.marks, ..self.choose_directly(draft.target, typed) }),
        }
    }

    fn chosen(&self, connection: &Connection, passwords: Passwords) -> Chosen {
        Chosen { data_folder: Some(self.folder.clone()), ..connection.chosen(passwords) }
    }

    /// A store that is named directly, chosen to be opened.
    #[must_use]
    pub fn choose_directly(&self, target: Target, passwords: Passwords) -> Chosen {
        Chosen { data_folder: Some(self.folder.clone()), passwords, ..Chosen::directly(target) }
    }

    /// What a text names: a connection string, a connection of the list, or a file.
    ///
    /// # Errors
    /// `bad_connection_string`; `ambiguous_store`: it names a connection and a file; or the list cannot be read.
    pub fn find(&self, text: &str) -> Result<Named, AppError> {
        let direct = || parse(text).map(Named::Direct).map_err(AppError::from);
        let (is_path, exists) = (text.contains(std::path::is_separator), Path::new(text).exists());
        if has_scheme(text) || is_path {
            return direct();
        }
        match self.catalogue.by_name(text) {
            Ok(Some(connection)) if exists => {
                let message = Seamed::of(&format_args!("There is a connection {} and a file {text}.", connection.name));
                let hint = format!("Write ./{text} for the file, or rename the connection.");
                Err(AppError::new("ambiguous_store", message, hint))
            }
            Ok(Some(connection)) => Ok(Named::Listed(connection)),
            Ok(None) => direct(),
            // Without its list the program still opens files.
            Err(_) if exists => direct(),
            Err(error) => Err(error),
        }
    }

    fn forget(&self, connection: Option<&Connection>, notes: &mut Vec<String>) {
        let Some(connection) = connection.filter(|connection| connection.password == PasswordRule::Keyring) else {
            return;
        };
        if let Err(error) = forget_all(&*self.secrets, connection.id) {
            notes.push(format!("The password may still be in the keyring: {error}."));
        }
    }
}

/// Who of a connection's users has no password.
fn lacks<'a>(connection: &'a Connection, passwords: &Passwords) -> Option<&'a str> {
    let login = connection.target.user().filter(|_| passwords.login.is_none());
    login.or_else(|| connection.target.side_user().filter(|_| passwords.side.is_none()))
}

/// Whether the passwords of one target go to the same servers, for the same users, as those of another.
fn same_login(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Postgres(one), Target::Postgres(other)) => {
            (&one.host, one.port, &one.user) == (&other.host, other.port, &other.user)
        }
        (Target::EventStoreDb(one), Target::EventStoreDb(other)) => {
            let side = |target: &EventStoreDbTarget| match &target.side {
                Side::Sqlite { .. } => None,
                Side::Postgres(side) => Some((side.host.clone(), side.port, side.user.clone())),
            };
            (&one.nodes, &one.user, side(one)) == (&other.nodes, &other.user, side(other))
        }
        (Target::Sqlite { .. }, Target::Sqlite { .. }) => true,
        _ => false,
    }
}

fn not_kept(error: &SecretsError) -> String {
    format!("The password is not kept and has to be typed each time: {error}.")
}

fn password_needed(user: &str, name: &str, refusal: Option<&SecretsError>) -> AppError {
    let because = refusal.map(|refusal| format!(" It is not kept: {refusal}.")).unwrap_or_default();
    let message = Seamed::of(&format_args!("The password of {user} is needed for the connection {name}.{because}"));
    AppError::new("password_needed", message, "Type it; it is used for this opening and not written anywhere.")
}

impl From<Misread> for AppError {
    fn from(error: Misread) -> Self {
        Self::of("bad_connection_string", &error, error.hint())
    }
}

#[cfg(test)]
mod tests {
    use es_core::Secret;

    use super::super::memory::MemorySecrets;
    use super::*;

    fn book(secrets: MemorySecrets) -> (tempfile::TempDir, Book) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataFolder::at(folder.path().to_owned()).expect("a data folder");
        (folder, Book::new(&data, Arc::new(secrets)))
    }

    fn passwords(text: &str) -> Passwords {
        Passwords { login: Some(Secret::new(text)), side: None }
    }

    fn draft(text: &str, password: PasswordChange) -> Draft {
        let target = parse(text).expect("understood").target;
        Draft { id: None, name: "Live".to_owned(), target, marks: Marks::default(), password }
    }

    #[test]
    fn a_password_is_kept_in_the_keyring_and_found_there() {
        let (folder, book) = book(MemorySecrets::default());
        let kept = PasswordChange::Keep(passwords("hunter2"));
        let saved = book.save(draft("postgres://ada@localhost/d", kept)).expect("added");
        assert_eq!((saved.connection.password, saved.notes.as_slice()), (PasswordRule::Keyring, &[][..]));
        let chosen = book.choose(&saved.connection, Passwords::default()).expect("nothing has to be typed");
        assert_eq!(chosen.passwords, passwords("hunter2"));
        let typed = book.choose(&saved.connection, passwords("other")).expect("typed");
        assert_eq!(typed.passwords, passwords("other"), "what is typed comes first");
        for file in std::fs::read_dir(folder.path()).expect("readable").flatten() {
            let text = std::fs::read_to_string(file.path()).expect("text");
            assert!(!text.contains("hunter2"), "{} holds the password", file.path().display());
        }
    }

    #[test]
    fn without_a_keyring_a_password_is_asked_for_each_time_and_that_is_said() {
        let (_folder, book) = book(MemorySecrets::missing());
        let kept = PasswordChange::Keep(passwords("hunter2"));
        let saved = book.save(draft("postgres://ada@localhost/d", kept)).expect("added all the same");
        assert_eq!(saved.connection.password, PasswordRule::AskEachTime);
        assert!(
            saved.notes.iter().any(|note| note.contains("each time") && note.contains("keyring")),
            "{:?}",
            saved.notes
        );
        let error = book.choose(&saved.connection, Passwords::default()).expect_err("it has to be typed");
        assert_eq!(error.code, "password_needed");
        assert!(error.message.contains("ada") && error.message.contains("keyring"), "{}", error.message);
        book.choose(&saved.connection, passwords("hunter2")).expect("typed");
    }

    #[test]
    fn a_password_is_not_sent_to_a_server_that_it_was_not_meant_for() {
        let (_folder, book) = book(MemorySecrets::default());
        let kept = PasswordChange::Keep(passwords("hunter2"));
        let saved = book.save(draft("postgres://ada@localhost/d", kept)).expect("added").connection;
        let edited = |text: &str| Draft { id: Some(saved.id), ..draft(text, PasswordChange::Leave) };
        let same = book.save(edited("postgres://ada@localhost/other?schema=s")).expect("changed").connection;
        assert_eq!(same.password, PasswordRule::Keyring, "another database of the same server");
        let moved = book.save(edited("postgres://ada@evil.example/d?sslmode=verify-full")).expect("changed");
        assert_eq!(moved.connection.password, PasswordRule::AskEachTime);
        assert!(moved.notes.iter().any(|note| note.contains("forgotten")), "{:?}", moved.notes);
        assert_eq!(book.secrets.fetch(saved.id, super::super::Login::Store), Ok(None), "it is not there any more");
    }

    #[test]
    fn what_is_tried_is_marked_as_its_draft_says() {
        let (_folder, book) = book(MemorySecrets::default());
        let kept = PasswordChange::Keep(passwords("hunter2"));
        let saved = book.save(draft("postgres://ada@localhost/d", kept.clone())).expect("added").connection;
        let marks = Marks { read_only: true, production: true, ..Marks::default() };
        for (id, password) in [(None, kept), (Some(saved.id), PasswordChange::Leave)] {
            let marked = Draft { id, marks: marks.clone(), ..draft("postgres://ada@localhost/d", password) };
            assert_eq!(book.choose_draft(marked).expect("chosen").marks, marks, "tried as it would be opened");
        }
    }

    #[test]
    fn a_removed_connection_leaves_no_password_behind() {
        let (_folder, book) = book(MemorySecrets::default());
        let kept = PasswordChange::Keep(passwords("hunter2"));
        let saved = book.save(draft("postgres://ada@localhost/d", kept)).expect("added").connection;
        book.remove(saved.id).expect("removed");
        assert_eq!(book.secrets.fetch(saved.id, super::super::Login::Store), Ok(None));
        assert_eq!(
            book.save(Draft { id: Some(saved.id), ..draft("/a", PasswordChange::None) }).expect_err("gone").code,
            "no_such_connection"
        );
    }

    #[test]
    fn a_store_is_found_by_string_name_or_path() {
        let (folder, book) = book(MemorySecrets::default());
        let live = book.save(draft("postgres://ada@localhost/d", PasswordChange::None)).expect("added").connection;
        let listed = |text: &str| matches!(book.find(text), Ok(Named::Listed(found)) if found.id == live.id);
        let direct = |text: &str| matches!(book.find(text), Ok(Named::Direct(_)));
        assert!(listed("Live") && listed("live"), "by name");
        assert!(direct("./Live") && direct("sqlite:Live") && direct("esdb://h"), "said otherwise");
        assert!(direct("nothing of the list"), "a file that may be missing");
        assert_eq!(book.find("mysql://a:hunter2@h").expect_err("unknown").code, "bad_connection_string");
        std::fs::write(folder.path().join("connections.json"), "{").expect("damaged");
        assert!(direct("./some/file"), "a damaged list does not keep files from being opened");
        assert_eq!(book.find("Live").expect_err("unknown").code, "connections_damaged");
    }
}
