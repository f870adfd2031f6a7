//! What led to an event, and what it led to.

use serde_json::json;

use super::{Bench, done, euros, small_bank};

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
