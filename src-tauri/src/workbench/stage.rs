//! The stage behind the window: which scene is on it, its store in the place of the one that was open, and the way back.
//!
//! The lock on the stage is taken behind that on opening, never the other way round.

use bank::language::Seamed;
use std::path::PathBuf;
use std::sync::Arc;

use inspector::scene::{CommandStep, Expect, SCENE_EXTENSION, Scene, Step, StepKind, StepOutcome, Words};
use inspector::what_if::JsonText;
use uuid::Uuid;

use super::what_if::{Outgoing, file_name, with_extension};
use super::{FileWanted, Workbench};
use crate::connections::Chosen;
use crate::files;
use crate::journal::Journal;
use crate::session::stage::{Actor, command_outcome};
use crate::session::{Session, time};
use crate::stage::{Checkpoint, OwnScenes, Run, SHIPPED, Stages, read_file, shipped, stage_of};
use crate::tasks::Task;
use crate::wire::{
    AppError, CommandRequest, CommandResult, SceneList, SceneProblem, SceneRow, SceneWords, StageEntered, StageReport,
    StageStep, StageStepChange, StageStepKind, StageView, StoreStatus,
};

/// The scene on the stage, if one is.
#[derive(Default)]
pub(super) struct Stage(tokio::sync::Mutex<Option<OnStage>>);

/// Where a scene comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Shipped(&'static str),
    Own(Uuid),
    /// It is being recorded and nowhere kept yet.
    Draft,
}

struct OnStage {
    scene: Scene,
    origin: Origin,
    checkpoint: Checkpoint,
    actor: Actor,
    /// The log's last position at the checkpoint.
    begins: String,
    /// What came of the steps that are done.
    told: Vec<StageReport>,
    recording: bool,
    /// What was open before; nothing if nothing was.
    off_stage: Option<Chosen>,
    // Behind the session that works on its files.
    _run: Run,
}

impl Origin {
    fn parse(id: &str) -> Result<Self, AppError> {
        if let Some((known, _)) = SHIPPED.iter().find(|(known, _)| *known == id) {
            return Ok(Self::Shipped(known));
        }
        Uuid::try_parse(id).map(Self::Own).map_err(|_| no_scene(id))
    }

    fn own(id: &str) -> Result<Uuid, AppError> {
        match Self::parse(id)? {
            Self::Own(id) => Ok(id),
            Self::Shipped(_) | Self::Draft => Err(not_yours()),
        }
    }

    fn id(self) -> Option<String> {
        match self {
            Self::Shipped(id) => Some(id.to_owned()),
            Self::Own(id) => Some(id.to_string()),
            Self::Draft => None,
        }
    }

    fn read(self, own: &OwnScenes) -> Result<Scene, AppError> {
        match self {
            Self::Shipped(id) => Ok(shipped(id).ok_or_else(|| no_scene(id))??),
            Self::Own(id) => own.read(id),
            Self::Draft => Err(no_scene("that is being recorded")),
        }
    }
}

impl OnStage {
    fn view(&self) -> StageView {
        let report = |index: usize| self.told.get(index).cloned();
        let steps = self.scene.steps.iter().enumerate().map(|(index, step)| told_step(step, report(index)));
        StageView {
            scene_id: self.origin.id(),
            title: words(&self.scene.title),
            shipped: matches!(self.origin, Origin::Shipped(_)),
            steps: steps.collect(),
            done: u32::try_from(self.told.len()).unwrap_or(u32::MAX),
            clock: time(self.actor.now()),
            checkpoint: self.begins.clone(),
            recording: self.recording,
            unsaved: self.origin == Origin::Draft && !self.scene.steps.is_empty(),
            off_stage: self.off_stage.as_ref().map(Chosen::name),
        }
    }

