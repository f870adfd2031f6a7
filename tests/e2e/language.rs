//! The window in German: events, forms, rejections and failures are told in it, and the store knows nothing of that.

use thirtyfour::prelude::*;

use crate::desk::{STORE, at_the_desk};
use crate::harness::{Desk, Outcome, expect};
use crate::investigations::made;
use crate::keyboard::{held, write};

/// Chooses a language as the window remembers it, and draws the window anew.
async fn speak(desk: &Desk, language: &str) -> Outcome {
    let choose = format!(
        "const kept = JSON.parse(localStorage.getItem('ledgerscope.settings') ?? '{{}}'); \
         localStorage.setItem('ledgerscope.settings', JSON.stringify({{ ...kept, language: '{language}' }})); \
         location.reload();"
    );
    desk.driver.execute(choose, Vec::new()).await?;
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
        desk.by_id("account-row-100234").await?;
        at(desk, "events").await?;
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
