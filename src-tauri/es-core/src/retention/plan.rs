//! What may go: one pure function over facts, rules and holds, for a preview and for the real run alike.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::StreamCut;
use super::record::{LegalHold, RetentionLedger, RetentionRule, Scope, before};
use crate::name::{Position, StreamName, StreamVersion};

/// What is to be done with events that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// Hide them: the stream's reads begin later.
    Truncate,
    /// Move hidden events to the archive.
    Scavenge,
}

/// A stored event, as far as a plan depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFacts {
    /// Place in the stream.
    pub version: StreamVersion,
    /// Place in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Payload and metadata, in bytes.
    pub bytes: u64,
    /// Whether it carries its aggregate's whole state ([`Decider::RESTARTED_BY`](crate::Decider::RESTARTED_BY)).
    pub restarts: bool,
}

/// How a stream is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// By an aggregate: what is left must begin with an event that restarts it.
    Aggregate {
        /// Types of the events that do ([`Decider::RESTARTED_BY`](crate::Decider::RESTARTED_BY)); none: the stream stays whole.
        restarted_by: &'static [&'static str],
    },
    /// By nobody: it may begin anywhere.
    Nobody,
}

/// What a process needs of one of its own streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessFacts {
    /// The process.
    pub process: String,
    /// Everything of the stream that concerns it was worked on up to here.
    pub checkpoint: Position,
    /// Commands that it has planned for this instance and that are not settled.
    pub pending: u64,
    /// Timers that this instance waits for. They keep nothing: a timer's command is decided on the state of its moment, and that
    /// is carried whole by the event that the rest of the stream begins with.
    pub timers: u64,
}

/// All that a plan depends on of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFacts {
    /// The stream.
    pub stream: StreamName,
    /// Version of its last event.
    pub version: StreamVersion,
    /// Its first version that is read; 0 or 1 if it is whole.
    pub truncated_before: StreamVersion,
    /// Position of its last event.
    pub last_position: Position,
    /// Its stored events by version, without gaps: to truncate, from `truncated_before` on; to scavenge, all that are left up
    /// to and including `truncated_before`.
    pub events: Vec<EventFacts>,
    /// Who folds it.
    pub folding: Folding,
    /// The processes whose instance it is.
    pub processes: Vec<ProcessFacts>,
}

/// How far a read model has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionFacts {
    /// The projection.
    pub projection: String,
    /// Which of its tables: `active`, `building`, `none yet`, …
    pub tables: &'static str,
    /// Everything up to here is in them.
    pub position: Position,
}

/// Why an event stays, with the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum RefusalReason {
    /// A legal hold covers the stream. Beats everything.
    LegalHold {
        /// The hold.
        hold: LegalHold,
    },
    /// A read model has not seen the events.
    ProjectionBehind {
        /// Which.
        projection: String,
        /// Which of its tables.
        tables: &'static str,
        /// Where it is.
        #[serde(serialize_with = "as_text")]
        at: Position,
        /// Where it would have to be.
        #[serde(serialize_with = "as_text")]
        needed: Position,
    },
    /// A process has not worked on the instance up to its last event.
    ProcessBehind {
        /// Which.
        process: String,
        /// Where it is.
        #[serde(serialize_with = "as_text")]
        at: Position,
        /// Where it would have to be.
        #[serde(serialize_with = "as_text")]
        needed: Position,
    },
    /// A process has planned commands for the instance that are not settled.
    ProcessPending {
        /// Which.
        process: String,
        /// How many commands.
        #[serde(serialize_with = "as_text")]
        pending: u64,
    },
    /// Without these events the aggregate could not be folded: the stream may only begin with an event that carries the whole
    /// state.
    NotRestarted {
        /// Where the stream was to begin.
        #[serde(serialize_with = "as_text")]
        wanted: StreamVersion,
        /// Where it may begin at most; nothing if nowhere later than now.
        #[serde(serialize_with = "as_optional_text")]
        possible: Option<StreamVersion>,
        /// Types of the events that carry the whole state; if there are none, the stream stays whole for ever.
        restarted_by: &'static [&'static str],
    },
    /// Events are younger than the rule's minimum age.
    TooYoung {
        /// The minimum age, in seconds.
        #[serde(serialize_with = "as_text")]
        min_age_seconds: u64,
        /// Events recorded after this stay.
        recorded_until: DateTime<Utc>,
    },
    /// A stream keeps its last event.
    LastEvent,
    /// The store's own streams stay whole.
    SystemStream,
}

