//! Checkpoints: the bank that a scene begins with, made once and kept; and runs, the copies of it that are played on.
//!
//! Going back to a checkpoint means another run: nobody has its files open, so nothing that is still under way on the former
//! one can reach them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::{Clock, HostedStore, ManualClock, Position, ReadAll};
use es_runtime::Engine;
use inspector::scene::{Player, Scene, SceneError};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::composition::{self, Access, Store, views_path};
use crate::connections::{Chosen, Listed};
use crate::demo;
use crate::settings::DataFolder;
use crate::wire::AppError;

const FOLDER: &str = "stage";
const STORE: &str = "stage.ledgerscope";
/// Held by the program that plays on a run, or makes a checkpoint; what nobody holds was left behind by a crash.
const LOCK: &str = "lock";
const RUN: &str = "run-";
const UNFINISHED: &str = "new-";

/// The folder with checkpoints and runs.
#[derive(Debug, Clone)]
pub struct Stages {
    folder: PathBuf,
}

/// The bank that a scene begins with, closed and whole.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    folder: PathBuf,
    stages: Stages,
    clock: DateTime<Utc>,
}

/// A copy of a checkpoint that is played on. Gone when it is dropped.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    /// Begins where the checkpoint ends, and stands still unless a scene moves it.
    pub clock: Arc<ManualClock>,
    _lock: File,
}

/// A run, chosen to be opened: what is kept of a scene's store (saved queries, the history of commands) is kept for every run.
#[must_use]
pub fn stage_of(run: &Run, scene_id: &str, title: &str) -> Chosen {
    let id = Uuid::new_v5(&Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ledgerscope:stage"), scene_id.as_bytes());
    Chosen { of: Some(Listed { id, name: title.to_owned() }), ..Chosen::file(run.folder.join(STORE)) }
}

impl Stages {
    /// In a data folder; nothing needs to be there yet.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { folder: folder.path().join(FOLDER) }
    }

    /// In any folder.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The checkpoint of a scene, made if it is not there. Stopping or failing leaves nothing behind.
    ///
    /// # Errors
    /// Something before the checkpoint is refused, the files cannot be written, or it was stopped.
    pub async fn checkpoint(
        &self,
        scene: &Scene,
        stop: &CancellationToken,
        report: impl Fn(&str, u64, Option<u64>) + Send + Sync,
    ) -> Result<Checkpoint, AppError> {
        self.clear();
        let checkpoint = Checkpoint {
            folder: self.folder.join(name_of(scene)),
            stages: self.clone(),
            clock: scene.base.clock_at_checkpoint(),
        };
        if checkpoint.folder.join(STORE).exists() {
            return Ok(checkpoint);
        }
        let mut fresh = Unfinished::new(self.folder.join(format!("{UNFINISHED}{}", Uuid::new_v4())))?;
        let store = fresh.folder.join(STORE);
        if let Some(bank) = scene.base.bank {
            let told = |done| report("Simulating the bank", done, Some(bank.events.into()));
            demo::create(&store, bank.seed, bank.events, stop, told).await?;
        }
        prepare(scene, &store, stop, &report).await?;
        fresh.unlock();
        match fs::rename(&fresh.folder, &checkpoint.folder) {
            Ok(()) => Ok(checkpoint),
            // Another window has made the same one meanwhile.
            Err(_) if checkpoint.folder.join(STORE).exists() => Ok(checkpoint),
            Err(error) => Err(unwritable(&checkpoint.folder, &error)),
        }
    }

    /// Removes what nobody needs any more: what a crash has left behind, and checkpoints of other versions of the program.
    fn clear(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let (name, folder) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            let left = match name.starts_with(RUN) || name.starts_with(UNFINISHED) {
                true => File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()),
                false => !name.starts_with(&of_this_version()),
            };
            if left {
                // One that stays is removed the next time.
                let _ = fs::remove_dir_all(&folder);
            }
        }
    }
}

