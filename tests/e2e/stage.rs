//! A scene in front of an audience, by keyboard: played, reset, recorded; and the store that was open before is as it was.

use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

use crate::desk::{STORE, at_the_desk};
use crate::harness::{Desk, Outcome, PATIENCE, POLL, expect};
use crate::keyboard::{focus_comes_to, go, held, keys, palette, tab_and_press, write};

/// Longest time from the key that resets to the bank as it was, on the screen.
const RESET: Duration = Duration::from_secs(1);

/// Puts a scene on the stage.
async fn enter(desk: &Desk, scene: &str) -> Outcome {
    go(desk, 'd', "stage").await?;
    tab_and_press(desk, &format!("scene-{scene}")).await?;
    tab_and_press(desk, "stage-enter").await?;
    done(desk, 0).await
}

/// Waits until so many steps are done.
async fn done(desk: &Desk, count: usize) -> Outcome {
    desk.by_css(&format!("[data-testid='stage-bar'][data-done='{count}'][aria-busy='false']")).await?;
    Ok(())
}

/// Does the next step.
async fn step(desk: &Desk, count: usize) -> Outcome {
    keys(desk, Key::F9 + "").await?;
    done(desk, count).await
}

async fn in_the_other_colours(desk: &Desk, step: &str) -> Outcome {
    keys(desk, "tc").await?;
    desk.picture(step).await?;
    keys(desk, "tc").await
}

#[tokio::test]
async fn a_scene_is_played_and_reset_and_the_own_store_is_untouched() {
    at_the_desk("stage", async |desk| {
        let own = desk.data().join(STORE);
        let before = std::fs::read(&own)?;
        go(desk, 'd', "stage").await?;
        desk.by_id("stage-enter").await?;
        desk.picture("1-scenes").await?;
        in_the_other_colours(desk, "1-scenes-other").await?;
        enter(desk, "transfer").await?;
        step(desk, 1).await?;
        desk.reads("[data-testid='closing-balance']", |balance| balance.contains("2,500.00")).await?;
        step(desk, 2).await?;
        let ledger = trial_balance(desk).await?;
        step(desk, 3).await?;
        let told = desk.reads("[data-testid='stage-outcome']", |told| told.contains("8 events")).await?;
        expect(told.contains("Executed"), told)?;
        let after = trial_balance(desk).await?;
        expect(after != ledger, "the transfer shows in the totals of the ledger")?;
        step(desk, 4).await?;
        desk.reads("[data-testid='story-table']", |table| table.contains("Transfer completed")).await?;
        desk.picture("2-story").await?;
        in_the_other_colours(desk, "2-story-other").await?;
        big_type(desk).await?;
        step(desk, 5).await?;
        desk.reads("[data-testid='closing-balance']", |balance| balance.contains("450.00")).await?;
        step(desk, 6).await?;
        step(desk, 7).await?;
        desk.reads("[data-testid='stage-next']", |next| next.contains("over")).await?;
        reset(desk).await?;
        step(desk, 1).await?;
        step(desk, 2).await?;
        expect(trial_balance(desk).await? == ledger, "the ledger is as it was before")?;
        keys(desk, Key::F6 + "").await?;
        done(desk, 0).await?;
        by_itself(desk).await?;
        palette(desk, "leave", "Stage: leave it").await?;
        desk.gone("[data-testid='stage-bar']").await?;
        desk.by_id("account-row-100234").await?;
        let file = desk.read("[data-testid='store-menu']").await?;
        expect(file.contains(STORE), format!("the own store is open again: {file:?}"))?;
        expect(std::fs::read(&own)? == before, "not a byte of the own store has changed")
    })
    .await;
}

/// The totals of the ledger, once it has caught up and money is conserved.
async fn trial_balance(desk: &Desk) -> Result<String, Box<dyn std::error::Error>> {
    desk.by_css("[data-testid='conserved-lamp'][data-conserved='true']").await?;
    let begun = Instant::now();
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    loop {
        let head = digits(desk.read("[data-testid='live-head']").await?);
        if !head.is_empty() && digits(desk.read("[data-testid='conserved-lamp']").await?) == head {
            return desk.read("[data-testid='trial-balance-EUR'] tfoot").await;
        }
        expect(begun.elapsed() < PATIENCE, "the trial balance catches up")?;
        tokio::time::sleep(POLL).await;
    }
}

/// Everything becomes bigger, and no less of it can be reached.
async fn big_type(desk: &Desk) -> Outcome {
    let width = async || -> Result<i64, Box<dyn std::error::Error>> {
        Ok(desk.driver.execute("return window.innerWidth", Vec::new()).await?.json().as_i64().unwrap_or_default())
    };
    let usual = width().await?;
    keys(desk, Key::F2 + "").await?;
    desk.by_css("html[data-big-type]").await?;
    let begun = Instant::now();
    while width().await? * 13 > usual * 10 {
        expect(begun.elapsed() < PATIENCE, format!("fewer pixels fit: {} of {usual}", width().await?))?;
        tokio::time::sleep(POLL).await;
    }
    desk.picture("3-big-type").await?;
    in_the_other_colours(desk, "3-big-type-other").await?;
    keys(desk, Key::F2 + "").await?;
    desk.gone("html[data-big-type]").await
}

