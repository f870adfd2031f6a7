//! What led to an event, and what it led to.

use std::sync::Arc;

use serde_json::json;

use super::{Bench, Session, done, euros, small_bank};
use crate::wire::{AppError, CauseGraph, CauseNodeKind, CausesRequest, StoryLaneKind, StoryMark};

async fn drawn(session: &Session, position: &str, at: Option<&str>) -> Result<CauseGraph, AppError> {
    let (position, at) = (Some(position.to_owned()), at.map(str::to_owned));
    session.cause_graph(CausesRequest { position, command_id: None, unfolded: Vec::new(), at }).await
}

async fn with_a_transfer() -> (Bench, Arc<Session>) {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let transfer = json!({
        "transferId": "T-1", "source": "1001", "target": "1002", "amount": euros(1_000), "reference": "Rent",
    });
    done(&session, "RequestTransfer", transfer).await;
    (bench, session)
}

async fn version(session: &Session, version: &str) -> crate::wire::EventRow {
    let state = session.state_at("transfer-T-1", version, None).await.expect("answered");
    state.event.expect("it was recorded")
}

#[tokio::test]
async fn the_causes_of_a_transfer_are_one_tree_across_streams_below_its_command() {
    let (_bench, session) = with_a_transfer().await;
    let first = version(&session, "1").await;
    let graph = drawn(&session, &first.position, None).await.expect("drawn");
    let root = &graph.nodes[0];
    assert_eq!(root.kind, CauseNodeKind::Outside, "a person's command led to all of it");
    assert_eq!(root.command.as_ref().map(|command| command.command_type.as_str()), Some("RequestTransfer"));
    assert_eq!(graph.nodes.iter().filter(|node| node.parent.is_none()).count(), 1, "it is one tree");
    let streams: std::collections::BTreeSet<_> =
        graph.nodes.iter().filter_map(|node| Some(node.first.as_ref()?.stream.as_str())).collect();
    assert_eq!(streams.into_iter().collect::<Vec<_>>(), ["account-1001", "account-1002", "transfer-T-1"]);
    let count: u32 = graph.nodes.iter().map(|node| node.count).sum();
    assert_eq!((count.to_string(), graph.complete, graph.out_of_order), (graph.events.clone(), true, 0));
    for node in graph.nodes.iter().filter(|node| node.kind == CauseNodeKind::Event) {
        let event = node.first.as_ref().expect("an event has a row");
        let causes = session.event_causes(&event.position).await.expect("answered");
        let parent = node.parent.map(|parent| &graph.nodes[parent as usize]).and_then(|parent| parent.last.clone());
        assert_eq!(causes.cause.map(|cause| cause.position), parent, "the edge to {}", event.event_type);
    }
    let command_id = root.command.as_ref().map(|command| command.command_id.clone());
    let request = CausesRequest { position: None, command_id, unfolded: Vec::new(), at: None };
    let of_command = session.cause_graph(request).await.expect("drawn");
    assert_eq!(of_command.position, first.position, "the command leads to the same drawing");
}

#[tokio::test]
async fn causes_and_story_end_at_the_moment_of_the_clock() {
    let (_bench, session) = with_a_transfer().await;
    let (first, reserved) = (version(&session, "1").await, version(&session, "3").await);
    let whole = drawn(&session, &first.position, None).await.expect("drawn");
    let early = drawn(&session, &first.position, Some(&reserved.position)).await.expect("drawn");
    assert!(early.nodes.len() < whole.nodes.len(), "what came later is not there");
    let error = drawn(&session, &reserved.position, Some(&first.position)).await.expect_err("refused");
    assert_eq!(error.code, "not_found", "an event that has not happened yet");
    let story = session.transfer_story("T-1", Some(&reserved.position)).await.expect("told");
    assert_eq!((story.status.as_str(), story.over), ("sourceReserved", false));
    assert_eq!(story.waits.and_then(|waits| waits.pending).as_deref(), Some("debit"));
    let before = (first.position.parse::<u64>().expect("a number") - 1).to_string();
    assert_eq!(session.transfer_story("T-1", Some(&before)).await.expect_err("refused").code, "not_found");
}

#[tokio::test]
async fn a_story_tells_each_step_with_its_lane_the_accounts_and_the_money_in_flight() {
    let (_bench, session) = with_a_transfer().await;
    let story = session.transfer_story("T-1", None).await.expect("told");
    let lanes: Vec<_> = story.lanes.iter().map(|lane| lane.kind).collect();
    assert_eq!(lanes, [StoryLaneKind::Source, StoryLaneKind::Process, StoryLaneKind::Target]);
    assert_eq!((story.status.as_str(), story.over, story.waits.is_none()), ("completed", true, true));
    let flying: Vec<_> = story.steps.iter().filter(|step| !step.in_flight.is_empty()).collect();
    assert!(!flying.is_empty() && flying.iter().all(|step| step.in_flight[0].minor == "1000"), "10.00 EUR exactly");
    let debited = flying[0];
    let account = debited.account.as_ref().expect("the source has debited");
    assert_eq!(account.settled.currency, "EUR");
    assert_eq!(story.steps.last().map(|step| step.mark), Some(StoryMark::Completed));
    assert!(story.steps[0].by_person && !story.steps[1].by_person, "a person asked, the process did the rest");
    assert_eq!(session.transfer_story("T-404", None).await.expect_err("refused").code, "not_found");
}

#[tokio::test]
async fn an_event_names_its_cause_and_what_it_led_to() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let (source, target, amount) = ("1001", "1002", euros(1_000));
    let transfer =
        json!({ "transferId": "T-1", "source": source, "target": target, "amount": amount, "reference": "Rent" });
    done(&session, "RequestTransfer", transfer).await;
    let first = session.state_at("transfer-T-1", "1", None).await.expect("answered").event.expect("it was requested");
    let causes = session.event_causes(&first.position).await.expect("answered");
    assert!(causes.cause.is_none(), "a command led to it, which is no event");
    assert!(causes.complete, "a transfer is short");
    assert!(!causes.effects.is_empty(), "the process went on from it");
    for effect in &causes.effects {
        let back = session.event_causes(&effect.position).await.expect("answered");
        let cause = back.cause.expect("it has a cause");
        assert_eq!(cause.position, first.position, "{} leads back", effect.event_type);
        let listed = back.siblings.iter().all(|sibling| sibling.position != effect.position);
        assert!(listed, "an event is not its own sibling");
        assert_eq!(effect.correlation_id, first.correlation_id, "the story is one");
    }
    let detail = session.event_detail(&first.position).await.expect("answered");
    assert_eq!(session.event_position(&detail.event_id).await.expect("answered"), Some(first.position));
    let nobody = uuid::Uuid::nil().to_string();
    assert_eq!(session.event_position(&nobody).await.expect("answered"), None, "no event has this id");
    assert_eq!(session.event_position("17").await.expect_err("refused").code, "bad_argument");
    assert_eq!(session.event_causes("999999").await.expect_err("refused").code, "no_such_event");
}
