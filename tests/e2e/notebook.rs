//! A notebook by keyboard alone: pinned, noted, exported, read offline, opened again, and told when it no longer matches.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rusqlite::Connection;
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::desk::small_bank;
use crate::harness::{Desk, Outcome, PATIENCE, POLL, expect, story_over};
use crate::investigations::made;
use crate::keyboard::{focus_comes_to, go, keys, name_the_file, palette, tab_to};

const STORE: &str = "bank.ledgerscope";
const NOTE: &str = "Who paid this?\nAsk the branch: 4711.";
/// Where the window's own page is.
pub const PAGE: &str = "tauri://localhost/";

/// An account with some versions, and the position of one of its deposits.
fn account_and_deposit(store: &Path) -> Result<(String, String), Box<dyn std::error::Error>> {
    let listed = made::ask(store, &["streams", "--category", "account", "--order", "length", "--limit", "1"])?;
    let account = made::text(&listed["streams"][0]["stream"]);
    let events = made::lines(store, &["events", "--stream", &account, "--limit", "0"])?;
    let deposit = events.iter().find(|event| event["eventType"] == "MoneyDeposited").ok_or("a deposit")?;
    Ok((account, made::text(&deposit["position"])))
}

/// The notebook that is in the data folder; nothing while there is none.
fn kept(desk: &Desk) -> Option<Value> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(desk.data().join("notebooks")).ok()?.flatten().map(|e| e.path()).collect();
    files.sort();
    let text = std::fs::read_to_string(files.first()?).ok()?;
    serde_json::from_str(&text).ok()
}

pub async fn pins_are(desk: &Desk, wanted: usize) -> Outcome {
    let begun = Instant::now();
    loop {
        let pins = kept(desk).map_or(0, |notebook| notebook["cells"].as_array().map_or(0, Vec::len));
        if pins == wanted {
            return Ok(());
        }
        expect(begun.elapsed() < PATIENCE, format!("{wanted} pins are kept, not {pins}"))?;
        tokio::time::sleep(POLL).await;
    }
}

pub async fn colours(desk: &Desk, colours: &str) -> Outcome {
    let choose = format!(
        "localStorage.setItem('mantine-color-scheme-value', '{colours}'); \
         window.dispatchEvent(new StorageEvent('storage', {{ storageArea: localStorage, \
         key: 'mantine-color-scheme-value', newValue: '{colours}' }}));"
    );
    desk.driver.execute(choose, Vec::new()).await?;
    Ok(())
}

pub async fn verdicts(desk: &Desk) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    desk.attributes("[data-testid='notebook-cell']", "data-verdict").await
}

#[tokio::test]
async fn a_notebook_is_pinned_exported_read_offline_and_says_what_no_longer_matches() {
    let folder = tempfile::Builder::new().prefix("reports-").tempdir().expect("a folder for the report");
    let report = folder.path().join("case.html");
    story_over(
        "guide-18-notebook",
        &[],
        async |data| small_bank(data),
        async |desk| {
            desk.driver.set_window_rect(0, 0, 1280, 800).await?;
            desk.by_css("[data-testid^='account-row-']").await?;
            let (account, deposit) = account_and_deposit(&desk.data().join(STORE))?;
            pin_each_kind(desk, &account, &deposit).await?;
            note_and_order(desk).await?;
            export(desk, &report).await?;
            read_offline(desk, &report, &account).await?;
            open_again(desk, &report).await?;
            tampered(desk, &deposit).await
        },
    )
    .await;
}

/// An event, a state, what differs, and a query, each by one key.
async fn pin_each_kind(desk: &Desk, account: &str, deposit: &str) -> Outcome {
    palette(desk, deposit, &format!("Event at position {deposit}")).await?;
    desk.by_id("detail-type").await?;
    keys(desk, "p").await?;
    desk.by_id("pinned").await?;
    pins_are(desk, 1).await?;
    desk.picture("1-pinned").await?;
    palette(desk, account, &format!("Time travel through {account}")).await?;
    desk.by_id("state-tree").await?;
    keys(desk, "p").await?;
    pins_are(desk, 2).await?;
    keys(desk, "m").await?;
    desk.by_id("clear-compare").await?;
    let last = desk.read("[data-testid='state-sentence']").await?;
    keys(desk, Key::Left + "").await?;
    desk.reads("[data-testid='state-sentence']", |shown| !shown.is_empty() && shown != last).await?;
    keys(desk, "p").await?;
    pins_are(desk, 3).await?;
    palette(desk, account, &format!("Events of {account}")).await?;
    desk.by_css("[data-testid='event-row']").await?;
    keys(desk, "p").await?;
    pins_are(desk, 4).await
}