impl std::fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LegalHold { hold } => write!(
                f,
                "legal hold {} on {}, placed by {} at {}: {}",
                hold.hold, hold.scope, hold.actor, hold.placed_at, hold.reason
            ),
            Self::ProjectionBehind { projection, tables, at, needed } => {
                write!(f, "read model {projection} ({tables}) is at position {at} and needs {needed}")
            }
            Self::ProcessBehind { process, at, needed } => {
                write!(f, "process {process} is at position {at} and needs {needed}")
            }
            Self::ProcessPending { process, pending } => write!(
                f,
                "process {process} has {pending} planned commands for it that are not settled; let it go on, and look at it \
                 if it is stuck"
            ),
            Self::NotRestarted { restarted_by: [], .. } => f.write_str(
                "no event of its category carries the whole state, so the stream stays whole; leave it out of the rule",
            ),
            Self::NotRestarted { wanted, possible: Some(possible), .. } => {
                write!(f, "no state begins at version {wanted}; the latest one before begins at {possible}")
            }
            Self::NotRestarted { wanted, possible: None, restarted_by } => {
                let types = restarted_by.join(" or ");
                write!(f, "no event before version {wanted} carries the whole state; have {types} recorded first")
            }
            Self::TooYoung { min_age_seconds, recorded_until } => {
                write!(f, "younger than {min_age_seconds} seconds (recorded after {recorded_until})")
            }
            Self::LastEvent => f.write_str("a stream keeps its last event"),
            Self::SystemStream => f.write_str("a stream of the store itself"),
        }
    }
}

/// Events that were to go and stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why.
    #[serde(flatten)]
    pub reason: RefusalReason,
    /// How many of the wanted events stay for this reason alone.
    #[serde(serialize_with = "as_text")]
    pub events: u64,
}

fn as_text<T: std::fmt::Display, S: serde::Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn as_optional_text<T: std::fmt::Display, S: serde::Serializer>(
    number: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.collect_str(number),
        None => serializer.serialize_none(),
    }
}

/// Events counted, with what people ask about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// How many.
    pub events: u64,
    /// Their payload and metadata, in bytes.
    pub bytes: u64,
    /// Lowest and highest position.
    pub positions: Option<(Position, Position)>,
    /// Oldest and newest time.
    pub times: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Amount {
    fn add_event(&mut self, event: &EventFacts) {
        self.add(&Self {
            events: 1,
            bytes: event.bytes,
            positions: Some((event.position, event.position)),
            times: Some((event.recorded_at, event.recorded_at)),
        });
    }

    /// Adds what another one counts.
    pub fn add(&mut self, other: &Self) {
        fn wider<T: Ord + Copy>(one: Option<(T, T)>, other: Option<(T, T)>) -> Option<(T, T)> {
            match (one, other) {
                (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
                (one, other) => one.or(other),
            }
        }
        self.events += other.events;
        self.bytes += other.bytes;
        self.positions = wider(self.positions, other.positions);
        self.times = wider(self.times, other.times);
    }
}

/// What goes of one stream, and what stays although it was to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPlan {
    /// The stream.
    pub stream: StreamName,
    /// Events before this were to go.
    pub wanted: StreamVersion,
    /// Events before this go; the stream's first event that stays. Nothing if none goes.
    pub before: Option<StreamVersion>,
    /// What goes.
    pub goes: Amount,
    /// What stays, and why.
    pub refusals: Vec<Refusal>,
    /// Timers that processes have set for the stream. They go on whatever goes.
    pub timers: u64,
}

/// What goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetentionPlan {
    /// The streams of which something was to go.
    pub streams: Vec<StreamPlan>,
    /// All that goes.
    pub goes: Amount,
    /// Streams of which something goes.
    pub cuts: u64,
    /// Refusals in all streams.
    pub refused: u64,
}

impl RetentionPlan {
    /// Adds a stream's plan. One of which nothing was to go is left out.
    pub fn add(&mut self, plan: StreamPlan) {
        self.goes.add(&plan.goes);
        self.cuts += u64::from(plan.before.is_some());
        self.refused += plan.refusals.len() as u64;
        if plan.before.is_some() || !plan.refusals.is_empty() {
            self.streams.push(plan);
        }
    }

