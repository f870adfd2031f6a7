//! Rules, holds, previews, truncation, scavenge and the archive, as a program sees them.

use std::path::PathBuf;

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use es_sqlite::{OpenOptions, SqliteEventStore};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Bench, deposit};

const BY: [&str; 4] = ["--actor", "auditor", "--reason", "the period is over"];

/// The accounts' bank with a stream `note-1` of ten events, which no aggregate folds; read models are up to date.
fn noted() -> Bench {
    let bench = Bench::accounts();
    let store = SqliteEventStore::open(&bench.store, OpenOptions::default()).expect("a store");
    let event = |number: u32| NewEvent {
        event_id: Uuid::from_u128(u128::from(number)),
        event_type: "Noted".into(),
        schema_version: 1,
        payload: Payload::json(format!("{{\"number\":{number}}}")),
        metadata: "{}".into(),
    };
    let name = StreamName::new("note-1").expect("a name");
    let request = AppendRequest::to_stream(name, ExpectedVersion::NoStream, (1..=10).map(event).collect());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(store.append(request)).expect("appended");
    store.close();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    bench
}

fn retention(bench: &Bench, arguments: &[&str]) -> crate::support::Ended {
    bench.json(&[&["retention"], arguments].concat())
}

fn signed(bench: &Bench, arguments: &[&str]) -> crate::support::Ended {
    retention(bench, &[arguments, &BY].concat())
}

fn reasons(answer: &Value) -> Vec<String> {
    let streams = answer["streams"].as_array().expect("streams");
    let refusals = streams.iter().flat_map(|stream| stream["refusals"].as_array().expect("refusals"));
    refusals.map(|refusal| refusal["reason"].as_str().expect("a reason").to_owned()).collect()
}

fn archive_of(bench: &Bench) -> PathBuf {
    PathBuf::from(format!("{}.archive", bench.store.display()))
}

#[test]
fn old_events_are_previewed_hidden_archived_and_verified() {
    let bench = noted();
    let before = bench.dump();
    let which = ["--stream", "note-1", "--before", "8"];
    let plan = retention(&bench, &[&["preview"], &which[..]].concat()).ended_with(0).json();
    assert_eq!((&plan["events"], &plan["streams"][0]["before"]), (&"7".into(), &"8".into()), "{plan}");
    assert_eq!(bench.dump(), before, "a preview changes nothing");

    let unconfirmed = signed(&bench, &[&["truncate"], &which[..]].concat()).ended_with(2).json();
    assert_eq!(unconfirmed["error"]["code"], "not_confirmed");
    assert!(unconfirmed["error"]["hint"].as_str().expect("a hint").contains("--expect-events 7"), "{unconfirmed}");
    let other = signed(&bench, &[&["truncate", "--expect-events", "6"], &which[..]].concat()).ended_with(4).json();
    assert_eq!(other["error"]["code"], "not_as_previewed");
    assert_eq!(bench.dump(), before, "nothing was changed so far");

    let done = signed(&bench, &[&["truncate", "--expect-events", "7"], &which[..]].concat()).ended_with(0).json();
    assert_eq!((&done["outcome"], &done["events"]), (&"truncated".into(), &"7".into()), "{done}");
    let events = bench.json(&["events", "--stream", "$retention"]).ended_with(0).lines();
    assert_eq!(events[0]["eventType"], "StreamTruncated", "{events:?}");
    assert_eq!(events[0]["metadata"]["actor"], "auditor", "who and why are recorded: {events:?}");

    let plan = retention(&bench, &["preview", "--scavenge"]).ended_with(0).json();
    assert_eq!(plan["events"], "7", "{plan}");
    let moved = signed(&bench, &["scavenge", "--expect-events", "7"]).ended_with(0).json();
    assert_eq!((&moved["outcome"], &moved["events"]), (&"scavenged".into(), &"7".into()), "{moved}");
    assert_eq!(bench.dump().len(), before.len() - 7 + 2, "the events are gone, two records came");
    let report = bench.json(&["verify"]).ended_with(0).json();
    assert_eq!((&report["intact"], &report["stubs"]), (&true.into(), &"7".into()));
    let report = retention(&bench, &["archive", "verify"]).ended_with(0).json();
    assert_eq!((&report["intact"], &report["events"]), (&true.into(), &"7".into()));
    assert_eq!((&report["stubs"], &report["streams"]), (&"7".into(), &"1".into()), "{report}");
    let size = std::fs::metadata(archive_of(&bench)).expect("an archive").len();
    assert_eq!(report["archiveBytes"], size.to_string(), "{report}");
    assert_eq!(report.get("chainHash"), None, "the chain is the store's: {report}");

    let status = retention(&bench, &["status"]).ended_with(0).json();
    assert_eq!(status["stubs"], "7");
    assert_eq!((&status["streams"][0]["stream"], &status["streams"][0]["hidden"]), (&"note-1".into(), &"0".into()));
    let people = bench.run(&["retention", "archive", "verify"]).ended_with(0);
    assert!(people.out.starts_with("Intact: 7 archived events"), "{}", people.out);
    bench.json(&["projections", "rebuild", "accounts"]).ended_with(0);
    bench.command("Deposit", &deposit("A-1", 1), &[]).ended_with(0);
}

