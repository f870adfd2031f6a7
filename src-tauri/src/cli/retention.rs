//! `ledgerscope retention`.

mod told;

use std::sync::Arc;

use clap::{ArgGroup, Args, Subcommand};
use es_core::retention::plan::{Purpose, RetentionPlan};
use es_core::retention::record::{Authorship, RetentionRule, Scope};
use es_core::{RetainError, StoreError, StreamName, StreamVersion};
use es_runtime::{Engine, Progress, RetentionError, Selection, Wanted};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::told::{
    DoneJson, PlanJson, RuleJson, StatusJson, StreamJson, done, refused, rule_in_words, tell_done, tell_plan,
};
use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::output::{Output, exact_time, printable, short_time};
use super::progress::{Meter, grouped};
use super::verify;
use crate::connections::Chosen;
use crate::wire::AppError;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Rules and legal holds in force, truncated and closed streams, room taken
    Status,
    /// Say what would go and what stays for which reason; change nothing
    Preview {
        /// What `scavenge` would move, not what `truncate` would hide
        #[arg(long, conflicts_with_all = ["before", "max_count", "max_age"])]
        scavenge: bool,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        rule: Rule,
    },
    /// Record a rule for a stream or a category; it hides nothing until `truncate` is run
    #[command(group = ArgGroup::new("scope").required(true))]
    Set {
        #[command(flatten)]
        scope: RuleScope,
        #[command(flatten)]
        rule: Rule,
        /// Events younger than this stay, whatever else is said: 90s, 15m, 36h, 365d
        #[arg(long, value_name = "AGE", value_parser = age)]
        min_age: Option<u64>,
        /// Remove the rule instead
        #[arg(long, conflicts_with_all = ["before", "max_count", "max_age", "min_age"])]
        remove: bool,
        #[command(flatten)]
        by: By,
    },
    /// Hide what the recorded rules (or the one given) let go; at once, and for good
    Truncate {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        rule: Rule,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        by: By,
    },
    /// Move hidden events to the archive beside the store; stubs stay
    Scavenge {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        by: By,
    },
    /// Place a legal hold: nothing that it covers goes until it is lifted
    #[command(group = ArgGroup::new("scope").required(true))]
    Hold {
        /// Its name, for example a case number
        name: String,
        #[command(flatten)]
        scope: HoldScope,
        #[command(flatten)]
        by: By,
    },
    /// Lift a legal hold
    Lift {
        /// Its name
        name: String,
        #[command(flatten)]
        by: By,
    },
    /// Close a stream for further events, for good
    Close {
        /// The stream
        stream: String,
        /// Confirms the stream's last version, as `streams` shows it
        #[arg(long, value_name = "VERSION")]
        expect_version: u64,
        #[command(flatten)]
        by: By,
    },
    /// Look after the archive
    Archive {
        #[command(subcommand)]
        action: ArchiveAction,
    },
}

