//! Why a text is no scene, or a scene cannot go on.

use chrono::{DateTime, Utc};
use es_core::StoreError;

use super::file::{FORMAT, VERSION};

/// Why a scene cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SceneError {
    /// It is something else.
    #[error("this is no scene: {reason}")]
    NotAScene {
        /// What was found.
        reason: String,
    },
    /// A newer version of the program wrote it.
    #[error("this scene has version {found} of its format; this program knows versions up to {VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
    /// Something in it does not fit the format.
    #[error("this scene does not fit its format: {reason}")]
    Misfit {
        /// What and where.
        reason: String,
    },
    /// It has too much of something.
    #[error("this scene has {actual} {what}; at most {most} can be played")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        actual: usize,
        /// How many may be.
        most: usize,
    },
    /// A text in it is too long.
    #[error("{place} has {actual} bytes of text; at most {most} can be shown")]
    TooLong {
        /// Which one.
        place: String,
        /// How long it is.
        actual: usize,
        /// How long it may be.
        most: usize,
    },
    /// A moment in it lies before the one in front of it.
    #[error("{place} sets the clock back, from {from} to {to}")]
    ClockGoesBack {
        /// Where.
        place: String,
        /// What the clock showed.
        from: DateTime<Utc>,
        /// What it would show.
        to: DateTime<Utc>,
    },
    /// A command in it is none of the domain, or has another shape.
    #[error("{place} is no command that can be sent: {reason}")]
    NoSuchCommand {
        /// Where.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A command with which its bank begins was not carried out.
    #[error("{place} was not carried out: {reason}")]
    SetUpRefused {
        /// Which one.
        place: String,
        /// What the engine said.
        reason: String,
    },
    /// There is no further step.
    #[error("the scene is over: it has {steps} steps")]
    Over {
        /// How many it has.
        steps: usize,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SceneError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAScene { .. } => "not_a_scene",
            Self::Newer { .. } => "newer_scene",
            Self::Misfit { .. } => "scene_misfit",
            Self::TooMany { .. } | Self::TooLong { .. } => "scene_too_large",
            Self::ClockGoesBack { .. } => "scene_clock_goes_back",
            Self::NoSuchCommand { .. } => "scene_command_unknown",
            Self::SetUpRefused { .. } => "scene_set_up_refused",
            Self::Over { .. } => "scene_over",
            Self::Store(error) => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAScene { .. } => "Choose a file whose name ends with .scene.json.",
            Self::Newer { .. } => "Open it with a newer version of the program.",
            Self::Misfit { .. } | Self::ClockGoesBack { .. } | Self::NoSuchCommand { .. } => {
                "Correct the file at the place that is named, or record the scene anew."
            }
            Self::SetUpRefused { .. } => "Correct what the scene begins with; nothing of it is left behind.",
            Self::TooMany { .. } | Self::TooLong { .. } => "Shorten it, or make two scenes of it.",
            Self::Over { .. } => "Go back to the checkpoint to play it again.",
            Self::Store(error) => error.hint(),
        }
    }

    pub(super) fn another_format() -> Self {
        Self::NotAScene { reason: format!("its \"format\" is not {FORMAT:?}") }
    }
}
