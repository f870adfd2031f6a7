//! A bank on SQLite that is killed at every point where it matters, and goes on as if nothing had happened.
//!
//! For every fault point and seed, this test program starts itself as a child that gives seeded orders to an engine and aborts
//! at a chosen passing of the point; then a second child goes on with the files and aborts there again; then a fresh engine,
//! a day later, brings everything to its end, and all that was promised is checked.
//!
//! Transfers are carried out step by step, so that there are moments between the steps to die at; around appends also with
//! all steps of a turn in one of them.
//!
//! `LEDGERSCOPE_KILL_SEEDS` says which seeds: `20` for the first twenty, `7..8` for the eighth alone. Default: the first three.
//! With `TMPDIR` in memory (on Linux `/dev/shm`) it takes half the time and shows the same: what a process has written stays,
//! whatever becomes of it. Only a power cut would tell the difference.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod kill {
    pub mod bench;
    pub mod checks;
    pub mod faults;
    pub mod script;
}

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::process::{Command, ExitStatus, Stdio};

use es_core::{EventReader, RetentionStore};
use es_testkit::Dice;
use kill::bench::{Bench, Place, Turns, asked};
use kill::checks::{Ends, ask_again, check_all, rebuilding_changes_nothing};
use kill::faults::{Point, Switch};
use kill::script::{LONGEST_RUN, Script, in_background};

/// Seeds to run.
const SEEDS: &str = "LEDGERSCOPE_KILL_SEEDS";
const DEFAULT_SEEDS: u64 = 3;
/// What a child is to do: folder, seed, round, fault point, passing and mode, one a line.
const CHILD: &str = "LEDGERSCOPE_KILL_TEST_CHILD";
/// How often a bank dies before it may go on.
const DEATHS: u32 = 2;

fn seeds() -> Range<u64> {
    let Ok(wanted) = std::env::var(SEEDS) else { return 0..DEFAULT_SEEDS };
    let number = |text: &str| text.trim().parse::<u64>().unwrap_or_else(|_| panic!("{SEEDS}={wanted} names no seeds"));
    match wanted.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => 0..number(&wanted),
    }
}

/// Not a test of its own: what a child does until it dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_works_until_it_dies() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let task: Vec<&str> = task.lines().collect();
    let [folder, seed, round, point, passing, turns] = task[..] else { panic!("six lines, not {task:?}") };
    let (seed, round) = (seed.parse().expect("a seed"), round.parse().expect("a round"));
    let place = Place(folder.into());
    let switch = Switch::new(Point::named(point), passing.parse().expect("a number"), place.note(round));
    let bench = Bench::open(&place, seed, round, Turns::named(turns), switch).await;
    Script::new(bench, &place, seed, round).run(LONGEST_RUN).await;
}

fn run_child(place: &Place, seed: u64, round: u32, turns: Turns, point: Point, passing: u64) -> ExitStatus {
    let complaint = File::create(place.complaint(round)).expect("a file");
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child_works_until_it_dies", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{}\n{seed}\n{round}\n{}\n{passing}\n{turns:?}", place.0.display(), point.name()))
        .stdout(Stdio::null())
        .stderr(complaint)
        .status()
        .expect("the child runs")
}

