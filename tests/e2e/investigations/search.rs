//! Questions to the whole log.

use std::collections::BTreeSet;

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use es_sqlite::{OpenOptions, SqliteEventStore};
use thirtyfour::prelude::*;

use super::investigate;
use super::made::{Bank, text};
use crate::harness::{Desk, Outcome, expect, story_over};
use crate::keyboard::{focus_comes_to, go, keys, palette, tab_to};

/// How many events the list has, once the search through the log has ended.
async fn found(desk: &Desk) -> Result<usize, Box<dyn std::error::Error>> {
    desk.gone("[data-testid='search-progress'][data-phase='scanning']").await?;
    let shown = desk.reads("[data-testid='event-count']", |count| !count.contains('…')).await?;
    Ok(shown.chars().filter(char::is_ascii_digit).collect::<String>().parse()?)
}

#[tokio::test]
async fn events_that_no_longer_decode_are_listed_with_the_reason() {
    let bank = Bank::made().unwrap_or_else(|error| panic!("there is no bank to investigate: {error}"));
    let damage = async |data: &std::path::Path| {
        bank.copy_into(data)?;
        append_the_unreadable(&data.join("bank.ledgerscope")).await
    };
    story_over("guide-06-unreadable", &[], damage, async |desk| {
        desk.driver.set_window_rect(0, 0, 1280, 800).await?;
        desk.by_css("[data-testid^='account-row-'], [data-testid='error-state']").await?;
        go(desk, 'e', "events").await?;
        palette(desk, "narrow by a condition", "Narrow by a condition").await?;
        focus_comes_to(desk, "condition").await?;
        keys(desk, "has(event.problem)").await?;
        desk.by_css("[data-testid='condition-apply']:not([disabled])").await?;
        keys(desk, Key::Enter + "").await?;
        desk.reads("[data-testid='event-count']", |count| count.starts_with("2 ")).await?;
        let count = found(desk).await?;
        let kinds: BTreeSet<String> =
            desk.attributes("[data-testid='event-row']", "data-type").await?.into_iter().collect();
        expect(count == 2 && kinds.len() == 2, format!("the two that were written are found, not {count}: {kinds:?}"))?;
        keys(desk, Key::Escape + "").await?;
        let rows = desk.attributes("[data-testid='event-row'][tabindex='0']", "data-testid").await?;
        tab_to(desk, rows.first().ok_or("the list has a stop")?).await?;
        keys(desk, " ").await?;
        desk.reads("[data-testid='detail-panel']", |detail| detail.contains("LoyaltyPointsGranted")).await?;
        desk.reads("[data-testid='detail-panel'] [role='alert']", |reason| reason.contains("LoyaltyPointsGranted"))
            .await?;
        desk.picture("1-unreadable").await?;
        keys(desk, "6").await?;
        desk.reads("[data-testid='event-raw']", |raw| raw.contains("points")).await?;
        desk.picture("2-as-stored").await
    })
    .await;
}

/// What another program has written meanwhile: a type that nobody here knows, and a known one in a version from the future.
async fn append_the_unreadable(store: &std::path::Path) -> Outcome {
    let store = SqliteEventStore::open(store, OpenOptions::default())?;
    let event = |event_type: &str, schema_version| NewEvent {
        event_id: uuid::Uuid::new_v4(),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(r#"{"points":"120","reason":"spring campaign"}"#),
        metadata: r#"{"actor":"loyalty"}"#.into(),
    };
    let stream = StreamName::new("loyalty-100234")?;
    let events = vec![event("MoneyDeposited", 99), event("LoyaltyPointsGranted", 1)];
    store.append(AppendRequest::to_stream(stream, ExpectedVersion::Any, events)).await?;
    store.close();
    Ok(())
}

#[tokio::test]
async fn an_event_is_found_by_a_text_in_its_payload() {
    investigate("guide-08-text", async |desk, bank| {
        let sought = rare_text(bank)?;
        let expected = holding(bank, &sought)?;
        go(desk, 'e', "events").await?;
        keys(desk, "/").await?;
        focus_comes_to(desk, "filter-contains").await?;
        keys(desk, sought.as_str()).await?;
        keys(desk, Key::Enter + "").await?;
        desk.reads("[data-testid='event-count']", |count| count.starts_with(&expected.len().to_string())).await?;
        let count = found(desk).await?;
        expect(count == expected.len(), format!("{sought:?} is in {} events, not {count}", expected.len()))?;
        let shown: BTreeSet<String> =
            desk.attributes("[data-testid='event-row']", "data-position").await?.into_iter().collect();
        expect(shown == expected, format!("{sought:?} is in {expected:?}, not {shown:?}"))?;
        tab_to(desk, "event-row").await?;
        keys(desk, " ").await?;
        desk.by_id("detail-type").await?;
        keys(desk, "1").await?;
        desk.reads("[data-testid='event-data']", |data| data.contains(&sought)).await?;
        desk.picture("1-found").await
    })
    .await;
}

/// A text that stands in few payloads: the reference of a payment in the middle of the log.
fn rare_text(bank: &Bank) -> Result<String, Box<dyn std::error::Error>> {
    let events = bank.lines(&["events", "--type", "TransferRequested", "--after", "90000", "--limit", "1"])?;
    let event = events.first().ok_or("a transfer in the middle")?;
    Ok(text(&event["payload"]["transferId"]))
}

/// Positions of the events whose stored payload or metadata holds a text, read past all code of the program.
fn holding(bank: &Bank, sought: &str) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let mut found = BTreeSet::new();
    for event in bank.lines(&["events", "--limit", "0"])? {
        if event["payload"].to_string().contains(sought) || event["metadata"].to_string().contains(sought) {
            found.insert(text(&event["position"]));
        }
    }
    Ok(found)
}
