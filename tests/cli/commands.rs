//! Commands that are carried out, and what follows from them.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Bench, Ended, deposit, types};

const TRANSFER: &str = r#"{"transferId":"T-1","source":"A-1","target":"A-2","amount":{"minor":"2500","currency":"EUR"},"reference":"rent"}"#;

#[test]
fn a_transfer_by_command_ends_completed_in_three_streams() {
    let bench = Bench::accounts();
    let json = bench.command("RequestTransfer", TRANSFER, &[]).ended_with(0).json();
    assert_eq!(json["outcome"], "executed");
    assert_eq!(types(&json["events"]), ["TransferRequested"]);
    let followed = types(&json["consequences"]);
    let told = |name: &str| followed.contains(&name);
    assert!(told("HoldPlaced") && told("TransferDebited") && told("TransferCredited"), "{followed:?}");
    assert_eq!(followed.last(), Some(&"TransferCompleted"), "{followed:?}");
    assert_eq!(json["stuck"], serde_json::json!([]));

    let state = bench.json(&["state", "--stream", "transfer-T-1"]).ended_with(0).json();
    assert!(state["state"].to_string().contains("completed"), "{state}");
    for (account, minor) in [("A-1", "7500"), ("A-2", "2500")] {
        let state = bench.json(&["state", "--stream", &format!("account-{account}")]).ended_with(0).json();
        assert_eq!(state["state"]["settled"]["minor"], minor, "{account}: {state}");
    }
    bench.json(&["verify"]).ended_with(0);
}

#[test]
fn a_transfer_without_funds_is_settled_as_refused_and_moves_nothing() {
    let bench = Bench::accounts();
    let json = bench.command("RequestTransfer", &TRANSFER.replace("2500", "10001"), &[]).ended_with(0).json();
    let followed = types(&json["consequences"]);
    assert_eq!(followed.last(), Some(&"TransferRejected"), "{followed:?}");
    let state = bench.json(&["state", "--stream", "account-A-1"]).ended_with(0).json();
    assert_eq!(state["state"]["settled"]["minor"], "10000");
}

#[test]
fn a_retried_command_is_already_done_with_the_same_positions() {
    let bench = Bench::accounts();
    let id = ["--id", "11111111-2222-4333-8444-555555555555"];
    let first = bench.command("Deposit", &deposit("A-2", 700), &id).ended_with(0).json();
    let dump = bench.dump();
    let again = bench.command("Deposit", &deposit("A-2", 700), &id).ended_with(0).json();
    assert_eq!((&first["outcome"], &again["outcome"]), (&"executed".into(), &"alreadyDone".into()));
    assert_eq!(first["events"], again["events"], "the original events");
    assert_eq!(bench.dump(), dump, "nothing was written the second time");

    let transfer = bench.command("RequestTransfer", TRANSFER, &["--id", "99999999-2222-4333-8444-555555555555"]);
    let dump = bench.dump();
    let again = bench.command("RequestTransfer", TRANSFER, &["--id", "99999999-2222-4333-8444-555555555555"]);
    assert_eq!(transfer.json()["consequences"], again.json()["consequences"], "the same story");
    assert_eq!(bench.dump(), dump, "nothing was written the second time");
}

#[test]
fn a_dry_run_tells_what_would_be_written_and_writes_nothing() {
    let bench = Bench::accounts();
    let before = bench.dump();
    let json = bench.command("Deposit", &deposit("A-1", 250), &["--dry-run"]).ended_with(0).json();
    assert_eq!(json["outcome"], "wouldExecute");
    assert_eq!(types(&json["events"]), ["MoneyDeposited"]);
    assert_eq!(json["state"]["settled"]["minor"], "10250");
    let changes: Vec<_> = json["changes"].as_array().expect("a list").iter().map(|c| c["path"].clone()).collect();
    assert!(changes.iter().any(|path| path == "/settled/minor"), "{changes:?}");
    let refused = r#"{"accountId":"A-1","amount":{"minor":"99999","currency":"EUR"}}"#;
    bench.command("Withdraw", refused, &["--dry-run"]).ended_with(3);
    assert_eq!(bench.dump(), before, "nothing was written");
}

#[test]
fn payloads_come_from_files_and_from_standard_input() {
    let bench = Bench::accounts();
    let file = bench.folder().join("deposit.json");
    std::fs::write(&file, deposit("A-2", 11)).expect("written");
    bench.command("Deposit", &format!("@{}", file.display()), &[]).ended_with(0);

    let mut program = bench.program();
    program.args(["command", "--type", "Deposit", "--payload", "-", "--actor", "piper", "--json"]);
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(deposit("A-2", 22).as_bytes()).expect("written");
    let json = Ended::of(child.wait_with_output().expect("the program ends")).ended_with(0).json();
    assert_eq!(json["events"][0]["actor"], "piper");
    let state = bench.json(&["state", "--stream", "account-A-2"]).ended_with(0).json();
    assert_eq!(state["state"]["settled"]["minor"], "33");
}

