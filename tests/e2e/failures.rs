//! Six ways in which a server can fail, in the real window: each told in its own words when the connection is tried and when
//! it is opened, and no secret on the page.

use std::collections::BTreeSet;

use sqlx::Connection;
use thirtyfour::prelude::*;

use crate::connections::fill;
use crate::harness::{Desk, Outcome, expect, story};
use crate::secured::secured;
use crate::transfer::create_demo_bank;
use crate::upkeep::{Walk, both, go, keys, press};

/// A login that must not be told to anybody.
const WRONG: &str = "not-the-password-7";

/// A server that fails, and how the window has to say so.
struct Case {
    name: &'static str,
    code: &'static str,
    /// The connection string with its password.
    url: String,
    password: String,
    read_only: bool,
    /// What is done to the database before.
    before: Option<&'static str>,
    /// Words of the message.
    words: &'static [&'static str],
}

#[tokio::test]
async fn each_way_in_which_a_server_can_fail_is_told_in_its_own_words_without_a_secret() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (cluster, authority) = secured(folder.path());
    let url = cluster.url();
    let (user, password) = cluster.login();
    let cases = cases(user, password, cluster.port(), &authority.display().to_string());
    let secrets = [password.to_owned(), WRONG.to_owned()];
    story("failures", &[], async |desk| {
        create_demo_bank(desk).await?;
        sql(&url, "CREATE SCHEMA halfway").await?;
        let mut walk = Walk::new(desk);
        go(desk, 'o', "connections").await?;
        create_the_store(desk, &cases[0], password).await?;
        let (mut tried, mut opened) = (BTreeSet::new(), BTreeSet::new());
        for case in &cases {
            if let Some(statement) = case.before {
                sql(&url, statement).await?;
            }
            tried.insert(try_it(&mut walk, case, &secrets).await?);
            opened.insert(open_it(&mut walk, case, &secrets).await?);
        }
        expect(tried.len() == cases.len(), format!("each has words of its own when it is tried: {tried:#?}"))?;
        expect(opened.len() == cases.len(), format!("each has words of its own when it is opened: {opened:#?}"))?;
        walk.everybody_can_read_it()
    })
    .await;
}

fn cases(user: &str, password: &str, port: u16, authority: &str) -> [Case; 6] {
    let at =
        |password: &str, options: &str| format!("postgres://{user}:{password}@localhost:{port}/postgres?{options}");
    let trusted = format!("sslmode=verify-full&sslrootcert={authority}");
    let case = |name, code, url, words| Case {
        name,
        code,
        url,
        password: password.to_owned(),
        read_only: false,
        before: None,
        words,
    };
    let unreachable = format!("postgres://ada:{password}@127.0.0.1:1/d");
    [
        Case {
            password: WRONG.to_owned(),
            ..case("Wrong password", "login_refused", at(WRONG, &trusted), &["refuses the login", "localhost"])
        },
        case("Unreachable", "server_unreachable", unreachable, &["cannot be reached", "127.0.0.1:1"]),
        case("Untrusted", "untrusted_certificate", at(password, "sslmode=verify-full"), &["not trusted", "localhost"]),
        case("No tables", "missing_schema", at(password, &format!("{trusted}&schema=halfway")), &["lacks", "halfway"]),
        Case {
            before: Some("UPDATE ledgerscope.es_schema_version SET version = 99"),
            ..case("Newer", "newer_schema", at(password, &trusted), &["99", "knows versions up to"])
        },
        Case {
            // Whoever may write brings it up to date; a connection that is marked as read-only does not.
            read_only: true,
            before: Some("UPDATE ledgerscope.es_schema_version SET version = 0"),
            ..case("Older", "older_schema", at(password, &trusted), &["schema version 0", "needs version"])
        },
    ]
}

async fn sql(url: &str, statement: &'static str) -> Outcome {
    let mut connection = sqlx::PgConnection::connect(url).await?;
    sqlx::raw_sql(statement).execute(&mut connection).await?;
    Ok(())
}

