//! The window in German: events, forms, rejections and failures are told in it, and the store knows nothing of that.

use std::net::TcpListener;
use std::process::Command;

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use es_sqlite::{OpenOptions, SqliteEventStore};
use es_testkit::eventstoredb::{Options, TestServer};
use thirtyfour::prelude::*;

use crate::connections::fill;
use crate::desk::{STORE, at_the_desk};
use crate::failures::stay_at_connections;
use crate::harness::{Desk, Outcome, PATIENCE, expect};
use crate::investigations::made;
use crate::keyboard::{held, write};
use crate::servers::another_program;
use crate::upkeep::{Walk, both, keys, press};

/// Chooses a language as the window remembers it, and draws the window anew.
async fn speak(desk: &Desk, language: &str) -> Outcome {
    let choose = format!(
        "const kept = JSON.parse(localStorage.getItem('ledgerscope.settings') ?? '{{}}'); \
         localStorage.setItem('ledgerscope.settings', JSON.stringify({{ ...kept, language: '{language}' }})); \
         location.reload();"
    );
    desk.driver.execute(choose, Vec::new()).await?;
    desk.by_css(&format!("html[lang='{language}']")).await?;
    desk.by_id("account-row-100234").await?;
    Ok(())
}

async fn at(desk: &Desk, address: &str) -> Outcome {
    desk.driver.execute(format!("location.hash = '#/{address}'"), Vec::new()).await?;
    Ok(())
}

#[tokio::test]
async fn what_rust_says_is_german_in_a_german_window_and_english_in_the_store() {
    at_the_desk("language-german", async |desk| {
        speak(desk, "de").await?;
        at(desk, "events?type=MoneyDeposited").await?;
        desk.shows("Einzahlung von ").await?;
        desk.picture("1-events").await?;

        at(desk, "commands?command=Withdraw").await?;
        desk.shows("Zahlt Bargeld aus, höchstens das Verfügbare").await?;
        write(desk, "field-accountId", "100234").await?;
        write(desk, "field-amount", "9999999.50").await?;
        held(desk, Key::Alt, Key::Enter + "").await?;
        desk.by_css("[data-testid='outcome'][data-outcome='dry-rejected']").await?;
        desk.shows("Konto 100234 ").await?;
        desk.shows("9.999.999,50 EUR").await?;
        desk.picture("2-rejected").await?;

        at(desk, "commands?command=OpenAccount").await?;
        desk.shows("Eröffnet ein Konto für einen aktiven Kunden.").await?;
        desk.picture("3-form").await?;

        at(desk, "time?stream=account-nobody&version=1").await?;
        desk.shows("Es gibt keinen Stream account-nobody.").await?;
        desk.picture("4-failure").await?;

        let events = made::lines(&desk.data().join(STORE), &["events", "--limit", "0"])?;
        let told = |event: &serde_json::Value| made::text(&event["sentence"]);
        expect(events.iter().any(|event| told(event).starts_with("Deposit of ")), "the command line tells English")
    })
    .await;
}

/// English words that no German text has; those of people and names of the field stand elsewhere than where they are looked for.
const ENGLISH: &[&str] = &[
    "the", "is", "of", "and", "not", "has", "there", "cannot", "with", "from", "nothing", "event", "events", "bytes",
    "expected", "missing", "field", "reading", "failed", "refused", "than", "which", "only", "source",
];

