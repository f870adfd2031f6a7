//! A connection: a target with a name, and what its owner says about it.

use std::fmt;
use std::path::PathBuf;

use es_core::Secret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::target::{Node, Side, Target};

/// A store that somebody works with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Stays the same when the connection is renamed; passwords are kept under it.
    pub id: Uuid,
    /// What people call it; no two connections have the same one.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// Where its password comes from.
    #[serde(default)]
    pub password: PasswordRule,
    /// What its owner says about it.
    #[serde(flatten)]
    pub marks: Marks,
}

/// Where the password of a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordRule {
    /// There is none: a file, or a server that asks for none.
    #[default]
    None,
    /// The system's keyring has it.
    Keyring,
    /// A person types it each time.
    AskEachTime,
}

/// What is to be known of a store before it is touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Marks {
    /// What the environment is called ("test", "staging"); may be empty.
    pub environment: String,
    /// The colour of the environment's band.
    pub colour: Colour,
    /// Whether real money is in it: each write has to be confirmed with the connection's name.
    pub production: bool,
    /// Whether nothing is ever written.
    pub read_only: bool,
}

/// Colours that environments are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// No band.
    #[default]
    None,
    /// Grey.
    Grey,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Amber.
    Amber,
    /// Red.
    Red,
    /// Violet.
    Violet,
}

/// Passwords of one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passwords {
    /// Of the user who logs in to the store.
    pub login: Option<Secret>,
    /// Of the user who logs in to the database beside it ([`super::Side::Postgres`]).
    pub side: Option<Secret>,
}

/// A store that was chosen to be opened: of the list of connections, or named directly.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Where it is.
    pub target: Target,
    /// What is to be known of it; nothing in particular if it is not of the list.
    pub marks: Marks,
    /// The connection, if it is of the list.
    pub of: Option<Listed>,
    /// Passwords that are known.
    pub passwords: Passwords,
    /// The program's data folder, where an EventStoreDB connection keeps its file unless it names another one.
    pub data_folder: Option<PathBuf>,
}

/// A connection of the list, by both of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
}

impl Chosen {
    /// A store that is named directly.
    #[must_use]
    pub fn directly(target: Target) -> Self {
        let (marks, passwords) = (Marks::default(), Passwords::default());
        Self { target, marks, of: None, passwords, data_folder: None }
    }

    /// Under which name what belongs to the store is kept: its connection, which may move elsewhere, else the place itself.
    #[must_use]
    pub fn kept_under(&self) -> String {
        match &self.of {
            Some(listed) => listed.id.to_string(),
            None => {
                let path = self.target.path().map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
                path.map_or_else(|| self.target.to_string(), |path| path.display().to_string())
            }
        }
    }

    /// A file that is named directly.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::directly(Target::file(path))
    }

    /// What people call it: the connection's name, or where it is.
    #[must_use]
    pub fn name(&self) -> String {
        self.of.as_ref().map_or_else(|| self.target.to_string(), |listed| listed.name.clone())
    }

    /// The file beside an EventStoreDB log, if it is a file.
    #[must_use]
    pub fn side_file(&self) -> Option<PathBuf> {
        let Target::EventStoreDb(target) = &self.target else { return None };
        match &target.side {
            Side::Sqlite { path: Some(path) } => Some(path.clone()),
            Side::Sqlite { path: None } => {
                let name = match &self.of {
                    Some(listed) => listed.id.to_string(),
                    // Named directly: the same server has the same file, whoever asks it.
                    None => target.nodes.iter().map(file_name_of).collect::<Vec<_>>().join(","),
                };
                Some(self.data_folder.as_ref()?.join("beside").join(name))
            }
            Side::Postgres(_) => None,
        }
    }

    /// Why nothing may be written, if its owner says so.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<String> {
        let name = || self.name();
        self.marks.read_only.then(|| format!("the connection {} is marked as read-only", name()))
    }
}

impl Connection {
    /// The connection, chosen to be opened.
    #[must_use]
    pub fn chosen(&self, passwords: Passwords) -> Chosen {
        let of = Some(Listed { id: self.id, name: self.name.clone() });
        Chosen { target: self.target.clone(), marks: self.marks.clone(), of, passwords, data_folder: None }
    }
}

/// A node as part of a file's name.
fn file_name_of(node: &Node) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    node.to_string().chars().map(plain).collect()
}

impl Colour {
    /// All colours.
    pub const ALL: [Self; 7] = [Self::None, Self::Grey, Self::Blue, Self::Green, Self::Amber, Self::Red, Self::Violet];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Grey => "grey",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Violet => "violet",
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
