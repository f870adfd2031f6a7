//! The whole path: a demo bank, a transfer, its events, the source account's past, a rebuilt read model, the same trial
//! balance.

use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, PATIENCE, expect, story};

const SOURCE: &str = "100234";
const TARGET: &str = "100245";
const AMOUNT_MINOR: i128 = 12_345;

#[tokio::test]
async fn a_transfer_is_made_followed_travelled_back_from_and_the_ledger_still_adds_up() {
    story("transfer", &[], async |desk| {
        create_demo_bank(desk).await?;
        let before = ledger(desk).await?;
        desk.picture("1-trial-balance").await?;
        make_transfer(desk).await?;
        see_events_in_three_streams(desk).await?;
        scrub_back_before_the_transfer(desk).await?;
        let after = ledger(desk).await?;
        expect(before != after, "the transfer shows in the trial balance")?;
        rebuild(desk, "accounts").await?;
        expect(ledger(desk).await? == after, "a rebuilt read model leaves the trial balance as it was")?;
        desk.picture("6-trial-balance-after-the-rebuild").await
    })
    .await;
}

/// Fills the empty store, and waits for its accounts.
pub async fn create_demo_bank(desk: &Desk) -> Outcome {
    // The choice itself is hidden behind its label.
    desk.by_id("demo-create").await?;
    desk.driver.execute("document.querySelector(\"[data-testid='demo-size-1000']\").click()", Vec::new()).await?;
    desk.by_id("demo-create").await?.click().await?;
    desk.by_id(&format!("account-row-{SOURCE}")).await?;
    desk.picture("0-accounts").await
}

/// What the trial balance shows, once it has caught up and money is conserved.
async fn ledger(desk: &Desk) -> Result<String, Box<dyn std::error::Error>> {
    desk.by_id("nav-bank").await?.click().await?;
    desk.by_id("bank-trial-balance").await?.click().await?;
    desk.by_css("[data-testid='conserved-lamp'][data-conserved='true']").await?;
    caught_up(desk).await?;
    Ok(desk.by_css("[data-testid='trial-balance-EUR'] tbody").await?.text().await?)
}

/// Waits until the lamp's position is the log's.
async fn caught_up(desk: &Desk) -> Outcome {
    let begun = Instant::now();
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    loop {
        let head = digits(desk.by_id("live-head").await?.text().await?);
        let checked = digits(desk.by_id("conserved-lamp").await?.text().await?);
        if !head.is_empty() && head == checked {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("the trial balance stands at {checked}, the log at {head}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn make_transfer(desk: &Desk) -> Outcome {
    desk.by_id("nav-bank").await?.click().await?;
    desk.by_id("new-transfer").await?.click().await?;
    for (field, value) in [
        ("transferId", "T-story"),
        ("source", SOURCE),
        ("target", TARGET),
        ("amount", "123.45"),
        ("amount.currency", "EUR"),
        ("reference", "Rent for November"),
    ] {
        fill(desk, field, value).await?;
    }
    desk.by_id("dry-run").await?.click().await?;
    desk.by_css("[data-testid='outcome'][data-outcome='dry-accepted']").await?;
    desk.picture("2-dry-run").await?;
    desk.by_id("execute").await?.click().await?;
    desk.by_css("[data-testid='outcome'][data-outcome='executed']").await?;
    desk.shows("TransferCompleted").await?;
    desk.picture("3-executed").await
}

/// Types into a field of the generated form, replacing what stands there.
async fn fill(desk: &Desk, field: &str, value: &str) -> Outcome {
    let input =
        desk.by_css(&format!("input[data-testid='field-{field}'], [data-testid='field-{field}'] input")).await?;
    if input.value().await?.as_deref() == Some(value) {
        return Ok(());
    }
    input.click().await?;
    input.send_keys(Key::Control + "a").await?;
    input.send_keys(value).await?;
    input.send_keys(Key::Escape + "").await?;
    expect(
        input.value().await?.as_deref() == Some(value),
        format!("field {field} takes {value:?} and holds {:?}", input.value().await?),
    )
}

async fn see_events_in_three_streams(desk: &Desk) -> Outcome {
    desk.by_id("whole-story").await?.click().await?;
    desk.by_css("[data-testid='event-row']").await?;
    for (stream, event) in [
        (format!("account-{SOURCE}"), "TransferDebited"),
        ("transfer-T-story".to_owned(), "TransferCompleted"),
        (format!("account-{TARGET}"), "TransferCredited"),
    ] {
        let path = format!(
            "//*[@data-testid='event-row'][contains(., '{event}') and contains(translate(., ' ', ''), '{stream}')]"
        );
        desk.driver
            .query(By::XPath(path))
            .wait(PATIENCE, Duration::from_millis(50))
            .first()
            .await
            .map_err(|error| format!("no {event} in {stream}: {error}"))?;
    }
    desk.picture("4-whole-story").await
}

async fn scrub_back_before_the_transfer(desk: &Desk) -> Outcome {
    desk.driver.execute(&format!("location.hash = '#/time?stream=account-{SOURCE}'"), Vec::new()).await?;
    let now = settled(desk, None).await?;
    let first = desk.by_id("version-label").await?.text().await?;
    // The transfer left two events in this stream, the hold and the debit: two versions back is before it.
    let scrubber = desk.by_id("scrubber").await?;
    scrubber.focus().await?;
    for _ in 0..2 {
        scrubber.send_keys(Key::Left + "").await?;
    }
    let then = settled(desk, Some(now)).await?;
    expect(then - now == AMOUNT_MINOR, format!("before the transfer the balance was {then}, now it is {now}"))?;
    expect(desk.by_id("version-label").await?.text().await? != first, "the toolbar tells the version")?;
    desk.picture("5-before-the-transfer").await
}

/// The settled balance in minor units that the state tree shows, once it differs from `other_than`.
async fn settled(desk: &Desk, other_than: Option<i128>) -> Result<i128, Box<dyn std::error::Error>> {
    let script = "const n = document.querySelector(\"[data-testid='node-/settled']\"); return n ? n.innerText : ''";
    let begun = Instant::now();
    loop {
        let text = desk.driver.execute(script, Vec::new()).await?;
        let text = text.json().as_str().unwrap_or_default().to_owned();
        // `1,234.50 EUR`, and before it the former amount if that differs: the last number is the present one.
        let minor = |word: &str| word.replace([',', '.'], "").parse::<i128>().ok();
        match text.split_whitespace().rev().find_map(minor) {
            Some(minor) if Some(minor) != other_than => return Ok(minor),
            _ if begun.elapsed() > PATIENCE => {
                return Err(format!("no settled balance other than {other_than:?} in {text:?}").into());
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn rebuild(desk: &Desk, name: &str) -> Outcome {
    desk.by_id("nav-projections").await?.click().await?;
    desk.by_id(&format!("rebuild-{name}")).await?.click().await?;
    desk.by_id("confirm-rebuild").await?.click().await?;
    let report = desk.by_css(&format!("[data-testid='rebuild-report-{name}'][data-outcome='swapped']")).await?;
    let report = report.text().await?;
    expect(report.contains("none differs"), format!("a rebuild changes no row, but: {report}"))?;
    desk.picture("5-rebuilt").await
}
