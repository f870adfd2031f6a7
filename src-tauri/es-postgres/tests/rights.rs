//! Users with few rights: what they can do, and that what they lack is named.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use es_core::retention::BatchLimits;
use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::{
    EventReader, EventStore, HostedStore, Position, ProbeOutcome, ProbeStage, ProbeStep, RetentionChange,
    RetentionStore, ScavengeRequest, Secret, StoreError, StreamCut, StreamVersion,
};
use es_postgres::{PostgresConfig, PostgresEventStore, PostgresReadModels, probe, role_script};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A store with three events, its owner, and users of other kinds.
struct Owned {
    config: PostgresConfig,
    raw: PgConnection,
}

impl Owned {
    async fn with_roles() -> Self {
        let config = place();
        let store = open(&config).await;
        store.append(append_to("account-1", 1, 3)).await.expect("appended");
        store.close().await;
        let mut owned =
            Self { config, raw: PgConnection::connect(&es_testkit::postgres::server()).await.expect("connects") };
        let (reader, writer) = (owned.name("reader"), owned.name("writer"));
        owned.sql(&format!("CREATE ROLE {reader} NOLOGIN; CREATE ROLE {writer} NOLOGIN")).await;
        let script = role_script(&owned.config.schema, &reader, &writer);
        owned.sql(&script).await;
        owned
    }

    async fn sql(&mut self, script: &str) {
        sqlx::raw_sql(AssertSqlSafe(script.to_owned())).execute(&mut self.raw).await.expect(script);
    }

    fn name(&self, kind: &str) -> String {
        format!("{}_{kind}", self.config.schema)
    }

    /// A user that logs in, with the rights of a group.
    async fn user(&mut self, kind: &str, group: Option<&str>) -> PostgresConfig {
        let user = self.name(kind);
        self.sql(&format!("CREATE ROLE {user} LOGIN PASSWORD 'of-a-user'")).await;
        if let Some(group) = group {
            let group = self.name(group);
            self.sql(&format!("GRANT {group} TO {user}")).await;
        }
        PostgresConfig { user, password: Some(Secret::new("of-a-user")), ..opening(&self.config) }
    }
}

fn at(steps: &[ProbeStep], stage: ProbeStage) -> &ProbeOutcome {
    &steps.iter().find(|step| step.stage == stage).unwrap_or_else(|| panic!("no {stage:?} in {steps:?}")).outcome
}

fn by(number: u128) -> Authorship {
    Authorship {
        change_id: Uuid::from_u128(number),
        actor: "ada".to_owned(),
        channel: "test".to_owned(),
        reason: "because".to_owned(),
    }
}

