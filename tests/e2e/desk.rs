//! The command desk by keyboard alone: a refusal that is understood before it happens, and two who act at once.

use std::path::Path;
use std::process::Command;

use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, expect, story_over};
use crate::investigations::made;
use crate::keyboard::{held, keys, palette, tab_and_press, tab_to};

const SOURCE: &str = "100234";
const TARGET: &str = "100245";
const STORE: &str = "bank.ledgerscope";

/// Tells a story over a small bank.
async fn at_the_desk<F>(name: &str, tell: F)
where
    F: AsyncFnOnce(&Desk) -> Outcome,
{
    story_over(
        name,
        &[],
        async |data| small_bank(data),
        async |desk| {
            desk.driver.set_window_rect(0, 0, 1280, 800).await?;
            desk.by_id(&format!("account-row-{SOURCE}")).await?;
            tell(desk).await
        },
    )
    .await;
}

fn small_bank(data: &Path) -> Outcome {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    command.arg("--store").arg(data.join(STORE)).args(["demo", "--seed", "7", "--events", "1000"]);
    let made = command.env("LEDGERSCOPE_DATA_DIR", home.path()).output()?;
    expect(made.status.success(), String::from_utf8_lossy(&made.stderr).into_owned())
}

/// Goes to a field and types over what stands there.
async fn write(desk: &Desk, field: &str, text: &str) -> Outcome {
    tab_to(desk, field).await?;
    held(desk, Key::Control, "a").await?;
    keys(desk, text).await
}

async fn outcome_is(desk: &Desk, outcome: &str) -> Outcome {
    desk.by_css(&format!("[data-testid='outcome'][data-outcome='{outcome}']")).await?;
    Ok(())
}

#[tokio::test]
async fn a_refused_transfer_is_understood_by_a_dry_run() {
    at_the_desk("desk-refused-transfer", async |desk| {
        let before = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
        palette(desk, "transfer money", "Transfer money").await?;
        write(desk, "field-source", SOURCE).await?;
        write(desk, "field-target", TARGET).await?;
        write(desk, "field-amount", "99999999").await?;
        write(desk, "field-reference", "Rent for November").await?;
        held(desk, Key::Alt, Key::Enter + "").await?;
        outcome_is(desk, "dry-accepted").await?;
        let said = desk.reads("[data-testid='dry-run-follows']", |said| said.contains("TransferRejected")).await?;
        expect(said.contains("99,999,999.00") || said.contains("99999999.00"), format!("with its numbers: {said}"))?;
        desk.picture("1-refused").await?;
        let after = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
        expect(before == after, format!("a dry run writes nothing: {before} events, then {after}"))?;
        write(desk, "field-amount", "12.50").await?;
        held(desk, Key::Alt, Key::Enter + "").await?;
        desk.reads("[data-testid='dry-run-follows']", |said| said.contains("TransferCompleted")).await?;
        desk.picture("2-would-be-made").await?;
        held(desk, Key::Control, Key::Enter + "").await?;
        outcome_is(desk, "executed").await?;
        desk.by_css("[data-testid='read-models'][data-state='there']").await?;
        desk.picture("3-executed").await?;
        palette(desk, "command history", "Command history").await?;
        desk.by_css("[data-testid='history-row'][data-outcome='executed']").await?;
        desk.picture("4-history").await
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_shown_and_retried() {
    at_the_desk("desk-conflict", async |desk| {
        let stream = format!("account-{SOURCE}");
        let events =
            |desk: &Desk| made::lines(&desk.data().join(STORE), &["events", "--stream", &stream, "--limit", "0"]);
        let before = events(desk)?.len();
        palette(desk, "withdraw", "Withdraw").await?;
        write(desk, "field-accountId", SOURCE).await?;
        write(desk, "field-amount", "1.25").await?;
        tab_and_press(desk, "to-theatre").await?;
        tab_to(desk, "theatre-where").await?;
        keys(desk, Key::Right + "").await?;
        desk.shows("Played on the store itself").await?;
        tab_and_press(desk, "theatre-open").await?;
        desk.reads("[data-testid='theatre-stage']", |stage| stage.contains(&before.to_string())).await?;
        desk.picture("1-both-have-decided").await?;
        tab_and_press(desk, "seat-first-append").await?;
        desk.by_css("[data-testid='seat-first'] [data-testid='theatre-turn'][data-outcome='executed']").await?;
        tab_and_press(desk, "seat-second-append").await?;
        desk.by_css("[data-testid='seat-second'] [data-testid='theatre-turn'][data-outcome='conflict']").await?;
        let told = desk.reads("[data-testid='seat-second']", |told| told.contains("Written in between")).await?;
        let versions = [before, before + 1].map(|version| version.to_string());
        expect(versions.iter().all(|version| told.contains(version)), format!("both versions are told: {told}"))?;
        desk.picture("2-conflict").await?;
        tab_and_press(desk, "seat-second-retry").await?;
        desk.by_css("[data-testid='seat-second'] [data-testid='theatre-turn'][data-outcome='executed']").await?;
        desk.picture("3-retried").await?;
        let written = events(desk)?;
        let actors: Vec<_> = written[before..].iter().map(|event| made::text(&event["actor"])).collect();
        expect(actors == ["anna", "ben"], format!("both withdrawals are in the log, one after the other: {actors:?}"))?;
        palette(desk, "command history", "Command history").await?;
        desk.by_css("[data-testid='history-row'][data-outcome='conflict']").await?;
        desk.picture("4-history").await
    })
    .await;
}
