//! Questions about the past of one account.

use std::collections::BTreeMap;

use thirtyfour::prelude::*;

use super::investigate;
use super::made::{Bank, number, text};
use crate::harness::{Desk, Outcome, expect};
use crate::keyboard::{focus_comes_to, focused, go, keys, palette, tab_and_press, tab_to};

/// An account is no longer new after so many events.
const SETTLED: u64 = 100;

/// Goes to the state of a stream's last version.
async fn travel(desk: &Desk, stream: &str) -> Outcome {
    palette(desk, stream, &format!("Time travel through {stream}")).await?;
    desk.by_id("state-tree").await?;
    Ok(())
}

/// Moves down the tree to a field.
async fn field(desk: &Desk, path: &str) -> Outcome {
    let node = format!("node-{path}");
    // The tree is one stop for Tab; within it the arrows move.
    let first = desk.attributes("[data-testid='state-tree'] [tabindex='0']", "data-testid").await?;
    tab_to(desk, first.first().ok_or("the tree has a stop")?).await?;
    for _ in 0..60 {
        if focused(desk).await? == node {
            return Ok(());
        }
        keys(desk, Key::Down + "").await?;
        tokio::time::sleep(crate::harness::POLL).await;
    }
    Err(format!("the arrows lead to {path}").into())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Minor units of an amount as it is shown: `1,234.50 EUR`, with whatever sign and spaces.
fn minor(shown: &str) -> Option<i128> {
    let negative = shown.contains('-') || shown.contains('\u{2212}');
    let amount: i128 = digits(shown).parse().ok()?;
    Some(if negative { -amount } else { amount })
}

#[tokio::test]
async fn why_a_balance_is_what_it_is_stands_in_the_history_of_the_field() {
    investigate("guide-01-balance", async |desk, bank| {
        let stream = bank.account(120)?;
        let account = stream.trim_start_matches("account-");
        go(desk, 'b', "bank").await?;
        keys(desk, "/").await?;
        focus_comes_to(desk, "account-search").await?;
        keys(desk, account).await?;
        desk.by_css(&format!(
            "[data-testid='account-row-{account}'][data-index='0'], [data-testid='account-row-{account}']"
        ))
        .await?;
        tab_to(desk, &format!("account-row-{account}")).await?;
        keys(desk, Key::Enter + "").await?;
        let closing = desk.reads("[data-testid='closing-balance']", |shown| !shown.is_empty()).await?;
        desk.by_id("statement-row").await?;
        desk.picture("1-statement").await?;
        travel(desk, &stream).await?;
        field(desk, "/settled").await?;
        keys(desk, "h").await?;
        desk.by_id("field-changes-step").await?;
        desk.picture("2-history").await?;
        history_adds_up(desk, bank, &stream, &closing).await
    })
    .await;
}

/// Every change is listed with its event, each goes on from the one before, and the last one is the balance.
async fn history_adds_up(desk: &Desk, bank: &Bank, stream: &str, closing: &str) -> Outcome {
    let told = bank.ask(&["blame", "--stream", stream, "--path", "/settled"])?;
    let changes = told["changes"].as_array().ok_or("changes")?;
    let steps = desk.texts("[data-testid='field-changes-step']").await?;
    expect(told["leftOut"] == "0", "the whole history is short enough to be listed")?;
    expect(steps.len() == changes.len(), format!("{} changes are listed, not {}", changes.len(), steps.len()))?;
    let mut before = 0_i128;
    for (step, change) in steps.iter().zip(changes) {
        let (version, kind) = (text(&change["event"]["version"]), text(&change["event"]["eventType"]));
        let after = amount(&change["after"])?;
        let lines: Vec<&str> = step.lines().collect();
        expect(
            digits(lines.first().copied().unwrap_or_default()) == version,
            format!("{step:?} is version {version}"),
        )?;
        expect(step.contains(&kind), format!("{step:?} is a {kind}"))?;
        expect(
            change["before"].is_null() || amount(&change["before"])? == before,
            format!("{change} goes on from {before}"),
        )?;
        expect(lines.iter().any(|line| minor(line) == Some(after)), format!("{step:?} leads to {after}"))?;
        before = after;
    }
    expect(minor(closing) == Some(before), format!("the history ends with the statement's {closing}, not {before}"))
}

fn amount(value: &serde_json::Value) -> Result<i128, Box<dyn std::error::Error>> {
    Ok(text(&value["minor"]).parse()?)
}

#[tokio::test]
async fn who_last_changed_a_field_is_told_beside_it() {
    investigate("guide-02-blame", async |desk, bank| {
        let stream = bank.account(400)?;
        let told = bank.ask(&["blame", "--stream", &stream])?;
        let values = told["values"].as_array().ok_or("values")?;
        let by_path: BTreeMap<String, &serde_json::Value> =
            values.iter().map(|one| (text(&one["path"]), &one["event"])).collect();
        let wanted = by_path.get("/status").ok_or("an account has a status")?;
        travel(desk, &stream).await?;
        field(desk, "/status").await?;
        let line = desk.reads("[data-testid='blame-line']", |line| line.contains("set by")).await?;
        let (kind, version, actor) = (text(&wanted["eventType"]), text(&wanted["version"]), text(&wanted["actor"]));
        for part in [&kind, &actor] {
            expect(line.contains(part.as_str()), format!("{line:?} names {part}"))?;
        }
        let place = digits(&text(&wanted["position"]));
        expect(digits(&line).ends_with(&place), format!("{line:?} names position {place}"))?;
        desk.picture("1-field").await?;
        keys(desk, "b").await?;
        desk.by_css("[data-testid='blame-margin'][data-version]").await?;
        desk.picture("2-blame").await?;
        for path in desk.attributes("[data-testid='state-tree'] [data-path]:has([data-version])", "data-path").await? {
            let shown = desk
                .attributes(&format!("[data-testid='state-tree'] [data-path='{path}'] [data-version]"), "data-version")
                .await?;
            let expected = by_path.get(&path).map(|event| text(&event["version"]));
            expect(
                shown.first() == expected.as_ref(),
                format!("{path} was set at version {expected:?}, not {shown:?}"),
            )?;
        }
        // Enter goes to the version that set it.
        keys(desk, Key::Enter + "").await?;
        desk.reads("[data-testid='version-label']", |label| digits(label).starts_with(&version)).await?;
        desk.reads("[data-testid='state-event-type']", |shown| shown == kind).await?;
        desk.picture("3-its-event").await
    })
    .await;
}

#[tokio::test]
async fn the_first_moment_that_available_fell_below_a_value_is_found() {
    investigate("guide-03-first-below", async |desk, bank| {
        let stream = bank.account(2_000)?;
        // As low as it ever was after its first hundred events: what leads there is in the middle, and unlike the beginning.
        let watched = bank.ask(&["watch", "--stream", &stream, "available"])?;
        let points = watched["points"].as_array().ok_or("points")?;
        let later = points.iter().filter(|point| number(&point["version"]).is_ok_and(|version| version > SETTLED));
        let lowest = later.filter_map(|point| minor(&text(&point["value"]))).min().ok_or("values")?;
        let limit = lowest + 1;
        let condition = format!("event.version > {SETTLED} && available < {limit}");
        let told = bank.ask(&["bisect", "--stream", &stream, &condition])?;
        travel(desk, &stream).await?;
        keys(desk, "f").await?;
        focus_comes_to(desk, "bisect-field").await?;
        keys(desk, condition.as_str()).await?;
        keys(desk, Key::Enter + "").await?;
        let found = desk.reads("[data-testid='bisected']", |found| !found.is_empty()).await?;
        let (version, kind) = (text(&told["first"]["version"]), text(&told["first"]["eventType"]));
        expect(!version.is_empty(), format!("{condition} holds somewhere in {stream}"))?;
        expect(
            digits(found.split(',').next().unwrap_or_default()) == version,
            format!("{found:?} is version {version}"),
        )?;
        expect(found.contains(&kind), format!("{found:?} is a {kind}"))?;
        desk.picture("1-found").await?;
        tab_and_press(desk, "bisect-go").await?;
        desk.reads("[data-testid='version-label']", |label| digits(label).starts_with(&version)).await?;
        desk.reads("[data-testid='state-event-type']", |shown| shown == kind).await?;
        holds_here_and_not_before(bank, &stream, number(&told["first"]["version"])?, limit)?;
        desk.picture("2-there").await
    })
    .await;
}

/// The states themselves, folded to the version and to the one before.
fn holds_here_and_not_before(bank: &Bank, stream: &str, version: u64, limit: i128) -> Outcome {
    let available = |version: u64| -> Result<i128, Box<dyn std::error::Error>> {
        amount(&bank.ask(&["state", "--stream", stream, "--at", &version.to_string()])?["state"]["available"])
    };
    expect(available(version)? < limit, format!("version {version} is below {limit}"))?;
    let before = version - 1;
    expect(before <= SETTLED || available(before)? >= limit, format!("version {before} is not below {limit}"))
}

#[tokio::test]
async fn what_differs_between_two_versions_is_shown_and_nothing_else() {
    investigate("guide-07-versions", async |desk, bank| {
        let stream = bank.account(2_000)?;
        let told = bank.ask(&["diff", "--stream", &stream, "--from", "40", "--to", "73"])?;
        travel(desk, &stream).await?;
        for (version, then) in [("40", "m"), ("73", "d")] {
            keys(desk, "v").await?;
            focus_comes_to(desk, "version-field").await?;
            keys(desk, version).await?;
            keys(desk, Key::Enter + "").await?;
            desk.reads("[data-testid='version-label']", |label| digits(label).starts_with(version)).await?;
            keys(desk, then).await?;
        }
        desk.reads("[data-testid='differences']", |line| line.contains("from version 40 to version 73")).await?;
        let only = desk.attributes("[data-testid='changes-only']:checked", "data-testid").await?;
        expect(only.len() == 1, "only what differs is asked for")?;
        desk.picture("1-differences").await?;
        differences_are(desk, &told).await
    })
    .await;
}

/// The tree names every difference that the command line does: at the path, or at the amount that people read it as.
async fn differences_are(desk: &Desk, told: &serde_json::Value) -> Outcome {
    let changes = told["changes"].as_array().ok_or("changes")?;
    let shown = desk.attributes("[data-testid='state-tree'] [data-path]", "data-path").await?;
    expect(!changes.is_empty(), "something differs")?;
    for change in changes {
        let path = text(&change["path"]);
        let there = shown
            .iter()
            .any(|one| *one == path || path.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/')));
        expect(there, format!("{path} differs and is shown among {shown:?}"))?;
    }
    let paths: Vec<String> = changes.iter().map(|change| text(&change["path"])).collect();
    for path in &shown {
        let differs = paths
            .iter()
            .any(|one| one == path || one.starts_with(&format!("{path}/")) || path.starts_with(&format!("{one}/")));
        expect(path.is_empty() || differs, format!("{path} is shown and differs"))?;
    }
    Ok(())
}
