//! Long work on read models: what is under way and how it ended, for a window that was elsewhere meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::tasks::Task;
use crate::wire::{AppError, Progress, ProjectionTask, ProjectionTaskKind, RebuildEnd, RebuildReport};

/// What is under way for each read model, and how its last rebuild ended.
#[derive(Clone, Default)]
pub(super) struct Upkeep(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Default)]
struct Entry {
    /// A second task for the same read model is refused by the engine, but is here until then.
    running: Vec<ProjectionTask>,
    last: Option<RebuildEnd>,
}

impl Upkeep {
    /// Begins long work on a read model.
    pub(super) fn begin(&self, name: &str, kind: ProjectionTaskKind, keeps: bool, task: Task) -> Job {
        let shown = ProjectionTask { task_id: task.id().to_owned(), kind, keeps, progress: task.latest() };
        self.0.lock().entry(name.to_owned()).or_default().running.push(shown);
        Job { upkeep: self.clone(), name: name.to_owned(), task }
    }

    /// What is under way for a read model, and how its last rebuild ended.
    pub(super) fn of(&self, name: &str) -> (Option<ProjectionTask>, Option<RebuildEnd>) {
        let entries = self.0.lock();
        entries.get(name).map(|entry| (entry.running.first().cloned(), entry.last.clone())).unwrap_or_default()
    }

    /// Forgets how the last rebuild ended.
    pub(super) fn dismiss(&self, name: &str) {
        if let Some(entry) = self.0.lock().get_mut(name) {
            entry.last = None;
        }
    }
}

/// Long work that is under way. Dropping it takes it off the list, however it ended.
pub(super) struct Job {
    upkeep: Upkeep,
    name: String,
    task: Task,
}

impl Job {
    /// Tells how far it is, to the window that began it and to whoever asks.
    pub(super) fn report(&self, progress: &es_runtime::Progress) {
        self.task.report(&phase(progress.phase), progress.done, progress.total);
        let latest: Progress = self.task.latest();
        if let Some(entry) = self.upkeep.0.lock().get_mut(&self.name)
            && let Some(shown) = entry.running.iter_mut().find(|shown| shown.task_id == self.task.id())
        {
            shown.progress = latest;
        }
    }

    /// Cancelled when it should stop.
    pub(super) fn token(&self) -> &tokio_util::sync::CancellationToken {
        self.task.token()
    }

    /// Keeps how a rebuild ended.
    pub(super) fn end(self, ended: Result<RebuildReport, AppError>) -> Result<RebuildReport, AppError> {
        let end = RebuildEnd { report: ended.as_ref().ok().cloned(), error: ended.as_ref().err().cloned() };
        self.upkeep.0.lock().entry(self.name.clone()).or_default().last = Some(end);
        ended
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(entry) = self.upkeep.0.lock().get_mut(&self.name) {
            entry.running.retain(|shown| shown.task_id != self.task.id());
        }
    }
}

/// A phase as people see it: `reading the log` → `Reading the log`.
pub(super) fn phase(phase: &str) -> String {
    crate::errors::sentence(phase).trim_end_matches('.').to_owned()
}
