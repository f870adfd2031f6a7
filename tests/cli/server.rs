//! What a store stands on and what its server keeps, from the command line.

use es_core::{AppendRequest, EventStore, ExpectedVersion, HostedStore, NewEvent, Payload, StreamName, StreamVersion};
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_testkit::eventstoredb::wire::persistent_subscriptions::SubscriptionInfo;
use es_testkit::eventstoredb::wire::projections::statistics_resp::Details;
use es_testkit::eventstoredb::{Access, Options, TestServer, User};
use serde_json::{Value, json};

use crate::support::{Bench, Ended};

/// A server as another program has left it: streams of every standing, links, a group of consumers, a broken projection.
struct Left {
    server: TestServer,
    bench: Bench,
}

impl Left {
    fn behind() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let users = vec![User::new("admin", "changeit", &["$admins"]), User::new("clerk", "changeit", &["clerks"])];
        let access = Access::restricted_to(users);
        let server = runtime.block_on(async {
            let server = TestServer::start(Options { access, system_projections: true, ..Options::default() });
            another_program(&server).await;
            server
        });
        let info = SubscriptionInfo {
            event_source: "account-1".to_owned(),
            group_name: "billing".to_owned(),
            status: "Live".to_owned(),
            parked_message_count: 3,
            start_from: "7".to_owned(),
            ..SubscriptionInfo::default()
        };
        server.set_persistent_subscriptions(vec![info]);
        server.set_projections(vec![Details {
            name: "totals".to_owned(),
            mode: "Continuous".to_owned(),
            status: "Faulted".to_owned(),
            state_reason: "a bug".to_owned(),
            ..Details::default()
        }]);
        Self { server, bench: Bench::bare() }
    }

    /// `ledgerscope server …` as a user.
    fn ask(&self, user: &str, arguments: &[&str]) -> Ended {
        let store = format!("esdb://{user}:changeit@127.0.0.1:{}?tls=false", self.server.address().port());
        self.bench.json(&[&["server"], arguments, &["--store", &store]].concat())
    }

    fn stream(&self, name: &str) -> Value {
        let ended = self.ask("admin", &["stream", name]);
        assert!(ended.code == 0 || ended.code == 2, "an answer either way: {} {}", ended.out, ended.err);
        let report = ended.json();
        assert_eq!(
            ended.code == 0,
            report["standing"] == "present",
            "the exit code says whether it is there: {report}"
        );
        report
    }
}

async fn another_program(server: &TestServer) {
    let string = format!("esdb://admin:changeit@127.0.0.1:{}?tls=false", server.address().port());
    let config = EventStoreDbConfig::parse(&string).expect("a connection string");
    let store = EventStoreDbStore::open(config, EventStoreDbOptions::default()).await.expect("it opens");
    let append = async |stream: &str, event_type: &str, payload: Value| {
        let event = NewEvent {
            event_id: uuid::Uuid::new_v4(),
            event_type: event_type.into(),
            schema_version: 1,
            payload: Payload::json(payload.to_string()),
            metadata: "{}".into(),
        };
        store
            .append(AppendRequest::to_stream(named(stream), ExpectedVersion::Any, vec![event]))
            .await
            .expect("appended");
    };
    for number in 1..=3 {
        for stream in ["account-1", "account-deleted", "account-ended", "account-old"] {
            append(stream, "Deposited", json!({ "number": number })).await;
        }
    }
    append("payroll-1", "Paid", json!({})).await;
    // Whoever is a clerk may read the whole log, and may not read the payroll by itself.
    let rules = json!({ "$userStreamAcl": { "$r": "$all" }, "$systemStreamAcl": { "$r": ["$admins", "clerks"] } });
    append("$settings", "update-default-acl", rules).await;
    let inspection = store.inspect();
    let metadata = async |stream: &str, changes: Value| {
        let changes = changes.as_object().expect("an object");
        inspection.change_metadata(&named(stream), StreamVersion::ZERO, changes).await.expect("changed");
    };
    metadata("payroll-1", json!({ "$acl": { "$r": ["$admins"], "$w": "clerks" } })).await;
    metadata("account-old", json!({ "$tb": 3 })).await;
    inspection.delete_softly(&named("account-deleted"), ExpectedVersion::Any).await.expect("deleted");
    inspection.tombstone(&named("account-ended"), ExpectedVersion::Any).await.expect("tombstoned");
    store.close().await;
}

fn named(stream: &str) -> StreamName {
    StreamName::new(stream).expect("a name")
}

#[test]
fn each_reason_why_a_stream_is_not_there_has_a_word_of_its_own() {
    let left = Left::behind();
    let standings = [
        ("account-1", "present", "up to 3"),
        ("acount-1", "missing", "Check the name"),
        ("account-old", "hidden", "before version 4 ($tb)"),
        ("account-deleted", "deleted_softly", "can come back"),
        ("account-ended", "tombstoned", "for good"),
    ];
    for (name, standing, words) in standings {
        let report = left.stream(name);
        assert_eq!(report["standing"], standing, "{report}");
        assert!(report["told"].as_str().is_some_and(|told| told.contains(words)), "{report}");
    }
    assert_eq!(left.stream("acount-1")["similar"][0], "account-1", "what was probably meant");
    let payroll = left.stream("payroll-1");
    let right = |action: &str| {
        let rights = payroll["rights"].as_array().expect("rights").iter();
        rights.filter(|right| right["action"] == action).map(|right| right["roles"].clone()).next()
    };
    assert_eq!(right("read"), Some(json!(["$admins"])), "{payroll}");
    assert_eq!(right("write"), Some(json!(["clerks"])), "one role or several");
    let refused = left.ask("clerk", &["stream", "payroll-1"]).ended_with(2).json();
    assert_eq!(refused["standing"], "not_allowed", "{refused}");
    assert!(refused["told"].as_str().is_some_and(|told| told.contains("another user")), "{refused}");
}

