//! What a retention plan lets go, and what it never does.
#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

use chrono::{DateTime, TimeDelta, Utc};
use es_core::retention::plan::*;
use es_core::retention::record::{LegalHold, RetentionLedger, RetentionRule, Scope};
use es_core::{Position, StreamName, StreamVersion};
use proptest::prelude::*;

fn name(text: &str) -> StreamName {
    StreamName::new(text).expect("a name")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).expect("a time") + TimeDelta::seconds(seconds)
}

/// By an aggregate with one event that restarts it.
const FOLDED: Folding = Folding::Aggregate { restarted_by: &["PeriodOpened"] };

/// A stream of `count` events of 10 bytes, one every ten positions and ten seconds; a new state begins at each of `restarts`.
fn facts(count: u64, restarts: &[u64]) -> StreamFacts {
    let event = |version: u64| EventFacts {
        version: StreamVersion(version),
        position: Position(version * 10),
        recorded_at: at(i64::try_from(version * 10).expect("small")),
        bytes: 10,
        restarts: restarts.contains(&version),
    };
    StreamFacts {
        stream: name("account-1"),
        version: StreamVersion(count),
        truncated_before: StreamVersion::ZERO,
        last_position: Position(count * 10),
        events: (1..=count).map(event).collect(),
        folding: FOLDED,
        processes: Vec::new(),
    }
}

fn hold(scope: Scope) -> LegalHold {
    let (hold, actor, reason) = ("case 7".to_owned(), "counsel".to_owned(), "a dispute".to_owned());
    LegalHold { hold, scope, placed_at: at(0), actor, reason }
}

fn ledger_with(holds: Vec<LegalHold>) -> RetentionLedger {
    let holds = holds.into_iter().map(|hold| (hold.hold.clone(), hold)).collect();
    RetentionLedger { holds, ..RetentionLedger::default() }
}

fn up_to(count: u64) -> RetentionRule {
    RetentionRule { max_count: Some(count), ..RetentionRule::default() }
}

fn truncating<'a>(ledger: &'a RetentionLedger, rule: RetentionRule, projections: &'a [ProjectionFacts]) -> Grounds<'a> {
    Grounds { purpose: Purpose::Truncate, ledger, asked: Some(rule), projections, now: at(1000) }
}

fn before(plan: &StreamPlan) -> Option<u64> {
    plan.before.map(StreamVersion::get)
}

fn reasons(plan: &StreamPlan) -> Vec<RefusalReason> {
    plan.refusals.iter().map(|refusal| refusal.reason.clone()).collect()
}

fn not_restarted(wanted: StreamVersion, possible: Option<StreamVersion>) -> RefusalReason {
    RefusalReason::NotRestarted { wanted, possible, restarted_by: &["PeriodOpened"] }
}

#[test]
fn each_rule_names_its_cut_and_the_furthest_counts() {
    let facts = facts(20, &[]);
    let wanted = |rule: RetentionRule| wanted_by(&rule, &facts, at(1000)).get();
    let none = RetentionRule::default;
    assert_eq!(wanted(none()), 0, "no rule lets nothing go");
    assert_eq!(wanted(up_to(5)), 16, "the last five stay");
    assert_eq!(wanted(up_to(50)), 0, "there are fewer than may stay");
    assert_eq!(
        wanted(RetentionRule { max_age_seconds: Some(900), ..none() }),
        10,
        "an event of exactly that age stays"
    );
    assert_eq!(wanted(RetentionRule { max_age_seconds: Some(899), ..none() }), 11, "a second later it may go");
    assert_eq!(wanted(RetentionRule { max_age_seconds: Some(u64::MAX), ..none() }), 1, "longer than there is time");
    let before = RetentionRule { before_version: Some(StreamVersion(7)), ..none() };
    assert_eq!(wanted(before), 7);
    assert_eq!(wanted(RetentionRule { max_count: Some(5), ..before }), 16, "the furthest counts");
}

