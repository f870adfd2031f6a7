//! One bank on three kinds of store, named by connection strings: copied between them, compared on them, made on them.

use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::postgres::{fresh_schema, server};
use serde_json::{Value, json};

use crate::support::{Bench, Ended};

/// What nobody may be told.
const PASSWORD: &str = "throw-away";

/// A schema that is not there yet, in a connection string that holds a password.
fn postgres() -> String {
    let url = server();
    assert!(url.contains(PASSWORD), "the string holds a secret that must not be told again");
    format!("{url}?schema={}", fresh_schema())
}

/// A server of EventStoreDB's protocol, as long as its runtime is there.
struct EventStoreDb {
    server: TestServer,
    runtime: tokio::runtime::Runtime,
}

impl EventStoreDb {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let server = {
            let _within = runtime.enter();
            TestServer::start(Options { append_limit: 16 * 1024 * 1024, ..Options::default() })
        };
        Self { server, runtime }
    }

    fn string(&self) -> String {
        self.server.connection_string()
    }

    fn stop(self) {
        let Self { server, runtime } = self;
        let _within = runtime.enter();
        drop(server);
    }
}

impl Bench {
    fn file(&self, name: &str) -> String {
        self.folder().join(name).display().to_string()
    }

    #[track_caller]
    fn copied(&self, from: &str, to: &str) -> Value {
        let ended = self.json(&["copy", "--from", from, "--to", to]).ended_with(0);
        tells_no_secret(&ended);
        let report = ended.json();
        assert_eq!((&report["outcome"], &report["copied"]), (&"copied".into(), &report["events"]), "{report}");
        assert_eq!(report["comparison"]["equal"], true, "every event was read again and compared: {report}");
        let again = self.json(&["copy", "--from", from, "--to", to]).ended_with(0).json();
        assert_eq!((&again["copied"], &again["already"]), (&"0".into(), &report["events"]), "and it is copied once");
        report
    }

    #[track_caller]
    fn chain(&self, store: &str) -> Value {
        let report = self.json(&["verify", "--store", store]).ended_with(0).json();
        assert!(report["chainHash"].is_string(), "{report}");
        report["chainHash"].clone()
    }

    #[track_caller]
    fn streams(&self, store: &str) -> Vec<(String, String)> {
        let listed = self.json(&["streams", "--limit", "1000", "--store", store]).ended_with(0).json();
        let listed = listed["streams"].as_array().expect("a list").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut streams: Vec<_> = listed.map(|one| (text(&one["stream"]), text(&one["version"]))).collect();
        streams.sort();
        assert!(streams.len() > 20, "a bank has streams: {streams:?}");
        streams
    }
}

#[track_caller]
fn tells_no_secret(ended: &Ended) {
    assert!(!ended.out.contains(PASSWORD) && !ended.err.contains(PASSWORD), "{} {}", ended.out, ended.err);
}

/// What a copy could not keep as it was.
fn notes(report: &Value) -> Vec<&str> {
    let notes = report["notes"].as_array().expect("a list").iter();
    notes.map(|note| note["kind"].as_str().expect("a kind")).collect()
}

#[test]
fn a_bank_goes_from_a_file_to_postgresql_and_back_without_a_change() {
    let bench = Bench::demo(600);
    let (database, back) = (postgres(), bench.file("back.ledgerscope"));
    let missing = bench.json(&["copy", "--to", &database, "--verify-only"]).ended_with(5);
    tells_no_secret(&missing);
    assert_eq!(missing.json()["error"]["code"], "missing_schema", "comparing makes nothing");
    let there = bench.copied(&bench.file("bank.ledgerscope"), &database);
    assert_eq!(there["comparison"]["identical"], true, "positions, times and hashes, too: {there}");
    let here = bench.copied(&database, &back);
    assert_eq!(here["comparison"]["identical"], true, "{here}");
    assert_eq!((notes(&there), notes(&here)), (vec![], vec![]), "nothing is lost on the way");
    let chains = [&bench.file("bank.ledgerscope"), &database, &back].map(|store| bench.chain(store));
    assert!(chains.iter().all(|chain| *chain == chains[0]), "{chains:?}");
    let damaged = bench.copy();
    damaged.tampered("UPDATE es_event SET payload = '{}' WHERE position = 42", []);
    let refused = damaged.json(&["copy", "--to", &database]).ended_with(4).json();
    assert_eq!(refused["error"]["code"], "copy_conflict", "another history is not mixed with it: {refused}");
}

