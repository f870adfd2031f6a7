//! Questions about the whole bank at an earlier moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

use super::investigate;
use super::made::{Bank, text};
use crate::harness::{Desk, Outcome, POLL, expect};
use crate::keyboard::{focus_comes_to, keys, palette};

/// A log that is folded for the first time, in a build that is not optimised.
const FOLDING: Duration = Duration::from_secs(120);

/// Sets the clock to what is typed, as a time or a position.
async fn set_clock(desk: &Desk, typed: &str) -> Outcome {
    keys(desk, "ta").await?;
    focus_comes_to(desk, "clock-field").await?;
    keys(desk, typed).await?;
    keys(desk, Key::Enter + "").await?;
    desk.by_css("[data-testid='clock-band'][data-position]").await?;
    Ok(())
}

/// Goes to the trial balance of the moment, and waits until it is folded.
async fn trial_balance(desk: &Desk) -> Outcome {
    palette(desk, "trial balance", "Trial balance").await?;
    let begun = Instant::now();
    while desk.read("[data-testid='trial-balance-EUR'] tbody").await?.is_empty() {
        expect(begun.elapsed() < FOLDING, "the log is folded to the moment")?;
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect::<String>().trim_start_matches('0').to_owned()
}

/// The shown position of the clock.
async fn position(desk: &Desk) -> Result<String, Box<dyn std::error::Error>> {
    let shown = desk.attributes("[data-testid='clock-band']", "data-position").await?;
    Ok(shown.into_iter().next().ok_or("the clock shows a position")?)
}

#[tokio::test]
async fn the_bank_at_noon_of_a_past_day_has_the_books_of_that_moment() {
    investigate("guide-04-noon", async |desk, bank| {
        let middle = bank.lines(&["events", "--after", "60000", "--limit", "1"])?;
        let day = text(&middle.first().ok_or("an event in the middle")?["recordedAt"])[..10].to_owned();
        set_clock(desk, &format!("{day} 12:00")).await?;
        desk.reads("[data-testid='clock-band']", |band| band.contains(&day)).await?;
        trial_balance(desk).await?;
        let rows = bank.ask(&[
            "projections",
            "rows",
            "trial_balance",
            "--at",
            &format!("{day}T12:00:00Z"),
            "--limit",
            "1000",
        ])?;
        let at = position(desk).await?;
        expect(text(&rows["position"]) == at, format!("noon is after position {}, not {at}", rows["position"]))?;
        desk.by_css("[data-testid='conserved-lamp'][data-conserved='true']").await?;
        desk.picture("1-trial-balance").await?;
        sums_are_those_of(desk, &rows).await?;
        accounts_are_those_of(desk, bank, &at).await
    })
    .await;
}

/// Debits and credits of each currency are the sums of the rows of the moment.
async fn sums_are_those_of(desk: &Desk, rows: &serde_json::Value) -> Outcome {
    let mut sums: BTreeMap<String, [i128; 2]> = BTreeMap::new();
    for row in rows["rows"].as_array().ok_or("rows")? {
        // The line that sums what is in flight is none of the ledger's accounts.
        if text(&row["account"]).starts_with("transfers:") {
            continue;
        }
        let sum = sums.entry(text(&row["currency"])).or_default();
        sum[0] += text(&row["debits"]).parse::<i128>()?;
        sum[1] += text(&row["credits"]).parse::<i128>()?;
    }
    expect(!sums.is_empty(), "money had moved by then")?;
    for (currency, [debits, credits]) in sums {
        for (side, sum) in [("debits", debits), ("credits", credits)] {
            let shown = desk.read(&format!("[data-testid='{side}-{currency}']")).await?;
            expect(digits(&shown) == sum.to_string(), format!("{side} in {currency} are {sum}, not {shown}"))?;
        }
    }
    Ok(())
}

/// Balances in the list are those that the accounts' own streams come to at the moment.
async fn accounts_are_those_of(desk: &Desk, bank: &Bank, at: &str) -> Outcome {
    palette(desk, "accounts", "Accounts").await?;
    desk.by_css("[data-testid^='account-row-']").await?;
    desk.picture("2-accounts").await?;
    let rows = desk.attributes("[data-testid^='account-row-']", "data-testid").await?;
    for row in rows.iter().take(5) {
        let account = row.trim_start_matches("account-row-");
        let state = bank.ask(&["state", "--stream", &format!("account-{account}"), "--at", &format!("@{at}")])?;
        let shown = desk.texts(&format!("[data-testid='{row}'] [role='gridcell']")).await?;
        let settled = text(&state["state"]["settled"]["minor"]);
        let there = shown.iter().any(|cell| digits(cell) == digits(&settled));
        expect(there, format!("account {account} had {settled} at {at}: {shown:?}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn transfers_in_flight_at_a_moment_are_those_that_have_left_and_not_arrived() {
    investigate("guide-05-in-flight", async |desk, bank| {
        let left = bank.lines(&["events", "--type", "TransferDebited", "--after", "60000", "--limit", "1"])?;
        let at = text(&left.first().ok_or("a transfer that leaves its source")?["position"]);
        palette(desk, &at, &format!("Event at position {at}")).await?;
        desk.by_id("detail-sentence").await?;
        keys(desk, "te").await?;
        desk.by_css(&format!("[data-testid='clock-band'][data-position='{at}']")).await?;
        trial_balance(desk).await?;
        let flying = in_flight(bank, &at)?;
        desk.picture("1-in-flight").await?;
        let shown: BTreeSet<String> = desk.texts("[data-testid='flights'] tbody th").await?.into_iter().collect();
        let expected: BTreeSet<String> = flying.keys().cloned().collect();
        expect(!expected.is_empty(), "something is in flight")?;
        expect(shown == expected, format!("{expected:?} are in flight, not {shown:?}"))?;
        for line in desk.texts("[data-testid='flights'] tbody tr").await? {
            let transfer = line.split_whitespace().next().unwrap_or_default();
            let amount = flying.get(transfer).ok_or("a transfer in flight")?;
            let cells: Vec<&str> = line.split('\t').collect();
            let shown = cells.last().copied().unwrap_or_default();
            expect(digits(shown) == *amount, format!("{transfer} carries {amount}, not {shown:?}"))?;
        }
        palette(desk, "transfers", "Transfers").await?;
        desk.reads("[data-testid='flights-line']", |line| line.contains(&format!("{} transfer", expected.len())))
            .await?;
        desk.picture("2-transfers").await
    })
    .await;
}

/// Transfers whose money has left and not arrived up to a position, with minor units, added up from the events alone.
fn in_flight(bank: &Bank, at: &str) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    let leave = ["TransferDebited", "TransferUnparked"];
    let arrive = [
        "TransferCredited",
        "TransferDebitReturned",
        "TransferParked",
        "TransferCompleted",
        "TransferCompensated",
        "ParkedTransferResolved",
    ];
    let mut arguments = vec!["events", "--last", at, "--limit", "0"];
    for kind in leave.iter().chain(&arrive) {
        arguments.extend(["--type", kind]);
    }
    let mut flying = BTreeMap::new();
    for event in bank.lines(&arguments)? {
        let transfer = text(&event["payload"]["transferId"]);
        if leave.contains(&text(&event["eventType"]).as_str()) {
            flying.insert(transfer, text(&event["payload"]["amount"]["minor"]));
        } else {
            flying.remove(&transfer);
        }
    }
    Ok(flying)
}
