//! Processes and snapshots: what is shown, what goes on, and the exit codes.

use std::num::NonZeroU64;
use std::sync::Arc;

use es_core::SnapshotStore;
use es_runtime::{CommandEnvelope, Engine, EngineParts, SnapshotPolicy};
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use rusqlite::Connection;

use crate::stuck_transfer::{break_account, debit};
use crate::support::{Bench, deposit};

const TRANSFER: &str = r#"{"transferId":"T-1","source":"A-1","target":"A-2","amount":{"minor":"2500","currency":"EUR"},"reference":"rent"}"#;

/// Work of an engine on the bench's files, in this process, ended before the program is run.
fn with_engine<T>(bench: &Bench, work: impl AsyncFnOnce(&Engine, &SqliteReadModels) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let events = SqliteEventStore::open(&bench.store, OpenOptions::default()).expect("the store opens");
        let views = SqliteReadModels::open(bench.views()).expect("the views open");
        views.bind(&events).await.expect("bound");
        let domain = Arc::new(bank::domain().expect("a sound domain"));
        let mut parts = EngineParts::new(Arc::new(events.clone()), Arc::new(views.clone()), domain);
        parts.snapshots = Some(Arc::new(views.clone()));
        parts.config.snapshots = SnapshotPolicy::EveryEvents(NonZeroU64::MIN);
        // The command alone, as if the program had been killed right after it.
        parts.config.atomic_turns = false;
        let engine = Engine::new(parts);
        let done = work(&engine, &views).await;
        engine.shutdown().await;
        events.close();
        done
    })
}

/// A transfer that was requested, and nothing more.
fn with_an_unfinished_transfer() -> Bench {
    let bench = Bench::accounts();
    with_engine(&bench, async |engine, _| {
        let outcome = engine.execute(&CommandEnvelope::new("RequestTransfer", TRANSFER)).await.expect("an answer");
        assert!(outcome.position().is_some(), "{outcome:?}");
    });
    bench
}

#[test]
fn processes_are_listed_with_where_they_are() {
    let bench = Bench::accounts();
    bench.command("RequestTransfer", TRANSFER, &[]).ended_with(0);
    for arguments in [&["processes"][..], &["processes", "status"]] {
        let json = bench.json(arguments).ended_with(0).json();
        let transfer = json["processes"].as_array().expect("a list").iter().find(|found| found["name"] == "transfer");
        let transfer = transfer.expect("the transfer process");
        assert_eq!((&transfer["category"], &transfer["state"]), (&"transfer".into(), &"idle".into()));
        assert_eq!(transfer["position"], transfer["head"], "nothing is left to do");
        assert_eq!(transfer["timers"], "0");
    }
    let told = bench.run(&["processes"]).ended_with(0).out;
    assert!(told.contains("NAME") && told.contains("transfer"), "{told}");
}

#[test]
fn an_unfinished_instance_is_shown_driven_and_finished() {
    let bench = with_an_unfinished_transfer();
    let shown = |filter: &str| {
        let arguments = ["processes", "instances", "--process", "transfer", "--filter", filter];
        bench.json(&arguments).ended_with(0).json()
    };
    let unfinished = shown("unfinished");
    let instance = &unfinished["instances"][0];
    assert_eq!((&instance["stream"], &instance["version"]), (&"transfer-T-1".into(), &"1".into()));
    assert_eq!(instance["pending"][0]["commandType"], "ValidateTransfer");
    assert_eq!(instance["timers"][0]["name"], "deadline");
    assert_eq!((&instance["finished"], &instance["stuck"]), (&false.into(), &serde_json::Value::Null));
    let told = bench.run(&["processes", "instances"]).ended_with(0).out;
    assert!(told.contains("transfer-T-1") && told.contains("ValidateTransfer"), "{told}");
    let dump = bench.dump();
    bench.run(&["processes", "status"]).ended_with(0);
    assert_eq!(bench.dump(), dump, "looking writes nothing");

    let driven = bench.json(&["processes", "drive"]).ended_with(0).json();
    assert_ne!(driven["commands"], "0", "{driven}");
    assert_eq!((&driven["heldElsewhere"], &driven["stuck"]), (&false.into(), &serde_json::json!([])));
    assert_eq!(shown("unfinished")["instances"], serde_json::json!([]), "it went to its end");
    assert_eq!(shown("all")["instances"][0]["finished"], true);
    let again = bench.run(&["processes", "drive"]).ended_with(0).out;
    assert!(again.contains("Nothing was left to do."), "{again}");
    bench.json(&["verify"]).ended_with(0);
}

#[test]
fn pages_of_instances_name_where_the_next_one_begins() {
    let bench = Bench::accounts();
    for number in 1..=3 {
        bench.command("RequestTransfer", &TRANSFER.replace("T-1", &format!("T-{number}")), &[]).ended_with(0);
    }
    let page = ["processes", "instances", "--process", "transfer", "--filter", "all", "--limit", "2"];
    let first = bench.json(&page).ended_with(0).json();
    assert_eq!(first["instances"].as_array().map(Vec::len), Some(2));
    assert_eq!(first["next"], serde_json::json!([{ "process": "transfer", "offset": "2", "total": "3" }]));
    let second = bench.json(&[&page[..], &["--offset", "2"]].concat()).ended_with(0).json();
    assert_eq!(second["instances"][0]["stream"], "transfer-T-1", "the oldest change comes last");
    assert_eq!(second["next"], serde_json::json!([]));
}

