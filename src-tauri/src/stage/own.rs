//! Scenes that people have recorded: one file each in the user's data folder.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use inspector::scene::{SCENE_EXTENSION, Scene};
use uuid::Uuid;

use crate::settings::DataFolder;
use crate::wire::AppError;

const FOLDER: &str = "scenes";
/// Most scenes of one's own: a list that is read as a whole.
const MOST: usize = 200;

/// The files.
#[derive(Debug, Clone)]
pub struct OwnScenes {
    folder: PathBuf,
}

/// One of them, as it was found.
pub struct Found {
    /// Its id.
    pub id: Uuid,
    /// What is in its file, or why that is no scene.
    pub scene: Result<Scene, AppError>,
}

impl OwnScenes {
    /// The files in a data folder, which may not be there yet.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { folder: folder.path().join(FOLDER) }
    }

    /// All of them, by their titles. One that does not read is told, and hides no other.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<Found>, AppError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&self.folder, &error)),
        };
        let ids = entries.flatten().filter_map(|entry| id_of(&entry.file_name().to_string_lossy()));
        let mut found: Vec<_> = ids.take(MOST).map(|id| Found { id, scene: self.read(id) }).collect();
        let title = |found: &Found| {
            found.scene.as_ref().map_or_else(|_| String::new(), |scene| scene.title.plain().to_lowercase())
        };
        found.sort_by_cached_key(|found| (title(found), found.id));
        Ok(found)
    }

    /// One of them.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is no scene.
    pub fn read(&self, id: Uuid) -> Result<Scene, AppError> {
        let path = self.path(id);
        match read_scene(&path) {
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::NotFound => {
                Err(AppError::not_found("scene", &id.to_string(), "Look at the list again."))
            }
            Err(ReadError::Io(error)) => Err(unreadable(&path, &error)),
            Err(ReadError::Scene(error)) => Err(error),
            Ok(scene) => Ok(scene),
        }
    }

    /// Keeps a scene under an id, in the place of what is kept there.
    ///
    /// # Errors
    /// It cannot be played, there are too many, or the file cannot be written.
    pub fn keep(&self, id: Uuid, scene: &Scene) -> Result<(), AppError> {
        scene.check()?;
        let path = self.path(id);
        if !path.exists() && self.list()?.len() >= MOST {
            let message = format!("{MOST} scenes are kept already.");
            return Err(AppError::new("too_many_scenes", message, "Delete some that are not needed any more."));
        }
        let fresh = path.with_extension("json.new");
        // Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| std::fs::write(&fresh, scene.to_text()))
            .and_then(|()| std::fs::rename(&fresh, &path));
        written.map_err(|error| {
            let message = format!("The scene cannot be kept in {}: {error}.", path.display());
            AppError::new("file_unwritable", message, "Correct the folder's permissions, or free some space.")
                .retryable()
        })
    }

    /// Deletes one.
    ///
    /// # Errors
    /// It is not there, or cannot be deleted.
    pub fn remove(&self, id: Uuid) -> Result<(), AppError> {
        let path = self.path(id);
        std::fs::remove_file(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => AppError::not_found("scene", &id.to_string(), "Look at the list again."),
            _ => {
                let message = format!("The scene {} cannot be deleted: {error}.", path.display());
                AppError::new("file_unwritable", message, "Correct the folder's permissions, then try again.")
            }
        })
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.{SCENE_EXTENSION}"))
    }
}

/// Reads a scene from any file.
///
/// # Errors
/// The file cannot be read, or is no scene.
pub fn read_file(path: &Path) -> Result<Scene, AppError> {
    read_scene(path).map_err(|error| match error {
        ReadError::Io(error) => unreadable(path, &error),
        ReadError::Scene(error) => error,
    })
}

enum ReadError {
    Io(std::io::Error),
    Scene(AppError),
}

fn read_scene(path: &Path) -> Result<Scene, ReadError> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(ReadError::Io)?;
    file.take(inspector::limits::SCENE_BYTES).read_to_string(&mut text).map_err(ReadError::Io)?;
    Scene::parse(&text).map_err(|error| ReadError::Scene(error.into()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> AppError {
    let message = format!("{} cannot be read: {error}.", path.display());
    AppError::new(
        "file_unreadable",
        message,
        "Choose a file whose name ends with .scene.json, and check its permissions.",
    )
}

fn id_of(name: &str) -> Option<Uuid> {
    Uuid::try_parse(name.strip_suffix(SCENE_EXTENSION)?.strip_suffix('.')?).ok()
}
