//! A walk through the views of upkeep and the bank's further lists, by keyboard alone, in light and dark colours.

use std::time::{Duration, Instant};

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use es_sqlite::{OpenOptions, SqliteEventStore};
use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, PATIENCE, POLL, expect, story};
use crate::transfer::create_demo_bank;

#[tokio::test]
async fn everything_is_looked_after_by_keyboard_and_readable_in_both_colours() {
    story("upkeep", &[], async |desk| {
        create_demo_bank(desk).await?;
        let mut walk = Walk::new(desk);
        look_after_a_read_model(&mut walk).await?;
        refuse_a_spoilt_read_model(&mut walk).await?;
        look_at_processes(&mut walk).await?;
        look_after_the_store(&mut walk).await?;
        read_the_lists(&mut walk).await?;
        skip_what_cannot_be_applied(&mut walk).await?;
        narrow(desk).await?;
        walk.everybody_can_read_it()
    })
    .await;
}

/// Types keys to whatever has the focus.
pub async fn keys(desk: &Desk, keys: impl Into<TypingData>) -> Outcome {
    desk.driver.action_chain().send_keys(keys).perform().await?;
    Ok(())
}

/// Presses Enter on a control, as one does who has come to it with Tab: a control that is disabled while something ends is waited for.
pub async fn press(desk: &Desk, test_id: &str) -> Outcome {
    desk.by_id(test_id).await?;
    let focus = "const one = document.querySelector(`[data-testid='${arguments[0]}']`); one?.focus(); \
                 return one !== null && document.activeElement === one";
    let until = Instant::now() + PATIENCE;
    while desk.driver.execute(focus, vec![test_id.into()]).await?.json().as_bool() != Some(true) {
        expect(Instant::now() < until, format!("{test_id} takes the focus"))?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    keys(desk, Key::Enter + "").await
}

/// Goes to a view by its two keys. The focus must not be in a field.
pub async fn go(desk: &Desk, letter: char, title: &str) -> Outcome {
    desk.driver.execute("document.activeElement?.blur()", Vec::new()).await?;
    keys(desk, format!("g{letter}")).await?;
    desk.by_css(&format!("[data-testid='nav-{title}'][aria-current='page']")).await?;
    Ok(())
}

/// A walk through the window, and what was found on the way that not everybody can read.
pub struct Walk<'a> {
    pub desk: &'a Desk,
    unreadable: Vec<String>,
}

impl<'a> Walk<'a> {
    pub fn new(desk: &'a Desk) -> Self {
        Self { desk, unreadable: Vec::new() }
    }

    /// Fails with everything on the way that breaks a rule of accessibility.
    pub fn everybody_can_read_it(&self) -> Outcome {
        expect(self.unreadable.is_empty(), self.unreadable.join("\n"))
    }
}

/// A picture in light and one in dark colours, both checked by the rules that need a real layout too.
pub async fn both(walk: &mut Walk<'_>, step: &str) -> Outcome {
    for scheme in ["light", "dark"] {
        let choose = "document.documentElement.setAttribute('data-mantine-color-scheme', arguments[0])";
        walk.desk.driver.execute(choose, vec![scheme.into()]).await?;
        walk.desk.picture(&format!("{step}-{scheme}")).await?;
        let problems = problems(walk.desk).await?;
        walk.unreadable.extend(problems.into_iter().map(|problem| format!("{step} in {scheme}: {problem}")));
    }
    Ok(())
}

/// What breaks a rule of accessibility; contrast included, since here is a real layout.
async fn problems(desk: &Desk) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/axe-core/axe.min.js");
    desk.driver.execute(std::fs::read_to_string(axe)?, Vec::new()).await?;
    let run = "const done = arguments[0]; \
               const told = (node) => [...node.any, ...node.all, ...node.none].map((check) => check.message); \
               axe.run(document, { rules: { region: { enabled: false } } }).then((found) => done( \
                 found.violations.flatMap((one) => one.nodes.map((node) => \
                   `${one.id}: ${told(node).join(' ')} ${node.html.slice(0, 200)}`))))";
    Ok(desk.driver.execute_async(run, Vec::new()).await?.convert()?)
}