#[tokio::test]
async fn a_writer_can_do_everything_but_change_the_tables_of_events() {
    let mut owned = Owned::with_roles().await;
    let config = owned.user("clerk", Some("writer")).await;
    let steps = probe(&config).await;
    assert!(steps.iter().all(|step| !matches!(step.outcome, ProbeOutcome::Failed(_))), "{steps:?}");
    assert!(matches!(at(&steps, ProbeStage::Rights), ProbeOutcome::Passed(told) if told.contains("read and write")));
    let store = open(&config).await;
    assert_eq!(store.read_only_reason(), None);
    store.append(append_to("account-1", 2, 3)).await.expect("appends");
    let cut = StreamCut { stream: stream("account-1"), before: StreamVersion(3) };
    let record =
        RetentionEvent::StreamTruncated { stream: cut.stream.clone(), before: cut.before, events: 2, bytes: 1 };
    let change = RetentionChange {
        truncate: vec![cut.clone()],
        close: Vec::new(),
        record: vec![record],
        by: by(1001),
        decided_on: StreamVersion::ZERO,
    };
    store.retain(change).await.expect("truncates");
    let request = ScavengeRequest {
        cuts: vec![cut],
        limits: BatchLimits::default(),
        by: by(1002),
        decided_on: StreamVersion(1),
        observer: None,
    };
    assert_eq!(store.scavenge(request).await.expect("scavenges").events, 2);
    let keys = store.subject_keys().expect("it keeps keys");
    keys.get_or_create(&stream("customer-1")).await.expect("makes keys");
    assert_eq!(keys.destroy(&stream("customer-1")).await, Ok(true));
    assert!(store.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("verifies").intact());
    let derived = PostgresConfig { create: true, ..config.clone() };
    PostgresReadModels::open(derived).await.expect("keeps what is derived");

    let mut raw = PgConnection::connect(&format!(
        "postgres://{}:of-a-user@127.0.0.1:{}/{}",
        config.user, config.port, config.database
    ))
    .await
    .expect("connects");
    let schema = config.quoted_schema();
    for forbidden in [
        format!("UPDATE {schema}.es_event SET payload = '[]'"),
        format!("TRUNCATE {schema}.es_event"),
        format!("ALTER TABLE {schema}.es_event DISABLE TRIGGER ALL"),
        format!("DELETE FROM {schema}.es_archive"),
        format!("DELETE FROM {schema}.es_stub"),
        format!("DELETE FROM {schema}.es_log_head"),
        format!("DROP TABLE {schema}.es_event"),
        format!("CREATE OR REPLACE FUNCTION {schema}.es_refuse() RETURNS trigger LANGUAGE sql AS ''"),
    ] {
        let refused = sqlx::raw_sql(AssertSqlSafe(forbidden.clone())).execute(&mut raw).await.expect_err(&forbidden);
        let code = refused.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
    }
}

#[tokio::test]
async fn a_reader_reads_and_is_told_what_it_lacks_for_writing() {
    let mut owned = Owned::with_roles().await;
    let config = owned.user("auditor", Some("reader")).await;
    let store = open(&config).await;
    let reason = store.read_only_reason().expect("it only reads");
    for right in ["UPDATE on es_log_head", "INSERT on es_event", "SELECT on es_subject_key"] {
        assert!(reason.contains(right), "{right}: {reason}");
    }
    assert_eq!(read_everything(&store).await.len(), 3);
    assert!(store.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("verifies").intact());
    let error = store.append(append_to("account-1", 2, 1)).await.expect_err("refused");
    assert_eq!(error.code(), "read_only", "{error}");
    let key = store.subject_keys().expect("keys").get(&stream("customer-1")).await;
    assert!(matches!(key, Err(StoreError::NotAllowed { .. })), "personal data stay sealed: {key:?}");
    let steps = probe(&config).await;
    let rights = at(&steps, ProbeStage::Rights);
    assert!(matches!(rights, ProbeOutcome::Passed(told) if told.contains("INSERT on es_event")), "{rights:?}");
    let steps = probe(&PostgresConfig { read_only: true, ..config }).await;
    assert_eq!(*at(&steps, ProbeStage::Rights), ProbeOutcome::Passed("may read the store".to_owned()));
}

#[tokio::test]
async fn one_right_that_is_missing_is_named_alone() {
    let mut owned = Owned::with_roles().await;
    let config = owned.user("clerk", Some("writer")).await;
    let (schema, group) = (owned.config.quoted_schema(), owned.name("writer"));
    owned.sql(&format!("REVOKE DELETE ON {schema}.es_event FROM {group}")).await;
    let reason = open(&config).await.read_only_reason().expect("refused");
    assert_eq!(reason, format!("{} lacks DELETE on es_event", config.user));
    owned
        .sql(&format!("GRANT DELETE ON {schema}.es_event TO {group}; REVOKE SELECT ON {schema}.es_stub FROM {group}"))
        .await;
    let steps = probe(&config).await;
    let told = format!("{:?}", at(&steps, ProbeStage::Rights));
    assert!(told.contains("NotAllowed") && told.contains("SELECT on es_stub\""), "{told}");
}

