//! What would have happened, by keyboard alone: the refused transfer is let through by a higher limit and becomes a test; what came
//! of another time is pinned, and told apart from what no longer comes of it.

use std::path::Path;
use std::process::Command;

use thirtyfour::prelude::*;

use crate::desk;
use crate::harness::{Desk, Outcome, expect, story_over};
use crate::investigations::made;
use crate::keyboard::{focus_comes_to, go, held, keys, name_the_file, palette, tab_and_press, tab_to, write};
use crate::notebook::{PAGE, colours, flip, pins_are, verdicts};

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
    forked_with_what_came_later(desk).await?;
    tab_to(desk, "what-if-along").await?;
    keys(desk, " ").await?;
    write(desk, "what-if-title", "A higher limit lets a car be paid").await
}

async fn forked_with_what_came_later(desk: &Desk) -> Outcome {
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
    Ok(())
}

async fn a_car_is_paid(desk: &Desk) -> Outcome {
    command(desk, "Transfer money").await?;
    write(desk, "field-transferId", "T-car").await?;
    write(desk, "field-source", SOURCE).await?;
    write(desk, "field-target", TARGET).await?;
    write(desk, "field-amount", "5000").await?;
    write(desk, "field-reference", "A car").await?;
    tab_to(desk, "what-if-apply").await
}

async fn refused(desk: &Desk) -> Outcome {
    a_car_is_paid(desk).await?;
    desk.picture("1-the-form").await?;
    keys(desk, Key::Enter + "").await?;
    desk.reads(&outcome(0), |said| {
        said.contains("the transfer would be rejected") && said.contains("TransferRejected")
    })
    .await?;
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

/// When the deposit was recorded there; it was at 07:41:03.
const EARLIER: &str = "2025-03-01 07:30:00";
/// When the clock of the steps begins, and how the report says it.
const LATE: (&str, &str) = ("2031-05-04 12:00 UTC", "2031-05-04T12:00:00Z");

#[tokio::test]
async fn a_what_if_at_another_time_is_pinned_checked_exported_and_read_back() {
    let folder = tempfile::Builder::new().prefix("reports-").tempdir().expect("a folder for the report");
    let report = folder.path().join("what-if.html");
    story_over(
        "what-if-pinned",
        &[],
        async |data| desk::small_bank(data),
        async |desk| {
            desk.driver.set_window_rect(0, 0, 1360, 860).await?;
            desk.by_id(&format!("account-row-{SOURCE}")).await?;
            forked_with_what_came_later(desk).await?;
            another_time(desk).await?;
            a_later_clock(desk).await?;
            a_car_is_paid(desk).await?;
            keys(desk, Key::Enter + "").await?;
            desk.reads(&outcome(0), |said| said.contains("TransferRejected")).await?;
            for shown in ["dark", "light"] {
                colours(desk, shown).await?;
                desk.picture(&format!("3-what-if-{shown}")).await?;
            }
            pinned_and_checked(desk).await?;
            exported_and_read_offline(desk, &report).await?;
            read_back(desk, &report).await?;
            no_longer_so(desk).await
        },
    )
    .await;
}

/// The deposit was recorded a while earlier, within what stands beside the field.
async fn another_time(desk: &Desk) -> Outcome {
    tab_to(desk, "what-if-row-0").await?;
    keys(desk, "e").await?;
    focus_comes_to(desk, "what-if-payload").await?;
    tab_to(desk, "what-if-recorded-at").await?;
    desk.reads("[role='dialog']", |said| said.contains("From 2025-03-01 06:54:55.797186 UTC to ")).await?;
    write(desk, "what-if-recorded-at", "1999-12-31 12:00").await?;
    keys(desk, Key::Enter + "").await?;
    desk.shows("This is before what is in front of it").await?;
    desk.picture("1-too-early").await?;
    write(desk, "what-if-recorded-at", EARLIER).await?;
    keys(desk, Key::Enter + "").await?;
    desk.gone("[data-testid='what-if-recorded-at']").await?;
    desk.reads("[data-testid='what-if-row-0']", |row| row.contains("changed") && row.contains(EARLIER)).await?;
    Ok(())
}

async fn a_later_clock(desk: &Desk) -> Outcome {
    palette(desk, "when the clock begins", "What-if: choose when the clock begins…").await?;
    focus_comes_to(desk, "what-if-clock-begins").await?;
    keys(desk, LATE.0).await?;
    desk.picture("2-the-clock").await?;
    keys(desk, Key::Enter + "").await?;
    desk.reads("[data-testid='what-if-begins']", |said| said.contains("begins at 2031-05-04 12:00:00")).await?;
    Ok(())
}

/// Pinned with all that the log has; what comes later changes nothing of it.
async fn pinned_and_checked(desk: &Desk) -> Outcome {
    palette(desk, "pin the what-if", "Pin the what-if").await?;
    desk.by_id("pinned").await?;
    pins_are(desk, 1).await?;
    go(desk, 'n', "notebook").await?;
    desk.reads("[data-testid='notebook-result']", |told| told.contains("The pin is as it was pinned")).await?;
    let payload = format!(r#"{{"accountId":"{SOURCE}","amount":{{"minor":"100","currency":"EUR"}}}}"#);
    let store = desk.data().join(STORE);
    made::ask(&store, &["command", "--type", "Deposit", "--payload", &payload])?;
    tab_to(desk, "notebook-cell").await?;
    keys(desk, "c").await?;
    desk.reads("[data-testid='notebook-result']", |told| told.contains("The pin is as it was pinned")).await?;
    for shown in ["dark", "light"] {
        colours(desk, shown).await?;
        desk.picture(&format!("4-pinned-{shown}")).await?;
    }
    Ok(())
}

async fn exported_and_read_offline(desk: &Desk, report: &Path) -> Outcome {
    palette(desk, "export as a report", "Notebook: export as a report").await?;
    name_the_file(desk, report).await?;
    keys(desk, Key::Enter + "").await?;
    desk.by_id("report-written").await?;
    keys(desk, Key::Enter + "").await?;
    desk.gone("[data-testid='report-written']").await?;
    desk.driver.goto(format!("file://{}", report.display())).await?;
    for wanted in ["Report of a notebook", "The pin matches.", "TransferRejected", LATE.1, "\"recordedAt\""] {
        desk.shows(wanted).await?;
    }
    desk.picture("5-report").await
}

async fn read_back(desk: &Desk, report: &Path) -> Outcome {
    desk.driver.goto(PAGE).await?;
    desk.by_id("nav-notebook").await?;
    go(desk, 'n', "notebook").await?;
    desk.by_id("notebook-cells").await?;
    palette(desk, "open a report", "Notebook: open a report").await?;
    name_the_file(desk, report).await?;
    keys(desk, Key::Enter + "").await?;
    desk.shows("1 pin was read back").await?;
    desk.reads("[data-testid='notebook-result']", |told| told.contains("The pin is as it was pinned")).await?;
    expect(verdicts(desk).await? == ["holds"], format!("it is checked again: {:?}", verdicts(desk).await?))
}

/// A byte of an event that the what-if takes along is changed behind the program's back.
async fn no_longer_so(desk: &Desk) -> Outcome {
    flip(&desk.data().join(STORE), POSITION)?;
    tab_to(desk, "notebook-cell").await?;
    keys(desk, "c").await?;
    desk.by_css("[data-testid='notebook-result']:not([data-broken='0'])").await?;
    expect(verdicts(desk).await? == ["broken"], "what would have happened is another thing now")?;
    desk.picture("6-no-longer-so").await
}
