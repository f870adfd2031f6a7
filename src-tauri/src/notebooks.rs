//! Notebooks that people keep: a file each in the user's data folder.
//!
//! A file that does not parse is listed with the reason and never written over: it may be of a newer version of the program, or
//! somebody may want to mend it.

use bank::language::Seamed;
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inspector::limits;
use inspector::notebook::{EditError, NOTEBOOK_EXTENSION, Notebook, NotebookError, Removed};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::settings::DataFolder;
use crate::wire::AppError;

const FOLDER: &str = "notebooks";
/// Most notebooks that are listed: a list that a person looks through.
const MOST: usize = 1000;

/// A notebook in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// What it is called; the file's name if it cannot be read.
    pub title: String,
    /// How many pins it has.
    pub pins: usize,
    /// When it was changed.
    pub changed_at: Option<DateTime<Utc>>,
    /// Why it cannot be read, if so.
    pub problem: Option<NotebookError>,
}

/// The files.
pub struct Notebooks {
    folder: PathBuf,
    /// Held while a file is changed.
    changing: Mutex<()>,
    /// What was taken out of each notebook since the program was started, the latest last.
    removed: Mutex<HashMap<Uuid, Vec<Removed>>>,
}

impl From<NotebookError> for AppError {
    fn from(error: NotebookError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<EditError> for AppError {
    fn from(error: EditError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl Notebooks {
    /// The files in a data folder, which may not be there yet.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { folder: folder.path().join(FOLDER), changing: Mutex::default(), removed: Mutex::default() }
    }

    /// All notebooks, the one that was changed last first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, AppError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&self.folder, "read", &error)),
        };
        let mut listed = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()).take(MOST * 4) {
            let id = path.file_stem().and_then(|stem| Uuid::try_parse(&stem.to_string_lossy()).ok());
            let is_notebook = path.extension().is_some_and(|extension| extension == NOTEBOOK_EXTENSION);
            if let Some(id) = id.filter(|_| is_notebook) {
                listed.push(self.listed(id, &path)?);
            }
        }
        listed.sort_by_key(|one| (std::cmp::Reverse(one.changed_at), one.id));
        listed.truncate(MOST);
        Ok(listed)
    }

    fn listed(&self, id: Uuid, path: &Path) -> Result<Listed, AppError> {
        let parsed = Notebook::parse(&read(path, limits::NOTEBOOK_BYTES)?);
        Ok(match parsed {
            Ok(notebook) => Listed {
                id,
                pins: notebook.pins().count(),
                changed_at: Some(notebook.changed_at),
                title: notebook.title,
                problem: None,
            },
            Err(problem) => {
                tracing::warn!(path = %path.display(), %problem, "a notebook cannot be read");
                Listed { id, title: path.display().to_string(), pins: 0, changed_at: None, problem: Some(problem) }
            }
        })
    }

    /// A notebook.
    ///
    /// # Errors
    /// It is not there, or its file cannot be read or is none.
    pub fn load(&self, id: Uuid) -> Result<Notebook, AppError> {
        let path = self.path(id);
        if !path.exists() {
            return Err(gone(id));
        }
        let mut notebook = Notebook::parse(&read(&path, limits::NOTEBOOK_BYTES)?)?;
        // A file that somebody has copied under another name is the notebook of that name.
        notebook.id = id;
        Ok(notebook)
    }

    /// Keeps a new notebook.
    ///
    /// # Errors
    /// It is there already, or the file cannot be written.
    pub fn add(&self, notebook: &Notebook) -> Result<(), AppError> {
        let _one_at_a_time = self.changing.lock();
        notebook.check()?;
        self.write(notebook)
    }

