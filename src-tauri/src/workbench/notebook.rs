//! Notebooks, and what is pinned in them.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use es_core::Language;
use inspector::notebook::{Checked, Notebook, Standing};
use inspector::{Pace, limits};
use uuid::Uuid;

use super::what_if::{blocking, file_name, with_extension};
use super::{FileWanted, Workbench};
use crate::files;
use crate::journal::Journal;
use crate::notebooks::Notebooks;
use crate::pinning::{self, Named, identity, tally};
use crate::session::notebook::{check_view, notebook_view, row_view};
use crate::tasks::Task;
use crate::wire::{
    AppError, NotebookEdit, NotebookRow, NotebookView, PinCheck, PinRequest, Pinned, ReportOpened, ReportRequest,
    ReportWritten,
};

/// Told while pins are checked.
const CHECKING: &str = "Checking pins";
/// Told while something is looked at that is to be pinned.
const PINNING: &str = "Pinning";
/// How names of reports end.
const REPORT: &str = "html";

fn id_of(text: &str) -> Result<Uuid, AppError> {
    Uuid::try_parse(text).map_err(|_| AppError::bad_argument("Id", text, "a UUID"))
}

fn language_of(text: &str) -> Result<Language, AppError> {
    Language::of_tag(text).ok_or_else(|| AppError::bad_argument("Language", text, "en or de"))
}

