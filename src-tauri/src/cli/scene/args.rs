//! What can be asked of scenes.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct Scenes {
    #[command(subcommand)]
    pub(in crate::cli) action: SceneAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SceneAction {
    /// List the scenes that come with the program, and those that were recorded
    List,
    /// Check that a scene can be played: its format, its clock, the shape of its commands
    Check(Which),
    /// Play a scene on a store of its own that is gone afterwards, and tell what came of each step
    Play(Which),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Which {
    /// The scene: its id in the list, or a file (….scene.json)
    #[arg(value_name = "SCENE")]
    pub(in crate::cli) scene: String,
}
