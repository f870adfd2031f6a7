//! Scenes: commands and places in an order that somebody presents, on a store that is made for them and put back as it was.
//!
//! A scene says what bank it begins with, down to its clock, and what is done then. So the same scene gives the same log, but for
//! the keys of sealed personal data, however often it is played and wherever.

mod error;
mod file;
mod play;
mod promise;

pub use error::SceneError;
pub use file::{Bank, Base, CommandStep, Expect, SCENE_EXTENSION, Scene, Step, StepKind, Words};
pub use play::{Followed, Player, StepOutcome, StepReport};