    /// Does the next step.
    async fn step(&mut self, task: &Task) -> Result<(), AppError> {
        let (index, steps) = (self.told.len(), self.scene.steps.len());
        let Some(step) = self.scene.steps.get(index) else {
            return Err(inspector::scene::SceneError::Over { steps }.into());
        };
        task.report("Playing the scene", index as u64, Some(steps as u64));
        let report = self.actor.perform((index, step), task.token()).await?;
        self.told.push(report);
        Ok(())
    }

    /// Puts what has just been done or shown behind the steps that are done.
    fn add(&mut self, step: Step, report: StageReport) -> Result<(), AppError> {
        let mut scene = self.scene.clone();
        scene.steps.insert(self.told.len(), step);
        scene.check()?;
        self.scene = scene;
        self.told.push(report);
        Ok(())
    }
}

impl Workbench {
    /// All scenes.
    ///
    /// # Errors
    /// The folder of one's own scenes cannot be read.
    pub async fn scenes(&self) -> Result<SceneList, AppError> {
        let own = self.own_scenes();
        blocking(move || {
            let mut list = SceneList { scenes: Vec::new(), problems: Vec::new() };
            for (id, _) in SHIPPED {
                list.scenes.push(row(id, true, &Origin::Shipped(id).read(&own)?));
            }
            for found in own.list()? {
                let id = found.id.to_string();
                match found.scene {
                    Ok(scene) => list.scenes.push(row(&id, false, &scene)),
                    Err(error) => list.problems.push(SceneProblem { id, error }),
                }
            }
            Ok(list)
        })
        .await
    }

    /// The scene on the stage, if one is.
    pub async fn stage(&self) -> Option<StageView> {
        self.stage.0.lock().await.as_ref().map(OnStage::view)
    }

    /// Puts a scene on the stage: its bank takes the place of the open store, until the stage is left.
    ///
    /// # Errors
    /// There is no such scene, what it begins with is refused, its store cannot be made, or it was stopped.
    pub async fn enter_stage(&self, id: &str, task: Task) -> Result<StageEntered, AppError> {
        let (origin, own) = (Origin::parse(id)?, self.own_scenes());
        let scene = blocking(move || origin.read(&own)).await?;
        scene.check_commands(&*crate::composition::domain()?)?;
        let stages = Stages::new(&self.folder);
        let report = |phase: &str, done, total| task.report(phase, done, total);
        let checkpoint = stages.checkpoint(&scene, task.token(), report).await?;
        let _one_at_a_time = self.opening.lock().await;
        let off_stage = match &*self.stage.0.lock().await {
            Some(on_stage) => on_stage.off_stage.clone(),
            None => self.session().ok().map(|session| session.chosen().clone()),
        };
        self.raise(scene, origin, checkpoint, off_stage, false).await
    }

    /// Goes back to the checkpoint: the bank is as it was when the scene began, and no step is done.
    ///
    /// # Errors
    /// No scene is on the stage, or its store cannot be made.
    pub async fn reset_stage(&self) -> Result<StageEntered, AppError> {
        let _one_at_a_time = self.opening.lock().await;
        let (scene, origin, checkpoint, off_stage, recording) = {
            let stage = self.stage.0.lock().await;
            let now = stage.as_ref().ok_or_else(not_on_stage)?;
            (now.scene.clone(), now.origin, now.checkpoint.clone(), now.off_stage.clone(), now.recording)
        };
        self.raise(scene, origin, checkpoint, off_stage, recording).await
    }

    /// Leaves the stage; the store that was open before is opened again.
    ///
    /// # Errors
    /// No scene is on the stage, or that store cannot be opened any more: then the stage stays.
    pub async fn leave_stage(&self) -> Result<StoreStatus, AppError> {
        let off_stage = self.stage.0.lock().await.as_ref().ok_or_else(not_on_stage)?.off_stage.clone();
        match off_stage {
            Some(chosen) => self.open_chosen(chosen, false).await,
            None => self.open(None).await,
        }
    }

