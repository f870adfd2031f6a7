//! What one window works with: at most one open store, the running tasks, and the way to tell the window something.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::{Mutex, oneshot};

use crate::connections::Chosen;
use crate::demo;
use crate::session::Session;
use crate::settings::{DataFolder, Settings};
use crate::tasks::{Task, Tasks};
use crate::wire::{AppError, AppInfo, HeadMoved, StoreChanged, StoreStatus};

/// Fewest and most events that a demo bank made in the window may have. The command line makes larger ones.
const DEMO_LEAST: u32 = 100;
const DEMO_MOST: u32 = 2_000_000;

/// What the window is told without having asked.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The log has grown.
    HeadMoved(HeadMoved),
    /// Another store is open now.
    StoreChanged(StoreChanged),
}

/// Tells the window something; must not block.
pub type Tell = Arc<dyn Fn(Notice) + Send + Sync>;

/// Lets the user choose a file; answers with nothing if the dialog was dismissed.
pub type ChooseFile = Box<dyn Fn(oneshot::Sender<Option<PathBuf>>) + Send + Sync>;

/// The state of the program behind its window.
pub struct Workbench {
    folder: DataFolder,
    tell: Tell,
    choose: ChooseFile,
    tasks: Tasks,
    open: RwLock<Open>,
    /// Held while a store is being opened: two at once would both start an engine.
    opening: Mutex<()>,
}

#[derive(Default)]
struct Open {
    session: Option<Arc<Session>>,
    error: Option<AppError>,
}

impl Workbench {
    /// A workbench without a store.
    #[must_use]
    pub fn new(folder: DataFolder, tell: Tell, choose: ChooseFile) -> Self {
        let open = RwLock::new(Open::default());
        Self { folder, tell, choose, tasks: Tasks::default(), open, opening: Mutex::new(()) }
    }

    /// The long tasks.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// The open store's session.
    ///
    /// # Errors
    /// `no_store`, or why the store could not be opened.
    pub fn session(&self) -> Result<Arc<Session>, AppError> {
        let open = self.open.read();
        open.session.clone().ok_or_else(|| open.error.clone().unwrap_or_else(AppError::no_store))
    }

    /// Opens the store that a start of the program opens: the named one, else the one that was open last if it is still
    /// there, else the default one. What goes wrong is kept and shown in the window.
    pub async fn open_at_start(&self, named: Option<PathBuf>) {
        let last = self.folder.settings().last_store.filter(|path| path.exists());
        if let Err(error) = self.open(named.or(last)).await {
            tracing::error!(%error, "the store could not be opened at start");
        }
    }