#[test]
fn a_cut_is_made_where_a_state_begins_and_never_inside_a_period() {
    let ledger = RetentionLedger::default();
    let plan = plan_stream(&truncating(&ledger, up_to(5), &[]), &facts(20, &[1, 6, 12, 18]));
    assert_eq!(before(&plan), Some(12), "the latest beginning that leaves at least five events");
    assert_eq!((plan.goes.events, plan.goes.bytes), (11, 110));
    assert_eq!(plan.goes.positions, Some((Position(10), Position(110))));
    assert_eq!(plan.goes.times, Some((at(10), at(110))));
    let (wanted, possible) = (StreamVersion(16), Some(StreamVersion(12)));
    assert_eq!(reasons(&plan), [not_restarted(wanted, possible)]);
    assert_eq!(plan.refusals[0].events, 4, "versions 12 to 15 stay for this reason");
    let exact = plan_stream(&truncating(&ledger, up_to(3), &[]), &facts(20, &[18]));
    assert_eq!((before(&exact), exact.refusals.len()), (Some(18), 0), "nothing is refused where a state begins");
}

#[test]
fn a_stream_that_no_state_restarts_stays_whole_unless_nobody_folds_it() {
    let ledger = RetentionLedger::default();
    let plan = plan_stream(&truncating(&ledger, up_to(5), &[]), &facts(20, &[1]));
    assert_eq!((before(&plan), plan.goes.events), (None, 0));
    let wanted = StreamVersion(16);
    assert_eq!(reasons(&plan), [not_restarted(wanted, None)]);
    let unfolded = StreamFacts { folding: Folding::Nobody, ..facts(20, &[]) };
    let plan = plan_stream(&truncating(&ledger, up_to(5), &[]), &unfolded);
    assert_eq!((before(&plan), plan.refusals.len()), (Some(16), 0), "it may begin anywhere");
}

#[test]
fn a_legal_hold_beats_everything() {
    for scope in [
        Scope::Stream(name("account-1")),
        Scope::Category("account".to_owned()),
        Scope::Prefix("acc".to_owned()),
        Scope::Prefix(String::new()),
    ] {
        let placed = hold(scope.clone());
        let ledger = ledger_with(vec![placed.clone()]);
        let plan = plan_stream(&truncating(&ledger, up_to(1), &[]), &facts(20, &[20]));
        assert_eq!((before(&plan), plan.goes), (None, Amount::default()), "{scope}");
        assert!(reasons(&plan).contains(&RefusalReason::LegalHold { hold: placed }), "{scope}: {:?}", plan.refusals);
        let grounds = Grounds { purpose: Purpose::Scavenge, ..truncating(&ledger, up_to(1), &[]) };
        let hidden = StreamFacts { truncated_before: StreamVersion(20), ..facts(20, &[20]) };
        assert_eq!(before(&plan_stream(&grounds, &hidden)), None, "{scope}: nor is anything scavenged");
    }
    let elsewhere = ledger_with(vec![hold(Scope::Category("acc".to_owned()))]);
    assert_eq!(before(&plan_stream(&truncating(&elsewhere, up_to(1), &[]), &facts(20, &[20]))), Some(20));
}

#[test]
fn the_slowest_read_model_holds_back_what_it_has_not_seen() {
    let at_position = |position: u64, tables| ProjectionFacts {
        projection: "balances".to_owned(),
        tables,
        position: Position(position),
    };
    let ledger = RetentionLedger::default();
    let projections = [at_position(200, "active"), at_position(125, "building")];
    let grounds = truncating(&ledger, up_to(5), &projections);
    let plan = plan_stream(&grounds, &StreamFacts { folding: Folding::Nobody, ..facts(20, &[]) });
    assert_eq!(before(&plan), Some(13), "the event at 130 has not been seen by the tables that are being built");
    let behind = RefusalReason::ProjectionBehind {
        projection: "balances".to_owned(),
        tables: "building",
        at: Position(125),
        needed: Position(150),
    };
    assert_eq!(reasons(&plan), [behind]);
    assert_eq!(plan.refusals[0].events, 3, "versions 13 to 15");
}