    /// Does the next step of the scene.
    ///
    /// # Errors
    /// No scene is on the stage, it is over, it was stopped, or its store does not answer. What comes of a step is no error.
    pub async fn stage_step(&self, task: Task) -> Result<StageView, AppError> {
        let mut stage = self.stage.0.lock().await;
        let now = stage.as_mut().ok_or_else(not_on_stage)?;
        now.step(&task).await?;
        Ok(now.view())
    }

    /// Goes to where so many steps are done: on from here, or from the checkpoint.
    ///
    /// # Errors
    /// As [`Workbench::stage_step`], or the scene has fewer steps.
    pub async fn stage_go(&self, to: u32, task: Task) -> Result<StageEntered, AppError> {
        let to = usize::try_from(to).unwrap_or(usize::MAX);
        let done = {
            let stage = self.stage.0.lock().await;
            let now = stage.as_ref().ok_or_else(not_on_stage)?;
            let steps = now.scene.steps.len();
            if to > steps {
                return Err(inspector::scene::SceneError::Over { steps }.into());
            }
            now.told.len()
        };
        if to < done {
            self.reset_stage().await?;
        }
        let stage = {
            let mut stage = self.stage.0.lock().await;
            let now = stage.as_mut().ok_or_else(not_on_stage)?;
            while now.told.len() < to {
                now.step(&task).await?;
            }
            now.view()
        };
        Ok(StageEntered { store: self.session()?.status().await?, stage })
    }

    /// Begins or ends adding to the scene what is done in the window. It becomes a new scene that begins with the steps that are
    /// done; what it was made of stays as it is kept.
    ///
    /// # Errors
    /// No scene is on the stage.
    pub async fn record_stage(&self, on: bool) -> Result<StageView, AppError> {
        let mut stage = self.stage.0.lock().await;
        let now = stage.as_mut().ok_or_else(not_on_stage)?;
        if on && now.origin != Origin::Draft {
            now.scene.steps.truncate(now.told.len());
            for (index, step) in now.scene.steps.iter_mut().enumerate() {
                // What is recorded between them must not change their ids.
                if let StepKind::Command(command) = &mut step.does {
                    command.command_id.get_or_insert_with(|| Scene::command_id(index));
                }
            }
            // It was about the whole scene.
            now.scene.description = Words::default();
            now.origin = Origin::Draft;
        }
        now.recording = on;
        Ok(now.view())
    }

    /// Adds a place to the scene that is being recorded.
    ///
    /// # Errors
    /// Nothing is being recorded, the address is none, or the scene has too many steps.
    pub async fn record_place(&self, address: String, title: SceneWords) -> Result<StageView, AppError> {
        let mut stage = self.stage.0.lock().await;
        let now = stage.as_mut().filter(|now| now.recording).ok_or_else(not_recording)?;
        let step = Step {
            title: from_words(title),
            notes: Words::default(),
            pause_seconds: None,
            does: StepKind::Show(address),
        };
        let report = now.actor.nothing();
        now.add(step, report)?;
        Ok(now.view())
    }

    /// Changes the words of a step of one's own scene.
    ///
    /// # Errors
    /// The scene comes with the program, there is no such step, a text is too long, or the file cannot be written.
    pub async fn change_stage_step(&self, index: u32, change: StageStepChange) -> Result<StageView, AppError> {
        self.change_scene(move |scene, _| {
            let step = step_at(scene, index)?;
            step.title = from_words(change.title);
            step.notes = from_words(change.notes);
            step.pause_seconds = change.pause_seconds;
            Ok(())
        })
        .await
    }

    /// Takes a step that is not done out of one's own scene.
    ///
    /// # Errors
    /// As for a change; or the step is done: the bank would no longer be what the scene makes of it.
    pub async fn remove_stage_step(&self, index: u32) -> Result<StageView, AppError> {
        self.change_scene(move |scene, done| {
            step_at(scene, index)?;
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            if index < done {
                let message =
                    Seamed::of(&format_args!("Step {} is done: the bank is what it has made of it.", index + 1));
                return Err(AppError::new("step_is_done", message, "Go back to the checkpoint first, then remove it."));
            }
            scene.steps.remove(index);
            Ok(())
        })
        .await
    }