#[test]
fn one_instance_is_looked_at_again_and_what_is_none_is_bad_input() {
    let bench = with_an_unfinished_transfer();
    let json =
        bench.json(&["processes", "retry", "transfer-T-1", "--reason", "the cause is gone"]).ended_with(0).json();
    assert_ne!(json["commands"], "0", "it went on");
    let json =
        bench.json(&["processes", "retry", "transfer-T-1", "--reason", "the cause is gone"]).ended_with(0).json();
    assert_eq!(json["commands"], "0", "nothing is left");
    for (arguments, code) in [
        (&["processes", "retry", "transfer-T-9", "--reason", "x"][..], "no_process_instance"),
        (&["processes", "retry", "nonsense-1", "--reason", "x"], "no_process_instance"),
        (&["processes", "retry", "", "--reason", "x"], "bad_argument"),
        (&["processes", "instances", "--process", "nonsense"], "unknown_process"),
        (&["processes", "timers", "--process", "nonsense"], "unknown_process"),
    ] {
        let error = bench.json(arguments).ended_with(2).json();
        assert_eq!(error["error"]["code"], code, "{arguments:?}");
    }
}

#[test]
fn a_process_that_is_driven_elsewhere_is_left_alone() {
    let bench = with_an_unfinished_transfer();
    with_engine(&bench, async |engine, _| {
        engine.drive_processes_once().await.expect("driven");
        let head = engine.queries().events().head().await;
        let driven = bench.json(&["processes", "drive"]).ended_with(0).json();
        assert_eq!((&driven["heldElsewhere"], &driven["commands"]), (&true.into(), &"0".into()));
        let error =
            bench.json(&["processes", "retry", "transfer-T-1", "--reason", "the cause is gone"]).ended_with(4).json();
        assert_eq!(error["error"]["code"], "held_elsewhere");
        assert_eq!(engine.queries().events().head().await, head, "nothing was written");
    });
}

/// A transfer whose money is in transit and whose target cannot be read any more.
fn with_a_stuck_transfer() -> Bench {
    let bench = with_an_unfinished_transfer();
    with_engine(&bench, async |engine, _| debit(engine, "T-1").await);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let events = SqliteEventStore::open(&bench.store, OpenOptions::default()).expect("the store opens");
        break_account(&events, "A-2").await;
        events.close();
    });
    bench
}

#[test]
fn a_stuck_transfer_is_compensated_by_a_recorded_decision_and_no_money_is_lost() {
    let bench = with_a_stuck_transfer();
    let driven = bench.json(&["processes", "drive"]).ended_with(0).json();
    let stuck = driven["stuck"].as_array().expect("a list");
    assert!(stuck.iter().any(|found| found["stream"] == "transfer-T-1"), "{driven}");
    let decide = |action: &str, reason: &str| {
        bench.json(&["processes", action, "transfer-T-1", "--reason", reason, "--actor", "olga"])
    };
    assert_eq!(decide("cancel", "x").ended_with(3).json()["error"]["code"], "not_cancellable");
    assert_eq!(decide("compensate", " ").ended_with(2).json()["error"]["code"], "bad_reason");
    let done = decide("compensate", "the target cannot be read").ended_with(0).json();
    let stuck = done["stuck"].as_array().expect("a list");
    assert!(stuck.iter().all(|found| found["stream"] == "account-A-2"), "the transfer went on: {done}");
    let state = bench.json(&["state", "--stream", "transfer-T-1"]).ended_with(0).json();
    assert_eq!(state["state"]["status"], "compensated", "{state}");
    let started = ["events", "--stream", "transfer-T-1", "--actor", "olga"];
    let told = bench.json(&started).ended_with(0).out;
    assert!(told.contains("CompensationStarted") && told.contains("the target cannot be read"), "{told}");
    for (action, code) in [("compensate", "not_compensable"), ("park", "not_parkable"), ("cancel", "not_cancellable")] {
        assert_eq!(decide(action, "again").ended_with(3).json()["error"]["code"], code);
    }
    bench.json(&["verify"]).ended_with(0);
}

