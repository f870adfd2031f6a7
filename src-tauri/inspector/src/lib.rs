//! The fold core behind time travel, diff and detail views. Knows neither a window nor a certain store or domain: it is
//! given an [`es_core::EventReader`] and an [`es_core::Domain`], and always runs the engine's own fold.

mod cache;
pub mod expression;
pub mod fold;
mod inspector;
pub mod json;
pub mod limits;
pub mod tree;
pub mod views;

pub use expression::{EvaluationError, Expression, ExpressionError, Needs, Number, Place, Scope, Tally, Value};
pub use fold::{FoldProblem, FoldStep, Folded, InspectError, fold};
pub use inspector::{Inspector, pretty_event};
pub use json::{Document, InvalidJson, Kind, compact, pretty};
pub use tree::{Change, Display, Tree, TreeNode, View};
pub use views::{EventDetail, EventSummary, PrettyEvent, StateView, Step, TimelineEntry, UpcastStepView};
