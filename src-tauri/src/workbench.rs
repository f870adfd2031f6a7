//! What one window works with: at most one open store, the running tasks, and the way to tell the window something.

mod commanding;
mod connections;
mod copying;
mod elsewhere;
mod files;
mod lasting;
mod links;
mod notebook;
mod parity;
mod queries;
mod stage;
pub(crate) mod what_if;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{ChosenLanguage, Language};
use parking_lot::{Mutex as Lock, RwLock};
use tokio::sync::{Mutex, oneshot};

use crate::command_history::CommandHistory;
use crate::connections::{Backend, Book, Chosen, Passwords, SecretStore};
use crate::demo;
use crate::language::InGerman;
use crate::notebooks::Notebooks;
use crate::saved_queries::SavedQueries;
use crate::session::Session;
use crate::settings::{DataFolder, Settings};
use crate::tasks::{Task, Tasks};
use crate::wire::{AppError, AppInfo, HeadMoved, LinkArrived, SpokenLanguage, StoreChanged, StoreStatus};

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
    /// A link is waiting to be taken.
    LinkArrived(LinkArrived),
}

/// Tells the window something; must not block.
pub type Tell = Arc<dyn Fn(Notice) + Send + Sync>;

/// What a file is chosen for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileWanted {
    /// A store to open.
    Store,
    /// A file to write events into, new or to be replaced.
    Export {
        /// The usual end of its name.
        extension: &'static str,
    },
    /// A file of events to read.
    Import,
    /// A what-if to read.
    Scenario,
    /// A file to write a what-if into.
    SaveScenario {
        /// The name that is proposed, without its ending.
        name: String,
    },
    /// A scene to take in.
    Scene,
    /// A file to write a scene into.
    SaveScene {
        /// The name that is proposed, without its ending.
        name: String,
    },
    /// A file to write a test into.
    SaveTest {
        /// The name that is proposed, without its ending.
        name: String,
    },
    /// A report to read back.
    Report,
    /// A file to write a report into.
    SaveReport {
        /// The name that is proposed, without its ending.
        name: String,
    },
}

/// Lets the user choose a file; answers with nothing if the dialog was dismissed.
pub type ChooseFile = Box<dyn Fn(FileWanted, oneshot::Sender<Option<PathBuf>>) + Send + Sync>;

pub use self::connections::StepReceiver;
pub use self::copying::CopyOrder;

/// The state of the program behind its window.
pub struct Workbench {
    folder: DataFolder,
    /// What the window speaks.
    language: ChosenLanguage,
    book: Book,
    queries: Arc<SavedQueries>,
    notebooks: Arc<Notebooks>,
    commands: Arc<CommandHistory>,
    tell: Tell,
    choose: ChooseFile,
    tasks: Tasks,
    /// Work between stores: it goes on when another store is opened.
    lasting_tasks: Tasks,
    copies: copying::Copies,
    parities: parity::Parities,
    elsewhere: elsewhere::Confirmations,
    stage: stage::Stage,
    open: RwLock<Open>,
    /// Held while a store is being opened: two at once would both start an engine.
    opening: Mutex<()>,
    /// A link that was not taken yet.
    link: Lock<Option<String>>,
}

#[derive(Default)]
struct Open {
    session: Option<Arc<Session>>,
    error: Option<AppError>,
    /// What is being opened at start, and its connection.
    opening: Option<Chosen>,
    /// The connection that could not be opened at start.
    refused: Option<String>,
}

impl Workbench {
    /// A workbench without a store.
    #[must_use]
    pub fn new(folder: DataFolder, secrets: Arc<dyn SecretStore>, tell: Tell, choose: ChooseFile) -> Self {
        let book = Book::new(&folder, secrets);
        let queries = Arc::new(SavedQueries::new(&folder));
        let commands = Arc::new(CommandHistory::new(&folder));
        let notebooks = Arc::new(Notebooks::new(&folder));
        let language = ChosenLanguage::default();
        Self {
            folder,
            language: language.clone(),
            book,
            queries,
            notebooks,
            commands,
            tell,
            choose,
            tasks: Tasks::speaking(language.clone()),
            open: RwLock::default(),
            lasting_tasks: Tasks::speaking(language),
            copies: copying::Copies::default(),
            parities: parity::Parities::default(),
            elsewhere: elsewhere::Confirmations::default(),
            stage: stage::Stage::default(),
            opening: Mutex::new(()),
            link: Lock::default(),
        }
    }

