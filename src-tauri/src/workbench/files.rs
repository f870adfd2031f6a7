//! Exports of the open store into files, and imports from them.

use std::path::PathBuf;
use std::sync::Arc;

use es_core::EventStore;
use es_runtime::{CancellationToken, FileFormat, ProgressSink};
use tokio::sync::oneshot;

use super::{FileWanted, Workbench};
use crate::composition::{self, Access};
use crate::connections::Chosen;
use crate::files::{self, Imported, Outgoing};
use crate::journal::Journal;
use crate::tasks::Task;
use crate::wire::{AppError, ExportFormat, ExportReport, ExportRequest, ImportReport, ImportRequest};

/// A task as what the engine tells its progress to.
fn sink(task: Task) -> (Arc<dyn ProgressSink>, CancellationToken) {
    let stop = task.token().clone();
    let told = move |progress: &es_runtime::Progress| task.report(phase(progress.phase), progress.done, progress.total);
    (Arc::new(told), stop)
}

/// What an engine's phase is for people.
fn phase(phase: &str) -> &str {
    match phase {
        "exported" => "Exporting events",
        "read" => "Reading the file",
        "examined" => "Comparing the file with the store",
        "copied" => "Importing events",
        "compared" => "Verifying what was imported",
        other => other,
    }
}

impl Workbench {
    /// Exports everything that matches into a file; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// No store is open, the query is none, the file cannot be written, the store fails, or it was cancelled.
    pub async fn export_events(&self, request: ExportRequest, task: Task) -> Result<Option<ExportReport>, AppError> {
        let session = self.session()?;
        let (reader, selected) = session.selected(request.query.clone()).await?;
        let format = match request.format {
            ExportFormat::Ndjson => FileFormat::Ndjson,
            ExportFormat::Csv => FileFormat::Csv,
        };
        // Whoever chose a file in the dialog was asked there whether it may be replaced.
        let (path, replace) = match request.path {
            Some(path) => (PathBuf::from(path), false),
            None => match self.ask_for(FileWanted::Export { extension: format.extension() }).await {
                Some(path) => (path, true),
                None => return Ok(None),
            },
        };
        let outgoing = Outgoing {
            reader,
            store: session.chosen().target.to_string(),
            query: request.query,
            filter: selected.filter,
            sieve: selected.sieve,
            format,
            path: path.clone(),
            replace,
        };
        let (progress, stop) = sink(task);
        let report = files::export(outgoing, &Journal::new(&self.folder), &*progress, &stop).await?;
        Ok(Some(ExportReport {
            path: path.display().to_string(),
            events: report.events.to_string(),
            bytes: report.bytes.to_string(),
            sha256: report.sha256.to_hex(),
            through: report.through.to_string(),
            partial_streams: report.partial_streams.to_string(),
            undecided: report.undecided.to_string(),
        }))
    }

    /// Imports a file into the open store, which has to be empty or hold a beginning of it; nothing if the dialog was dismissed.
    /// Nobody else may write meanwhile, so the store is closed for everything but the import, and opened again.
    ///
    /// # Errors
    /// The file is none of events, lacks earlier events of a stream, or the store holds something else, cannot be written or fails.
    pub async fn import_events(&self, request: ImportRequest, task: Task) -> Result<Option<ImportReport>, AppError> {
        let session = self.session()?;
        session.writable()?;
        let path = match request.path {
            Some(path) => PathBuf::from(path),
            None => match self.ask_for(FileWanted::Import).await {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let _one_at_a_time = self.opening.lock().await;
        let chosen = session.chosen().clone();
        session.close().await;
        let imported = self.import_into(&chosen, (path.clone(), request.renumber), task).await;
        self.reopen(chosen).await?;
        let Imported { events, report } = imported?;
        let comparison = report.comparison.as_ref();
        Ok(Some(ImportReport {
            path: path.display().to_string(),
            events: events.to_string(),
            already: report.already.to_string(),
            imported: report.copied.to_string(),
            equal: comparison.is_some_and(es_runtime::CopyComparison::equal),
            identical: comparison.is_some_and(es_runtime::CopyComparison::identical),
            notes: report.notes.iter().map(|(kind, note)| format!("{}: {}", note.count, kind.told())).collect(),
            differences: comparison
                .map(|comparison| comparison.differences.iter().map(|found| found.message.clone()).collect())
                .unwrap_or_default(),
            cancelled: report.cancelled,
        }))
    }

    async fn import_into(&self, chosen: &Chosen, file: (PathBuf, bool), task: Task) -> Result<Imported, AppError> {
        let events = composition::open_events(chosen, Access::Write).await?;
        let target: Arc<dyn EventStore> = events.clone();
        let (progress, stop) = sink(task);
        let store = chosen.target.to_string();
        let imported = files::import(file, (target, store), &Journal::new(&self.folder), progress, &stop).await;
        events.close().await;
        imported
    }

    /// Lets the user choose a file; nothing if the dialog was dismissed.
    pub(super) async fn ask_for(&self, wanted: FileWanted) -> Option<PathBuf> {
        let (answer, answered) = oneshot::channel();
        (self.choose)(wanted, answer);
        // A dialog that went away without an answer was dismissed.
        answered.await.unwrap_or(None)
    }
}
