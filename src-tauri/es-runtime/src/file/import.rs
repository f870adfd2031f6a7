//! A file of events into a store: by the copy between stores, which goes on where it was stopped and compares both sides at the
//! end.

use std::sync::Arc;

use es_core::{EventStore, StreamName};
use tokio_util::sync::CancellationToken;

use super::source::{EventFile, FileError};
use crate::copy::{CopyError, CopyReport, StoreCopy};
use crate::progress::ProgressSink;

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is none of events.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file lacks earlier events of some streams, and nobody agreed to have them renumbered. Nothing was written.
    #[error("the file lacks earlier events of {streams} streams, the first of them {first}")]
    PartialStreams {
        /// How many.
        streams: u64,
        /// The first by name.
        first: StreamName,
    },
    /// The copy failed; whatever it calls the source is the file.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// An import of a file into a store that is empty or holds a beginning of it.
pub struct FileImport {
    file: Arc<EventFile>,
    renumber: bool,
}

impl FileImport {
    /// Of a file.
    #[must_use]
    pub fn new(file: EventFile) -> Self {
        Self { file: Arc::new(file), renumber: false }
    }

    /// Agrees that streams of which the file lacks earlier events begin with what is there, under other versions.
    #[must_use]
    pub fn renumbering(mut self) -> Self {
        self.renumber = true;
        self
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &EventFile {
        &self.file
    }

    /// Writes what the store does not have yet, and compares both sides. Stopped at any point, the next run goes on.
    ///
    /// # Errors
    /// [`ImportError::PartialStreams`] unless renumbering is agreed to; the store holds something else, or refuses an event.
    pub async fn run(
        &self,
        target: Arc<dyn EventStore>,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<CopyReport, ImportError> {
        if let Some((streams, first)) = self.file.partial_streams().filter(|_| !self.renumber) {
            return Err(ImportError::PartialStreams { streams, first: first.clone() });
        }
        Ok(StoreCopy::new(self.file.clone(), target).run(progress, cancel).await?)
    }
}

impl ImportError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(FileError::Io { .. }) => "file_unreadable",
            Self::File(FileError::Line { .. }) => "bad_export_file",
            Self::File(FileError::Cancelled) => "cancelled",
            Self::PartialStreams { .. } => "partial_streams",
            Self::Copy(error) => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File(FileError::Io { .. }) => "Check the path and the file's permissions. Nothing was written.",
            Self::File(FileError::Line { .. }) => {
                "Export it again: only a file that is exactly as it was exported is imported. Nothing was written."
            }
            Self::File(FileError::Cancelled) => "Nothing was written.",
            Self::PartialStreams { .. } => {
                "Export whole streams, or agree that versions are counted anew in these streams. Nothing was written."
            }
            Self::Copy(error) => error.hint(),
        }
    }
}
