//! A what-if in the real window: an event is left out, a command is refused by its rule, a higher limit lets it through, and a
//! test is made of it; the log stays as it is.

use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, expect, story};
use crate::keyboard::keys;
use crate::transfer::create_demo_bank;
use crate::upkeep::{Walk, both};

const STREAM: &str = "account-100234";

#[tokio::test]
async fn a_refused_transfer_is_allowed_in_a_what_if_with_a_higher_limit() {
    story("what-if", &[], async |desk| {
        create_demo_bank(desk).await?;
        let head = desk.by_id("live-head").await?.text().await?;
        let mut walk = Walk::new(desk);
        go(desk, "what-if").await?;
        desk.by_id("what-if-open").await?;
        both(&mut walk, "0-choose").await?;

        go(desk, &format!("what-if?stream={STREAM}&version=2&along=1")).await?;
        desk.by_id("what-if-row-0").await?.click().await?;
        keys(desk, "x").await?;
        desk.shows("left out").await?;
        desk.by_id(&format!("what-if-end-{STREAM}")).await?;
        both(&mut walk, "1-left-out").await?;
        keys(desk, "x").await?;
        desk.by_id("what-if-no-difference").await?;

        // Before anything was paid in.
        go(desk, &format!("what-if?stream={STREAM}&version=2")).await?;
        desk.by_id("what-if-add").await?;
        let transfer = r#"{"transferId":"W-1","source":"100234","target":"100240","amount":{"minor":"200000","currency":"EUR"},"reference":"a car"}"#;
        send(desk, "Transfer money", transfer).await?;
        desk.shows("TransferRejected").await?;
        both(&mut walk, "2-refused").await?;
        let limit = r#"{"accountId":"100234","overdraftLimit":{"minor":"400000","currency":"EUR"}}"#;
        send(desk, "Set overdraft", limit).await?;
        desk.by_css("[aria-label='Move step 2 up']").await?.click().await?;
        desk.shows("TransferCompleted").await?;
        both(&mut walk, "3-allowed").await?;

        desk.by_id("what-if-test").await?.click().await?;
        desk.by_id("what-if-source").await?;
        desk.shows("#[test]").await?;
        both(&mut walk, "4-test").await?;
        keys(desk, Key::Escape + "").await?;
        expect(desk.by_id("live-head").await?.text().await? == head, "nothing was written")?;
        walk.everybody_can_read_it()
    })
    .await;
}

async fn go(desk: &Desk, address: &str) -> Outcome {
    desk.driver.execute("window.location.hash = `#/${arguments[0]}`", vec![address.into()]).await?;
    Ok(())
}

/// Adds a command through the dialog.
async fn send(desk: &Desk, title: &str, payload: &str) -> Outcome {
    keys(desk, "n").await?;
    keys(desk, "c").await?;
    let field = desk.by_css("input[data-testid='what-if-command']").await?;
    field.click().await?;
    field.send_keys(title).await?;
    desk.by_css("[role='option']").await?.click().await?;
    let text = desk.by_css("textarea[data-testid='what-if-payload']").await?;
    text.click().await?;
    text.send_keys(Key::Control + "a").await?;
    text.send_keys(payload).await?;
    desk.by_id("what-if-apply").await?.click().await?;
    desk.gone("[data-testid='what-if-apply']").await
}
