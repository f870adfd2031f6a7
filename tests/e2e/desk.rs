//! The command desk by keyboard alone: a refusal that is understood before it happens, and two who act at once.

use std::path::Path;
use std::process::Command;

use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, expect, story_over};
use crate::investigations::made;
use crate::keyboard::{focus_comes_to, held, keys, palette, tab_and_press, tab_to, write};
use crate::notebook::colours;

const SOURCE: &str = "100234";
pub const STORE: &str = "bank.ledgerscope";

/// Tells a story over a small bank.
pub async fn at_the_desk<F>(name: &str, tell: F)
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

pub fn small_bank(data: &Path) -> Outcome {
    let home = tempfile::tempdir()?;
    // What is due since the simulated year is done, so that nothing else is written while the story is told.
    for arguments in [&["demo", "--seed", "7", "--events", "1000"][..], &["processes", "drive"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
        command.arg("--store").arg(data.join(STORE)).args(arguments);
        let made = command.env("LEDGERSCOPE_DATA_DIR", home.path()).output()?;
        expect(made.status.success(), String::from_utf8_lossy(&made.stderr).into_owned())?;
    }
    Ok(())
}

/// An open account in EUR with less than 49 000 EUR (more needs a second person) and with something, and another one.
fn poor_and_other(desk: &Desk) -> Result<(String, String), Box<dyn std::error::Error>> {
    let store = desk.data().join(STORE);
    let listed = made::ask(&store, &["streams", "--category", "account"])?;
    let (mut poor, mut other) = (None, None);
    for row in listed["streams"].as_array().ok_or("streams are listed")? {
        let stream = made::text(&row["stream"]);
        let state = made::ask(&store, &["state", "--stream", &stream])?["state"].clone();
        let available: i128 = made::text(&state["available"]["minor"]).parse().unwrap_or_default();
        let account = Some(stream.trim_start_matches("account-").to_owned());
        match (state["status"] == "open" && state["available"]["currency"] == "EUR", available) {
            (true, 100..4_900_000) if poor.is_none() => poor = account,
            (true, _) => other = account,
            _ => {}
        }
    }
    poor.zip(other).ok_or_else(|| "the bank has two such accounts".into())
}

async fn outcome_is(desk: &Desk, outcome: &str) -> Outcome {
    desk.by_css(&format!("[data-testid='outcome'][data-outcome='{outcome}']")).await?;
    Ok(())
}

#[tokio::test]
async fn a_refused_transfer_is_understood_by_a_dry_run() {
    at_the_desk("desk-refused-transfer", async |desk| {
        let before = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
        let (source, target) = poor_and_other(desk)?;
        palette(desk, "transfer money", "Transfer money").await?;
        write(desk, "field-source", &source).await?;
        write(desk, "field-target", &target).await?;
        write(desk, "field-amount", "49000").await?;
        write(desk, "field-reference", "Rent for November").await?;
        held(desk, Key::Alt, Key::Enter + "").await?;
        outcome_is(desk, "dry-accepted").await?;
        let said = desk.reads("[data-testid='dry-run-follows']", |said| said.contains("TransferRejected")).await?;
        expect(said.contains("49,000.00"), format!("with its numbers: {said}"))?;
        let headline = desk.reads("[data-testid='outcome']", |said| said.contains("Accepted, but")).await?;
        expect(
            headline.contains("the transfer would be rejected") && !headline.contains("Would be accepted"),
            format!("the headline tells how the transfer would end: {headline}"),
        )?;
        let rule = desk.reads("[data-testid='refused-later']", |said| said.contains("49,000.00")).await?;
        expect(rule.ends_with('.'), format!("by the rule, in a sentence with its numbers: {rule}"))?;
        desk.picture("1-refused").await?;
        let after = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
        expect(before == after, format!("a dry run writes nothing: {before} events, then {after}"))?;
        write(desk, "field-amount", "0.50").await?;
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

/// Issues a command on the command line, which works on the window's own data folder.
fn on_the_command_line(desk: &Desk, name: &str, minor: &str, code: i32) -> Outcome {
    let payload = format!(r#"{{"accountId":"{SOURCE}","amount":{{"minor":"{minor}","currency":"EUR"}}}}"#);
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    command.arg("--store").arg(desk.data().join(STORE)).args(["command", "--type", name, "--payload", &payload]);
    let ended = command.args(["--actor", "nightly"]).env("LEDGERSCOPE_DATA_DIR", desk.data()).output()?;
    expect(ended.status.code() == Some(code), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[tokio::test]
async fn what_the_command_line_issues_is_in_the_history_which_is_cleared_after_a_question() {
    at_the_desk("desk-history", async |desk| {
        on_the_command_line(desk, "Deposit", "4711", 0)?;
        palette(desk, "command history", "Command history").await?;
        desk.by_css("[data-testid='history-row'][data-outcome='executed']").await?;
        // The window is told nothing of it and finds it all the same.
        on_the_command_line(desk, "Withdraw", "999999999999", 3)?;
        desk.by_css("[data-testid='history-row'][data-outcome='rejected']").await?;
        let row = desk.read("[data-testid='history-row'][data-outcome='rejected']").await?;
        expect(row.contains("nightly") && row.contains("command line"), format!("it says where from: {row}"))?;
        tab_to(desk, "history-row").await?;
        keys(desk, " ").await?;
        desk.reads("[data-testid='history-panel']", |panel| panel.contains("the command line")).await?;
        for shown in ["dark", "light"] {
            colours(desk, shown).await?;
            desk.picture(&format!("1-both-{shown}")).await?;
        }
        let before = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
        palette(desk, "clear the history", "Clear the history of commands…").await?;
        focus_comes_to(desk, "history-clear-confirm").await?;
        desk.reads("[role='dialog']", |asked| asked.contains("2 commands that were issued to this store")).await?;
        desk.picture("2-asked").await?;
        keys(desk, Key::Enter + "").await?;
        desk.shows("2 commands were forgotten.").await?;
        desk.shows("No command was issued here yet").await?;
        desk.picture("3-cleared").await?;
        let after = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
        expect(before == after, format!("the log stays as it is: {before} events, then {after}"))
    })
    .await;
}