impl Action {
    /// Whether anything is recorded or goes.
    pub(super) fn changes_something(&self) -> bool {
        !matches!(self, Self::Status | Self::Preview { .. } | Self::Archive { .. })
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ArchiveAction {
    /// Check every archived event against its hash and its stub
    Verify,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Only this stream
    #[arg(long, conflicts_with = "category")]
    stream: Option<String>,
    /// Only this category
    #[arg(long)]
    category: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Rule {
    /// Events older than this may go: 90s, 15m, 36h, 365d
    #[arg(long, value_name = "AGE", value_parser = age)]
    max_age: Option<u64>,
    /// All but the last so many events of a stream may go
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_count: Option<u64>,
    /// Events before this version may go
    #[arg(long, value_name = "VERSION")]
    before: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct RuleScope {
    /// For this stream, in place of its category's rule
    #[arg(long, group = "scope")]
    stream: Option<String>,
    /// For all streams of this category
    #[arg(long, group = "scope")]
    category: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct HoldScope {
    /// This stream
    #[arg(long, group = "scope")]
    stream: Option<String>,
    /// All streams of this category
    #[arg(long, group = "scope")]
    category: Option<String>,
    /// All streams whose names begin so
    #[arg(long, group = "scope")]
    prefix: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Confirm {
    /// Confirms the number of events that the preview told; without it nothing is changed
    #[arg(long, value_name = "N")]
    expect_events: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct By {
    /// Who wants it; recorded
    #[arg(long)]
    actor: String,
    /// Why; recorded
    #[arg(long)]
    reason: String,
}

/// Seconds of an age like `36h`.
fn age(text: &str) -> Result<u64, String> {
    let split = text.len() - text.chars().last().map_or(0, char::len_utf8);
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err("an age is a number with a unit: 90s, 15m, 36h, 365d".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| format!("{number:?} is not a whole number"))?;
    number.checked_mul(seconds).ok_or_else(|| "the age is too long".to_owned())
}

impl Rule {
    fn given(&self) -> Option<RetentionRule> {
        let rule = RetentionRule {
            max_age_seconds: self.max_age,
            max_count: self.max_count,
            before_version: self.before.map(StreamVersion),
            min_age_seconds: None,
        };
        rule.lets_go().then_some(rule)
    }
}

impl Which {
    fn selection(self) -> Result<Selection, Failure> {
        Ok(Selection { stream: self.stream.as_deref().map(stream_name).transpose()?, category: self.category })
    }
}

impl By {
    fn authorship(self) -> Authorship {
        let (change_id, channel) = (Uuid::new_v4(), "cli".to_owned());
        Authorship { change_id, actor: self.actor, channel, reason: self.reason }
    }
}

fn stream_name(text: &str) -> Result<StreamName, Failure> {
    StreamName::new(text).map_err(|error| {
        let message = crate::errors::sentence(&error.to_string());
        Failure::bad_input("bad_stream_name", message, "`ledgerscope streams` lists them.")
    })
}

/// Exactly one of them is given; the argument group sees to it.
fn scope_of(stream: Option<String>, category: Option<String>, prefix: Option<String>) -> Result<Scope, Failure> {
    match (stream, category, prefix) {
        (Some(stream), ..) => Ok(Scope::Stream(stream_name(&stream)?)),
        (_, Some(category), _) => Ok(Scope::Category(category)),
        (_, _, prefix) => Ok(Scope::Prefix(prefix.unwrap_or_default())),
    }
}

pub(super) async fn run(
    chosen: Chosen,
    stop: CancellationToken,
    action: Action,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    if let Action::Archive { action: ArchiveAction::Verify } = action {
        return verify_archive(&Desk::look(&chosen, stop).await?, meter, out).await;
    }
    let (desk, store, engine) = Desk::work(chosen, stop).await?;
    if action.changes_something() {
        store.writable().map_err(Failure::unavailable)?;
    }
    let ended = Run { desk: &desk, engine: &engine, meter }.act(action, out).await;
    engine.shutdown().await;
    ended
}

struct Run<'a> {
    desk: &'a Desk,
    engine: &'a Engine,
    meter: &'a Arc<Meter>,
}

impl Run<'_> {
    async fn act(&self, action: Action, out: &mut Output) -> Result<Exit, Failure> {
        let retention = self.engine.retention()?;
        match action {
            Action::Archive { .. } => {}
            Action::Status => self.status(out).await?,
            Action::Preview { scavenge, which, rule } => {
                let purpose = if scavenge { Purpose::Scavenge } else { Purpose::Truncate };
                let wanted = Wanted { selection: which.selection()?, rule: rule.given(), expect_events: None };
                return self.preview(purpose, &wanted, out).await;
            }
            Action::Set { scope, rule, min_age, remove, by } => {
                let scope = scope_of(scope.stream, scope.category, None)?;
                if remove {
                    retention.remove_rule(&scope, &by.authorship()).await.map_err(failed)?;
                    return done(&format!("There is no rule for {scope} any more."), out);
                }
                let rule = RetentionRule { min_age_seconds: min_age, ..rule.given().unwrap_or_default() };
                retention.set_rule(scope.clone(), rule, &by.authorship()).await.map_err(failed)?;
                return done(&format!("The rule for {scope} is recorded; `retention truncate` carries it out."), out);
            }
            Action::Truncate { which, rule, confirm, by } => {
                let selection = which.selection()?;
                let wanted = Wanted { selection, rule: rule.given(), expect_events: confirm.expect_events };
                return self.truncate(&wanted, by, out).await;
            }
            Action::Scavenge { which, confirm, by } => {
                let wanted = Wanted { selection: which.selection()?, rule: None, expect_events: confirm.expect_events };
                return self.scavenge(&wanted, by, out).await;
            }
            Action::Hold { name, scope, by } => {
                let scope = scope_of(scope.stream, scope.category, scope.prefix)?;
                retention.place_hold(&name, scope.clone(), &by.authorship()).await.map_err(failed)?;
                return done(&format!("Legal hold {name} on {scope} is in force."), out);
            }
            Action::Lift { name, by } => {
                retention.lift_hold(&name, &by.authorship()).await.map_err(failed)?;
                return done(&format!("Legal hold {name} is lifted."), out);
            }
            Action::Close { stream, expect_version, by } => {
                let stream = stream_name(&stream)?;
                self.check_version(&stream, expect_version).await?;
                retention.close(&stream, &by.authorship()).await.map_err(failed)?;
                return done(&format!("Stream {stream} takes no further events."), out);
            }
        }
        Ok(Exit::Done)
    }

    async fn check_version(&self, stream: &StreamName, expected: u64) -> Result<(), Failure> {
        let found = self.desk.stream_exists(stream).await?.version.get();
        if found == expected {
            return Ok(());
        }
        let message = format!("Stream {stream} is at version {found}; {expected} was confirmed. Nothing was changed.");
        let error = AppError::new("not_as_previewed", message, "Look at the stream, then confirm its last version.");
        Err(Failure::new(Exit::Conflict, error))
    }

    fn sink(&self) -> impl Fn(&Progress) + Send + Sync + use<> {
        let telling = Arc::clone(self.meter);
        move |at: &Progress| telling.report(at.phase, at.done, at.total)
    }

    async fn plan(&self, purpose: Purpose, wanted: &Wanted) -> Result<RetentionPlan, Failure> {
        let retention = self.engine.retention()?;
        let plan = retention.preview(purpose, wanted, &self.sink(), &self.desk.stop).await.map_err(failed)?;
        self.meter.finish();
        Ok(plan)
    }

    async fn preview(&self, purpose: Purpose, wanted: &Wanted, out: &mut Output) -> Result<Exit, Failure> {
        let plan = self.plan(purpose, wanted).await?;
        let exit = if plan.is_refused() { Exit::Rejected } else { Exit::Done };
        if out.json {
            out.object(&PlanJson::of("preview", purpose, &plan))?;
            return Ok(exit);
        }
        tell_plan(&plan, purpose, out)?;
        Ok(exit)
    }

    /// Without a confirmed number nothing is done, and the answer says which number to confirm.
    async fn confirmed(&self, purpose: Purpose, wanted: &Wanted, out: &mut Output) -> Result<(), Failure> {
        if wanted.expect_events.is_some() {
            return Ok(());
        }
        let plan = self.plan(purpose, wanted).await?;
        if !out.json {
            tell_plan(&plan, purpose, out)?;
        }
        let events = plan.goes.events;
        let message = format!("{} events would go. Nothing was changed.", grouped(events));
        let hint = format!("Look at the preview; if that is meant, repeat the command with --expect-events {events}.");
        Err(Failure::bad_input("not_confirmed", message, hint))
    }

    async fn truncate(&self, wanted: &Wanted, by: By, out: &mut Output) -> Result<Exit, Failure> {
        self.confirmed(Purpose::Truncate, wanted, out).await?;
        let (retention, by) = (self.engine.retention()?, by.authorship());
        let report = match retention.truncate(wanted, &by, &self.sink(), &self.desk.stop).await {
            Err(RetentionError::Refused { plan }) => return refused(Purpose::Truncate, &plan, out),
            answer => answer.map_err(failed)?,
        };
        self.meter.finish();
        let told = DoneJson {
            outcome: "truncated",
            events: report.events.to_string(),
            bytes: report.bytes.to_string(),
            streams: Some(report.streams.to_string()),
            free_bytes: None,
            archive_bytes: None,
            cancelled: report.cancelled,
            refused: report.plan.refused.to_string(),
        };
        let (events, streams) = (grouped(report.events), grouped(report.streams));
        tell_done(&told, &format!("{events} events of {streams} streams are hidden from now on."), &report.plan, out)
    }

    async fn scavenge(&self, wanted: &Wanted, by: By, out: &mut Output) -> Result<Exit, Failure> {
        self.confirmed(Purpose::Scavenge, wanted, out).await?;
        let (retention, by) = (self.engine.retention()?, by.authorship());
        let report = match retention.scavenge(wanted, &by, &self.sink(), &self.desk.stop).await {
            Err(RetentionError::Refused { plan }) => return refused(Purpose::Scavenge, &plan, out),
            answer => answer.map_err(failed)?,
        };
        self.meter.finish();
        let told = DoneJson {
            outcome: "scavenged",
            events: report.events.to_string(),
            bytes: report.bytes.to_string(),
            streams: None,
            free_bytes: Some(report.storage.free_bytes.to_string()),
            archive_bytes: report.storage.archive_bytes.map(|bytes| bytes.to_string()),
            cancelled: report.cancelled,
            refused: report.plan.refused.to_string(),
        };
        let (events, free) = (grouped(report.events), grouped(report.storage.free_bytes));
        let sentence =
            format!("{events} events are in the archive now; {free} bytes of the store are free for the next events.");
        tell_done(&told, &sentence, &report.plan, out)
    }

    async fn status(&self, out: &mut Output) -> Result<(), Failure> {
        let status = self.engine.retention()?.status().await.map_err(failed)?;
        if out.json {
            let rule = |(scope, rule): (&Scope, &RetentionRule)| RuleJson { scope: scope.clone(), rule: *rule };
            let stream = |kept: &es_runtime::KeptStream| StreamJson {
                stream: kept.info.stream.to_string(),
                version: kept.info.version.to_string(),
                truncated_before: kept.info.truncated_before.to_string(),
                hidden: kept.hidden.to_string(),
                closed_at: kept.info.closed_at.map(exact_time),
            };
            return out.object(&StatusJson {
                rules: status.ledger.rules.iter().map(rule).collect(),
                holds: status.ledger.holds.values().cloned().collect(),
                streams: status.streams.iter().map(stream).collect(),
                bytes: status.storage.bytes.to_string(),
                free_bytes: status.storage.free_bytes.to_string(),
                stubs: status.storage.stubs.to_string(),
                archive_bytes: status.storage.archive_bytes.map(|bytes| bytes.to_string()),
            });
        }
        for (scope, rule) in &status.ledger.rules {
            out.line(&printable(&format!("rule for {scope}: {}", rule_in_words(rule))))?;
        }
        for hold in status.ledger.holds.values() {
            let (name, scope, actor) = (&hold.hold, &hold.scope, &hold.actor);
            let (at, reason) = (short_time(hold.placed_at), &hold.reason);
            out.line(&printable(&format!("legal hold {name} on {scope}, placed by {actor} at {at}: {reason}")))?;
        }
        for kept in &status.streams {
            let (info, hidden) = (&kept.info, grouped(kept.hidden));
            let closed = info.closed_at.map(|at| format!(", closed at {}", short_time(at))).unwrap_or_default();
            let begins = info.truncated_before.get().max(1);
            out.line(&printable(&format!(
                "stream {} begins at version {begins} of {}, {hidden} hidden events not archived yet{closed}",
                info.stream, info.version
            )))?;
        }
        let storage = &status.storage;
        let archive = storage.archive_bytes.map_or("none".to_owned(), |bytes| format!("{} bytes", grouped(bytes)));
        out.line(&format!(
            "store {} bytes, {} of them free; {} events archived; archive: {archive}",
            grouped(storage.bytes),
            grouped(storage.free_bytes),
            grouped(storage.stubs)
        ))
    }
}

async fn verify_archive(desk: &Desk, meter: &Arc<Meter>, out: &mut Output) -> Result<Exit, Failure> {
    let retention = desk.events.retention().ok_or(StoreError::Unsupported { what: "retention" })?;
    let (telling, stop) = (Arc::clone(meter), desk.stop.clone());
    let go_on = Box::new(move |at: es_core::VerifyProgress| {
        telling.report("verified", at.done, Some(at.total));
        !stop.is_cancelled()
    });
    let report = retention.verify_archive(go_on).await?;
    meter.finish();
    if report.cancelled {
        return Err(StoreError::Cancelled.into());
    }
    let examined = verify::Examined::Archive { bytes: retention.storage().await?.archive_bytes };
    let (events, streams) = (grouped(report.events), grouped(report.streams));
    let intact = format!("Intact: {events} archived events of {streams} streams are as their stubs in the store say.");
    verify::tell(&report, &examined, &intact, out)
}

fn failed(error: RetentionError) -> Failure {
    let (code, hint) = (error.code(), error.hint());
    let message = crate::errors::sentence(&error.to_string());
    let exit = match error {
        RetentionError::Retain(RetainError::Append(error)) => return error.into(),
        RetentionError::Load(es_runtime::LoadError::Store(error)) => return error.into(),
        RetentionError::Refused { .. } => Exit::Rejected,
        RetentionError::NotAsPreviewed { .. } | RetentionError::HoldExists { .. } => Exit::Conflict,
        RetentionError::Unreadable(_) | RetentionError::Load(_) => Exit::Integrity,
        RetentionError::BadRule { .. }
        | RetentionError::UnknownRule { .. }
        | RetentionError::UnknownHold { .. }
        | RetentionError::Unsigned { .. }
        | RetentionError::Retain(_) => Exit::BadInput,
    };
    Failure::new(exit, AppError::new(code, message, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit() {
        assert_eq!(age("90s"), Ok(90));
        assert_eq!(age("15m"), Ok(900));
        assert_eq!(age("36h"), Ok(129_600));
        assert_eq!(age("365d"), Ok(31_536_000));
        for bad in ["", "90", "s", "-1d", "1.5h", "9é", "999999999999999999d"] {
            assert!(age(bad).is_err(), "{bad:?}");
        }
    }
}