    /// The cuts to make.
    #[must_use]
    pub fn cuts(&self) -> Vec<StreamCut> {
        let cut = |plan: &StreamPlan| Some(StreamCut { stream: plan.stream.clone(), before: plan.before? });
        self.streams.iter().filter_map(cut).collect()
    }

    /// Whether something was to go and nothing does.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.goes.events == 0 && self.refused > 0
    }
}

/// What every stream's plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// To hide events, or to move hidden ones.
    pub purpose: Purpose,
    /// Rules and holds.
    pub ledger: &'a RetentionLedger,
    /// A rule that was asked for now, in place of the recorded ones. Their minimum age stays in force.
    pub asked: Option<RetentionRule>,
    /// All read models of the domain.
    pub projections: &'a [ProjectionFacts],
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Plans for many streams.
#[must_use]
pub fn plan_retention(grounds: &Grounds<'_>, streams: &[StreamFacts]) -> RetentionPlan {
    let mut plan = RetentionPlan::default();
    for facts in streams {
        plan.add(plan_stream(grounds, facts));
    }
    plan
}

/// The version before which a rule lets events go, at most the one behind the last.
#[must_use]
pub fn wanted_by(rule: &RetentionRule, facts: &StreamFacts, now: DateTime<Utc>) -> StreamVersion {
    let behind_last = facts.version.next();
    let by_age = rule.max_age_seconds.map(|seconds| {
        let edge = before(now, seconds);
        facts.events.iter().find(|event| event.recorded_at >= edge).map_or(behind_last, |event| event.version)
    });
    let by_count = rule.max_count.map(|count| StreamVersion(behind_last.get().saturating_sub(count)));
    let wanted = [by_age, by_count, rule.before_version].into_iter().flatten().max();
    wanted.unwrap_or(StreamVersion::ZERO).min(behind_last)
}

/// Plans for one stream.
#[must_use]
pub fn plan_stream(grounds: &Grounds<'_>, facts: &StreamFacts) -> StreamPlan {
    let recorded = grounds.ledger.rule_for(&facts.stream);
    let rule = match grounds.asked {
        Some(asked) => RetentionRule { min_age_seconds: asked.min_age_seconds.max(recorded.min_age_seconds), ..asked },
        None => recorded,
    };
    let wanted = match grounds.purpose {
        Purpose::Truncate => wanted_by(&rule, facts, grounds.now),
        Purpose::Scavenge => facts.truncated_before,
    };
    let mut plan = StreamPlan {
        stream: facts.stream.clone(),
        wanted,
        before: None,
        goes: Amount::default(),
        refusals: Vec::new(),
        timers: facts.processes.iter().map(|process| process.timers).sum(),
    };
    // What was to go: events that the purpose has not reached yet.
    let affected: Vec<&EventFacts> = facts.events.iter().filter(|event| event.version < wanted).collect();
    let affected = match grounds.purpose {
        Purpose::Truncate => affected.into_iter().filter(|event| event.version >= facts.truncated_before).collect(),
        Purpose::Scavenge => affected,
    };
    if affected.is_empty() {
        return plan;
    }
    let mut guard = Guard { affected: &affected, permitted: wanted, refusals: Vec::new() };
    guard.holds(grounds.ledger, &facts.stream);
    guard.checkpoints(grounds.projections);
    guard.processes(&facts.processes, facts.last_position);
    guard.age(&rule, grounds.now);
    guard.last_event(facts.version);
    guard.restart(grounds.purpose, facts);
    plan.refusals = guard.refusals;
    let before = guard.permitted;
    for event in affected.iter().filter(|event| event.version < before) {
        plan.goes.add_event(event);
    }
    plan.before = (plan.goes.events > 0).then_some(before);
    plan
}

/// Narrows what may go, reason by reason.
struct Guard<'a> {
    affected: &'a [&'a EventFacts],
    /// Events before this may go, as far as was examined.
    permitted: StreamVersion,
    refusals: Vec<Refusal>,
}