    /// Speaks another language from now on. Answers that are under way may still come in the former one, so the window asks
    /// again once this has been done.
    pub fn set_language(&self, language: SpokenLanguage) {
        self.language.choose(match language {
            SpokenLanguage::English => Language::English,
            SpokenLanguage::German => Language::German,
        });
    }

    /// What the window speaks.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language.get()
    }

    /// An answer in the language of the window.
    pub(crate) fn told<T: InGerman>(&self, answer: T) -> T {
        crate::language::told(answer, self.language.get())
    }

    /// The long tasks.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// The long tasks between stores, which end when they end, or with the program.
    #[must_use]
    pub fn lasting_tasks(&self) -> &Tasks {
        &self.lasting_tasks
    }

    /// Asks a long task to stop; false if there is none with this id (any more).
    pub fn cancel_task(&self, task_id: &str) -> bool {
        // Both are asked: neither knows of the other's.
        let [one, other] = [&self.tasks, &self.lasting_tasks].map(|tasks| tasks.cancel(task_id));
        one || other
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
    /// there, else the default one. What goes wrong is kept and shown in the window. A file is there before the window can
    /// ask for it; a server may take its time, and is opened by [`Workbench::open_late`] beside the window.
    pub async fn open_at_start(&self, named: Option<String>, folder: &Path) {
        let (chosen, create) = match self.choose_at_start(named, folder).await {
            Ok(chosen) => chosen,
            Err((error, connection)) => {
                tracing::warn!(%error, "no store is opened at start");
                let mut open = self.open.write();
                (open.error, open.refused) = (Some(error), connection);
                return;
            }
        };
        if chosen.target.backend() != Backend::Sqlite {
            self.open.write().opening = Some(chosen);
        } else if let Err(error) = self.open_chosen(chosen, create).await {
            tracing::error!(%error, "the store could not be opened at start");
        }
    }

    /// Opens the server that a start of the program opens, if it is one, and tells the window how it went.
    pub async fn open_late(&self) {
        let Some(chosen) = self.open.read().opening.clone() else { return };
        let (connection, location) =
            (chosen.of.as_ref().map(|listed| listed.id.to_string()), chosen.target.to_string());
        let opened = self.open_chosen(chosen, false).await;
        self.open.write().opening = None;
        if let Err(error) = opened {
            tracing::error!(%error, "the store could not be opened at start");
            self.open.write().refused = connection;
            (self.tell)(Notice::StoreChanged(StoreChanged { location }));
        }
    }

    async fn choose_at_start(
        &self,
        named: Option<String>,
        folder: &Path,
    ) -> Result<(Chosen, bool), (AppError, Option<String>)> {
        if let Some(text) = named {
            return self.named(&text, folder).await.map(|chosen| (chosen, false)).map_err(|error| (error, None));
        }
        let settings = self.folder.settings();
        if let Some(id) = settings.last_connection {
            // One that is not in the list any more is forgotten like a file that is not there any more.
            let listed = self.with_book(move |book| Ok(book.catalogue().by_id(id).ok())).await.ok().flatten();
            if let Some(connection) = listed {
                let chosen = self.with_book(move |book| book.choose(&connection, Passwords::default())).await;
                return chosen.map(|chosen| (chosen, false)).map_err(|error| (error, Some(id.to_string())));
            }
        }
        match settings.last_store.filter(|path| path.exists()) {
            Some(path) => Ok((Chosen::file(path), false)),
            None => Ok((Chosen::file(self.folder.default_store()), true)),
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

    /// Opens what was chosen; the former store stays open if this fails.
    pub(crate) async fn open_chosen(&self, chosen: Chosen, create: bool) -> Result<StoreStatus, AppError> {
        let _one_at_a_time = self.opening.lock().await;
        if let Some(session) = self.same_store(&chosen) {
            return session.status().await;
        }
        self.copies.refuse_if_written(&chosen.target)?;
        self.parities.refuse_if_written(&chosen.target)?;
        let remembered = match &chosen.of {
            Some(listed) => Settings { last_connection: Some(listed.id), last_store: None },
            None => {
                Settings { last_connection: None, last_store: chosen.target.path().filter(|_| !create).map(Into::into) }
            }
        };
        let opened = match Session::open(chosen, create, Arc::clone(&self.tell), self.language.clone()).await {
            Ok(session) => Arc::new(session),
            Err(error) => {
                let mut open = self.open.write();
                if open.session.is_none() {
                    open.error = Some(error.clone());
                }
                return Err(error);
            }
        };
        if let Some(former) = self.put_in_place(Arc::clone(&opened)) {
            former.close().await;
        }
        self.clear_stage().await;
        self.folder.remember(&remembered);
        self.tell_changed(&opened);
        opened.status().await
    }

    /// Lets a store be the open one; the former one is the caller's to close.
    fn put_in_place(&self, opened: Arc<Session>) -> Option<Arc<Session>> {
        let former = {
            let mut open = self.open.write();
            (open.error, open.refused) = (None, None);
            open.session.replace(opened)
        };
        self.tasks.cancel_all();
        former
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
        let reopened = self.reopen(chosen).await?;
        filled?;
        reopened.status().await
    }

    /// Opens the store again that was closed for something that nobody else may work on it meanwhile.
    async fn reopen(&self, chosen: Chosen) -> Result<Arc<Session>, AppError> {
        let reopened = Session::open(chosen, true, Arc::clone(&self.tell), self.language.clone()).await;
        let reopened = {
            let mut open = self.open.write();
            match reopened {
                Ok(session) => Arc::clone(open.session.insert(Arc::new(session))),
                Err(error) => {
                    *open = Open { error: Some(error.clone()), ..Open::default() };
                    return Err(error);
                }
            }
        };
        self.tell_changed(&reopened);
        Ok(reopened)
    }

    /// Lets the user choose a file and opens it; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn choose(&self) -> Result<Option<StoreStatus>, AppError> {
        match self.ask_for(FileWanted::Store).await {
            Some(path) => self.open(Some(path)).await.map(Some),
            None => Ok(None),
        }
    }

    /// The program and the open store.
    ///
    /// # Errors
    /// The open store does not answer.
    pub async fn app_info(&self) -> Result<AppInfo, AppError> {
        let (session, open_error, opening, refused) = {
            let open = self.open.read();
            (open.session.clone(), open.error.clone(), open.opening.clone(), open.refused.clone())
        };
        let store = match session {
            Some(session) => Some(session.status().await?),
            None => None,
        };
        let listed = opening.as_ref().and_then(|chosen| chosen.of.as_ref()).map(|listed| listed.id.to_string());
        Ok(AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store,
            open_error,
            opening: opening.map(|chosen| chosen.name()),
            opening_connection: listed.or(refused),
        })
    }

    /// Closes the store because it may not be used any more as it was opened.
    async fn close_with(&self, error: AppError) {
        let _one_at_a_time = self.opening.lock().await;
        self.tasks.cancel_all();
        let session = {
            let mut open = self.open.write();
            open.error = Some(error);
            open.session.take()
        };
        if let Some(session) = session {
            let location = session.chosen().target.to_string();
            session.close().await;
            (self.tell)(Notice::StoreChanged(StoreChanged { location }));
        }
    }

    /// Closes the store; for the end of the program.
    pub async fn close(&self) {
        let _one_at_a_time = self.opening.lock().await;
        self.tasks.cancel_all();
        self.lasting_tasks.cancel_all();
        let session = self.open.write().session.take();
        if let Some(session) = session {
            session.close().await;
        }
        self.clear_stage().await;
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