/// A note at the event, and the query moved up.
async fn note_and_order(desk: &Desk) -> Outcome {
    go(desk, 'n', "notebook").await?;
    desk.reads("[data-testid='notebook-result']", |told| told.contains("All 4 pins")).await?;
    focus_comes_to(desk, "notebook-cell").await?;
    keys(desk, "e").await?;
    focus_comes_to(desk, "cell-text").await?;
    for (number, line) in NOTE.lines().enumerate() {
        if number > 0 {
            keys(desk, Key::Enter + "").await?;
        }
        keys(desk, line).await?;
    }
    keys(desk, Key::Escape + "").await?;
    desk.reads("[data-testid='cell-note']", |note| note == NOTE).await?;
    focus_comes_to(desk, "notebook-cell").await?;
    desk.picture("2-notebook").await?;
    keys(desk, Key::End + "").await?;
    let alt: char = Key::Alt.into();
    desk.driver.action_chain().key_down(alt).send_keys(Key::Up + "").key_up(alt).perform().await?;
    let begun = Instant::now();
    while desk.attributes("[data-testid='notebook-cell']", "data-kind").await?[2] != "query" {
        expect(begun.elapsed() < PATIENCE, "the query has moved up")?;
        tokio::time::sleep(POLL).await;
    }
    colours(desk, "dark").await?;
    desk.picture("2-notebook-dark").await?;
    colours(desk, "light").await
}

async fn export(desk: &Desk, report: &Path) -> Outcome {
    palette(desk, "export as a report", "Notebook: export as a report").await?;
    name_the_file(desk, report).await?;
    desk.picture("3-export").await?;
    keys(desk, Key::Enter + "").await?;
    desk.by_id("report-written").await?;
    desk.picture("4-exported").await?;
    keys(desk, Key::Enter + "").await?;
    desk.gone("[data-testid='report-written']").await?;
    let journal = std::fs::read_to_string(desk.data().join("journal.ndjson"))?;
    expect(journal.lines().any(|line| line.contains("\"what\":\"notebook\"")), "the report is in the journal")
}

/// The report alone: a file in a browser, which needs nothing else and runs nothing.
async fn read_offline(desk: &Desk, report: &Path, account: &str) -> Outcome {
    desk.driver.goto(format!("file://{}", report.display())).await?;
    for wanted in ["Report of a notebook", "Ask the branch: 4711.", account, "Of 4 pins, 4 match", "EUR"] {
        desk.shows(wanted).await?;
    }
    let asked = desk.driver.execute("return performance.getEntriesByType('resource').length", Vec::new()).await?;
    expect(asked.json() == &Value::from(0), format!("nothing else is asked for: {:?}", asked.json()))?;
    let scripts = desk.attributes("script, link, img, iframe, object, embed", "src").await?;
    expect(scripts.is_empty(), "nothing else is in it")?;
    let overflow = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    expect(desk.driver.execute(overflow, Vec::new()).await?.json() == &Value::Bool(true), "it fits the window")?;
    desk.picture("5-report").await?;
    // The system's colours cannot be changed from here: what they ask for is put in force.
    let dark = "const style = document.querySelector('style'); \
                style.textContent = style.textContent.replace('(prefers-color-scheme: dark)', 'all')";
    desk.driver.execute(dark, Vec::new()).await?;
    desk.picture("5-report-dark").await?;
    desk.driver.execute("document.getElementById('cell-1').scrollIntoView()", Vec::new()).await?;
    desk.picture("5-report-event-dark").await
}