impl Checkpoint {
    /// A fresh copy to play on.
    ///
    /// # Errors
    /// The files cannot be copied.
    pub fn run(&self) -> Result<Run, AppError> {
        let folder = self.stages.folder.join(format!("{RUN}{}", Uuid::new_v4()));
        let made = fs::create_dir_all(&folder).and_then(|()| {
            let lock = locked(&folder)?;
            copy_store(&self.folder.join(STORE), &folder.join(STORE))?;
            Ok(lock)
        });
        match made {
            Ok(lock) => Ok(Run { folder, clock: Arc::new(ManualClock::new(self.clock)), _lock: lock }),
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                Err(unwritable(&folder, &error))
            }
        }
    }
}

impl Run {
    /// The store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.join(STORE)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // What stays because somebody still reads it is removed when a checkpoint is looked for the next time.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A checkpoint that is being made; what was not put in its place is nobody's.
struct Unfinished {
    folder: PathBuf,
    lock: Option<File>,
}

impl Unfinished {
    fn new(folder: PathBuf) -> Result<Self, AppError> {
        match fs::create_dir_all(&folder).and_then(|()| locked(&folder)) {
            Ok(lock) => Ok(Self { folder, lock: Some(lock) }),
            Err(error) => Err(unwritable(&folder, &error)),
        }
    }

    /// A checkpoint belongs to everybody.
    fn unlock(&mut self) {
        drop(self.lock.take());
        // One that stays does no harm.
        let _ = fs::remove_file(self.folder.join(LOCK));
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn locked(folder: &Path) -> io::Result<File> {
    let lock = File::create(folder.join(LOCK))?;
    lock.lock()?;
    Ok(lock)
}

/// Does what comes before the checkpoint, and lets read models catch up with it.
async fn prepare(
    scene: &Scene,
    path: &Path,
    stop: &CancellationToken,
    report: &(impl Fn(&str, u64, Option<u64>) + Send + Sync),
) -> Result<(), AppError> {
    let clock = Arc::new(ManualClock::new(scene.base.clock));
    let store = Store::open_by(Chosen::file(path), Access::Create, clock.clone()).await?;
    let mut parts = store.engine_parts(composition::domain()?);
    parts.config.process_concurrency = 1;
    let engine = Engine::new(parts);
    let done = async {
        not_before_the_bank(&*store.events, clock.now()).await?;
        Player::new(engine.clone(), clock).set_up(scene, stop).await?;
        let told = |progress: &es_runtime::Progress| report("Preparing the read models", progress.done, progress.total);
        let behind = engine
            .catch_up(None, &told, stop)
            .await
            .map_err(|error| AppError::of("stage_unprepared", &error, "Try again.").retryable())?;
        if let Some(first) = behind.first() {
            tracing::warn!(?first, "a read model of the checkpoint is behind");
        }
        Ok(())
    };
    let done = done.await;
    engine.shutdown().await;
    store.events.close().await;
    done
}

async fn not_before_the_bank(events: &dyn HostedStore, clock: DateTime<Utc>) -> Result<(), AppError> {
    let last = events.read_all(ReadAll::backward(Position::MAX, 1)).await?.events.into_iter().next();
    match last.filter(|last| last.recorded_at > clock) {
        None => Ok(()),
        Some(last) => {
            let place = "what the scene begins with".to_owned();
            Err(SceneError::ClockGoesBack { place, from: last.recorded_at, to: clock }.into())
        }
    }
}

/// Copies a closed store with its views, and whatever SQLite has not yet merged into either.
fn copy_store(from: &Path, to: &Path) -> io::Result<()> {
    for (from, to) in [(from.to_owned(), to.to_owned()), (views_path(from), views_path(to))] {
        fs::copy(&from, &to)?;
        let (from, to) = (with_log(&from), with_log(&to));
        if from.exists() {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

fn with_log(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The same base has the same checkpoint, in this version of the program.
fn name_of(scene: &Scene) -> String {
    let hash = Sha256::digest(scene.base.to_text());
    format!("{}{}", of_this_version(), hex::encode(&hash[..16]))
}

fn of_this_version() -> String {
    format!("{}-", env!("CARGO_PKG_VERSION"))
}

fn unwritable(path: &Path, error: &io::Error) -> AppError {
    let message = format!("The stage cannot be set up in {}: {error}.", path.display());
    AppError::new("stage_unwritable", message, "Correct the folder's permissions, or free some space.").retryable()
}
