//! An account, another account and what went from one to the other, side by side.

use thirtyfour::prelude::*;

use super::investigate;
use super::made::text;
use crate::harness::{Desk, expect};
use crate::keyboard::{keys, palette, tab_and_press, tab_to};

#[tokio::test]
async fn two_accounts_and_their_transfer_stand_in_one_column_of_time() {
    investigate("guide-09-lanes", async |desk, bank| {
        let completed = bank.lines(&["events", "--type", "TransferCompleted", "--after", "1000", "--limit", "1"])?;
        let transfer = text(&completed.first().ok_or("a completed transfer")?["stream"]);
        let requested = bank.ask(&["state", "--stream", &transfer, "--at", "1"])?;
        let side = |name: &str| format!("account-{}", text(&requested["state"]["order"][name]));
        let streams = [transfer.clone(), side("source"), side("target")];
        palette(desk, &transfer, &format!("Time travel through {transfer}")).await?;
        desk.by_id("state-tree").await?;
        keys(desk, "l").await?;
        tab_and_press(desk, "lanes-suggest").await?;
        desk.by_css(&format!("[data-testid='lane'][data-stream='{}']", streams[2])).await?;
        desk.by_css("[data-testid='lane-event'][data-lane='2']").await?;
        let shown = desk.attributes("[data-testid='lane']", "data-stream").await?;
        expect(shown == streams, format!("the lanes are {streams:?}, not {shown:?}"))?;
        let told = bank.ask(&["lanes", &streams[0], &streams[1], &streams[2], "--limit", "300"])?;
        let expected: Vec<(String, String)> = told["entries"]
            .as_array()
            .ok_or("entries")?
            .iter()
            .map(|entry| (text(&entry["position"]), entry["lane"].to_string()))
            .collect();
        let begin = on_screen(desk).await?;
        expect(
            begin.len() > 10 && expected.starts_with(&begin),
            format!("events begin with {expected:?}, not {begin:?}"),
        )?;
        tab_to(desk, "lane-event").await?;
        // Along time to the transfer's last step: all of it is above.
        let last = expected.iter().rposition(|(_, lane)| lane == "0").ok_or("the transfer has events")?;
        for _ in 0..last {
            keys(desk, Key::Down + "").await?;
        }
        let wanted = &expected[last].0;
        desk.by_css(&format!("[data-testid='lane-event'][data-position='{wanted}'][aria-selected='true']")).await?;
        desk.reads("[data-testid='detail-type']", |kind| kind == "TransferCompleted").await?;
        let there = on_screen(desk).await?;
        expect(
            there.contains(&expected[last]) && expected.windows(there.len()).any(|part| part == there),
            format!("a stretch of {expected:?} is on the screen, not {there:?}"),
        )?;
        desk.picture("1-side-by-side").await
    })
    .await;
}

/// Positions and lanes of the events on the screen: of a long column only those near it are on the page.
async fn on_screen(desk: &Desk) -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
    let positions = desk.attributes("[data-testid='lane-event']", "data-position").await?;
    let lanes = desk.attributes("[data-testid='lane-event']", "data-lane").await?;
    Ok(positions.into_iter().zip(lanes).collect())
}
