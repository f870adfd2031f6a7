//! Stores on servers from the command line: a bank on each, and what can go wrong on the way, each told in its own words.

use std::collections::BTreeSet;

use es_testkit::eventstoredb::{Access, Options, TestServer, User};
use es_testkit::postgres::{fresh_schema, server};
use serde_json::Value;

use crate::secured::secured;
use crate::support::{Bench, Ended, deposit, types};

/// A login that must not be told to anybody.
const WRONG: &str = "not-the-password-7";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

impl Bench {
    /// Runs with `--json` on a connection whose password stands in the environment.
    fn with_password(&self, password: &str, arguments: &[&str]) -> Ended {
        let mut program = self.program();
        program.env_remove("LEDGERSCOPE_STORE").env("LEDGERSCOPE_PASSWORD", password).args(arguments).arg("--json");
        Ended::of(program.output().expect("the program starts"))
    }
}

/// A connection string in its parts: without the password, and the password.
fn parts(url: &str) -> (String, String) {
    let (scheme, rest) = url.split_once("://").expect("a scheme");
    let (login, server) = rest.split_once('@').expect("a login");
    let (user, password) = login.split_once(':').expect("a password");
    (format!("{scheme}://{user}@{server}"), password.to_owned())
}

/// The few commands that make a bank, and what must be seen of it.
fn a_small_bank(run: &dyn Fn(&[&str]) -> Ended) {
    let command = |actor: &str, command_type: &str, payload: &str| {
        run(&["command", "--actor", actor, "--type", command_type, "--payload", payload]).ended_with(0).json()
    };
    command(
        "maker",
        "RegisterCustomer",
        r#"{"customerId":"C-1","givenName":"Ada","familyName":"Byron","birthDate":"1985-12-10"}"#,
    );
    command(
        "maker",
        "SubmitIdentification",
        r#"{"customerId":"C-1","document":"passport","documentNumber":"X1","validUntil":"2099-01-01"}"#,
    );
    command("maker", "RecordScreening", r#"{"customerId":"C-1","outcome":"clear","note":"no match"}"#);
    command("maker", "AssessRisk", r#"{"customerId":"C-1","rating":"low","rationale":"usual"}"#);
    command("checker", "ApproveOnboarding", r#"{"customerId":"C-1"}"#);
    for account in ["A-1", "A-2"] {
        let payload = format!(r#"{{"accountId":"{account}","customerId":"C-1","currency":"EUR","product":"current"}}"#);
        command("maker", "OpenAccount", &payload);
    }
    command("maker", "Deposit", &deposit("A-1", 10_000));
    let transfer = r#"{"transferId":"T-1","source":"A-1","target":"A-2","amount":{"minor":"2500","currency":"EUR"},"reference":"Rent"}"#;
    let done = command("maker", "RequestTransfer", transfer);
    assert_eq!(types(&done["consequences"]).last(), Some(&"TransferCompleted"), "{done}");
    let state = run(&["state", "--stream", "account-A-2"]).ended_with(0).json();
    assert_eq!(state["state"]["settled"]["minor"], "2500", "the money has arrived");
    let revealed = r#"{"customerId":"C-1","fields":["familyName"],"reason":"a test"}"#;
    let refused = run(&["command", "--type", "Withdraw", "--payload", &deposit("A-1", 999_999)]).ended_with(3).json();
    assert_eq!(refused["code"], "insufficient_funds");
    let shown =
        run(&["command", "--actor", "ada", "--type", "RevealPersonalData", "--payload", revealed]).ended_with(0);
    assert_eq!(shown.json()["revealed"]["familyName"], "Byron", "sealed with a key that is kept: {}", shown.out);
    run(&["projections", "catch-up"]).ended_with(0);
    let status = run(&["projections", "status"]).ended_with(0).json();
    let lags = status["projections"].as_array().expect("a list").iter().map(|one| one["lagEvents"].clone());
    assert!(lags.clone().count() > 5 && lags.clone().all(|lag| lag == "0"), "read models are kept: {status}");
    run(&["verify"]).ended_with(0);
}

#[test]
fn a_bank_lives_on_postgresql_behind_a_connection() {
    let bench = Bench::bare();
    let (url, password) = parts(&server());
    let schema = fresh_schema();
    let run = |arguments: &[&str]| bench.with_password(&password, arguments);
    let added = run(&["connections", "add", "Ledger", &format!("{url}?schema={schema}")]).ended_with(0).json();
    assert_eq!(added["connection"]["target"]["kind"], "postgres");
    let missing = run(&["events", "--store", "Ledger"]).ended_with(5).json();
    assert_eq!(missing["error"]["code"], "missing_schema", "nobody has created it: {missing}");
    run(&["connections", "create", "Ledger"]).ended_with(0);
    a_small_bank(&|arguments| run(&[arguments, &["--store", "Ledger"]].concat()));
    let tested = run(&["connections", "test", "Ledger"]).ended_with(0).json();
    let stages: Vec<_> = tested["steps"].as_array().expect("steps").iter().map(|step| step["stage"].clone()).collect();
    assert_eq!(stages, ["name_lookup", "connect", "tls", "login", "rights", "schema"], "{tested}");
    let other = fresh_schema();
    run(&["connections", "add", "Demo", &format!("{url}?schema={other}")]).ended_with(0);
    let made = run(&["demo", "--seed", "7", "--events", "1000", "--store", "Demo"]).ended_with(0).json();
    let file = Bench::bare().json(&["demo", "--seed", "7", "--events", "1000"]).ended_with(0).json();
    assert_eq!(made["chainHash"], file["chainHash"], "the same bytes as in a file");
    let full = run(&["demo", "--store", "Demo"]).ended_with(2).json();
    assert_eq!(full["error"]["code"], "store_not_empty");
}

#[test]
fn a_bank_lives_on_eventstoredb_with_its_views_and_keys_in_a_file_beside_it() {
    let runtime = runtime();
    let _within = runtime.enter();
    let access = Access::restricted_to(User::of_a_new_database());
    let server = TestServer::start(Options { access, append_limit: 16 * 1024 * 1024, ..Options::default() });
    let bench = Bench::bare();
    let string = server.connection_string();
    let (_, rest) = string.split_once("://").expect("a scheme");
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let run = |arguments: &[&str]| bench.with_password("changeit", arguments);
    run(&["connections", "add", "Events", &format!("esdb://admin@{rest}")]).ended_with(0);
    a_small_bank(&|arguments| run(&[arguments, &["--store", "Events"]].concat()));
    let retention = run(&["retention", "preview", "--store", "Events"]).ended_with(2).json();
    assert_eq!(retention["error"]["code"], "unsupported", "what it cannot do is said: {retention}");
    let demo = run(&["demo", "--store", "Events"]);
    assert_ne!(demo.code, 0, "no history with times of its own can be written");
    let wrong = bench.with_password(WRONG, &["events", "--store", "Events"]).ended_with(5);
    assert_eq!(wrong.json()["error"]["code"], "login_refused");
    assert!(!wrong.err.contains(WRONG) && !wrong.out.contains(WRONG), "{} {}", wrong.out, wrong.err);
    run(&["connections", "test", "Events"]).ended_with(0);
    let removed = run(&["connections", "remove", "Events", "--yes"]).ended_with(0).json();
    assert!(removed["notes"].to_string().contains("keys"), "the file with the keys stays, and that is said: {removed}");
}

fn sql(url: &str, statement: &str) {
    runtime().block_on(async move {
        let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(url).await.expect("connected");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.expect(statement);
    });
}

#[test]
fn older_tables_on_production_are_brought_up_to_date_only_by_who_says_so() {
    let bench = Bench::bare();
    let (url, password) = parts(&server());
    let schema = fresh_schema();
    // What a program before the first version would have left.
    let older = format!(
        "CREATE SCHEMA {schema};
         CREATE TABLE {schema}.es_schema_version (part text COLLATE \"C\" NOT NULL, version integer NOT NULL,
           applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, version));
         INSERT INTO {schema}.es_schema_version (part, version) VALUES ('events', 0), ('views', 0)"
    );
    sql(&server(), &older);
    let run = |arguments: &[&str]| bench.with_password(&password, arguments);
    run(&["connections", "add", "Live", &format!("{url}?schema={schema}"), "--production"]).ended_with(0);
    for opening in [
        &["events", "--store", "Live"][..],
        &["projections", "catch-up", "--store", "Live", "--yes-production"],
        &["connections", "test", "Live"],
    ] {
        let refused = run(opening).ended_with(5).json();
        let error = &refused["error"];
        assert_eq!(error["code"], "older_schema", "{opening:?}: {refused}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("version 0") && message.contains("version 1"), "both versions are named: {message}");
        let hint = error["hint"].as_str().expect("a hint");
        assert!(hint.contains("ledgerscope connections create"), "and what to do: {hint}");
    }
    let unconfirmed = run(&["connections", "create", "Live"]).ended_with(2).json();
    assert_eq!(unconfirmed["error"]["code"], "production_not_confirmed", "{unconfirmed}");
    run(&["events", "--store", "Live"]).ended_with(5);
    run(&["connections", "create", "Live", "--yes-production"]).ended_with(0);
    run(&["events", "--store", "Live"]).ended_with(0);
}

/// Code, store, password, what is done to the database before, and words of the message.
type Case<'a> = (&'a str, String, &'a str, Option<&'a str>, &'a [&'a str]);

#[test]
fn each_way_in_which_a_server_can_fail_has_a_message_of_its_own_and_no_secret_in_it() {
    let bench = Bench::bare();
    let (cluster, authority) = secured(bench.folder());
    let (user, password) = cluster.login();
    let (port, authority) = (cluster.port(), authority.display().to_string());
    let at = |host: &str, options: &str| format!("postgres://{user}@{host}:{port}/postgres?{options}");
    let trusted = at("localhost", &format!("sslmode=verify-full&sslrootcert={authority}"));
    bench.with_password(password, &["demo", "--events", "100", "--store", &trusted]).ended_with(0);
    let added = ["connections", "add", "Archive", &trusted, "--read-only", "--ask-each-time"];
    bench.with_password(password, &added).ended_with(0);
    let version = "UPDATE ledgerscope.es_schema_version SET version = ";
    let (older, newer) = (format!("{version} 0"), format!("{version} 99"));
    let cases: [Case<'_>; 6] = [
        ("login_refused", trusted.clone(), WRONG, None, &["postgres", "localhost"]),
        ("server_unreachable", "postgres://ada@127.0.0.1:1/d".to_owned(), password, None, &["127.0.0.1:1"]),
        ("untrusted_certificate", at("localhost", "sslmode=verify-full"), password, None, &["localhost"]),
        ("missing_schema", at("localhost", "schema=elsewhere"), password, None, &["elsewhere"]),
        ("newer_schema", trusted.clone(), password, Some(&newer), &["99"]),
        // Whoever may write brings it up to date; a connection that is marked as read-only does not.
        ("older_schema", "Archive".to_owned(), password, Some(&older), &["0"]),
    ];
    let mut told = BTreeSet::new();
    for (code, string, typed, before, words) in cases {
        if let Some(statement) = before {
            sql(&cluster.url(), statement);
        }
        let opened = bench.with_password(typed, &["events", "--store", &string]).ended_with(5);
        let tested = bench.with_password(typed, &["connections", "test", &string]).ended_with(5);
        for (ended, error) in [(&opened, &opened.json()["error"]), (&tested, &tested.json()["error"])] {
            assert_eq!(error["code"], code, "{error}");
            let message = error["message"].as_str().expect("a message");
            let hint = error["hint"].as_str().expect("a hint");
            assert!(hint.len() > 20, "it says what to do: {error}");
            for word in words {
                assert!(message.contains(word), "{message:?} names {word}");
            }
            for secret in [password, WRONG] {
                assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{} {}", ended.out, ended.err);
            }
        }
        let failed = tested.json()["steps"].as_array().and_then(|steps| steps.last()).cloned().unwrap_or(Value::Null);
        assert_eq!(failed["outcome"], "failed", "the last step is the one that fails: {failed}");
        told.insert((opened.json()["error"]["message"].to_string(), opened.json()["error"]["hint"].to_string()));
    }
    assert_eq!(told.len(), 6, "six different messages: {told:#?}");
}
