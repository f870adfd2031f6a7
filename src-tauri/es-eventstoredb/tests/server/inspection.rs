use es_core::{AppendError, Direction, ExpectedVersion, LinkTarget, StreamVersion};
use es_eventstoredb::StreamState;
use es_testkit::eventstoredb::wire::persistent_subscriptions::SubscriptionInfo;
use es_testkit::eventstoredb::wire::projections::statistics_resp::Details;
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{numbered, run, stream};
use eventstore::EventData;
use serde_json::{Value, json};

use super::{another_program, open, set_metadata, write, write_as_another};

#[test]
fn deleted_and_tombstoned_streams_are_told_apart() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        let inspection = store.inspect();
        let target = stream("account-1");
        assert_eq!(inspection.state(&target).await, Ok(StreamState::Missing));
        write(&store, &target, vec![numbered(1), numbered(2)]).await;
        assert_eq!(inspection.state(&target).await, Ok(StreamState::Present { version: StreamVersion(2) }));
        for wrong in [ExpectedVersion::Exact(1.into()), ExpectedVersion::Exact(7.into()), ExpectedVersion::NoStream] {
            let conflict =
                AppendError::WrongExpectedVersion { stream: target.clone(), expected: wrong, actual: StreamVersion(2) };
            assert_eq!(inspection.delete_softly(&target, wrong).await, Err(conflict.clone()), "deleting at {wrong}");
            assert_eq!(inspection.tombstone(&target, wrong).await, Err(conflict), "tombstoning at {wrong}");
        }
        inspection.delete_softly(&target, ExpectedVersion::Exact(2.into())).await.expect("deleted");
        assert_eq!(inspection.state(&target).await, Ok(StreamState::DeletedSoftly));
        write(&store, &target, vec![numbered(3)]).await;
        assert_eq!(inspection.state(&target).await, Ok(StreamState::Present { version: StreamVersion(3) }));
        inspection.tombstone(&target, ExpectedVersion::Exact(3.into())).await.expect("tombstoned");
        assert_eq!(inspection.state(&target).await, Ok(StreamState::Tombstoned));
        let closed = AppendError::StreamClosed { stream: target.clone() };
        assert_eq!(inspection.delete_softly(&target, ExpectedVersion::Any).await, Err(closed));
    });
}

#[test]
fn metadata_are_changed_key_by_key() {
    run(async {
        let server = TestServer::start(Options::default());
        let (store, another) = (open(&server).await, another_program(&server));
        let (inspection, target) = (store.inspect(), stream("account-1"));
        assert_eq!(inspection.metadata(&target).await, Ok(None), "there are none yet");
        let theirs =
            json!({"$maxAge": 3600, "theirs": {"a": [1, 2]}, "$acl": {"$r": ["ops", "audit"], "$w": "$admins"}});
        set_metadata(&another, "account-1", theirs).await;
        let read = inspection.metadata(&target).await.expect("metadata").expect("they are there");
        assert_eq!(read.access.read, Some(vec!["ops".to_owned(), "audit".to_owned()]));
        assert_eq!(read.access.write, Some(vec!["$admins".to_owned()]), "one role or several");
        let changes = json!({"$maxCount": 10, "$maxAge": null});
        let changes = changes.as_object().expect("an object");
        let stale = inspection.change_metadata(&target, StreamVersion::ZERO, changes).await;
        assert_eq!(stale.expect_err("somebody else was first").code(), "wrong_expected_version");
        let version = inspection.change_metadata(&target, read.version, changes).await.expect("changed");
        let after = inspection.metadata(&target).await.expect("metadata").expect("they are there");
        assert_eq!(after.version, version);
        let after: Value = serde_json::from_str(&after.json).expect("JSON");
        let expected =
            json!({"theirs": {"a": [1, 2]}, "$acl": {"$r": ["ops", "audit"], "$w": "$admins"}, "$maxCount": 10});
        assert_eq!(after, expected, "other keys are as they were, and durations are seconds");
    });
}