    /// Changes a notebook; a change that is refused leaves it as it was.
    ///
    /// # Errors
    /// The change is refused, it is not there, or its file cannot be read or written.
    pub fn change(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut Notebook) -> Result<(), AppError>,
    ) -> Result<Notebook, AppError> {
        let _one_at_a_time = self.changing.lock();
        let before = self.load(id)?;
        let mut notebook = before.clone();
        change(&mut notebook)?;
        if notebook != before {
            notebook.changed_at = now;
            self.write(&notebook)?;
        }
        Ok(notebook)
    }

    /// Takes a cell out; it can be put back while the program runs.
    ///
    /// # Errors
    /// As [`Notebooks::change`].
    pub fn remove_cell(&self, id: Uuid, cell: Uuid, now: DateTime<Utc>) -> Result<Notebook, AppError> {
        let mut taken = None;
        let notebook = self.change(id, now, |notebook| {
            taken = Some(notebook.remove(cell)?);
            Ok(())
        })?;
        let mut removed = self.removed.lock();
        let of_this = removed.entry(id).or_default();
        of_this.extend(taken);
        if of_this.len() > limits::NOTEBOOK_UNDO {
            of_this.remove(0);
        }
        Ok(notebook)
    }

    /// Puts back what was taken out last.
    ///
    /// # Errors
    /// Nothing was taken out, or as [`Notebooks::change`].
    pub fn undo(&self, id: Uuid, now: DateTime<Utc>) -> Result<Notebook, AppError> {
        let last = self.removed.lock().get(&id).and_then(|removed| removed.last().cloned());
        let last = last.ok_or_else(|| {
            AppError::new("nothing_to_undo", "Nothing was removed from this notebook.", "There is nothing to do.")
        })?;
        let notebook = self.change(id, now, |notebook| Ok(notebook.restore(last)?))?;
        if let Some(removed) = self.removed.lock().get_mut(&id) {
            removed.pop();
        }
        Ok(notebook)
    }

    /// How many removals can be undone.
    #[must_use]
    pub fn undoable(&self, id: Uuid) -> usize {
        self.removed.lock().get(&id).map_or(0, Vec::len)
    }

    /// Deletes a notebook for good.
    ///
    /// # Errors
    /// It is not there, or the file cannot be removed.
    pub fn delete(&self, id: Uuid) -> Result<(), AppError> {
        let _one_at_a_time = self.changing.lock();
        let path = self.path(id);
        self.removed.lock().remove(&id);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(gone(id)),
            Err(error) => Err(failed(&path, "removed", &error)),
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string()).with_extension(NOTEBOOK_EXTENSION)
    }

    /// Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
    fn write(&self, notebook: &Notebook) -> Result<(), AppError> {
        let path = self.path(notebook.id);
        let fresh = path.with_extension("json.new");
        let write = || {
            std::fs::create_dir_all(&self.folder)?;
            let mut file = for_its_owner().create(true).write(true).truncate(true).open(&fresh)?;
            file.write_all(notebook.to_text().as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, &path)
        };
        write().map_err(|error| failed(&path, "written", &error))
    }
}

/// What a bank's events say is nobody else's business.
fn for_its_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The text of a file, if it is no longer than may be.
///
/// # Errors
/// It cannot be read, is too long, or is no text.
pub(crate) fn read(path: &Path, most: u64) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| failed(path, "read", &error))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| failed(path, "read", &error))?;
    if bytes.len() as u64 > most {
        let message = Seamed::of(&format_args!("The file {} is larger than {most} bytes.", path.display()));
        return Err(AppError::new("file_too_large", message, "Divide the notebook into several ones."));
    }
    String::from_utf8(bytes).map_err(|error| {
        let message = Seamed::of(&format_args!("The file {} is no UTF-8 text: {error}.", path.display()));
        AppError::new("not_a_notebook", message, "Choose a report that was exported from a notebook.")
    })
}

fn failed(path: &Path, what: &str, error: &io::Error) -> AppError {
    let message = Seamed::of(&format_args!("{} cannot be {what}: {error}.", path.display()));
    AppError::new("io", message, "Correct the file's permissions, or free some space, then try again.").retryable()
}

fn gone(id: Uuid) -> AppError {
    AppError::not_found("notebook", &id.to_string(), "Choose one of the list; it may have been deleted.")
}