#[test]
fn events_carry_actor_channel_and_correlation() {
    let bench = Bench::accounts();
    let more = ["--actor", "ada", "--reason", "a test"];
    let json = bench.command("Deposit", &deposit("A-1", 5), &more).ended_with(0).json();
    let event = &json["events"][0];
    assert_eq!(event["metadata"]["actor"], "ada");
    assert_eq!(event["metadata"]["channel"], "cli");
    assert_eq!(event["metadata"]["reason"], "a test");
    assert_eq!(event["correlationId"], json["commandId"]);
    let found = bench.json(&["events", "--correlation", json["commandId"].as_str().expect("an id")]).ended_with(0);
    assert_eq!(found.lines().len(), 1);
}

#[test]
fn programs_at_once_lose_nothing_and_leave_nothing_undone() {
    let bench = Bench::accounts();
    let spawn = |command: &str, payload: String| {
        let mut program = bench.program();
        program.args(["command", "--type", command, "--json", "--payload", &payload]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    };
    let deposits = (1..=3).map(|minor| spawn("Deposit", deposit("A-2", minor)));
    let transfers = (1..=3).map(|n| spawn("RequestTransfer", TRANSFER.replace("T-1", &format!("T-{n}"))));
    let running: Vec<_> = deposits.chain(transfers).collect();
    for child in running {
        Ended::of(child.wait_with_output().expect("the program ends")).ended_with(0);
    }
    let settled = |account: &str| {
        let state = bench.json(&["state", "--stream", &format!("account-{account}")]).ended_with(0).json();
        state["state"]["settled"]["minor"].as_str().map(str::to_owned)
    };
    assert_eq!(settled("A-1").as_deref(), Some("2500"), "three transfers of 25.00 EUR left");
    assert_eq!(settled("A-2").as_deref(), Some("7506"), "and arrived, beside the deposits");
    bench.json(&["verify"]).ended_with(0);
}

#[test]
fn where_a_window_drives_the_processes_the_command_line_waits_for_it() {
    use ledgerscope_app::composition::{Access, Store, domain};
    use ledgerscope_app::connections::Chosen;

    let bench = Bench::accounts();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(Chosen::file(&bench.store), Access::Write).await.expect("opened");
        let engine = es_runtime::Engine::start(store.engine_parts(domain().expect("a domain")));
        let head = store.events.head().await.expect("a head");
        engine.wait_until(head, std::time::Duration::from_secs(20)).await.expect("the window has caught up");
        let json = tokio::task::block_in_place(|| bench.command("RequestTransfer", TRANSFER, &[])).ended_with(0).json();
        assert_eq!(types(&json["consequences"]).last(), Some(&"TransferCompleted"), "{json}");
        assert_eq!(json["goesOnElsewhere"], false);
        engine.shutdown().await;
    });
    bench.json(&["verify"]).ended_with(0);
}

#[test]
fn a_hold_expires_by_itself_when_its_time_has_come() {
    let bench = Bench::accounts();
    let expires_at = (chrono::Utc::now() + chrono::TimeDelta::seconds(3)).to_rfc3339();
    let payload = format!(
        r#"{{"accountId":"A-1","holdId":"H-1","amount":{{"minor":"100","currency":"EUR"}},"expiresAt":"{expires_at}","purpose":"Card payment"}}"#
    );
    let placed = bench.command("PlaceHold", &payload, &[]).ended_with(0).json();
    assert_eq!((types(&placed["events"]), types(&placed["consequences"])), (vec!["HoldPlaced"], Vec::new()));
    std::thread::sleep(std::time::Duration::from_secs(4));
    bench.command("Deposit", &deposit("A-2", 1), &[]).ended_with(0);
    let state = bench.json(&["state", "--stream", "account-A-1"]).ended_with(0).json();
    assert_eq!(
        (&state["state"]["held"]["minor"], &state["state"]["holds"]["H-1"]["status"]),
        (&"0".into(), &"expired".into())
    );
    let events = bench.json(&["events", "--stream", "account-A-1", "--backward", "--limit", "1"]).ended_with(0).lines();
    assert!(events[0].to_string().contains("process:hold_expiry"), "by the process, not by a person: {}", events[0]);
}

#[test]
fn personal_data_are_shown_to_whom_it_is_recorded_and_to_nobody_else() {
    let bench = Bench::accounts();
    let payload = r#"{"customerId":"C-1","fields":["givenName","familyName"],"reason":"Call back"}"#;
    let id = "7d8e6f5a-4b3c-42d1-9e0f-a1b2c3d4e5f6";
    let json = bench.command("RevealPersonalData", payload, &["--actor", "clerk", "--id", id]).ended_with(0).json();
    assert_eq!(json["revealed"], serde_json::json!({"givenName": "Ada", "familyName": "Byron"}));
    assert_eq!(
        json["events"][0]["eventType"], "PersonalDataRevealed",
        "that somebody has seen them is an event: {json}"
    );
    let words = ["command", "--type", "RevealPersonalData", "--payload", payload, "--actor", "clerk"];
    let told = bench.run(&words).ended_with(0).out;
    assert!(told.contains("familyName: Byron"), "{told}");
    let other = bench.command("RevealPersonalData", payload, &["--actor", "snoop", "--id", id]).ended_with(3);
    assert!(!other.out.contains("Byron") && !other.err.contains("Byron"), "the receipt opens nothing for others");
    let log = bench.run(&["events", "--stream", "customer-C-1", "--json"]).ended_with(0).out;
    assert!(!log.contains("Byron"), "the log has them sealed");
}