/// Fills the form; the pasted string goes into its fields.
async fn fill_in(desk: &Desk, name: &str, url: &str, read_only: bool) -> Outcome {
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", url.to_owned() + Key::Enter).await?;
    desk.by_id("connection-password").await?;
    fill(desk, "connection-name", name).await?;
    if read_only {
        desk.by_id("connection-read-only").await?.focus().await?;
        keys(desk, " ").await?;
    }
    Ok(())
}

async fn create_the_store(desk: &Desk, like: &Case, password: &str) -> Outcome {
    fill_in(desk, "Store", &like.url.replace(WRONG, password), false).await?;
    press(desk, "save-connection").await?;
    press(desk, "open-Store").await?;
    fill(desk, "typed-password", password.to_owned() + Key::Enter).await?;
    press(desk, "create-store").await?;
    desk.shows("Fill this store").await?;
    stay_at_connections(desk).await
}

/// Goes to the connections for good: a store that has just been opened leads elsewhere once.
pub async fn stay_at_connections(desk: &Desk) -> Outcome {
    for _ in 0..20 {
        go(desk, 'o', "connections").await?;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let here = "return document.querySelector(`[data-testid='nav-connections'][aria-current='page']`) !== null";
        if desk.driver.execute(here, Vec::new()).await?.json().as_bool() == Some(true) {
            return Ok(());
        }
    }
    Err("the window does not stay at the connections".into())
}

async fn no_secret(desk: &Desk, secrets: &[String]) -> Outcome {
    let shown = desk.text().await?;
    let told = secrets.iter().find(|secret| shown.contains(secret.as_str()));
    expect(told.is_none(), format!("a secret is on the page: {shown}"))
}

fn has_words(case: &Case, told: &str) -> Outcome {
    let missing = case.words.iter().find(|word| !told.contains(**word));
    expect(missing.is_none(), format!("{}: {missing:?} is not said: {told}", case.name))
}

/// Tries the connection in its form: the last step fails, and says what to do.
async fn try_it(walk: &mut Walk<'_>, case: &Case, secrets: &[String]) -> Result<String, Box<dyn std::error::Error>> {
    fill_in(walk.desk, case.name, &case.url, case.read_only).await?;
    press(walk.desk, "test-connection").await?;
    let step = walk.desk.by_css("[data-testid='test-step'][data-outcome='failed']").await?;
    let told = step.text().await?;
    has_words(case, &told)?;
    no_secret(walk.desk, secrets).await?;
    both(walk, &format!("tried-{}", case.code)).await?;
    press(walk.desk, "save-connection").await?;
    walk.desk.by_id(&format!("connection-{}", case.name)).await?;
    Ok(told)
}

/// Opens it from the list: the window says why it cannot, and stays on the store that was open.
async fn open_it(walk: &mut Walk<'_>, case: &Case, secrets: &[String]) -> Result<String, Box<dyn std::error::Error>> {
    let desk = walk.desk;
    press(desk, &format!("open-{}", case.name)).await?;
    fill(desk, "typed-password", case.password.clone() + Key::Enter).await?;
    let told = if case.code == "missing_schema" {
        // Where there is no store yet, one is offered.
        let asked = desk.by_id("ask-create").await?.text().await?;
        both(walk, "opened-missing_schema").await?;
        no_secret(desk, secrets).await?;
        keys(desk, Key::Escape + "").await?;
        asked
    } else {
        let code = format!("({})", case.code);
        // The message may still be on its way into view.
        desk.shows(&code).await?;
        let alert = desk.by_css(&format!("[data-testid='failure-{}']", case.code)).await?;
        let alert = alert.prop("textContent").await?.unwrap_or_default();
        expect(alert.contains(&code), format!("{}: the code is said: {alert}", case.name))?;
        desk.picture(&format!("opened-{}", case.code)).await?;
        no_secret(desk, secrets).await?;
        alert
    };
    has_words(case, &told)?;
    Ok(told)
}