async fn look_after_a_read_model(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    go(desk, 'p', "projections").await?;
    desk.by_css("[data-testid='projection-accounts'][data-state='running']").await?;
    both(walk, "1-read-models").await?;
    press(desk, "open-accounts").await?;
    press(desk, "examine").await?;
    desk.by_css("[data-testid='doctor-report'][data-clean='true']").await?;
    let first = table_in_use(&views_of(desk)?)?;
    press(desk, "rebuild-accounts").await?;
    desk.by_id("confirm-rebuild").await?;
    desk.picture("2-rebuild-question").await?;
    press(desk, "confirm-rebuild").await?;
    desk.by_css("[data-testid='rebuild-report-accounts'][data-outcome='swapped']").await?;
    both(walk, "3-read-model-rebuilt").await?;
    press(desk, "menu-accounts").await?;
    desk.by_id("menu-roll-back").await?;
    both(walk, "4-read-model-menu").await?;
    press(desk, "menu-roll-back").await?;
    press(desk, "confirm-roll-back").await?;
    let (views, begun) = (views_of(desk)?, Instant::now());
    while table_in_use(&views)? != first {
        expect(begun.elapsed() < PATIENCE, format!("{first} is in use again"))?;
        tokio::time::sleep(POLL).await;
    }
    desk.by_css("[data-testid='projection-accounts'][data-state='running']").await?;
    Ok(())
}

fn views_of(desk: &Desk) -> Result<rusqlite::Connection, Box<dyn std::error::Error>> {
    let views = rusqlite::Connection::open(desk.data().join("bank.ledgerscope.views"))?;
    views.busy_timeout(PATIENCE)?;
    Ok(views)
}

/// The table of accounts that is read now.
fn table_in_use(views: &rusqlite::Connection) -> Result<String, Box<dyn std::error::Error>> {
    let active = "SELECT 'accounts__v' || active_version FROM es_projection WHERE name = 'accounts'";
    Ok(views.query_row(active, [], |row| row.get(0))?)
}

/// A row was changed behind the read model's back: a rebuild shows the cells and swaps only when told to.
async fn refuse_a_spoilt_read_model(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    let views = views_of(desk)?;
    let table = table_in_use(&views)?;
    let spoil = format!("UPDATE {table} SET balance = balance + 1 WHERE account_id = '100234'");
    expect(views.execute(&spoil, [])? == 1, "a row is changed")?;
    press(desk, "examine").await?;
    desk.by_css("[data-testid='doctor-report'][data-clean='false']").await?;
    press(desk, "rebuild-accounts").await?;
    press(desk, "confirm-rebuild").await?;
    desk.by_css("[data-testid='rebuild-report-accounts'][data-outcome='refused']").await?;
    desk.by_id("row-differences").await?;
    both(walk, "4a-refused").await?;
    press(desk, "swap-anyway").await?;
    desk.by_id("confirm-swap").await?;
    both(walk, "4b-swap-anyway").await?;
    press(desk, "confirm-swap").await?;
    desk.by_css("[data-testid='rebuild-report-accounts'][data-outcome='swapped']").await?;
    press(desk, "dismiss-accounts").await
}

/// Another program has written an event that nobody here knows: the read model names it, and leaves it out on record.
async fn skip_what_cannot_be_applied(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    let store = SqliteEventStore::open(desk.data().join("bank.ledgerscope"), OpenOptions::default())?;
    let event = NewEvent {
        event_id: uuid::Uuid::new_v4(),
        event_type: "Mystery".into(),
        schema_version: 1,
        payload: Payload::json("{}"),
        metadata: "{}".into(),
    };
    let stream = StreamName::new("account-100240")?;
    store.append(AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![event])).await?;
    store.close();
    go(desk, 'p', "projections").await?;
    press(desk, "open-accounts").await?;
    desk.by_id("halted-accounts").await?;
    both(walk, "19-halted").await?;
    press(desk, "skip-accounts").await?;
    desk.by_id("confirm-skip-reason").await?.send_keys("Written by a test").await?;
    both(walk, "20-skip").await?;
    press(desk, "confirm-skip").await?;
    desk.by_id("skipped").await?;
    desk.by_css("[data-testid='projection-accounts'][data-state='running']").await?;
    both(walk, "21-skipped").await
}

