//! The bank that is investigated: made once by the program itself, copied for each test, and asked by the command line for the
//! answers that the window has to give.

use std::error::Error;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::Outcome;

const SEED: u32 = 7;
/// Enough that nothing can be answered by looking at one screen.
const EVENTS: u32 = 200_000;
const STORE: &str = "bank.ledgerscope";
/// What decides the bytes of the store, below the project's folder.
const MAKERS: [&str; 4] =
    ["src-tauri/bank/src", "src-tauri/es-core/src", "src-tauri/es-sqlite/src", "src-tauri/es-runtime/src"];

/// The bank as it was made. Nobody writes to it.
pub struct Bank {
    folder: PathBuf,
}

impl Bank {
    /// The bank, made now unless it is there already. Tests that run beside each other wait for the one that makes it.
    pub fn made() -> Result<Self, Box<dyn Error>> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("investigated-bank");
        std::fs::create_dir_all(&home)?;
        let lock = File::create(home.join("lock"))?;
        lock.lock()?;
        let (folder, stamp) = (home.join("store"), stamp()?);
        if std::fs::read_to_string(home.join("stamp")).is_ok_and(|kept| kept == stamp) {
            return Ok(Self { folder });
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir(&folder)?;
        let bank = Self { folder };
        bank.run(&["demo", "--seed", &SEED.to_string(), "--events", &EVENTS.to_string()])?;
        // What is due since the simulated year is done, so that nothing moves while it is looked at; and read models belong to it,
        // as to a store that was open before.
        bank.run(&["processes", "drive"])?;
        bank.run(&["projections", "catch-up"])?;
        std::fs::write(home.join("stamp"), stamp)?;
        Ok(bank)
    }

    /// Puts a copy where the program looks for its own store.
    pub fn copy_into(&self, data: &Path) -> Outcome {
        for entry in std::fs::read_dir(&self.folder)? {
            let file = entry?;
            if file.file_name().to_string_lossy().starts_with(STORE) {
                std::fs::copy(file.path(), data.join(file.file_name()))?;
            }
        }
        Ok(())
    }

    /// What the command line answers, as JSON.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value, Box<dyn Error>> {
        ask(&self.folder.join(STORE), arguments)
    }

    /// What the command line answers line by line.
    pub fn lines(&self, arguments: &[&str]) -> Result<Vec<Value>, Box<dyn Error>> {
        lines(&self.folder.join(STORE), arguments)
    }

    /// The account with the most events of those that have at most so many.
    pub fn account(&self, most: u64) -> Result<String, Box<dyn Error>> {
        let listed = self.ask(&["streams", "--category", "account", "--order", "length", "--limit", "5000"])?;
        let streams = listed["streams"].as_array().ok_or("streams are listed")?;
        let fits = streams.iter().find(|row| number(&row["version"]).is_ok_and(|version| version <= most));
        Ok(text(&fits.ok_or("an account of that length")?["stream"]))
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        run(&self.folder.join(STORE), arguments)
    }
}

/// A text of an answer; empty if it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A number of an answer, where numbers are texts.
pub fn number(value: &Value) -> Result<u64, Box<dyn Error>> {
    Ok(value.as_str().ok_or("numbers are texts")?.parse()?)
}

/// What the command line answers about a store.
pub fn ask(store: &Path, arguments: &[&str]) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&run(store, &[arguments, &["--json"]].concat())?)?)
}

/// What the command line answers about a store, an object a line.
pub fn lines(store: &Path, arguments: &[&str]) -> Result<Vec<Value>, Box<dyn Error>> {
    let told = run(store, &[arguments, &["--json"]].concat())?;
    told.lines().map(|line| serde_json::from_str(line).map_err(Into::into)).collect()
}

fn run(store: &Path, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    command.arg("--store").arg(store).args(arguments).env("LEDGERSCOPE_DATA_DIR", home.path());
    let output = command.output()?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("ledgerscope {arguments:?}: {}: {told}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Changes with everything that the store's bytes depend on.
fn stamp() -> Result<String, Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    for maker in MAKERS {
        for file in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(maker))? {
            hasher.write(file.as_os_str().as_encoded_bytes());
            hasher.write(&std::fs::read(&file)?);
        }
    }
    Ok(format!("{SEED} {EVENTS} driven {:016x}", hasher.finish()))
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    files.sort();
    Ok(files)
}
