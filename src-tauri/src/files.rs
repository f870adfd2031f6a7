//! Exports into files and imports from them, with the journal: what the window and the command line share.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{EventFilter, EventReader, EventStore};
use es_runtime::{
    CancellationToken, CopyReport, EventFile, Export, ExportReport, FileFormat, FileImport, ProgressSink, Sieve,
};

use crate::journal::{Entry, Journal};
use crate::wire::{AppError, EventQuery};

/// What an export writes, and what is said of it.
pub struct Outgoing {
    /// From where.
    pub reader: Arc<dyn EventReader>,
    /// The store, for the journal.
    pub store: String,
    /// Which events, for the journal.
    pub query: EventQuery,
    /// The same for the store.
    pub filter: EventFilter,
    /// What else has to hold.
    pub sieve: Option<Arc<dyn Sieve>>,
    /// How it is written.
    pub format: FileFormat,
    /// Where to.
    pub path: PathBuf,
    /// Whether a file that is there already may be replaced.
    pub replace: bool,
}

/// The file while it is being written.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

fn unwritable(path: &Path, error: &impl std::fmt::Display) -> AppError {
    let message = format!("The file {} cannot be written: {error}.", path.display());
    AppError::new("file_unwritable", message, "Choose another place, or free some space.")
}

/// Removes an unfinished file unless it was put in its place.
struct Unfinished {
    path: PathBuf,
    done: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.done {
            // One that was never made needs no removing.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A file that nobody has allowed to be replaced.
pub(crate) fn already_there(path: &Path) -> AppError {
    let message = format!("There is a file {} already.", path.display());
    AppError::new("file_exists", message, "Choose another name, or remove the file.")
}

/// Exports everything that matches. The file appears under its name when it is whole and stands in the journal.
///
/// # Errors
/// The file is there already or cannot be written, the store fails, or it was cancelled.
pub async fn export(
    outgoing: Outgoing,
    journal: &Journal,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<ExportReport, AppError> {
    let Outgoing { reader, store, query, filter, sieve, format, path, replace } = outgoing;
    let there = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || path.exists()).await.unwrap_or(true)
    };
    if there && !replace {
        return Err(already_there(&path));
    }
    let mut unfinished = Unfinished { path: unfinished(&path), done: false };
    let place = unfinished.path.clone();
    let file =
        tokio::task::spawn_blocking(move || File::create(&place)).await.map_err(|error| unwritable(&path, &error))?;
    let out = BufWriter::with_capacity(256 * 1024, file.map_err(|error| unwritable(&path, &error))?);
    let export = Export { reader, filter, sieve, format };
    let (report, out) = export.run(out, progress, cancel).await.map_err(|error| match error {
        es_runtime::ExportError::Store(error) => error.into(),
        es_runtime::ExportError::File(error) => unwritable(&path, &error),
    })?;
    let entry = Entry {
        what: "export",
        store,
        query: Some(query),
        file: path.clone(),
        events: report.events.to_string(),
        written: None,
        sha256: Some(report.sha256.to_hex()),
        outcome: "done".to_owned(),
    };
    let (journal, place, path) = (journal.clone(), unfinished.path.clone(), path);
    let placed = tokio::task::spawn_blocking(move || {
        let file = out.into_inner().map_err(|error| unwritable(&path, &error))?;
        file.sync_all().map_err(|error| unwritable(&path, &error))?;
        drop(file);
        journal.add(&entry)?;
        std::fs::rename(&place, &path).map_err(|error| unwritable(&path, &error))
    });
    placed
        .await
        .map_err(|error| AppError::new("io", format_args!("The export broke off: {error}."), "Try again."))??;
    unfinished.done = true;
    Ok(report)
}

/// An import that has ended.
pub struct Imported {
    /// Events in the file.
    pub events: u64,
    /// What became of them.
    pub report: CopyReport,
}

/// Imports a file into a store that is empty or holds a beginning of it. Begin and end stand in the journal.
///
/// # Errors
/// The file is none of events, lacks earlier events of a stream, the store holds something else, or fails.
pub async fn import(
    (path, renumber): (PathBuf, bool),
    (target, store): (Arc<dyn EventStore>, String),
    journal: &Journal,
    progress: Arc<dyn ProgressSink>,
    cancel: &CancellationToken,
) -> Result<Imported, AppError> {
    let file = EventFile::open(path.clone(), Arc::clone(&progress), cancel.clone()).await;
    let file = file.map_err(|error| AppError::from(es_runtime::ImportError::from(error)))?;
    let events = file.events();
    let entry = |outcome: &str, written: Option<u64>| Entry {
        what: "import",
        store: store.clone(),
        query: None,
        file: path.clone(),
        events: events.to_string(),
        written: written.map(|written| written.to_string()),
        sha256: None,
        outcome: outcome.to_owned(),
    };
    add(journal, entry("begun", None)).await?;
    let import = FileImport::new(file);
    let import = if renumber { import.renumbering() } else { import };
    let ended = import.run(target, &*progress, cancel).await;
    let ended_as = match &ended {
        Ok(report) if report.cancelled => entry("cancelled", Some(report.copied)),
        Ok(report) => entry("done", Some(report.copied)),
        Err(error) => entry(&error.to_string(), None),
    };
    add(journal, ended_as).await?;
    Ok(Imported { events, report: ended? })
}

async fn add(journal: &Journal, entry: Entry) -> Result<(), AppError> {
    let journal = journal.clone();
    let added = tokio::task::spawn_blocking(move || journal.add(&entry)).await;
    added.map_err(|error| AppError::new("io", format_args!("The journal broke off: {error}."), "Try again."))?
}
