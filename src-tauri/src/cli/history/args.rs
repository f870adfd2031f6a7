//! What can be asked of the history of streams.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The stream
    #[arg(long)]
    pub(in crate::cli) stream: String,
    /// The version (or time, or @position) that is compared with
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(in crate::cli) from: String,
    /// The version (or time, or @position) that is shown [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(in crate::cli) to: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Blame {
    /// The stream
    #[arg(long)]
    pub(in crate::cli) stream: String,
    /// A version, a time (2026-03-01T12:00:00Z), or a position of the log (@1234) [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(in crate::cli) at: Option<String>,
    /// Every change of this one field instead: a JSON pointer, for example /settled/minor
    #[arg(long, value_name = "POINTER")]
    pub(in crate::cli) path: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Watch {
    /// The stream
    #[arg(long)]
    pub(in crate::cli) stream: String,
    /// An expression in CEL over the state's fields, `event` and `payload`, for example "available" or "available < 0"
    #[arg(value_name = "EXPRESSION")]
    pub(in crate::cli) expression: String,
    /// Up to this version (or time, or @position) [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(in crate::cli) until: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Bisect {
    /// The stream
    #[arg(long)]
    pub(in crate::cli) stream: String,
    /// A condition in CEL over the state's fields, `event` and `payload`, for example "available < 0"
    #[arg(value_name = "CONDITION")]
    pub(in crate::cli) condition: String,
    /// Search by halving: fast, and right only if the condition, once it holds, goes on to hold
    #[arg(long)]
    pub(in crate::cli) halving: bool,
    /// Up to this version (or time, or @position) [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(in crate::cli) until: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Lanes {
    /// The streams
    #[arg(required = true, value_name = "STREAM")]
    pub(in crate::cli) streams: Vec<String>,
    /// What comes first
    #[arg(long, value_enum, default_value_t = Order::Recorded)]
    pub(in crate::cli) order: Order,
    /// Begin behind this place: what the page before has named as `next` (1234, or 2026-03-01@1234 in the order of value dates)
    #[arg(long, value_name = "PLACE")]
    pub(in crate::cli) after: Option<String>,
    /// Most events
    #[arg(long, default_value_t = 100)]
    pub(in crate::cli) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Order {
    /// As they were recorded
    Recorded,
    /// By the day from which an event counts, else the day it was recorded on
    ValueDate,
}
