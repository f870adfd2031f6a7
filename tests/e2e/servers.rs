//! Between stores and beneath them, in the real window: a copy, a parity run, and what a server keeps.

use es_core::{AppendRequest, EventStore, ExpectedVersion, HostedStore, NewEvent, Payload, StreamName};
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_testkit::eventstoredb::wire::persistent_subscriptions::SubscriptionInfo;
use es_testkit::eventstoredb::wire::projections::statistics_resp::Details;
use es_testkit::eventstoredb::{Options, TestServer};
use serde_json::json;
use thirtyfour::prelude::*;

use crate::connections::fill;
use crate::failures::stay_at_connections;
use crate::harness::{Desk, Outcome, expect, story};
use crate::transfer::create_demo_bank;
use crate::upkeep::{Walk, both, go, keys, press};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_copied_compared_and_run_beside_others_and_its_server_is_looked_into() {
    let server = TestServer::start(Options { system_projections: true, ..Options::default() });
    another_program(&server).await;
    story("servers", &[], async |desk| {
        create_demo_bank(desk).await?;
        let mut walk = Walk::new(desk);
        look_at_a_file(&mut walk).await?;
        copy_the_store(&mut walk).await?;
        run_parity(&mut walk).await?;
        look_into_a_server(&mut walk, &server).await?;
        walk.everybody_can_read_it()
    })
    .await;
}

fn named(stream: &str) -> StreamName {
    StreamName::new(stream).expect("a name")
}

/// What stands on the server already: streams of every standing, a group of consumers, a projection that failed.
pub async fn another_program(server: &TestServer) {
    let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
    let store = EventStoreDbStore::open(config, EventStoreDbOptions::default()).await.expect("it opens");
    for (number, stream) in ["savings-1", "savings-1", "savings-2", "goal-1", "savings-gone"].iter().enumerate() {
        let event = NewEvent {
            event_id: uuid::Uuid::new_v4(),
            event_type: "Saved".into(),
            schema_version: 1,
            payload: Payload::json(json!({ "number": number }).to_string()),
            metadata: "{}".into(),
        };
        store
            .append(AppendRequest::to_stream(named(stream), ExpectedVersion::Any, vec![event]))
            .await
            .expect("appended");
    }
    store.inspect().tombstone(&named("savings-gone"), ExpectedVersion::Any).await.expect("tombstoned");
    store.close().await;
    server.set_persistent_subscriptions(vec![SubscriptionInfo {
        event_source: "savings-1".to_owned(),
        group_name: "billing".to_owned(),
        status: "Live".to_owned(),
        parked_message_count: 3,
        start_from: "7".to_owned(),
        ..SubscriptionInfo::default()
    }]);
    server.set_projections(vec![Details {
        name: "totals".to_owned(),
        mode: "Continuous".to_owned(),
        status: "Faulted".to_owned(),
        state_reason: "the code of the projection failed".to_owned(),
        ..Details::default()
    }]);
}

async fn look_at_a_file(walk: &mut Walk<'_>) -> Outcome {
    go(walk.desk, 'o', "connections").await?;
    press(walk.desk, "connections-server").await?;
    walk.desk.by_id("server-facts").await?;
    walk.desk.shows("there is no server").await?;
    both(walk, "1-a-file").await
}

async fn add(desk: &Desk, name: &str, text: String) -> Outcome {
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", text + Key::Enter).await?;
    fill(desk, "connection-name", name).await?;
    press(desk, "save-connection").await?;
    desk.by_id(&format!("connection-{name}")).await?;
    Ok(())
}

/// From the open store into a file that is not there yet, and once more.
async fn copy_the_store(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    press(desk, "connections-list").await?;
    add(desk, "Branch", desk.data().join("branch.ledgerscope").display().to_string()).await?;
    press(desk, "copy-Branch").await?;
    press(desk, "examine-copy").await?;
    desk.by_css("[data-testid='copy-report'][data-outcome='planned']").await?;
    both(walk, "2-examined").await?;
    press(desk, "copy-store").await?;
    desk.by_css("[data-testid='copy-report'][data-outcome='copied']").await?;
    desk.shows("down to positions, times and hashes").await?;
    both(walk, "3-copied").await?;
    press(desk, "copy-store").await?;
    desk.shows("0 events copied").await
}

async fn run_parity(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    press(desk, "connections-parity").await?;
    desk.by_id("run-parity").await?;
    both(walk, "4-parity").await?;
    press(desk, "run-parity").await?;
    desk.by_css("[data-testid='parity-report'][data-agrees='true']").await?;
    press(desk, "parity-step").await?;
    desk.shows("does not offer").await?;
    both(walk, "5-parity-report").await
}

async fn look_into_a_server(walk: &mut Walk<'_>, server: &TestServer) -> Outcome {
    let desk = walk.desk;
    press(desk, "connections-list").await?;
    add(desk, "Events", server.connection_string()).await?;
    press(desk, "open-Events").await?;
    desk.by_css("[data-testid='store-menu']").await?;
    desk.by_text("button", "Events").await?;
    desk.shows("EventStoreDB").await?;
    stay_at_connections(desk).await?;
    press(desk, "connections-server").await?;
    desk.shows("billing").await?;
    desk.shows("Faulted").await?;
    both(walk, "6-server").await?;
    expect(!desk.text().await?.contains("$ce-savings\n"), "the server's own streams are behind a switch")?;
    desk.by_id("system-streams").await?.focus().await?;
    keys(desk, " ").await?;
    fill(desk, "server-stream", "$ce-savings".to_owned() + Key::Enter).await?;
    desk.by_css("[data-testid='stream-report'][data-standing='present']").await?;
    desk.shows("unresolved").await?;
    both(walk, "7-links").await?;
    let field = desk.by_id("server-stream").await?;
    field.clear().await?;
    fill(desk, "server-stream", "savings-gone".to_owned() + Key::Enter).await?;
    desk.by_css("[data-testid='stream-report'][data-standing='tombstoned']").await?;
    both(walk, "8-tombstoned").await
}
