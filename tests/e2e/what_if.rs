//! What would have happened: the refused transfer is let through by a higher limit, by keyboard alone, and becomes a test.

use std::path::Path;
use std::process::Command;

use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, expect, story_over};
use crate::investigations::made;
use crate::keyboard::{focus_comes_to, go, held, keys, name_the_file, palette, tab_and_press, tab_to, write};

const STORE: &str = "bank.ledgerscope";
const SOURCE: &str = "100234";
const TARGET: &str = "100245";
/// A deposit of the account, behind the limit of 3,000 EUR a transaction. What the simulator recorded up to it is always the same.
const POSITION: &str = "997";
const TEST: &str = "a_higher_limit_lets_a_car_be_paid";

fn small_bank(data: &Path) -> Outcome {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    command.arg("--store").arg(data.join(STORE)).args(["demo", "--seed", "7", "--events", "1000"]);
    let made = command.env("LEDGERSCOPE_DATA_DIR", home.path()).output()?;
    expect(made.status.success(), String::from_utf8_lossy(&made.stderr).into_owned())
}

/// Opens the dialog of a step that sends a command, and chooses the command.
async fn command(desk: &Desk, title: &str) -> Outcome {
    palette(desk, "send a command", "What-if: send a command…").await?;
    tab_to(desk, "what-if-command").await?;
    keys(desk, title).await?;
    keys(desk, Key::Down + Key::Enter).await?;
    desk.by_id("what-if-apply").await?;
    Ok(())
}

/// What came of a step.
fn outcome(step: usize) -> String {
    format!("[data-testid='what-if-step-{step}'] [data-testid='what-if-outcome']")
}

#[tokio::test]
async fn a_refused_transfer_is_let_through_by_a_higher_limit_and_becomes_a_test() {
    story_over(
        "what-if-higher-limit",
        &[],
        async |data| small_bank(data),
        async |desk| {
            desk.driver.set_window_rect(0, 0, 1360, 860).await?;
            desk.by_id(&format!("account-row-{SOURCE}")).await?;
            fork(desk).await?;
            refused(desk).await?;
            allowed(desk).await?;
            saved_and_opened(desk).await?;
            tested(desk).await
        },
    )
    .await;
}

/// Forks in front of the deposit, and takes nothing along that came later.
async fn fork(desk: &Desk) -> Outcome {
    go(desk, 'e', "events").await?;
    desk.by_id("event-row").await?;
    held(desk, Key::Control, "g").await?;
    focus_comes_to(desk, "jump-text").await?;
    keys(desk, POSITION).await?;
    keys(desk, Key::Enter + "").await?;
    desk.gone("[data-testid='jump-text']").await?;
    desk.reads("[data-testid='detail-type']", |shown| shown == "MoneyDeposited").await?;
    keys(desk, "tw").await?;
    desk.by_css("[data-what-if-view]").await?;
    desk.by_id("what-if-add").await?;
    tab_to(desk, "what-if-along").await?;
    keys(desk, " ").await?;
    write(desk, "what-if-title", "A higher limit lets a car be paid").await
}

async fn refused(desk: &Desk) -> Outcome {
    command(desk, "Transfer money").await?;
    write(desk, "field-transferId", "T-car").await?;
    write(desk, "field-source", SOURCE).await?;
    write(desk, "field-target", TARGET).await?;
    write(desk, "field-amount", "5000").await?;
    write(desk, "field-reference", "A car").await?;
    tab_to(desk, "what-if-apply").await?;
    desk.picture("1-the-form").await?;
    keys(desk, Key::Enter + "").await?;
    desk.reads(&outcome(0), |said| said.contains("TransferRejected")).await?;
    desk.shows("The limit of account 100234 per transaction is 3,000.00 EUR").await?;
    desk.picture("2-refused").await
}

async fn allowed(desk: &Desk) -> Outcome {
    command(desk, "Set limits").await?;
    write(desk, "field-accountId", SOURCE).await?;
    for field in ["field-perTransaction", "field-perDay"] {
        write(desk, field, "6000").await?;
    }
    tab_and_press(desk, "what-if-apply").await?;
    desk.by_id("what-if-step-1").await?;
    tab_and_press(desk, "what-if-step-1-up").await?;
    desk.reads(&outcome(1), |said| said.contains("TransferCompleted")).await?;
    desk.picture("3-let-through").await
}

async fn saved_and_opened(desk: &Desk) -> Outcome {
    let before = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
    let file = desk.data().join("car.whatif.json");
    palette(desk, "save it in a file", "What-if: save it in a file…").await?;
    name_the_file(desk, &file).await?;
    keys(desk, Key::Enter + "").await?;
    desk.shows("Saved in").await?;
    expect(file.exists(), "the scenario is in its file")?;
    // The same on the command line: what the window saves is what a script runs.
    let told = made::ask(
        &desk.data().join(STORE),
        &["what-if", "--scenario", file.to_str().ok_or("a path that can be typed")?],
    )?;
    let types: Vec<_> =
        told["whatIf"]["events"].as_array().into_iter().flatten().map(|e| made::text(&e["eventType"])).collect();
    expect(types.iter().any(|one| one == "TransferCompleted"), format!("it completes there too: {types:?}"))?;
    let after = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?.len();
    expect(before == after, format!("nothing reached the store: {before} events, then {after}"))
}

/// The test is the one that the bank keeps, where every run of its tests carries it out.
async fn tested(desk: &Desk) -> Outcome {
    palette(desk, "make a test", "What-if: make a test of it…").await?;
    desk.reads("[data-testid='what-if-source']", |source| source.contains(TEST)).await?;
    desk.picture("4-the-test").await?;
    tab_and_press(desk, "what-if-save-test").await?;
    let file = desk.data().join(format!("{TEST}.rs"));
    name_the_file(desk, &file).await?;
    keys(desk, Key::Enter + "").await?;
    desk.shows("Saved in").await?;
    let source = std::fs::read_to_string(&file)?;
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src-tauri/bank/tests/scenarios/{TEST}.rs"));
    if std::env::var_os("LEDGERSCOPE_WRITE_SCENARIOS").is_some() {
        std::fs::write(&kept, &source)?;
    }
    let found = std::fs::read_to_string(&kept).unwrap_or_default();
    expect(found == source, format!("{} is not what the window has made:\n{source}", kept.display()))
}