#[tokio::test]
async fn a_stranger_is_told_that_it_may_not_look() {
    let mut owned = Owned::with_roles().await;
    let config = owned.user("stranger", None).await;
    let error = PostgresEventStore::open(config.clone()).await.expect_err("refused");
    assert!(matches!(&error, StoreError::NotAllowed { reason, .. } if reason.contains("USAGE")), "{error:?}");
    let last = probe(&config).await.pop().expect("a step");
    assert_eq!((last.stage, last.outcome), (ProbeStage::Rights, ProbeOutcome::Failed(error)));
    let elsewhere = PostgresConfig { schema: format!("{}_2", config.schema), create: true, ..config };
    let error = PostgresEventStore::open(elsewhere.clone()).await.expect_err("refused");
    assert_eq!(error.code(), "not_allowed", "{error}");
    let last = probe(&elsewhere).await.pop().expect("a step");
    let told = format!("{:?}", last.outcome);
    assert!(last.stage == ProbeStage::Rights && told.contains("CREATE on the database"), "{told}");
}

#[tokio::test]
async fn rights_that_are_taken_away_meanwhile_are_named() {
    let mut owned = Owned::with_roles().await;
    let config = owned.user("clerk", Some("writer")).await;
    let store = open(&config).await;
    let (schema, group) = (owned.config.quoted_schema(), owned.name("writer"));
    owned.sql(&format!("REVOKE INSERT ON {schema}.es_event FROM {group}")).await;
    let error = store.append(append_to("account-1", 2, 1)).await.expect_err("refused");
    assert!(error.code() == "not_allowed" && error.to_string().contains(&config.user), "{error}");
    assert_eq!(store.head().await, Ok(Position(3)), "nothing was written");
    owned.sql(&format!("GRANT INSERT ON {schema}.es_event TO {group}")).await;
    store.append(append_to("account-1", 2, 1)).await.expect("the same again succeeds");
}

#[tokio::test]
async fn each_step_of_a_connections_test_fails_by_itself() {
    use ProbeStage::{Connect, Login, NameLookup, Schema};
    let fine = place();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = silent.local_addr().expect("an address").port();
    let cases = [
        (PostgresConfig { host: "no-such-host.invalid".to_owned(), ..fine.clone() }, NameLookup, "server_unreachable"),
        (PostgresConfig { port: 1, ..fine.clone() }, Connect, "server_unreachable"),
        (
            PostgresConfig { port: silent, connect_timeout: std::time::Duration::from_millis(300), ..fine.clone() },
            Connect,
            "server_unreachable",
        ),
        (PostgresConfig { password: Some(Secret::new("wrong")), ..fine.clone() }, Login, "login_refused"),
        (PostgresConfig { database: "no_such".to_owned(), ..fine.clone() }, Login, "missing_schema"),
        (opening(&fine), Schema, "missing_schema"),
    ];
    for (config, stage, code) in cases {
        let steps = probe(&config).await;
        let last = steps.last().expect("a step");
        let ProbeOutcome::Failed(error) = &last.outcome else { panic!("{steps:?}") };
        assert_eq!((last.stage, error.code()), (stage, code), "{error}");
        assert!(steps.windows(2).all(|pair| pair[0].stage < pair[1].stage), "in their order: {steps:?}");
        assert!(steps.iter().rev().skip(1).all(|step| !matches!(step.outcome, ProbeOutcome::Failed(_))), "{steps:?}");
    }
    let steps = probe(&fine).await;
    assert_eq!(steps.iter().map(|step| step.stage).collect::<Vec<_>>(), ProbeStage::ALL, "all of them");
    assert!(matches!(at(&steps, Schema), ProbeOutcome::Passed(told) if told.contains("creates one")), "{steps:?}");
    assert_eq!(
        PostgresEventStore::open(opening(&fine)).await.expect_err("refused").code(),
        "missing_schema",
        "written: nothing"
    );
}
