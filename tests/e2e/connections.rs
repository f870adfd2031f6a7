//! Connections in the real window: added from a pasted string, tried, opened, marked; a write to production is confirmed.

use es_testkit::postgres::{fresh_schema, server};
use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, expect, story};
use crate::transfer::create_demo_bank;
use crate::upkeep::{Walk, both, go, keys, press};

#[tokio::test]
async fn a_server_is_added_tried_opened_and_protected_by_keyboard() {
    story("connections", &[], async |desk| {
        create_demo_bank(desk).await?;
        let mut walk = Walk::new(desk);
        no_connections_yet(&mut walk).await?;
        let password = add_and_try(&mut walk).await?;
        open_and_create(&mut walk, &password).await?;
        confirm_a_write(&mut walk).await?;
        switch_back(&mut walk).await?;
        walk.everybody_can_read_it()
    })
    .await;
}

/// Types into a field, as one does who has come to it with Tab.
pub async fn fill(desk: &Desk, test_id: &str, text: impl Into<TypingData>) -> Outcome {
    let field = desk.by_id(test_id).await?;
    field.focus().await?;
    field.send_keys(text).await?;
    Ok(())
}

async fn no_connections_yet(walk: &mut Walk<'_>) -> Outcome {
    go(walk.desk, 'o', "connections").await?;
    walk.desk.shows("No connections yet").await?;
    both(walk, "1-no-connections").await
}

/// A PostgreSQL server by its connection string; answers with the password that stood in it.
async fn add_and_try(walk: &mut Walk<'_>) -> Result<String, Box<dyn std::error::Error>> {
    let desk = walk.desk;
    let url = format!("{}?schema={}", server(), fresh_schema());
    let password = url.split_once('@').and_then(|(login, _)| login.rsplit_once(':')).map(|(_, password)| password);
    let password = password.ok_or("the URL has a password")?.to_owned();
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", url + Key::Enter).await?;
    let host = desk.by_id("connection-host").await?;
    expect(host.prop("value").await?.as_deref() == Some("127.0.0.1"), "the string fills the fields")?;
    fill(desk, "connection-name", "Ledger").await?;
    fill(desk, "connection-environment", "live").await?;
    desk.by_id("connection-production").await?.focus().await?;
    keys(desk, " ").await?;
    press(desk, "test-connection").await?;
    // The server is there and the schema is not: the last step says so.
    desk.by_css("[data-testid='test-step'][data-outcome='failed']").await?;
    let shown = desk.text().await?;
    expect(shown.contains("Login") && shown.contains("Schema"), "every step is told")?;
    both(walk, "2-tried").await?;
    expect(!walk.desk.text().await?.contains(&password), "the password is nowhere to be read")?;
    press(walk.desk, "save-connection").await?;
    walk.desk.by_id("connection-Ledger").await?;
    both(walk, "3-listed").await?;
    Ok(password)
}

/// No keyring runs here, so the password is asked for; there is no store yet, so one is offered.
async fn open_and_create(walk: &mut Walk<'_>, password: &str) -> Outcome {
    walk.desk.by_id("no-keyring").await?;
    press(walk.desk, "open-Ledger").await?;
    walk.desk.by_id("typed-password").await?;
    both(walk, "4-password").await?;
    fill(walk.desk, "typed-password", password.to_owned() + Key::Enter).await?;
    walk.desk.by_id("create-store").await?;
    both(walk, "5-create").await?;
    press(walk.desk, "create-store").await?;
    walk.desk.by_css("[data-testid='environment-band'][data-colour='red']").await?;
    walk.desk.by_id("demo-create").await?;
    both(walk, "6-band").await
}

/// Filling the store with a demo bank is a write to production.
async fn confirm_a_write(walk: &mut Walk<'_>) -> Outcome {
    let choose = "document.querySelector(`[data-testid='demo-size-1000']`).focus()";
    walk.desk.driver.execute(choose, Vec::new()).await?;
    keys(walk.desk, " ").await?;
    press(walk.desk, "demo-create").await?;
    walk.desk.by_id("production-name").await?;
    both(walk, "7-production").await?;
    fill(walk.desk, "production-name", "Ledger".to_owned() + Key::Enter).await?;
    walk.desk.by_css("[data-testid^='account-row-']").await?;
    both(walk, "8-bank-on-postgresql").await
}

async fn switch_back(walk: &mut Walk<'_>) -> Outcome {
    press(walk.desk, "store-menu").await?;
    walk.desk.by_id("switch-Ledger").await?;
    both(walk, "9-switcher").await?;
    keys(walk.desk, Key::Escape + "").await?;
    Ok(())
}
