//! Positions and money that no JavaScript number can hold, in the real window: shown, filtered by, exported and imported exactly.

use std::path::Path;

use es_testkit::eventstoredb::{Options, TestServer};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::connections::fill;
use crate::harness::{Desk, Outcome, expect, story};
use crate::investigations::made::{self, number, text};
use crate::keyboard::{focus_comes_to, go, keys, name_the_file, palette, tab_and_press, tab_to};
use crate::upkeep::press;

/// One more than this, and a float begins to leave whole numbers out.
const EXACT_IN_A_FLOAT: u64 = 1 << 53;
/// As much as one deposit may bring.
const MOST: u64 = 1_000_000_000_000_000;
const ACCOUNT: &str = "account-100234";

#[tokio::test(flavor = "multi_thread")]
async fn positions_and_money_beyond_a_float_are_shown_filtered_exported_and_imported_exactly() {
    let server = TestServer::start(Options { first_offset: EXACT_IN_A_FLOAT, ..Options::default() });
    let folder = tempfile::Builder::new().prefix("exports-").tempdir().expect("a folder for files");
    let far = server.connection_string();
    let near = folder.path().join("near.ledgerscope");
    rich_bank(&near, &far).expect("a bank that is far from the beginning of its log");
    let there = events_of(Path::new(&far)).expect("its events");
    let file = folder.path().join("far.ndjson");
    story("exact", &[], async |desk| {
        open(desk, &far).await?;
        shown_exactly(desk, &there).await?;
        filtered_exactly(desk, &there).await?;
        money_exactly(desk, &far).await?;
        exported_exactly(desk, &file, &there).await
    })
    .await;
    // A server keeps times of its own, so a copy notes the former ones beside each event; an import puts them back.
    let before = events_of(&near).expect("the events before they were copied");
    story("exact-import", &[], async |desk| imported_exactly(desk, &file, &before).await).await;
}

/// A small bank with an account whose balance is beyond a float, copied to where positions are, too.
fn rich_bank(near: &Path, far: &str) -> Outcome {
    made::ask(near, &["demo", "--events", "400"])?;
    for amount in [vec![MOST; 10], vec![3]].concat() {
        let account = ACCOUNT.trim_start_matches("account-");
        let money = json!({ "minor": amount.to_string(), "currency": "EUR" });
        let payload = json!({ "accountId": account, "amount": money, "text": "An estate" }).to_string();
        let done = made::ask(near, &["command", "--type", "Deposit", "--payload", &payload])?;
        expect(done["outcome"] == "executed" || done["outcome"] == "appended", format!("it is deposited: {done}"))?;
    }
    made::ask(near, &["copy", "--to", far])?;
    Ok(())
}

/// Every event but the store's own, oldest first.
fn events_of(store: &Path) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let events = made::lines(store, &["events", "--limit", "0"])?;
    Ok(events.into_iter().filter(|event| !text(&event["stream"]).starts_with('$')).collect())
}

fn digits(shown: &str) -> String {
    shown.chars().filter(char::is_ascii_digit).collect()
}

async fn open(desk: &Desk, far: &str) -> Outcome {
    desk.by_id("demo-create").await?;
    go(desk, 'o', "connections").await?;
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", far.to_owned() + Key::Enter).await?;
    fill(desk, "connection-name", "Far").await?;
    press(desk, "save-connection").await?;
    desk.by_id("connection-Far").await?;
    press(desk, "open-Far").await?;
    desk.by_css("[data-testid^='account-row-']").await?;
    desk.picture("0-accounts").await?;
    go(desk, 'e', "events").await
}

/// The newest rows have the very positions that the command line tells.
async fn shown_exactly(desk: &Desk, there: &[Value]) -> Outcome {
    let head = text(&there.last().ok_or("events")?["position"]);
    expect(head.parse::<u64>()? > EXACT_IN_A_FLOAT, format!("{head} is beyond a float"))?;
    desk.by_css(&format!("[data-testid='event-row'][data-position='{head}']")).await?;
    let rows = desk.attributes("[data-testid='event-row']", "data-position").await?;
    let cells = desk.texts("[data-testid='event-row'] [role='gridcell']:first-child").await?;
    for ((row, cell), event) in rows.iter().zip(&cells).zip(there.iter().rev()) {
        let position = text(&event["position"]);
        expect(*row == position && digits(cell) == position, format!("{position} is shown as {row:?}, {cell:?}"))?;
    }
    desk.picture("1-positions").await
}

