//! The fold core behind time travel, diff and detail views. Knows neither a window nor a certain store or domain: it is
//! given an [`es_core::EventReader`] and an [`es_core::Domain`], and always runs the engine's own fold.

pub mod as_of;
pub mod blame;
mod cache;
pub mod causes;
pub mod column;
pub mod expression;
pub mod field;
pub mod fold;
mod inspector;
pub mod json;
pub mod lanes;
pub mod limits;
mod merge;
pub mod notebook;
pub mod overrides;
pub mod pace;
pub mod scene;
pub mod source;
mod sparkline;
mod spill;
pub mod tree;
pub mod views;
pub mod watch;
pub mod what_if;

pub use as_of::{AsOf, Moment, RowsAsOf, RowsAt};
pub use blame::{Blame, PathBlame};
pub use causes::{CauseGraph, CauseKind, CauseNode, CauseView, Caused, Effects, cause_graph, effects_of};
pub use column::{BadPath, ColumnPath};
pub use expression::{EvaluationError, Expression, ExpressionError, Needs, Number, Place, Scope, Tally, Value};
pub use field::{FieldChange, FieldHistory, FieldValue};
pub use fold::{FoldProblem, FoldStep, Folded, InspectError};
pub use inspector::{Inspector, pretty_event};
pub use json::{Document, InvalidJson, Kind, compact, pretty};
pub use lanes::{Lane, LaneEntry, LaneOrder, LanePage, LanePlace};
pub use overrides::{InsertedEvent, Overrides, Taken};
pub use pace::Pace;
pub use source::{Source, Until, fold};
pub use tree::{Change, Display, Tree, TreeNode, View};
pub use views::{EventDetail, EventSummary, PrettyEvent, StateView, Step, TimelineEntry, UpcastStepView};
pub use watch::{Bisected, Run, Search, WatchPoint, Watched};