/// Kills a bank twice at a point, and checks what comes of it.
async fn kill_and_go_on(point: Point, turns: Turns, seed: u64) -> Ends {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place(folder.path().to_owned());
    let mut dice = Dice::new(seed * 1000 + point as u64);
    let mut case = format!("seed {seed}, {point:?}, {turns:?}");
    for round in 1..=DEATHS {
        // The second death comes soon, while things that the first one interrupted are being taken up again.
        let most = point.passings(in_background(seed));
        let passing = 1 + dice.below(if round == 1 { most } else { most.div_ceil(4) });
        case = format!("{case}, passing {passing}");
        let status = run_child(&place, seed, round, turns, point, passing);
        let note = std::fs::read_to_string(place.note(round)).unwrap_or_default();
        let complaint = std::fs::read_to_string(place.complaint(round)).unwrap_or_default();
        assert_eq!(note, point.name(), "{case}: the child ended with {status} and never died there:\n{complaint}");
        assert!(!status.success(), "{case}: the child was killed");
    }
    let asked = asked(&place.journal());
    let bench = Bench::open(&place, seed, DEATHS + 1, turns, Switch::default()).await;
    check_all(&bench, &asked, &case).await;
    ask_again(&bench, &asked, &case).await;
    if point.is_of_scavenge() {
        // What was hidden and not moved when it died is moved now.
        check_all(&bench, &asked, &format!("{case}, before it is taken up")).await;
        bench.archive(None).await;
        assert!(bench.events.storage().await.expect("readable").stubs > 0, "{case}: something was archived");
    }
    rebuilding_changes_nothing(&bench, &case).await;
    let ends = check_all(&bench, &asked, &format!("{case}, asked again")).await;
    bench.engine.shutdown().await;
    ends
}

async fn kill_at(points: &[Point]) {
    for seed in seeds() {
        for point in points {
            for turns in point.turns() {
                let ends = kill_and_go_on(*point, *turns, seed).await;
                println!("seed {seed}, {point:?}, {turns:?}: {ends:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_an_append_loses_nothing_and_doubles_nothing() {
    kill_at(&[Point::BeforeAppend, Point::AfterAppend]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_a_step_of_a_transfer_lets_it_go_on() {
    kill_at(&[Point::BetweenRecordAndDispatch, Point::BetweenDispatchAndSettle]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_a_projection_leaves_rows_and_checkpoint_together() {
    kill_at(&[Point::BeforeProjectionCommit, Point::AfterProjectionCommit]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_while_new_tables_are_filled_leaves_the_live_ones() {
    kill_at(&[Point::BeforeFlush, Point::InFlush, Point::AfterFlush]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_the_swap_leaves_one_set_of_tables_live() {
    kill_at(&[Point::BeforeSwap, Point::AfterSwap]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_timers_lets_every_deadline_come() {
    kill_at(&[Point::BeforeTimers, Point::AfterTimers]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_a_process_checkpoint_forgets_no_transfer() {
    kill_at(&[Point::BeforeCheckpoint, Point::AfterCheckpoint]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_the_archives_sync_leaves_accounts_whole() {
    kill_at(&[Point::BeforeArchiveSync, Point::AfterArchiveSync]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_the_removal_of_archived_events_leaves_accounts_whole() {
    kill_at(&[Point::InRemoval, Point::AfterRemoval]).await;
}

/// Guards the script: if it no longer led transfers to all their ends, the kills would show less than they seem to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undisturbed_run_takes_transfers_to_all_their_ends() {
    for seed in 0..2 {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place(folder.path().to_owned());
        let bench = Bench::open(&place, seed, 1, Turns::StepByStep, Switch::default()).await;
        let mut script = Script::new(bench, &place, seed, 1);
        script.run(150).await;
        script.bench.engine.shutdown().await;
        drop(script);
        let bench = Bench::open(&place, seed, 2, Turns::StepByStep, Switch::default()).await;
        let asked = asked(&place.journal());
        let ends = check_all(&bench, &asked, &format!("seed {seed}, undisturbed")).await;
        let types: BTreeSet<_> = bench.log().await.into_iter().map(|event| event.event_type.to_string()).collect();
        for by_timer in ["HoldExpired", "OrderExecuted"] {
            assert!(types.contains(by_timer), "seed {seed}: {by_timer} is missing: {types:?}");
        }
        let head = bench.events.head().await;
        ask_again(&bench, &asked.into_iter().filter(|asked| !asked.refused).collect::<Vec<_>>(), "undisturbed").await;
        assert_eq!(bench.events.head().await, head, "seed {seed}: asking again changes nothing");
        let missing = ["completed", "rejected", "failed", "cancelled", "compensated", "parkedInSuspense"]
            .into_iter()
            .filter(|end| !ends.contains_key(end));
        assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "seed {seed} has no transfer with this end: {ends:?}");
        bench.engine.shutdown().await;
    }
}