#[test]
fn a_process_keeps_instances_with_pending_commands_and_those_it_has_not_seen_to_their_end() {
    let process = |checkpoint: u64, pending, timers| ProcessFacts {
        process: "transfer".to_owned(),
        checkpoint: Position(checkpoint),
        pending,
        timers,
    };
    let ledger = RetentionLedger::default();
    let plan = |processes: Vec<ProcessFacts>| {
        let facts = StreamFacts { processes, ..facts(20, &[16]) };
        plan_stream(&truncating(&ledger, up_to(5), &[]), &facts)
    };
    let seen = plan(vec![process(200, 0, 0)]);
    assert_eq!((before(&seen), seen.timers), (Some(16), 0), "nothing pending, and seen to its end");
    let waits = plan(vec![process(200, 0, 2), process(200, 0, 1)]);
    assert_eq!(before(&waits), Some(16), "a timer's command is decided on the state of its moment");
    assert_eq!((waits.refusals.len(), waits.timers), (0, 3), "so timers are told, and keep nothing");
    let behind = plan(vec![process(199, 0, 0)]);
    let (at, needed) = (Position(199), Position(200));
    assert_eq!(reasons(&behind), [RefusalReason::ProcessBehind { process: "transfer".to_owned(), at, needed }]);
    let open = plan(vec![process(200, 0, 0), process(200, 2, 0)]);
    assert_eq!(before(&open), None, "one of several that share a category is enough");
    assert_eq!(reasons(&open), [RefusalReason::ProcessPending { process: "transfer".to_owned(), pending: 2 }]);
}

#[test]
fn a_refusal_tells_what_a_person_can_do() {
    let told = |restarted_by: &'static [&'static str], possible| {
        RefusalReason::NotRestarted { wanted: StreamVersion(16), possible, restarted_by }.to_string()
    };
    assert!(told(&[], None).contains("leave it out"), "nothing else can be done: {}", told(&[], None));
    assert!(told(&["PeriodOpened"], None).contains("PeriodOpened"), "{}", told(&["PeriodOpened"], None));
    assert!(told(&["PeriodOpened"], Some(StreamVersion(12))).contains("12"), "there a cut is possible");
    let pending = RefusalReason::ProcessPending { process: "transfer".to_owned(), pending: 2 }.to_string();
    assert!(pending.contains("transfer has 2 planned commands") && pending.contains("let it go on"), "{pending}");
}

#[test]
fn young_events_stay_also_when_the_one_who_asks_says_otherwise() {
    let min_age = RetentionRule { min_age_seconds: Some(920), ..RetentionRule::default() };
    let rules = [(Scope::Category("account".to_owned()), min_age)].into_iter().collect();
    let ledger = RetentionLedger { rules, ..RetentionLedger::default() };
    let unfolded = StreamFacts { folding: Folding::Nobody, ..facts(20, &[]) };
    let plan = plan_stream(&truncating(&ledger, up_to(1), &[]), &unfolded);
    assert_eq!(before(&plan), Some(9), "the event at 80 s is exactly old enough, the one at 90 s is not");
    let young = RefusalReason::TooYoung { min_age_seconds: 920, recorded_until: at(80) };
    assert_eq!(reasons(&plan), [young]);
    let asked = RetentionRule { min_age_seconds: Some(960), ..up_to(1) };
    assert_eq!(before(&plan_stream(&truncating(&ledger, asked, &[]), &unfolded)), Some(5), "the longer age counts");
}

#[test]
fn the_last_event_and_the_stores_own_streams_stay() {
    let ledger = RetentionLedger::default();
    let all = RetentionRule { max_age_seconds: Some(0), ..RetentionRule::default() };
    let unfolded = StreamFacts { folding: Folding::Nobody, ..facts(20, &[]) };
    let plan = plan_stream(&truncating(&ledger, all, &[]), &unfolded);
    assert_eq!((before(&plan), reasons(&plan)), (Some(20), vec![RefusalReason::LastEvent]));
    let own = StreamFacts { stream: name("$retention"), ..unfolded };
    let plan = plan_stream(&truncating(&ledger, all, &[]), &own);
    assert_eq!(before(&plan), None);
    assert!(reasons(&plan).contains(&RefusalReason::SystemStream));
}

