//! The list of connections, kept in a file of the data folder. Passwords are never in it.

use bank::language::Seamed;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::Connection;
use crate::wire::AppError;

const FILE: &str = "connections.json";
/// The form of the file. A higher number was written by a newer version of the program.
const FORM: u32 = 1;
/// Longest name of a connection, in characters: it is typed to confirm a write to production.
pub const NAME_CHARACTERS: usize = 60;
/// Longest name of an environment, in characters: it stands in the window's band.
pub const ENVIRONMENT_CHARACTERS: usize = 24;

/// The list of connections.
#[derive(Debug, Clone)]
pub struct Catalogue {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    form: u32,
    connections: Vec<Connection>,
}

/// The form alone, readable also where the rest has changed.
#[derive(Deserialize)]
struct Form {
    form: u32,
}

impl Catalogue {
    /// The list that is kept in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join(FILE) }
    }

    /// All connections, by name.
    ///
    /// # Errors
    /// The file cannot be read: `connections_damaged`, `connections_newer`, `io`. It is left as it is.
    pub fn list(&self) -> Result<Vec<Connection>, AppError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let damaged = |error: serde_json::Error| {
            // Where, not what: somebody may have typed a password into the file.
            tracing::warn!(path = %self.path.display(), line = error.line(), column = error.column(), "not a list");
            self.damaged(error.line(), error.column())
        };
        let form = serde_json::from_str::<Form>(&text).map_err(damaged)?.form;
        if form > FORM {
            return Err(self.newer(form));
        }
        let mut connections = serde_json::from_str::<Stored>(&text).map_err(damaged)?.connections;
        connections.sort_by_cached_key(|connection| connection.name.to_lowercase());
        Ok(connections)
    }

    /// A connection by name, letters in either case.
    ///
    /// # Errors
    /// As [`Catalogue::list`].
    pub fn by_name(&self, name: &str) -> Result<Option<Connection>, AppError> {
        let wanted = name.trim().to_lowercase();
        Ok(self.list()?.into_iter().find(|connection| connection.name.to_lowercase() == wanted))
    }

    /// A connection by id.
    ///
    /// # Errors
    /// `not_found`, or as [`Catalogue::list`].
    pub fn by_id(&self, id: Uuid) -> Result<Connection, AppError> {
        self.list()?.into_iter().find(|connection| connection.id == id).ok_or_else(not_found)
    }

    /// Adds a connection, or replaces the one with the same id.
    ///
    /// # Errors
    /// A name that cannot be or is taken, or the file cannot be read or written; the list is then as it was.
    pub fn put(&self, mut connection: Connection) -> Result<Connection, AppError> {
        connection.name = name(&connection.name)?;
        connection.marks.environment = environment(&connection.marks.environment)?;
        self.change(|connections| {
            let lower = connection.name.to_lowercase();
            if connections.iter().any(|other| other.id != connection.id && other.name.to_lowercase() == lower) {
                let message = Seamed::of(&format_args!("There is a connection {} already.", connection.name));
                return Err(AppError::new("name_taken", message, "Choose another name. Nothing was changed."));
            }
            connections.retain(|other| other.id != connection.id);
            connections.push(connection.clone());
            Ok(())
        })?;
        Ok(connection)
    }

    /// Removes a connection. The store that it leads to stays.
    ///
    /// # Errors
    /// `not_found`, or the file cannot be read or written; the list is then as it was.
    pub fn remove(&self, id: Uuid) -> Result<Connection, AppError> {
        let mut removed = None;
        self.change(|connections| {
            let at = connections.iter().position(|connection| connection.id == id).ok_or_else(not_found)?;
            removed = Some(connections.remove(at));
            Ok(())
        })?;
        removed.ok_or_else(not_found)
    }

    /// Reads, changes and writes while no other window or command line does: each would lose the other's change.
    fn change(&self, change: impl FnOnce(&mut Vec<Connection>) -> Result<(), AppError>) -> Result<(), AppError> {
        let lock = File::create(self.path.with_extension("lock")).map_err(|error| self.failed("lock", &error))?;
        lock.lock().map_err(|error| self.failed("lock", &error))?;
        let mut connections = self.list()?;
        change(&mut connections)?;
        self.write(connections).map_err(|error| self.failed("write", &error))
    }

    /// Written beside, synced and renamed, so that a crash leaves the old or the new list, never half of one.
    fn write(&self, connections: Vec<Connection>) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(&Stored { form: FORM, connections })?;
        text.push('\n');
        let fresh = self.path.with_extension("json.new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)
    }

    fn failed(&self, verb: &str, error: &std::io::Error) -> AppError {
        let message = Seamed::of(&format_args!(
            "The list of connections {} cannot be {}: {error}.",
            self.path.display(),
            past(verb)
        ));
        AppError::new("io", message, "Check the folder's permissions and the room on its disk, then try again.")
    }

    fn damaged(&self, line: usize, column: usize) -> AppError {
        let path = self.path.display();
        let message = Seamed::of(&format_args!(
            "The list of connections {path} cannot be understood (line {line}, column {column})."
        ));
        let hint = "Correct the file, or move it away to begin with an empty list. It is left as it is until then; \
                    stores can be opened by path or connection string.";
        AppError::new("connections_damaged", message, hint)
    }

    fn newer(&self, form: u32) -> AppError {
        let path = self.path.display();
        let message = format!("The list of connections {path} has form {form}; this program knows forms up to {FORM}.");
        AppError::new("connections_newer", message, "Update Ledgerscope. The file is left as it is.")
    }
}