/// Fails if what a selector names has an English word. What is in typewriter letters is a name or what somebody typed.
async fn is_german(desk: &Desk, selector: &str) -> Outcome {
    let script = "const texts = []; \
                  for (const one of document.querySelectorAll(arguments[0])) { \
                    const copy = one.cloneNode(true); \
                    copy.querySelectorAll('.mono, code, pre, input, textarea, kbd').forEach((inner) => inner.remove()); \
                    texts.push(copy.textContent); } \
                  return texts";
    let texts: Vec<String> = desk.driver.execute(script, vec![selector.into()]).await?.convert()?;
    expect(!texts.is_empty(), format!("{selector} is shown"))?;
    for text in texts {
        let words = text.split(|letter: char| !letter.is_alphanumeric() && !"-_$./".contains(letter));
        let english = words.map(str::to_lowercase).find(|word| ENGLISH.contains(&word.as_str()));
        expect(english.is_none(), format!("{selector} says {english:?}: {text}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_conditions_payloads_and_read_models_is_told_in_german() {
    at_the_desk("language-faults", async |desk| {
        speak(desk, "de").await?;
        let mut walk = Walk::new(desk);
        bad_conditions(&mut walk).await?;
        bad_payloads(&mut walk).await?;
        a_ledger(&mut walk).await?;
        a_drifted_read_model(&mut walk).await?;
        an_unknown_event(&mut walk).await?;
        walk.everybody_can_read_it()
    })
    .await;
}

/// A syntax error, a name that is not there, and a comparison that has no meaning.
async fn bad_conditions(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    for (number, condition, told) in [
        (1, "payload.amount ==", "der Ausdruck endet, wo noch etwas fehlt"),
        (2, "elsewhere > 1", "elsewhere gibt es nicht; die Namen sind event, payload, metadata und state"),
        (3, "event.type.frobnicate()", "eine Funktion frobnicate gibt es hier nicht"),
        (4, "event.type.matches('(')", "eine Gruppe ist nicht geschlossen"),
    ] {
        let go = "location.hash = `#/events?condition=${encodeURIComponent(arguments[0])}`";
        desk.driver.execute(go, vec![condition.into()]).await?;
        desk.shows(told).await?;
        both(walk, &format!("1-condition-{number}")).await?;
    }
    at(desk, "events?condition=event.type%20%3E%201").await?;
    desk.by_css("[aria-label*='ein Text und eine Zahl haben keine Reihenfolge']").await?;
    both(walk, "1-condition-5").await?;
    at(desk, "time?stream=account-100234&tool=watch&watch=status%20%3E%201").await?;
    desk.shows("Ein Text und eine Zahl haben keine Reihenfolge.").await?;
    both(walk, "2-watch").await
}

/// Fields of the wrong kind, in JSON.
async fn bad_payloads(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    at(desk, "commands?command=Deposit").await?;
    desk.by_id("execute").await?;
    desk.driver.execute("document.querySelector(`input[type='radio'][value='json']`).click()", Vec::new()).await?;
    let field = desk.by_id("raw-json").await?;
    field.clear().await?;
    field
        .send_keys(r#"{"accountId": 7, "amount": {"minor": "-1", "currency": "Taler"}, "text": [], "more": 1}"#)
        .await?;
    desk.by_id("json-faults").await?;
    desk.shows("7 ist kein Text").await?;
    desk.shows("ist kein Währungscode nach ISO 4217").await?;
    desk.shows("ist kein Feld dieses Befehls").await?;
    is_german(desk, "[data-testid='json-faults']").await?;
    both(walk, "3-payload").await?;
    let field = desk.by_id("raw-json").await?;
    field.clear().await?;
    field.send_keys(r#"{"accountId": }"#).await?;
    desk.shows("Zeile 1, Spalte 15: “}” gehört nicht hierher").await?;
    both(walk, "3-no-json").await
}

async fn a_ledger(walk: &mut Walk<'_>) -> Outcome {
    at(walk.desk, "bank/trial-balance").await?;
    walk.desk.shows("Kundeneinlagen").await?;
    is_german(walk.desk, "[data-testid='trial-balance-EUR']").await?;
    both(walk, "4-ledger").await
}

/// A row was changed behind the read model's back.
async fn a_drifted_read_model(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    at(desk, "projections?projection=accounts").await?;
    desk.by_css("[data-testid='projection-accounts'][data-state='running']").await?;
    let views = rusqlite::Connection::open(desk.data().join(format!("{STORE}.views")))?;
    views.busy_timeout(PATIENCE)?;
    let active = "SELECT 'accounts__v' || active_version FROM es_projection WHERE name = 'accounts'";
    let table: String = views.query_row(active, [], |row| row.get(0))?;
    let spoil = format!("UPDATE {table} SET balance = balance + 1 WHERE account_id = '100234'");
    expect(views.execute(&spoil, [])? == 1, "a row is changed")?;
    drop(views);
    press(desk, "examine").await?;
    desk.by_css("[data-testid='doctor-report'][data-clean='false']").await?;
    is_german(desk, "[data-testid='doctor-report']").await?;
    both(walk, "5-drift").await?;
    press(desk, "rebuild-accounts").await?;
    press(desk, "confirm-rebuild").await?;
    desk.by_css("[data-testid='rebuild-report-accounts'][data-outcome='refused']").await?;
    is_german(desk, "[data-testid='rebuild-report-accounts']").await?;
    both(walk, "6-rebuild-refused").await
}

/// Another program has written an event that nobody here knows.
async fn an_unknown_event(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    let store = SqliteEventStore::open(desk.data().join(STORE), OpenOptions::default())?;
    let event = NewEvent {
        event_id: uuid::Uuid::new_v4(),
        event_type: "Mystery".into(),
        schema_version: 1,
        payload: Payload::json("{}"),
        metadata: "{}".into(),
    };
    let stream = StreamName::new("account-100240")?;
    let appended = store.append(AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![event])).await?;
    store.close();
    at(desk, "projections?projection=accounts").await?;
    desk.by_id("halted-accounts").await?;
    desk.shows("nbekannter Ereignistyp Mystery v1").await?;
    is_german(desk, "[data-testid='halted-accounts']").await?;
    both(walk, "7-halted").await?;
    at(desk, &format!("events?event={}&panel=data", appended.last_position())).await?;
    desk.shows("nbekannter Ereignistyp Mystery v1").await?;
    both(walk, "8-unknown-event").await?;
    at(desk, "time?stream=account-100240").await?;
    desk.shows("nbekannter Ereignistyp Mystery v1").await?;
    both(walk, "9-not-folded").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_stores_servers_and_copies_is_told_in_german() {
    let server = TestServer::start(Options { system_projections: true, ..Options::default() });
    another_program(&server).await;
    // It takes connections and never says a word.
    let hanging = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = hanging.local_addr().expect("its address").port();
    at_the_desk("language-stores", async |desk| {
        speak(desk, "de").await?;
        let mut walk = Walk::new(desk);
        stay_at_connections(desk).await?;
        let data = desk.data();
        std::fs::write(data.join("notes.txt"), "no store at all, but a text that is long enough to be looked at")?;
        let no_store = data.join("notes.txt").display().to_string();
        for (name, text, told) in [
            ("Unerreichbar", "postgres://ada@127.0.0.1:1/d".to_owned(), "Verbindung abgelehnt"),
            ("Stumm", format!("postgres://ada@127.0.0.1:{port}/d"), "keine Antwort innerhalb von"),
            ("Notizen", no_store, "ist kein Ledgerscope-Speicher"),
            ("Fort", data.join("gone.ledgerscope").display().to_string(), "Es gibt keinen Speicher unter"),
        ] {
            try_it(&mut walk, name, text, told).await?;
        }
        a_copy_that_differs(&mut walk).await?;
        a_parity_run(&mut walk).await?;
        the_server(&mut walk, &server).await?;
        walk.everybody_can_read_it()
    })
    .await;
    drop(hanging);
}

/// Tries a connection in its form, then opens it from the list.
async fn try_it(walk: &mut Walk<'_>, name: &str, text: String, told: &str) -> Outcome {
    let desk = walk.desk;
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", text + Key::Enter).await?;
    fill(desk, "connection-name", name).await?;
    press(desk, "test-connection").await?;
    desk.by_css("[data-testid='test-step'][data-outcome='failed']").await?;
    desk.shows(told).await?;
    is_german(desk, "[data-testid='test-steps']").await?;
    both(walk, &format!("1-tried-{name}")).await?;
    press(desk, "save-connection").await?;
    desk.by_id(&format!("connection-{name}")).await?;
    Ok(())
}

/// Another bank stands in the target.
async fn a_copy_that_differs(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    let other = desk.data().join("other.ledgerscope");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    command.arg("--store").arg(&other).args(["demo", "--seed", "8", "--events", "1000"]);
    let made = command.env("LEDGERSCOPE_DATA_DIR", tempfile::tempdir()?.path()).output()?;
    expect(made.status.success(), String::from_utf8_lossy(&made.stderr).into_owned())?;
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", other.display().to_string() + Key::Enter).await?;
    fill(desk, "connection-name", "Filiale").await?;
    press(desk, "save-connection").await?;
    press(desk, "copy-Filiale").await?;
    press(desk, "compare-copy").await?;
    desk.by_css("[data-testid='copy-report'][data-outcome='compared']").await?;
    desk.by_id("copy-differences").await?;
    is_german(desk, "[data-testid='copy-report']").await?;
    both(walk, "2-compared").await?;
    press(desk, "copy-store").await?;
    desk.shows("Das Ziel enthält etwas anderes").await?;
    both(walk, "3-conflict").await
}

async fn a_parity_run(walk: &mut Walk<'_>) -> Outcome {
    let desk = walk.desk;
    press(desk, "connections-parity").await?;
    press(desk, "run-parity").await?;
    desk.by_css("[data-testid='parity-report'][data-agrees='true']").await?;
    press(desk, "parity-step").await?;
    desk.shows("bietet nicht:").await?;
    is_german(desk, "[data-testid='parity-report']").await?;
    both(walk, "4-parity").await
}

async fn the_server(walk: &mut Walk<'_>, server: &TestServer) -> Outcome {
    let desk = walk.desk;
    press(desk, "connections-server").await?;
    desk.by_id("server-facts").await?;
    desk.shows("Der Speicher ist eine Datei").await?;
    is_german(desk, "[data-testid='server-overview']").await?;
    both(walk, "5-a-file").await?;
    press(desk, "connections-list").await?;
    press(desk, "add-connection").await?;
    fill(desk, "paste-connection", server.connection_string() + Key::Enter).await?;
    fill(desk, "connection-name", "Ereignisse").await?;
    press(desk, "test-connection").await?;
    desk.shows("nimmt Verbindungen an").await?;
    is_german(desk, "[data-testid='test-steps']").await?;
    both(walk, "6-tried").await?;
    press(desk, "save-connection").await?;
    press(desk, "open-Ereignisse").await?;
    desk.by_css("[data-testid='store-menu']").await?;
    desk.by_text("button", "Ereignisse").await?;
    desk.shows("EventStoreDB").await?;
    stay_at_connections(desk).await?;
    press(desk, "connections-server").await?;
    desk.shows("billing").await?;
    is_german(desk, "[data-testid='server-overview']").await?;
    both(walk, "7-server").await?;
    desk.by_id("system-streams").await?.focus().await?;
    keys(desk, " ").await?;
    desk.shows("Links auf die Ereignisse einer Kategorie").await?;
    is_german(desk, "[data-testid='server-stream-row']").await?;
    for (stream, standing) in [("$ce-savings", "present"), ("savings-gone", "tombstoned"), ("savings-9", "missing")] {
        let field = desk.by_id("server-stream").await?;
        field.clear().await?;
        fill(desk, "server-stream", stream.to_owned() + Key::Enter).await?;
        desk.by_css(&format!("[data-testid='stream-report'][data-standing='{standing}']")).await?;
        is_german(desk, "[data-testid='stream-report']").await?;
        both(walk, &format!("8-{standing}")).await?;
    }
    Ok(())
}