    /// Opens a file; without a path the default one, created if missing. The former store stays open if this fails.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn open(&self, path: Option<PathBuf>) -> Result<StoreStatus, AppError> {
        let create = path.is_none();
        let path = path.unwrap_or_else(|| self.folder.default_store());
        self.open_chosen(Chosen::file(path), create).await
    }

    async fn open_chosen(&self, chosen: Chosen, create: bool) -> Result<StoreStatus, AppError> {
        let _one_at_a_time = self.opening.lock().await;
        if let Some(session) = self.same_store(&chosen) {
            return session.status().await;
        }
        let remembered = Settings { last_store: chosen.target.path().filter(|_| !create).map(Into::into) };
        let opened = match Session::open(chosen, create, Arc::clone(&self.tell)).await {
            Ok(session) => Arc::new(session),
            Err(error) => {
                let mut open = self.open.write();
                if open.session.is_none() {
                    open.error = Some(error.clone());
                }
                return Err(error);
            }
        };
        let former = {
            let mut open = self.open.write();
            open.error = None;
            open.session.replace(Arc::clone(&opened))
        };
        self.tasks.cancel_all();
        if let Some(former) = former {
            former.close().await;
        }
        self.folder.remember(&remembered);
        self.tell_changed(&opened);
        opened.status().await
    }

    /// Fills the open store with the demo bank, if it is empty. Where the store is a file, the bank is made in a file of its
    /// own, which then takes the empty one's place: stopped half-way, nothing has changed, and no process meddles with the
    /// history being made. A server's log is filled in place; stopped half-way, it holds the first part.
    ///
    /// # Errors
    /// The store is not empty or cannot be written, or it was stopped.
    pub async fn create_demo(&self, seed: u32, events: u32, task: Task) -> Result<StoreStatus, AppError> {
        let _one_at_a_time = self.opening.lock().await;
        if !(DEMO_LEAST..=DEMO_MOST).contains(&events) {
            let wanted = format!("a number of events between {DEMO_LEAST} and {DEMO_MOST}");
            return Err(AppError::bad_argument("Size", &events.to_string(), &wanted));
        }
        let session = self.session()?;
        session.refuse_unless_empty().await?;
        let chosen = session.chosen().clone();
        let total = Some(u64::from(events));
        let report = |done| task.report("Simulating the bank", done, total);
        let filled = match chosen.target.path() {
            Some(path) => {
                let fresh = demo::unfinished(path);
                demo::create(&fresh, seed, events, task.token(), report).await?;
                if let Err(error) = session.refuse_unless_empty().await {
                    demo::remove(&fresh);
                    return Err(error);
                }
                task.report("Opening the bank", events.into(), total);
                session.close().await;
                let placed = demo::put_in_place(&fresh, path);
                if placed.is_err() {
                    demo::remove(&fresh);
                }
                placed
            }
            None => {
                // Nobody but the simulation may write meanwhile: its history has to stand in the order of its times.
                session.close().await;
                let filled = demo::fill_chosen(&chosen, seed, events, task.token(), report).await;
                task.report("Opening the bank", events.into(), total);
                filled
            }
        };
        let reopened = Session::open(chosen, true, Arc::clone(&self.tell)).await;
        let reopened = {
            let mut open = self.open.write();
            match reopened {
                Ok(session) => Arc::clone(open.session.insert(Arc::new(session))),
                Err(error) => {
                    *open = Open { session: None, error: Some(error.clone()) };
                    return Err(error);
                }
            }
        };
        self.tell_changed(&reopened);
        filled?;
        reopened.status().await
    }

    /// Lets the user choose a file and opens it; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn choose(&self) -> Result<Option<StoreStatus>, AppError> {
        let (answer, answered) = oneshot::channel();
        (self.choose)(answer);
        // A dialog that went away without an answer was dismissed.
        match answered.await.unwrap_or(None) {
            Some(path) => self.open(Some(path)).await.map(Some),
            None => Ok(None),
        }
    }

    /// The program and the open store.
    ///
    /// # Errors
    /// The open store does not answer.
    pub async fn app_info(&self) -> Result<AppInfo, AppError> {
        let (session, open_error) = {
            let open = self.open.read();
            (open.session.clone(), open.error.clone())
        };
        let store = match session {
            Some(session) => Some(session.status().await?),
            None => None,
        };
        Ok(AppInfo { version: env!("CARGO_PKG_VERSION").to_owned(), store, open_error })
    }

    /// Closes the store; for the end of the program.
    pub async fn close(&self) {
        let _one_at_a_time = self.opening.lock().await;
        self.tasks.cancel_all();
        let session = self.open.write().session.take();
        if let Some(session) = session {
            session.close().await;
        }
    }

    fn tell_changed(&self, opened: &Session) {
        let location = opened.chosen().target.to_string();
        tracing::info!(location, "store opened");
        (self.tell)(Notice::StoreChanged(StoreChanged { location }));
    }

    fn same_store(&self, chosen: &Chosen) -> Option<Arc<Session>> {
        let session = self.open.read().session.clone()?;
        let open = session.chosen();
        let same = match (chosen.target.path(), open.target.path()) {
            (Some(wanted), Some(open)) => {
                matches!((wanted.canonicalize(), open.canonicalize()), (Ok(a), Ok(b)) if a == b)
            }
            _ => chosen.target == open.target,
        };
        (same && chosen.of == open.of && chosen.marks == open.marks).then_some(session)
    }
}
