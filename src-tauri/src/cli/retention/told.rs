//! What `ledgerscope retention` tells: plans, what was done, and what stays for which reason.

use es_core::retention::plan::{Amount, Purpose, RetentionPlan, StreamPlan};
use es_core::retention::record::{RetentionRule, Scope};
use serde::Serialize;

use super::super::failure::{Exit, Failure};
use super::super::output::{Align, Output, Table, exact_time, printable, short_time};
use super::super::progress::grouped;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanJson<'a> {
    pub(super) outcome: &'static str,
    pub(super) purpose: Purpose,
    #[serde(flatten)]
    pub(super) goes: AmountJson,
    /// Streams of which something goes.
    pub(super) cuts: String,
    /// Refusals in all streams.
    pub(super) refused: String,
    pub(super) streams: Vec<StreamPlanJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamPlanJson<'a> {
    pub(super) stream: String,
    /// Events before this were to go.
    pub(super) wanted: String,
    /// Events before this go; nothing if none goes.
    pub(super) before: Option<String>,
    #[serde(flatten)]
    pub(super) goes: AmountJson,
    pub(super) refusals: Vec<RefusalJson<'a>>,
    /// Timers that are set for the stream; they go on whatever goes.
    pub(super) timers: String,
}

#[derive(Serialize)]
pub(super) struct RefusalJson<'a> {
    #[serde(flatten)]
    pub(super) refusal: &'a es_core::retention::plan::Refusal,
    pub(super) message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AmountJson {
    pub(super) events: String,
    pub(super) bytes: String,
    pub(super) first_position: Option<String>,
    pub(super) last_position: Option<String>,
    pub(super) oldest: Option<String>,
    pub(super) newest: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DoneJson {
    pub(super) outcome: &'static str,
    pub(super) events: String,
    pub(super) bytes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) streams: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) free_bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) archive_bytes: Option<String>,
    /// Whether it was stopped before the end; what was done stays done.
    pub(super) cancelled: bool,
    /// Reasons for which something stays.
    pub(super) refused: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusJson {
    pub(super) rules: Vec<RuleJson>,
    pub(super) holds: Vec<es_core::retention::record::LegalHold>,
    pub(super) streams: Vec<StreamJson>,
    pub(super) bytes: String,
    pub(super) free_bytes: String,
    pub(super) stubs: String,
    pub(super) archive_bytes: Option<String>,
}

#[derive(Serialize)]
pub(super) struct RuleJson {
    pub(super) scope: Scope,
    pub(super) rule: RetentionRule,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamJson {
    pub(super) stream: String,
    pub(super) version: String,
    pub(super) truncated_before: String,
    /// Truncated events that are not archived yet.
    pub(super) hidden: String,
    pub(super) closed_at: Option<String>,
}

impl AmountJson {
    pub(super) fn of(amount: &Amount) -> Self {
        Self {
            events: amount.events.to_string(),
            bytes: amount.bytes.to_string(),
            first_position: amount.positions.map(|(first, _)| first.to_string()),
            last_position: amount.positions.map(|(_, last)| last.to_string()),
            oldest: amount.times.map(|(oldest, _)| exact_time(oldest)),
            newest: amount.times.map(|(_, newest)| exact_time(newest)),
        }
    }
}

impl<'a> PlanJson<'a> {
    pub(super) fn of(outcome: &'static str, purpose: Purpose, plan: &'a RetentionPlan) -> Self {
        let stream = |plan: &'a StreamPlan| StreamPlanJson {
            stream: plan.stream.to_string(),
            wanted: plan.wanted.to_string(),
            before: plan.before.map(|before| before.to_string()),
            goes: AmountJson::of(&plan.goes),
            refusals: plan
                .refusals
                .iter()
                .map(|refusal| RefusalJson { refusal, message: refusal.reason.to_string() })
                .collect(),
            timers: plan.timers.to_string(),
        };
        Self {
            outcome,
            purpose,
            goes: AmountJson::of(&plan.goes),
            cuts: plan.cuts.to_string(),
            refused: plan.refused.to_string(),
            streams: plan.streams.iter().map(stream).collect(),
        }
    }
}

pub(super) fn rule_in_words(rule: &RetentionRule) -> String {
    let parts = [
        rule.max_age_seconds.map(|age| format!("older than {} s may go", grouped(age))),
        rule.max_count.map(|count| format!("all but the last {} may go", grouped(count))),
        rule.before_version.map(|before| format!("before version {before} may go")),
        rule.min_age_seconds.map(|age| format!("younger than {} s stay", grouped(age))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn done(sentence: &str, out: &mut Output) -> Result<Exit, Failure> {
    if out.json {
        out.object(&serde_json::json!({ "outcome": "recorded" }))?;
    } else {
        out.line(&printable(sentence))?;
    }
    Ok(Exit::Done)
}

pub(super) fn tell_done(
    told: &DoneJson,
    sentence: &str,
    plan: &RetentionPlan,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let exit = if told.cancelled { Exit::Stopped } else { Exit::Done };
    if out.json {
        out.object(told)?;
        return Ok(exit);
    }
    out.line(sentence)?;
    tell_refusals(plan, out)?;
    if told.cancelled {
        out.line("Stopped before the end; the same command goes on.")?;
    }
    Ok(exit)
}

pub(super) fn refused(purpose: Purpose, plan: &RetentionPlan, out: &mut Output) -> Result<Exit, Failure> {
    if out.json {
        out.object(&PlanJson::of("refused", purpose, plan))?;
    } else {
        out.line("Refused; nothing was changed.")?;
        tell_refusals(plan, out)?;
    }
    Ok(Exit::Rejected)
}

pub(super) fn tell_plan(plan: &RetentionPlan, purpose: Purpose, out: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("STREAM", Align::Left),
        ("BEFORE", Align::Right),
        ("EVENTS", Align::Right),
        ("BYTES", Align::Right),
        ("NEWEST", Align::Left),
    ]);
    for plan in plan.streams.iter().filter(|plan| plan.before.is_some()) {
        table.row(vec![
            plan.stream.to_string(),
            plan.before.map(|before| before.to_string()).unwrap_or_default(),
            grouped(plan.goes.events),
            grouped(plan.goes.bytes),
            plan.goes.times.map(|(_, newest)| short_time(newest)).unwrap_or_default(),
        ]);
    }
    if !table.is_empty() {
        out.table(&table)?;
    }
    let verb = if purpose == Purpose::Truncate { "hidden" } else { "moved to the archive" };
    let (events, bytes) = (grouped(plan.goes.events), grouped(plan.goes.bytes));
    out.line(&format!("{events} events with {bytes} bytes of {} streams would be {verb}.", grouped(plan.cuts)))?;
    let timers: u64 = plan.streams.iter().filter(|plan| plan.before.is_some()).map(|plan| plan.timers).sum();
    if timers > 0 {
        out.line(&format!("{} timers are set for these streams; they go on.", grouped(timers)))?;
    }
    tell_refusals(plan, out)
}

pub(super) fn tell_refusals(plan: &RetentionPlan, out: &mut Output) -> Result<(), Failure> {
    for plan in &plan.streams {
        for refusal in &plan.refusals {
            let (stream, events) = (&plan.stream, grouped(refusal.events));
            out.line(&printable(&format!("{stream}: {events} events stay: {}", refusal.reason)))?;
        }
    }
    Ok(())
}
