//! What-ifs and the files that people keep them in.

use bank::language::Seamed;
use std::io::Read;
use std::path::{Path, PathBuf};

use inspector::what_if::{SCENARIO_EXTENSION, Scenario, ScenarioError, WhatIfError};

use sha2::{Digest, Sha256};

use super::{FileWanted, Workbench};
use crate::files;
use crate::journal::{Entry, Journal};
use crate::session::what_if::{from_wire, to_wire};
use crate::wire::{AppError, WhatIfFile, WhatIfScenario};

/// The name of a file whose title leaves none.
const UNNAMED: &str = "what-if";

impl Workbench {
    /// Opens a scenario from a file that is named, or chosen in a dialog; nothing if the dialog was dismissed.
    ///
    /// # Errors
    /// The file cannot be read, or is no scenario.
    pub async fn open_what_if(&self, path: Option<String>) -> Result<Option<WhatIfFile>, AppError> {
        let path = match path {
            Some(path) => PathBuf::from(path),
            None => match self.ask_for(FileWanted::Scenario).await {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let told = path.display().to_string();
        let text = blocking(move || read(&path)).await?;
        let scenario = Scenario::parse(&text).map_err(refused)?;
        Ok(Some(WhatIfFile { path: told, scenario: to_wire(&scenario) }))
    }

    /// Saves a scenario in a file that is named and not there yet, or chosen in a dialog; nothing if that was dismissed.
    ///
    /// # Errors
    /// Something in it is none of what it should be, or the file is there already or cannot be written.
    pub async fn save_what_if(
        &self,
        scenario: WhatIfScenario,
        path: Option<String>,
    ) -> Result<Option<String>, AppError> {
        let scenario = from_wire(scenario)?;
        scenario.check().map_err(refused)?;
        let wanted = FileWanted::SaveScenario { name: file_name(&scenario.title, UNNAMED) };
        let outgoing = Outgoing { what: "whatIf", events: scenario.edits.len(), text: scenario.to_text() };
        self.save((path, wanted), SCENARIO_EXTENSION, outgoing).await
    }

    /// Saves the text of a test in a file, as [`Self::save_what_if`] does.
    ///
    /// # Errors
    /// The file is there already or cannot be written.
    pub async fn save_what_if_test(
        &self,
        name: String,
        source: String,
        path: Option<String>,
    ) -> Result<Option<String>, AppError> {
        let events = source.matches("        event(").count();
        let outgoing = Outgoing { what: "test", events, text: source };
        self.save((path, FileWanted::SaveTest { name: file_name(&name, UNNAMED) }), "rs", outgoing).await
    }

    async fn save(
        &self,
        (path, wanted): (Option<String>, FileWanted),
        extension: &str,
        outgoing: Outgoing,
    ) -> Result<Option<String>, AppError> {
        let store = self.session()?.chosen().target.to_string();
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
        let path = if path.extension().is_some() { path } else { with_extension(path, extension) };
        let told = path.display().to_string();
        let journal = Journal::new(&self.folder);
        blocking(move || {
            if !replace && path.exists() {
                return Err(files::already_there(&path));
            }
            outgoing.write(store, &path, &journal)
        })
        .await?;
        Ok(Some(told))
    }
}

/// Something that leaves the program.
pub(crate) struct Outgoing {
    /// What it is, for the journal.
    pub(crate) what: &'static str,
    /// Events in it.
    pub(crate) events: usize,
    pub(crate) text: String,
}

impl Outgoing {
    /// SHA-256 of the file.
    pub(crate) fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.text.as_bytes()))
    }

    /// Writes it beside its place, into the journal, and then into its place.
    pub(crate) fn write(self, store: String, path: &Path, journal: &Journal) -> Result<(), AppError> {
        let unwritable = |error: std::io::Error| {
            let message = Seamed::of(&format_args!("The file {} cannot be written: {error}.", path.display()));
            AppError::new("file_unwritable", message, "Choose another place, or free some space.")
        };
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".unfinished");
        let fresh = PathBuf::from(fresh);
        std::fs::write(&fresh, &self.text).map_err(unwritable)?;
        let entry = Entry {
            what: self.what,
            store,
            query: None,
            file: path.to_owned(),
            events: self.events.to_string(),
            written: None,
            sha256: Some(self.sha256()),
            outcome: "done".to_owned(),
        };
        let placed = journal.add(&entry).and_then(|()| std::fs::rename(&fresh, path).map_err(unwritable));
        if placed.is_err() {
            // What was not put in its place is nobody's.
            let _ = std::fs::remove_file(&fresh);
        }
        placed
    }
}

fn refused(error: ScenarioError) -> AppError {
    WhatIfError::from(error).into()
}

pub(crate) fn with_extension(path: PathBuf, extension: &str) -> PathBuf {
    let mut name = path.into_os_string();
    name.push(".");
    name.push(extension);
    name.into()
}

/// A title as the name of a file: letters and digits, and one hyphen for whatever is between them; another name if nothing is left.
pub(crate) fn file_name(title: &str, unnamed: &str) -> String {
    let mut name = String::new();
    for letter in title.chars().take(60) {
        if letter.is_alphanumeric() || letter == '_' {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { unnamed.to_owned() } else { name.to_owned() }
}

fn read(path: &Path) -> Result<String, AppError> {
    let unreadable = |error: std::io::Error| {
        let message = Seamed::of(&format_args!("The file {} cannot be read: {error}.", path.display()));
        AppError::new("file_unreadable", message, "Choose a file whose name ends with .whatif.json.")
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(inspector::limits::SCENARIO_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| {
        Err(AppError::new("io", format_args!("The file could not be used: {error}."), "Try again."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_the_name_of_a_file() {
        assert_eq!(file_name("A transfer: 4,000 EUR / März", UNNAMED), "A-transfer-4-000-EUR-März");
        assert_eq!(file_name("../..", UNNAMED), "what-if", "nothing leads out of the folder");
    }
}
