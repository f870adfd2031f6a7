//! What can be typed.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use es_core::Language;
use uuid::Uuid;

use super::history::args as history;
use super::notebook::args as notebook;
use super::scene::args as scene;
use super::what_if::args as what_if;

/// Told after the help text; part of the program's interface.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
    0  done
    2  bad input: an unknown command, malformed JSON, a stream or version that does not exist
    3  rejected by a rule, or refused by the guard of `retention` with its reasons; nothing was written. Of a `what-if`: a process
       got stuck
    4  conflict: somebody else wrote first, or an id was used twice with other content; nothing was written
    5  the store is unavailable: missing, not a store, out of reach, login refused, newer, locked, read-only, full
    6  integrity violated, or stores differ that were compared; the place is named
  130  stopped with Ctrl-C

With --json, standard output holds one JSON object (`events`: one object a line). Positions, versions, money and other
64-bit numbers are strings; payloads, metadata and states are embedded with every digit as stored. A failure is
{\"error\":{\"code\",\"message\",\"hint\",\"retryable\"}}; the same is told to people on standard error, like progress.
A refused `command` answers {\"outcome\":\"rejected\"|\"conflict\"|\"invalid\"|\"unavailable\", …} with the numbers instead.";

/// Event-store inspector that hosts a complete banking event-sourcing engine. Without a command it opens the window, at
/// the place that a link (ledgerscope://…) names if one is given. A file FILE.ledgerscope in front is the store.
#[derive(Parser)]
#[command(name = "ledgerscope", version, after_help = EXIT_CODES, max_term_width = 120)]
pub(super) struct Line {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes. Not to be printed: the store may be a connection string with a password.
#[derive(Clone, Args)]
pub(super) struct Common {
    /// The store: a file, a connection string (postgres://…, esdb://…, kurrentdb://…, sqlite:…) or the name of a connection
    /// [default: the file that the window opens at first]
    // The value is not told by --help: it may hold a password.
    #[arg(long, global = true, value_name = "STORE", env = "LEDGERSCOPE_STORE", hide_env_values = true)]
    pub(super) store: Option<String>,
    /// Write to a store that is marked as production without being asked for its name
    #[arg(long, global = true)]
    pub(super) yes_production: bool,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Tell progress on standard error even when it is not a terminal
    #[arg(long, global = true)]
    pub(super) progress: bool,
    /// Tell events, rejections and failures in this language: en or de. With --json only sentences of events are told in it
    #[arg(long, global = true, value_name = "TAG", default_value = "en", value_parser = language)]
    pub(super) language: Language,
}

fn language(tag: &str) -> Result<Language, String> {
    Language::of_tag(tag).ok_or_else(|| "known are en and de".to_owned())
}

/// The commands.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a store with a simulated bank; the same seed and number give the same bytes
    #[command(after_help = EXIT_CODES)]
    Demo(Demo),
    /// List streams
    #[command(after_help = EXIT_CODES)]
    Streams(Streams),
    /// List events of the whole log or of one stream
    #[command(after_help = EXIT_CODES)]
    Events(Events),
    /// Write all events that match into a file, exactly as they are stored
    #[command(after_help = EXIT_CODES)]
    Export(Export),
    /// Read a file of exported events into an empty store, where they are the same events; running it again goes on
    #[command(after_help = EXIT_CODES)]
    Import(Import),
    /// Show the state of a stream at any version, and what changed
    #[command(after_help = EXIT_CODES)]
    State(State),
    /// Show what differs between two versions of a stream
    #[command(after_help = EXIT_CODES)]
    Diff(history::Diff),
    /// Show which event last set each value of a state, or every change of one field
    #[command(after_help = EXIT_CODES)]
    Blame(history::Blame),
    /// Evaluate an expression at every version of a stream
    #[command(after_help = EXIT_CODES)]
    Watch(history::Watch),
    /// Find the first version of a stream on which a condition holds
    #[command(after_help = EXIT_CODES)]
    Bisect(history::Bisect),
    /// Show several streams side by side along one time line
    #[command(after_help = EXIT_CODES)]
    Lanes(history::Lanes),
    /// Carry out a what-if in memory and show it beside what happened; nothing is written to the store
    #[command(after_help = EXIT_CODES)]
    WhatIf(what_if::WhatIf),
    /// Pin what was found, check whether it still holds, and export it as a report
    #[command(after_help = EXIT_CODES)]
    Notebook(notebook::Notebook),
    /// Execute a command, and the process steps that follow from it
    #[command(name = "command", after_help = EXIT_CODES)]
    Execute(Execute),
    /// Show read models, or rebuild one
    #[command(after_help = EXIT_CODES)]
    Projections(Projections),
    /// Show processes, their instances and timers, or let them go on
    #[command(after_help = EXIT_CODES)]
    Processes(Processes),
    /// Show snapshots of states, compare them with replays, or delete them
    #[command(after_help = EXIT_CODES)]
    Snapshots(Snapshots),
    /// Check every event against its hashes, and the log against itself
    #[command(after_help = EXIT_CODES)]
    Verify,
    /// Say what may go: preview, hide (truncate) and archive (scavenge) old events; legal holds
    #[command(after_help = EXIT_CODES)]
    Retention(Retention),
    /// Keep connections to stores: add, test, edit, remove
    #[command(after_help = EXIT_CODES)]
    Connections(Connections),
    /// Copy a store into another one, of whatever kind; running it again goes on
    #[command(after_help = EXIT_CODES)]
    Copy(Copy),
    /// Run the same bank on several empty stores, and compare what they answer and how fast
    #[command(after_help = EXIT_CODES)]
    Parity(Parity),
    /// Look at what the store stands on, and at what its server keeps: streams, links, rights, subscriptions, projections
    #[command(after_help = EXIT_CODES)]
    Server(Server),
    /// List, check and play scenes: commands and places for an audience, on a store of their own
    #[command(name = "scene", after_help = EXIT_CODES)]
    Scenes(scene::Scenes),
    /// List command and event types, or print the JSON Schema of one
    #[command(after_help = EXIT_CODES)]
    Schema(Schema),
}

#[derive(Args)]
pub(super) struct Demo {
    /// Decides everything that happens
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u32,
    /// How many events
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) events: u32,
    /// The file to create; or another store without events, as with --store [default: that of --store]
    #[arg(long, value_name = "STORE")]
    pub(super) into: Option<String>,
    /// Leave a transfer that cannot go on: its money is in transit, and its target can no longer be read
    #[arg(long)]
    pub(super) stuck_transfer: bool,
}

#[derive(Debug, Args)]
pub(super) struct Streams {
    /// Only this category
    #[arg(long)]
    pub(super) category: Option<String>,
    /// Only names that contain this
    #[arg(long, value_name = "TEXT")]
    pub(super) contains: Option<String>,
    /// What comes first
    #[arg(long, value_enum, default_value_t = Order::Name)]
    pub(super) order: Order,
    /// Also the store's own streams
    #[arg(long)]
    pub(super) system: bool,
    /// Rows to leave out before the first
    #[arg(long, default_value_t = 0)]
    pub(super) offset: u64,
    /// Most rows
    #[arg(long, default_value_t = 100)]
    pub(super) limit: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Order {
    /// By name
    Name,
    /// Newest change first
    LastChange,
    /// Most events first
    Length,
}

/// Which events are looked for; all that is given must hold.
#[derive(Debug, Clone, Args)]
pub(super) struct Filters {
    /// Only this stream; repeated, any of these
    #[arg(long, action = ArgAction::Append)]
    pub(super) stream: Vec<String>,
    /// Only streams whose names begin so
    #[arg(long, value_name = "PREFIX")]
    pub(super) stream_prefix: Option<String>,
    /// Only these categories; may be repeated
    #[arg(long, action = ArgAction::Append)]
    pub(super) category: Vec<String>,
    /// Only these event types, as stored; may be repeated
    #[arg(long = "type", value_name = "TYPE", action = ArgAction::Append)]
    pub(super) event_type: Vec<String>,
    /// Only events whose payload or metadata contains this text
    #[arg(long, value_name = "TEXT")]
    pub(super) contains: Option<String>,
    /// Only events with this correlation id
    #[arg(long, value_name = "UUID")]
    pub(super) correlation: Option<Uuid>,
    /// Only events recorded at or after this time, for example 2026-03-01 or 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Only events recorded before this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Only events of this actor, exactly
    #[arg(long)]
    pub(super) actor: Option<String>,
    /// Everything about the subject of this stream: for a customer the accounts, their transfers and orders, as whole streams
    #[arg(long, value_name = "STREAM")]
    pub(super) about: Option<String>,
    /// Only events on which this condition (CEL) holds: payload.amount > 100000 && event.actor == "ada"
    #[arg(long = "where", value_name = "CONDITION")]
    pub(super) condition: Option<String>,
    /// Only events at or after this position
    #[arg(long, value_name = "POSITION")]
    pub(super) first: Option<u64>,
    /// Only events up to and including this position
    #[arg(long, value_name = "POSITION")]
    pub(super) last: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Events {
    #[command(flatten)]
    pub(super) filters: Filters,
    /// Begin behind this position (with --backward: before it)
    #[arg(long, value_name = "POSITION")]
    pub(super) after: Option<u64>,
    /// Most events; 0 for all
    #[arg(long, default_value_t = 100)]
    pub(super) limit: u64,
    /// Newest first
    #[arg(long)]
    pub(super) backward: bool,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    pub(super) filters: Filters,
    /// How the events are written
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    pub(super) format: Format,
    /// The file to write; it appears when it is whole
    #[arg(long, value_name = "FILE")]
    pub(super) into: std::path::PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    pub(super) replace: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with headings
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file, of either format
    #[arg(value_name = "FILE")]
    pub(super) file: std::path::PathBuf,
    /// The store, created if it is a file that is not there yet [default: that of --store]
    #[arg(long, value_name = "STORE")]
    pub(super) into: Option<String>,
    /// Count versions anew in streams of which the file lacks earlier events
    #[arg(long)]
    pub(super) renumber: bool,
}

#[derive(Debug, Args)]
pub(super) struct State {
    /// The stream
    #[arg(long)]
    pub(super) stream: String,
    /// A version, a time (2026-03-01T12:00:00Z), or a position of the log (@1234) [default: the last version]
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(super) at: Option<String>,
    /// Compare with this version (or time, or @position) [default: the version before]
    #[arg(long, value_name = "VERSION|TIME|@POSITION")]
    pub(super) diff: Option<String>,
    /// Show only what differs
    #[arg(long)]
    pub(super) changes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Execute {
    /// The command's name, for example Deposit; `ledgerscope schema` lists them
    #[arg(long = "type", value_name = "TYPE")]
    pub(super) command_type: String,
    /// The payload: JSON text, @FILE, or - for standard input
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(super) payload: String,
    /// Who issues it [default: the user's name]
    #[arg(long)]
    pub(super) actor: Option<String>,
    /// Why
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Identity of the command: issuing the same one again changes nothing [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub(super) id: Option<Uuid>,
    /// Version that the command's stream must have, as last seen; otherwise it is a conflict [default: any]
    #[arg(long, value_name = "VERSION", conflicts_with = "dry_run")]
    pub(super) expected_version: Option<u64>,
    /// Decide only; write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Projections {
    #[command(subcommand)]
    pub(super) action: Option<ProjectionAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProjectionAction {
    /// How far each read model has come
    Status,
    /// The rows of a read model as of a position or time, folded in memory; the stored one is not touched
    Rows(RowsAsked),
    /// Bring every read model up to the head of the log
    CatchUp,
    /// Build a read model anew beside the one in use, verify it, then swap
    Rebuild {
        /// Its name
        name: String,
        /// Swap even if rows differ from those in use or an invariant does not hold
        #[arg(long)]
        accept_differences: bool,
        /// Go on with a rebuild that was stopped, killed or refused
        #[arg(long)]
        resume: bool,
    },
    /// Throw a read model away and build it from the first event
    Reset {
        /// Its name
        name: String,
        /// Do it: until it is built there is nothing to look at, and nothing to roll back to
        #[arg(long)]
        yes: bool,
    },
    /// Go back to the tables that the last swap has kept
    Rollback {
        /// Its name
        name: String,
    },
    /// Leave out the event that a read model is halted at; the decision is recorded in the log
    Skip {
        /// Its name
        name: String,
        /// Position of the event
        #[arg(long)]
        position: u64,
        /// Why, for those who ask later
        #[arg(long)]
        reason: String,
        /// Who decides it [default: the user's name]
        #[arg(long)]
        actor: Option<String>,
    },
    /// List the events that a read model leaves out, who decided it and why
    Skips {
        /// Its name
        name: String,
    },
    /// List the streams that a read model has set aside, or apply one again
    Quarantine {
        /// Its name
        name: String,
        #[command(subcommand)]
        action: Option<QuarantineAction>,
    },
    /// Compare a read model's rows with a fresh replay, and name the events where they part
    Doctor {
        /// Its name
        name: String,
    },
    /// Stop a read model until it is resumed; also after a restart
    Pause {
        /// Its name
        name: String,
    },
    /// Let a paused read model go on
    Resume {
        /// Its name
        name: String,
    },
    /// Let a halted read model try the event again that it could not apply
    Retry {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct RowsAsked {
    /// Its name
    pub(super) name: String,
    /// One of its tables [default: the first]
    #[arg(long)]
    pub(super) table: Option<String>,
    /// The moment: a position of the log as @1234, or a time [default: the head of the log]
    #[arg(long, value_name = "@POSITION|TIME")]
    pub(super) at: Option<String>,
    /// Rows to leave out before the first
    #[arg(long, default_value_t = 0)]
    pub(super) offset: u64,
    /// Most rows
    #[arg(long, default_value_t = 100)]
    pub(super) limit: u64,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineAction {
    /// Apply what was left out of a stream, and let it take part again
    Release {
        /// The stream
        stream: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Retention {
    #[command(subcommand)]
    pub(super) action: super::retention::Action,
}

#[derive(Debug, Args)]
pub(super) struct Processes {
    #[command(subcommand)]
    pub(super) action: Option<ProcessAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProcessAction {
    /// How far each process has come
    Status,
    /// List instances, newest change first, with what each waits for
    Instances {
        /// Only this process
        #[arg(long, value_name = "NAME")]
        process: Option<String>,
        /// Which ones
        #[arg(long, value_enum, default_value_t = Instances::Unfinished)]
        filter: Instances,
        /// Instances of each process to leave out before the first that is looked at
        #[arg(long, default_value_t = 0)]
        offset: u64,
        /// Most instances of each process to look at
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// List timers, the next one first
    Timers {
        /// Only this process
        #[arg(long, value_name = "NAME")]
        process: Option<String>,
        /// Most timers
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Look at one instance again that is stuck, and let it go on if it can
    Retry(Decision),
    /// Give one instance up, before anything was moved
    Cancel(Decision),
    /// Send back what one instance has moved
    Compensate(Decision),
    /// Put what one instance has in flight where it waits for a person
    Park(Decision),
    /// Let all processes go on until nothing is left to do but wait, and tell which instances are stuck
    Drive,
}

#[derive(Debug, Args)]
pub(super) struct Decision {
    /// The instance's stream, for example transfer-T-1
    pub(super) stream: String,
    /// Why; kept with the decision
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// Who decides [default: the user's name]
    #[arg(long, value_name = "NAME")]
    pub(super) actor: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Instances {
    /// All, finished ones too
    All,
    /// Those that are not finished
    Unfinished,
}

#[derive(Debug, Args)]
pub(super) struct Snapshots {
    #[command(subcommand)]
    pub(super) action: Option<SnapshotAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SnapshotAction {
    /// How many there are
    Status,
    /// List them by stream
    List {
        /// Only behind this stream's
        #[arg(long, value_name = "STREAM")]
        after: Option<String>,
        /// Most snapshots
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Compare them with replays from the first event
    Verify {
        /// Only so many, spread evenly [default: all]
        #[arg(long, value_name = "NUMBER")]
        sample: Option<u64>,
    },
    /// Delete all of them, or one stream's; the next loads take longer, and nothing else changes
    Delete {
        /// Only of this stream
        #[arg(long)]
        stream: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Connections {
    #[command(subcommand)]
    pub(super) action: Option<super::connections::Action>,
}

/// Not to be printed: the stores may be connection strings with passwords.
#[derive(Args)]
pub(super) struct Copy {
    /// The store that is copied [default: that of --store]
    #[arg(long, value_name = "STORE")]
    pub(super) from: Option<String>,
    /// The store that it goes into: empty, or with a beginning of the same source
    #[arg(long, value_name = "STORE")]
    pub(super) to: String,
    /// Only say what would be copied, and what the target could not keep
    #[arg(long)]
    pub(super) plan: bool,
    /// Only compare both sides, event by event
    #[arg(long, conflicts_with = "plan")]
    pub(super) verify_only: bool,
    /// Also copy the keys of sealed personal data, so that they can be read in the target
    #[arg(long)]
    pub(super) with_keys: bool,
    /// Copy the rest even if some events cannot be copied
    #[arg(long, conflicts_with_all = ["plan", "verify_only"])]
    pub(super) leave_out: bool,
}

/// Not to be printed: the stores may be connection strings with passwords.
#[derive(Args)]
pub(super) struct Parity {
    /// An empty store that takes part; may be repeated. A store in memory always takes part: it is what others are compared with
    // Under the id of the option that every command takes, in whose place it stands here.
    #[arg(id = "store", long = "store", value_name = "STORE", action = ArgAction::Append, required = true)]
    pub(super) stores: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Server {
    #[command(subcommand)]
    pub(super) action: Option<super::server::Action>,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// A command or event type; all are listed if none is named
    #[arg(value_name = "TYPE")]
    pub(super) name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Line::command().debug_assert();
    }

    #[test]
    fn options_of_every_command_may_stand_anywhere() {
        let parsed = |words: &[&str]| match Line::try_parse_from(words) {
            Ok(line) => line,
            Err(error) => panic!("{words:?}: {error}"),
        };
        let line = parsed(&["ledgerscope", "streams", "--store", "x", "--json"]);
        assert!(line.common.json && line.common.store.is_some(), "behind the command");
        assert!(parsed(&["ledgerscope", "--json", "verify"]).common.json, "before the command");
        assert!(parsed(&["ledgerscope"]).command.is_none(), "none opens the window");
    }
}