    /// Keeps the scene that was recorded, under a title.
    ///
    /// # Errors
    /// No scene is on the stage, it comes with the program, the title is none, or the file cannot be written.
    pub async fn save_stage(&self, title: SceneWords) -> Result<StageView, AppError> {
        let mut stage = self.stage.0.lock().await;
        let now = stage.as_mut().ok_or_else(not_on_stage)?;
        let id = match now.origin {
            Origin::Draft => Uuid::now_v7(),
            Origin::Own(id) => id,
            Origin::Shipped(_) => return Err(not_yours()),
        };
        let scene = now.scene.clone().titled(from_words(title));
        let (own, kept) = (self.own_scenes(), scene.clone());
        blocking(move || own.keep(id, &kept)).await?;
        (now.scene, now.origin, now.recording) = (scene, Origin::Own(id), false);
        Ok(now.view())
    }

    /// Gives one's own scene another title.
    ///
    /// # Errors
    /// It comes with the program or is not there, the title is none, or the file cannot be written.
    pub async fn rename_scene(&self, id: &str, title: SceneWords) -> Result<(), AppError> {
        let (id, own, title) = (Origin::own(id)?, self.own_scenes(), from_words(title));
        let renamed = title.clone();
        blocking(move || own.keep(id, &own.read(id)?.titled(renamed))).await?;
        if let Some(now) = self.stage.0.lock().await.as_mut().filter(|now| now.origin == Origin::Own(id)) {
            now.scene.title = title;
        }
        Ok(())
    }

    /// Deletes one's own scene. One that is on the stage stays there, as if it had just been recorded.
    ///
    /// # Errors
    /// It comes with the program, is not there, or cannot be deleted.
    pub async fn remove_scene(&self, id: &str) -> Result<(), AppError> {
        let (id, own) = (Origin::own(id)?, self.own_scenes());
        blocking(move || own.remove(id)).await?;
        if let Some(now) = self.stage.0.lock().await.as_mut().filter(|now| now.origin == Origin::Own(id)) {
            now.origin = Origin::Draft;
        }
        Ok(())
    }