impl Guard<'_> {
    /// Keeps the first event that `stays` and all after it.
    fn keep_from(&mut self, stays: impl Fn(&EventFacts) -> bool, reason: impl FnOnce() -> RefusalReason) {
        let Some(index) = self.affected.iter().position(|event| stays(event)) else { return };
        self.permitted = self.permitted.min(self.affected[index].version);
        let events = (self.affected.len() - index) as u64;
        self.refusals.push(Refusal { reason: reason(), events });
    }

    /// Position that a checkpoint must have passed for everything to go.
    fn needed(&self) -> Position {
        self.affected.last().map_or(Position::ZERO, |last| last.position)
    }

    fn holds(&mut self, ledger: &RetentionLedger, stream: &StreamName) {
        if stream.is_system() {
            self.keep_from(|_| true, || RefusalReason::SystemStream);
        }
        for hold in ledger.holds_on(stream) {
            self.keep_from(|_| true, || RefusalReason::LegalHold { hold: hold.clone() });
        }
    }

    fn checkpoints(&mut self, projections: &[ProjectionFacts]) {
        let needed = self.needed();
        for ProjectionFacts { projection, tables, position } in projections {
            self.keep_from(
                |event| event.position > *position,
                || RefusalReason::ProjectionBehind { projection: projection.clone(), tables, at: *position, needed },
            );
        }
    }

    fn processes(&mut self, processes: &[ProcessFacts], last: Position) {
        for facts in processes {
            let process = || facts.process.clone();
            if facts.checkpoint < last {
                // An instance is worked on as a whole, so what it needs is that its last event was seen.
                let reason = || RefusalReason::ProcessBehind { process: process(), at: facts.checkpoint, needed: last };
                self.keep_from(|_| true, reason);
            }
            if facts.pending > 0 {
                let reason = || RefusalReason::ProcessPending { process: process(), pending: facts.pending };
                self.keep_from(|_| true, reason);
            }
        }
    }

    fn age(&mut self, rule: &RetentionRule, now: DateTime<Utc>) {
        let Some(min_age_seconds) = rule.min_age_seconds else { return };
        let recorded_until = before(now, min_age_seconds);
        let reason = || RefusalReason::TooYoung { min_age_seconds, recorded_until };
        self.keep_from(|event| event.recorded_at > recorded_until, reason);
    }

    fn last_event(&mut self, version: StreamVersion) {
        self.keep_from(|event| event.version >= version, || RefusalReason::LastEvent);
    }

    /// Moves the cut back to where the state begins anew. Last, since every other reason moves it to anywhere.
    fn restart(&mut self, purpose: Purpose, facts: &StreamFacts) {
        let Folding::Aggregate { restarted_by } = facts.folding else { return };
        let wanted = self.permitted;
        let restarts =
            |version: StreamVersion| facts.events.iter().any(|event| event.version == version && event.restarts);
        let possible = match purpose {
            // What is hidden is folded no more; the guard of the truncation saw to it that the rest begins anew. If that is
            // not so (a store written by another program), nothing is made worse.
            Purpose::Scavenge if restarts(facts.truncated_before) => return,
            Purpose::Scavenge => None,
            Purpose::Truncate if restarts(wanted) => return,
            Purpose::Truncate => self.latest_restart(wanted),
        };
        let first = self.affected.first().map_or(StreamVersion::ZERO, |event| event.version);
        let stays_from = possible.unwrap_or(first);
        if stays_from >= wanted {
            return;
        }
        let affected = self.affected.iter().filter(|event| event.version >= stays_from && event.version < wanted);
        let events = affected.count() as u64;
        self.permitted = stays_from;
        self.refusals.push(Refusal { reason: RefusalReason::NotRestarted { wanted, possible, restarted_by }, events });
    }

    /// The latest version before `wanted` at which the state begins anew, if something goes then.
    fn latest_restart(&self, wanted: StreamVersion) -> Option<StreamVersion> {
        let latest = self.affected.iter().skip(1).rfind(|event| event.restarts && event.version < wanted);
        latest.map(|event| event.version)
    }
}

/// Whether a rule may be recorded for a scope.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check_rule(scope: &Scope, rule: &RetentionRule) -> Result<(), &'static str> {
    match scope {
        Scope::Prefix(_) => return Err("a rule belongs to a stream or to a category"),
        Scope::Stream(stream) if stream.is_system() => return Err("the store's own streams stay whole"),
        Scope::Category(category) if category.starts_with('$') => return Err("the store's own streams stay whole"),
        Scope::Category(_) if rule.before_version.is_some() => {
            return Err("a version belongs to one stream, not to a category");
        }
        Scope::Stream(_) | Scope::Category(_) => {}
    }
    if rule.max_count == Some(0) {
        return Err("a stream keeps at least one event");
    }
    if !rule.lets_go() && rule.min_age_seconds.is_none() {
        return Err("the rule says nothing");
    }
    Ok(())
}