#[test]
fn links_are_shown_with_what_they_stand_for_and_system_streams_only_when_asked_for() {
    let left = Left::behind();
    let links = left.stream("$ce-account");
    let entries = links["entries"].as_array().expect("entries");
    let of = |stream: &str| entries.iter().find(|entry| entry["link"]["stream"] == stream).expect("a link");
    assert_eq!(of("account-1")["link"]["eventType"], "Deposited");
    assert!(of("account-ended")["link"]["unresolved"].is_string(), "what it stands for cannot be read: {links}");
    let names = |arguments: &[&str]| -> Vec<String> {
        let listed = left.ask("admin", &[&["streams"], arguments].concat()).ended_with(0).json();
        let rows = listed["streams"].as_array().expect("a list").clone();
        rows.iter().map(|row| row["stream"].as_str().expect("a name").to_owned()).collect()
    };
    assert!(names(&[]).iter().all(|name| !name.starts_with('$')), "the server's own are not asked for");
    let with_system = names(&["--system"]);
    for name in ["$ce-account", "$streams", "$et-Deposited", "$$account-old", "account-1"] {
        assert!(with_system.iter().any(|listed| listed == name), "{name} is one of {with_system:?}");
    }
    assert_eq!(names(&["--contains", "PAYROLL"]), ["payroll-1"]);
}

#[test]
fn subscriptions_and_projections_are_listed_and_the_index_says_how_far_it_is() {
    let left = Left::behind();
    let groups = left.ask("admin", &["subscriptions"]).ended_with(0).json();
    let group = &groups["subscriptions"][0];
    assert_eq!((&group["group"], &group["parked"]), (&json!("billing"), &json!("3")), "{groups}");
    let projections = left.ask("admin", &["projections"]).ended_with(0).json();
    let totals = projections["listed"].as_array().expect("a list").iter().find(|one| one["name"] == "totals");
    assert_eq!(totals.map(|one| &one["status"]), Some(&json!("Faulted")), "{projections}");
    let by_category =
        projections["system"].as_array().expect("a list").iter().find(|one| one["name"] == "$by_category");
    assert_eq!(by_category.map(|one| &one["hasWritten"]), Some(&json!(true)), "{projections}");
    let status = left.ask("admin", &["status"]).ended_with(0).json();
    assert_eq!((&status["hasServer"], &status["index"]["complete"]), (&json!(true), &json!(true)), "{status}");
    assert!(!status.to_string().contains("changeit"), "no secret is a fact: {status}");
    let store = format!("esdb://admin:changeit@127.0.0.1:{}?tls=false", left.server.address().port());
    let told = left.bench.run(&["server", "--store", &store]).ended_with(0);
    assert!(
        told.out.contains("EventStoreDB") && told.out.contains("The local index holds the whole log"),
        "{}",
        told.out
    );
}

#[test]
fn a_file_says_what_it_is_and_that_it_has_no_server() {
    let bench = Bench::demo(300);
    let status = bench.json(&["server", "status"]).ended_with(0).json();
    assert_eq!((&status["hasServer"], &status["index"]), (&json!(false), &Value::Null));
    assert!(status["facts"].to_string().contains("Schema version"), "{status}");
    for action in ["subscriptions", "projections"] {
        assert_eq!(bench.json(&["server", action]).ended_with(2).json()["error"]["code"], "unsupported");
    }
    let report = bench.json(&["server", "stream", "account-nobody"]).ended_with(2).json();
    assert_eq!(report["standing"], "missing");
    let some = report["similar"][0].as_str().expect("streams of the category").to_owned();
    assert_eq!(bench.json(&["server", "stream", &some]).ended_with(0).json()["standing"], "present");
    let told = bench.run(&["server"]).ended_with(0);
    assert!(told.out.contains("there is no server"), "{}", told.out);
}

#[test]
fn a_database_says_where_it_is_and_with_which_schema() {
    let bench = Bench::bare();
    let store = format!("{}?schema={}", es_testkit::postgres::server(), es_testkit::postgres::fresh_schema());
    bench.json(&["demo", "--events", "100", "--store", &store]).ended_with(0);
    let status = bench.json(&["server", "status", "--store", &store]).ended_with(0).json();
    let fact = |name: &str| {
        let facts = status["facts"].as_array().expect("facts").iter();
        facts.filter(|fact| fact["name"] == name).map(|fact| fact["value"].to_string()).next().unwrap_or_default()
    };
    assert!(fact("Product").contains("PostgreSQL"), "{status}");
    assert!(fact("Schema version").contains("this program writes"), "{status}");
    let password = store.split_once('@').and_then(|(login, _)| login.rsplit_once(':')).map(|(_, password)| password);
    assert!(!status.to_string().contains(password.expect("a password")), "no secret is a fact: {status}");
}