#[cfg(test)]
mod tests {
    use inspector::notebook::Cell;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400, 0).expect("in range")
    }

    fn files() -> (tempfile::TempDir, Notebooks) {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().to_owned()).expect("created");
        (temporary, Notebooks::new(&folder))
    }

    fn with_texts(files: &Notebooks, texts: u128) -> Uuid {
        let notebook = Notebook::new(Uuid::from_u128(100), "Findings", now());
        files.add(&notebook).expect("kept");
        for number in 1..=texts {
            let id = Uuid::from_u128(number);
            let changed = files.change(notebook.id, now(), |notebook| {
                Ok(notebook.add_text(notebook.cells.last().map(Cell::id), id, format!("text {number}"))?)
            });
            changed.expect("there is room");
        }
        notebook.id
    }

    fn texts(notebook: &Notebook) -> Vec<&str> {
        let text = |cell: &'_ Cell| match cell {
            Cell::Text(_) => true,
            Cell::Pin(_) => false,
        };
        assert!(notebook.cells.iter().all(text), "only texts");
        notebook.cells.iter().map(|cell| if let Cell::Text(text) = cell { &*text.text } else { "" }).collect()
    }

    #[test]
    fn what_was_removed_comes_back_where_it_stood_one_after_the_other() {
        let (_temporary, files) = files();
        let id = with_texts(&files, 3);
        files.remove_cell(id, Uuid::from_u128(2), now()).expect("removed");
        let left = files.remove_cell(id, Uuid::from_u128(1), now()).expect("removed");
        assert_eq!((texts(&left), files.undoable(id)), (vec!["text 3"], 2));
        files.undo(id, now()).expect("the last one");
        let whole = files.undo(id, now()).expect("the one before");
        assert_eq!(texts(&whole), ["text 1", "text 2", "text 3"], "each is where it was");
        assert_eq!(files.undo(id, now()).expect_err("nothing is left").code, "nothing_to_undo");
        assert_eq!(files.load(id).expect("kept"), whole, "it is in the file");
    }

    #[test]
    fn a_refused_change_leaves_the_file_as_it_was() {
        let (temporary, files) = files();
        let id = with_texts(&files, 1);
        let path = temporary.path().join(FOLDER).join(format!("{id}.json"));
        let before = std::fs::read(&path).expect("there");
        let refused = files.change(id, now(), |notebook| {
            notebook.rename("Another")?;
            Ok(notebook.move_to(Uuid::from_u128(9), 0)?)
        });
        assert_eq!(refused.expect_err("no such cell").code, "no_such_cell");
        assert_eq!(std::fs::read(&path).expect("there"), before, "not even the title");
    }

    #[test]
    fn a_file_that_is_no_notebook_is_listed_with_the_reason_and_never_written_over() {
        let (temporary, files) = files();
        let id = with_texts(&files, 1);
        let path = temporary.path().join(FOLDER).join(format!("{id}.json"));
        let newer = r#"{"format":"ledgerscope-notebook","version":99}"#;
        std::fs::write(&path, newer).expect("written");
        let listed = files.list().expect("the folder is there");
        assert!(matches!(listed[0].problem, Some(NotebookError::Newer { found: 99 })), "{listed:?}");
        let refused = files.change(id, now(), |notebook| Ok(notebook.rename("x")?));
        assert_eq!(refused.expect_err("it cannot be read").code, "newer_notebook");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), newer);
    }

    #[cfg(unix)]
    #[test]
    fn a_notebook_is_readable_by_its_owner_only_and_gone_when_it_is_deleted() {
        use std::os::unix::fs::PermissionsExt;
        let (temporary, files) = files();
        let id = with_texts(&files, 0);
        let path = temporary.path().join(FOLDER).join(format!("{id}.json"));
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
        files.delete(id).expect("deleted");
        assert!(files.list().expect("listed").is_empty() && !path.exists());
        assert_eq!(files.load(id).expect_err("gone").code, "not_found");
    }
}
