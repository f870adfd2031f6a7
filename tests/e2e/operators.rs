//! An operator's day: a transfer that cannot go on is found, explained by its story and compensated, by keyboard alone.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use es_core::{Domain, EventStore};
use es_runtime::{CommandEnvelope, Engine, EngineParts, Outcome};
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome as Told, expect, story_over};
use crate::investigations::made;
use crate::keyboard::{focus_comes_to, go, held, keys, palette, tab_and_press, tab_to};
use crate::notebook::colours;
use crate::stuck_transfer::{break_account, debit};

/// Two accounts of one customer, and a transfer between them whose steps are not taken yet.
const HISTORY: [(&str, &str, &str); 9] = [
    (
        "RegisterCustomer",
        r#"{"customerId":"C-1","givenName":"Ada","familyName":"Byron","birthDate":"1985-12-10"}"#,
        "maker",
    ),
    (
        "SubmitIdentification",
        r#"{"customerId":"C-1","document":"passport","documentNumber":"X1","validUntil":"2099-01-01"}"#,
        "maker",
    ),
    ("RecordScreening", r#"{"customerId":"C-1","outcome":"clear","note":"no match"}"#, "maker"),
    ("AssessRisk", r#"{"customerId":"C-1","rating":"low","rationale":"usual"}"#, "maker"),
    ("ApproveOnboarding", r#"{"customerId":"C-1"}"#, "checker"),
    ("OpenAccount", r#"{"accountId":"100234","customerId":"C-1","currency":"EUR","product":"current"}"#, "maker"),
    ("OpenAccount", r#"{"accountId":"100235","customerId":"C-1","currency":"EUR","product":"current"}"#, "maker"),
    ("Deposit", r#"{"accountId":"100234","amount":{"minor":"50000","currency":"EUR"}}"#, "maker"),
    (
        "RequestTransfer",
        r#"{"transferId":"T-77","source":"100234","target":"100235","amount":{"minor":"12345","currency":"EUR"},"reference":"Rent"}"#,
        "ada",
    ),
];

/// The bank of this story, as it was when its program was killed.
pub async fn with_a_stuck_transfer(data: &Path) -> Told {
    let store = data.join("bank.ledgerscope");
    let events = SqliteEventStore::open(&store, OpenOptions { create: true, ..OpenOptions::default() })?;
    let views = SqliteReadModels::open(data.join("bank.ledgerscope.views"))?;
    views.bind(&events).await?;
    let domain: Arc<Domain> = Arc::new(bank::domain()?);
    let mut parts = EngineParts::new(Arc::new(events.clone()), Arc::new(views), domain);
    parts.config.atomic_turns = false;
    let engine = Engine::new(parts);
    for (command, payload, actor) in HISTORY {
        let outcome = engine.execute(&CommandEnvelope::new(command, payload).by(actor, "desktop")).await?;
        expect(matches!(outcome, Outcome::Executed { .. }), format!("{command}: {outcome:?}"))?;
    }
    debit(&engine, "T-77").await;
    engine.shutdown().await;
    let stored: &dyn EventStore = &events;
    break_account(stored, "100235").await;
    events.close();
    Ok(())
}

#[tokio::test]
async fn a_stuck_transfer_is_found_explained_by_its_story_and_compensated() {
    story_over("operators", &[], with_a_stuck_transfer, async |desk| {
        desk.driver.set_window_rect(0, 0, 1280, 800).await?;
        desk.by_css("[data-testid^='account-row-']").await?;
        found(desk).await?;
        explained(desk).await?;
        compensated(desk).await?;
        told(desk).await?;
        drawn(desk).await
    })
    .await;
}

/// The same bank, marked as one with real money in it.
async fn on_production(data: &Path) -> Told {
    with_a_stuck_transfer(data).await?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    command.args(["connections", "add", "Live"]).arg(data.join("bank.ledgerscope")).args(["--production", "true"]);
    let added = command.env("LEDGERSCOPE_DATA_DIR", data).output()?;
    expect(added.status.success(), String::from_utf8_lossy(&added.stderr).into_owned())
}

#[tokio::test]
async fn on_production_a_decision_is_carried_out_once_the_connections_name_is_typed() {
    story_over("operators-production", &["--store", "Live"], on_production, async |desk| {
        desk.driver.set_window_rect(0, 0, 1280, 800).await?;
        desk.by_css("[data-testid^='account-row-']").await?;
        let events = || made::lines(&desk.data().join("bank.ledgerscope"), &["events", "--limit", "0"]);
        palette(desk, "T-77", "Story of transfer T-77").await?;
        tab_and_press(desk, "story-process").await?;
        desk.by_id("operator-compensate").await?;
        let before = events()?.len();
        keys(desk, "yc").await?;
        focus_comes_to(desk, "confirm-operator-reason").await?;
        keys(desk, "The target cannot be read").await?;
        tab_and_press(desk, "confirm-operator").await?;
        focus_comes_to(desk, "production-name").await?;
        desk.picture("1-asked").await?;
        in_the_other_colours_of_a_dialog(desk, "1-asked-dark").await?;
        keys(desk, "live").await?;
        keys(desk, Key::Enter + "").await?;
        desk.reads("[data-testid='ask-production']", |said| said.contains("production_not_confirmed")).await?;
        expect(events()?.len() == before, "another name writes nothing")?;
        held(desk, Key::Control, "a").await?;
        keys(desk, "Live").await?;
        keys(desk, Key::Enter + "").await?;
        desk.gone("[data-testid='confirm-operator']").await?;
        desk.reads("[data-testid='messages']", |messages| messages.contains("TransferCompensated")).await?;
        let types: Vec<_> = events()?.iter().map(|event| made::text(&event["eventType"])).collect();
        expect(types.iter().any(|one| one == "TransferCompensated"), format!("it is in the log: {types:?}"))
    })
    .await;
}

/// Keys would go into the field of a dialog.
async fn in_the_other_colours_of_a_dialog(desk: &Desk, step: &str) -> Told {
    colours(desk, "dark").await?;
    desk.picture(step).await?;
    colours(desk, "light").await
}

/// The processes show what is stuck first, with the reason.
async fn found(desk: &Desk) -> Told {
    go(desk, 'r', "processes").await?;
    desk.by_id("stuck-row").await?;
    tab_to(desk, "stuck-row").await?;
    keys(desk, " ").await?;
    let reason = desk.reads("[data-testid='stuck-reason']", |reason| !reason.is_empty()).await?;
    expect(reason.contains("account-100235"), format!("the reason names what is at fault: {reason:?}"))?;
    desk.reads("[data-testid='stuck-event']", |link| link.starts_with("Open event #")).await?;
    let rules = desk.reads("[data-testid='operator-rules']", |rules| rules.contains("sourceDebited")).await?;
    expect(
        rules.contains("Cancel") && !rules.contains("Compensate"),
        format!("only what its state allows: {rules:?}"),
    )?;
    desk.by_css("[data-testid='before-after'] [role='treeitem']").await?;
    let change = desk.attributes("[data-testid='before-after'] [data-testid='node-/status']", "data-change").await?;
    expect(change == ["changed"], format!("before and after the last message differ in the status: {change:?}"))?;
    desk.picture("1-stuck").await
}

/// Its story says where the money is, and since when.
async fn explained(desk: &Desk) -> Told {
    tab_and_press(desk, "instance-story").await?;
    let waits = desk.reads("[data-testid='story-waits']", |waits| waits.contains("Stuck")).await?;
    expect(waits.contains("account-100235"), waits)?;
    let rows = desk.texts("[data-testid='story-row']").await?;
    let last = rows.last().ok_or("a step")?;
    expect(last.contains("Source debited") && last.contains("123.45 EUR"), format!("the money in flight: {last:?}"))?;
    let steps = desk.attributes("[data-testid='story-step']", "data-mark").await?;
    expect(steps.len() == rows.len(), "drawing and table have the same steps")?;
    desk.picture("2-story").await?;
    in_the_other_colours(desk, "2-story-other").await?;
    as_printed(desk, "2-story-printed").await
}

/// What the rules for printing make of the page: the story alone.
async fn as_printed(desk: &Desk, step: &str) -> Told {
    let media = |from: &str, to: &str| {
        format!(
            "for (const sheet of document.styleSheets) for (const rule of sheet.cssRules) \
             if (rule instanceof CSSMediaRule && rule.media.mediaText === '{from}') rule.media.mediaText = '{to}';"
        )
    };
    desk.driver.execute(media("print", "all"), Vec::new()).await?;
    let shown = desk.read("body").await?;
    expect(shown.contains("Story of transfer T-77"), format!("paper has a title: {shown:?}"))?;
    expect(!shown.contains("Maintenance"), format!("and nothing of the window around it: {shown:?}"))?;
    desk.picture(step).await?;
    desk.driver.execute(media("all", "print"), Vec::new()).await?;
    Ok(())
}

/// The operator sends the money back, with a reason.
async fn compensated(desk: &Desk) -> Told {
    tab_and_press(desk, "story-process").await?;
    desk.by_id("operator-compensate").await?;
    keys(desk, "yc").await?;
    focus_comes_to(desk, "confirm-operator-reason").await?;
    keys(desk, "The target cannot be read").await?;
    desk.picture("3-decision").await?;
    tab_and_press(desk, "confirm-operator").await?;
    desk.gone("[data-testid='confirm-operator']").await?;
    desk.reads("[data-testid='messages']", |messages| messages.contains("TransferCompensated")).await?;
    desk.gone("[data-testid='stuck-reason']").await?;
    desk.picture("4-compensated").await?;
    in_the_other_colours(desk, "4-compensated-other").await
}

/// The story ends well: nothing is in flight, and the decision is in it with who and why.
async fn told(desk: &Desk) -> Told {
    palette(desk, "T-77", "Story of transfer T-77").await?;
    let table = desk.reads("[data-testid='story-table']", |table| table.contains("Transfer compensated")).await?;
    for part in ["Decided by teller", "The target cannot be read", "Compensation", "nothing"] {
        expect(table.contains(part), format!("the story tells {part:?}: {table:?}"))?;
    }
    let marks = desk.attributes("[data-testid='story-step']", "data-mark").await?;
    let back = marks.iter().filter(|mark| *mark == "compensation").count();
    expect(back == 3, format!("started, returned and recorded: {marks:?}"))?;
    desk.gone("[data-testid='story-waits']").await?;
    desk.picture("5-told").await?;
    let settled = desk.texts("[data-testid='story-row']").await?.join("\n");
    expect(settled.contains("500.00 EUR"), format!("all the money is back: {settled:?}"))
}

/// What led to the decision and what it led to, as a graph that keys move through.
async fn drawn(desk: &Desk) -> Told {
    palette(desk, "9", "Causes of the event at position 9").await?;
    let count = desk.reads("[data-testid='causes-count']", |count| count.contains("node")).await?;
    let nodes = desk.attributes("[data-testid='cause-node']", "data-kind").await?;
    let items = desk.attributes("[data-testid='cause-item']", "data-kind").await?;
    expect(nodes == items && nodes.len() == 10, format!("graph and tree are the same: {count:?}, {nodes:?}"))?;
    tab_to(desk, "causes-drawing").await?;
    let chosen = desk.read("[data-testid='cause-chosen'] h3").await?;
    keys(desk, Key::Right + "").await?;
    desk.reads("[data-testid='cause-chosen'] h3", |now| now != chosen).await?;
    keys(desk, Key::Left + "").await?;
    desk.reads("[data-testid='cause-chosen'] h3", |now| now == chosen).await?;
    desk.picture("6-causes").await?;
    in_the_other_colours(desk, "6-causes-other").await
}

async fn in_the_other_colours(desk: &Desk, step: &str) -> Told {
    keys(desk, "tc").await?;
    desk.picture(step).await?;
    keys(desk, "tc").await
}