#[test]
fn a_scavenge_takes_what_is_hidden_and_no_rule_widens_it() {
    let ledger = RetentionLedger::default();
    let grounds = Grounds { purpose: Purpose::Scavenge, ..truncating(&ledger, up_to(1), &[]) };
    let whole = facts(20, &[1, 12]);
    assert_eq!(plan_stream(&grounds, &whole).goes, Amount::default(), "nothing is hidden");
    let mut hidden = StreamFacts { truncated_before: StreamVersion(12), ..whole };
    assert_eq!(before(&plan_stream(&grounds, &hidden)), Some(12));
    hidden.events.drain(..5);
    let plan = plan_stream(&grounds, &hidden);
    assert_eq!((before(&plan), plan.goes.events), (Some(12), 6), "what is gone already does not count");
    let mid = StreamFacts { truncated_before: StreamVersion(13), ..hidden };
    let plan = plan_stream(&grounds, &mid);
    assert_eq!(before(&plan), None, "a stream that was cut inside a period keeps the rest of it");
    let wanted = StreamVersion(13);
    assert_eq!(reasons(&plan), [not_restarted(wanted, None)]);
}

#[test]
fn a_plan_adds_up_and_leaves_out_streams_of_which_nothing_was_to_go() {
    let ledger = ledger_with(vec![hold(Scope::Stream(name("account-3")))]);
    let stream = |text: &str, count| StreamFacts { stream: name(text), ..facts(count, &[count - 4]) };
    let streams = [stream("account-1", 20), stream("account-2", 5), stream("account-3", 20), stream("account-4", 30)];
    let plan = plan_retention(&truncating(&ledger, up_to(5), &[]), &streams);
    let listed: Vec<_> = plan.streams.iter().map(|plan| (plan.stream.as_str(), before(plan))).collect();
    assert_eq!(listed, [("account-1", Some(16)), ("account-3", None), ("account-4", Some(26))]);
    assert_eq!((plan.goes.events, plan.goes.bytes, plan.cuts), (15 + 25, 400, 2));
    assert_eq!(plan.goes.times, Some((at(10), at(250))));
    assert_eq!(plan.cuts().len(), 2);
    assert!(!plan.is_refused(), "something goes");
}

#[test]
fn a_rule_says_what_it_can_mean() {
    let category = Scope::Category("account".to_owned());
    let stream = Scope::Stream(name("account-1"));
    let before = RetentionRule { before_version: Some(StreamVersion(3)), ..RetentionRule::default() };
    assert_eq!(check_rule(&category, &up_to(5)), Ok(()));
    assert_eq!(check_rule(&stream, &before), Ok(()));
    for (scope, rule) in [
        (&category, before),
        (&stream, up_to(0)),
        (&stream, RetentionRule::default()),
        (&Scope::Prefix("a".to_owned()), up_to(5)),
        (&Scope::Stream(name("$retention")), up_to(5)),
        (&Scope::Category("$retention".to_owned()), up_to(5)),
    ] {
        check_rule(scope, &rule).expect_err("refused");
    }
}

prop_compose! {
    fn any_facts()(
        count in 1_u64..40,
        restarts in proptest::collection::vec(1_u64..40, 0..6),
        truncated in 0_u64..40,
        folded in any::<bool>(),
        process in proptest::option::of((0_u64..450, 0_u64..2, 0_u64..2)),
        system in proptest::bool::weighted(0.05),
    ) -> StreamFacts {
        let facts = facts(count, &restarts);
        let process = process.map(|(checkpoint, pending, timers)| ProcessFacts {
            process: "transfer".to_owned(),
            checkpoint: Position(checkpoint),
            pending,
            timers,
        });
        StreamFacts {
            stream: name(if system { "$odd" } else { "account-1" }),
            truncated_before: StreamVersion(truncated.min(count)),
            folding: if folded { FOLDED } else { Folding::Nobody },
            processes: process.into_iter().collect(),
            ..facts
        }
    }
}