#[test]
fn looking_again_is_recorded_with_who_wanted_it_and_why() {
    let bench = with_an_unfinished_transfer();
    bench
        .json(&["processes", "retry", "transfer-T-1", "--reason", "the network is back", "--actor", "olga"])
        .ended_with(0);
    let told = bench.json(&["events", "--stream", "$process-transfer"]).ended_with(0).out;
    for part in ["InstanceRetried", "transfer-T-1", "olga", "the network is back"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn timers_are_listed_by_when_they_are_due() {
    let bench = Bench::accounts();
    with_engine(&bench, async |_, views| {
        let timer = |name: &str, seconds: i64| es_core::Timer {
            timer_id: format!("transfer/transfer-{name}/deadline"),
            process: "transfer".to_owned(),
            stream: format!("transfer-{name}"),
            due_at: chrono::DateTime::from_timestamp(4_000_000_000 + seconds, 0).expect("a time"),
            command: es_core::CommandDraft {
                command_id: uuid::Uuid::from_u128(1),
                command_type: "TimeOutTransfer".to_owned(),
                payload: "{}".to_owned(),
            },
        };
        es_core::ReadModelStore::change_timers(views, vec![timer("late", 60), timer("soon", 0)], vec![])
            .await
            .expect("set");
    });
    let of_transfers = ["processes", "timers", "--process", "transfer"];
    let json = bench.json(&of_transfers).ended_with(0).json();
    let timers = json["timers"].as_array().expect("a list");
    let streams: Vec<_> = timers.iter().map(|timer| timer["stream"].as_str().expect("a name")).collect();
    assert_eq!(streams, ["transfer-soon", "transfer-late"]);
    assert_eq!(timers[0]["dueAt"], "2096-10-02T07:06:40.000000Z");
    let one = bench.json(&["processes", "timers", "--limit", "1"]).ended_with(0).json();
    assert_eq!(one["timers"].as_array().map(Vec::len), Some(1));
    let told = bench.run(&["processes", "timers", "--process", "transfer"]).ended_with(0).out;
    assert!(told.contains("TimeOutTransfer"), "{told}");
}

/// Three accounts' and the customer's snapshots.
fn with_snapshots() -> Bench {
    let bench = Bench::accounts();
    with_engine(&bench, async |engine, views| {
        for account in ["A-1", "A-2"] {
            engine.execute(&CommandEnvelope::new("Deposit", deposit(account, 5))).await.expect("an answer");
        }
        engine.shutdown().await;
        assert!(views.count_snapshots().await.expect("readable") >= 2, "snapshots were taken");
    });
    bench
}

#[test]
fn snapshots_are_listed_compared_and_deleted_without_a_trace() {
    let bench = with_snapshots();
    let kept = bench.json(&["snapshots"]).ended_with(0).json()["kept"].clone();
    let listed = bench.json(&["snapshots", "list"]).ended_with(0).json();
    let listed = listed["snapshots"].as_array().expect("a list").clone();
    assert_eq!(kept, listed.len().to_string());
    let streams: Vec<_> = listed.iter().map(|found| found["stream"].as_str().expect("a name")).collect();
    assert!(streams.contains(&"account-A-1") && streams.is_sorted(), "{streams:?}");
    assert!(listed.iter().all(|found| found["usable"] == true), "{listed:?}");
    let behind = bench.json(&["snapshots", "list", "--after", "account-A-1"]).ended_with(0).json();
    assert_eq!(behind["snapshots"][0]["stream"], "account-A-2", "behind that stream's");
    let audit = bench.json(&["snapshots", "verify"]).ended_with(0).json();
    assert_eq!(
        (&audit["intact"], &audit["checked"], &audit["differing"]),
        (&true.into(), &kept, &serde_json::json!([]))
    );
    let sample = bench.json(&["snapshots", "verify", "--sample", "1"]).ended_with(0).json();
    assert_eq!(sample["checked"], "1");

    let states = || ["A-1", "A-2"].map(|id| bench.json(&["state", "--stream", &format!("account-{id}")]).json());
    let before = states();
    let one = bench.json(&["snapshots", "delete", "--stream", "account-A-1"]).ended_with(0).json();
    assert_eq!(one["deleted"], "1");
    bench.json(&["snapshots", "delete"]).ended_with(0);
    assert_eq!(bench.json(&["snapshots", "status"]).ended_with(0).json()["kept"], "0");
    assert_eq!(states(), before, "states are as before");
    let json = bench.command("Withdraw", &deposit("A-1", 10_005), &[]).ended_with(0).json();
    assert_eq!(json["outcome"], "executed", "and so are decisions: all of it is there");
}

#[test]
fn a_snapshot_that_is_not_what_a_replay_comes_to_violates_integrity_and_is_named() {
    let bench = with_snapshots();
    let changed = Connection::open(bench.views()).expect("a database").execute(
        r#"UPDATE es_snapshot SET state = replace(state, '10005', '90005') WHERE stream_name = 'account-A-1'"#,
        [],
    );
    assert_eq!(changed, Ok(1));
    let audit = bench.json(&["snapshots", "verify"]).ended_with(6).json();
    assert_eq!(audit["intact"], false);
    assert_eq!(audit["differing"][0]["stream"], "account-A-1");
    let told = bench.run(&["snapshots", "verify"]).ended_with(6).out;
    assert!(told.contains("account-A-1 at version") && told.contains("snapshots delete"), "{told}");
    let json = bench.command("Withdraw", &deposit("A-1", 10_006), &[]).ended_with(3).json();
    assert_eq!(json["outcome"], "rejected", "it is not used: not a cent more is there");
}
