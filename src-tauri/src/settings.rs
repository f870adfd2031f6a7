//! Where the program keeps its things, and what it remembers between two runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::wire::AppError;

/// Overrides the folder; tests and portable installations set it.
pub const DATA_DIR: &str = "LEDGERSCOPE_DATA_DIR";

const STORE: &str = "bank.ledgerscope";
const SETTINGS: &str = "settings.json";

/// The user's folder for this program's data.
#[derive(Debug, Clone)]
pub struct DataFolder(PathBuf);

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The store that was chosen last; nothing means the default one.
    pub last_store: Option<PathBuf>,
    /// The connection that was chosen last, in place of a file.
    pub last_connection: Option<Uuid>,
}

impl DataFolder {
    /// Finds the folder and makes sure that it is there.
    ///
    /// # Errors
    /// No home directory, or the folder cannot be created.
    pub fn find() -> Result<Self, AppError> {
        let chosen = std::env::var_os(DATA_DIR).filter(|path| !path.is_empty()).map(PathBuf::from);
        let usual = || directories::ProjectDirs::from("io", "", "ledgerscope").map(|dirs| dirs.data_dir().to_owned());
        let folder = chosen.or_else(usual).ok_or_else(|| {
            AppError::new(
                "no_data_folder",
                "There is no home directory to keep data in.",
                format!("Set {DATA_DIR} to a folder, or name a store with --store FILE."),
            )
        })?;
        Self::at(folder)
    }

    /// A certain folder, created if missing.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn at(folder: PathBuf) -> Result<Self, AppError> {
        match std::fs::create_dir_all(&folder) {
            Ok(()) => Ok(Self(folder)),
            Err(error) => Err(AppError::new(
                "no_data_folder",
                format_args!("The folder {} cannot be created: {error}.", folder.display()),
                format!("Correct its permissions, or set {DATA_DIR} to another folder."),
            )),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the logs go.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// The store that is opened when none is named.
    #[must_use]
    pub fn default_store(&self) -> PathBuf {
        self.0.join(STORE)
    }

    /// What was remembered; nothing if the file is missing or damaged, since a program must start without its memory.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let path = self.0.join(SETTINGS);
        let Ok(text) = std::fs::read_to_string(&path) else { return Settings::default() };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "settings do not parse; going on without them");
            Settings::default()
        })
    }

    /// Remembers. A failure is logged only: nothing that the user asked for depends on it.
    pub fn remember(&self, settings: &Settings) {
        let path = self.0.join(SETTINGS);
        let fresh = self.0.join(format!("{SETTINGS}.new"));
        let text = serde_json::to_string_pretty(settings).unwrap_or_default();
        // Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
        if let Err(error) = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &path)) {
            tracing::warn!(path = %path.display(), %error, "settings cannot be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_restart_and_a_damaged_file_is_forgotten() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().join("data")).expect("created");
        assert_eq!(folder.settings(), Settings::default(), "nothing is remembered at first");
        let settings = Settings { last_store: Some("/somewhere/bank".into()), last_connection: Some(Uuid::nil()) };
        folder.remember(&settings);
        assert_eq!(folder.settings(), settings, "the store is remembered");
        std::fs::write(folder.path().join(SETTINGS), "{").expect("written");
        assert_eq!(folder.settings(), Settings::default(), "a damaged file does not keep the program from starting");
    }
}