impl Workbench {
    /// Works on the files, on a thread that may wait for the disk.
    async fn with_notebooks<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Notebooks) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let notebooks = Arc::clone(&self.notebooks);
        blocking(move || work(&notebooks)).await
    }

    /// All notebooks, the one that was changed last first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn notebooks(&self) -> Result<Vec<NotebookRow>, AppError> {
        let listed = self.with_notebooks(Notebooks::list).await?;
        Ok(listed.into_iter().map(row_view).collect())
    }

    /// A notebook.
    ///
    /// # Errors
    /// It is not there, or its file cannot be read.
    pub async fn notebook(&self, id: &str) -> Result<NotebookView, AppError> {
        let id = id_of(id)?;
        self.with_notebooks(move |notebooks| Ok(notebook_view(&notebooks.load(id)?, notebooks.undoable(id)))).await
    }

    /// Begins a notebook.
    ///
    /// # Errors
    /// The title is none, or the file cannot be written.
    pub async fn create_notebook(&self, title: String) -> Result<NotebookView, AppError> {
        self.with_notebooks(move |notebooks| {
            let notebook = begun(&title)?;
            notebooks.add(&notebook)?;
            Ok(notebook_view(&notebook, 0))
        })
        .await
    }

    /// Changes a notebook.
    ///
    /// # Errors
    /// The change is refused, it is not there, or its file cannot be read or written.
    pub async fn change_notebook(&self, id: &str, edit: NotebookEdit) -> Result<NotebookView, AppError> {
        let id = id_of(id)?;
        self.with_notebooks(move |notebooks| {
            let notebook = changed(notebooks, id, edit)?;
            Ok(notebook_view(&notebook, notebooks.undoable(id)))
        })
        .await
    }

    /// Deletes a notebook for good.
    ///
    /// # Errors
    /// It is not there, or the file cannot be removed.
    pub async fn delete_notebook(&self, id: &str) -> Result<(), AppError> {
        let id = id_of(id)?;
        self.with_notebooks(move |notebooks| notebooks.delete(id)).await
    }

    /// Pins something as the open store has it, in a notebook or in a new one.
    ///
    /// # Errors
    /// No store is open, it is not there, it was cancelled, or the notebook cannot be changed.
    pub async fn pin(&self, request: PinRequest, task: Task) -> Result<Pinned, AppError> {
        let session = self.session()?;
        let notebook = request.notebook.as_deref().map(id_of).transpose()?;
        let at = request.at.as_deref().map(crate::session::arguments::position).transpose()?;
        let named = Named { id: Uuid::now_v7(), at: Utc::now(), title: request.title, address: request.address };
        let tell = |done, total| task.report(PINNING, done, Some(total));
        let pace = Pace { cancel: task.token(), tell: &tell };
        let pin = session.pinboard(task.token().clone()).pin(request.what, named, at, pace).await?;
        let (pinned, fresh) = (pin.id, request.notebook_title);
        let kept = self
            .with_notebooks(move |notebooks| {
                let id = match notebook {
                    Some(id) => id,
                    None => {
                        let notebook = begun(&fresh)?;
                        notebooks.add(&notebook)?;
                        notebook.id
                    }
                };
                notebooks.change(id, Utc::now(), |notebook| {
                    // A title may be made of anything; what does not fit in a line is cut.
                    let title = line_of(&pin.title);
                    notebook.pin(pin)?;
                    Ok(notebook.retitle(pinned, &title)?)
                })
            })
            .await?;
        Ok(Pinned { notebook: kept.id.to_string(), title: kept.title, pin: pinned.to_string() })
    }

    /// Checks every pin of a notebook against the open store.
    ///
    /// # Errors
    /// The notebook is not there, or it was cancelled.
    pub async fn check_notebook(&self, id: &str, language: &str, task: Task) -> Result<Vec<PinCheck>, AppError> {
        let (id, language) = (id_of(id)?, language_of(language)?);
        let notebook = self.with_notebooks(move |notebooks| notebooks.load(id)).await?;
        let checks = self.checked(&notebook, &task).await?;
        Ok(checks.iter().map(|checked| check_view(checked, language)).collect())
    }

    async fn checked(&self, notebook: &Notebook, task: &Task) -> Result<Vec<Checked>, AppError> {
        let Ok(session) = self.session() else {
            let unchecked = notebook.pins().map(|pin| Checked { pin: pin.id, standing: Standing::NoStore });
            return Ok(unchecked.collect());
        };
        let tell = |done, total| task.report(CHECKING, done, Some(total));
        session.pinboard(task.token().clone()).check(notebook, task.token(), &tell).await
    }

    /// Checks a notebook and writes it as a report; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// The notebook is not there, it was cancelled, the file is there already, or it cannot be written.
    pub async fn export_notebook(&self, request: ReportRequest, task: Task) -> Result<Option<ReportWritten>, AppError> {
        let (id, language) = (id_of(&request.notebook)?, language_of(&request.language)?);
        let notebook = self.with_notebooks(move |notebooks| notebooks.load(id)).await?;
        let (path, replace) = match request.path {
            Some(path) => (PathBuf::from(path), false),
            None => match self.ask_for(FileWanted::SaveReport { name: file_name(&notebook.title, "notebook") }).await {
                Some(path) => (path, true),
                None => return Ok(None),
            },
        };
        let path = if path.extension().is_some() { path } else { with_extension(path, REPORT) };
        let checks = self.checked(&notebook, &task).await?;
        let against = self.session().ok().map(|session| identity(session.chosen()));
        let (holds, broken, unknown) = tally(&checks);
        let journal = Journal::new(&self.folder);
        let told = path.display().to_string();
        let written = blocking(move || {
            if path.exists() && !replace {
                return Err(files::already_there(&path));
            }
            pinning::export((&notebook, &checks), against.as_ref(), language, Utc::now(), (&path, &journal))
        })
        .await?;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Some(ReportWritten {
            path: told,
            bytes: written.bytes.to_string(),
            sha256: written.sha256,
            holds: count(holds),
            broken: count(broken),
            unknown: count(unknown),
        }))
    }

    /// Reads a report back into a new notebook; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// The file cannot be read, holds no pins, they were changed, or the notebook cannot be written.
    pub async fn open_report(&self, path: Option<String>) -> Result<Option<ReportOpened>, AppError> {
        let path = match path {
            Some(path) => PathBuf::from(path),
            None => match self.ask_for(FileWanted::Report).await {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let opened = self.with_notebooks(move |notebooks| {
            let (mut notebook, text_intact) = pinning::open(&path)?;
            // A notebook of its own, whatever is there already.
            (notebook.id, notebook.changed_at) = (Uuid::now_v7(), Utc::now());
            notebooks.add(&notebook)?;
            Ok(ReportOpened { notebook: notebook_view(&notebook, 0), text_intact })
        });
        Ok(Some(opened.await?))
    }
}

fn begun(title: &str) -> Result<Notebook, AppError> {
    let mut notebook = Notebook::new(Uuid::now_v7(), title, Utc::now());
    notebook.rename(title)?;
    Ok(notebook)
}

/// A title in one line of at most as many letters as a title may have.
fn line_of(title: &str) -> String {
    let plain: String = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let plain = plain.trim();
    if plain.is_empty() {
        return "…".to_owned();
    }
    if plain.chars().count() <= limits::NOTEBOOK_TITLE {
        return plain.to_owned();
    }
    plain.chars().take(limits::NOTEBOOK_TITLE - 1).chain(['…']).collect()
}

fn changed(notebooks: &Notebooks, id: Uuid, edit: NotebookEdit) -> Result<Notebook, AppError> {
    let now = Utc::now();
    match edit {
        NotebookEdit::Rename { title } => notebooks.change(id, now, |notebook| Ok(notebook.rename(&title)?)),
        NotebookEdit::AddText { after, text } => {
            let after = after.as_deref().map(id_of).transpose()?;
            notebooks.change(id, now, |notebook| Ok(notebook.add_text(after, Uuid::now_v7(), text)?))
        }
        NotebookEdit::Write { cell, text } => {
            let cell = id_of(&cell)?;
            notebooks.change(id, now, |notebook| Ok(notebook.write(cell, text)?))
        }
        NotebookEdit::Retitle { cell, title } => {
            let cell = id_of(&cell)?;
            notebooks.change(id, now, |notebook| Ok(notebook.retitle(cell, &title)?))
        }
        NotebookEdit::Move { cell, to } => {
            let cell = id_of(&cell)?;
            notebooks.change(id, now, |notebook| Ok(notebook.move_to(cell, to as usize)?))
        }
        NotebookEdit::Remove { cell } => notebooks.remove_cell(id, id_of(&cell)?, now),
        NotebookEdit::Undo => notebooks.undo(id, now),
    }
}
