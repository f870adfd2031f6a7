//! Everything about one customer, taken out and put into an empty store.

use std::collections::BTreeMap;
use std::path::Path;

use thirtyfour::prelude::*;

use super::investigate;
use super::made::{self, number, text};
use crate::harness::{Desk, Outcome, expect, story};
use crate::keyboard::{focus_comes_to, go, keys, name_the_file, palette, tab_and_press, tab_to};

/// What an event is, whatever store it is in: its stream, its version there, its id and the hash of its content.
type Known = BTreeMap<(String, u64), (String, String)>;

fn known(events: &[serde_json::Value]) -> Result<Known, Box<dyn std::error::Error>> {
    let one = |event: &serde_json::Value| {
        Ok((
            (text(&event["stream"]), number(&event["version"])?),
            (text(&event["eventId"]), text(&event["contentHash"])),
        ))
    };
    events.iter().map(one).collect()
}

#[tokio::test]
async fn everything_about_a_customer_is_taken_out_and_is_the_same_in_an_empty_store() {
    let folder = tempfile::Builder::new().prefix("exports-").tempdir().expect("a folder for the file");
    let file = folder.path().join("customer.ndjson");
    let mut expected = Known::new();
    investigate("guide-10-export", async |desk, bank| {
        let listed = bank.ask(&["streams", "--category", "customer", "--order", "length", "--limit", "1"])?;
        let customer = text(&listed["streams"][0]["stream"]);
        expected = known(&bank.lines(&["events", "--about", &customer, "--limit", "0"])?)?;
        show_everything(desk, &customer).await?;
        let count = expected.len().to_string();
        desk.reads("[data-testid='event-count']", |shown| digits(shown) == count).await?;
        desk.picture("1-everything").await?;
        export(desk, &file, &count).await
    })
    .await;
    story("guide-10-import", &[], async |desk| {
        desk.driver.set_window_rect(0, 0, 1280, 800).await?;
        import(desk, &file).await?;
        let store = desk.data().join("bank.ledgerscope");
        let there = known(&made::lines(&store, &["events", "--limit", "0"])?)?;
        let of_customer: Known = there.into_iter().filter(|((stream, _), _)| !stream.starts_with('$')).collect();
        expect(of_customer == expected, format!("{} events are the same, of {}", of_customer.len(), expected.len()))
    })
    .await;
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// From the customer to everything about them.
async fn show_everything(desk: &Desk, customer: &str) -> Outcome {
    let id = customer.trim_start_matches("customer-");
    palette(desk, "customers", "Customers").await?;
    keys(desk, "/").await?;
    focus_comes_to(desk, "customer-search").await?;
    keys(desk, id).await?;
    // Before the search is answered the list is the one of all customers, whose first row is where Tab leads.
    desk.gone(&format!("[data-testid^='customer-row-']:not([data-testid='customer-row-{id}'])")).await?;
    tab_to(desk, &format!("customer-row-{id}")).await?;
    keys(desk, " ").await?;
    tab_and_press(desk, "customer-everything").await?;
    desk.by_css("[data-testid='nav-events'][aria-current='page']").await?;
    Ok(())
}

async fn export(desk: &Desk, file: &Path, count: &str) -> Outcome {
    palette(desk, "export", "Export the whole match").await?;
    desk.reads("[data-testid='export-count']", |shown| digits(shown) == count && !shown.contains("least")).await?;
    name_the_file(desk, file).await?;
    desk.picture("2-export").await?;
    keys(desk, Key::Enter + "").await?;
    let report = desk.reads("[data-testid='export-report']", |report| !report.is_empty()).await?;
    expect(
        digits(report.split("event").next().unwrap_or_default()) == count,
        format!("{count} are written: {report:?}"),
    )?;
    desk.picture("3-exported").await?;
    let lines = std::fs::read_to_string(file)?;
    let events = lines.lines().filter(|line| line.contains("\"contentHash\"")).count();
    expect(events.to_string() == count, format!("the file has {count} events, not {events}"))
}

async fn import(desk: &Desk, file: &Path) -> Outcome {
    desk.by_id("demo-create").await?;
    go(desk, 'e', "events").await?;
    desk.by_id("import-empty").await?;
    palette(desk, "import", "Import events from a file").await?;
    name_the_file(desk, file).await?;
    desk.picture("1-import").await?;
    keys(desk, Key::Enter + "").await?;
    let report = desk.reads("[data-testid='import-report']", |report| !report.is_empty()).await?;
    expect(
        report.contains("holds the file’s events and no others") || report.contains("exactly the file’s events"),
        report,
    )?;
    desk.picture("2-imported").await?;
    keys(desk, Key::Enter + "").await?;
    desk.by_css("[data-testid='event-row']").await?;
    desk.picture("3-same-events").await
}