#[test]
fn a_refusal_ends_with_its_code_and_every_reason() {
    let bench = noted();
    let which = ["--stream", "account-A-1", "--max-count", "1"];
    let preview = retention(&bench, &[&["preview"], &which[..]].concat()).ended_with(3).json();
    assert!(reasons(&preview).contains(&"not_restarted".to_owned()), "{preview}");
    let answer = signed(&bench, &[&["truncate", "--expect-events", "1"], &which[..]].concat()).ended_with(3).json();
    assert_eq!(answer["outcome"], "refused");
    assert!(reasons(&answer).contains(&"not_restarted".to_owned()), "{answer}");

    signed(&bench, &["hold", "case 7", "--prefix", "note-"]).ended_with(0);
    let which = ["--stream", "note-1", "--before", "5"];
    let answer = signed(&bench, &[&["truncate", "--expect-events", "4"], &which[..]].concat()).ended_with(3).json();
    assert_eq!(reasons(&answer), ["legal_hold"]);
    let refusal = &answer["streams"][0]["refusals"][0];
    assert_eq!((&refusal["hold"]["actor"], &refusal["events"]), (&"auditor".into(), &"4".into()), "{refusal}");
    let people = [&["retention", "truncate", "--expect-events", "4"], &which[..], &BY].concat();
    let told = bench.run(&people).ended_with(3).out;
    assert!(told.contains("nothing was changed") && told.contains("case 7"), "{told}");
    signed(&bench, &["lift", "case 7"]).ended_with(0);
    signed(&bench, &[&["truncate", "--expect-events", "4"], &which[..]].concat()).ended_with(0);
}