#[test]
fn a_bank_goes_from_a_file_to_eventstoredb_and_what_it_cannot_keep_there_is_told() {
    let (bench, events) = (Bench::demo(600), EventStoreDb::start());
    let report = bench.copied(&bench.file("bank.ledgerscope"), &events.string());
    assert_eq!(report["comparison"]["identical"], false, "the server counts positions and times by itself");
    assert!(notes(&report).contains(&"time_carried"), "{}", report["notes"]);
    assert_eq!(bench.streams(&events.string()), bench.streams(&bench.file("bank.ledgerscope")));
    let database = postgres();
    let further = bench.copied(&events.string(), &database);
    assert_eq!(further["events"], report["events"], "{further}");
    bench.json(&["verify", "--store", &database]).ended_with(0);
    events.stop();
}

#[test]
fn a_file_postgresql_and_eventstoredb_answer_alike() {
    let (bench, events) = (Bench::bare(), EventStoreDb::start());
    let stores = [bench.file("parity.ledgerscope"), postgres(), events.string()];
    let arguments: Vec<_> = stores.iter().flat_map(|store| ["--store", store.as_str()]).collect();
    let ended = bench.json(&[&["parity"], &arguments[..]].concat()).ended_with(0);
    tells_no_secret(&ended);
    let report = ended.json();
    assert_eq!((&report["agrees"], &report["different"]), (&json!(true), &json!(0)), "{}", report["steps"]);
    let backends = report["backends"].as_array().expect("a list");
    assert_eq!(backends.len(), 4, "each takes part, beside the store in memory: {report}");
    for backend in backends {
        let timings = backend["timings"].as_array().expect("a list");
        assert!(timings.iter().any(|timing| timing["action"] == "rebuild"), "it was measured: {backend}");
    }
    let steps = report["steps"].as_array().expect("a list");
    assert!(steps.len() > 10, "there was something to answer: {} steps", steps.len());
    let again = bench.json(&["parity", "--store", &stores[1]]).ended_with(2);
    tells_no_secret(&again);
    assert_eq!(again.json()["error"]["code"], "store_not_empty", "a run writes into empty stores only");
    events.stop();
}

#[test]
fn a_demo_is_made_on_postgresql_as_in_a_file_and_never_over_events() {
    let (bench, database) = (Bench::bare(), postgres());
    let made = bench.json(&["demo", "--seed", "7", "--events", "600", "--into", &database]).ended_with(0);
    tells_no_secret(&made);
    let file = bench.json(&["demo", "--seed", "7", "--events", "600"]).ended_with(0).json();
    assert_eq!(made.json()["chainHash"], file["chainHash"], "the same bytes");
    let full = bench.json(&["demo", "--events", "100", "--into", &database]).ended_with(2);
    tells_no_secret(&full);
    assert_eq!(full.json()["error"]["code"], "store_not_empty");
    assert_eq!(bench.chain(&database), file["chainHash"], "nothing was written");
}

#[test]
fn a_demo_on_eventstoredb_is_refused_and_the_way_that_is_told_works() {
    let (bench, events) = (Bench::bare(), EventStoreDb::start());
    let refused = bench.json(&["demo", "--events", "300", "--into", &events.string()]).ended_with(5).json();
    assert_eq!(refused["error"]["code"], "unsupported", "{refused}");
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(message.contains("times of their own") && message.contains("127.0.0.1"), "why, and where: {message}");
    let hint = refused["error"]["hint"].as_str().expect("a hint");
    for word in ["demo --into", "copy", "--to"] {
        assert!(hint.contains(word), "what to do instead: {hint}");
    }
    bench.json(&["demo", "--events", "300"]).ended_with(0);
    bench.copied(&bench.file("bank.ledgerscope"), &events.string());
    events.stop();
}