#[test]
fn default_rights_are_read() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        let (user, system) = store.inspect().default_access().await.expect("defaults");
        assert_eq!((user.read, system.read), (None, None), "nobody has set them");
        let settings = json!({"$userStreamAcl": {"$r": "ops"}, "$systemStreamAcl": {"$r": ["$admins", "ops"]}});
        let event = EventData::json("update-default-acl", &settings).expect("JSON");
        write_as_another(&another_program(&server), "$settings", vec![event]).await;
        let (user, system) = store.inspect().default_access().await.expect("defaults");
        assert_eq!(user.read, Some(vec!["ops".to_owned()]));
        assert_eq!(system.read, Some(vec!["$admins".to_owned(), "ops".to_owned()]));
    });
}

#[test]
fn links_are_shown_with_what_they_stand_for() {
    run(async {
        let server = TestServer::start(Options { system_projections: true, ..Options::default() });
        let store = open(&server).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        write(&store, &stream("account-2"), vec![numbered(2)]).await;
        store.inspect().tombstone(&stream("account-2"), ExpectedVersion::Any).await.expect("tombstoned");
        let links = stream("$ce-account");
        let page = store.inspect().entries(&links, StreamVersion::ZERO, Direction::Forward, 10).await.expect("links");
        assert!(page.end && page.entries.len() >= 2, "{page:?}");
        let Some(LinkTarget::Resolved(target)) = &page.entries[0].target else { panic!("{:?}", page.entries[0]) };
        assert_eq!((target.stream.as_str(), target.version.get()), ("account-1", 1));
        assert_eq!((page.entries[0].own.stream.as_str(), &*page.entries[0].own.event_type), ("$ce-account", "$>"));
        let unresolved = LinkTarget::Unresolved { names: Some((stream("account-2"), StreamVersion(1))) };
        assert_eq!(page.entries[1].target, Some(unresolved), "what it names is told all the same");
        let backward =
            store.inspect().entries(&links, StreamVersion::MAX, Direction::Backward, 1).await.expect("links");
        assert_eq!(backward.entries.last().map(|entry| &entry.own), page.entries.last().map(|entry| &entry.own));
        let plain = stream("account-1");
        let plain = store.inspect().entries(&plain, StreamVersion::ZERO, Direction::Forward, 10).await.expect("events");
        assert_eq!((plain.entries.len(), &plain.entries[0].target), (1, &None), "an event is no link");
    });
}

#[test]
fn whether_system_projections_run_is_found_out() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        let mut event = numbered(1);
        event.metadata = es_testkit::metadata(uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        write(&store, &stream("account-1"), vec![event]).await;
        let found = store.inspect().system_projections().await.expect("projections");
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|projection| !projection.has_written), "off on a new database: {found:?}");
        server.run_system_projections(true);
        let started = std::time::Instant::now();
        loop {
            let found = store.inspect().system_projections().await.expect("projections");
            if found.iter().all(|projection| projection.has_written) {
                break;
            }
            assert!(started.elapsed().as_secs() < 20, "{found:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn projections_and_persistent_subscriptions_are_listed() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        assert_eq!(store.inspect().persistent_subscriptions().await, Ok(Vec::new()), "none is not an error");
        let group = |source: &str, name: &str, start_from: &str| SubscriptionInfo {
            event_source: source.to_owned(),
            group_name: name.to_owned(),
            status: "Live".to_owned(),
            parked_message_count: 3,
            start_from: start_from.to_owned(),
            ..SubscriptionInfo::default()
        };
        server.set_persistent_subscriptions(vec![group("orders", "billing", "7"), group("$all", "audit", "C:5/P:5")]);
        let found = store.inspect().persistent_subscriptions().await.expect("subscriptions");
        let names: Vec<_> = found.iter().map(|info| (info.stream.as_str(), info.group.as_str(), info.parked)).collect();
        assert_eq!(names, [("orders", "billing", 3), ("$all", "audit", 3)]);
        assert_eq!([&*found[0].begins, &*found[1].begins], ["version 8", "C:5/P:5"]);
        server.set_projections(vec![Details {
            name: "totals".to_owned(),
            mode: "Continuous".to_owned(),
            status: "Faulted".to_owned(),
            state_reason: "a bug".to_owned(),
            ..Details::default()
        }]);
        let found = store.inspect().projections().await.expect("projections");
        let totals = found.iter().find(|projection| projection.name == "totals").expect("it is listed");
        assert_eq!((totals.status.as_str(), totals.reason.as_str()), ("Faulted", "a bug"));
    });
}