prop_compose! {
    fn any_rule()(
        max_age_seconds in proptest::option::of(500_u64..1100),
        max_count in proptest::option::of(1_u64..45),
        before in proptest::option::of(0_u64..45),
        min_age_seconds in proptest::option::of(500_u64..1100),
    ) -> RetentionRule {
        RetentionRule { max_age_seconds, max_count, before_version: before.map(StreamVersion), min_age_seconds }
    }
}

proptest! {
    #[test]
    fn nothing_that_a_reason_covers_ever_goes(
        facts in any_facts(),
        rule in any_rule(),
        recorded in any_rule(),
        checkpoints in proptest::collection::vec(0_u64..450, 0..3),
        held in proptest::bool::weighted(0.1),
        scavenge in any::<bool>(),
    ) {
        let holds = if held { vec![hold(Scope::Category("account".to_owned()))] } else { vec![] };
        let mut ledger = ledger_with(holds);
        ledger.rules.insert(Scope::Category("account".to_owned()), recorded);
        let projections: Vec<_> = checkpoints
            .iter()
            .map(|at| ProjectionFacts { projection: "p".to_owned(), tables: "active", position: Position(*at) })
            .collect();
        let purpose = if scavenge { Purpose::Scavenge } else { Purpose::Truncate };
        let grounds = Grounds { purpose, ..truncating(&ledger, rule, &projections) };
        let plan = plan_stream(&grounds, &facts);
        prop_assert_eq!(&plan, &plan_stream(&grounds, &facts), "the same facts give the same plan");
        let Some(cut) = plan.before else {
            prop_assert_eq!(plan.goes, Amount::default());
            return Ok(());
        };
        prop_assert!(!facts.stream.is_system() && !held, "held streams and the store's own stay whole");
        prop_assert!(cut <= facts.version && cut <= plan.wanted, "no further than asked, and the last event stays");
        let goes: Vec<_> = facts.events.iter().filter(|event| {
            event.version < cut && (scavenge || event.version >= facts.truncated_before)
        }).collect();
        prop_assert_eq!(goes.len() as u64, plan.goes.events, "the numbers are those of the events");
        prop_assert!(!goes.is_empty());
        let slowest = checkpoints.iter().min().copied().unwrap_or(u64::MAX);
        prop_assert!(goes.iter().all(|event| event.position.get() <= slowest), "every read model has seen what goes");
        let min_age = if facts.stream.is_system() { rule.min_age_seconds } else { rule.min_age_seconds.max(recorded.min_age_seconds) };
        for seconds in min_age.into_iter() {
            let edge = at(1000 - i64::try_from(seconds).expect("small"));
            prop_assert!(goes.iter().all(|event| event.recorded_at <= edge), "nothing younger than the minimum age goes");
        }
        for process in &facts.processes {
            let last = facts.events.last().expect("events").position;
            prop_assert!(process.pending == 0 && process.checkpoint >= last, "the process waits for nothing but time");
        }
        if facts.folding == FOLDED {
            let begins = if scavenge { facts.truncated_before } else { cut };
            let first = facts.events.iter().find(|event| event.version == begins).expect("there");
            prop_assert!(first.restarts, "what is left begins with a whole state");
        }
    }

    #[test]
    fn what_was_to_go_goes_or_a_reason_says_why_not(facts in any_facts(), rule in any_rule()) {
        let ledger = RetentionLedger::default();
        let plan = plan_stream(&truncating(&ledger, rule, &[]), &facts);
        let wanted = facts.events.iter().filter(|e| e.version < plan.wanted && e.version >= facts.truncated_before);
        let wanted = wanted.count() as u64;
        prop_assert_eq!(plan.goes.events < wanted, !plan.refusals.is_empty(), "{:?}", plan);
        prop_assert!(plan.refusals.iter().all(|refusal| refusal.events > 0), "a reason covers something");
    }
}
