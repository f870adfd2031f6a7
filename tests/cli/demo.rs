//! The demo bank: reproducible, refusing, and balanced when read with plain SQL.

use crate::support::Bench;

/// Events of the big demo: enough for every kind of thing that the simulator makes.
const EVENTS: u32 = 3000;

#[test]
fn two_runs_give_the_same_event_table() {
    let (one, two) = (Bench::demo(EVENTS), Bench::demo(EVENTS));
    let (first, second) = (one.dump(), two.dump());
    assert!(first.len() >= EVENTS as usize, "{} events", first.len());
    assert!(first == second, "every cell of every row is equal");
    let other = Bench::bare();
    other.run(&["demo", "--seed", "8", "--events", "300"]).ended_with(0);
    assert!(other.dump()[..] != first[..other.dump().len()], "another seed gives another bank");
}

#[test]
fn debits_equal_credits_per_currency_at_every_position() {
    let bench = Bench::demo(EVENTS);
    let database = bench.sql();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("SQL");
    // Sums in hundredths and thousandths of 10^15 fit 64 bits for a demo; the cast makes text minor units numbers.
    let unbalanced = "
        WITH leg AS (
          SELECT position,
                 leg.value ->> '$.side' AS side,
                 CAST(leg.value ->> '$.amount.minor' AS INTEGER) AS minor,
                 leg.value ->> '$.amount.currency' AS currency
          FROM es_event, json_each(payload, '$.postings') AS leg
        ), running AS (
          SELECT position,
                 SUM(CASE side WHEN 'debit' THEN minor WHEN 'credit' THEN -minor END)
                   OVER (PARTITION BY currency ORDER BY position
                         RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS difference
          FROM leg
        )
        SELECT COUNT(*) FROM running WHERE difference <> 0";
    assert_eq!(count(unbalanced), 0, "at every position the debits so far equal the credits so far");
    let legs = "SELECT COUNT(*) FROM es_event, json_each(payload, '$.postings')";
    assert!(count(legs) > 500, "and there is something to add up: {} legs", count(legs));
    let odd = "SELECT COUNT(*) FROM es_event, json_each(payload, '$.postings') AS leg
               WHERE leg.value ->> '$.side' NOT IN ('debit', 'credit')
                  OR typeof(leg.value ->> '$.amount.minor') <> 'text'
                  OR leg.value ->> '$.amount.minor' GLOB '*[^0-9]*'";
    assert_eq!(count(odd), 0, "every leg has a side and whole minor units as text");
    let one_sided = "SELECT COUNT(*) FROM es_event WHERE json_array_length(payload, '$.postings') < 2";
    assert_eq!(count(one_sided), 0, "every entry has at least two legs");
    let historical = "SELECT COUNT(*) FROM es_event WHERE event_type = 'MoneyDeposited' AND schema_version = 1
                      AND json_type(payload, '$.postings') IS NULL";
    assert!(count(historical) > 0, "old deposits have no postings; upcasting adds the cash side");
}

#[test]
fn a_demo_is_never_made_over_events() {
    let bench = Bench::demo(200);
    let before = bench.dump();
    let failed = bench.json(&["demo", "--events", "100"]).ended_with(2);
    assert_eq!(failed.json()["error"]["code"], "store_not_empty");
    assert_eq!(bench.dump(), before, "nothing was written");

    let empty = Bench::empty();
    empty.run(&["demo", "--seed", "7", "--events", "200"]).ended_with(0);
    assert_eq!(empty.dump(), before, "an empty store is filled with the same bank");
}

#[test]
fn a_demo_stands_whole_or_not_at_all_and_verifies() {
    let bench = Bench::bare();
    let told = bench.json(&["demo", "--seed", "7", "--events", "500", "--progress"]).ended_with(0).json();
    let report = bench.json(&["verify"]).ended_with(0).json();
    assert_eq!(report["chainHash"], told["chainHash"]);
    assert_eq!(report["events"], told["events"]);
    let files: Vec<_> =
        std::fs::read_dir(bench.folder()).expect("a folder").map(|f| f.expect("a file").path()).collect();
    assert!(!files.iter().any(|file| file.to_string_lossy().contains(".new")), "nothing unfinished stays: {files:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_half_made_store() {
    let bench = Bench::bare();
    let mut child = bench.program().args(["demo", "--events", "2000000"]).spawn().expect("the program starts");
    // The new store stands under a name of its own until it is whole. Once it does, somebody listens to Ctrl-C, too.
    let half_made = || std::fs::read_dir(bench.folder()).expect("a folder").next().is_some();
    while !half_made() {
        assert_eq!(child.try_wait().expect("it can be asked"), None, "it is still making it");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill is there").success(), "still running");
    let ended = child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(130), "the documented code");
    assert!(!bench.store.exists(), "no store");
    let left: Vec<_> =
        std::fs::read_dir(bench.folder()).expect("a folder").map(|f| f.expect("a file").path()).collect();
    assert!(left.is_empty(), "nothing unfinished: {left:?}");
}

#[test]
fn a_demo_can_have_a_transfer_that_is_stuck_with_its_money_in_transit() {
    let bench = Bench::bare();
    let made = bench.json(&["demo", "--seed", "7", "--events", "1000", "--stuck-transfer"]).ended_with(0).json();
    assert_eq!(made["stuckTransfer"], "T-STUCK");
    let driven = bench.json(&["processes", "drive"]).ended_with(0).json();
    let stuck = driven["stuck"].as_array().expect("those that cannot go on");
    let one = stuck.iter().find(|one| one["stream"] == "transfer-T-STUCK").expect("it is among them");
    assert!(one["reason"].as_str().is_some_and(|why| why.contains("cannot be read")), "it says why: {one}");
    let state = bench.json(&["state", "--stream", "transfer-T-STUCK"]).ended_with(0).json();
    assert_eq!(state["state"]["status"], "sourceDebited", "its money is in transit");
    let others = stuck.iter().filter(|one| one["stream"].as_str().is_some_and(|name| name.starts_with("transfer-")));
    assert_eq!(others.count(), 1, "no other transfer is in its way: {stuck:?}");
    bench.json(&["verify"]).ended_with(0);
}
