//! Long work between stores that are not the open one: it goes on whatever the window shows, one of a kind at a time, and how
//! the last one ended is kept for a window that was elsewhere meanwhile.

use bank::language::Seamed;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::composition::is_same_place;
use crate::connections::{Chosen, Target};
use crate::tasks::Task;
use crate::wire::{AppError, Progress};

/// Work of one kind: what is under way, and how the last one ended.
pub(super) struct Lasting<R>(Arc<Mutex<Option<Entry<R>>>>);

struct Entry<R> {
    task_id: String,
    title: String,
    /// The stores that are written: nobody else may write to them meanwhile.
    writes: Vec<Chosen>,
    progress: Progress,
    /// Nothing while it is under way.
    ended: Option<Result<R, AppError>>,
}

/// What is known of the work that is under way or was the last.
pub(super) struct Shown<R> {
    pub task_id: String,
    pub title: String,
    pub progress: Progress,
    pub ended: Option<Result<R, AppError>>,
}

impl<R> Default for Lasting<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R: Clone> Lasting<R> {
    /// Begins work.
    ///
    /// # Errors
    /// `busy`: the last one has not ended.
    pub(super) fn begin(&self, title: String, writes: Vec<Chosen>, task: Task) -> Result<Running<R>, AppError> {
        let mut entry = self.0.lock();
        if let Some(running) = entry.as_ref().filter(|entry| entry.ended.is_none()) {
            let message = Seamed::of(&format_args!("{} is under way.", running.title));
            return Err(AppError::new("busy", message, "Wait for its end, or stop it.").retryable());
        }
        let (task_id, progress) = (task.id().to_owned(), task.latest());
        *entry = Some(Entry { task_id, title, writes, progress, ended: None });
        Ok(Running { lasting: Self(Arc::clone(&self.0)), task, ended: false })
    }

    /// What is under way, or how the last one ended.
    pub(super) fn shown(&self) -> Option<Shown<R>> {
        let entry = self.0.lock();
        entry.as_ref().map(|entry| Shown {
            task_id: entry.task_id.clone(),
            title: entry.title.clone(),
            progress: entry.progress.clone(),
            ended: entry.ended.clone(),
        })
    }

    /// Refuses a store that is being written.
    ///
    /// # Errors
    /// `busy`, with what is under way.
    pub(super) fn refuse_if_written(&self, target: &Target) -> Result<(), AppError> {
        let entry = self.0.lock();
        let writes = entry.as_ref().filter(|entry| entry.ended.is_none());
        match writes.filter(|entry| entry.writes.iter().any(|chosen| is_same_place(&chosen.target, target))) {
            None => Ok(()),
            Some(entry) => {
                let message =
                    Seamed::of(&format_args!("{} is under way: nobody else may write there meanwhile.", entry.title));
                Err(AppError::new("busy", message, "Wait for its end, or stop it under Connections.").retryable())
            }
        }
    }
}

/// Work that is under way. It ends when it is told to, or, broken off, when it is dropped.
pub(super) struct Running<R> {
    lasting: Lasting<R>,
    task: Task,
    ended: bool,
}

impl<R: Clone> Running<R> {
    /// Tells how far it is, to the window that began it and to whoever asks.
    pub(super) fn report(&self, progress: &es_runtime::Progress) {
        let phase = crate::errors::sentence(progress.phase);
        self.task.report(phase.trim_end_matches('.'), progress.done, progress.total);
        if let Some(entry) = &mut *self.lasting.0.lock() {
            entry.progress = self.task.latest();
        }
    }

    /// Cancelled when it should stop.
    pub(super) fn token(&self) -> &tokio_util::sync::CancellationToken {
        self.task.token()
    }

    /// Keeps how it ended.
    pub(super) fn end(mut self, ended: Result<R, AppError>) -> Result<R, AppError> {
        self.keep(ended.clone());
        self.ended = true;
        ended
    }
}

impl<R> Running<R> {
    fn keep(&self, ended: Result<R, AppError>) {
        if let Some(entry) = &mut *self.lasting.0.lock() {
            entry.ended = Some(ended);
        }
    }
}

impl<R> Drop for Running<R> {
    fn drop(&mut self) {
        if !self.ended {
            let message = "It broke off in the middle of its work.";
            self.keep(Err(AppError::new("internal", message, "See the log, then try again.")));
        }
    }
}
