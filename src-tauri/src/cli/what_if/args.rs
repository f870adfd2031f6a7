//! What can be asked of a what-if.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["scenario", "new"]))]
pub(in crate::cli) struct WhatIf {
    /// Carry out the scenario of this file (….whatif.json; - for standard input)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) scenario: Option<PathBuf>,
    /// Write a scenario into this file that forks --stream at --at, to be completed in the window or by hand
    #[arg(long, value_name = "FILE", requires = "stream")]
    pub(in crate::cli) new: Option<PathBuf>,
    /// With --new: the stream; repeated, further streams that take part
    #[arg(long, requires = "new")]
    pub(in crate::cli) stream: Vec<String>,
    /// With --new: the version of the (first) stream, a time, or a position of the log (@1234) [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION", requires = "new")]
    pub(in crate::cli) at: Option<String>,
    /// With --new: streams that have events of the same correlation take part, too
    #[arg(long, requires = "new")]
    pub(in crate::cli) correlated: bool,
    /// With --new: up to where recorded events after the fork are taken along
    #[arg(long, value_enum, default_value_t = Along::Fork, requires = "new")]
    pub(in crate::cli) along: Along,
    /// When the steps begin, as 2026-03-01T12:00:00Z; with --new kept in the file, with --scenario instead of the file's
    /// [default: the time of the log there]
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) clock: Option<String>,
    /// With --new: what it is about
    #[arg(long, requires = "new")]
    pub(in crate::cli) title: Option<String>,
    /// With --scenario: make a Given-When-Then test of it and write its Rust text into this file
    #[arg(long, value_name = "FILE", requires = "scenario")]
    pub(in crate::cli) test: Option<PathBuf>,
    /// With --test: the name of the test [default: made of the scenario's title]
    #[arg(long, requires = "test")]
    pub(in crate::cli) name: Option<String>,
    /// With --test: with other ids, people, texts, days and amounts; proportions of amounts, days between two days, weekdays,
    /// times of day to the minute, rates and the order of events stay recognisable
    #[arg(long, requires = "test")]
    pub(in crate::cli) anonymous: bool,
    /// Replace a file that is there already
    #[arg(long)]
    pub(in crate::cli) replace: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Along {
    /// None of them
    Fork,
    /// All that there are when it runs
    Head,
}