/// The bank is as it was, in under a second, and what happened in it is gone.
async fn reset(desk: &Desk) -> Outcome {
    palette(desk, "T-9001", "Story of transfer T-9001").await?;
    desk.by_id("story-table").await?;
    let begun = Instant::now();
    keys(desk, Key::F6 + "").await?;
    done(desk, 0).await?;
    desk.reads("[data-testid='closing-balance']", |balance| balance.contains("2,500.00")).await?;
    let took = begun.elapsed();
    eprintln!("from the key to the bank as it was: {took:?}");
    expect(took < RESET, format!("it took {took:?}"))?;
    desk.picture("4-reset").await?;
    go(desk, 'b', "bank").await?;
    desk.reads("[data-testid='account-row-700101']", |row| row.contains("2,500.00")).await?;
    desk.reads("[data-testid='account-row-700102']", |row| row.contains("0.00")).await?;
    Ok(())
}

/// Plays by itself until it is told to pause.
async fn by_itself(desk: &Desk) -> Outcome {
    keys(desk, Key::F8 + "").await?;
    done(desk, 1).await?;
    done(desk, 2).await?;
    keys(desk, Key::F8 + "").await?;
    desk.by_css("[data-testid='stage-play'][aria-label='Play']").await?;
    keys(desk, Key::F7 + "").await?;
    done(desk, 1).await
}

#[tokio::test]
async fn a_fraud_freeze_is_found_on_stage_by_bisection() {
    at_the_desk("stage-freeze", async |desk| {
        enter(desk, "freeze").await?;
        for count in 1..=9 {
            step(desk, count).await?;
        }
        let told = desk.reads("[data-testid='stage-outcome']", |told| told.contains("Refused")).await?;
        expect(told.contains("F-2025-17"), format!("the rule names the case: {told:?}"))?;
        step(desk, 10).await?;
        let found = desk.reads("[data-testid='bisected']", |found| found.contains("frozen")).await?;
        expect(found.contains("fraud:vera"), format!("who froze it: {found:?}"))?;
        desk.picture("1-found").await?;
        step(desk, 11).await?;
        desk.reads("[data-testid='bisected']", |found| found.contains("1,000.00")).await?;
        step(desk, 12).await?;
        desk.reads("[data-testid='field-changes']", |changes| changes.contains("teller:mallory")).await?;
        desk.picture("2-who").await?;
        step(desk, 13).await
    })
    .await;
}

#[tokio::test]
async fn what_is_done_on_stage_is_recorded_and_plays_again() {
    at_the_desk("stage-recorded", async |desk| {
        enter(desk, "compensated").await?;
        step(desk, 1).await?;
        palette(desk, "recording", "Stage: begin or end a recording").await?;
        desk.shows("Recording").await?;
        palette(desk, "Command Withdraw", "Withdraw").await?;
        write(desk, "field-accountId", "700201").await?;
        keys(desk, Key::Escape + "").await?;
        write(desk, "field-amount", "12.50").await?;
        held(desk, Key::Control, Key::Enter + "").await?;
        done(desk, 2).await?;
        desk.reads("[data-testid='stage-outcome']", |told| told.contains("1 event")).await?;
        palette(desk, "account-700201", "Time travel through account-700201").await?;
        desk.by_id("state-tree").await?;
        keys(desk, Key::F10 + "").await?;
        done(desk, 3).await?;
        palette(desk, "save the recorded", "Stage: save the recorded scene").await?;
        focus_comes_to(desk, "scene-title").await?;
        held(desk, Key::Control, "a").await?;
        keys(desk, "Pocket money" + Key::Enter).await?;
        desk.gone("[data-testid='stage-save']").await?;
        desk.gone("[data-testid='scene-title']").await?;
        go(desk, 'd', "stage").await?;
        desk.shows("Pocket money").await?;
        let own = desk.texts("[data-testid^='scene-'][aria-current]").await?;
        expect(own.len() == 1, format!("one is chosen: {own:?}"))?;
        keys(desk, Key::F6 + "").await?;
        done(desk, 0).await?;
        for count in 1..=3 {
            step(desk, count).await?;
        }
        desk.by_id("state-tree").await?;
        // What tells of the saving lies over the bar for some seconds.
        desk.gone("[class*='Notification-root']").await?;
        desk.picture("1-played-again").await?;
        keys(desk, Key::F7 + "").await?;
        done(desk, 2).await?;
        let told = desk.reads("[data-testid='stage-outcome']", |told| told.contains("1 event")).await?;
        expect(!told.contains("promises"), format!("what was recorded is what happens: {told:?}"))
    })
    .await;
}
