//! What can be asked of notebooks.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct Notebook {
    #[command(subcommand)]
    pub(in crate::cli) action: NotebookAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum NotebookAction {
    /// List the notebooks of the data folder
    List,
    /// Pin an event, a state, or what differs between two versions; a notebook of that title is begun if there is none
    Pin(Pin),
    /// Say of every pin whether the store still has what was pinned; ends with 6 if not
    Check(Check),
    /// Check a notebook and write it as one HTML file that needs nothing else
    Export(Export),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["event", "stream"]))]
pub(in crate::cli) struct Pin {
    /// Title or id of the notebook
    pub(in crate::cli) notebook: String,
    /// The event at this position
    #[arg(long, value_name = "POSITION")]
    pub(in crate::cli) event: Option<String>,
    /// The state of this stream
    #[arg(long)]
    pub(in crate::cli) stream: Option<String>,
    /// With --stream: the version, a time, or a position of the log (@1234) [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION", requires = "stream")]
    pub(in crate::cli) at: Option<String>,
    /// With --stream: what differs from this version on
    #[arg(long, value_name = "VERSION|TIME|@POSITION", requires = "stream")]
    pub(in crate::cli) from: Option<String>,
    /// What is to be said about it
    #[arg(long)]
    pub(in crate::cli) note: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Title or id of a notebook, or a report or a notebook's own file
    #[arg(value_name = "NOTEBOOK|FILE")]
    pub(in crate::cli) notebook: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// Title or id of a notebook, or a report or a notebook's own file
    #[arg(value_name = "NOTEBOOK|FILE")]
    pub(in crate::cli) notebook: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) into: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    pub(in crate::cli) replace: bool,
}

impl NotebookAction {
    /// Whether the store is needed for it.
    pub(in crate::cli) fn looks_at_a_store(&self) -> bool {
        !matches!(self, Self::List)
    }
}