async fn look_at_processes(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    go(desk, 'r', "processes").await?;
    press(desk, "process-transfer").await?;
    both(walk, "5-processes").await?;
    press(desk, "show-all").await?;
    desk.by_id("instance-row").await?;
    let first = "document.querySelector(\"[data-testid='instance-row'][tabindex='0']\").focus()";
    desk.driver.execute(first, Vec::new()).await?;
    keys(desk, "j").await?;
    desk.by_id("operator-retry").await?;
    both(walk, "6-instance").await?;
    press(desk, "show-timers").await?;
    desk.picture("7-timers").await
}

async fn look_after_the_store(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    go(desk, 'm', "maintenance").await?;
    desk.by_id("verify-snapshots").await?;
    both(walk, "8-snapshots").await?;
    press(desk, "maintenance-retention").await?;
    press(desk, "add-rule").await?;
    desk.by_id("rule-name").await?.send_keys("account").await?;
    desk.by_id("rule-maxAge").await?.send_keys("30").await?;
    desk.by_id("rule-reason").await?.send_keys("Thirty days are enough for a demo").await?;
    both(walk, "9-rule").await?;
    press(desk, "save-rule").await?;
    desk.by_css("table[data-testid='rules']").await?;
    press(desk, "preview-retention").await?;
    desk.by_id("retention-plan").await?;
    both(walk, "10-retention").await?;
    press(desk, "maintenance-legal-holds").await?;
    press(desk, "place-hold").await?;
    desk.by_id("hold-name").await?.send_keys("CASE-7").await?;
    desk.by_id("hold-scope").await?.send_keys("account-100234").await?;
    desk.by_id("hold-reason").await?.send_keys("Court order of 3 March").await?;
    press(desk, "save-hold").await?;
    desk.by_id("lift-CASE-7").await?;
    both(walk, "11-legal-holds").await
}

async fn read_the_lists(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    go(desk, 'b', "bank").await?;
    for (step, place, ready) in [
        ("12-customers", "bank/customers", "[data-testid^='customer-row-']"),
        ("13-transfers", "bank/transfers", "[data-testid^='transfer-row-']"),
        ("14-orders", "bank/orders", "[role='grid'], [data-testid='empty-state']"),
        ("15-holds", "bank/holds", "[data-testid='hold-row']"),
        ("16-activity", "bank/activity", "[data-testid='activity-row']"),
        ("17-limits", "bank/limits", "[role='grid'], [data-testid='empty-state']"),
        ("18-audit", "bank/audit", "[data-testid='audit-row']"),
    ] {
        desk.driver.execute("window.location.hash = `#/${arguments[0]}`", vec![place.into()]).await?;
        desk.by_css(ready).await?;
        let row = format!("document.querySelector(\"{ready}\")?.closest(\"[tabindex='0']\")?.focus()");
        desk.driver.execute(row, Vec::new()).await?;
        keys(desk, " ").await?;
        both(walk, step).await?;
    }
    Ok(())
}

/// In a narrow window no part of the bank is out of reach.
async fn narrow(desk: &Desk) -> Outcome {
    desk.driver.set_window_rect(0, 0, 900, 700).await?;
    desk.driver.execute("window.location.hash = '#/bank/audit'", Vec::new()).await?;
    desk.by_css("[data-testid='bank-audit'][aria-current='page']").await?;
    desk.by_css("[data-testid='bank-more']").await?;
    let overflow = "const nav = document.querySelector('nav[aria-label=\"Parts of the bank\"]'); \
                    return nav.scrollWidth <= nav.clientWidth + 1";
    let fits = desk.driver.execute(overflow, Vec::new()).await?;
    expect(fits.json().as_bool() == Some(true), "the parts of the bank fit their bar")?;
    desk.picture("22-narrow").await?;
    press(desk, "bank-more").await?;
    press(desk, "bank-limits").await?;
    desk.by_css("[data-testid='bank-limits'][aria-current='page']").await?;
    Ok(())
}