#[test]
fn the_books_of_an_account_are_closed_while_its_holds_wait_for_their_time() {
    let bench = Bench::accounts();
    let state = bench.json(&["events", "--stream", "account-A-1", "--limit", "1"]).ended_with(0).lines();
    let day = &state[0]["recordedAt"].as_str().expect("a time")[..10];
    let hold = r#"{"accountId":"A-1","holdId":"H-1","amount":{"minor":"100","currency":"EUR"},
        "expiresAt":"2999-01-01T00:00:00Z","purpose":"Hotel"}"#;
    bench.command("PlaceHold", hold, &[]).ended_with(0);
    bench.command("OpenPeriod", &format!(r#"{{"accountId":"A-1","periodFrom":"{day}"}}"#), &[]).ended_with(0);
    bench.json(&["processes", "drive"]).ended_with(0);
    bench.json(&["projections", "catch-up"]).ended_with(0);
    let which = ["--stream", "account-A-1", "--max-count", "1"];
    let plan = retention(&bench, &[&["preview"], &which[..]].concat()).ended_with(0).json();
    assert_eq!((reasons(&plan).len(), &plan["streams"][0]["timers"]), (0, &"1".into()), "{plan}");
    let people = bench.run(&[&["retention", "preview"], &which[..]].concat()).ended_with(0).out;
    assert!(people.contains("1 timers are set for these streams; they go on."), "{people}");
    let events = plan["events"].as_str().expect("a number");
    signed(&bench, &[&["truncate", "--expect-events", events], &which[..]].concat()).ended_with(0);
    let capture = r#"{"accountId":"A-1","holdId":"H-1","amount":{"minor":"100","currency":"EUR"}}"#;
    bench.command("CaptureHold", capture, &[]).ended_with(0);

    // A snapshot from before is not compared with anything, and not counted as wrong.
    bench.run(&["snapshots", "delete"]).ended_with(0);
    let views = rusqlite::Connection::open(bench.views()).expect("a database");
    let columns = "stream_name, version, fingerprint, state, state_hash, taken_at";
    let fingerprint = fingerprint_of_accounts();
    let old = format!("INSERT INTO es_snapshot ({columns}) VALUES ('account-A-1', 1, ?1, '{{}}', zeroblob(32), 0)");
    assert_eq!(views.execute(&old, [&fingerprint]), Ok(1));
    let audit = bench.json(&["snapshots", "verify"]).ended_with(0).json();
    assert_eq!((&audit["truncated"], &audit["checked"]), (&"1".into(), &"0".into()), "{audit}");
    let told = bench.run(&["snapshots", "verify"]).ended_with(0).out;
    assert!(told.contains("1 from before their streams were truncated are not used"), "{told}");
}

fn fingerprint_of_accounts() -> String {
    let domain = bank::domain().expect("a sound domain");
    let aggregate = domain.aggregate("account").expect("accounts");
    domain.fingerprint(&**aggregate)
}

#[test]
fn rules_are_recorded_removed_and_carried_out() {
    let bench = noted();
    signed(&bench, &["set", "--category", "note", "--max-count", "3", "--min-age", "36h"]).ended_with(0);
    let status = retention(&bench, &["status"]).ended_with(0).json();
    assert_eq!(status["rules"][0]["scope"]["category"], "note");
    assert_eq!(status["rules"][0]["rule"]["minAgeSeconds"], "129600");
    let young = retention(&bench, &["preview"]).ended_with(3).json();
    assert_eq!(reasons(&young), ["too_young"]);
    signed(&bench, &["set", "--category", "note", "--max-count", "3"]).ended_with(0);
    let done = signed(&bench, &["truncate", "--expect-events", "7"]).ended_with(0).json();
    assert_eq!(done["streams"], "1", "{done}");
    signed(&bench, &["set", "--category", "note", "--remove"]).ended_with(0);
    let gone = signed(&bench, &["set", "--category", "note", "--remove"]).ended_with(2).json();
    assert_eq!(gone["error"]["code"], "unknown_rule");
    let nonsense = signed(&bench, &["set", "--category", "note", "--before", "3"]).ended_with(2).json();
    assert_eq!(nonsense["error"]["code"], "bad_rule");
}

#[test]
fn a_closed_stream_refuses_commands() {
    let bench = noted();
    let wrong = signed(&bench, &["close", "account-A-1", "--expect-version", "99"]).ended_with(4).json();
    assert_eq!(wrong["error"]["code"], "not_as_previewed");
    signed(&bench, &["close", "account-A-1", "--expect-version", "3"]).ended_with(0);
    let refused = bench.command("Deposit", &deposit("A-1", 1), &[]).ended_with(3).json();
    assert_eq!(refused["error"]["code"], "stream_closed");
}

#[test]
fn whoever_changes_what_is_kept_says_who_and_why() {
    let bench = noted();
    let hold = ["hold", "case", "--stream", "note-1"];
    for more in [&[][..], &["--actor", "ada"], &["--reason", "because"], &["--actor", " ", "--reason", "because"]] {
        retention(&bench, &[&hold[..], more].concat()).ended_with(2);
    }
    assert!(
        bench.json(&["streams", "--system"]).ended_with(0).out.find("$retention").is_none(),
        "nothing was recorded"
    );
    for line in [&["hold", "case"][..], &["set", "--max-count", "3"], &["set", "--stream", "a", "--category", "b"]] {
        signed(&bench, line).ended_with(2);
    }
}

#[test]
fn a_changed_byte_in_the_archive_is_found_and_its_position_named() {
    let bench = noted();
    let which = ["--stream", "note-1", "--before", "8"];
    signed(&bench, &[&["truncate", "--expect-events", "7"], &which[..]].concat()).ended_with(0);
    signed(&bench, &["scavenge", "--expect-events", "7"]).ended_with(0);
    let archive = rusqlite::Connection::open(archive_of(&bench)).expect("a database");
    let position: i64 = archive
        .query_row("SELECT position FROM es_event WHERE stream_version = 3", [], |row| row.get(0))
        .expect("archived");
    archive
        .execute_batch(&format!(
            "DROP TRIGGER es_event_refuses_update; \
             UPDATE es_event SET payload = '{{\"number\":4}}' WHERE position = {position}"
        ))
        .expect("changed");
    let report = retention(&bench, &["archive", "verify"]).ended_with(6).json();
    assert_eq!(report["findings"][0]["position"], position.to_string(), "{report}");
    bench.json(&["verify"]).ended_with(0);
    std::fs::remove_file(archive_of(&bench)).expect("removed");
    let report = retention(&bench, &["archive", "verify"]).ended_with(6).json();
    assert!(report["findings"][0]["message"].as_str().expect("words").contains("no archive"), "{report}");
}