/// Two neighbours that would be the same number in a float are told apart.
async fn filtered_exactly(desk: &Desk, there: &[Value]) -> Outcome {
    let after = &there[there.len() - 4];
    palette(desk, "more filters", "More filters").await?;
    focus_comes_to(desk, "filter-prefix").await?;
    tab_to(desk, "filter-after").await?;
    keys(desk, text(&after["position"])).await?;
    keys(desk, Key::Enter + "").await?;
    desk.reads("[data-testid='event-count']", |count| digits(count) == "3").await?;
    let rows = desk.attributes("[data-testid='event-row']", "data-position").await?;
    let expected: Vec<String> = there[there.len() - 3..].iter().rev().map(|event| text(&event["position"])).collect();
    expect(rows == expected, format!("behind {} are {expected:?}, not {rows:?}", after["position"]))?;
    desk.picture("2-after-a-position").await?;
    tab_and_press(desk, "clear-filters").await?;
    let one = text(&there[there.len() / 2]["position"]);
    palette(desk, "narrow by a condition", "Narrow by a condition").await?;
    focus_comes_to(desk, "condition").await?;
    keys(desk, format!("event.position == {one}")).await?;
    desk.by_css("[data-testid='condition-apply']:not([disabled])").await?;
    keys(desk, Key::Enter + "").await?;
    desk.reads("[data-testid='event-count']", |count| digits(count) == "1").await?;
    desk.by_css(&format!("[data-testid='event-row'][data-position='{one}']")).await?;
    keys(desk, Key::Escape + "").await?;
    tab_and_press(desk, "clear-filters").await
}

/// The balance, to the last of its minor units, as it is and in a condition that only it meets.
async fn money_exactly(desk: &Desk, far: &str) -> Outcome {
    let state = made::ask(Path::new(far), &["state", "--stream", ACCOUNT])?;
    let settled = text(&state["state"]["settled"]["minor"]);
    expect(settled.parse::<u64>()? > EXACT_IN_A_FLOAT, format!("{settled} is beyond a float"))?;
    palette(desk, ACCOUNT, &format!("Time travel through {ACCOUNT}")).await?;
    let shown = desk.reads("[data-testid='node-/settled']", |shown| !shown.is_empty()).await?;
    expect(digits(&shown).ends_with(&settled), format!("{settled} is shown as {shown:?}"))?;
    keys(desk, "f").await?;
    focus_comes_to(desk, "bisect-field").await?;
    keys(desk, format!("settled == {settled}")).await?;
    keys(desk, Key::Enter + "").await?;
    let found = desk.reads("[data-testid='bisected']", |found| !found.is_empty()).await?;
    let first = made::ask(Path::new(far), &["bisect", "--stream", ACCOUNT, &format!("settled == {settled}")])?;
    let version = number(&first["first"]["version"])?;
    expect(found.starts_with(&format!("Version {version},")), format!("version {version} is the first: {found:?}"))?;
    desk.picture("3-money").await?;
    keys(desk, Key::Escape + "").await
}

async fn exported_exactly(desk: &Desk, file: &Path, there: &[Value]) -> Outcome {
    go(desk, 'e', "events").await?;
    palette(desk, "export", "Export the whole match").await?;
    name_the_file(desk, file).await?;
    keys(desk, Key::Enter + "").await?;
    desk.by_id("export-report").await?;
    let written = std::fs::read_to_string(file)?;
    let events: Vec<Value> = written.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for event in there {
        let position = text(&event["position"]);
        let same = events.iter().any(|one| one["position"] == position && one["contentHash"] == event["contentHash"]);
        expect(same, format!("the event at {position} is in the file, with its hash"))?;
    }
    Ok(())
}

async fn imported_exactly(desk: &Desk, file: &Path, before: &[Value]) -> Outcome {
    desk.by_id("demo-create").await?;
    go(desk, 'e', "events").await?;
    desk.by_id("import-empty").await?;
    palette(desk, "import", "Import events from a file").await?;
    name_the_file(desk, file).await?;
    keys(desk, Key::Enter + "").await?;
    let report = desk.reads("[data-testid='import-report']", |report| !report.is_empty()).await?;
    expect(report.contains("no others") || report.contains("exactly"), report)?;
    desk.picture("4-imported").await?;
    let here = events_of(&desk.data().join("bank.ledgerscope"))?;
    let known = |events: &[Value]| -> Vec<(String, String, String)> {
        events.iter().map(|one| (text(&one["stream"]), text(&one["version"]), text(&one["contentHash"]))).collect()
    };
    let (here, before) = (known(&here), known(before));
    let other = here.iter().zip(&before).find(|(here, before)| here != before);
    expect(here.len() == before.len() && other.is_none(), format!("the events are the same, but for {other:?}"))
}
