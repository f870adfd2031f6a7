//! Notebooks: what somebody has found, pinned with notes, so that it can be shown again, checked again, and handed on.
//!
//! A pin keeps what was seen, within bounds, and what it takes to find out later whether it still holds: which log it was, up to
//! where the log reached, and hashes. Types, edits, comparisons and the report are pure; [`capture`] and [`check`] read a store and
//! never write.

mod capture;
mod check;
mod edit;
mod html;
mod model;
mod read;
mod report;
mod text;
mod words;

pub use capture::{CaptureError, Selection, anchor, same_log};
pub use check::{Aspect, Checker, Difference, Gone, NotSelected, Queries, Standing, Verdict};
pub use edit::{EditError, Removed};
pub use model::{
    Cell, ChangeKind, Excerpt, NOTEBOOK_EXTENSION, Notebook, NotebookError, Pin, Seen, SeenChange, SeenDiff, SeenEnd,
    SeenEvent, SeenLaneStep, SeenQuery, SeenRow, SeenState, SeenStep, SeenWhatIf, StoreIdentity, TextCell,
};
pub use read::{ReadReport, ReportError, read_report};
pub use report::{Checked, Report, write_report};
pub use words::{advice, sentence};