fn past(verb: &str) -> &str {
    match verb {
        "write" => "written",
        "lock" => "locked",
        other => other,
    }
}

fn not_found() -> AppError {
    AppError::new("no_such_connection", "There is no such connection (any more).", "Look at the list of connections.")
}

/// A name that people can type and that nobody takes for a path or a connection string.
fn name(text: &str) -> Result<String, AppError> {
    let name = text.trim();
    let fits = (1..=NAME_CHARACTERS).contains(&name.chars().count());
    // Such a name could not be told from a file or a connection string behind --store.
    if !fits || name.chars().any(char::is_control) || name.contains(['/', '\\', ':']) {
        let wanted = format!("1 to {NAME_CHARACTERS} characters without / \\ :");
        // Not repeated: a connection string that was pasted into the wrong field holds a password.
        let message = Seamed::of(&format_args!("A connection's name has {wanted}."));
        return Err(AppError::new("bad_argument", message, "Choose another name. Nothing was changed."));
    }
    Ok(name.to_owned())
}

fn environment(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.chars().count() > ENVIRONMENT_CHARACTERS || text.chars().any(char::is_control) {
        let message =
            Seamed::of(&format_args!("An environment's name has at most {ENVIRONMENT_CHARACTERS} characters."));
        return Err(AppError::new("bad_argument", message, "Choose a shorter one. Nothing was changed."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Colour, Marks, PasswordRule, parse};
    use super::*;

    fn connection(name: &str, text: &str) -> Connection {
        let target = parse(text).expect("understood").target;
        let marks = Marks { colour: Colour::Amber, production: true, ..Marks::default() };
        Connection { id: Uuid::new_v4(), name: name.to_owned(), target, password: PasswordRule::None, marks }
    }

    fn bare() -> (tempfile::TempDir, Catalogue) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalogue = Catalogue::in_folder(folder.path());
        (folder, catalogue)
    }

    #[test]
    fn connections_are_kept_changed_and_removed() {
        let (_folder, catalogue) = bare();
        assert_eq!(catalogue.list().expect("readable"), [], "there are none at first");
        let live = catalogue.put(connection("  Live ", "postgres://ada:hunter2@db/ledger")).expect("added");
        let test = catalogue.put(connection("a test", "/tmp/bank")).expect("added");
        assert_eq!(live.name, "Live", "blanks around a name are nobody's intention");
        let names: Vec<_> = catalogue.list().expect("readable").into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["a test", "Live"], "by name, letters in either case alike");
        let renamed = Connection { name: "Ledger".to_owned(), ..live.clone() };
        catalogue.put(renamed.clone()).expect("changed");
        assert_eq!(catalogue.by_id(live.id).expect("there"), renamed);
        assert_eq!(catalogue.by_name("LEDGER").expect("readable"), Some(renamed));
        assert_eq!(catalogue.remove(test.id).expect("removed"), test);
        assert_eq!(catalogue.list().expect("readable").len(), 1);
        assert_eq!(catalogue.remove(test.id).expect_err("gone").code, "no_such_connection");
    }

    #[test]
    fn the_file_holds_no_password_and_is_for_its_owner_only() {
        let (folder, catalogue) = bare();
        catalogue.put(connection("Live", "postgres://ada:hunter2@db/ledger")).expect("added");
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).expect("written");
        assert!(text.contains("ledger") && !text.contains("hunter2"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "nobody else may read hosts and users");
        }
    }

    #[test]
    fn a_damaged_file_is_named_and_nothing_of_it_is_lost() {
        let (folder, catalogue) = bare();
        let kept = catalogue.put(connection("Live", "postgres://db@h/d")).expect("added");
        let path = folder.path().join(FILE);
        let whole = fs::read_to_string(&path).expect("written");
        let cut = &whole[..whole.len() - 9];
        fs::write(&path, cut).expect("damaged");
        for error in [
            catalogue.list().expect_err("damaged"),
            catalogue.put(connection("New", "/x")).expect_err("must not write over it"),
            catalogue.remove(kept.id).expect_err("must not write over it"),
        ] {
            assert_eq!(error.code, "connections_damaged");
            assert!(error.message.contains(FILE) && error.message.contains("line"), "{}", error.message);
        }
        assert_eq!(fs::read_to_string(&path).expect("there"), cut, "the file is as it was");
        fs::write(&path, &whole).expect("repaired");
        assert_eq!(catalogue.list().expect("readable again"), [kept]);
    }

    #[test]
    fn a_list_of_a_newer_program_is_left_alone() {
        let (folder, catalogue) = bare();
        let text = r#"{"form":2,"groups":[],"connections":"elsewhere"}"#;
        fs::write(folder.path().join(FILE), text).expect("written");
        assert_eq!(catalogue.list().expect_err("newer").code, "connections_newer");
        assert_eq!(catalogue.put(connection("New", "/x")).expect_err("newer").code, "connections_newer");
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).expect("there"), text);
    }

    #[test]
    fn names_are_unique_and_no_connection_strings() {
        let (_folder, catalogue) = bare();
        catalogue.put(connection("Live", "/a")).expect("added");
        assert_eq!(catalogue.put(connection("LIVE", "/b")).expect_err("taken").code, "name_taken");
        for bad in ["", "  ", "a/b", "postgres://ada:hunter2@h/d", "a\nb", &"x".repeat(61)] {
            let error = catalogue.put(connection(bad, "/b")).expect_err("no name");
            assert_eq!(error.code, "bad_argument", "{bad:?}");
            assert!(!error.message.contains("hunter2"), "{}", error.message);
        }
        assert_eq!(catalogue.list().expect("readable").len(), 1, "nothing was changed");
    }

    #[test]
    fn two_writers_at_once_lose_nothing() {
        let (_folder, catalogue) = bare();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let catalogue = &catalogue;
                scope.spawn(move || {
                    for number in 0..10 {
                        catalogue.put(connection(&format!("{writer} {number}"), "/x")).expect("added");
                    }
                });
            }
        });
        assert_eq!(catalogue.list().expect("readable").len(), 40, "every one is there");
    }
}