    /// Saves a scene in a file that is named and not there yet, or chosen in a dialog; nothing if that was dismissed.
    ///
    /// # Errors
    /// There is no such scene, or the file is there already or cannot be written.
    pub async fn export_scene(&self, id: &str, path: Option<String>) -> Result<Option<String>, AppError> {
        let (origin, own) = (Origin::parse(id)?, self.own_scenes());
        let scene = blocking(move || origin.read(&own)).await?;
        let wanted = FileWanted::SaveScene { name: file_name(scene.title.plain(), "scene") };
        // Whoever chose a file in the dialog was asked there whether it may be replaced.
        let replace = path.is_none();
        let path = match path {
            Some(path) => PathBuf::from(path),
            None => match self.ask_for(wanted).await {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        // The name is as it was typed.
        let path = if path.extension().is_some() { path } else { with_extension(path, SCENE_EXTENSION) };
        let told = path.display().to_string();
        let outgoing = Outgoing { what: "scene", events: 0, text: scene.to_text() };
        let journal = Journal::new(&self.folder);
        blocking(move || {
            if !replace && path.exists() {
                return Err(files::already_there(&path));
            }
            outgoing.write(format!("scene {}", scene.title.plain()), &path, &journal)
        })
        .await?;
        Ok(Some(told))
    }

    /// Takes a scene from a file that is named, or chosen in a dialog, in among one's own; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// The file cannot be read or is no scene, one of its commands is none, or it cannot be kept.
    pub async fn import_scene(&self, path: Option<String>) -> Result<Option<SceneRow>, AppError> {
        let path = match path {
            Some(path) => PathBuf::from(path),
            None => match self.ask_for(FileWanted::Scene).await {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let (own, domain) = (self.own_scenes(), crate::composition::domain()?);
        blocking(move || {
            let scene = read_file(&path)?;
            scene.check_commands(&domain)?;
            let id = Uuid::now_v7();
            own.keep(id, &scene)?;
            Ok(Some(row(&id.to_string(), false, &scene)))
        })
        .await
    }

    /// Carries out a command of the window on the open store; on a stage by the scene's clock, and into the scene if it is being
    /// recorded.
    pub(super) async fn execute_here(
        &self,
        session: &Session,
        request: CommandRequest,
    ) -> Result<CommandResult, AppError> {
        let mut stage = self.stage.0.lock().await;
        let Some(now) = stage.as_mut().filter(|now| now.actor.is_on(session)) else {
            drop(stage);
            return session.execute(request).await;
        };
        let (result, report) = now.actor.execute(request.clone()).await?;
        if now.recording
            && let Some(step) = recorded(session, &request, &result, report.1)
            && let Err(error) = now.add(step, report.0)
        {
            // The command stands, whatever becomes of the recording.
            tracing::warn!(%error, "a command was not recorded");
            now.recording = false;
        }
        Ok(result)
    }

    /// Takes the scene off the stage: another store is open now.
    pub(super) async fn clear_stage(&self) {
        let left = self.stage.0.lock().await.take();
        // Removing its files may wait for the disk.
        tokio::task::spawn_blocking(move || drop(left));
    }

    async fn raise(
        &self,
        scene: Scene,
        origin: Origin,
        checkpoint: Checkpoint,
        off_stage: Option<Chosen>,
        recording: bool,
    ) -> Result<StageEntered, AppError> {
        let from = checkpoint.clone();
        let run = blocking(move || from.run()).await?;
        let chosen = stage_of(&run, &origin.id().unwrap_or_else(|| "draft".to_owned()), scene.title.plain());
        let session = Arc::new(
            Session::open_on_stage(chosen, run.clock.clone(), Arc::clone(&self.tell), self.language.clone()).await?,
        );
        let store = session.status().await?;
        let now = OnStage {
            actor: Actor::new(Arc::clone(&session), Arc::clone(&run.clock)),
            begins: store.head.clone(),
            told: Vec::new(),
            scene,
            origin,
            checkpoint,
            recording,
            off_stage,
            _run: run,
        };
        let stage = now.view();
        // The former session goes first, then the files that it worked on; nobody waits for it.
        let former_session = self.put_in_place(Arc::clone(&session));
        let former_stage = self.stage.0.lock().await.replace(now);
        tauri::async_runtime::spawn(async move {
            if let Some(former) = former_session {
                former.close().await;
            }
            let _ = tokio::task::spawn_blocking(move || drop(former_stage)).await;
        });
        self.tell_changed(&session);
        Ok(StageEntered { store, stage })
    }

    async fn change_scene(
        &self,
        change: impl FnOnce(&mut Scene, usize) -> Result<(), AppError>,
    ) -> Result<StageView, AppError> {
        let mut stage = self.stage.0.lock().await;
        let now = stage.as_mut().ok_or_else(not_on_stage)?;
        let mut scene = now.scene.clone();
        if matches!(now.origin, Origin::Shipped(_)) {
            return Err(not_yours());
        }
        change(&mut scene, now.told.len())?;
        scene.check()?;
        if let Origin::Own(id) = now.origin {
            let (own, kept) = (self.own_scenes(), scene.clone());
            blocking(move || own.keep(id, &kept)).await?;
        }
        now.scene = scene;
        Ok(now.view())
    }

    fn own_scenes(&self) -> OwnScenes {
        OwnScenes::new(&self.folder)
    }
}

/// A command of the window as a step; nothing if it has come to nothing that could be shown again.
fn recorded(session: &Session, request: &CommandRequest, result: &CommandResult, events: Vec<String>) -> Option<Step> {
    let outcome: StepOutcome = command_outcome(result, events)?;
    let commands = session.commands();
    let title = commands.iter().find(|command| command.command_type == request.command_type);
    let command = CommandStep {
        command_type: request.command_type.clone(),
        payload: JsonText::new(request.payload.as_str()).ok()?,
        actor: request.actor.clone(),
        reason: request.reason.clone().filter(|reason| !reason.trim().is_empty()),
        command_id: Uuid::try_parse(&request.command_id).ok(),
        expect: Expect::of(&outcome),
    };
    let title = title.map_or(request.command_type.as_str(), |command| command.title.as_str());
    let title = Words::english(title);
    Some(Step { title, notes: Words::default(), pause_seconds: None, does: StepKind::Command(command) })
}

fn step_at(scene: &mut Scene, index: u32) -> Result<&mut Step, AppError> {
    let steps = scene.steps.len();
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    scene.steps.get_mut(at).ok_or_else(|| {
        let message = Seamed::of(&format_args!("There is no step {}: the scene has {steps}.", u64::from(index) + 1));
        AppError::new("not_found", message, "Look at the list of steps again.")
    })
}

fn row(id: &str, shipped: bool, scene: &Scene) -> SceneRow {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let commands = scene.steps.iter().filter(|step| matches!(step.does, StepKind::Command(_))).count();
    SceneRow {
        id: id.to_owned(),
        shipped,
        title: words(&scene.title),
        description: words(&scene.description),
        steps: count(scene.steps.len()),
        commands: count(commands),
        simulated: scene.base.bank.map_or(0, |bank| bank.events).to_string(),
        outline: scene.steps.iter().map(|step| words(&step.title)).collect(),
    }
}

fn told_step(step: &Step, report: Option<StageReport>) -> StageStep {
    use inspector::what_if::ClockStep;
    let does = match &step.does {
        StepKind::Note => StageStepKind::Note,
        StepKind::Show(address) => StageStepKind::Show { address: address.clone() },
        StepKind::Clock(ClockStep::BySeconds(seconds)) => StageStepKind::Clock { by_seconds: Some(*seconds), to: None },
        StepKind::Clock(ClockStep::To(moment)) => StageStepKind::Clock { by_seconds: None, to: Some(time(*moment)) },
        StepKind::Command(command) => StageStepKind::Command {
            command_type: command.command_type.clone(),
            payload: inspector::pretty(command.payload.as_str())
                .unwrap_or_else(|_| command.payload.as_str().to_owned()),
            actor: command.actor.clone(),
            reason: command.reason.clone(),
        },
    };
    StageStep { title: words(&step.title), notes: words(&step.notes), pause_seconds: step.pause_seconds, does, report }
}

fn words(words: &Words) -> SceneWords {
    SceneWords { en: words.en.clone(), de: words.de.clone() }
}

/// What was typed; an empty text is none.
fn from_words(SceneWords { en, de }: SceneWords) -> Words {
    let typed = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Words { en: typed(en), de: typed(de) }
}

fn no_scene(id: &str) -> AppError {
    AppError::not_found("scene", id, "Look at the list of scenes.")
}

fn not_yours() -> AppError {
    let message = "This scene comes with the program and stays as it is.";
    AppError::new("scene_is_shipped", message, "Record on it to make a scene of your own.")
}

fn not_on_stage() -> AppError {
    AppError::new("not_on_stage", "No scene is on the stage.", "Choose one in the list of scenes.")
}

fn not_recording() -> AppError {
    AppError::new("not_recording", "Nothing is being recorded.", "Begin a recording on the stage first.")
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| {
        Err(AppError::new("io", format_args!("The stage could not be used: {error}."), "Try again."))
    })
}