/// Back in the window, the report becomes a notebook of its own.
async fn open_again(desk: &Desk, report: &Path) -> Outcome {
    desk.driver.goto(PAGE).await?;
    desk.by_id("nav-notebook").await?;
    go(desk, 'n', "notebook").await?;
    desk.by_id("notebook-cells").await?;
    palette(desk, "open a report", "Notebook: open a report").await?;
    name_the_file(desk, report).await?;
    keys(desk, Key::Enter + "").await?;
    desk.shows("4 pins were read back").await?;
    desk.reads("[data-testid='notebook-result']", |told| told.contains("All 4 pins")).await?;
    desk.reads("[data-testid='cell-note']", |note| note == NOTE).await?;
    let notebooks = std::fs::read_dir(desk.data().join("notebooks"))?.count();
    expect(notebooks == 2, format!("it is a notebook of its own: there are {notebooks}"))
}

/// One byte of the pinned event is changed behind the program's back.
async fn tampered(desk: &Desk, deposit: &str) -> Outcome {
    flip(&desk.data().join(STORE), deposit)?;
    tab_to(desk, "notebook-cell").await?;
    keys(desk, "c").await?;
    desk.by_css("[data-testid='notebook-result']:not([data-broken='0'])").await?;
    let told = desk.reads("[data-testid='pin-outcome']", |told| told.contains("content hash")).await?;
    expect(told.contains("not as it was pinned any more") && told.contains("Verify the store"), told)?;
    expect(verdicts(desk).await?[0] == "broken", "the event says so itself")?;
    for shown in ["light", "dark"] {
        colours(desk, shown).await?;
        desk.picture(&format!("6-tampered-{shown}")).await?;
    }
    Ok(())
}

/// Changes a digit of an event's payload; the triggers that refuse it are put aside for the moment.
pub fn flip(store: &Path, position: &str) -> Outcome {
    let database = Connection::open(store)?;
    let mut all = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let triggers: Vec<(String, String)> =
        all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, _) in &triggers {
        database.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    let query = format!("SELECT CAST(payload AS TEXT) FROM es_event WHERE position = {position}");
    let payload: String = database.query_row(&query, [], |row| row.get(0))?;
    let digit = payload.rfind(|letter: char| letter.is_ascii_digit()).ok_or("a digit")?;
    let other = if payload.as_bytes()[digit] == b'7' { "8" } else { "7" };
    let changed = format!("{}{other}{}", &payload[..digit], &payload[digit + 1..]);
    let kind: String = database.query_row(
        &format!("SELECT typeof(payload) FROM es_event WHERE position = {position}"),
        [],
        |row| row.get(0),
    )?;
    let value = if kind == "blob" { rusqlite::types::Value::Blob(changed.into_bytes()) } else { changed.into() };
    database.execute(&format!("UPDATE es_event SET payload = ?1 WHERE position = {position}"), [value])?;
    for (_, sql) in &triggers {
        database.execute_batch(sql)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_notebook_over_another_store_says_that_nothing_can_be_said() {
    story_over(
        "notebook-elsewhere",
        &[],
        async |data| {
            small_bank(data)?;
            // Pinned in another bank, by the command line.
            let elsewhere = data.join("elsewhere.ledgerscope");
            for arguments in [
                &["demo", "--seed", "8", "--events", "300"][..],
                &["notebook", "pin", "Elsewhere", "--event", "120", "--note", "Is it here, too?"],
                &["notebook", "pin", "Elsewhere", "--stream", "account-100234"],
            ] {
                let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
                command.arg("--store").arg(&elsewhere).args(arguments).env("LEDGERSCOPE_DATA_DIR", data);
                let done = command.output()?;
                expect(done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())?;
            }
            Ok(())
        },
        async |desk| {
            desk.driver.set_window_rect(0, 0, 1280, 800).await?;
            desk.by_css("[data-testid^='account-row-']").await?;
            go(desk, 'n', "notebook").await?;
            desk.reads("[data-testid='pin-outcome']", |told| told.contains("Another store is open")).await?;
            expect(verdicts(desk).await? == ["unknown", "unknown"], "nothing is said about the pins")?;
            desk.shows("Is it here, too?").await?;
            desk.picture("1-another-store").await
        },
    )
    .await;
}
